//! Applying a desk folder: a new version of the desk, by which its open tickets go on. Ended tickets keep theirs.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::desk::Desk;
use shared::ticket::actor::Actor;
use shared::ticket::follow::{Missing, missing, profile_changed};

use super::registry::DeskRegistry;
use super::store;
use crate::db::schema::{desks, tickets};
use crate::db::{DbConnection, DbError};
use crate::tickets::error::TicketError;
use crate::tickets::{pipeline, store as ticket_store};

/// Codes named for each thing that is missing; further ones are only counted.
const NAMED: usize = 5;

/// What was applied.
#[derive(Clone, Copy, Debug)]
pub struct Applied {
    /// Key of the desk.
    pub desk_id: i64,
    /// The version that holds now.
    pub version: i32,
    /// How many open tickets go on by it.
    pub followed: usize,
    /// Whether it is new; what is installed already is left as it is.
    pub installed: bool,
}

/// Codes of open tickets by what they stand on and the new version does not have.
pub type Stranded = BTreeMap<Missing, Vec<String>>;

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Open tickets could not go on.
    #[error("{}", told(.0))]
    Stranded(Stranded),
    /// A ticket could not be moved on.
    #[error("a ticket could not go on by the new version: {0}")]
    Ticket(#[from] TicketError),
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for ApplyError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// Stores a new version of a desk, makes it the active one, and lets the desk's open tickets go on by it: their targets are
/// computed anew, the time that they have used stays theirs, also where the new version has other office hours. All of it in the caller's transaction. What is installed already
/// makes no version; only tickets that another process opened by the version before, while this one was applied, go on by it.
///
/// # Errors
/// When an open ticket stands on something that the new version does not have; nothing is stored then.
pub fn apply(
    conn: &mut DbConnection,
    profile: &Desk,
    files: &[(String, String)],
    author: &str,
    now: DateTime<Utc>,
) -> Result<Applied, ApplyError> {
    if let Some((desk_id, version)) = store::same_installed(conn, profile, files)? {
        return Ok(Applied {
            desk_id,
            version,
            followed: follow(conn, desk_id, version, now)?,
            installed: false,
        });
    }
    let (desk_id, version) = store::install(conn, profile, files, author, now)?;
    let followed = follow(conn, desk_id, version, now)?;
    Ok(Applied {
        desk_id,
        version,
        followed,
        installed: true,
    })
}

/// Open tickets of the installed desk that could not go on by this profile.
///
/// # Errors
/// When the database fails.
pub fn stranded(conn: &mut DbConnection, profile: &Desk) -> Result<Stranded, DbError> {
    let id: Option<i64> = desks::table
        .filter(desks::slug.eq(&profile.slug))
        .select(desks::id)
        .first(conn)
        .optional()?;
    let mut found = Stranded::new();
    let Some(id) = id else {
        return Ok(found);
    };
    for ticket in open_tickets(conn, id)? {
        if let Some(record) = ticket_store::load_by_id(conn, ticket)? {
            note(&mut found, &record, profile);
        }
    }
    Ok(found)
}

fn open_tickets(conn: &mut DbConnection, desk_id: i64) -> QueryResult<Vec<i64>> {
    tickets::table
        .filter(tickets::desk_id.eq(desk_id))
        // The condition of the index, in its own words.
        .filter(tickets::closed_at.is_null())
        .order(tickets::id)
        .select(tickets::id)
        .load(conn)
}

/// Notes what a ticket would miss; says whether that is something.
fn note(found: &mut Stranded, record: &ticket_store::TicketRecord, profile: &Desk) -> bool {
    let missing = missing(&record.state, profile);
    let lacks = !missing.is_empty();
    for thing in missing {
        found.entry(thing).or_default().push(record.code.clone());
    }
    lacks
}

fn follow(
    conn: &mut DbConnection,
    desk_id: i64,
    version: i32,
    now: DateTime<Utc>,
) -> Result<usize, ApplyError> {
    let registry = DeskRegistry::default();
    let desk = registry.version(conn, desk_id, version)?;
    let (mut followed, mut found) = (0, Stranded::new());
    for id in open_tickets(conn, desk_id)? {
        // Locked from here on, so somebody else's change came before or comes after.
        let Some(record) = ticket_store::load_by_id(conn, id)? else {
            continue;
        };
        if record.state.status.is_final() || record.desk_version == version {
            continue;
        }
        if note(&mut found, &record, &desk.profile) {
            continue;
        }
        let before = registry.version(conn, desk_id, record.desk_version)?;
        let event = profile_changed(
            &before.profile,
            record.desk_version.unsigned_abs(),
            &desk.profile,
            version.unsigned_abs(),
        );
        pipeline::save(conn, &desk, record, &Actor::System, vec![event], now)?;
        ticket_store::set_desk_version(conn, id, version)?;
        followed += 1;
    }
    if found.is_empty() {
        Ok(followed)
    } else {
        Err(ApplyError::Stranded(found))
    }
}

/// What is missing and for which tickets, a line each.
pub fn told(stranded: &Stranded) -> String {
    let mut text = "open tickets could not go on by this version:".to_owned();
    for (Missing { what, key }, codes) in stranded {
        let named = codes[..codes.len().min(NAMED)].join(", ");
        let more = codes.len().saturating_sub(NAMED);
        let rest = if more == 0 {
            String::new()
        } else {
            format!(" and {more} more")
        };
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "\n  it has no {what} `{key}`, which {named}{rest} need"
        );
    }
    text
}
