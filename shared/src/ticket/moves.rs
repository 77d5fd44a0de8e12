//! Finding the move: which row of the desk's table a command follows, for this actor and situation.

use chrono::{DateTime, Utc};

use super::Ticket;
use super::actor::{Actor, Privilege};
use super::command::{CommandKind, Mark};
use super::decide::Circumstances;
use super::refusal::{Denial, FieldCode, Refusal};
use super::status::{Level, Status};
use crate::desk::Desk;
use crate::desk::profile::{AcceptanceMode, ApprovalOutcome, Move, MoveTo, Need, Verdict, Who};

/// A ticket, the rules of its desk, and somebody who wants something now.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) ticket: &'a Ticket,
    pub(super) desk: &'a Desk,
    pub(super) actor: &'a Actor,
    pub(super) now: DateTime<Utc>,
    /// What others know about it.
    pub(super) given: Circumstances<'a>,
    /// Whether what may be offered is being listed: a refusal met on the way then has no list of its own.
    pub(super) listing: bool,
}

/// What a command brings to the situation: the word of the survey or of the approvers.
#[derive(Clone, Copy, Default)]
pub(super) struct Facts {
    pub(super) survey: Option<Verdict>,
    pub(super) approval: Option<ApprovalOutcome>,
}

/// Whether the conditions of a move on survey and approvals are looked at, or left for later.
#[derive(Clone, Copy)]
pub(super) enum Looking {
    /// The command brings these facts.
    At(Facts),
    /// Which facts it will bring is not known yet.
    Ahead,
}

impl<'a> Case<'a> {
    /// The move that a command follows.
    pub(super) fn find_move(
        &self,
        kind: CommandKind,
        facts: Facts,
        reason: Option<&str>,
    ) -> Result<&'a Move, Refusal> {
        let possible: Vec<_> = self.moves(kind, Looking::At(facts)).collect();
        if possible.is_empty() {
            return Err(self.not_allowed(kind));
        }
        let permitted: Vec<_> = possible
            .iter()
            .copied()
            .filter(|row| self.may_make(row, kind))
            .collect();
        let Some(first) = permitted.first() else {
            return Err(Refusal::NotPermitted {
                why: self.denial(&possible, kind),
            });
        };
        let fitting = match reason {
            Some(reason) => permitted.iter().find(|row| self.takes_reason(row, reason)),
            None => permitted
                .iter()
                .find(|row| !needs_of(row, kind, self.desk).contains(&Need::Reason))
                .or(Some(first)),
        };
        fitting
            .copied()
            .ok_or_else(|| Refusal::field("/reason", FieldCode::Unknown))
    }

    /// The rows of the table for a command in the present situation, whoever makes them.
    pub(super) fn moves(
        &self,
        kind: CommandKind,
        looking: Looking,
    ) -> impl Iterator<Item = &'a Move> + use<'a> {
        let case = *self;
        case.desk.moves.iter().filter(move |row| {
            row.from.contains(&case.ticket.status)
                && row.on.contains(&kind)
                && case.applies(row, kind, looking)
        })
    }

    /// Whether the actor may make a move.
    pub(super) fn may_make(&self, row: &Move, kind: CommandKind) -> bool {
        row.by.iter().any(|who| self.is(*who, kind))
    }

    /// The state that a move leads to.
    pub(super) fn target(&self, row: &Move) -> Status {
        match row.to {
            MoveTo::State(status) => status,
            MoveTo::Back(_) => {
                // Nothing is at work that waits for an approval.
                let usual = match self.ticket.status {
                    Status::AwaitingApproval => Status::New,
                    _ => Status::InProgress,
                };
                self.ticket.came_from.unwrap_or(usual)
            }
        }
    }

    /// The refusal for a state that does not know the command, with what this actor could do instead.
    pub(super) fn not_allowed(&self, command: CommandKind) -> Refusal {
        let mut allowed: Vec<_> = if self.listing {
            Vec::new()
        } else {
            let offers = super::allowed_commands(self.ticket, self.desk, self.actor);
            offers.into_iter().map(|offer| offer.command).collect()
        };
        allowed.dedup();
        Refusal::NotAllowedInState {
            status: self.ticket.status,
            command,
            allowed,
        }
    }

    /// Whether the actor is the requester of this ticket.
    pub(super) fn is_own_requester(&self) -> bool {
        matches!(self.actor, Actor::Requester { person_id, .. } if *person_id == self.ticket.requester.id)
    }

    /// Whether the actor is the agent in charge.
    pub(super) fn is_assignee(&self) -> bool {
        match (self.actor, &self.ticket.assignee) {
            (Actor::Agent { user_id, .. }, Some(assignee)) => *user_id == assignee.id,
            (_, Some(_) | None) => false,
        }
    }

    /// Whether the actor holds an approver role, and it is not their own request (I-12).
    pub(super) fn holds_approver_role(&self, role: &str) -> bool {
        match self.actor {
            Actor::Approver {
                person_id, roles, ..
            } => *person_id != self.ticket.requester.id && roles.iter().any(|held| held == role),
            Actor::Agent { .. } => self.actor.is_member_of(role),
            Actor::Requester { .. } | Actor::ApiClient { .. } | Actor::System => false,
        }
    }

    /// Whether the actor holds an approver role, or one that stands in for it.
    pub(super) fn may_decide_for(&self, role: &str) -> bool {
        let asked = self.ticket.approval.as_ref();
        let policy = asked.and_then(|state| {
            let policies = &self.desk.approvals;
            policies.iter().find(|policy| policy.key == state.policy)
        });
        match policy {
            Some(policy) => policy
                .deciders(role)
                .any(|decider| self.holds_approver_role(decider)),
            None => self.holds_approver_role(role),
        }
    }

    fn is(&self, who: Who, kind: CommandKind) -> bool {
        let privileged = privilege_for(kind).is_none_or(|privilege| self.actor.may(privilege));
        let in_group = |group: &Option<String>| {
            group
                .as_ref()
                .is_some_and(|key| self.actor.is_member_of(key))
        };
        match who {
            Who::Requester => self.is_own_requester(),
            Who::Assignee => self.is_assignee() && privileged,
            Who::Group => in_group(&self.ticket.group) && privileged,
            // A vendor's people have their own moves.
            Who::Agent => self.actor.is_staff() && privileged && !is_limited(self.desk, self.actor),
            Who::Coordinator => {
                self.actor.is_staff()
                    && self.actor.may(Privilege::TicketCoordinate)
                    && !is_limited(self.desk, self.actor)
            }
            Who::FirstLevel => {
                let member = |key: &&str| self.actor.is_member_of(key);
                privileged && self.level_groups(Level::ONE).iter().any(member)
            }
            Who::Vendor => {
                let group = self
                    .ticket
                    .group
                    .as_deref()
                    .and_then(|key| self.desk.group(key));
                group.is_some_and(|group| group.vendor)
                    && in_group(&self.ticket.group)
                    && privileged
            }
            Who::Approver => {
                let pending = self
                    .ticket
                    .approval
                    .iter()
                    .flat_map(|approval| &approval.pending);
                pending.into_iter().any(|role| self.may_decide_for(role))
            }
            Who::System => *self.actor == Actor::System,
        }
    }

    fn takes_reason(&self, row: &Move, reason: &str) -> bool {
        let listed = row.reasons.is_empty() || row.reasons.iter().any(|id| id == reason);
        let fixed = row.reason.as_deref().is_none_or(|fixed| fixed == reason);
        listed && fixed && self.desk.reason(self.target(row), reason).is_some()
    }

    fn denial(&self, rows: &[&Move], kind: CommandKind) -> Denial {
        let by = |who: Who| rows.iter().any(|row| row.by.contains(&who));
        match self.actor {
            Actor::Agent { .. } | Actor::ApiClient { .. } => {
                let for_staff = by(Who::Agent)
                    || by(Who::Assignee)
                    || by(Who::Group)
                    || by(Who::Vendor)
                    || by(Who::FirstLevel);
                let lacks = privilege_for(kind).is_some_and(|privilege| !self.actor.may(privilege));
                if by(Who::Requester) && !for_staff {
                    Denial::NotTheRequester
                } else if by(Who::System)
                    && !for_staff
                    && !by(Who::Coordinator)
                    && !by(Who::Approver)
                {
                    Denial::SystemOnly
                } else if for_staff && !lacks {
                    Denial::NotInCharge
                } else {
                    Denial::MissingPrivilege
                }
            }
            Actor::Requester { .. } if by(Who::Requester) => Denial::NotTheRequester,
            Actor::Approver { person_id, .. } if *person_id == self.ticket.requester.id => {
                Denial::OwnRequest
            }
            Actor::Requester { .. } | Actor::Approver { .. } | Actor::System => {
                Denial::MissingPrivilege
            }
        }
    }
}

impl Case<'_> {
    /// Whether the situation is one of those that a move is for.
    fn applies(&self, row: &Move, kind: CommandKind, looking: Looking) -> bool {
        let (when, ticket) = (&row.when, self.ticket);
        // A rating brings its own word; any other command looks at the one that was given.
        let given = ticket.rating.as_ref().filter(|_| ticket.is_rated());
        let given = given.and_then(|rating| rating.closing).map(Verdict::of);
        let survey_fits = |word| when.survey.is_none_or(|verdict| word == Some(verdict));
        // Where nobody has answered yet, `survey_answered` says so rather than the table.
        let open_or_fits = |word: Option<Verdict>| word.is_none() || survey_fits(word);
        let facts_fit = match looking {
            Looking::At(facts) => {
                let survey = if kind == CommandKind::Rate {
                    survey_fits(facts.survey)
                } else {
                    open_or_fits(given)
                };
                survey
                    && when
                        .approval
                        .is_none_or(|outcome| facts.approval == Some(outcome))
            }
            Looking::Ahead => kind == CommandKind::Rate || open_or_fits(given),
        };
        let solved_by = ticket.solution.as_ref().map(|solution| solution.level);
        let policy = self.desk.approval_of(ticket.category.as_deref());
        facts_fit
            && any_of(&when.reason, ticket.reason.as_ref())
            && any_of(&when.level, Some(&ticket.level))
            && any_of(&when.solved_by_level, solved_by.as_ref())
            && any_of(&when.came_from, ticket.came_from.as_ref())
            && any_of(&when.request_type, Some(&ticket.request_type))
            && any_of(&when.category, ticket.category.as_ref())
            && any_of(&when.policy, policy.map(|policy| &policy.key))
    }
}

/// Whether only its own group, whoever is in charge and those with the right see the ticket (R-026, C-58).
pub fn is_restricted(ticket: &Ticket, desk: &Desk) -> bool {
    let entry = ticket
        .category
        .as_deref()
        .and_then(|key| desk.catalog.get(key));
    ticket.marks.contains(&Mark::Security) || entry.is_some_and(|entry| entry.restricted)
}

/// The group that a restricted ticket belongs to wherever it is: the desk's group for security incidents when it is marked as
/// one, else the group of its restricted category (C-58). None where it is not restricted, or the desk names no such group.
pub fn restricted_to<'a>(ticket: &Ticket, desk: &'a Desk) -> Option<&'a str> {
    let marked = ticket.marks.contains(&Mark::Security);
    let of_mark = desk.security_group().filter(|_| marked);
    let of_category = || {
        let entry = desk.catalog.get(ticket.category.as_deref()?)?;
        entry.group.as_deref().filter(|_| entry.restricted)
    };
    of_mark.map(|group| group.key.as_str()).or_else(of_category)
}

/// Whether the actor is one of a vendor's people: an agent all of whose groups at the desk are vendors'. They see what
/// was given to them or their group, and make the moves of a vendor.
pub fn is_limited(desk: &Desk, actor: &Actor) -> bool {
    let of_vendor = |key: &String| desk.group(key).is_some_and(|group| group.vendor);
    match actor {
        Actor::Agent { groups, .. } => !groups.is_empty() && groups.iter().all(of_vendor),
        Actor::Requester { .. }
        | Actor::ApiClient { .. }
        | Actor::Approver { .. }
        | Actor::System => false,
    }
}

/// Whether an agent or one of their groups has the ticket.
fn has(ticket: &Ticket, actor: &Actor) -> bool {
    let mine = matches!((actor, &ticket.assignee), (Actor::Agent { user_id, .. }, Some(agent)) if agent.id == *user_id);
    let group = ticket.group.as_deref();
    mine || group.is_some_and(|key| actor.is_member_of(key))
}

/// Since when the vendor's people who have a ticket have had it; none for whoever is not limited.
pub fn handed_over_at(ticket: &Ticket, desk: &Desk, actor: &Actor) -> Option<DateTime<Utc>> {
    if !is_limited(desk, actor) {
        return None;
    }
    let theirs =
        |group: &Option<String>| group.as_deref().is_some_and(|key| actor.is_member_of(key));
    let stay = ticket
        .spans
        .iter()
        .rev()
        .take_while(|span| theirs(&span.group));
    Some(stay.last().map_or(ticket.updated_at, |first| first.at))
}

/// Whether a restricted ticket exists for an actor: for its requester, its approvers, the agent and
/// group in charge, the group that it is restricted to, and agents with [`Privilege::RestrictedRead`].
/// What is not restricted exists for everybody whom the desk lets in, except for a vendor's people: for
/// them only what they have exists.
pub fn may_see(ticket: &Ticket, desk: &Desk, actor: &Actor) -> bool {
    if is_limited(desk, actor) && !has(ticket, actor) {
        return false;
    }
    if !is_restricted(ticket, desk) {
        return true;
    }
    let groups = [ticket.group.as_deref(), restricted_to(ticket, desk)];
    match actor {
        Actor::Requester { person_id, .. } => *person_id == ticket.requester.id,
        Actor::Agent { user_id, .. } => {
            let privileged = actor.may(Privilege::RestrictedRead);
            let in_charge = ticket
                .assignee
                .as_ref()
                .is_some_and(|agent| agent.id == *user_id);
            privileged
                || in_charge
                || groups
                    .into_iter()
                    .flatten()
                    .any(|key| actor.is_member_of(key))
        }
        Actor::ApiClient { .. } => false,
        Actor::Approver { .. } => ticket.approval.is_some(),
        Actor::System => true,
    }
}

fn any_of<T: PartialEq>(wanted: &[T], found: Option<&T>) -> bool {
    wanted.is_empty() || found.is_some_and(|found| wanted.contains(found))
}

/// What a move cannot do without: what the desk says, and what no desk can waive (I-6 to I-8).
pub(super) fn needs_of(row: &Move, kind: CommandKind, desk: &Desk) -> Vec<Need> {
    let always = match kind {
        // A group alone brings nobody who is responsible.
        CommandKind::Assign if row.needs.contains(&Need::ResponsiblePerson) => &[Need::Assignee],
        _ => always_needed(kind, desk.acceptance.mode),
    };
    let mut needs = always.to_vec();
    needs.extend(row.needs.iter().filter(|need| !always.contains(need)));
    needs
}

fn always_needed(kind: CommandKind, mode: AcceptanceMode) -> &'static [Need] {
    match kind {
        CommandKind::Assign => &[Need::GroupOrAssignee],
        CommandKind::Suspend => &[Need::Justification],
        CommandKind::Solve => &[Need::Solution],
        CommandKind::MarkUnsolvable | CommandKind::MarkNotManaged => &[Need::Description],
        CommandKind::Reject => &[Need::Reason],
        CommandKind::Rate => match mode {
            AcceptanceMode::AcceptAndRate => {
                &[Need::SolutionAccepted, Need::NotOwnRating, Need::Stars]
            }
            AcceptanceMode::Survey | AcceptanceMode::DeskValidates => {
                &[Need::NotOwnRating, Need::SurveyAnswers]
            }
        },
        CommandKind::Confirm
        | CommandKind::Complete
        | CommandKind::Take
        | CommandKind::Start
        | CommandKind::Escalate
        | CommandKind::EscalateOnsite
        | CommandKind::Resume
        | CommandKind::SendToVendor
        | CommandKind::ReturnFromVendor
        | CommandKind::RequestApproval
        | CommandKind::DecideApproval
        | CommandKind::ChangePriority
        | CommandKind::ChangeCategory
        | CommandKind::Accept
        | CommandKind::CloseByDesk
        | CommandKind::CloseBySilence
        | CommandKind::Continue
        | CommandKind::AddMessage
        | CommandKind::RecordContactAttempt
        | CommandKind::RecordControl
        | CommandKind::RecordWarning
        | CommandKind::RecordBreach
        | CommandKind::LinkParent
        | CommandKind::UnlinkParent
        | CommandKind::SetExtra
        | CommandKind::SetMark
        | CommandKind::RecordCause
        | CommandKind::SendFollowUp
        | CommandKind::RemindApprovers
        | CommandKind::MergeInto
        | CommandKind::Unmerge
        | CommandKind::Absorb
        | CommandKind::Release => &[],
    }
}

/// The right that staff need for a command; none where only others give it.
pub(super) fn privilege_for(kind: CommandKind) -> Option<Privilege> {
    match kind {
        CommandKind::Assign => Some(Privilege::TicketAssign),
        CommandKind::Escalate | CommandKind::EscalateOnsite | CommandKind::SendToVendor => {
            Some(Privilege::TicketEscalate)
        }
        CommandKind::ChangePriority | CommandKind::ChangeCategory => {
            Some(Privilege::PriorityChange)
        }
        CommandKind::Confirm
        | CommandKind::Complete
        | CommandKind::Take
        | CommandKind::Start
        | CommandKind::Suspend
        | CommandKind::Resume
        | CommandKind::ReturnFromVendor
        | CommandKind::RequestApproval
        | CommandKind::Solve
        | CommandKind::MarkUnsolvable
        | CommandKind::MarkNotManaged
        | CommandKind::Reject
        | CommandKind::CloseByDesk
        | CommandKind::AddMessage
        | CommandKind::RecordContactAttempt
        | CommandKind::RecordControl
        | CommandKind::LinkParent
        | CommandKind::UnlinkParent
        | CommandKind::SetExtra
        | CommandKind::SetMark
        | CommandKind::RecordCause
        | CommandKind::SendFollowUp
        | CommandKind::MergeInto
        | CommandKind::Unmerge => Some(Privilege::TicketWork),
        CommandKind::DecideApproval
        | CommandKind::Accept
        | CommandKind::Rate
        | CommandKind::CloseBySilence
        | CommandKind::Continue
        | CommandKind::RecordWarning
        | CommandKind::RecordBreach
        | CommandKind::RemindApprovers
        | CommandKind::Absorb
        | CommandKind::Release => None,
    }
}
