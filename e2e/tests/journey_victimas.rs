//! A case by the manual of the Unidad para las Víctimas: on site, suspended with a note and a date, at the vendor, parent of
//! two, solved, not authorised in question 6, solved again and closed; and a case that nobody answers. Requesters use the
//! portal; the specialists' steps go over the API.

use std::rc::Rc;

use chrono::TimeDelta;
use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::desks::{Desk, quiet_tuesday};
use e2e::hands::Hand;
use e2e::people::{ANA, DIEGO, IVAN, PILAR, ROSA};
use e2e::seek::Target::{Button, Choice, Field, Heading, Link, Text, Tick, TickWith};
use e2e::stage::{Stage, play};
use serde_json::{Value, json};

const DESK: Desk = Desk {
    slug: "victimas",
    a: "un caso",
    the: "el caso",
    word: "caso",
    words: "casos",
    created: "Caso creado",
};

#[test]
fn a_case_goes_on_site_and_to_the_vendor_until_the_user_authorises_closing_on_sqlite() {
    play("victimas-sqlite", Engine::Sqlite, journey);
}

#[test]
fn a_case_goes_on_site_and_to_the_vendor_until_the_user_authorises_closing_on_postgresql() {
    play("victimas-postgresql", Engine::Postgres, journey);
}

struct Team {
    pilar: Hand,
    ivan: Hand,
    rosa: Hand,
}

async fn journey(stage: Rc<Stage>) {
    stage.server.let_it_be(quiet_tuesday(stage.server.now()));
    let team = Team {
        pilar: Hand::of(&stage, PILAR).await,
        ivan: Hand::of(&stage, IVAN).await,
        rosa: Hand::of(&stage, ROSA).await,
    };
    let ana = stage.browser("requester").await;
    let code = user_asks(&stage, &ana).await;
    goes_on_site(&team, &code).await;
    is_suspended(&stage, &team, &ana, &code).await;
    vendor_returns(&team, &code).await;
    is_parent_of_two(&stage, &team, &code).await;
    user_does_not_authorise(&stage, &ana, &team, &code).await;
    user_authorises(&ana, &team, &code).await;
    vendor_solves(&team).await;
    nobody_answers(&stage, &team).await;
    stage.server.run(&["audit", "verify"]);
}

async fn user_asks(stage: &Stage, ana: &Browser) -> String {
    ana.open_form_of(DESK, ANA).await;
    ana.search_category("sin conexion", "Conectividad › Sin conexión")
        .await;
    ana.find(Heading("Datos adicionales")).await;
    ana.fill("Tema", "Sin red en la oficina").await;
    ana.fill("Mensaje", "Los seis puestos perdieron la conexión.")
        .await;
    ana.click(Button("Crear caso")).await;
    // mandatory data of the service.
    ana.see("Complete «Sede».").await;
    // no case without its urgency, here either.
    ana.see("Elija una opción en «Urgencia».").await;
    ana.choose("Impacto", "Medio").await;
    ana.choose("Urgencia", "Alta").await;
    ana.fill("Sede", "Quibdó").await;
    ana.fill("Área", "Atención").await;
    let words = (
        "Sin red en la oficina",
        "Los seis puestos perdieron la conexión.",
    );
    let code = ana.send_to(DESK, &stage.post, ANA, words).await;
    //
    assert!(code.starts_with("UV-"), "{code}");
    code
}

async fn goes_on_site(team: &Team, code: &str) {
    team.pilar.take(code).await;
    // a state needs its reason.
    team.pilar
        .refused(code, "transitions", json!({ "command": "start" }))
        .await;
    team.pilar
        .transition(code, "start", json!({ "reason": "attention_begins" }))
        .await;
    let visit = json!({
        "reason": "visit",
        "group": "soporte_hw_sw",
        "assignee": team.pilar.key_of("victimas", IVAN).await,
    });
    team.pilar.transition(code, "escalate_onsite", visit).await;
    //
    assert_eq!(team.ivan.state(code).await, "escalated_onsite");
    team.ivan
        .transition(code, "start", json!({ "reason": "attention_begins" }))
        .await;
}

async fn is_suspended(stage: &Stage, team: &Team, ana: &Browser, code: &str) {
    let mut wait = json!({ "command": "suspend", "reason": "user_unavailable" });
    //
    team.ivan.refused(code, "transitions", wait.clone()).await;
    let day = (stage.server.now() + TimeDelta::days(1)).date_naive();
    wait["justification"] =
        json!("SUSP: usuario no se encuentra disponible; se contacta nuevamente mañana.");
    wait["next_contact"] = json!(day.to_string());
    team.ivan.transition(code, "suspend", wait).await;
    //
    stage
        .post
        .take(ANA.email, "SUSP: usuario no se encuentra disponible")
        .await;
    ana.open(&format!("/victimas/tickets/{code}")).await;
    //
    ana.see("Suspendido").await;
    stage.server.pass(TimeDelta::days(1));
    team.ivan
        .transition(code, "resume", json!({ "reason": "contact_date" }))
        .await;
    assert_eq!(team.ivan.state(code).await, "in_progress");
}

async fn vendor_returns(team: &Team, code: &str) {
    let vendor =
        json!({ "assignee": team.ivan.key_of("victimas", ROSA).await, "group": "proveedor" });
    team.ivan.transition(code, "send_to_vendor", vendor).await;
    //
    assert_eq!(team.rosa.state(code).await, "with_vendor");
    let back = json!({ "reason": "vendor_returned", "note": "El conmutador quedó cambiado." });
    team.rosa.transition(code, "return_from_vendor", back).await;
    // It is back with whoever had sent it.
    assert_eq!(team.ivan.state(code).await, "in_progress");
}

/// A case that the desk records.
async fn recorded(team: &Team, category: &str, subject: &str) -> String {
    let data = json!({
        "category": category, "request_type": "incident", "subject": subject, "impact": "low", "urgency": "low",
    });
    team.pilar.record("victimas", DIEGO, data).await
}

async fn is_parent_of_two(stage: &Stage, team: &Team, code: &str) {
    let mut children = Vec::new();
    for subject in ["El puesto 3 no navega", "El puesto 4 no navega"] {
        children.push(recorded(team, "correo-colaboracion", subject).await);
    }
    relate(stage, code, &children).await;
    // not twice, and not with itself.
    team.ivan
        .refused(code, "relations", json!({ "children": children }))
        .await;
    team.ivan
        .refused(code, "relations", json!({ "children": [code] }))
        .await;
    let parent = team.ivan.ticket(code).await;
    let kinds: Vec<&Value> = parent["relations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| &row["kind"])
        .collect();
    // the one on view is the parent, of as many as were chosen.
    assert_eq!(kinds, [&json!("child"), &json!("child")]);
    // a parent with open children is not solved by the way.
    team.ivan.refused(code, "solutions", solution()).await;
    for child in &children {
        team.pilar.take(child).await;
        team.pilar
            .transition(child, "start", json!({ "reason": "attention_begins" }))
            .await;
        team.pilar.give(child, "solutions", solution()).await;
    }
    team.ivan.give(code, "solutions", solution()).await;
}

/// Chooses the cases of the desk in the window of relations.
async fn relate(stage: &Stage, code: &str, children: &[String]) {
    let desk = stage.browser("specialist at the console").await;
    desk.sign_in(IVAN).await;
    desk.open_ticket(code, "Sin red en la oficina").await;
    // the tab lists the relations, and offers to create one.
    desk.click(Button("Relaciones")).await;
    desk.see("No hay tickets relacionados.").await;
    desk.click(Button("Crear relación")).await;
    // the type comes first, and only that one is found.
    assert!(!desk.has(Field("Buscar tickets")).await);
    desk.choose("¿De qué tipo es el que va a relacionar?", "Requerimiento")
        .await;
    desk.fill("Buscar tickets", "puesto").await;
    desk.see("Ningún ticket coincide").await;
    desk.choose("¿De qué tipo es el que va a relacionar?", "Incidente")
        .await;
    for child in children {
        desk.find(TickWith(child)).await;
        desk.tick(TickWith(child)).await;
    }
    //
    desk.click(Button("Relacionar")).await;
    desk.see("Relación creada").await;
    // shown at once, each with what it is to the one on view.
    desk.find(Text("Hijos")).await;
    for child in children {
        desk.find(Link(child)).await;
    }
    desk.click(Link(&children[0])).await;
    desk.find(Heading("El puesto 3 no navega")).await;
    // The tab counts them.
    desk.click(Button("Relaciones1")).await;
    desk.find(Text("Padre")).await;
    desk.find(Link(code)).await;
}

fn solution() -> Value {
    json!({ "solution": "Se cambió el conmutador y los seis puestos navegan.", "reason": "onsite_support" })
}

async fn answer(ana: &Browser, authorises: &str) {
    ana.find(Heading("Encuesta de satisfacción")).await;
    ana.see("con «No» se reabre y el equipo continúa").await;
    let fives = "5 de 5 estrellas: Muy buena";
    for question in [
        "1. ¿Cómo califica la atención recibida?",
        "2. ¿Cómo califica el tiempo de atención?",
        "3. ¿Cómo califica el conocimiento del especialista?",
    ] {
        ana.tick(Choice(question, fives)).await;
    }
    ana.choose("4. ¿La solución fue clara?", "Sí").await;
    ana.choose("6. ¿Autoriza el cierre definitivo del caso?", authorises)
        .await;
    ana.click(Button("Enviar respuestas")).await;
    ana.find(Heading("Gracias por responder")).await;
}

async fn user_does_not_authorise(stage: &Stage, ana: &Browser, team: &Team, code: &str) {
    // A day has passed, so the address is proved again; then the link of the mail goes on to the survey.
    ana.prove_for(DESK, &stage.post, ANA, &format!("tickets/{code}/rate"))
        .await;
    // Five stars do not outweigh question 6.
    answer(ana, "No").await;
    ana.see("continúa en atención").await;
    //
    assert_eq!(team.ivan.state(code).await, "reopened");
    //
    team.ivan
        .transition(code, "start", json!({ "reason": "attention_goes_on" }))
        .await;
    team.ivan.give(code, "solutions", solution()).await;
}

async fn user_authorises(ana: &Browser, team: &Team, code: &str) {
    ana.open_survey(DESK, code).await;
    answer(ana, "Sí").await;
    ana.see("quedó cerrado").await;
    //
    assert_eq!(team.ivan.state(code).await, "closed");
    ana.open(&format!("/victimas/tickets/{code}")).await;
    ana.see("Este caso está cerrado.").await;
    ana.gone(Tick("5 de 5 estrellas: Muy buena")).await;
}

async fn vendor_solves(team: &Team) {
    let code = recorded(
        team,
        "correo-colaboracion",
        "El equipo en garantía no enciende",
    )
    .await;
    team.pilar.take(&code).await;
    team.pilar
        .transition(&code, "start", json!({ "reason": "attention_begins" }))
        .await;
    let vendor =
        json!({ "assignee": team.pilar.key_of("victimas", ROSA).await, "group": "proveedor" });
    team.pilar.transition(&code, "send_to_vendor", vendor).await;
    let done = json!({ "solution": "Se cambió la tarjeta.", "reason": "vendor_support" });
    team.pilar.refused(&code, "solutions", done.clone()).await;
    team.rosa.give(&code, "solutions", done).await;
    //
    assert_eq!(team.rosa.state(&code).await, "solved");
}

async fn nobody_answers(stage: &Stage, team: &Team) {
    let code = recorded(team, "correo-colaboracion", "No abre el calendario").await;
    team.pilar.take(&code).await;
    team.pilar
        .transition(&code, "start", json!({ "reason": "attention_begins" }))
        .await;
    let end = json!({ "reason": "no_answer", "description": "Se cierra por falta de respuesta." });
    //
    for step in ["first", "second", "closing"] {
        let mut early = end.clone();
        early["command"] = json!("mark_not_managed");
        team.pilar.refused(&code, "transitions", early).await;
        let text = format!("Seguimos a la espera de su respuesta ({step}).");
        team.pilar
            .give(&code, "follow-ups", json!({ "step": step, "text": text }))
            .await;
        stage.post.take(DIEGO.email, &text).await;
        stage.server.pass(TimeDelta::days(1));
    }
    team.pilar.transition(&code, "mark_not_managed", end).await;
    //
    assert_eq!(team.pilar.state(&code).await, "not_managed");
    let diego = stage.browser("who did not answer").await;
    diego
        .prove_for(DESK, &stage.post, DIEGO, &format!("tickets/{code}"))
        .await;
    diego.see("El caso terminó sin gestión").await;
    diego.see("Falta de respuesta del usuario").await;
}
