//! The processes of the desks over HTTP: what each folder asks, refuses and mails.

use api::auth::session::Audience;

use api::mail::{Content, TeamNews};
use api::{desks, sla};
use chrono::TimeDelta;

use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::portal::{PortalApproval, PortalApprovalRow, RequesterTicket};
use shared::api::problem::ProblemType;
use shared::api::process::{ApprovalRow, FollowUpDraft, FollowUpStep, RelationKind};
use shared::api::tickets::{TicketChanged, TicketRow, TicketView, TimelineBody};
use shared::desk::load::load;
use shared::desk::profile::Need;
use shared::ticket::actor::Privilege;
use shared::ticket::command::CommandKind;
use shared::ticket::status::{Status, Visibility};

use crate::harness::{Agent, Answer, TestApp};
use crate::stage::{self, ANA, BEN};

/// A desk of the folders with two people and agents on the way.
pub struct Place {
    pub desk: i64,
    pub slug: &'static str,
    pub ana: i64,
    pub ben: i64,
}

pub async fn place(app: &TestApp, slug: &'static str) -> Place {
    install(app, "desks", slug, |text| text).await
}

/// The desk of a folder under another one.
pub async fn place_of(app: &TestApp, folders: &str, slug: &'static str) -> Place {
    install(app, folders, slug, |text| text).await
}

/// The same as [`place`], with the desk's file changed.
pub async fn place_with(
    app: &TestApp,
    slug: &'static str,
    change: impl FnOnce(String) -> String,
) -> Place {
    install(app, "desks", slug, change).await
}

async fn install(
    app: &TestApp,
    folders: &str,
    slug: &'static str,
    change: impl FnOnce(String) -> String,
) -> Place {
    let now = app.clock.now();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(folders)
        .join(slug);
    let read = |name: &str| {
        (
            name.to_owned(),
            std::fs::read_to_string(folder.join(name)).unwrap(),
        )
    };
    let (name, text) = read("desk.toml");
    let files = vec![(name, change(text)), read("catalog.csv")];
    let (profile, _) = load(&files).unwrap_or_else(|errors| panic!("{errors:?}"));
    app.seed(move |conn| {
        let (desk, _) = desks::store::install(conn, &profile, &files, "story", now)?;
        let ana = stage::add_person(conn, desk, "Ana María Rojas", ANA, now)?;
        let ben = stage::add_person(conn, desk, "Ben Luna", BEN, now)?;
        Ok(Place {
            desk,
            slug,
            ana,
            ben,
        })
    })
    .await
}

/// An agent of a group with every right but the one to see what is restricted.
pub async fn agent(app: &TestApp, place: &Place, name: &str, group: &str) -> Agent {
    let usual: Vec<Privilege> = Privilege::ALL
        .iter()
        .copied()
        .filter(|right| *right != Privilege::RestrictedRead)
        .collect();
    let agent = app.agent(name, &[(place.desk, &usual)]).await;
    stage::join_group(app, &agent, place.desk, group).await;
    agent
}

pub async fn fresh(app: &TestApp, agent: &Agent) -> Agent {
    Agent {
        id: agent.id,
        token: app.sign_in(Audience::Console, agent.id, None).await,
    }
}

pub async fn session(app: &TestApp, place: &Place, person: i64) -> String {
    app.sign_in(Audience::Portal, person, Some(place.desk))
        .await
}

/// A ticket of Ana's, recorded by an agent.
pub async fn record(app: &TestApp, place: &Place, by: &Agent, more: Value) -> String {
    let mut body = json!({
        "desk": place.slug, "requester_email": ANA, "channel": "mail", "request_type": "request",
        "subject": "Una solicitud", "message": "El detalle de la solicitud."
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let by = fresh(app, by).await;
    let made: TicketChanged = app
        .post("/api/v1/tickets")
        .by(&by)
        .with_key()
        .json(&body)
        .send()
        .await
        .expect(201)
        .json();
    made.code
}

/// Says who holds an approver role, as the list stands now.
pub async fn appoint(app: &TestApp, by: &Agent, desk: &str, role: &str, holders: &Value) -> Answer {
    let by = fresh(app, by).await;
    let list = format!("/api/v1/desks/{desk}/approvers");
    let now: Value = app.get(&list).by(&by).send().await.expect(200).json();
    app.call(reqwest::Method::PUT, &format!("{list}/{role}"))
        .by(&by)
        .if_match(i32::try_from(now["version"].as_i64().unwrap()).unwrap())
        .json(&json!({ "holders": holders }))
        .send()
        .await
}

pub async fn view(app: &TestApp, who: &Agent, code: &str) -> TicketView {
    let who = fresh(app, who).await;
    app.get(&format!("/api/v1/tickets/{code}"))
        .by(&who)
        .send()
        .await
        .expect(200)
        .json()
}

/// A deed at the present version.
pub async fn act(app: &TestApp, who: &Agent, code: &str, deed: &str, body: Value) -> Answer {
    let who = fresh(app, who).await;
    let seen = app
        .get(&format!("/api/v1/tickets/{code}"))
        .by(&who)
        .send()
        .await;
    let version = if seen.status == 200 {
        seen.json::<TicketView>().version
    } else {
        1
    };
    app.post(&format!("/api/v1/tickets/{code}/{deed}"))
        .by(&who)
        .if_match(version)
        .json(&body)
        .send()
        .await
}

pub async fn status(app: &TestApp, who: &Agent, code: &str) -> Status {
    view(app, who, code).await.status
}

pub async fn upload(app: &TestApp, who: &Agent) -> String {
    let who = fresh(app, who).await;
    let part =
        reqwest::multipart::Part::bytes(b"Apruebo.".to_vec()).file_name("correo del jefe.eml");
    let form = reqwest::multipart::Form::new().part("file", part);
    let answer = app
        .post("/api/v1/uploads")
        .by(&who)
        .form(form)
        .send()
        .await
        .expect(201);
    answer.json::<Value>()["id"].as_str().unwrap().to_owned()
}

/// The words of the mails to an address, oldest first.
pub async fn mailed(app: &TestApp, email: &str) -> Vec<&'static str> {
    stage::mails(app, email)
        .await
        .iter()
        .map(Content::template)
        .collect()
}

/// The version of the questions as it is stored with the answers.
async fn kept_survey_version(app: &TestApp, code: &str) -> Option<i32> {
    let code = code.to_owned();
    app.seed(move |conn| {
        use api::db::schema::{surveys, tickets};
        use diesel::prelude::*;
        Ok(surveys::table
            .inner_join(tickets::table.on(tickets::id.eq(surveys::ticket_id)))
            .filter(tickets::code.eq(code))
            .select(surveys::version)
            .first(conn)?)
    })
    .await
}

/// A transaction that has the lock of a desk's families until two others wait for it.
struct Gate(Option<tokio::task::JoinHandle<()>>);

async fn hold_families(app: &TestApp, desk: i64) -> Gate {
    if !app.state.db.is_postgres() {
        return Gate(None);
    }
    let db = app.state.db.clone();
    let (sender, begun) = tokio::sync::oneshot::channel();
    let work = move |conn: &mut api::db::DbConnection| -> Result<(), api::http::ApiError> {
        api::db::dialect::lock_families(conn, desk)?;
        let _ = sender.send(());
        while waiting_for_us(conn)? < 2 {
            std::thread::yield_now();
        }
        Ok(())
    };
    let held = tokio::spawn(async move { db.write(work).await.unwrap() });
    begun.await.unwrap();
    Gate(Some(held))
}

impl Gate {
    async fn open(self) {
        if let Some(held) = self.0 {
            held.await.unwrap();
        }
    }
}

fn waiting_for_us(conn: &mut api::db::DbConnection) -> Result<i64, api::http::ApiError> {
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        count: i64,
    }
    const WAITING: &str = "SELECT count(DISTINCT pid) AS count FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
    let found: Count = diesel::RunQueryDsl::get_result(diesel::sql_query(WAITING), conn)?;
    Ok(found.count)
}

pub fn email_of(name: &str) -> String {
    format!("{}@example.org", name.to_lowercase())
}

both! {
    ///
    async fn an_incomplete_request_waits_for_its_requester_and_comes_back_with_the_answer(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let code = record(&app, &place, &laura, json!({ "category": "otra-solicitud", "impact": "high", "urgency": "low" })).await;
        let seen = view(&app, &laura, &code).await;
        assert_eq!((seen.priority.id.as_str(), seen.impact.unwrap().label.as_str()), ("medium", "Alto"));
        let take = |allowed: &TicketView| allowed.allowed_commands.iter().find(|row| row.command == CommandKind::Take).cloned().unwrap();
        assert!(take(&view(&app, &laura, &code).await).blocked_by.contains(&Need::Controls));
        let refused = act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await;
        assert!(refused.problem(ProblemType::StateConflict).unmet.contains(&Need::Controls));

        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": false })).await.expect(200);
        let suspend = json!({ "command": "suspend", "reason": "incomplete_information", "justification": "Falta la placa del equipo." });
        let early = act(&app, &laura, &code, "transitions", suspend.clone()).await;
        assert_eq!(early.problem(ProblemType::StateConflict).unmet, [Need::ContactAttempted]);
        act(&app, &laura, &code, "contact-attempts", json!({ "channel": "phone", "result": "no_answer" })).await.expect(200);
        act(&app, &laura, &code, "transitions", suspend).await.expect(200);
        assert!(mailed(&app, ANA).await.contains(&"missing_information"));

        let token = session(&app, &place, place.ana).await;
        let path = format!("/api/v1/portal/tickets/{code}");
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        assert!(mine.actions.complete);
        assert_eq!(mine.missing.as_deref(), Some("Falta la placa del equipo."));
        let answered: RequesterTicket = app.post(&format!("{path}/messages")).bearer(&token).json(&json!({ "body": "La placa es 1234." })).send().await.expect(201).json();
        assert_eq!(answered.status.id, Status::New);
        assert!(!answered.actions.complete);
        // The answer was given for the stay in which it was asked.
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::InProgress);
    }

    ///
    async fn an_approval_needs_its_proof_and_both_roles_and_never_the_requester(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let now = app.clock.now();
        let desk = place.desk;
        let risk = app.seed(move |conn| stage::add_person(conn, desk, "Rita Pardo", "rita@example.org", now)).await;
        let holders = json!([{ "email": ANA }, { "email": "rita@example.org" }]);
        let approvers = "/api/v1/desks/icetex/approvers";
        appoint(&app, &laura, "icetex", "oficina_riesgos", &holders).await.expect(200);
        appoint(&app, &laura, "icetex", "nadie", &holders).await.problem(ProblemType::Validation);
        let roles: Value = app.get(approvers).by(&laura).send().await.expect(200).json();
        assert_eq!(roles["items"][0]["holders"][1]["full_name"], "Rita Pardo");

        let code = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval" })).await.problem(ProblemType::Validation);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.problem(ProblemType::StateConflict);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "note": "Va el correo del jefe.", "attachments": [proof] })).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::AwaitingApproval);
        let seen = view(&app, &laura, &code).await.approval.unwrap();
        assert_eq!(seen.evidence.len(), 1);
        assert!(seen.steps[0].current && seen.steps[0].approvers.iter().all(|role| role.decision.is_none()));
        assert_eq!(mailed(&app, "rita@example.org").await, ["approval_requested"]);
        assert!(mailed(&app, &email_of("Carlos")).await.contains(&"approval_requested"));
        assert!(!mailed(&app, ANA).await.contains(&"approval_requested"), "the requester was asked to approve");

        // Who asks for the service holds the role too, and neither sees nor decides it.
        let own = session(&app, &place, place.ana).await;
        let asked = format!("/api/v1/portal/approvals/{code}");
        app.get(&asked).bearer(&own).send().await.expect(404);
        let decide = json!({ "role": "oficina_riesgos", "decision": "approved" });
        app.post(&format!("{asked}/decisions")).bearer(&own).if_match(1).json(&decide).send().await.expect(404);
        let stranger = session(&app, &place, place.ben).await;
        app.get(&asked).bearer(&stranger).send().await.expect(404);

        // A mailed code opens the portal for the approver, who is not the requester of the ticket.
        let browser = app.browser();
        let lookup = json!({ "desk": "icetex", "ticket_code": code, "email": "rita@example.org" });
        let challenge = browser.post("/api/v1/portal/lookups").json(&lookup).send().await.expect(202).json();
        let mailed_code = stage::last_code(&app, "rita@example.org").await;
        let verified: shared::api::portal::Verified = stage::prove(&browser, &challenge, &mailed_code).await.expect(200).json();
        let inbox: Page<PortalApprovalRow> = app.get("/api/v1/portal/approvals").bearer(&verified.access_token).send().await.expect(200).json();
        assert_eq!(inbox.items.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), [code.as_str()]);
        let shown: PortalApproval = app.get(&asked).bearer(&verified.access_token).send().await.expect(200).json();
        assert_eq!((shown.note.as_deref(), shown.attachments.len(), shown.roles.len()), (Some("Va el correo del jefe."), 1, 1));
        app.get(&format!("{asked}/attachments/{}", shown.attachments[0].id)).bearer(&verified.access_token).send().await.expect(200);
        app.get(&format!("/api/v1/portal/tickets/{code}")).bearer(&verified.access_token).send().await.expect(404);
        app.post(&format!("{asked}/decisions")).bearer(&verified.access_token).if_match(shown.version).json(&decide).send().await.expect(200);
        app.get(&asked).bearer(&verified.access_token).send().await.problem(ProblemType::Conflict);
        assert_eq!(status(&app, &laura, &code).await, Status::AwaitingApproval, "one word was enough");

        // The other role is a group; its member decides in the console.
        let carlos = fresh(&app, &carlos).await;
        let inbox: Page<ApprovalRow> = app.get("/api/v1/approvals").by(&carlos).send().await.expect(200).json();
        assert_eq!(inbox.items.len(), 1);
        let infrastructure = json!({ "role": "coordinacion_infraestructura", "decision": "approved" });
        act(&app, &laura, &code, "approval-decisions", infrastructure.clone()).await.expect(403);
        act(&app, &carlos, &code, "approval-decisions", infrastructure).await.expect(200);
        let done = view(&app, &laura, &code).await;
        assert_eq!(done.status, Status::InProgress);
        assert_eq!(done.approval.unwrap().steps[0].approvers[0].decided_by.as_deref(), Some("Rita Pardo"));
        let _ = risk;
    }

    ///
    async fn a_refused_approval_needs_its_reason_and_ends_without_solution(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        appoint(&app, &laura, "icetex", "oficina_riesgos", &json!([{ "email": BEN }])).await.expect(200);
        let code = record(&app, &place, &laura, json!({ "category": "activar-licencias", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        let mute = json!({ "role": "coordinacion_infraestructura", "decision": "refused" });
        act(&app, &carlos, &code, "approval-decisions", mute).await.problem(ProblemType::Validation);
        let word = json!({ "role": "coordinacion_infraestructura", "decision": "refused", "comment": "No hay licencias." });
        act(&app, &carlos, &code, "approval-decisions", word).await.expect(200);
        let seen = view(&app, &laura, &code).await;
        assert_eq!((seen.status, seen.reason_id.as_deref()), (Status::Unsolvable, Some("approval_refused")));
        let mails = mailed(&app, ANA).await;
        assert!(mails.contains(&"unsolvable") && mails.contains(&"survey"), "{mails:?}");
        let inbox: Page<ApprovalRow> = app.get("/api/v1/approvals").by(&fresh(&app, &carlos).await).send().await.expect(200).json();
        assert!(inbox.items.is_empty());
    }

    ///
    async fn a_solution_that_implies_costs_asks_the_coordinators_and_goes_on_with_their_instruction(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pedro = agent(&app, &place, "Pedro", "profesionales").await;
        let worker = app.agent("Sara", &[(place.desk, &[Privilege::TicketRead, Privilege::TicketWork])]).await;
        agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let code = record(&app, &place, &laura, json!({ "category": "falla", "request_type": "incident", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let blind = json!({ "level": 2, "group": "profesionales", "justification": "Es del nivel 2." });
        act(&app, &laura, &code, "escalations", blind).await.problem(ProblemType::Validation);
        let escalate = json!({ "level": 2, "group": "profesionales", "assignee": pedro.id, "justification": "Es del nivel 2.", "diagnosis": "El servidor no tiene espacio." });
        act(&app, &laura, &code, "escalations", escalate).await.expect(200);
        let suspend = json!({ "command": "suspend", "reason": "coordinator", "justification": "Hay que comprar un disco." });
        assert_eq!(act(&app, &pedro, &code, "transitions", suspend.clone()).await.problem(ProblemType::StateConflict).unmet, [Need::Controls]);
        act(&app, &pedro, &code, "control-answers", json!({ "control": "implies_cost", "answer": true })).await.expect(200);
        act(&app, &pedro, &code, "transitions", suspend).await.expect(200);
        let said = view(&app, &pedro, &code).await.controls.into_iter().find(|one| one.id == "implies_cost").unwrap();
        assert_eq!((said.answer, said.at.is_some()), (Some(true), true));
        let news = |mails: Vec<Content>| mails.into_iter().filter_map(|mail| match mail { Content::TeamNotice { news, note, .. } => Some((news, note)), _ => None }).collect::<Vec<_>>();
        let to_carlos = news(stage::mails(&app, &email_of("Carlos")).await);
        assert_eq!(to_carlos.iter().map(|(news, _)| *news).collect::<Vec<_>>(), [TeamNews::CostImplication, TeamNews::InstructionRequested]);
        assert!(to_carlos.iter().all(|(_, note)| note == "Hay que comprar un disco."));
        let resume = json!({ "command": "resume", "note": "Use el disco de reserva." });
        act(&app, &worker, &code, "transitions", resume.clone()).await.expect(403);
        act(&app, &laura, &code, "transitions", resume).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::Escalated);
        assert!(mailed(&app, &email_of("Pedro")).await.contains(&"resumed_to_team"));
    }

    ///
    async fn a_suspension_says_why_pauses_the_clock_and_comes_up_on_the_day_of_contact(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        let seen = view(&app, &laura, &code).await;
        let suspend = seen.allowed_commands.iter().find(|row| row.command == CommandKind::Suspend).unwrap();
        assert!(suspend.reasons.iter().any(|reason| reason.note_script.as_deref().is_some_and(|script| script.contains("{next_contact}"))));
        let without = act(&app, &laura, &code, "transitions", json!({ "command": "suspend" })).await;
        let wrong: Vec<_> = without.problem(ProblemType::Validation).errors.into_iter().map(|error| error.pointer).collect();
        assert_eq!(wrong, ["/justification", "/reason"]);
        let odd = json!({ "command": "suspend", "reason": "user_unavailable", "justification": "No contesta.", "vendor": "Acme" });
        assert_eq!(act(&app, &laura, &code, "transitions", odd).await.problem(ProblemType::Validation).errors[0].pointer, "/vendor");
        let past = json!({ "command": "suspend", "reason": "user_unavailable", "justification": "No contesta.", "next_contact": "2026-11-17" });
        act(&app, &laura, &code, "transitions", past).await.problem(ProblemType::Validation);
        let good = json!({ "command": "suspend", "reason": "user_unavailable", "justification": "SUSP: se contacta nuevamente el día 20/11/26", "next_contact": "2026-11-20" });
        act(&app, &laura, &code, "transitions", good).await.expect(200);
        // the mail and the history write the day as dd/mm/aa.
        assert!(stage::mails(&app, ANA).await.iter().any(|mail| matches!(mail, Content::Suspended { next_contact: Some(day), .. } if day.to_string() == "2026-11-20")));
        let seen = view(&app, &laura, &code).await;
        assert!(seen.timeline.iter().any(|entry| matches!(&entry.body, TimelineBody::Event { name, text, .. } if name == "next_contact_set" && text.contains("20/11/26"))));
        // given once, the justification stands in the history and in the section of the solution.
        let justification = "SUSP: se contacta nuevamente el día 20/11/26";
        assert!(seen.timeline.iter().any(|entry| matches!(&entry.body, TimelineBody::Event { note: Some(note), .. } if note == justification)));
        let log: Vec<_> = seen.solution_log.iter().map(|one| (one.status, one.status_label.as_str(), one.reason.as_deref(), one.text.as_str(), one.author.as_str())).collect();
        assert_eq!(log, [(Status::Suspended, "Suspendido", Some("Usuario no disponible"), justification, "Laura")]);
        let listed = |agent: Agent| { let app = &app; async move { app.get("/api/v1/tickets?view=due_contact").by(&agent).send().await.expect(200).json::<Page<TicketRow>>().items.len() } };
        assert_eq!(listed(fresh(&app, &laura).await).await, 0);
        app.advance(TimeDelta::days(2));
        assert_eq!(listed(fresh(&app, &laura).await).await, 1);
        act(&app, &laura, &code, "transitions", json!({ "command": "resume", "reason": "contact_date" })).await.expect(200);
        let back = view(&app, &laura, &code).await;
        assert!(back.suspended_minutes > 0 && back.next_contact.is_none());
        assert_eq!(listed(fresh(&app, &laura).await).await, 0);
    }

    ///
    async fn three_mails_on_three_business_days_end_a_case_that_nobody_answers(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        let end = json!({ "command": "mark_not_managed", "reason": "no_answer", "description": "No respondió a tres correos." });
        act(&app, &laura, &code, "transitions", end.clone()).await.problem(ProblemType::StateConflict);
        for step in [FollowUpStep::First, FollowUpStep::Second, FollowUpStep::Closing] {
            let draft: FollowUpDraft = app.get(&format!("/api/v1/tickets/{code}/follow-ups")).by(&fresh(&app, &laura).await).send().await.expect(200).json();
            assert_eq!((draft.step, draft.ready), (Some(step), true));
            let mail = json!({ "step": step, "text": draft.text });
            act(&app, &laura, &code, "follow-ups", mail.clone()).await.expect(200);
            act(&app, &laura, &code, "follow-ups", mail).await.expect(409);
            app.advance(TimeDelta::days(1));
        }
        let sent: Vec<_> = mailed(&app, ANA).await.into_iter().filter(|word| word.starts_with("follow_up")).collect();
        assert_eq!(sent, ["follow_up_first", "follow_up_second", "follow_up_closing"]);
        let contact = view(&app, &laura, &code).await.contact.unwrap();
        assert!(contact.complete && contact.counted == 3);
        act(&app, &laura, &code, "transitions", end).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::NotManaged);
    }

    ///
    async fn a_vendor_solves_and_the_sixth_question_decides(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let vera = agent(&app, &place, "Vera", "proveedor").await;
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "high", "impact": "high" })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "send_to_vendor", "assignee": vera.id, "group": "proveedor" })).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::WithVendor);
        let solve = |who: Agent, reason: Value| { let (app, code) = (&app, &code); async move { act(app, &who, code, "solutions", json!({ "solution": "Se cambió el equipo.", "reason": reason })).await } };
        let seen = view(&app, &vera, &code).await;
        let reason = seen.allowed_commands.iter().find(|row| row.command == CommandKind::Solve).unwrap().reasons[0].id.clone();
        solve(vera.clone(), json!(reason)).await.expect(200);
        let told = mailed(&app, &email_of("Vera")).await;
        assert_eq!(told.len(), 1, "the vendor was told twice: {told:?}");
        // the label of the priority, not its key.
        assert!(stage::mails(&app, &email_of("Vera")).await.iter().any(|mail| matches!(mail, Content::Assigned { facts, .. } | Content::Escalated { facts, .. } if facts.priority == "CRÍTICO")));
        let mails = mailed(&app, ANA).await;
        assert!(mails.contains(&"solved") && mails.contains(&"survey"), "{mails:?}");
        // the user reads the solution.
        assert!(stage::mails(&app, ANA).await.iter().any(|mail| matches!(mail, Content::Solved { solution, by_survey: true, .. } if solution == "Se cambió el equipo.")));
        let token = session(&app, &place, place.ana).await;
        let path = format!("/api/v1/portal/tickets/{code}");
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        assert_eq!(mine.survey.len(), 6);
        assert!(mine.actions.rate && !mine.actions.accept);
        let answers = |closing: bool| json!({ "answers": [
            { "question": "q1", "value": { "stars": 4 } }, { "question": "q2", "value": { "stars": 4 } }, { "question": "q3", "value": { "stars": 5 } },
            { "question": "q4", "value": { "yes_no": true } }, { "question": "q6", "value": { "yes_no": closing } },
        ] });
        let send = |body: Value, version: i32| { let (app, path, token) = (&app, &path, &token); async move { app.post(&format!("{path}/surveys")).bearer(token).if_match(version).json(&body).send().await } };
        send(json!({ "answers": [] }), mine.version).await.problem(ProblemType::Validation);
        let reopened: RequesterTicket = send(answers(false), mine.version).await.expect(200).json();
        assert_eq!(reopened.status.id, Status::Reopened);
        assert!(mailed(&app, &email_of("Vera")).await.contains(&"rejected_to_team"));
        assert_eq!(view(&app, &laura, &code).await.survey.len(), 5);
        send(answers(true), reopened.version).await.expect(409);
        act(&app, &vera, &code, "transitions", json!({ "command": "start", "reason": "attention_goes_on" })).await.expect(200);
        let solved = view(&app, &vera, &code).await;
        let reason = solved.allowed_commands.iter().find(|row| row.command == CommandKind::Solve).unwrap().reasons[0].id.clone();
        // with its files.
        let proof = upload(&app, &vera).await;
        let again = json!({ "solution": "Se cambió el equipo.", "reason": reason, "attachments": [proof] });
        act(&app, &vera, &code, "solutions", again).await.expect(200);
        assert_eq!(view(&app, &laura, &code).await.attachments.len(), 1);
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        let closed: RequesterTicket = send(answers(true), mine.version).await.expect(200).json();
        assert_eq!(closed.status.id, Status::Closed);
        // every solution stays, with who gave it and when.
        let log = view(&app, &laura, &code).await.solution_log;
        assert_eq!(log.iter().map(|one| (one.status, one.text.as_str(), one.author.as_str())).collect::<Vec<_>>(), [(Status::Solved, "Se cambió el equipo.", "Vera"); 2]);
        assert!(log.iter().all(|one| one.reason.is_some()) && log[0].at <= log[1].at);
    }

    ///
    async fn the_section_of_the_solution_keeps_what_was_done_and_decided(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await;
        assert!(view(&app, &laura, &code).await.solution_log.is_empty());
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "suspend", "reason": "takes_longer", "justification": "Falta un repuesto." })).await.expect(200);
        act(&app, &laura, &code, "transitions", json!({ "command": "resume", "reason": "information_received" })).await.expect(200);
        // So much comes after it that the timeline's first page holds none of it any more.
        for note in 0..90 {
            act(&app, &laura, &code, "messages", json!({ "visibility": "internal", "body": format!("Nota {note}.") })).await.expect(201);
        }
        act(&app, &laura, &code, "transitions", json!({ "command": "mark_not_managed", "reason": "out_of_scope", "description": "No es de esta mesa." })).await.expect(200);
        let log = view(&app, &laura, &code).await.solution_log;
        let told: Vec<_> = log.iter().map(|one| (one.status_label.as_str(), one.reason.as_deref(), one.text.as_str())).collect();
        assert_eq!(told, [
            ("Suspendido", Some("Gestión demanda más tiempo del estimado"), "Falta un repuesto."),
            ("No gestionado", Some("Fuera del alcance del grupo responsable"), "No es de esta mesa."),
        ]);
    }

    ///
    async fn a_case_is_recorded_only_with_the_privilege(app: TestApp) {
        let place = place(&app, "victimas").await;
        let new = json!({
            "desk": "victimas", "requester_email": ANA, "channel": "phone", "request_type": "request", "urgency": "low",
            "category": "informacion", "subject": "Una consulta", "message": "El detalle."
        });
        let worker = app.agent("Sara", &[(place.desk, &[Privilege::TicketRead, Privilege::TicketWork])]).await;
        app.post("/api/v1/tickets").by(&worker).with_key().json(&new).send().await.expect(403);
        let recorder = app.agent("Rosa", &[(place.desk, &[Privilege::TicketCreate])]).await;
        app.post("/api/v1/tickets").by(&recorder).with_key().json(&new).send().await.expect(201);
    }

    ///
    async fn the_office_asks_its_provider_and_the_help_desk_closes_by_hand(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let omar = agent(&app, &place, "Omar", "oficina_tecnologia").await;
        agent(&app, &place, "Vera", "proveedor").await;
        let code = record(&app, &place, &laura, json!({ "category": "licenciamiento-licencia-office", "priority": "medium" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "c1", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let escalate = json!({ "level": 2, "group": "oficina_tecnologia", "assignee": omar.id, "justification": "Requiere la consola de licencias." });
        act(&app, &laura, &code, "escalations", escalate).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::Suspended);
        let ask = json!({ "command": "send_to_vendor", "vendor": "Licencias SAS", "justification": "Activar diez licencias." });
        let unmet = act(&app, &omar, &code, "transitions", ask.clone()).await.problem(ProblemType::StateConflict).unmet;
        assert!(unmet.contains(&Need::Cause) && unmet.contains(&Need::Controls), "{unmet:?}");
        act(&app, &omar, &code, "causes", json!({ "cause": "Se agotaron las licencias." })).await.expect(200);
        act(&app, &omar, &code, "control-answers", json!({ "control": "c3", "answer": true })).await.expect(200);
        act(&app, &omar, &code, "transitions", ask).await.expect(200);
        assert!(mailed(&app, &email_of("Vera")).await.contains(&"vendor_asked"));
        let seen = view(&app, &laura, &code).await;
        assert_eq!((seen.reason_id.as_deref(), seen.vendor.as_deref(), seen.cause.as_deref()), (Some("provider"), Some("Licencias SAS"), Some("Se agotaron las licencias.")));
        let evidence = upload(&app, &omar).await;
        act(&app, &omar, &code, "transitions", json!({ "command": "return_from_vendor", "note": "Entregó las licencias.", "attachments": [evidence] })).await.expect(200);
        let evidence = stage::mails(&app, &email_of("Laura")).await.into_iter().find_map(|mail| match mail {
            Content::TeamNotice { news: TeamNews::VendorAnswered, attachments, .. } => Some(attachments),
            _ => None,
        });
        assert_eq!(evidence.unwrap_or_default(), ["correo del jefe.eml"]);
        let confirmed = async || mailed(&app, &email_of("Laura")).await.into_iter().filter(|word| *word == "vendor_answered").count();
        assert_eq!(confirmed().await, 1);
        // the files that prove it are with the ticket, for the team.
        let kept = view(&app, &laura, &code).await;
        assert_eq!(kept.attachments.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["correo del jefe.eml"]);
        assert!(kept.timeline.iter().any(|entry| matches!(&entry.body, TimelineBody::Message { visibility: Visibility::Internal, body, attachments, .. } if body == "Entregó las licencias." && attachments.len() == 1)));
        let solution = json!({ "solution": "Licencias activas.", "reason": "solution_given" });
        // C3 is asked anew: yes would go to the provider again, no solves.
        let unmet = act(&app, &omar, &code, "solutions", solution.clone()).await.problem(ProblemType::StateConflict).unmet;
        assert_eq!(unmet, [Need::Controls]);
        act(&app, &laura, &code, "control-answers", json!({ "control": "c3", "answer": false })).await.expect(403);
        act(&app, &omar, &code, "control-answers", json!({ "control": "c3", "answer": false })).await.expect(200);
        act(&app, &omar, &code, "solutions", solution).await.expect(200);
        // the result goes to the help desk as well as, in its name and by mail, to the user.
        assert_eq!(confirmed().await, 2);
        assert!(stage::mails(&app, ANA).await.iter().any(|mail| matches!(mail, Content::Solved { solution, .. } if solution == "Licencias activas.")));
        let close = json!({ "command": "close_by_desk" });
        assert_eq!(act(&app, &laura, &code, "transitions", close.clone()).await.problem(ProblemType::StateConflict).unmet, [Need::SurveyAnswered]);
        let token = session(&app, &place, place.ana).await;
        let path = format!("/api/v1/portal/tickets/{code}");
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        let survey = json!({ "answers": [{ "question": "service", "value": { "stars": 5 } }, { "question": "validated", "value": { "yes_no": true } }] });
        let rated: RequesterTicket = app.post(&format!("{path}/surveys")).bearer(&token).if_match(mine.version).json(&survey).send().await.expect(200).json();
        assert_eq!(rated.status.id, Status::Solved);
        assert!(!rated.actions.rate);
        // The answers keep the version of the questions.
        let version = rated.rating.and_then(|rating| rating.version);
        assert_eq!((version, view(&app, &laura, &code).await.survey_version, kept_survey_version(&app, &code).await), (Some(1), Some(1), Some(1)));
        assert!(mailed(&app, &email_of("Laura")).await.contains(&"survey_answered") || mailed(&app, &email_of("Omar")).await.contains(&"survey_answered"));
        act(&app, &laura, &code, "transitions", close).await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::Closed);
    }

    ///
    async fn an_escalation_takes_what_the_desk_asks_for_and_no_more(app: TestApp) {
        // All desks first: what the server knows of desks is a moment old.
        let infortec = place(&app, "infortec").await;
        let icetex = place(&app, "icetex").await;
        let victimas = place(&app, "victimas").await;
        let uspec = place(&app, "uspec").await;
        // What an offer says that it needs is what an empty escalation is refused for.
        let pointers = |answer: &Answer| answer.problem(ProblemType::Validation).errors.iter().map(|error| error.pointer.clone()).collect::<Vec<_>>();
        let offer = async |who: &Agent, code: &str| {
            let seen = view(&app, who, code).await;
            seen.allowed_commands.into_iter().find(|row| row.command == CommandKind::Escalate).unwrap()
        };

        let laura = agent(&app, &infortec, "Laura", "mesa").await;
        let code = record(&app, &infortec, &laura, json!({ "category": "eset", "priority": "p3", "channel": "phone" })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        assert_eq!(offer(&laura, &code).await.needs, [Need::Level, Need::Justification]);
        assert_eq!(pointers(&act(&app, &laura, &code, "escalations", json!({})).await), ["/level", "/justification"]);
        let wrong = json!({ "level": 7, "justification": "  ", "diagnosis": "" });
        assert_eq!(pointers(&act(&app, &laura, &code, "escalations", wrong).await), ["/justification", "/diagnosis", "/level"]);
        act(&app, &laura, &code, "escalations", json!({ "level": 2, "justification": "Requiere la consola." })).await.expect(200);
        let seen = view(&app, &laura, &code).await;
        assert_eq!((seen.level, seen.group.map(|group| group.id).as_deref()), (2, Some("endpoint")), "the group that the desk proposes");

        let nora = agent(&app, &icetex, "Nora", "mesa").await;
        let code = record(&app, &icetex, &nora, json!({ "category": "falla", "request_type": "incident", "impact": "low", "urgency": "low" })).await;
        act(&app, &nora, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &nora, &code, "assignments", json!({ "assignee": nora.id })).await.expect(200);
        assert_eq!(offer(&nora, &code).await.needs, [Need::Diagnosis, Need::Group]);
        assert_eq!(pointers(&act(&app, &nora, &code, "escalations", json!({})).await), ["/diagnosis", "/group"]);
        act(&app, &nora, &code, "escalations", json!({ "group": "profesionales", "diagnosis": "El servidor no tiene espacio." })).await.expect(200);
        assert_eq!(view(&app, &nora, &code).await.level, 2);

        let pilar = agent(&app, &victimas, "Pilar", "mesa").await;
        let code = record(&app, &victimas, &pilar, json!({ "category": "correo-colaboracion", "request_type": "incident", "urgency": "low", "channel": "phone" })).await;
        assert_eq!(offer(&pilar, &code).await.needs, [Need::Reason, Need::GroupOrAssignee]);
        assert_eq!(pointers(&act(&app, &pilar, &code, "escalations", json!({})).await), ["/reason", "/assignee"]);
        act(&app, &pilar, &code, "escalations", json!({ "reason": "other_level", "group": "seguridad" })).await.expect(200);
        let seen = view(&app, &pilar, &code).await;
        assert_eq!((seen.level, seen.status), (3, Status::Escalated), "the level of the group");

        let hugo = agent(&app, &uspec, "Hugo", "mesa").await;
        let elena = agent(&app, &uspec, "Elena", "oficina_tecnologia").await;
        let code = record(&app, &uspec, &hugo, json!({ "category": "licenciamiento-licencia-office", "priority": "medium" })).await;
        act(&app, &hugo, &code, "control-answers", json!({ "control": "c1", "answer": true })).await.expect(200);
        act(&app, &hugo, &code, "assignments", json!({ "assignee": hugo.id })).await.expect(200);
        assert_eq!(offer(&hugo, &code).await.needs, [Need::Assignee, Need::Justification]);
        assert_eq!(pointers(&act(&app, &hugo, &code, "escalations", json!({})).await), ["/assignee", "/justification"]);
        act(&app, &hugo, &code, "escalations", json!({ "assignee": elena.id, "justification": "Requiere la consola." })).await.expect(200);
        assert_eq!(view(&app, &hugo, &code).await.group.map(|group| group.id).as_deref(), Some("oficina_tecnologia"));
        assert_eq!(offer(&elena, &code).await.needs, [Need::Justification]);
        act(&app, &elena, &code, "escalations", json!({ "justification": "No es de la oficina." })).await.expect(200);
        assert_eq!(view(&app, &hugo, &code).await.level, 1);
    }

    ///
    async fn a_word_on_an_approval_is_repeated_only_to_who_may_still_give_one(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let (desk, now) = (place.desk, app.clock.now());
        let rita = app.seed(move |conn| stage::add_person(conn, desk, "Rita Pardo", "rita@example.org", now)).await;
        let holders = async |list: Value| {
            appoint(&app, &laura, "icetex", "oficina_riesgos", &list).await.expect(200);
        };
        holders(json!([{ "email": "rita@example.org" }])).await;
        let code = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        let version = view(&app, &laura, &code).await.version;

        // An API token is refused before anything is looked up.
        let path = format!("/api/v1/tickets/{code}/approval-decisions");
        let word = json!({ "role": "coordinacion_infraestructura", "decision": "approved" });
        let token = json!({ "name": "Monitoreo", "scopes": ["tickets:read", "tickets:write"], "expires_in_days": 30 });
        let token: Value = app.post("/api/v1/tokens").by(&carlos).json(&token).send().await.expect(201).json();
        for address in [path.as_str(), "/api/v1/tickets/IC-99999/approval-decisions"] {
            let call = app.post(address).bearer(token["secret"].as_str().unwrap()).if_match(version);
            call.json(&word).send().await.problem(ProblemType::Forbidden);
        }

        let by_carlos = async || {
            let carlos = fresh(&app, &carlos).await;
            app.post(&path).by(&carlos).if_match(version).header("idempotency-key", "palabra-1").json(&word).send().await
        };
        by_carlos().await.expect(200);
        assert_eq!(by_carlos().await.expect(200).header("idempotency-replayed"), Some("true"));
        let version = view(&app, &laura, &code).await.version;
        let session = session(&app, &place, rita).await;
        let asked = format!("/api/v1/portal/approvals/{code}/decisions");
        let by_rita = async || {
            let word = json!({ "role": "oficina_riesgos", "decision": "approved" });
            app.post(&asked).bearer(&session).if_match(version).header("idempotency-key", "palabra-2").json(&word).send().await
        };
        by_rita().await.expect(200);
        assert_eq!(by_rita().await.expect(200).header("idempotency-replayed"), Some("true"));

        // Who holds the role no more is told nothing, though the answer is kept.
        let user = carlos.id;
        app.seed(move |conn| {
            use api::db::schema::group_members;
            use diesel::prelude::*;
            diesel::delete(group_members::table.filter(group_members::user_id.eq(user))).execute(conn)?;
            Ok(())
        })
        .await;
        by_carlos().await.problem(ProblemType::Forbidden);
        holders(json!([])).await;
        by_rita().await.problem(ProblemType::NotFound);
        assert_eq!(status(&app, &laura, &code).await, Status::InProgress);
    }

    ///
    async fn requesters_choose_impact_and_urgency_where_the_desk_lets_them(app: TestApp) {
        let place = place_with(&app, "icetex", |text| {
            assert!(text.contains("chosen_by_requester = false"));
            text.replace("chosen_by_requester = false", "chosen_by_requester = true")
        })
        .await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let draft = |impact: Option<&str>, urgency: Option<&str>| shared::api::portal::NewDraft {
            category: "falla".to_owned(),
            priority: None,
            impact: impact.map(str::to_owned),
            urgency: urgency.map(str::to_owned),
            ..stage::draft_at("icetex", ANA)
        };
        let shown: Value = app.get("/api/v1/portal/desks/icetex").send().await.expect(200).json();
        // whoever chooses may read it.
        assert_eq!(shown["prioritisation"]["matrix"]["impact"].as_array().map(Vec::len), Some(3), "{shown}");
        for (impact, urgency, wanted) in [("high", "high", "critical"), ("high", "low", "medium"), ("low", "low", "low")] {
            let opened = stage::open_ticket(&app, &app.browser(), &draft(Some(impact), Some(urgency))).await;
            let seen = view(&app, &laura, &opened.ticket_code.unwrap()).await;
            let chosen = (seen.impact.map(|one| one.id), seen.urgency.map(|one| one.id));
            assert_eq!(chosen, (Some(impact.to_owned()), Some(urgency.to_owned())));
            assert_eq!(seen.priority.id, wanted, "{impact} {urgency}");
        }
        let refused = async |draft: shared::api::portal::NewDraft| {
            let answer = app.browser().post("/api/v1/portal/drafts").with_key().json(&draft).send().await;
            answer.problem(ProblemType::Validation).errors.into_iter().map(|error| error.pointer).collect::<Vec<_>>()
        };
        assert_eq!(refused(draft(Some("huge"), Some("low"))).await, ["/impact"]);
        assert_eq!(refused(draft(Some("low"), None)).await, ["/urgency"]);
        assert_eq!(refused(draft(None, Some("low"))).await, ["/impact"]);
        // The matrix is not walked round by naming the priority, and who names nothing gets the desk's own.
        let bold = shared::api::portal::NewDraft { priority: Some("critical".to_owned()), ..draft(Some("low"), Some("low")) };
        for draft in [bold, draft(None, None)] {
            let opened = stage::open_ticket(&app, &app.browser(), &draft).await;
            assert_eq!(view(&app, &laura, &opened.ticket_code.unwrap()).await.priority.id, "low");
        }
    }

    ///
    async fn where_the_desk_prioritises_the_choice_of_a_requester_is_not_looked_at(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let draft = shared::api::portal::NewDraft {
            category: "falla".to_owned(),
            priority: Some("critical".to_owned()),
            impact: Some("high".to_owned()),
            urgency: Some("high".to_owned()),
            ..stage::draft_at("icetex", ANA)
        };
        let shown: Value = app.get("/api/v1/portal/desks/icetex").send().await.expect(200).json();
        assert_eq!(shown["prioritisation"]["matrix"], Value::Null, "{shown}");
        let opened = stage::open_ticket(&app, &app.browser(), &draft).await;
        let seen = view(&app, &laura, &opened.ticket_code.unwrap()).await;
        assert_eq!((seen.priority.id.as_str(), seen.impact, seen.urgency), ("low", None, None));
    }

    async fn a_known_ticket_is_sent_again_whatever_changed_in_it(app: TestApp) {
        use api::db::schema::{memberships, outbox, people};
        use diesel::prelude::*;
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let code = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        let other = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        let path = format!("/api/v1/tickets/{code}");
        let known = std::cell::RefCell::new(Vec::<String>::new());
        // Reads the ticket as somebody who knows every earlier answer: it comes, and then it is known.
        let news = async |what: &str| {
            let laura = fresh(&app, &laura).await;
            let tags = known.borrow().join(", ");
            let get = || app.get(&path).by(&laura);
            let answer = get().header("if-none-match", &tags).send().await;
            assert_eq!(answer.status, 200, "after {what} the answer was taken for known");
            let tag = answer.header("etag").expect("a tag").to_owned();
            get().header("if-none-match", &tag).send().await.expect(304);
            known.borrow_mut().push(tag);
        };
        known.borrow_mut().push("\"0\"".to_owned());
        appoint(&app, &laura, "icetex", "oficina_riesgos", &json!([{ "email": BEN }])).await.expect(200);
        news("the first look").await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        news("a change of version").await;
        app.seed(|conn| {
            diesel::update(outbox::table).set(outbox::status.eq("sent")).execute(conn)?;
            Ok(())
        })
        .await;
        news("a mail that left").await;
        act(&app, &laura, &code, "relations", json!({ "children": [other] })).await.expect(200);
        news("a relation, which is an event of the other one").await;
        act(&app, &laura, &other, "marks", json!({ "mark": "problem", "on": true })).await.expect(200);
        act(&app, &laura, &other, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &other, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        news("a change of the related one").await;
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        news("a request for approval").await;
        app.seed({
            let desk = place.desk;
            let now = app.clock.now();
            move |conn| stage::add_person(conn, desk, "Rita Pardo", "rita@example.org", now)
        })
        .await;
        appoint(&app, &laura, "icetex", "oficina_riesgos", &json!([{ "email": BEN }, { "email": "rita@example.org" }])).await.expect(200);
        news("another holder of the role").await;
        act(&app, &carlos, &code, "approval-decisions", json!({ "role": "coordinacion_infraestructura", "decision": "approved" })).await.expect(200);
        news("a word on the approval").await;
        act(&app, &laura, &code, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        assert!(view(&app, &laura, &code).await.restricted);
        news("the restriction").await;
        let ana = place.ana;
        app.seed(move |conn| {
            diesel::update(people::table.find(ana)).set(people::phone.eq("601 555 0177")).execute(conn)?;
            Ok(())
        })
        .await;
        news("another telephone of the requester").await;
        let user = laura.id;
        app.seed(move |conn| {
            let few: shared::ticket::actor::PrivilegeSet = [Privilege::TicketRead].into_iter().collect();
            diesel::update(memberships::table.filter(memberships::user_id.eq(user)))
                .set(memberships::privileges.eq(api::db::JsonText(few)))
                .execute(conn)?;
            Ok(())
        })
        .await;
        news("fewer rights of the reader").await;
    }

    ///
    async fn a_security_incident_exists_for_its_group_and_whoever_is_in_charge_only(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let sofia = agent(&app, &place, "Sofia", "seguridad").await;
        let code = record(&app, &place, &laura, json!({ "category": "correo-electronico-correo-sospechoso", "request_type": "incident", "priority": "high" })).await;
        let path = format!("/api/v1/tickets/{code}");
        assert!(view(&app, &sofia, &code).await.restricted);
        let listed = |agent: Agent| { let app = &app; async move { app.get("/api/v1/tickets?view=all").by(&agent).send().await.expect(200).json::<Page<TicketRow>>().items.len() } };
        assert_eq!((listed(fresh(&app, &sofia).await).await, listed(fresh(&app, &laura).await).await), (1, 0));
        for address in [path.clone(), format!("{path}/timeline"), format!("{path}/sla"), format!("{path}/follow-ups")] {
            app.get(&address).by(&fresh(&app, &laura).await).send().await.expect(404);
        }
        act(&app, &laura, &code, "messages", json!({ "visibility": "internal", "body": "Hola." })).await.expect(404);
        let counts: Value = app.get("/api/v1/tickets/counts").by(&fresh(&app, &laura).await).send().await.expect(200).json();
        assert_eq!(counts["all"], 0);
        // A ticket that turns out to be one goes to its group, and the desk sees it no more.
        let printer = record(&app, &place, &laura, json!({ "category": "conectividad-fisico-impresoras", "priority": "high" })).await;
        assert_eq!(listed(fresh(&app, &laura).await).await, 1);
        act(&app, &laura, &printer, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        assert_eq!((listed(fresh(&app, &sofia).await).await, listed(fresh(&app, &laura).await).await), (2, 0));
        assert_eq!(view(&app, &sofia, &printer).await.group.unwrap().id, "seguridad");
        app.get(&format!("/api/v1/tickets/{printer}")).by(&fresh(&app, &laura).await).send().await.expect(404);
    }

    ///
    async fn families_have_no_circles_and_a_parent_with_open_children_asks_first(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let mut codes = Vec::new();
        for _ in 0..3 {
            codes.push(record(&app, &place, &laura, json!({ "category": "eset", "priority": "p3", "channel": "phone" })).await);
        }
        let [one, two, three] = [&codes[0], &codes[1], &codes[2]];
        act(&app, &laura, one, "relations", json!({ "children": [two, three] })).await.expect(200);
        act(&app, &laura, two, "relations", json!({ "children": [one] })).await.problem(ProblemType::Validation);
        act(&app, &laura, one, "relations", json!({ "children": [one] })).await.problem(ProblemType::Validation);
        act(&app, &laura, one, "relations", json!({ "children": [two] })).await.problem(ProblemType::Conflict);
        act(&app, &laura, one, "relations", json!({ "children": ["INF-99999"] })).await.problem(ProblemType::Validation);
        let kinds: Vec<_> = view(&app, &laura, one).await.relations.into_iter().map(|relation| (relation.kind, relation.code)).collect();
        assert_eq!(kinds, [(RelationKind::Child, two.clone()), (RelationKind::Child, three.clone())]);
        assert_eq!(view(&app, &laura, two).await.relations[0].kind, RelationKind::Parent);

        act(&app, &laura, one, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let asked = act(&app, &laura, one, "solutions", json!({ "solution": "Listo." })).await;
        assert_eq!(asked.problem(ProblemType::OpenChildren).open_children, [two.clone(), three.clone()]);
        act(&app, &laura, one, "solutions", json!({ "solution": "Listo.", "confirm_open_children": true })).await.expect(200);
        assert_eq!(status(&app, &laura, two).await, Status::New, "a child followed its parent");
        let gone = format!("/api/v1/tickets/{one}/relations/{two}");
        app.delete(&gone).by(&fresh(&app, &laura).await).send().await.expect(200);
        app.delete(&gone).by(&fresh(&app, &laura).await).send().await.expect(404);
        assert!(view(&app, &laura, two).await.relations.is_empty());
    }

    ///
    async fn a_family_has_five_generations_and_its_parents_are_no_duplicates(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let mut codes = Vec::new();
        for _ in 0..6 {
            codes.push(record(&app, &place, &laura, json!({ "category": "eset", "priority": "p3", "channel": "phone" })).await);
        }
        for pair in codes[..4].windows(2) {
            act(&app, &laura, &pair[0], "relations", json!({ "children": [pair[1]] })).await.expect(200);
        }
        act(&app, &laura, &codes[4], "relations", json!({ "children": [codes[5]] })).await.expect(200);
        // Four generations and two would be six, from above and from below.
        for (parent, child) in [(3, 4), (5, 0)] {
            let deep = act(&app, &laura, &codes[parent], "relations", json!({ "children": [codes[child]] })).await;
            assert_eq!(deep.problem(ProblemType::Validation).errors[0].pointer, "/children/0");
        }
        act(&app, &laura, &codes[2], "relations", json!({ "children": [codes[4]] })).await.expect(200);
        let parent = act(&app, &laura, &codes[4], "merge", json!({ "into": codes[0] })).await;
        assert_eq!(parent.problem(ProblemType::Validation).errors[0].pointer, "/into");
        act(&app, &laura, &codes[5], "merge", json!({ "into": codes[0] })).await.expect(200);
    }

    ///
    async fn what_has_ended_is_read_only_and_enters_no_relation(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let mut codes = Vec::new();
        for _ in 0..3 {
            codes.push(record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await);
        }
        let [ended, open, other] = [&codes[0], &codes[1], &codes[2]];
        act(&app, &laura, open, "relations", json!({ "children": [other] })).await.expect(200);
        act(&app, &laura, ended, "transitions", json!({ "command": "mark_not_managed", "reason": "out_of_scope", "description": "No es de esta mesa." })).await.expect(200);
        let before = view(&app, &laura, ended).await;
        assert!(before.allowed_commands.is_empty());
        act(&app, &laura, ended, "relations", json!({ "children": [open] })).await.problem(ProblemType::StateConflict);
        act(&app, &laura, open, "relations", json!({ "children": [ended] })).await.problem(ProblemType::StateConflict);
        act(&app, &laura, ended, "merge", json!({ "into": open })).await.problem(ProblemType::StateConflict);
        let answer = act(&app, &laura, open, "merge", json!({ "into": ended })).await.expect(409);
        assert!(answer.text().contains("ya terminó"), "{}", answer.text());
        for (deed, body) in [
            ("messages", json!({ "visibility": "internal", "body": "Una nota." })),
            ("assignments", json!({ "assignee": laura.id })),
            ("category-changes", json!({ "category": "software" })),
            ("priority-changes", json!({ "urgency": "high", "reason": "Prueba." })),
            ("marks", json!({ "mark": "problem", "on": true })),
        ] {
            let answer = act(&app, &laura, ended, deed, body).await;
            assert!(matches!(answer.status, 404 | 409), "{deed}: {} {}", answer.status, answer.text());
        }
        let after = view(&app, &laura, ended).await;
        assert_eq!((after.version, after.relations.len()), (before.version, 0));
        assert!(view(&app, &laura, open).await.relations.iter().all(|one| one.code == *other));
    }

    ///
    async fn a_parent_closes_by_itself_only_after_its_last_child(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let token = async || session(&app, &place, place.ana).await;
        let solve = async |code: &str, confirmed: bool| {
            let solution = json!({ "solution": "Listo.", "reason": "remote_support", "confirm_open_children": confirmed });
            act(&app, &laura, code, "solutions", solution).await
        };
        let begun = async || {
            let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await;
            act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
            act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
            code
        };
        let sweep = async || {
            sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        };
        let reason = async |code: &str| {
            let seen = view(&app, &laura, code).await;
            (seen.status, seen.reason_id)
        };
        let lapsed = (Status::Closed, Some("lapsed".to_owned()));
        let authorised = (Status::Closed, Some("authorised".to_owned()));
        let (rated, silent, child) = (begun().await, begun().await, begun().await);
        let second = begun().await;
        act(&app, &laura, &rated, "relations", json!({ "children": [child] })).await.expect(200);
        act(&app, &laura, &silent, "relations", json!({ "children": [second] })).await.expect(200);
        for (parent, under) in [(&rated, &child), (&silent, &second)] {
            assert_eq!(solve(parent, false).await.problem(ProblemType::OpenChildren).open_children, [under.as_str()]);
            solve(parent, true).await.expect(200);
        }
        // The requester authorises closing: it is kept, and the parent waits.
        let path = format!("/api/v1/portal/tickets/{rated}");
        let mine: RequesterTicket = app.get(&path).bearer(&token().await).send().await.expect(200).json();
        let answers = json!({ "answers": [
            { "question": "q1", "value": { "stars": 4 } }, { "question": "q2", "value": { "stars": 4 } }, { "question": "q3", "value": { "stars": 5 } },
            { "question": "q4", "value": { "yes_no": true } }, { "question": "q6", "value": { "yes_no": true } },
        ] });
        let answered: RequesterTicket = app.post(&format!("{path}/surveys")).bearer(&token().await).if_match(mine.version).json(&answers).send().await.expect(200).json();
        assert_eq!((answered.status.id, answered.actions.rate), (Status::Solved, false));
        sweep().await;
        // Three business days and more: neither closes while its child is open.
        app.advance(TimeDelta::days(9));
        for _ in 0..2 {
            sweep().await;
        }
        assert_eq!((reason(&rated).await.0, reason(&silent).await.0), (Status::Solved, Status::Solved));
        assert!(!mailed(&app, ANA).await.contains(&"closed"));
        // Each closes by itself soon after its own child has an outcome, with the reason that it would have had.
        solve(&child, false).await.expect(200);
        app.advance(api::tickets::pipeline::FAMILY_GLANCE);
        sweep().await;
        assert_eq!(reason(&rated).await, authorised);
        assert_eq!(reason(&silent).await.0, Status::Solved);
        solve(&second, false).await.expect(200);
        app.advance(api::tickets::pipeline::FAMILY_GLANCE);
        sweep().await;
        assert_eq!(reason(&silent).await, lapsed);
        assert_eq!(mailed(&app, ANA).await.iter().filter(|word| **word == "closed").count(), 2);
    }

    ///
    async fn whoever_ends_a_parent_in_another_way_is_asked_too(app: TestApp) {
        let icetex = place(&app, "icetex").await;
        let laura = agent(&app, &icetex, "Laura", "mesa").await;
        let mut codes = Vec::new();
        for _ in 0..2 {
            codes.push(record(&app, &icetex, &laura, json!({ "category": "falla", "request_type": "incident", "impact": "low", "urgency": "low" })).await);
        }
        let [parent, child] = [&codes[0], &codes[1]];
        act(&app, &laura, parent, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &laura, parent, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, parent, "relations", json!({ "children": [child] })).await.expect(200);
        let mut end = json!({ "command": "mark_unsolvable", "reason": "impossible", "description": "Ya no se fabrica." });
        assert_eq!(act(&app, &laura, parent, "transitions", end.clone()).await.problem(ProblemType::OpenChildren).open_children, [child.as_str()]);
        end["confirm_open_children"] = json!(true);
        act(&app, &laura, parent, "transitions", end).await.expect(200);
        assert_eq!((status(&app, &laura, parent).await, status(&app, &laura, child).await), (Status::Unsolvable, Status::New));
    }

    ///
    async fn two_writers_at_once_close_no_circle_and_do_not_wait_for_each_other(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let ticket = json!({ "category": "eset", "priority": "p3", "channel": "phone" });
        for (deed, taken) in [("relations", "children"), ("merge", "into")] {
            let a = record(&app, &place, &laura, ticket.clone()).await;
            let b = record(&app, &place, &laura, ticket.clone()).await;
            let other = |code: &str| if taken == "children" { json!({ "children": [code] }) } else { json!({ "into": code }) };
            let token = fresh(&app, &laura).await;
            let send = |code: &str, body: Value| {
                app.post(&format!("/api/v1/tickets/{code}/{deed}")).by(&token).if_match(1).json(&body).send()
            };
            // Somebody has the families already, so that both are on their way when it is their turn.
            let gate = hold_families(&app, place.desk).await;
            let (first, second, ()) = tokio::join!(send(&a, other(&b)), send(&b, other(&a)), gate.open());
            let mut seen = [first.status, second.status];
            seen.sort_unstable();
            assert!(seen[0] == 200 && matches!(seen[1], 409 | 412 | 422), "{deed}: {seen:?}");
        }
    }

    /// merging leaves the table, so it takes the right to work on tickets.
    async fn a_duplicate_leads_to_the_ticket_that_goes_on_until_it_is_undone(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let kept = record(&app, &place, &laura, json!({ "category": "eset", "priority": "p3", "channel": "phone" })).await;
        let twin = record(&app, &place, &laura, json!({ "category": "eset", "priority": "p3", "channel": "phone" })).await;
        let reader = app.agent("Sara", &[(place.desk, &[Privilege::TicketRead, Privilege::TicketCreate, Privilege::TicketAssign])]).await;
        act(&app, &reader, &twin, "merge", json!({ "into": kept })).await.expect(403);
        assert!(view(&app, &reader, &twin).await.allowed_commands.iter().all(|one| one.command != CommandKind::MergeInto));
        assert_eq!(status(&app, &laura, &twin).await, Status::New);
        act(&app, &laura, &twin, "merge", json!({ "into": twin })).await.problem(ProblemType::Validation);
        act(&app, &laura, &twin, "merge", json!({ "into": kept })).await.expect(200);
        let merged = view(&app, &laura, &twin).await;
        assert_eq!((merged.status, merged.merged_into.as_deref()), (Status::Closed, Some(kept.as_str())));
        assert_eq!(view(&app, &laura, &kept).await.relations[0].kind, RelationKind::Duplicate);
        let token = session(&app, &place, place.ana).await;
        let mine: RequesterTicket = app.get(&format!("/api/v1/portal/tickets/{twin}")).bearer(&token).send().await.expect(200).json();
        assert_eq!(mine.merged_into.as_deref(), Some(kept.as_str()));
        let laura_now = fresh(&app, &laura).await;
        app.delete(&format!("/api/v1/tickets/{twin}/merge")).by(&laura_now).if_match(merged.version).send().await.expect(200);
        assert_eq!(status(&app, &laura, &twin).await, Status::New);
        assert!(view(&app, &laura, &kept).await.relations.is_empty());
    }

    ///
    async fn three_business_days_of_silence_close_a_solved_request_once(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let code = record(&app, &place, &laura, json!({ "category": "falla", "request_type": "incident", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "control-answers", json!({ "control": "validated", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "solutions", json!({ "solution": "Listo.", "reason": "validated_solution" })).await.expect(200);
        // Wednesday to Monday are three business days; a minute less is not enough.
        app.advance(TimeDelta::days(5) - TimeDelta::minutes(1));
        sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        assert_eq!(status(&app, &laura, &code).await, Status::Solved);
        app.advance(TimeDelta::minutes(1));
        let (db, desks, now) = (&app.state.db, &app.state.desks, app.clock.now());
        let (one, two) = tokio::join!(sla::sweeper::run_once(db, desks, now), sla::sweeper::run_once(db, desks, now));
        one.unwrap();
        two.unwrap();
        let closed = view(&app, &laura, &code).await;
        assert_eq!((closed.status, closed.reason_id.as_deref()), (Status::Closed, Some("lapsed")));
        assert_eq!(mailed(&app, ANA).await.iter().filter(|word| **word == "closed").count(), 1);
    }

    ///
    async fn a_vip_raises_the_priority_where_the_desk_says_so(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let vip = json!({ "vip": true });
        app.patch(&format!("/api/v1/people/{}", place.ana)).by(&laura).if_match(1).json(&vip).send().await.expect(200);
        let code = record(&app, &place, &laura, json!({ "category": "falla", "request_type": "incident", "impact": "low", "urgency": "low" })).await;
        let seen = view(&app, &laura, &code).await;
        assert_eq!((seen.priority.id.as_str(), seen.requester.vip), ("medium", true));
    }

    ///
    async fn a_form_is_asked_where_its_category_says_so(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let mut body = json!({
            "desk": "victimas", "requester_email": ANA, "channel": "phone", "request_type": "incident", "urgency": "low",
            "category": "red", "subject": "Sin red", "message": "No hay conexión."
        });
        let refused = app.post("/api/v1/tickets").by(&laura).with_key().json(&body).send().await.problem(ProblemType::Validation);
        assert_eq!(refused.errors.iter().map(|error| error.pointer.as_str()).collect::<Vec<_>>(), ["/extra/site", "/extra/area"]);
        body["extra"] = json!({ "site": "Sede norte", "area": "Archivo" });
        let made: TicketChanged = app.post("/api/v1/tickets").by(&laura).with_key().json(&body).send().await.expect(201).json();
        act(&app, &laura, &made.code, "extra", json!({ "extra": { "floor": "3" } })).await.expect(200);
        let extra: Vec<_> = view(&app, &laura, &made.code).await.extra.into_iter().map(|field| (field.id, field.value)).collect();
        assert_eq!(extra, [("site".to_owned(), "Sede norte".to_owned()), ("area".to_owned(), "Archivo".to_owned()), ("floor".to_owned(), "3".to_owned())]);
    }

    async fn a_file_that_answers_a_form_belongs_to_the_ticket_and_bears_its_name(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let photo = upload(&app, &laura).await;
        let body = json!({
            "desk": "victimas", "requester_email": ANA, "channel": "phone", "request_type": "incident", "urgency": "low",
            "category": "equipo-falla", "subject": "Pantalla rota", "message": "La pantalla está rota.",
            "extra": {
                "serial": "CT-114", "site": "Sede norte", "area": "Archivo", "floor": "2", "workstation": "14",
                "has_photo": "yes", "photo": photo,
            }
        });
        let made: TicketChanged = app.post("/api/v1/tickets").by(&laura).with_key().json(&body).send().await.expect(201).json();
        let seen = view(&app, &laura, &made.code).await;
        let told = |id: &str| seen.extra.iter().find(|one| one.id == id).map(|one| (one.value.as_str(), one.given.as_str()));
        assert_eq!(told("has_photo"), Some(("Sí", "yes")));
        assert_eq!(told("photo"), Some(("correo del jefe.eml", photo.as_str())));
        assert_eq!(seen.attachments.iter().map(|file| file.id.as_str()).collect::<Vec<_>>(), [photo.as_str()]);
    }
}
