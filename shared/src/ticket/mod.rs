//! The life of a ticket as pure rules: who may do what, when, with which data, and what follows.
//!
//! The cast: a [`Ticket`] is the sum of its history; an [`actor::Actor`] gives a [`command::Command`];
//! [`decide`] answers with the events that follow or with a [`Refusal`] that says why not; [`evolve`]
//! adds one recorded event to the ticket. [`open`] starts a ticket, [`record`] gives events their place
//! in the history, and [`allowed_commands`] tells a screen what it may offer, by the same table that
//! `decide` follows: the moves of the desk ([`crate::desk::Desk::moves`]).
//!
//! The guarantee: nothing here reads a clock, a database or a label. The same history gives the same
//! ticket on the server, in the browser and in a test.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

pub mod actor;
mod assign;
pub mod command;

mod correct;
mod decide;
pub mod event;
mod evolve;
pub mod follow;
mod guard;
mod moves;
mod open;
pub mod permission;
pub mod refusal;
mod settle;
pub mod status;
pub mod text;
mod told;
pub(crate) mod words;

use crate::desk::Desk;
use crate::desk::profile::{ContactPolicy, Control};
use crate::sla::clock::Span;
use crate::sla::hours::Era;
use crate::sla::policy::ClockKind;

pub use correct::{FollowUp, next_follow_up};
pub use decide::{Circumstances, closes_by_silence_at, decide, decide_given, waits_for_children};
pub use evolve::{evolve, fold};
pub use moves::{handed_over_at, is_limited, is_restricted, may_see, restricted_to};
pub use open::{NewTicket, open};
pub use permission::{Allowed, allowed_commands};
pub use refusal::Refusal;
pub use settle::approval_reminder_at;
pub use told::tells;
pub use words::UnknownWord;

use actor::{Actor, ActorRef, AgentRef};
use command::{Answer, CommandKind, ContactChannel, ContactResult, Decision, Mark};
use event::{Event, IdentityProof, Recorded, RequesterRef};
use status::{Channel, Level, RequestType, Status};
use text::{Body, Reason, Stars, Subject};

/// A ticket as it stands: the sum of its history, and nothing that is not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Where it stands.
    pub status: Status,
    /// Since when it stands there.
    pub status_since: DateTime<Utc>,
    /// Key of the reason of its state.
    #[serde(default)]
    pub reason: Option<String>,
    /// Since when it stands there for this reason, where that is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_since: Option<DateTime<Utc>>,
    /// The state that it was suspended from.
    #[serde(default)]
    pub came_from: Option<Status>,
    /// The one line that names it.
    pub subject: Subject,
    /// Incident or request.
    pub request_type: RequestType,
    /// Catalogue key.
    #[serde(default)]
    pub category: Option<String>,
    /// Priority key.
    pub priority: String,
    /// Whether somebody chose the priority, rather than the desk's default.
    pub prioritised: bool,
    /// Impact key, at desks with a matrix.
    #[serde(default)]
    pub impact: Option<String>,
    /// Urgency key, at desks with a matrix.
    #[serde(default)]
    pub urgency: Option<String>,
    /// Extra data of the category's form.
    #[serde(default)]
    pub extra: BTreeMap<String, String>,
    /// Level in charge.
    pub level: Level,
    /// Key of the group in charge.
    #[serde(default)]
    pub group: Option<String>,
    /// Agent in charge.
    #[serde(default)]
    pub assignee: Option<AgentRef>,
    /// How it came in.
    pub channel: Channel,
    /// Whom it is for.
    pub requester: RequesterRef,
    /// How the requester's identity was proved.
    pub identity: IdentityProof,
    /// Who opened it.
    pub opened_by: ActorRef,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When something last happened, noticed or done; see [`Ticket::changed_at`].
    pub updated_at: DateTime<Utc>,
    /// Sequence number of the last event.
    pub last_seq: u32,
    /// When a person first attended it.
    #[serde(default)]
    pub attended_at: Option<DateTime<Utc>>,
    /// Whether a person has attended it at its present level.
    #[serde(default)]
    pub attended: bool,
    /// Whether the requester wrote last.
    #[serde(default)]
    pub awaits_reply: bool,
    /// The last outcome delivered; it stays after a rejection.
    #[serde(default)]
    pub solution: Option<Solution>,
    /// When the requester accepted the last outcome.
    #[serde(default)]
    pub accepted_at: Option<DateTime<Utc>>,
    /// The last rating or survey.
    #[serde(default)]
    pub rating: Option<Rating>,
    /// How often it was reopened.
    #[serde(default)]
    pub reopen_count: u32,
    /// Attempts to reach the requester, all of them.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// When the requester last wrote or was reached; ends a series of attempts.
    #[serde(default)]
    pub heard_at: Option<DateTime<Utc>>,
    /// When the requester is to be contacted again.
    #[serde(default)]
    pub next_contact: Option<NaiveDate>,
    /// Name of the vendor that was asked.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Answers to control questions.
    #[serde(default)]
    pub controls: Vec<ControlAnswer>,
    /// The approvals asked for last.
    #[serde(default)]
    pub approval: Option<ApprovalState>,
    /// Key of the parent ticket.
    #[serde(default)]
    pub parent: Option<i64>,
    /// What the clocks are computed from.
    #[serde(default)]
    pub spans: Vec<Span>,
    /// Warnings and breaches that were written down.
    #[serde(default)]
    pub fired: Vec<Fired>,
    /// What it is marked as.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub marks: BTreeSet<Mark>,
    /// The cause, once it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Body>,
    /// Who had it before the vendor got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Holder>,
    /// Who had it last at each level that it has left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Holder>,
    /// Mails of the present follow-up series that were sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub follow_ups: u8,
    /// The ticket that goes on in its place, for a duplicate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// Keys of the duplicates that were merged into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<i64>,
    /// How time was counted before the desk changed its hours, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub eras: Vec<Era>,
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Who had a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Level.
    pub level: Level,
    /// Key of the group.
    #[serde(default)]
    pub group: Option<String>,
    /// Agent.
    #[serde(default)]
    pub assignee: Option<AgentRef>,
}

/// Where a duplicate went, and where it goes back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// Key of the ticket that goes on.
    pub into: i64,
    /// The state that it was in.
    pub status: Status,
    /// The reason of that state.
    #[serde(default)]
    pub reason: Option<String>,
    /// The state that it was suspended from.
    #[serde(default)]
    pub came_from: Option<Status>,
    /// When the requester was to be contacted again.
    #[serde(default)]
    pub next_contact: Option<NaiveDate>,
}

/// An outcome that was delivered: a solution, or the declaration that there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// Whether there was one: `solved` or `unsolvable`.
    pub status: Status,
    /// Which outcome of the ticket this is, from 1.
    pub cycle: u32,
    /// Who delivered it, where a person did.
    #[serde(default)]
    pub by: Option<AgentRef>,
    /// Level that delivered it.
    pub level: Level,
    /// Group of whoever delivered it.
    #[serde(default)]
    pub group: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done, or why nothing could be.
    #[serde(default)]
    pub text: Option<Body>,
    /// Key of the message that holds its files, where it has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<i64>,
    /// Whether the requester has written or answered since, so that silence does not close it (I-38).
    #[serde(default)]
    pub answered: bool,
}

/// A rating or an answered survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// Which outcome was rated.
    pub cycle: u32,
    /// 1 to 5.
    #[serde(default)]
    pub stars: Option<Stars>,
    /// Free comment.
    #[serde(default)]
    pub comment: Option<Reason>,
    /// Answers to the desk's questions.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// What the deciding question says.
    #[serde(default)]
    pub closing: Option<bool>,
    /// Which version of the desk's survey was answered; none where it has no questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// When.
    pub at: DateTime<Utc>,
}

/// An attempt to reach the requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// By which way.
    pub channel: ContactChannel,
    /// What came of it.
    pub result: ContactResult,
    /// When.
    pub at: DateTime<Utc>,
    /// Who tried.
    pub by: ActorRef,
    /// Key of the message that proves it.
    #[serde(default)]
    pub evidence: Option<i64>,
    /// Which mail of the series it was, where the product wrote it: 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
}

/// The answer to a control question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlAnswer {
    /// Key of the control point.
    pub control: String,
    /// Yes or no.
    pub answer: bool,
    /// When.
    pub at: DateTime<Utc>,
}

/// How the approvals of a ticket stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalState {
    /// Key of the desk's policy.
    pub policy: String,
    /// Which step is asked, from 0.
    pub step: u32,
    /// Keys of the approver roles whose word is missing in this step.
    pub pending: Vec<String>,
    /// What was decided so far, in all steps.
    pub decisions: Vec<ApprovalDecision>,
    /// When this step was asked, or its approvers were last reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<DateTime<Utc>>,
}

/// What an approver decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDecision {
    /// Which step, from 0.
    pub step: u32,
    /// Key of the approver role.
    pub approver: String,
    /// Who decided.
    pub by: ActorRef,
    /// Yes or no.
    pub decision: Decision,
    /// Why.
    #[serde(default)]
    pub comment: Option<Reason>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A warning or breach that was written down, so that it is written once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// Which clock.
    pub clock: ClockKind,
    /// Which run of the clock.
    pub generation: u32,
    /// The warning's percentage; none is the breach.
    #[serde(default)]
    pub percent: Option<u8>,
    /// When it was written.
    pub at: DateTime<Utc>,
}

impl Ticket {
    /// Which outcome the ticket is at: 0 before the first.
    pub fn cycle(&self) -> u32 {
        self.solution.as_ref().map_or(0, |solution| solution.cycle)
    }

    /// When it ended; none while it has not.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.status.is_final().then_some(self.status_since)
    }

    /// When it was changed last. Nothing is done to a ticket that has ended: what is noticed afterwards, such as a late
    /// breach, is no change of it.
    pub fn changed_at(&self) -> DateTime<Utc> {
        self.ended_at().unwrap_or(self.updated_at)
    }

    /// Whether the present outcome was rated or its survey answered.
    pub fn is_rated(&self) -> bool {
        self.rating
            .as_ref()
            .is_some_and(|rating| rating.cycle == self.cycle())
    }

    /// Whether a control question is answered as a command asks: the right way and, where it must be fresh, since the ticket
    /// came to its state and reason.
    pub fn answers(&self, control: &Control, kind: CommandKind) -> bool {
        self.controls.iter().any(|given| {
            given.control == control.id
                && control
                    .wanted(kind)
                    .is_none_or(|wanted| given.answer == wanted)
                && !self.is_stale(control, given)
        })
    }

    /// Whether an answer that must be fresh was given before the ticket came to its state and reason.
    pub fn is_stale(&self, control: &Control, given: &ControlAnswer) -> bool {
        let since = self
            .reason_since
            .unwrap_or(self.status_since)
            .max(self.status_since);
        control.fresh && given.at < since
    }

    /// Who had it last at a level that it has left.
    pub fn held_at(&self, level: Level) -> Option<&Holder> {
        self.held.iter().find(|holder| holder.level == level)
    }

    /// Agents whom some move may give it back to, each with the group that they must still belong to.
    pub fn may_go_back_to(&self) -> Vec<(i64, Option<&str>)> {
        let solver = self
            .solution
            .iter()
            .map(|solution| (solution.by.as_ref(), solution.group.as_deref()));
        let present = [(self.assignee.as_ref(), self.group.as_deref())];
        let before = self.previous.iter().chain(&self.held);
        let before = before.map(|holder| (holder.assignee.as_ref(), holder.group.as_deref()));
        solver
            .chain(present)
            .chain(before)
            .filter_map(|(agent, group)| Some((agent?.id, group)))
            .collect()
    }

    /// The attempts that count towards giving up, by the desk's terms: without an answer, by its ways, since the requester was
    /// last heard. Where the product writes the mails of a series only those do: a mail that
    /// somebody says they sent is an attempt, and none of the three.
    pub fn counting_attempts<'a>(
        &'a self,
        policy: &'a ContactPolicy,
    ) -> impl Iterator<Item = &'a Attempt> + Clone {
        let since = self.heard_at;
        self.attempts.iter().filter(move |attempt| {
            attempt.result != ContactResult::Reached
                && policy.channels.contains(&attempt.channel)
                && since.is_none_or(|heard| attempt.at > heard)
                && (!policy.series || attempt.step.is_some())
        })
    }

    /// Whether the attempts suffice to give up: enough of them, on enough different business days (I-10).
    pub fn was_sought_enough(&self, desk: &Desk) -> bool {
        let Some(policy) = &desk.contact_attempts else {
            return false;
        };
        let counting = self.counting_attempts(policy);
        let days: BTreeSet<_> = counting
            .clone()
            .filter_map(|attempt| desk.calendar.zone.local_date(attempt.at))
            .filter(|date| desk.calendar.is_business_day(*date))
            .collect();
        counting.count() >= usize::from(policy.count)
            && days.len() >= usize::from(policy.business_days)
    }

    /// Whether a warning (with its percentage) or a breach was written down already.
    pub fn has_fired(&self, clock: ClockKind, generation: u32, percent: Option<u8>) -> bool {
        self.fired.iter().any(|fired| {
            fired.clock == clock && fired.generation == generation && fired.percent == percent
        })
    }

    /// Whether a target of the clock was ever missed, as far as it was written down.
    pub fn was_breached(&self, clock: ClockKind) -> bool {
        self.fired
            .iter()
            .any(|fired| fired.clock == clock && fired.percent.is_none())
    }
}

/// Gives events their place in the history of a ticket: gap-free numbers, times that never go back
/// (I-5), and the system as the actor of what the product did by itself.
pub fn record(
    ticket: Option<&Ticket>,
    events: Vec<Event>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Vec<Recorded> {
    let last_seq = ticket.map_or(0, |ticket| ticket.last_seq);
    let at = ticket.map_or(now, |ticket| ticket.updated_at.max(now));
    let numbered = events.into_iter().zip(last_seq + 1..);
    numbered
        .map(|(event, seq)| {
            let actor = if event.is_automatic() {
                ActorRef::system()
            } else {
                actor.reference()
            };
            Recorded {
                seq,
                at,
                actor,
                event,
            }
        })
        .collect()
}
