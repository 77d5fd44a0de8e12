//! Who appointed whom: each change of a desk's approvers is kept with its author, what was there before and what after,
//! chained by hashes like the history of a ticket. The number of the last change is the version of the desk's list.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::ticket::actor::{ActorKind, ActorRef};

use super::store;
use crate::db::schema::{approver_changes, desks};
use crate::db::{DbConnection, DbError, Ts};
use crate::tickets::pipeline::chain;

/// A change of who holds a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// Key of the role.
    pub role: String,
    /// Who held it, in their order.
    pub before: Vec<Appointed>,
    /// Who holds it since.
    pub after: Vec<Appointed>,
}

/// Somebody in a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointed {
    /// Key of the person.
    pub person: i64,
    /// Their name at the time.
    pub name: String,
    /// Whether they decide only for the others.
    pub deputy: bool,
}

impl Appointed {
    /// What a list of holders is compared by: who, and whether as a deputy.
    pub fn key(&self) -> (i64, bool) {
        (self.person, self.deputy)
    }
}

/// A change as it is stored.
#[derive(Clone, Debug, Queryable)]
pub struct ChangeRow {
    /// Its number at the desk, from 1.
    pub seq: i32,
    actor_kind: String,
    actor_id: Option<i64>,
    /// Whoever made it.
    pub actor_name: String,
    /// When.
    pub at: Ts,
    data: String,
    hash: Vec<u8>,
}

impl ChangeRow {
    /// What was changed.
    ///
    /// # Errors
    /// When the stored text is no change.
    pub fn appointment(&self) -> Result<Appointment, DbError> {
        serde_json::from_str(&self.data).map_err(|error| DbError::Setup(error.to_string()))
    }

    fn chained(&self, previous: &[u8]) -> Vec<u8> {
        let actor = ActorRef {
            kind: self.actor_kind.parse().unwrap_or(ActorKind::System),
            id: self.actor_id,
            name: self.actor_name.clone(),
        };
        let seq = u32::try_from(self.seq).unwrap_or(0);
        chain(previous, seq, self.at.get(), &actor, &self.data)
    }
}

/// What the first change of a desk is chained to: the address part, so that a trace proves whose it is.
fn chain_start(slug: &str) -> Vec<u8> {
    Sha256::digest(format!("atiende approvers {slug}")).to_vec()
}

/// The version of a desk's list: how often it was changed.
pub fn version(conn: &mut DbConnection, desk_id: i64) -> QueryResult<i32> {
    let last: Option<i32> = approver_changes::table
        .filter(approver_changes::desk_id.eq(desk_id))
        .select(diesel::dsl::max(approver_changes::seq))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

/// The roles of a desk whose holders a change gives.
pub fn roles(conn: &mut DbConnection, desk_id: i64) -> QueryResult<BTreeSet<String>> {
    let rows = list(conn, desk_id, None, i64::from(i32::MAX))?;
    let readable = rows.iter().filter_map(|row| row.appointment().ok());
    Ok(readable.map(|change| change.role).collect())
}

/// Writes a change down.
pub fn add(
    conn: &mut DbConnection,
    (desk_id, slug): (i64, &str),
    actor: &ActorRef,
    appointment: &Appointment,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let last: Option<(i32, Vec<u8>)> = approver_changes::table
        .filter(approver_changes::desk_id.eq(desk_id))
        .order(approver_changes::seq.desc())
        .select((approver_changes::seq, approver_changes::hash))
        .first(conn)
        .optional()?;
    let (seq, previous) = last.unwrap_or_else(|| (0, chain_start(slug)));
    let data =
        serde_json::to_string(appointment).map_err(|error| DbError::Setup(error.to_string()))?;
    // The time is hashed as it is stored, and so as it will be read.
    let mut row = ChangeRow {
        seq: seq + 1,
        actor_kind: actor.kind.as_str().to_owned(),
        actor_id: actor.id,
        actor_name: actor.name.clone(),
        at: Ts::new(now),
        data,
        hash: Vec::new(),
    };
    row.hash = row.chained(&previous);
    diesel::insert_into(approver_changes::table)
        .values((
            approver_changes::desk_id.eq(desk_id),
            approver_changes::seq.eq(row.seq),
            approver_changes::actor_kind.eq(row.actor_kind),
            approver_changes::actor_id.eq(row.actor_id),
            approver_changes::actor_name.eq(row.actor_name),
            approver_changes::at.eq(row.at),
            approver_changes::data.eq(row.data),
            approver_changes::hash.eq(row.hash),
        ))
        .execute(conn)?;
    Ok(())
}

/// The changes of a desk before a number, newest first.
pub fn list(
    conn: &mut DbConnection,
    desk_id: i64,
    before: Option<i32>,
    limit: i64,
) -> QueryResult<Vec<ChangeRow>> {
    approver_changes::table
        .filter(approver_changes::desk_id.eq(desk_id))
        .filter(approver_changes::seq.lt(before.unwrap_or(i32::MAX)))
        .order(approver_changes::seq.desc())
        .limit(limit)
        .select(COLUMNS)
        .load(conn)
}

const COLUMNS: (
    approver_changes::seq,
    approver_changes::actor_kind,
    approver_changes::actor_id,
    approver_changes::actor_name,
    approver_changes::at,
    approver_changes::data,
    approver_changes::hash,
) = (
    approver_changes::seq,
    approver_changes::actor_kind,
    approver_changes::actor_id,
    approver_changes::actor_name,
    approver_changes::at,
    approver_changes::data,
    approver_changes::hash,
);

/// Checks the changes of every desk: numbers without gaps, times that never go back, hashes, that each begins with what the
/// one before left, and that the last of each role gives its stored holders. Gives how many there are and what is wrong.
pub fn verify(conn: &mut DbConnection) -> Result<(usize, Vec<String>), DbError> {
    let known: Vec<(i64, String)> = desks::table
        .order(desks::id)
        .select((desks::id, desks::slug))
        .load(conn)?;
    let (mut count, mut faults) = (0, Vec::new());
    for (desk_id, slug) in known {
        let rows: Vec<ChangeRow> = approver_changes::table
            .filter(approver_changes::desk_id.eq(desk_id))
            .order(approver_changes::seq)
            .select(COLUMNS)
            .load(conn)?;
        count += rows.len();
        let stored = store::appointed(conn, desk_id)?;
        let found = faults_of(&slug, &rows, stored);
        faults.extend(
            found
                .into_iter()
                .map(|fault| format!("approvers of {slug}: {fault}")),
        );
    }
    Ok((count, faults))
}

fn faults_of(
    slug: &str,
    rows: &[ChangeRow],
    stored: BTreeMap<String, Vec<Appointed>>,
) -> Vec<String> {
    let mut faults = Vec::new();
    let mut previous = chain_start(slug);
    let mut held: BTreeMap<String, Vec<(i64, bool)>> = BTreeMap::new();
    let keys = |list: &[Appointed]| list.iter().map(Appointed::key).collect::<Vec<_>>();
    for (place, row) in (1_i32..).zip(rows) {
        let seq = row.seq;
        previous = row.chained(&previous);
        if previous != row.hash {
            faults.push(format!("change {seq} was changed"));
        }
        if seq != place {
            faults.push(format!("change {seq} stands at place {place}"));
        }
        let earlier = rows.iter().take_while(|known| known.seq < seq).last();
        if earlier.is_some_and(|before| before.at.get() > row.at.get()) {
            faults.push(format!("change {seq} is older than the one before it"));
        }
        match row.appointment() {
            Ok(change) => {
                let known = held.get(&change.role);
                if known.is_some_and(|known| *known != keys(&change.before)) {
                    faults.push(format!(
                        "change {seq} begins with other holders than the one before it left"
                    ));
                }
                held.insert(change.role.clone(), keys(&change.after));
            }
            Err(error) => faults.push(format!("change {seq} cannot be read: {error}")),
        }
    }
    for (role, holders) in &stored {
        match held.get(role) {
            Some(known) if *known == keys(holders) => {}
            Some(_) => faults.push(format!("`{role}` has other holders than its last change")),
            None => faults.push(format!("no change appoints the holders of `{role}`")),
        }
    }
    for (role, known) in held {
        if !known.is_empty() && !stored.contains_key(&role) {
            faults.push(format!("`{role}` has other holders than its last change"));
        }
    }
    faults
}
