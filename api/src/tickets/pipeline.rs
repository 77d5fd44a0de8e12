//! The one way a ticket changes: events are decided by the rules, appended with their hashes, folded into the row, and
//! told to whoever the desk says, all in the transaction of the caller.

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use shared::api::tickets::{ClockName, ClockStatus as WireStatus};
use shared::sla::clock::{self, ClockInput, ClockState, ClockStatus, DueEffect, DueWhat};
use shared::sla::policy::{ClockEffect, ClockKind};
use shared::ticket::actor::{Actor, ActorRef};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::status::Status;
use shared::ticket::{
    Ticket, approval_reminder_at, closes_by_silence_at, evolve, is_restricted, record,
    restricted_to, waits_for_children,
};

use super::error::TicketError;
use super::store::{self, NewEventRow, Projection, TicketRecord, Ties};
use super::words;
use crate::approvals::store::{Asking, sync_asks};
use crate::db::{DbConnection, JsonText, Ts};
use crate::desks::registry::InstalledDesk;

/// After everything that is stored, and still an instant in both databases.
pub const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_402_214_400, 0) {
    Some(end) => end,
    None => DateTime::<Utc>::MAX_UTC,
};

/// The version of a ticket after a change.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Key of the row.
    pub ticket_id: i64,
    /// Public code.
    pub code: String,
    /// New version.
    pub version: i32,
    /// The ticket after the change.
    pub ticket: Ticket,
    /// What was recorded.
    pub recorded: Vec<Recorded>,
}

/// A history that is about to be stored: the folded ticket, the events, and the hash of the last.
#[derive(Debug)]
pub struct Folded {
    /// The ticket after the events.
    pub ticket: Ticket,
    /// The events with their places.
    pub recorded: Vec<Recorded>,
    /// Hash of the last event.
    pub head: Vec<u8>,
    rows: Vec<(Recorded, String, Vec<u8>)>,
}

/// What events are added to.
#[derive(Debug)]
pub enum Before<'a> {
    /// Nothing: they open the ticket with this code.
    Nothing {
        /// Public code.
        code: &'a str,
    },
    /// A ticket as it is stored.
    Stored {
        /// The folded history.
        ticket: Box<Ticket>,
        /// Hash of its last event.
        head: &'a [u8],
    },
}

impl Folded {
    /// Place of the last event.
    fn last_seq(&self) -> i32 {
        self.recorded
            .last()
            .map_or(0, |entry| i32::try_from(entry.seq).unwrap_or(i32::MAX))
    }
}

/// Gives events their place after a history and folds them in.
pub fn fold(
    before: Before<'_>,
    desk: &InstalledDesk,
    actor: &Actor,
    events: Vec<Event>,
    now: DateTime<Utc>,
) -> Result<Folded, TicketError> {
    let (before, mut head) = match before {
        Before::Nothing { code } => (None, chain_start(code)),
        Before::Stored { ticket, head } => (Some(*ticket), head.to_vec()),
    };
    let recorded = record(before.as_ref(), events, actor, now);
    let mut ticket = before;
    let mut rows = Vec::with_capacity(recorded.len());
    for entry in &recorded {
        ticket = Some(evolve(ticket, &desk.profile, entry));
        let data = serde_json::to_string(&entry.event)
            .map_err(|error| crate::db::DbError::Setup(error.to_string()))?;
        head = chain(&head, entry.seq, entry.at, &entry.actor, &data);
        rows.push((entry.clone(), data, head.clone()));
    }
    let ticket = ticket.ok_or(TicketError::NotFound)?;
    Ok(Folded {
        ticket,
        recorded,
        head,
        rows,
    })
}

/// What the first event of a ticket is chained to: the code, so that a history proves whose it is.
pub fn chain_start(code: &str) -> Vec<u8> {
    Sha256::digest(format!("atiende ticket {code}")).to_vec()
}

/// Hash of an event, over the hash before it and every stored column (see `audit`). What was written with it is in `data`
/// by its digest (see `seal`).
pub fn chain(
    previous: &[u8],
    seq: u32,
    at: DateTime<Utc>,
    actor: &ActorRef,
    data: &str,
) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(format!(
        "\n{seq}\n{}\n{}\n{}\n{}\n",
        at.timestamp_micros(),
        actor.kind.as_str(),
        actor.id.unwrap_or(0),
        actor.name
    ));
    hash.update(data);
    hash.finalize().to_vec()
}

/// The rows of `events` for a folded history.
pub fn event_rows(desk_id: i64, ticket_id: i64, folded: &Folded) -> Vec<NewEventRow> {
    let row = |(entry, data, hash): &(Recorded, String, Vec<u8>)| NewEventRow {
        desk_id,
        ticket_id,
        seq: i32::try_from(entry.seq).unwrap_or(i32::MAX),
        kind: event_name(data),
        actor_kind: entry.actor.kind.as_str(),
        actor_id: entry.actor.id,
        actor_name: entry.actor.name.clone(),
        at: Ts::new(entry.at),
        data: data.clone(),
        hash: hash.clone(),
    };
    folded.rows.iter().map(row).collect()
}

/// The stable name of a stored event: the value of its `kind`, which the serialiser writes first.
pub fn event_name(data: &str) -> String {
    data.strip_prefix("{\"kind\":\"")
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("event")
        .to_owned()
}

/// Stores what the rules decided about an existing ticket.
pub fn save(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    events: Vec<Event>,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let TicketRecord {
        id,
        desk_id,
        code,
        version,
        head_hash,
        state,
        ..
    } = record;
    let ties_before = ties(&state, desk);
    let asking_before = asking(&state);
    let before = Before::Stored {
        ticket: Box::new(state),
        head: &head_hash,
    };
    let folded = fold(before, desk, actor, events, now)?;
    let projection = project(&folded, desk, folded.ticket.updated_at);
    if !store::update_ticket(conn, id, version, projection)? {
        return Err(TicketError::VersionMismatch {
            current: version + 1,
        });
    }
    store::insert_events(conn, &event_rows(desk_id, id, &folded))?;
    let after = ties(&folded.ticket, desk);
    if after != ties_before {
        store::save_ties(conn, id, &after)?;
    }
    let asking = asking(&folded.ticket);
    if asking != asking_before {
        let place = (desk_id, id);
        sync_asks(conn, place, folded.last_seq(), &asking_before, &asking, now)?;
    }
    Ok(Changed {
        ticket_id: id,
        code,
        version: version + 1,
        ticket: folded.ticket,
        recorded: folded.recorded,
    })
}

/// Both clocks of a ticket at an instant.
pub fn clocks(
    ticket: &Ticket,
    desk: &InstalledDesk,
    now: DateTime<Utc>,
) -> (ClockState, ClockState) {
    let input = clock_input(ticket, desk);
    (clock::attention(&input, now), clock::solution(&input, now))
}

/// What the SLA engine computes a ticket's clocks from.
pub fn clock_input<'a>(ticket: &'a Ticket, desk: &'a InstalledDesk) -> ClockInput<'a> {
    ClockInput {
        created_at: ticket.created_at,
        spans: &ticket.spans,
        calendar: &desk.profile.calendar,
        policy: &desk.profile.sla,
        eras: &ticket.eras,
    }
}

/// The clock that a queue shows: of those that still count, the one due first; otherwise how the solution clock ended.
pub fn leading<'a>(attention: &'a ClockState, solution: &'a ClockState) -> &'a ClockState {
    let counts = |state: &&ClockState| {
        state.effect != ClockEffect::Stopped && state.met_at.is_none() && state.target.is_some()
    };
    let mut live: Vec<&ClockState> = [attention, solution].into_iter().filter(counts).collect();
    // A paused clock has no due date; it leads only when nothing else does.
    live.sort_by_key(|state| (state.due_at.is_none(), state.due_at));
    live.first().copied().unwrap_or(solution)
}

/// Which clock it is.
pub fn clock_name(state: &ClockState) -> ClockName {
    match state.kind {
        ClockKind::Attention => ClockName::Attention,
        ClockKind::Solution => ClockName::Solution,
    }
}

/// What a clock does, in the row and on the wire.
pub fn clock_status(state: &ClockState) -> WireStatus {
    match state.status {
        ClockStatus::NoTarget => WireStatus::None,
        ClockStatus::Running => WireStatus::Running,
        ClockStatus::Paused => WireStatus::Paused,
        ClockStatus::Met | ClockStatus::Stopped => WireStatus::Met,
        ClockStatus::Breached => WireStatus::Breached,
    }
}

/// The columns of a ticket's row.
pub fn project(folded: &Folded, desk: &InstalledDesk, now: DateTime<Utc>) -> Projection {
    columns(&folded.ticket, folded.head.clone(), desk, now)
}

/// The columns that follow from a folded history whose last event came at `now`: the history alone decides them, so that
/// an audit can compute them again.
pub fn columns(
    ticket: &Ticket,
    head: Vec<u8>,
    desk: &InstalledDesk,
    now: DateTime<Utc>,
) -> Projection {
    let (attention, solution) = clocks(ticket, desk, now);
    let lead = leading(&attention, &solution);
    let due_at = if lead.effect == ClockEffect::Stopped || lead.met_at.is_some() {
        None
    } else {
        lead.due_at
    };
    Projection {
        request_type: ticket.request_type.as_str().to_owned(),
        category: ticket.category.clone().unwrap_or_default(),
        priority: ticket.priority.clone(),
        priority_rank: desk
            .profile
            .priority
            .get(&ticket.priority)
            .map_or(99, |priority| i32::from(priority.rank)),
        level: i32::from(ticket.level.number()),
        group_id: ticket.group.as_deref().and_then(|slug| desk.group_id(slug)),
        assignee_id: ticket.assignee.as_ref().map(|agent| agent.id),
        status: ticket.status.as_str().to_owned(),
        reason: ticket.reason.clone(),
        open: ticket.status.is_open(),
        last_seq: i32::try_from(ticket.last_seq).unwrap_or(i32::MAX),
        updated_at: Ts::new(ticket.changed_at()),
        due_at: due_at.map(Ts::new),
        due_sort: Ts::new(due_at.unwrap_or(END_OF_TIME)),
        due_clock: words::clock_name(clock_name(lead)).to_owned(),
        clock_status: words::clock_status(clock_status(lead)).to_owned(),
        awaits_reply: ticket.awaits_reply,
        next_effect_at: next_effect_at(ticket, desk, now).map(Ts::new),
        state: JsonText(ticket.clone()),
        head_hash: head,
        closed_at: ticket.ended_at().map(Ts::new),
    }
}

/// What a ticket asks of approvers now.
fn asking(ticket: &Ticket) -> Asking {
    let waits = ticket.status == Status::AwaitingApproval;
    let state = ticket.approval.as_ref().filter(|_| waits);
    state.map_or_else(Asking::default, |state| Asking {
        policy: state.policy.clone(),
        step: state.step,
        pending: state.pending.clone(),
    })
}

/// What is kept of a ticket beside its row.
pub fn ties(ticket: &Ticket, desk: &InstalledDesk) -> Ties {
    Ties {
        contact_at: contact_at(ticket, desk),
        parent_id: ticket.parent,
        merged_into: ticket.merged.as_ref().map(|merged| merged.into),
        restricted: is_restricted(ticket, &desk.profile),
        restricted_group: restricted_group(ticket, desk),
    }
}

/// The group that the ticket is restricted to.
fn restricted_group(ticket: &Ticket, desk: &InstalledDesk) -> Option<i64> {
    restricted_to(ticket, &desk.profile).and_then(|group| desk.group_id(group))
}

/// When the day begins on which the requester of an open ticket is to be contacted again.
fn contact_at(ticket: &Ticket, desk: &InstalledDesk) -> Option<DateTime<Utc>> {
    let day = ticket.next_contact.filter(|_| ticket.status.is_open())?;
    desk.profile.calendar.zone.instant_of(day, 0)
}

/// The earliest warning or breach that is due and not written yet: whoever changes the ticket before the sweeper comes by
/// must not make it forget. A ticket with an outcome is warned of nothing any more.
pub fn unwritten_effect(
    ticket: &Ticket,
    desk: &InstalledDesk,
    now: DateTime<Utc>,
) -> Option<DueEffect> {
    let mut due = clock::due_effects(&clock_input(ticket, desk), now).into_iter();
    due.find(|effect| {
        let (percent, may_come) = match effect.what {
            DueWhat::Warning(percent) => (Some(percent), ticket.status.is_open()),
            DueWhat::Breach => (None, true),
        };
        may_come && !ticket.has_fired(effect.clock, effect.generation, percent)
    })
}

/// When the sweeper has to look at a ticket again: the next warning or breach, or the end of the term for an answer.
pub fn next_effect_at(
    ticket: &Ticket,
    desk: &InstalledDesk,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let effect = unwritten_effect(ticket, desk, now)
        .or_else(|| clock::next_effect(&clock_input(ticket, desk), now))
        .map(|effect| effect.at);
    let silence = closes_by_silence_at(ticket, &desk.profile);
    let reminder = approval_reminder_at(ticket, &desk.profile);
    let held = waits_for_children(ticket, &desk.profile).then(|| now + FAMILY_GLANCE);
    [effect, silence, reminder, held]
        .into_iter()
        .flatten()
        .min()
}

/// How often a ticket is looked at that only waits for those under it to end. A look reads one row; waking the parent with
/// the child's own write would lock the two in the other order than relating them does.
pub const FAMILY_GLANCE: TimeDelta = TimeDelta::minutes(10);
