//! Adding what happened to the ticket. Total: any event on any ticket gives a ticket, and the same
//! history always gives the same one (I-4).

use chrono::{DateTime, Utc};

use super::actor::{ActorKind, ActorRef};
use super::command::{ContactChannel, ContactResult, Decision};
use super::event::{Event, IdentityProof, Opened, Recorded, RequesterRef};
use super::status::{Channel, Level, RequestType, Status, Visibility};
use super::text::Subject;
use super::{
    ApprovalDecision, ApprovalState, Attempt, ControlAnswer, Fired, Holder, Merged, Rating,
    Solution, Ticket,
};
use crate::desk::Desk;
use crate::sla::clock::Span;
use crate::sla::hours::{Era, Measure};

/// The ticket after one more event. The desk is asked only what states and reasons do to the clocks.
/// A history that does not begin with its opening gives an empty ticket that collects what follows.
pub fn evolve(ticket: Option<Ticket>, desk: &Desk, recorded: &Recorded) -> Ticket {
    let mut ticket = ticket.unwrap_or_else(|| blank(desk, recorded));
    apply(&mut ticket, desk, recorded);
    ticket.updated_at = recorded.at;
    ticket.last_seq = recorded.seq;
    keep_span(&mut ticket, desk, recorded);
    ticket
}

/// The ticket that a whole history gives; none for an empty one.
pub fn fold(desk: &Desk, history: &[Recorded]) -> Option<Ticket> {
    history.iter().fold(None, |ticket, recorded| {
        Some(evolve(ticket, desk, recorded))
    })
}

fn apply(ticket: &mut Ticket, desk: &Desk, recorded: &Recorded) {
    let at = recorded.at;
    match &recorded.event {
        Event::Opened(opened) => apply_opening(ticket, opened, recorded),
        Event::StatusChanged {
            from, to, reason, ..
        } => enter(ticket, *from, *to, reason.clone(), at),
        Event::Assigned { to, to_group, .. } => {
            ticket.assignee = to.clone();
            ticket.group = to_group.clone();
        }
        Event::Escalated {
            to_level,
            to_group,
            to_assignee,
            ..
        } => {
            if ticket.level != *to_level {
                ticket.attended = false;
                let left = ticket.level;
                ticket.held.retain(|holder| holder.level != left);
                ticket.held.push(Holder {
                    level: left,
                    group: ticket.group.clone(),
                    assignee: ticket.assignee.clone(),
                });
            }
            // Only a vendor gives a ticket back.
            let to_vendor = to_group.as_deref().and_then(|key| desk.group(key));
            ticket.previous = to_vendor.filter(|group| group.vendor).map(|_| Holder {
                level: ticket.level,
                group: ticket.group.take(),
                assignee: ticket.assignee.take(),
            });
            ticket.level = *to_level;
            ticket.group = to_group.clone();
            ticket.assignee = to_assignee.clone();
        }
        Event::Attended { .. } => {
            ticket.attended = true;
            ticket.attended_at = ticket.attended_at.or(Some(at));
        }
        Event::PriorityChanged {
            to,
            impact,
            urgency,
            ..
        } => {
            ticket.priority = to.clone();
            ticket.prioritised = true;
            ticket.impact = impact.clone().or(ticket.impact.take());
            ticket.urgency = urgency.clone().or(ticket.urgency.take());
        }
        Event::CategoryChanged {
            to, request_type, ..
        } => {
            // Approvals were given for what it was.
            if ticket.category.as_ref() != Some(to) {
                ticket.approval = None;
            }
            ticket.category = Some(to.clone());
            ticket.request_type = *request_type;
        }
        Event::MessageAdded {
            visibility, author, ..
        } => {
            let from_requester = *author == ActorKind::Requester;
            if from_requester {
                hear(ticket, at);
            }
            if *visibility == Visibility::Public {
                ticket.awaits_reply = from_requester;
            }
        }
        Event::Solved {
            solution,
            by,
            level,
            group,
            cycle,
            message_id,
            ..
        } => {
            let text = Some(solution.clone());
            let (by, group) = (by.clone(), group.clone());
            settle(
                ticket,
                Solution {
                    status: Status::Solved,
                    cycle: *cycle,
                    by,
                    level: *level,
                    group,
                    at,
                    text,
                    message_id: *message_id,
                    answered: false,
                },
            );
        }
        Event::DeclaredUnsolvable {
            description,
            by,
            level,
            group,
            cycle,
        } => {
            let (text, by, group) = (description.clone(), by.clone(), group.clone());
            settle(
                ticket,
                Solution {
                    status: Status::Unsolvable,
                    cycle: *cycle,
                    by,
                    level: *level,
                    group,
                    at,
                    text,
                    message_id: None,
                    answered: false,
                },
            );
        }
        Event::SolutionAccepted { .. } => {
            ticket.accepted_at = Some(at);
            hear(ticket, at);
        }
        Event::SolutionRejected { .. } => {
            ticket.accepted_at = None;
            ticket.awaits_reply = true;
            hear(ticket, at);
        }
        Event::Rated {
            cycle,
            stars,
            comment,
            answers,
            closing,
            version,
        } => {
            let (comment, answers) = (comment.clone(), answers.clone());
            ticket.rating = Some(Rating {
                cycle: *cycle,
                stars: *stars,
                comment,
                answers,
                closing: *closing,
                version: *version,
                at,
            });
            hear(ticket, at);
        }
        Event::SlaWarning {
            clock,
            percent,
            generation,
            ..
        } => {
            ticket.fired.push(Fired {
                clock: *clock,
                generation: *generation,
                percent: Some(*percent),
                at,
            });
        }
        Event::SlaBreached {
            clock, generation, ..
        } => {
            ticket.fired.push(Fired {
                clock: *clock,
                generation: *generation,
                percent: None,
                at,
            });
        }
        // What another code took the place of is told, and proves nothing.
        Event::IdentityVouched {
            superseded: true, ..
        } => {}
        Event::IdentityVouched {
            by,
            checklist,
            note,
            at: read_out_at,
            superseded: false,
        } => {
            let (by, checklist, note) = (by.clone(), checklist.clone(), note.clone());
            ticket.identity = IdentityProof::Vouched {
                by,
                checklist,
                note,
                at: *read_out_at,
            };
        }
        Event::ContactAttempted {
            channel,
            result,
            evidence,
            ..
        } => {
            let by = recorded.actor.clone();
            ticket.attempts.push(Attempt {
                channel: *channel,
                result: *result,
                at,
                by,
                evidence: *evidence,
                step: None,
            });
            if *result == ContactResult::Reached {
                ticket.follow_ups = 0;
                ticket.heard_at = Some(at);
                ticket.next_contact = None;
            }
        }
        Event::NextContactSet { date } => ticket.next_contact = Some(*date),
        Event::VendorAsked { vendor } => ticket.vendor = Some(vendor.clone()),
        Event::ControlRecorded {
            control, answer, ..
        } => {
            ticket.controls.retain(|given| given.control != *control);
            ticket.controls.push(ControlAnswer {
                control: control.clone(),
                answer: *answer,
                at,
            });
        }
        Event::ApprovalRequested {
            policy,
            step,
            approvers,
            ..
        } => {
            let goes_on = ticket
                .approval
                .take()
                .filter(|state| *step > 0 && state.policy == *policy);
            let decisions = goes_on.map_or_else(Vec::new, |state| state.decisions);
            ticket.approval = Some(ApprovalState {
                policy: policy.clone(),
                step: *step,
                pending: approvers.clone(),
                decisions,
                asked_at: Some(at),
            });
        }
        Event::ApprovalDecided {
            step,
            approver,
            decision,
            comment,
            ..
        } => {
            if let Some(state) = &mut ticket.approval {
                state
                    .pending
                    .retain(|pending| pending != approver && *decision == Decision::Approved);
                state.decisions.push(ApprovalDecision {
                    step: *step,
                    approver: approver.clone(),
                    by: recorded.actor.clone(),
                    decision: *decision,
                    comment: comment.clone(),
                    at,
                });
            }
        }
        Event::ParentLinked { parent } => ticket.parent = Some(*parent),
        Event::ParentUnlinked { .. } => ticket.parent = None,
        Event::ExtraChanged { extra } => {
            for (key, value) in extra {
                if value.is_empty() {
                    ticket.extra.remove(key);
                } else {
                    ticket.extra.insert(key.clone(), value.clone());
                }
            }
        }
        Event::Marked { mark, on: true } => {
            ticket.marks.insert(*mark);
        }
        Event::Marked { mark, on: false } => {
            ticket.marks.remove(mark);
        }
        Event::CauseRecorded { cause } => ticket.cause = Some(cause.clone()),
        Event::FollowUpSent { step, .. } => {
            ticket.follow_ups = *step;
            ticket.attempts.push(Attempt {
                channel: ContactChannel::Mail,
                result: ContactResult::NoAnswer,
                at,
                by: recorded.actor.clone(),
                evidence: None,
                step: Some(*step),
            });
        }
        Event::ApproversReminded { .. } => {
            if let Some(state) = &mut ticket.approval {
                state.asked_at = Some(at);
            }
        }
        Event::ApprovalWithdrawn { .. } => ticket.approval = None,
        Event::MergedInto { into } => merge(ticket, *into, at),
        Event::Unmerged { .. } => unmerge(ticket, at),
        Event::Absorbed { from } => {
            if !ticket.absorbed.contains(from) {
                ticket.absorbed.push(*from);
            }
        }
        Event::Released { from } => ticket.absorbed.retain(|key| key != from),
        // The profile that folds this event is the new one already.
        Event::ProfileChanged { measure, .. } => {
            let era = |measure: &Measure| Era {
                until: at,
                measure: measure.clone(),
            };
            ticket.eras.extend(measure.as_deref().map(era));
        }
    }
}

/// A duplicate is closed, and remembers where it goes back to.
fn merge(ticket: &mut Ticket, into: i64, at: DateTime<Utc>) {
    ticket.merged = Some(Merged {
        into,
        status: ticket.status,
        reason: ticket.reason.take(),
        came_from: ticket.came_from.take(),
        next_contact: ticket.next_contact.take(),
    });
    ticket.status = Status::Closed;
    ticket.status_since = at;
}

fn unmerge(ticket: &mut Ticket, at: DateTime<Utc>) {
    if let Some(merged) = ticket.merged.take() {
        ticket.status = merged.status;
        ticket.reason = merged.reason;
        ticket.came_from = merged.came_from;
        ticket.next_contact = merged.next_contact;
        ticket.status_since = at;
    }
}

fn apply_opening(ticket: &mut Ticket, opened: &Opened, recorded: &Recorded) {
    ticket.status = opened.status;
    ticket.status_since = recorded.at;
    ticket.subject = opened.subject.clone();
    ticket.request_type = opened.request_type;
    ticket.category = opened.category.clone();
    ticket.priority = opened.priority.clone();
    ticket.prioritised = opened.prioritised;
    ticket.impact = opened.impact.clone();
    ticket.urgency = opened.urgency.clone();
    ticket.extra = opened.extra.clone();
    ticket.level = opened.level;
    ticket.group = opened.group.clone();
    ticket.assignee = opened.assignee.clone();
    ticket.channel = opened.channel;
    ticket.requester = opened.requester.clone();
    ticket.identity = opened.identity.clone();
    ticket.opened_by = recorded.actor.clone();
    ticket.created_at = recorded.at;
}

fn enter(ticket: &mut Ticket, from: Status, to: Status, reason: Option<String>, at: DateTime<Utc>) {
    if from.is_settled() && to.is_open() {
        ticket.reopen_count += 1;
    }
    // Whatever waits knows where it was before.
    match to {
        Status::Suspended | Status::AwaitingApproval if from == to => {}
        Status::Suspended => ticket.came_from = Some(from),
        Status::AwaitingApproval => {
            ticket.came_from = Some(from).filter(|from| *from != Status::Suspended);
        }
        _ => ticket.came_from = None,
    }
    if to != Status::Suspended {
        ticket.next_contact = None;
    }
    if from != to {
        ticket.status_since = at;
        ticket.reason_since = None;
    } else if ticket.reason != reason {
        ticket.reason_since = Some(at);
    }
    ticket.status = to;
    ticket.reason = reason;
}

fn settle(ticket: &mut Ticket, solution: Solution) {
    ticket.solution = Some(solution);
    ticket.accepted_at = None;
    ticket.awaits_reply = false;
}

/// The requester gave a sign: a series of attempts ends, and silence does not close the ticket.
fn hear(ticket: &mut Ticket, at: DateTime<Utc>) {
    ticket.heard_at = Some(at);
    ticket.follow_ups = 0;
    if let Some(solution) = &mut ticket.solution {
        solution.answered = true;
    }
}

/// Writes a span where what the clocks depend on has changed.
fn keep_span(ticket: &mut Ticket, desk: &Desk, recorded: &Recorded) {
    let effect = desk.clock_effect(ticket.status, ticket.reason.as_deref());
    let span = Span {
        at: recorded.at,
        effect,
        label: ticket
            .reason
            .clone()
            .unwrap_or_else(|| ticket.status.as_str().to_owned()),
        level: ticket.level.number(),
        request_type: Some(ticket.request_type.as_str().to_owned()),
        priority: Some(ticket.priority.clone()),
        category: ticket.category.clone(),
        group: ticket.group.clone(),
        attended: ticket.attended,
        actor: named(&recorded.actor),
    };
    let unchanged = ticket.spans.last().is_some_and(|last| {
        *last
            == Span {
                at: last.at,
                actor: last.actor.clone(),
                ..span.clone()
            }
    });
    if !unchanged {
        ticket.spans.push(span);
    }
}

fn named(actor: &ActorRef) -> Option<String> {
    (actor.kind != ActorKind::System).then(|| actor.name.clone())
}

/// What a history starts from before its opening is read.
fn blank(desk: &Desk, recorded: &Recorded) -> Ticket {
    Ticket {
        status: Status::New,
        status_since: recorded.at,
        reason: None,
        reason_since: None,
        came_from: None,
        subject: Subject::unnamed(),
        request_type: RequestType::Request,
        category: None,
        priority: desk.priority.default.clone(),
        prioritised: false,
        impact: None,
        urgency: None,
        extra: std::collections::BTreeMap::new(),
        level: Level::ONE,
        group: None,
        assignee: None,
        channel: Channel::Portal,
        requester: RequesterRef {
            id: 0,
            name: String::new(),
            vip: false,
        },
        identity: IdentityProof::Unproved,
        opened_by: recorded.actor.clone(),
        created_at: recorded.at,
        updated_at: recorded.at,
        last_seq: 0,
        attended_at: None,
        attended: false,
        awaits_reply: false,
        solution: None,
        accepted_at: None,
        rating: None,
        reopen_count: 0,
        attempts: Vec::new(),
        heard_at: None,
        next_contact: None,
        vendor: None,
        controls: Vec::new(),
        approval: None,
        parent: None,
        spans: Vec::new(),
        fired: Vec::new(),
        marks: std::collections::BTreeSet::new(),
        cause: None,
        previous: None,
        held: Vec::new(),
        follow_ups: 0,
        merged: None,
        absorbed: Vec::new(),
        eras: Vec::new(),
    }
}
