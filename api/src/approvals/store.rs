//! The SQL of approvals.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::trace::Appointed;
use crate::db::schema::{approval_asks, approvers, people, tickets};
use crate::db::{DbConnection, MultiBackend, Ts};

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
    /// Whether they may use the desk.
    pub active: bool,
}

/// The holders of every role of a desk, in their order, deputies last. Who may not use the desk any more holds nothing.
pub fn holders(conn: &mut DbConnection, desk_id: i64) -> QueryResult<Vec<HolderRow>> {
    let mut rows = listed(conn, desk_id)?;
    rows.retain(|row| row.active);
    Ok(rows)
}

/// The same with those who may not use the desk any more, as its list keeps them.
pub fn listed(conn: &mut DbConnection, desk_id: i64) -> QueryResult<Vec<HolderRow>> {
    approvers::table
        .inner_join(people::table.on(people::id.eq(approvers::person_id)))
        .filter(approvers::desk_id.eq(desk_id))
        .order((approvers::role, approvers::deputy, approvers::place))
        .select((
            approvers::role,
            people::id,
            people::full_name,
            people::email,
            people::language,
            approvers::deputy,
            people::active,
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

/// What a ticket asks of its approvers now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asking {
    /// Key of the policy.
    pub policy: String,
    /// Which step, from 0.
    pub step: u32,
    /// Keys of the roles whose word is missing; none where nothing waits.
    pub pending: Vec<String>,
}

/// Keeps an ask for each role whose word a ticket waits for, and no other. Each step asks anew: all its asks are as old.
pub fn sync_asks(
    conn: &mut DbConnection,
    (desk_id, ticket_id): (i64, i64),
    seq: i32,
    before: &Asking,
    after: &Asking,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let goes_on = (&before.policy, before.step) == (&after.policy, after.step);
    let known: Vec<String> = approval_asks::table
        .filter(approval_asks::ticket_id.eq(ticket_id))
        .select(approval_asks::role)
        .load(conn)?;
    let stays = |role: &String| goes_on && after.pending.contains(role);
    for role in known.iter().filter(|role| !stays(role)) {
        diesel::delete(
            approval_asks::table
                .filter(approval_asks::ticket_id.eq(ticket_id))
                .filter(approval_asks::role.eq(role)),
        )
        .execute(conn)?;
    }
    let kept = |role: &&String| known.contains(role) && stays(role);
    for role in after.pending.iter().filter(|role| !kept(role)) {
        diesel::insert_into(approval_asks::table)
            .values((
                approval_asks::ticket_id.eq(ticket_id),
                approval_asks::role.eq(role),
                approval_asks::desk_id.eq(desk_id),
                approval_asks::asked_seq.eq(seq),
                approval_asks::asked_at.eq(Ts::new(now)),
                approval_asks::policy.eq(&after.policy),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// A role that a ticket of a desk waits for, and whose request it is.
#[derive(Clone, Debug, Queryable)]
pub struct WaitingRow {
    /// Key of the policy.
    pub policy: String,
    /// The role.
    pub role: String,
    /// Public code.
    pub code: String,
    /// Key and address of who asked for the service.
    pub requester: (i64, String),
}

/// Everything that waits for approval at a desk, one ticket for each requester, policy and role, longest first.
pub fn waiting(conn: &mut DbConnection, desk_id: i64) -> QueryResult<Vec<WaitingRow>> {
    let mut rows: Vec<WaitingRow> = approval_asks::table
        .inner_join(tickets::table.on(tickets::id.eq(approval_asks::ticket_id)))
        .inner_join(people::table.on(people::id.eq(tickets::requester_id)))
        .filter(approval_asks::desk_id.eq(desk_id))
        .order((approval_asks::asked_at, approval_asks::ticket_id))
        .select((
            approval_asks::policy,
            approval_asks::role,
            tickets::code,
            (people::id, people::email),
        ))
        .load(conn)?;
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert((row.policy.clone(), row.role.clone(), row.requester.0)));
    Ok(rows)
}

/// Whose inbox at a desk is read.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// Key of the desk.
    pub desk_id: i64,
    /// Key of the person, whose own requests never wait for them; 0 for an agent without one.
    pub person_id: i64,
    /// Roles that they hold.
    pub held: Vec<String>,
    /// Roles that they stand in for, each with the policy that says so.
    pub stands_in: Vec<(String, String)>,
}

impl Inbox {
    /// The keys of every role that may concern them: what the index is asked for.
    fn roles(&self) -> Vec<String> {
        let deputies = self.stands_in.iter().map(|(_, role)| role);
        self.held.iter().chain(deputies).cloned().collect()
    }

    /// The same as policy and role in one word.
    fn pairs(&self) -> Vec<String> {
        let pair = |(policy, role): &(String, String)| format!("{policy}/{role}");
        self.stands_in.iter().map(pair).collect()
    }
}

/// Where a page of asks begins: after this one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AskPosition {
    /// Microseconds since 1970.
    pub asked_at: i64,
    /// Key of the ticket.
    pub ticket_id: i64,
    /// The role; empty where a page has one row for each ticket.
    pub role: String,
}

impl AskPosition {
    fn at(&self) -> Ts {
        Ts::new(DateTime::from_timestamp_micros(self.asked_at).unwrap_or_default())
    }
}

/// A role that a ticket waits for.
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
    /// Public code.
    pub code: String,
    /// Version of the ticket.
    pub version: i32,
    /// Brief description.
    pub subject: String,
    /// Key of the category; empty where there is none.
    pub category: String,
    /// Who asked for the service.
    pub requester: (i64, String),
}

impl AskRow {
    /// Its place in the list.
    pub fn position(&self) -> AskPosition {
        AskPosition {
            asked_at: self.asked_at.get().timestamp_micros(),
            ticket_id: self.ticket_id,
            role: self.role.clone(),
        }
    }
}

/// The asks of an inbox, before anything else is chosen of them.
macro_rules! mine {
    ($inbox:expr) => {
        approval_asks::table
            .inner_join(tickets::table.on(tickets::id.eq(approval_asks::ticket_id)))
            .inner_join(people::table.on(people::id.eq(tickets::requester_id)))
            .filter(approval_asks::desk_id.eq($inbox.desk_id))
            .filter(approval_asks::role.eq_any($inbox.roles()))
            .filter(
                approval_asks::role
                    .eq_any($inbox.held.clone())
                    .or(approval_asks::policy
                        .concat("/")
                        .concat(approval_asks::role)
                        .eq_any($inbox.pairs())),
            )
            .filter(tickets::requester_id.ne($inbox.person_id))
    };
}

/// What waits in an inbox, longest first; of one ticket alone where its code is given.
pub fn asks(
    conn: &mut DbConnection,
    inbox: &Inbox,
    code: Option<&str>,
    after: Option<&AskPosition>,
    limit: i64,
) -> QueryResult<Vec<AskRow>> {
    let mut query = mine!(inbox)
        .select((
            approval_asks::role,
            approval_asks::asked_at,
            tickets::id,
            tickets::desk_id,
            tickets::code,
            tickets::version,
            tickets::subject,
            tickets::category,
            (people::id, people::full_name),
        ))
        .into_boxed::<MultiBackend>();
    if let Some(code) = code {
        query = query.filter(tickets::code.eq(code.to_owned()));
    }
    if let Some(after) = after {
        let same_role = approval_asks::ticket_id
            .eq(after.ticket_id)
            .and(approval_asks::role.gt(after.role.clone()));
        let same_time = approval_asks::asked_at
            .eq(after.at())
            .and(approval_asks::ticket_id.gt(after.ticket_id).or(same_role));
        query = query.filter(approval_asks::asked_at.gt(after.at()).or(same_time));
    }
    query
        .order((
            approval_asks::asked_at,
            approval_asks::ticket_id,
            approval_asks::role,
        ))
        .limit(limit)
        .load(conn)
}

/// A ticket that waits for somebody, in whatever roles.
#[derive(Queryable, Debug)]
pub struct AskedTicketRow {
    /// Since when.
    pub asked_at: Ts,
    /// Key of the ticket.
    pub ticket_id: i64,
    /// Public code.
    pub code: String,
    /// Brief description.
    pub subject: String,
    /// Who asked for the service.
    pub requester: String,
}

impl AskedTicketRow {
    /// Its place in the list.
    pub fn position(&self) -> AskPosition {
        AskPosition {
            asked_at: self.asked_at.get().timestamp_micros(),
            ticket_id: self.ticket_id,
            role: String::new(),
        }
    }
}

/// The tickets that wait in an inbox, longest first.
pub fn asked_tickets(
    conn: &mut DbConnection,
    inbox: &Inbox,
    after: Option<&AskPosition>,
    limit: i64,
) -> QueryResult<Vec<AskedTicketRow>> {
    let mut query = mine!(inbox)
        .select((
            approval_asks::asked_at,
            approval_asks::ticket_id,
            tickets::code,
            tickets::subject,
            people::full_name,
        ))
        .distinct()
        .into_boxed::<MultiBackend>();
    if let Some(after) = after {
        let same_time = approval_asks::asked_at
            .eq(after.at())
            .and(approval_asks::ticket_id.gt(after.ticket_id));
        query = query.filter(approval_asks::asked_at.gt(after.at()).or(same_time));
    }
    query
        .order((approval_asks::asked_at, approval_asks::ticket_id))
        .limit(limit)
        .load(conn)
}

/// The roles in which some tickets wait in an inbox: the key of each ticket with a role.
pub fn asked_roles(
    conn: &mut DbConnection,
    inbox: &Inbox,
    tickets: &[i64],
) -> QueryResult<Vec<(i64, String)>> {
    mine!(inbox)
        .filter(approval_asks::ticket_id.eq_any(tickets.to_vec()))
        .order((approval_asks::ticket_id, approval_asks::role))
        .select((approval_asks::ticket_id, approval_asks::role))
        .load(conn)
}
