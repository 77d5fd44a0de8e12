//! What the browser tests stand on: the real binary on a database of its own, a mail server that keeps what it takes,
//! and Chromium, led by what a person sees (roles, labels, headings) and not by classes or ids.
//!
//! A test is a story on a [`Stage`](stage::Stage): [`play`](stage::play) builds the stage, runs the story, and strikes
//! the stage afterwards, also when the story fails; then it leaves a picture of every window in `test-output/failures`.
//! Only one story plays at a time on a machine, however many test processes there are. Nothing here sleeps for a fixed
//! time: everything waits for a condition, with a limit that only a failing test meets.
//!
//! The environment names what is tested: `ATIENDE_E2E_BINARY` (else `target/debug/atiende`), `ATIENDE_WEB_DIR` (else
//! `web/dist`), `ATIENDE_E2E_AXE` (else the file that `.ci/setup test` fetched), `ATIENDE_TEST_POSTGRES_URL` (else
//! stories on PostgreSQL are left out), `ATIENDE_E2E_OUTPUT` (else `test-output`).

pub mod axe;
pub mod browser;
pub mod console;
pub mod database;
pub mod desks;
pub mod hands;
pub mod mail;
pub mod people;
pub mod portal;
pub mod seek;
pub mod server;
pub mod shots;
pub mod stage;
pub mod trace;

use std::path::PathBuf;
use std::time::Duration;

/// Longest wait for a condition; only ever spent by a test that fails. Build machines are slow.
pub const PATIENCE: Duration = Duration::from_secs(45);

/// How often a condition is looked at.
const GLANCE: Duration = Duration::from_millis(60);

/// The folder of the whole repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(PathBuf::from)
        .expect("the crate lies in the repository")
}

/// Where pictures go: `test-output/<part>`.
pub fn output(part: &str) -> PathBuf {
    let folder = std::env::var_os("ATIENDE_E2E_OUTPUT")
        .map_or_else(|| repository().join("test-output"), PathBuf::from)
        .join(part);
    std::fs::create_dir_all(&folder).expect("the output folder can be made");
    folder
}

/// Asks until there is an answer.
///
/// # Panics
/// When there is none in time; `what` says for what it waited, `last` is called for how things stand then.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let give_up = tokio::time::Instant::now() + PATIENCE;
    let mut glances = tokio::time::interval(GLANCE);
    glances.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        glances.tick().await;
        let why = match ask().await {
            Ok(answer) => return answer,
            Err(why) => why,
        };
        if tokio::time::Instant::now() > give_up {
            panic!("waited in vain for {what}: {why}");
        }
    }
}
