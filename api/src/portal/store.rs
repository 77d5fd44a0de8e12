//! The rows of challenges: a question for a mailed code, and the draft or lookup that waits for it.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use shared::api::portal::Purpose;
use shared::i18n::Lang;
use shared::ticket::event::IdentityProof;
use shared::ticket::status::RequestType;
use shared::ticket::text::{Body, Subject};

use crate::db::schema::{challenges, people, tickets};
use crate::db::{DbConnection, DbError, JsonText, Ts, Uid};
use crate::{load_locked, text_enum};

/// How long a code works, in minutes.
pub const CODE_MINUTES: i64 = 10;
/// Wrong tries after which a code is dead.
pub const MAX_ATTEMPTS: i32 = 5;
/// Codes that may be asked for within one challenge.
pub const MAX_SENDS: i32 = 5;
/// Seconds between two codes of a challenge.
pub const RESEND_SECONDS: i64 = 60;
/// How long a draft or a lookup waits for its proof, with whichever code, in minutes.
pub const OPEN_MINUTES: i64 = 60;

fn purpose_word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Draft => "draft",
        Purpose::Lookup => "lookup",
    }
}

fn purpose_of(word: &str) -> Option<Purpose> {
    match word {
        "draft" => Some(Purpose::Draft),
        "lookup" => Some(Purpose::Lookup),
        _ => None,
    }
}

text_enum!(
    /// The purpose in its column.
    pub PurposeText(Purpose), purpose_word, purpose_of
);
text_enum!(
    /// The language in its column.
    pub LangText(Lang), Lang::as_str, Lang::parse
);

/// The content of a draft: checked when it was sent, checked again when it becomes a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDraft {
    /// Request or incident.
    pub request_type: RequestType,
    /// Key of a category.
    pub category: Option<String>,
    /// Key of a priority; none leaves it to the desk.
    pub priority: Option<String>,
    /// Key of an impact.
    #[serde(default)]
    pub impact: Option<String>,
    /// Key of an urgency.
    #[serde(default)]
    pub urgency: Option<String>,
    /// Answers to the form of the category.
    #[serde(default)]
    pub extra: std::collections::BTreeMap<String, String>,
    /// Brief description.
    pub subject: Subject,
    /// Detailed description.
    pub message: Body,
    /// Keys of the uploads.
    pub attachments: Vec<String>,
    /// Whether the desk admits the address although nobody is registered under it.
    pub admitted: bool,
}

/// A challenge as stored.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = challenges)]
pub struct ChallengeRow {
    /// Random key.
    pub id: Uid,
    /// Desk.
    pub desk_id: i64,
    /// What the code is for.
    pub purpose: PurposeText,
    /// The address in its canonical spelling.
    pub email: String,
    /// The person whom the code proves; none when nobody is to be proved, and then no code is ever right.
    pub person_id: Option<i64>,
    /// The ticket that a lookup asked for, or that a draft became.
    pub ticket_code: Option<String>,
    /// Hash of the browser that asked.
    pub browser_hash: Vec<u8>,
    /// Keyed hash of the current code.
    pub code_hash: Vec<u8>,
    /// Wrong tries of the current code.
    pub attempts: i32,
    /// Codes asked for.
    pub sends: i32,
    /// Codes mailed.
    pub mails: i32,
    /// Short reference of a draft.
    pub reference: Option<String>,
    /// The draft.
    pub draft: Option<JsonText<StoredDraft>>,
    /// Language of the mails.
    pub language: LangText,
    /// Who read the current code out on the phone, when one did.
    pub vouched: Option<JsonText<IdentityProof>>,
    /// How often a code of it was read out; each time is kept in `vouchings`.
    pub times_vouched: i32,
    /// When it was asked for.
    pub created_at: Ts,
    /// When the current code expires.
    pub expires_at: Ts,
    /// When the last code was asked for.
    pub last_sent_at: Ts,
    /// When the code was proved.
    pub used_at: Option<Ts>,
    /// Whether it was asked for with a session of the address.
    pub by_owner: bool,
}

impl ChallengeRow {
    /// Whether the current code can still be proved.
    pub fn is_alive(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.attempts < MAX_ATTEMPTS && now <= self.expires_at.get()
    }

    /// Whether another code may still be asked for.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && now <= self.closes_at()
    }

    /// When the draft or lookup is given up.
    pub fn closes_at(&self) -> DateTime<Utc> {
        self.created_at.get() + TimeDelta::minutes(OPEN_MINUTES)
    }

    /// From when another code may be asked for.
    pub fn resend_at(&self) -> DateTime<Utc> {
        if self.sends >= MAX_SENDS {
            self.closes_at()
        } else {
            self.last_sent_at.get() + TimeDelta::seconds(RESEND_SECONDS)
        }
    }
}

/// A challenge to be stored.
#[derive(Debug)]
pub struct NewChallenge {
    /// Random key.
    pub id: Uid,
    /// Desk.
    pub desk_id: i64,
    /// What the code is for.
    pub purpose: Purpose,
    /// The address in its canonical spelling.
    pub email: String,
    /// The person whom the code proves, if anybody.
    pub person_id: Option<i64>,
    /// The ticket that a lookup asks for, whether it fits or not.
    pub ticket_code: Option<String>,
    /// Hash of the browser that asks.
    pub browser_hash: Vec<u8>,
    /// Whether it is asked for with a session of the address.
    pub by_owner: bool,
    /// Keyed hash of the code.
    pub code_hash: [u8; 32],
    /// Whether the code is mailed.
    pub mailed: bool,
    /// The draft with its short reference.
    pub draft: Option<(String, StoredDraft)>,
    /// Language of the mails.
    pub language: Lang,
}

/// Stores a challenge with its first code.
pub fn insert(
    conn: &mut DbConnection,
    new: NewChallenge,
    now: DateTime<Utc>,
) -> Result<ChallengeRow, DbError> {
    let (reference, draft) = match new.draft {
        Some((reference, draft)) => (Some(reference), Some(JsonText(draft))),
        None => (None, None),
    };
    diesel::insert_into(challenges::table)
        .values((
            challenges::id.eq(new.id),
            challenges::desk_id.eq(new.desk_id),
            challenges::purpose.eq(PurposeText(new.purpose)),
            challenges::email.eq(new.email),
            challenges::person_id.eq(new.person_id),
            challenges::ticket_code.eq(new.ticket_code),
            challenges::browser_hash.eq(new.browser_hash),
            challenges::by_owner.eq(new.by_owner),
            challenges::code_hash.eq(new.code_hash.to_vec()),
            challenges::attempts.eq(0),
            challenges::sends.eq(1),
            challenges::mails.eq(i32::from(new.mailed)),
            challenges::reference.eq(reference),
            challenges::draft.eq(draft),
            challenges::language.eq(LangText(new.language)),
            challenges::times_vouched.eq(0),
            challenges::created_at.eq(Ts::from(now)),
            challenges::expires_at.eq(Ts::from(now + TimeDelta::minutes(CODE_MINUTES))),
            challenges::last_sent_at.eq(Ts::from(now)),
        ))
        .execute(conn)?;
    Ok(challenges::table
        .find(new.id)
        .select(ChallengeRow::as_select())
        .first(conn)?)
}

/// A challenge of this browser.
pub fn find(
    conn: &mut DbConnection,
    id: Uid,
    browser_hash: &[u8],
) -> Result<Option<ChallengeRow>, DbError> {
    let own = challenges::table
        .find(id)
        .filter(challenges::browser_hash.eq(browser_hash.to_vec()));
    Ok(own
        .select(ChallengeRow::as_select())
        .first(conn)
        .optional()?)
}

/// A challenge of this browser, locked to the end of the write, so that parallel tries are counted one by one.
pub fn lock(
    conn: &mut DbConnection,
    id: Uid,
    browser_hash: &[u8],
) -> Result<Option<ChallengeRow>, DbError> {
    // Written out in the macro: the selection of a struct is of another type on each database.
    let found = load_locked!(conn, challenges::table
        .filter(challenges::id.eq(id))
        .filter(challenges::browser_hash.eq(browser_hash.to_vec()))
        .select(ChallengeRow::as_select()) => first::<ChallengeRow>);
    Ok(found.optional()?)
}

/// Counts a wrong try; gives the tries that are left. The guards hold even without the row lock.
pub fn count_wrong_try(conn: &mut DbConnection, id: Uid) -> Result<i32, DbError> {
    let alive = challenges::table
        .filter(challenges::id.eq(id))
        .filter(challenges::attempts.lt(MAX_ATTEMPTS))
        .filter(challenges::used_at.is_null());
    diesel::update(alive)
        .set(challenges::attempts.eq(challenges::attempts + 1))
        .execute(conn)?;
    let attempts: i32 = challenges::table
        .find(id)
        .select(challenges::attempts)
        .first(conn)?;
    Ok((MAX_ATTEMPTS - attempts).max(0))
}

/// Uses the code up and notes whom it proved and which ticket it opened; `false` when somebody else did meanwhile.
pub fn mark_used(
    conn: &mut DbConnection,
    id: Uid,
    person_id: i64,
    ticket_code: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let unused = challenges::table
        .filter(challenges::id.eq(id))
        .filter(challenges::used_at.is_null());
    let used = (
        challenges::used_at.eq(Some(Ts::from(now))),
        challenges::person_id.eq(Some(person_id)),
        challenges::ticket_code.eq(ticket_code),
    );
    Ok(diesel::update(unused).set(used).execute(conn)? == 1)
}

/// A fresh code in the place of the old one.
#[derive(Debug)]
pub struct FreshCode {
    /// Keyed hash of the code.
    pub code_hash: [u8; 32],
    /// The person whom the code proves, if anybody.
    pub person_id: Option<i64>,
    /// How it reaches the person.
    pub way: CodeWay,
}

/// How a fresh code reaches the person.
#[derive(Debug)]
pub enum CodeWay {
    /// By mail, or not at all where nothing is mailed.
    Asked {
        /// Whether a mail goes out.
        mailed: bool,
    },
    /// An agent reads it out after validating the caller.
    ReadOut(IdentityProof),
}

/// Replaces the code; the old one is dead from here on (B-21).
pub fn replace_code(
    conn: &mut DbConnection,
    row: &ChallengeRow,
    fresh: FreshCode,
    now: DateTime<Utc>,
) -> Result<ChallengeRow, DbError> {
    let (sends, mails, last_sent_at, vouched) = match fresh.way {
        CodeWay::Asked { mailed } => (row.sends + 1, row.mails + i32::from(mailed), now, None),
        CodeWay::ReadOut(proof) => (
            row.sends,
            row.mails,
            row.last_sent_at.get(),
            Some(JsonText(proof)),
        ),
    };
    let times_vouched = row.times_vouched + i32::from(vouched.is_some());
    diesel::update(challenges::table.find(row.id))
        .set((
            challenges::code_hash.eq(fresh.code_hash.to_vec()),
            challenges::person_id.eq(fresh.person_id),
            challenges::attempts.eq(0),
            challenges::sends.eq(sends),
            challenges::mails.eq(mails),
            challenges::expires_at.eq(Ts::from(now + TimeDelta::minutes(CODE_MINUTES))),
            challenges::last_sent_at.eq(Ts::from(last_sent_at)),
            challenges::vouched.eq(vouched),
            challenges::times_vouched.eq(times_vouched),
        ))
        .execute(conn)?;
    Ok(challenges::table
        .find(row.id)
        .select(ChallengeRow::as_select())
        .first(conn)?)
}

/// Code mails that went to an address, asked for with a session of it or without, within the last `seconds`, an hour at most: older challenges may be gone.
pub fn mails_within(
    conn: &mut DbConnection,
    email: &str,
    by_owner: bool,
    seconds: u32,
    now: DateTime<Utc>,
) -> Result<i32, DbError> {
    let window = TimeDelta::seconds(seconds.into()).min(TimeDelta::hours(1));
    let counts: Vec<i32> = challenges::table
        .filter(challenges::email.eq(email))
        .filter(challenges::by_owner.eq(by_owner))
        // A challenge stays open for an hour, so one begun before that cannot have sent anything within the window.
        .filter(
            challenges::created_at.gt(Ts::from(now - window - TimeDelta::minutes(OPEN_MINUTES))),
        )
        .filter(challenges::last_sent_at.gt(Ts::from(now - window)))
        .select(challenges::mails)
        .load(conn)?;
    Ok(counts.into_iter().fold(0, i32::saturating_add))
}

/// Whether an open draft of the desk bears this reference.
pub fn reference_is_taken(
    conn: &mut DbConnection,
    desk_id: i64,
    reference: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let count: i64 = challenges::table
        .filter(challenges::desk_id.eq(desk_id))
        .filter(challenges::reference.eq(reference))
        .filter(challenges::created_at.gt(Ts::from(now - TimeDelta::minutes(OPEN_MINUTES))))
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

/// The active registration of an address at a desk.
pub fn registered_person(
    conn: &mut DbConnection,
    desk_id: i64,
    email: &str,
) -> Result<Option<i64>, DbError> {
    Ok(people::table
        .filter(people::email.eq(email))
        .filter(people::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .select(people::id)
        .first(conn)
        .optional()?)
}

/// Whether the ticket is this person's, at this desk.
pub fn owns_ticket(
    conn: &mut DbConnection,
    desk_id: i64,
    person_id: i64,
    code: &str,
) -> Result<bool, DbError> {
    let count: i64 = tickets::table
        .filter(tickets::code.eq(code))
        .filter(tickets::desk_id.eq(desk_id))
        .filter(tickets::requester_id.eq(person_id))
        .count()
        .get_result(conn)?;
    Ok(count > 0)
}

/// Name, address and session epoch of a person whose registration at the desk is active.
pub fn session_person(
    conn: &mut DbConnection,
    desk_id: i64,
    person_id: i64,
) -> Result<Option<(String, String, i32)>, DbError> {
    Ok(people::table
        .filter(people::id.eq(person_id))
        .filter(people::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .select((people::full_name, people::email, people::epoch))
        .first(conn)
        .optional()?)
}

/// What was begun before this is over and no longer counts towards any limit.
pub fn over_before(now: DateTime<Utc>) -> DateTime<Utc> {
    now - TimeDelta::minutes(OPEN_MINUTES + 60)
}

/// Challenges that are over and no longer count towards any limit, oldest first.
pub fn list_over(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<Vec<Uid>, DbError> {
    Ok(challenges::table
        .filter(challenges::created_at.lt(Ts::from(over_before(now))))
        .order(challenges::created_at)
        .limit(500)
        .select(challenges::id)
        .load(conn)?)
}

/// Forgets challenges.
pub fn delete(conn: &mut DbConnection, ids: &[Uid]) -> Result<(), DbError> {
    diesel::delete(challenges::table.filter(challenges::id.eq_any(ids.to_vec()))).execute(conn)?;
    Ok(())
}
