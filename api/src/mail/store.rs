//! The SQL of the local mailbox.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::api::mailbox::{LocalMail, LocalMailRow};

use super::render::OutgoingMail;
use crate::db::schema::local_mails;
use crate::db::{DbConnection, Ts};
use crate::each;

/// A mail as it is kept in the local mailbox.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = local_mails, treat_none_as_default_value = false)]
pub(super) struct NewLocalMail {
    sender: String,
    recipient: String,
    subject: String,
    body_text: String,
    body_html: String,
    message_id: String,
    sent_at: Ts,
}

impl NewLocalMail {
    /// The row of a mail that arrives at `now`.
    pub(super) fn new(mail: &OutgoingMail, sender: &str, now: DateTime<Utc>) -> Self {
        Self {
            sender: format!("{} <{sender}>", mail.sender_name),
            recipient: mail.recipient.as_str().to_owned(),
            subject: mail.text.subject.clone(),
            body_text: mail.text.text.clone(),
            body_html: mail.text.html.clone(),
            message_id: mail.message_id.clone(),
            sent_at: Ts::new(now),
        }
    }
}

/// Keeps a mail. A second delivery of the same message changes nothing.
pub(super) fn insert(conn: &mut DbConnection, mail: &NewLocalMail) -> QueryResult<()> {
    each!(conn, inner => diesel::insert_into(local_mails::table)
        .values(mail)
        .on_conflict(local_mails::message_id)
        .do_nothing()
        .execute(inner))?;
    Ok(())
}

/// Mails older than the one with key `before`, newest first; all when there is none.
pub fn list(
    conn: &mut DbConnection,
    before: Option<i64>,
    limit: i64,
) -> QueryResult<Vec<LocalMailRow>> {
    let rows: Vec<(i64, String, String, Ts)> = local_mails::table
        .filter(local_mails::id.lt(before.unwrap_or(i64::MAX)))
        .order(local_mails::id.desc())
        .limit(limit)
        .select((
            local_mails::id,
            local_mails::recipient,
            local_mails::subject,
            local_mails::sent_at,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, to, subject, sent_at)| LocalMailRow {
            id,
            to,
            subject,
            sent_at: sent_at.get(),
        })
        .collect())
}

type MailRow = (i64, String, String, String, String, String, Ts);

/// One mail, if it is there.
pub fn find(conn: &mut DbConnection, id: i64) -> QueryResult<Option<LocalMail>> {
    let row: Option<MailRow> = local_mails::table
        .find(id)
        .select((
            local_mails::id,
            local_mails::sender,
            local_mails::recipient,
            local_mails::subject,
            local_mails::body_text,
            local_mails::body_html,
            local_mails::sent_at,
        ))
        .first(conn)
        .optional()?;
    Ok(
        row.map(|(id, from, to, subject, text, html, sent_at)| LocalMail {
            row: LocalMailRow {
                id,
                to,
                subject,
                sent_at: sent_at.get(),
            },
            from,
            text,
            html,
        }),
    )
}
