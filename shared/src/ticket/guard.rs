//! The named guards: what a move cannot do without. Each is a function that says whether it holds,
//! and which field to point at where it does not. The desk says which of them a move has.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Ticket;
use super::actor::{Actor, Assignee};
use super::command::{Answer, AnswerValue, Command, CommandKind, Decision};
use super::refusal::{FieldCode, FieldRefusal};
use super::status::Level;
use super::text::{Body, Reason, Stars};
use crate::desk::Desk;
use crate::desk::profile::{Need, Question, QuestionKind};

/// The data of a command, by name, whatever the command.
#[derive(Clone, Copy, Default)]
pub(super) struct Details<'a> {
    pub(super) reason: Option<&'a str>,
    pub(super) words: Option<&'a Reason>,
    pub(super) justification: Option<&'a Reason>,
    pub(super) note: Option<&'a Reason>,
    pub(super) diagnosis: Option<&'a Body>,
    pub(super) solution: Option<&'a Body>,
    pub(super) description: Option<&'a Body>,
    pub(super) level: Option<Level>,
    pub(super) group: Option<&'a str>,
    pub(super) assignee: Option<&'a Assignee>,
    pub(super) vendor: Option<&'a str>,
    pub(super) next_contact: Option<NaiveDate>,
    pub(super) evidence: Option<i64>,
    pub(super) stars: Option<Stars>,
    pub(super) answers: &'a [Answer],
}

impl<'a> Details<'a> {
    pub(super) fn of(command: &'a Command) -> Details<'a> {
        let none = Details::default();
        match command {
            Command::Complete { group, .. } => Details {
                group: group.as_deref(),
                ..none
            },
            Command::Assign {
                group,
                assignee,
                reason,
                note,
            } => Details {
                group: group.as_deref(),
                assignee: assignee.as_ref(),
                reason: reason.as_deref(),
                note: note.as_ref(),
                ..none
            },
            Command::Start { reason, diagnosis } => Details {
                reason: reason.as_deref(),
                diagnosis: diagnosis.as_ref(),
                ..none
            },
            Command::Escalate {
                level,
                group,
                assignee,
                reason,
                justification,
                diagnosis,
            } => Details {
                level: *level,
                group: group.as_deref(),
                assignee: assignee.as_ref(),
                reason: reason.as_deref(),
                justification: justification.as_ref(),
                diagnosis: diagnosis.as_ref(),
                ..none
            },
            Command::EscalateOnsite {
                group,
                assignee,
                reason,
                justification,
                diagnosis,
            } => Details {
                group: group.as_deref(),
                assignee: assignee.as_ref(),
                reason: reason.as_deref(),
                justification: justification.as_ref(),
                diagnosis: diagnosis.as_ref(),
                ..none
            },
            Command::Suspend {
                reason,
                justification,
                next_contact,
            } => Details {
                reason: reason.as_deref(),
                justification: justification.as_ref(),
                next_contact: *next_contact,
                ..none
            },
            Command::Resume { reason, note }
            | Command::ReturnFromVendor { reason, note }
            | Command::CloseByDesk { reason, note } => Details {
                reason: reason.as_deref(),
                note: note.as_ref(),
                ..none
            },
            Command::SendToVendor {
                group,
                assignee,
                vendor,
                reason,
                justification,
            } => Details {
                group: group.as_deref(),
                assignee: assignee.as_ref(),
                vendor: vendor.as_deref().filter(|name| !name.trim().is_empty()),
                reason: reason.as_deref(),
                justification: justification.as_ref(),
                ..none
            },
            Command::RequestApproval { note, evidence, .. } => Details {
                note: note.as_ref(),
                evidence: evidence.first().copied(),
                ..none
            },
            Command::DecideApproval { comment, .. } => Details {
                note: comment.as_ref(),
                ..none
            },
            Command::Solve { solution, reason } => Details {
                solution: solution.as_ref(),
                reason: reason.as_deref(),
                ..none
            },
            Command::MarkUnsolvable {
                description,
                reason,
            }
            | Command::MarkNotManaged {
                description,
                reason,
            } => Details {
                description: description.as_ref(),
                reason: reason.as_deref(),
                ..none
            },
            Command::Reject { reason } => Details {
                words: reason.as_ref(),
                ..none
            },
            Command::Rate { stars, answers, .. } => Details {
                stars: *stars,
                answers,
                ..none
            },
            Command::Confirm
            | Command::Take
            | Command::ChangePriority { .. }
            | Command::ChangeCategory { .. }
            | Command::Accept
            | Command::CloseBySilence
            | Command::Continue
            | Command::AddMessage { .. }
            | Command::RecordContactAttempt { .. }
            | Command::RecordControl { .. }
            | Command::RecordWarning { .. }
            | Command::RecordBreach { .. }
            | Command::LinkParent { .. }
            | Command::UnlinkParent
            | Command::SetExtra { .. }
            | Command::SetMark { .. }
            | Command::RecordCause { .. }
            | Command::SendFollowUp { .. }
            | Command::RemindApprovers
            | Command::MergeInto { .. }
            | Command::Unmerge
            | Command::Absorb { .. }
            | Command::Release { .. } => none,
        }
    }
}

/// Which fields a need misses in the data of a command; none for a condition.
pub(super) fn missing_data(
    need: Need,
    kind: CommandKind,
    details: &Details<'_>,
    desk: &Desk,
) -> Vec<FieldRefusal> {
    let holds = match need {
        Need::Reason => needs_reason(kind, details),
        Need::Justification => needs_justification(details),
        Need::PublicNote => needs_public_note(details),
        Need::Diagnosis => needs_diagnosis(details),
        Need::Solution => needs_solution(details),
        Need::Description => needs_description(details),
        Need::Note => needs_note(details),
        Need::Level => needs_level(details),
        Need::Group => needs_group(details),
        Need::Assignee => needs_assignee(details),
        Need::GroupOrAssignee => needs_group_or_assignee(details),
        Need::Vendor => needs_vendor(details),
        Need::NextContactDate => needs_next_contact_date(details),
        Need::Evidence => needs_evidence(details),
        Need::Stars => needs_stars(details),
        Need::SurveyAnswers => return needs_survey_answers(details, desk),
        Need::ThreeContactAttempts
        | Need::NoPendingApproval
        | Need::LeafCategory
        | Need::PrioritySet
        | Need::ResponsiblePerson
        | Need::MandatoryExtraData
        | Need::SurveyAnswered
        | Need::SolutionAccepted
        | Need::Controls
        | Need::NotOwnRating
        | Need::ContactAttempted
        | Need::Cause => true,
    };
    if holds {
        Vec::new()
    } else {
        vec![FieldRefusal::new(pointer(need, kind), FieldCode::Required)]
    }
}

/// Whether a condition on the ticket as it stands holds; true for needs that are data.
pub(super) fn condition_holds(
    need: Need,
    kind: CommandKind,
    ticket: &Ticket,
    desk: &Desk,
    actor: &Actor,
) -> bool {
    match need {
        Need::ThreeContactAttempts => ticket.was_sought_enough(desk),
        Need::NoPendingApproval => no_pending_approval(ticket, desk),
        Need::LeafCategory => leaf_category(ticket, desk),
        Need::PrioritySet => priority_set(ticket),
        Need::ResponsiblePerson => responsible_person(ticket, kind),
        Need::MandatoryExtraData => mandatory_extra_data(ticket, desk),
        Need::SurveyAnswered => survey_answered(ticket, desk),
        Need::SolutionAccepted => solution_accepted(ticket),
        Need::Controls => controls_answered(ticket, desk, kind),
        Need::NotOwnRating => not_own_rating(ticket, actor),
        Need::ContactAttempted => contact_attempted(ticket),
        Need::Cause => ticket.cause.is_some(),
        Need::Reason
        | Need::Justification
        | Need::PublicNote
        | Need::Diagnosis
        | Need::Solution
        | Need::Description
        | Need::Note
        | Need::Level
        | Need::Group
        | Need::Assignee
        | Need::GroupOrAssignee
        | Need::Vendor
        | Need::NextContactDate
        | Need::Evidence
        | Need::Stars
        | Need::SurveyAnswers => true,
    }
}

fn pointer(need: Need, kind: CommandKind) -> &'static str {
    match need {
        Need::Reason => "/reason",
        Need::Justification | Need::PublicNote => "/justification",
        Need::Diagnosis => "/diagnosis",
        Need::Solution => "/solution",
        Need::Description => "/description",
        Need::Note if kind == CommandKind::DecideApproval => "/comment",
        Need::Note => "/note",
        Need::Level => "/level",
        Need::Group => "/group",
        Need::Assignee | Need::GroupOrAssignee => "/assignee",
        Need::Vendor => "/vendor",
        Need::NextContactDate => "/next_contact",
        Need::Evidence => "/evidence",
        Need::Stars => "/stars",
        Need::SurveyAnswers => "/answers",
        Need::ThreeContactAttempts
        | Need::NoPendingApproval
        | Need::LeafCategory
        | Need::PrioritySet
        | Need::ResponsiblePerson
        | Need::MandatoryExtraData
        | Need::SurveyAnswered
        | Need::SolutionAccepted
        | Need::Controls
        | Need::NotOwnRating
        | Need::ContactAttempted
        | Need::Cause => "",
    }
}

/// A rejection says why in words; every other move takes a reason from the desk's list.
fn needs_reason(kind: CommandKind, details: &Details<'_>) -> bool {
    if kind == CommandKind::Reject {
        details.words.is_some()
    } else {
        details.reason.is_some()
    }
}

fn needs_justification(details: &Details<'_>) -> bool {
    details.justification.is_some()
}

/// The justification is entered once and is the note that the requester reads (C-62).
fn needs_public_note(details: &Details<'_>) -> bool {
    details.justification.is_some()
}

fn needs_diagnosis(details: &Details<'_>) -> bool {
    details.diagnosis.is_some()
}

fn needs_solution(details: &Details<'_>) -> bool {
    details.solution.is_some()
}

fn needs_description(details: &Details<'_>) -> bool {
    details.description.is_some()
}

fn needs_note(details: &Details<'_>) -> bool {
    details.note.is_some()
}

fn needs_level(details: &Details<'_>) -> bool {
    details.level.is_some()
}

fn needs_group(details: &Details<'_>) -> bool {
    details.group.is_some()
}

fn needs_assignee(details: &Details<'_>) -> bool {
    details.assignee.is_some()
}

fn needs_group_or_assignee(details: &Details<'_>) -> bool {
    details.group.is_some() || details.assignee.is_some()
}

fn needs_vendor(details: &Details<'_>) -> bool {
    details.vendor.is_some()
}

fn needs_next_contact_date(details: &Details<'_>) -> bool {
    details.next_contact.is_some()
}

fn needs_evidence(details: &Details<'_>) -> bool {
    details.evidence.is_some()
}

fn needs_stars(details: &Details<'_>) -> bool {
    details.stars.is_some()
}

/// Every mandatory question is answered once and in its kind, and no other is answered.
fn needs_survey_answers(details: &Details<'_>, desk: &Desk) -> Vec<FieldRefusal> {
    let mut errors = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, answer) in details.answers.iter().enumerate() {
        let question = desk
            .survey
            .questions
            .iter()
            .find(|question| question.id == answer.question);
        let code = match question {
            None => Some(FieldCode::Unknown),
            Some(_) if !seen.insert(&answer.question) => Some(FieldCode::Duplicate),
            Some(question) if !fits(question, &answer.value) => Some(FieldCode::WrongKind),
            Some(_) => None,
        };
        errors.extend(code.map(|code| FieldRefusal::new(&format!("/answers/{index}"), code)));
    }
    let missing = desk
        .survey
        .questions
        .iter()
        .filter(|question| question.required && !seen.contains(&question.id));
    errors.extend(missing.map(|question| {
        FieldRefusal::new(&format!("/answers/{}", question.id), FieldCode::Required)
    }));
    errors
}

fn fits(question: &Question, value: &AnswerValue) -> bool {
    match (question.kind, value) {
        (QuestionKind::Stars, AnswerValue::Stars(_))
        | (QuestionKind::YesNo, AnswerValue::YesNo(_))
        | (QuestionKind::Text, AnswerValue::Text(_)) => true,
        (QuestionKind::Choice, AnswerValue::Choice(id)) => {
            question.options.iter().any(|option| option.id == *id)
        }
        (
            QuestionKind::Stars | QuestionKind::YesNo | QuestionKind::Choice | QuestionKind::Text,
            _,
        ) => false,
    }
}

/// The category demands no approval, or all of them were given (I-12, R-219).
fn no_pending_approval(ticket: &Ticket, desk: &Desk) -> bool {
    let Some(policy) = desk.approval_of(ticket.category.as_deref()) else {
        return true;
    };
    let Some(state) = ticket
        .approval
        .as_ref()
        .filter(|state| state.policy == policy.key)
    else {
        return false;
    };
    let at_last_step = usize::try_from(state.step).is_ok_and(|step| step + 1 >= policy.steps.len());
    let refused = state
        .decisions
        .iter()
        .any(|decision| decision.decision == Decision::Refused);
    at_last_step && state.pending.is_empty() && !refused
}

/// The ticket has a category, of the last level where the desk says so (I-13).
fn leaf_category(ticket: &Ticket, desk: &Desk) -> bool {
    let entry = ticket
        .category
        .as_deref()
        .and_then(|key| desk.catalog.get(key));
    entry.is_some_and(|entry| !desk.intake.leaf_only || desk.catalog.is_leaf(entry))
}

fn priority_set(ticket: &Ticket) -> bool {
    ticket.prioritised
}

/// Taking and assigning bring the person with them; what leads to another level looks at who gets it there.
fn responsible_person(ticket: &Ticket, kind: CommandKind) -> bool {
    ticket.assignee.is_some()
        || matches!(
            kind,
            CommandKind::Take
                | CommandKind::Assign
                | CommandKind::Escalate
                | CommandKind::EscalateOnsite
                | CommandKind::Reject
        )
}

fn mandatory_extra_data(ticket: &Ticket, desk: &Desk) -> bool {
    missing_fields(ticket.category.as_deref(), desk, &ticket.extra)
        .next()
        .is_none()
}

/// Mandatory fields of a category's form that are asked, given these answers, and empty.
pub(super) fn missing_fields<'a>(
    category: Option<&str>,
    desk: &'a Desk,
    extra: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = &'a str> {
    let form = desk.form_of(category);
    let fields = form.into_iter().flat_map(|form| &form.fields);
    let empty = |id: &String| extra.get(id).is_none_or(|value| value.trim().is_empty());
    fields
        .filter(move |field| field.required && field.is_shown(extra) && empty(&field.id))
        .map(|field| field.id.as_str())
}

/// The survey of this outcome was answered, or the category asks for none (C-44).
fn survey_answered(ticket: &Ticket, desk: &Desk) -> bool {
    ticket.is_rated() || !desk.surveys(ticket.category.as_deref())
}

/// Somebody tried to reach the requester since they were last heard, or heard them by trying.
fn contact_attempted(ticket: &Ticket) -> bool {
    ticket
        .attempts
        .iter()
        .any(|attempt| ticket.heard_at.is_none_or(|heard| attempt.at >= heard))
}

fn solution_accepted(ticket: &Ticket) -> bool {
    ticket.accepted_at.is_some()
}

fn controls_answered(ticket: &Ticket, desk: &Desk, kind: CommandKind) -> bool {
    let asked = desk
        .controls
        .iter()
        .filter(|control| control.stands_before(kind, ticket.level));
    asked
        .into_iter()
        .all(|control| ticket.answers(control, kind))
}

/// Whoever solved does not rate their own work, even as the requester.
fn not_own_rating(ticket: &Ticket, actor: &Actor) -> bool {
    let solver = ticket
        .solution
        .as_ref()
        .and_then(|solution| solution.by.as_ref());
    match (actor, solver) {
        (
            Actor::Requester {
                also_agent: Some(agent),
                ..
            },
            Some(solver),
        ) => *agent != solver.id,
        _ => true,
    }
}
