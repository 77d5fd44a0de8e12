//! The parts of a ticket that only some desks have, as agents see them: what commands need, attempts to reach the
//! requester, control questions, the survey, the form of the category.

use chrono::{DateTime, Utc};
use shared::api::desks::{FieldInput, LevelView};
use shared::api::process::{ContactAttemptView, ContactView, ControlView};
use shared::api::tickets::{
    AllowedCommand, ExtraView, Labelled, ReasonView, SolutionEntry, SurveyAnswerView,
};
use shared::desk::Desk;
use shared::desk::profile::{Choice, FieldKind, FormField, Need, QuestionKind};
use shared::i18n::Lang;
use shared::sla::policy::ClockEffect;
use shared::ticket::actor::Actor;
use shared::ticket::command::{AnswerValue, CommandKind};
use shared::ticket::event::Event;
use shared::ticket::status::Status;
use shared::ticket::{Allowed, Ticket, allowed_commands};

use super::timeline::Happened;
use crate::desks::view::{group, input_of};
use crate::mail::dates::written_day;

/// What the caller may do now, in wire form.
pub fn allowed(ticket: &Ticket, desk: &Desk, actor: &Actor, lang: Lang) -> Vec<AllowedCommand> {
    allowed_commands(ticket, desk, actor)
        .into_iter()
        .map(|allowed| command(allowed, desk, lang))
        .collect()
}

fn command(allowed: Allowed, desk: &Desk, lang: Lang) -> AllowedCommand {
    AllowedCommand {
        command: allowed.command,
        to: allowed.to,
        needs: allowed.needs,
        offers: allowed.offers,
        blocked_by: allowed.blocked_by,
        reasons: allowed
            .reasons
            .into_iter()
            .map(|reason| ReasonView {
                label: reason.label.get(lang).to_owned(),
                note_script: reason.note_script.map(|note| note.get(lang).to_owned()),
                id: reason.id,
            })
            .collect(),
        levels: allowed
            .levels
            .into_iter()
            .map(|choice| LevelView {
                level: choice.level.number(),
                label: choice.name.get(lang).to_owned(),
                groups: choice
                    .groups
                    .iter()
                    .map(|choice| group(desk, &choice.key, lang))
                    .collect(),
            })
            .collect(),
    }
}

/// How the attempts to reach the requester stand; none where the desk counts none and none was made.
pub fn contact(ticket: &Ticket, desk: &Desk) -> Option<ContactView> {
    let policy = desk.contact_attempts.as_ref();
    if policy.is_none() && ticket.attempts.is_empty() {
        return None;
    }
    let channels = policy.map_or_else(Vec::new, |policy| policy.channels.clone());
    let counting: Vec<_> = policy
        .into_iter()
        .flat_map(|policy| ticket.counting_attempts(policy))
        .collect();
    let counts = |attempt| counting.iter().any(|known| std::ptr::eq(*known, attempt));
    let attempts: Vec<_> = ticket
        .attempts
        .iter()
        .map(|attempt| ContactAttemptView {
            channel: attempt.channel,
            result: attempt.result,
            at: attempt.at,
            by: attempt.by.name.clone(),
            counts: counts(attempt),
        })
        .collect();
    Some(ContactView {
        attempts,
        counted: u8::try_from(counting.len()).unwrap_or(u8::MAX),
        needed: policy.map_or(0, |policy| policy.count),
        business_days: policy.map_or(0, |policy| policy.business_days),
        complete: ticket.was_sought_enough(desk),
        channels,
        next_contact: ticket.next_contact,
    })
}

/// The desk's control questions with their answers; `due` where a command that is possible now waits for one.
pub fn controls(
    ticket: &Ticket,
    desk: &Desk,
    allowed: &[AllowedCommand],
    lang: Lang,
) -> Vec<ControlView> {
    let view = |control: &shared::desk::profile::Control| {
        let given = ticket
            .controls
            .iter()
            .find(|answer| answer.control == control.id);
        let waits = |command: &&AllowedCommand| {
            command.blocked_by.contains(&Need::Controls)
                && control.stands_before(command.command, ticket.level)
                && !ticket.answers(control, command.command)
        };
        let mut before: Vec<CommandKind> = Vec::new();
        for command in allowed.iter().filter(waits) {
            if !before.contains(&command.command) {
                before.push(command.command);
            }
        }
        ControlView {
            id: control.id.clone(),
            question: control.question.get(lang).to_owned(),
            answer: given.map(|given| given.answer),
            at: given.map(|given| given.at),
            stale: given.is_some_and(|given| ticket.is_stale(control, given)),
            due: !before.is_empty(),
            before,
        }
    };
    desk.controls.iter().map(view).collect()
}

/// What was done and decided about the solution, oldest first: a justification that is given once stands in the
/// history and here.
pub fn solution_log<'a>(
    events: impl Iterator<Item = &'a Happened>,
    desk: &Desk,
    lang: Lang,
) -> Vec<SolutionEntry> {
    let mut entries: Vec<SolutionEntry> = Vec::new();
    let mut before = None;
    for row in events {
        let found = match &row.event {
            Event::Solved { solution, .. } => Some((Status::Solved, solution.to_string())),
            Event::DeclaredUnsolvable {
                description: Some(text),
                ..
            } => Some((Status::Unsolvable, text.to_string())),
            Event::StatusChanged {
                to: to @ (Status::Suspended | Status::NotManaged),
                note: Some(note),
                ..
            } => Some((*to, note.to_string())),
            _ => None,
        };
        if let Some((status, text)) = found {
            entries.push(SolutionEntry {
                status,
                status_label: desk.status_label(status, lang).to_owned(),
                reason: None,
                text,
                author: row.actor_name.clone(),
                at: row.at,
            });
            before = Some(row.at);
        }
        // The reason of an outcome comes with the change of state that it makes.
        if let (
            Event::StatusChanged {
                to,
                reason: Some(reason),
                ..
            },
            Some(entry),
        ) = (&row.event, entries.last_mut())
            && (entry.status, before) == (*to, Some(row.at))
        {
            let reason = desk.reason(*to, reason);
            entry.reason = reason.map(|reason| reason.label.get(lang).to_owned());
        }
    }
    entries
}

/// The answers to the last survey, in words.
pub fn survey(ticket: &Ticket, desk: &Desk, lang: Lang) -> Vec<SurveyAnswerView> {
    let answers = ticket.rating.iter().flat_map(|rating| &rating.answers);
    answers
        .map(|answer| {
            let question = desk
                .survey
                .questions
                .iter()
                .find(|question| question.id == answer.question);
            let options = question.map_or(&[][..], |question| &question.options);
            SurveyAnswerView {
                id: answer.question.clone(),
                question: question.map_or_else(
                    || answer.question.clone(),
                    |question| question.text.get(lang).to_owned(),
                ),
                text: answer_words(&answer.value, options, lang),
                value: answer.value.clone(),
            }
        })
        .collect()
}

fn answer_words(value: &AnswerValue, options: &[Choice], lang: Lang) -> String {
    match (value, lang) {
        (AnswerValue::Stars(stars), Lang::Es) => format!("{} de 5", stars.number()),
        (AnswerValue::Stars(stars), Lang::En) => format!("{} of 5", stars.number()),
        (AnswerValue::YesNo(true), Lang::Es) => "Sí".to_owned(),
        (AnswerValue::YesNo(true), Lang::En) => "Yes".to_owned(),
        (AnswerValue::YesNo(false), _) => "No".to_owned(),
        (AnswerValue::Choice(id), _) => choice_label(options, id, lang),
        (AnswerValue::Text(text), _) => text.to_string(),
    }
}

fn choice_label(options: &[Choice], id: &str, lang: Lang) -> String {
    options
        .iter()
        .find(|option| option.id == id)
        .map_or_else(|| id.to_owned(), |option| option.label.get(lang).to_owned())
}

/// Whether a survey of the desk asks for more than stars.
pub fn asks_questions(desk: &Desk) -> bool {
    desk.survey
        .questions
        .iter()
        .any(|question| question.kind != QuestionKind::Stars)
}

/// The answers to the form of the category, in the order of the form. `named` knows the names of files and people by their
/// keys; what it does not know is shown as it was given.
pub fn extra(
    ticket: &Ticket,
    desk: &Desk,
    lang: Lang,
    named: &dyn Fn(FieldKind, &str) -> Option<String>,
) -> Vec<ExtraView> {
    let fields = desk
        .form_of(ticket.category.as_deref())
        .map_or(&[][..], |form| &form.fields);
    let mut rest = ticket.extra.clone();
    let mut views: Vec<ExtraView> = fields
        .iter()
        .filter_map(|field| {
            let value = rest.remove(&field.id)?;
            Some(ExtraView {
                id: field.id.clone(),
                label: field.label.get(lang).to_owned(),
                kind: input_of(field),
                value: answer_to(field, &value, lang, named),
                given: value,
            })
        })
        .collect();
    // Answers to the form of a category that was corrected later are kept.
    views.extend(rest.into_iter().map(|(id, value)| ExtraView {
        label: id.clone(),
        id,
        kind: FieldInput::Text,
        value: value.clone(),
        given: value,
    }));
    views
}

fn answer_to(
    field: &FormField,
    given: &str,
    lang: Lang,
    named: &dyn Fn(FieldKind, &str) -> Option<String>,
) -> String {
    let words = match (field.kind, given) {
        (FieldKind::YesNo, "yes" | "no") => {
            Some(answer_words(&AnswerValue::YesNo(given == "yes"), &[], lang))
        }
        (FieldKind::Date, day) => day.parse().ok().map(|day| written_day(day, lang)),
        (FieldKind::File | FieldKind::Person, key) => named(field.kind, key),
        (FieldKind::YesNo | FieldKind::Text | FieldKind::Number, _) => None,
    };
    words.unwrap_or_else(|| choice_label(&field.options, given, lang))
}

/// Keys of the people that the answers name.
pub fn people_named(ticket: &Ticket, desk: &Desk) -> Vec<i64> {
    let fields = desk
        .form_of(ticket.category.as_deref())
        .map_or(&[][..], |form| &form.fields);
    fields
        .iter()
        .filter(|field| field.kind == FieldKind::Person)
        .filter_map(|field| ticket.extra.get(&field.id)?.parse().ok())
        .collect()
}

/// Impact and urgency with their labels.
pub fn matrix_choice(
    ticket: &Ticket,
    desk: &Desk,
    lang: Lang,
) -> (Option<Labelled>, Option<Labelled>) {
    let matrix = desk.priority.matrix.as_ref();
    let label = |id: &Option<String>, options: Option<&[Choice]>| {
        id.as_ref().map(|id| Labelled {
            id: id.clone(),
            label: choice_label(options.unwrap_or_default(), id, lang),
        })
    };
    (
        label(&ticket.impact, matrix.map(|matrix| &matrix.impact[..])),
        label(&ticket.urgency, matrix.map(|matrix| &matrix.urgency[..])),
    )
}

/// Minutes of business time that the ticket was suspended in all. Waiting for approvals is no suspension.
pub fn suspended_minutes(ticket: &Ticket, desk: &Desk, now: DateTime<Utc>) -> i64 {
    let waits_elsewhere = [Status::AwaitingApproval, Status::Solved, Status::Unsolvable];
    let ends = ticket
        .spans
        .iter()
        .skip(1)
        .map(|span| span.at)
        .chain(std::iter::once(now));
    let micros: i64 = ticket
        .spans
        .iter()
        .zip(ends)
        .filter(|(span, _)| {
            span.effect == ClockEffect::Paused
                && !waits_elsewhere
                    .iter()
                    .any(|status| status.as_str() == span.label)
        })
        .map(|(span, end)| desk.calendar.elapsed(span.at, end).micros())
        .sum();
    micros / 60_000_000
}
