//! Every transition of the shipped desk: what is taken, what is refused, and what follows.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use chrono::Duration;
use desks::story::{
    Story, agent, agent_with, assignee, attempt, ben, body, escalate, monday, new_ticket, rate,
    reason, reject, requester, say, solve, some, stars, stranger, take, token,
};
use shared::desk::Desk;
use shared::desk::profile::Need;
use shared::sla::policy::ClockEffect;
use shared::ticket::actor::{Actor, ActorKind, AgentRef, Privilege};
use shared::ticket::command::{Command, CommandKind, ContactChannel, ContactResult};
use shared::ticket::event::{Event, IdentityProof};
use shared::ticket::permission::{Conflict, Denial, FieldCode};
use shared::ticket::status::{Channel, Level, RequestType, Status, Visibility};
use shared::ticket::{
    Circumstances, Refusal, allowed_commands, closes_by_silence_at, decide_given, fold, open,
    record,
};

fn opened() -> Story {
    let desk = desks::infortec();
    Story::open(
        &desk,
        new_ticket("kaspersky-endpoint", Some("p2")),
        &requester(),
    )
}

fn in_progress() -> Story {
    let mut story = opened();
    story.does(&ben(), take());
    story
}

fn solved() -> Story {
    let mut story = in_progress();
    story.does(&ben(), solve(None));
    story
}

fn accepted() -> Story {
    let mut story = solved();
    story.does(&requester(), Command::Accept);
    story
}

fn closed() -> Story {
    let mut story = accepted();
    story.does(&requester(), rate(5));
    story
}

/// Statuses that the ticket passed through, in order.
fn path(events: &[Event]) -> Vec<(Status, Status)> {
    let moves = events.iter().filter_map(|event| match event {
        Event::StatusChanged { from, to, .. } => Some((*from, *to)),
        _ => None,
    });
    moves.collect()
}

fn not_allowed(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotAllowedInState { .. })
}

fn denied(why: Denial) -> Refusal {
    Refusal::NotPermitted { why }
}

fn conflict(what: Conflict) -> Refusal {
    Refusal::Conflict { what }
}

fn required(pointers: &[&str]) -> Vec<(String, FieldCode)> {
    pointers
        .iter()
        .map(|pointer| ((*pointer).to_owned(), FieldCode::Required))
        .collect()
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

fn ids(allowed: &[shared::ticket::Allowed]) -> Vec<CommandKind> {
    allowed.iter().map(|allowed| allowed.command).collect()
}

///
#[test]
fn a_verified_form_opens_a_ticket_at_level_one() {
    let story = opened();
    let ticket = &story.ticket;
    assert_eq!(ticket.status, Status::New);
    assert_eq!(
        (ticket.level, ticket.group.as_deref()),
        (Level::ONE, Some("mesa"))
    );
    assert_eq!((ticket.priority.as_str(), ticket.prioritised), ("p2", true));
    assert_eq!(ticket.identity, IdentityProof::MailCode);
    assert_eq!((ticket.last_seq, ticket.assignee.clone()), (1, None));
}

///
#[test]
fn a_form_with_gaps_names_every_field_at_once() {
    let desk = desks::infortec();
    let mut new = new_ticket("kaspersky-endpoint", None);
    new.category = None;
    assert_eq!(
        fields(Story::try_open(&desk, new, &requester()).err().unwrap()),
        required(&["/category", "/priority"])
    );
    let new = new_ticket("norton", Some("p9"));
    let wrong = vec![
        ("/category".to_owned(), FieldCode::Unknown),
        ("/priority".to_owned(), FieldCode::Unknown),
    ];
    assert_eq!(
        fields(Story::try_open(&desk, new, &requester()).err().unwrap()),
        wrong
    );
}

#[test]
fn only_the_requester_and_staff_with_the_privilege_open_tickets() {
    let desk = desks::infortec();
    let new = || new_ticket("eset", Some("p4"));
    assert!(Story::try_open(&desk, new(), &ben()).is_ok());
    assert!(Story::try_open(&desk, new(), &token()).is_ok());
    assert_eq!(
        Story::try_open(&desk, new(), &stranger()).err(),
        Some(denied(Denial::NotTheRequester))
    );
    let reader = agent_with(&[Privilege::TicketRead], &["mesa"]);
    assert_eq!(
        Story::try_open(&desk, new(), &reader).err(),
        Some(denied(Denial::MissingPrivilege))
    );
}

///
#[test]
fn a_vouched_identity_goes_to_the_history() {
    let desk = desks::infortec();
    let mut new = new_ticket("eset", Some("p4"));
    let by = AgentRef {
        id: 10,
        name: "Ben Ruiz".into(),
    };
    new.identity = IdentityProof::Vouched {
        by: by.clone(),
        checklist: vec!["full_name".into()],
        note: reason("Llamó al 601."),
        at: None,
    };
    new.channel = Channel::Portal;
    let story = Story::open(&desk, new, &requester());
    assert!(
        matches!(&story.history[1].event, Event::IdentityVouched { by: agent, .. } if *agent == by)
    );
    assert!(matches!(
        story.ticket.identity,
        IdentityProof::Vouched { .. }
    ));
}

///
#[test]
fn a_vouching_that_another_code_took_the_place_of_is_told_and_proves_nothing() {
    let (desk, at) = (desks::infortec(), monday());
    let vouched = IdentityProof::Vouched {
        by: AgentRef {
            id: 10,
            name: "Ben Ruiz".into(),
        },
        checklist: vec!["full_name".into()],
        note: reason("Llamó al 601."),
        at: Some(at),
    };
    let mut events = open(&desk, new_ticket("eset", Some("p4")), &requester(), at).unwrap();
    events.extend(vouched.vouching(true));
    let history = record(None, events, &requester(), at);
    assert_eq!(history.len(), 2);
    let ticket = fold(&desk, &history).unwrap();
    assert_eq!(ticket.identity, IdentityProof::MailCode);
}

#[test]
fn a_proved_address_makes_a_ticket_of_a_draft() {
    let desk = desks::infortec();
    let mut new = new_ticket("eset", Some("p4"));
    new.status = Status::Draft;
    let mut story = Story::open(&desk, new, &requester());
    assert_eq!(
        story.refuses(&ben(), Command::Confirm),
        denied(Denial::NotTheRequester)
    );
    let events = story.does(&requester(), Command::Confirm);
    assert_eq!(path(&events), [(Status::Draft, Status::New)]);
}

#[test]
fn taking_starts_attention() {
    let mut story = opened();
    let events = story.passes(Duration::minutes(20)).does(&ben(), take());
    assert_eq!(path(&events), [(Status::New, Status::InProgress)]);
    assert_eq!(
        story.ticket.assignee,
        Some(AgentRef {
            id: 10,
            name: "Ben Ruiz".into()
        })
    );
    assert_eq!(story.ticket.attended_at, Some(story.now));
    assert_eq!(
        story.refuses(&ben(), take()),
        conflict(Conflict::AlreadyYours)
    );
}

#[test]
fn assigning_moves_an_open_ticket_into_attention() {
    let mut story = opened();
    let to = assignee(11, "Caro Díaz", &["mesa"]);
    let events = story.does(
        &ben(),
        Command::Assign {
            group: None,
            assignee: Some(to),
            reason: None,
            note: reason("Es suyo."),
        },
    );
    assert_eq!(path(&events), [(Status::New, Status::InProgress)]);
    assert!(story.ticket.attended);
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 11);
}

#[test]
fn a_ticket_is_assigned_within_its_level_to_members_only() {
    let mut story = in_progress();
    let assign = |group: Option<&str>, agent| Command::Assign {
        group: group.map(str::to_owned),
        assignee: agent,
        reason: None,
        note: None,
    };
    let outsider = Some(assignee(12, "Dora Paz", &["perimetro"]));
    assert_eq!(
        fields(story.refuses(&ben(), assign(None, outsider.clone()))),
        [("/assignee".to_owned(), FieldCode::NotInGroup)]
    );
    assert_eq!(
        fields(story.refuses(&ben(), assign(Some("mesa"), outsider))),
        [("/assignee".to_owned(), FieldCode::NotInGroup)]
    );
    assert_eq!(
        fields(story.refuses(&ben(), assign(Some("endpoint"), None))),
        [("/group".to_owned(), FieldCode::NotInLevel)]
    );
    assert_eq!(
        fields(story.refuses(&ben(), assign(Some("nadie"), None))),
        [("/group".to_owned(), FieldCode::Unknown)]
    );
    assert_eq!(
        fields(story.refuses(&ben(), assign(None, None))),
        required(&["/assignee"])
    );
    let same = Some(assignee(10, "Ben Ruiz", &["mesa"]));
    assert_eq!(
        story.refuses(&ben(), assign(None, same)),
        conflict(Conflict::NothingToChange)
    );
    story.does(&ben(), assign(Some("mesa"), None));
    assert_eq!(story.ticket.assignee, None);
}

#[test]
fn an_agent_of_no_group_of_the_level_cannot_take() {
    let mut story = opened();
    assert_eq!(
        story.refuses(&agent(12, "Dora Paz", &["perimetro"]), take()),
        denied(Denial::NotAMember)
    );
    assert_eq!(story.refuses(&token(), take()), denied(Denial::NotAMember));
    assert_eq!(
        story.refuses(&agent_with(&[Privilege::TicketRead], &["mesa"]), take()),
        denied(Denial::MissingPrivilege)
    );
    assert_eq!(
        story.refuses(&requester(), take()),
        denied(Denial::MissingPrivilege)
    );
}

#[test]
fn escalating_keeps_the_state_and_changes_level_and_group() {
    let mut story = in_progress();
    let events = story.passes(Duration::hours(1)).does(&ben(), escalate(2));
    assert_eq!(path(&events), []);
    assert_eq!(story.ticket.status, Status::InProgress);
    assert_eq!(
        (story.ticket.level, story.ticket.group.as_deref()),
        (Level::TWO, Some("endpoint"))
    );
    assert_eq!(story.ticket.assignee, None);
    assert!(
        !story.ticket.attended,
        "the attention clock of the new level begins"
    );
    let caro = agent(11, "Caro Díaz", &["endpoint"]);
    story.does(&caro, take());
    assert!(story.ticket.attended);
    story.does(&caro, escalate(3));
    story.does(&agent(12, "Dora Paz", &["expertos"]), escalate(1));
    assert_eq!(story.ticket.level, Level::ONE);
    let levels: Vec<_> = story.ticket.spans.iter().map(|span| span.level).collect();
    assert_eq!(levels, [1, 1, 1, 2, 2, 3, 1]);
}

///
#[test]
fn an_escalation_without_a_group_goes_to_the_specialists_of_the_product() {
    let desk = desks::infortec();
    let andres = || assignee(13, "Andrés Páez", &["endpoint", "perimetro"]);
    for (product, group) in [
        ("kaspersky-endpoint", "endpoint"),
        ("eset", "endpoint"),
        ("sophos-perimetro", "perimetro"),
    ] {
        for person in [None, Some(andres())] {
            let new = new_ticket(product, Some("p2"));
            let mut story = Story::open(&desk, new, &requester());
            story.does(&ben(), take());
            let mut command = escalate(2);
            if let Command::Escalate { assignee, .. } = &mut command {
                assignee.clone_from(&person);
            }
            story.does(&ben(), command);
            assert_eq!(story.ticket.group.as_deref(), Some(group), "{product}");
        }
    }
}

#[test]
fn escalating_needs_a_level_and_a_justification() {
    let mut story = in_progress();
    let bare = Command::Escalate {
        level: None,
        group: None,
        assignee: None,
        reason: None,
        justification: None,
        diagnosis: None,
    };
    assert_eq!(
        fields(story.refuses(&ben(), bare)),
        required(&["/level", "/justification"])
    );
    assert_eq!(
        story.refuses(&ben(), escalate(1)),
        conflict(Conflict::NothingToChange)
    );
    let wrong = Command::Escalate {
        level: Some(Level::TWO),
        group: some("mesa"),
        assignee: None,
        reason: None,
        justification: reason("Sube."),
        diagnosis: None,
    };
    assert_eq!(
        fields(story.refuses(&ben(), wrong)),
        [("/group".to_owned(), FieldCode::NotInLevel)]
    );
    let worker = agent_with(&[Privilege::TicketWork], &["mesa"]);
    assert_eq!(
        story.refuses(&worker, escalate(2)),
        denied(Denial::MissingPrivilege)
    );
    let mut story = opened();
    assert!(not_allowed(&story.refuses(&ben(), escalate(2))));
}

#[test]
fn solving_needs_a_solution() {
    let mut story = in_progress();
    assert_eq!(
        fields(story.refuses(
            &ben(),
            Command::Solve {
                solution: None,
                reason: None
            }
        )),
        required(&["/solution"])
    );
    let events = story.does(&ben(), solve(None));
    assert_eq!(path(&events), [(Status::InProgress, Status::Solved)]);
    let solution = story.ticket.solution.clone().unwrap();
    assert_eq!(
        (solution.cycle, solution.level, solution.by.unwrap().id),
        (1, Level::ONE, 10)
    );
    assert_eq!(
        story.ticket.spans.last().unwrap().effect,
        ClockEffect::Stopped
    );
    assert!(not_allowed(&opened().refuses(&ben(), solve(None))));
}

#[test]
fn a_reason_that_the_desk_does_not_list_is_refused() {
    let mut story = in_progress();
    let command = Command::Solve {
        solution: body("Listo."),
        reason: some("done"),
    };
    assert_eq!(
        fields(story.refuses(&ben(), command)),
        [("/reason".to_owned(), FieldCode::Unknown)]
    );
}

///
#[test]
fn accepting_is_recorded_and_the_ticket_waits_for_the_rating() {
    let mut story = solved();
    let events = story.does(&requester(), Command::Accept);
    assert_eq!(events, [Event::SolutionAccepted { cycle: 1 }]);
    assert_eq!(story.ticket.status, Status::Solved);
    assert_eq!(story.ticket.accepted_at, Some(story.now));
    assert_eq!(
        story.refuses(&requester(), Command::Accept),
        conflict(Conflict::AlreadyAccepted)
    );
    assert_eq!(
        story.refuses(&requester(), reject()),
        conflict(Conflict::AlreadyAccepted)
    );
}

///
#[test]
fn the_rating_closes_an_accepted_ticket() {
    let mut story = accepted();
    assert_eq!(
        fields(story.refuses(
            &requester(),
            Command::Rate {
                stars: None,
                comment: None,
                answers: vec![]
            }
        )),
        required(&["/stars"])
    );
    let rating = Command::Rate {
        stars: stars(4),
        comment: reason("Gracias."),
        answers: vec![],
    };
    let events = story.does(&requester(), rating);
    assert_eq!(path(&events), [(Status::Solved, Status::Closed)]);
    let rating = story.ticket.rating.clone().unwrap();
    assert_eq!((rating.cycle, rating.stars.unwrap().number()), (1, 4));
    assert_eq!(
        story
            .desk
            .status_label(story.ticket.status, shared::i18n::Lang::Es),
        "Resuelto"
    );
}

#[test]
fn a_rating_needs_an_accepted_solution() {
    let mut story = solved();
    assert_eq!(
        story.refuses(&requester(), rate(5)),
        Refusal::Unmet {
            needs: vec![Need::SolutionAccepted]
        }
    );
    assert!(not_allowed(&in_progress().refuses(&requester(), rate(5))));
}

#[test]
fn nobody_rates_their_own_work() {
    let mut story = accepted();
    let ana_who_solved = Actor::Requester {
        person_id: 1,
        name: "Ana Rojas".into(),
        also_agent: Some(10),
    };
    assert_eq!(
        story.refuses(&ana_who_solved, rate(5)),
        Refusal::Unmet {
            needs: vec![Need::NotOwnRating]
        }
    );
    let ana_of_another_desk = Actor::Requester {
        person_id: 1,
        name: "Ana Rojas".into(),
        also_agent: Some(99),
    };
    story.does(&ana_of_another_desk, rate(5));
}

///
#[test]
fn a_rejection_goes_on_in_attention_with_whoever_solved() {
    let mut story = solved();
    assert_eq!(
        fields(story.refuses(&requester(), Command::Reject { reason: None })),
        required(&["/reason"])
    );
    let events = story.does(&requester(), reject());
    assert_eq!(
        path(&events),
        [
            (Status::Solved, Status::Reopened),
            (Status::Reopened, Status::InProgress)
        ]
    );
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 10);
    assert_eq!(
        (story.ticket.reopen_count, story.ticket.status),
        (1, Status::InProgress)
    );
    let last = story.history.last().unwrap();
    assert_eq!(
        last.actor.kind,
        ActorKind::System,
        "attention goes on by itself"
    );
    story.does(&ben(), solve(None));
    assert_eq!(story.ticket.cycle(), 2);
    assert_eq!(story.ticket.accepted_at, None);
}

#[test]
fn a_rejected_solution_goes_back_to_its_author_even_if_another_was_in_charge() {
    let mut story = in_progress();
    story.does(&agent(11, "Caro Díaz", &["mesa"]), solve(None));
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 10);
    story.does(&requester(), reject());
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 11);
}

#[test]
fn a_rejected_solution_of_somebody_who_left_waits_in_the_queue_of_their_group() {
    let story = {
        let mut story = in_progress();
        story.does(&ben(), solve(None));
        story
    };
    let solver = story.ticket.solution.as_ref().unwrap().by.clone().unwrap();
    assert_eq!(story.ticket.assignee, Some(solver.clone()));
    let desk = desks::infortec();
    let now = story.ticket.updated_at;
    let given = |gone: &[i64]| {
        let given = Circumstances {
            gone,
            ..Circumstances::default()
        };
        decide_given(&story.ticket, &desk, &requester(), &reject(), given, now)
            .unwrap()
            .into_iter()
            .find_map(|event| match event {
                Event::Assigned { to, to_group, .. } => Some((to, to_group)),
                _ => None,
            })
    };
    assert_eq!(given(&[]), None, "it is the solver's already");
    assert_eq!(given(&[solver.id]), Some((None, Some("mesa".to_owned()))));
}

///
#[test]
fn only_the_requester_of_the_ticket_accepts_rejects_and_rates() {
    for actor in [stranger(), ben(), token(), Actor::System] {
        for command in [Command::Accept, reject(), rate(5)] {
            let refusal = accepted().refuses(&actor, command);
            assert!(
                matches!(refusal, Refusal::NotPermitted { .. }),
                "{actor:?}: {refusal:?}"
            );
        }
    }
}

#[test]
fn messages_are_taken_in_every_state_but_the_final_one() {
    for mut story in [opened(), in_progress(), solved(), accepted()] {
        story.does(&requester(), say(Visibility::Public));
        assert!(story.ticket.awaits_reply);
        story.does(&ben(), say(Visibility::Internal));
        assert!(
            story.ticket.awaits_reply,
            "the requester does not see internal notes"
        );
        story.does(&ben(), say(Visibility::Public));
        assert!(!story.ticket.awaits_reply);
        assert_eq!(
            story.refuses(&requester(), say(Visibility::Internal)),
            denied(Denial::InternalNote)
        );
        assert_eq!(
            story.refuses(&stranger(), say(Visibility::Public)),
            denied(Denial::NotTheRequester)
        );
    }
}

#[test]
fn the_first_visible_reply_of_a_person_is_attention() {
    let mut story = opened();
    story.does(&ben(), say(Visibility::Internal));
    assert!(!story.ticket.attended);
    story.does(&token(), say(Visibility::Public));
    assert!(!story.ticket.attended, "a system is no person");
    story.does(&ben(), say(Visibility::Public));
    assert!(story.ticket.attended);
    assert_eq!(story.ticket.status, Status::New);
    assert!(story.ticket.spans.last().unwrap().attended);
}

///
#[test]
fn a_closed_ticket_takes_nothing() {
    let mut story = closed();
    for command in desks::story::commands()
        .into_iter()
        .filter(|command| command.kind() != CommandKind::RecordBreach)
    {
        for actor in [requester(), ben(), token(), Actor::System] {
            let refusal = story.refuses(&actor, command.clone());
            assert!(
                matches!(refusal, Refusal::NotAllowedInState { status: Status::Closed, ref allowed, .. } if allowed.is_empty()),
                "{refusal:?}"
            );
        }
    }
    assert_eq!(allowed_commands(&story.ticket, &story.desk, &ben()), []);
}

///
#[test]
fn support_corrects_the_severity_with_a_reason() {
    let mut story = in_progress();
    let change = |key: &str, why| Command::ChangePriority {
        priority: some(key),
        impact: None,
        urgency: None,
        reason: why,
    };
    assert_eq!(
        fields(story.refuses(&ben(), change("p1", None))),
        required(&["/reason"])
    );
    assert_eq!(
        fields(story.refuses(&ben(), change("p9", reason("Grave.")))),
        [("/priority".to_owned(), FieldCode::Unknown)]
    );
    assert_eq!(
        story.refuses(&ben(), change("p2", reason("Igual."))),
        conflict(Conflict::NothingToChange)
    );
    assert_eq!(
        story.refuses(&requester(), change("p1", reason("Urge."))),
        denied(Denial::MissingPrivilege)
    );
    let events = story.does(
        &ben(),
        change("p1", reason("Toda la sede está sin servicio.")),
    );
    assert!(
        matches!(&events[0], Event::PriorityChanged { from, to, reason: Some(_), .. } if from == "p2" && to == "p1")
    );
    let recorded = story.history.last().unwrap();
    assert_eq!((recorded.actor.id, recorded.at), (Some(10), story.now));
    assert_eq!(
        story.ticket.spans.last().unwrap().priority.as_deref(),
        Some("p1")
    );
    assert!(not_allowed(
        &solved().refuses(&ben(), change("p1", reason("Tarde.")))
    ));
}

///
#[test]
fn support_corrects_the_category() {
    let mut story = in_progress();
    story.does(
        &ben(),
        Command::ChangeCategory {
            category: "eset".into(),
            reason: None,
        },
    );
    assert_eq!(story.ticket.category.as_deref(), Some("eset"));
    assert_eq!(
        fields(story.refuses(
            &ben(),
            Command::ChangeCategory {
                category: "norton".into(),
                reason: None
            }
        )),
        [("/category".to_owned(), FieldCode::Unknown)]
    );
}

///
#[test]
fn silence_closes_nothing_until_the_desk_sets_a_term() {
    let mut story = solved();
    assert_eq!(closes_by_silence_at(&story.ticket, &story.desk), None);
    story.passes(Duration::days(400));
    assert_eq!(
        story.refuses(&Actor::System, Command::CloseBySilence),
        conflict(Conflict::NotDueYet)
    );
}

///
#[test]
fn with_a_term_silence_closes_after_three_business_days_and_an_answer_stops_it() {
    let mut story = solved();
    story.desk.acceptance.silence = Some(shared::sla::policy::Target::BusinessDays(3));
    let due = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
    assert_eq!(due - story.now, Duration::days(3));
    let mut answered = story.clone();
    answered.does(&requester(), say(Visibility::Public));
    assert_eq!(closes_by_silence_at(&answered.ticket, &answered.desk), None);
    story.now = due - Duration::microseconds(1);
    assert_eq!(
        story.refuses(&Actor::System, Command::CloseBySilence),
        conflict(Conflict::NotDueYet)
    );
    story.now = due;
    assert_eq!(
        story.refuses(&ben(), Command::CloseBySilence),
        denied(Denial::SystemOnly)
    );
    story.does(&Actor::System, Command::CloseBySilence);
    assert_eq!(story.ticket.status, Status::Closed);
}

#[test]
fn the_list_of_what_is_possible_is_the_list_of_what_is_taken() {
    let desk: Desk = desks::infortec();
    let check = |story: &Story, actor: &Actor, wanted: &[CommandKind]| {
        assert_eq!(ids(&allowed_commands(&story.ticket, &desk, actor)), wanted);
    };
    use CommandKind as C;
    check(&opened(), &requester(), &[C::AddMessage]);
    check(&in_progress(), &requester(), &[C::AddMessage]);
    check(
        &solved(),
        &requester(),
        &[C::Accept, C::Reject, C::Rate, C::AddMessage],
    );
    check(&accepted(), &requester(), &[C::Rate, C::AddMessage]);
    check(&solved(), &stranger(), &[]);
    check(
        &opened(),
        &ben(),
        &[
            C::Take,
            C::Assign,
            C::ChangePriority,
            C::ChangeCategory,
            C::AddMessage,
            C::RecordContactAttempt,
            C::LinkParent,
            C::SetMark,
            C::MergeInto,
        ],
    );
    check(
        &in_progress(),
        &ben(),
        &[
            C::Assign,
            C::Escalate,
            C::ChangePriority,
            C::ChangeCategory,
            C::Solve,
            C::AddMessage,
            C::RecordContactAttempt,
            C::LinkParent,
            C::SetMark,
            C::MergeInto,
        ],
    );
    check(&solved(), &ben(), &[C::AddMessage, C::LinkParent]);
    check(
        &opened(),
        &agent_with(&[Privilege::TicketRead], &["mesa"]),
        &[],
    );
}

#[test]
fn what_an_offer_needs_is_told() {
    let story = in_progress();
    let offers = allowed_commands(&story.ticket, &story.desk, &ben());
    let offer = |kind| offers.iter().find(|offer| offer.command == kind).unwrap();
    let escalate = offer(CommandKind::Escalate);
    assert_eq!(escalate.needs, [Need::Level, Need::Justification]);
    assert_eq!(
        escalate
            .levels
            .iter()
            .map(|level| level.level.number())
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(escalate.to, None);
    assert_eq!(offer(CommandKind::Solve).to, Some(Status::Solved));
    assert_eq!(offer(CommandKind::Solve).needs, [Need::Solution]);
    let story = solved();
    let offers = allowed_commands(&story.ticket, &story.desk, &requester());
    let rating = offers
        .iter()
        .find(|offer| offer.command == CommandKind::Rate)
        .unwrap();
    assert_eq!(
        (rating.to, rating.blocked_by.as_slice()),
        (Some(Status::Closed), &[Need::SolutionAccepted][..])
    );
}

#[test]
fn a_refusal_by_state_lists_what_this_actor_can_do() {
    let Refusal::NotAllowedInState {
        status,
        command,
        allowed,
    } = solved().refuses(&ben(), take())
    else {
        panic!("taking a solved ticket");
    };
    assert_eq!((status, command), (Status::Solved, CommandKind::Take));
    assert_eq!(allowed, [CommandKind::AddMessage, CommandKind::LinkParent]);
}

#[test]
fn attempts_to_reach_the_requester_are_kept() {
    let mut story = in_progress();
    story.does(
        &ben(),
        attempt(ContactChannel::Phone, ContactResult::NoAnswer),
    );
    story.does(
        &ben(),
        attempt(ContactChannel::Phone, ContactResult::Reached),
    );
    assert_eq!(story.ticket.attempts.len(), 2);
    assert!(not_allowed(&solved().refuses(
        &ben(),
        attempt(ContactChannel::Phone, ContactResult::NoAnswer)
    )));
}

#[test]
fn a_type_that_the_form_sends_is_kept() {
    let desk = desks::infortec();
    let mut new = new_ticket("eset", Some("p4"));
    new.request_type = RequestType::Request;
    assert_eq!(
        Story::open(&desk, new, &requester()).ticket.request_type,
        RequestType::Request
    );
}
