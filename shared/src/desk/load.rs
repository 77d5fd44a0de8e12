//! From the files of a desk folder to a [`Desk`], or to every mistake in them at once.

use std::collections::BTreeMap;

use toml_edit::Document;

use super::catalog::{Catalog, Entry};
use super::check::check;
use super::profile::{
    Acceptance, AcceptanceMode, Admission, ApprovalOutcome, ApprovalPolicy, ApprovalStep, Article,
    AttachmentLimits, BackWord, ChecklistItem, Choice, ClockRule, CodeFormat, ContactPolicy,
    Control, Deputy, Desk, FieldKind, Form, FormField, FormOfAddress, GroupProfile, Intake,
    LevelProfile, MailIntake, Matrix, Move, MoveTo, Need, Notice, Notification, PriorityProfile,
    PriorityScheme, Question, QuestionKind, ReasonProfile, Recipient, ReopensTo, ReportRules,
    ShownWhen, StateProfile, SupportLine, Survey, Tell, Text, Theme, TypeProfile, Verdict, When,
    Who, Words,
};
pub use super::read::{DeskError, Finding, Warning};
use super::read::{Notes, Reader, Source, Spot, suggestion};
use crate::i18n::Lang;
use crate::sla::calendar::{Calendar, DateOverride, HolidayRule, Window, Zone, minute_of_day};
use crate::sla::policy::{CountsFrom, IntakeCutoff, SlaPolicy, Target, TargetRow};
use crate::ticket::command::{CommandKind, ContactChannel};
use crate::ticket::status::{Channel, Level, RequestType, Status};

/// The file with everything but catalogue and articles.
pub const DESK_FILE: &str = "desk.toml";
/// The file with the catalogue.
pub const CATALOG_FILE: &str = "catalog.csv";
/// The folder with the articles.
pub const KNOWLEDGE_FOLDER: &str = "knowledge/";
/// The columns of the catalogue; only `path` is mandatory.
pub const CATALOG_COLUMNS: [&str; 16] = [
    "key",
    "path",
    "path_en",
    "type",
    "group",
    "level",
    "group_2",
    "group_3",
    "priority",
    "form",
    "approval",
    "cutoff",
    "evidence",
    "restricted",
    "survey",
    "retired",
];

/// Days of the week as `desk.toml` writes them, Monday first.
pub(super) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Spellings of a closed set, for hints.
macro_rules! known {
    ($set:ty) => {
        &<$set>::ALL
            .iter()
            .map(|word| word.as_str())
            .collect::<Vec<_>>()
    };
}

/// Reads the files of a desk folder, given as (path inside the folder, text). Version is 1 until the
/// server installs it.
///
/// # Errors
/// Every mistake at once, in the order of files and lines, each with what to write instead.
pub fn load<P: AsRef<str>, T: AsRef<str>>(
    files: &[(P, T)],
) -> Result<(Desk, Vec<Warning>), Vec<DeskError>> {
    let notes = Notes::default();
    let files: BTreeMap<&str, &str> = files
        .iter()
        .map(|(path, text)| (path.as_ref(), text.as_ref()))
        .collect();
    let catalog = read_catalog(&files, &notes);
    let knowledge = read_knowledge(&files, &notes);
    let desk = read_desk(&files, catalog, knowledge, &notes);
    if let Some(desk) = &desk {
        check(desk, &notes);
    }
    let (errors, warnings) = notes.into_findings();
    match desk {
        Some(desk) if errors.is_empty() => Ok((desk, warnings)),
        Some(_) | None => Err(errors),
    }
}

fn read_desk(
    files: &BTreeMap<&str, &str>,
    catalog: Catalog,
    knowledge: Vec<Article>,
    notes: &Notes,
) -> Option<Desk> {
    let Some(text) = files.get(DESK_FILE).copied() else {
        notes.error(
            "",
            format!("the folder has no {DESK_FILE}"),
            "add it; the shipped desks are examples",
        );
        return None;
    };
    let source = Source {
        file: DESK_FILE,
        text,
        notes,
    };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let message = error
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned();
            notes.error_at(
                source.spot(error.span()),
                message,
                "correct the TOML; the rest is read once it parses",
            );
            return None;
        }
    };
    let root = Reader::new(source, document.as_table(), "");
    let desk = assemble(&root, catalog, knowledge);
    root.finish();
    desk
}

/// Reads every section before giving up on any, so that all mistakes are noted.
fn assemble(root: &Reader<'_>, catalog: Catalog, knowledge: Vec<Article>) -> Option<Desk> {
    let head = read_head(root);
    let words = read_words(root);
    let support = read_support_line(root);
    let zone = read_zone(root);
    let calendar = read_calendar(root, zone);
    let intake = read_intake(root);
    let vouching = read_vouching(root);
    let states = read_states(root);
    let moves = read_moves(root);
    let groups = read_groups(root);
    let levels = read_levels(root);
    let types = read_types(root);
    let priority = read_priority(root);
    let sla = read_sla(root, &catalog);
    let approvals = read_approvals(root);
    let forms = read_forms(root);
    let controls = read_controls(root);
    let contact_attempts = read_contact_attempts(root);
    let acceptance = read_acceptance(root);
    let survey = read_survey(root);
    let notifications = read_notifications(root);
    let attachments = read_attachments(root);
    let reports = read_reports(root);
    let head = head?;
    Some(Desk {
        slug: head.slug,
        version: 1,
        name: head.name,
        words: words?,
        code: head.code,
        address: head.address,
        theme: head.theme,
        support,
        calendar: calendar?,
        intake: intake?,
        vouching,
        states,
        moves,
        levels,
        groups,
        types,
        priority: priority?,
        sla: sla?,
        approvals,
        forms,
        controls,
        contact_attempts,
        acceptance: acceptance?,
        survey,
        notifications,
        attachments,
        reports,
        catalog,
        knowledge,
    })
}

struct Head {
    slug: String,
    name: Text,
    code: CodeFormat,
    address: FormOfAddress,
    theme: Theme,
}

fn read_head(root: &Reader<'_>) -> Option<Head> {
    let desk = root.table("desk")?;
    let slug = desk.str("slug");
    let name = desk.text("name");
    let code = desk.str("code");
    let address = desk.word("address", known!(FormOfAddress));
    let accent = desk.opt_str("accent");
    desk.opt_str("time_zone");
    if let Some(slug) = &slug
        && !is_key(slug)
    {
        desk.error(
            "slug",
            format!("`{slug}` cannot be part of an address"),
            "use small letters, digits and hyphens",
        );
    }
    if let Some(code) = &code
        && code.matches(CodeFormat::NUMBER).count() != 1
    {
        desk.error(
            "code",
            "the code needs its number once",
            "write for example \"ABC-{number}\"",
        );
    }
    if let Some(accent) = &accent
        && !is_colour(accent)
    {
        desk.error(
            "accent",
            format!("`{accent}` is not a colour"),
            "write it as #rrggbb",
        );
    }
    desk.finish();
    Some(Head {
        slug: slug?,
        name: name?,
        code: CodeFormat(code?),
        address: address?,
        theme: Theme { accent },
    })
}

/// Small letters, digits, hyphens and underscores.
fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.chars().all(|c| c.is_ascii_hexdigit()))
}

fn read_words(root: &Reader<'_>) -> Option<Words> {
    let words = root.table("words")?;
    let (ticket, category) = (words.text("ticket"), words.text("category"));
    let (priority, team) = (words.text("priority"), words.text("team"));
    words.finish();
    Some(Words {
        ticket: ticket?,
        category: category?,
        priority: priority?,
        team: team?,
    })
}

fn read_support_line(root: &Reader<'_>) -> Option<SupportLine> {
    let line = root.opt_table("support_line")?;
    let (phone, hours) = (line.str("phone"), line.text("hours"));
    line.finish();
    Some(SupportLine {
        phone: phone?,
        hours: hours?,
    })
}

fn read_zone(root: &Reader<'_>) -> Option<Zone> {
    let desk = root.opt_table("desk")?;
    let name = desk.str("time_zone")?;
    let zone = Zone::known(&name);
    if zone.is_none() {
        desk.error(
            "time_zone",
            format!("the time zone `{name}` is not known"),
            "write for example \"America/Bogota\"",
        );
    }
    zone
}

fn read_calendar(root: &Reader<'_>, zone: Option<Zone>) -> Option<Calendar> {
    let calendar = root.table("calendar")?;
    let week = calendar.table("week").map(read_week);
    let holidays = match calendar.opt_str("holidays").as_deref() {
        Some("CO") => HolidayRule::Colombia,
        Some("none") | None => HolidayRule::None,
        Some(other) => {
            calendar.error(
                "holidays",
                format!("no holidays are known for `{other}`"),
                "one of: CO, none",
            );
            HolidayRule::None
        }
    };
    let overrides = calendar
        .tables("overrides")
        .into_iter()
        .filter_map(read_override)
        .collect();
    calendar.finish();
    Some(Calendar {
        version: 1,
        zone: zone?,
        week: week?,
        holidays,
        overrides,
    })
}

fn read_week(week: Reader<'_>) -> [Vec<Window>; 7] {
    let mut days: [Vec<Window>; 7] = Default::default();
    for key in week.keys() {
        let place = |name: &str| WEEKDAYS.iter().position(|day| *day == name);
        let (first, last) = key.split_once('-').unwrap_or((&key, &key));
        match (place(first), place(last)) {
            (Some(first), Some(last)) if first <= last => {
                let windows = read_windows(&week, &key);
                for day in &mut days[first..=last] {
                    day.extend(&windows);
                }
            }
            (_, _) => {
                week.strings(&key);
                week.error(
                    &key,
                    format!("`{key}` is no day of the week"),
                    "write mon, tue, wed, thu, fri, sat, sun, or a span such as mon-fri",
                );
            }
        }
    }
    week.finish();
    days
}

fn read_windows(table: &Reader<'_>, key: &str) -> Vec<Window> {
    let texts = table.strings(key);
    let each = texts.iter().enumerate().filter_map(|(index, text)| {
        let window = Window::parse(text).ok();
        if window.is_none() {
            table.error(
                &format!("{key}.{index}"),
                format!("`{text}` is no span of time"),
                "write it as 08:00-17:00",
            );
        }
        window
    });
    each.collect()
}

fn read_override(table: Reader<'_>) -> Option<DateOverride> {
    let date = table.date("date");
    let windows = read_windows(&table, "windows");
    let name = table.str("name");
    table.finish();
    Some(DateOverride {
        date: date?,
        windows,
        name: name?,
    })
}

fn read_intake(root: &Reader<'_>) -> Option<Intake> {
    let intake = root.table("intake")?;
    let who = read_admission(&intake);
    let channels = intake.some_words("channels", known!(Channel));
    let leaf_only = intake.bool_or("leaf_only", true);
    let category_required = intake.bool_or("category_required", true);
    let priority_required = intake.bool_or("priority_required", true);
    let access = intake.opt_text("access");
    let mail = intake.opt_table("mail").and_then(|mail| {
        let keywords = mail.strings("keywords");
        let creates = mail.word("creates", &[Status::Precase.as_str(), Status::New.as_str()]);
        mail.finish();
        Some(MailIntake {
            keywords,
            creates: creates?,
        })
    });
    intake.finish();
    Some(Intake {
        who: who?,
        channels,
        leaf_only,
        category_required,
        priority_required,
        access,
        mail,
    })
}

fn read_admission(intake: &Reader<'_>) -> Option<Admission> {
    let hint = "write \"registered\", \"anyone\", or a list of mail domains";
    let given = intake.strings("who");
    match given.as_slice() {
        [] => {
            intake.error("who", "`who` is missing in `intake`", hint);
            None
        }
        [one] if one == "registered" => Some(Admission::Registered),
        [one] if one == "anyone" => Some(Admission::Anyone),
        domains => {
            let bad = domains
                .iter()
                .find(|domain| !crate::ticket::text::is_domain(domain));
            if let Some(bad) = bad {
                intake.error("who", format!("`{bad}` is no mail domain"), hint);
            }
            Some(Admission::Domains(
                domains
                    .iter()
                    .map(|domain| domain.to_ascii_lowercase())
                    .collect(),
            ))
        }
    }
}

fn read_vouching(root: &Reader<'_>) -> Vec<ChecklistItem> {
    let each = root.tables("vouching").into_iter().filter_map(|item| {
        let (id, label) = (item.str("id"), item.text("label"));
        let required = item.bool_or("required", true);
        item.finish();
        Some(ChecklistItem {
            id: id?,
            label: label?,
            required,
        })
    });
    each.collect()
}

fn read_states(root: &Reader<'_>) -> Vec<StateProfile> {
    let each = root.tables("states").into_iter().filter_map(|state| {
        let is = state.word("is", known!(Status));
        let label = state.text("label");
        let help = state.opt_text("help");
        let clock = state.word("clock", known!(ClockRule));
        let reasons = state
            .tables("reasons")
            .into_iter()
            .filter_map(read_reason)
            .collect();
        state.finish();
        Some(StateProfile {
            is: is?,
            label: label?,
            help,
            clock: clock?,
            reasons,
        })
    });
    let states: Vec<_> = each.collect();
    if states.is_empty() && !root.has("states") {
        root.error(
            "states",
            "the desk names no states",
            "add [[states]] with `is`, `label` and `clock`",
        );
    }
    states
}

fn read_reason(reason: Reader<'_>) -> Option<ReasonProfile> {
    let (id, label) = (reason.str("id"), reason.text("label"));
    let pauses = reason.opt_bool("pauses");
    let note_script = reason.opt_text("note_script");
    let answer_returns = reason.bool_or("answer_returns", false);
    reason.finish();
    Some(ReasonProfile {
        id: id?,
        label: label?,
        pauses,
        note_script,
        answer_returns,
    })
}

fn read_moves(root: &Reader<'_>) -> Vec<Move> {
    let moves: Vec<_> = root
        .tables("moves")
        .into_iter()
        .filter_map(read_move)
        .collect();
    if moves.is_empty() && !root.has("moves") {
        root.error(
            "moves",
            "the desk allows no moves",
            "add [[moves]] with `from`, `to`, `on` and `by`",
        );
    }
    moves
}

fn read_move(row: Reader<'_>) -> Option<Move> {
    let from = row.some_words("from", known!(Status));
    let mut targets = known!(Status).to_vec();
    targets.push(BackWord::Back.as_str());
    let to = row.str("to").and_then(|word| {
        let to = word
            .parse()
            .map(MoveTo::State)
            .or_else(|_| word.parse().map(MoveTo::Back));
        if to.is_err() {
            row.error(
                "to",
                format!("`{word}` is not known here"),
                suggestion(&word, &targets),
            );
        }
        to.ok()
    });
    let on = row.some_words("on", known!(CommandKind));
    let by = row.some_words("by", known!(Who));
    let when = row.opt_table("when").map(read_when).unwrap_or_default();
    let reason = row.opt_str("reason");
    let level = row
        .number::<i64>("level")
        .and_then(|number| level_of(&row, "level", number));
    let reasons = row.strings("reasons");
    let needs = row.words("needs", known!(Need));
    let offers = row.words("offers", known!(Need));
    let tells = row
        .tables("tells")
        .into_iter()
        .filter_map(read_tell)
        .collect();
    row.finish();
    Some(Move {
        from,
        to: to?,
        on,
        by,
        when,
        reason,
        level,
        reasons,
        needs,
        offers,
        tells,
    })
}

fn read_tell(tell: Reader<'_>) -> Option<Tell> {
    let who = tell.word("who", known!(Recipient));
    let group = tell.opt_str("group");
    let template = tell.word("template", known!(Notice));
    tell.finish();
    Some(Tell {
        who: who?,
        group,
        template: template?,
    })
}

fn read_when(when: Reader<'_>) -> When {
    let found = When {
        reason: when.strings("reason"),
        level: read_level_numbers(&when, "level"),
        solved_by_level: read_level_numbers(&when, "solved_by_level"),
        came_from: when.words("came_from", known!(Status)),
        request_type: when.words("type", known!(RequestType)),
        category: when.strings("category"),
        policy: when.strings("policy"),
        survey: when.opt_word("survey", known!(Verdict)),
        approval: when.opt_word("approval", known!(ApprovalOutcome)),
    };
    when.finish();
    found
}

fn read_level_numbers(table: &Reader<'_>, key: &str) -> Vec<Level> {
    let each = table
        .numbers(key)
        .into_iter()
        .filter_map(|number| level_of(table, key, number));
    each.collect()
}

fn level_of(table: &Reader<'_>, key: &str, number: i64) -> Option<Level> {
    let level = u8::try_from(number)
        .ok()
        .and_then(|number| Level::parse(number).ok());
    if level.is_none() {
        table.error(
            key,
            format!("{number} is not a support level"),
            "write 1, 2 or 3",
        );
    }
    level
}

fn read_groups(root: &Reader<'_>) -> Vec<GroupProfile> {
    let Some(groups) = root.table("groups") else {
        return Vec::new();
    };
    let each = groups.keys().into_iter().filter_map(|key| {
        let group = groups.opt_table(&key)?;
        if !is_key(&key) {
            groups.error(
                &key,
                format!("`{key}` cannot be a key"),
                "use small letters, digits, hyphens and underscores",
            );
        }
        let name = group.text("name");
        let vendor = group.bool_or("vendor", false);
        let security = group.bool_or("security", false);
        group.finish();
        Some(GroupProfile {
            key,
            name: name?,
            vendor,
            security,
        })
    });
    let found = each.collect();
    groups.finish();
    found
}

fn read_levels(root: &Reader<'_>) -> Vec<LevelProfile> {
    let Some(levels) = root.table("levels") else {
        return Vec::new();
    };
    let each = levels.keys().into_iter().filter_map(|key| {
        let profile = levels.opt_table(&key)?;
        let level = key
            .parse()
            .ok()
            .and_then(|number| Level::parse(number).ok());
        if level.is_none() {
            levels.error(
                &key,
                format!("`{key}` is not a support level"),
                "write 1, 2 or 3",
            );
        }
        let name = profile.text("name");
        let (groups, onsite) = (profile.strings("groups"), profile.strings("onsite"));
        profile.finish();
        Some(LevelProfile {
            level: level?,
            name: name?,
            groups,
            onsite,
        })
    });
    let mut found: Vec<_> = each.collect();
    levels.finish();
    found.sort_by_key(|profile| profile.level);
    found
}

fn read_types(root: &Reader<'_>) -> Vec<TypeProfile> {
    let each = root.tables("types").into_iter().filter_map(|profile| {
        let is = profile.word("is", known!(RequestType));
        let (label, help) = (profile.text("label"), profile.text("help"));
        profile.finish();
        Some(TypeProfile {
            is: is?,
            label: label?,
            help: help?,
        })
    });
    let types: Vec<_> = each.collect();
    if types.is_empty() && !root.has("types") {
        root.error(
            "types",
            "the desk names no request types",
            "add [[types]] with `is`, `label` and `help`",
        );
    }
    types
}

fn read_priority(root: &Reader<'_>) -> Option<PriorityScheme> {
    let priority = root.table("priority")?;
    let default = priority.str("default");
    let chosen_by_requester = priority.bool_or("chosen_by_requester", true);
    let vip_bump = priority.number("vip_bump").unwrap_or(0);
    let values = priority.tables("values");
    if values.is_empty() {
        priority.error(
            "values",
            "the desk names no priorities",
            "add [[priority.values]] with `key`, `label` and `help`, most urgent first",
        );
    }
    let items = values
        .into_iter()
        .zip(1..=u8::MAX)
        .filter_map(|(item, rank)| {
            let (key, label, help) = (item.str("key"), item.text("label"), item.text("help"));
            item.finish();
            Some(PriorityProfile {
                key: key?,
                rank,
                label: label?,
                help: help?,
            })
        });
    let items: Vec<_> = items.collect();
    read_priority_rule(&priority);
    let matrix = priority.opt_table("matrix").map(|matrix| {
        let (impact, urgency) = (
            read_choices(&matrix, "impact"),
            read_choices(&matrix, "urgency"),
        );
        let cells = matrix.grid("cells");
        let default_impact = matrix.opt_str("default_impact");
        matrix.finish();
        Matrix {
            impact,
            urgency,
            cells,
            default_impact,
        }
    });
    priority.finish();
    Some(PriorityScheme {
        items,
        default: default?,
        chosen_by_requester,
        vip_bump,
        matrix,
    })
}

/// Where the priority comes from: a desk that says `urgency` brings its matrix with it.
fn read_priority_rule(priority: &Reader<'_>) {
    let has_matrix = priority.has("matrix");
    match priority.opt_str("rule").as_deref() {
        Some("urgency") if !has_matrix => priority.error(
            "rule",
            "the priority comes from the urgency and there is no matrix",
            "add [priority.matrix] with `impact`, `urgency` and `cells`",
        ),
        Some("choice") if has_matrix => priority.error(
            "rule",
            "the priority is chosen and there is a matrix",
            "write `rule = \"urgency\"` or leave [priority.matrix] out",
        ),
        Some("urgency" | "choice") | None => {}
        Some(other) => priority.error(
            "rule",
            format!("`{other}` is not known here"),
            suggestion(other, &["urgency", "choice"]),
        ),
    }
}

fn read_choices(table: &Reader<'_>, key: &str) -> Vec<Choice> {
    let each = table.tables(key).into_iter().filter_map(|choice| {
        let (id, label) = (choice.str("id"), choice.text("label"));
        choice.finish();
        Some(Choice {
            id: id?,
            label: label?,
        })
    });
    each.collect()
}

fn read_sla(root: &Reader<'_>, catalog: &Catalog) -> Option<SlaPolicy> {
    let sla = root.table("sla")?;
    let solution_counts_from = match sla.opt_str("solution_counts_from").as_deref() {
        Some("creation") | None => CountsFrom::Creation,
        Some("arrival_at_level") => CountsFrom::ArrivalAtLevel,
        Some(other) => {
            let hint = suggestion(other, &["creation", "arrival_at_level"]);
            sla.error(
                "solution_counts_from",
                format!("`{other}` is not known here"),
                hint,
            );
            CountsFrom::Creation
        }
    };
    let waiting_in_solved_counts = sla.bool_or("waiting_in_solved_counts", false);
    let warn_at_percent = read_percentages(&sla);
    let targets = sla
        .tables("targets")
        .into_iter()
        .filter_map(read_target_row)
        .collect();
    sla.finish();
    let cutoffs = catalog.entries.iter().filter_map(|entry| {
        entry.cutoff.map(|minute| IntakeCutoff {
            category: Some(entry.key.clone()),
            minute,
        })
    });
    let intake_cutoffs = cutoffs.collect();
    Some(SlaPolicy {
        targets,
        solution_counts_from,
        waiting_in_solved_counts,
        warn_at_percent,
        intake_cutoffs,
    })
}

fn read_percentages(sla: &Reader<'_>) -> Vec<u8> {
    let texts = sla.strings("warn_at");
    let each = texts.iter().enumerate().filter_map(|(index, text)| {
        let percent = text
            .strip_suffix('%')
            .and_then(|number| number.trim().parse().ok())
            .filter(|percent| (1..=99).contains(percent));
        if percent.is_none() {
            sla.error(
                &format!("warn_at.{index}"),
                format!("`{text}` is no part of a target"),
                "write for example \"75%\", from 1% to 99%",
            );
        }
        percent
    });
    each.collect()
}

fn read_target_row(row: Reader<'_>) -> Option<TargetRow> {
    let request_type: Option<RequestType> = row.opt_word("type", known!(RequestType));
    let level = row
        .number::<i64>("level")
        .and_then(|number| level_of(&row, "level", number));
    let found = TargetRow {
        request_type: request_type.map(|word| word.as_str().to_owned()),
        priority: row.opt_str("priority"),
        level: level.map(Level::number),
        category: row.opt_str("category"),
        group: row.opt_str("group"),
        attention: read_target(&row, "attention"),
        solution: read_target(&row, "solution"),
    };
    row.finish();
    Some(found)
}

fn read_target(table: &Reader<'_>, key: &str) -> Option<Target> {
    let text = table.opt_str(key)?;
    let target = Target::parse(&text).ok();
    if target.is_none() {
        table.error(
            key,
            format!("`{text}` is no length of time"),
            "write 45min, 4h or 4h30min for business time, 2d for business days",
        );
    }
    target
}

fn read_approvals(root: &Reader<'_>) -> Vec<ApprovalPolicy> {
    let Some(approvals) = root.opt_table("approvals") else {
        return Vec::new();
    };
    let each = approvals.keys().into_iter().filter_map(|key| {
        let policy = approvals.opt_table(&key)?;
        let name = policy.text("name");
        let evidence = policy.bool_or("evidence", false);
        let steps = policy.tables("steps").into_iter().map(|step| {
            let all_of = step.strings("all_of");
            step.finish();
            ApprovalStep { all_of }
        });
        let steps = steps.collect();
        let roles = read_choices(&policy, "roles");
        let deputies = policy.tables("deputies").into_iter().filter_map(|deputy| {
            let (of, roles) = (deputy.str("of"), deputy.strings("roles"));
            deputy.finish();
            Some(Deputy { of: of?, roles })
        });
        let deputies = deputies.collect();
        let remind_after = read_target(&policy, "remind_after");
        policy.finish();
        Some(ApprovalPolicy {
            key,
            name: name?,
            evidence,
            steps,
            roles,
            deputies,
            remind_after,
        })
    });
    let found = each.collect();
    approvals.finish();
    found
}

fn read_forms(root: &Reader<'_>) -> Vec<Form> {
    let Some(forms) = root.opt_table("forms") else {
        return Vec::new();
    };
    let each = forms.keys().into_iter().filter_map(|key| {
        let form = forms.opt_table(&key)?;
        let fields = form.tables("fields").into_iter().filter_map(|field| {
            let (id, label) = (field.str("id"), field.text("label"));
            let required = field.bool_or("required", false);
            let kind = field
                .opt_word("kind", known!(FieldKind))
                .unwrap_or_default();
            let options = read_choices(&field, "options");
            let shown_when = field.opt_table("shown_when").and_then(|when| {
                let (field, is) = (when.str("field"), when.strings("is"));
                when.finish();
                Some(ShownWhen { field: field?, is })
            });
            field.finish();
            Some(FormField {
                id: id?,
                label: label?,
                required,
                kind,
                options,
                shown_when,
            })
        });
        let fields = fields.collect();
        form.finish();
        Some(Form { key, fields })
    });
    let found = each.collect();
    forms.finish();
    found
}

fn read_controls(root: &Reader<'_>) -> Vec<Control> {
    let each = root.tables("controls").into_iter().filter_map(|control| {
        let (id, question) = (control.str("id"), control.text("question"));
        let before = control.words("before", known!(CommandKind));
        let answer = control.opt_bool("answer");
        let otherwise_before = control.words("otherwise_before", known!(CommandKind));
        let level = control
            .number::<i64>("level")
            .and_then(|number| level_of(&control, "level", number));
        let fresh = control.bool_or("fresh", false);
        control.finish();
        Some(Control {
            id: id?,
            question: question?,
            before,
            answer,
            otherwise_before,
            level,
            fresh,
        })
    });
    each.collect()
}

fn read_contact_attempts(root: &Reader<'_>) -> Option<ContactPolicy> {
    let attempts = root.opt_table("contact_attempts")?;
    let count = attempts.number("count");
    if count.is_none() && !attempts.has("count") {
        attempts.error(
            "count",
            "`count` is missing in `contact_attempts`",
            "add `count = 3`",
        );
    }
    let business_days = attempts.number("business_days").unwrap_or(1);
    let channels = attempts.some_words("channels", known!(ContactChannel));
    let series = attempts.bool_or("series", false);
    attempts.finish();
    Some(ContactPolicy {
        count: count?,
        business_days,
        channels,
        series,
    })
}

fn read_acceptance(root: &Reader<'_>) -> Option<Acceptance> {
    let acceptance = root.table("acceptance")?;
    let mode = acceptance.word("mode", known!(AcceptanceMode));
    let silence = read_target(&acceptance, "silence");
    let reopens_to = acceptance.word("reopens_to", known!(ReopensTo));
    acceptance.finish();
    Some(Acceptance {
        mode: mode?,
        silence,
        reopens_to: reopens_to?,
    })
}

fn read_survey(root: &Reader<'_>) -> Survey {
    let Some(survey) = root.opt_table("survey") else {
        return Survey::default();
    };
    let version = survey.number("version").unwrap_or(1);
    let questions = survey
        .tables("questions")
        .into_iter()
        .filter_map(|question| {
            let (id, text) = (question.str("id"), question.text("text"));
            let kind = question.word("kind", known!(QuestionKind));
            let required = question.bool_or("required", true);
            let decides_closing = match question.opt_str("decides").as_deref() {
                Some("closing") => true,
                Some(other) => {
                    question.error(
                        "decides",
                        format!("`{other}` is not known here"),
                        "a question can only decide \"closing\"",
                    );
                    false
                }
                None => false,
            };
            let options = read_choices(&question, "options");
            question.finish();
            Some(Question {
                id: id?,
                text: text?,
                kind: kind?,
                required,
                decides_closing,
                options,
            })
        });
    let questions = questions.collect();
    survey.finish();
    Survey { version, questions }
}

fn read_notifications(root: &Reader<'_>) -> Vec<Notification> {
    let each = root
        .tables("notifications")
        .into_iter()
        .filter_map(|notification| {
            let notice = notification.word("send", known!(Notice));
            let to = notification.some_words("to", known!(Recipient));
            let only_for = notification.strings("only_for");
            let not_for = notification.strings("not_for");
            let (subject, text) = (
                notification.opt_text("subject"),
                notification.opt_text("text"),
            );
            notification.finish();
            Some(Notification {
                notice: notice?,
                to,
                only_for,
                not_for,
                subject,
                text,
            })
        });
    each.collect()
}

fn read_attachments(root: &Reader<'_>) -> AttachmentLimits {
    let usual = AttachmentLimits::default();
    let Some(attachments) = root.opt_table("attachments") else {
        return usual;
    };
    let max_bytes = attachments.opt_str("max_size").and_then(|text| {
        let bytes = parse_size(&text);
        if bytes.is_none() {
            attachments.error(
                "max_size",
                format!("`{text}` is no file size"),
                "write for example \"30 MB\"",
            );
        }
        bytes
    });
    let max_files = attachments.number("max_files").unwrap_or(usual.max_files);
    attachments.finish();
    AttachmentLimits {
        max_bytes: max_bytes.unwrap_or(usual.max_bytes),
        max_files,
    }
}

/// Sizes as file managers show them: a MB has 1024 kB of 1024 bytes.
fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u64 = number.parse().ok()?;
    let unit = match unit.trim() {
        "B" => 1,
        "kB" | "KB" => 1024,
        "MB" => 1024 * 1024,
        _ => return None,
    };
    number.checked_mul(unit).filter(|bytes| *bytes > 0)
}

fn read_reports(root: &Reader<'_>) -> ReportRules {
    let Some(reports) = root.opt_table("reports") else {
        return ReportRules::default();
    };
    let final_states = reports.words("final", known!(Status));
    let apart = reports.words("apart", known!(Status));
    reports.finish();
    ReportRules {
        final_states,
        apart,
    }
}

fn read_catalog(files: &BTreeMap<&str, &str>, notes: &Notes) -> Catalog {
    let Some(text) = files.get(CATALOG_FILE).copied() else {
        let spot = Spot {
            file: CATALOG_FILE.to_owned(),
            line: 1,
            column: 1,
        };
        notes.error_at(
            spot,
            format!("the folder has no {CATALOG_FILE}"),
            "add it with at least the column `path`",
        );
        return Catalog::default();
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let at = |line: usize| Spot {
        file: CATALOG_FILE.to_owned(),
        line,
        column: 1,
    };
    let headers = match reader.headers() {
        Ok(headers) => headers.clone(),
        Err(error) => {
            notes.error_at(at(1), format!("the catalogue cannot be read: {error}"), "");
            return Catalog::default();
        }
    };
    for header in headers
        .iter()
        .filter(|header| !CATALOG_COLUMNS.contains(header))
    {
        notes.error_at(
            at(1),
            format!("the column `{header}` is not known"),
            suggestion(header, &CATALOG_COLUMNS),
        );
    }
    if !headers.iter().any(|header| header == "path") {
        notes.error_at(
            at(1),
            "the column `path` is missing",
            format!("the columns are: {}", CATALOG_COLUMNS.join(", ")),
        );
    }
    let mut entries = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record
                    .position()
                    .map_or(1, |position| usize::try_from(position.line()).unwrap_or(1));
                notes.put(&format!("catalog.{}", entries.len()), at(line));
                if record.len() != headers.len() {
                    let message = format!(
                        "the row has {} cells, the first line has {}",
                        record.len(),
                        headers.len()
                    );
                    notes.error_at(at(line), message, "put texts with commas in quotes");
                }
                let cell = |column: &str| {
                    let index = headers.iter().position(|header| header == column)?;
                    record.get(index).filter(|text| !text.is_empty())
                };
                entries.push(read_entry(&cell, at(line), notes));
            }
            Err(error) => {
                let line = error
                    .position()
                    .map_or(1, |position| usize::try_from(position.line()).unwrap_or(1));
                notes.error_at(
                    at(line),
                    format!("the row cannot be read: {error}"),
                    "put texts with commas in quotes",
                );
            }
        }
    }
    Catalog { entries }
}

fn read_entry<'a>(cell: &impl Fn(&str) -> Option<&'a str>, spot: Spot, notes: &Notes) -> Entry {
    let wrong = |column: &str, text: &str, hint: String| {
        notes.error_at(
            spot.clone(),
            format!("`{text}` in the column `{column}` is not known"),
            hint,
        );
    };
    let levels = |column: &str| -> Vec<String> {
        let parts = cell(column).into_iter().flat_map(|path| path.split('>'));
        parts.map(|part| part.trim().to_owned()).collect()
    };
    let (path, path_en) = (levels("path"), levels("path_en"));
    if path.is_empty() || path.iter().any(String::is_empty) {
        notes.error_at(
            spot.clone(),
            "the category has no name",
            "write its `path`, with > between levels",
        );
    }
    if !path_en.is_empty() && path_en.len() != path.len() {
        notes.error_at(
            spot.clone(),
            "the English path has not as many levels as the Spanish one",
            "",
        );
    }
    let word = |column: &str, known: &[&str]| {
        cell(column).filter(|text| {
            let fits = known.contains(text);
            if !fits {
                wrong(column, text, suggestion(text, known));
            }
            fits
        })
    };
    let flag = |column: &str| word(column, &["yes", "no"]) == Some("yes");
    let level = cell("level").and_then(|text| {
        let level = text
            .parse()
            .ok()
            .and_then(|number| Level::parse(number).ok());
        if level.is_none() {
            wrong("level", text, "write 1, 2 or 3".to_owned());
        }
        level
    });
    let cutoff = cell("cutoff").and_then(|text| {
        let minute = minute_of_day(text);
        if minute.is_none() {
            wrong("cutoff", text, "write an hour such as 16:00".to_owned());
        }
        minute
    });
    let owned = |column: &str| cell(column).map(str::to_owned);
    Entry {
        key: owned("key").unwrap_or_else(|| key_of(&path)),
        request_type: word("type", known!(RequestType)).and_then(|text| text.parse().ok()),
        path,
        path_en,
        group: owned("group"),
        level,
        priority: owned("priority"),
        form: owned("form"),
        approval: owned("approval"),
        cutoff,
        group_2: owned("group_2"),
        group_3: owned("group_3"),
        evidence: flag("evidence"),
        restricted: flag("restricted"),
        unsurveyed: word("survey", &["yes", "no"]) == Some("no"),
        retired: flag("retired"),
    }
}

/// A key made of the labels, for rows that give none.
fn key_of(path: &[String]) -> String {
    let folded = crate::fold::fold(&path.join(" "));
    let words = folded
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn read_knowledge(files: &BTreeMap<&str, &str>, notes: &Notes) -> Vec<Article> {
    let mut articles = Vec::new();
    for (path, text) in files {
        let Some(name) = path.strip_prefix(KNOWLEDGE_FOLDER) else {
            if *path != DESK_FILE && *path != CATALOG_FILE {
                let spot = Spot {
                    file: (*path).to_owned(),
                    line: 1,
                    column: 1,
                };
                notes.error_at(
                    spot,
                    "this file is not part of a desk",
                    "a desk has desk.toml, catalog.csv and knowledge/*.md",
                );
            }
            continue;
        };
        let spot = Spot {
            file: (*path).to_owned(),
            line: 1,
            column: 1,
        };
        let Some(name) = name.strip_suffix(".md") else {
            notes.error_at(
                spot,
                "an article is a Markdown file",
                "name it knowledge/<name>.md, or <name>.en.md for English",
            );
            continue;
        };
        let (slug, lang) = name
            .strip_suffix(".en")
            .map_or((name, Lang::Es), |slug| (slug, Lang::En));
        if !is_key(slug) {
            notes.error_at(
                spot.clone(),
                format!("`{slug}` cannot be part of an address"),
                "use small letters, digits and hyphens",
            );
        }
        let (first, body) = text.split_once('\n').unwrap_or((text, ""));
        match first.strip_prefix("# ") {
            Some(title) if !title.trim().is_empty() => articles.push(Article {
                slug: slug.to_owned(),
                lang,
                title: title.trim().to_owned(),
                body: body.trim().to_owned(),
            }),
            Some(_) | None => notes.error_at(
                spot,
                "the article has no title",
                "begin with a line such as `# Title`",
            ),
        }
    }
    articles
}
