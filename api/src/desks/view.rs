//! A desk's profile as clients see it, in their language.

use shared::api::desks::{
    CategoryView, DeskView, FieldInput, FieldView, FormView, GroupView, LevelView, MatrixView,
    PrioritisationView, PriorityView, QuestionView, ShownWhenView, StateView, TypeView,
};
use shared::api::portal::{Admission, PortalDesk};
use shared::api::tickets::Labelled;
use shared::desk::Desk;
use shared::desk::profile::{Admission as Who, Choice, FieldKind, FormField};
use shared::i18n::Lang;
use shared::sla::policy::Target;
use shared::ticket::actor::PrivilegeSet;

/// The profile for the console. `ticket_bytes` is what the installation takes of files for one ticket.
pub fn console(desk: &Desk, lang: Lang, privileges: PrivilegeSet, ticket_bytes: i64) -> DeskView {
    DeskView {
        slug: desk.slug.clone(),
        name: desk.name.get(lang).to_owned(),
        version: desk.version,
        ticket_word: desk.words.ticket.get(lang).to_owned(),
        states: desk
            .states
            .iter()
            .map(|state| StateView {
                id: state.is,
                label: state.label.get(lang).to_owned(),
            })
            .collect(),
        types: types(desk, lang),
        priorities: priorities(desk, lang),
        prioritisation: prioritisation(desk, lang),
        categories: categories(desk, lang),
        forms: forms(desk, lang),
        channels: desk.intake.channels.clone(),
        acceptance: desk.acceptance.mode,
        survey: questions(desk, lang),
        controls: desk
            .controls
            .iter()
            .map(|control| labelled(&control.id, control.question.get(lang)))
            .collect(),
        approver_roles: approver_roles(desk, lang),
        levels: levels(desk, lang),
        max_attachment_bytes: i64::try_from(desk.attachments.max_bytes).unwrap_or(i64::MAX),
        max_attachments: desk.attachments.max_files,
        max_ticket_attachment_bytes: ticket_bytes,
        calendar: desk.calendar.clone(),
        privileges: privileges.iter().collect(),
        accent: desk.theme.accent.clone(),
    }
}

/// The profile for the portal. `ticket_bytes` is what the installation takes of files for one ticket.
pub fn portal(desk: &Desk, lang: Lang, ticket_bytes: i64) -> PortalDesk {
    PortalDesk {
        slug: desk.slug.clone(),
        name: desk.name.get(lang).to_owned(),
        ticket_word: desk.words.ticket.get(lang).to_owned(),
        admission: match desk.intake.who {
            Who::Registered => Admission::Registered,
            Who::Domains(_) => Admission::Domains,
            Who::Anyone => Admission::Anyone,
        },
        types: types(desk, lang),
        priorities: if desk.priority.chosen_by_requester {
            priorities(desk, lang)
        } else {
            Vec::new()
        },
        prioritisation: if desk.priority.chosen_by_requester {
            prioritisation(desk, lang)
        } else {
            PrioritisationView::default()
        },
        categories: categories(desk, lang),
        forms: forms(desk, lang),
        acceptance: desk.acceptance.mode,
        category_word: desk.words.category.get(lang).to_owned(),
        priority_word: desk.words.priority.get(lang).to_owned(),
        code_example: desk.code.code(1042),
        support_line: desk.support.as_ref().map(|line| line.phone.clone()),
        hours: desk
            .support
            .as_ref()
            .map_or_else(String::new, |line| line.hours.get(lang).to_owned()),
        access_help: desk
            .intake
            .access
            .as_ref()
            .map(|text| text.get(lang).to_owned()),
        team_label: desk.words.team.get(lang).to_owned(),
        max_attachment_bytes: i64::try_from(desk.attachments.max_bytes).unwrap_or(i64::MAX),
        max_attachments: desk.attachments.max_files,
        max_ticket_attachment_bytes: ticket_bytes,
        accent: desk.theme.accent.clone(),
        time_zone: desk.calendar.zone.name.clone(),
    }
}

fn types(desk: &Desk, lang: Lang) -> Vec<TypeView> {
    let view = |profile: &shared::desk::profile::TypeProfile| TypeView {
        id: profile.is,
        label: profile.label.get(lang).to_owned(),
        help: profile.help.get(lang).to_owned(),
    };
    desk.types.iter().map(view).collect()
}

fn priorities(desk: &Desk, lang: Lang) -> Vec<PriorityView> {
    let view = |profile: &shared::desk::profile::PriorityProfile| PriorityView {
        id: profile.key.clone(),
        label: profile.label.get(lang).to_owned(),
        help: profile.help.get(lang).to_owned(),
        rank: profile.rank,
        promise: promise(desk, &profile.key, lang),
    };
    desk.priority.items.iter().map(view).collect()
}

/// What level 1 promises for a priority, in words.
fn promise(desk: &Desk, priority: &str, lang: Lang) -> Option<String> {
    let row = desk.sla.targets.iter().find(|row| {
        row.priority.as_deref().is_none_or(|key| key == priority)
            && row.level.is_none_or(|level| level == 1)
            && row.request_type.is_none()
            && row.category.is_none()
            && row.group.is_none()
    })?;
    let (attended, solved) = match lang {
        Lang::Es => ("Atención en", "solución en"),
        Lang::En => ("Attention in", "solution in"),
    };
    match (row.attention, row.solution) {
        (Some(attention), Some(solution)) => Some(format!(
            "{attended} {}, {solved} {}",
            target_words(attention, lang),
            target_words(solution, lang)
        )),
        (Some(attention), None) => Some(format!("{attended} {}", target_words(attention, lang))),
        (None, Some(solution)) => {
            let solved = match lang {
                Lang::Es => "Solución en",
                Lang::En => "Solution in",
            };
            Some(format!("{solved} {}", target_words(solution, lang)))
        }
        (None, None) => None,
    }
}

/// A target in words: `4 horas hábiles`, `1 business day`.
pub fn target_words(target: Target, lang: Lang) -> String {
    let count = |number: i64, one: &str, many: &str| {
        format!("{number} {}", if number == 1 { one } else { many })
    };
    match (target, lang) {
        (Target::BusinessDays(days), Lang::Es) => {
            count(i64::from(days), "día hábil", "días hábiles")
        }
        (Target::BusinessDays(days), Lang::En) => {
            count(i64::from(days), "business day", "business days")
        }
        (Target::Minutes(minutes), Lang::Es) if minutes.0 % 60 == 0 => {
            count(minutes.0 / 60, "hora hábil", "horas hábiles")
        }
        (Target::Minutes(minutes), Lang::En) if minutes.0 % 60 == 0 => {
            count(minutes.0 / 60, "business hour", "business hours")
        }
        (Target::Minutes(minutes), Lang::Es) => format!("{minutes} hábiles"),
        (Target::Minutes(minutes), Lang::En) => format!("{minutes} of business time"),
    }
}

fn categories(desk: &Desk, lang: Lang) -> Vec<CategoryView> {
    let view = |entry: &shared::desk::catalog::Entry| CategoryView {
        id: entry.key.clone(),
        path: entry.labels(lang).to_vec(),
        request_type: entry.request_type,
        selectable: true,
        form: entry.form.clone(),
        approval: desk
            .approval_of(Some(&entry.key))
            .map(|policy| policy.name.get(lang).to_owned()),
        evidence: entry.evidence
            || desk
                .approval_of(Some(&entry.key))
                .is_some_and(|policy| policy.evidence),
        priority: entry.priority.clone(),
        cutoff: entry
            .cutoff
            .map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)),
        restricted: entry.restricted,
    };
    desk.catalog
        .selectable(desk.intake.leaf_only)
        .map(view)
        .collect()
}

fn levels(desk: &Desk, lang: Lang) -> Vec<LevelView> {
    let view = |profile: &shared::desk::profile::LevelProfile| LevelView {
        level: profile.level.number(),
        label: profile.name.get(lang).to_owned(),
        groups: profile
            .groups
            .iter()
            .chain(&profile.onsite)
            .map(|key| group(desk, key, lang))
            .collect(),
    };
    desk.levels.iter().map(view).collect()
}

/// A group with its label and what sets it apart.
pub fn group(desk: &Desk, key: &str, lang: Lang) -> GroupView {
    let profile = desk.group(key);
    GroupView {
        id: key.to_owned(),
        label: profile.map_or_else(|| key.to_owned(), |group| group.name.get(lang).to_owned()),
        onsite: desk
            .levels
            .iter()
            .any(|level| level.onsite.iter().any(|onsite| onsite == key)),
        vendor: profile.is_some_and(|group| group.vendor),
    }
}

/// Roles that approvals ask, each once, in the order of the policies.
pub fn approver_roles(desk: &Desk, lang: Lang) -> Vec<Labelled> {
    let mut roles: Vec<Labelled> = Vec::new();
    for key in desk
        .approvals
        .iter()
        .flat_map(|policy| &policy.steps)
        .flat_map(|step| &step.all_of)
    {
        if !roles.iter().any(|known| known.id == *key) {
            roles.push(approver_role(desk, key, lang));
        }
    }
    roles
}

/// An approver role with its label: what a policy calls it, else the name of the group with that key.
pub fn approver_role(desk: &Desk, key: &str, lang: Lang) -> Labelled {
    let named = desk
        .approvals
        .iter()
        .flat_map(|policy| &policy.roles)
        .find(|role| role.id == key)
        .map(|role| &role.label);
    let name = named.or_else(|| desk.group(key).map(|group| &group.name));
    labelled(key, name.map_or(key, |name| name.get(lang)))
}

fn labelled(id: &str, label: &str) -> Labelled {
    Labelled {
        id: id.to_owned(),
        label: label.to_owned(),
    }
}

fn choices(choices: &[Choice], lang: Lang) -> Vec<Labelled> {
    choices
        .iter()
        .map(|choice| labelled(&choice.id, choice.label.get(lang)))
        .collect()
}

fn prioritisation(desk: &Desk, lang: Lang) -> PrioritisationView {
    PrioritisationView {
        by_requester: desk.priority.chosen_by_requester,
        required: desk.intake.priority_required,
        matrix: desk.priority.matrix.as_ref().map(|matrix| MatrixView {
            impact: choices(&matrix.impact, lang),
            urgency: choices(&matrix.urgency, lang),
            cells: matrix.cells.clone(),
        }),
    }
}

fn forms(desk: &Desk, lang: Lang) -> Vec<FormView> {
    let field = |field: &FormField| FieldView {
        id: field.id.clone(),
        label: field.label.get(lang).to_owned(),
        kind: input_of(field),
        required: field.required,
        options: choices(&field.options, lang),
        shown_when: field.shown_when.as_ref().map(|when| ShownWhenView {
            field: when.field.clone(),
            is: when.is.clone(),
        }),
    };
    let form = |form: &shared::desk::profile::Form| FormView {
        id: form.key.clone(),
        fields: form.fields.iter().map(field).collect(),
    };
    desk.forms.iter().map(form).collect()
}

/// What a field takes, for the control that asks for it.
pub fn input_of(field: &FormField) -> FieldInput {
    if !field.options.is_empty() {
        return FieldInput::Choice;
    }
    match field.kind {
        FieldKind::Text => FieldInput::Text,
        FieldKind::Number => FieldInput::Number,
        FieldKind::Date => FieldInput::Date,
        FieldKind::YesNo => FieldInput::YesNo,
        FieldKind::File => FieldInput::File,
        FieldKind::Person => FieldInput::Person,
    }
}

/// The questions of the survey.
pub fn questions(desk: &Desk, lang: Lang) -> Vec<QuestionView> {
    let view = |question: &shared::desk::profile::Question| QuestionView {
        id: question.id.clone(),
        text: question.text.get(lang).to_owned(),
        kind: question.kind,
        required: question.required,
        decides_closing: question.decides_closing,
        options: choices(&question.options, lang),
    };
    desk.survey.questions.iter().map(view).collect()
}
