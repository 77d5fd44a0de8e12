//! A request by the procedure of USPEC: control questions, handed to the Oficina de Tecnología, sent to a provider, solved,
//! answered and closed by hand; web content after 16:00; a security incident that only its group sees. Requesters use the
//! portal; the desk's steps go over the API.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::desks::{Desk, quiet_tuesday};
use e2e::hands::Hand;
use e2e::people::{ANA, DIEGO, ELENA, HUGO};
use e2e::seek::Target::{Button, Choice, Field, Heading};
use e2e::stage::{Stage, play};
use serde_json::{Value, json};

const DESK: Desk = Desk {
    slug: "uspec",
    a: "una solicitud",
    the: "la solicitud",
    word: "solicitud",
    words: "solicitudes",
    created: "Solicitud creada",
};
const STARS: &str = "Satisfacción de Soporte Técnico: ¿cómo califica el servicio?";
const VALIDATED: &str = "¿Valida la solución de su solicitud?";

#[test]
fn a_request_goes_over_the_office_and_a_provider_until_the_help_desk_closes_it_on_sqlite() {
    play("uspec-sqlite", Engine::Sqlite, journey);
}

#[test]
fn a_request_goes_over_the_office_and_a_provider_until_the_help_desk_closes_it_on_postgresql() {
    play("uspec-postgresql", Engine::Postgres, journey);
}

async fn journey(stage: Rc<Stage>) {
    let tuesday = quiet_tuesday(stage.server.now());
    stage.server.let_it_be(tuesday);
    let (hugo, elena) = (Hand::of(&stage, HUGO).await, Hand::of(&stage, ELENA).await);
    let ana = stage.browser("requester").await;
    let code = requester_asks(&stage, &ana).await;
    help_desk_hands_over(&hugo, &code).await;
    office_asks_a_provider(&elena, &code).await;
    requester_answers(&stage, &ana, &hugo, &code).await;
    help_desk_closes(&hugo, &code).await;
    what_is_not_validated_goes_on(&stage, &hugo).await;
    design_is_out_of_scope(&hugo).await;
    a_security_incident_is_seen_by_its_group_alone(&stage, &hugo, &elena).await;
    web_content_after_four_counts_from_the_next_day(&stage, &ana, &hugo, tuesday).await;
    stage.server.run(&["audit", "verify"]);
}

async fn requester_asks(stage: &Stage, ana: &Browser) -> String {
    ana.open_form_of(DESK, ANA).await;
    // words in any order, without accents.
    ana.search_category("word inconvenientes", "Ofimatica › Inconvenientes Word")
        .await;
    //
    ana.see("Se registra como: Incidente").await;
    assert!(
        !ana.has(Heading("Datos adicionales")).await,
        "this category asks nothing more"
    );
    ana.choose("Impacto", "Mediana").await;
    // files are optional, and go with it.
    let shot = stage.file("informe.txt", b"Se cierra.");
    ana.attach_to("Anexos (opcional)", &[&shot]).await;
    let words = (
        "El procesador se cierra al guardar",
        "Pasa con todos los informes largos.",
    );
    let code = ana.send_to(DESK, &stage.post, ANA, words).await;
    assert!(code.starts_with("HT-"), "{code}");
    assert_eq!(
        stage.count(
            "attachments",
            "name = 'informe.txt' AND ticket_id IS NOT NULL"
        ),
        1
    );
    code
}

async fn help_desk_hands_over(hugo: &Hand, code: &str) {
    //
    assert_eq!(hugo.state(code).await, "new");
    let me = hugo.get("/me").await["id"].clone();
    // C1 comes first.
    hugo.refused(code, "assignments", json!({ "assignee": me }))
        .await;
    hugo.control(code, "c1", true).await;
    hugo.take(code).await;
    //
    assert_eq!(hugo.state(code).await, "in_progress");
    let mut up = json!({ "level": 2, "group": "oficina_tecnologia", "justification": "Falla el complemento de firma." });
    // the name of the public servant is mandatory.
    hugo.refused(code, "escalations", up.clone()).await;
    up["assignee"] = hugo.key_of("uspec", ELENA).await;
    hugo.give(code, "escalations", up).await;
    //
    assert_eq!(hugo.state(code).await, "suspended");
}

async fn office_asks_a_provider(elena: &Hand, code: &str) {
    let ask = json!({ "command": "send_to_vendor", "vendor": "Firmas del Centro" });
    elena.refused(code, "transitions", ask).await;
    elena
        .give(
            code,
            "causes",
            json!({ "cause": "El complemento no es compatible con la versión nueva." }),
        )
        .await;
    //
    elena.control(code, "c3", true).await;
    let ask = json!({ "vendor": "Firmas del Centro", "justification": "Necesitamos la versión corregida." });
    //
    elena.transition(code, "send_to_vendor", ask).await;
    assert_eq!(clock(elena, code).await["status"], json!("paused"));
    let back = json!({ "note": "El proveedor envió la versión corregida." });
    //
    elena.transition(code, "return_from_vendor", back).await;
    assert_ne!(clock(elena, code).await["status"], json!("paused"));
    // No more support is needed for the final answer.
    elena.control(code, "c3", false).await;
    let solution = json!({ "solution": "Se instaló la versión corregida del complemento.", "reason": "solution_given" });
    elena.give(code, "solutions", solution).await;
}

/// The clock of the solution.
async fn clock(hand: &Hand, code: &str) -> Value {
    let ticket = hand.ticket(code).await;
    let clocks = ticket["clocks"].as_array().cloned().unwrap_or_default();
    clocks
        .into_iter()
        .find(|clock| clock["clock"] == json!("solution"))
        .unwrap_or_default()
}

async fn requester_answers(stage: &Stage, ana: &Browser, hugo: &Hand, code: &str) {
    let early = json!({ "command": "close_by_desk" });
    hugo.refused(code, "transitions", early).await;
    //
    ana.open_survey(DESK, code).await;
    ana.see("Con «Sí» la mesa puede cerrar la solicitud").await;
    ana.tick(Choice(STARS, "4 de 5 estrellas: Buena")).await;
    ana.choose(VALIDATED, "Sí").await;
    ana.fill("Observaciones", "Gracias por la pronta respuesta.")
        .await;
    ana.click(Button("Enviar respuestas")).await;
    ana.find(Heading("Gracias por responder")).await;
    ana.see("cerrará la solicitud").await;
    //
    stage.post.take(HUGO.email, "respondió la encuesta").await;
}

async fn help_desk_closes(hugo: &Hand, code: &str) {
    //
    assert_eq!(hugo.state(code).await, "solved");
    hugo.transition(code, "close_by_desk", json!({})).await;
    //
    assert_eq!(hugo.state(code).await, "closed");
}

/// A printer that the help desk mended.
async fn mended(hugo: &Hand, subject: &str) -> String {
    let data = json!({
        "channel": "mail", "category": "impresoras-atasco-de-papel", "subject": subject, "priority": "low",
    });
    let code = hugo.record("uspec", DIEGO, data).await;
    hugo.control(&code, "c1", false).await;
    hugo.take(&code).await;
    let solution = json!({ "solution": "Se retiró la hoja.", "reason": "solution_given" });
    // C2 comes before the solution.
    hugo.refused(&code, "solutions", solution.clone()).await;
    hugo.control(&code, "c2", true).await;
    hugo.give(&code, "solutions", solution).await;
    code
}

async fn what_is_not_validated_goes_on(stage: &Stage, hugo: &Hand) {
    let code = mended(hugo, "La impresora del segundo piso se traba").await;
    let diego = stage.browser("who does not validate").await;
    diego
        .prove_for(DESK, &stage.post, DIEGO, &format!("tickets/{code}/rate"))
        .await;
    diego.find(Heading("Encuesta de satisfacción")).await;
    diego.tick(Choice(STARS, "2 de 5 estrellas: Mala")).await;
    diego.tick(Choice(VALIDATED, "No")).await;
    diego.click(Button("Enviar respuestas")).await;
    diego.find(Heading("Gracias por responder")).await;
    // Who did not validate is not closed; the desk takes it back.
    hugo.refused(&code, "transitions", json!({ "command": "close_by_desk" }))
        .await;
    hugo.transition(
        &code,
        "reject",
        json!({ "reason": "Se volvió a trabar esta mañana." }),
    )
    .await;
    assert_eq!(hugo.state(&code).await, "in_progress");
}

async fn design_is_out_of_scope(hugo: &Hand) {
    let data = json!({
        "channel": "mail",
        "request_type": "request",
        "category": "pagina-web-uspec-publicacion-de-contenido",
        "subject": "Cambiar los colores de la portada",
        "priority": "low",
    });
    let code = hugo.record("uspec", DIEGO, data).await;
    //
    let why = json!({ "solution": "El diseño de la página no se atiende por esta mesa.", "reason": "out_of_scope" });
    hugo.give(&code, "solutions", why).await;
    assert_eq!(hugo.state(&code).await, "solved");
}

async fn a_security_incident_is_seen_by_its_group_alone(stage: &Stage, hugo: &Hand, elena: &Hand) {
    let diego = stage.browser("who got a strange mail").await;
    diego.open_form_of(DESK, DIEGO).await;
    diego
        .search_category("correo sospechoso", "Correo Sospechoso")
        .await;
    diego.choose("Impacto", "Alta").await;
    let words = ("Un correo pide mi clave", "Dice venir de la entidad.");
    let code = diego.send_to(DESK, &stage.post, DIEGO, words).await;
    //
    assert_eq!(hugo.status_of(&format!("/tickets/{code}")).await, 200);
    assert_eq!(elena.status_of(&format!("/tickets/{code}")).await, 404);
}

async fn web_content_after_four_counts_from_the_next_day(
    stage: &Stage,
    ana: &Browser,
    hugo: &Hand,
    tuesday: DateTime<Utc>,
) {
    // Half past four in the afternoon.
    let late = tuesday + TimeDelta::minutes(6 * 60 + 30);
    stage.server.let_it_be(late);
    ana.open_form_of(DESK, ANA).await;
    assert!(ana.has(Field("Categoría")).await);
    ana.search_category("pagina web publicacion", "Publicación de Contenido")
        .await;
    ana.see("después de las 4:00 p. m. cuenta desde el siguiente día hábil")
        .await;
    ana.choose("Impacto", "Alta").await;
    let words = ("Publicar la resolución de traslados", "Va en normatividad.");
    let code = ana.send_to(DESK, &stage.post, ANA, words).await;
    // A request of high impact takes one business day, which begins on Wednesday at eight and ends a day later.
    let due = clock(hugo, &code).await["due_at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let due: DateTime<Utc> = due
        .parse()
        .unwrap_or_else(|error| panic!("{due:?}: {error}"));
    let wednesday_at_eight = tuesday + TimeDelta::hours(22);
    //
    assert_eq!(due, wednesday_at_eight + TimeDelta::days(1));
}
