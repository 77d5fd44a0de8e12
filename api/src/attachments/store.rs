//! The rows of attachments.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use shared::desk::Desk;
use shared::ticket::status::Visibility;
use uuid::Uuid;

use super::storage::Received;
use crate::auth::token::hex;
use crate::claim;
use crate::db::dialect::lock_name;
use crate::db::schema::{attachments, tickets};
use crate::db::{DbConnection, DbError, MultiBackend, Ts, Uid};
use crate::tickets::sight::{AtDesks, Sight};

/// How long an upload waits to be bound.
pub const UNBOUND_HOURS: i64 = 24;

/// Who sent a file, and who alone may bind or remove it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// A browser without a session, by the hash of its binding cookie.
    Browser(Vec<u8>),
    /// The requester of a portal session.
    Person(i64),
    /// An agent.
    User(i64),
}

impl Owner {
    /// The word in the `owner_kind` column.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Browser(_) => "browser",
            Self::Person(_) => "person",
            Self::User(_) => "user",
        }
    }

    /// The text in the `owner_key` column.
    pub fn key(&self) -> String {
        match self {
            Self::Browser(hash) => hex(hash),
            Self::Person(id) | Self::User(id) => id.to_string(),
        }
    }
}

/// The message that files are bound to.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The ticket's desk.
    pub desk_id: i64,
    /// The ticket.
    pub ticket_id: i64,
    /// The message of the ticket.
    pub message_id: i64,
    /// The message's visibility, which its files inherit (I-11).
    pub visibility: Visibility,
}

/// How much may be attached.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Files of one message.
    pub files_per_message: usize,
    /// Bytes of one file.
    pub file_bytes: i64,
    /// Bytes of all files of a ticket.
    pub ticket_bytes: i64,
}

impl Quota {
    /// What a desk takes, which is never more than the installation does (`DeskRegistry`).
    pub fn of(desk: &Desk, ticket_bytes: i64) -> Self {
        Self {
            files_per_message: usize::try_from(desk.attachments.max_files).unwrap_or(usize::MAX),
            file_bytes: i64::try_from(desk.attachments.max_bytes).unwrap_or(i64::MAX),
            ticket_bytes,
        }
    }
}

/// Why files cannot be bound.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// These positions of the list name no upload of this owner, or one that waited for too long.
    #[error("the list names uploads that do not exist")]
    Unknown(Vec<Missing>),
    /// These positions of the list name uploads that belong to a message already.
    #[error("the list names uploads that were used already")]
    Used(Vec<usize>),
    /// These positions of the list name uploads that weigh more than the desk takes.
    #[error("the list names uploads that are too large")]
    TooLarge(Vec<usize>),
    /// More files than a message takes.
    #[error("a message takes at most {max} files")]
    TooMany {
        /// The most that it takes.
        max: usize,
    },
    /// The ticket's files would weigh too much together.
    #[error("the files of a ticket may weigh at most {max_bytes} bytes")]
    TicketFull {
        /// The most that they may weigh.
        max_bytes: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// A position of the list at which there is nothing to bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The position, from 0.
    pub position: usize,
    /// Name of the file, if it is the owner's, waited for too long and is not cleared away yet.
    pub name: Option<String>,
}

impl From<diesel::result::Error> for BindError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// Bytes that may wait to be bound.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Of one client.
    pub client_bytes: i64,
    /// Of all browsers without a session together. Requesters and agents are known, and have the limit of a client each:
    /// strangers cannot take their room.
    pub strangers_bytes: i64,
}

/// Why an upload is not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// Too much of this client waits already.
    #[error("too many bytes of this client wait to be bound")]
    ClientFull,
    /// Too much waits already.
    #[error("too many bytes of strangers wait to be bound")]
    Full,
    /// The database failed.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for KeepError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// A row of the table.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = attachments)]
pub struct AttachmentRow {
    /// Random key.
    pub id: Uid,
    /// Cleaned file name.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256 of the content.
    pub sha256: Vec<u8>,
    /// Key in the attachment store.
    pub storage_key: String,
    /// When it was received.
    pub created_at: Ts,
    /// The message it belongs to.
    pub message_id: Option<i64>,
    /// Whether the requester may see it.
    pub visibility: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = attachments, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: Uid,
    owner_kind: &'a str,
    owner_key: String,
    name: &'a str,
    media_type: &'a str,
    size: i64,
    sha256: &'a [u8],
    storage_key: &'a str,
    client: &'a str,
    created_at: Ts,
}

/// Whoever a waiting file is counted to: a client network, a requester or an agent.
#[derive(Clone, Copy, Debug)]
pub struct Sender<'a> {
    /// Who may bind it.
    pub owner: &'a Owner,
    /// Who it is counted to.
    pub client: &'a str,
}

/// Keeps an upload for its owner.
///
/// # Errors
/// [`KeepError`] when there is no room for it.
pub fn insert(
    conn: &mut DbConnection,
    Sender { owner, client }: Sender<'_>,
    name: &str,
    received: &Received,
    room: Room,
    now: DateTime<Utc>,
) -> Result<AttachmentRow, KeepError> {
    // Files that arrive at once must not all find the same room.
    lock_name(conn, "uploads")?;
    check_room(conn, Sender { owner, client }, received.size, room)?;
    let id = Uid(Uuid::new_v4());
    let row = NewRow {
        id,
        owner_kind: owner.kind(),
        owner_key: owner.key(),
        name,
        media_type: received.media_type,
        size: received.size,
        sha256: &received.sha256,
        storage_key: &received.storage_key,
        client,
        created_at: now.into(),
    };
    diesel::insert_into(attachments::table)
        .values(row)
        .execute(conn)?;
    Ok(attachments::table
        .find(id)
        .select(AttachmentRow::as_select())
        .first(conn)?)
}

/// Checks that so many bytes more may wait to be bound.
///
/// # Errors
/// [`KeepError`].
pub fn check_room(
    conn: &mut DbConnection,
    Sender { owner, client }: Sender<'_>,
    more: i64,
    room: Room,
) -> Result<(), KeepError> {
    let waiting = || attachments::table.filter(attachments::bound_at.is_null());
    let own: i64 = waiting()
        .filter(attachments::client.eq(client))
        .select(bytes())
        .first(conn)?;
    if own.saturating_add(more) > room.client_bytes {
        return Err(KeepError::ClientFull);
    }
    if !matches!(owner, Owner::Browser(_)) {
        return Ok(());
    }
    let strangers: i64 = waiting()
        .filter(attachments::owner_kind.eq(owner.kind()))
        .select(bytes())
        .first(conn)?;
    if strangers.saturating_add(more) > room.strangers_bytes {
        return Err(KeepError::Full);
    }
    Ok(())
}

/// The sum of sizes; PostgreSQL would give it as another type.
fn bytes() -> SqlLiteral<BigInt> {
    sql("CAST(COALESCE(SUM(size), 0) AS BIGINT)")
}

/// Checks that uploads can be bound by this owner, without binding them. Gives their keys in the order of the list.
///
/// # Errors
/// [`BindError`], with all wrong positions at once.
pub fn check(
    conn: &mut DbConnection,
    owners: &[Owner],
    ids: &[String],
    quota: Quota,
    now: DateTime<Utc>,
) -> Result<Vec<Uid>, BindError> {
    if ids.len() > quota.files_per_message {
        return Err(BindError::TooMany {
            max: quota.files_per_message,
        });
    }
    let mut found = Vec::with_capacity(ids.len());
    let (mut unknown, mut used, mut large) = (Vec::new(), Vec::new(), Vec::new());
    let mut bytes = 0_i64;
    for (position, id) in ids.iter().enumerate() {
        match find_own(conn, owners, id, now)? {
            Own::Nothing => unknown.push(Missing {
                position,
                name: None,
            }),
            Own::Expired(name) => unknown.push(Missing {
                position,
                name: Some(name),
            }),
            Own::Bound => used.push(position),
            Own::Waiting(id, _) if found.contains(&id) => used.push(position),
            Own::Waiting(id, size) => {
                if size > quota.file_bytes {
                    large.push(position);
                }
                found.push(id);
                bytes = bytes.saturating_add(size);
            }
        }
    }
    if !unknown.is_empty() {
        return Err(BindError::Unknown(unknown));
    }
    if !used.is_empty() {
        return Err(BindError::Used(used));
    }
    // A file that was sent for another desk, or for none, may weigh more than this desk takes.
    if !large.is_empty() {
        return Err(BindError::TooLarge(large));
    }
    if bytes > quota.ticket_bytes {
        return Err(BindError::TicketFull {
            max_bytes: quota.ticket_bytes,
        });
    }
    Ok(found)
}

/// Binds uploads to a message, once, and only for whoever sent them (T-UP-2).
///
/// # Errors
/// [`BindError`]; the caller's transaction must then be rolled back.
pub fn bind(
    conn: &mut DbConnection,
    owner: &Owner,
    ids: &[String],
    place: Place,
    quota: Quota,
    now: DateTime<Utc>,
) -> Result<Vec<AttachmentRow>, BindError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = check(conn, std::slice::from_ref(owner), ids, quota, now)?;
    for (position, id) in found.iter().enumerate() {
        // Asked again here, because the owner may have taken it back since: then its bytes are gone.
        let unbound = attachments::table
            .filter(attachments::id.eq(*id))
            .filter(attachments::owner_kind.eq(owner.kind()))
            .filter(attachments::owner_key.eq(owner.key()))
            .filter(attachments::bound_at.is_null());
        let changed = diesel::update(unbound)
            .set((
                attachments::desk_id.eq(place.desk_id),
                attachments::ticket_id.eq(place.ticket_id),
                attachments::message_id.eq(place.message_id),
                attachments::visibility.eq(place.visibility.as_str()),
                attachments::bound_at.eq(Ts::from(now)),
                // Where it came from matters only while it waits.
                attachments::client.eq(""),
                attachments::challenge_id.eq(None::<Uid>),
            ))
            .execute(conn)?;
        if changed == 0 {
            return Err(BindError::Used(vec![position]));
        }
    }
    if ticket_bytes(conn, place.ticket_id)? > quota.ticket_bytes {
        return Err(BindError::TicketFull {
            max_bytes: quota.ticket_bytes,
        });
    }
    let rows = attachments::table
        .filter(attachments::id.eq_any(found))
        .order(attachments::id)
        .select(AttachmentRow::as_select())
        .load(conn)?;
    Ok(rows)
}

/// Gives uploads to a draft: they stay its browser's, and go with the draft when that expires. Gives how many it
/// got; what was taken back meanwhile is not among them.
pub fn reserve(
    conn: &mut DbConnection,
    browser: &Owner,
    ids: &[Uid],
    challenge: Uid,
) -> Result<usize, DbError> {
    let unbound = attachments::table
        .filter(attachments::id.eq_any(ids.to_vec()))
        .filter(attachments::owner_key.ne(""))
        .filter(attachments::bound_at.is_null());
    Ok(diesel::update(unbound)
        .set((
            attachments::owner_kind.eq(browser.kind()),
            attachments::owner_key.eq(browser.key()),
            attachments::challenge_id.eq(Some(challenge)),
        ))
        .execute(conn)?)
}

/// The files of some messages, oldest first, for views that show whole tickets.
pub fn list_for_messages(
    conn: &mut DbConnection,
    message_ids: &[i64],
) -> Result<Vec<AttachmentRow>, DbError> {
    Ok(attachments::table
        .filter(attachments::message_id.eq_any(message_ids.to_vec()))
        .order((attachments::created_at, attachments::id))
        .select(AttachmentRow::as_select())
        .load(conn)?)
}

/// Those of the named files that belong to a ticket already, whoever may read them.
pub fn of_ticket(
    conn: &mut DbConnection,
    ticket_id: i64,
    ids: &[String],
) -> Result<Vec<AttachmentRow>, DbError> {
    let ids: Vec<Uid> = ids
        .iter()
        .filter_map(|id| Uuid::try_parse(id).ok())
        .map(Uid)
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(attachments::table
        .filter(attachments::ticket_id.eq(ticket_id))
        .filter(attachments::id.eq_any(ids))
        .order((attachments::created_at, attachments::id))
        .select(AttachmentRow::as_select())
        .load(conn)?)
}

/// A file of a ticket of the requester; `None` also for internal files and other people's tickets.
pub fn find_for_requester(
    conn: &mut DbConnection,
    desk_id: i64,
    person_id: i64,
    ticket_code: &str,
    id: Uid,
) -> Result<Option<AttachmentRow>, DbError> {
    Ok(attachments::table
        .inner_join(tickets::table.on(attachments::ticket_id.eq(tickets::id.nullable())))
        .filter(tickets::code.eq(ticket_code))
        .filter(tickets::desk_id.eq(desk_id))
        .filter(tickets::requester_id.eq(person_id))
        .filter(attachments::id.eq(id))
        .filter(attachments::visibility.eq(Visibility::Public.as_str()))
        .select(AttachmentRow::as_select())
        .first(conn)
        .optional()?)
}

/// A file of a ticket at one of the desks; `None` also for tickets elsewhere. `desks` of `None` means all desks.
pub fn find_for_agent(
    conn: &mut DbConnection,
    sight: &Sight,
    ticket_code: &str,
    id: Uid,
) -> Result<Option<AttachmentRow>, DbError> {
    let mut query = attachments::table
        .inner_join(tickets::table.on(attachments::ticket_id.eq(tickets::id.nullable())))
        .filter(tickets::code.eq(ticket_code.to_owned()))
        .filter(sight.visible.clone())
        .filter(attachments::id.eq(id))
        .select(AttachmentRow::as_select())
        .into_boxed::<MultiBackend>();
    if let Some(desks) = &sight.desks {
        query = query.filter(AtDesks(desks.clone()));
    }
    Ok(query.first(conn).optional()?)
}

/// Takes an unbound upload from its owner, so that nobody can bind it any more; gives its key in the store.
pub fn discard_own(
    conn: &mut DbConnection,
    owner: &Owner,
    id: Uid,
) -> Result<Option<String>, DbError> {
    let own = attachments::table
        .filter(attachments::id.eq(id))
        .filter(attachments::owner_kind.eq(owner.kind()))
        .filter(attachments::owner_key.eq(owner.key()))
        .filter(attachments::bound_at.is_null());
    // One statement decides: a message that takes the file at this moment either has it now, or finds it gone.
    let taken = diesel::update(own)
        .set((
            attachments::owner_key.eq(""),
            attachments::challenge_id.eq(None::<Uid>),
        ))
        .execute(conn)?;
    if taken == 0 {
        return Ok(None);
    }
    Ok(Some(
        attachments::table
            .find(id)
            .select(attachments::storage_key)
            .first(conn)?,
    ))
}

/// Takes old unbound uploads from their owners; gives their keys. Ones that an earlier run left are among them.
pub fn discard_expired(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
) -> Result<Vec<(Uid, String)>, DbError> {
    let before = Ts::from(now - TimeDelta::hours(UNBOUND_HOURS));
    // What a message is taking at this moment is locked, and so is not among them.
    let expired = claim!(conn, attachments::table
        .filter(attachments::bound_at.is_null())
        .filter(
            attachments::created_at
                .lt(before)
                .or(attachments::owner_key.eq("")),
        )
        .order(attachments::created_at)
        .limit(500)
        .select((attachments::id, attachments::storage_key)) => load::<(Uid, String)>)?;
    let ids: Vec<Uid> = expired.iter().map(|(id, _)| *id).collect();
    diesel::update(attachments::table.filter(attachments::id.eq_any(ids)))
        .set((
            attachments::owner_key.eq(""),
            attachments::challenge_id.eq(None::<Uid>),
        ))
        .execute(conn)?;
    Ok(expired)
}

/// Takes the unbound uploads of expired drafts from their owners; the next clean-up removes their bytes.
pub fn discard_for_challenges(conn: &mut DbConnection, challenges: &[Uid]) -> Result<(), DbError> {
    diesel::update(
        attachments::table
            .filter(attachments::challenge_id.eq_any(challenges.to_vec()))
            .filter(attachments::bound_at.is_null()),
    )
    .set((
        attachments::owner_key.eq(""),
        attachments::challenge_id.eq(None::<Uid>),
    ))
    .execute(conn)?;
    Ok(())
}

/// Forgets uploads whose bytes are gone.
pub fn delete(conn: &mut DbConnection, ids: &[Uid]) -> Result<(), DbError> {
    diesel::delete(
        attachments::table
            .filter(attachments::id.eq_any(ids.to_vec()))
            .filter(attachments::bound_at.is_null())
            .filter(attachments::owner_key.eq("")),
    )
    .execute(conn)?;
    Ok(())
}

/// Which of these files of the store have a row.
pub fn known_files(conn: &mut DbConnection, keys: &[String]) -> Result<HashSet<String>, DbError> {
    let known: Vec<String> = attachments::table
        .filter(attachments::storage_key.eq_any(keys.to_vec()))
        .select(attachments::storage_key)
        .load(conn)?;
    Ok(known.into_iter().collect())
}

/// What a key names among the uploads of some owners.
enum Own {
    /// Nothing of theirs.
    Nothing,
    /// An upload past its time, by its name: it cannot be bound any more.
    Expired(String),
    /// A file that belongs to a message already.
    Bound,
    /// An upload that can be bound: key and size.
    Waiting(Uid, i64),
}

fn find_own(
    conn: &mut DbConnection,
    owners: &[Owner],
    id: &str,
    now: DateTime<Utc>,
) -> Result<Own, DbError> {
    type Row = (String, String, String, i64, Ts, Option<Ts>);
    let Ok(id) = Uuid::try_parse(id) else {
        return Ok(Own::Nothing);
    };
    let row: Option<Row> = attachments::table
        .find(Uid(id))
        .select((
            attachments::owner_kind,
            attachments::owner_key,
            attachments::name,
            attachments::size,
            attachments::created_at,
            attachments::bound_at,
        ))
        .first(conn)
        .optional()?;
    let Some((kind, key, name, size, created_at, bound_at)) = row else {
        return Ok(Own::Nothing);
    };
    // Nobody is told the name of a file that is not theirs.
    let own = owners
        .iter()
        .any(|owner| owner.kind() == kind && owner.key() == key);
    let in_time = created_at.get() > now - TimeDelta::hours(UNBOUND_HOURS);
    Ok(match (own, bound_at) {
        (false, _) => Own::Nothing,
        (true, Some(_)) => Own::Bound,
        (true, None) if in_time => Own::Waiting(Uid(id), size),
        (true, None) => Own::Expired(name),
    })
}

fn ticket_bytes(conn: &mut DbConnection, ticket_id: i64) -> Result<i64, DbError> {
    let sizes: Vec<i64> = attachments::table
        .filter(attachments::ticket_id.eq(ticket_id))
        .select(attachments::size)
        .load(conn)?;
    Ok(sizes.into_iter().fold(0, i64::saturating_add))
}
