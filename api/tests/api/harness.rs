//! What every story needs: a server, people, and a client that is suspicious of every answer.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::dev::ServerHandle;
use api::app::{self, AppState};
use api::auth::jwt::Holder;
use api::auth::session::{self, Audience, Subject};
use api::clock::Clock;
use api::config::Settings;
use api::db::schema::{memberships, users};
use api::db::{Db, DbConnection, DbError, JsonText, Ts};
use api::http::ApiError;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::problem::{Problem, ProblemType};
use shared::ticket::actor::{Privilege, PrivilegeSet};
use uuid::Uuid;

/// Runs a story on both databases: `both! { async fn a_rule_in_a_sentence(app: TestApp) { … } }`.
#[macro_export]
macro_rules! both {
    ($($(#[$doc:meta])* async fn $name:ident($app:ident: TestApp) $body:block)+) => { $(
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "not every story uses everything that its file imports")]
            use super::*;

            async fn story($app: $crate::harness::TestApp) $body

            #[tokio::test]
            async fn on_sqlite() {
                story($crate::harness::TestApp::sqlite().await).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                if let Some(app) = $crate::harness::TestApp::postgres().await {
                    story(app).await;
                }
            }
        }
    )+ };
}

/// A running server.
pub struct TestApp {
    /// Its address, without a slash at the end.
    pub url: String,
    /// What its handlers work with.
    pub state: AppState,
    /// Its clock; moves only when told.
    pub clock: Clock,
    /// A client without cookies.
    pub client: Client,
    handle: ServerHandle,
    folder: PathBuf,
    database: Option<String>,
}

/// A Wednesday morning in Bogotá.
pub fn start_of_story() -> DateTime<Utc> {
    "2026-11-18T14:00:00Z".parse().unwrap()
}

impl TestApp {
    /// On an SQLite file of its own.
    pub async fn sqlite() -> Self {
        Self::start(None, |_| {}).await
    }

    /// On a PostgreSQL database of its own, when there is a server for tests.
    pub async fn postgres() -> Option<Self> {
        let url = std::env::var("ATIENDE_TEST_POSTGRES_URL").ok()?;
        let cloned = tokio::task::spawn_blocking(move || clone_template(&url))
            .await
            .unwrap();
        Some(Self::start(Some(cloned), |_| {}).await)
    }

    /// On SQLite with settings of the story's own.
    pub async fn with_settings(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start(None, change).await
    }

    async fn start(database: Option<(String, String)>, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = std::env::temp_dir().join(format!("atiende-test-{}", Uuid::new_v4()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let database_url = database.as_ref().map(|(url, _)| url.as_str());
        let mut settings = Settings::for_tests(&folder, database_url, &url).unwrap();
        change(&mut settings);
        let clock = Clock::fixed(start_of_story());
        let server_clock = clock.clone();
        let state = tokio::task::spawn_blocking(move || {
            let state = AppState::open(settings, server_clock).unwrap();
            state.db.migrate().unwrap();
            state
        });
        let state = state.await.unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        let server_state = state.clone();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = app::server(listener, server_state).unwrap();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receiver.recv().unwrap();
        let database = database.map(|(_, name)| name);
        Self {
            url,
            state,
            clock,
            client: Client::builder().build().unwrap(),
            handle,
            folder,
            database,
        }
    }

    /// The folder of this server's data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Changes the database behind the API's back.
    pub async fn seed<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError> + Send + 'static,
    ) -> T {
        self.state.db.write(work).await.unwrap()
    }

    /// Runs two commands at once: the second begins before the first is committed, and the first is committed when the
    /// second either waits for it or has ended. On SQLite they can only follow each other.
    pub async fn overlapping<A: Send + 'static, B: Send + 'static>(
        &self,
        first: impl FnOnce(&mut DbConnection) -> Result<A, ApiError> + Send + 'static,
        second: impl FnOnce(&mut DbConnection) -> Result<B, ApiError> + Send + 'static,
    ) -> (Result<A, ApiError>, Result<B, ApiError>) {
        let db = self.state.db.clone();
        if !db.is_postgres() {
            let first = db.write(first).await;
            return (first, db.write(second).await);
        }
        let (sender, begun) = tokio::sync::oneshot::channel();
        let ended = Arc::new(AtomicBool::new(false));
        let (other, seen) = (db.clone(), Arc::clone(&ended));
        let first = tokio::spawn(async move {
            let held = move |conn: &mut DbConnection| {
                let done = first(conn)?;
                // Nobody listens only when the story has failed already.
                let _ = sender.send(());
                while !seen.load(Ordering::Acquire) && !somebody_waits(conn)? {
                    std::thread::yield_now();
                }
                Ok(done)
            };
            other.write(held).await
        });
        // A first command that was refused at once has said nothing.
        let _ = begun.await;
        let second = db.write(second).await;
        ended.store(true, Ordering::Release);
        (first.await.unwrap(), second)
    }

    /// A call without any proof of identity.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call {
            request: self.client.request(method, format!("{}{path}", self.url)),
            label: path.to_owned(),
        }
    }

    /// `GET`, unsigned.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST`, unsigned.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// `PATCH`, unsigned.
    pub fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    /// `DELETE`, unsigned.
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A browser: keeps cookies.
    pub fn browser(&self) -> Browser {
        Browser {
            client: Client::builder().cookie_store(true).build().unwrap(),
            url: self.url.clone(),
        }
    }

    /// An agent without a password, signed in. `places` are desk keys with rights.
    pub async fn agent(&self, name: &str, places: &[(i64, &[Privilege])]) -> Agent {
        self.agent_with(name, false, places).await
    }

    /// An administrator, signed in.
    pub async fn admin(&self, name: &str) -> Agent {
        self.agent_with(name, true, &[]).await
    }

    async fn agent_with(
        &self,
        name: &str,
        is_admin: bool,
        places: &[(i64, &[Privilege])],
    ) -> Agent {
        let now = self.clock.now();
        let email = format!("{}@example.org", name.to_lowercase());
        let full_name = name.to_owned();
        let places: Vec<(i64, PrivilegeSet)> = places
            .iter()
            .map(|(desk, rights)| (*desk, rights.iter().copied().collect()))
            .collect();
        let id = self
            .seed(move |conn| {
                let row = (
                    users::email.eq(email),
                    users::full_name.eq(full_name),
                    users::language.eq("es"),
                    users::is_admin.eq(is_admin),
                    users::active.eq(true),
                    users::epoch.eq(0),
                    users::created_at.eq(Ts::new(now)),
                );
                let id: i64 = diesel::insert_into(users::table)
                    .values(row)
                    .returning(users::id)
                    .get_result(conn)?;
                for (desk_id, rights) in places {
                    let place = (
                        memberships::desk_id.eq(desk_id),
                        memberships::user_id.eq(id),
                        memberships::privileges.eq(JsonText(rights)),
                    );
                    diesel::insert_into(memberships::table)
                        .values(place)
                        .execute(conn)?;
                }
                Ok(id)
            })
            .await;
        Agent {
            id,
            token: self.sign_in(Audience::Console, id, None).await,
        }
    }

    /// An access token for an agent or person, by a session made behind the API's back.
    pub async fn sign_in(
        &self,
        audience: Audience,
        subject_id: i64,
        desk_id: Option<i64>,
    ) -> String {
        let now = self.clock.now();
        let subject = Subject {
            audience,
            subject_id,
            desk_id,
        };
        let grant = self
            .seed(move |conn| Ok(session::start(conn, subject, now)?))
            .await;
        let holder = Holder {
            audience,
            subject_id,
            session: grant.family,
            epoch: 0,
            desk_id,
        };
        self.state.tokens.sign(holder, now).unwrap()
    }

    /// Moves the clock.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        // The order to stop is given at once; nobody waits for it here.
        drop(self.handle.stop(false));
        // A story that failed early may not have made the folder.
        let _ = std::fs::remove_dir_all(&self.folder);
        if let (Some(name), Ok(url)) = (&self.database, std::env::var("ATIENDE_TEST_POSTGRES_URL"))
            && let Ok(mut admin) = PgConnection::establish(&url)
        {
            // What remains of a database after a broken connection is removed with the whole cluster.
            let _ = admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// A signed-in agent.
#[derive(Clone)]
pub struct Agent {
    /// Key of the account.
    pub id: i64,
    /// Access token, valid for ten minutes of the story.
    pub token: String,
}

/// A browser that keeps cookies.
pub struct Browser {
    /// The client with its cookies.
    pub client: Client,
    url: String,
}

impl Browser {
    /// A call of this browser.
    pub fn call(&self, method: Method, path: &str) -> Call {
        Call {
            request: self.client.request(method, format!("{}{path}", self.url)),
            label: path.to_owned(),
        }
    }

    /// `GET`.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST`.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }
}

/// A request being put together.
pub struct Call {
    request: reqwest::RequestBuilder,
    label: String,
}

impl Call {
    /// As somebody with an access token or API token.
    pub fn bearer(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }

    /// As an agent.
    pub fn by(self, agent: &Agent) -> Self {
        self.bearer(&agent.token)
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a fresh idempotency key.
    pub fn with_key(self) -> Self {
        let key = Uuid::new_v4().to_string();
        self.header("idempotency-key", &key)
    }

    /// With the version that was seen.
    pub fn if_match(self, version: impl std::fmt::Display) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    /// With a JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// With a body of any bytes.
    pub fn raw(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request = self
            .request
            .header("content-type", content_type)
            .body(body.into());
        self
    }

    /// With a multipart form.
    pub fn form(mut self, form: reqwest::multipart::Form) -> Self {
        self.request = self.request.multipart(form);
        self
    }

    /// Sends it and looks hard at the answer.
    pub async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await.unwrap().to_vec();
        let answer = Answer {
            status,
            headers,
            body,
            label: self.label,
        };
        answer.check_headers();
        answer.check_problem();
        answer
    }
}

/// An answer that was found sound.
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
    label: String,
}

/// Words that tell too much about our insides.
const FORBIDDEN: [&str; 25] = [
    "sql",
    "diesel",
    "panicked",
    "src/",
    ".rs:",
    "rust_backtrace",
    "unwrap()",
    "sqlite",
    "postgres",
    "libpq",
    "r2d2",
    "actix",
    "serde",
    "tokio",
    "stack backtrace",
    "thread '",
    "constraint",
    "connection refused",
    "deadlock",
    "/home/",
    "/root/",
    "/usr/src/",
    "password_hash",
    "secret_hash",
    "token_hash",
];

impl Answer {
    /// Insists on a status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.label, self.text());
        self
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON of a type.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.label, self.text()))
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Insists on a problem and gives it.
    #[track_caller]
    pub fn problem(&self, kind: ProblemType) -> Problem {
        assert_eq!(
            self.status,
            kind.status(),
            "{}: {}",
            self.label,
            self.text()
        );
        let problem: Problem = self.json();
        assert_eq!(problem.code, kind.slug(), "{}: {}", self.label, self.text());
        problem
    }

    fn check_headers(&self) {
        let value = |name: &str| {
            self.header(name)
                .unwrap_or_else(|| panic!("{}: no {name}", self.label))
                .to_owned()
        };
        assert_eq!(value("x-content-type-options"), "nosniff");
        assert_eq!(value("referrer-policy"), "no-referrer");
        assert_eq!(value("cross-origin-opener-policy"), "same-origin");
        assert!(!value("permissions-policy").is_empty());
        assert!(!value("x-request-id").is_empty());
        let policy = value("content-security-policy");
        assert!(
            policy.contains("default-src 'none'"),
            "{}: {policy}",
            self.label
        );
        assert!(
            policy.contains("frame-ancestors"),
            "{}: {policy}",
            self.label
        );
        assert!(
            !policy.contains("unsafe-eval'") || policy.contains("wasm-unsafe-eval"),
            "{}: {policy}",
            self.label
        );
        if self.label.starts_with("/api/v1") {
            assert!(
                self.headers.contains_key("cache-control"),
                "{}: no cache-control",
                self.label
            );
        }
        for cookie in self.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.contains("HttpOnly")
                    && cookie.contains("SameSite=Strict")
                    && cookie.contains("Path=/"),
                "{cookie}"
            );
        }
    }

    fn check_problem(&self) {
        if self.status < 400 {
            return;
        }
        let text = self.text().to_lowercase();
        for word in FORBIDDEN {
            assert!(!text.contains(word), "{}: {word:?} in {text}", self.label);
        }
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}: {text}",
            self.label
        );
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.problem_type, format!("/problems/{}", problem.code));
        assert!(ProblemType::from_slug(&problem.code).is_some());
        assert!(!problem.title.is_empty() && !problem.detail.is_empty());
        assert_eq!(
            Some(problem.request_id.as_str()),
            self.header("x-request-id")
        );
        assert_ne!(self.status, 500, "{}: {text}", self.label);
        if self.status == 422 && problem.code == "validation" {
            assert!(
                problem
                    .errors
                    .iter()
                    .all(|fault| !fault.code.is_empty() && !fault.detail.is_empty()),
                "{text}"
            );
        }
        if self.status == 429 {
            assert!(self.headers.contains_key("retry-after"), "{}", self.label);
        }
    }
}

/// Whether another connection waits for a lock of this one's.
fn somebody_waits(conn: &mut DbConnection) -> Result<bool, ApiError> {
    const WAITING: &str = "SELECT count(*) AS count FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    let waiting: Count = diesel::sql_query(WAITING).get_result(conn)?;
    Ok(waiting.count > 0)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// A new database with the schema of these migrations; gives its address and name.
fn clone_template(admin_url: &str) -> (String, String) {
    let mut admin = PgConnection::establish(admin_url).unwrap();
    let template = format!("atiende_template_{}", migrations_hash());
    // Tests may run in several processes: one makes the template, the others wait.
    admin.batch_execute("SELECT pg_advisory_lock(815)").unwrap();
    let known: Count =
        diesel::sql_query("SELECT count(*) AS count FROM pg_database WHERE datname = $1")
            .bind::<Text, _>(&template)
            .get_result(&mut admin)
            .unwrap();
    if known.count == 0 {
        let draft = format!("atiende_draft_{}", Uuid::new_v4().simple());
        admin
            .batch_execute(&format!("CREATE DATABASE {draft}"))
            .unwrap();
        let settings = Settings::for_tests(
            Path::new("unused"),
            Some(&with_database(admin_url, &draft)),
            "http://localhost",
        )
        .unwrap();
        Db::open(&settings.database)
            .and_then(|db| db.migrate())
            .unwrap_or_else(|error: DbError| panic!("{error}"));
        // The pool closes its connections in the background, and a database in use cannot be renamed.
        admin
            .batch_execute(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{draft}'; ALTER DATABASE {draft} RENAME TO {template}"))
            .unwrap();
    }
    let name = format!("atiende_test_{}", Uuid::new_v4().simple());
    admin
        .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
        .unwrap();
    admin
        .batch_execute("SELECT pg_advisory_unlock(815)")
        .unwrap();
    (with_database(admin_url, &name), name)
}

fn with_database(url: &str, name: &str) -> String {
    let mut url = reqwest::Url::parse(url).unwrap();
    url.set_path(name);
    url.to_string()
}

fn migrations_hash() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations/postgres");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    let mut text = Vec::new();
    for folder in folders {
        text.extend(folder.file_name().unwrap().as_encoded_bytes());
        text.extend(std::fs::read(folder.join("up.sql")).unwrap());
    }
    api::auth::token::hex(&api::auth::token::sha256(&text)[..8])
}
