//! The ICETEX folder says what its procedure says: each row of its tables is walked, each need asked.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use chrono::Duration;
use desks::story::{
    Story, agent, agent_with, approve, approver, attempt, body, new_ticket, reason,
    refuse_approval, requester, say, some, token,
};
use desks::table::{
    Walk, asks_for, check_pairs, check_reasons, check_states, rows, waits_for, walk_all,
};
use shared::desk::Desk;
use shared::desk::profile::{Need, Notice, Recipient};
use shared::i18n::Lang;
use shared::sla::business_time::BusinessMinutes;
use shared::sla::clock::{self, ClockInput, ClockStatus};
use shared::sla::policy::{ClockKind, Target, TargetRow};
use shared::ticket::actor::{Actor, Privilege};
use shared::ticket::command::{
    Answer, AnswerValue, Command, CommandKind, ContactChannel, ContactResult, Decision, Mark,
};
use shared::ticket::event::{Event, IdentityProof};
use shared::ticket::refusal::{Conflict, Denial, FieldCode, FieldRefusal};
use shared::ticket::status::{Channel, Level, Status, Visibility};
use shared::ticket::{
    Circumstances, NewTicket, Refusal, allowed_commands, approval_reminder_at,
    closes_by_silence_at, decide_given,
};

fn desk() -> Desk {
    desks::load_folder("icetex").0
}

/// Level 1.
fn ana_mesa() -> Actor {
    agent(10, "Ben Ruiz", &["mesa"])
}

/// Level 2.
fn pro() -> Actor {
    agent(11, "Caro Díaz", &["profesionales"])
}

fn coordinator() -> Actor {
    agent_with(
        &[
            Privilege::TicketRead,
            Privilege::TicketCoordinate,
            Privilege::TicketWork,
        ],
        &["coordinacion_sistemas"],
    )
}

fn approvers() -> Actor {
    approver(&["oficina_riesgos", "coordinacion_infraestructura"])
}

fn of_kind(category: &str) -> Story {
    Story::open(&desk(), new_ticket(category, None), &requester())
}

fn opened() -> Story {
    of_kind("falla")
}

fn control(id: &str, answer: bool) -> Command {
    Command::RecordControl {
        control: id.into(),
        answer,
        note: None,
    }
}

fn prioritise() -> Command {
    Command::ChangePriority {
        priority: None,
        impact: some("medium"),
        urgency: some("high"),
        reason: reason("Revisión de la mesa."),
    }
}

/// Complete and prioritised, so that attention may begin.
fn reviewed(category: &str) -> Story {
    let mut story = of_kind(category);
    story.does(&ana_mesa(), control("complete", true));
    story.does(&ana_mesa(), prioritise());
    story
}

fn in_progress() -> Story {
    let mut story = reviewed("falla");
    story.does(&ana_mesa(), Command::Take);
    story
}

fn escalate() -> Command {
    Command::Escalate {
        level: None,
        group: some("profesionales"),
        assignee: None,
        reason: None,
        justification: None,
        diagnosis: body("El servicio responde, la base de datos no."),
    }
}

fn escalated() -> Story {
    let mut story = in_progress();
    story.does(&ana_mesa(), escalate());
    story
}

fn incomplete() -> Command {
    Command::Suspend {
        reason: some("incomplete_information"),
        justification: reason("Falta el correo del jefe inmediato."),
        next_contact: None,
    }
}

fn awaits_information() -> Story {
    let mut story = opened();
    story.does(
        &ana_mesa(),
        attempt(ContactChannel::Mail, ContactResult::NoAnswer),
    );
    story.does(&ana_mesa(), incomplete());
    story
}

fn costs() -> Command {
    Command::Suspend {
        reason: some("coordinator"),
        justification: reason("Hay que comprar un servidor."),
        next_contact: None,
    }
}

/// Level 2 has said that the solution implies costs.
fn costly() -> Story {
    let mut story = escalated();
    story.does(&pro(), control("implies_cost", true));
    story
}

fn with_coordinator() -> Story {
    let mut story = costly();
    story.does(&pro(), costs());
    story
}

fn request_approval() -> Command {
    Command::RequestApproval {
        note: None,
        evidence: vec![7],
        files: Vec::new(),
    }
}

fn awaiting() -> Story {
    let mut story = reviewed("backup-carpetas");
    story.does(&ana_mesa(), request_approval());
    story
}

fn one_approval() -> Story {
    let mut story = awaiting();
    story.does(&approvers(), approve("oficina_riesgos"));
    story
}

fn solve(why: &str) -> Command {
    Command::Solve {
        solution: body("Se restableció el servicio y se explicó el cambio."),
        reason: some(why),
    }
}

fn validated(mut story: Story, by: &Actor) -> Story {
    story.does(by, control("validated", true));
    if story.ticket.level == Level::TWO {
        story.does(by, control("implies_cost", false));
    }
    story
}

fn unreached(mut story: Story, by: &Actor) -> Story {
    for channel in [
        ContactChannel::Chat,
        ContactChannel::Phone,
        ContactChannel::InPerson,
    ] {
        story.passes(Duration::hours(12));
        story.does(by, attempt(channel, ContactResult::NoAnswer));
    }
    story
}

fn solved() -> Story {
    let mut story = validated(in_progress(), &ana_mesa());
    story.does(&ana_mesa(), solve("validated_solution"));
    story
}

fn solved_by_level_2() -> Story {
    let mut story = validated(escalated(), &pro());
    story.does(&pro(), solve("validated_solution"));
    story
}

fn impossible() -> Command {
    Command::MarkUnsolvable {
        description: body("El fabricante ya no lo ofrece."),
        reason: some("impossible"),
    }
}

fn unsolvable() -> Story {
    let mut story = in_progress();
    story.does(&ana_mesa(), impossible());
    story
}

fn survey(satisfied: bool) -> Command {
    Command::Rate {
        stars: None,
        comment: None,
        answers: vec![Answer {
            question: "satisfied".into(),
            value: AnswerValue::YesNo(satisfied),
        }],
    }
}

fn lapsed(mut story: Story) -> Story {
    story.now = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
    story
}

fn reopened() -> Story {
    let mut story = solved();
    story.does(&requester(), survey(false));
    story
}

fn start() -> Command {
    Command::Start {
        reason: None,
        diagnosis: body("La falla volvió por otra causa."),
    }
}

fn to_plan() -> Command {
    Command::MarkUnsolvable {
        description: body("El servidor entra al plan anual."),
        reason: some("acquisition"),
    }
}

fn instruction() -> Command {
    Command::Resume {
        reason: None,
        note: reason("Usen el servidor de reserva."),
    }
}

fn by_phone() -> Story {
    let new = NewTicket {
        channel: Channel::Phone,
        identity: IdentityProof::RecordedByStaff,
        ..new_ticket("falla", None)
    };
    Story::open(&desk(), new, &ana_mesa())
}

///
#[test]
fn every_row_of_the_table_is_walked() {
    let walk = |story, actor, command| Walk::Moves(story, actor, command);
    let completes = Command::Resume {
        reason: None,
        note: reason("Adjunto el correo del jefe."),
    };
    walk_all(
        &desk(),
        "ICETEX",
        vec![
            Walk::Opens(opened),
            Walk::Opens(by_phone),
            walk(
                || {
                    let mut story = opened();
                    story.does(
                        &ana_mesa(),
                        attempt(ContactChannel::Chat, ContactResult::NoAnswer),
                    );
                    story
                },
                ana_mesa(),
                incomplete(),
            ),
            walk(awaits_information, requester(), completes),
            walk(
                || reviewed("backup-carpetas"),
                ana_mesa(),
                request_approval(),
            ),
            walk(|| reviewed("falla"), ana_mesa(), Command::Take),
            walk(
                one_approval,
                approvers(),
                approve("coordinacion_infraestructura"),
            ),
            walk(awaiting, approvers(), refuse_approval("oficina_riesgos")),
            walk(
                || validated(in_progress(), &ana_mesa()),
                ana_mesa(),
                solve("validated_solution"),
            ),
            walk(in_progress, ana_mesa(), impossible()),
            walk(in_progress, ana_mesa(), escalate()),
            walk(
                || validated(escalated(), &pro()),
                pro(),
                solve("validated_solution"),
            ),
            walk(costly, pro(), costs()),
            walk(with_coordinator, coordinator(), instruction()),
            walk(with_coordinator, coordinator(), to_plan()),
            walk(
                || unreached(in_progress(), &ana_mesa()),
                ana_mesa(),
                solve("no_contact"),
            ),
            walk(
                || unreached(escalated(), &pro()),
                pro(),
                solve("no_contact"),
            ),
            walk(
                || unreached(awaits_information(), &ana_mesa()),
                ana_mesa(),
                solve("no_contact"),
            ),
            walk(solved, requester(), survey(true)),
            walk(|| lapsed(solved()), Actor::System, Command::CloseBySilence),
            walk(solved, requester(), survey(false)),
            walk(unsolvable, requester(), survey(true)),
            walk(
                || lapsed(unsolvable()),
                Actor::System,
                Command::CloseBySilence,
            ),
            walk(unsolvable, requester(), survey(false)),
            walk(reopened, ana_mesa(), start()),
            walk(solved_by_level_2, requester(), survey(false)),
        ],
    );
}

///
#[test]
fn nothing_moves_that_the_table_does_not_name() {
    use Status::{AwaitingApproval, Escalated, InProgress, New, Reopened};
    // Somebody else goes on, the manager's mail is pointed at, and an approval is asked for later than usual.
    let more = [
        (New, New),
        (InProgress, InProgress),
        (Escalated, Escalated),
        (Reopened, Reopened),
        (InProgress, AwaitingApproval),
        (Escalated, AwaitingApproval),
        (Reopened, AwaitingApproval),
        // The desk takes a request for approval back, to where it came from.
        (AwaitingApproval, New),
        (AwaitingApproval, Escalated),
        (AwaitingApproval, Reopened),
    ];
    check_pairs(&desk(), "ICETEX", &more);
}

///
#[test]
fn the_folder_is_clean_and_its_states_and_reasons_are_those_of_the_tables() {
    let (desk, warnings) = desks::load_folder("icetex");
    desks::table::check_warnings(&warnings);
    check_states(&desk, "ICETEX");
    check_reasons(&desk, "ICETEX");
}

///
#[test]
fn what_is_missing_is_asked_by_name() {
    let reasoned = |pointer| [(Need::Reason, "/reason"), pointer];
    let mut contacted = opened();
    contacted.does(
        &ana_mesa(),
        attempt(ContactChannel::Mail, ContactResult::NoAnswer),
    );
    asks_for(
        &contacted,
        &ana_mesa(),
        &incomplete(),
        &reasoned((Need::PublicNote, "/justification")),
    );
    asks_for(
        &reviewed("backup-carpetas"),
        &ana_mesa(),
        &request_approval(),
        &[(Need::Evidence, "/evidence")],
    );
    asks_for(
        &validated(in_progress(), &ana_mesa()),
        &ana_mesa(),
        &solve("validated_solution"),
        &reasoned((Need::Solution, "/solution")),
    );
    asks_for(
        &in_progress(),
        &ana_mesa(),
        &impossible(),
        &reasoned((Need::Description, "/description")),
    );
    asks_for(
        &in_progress(),
        &ana_mesa(),
        &escalate(),
        &[(Need::Diagnosis, "/diagnosis"), (Need::Group, "/group")],
    );
    asks_for(
        &costly(),
        &pro(),
        &costs(),
        &reasoned((Need::Justification, "/justification")),
    );
    asks_for(
        &with_coordinator(),
        &coordinator(),
        &instruction(),
        &[(Need::Note, "/note")],
    );
    asks_for(
        &with_coordinator(),
        &coordinator(),
        &to_plan(),
        &reasoned((Need::Description, "/description")),
    );
    asks_for(
        &reopened(),
        &ana_mesa(),
        &start(),
        &[(Need::Diagnosis, "/diagnosis")],
    );
    asks_for(
        &awaiting(),
        &approvers(),
        &refuse_approval("oficina_riesgos"),
        &[(Need::Note, "/comment")],
    );
    let back = Command::Resume {
        reason: None,
        note: reason("Ya está."),
    };
    asks_for(
        &awaits_information(),
        &requester(),
        &back,
        &[(Need::Note, "/note")],
    );
}

///
#[test]
fn nothing_begins_before_the_request_is_complete_and_prioritised() {
    let mut story = opened();
    story.does(&ana_mesa(), prioritise());
    waits_for(&story, &ana_mesa(), &Command::Take, Need::Controls);
    story.does(&ana_mesa(), control("complete", false));
    waits_for(&story, &ana_mesa(), &Command::Take, Need::Controls);
    let mut story = opened();
    story.does(&ana_mesa(), control("complete", true));
    waits_for(&story, &ana_mesa(), &Command::Take, Need::PrioritySet);
    // What was completed is checked again.
    let mut story = awaits_information();
    story.does(&ana_mesa(), control("complete", true));
    story.passes(Duration::hours(2));
    story.does(
        &requester(),
        Command::Resume {
            reason: None,
            note: reason("El serial es A-1."),
        },
    );
    story.does(&ana_mesa(), prioritise());
    waits_for(&story, &ana_mesa(), &Command::Take, Need::Controls);
    story.does(&ana_mesa(), control("complete", true));
    story.does(&ana_mesa(), Command::Take);
    assert_eq!(story.ticket.status, Status::InProgress);
}

///
#[test]
fn whoever_lacks_something_is_contacted_and_their_answer_brings_the_request_back() {
    waits_for(
        &opened(),
        &ana_mesa(),
        &incomplete(),
        Need::ContactAttempted,
    );
    let mut story = awaits_information();
    let events = story.does(&requester(), say(Visibility::Public));
    assert!(matches!(
        &events[1],
        Event::StatusChanged {
            to: Status::New,
            automatic: true,
            ..
        }
    ));
    // What an agent writes brings nothing back.
    let mut story = awaits_information();
    story.does(&ana_mesa(), say(Visibility::Public));
    assert_eq!(story.ticket.status, Status::Suspended);
    // Nor does a message while the coordinator decides.
    let mut story = with_coordinator();
    story.does(&requester(), say(Visibility::Public));
    assert_eq!(story.ticket.status, Status::Suspended);
    let desk = desk();
    let told = desk.moves.iter().flat_map(|row| &row.tells);
    assert!(told.into_iter().any(
        |tell| tell.template == Notice::MissingInformation && tell.who == Recipient::Requester
    ));
}

///
#[test]
fn each_kind_demands_the_approvals_of_its_list() {
    let desk = desk();
    for row in rows("icetex-approval-categories.csv") {
        let policy = if row["list"] == "A-flow" {
            "flow"
        } else {
            "manager"
        };
        let fits = |kind: &str| kind.to_lowercase() == row["request_kind"].to_lowercase();
        let open_end = row["request_kind"].starts_with("entre otros");
        let entry = desk.catalog.entries.iter().find(|entry| {
            let named = entry.path.last().is_some_and(|kind| fits(kind));
            let service = row["service"].is_empty() || entry.path[0] == row["service"];
            (named && service) || (open_end && entry.key == "otra-autorizacion")
        });
        let entry = entry.unwrap_or_else(|| panic!("{}", row["request_kind"]));
        assert_eq!(
            entry.approval.as_deref(),
            Some(policy),
            "{}",
            row["request_kind"]
        );
        assert!(entry.evidence);
        // without a demand it goes on at once; with one it does not.
        waits_for(
            &reviewed(&entry.key),
            &ana_mesa(),
            &Command::Take,
            Need::NoPendingApproval,
        );
    }
    let mut direct = reviewed("otra-solicitud");
    direct.does(&ana_mesa(), Command::Take);
}

///
#[test]
fn the_flow_asks_both_offices_and_keeps_what_they_said() {
    let mut story = awaiting();
    let asked = story.ticket.approval.as_ref().unwrap();
    assert_eq!(
        asked.pending,
        ["oficina_riesgos", "coordinacion_infraestructura"]
    );
    story.does(&approvers(), approve("coordinacion_infraestructura"));
    assert_eq!(story.ticket.status, Status::AwaitingApproval);
    story.does(&approvers(), approve("oficina_riesgos"));
    assert_eq!(story.ticket.status, Status::InProgress);
    let decisions = &story.ticket.approval.as_ref().unwrap().decisions;
    let roles: Vec<_> = decisions.iter().map(|one| one.approver.as_str()).collect();
    assert_eq!(roles, ["coordinacion_infraestructura", "oficina_riesgos"]);
    assert!(
        decisions
            .iter()
            .all(|one| one.by.id == Some(30) && one.at == story.now)
    );
    assert!(
        decisions
            .iter()
            .all(|one| one.decision == Decision::Approved)
    );
    // Words are kept with the decision.
    let mut refused = awaiting();
    refused.does(&approvers(), refuse_approval("oficina_riesgos"));
    let decision = refused.ticket.approval.as_ref().unwrap().decisions[0].clone();
    assert_eq!(
        (decision.decision, decision.comment),
        (Decision::Refused, reason("No es del área."))
    );
}

///
#[test]
fn the_managers_mail_alone_is_enough_for_the_other_list() {
    let mut story = reviewed("equipos");
    asks_for(
        &story,
        &ana_mesa(),
        &request_approval(),
        &[(Need::Evidence, "/evidence")],
    );
    story.does(&ana_mesa(), request_approval());
    assert_eq!(story.ticket.status, Status::New);
    assert!(story.ticket.approval.as_ref().unwrap().pending.is_empty());
    story.does(&ana_mesa(), Command::Take);
    assert_eq!(story.ticket.status, Status::InProgress);
}

///
#[test]
fn a_request_without_the_managers_mail_is_incomplete() {
    for category in ["backup-carpetas", "equipos"] {
        let mut story = of_kind(category);
        story.does(&ana_mesa(), control("complete", false));
        story.does(&ana_mesa(), prioritise());
        waits_for_any(&story, &Command::Take);
        story.does(
            &ana_mesa(),
            attempt(ContactChannel::Mail, ContactResult::NoAnswer),
        );
        story.does(&ana_mesa(), incomplete());
        assert_eq!(
            (story.ticket.status, story.ticket.reason.as_deref()),
            (Status::Suspended, Some("incomplete_information"))
        );
        // The mail comes, and the check is made again.
        story.passes(Duration::hours(1));
        story.does(&requester(), say(Visibility::Public));
        assert_eq!(story.ticket.status, Status::New);
        story.does(&ana_mesa(), control("complete", true));
        story.does(&ana_mesa(), request_approval());
    }
}

/// Some condition is named, and nothing happens.
#[track_caller]
fn waits_for_any(story: &Story, command: &Command) {
    let refused = story.clone().refuses(&ana_mesa(), command.clone());
    assert!(matches!(refused, Refusal::Unmet { .. }), "{refused:?}");
}

///
#[test]
fn one_refusal_ends_without_solution_and_may_be_asked_again_but_never_worked_around() {
    let mut story = one_approval();
    let silent = Command::DecideApproval {
        approver: "coordinacion_infraestructura".into(),
        decision: Decision::Refused,
        comment: None,
    };
    assert!(matches!(
        story.refuses(&approvers(), silent),
        Refusal::Invalid { .. }
    ));
    story.does(
        &approvers(),
        refuse_approval("coordinacion_infraestructura"),
    );
    assert_eq!(story.ticket.status, Status::Unsolvable);
    assert_eq!(story.ticket.reason.as_deref(), Some("approval_refused"));
    story.does(&requester(), survey(false));
    waits_for(&story, &ana_mesa(), &start(), Need::NoPendingApproval);
    story.does(&ana_mesa(), request_approval());
    assert_eq!(story.ticket.status, Status::AwaitingApproval);
}

///
#[test]
fn the_desk_takes_its_request_back_and_the_ticket_is_where_it_was() {
    let take_back = || Command::Resume {
        reason: None,
        note: reason("Nadie de riesgos está disponible."),
    };
    let new = one_approval;
    let at_work = || {
        let mut story = validated(in_progress(), &ana_mesa());
        let category = "activar-licencias".into();
        let reason = None;
        story.does(&ana_mesa(), Command::ChangeCategory { category, reason });
        story.does(&ana_mesa(), request_approval());
        story
    };
    let again = || {
        let mut story = one_approval();
        story.does(
            &approvers(),
            refuse_approval("coordinacion_infraestructura"),
        );
        story.does(&requester(), survey(false));
        story.does(&ana_mesa(), request_approval());
        story
    };
    for (mut story, from) in [
        (new(), Status::New),
        (at_work(), Status::InProgress),
        (again(), Status::Reopened),
    ] {
        assert_eq!(story.ticket.status, Status::AwaitingApproval);
        let silent = Command::Resume {
            reason: None,
            note: None,
        };
        let missing = vec![FieldRefusal::new("/note", FieldCode::Required)];
        assert_eq!(
            story.refuses(&ana_mesa(), silent),
            Refusal::Invalid { errors: missing }
        );
        for nobody in [requester(), approvers(), pro()] {
            assert!(matches!(
                story.refuses(&nobody, take_back()),
                Refusal::NotPermitted { .. }
            ));
        }
        let events = story.does(&ana_mesa(), take_back());
        assert!(events.iter().any(|event| matches!(
            event,
            Event::ApprovalWithdrawn { approvers, .. }
                if approvers.contains(&"coordinacion_infraestructura".to_owned())
        )));
        // What was said so far counts no more, nobody is asked or reminded, and no work goes on without it.
        assert_eq!((story.ticket.status, &story.ticket.approval), (from, &None));
        assert_eq!(approval_reminder_at(&story.ticket, &story.desk), None);
        assert!(matches!(
            story.refuses(&approvers(), approve("coordinacion_infraestructura")),
            Refusal::NotAllowedInState { .. }
        ));
        if from == Status::New {
            waits_for_any(&story, &Command::Take);
        }
        story.does(&ana_mesa(), control("complete", true));
        story.does(&ana_mesa(), request_approval());
        let asked = story.ticket.approval.as_ref().unwrap();
        assert_eq!((asked.pending.len(), asked.decisions.len()), (2, 0));
    }
}

/// I-12
#[test]
fn nothing_is_asked_of_a_role_in_which_nobody_could_decide() {
    let story = reviewed("backup-carpetas");
    let unmanned = ["oficina_riesgos".to_owned()];
    let given = Circumstances {
        unmanned: &unmanned,
        ..Circumstances::default()
    };
    let ask = |command: &Command| {
        decide_given(
            &story.ticket,
            &story.desk,
            &ana_mesa(),
            command,
            given,
            story.now,
        )
    };
    assert_eq!(
        ask(&request_approval()),
        Err(Refusal::NobodyDecides {
            roles: unmanned.to_vec()
        })
    );
    // Other kinds ask nobody, or others.
    let mail_alone = reviewed("equipos");
    let proof = decide_given(
        &mail_alone.ticket,
        &mail_alone.desk,
        &ana_mesa(),
        &request_approval(),
        given,
        mail_alone.now,
    );
    assert!(proof.is_ok());
}

///
#[test]
fn a_corrected_category_asks_for_its_approval_before_the_solution() {
    let mut story = validated(in_progress(), &ana_mesa());
    story.does(
        &ana_mesa(),
        Command::ChangeCategory {
            category: "activar-licencias".into(),
            reason: None,
        },
    );
    waits_for(
        &story,
        &ana_mesa(),
        &solve("validated_solution"),
        Need::NoPendingApproval,
    );
    story.does(&ana_mesa(), request_approval());
    assert_eq!(story.ticket.status, Status::AwaitingApproval);
}

/// what was approved is the kind that was asked about, and no other of the same list.
#[test]
fn an_approval_given_for_one_kind_counts_for_no_other() {
    let change = |category: &str| Command::ChangeCategory {
        category: category.into(),
        reason: None,
    };
    let mut waiting = awaiting();
    assert!(matches!(
        waiting.refuses(&ana_mesa(), change("instalar-aplicativo")),
        Refusal::NotAllowedInState { .. }
    ));
    let offers = allowed_commands(&waiting.ticket, &waiting.desk, &ana_mesa());
    assert!(
        offers
            .iter()
            .all(|offer| offer.command != CommandKind::ChangeCategory)
    );
    let mut story = one_approval();
    story.does(&approvers(), approve("coordinacion_infraestructura"));
    assert_eq!(story.ticket.status, Status::InProgress);
    let mut story = validated(story, &ana_mesa());
    story.does(&ana_mesa(), change("instalar-aplicativo"));
    assert_eq!(story.ticket.approval, None);
    let unapproved = Need::NoPendingApproval;
    waits_for(
        &story,
        &ana_mesa(),
        &solve("validated_solution"),
        unapproved,
    );
    // Nor does it count again by going back.
    story.does(&ana_mesa(), change("backup-carpetas"));
    waits_for(
        &story,
        &ana_mesa(),
        &solve("validated_solution"),
        unapproved,
    );
    let decided = story.history.iter();
    let decided = decided.filter(|one| matches!(one.event, Event::ApprovalDecided { .. }));
    assert_eq!(decided.count(), 2, "the history keeps what was decided");
}

/// I-12, C-58: an agent whose group is asked decides, also about a ticket that is not theirs to see otherwise.
#[test]
fn who_is_asked_decides_about_a_restricted_request_and_does_nothing_else() {
    let infrastructure = agent(14, "Eva León", &["coordinacion_infraestructura"]);
    let mut story = awaiting();
    story.does(
        &ana_mesa(),
        Command::SetMark {
            mark: Mark::Security,
            on: true,
        },
    );
    let offered: Vec<_> = allowed_commands(&story.ticket, &story.desk, &infrastructure)
        .into_iter()
        .map(|offer| offer.command)
        .collect();
    assert_eq!(offered, [CommandKind::DecideApproval]);
    assert!(allowed_commands(&story.ticket, &story.desk, &pro()).is_empty());
    assert_eq!(
        story.refuses(&infrastructure, say(Visibility::Internal)),
        Refusal::NotPermitted {
            why: Denial::Restricted
        }
    );
    story.does(&infrastructure, approve("coordinacion_infraestructura"));
    assert!(allowed_commands(&story.ticket, &story.desk, &infrastructure).is_empty());
}

/// whoever refuses is not whoever solved.
#[test]
fn a_refused_request_that_comes_back_stays_with_those_who_asked() {
    let infrastructure = agent(14, "Eva León", &["coordinacion_infraestructura"]);
    let mut story = awaiting();
    let (group, assignee) = (story.ticket.group.clone(), story.ticket.assignee.clone());
    story.does(
        &infrastructure,
        refuse_approval("coordinacion_infraestructura"),
    );
    assert_eq!(story.ticket.solution.as_ref().unwrap().by, None);
    story.does(&requester(), survey(false));
    assert_eq!(
        (
            story.ticket.status,
            &story.ticket.group,
            &story.ticket.assignee
        ),
        (Status::Reopened, &group, &assignee)
    );
    assert_eq!(story.ticket.level, Level::ONE);
}

/// what the user says on the telephone or writes to the mailbox completes the request too.
#[test]
fn the_agent_writes_down_what_was_missing_and_the_request_goes_on() {
    let mut story = awaits_information();
    let bare = Command::Resume {
        reason: None,
        note: None,
    };
    let Refusal::Invalid { errors } = story.refuses(&ana_mesa(), bare) else {
        panic!("the note is asked")
    };
    assert_eq!(errors[0].pointer, "/note");
    let note = Command::Resume {
        reason: None,
        note: reason("Llamó: el serial es A-1."),
    };
    assert!(matches!(
        story.refuses(&pro(), note.clone()),
        Refusal::NotPermitted { .. }
    ));
    let events = story.does(&ana_mesa(), note);
    assert!(matches!(
        &events[..],
        [Event::StatusChanged {
            to: Status::New,
            note_visibility: Visibility::Internal,
            ..
        }]
    ));
    assert_eq!(story.ticket.status, Status::New, "it is checked again");
}

/// whoever reached the user may ask for what is missing.
#[test]
fn having_reached_the_user_is_having_tried() {
    let mut story = opened();
    waits_for(&story, &ana_mesa(), &incomplete(), Need::ContactAttempted);
    story.does(
        &ana_mesa(),
        attempt(ContactChannel::Phone, ContactResult::Reached),
    );
    story.does(&ana_mesa(), incomplete());
    assert_eq!(story.ticket.status, Status::Suspended);
    // An answer later asks for another try.
    let mut again = opened();
    again.does(
        &ana_mesa(),
        attempt(ContactChannel::Phone, ContactResult::Reached),
    );
    again.passes(Duration::minutes(5));
    again.does(&requester(), say(Visibility::Public));
    waits_for(&again, &ana_mesa(), &incomplete(), Need::ContactAttempted);
}

///
#[test]
fn a_solution_is_validated_with_the_user_each_time() {
    waits_for(
        &in_progress(),
        &ana_mesa(),
        &solve("validated_solution"),
        Need::Controls,
    );
    let mut story = in_progress();
    story.does(&ana_mesa(), control("validated", false));
    waits_for(
        &story,
        &ana_mesa(),
        &solve("validated_solution"),
        Need::Controls,
    );
    let mut story = solved();
    assert_eq!(
        story
            .ticket
            .solution
            .as_ref()
            .unwrap()
            .text
            .as_ref()
            .unwrap()
            .as_str(),
        "Se restableció el servicio y se explicó el cambio."
    );
    story.passes(Duration::hours(1));
    story.does(&requester(), survey(false));
    story.does(&ana_mesa(), start());
    waits_for(
        &story,
        &ana_mesa(),
        &solve("validated_solution"),
        Need::Controls,
    );
}

///
#[test]
fn level_two_says_each_time_whether_the_solution_implies_costs() {
    let suspends = |story: &Story| waits_for(story, &pro(), &costs(), Need::Controls);
    let solves = |story: &Story| {
        waits_for(story, &pro(), &solve("validated_solution"), Need::Controls);
    };
    // Nothing is said yet.
    suspends(&escalated());
    let mut story = escalated();
    story.does(&pro(), control("validated", true));
    solves(&story);
    // Yes: it goes to the coordinators, and cannot be solved.
    let events = story.does(&pro(), control("implies_cost", true));
    assert!(
        matches!(&events[..], [Event::ControlRecorded { control, answer: true, .. }] if control == "implies_cost")
    );
    let recorded = story.history.last().unwrap();
    assert_eq!((recorded.actor.id, recorded.at), (Some(11), story.now));
    solves(&story);
    let mut costly = story.clone();
    costly.does(&pro(), costs());
    assert_eq!(
        (costly.ticket.status, costly.ticket.reason.as_deref()),
        (Status::Suspended, Some("coordinator"))
    );
    // No: it is validated, documented and solved, and does not go to the coordinators.
    story.does(&pro(), control("implies_cost", false));
    suspends(&story);
    story.does(&pro(), solve("validated_solution"));
    // After the coordinator's instruction it is said anew.
    costly.passes(Duration::hours(1));
    costly.does(&coordinator(), instruction());
    costly.does(&pro(), control("validated", true));
    solves(&costly);
    // Level 1 is not asked.
    validated(in_progress(), &ana_mesa()).does(&ana_mesa(), solve("validated_solution"));
}

///
#[test]
fn the_escalation_matrix_proposes_the_resolver_group() {
    let desk = desk();
    assert_eq!(
        desk.proposed_group(Some("reportes"), Level::TWO),
        Some("coordinacion_sistemas")
    );
    assert_eq!(
        desk.proposed_group(Some("falla"), Level::TWO),
        Some("profesionales")
    );
    let story = escalated();
    assert_eq!(story.ticket.level, Level::TWO);
    // The matrix proposes; whoever escalates may know better, within the level.
    let mut to_coordination = in_progress();
    let elsewhere = Command::Escalate {
        level: None,
        group: some("coordinacion_mesa"),
        assignee: None,
        reason: None,
        justification: None,
        diagnosis: body("La mesa no tiene permisos."),
    };
    to_coordination.does(&ana_mesa(), elsewhere);
    assert_eq!(
        to_coordination.ticket.group.as_deref(),
        Some("coordinacion_mesa")
    );
    let head = agent(14, "Luz Mesa", &["coordinacion_mesa"]);
    to_coordination.does(&head, Command::Take);
    validated(to_coordination, &head).does(&head, solve("validated_solution"));
    let offers = allowed_commands(&in_progress().ticket, &desk, &ana_mesa());
    let offer = offers
        .iter()
        .find(|offer| offer.command.as_str() == "escalate")
        .unwrap();
    assert_eq!(offer.levels.len(), 1, "level 2 only");
    assert_eq!(offer.levels[0].groups[0].key, "profesionales");
}

///
#[test]
fn the_coordinators_alone_decide_about_costs() {
    let desk = desk();
    let row = desk
        .moves
        .iter()
        .find(|row| row.reasons == ["coordinator"])
        .unwrap();
    let told: Vec<_> = row
        .tells
        .iter()
        .map(|tell| (tell.template, tell.who, tell.group.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (Notice::CostImplication, Recipient::Coordinators, None),
            (
                Notice::InstructionRequested,
                Recipient::Group,
                Some("coordinacion_infraestructura")
            )
        ]
    );
    let worker = agent_with(&[Privilege::TicketWork], &["profesionales"]);
    let mut story = with_coordinator();
    let denied = Refusal::NotPermitted {
        why: Denial::MissingPrivilege,
    };
    assert_eq!(story.refuses(&worker, instruction()), denied);
    assert_eq!(story.refuses(&worker, to_plan()), denied);
    // Either coordination presents the acquisition.
    for group in ["coordinacion_infraestructura", "coordinacion_sistemas"] {
        assert!(
            desk.level(Level::TWO)
                .unwrap()
                .groups
                .iter()
                .any(|key| key == group)
        );
        let head = agent_with(
            &[Privilege::TicketWork, Privilege::TicketCoordinate],
            &[group],
        );
        let mut planned = story.clone();
        planned.does(&head, to_plan());
        assert_eq!(
            (planned.ticket.status, planned.ticket.reason.as_deref()),
            (Status::Unsolvable, Some("acquisition"))
        );
        assert!(closes_by_silence_at(&planned.ticket, &planned.desk).is_some());
    }
    story.does(&coordinator(), instruction());
    assert_eq!(
        (story.ticket.status, story.ticket.level),
        (Status::Escalated, Level::TWO)
    );
}

///
#[test]
fn the_survey_closes_or_gives_the_request_back_to_whoever_solved_it() {
    for before in [solved, unsolvable] {
        let mut story = before();
        story.does(&requester(), survey(true));
        assert_eq!(story.ticket.status, Status::Closed);
        assert_eq!(story.ticket.reason.as_deref(), Some("validated"));
    }
    let mut story = solved();
    story.does(&requester(), survey(false));
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::Reopened, Some("not_satisfied"))
    );
    assert_eq!(
        (
            story.ticket.assignee.as_ref().unwrap().id,
            story.ticket.level
        ),
        (10, Level::ONE)
    );
    // Level 1 diagnoses again and answers again whether it can be solved: yes, or not without level 2.
    story.does(&ana_mesa(), start());
    validated(story.clone(), &ana_mesa()).does(&ana_mesa(), solve("validated_solution"));
    story.does(&ana_mesa(), escalate());
    let mut story = solved_by_level_2();
    story.does(&requester(), survey(false));
    assert_eq!(
        (story.ticket.status, story.ticket.level),
        (Status::Escalated, Level::TWO)
    );
    assert_eq!(story.ticket.assignee.as_ref().unwrap().id, 11);
}

///
#[test]
fn only_the_requester_answers_and_once_for_each_solution() {
    let mut story = solved();
    assert_eq!(
        story.refuses(&ana_mesa(), survey(true)),
        Refusal::NotPermitted {
            why: Denial::NotTheRequester
        }
    );
    story.does(&requester(), survey(true));
    assert!(matches!(
        story.refuses(&requester(), survey(false)),
        Refusal::NotAllowedInState { .. }
    ));
}

///
#[test]
fn three_business_days_of_silence_close_with_the_literal_reason() {
    let mut story = solved();
    let due = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
    // Solved on Monday 2 March at nine: Thursday at nine.
    assert_eq!(
        due,
        "2026-03-05T14:00:00Z"
            .parse::<chrono::DateTime<chrono::Utc>>()
            .unwrap()
    );
    story.now = due - Duration::seconds(1);
    assert_eq!(
        story.refuses(&Actor::System, Command::CloseBySilence),
        Refusal::Conflict {
            what: Conflict::NotDueYet
        }
    );
    story.now = due;
    assert!(matches!(
        story.refuses(&ana_mesa(), Command::CloseBySilence),
        Refusal::NotPermitted { .. }
    ));
    story.does(&Actor::System, Command::CloseBySilence);
    let reason = story.ticket.reason.as_deref().unwrap();
    assert_eq!(
        story
            .desk
            .reason(Status::Closed, reason)
            .unwrap()
            .label
            .get(Lang::Es),
        "Por tiempo excedido de los 3 días para que el usuario evalúe la encuesta de servicio"
    );
    // Solved again, the term begins anew.
    let mut again = reopened();
    again.does(&ana_mesa(), start());
    again.does(&ana_mesa(), control("validated", true));
    again.passes(Duration::days(1));
    again.does(&ana_mesa(), solve("validated_solution"));
    assert_eq!(
        closes_by_silence_at(&again.ticket, &again.desk),
        Some(due + Duration::days(1))
    );
}

///
#[test]
fn three_failed_attempts_by_any_way_allow_the_solution_without_contact() {
    let mut story = in_progress();
    for channel in [ContactChannel::Phone, ContactChannel::Mail] {
        story.does(&ana_mesa(), attempt(channel, ContactResult::NoAnswer));
    }
    waits_for(
        &story,
        &ana_mesa(),
        &solve("no_contact"),
        Need::ThreeContactAttempts,
    );
    // Three within a minute are not three: they need two days.
    let mut hasty = story.clone();
    hasty.does(
        &ana_mesa(),
        attempt(ContactChannel::Chat, ContactResult::NoAnswer),
    );
    waits_for(
        &hasty,
        &ana_mesa(),
        &solve("no_contact"),
        Need::ThreeContactAttempts,
    );
    story.passes(Duration::days(1));
    story.does(
        &ana_mesa(),
        attempt(ContactChannel::Chat, ContactResult::NoAnswer),
    );
    let kept = story.ticket.attempts.last().unwrap();
    assert_eq!(
        (kept.channel, kept.result, kept.at, kept.by.id),
        (
            ContactChannel::Chat,
            ContactResult::NoAnswer,
            story.now,
            Some(10)
        )
    );
    let mut heard = story.clone();
    heard.passes(Duration::hours(1));
    heard.does(&requester(), say(Visibility::Public));
    waits_for(
        &heard,
        &ana_mesa(),
        &solve("no_contact"),
        Need::ThreeContactAttempts,
    );
    story.does(&ana_mesa(), solve("no_contact"));
    // three business days later it is closed, and its silence counts as approval (C-27): it is neither reopened nor rated.
    let due = closes_by_silence_at(&story.ticket, &story.desk).unwrap();
    assert_eq!(due - story.now, Duration::days(3));
    story.now = due;
    story.does(&Actor::System, Command::CloseBySilence);
    assert_eq!(
        (story.ticket.status, story.ticket.reason.as_deref()),
        (Status::Closed, Some("lapsed"))
    );
    assert_eq!(
        (story.ticket.reopen_count, story.ticket.rating.as_ref()),
        (0, None)
    );
}

///
#[test]
fn each_way_of_reaching_the_user_is_an_attempt() {
    for channel in [
        ContactChannel::Chat,
        ContactChannel::Phone,
        ContactChannel::Mail,
        ContactChannel::InPerson,
    ] {
        let mut story = in_progress();
        for _ in 0..3 {
            waits_for(
                &story,
                &ana_mesa(),
                &solve("no_contact"),
                Need::ThreeContactAttempts,
            );
            story.passes(Duration::days(1));
            story.does(&ana_mesa(), attempt(channel, ContactResult::NoAnswer));
        }
        story.does(&ana_mesa(), solve("no_contact"));
    }
}

///
#[test]
fn agents_record_what_comes_by_phone_and_mail_and_keep_the_channel() {
    for channel in [Channel::Portal, Channel::Phone, Channel::Mail] {
        let new = NewTicket {
            channel,
            ..new_ticket("falla", None)
        };
        let ticket = Story::open(&desk(), new, &ana_mesa()).ticket;
        assert_eq!(ticket.channel, channel);
        assert_eq!(
            (ticket.opened_by.id, ticket.requester.id, ticket.created_at),
            (Some(10), 1, desks::story::monday())
        );
        // It has a state, and its category gives it its type.
        let entry = desk().catalog.get("falla").unwrap().clone();
        assert_eq!(
            (ticket.status, ticket.category.as_deref()),
            (Status::New, Some("falla"))
        );
        assert_eq!(Some(ticket.request_type), entry.request_type);
    }
    let new = NewTicket {
        channel: Channel::Api,
        ..new_ticket("falla", None)
    };
    assert!(Story::try_open(&desk(), new, &ana_mesa()).is_err());
    let untold = Story::try_open(
        &desk(),
        NewTicket {
            category: None,
            ..new_ticket("falla", None)
        },
        &requester(),
    );
    let Err(Refusal::Invalid { errors }) = untold else {
        panic!("a category is asked")
    };
    assert_eq!(
        (errors[0].pointer.as_str(), errors[0].code),
        ("/category", FieldCode::Required)
    );
}

/// the same rule for the portal, the console and the API. What an agent takes down on the telephone or
/// from the mailbox is completed later.
#[test]
fn a_kind_that_needs_the_managers_mail_is_not_opened_without_a_file() {
    let without = |channel, actor: &Actor| {
        let new = NewTicket {
            channel,
            files: 0,
            ..new_ticket("copiar-cd", None)
        };
        let mut desk = desk();
        desk.intake.channels.push(Channel::Api);
        Story::try_open(&desk, new, actor).map(|story| story.ticket.status)
    };
    let required = |pointer: &str| Refusal::Invalid {
        errors: vec![FieldRefusal::new(pointer, FieldCode::Required)],
    };
    let refused = Err(required("/attachments"));
    assert_eq!(without(Channel::Portal, &requester()), refused);
    assert_eq!(without(Channel::Portal, &ana_mesa()), refused);
    assert_eq!(without(Channel::Phone, &token()), refused);
    assert_eq!(without(Channel::Api, &ana_mesa()), refused);
    assert_eq!(without(Channel::Phone, &ana_mesa()), Ok(Status::New));
    assert_eq!(without(Channel::Mail, &ana_mesa()), Ok(Status::New));
    // Its approval still needs the proof.
    let new = NewTicket {
        channel: Channel::Phone,
        files: 0,
        ..new_ticket("copiar-cd", None)
    };
    let mut story = Story::open(&desk(), new, &ana_mesa());
    story.does(&ana_mesa(), control("complete", true));
    story.does(&ana_mesa(), prioritise());
    let bare = Command::RequestApproval {
        note: None,
        evidence: Vec::new(),
        files: Vec::new(),
    };
    assert_eq!(story.refuses(&ana_mesa(), bare), required("/evidence"));
}

///
#[test]
fn the_matrix_and_a_vip_give_the_priority() {
    for (vip, expected) in [(false, "high"), (true, "critical")] {
        let mut new = new_ticket("falla", None);
        new.requester.vip = vip;
        let mut story = Story::open(&desk(), new, &requester());
        story.does(&ana_mesa(), prioritise());
        assert_eq!(story.ticket.priority, expected);
    }
}

#[test]
fn the_folder_holds_the_documents_that_the_procedure_names() {
    let desk = desk();
    for wanted in [
        "catalogo-de-servicios",
        "matriz-de-priorizacion",
        "matriz-de-escalamiento",
    ] {
        for lang in [Lang::Es, Lang::En] {
            let held = desk
                .knowledge
                .iter()
                .any(|article| article.slug == wanted && article.lang == lang);
            assert!(held, "{wanted}");
        }
    }
}

///
#[test]
fn every_request_can_be_measured_and_its_category_decides_flow_and_times() {
    // The document names no times; these are examples.
    let mut desk = desk();
    let row = |category: &str, hours: i64| TargetRow {
        category: some(category),
        solution: Some(Target::Minutes(BusinessMinutes(hours * 60))),
        ..TargetRow::default()
    };
    desk.sla.targets = vec![row("falla", 2), row("otra-solicitud", 8)];
    let measured = |story: &Story| {
        let input = ClockInput {
            created_at: story.ticket.created_at,
            spans: &story.ticket.spans,
            calendar: &desk.calendar,
            policy: &desk.sla,
            eras: &[],
        };
        clock::solution(&input, story.now)
    };
    for channel in [Channel::Portal, Channel::Phone, Channel::Mail] {
        for (category, hours) in [("falla", 2), ("otra-solicitud", 8)] {
            let new = NewTicket {
                channel,
                ..new_ticket(category, None)
            };
            let mut story = Story::open(&desk, new, &ana_mesa());
            let due = measured(&story).due_at.unwrap();
            assert_eq!(due - story.now, Duration::hours(hours), "{category}");
            story.does(&ana_mesa(), control("complete", true));
            story.does(&ana_mesa(), prioritise());
            story.does(&ana_mesa(), Command::Take);
            let mut late = story.clone();
            late.now = due + Duration::minutes(1);
            story.now = due;
            for (mut story, kept) in [(story, ClockStatus::Met), (late, ClockStatus::Breached)] {
                story.does(&ana_mesa(), control("validated", true));
                story.does(&ana_mesa(), solve("validated_solution"));
                story.passes(Duration::days(1));
                assert_eq!(measured(&story).status, kept, "{category} by {channel}");
            }
        }
    }
    // And the flow: one kind goes on at once, the other asks its approvers first.
    reviewed("falla").does(&ana_mesa(), Command::Take);
    waits_for(
        &reviewed("backup-carpetas"),
        &ana_mesa(),
        &Command::Take,
        Need::NoPendingApproval,
    );
}

///
#[test]
fn the_roles_of_the_procedure_are_groups_levels_and_approvers() {
    let desk = desk();
    let groups = |level| desk.level(level).unwrap().groups.clone();
    assert_eq!(groups(Level::ONE), ["mesa"]);
    for group in [
        "coordinacion_mesa",
        "profesionales",
        "coordinacion_infraestructura",
        "coordinacion_sistemas",
    ] {
        assert!(groups(Level::TWO).iter().any(|key| key == group), "{group}");
    }
    // The functional user asks and answers the survey, and does nothing of level 1.
    let mut story = opened();
    for command in [Command::Take, control("complete", true), prioritise()] {
        assert!(matches!(
            story.refuses(&requester(), command),
            Refusal::NotPermitted { .. }
        ));
    }
    // Level 1 reviews and solves; what level 2 decides is not its own.
    assert!(matches!(
        costly().refuses(&ana_mesa(), costs()),
        Refusal::NotPermitted { .. }
    ));
    // Costs are decided by whoever coordinates; approvals by whoever holds the role.
    assert!(matches!(
        with_coordinator().refuses(&pro_without_coordination(), instruction()),
        Refusal::NotPermitted { .. }
    ));
    let flow = desk.approvals.iter().find(|one| one.key == "flow").unwrap();
    assert_eq!(
        flow.steps[0].all_of,
        ["oficina_riesgos", "coordinacion_infraestructura"]
    );
    assert!(matches!(
        awaiting().refuses(&approver(&["direccion"]), approve("oficina_riesgos")),
        Refusal::NotPermitted { .. }
    ));
}

fn pro_without_coordination() -> Actor {
    agent_with(&[Privilege::TicketWork], &["profesionales"])
}

#[test]
fn no_committed_time_is_invented() {
    let desk = desk();
    let story = in_progress();
    for kind in [ClockKind::Attention, ClockKind::Solution] {
        for span in &story.ticket.spans {
            assert_eq!(desk.sla.target_for(kind, span), None);
        }
    }
}

///
#[test]
fn names_and_mails_are_those_of_the_document() {
    let desk = desk();
    assert_eq!(desk.name.es, "Soporte a Servicios TI");
    let licences = desk.catalog.get("activar-licencias").unwrap();
    assert_eq!(
        licences.path,
        ["Microsoft Office", "Req. Activación de Licencias"]
    );
    let told = |notice| {
        desk.notification(notice)
            .unwrap()
            .to
            .contains(&Recipient::Requester)
    };
    assert!(told(Notice::TicketCreated) && told(Notice::Survey));
    let enters = |row: &&shared::desk::profile::Move| {
        [Status::Solved, Status::Unsolvable]
            .iter()
            .any(|to| row.to == shared::desk::profile::MoveTo::State(*to))
    };
    for row in desk.moves.iter().filter(enters) {
        assert!(
            row.tells.iter().any(|tell| tell.template == Notice::Survey),
            "{:?}",
            row.to
        );
    }
}
