//! The loops that work without being asked: each slice's worker runs here, in `serve` or in `worker`.
//!
//! A worker is a function that does one round and says whether there may be more to do at once. Rounds of one worker
//! never overlap in a process; between processes work is shared by leases in the database (on SQLite only one process
//! runs workers at all). A failed round is logged and tried again at the next turn.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::app::{AppState, StartError};
use crate::auth::session;
use crate::db::{DbConnection, DbError, WorkerLock};
use crate::http::idempotency;
use crate::outbox::worker as outbox;
use crate::sla::sweeper;
use crate::{attachments, portal};

/// What a round of a worker says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// There may be more: begin the next round at once.
    More,
    /// Nothing left: wait for the next turn.
    Idle,
}

/// Why a round failed.
pub type RoundError = Box<dyn std::error::Error + Send + Sync>;

type RoundFuture = Pin<Box<dyn Future<Output = Result<Round, RoundError>>>>;

/// One worker: its name in the log, its turn, and its round.
pub struct Worker {
    name: &'static str,
    every: Duration,
    round: fn(AppState) -> RoundFuture,
}

impl Worker {
    /// A worker; write `Worker::new("cleaning", Duration::from_secs(600), |state| Box::pin(clean(state)))`.
    pub fn new(name: &'static str, every: Duration, round: fn(AppState) -> RoundFuture) -> Self {
        Self { name, every, round }
    }
}

/// Every worker of the product.
fn all() -> Vec<Worker> {
    vec![
        Worker::new("cleaning", Duration::from_secs(600), |state| {
            Box::pin(clean(state))
        }),
        Worker::new("stray files", Duration::from_secs(24 * 3600), |state| {
            Box::pin(remove_strays(state))
        }),
        Worker::new("deadlines", Duration::from_secs(10), |state| {
            Box::pin(sweep(state))
        }),
    ]
}

/// The running workers of this process.
pub struct Running {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    _lock: WorkerLock,
}

/// Starts all workers on the current runtime.
///
/// # Errors
/// When another process already runs the workers of the same SQLite file.
pub fn start(state: &AppState) -> Result<Running, StartError> {
    let lock = state.db.worker_lock()?;
    let (stop, stopped) = watch::channel(false);
    let spawn =
        |worker: Worker| tokio::task::spawn_local(run(worker, state.clone(), stopped.clone()));
    let mut tasks: Vec<JoinHandle<()>> = all().into_iter().map(spawn).collect();
    tasks.push(tokio::task::spawn_local(send_mail(
        outbox::Worker::of(state)?,
        state.clone(),
        stopped.clone(),
    )));
    Ok(Running {
        stop,
        tasks,
        _lock: lock,
    })
}

impl Running {
    /// Lets every running round end, then returns.
    pub async fn stop(self) {
        // Workers that already ended no longer listen.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a worker had ended early");
            }
        }
    }
}

async fn run(worker: Worker, state: AppState, mut stopped: watch::Receiver<bool>) {
    loop {
        if *stopped.borrow() {
            return;
        }
        match (worker.round)(state.clone()).await {
            Ok(Round::More) => {
                tokio::task::yield_now().await;
                continue;
            }
            Ok(Round::Idle) => {}
            Err(error) => {
                tracing::error!(worker = worker.name, %error, "a round of a worker failed")
            }
        }
        tokio::select! {
            () = tokio::time::sleep(worker.every) => {}
            _ = stopped.changed() => return,
        }
    }
}

/// Mail has a loop of its own: it is woken by commits and keeps connections to the mail server.
async fn send_mail(worker: outbox::Worker, state: AppState, mut stopped: watch::Receiver<bool>) {
    let stop = async move {
        // A sender that is gone means the same as one that says stop.
        let _ = stopped.wait_for(|stop| *stop).await;
    };
    worker
        .run(state.clock.clone(), state.wake.clone(), stop)
        .await;
}

/// Writes warnings and breaches, and closes what its requester left unanswered for too long.
async fn sweep(state: AppState) -> Result<Round, RoundError> {
    let swept = sweeper::run_once(&state.db, &state.desks, state.clock.now()).await?;
    if swept > 0 {
        state.wake.wake();
    }
    Ok(if swept >= sweeper::BATCH {
        Round::More
    } else {
        Round::Idle
    })
}

/// Forgets idempotency answers, sessions, drafts and uploads whose time is over.
async fn remove_strays(state: AppState) -> Result<Round, RoundError> {
    let now = state.clock.now();
    let count = attachments::commands::remove_strays(&state.db, &state.files, now).await?;
    if count > 0 {
        tracing::info!(count, "files without a row were removed");
    }
    Ok(Round::Idle)
}

async fn clean(state: AppState) -> Result<Round, RoundError> {
    let now = state.clock.now();
    let clean = move |conn: &mut DbConnection| -> Result<(), DbError> {
        idempotency::forget_old(conn, now)?;
        session::forget_old(conn, now)?;
        portal::commands::cleanup(conn, now)?;
        Ok(())
    };
    state.db.write(clean).await?;
    attachments::commands::cleanup(&state.db, &state.files, now).await?;
    Ok(Round::Idle)
}
