//! Reads of one kind that are made together where several wait.
//!
//! Whoever reads while all readers are busy waits, and what waits is read next, in one go. On PostgreSQL most of what it takes
//! to read a ticket is what its statements take, not what their rows take. Nobody waits for company: who comes while nobody
//! else does is served at once and alone.
//!
//! Nobody depends on it either. Whose answer does not come, because the connection broke, a statement failed, nobody takes what
//! waits or it takes too long, reads alone, as [`Db::read`] does, and has the failure of that.
//!
//! On SQLite, where a statement costs no more than its rows, everybody reads alone.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use tokio::sync::oneshot;

use super::pool::{CHECKOUT_TIMEOUT, Pooled};
use super::{Db, DbConnection, DbError, ReadOutcome};

/// Most reads that are made together; the first of them waits for what the database takes for all.
const MOST: usize = 16;

/// Where nothing was taken for this long, whoever still waits reads alone.
const PATIENCE: Duration = Duration::from_millis(250);

/// After this long everybody reads alone, also who was taken: another one's read may be in the way.
const LONGEST: Duration = CHECKOUT_TIMEOUT;

/// What somebody wants to read.
pub trait Ask: Clone + Send + 'static {
    /// What is found.
    type Found: Send + 'static;

    /// Whether it is not read with others.
    fn is_alone(&self) -> bool;

    /// Reads what one asks for.
    ///
    /// # Errors
    /// Those of the database.
    fn one(&self, conn: &mut DbConnection) -> QueryResult<Self::Found>;

    /// Reads what several ask for, none of whom is alone, and gives it in their order: to each what [`Ask::one`] would.
    ///
    /// # Errors
    /// Those of the database; then each is read alone.
    fn all(asks: &[&Self], conn: &mut DbConnection) -> QueryResult<Vec<Self::Found>>;
}

/// Reads that wait for each other; cheap to clone.
pub struct Loader<A: Ask> {
    db: Db,
    queue: Arc<Queue<A>>,
}

impl<A: Ask> Clone for Loader<A> {
    fn clone(&self) -> Self {
        Self {
            db: self.db.clone(),
            queue: Arc::clone(&self.queue),
        }
    }
}

impl<A: Ask> Loader<A> {
    /// Nothing waits. There are as many readers as processors, two at least, and at most half of the connections are theirs;
    /// where there is only one connection, everybody reads alone.
    pub fn new(db: Db) -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        let connections = usize::try_from(db.inner.pool.max_size()).unwrap_or(1);
        let most_readers = processors.max(2).min(connections / 2);
        Self::with(db, most_readers, PATIENCE, LONGEST)
    }

    pub(super) fn with(db: Db, most_readers: usize, patience: Duration, longest: Duration) -> Self {
        let waiting = Waiting {
            jobs: VecDeque::new(),
            readers: 0,
            moved: Instant::now(),
        };
        let queue = Queue {
            waiting: Mutex::new(waiting),
            most_readers,
            patience,
            longest,
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

    /// How many read for all.
    #[cfg(test)]
    pub(super) fn readers(&self) -> usize {
        self.queue.lock().readers
    }

    /// Reads what is asked for and works on it, on the same connection. The closure changes nothing; like that of
    /// [`Db::read`] it is cloned, and may run again.
    ///
    /// # Errors
    /// Those of reading and of the work.
    pub async fn load<T, E, F>(&self, ask: A, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut DbConnection, A::Found) -> Result<T, E> + Clone + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        if self.db.is_postgres()
            && self.queue.most_readers > 0
            && !ask.is_alone()
            && let Some(answer) = self.load_with_others(ask.clone(), work.clone()).await
        {
            return answer;
        }
        let alone = move |conn: &mut DbConnection| {
            let found = ask.one(conn).map_err(DbError::from)?;
            work(conn, found)
        };
        self.db.read(alone).await
    }

    /// None where no answer comes.
    async fn load_with_others<T, E, F>(&self, ask: A, work: F) -> Option<Result<T, E>>
    where
        F: FnOnce(&mut DbConnection, A::Found) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, mut receiver) = oneshot::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let job = Job {
            ask,
            rest: Box::new(Rest { work, answer }),
            taken: Arc::clone(&taken),
        };
        if let Some(reader) = Queue::push(&self.queue, job) {
            let db = self.db.clone();
            // Not waited for: whoever reads for all goes on after this one is answered.
            drop(tokio::task::spawn_blocking(move || reader.serve(&db)));
        }
        let asked = Instant::now();
        loop {
            if let Ok(answer) = tokio::time::timeout(self.queue.patience, &mut receiver).await {
                return answer.ok();
            }
            let goes_on = taken.load(Ordering::Acquire) || self.queue.moves();
            if !goes_on || asked.elapsed() >= self.queue.longest {
                return None;
            }
        }
    }
}

/// Somebody who waits.
struct Job<A: Ask> {
    ask: A,
    rest: Box<dyn Work<A::Found>>,
    /// Whether a reader has it.
    taken: Arc<AtomicBool>,
}

/// What is done with what was found.
trait Work<Found>: Send {
    /// Whether nobody waits for it any more.
    fn is_given_up(&self) -> bool;

    /// Does it and answers, unless the connection broke: then the asker does it again.
    fn done(self: Box<Self>, db: &Db, pooled: &mut Pooled, found: Found);
}

struct Rest<F, T, E> {
    work: F,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<Found, F, T, E> Work<Found> for Rest<F, T, E>
where
    F: FnOnce(&mut DbConnection, Found) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    fn done(self: Box<Self>, db: &Db, pooled: &mut Pooled, found: Found) {
        let Self { work, answer } = *self;
        if let ReadOutcome::Done(result) = db.try_on(pooled, |conn| work(conn, found)) {
            // The asker may have gone away meanwhile.
            drop(answer.send(result));
        }
    }
}

struct Queue<A: Ask> {
    waiting: Mutex<Waiting<A>>,
    most_readers: usize,
    patience: Duration,
    longest: Duration,
}

struct Waiting<A: Ask> {
    jobs: VecDeque<Job<A>>,
    /// Who read for all.
    readers: usize,
    /// When one of them took something last.
    moved: Instant,
}

impl<A: Ask> Queue<A> {
    fn lock(&self) -> MutexGuard<'_, Waiting<A>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives one more reader where one is to begin.
    fn push(queue: &Arc<Self>, job: Job<A>) -> Option<Reader<A>> {
        let mut waiting = queue.lock();
        waiting.jobs.push_back(job);
        if waiting.readers >= queue.most_readers {
            return None;
        }
        waiting.readers += 1;
        Some(Reader {
            queue: Arc::clone(queue),
            counts: true,
        })
    }

    fn moves(&self) -> bool {
        self.lock().moved.elapsed() < self.patience
    }
}

/// One who reads for all and counts as such, however it ends.
struct Reader<A: Ask> {
    queue: Arc<Queue<A>>,
    counts: bool,
}

impl<A: Ask> Reader<A> {
    /// Reads what waits until nothing does.
    fn serve(mut self, db: &Db) {
        // First of all, or what is taken would wait for a connection while others have one.
        while let Ok(mut pooled) = db.checkout() {
            while !pooled.broken && db.is_fresh(&pooled) {
                let jobs = self.group();
                if jobs.is_empty() {
                    return;
                }
                read(jobs, db, &mut pooled);
            }
        }
        // There is no connection, as each asker finds out alone.
        drop(self.gives_up());
    }

    /// What is read next. Where nothing waits, the reader ends: who comes after that begins another one.
    fn group(&mut self) -> Vec<Job<A>> {
        let mut waiting = self.queue.lock();
        let mut group = Vec::new();
        while group.len() < MOST
            && let Some(job) = waiting.jobs.pop_front()
        {
            if !job.rest.is_given_up() {
                job.taken.store(true, Ordering::Release);
                group.push(job);
            }
        }
        if group.is_empty() {
            waiting.readers -= 1;
            self.counts = false;
        } else {
            waiting.moved = Instant::now();
        }
        group
    }

    /// The reader ends; gives what nobody else will read.
    fn gives_up(&mut self) -> VecDeque<Job<A>> {
        let mut waiting = self.queue.lock();
        waiting.readers -= 1;
        self.counts = false;
        if waiting.readers > 0 {
            return VecDeque::new();
        }
        std::mem::take(&mut waiting.jobs)
    }
}

impl<A: Ask> Drop for Reader<A> {
    fn drop(&mut self) {
        if self.counts {
            self.queue.lock().readers -= 1;
        }
    }
}

/// Whoever fails to be answered here reads alone.
fn read<A: Ask>(jobs: Vec<Job<A>>, db: &Db, pooled: &mut Pooled) {
    let asks: Vec<&A> = jobs.iter().map(|job| &job.ask).collect();
    let found = db.try_on(pooled, |conn| match asks.as_slice() {
        [ask] => Ok::<_, DbError>(vec![ask.one(conn)?]),
        asks => Ok(A::all(asks, conn)?),
    });
    let ReadOutcome::Done(Ok(found)) = found else {
        return;
    };
    for (job, found) in jobs.into_iter().zip(found) {
        if pooled.broken {
            return;
        }
        if !job.rest.is_given_up() {
            job.rest.done(db, pooled, found);
        }
    }
}
