//! `atiende audit verify`: whether every history is whole, unchanged, and gives the stored ticket, and whether the messages
//! and the recorded checksums of the files are those that it speaks of.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use shared::ticket::actor::{ActorKind, ActorRef};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::{Ticket, fold};

use super::pipeline::{chain, chain_start};
use super::seal::Sealed;
use super::store;
use super::view::ticket_files;
use crate::attachments::store::AttachmentRow;
use crate::db::schema::tickets;
use crate::db::{DbConnection, DbError, JsonText};
use crate::desks::registry::DeskRegistry;

/// What a verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// Tickets looked at.
    pub tickets: usize,
    /// Events looked at.
    pub events: usize,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

/// Checks every ticket: event numbers without gaps, times that never go back, hashes, that the fold of the history is the
/// stored ticket (I-4, I-5), and that every message with its files is the one that an event speaks of.
pub fn verify(conn: &mut DbConnection, desks: &DeskRegistry) -> Result<Report, DbError> {
    let mut report = Report::default();
    let mut after = 0_i64;
    loop {
        type Row = (i64, i64, i32, String, Vec<u8>, JsonText<Ticket>);
        let rows: Vec<Row> = tickets::table
            .filter(tickets::id.gt(after))
            .order(tickets::id)
            .limit(200)
            .select((
                tickets::id,
                tickets::desk_id,
                tickets::desk_version,
                tickets::code,
                tickets::head_hash,
                tickets::state,
            ))
            .load(conn)?;
        let Some(last) = rows.last() else {
            return Ok(report);
        };
        after = last.0;
        for (id, desk_id, version, code, head, state) in rows {
            let desk = desks.version(conn, desk_id, version)?;
            let history = store::whole_history(conn, id)?;
            report.tickets += 1;
            report.events += history.len();
            let mut previous = chain_start(&code);
            let mut recorded: Vec<Recorded> = Vec::with_capacity(history.len());
            for (place, (row, hash)) in history.into_iter().enumerate() {
                let seq = u32::try_from(row.seq).unwrap_or(0);
                let kind: ActorKind = row.actor_kind.parse().unwrap_or(ActorKind::System);
                let actor = ActorRef {
                    kind,
                    id: row.actor_id,
                    name: row.actor_name,
                };
                let at = row.at.get();
                previous = chain(&previous, seq, at, &actor, &row.data);
                if previous != hash {
                    report
                        .faults
                        .push(format!("{code}: event {seq} was changed"));
                }
                if usize::try_from(seq).ok() != Some(place + 1) {
                    report
                        .faults
                        .push(format!("{code}: event {seq} stands at place {}", place + 1));
                }
                if recorded.last().is_some_and(|before| before.at > at) {
                    report.faults.push(format!(
                        "{code}: event {seq} is older than the one before it"
                    ));
                }
                match serde_json::from_str::<Event>(&row.data) {
                    Ok(event) => recorded.push(Recorded {
                        seq,
                        at,
                        actor,
                        event,
                    }),
                    Err(error) => report
                        .faults
                        .push(format!("{code}: event {seq} cannot be read: {error}")),
                }
            }
            if previous != head {
                report.faults.push(format!(
                    "{code}: the history does not end where the ticket says"
                ));
            }
            if fold(&desk.profile, &recorded).as_ref() != Some(&state.0) {
                report.faults.push(format!(
                    "{code}: the history gives another ticket than the stored one"
                ));
            }
            let faults = unproved(conn, id, &recorded)?;
            let told = faults.into_iter().map(|fault| format!("{code}: {fault}"));
            report.faults.extend(told);
        }
    }
}

/// What is wrong with the messages and files of a ticket, by the digests in its history.
fn unproved(
    conn: &mut DbConnection,
    ticket_id: i64,
    history: &[Recorded],
) -> Result<Vec<String>, DbError> {
    let messages = store::whole_conversation(conn, ticket_id)?;
    let mut files: BTreeMap<Option<i64>, Vec<AttachmentRow>> = BTreeMap::new();
    for file in ticket_files(conn, ticket_id)? {
        files.entry(file.message_id).or_default().push(file);
    }
    let mut digests: BTreeMap<i64, String> = BTreeMap::new();
    for message in &messages {
        let sealed = Sealed {
            author_kind: &message.author_kind,
            author_id: message.author_id,
            author_name: &message.author_name,
            visibility: &message.visibility,
            body: &message.body,
            at: message.created_at,
        };
        let own = files.remove(&Some(message.id)).unwrap_or_default();
        digests.insert(message.id, sealed.digest(&own));
    }
    let first = messages.first().map(|message| message.id);
    let mut proved = BTreeSet::new();
    let mut faults = Vec::new();
    for entry in history {
        let Some((message_id, digest)) = spoken_of(&entry.event, first) else {
            continue;
        };
        proved.insert(message_id);
        match digests.get(&message_id) {
            Some(found) if found == digest => {}
            Some(_) => faults.push(format!(
                "message {message_id} of event {} or one of its files was changed",
                entry.seq
            )),
            None => faults.push(format!(
                "message {message_id} of event {} is missing",
                entry.seq
            )),
        }
    }
    for message_id in digests.keys().filter(|id| !proved.contains(id)) {
        faults.push(format!("no event speaks of message {message_id}"));
    }
    for file in files.values().flatten() {
        faults.push(format!(
            "file {} belongs to none of the messages",
            file.id.0
        ));
    }
    Ok(faults)
}

/// The message that an event speaks of, with its digest. An opening comes before its message has a key: it is the first.
fn spoken_of(event: &Event, first: Option<i64>) -> Option<(i64, &str)> {
    let (message_id, digest) = match event {
        Event::Opened(opened) => (opened.message_id.or(first).or(Some(0)), &opened.digest),
        Event::MessageAdded {
            message_id, digest, ..
        } => (Some(*message_id), digest),
        Event::Solved {
            message_id, digest, ..
        } => (*message_id, digest),
        _ => return None,
    };
    Some((message_id?, digest.as_deref()?))
}
