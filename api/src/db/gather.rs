//! Writes of one kind that are stored together where several wait.
//!
//! Whoever creates a ticket while another one is being stored waits, and what waits is stored next, in one statement. On
//! PostgreSQL most of what it takes to store a ticket is what a statement takes, not what its rows take: eight tickets in
//! one statement cost less than three in three. Nobody waits for company: who is alone is stored at once.
//!
//! On SQLite the writer thread commits in groups already, and a statement costs no more than its rows.

use std::collections::VecDeque;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diesel::r2d2::PooledConnection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::sync::oneshot;

use super::pool::Manager;
use super::{Db, DbConnection, DbError, ReadOutcome, is_contention};

/// Most writes of one statement.
const MOST: usize = 32;

/// How many writes may wait; whoever comes then is told to come back later.
const MOST_WAITING: usize = 2048;
/// After this long somebody else stores what waits, too: whoever is in the way of one group is not in that of all.
const PATIENCE: Duration = Duration::from_millis(250);

/// A prepared write that can be stored together with others of its kind.
pub trait Gathered: Sized + Send + 'static {
    /// Why it cannot be stored.
    type Error: From<DbError> + Send + 'static;

    /// Whether it takes more than the one statement.
    fn is_alone(&self) -> bool;

    /// Stores all of them, or none.
    ///
    /// # Errors
    /// Those of any of them; all are stored again one by one then, so that each has its own.
    fn store(all: &[Self], conn: &mut DbConnection) -> Result<(), Self::Error>;

    /// The failure of the database that an error is.
    ///
    /// # Errors
    /// The error, when it is something else.
    fn database(error: Self::Error) -> Result<DbError, Self::Error>;
}

/// What came of preparing a write.
#[derive(Debug)]
pub enum Prepared<J, T> {
    /// Nothing is to be written.
    Done(T),
    /// This is to be written; then that is the answer.
    Store(J, T),
}

/// Writes that wait for each other.
pub struct Gathering<J: Gathered> {
    db: Db,
    queue: Arc<Queue<J>>,
}

impl<J: Gathered> Clone for Gathering<J> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            queue: Arc::clone(&self.queue),
        }
    }
}

impl<J: Gathered> Gathering<J> {
    /// Nothing waits.
    pub fn new(db: Db) -> Self {
        Self::patient(db, PATIENCE)
    }

    /// With a time of its own after which somebody else stores what waits.
    pub(super) fn patient(db: Db, patience: Duration) -> Self {
        let waiting = Waiting {
            jobs: VecDeque::new(),
            servers: Vec::new(),
            next: 0,
        };
        let queue = Queue {
            waiting: Mutex::new(waiting),
            patience,
        };
        Self {
            db,
            queue: Arc::new(queue),
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().jobs.len()
    }

    /// Prepares a write and stores it, alone or with others. `Ok` is answered only when it is durable. `prepare` changes
    /// nothing that matters, and runs again once if the connection turns out dead; on PostgreSQL each of its statements sees
    /// its own moment, as it would in a transaction. What is stored is not stored again: when the connection breaks
    /// meanwhile, nobody knows whether it is.
    ///
    /// # Errors
    /// Those of preparing and of storing this one write.
    pub async fn write<T, E, F>(&self, prepare: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection) -> Result<Prepared<J, T>, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + From<J::Error> + Send + 'static,
    {
        if !self.db.is_postgres() {
            let both = move |conn: &mut DbConnection| match prepare(conn)? {
                Prepared::Done(answer) => Ok(answer),
                Prepared::Store(job, answer) => {
                    J::store(slice::from_ref(&job), conn)?;
                    Ok(answer)
                }
            };
            return self.db.write(both).await;
        }
        let (sender, mut receiver) = oneshot::channel();
        let Self { db, queue } = self.clone();
        // Not waited for: whoever stores for others goes on after the own write is answered, and when the asker went away.
        drop(tokio::task::spawn_blocking(move || {
            // The asker may have gone away meanwhile; the work is done all the same.
            let reply = move |result: Result<T, E>| drop(sender.send(result));
            match db.prepare(prepare) {
                Err(error) => reply(Err(error)),
                Ok((_, Prepared::Done(answer))) => reply(Ok(answer)),
                Ok((pooled, Prepared::Store(job, answer))) => {
                    let stored = move |result: Result<(), J::Error>| {
                        reply(result.map(|()| answer).map_err(E::from));
                    };
                    queue.take(job, Box::new(stored), Server::new(&db, Some(pooled)));
                }
            }
        }));
        let answer = match tokio::time::timeout(self.queue.patience, &mut receiver).await {
            Ok(answer) => answer,
            Err(_) => {
                let Self { db, queue } = self.clone();
                let help = move || queue.serve(Server::new(&db, None));
                drop(tokio::task::spawn_blocking(help));
                receiver.await
            }
        };
        answer.unwrap_or_else(|_| Err(DbError::Panicked.into()))
    }
}

/// What is called with the outcome of a write.
type Reply<J> = Box<dyn FnOnce(Result<(), <J as Gathered>::Error>) + Send>;

struct Queue<J: Gathered> {
    waiting: Mutex<Waiting<J>>,
    patience: Duration,
}

struct Waiting<J: Gathered> {
    jobs: VecDeque<(J, Reply<J>)>,
    /// Who is storing, each with a number, since when.
    servers: Vec<(u64, Instant)>,
    /// Number of the next one.
    next: u64,
}

impl<J: Gathered> Waiting<J> {
    /// Whether somebody took a group not long ago, and will soon see to what waits.
    fn is_served(&self, patience: Duration) -> bool {
        self.servers
            .iter()
            .any(|(_, since)| since.elapsed() < patience)
    }

    /// Notes that a server takes a group; gives it.
    fn group(&mut self, server: u64) -> (Vec<J>, Vec<Reply<J>>) {
        self.servers.retain(|(number, _)| *number != server);
        let some = self.jobs.len().min(MOST);
        if some > 0 {
            self.servers.push((server, Instant::now()));
        }
        self.jobs.drain(..some).unzip()
    }
}

impl<J: Gathered> Queue<J> {
    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a write and all that comes meanwhile; or leaves it to whoever does that already.
    fn take(&self, job: J, reply: Reply<J>, mut server: Server<'_>) {
        if job.is_alone() {
            // Nobody else waits for this connection.
            let _ = server.store_each(&[job], vec![reply]);
            return;
        }
        let mut waiting = self.lock();
        if waiting.jobs.len() >= MOST_WAITING {
            drop(waiting);
            reply(Err(DbError::Overloaded.into()));
            return;
        }
        waiting.jobs.push_back((job, reply));
        drop(waiting);
        self.serve(server);
    }

    /// Stores what waits until nothing does, unless somebody else does that and is not held up.
    fn serve(&self, mut server: Server<'_>) {
        let mut waiting = self.lock();
        if waiting.is_served(self.patience) {
            return;
        }
        let number = waiting.next;
        waiting.next += 1;
        loop {
            let (jobs, replies) = waiting.group(number);
            if jobs.is_empty() {
                return;
            }
            drop(waiting);
            let outcome = server.store(&jobs, replies);
            waiting = self.lock();
            if let Err(Unreachable(text)) = outcome {
                // Those who came meanwhile would wait as long for nothing.
                for (_, reply) in waiting.jobs.drain(..) {
                    reply(Err(DbError::NoConnection(text.clone()).into()));
                }
            }
        }
    }
}

/// Whoever stores for all.
struct Server<'a> {
    db: &'a Db,
    /// None where there is none yet, and after it broke.
    pooled: Option<PooledConnection<Manager>>,
}

/// There is no connection to the database, for this reason.
#[derive(Clone)]
struct Unreachable(String);

impl<'a> Server<'a> {
    fn new(db: &'a Db, pooled: Option<PooledConnection<Manager>>) -> Self {
        Self { db, pooled }
    }

    fn store<J: Gathered>(
        &mut self,
        jobs: &[J],
        replies: Vec<Reply<J>>,
    ) -> Result<(), Unreachable> {
        if jobs.len() == 1 {
            return self.store_each(jobs, replies);
        }
        let tell = |outcome: &dyn Fn() -> Result<(), DbError>, replies: Vec<Reply<J>>| {
            for reply in replies {
                reply(outcome().map_err(J::Error::from));
            }
        };
        match self.attempt(jobs) {
            Ok(()) => tell(&|| Ok(()), replies),
            Err(Failure::Unreachable(why)) => {
                tell(&|| Err(DbError::NoConnection(why.0.clone())), replies);
                return Err(why);
            }
            Err(Failure::Lost(error)) => {
                let text = J::database(error).map_or_else(|_| String::new(), |error| said(&error));
                tell(&|| Err(lost(&text)), replies);
            }
            Err(Failure::Refused(error)) => match J::database(error) {
                // They waited as long as anybody may, and nothing is stored: who asks again is served again.
                Ok(DbError::Query(error)) if is_contention(&error) => {
                    let error = Arc::new(error);
                    tell(&|| Err(DbError::NotCommitted(Arc::clone(&error))), replies);
                }
                // One of them is to blame, and only that one is told so.
                _ => return self.store_each(jobs, replies),
            },
        }
        Ok(())
    }

    fn store_each<J: Gathered>(
        &mut self,
        jobs: &[J],
        replies: Vec<Reply<J>>,
    ) -> Result<(), Unreachable> {
        let mut reached = Ok(());
        for (job, reply) in jobs.iter().zip(replies) {
            let outcome = match reached.clone() {
                Ok(()) => self.attempt(slice::from_ref(job)),
                Err(why) => Err(Failure::Unreachable(why)),
            };
            reply(outcome.map_err(|failure| match failure {
                Failure::Refused(error) | Failure::Lost(error) => error,
                Failure::Unreachable(why) => {
                    reached = Err(why.clone());
                    DbError::NoConnection(why.0).into()
                }
            }));
        }
        reached
    }

    fn attempt<J: Gathered>(&mut self, jobs: &[J]) -> Result<(), Failure<J::Error>> {
        let known = self.pooled.take().filter(|pooled| self.db.is_fresh(pooled));
        let mut pooled = match known {
            Some(pooled) => pooled,
            None => self
                .db
                .checkout()
                .map_err(|error| Failure::Unreachable(Unreachable(said(&error))))?,
        };
        let outcome = self.db.try_on(&mut pooled, |conn| J::store(jobs, conn));
        if !pooled.broken {
            self.pooled = Some(pooled);
        }
        match outcome {
            ReadOutcome::Done(result) => result.map_err(Failure::Refused),
            ReadOutcome::ConnectionLost(result) => result.map_err(Failure::Lost),
        }
    }
}

enum Failure<E> {
    /// Nothing is stored.
    Refused(E),
    /// Whether anything is stored is unknown.
    Lost(E),
    /// Nothing was tried.
    Unreachable(Unreachable),
}

fn said(error: &DbError) -> String {
    match error {
        DbError::Query(error) | DbError::ConnectionLost(error) => error.to_string(),
        DbError::NoConnection(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The connection broke while several writes were under way; each of their askers is told.
fn lost(text: &str) -> DbError {
    let kind = DatabaseErrorKind::ClosedConnection;
    DbError::ConnectionLost(DieselError::DatabaseError(kind, Box::new(text.to_owned())))
}
