//! Sessions: rotating refresh tokens in families.
//!
//! Signing in starts a family. Each refresh replaces the token by the next of its family; only hashes are stored. A
//! token that comes a second time was copied by somebody, so the whole family ends, whoever is right; unless it comes
//! right after its replacement, of which nothing was seen since: then the answer was lost with a page that was loaded
//! again, or with the network, and the token is replaced once more. A family ends after 30 minutes without use, and
//! after 12 hours (console) or 8 hours (portal) in any case.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::token::{new_refresh_token, sha256};
use crate::db::schema::sessions;
use crate::db::{DbConnection, Ts, Uid};
use crate::text_enum;

/// A side of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Agents.
    Console,
    /// Requesters.
    Portal,
}

impl Audience {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Portal => "portal",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        match word {
            "console" => Some(Self::Console),
            "portal" => Some(Self::Portal),
            _ => None,
        }
    }

    /// A session ends after this time in any case.
    pub fn absolute_life(self) -> TimeDelta {
        match self {
            Self::Console => TimeDelta::hours(12),
            Self::Portal => TimeDelta::hours(8),
        }
    }
}

text_enum! {
    /// Column form of [`Audience`].
    pub AudienceText(Audience), Audience::as_str, Audience::parse
}

/// A session ends after this time without a refresh.
pub const IDLE_LIFE: TimeDelta = TimeDelta::minutes(30);

/// For so long after it was replaced, a token that comes again counts as one whose answer was lost.
///
/// A client gives up after half a minute, so it is longer than that.
const LOST_ANSWER: TimeDelta = TimeDelta::seconds(90);

/// Whose session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Side of the product.
    pub audience: Audience,
    /// Key of the agent or person.
    pub subject_id: i64,
    /// Desk of a portal session.
    pub desk_id: Option<i64>,
}

/// A session as the holder gets it.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// Whose it is.
    pub subject: Subject,
    /// The family, named `sid` in access tokens.
    pub family: Uuid,
    /// The refresh token for the cookie; shown nowhere else.
    pub refresh_token: String,
    /// When the family ends in any case.
    pub absolute_expires_at: DateTime<Utc>,
}

impl Grant {
    /// Lifetime for the cookie, in seconds.
    pub fn cookie_seconds(&self, now: DateTime<Utc>) -> i64 {
        (self.absolute_expires_at - now)
            .min(IDLE_LIFE)
            .num_seconds()
            .max(0)
    }
}

#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
struct NewSession<'a> {
    id: Uid,
    family: Uid,
    audience: &'a str,
    subject_id: i64,
    desk_id: Option<i64>,
    token_hash: &'a [u8],
    created_at: Ts,
    last_used_at: Ts,
    expires_at: Ts,
    absolute_expires_at: Ts,
    replaced_at: Option<Ts>,
    revoked_at: Option<Ts>,
    binding: Option<&'a [u8]>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: Uid,
    family: Uid,
    audience: AudienceText,
    subject_id: i64,
    desk_id: Option<i64>,
    expires_at: Ts,
    absolute_expires_at: Ts,
    replaced_at: Option<Ts>,
    revoked_at: Option<Ts>,
}

/// Starts a session; always a new family, never one that a visitor brought along.
pub fn start(conn: &mut DbConnection, subject: Subject, now: DateTime<Utc>) -> QueryResult<Grant> {
    issue(
        conn,
        subject,
        Uuid::now_v7(),
        now + subject.audience.absolute_life(),
        now,
    )
}

fn issue(
    conn: &mut DbConnection,
    subject: Subject,
    family: Uuid,
    absolute: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<Grant> {
    let refresh_token = new_refresh_token();
    let row = NewSession {
        id: Uid(Uuid::now_v7()),
        family: Uid(family),
        audience: subject.audience.as_str(),
        subject_id: subject.subject_id,
        desk_id: subject.desk_id,
        token_hash: &sha256(refresh_token.as_bytes()),
        created_at: now.into(),
        last_used_at: now.into(),
        expires_at: (now + IDLE_LIFE).min(absolute).into(),
        absolute_expires_at: absolute.into(),
        replaced_at: None,
        revoked_at: None,
        binding: None,
    };
    diesel::insert_into(sessions::table)
        .values(&row)
        .execute(conn)?;
    Ok(Grant {
        subject,
        family,
        refresh_token,
        absolute_expires_at: absolute,
    })
}

/// What became of a refresh.
pub enum Refreshed {
    /// The next token of the family.
    Granted(Grant),
    /// Unknown, ended or too old.
    Refused,
    /// Used before: the family was ended. Commit this, do not roll it back.
    Reused(Subject),
}

/// Replaces a refresh token by the next one. Runs in a write; every outcome is to be committed.
pub fn refresh(
    conn: &mut DbConnection,
    audience: Audience,
    token: &str,
    now: DateTime<Utc>,
) -> QueryResult<Refreshed> {
    let hash = sha256(token.as_bytes());
    let found = crate::load_locked!(
        conn,
        sessions::table.filter(sessions::token_hash.eq(hash.as_slice())).select(SessionRow::as_select()) => first::<SessionRow>
    )
    .optional()?;
    let Some(row) = found.filter(|row| row.audience.0 == audience) else {
        return Ok(Refreshed::Refused);
    };
    let subject = Subject {
        audience,
        subject_id: row.subject_id,
        desk_id: row.desk_id,
    };
    let reused = |conn: &mut DbConnection| {
        end_family(conn, row.family.0, now)?;
        tracing::warn!(session.family = %row.family.0, session.audience = audience.as_str(), "a refresh token came a second time; its session was ended");
        Ok(Refreshed::Reused(subject))
    };
    if row.expires_at.get() <= now || row.absolute_expires_at.get() <= now {
        return Ok(Refreshed::Refused);
    }
    if row.revoked_at.is_some() {
        // In a session that goes on, a token was ended because it seemed lost; but somebody has it.
        return if is_live(conn, row.family.0, now)? {
            reused(conn)
        } else {
            Ok(Refreshed::Refused)
        };
    }
    let replaced = row.replaced_at.map(Ts::get);
    // The clock was read before the row was locked: what comes later must not seem older.
    let now = replaced.map_or(now, |replaced| replaced.max(now));
    match replaced {
        Some(replaced) => {
            let lost = now - replaced <= LOST_ANSWER && give_up(conn, &row, replaced, now)?;
            if !lost {
                return reused(conn);
            }
            tracing::warn!(session.family = %row.family.0, session.audience = audience.as_str(), "a refresh was repeated whose answer seems lost");
        }
        None => {
            let used = (
                sessions::replaced_at.eq(Some(Ts::new(now))),
                sessions::last_used_at.eq(Ts::new(now)),
            );
            diesel::update(sessions::table.find(row.id))
                .set(used)
                .execute(conn)?;
        }
    }
    Ok(Refreshed::Granted(issue(
        conn,
        subject,
        row.family.0,
        row.absolute_expires_at.get(),
        now,
    )?))
}

/// Ends the token that was issued since then in the place of a replaced one, if nobody has come with it; tells whether that was so.
fn give_up(
    conn: &mut DbConnection,
    replaced: &SessionRow,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let issued = || {
        sessions::table
            .filter(sessions::family.eq(replaced.family))
            .filter(sessions::id.ne(replaced.id))
            .filter(sessions::created_at.ge(Ts::new(since)))
    };
    let unseen = issued()
        .filter(sessions::replaced_at.is_null())
        .filter(sessions::revoked_at.is_null());
    // Of two at once, one waits here for the other and finds nothing left.
    let ended = diesel::update(unseen)
        .set(sessions::revoked_at.eq(Some(Ts::new(now))))
        .execute(conn)?;
    if ended == 0 {
        return Ok(false);
    }
    let seen = issued().filter(sessions::replaced_at.is_not_null());
    diesel::select(diesel::dsl::not(diesel::dsl::exists(seen))).get_result(conn)
}

/// The session that a refresh token belongs to, without using the token up.
pub fn find_by_token(
    conn: &mut DbConnection,
    audience: Audience,
    token: &str,
) -> QueryResult<Option<Uuid>> {
    let hash = sha256(token.as_bytes());
    let query = sessions::table
        .filter(sessions::token_hash.eq(hash.to_vec()))
        .filter(sessions::audience.eq(audience.as_str()));
    let family = query
        .select(sessions::family)
        .first::<Uid>(conn)
        .optional()?;
    Ok(family.map(|family| family.0))
}

/// Ends a session: signing out.
pub fn end_family(conn: &mut DbConnection, family: Uuid, now: DateTime<Utc>) -> QueryResult<usize> {
    let live = sessions::table
        .filter(sessions::family.eq(Uid(family)))
        .filter(sessions::revoked_at.is_null());
    diesel::update(live)
        .set(sessions::revoked_at.eq(Some(Ts::new(now))))
        .execute(conn)
}

/// Ends every session of an agent or person: disabled, password changed, rights changed.
pub fn end_all(
    conn: &mut DbConnection,
    audience: Audience,
    subject_id: i64,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let live = sessions::table
        .filter(sessions::audience.eq(audience.as_str()))
        .filter(sessions::subject_id.eq(subject_id))
        .filter(sessions::revoked_at.is_null());
    diesel::update(live)
        .set(sessions::revoked_at.eq(Some(Ts::new(now))))
        .execute(conn)
}

/// Whether a family still has a usable token.
pub fn is_live(conn: &mut DbConnection, family: Uuid, now: DateTime<Utc>) -> QueryResult<bool> {
    let usable = sessions::table
        .filter(sessions::family.eq(Uid(family)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::replaced_at.is_null())
        .filter(sessions::expires_at.gt(Ts::new(now)));
    diesel::select(diesel::dsl::exists(usable)).get_result(conn)
}

/// Forgets sessions that ended more than a day ago; a worker calls it.
pub fn forget_old(conn: &mut DbConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let old =
        sessions::table.filter(sessions::absolute_expires_at.lt(Ts::new(now - TimeDelta::days(1))));
    diesel::delete(old).execute(conn)
}
