//! The USPEC folder says what its procedure says: each row of its tables is walked, each need asked, each time kept.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use chrono::{DateTime, Duration, Utc};
use desks::story::{Story, agent, assignee, body, new_ticket, reason, requester, say, some};
use desks::table::{
    Walk, asks_for, check_pairs, check_reasons, check_states, rows, waits_for, walk_all,
};
use shared::desk::Desk;
use shared::desk::profile::{Need, Notice, Recipient};
use shared::sla::business_time::BusinessTime;
use shared::sla::clock::{self, ClockInput, ClockState, ClockStatus};
use shared::sla::policy::{ClockEffect, ClockKind, Target};
use shared::ticket::actor::{Actor, Privilege};
use shared::ticket::command::{Answer, AnswerValue, Command, Mark};
use shared::ticket::event::{Event, IdentityProof};
use shared::ticket::refusal::{Conflict, Denial};
use shared::ticket::status::{Channel, Level, RequestType, Status, Visibility};
use shared::ticket::text::Stars;
use shared::ticket::{
    Circumstances, NewTicket, Refusal, Ticket, allowed_commands, closes_by_silence_at,
    decide_given, is_restricted, may_see,
};

const EXCEL: &str = "asesoria-tecnica-ofimatica-inconvenientes-excel";
const WEB: &str = "pagina-web-uspec-publicacion-de-contenido";
const PHISHING: &str = "correo-electronico-correo-sospechoso";

fn desk() -> Desk {
    desks::load_folder("uspec").0
}

/// The help desk.
fn mesa() -> Actor {
    agent(10, "Ben Ruiz", &["mesa"])
}

/// The named public servant of the Oficina de Tecnología.
fn official() -> Actor {
    agent(11, "Caro Díaz", &["oficina_tecnologia"])
}

fn security() -> Actor {
    agent(12, "Dora Paz", &["seguridad"])
}

fn of(category: &str) -> Story {
    Story::open(&desk(), new_ticket(category, Some("medium")), &requester())
}

fn opened() -> Story {
    of(EXCEL)
}

fn control(id: &str) -> Command {
    Command::RecordControl {
        control: id.into(),
        answer: true,
        note: None,
    }
}

fn reviewed() -> Story {
    let mut story = opened();
    story.does(&mesa(), control("c1"));
    story
}

fn in_progress() -> Story {
    let mut story = reviewed();
    story.does(&mesa(), Command::Take);
    story
}

fn escalate() -> Command {
    Command::Escalate {
        level: None,
        group: None,
        assignee: Some(assignee(11, "Caro Díaz", &["oficina_tecnologia"])),
        reason: None,
        justification: reason("Requiere permisos del dominio."),
        diagnosis: None,
    }
}

fn waiting() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), escalate());
    story
}

fn cause() -> Command {
    Command::RecordCause {
        cause: body("La licencia venció."),
    }
}

fn cause_known() -> Story {
    let mut story = waiting();
    story.does(&official(), cause());
    story
}

fn no_support() -> Command {
    Command::RecordControl {
        control: "c3".into(),
        answer: false,
        note: None,
    }
}

/// The cause is known, and no support is needed.
fn solvable() -> Story {
    let mut story = cause_known();
    story.does(&official(), no_support());
    story
}

fn needs_provider() -> Story {
    let mut story = cause_known();
    story.does(&official(), control("c3"));
    story
}

fn ask_provider() -> Command {
    Command::SendToVendor {
        group: None,
        assignee: None,
        vendor: some("Licencias Andinas"),
        reason: None,
        justification: reason("Renovar la licencia."),
    }
}

fn with_provider() -> Story {
    let mut story = needs_provider();
    story.does(&official(), ask_provider());
    story
}

fn provider_answered() -> Command {
    Command::ReturnFromVendor {
        reason: None,
        note: reason("El proveedor renovó la licencia; adjunto el acta."),
    }
}

fn solve(why: &str) -> Command {
    Command::Solve {
        solution: body("Se renovó la licencia."),
        reason: some(why),
    }
}

fn solved() -> Story {
    let mut story = in_progress();
    story.does(&mesa(), control("c2"));
    story.does(&mesa(), solve("solution_given"));
    story
}

fn form(validated: bool) -> Command {
    let answer = |question: &str, value| Answer {
        question: question.into(),
        value,
    };
    Command::Rate {
        stars: None,
        comment: None,
        answers: vec![
            answer("service", AnswerValue::Stars(Stars::parse(5).unwrap())),
            answer("validated", AnswerValue::YesNo(validated)),
        ],
    }
}

fn answered(validated: bool) -> Story {
    let mut story = solved();
    story.does(&requester(), form(validated));
    story
}

fn close() -> Command {
    Command::CloseByDesk {
        reason: None,
        note: None,
    }
}

fn not_validated() -> Command {
    Command::Reject {
        reason: reason("El usuario no valida la solución."),
    }
}

fn back_to_desk() -> Command {
    Command::Escalate {
        level: None,
        group: None,
        assignee: None,
        reason: None,
        justification: reason("Lo puede resolver la mesa."),
        diagnosis: None,
    }
}

///
#[test]
fn every_row_of_the_table_is_walked() {
    let walk = |story, actor, command| Walk::Moves(story, actor, command);
    walk_all(
        &desk(),
        "USPEC",
        vec![
            Walk::Opens(opened),
            walk(reviewed, mesa(), Command::Take),
            walk(|| of(WEB), mesa(), solve("out_of_scope")),
            walk(
                || {
                    let mut story = in_progress();
                    story.does(&mesa(), control("c2"));
                    story
                },
                mesa(),
                solve("solution_given"),
            ),
            walk(in_progress, mesa(), escalate()),
            walk(needs_provider, official(), ask_provider()),
            walk(solvable, official(), solve("solution_given")),
            walk(waiting, official(), back_to_desk()),
            walk(|| answered(true), mesa(), close()),
            walk(|| answered(false), mesa(), not_validated()),
        ],
    );
}

///
#[test]
fn nothing_moves_that_the_table_does_not_name() {
    // Inside attention another person of the desk may go on.
    check_pairs(
        &desk(),
        "USPEC",
        &[(Status::InProgress, Status::InProgress)],
    );
}

///
#[test]
fn the_folder_is_clean_and_its_states_and_reasons_are_those_of_the_tables() {
    let (desk, warnings) = desks::load_folder("uspec");
    desks::table::check_warnings(&warnings);
    check_states(&desk, "USPEC");
    check_reasons(&desk, "USPEC");
}

///
#[test]
fn what_is_missing_is_asked_by_name() {
    asks_for(
        &in_progress(),
        &mesa(),
        &escalate(),
        &[
            (Need::Assignee, "/assignee"),
            (Need::Justification, "/justification"),
        ],
    );
    asks_for(
        &needs_provider(),
        &official(),
        &ask_provider(),
        &[(Need::Vendor, "/vendor")],
    );
    asks_for(
        &with_provider(),
        &official(),
        &provider_answered(),
        &[(Need::Note, "/note")],
    );
    let solution = [(Need::Reason, "/reason"), (Need::Solution, "/solution")];
    asks_for(
        &solvable(),
        &official(),
        &solve("solution_given"),
        &solution,
    );
    asks_for(&of(WEB), &mesa(), &solve("out_of_scope"), &solution);
    asks_for(
        &waiting(),
        &official(),
        &back_to_desk(),
        &[(Need::Justification, "/justification")],
    );
    asks_for(
        &answered(false),
        &mesa(),
        &not_validated(),
        &[(Need::Reason, "/reason")],
    );
}

///
#[test]
fn the_controls_and_the_cause_are_recorded_before_the_moves_that_ask_them() {
    waits_for(&opened(), &mesa(), &Command::Take, Need::Controls);
    waits_for(
        &in_progress(),
        &mesa(),
        &solve("solution_given"),
        Need::Controls,
    );
    waits_for(&cause_known(), &official(), &ask_provider(), Need::Controls);
    let mut unknown = waiting();
    unknown.does(&official(), no_support());
    waits_for(&unknown, &official(), &solve("solution_given"), Need::Cause);
    let mut story = waiting();
    story.does(&official(), control("c3"));
    waits_for(&story, &official(), &ask_provider(), Need::Cause);
    let recorded = in_progress()
        .history
        .into_iter()
        .find(|one| matches!(one.event, Event::ControlRecorded { .. }));
    let recorded = recorded.unwrap();
    assert_eq!(
        (recorded.actor.id, recorded.at),
        (Some(10), desks::story::monday())
    );
    // A solution that was not validated is looked at again.
    let mut again = answered(false);
    again.passes(Duration::hours(1));
    again.does(&mesa(), not_validated());
    waits_for(&again, &mesa(), &solve("solution_given"), Need::Controls);
}

///
#[test]
fn the_answers_to_the_controls_decide_and_are_asked_anew_on_each_round() {
    let answer = |id: &str, answer| Command::RecordControl {
        control: id.into(),
        answer,
        note: None,
    };
    let solution = || solve("solution_given");
    // C2: what was not adequate is no solution.
    let mut inadequate = in_progress();
    inadequate.does(&mesa(), answer("c2", false));
    waits_for(&inadequate, &mesa(), &solution(), Need::Controls);
    // C3: yes goes to the provider and solves nothing; no solves and asks nobody.
    waits_for(&cause_known(), &official(), &solution(), Need::Controls);
    waits_for(&needs_provider(), &official(), &solution(), Need::Controls);
    waits_for(&solvable(), &official(), &ask_provider(), Need::Controls);
    // What the provider answered is looked at again, whichever way it goes on.
    let mut round = with_provider();
    round.passes(Duration::days(1));
    round.does(&official(), provider_answered());
    waits_for(&round, &official(), &ask_provider(), Need::Controls);
    waits_for(&round, &official(), &solution(), Need::Controls);
    let mut second = round.clone();
    second.does(&official(), answer("c3", true));
    second.does(&official(), ask_provider());
    round.does(&official(), no_support());
    round.does(&official(), solution());
    // Each question has its level, and those who work there answer it.
    let refused = |mut story: Story, actor: Actor, id: &str| {
        story.refuses(&actor, answer(id, true))
            == Refusal::NotPermitted {
                why: Denial::NotAMember,
            }
    };
    assert!(refused(cause_known(), mesa(), "c3"));
    assert!(refused(in_progress(), official(), "c2"));
    assert!(refused(in_progress(), mesa(), "c3"));
}

///
#[test]
fn waiting_pauses_with_the_provider_only() {
    let effect = |story: &Story| story.ticket.spans.last().unwrap().effect;
    assert_eq!(effect(&waiting()), ClockEffect::Runs);
    let mut story = with_provider();
    assert_eq!(effect(&story), ClockEffect::Paused);
    // The official stays in charge, and confirms the provider's answer to the desk.
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 11);
    assert_eq!(story.ticket.vendor.as_deref(), Some("Licencias Andinas"));
    story.does(&official(), provider_answered());
    assert_eq!(
        (story.ticket.status, effect(&story)),
        (Status::Suspended, ClockEffect::Runs)
    );
}

/// who receives the request, and when, is kept.
#[test]
fn the_office_receives_what_it_was_given() {
    let mut story = waiting();
    assert!(!story.ticket.attended);
    let events = story
        .passes(Duration::minutes(30))
        .does(&official(), Command::Take);
    assert_eq!(events, [Event::Attended { level: Level::TWO }]);
    let received = story.history.last().unwrap();
    assert_eq!((received.actor.id, received.at), (Some(11), story.now));
    // Then the cause, and then the solution.
    story.does(&official(), no_support());
    waits_for(&story, &official(), &solve("solution_given"), Need::Cause);
    story.does(&official(), cause());
    story.does(&official(), solve("solution_given"));
    assert!(story.ticket.cause.is_some());
}

///
#[test]
fn an_escalation_names_its_public_servant_and_comes_back_to_the_desk() {
    let mut story = waiting();
    assert_eq!(
        (
            story.ticket.level,
            story.ticket.assignee.as_ref().unwrap().name.as_str()
        ),
        (Level::TWO, "Caro Díaz")
    );
    // escalating sets the state in the same move, so that no escalation is recorded without it.
    let moved: Vec<_> = in_progress().does(&mesa(), escalate());
    assert!(
        matches!(&moved[..], [Event::Escalated { .. }, Event::StatusChanged { to: Status::Suspended, reason: Some(why), .. }] if why == "technology_office")
    );
    let escalated = story.history.iter().find_map(|one| match &one.event {
        Event::Escalated {
            from_assignee,
            to_assignee,
            justification,
            ..
        } => Some((
            from_assignee.clone().unwrap().id,
            to_assignee.clone().unwrap().id,
            justification.clone(),
        )),
        _ => None,
    });
    assert_eq!(
        escalated,
        Some((10, 11, reason("Requiere permisos del dominio.")))
    );
    story.does(&official(), back_to_desk());
    assert_eq!(
        (
            story.ticket.status,
            story.ticket.level,
            story.ticket.group.as_deref()
        ),
        (Status::InProgress, Level::ONE, Some("mesa"))
    );
    assert_eq!(responsible(&story), Some(10), "who had it at the desk");
    let mut solved = solvable();
    solved.does(&official(), solve("solution_given"));
    solved.does(&requester(), form(false));
    solved.does(&mesa(), not_validated());
    assert_eq!(
        (
            solved.ticket.level,
            solved.ticket.group.as_deref(),
            solved.ticket.reopen_count
        ),
        (Level::ONE, Some("mesa"), 1)
    );
    assert_eq!(responsible(&solved), Some(10));
}

fn responsible(story: &Story) -> Option<i64> {
    story.ticket.assignee.as_ref().map(|agent| agent.id)
}

///
#[test]
fn a_request_under_review_has_a_responsible_person_of_the_help_desk() {
    let give = |assignee| Command::Assign {
        group: some("mesa"),
        assignee,
        reason: None,
        note: None,
    };
    let rosa = || Some(assignee(15, "Rosa Cano", &["mesa"]));
    let nobody = |refusal| match refusal {
        Refusal::Invalid { errors } => errors.iter().any(|error| error.pointer == "/assignee"),
        other => panic!("{other:?}"),
    };
    // A group alone is nobody, neither at the beginning nor later.
    assert!(nobody(reviewed().refuses(&mesa(), give(None))));
    assert!(nobody(in_progress().refuses(&mesa(), give(None))));
    let mut story = reviewed();
    story.does(&mesa(), give(rosa()));
    assert_eq!(responsible(&story), Some(15));
    // Who had it has left: the official names somebody, and who sends a solution back takes it.
    let mut back = waiting();
    let gone = |story: &Story, actor: &Actor, command: Command| {
        let given = Circumstances {
            gone: &[10],
            ..Circumstances::default()
        };
        decide_given(
            &story.ticket,
            &story.desk,
            actor,
            &command,
            given,
            story.now,
        )
    };
    assert!(nobody(
        gone(&back, &official(), back_to_desk()).unwrap_err()
    ));
    let Command::Escalate { justification, .. } = back_to_desk() else {
        panic!("it escalates")
    };
    back.does(
        &official(),
        Command::Escalate {
            level: None,
            group: None,
            assignee: rosa(),
            reason: None,
            justification,
            diagnosis: None,
        },
    );
    assert_eq!(responsible(&back), Some(15));
    let mut again = solvable();
    again.does(&official(), solve("solution_given"));
    again.does(&requester(), form(false));
    let other = agent(15, "Rosa Cano", &["mesa"]);
    let events = gone(&again, &other, not_validated()).unwrap();
    let taken = events.iter().find_map(|event| match event {
        Event::Escalated { to_assignee, .. } => to_assignee.clone(),
        _ => None,
    });
    assert_eq!(taken.unwrap().id, 15);
    // The same where the desk itself had solved it.
    let events = gone(&answered(false), &other, not_validated()).unwrap();
    let taken = events.iter().rev().find_map(|event| match event {
        Event::Assigned { to, .. } => to.clone(),
        _ => None,
    });
    assert_eq!(taken.unwrap().id, 15);
}

///
#[test]
fn the_help_desk_closes_by_hand_once_the_user_has_validated() {
    waits_for(&solved(), &mesa(), &close(), Need::SurveyAnswered);
    let refused = answered(false).refuses(&mesa(), close());
    assert!(matches!(refused, Refusal::NotAllowedInState { .. }));
    let mut story = answered(true);
    assert_eq!(
        story.ticket.status,
        Status::Solved,
        "an answer alone closes nothing"
    );
    assert_eq!(
        story.refuses(&official(), close()),
        Refusal::NotPermitted {
            why: Denial::NotInCharge
        }
    );
    assert_eq!(
        story.refuses(&requester(), close()),
        Refusal::NotPermitted {
            why: Denial::MissingPrivilege
        }
    );
    assert_eq!(
        story.refuses(&requester(), form(true)),
        Refusal::Conflict {
            what: Conflict::AlreadyRated
        }
    );
    story.does(&mesa(), close());
    assert_eq!(story.ticket.status, Status::Closed);
}

///
#[test]
fn every_category_is_surveyed_and_silence_closes_nothing() {
    let mut desk = desk();
    assert!(
        desk.catalog
            .entries
            .iter()
            .all(|entry| desk.surveys(Some(&entry.key)))
    );
    assert!(
        desk.survey.questions[0]
            .text
            .es
            .starts_with("Satisfacción de Soporte Técnico")
    );
    assert_eq!(
        desk.survey
            .questions
            .iter()
            .filter(|one| one.decides_closing)
            .count(),
        1
    );
    assert_eq!(closes_by_silence_at(&solved().ticket, &desk), None);
    let rating = answered(true).ticket.rating.unwrap();
    assert_eq!((rating.answers.len(), rating.version), (2, Some(1)));
    // Answers keep the version of the form that they were given to.
    let mut newer = solved();
    newer.desk.survey.version = 2;
    newer.does(&requester(), form(true));
    assert_eq!(newer.ticket.rating.unwrap().version, Some(2));
    // A category may be left out; its tickets are closed without an answer.
    for entry in desk
        .catalog
        .entries
        .iter_mut()
        .filter(|entry| entry.key == EXCEL)
    {
        entry.unsurveyed = true;
    }
    let mut story = solved();
    story.desk = desk;
    assert!(matches!(
        story.refuses(&requester(), form(true)),
        Refusal::NotAllowedInState { .. }
    ));
    assert!(
        allowed_commands(&story.ticket, &story.desk, &requester())
            .iter()
            .all(|offer| offer.command.as_str() != "rate")
    );
    story.does(&mesa(), close());
}

///
#[test]
fn only_the_content_of_the_web_site_is_out_of_scope_at_once() {
    assert!(matches!(
        opened().refuses(&mesa(), solve("out_of_scope")),
        Refusal::NotAllowedInState { .. }
    ));
    let mut story = of(WEB);
    story.does(&mesa(), solve("out_of_scope"));
    assert_eq!(story.ticket.reason.as_deref(), Some("out_of_scope"));
}

///
#[test]
fn security_incidents_have_their_own_group_and_nobody_else_sees_them() {
    let mut story = of(PHISHING);
    assert_eq!(story.ticket.group.as_deref(), Some("seguridad"));
    assert!(is_restricted(&story.ticket, &story.desk));
    let sees = |actor: &Actor, ticket: &Ticket| may_see(ticket, &desk(), actor);
    assert!(sees(&security(), &story.ticket) && sees(&requester(), &story.ticket));
    assert!(!sees(&mesa(), &story.ticket) && !sees(&official(), &story.ticket));
    assert!(!sees(&desks::story::token(), &story.ticket));
    assert_eq!(
        story.refuses(&mesa(), say(Visibility::Internal)),
        Refusal::NotPermitted {
            why: Denial::Restricted
        }
    );
    assert!(allowed_commands(&story.ticket, &story.desk, &mesa()).is_empty());
    story.does(&security(), control("c1"));
    story.does(&security(), Command::Take);
    // Whoever is put in charge sees it; its own group goes on seeing it.
    story.does(&security(), escalate());
    assert!(
        sees(&official(), &story.ticket)
            && sees(&security(), &story.ticket)
            && !sees(&mesa(), &story.ticket)
    );
    // So does whoever has the right, from whatever group, but no program.
    let coordinator = desks::story::agent_with(
        &[Privilege::TicketRead, Privilege::RestrictedRead],
        &["mesa"],
    );
    assert!(sees(&coordinator, &story.ticket));
    // Any other ticket can be marked as one: it goes to their queue, and the desk sees it no more.
    let mut marked = in_progress();
    marked.does(
        &mesa(),
        Command::SetMark {
            mark: Mark::Security,
            on: true,
        },
    );
    assert_eq!(
        (
            marked.ticket.group.as_deref(),
            &marked.ticket.assignee,
            marked.ticket.level
        ),
        (Some("seguridad"), &None, Level::ONE)
    );
    assert!(sees(&security(), &marked.ticket));
    assert!(!sees(&official(), &marked.ticket) && !sees(&mesa(), &marked.ticket));
    // Whoever they put in charge sees it, and so do they.
    let mut asked = marked.clone();
    asked.does(&security(), escalate());
    assert!(sees(&official(), &asked.ticket) && sees(&security(), &asked.ticket));
    marked.does(
        &security(),
        Command::SetMark {
            mark: Mark::Security,
            on: false,
        },
    );
    assert!(sees(&official(), &marked.ticket) && sees(&mesa(), &marked.ticket));
}

///
#[test]
fn a_ticket_that_turns_out_to_be_restricted_goes_to_its_group_whatever_its_state() {
    for mut story in [opened(), in_progress(), waiting()] {
        let by = if story.ticket.level == Level::ONE {
            mesa()
        } else {
            official()
        };
        let events = story.does(
            &by,
            Command::ChangeCategory {
                category: PHISHING.into(),
                reason: None,
            },
        );
        assert!(matches!(
            events[..],
            [
                Event::CategoryChanged { .. },
                Event::Assigned {
                    automatic: true,
                    ..
                } | Event::Escalated { .. }
            ]
        ));
        assert_eq!(
            (story.ticket.group.as_deref(), story.ticket.level),
            (Some("seguridad"), Level::ONE)
        );
        assert!(!may_see(&story.ticket, &story.desk, &by));
        assert!(may_see(&story.ticket, &story.desk, &security()));
    }
}

///
#[test]
fn a_problem_is_an_incident_with_its_mark() {
    let mut story = opened();
    let mark = |on| Command::SetMark {
        mark: Mark::Problem,
        on,
    };
    story.does(&mesa(), mark(true));
    assert!(story.ticket.marks.contains(&Mark::Problem));
    assert_eq!(story.ticket.request_type, RequestType::Incident);
    assert_eq!(
        story.refuses(&mesa(), mark(true)),
        Refusal::Conflict {
            what: Conflict::NothingToChange
        }
    );
    assert_eq!(
        story.refuses(&requester(), mark(false)),
        Refusal::NotPermitted {
            why: Denial::MissingPrivilege
        }
    );
    story.does(&mesa(), mark(false));
    assert!(story.ticket.marks.is_empty());
}

///
#[test]
fn the_catalogue_has_every_row_of_the_annex_with_its_type() {
    let desk = desk();
    let rows = rows("uspec-catalog.csv");
    assert_eq!((rows.len(), desk.catalog.entries.len()), (136, 136));
    let mut families = std::collections::BTreeSet::new();
    for (row, entry) in rows.iter().zip(&desk.catalog.entries) {
        families.insert(row["category"].clone());
        let mut path = vec![row["category"].clone()];
        path.extend(row["subcategory_path"].split(" > ").map(str::to_owned));
        assert_eq!(entry.path, path);
        let word = if row["type"] == "Incidente" {
            RequestType::Incident
        } else {
            RequestType::Request
        };
        assert_eq!(entry.request_type, Some(word), "{path:?}");
        // Choosing the row sets the type, whatever the person chose.
        let new = NewTicket {
            request_type: RequestType::Request,
            ..new_ticket(&entry.key, Some("low"))
        };
        assert_eq!(
            Story::open(&desk, new, &requester()).ticket.request_type,
            word
        );
    }
    assert_eq!(families.len(), 19);
    let incidents = desk
        .catalog
        .entries
        .iter()
        .filter(|entry| entry.request_type == Some(RequestType::Incident));
    assert_eq!(incidents.count(), 59);
    for family in ["LICENCIAMIENTO", "ASESORÍA TÉCNICA"] {
        assert!(
            desk.catalog
                .entries
                .iter()
                .any(|entry| entry.path[0] == family && entry.path.last().unwrap() == "Otros")
        );
    }
}

fn solution(story: &Story, now: DateTime<Utc>) -> ClockState {
    let input = ClockInput {
        calendar: &story.desk.calendar,
        policy: &story.desk.sla,
        created_at: story.ticket.created_at,
        spans: &story.ticket.spans,
        eras: &story.ticket.eras,
    };
    clock::solution(&input, now)
}

///
#[test]
fn each_committed_time_ends_when_the_annex_says() {
    // Opened on Monday 2 March 2026 at nine in Bogotá; the desk works from eight to five.
    let ends = [
        ("Incidente", "Muy Urgente", "2026-03-02T10:00:00-05:00"),
        ("Incidente", "Alta", "2026-03-02T11:00:00-05:00"),
        ("Incidente", "Mediana", "2026-03-02T13:00:00-05:00"),
        ("Incidente", "Baja", "2026-03-02T17:00:00-05:00"),
        ("Incidente", "Muy Baja", "2026-03-03T12:00:00-05:00"),
        ("Requerimiento", "Muy Urgente", "2026-03-02T17:00:00-05:00"),
        ("Requerimiento", "Alta", "2026-03-03T09:00:00-05:00"),
        ("Requerimiento", "Mediana", "2026-03-04T09:00:00-05:00"),
        ("Requerimiento", "Baja", "2026-03-05T09:00:00-05:00"),
        ("Requerimiento", "Muy Baja", "2026-03-06T09:00:00-05:00"),
    ];
    let desk = desk();
    let rows = rows("uspec-sla.csv");
    assert_eq!((rows.len(), desk.sla.targets.len()), (10, 10));
    for (row, (request_type, urgency, end)) in rows.iter().zip(ends) {
        assert_eq!(
            (row["type"].as_str(), row["urgency"].as_str()),
            (request_type, urgency)
        );
        let priority = desk
            .priority
            .items
            .iter()
            .find(|item| item.label.es == urgency)
            .unwrap();
        let category = if request_type == "Incidente" {
            EXCEL
        } else {
            "licenciamiento-licencia-office"
        };
        let story = Story::open(
            &desk,
            new_ticket(category, Some(&priority.key)),
            &requester(),
        );
        let clock = solution(&story, story.now);
        let unit = if row["solution_unit"] == "day" {
            "d"
        } else {
            "h"
        };
        let stated = Target::parse(&format!("{}{unit}", row["solution_value"])).unwrap();
        assert_eq!(clock.target, Some(stated), "{request_type} {urgency}");
        assert_eq!(
            clock.due_at,
            Some(end.parse::<DateTime<Utc>>().unwrap()),
            "{request_type} {urgency}"
        );
    }
}

///
#[test]
fn the_form_explains_what_a_requirement_and_an_incident_are() {
    let desk = desk();
    let help = |kind| desk.request_type(kind).unwrap().help.es.clone();
    for (kind, words) in [
        (
            RequestType::Request,
            &[
                "Petición formal",
                "instalaciones",
                "traslados",
                "adiciones",
                "cambios",
            ][..],
        ),
        (
            RequestType::Incident,
            &[
                "Interrupción no planificada",
                "pérdida de calidad",
                "falla de un elemento que aún no ha afectado el servicio",
            ],
        ),
    ] {
        for word in words {
            assert!(help(kind).contains(word), "{kind}: {word}");
        }
    }
}

///
#[test]
fn attention_has_no_target_and_is_measured_all_the_same() {
    let desk = desk();
    assert!(desk.sla.targets.iter().all(|row| row.attention.is_none()));
    let mut story = opened();
    story.passes(Duration::minutes(20));
    story.does(&mesa(), control("c1"));
    story.does(&mesa(), Command::Take);
    assert_eq!(story.ticket.attended_at, Some(story.now));
    // The period from its record to its attention, and the clock stands then.
    let attention = |story: &Story| {
        let input = ClockInput {
            calendar: &story.desk.calendar,
            policy: &story.desk.sla,
            created_at: story.ticket.created_at,
            spans: &story.ticket.spans,
            eras: &story.ticket.eras,
        };
        clock::attention(&input, story.now)
    };
    let twenty = BusinessTime::from_minutes(20);
    assert_eq!(
        (attention(&story).used, attention(&story).target),
        (twenty, None)
    );
    story.passes(Duration::minutes(100));
    assert_eq!(attention(&story).used, twenty);
    // The solution's clock stands once it is solved, and goes on after a reopening only.
    story.does(&mesa(), control("c2"));
    story.does(&mesa(), solve("solution_given"));
    let solved = solution(&story, story.now);
    assert_eq!(solved.met_at, Some(story.now));
    story.passes(Duration::days(3));
    let later = solution(&story, story.now);
    assert_eq!(
        (later.used, later.met_at, later.status),
        (
            BusinessTime::from_minutes(120),
            solved.met_at,
            ClockStatus::Met
        )
    );
}

///
#[test]
fn a_breach_stays_although_the_request_is_solved_and_closed() {
    let mut story = in_progress();
    // An incident of medium urgency is promised in four hours.
    story.passes(Duration::hours(5));
    let late = solution(&story, story.now);
    assert_eq!(late.status, ClockStatus::Breached);
    let breach = Command::RecordBreach {
        clock: ClockKind::Solution,
        generation: late.generation,
        due_at: late.breached_at.unwrap(),
    };
    story.does(&Actor::System, breach);
    story.does(&mesa(), control("c2"));
    story.does(&mesa(), solve("solution_given"));
    let stays = |story: &Story| {
        let state = solution(story, story.now);
        assert_eq!(
            (state.status, state.breached_at),
            (ClockStatus::Breached, late.breached_at)
        );
        assert!(story.ticket.was_breached(ClockKind::Solution));
    };
    stays(&story);
    story.passes(Duration::days(2));
    story.does(&requester(), form(true));
    story.does(&mesa(), close());
    assert_eq!(story.ticket.status, Status::Closed);
    stays(&story);
}

///
#[test]
fn the_roles_of_the_procedure_are_groups_and_levels() {
    let desk = desk();
    let groups = |level| desk.level(level).unwrap().groups.clone();
    assert_eq!(groups(Level::ONE), ["mesa", "seguridad"]);
    assert_eq!(groups(Level::TWO), ["oficina_tecnologia"]);
    assert_eq!(groups(Level::THREE), ["proveedor"]);
    let name = |key: &str| desk.group(key).unwrap().name.es.clone();
    assert_eq!(
        (name("mesa"), name("oficina_tecnologia"), name("proveedor")),
        (
            "Mesa de ayuda".to_owned(),
            "Oficina de Tecnología".to_owned(),
            "Proveedor".to_owned()
        )
    );
    assert!(
        desk.groups
            .iter()
            .all(|group| group.vendor == (group.key == "proveedor"))
    );
    // The user records, validates and evaluates; none of it is another's.
    assert!(matches!(
        solved().refuses(&mesa(), form(true)),
        Refusal::NotPermitted {
            why: Denial::NotTheRequester
        }
    ));
}

///
#[test]
fn the_impacts_are_explained_with_the_words_of_the_annex() {
    let desk = desk();
    for (row, item) in rows("uspec-impact.csv").iter().zip(&desk.priority.items) {
        assert_eq!(
            (row["impact"].as_str(), row["description"].as_str()),
            (item.label.es.as_str(), item.help.es.as_str())
        );
        assert_eq!(row["rank"], item.rank.to_string());
    }
    assert_eq!(desk.priority.items.len(), 5);
    assert!(desk.priority.matrix.is_none() && desk.priority.chosen_by_requester);
}

///
#[test]
fn web_content_after_four_counts_from_the_next_business_day() {
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let started = |category: &str, moment: &str| {
        let mut story = of(category);
        story.ticket.created_at = at(moment);
        story.ticket.spans[0].at = at(moment);
        solution(&story, at(moment)).started_at
    };
    for leaf in [WEB, "pagina-web-uspec-modificaciones-de-paginas"] {
        assert_eq!(
            started(leaf, "2026-03-06T21:00:00Z"),
            at("2026-03-06T21:00:00Z"),
            "at four sharp"
        );
        assert_eq!(
            started(leaf, "2026-03-06T21:01:00Z"),
            at("2026-03-09T13:00:00Z"),
            "Friday after four"
        );
    }
    // Access errors are ordinary incidents.
    assert_eq!(
        started("pagina-web-uspec-error-de-acceso", "2026-03-06T21:01:00Z"),
        at("2026-03-06T21:01:00Z")
    );
}

#[test]
fn a_mail_makes_the_same_record() {
    let new = NewTicket {
        category: None,
        priority: None,
        channel: Channel::Mail,
        identity: IdentityProof::Unproved,
        ..new_ticket(EXCEL, None)
    };
    let mut story = Story::open(&desk(), new.clone(), &Actor::System);
    assert_eq!(story.ticket.status, Status::New);
    story.does(&mesa(), control("c1"));
    waits_for(&story, &mesa(), &Command::Take, Need::LeafCategory);
    story.does(
        &mesa(),
        Command::ChangeCategory {
            category: EXCEL.into(),
            reason: None,
        },
    );
    story.does(&mesa(), Command::Take);
    // A person fills in what the form asks.
    assert!(
        Story::try_open(
            &desk(),
            NewTicket {
                channel: Channel::Portal,
                ..new
            },
            &requester()
        )
        .is_err()
    );
}

///
#[test]
fn the_mails_of_the_procedure_go_to_whom_it_says() {
    let desk = desk();
    for (notice, recipient) in [
        (Notice::TicketCreated, Recipient::Group),
        (Notice::VendorAsked, Recipient::Vendor),
        (Notice::VendorAnswered, Recipient::Group),
        (Notice::Solved, Recipient::Requester),
        (Notice::Survey, Recipient::Requester),
        (Notice::SurveyAnswered, Recipient::Group),
    ] {
        assert!(
            desk.notification(notice).unwrap().to.contains(&recipient),
            "{notice}"
        );
    }
    let confirmations = desk
        .moves
        .iter()
        .flat_map(|row| &row.tells)
        .filter(|tell| tell.template == Notice::VendorAnswered);
    assert!(
        confirmations.clone().count() == 2
            && confirmations
                .into_iter()
                .all(|tell| tell.group.as_deref() == Some("mesa"))
    );
}
