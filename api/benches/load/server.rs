//! The release server as a child.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::client::{Connection, request};
use crate::{Outcome, root};

/// Password of the sample accounts.
const PASSWORD: &str = "mesa-abierta-2026";
/// The sample agent who asks: the coordinator of the desk.
const AGENT: &str = "julian.soto@example.org";

/// A folder with settings and data of one database.
pub struct Place {
    program: PathBuf,
    folder: PathBuf,
    /// Address of the database.
    pub database: String,
}

impl Place {
    /// Makes the folder and the settings file. Budgets of requests are tested elsewhere, so they are wide open here.
    pub fn new(program: &Path, folder: &Path, database: &str) -> Outcome<Self> {
        fs::create_dir_all(folder)?;
        let budgets = [
            "login_per_account",
            "login_per_prefix",
            "login_ceiling",
            "code_ask_per_prefix",
            "code_ask_per_address",
            "code_try_per_prefix",
            "access_request_per_prefix",
            "upload",
            "upload_per_prefix",
            "create_per_requester",
            "create_per_agent",
            "token",
            "search",
            "read",
            "write",
        ];
        let mut settings = "log = \"error\"\n[limits]\n".to_owned();
        for budget in budgets {
            settings.push_str(&format!("{budget} = {{ count = 1000000, seconds = 1 }}\n"));
        }
        fs::write(folder.join(Keeps::Pages.file()), &settings)?;
        settings.push_str("kept_bytes = 0\n");
        fs::write(folder.join(Keeps::Rows.file()), &settings)?;
        settings.push_str("kept_row_bytes = 0\n");
        fs::write(folder.join(Keeps::Nothing.file()), settings)?;
        Ok(Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            database: database.to_owned(),
        })
    }

    fn command(&self, action: &str, keeps: Keeps) -> Command {
        let mut command = Command::new(&self.program);
        // What is set for scripts is no setting of the server.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ATIENDE_")) {
            command.env_remove(name);
        }
        command
            .current_dir(root())
            .arg(action)
            .arg("--config")
            .arg(self.folder.join(keeps.file()))
            .arg("--data-dir")
            .arg(&self.folder)
            .arg("--database-url")
            .arg(&self.database)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    /// Makes the schema and the sample data.
    pub fn prepare(&self) -> Outcome<()> {
        let status = self
            .command("demo", Keeps::Pages)
            .args(["--no-serve", "--desks", "api/desks"])
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err("`atiende demo --no-serve` failed".into())
        }
    }
}

/// What the server keeps of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Pages of the queue until something is written, and rows until their tickets change, as usual.
    Pages,
    /// Rows alone: every page is looked for, as it is after something was written.
    Rows,
    /// Nothing: every page is looked for, read and written.
    Nothing,
}

impl Keeps {
    /// Name of the settings file.
    fn file(self) -> &'static str {
        match self {
            Self::Pages => "atiende.toml",
            Self::Rows => "keeps-rows.toml",
            Self::Nothing => "keeps-nothing.toml",
        }
    }
}

/// Who runs the workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workers {
    /// The server itself.
    Inside,
    /// Another process, which is not there.
    Elsewhere,
}

/// A running server; it ends when it is dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its start to its first answer.
    pub first_answer: Duration,
}

impl Server {
    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// When it does not answer within 20 seconds.
    pub async fn start(place: &Place, workers: Workers, keeps: Keeps) -> Outcome<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = place.command("serve", keeps);
        command
            .arg("--listen")
            .arg(address.to_string())
            .arg("--public-url")
            .arg(format!("http://{address}"));
        if workers == Workers::Elsewhere {
            command.arg("--no-workers");
        }
        let started = Instant::now();
        let mut server = Self {
            child: command.spawn()?,
            address,
            first_answer: Duration::ZERO,
        };
        let ready = request("GET", "/health/ready", address, None, None, None);
        while started.elapsed() < Duration::from_secs(20) {
            if let Ok(mut connection) = Connection::open(address).await
                && connection.ask(&ready).await?.status == 200
            {
                server.first_answer = started.elapsed();
                return Ok(server);
            }
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended at its start: {status}").into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Err("the server does not answer".into())
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Signs in a sample agent; gives the access token, which lasts ten minutes.
    pub async fn sign_in(&self) -> Outcome<String> {
        let body = format!(r#"{{"email":"{AGENT}","password":"{PASSWORD}"}}"#);
        let asked = request(
            "POST",
            "/api/v1/session",
            self.address,
            None,
            None,
            Some(&body),
        );
        let answer = Connection::open(self.address).await?.ask(&asked).await?;
        let session: serde_json::Value = serde_json::from_slice(&answer.body)?;
        Ok(session["access_token"]
            .as_str()
            .ok_or("signing in failed")?
            .to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, and nothing is lost: every answer of success was durable.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
