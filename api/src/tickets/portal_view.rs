//! A ticket as its requester sees it. The wire types have no field for internal data, and the queries ask for none.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use shared::api::portal::{
    Promise, PublicEvent, PublicMessage, PublicRating, PublicSolution, RequesterActions,
    RequesterTicket, RequesterTicketRow, Side, StatusLabel,
};
use shared::api::uploads::Attachment;
use shared::desk::Desk;
use shared::desk::profile::FieldKind;
use shared::i18n::Lang;
use shared::sla::policy::ClockEffect;
use shared::ticket::actor::Actor;
use shared::ticket::command::CommandKind;
use shared::ticket::event::Event;
use shared::ticket::status::{Status, Visibility};
use shared::ticket::{Ticket, allowed_commands};

use super::error::TicketError;
use super::history;
use super::pipeline::clocks;
use super::process_view;
use super::relations;
use super::store;
use super::view::{attachment, file_name, ticket_files};
use crate::db::schema::tickets;
use crate::db::{DbConnection, JsonText, MultiBackend, Ts};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::desks::view::questions;

/// Where a page of the requester's list begins: last movement and key of the row before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowPosition {
    /// Last movement in microseconds since 1970.
    pub updated_at: i64,
    /// Key of the ticket.
    pub id: i64,
}

/// A row of the requester's list with its place in it.
#[derive(Debug)]
pub struct PortalRow {
    /// Its place.
    pub position: RowPosition,
    /// The row.
    pub row: RequesterTicketRow,
}

/// The requester's tickets at one desk, last moved first: one more than `limit` when another page follows.
pub fn list(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    desk_id: i64,
    person_id: i64,
    after: Option<&RowPosition>,
    limit: i64,
    lang: Lang,
    now: DateTime<Utc>,
) -> QueryResult<Vec<PortalRow>> {
    type Row = (i64, i32, String, JsonText<Ticket>, Ts);
    let mut query = tickets::table
        .filter(tickets::requester_id.eq(person_id))
        .filter(tickets::desk_id.eq(desk_id))
        .select((
            tickets::id,
            tickets::desk_version,
            tickets::code,
            tickets::state,
            tickets::updated_at,
        ))
        .into_boxed::<MultiBackend>();
    if let Some(after) = after {
        let at = Ts::new(DateTime::from_timestamp_micros(after.updated_at).unwrap_or_default());
        query = query.filter(
            tickets::updated_at
                .lt(at)
                .or(tickets::updated_at.eq(at).and(tickets::id.lt(after.id))),
        );
    }
    let rows: Vec<Row> = query
        .order((tickets::updated_at.desc(), tickets::id.desc()))
        .limit(limit + 1)
        .load(conn)?;
    rows.into_iter()
        .map(|(id, version, code, state, updated_at)| {
            let desk = desks.version(conn, desk_id, version)?;
            let ticket = state.0;
            let profile = &desk.profile;
            Ok(PortalRow {
                position: RowPosition {
                    updated_at: updated_at.get().timestamp_micros(),
                    id,
                },
                row: RequesterTicketRow {
                    code,
                    subject: ticket.subject.to_string(),
                    status: status(profile, ticket.status, lang),
                    priority: priority(profile, &ticket.priority, lang),
                    created_at: ticket.created_at,
                    updated_at: updated_at.get(),
                    promise: promise(&ticket, &desk, now),
                },
            })
        })
        .collect()
}

/// A ticket of the requester with its messages and history.
///
/// # Errors
/// [`TicketError::NotFound`] also for tickets of somebody else.
pub fn detail(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    desk_id: i64,
    code: &str,
    actor: &Actor,
    person_id: i64,
    lang: Lang,
    now: DateTime<Utc>,
) -> Result<RequesterTicket, TicketError> {
    type Row = (i64, i32, String, i32, JsonText<Ticket>, Ts);
    let row: Option<Row> = tickets::table
        .filter(tickets::code.eq(code))
        .filter(tickets::desk_id.eq(desk_id))
        .filter(tickets::requester_id.eq(person_id))
        .select((
            tickets::id,
            tickets::desk_version,
            tickets::code,
            tickets::version,
            tickets::state,
            tickets::updated_at,
        ))
        .first(conn)
        .optional()?;
    let (id, desk_version, code, version, state, updated_at) = row.ok_or(TicketError::NotFound)?;
    let desk = desks.version(conn, desk_id, desk_version)?;
    let profile = &desk.profile;
    let ticket = state.0;

    let mut files: HashMap<i64, Vec<Attachment>> = HashMap::new();
    let all_files = ticket_files(conn, id)?;
    for file in all_files
        .iter()
        .filter(|file| file.visibility.as_deref() == Some("public"))
    {
        if let Some(message_id) = file.message_id {
            files.entry(message_id).or_default().push(attachment(file));
        }
    }
    let mut messages: Vec<PublicMessage> = store::public_messages(conn, id)?
        .into_iter()
        .map(|row| PublicMessage {
            id: row.id,
            side: side(&row.author_kind),
            author: row.author_name,
            body: row.body,
            attachments: files.remove(&row.id).unwrap_or_default(),
            created_at: row.created_at.get(),
        })
        .collect();
    let description = if messages.is_empty() {
        None
    } else {
        Some(messages.remove(0))
    };
    // A solution with files is stored as a message too, so that its files have a place; it is shown once, as the solution.
    let solution = ticket.solution.as_ref().map(|solution| {
        let text = solution
            .text
            .as_ref()
            .map_or_else(String::new, ToString::to_string);
        let twin = messages
            .iter()
            .position(|message| Some(message.id) == solution.message_id);
        let attachments = twin.map_or_else(Vec::new, |place| messages.remove(place).attachments);
        PublicSolution {
            text,
            at: solution.at,
            accepted_at: ticket.accepted_at,
            attachments,
        }
    });
    let history = history_of(conn, id, profile, lang)?;
    let actions = actions(&ticket, profile, actor);
    let (description, attachments) =
        description.map_or_else(Default::default, |first| (first.body, first.attachments));
    Ok(RequesterTicket {
        code,
        version,
        subject: ticket.subject.to_string(),
        description,
        attachments,
        request_type: profile
            .request_type(ticket.request_type)
            .map_or_else(String::new, |kind| kind.label.get(lang).to_owned()),
        category: ticket
            .category
            .as_deref()
            .and_then(|key| profile.catalog.get(key))
            .map_or_else(Vec::new, |entry| entry.labels(lang).to_vec()),
        priority: priority(profile, &ticket.priority, lang),
        extra: process_view::extra(&ticket, profile, lang, &|kind, key| match kind {
            FieldKind::File => file_name(&all_files, key),
            // The directory is the desk's: a key that was typed stays one.
            FieldKind::Person
            | FieldKind::Text
            | FieldKind::Number
            | FieldKind::Date
            | FieldKind::YesNo => None,
        }),
        status: status(profile, ticket.status, lang),
        // How a ticket ended without a solution is the requester's business, too.
        reason: if actions.complete
            || matches!(ticket.status, Status::Unsolvable | Status::NotManaged)
        {
            reason_label(&ticket, profile, lang)
        } else {
            None
        },
        missing: if actions.complete {
            what_is_missing(conn, id)?
        } else {
            None
        },
        created_at: ticket.created_at,
        updated_at: updated_at.get(),
        promise: promise(&ticket, &desk, now),
        survey: if actions.rate {
            questions(profile, lang)
        } else {
            Vec::new()
        },
        merged_into: match &ticket.merged {
            Some(merged) => {
                relations::goes_on_for(conn, merged.into, person_id)?.map(|(code, _)| code)
            }
            None => None,
        },
        solution,
        rating: ticket.rating.as_ref().map(|rating| PublicRating {
            stars: rating.stars.map(|stars| stars.number()),
            answers: process_view::survey(&ticket, profile, lang),
            version: rating.version,
            comment: rating.comment.as_ref().map(ToString::to_string),
            at: rating.at,
        }),
        messages,
        history,
        actions,
    })
}

fn history_of(
    conn: &mut DbConnection,
    ticket_id: i64,
    desk: &Desk,
    lang: Lang,
) -> QueryResult<Vec<PublicEvent>> {
    let rows = store::events_before(conn, ticket_id, None, 500)?;
    let told = |row: store::EventRow| {
        let event: Event = serde_json::from_str(&row.data).ok()?;
        let text = history::for_requesters(&event, desk, lang)?;
        Some(PublicEvent {
            at: row.at.get(),
            side: side(&row.actor_kind),
            text,
        })
    };
    Ok(rows.into_iter().rev().filter_map(told).collect())
}

fn side(actor_kind: &str) -> Side {
    match actor_kind {
        "requester" => Side::Requester,
        "agent" | "api_client" | "approver" => Side::Support,
        _ => Side::System,
    }
}

fn status(desk: &Desk, status: Status, lang: Lang) -> StatusLabel {
    StatusLabel {
        id: status,
        label: desk.status_label(status, lang).to_owned(),
    }
}

fn priority(desk: &Desk, key: &str, lang: Lang) -> String {
    desk.priority.get(key).map_or_else(
        || key.to_owned(),
        |priority| priority.label.get(lang).to_owned(),
    )
}

fn promise(ticket: &Ticket, desk: &InstalledDesk, now: DateTime<Utc>) -> Promise {
    let (attention, solution) = clocks(ticket, desk, now);
    let open = |state: &shared::sla::clock::ClockState| {
        if state.effect != ClockEffect::Stopped && state.met_at.is_none() {
            state.due_at
        } else {
            None
        }
    };
    Promise {
        attention_due_at: open(&attention),
        solution_due_at: open(&solution),
        solution_committed: solution.target.is_some(),
        paused: solution.effect == ClockEffect::Paused && solution.met_at.is_none(),
    }
}

/// Whether a message of the requester brings the ticket back to the desk.
fn waits_for_requester(ticket: &Ticket, desk: &Desk) -> bool {
    ticket.status == Status::Suspended
        && ticket
            .reason
            .as_deref()
            .and_then(|id| desk.reason(ticket.status, id))
            .is_some_and(|reason| reason.answer_returns)
}

fn reason_label(ticket: &Ticket, desk: &Desk, lang: Lang) -> Option<String> {
    let reason = desk.reason(ticket.status, ticket.reason.as_deref()?)?;
    Some(reason.label.get(lang).to_owned())
}

/// What the desk wrote when it suspended the ticket, if that was for the requester too.
fn what_is_missing(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Option<String>> {
    use crate::db::schema::events;
    let rows: Vec<String> = events::table
        .filter(events::ticket_id.eq(ticket_id))
        .filter(events::kind.eq("status_changed"))
        .order(events::seq.desc())
        .limit(1)
        .select(events::data)
        .load(conn)?;
    let note = rows
        .first()
        .and_then(|data| match serde_json::from_str(data) {
            Ok(Event::StatusChanged {
                note,
                note_visibility: Visibility::Public,
                ..
            }) => note,
            _ => None,
        });
    Ok(note.map(|note| note.to_string()))
}

fn actions(ticket: &Ticket, desk: &Desk, actor: &Actor) -> RequesterActions {
    let allowed = allowed_commands(ticket, desk, actor);
    let may = |command: CommandKind| {
        allowed
            .iter()
            .any(|allowed| allowed.command == command && allowed.blocked_by.is_empty())
    };
    RequesterActions {
        message: may(CommandKind::AddMessage),
        accept: may(CommandKind::Accept),
        reject: may(CommandKind::Reject),
        rate: may(CommandKind::Rate),
        complete: waits_for_requester(ticket, desk),
    }
}
