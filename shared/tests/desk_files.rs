//! Reading desk folders: what is good loads and comes back unchanged, what is wrong is explained
//! with file and line, all of it at once.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use shared::desk::diff::diff;
use shared::desk::export::export;
use shared::desk::load::{Finding, load};

const DESK: &str = "desk.toml";
const CATALOG: &str = "catalog.csv";

type Files = Vec<(String, String)>;

/// The folder with one replacement in one file. The text to replace must be there exactly once,
/// unless an earlier piece that leads to it is given after `…`.
fn with(files: Files, file: &str, old: &str, new: &str) -> Files {
    let replace = |(path, text): (String, String)| {
        if path != file {
            return (path, text);
        }
        let (before, old) = old.split_once(" … ").unwrap_or(("", old));
        let start = text
            .find(before)
            .unwrap_or_else(|| panic!("{before} is not in {file}"));
        let at = start
            + text[start..]
                .find(old)
                .unwrap_or_else(|| panic!("{old} is not in {file}"));
        let changed = format!("{}{new}{}", &text[..at], &text[at + old.len()..]);
        (path, changed)
    };
    files.into_iter().map(replace).collect()
}

fn line_of(files: &Files, file: &str, marker: &str) -> usize {
    let (_, text) = files.iter().find(|(path, _)| path == file).unwrap();
    let (before, marker) = marker.split_once(" … ").unwrap_or(("", marker));
    let start = text.find(before).unwrap();
    let at = start
        + text[start..]
            .find(marker)
            .unwrap_or_else(|| panic!("{marker} is not in {file}"));
    text[..at].matches('\n').count() + 1
}

fn errors_of(files: &Files) -> Vec<Finding> {
    load(files).err().unwrap_or_default()
}

fn listed(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// After replacing `old` by `new` in the full desk, the line of `marker` is pointed to with these words.
#[track_caller]
fn broken(file: &str, old: &str, new: &str, marker: &str, message: &str, hint: &str) {
    let files = with(desks::full_files(), file, old, new);
    let line = line_of(&files, file, marker);
    let errors = errors_of(&files);
    let found = errors.iter().any(|error| {
        error.file == file
            && error.line == line
            && error.message.contains(message)
            && error.hint.contains(hint)
    });
    assert!(
        found,
        "wanted {file}:{line}: {message} ({hint}), found:\n{}",
        listed(&errors)
    );
}

#[test]
fn a_folder_with_everything_loads_without_warnings() {
    let (desk, warnings) =
        load(&desks::full_files()).unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    assert_eq!(warnings, []);
    assert_eq!(desk.states.len(), 14);
    assert_eq!(desk.sla.intake_cutoffs.len(), 1);
    assert_eq!(desk.calendar.overrides.len(), 2);
    assert_eq!(desk.knowledge.len(), 2);
}

#[test]
fn what_is_written_back_loads_as_the_same_desk() {
    for desk in [desks::full(), desks::infortec()] {
        let files = export(&desk);
        let (again, _) = load(&files).unwrap_or_else(|errors| panic!("{}", listed(&errors)));
        assert_eq!(diff(&desk, &again), Vec::<String>::new());
        assert_eq!(again, desk);
        assert_eq!(export(&again), files);
    }
}

#[test]
fn a_difference_is_told_by_name() {
    let old = desks::full();
    let mut new = old.clone().with_version(7);
    new.groups[0].name.en = Some("Service desk".into());
    new.levels[1].groups.push("sitio".into());
    new.catalog.entries.pop();
    assert_eq!(
        diff(&old, &new),
        [
            "catalog[mail] removed",
            "groups[mesa].name.en: \"Desk\" -> \"Service desk\"",
            "levels[2].groups[1]: \"sitio\" added",
        ]
    );
}

#[test]
fn a_word_that_does_not_exist_is_pointed_to_with_a_suggestion() {
    broken(
        DESK,
        "is = \"awaiting_approval\"",
        "is = \"awaiting_aproval\"",
        "is = \"awaiting_aproval\"",
        "`awaiting_aproval` is not known",
        "did you mean `awaiting_approval`?",
    );
    broken(
        DESK,
        "clock = \"by_reason\"",
        "clock = \"by_reasons\"",
        "clock = \"by_reasons\"",
        "`by_reasons` is not known",
        "by_reason",
    );
    broken(
        DESK,
        "on = \"confirm\"",
        "on = \"confirms\"",
        "on = \"confirms\"",
        "`confirms` is not known",
        "confirm",
    );
    broken(
        DESK,
        "on = \"confirm\"\nby = [\"requester\", \"system\"]",
        "on = \"confirm\"\nby = [\"requestor\"]",
        "by = [\"requestor\"]",
        "`requestor` is not known",
        "requester",
    );
    broken(
        DESK,
        "needs = [\"vendor\", \"justification\"]",
        "needs = [\"vendor\", \"justify\"]",
        "justify",
        "`justify` is not known",
        "one of: reason",
    );
    broken(
        DESK,
        "to = \"back\"",
        "to = \"bakc\"",
        "to = \"bakc\"",
        "`bakc` is not known",
        "did you mean `back`?",
    );
    broken(
        DESK,
        "mode = \"survey\"",
        "mode = \"surveys\"",
        "mode = \"surveys\"",
        "`surveys` is not known",
        "survey",
    );
    broken(
        DESK,
        "send = \"missing_information\"",
        "send = \"missing_info\"",
        "send = \"missing_info\"",
        "`missing_info` is not known",
        "",
    );
    broken(
        DESK,
        "[attachments]",
        "[attachment]",
        "[attachment]",
        "`attachment` is not known",
        "did you mean `attachments`?",
    );
    broken(
        DESK,
        "leaf_only = true",
        "leaf_onyl = true",
        "leaf_onyl",
        "`leaf_onyl` is not known in `intake`",
        "did you mean `leaf_only`?",
    );
}

#[test]
fn a_missing_or_wrong_value_is_pointed_to() {
    broken(
        DESK,
        "[acceptance]\nmode = \"survey\"",
        "[acceptance]",
        "[acceptance]",
        "`mode` is missing in `acceptance`",
        "add `mode = …`",
    );
    broken(
        DESK,
        "leaf_only = true",
        "leaf_only = \"yes\"",
        "leaf_only",
        "`leaf_only` is a text, not true or false",
        "write true or false",
    );
    broken(
        DESK,
        "count = 3",
        "count = \"three\"",
        "count = \"three\"",
        "`count` is a text, not a whole number",
        "",
    );
    broken(
        DESK,
        "code = \"F-{number}\"",
        "code = \"F-\"",
        "code = \"F-\"",
        "the code needs its number once",
        "{number}",
    );
    broken(
        DESK,
        "slug = \"full\"",
        "slug = \"Mesa Completa\"",
        "slug",
        "cannot be part of an address",
        "small letters",
    );
    broken(
        DESK,
        "time_zone = \"America/Bogota\"",
        "time_zone = \"Bogota\"",
        "time_zone",
        "the time zone `Bogota` is not known",
        "America/Bogota",
    );
    broken(
        DESK,
        "who = [\"example.org\", \"example.net\"]",
        "who = [\"example.org\", \"everybody\"]",
        "who = ",
        "`everybody` is no mail domain",
        "registered",
    );
    broken(
        DESK,
        "silence = \"3d\"",
        "silence = \"3 days\"",
        "silence = ",
        "`3 days` is no length of time",
        "2d for business days",
    );
    broken(
        DESK,
        "max_size = \"10 MB\"",
        "max_size = \"10 gigas\"",
        "max_size",
        "`10 gigas` is no file size",
        "30 MB",
    );
    broken(
        DESK,
        "warn_at = [\"50%\", \"90%\"]",
        "warn_at = [\"50%\", \"120%\"]",
        "warn_at",
        "`120%` is no part of a target",
        "75%",
    );
    broken(
        DESK,
        "label = { es = \"Precaso\", en = \"Pre-case\" }",
        "label = { en = \"Pre-case\" }",
        "label = { en = \"Pre-case\" }",
        "`es` is missing in `states.label`",
        "",
    );
    broken(
        DESK,
        "fri = [\"08:00-15:00\"]",
        "fri = [\"08:00-15:00:00\"]",
        "fri = ",
        "is no span of time",
        "08:00-17:00",
    );
    broken(
        DESK,
        "mon-thu = ",
        "lun-jue = ",
        "lun-jue",
        "`lun-jue` is no day of the week",
        "mon-fri",
    );
    broken(
        DESK,
        "date = 2026-12-24",
        "date = \"24/12/2026\"",
        "24/12/2026",
        "`date` is a text, not a date",
        "",
    );
}

#[test]
fn what_own_words_cannot_be_filled_in_with_is_pointed_to() {
    let subject = "subject = { es = \"Recibimos su caso\", en = \"We have your case\" }";
    let text =
        "text = { es = \"Gracias.\\nLe escribiremos \\\"pronto\\\".\", en = \"Thank you.\" }";
    let check = |old: &str, new: &str, message: &str, hint: &str| {
        broken(DESK, old, new, new, message, hint);
    };
    check(
        subject,
        "subject = { es = \"Su caso {numero}\", en = \"Your case {number}\" }",
        "`{numero}` is no placeholder",
        "did you mean `number`?",
    );
    check(
        subject,
        "subject = { es = \"Su caso\", en = \"Your case {code}\" }",
        "`{code}` is no placeholder",
        "",
    );
    check(
        subject,
        "subject = \"Caso {number\"",
        "`{` begins a placeholder that never ends",
        "close it",
    );
    check(
        subject,
        "subject = { es = \"Su\\ncaso\", en = \"Your case\" }",
        "a subject is one line",
        "line breaks",
    );
    check(
        text,
        "text = { es = \"Lo atiende {assignee}\", en = \"Thank you\" }",
        "`{assignee}` cannot be filled in in this mail",
        "one of: desk, number",
    );
    check(
        text,
        &format!("text = \"{}\"", "a".repeat(2001)),
        "this is longer than 2000 characters",
        "",
    );
    broken(
        DESK,
        "send = \"verification_code\"\nto = \"requester\"",
        "send = \"verification_code\"\nto = \"requester\"\nsubject = { es = \"Código de {requester}\", en = \"Code\" }",
        "Código de {requester}",
        "`{requester}` cannot be filled in in this mail",
        "one of: desk",
    );
}

///
#[test]
fn a_mail_names_categories_that_exist_and_hides_no_other() {
    let sends = "send = \"missing_information\"\nto = \"requester\"";
    broken(
        DESK,
        sends,
        &format!("{sends}\nonly_for = [\"nada\"]"),
        "only_for = ",
        "the category `nada` does not exist",
        "catalog.csv",
    );
    broken(
        DESK,
        sends,
        &format!("{sends}\n\n[[notifications]]\nsend = \"missing_information\"\nto = \"group\""),
        "send = \"missing_information\"\nto = \"group\"",
        "the mail `missing_information` is given twice",
        "only_for",
    );
    let code = "send = \"verification_code\"\nto = \"requester\"";
    broken(
        DESK,
        code,
        &format!("{code}\nnot_for = [\"mail\"]"),
        "not_for = ",
        "the mail `verification_code` is about no ticket",
        "take it out",
    );
}

#[test]
fn broken_toml_is_pointed_to() {
    broken(
        DESK,
        "clock = \"by_reason\"",
        "clock = \"by_reason",
        "clock = \"by_reason",
        "",
        "correct the TOML",
    );
}

#[test]
fn a_state_that_nothing_leads_to_is_an_error() {
    let files = with(
        desks::full_files(),
        DESK,
        "from = \"in_progress\"\nto = \"with_vendor\"\non = \"send_to_vendor\"",
        "from = \"in_progress\"\nto = \"suspended\"\non = \"send_to_vendor\"",
    );
    let line = line_of(&files, DESK, "is = \"with_vendor\"") - 1;
    let errors = errors_of(&files);
    assert!(
        errors
            .iter()
            .any(|error| error.line == line && error.message == "no move leads to `with_vendor`"),
        "{}",
        listed(&errors)
    );
}

#[test]
fn a_state_that_cannot_end_is_an_error() {
    let mut files = desks::full_files();
    let removed = "[[moves]]\nfrom = \"precase\"\nto = \"not_managed\"\non = \"mark_not_managed\"\nby = \"agent\"\nreasons = [\"out_of_scope\"]\nneeds = [\"description\", \"reason\"]\n";
    files = with(files, DESK, removed, "");
    files = with(
        files,
        DESK,
        "from = \"precase\"\nto = \"new\"\non = \"complete\"",
        "from = \"precase\"\nto = \"precase\"\non = \"assign\"",
    );
    let line = line_of(&files, DESK, "is = \"precase\"") - 1;
    let errors = errors_of(&files);
    assert!(
        errors
            .iter()
            .any(|error| error.line == line
                && error.message == "a ticket in `precase` can never end"),
        "{}",
        listed(&errors)
    );
}

#[test]
fn moves_stay_among_the_states_in_use_and_never_leave_a_final_one() {
    broken(
        DESK,
        "from = \"solved\"\nto = \"closed\"\non = \"close_by_desk\"",
        "from = [\"solved\", \"closed\"]\nto = \"closed\"\non = \"close_by_desk\"",
        "from = [\"solved\", \"closed\"]",
        "`closed` is final; nothing leads out of it",
        "a new demand is a new ticket",
    );
    broken(
        DESK,
        "[[states]]\nis = \"draft\"\nlabel = { es = \"Borrador\", en = \"Draft\" }\nclock = \"paused\"\n",
        "",
        "from = \"draft\"",
        "the desk does not use the state `draft`",
        "add it to [[states]]",
    );
    broken(
        DESK,
        "from = \"in_progress\"\nto = \"with_vendor\"",
        "from = \"in_progress\"\nto = \"back\"",
        "from = \"in_progress\"\nto = \"back\"",
        "`back` leads out of `suspended` and `awaiting_approval` only",
        "name the state",
    );
}

/// C-58
#[test]
fn security_incidents_go_to_one_group_that_works_somewhere() {
    let group = |key: &str| {
        format!("{key} = {{ name = {{ es = \"Soporte en sitio\", en = \"On-site support\" }}")
    };
    let security = |key: &str| format!("{}, security = true }}", group(key));
    let (desk, _) = load(&with(
        desks::full_files(),
        DESK,
        &format!("{} }}", group("sitio")),
        &security("sitio"),
    ))
    .unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    assert_eq!(desk.security_group().unwrap().key, "sitio");
    broken(
        DESK,
        &format!("{} }}", group("sitio")),
        &format!("{}\n{}", security("sitio"), security("otra")),
        "otra = ",
        "another one is named already",
        "leave `security = true` on one group",
    );
    broken(
        DESK,
        &format!("{} }}", group("sitio")),
        &format!("{} }}\n{}", group("sitio"), security("otra")),
        "otra = ",
        "works at no level",
        "name it in [levels]",
    );
}

#[test]
fn commands_do_what_their_name_says() {
    broken(
        DESK,
        "from = \"with_vendor\"\nto = \"solved\"\non = \"solve\"",
        "from = \"with_vendor\"\nto = \"in_progress\"\non = \"solve\"",
        "from = \"with_vendor\"\nto = \"in_progress\"\non = \"solve\" … on = \"solve\"",
        "`solve` cannot lead to `in_progress`",
        "it leads to: solved",
    );
    broken(
        DESK,
        "on = \"return_from_vendor\"",
        "on = \"add_message\"",
        "on = \"add_message\"",
        "`add_message` does not move a ticket",
        "take it out",
    );
    broken(
        DESK,
        "from = \"draft\"\nto = \"new\"\non = \"confirm\"",
        "from = \"draft\"\nto = \"solved\"\non = \"start\"",
        "on = \"start\"\nby = [\"requester\"",
        "`start` cannot lead to `solved`",
        "such as solve",
    );
    broken(
        DESK,
        "on = \"close_by_silence\"\nby = \"system\"",
        "on = \"close_by_silence\"\nby = \"agent\"",
        "on = \"close_by_silence\"",
        "only the product itself gives `close_by_silence`",
        "by = [\"system\"]",
    );
    broken(
        DESK,
        "needs = [\"vendor\", \"justification\"]",
        "needs = [\"vendor\", \"solution\"]",
        "needs = [\"vendor\", \"solution\"]",
        "`send_to_vendor` does not carry `solution`",
        "",
    );
}

#[test]
fn every_reason_exists_in_its_state_and_decides_its_clock() {
    broken(
        DESK,
        "reasons = [\"acquisition\"]",
        "reasons = [\"aquisition\"]",
        "reasons = [\"aquisition\"]",
        "the reason `aquisition` does not exist in the new state",
        "did you mean `acquisition`?",
    );
    broken(
        DESK,
        "reason = \"lapsed\"",
        "reason = \"late\"",
        "reason = \"late\"",
        "the reason `late` does not exist in the new state",
        "",
    );
    broken(
        DESK,
        "when = { reason = \"needs_information\" }",
        "when = { reason = \"needs_info\" }",
        "needs_info\" }",
        "the reason `needs_info` does not exist in the state before",
        "",
    );
    broken(
        DESK,
        "{ id = \"coordinator\", label = { es = \"Escalado a coordinador\", en = \"Escalated to coordinator\" }, pauses = true }",
        "{ id = \"coordinator\", label = { es = \"Escalado a coordinador\", en = \"Escalated to coordinator\" } }",
        "{ id = \"coordinator\"",
        "does not say whether it pauses",
        "pauses = true",
    );
    broken(
        DESK,
        "{ id = \"visit\", label = { es = \"Requiere visita\", en = \"Needs a visit\" } }",
        "{ id = \"visit\", label = { es = \"Requiere visita\", en = \"Needs a visit\" }, pauses = true }",
        "{ id = \"visit\"",
        "does not go by reason",
        "by_reason",
    );
    broken(
        DESK,
        "is = \"closed\"\nlabel = { es = \"Cerrado\", en = \"Closed\" }\nclock = \"stopped\"",
        "is = \"closed\"\nlabel = { es = \"Cerrado\", en = \"Closed\" }\nclock = \"runs\"",
        "is = \"closed\" … clock = \"runs\"",
        "the clocks end in `closed`",
        "stopped",
    );
    broken(
        DESK,
        "from = \"with_vendor\"\nto = \"in_progress\"\non = \"return_from_vendor\"\nby = [\"vendor\", \"agent\"]\nneeds = [\"note\"]",
        "from = \"with_vendor\"\nto = \"escalated\"\non = \"assign\"\nby = [\"vendor\", \"agent\"]\nneeds = [\"survey_answered\", \"vendor\"]",
        "needs = [\"survey_answered\", \"vendor\"]",
        "`vendor` can never be met here",
        "send_to_vendor",
    );
}

#[test]
fn groups_templates_and_policies_exist() {
    broken(
        DESK,
        "groups = [\"redes\"]",
        "groups = [\"rdes\"]",
        "groups = [\"rdes\"]",
        "the group `rdes` does not exist",
        "did you mean `redes`?",
    );
    broken(
        DESK,
        "tells = [{ who = \"requester\", template = \"follow_up_closing\" }]",
        "tells = [{ who = \"requester\", template = \"reopened\" }]",
        "template = \"reopened\"",
        "the mail `reopened` is not among the notifications",
        "[[notifications]]",
    );
    broken(
        DESK,
        "[contact_attempts]\ncount = 3\nbusiness_days = 3\nchannels = [\"mail\", \"phone\"]\n",
        "",
        "needs = [\"reason\", \"solution\", \"three_contact_attempts\"]",
        "`three_contact_attempts` can never be met here",
        "add [contact_attempts]",
    );
    broken(
        DESK,
        "evidence = true\nsteps = [{ all_of = [\"riesgos\", \"infraestructura\"] }, { all_of = [\"direccion\"] }]",
        "evidence = false\nsteps = []",
        "[approvals.backup]",
        "the approval `backup` asks nobody",
        "all_of",
    );
}

#[test]
fn work_never_begins_before_an_approval_that_a_category_demands() {
    let files = with(
        desks::full_files(),
        DESK,
        "needs = [\"leaf_category\", \"responsible_person\", \"no_pending_approval\", \"controls\"]",
        "needs = [\"leaf_category\"]",
    );
    let line = line_of(&files, DESK, "from = \"new\"\nto = \"in_progress\"") - 1;
    let errors = errors_of(&files);
    assert!(
        errors.iter().any(|error| error.line == line
            && error
                .message
                .contains("work could begin before the approval")),
        "{}",
        listed(&errors)
    );
}

#[test]
fn targets_hide_nothing_and_the_matrix_has_no_holes() {
    broken(
        DESK,
        "type = \"incident\"\npriority = \"high\"\nlevel = 1",
        "type = \"incident\"",
        "[[sla.targets]]\ntype = \"incident\"\nattention = \"1h30min\"",
        "this row never decides: the one in line",
        "put the narrower row first",
    );
    broken(
        DESK,
        "category = \"backup\"\ngroup",
        "category = \"bakup\"\ngroup",
        "category = \"bakup\"",
        "the category `bakup` does not exist",
        "catalog.csv",
    );
    broken(
        DESK,
        "cells = [[\"high\", \"medium\"], [\"medium\", \"low\"]]",
        "cells = [[\"high\", \"medium\"], [\"medium\"]]",
        "cells = ",
        "the row has 1 priorities for 2 urgencies",
        "give each urgency",
    );
    broken(
        DESK,
        "cells = [[\"high\", \"medium\"], [\"medium\", \"low\"]]",
        "cells = [[\"high\", \"medium\"]]",
        "cells = ",
        "the matrix has 1 rows for 2 impacts",
        "give each impact",
    );
    broken(
        DESK,
        "cells = [[\"high\", \"medium\"], [\"medium\", \"low\"]]",
        "cells = [[\"P1\", \"medium\"], [\"medium\", \"low\"]]",
        "cells = ",
        "the priority `P1` does not exist",
        "one of: high, medium, low",
    );
    broken(
        DESK,
        "key = \"medium\"",
        "key = \"high\"",
        "key = \"high\"\nlabel = { es = \"Media\"",
        "the priority `high` is given twice",
        "",
    );
}

#[test]
fn a_gap_in_the_targets_is_told() {
    let files = with(
        desks::full_files(),
        DESK,
        "[[sla.targets]]\ntype = \"request\"\nsolution = \"3d\"\n",
        "",
    );
    let (_, warnings) = load(&files).unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    assert!(
        warnings.iter().any(|warning| warning
            .message
            .starts_with("no committed time for: request high level 1")),
        "{}",
        listed(&warnings)
    );
}

///
#[test]
fn the_holidays_of_a_year_are_the_computed_ones_and_what_the_folder_says_of_a_date() {
    let year = "holidays = \"CO\"\noverrides = [\n  { date = 2026-12-24, windows = [], name = \"Día de la entidad\" },\n  { date = 2026-03-23, windows = [\"08:00-12:00\"], name = \"Jornada de cierre\" },\n]";
    let files = with(desks::shipped("uspec"), DESK, "holidays = \"CO\"", year);
    let (desk, _) = load(&files).unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    let works = |date: &str| desk.calendar.is_business_day(date.parse().unwrap());
    assert!(!works("2026-12-24") && works("2025-12-24") && works("2027-12-24"));
    assert!(works("2026-03-23") && !works("2025-03-24") && !works("2027-03-22"));
    // Without the computed list the folder names every day itself.
    let files = with(
        desks::shipped("uspec"),
        DESK,
        "holidays = \"CO\"",
        "holidays = \"none\"",
    );
    let (desk, _) = load(&files).unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    assert!(desk.calendar.is_business_day("2026-12-25".parse().unwrap()));
}

///
#[test]
fn a_desk_whose_priority_comes_from_the_urgency_brings_its_matrix() {
    for slug in ["icetex", "victimas"] {
        let files = desks::shipped(slug);
        let text = &files.iter().find(|(path, _)| path == DESK).unwrap().1;
        let start = text.find("[priority.matrix]").unwrap();
        let end = start + text[start..].find("\n# ").unwrap();
        let matrix = &text[start..end];
        let bare = with(files.clone(), DESK, matrix, "");
        let errors = errors_of(&bare);
        assert!(
            errors.iter().any(|error| {
                let message = &error.message;
                message == "the priority comes from the urgency and there is no matrix"
            }),
            "{}",
            listed(&errors)
        );
        let chosen = with(files, DESK, "rule = \"urgency\"", "rule = \"choice\"");
        let errors = errors_of(&chosen);
        assert_eq!(errors.len(), 1, "{}", listed(&errors));
    }
}

///
#[test]
fn a_control_is_asked_at_a_level_that_exists_and_wants_one_answer_of_a_command() {
    let icetex = |old: &str, new: &str| errors_of(&with(desks::shipped("icetex"), DESK, old, new));
    for (old, new, message) in [
        (
            "level = 2\nbefore",
            "level = 3\nbefore",
            "the desk has no such level",
        ),
        (
            "answer = true\notherwise_before",
            "otherwise_before",
            "there is no answer to be the opposite of",
        ),
        (
            "otherwise_before = [\"solve\"]",
            "otherwise_before = [\"suspend\"]",
            "`suspend` cannot wait for both answers",
        ),
    ] {
        let errors = icetex(old, new);
        assert!(
            errors.iter().any(|error| error.message == message),
            "{message}: {}",
            listed(&errors)
        );
    }
}

///
#[test]
fn exactly_one_question_decides_where_the_mode_needs_it() {
    for (slug, message) in [
        (
            "victimas",
            "2 questions decide closing; it must be exactly one",
        ),
        ("uspec", "2 questions decide closing; it may be one at most"),
    ] {
        let two = "[[survey.questions]]\nid = \"more\"\ntext = { es = \"¿Cierra?\", en = \"Close?\" }\nkind = \"yes_no\"\ndecides = \"closing\"\n\n[[notifications]]";
        let errors = errors_of(&with(desks::shipped(slug), DESK, "[[notifications]]", two));
        assert!(
            errors.iter().any(|error| error.message == message),
            "{slug}: {}",
            listed(&errors)
        );
    }
    broken(
        DESK,
        "kind = \"yes_no\", decides = \"closing\"",
        "kind = \"yes_no\"",
        "[survey]",
        "0 questions decide closing; it must be exactly one",
        "decides = \"closing\"",
    );
    broken(
        DESK,
        "kind = \"yes_no\", decides = \"closing\"",
        "kind = \"text\", decides = \"closing\"",
        "id = \"q6\"",
        "the deciding question is a mandatory yes or no",
        "yes_no",
    );
    broken(
        DESK,
        "when = { survey = \"negative\" }",
        "when = { survey = \"positive\" }",
        "mode = \"survey\"",
        "no move follows a negative survey",
        "survey = \"negative\"",
    );
    broken(
        DESK,
        "mode = \"survey\"",
        "mode = \"accept_and_rate\"",
        "mode = \"accept_and_rate\"",
        "no move takes a rejection",
        "reject",
    );
    broken(
        DESK,
        "on = \"close_by_silence\"",
        "on = \"close_by_desk\"",
        "silence = \"3d\"",
        "no move closes a ticket for silence",
        "close_by_silence",
    );
}

#[test]
fn automatic_moves_come_to_rest() {
    let files = with(
        desks::full_files(),
        DESK,
        "from = \"reopened\"\nto = \"escalated\"\non = \"continue\"",
        "from = [\"reopened\", \"escalated\"]\nto = \"escalated\"\non = \"continue\"",
    );
    let errors = errors_of(&files);
    assert!(
        errors
            .iter()
            .any(|error| error.message.contains("leads back to where it began")),
        "{}",
        listed(&errors)
    );
}

#[test]
fn the_catalogue_is_unique_and_points_to_what_exists() {
    broken(
        CATALOG,
        "equipment,Equipos",
        "backup,Equipos",
        "backup,Equipos",
        "the key `backup` is given twice",
        "a key of its own",
    );
    broken(
        CATALOG,
        "Equipos > Fax",
        "Equipos > Traslado",
        "old,",
        "the category `Equipos > Traslado` is given twice",
        "",
    );
    broken(
        CATALOG,
        "mesa,1,medium",
        "mesas,1,medium",
        "mesas",
        "the group `mesas` does not exist",
        "did you mean `mesa`?",
    );
    broken(
        CATALOG,
        "mesa,1,medium",
        "redes,1,medium",
        "word,",
        "the group `redes` does not work at level 1",
        "column `level`",
    );
    broken(
        CATALOG,
        "redes,2,,equipment",
        "redes,2,,equipo",
        "equipo,",
        "the form `equipo` does not exist",
        "[forms.…]",
    );
    broken(
        CATALOG,
        ",backup,16:00",
        ",backups,16:00",
        "backups",
        "the approval `backups` does not exist",
        "[approvals.…]",
    );
    broken(
        CATALOG,
        "16:00",
        "4 pm",
        "4 pm",
        "`4 pm` in the column `cutoff` is not known",
        "16:00",
    );
    broken(
        CATALOG,
        "incident,mesa",
        "incidente,mesa",
        "incidente",
        "`incidente` in the column `type` is not known",
        "did you mean `incident`?",
    );
    broken(
        CATALOG,
        "key,path,path_en,type",
        "key,path,path_en,kind",
        "key,",
        "the column `kind` is not known",
        "",
    );
    broken(
        CATALOG,
        "\"Ofimática > Word, Excel\"",
        "Ofimática > Word, Excel",
        "word,",
        "the row has 13 cells",
        "quotes",
    );
}

#[test]
fn articles_have_titles_and_nothing_else_is_in_the_folder() {
    broken(
        "knowledge/guia.md",
        "# Guía",
        "Guía",
        "Guía",
        "the article has no title",
        "# Title",
    );
    let mut files = desks::full_files();
    files.push(("notes.txt".into(), "x".into()));
    let errors = errors_of(&files);
    assert!(
        errors
            .iter()
            .any(|error| error.file == "notes.txt" && error.message.contains("not part of a desk")),
        "{}",
        listed(&errors)
    );
}

#[test]
fn a_missing_file_is_told() {
    let files: Files = desks::full_files()
        .into_iter()
        .filter(|(path, _)| path != DESK)
        .collect();
    assert!(
        errors_of(&files)
            .iter()
            .any(|error| error.message == "the folder has no desk.toml")
    );
    let files: Files = desks::full_files()
        .into_iter()
        .filter(|(path, _)| path != CATALOG)
        .collect();
    assert!(
        errors_of(&files)
            .iter()
            .any(|error| error.message == "the folder has no catalog.csv")
    );
}

#[test]
fn spanish_alone_is_a_warning() {
    let files = with(
        desks::full_files(),
        DESK,
        "{ es = \"Precaso\", en = \"Pre-case\" }",
        "{ es = \"Precaso\" }",
    );
    let line = line_of(&files, DESK, "{ es = \"Precaso\" }");
    let (_, warnings) = load(&files).unwrap_or_else(|errors| panic!("{}", listed(&errors)));
    assert!(
        warnings
            .iter()
            .any(|warning| warning.line == line && warning.message.contains("no English text")),
        "{}",
        listed(&warnings)
    );
}

#[test]
fn all_errors_come_at_once_in_the_order_of_lines() {
    let mut files = desks::full_files();
    for (old, new) in [
        ("code = \"F-{number}\"", "code = \"F-\""),
        ("leaf_only = true", "leaf_only = 1"),
        ("reason = \"lapsed\"", "reason = \"late\""),
        ("mode = \"survey\"", "mode = \"surveys\""),
    ] {
        files = with(files, DESK, old, new);
    }
    files = with(files, CATALOG, "mesa,1", "mesas,1");
    let errors = errors_of(&files);
    let desk_lines: Vec<_> = errors
        .iter()
        .filter(|error| error.file == DESK)
        .map(|error| error.line)
        .collect();
    assert!(desk_lines.is_sorted());
    assert!(desk_lines.len() >= 3, "{}", listed(&errors));
}
