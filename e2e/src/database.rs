//! A database of its own for each story: a file, or a database of the PostgreSQL that the environment names.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Which database a story plays on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in the story's folder.
    Sqlite,
    /// A database of the server at `ATIENDE_TEST_POSTGRES_URL`.
    Postgres,
}

/// A database that goes with its story.
#[derive(Debug)]
pub enum Database {
    /// The file.
    Sqlite(PathBuf),
    /// Address of the story's database, and of the one from which it is made and dropped.
    Postgres {
        /// The story's.
        url: String,
        /// The given one.
        given: String,
        /// Name of the story's.
        name: String,
    },
}

/// The PostgreSQL that the environment names, if it does.
pub fn postgres_url() -> Option<String> {
    std::env::var("ATIENDE_TEST_POSTGRES_URL")
        .ok()
        .filter(|url| !url.is_empty())
}

impl Database {
    /// An empty database. `folder` is the story's.
    pub fn make(engine: Engine, folder: &std::path::Path) -> Self {
        match engine {
            Engine::Sqlite => Self::Sqlite(folder.join("atiende.db")),
            Engine::Postgres => {
                let given = postgres_url().expect("play() leaves such stories out");
                let since = std::time::UNIX_EPOCH
                    .elapsed()
                    .expect("the clock is past 1970")
                    .as_nanos();
                let name = format!("atiende_e2e_{}_{since}", std::process::id());
                let (server, _) = given
                    .rsplit_once('/')
                    .expect("the address ends with a database's name");
                let url = format!("{server}/{name}");
                ask_psql(&given, &format!("CREATE DATABASE {name}"));
                Self::Postgres { url, given, name }
            }
        }
    }

    /// The address as the server's setting.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => file.to_string_lossy().into_owned(),
            Self::Postgres { url, .. } => url.clone(),
        }
    }

    /// Runs a statement beside the server: to count what no page shows, or to let time pass. Columns come with `|`
    /// between them.
    pub fn ask(&self, sql: &str) -> String {
        match self {
            Self::Sqlite(file) => {
                let mut command = Command::new("sqlite3");
                text_of(
                    command
                        .args(["-batch", "-noheader", "-cmd", ".timeout 20000"])
                        .arg(file)
                        .arg(sql),
                    "sqlite3",
                )
            }
            Self::Postgres { url, .. } => ask_psql(url, sql),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { given, name, .. } = self {
            // What is left behind after a failure goes with the throw-away server.
            let _ = psql(
                given,
                &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            )
            .output();
        }
    }
}

fn psql(url: &str, sql: &str) -> Command {
    let mut command = Command::new("psql");
    command.args([
        "-X",
        "-q",
        "-A",
        "-t",
        "-v",
        "ON_ERROR_STOP=1",
        "-d",
        url,
        "-c",
        sql,
    ]);
    command
}

fn ask_psql(url: &str, sql: &str) -> String {
    text_of(&mut psql(url, sql), "psql")
}

fn text_of(command: &mut Command, program: &str) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap_or_else(|error| {
        panic!("{program} does not start ({error}); `.ci/setup test` installs it")
    });
    assert!(
        status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8_lossy(&stdout).trim().to_owned()
}
