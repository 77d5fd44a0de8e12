//! The timeline of a ticket: what happened, what was written and what was mailed, newest first from the database and
//! oldest first on the page.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use serde::{Deserialize, Serialize};
use shared::api::tickets::{ActorKind as WireActor, MailStatus, TimelineBody, TimelineEntry};
use shared::api::uploads::Attachment;
use shared::desk::Desk;
use shared::i18n::Lang;
use shared::ticket::event::Event;
use shared::ticket::status::Visibility;

use super::history;
use super::pipeline::{END_OF_TIME, event_name};
use super::view::attachment;
use crate::attachments::store::AttachmentRow;
use crate::db::types::TsSql;
use crate::db::{DbConnection, Ts};
use crate::each;
use crate::outbox::store::WITHDRAWN;

/// Most entries of one page of the timeline.
const PAGE: usize = 60;
/// How many rows of each kind are read for a page; the surplus keeps entries of one instant together.
const READ: i64 = 80;

/// Where an older page of the timeline begins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TimelinePosition {
    /// Everything before this instant, in microseconds since 1970.
    pub before: i64,
}

/// A page of the timeline.
pub struct TimelinePage {
    /// Oldest first.
    pub entries: Vec<TimelineEntry>,
    /// Where the older page begins, when there is one.
    pub older: Option<TimelinePosition>,
}

/// The newest rows of a ticket's timeline; the events newest first.
#[derive(Debug, Default)]
pub struct Happenings {
    /// What happened.
    pub events: Vec<Happened>,
    messages: Vec<MessageRow>,
    mails: Vec<MailRow>,
    /// How many events were read, also of those that this program does not know.
    events_read: i64,
}

/// An event as it was stored, and read.
#[derive(Debug)]
pub struct Happened {
    /// What.
    pub event: Event,
    /// Its stable name.
    name: String,
    seq: i64,
    actor_kind: String,
    /// Name of the actor at the time.
    pub actor_name: String,
    /// When.
    pub at: DateTime<Utc>,
}

#[derive(Debug)]
struct MessageRow {
    id: i64,
    author_kind: String,
    author_name: String,
    visibility: String,
    body: String,
    at: DateTime<Utc>,
}

#[derive(Debug)]
struct MailRow {
    id: i64,
    template: String,
    recipient: String,
    status: String,
    at: DateTime<Utc>,
}

impl Happenings {
    /// Reads the newest, or those before an instant.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(
        conn: &mut DbConnection,
        ticket_id: i64,
        before: Option<DateTime<Utc>>,
    ) -> QueryResult<Self> {
        let newest = Newest {
            ticket_id,
            before: Ts::new(before.map_or(END_OF_TIME, |before| before.min(END_OF_TIME))),
        };
        let rows: Vec<NewestRow> = each!(conn, inner => newest.load(inner))?;
        let mut found = Self::default();
        rows.into_iter().for_each(|row| found.add(row));
        found.arrange();
        Ok(found)
    }

    /// Reads the newest of several tickets, in their order.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read_each(conn: &mut PgConnection, ticket_ids: Vec<i64>) -> QueryResult<Vec<Self>> {
        let mut found: Vec<Self> = ticket_ids.iter().map(|_| Self::default()).collect();
        let rows: Vec<(i64, NewestRow)> = NewestOfEach { ticket_ids }.load(conn)?;
        for (place, row) in rows {
            // Places count from 1.
            let place = usize::try_from(place - 1).unwrap_or(usize::MAX);
            if let Some(found) = found.get_mut(place) {
                found.add(row);
            }
        }
        found.iter_mut().for_each(Self::arrange);
        Ok(found)
    }

    fn add(&mut self, (source, id, at, first, second, third, text): NewestRow) {
        let at = at.get();
        match source {
            EVENT => {
                self.events_read += 1;
                let event = Happened::read(id, at, first, second, &text);
                self.events.extend(event);
            }
            MESSAGE => self.messages.push(MessageRow {
                id,
                author_kind: first,
                author_name: second,
                visibility: third,
                body: text,
                at,
            }),
            _ => self.mails.push(MailRow {
                id,
                template: first,
                recipient: second,
                status: third,
                at,
            }),
        }
    }

    /// No database promises the order of what was put together.
    fn arrange(&mut self) {
        self.events.sort_by_key(|row| Reverse(row.seq));
    }

    /// Whether there may be older events than these.
    pub fn is_cut(&self) -> bool {
        self.events_read >= READ
    }

    /// A page of them, without the messages that the reader is not shown.
    pub fn page(
        self,
        files: &[AttachmentRow],
        hidden: &[i64],
        desk: &Desk,
        lang: Lang,
    ) -> TimelinePage {
        let mut by_message: HashMap<i64, Vec<Attachment>> = HashMap::new();
        for file in files {
            if let Some(message_id) = file.message_id {
                let of_message = by_message.entry(message_id).or_default();
                of_message.push(attachment(file));
            }
        }
        let mut entries =
            Vec::with_capacity(self.events.len() + self.messages.len() + self.mails.len());
        let events = self.events.into_iter();
        entries.extend(events.filter_map(|row| row.entry(desk, lang)));
        let messages = self.messages.into_iter();
        entries.extend(
            messages
                .filter(|row| !hidden.contains(&row.id))
                .map(|row| row.entry(&mut by_message)),
        );
        entries.extend(self.mails.into_iter().map(|row| row.entry(lang)));
        entries.sort_by_key(|entry| Reverse((entry.at, order_in_instant(&entry.body), entry.seq)));

        let mut older = None;
        if entries.len() > PAGE {
            // Entries of one instant belong together: the page ends where the instant does.
            let last = entries[PAGE - 1].at;
            let kept = entries.iter().take_while(|entry| entry.at >= last).count();
            if kept < entries.len() {
                older = Some(TimelinePosition {
                    before: last.timestamp_micros(),
                });
                entries.truncate(kept);
            }
        }
        entries.reverse();
        TimelinePage { entries, older }
    }
}

impl Happened {
    /// An event from its columns; none that this program does not know.
    pub fn read(
        seq: i64,
        at: DateTime<Utc>,
        actor_kind: String,
        actor_name: String,
        data: &str,
    ) -> Option<Self> {
        Some(Self {
            event: serde_json::from_str(data).ok()?,
            name: event_name(data),
            seq,
            actor_kind,
            actor_name,
            at,
        })
    }

    fn entry(self, desk: &Desk, lang: Lang) -> Option<TimelineEntry> {
        let told = history::for_agents(&self.event, desk, lang)?;
        Some(TimelineEntry {
            seq: self.seq,
            at: self.at,
            actor: actor_kind(&self.actor_kind),
            actor_name: self.actor_name,
            body: TimelineBody::Event {
                name: self.name,
                text: told.text,
                note: told.note,
            },
        })
    }
}

impl MessageRow {
    fn entry(self, files: &mut HashMap<i64, Vec<Attachment>>) -> TimelineEntry {
        TimelineEntry {
            seq: self.id,
            at: self.at,
            actor: actor_kind(&self.author_kind),
            actor_name: self.author_name,
            body: TimelineBody::Message {
                id: self.id,
                visibility: self.visibility.parse().unwrap_or(Visibility::Internal),
                body: self.body,
                attachments: files.remove(&self.id).unwrap_or_default(),
            },
        }
    }
}

impl MailRow {
    fn entry(self, lang: Lang) -> TimelineEntry {
        TimelineEntry {
            seq: self.id,
            at: self.at,
            actor: WireActor::System,
            actor_name: String::new(),
            body: TimelineBody::Mail {
                text: history::mail_name(&self.template, lang),
                template: self.template,
                recipient: self.recipient,
                status: match self.status.as_str() {
                    "sent" => MailStatus::Sent,
                    "failed" => MailStatus::Failed,
                    "withdrawn" => MailStatus::Withdrawn,
                    _ => MailStatus::Pending,
                },
            },
        }
    }
}

/// Within one command: what happened, then what was written, then what was mailed.
fn order_in_instant(body: &TimelineBody) -> u8 {
    match body {
        TimelineBody::Event { .. } => 0,
        TimelineBody::Message { .. } => 1,
        TimelineBody::Mail { .. } => 2,
    }
}

fn actor_kind(word: &str) -> WireActor {
    match word {
        "requester" => WireActor::Requester,
        "agent" | "approver" => WireActor::Agent,
        "api_client" => WireActor::ApiClient,
        _ => WireActor::System,
    }
}

const EVENT: i32 = 0;
const MESSAGE: i32 = 1;
const MAIL: i32 = 2;

/// The newest rows of the three kinds in one statement: asking three times costs more than reading.
struct Newest {
    ticket_id: i64,
    before: Ts,
}

type NewestSql = (Integer, BigInt, TsSql, Text, Text, Text, Text);
type NewestRow = (i32, i64, Ts, String, String, String, String);

/// The statement around what is bound: before the ticket, before the instant, after it; for each kind. The order names the
/// table's own column, because that of the answer has no index.
static NEWEST: LazyLock<[[String; 3]; 3]> = LazyLock::new(|| {
    [
        [
            format!(
                "SELECT * FROM (SELECT {EVENT}, CAST(events.seq AS BIGINT), events.at, events.actor_kind, events.actor_name, '', \
                 events.data FROM events WHERE events.ticket_id = "
            ),
            " AND events.at < ".to_owned(),
            format!(" ORDER BY events.seq DESC LIMIT {READ}) newest_events"),
        ],
        [
            format!(
                " UNION ALL SELECT * FROM (SELECT {MESSAGE}, messages.id, messages.created_at, messages.author_kind, \
                 messages.author_name, messages.visibility, messages.body FROM messages WHERE messages.ticket_id = "
            ),
            " AND messages.created_at < ".to_owned(),
            format!(" ORDER BY messages.id DESC LIMIT {READ}) newest_messages"),
        ],
        [
            format!(
                " UNION ALL SELECT * FROM (SELECT {MAIL}, outbox.id, outbox.created_at, outbox.template, outbox.recipient, \
                 CASE WHEN outbox.status = 'failed' AND outbox.last_error = '{WITHDRAWN}' THEN 'withdrawn' ELSE outbox.status END, '' FROM outbox WHERE outbox.ticket_id = "
            ),
            " AND outbox.created_at < ".to_owned(),
            format!(" ORDER BY outbox.id DESC LIMIT {READ}) newest_mails"),
        ],
    ]
});

impl Query for Newest {
    type SqlType = NewestSql;
}

impl QueryId for Newest {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<DB: Backend> QueryFragment<DB> for Newest
where
    i64: ToSql<BigInt, DB>,
    Ts: ToSql<TsSql, DB>,
    DB: diesel::sql_types::HasSqlType<TsSql>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        for [begin, middle, end] in NEWEST.iter() {
            pass.push_sql(begin);
            pass.push_bind_param::<BigInt, _>(&self.ticket_id)?;
            pass.push_sql(middle);
            pass.push_bind_param::<TsSql, _>(&self.before)?;
            pass.push_sql(end);
        }
        Ok(())
    }
}

impl<Conn> RunQueryDsl<Conn> for Newest {}

/// The same of several tickets; each row begins with the place of its ticket, from 1.
struct NewestOfEach {
    ticket_ids: Vec<i64>,
}

impl Query for NewestOfEach {
    type SqlType = (BigInt, NewestSql);
}

impl QueryId for NewestOfEach {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl QueryFragment<Pg> for NewestOfEach {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        pass.push_sql("SELECT asked.place, newest.* FROM unnest(");
        pass.push_bind_param::<Array<BigInt>, _>(&self.ticket_ids)?;
        pass.push_sql(") WITH ORDINALITY AS asked (id, place) CROSS JOIN LATERAL (");
        for [begin, _, end] in NEWEST.iter() {
            pass.push_sql(begin);
            pass.push_sql("asked.id");
            pass.push_sql(end);
        }
        pass.push_sql(") newest");
        Ok(())
    }
}

impl RunQueryDsl<PgConnection> for NewestOfEach {}
