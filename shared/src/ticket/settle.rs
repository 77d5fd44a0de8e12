//! The end of a ticket: solution, acceptance, rejection, rating, approval and closing.

use chrono::{DateTime, Utc};

use super::Ticket;
use super::actor::{Actor, AgentRef, Assignee};
use super::command::{Answer, AnswerValue, Command, CommandKind, Decision};
use super::decide::{Step, closes_by_silence_at};
use super::event::Event;
use super::guard::Details;
use super::moves::{Case, Facts, Looking, needs_of};
use super::refusal::{Conflict, Denial, FieldCode, Refusal};
use super::status::{Status, Visibility};
use super::text::{Body, Reason, Stars};
use crate::desk::Desk;
use crate::desk::profile::{AcceptanceMode, ApprovalOutcome, Need, Verdict};
use crate::sla::policy::Target;

/// When whoever has not decided an approval is to be reminded; none where the desk reminds nobody or
/// nobody is asked. Each reminder begins a new term.
pub fn approval_reminder_at(ticket: &Ticket, desk: &Desk) -> Option<DateTime<Utc>> {
    let state = ticket
        .approval
        .as_ref()
        .filter(|state| !state.pending.is_empty())?;
    let policy = desk
        .approvals
        .iter()
        .find(|policy| policy.key == state.policy)?;
    if ticket.status != Status::AwaitingApproval {
        return None;
    }
    match policy.remind_after? {
        Target::BusinessDays(days) => desk.calendar.add_business_days(state.asked_at?, days),
        Target::Minutes(minutes) => desk.calendar.deadline(state.asked_at?, minutes.into()),
    }
}

impl Case<'_> {
    /// A solution is delivered.
    pub(super) fn solve(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let Some(solution) = details.solution.cloned() else {
            return Err(Refusal::field("/solution", FieldCode::Required));
        };
        let (by, group) = self.author();
        let solved = Event::Solved {
            solution,
            by,
            level: self.ticket.level,
            group,
            cycle: self.ticket.cycle() + 1,
            message_id: None,
            digest: None,
        };
        Ok(self.settled(&step, details.reason, solved))
    }

    /// It is declared that there is no solution.
    pub(super) fn mark_unsolvable(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        Ok(self.settled(
            &step,
            details.reason,
            self.unsolvable(details.description.cloned(), self.author()),
        ))
    }

    /// It ends without attention.
    pub(super) fn mark_not_managed(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let note = details
            .description
            .cloned()
            .map(|note| (note, Visibility::Public));
        let mut events: Vec<_> = self.attended().into_iter().collect();
        events.extend(self.moved(&step, details.reason, note));
        Ok(events)
    }

    /// The requester accepts (C-07): recorded, and the ticket waits for the rating.
    pub(super) fn accept(&self) -> Result<Vec<Event>, Refusal> {
        if !self.takes_acceptance() {
            return Err(self.not_allowed(CommandKind::Accept));
        }
        if !self.is_own_requester() {
            return Err(Refusal::NotPermitted {
                why: Denial::NotTheRequester,
            });
        }
        if self.ticket.accepted_at.is_some() {
            return Err(Refusal::Conflict {
                what: Conflict::AlreadyAccepted,
            });
        }
        Ok(vec![Event::SolutionAccepted {
            cycle: self.ticket.cycle(),
        }])
    }

    /// Whether the desk asks for acceptance and there is something to accept.
    pub(super) fn takes_acceptance(&self) -> bool {
        self.desk.acceptance.mode == AcceptanceMode::AcceptAndRate
            && self.ticket.status.is_settled()
    }

    /// The solution is rejected, and the ticket goes back to whoever solved it.
    pub(super) fn reject(
        &self,
        command: &Command,
        reason: Option<&Reason>,
    ) -> Result<Vec<Event>, Refusal> {
        let row = self.find(command, Facts::default())?;
        if self.ticket.accepted_at.is_some() {
            return Err(Refusal::Conflict {
                what: Conflict::AlreadyAccepted,
            });
        }
        self.check_needs(command, &needs_of(row, command.kind(), self.desk))?;
        let step = Step {
            row,
            to: self.target(row),
        };
        let mut events = vec![Event::SolutionRejected {
            cycle: self.ticket.cycle(),
            reason: reason.cloned(),
        }];
        events.extend(self.moved(&step, None, None));
        match row.level.filter(|level| *level != self.ticket.level) {
            Some(level) => events.extend(self.down_to(level, row)),
            None => events.extend(self.back_to_solver()),
        }
        if row.needs.contains(&Need::ResponsiblePerson) {
            let after = self.after(&events);
            let case = Case {
                ticket: &after,
                ..*self
            };
            events.extend(case.taken_back());
        }
        Ok(events)
    }

    /// The requester rates or answers the survey; the desk's mode says what follows.
    pub(super) fn rate(
        &self,
        command: &Command,
        stars: Option<Stars>,
        comment: Option<&Reason>,
        answers: &[Answer],
    ) -> Result<Vec<Event>, Refusal> {
        self.may_rate()?;
        if self.ticket.is_rated() {
            return Err(Refusal::Conflict {
                what: Conflict::AlreadyRated,
            });
        }
        self.check_needs(command, &self.rating_needs())?;
        let closing = self.deciding_answer(answers);
        let rated = Event::Rated {
            cycle: self.ticket.cycle(),
            stars,
            comment: comment.cloned(),
            answers: answers.to_vec(),
            closing,
            version: self.desk.survey.answered_version(),
        };
        let survey = closing.map(Verdict::of);
        let row = match self.desk.acceptance.mode {
            AcceptanceMode::AcceptAndRate => Some(self.find(command, Facts::default())?),
            AcceptanceMode::Survey if survey.is_some() => Some(self.find(
                command,
                Facts {
                    survey,
                    ..Facts::default()
                },
            )?),
            AcceptanceMode::Survey | AcceptanceMode::DeskValidates => None,
        };
        let mut events = vec![rated];
        let by_requester = self.desk.acceptance.mode == AcceptanceMode::AcceptAndRate;
        let step = row.map(|row| Step {
            row,
            to: self.target(row),
        });
        // What the word would close by itself waits while tickets under it are open.
        let closes =
            |step: &Step<'_>| by_requester || !self.given.open_children || step.to.is_open();
        if let Some(step) = step.filter(closes) {
            events.extend(self.moved(&step, None, None));
            if step.to.is_open() {
                events.extend(self.back_to_solver());
            }
        }
        Ok(events)
    }

    fn may_rate(&self) -> Result<(), Refusal> {
        if !self.desk.surveys(self.ticket.category.as_deref()) {
            return Err(self.not_allowed(CommandKind::Rate));
        }
        match self.desk.acceptance.mode {
            AcceptanceMode::AcceptAndRate => self
                .find_move(CommandKind::Rate, Facts::default(), None)
                .map(|_| ()),
            AcceptanceMode::Survey | AcceptanceMode::DeskValidates => {
                let rows: Vec<_> = self.moves(CommandKind::Rate, Looking::Ahead).collect();
                let by_table = self.desk.acceptance.mode == AcceptanceMode::Survey;
                if !self.ticket.status.is_settled() || (by_table && rows.is_empty()) {
                    Err(self.not_allowed(CommandKind::Rate))
                } else if self.is_own_requester() {
                    Ok(())
                } else {
                    Err(Refusal::NotPermitted {
                        why: Denial::NotTheRequester,
                    })
                }
            }
        }
    }

    /// What a rating cannot do without at this desk.
    pub(super) fn rating_needs(&self) -> Vec<Need> {
        let row = self.moves(CommandKind::Rate, Looking::Ahead).next();
        match (row, self.desk.acceptance.mode) {
            (Some(row), _) => needs_of(row, CommandKind::Rate, self.desk),
            (None, _) => vec![Need::NotOwnRating, Need::SurveyAnswers],
        }
    }

    fn deciding_answer(&self, answers: &[Answer]) -> Option<bool> {
        let question = self.desk.survey.deciding()?;
        let answer = answers
            .iter()
            .find(|answer| answer.question == question.id)?;
        match answer.value {
            AnswerValue::YesNo(yes) => Some(yes),
            AnswerValue::Stars(_) | AnswerValue::Choice(_) | AnswerValue::Text(_) => None,
        }
    }

    /// Nobody answered within the term (I-38).
    pub(super) fn close_by_silence(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let due = closes_by_silence_at(self.ticket, self.desk);
        if due.is_none_or(|due| self.now < due) || self.given.open_children {
            return Err(Refusal::Conflict {
                what: Conflict::NotDueYet,
            });
        }
        Ok(self.moved(&step, None, None).into_iter().collect())
    }

    /// The last of the tickets under it has ended, and the requester's word closes it now.
    pub(super) fn close_after_children(&self) -> Result<Vec<Event>, Refusal> {
        if *self.actor != Actor::System {
            return Err(Refusal::NotPermitted {
                why: Denial::SystemOnly,
            });
        }
        if self.given.open_children {
            return Err(Refusal::Conflict {
                what: Conflict::NotDueYet,
            });
        }
        let facts = Facts {
            survey: Some(Verdict::of(true)),
            ..Facts::default()
        };
        let kind = CommandKind::Rate;
        let Some(row) = self.moves(kind, Looking::At(facts)).next() else {
            return Err(self.not_allowed(CommandKind::Continue));
        };
        let step = Step {
            row,
            to: self.target(row),
        };
        Ok(self.moved(&step, None, None).into_iter().collect())
    }

    /// The approvals that the category demands are asked for, the first step first.
    pub(super) fn request_approval(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let Some(policy) = self.desk.approval_of(self.ticket.category.as_deref()) else {
            return Err(Refusal::Conflict {
                what: Conflict::NoApprovalNeeded,
            });
        };
        let (proof, files): (&[i64], &[String]) = match command {
            Command::RequestApproval {
                evidence, files, ..
            } => (evidence, files),
            _ => (&[], &[]),
        };
        // Proof alone asks nobody.
        let first = policy.steps.first();
        if policy.evidence && details.evidence.is_none() {
            return Err(Refusal::field("/evidence", FieldCode::Required));
        }
        let roles = policy.steps.iter().flat_map(|step| &step.all_of);
        self.check_manned(roles)?;
        let note = details
            .note
            .cloned()
            .map(|note| (Body::from(note), Visibility::Internal));
        let mut events: Vec<_> = self.moved(&step, None, note).into_iter().collect();
        events.push(Event::ApprovalRequested {
            policy: policy.key.clone(),
            step: 0,
            approvers: first.map_or_else(Vec::new, |step| step.all_of.clone()),
            evidence: proof.first().copied(),
            also: proof.iter().skip(1).copied().collect(),
            files: files.to_vec(),
        });
        Ok(events)
    }

    /// An approver says yes or no; the last yes and the first no move the ticket on.
    pub(super) fn decide_approval(
        &self,
        approver: &str,
        decision: Decision,
        comment: Option<&Reason>,
    ) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::DecideApproval;
        if self.moves(kind, Looking::Ahead).next().is_none() {
            return Err(self.not_allowed(kind));
        }
        if matches!(self.actor, Actor::Approver { person_id, .. } if *person_id == self.ticket.requester.id)
        {
            return Err(Refusal::NotPermitted {
                why: Denial::OwnRequest,
            });
        }
        if !self.may_decide_for(approver) {
            return Err(Refusal::NotPermitted {
                why: Denial::MissingPrivilege,
            });
        }
        let asked = self
            .ticket
            .approval
            .as_ref()
            .filter(|state| state.pending.iter().any(|role| role == approver));
        let Some(state) = asked else {
            return Err(Refusal::Conflict {
                what: Conflict::NotAsked,
            });
        };
        if decision == Decision::Refused && comment.is_none() {
            return Err(Refusal::field("/comment", FieldCode::Required));
        }
        let mut events = vec![Event::ApprovalDecided {
            policy: state.policy.clone(),
            step: state.step,
            approver: approver.to_owned(),
            decision,
            comment: comment.cloned(),
        }];
        let last_of_step = state.pending.len() == 1;
        let next = self.next_step(&state.policy, state.step);
        match (decision, last_of_step, next) {
            (Decision::Refused, _, _) => {
                let after = self.after(&events);
                let case = Case {
                    ticket: &after,
                    ..*self
                };
                let facts = Facts {
                    approval: Some(ApprovalOutcome::Refused),
                    ..Facts::default()
                };
                events.extend(case.conclude(facts, comment)?);
            }
            (Decision::Approved, true, None) => {
                let after = self.after(&events);
                let case = Case {
                    ticket: &after,
                    ..*self
                };
                let facts = Facts {
                    approval: Some(ApprovalOutcome::Granted),
                    ..Facts::default()
                };
                events.extend(case.conclude(facts, None)?);
            }
            (Decision::Approved, true, Some((step, approvers))) => {
                self.check_manned(&approvers)?;
                let policy = state.policy.clone();
                events.push(Event::ApprovalRequested {
                    policy,
                    step,
                    approvers,
                    evidence: None,
                    also: Vec::new(),
                    files: Vec::new(),
                });
            }
            (Decision::Approved, false, _) => {}
        }
        Ok(events)
    }

    /// Whoever has not decided is asked again, once their time is over.
    pub(super) fn remind_approvers(&self) -> Result<Vec<Event>, Refusal> {
        if *self.actor != Actor::System {
            return Err(Refusal::NotPermitted {
                why: Denial::SystemOnly,
            });
        }
        let state = self.ticket.approval.as_ref();
        let due = approval_reminder_at(self.ticket, self.desk);
        match (state, due) {
            (Some(state), Some(due)) if self.now >= due => Ok(vec![Event::ApproversReminded {
                policy: state.policy.clone(),
                step: state.step,
                approvers: state.pending.clone(),
            }]),
            (_, _) => Err(Refusal::Conflict {
                what: Conflict::NotDueYet,
            }),
        }
    }

    /// What is asked of nobody would wait for ever.
    fn check_manned<'r>(&self, roles: impl IntoIterator<Item = &'r String>) -> Result<(), Refusal> {
        let mut nobody: Vec<String> = Vec::new();
        for role in roles {
            if self.given.unmanned.contains(role) && !nobody.contains(role) {
                nobody.push(role.clone());
            }
        }
        if nobody.is_empty() {
            Ok(())
        } else {
            Err(Refusal::NobodyDecides { roles: nobody })
        }
    }

    fn next_step(&self, policy: &str, step: u32) -> Option<(u32, Vec<String>)> {
        let policy = self
            .desk
            .approvals
            .iter()
            .find(|known| known.key == policy)?;
        let next = step + 1;
        let found = policy.steps.get(usize::try_from(next).ok()?)?;
        Some((next, found.all_of.clone()))
    }

    /// Follows the move for the end of the approvals. Whoever decided last was an approver already.
    fn conclude(&self, facts: Facts, comment: Option<&Reason>) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::DecideApproval;
        let Some(row) = self.moves(kind, Looking::At(facts)).next() else {
            return Err(self.not_allowed(kind));
        };
        let step = Step {
            row,
            to: self.target(row),
        };
        let text = comment.cloned().map(Body::from);
        // Whoever refuses solves nothing: a ticket that comes back stays with those who asked.
        let asked_by = (None, self.ticket.group.clone());
        let outcome =
            (step.to == Status::Unsolvable).then(|| self.unsolvable(text.clone(), asked_by));
        let note = text.map(|text| (text, Visibility::Public));
        let mut events: Vec<_> = outcome.into_iter().collect();
        events.extend(self.moved(&step, None, note).map(as_automatic));
        Ok(events)
    }

    fn unsolvable(
        &self,
        description: Option<Body>,
        (by, group): (Option<AgentRef>, Option<String>),
    ) -> Event {
        let (level, cycle) = (self.ticket.level, self.ticket.cycle() + 1);
        Event::DeclaredUnsolvable {
            description,
            by,
            level,
            group,
            cycle,
        }
    }

    fn settled(&self, step: &Step<'_>, reason: Option<&str>, outcome: Event) -> Vec<Event> {
        let mut events: Vec<_> = self.attended().into_iter().collect();
        events.push(outcome);
        events.extend(self.moved(step, reason, None));
        events
    }

    /// The agent behind an outcome, with the group that a reopening gives it back to.
    fn author(&self) -> (Option<AgentRef>, Option<String>) {
        let Actor::Agent {
            user_id,
            name,
            groups,
            ..
        } = self.actor
        else {
            return (None, None);
        };
        let agent = Assignee {
            id: *user_id,
            name: name.clone(),
            groups: groups.clone(),
        };
        (
            Some(agent.reference()),
            self.group_of(&agent, self.ticket.level),
        )
    }
}

fn as_automatic(event: Event) -> Event {
    match event {
        Event::StatusChanged {
            from,
            to,
            reason,
            note,
            note_visibility,
            ..
        } => Event::StatusChanged {
            from,
            to,
            reason,
            note,
            note_visibility,
            automatic: true,
        },
        other => other,
    }
}
