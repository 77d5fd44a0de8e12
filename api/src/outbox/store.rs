//! The rows of the outbox: enqueue, claim by lease, mark with fencing, and the record that a timeline shows.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::Bool;
use shared::i18n::Lang;
use shared::ticket::text::EmailAddress;
use uuid::Uuid;

use crate::db::bulk::Bulk;
use crate::db::schema::outbox;
use crate::db::{DbConnection, JsonText, Ts};
use crate::mail::{Content, MailPayload};
use crate::{claim, each};

/// A mail to be sent after the commit.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// Desk in whose name it is sent.
    pub desk_id: i64,
    /// Ticket whose timeline shows it; none for codes and access requests.
    pub ticket_id: Option<i64>,
    /// Number of the event that caused it, within the ticket.
    pub event_seq: Option<i32>,
    /// The one recipient.
    pub recipient: EmailAddress,
    /// Language of the text.
    pub language: Lang,
    /// What it says.
    pub payload: MailPayload,
    /// Names the cause within the whole system, e.g. `ticket:12:event:5` or `challenge:<uuid>:1`. Together with the
    /// template and the recipient it is the unique key (I-42).
    pub cause: String,
}

/// What became of an [`enqueue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// A new row.
    New,
    /// The same mail for the same cause was enqueued before; nothing was added.
    AlreadyThere,
}

/// A mail as it is written down.
#[derive(Insertable, Debug)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
pub struct MailRow {
    desk_id: i64,
    ticket_id: Option<i64>,
    event_seq: Option<i32>,
    template: &'static str,
    recipient: String,
    language: &'static str,
    payload: JsonText<MailPayload>,
    message_id: String,
    dedup_key: String,
    status: &'static str,
    attempts: i32,
    created_at: Ts,
    next_attempt_at: Ts,
}

impl MailRow {
    /// A mail that is to be sent.
    ///
    /// The left part of its Message-ID is drawn here, so that every try of every worker carries the same one.
    pub fn of(mail: NewMail, now: DateTime<Utc>) -> Self {
        Self::new(mail, now, PENDING)
    }

    fn new(mail: NewMail, now: DateTime<Utc>, status: &'static str) -> Self {
        let template = mail.payload.content.template();
        Self {
            desk_id: mail.desk_id,
            ticket_id: mail.ticket_id,
            event_seq: mail.event_seq,
            template,
            dedup_key: format!("{}|{template}|{}", mail.cause, mail.recipient.canonical()),
            recipient: mail.recipient.into_string(),
            language: mail.language.as_str(),
            payload: JsonText(mail.payload),
            message_id: format!("{template}.{}", Uuid::new_v4().simple()),
            status,
            attempts: 0,
            created_at: Ts::new(now),
            next_attempt_at: Ts::new(now),
        }
    }
}

/// Puts a mail into the outbox, as part of the caller's transaction.
pub fn enqueue(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    mail: NewMail,
) -> QueryResult<Enqueued> {
    insert(conn, &MailRow::of(mail, now))
}

/// Puts all mails of one command into the outbox; PostgreSQL is given them together, because asking it takes longer than
/// writing a row.
pub fn insert_all(conn: &mut DbConnection, mails: &[MailRow]) -> QueryResult<()> {
    match conn {
        _ if mails.is_empty() => Ok(()),
        DbConnection::Pg(pg) => Mails(of_many(mails)).execute(pg).map(drop),
        DbConnection::Sqlite(_) => mails
            .iter()
            .try_for_each(|mail| insert(conn, mail).map(drop)),
    }
}

/// What follows [`of_many`] in a statement: a mail that is there already is not added again.
pub const UNLESS_THERE: &str = " ON CONFLICT (dedup_key) DO NOTHING";

/// Many mails in one statement, which [`UNLESS_THERE`] completes.
pub fn of_many<'a>(mails: impl IntoIterator<Item = &'a MailRow>) -> Bulk<'a, MailRow> {
    Bulk::new("outbox", mails)
        .set(outbox::desk_id, |row| row.desk_id)
        .set(outbox::ticket_id, |row| row.ticket_id)
        .set(outbox::event_seq, |row| row.event_seq)
        .set(outbox::template, |row| row.template)
        .set(outbox::recipient, |row| &row.recipient)
        .set(outbox::language, |row| row.language)
        .set(outbox::payload, |row| &row.payload)
        .set(outbox::message_id, |row| &row.message_id)
        .set(outbox::dedup_key, |row| &row.dedup_key)
        .set(outbox::status, |row| row.status)
        .set(outbox::attempts, |row| row.attempts)
        .set(outbox::created_at, |row| row.created_at)
        .set(outbox::next_attempt_at, |row| row.next_attempt_at)
}

/// Mails that are put into the outbox unless they are there.
struct Mails<'a>(Bulk<'a, MailRow>);

// Its text depends on nothing.
impl QueryId for Mails<'_> {
    type QueryId = Mails<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for Mails<'_> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(UNLESS_THERE);
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for Mails<'_> {}

/// Writes down a mail that nobody is to get, for whoever must not be told apart from somebody who gets one: the work is
/// that of [`enqueue`], and no worker ever takes the row.
pub fn withhold(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    mail: NewMail,
) -> QueryResult<Enqueued> {
    insert(conn, &MailRow::new(mail, now, WITHHELD))
}

/// Forgets mails that were withheld before an instant.
pub fn forget_withheld(conn: &mut DbConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    let old = outbox::table
        .filter(sql::<Bool>("outbox.status = 'withheld'"))
        .filter(outbox::created_at.lt(Ts::new(before)));
    diesel::delete(old).execute(conn)
}

const PENDING: &str = "pending";
const WITHHELD: &str = "withheld";

/// The condition of the index `outbox_due`, in its own words: from a bound value no database can tell that the index holds
/// every row that is wanted.
fn is_pending() -> SqlLiteral<Bool> {
    sql("outbox.status = 'pending'")
}

fn insert(conn: &mut DbConnection, row: &MailRow) -> QueryResult<Enqueued> {
    let added = each!(conn, inner => diesel::insert_into(outbox::table)
        .values(row)
        .on_conflict(outbox::dedup_key)
        .do_nothing()
        .execute(inner))?;
    Ok(if added == 0 {
        Enqueued::AlreadyThere
    } else {
        Enqueued::New
    })
}

/// A row that a worker holds by lease.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Key.
    pub id: i64,
    /// Recipient, as stored.
    pub recipient: String,
    /// Language of the text.
    pub language: String,
    /// What it says, as stored.
    pub payload: String,
    /// Left part of the Message-ID.
    pub message_id: String,
    /// Tries that failed before this one.
    pub attempts: i32,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// Names this claim; a mark without it changes nothing (I-45).
    pub lease: String,
}

type ClaimedRow = (i64, String, String, String, String, i32, Ts);

/// Takes up to `limit` due rows for one worker until `until`, oldest first.
///
/// Of the rows of one ticket to one person only the oldest unfinished one is ever taken, so that they leave in order and
/// a stuck one holds up nobody else (I-43).
pub fn claim(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> QueryResult<Vec<Claimed>> {
    let lease = Uuid::new_v4().simple().to_string();
    let elder = diesel::alias!(outbox as elder);
    let has_elder = exists(
        elder
            .filter(elder.field(outbox::ticket_id).eq(outbox::ticket_id))
            .filter(elder.field(outbox::recipient).eq(outbox::recipient))
            .filter(sql::<Bool>("elder.status = 'pending'"))
            .filter(elder.field(outbox::id).lt(outbox::id)),
    );
    let due = outbox::table
        .filter(is_pending())
        .filter(outbox::next_attempt_at.le(Ts::new(now)))
        .filter(
            outbox::lease_until
                .is_null()
                .or(outbox::lease_until.lt(Ts::new(now)).assume_not_null()),
        )
        .filter(not(has_elder))
        .order((outbox::next_attempt_at, outbox::id))
        .limit(limit)
        .select((
            outbox::id,
            outbox::recipient,
            outbox::language,
            outbox::payload,
            outbox::message_id,
            outbox::attempts,
            outbox::created_at,
        ));
    let rows = claim!(conn, due => load::<ClaimedRow>)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(outbox::table.filter(outbox::id.eq_any(ids)))
        .set((
            outbox::lease_owner.eq(&lease),
            outbox::lease_until.eq(Ts::new(until)),
        ))
        .execute(conn)?;
    let claimed = rows.into_iter().map(
        |(id, recipient, language, payload, message_id, attempts, created_at)| Claimed {
            id,
            recipient,
            language,
            payload,
            message_id,
            attempts,
            created_at: created_at.get(),
            lease: lease.clone(),
        },
    );
    Ok(claimed.collect())
}

/// How a try ended, for the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The transport took it.
    Sent,
    /// Try again at that instant.
    Retry {
        /// The next try.
        at: DateTime<Utc>,
        /// What went wrong.
        error: String,
    },
    /// Given up.
    Failed {
        /// What went wrong.
        error: String,
    },
}

/// Whether a mark was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The row says so now.
    Written,
    /// The lease ran out and another worker has the row, or the mail was withdrawn meanwhile; nothing was changed.
    LeaseLost,
}

/// Writes how a try ended, if the lease still stands. Secrets leave the payload once no try follows.
pub fn mark(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    claimed: &Claimed,
    outcome: &Outcome,
) -> QueryResult<Marked> {
    let (status, sent_at, error, next) = match outcome {
        Outcome::Sent => ("sent", Some(Ts::new(now)), None, Ts::new(now)),
        Outcome::Retry { at, error } => ("pending", None, Some(error), Ts::new(*at)),
        Outcome::Failed { error } => ("failed", None, Some(error), Ts::new(now)),
    };
    let payload = if status == "pending" {
        claimed.payload.clone()
    } else {
        without_secrets(&claimed.payload)
    };
    let still = match outcome {
        // Withdrawn while it was under way, and taken by the server all the same: the record says what happened.
        Outcome::Sent => sql::<Bool>("outbox.status IN ('pending', 'failed')"),
        Outcome::Retry { .. } | Outcome::Failed { .. } => is_pending(),
    };
    let held = outbox::table
        .filter(outbox::id.eq(claimed.id))
        .filter(still)
        .filter(outbox::lease_owner.eq(&claimed.lease));
    let written = diesel::update(held)
        .set((
            outbox::status.eq(status),
            outbox::sent_at.eq(sent_at),
            outbox::last_error.eq(error),
            outbox::next_attempt_at.eq(next),
            outbox::attempts.eq(claimed.attempts + 1),
            outbox::payload.eq(payload),
            outbox::lease_owner.eq(None::<String>),
            outbox::lease_until.eq(None::<Ts>),
        ))
        .execute(conn)?;
    Ok(if written == 1 {
        Marked::Written
    } else {
        Marked::LeaseLost
    })
}

fn without_secrets(payload: &str) -> String {
    let Ok(mut parsed) = serde_json::from_str::<MailPayload>(payload) else {
        return payload.to_owned();
    };
    parsed.content = parsed.content.without_secrets();
    serde_json::to_string(&parsed).unwrap_or_else(|_| payload.to_owned())
}

/// What the record says of a mail that was withdrawn; nothing else says that it was.
pub const WITHDRAWN: &str = "the recipient was shut out before it was sent";

/// Withdraws the mails that wait for somebody who was shut out: those that `is_theirs` says yes to, by desk and content.
/// Gives how many. They stay in the record as not sent.
///
/// A mail that is under way at this moment cannot be called back. It keeps the name of its lease, so that [`mark`] can tell
/// that it left after all; otherwise no other try follows.
pub fn withdraw(
    conn: &mut DbConnection,
    recipient: &str,
    is_theirs: impl Fn(i64, &Content) -> bool,
) -> QueryResult<usize> {
    let waiting: Vec<(i64, i64, String)> = outbox::table
        .filter(is_pending())
        .filter(outbox::recipient.eq(recipient))
        .select((outbox::id, outbox::desk_id, outbox::payload))
        .order(outbox::id)
        .load(conn)?;
    let mut withdrawn = 0;
    for (id, desk_id, payload) in waiting {
        // One that cannot be read is given up by the worker.
        let theirs = serde_json::from_str::<MailPayload>(&payload)
            .is_ok_and(|mail| is_theirs(desk_id, &mail.content));
        if !theirs {
            continue;
        }
        withdrawn += diesel::update(outbox::table.find(id).filter(is_pending()))
            .set((
                outbox::status.eq("failed"),
                outbox::last_error.eq(WITHDRAWN),
                outbox::payload.eq(without_secrets(&payload)),
            ))
            .execute(conn)?;
    }
    Ok(withdrawn)
}

/// Makes rows that wait after a failed try due at once, because the server takes mail again.
pub fn retry_all_now(conn: &mut DbConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let waiting = outbox::table
        .filter(is_pending())
        .filter(outbox::attempts.gt(0))
        .filter(outbox::lease_owner.is_null())
        .filter(outbox::next_attempt_at.gt(Ts::new(now)));
    diesel::update(waiting)
        .set(outbox::next_attempt_at.eq(Ts::new(now)))
        .execute(conn)
}

/// State of a mail in the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailStatus {
    /// Waits for its first or next try.
    Pending,
    /// Taken by the mail server or the local mailbox.
    Sent,
    /// Given up, or withdrawn because its recipient was shut out; `last_error` says why.
    Failed,
}

impl MailStatus {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    fn parse(word: &str) -> Self {
        match word {
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            _ => Self::Pending,
        }
    }
}

/// A mail in the record of a ticket: kind, recipient, date and result. For agents only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRecord {
    /// Key, growing with time.
    pub id: i64,
    /// Number of the event that caused it.
    pub event_seq: Option<i32>,
    /// Kind: the template's word.
    pub template: String,
    /// Recipient.
    pub recipient: String,
    /// Result so far.
    pub status: MailStatus,
    /// Tries so far.
    pub attempts: i32,
    /// When it was enqueued.
    pub created_at: DateTime<Utc>,
    /// When it was taken.
    pub sent_at: Option<DateTime<Utc>>,
    /// What went wrong in the last try.
    pub last_error: Option<String>,
}

type RecordRow = (
    i64,
    Option<i32>,
    String,
    String,
    String,
    i32,
    Ts,
    Option<Ts>,
    Option<String>,
);

/// All mails about a ticket, oldest first.
pub fn list_of_ticket(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Vec<MailRecord>> {
    let rows: Vec<RecordRow> = outbox::table
        .filter(outbox::ticket_id.eq(ticket_id))
        .order(outbox::id)
        .select((
            outbox::id,
            outbox::event_seq,
            outbox::template,
            outbox::recipient,
            outbox::status,
            outbox::attempts,
            outbox::created_at,
            outbox::sent_at,
            outbox::last_error,
        ))
        .load(conn)?;
    let records = rows.into_iter().map(
        |(
            id,
            event_seq,
            template,
            recipient,
            status,
            attempts,
            created_at,
            sent_at,
            last_error,
        )| MailRecord {
            id,
            event_seq,
            template,
            recipient,
            status: MailStatus::parse(&status),
            attempts,
            created_at: created_at.get(),
            sent_at: sent_at.map(Ts::get),
            last_error,
        },
    );
    Ok(records.collect())
}
