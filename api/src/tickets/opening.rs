//! Storing new tickets: all that opens them, in one statement of PostgreSQL however many they are.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use super::store::{
    NewEventRow, NewMessageRow, NewTicketRow, Projection, insert_events, insert_message,
};
use crate::db::DbConnection;
use crate::db::bulk::Bulk;
use crate::db::schema::{events, idempotency, messages, tickets};
use crate::each;
use crate::http::idempotency::KeptAnswer;
use crate::outbox::store::{
    MailRow, UNLESS_THERE, insert_all as insert_mails, of_many as many_mails,
};

/// Everything that is written when a ticket is opened, except its ties and what hangs on its files.
#[derive(Debug)]
pub struct OpeningRows<'a> {
    /// The key drawn for the ticket.
    pub id: i64,
    /// The ticket.
    pub ticket: NewTicketRow<'a>,
    /// What is derived from its history.
    pub projection: &'a Projection,
    /// Its first events.
    pub events: &'a [NewEventRow],
    /// Its description.
    pub description: NewMessageRow<'a>,
    /// The mails about it.
    pub mails: &'a [MailRow],
    /// The answer to whoever asked for it, where it is to be kept.
    pub answer: Option<&'a KeptAnswer>,
}

/// Stores new tickets with their first events, descriptions, mails and answers: on PostgreSQL in one statement, because asking
/// takes longer than writing; on SQLite in the caller's transaction, one after the other. Gives the keys of the tickets
/// with those of their descriptions, in any order.
pub fn insert(
    conn: &mut DbConnection,
    openings: &[OpeningRows<'_>],
) -> QueryResult<Vec<(i64, i64)>> {
    match conn {
        DbConnection::Pg(pg) => Opening::of(openings).load(pg),
        DbConnection::Sqlite(_) => openings
            .iter()
            .map(|opening| Ok((opening.id, insert_one(conn, opening)?)))
            .collect(),
    }
}

fn insert_one(conn: &mut DbConnection, opening: &OpeningRows<'_>) -> QueryResult<i64> {
    diesel::insert_into(tickets::table)
        .values((
            tickets::id.eq(opening.id),
            &opening.ticket,
            opening.projection,
        ))
        .execute(conn)?;
    insert_events(conn, opening.events)?;
    let message_id = insert_message(conn, &opening.description)?;
    insert_mails(conn, opening.mails)?;
    if let Some(answer) = opening.answer {
        each!(conn, inner => diesel::insert_into(idempotency::table).values(answer).execute(inner))?;
    }
    Ok(message_id)
}

/// The statement of PostgreSQL. References between its tables are checked at its end, so that the order of its parts is free;
/// the last of them answers.
struct Opening<'a> {
    tickets: Bulk<'a, OpeningRows<'a>>,
    events: Bulk<'a, NewEventRow>,
    mails: Bulk<'a, MailRow>,
    answers: Bulk<'a, KeptAnswer>,
    descriptions: Bulk<'a, NewMessageRow<'a>>,
}

impl<'a> Opening<'a> {
    fn of(openings: &'a [OpeningRows<'a>]) -> Self {
        Self {
            tickets: many_tickets(openings),
            events: many_events(openings.iter().flat_map(|opening| opening.events)),
            mails: many_mails(openings.iter().flat_map(|opening| opening.mails)),
            answers: KeptAnswer::of_many(openings.iter().filter_map(|opening| opening.answer)),
            descriptions: many_messages(openings.iter().map(|opening| &opening.description)),
        }
    }
}

fn many_tickets<'a>(openings: &'a [OpeningRows<'a>]) -> Bulk<'a, OpeningRows<'a>> {
    Bulk::new("tickets", openings)
        .set(tickets::id, |row| row.id)
        .set(tickets::desk_id, |row| row.ticket.desk_id)
        .set(tickets::number, |row| row.ticket.number)
        .set(tickets::code, |row| row.ticket.code)
        .set(tickets::desk_version, |row| row.ticket.desk_version)
        .set(tickets::requester_id, |row| row.ticket.requester_id)
        .set(tickets::channel, |row| row.ticket.channel)
        .set(tickets::subject, |row| row.ticket.subject)
        .set(tickets::search_key, |row| row.ticket.search_key)
        .set(tickets::version, |row| row.ticket.version)
        .set(tickets::created_at, |row| row.ticket.created_at)
        .set(tickets::request_type, |row| &row.projection.request_type)
        .set(tickets::category, |row| &row.projection.category)
        .set(tickets::priority, |row| &row.projection.priority)
        .set(tickets::priority_rank, |row| row.projection.priority_rank)
        .set(tickets::level, |row| row.projection.level)
        .set(tickets::group_id, |row| row.projection.group_id)
        .set(tickets::assignee_id, |row| row.projection.assignee_id)
        .set(tickets::status, |row| &row.projection.status)
        .set(tickets::reason, |row| row.projection.reason.as_deref())
        .set(tickets::open, |row| row.projection.open)
        .set(tickets::last_seq, |row| row.projection.last_seq)
        .set(tickets::updated_at, |row| row.projection.updated_at)
        .set(tickets::due_at, |row| row.projection.due_at)
        .set(tickets::due_sort, |row| row.projection.due_sort)
        .set(tickets::due_clock, |row| &row.projection.due_clock)
        .set(tickets::clock_status, |row| &row.projection.clock_status)
        .set(tickets::awaits_reply, |row| row.projection.awaits_reply)
        .set(tickets::state, |row| &row.projection.state)
        .set(tickets::head_hash, |row| &row.projection.head_hash)
        .set(tickets::next_effect_at, |row| row.projection.next_effect_at)
        .set(tickets::closed_at, |row| row.projection.closed_at)
}

fn many_events<'a>(rows: impl Iterator<Item = &'a NewEventRow>) -> Bulk<'a, NewEventRow> {
    Bulk::new("events", rows)
        .set(events::desk_id, |row| row.desk_id)
        .set(events::ticket_id, |row| row.ticket_id)
        .set(events::seq, |row| row.seq)
        .set(events::kind, |row| &row.kind)
        .set(events::actor_kind, |row| row.actor_kind)
        .set(events::actor_id, |row| row.actor_id)
        .set(events::actor_name, |row| &row.actor_name)
        .set(events::at, |row| row.at)
        .set(events::data, |row| &row.data)
        .set(events::hash, |row| &row.hash)
}

fn many_messages<'a>(
    rows: impl Iterator<Item = &'a NewMessageRow<'a>>,
) -> Bulk<'a, NewMessageRow<'a>> {
    Bulk::new("messages", rows)
        .set(messages::desk_id, |row| row.desk_id)
        .set(messages::ticket_id, |row| row.ticket_id)
        .set(messages::author_kind, |row| row.author_kind)
        .set(messages::author_id, |row| row.author_id)
        .set(messages::author_name, |row| row.author_name)
        .set(messages::visibility, |row| row.visibility)
        .set(messages::body, |row| row.body)
        .set(messages::created_at, |row| row.created_at)
}

impl Query for Opening<'_> {
    type SqlType = (BigInt, BigInt);
}

// Its text depends on nothing.
impl QueryId for Opening<'_> {
    type QueryId = Opening<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Opening<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH ticket AS (");
        self.tickets.walk_ast(pass.reborrow())?;
        pass.push_sql("), event AS (");
        self.events.walk_ast(pass.reborrow())?;
        pass.push_sql("), mail AS (");
        self.mails.walk_ast(pass.reborrow())?;
        pass.push_sql(UNLESS_THERE);
        pass.push_sql("), answer AS (");
        self.answers.walk_ast(pass.reborrow())?;
        pass.push_sql(") ");
        self.descriptions.walk_ast(pass.reborrow())?;
        pass.push_sql(" RETURNING messages.ticket_id, messages.id");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Opening<'_> {}
