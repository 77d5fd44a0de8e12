//! A desk with all fourteen states: the moves that the shipped desk lacks, and every named guard.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use chrono::{Duration, NaiveDate};
use desks::story::{
    Story, agent, agent_with, approve, approver, assignee, attempt, ben, body, escalate,
    new_ticket, reason, refuse_approval, requester, say, solve, some, stranger, survey, suspend,
    take,
};
use shared::desk::profile::{AcceptanceMode, Need};
use shared::sla::policy::ClockEffect;
use shared::ticket::actor::{Actor, Privilege};
use shared::ticket::command::{
    Answer, AnswerValue, Command, CommandKind, ContactChannel, ContactResult,
};
use shared::ticket::event::Event;
use shared::ticket::permission::{Conflict, Denial, FieldCode};
use shared::ticket::status::{Level, Status, Visibility};
use shared::ticket::{NewTicket, Refusal, allowed_commands, closes_by_silence_at};

fn control(answer: bool) -> Command {
    Command::RecordControl {
        control: "c1".into(),
        answer,
        note: None,
    }
}

fn opened() -> Story {
    Story::open(&desks::full(), new_ticket("mail", None), &requester())
}

fn in_progress() -> Story {
    let mut story = opened();
    story.does(&ben(), control(true));
    story.does(&ben(), take());
    story
}

fn prioritised() -> Story {
    let mut story = in_progress();
    story.ticket.prioritised = true;
    story
}

fn suspended() -> Story {
    let mut story = in_progress();
    story.does(&ben(), suspend("needs_information"));
    story
}

fn escalated() -> Story {
    let mut story = prioritised();
    story.does(&ben(), to_networks());
    story
}

fn solved() -> Story {
    let mut story = prioritised();
    story.does(&ben(), solve(Some("given")));
    story
}

/// Waits for approvals: risks and infrastructure together, then the direction.
fn awaiting() -> Story {
    let mut story = Story::open(&desks::full(), new_ticket("backup", None), &requester());
    story.does(
        &ben(),
        Command::RequestApproval {
            note: reason("Respaldo de la carpeta."),
            evidence: vec![7],
            files: Vec::new(),
        },
    );
    story
}

fn to_networks() -> Command {
    Command::Escalate {
        level: Some(Level::TWO),
        group: some("redes"),
        assignee: None,
        reason: some("other_level"),
        justification: None,
        diagnosis: body("El puerto está caído."),
    }
}

fn caro() -> Actor {
    agent(11, "Caro Díaz", &["redes", "sitio"])
}

fn vendor() -> Actor {
    agent(12, "Dora Paz", &["proveedor"])
}

fn path(events: &[Event]) -> Vec<(Status, Status)> {
    let moves = events.iter().filter_map(|event| match event {
        Event::StatusChanged { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    moves.collect()
}

fn unmet(need: Need) -> Refusal {
    Refusal::Unmet { needs: vec![need] }
}

fn denied(why: Denial) -> Refusal {
    Refusal::NotPermitted { why }
}

fn conflict(what: Conflict) -> Refusal {
    Refusal::Conflict { what }
}

#[track_caller]
fn fields(refusal: Refusal) -> Vec<(String, FieldCode)> {
    match refusal {
        Refusal::Invalid { errors } => errors
            .into_iter()
            .map(|error| (error.pointer, error.code))
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn one(pointer: &str, code: FieldCode) -> Vec<(String, FieldCode)> {
    vec![(pointer.to_owned(), code)]
}

fn unreached(story: &mut Story, times: usize) {
    for _ in 0..times {
        story.does(
            &ben(),
            attempt(ContactChannel::Phone, ContactResult::NoAnswer),
        );
        story.passes(Duration::days(1));
    }
}

#[test]
fn a_pre_case_is_completed_or_ended() {
    let mut new = new_ticket("word", None);
    new.status = Status::Precase;
    new.category = None;
    let open = || Story::open(&desks::full(), NewTicket { ..new.clone() }, &Actor::System);
    let complete = |category: Option<&str>| Command::Complete {
        category: category.map(str::to_owned),
        priority: None,
        impact: some("all"),
        urgency: some("later"),
        group: some("mesa"),
    };
    let mut story = open();
    assert_eq!(
        story.refuses(&ben(), complete(None)),
        unmet(Need::LeafCategory)
    );
    assert_eq!(
        fields(story.refuses(&ben(), complete(Some("office")))),
        one("/category", FieldCode::NotALeaf)
    );
    assert_eq!(
        fields(story.refuses(&ben(), complete(Some("old")))),
        one("/category", FieldCode::Retired)
    );
    let events = story.does(&ben(), complete(Some("word")));
    assert_eq!(path(&events), [(Status::Precase, Status::New)]);
    assert_eq!(
        (
            story.ticket.category.as_deref(),
            story.ticket.priority.as_str()
        ),
        (Some("word"), "medium")
    );
    let mut story = open();
    story.does(
        &ben(),
        Command::MarkNotManaged {
            description: body("Es publicidad."),
            reason: some("out_of_scope"),
        },
    );
    assert_eq!(story.ticket.status, Status::NotManaged);
}

#[test]
fn a_vip_raises_the_priority_of_the_matrix() {
    let mut new = new_ticket("equipment", None);
    new.requester.vip = true;
    (new.impact, new.urgency) = (some("one"), some("later"));
    new.extra.insert("serial".into(), "A-1".into());
    let story = Story::open(&desks::full(), new, &requester());
    assert_eq!(story.ticket.priority, "medium");
    assert_eq!(
        (story.ticket.level, story.ticket.group.as_deref()),
        (Level::TWO, Some("redes"))
    );
}

#[test]
fn mandatory_extra_data_are_asked_at_the_opening() {
    let mut new = new_ticket("equipment", None);
    new.extra.insert("site".into(), "south".into());
    new.extra.insert("color".into(), "red".into());
    let refusal = Story::try_open(&desks::full(), new, &requester())
        .err()
        .unwrap();
    let wrong = vec![
        ("/extra/serial".to_owned(), FieldCode::Required),
        ("/extra/site".to_owned(), FieldCode::Unknown),
        ("/extra/color".to_owned(), FieldCode::Unknown),
    ];
    assert_eq!(fields(refusal), wrong);
}

#[test]
fn controls_are_answered_before_the_move_that_asks_them() {
    let mut story = opened();
    assert_eq!(story.refuses(&ben(), take()), unmet(Need::Controls));
    assert_eq!(
        fields(story.refuses(
            &ben(),
            Command::RecordControl {
                control: "c9".into(),
                answer: true,
                note: None
            }
        )),
        one("/control", FieldCode::Unknown)
    );
    story.does(&ben(), control(false));
    story.does(&ben(), take());
}

///
#[test]
fn suspending_needs_a_reason_and_a_note_that_the_requester_reads() {
    let mut story = in_progress();
    let bare = Command::Suspend {
        reason: None,
        justification: None,
        next_contact: None,
    };
    let missing = fields(story.refuses(&ben(), bare));
    assert_eq!(
        missing,
        [
            ("/justification".to_owned(), FieldCode::Required),
            ("/reason".to_owned(), FieldCode::Required)
        ]
    );
    let past = Command::Suspend {
        reason: some("coordinator"),
        justification: reason("Espera."),
        next_contact: NaiveDate::from_ymd_opt(2026, 3, 1),
    };
    assert_eq!(
        fields(story.refuses(&ben(), past)),
        one("/next_contact", FieldCode::InThePast)
    );
    let date = NaiveDate::from_ymd_opt(2026, 3, 4);
    let command = Command::Suspend {
        reason: some("needs_information"),
        justification: reason("Falta el serial."),
        next_contact: date,
    };
    let events = story.does(&ben(), command);
    let Event::StatusChanged {
        note: Some(note),
        note_visibility: Visibility::Public,
        ..
    } = &events[0]
    else {
        panic!("{events:?}");
    };
    assert_eq!(note.as_str(), "Falta el serial.");
    assert_eq!(
        (story.ticket.next_contact, story.ticket.came_from),
        (date, Some(Status::InProgress))
    );
    assert_eq!(
        story.ticket.spans.last().unwrap().effect,
        ClockEffect::Paused
    );
}

#[test]
fn whether_the_clock_pauses_depends_on_the_reason() {
    let mut story = suspended();
    story.does(&ben(), suspend("office"));
    let last = story.ticket.spans.last().unwrap();
    assert_eq!(
        (last.effect, last.label.as_str()),
        (ClockEffect::Runs, "office")
    );
    assert_eq!(story.ticket.came_from, Some(Status::InProgress));
}

#[test]
fn a_suspended_ticket_goes_back_to_where_it_came_from() {
    let resume = |note| Command::Resume { reason: None, note };
    let mut story = opened();
    story.does(&ben(), suspend("needs_information"));
    assert_eq!(
        fields(story.refuses(&requester(), resume(None))),
        one("/note", FieldCode::Required)
    );
    story.does(&requester(), resume(reason("El serial es A-1.")));
    assert_eq!(story.ticket.status, Status::New);
    let mut story = suspended();
    story.does(&ben(), resume(None));
    assert_eq!(story.ticket.status, Status::InProgress);
    let mut story = suspended();
    story.does(&ben(), suspend("coordinator"));
    assert_eq!(
        story.refuses(&requester(), resume(reason("Ya."))),
        denied(Denial::MissingPrivilege)
    );
    let coordinator = agent_with(&[Privilege::TicketCoordinate], &[]);
    story.does(&coordinator, resume(reason("Usen el equipo de reserva.")));
    assert_eq!(story.ticket.status, Status::Escalated);
}

///
#[test]
fn the_coordinator_alone_sends_a_suspended_ticket_to_the_acquisition_plan() {
    let mut story = suspended();
    let command = || Command::MarkUnsolvable {
        description: body("Se compra el próximo año."),
        reason: some("acquisition"),
    };
    assert!(
        matches!(
            story.refuses(&ben(), command()),
            Refusal::NotAllowedInState { .. }
        ),
        "another reason"
    );
    story.does(&ben(), suspend("coordinator"));
    let worker = agent_with(&[Privilege::TicketWork], &["mesa"]);
    assert_eq!(
        story.refuses(&worker, command()),
        denied(Denial::MissingPrivilege)
    );
    story.does(&ben(), command());
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::Unsolvable, Some("acquisition"))
    );
}

///
#[test]
fn escalating_needs_a_diagnosis_a_reason_and_a_target() {
    let mut story = in_progress();
    let bare = Command::Escalate {
        level: None,
        group: None,
        assignee: None,
        reason: None,
        justification: None,
        diagnosis: None,
    };
    let pointers: Vec<_> = fields(story.refuses(&ben(), bare))
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    assert_eq!(pointers, ["/reason", "/diagnosis", "/assignee"]);
    let events = story.does(&ben(), to_networks());
    assert!(matches!(
        &events[0],
        Event::Escalated {
            to_level: Level::TWO,
            onsite: false,
            ..
        }
    ));
    assert_eq!(path(&events), [(Status::InProgress, Status::Escalated)]);
    assert_eq!(
        story.refuses(
            &ben(),
            Command::Start {
                reason: None,
                diagnosis: None
            }
        ),
        denied(Denial::NotInCharge)
    );
    story.does(&caro(), take());
    assert_eq!(
        (story.ticket.status, story.ticket.attended),
        (Status::InProgress, true)
    );
}

#[test]
fn on_site_goes_to_the_groups_that_visit() {
    let onsite = |group: Option<&str>, agent| Command::EscalateOnsite {
        group: group.map(str::to_owned),
        assignee: agent,
        reason: some("visit"),
        justification: reason("Hay que cambiar el cable."),
        diagnosis: None,
    };
    let mut story = in_progress();
    assert_eq!(
        fields(story.refuses(&ben(), onsite(Some("redes"), None))),
        one("/group", FieldCode::NotOnsite)
    );
    story.does(
        &ben(),
        onsite(None, Some(assignee(11, "Caro Díaz", &["redes", "sitio"]))),
    );
    assert_eq!(
        (story.ticket.status, story.ticket.group.as_deref()),
        (Status::EscalatedOnsite, Some("sitio"))
    );
    assert_eq!(story.ticket.level, Level::TWO);
    story.does(
        &caro(),
        Command::Start {
            reason: some("review"),
            diagnosis: None,
        },
    );
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::InProgress, Some("review"))
    );
}

#[test]
fn the_vendor_returns_or_solves_what_was_sent_to_it() {
    let send = |group: Option<&str>, vendor: Option<&str>| Command::SendToVendor {
        group: group.map(str::to_owned),
        assignee: None,
        vendor: vendor.map(str::to_owned),
        reason: None,
        justification: reason("Está en garantía."),
    };
    let mut story = in_progress();
    assert_eq!(
        fields(story.refuses(&ben(), send(None, Some("  ")))),
        one("/vendor", FieldCode::Required)
    );
    assert_eq!(
        fields(story.refuses(&ben(), send(Some("mesa"), Some("Redes Andinas")))),
        one("/group", FieldCode::NotAVendor)
    );
    story.does(&ben(), send(None, Some("Redes Andinas")));
    assert_eq!(
        (story.ticket.status, story.ticket.group.as_deref()),
        (Status::WithVendor, Some("proveedor"))
    );
    assert_eq!(story.ticket.vendor.as_deref(), Some("Redes Andinas"));
    assert_eq!(story.ticket.spans.last().unwrap().effect, ClockEffect::Runs);
    assert_eq!(
        story.refuses(&ben(), solve(Some("given"))),
        denied(Denial::NotInCharge)
    );
    let mut returned = story.clone();
    returned.does(
        &vendor(),
        Command::ReturnFromVendor {
            reason: None,
            note: reason("Cambió la tarjeta."),
        },
    );
    assert_eq!(returned.ticket.status, Status::InProgress);
    story.does(&vendor(), solve(Some("given")));
    assert_eq!(story.ticket.status, Status::Solved);
}

#[test]
fn approvals_go_step_by_step_and_the_last_yes_begins_work() {
    let mut story = awaiting();
    let all = approver(&["riesgos", "infraestructura", "direccion"]);
    assert_eq!(
        story.ticket.spans.last().unwrap().effect,
        ClockEffect::Paused
    );
    assert_eq!(
        story.refuses(&all, approve("direccion")),
        conflict(Conflict::NotAsked)
    );
    assert_eq!(
        story.refuses(&approver(&["riesgos"]), approve("infraestructura")),
        denied(Denial::MissingPrivilege)
    );
    story.does(&all, approve("riesgos"));
    assert_eq!(
        story.refuses(&all, approve("riesgos")),
        conflict(Conflict::NotAsked)
    );
    let events = story.does(&all, approve("infraestructura"));
    assert!(matches!(
        &events[1],
        Event::ApprovalRequested { step: 1, .. }
    ));
    assert_eq!(story.ticket.status, Status::AwaitingApproval);
    let events = story.does(&all, approve("direccion"));
    assert_eq!(
        path(&events),
        [(Status::AwaitingApproval, Status::InProgress)]
    );
    assert_eq!(story.ticket.approval.as_ref().unwrap().decisions.len(), 3);
}

#[test]
fn a_refused_approval_ends_without_solution_and_says_why() {
    let mut story = awaiting();
    let silent = Command::DecideApproval {
        approver: "riesgos".into(),
        decision: shared::ticket::command::Decision::Refused,
        comment: None,
    };
    assert_eq!(
        fields(story.refuses(&approver(&["riesgos"]), silent)),
        one("/comment", FieldCode::Required)
    );
    let events = story.does(&approver(&["riesgos"]), refuse_approval("riesgos"));
    assert_eq!(
        path(&events),
        [(Status::AwaitingApproval, Status::Unsolvable)]
    );
    assert_eq!(story.ticket.reason.as_deref(), Some("refused"));
    assert_eq!(story.ticket.cycle(), 1, "the survey follows");
}

#[test]
fn nobody_approves_their_own_request() {
    let own = Actor::Approver {
        person_id: 1,
        name: "Ana Rojas".into(),
        roles: vec!["riesgos".into()],
    };
    assert_eq!(
        awaiting().refuses(&own, approve("riesgos")),
        denied(Denial::OwnRequest)
    );
}

///
#[test]
fn no_work_begins_before_the_approval_that_the_category_demands() {
    let mut story = Story::open(&desks::full(), new_ticket("backup", None), &requester());
    story.does(&ben(), control(true));
    assert_eq!(
        story.refuses(&ben(), take()),
        unmet(Need::NoPendingApproval)
    );
    let mut story = opened();
    assert_eq!(
        story.refuses(
            &ben(),
            Command::RequestApproval {
                note: None,
                evidence: vec![7],
                files: Vec::new(),
            }
        ),
        conflict(Conflict::NoApprovalNeeded)
    );
    let mut story = Story::open(&desks::full(), new_ticket("backup", None), &requester());
    let bare = Command::RequestApproval {
        note: None,
        evidence: Vec::new(),
        files: Vec::new(),
    };
    assert_eq!(
        fields(story.refuses(&ben(), bare)),
        one("/evidence", FieldCode::Required)
    );
}

#[test]
fn solving_needs_its_reason_and_a_chosen_priority() {
    let mut story = in_progress();
    assert_eq!(
        story.refuses(&ben(), solve(Some("given"))),
        unmet(Need::PrioritySet)
    );
    story.does(
        &ben(),
        Command::ChangePriority {
            priority: None,
            impact: some("all"),
            urgency: some("now"),
            reason: reason("Es la sede."),
        },
    );
    assert_eq!(story.ticket.priority, "high");
    assert_eq!(
        fields(story.refuses(&ben(), solve(None))),
        one("/reason", FieldCode::Required)
    );
    assert_eq!(
        fields(story.refuses(&ben(), solve(Some("acquisition")))),
        one("/reason", FieldCode::Unknown)
    );
    story.does(&ben(), solve(Some("given")));
}

#[test]
fn silence_ends_a_ticket_only_after_three_attempts_on_three_business_days() {
    let give_up = || Command::MarkNotManaged {
        description: body("No contestó."),
        reason: some("no_answer"),
    };
    let mut story = suspended();
    unreached(&mut story, 2);
    assert_eq!(
        story.refuses(&ben(), give_up()),
        unmet(Need::ThreeContactAttempts)
    );
    story.does(
        &ben(),
        attempt(ContactChannel::Phone, ContactResult::NoAnswer),
    );
    assert_eq!(
        story.refuses(
            &ben(),
            attempt(ContactChannel::Phone, ContactResult::NoAnswer)
        ),
        conflict(Conflict::AlreadyToday)
    );
    story.does(&ben(), give_up());
    assert_eq!(story.ticket.status, Status::NotManaged);

    let mut heard = suspended();
    unreached(&mut heard, 3);
    heard.does(&requester(), say(Visibility::Public));
    assert_eq!(
        heard.refuses(&ben(), give_up()),
        unmet(Need::ThreeContactAttempts),
        "an answer ends the series"
    );

    let mut weekend = suspended();
    weekend.passes(Duration::days(4));
    unreached(&mut weekend, 3);
    assert_eq!(
        weekend.refuses(&ben(), give_up()),
        unmet(Need::ThreeContactAttempts),
        "Saturday and Sunday do not count"
    );

    let mut story = prioritised();
    unreached(&mut story, 3);
    story.does(&ben(), solve(Some("no_contact")));
    assert_eq!(story.ticket.status, Status::Solved);
}

#[test]
fn out_of_scope_needs_a_description_only() {
    let mut story = opened();
    let bare = Command::MarkNotManaged {
        description: None,
        reason: some("out_of_scope"),
    };
    assert_eq!(
        fields(story.refuses(&ben(), bare)),
        one("/description", FieldCode::Required)
    );
    story.does(
        &ben(),
        Command::MarkNotManaged {
            description: body("Es de nómina."),
            reason: some("out_of_scope"),
        },
    );
    assert!(story.ticket.status.is_final());
}

#[test]
fn the_deciding_question_closes_or_reopens_and_the_others_never_do() {
    let mut story = solved();
    let events = story.does(&requester(), survey(true));
    assert_eq!(path(&events), [(Status::Solved, Status::Closed)]);
    assert_eq!(story.ticket.reason.as_deref(), Some("validated"));
    let mut story = solved();
    let events = story.does(&requester(), survey(false));
    assert_eq!(path(&events), [(Status::Solved, Status::Reopened)]);
    assert_eq!(
        (
            story.ticket.reopen_count,
            story.ticket.assignee.as_ref().unwrap().id
        ),
        (1, 10)
    );
}

#[test]
fn answers_fit_their_questions() {
    let mut story = solved();
    let answer = |question: &str, value| Answer {
        question: question.into(),
        value,
    };
    let answers = vec![
        answer("q1", AnswerValue::YesNo(true)),
        answer("q2", AnswerValue::Choice("fax".into())),
        answer("q2", AnswerValue::Choice("portal".into())),
        answer("q9", AnswerValue::YesNo(true)),
    ];
    let refusal = story.refuses(
        &requester(),
        Command::Rate {
            stars: None,
            comment: None,
            answers,
        },
    );
    let wrong = vec![
        ("/answers/0".to_owned(), FieldCode::WrongKind),
        ("/answers/1".to_owned(), FieldCode::WrongKind),
        ("/answers/2".to_owned(), FieldCode::Duplicate),
        ("/answers/3".to_owned(), FieldCode::Unknown),
        ("/answers/q6".to_owned(), FieldCode::Required),
    ];
    assert_eq!(fields(refusal), wrong);
    assert_eq!(
        story.refuses(&ben(), survey(true)),
        denied(Denial::NotTheRequester)
    );
    assert_eq!(
        story.refuses(&stranger(), survey(true)),
        denied(Denial::NotTheRequester)
    );
}

#[test]
fn a_reopened_ticket_goes_to_the_level_that_solved_it() {
    let mut story = solved();
    story.does(&requester(), survey(false));
    assert_eq!(
        story.ticket.status,
        Status::Reopened,
        "level 1 starts by hand"
    );
    assert_eq!(
        fields(story.refuses(
            &ben(),
            Command::Start {
                reason: None,
                diagnosis: None
            }
        )),
        one("/diagnosis", FieldCode::Required)
    );
    story.does(
        &ben(),
        Command::Start {
            reason: None,
            diagnosis: body("El agente se detuvo."),
        },
    );
    assert_eq!(story.ticket.status, Status::InProgress);

    let mut story = escalated();
    story.does(&caro(), solve(Some("given")));
    let events = story.does(&requester(), survey(false));
    assert_eq!(
        path(&events),
        [
            (Status::Solved, Status::Reopened),
            (Status::Reopened, Status::Escalated)
        ]
    );
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 11);
}

#[test]
fn silence_closes_a_settled_ticket_after_its_term() {
    let mut story = solved();
    story.now = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
    story.does(&Actor::System, Command::CloseBySilence);
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::Closed, Some("lapsed"))
    );
    assert_eq!(
        story.refuses(&requester(), survey(true)),
        Refusal::NotAllowedInState {
            status: Status::Closed,
            command: CommandKind::Rate,
            allowed: vec![]
        }
    );
}

#[test]
fn where_the_desk_validates_the_survey_is_kept_and_the_desk_closes() {
    let mut story = solved();
    story.desk.acceptance.mode = AcceptanceMode::DeskValidates;
    story
        .desk
        .moves
        .retain(|row| !row.on.contains(&CommandKind::Rate));
    let close = || Command::CloseByDesk {
        reason: some("validated"),
        note: None,
    };
    assert_eq!(story.refuses(&ben(), close()), unmet(Need::SurveyAnswered));
    let events = story.does(&requester(), survey(true));
    assert_eq!(path(&events), []);
    assert_eq!(
        story.refuses(&requester(), survey(true)),
        conflict(Conflict::AlreadyRated)
    );
    assert_eq!(
        story.refuses(&requester(), close()),
        denied(Denial::MissingPrivilege)
    );
    story.does(&ben(), close());
    assert_eq!(story.ticket.status, Status::Closed);
}

#[test]
fn a_category_may_lose_its_person_but_not_its_approval() {
    let mut story = in_progress();
    story.does(
        &ben(),
        Command::ChangeCategory {
            category: "backup".into(),
            reason: None,
        },
    );
    story.does(&ben(), to_networks());
    assert_eq!(
        story.refuses(&caro(), take()),
        unmet(Need::NoPendingApproval)
    );
}

#[test]
fn warnings_and_breaches_are_written_once_by_the_product() {
    use shared::sla::policy::ClockKind;
    let mut story = in_progress();
    let due_at = story.now;
    let warning = |percent, generation| Command::RecordWarning {
        clock: ClockKind::Solution,
        percent,
        generation,
        due_at,
    };
    let breach = || Command::RecordBreach {
        clock: ClockKind::Solution,
        generation: 1,
        due_at,
    };
    assert_eq!(
        story.refuses(&ben(), warning(50, 1)),
        denied(Denial::SystemOnly)
    );
    story.does(&Actor::System, warning(50, 1));
    assert_eq!(
        story.refuses(&Actor::System, warning(50, 1)),
        conflict(Conflict::AlreadyRecorded)
    );
    story.does(&Actor::System, warning(90, 1));
    story.does(&Actor::System, warning(50, 2));
    let mut late = solved();
    assert!(matches!(
        late.refuses(&Actor::System, warning(50, 1)),
        Refusal::NotAllowedInState { .. }
    ));
    late.does(&requester(), survey(true));
    late.does(&Actor::System, breach());
    assert!(late.ticket.was_breached(ClockKind::Solution) && late.ticket.status == Status::Closed);
}

///
#[test]
fn a_parent_is_linked_once() {
    let mut story = opened();
    story.does(&ben(), Command::LinkParent { parent: 5 });
    assert_eq!(
        story.refuses(&ben(), Command::LinkParent { parent: 5 }),
        conflict(Conflict::NothingToChange)
    );
    assert_eq!(
        story.refuses(&requester(), Command::UnlinkParent),
        denied(Denial::MissingPrivilege)
    );
    story.does(&ben(), Command::UnlinkParent);
    assert_eq!(
        story.refuses(&ben(), Command::UnlinkParent),
        conflict(Conflict::NothingToChange)
    );
}

#[test]
fn offers_name_their_reasons_scripts_and_conditions() {
    let story = in_progress();
    let offers = allowed_commands(&story.ticket, &story.desk, &ben());
    let suspend = offers
        .iter()
        .find(|offer| offer.command == CommandKind::Suspend)
        .unwrap();
    assert_eq!(suspend.reasons.len(), 3);
    assert!(
        suspend.reasons[0]
            .note_script
            .as_ref()
            .unwrap()
            .es
            .contains("{next_contact}")
    );
    assert!(suspend.offers.contains(&Need::NextContactDate));
    let solve: Vec<_> = offers
        .iter()
        .filter(|offer| offer.command == CommandKind::Solve)
        .collect();
    let blocked: Vec<_> = solve.iter().map(|offer| offer.blocked_by.clone()).collect();
    assert_eq!(
        blocked,
        [vec![Need::PrioritySet], vec![Need::ThreeContactAttempts]]
    );
    let vendor = offers
        .iter()
        .find(|offer| offer.command == CommandKind::SendToVendor)
        .unwrap();
    assert_eq!(
        vendor
            .levels
            .iter()
            .flat_map(|level| &level.groups)
            .map(|group| group.key.as_str())
            .collect::<Vec<_>>(),
        ["proveedor"]
    );
    assert!(escalate(2).kind() == CommandKind::Escalate);
}

/// The desk with one more need on the moves of a command.
fn with_need(mut story: Story, kind: CommandKind, need: Need) -> Story {
    for row in story
        .desk
        .moves
        .iter_mut()
        .filter(|row| row.on.contains(&kind))
    {
        row.needs.push(need);
    }
    story
}

#[test]
fn guards_that_this_desk_does_not_use_hold_all_the_same() {
    let mut story = with_need(in_progress(), CommandKind::Assign, Need::Group);
    let to_caro = Command::Assign {
        group: None,
        assignee: Some(assignee(13, "Eva León", &["mesa"])),
        reason: None,
        note: None,
    };
    assert_eq!(
        fields(story.refuses(&ben(), to_caro)),
        one("/group", FieldCode::Required)
    );

    let mut story = with_need(in_progress(), CommandKind::Assign, Need::Assignee);
    let to_group = Command::Assign {
        group: some("mesa"),
        assignee: None,
        reason: None,
        note: None,
    };
    assert_eq!(
        fields(story.refuses(&ben(), to_group)),
        one("/assignee", FieldCode::Required)
    );

    let mut story = with_need(in_progress(), CommandKind::Suspend, Need::NextContactDate);
    assert_eq!(
        fields(story.refuses(&ben(), suspend("needs_information"))),
        one("/next_contact", FieldCode::Required)
    );

    let mut story = with_need(prioritised(), CommandKind::Solve, Need::ResponsiblePerson);
    story.does(
        &ben(),
        Command::Assign {
            group: some("mesa"),
            assignee: None,
            reason: None,
            note: None,
        },
    );
    assert_eq!(
        story.refuses(&ben(), solve(Some("given"))),
        unmet(Need::ResponsiblePerson)
    );
}

#[test]
fn a_category_with_a_form_waits_for_its_data() {
    let mut story = opened();
    story.does(
        &ben(),
        Command::ChangeCategory {
            category: "equipment".into(),
            reason: None,
        },
    );
    let request = Command::RequestApproval {
        note: None,
        evidence: vec![7],
        files: Vec::new(),
    };
    assert_eq!(
        story.refuses(&ben(), request),
        unmet(Need::MandatoryExtraData)
    );
}
