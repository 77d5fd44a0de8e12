//! The one writer of an SQLite file: a thread that commits in groups.
//!
//! Jobs wait in a bounded queue. The thread opens `BEGIN IMMEDIATE`, runs up to [`GROUP_SIZE`] jobs, each inside its own
//! savepoint, commits once, and only then answers. The guarantee: an answer of success means the work is on the disk
//! (`synchronous=FULL`); a job that fails or panics is rolled back alone; when the commit fails, every job of the group
//! gets the error and nothing of it is stored.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::Error as DieselError;
use diesel::sqlite::SqliteConnection;

use super::DbError;
use super::connection::DbConnection;
use super::pool::Target;
use crate::clock;

/// At most this many jobs share one commit.
const GROUP_SIZE: usize = 128;
/// A group takes no further job after this long, so that the first ones do not wait for ever.
const GROUP_TIME: Duration = Duration::from_millis(25);
/// More waiting jobs than this are refused at once.
const QUEUE_SIZE: usize = 2048;

/// How the commit of a job's group ended.
pub(super) type GroupResult = Result<(), Arc<DieselError>>;

/// Work for the writer thread.
pub(super) trait Job: Send {
    /// Runs the work; `false` asks to roll it back.
    fn run(&mut self, conn: &mut DbConnection) -> bool;
    /// Tells the asker, once, after the group ended.
    fn answer(self: Box<Self>, group: GroupResult);
}

/// A closure and the way to answer it.
pub(super) struct ClosureJob<T, E, F, R> {
    pub(super) work: Option<F>,
    pub(super) result: Option<Result<T, E>>,
    pub(super) reply: R,
}

impl<T, E, F, R> Job for ClosureJob<T, E, F, R>
where
    F: FnOnce(&mut DbConnection) -> Result<T, E> + Send,
    R: FnOnce(Result<T, E>) + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn run(&mut self, conn: &mut DbConnection) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        let result = match catch_unwind(AssertUnwindSafe(|| work(conn))) {
            Ok(result) => result,
            Err(_) => Err(DbError::Panicked.into()),
        };
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, group: GroupResult) {
        let result = match (self.result, group) {
            // The job's own refusal stands, whatever became of the others.
            (Some(Err(error)), _) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(error)) => Err(DbError::NotCommitted(error).into()),
            (None, Ok(())) => Err(DbError::Closed.into()),
        };
        (self.reply)(result);
    }
}

/// The sending side of the queue; dropping it lets the thread finish what waits and end.
pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Opens the file for writing and starts the thread.
    pub(super) fn start(target: Target) -> Result<Self, DbError> {
        let conn = target
            .connect()
            .map_err(|error| DbError::Setup(format!("cannot open the database: {error}")))?;
        let (queue, jobs) = sync_channel::<Box<dyn Job>>(QUEUE_SIZE);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || run(&target, conn, &jobs))
            .map_err(|error| DbError::Setup(format!("cannot start the writer thread: {error}")))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
        })
    }

    /// Queues a job, or gives it back with the reason.
    pub(super) fn send(&self, job: Box<dyn Job>) -> Result<(), DbError> {
        let Some(queue) = &self.queue else {
            return Err(DbError::Closed);
        };
        queue.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Overloaded,
            TrySendError::Disconnected(_) => DbError::Closed,
        })
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        let Some(thread) = self.thread.take() else {
            return;
        };
        // The last owner may be a job on the thread itself, which cannot wait for its own end.
        let is_own = thread.thread().id() == std::thread::current().id();
        if !is_own && thread.join().is_err() {
            tracing::error!("the writer thread had panicked");
        }
    }
}

fn run(target: &Target, mut conn: DbConnection, jobs: &Receiver<Box<dyn Job>>) {
    while let Ok(first) = jobs.recv() {
        run_group(&mut conn, first, jobs);
        if is_unusable(&mut conn) {
            match target.connect() {
                Ok(fresh) => conn = fresh,
                Err(error) => tracing::error!(error = %error, "cannot open the database again"),
            }
        }
    }
}

fn run_group(conn: &mut DbConnection, first: Box<dyn Job>, jobs: &Receiver<Box<dyn Job>>) {
    if let Err(error) = begin(conn) {
        return first.answer(Err(Arc::new(error)));
    }
    let started = clock::monotonic();
    let mut done: Vec<Box<dyn Job>> = Vec::new();
    let mut next = Some(first);
    let mut group: GroupResult = Ok(());
    while let Some(mut job) = next.take() {
        let outcome = run_in_savepoint(conn, job.as_mut());
        done.push(job);
        if let Err(error) = outcome {
            group = Err(Arc::new(error));
            break;
        }
        if done.len() < GROUP_SIZE && started.elapsed() < GROUP_TIME {
            next = jobs.try_recv().ok();
        }
    }
    if group.is_ok() {
        group = with_sqlite(conn, AnsiTransactionManager::commit_transaction).map_err(Arc::new);
    }
    if let Err(error) = &group {
        tracing::error!(error = %error, jobs = done.len(), "a group of writes was not committed");
        roll_back_to(conn, 0);
    }
    for job in done {
        job.answer(group.clone());
    }
}

/// Runs one job so that its failure leaves no trace; an error means that the whole group is lost.
fn run_in_savepoint(conn: &mut DbConnection, job: &mut dyn Job) -> Result<(), DieselError> {
    with_sqlite(conn, AnsiTransactionManager::begin_transaction)?;
    let keep = job.run(conn);
    // A job that panicked may have left savepoints of its own open.
    if keep && depth(conn) == Some(2) {
        return with_sqlite(conn, AnsiTransactionManager::commit_transaction);
    }
    if roll_back_to(conn, 1) {
        Ok(())
    } else {
        Err(DieselError::RollbackTransaction)
    }
}

/// Rolls back until `wanted` levels are left; `false` when that did not work.
fn roll_back_to(conn: &mut DbConnection, wanted: u32) -> bool {
    loop {
        match depth(conn) {
            Some(level) if level == wanted => return true,
            Some(level) if level > wanted => {
                if with_sqlite(conn, AnsiTransactionManager::rollback_transaction).is_err() {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

/// How many transaction levels are open; `None` when diesel lost track.
fn depth(conn: &mut DbConnection) -> Option<u32> {
    with_sqlite(conn, |sqlite| {
        AnsiTransactionManager::transaction_manager_status_mut(sqlite)
            .transaction_depth()
            .map(|depth| depth.map_or(0, u32::from))
    })
    .ok()
}

fn begin(conn: &mut DbConnection) -> Result<(), DieselError> {
    with_sqlite(conn, |sqlite| {
        AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
    })
}

fn is_unusable(conn: &mut DbConnection) -> bool {
    depth(conn) != Some(0)
}

fn with_sqlite<T>(
    conn: &mut DbConnection,
    action: impl FnOnce(&mut SqliteConnection) -> Result<T, DieselError>,
) -> Result<T, DieselError> {
    match conn {
        DbConnection::Sqlite(sqlite) => action(sqlite),
        DbConnection::Pg(_) => Err(DieselError::BrokenTransactionManager),
    }
}
