//! The load driver: the release server under load, beside `pgbench` with the SQL statements of one request on the same cluster, and
//! beside bare connections to SQLite with the same durability.
//!
//! `cargo bench -p api --bench load` prepares both databases with 100 000 tickets, takes turns between the server and its
//! measure, and writes the medians to `target/bench/load.md`. It uses the loopback and the socket of its cluster only, needs some
//! 3 GB of disk in the temporary folder for the time of the run, and takes some ten minutes; longer where turns are disturbed
//! and measured again. The statements of `pgbench` are in `create.sql`, `queue.sql` and `rows.sql`. Mails are written into the
//! outbox and counted with the creation; sending them is the work of another process here.
//!
//! After `--`: `--tickets N`, `--seconds N` (of each turn), `--rounds N`, `--only sqlite|postgres`, and
//! `--server PATH` for another build than that of this run.

mod bare;
mod base;
mod client;
mod machine;
mod postgres;
mod report;
mod server;

use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use client::{Connection, Load, drive, request};
use report::Row;
use server::{Keeps, Place, Server, Workers};

/// Whatever stops a measurement stops the run; the words are for the person at the terminal.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Clients at once.
const CLIENTS: usize = 32;
/// Between two tickets that are created beside a load of reading.
const BEAT: Duration = Duration::from_millis(100);
/// Cores of the class of machine that the goals are for; also the number of bare readers.
const CORES: usize = 2;

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// How much is measured.
struct Plan {
    server: PathBuf,
    tickets: u32,
    turn: Duration,
    rounds: usize,
    sqlite: bool,
    postgres: bool,
}

impl Plan {
    fn from_arguments() -> Outcome<Self> {
        let mut plan = Self {
            server: PathBuf::from(env!("CARGO_BIN_EXE_atiende")),
            tickets: 100_000,
            turn: Duration::from_secs(5),
            rounds: 5,
            sqlite: true,
            postgres: true,
        };
        let mut arguments = std::env::args().skip(1);
        while let Some(name) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or_else(|| format!("{name} needs a value"))
            };
            match name.as_str() {
                // Cargo says this.
                "--bench" => {}
                "--tickets" => plan.tickets = value()?.parse()?,
                "--seconds" => plan.turn = Duration::from_secs(value()?.parse()?),
                "--server" => plan.server = PathBuf::from(value()?),
                "--rounds" => plan.rounds = value()?.parse()?,
                "--only" => match value()?.as_str() {
                    "sqlite" => plan.postgres = false,
                    "postgres" => plan.sqlite = false,
                    other => return Err(format!("unknown database {other}").into()),
                },
                other => return Err(format!("unknown argument {other}").into()),
            }
        }
        Ok(plan)
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(missed) => {
            println!("{missed} goals missed");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<usize> {
    let plan = Plan::from_arguments()?;
    let folder = Folder::new()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut rows = vec![Row::plain(
        "Other processes that wanted a core when the run began (load average)",
        format!("{:.1}", machine::load_average()?),
    )];
    let quiet = Quiet::default();
    if plan.sqlite {
        rows.extend(runtime.block_on(on_sqlite(&plan, &folder.0.join("sqlite"), &quiet))?);
    }
    if plan.postgres {
        rows.extend(runtime.block_on(on_postgres(&plan, &folder.0.join("postgres"), &quiet))?);
    }
    rows.insert(1, quiet.row());
    let table = report::table(&rows);
    let result = root().join("target/bench");
    fs::create_dir_all(&result)?;
    fs::write(result.join("load.md"), &table)?;
    println!("{table}");
    Ok(rows.iter().filter(|row| row.is_missed()).count())
}

/// A folder that is gone after the run.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Outcome<Self> {
        let path = std::env::temp_dir().join(format!("atiende-load-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The system clears its temporary folder anyway.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn say(text: &str) {
    eprintln!("load: {text}");
}

/// Percent of the processors. Where the host of a virtual machine gave more of them to others during a turn, the turn says
/// more about the host than about the program.
const TAKEN: f64 = 5.0;
/// How often such a turn is measured again before the one that was disturbed least counts.
const AGAIN: usize = 4;

/// Measures turns that the host of a virtual machine does not disturb.
#[derive(Default)]
struct Quiet {
    /// Percent of the processors taken in each turn that counts.
    taken: RefCell<Vec<f64>>,
    repetitions: Cell<usize>,
}

impl Quiet {
    /// What a turn measured that was not disturbed, or of several that were the one that was disturbed least.
    async fn turn<T>(&self, measure: impl AsyncFn() -> Outcome<T>) -> Outcome<T> {
        let mut since = machine::Since::now()?;
        let mut best = measure().await?;
        let mut least = since.taken()?;
        for _ in 0..AGAIN {
            if least <= TAKEN {
                break;
            }
            self.repetitions.set(self.repetitions.get() + 1);
            since = machine::Since::now()?;
            let measured = measure().await?;
            let taken = since.taken()?;
            if taken < least {
                (best, least) = (measured, taken);
            }
        }
        self.taken.borrow_mut().push(least);
        Ok(best)
    }

    /// A turn of the server with all clients; their requests are made anew for each.
    async fn server<M: Fn(u64) -> Vec<u8> + Send + Sync + Clone + 'static>(
        &self,
        server: &Server,
        postmaster: Option<u32>,
        time: Duration,
        make: impl Fn() -> M,
    ) -> Outcome<Turn> {
        let measure = async || turn(server, postmaster, time, make()).await;
        self.turn(measure).await
    }

    fn row(&self) -> Row {
        let taken = self.taken.borrow();
        let most = taken.iter().copied().fold(0.0, f64::max);
        let disturbed = taken.iter().filter(|taken| **taken > TAKEN).count();
        Row::plain(
            "Processors that the host gave to others during the turns that count",
            format!(
                "{:.1} %, at most {most:.1} %; {} repetitions for more than {TAKEN:.0} %, {disturbed} of {} turns stayed above",
                median(taken.clone()),
                self.repetitions.get(),
                taken.len()
            ),
        )
    }
}

/// One turn of the server: what the clients saw, and what it cost per request.
#[derive(Clone, Copy)]
struct Turn {
    load: Load,
    server_us: f64,
    database_us: f64,
}

impl Turn {
    /// Processor time of a request, server and database together, in milliseconds.
    fn cpu(&self) -> f64 {
        (self.server_us + self.database_us) / 1000.0
    }
}

/// What is measured against what, over all rounds.
#[derive(Default)]
struct Scenario {
    turns: Vec<Turn>,
    /// What the database gives by itself, per second.
    bare: Vec<f64>,
}

impl Scenario {
    fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(figure).collect())
    }

    fn rate(&self) -> f64 {
        self.median(|turn| turn.load.rate())
    }

    /// Percent of the bare rate that the server reaches: the median of the rounds.
    fn share(&self) -> f64 {
        let shares = self.turns.iter().zip(&self.bare);
        median(
            shares
                .map(|(turn, bare)| 100.0 * turn.load.rate() / bare)
                .collect(),
        )
    }

    fn rates(&self) -> String {
        format!(
            "{:.0}/s against {:.0}/s",
            self.rate(),
            median(self.bare.clone())
        )
    }

    fn shares(&self) -> String {
        format!("{:.0} % ({})", self.share(), self.rates())
    }

    fn latency(&self) -> String {
        let p50 = self.median(|turn| turn.load.p50.as_secs_f64() * 1000.0);
        let p99 = self.median(|turn| turn.load.p99.as_secs_f64() * 1000.0);
        format!("{:.0}/s, p50 {p50:.1} ms, p99 {p99:.1} ms", self.rate())
    }

    fn cpu(&self) -> f64 {
        self.median(Turn::cpu)
    }

    fn cpu_parts(&self) -> String {
        let (server, database) = (
            self.median(|turn| turn.server_us),
            self.median(|turn| turn.database_us),
        );
        let parts = if database > 0.0 {
            format!("server {server:.0} µs, database {database:.0} µs")
        } else {
            "server with its database".to_owned()
        };
        // Whoever shares the machine only adds to this time, so the least of it says something of the program as well.
        let least = self.turns.iter().map(Turn::cpu).fold(f64::NAN, f64::min);
        let most = self.turns.iter().map(Turn::cpu).fold(f64::NAN, f64::max);
        format!("{parts}; rounds {least:.2} to {most:.2} ms")
    }
}

/// Everything that is measured on one database.
#[derive(Default)]
struct Scenes {
    create: Scenario,
    /// A page of the queue by a server that keeps no rows.
    unknown: Scenario,
    /// A page of the queue that is looked for each time, by a server that knows its rows.
    queue: Scenario,
    /// A page of the queue by a server that keeps pages.
    kept: Scenario,
    /// The same while tickets are created and rows of the page change.
    busy: Scenario,
    read: Scenario,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One turn of the server with all clients.
async fn turn(
    server: &Server,
    postmaster: Option<u32>,
    time: Duration,
    make: impl Fn(u64) -> Vec<u8> + Send + Sync + Clone + 'static,
) -> Outcome<Turn> {
    let database = || postmaster.map_or(Ok(Duration::ZERO), machine::cpu_of_family);
    let (server_before, database_before) = (machine::cpu(server.pid())?, database()?);
    let load = drive(server.address, CLIENTS, time, make).await?;
    let (server_after, database_after) = (machine::cpu(server.pid())?, database()?);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / load.requests.max(1) as f64;
    Ok(Turn {
        load,
        server_us: each(server_after.saturating_sub(server_before)),
        database_us: each(database_after.saturating_sub(database_before)),
    })
}

/// Creates a ticket ten times a second for a while, as a busy desk does beside what is measured.
async fn create_now_and_then(
    address: std::net::SocketAddr,
    make: impl Fn(u64) -> Vec<u8> + Send + 'static,
    time: Duration,
) -> Outcome<()> {
    let mut connection = Connection::open(address).await?;
    let mut beat = tokio::time::interval(BEAT);
    let started = std::time::Instant::now();
    for number in 0.. {
        beat.tick().await;
        if started.elapsed() >= time {
            break;
        }
        let status = connection.ask(&make(number)).await?.status;
        if status != 201 {
            return Err(format!("a creation beside the load was answered {status}").into());
        }
    }
    Ok(())
}

/// Changes a row of the page ten times a second for a while, each time another one.
fn change_now_and_then(database: &str, sample: &base::Sample, time: Duration) -> Outcome<()> {
    let mut conn = base::connect(database)?;
    let page = base::page(&mut conn, sample)?;
    let started = std::time::Instant::now();
    for id in page.iter().cycle() {
        if started.elapsed() >= time {
            break;
        }
        base::change(&mut conn, *id)?;
        std::thread::sleep(BEAT);
    }
    Ok(())
}

/// A turn of pages of the queue on a server that keeps what it can, while tickets are created and rows of the page change.
async fn busy_turn(
    server: &Server,
    postmaster: Option<u32>,
    time: Duration,
    requests: &Requests,
    database: &str,
) -> Outcome<Turn> {
    let creating = tokio::spawn(create_now_and_then(server.address, requests.create(), time));
    let (database, sample) = (database.to_owned(), requests.sample.clone());
    let changing =
        tokio::task::spawn_blocking(move || change_now_and_then(&database, &sample, time));
    let turn = turn(server, postmaster, time, requests.queue()).await?;
    creating.await??;
    changing.await??;
    Ok(turn)
}

/// Makes the requests of the scenarios.
#[derive(Clone)]
struct Requests {
    address: std::net::SocketAddr,
    token: String,
    sample: base::Sample,
    tickets: u32,
}

impl Requests {
    fn create(&self) -> impl Fn(u64) -> Vec<u8> + Send + Sync + Clone + 'static {
        let (all, body, run) = (
            self.clone(),
            self.sample.new_ticket(),
            uuid::Uuid::new_v4().simple().to_string(),
        );
        move |number| {
            let key = format!("{run}-{number}");
            request(
                "POST",
                "/api/v1/tickets",
                all.address,
                Some(&all.token),
                Some(&key),
                Some(&body),
            )
        }
    }

    fn queue(&self) -> impl Fn(u64) -> Vec<u8> + Send + Sync + Clone + 'static {
        let page = request(
            "GET",
            &self.sample.queue_path(),
            self.address,
            Some(&self.token),
            None,
            None,
        );
        move |_| page.clone()
    }

    fn read(&self) -> impl Fn(u64) -> Vec<u8> + Send + Sync + Clone + 'static {
        let all = self.clone();
        move |number| {
            request(
                "GET",
                &base::ticket_path(number, all.tickets),
                all.address,
                Some(&all.token),
                None,
                None,
            )
        }
    }

    /// The same requests to another server of the same base.
    async fn to(&self, server: &Server) -> Outcome<Self> {
        let requests = Self {
            address: server.address,
            token: server.sign_in().await?,
            ..self.clone()
        };
        requests.check().await?;
        Ok(requests)
    }

    /// Creates one ticket and gives its code.
    async fn create_one(&self) -> Outcome<String> {
        let answer = Connection::open(self.address)
            .await?
            .ask(&self.create()(0))
            .await?;
        let created: serde_json::Value = serde_json::from_slice(&answer.body)?;
        let code = created["code"]
            .as_str()
            .ok_or_else(|| format!("no ticket was created: {created}"))?;
        Ok(code.to_owned())
    }

    /// A page must be full and a ticket must be there, or the figures would be of something else.
    async fn check(&self) -> Outcome<()> {
        let mut connection = Connection::open(self.address).await?;
        let page: serde_json::Value =
            serde_json::from_slice(&connection.ask(&self.queue()(0)).await?.body)?;
        if page["items"].as_array().map(Vec::len) != Some(50) {
            return Err(format!("the page of the queue is not full: {page:.300}").into());
        }
        let ticket: serde_json::Value =
            serde_json::from_slice(&connection.ask(&self.read()(0)).await?.body)?;
        if ticket["timeline"]
            .as_array()
            .is_none_or(|timeline| timeline.len() < 3)
        {
            return Err("the ticket has no history".into());
        }
        Ok(())
    }
}

/// The servers that keep something of what they answered.
struct Keeping {
    rows: Server,
    row_requests: Requests,
    pages: Server,
    page_requests: Requests,
}

impl Keeping {
    /// Starts them beside one that keeps nothing.
    async fn start(place: &Place, requests: &Requests) -> Outcome<Self> {
        let rows = Server::start(place, Workers::Elsewhere, Keeps::Rows).await?;
        let pages = Server::start(place, Workers::Elsewhere, Keeps::Pages).await?;
        Ok(Self {
            row_requests: requests.to(&rows).await?,
            page_requests: requests.to(&pages).await?,
            rows,
            pages,
        })
    }
}

/// Before anything is measured: caches filled, connections made, statements prepared.
async fn warm_up(server: &Server, requests: &Requests) -> Outcome<()> {
    let time = Duration::from_millis(1500);
    drive(server.address, CLIENTS, time, requests.create()).await?;
    drive(server.address, CLIENTS, time, requests.queue()).await?;
    drive(server.address, CLIENTS, time, requests.read()).await?;
    Ok(())
}

async fn on_postgres(plan: &Plan, folder: &Path, quiet: &Quiet) -> Outcome<Vec<Row>> {
    say("PostgreSQL: cluster, sample data and copies");
    let mut cluster = postgres::Cluster::start()?;
    let place = Place::new(&plan.server, folder, &cluster.url())?;
    place.prepare()?;
    let mut conn = base::connect(&cluster.url())?;
    let sample = base::Sample::read(&mut conn)?;
    base::grow(&mut conn, plan.tickets)?;
    let server = Server::start(&place, Workers::Elsewhere, Keeps::Nothing).await?;
    let requests = Requests {
        address: server.address,
        token: server.sign_in().await?,
        sample,
        tickets: plan.tickets,
    };
    requests.check().await?;
    let servers = Keeping::start(&place, &requests).await?;
    let again = &servers.page_requests;
    let code = requests.create_one().await?;
    let api::db::DbConnection::Pg(pg) = &mut conn else {
        return Err("not PostgreSQL".into());
    };
    let variables = postgres::variables(pg, &code)?;
    drop(conn);
    warm_up(&server, &requests).await?;

    let mut scenes = Scenes::default();
    let postmaster = Some(cluster.postmaster());
    for round in 1..=plan.rounds {
        say(&format!("PostgreSQL: round {round} of {}", plan.rounds));
        let bare = async |script| {
            let measure = async || cluster.pgbench(script, CLIENTS, plan.turn, &variables);
            quiet.turn(measure).await
        };
        scenes.create.bare.push(bare("create.sql").await?);
        let creates = quiet.server(&server, postmaster, plan.turn, || requests.create());
        scenes.create.turns.push(creates.await?);
        scenes.unknown.bare.push(bare("rows.sql").await?);
        let pages = quiet.server(&server, postmaster, plan.turn, || requests.queue());
        scenes.unknown.turns.push(pages.await?);
        scenes.queue.bare.push(bare("queue.sql").await?);
        let pages = quiet.server(&servers.rows, postmaster, plan.turn, || {
            servers.row_requests.queue()
        });
        scenes.queue.turns.push(pages.await?);
        let pages = quiet.server(&servers.pages, postmaster, plan.turn, || again.queue());
        scenes.kept.turns.push(pages.await?);
        let busy = async || {
            let (server, database) = (&servers.pages, &place.database);
            busy_turn(server, postmaster, plan.turn, again, database).await
        };
        scenes.busy.turns.push(quiet.turn(busy).await?);
        let reads = quiet.server(&server, postmaster, plan.turn, || requests.read());
        scenes.read.turns.push(reads.await?);
    }
    let mut rows = vec![
        Row::plain("Cluster", cluster.describe()?),
        Row::at_least(
            "PostgreSQL: create, of pgbench with the same statements",
            scenes.create.share(),
            50.0,
            "%",
            &scenes.create.rates(),
        ),
        Row::plain(
            "PostgreSQL: page of the queue, looked for, its rows known, of pgbench with the same statement",
            scenes.queue.shares(),
        ),
        Row::at_least(
            "PostgreSQL: page of the queue, read by a server that keeps no rows, of pgbench with the same statement",
            scenes.unknown.share(),
            40.0,
            "%",
            &scenes.unknown.rates(),
        ),
    ];
    rows.extend(common_rows("PostgreSQL", &scenes));
    rows.push(Row::plain(
        "PostgreSQL: server's memory after the load (most ever)",
        memory(&server)?,
    ));
    rows.push(Row::plain(
        "PostgreSQL: memory of the server that keeps pages and rows (most ever)",
        memory(&servers.pages)?,
    ));
    Ok(rows)
}

async fn on_sqlite(plan: &Plan, folder: &Path, quiet: &Quiet) -> Outcome<Vec<Row>> {
    say("SQLite: sample data and copies");
    let file = folder.join("atiende.db");
    let path = file
        .to_str()
        .ok_or("the temporary folder has no readable name")?;
    let place = Place::new(&plan.server, folder, path)?;
    place.prepare()?;
    let mut conn = base::connect(path)?;
    let sample = base::Sample::read(&mut conn)?;
    base::grow(&mut conn, plan.tickets)?;
    drop(conn);

    say("SQLite: starts");
    let mut starts = Vec::new();
    for _ in 0..5 {
        let server = Server::start(&place, Workers::Inside, Keeps::Pages).await?;
        starts.push(server.first_answer.as_secs_f64() * 1000.0);
    }
    let idle = {
        let server = Server::start(&place, Workers::Inside, Keeps::Pages).await?;
        tokio::time::sleep(Duration::from_secs(3)).await;
        machine::resident(server.pid())?
    };

    let server = Server::start(&place, Workers::Elsewhere, Keeps::Nothing).await?;
    let requests = Requests {
        address: server.address,
        token: server.sign_in().await?,
        sample: sample.clone(),
        tickets: plan.tickets,
    };
    requests.check().await?;
    let servers = Keeping::start(&place, &requests).await?;
    let again = &servers.page_requests;
    let code = requests.create_one().await?;
    warm_up(&server, &requests).await?;

    let mut scenes = Scenes::default();
    let mut grouped = Vec::new();
    for round in 1..=plan.rounds {
        say(&format!("SQLite: round {round} of {}", plan.rounds));
        let writer = async |group| {
            let measure = async || bare::writer(path, &sample, &code, group, plan.turn);
            quiet.turn(measure).await
        };
        scenes.create.bare.push(writer(1).await?);
        grouped.push(writer(CLIENTS as u32).await?);
        let creates = quiet.server(&server, None, plan.turn, || requests.create());
        scenes.create.turns.push(creates.await?);
        let readers = async |whole| {
            let measure = async || bare::readers(path, &sample, CORES, plan.turn, whole);
            quiet.turn(measure).await
        };
        scenes.unknown.bare.push(readers(true).await?);
        let pages = quiet.server(&server, None, plan.turn, || requests.queue());
        scenes.unknown.turns.push(pages.await?);
        scenes.queue.bare.push(readers(false).await?);
        let pages = quiet.server(&servers.rows, None, plan.turn, || {
            servers.row_requests.queue()
        });
        scenes.queue.turns.push(pages.await?);
        let pages = quiet.server(&servers.pages, None, plan.turn, || again.queue());
        scenes.kept.turns.push(pages.await?);
        let busy =
            async || busy_turn(&servers.pages, None, plan.turn, again, &place.database).await;
        scenes.busy.turns.push(quiet.turn(busy).await?);
        let reads = quiet.server(&server, None, plan.turn, || requests.read());
        scenes.read.turns.push(reads.await?);
    }
    let mut rows = vec![
        Row::at_most(
            "SQLite: from start to the first answer",
            median(starts),
            300.0,
            "ms",
            "",
        ),
        Row::at_most(
            "SQLite: idle resident memory",
            idle,
            40.0,
            "MB",
            "workers running",
        ),
        Row::at_least(
            "SQLite: create, of a bare writer with one transaction for each ticket",
            scenes.create.share(),
            50.0,
            "%",
            &scenes.create.rates(),
        ),
        Row::plain(
            format!("SQLite: create, of a bare writer with {CLIENTS} tickets to a transaction"),
            format!(
                "{:.0} % ({:.0}/s against {:.0}/s)",
                100.0 * scenes.create.rate() / median(grouped.clone()),
                scenes.create.rate(),
                median(grouped)
            ),
        ),
        Row::plain(
            format!(
                "SQLite: page of the queue, looked for, its rows known, of {CORES} bare readers with the same statement"
            ),
            scenes.queue.shares(),
        ),
        Row::at_least(
            format!(
                "SQLite: page of the queue, read by a server that keeps no rows, of {CORES} bare readers"
            ),
            scenes.unknown.share(),
            40.0,
            "%",
            &scenes.unknown.rates(),
        ),
    ];
    rows.extend(common_rows("SQLite", &scenes));
    rows.push(Row::plain(
        "SQLite: server's memory after the load (most ever)",
        memory(&server)?,
    ));
    rows.push(Row::plain(
        "SQLite: memory of the server that keeps pages and rows (most ever)",
        memory(&servers.pages)?,
    ));
    Ok(rows)
}

fn common_rows(name: &str, scenes: &Scenes) -> Vec<Row> {
    let named = [
        ("create", "to create", 1.0, &scenes.create),
        (
            "page of the queue, looked for, its rows known",
            "of a page of the queue, looked for, its rows known",
            0.4,
            &scenes.queue,
        ),
        (
            "page of the queue, read by a server that keeps no rows",
            "of a page of the queue, read by a server that keeps no rows",
            0.4,
            &scenes.unknown,
        ),
        (
            "page of the queue, asked again",
            "of a page of the queue, asked again before anything is written",
            0.4,
            &scenes.kept,
        ),
        (
            "page of the queue, while ten tickets a second are created and ten of its rows change",
            "of a page of the queue while ten tickets a second are created and ten of its rows change, all included",
            0.4,
            &scenes.busy,
        ),
        (
            "read a ticket with its history",
            "to read a ticket",
            0.4,
            &scenes.read,
        ),
    ];
    let rates = named.iter().map(|(what, _, _, scene)| {
        Row::plain(
            format!("{name}: {what}, {CLIENTS} clients"),
            scene.latency(),
        )
    });
    let times = named.iter().map(|(_, what, most, scene)| {
        Row::at_most(
            format!("{name}: processor time {what}"),
            scene.cpu(),
            *most,
            "ms",
            &scene.cpu_parts(),
        )
    });
    rates.chain(times).collect()
}

fn memory(server: &Server) -> Outcome<String> {
    Ok(format!(
        "{:.1} MB ({:.1} MB)",
        machine::resident(server.pid())?,
        machine::peak_resident(server.pid())?
    ))
}
