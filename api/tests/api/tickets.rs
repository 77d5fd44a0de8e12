//! The life of a ticket over HTTP: from the form to the rating, with everything that may go wrong on the way.

use std::sync::Arc;

use api::auth::session::Audience;
use api::config::Budget;
use api::desks::registry::DeskRegistry;
use api::http::ApiError;
use api::people::names::Names;
use api::tickets::{audit, timeline};
use api::{db, sla};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::portal::RequesterTicket;
use shared::api::problem::ProblemType;
use shared::api::tickets::{
    ClockName, ClockStatus, MailStatus, TicketChanged, TicketRow, TicketView, TimelineBody,
    TimelineEntry, ViewCounts,
};
use shared::ticket::actor::Privilege;
use shared::ticket::command::CommandKind;
use shared::ticket::status::{Status, Visibility};

use crate::harness::{Agent, Answer, TestApp};
use crate::once::guard;
use crate::portal::statements;
use crate::stage::{self, ANA, DESK, Stage};

/// A ticket of Ana's with a level-1 agent and a level-2 specialist.
struct Scene {
    desk: i64,
    ana: i64,
    code: String,
    requester: String,
    first: Agent,
    second: Agent,
}

async fn scene(app: &TestApp) -> Scene {
    let stage = stage::set(app).await;
    let opened = stage::open_ticket(app, &app.browser(), &stage::draft(ANA)).await;
    let first = member(app, &stage, "Laura", "mesa").await;
    let second = member(app, &stage, "Andres", "endpoint").await;
    Scene {
        desk: stage.desk,
        ana: stage.ana,
        code: opened.ticket_code.unwrap(),
        requester: opened.access_token,
        first,
        second,
    }
}

/// An agent with every right at the desk and a place in one group.
pub async fn member(app: &TestApp, stage: &Stage, name: &str, group: &str) -> Agent {
    let agent = app.agent(name, &[(stage.desk, Privilege::ALL)]).await;
    let (desk, user, slug) = (stage.desk, agent.id, group.to_owned());
    app.seed(move |conn| {
        use db::schema::{group_members, groups};
        let group: i64 = groups::table
            .filter(groups::desk_id.eq(desk))
            .filter(groups::slug.eq(slug))
            .select(groups::id)
            .first(conn)?;
        let row = (
            group_members::desk_id.eq(desk),
            group_members::group_id.eq(group),
            group_members::user_id.eq(user),
        );
        diesel::insert_into(group_members::table)
            .values(row)
            .execute(conn)?;
        Ok(())
    })
    .await;
    agent
}

/// The agent with a fresh token: stories jump further than a session lives.
async fn fresh(app: &TestApp, agent: &Agent) -> Agent {
    Agent {
        id: agent.id,
        token: app.sign_in(Audience::Console, agent.id, None).await,
    }
}

async fn requester(app: &TestApp, scene: &Scene) -> String {
    app.sign_in(Audience::Portal, scene.ana, Some(scene.desk))
        .await
}

async fn view(app: &TestApp, scene: &Scene) -> TicketView {
    let agent = fresh(app, &scene.first).await;
    app.get(&format!("/api/v1/tickets/{}", scene.code))
        .by(&agent)
        .send()
        .await
        .expect(200)
        .json()
}

async fn portal(app: &TestApp, scene: &Scene) -> RequesterTicket {
    let token = requester(app, scene).await;
    app.get(&format!("/api/v1/portal/tickets/{}", scene.code))
        .bearer(&token)
        .send()
        .await
        .expect(200)
        .json()
}

/// Level 1 takes the ticket, which escalation presupposes.
async fn take(app: &TestApp, scene: &Scene) {
    act(
        app,
        scene,
        &scene.first,
        "assignments",
        json!({ "assignee": scene.first.id }),
    )
    .await
    .expect(200);
}

/// What an agent does to the ticket at its present version.
async fn act(app: &TestApp, scene: &Scene, who: &Agent, deed: &str, body: Value) -> Answer {
    let version = view(app, scene).await.version;
    let who = fresh(app, who).await;
    app.post(&format!("/api/v1/tickets/{}/{deed}", scene.code))
        .by(&who)
        .if_match(version)
        .json(&body)
        .send()
        .await
}

/// What the requester does to the ticket at its present version.
async fn answer(app: &TestApp, scene: &Scene, deed: &str, body: Value) -> Answer {
    let version = portal(app, scene).await.version;
    let token = requester(app, scene).await;
    app.post(&format!("/api/v1/portal/tickets/{}/{deed}", scene.code))
        .bearer(&token)
        .if_match(version)
        .json(&body)
        .send()
        .await
}

fn templates(mails: &[api::mail::Content]) -> Vec<&'static str> {
    mails.iter().map(api::mail::Content::template).collect()
}

both! {
    //
    async fn a_ticket_goes_from_the_form_to_the_rating_with_a_rejection_on_the_way(app: TestApp) {
        let scene = scene(&app).await;
        let opened = view(&app, &scene).await;
        assert_eq!((opened.status, opened.status_label.as_str(), opened.level), (Status::New, "Abierto", 1));
        assert_eq!(templates(&stage::mails(&app, ANA).await), ["code", "ticket_created"]);

        app.advance(TimeDelta::minutes(10));
        let taken: TicketChanged = act(&app, &scene, &scene.first, "assignments", json!({ "assignee": scene.first.id })).await.expect(200).json();
        assert_eq!((taken.status, taken.version), (Status::InProgress, 2));
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "public", "body": "Lo revisamos." })).await.expect(201);
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "internal", "body": "Parece el certificado raíz." })).await.expect(201);

        let escalation = json!({ "level": 2, "group": "endpoint", "assignee": scene.second.id, "justification": "Requiere la consola central." });
        act(&app, &scene, &scene.first, "escalations", escalation).await.expect(200);
        let escalated = view(&app, &scene).await;
        assert_eq!((escalated.level, escalated.assignee.as_ref().map(|agent| agent.id)), (2, Some(scene.second.id)));

        act(&app, &scene, &scene.second, "solutions", json!({ "solution": "Se renovó el certificado." })).await.expect(200);
        let refused = answer(&app, &scene, "rejections", json!({ "reason": "  " })).await;
        assert_eq!(refused.problem(ProblemType::Validation).errors[0].pointer, "/reason");
        assert_eq!(portal(&app, &scene).await.status.id, Status::Solved, "a refused rejection leaves the ticket solved (R-294)");

        answer(&app, &scene, "rejections", json!({ "reason": "Dos equipos siguen igual." })).await.expect(200);
        let reopened = view(&app, &scene).await;
        assert_eq!((reopened.status, reopened.reopen_count), (Status::InProgress, 1), "attention goes on at once (C-06)");
        assert_eq!(reopened.assignee.map(|agent| agent.id), Some(scene.second.id), "it goes back to whoever solved");

        act(&app, &scene, &scene.second, "solutions", json!({ "solution": "Se renovó también en los dos equipos." })).await.expect(200);
        answer(&app, &scene, "surveys", json!({ "stars": 5 })).await.problem(ProblemType::StateConflict);
        answer(&app, &scene, "acceptances", json!({})).await.expect(200);
        let accepted = portal(&app, &scene).await;
        assert!(accepted.actions.rate && !accepted.actions.accept && !accepted.actions.reject);
        assert_eq!(accepted.status.id, Status::Solved, "it stays solved until it is rated (C-07)");
        answer(&app, &scene, "acceptances", json!({})).await.expect(409);
        for wrong in [json!({ "stars": 0 }), json!({ "stars": 6 }), json!({ "stars": 3.5 }), json!({ "stars": "5" })] {
            answer(&app, &scene, "surveys", wrong).await.expect(422);
        }
        answer(&app, &scene, "surveys", json!({ "stars": 4, "comment": "Bien." })).await.expect(200);

        let closed = portal(&app, &scene).await;
        assert_eq!((closed.status.id, closed.status.label.as_str()), (Status::Closed, "Resuelto"));
        assert_eq!(closed.rating.and_then(|rating| rating.stars), Some(4));
        assert!(!closed.actions.message && !closed.actions.rate, "nothing more happens to it (R-134)");
        answer(&app, &scene, "messages", json!({ "body": "¿Hola?" })).await.problem(ProblemType::StateConflict);
        let done = view(&app, &scene).await;
        assert!(done.allowed_commands.iter().all(|allowed| allowed.command == CommandKind::LinkParent), "{:?}", done.allowed_commands);
        assert_eq!(done.stars, Some(4));

        let told = templates(&stage::mails(&app, ANA).await);
        for wanted in ["ticket_created", "message_to_requester", "solved", "closed"] {
            assert!(told.contains(&wanted), "{wanted} is missing in {told:?}");
        }
        assert!(templates(&stage::mails(&app, "andres@example.org").await).contains(&"rejected_to_team"));

        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!((report.tickets, report.faults), (1, Vec::new()));

        // each move stands in the history with both states, who made it, when, and why where somebody said so.
        let moves: Vec<_> = done.timeline.iter().filter_map(|entry| match &entry.body {
            TimelineBody::Event { name, text, .. } if name == "status_changed" => Some((text.as_str(), entry.actor_name.as_str())),
            _ => None,
        }).collect();
        assert_eq!(moves, [
            ("Estado: de Abierto a En atención", "Laura"),
            ("Estado: de En atención a Solucionado", "Andres"),
            ("Estado: de Solucionado a Reabierto", "Ana María Rojas"),
            ("Estado: de Reabierto a En atención", ""),
            ("Estado: de En atención a Solucionado", "Andres"),
            ("Estado: de Solucionado a Resuelto", "Ana María Rojas"),
        ]);
        let taken = done.timeline.iter().find(|entry| matches!(&entry.body, TimelineBody::Event { name, .. } if name == "status_changed")).unwrap();
        assert_eq!(taken.at, opened.created_at + TimeDelta::minutes(10));
        assert!(done.timeline.iter().any(|entry| matches!(&entry.body, TimelineBody::Event { name, note: Some(note), .. } if name == "solution_rejected" && note == "Dos equipos siguen igual.")));
        // so does every mail, with its kind, whom it went to, when, and what became of it.
        let worker = api::outbox::worker::Worker::of(&app.state).unwrap();
        while worker.run_once(app.clock.now()).await.unwrap().sent > 0 {}
        let mails: Vec<_> = view(&app, &scene).await.timeline.into_iter().filter_map(|entry| match entry.body {
            TimelineBody::Mail { template, recipient, status, .. } => Some((template, recipient, status, entry.at)),
            _ => None,
        }).collect();
        for (template, recipient) in [("ticket_created", ANA), ("message_to_requester", ANA), ("solved", ANA), ("rejected_to_team", "andres@example.org"), ("closed", ANA)] {
            let told = mails.iter().find(|mail| mail.0 == template && mail.1 == recipient);
            assert!(told.is_some_and(|mail| mail.2 == MailStatus::Sent && mail.3 >= opened.created_at), "{template} to {recipient}: {mails:?}");
        }
    }

    //
    async fn what_is_internal_never_reaches_the_requester(app: TestApp) {
        let scene = scene(&app).await;
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "internal", "body": "CANARIO-INTERNO" })).await.expect(201);
        take(&app, &scene).await;
        let escalation = json!({ "level": 2, "group": "endpoint", "justification": "CANARIO-JUSTIFICACION" });
        act(&app, &scene, &scene.first, "escalations", escalation).await.expect(200);
        let mut seen = String::new();
        for path in [format!("/api/v1/portal/tickets/{}", scene.code), "/api/v1/portal/tickets".to_owned()] {
            seen += &app.get(&path).bearer(&scene.requester).send().await.expect(200).text();
        }
        seen += &serde_json::to_string(&stage::mails(&app, ANA).await).unwrap();
        assert!(!seen.contains("CANARIO"), "{seen}");
        assert!(!seen.contains("Laura"), "who is in charge is the team's business (R-396)");
        let agents = app.get(&format!("/api/v1/tickets/{}", scene.code)).by(&scene.second).send().await.expect(200).text();
        assert!(agents.contains("CANARIO-INTERNO") && agents.contains("CANARIO-JUSTIFICACION"));
    }

    //
    async fn a_message_goes_to_the_other_side_and_is_acknowledged(app: TestApp) {
        let scene = scene(&app).await;
        act(&app, &scene, &scene.first, "assignments", json!({ "assignee": scene.first.id })).await.expect(200);
        answer(&app, &scene, "messages", json!({ "body": "También falla el equipo CT-9." })).await.expect(201);
        assert!(templates(&stage::mails(&app, "laura@example.org").await).contains(&"message_to_team"));
        assert!(templates(&stage::mails(&app, ANA).await).contains(&"message_received"), "C-10");
        let ticket = view(&app, &scene).await;
        let last = ticket.timeline.iter().rev().find_map(|entry| match &entry.body {
            TimelineBody::Message { visibility, body, .. } => Some((*visibility, body.clone())),
            _ => None,
        });
        assert_eq!(last, Some((Visibility::Public, "También falla el equipo CT-9.".to_owned())));
        assert_eq!(portal(&app, &scene).await.messages.len(), 1, "the description is not repeated among the messages");
    }

    async fn the_same_request_twice_is_done_once(app: TestApp) {
        let scene = scene(&app).await;
        let new = json!({
            "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p2",
            "subject": "Llamada", "message": "Llamó por teléfono."
        });
        let send = |body: Value| {
            let call = app.post("/api/v1/tickets").by(&scene.first).header("idempotency-key", "llamada-1").json(&body);
            async { call.send().await }
        };
        let first: TicketChanged = send(new.clone()).await.expect(201).json();
        let again = send(new.clone()).await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.json::<TicketChanged>(), first);
        let mut other = new;
        other["subject"] = json!("Otra llamada");
        send(other).await.problem(ProblemType::IdempotencyMismatch);
        assert_eq!(stage::ticket_count(&app).await, 2);
    }

    async fn a_kept_answer_is_given_again_also_when_its_requester_is_gone(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = member(&app, &stage, "Laura", "mesa").await;
        let body = json!({
            "desk": DESK, "requester_email": "Ana.Rojas@Example.org", "channel": "phone", "request_type": "incident", "category": "eset",
            "priority": "p3", "subject": "La consola no abre", "message": "Detalle."
        });
        let ask = async |key: &str, body: &Value| app.post("/api/v1/tickets").by(&laura).header("Idempotency-Key", key).json(body).send().await;
        let first = ask("uno", &body).await.expect(201);
        let again = ask("uno", &body).await.expect(201);
        assert_eq!((again.header("Idempotency-Replayed"), again.text()), (Some("true"), first.text()));
        let other = json!({ "subject": "Otra cosa" });
        let mut changed = body.clone();
        changed["subject"] = other["subject"].clone();
        ask("uno", &changed).await.problem(ProblemType::IdempotencyMismatch);
        // Neither of another key nor of another person.
        ask("dos", &changed).await.expect(201);
        let ana = stage.ana;
        app.seed(move |conn| {
            use db::schema::people;
            Ok(diesel::update(people::table.find(ana)).set(people::active.eq(false)).execute(conn)?)
        }).await;
        let later = ask("uno", &body).await.expect(201);
        assert_eq!((later.header("Idempotency-Replayed"), later.text()), (Some("true"), first.text()));
        ask("uno", &changed).await.problem(ProblemType::IdempotencyMismatch);
        let refused = ask("tres", &body).await.problem(ProblemType::Validation);
        assert_eq!(refused.errors.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/requester_email"]);
        // An address that is none: what was done under the key counts first.
        let mut broken = body.clone();
        broken["requester_email"] = json!("ana.example.org");
        ask("uno", &broken).await.problem(ProblemType::IdempotencyMismatch);
        ask("cuatro", &broken).await.problem(ProblemType::Validation);
        assert_eq!(stage::ticket_count(&app).await, 2);
    }

    async fn of_many_equal_requests_at_once_one_makes_a_ticket_and_the_others_get_its_answer(app: TestApp) {
        let scene = scene(&app).await;
        let before = stage::ticket_count(&app).await;
        let new = json!({
            "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p3",
            "subject": "Llamada", "message": "Llamó por teléfono."
        });
        let send = |agent: &Agent| app.post("/api/v1/tickets").by(agent).header("idempotency-key", "llamada-1").json(&new).send();
        let answers = futures_util::future::join_all((0..12).map(|_| send(&scene.first))).await;
        assert_eq!(stage::ticket_count(&app).await, before + 1);
        let first = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
        assert_eq!(first, 1);
        let made: Vec<TicketChanged> = answers.into_iter().map(|answer| answer.expect(201).json()).collect();
        assert!(made.iter().all(|each| *each == made[0]), "{made:?}");
        // After a day the name is free again, whatever it stood for.
        app.advance(TimeDelta::hours(24));
        let agent = fresh(&app, &scene.first).await;
        let again = send(&agent).await.expect(201);
        assert_eq!(again.header("idempotency-replayed"), None);
        assert_ne!(again.json::<TicketChanged>().code, made[0].code);
        assert_eq!(stage::ticket_count(&app).await, before + 2);
        let repeated = send(&agent).await.expect(201);
        assert_eq!(repeated.header("idempotency-replayed"), Some("true"));
        assert_eq!(stage::ticket_count(&app).await, before + 2);
    }

    async fn of_two_who_change_a_ticket_at_once_one_is_told(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/v1/tickets/{}/assignments", scene.code);
        app.post(&path).by(&scene.first).json(&json!({ "assignee": scene.first.id })).send().await.problem(ProblemType::PreconditionRequired);
        app.post(&path).by(&scene.first).if_match(1).json(&json!({ "assignee": scene.first.id })).send().await.expect(200);
        let late = app.post(&path).by(&scene.second).if_match(1).json(&json!({ "assignee": scene.second.id })).send().await;
        late.problem(ProblemType::VersionMismatch);
        assert_eq!(view(&app, &scene).await.assignee.map(|agent| agent.id), Some(scene.first.id));
    }

    async fn bad_fields_are_named_all_at_once_and_change_nothing(app: TestApp) {
        let scene = scene(&app).await;
        let new = json!({
            "desk": DESK, "requester_email": "nadie@example.org", "channel": "phone", "request_type": "incident", "category": "no-existe",
            "priority": "p9", "subject": " ", "message": ""
        });
        let problem = app.post("/api/v1/tickets").by(&scene.first).json(&new).send().await.problem(ProblemType::Validation);
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/subject", "/message", "/requester_email"]);
        let new = json!({
            "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "no-existe",
            "priority": "p9", "subject": "Algo", "message": "Algo."
        });
        let problem = app.post("/api/v1/tickets").by(&scene.first).json(&new).send().await.problem(ProblemType::Validation);
        let mut pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.clone()).collect();
        pointers.sort();
        assert_eq!(pointers, ["/category", "/priority"]);
        take(&app, &scene).await;
        let foreign = json!({ "level": 2, "group": "mesa", "justification": "No es de ese nivel." });
        let problem = act(&app, &scene, &scene.first, "escalations", foreign).await.problem(ProblemType::Validation);
        assert_eq!(problem.errors[0].pointer, "/group");
        let nobody = json!({ "assignee": 424_242 });
        act(&app, &scene, &scene.first, "assignments", nobody).await.problem(ProblemType::Validation);
        assert_eq!(view(&app, &scene).await.version, 2);
        assert_eq!(stage::ticket_count(&app).await, 1);
    }

    //
    async fn the_severity_is_corrected_with_a_reason_and_the_time_used_counts(app: TestApp) {
        let scene = scene(&app).await;
        app.advance(TimeDelta::hours(2));
        act(&app, &scene, &scene.first, "priority-changes", json!({ "priority": "p1", "reason": "" })).await.expect(422);
        act(&app, &scene, &scene.first, "priority-changes", json!({ "priority": "p1", "reason": "Afecta a todos." })).await.expect(200);
        let ticket = view(&app, &scene).await;
        let attention = ticket.clocks.iter().find(|clock| clock.clock == ClockName::Attention).unwrap();
        assert_eq!(attention.status, ClockStatus::Breached, "one hour was promised for P1 and two had passed");
        let solution = ticket.clocks.iter().find(|clock| clock.clock == ClockName::Solution).unwrap();
        assert_eq!((solution.used_minutes, solution.remaining_minutes), (120, Some(120)));
        let told = ticket.timeline.iter().any(|entry| entry.actor_name == "Laura" && matches!(&entry.body, TimelineBody::Event { text, note, .. }
            if text == "Gravedad: de P3-Medio a P1-Crítico" && note.as_deref() == Some("Afecta a todos.")));
        assert!(told, "{:?}", ticket.timeline);
    }

    async fn warnings_and_breaches_are_written_once(app: TestApp) {
        let scene = scene(&app).await;
        // P3 at level 1: attention in 4 business hours; the story begins at 9:00 in Bogotá.
        app.advance(TimeDelta::hours(5));
        for _ in 0..3 {
            sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        }
        let breaches = |ticket: &TicketView| {
            ticket.timeline.iter().filter(|entry| matches!(&entry.body, TimelineBody::Event { name, .. } if name == "sla_breached")).count()
        };
        let late = view(&app, &scene).await;
        assert_eq!(breaches(&late), 1, "{:?}", late.timeline);
        act(&app, &scene, &scene.first, "assignments", json!({ "assignee": scene.first.id })).await.expect(200);
        app.advance(TimeDelta::days(9));
        for _ in 0..3 {
            sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        }
        let later = view(&app, &scene).await;
        assert_eq!(breaches(&later), 2, "the solution's, once");
        assert!(later.clocks.iter().all(|clock| clock.breached_at.is_some()), "a breach stays one");
        // it is solved at last, and stays late in the ticket, in the queue and in its filter.
        act(&app, &scene, &scene.first, "solutions", json!({ "solution": "Listo." })).await.expect(200);
        app.advance(TimeDelta::days(1));
        let solved = view(&app, &scene).await;
        assert!(solved.clocks.iter().all(|clock| clock.status == ClockStatus::Breached && clock.breached_at.is_some()), "{:?}", solved.clocks);
        let laura = fresh(&app, &scene.first).await;
        let rows: Page<TicketRow> = app.get(&format!("/api/v1/tickets?desk={DESK}&view=all")).by(&laura).send().await.expect(200).json();
        assert!(rows.items.iter().all(|row| row.sla.status == ClockStatus::Breached), "{:?}", rows.items);
    }

    //
    async fn level_three_promises_no_solution_time(app: TestApp) {
        let scene = scene(&app).await;
        take(&app, &scene).await;
        let escalation = json!({ "level": 3, "group": group_of_level(&app, &scene, 3).await, "justification": "Requiere al fabricante." });
        act(&app, &scene, &scene.first, "escalations", escalation).await.expect(200);
        let ticket = view(&app, &scene).await;
        let solution = ticket.clocks.iter().find(|clock| clock.clock == ClockName::Solution).unwrap();
        assert_eq!((solution.status, solution.target.as_deref(), solution.due_at), (ClockStatus::None, None, None), "R-107");
        let attention = ticket.clocks.iter().find(|clock| clock.clock == ClockName::Attention).unwrap();
        assert_eq!((attention.status, attention.used_minutes), (ClockStatus::Running, 0), "a new attention target from the arrival (R-108)");
    }

    //
    async fn an_explanation_adds_up(app: TestApp) {
        let scene = scene(&app).await;
        app.advance(TimeDelta::days(3));
        let clocks = app.get(&format!("/api/v1/tickets/{}/sla", scene.code)).by(&fresh(&app, &scene.first).await).send().await.expect(200).json::<Value>();
        for clock in clocks["clocks"].as_array().unwrap() {
            let segments = clock["segments"].as_array().unwrap();
            let sum: i64 = segments.iter().map(|segment| segment["counted_seconds"].as_i64().unwrap()).sum();
            assert_eq!(Some(sum), clock["used_seconds"].as_i64());
            assert!(segments.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]), "no gaps");
        }
    }

    async fn the_queue_is_filtered_sorted_and_paged_without_losing_or_repeating(app: TestApp) {
        let scene = scene(&app).await;
        for number in 0..6 {
            app.advance(TimeDelta::minutes(7));
            let priority = format!("p{}", number % 4 + 1);
            let new = json!({
                "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "request", "category": "eset",
                "priority": priority, "subject": format!("Solicitud número {number} con 100% de uso"), "message": "Detalle."
            });
            app.post("/api/v1/tickets").by(&fresh(&app, &scene.first).await).json(&new).send().await.expect(201);
        }
        let laura = fresh(&app, &scene.first).await;
        let andres = fresh(&app, &scene.second).await;
        let list = |query: String| {
            let call = app.get(&format!("/api/v1/tickets?desk={DESK}&{query}")).by(&laura);
            async { call.send().await }
        };
        for sort in ["due", "-due", "created", "-created", "updated", "-updated", "priority", "-priority"] {
            let mut codes: Vec<String> = Vec::new();
            let mut cursor = String::new();
            loop {
                let page: Page<TicketRow> = list(format!("sort={sort}&limit=2{cursor}")).await.expect(200).json();
                codes.extend(page.items.into_iter().map(|row| row.code));
                match page.next {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let mut unique = codes.clone();
            unique.sort();
            unique.dedup();
            assert_eq!((codes.len(), unique.len()), (7, 7), "{sort}: {codes:?}");
        }
        let found = |page: Page<TicketRow>| page.items.len();
        // within a priority the number decides.
        let page: Page<TicketRow> = list("sort=priority&limit=100".into()).await.expect(200).json();
        let order: Vec<(String, u32)> = page.items.iter().map(|row| (row.priority.id.clone(), row.code.trim_start_matches("INF-").parse().unwrap())).collect();
        let mut sorted = order.clone();
        sorted.sort();
        assert_eq!(order, sorted);
        // the two types are kept apart by their filter.
        for (kind, count) in [("incident", 1), ("request", 6)] {
            let page: Page<TicketRow> = list(format!("request_type={kind}")).await.expect(200).json();
            assert!(page.items.len() == count && page.items.iter().all(|row| row.request_type.as_str() == kind), "{kind}: {:?}", page.items);
        }
        assert_eq!(found(list("priority=p1,p2".into()).await.expect(200).json()), 4);
        assert_eq!(found(list("q=NUMERO".into()).await.expect(200).json()), 6, "accents and case do not matter");
        assert_eq!(found(list("q=100%25".into()).await.expect(200).json()), 6, "a percent sign is only itself");
        assert_eq!(found(list("q=_".into()).await.expect(200).json()), 0);
        assert_eq!(found(list("view=mine".into()).await.expect(200).json()), 0);
        act(&app, &scene, &scene.first, "assignments", json!({ "assignee": scene.first.id })).await.expect(200);
        assert_eq!(found(list("view=mine".into()).await.expect(200).json()), 1);
        let counts: ViewCounts = app.get(&format!("/api/v1/tickets/counts?desk={DESK}")).by(&laura).send().await.expect(200).json();
        assert_eq!((counts.mine, counts.all, counts.unassigned, counts.group), (1, 7, 6, 7));
        // what is theirs, what is their group's, and the whole project; a specialist of another group has a list of their own.
        act(&app, &scene, &scene.first, "escalations", json!({ "level": 2, "group": "endpoint", "justification": "Del nivel 2." })).await.expect(200);
        let viewed = async |who: &Agent, view: &str| found(app.get(&format!("/api/v1/tickets?desk={DESK}&view={view}")).by(&fresh(&app, who).await).send().await.expect(200).json());
        assert_eq!((viewed(&scene.first, "mine").await, viewed(&scene.first, "group").await, viewed(&scene.first, "all").await), (0, 6, 7));
        assert_eq!((viewed(&scene.second, "mine").await, viewed(&scene.second, "group").await, viewed(&scene.second, "all").await), (0, 1, 7));
        // Of a desk that they do not belong to they see nothing.
        let stranger = app.agent("Zoe", &[]).await;
        app.get(&format!("/api/v1/tickets?desk={DESK}&view=all")).by(&stranger).send().await.expect(404);

        let page: Page<TicketRow> = list("limit=2".into()).await.expect(200).json();
        let next = page.next.unwrap();
        list(format!("limit=2&sort=created&cursor={next}")).await.problem(ProblemType::BadCursor);
        app.get(&format!("/api/v1/tickets?desk={DESK}&limit=2&cursor={next}")).by(&andres).send().await.problem(ProblemType::BadCursor);
        for wrong in ["limit=0", "limit=101", "sort=password_hash", "status=nope", "level=4", "fields=*"] {
            list(wrong.into()).await.expect(422);
        }
        list("limit=2&limit=3".into()).await.expect(400);
    }

    async fn a_known_version_is_not_sent_again(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/v1/tickets/{}", scene.code);
        let first = app.get(&path).by(&scene.first).send().await.expect(200);
        let tag = first.header("etag").unwrap().to_owned();
        app.get(&path).by(&scene.first).header("if-none-match", &tag).send().await.expect(304);
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "internal", "body": "Nota." })).await.expect(201);
        app.get(&path).by(&scene.first).header("if-none-match", &tag).send().await.expect(200);
    }

    async fn what_changes_without_a_version_is_sent_again(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/v1/tickets/{}", scene.code);
        let first = app.get(&path).by(&scene.first).send().await.expect(200);
        let tag = first.header("etag").unwrap().to_owned();
        app.seed(|conn| {
            use db::schema::people;
            diesel::update(people::table).set(people::phone.eq("601 555 0177")).execute(conn)?;
            Ok(())
        })
        .await;
        let again = app.get(&path).by(&scene.first).header("if-none-match", &tag).send().await.expect(200);
        assert!(again.text().contains("601 555 0177"));
        // The version is the same, so the old tag still says what was seen.
        let take = app.post(&format!("{path}/assignments")).by(&scene.first).header("if-match", &tag);
        take.json(&json!({ "assignee": scene.first.id })).send().await.expect(200);
    }

    async fn a_kept_answer_is_not_given_to_whoever_may_no_longer_ask(app: TestApp) {
        let scene = scene(&app).await;
        let path = format!("/api/v1/tickets/{}/messages", scene.code);
        let note = || app.post(&path).by(&scene.first).header("idempotency-key", "note-1").json(&json!({ "visibility": "internal", "body": "Nota." })).send();
        let new = || {
            let body = json!({
                "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset",
                "priority": "p3", "subject": "No actualiza", "message": "Desde ayer.",
            });
            app.post("/api/v1/tickets").by(&scene.first).header("idempotency-key", "new-1").json(&body).send()
        };
        note().await.expect(201);
        new().await.expect(201);
        note().await.expect(201);
        new().await.expect(201);
        let user = scene.first.id;
        app.seed(move |conn| {
            use db::schema::memberships;
            let none = db::JsonText(shared::ticket::actor::PrivilegeSet::NONE);
            diesel::update(memberships::table.filter(memberships::user_id.eq(user)))
                .set(memberships::privileges.eq(none))
                .execute(conn)?;
            Ok(())
        })
        .await;
        note().await.problem(ProblemType::NotFound);
        new().await.problem(ProblemType::Forbidden);
    }

    async fn a_version_known_in_one_language_is_not_taken_for_the_other(app: TestApp) {
        let scene = scene(&app).await;
        let (console, portal) = (format!("/api/v1/tickets/{}", scene.code), format!("/api/v1/portal/tickets/{}", scene.code));
        for (path, token) in [(&console, &scene.first.token), (&portal, &scene.requester)] {
            let get = |lang: &str| app.get(path).bearer(token).header("accept-language", lang);
            let spanish = get("es").send().await.expect(200);
            let tag = spanish.header("etag").unwrap().to_owned();
            assert!(spanish.header("vary").unwrap().contains("Accept-Language"));
            get("es").header("if-none-match", &tag).send().await.expect(304);
            let english = get("en").header("if-none-match", &tag).send().await.expect(200);
            assert_ne!(english.header("etag"), Some(tag.as_str()), "{path}");
            assert_ne!(english.text(), spanish.text());
        }
        // What was read in one language may be changed in the other.
        let tag = app.get(&console).by(&scene.first).header("accept-language", "en").send().await.expect(200).header("etag").unwrap().to_owned();
        let take = app.post(&format!("{console}/assignments")).by(&scene.first).header("accept-language", "es").header("if-match", &tag);
        take.json(&json!({ "assignee": scene.first.id })).send().await.expect(200);
        let again = app.post(&format!("{console}/assignments")).by(&scene.second).header("if-match", &tag);
        again.json(&json!({ "assignee": scene.second.id })).send().await.problem(ProblemType::VersionMismatch);
    }

    async fn who_left_the_desk_gets_no_more_mail_of_its_tickets(app: TestApp) {
        let scene = scene(&app).await;
        let stage = Stage { desk: scene.desk, ana: scene.ana, ben: 0 };
        let colleague = member(&app, &stage, "Nora", "mesa").await;
        let others = app.agent("Quintin", &[(scene.desk, &[Privilege::TicketRead, Privilege::TicketCoordinate])]).await;
        take(&app, &scene).await;
        let told = async |name: &str| templates(&stage::mails(&app, &format!("{name}@example.org")).await).into_iter().filter(|template| *template == "message_to_team").count();
        answer(&app, &scene, "messages", json!({ "body": "Uno." })).await.expect(201);
        assert_eq!((told("laura").await, told("nora").await, told("quintin").await), (1, 0, 0));

        leave(&app, &scene.first, scene.desk).await;
        answer(&app, &scene, "messages", json!({ "body": "Dos." })).await.expect(201);
        assert_eq!((told("laura").await, told("nora").await, told("quintin").await), (1, 1, 0), "the group stands in");

        disable(&app, &colleague).await;
        answer(&app, &scene, "messages", json!({ "body": "Tres." })).await.expect(201);
        assert_eq!((told("laura").await, told("nora").await, told("quintin").await), (1, 1, 1), "those who coordinate stand in for the group");
        assert!(others.id > 0);
    }

    //
    async fn whoever_was_shut_out_gets_no_more_mail_of_their_ticket(app: TestApp) {
        let scene = scene(&app).await;
        let ana = scene.ana;
        take(&app, &scene).await;
        let say = |text: &str| json!({ "visibility": "public", "body": text });
        act(&app, &scene, &scene.first, "messages", say("Uno.")).await.expect(201);
        let told = templates(&stage::mails(&app, ANA).await);
        assert_eq!(told, ["code", "ticket_created", "message_to_requester"]);

        app.seed(move |conn| Ok(api::people::store::set_active(conn, ana, false)?)).await;
        act(&app, &scene, &scene.first, "messages", say("Dos.")).await.expect(201);
        let escalation = json!({ "level": 2, "group": "endpoint", "assignee": scene.second.id, "justification": "Requiere la consola central." });
        act(&app, &scene, &scene.first, "escalations", escalation).await.expect(200);
        act(&app, &scene, &scene.second, "solutions", json!({ "solution": "Se renovó el certificado." })).await.expect(200);
        assert_eq!(templates(&stage::mails(&app, ANA).await), told);
        assert!(templates(&stage::mails(&app, "andres@example.org").await).contains(&"escalated"), "the others are told as before");
    }

    //
    async fn a_mail_that_was_called_back_is_not_said_to_have_failed(app: TestApp) {
        let scene = scene(&app).await;
        take(&app, &scene).await;
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "public", "body": "Uno." })).await.expect(201);
        app.seed(|conn| {
            use db::schema::outbox;
            let of_the_message = outbox::table.filter(outbox::template.eq("message_to_requester"));
            diesel::update(of_the_message).set((outbox::status.eq("failed"), outbox::last_error.eq("550 no such user"))).execute(conn)?;
            Ok::<_, ApiError>(api::outbox::store::withdraw(conn, ANA, |_, _| true)?)
        }).await;
        let ticket: TicketView = app.get(&format!("/api/v1/tickets/{}", scene.code)).by(&scene.first).send().await.expect(200).json();
        let of_ana = |entry: &TimelineEntry| match &entry.body {
            TimelineBody::Mail { template, recipient, status, .. } if recipient == ANA => Some((template.clone(), *status)),
            _ => None,
        };
        let mails: Vec<_> = ticket.timeline.iter().filter_map(of_ana).collect();
        let expected = [("ticket_created", MailStatus::Withdrawn), ("message_to_requester", MailStatus::Failed)];
        assert_eq!(mails, expected.map(|(template, status)| (template.to_owned(), status)));
    }

    async fn tickets_that_are_created_at_once_are_each_whole(app: TestApp) {
        let stage = stage::set(&app).await;
        member(&app, &stage, "Berta", "mesa").await;
        let opener = app.agent("Olga", &[(stage.desk, Privilege::ALL)]).await;
        let body = |number: usize| {
            // Every fifth is of nobody, and refused.
            let email = if number % 5 == 4 { "nadie@example.org" } else { ANA };
            json!({
                "desk": DESK, "requester_email": email, "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p2",
                "subject": format!("Llamada {number}"), "message": format!("Llamó por {number}.")
            })
        };
        let create = async |number: usize| {
            app.post("/api/v1/tickets").by(&opener).header("idempotency-key", &format!("llamada-{number}")).json(&body(number)).send().await
        };
        let answers = futures_util::future::join_all((0..30).map(create)).await;
        let mut codes = std::collections::BTreeSet::new();
        for (number, answer) in answers.into_iter().enumerate() {
            if number % 5 == 4 {
                answer.problem(ProblemType::Validation);
                continue;
            }
            let made = answer.expect(201).json::<TicketChanged>();
            let again = create(number).await;
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            assert_eq!(again.expect(201).json::<TicketChanged>().code, made.code);
            let ticket: TicketView = app.get(&format!("/api/v1/tickets/{}", made.code)).by(&opener).send().await.expect(200).json();
            assert_eq!(ticket.subject, format!("Llamada {number}"));
            let said: Vec<_> = ticket.timeline.iter().map(|entry| serde_json::to_value(&entry.body).unwrap()).collect();
            let text = format!("Llamó por {number}.");
            assert_eq!(said.iter().filter(|entry| entry["body"] == text.as_str()).count(), 1, "{said:?}");
            assert_eq!(said.len(), 4, "what happened, what was written, and a mail to each of two: {said:?}");
            codes.insert(made.code);
        }
        assert_eq!(codes.len(), 24);
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!(report.faults, Vec::<String>::new());
    }

    async fn a_new_ticket_is_told_to_whoever_is_in_its_group_then_however_many(app: TestApp) {
        let stage = stage::set(&app).await;
        // Neither who has no place at the desk nor whose account is closed nor who is of another group.
        let gone = [member(&app, &stage, "Gil", "mesa").await, member(&app, &stage, "Hugo", "mesa").await];
        let gil = gone[0].id;
        app.seed(move |conn| {
            use db::schema::memberships;
            Ok(diesel::delete(memberships::table.filter(memberships::user_id.eq(gil))).execute(conn)?)
        }).await;
        disable(&app, &gone[1]).await;
        member(&app, &stage, "Ines", "endpoint").await;
        let opener = app.agent("Olga", &[(stage.desk, Privilege::ALL)]).await;
        let mut members: Vec<String> = Vec::new();
        for name in ["", "Berta", "Caro", "Dina", "Elsa", "Fina"] {
            if !name.is_empty() {
                member(&app, &stage, name, "mesa").await;
                members.push(format!("{}@example.org", name.to_lowercase()));
            }
            let new = json!({
                "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p2",
                "subject": "Llamada", "message": "Llamó por teléfono."
            });
            let changed: TicketChanged = app.post("/api/v1/tickets").by(&opener).json(&new).send().await.expect(201).json();
            let code = changed.code.clone();
            let told: Vec<(String, String, Option<i32>)> = app.seed(move |conn| {
                use db::schema::{outbox, tickets};
                let mails = outbox::table.inner_join(tickets::table.on(outbox::ticket_id.eq(tickets::id.nullable())));
                Ok(mails.filter(tickets::code.eq(code)).order(outbox::recipient).select((outbox::recipient, outbox::template, outbox::event_seq)).load(conn)?)
            }).await;
            let mut expected = vec![(ANA.to_owned(), "ticket_created".to_owned(), Some(1))];
            expected.extend(members.iter().map(|member| (member.clone(), "new_ticket_to_group".to_owned(), Some(1))));
            assert_eq!(told, expected);
            let ticket: TicketView = app.get(&format!("/api/v1/tickets/{}", changed.code)).by(&opener).send().await.expect(200).json();
            assert_eq!((ticket.version, ticket.subject.as_str(), ticket.timeline.len()), (1, "Llamada", 2 + told.len()));
        }
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!(report.faults, Vec::<String>::new());
    }

    async fn different_tickets_are_stored_in_one_statement_or_not_at_all(app: TestApp) {
        use api::db::gather::Gathered;
        use api::http::idempotency::{Guard, StoredAnswer, is_taken, replay};
        use api::tickets::commands::{Creation, prepare_ticket};
        use api::tickets::error::TicketError;
        use shared::ticket::actor::Actor;
        let stage = stage::set(&app).await;
        let (desks, now) = (app.state.desks.clone(), app.clock.now());
        let desk = app.seed(move |conn| Ok(desks.by_slug(conn, DESK, now)?.unwrap())).await;
        if !app.state.db.is_postgres() {
            // Where each is stored before the next is prepared.
            return;
        }
        let opener = app.agent("Olga", &[(stage.desk, Privilege::ALL)]).await;
        let names = [guard(&app, "uno", "agent:1", "body").await, guard(&app, "dos", "agent:1", "body").await];
        let prepare = async |subject: &'static str, name: Option<&Guard>| {
            let name = name.cloned();
            let desk = Arc::clone(&desk);
            app.seed(move |conn| {
                let new = by_api(api::tickets::store::requester_by_id(conn, stage.ana)?, subject);
                let ticket = prepare_ticket(conn, &desk, &Actor::System, new, now)?;
                let answer = StoredAnswer::created(&ticket.changed().code)?;
                let answer = name.map(|name| name.kept(&answer, now)).transpose()?;
                Ok(Creation { desk, ticket, answer })
            }).await
        };
        // The first when there is nobody in its group, the others when there are five; the last keeps no answer.
        let mut all = vec![prepare("Uno", Some(&names[0])).await];
        for name in ["Berta", "Caro", "Dina", "Elsa", "Fina"] {
            member(&app, &stage, name, "mesa").await;
        }
        all.push(prepare("Dos", Some(&names[1])).await);
        all.push(prepare("Tres", None).await);
        let codes: Vec<String> = all.iter().map(|new| new.ticket.changed().code.clone()).collect();
        let (_, asked) = statements(&app, move |conn| Ok(Creation::store(&all, conn)?)).await;
        assert_eq!(asked.len(), 1, "{asked:?}");
        for (place, (subject, mails)) in [("Uno", 1), ("Dos", 6), ("Tres", 6)].into_iter().enumerate() {
            let ticket: TicketView = app.get(&format!("/api/v1/tickets/{}", codes[place])).by(&opener).send().await.expect(200).json();
            let bodies: Vec<Value> = ticket.timeline.iter().map(|entry| serde_json::to_value(&entry.body).unwrap()).collect();
            assert_eq!((ticket.subject.as_str(), bodies.len()), (subject, 2 + mails), "{bodies:?}");
        }
        for (name, code) in names.iter().zip(&codes) {
            let name = name.clone();
            let answer = app.seed(move |conn| replay(conn, Some(&name), now)).await.unwrap();
            assert_eq!(serde_json::to_value(&answer).unwrap()["body"], serde_json::to_string(code).unwrap());
        }
        // One that was stored before, among new ones: none of them is.
        let before = stage::ticket_count(&app).await;
        let all = vec![prepare("Cuatro", None).await, prepare("Cinco", Some(&names[0])).await];
        let outcome = app.state.db.write(move |conn| -> Result<(), TicketError> { Creation::store(&all, conn) }).await;
        let taken = outcome.map_err(|error| Creation::database(error).map(|error| is_taken(&error)));
        assert!(matches!(taken, Err(Ok(true))), "{taken:?}");
        assert_eq!(stage::ticket_count(&app).await, before);
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!(report.faults, Vec::<String>::new());
    }

    async fn opening_asks_postgresql_no_more_than_it_must(app: TestApp) {
        use api::http::idempotency::{StoredAnswer, replay};
        use api::tickets::commands::prepare_ticket;
        use api::tickets::store::{draw, group_agents};
        use shared::ticket::actor::Actor;
        let stage = stage::set(&app).await;
        let (desks, now) = (app.state.desks.clone(), app.clock.now());
        let desk = app.seed(move |conn| Ok(desks.by_slug(conn, DESK, now)?.unwrap())).await;
        let group = desk.group_id("mesa").unwrap();
        let gone = member(&app, &stage, "Gil", "mesa").await;
        disable(&app, &gone).await;
        for members in [0, 1, 3, 8] {
            let have = app.seed(move |conn| Ok(group_agents(conn, stage.desk, group)?.len())).await;
            for number in have..members {
                member(&app, &stage, &format!("Agente{number}"), "mesa").await;
            }
            let run = Arc::clone(&desk);
            let (drawn, known) = app.seed(move |conn| Ok((draw(conn, run.id, Some(group))?, group_agents(conn, run.id, group)?))).await;
            assert_eq!(known.len(), members);
            if let Some(drawn) = drawn.members {
                let keys = |agents: &[api::tickets::store::AgentRow]| agents.iter().map(|agent| (agent.id, agent.full_name.clone(), agent.email.clone(), agent.language.clone())).collect::<Vec<_>>();
                assert_eq!(keys(&drawn), keys(&known), "the members are those that every other mail goes to");
            }
            let requester = app.seed(move |conn| Ok(api::tickets::store::requester_by_id(conn, stage.ana)?)).await;
            let new = by_api(requester, "La consola no actualiza");
            let (run, one) = (Arc::clone(&desk), new.clone());
            let (_, asked) = statements(&app, move |conn| Ok(prepare_ticket(conn, &run, &Actor::System, one, now)?.store(conn, &run, None)?)).await;
            if app.state.db.is_postgres() {
                assert_eq!(asked.len(), 2, "{members} members: {asked:?}");
            }
            // The name of the request costs one statement more; its answer is kept with the ticket, and given again.
            let guard = guard(&app, &format!("alarma-{members}"), "agent:1", "body").await;
            let mut answers = Vec::new();
            for replayed in [false, true] {
                let (run, one, guard) = (Arc::clone(&desk), new.clone(), guard.clone());
                let work = move |conn: &mut db::DbConnection| {
                    if let Some(answer) = replay(conn, Some(&guard), now)? {
                        return Ok(answer);
                    }
                    let ticket = prepare_ticket(conn, &run, &Actor::System, one, now)?;
                    let answer = StoredAnswer::created(&ticket.changed().code)?;
                    ticket.store(conn, &run, Some(&guard.kept(&answer, now)?))?;
                    Ok(answer)
                };
                let (answer, asked) = statements(&app, work).await;
                assert_eq!(answer.is_replay(), replayed);
                if app.state.db.is_postgres() && !replayed {
                    assert_eq!(asked.len(), 3, "{members} members: {asked:?}");
                }
                answers.push(answer);
            }
            let bodies = answers.into_iter().map(|answer| serde_json::to_value(&answer).unwrap()["body"].clone()).collect::<Vec<_>>();
            assert_eq!(bodies[0], bodies[1]);
        }
    }

    async fn whoever_is_renamed_has_the_new_name_in_the_queue_at_once(app: TestApp) {
        use db::schema::{organizations, people, users};
        let scene = scene(&app).await;
        let (ana, laura) = (scene.ana, scene.first.id);
        act(&app, &scene, &scene.first, "assignments", json!({ "assignee": laura })).await.expect(200);
        let named = async || {
            let page: Page<TicketRow> = app.get(&format!("/api/v1/tickets?desk={DESK}")).by(&scene.first).send().await.expect(200).json();
            let row = page.items.into_iter().next().unwrap();
            (row.requester.name, row.requester_entity, row.assignee.map(|agent| agent.name))
        };
        let words = |requester: &str, entity: Option<&str>, assignee: &str| (requester.to_owned(), entity.map(str::to_owned), Some(assignee.to_owned()));
        assert_eq!(named().await, words("Ana María Rojas", Some("Alcaldía de San Roque"), "Laura"));
        // Past this program, as another process or a hand in the database would.
        app.seed(move |conn| Ok(diesel::update(people::table.find(ana)).set(people::full_name.eq("Ana María Rojas Gil")).execute(conn)?)).await;
        assert_eq!(named().await, words("Ana María Rojas Gil", Some("Alcaldía de San Roque"), "Laura"));
        app.seed(|conn| Ok(diesel::update(organizations::table).set(organizations::name.eq("Alcaldía Mayor")).execute(conn)?)).await;
        assert_eq!(named().await, words("Ana María Rojas Gil", Some("Alcaldía Mayor"), "Laura"));
        app.seed(move |conn| Ok(diesel::update(users::table.find(laura)).set(users::full_name.eq("Laura Vega")).execute(conn)?)).await;
        assert_eq!(named().await, words("Ana María Rojas Gil", Some("Alcaldía Mayor"), "Laura Vega"));
        app.seed(move |conn| Ok(diesel::update(people::table.find(ana)).set(people::organization_id.eq(None::<i64>)).execute(conn)?)).await;
        assert_eq!(named().await, words("Ana María Rojas Gil", None, "Laura Vega"));
    }

    async fn a_name_is_kept_until_one_changes_and_not_taken_from_an_unfinished_change(app: TestApp) {
        use db::schema::{name_changes, people};
        let scene = scene(&app).await;
        let (ana, laura) = (scene.ana, scene.first.id);
        let names = Arc::new(Names::default());
        let stamp = |conn: &mut db::DbConnection| name_changes::table.select(name_changes::stamp).first::<i64>(conn);
        let stamped = async || app.seed(move |conn| Ok(stamp(conn)?)).await;
        let rename = |name: &'static str| move |conn: &mut db::DbConnection| Ok(diesel::update(people::table.find(ana)).set(people::full_name.eq(name)).execute(conn)?);
        let look = |at: Option<i64>| {
            let names = Arc::clone(&names);
            move |conn: &mut db::DbConnection| {
                let at = at.map_or_else(|| stamp(conn), Ok)?;
                Ok(names.of(conn, at, &[(ana, Some(laura)), (ana, None)])?[1].requester.name.clone())
            }
        };
        assert_eq!(app.seed(look(None)).await, "Ana María Rojas");
        let first = stamped().await;
        app.seed(rename("Ana Uno")).await;
        // A page without rows has no stamp, and changes nothing.
        let empty = Arc::clone(&names);
        assert_eq!(app.seed(move |conn| Ok(empty.of(conn, -1, &[])?)).await, []);
        assert_eq!(app.seed(look(Some(first))).await, "Ana María Rojas", "kept, for rows that were read before");
        assert_eq!(app.seed(look(None)).await, "Ana Uno");
        // What does not change a name leaves the names where they are.
        let second = stamped().await;
        app.seed(move |conn| Ok(diesel::update(people::table.find(ana)).set((people::full_name.eq("Ana Uno"), people::phone.eq("601 555 0199"))).execute(conn)?)).await;
        assert_eq!(stamped().await, second);
        // Rows that are older than the names get the newer name, and nothing of it is kept for the older stamp.
        assert_eq!(app.seed(look(Some(first))).await, "Ana Uno");
        app.seed(rename("Ana Dos")).await;
        assert_eq!(app.seed(look(Some(first))).await, "Ana Dos");
        assert_eq!(app.seed(look(None)).await, "Ana Dos");
        // A rename that is not committed is not seen, and takes effect when it is.
        let (renamed, seen) = app.overlapping(rename("Ana Tres"), look(None)).await;
        renamed.unwrap();
        let expected = if app.state.db.is_postgres() { "Ana Dos" } else { "Ana Tres" };
        assert_eq!(seen.unwrap(), expected);
        assert_eq!(app.seed(look(None)).await, "Ana Tres");
        // Who is not there any more takes nobody else's name away.
        let odd = Arc::clone(&names);
        let named = app.seed(move |conn| { let at = stamp(conn)?; Ok(odd.of(conn, at, &[(-7, Some(-7)), (ana, Some(laura))])?) }).await;
        let words: Vec<_> = named.iter().map(|named| (named.requester.name.as_str(), named.assignee.as_deref())).collect();
        assert_eq!(words, [("#-7", None), ("Ana Tres", Some("Laura"))]);
    }

    async fn each_change_of_names_has_a_stamp_of_its_own_however_many_names_it_changes(app: TestApp) {
        use db::schema::{name_changes, people};
        stage::set(&app).await;
        let stamp = |conn: &mut db::DbConnection| name_changes::table.select(name_changes::stamp).first::<i64>(conn);
        let rename_all = |conn: &mut db::DbConnection, to: &str| diesel::update(people::table).set(people::full_name.eq(to)).execute(conn);
        let mut had = std::collections::HashSet::from([app.seed(move |conn| Ok(stamp(conn)?)).await]);
        for name in ["Uno", "Dos", "Tres", "Cuatro"] {
            assert!(app.seed(move |conn| Ok(rename_all(conn, name)?)).await > 1);
            let now = app.seed(move |conn| Ok(stamp(conn)?)).await;
            assert!(had.insert(now), "{now} again");
        }
        // A database that was set back to an earlier state does not come to the stamps that it had.
        app.seed(move |conn| Ok(diesel::update(name_changes::table).set(name_changes::stamp.eq(0)).execute(conn)?)).await;
        app.seed(move |conn| Ok(rename_all(conn, "Cinco")?)).await;
        let now = app.seed(move |conn| Ok(stamp(conn)?)).await;
        assert!(had.insert(now), "{now} again");
        // On PostgreSQL, where those who rename wait for each other at that row, a transaction writes it once.
        let (first, second) = app.seed(move |conn| {
            let at_once = |conn: &mut db::DbConnection| match conn {
                db::DbConnection::Pg(conn) => diesel::sql_query("SET CONSTRAINTS ALL IMMEDIATE").execute(conn).map(drop),
                db::DbConnection::Sqlite(_) => Ok(()),
            };
            at_once(conn)?;
            rename_all(conn, "Seis")?;
            let first = stamp(conn)?;
            rename_all(conn, "Siete")?;
            Ok((first, stamp(conn)?))
        }).await;
        assert!(had.insert(first), "{first} again");
        assert_eq!(first == second, app.state.db.is_postgres(), "{first} {second}");
    }

    async fn a_rejected_solution_of_somebody_who_left_waits_in_the_queue(app: TestApp) {
        let scene = scene(&app).await;
        let stage = Stage { desk: scene.desk, ana: scene.ana, ben: 0 };
        member(&app, &stage, "Nora", "mesa").await;
        take(&app, &scene).await;
        act(&app, &scene, &scene.first, "solutions", json!({ "solution": "Se renovó el certificado." })).await.expect(200);
        disable(&app, &scene.first).await;
        answer(&app, &scene, "rejections", json!({ "reason": "Sigue igual." })).await.expect(200);
        let agent = fresh(&app, &scene.second).await;
        let ticket: TicketView = app.get(&format!("/api/v1/tickets/{}", scene.code)).by(&agent).send().await.expect(200).json();
        assert_eq!((ticket.status, ticket.assignee), (Status::InProgress, None));
        assert_eq!(ticket.group.map(|group| group.id).as_deref(), Some("mesa"));
        assert!(!templates(&stage::mails(&app, "laura@example.org").await).contains(&"rejected_to_team"));
        assert!(templates(&stage::mails(&app, "nora@example.org").await).contains(&"rejected_to_team"), "the group is told");
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!(report.faults, Vec::<String>::new());
    }

    async fn a_rejected_solution_of_somebody_who_left_the_group_waits_in_its_queue(app: TestApp) {
        let scene = scene(&app).await;
        take(&app, &scene).await;
        act(&app, &scene, &scene.first, "solutions", json!({ "solution": "Se renovó el certificado." })).await.expect(200);
        leave(&app, &scene.first, scene.desk).await;
        answer(&app, &scene, "rejections", json!({ "reason": "Sigue igual." })).await.expect(200);
        let agent = fresh(&app, &scene.second).await;
        let ticket: TicketView = app.get(&format!("/api/v1/tickets/{}", scene.code)).by(&agent).send().await.expect(200).json();
        assert_eq!((ticket.status, ticket.assignee), (Status::InProgress, None));
        let told = stage::mails(&app, "andres@example.org").await;
        assert!(templates(&told).contains(&"rejected_to_team"), "nobody is left in the group, so those who coordinate are told: {told:?}");
    }

    async fn warnings_and_breaches_are_mailed_once_each_whoever_sweeps(app: TestApp) {
        let scene = scene(&app).await;
        let both = app.agent("Quintin", &[(scene.desk, &[Privilege::TicketCoordinate])]).await;
        take(&app, &scene).await;
        let sweep = async || {
            let now = app.clock.now();
            let one = sla::sweeper::run_once(&app.state.db, &app.state.desks, now);
            let two = sla::sweeper::run_once(&app.state.db, &app.state.desks, now);
            let (one, two) = futures_util::future::join(one, two).await;
            one.unwrap();
            two.unwrap();
        };
        let told = async |name: &str| {
            let mails = stage::mails(&app, &format!("{name}@example.org")).await;
            mails.into_iter().filter_map(|mail| match mail {
                api::mail::Content::SlaWarning { percent, .. } => Some(percent),
                api::mail::Content::SlaBreached { .. } => Some(100),
                _ => None,
            }).collect::<Vec<_>>()
        };
        // P3 at level 1: a solution in 12 business hours. The story begins on Wednesday at 9:00 and the desk closes at 17:00.
        app.advance(TimeDelta::hours(7));
        sweep().await;
        assert_eq!(told("laura").await, Vec::<u8>::new());
        app.advance(TimeDelta::minutes(18 * 60 + 5));
        sweep().await;
        sweep().await;
        assert_eq!((told("laura").await, told("quintin").await), (vec![75], vec![]), "only breaches go to those who coordinate");
        app.advance(TimeDelta::hours(1));
        sweep().await;
        assert_eq!(told("laura").await, [75, 90]);
        app.advance(TimeDelta::hours(4));
        sweep().await;
        sweep().await;
        assert_eq!((told("laura").await, told("quintin").await), (vec![75, 90, 100], vec![100]));
        assert!(both.id > 0);
    }

    async fn a_ticket_whose_effects_cannot_be_written_waits_longer_each_time_and_holds_up_nobody(app: TestApp) {
        let scene = scene(&app).await;
        let healthy = stage::open_ticket(&app, &app.browser(), &stage::draft(ANA)).await.ticket_code.unwrap();
        let bad = scene.code.clone();
        app.advance(TimeDelta::hours(5));
        let poison = |version: i32| {
            let bad = bad.clone();
            app.seed(move |conn| {
                use db::schema::tickets;
                diesel::update(tickets::table.filter(tickets::code.eq(bad))).set(tickets::desk_version.eq(version)).execute(conn)?;
                Ok(())
            })
        };
        poison(77).await;
        let sweep = || sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now());
        assert_eq!(sweep().await.unwrap(), 2);
        assert_eq!(sweep().await.unwrap(), 0, "it stands in nobody's way");
        app.advance(TimeDelta::minutes(1));
        assert_eq!(sweep().await.unwrap(), 1);
        app.advance(TimeDelta::minutes(1));
        assert_eq!(sweep().await.unwrap(), 0, "the second wait is longer");
        app.advance(TimeDelta::minutes(1));
        assert_eq!(sweep().await.unwrap(), 1);
        let events = async |code: String| app.seed(move |conn| {
            use db::schema::{events, tickets};
            let query = events::table.inner_join(tickets::table.on(tickets::id.eq(events::ticket_id))).filter(tickets::code.eq(code)).filter(events::kind.eq("sla_breached"));
            Ok(query.count().get_result::<i64>(conn)?)
        }).await;
        assert_eq!((events(bad.clone()).await, events(healthy).await), (0, 1));
        poison(1).await;
        app.advance(TimeDelta::minutes(4));
        assert_eq!(sweep().await.unwrap(), 1);
        assert_eq!(events(bad).await, 1, "nothing is lost by the wait");
    }

    async fn an_audit_finds_a_changed_message_and_a_swapped_file(app: TestApp) {
        let scene = scene(&app).await;
        let file = upload(&app, &scene.first, "informe.txt", b"informe").await;
        take(&app, &scene).await;
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "public", "body": "Vea el informe.", "attachments": [file] })).await.expect(201);
        let solution = upload(&app, &scene.first, "acta.txt", b"acta").await;
        act(&app, &scene, &scene.first, "solutions", json!({ "solution": "Resuelto.", "attachments": [solution] })).await.expect(200);
        let faults = async || app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await.faults;
        assert_eq!(faults().await, Vec::<String>::new());
        // Whoever can do this has the database in hand, and takes the triggers away first.
        tamper(&app, "UPDATE messages SET body = 'Vea el otro informe.' WHERE body = 'Vea el informe.'").await;
        let found = faults().await;
        assert!(found.len() == 1 && found[0].contains("message"), "{found:?}");
        tamper(&app, "UPDATE messages SET body = 'Vea el informe.' WHERE body = 'Vea el otro informe.'").await;
        assert_eq!(faults().await, Vec::<String>::new());
        for (name, wrong) in [("informe.txt", vec![7_u8; 32]), ("acta.txt", vec![9_u8; 32])] {
            let swap = async |hash: Vec<u8>| app.seed(move |conn| {
                use db::schema::attachments;
                let row = attachments::table.filter(attachments::name.eq(name));
                let before: Vec<u8> = row.select(attachments::sha256).first(conn)?;
                diesel::update(row).set(attachments::sha256.eq(hash)).execute(conn)?;
                Ok(before)
            }).await;
            let before = swap(wrong).await;
            assert_eq!(faults().await.len(), 1, "{name}");
            swap(before).await;
        }
        assert_eq!(faults().await, Vec::<String>::new());
        tamper(&app, "INSERT INTO messages (desk_id, ticket_id, author_kind, author_name, visibility, body, created_at) \
                      SELECT desk_id, ticket_id, author_kind, author_name, visibility, 'Inventado.', created_at FROM messages WHERE body = 'Vea el informe.'").await;
        let found = faults().await;
        assert!(found.len() == 1 && found[0].contains("no event"), "{found:?}");
    }

    async fn an_audit_finds_changed_columns_of_a_ticket_and_changed_surveys(app: TestApp) {
        let scene = scene(&app).await;
        take(&app, &scene).await;
        act(&app, &scene, &scene.first, "escalations", json!({ "level": 2, "group": "endpoint", "justification": "Requiere la consola." })).await.expect(200);
        let faults = async || app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await.faults;
        assert_eq!(faults().await, Vec::<String>::new());
        let columns = [
            ("status", "status = 'closed'"), ("reason", "reason = 'otra'"), ("open", "open = NOT open"), ("priority", "priority = 'p9'"),
            ("priority_rank", "priority_rank = priority_rank + 1"), ("level", "level = 3"), ("group_id", "group_id = NULL"),
            ("assignee_id", "assignee_id = (SELECT max(id) FROM users WHERE id <> coalesce(assignee_id, 0))"),
            ("requester_id", "requester_id = (SELECT max(id) FROM people WHERE id <> requester_id)"), ("subject", "subject = 'Otro'"),
            ("search_key", "search_key = 'otro'"), ("due_at", "due_at = created_at"), ("due_sort", "due_sort = created_at"),
            ("updated_at", "updated_at = created_at"), ("closed_at", "closed_at = created_at"), ("last_seq", "last_seq = 1"),
            ("awaits_reply", "awaits_reply = NOT awaits_reply"), ("clock_status", "clock_status = 'met'"),
        ];
        app.advance(TimeDelta::minutes(1));
        act(&app, &scene, &scene.second, "messages", json!({ "visibility": "public", "body": "En eso estamos." })).await.expect(201);
        for (name, change) in columns {
            let found = app.seed(move |conn| {
                // Whatever was changed comes back with the savepoint.
                let mut found = Vec::new();
                let undone: Result<(), db::DbError> = conn.transaction(|conn| {
                    diesel::sql_query(format!("UPDATE tickets SET {change}")).execute(conn)?;
                    found = audit::verify(conn, &DeskRegistry::default())?.faults;
                    Err(diesel::result::Error::RollbackTransaction.into())
                });
                assert!(undone.is_err());
                Ok(found)
            }).await;
            assert!(found.len() == 1 && found[0].contains(&format!(" {name}")), "{name}: {found:?}");
        }
        assert_eq!(faults().await, Vec::<String>::new());

        act(&app, &scene, &scene.second, "solutions", json!({ "solution": "Se renovó." })).await.expect(200);
        answer(&app, &scene, "acceptances", json!({})).await.expect(200);
        answer(&app, &scene, "surveys", json!({ "stars": 2, "comment": "Tarde." })).await.expect(200);
        assert_eq!(faults().await, Vec::<String>::new());
        for (change, word) in [("UPDATE surveys SET stars = 5", "changed"), ("UPDATE surveys SET cycle = 7", "missing"), ("DELETE FROM surveys", "missing")] {
            app.seed(move |conn| Ok(diesel::sql_query(change).execute(conn).map_err(db::DbError::from)?)).await;
            let found = faults().await;
            assert!(found.iter().any(|fault| fault.contains("survey") && fault.contains(word)), "{change}: {found:?}");
        }
    }

    async fn an_audit_of_files_reads_the_stored_bytes(app: TestApp) {
        let scene = scene(&app).await;
        for (name, content) in [("informe.txt", b"informe"), ("captura.txt", b"captura")] {
            let file = upload(&app, &scene.first, name, content).await;
            act(&app, &scene, &scene.first, "messages", json!({ "visibility": "internal", "body": name, "attachments": [file] })).await.expect(201);
        }
        let check = async || audit::verify_files(&app.state.db, &app.state.files).await.unwrap();
        let whole = check().await;
        assert_eq!((whole.files, whole.faults), (2, Vec::new()));
        let keys: Vec<String> = app.seed(|conn| {
            use db::schema::attachments;
            Ok(attachments::table.order(attachments::id).select(attachments::storage_key).load(conn).map_err(db::DbError::from)?)
        }).await;
        let path = |key: &str| app.folder().join("files").join(key);
        std::fs::write(path(&keys[0]), "inform!").unwrap();
        std::fs::remove_file(path(&keys[1])).unwrap();
        let spoiled = check().await;
        assert_eq!(spoiled.files, 2);
        assert!(spoiled.faults[0].contains("changed") && spoiled.faults[1].contains("cannot be read"), "{:?}", spoiled.faults);
        let rows = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!(rows.faults, Vec::<String>::new(), "the rows alone do not tell");
    }

    async fn an_audit_finds_a_history_under_another_code(app: TestApp) {
        let scene = scene(&app).await;
        let code = scene.code.clone();
        app.seed(move |conn| {
            use db::schema::tickets;
            diesel::update(tickets::table.filter(tickets::code.eq(code))).set(tickets::code.eq("INF-777")).execute(conn)?;
            Ok(())
        }).await;
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert!(!report.faults.is_empty());
    }

    async fn a_solution_with_files_is_told_from_a_message_of_the_same_words_and_moment(app: TestApp) {
        let scene = scene(&app).await;
        take(&app, &scene).await;
        act(&app, &scene, &scene.first, "messages", json!({ "visibility": "public", "body": "Resuelto." })).await.expect(201);
        let file = upload(&app, &scene.first, "acta.txt", b"acta").await;
        act(&app, &scene, &scene.first, "solutions", json!({ "solution": "Resuelto.", "attachments": [file] })).await.expect(200);
        let seen = portal(&app, &scene).await;
        assert_eq!(seen.messages.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["Resuelto."], "the message stays a message");
        assert_eq!(seen.solution.unwrap().attachments.len(), 1);
    }

    async fn a_program_must_name_its_creations(app: TestApp) {
        let scene = scene(&app).await;
        let made = app.post("/api/v1/tokens").by(&scene.first).json(&json!({ "name": "Monitoreo", "scopes": ["tickets:read", "tickets:write"], "expires_in_days": 1 }));
        let made: Value = made.send().await.expect(201).json();
        let secret = made["secret"].as_str().unwrap();
        let new = json!({
            "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p2",
            "subject": "Alarma", "message": "Lo vio el monitoreo."
        });
        let before = stage::ticket_count(&app).await;
        app.post("/api/v1/tickets").bearer(secret).json(&new).send().await.problem(ProblemType::IdempotencyKeyRequired);
        assert_eq!(stage::ticket_count(&app).await, before);
        for _ in 0..2 {
            app.post("/api/v1/tickets").bearer(secret).header("idempotency-key", "alarma-1").json(&new).send().await.expect(201);
        }
        assert_eq!(stage::ticket_count(&app).await, before + 1);
        app.post("/api/v1/tickets").by(&scene.first).json(&new).send().await.expect(201);
    }

    async fn a_new_agents_password_cannot_be_guessed_from_what_is_kept_of_the_request(app: TestApp) {
        stage::set(&app).await;
        let admin = app.admin("Admin").await;
        let made = json!({
            "full_name": "Nora Paz", "email": "nora.paz@example.org", "password": "una frase bien larga", "memberships": []
        });
        for _ in 0..2 {
            app.post("/api/v1/agents").by(&admin).header("idempotency-key", "nora").json(&made).send().await.expect(201);
        }
        let new: shared::api::agents::NewAgent = serde_json::from_value(made).unwrap();
        let (hash, answer): (Vec<u8>, Option<String>) = app.seed(|conn| {
            use db::schema::idempotency;
            Ok(idempotency::table.select((idempotency::body_hash, idempotency::answer)).first(conn)?)
        }).await;
        let plain = api::auth::token::sha256(&serde_json::to_vec(&new).unwrap());
        assert_ne!(hash, plain);
        assert!(!answer.unwrap().contains("una frase"));
    }

    async fn a_long_timeline_is_read_page_by_page_without_gaps(app: TestApp) {
        let scene = scene(&app).await;
        for number in 0..95 {
            app.advance(TimeDelta::seconds(1));
            act(&app, &scene, &scene.first, "messages", json!({ "visibility": "internal", "body": format!("Nota {number}") })).await.expect(201);
        }
        let ticket = view(&app, &scene).await;
        let mut older = ticket.older.clone();
        let mut entries = ticket.timeline;
        while let Some(cursor) = older {
            let path = format!("/api/v1/tickets/{}/timeline?cursor={cursor}", scene.code);
            let page: Page<TimelineEntry> = app.get(&path).by(&scene.first).send().await.expect(200).json();
            entries.splice(0..0, page.items);
            older = page.next;
        }
        let notes: Vec<String> = entries.iter().filter_map(|entry| match &entry.body {
            TimelineBody::Message { visibility: Visibility::Internal, body, .. } => Some(body.clone()),
            _ => None,
        }).collect();
        assert_eq!(notes, (0..95).map(|number| format!("Nota {number}")).collect::<Vec<_>>());
        // What happened, what was written and what was mailed at one moment follow each other in this order.
        let place = |entry: &TimelineEntry| {
            let kind = match &entry.body {
                TimelineBody::Event { .. } => 0,
                TimelineBody::Message { .. } => 1,
                TimelineBody::Mail { .. } => 2,
            };
            (entry.at, kind, entry.seq)
        };
        let places: Vec<_> = entries.iter().map(place).collect();
        assert!(places.is_sorted() && places.windows(2).all(|two| two[0] != two[1]), "{places:?}");
        let first: Vec<_> = places.iter().take_while(|one| one.0 == places[0].0).map(|one| one.1).collect();
        assert!(first.starts_with(&[0, 1, 2]), "the opening, the description and the confirmation: {first:?}");
        let mails = entries.iter().filter(|entry| matches!(entry.body, TimelineBody::Mail { .. })).count();
        let stored: i64 = app.seed(|conn| {
            use db::schema::{outbox, tickets};
            let of_ticket = tickets::table.select(tickets::id).limit(1);
            Ok(outbox::table.filter(outbox::ticket_id.eq_any(of_ticket.select(tickets::id.nullable()))).count().get_result(conn)?)
        }).await;
        assert_eq!(i64::try_from(mails).unwrap(), stored);
    }

    /// However long a history is, a page of it can be read from the newest rows alone.
    async fn a_page_of_a_long_timeline_needs_no_more_than_its_newest_rows(app: TestApp) {
        #[derive(diesel::QueryableByName)]
        struct Fetched {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            rows: i64,
        }
        fn fetched(conn: &mut db::DbConnection, index: &str) -> QueryResult<i64> {
            let asked = format!("SELECT pg_stat_get_xact_tuples_fetched('{index}'::regclass) AS rows");
            Ok(diesel::sql_query(asked).get_result::<Fetched>(conn)?.rows)
        }
        let scene = scene(&app).await;
        for number in 0..95 {
            act(&app, &scene, &scene.first, "messages", json!({ "visibility": "internal", "body": format!("Nota {number}") })).await.expect(201);
        }
        app.seed(|conn| {
            use db::schema::tickets;
            if !conn.is_postgres() {
                return Ok(());
            }
            let ticket: i64 = tickets::table.select(tickets::id).first(conn)?;
            // Of a table as small as this one PostgreSQL would rather sort everything.
            for set in ["SET LOCAL enable_sort = off", "SET LOCAL enable_bitmapscan = off", "DISCARD PLANS"] {
                diesel::sql_query(set).execute(conn)?;
            }
            let before = (fetched(conn, "events_pkey")?, fetched(conn, "messages_ticket")?);
            assert!(timeline::Happenings::read(conn, ticket, None)?.is_cut());
            let after = (fetched(conn, "events_pkey")?, fetched(conn, "messages_ticket")?);
            assert_eq!((after.0 - before.0, after.1 - before.1), (80, 80));
            Ok(())
        }).await;
    }

    async fn a_changed_history_is_found(app: TestApp) {
        let scene = scene(&app).await;
        act(&app, &scene, &scene.first, "assignments", json!({ "assignee": scene.first.id })).await.expect(200);
        let changed = app.state.db.write(|conn| {
            use db::schema::events;
            diesel::update(events::table).set(events::actor_name.eq("Nadie")).execute(conn).map_err(db::DbError::from)
        }).await;
        assert!(changed.is_err(), "the history is append-only");
        app.seed(|conn| {
            use db::schema::tickets;
            diesel::update(tickets::table).set(tickets::head_hash.eq(vec![0_u8; 32])).execute(conn)?;
            Ok(())
        }).await;
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!(report.faults.len(), 1, "{:?}", report.faults);
    }

    async fn a_disabled_agent_is_out_at_once_and_a_used_refresh_token_ends_the_session(app: TestApp) {
        let scene = scene(&app).await;
        let admin = app.admin("Admin").await;
        app.get("/api/v1/me").by(&scene.first).send().await.expect(200);
        app.patch(&format!("/api/v1/agents/{}", scene.first.id)).by(&admin).json(&json!({ "active": false })).send().await.expect(200);
        app.get("/api/v1/me").by(&scene.first).send().await.expect(401);
        let made = json!({
            "full_name": "Nora Paz", "email": "nora.paz@example.org", "password": "una frase bien larga", "memberships": [
                { "desk": DESK, "privileges": ["ticket_read"], "groups": ["mesa"] }
            ]
        });
        app.post("/api/v1/agents").by(&admin).json(&made).send().await.expect(201);
        app.post("/api/v1/agents").by(&admin).json(&made).send().await.problem(ProblemType::Validation);
        let browser = app.browser();
        let wrong = json!({ "email": "nora.paz@example.org", "password": "otra frase bien larga" });
        let unknown = json!({ "email": "no.existe@example.org", "password": "otra frase bien larga" });
        let first = browser.post("/api/v1/session").json(&wrong).send().await.problem(ProblemType::LoginFailed);
        let second = browser.post("/api/v1/session").json(&unknown).send().await.problem(ProblemType::LoginFailed);
        assert_eq!((first.title, first.detail), (second.title, second.detail), "the answer tells nothing about accounts");
        let login = json!({ "email": "Nora.Paz@example.org", "password": "una frase bien larga" });
        let signed_in = browser.post("/api/v1/session").json(&login).send().await.expect(201);
        let stolen = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        browser.post("/api/v1/session/refresh").send().await.expect(200);
        app.advance(TimeDelta::minutes(2));
        app.post("/api/v1/session/refresh").header("cookie", &stolen).send().await.expect(401);
        browser.post("/api/v1/session/refresh").send().await.expect(401);
    }

    async fn an_api_token_does_what_its_scopes_say_and_no_more(app: TestApp) {
        let scene = scene(&app).await;
        let make = |scopes: Value| {
            let call = app.post("/api/v1/tokens").by(&scene.first).json(&json!({ "name": "Monitoreo", "scopes": scopes, "expires_in_days": 1 }));
            async { call.send().await.expect(201).json::<Value>() }
        };
        let reader = make(json!(["tickets:read"])).await;
        let secret = reader["secret"].as_str().unwrap();
        let path = format!("/api/v1/tickets/{}", scene.code);
        app.get(&path).bearer(secret).send().await.expect(200);
        let note = json!({ "visibility": "internal", "body": "Nota." });
        app.post(&format!("{path}/messages")).bearer(secret).json(&note).send().await.expect(403);
        app.get(&format!("/api/v1/people?desk={DESK}")).bearer(secret).send().await.expect(403);
        app.get("/api/v1/tokens").bearer(secret).send().await.expect(403);
        let writer = make(json!(["tickets:read", "tickets:write"])).await;
        app.post(&format!("{path}/messages")).bearer(writer["secret"].as_str().unwrap()).json(&note).send().await.expect(201);
        app.delete(&format!("/api/v1/tokens/{}", reader["id"])).by(&scene.first).send().await.expect(204);
        app.get(&path).bearer(secret).send().await.expect(401);
        app.advance(TimeDelta::days(2));
        app.get(&path).bearer(writer["secret"].as_str().unwrap()).send().await.expect(401);
    }
}

/// Forbids an agent to sign in.
async fn disable(app: &TestApp, agent: &Agent) {
    let id = agent.id;
    app.seed(move |conn| Ok(api::agents::store::set_active(conn, id, false)?))
        .await;
}

/// Takes an agent from a desk.
async fn leave(app: &TestApp, agent: &Agent, desk: i64) {
    let id = agent.id;
    app.seed(move |conn| Ok(api::agents::store::remove_place(conn, id, desk)?))
        .await;
}

/// Sends a file; gives its key.
async fn upload(
    app: &TestApp,
    agent: &Agent,
    name: &'static str,
    content: &'static [u8],
) -> String {
    let part = reqwest::multipart::Part::bytes(content).file_name(name);
    let form = reqwest::multipart::Form::new().part("file", part);
    let sent = app
        .post("/api/v1/uploads")
        .by(agent)
        .form(form)
        .send()
        .await;
    sent.expect(201).json::<Value>()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Changes messages past the triggers that keep them.
async fn tamper(app: &TestApp, sql: &'static str) {
    app.seed(move |conn| {
        match conn {
            db::DbConnection::Pg(pg) => {
                diesel::sql_query("ALTER TABLE messages DISABLE TRIGGER USER").execute(pg)?;
                diesel::sql_query(sql).execute(pg)?;
            }
            db::DbConnection::Sqlite(sqlite) => {
                diesel::sql_query("DROP TRIGGER IF EXISTS messages_no_update").execute(sqlite)?;
                diesel::sql_query(sql).execute(sqlite)?;
            }
        }
        Ok(())
    })
    .await;
}

async fn group_of_level(app: &TestApp, scene: &Scene, level: u8) -> String {
    let desk = app
        .get(&format!("/api/v1/desks/{DESK}"))
        .by(&fresh(app, &scene.first).await)
        .send()
        .await
        .expect(200)
        .json::<Value>();
    let levels = desk["levels"].as_array().unwrap();
    levels
        .iter()
        .find(|profile| profile["level"] == level)
        .unwrap()["groups"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn recording_and_searching_have_a_budget_for_each_agent() {
    let few = Budget {
        count: 2,
        seconds: 3600,
    };
    let app = TestApp::with_settings(|settings| {
        settings.limits.create_per_agent = few;
        settings.limits.search = few;
    })
    .await;
    let stage = stage::set(&app).await;
    let (laura, julian) = (
        member(&app, &stage, "Laura", "mesa").await,
        member(&app, &stage, "Julian", "mesa").await,
    );
    let ticket = json!({
        "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset",
        "priority": "p3", "subject": "Por teléfono", "message": "Llamó.", "attachments": []
    });
    let record = |agent: &Agent| app.post("/api/v1/tickets").by(agent).json(&ticket).send();
    record(&laura).await.expect(201);
    record(&laura).await.expect(201);
    record(&laura).await.problem(ProblemType::RateLimited);
    record(&julian).await.expect(201);
    let look = |agent: &Agent, path: &str| app.get(&format!("/api/v1/{path}")).by(agent).send();
    look(&laura, "tickets?q=firmas").await.expect(200);
    look(&laura, "people?q=rojas").await.expect(200);
    for path in [
        "tickets?q=firmas",
        "people?q=rojas",
        "organizations?q=alcaldia",
    ] {
        look(&laura, path).await.problem(ProblemType::RateLimited);
    }
    look(&julian, "tickets?q=firmas").await.expect(200);
    // Looking through the queue is no search.
    look(&laura, "tickets").await.expect(200);
}

/// A ticket that a program opens.
fn by_api(
    requester: api::tickets::store::RequesterRow,
    subject: &str,
) -> api::tickets::commands::OpenTicket {
    use api::tickets::commands::{Files, OpenTicket};
    use shared::ticket::event::IdentityProof;
    use shared::ticket::status::{Channel, RequestType};
    use shared::ticket::text::{Body, Subject};
    OpenTicket {
        requester,
        channel: Channel::Api,
        request_type: RequestType::Incident,
        category: "eset".to_owned(),
        priority: Some("p2".to_owned()),
        impact: None,
        urgency: None,
        extra: Default::default(),
        group: None,
        assignee: None,
        subject: Subject::parse(subject).unwrap(),
        message: Body::parse("Desde ayer.").unwrap(),
        files: Files {
            owner: api::attachments::store::Owner::User(0),
            ids: Vec::new(),
            of_form: Vec::new(),
            ticket_bytes: 0,
        },
        identity: IdentityProof::RecordedByStaff,
        superseded: Vec::new(),
    }
}
