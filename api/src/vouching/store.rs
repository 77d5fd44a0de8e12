//! Drafts that wait for their code, found by the reference that a caller reads out.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::db::schema::{challenges, organizations, people};
use crate::db::{DbConnection, DbError, MultiBackend, Ts, Uid};
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
