//! A base of many tickets: those of one sample desk with their whole histories, again and again, spread over a year and over
//! requesters of their own.

use api::db::DbConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::Outcome;

/// Keys and numbers of the copies begin after this.
const FIRST: u32 = 1_000_000;
/// The sample desk that is copied; the agent who signs in works there.
const DESK: &str = "infortec";
/// Requesters of the copies.
const PEOPLE: u32 = 2000;

/// Opens a database for the driver itself, with the durability of the server.
pub fn connect(url: &str) -> Outcome<DbConnection> {
    if url.starts_with("postgres://") {
        return Ok(DbConnection::Pg(PgConnection::establish(url)?));
    }
    let mut conn = SqliteConnection::establish(url)?;
    conn.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000; PRAGMA journal_size_limit = 67108864",
    )?;
    Ok(DbConnection::Sqlite(conn))
}

/// What the load is about, read from the sample data.
#[derive(Clone, Debug, QueryableByName)]
pub struct Sample {
    /// Key of the desk.
    #[diesel(sql_type = BigInt)]
    pub desk_id: i64,
    /// Its address part.
    #[diesel(sql_type = Text)]
    pub desk: String,
    /// Kind of request of a sample ticket.
    #[diesel(sql_type = Text)]
    pub request_type: String,
    /// Its category.
    #[diesel(sql_type = Text)]
    pub category: String,
    /// Its priority; the one that most tickets have.
    #[diesel(sql_type = Text)]
    pub priority: String,
    /// Mail address of its requester.
    #[diesel(sql_type = Text)]
    pub email: String,
}

impl Sample {
    /// Reads it.
    pub fn read(conn: &mut DbConnection) -> Outcome<Self> {
        let sql = format!(
            "SELECT d.id AS desk_id, d.slug AS desk, t.request_type, t.category, t.priority, p.email \
                   FROM tickets t JOIN desks d ON d.id = t.desk_id JOIN people p ON p.id = t.requester_id \
                   JOIN (SELECT desk_id, priority, count(*) AS uses FROM tickets WHERE open GROUP BY desk_id, priority) u \
                   ON u.desk_id = t.desk_id AND u.priority = t.priority \
                   WHERE t.open AND d.slug = '{DESK}' ORDER BY u.uses DESC, t.id LIMIT 1"
        );
        Ok(api::each!(conn, inner => diesel::sql_query(&sql).get_result(inner))?)
    }

    /// Body of a request that creates a ticket.
    pub fn new_ticket(&self) -> String {
        let Self {
            desk,
            request_type,
            category,
            priority,
            email,
            ..
        } = self;
        format!(
            r#"{{"desk":"{desk}","requester_email":"{email}","channel":"phone","request_type":"{request_type}","category":"{category}","priority":"{priority}","subject":"La consola no actualiza las firmas","message":"Desde ayer tres equipos no reciben firmas nuevas. Ya se reinició el servicio y sigue igual."}}"#
        )
    }

    /// Address of a page of the queue: 50 rows of a desk and a priority, those due first on top.
    pub fn queue_path(&self) -> String {
        format!(
            "/api/v1/tickets?desk={}&priority={}&sort=due&limit=50",
            self.desk, self.priority
        )
    }
}

/// Address of a copied ticket by its number from 0.
pub fn ticket_path(number: u64, tickets: u32) -> String {
    // A step that shares no factor with the number of tickets visits all of them.
    let place = number.wrapping_mul(7919) % u64::from(tickets);
    format!("/api/v1/tickets/C-{}", u64::from(FIRST) + 1 + place)
}

/// Keys of the tickets on the page that is asked for (see [`Sample::queue_path`]).
pub fn page(conn: &mut DbConnection, sample: &Sample) -> Outcome<Vec<i64>> {
    #[derive(QueryableByName)]
    struct Key {
        #[diesel(sql_type = BigInt)]
        id: i64,
    }
    let sql = format!(
        "SELECT id FROM tickets WHERE desk_id = {} AND open AND priority = '{}' ORDER BY due_sort, id LIMIT 50",
        sample.desk_id, sample.priority
    );
    let keys: Vec<Key> = api::each!(conn, inner => diesel::sql_query(sql).load(inner))?;
    Ok(keys.into_iter().map(|key| key.id).collect())
}

/// Makes a ticket one version newer, as every command does to it.
pub fn change(conn: &mut DbConnection, id: i64) -> Outcome<()> {
    conn.batch_execute(&format!(
        "UPDATE tickets SET version = version + 1 WHERE id = {id}"
    ))?;
    Ok(())
}

/// Copies the sample tickets until there are `tickets` more.
pub fn grow(conn: &mut DbConnection, tickets: u32) -> Outcome<()> {
    let postgres = conn.is_postgres();
    let back = |column: &str, seconds: &str| {
        if postgres {
            format!("{column} - ({seconds}) * interval '1 second'")
        } else {
            format!("{column} - ({seconds}) * 1000000")
        }
    };
    // Spread over a year, in no order.
    let age = "(c.g * 7919) % 31536000";
    let (created, updated, due, due_sort) = (
        back("t.created_at", age),
        back("t.updated_at", age),
        back("t.due_at", age),
        back("t.due_sort", age),
    );
    let (at, written, enqueued, sent) = (
        back("e.at", age),
        back("m.created_at", age),
        back("o.created_at", age),
        back("o.next_attempt_at", age),
    );
    let bigint = if postgres { "::bigint" } else { "" };
    let statements = [
        "BEGIN".to_owned(),
        format!(
            "CREATE TEMP TABLE copies AS WITH RECURSIVE series(g) AS (SELECT 1{bigint} UNION ALL SELECT g + 1 FROM series WHERE g < {tickets}) \
             SELECT g, {FIRST} + g AS id, t.id AS original FROM series \
             JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM tickets \
             WHERE desk_id = (SELECT id FROM desks WHERE slug = '{DESK}')) t ON t.place = g % t.many"
        ),
        format!(
            "INSERT INTO people (id, desk_id, full_name, email, phone, organization_id, language, search_key, active, version, epoch, created_at, updated_at) \
             SELECT c.id, p.desk_id, p.full_name, 'c' || c.g || '.' || p.email, p.phone, p.organization_id, p.language, p.search_key, p.active, 1, 0, p.created_at, p.updated_at \
             FROM copies c JOIN tickets t ON t.id = c.original JOIN people p ON p.id = t.requester_id WHERE c.g <= {PEOPLE}"
        ),
        format!(
            "INSERT INTO tickets (id, desk_id, number, code, desk_version, request_type, category, priority, priority_rank, level, group_id, \
             assignee_id, requester_id, channel, subject, search_key, status, reason, open, version, last_seq, created_at, updated_at, due_at, \
             due_sort, due_clock, clock_status, awaits_reply, state, head_hash, next_effect_at, closed_at) \
             SELECT c.id, t.desk_id, c.id, 'C-' || c.id, t.desk_version, t.request_type, t.category, t.priority, t.priority_rank, t.level, t.group_id, \
             t.assignee_id, {FIRST} + 1 + c.g % {PEOPLE}, t.channel, t.subject, t.search_key, t.status, t.reason, t.open, t.version, t.last_seq, \
             {created}, {updated}, {due}, {due_sort}, t.due_clock, t.clock_status, t.awaits_reply, t.state, t.head_hash, NULL, t.closed_at \
             FROM copies c JOIN tickets t ON t.id = c.original ORDER BY c.id"
        ),
        format!(
            "INSERT INTO events (desk_id, ticket_id, seq, kind, actor_kind, actor_id, actor_name, at, data, hash) \
             SELECT e.desk_id, c.id, e.seq, e.kind, e.actor_kind, e.actor_id, e.actor_name, {at}, e.data, e.hash \
             FROM copies c JOIN events e ON e.ticket_id = c.original ORDER BY c.id, e.seq"
        ),
        format!(
            "INSERT INTO messages (desk_id, ticket_id, author_kind, author_id, author_name, visibility, body, created_at) \
             SELECT m.desk_id, c.id, m.author_kind, m.author_id, m.author_name, m.visibility, m.body, {written} \
             FROM copies c JOIN messages m ON m.ticket_id = c.original ORDER BY c.id, m.id"
        ),
        format!(
            "INSERT INTO outbox (desk_id, ticket_id, event_seq, template, recipient, language, payload, message_id, dedup_key, status, attempts, \
             created_at, next_attempt_at, sent_at) \
             SELECT o.desk_id, c.id, o.event_seq, o.template, o.recipient, o.language, o.payload, o.message_id, o.dedup_key || '#' || c.id, 'sent', 1, \
             {enqueued}, {sent}, {sent} \
             FROM copies c JOIN outbox o ON o.ticket_id = c.original ORDER BY c.id, o.id"
        ),
        "DROP TABLE copies".to_owned(),
        "UPDATE outbox SET status = 'sent' WHERE status = 'pending'".to_owned(),
        "COMMIT".to_owned(),
    ];
    for statement in statements {
        conn.batch_execute(&statement)?;
    }
    conn.batch_execute(if postgres {
        "VACUUM ANALYZE"
    } else {
        "PRAGMA wal_checkpoint(TRUNCATE)"
    })?;
    if postgres {
        conn.batch_execute("CHECKPOINT")?;
    }
    Ok(())
}
