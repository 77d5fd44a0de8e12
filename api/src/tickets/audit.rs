//! `atiende audit verify`: whether every history is whole, unchanged, and gives the stored ticket with its columns and
//! surveys, whether the messages and the recorded checksums of the files are those that it speaks of, and, where asked,
//! whether the stored bytes are those of the checksums.
//!
//! What it cannot find: a ticket that is gone with everything that belonged to it, and a chain that somebody wrote anew from
//! the first event to the last. Only an older backup tells of those.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use shared::ticket::actor::{ActorKind, ActorRef};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::{Ticket, evolve};

use super::pipeline::{chain, chain_start, columns, event_name, ties};
use super::seal::Sealed;
use super::store::{self, EventRow, Projection, SurveyRow};
use super::view::ticket_files;
use crate::approvals;
use crate::attachments::storage::Files;
use crate::attachments::store::AttachmentRow;
use crate::db::schema::{attachments, tickets};
use crate::db::{Db, DbConnection, DbError, JsonText, Ts, Uid};
use crate::desks::registry::{DeskRegistry, InstalledDesk};

/// What a verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// Tickets looked at.
    pub tickets: usize,
    /// Events looked at.
    pub events: usize,
    /// Changes of approvers looked at.
    pub appointments: usize,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

/// The row of a ticket: what its first event decides, and what all of them do.
#[derive(Queryable, Selectable)]
#[diesel(table_name = tickets)]
struct TicketRow {
    id: i64,
    desk_id: i64,
    desk_version: i32,
    code: String,
    requester_id: i64,
    channel: String,
    subject: String,
    search_key: String,
    created_at: Ts,
    #[diesel(embed)]
    projection: Projection,
}

/// Checks every ticket: event numbers without gaps, times that never go back, hashes, that the fold of the history is the
/// stored ticket (I-4, I-5) with the columns that queues search and sort by, its ties and its surveys, and that every
/// message with its files is the one that an event speaks of. The changes of approvers are chained and checked likewise.
pub fn verify(conn: &mut DbConnection, desks: &DeskRegistry) -> Result<Report, DbError> {
    let mut report = Report::default();
    let mut after = 0_i64;
    loop {
        let rows: Vec<TicketRow> = tickets::table
            .filter(tickets::id.gt(after))
            .order(tickets::id)
            .limit(200)
            .select(TicketRow::as_select())
            .load(conn)?;
        let Some(last) = rows.last() else {
            let (appointments, faults) = approvals::trace::verify(conn)?;
            report.appointments = appointments;
            report.faults.extend(faults);
            return Ok(report);
        };
        after = last.id;
        for row in rows {
            let desk = desks.version(conn, row.desk_id, row.desk_version)?;
            let history = store::whole_history(conn, row.id)?;
            report.tickets += 1;
            report.events += history.len();
            let (recorded, mut faults) = read_history(&row, history);
            let folded = refold(conn, desks, &row, &recorded)?;
            if folded.as_ref() != Some(&row.projection.state.0) {
                faults.push("the history gives another ticket than the stored one".to_owned());
            }
            if let Some(ticket) = folded {
                faults.extend(other_columns(&row, &ticket, &desk, &recorded));
                if store::load_ties(conn, row.id)? != ties(&ticket, &desk) {
                    faults.push(
                        "the history gives another next contact, parent, merge or restriction than the stored one"
                            .to_owned(),
                    );
                }
                faults.extend(other_surveys(
                    &store::whole_surveys(conn, row.id)?,
                    &surveys_of(&recorded, ticket.requester.id),
                ));
            }
            faults.extend(unproved(conn, row.id, &recorded)?);
            let told = faults
                .into_iter()
                .map(|fault| format!("{}: {fault}", row.code));
            report.faults.extend(told);
        }
    }
}

/// The ticket that a history gives, each event by the version of the desk that held then.
fn refold(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    row: &TicketRow,
    recorded: &[Recorded],
) -> QueryResult<Option<Ticket>> {
    let first = recorded.iter().find_map(|entry| match entry.event {
        Event::ProfileChanged { from, .. } => i32::try_from(from).ok(),
        _ => None,
    });
    let mut desk = desks.version(conn, row.desk_id, first.unwrap_or(row.desk_version))?;
    let mut ticket = None;
    for entry in recorded {
        if let Event::ProfileChanged { to, .. } = entry.event {
            let to = i32::try_from(to).map_err(|_| diesel::result::Error::NotFound)?;
            desk = desks.version(conn, row.desk_id, to)?;
        }
        ticket = Some(evolve(ticket, &desk.profile, entry));
    }
    Ok(ticket)
}

/// The events of a ticket, and what is wrong with their places, times, names and hashes.
fn read_history(
    row: &TicketRow,
    history: Vec<(EventRow, String, Vec<u8>)>,
) -> (Vec<Recorded>, Vec<String>) {
    let mut faults = Vec::new();
    let mut previous = chain_start(&row.code);
    let mut recorded: Vec<Recorded> = Vec::with_capacity(history.len());
    for (place, (event, name, hash)) in history.into_iter().enumerate() {
        let seq = u32::try_from(event.seq).unwrap_or(0);
        let kind: ActorKind = event.actor_kind.parse().unwrap_or(ActorKind::System);
        let actor = ActorRef {
            kind,
            id: event.actor_id,
            name: event.actor_name,
        };
        let at = event.at.get();
        previous = chain(&previous, seq, at, &actor, &event.data);
        if previous != hash || event_name(&event.data) != name {
            faults.push(format!("event {seq} was changed"));
        }
        if usize::try_from(seq).ok() != Some(place + 1) {
            faults.push(format!("event {seq} stands at place {}", place + 1));
        }
        if recorded.last().is_some_and(|before| before.at > at) {
            faults.push(format!("event {seq} is older than the one before it"));
        }
        match serde_json::from_str::<Event>(&event.data) {
            Ok(event) => recorded.push(Recorded {
                seq,
                at,
                actor,
                event,
            }),
            Err(error) => faults.push(format!("event {seq} cannot be read: {error}")),
        }
    }
    if previous != row.projection.head_hash {
        faults.push("the history does not end where the ticket says".to_owned());
    }
    (recorded, faults)
}

/// The columns of the row that are not what the history gives. The hash of the last event and the folded ticket are compared
/// apart, and `next_effect_at` is the sweeper's own note.
fn other_columns(
    row: &TicketRow,
    ticket: &Ticket,
    desk: &InstalledDesk,
    recorded: &[Recorded],
) -> Option<String> {
    let goes_by = recorded.iter().rev().find_map(|entry| match entry.event {
        Event::ProfileChanged { to, .. } => Some(i32::try_from(to).unwrap_or(0)),
        _ => None,
    });
    let goes_by = goes_by.unwrap_or(row.desk_version);
    let Projection {
        request_type,
        category,
        priority,
        priority_rank,
        level,
        group_id,
        assignee_id,
        status,
        reason,
        open,
        last_seq,
        updated_at,
        due_at,
        due_sort,
        due_clock,
        clock_status,
        awaits_reply,
        state: _,
        head_hash: _,
        next_effect_at: _,
        closed_at,
    } = columns(ticket, Vec::new(), desk, ticket.updated_at);
    let stored = &row.projection;
    let same: [(&str, bool); 25] = [
        ("request_type", stored.request_type == request_type),
        ("category", stored.category == category),
        ("priority", stored.priority == priority),
        ("priority_rank", stored.priority_rank == priority_rank),
        ("level", stored.level == level),
        ("group_id", stored.group_id == group_id),
        ("assignee_id", stored.assignee_id == assignee_id),
        ("status", stored.status == status),
        ("reason", stored.reason == reason),
        ("open", stored.open == open),
        ("last_seq", stored.last_seq == last_seq),
        ("updated_at", stored.updated_at == updated_at),
        ("due_at", stored.due_at == due_at),
        ("due_sort", stored.due_sort == due_sort),
        ("due_clock", stored.due_clock == due_clock),
        ("clock_status", stored.clock_status == clock_status),
        ("awaits_reply", stored.awaits_reply == awaits_reply),
        ("closed_at", stored.closed_at == closed_at),
        ("requester_id", row.requester_id == ticket.requester.id),
        ("channel", row.channel == ticket.channel.as_str()),
        ("subject", row.subject == ticket.subject.as_str()),
        ("search_key", row.search_key == search_key(row, ticket)),
        ("created_at", row.created_at == Ts::new(ticket.created_at)),
        ("desk_id", row.desk_id == desk.id),
        ("desk_version", row.desk_version == goes_by),
    ];
    let wrong: Vec<&str> = same
        .into_iter()
        .filter_map(|(name, same)| (!same).then_some(name))
        .collect();
    (!wrong.is_empty()).then(|| {
        format!(
            "the history gives other values of {} than the stored ones",
            wrong.join(", ")
        )
    })
}

fn search_key(row: &TicketRow, ticket: &Ticket) -> String {
    shared::fold::fold(&format!("{} {}", row.code, ticket.subject.as_str()))
}

/// The surveys that a history speaks of.
fn surveys_of(history: &[Recorded], requester: i64) -> Vec<SurveyRow> {
    let survey = |entry: &Recorded| match &entry.event {
        Event::Rated {
            cycle,
            stars,
            comment,
            answers,
            closing,
            version,
        } => Some(SurveyRow {
            cycle: i32::try_from(*cycle).unwrap_or(i32::MAX),
            stars: stars.map(|stars| i32::from(stars.number())),
            comment: comment.as_ref().map(|comment| comment.as_str().to_owned()),
            answers: (!answers.is_empty()).then(|| JsonText(answers.clone())),
            closing: *closing,
            person_id: requester,
            version: version.map(|version| i32::try_from(version).unwrap_or(i32::MAX)),
        }),
        _ => None,
    };
    history.iter().filter_map(survey).collect()
}

/// The surveys that are not what the history says.
fn other_surveys(stored: &[SurveyRow], said: &[SurveyRow]) -> Vec<String> {
    let cycles: BTreeSet<i32> = stored
        .iter()
        .chain(said)
        .map(|survey| survey.cycle)
        .collect();
    let mut faults = Vec::new();
    for cycle in cycles {
        let of = |all: &[SurveyRow]| all.iter().find(|survey| survey.cycle == cycle).cloned();
        match (of(stored), of(said)) {
            (Some(stored), Some(said)) if stored == said => {}
            (Some(_), Some(_)) => faults.push(format!("the survey of outcome {cycle} was changed")),
            (Some(_), None) => {
                faults.push(format!("no event speaks of the survey of outcome {cycle}"))
            }
            (None, _) => faults.push(format!("the survey of outcome {cycle} is missing")),
        }
    }
    faults
}

/// What a verification of the stored bytes found.
#[derive(Debug, Default)]
pub struct FileReport {
    /// Files looked at.
    pub files: usize,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

/// Reads every file of every ticket from the store and compares size and checksum with what was recorded. It takes as long
/// as reading all of them takes; memory stays flat.
///
/// # Errors
/// When the database fails. What the store cannot give is a fault in the report.
pub async fn verify_files(db: &Db, store: &Files) -> Result<FileReport, DbError> {
    let mut report = FileReport::default();
    let mut after: Option<Uid> = None;
    loop {
        let rows = db
            .read(move |conn: &mut DbConnection| stored_files(conn, after))
            .await?;
        let Some((_, last)) = rows.last() else {
            return Ok(report);
        };
        after = Some(last.id);
        for (code, file) in rows {
            report.files += 1;
            if let Some(fault) = wrong_bytes(store, &file).await {
                report.faults.push(format!("{code}: {fault}"));
            }
        }
    }
}

/// The next files that belong to tickets, with the ticket's code, in the order of their keys.
fn stored_files(
    conn: &mut DbConnection,
    after: Option<Uid>,
) -> Result<Vec<(String, AttachmentRow)>, DbError> {
    let after = after.unwrap_or(Uid(uuid::Uuid::nil()));
    Ok(attachments::table
        .inner_join(tickets::table.on(attachments::ticket_id.eq(tickets::id.nullable())))
        .filter(attachments::id.gt(after))
        .order(attachments::id)
        .limit(200)
        .select((tickets::code, AttachmentRow::as_select()))
        .load(conn)?)
}

/// What is wrong with the bytes of a file.
async fn wrong_bytes(store: &Files, file: &AttachmentRow) -> Option<String> {
    let name = format!("file {} ({:?})", file.id.0, file.name);
    let stream = match store.read(&file.storage_key).await {
        Ok(stream) => stream,
        Err(error) => return Some(format!("{name} cannot be read: {error}")),
    };
    let sum = stream.try_fold(
        (Sha256::new(), 0_i64),
        |(mut digest, size), bytes| async move {
            digest.update(&bytes);
            Ok((
                digest,
                size + i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            ))
        },
    );
    match sum.await {
        Err(error) => Some(format!("{name} cannot be read: {error}")),
        Ok((digest, size)) => {
            let same = size == file.size && digest.finalize()[..] == file.sha256[..];
            (!same).then(|| format!("the stored bytes of {name} were changed"))
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
