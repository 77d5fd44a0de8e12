//! The rows of the outbox: enqueue, claim by lease, mark with fencing, and the record that a timeline shows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::i18n::Lang;
use shared::ticket::text::EmailAddress;
use uuid::Uuid;

use crate::db::schema::outbox;
use crate::db::{DbConnection, JsonText, Ts};
use crate::each;
use crate::mail::MailPayload;

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

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewRow {
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

/// Puts a mail into the outbox, as part of the caller's transaction.
///
/// The left part of its Message-ID is drawn here, so that every try of every worker carries the same one.
pub fn enqueue(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    mail: NewMail,
) -> QueryResult<Enqueued> {
    let template = mail.payload.content.template();
    let row = NewRow {
        desk_id: mail.desk_id,
        ticket_id: mail.ticket_id,
        event_seq: mail.event_seq,
        template,
        dedup_key: format!("{}|{template}|{}", mail.cause, mail.recipient.canonical()),
        recipient: mail.recipient.into_string(),
        language: mail.language.as_str(),
        payload: JsonText(mail.payload),
        message_id: format!("{template}.{}", Uuid::new_v4().simple()),
        status: "pending",
        attempts: 0,
        created_at: Ts::new(now),
        next_attempt_at: Ts::new(now),
    };
    let added = each!(conn, inner => diesel::insert_into(outbox::table)
        .values(&row)
        .on_conflict(outbox::dedup_key)
        .do_nothing()
        .execute(inner))?;
    Ok(if added == 0 {
        Enqueued::AlreadyThere
    } else {
        Enqueued::New
    })
}
