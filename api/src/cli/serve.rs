//! `atiende serve` and `atiende worker`.

use std::net::TcpListener;
use std::time::Duration;

use crate::app::{AppState, StartError, server};
use crate::clock::Clock;
use crate::config::{Overrides, Settings};
use crate::workers;

/// Flags of `serve`.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// Address that people use, such as https://help.example.org.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Leave the workers to another process (`atiende worker`).
    #[arg(long)]
    no_workers: bool,
    /// File with the seconds by which the clock is moved; for tests of the whole program.
    #[cfg(debug_assertions)]
    #[arg(long, value_name = "FILE", hide = true)]
    clock_file: Option<std::path::PathBuf>,
}

impl Options {
    /// The clock to serve by.
    pub(super) fn clock(&self) -> Clock {
        #[cfg(debug_assertions)]
        if let Some(file) = &self.clock_file {
            return Clock::moved_by(file.clone());
        }
        Clock::system()
    }

    pub(super) fn apply(&self, overrides: &mut Overrides) {
        overrides.listen.clone_from(&self.listen);
        overrides.public_url.clone_from(&self.public_url);
    }
}

/// How often budgets that are whole again are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

pub(super) fn run(settings: Settings, clock: Clock, options: &Options) -> Result<(), StartError> {
    let with_workers = settings.workers && !options.no_workers;
    let listener = TcpListener::bind(settings.listen)?;
    let state = AppState::open(settings, clock)?;
    state.db.migrate()?;
    actix_web::rt::System::new().block_on(async move {
        for warning in state.settings.warnings() {
            tracing::warn!("{warning}");
        }
        let limits = std::sync::Arc::clone(&state.limits);
        let sign_ins = std::sync::Arc::clone(&state.sign_ins);
        actix_web::rt::spawn(async move {
            let mut timer = tokio::time::interval(FORGET_EVERY);
            loop {
                timer.tick().await;
                limits.forget_idle();
                sign_ins.forget_idle();
            }
        });
        let running = if with_workers { Some(workers::start(&state)?) } else { None };
        tracing::info!(address = %state.settings.listen, public_url = state.settings.public_url.as_str(), workers = with_workers, "serving");
        server(listener, state)?.await?;
        if let Some(running) = running {
            running.stop().await;
        }
        tracing::info!("stopped");
        Ok(())
    })
}

pub(super) fn run_workers_only(settings: Settings, clock: Clock) -> Result<(), StartError> {
    let state = AppState::open(settings, clock)?;
    state.db.migrate()?;
    actix_web::rt::System::new().block_on(async move {
        let running = workers::start(&state)?;
        tracing::info!("working");
        stop_signal().await?;
        running.stop().await;
        tracing::info!("stopped");
        Ok(())
    })
}

async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
