//! Which mails a desk sends with a move: its table names them next to the move (`tells`).

use chrono::{DateTime, Utc};

use super::Ticket;
use super::actor::Actor;
use super::command::{Command, CommandKind, Decision};
use super::decide::{Circumstances, waits_for_children};
use super::event::Event;
use super::guard::Details;
use super::moves::{Case, Facts, Looking};
use super::status::Status;
use crate::desk::Desk;
use crate::desk::profile::{ApprovalOutcome, Move, Tell, Verdict, Who};

/// The mails that the desk's table names for what a command did: those of the move that it followed, then those of the
/// moves that the product made by itself. `ticket` is the ticket before the command, `events` what [`super::decide`] said.
pub fn tells(
    ticket: &Ticket,
    desk: &Desk,
    actor: &Actor,
    command: &Command,
    events: &[Event],
    now: DateTime<Utc>,
) -> Vec<Tell> {
    let mut tells = followed(ticket, desk, actor, command, events, now);
    let later = events
        .iter()
        .filter_map(|event| by_itself(desk, command, event));
    tells.extend(later.flat_map(|row| row.tells.iter().cloned()));
    tells
}

/// The mails of the move that the command itself followed.
fn followed(
    ticket: &Ticket,
    desk: &Desk,
    actor: &Actor,
    command: &Command,
    events: &[Event],
    now: DateTime<Utc>,
) -> Vec<Tell> {
    let kind = command.kind();
    let moved = events
        .iter()
        .any(|event| matches!(event, Event::StatusChanged { .. }));
    let facts = Facts {
        survey: events.iter().find_map(|event| match event {
            Event::Rated { closing, .. } => closing.map(Verdict::of),
            _ => None,
        }),
        approval: events.iter().find_map(|event| match event {
            Event::ApprovalDecided { decision, .. } if moved => Some(match decision {
                Decision::Approved => ApprovalOutcome::Granted,
                Decision::Refused => ApprovalOutcome::Refused,
            }),
            _ => None,
        }),
    };
    let case = Case {
        ticket,
        desk,
        actor,
        now,
        listing: true,
        given: Circumstances::default(),
    };
    let row = if kind == CommandKind::Rate && !moved {
        // The answer is kept, and what it would move waits.
        None
    } else if kind == CommandKind::Continue && waits_for_children(ticket, desk) {
        let facts = Facts {
            survey: Some(Verdict::of(true)),
            ..facts
        };
        case.moves(CommandKind::Rate, Looking::At(facts)).next()
    } else if kind == CommandKind::DecideApproval {
        // What is decided last concludes the approvals of everybody, so its move is not the decider's own.
        case.moves(kind, Looking::At(facts)).find(|_| moved)
    } else {
        case.find_move(kind, facts, Details::of(command).reason)
            .ok()
    };
    row.map_or_else(Vec::new, |row| row.tells.clone())
}

/// The move behind a change of state that followed by itself.
fn by_itself<'a>(desk: &'a Desk, command: &Command, event: &Event) -> Option<&'a Move> {
    let Event::StatusChanged {
        from,
        to,
        automatic: true,
        ..
    } = event
    else {
        return None;
    };
    // The system's own commands are followed above; here are only moves that follow another one.
    let on = match command.kind() {
        CommandKind::AddMessage => CommandKind::Resume,
        CommandKind::DecideApproval | CommandKind::CloseBySilence | CommandKind::Continue => {
            return None;
        }
        _ => CommandKind::Continue,
    };
    let leads = |row: &&Move| {
        row.on.contains(&on)
            && row.from.contains(from)
            && row.to == crate::desk::profile::MoveTo::State(*to)
            && (row.by.contains(&Who::System) || on == CommandKind::Resume)
    };
    let back = |row: &&Move| {
        on == CommandKind::Resume
            && *from == Status::Suspended
            && row.on.contains(&on)
            && row.by.contains(&Who::Requester)
    };
    desk.moves
        .iter()
        .find(leads)
        .or_else(|| desk.moves.iter().find(back))
}
