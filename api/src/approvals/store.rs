//! The SQL of approvals.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::ticket::Ticket;

use super::trace::Appointed;
use crate::db::schema::{approval_asks, approvers, people, tickets};
use crate::db::{DbConnection, JsonText, Ts};

/// Somebody who holds an approver role.
#[derive(Clone, Debug, Queryable)]
pub struct HolderRow {
    /// The role.
    pub role: String,
    /// Key of the person.
    pub person_id: i64,
    /// Full name.
    pub full_name: String,
    /// Mail address.
    pub email: String,
    /// Language of the mails.
    pub language: String,
    /// Whether they decide only for the others.
    pub deputy: bool,
}

/// The holders of every role of a desk, in their order, deputies last. Who may not use the desk any more holds nothing.
pub fn holders(conn: &mut DbConnection, desk_id: i64) -> QueryResult<Vec<HolderRow>> {
    approvers::table
        .inner_join(people::table.on(people::id.eq(approvers::person_id)))
        .filter(approvers::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .order((approvers::role, approvers::deputy, approvers::place))
        .select((
            approvers::role,
            people::id,
            people::full_name,
            people::email,
            people::language,
            approvers::deputy,
        ))
        .load(conn)
}

/// Everybody who is appointed at a desk, by role and in their order, whether they may use the desk or not.
pub fn appointed(
    conn: &mut DbConnection,
    desk_id: i64,
) -> QueryResult<BTreeMap<String, Vec<Appointed>>> {
    let rows: Vec<(String, i64, String, bool)> = approvers::table
        .inner_join(people::table.on(people::id.eq(approvers::person_id)))
        .filter(approvers::desk_id.eq(desk_id))
        .order((approvers::role, approvers::place))
        .select((
            approvers::role,
            people::id,
            people::full_name,
            approvers::deputy,
        ))
        .load(conn)?;
    let mut found: BTreeMap<String, Vec<Appointed>> = BTreeMap::new();
    for (role, person, name, deputy) in rows {
        found.entry(role).or_default().push(Appointed {
            person,
            name,
            deputy,
        });
    }
    Ok(found)
}

/// The roles that a person holds at the desk of their record.
pub fn roles_of(conn: &mut DbConnection, person_id: i64) -> QueryResult<Vec<String>> {
    approvers::table
        .filter(approvers::person_id.eq(person_id))
        .order(approvers::role)
        .select(approvers::role)
        .load(conn)
}

/// An active person of a desk by address: key and name.
pub fn person_at(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
) -> QueryResult<Option<(i64, String)>> {
    people::table
        .filter(people::desk_id.eq(desk_id))
        .filter(people::email.eq(email))
        .filter(people::active.eq(true))
        .select((people::id, people::full_name))
        .first(conn)
        .optional()
}

/// The person of a desk behind an address, whether they may use the desk or not: key, name, and whether they may.
pub fn anybody_at(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
) -> QueryResult<Option<(i64, String, bool)>> {
    people::table
        .filter(people::desk_id.eq(desk_id))
        .filter(people::email.eq(email))
        .select((people::id, people::full_name, people::active))
        .first(conn)
        .optional()
}

/// Replaces the holders of a role; each is a person and whether they are a deputy, in their order.
pub fn replace(
    conn: &mut DbConnection,
    desk_id: i64,
    role: &str,
    holders: &[(i64, bool)],
) -> QueryResult<()> {
    diesel::delete(
        approvers::table
            .filter(approvers::desk_id.eq(desk_id))
            .filter(approvers::role.eq(role)),
    )
    .execute(conn)?;
    for (place, (person_id, deputy)) in (0_i32..).zip(holders) {
        diesel::insert_into(approvers::table)
            .values((
                approvers::desk_id.eq(desk_id),
                approvers::role.eq(role),
                approvers::person_id.eq(person_id),
                approvers::deputy.eq(deputy),
                approvers::place.eq(place),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Keeps an ask for each role whose word a ticket waits for, and no other.
pub fn sync_asks(
    conn: &mut DbConnection,
    desk_id: i64,
    ticket_id: i64,
    seq: i32,
    pending: &[String],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let known: Vec<String> = approval_asks::table
        .filter(approval_asks::ticket_id.eq(ticket_id))
        .select(approval_asks::role)
        .load(conn)?;
    for role in known.iter().filter(|role| !pending.contains(role)) {
        diesel::delete(
            approval_asks::table
                .filter(approval_asks::ticket_id.eq(ticket_id))
                .filter(approval_asks::role.eq(role)),
        )
        .execute(conn)?;
    }
    for role in pending.iter().filter(|role| !known.contains(role)) {
        diesel::insert_into(approval_asks::table)
            .values((
                approval_asks::ticket_id.eq(ticket_id),
                approval_asks::role.eq(role),
                approval_asks::desk_id.eq(desk_id),
                approval_asks::asked_seq.eq(seq),
                approval_asks::asked_at.eq(Ts::new(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// A ticket that waits for a role.
#[derive(Queryable, Debug)]
pub struct AskRow {
    /// The role.
    pub role: String,
    /// Since when.
    pub asked_at: Ts,
    /// Key of the ticket.
    pub ticket_id: i64,
    /// Desk.
    pub desk_id: i64,
    /// Version of the desk's profile.
    pub desk_version: i32,
    /// Public code.
    pub code: String,
    /// Version of the ticket.
    pub version: i32,
    /// Who asked for the service.
    pub requester: (i64, String),
    /// The folded history.
    pub state: JsonText<Ticket>,
}

/// Most asks that one list looks at.
const ASKS_MAX: i64 = 500;

/// What waits at some desks, longest first.
pub fn asks(conn: &mut DbConnection, desks: &[i64]) -> QueryResult<Vec<AskRow>> {
    approval_asks::table
        .inner_join(tickets::table.on(tickets::id.eq(approval_asks::ticket_id)))
        .inner_join(people::table.on(people::id.eq(tickets::requester_id)))
        .filter(approval_asks::desk_id.eq_any(desks.to_vec()))
        .order((
            approval_asks::asked_at,
            approval_asks::ticket_id,
            approval_asks::role,
        ))
        .limit(ASKS_MAX)
        .select((
            approval_asks::role,
            approval_asks::asked_at,
            tickets::id,
            tickets::desk_id,
            tickets::desk_version,
            tickets::code,
            tickets::version,
            (people::id, people::full_name),
            tickets::state,
        ))
        .load(conn)
}

/// Whether a ticket waits for approvals and the person holds some role at its desk.
pub fn is_asked(
    conn: &mut DbConnection,
    desk_id: i64,
    person_id: i64,
    code: &str,
) -> QueryResult<bool> {
    let count: i64 = approval_asks::table
        .inner_join(tickets::table.on(tickets::id.eq(approval_asks::ticket_id)))
        .inner_join(approvers::table.on(approvers::desk_id.eq(approval_asks::desk_id)))
        .filter(tickets::code.eq(code))
        .filter(tickets::desk_id.eq(desk_id))
        .filter(approvers::person_id.eq(person_id))
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}
