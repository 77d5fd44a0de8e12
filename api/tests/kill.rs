//! The server is killed again and again while clients create tickets: nothing acknowledged is lost, nothing is there
//! twice, and every mail leaves (F-1).
//!
//! It is the real program with its sample data, a real mail server, and `SIGKILL`. Clients do what the API tells them to:
//! they send the same request with the same `Idempotency-Key` until it is answered.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on may panic, in its helpers too"
)]

use std::collections::{HashMap, HashSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Child;
use tokio::sync::watch;

use api::config::DatabaseSettings;
use api::db::schema::{events, group_members, idempotency, messages, outbox, tickets};
use api::db::{Db, DbConnection, DbError, Ts};
use chrono::DateTime;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use smtp_sink::{SinkTls, SmtpSink};
use uuid::Uuid;

#[path = "api/smtp_sink.rs"]
#[allow(dead_code, reason = "this test needs no faults of the mail server")]
mod smtp_sink;

/// Tickets that the clients want, each under a key of its own.
const TICKETS: usize = 1000;
const CLIENTS: usize = 16;
const KILLS: usize = 10;
/// At least as many mails as the server has in its hands at a time.
const MAILS_AT_ONCE: usize = 16;
/// How long anything may take before the test gives up; only ever spent by a test that fails.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ticket_is_lost_or_doubled_by_kill_on_sqlite() {
    let folder = Folder::new();
    let database = folder.0.join("atiende.db").to_str().unwrap().to_owned();
    story(&folder.0, database).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_ticket_is_lost_or_doubled_by_kill_on_postgres() {
    let Ok(url) = std::env::var("ATIENDE_TEST_POSTGRES_URL") else {
        return;
    };
    let folder = Folder::new();
    let (server, _) = url.rsplit_once('/').unwrap();
    let name = format!("kill_{}", Uuid::new_v4().simple());
    let mut admin = PgConnection::establish(&url).unwrap();
    admin
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .unwrap();
    story(&folder.0, format!("{server}/{name}")).await;
    admin
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .unwrap();
}

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("atiende-kill-{}", Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn story(folder: &Path, database: String) {
    // The other test of this file may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sink = SmtpSink::start(SinkTls::None).await;
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let program = Program {
        folder: folder.to_owned(),
        database,
        port,
    };
    program.configure(sink.port());
    program.prepare();
    let sampled = program.look(|conn| Ok(tickets::table.count().get_result::<i64>(conn)?));

    let started = Instant::now();
    let mut server = Server::start(&program).await;
    let clients = Clients::new(&program).await;
    let working = clients.start();
    for moment in moments() {
        clients.wait_for(moment).await;
        clients.serving.send_replace(false);
        server.kill().await;
        program.let_leases_run_out();
        server = Server::start(&program).await;
        clients.serving.send_replace(true);
    }
    for task in working {
        tokio::time::timeout(PATIENCE, task)
            .await
            .expect("a client never got its answer")
            .unwrap();
    }
    println!("{TICKETS} tickets after {:?}", started.elapsed());
    let codes = clients.codes();
    clients.repeat_all(&codes).await;
    wait_until_no_mail_waits(&program, &sink).await;
    println!("no mail waits after {:?}", started.elapsed());
    drop(server);

    check_tickets(&program, &codes, sampled);
    check_mails(&program, &codes, &sink);
    program.run(&["audit", "verify"]);
    if program.is_sqlite() {
        program.look(|conn| {
            let found: Vec<Line> = api::each!(conn, inner => diesel::sql_query("SELECT integrity_check AS line FROM pragma_integrity_check").load(inner))?;
            assert_eq!(found.iter().map(|row| row.line.as_str()).collect::<Vec<_>>(), ["ok"]);
            Ok(())
        });
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// After how many answers the server is killed: random, in order, and early enough for every kill to hit requests.
fn moments() -> Vec<usize> {
    let mut moments: Vec<usize> = (0..KILLS).map(|_| random(TICKETS * 9 / 10)).collect();
    moments.sort_unstable();
    println!("kills after {moments:?} answers");
    moments
}

fn random(below: usize) -> usize {
    (Uuid::new_v4().as_u128() % below as u128) as usize
}

/// How the program is run.
struct Program {
    folder: PathBuf,
    database: String,
    port: u16,
}

impl Program {
    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn is_sqlite(&self) -> bool {
        !self.database.starts_with("postgres")
    }

    /// Budgets of requests are another test's matter.
    fn configure(&self, smtp_port: u16) {
        let settings = format!(
            "log = \"error,api::cli::serve=info\"\n[limits]\nread = {{ count = 1000000, seconds = 1 }}\nwrite = {{ count = 1000000, seconds = 1 }}\n\
             create_per_agent = {{ count = 1000000, seconds = 1 }}\n[smtp]\nurl = \"smtp://127.0.0.1:{smtp_port}\"\ntls = \"none\"\n\
             from = \"Mesa de Servicio <mesa@example.org>\"\n"
        );
        std::fs::write(self.folder.join("atiende.toml"), settings).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_atiende"));
        // What is set for tests is no setting of the server.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ATIENDE_")) {
            command.env_remove(name);
        }
        command
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .args(arguments)
            .arg("--config")
            .arg(self.folder.join("atiende.toml"))
            .arg("--data-dir")
            .arg(&self.folder)
            .args(["--database-url", &self.database])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) {
        let status = self.command(arguments).status().unwrap();
        assert!(status.success(), "{arguments:?} failed");
    }

    /// Sample data. Nobody is in a group, so that each ticket is one mail, the confirmation: the team's take only time.
    fn prepare(&self) {
        self.run(&["demo", "--no-serve", "--desks", "api/desks"]);
        self.look(|conn| {
            diesel::delete(group_members::table).execute(conn)?;
            Ok(())
        });
    }

    /// Looks into the database, or changes it, past the server.
    fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DbConnection) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        Db::open(&DatabaseSettings::new(&self.database))
            .unwrap()
            .write_blocking(work)
            .unwrap()
    }

    /// A worker that was killed leaves mails that it held; others take them after minutes, which pass here at once.
    fn let_leases_run_out(&self) {
        self.look(|conn| {
            let held = outbox::table
                .filter(outbox::status.eq("pending"))
                .filter(outbox::lease_until.is_not_null());
            diesel::update(held)
                .set(outbox::lease_until.eq(Some(Ts::new(DateTime::UNIX_EPOCH))))
                .execute(conn)?;
            Ok(())
        });
    }
}

/// The program while it serves.
struct Server(Child);

impl Server {
    async fn start(program: &Program) -> Self {
        let address = format!("127.0.0.1:{}", program.port);
        let command = program.command(&[
            "serve",
            "--listen",
            &address,
            "--public-url",
            &program.url(),
        ]);
        let mut child = tokio::process::Command::from(command)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let says_serving = async {
            while let Some(line) = log.next_line().await.unwrap() {
                if line.contains("serving") {
                    return;
                }
                eprintln!("{line}");
            }
            panic!("the server ended at its start");
        };
        tokio::time::timeout(PATIENCE, says_serving)
            .await
            .expect("the server does not start");
        // Whatever else it says, until it ends.
        tokio::spawn(async move {
            while let Ok(Some(line)) = log.next_line().await {
                eprintln!("{line}");
            }
        });
        // The port is open from before that line on: the request waits there until it is served.
        let ready = Client::builder()
            .timeout(PATIENCE)
            .build()
            .unwrap()
            .get(format!("{}/health/ready", program.url()))
            .send()
            .await
            .unwrap();
        assert!(ready.status().is_success(), "{}", ready.status());
        Self(child)
    }

    /// `SIGKILL`: no last word, no last write.
    async fn kill(&mut self) {
        self.0.kill().await.unwrap();
    }
}

/// Clients that want their tickets.
#[derive(Clone)]
struct Clients {
    url: String,
    token: String,
    body: Value,
    client: Client,
    run: String,
    next: Arc<AtomicUsize>,
    /// What was acknowledged: the code that each key got.
    answers: Arc<Mutex<HashMap<String, String>>>,
    /// How many answers there are.
    answered: watch::Sender<usize>,
    /// Whether the server runs, as far as the test lets it.
    serving: watch::Sender<bool>,
}

impl Clients {
    async fn new(program: &Program) -> Self {
        let client = Client::builder().build().unwrap();
        let url = program.url();
        let signed_in = client.post(format!("{url}/api/v1/session"));
        let signed_in = signed_in
            .json(&json!({ "email": "julian.soto@example.org", "password": "mesa-abierta-2026" }))
            .send()
            .await
            .unwrap();
        let session: Value = signed_in.json().await.unwrap();
        let body = program.look(|conn| {
            use api::db::schema::{desks, people};
            let sample: (String, String, String, String, String) = tickets::table
                .inner_join(desks::table.on(desks::id.eq(tickets::desk_id)))
                .inner_join(people::table.on(people::id.eq(tickets::requester_id)))
                .filter(desks::slug.eq("infortec"))
                .order(tickets::id)
                .select((desks::slug, people::email, tickets::request_type, tickets::category, tickets::priority))
                .first(conn)?;
            let (desk, email, request_type, category, priority) = sample;
            Ok(json!({
                "desk": desk, "requester_email": email, "channel": "phone", "request_type": request_type, "category": category,
                "priority": priority, "subject": "La consola no actualiza", "message": "Desde ayer tres equipos no reciben firmas."
            }))
        });
        Self {
            url,
            token: session["access_token"].as_str().unwrap().to_owned(),
            body,
            client,
            run: Uuid::new_v4().simple().to_string(),
            next: Arc::default(),
            answers: Arc::default(),
            answered: watch::Sender::new(0),
            serving: watch::Sender::new(true),
        }
    }

    fn start(&self) -> Vec<tokio::task::JoinHandle<()>> {
        let work = |clients: Self| async move {
            loop {
                let number = clients.next.fetch_add(1, Ordering::SeqCst);
                if number >= TICKETS {
                    return;
                }
                let key = format!("{}-{number}", clients.run);
                let code = clients.create(&key).await;
                let before = clients.answers.lock().unwrap().insert(key, code);
                assert_eq!(before, None);
                clients.answered.send_modify(|count| *count += 1);
            }
        };
        (0..CLIENTS)
            .map(|_| tokio::spawn(work(self.clone())))
            .collect()
    }

    /// Asks until it is answered: again at once while the server runs, otherwise when it runs again.
    async fn create(&self, key: &str) -> String {
        let asked = Instant::now();
        let mut serving = self.serving.subscribe();
        while asked.elapsed() < PATIENCE {
            let request = self
                .client
                .post(format!("{}/api/v1/tickets", self.url))
                .bearer_auth(&self.token)
                .header("idempotency-key", key);
            if let Ok(answer) = request.json(&self.body).send().await {
                let status = answer.status();
                match status {
                    StatusCode::CREATED => {
                        // The answer may break off in the middle like everything else.
                        if let Ok(created) = answer.json::<Value>().await {
                            return created["code"].as_str().unwrap().to_owned();
                        }
                    }
                    StatusCode::CONFLICT | StatusCode::SERVICE_UNAVAILABLE => {}
                    _ => panic!("{status}: {}", answer.text().await.unwrap_or_default()),
                }
            }
            let again = serving.wait_for(|serving| *serving);
            tokio::time::timeout(PATIENCE, again)
                .await
                .expect("the server is never there again")
                .unwrap();
        }
        panic!("a request was never answered")
    }

    async fn wait_for(&self, answers: usize) {
        let mut answered = self.answered.subscribe();
        tokio::time::timeout(PATIENCE, answered.wait_for(|count| *count >= answers))
            .await
            .expect("no tickets are created any more")
            .unwrap();
    }

    fn codes(&self) -> HashMap<String, String> {
        self.answers.lock().unwrap().clone()
    }

    /// The same keys get the same tickets, whatever happened meanwhile.
    async fn repeat_all(&self, codes: &HashMap<String, String>) {
        for (key, code) in codes.iter().take(100) {
            assert_eq!(self.create(key).await, *code);
        }
    }
}

/// Mail by mail as they arrive, until none waits; what arrived last is noted a moment later.
async fn wait_until_no_mail_waits(program: &Program, sink: &SmtpSink) {
    let started = Instant::now();
    let db = Db::open(&DatabaseSettings::new(&program.database)).unwrap();
    loop {
        let arrived = sink.mails().len();
        let waiting = |conn: &mut DbConnection| -> Result<i64, DbError> {
            Ok(outbox::table
                .filter(outbox::status.eq("pending"))
                .count()
                .get_result(conn)?)
        };
        let waiting = db.read(waiting).await.unwrap();
        if waiting == 0 {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{waiting} mails never left");
        // Those in the server's hands may have arrived and not be noted yet; the others are still to come.
        let to_come = usize::try_from(waiting)
            .unwrap()
            .saturating_sub(MAILS_AT_ONCE);
        if to_come > 0 {
            sink.wait_for(arrived + to_come.min(MAILS_AT_ONCE)).await;
        }
    }
}

/// As many tickets as keys, exactly those that were acknowledged, each whole.
fn check_tickets(program: &Program, codes: &HashMap<String, String>, sampled: i64) {
    let acknowledged: HashSet<String> = codes.values().cloned().collect();
    assert_eq!(acknowledged.len(), TICKETS, "two keys got the same ticket");
    program.look(move |conn| {
        let all: Vec<(i64, String)> = tickets::table
            .order(tickets::id)
            .select((tickets::id, tickets::code))
            .load(conn)?;
        let created = &all[usize::try_from(sampled).unwrap()..];
        let stored: HashSet<String> = created.iter().map(|(_, code)| code.clone()).collect();
        assert_eq!(created.len(), TICKETS, "more or fewer tickets than keys");
        assert_eq!(stored, acknowledged);
        let per_ticket = |rows: Vec<i64>| {
            let mut counts: HashMap<i64, usize> = HashMap::new();
            rows.into_iter()
                .for_each(|id| *counts.entry(id).or_default() += 1);
            counts
        };
        let opened = per_ticket(
            events::table
                .filter(events::seq.eq(1))
                .filter(events::kind.eq("opened"))
                .select(events::ticket_id)
                .load(conn)?,
        );
        let described = per_ticket(messages::table.select(messages::ticket_id).load(conn)?);
        let confirmed: Vec<Option<i64>> = outbox::table
            .filter(outbox::template.eq("ticket_created"))
            .select(outbox::ticket_id)
            .load(conn)?;
        let confirmed = per_ticket(confirmed.into_iter().flatten().collect());
        for (id, code) in created {
            assert_eq!(opened.get(id), Some(&1), "opening events of {code}");
            assert_eq!(described.get(id), Some(&1), "messages of {code}");
            assert_eq!(confirmed.get(id), Some(&1), "confirmations of {code}");
        }
        let done: i64 = idempotency::table
            .filter(idempotency::status.eq(201))
            .count()
            .get_result(conn)?;
        assert_eq!(
            usize::try_from(done).unwrap(),
            TICKETS,
            "keys that are done"
        );
        Ok(())
    });
}

/// Every mail came at least once, none of a ticket that is not there, and one that came again says who it is.
fn check_mails(program: &Program, codes: &HashMap<String, String>, sink: &SmtpSink) {
    let mut came: HashMap<String, Vec<String>> = HashMap::new();
    for mail in sink.mails() {
        let id = mail.header("Message-ID");
        let id = id
            .trim_matches(['<', '>'])
            .split('@')
            .next()
            .unwrap()
            .to_owned();
        came.entry(id).or_default().push(mail.to.join(","));
    }
    let total: usize = came.values().map(Vec::len).sum();
    println!("{total} mails, {} of them again", total - came.len());
    let created: HashSet<String> = codes.values().cloned().collect();
    program.look(move |conn| {
        let rows: Vec<(String, String, String, String)> = outbox::table
            .inner_join(tickets::table.on(outbox::ticket_id.eq(tickets::id.nullable())))
            .select((
                tickets::code,
                outbox::recipient,
                outbox::message_id,
                outbox::status,
            ))
            .load(conn)?;
        let mut known = HashSet::new();
        for (code, recipient, message_id, status) in rows {
            let arrived = came.get(&message_id);
            if created.contains(&code) {
                assert_eq!(status, "sent", "a mail about {code}");
                assert!(
                    arrived.is_some(),
                    "a mail about {code} to {recipient} never came"
                );
            }
            for to in arrived.into_iter().flatten() {
                assert_eq!(
                    *to, recipient,
                    "the mail {message_id} went to somebody else"
                );
            }
            assert!(known.insert(message_id), "two mails under one name");
        }
        for id in came.keys() {
            assert!(
                known.contains(id),
                "the mail {id} is about nothing that happened"
            );
        }
        Ok(())
    });
}
