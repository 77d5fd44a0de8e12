//! Where a story plays: server, mail and browsers, all of them its own.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tokio::task::LocalSet;

use crate::browser::{Browser, Driver};
use crate::database::{Database, Engine, postgres_url};
use crate::mail::Post;
use crate::output;
use crate::server::Server;

/// What a story has at hand.
pub struct Stage {
    /// The story's name.
    pub name: String,
    /// Every mail that was sent.
    pub post: Post,
    /// The server.
    pub server: Server,
    browsers: RefCell<Vec<Browser>>,
    driver: Driver,
    // Last, so that it goes when nobody writes into it any more.
    folder: Folder,
}

impl Stage {
    async fn build(name: &str, engine: Engine, mails: Mails) -> Self {
        let folder = Folder::make(name);
        let post = Post::open().await;
        let port = match mails {
            Mails::Posted => Some(post.port),
            Mails::Kept => None,
        };
        let server = Server::start(engine, &folder.0, port).await;
        let driver = Driver::start(&folder.0).await;
        Self {
            name: name.to_owned(),
            post,
            server,
            browsers: RefCell::default(),
            driver,
            folder,
        }
    }

    /// A browser that has never been anywhere, as if on another computer.
    pub async fn browser(&self, who: &'static str) -> Browser {
        let browser = self.driver.browser(who, &self.server.base).await;
        self.browsers.borrow_mut().push(browser.clone());
        browser
    }

    /// A file with this content, to be attached.
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.0.join(name);
        std::fs::write(&path, content).expect("the story's folder can be written");
        path
    }

    /// A file of this many bytes that takes no room.
    pub fn large_file(&self, name: &str, bytes: u64) -> PathBuf {
        let path = self.folder.0.join(name);
        let file = File::create(&path).expect("the story's folder can be written");
        file.set_len(bytes)
            .expect("the story's folder can be written");
        path
    }

    /// How many rows a table has where this holds.
    pub fn count(&self, table: &str, condition: &str) -> u32 {
        let count = self
            .server
            .database
            .ask(&format!("SELECT count(*) FROM {table} WHERE {condition}"));
        count
            .parse()
            .unwrap_or_else(|_| panic!("{count:?} is no count"))
    }

    /// Lets the open questions for a code grow older by so many seconds: time passes for them alone.
    pub fn challenges_age(&self, seconds: u32) {
        let by = match &self.server.database {
            // Microseconds since 1970.
            Database::Sqlite(_) => (u64::from(seconds) * 1_000_000).to_string(),
            Database::Postgres { .. } => format!("interval '{seconds} seconds'"),
        };
        let columns = ["created_at", "expires_at", "last_sent_at"]
            .map(|column| format!("{column} = {column} - {by}"));
        self.server.database.ask(&format!(
            "UPDATE challenges SET {} WHERE used_at IS NULL",
            columns.join(", ")
        ));
    }

    async fn report(&self) {
        let folder = output("failures");
        eprintln!("== {} failed\n-- server\n{}", self.name, self.server.log());
        let browsers = self.browsers.borrow().clone();
        for browser in browsers {
            let picture = folder.join(format!("{}-{}.png", self.name, browser.who));
            eprintln!(
                "{}\n-- picture: {}",
                browser.report(&picture).await,
                picture.display()
            );
        }
    }

    async fn check_consoles(&self) {
        let browsers = self.browsers.borrow().clone();
        for browser in browsers {
            browser.check_console().await;
        }
    }

    async fn strike(&self) {
        for browser in self.browsers.take() {
            browser.close().await;
        }
    }
}

/// Where the server leaves its mails.
#[derive(Clone, Copy)]
enum Mails {
    /// At the mail server of the stage.
    Posted,
    /// In its own mailbox, as one does that has no mail server yet.
    Kept,
}

/// Plays a story on a new stage. A story on PostgreSQL is left out when the environment names none.
///
/// # Panics
/// When the story does, after leaving a report and a picture of each window.
pub fn play<F: Future<Output = ()> + 'static>(
    name: &str,
    engine: Engine,
    story: impl FnOnce(Rc<Stage>) -> F + 'static,
) {
    perform(name, engine, Mails::Posted, story);
}

/// Plays a story on a new stage, on SQLite, whose server has no mail server.
///
/// # Panics
/// As [`play`] does.
pub fn play_without_mail<F: Future<Output = ()> + 'static>(
    name: &str,
    story: impl FnOnce(Rc<Stage>) -> F + 'static,
) {
    perform(name, Engine::Sqlite, Mails::Kept, story);
}

fn perform<F: Future<Output = ()> + 'static>(
    name: &str,
    engine: Engine,
    mails: Mails,
    story: impl FnOnce(Rc<Stage>) -> F + 'static,
) {
    if engine == Engine::Postgres && postgres_url().is_none() {
        println!("{name}: left out, ATIENDE_TEST_POSTGRES_URL is not set");
        return;
    }
    // Browsers are heavy: one story at a time on this machine, whichever process it is in.
    let turn = File::create(std::env::temp_dir().join("atiende-e2e.lock"))
        .expect("the folder for temporary files can be written");
    turn.lock().expect("a file can be locked");
    let begun = std::time::Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the runtime starts");
    LocalSet::new().block_on(&runtime, async {
        let stage = Rc::new(Stage::build(name, engine, mails).await);
        let built = begun.elapsed();
        let mut outcome = tokio::task::spawn_local(story(Rc::clone(&stage))).await;
        if outcome.is_ok() {
            let stage = Rc::clone(&stage);
            outcome = tokio::task::spawn_local(async move { stage.check_consoles().await }).await;
        }
        if outcome.is_err() {
            stage.report().await;
        }
        stage.strike().await;
        if let Err(failure) = outcome {
            drop(stage);
            std::panic::resume_unwind(failure.into_panic());
        }
        println!(
            "{name}: stage {:.1} s, story {:.1} s",
            built.as_secs_f32(),
            (begun.elapsed() - built).as_secs_f32()
        );
    });
}

/// A folder that goes with its owner.
struct Folder(PathBuf);

impl Folder {
    fn make(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("atiende-e2e-{}-{name}", std::process::id()));
        remove(&path);
        std::fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(path: &Path) {
    // What cannot be removed is left to the system's own cleaning.
    let _ = std::fs::remove_dir_all(path);
}
