//! The real binary: filled with sample data, then serving on a free port until it is dropped.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};

use crate::database::{Database, Engine};
use crate::{repository, until};

/// Budgets that would stop a test that acts faster than people do.
const BUDGETS: [&str; 12] = [
    "LOGIN_PER_ACCOUNT",
    "LOGIN_PER_PREFIX",
    "CODE_ASK_PER_PREFIX",
    "CODE_ASK_PER_ADDRESS",
    "CODE_TRY_PER_PREFIX",
    "ACCESS_REQUEST_PER_PREFIX",
    "UPLOAD",
    "CREATE_PER_REQUESTER",
    "TOKEN",
    "SEARCH",
    "READ",
    "WRITE",
];

/// A running server.
pub struct Server {
    /// Its address, without a slash at the end.
    pub base: String,
    /// Its database.
    pub database: Database,
    folder: PathBuf,
    mail_port: Option<u16>,
    child: Option<Child>,
}

impl Server {
    /// Fills a new database and starts to serve; mail goes to `mail_port` of the loopback, or stays in the local mailbox.
    pub async fn start(engine: Engine, folder: &Path, mail_port: Option<u16>) -> Self {
        let base = format!("http://127.0.0.1:{}", free_port());
        let database = Database::make(engine, folder);
        let mut server = Self {
            base,
            database,
            folder: folder.to_owned(),
            mail_port,
            child: None,
        };
        server.run(&["demo", "--no-serve"]);
        server.serve().await;
        server
    }

    /// Runs another command of the binary on the same data, and gives what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the binary starts");
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        assert!(
            output.status.success(),
            "atiende {}:\n{out}\n{err}",
            arguments.join(" ")
        );
        out.into_owned()
    }

    /// The end of its log, for a failure's report.
    pub fn log(&self) -> String {
        let log = std::fs::read_to_string(self.log_file()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    async fn serve(&mut self) {
        let log =
            std::fs::File::create(self.log_file()).expect("the story's folder can be written");
        let errors = log.try_clone().expect("a file can be shared");
        self.child = Some(
            self.command(&["serve", "--clock-file"])
                .arg(self.clock_file())
                .stdout(log)
                .stderr(errors)
                .spawn()
                .expect("the binary starts"),
        );
        let ready = format!("{}/health/ready", self.base);
        let client = reqwest::Client::new();
        until("the server to be ready", async || {
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            let answer = client
                .get(&ready)
                .send()
                .await
                .map_err(|error| error.to_string())?;
            if answer.status().is_success() {
                Ok(())
            } else {
                Err(answer.status().to_string())
            }
        })
        .await;
    }

    /// What time it is for the server.
    pub fn now(&self) -> DateTime<Utc> {
        machine_time() + TimeDelta::seconds(self.moved_by())
    }

    /// Moves the server's clock forward to an instant; browsers keep their own time.
    ///
    /// # Panics
    /// When it would go back.
    pub fn let_it_be(&self, at: DateTime<Utc>) {
        assert!(at >= self.now(), "the clock goes forward only");
        let seconds = (at - machine_time()).num_seconds();
        std::fs::write(self.clock_file(), seconds.to_string())
            .expect("the story's folder can be written");
    }

    /// Moves the server's clock forward.
    pub fn pass(&self, time: TimeDelta) {
        self.let_it_be(self.now() + time);
    }

    fn moved_by(&self) -> i64 {
        std::fs::read_to_string(self.clock_file())
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    fn clock_file(&self) -> PathBuf {
        self.folder.join("clock")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        // The server takes every variable of this prefix for a setting.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("ATIENDE_") && name != "ATIENDE_WEB_DIR" {
                command.env_remove(name);
            }
        }
        for budget in BUDGETS {
            command.env(format!("ATIENDE_LIMITS__{budget}__COUNT"), "1000000");
        }
        command
            .args(arguments)
            .current_dir(repository())
            .env("ATIENDE_DATA_DIR", &self.folder)
            .env("ATIENDE_DATABASE_URL", self.database.url())
            .env("ATIENDE_LISTEN", self.base.trim_start_matches("http://"))
            .env("ATIENDE_PUBLIC_URL", &self.base)
            .stdin(Stdio::null());
        if let Some(port) = self.mail_port {
            command
                .env("ATIENDE_SMTP__URL", format!("smtp://127.0.0.1:{port}"))
                .env("ATIENDE_SMTP__TLS", "none")
                .env("ATIENDE_SMTP__FROM", "Atiende <mesa@example.org>");
        }
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself; its data go with the story's folder.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the server's clock is the machine's, moved"
)]
fn machine_time() -> DateTime<Utc> {
    Utc::now()
}

/// The binary that the environment names, else that of this build.
fn binary() -> PathBuf {
    let path = std::env::var_os("ATIENDE_E2E_BINARY")
        .map_or_else(|| repository().join("target/debug/atiende"), PathBuf::from);
    assert!(
        path.is_file(),
        "there is no binary at {}; build it with `cargo build -p api`",
        path.display()
    );
    path
}

/// A port of the loopback that nobody uses now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    listener
        .local_addr()
        .expect("a bound socket has an address")
        .port()
}
