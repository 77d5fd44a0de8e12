//! `api/desks/README.md` says everything that a folder can hold: its small desk loads, every word is named, and a desk that was
//! written from it does what it says.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use desks::story::{Story, agent, approve, approver, new_ticket, requester, some};
use shared::desk::Desk;
use shared::desk::diff::diff;
use shared::desk::export::export;
use shared::desk::load::{CATALOG_COLUMNS, load};
use shared::desk::own_words::Placeholder;
use shared::desk::profile::{FieldKind, Need, Notice, Recipient, Who};
use shared::ticket::actor::Actor;
use shared::ticket::command::{Command, CommandKind};
use shared::ticket::event::Event;
use shared::ticket::refusal::{Conflict, Denial};
use shared::ticket::status::Status;
use shared::ticket::{NewTicket, Refusal, approval_reminder_at};

fn guide() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/desks/README.md");
    std::fs::read_to_string(path).unwrap()
}

/// The last fenced block of a language.
fn block(text: &str, lang: &str) -> String {
    let start = text.rfind(&format!("```{lang}\n")).unwrap() + lang.len() + 4;
    let end = text[start..].find("```").unwrap();
    text[start..start + end].to_owned()
}

#[test]
fn the_small_desk_of_the_guide_loads_without_a_warning() {
    let guide = guide();
    let files = [
        ("desk.toml", block(&guide, "toml")),
        ("catalog.csv", block(&guide, "csv")),
    ];
    let (desk, warnings) = load(&files).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(desk.slug, "small");
}

#[test]
fn the_guide_names_every_word_that_a_folder_may_hold() {
    let guide = guide();
    let named = |word: &str| {
        let known = guide.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        known.into_iter().any(|part| part == word)
    };
    let desk = desks::infortec();
    let unmoved = [
        CommandKind::ChangePriority,
        CommandKind::ChangeCategory,
        CommandKind::Accept,
        CommandKind::AddMessage,
        CommandKind::RecordContactAttempt,
        CommandKind::RecordControl,
        CommandKind::RecordWarning,
        CommandKind::RecordBreach,
        CommandKind::LinkParent,
        CommandKind::UnlinkParent,
        CommandKind::SetExtra,
        CommandKind::SetMark,
        CommandKind::RecordCause,
        CommandKind::SendFollowUp,
        CommandKind::RemindApprovers,
        CommandKind::MergeInto,
        CommandKind::Unmerge,
        CommandKind::Absorb,
        CommandKind::Release,
    ];
    let commands = CommandKind::ALL
        .iter()
        .filter(|kind| !unmoved.contains(kind));
    let words = commands
        .map(|word| word.as_str())
        .chain(Status::ALL.iter().map(|word| word.as_str()))
        .chain(Need::ALL.iter().map(|word| word.as_str()))
        .chain(Who::ALL.iter().map(|word| word.as_str()))
        .chain(Notice::ALL.iter().map(|word| word.as_str()))
        .chain(Recipient::ALL.iter().map(|word| word.as_str()))
        .chain(FieldKind::ALL.iter().map(|word| word.as_str()))
        .chain(CATALOG_COLUMNS);
    let placeholder = |one: &&Placeholder| !guide.contains(&format!("`{{{one}}}`"));
    let unnamed: Vec<_> = Placeholder::ALL.iter().filter(placeholder).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}");
    let missing: Vec<_> = words.filter(|word| !named(word)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Every key that a folder writes is explained too.
    let mut folders = vec![
        export(&desk),
        export(&desks::full()),
        export(&desks::library()),
    ];
    folders.extend(["icetex", "uspec", "victimas"].map(|slug| export(&desks::load_folder(slug).0)));
    let mut unknown = std::collections::BTreeSet::new();
    for (path, text) in folders
        .into_iter()
        .flatten()
        .filter(|(path, _)| path == "desk.toml")
    {
        for line in text.lines().filter(|line| !line.starts_with('[')) {
            let Some((key, _)) = line.split_once(" = ") else {
                continue;
            };
            let plain = key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let own = ["groups", "levels"]
                .iter()
                .any(|section| text.contains(&format!("[{section}]\n{line}")));
            if plain && !own && !named(key) && !line.contains("{ name = ") {
                unknown.insert(format!("{path}: {key}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn what_is_written_back_is_the_same_desk() {
    for desk in desks::all() {
        let (again, _) = load(&export(&desk)).unwrap_or_else(|errors| panic!("{}", errors[0]));
        assert_eq!(diff(&desk, &again), Vec::<String>::new(), "{}", desk.slug);
        assert_eq!(again, desk);
        let json = serde_json::to_string(&desk).unwrap();
        assert_eq!(serde_json::from_str::<Desk>(&json).unwrap(), desk);
    }
}

#[test]
fn the_library_was_written_from_the_guide_and_is_clean() {
    let (_, warnings) = load(&desks::library_files()).unwrap();
    desks::table::check_warnings(&warnings);
}

/// Each mistake in what desks learnt last is told with its line and what to write instead.
#[test]
fn mistakes_are_told_where_they_stand() {
    let table = [
        (
            "roles = [\"direccion\"]",
            "roles = []",
            "nobody stands in for `adquisiciones`",
        ),
        (
            "of = \"adquisiciones\"",
            "of = \"aquisiciones\"",
            "no step asks `aquisiciones`",
        ),
        (
            "default_impact = \"one\"",
            "default_impact = \"on\"",
            "the impact `on` does not exist",
        ),
        (
            "field = \"for_course\", is = [\"yes\"]",
            "field = \"for_curse\", is = [\"yes\"]",
            "no earlier field is called `for_curse`",
        ),
        (
            "field = \"for_course\", is = [\"yes\"]",
            "field = \"for_course\", is = [\"maybe\"]",
            "`for_course` never has such an answer",
        ),
        (
            "field = \"room\", is = [\"south\"]",
            "field = \"room\", is = [\"west\"]",
            "`room` never has such an answer",
        ),
        (
            "count = 3\nbusiness_days = 3",
            "count = 2\nbusiness_days = 2",
            "the series has three mails: a request, a reminder and a closing notice",
        ),
        (
            "by = [\"requester\", \"agent\"]\nwhen = { reason = \"asks_reader\" }",
            "by = \"agent\"\nwhen = { reason = \"asks_reader\" }",
            "no move lets the requester bring back `asks_reader`",
        ),
        (
            "level = 2\nneeds = [\"diagnosis\"]",
            "level = 3\nneeds = [\"level\", \"stars\"]",
            "`escalate` does not carry `stars`",
        ),
        (
            "when = { policy = \"tutor\" }",
            "when = { policy = \"tutors\" }",
            "the approval `tutors` does not exist",
        ),
        (
            "[approvals.tutor]\nname = { es = \"Aval del director de tesis\", en = \"The thesis supervisor's consent\" }\nevidence = true",
            "[approvals.tutor]\nname = { es = \"Aval del director de tesis\", en = \"The thesis supervisor's consent\" }",
            "the approval `tutor` asks nobody",
        ),
        (
            "when = { policy = \"purchase\" }",
            "when = { category = \"nada\" }",
            "the category `nada` does not exist",
        ),
        (
            "tells = [{ who = \"requester\", template = \"suspended\" }]",
            "tells = [{ who = \"requester\", group = \"salas\", template = \"suspended\" }]",
            "`requester` is no group",
        ),
        (
            "on = [\"take\", \"assign\"]\nby = \"agent\"\nneeds",
            "on = [\"take\", \"assign\"]\nlevel = 2\nby = \"agent\"\nneeds",
            "`take` hands the ticket to no level",
        ),
        (
            "kind = \"person\"",
            "kind = \"persona\"",
            "`persona` is not known here",
        ),
    ];
    for (before, after, message) in table {
        let mut files = desks::library_files();
        let desk = files
            .iter_mut()
            .find(|(path, _)| path == "desk.toml")
            .unwrap();
        assert!(desk.1.contains(before), "{before}");
        desk.1 = desk.1.replacen(before, after, 1);
        let errors = load(&files).err().unwrap_or_else(|| panic!("{message}"));
        let found = errors.iter().find(|error| error.message == message);
        let found = found.unwrap_or_else(|| panic!("{message} is not among {errors:?}"));
        assert!(found.line > 1 && found.file == "desk.toml", "{found}");
    }
    let catalog = [
        (
            "incident,datos,1,sistemas,,,,,,yes,no,",
            "incident,,1,sistemas,,,,,,yes,no,",
            "a restricted category has no group of its own",
        ),
        (
            "request,mostrador,1,colecciones,,,,18:00",
            "request,mostrador,1,mostrador,,,,18:00",
            "the group `mostrador` does not work at level 2",
        ),
    ];
    let mut files = desks::library_files();
    let desk = files
        .iter_mut()
        .find(|(path, _)| path == "desk.toml")
        .unwrap();
    desk.1 = desk.1.replacen(
        "when = { category = \"datos\" }",
        "when = { category = \"bases\" }",
        1,
    );
    let errors = load(&files).unwrap_err();
    assert_eq!(
        errors[0].message,
        "nobody can close a solved ticket of a category without a survey"
    );
    for (before, after, message) in catalog {
        let mut files = desks::library_files();
        let csv = files
            .iter_mut()
            .find(|(path, _)| path == "catalog.csv")
            .unwrap();
        assert!(csv.1.contains(before), "{before}");
        csv.1 = csv.1.replacen(before, after, 1);
        let errors = load(&files).err().unwrap_or_else(|| panic!("{message}"));
        assert!(
            errors
                .iter()
                .any(|error| error.message == message && error.line > 1),
            "{errors:?}"
        );
    }
}

/// R-290
#[test]
fn each_service_has_its_own_rules_of_mails() {
    let desk = desks::library();
    let to = |category| {
        let mail = desk.notification_for(Notice::TicketCreated, category);
        mail.map(|mail| mail.to.clone()).unwrap_or_default()
    };
    assert_eq!(to(Some("datos")), [Recipient::Group]);
    assert_eq!(
        to(Some("prestamo")),
        [Recipient::Requester, Recipient::Group]
    );
    assert_eq!(to(None), [Recipient::Requester, Recipient::Group]);
}

fn purchase() -> Story {
    let mut new = NewTicket {
        urgency: some("later"),
        ..new_ticket("compra", None)
    };
    for (key, value) in [("title", "Cien años de soledad"), ("for_course", "no")] {
        new.extra.insert(key.into(), value.into());
    }
    let mut story = Story::open(&desks::library(), new, &requester());
    let counter = agent(10, "Ben Ruiz", &["mostrador"]);
    story.does(
        &counter,
        Command::RequestApproval {
            note: None,
            evidence: Vec::new(),
            files: Vec::new(),
        },
    );
    story
}

#[test]
fn a_deputy_decides_for_an_approver_and_the_history_keeps_both() {
    let mut story = purchase();
    story.does(
        &approver(&["bibliotecario_tematico"]),
        approve("bibliotecario_tematico"),
    );
    assert_eq!(
        story.refuses(&approver(&["nadie"]), approve("adquisiciones")),
        Refusal::NotPermitted {
            why: Denial::MissingPrivilege
        }
    );
    story.does(&approver(&["direccion"]), approve("adquisiciones"));
    // The deputy of one role is not the deputy of another.
    assert!(
        story
            .clone()
            .give(&approver(&["direccion"]), approve("colecciones"))
            .is_err()
    );
    // Agents of a group hold the role of its key.
    story.does(
        &agent(11, "Caro Díaz", &["colecciones"]),
        approve("colecciones"),
    );
    assert_eq!(story.ticket.status, Status::InProgress);
    let decisions = &story.ticket.approval.as_ref().unwrap().decisions;
    assert_eq!(
        (decisions[1].approver.as_str(), decisions[1].by.id),
        ("adquisiciones", Some(30))
    );
}

#[test]
fn approvers_are_reminded_after_their_term_and_each_reminder_begins_another() {
    let mut story = purchase();
    let remind = || Command::RemindApprovers;
    let due = approval_reminder_at(&story.ticket, &story.desk).unwrap();
    assert_eq!(
        due,
        "2026-03-03T14:00:00Z".parse::<DateTime<Utc>>().unwrap()
    );
    assert_eq!(
        story.refuses(&Actor::System, remind()),
        Refusal::Conflict {
            what: Conflict::NotDueYet
        }
    );
    story.now = due;
    assert_eq!(
        story.refuses(&agent(10, "Ben Ruiz", &["mostrador"]), remind()),
        Refusal::NotPermitted {
            why: Denial::SystemOnly
        }
    );
    let events = story.does(&Actor::System, remind());
    assert!(
        matches!(&events[..], [Event::ApproversReminded { approvers, step: 0, .. }] if approvers == &["bibliotecario_tematico"])
    );
    assert_eq!(
        story.refuses(&Actor::System, remind()),
        Refusal::Conflict {
            what: Conflict::NotDueYet
        }
    );
    assert_eq!(
        approval_reminder_at(&story.ticket, &story.desk),
        Some(due + Duration::days(1))
    );
}

/// Profiles, tickets and events that were stored before these words existed are read as they were.
#[test]
fn what_was_stored_before_is_read_as_it_was() {
    let mut profile = serde_json::to_value(desks::infortec()).unwrap();
    let text = profile.to_string();
    for added in [
        "answer_returns",
        "shown_when",
        "deputies",
        "default_impact",
        "restricted",
        "unsurveyed",
        "series",
        "fresh",
    ] {
        assert!(
            !text.contains(added),
            "{added} is written though it is not used"
        );
    }
    profile["calendar"]["version"] = 1.into();
    assert_eq!(
        serde_json::from_value::<Desk>(profile).unwrap(),
        desks::infortec()
    );
    let story = Story::open(
        &desks::infortec(),
        new_ticket("eset", Some("p2")),
        &requester(),
    );
    let state = serde_json::to_string(&story.ticket).unwrap();
    for added in [
        "marks",
        "cause",
        "previous",
        "follow_ups",
        "merged",
        "absorbed",
    ] {
        assert!(
            !state.contains(&format!("\"{added}\"")),
            "{added} changes stored tickets"
        );
    }
}
