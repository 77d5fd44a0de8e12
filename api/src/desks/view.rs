//! A desk's profile as clients see it, in their language.

use shared::api::desks::{
    CategoryView, DeskView, GroupView, LevelView, PriorityView, StateView, TypeView,
};
use shared::api::portal::{Admission, PortalDesk};
use shared::desk::Desk;
use shared::desk::profile::Admission as Who;
use shared::i18n::Lang;
use shared::sla::policy::Target;
use shared::ticket::actor::PrivilegeSet;

/// The profile for the console.
pub fn console(desk: &Desk, lang: Lang, privileges: PrivilegeSet) -> DeskView {
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
        categories: categories(desk, lang),
        levels: levels(desk, lang),
        max_attachment_bytes: i64::try_from(desk.attachments.max_bytes).unwrap_or(i64::MAX),
        max_attachments: desk.attachments.max_files,
        calendar: desk.calendar.clone(),
        privileges: privileges.iter().collect(),
        accent: desk.theme.accent.clone(),
    }
}

/// The profile for the portal.
pub fn portal(desk: &Desk, lang: Lang) -> PortalDesk {
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
        categories: categories(desk, lang),
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
    };
    desk.catalog
        .selectable(desk.intake.leaf_only)
        .map(view)
        .collect()
}

fn levels(desk: &Desk, lang: Lang) -> Vec<LevelView> {
    let group = |key: &String| {
        let label = desk
            .group(key)
            .map_or_else(|| key.clone(), |group| group.name.get(lang).to_owned());
        GroupView {
            id: key.clone(),
            label,
        }
    };
    let view = |profile: &shared::desk::profile::LevelProfile| LevelView {
        level: profile.level.number(),
        label: profile.name.get(lang).to_owned(),
        groups: profile.groups.iter().map(group).collect(),
    };
    desk.levels.iter().map(view).collect()
}
