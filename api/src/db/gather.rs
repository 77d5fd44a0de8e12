//! Writes of one kind that are stored together where several wait.
//!
//! Whoever creates a ticket while another one is being stored waits, and what waits is stored next, in one statement. On
//! PostgreSQL most of what it takes to store a ticket is what a statement takes, not what its rows take: eight tickets in
//! one statement cost less than three in three. Nobody waits for company: who is alone is stored at once.
//!
//! On SQLite the writer thread commits in groups already, and a statement costs no more than its rows.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{mem, slice};

use diesel::r2d2::PooledConnection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use tokio::sync::oneshot;

use super::pool::{CHECKOUT_TIMEOUT, Manager};
use super::{Db, DbConnection, DbError, ReadOutcome, is_contention};

/// Most writes of one statement.
const MOST: usize = 32;

/// How many writes may wait; whoever comes then is told to come back later.
pub(super) const MOST_WAITING: usize = 2048;

/// After this long somebody else stores what waits, too: whoever is in the way of one group is not in that of all.
const PATIENCE: Duration = Duration::from_millis(250);

/// What failed before this waited for a lock, of which PostgreSQL gives up the wait after ten seconds: see `pool`.
const WAITED_FOR_A_LOCK: Duration = Duration::from_secs(15);

/// A prepared write that can be stored together with others of its kind.
pub trait Gathered: Sized + Send + 'static {
    /// Why it cannot be stored.
    type Error: From<DbError> + Send + 'static;

    /// Whether it takes more than the one statement.
    fn is_alone(&self) -> bool;

    /// Stores all of them, or none.
    ///
    /// # Errors
    /// Those of any of them. Unless others or the connection are to blame, all are stored again one by one then, so that each
    /// has its own.
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
        let answer = loop {
            if let Ok(answer) = tokio::time::timeout(self.queue.patience, &mut receiver).await {
                break answer;
            }
            if let Some(number) = self.queue.enlist(true) {
                let Self { db, queue } = self.clone();
                let help = move || queue.serve(number, Server::new(&db, None));
                drop(tokio::task::spawn_blocking(help));
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
    servers: Vec<Serving>,
    /// Number of the next one.
    next: u64,
}

/// Somebody who stores for all.
struct Serving {
    number: u64,
    /// Has no connection yet, and perhaps gets none.
    is_connecting: bool,
    since: Instant,
}

impl<J: Gathered> Waiting<J> {
    /// Whether somebody took a group within this time, and will soon see to what waits.
    fn is_served(&self, within: Duration) -> bool {
        self.servers
            .iter()
            .any(|server| !server.is_connecting && server.since.elapsed() < within)
    }

    /// Whether somebody waits for a connection, and not for longer than one does: who cannot begin counts no more.
    fn is_connecting(&self) -> bool {
        self.servers
            .iter()
            .any(|server| server.is_connecting && server.since.elapsed() < CHECKOUT_TIMEOUT)
    }

    /// Notes what a server does from now on.
    fn note(&mut self, number: u64, is_connecting: bool) {
        self.dismiss(number);
        self.servers.push(Serving {
            number,
            is_connecting,
            since: Instant::now(),
        });
    }

    /// The number of a new server, where something waits and nobody will soon see to it. One at a time waits for a connection.
    fn enlist(&mut self, patience: Duration, is_connecting: bool) -> Option<u64> {
        let is_seen_to = self.is_served(patience) || is_connecting && self.is_connecting();
        if self.jobs.is_empty() || is_seen_to {
            return None;
        }
        let number = self.next;
        self.next += 1;
        self.note(number, is_connecting);
        Some(number)
    }

    fn dismiss(&mut self, number: u64) {
        self.servers.retain(|server| server.number != number);
    }

    /// A server ends without a connection; gives what nobody else will see to.
    fn left_by(&mut self, number: u64) -> VecDeque<(J, Reply<J>)> {
        self.dismiss(number);
        if self.is_served(CHECKOUT_TIMEOUT) {
            VecDeque::new()
        } else {
            mem::take(&mut self.jobs)
        }
    }

    /// Gives a server a group. Where nothing waits, the server is dismissed.
    fn group(&mut self, number: u64) -> (Vec<J>, Vec<Reply<J>>) {
        let some = self.jobs.len().min(MOST);
        if some > 0 {
            self.note(number, false);
        } else {
            self.dismiss(number);
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
        // Under the same lock: whoever has a connection is not told by others that there is none.
        let number = waiting.enlist(self.patience, false);
        drop(waiting);
        if let Some(number) = number {
            self.serve(number, server);
        }
    }

    fn enlist(&self, is_connecting: bool) -> Option<u64> {
        self.lock().enlist(self.patience, is_connecting)
    }

    /// Stores what waits until nothing does.
    fn serve(&self, number: u64, mut server: Server<'_>) {
        loop {
            if !server.is_connected() {
                self.lock().note(number, true);
            }
            // First of all, or what is taken would wait for a connection while others have one.
            let mut outcome = server.connect().map(|_| ());
            if outcome.is_ok() {
                let (jobs, replies) = self.lock().group(number);
                if jobs.is_empty() {
                    return;
                }
                outcome = server.store(&jobs, replies);
            }
            if let Err(why) = outcome {
                // They would wait as long for nothing, unless somebody has a connection.
                // A lock in the head of the loop would be held to its end.
                let left = self.lock().left_by(number);
                for (_, reply) in left {
                    reply(Err(DbError::NoConnection(why.0.clone()).into()));
                }
                return;
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
struct Unreachable(String);

impl<'a> Server<'a> {
    fn new(db: &'a Db, pooled: Option<PooledConnection<Manager>>) -> Self {
        Self { db, pooled }
    }

    /// Whether there is a connection that is not known to be dead.
    fn is_connected(&self) -> bool {
        self.pooled
            .as_ref()
            .is_some_and(|pooled| !pooled.broken && self.db.is_fresh(pooled))
    }

    fn connect(&mut self) -> Result<&mut PooledConnection<Manager>, Unreachable> {
        let known = if self.is_connected() {
            self.pooled.take()
        } else {
            // Others may have its place in the pool.
            self.pooled = None;
            None
        };
        let pooled = match known {
            Some(pooled) => pooled,
            None => self
                .db
                .checkout()
                .map_err(|error| Unreachable(said(&error)))?,
        };
        Ok(self.pooled.insert(pooled))
    }

    fn store<J: Gathered>(
        &mut self,
        jobs: &[J],
        replies: Vec<Reply<J>>,
    ) -> Result<(), Unreachable> {
        if jobs.len() == 1 {
            return self.store_each(jobs, replies);
        }
        let begun = Instant::now();
        match self.attempt(jobs) {
            Ok(()) => replies.into_iter().for_each(|reply| reply(Ok(()))),
            // Only whoever is to blame is told so.
            Err(Failure::Own(_)) => return self.store_each(jobs, replies),
            // One that waits for a lock need not be in the way of the others; a statement that took too long is not repeated.
            Err(Failure::Common(Common::Busy(_))) if begun.elapsed() < WAITED_FOR_A_LOCK => {
                return self.store_each(jobs, replies);
            }
            Err(Failure::Common(common)) => {
                common.tell::<J>(replies);
                return common.reached();
            }
        }
        Ok(())
    }

    fn store_each<J: Gathered>(
        &mut self,
        jobs: &[J],
        replies: Vec<Reply<J>>,
    ) -> Result<(), Unreachable> {
        let mut replies = replies.into_iter();
        let mut held_up = 0;
        for job in jobs {
            let outcome = self.attempt(slice::from_ref(job));
            let Some(reply) = replies.next() else { break };
            match outcome {
                Ok(()) => reply(Ok(())),
                Err(Failure::Own(error)) => reply(Err(error)),
                Err(Failure::Common(common)) => {
                    common.tell::<J>([reply]);
                    held_up += usize::from(matches!(common, Common::Busy(_)));
                    let ends = match common {
                        Common::Unreachable(_) => true,
                        // A new connection they may have.
                        Common::Lost(_) => false,
                        // One may be in nobody else's way; where there are two, the rest is not made to wait as long one after
                        // the other.
                        Common::Busy(_) => held_up == 2,
                    };
                    if ends {
                        common.tell::<J>(replies);
                        return common.reached();
                    }
                }
            }
        }
        Ok(())
    }

    fn attempt<J: Gathered>(&mut self, jobs: &[J]) -> Result<(), Failure<J::Error>> {
        let db = self.db;
        let pooled = self
            .connect()
            .map_err(|why| Failure::Common(Common::Unreachable(why)))?;
        match db.try_on(pooled, |conn| J::store(jobs, conn)) {
            ReadOutcome::Done(result) => result.map_err(|error| match J::database(error) {
                Ok(DbError::Query(error)) if is_contention(&error) => {
                    Failure::Common(Common::Busy(Arc::new(error)))
                }
                Ok(error) => Failure::Own(error.into()),
                Err(error) => Failure::Own(error),
            }),
            ReadOutcome::ConnectionLost(result) => result.map_err(|error| {
                let text = J::database(error).map_or_else(|_| String::new(), |error| said(&error));
                Failure::Common(Common::Lost(text))
            }),
        }
    }
}

enum Failure<E> {
    /// One of the writes is to blame; nothing is stored.
    Own(E),
    /// None of them is.
    Common(Common),
}

/// Why several writes failed that are not to blame.
enum Common {
    /// Nothing was tried.
    Unreachable(Unreachable),
    /// The connection broke meanwhile; whether anything is stored is unknown.
    Lost(String),
    /// Others were in the way; nothing is stored, and who asks again is served again.
    Busy(Arc<DieselError>),
}

impl Common {
    fn tell<J: Gathered>(&self, replies: impl IntoIterator<Item = Reply<J>>) {
        for reply in replies {
            let error = match self {
                Self::Unreachable(why) => DbError::NoConnection(why.0.clone()),
                Self::Lost(text) => lost(text),
                Self::Busy(error) => DbError::NotCommitted(Arc::clone(error)),
            };
            reply(Err(error.into()));
        }
    }

    fn reached(self) -> Result<(), Unreachable> {
        match self {
            Self::Unreachable(why) => Err(why),
            Self::Lost(_) | Self::Busy(_) => Ok(()),
        }
    }
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
