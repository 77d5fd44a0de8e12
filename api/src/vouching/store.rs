//! Drafts that wait for their code, found by the reference that a caller reads out, and the record of who vouched for whom.
//! The record stays when the draft gets another code, and when the draft is removed.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use shared::ticket::actor::AgentRef;
use shared::ticket::event::IdentityProof;

use crate::db::schema::{challenges, organizations, people, vouchings};
use crate::db::{DbConnection, DbError, JsonText, MultiBackend, Ts, Uid};
use crate::portal::store::{ChallengeRow, OPEN_MINUTES};

/// The registered person of a draft's address.
#[derive(Clone, Debug, Queryable)]
pub struct CallerRow {
    /// Key.
    pub id: i64,
    /// Full name.
    pub full_name: String,
    /// Contact number on file.
    pub phone: String,
    /// Name of the entity.
    pub entity: Option<String>,
}

/// Which draft is looked for.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// By the reference read out, at one desk.
    Reference {
        /// The desk.
        desk_id: i64,
        /// The reference in capital letters.
        reference: &'a str,
    },
    /// By key, at any of these desks.
    Id {
        /// The caller's scope.
        desks: &'a [i64],
        /// The key.
        id: Uid,
    },
}

/// An open draft of somebody registered at its desk; drafts of unknown addresses are not found.
pub fn find_open_draft(
    conn: &mut DbConnection,
    which: Which<'_>,
    now: DateTime<Utc>,
) -> Result<Option<(ChallengeRow, CallerRow)>, DbError> {
    let open_since = Ts::from(now - TimeDelta::minutes(OPEN_MINUTES));
    let mut query = challenges::table
        .inner_join(
            people::table.on(people::email
                .eq(challenges::email)
                .and(people::desk_id.eq(challenges::desk_id))),
        )
        .left_join(
            organizations::table.on(people::organization_id.eq(organizations::id.nullable())),
        )
        .filter(challenges::purpose.eq("draft"))
        .filter(challenges::used_at.is_null())
        .filter(challenges::created_at.ge(open_since))
        .filter(people::active.eq(true))
        .order(challenges::created_at.desc())
        .select((
            ChallengeRow::as_select(),
            (
                people::id,
                people::full_name,
                people::phone,
                organizations::name.nullable(),
            ),
        ))
        .into_boxed::<MultiBackend>();
    query = match which {
        Which::Reference { desk_id, reference } => query
            .filter(challenges::desk_id.eq(desk_id))
            .filter(challenges::reference.eq(reference.to_owned())),
        Which::Id { desks, id } => query
            .filter(challenges::desk_id.eq_any(desks.to_vec()))
            .filter(challenges::id.eq(id)),
    };
    Ok(query.first(conn).optional()?)
}

/// Keeps that an agent vouched for a caller, and how; nothing takes it away.
pub fn record(
    conn: &mut DbConnection,
    draft: &ChallengeRow,
    person_id: i64,
    agent: &AgentRef,
    proof: &IdentityProof,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::insert_into(vouchings::table)
        .values((
            vouchings::desk_id.eq(draft.desk_id),
            vouchings::challenge_id.eq(draft.id),
            vouchings::reference.eq(&draft.reference),
            vouchings::person_id.eq(person_id),
            vouchings::email.eq(&draft.email),
            vouchings::agent_id.eq(agent.id),
            vouchings::agent_name.eq(&agent.name),
            vouchings::at.eq(Ts::from(now)),
            vouchings::proof.eq(JsonText(proof.clone())),
        ))
        .execute(conn)?;
    Ok(())
}

/// How callers were validated for a draft, oldest first.
pub fn proofs(conn: &mut DbConnection, challenge: Uid) -> Result<Vec<IdentityProof>, DbError> {
    let rows: Vec<JsonText<IdentityProof>> = vouchings::table
        .filter(vouchings::challenge_id.eq(challenge))
        .order(vouchings::id)
        .select(vouchings::proof)
        .load(conn)?;
    Ok(rows.into_iter().map(|proof| proof.0).collect())
}

/// Notes which ticket a draft became, in what is kept of its callers.
pub fn note_ticket(conn: &mut DbConnection, challenge: Uid, ticket_id: i64) -> Result<(), DbError> {
    let open = vouchings::table
        .filter(vouchings::challenge_id.eq(challenge))
        .filter(vouchings::ticket_id.is_null());
    diesel::update(open)
        .set(vouchings::ticket_id.eq(Some(ticket_id)))
        .execute(conn)?;
    Ok(())
}
