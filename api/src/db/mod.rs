//! The way to the database.
//!
//! Handlers and workers hold a [`Db`] and give it closures over `&mut DbConnection`; they never see a pool. On
//! PostgreSQL both kinds of closure take a connection of one pool; a write is one transaction, or a part of one statement
//! ([`gather`]). On SQLite reads use a small pool of read-only connections, and writes queue to one thread that
//! commits in groups (see `writer`).
//!
//! The guarantee of a write: when it answers `Ok`, everything in the closure is durable; when it answers `Err`, nothing
//! of it is stored, except when the connection broke *during* the commit or the one statement: then the asker cannot know and
//! repeats with the same idempotency key. Reads whose connection broke run a second time, and so does what only prepares a
//! write; writes never do, unless not even their `BEGIN` got through.

pub mod bulk;
mod connection;
pub mod dialect;
mod error;
pub mod gather;
pub mod kept;
pub mod loader;
pub mod migrate;
mod pool;
pub mod schema;
pub mod types;
mod writer;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use diesel::backend::Backend;
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::r2d2::{Pool, PooledConnection, R2D2Connection};
use diesel::result::Error as DieselError;
use diesel::sql_types::{BigInt, Text};

pub use connection::{DbConnection, MultiBackend, MultiRawValue};
pub use error::{DbError, is_contention};
pub use types::{Json, JsonText, Ts, Uid};

use crate::config::DatabaseSettings;
use crate::each;
use pool::{CHECKOUT_TIMEOUT, Manager, Pooled, Target};
use writer::{ClosureJob, Writer};

/// The database, cheap to clone.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    target: Target,
    pool: Pool<Manager>,
    /// Raised when the server closed a connection: older ones are not used again.
    generation: Arc<AtomicU64>,
    /// Only for SQLite.
    writer: Option<Writer>,
    /// Only for SQLite: a connection that changes nothing, so that it notices every change of the others.
    watch: Option<Mutex<DbConnection>>,
}

/// What was stored at some moment; see [`Db::mark`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Raised when the connections were lost: the server may be another one since.
    generation: u64,
    stored: Stored,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stored {
    /// Which transactions are visible.
    Transactions(String),
    /// A counter of commits.
    Commits(i64),
}

/// Held by the one process that runs workers on an SQLite file; PostgreSQL workers share work by leases instead.
#[derive(Debug)]
pub struct WorkerLock {
    _file: Option<File>,
}

impl Db {
    /// Opens the database and checks that it answers.
    ///
    /// # Errors
    /// When the address is not one of ours, or the database cannot be reached.
    pub fn open(settings: &DatabaseSettings) -> Result<Self, DbError> {
        let target = Target::parse(&settings.url)?;
        let (size, writer, watch) = match &target {
            Target::Postgres(_) => (settings.pool_size, None, None),
            Target::Sqlite(path) => {
                prepare_file(path)?;
                let writer = Writer::start(target.clone())?;
                let watch = target.connect().map_err(|error| {
                    DbError::Setup(format!("cannot connect to the database: {error}"))
                })?;
                (
                    settings.sqlite_readers,
                    Some(writer),
                    Some(Mutex::new(watch)),
                )
            }
        };
        let generation = Arc::new(AtomicU64::new(0));
        let manager = Manager {
            target: target.clone(),
            generation: Arc::clone(&generation),
        };
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(CHECKOUT_TIMEOUT)
            .build(manager)
            .map_err(|error| DbError::Setup(format!("cannot connect to the database: {error}")))?;
        Ok(Self {
            inner: Arc::new(Inner {
                target,
                pool,
                generation,
                writer,
                watch,
            }),
        })
    }

    /// Whether this is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        matches!(self.inner.target, Target::Postgres(_))
    }

    /// Brings the schema up to date on a connection of its own; gives the number of migrations that ran.
    ///
    /// # Errors
    /// When the schema is newer than this program, or a migration fails.
    pub fn migrate(&self) -> Result<usize, DbError> {
        let mut conn =
            self.inner.target.connect().map_err(|error| {
                DbError::Setup(format!("cannot connect to the database: {error}"))
            })?;
        if let DbConnection::Pg(pg) = &mut conn {
            // A migration may take longer than a request.
            pg.batch_execute("SET statement_timeout = 0; SET lock_timeout = '60s'")
                .map_err(DbError::from)?;
        }
        migrate::run(&mut conn)
    }

    /// Takes every migration back; gives their number.
    #[cfg(test)]
    fn migrate_down(&self) -> Result<usize, DbError> {
        let mut conn =
            self.inner.target.connect().map_err(|error| {
                DbError::Setup(format!("cannot connect to the database: {error}"))
            })?;
        migrate::take_back(&mut conn)
    }

    /// Runs queries that change nothing. The closure is cloned, and runs again once, if the connection turns out dead.
    ///
    /// Each statement sees its own moment; use [`Db::read_snapshot`] where several must agree.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let db = self.clone();
        in_blocking_thread(move || db.read_blocking(work)).await
    }

    /// Like [`Db::read`], with all statements seeing the same moment (`REPEATABLE READ`).
    pub async fn read_snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.read(move |conn| in_snapshot(conn, work)).await
    }

    /// Runs one command in one transaction; `Ok` is answered only after the commit. `Err` from the closure rolls back.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let Some(writer) = &self.inner.writer else {
            let db = self.clone();
            return in_blocking_thread(move || db.write_to_pool(work)).await;
        };
        let (sender, receiver) = tokio::sync::oneshot::channel();
        // The asker may have gone away meanwhile; the work is done all the same.
        let reply = move |result| drop(sender.send(result));
        writer.send(Box::new(ClosureJob {
            work: Some(work),
            result: None,
            reply,
        }))?;
        receiver
            .await
            .unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    /// [`Db::read`] for the command line, workers' threads and tests; blocks the thread.
    pub fn read_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Clone,
        E: From<DbError>,
    {
        let again = work.clone();
        match self.try_read(work)? {
            ReadOutcome::Done(result) => result,
            ReadOutcome::ConnectionLost(_) => self.try_read(again)?.into_result(),
        }
    }

    /// [`Db::read_snapshot`] for the command line; blocks the thread.
    pub fn read_snapshot_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Clone,
        E: From<DbError>,
    {
        self.read_blocking(move |conn| in_snapshot(conn, work))
    }

    /// [`Db::write`] for the command line, workers' threads and tests; blocks the thread.
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let Some(writer) = &self.inner.writer else {
            return self.write_to_pool(work);
        };
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let reply = move |result| drop(sender.send(result));
        writer.send(Box::new(ClosureJob {
            work: Some(work),
            result: None,
            reply,
        }))?;
        receiver
            .recv()
            .unwrap_or_else(|_| Err(DbError::Closed.into()))
    }

    /// Marks what is stored now. Where two marks are equal, nothing was committed between them, by this process or another,
    /// and whatever was read after the first is still right at the second.
    ///
    /// PostgreSQL tells which transactions are visible, which changes with every transaction that writes anywhere in the
    /// cluster; SQLite counts the commits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn mark(&self, conn: &mut DbConnection) -> QueryResult<Mark> {
        let generation = self.inner.generation.load(Ordering::Acquire);
        let stored = match &self.inner.watch {
            None => {
                Stored::Transactions(each!(conn, inner => VisibleTransactions.get_result(inner))?)
            }
            Some(watch) => {
                let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
                Stored::Commits(each!(&mut *watch, inner => CountedCommits.get_result(inner))?)
            }
        };
        Ok(Mark { generation, stored })
    }

    /// Asks the database for an answer, for the readiness page.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read(|conn: &mut DbConnection| conn.ping().map_err(DbError::from))
            .await
    }

    /// Takes the right to run workers on this database.
    ///
    /// # Errors
    /// On SQLite, when another process already runs them.
    pub fn worker_lock(&self) -> Result<WorkerLock, DbError> {
        let Target::Sqlite(path) = &self.inner.target else {
            return Ok(WorkerLock { _file: None });
        };
        let lock_path = format!("{path}.workers.lock");
        let file = File::create(&lock_path)
            .map_err(|error| DbError::Setup(format!("cannot create {lock_path}: {error}")))?;
        file.try_lock().map_err(|_| {
            DbError::Setup(format!("another process already runs the workers of {path}; start this one with --no-workers or use PostgreSQL"))
        })?;
        Ok(WorkerLock { _file: Some(file) })
    }

    fn try_read<T, E, F>(&self, work: F) -> Result<ReadOutcome<T, E>, DbError>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E>,
        E: From<DbError>,
    {
        let mut pooled = self.checkout()?;
        Ok(self.try_on(&mut pooled, work))
    }

    /// Runs a closure outside a transaction.
    fn try_on<T, E, F>(&self, pooled: &mut Pooled, work: F) -> ReadOutcome<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E>,
        E: From<DbError>,
    {
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut pooled.conn)));
        let Ok(result) = outcome else {
            // What the closure left half-way on this connection is unknown.
            pooled.broken = true;
            return ReadOutcome::Done(Err(DbError::Panicked.into()));
        };
        // The error's type is the caller's, so ask the connection itself.
        if result.is_err() && self.is_postgres() && pooled.conn.ping().is_err() {
            self.discard_stale(pooled);
            return ReadOutcome::ConnectionLost(result);
        }
        ReadOutcome::Done(result)
    }

    /// Runs a closure that changes nothing that matters, on PostgreSQL; gives the connection that it ran on.
    fn prepare<T, E, F>(&self, work: F) -> Result<(PooledConnection<Manager>, T), E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Clone,
        E: From<DbError>,
    {
        let again = work.clone();
        let mut pooled = self.checkout()?;
        let prepared = match self.try_on(&mut pooled, work) {
            ReadOutcome::Done(prepared) => prepared?,
            ReadOutcome::ConnectionLost(_) => {
                drop(pooled);
                pooled = self.checkout()?;
                self.try_on(&mut pooled, again).into_result()?
            }
        };
        Ok((pooled, prepared))
    }

    fn write_to_pool<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<T, E>,
        E: From<DbError>,
    {
        let mut pooled = self.begin_on_pool()?;
        let result = catch_unwind(AssertUnwindSafe(|| work(&mut pooled.conn)));
        let result = match result {
            Ok(Ok(value)) => match DbConnection::commit_transaction(&mut pooled.conn) {
                Ok(()) => return Ok(value),
                Err(error) => Err(DbError::from(error).into()),
            },
            Ok(Err(error)) => Err(error),
            Err(_) => Err(DbError::Panicked.into()),
        };
        if !roll_back_all(&mut pooled.conn) {
            self.discard_stale(&mut pooled);
        }
        result
    }

    /// A connection with an open transaction. A dead one is noticed by `BEGIN`, before any work was done, and replaced.
    fn begin_on_pool(&self) -> Result<PooledConnection<Manager>, DbError> {
        let mut pooled = self.checkout()?;
        if DbConnection::begin_transaction(&mut pooled.conn).is_ok() {
            return Ok(pooled);
        }
        self.discard_stale(&mut pooled);
        drop(pooled);
        let mut pooled = self.checkout()?;
        if let Err(error) = DbConnection::begin_transaction(&mut pooled.conn) {
            self.discard_stale(&mut pooled);
            return Err(error.into());
        }
        Ok(pooled)
    }

    fn checkout(&self) -> Result<PooledConnection<Manager>, DbError> {
        loop {
            let mut pooled = self
                .inner
                .pool
                .get()
                .map_err(|error| DbError::NoConnection(error.to_string()))?;
            if self.is_fresh(&pooled) {
                return Ok(pooled);
            }
            pooled.broken = true;
        }
    }

    /// Whether a connection was made after the last time that the server closed one.
    fn is_fresh(&self, pooled: &Pooled) -> bool {
        pooled.generation == self.inner.generation.load(Ordering::Acquire)
    }

    /// After a restart of the server every pooled connection is dead: drop this one and do not trust its elders.
    fn discard_stale(&self, pooled: &mut Pooled) {
        pooled.broken = true;
        let next = pooled.generation + 1;
        // Losing this race means that somebody else already raised it.
        let _ = self.inner.generation.compare_exchange(
            pooled.generation,
            next,
            Ordering::AcqRel,
            Ordering::Acquire,
        );
    }
}

/// Asked for each page of the queue, and so kept prepared, as `diesel::sql_query` is not.
#[derive(QueryId)]
struct VisibleTransactions;

impl Query for VisibleTransactions {
    type SqlType = Text;
}

impl<DB: Backend> QueryFragment<DB> for VisibleTransactions {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("SELECT pg_current_snapshot()::text");
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for VisibleTransactions {}

/// The same of SQLite.
#[derive(QueryId)]
struct CountedCommits;

impl Query for CountedCommits {
    type SqlType = BigInt;
}

impl<DB: Backend> QueryFragment<DB> for CountedCommits {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        pass.push_sql("PRAGMA data_version");
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for CountedCommits {}

enum ReadOutcome<T, E> {
    Done(Result<T, E>),
    ConnectionLost(Result<T, E>),
}

impl<T, E> ReadOutcome<T, E> {
    fn into_result(self) -> Result<T, E> {
        match self {
            Self::Done(result) | Self::ConnectionLost(result) => result,
        }
    }
}

/// Does work whose statements belong together: in the transaction that is open, or in one of its own.
///
/// # Errors
/// Those of the work and of the transaction; then nothing of a transaction of its own is stored.
pub fn together<T, E>(
    conn: &mut DbConnection,
    work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<DieselError>,
{
    let depth = DbConnection::transaction_manager_status_mut(conn).transaction_depth();
    if matches!(depth, Ok(Some(_))) {
        work(conn)
    } else {
        conn.transaction(work)
    }
}

async fn in_blocking_thread<T, E, F>(work: F) -> Result<T, E>
where
    F: FnOnce() -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(DbError::Panicked.into()),
        Err(_) => Err(DbError::Closed.into()),
    }
}

fn in_snapshot<T, E, F>(conn: &mut DbConnection, work: F) -> Result<T, E>
where
    F: FnOnce(&mut DbConnection) -> Result<T, E>,
    E: From<DbError>,
{
    DbConnection::begin_transaction(conn).map_err(DbError::from)?;
    if let DbConnection::Pg(pg) = conn {
        pg.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .map_err(DbError::from)?;
    }
    let result = work(conn);
    if !roll_back_all(conn) {
        tracing::warn!("a read transaction could not be ended");
    }
    result
}

/// Ends the transaction and everything nested in it; `false` when the connection is no longer usable.
fn roll_back_all(conn: &mut DbConnection) -> bool {
    loop {
        match DbConnection::transaction_manager_status_mut(conn).transaction_depth() {
            Ok(None) => return true,
            Ok(Some(_)) => match DbConnection::rollback_transaction(conn) {
                Ok(()) | Err(DieselError::NotInTransaction) => {}
                Err(_) => return false,
            },
            Err(_) => return false,
        }
    }
}

/// Makes the folder and an empty file that only their owner can open; SQLite gives its other files the same rights.
fn prepare_file(path: &str) -> Result<(), DbError> {
    use std::os::unix::fs::OpenOptionsExt;
    let cannot = |error: std::io::Error| DbError::Setup(format!("cannot create {path}: {error}"));
    let folder = Path::new(path).parent();
    if let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty() && !folder.exists())
    {
        crate::config::create_private_folder(folder).map_err(cannot)?;
    }
    let mut options = File::options();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(cannot(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
