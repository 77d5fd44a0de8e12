//! Writing a desk back as a folder of files. Loading what was written gives the same desk.

use std::fmt::Write;

use super::catalog::{Catalog, Entry};
use super::load::{CATALOG_COLUMNS, CATALOG_FILE, DESK_FILE, KNOWLEDGE_FOLDER, WEEKDAYS};
use super::profile::{
    Admission, AttachmentLimits, Choice, Desk, LevelProfile, Matrix, Move, MoveTo, PriorityScheme,
    Question, ReasonProfile, StateProfile, Text, When,
};
use crate::i18n::Lang;
use crate::sla::calendar::{Calendar, HolidayRule, Window};
use crate::sla::policy::{CountsFrom, SlaPolicy, TargetRow};

/// The files of a desk, as (path inside the folder, text).
pub fn export(desk: &Desk) -> Vec<(String, String)> {
    let mut files = vec![
        (DESK_FILE.to_owned(), desk_file(desk)),
        (CATALOG_FILE.to_owned(), catalog_file(&desk.catalog)),
    ];
    for article in &desk.knowledge {
        let ending = if article.lang == Lang::En {
            ".en.md"
        } else {
            ".md"
        };
        let path = format!("{KNOWLEDGE_FOLDER}{}{ending}", article.slug);
        files.push((path, format!("# {}\n\n{}\n", article.title, article.body)));
    }
    files
}

/// A file under writing: sections with `key = value` lines.
#[derive(Default)]
struct Page(String);

impl Page {
    fn section(&mut self, header: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(header);
        self.0.push('\n');
    }

    fn put(&mut self, key: &str, value: impl AsRef<str>) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "{key} = {}", value.as_ref());
    }

    fn put_text(&mut self, key: &str, value: &Text) {
        self.put(key, text(value));
    }

    fn put_opt_text(&mut self, key: &str, value: Option<&Text>) {
        if let Some(value) = value {
            self.put_text(key, value);
        }
    }

    fn put_quoted(&mut self, key: &str, value: &str) {
        self.put(key, quoted(value));
    }

    fn put_list(&mut self, key: &str, values: &[&str]) {
        if !values.is_empty() {
            self.put(key, list(values));
        }
    }

    fn put_keys(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.put(key, list(values));
        }
    }
}

fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn list<T: AsRef<str>>(values: &[T]) -> String {
    let each: Vec<_> = values.iter().map(|value| quoted(value.as_ref())).collect();
    format!("[{}]", each.join(", "))
}

fn text(value: &Text) -> String {
    match &value.en {
        Some(en) if *en == value.es => quoted(en),
        Some(en) => format!("{{ es = {}, en = {} }}", quoted(&value.es), quoted(en)),
        None => format!("{{ es = {} }}", quoted(&value.es)),
    }
}

/// An inline table of the fields that are there.
fn inline(fields: &[(&str, Option<String>)]) -> String {
    let given = fields
        .iter()
        .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key} = {value}")));
    format!("{{ {} }}", given.collect::<Vec<_>>().join(", "))
}

fn rows(each: impl Iterator<Item = String>) -> String {
    let lines: Vec<_> = each.map(|row| format!("  {row},\n")).collect();
    if lines.is_empty() {
        "[]".to_owned()
    } else {
        format!("[\n{}]", lines.concat())
    }
}

fn names<T: Copy>(words: &[T], name: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    words.iter().map(|word| name(*word)).collect()
}

fn desk_file(desk: &Desk) -> String {
    let mut page = Page::default();
    head(&mut page, desk);
    calendar(&mut page, &desk.calendar);
    intake(&mut page, desk);
    desk.states
        .iter()
        .for_each(|profile| state(&mut page, profile));
    desk.moves.iter().for_each(|row| a_move(&mut page, row));
    groups_and_levels(&mut page, desk);
    for profile in &desk.types {
        page.section("[[types]]");
        page.put_quoted("is", profile.is.as_str());
        page.put_text("label", &profile.label);
        page.put_text("help", &profile.help);
    }
    priority(&mut page, &desk.priority);
    sla(&mut page, &desk.sla);
    approvals_and_forms(&mut page, desk);
    ending(&mut page, desk);
    notifications(&mut page, desk);
    attachments(&mut page, desk.attachments);
    page.section("[reports]");
    page.put_list(
        "final",
        &names(&desk.reports.final_states, |status| status.as_str()),
    );
    page.put_list(
        "apart",
        &names(&desk.reports.apart, |status| status.as_str()),
    );
    page.0
}

fn head(page: &mut Page, desk: &Desk) {
    page.section("[desk]");
    page.put_quoted("slug", &desk.slug);
    page.put_text("name", &desk.name);
    page.put_quoted("code", &desk.code.0);
    page.put_quoted("time_zone", &desk.calendar.zone.name);
    page.put_quoted("address", desk.address.as_str());
    if let Some(accent) = &desk.theme.accent {
        page.put_quoted("accent", accent);
    }
    page.section("[words]");
    page.put_text("ticket", &desk.words.ticket);
    page.put_text("category", &desk.words.category);
    page.put_text("priority", &desk.words.priority);
    page.put_text("team", &desk.words.team);
    if let Some(line) = &desk.support {
        page.section("[support_line]");
        page.put_quoted("phone", &line.phone);
        page.put_text("hours", &line.hours);
    }
}

fn windows(windows: &[Window]) -> String {
    list(
        &windows
            .iter()
            .map(|window| String::from(*window))
            .collect::<Vec<_>>(),
    )
}

fn calendar(page: &mut Page, calendar: &Calendar) {
    page.section("[calendar]");
    let days = WEEKDAYS
        .iter()
        .zip(&calendar.week)
        .filter(|(_, day)| !day.is_empty());
    let days: Vec<_> = days
        .map(|(name, day)| (*name, Some(windows(day))))
        .collect();
    page.put("week", inline(&days));
    page.put_quoted(
        "holidays",
        match calendar.holidays {
            HolidayRule::None => "none",
            HolidayRule::Colombia => "CO",
        },
    );
    if !calendar.overrides.is_empty() {
        let each = calendar.overrides.iter().map(|day| {
            let (date, name) = (day.date.to_string(), quoted(&day.name));
            inline(&[
                ("date", Some(date)),
                ("windows", Some(windows(&day.windows))),
                ("name", Some(name)),
            ])
        });
        page.put("overrides", rows(each));
    }
}

fn intake(page: &mut Page, desk: &Desk) {
    let intake = &desk.intake;
    page.section("[intake]");
    page.put(
        "who",
        match &intake.who {
            Admission::Registered => quoted("registered"),
            Admission::Anyone => quoted("anyone"),
            Admission::Domains(domains) => list(domains),
        },
    );
    page.put_list(
        "channels",
        &names(&intake.channels, |channel| channel.as_str()),
    );
    page.put("leaf_only", intake.leaf_only.to_string());
    page.put("category_required", intake.category_required.to_string());
    page.put("priority_required", intake.priority_required.to_string());
    page.put_opt_text("access", intake.access.as_ref());
    if let Some(mail) = &intake.mail {
        let keywords = Some(list(&mail.keywords));
        page.put(
            "mail",
            inline(&[
                ("keywords", keywords),
                ("creates", Some(quoted(mail.creates.as_str()))),
            ]),
        );
    }
    for item in &desk.vouching {
        page.section("[[vouching]]");
        page.put_quoted("id", &item.id);
        page.put_text("label", &item.label);
        page.put("required", item.required.to_string());
    }
}

fn state(page: &mut Page, state: &StateProfile) {
    page.section("[[states]]");
    page.put_quoted("is", state.is.as_str());
    page.put_text("label", &state.label);
    page.put_opt_text("help", state.help.as_ref());
    page.put_quoted("clock", state.clock.as_str());
    if !state.reasons.is_empty() {
        page.put("reasons", rows(state.reasons.iter().map(reason)));
    }
}

fn reason(reason: &ReasonProfile) -> String {
    inline(&[
        ("id", Some(quoted(&reason.id))),
        ("label", Some(text(&reason.label))),
        ("pauses", reason.pauses.map(|pauses| pauses.to_string())),
        ("note_script", reason.note_script.as_ref().map(text)),
        (
            "answer_returns",
            reason.answer_returns.then(|| "true".to_owned()),
        ),
    ])
}

fn a_move(page: &mut Page, row: &Move) {
    page.section("[[moves]]");
    page.put_list("from", &names(&row.from, |status| status.as_str()));
    page.put_quoted(
        "to",
        match row.to {
            MoveTo::State(status) => status.as_str(),
            MoveTo::Back(word) => word.as_str(),
        },
    );
    page.put_list("on", &names(&row.on, |kind| kind.as_str()));
    page.put_list("by", &names(&row.by, |who| who.as_str()));
    if !row.when.is_always() {
        page.put("when", when(&row.when));
    }
    if let Some(reason) = &row.reason {
        page.put_quoted("reason", reason);
    }
    if let Some(level) = row.level {
        page.put("level", level.to_string());
    }
    page.put_list(
        "reasons",
        &row.reasons.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    page.put_list("needs", &names(&row.needs, |need| need.as_str()));
    page.put_list("offers", &names(&row.offers, |need| need.as_str()));
    if !row.tells.is_empty() {
        let each = row.tells.iter().map(|tell| {
            inline(&[
                ("who", Some(quoted(tell.who.as_str()))),
                ("group", tell.group.as_deref().map(quoted)),
                ("template", Some(quoted(tell.template.as_str()))),
            ])
        });
        page.put("tells", rows(each));
    }
}

fn when(when: &When) -> String {
    let some_list = |values: Vec<&str>| (!values.is_empty()).then(|| list(&values));
    let numbers = |levels: &[crate::ticket::status::Level]| {
        let each: Vec<_> = levels.iter().map(ToString::to_string).collect();
        (!each.is_empty()).then(|| format!("[{}]", each.join(", ")))
    };
    inline(&[
        (
            "reason",
            some_list(when.reason.iter().map(String::as_str).collect()),
        ),
        ("level", numbers(&when.level)),
        ("solved_by_level", numbers(&when.solved_by_level)),
        (
            "came_from",
            some_list(names(&when.came_from, |status| status.as_str())),
        ),
        (
            "type",
            some_list(names(&when.request_type, |word| word.as_str())),
        ),
        (
            "category",
            some_list(when.category.iter().map(String::as_str).collect()),
        ),
        (
            "policy",
            some_list(when.policy.iter().map(String::as_str).collect()),
        ),
        (
            "survey",
            when.survey.map(|verdict| quoted(verdict.as_str())),
        ),
        (
            "approval",
            when.approval.map(|outcome| quoted(outcome.as_str())),
        ),
    ])
}

fn groups_and_levels(page: &mut Page, desk: &Desk) {
    page.section("[groups]");
    for group in &desk.groups {
        let flag = |on: bool| on.then(|| "true".to_owned());
        page.put(
            &group.key,
            inline(&[
                ("name", Some(text(&group.name))),
                ("vendor", flag(group.vendor)),
                ("security", flag(group.security)),
            ]),
        );
    }
    page.section("[levels]");
    for level in &desk.levels {
        page.put(&level.level.to_string(), level_line(level));
    }
}

fn level_line(level: &LevelProfile) -> String {
    let groups = |keys: &[String]| (!keys.is_empty()).then(|| list(keys));
    inline(&[
        ("name", Some(text(&level.name))),
        ("groups", groups(&level.groups)),
        ("onsite", groups(&level.onsite)),
    ])
}

fn choices(choices: &[Choice]) -> String {
    rows(choices.iter().map(|choice| {
        inline(&[
            ("id", Some(quoted(&choice.id))),
            ("label", Some(text(&choice.label))),
        ])
    }))
}

fn priority(page: &mut Page, scheme: &PriorityScheme) {
    page.section("[priority]");
    page.put_quoted("default", &scheme.default);
    if scheme.matrix.is_some() {
        page.put_quoted("rule", "urgency");
    }
    page.put(
        "chosen_by_requester",
        scheme.chosen_by_requester.to_string(),
    );
    if scheme.vip_bump > 0 {
        page.put("vip_bump", scheme.vip_bump.to_string());
    }
    for item in &scheme.items {
        page.section("[[priority.values]]");
        page.put_quoted("key", &item.key);
        page.put_text("label", &item.label);
        page.put_text("help", &item.help);
    }
    if let Some(Matrix {
        impact,
        urgency,
        cells,
        default_impact,
    }) = &scheme.matrix
    {
        page.section("[priority.matrix]");
        page.put("impact", choices(impact));
        page.put("urgency", choices(urgency));
        page.put("cells", rows(cells.iter().map(|row| list(row))));
        if let Some(impact) = default_impact {
            page.put_quoted("default_impact", impact);
        }
    }
}

fn sla(page: &mut Page, policy: &SlaPolicy) {
    page.section("[sla]");
    page.put_quoted(
        "solution_counts_from",
        match policy.solution_counts_from {
            CountsFrom::Creation => "creation",
            CountsFrom::ArrivalAtLevel => "arrival_at_level",
        },
    );
    page.put(
        "waiting_in_solved_counts",
        policy.waiting_in_solved_counts.to_string(),
    );
    if !policy.warn_at_percent.is_empty() {
        page.put(
            "warn_at",
            list(
                &policy
                    .warn_at_percent
                    .iter()
                    .map(|percent| format!("{percent}%"))
                    .collect::<Vec<_>>(),
            ),
        );
    }
    page.put("targets", rows(policy.targets.iter().map(target)));
}

fn target(row: &TargetRow) -> String {
    let some = |value: &Option<String>| value.as_deref().map(quoted);
    inline(&[
        ("type", some(&row.request_type)),
        ("priority", some(&row.priority)),
        ("level", row.level.map(|level| level.to_string())),
        ("category", some(&row.category)),
        ("group", some(&row.group)),
        (
            "attention",
            row.attention.map(|target| quoted(&target.to_string())),
        ),
        (
            "solution",
            row.solution.map(|target| quoted(&target.to_string())),
        ),
    ])
}

fn approvals_and_forms(page: &mut Page, desk: &Desk) {
    for policy in &desk.approvals {
        page.section(&format!("[approvals.{}]", bare_or_quoted(&policy.key)));
        page.put_text("name", &policy.name);
        page.put("evidence", policy.evidence.to_string());
        page.put(
            "steps",
            rows(
                policy
                    .steps
                    .iter()
                    .map(|step| inline(&[("all_of", Some(list(&step.all_of)))])),
            ),
        );
        if !policy.roles.is_empty() {
            page.put("roles", choices(&policy.roles));
        }
        if !policy.deputies.is_empty() {
            let each = policy.deputies.iter().map(|deputy| {
                inline(&[
                    ("of", Some(quoted(&deputy.of))),
                    ("roles", Some(list(&deputy.roles))),
                ])
            });
            page.put("deputies", rows(each));
        }
        if let Some(term) = policy.remind_after {
            page.put_quoted("remind_after", &term.to_string());
        }
    }
    for form in &desk.forms {
        page.section(&format!("[forms.{}]", bare_or_quoted(&form.key)));
        let each = form.fields.iter().map(|field| {
            let options =
                (!field.options.is_empty()).then(|| choices(&field.options).replace('\n', " "));
            inline(&[
                ("id", Some(quoted(&field.id))),
                ("label", Some(text(&field.label))),
                ("required", Some(field.required.to_string())),
                (
                    "kind",
                    (!field.kind.is_text()).then(|| quoted(field.kind.as_str())),
                ),
                (
                    "shown_when",
                    field.shown_when.as_ref().map(|when| {
                        inline(&[
                            ("field", Some(quoted(&when.field))),
                            ("is", Some(list(&when.is))),
                        ])
                    }),
                ),
                (
                    "options",
                    options.map(|options| options.replace(", ]", " ]")),
                ),
            ])
        });
        page.put("fields", rows(each));
    }
    for control in &desk.controls {
        page.section("[[controls]]");
        page.put_quoted("id", &control.id);
        page.put_text("question", &control.question);
        page.put_list("before", &names(&control.before, |kind| kind.as_str()));
        if let Some(answer) = control.answer {
            page.put("answer", answer.to_string());
        }
        if !control.otherwise_before.is_empty() {
            let kinds = names(&control.otherwise_before, |kind| kind.as_str());
            page.put_list("otherwise_before", &kinds);
        }
        if let Some(level) = control.level {
            page.put("level", level.number().to_string());
        }
        if control.fresh {
            page.put("fresh", "true");
        }
    }
}

fn bare_or_quoted(key: &str) -> String {
    let bare = !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if bare { key.to_owned() } else { quoted(key) }
}

fn ending(page: &mut Page, desk: &Desk) {
    if let Some(policy) = &desk.contact_attempts {
        page.section("[contact_attempts]");
        page.put("count", policy.count.to_string());
        page.put("business_days", policy.business_days.to_string());
        page.put_list(
            "channels",
            &names(&policy.channels, |channel| channel.as_str()),
        );
        if policy.series {
            page.put("series", "true");
        }
    }
    page.section("[acceptance]");
    page.put_quoted("mode", desk.acceptance.mode.as_str());
    if let Some(term) = desk.acceptance.silence {
        page.put_quoted("silence", &term.to_string());
    }
    page.put_quoted("reopens_to", desk.acceptance.reopens_to.as_str());
    if !desk.survey.questions.is_empty() || desk.survey.version > 0 {
        page.section("[survey]");
        page.put("version", desk.survey.version.to_string());
        for known in &desk.survey.questions {
            question(page, known);
        }
    }
}

fn question(page: &mut Page, question: &Question) {
    page.section("[[survey.questions]]");
    page.put_quoted("id", &question.id);
    page.put_text("text", &question.text);
    page.put_quoted("kind", question.kind.as_str());
    page.put("required", question.required.to_string());
    if question.decides_closing {
        page.put_quoted("decides", "closing");
    }
    if !question.options.is_empty() {
        page.put("options", choices(&question.options));
    }
}

fn notifications(page: &mut Page, desk: &Desk) {
    for notification in &desk.notifications {
        page.section("[[notifications]]");
        page.put_quoted("send", notification.notice.as_str());
        page.put_list(
            "to",
            &names(&notification.to, |recipient| recipient.as_str()),
        );
        page.put_keys("only_for", &notification.only_for);
        page.put_keys("not_for", &notification.not_for);
        page.put_opt_text("subject", notification.subject.as_ref());
        page.put_opt_text("text", notification.text.as_ref());
    }
}

fn attachments(page: &mut Page, limits: AttachmentLimits) {
    const MB: u64 = 1024 * 1024;
    page.section("[attachments]");
    let size = match limits.max_bytes {
        bytes if bytes.is_multiple_of(MB) => format!("{} MB", bytes / MB),
        bytes if bytes.is_multiple_of(1024) => format!("{} kB", bytes / 1024),
        bytes => format!("{bytes} B"),
    };
    page.put_quoted("max_size", &size);
    page.put("max_files", limits.max_files.to_string());
}

fn catalog_file(catalog: &Catalog) -> String {
    let mut out = CATALOG_COLUMNS.join(",");
    out.push('\n');
    for entry in &catalog.entries {
        let cells: Vec<_> = CATALOG_COLUMNS
            .iter()
            .map(|column| cell(&value_of(entry, column)))
            .collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

fn value_of(entry: &Entry, column: &str) -> String {
    let optional = |value: &Option<String>| value.clone().unwrap_or_default();
    let flag = |value: bool| {
        if value {
            "yes".to_owned()
        } else {
            String::new()
        }
    };
    match column {
        "key" => entry.key.clone(),
        "path" => entry.path.join(" > "),
        "path_en" => entry.path_en.join(" > "),
        "type" => entry
            .request_type
            .map(|word| word.as_str().to_owned())
            .unwrap_or_default(),
        "group" => optional(&entry.group),
        "level" => entry
            .level
            .map(|level| level.to_string())
            .unwrap_or_default(),
        "priority" => optional(&entry.priority),
        "form" => optional(&entry.form),
        "approval" => optional(&entry.approval),
        "cutoff" => entry
            .cutoff
            .map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60))
            .unwrap_or_default(),
        "group_2" => optional(&entry.group_2),
        "group_3" => optional(&entry.group_3),
        "evidence" => flag(entry.evidence),
        "restricted" => flag(entry.restricted),
        "survey" if entry.unsurveyed => "no".to_owned(),
        "retired" => flag(entry.retired),
        _ => String::new(),
    }
}

fn cell(value: &str) -> String {
    let plain = !value.contains(['"', ',', '\n', '\r']) && value.trim() == value;
    if plain {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', "\"\""))
    }
}
