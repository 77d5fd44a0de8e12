//! One command on one ticket: the events that follow, or why not. Pure and total: every command in
//! every state by every actor gives events or a named refusal (I-1).

use chrono::{DateTime, NaiveDate, Utc};

use super::Ticket;
use super::actor::Actor;
use super::command::{Command, CommandKind};
use super::event::Event;
use super::guard::{self, Details};
use super::moves::{Case, Facts, Looking, may_see, needs_of};
use super::refusal::{Conflict, Denial, FieldCode, FieldRefusal, Refusal};
use super::status::{Status, Visibility};
use super::text::Body;
use crate::desk::Desk;
use crate::desk::profile::{AcceptanceMode, Move, Need, Who};
use crate::sla::policy::Target;

/// What follows from a command: events to append to the history, in order.
///
/// # Errors
/// [`Refusal`] says why nothing follows; the ticket stays as it is.
pub fn decide(
    ticket: &Ticket,
    desk: &Desk,
    actor: &Actor,
    command: &Command,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Refusal> {
    decide_given(ticket, desk, actor, command, Circumstances::default(), now)
}

/// What a decision rests on that is not in the ticket's own history.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// Keys of agents whom the ticket knows and who cannot be given it any more. Whatever would go back to one of them waits
    /// in the queue of the group instead.
    pub gone: &'a [i64],
    /// Whether tickets under this one are open: then nothing closes it by itself.
    pub open_children: bool,
    /// Keys of approver roles for which nobody could decide on this ticket: neither anybody who holds them nor anybody who
    /// stands in, but for its requester (I-12).
    pub unmanned: &'a [String],
}

/// Like [`decide`], given what only others know.
///
/// # Errors
/// As [`decide`].
pub fn decide_given(
    ticket: &Ticket,
    desk: &Desk,
    actor: &Actor,
    command: &Command,
    given: Circumstances<'_>,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, Refusal> {
    let case = Case {
        ticket,
        desk,
        actor,
        now,
        given,
        listing: false,
    };
    case.may_touch(command.kind())?;
    let events = case.carry_out(command)?;
    Ok(case.with_follow_ups(events))
}

/// When silence closes a settled ticket; none where the desk waits for ever, the
/// ticket is not settled, or the requester has answered (I-38).
pub fn closes_by_silence_at(ticket: &Ticket, desk: &Desk) -> Option<DateTime<Utc>> {
    let term = desk.acceptance.silence?;
    let solution = ticket
        .solution
        .as_ref()
        .filter(|solution| !solution.answered)?;
    if !ticket.status.is_settled() {
        return None;
    }
    match term {
        Target::BusinessDays(days) => desk.calendar.add_business_days(solution.at, days),
        Target::Minutes(minutes) => desk.calendar.deadline(solution.at, minutes.into()),
    }
}

/// Whether the requester's word would have closed the ticket and it only waits for those under it to end.
pub fn waits_for_children(ticket: &Ticket, desk: &Desk) -> bool {
    let positive = ticket
        .rating
        .as_ref()
        .is_some_and(|rating| rating.closing == Some(true));
    desk.acceptance.mode == AcceptanceMode::Survey
        && ticket.status.is_settled()
        && ticket.is_rated()
        && positive
}

/// A move that a command follows, with its guards checked.
pub(super) struct Step<'a> {
    pub(super) row: &'a Move,
    pub(super) to: Status,
}

impl<'a> Case<'a> {
    /// Another requester's ticket is nobody else's business, whatever its state.
    fn may_touch(&self, kind: CommandKind) -> Result<(), Refusal> {
        match self.actor {
            Actor::Requester { .. } if !self.is_own_requester() => Err(Refusal::NotPermitted {
                why: Denial::NotTheRequester,
            }),
            // Whoever is asked decides by their role, although the ticket is not theirs to see.
            Actor::Agent { .. } if kind == CommandKind::DecideApproval && self.is_asked() => Ok(()),
            Actor::Agent { .. } | Actor::ApiClient { .. }
                if !may_see(self.ticket, self.desk, self.actor) =>
            {
                Err(Refusal::NotPermitted {
                    why: Denial::Restricted,
                })
            }
            Actor::Requester { .. }
            | Actor::Agent { .. }
            | Actor::ApiClient { .. }
            | Actor::Approver { .. }
            | Actor::System => Ok(()),
        }
    }

    /// Whether an approval waits for a role of the actor.
    pub(super) fn is_asked(&self) -> bool {
        let pending = self.ticket.approval.iter().flat_map(|state| &state.pending);
        pending.into_iter().any(|role| self.may_decide_for(role))
    }

    fn carry_out(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        // A breach that happened before the end may be noticed after it (I-40).
        let after_the_end = match command.kind() {
            CommandKind::RecordBreach => true,
            CommandKind::Unmerge => self.ticket.merged.is_some(),
            // A duplicate may leave a ticket that has ended.
            CommandKind::Release => !self.ticket.absorbed.is_empty(),
            _ => false,
        };
        if self.ticket.status.is_final() && !after_the_end {
            return Err(self.not_allowed(command.kind()));
        }
        match command {
            Command::Confirm => self.just_move(command),
            Command::Continue if waits_for_children(self.ticket, self.desk) => {
                self.close_after_children()
            }
            Command::Continue => self.just_move(command),
            Command::Complete {
                category,
                priority,
                impact,
                urgency,
                group,
            } => {
                let choice = (priority.as_deref(), impact.as_deref(), urgency.as_deref());
                self.complete(command, category.as_deref(), choice, group.as_deref())
            }
            Command::Take => self.take(command),
            Command::Assign { .. } => self.assign(command),
            Command::Start { .. } => self.start(command),
            Command::Escalate { level, .. } => self.escalate(command, *level),
            Command::EscalateOnsite { .. } => self.escalate_onsite(command),
            Command::Suspend { .. } => self.suspend(command),
            Command::Resume { .. } => self.go_on(command),
            Command::ReturnFromVendor { .. } => self.return_from_vendor(command),
            Command::SendToVendor { .. } => self.send_to_vendor(command),
            Command::RequestApproval { .. } => self.request_approval(command),
            Command::DecideApproval {
                approver,
                decision,
                comment,
            } => self.decide_approval(approver, *decision, comment.as_ref()),
            Command::ChangePriority {
                priority,
                impact,
                urgency,
                reason,
            } => {
                let choice = (priority.as_deref(), impact.as_deref(), urgency.as_deref());
                self.change_priority(choice, reason.as_ref())
            }
            Command::ChangeCategory { category, reason } => {
                self.change_category(category, reason.as_ref())
            }
            Command::Solve { .. } => self.solve(command),
            Command::MarkUnsolvable { .. } => self.mark_unsolvable(command),
            Command::MarkNotManaged { .. } => self.mark_not_managed(command),
            Command::Accept => self.accept(),
            Command::Reject { reason } => self.reject(command, reason.as_ref()),
            Command::Rate {
                stars,
                comment,
                answers,
            } => self.rate(command, *stars, comment.as_ref(), answers),
            Command::CloseByDesk { .. } => self.go_on(command),
            Command::CloseBySilence => self.close_by_silence(command),
            Command::AddMessage {
                message_id,
                visibility,
            } => self.add_message(*message_id, *visibility),
            Command::RecordContactAttempt {
                channel,
                result,
                note,
                evidence,
                next_contact,
            } => {
                let event = Event::ContactAttempted {
                    channel: *channel,
                    result: *result,
                    note: note.clone(),
                    evidence: *evidence,
                };
                self.record_attempt(event, *channel, *next_contact)
            }
            Command::RecordControl {
                control,
                answer,
                note,
            } => self.record_control(control, *answer, note.as_ref()),
            Command::RecordWarning {
                clock,
                percent,
                generation,
                due_at,
            } => self.record_effect(command.kind(), *clock, *generation, Some(*percent), *due_at),
            Command::RecordBreach {
                clock,
                generation,
                due_at,
            } => self.record_effect(command.kind(), *clock, *generation, None, *due_at),
            Command::LinkParent { parent } => self.link_parent(*parent),
            Command::UnlinkParent => self.unlink_parent(),
            Command::SetExtra { extra } => self.set_extra(extra),
            Command::SetMark { mark, on } => self.set_mark(*mark, *on),
            Command::RecordCause { cause } => self.record_cause(cause.as_ref()),
            Command::SendFollowUp { note } => self.send_follow_up(note.as_ref()),
            Command::RemindApprovers => self.remind_approvers(),
            Command::MergeInto { into } => self.merge_into(*into),
            Command::Unmerge => self.unmerge(),
            Command::Absorb { from } => self.absorb(*from),
            Command::Release { from } => self.release(*from),
        }
    }

    /// Finds the move of a command and checks everything that it cannot do without.
    pub(super) fn follow(&self, command: &Command, facts: Facts) -> Result<Step<'a>, Refusal> {
        let row = self.find(command, facts)?;
        self.check_needs(command, &needs_of(row, command.kind(), self.desk))?;
        Ok(Step {
            row,
            to: self.target(row),
        })
    }

    /// Finds the move of a command by state, actor and reason only.
    pub(super) fn find(&self, command: &Command, facts: Facts) -> Result<&'a Move, Refusal> {
        self.find_move(command.kind(), facts, Details::of(command).reason)
    }

    /// The guards: first what the ticket lacks, then every field at once.
    pub(super) fn check_needs(&self, command: &Command, needs: &[Need]) -> Result<(), Refusal> {
        let kind = command.kind();
        let holds =
            |need: &&Need| guard::condition_holds(**need, kind, self.ticket, self.desk, self.actor);
        let unmet: Vec<_> = needs.iter().filter(|need| !holds(need)).copied().collect();
        if !unmet.is_empty() {
            return Err(Refusal::Unmet { needs: unmet });
        }
        let details = Details::of(command);
        let missing = |need: &Need| guard::missing_data(*need, kind, &details, self.desk);
        let mut errors: Vec<FieldRefusal> = Vec::new();
        for error in needs.iter().flat_map(missing) {
            // Two needs may ask for the same field.
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(Refusal::Invalid { errors })
        }
    }

    fn just_move(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        Ok(self.moved(&step, None, None).into_iter().collect())
    }

    /// A move whose only data are a reason and a note.
    pub(super) fn go_on(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let by_requester = self.is_own_requester();
        let visibility = if by_requester {
            Visibility::Public
        } else {
            Visibility::Internal
        };
        let note = details
            .note
            .cloned()
            .map(|note| (Body::from(note), visibility));
        let mut events: Vec<_> = self
            .moved(&step, details.reason, note)
            .into_iter()
            .collect();
        events.extend(self.withdrawn(step.to));
        Ok(events)
    }

    /// The request for approval that a ticket leaves behind undecided.
    fn withdrawn(&self, to: Status) -> Option<Event> {
        if self.ticket.status != Status::AwaitingApproval || to == Status::AwaitingApproval {
            return None;
        }
        let state = self.ticket.approval.as_ref()?;
        Some(Event::ApprovalWithdrawn {
            policy: state.policy.clone(),
            step: state.step,
            approvers: state.pending.clone(),
        })
    }

    fn start(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let note = details
            .diagnosis
            .cloned()
            .map(|diagnosis| (diagnosis, Visibility::Internal));
        let mut events: Vec<_> = self
            .moved(&step, details.reason, note)
            .into_iter()
            .collect();
        events.extend(self.attended());
        if events.is_empty() {
            Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            })
        } else {
            Ok(events)
        }
    }

    fn suspend(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        self.check_not_past(details.next_contact)?;
        let public = step.row.needs.contains(&Need::PublicNote);
        let visibility = if public {
            Visibility::Public
        } else {
            Visibility::Internal
        };
        let note = details
            .justification
            .cloned()
            .map(|note| (Body::from(note), visibility));
        let mut events: Vec<_> = self
            .moved(&step, details.reason, note)
            .into_iter()
            .collect();
        events.extend(
            details
                .next_contact
                .map(|date| Event::NextContactSet { date }),
        );
        if public {
            events.extend(self.attended());
        }
        Ok(events)
    }

    /// The change of state of a step; none where neither the state nor its reason changes.
    pub(super) fn moved(
        &self,
        step: &Step<'_>,
        reason: Option<&str>,
        note: Option<(Body, Visibility)>,
    ) -> Option<Event> {
        let from = self.ticket.status;
        let reason = step
            .row
            .reason
            .clone()
            .or_else(|| reason.map(str::to_owned));
        if from == step.to && reason.is_none() && note.is_none() {
            return None;
        }
        // Inside a state the reason stays unless another one is given.
        let reason = if from == step.to {
            reason.or_else(|| self.ticket.reason.clone())
        } else {
            reason
        };
        let (note, note_visibility) = note.map_or((None, Visibility::Internal), |(note, who)| {
            (Some(note), who)
        });
        let automatic = *self.actor == Actor::System;
        Some(Event::StatusChanged {
            from,
            to: step.to,
            reason,
            note,
            note_visibility,
            automatic,
        })
    }

    /// The first visible act of a person at this level (I-34); none if there was one already.
    pub(super) fn attended(&self) -> Option<Event> {
        let first = matches!(self.actor, Actor::Agent { .. }) && !self.ticket.attended;
        first.then_some(Event::Attended {
            level: self.ticket.level,
        })
    }

    pub(super) fn check_not_past(&self, date: Option<NaiveDate>) -> Result<(), Refusal> {
        let today = self.desk.calendar.zone.local_date(self.now);
        match (date, today) {
            (Some(date), Some(today)) if date < today => {
                Err(Refusal::field("/next_contact", FieldCode::InThePast))
            }
            (_, _) => Ok(()),
        }
    }

    /// The ticket after events that are about to happen.
    pub(super) fn after(&self, events: &[Event]) -> Ticket {
        let recorded = super::record(Some(self.ticket), events.to_vec(), self.actor, self.now);
        recorded
            .iter()
            .fold(self.ticket.clone(), |ticket, recorded| {
                super::evolve(Some(ticket), self.desk, recorded)
            })
    }

    /// Moves that the product makes by itself once a state is entered, such as attention that goes on
    /// at once after a reopening (C-06).
    fn with_follow_ups(&self, mut events: Vec<Event>) -> Vec<Event> {
        let moved = events
            .iter()
            .any(|event| matches!(event, Event::StatusChanged { from, to, .. } if from != to));
        if !moved {
            return events;
        }
        let mut after = self.after(&events);
        // A desk file with a circle of such moves is refused; the bound keeps this total all the same.
        for _ in Status::ALL {
            let case = Case {
                ticket: &after,
                desk: self.desk,
                actor: &Actor::System,
                now: self.now,
                given: self.given,
                listing: self.listing,
            };
            let Some(event) = case.automatic_move() else {
                break;
            };
            after = case.after(std::slice::from_ref(&event));
            events.push(event);
        }
        events
    }

    fn automatic_move(&self) -> Option<Event> {
        let kind = CommandKind::Continue;
        let ready = |row: &&Move| {
            let needs = needs_of(row, kind, self.desk);
            let holds = |need: &Need| {
                need.is_condition()
                    && guard::condition_holds(*need, kind, self.ticket, self.desk, self.actor)
            };
            row.by.contains(&Who::System)
                && self.target(row) != self.ticket.status
                && needs.iter().all(holds)
        };
        let row = self
            .moves(kind, Looking::At(Facts::default()))
            .find(ready)?;
        self.moved(
            &Step {
                row,
                to: self.target(row),
            },
            None,
            None,
        )
    }
}
