//! Bringing the schema up to date at start.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::DbError;
use super::connection::DbConnection;

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// Runs the migrations that are missing and gives their number.
///
/// # Errors
/// When the schema is newer than this program knows, or a migration fails (its transaction is rolled back).
pub fn run(conn: &mut DbConnection) -> Result<usize, DbError> {
    match conn {
        DbConnection::Pg(pg) => {
            // Two processes that start at once must not migrate at once.
            use diesel::connection::SimpleConnection;
            pg.batch_execute("SELECT pg_advisory_lock(4711)")
                .map_err(DbError::from)?;
            let outcome = run_on(pg, POSTGRES);
            pg.batch_execute("SELECT pg_advisory_unlock(4711)")
                .map_err(DbError::from)?;
            outcome
        }
        DbConnection::Sqlite(sqlite) => run_on(sqlite, SQLITE),
    }
}

/// Takes every migration back, the newest first, and gives their number; all data are lost, so only tests do it.
#[cfg(test)]
pub(super) fn take_back(conn: &mut DbConnection) -> Result<usize, DbError> {
    let setup = |error: Box<dyn std::error::Error + Send + Sync>| DbError::Setup(error.to_string());
    let reverted = match conn {
        DbConnection::Pg(pg) => pg.revert_all_migrations(POSTGRES),
        DbConnection::Sqlite(sqlite) => sqlite.revert_all_migrations(SQLITE),
    };
    Ok(reverted.map_err(setup)?.len())
}

/// The newest version that this program knows, for the help text and the health page.
pub fn newest_known() -> String {
    let migrations =
        MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).unwrap_or_default();
    migrations
        .iter()
        .map(|migration| migration.name().version().to_string())
        .max()
        .unwrap_or_default()
}

fn run_on<DB, C>(conn: &mut C, source: EmbeddedMigrations) -> Result<usize, DbError>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let setup = |error: Box<dyn std::error::Error + Send + Sync>| {
        DbError::Setup(format!(
            "the database schema could not be brought up to date: {error}"
        ))
    };
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(setup)?;
    let known: Vec<MigrationVersion<'static>> = known
        .iter()
        .map(|migration| migration.name().version().as_owned())
        .collect();
    let applied = conn.applied_migrations().map_err(setup)?;
    if let Some(unknown) = applied.iter().find(|version| !known.contains(version)) {
        return Err(DbError::Setup(format!(
            "the database was already brought to version {unknown} by a newer Atiende; this program cannot use it. Install that version or restore a backup"
        )));
    }
    Ok(conn.run_pending_migrations(source).map_err(setup)?.len())
}
