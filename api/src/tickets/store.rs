//! The SQL of tickets: loading one for a command, saving what a command made of it, reading views.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};
use shared::ticket::Ticket;
use shared::ticket::actor::{Actor, Privilege, PrivilegeSet};

use super::sight::{AtDesks, Sight};
use crate::db::dialect::ticket_counter;
use crate::db::schema::{events, failed_sweeps, messages, people, tickets, users};
use crate::db::{DbConnection, JsonText, Ts};
use crate::http::idempotency::{KEPT_COLUMNS, KeptRow};
use crate::people::store::Place;
use crate::{each, load_locked};

/// A ticket loaded to be changed: its folded history and what a save has to match.
#[derive(Debug)]
pub struct TicketRecord {
    /// Key of the row.
    pub id: i64,
    /// Desk that it belongs to.
    pub desk_id: i64,
    /// Version of the desk's profile that it goes by.
    pub desk_version: i32,
    /// Public code.
    pub code: String,
    /// Brief description.
    pub subject: String,
    /// Version that `If-Match` is compared with.
    pub version: i32,
    /// Number of events.
    pub last_seq: i32,
    /// Hash of the last event.
    pub head_hash: Vec<u8>,
    /// The folded history.
    pub state: Ticket,
}

type RecordRow = (
    i64,
    i64,
    i32,
    String,
    String,
    i32,
    i32,
    Vec<u8>,
    JsonText<Ticket>,
);

impl From<RecordRow> for TicketRecord {
    fn from(row: RecordRow) -> Self {
        let (id, desk_id, desk_version, code, subject, version, last_seq, head_hash, state) = row;
        Self {
            id,
            desk_id,
            desk_version,
            code,
            subject,
            version,
            last_seq,
            head_hash,
            state: state.0,
        }
    }
}

const RECORD: (
    tickets::id,
    tickets::desk_id,
    tickets::desk_version,
    tickets::code,
    tickets::subject,
    tickets::version,
    tickets::last_seq,
    tickets::head_hash,
    tickets::state,
) = (
    tickets::id,
    tickets::desk_id,
    tickets::desk_version,
    tickets::code,
    tickets::subject,
    tickets::version,
    tickets::last_seq,
    tickets::head_hash,
    tickets::state,
);

/// Loads a ticket that somebody sees and keeps it locked to the end of the write.
pub fn load_in_sight(
    conn: &mut DbConnection,
    code: &str,
    sight: &Sight,
) -> QueryResult<Option<TicketRecord>> {
    let found = match &sight.desks {
        Some(desks) => {
            let query = tickets::table
                .filter(tickets::code.eq(code))
                .filter(AtDesks(desks.clone()))
                .filter(sight.visible.clone())
                .select(RECORD);
            load_locked!(conn, query => first::<RecordRow>)
        }
        None => {
            let query = tickets::table
                .filter(tickets::code.eq(code))
                .filter(sight.visible.clone())
                .select(RECORD);
            load_locked!(conn, query => first::<RecordRow>)
        }
    };
    found.optional().map(|row| row.map(TicketRecord::from))
}

/// Loads a ticket that somebody sees, to be read only.
pub fn read_in_sight(
    conn: &mut DbConnection,
    code: &str,
    sight: &Sight,
) -> QueryResult<Option<TicketRecord>> {
    let query = tickets::table
        .filter(tickets::code.eq(code))
        .filter(sight.visible.clone())
        .select(RECORD)
        .into_boxed::<crate::db::MultiBackend>();
    let query = match &sight.desks {
        Some(desks) => query.filter(AtDesks(desks.clone())),
        None => query,
    };
    query
        .first::<RecordRow>(conn)
        .optional()
        .map(|row| row.map(TicketRecord::from))
}

/// Loads a ticket of this requester at this desk and keeps it locked to the end of the write.
pub fn load_for_requester(
    conn: &mut DbConnection,
    code: &str,
    desk_id: i64,
    person_id: i64,
) -> QueryResult<Option<TicketRecord>> {
    let query = tickets::table
        .filter(tickets::code.eq(code))
        .filter(tickets::desk_id.eq(desk_id))
        .filter(tickets::requester_id.eq(person_id))
        .select(RECORD);
    load_locked!(conn, query => first::<RecordRow>)
        .optional()
        .map(|row| row.map(TicketRecord::from))
}

/// Loads a ticket by its key, for workers.
pub fn load_by_id(conn: &mut DbConnection, id: i64) -> QueryResult<Option<TicketRecord>> {
    let query = tickets::table.filter(tickets::id.eq(id)).select(RECORD);
    load_locked!(conn, query => first::<RecordRow>)
        .optional()
        .map(|row| row.map(TicketRecord::from))
}

/// Notes which version of its desk's profile a ticket goes on by.
pub fn set_desk_version(conn: &mut DbConnection, id: i64, version: i32) -> QueryResult<usize> {
    diesel::update(tickets::table.find(id))
        .set(tickets::desk_version.eq(version))
        .execute(conn)
}

/// Notes that the timed effects of a ticket could not be written: it is looked at again after a minute, then after twice
/// as long each time, up to [`LONGEST_WAIT`], so that it does not stand in the way of the others.
pub fn put_off_effects(
    conn: &mut DbConnection,
    id: i64,
    now: DateTime<Utc>,
) -> QueryResult<DateTime<Utc>> {
    let first = (
        failed_sweeps::ticket_id.eq(id),
        failed_sweeps::failures.eq(1),
    );
    let failures: i32 = each!(conn, inner => diesel::insert_into(failed_sweeps::table)
        .values(first)
        .on_conflict(failed_sweeps::ticket_id)
        .do_update()
        .set(failed_sweeps::failures.eq(failed_sweeps::failures + 1))
        .returning(failed_sweeps::failures)
        .get_result(inner))?;
    let doubled = TimeDelta::minutes(1_i64 << (failures - 1).clamp(0, 10));
    let next = now + doubled.min(LONGEST_WAIT);
    diesel::update(tickets::table.find(id))
        .set(tickets::next_effect_at.eq(Ts::new(next)))
        .execute(conn)?;
    Ok(next)
}

/// Longest wait after a timed effect failed.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::hours(6);

/// Keys of the tickets with a timed effect due, earliest first.
pub fn due_for_effects(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<i64>> {
    tickets::table
        .filter(tickets::next_effect_at.le(Ts::new(now)))
        .order((tickets::next_effect_at, tickets::id))
        .limit(limit)
        .select(tickets::id)
        .load(conn)
}

/// Notes when the sweeper has to look at a ticket again, now that nothing is left to write. Not a change of the ticket, so the version stays.
pub fn set_next_effect(
    conn: &mut DbConnection,
    id: i64,
    at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(tickets::table.filter(tickets::id.eq(id)))
        .set(tickets::next_effect_at.eq(at.map(Ts::new)))
        .execute(conn)?;
    diesel::delete(failed_sweeps::table.find(id))
        .execute(conn)
        .map(drop)
}

/// A new row of `tickets`.
#[derive(Insertable, Debug)]
#[diesel(table_name = tickets, treat_none_as_default_value = false)]
pub struct NewTicketRow<'a> {
    /// Desk.
    pub desk_id: i64,
    /// Consecutive number within the desk.
    pub number: i64,
    /// Public code.
    pub code: &'a str,
    /// Version of the desk's profile.
    pub desk_version: i32,
    /// Who it is for.
    pub requester_id: i64,
    /// How it came in.
    pub channel: &'a str,
    /// Brief description.
    pub subject: &'a str,
    /// Folded code and subject.
    pub search_key: &'a str,
    /// First version.
    pub version: i32,
    /// Creation.
    pub created_at: Ts,
}

/// The columns derived from a ticket's history; written again with each change.
#[derive(Insertable, AsChangeset, Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = tickets, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Projection {
    /// Incident or request.
    pub request_type: String,
    /// Key of the category; empty when none was chosen.
    pub category: String,
    /// Key of the priority.
    pub priority: String,
    /// 1 is the most urgent.
    pub priority_rank: i32,
    /// Level in charge.
    pub level: i32,
    /// Group in charge.
    pub group_id: Option<i64>,
    /// Agent in charge.
    pub assignee_id: Option<i64>,
    /// Canonical state.
    pub status: String,
    /// Key of the state's reason.
    pub reason: Option<String>,
    /// Whether the support side still owes something.
    pub open: bool,
    /// Number of events.
    pub last_seq: i32,
    /// Last movement.
    pub updated_at: Ts,
    /// Next target.
    pub due_at: Option<Ts>,
    /// Next target, or the end of time.
    pub due_sort: Ts,
    /// Clock of the next target.
    pub due_clock: String,
    /// What that clock does.
    pub clock_status: String,
    /// Whether the requester wrote last.
    pub awaits_reply: bool,
    /// The folded history.
    pub state: JsonText<Ticket>,
    /// Hash of the last event.
    pub head_hash: Vec<u8>,
    /// When the sweeper has to look next.
    pub next_effect_at: Option<Ts>,
    /// When it ended.
    pub closed_at: Option<Ts>,
}

/// Saves a changed ticket; `false` when somebody else changed it meanwhile.
pub fn update_ticket(
    conn: &mut DbConnection,
    id: i64,
    expected_version: i32,
    projection: Projection,
) -> QueryResult<bool> {
    let saved = diesel::update(
        tickets::table
            .filter(tickets::id.eq(id))
            .filter(tickets::version.eq(expected_version)),
    )
    .set((tickets::version.eq(expected_version + 1), projection))
    .execute(conn)?;
    Ok(saved == 1)
}

/// A new row of `messages`.
#[derive(Insertable, Debug)]
#[diesel(table_name = messages, treat_none_as_default_value = false)]
pub struct NewMessageRow<'a> {
    /// Desk.
    pub desk_id: i64,
    /// Ticket.
    pub ticket_id: i64,
    /// Kind of author.
    pub author_kind: &'a str,
    /// Key of the author.
    pub author_id: Option<i64>,
    /// Name of the author at the time.
    pub author_name: &'a str,
    /// Who may read it.
    pub visibility: &'a str,
    /// Plain text.
    pub body: &'a str,
    /// When.
    pub created_at: Ts,
}

/// Stores a message; gives its key.
pub fn insert_message(conn: &mut DbConnection, row: &NewMessageRow<'_>) -> QueryResult<i64> {
    diesel::insert_into(messages::table)
        .values(row)
        .returning(messages::id)
        .get_result(conn)
}

/// A new row of `events`.
#[derive(Insertable, Debug)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
pub struct NewEventRow {
    /// Desk.
    pub desk_id: i64,
    /// Ticket.
    pub ticket_id: i64,
    /// Place in the history.
    pub seq: i32,
    /// Stable name of the event.
    pub kind: String,
    /// Kind of actor.
    pub actor_kind: &'static str,
    /// Key of the actor.
    pub actor_id: Option<i64>,
    /// Name of the actor at the time.
    pub actor_name: String,
    /// When.
    pub at: Ts,
    /// The event as JSON.
    pub data: String,
    /// Hash over the event and the hash before it.
    pub hash: Vec<u8>,
}

/// Appends events to a history.
pub fn insert_events(conn: &mut DbConnection, rows: &[NewEventRow]) -> QueryResult<()> {
    // One by one: a single-row insert is a cached statement, and there are seldom more than three.
    for row in rows {
        each!(conn, inner => diesel::insert_into(events::table).values(row).execute(inner))?;
    }
    Ok(())
}

/// What a new ticket is known by, and who is in charge of it.
#[derive(Debug)]
pub struct Drawn {
    /// Its number at its desk.
    pub number: i64,
    /// The key that its row is to have.
    pub id: i64,
    /// The members of its group, where they come with the number.
    pub members: Option<Vec<AgentRow>>,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// What the next ticket of a desk is known by, with the members of the group that is to have it, as [`group_agents`] finds
/// them. Numbers never repeat; a failed transaction leaves a gap on PostgreSQL. SQLite has one writer, so that the key that
/// follows the last is its own.
pub fn draw(conn: &mut DbConnection, desk_id: i64, group_id: Option<i64>) -> QueryResult<Drawn> {
    match conn {
        DbConnection::Pg(pg) => {
            let draw = Draw {
                sequence: ticket_counter(desk_id),
                desk_id,
                group_id,
            };
            type Row = (
                i64,
                i64,
                Option<i64>,
                Option<String>,
                Option<String>,
                Option<String>,
            );
            let rows: Vec<Row> = draw.load(pg)?;
            let (number, id) = rows
                .first()
                .map(|row| (row.0, row.1))
                .ok_or(diesel::result::Error::NotFound)?;
            let members = rows
                .into_iter()
                .filter_map(|(_, _, id, full_name, email, language)| {
                    Some(AgentRow {
                        id: id?,
                        full_name: full_name?,
                        email: email?,
                        language: language?,
                    })
                });
            Ok(Drawn {
                number,
                id,
                members: Some(members.collect()),
            })
        }
        DbConnection::Sqlite(sqlite) => {
            let sql = "UPDATE desk_counters SET last_number = last_number + 1 WHERE desk_id = ? \
                       RETURNING last_number AS number, (SELECT coalesce(max(id), 0) + 1 FROM tickets) AS id";
            let Counted { number, id } = diesel::sql_query(sql)
                .bind::<BigInt, _>(desk_id)
                .get_result(sqlite)?;
            Ok(Drawn {
                number,
                id,
                members: None,
            })
        }
    }
}

/// The draw of PostgreSQL, written out because diesel joins tables, not sequences: both are asked for at once, as asking
/// takes longer than finding.
#[derive(QueryId)]
struct Draw {
    sequence: String,
    desk_id: i64,
    group_id: Option<i64>,
}

impl Query for Draw {
    type SqlType = (
        BigInt,
        BigInt,
        Nullable<BigInt>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
    );
}

impl QueryFragment<Pg> for Draw {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("WITH drawn AS MATERIALIZED (SELECT nextval(");
        pass.push_bind_param::<Text, _>(&self.sequence)?;
        pass.push_sql(
            ") AS number, nextval('tickets_id_seq') AS id) \
             SELECT drawn.number, drawn.id AS ticket_id, users.id, users.full_name, users.email, users.language FROM drawn \
             LEFT JOIN (group_members JOIN users ON users.id = group_members.user_id AND users.active \
             JOIN memberships ON memberships.user_id = users.id AND memberships.desk_id = ",
        );
        pass.push_bind_param::<BigInt, _>(&self.desk_id)?;
        pass.push_sql(") ON group_members.group_id = ");
        pass.push_bind_param::<Nullable<BigInt>, _>(&self.group_id)?;
        pass.push_sql(" ORDER BY users.id");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Draw {}

/// A stored event.
#[derive(Queryable, Debug, Clone)]
pub struct EventRow {
    /// Place in the history.
    pub seq: i32,
    /// Kind of actor.
    pub actor_kind: String,
    /// Key of the actor.
    pub actor_id: Option<i64>,
    /// Name of the actor at the time.
    pub actor_name: String,
    /// When.
    pub at: Ts,
    /// The event as JSON.
    pub data: String,
}

/// The newest events of a ticket before an instant, newest first.
pub fn events_before(
    conn: &mut DbConnection,
    ticket_id: i64,
    before: Option<DateTime<Utc>>,
    limit: i64,
) -> QueryResult<Vec<EventRow>> {
    let select = (
        events::seq,
        events::actor_kind,
        events::actor_id,
        events::actor_name,
        events::at,
        events::data,
    );
    let query = events::table
        .filter(events::ticket_id.eq(ticket_id))
        .order(events::seq.desc())
        .limit(limit)
        .select(select);
    match before {
        Some(before) => query.filter(events::at.lt(Ts::new(before))).load(conn),
        None => query.load(conn),
    }
}

/// The events of a ticket that may say something of its solution, oldest first.
pub fn events_about_solution(
    conn: &mut DbConnection,
    ticket_id: i64,
) -> QueryResult<Vec<EventRow>> {
    events::table
        .filter(events::ticket_id.eq(ticket_id))
        .filter(events::kind.eq_any(["status_changed", "solved", "declared_unsolvable"]))
        .order(events::seq)
        .select((
            events::seq,
            events::actor_kind,
            events::actor_id,
            events::actor_name,
            events::at,
            events::data,
        ))
        .load(conn)
}

/// The whole history of a ticket with its names and hashes, oldest first, for audits.
pub fn whole_history(
    conn: &mut DbConnection,
    ticket_id: i64,
) -> QueryResult<Vec<(EventRow, String, Vec<u8>)>> {
    let select = (
        (
            events::seq,
            events::actor_kind,
            events::actor_id,
            events::actor_name,
            events::at,
            events::data,
        ),
        events::kind,
        events::hash,
    );
    events::table
        .filter(events::ticket_id.eq(ticket_id))
        .order(events::seq)
        .select(select)
        .load(conn)
}

/// Everything of a message that its digest covers.
#[derive(Queryable, Debug, Clone)]
pub struct SealedRow {
    /// Key.
    pub id: i64,
    /// Kind of author.
    pub author_kind: String,
    /// Key of the author.
    pub author_id: Option<i64>,
    /// Name of the author at the time.
    pub author_name: String,
    /// Who may read it.
    pub visibility: String,
    /// Plain text.
    pub body: String,
    /// When.
    pub created_at: Ts,
}

/// Every message of a ticket, oldest first, for audits.
pub fn whole_conversation(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Vec<SealedRow>> {
    messages::table
        .filter(messages::ticket_id.eq(ticket_id))
        .order(messages::id)
        .select((
            messages::id,
            messages::author_kind,
            messages::author_id,
            messages::author_name,
            messages::visibility,
            messages::body,
            messages::created_at,
        ))
        .load(conn)
}

/// A stored message.
#[derive(Queryable, Debug, Clone)]
pub struct MessageRow {
    /// Key.
    pub id: i64,
    /// Kind of author.
    pub author_kind: String,
    /// Name of the author at the time.
    pub author_name: String,
    /// Who may read it.
    pub visibility: String,
    /// Plain text.
    pub body: String,
    /// When.
    pub created_at: Ts,
}

/// Keys of the internal notes of a ticket from before an instant.
pub fn notes_before(
    conn: &mut DbConnection,
    ticket_id: i64,
    before: DateTime<Utc>,
) -> QueryResult<Vec<i64>> {
    messages::table
        .filter(messages::ticket_id.eq(ticket_id))
        .filter(messages::visibility.eq("internal"))
        .filter(messages::created_at.lt(Ts::new(before)))
        .select(messages::id)
        .load(conn)
}

/// The newest message of a ticket; only of what requesters may read, where that is asked.
pub fn last_message(
    conn: &mut DbConnection,
    ticket_id: i64,
    public: bool,
) -> QueryResult<Option<MessageRow>> {
    let select = (
        messages::id,
        messages::author_kind,
        messages::author_name,
        messages::visibility,
        messages::body,
        messages::created_at,
    );
    let query = messages::table
        .filter(messages::ticket_id.eq(ticket_id))
        .order(messages::id.desc())
        .limit(1)
        .select(select);
    if public {
        query.filter(messages::visibility.eq("public")).first(conn)
    } else {
        query.first(conn)
    }
    .optional()
}

/// The public messages of a ticket, oldest first. Internal notes are left out by the query itself.
pub fn public_messages(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Vec<MessageRow>> {
    let select = (
        messages::id,
        messages::author_kind,
        messages::author_name,
        messages::visibility,
        messages::body,
        messages::created_at,
    );
    messages::table
        .filter(messages::ticket_id.eq(ticket_id))
        .filter(messages::visibility.eq("public"))
        .order(messages::id)
        .select(select)
        .load(conn)
}

/// The first message of a ticket: its description.
pub fn first_message(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Option<MessageRow>> {
    let select = (
        messages::id,
        messages::author_kind,
        messages::author_name,
        messages::visibility,
        messages::body,
        messages::created_at,
    );
    messages::table
        .filter(messages::ticket_id.eq(ticket_id))
        .order(messages::id)
        .select(select)
        .first(conn)
        .optional()
}

/// What is needed of a requester to open a ticket and to write to them.
#[derive(Queryable, Debug, Clone)]
pub struct RequesterRow {
    /// Key.
    pub id: i64,
    /// Full name.
    pub full_name: String,
    /// Mail address.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// Language of the mails.
    pub language: String,
    /// Name of the entity.
    pub entity: Option<String>,
    /// Where they work.
    pub place: Place,
    /// Whether they raise the priority at desks that say so.
    pub vip: bool,
    /// Whether they may use the desk; whoever was shut out is not written to.
    pub active: bool,
}

/// What is read of a requester; the order is that of [`RequesterRow`].
macro_rules! requester_columns {
    () => {
        (
            people::id,
            people::full_name,
            people::email,
            people::phone,
            people::language,
            organizations::name.nullable(),
            (people::site, people::department, people::extension),
            people::vip,
            people::active,
        )
    };
}

/// A registered, active person of a desk by mail address.
pub fn requester_by_email(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
) -> QueryResult<Option<RequesterRow>> {
    use crate::db::schema::organizations;
    let query = people::table
        .left_join(
            organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
        )
        .filter(people::email.eq(email))
        .filter(people::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .select(requester_columns!());
    each!(conn, inner => query.first(inner)).optional()
}

/// The same person together with what is kept of a request by its name; nobody, and nothing of the request, where no such
/// person is.
pub fn requester_and_request(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
    (actor, route, key): (&str, &str, &str),
) -> QueryResult<Option<(RequesterRow, Option<KeptRow>)>> {
    use crate::db::schema::{idempotency, organizations};
    let request = idempotency::actor
        .eq(actor)
        .and(idempotency::route.eq(route))
        .and(idempotency::key.eq(key));
    let query = people::table
        .left_join(
            organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
        )
        .left_join(idempotency::table.on(request))
        .filter(people::email.eq(email))
        .filter(people::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .select((requester_columns!(), KEPT_COLUMNS.nullable()));
    each!(conn, inner => query.first(inner)).optional()
}

/// A person by key, whether they may use the desk or not.
pub fn requester_by_id(conn: &mut DbConnection, person_id: i64) -> QueryResult<RequesterRow> {
    use crate::db::schema::organizations;
    people::table
        .left_join(
            organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
        )
        .filter(people::id.eq(person_id))
        .select(requester_columns!())
        .first(conn)
}

/// What is needed of an agent to put a ticket in their hands and to write to them.
#[derive(Queryable, Debug, Clone)]
pub struct AgentRow {
    /// Key.
    pub id: i64,
    /// Full name.
    pub full_name: String,
    /// Mail address.
    pub email: String,
    /// Language of the mails.
    pub language: String,
}

/// An active agent of a desk by key, with the keys of the groups.
pub fn desk_agent(
    conn: &mut DbConnection,
    desk_id: i64,
    user_id: i64,
) -> QueryResult<Option<(AgentRow, Vec<String>)>> {
    use crate::db::schema::memberships;
    let agent: Option<AgentRow> = users::table
        .inner_join(memberships::table.on(memberships::user_id.eq(users::id)))
        .filter(users::id.eq(user_id))
        .filter(users::active.eq(true))
        .filter(memberships::desk_id.eq(desk_id))
        .select((users::id, users::full_name, users::email, users::language))
        .first(conn)
        .optional()?;
    let Some(agent) = agent else { return Ok(None) };
    let slugs = groups_of(conn, desk_id, user_id)?;
    Ok(Some((agent, slugs)))
}

/// Keys of the active groups of a desk that an agent is a member of.
fn groups_of(conn: &mut DbConnection, desk_id: i64, user_id: i64) -> QueryResult<Vec<String>> {
    use crate::db::schema::{group_members, groups};
    group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(group_members::user_id.eq(user_id))
        .filter(groups::desk_id.eq(desk_id))
        .filter(groups::active.eq(true))
        .select(groups::slug)
        .load(conn)
}

/// An agent with the rights and groups that they have at a desk, as the rules see them.
pub fn as_actor(conn: &mut DbConnection, desk_id: i64, agent: &AgentRow) -> QueryResult<Actor> {
    use crate::db::schema::memberships;
    let privileges: Option<JsonText<PrivilegeSet>> = memberships::table
        .filter(memberships::desk_id.eq(desk_id))
        .filter(memberships::user_id.eq(agent.id))
        .select(memberships::privileges)
        .first(conn)
        .optional()?;
    Ok(Actor::Agent {
        user_id: agent.id,
        name: agent.full_name.clone(),
        privileges: privileges.map_or(PrivilegeSet::NONE, |privileges| privileges.0),
        groups: groups_of(conn, desk_id, agent.id)?,
    })
}

/// The active agents of a desk who hold a privilege there, by key.
pub fn agents_with(
    conn: &mut DbConnection,
    desk_id: i64,
    privilege: Privilege,
) -> QueryResult<Vec<AgentRow>> {
    use crate::db::schema::memberships;
    let agents: Vec<(AgentRow, JsonText<PrivilegeSet>)> = users::table
        .inner_join(memberships::table.on(memberships::user_id.eq(users::id)))
        .filter(memberships::desk_id.eq(desk_id))
        .filter(users::active.eq(true))
        .order(users::id)
        .select((
            (users::id, users::full_name, users::email, users::language),
            memberships::privileges,
        ))
        .load(conn)?;
    let holds = |privileges: &JsonText<PrivilegeSet>| privileges.0.has(privilege);
    Ok(agents
        .into_iter()
        .filter(|(_, privileges)| holds(privileges))
        .map(|(agent, _)| agent)
        .collect())
}

/// The active agents of a desk who are members of one of its groups.
pub fn group_agents(
    conn: &mut DbConnection,
    desk_id: i64,
    group_id: i64,
) -> QueryResult<Vec<AgentRow>> {
    use crate::db::schema::{group_members, memberships};
    users::table
        .inner_join(group_members::table.on(group_members::user_id.eq(users::id)))
        .inner_join(memberships::table.on(memberships::user_id.eq(users::id)))
        .filter(group_members::group_id.eq(group_id))
        .filter(memberships::desk_id.eq(desk_id))
        .filter(users::active.eq(true))
        .order(users::id)
        .select((users::id, users::full_name, users::email, users::language))
        .load(conn)
}

/// The agent account of a mail address, where there is one; nobody rates their own work.
pub fn agent_with_email(conn: &mut DbConnection, email: &str) -> QueryResult<Option<i64>> {
    users::table
        .filter(users::email.eq(email))
        .select(users::id)
        .first(conn)
        .optional()
}

/// The active agent of a desk with a mail address.
pub fn desk_agent_with_email(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
) -> QueryResult<Option<i64>> {
    use crate::db::schema::memberships;
    users::table
        .inner_join(memberships::table.on(memberships::user_id.eq(users::id)))
        .filter(users::email.eq(email))
        .filter(users::active.eq(true))
        .filter(memberships::desk_id.eq(desk_id))
        .select(users::id)
        .first(conn)
        .optional()
}

/// Desk of a ticket, without locking it.
pub fn desk_of(conn: &mut DbConnection, code: &str) -> QueryResult<Option<i64>> {
    tickets::table
        .filter(tickets::code.eq(code))
        .select(tickets::desk_id)
        .first(conn)
        .optional()
}

/// What only some tickets have beside their row: when the requester is to be contacted again, a parent, a ticket that they
/// were merged into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// Beginning of the day of the next contact, while the ticket is open.
    pub contact_at: Option<DateTime<Utc>>,
    /// Key of the parent.
    pub parent_id: Option<i64>,
    /// Key of the ticket that goes on with it.
    pub merged_into: Option<i64>,
    /// Whether only its groups and whoever is in charge see it.
    pub restricted: bool,
    /// The group of its category, which sees it too.
    pub restricted_group: Option<i64>,
}

/// Stores the ties of a ticket.
pub fn save_ties(conn: &mut DbConnection, ticket_id: i64, ties: &Ties) -> QueryResult<()> {
    use crate::db::schema::ticket_ties::dsl;
    let values = (
        dsl::contact_at.eq(ties.contact_at.map(Ts::new)),
        dsl::parent_id.eq(ties.parent_id),
        dsl::merged_into.eq(ties.merged_into),
        dsl::restricted.eq(ties.restricted),
        dsl::restricted_group.eq(ties.restricted_group),
    );
    let saved = diesel::update(dsl::ticket_ties.filter(dsl::ticket_id.eq(ticket_id)))
        .set(values)
        .execute(conn)?;
    if saved == 0 {
        diesel::insert_into(dsl::ticket_ties)
            .values((
                dsl::ticket_id.eq(ticket_id),
                dsl::contact_at.eq(ties.contact_at.map(Ts::new)),
                dsl::parent_id.eq(ties.parent_id),
                dsl::merged_into.eq(ties.merged_into),
                dsl::restricted.eq(ties.restricted),
                dsl::restricted_group.eq(ties.restricted_group),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The ties of a ticket; those of most are empty and not stored.
pub fn load_ties(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Ties> {
    use crate::db::schema::ticket_ties::dsl;
    type Row = (Option<Ts>, Option<i64>, Option<i64>, bool, Option<i64>);
    let row: Option<Row> = dsl::ticket_ties
        .filter(dsl::ticket_id.eq(ticket_id))
        .select((
            dsl::contact_at,
            dsl::parent_id,
            dsl::merged_into,
            dsl::restricted,
            dsl::restricted_group,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map_or_else(
        Ties::default,
        |(contact_at, parent_id, merged_into, restricted, restricted_group)| Ties {
            contact_at: contact_at.map(|at| at.get()),
            parent_id,
            merged_into,
            restricted,
            restricted_group,
        },
    ))
}

/// A stored answer to a survey.
#[derive(Queryable, Debug, Clone, PartialEq, Eq)]
pub struct SurveyRow {
    /// Which outcome.
    pub cycle: i32,
    /// 1 to 5, where the desk asks for stars.
    pub stars: Option<i32>,
    /// Free comment.
    pub comment: Option<String>,
    /// Answers to the desk's questions.
    pub answers: Option<JsonText<Vec<shared::ticket::command::Answer>>>,
    /// What the deciding question says.
    pub closing: Option<bool>,
    /// Who answered.
    pub person_id: i64,
    /// Which version of the desk's questions; none where it asks none.
    pub version: Option<i32>,
}

/// Every survey of a ticket by outcome, for audits.
pub fn whole_surveys(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Vec<SurveyRow>> {
    use crate::db::schema::surveys::dsl;
    dsl::surveys
        .filter(dsl::ticket_id.eq(ticket_id))
        .order(dsl::cycle)
        .select((
            dsl::cycle,
            dsl::stars,
            dsl::comment,
            dsl::answers,
            dsl::closing,
            dsl::person_id,
            dsl::version,
        ))
        .load(conn)
}

/// A new row of `surveys`.
#[derive(Insertable)]
#[diesel(table_name = crate::db::schema::surveys, treat_none_as_default_value = false)]
pub struct NewSurveyRow<'a> {
    /// Desk.
    pub desk_id: i64,
    /// Ticket.
    pub ticket_id: i64,
    /// Which outcome.
    pub cycle: i32,
    /// 1 to 5, where the desk asks for stars.
    pub stars: Option<i32>,
    /// Free comment.
    pub comment: Option<&'a str>,
    /// Answers to the desk's questions.
    pub answers: Option<JsonText<Vec<shared::ticket::command::Answer>>>,
    /// What the deciding question says.
    pub closing: Option<bool>,
    /// Who answered.
    pub person_id: i64,
    /// When.
    pub created_at: Ts,
    /// Which version of the desk's questions; none where it asks none.
    pub version: Option<i32>,
}

/// Stores the rating of an outcome, or the answers to its survey; once for each outcome.
pub fn insert_survey(conn: &mut DbConnection, row: NewSurveyRow<'_>) -> QueryResult<()> {
    diesel::insert_into(crate::db::schema::surveys::table)
        .values(row)
        .execute(conn)
        .map(drop)
}
