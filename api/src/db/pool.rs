//! How connections are made, and how broken ones are found.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::sqlite::SqliteConnection;

use super::DbError;
use super::connection::DbConnection;

/// Where the database is.
#[derive(Clone, Debug)]
pub(super) enum Target {
    /// A `postgres://` address.
    Postgres(String),
    /// A file.
    Sqlite(String),
}

impl Target {
    /// Reads a database address: `postgres://…`, `sqlite:path` or a plain path.
    pub(super) fn parse(url: &str) -> Result<Self, DbError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(with_defaults(url)));
        }
        let path = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
            .unwrap_or(url);
        if path.is_empty() || path.contains("://") || path == ":memory:" {
            return Err(DbError::Setup(
                "database_url must be postgres://… or the path of an SQLite file".to_owned(),
            ));
        }
        Ok(Self::Sqlite(path.to_owned()))
    }

    /// Opens a connection that may write.
    pub(super) fn connect(&self) -> ConnectionResult<DbConnection> {
        match self {
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                // Every statement has its index and comes again and again: it is planned once, for any values. Left to
                // itself PostgreSQL plans the page of a queue anew each time, which takes twice as long as reading it.
                // A plan that is kept must not be one for the empty table that it was made on, hence no reading of whole
                // tables where there is another way.
                conn.batch_execute(
                    "SET TIME ZONE 'UTC'; SET application_name = 'atiende'; SET statement_timeout = '30s'; \
                     SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = warning; \
                     SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off",
                )
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(DbConnection::Pg(conn))
            }
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path)?;
                // busy_timeout first: the others may meet a lock.
                conn.batch_execute(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                     PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 67108864; \
                     PRAGMA recursive_triggers = ON; PRAGMA trusted_schema = OFF",
                )
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(DbConnection::Sqlite(conn))
            }
        }
    }
}

/// How long a database that has gone silent is waited for: without this a connection to a machine that vanished is only given
/// up after a quarter of an hour, with all that wait for it. More than the longest statement takes (`statement_timeout`).
///
/// And no encryption by Kerberos unless it is asked for: its library aborts a program that ends while another thread connects.
const DEFAULTS: [(&str, &str); 6] = [
    ("gssencmode", "disable"),
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "35000"),
];

/// The address with what it does not set itself.
fn with_defaults(url: &str) -> String {
    let mut patient = url.to_owned();
    let (_, set) = url.split_once('?').unwrap_or_default();
    let is_set = |name: &str| {
        set.split('&')
            .any(|pair| pair.split('=').next() == Some(name))
    };
    let mut sign = if url.contains('?') { '&' } else { '?' };
    for (name, value) in DEFAULTS {
        if !is_set(name) {
            patient.push(sign);
            patient.push_str(&format!("{name}={value}"));
            sign = '&';
        }
    }
    patient
}

/// A pooled connection with what is known about its health.
pub(super) struct Pooled {
    pub(super) conn: DbConnection,
    /// Set when the server closed it.
    pub(super) broken: bool,
    /// The pool's generation when it was made; see `Db::discard_stale`.
    pub(super) generation: u64,
}

/// Makes connections for r2d2.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) target: Target,
    pub(super) generation: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        let generation = self.generation.load(std::sync::atomic::Ordering::Acquire);
        let mut conn = self
            .target
            .connect()
            .map_err(diesel::r2d2::Error::ConnectionError)?;
        if let DbConnection::Sqlite(sqlite) = &mut conn {
            sqlite
                .batch_execute("PRAGMA query_only = ON; PRAGMA cache_size = -8000")
                .map_err(diesel::r2d2::Error::QueryError)?;
        }
        Ok(Pooled {
            conn,
            broken: false,
            generation,
        })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        pooled.conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken || std::thread::panicking() || pooled.conn.is_broken()
    }
}

/// How long a request waits for a connection before it is told to come back later.
pub(super) const CHECKOUT_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_given_what_it_does_not_set_itself() {
        let all = "gssencmode=disable&connect_timeout=5&keepalives_idle=10&keepalives_interval=5&keepalives_count=3&tcp_user_timeout=35000";
        assert_eq!(
            with_defaults("postgres://a@h/d"),
            format!("postgres://a@h/d?{all}")
        );
        assert_eq!(
            with_defaults("postgres:///d?host=/run/pg&user=a"),
            format!("postgres:///d?host=/run/pg&user=a&{all}")
        );
        assert_eq!(
            with_defaults(
                "postgres://h/d?gssencmode=prefer&connect_timeout=60&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&tcp_user_timeout=0"
            ),
            "postgres://h/d?gssencmode=prefer&connect_timeout=60&keepalives_idle=1&keepalives_interval=1&keepalives_count=1&tcp_user_timeout=0"
        );
    }
}
