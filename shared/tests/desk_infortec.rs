//! The shipped desk folder says what the requirements say.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use desks::table::rows;
use shared::desk::profile::{AcceptanceMode, Admission, Notice, Recipient};
use shared::i18n::Lang;
use shared::sla::business_time::BusinessMinutes;
use shared::sla::policy::Target;
use shared::ticket::status::{Level, RequestType, Status};

#[test]
fn the_folder_loads_without_errors_and_without_warnings() {
    let (_, warnings) = desks::load_folder("infortec");
    assert_eq!(warnings, []);
}

///
#[test]
fn the_states_carry_the_labels_of_the_guide() {
    let desk = desks::infortec();
    let label = |status| desk.status_label(status, Lang::Es);
    assert_eq!(label(Status::New), "Abierto");
    assert_eq!(label(Status::InProgress), "En atención");
    assert_eq!(label(Status::Solved), "Solucionado");
    assert_eq!(label(Status::Reopened), "Reabierto");
    assert_eq!(label(Status::Closed), "Resuelto");
    assert_eq!(desk.states.len(), 6);
    for state in &desk.states {
        assert_eq!(state.is.is_final(), state.is == Status::Closed);
    }
}

/// R-097…
#[test]
fn every_committed_time_of_the_table_is_kept_and_level_three_has_no_solution_time() {
    let desk = desks::infortec();
    let hours = |hours: i64| Some(Target::Minutes(BusinessMinutes(hours * 60)));
    let table = [
        ("p1", 1, Some(1), Some(4)),
        ("p1", 2, Some(1), Some(8)),
        ("p1", 3, Some(1), None),
        ("p2", 1, Some(2), Some(8)),
        ("p2", 2, Some(2), Some(16)),
        ("p2", 3, Some(2), None),
        ("p3", 1, Some(4), Some(12)),
        ("p3", 2, Some(4), Some(24)),
        ("p3", 3, Some(4), None),
        ("p4", 1, Some(8), Some(16)),
        ("p4", 2, Some(8), Some(32)),
        ("p4", 3, Some(8), None),
    ];
    assert_eq!(desk.sla.targets.len(), table.len());
    // the choices are the levels of the agreement.
    let chosen: BTreeSet<_> = desk
        .priority
        .items
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    assert_eq!(chosen, table.iter().map(|row| row.0).collect());
    for (priority, level, attention, solution) in table {
        let row = desk
            .sla
            .targets
            .iter()
            .find(|row| row.priority.as_deref() == Some(priority) && row.level == Some(level))
            .unwrap();
        assert_eq!(
            (row.attention, row.solution),
            (attention.and_then(hours), solution.and_then(hours)),
            "{priority} {level}"
        );
    }
}

///
#[test]
fn the_form_explains_both_types() {
    let desk = desks::infortec();
    let help = |kind| desk.request_type(kind).unwrap().help.es.as_str();
    assert_eq!(
        help(RequestType::Request),
        "Solicitud de un servicio o recurso, sin que haya una falla."
    );
    assert_eq!(
        help(RequestType::Incident),
        "Falla o error en el funcionamiento de un sistema o equipo."
    );
}

/// The words of a text that mean something, without accents.
fn words(text: &str) -> BTreeSet<String> {
    let folded = shared::fold::fold(text);
    let words = folded.split(|letter: char| !letter.is_alphanumeric());
    let long = words.filter(|word| word.len() > 3);
    long.map(str::to_owned).collect()
}

///
#[test]
fn each_severity_is_explained_with_the_words_of_the_guide() {
    let desk = desks::infortec();
    let rows = rows("infortec-impact.csv");
    assert_eq!((rows.len(), desk.priority.items.len()), (4, 4));
    for (row, item) in rows.iter().zip(&desk.priority.items) {
        assert_eq!(row["priority"], item.label.es);
        let missing: Vec<_> = words(&row["description"])
            .difference(&words(&item.help.es))
            .cloned()
            .collect();
        assert!(missing.is_empty(), "{}: {missing:?}", item.label.es);
        assert!(item.help.en.is_some());
    }
}

///
#[test]
fn registered_people_ask_choose_the_severity_and_close_by_rating() {
    let desk = desks::infortec();
    assert_eq!(desk.intake.who, Admission::Registered);
    assert!(desk.priority.chosen_by_requester);
    assert_eq!(desk.acceptance.mode, AcceptanceMode::AcceptAndRate);
    assert_eq!(desk.acceptance.silence, None);
    assert_eq!(desk.code.code(1042), "INF-1042");
    assert_eq!(
        desk.priority
            .items
            .iter()
            .map(|item| item.label.es.as_str())
            .collect::<Vec<_>>(),
        ["P1-Crítico", "P2-Alto", "P3-Medio", "P4-Bajo"]
    );
    assert_eq!(
        desk.request_type(RequestType::Incident).unwrap().label.es,
        "Incidencia"
    );
    assert_eq!(
        desk.request_type(RequestType::Request).unwrap().label.es,
        "Requerimiento"
    );
    assert_eq!(desk.attachments.max_bytes, 30 * 1024 * 1024);
    assert_eq!(desk.words.team.es, "Soy del equipo de soporte");
}

///
#[test]
fn three_levels_have_groups_and_every_category_can_be_chosen() {
    let desk = desks::infortec();
    for level in Level::ALL {
        assert!(!desk.level(level).unwrap().groups.is_empty());
    }
    let paths: Vec<_> = desk
        .catalog
        .selectable(true)
        .map(|entry| entry.path_label(Lang::Es))
        .collect();
    assert_eq!(
        paths,
        [
            "Kaspersky Endpoint",
            "Eset",
            "Sophos Perímetro",
            "Otro / No sé"
        ]
    );
}

///
#[test]
fn the_mails_of_the_guide_go_to_whom_it_says() {
    let desk = desks::infortec();
    for (notice, recipient) in [
        (Notice::VerificationCode, Recipient::Requester),
        (Notice::TicketCreated, Recipient::Requester),
        (Notice::MessageAdded, Recipient::Requester),
        (Notice::RequesterWrote, Recipient::Assignee),
        (Notice::RequesterWrote, Recipient::Requester),
        (Notice::Solved, Recipient::Requester),
        (Notice::Assigned, Recipient::Assignee),
        (Notice::SolutionRejected, Recipient::Solver),
        (Notice::Closed, Recipient::Requester),
    ] {
        assert!(
            desk.notification(notice).unwrap().to.contains(&recipient),
            "{notice}"
        );
    }
}

///
#[test]
fn the_desk_works_monday_to_friday_from_eight_to_five_in_bogota() {
    let desk = desks::infortec();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let friday_afternoon = at("2026-03-06T21:30:00Z");
    let due = desk
        .calendar
        .deadline(friday_afternoon, BusinessMinutes(60).into())
        .unwrap();
    assert_eq!(due, at("2026-03-09T13:30:00Z"));
}

#[test]
fn the_desk_survives_its_json() {
    let desk = desks::infortec();
    let json = serde_json::to_string(&desk).unwrap();
    assert_eq!(
        serde_json::from_str::<shared::desk::Desk>(&json).unwrap(),
        desk
    );
}
