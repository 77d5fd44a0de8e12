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

use diesel::r2d2::PooledConnection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::sync::oneshot;

use super::pool::Manager;
use super::{Db, DbConnection, DbError, ReadOutcome};

/// Most writes of one statement.
const MOST: usize = 32;

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

    /// Whether the error says that others were in the way for longer than anybody may wait.
    fn is_contention(error: &Self::Error) -> bool;
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
        Self {
            db,
            queue: Arc::new(Queue::new()),
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
        let (sender, receiver) = oneshot::channel();
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
                    let server = Server {
                        db: &db,
                        pooled: Some(pooled),
                    };
                    queue.take(job, Box::new(stored), server);
                }
            }
        }));
        receiver
            .await
            .unwrap_or_else(|_| Err(DbError::Panicked.into()))
    }
}

/// What is called with the outcome of a write.
type Reply<J> = Box<dyn FnOnce(Result<(), <J as Gathered>::Error>) + Send>;

struct Queue<J: Gathered>(Mutex<Waiting<J>>);

struct Waiting<J: Gathered> {
    jobs: VecDeque<(J, Reply<J>)>,
    /// Somebody is storing, and will see to what waits.
    served: bool,
}

impl<J: Gathered> Queue<J> {
    fn new() -> Self {
        Self(Mutex::new(Waiting {
            jobs: VecDeque::new(),
            served: false,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<J>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a write and all that comes meanwhile; or leaves it to whoever does that already.
    fn take(&self, job: J, reply: Reply<J>, mut server: Server<'_>) {
        if job.is_alone() {
            reply(
                server
                    .attempt(slice::from_ref(&job))
                    .map_err(Failure::whole),
            );
            return;
        }
        let mut waiting = self.lock();
        waiting.jobs.push_back((job, reply));
        if std::mem::replace(&mut waiting.served, true) {
            return;
        }
        loop {
            let some = waiting.jobs.len().min(MOST);
            if some == 0 {
                waiting.served = false;
                return;
            }
            let (jobs, replies) = waiting.jobs.drain(..some).unzip();
            drop(waiting);
            server.store(jobs, replies);
            waiting = self.lock();
        }
    }
}

/// Whoever stores for all.
struct Server<'a> {
    db: &'a Db,
    /// None after it broke.
    pooled: Option<PooledConnection<Manager>>,
}

impl Server<'_> {
    fn store<J: Gathered>(&mut self, jobs: Vec<J>, replies: Vec<Reply<J>>) {
        let alone = |job: &J, reply: Reply<J>, server: &mut Self| {
            reply(server.attempt(slice::from_ref(job)).map_err(Failure::whole));
        };
        if let [_] = jobs.as_slice() {
            for (job, reply) in jobs.iter().zip(replies) {
                alone(job, reply, self);
            }
            return;
        }
        match self.attempt(&jobs) {
            Ok(()) => replies.into_iter().for_each(|reply| reply(Ok(()))),
            Err(Failure::Lost(_)) => {
                let tell = |reply: Reply<J>| reply(Err(lost_with_others().into()));
                replies.into_iter().for_each(tell);
            }
            // They waited as long as anybody may, and nothing is stored: who asks again is served again.
            Err(Failure::Refused(error)) if J::is_contention(&error) => {
                let tell = |reply: Reply<J>| reply(Err(DbError::Overloaded.into()));
                replies.into_iter().for_each(tell);
            }
            // One of them is to blame, and only that one is told so.
            Err(Failure::Refused(_)) => {
                for (job, reply) in jobs.iter().zip(replies) {
                    alone(job, reply, self);
                }
            }
        }
    }

    fn attempt<J: Gathered>(&mut self, jobs: &[J]) -> Result<(), Failure<J::Error>> {
        let mut pooled = match self.pooled.take() {
            Some(pooled) => pooled,
            None => {
                let fresh = self.db.checkout();
                fresh.map_err(|error| Failure::Refused(error.into()))?
            }
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
}

impl<E> Failure<E> {
    fn whole(self) -> E {
        match self {
            Self::Refused(error) | Self::Lost(error) => error,
        }
    }
}

/// The connection broke while several writes were under way; each of their askers is told.
fn lost_with_others() -> DbError {
    let text = "the connection broke while this was stored together with others";
    DbError::ConnectionLost(DieselError::DatabaseError(
        DatabaseErrorKind::ClosedConnection,
        Box::new(text.to_owned()),
    ))
}
