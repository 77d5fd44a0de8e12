//! A request by the procedure of ICETEX: incomplete, completed, approved, escalated, its cost looked into, solved, not
//! accepted, solved again and closed by silence; and the ends without solution. Requester and approvers use the portal; the
//! desk's steps go over the API.

use std::rc::Rc;

use chrono::TimeDelta;
use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::desks::{Desk, quiet_tuesday};
use e2e::hands::Hand;
use e2e::people::{ADMIN, ANA, DIEGO, FELIPE, GLORIA, NORA, OSCAR, Person, TOMAS};
use e2e::seek::Target::{Button, Choice, Fact, Field, Heading};
use e2e::stage::{Stage, play};
use e2e::until;
use serde_json::json;

const DESK: Desk = Desk {
    slug: "icetex",
    a: "una solicitud",
    the: "la solicitud",
    word: "solicitud",
    words: "solicitudes",
    created: "Solicitud creada",
};
const SATISFIED: &str = "¿Está satisfecho con la solución de su solicitud?";

#[test]
fn a_request_goes_from_incomplete_to_closed_by_silence_on_sqlite() {
    play("icetex-sqlite", Engine::Sqlite, journey);
}

#[test]
fn a_request_goes_from_incomplete_to_closed_by_silence_on_postgresql() {
    play("icetex-postgresql", Engine::Postgres, journey);
}

struct Team {
    nora: Hand,
    felipe: Hand,
    gloria: Hand,
}

async fn journey(stage: Rc<Stage>) {
    stage.server.let_it_be(quiet_tuesday(stage.server.now()));
    let team = Team {
        nora: Hand::of(&stage, NORA).await,
        felipe: Hand::of(&stage, FELIPE).await,
        gloria: Hand::of(&stage, GLORIA).await,
    };
    appoint_approvers(&stage).await;
    let ana = stage.browser("requester").await;
    let code = requester_asks_without_the_managers_mail(&stage, &ana).await;
    desk_asks_for_it(&team, &code).await;
    requester_completes(&stage, &ana, &code).await;
    desk_asks_for_approval(&team, &code).await;
    approver_decides(&stage, &code, OSCAR).await;
    approver_decides(&stage, &code, TOMAS).await;
    level_2_looks_into_the_cost(&team, &code).await;
    requester_is_not_satisfied(&ana, &team, &code).await;
    silence_closes(&stage, &team, &code).await;
    the_cost_is_necessary(&stage, &team).await;
    there_is_no_solution(&team).await;
    nobody_answers_three_times(&stage, &team).await;
    an_approver_refuses(&stage, &team).await;
    stage.server.run(&["audit", "verify"]);
}

async fn appoint_approvers(stage: &Stage) {
    let admin = Hand::of(stage, ADMIN).await;
    for (role, who) in [
        ("oficina_riesgos", OSCAR),
        ("coordinacion_infraestructura", TOMAS),
    ] {
        let holders = json!({ "holders": [{ "email": who.email, "deputy": false }] });
        let list = "/desks/icetex/approvers";
        let seen = admin.get(list).await["version"].clone();
        admin.put(&format!("{list}/{role}"), &seen, holders).await;
    }
}

async fn requester_asks_without_the_managers_mail(stage: &Stage, ana: &Browser) -> String {
    ana.open("/").await;
    ana.find(Heading("¿Con qué mesa necesita hablar?")).await;
    ana.open_form_of(DESK, ANA).await;
    ana.search_category(
        "instalacion APLICATIVO",
        "Req. Solicitud Instalación Aplicativo",
    )
    .await;
    ana.see("Se registra como: Petición").await;
    // whoever asks sees from the kind whether the manager must approve.
    ana.see("Necesita la autorización de su jefe").await;
    // The desk prioritises, so requesters are not asked.
    assert!(
        !ana.has(Field("Prioridad")).await,
        "who asks chooses no priority here"
    );
    ana.fill("Tema", "Instalar el programa de firma digital")
        .await;
    ana.fill("Mensaje", "Lo necesitan tres personas de jurídica.")
        .await;
    ana.click(Button("Crear solicitud")).await;
    // Not without a file; whether it is the right one, the desk sees.
    ana.see("Adjunte el correo en que su jefe la aprueba.")
        .await;
    let file = stage.file("borrador.txt", b"Mi pedido.");
    ana.attach_to("Anexos", &[&file]).await;
    let words = (
        "Instalar el programa de firma digital",
        "Lo necesitan tres personas de jurídica.",
    );
    let code = ana.send_to(DESK, &stage.post, ANA, words).await;
    assert!(code.starts_with("TI-"), "{code}");
    code
}

async fn desk_asks_for_it(team: &Team, code: &str) {
    // the file is not the manager's mail, so it is incomplete.
    team.nora.control(code, "complete", false).await;
    let attempt = json!({ "channel": "mail", "result": "no_answer" });
    team.nora.give(code, "contact-attempts", attempt).await;
    let what = json!({
        "reason": "incomplete_information",
        "justification": "Falta el correo en que su jefe aprueba la instalación.",
    });
    team.nora.transition(code, "suspend", what).await;
}

async fn requester_completes(stage: &Stage, ana: &Browser, code: &str) {
    ana.open(&format!("/icetex/tickets/{code}")).await;
    ana.find(Heading("Falta información")).await;
    ana.see("Falta el correo en que su jefe aprueba la instalación.")
        .await;
    ana.click(Button("Completar la información")).await;
    ana.fill("Mensaje", "Adjunto la aprobación de mi jefe.")
        .await;
    let file = stage.file("aprobacion.txt", b"Apruebo la instalacion.");
    ana.attach_and_wait(&[&file]).await;
    ana.click(Button("Enviar mensaje")).await;
    ana.see("Información enviada").await;
    //
    ana.find(Fact("Estado")).await;
    ana.see("Registrado").await;
}

/// The keys of a ticket's files.
async fn files(hand: &Hand, code: &str) -> Vec<serde_json::Value> {
    let ticket = hand.ticket(code).await;
    let files = ticket["attachments"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    files.into_iter().map(|file| file["id"].clone()).collect()
}

async fn desk_asks_for_approval(team: &Team, code: &str) {
    //
    team.nora.control(code, "complete", true).await;
    let priority =
        json!({ "impact": "medium", "urgency": "medium", "reason": "Afecta a un área." });
    team.nora.give(code, "priority-changes", priority).await;
    // No work begins before the approval that the category demands.
    let me = team.nora.get("/me").await["id"].clone();
    team.nora
        .refused(code, "assignments", json!({ "assignee": me }))
        .await;
    // The file that came last is the manager's mail.
    let files = files(&team.nora, code).await.pop();
    //
    let ask = json!({ "note": "Por favor su visto bueno.", "attachments": [files] });
    team.nora.transition(code, "request_approval", ask).await;
    assert_eq!(team.nora.state(code).await, "awaiting_approval");
}

async fn approver_decides(stage: &Stage, code: &str, who: Person) {
    // each office is asked, and decides for itself.
    stage.post.take(who.email, code).await;
    let browser = stage.browser(who.name).await;
    browser
        .prove_for(DESK, &stage.post, who, &format!("approvals/{code}"))
        .await;
    browser
        .find(Heading("Instalar el programa de firma digital"))
        .await;
    browser.see("aprobacion.txt").await;
    browser.choose("¿Da su visto bueno?", "Apruebo").await;
    browser.click(Button("Enviar decisión")).await;
    browser.see("Su decisión quedó registrada.").await;
    browser.find(Heading("Por aprobar")).await;
}

async fn level_2_looks_into_the_cost(team: &Team, code: &str) {
    assert_eq!(team.nora.state(code).await, "in_progress");
    team.nora.take(code).await;
    escalate(team, code).await;
    let cost = json!({ "reason": "coordinator", "justification": "Requiere comprar licencias." });
    // level 2 says that it implies costs, and suspends it.
    team.felipe.control(code, "implies_cost", true).await;
    team.felipe.transition(code, "suspend", cost).await;
    // Only the coordination says how to go on.
    let on = json!({ "command": "resume", "note": "Hay licencias libres." });
    team.nora.refused(code, "transitions", on).await;
    team.gloria
        .transition(
            code,
            "resume",
            json!({ "note": "Hay licencias libres: instale una de ellas." }),
        )
        .await;
    assert_eq!(team.felipe.state(code).await, "escalated");
    team.felipe.control(code, "implies_cost", false).await;
    solve(&team.felipe, code, "Se instaló con una licencia libre.").await;
}

async fn escalate(team: &Team, code: &str) {
    let mut up = json!({ "level": 2, "group": "profesionales", "justification": "Está fuera del alcance del nivel 1." });
    team.nora.refused(code, "escalations", up.clone()).await;
    up["diagnosis"] = json!("El instalador pide permisos del dominio.");
    up["assignee"] = team.nora.key_of("icetex", FELIPE).await;
    team.nora.give(code, "escalations", up).await;
}

async fn solve(hand: &Hand, code: &str, text: &str) {
    hand.control(code, "validated", true).await;
    let solution = json!({ "solution": text, "reason": "validated_solution" });
    hand.give(code, "solutions", solution).await;
}

async fn requester_is_not_satisfied(ana: &Browser, team: &Team, code: &str) {
    ana.open_survey(DESK, code).await;
    // Nothing is chosen for the person.
    ana.click(Button("Enviar respuestas")).await;
    ana.see(&format!("Responda «{SATISFIED}»")).await;
    ana.choose(SATISFIED, "No").await;
    ana.click(Button("Enviar respuestas")).await;
    ana.find(Heading("Gracias por responder")).await;
    // level 2 had solved it, so it is back at its analysis.
    let state = team.felipe.state(code).await;
    assert_eq!(state, "escalated");
    team.felipe.control(code, "implies_cost", false).await;
    solve(&team.felipe, code, "Se agregó el complemento que faltaba.").await;
}

async fn closes(hand: &Hand, code: &str) {
    until("the ticket to be closed", async || {
        match hand.state(code).await {
            state if state == "closed" => Ok(()),
            state => Err(state),
        }
    })
    .await;
}

async fn silence_closes(stage: &Stage, team: &Team, code: &str) {
    stage.server.pass(TimeDelta::days(2));
    assert_eq!(team.nora.state(code).await, "solved");
    stage.server.pass(TimeDelta::days(2));
    // nobody has to answer; three business days close it.
    closes(&team.nora, code).await;
    // From Saturday to Monday: attempts on a day off would not count.
    stage.server.pass(TimeDelta::days(2));
    let late = json!({ "solution": "Otra vez.", "reason": "validated_solution" });
    team.felipe.refused(code, "solutions", late).await;
}

/// A fault that level 1 works on.
async fn fault(team: &Team, subject: &str) -> String {
    let data =
        json!({ "category": "falla", "subject": subject, "impact": "low", "urgency": "low" });
    let code = team.nora.record("icetex", DIEGO, data).await;
    team.nora.control(&code, "complete", true).await;
    team.nora.take(&code).await;
    code
}

async fn the_cost_is_necessary(stage: &Stage, team: &Team) {
    let code = fault(team, "El servidor de impresión no enciende").await;
    escalate(team, &code).await;
    let cost = json!({ "reason": "coordinator", "justification": "Hay que comprar una fuente." });
    team.felipe.control(&code, "implies_cost", true).await;
    team.felipe.transition(&code, "suspend", cost).await;
    //
    let plan = json!({ "reason": "acquisition", "description": "Se incluye en el plan de compras del año." });
    team.gloria.transition(&code, "mark_unsolvable", plan).await;
    let diego = stage.browser("who waits for a purchase").await;
    diego
        .prove_for(DESK, &stage.post, DIEGO, &format!("tickets/{code}"))
        .await;
    diego.see("No fue posible dar una solución").await;
    diego.see("Remitida al Plan Anual de Adquisiciones").await;
    diego.open_survey(DESK, &code).await;
    diego.choose(SATISFIED, "Sí").await;
    diego.click(Button("Enviar respuestas")).await;
    diego.find(Heading("Gracias por responder")).await;
    assert_eq!(team.nora.state(&code).await, "closed");
}

async fn there_is_no_solution(team: &Team) {
    let code = fault(team, "El programa antiguo no abre en el equipo nuevo").await;
    let bare = json!({ "command": "mark_unsolvable", "reason": "impossible" });
    team.nora.refused(&code, "transitions", bare).await;
    let why = json!({ "reason": "impossible", "description": "El fabricante retiró el programa." });
    team.nora.transition(&code, "mark_unsolvable", why).await;
    //
    assert_eq!(team.nora.state(&code).await, "unsolvable");
}

async fn nobody_answers_three_times(stage: &Stage, team: &Team) {
    let code = fault(team, "Pide ayuda y no contesta").await;
    let silence =
        json!({ "solution": "No fue posible contactar a la persona.", "reason": "no_contact" });
    for channel in ["phone", "mail", "chat"] {
        team.nora.refused(&code, "solutions", silence.clone()).await;
        let attempt = json!({ "channel": channel, "result": "no_answer" });
        team.nora.give(&code, "contact-attempts", attempt).await;
    }
    // Three on one day are not enough.
    team.nora.refused(&code, "solutions", silence.clone()).await;
    stage.server.pass(TimeDelta::days(1));
    let attempt = json!({ "channel": "phone", "result": "no_answer" });
    team.nora.give(&code, "contact-attempts", attempt).await;
    //
    team.nora.give(&code, "solutions", silence).await;
    assert_eq!(team.nora.state(&code).await, "solved");
}

async fn an_approver_refuses(stage: &Stage, team: &Team) {
    let diego = stage.browser("who asks for a licence").await;
    diego.open_form_of(DESK, DIEGO).await;
    diego
        .search_category("licencias activacion", "Req. Activación de Licencias")
        .await;
    let file = stage.file("jefe.txt", b"De acuerdo.");
    diego.attach_to("Anexos", &[&file]).await;
    let code = diego
        .send_to(
            DESK,
            &stage.post,
            DIEGO,
            ("Activar una licencia", "Para el equipo nuevo."),
        )
        .await;
    team.nora.control(&code, "complete", true).await;
    let priority = json!({ "impact": "low", "urgency": "low", "reason": "Una persona." });
    team.nora.give(&code, "priority-changes", priority).await;
    let files = files(&team.nora, &code).await;
    team.nora
        .transition(&code, "request_approval", json!({ "attachments": files }))
        .await;
    stage.post.take(OSCAR.email, &code).await;
    let oscar = stage.browser("who refuses").await;
    oscar
        .prove_for(DESK, &stage.post, OSCAR, &format!("approvals/{code}"))
        .await;
    oscar
        .tick(Choice("¿Da su visto bueno?", "No apruebo"))
        .await;
    oscar.click(Button("Enviar decisión")).await;
    oscar.see("Escriba por qué no aprueba.").await;
    oscar
        .fill(
            "Motivo o comentario",
            "La licencia no está en el plan de la oficina.",
        )
        .await;
    oscar.click(Button("Enviar decisión")).await;
    oscar.see("Su decisión quedó registrada.").await;
    //
    assert_eq!(team.nora.state(&code).await, "unsolvable");
}
