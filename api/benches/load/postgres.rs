//! A PostgreSQL cluster of our own with the usual durability, and `pgbench` on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::{Outcome, root};

/// The cluster, with a database of its own for this run.
pub struct Cluster {
    conn: PgConnection,
    /// Folder and port of its socket.
    socket: (String, String),
    name: String,
    postmaster: u32,
    /// Nobody had started it before.
    is_ours: bool,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}

fn script(action: &str) -> Outcome<String> {
    let done = Command::new("bash")
        .arg(".ci/pg")
        .args([action, "--durable"])
        .current_dir(root())
        .output()?;
    if !done.status.success() {
        return Err(format!(
            ".ci/pg {action} --durable: {}",
            String::from_utf8_lossy(&done.stderr)
        )
        .into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

impl Cluster {
    /// Finds or starts the cluster and makes a database.
    ///
    /// # Errors
    /// When there is no PostgreSQL on the machine, or the cluster does not sync its commits.
    pub fn start() -> Outcome<Self> {
        let (answer, is_ours) = match script("url") {
            Ok(answer) => (answer, false),
            Err(_) => (script("start")?, true),
        };
        let url = answer
            .trim()
            .strip_prefix("DATABASE_URL=")
            .ok_or("no address from .ci/pg")?;
        let (server, _) = url.rsplit_once('/').ok_or("no address from .ci/pg")?;
        let mut conn = PgConnection::establish(&format!("{server}/postgres"))?;
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            if setting(&mut conn, name)? != "on" {
                return Err(format!("the cluster runs with {name} off").into());
            }
        }
        let folder = setting(&mut conn, "data_directory")?;
        let first_line = fs::read_to_string(Path::new(&folder).join("postmaster.pid"))?;
        let postmaster = first_line
            .lines()
            .next()
            .ok_or("no postmaster")?
            .trim()
            .parse()?;
        let name = format!("load_{}", std::process::id());
        conn.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let socket = (
            setting(&mut conn, "unix_socket_directories")?,
            setting(&mut conn, "port")?,
        );
        Ok(Self {
            conn,
            socket,
            name,
            postmaster,
            is_ours,
        })
    }

    /// Address of the run's database: over the socket, as a server beside its database has it (`api/deploy/atiende.toml`).
    pub fn url(&self) -> String {
        let ((folder, port), name) = (&self.socket, &self.name);
        format!("postgres:///{name}?host={folder}&port={port}&user=atiende")
    }

    /// Process of the cluster; every other one is its child.
    pub fn postmaster(&self) -> u32 {
        self.postmaster
    }

    /// Version and the settings that matter.
    pub fn describe(&mut self) -> Outcome<String> {
        let version = setting(&mut self.conn, "server_version")?;
        let buffers = setting(&mut self.conn, "shared_buffers")?;
        Ok(format!(
            "PostgreSQL {version}, fsync and synchronous_commit on, shared_buffers {buffers}"
        ))
    }

    /// Runs a script of statements with prepared statements and so many clients; gives transactions per second.
    pub fn pgbench(
        &self,
        file: &str,
        clients: usize,
        time: Duration,
        variables: &[(String, String)],
    ) -> Outcome<f64> {
        let mut command = Command::new(program()?);
        // The server's connections are set like this, so that a statement is planned once.
        let options = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";
        command.env("PGOPTIONS", options);
        command.args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs=1",
            "--max-tries=1",
        ]);
        command
            .arg(format!("--client={clients}"))
            .arg(format!("--time={}", time.as_secs().max(1)));
        command.arg(format!(
            "--file={}",
            root().join("api/benches/load").join(file).display()
        ));
        for (name, value) in variables {
            command.arg(format!("--define={name}={value}"));
        }
        command.arg(self.url());
        let mut said = String::new();
        // Where the machine stands still while it connects its time is over before its first transaction.
        for _ in 0..3 {
            let done = command.output()?;
            let text = String::from_utf8_lossy(&done.stdout);
            let rate = text
                .lines()
                .find_map(|line| line.strip_prefix("tps = "))
                .and_then(|rest| rest.split(' ').next());
            if let Some(rate) = rate.filter(|_| done.status.success()) {
                return Ok(rate.parse()?);
            }
            said = format!("{text}{}", String::from_utf8_lossy(&done.stderr));
            eprintln!("load: pgbench {file} gave no rate");
        }
        Err(format!("pgbench {file}: {said}").into())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What cannot be cleared away now is gone with the cluster.
        let _ = self
            .conn
            .batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if self.is_ours {
            let _ = script("stop");
        }
    }
}

fn setting(conn: &mut PgConnection, name: &str) -> Outcome<String> {
    let found: Setting = diesel::sql_query("SELECT current_setting($1) AS value")
        .bind::<Text, _>(name)
        .get_result(conn)?;
    Ok(found.value)
}

fn program() -> Outcome<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))));
    }
    let found = folders
        .into_iter()
        .map(|folder| folder.join("pgbench"))
        .find(|path| path.is_file());
    Ok(found.ok_or("missing: pgbench. Get it with: .ci/setup test")?)
}

#[derive(QueryableByName)]
struct Variable {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    value: String,
}

/// The values of a ticket that the server made, as variables of `create.sql`.
///
/// # Errors
/// When the ticket was stored with other statements than those of the script.
pub fn variables(conn: &mut PgConnection, code: &str) -> Outcome<Vec<(String, String)>> {
    let ticket = "SELECT v.name, v.value FROM tickets t JOIN events e ON e.ticket_id = t.id JOIN messages m ON m.ticket_id = t.id \
         JOIN people p ON p.id = t.requester_id JOIN idempotency i ON i.answer LIKE '%' || t.code || '%' \
         CROSS JOIN LATERAL (VALUES ('desk_id', t.desk_id::text), ('desk_version', t.desk_version::text), ('requester_id', p.id::text), \
         ('email', p.email), ('requester_name', p.full_name), ('language', p.language), ('sequence', 'ticket_number_' || t.desk_id), \
         ('channel', t.channel), ('subject', t.subject), ('search_key', t.search_key), ('now', t.created_at::text), \
         ('request_type', t.request_type), ('category', t.category), ('priority', t.priority), \
         ('priority_rank', t.priority_rank::text), ('level', t.level::text), ('group_id', t.group_id::text), ('status', t.status), \
         ('due', t.due_at::text), ('next_effect', t.next_effect_at::text), ('due_clock', t.due_clock), ('clock_status', t.clock_status), \
         ('state', t.state), ('hash', t.head_hash::text), ('event_kind', e.kind), ('actor_kind', e.actor_kind), ('actor_id', e.actor_id::text), \
         ('actor_name', e.actor_name), ('event', e.data), ('author_kind', m.author_kind), ('visibility', m.visibility), ('body', m.body), \
         ('actor', i.actor), ('route', i.route), ('created', i.status::text), ('answer', i.answer), \
         ('yes', 't'), ('no', 'f'), ('zero', '0'), ('one', '1'), ('pending', 'pending')) v(name, value) \
         WHERE t.code = $1 AND t.assignee_id IS NULL AND t.reason IS NULL";
    let mails = "SELECT 'mail_' || o.place || '_' || v.name AS name, v.value FROM \
         (SELECT *, row_number() OVER (ORDER BY id) AS place FROM outbox WHERE ticket_id = (SELECT id FROM tickets WHERE code = $1)) o \
         CROSS JOIN LATERAL (VALUES ('template', o.template), ('recipient', o.recipient), ('payload', o.payload), ('id', o.message_id), \
         ('key', substring(o.dedup_key FROM ':event:.*$'))) v(name, value)";
    let mut found: Vec<Variable> = diesel::sql_query(ticket).bind::<Text, _>(code).load(conn)?;
    let ticket_values = found.len();
    found.extend(
        diesel::sql_query(mails)
            .bind::<Text, _>(code)
            .load::<Variable>(conn)?,
    );
    if ticket_values == 0 || found.len() != ticket_values + 3 * 5 {
        return Err("the server stores tickets in another way now: take create.sql anew from the statement log".into());
    }
    Ok(found
        .into_iter()
        .map(|variable| (variable.name, variable.value))
        .collect())
}
