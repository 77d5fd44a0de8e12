//! A request by the procedure of USPEC: control questions, handed to the Oficina de Tecnología, sent to a provider, solved,
//! answered and closed by hand; web content after 16:00; security incidents that only their group sees. Requesters use the
//! portal, the desk uses the console, each at a computer of their own.

use std::rc::Rc;

use chrono::{DateTime, TimeDelta, Utc};
use e2e::browser::Browser;
use e2e::console::{Pick, Seat, Told};
use e2e::database::Engine;
use e2e::desks::{Desk, quiet_tuesday};
use e2e::hands::Hand;
use e2e::people::{ANA, DIEGO, ELENA, HUGO};
use e2e::seek::Target::{Answer, Button, Choice, Field, Heading, Link, Text};
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
    let hugo = Seat::of(&stage, HUGO).await;
    let elena = Seat::of(&stage, ELENA).await;
    let ana = stage.browser("requester").await;
    let code = requester_asks(&stage, &ana).await;
    help_desk_hands_over(&stage, &hugo, &code).await;
    office_asks_a_provider(&stage, &elena, &code).await;
    requester_answers(&stage, &ana, &hugo, &code).await;
    help_desk_closes(&hugo, &code).await;
    what_is_not_validated_goes_on(&stage, &hugo).await;
    design_is_out_of_scope(&hugo).await;
    a_suspicious_mail_is_seen_by_its_group_alone(&stage, &hugo, &elena).await;
    what_proves_to_be_an_incident_is_handed_over(&hugo, &elena).await;
    web_content_after_four_counts_from_the_next_day(&stage, &ana, &hugo, tuesday).await;
    stage.server.run(&["audit", "verify"]);
}

const C1: &str = "C1: ¿Se debe escalar, o se puede resolver con los recursos disponibles?";
const C2: &str = "C2: ¿La solución dada a la solicitud fue adecuada?";
const C3: &str = "C3: ¿Se requiere soporte adicional para la respuesta final?";

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

async fn help_desk_hands_over(stage: &Stage, hugo: &Seat, code: &str) {
    hugo.from_list("Sin asignar", code, "El procesador se cierra al guardar")
        .await;
    //
    hugo.stands("Nueva").await;
    // C1 comes first; its answer is part of taking the request.
    hugo.begin("Tomar").await;
    hugo.answer(C1, "Sí").await;
    hugo.finish("Tomar").await;
    //
    hugo.stands("En curso (asignada)").await;
    hugo.begin("Escalar").await;
    hugo.fill("Justificación", "Falla el complemento de firma.")
        .await;
    hugo.click(Button("Escalar")).await;
    // the name of the public servant is mandatory, the office follows from it.
    hugo.see("Elija la persona.").await;
    hugo.select("Agente", ELENA.name).await;
    hugo.finish("Escalar").await;
    hugo.see("Solicitud escalada").await;
    //
    hugo.stands("En espera").await;
    hugo.see("Escalada a la Oficina de Tecnología").await;
    stage
        .post
        .take(ELENA.email, "Falla el complemento de firma.")
        .await;
}

async fn office_asks_a_provider(stage: &Stage, elena: &Seat, code: &str) {
    elena
        .from_list(
            "Mis solicitudes",
            code,
            "El procesador se cierra al guardar",
        )
        .await;
    elena.begin("Enviar al proveedor").await;
    // The cause comes first, and the window leads to it.
    elena.see("Falta registrar la causa.").await;
    // The window that leads there goes late, and does not take this one with it.
    elena.late_frames(1500).await;
    elena.click(Button("Registrar la causa")).await;
    let cause = "El complemento no es compatible con la versión nueva.";
    elena.fill("Causa", cause).await;
    elena.frames_pass().await;
    elena.late_frames(0).await;
    // What a colleague writes meanwhile comes by itself, and is not overwritten without a word.
    let colleague = Hand::of(stage, ELENA).await;
    let version = &colleague.ticket(code).await["version"];
    let causes = format!("/tickets/{code}/causes");
    let other = "El perfil está dañado.";
    colleague
        .post(&causes, version, json!({ "cause": other }))
        .await;
    elena
        .see("Alguien cambió estos datos mientras tanto.")
        .await;
    elena.holds("Causa", cause).await;
    elena.finish("Guardar").await;
    assert_eq!(colleague.ticket(code).await["cause"], cause);
    elena.begin("Enviar al proveedor").await;
    //
    elena.answer(C3, "No").await;
    elena.see("Con esta respuesta todavía no se puede.").await;
    elena.answer(C3, "Sí").await;
    elena.fill("Proveedor", "Firmas del Centro").await;
    elena
        .fill("Justificación", "Necesitamos la versión corregida.")
        .await;
    elena.finish("Enviar al proveedor").await;
    // the clock stands still meanwhile.
    elena.see("En trámite con proveedor").await;
    elena.see("En pausa").await;
    elena.begin("Recibir del proveedor").await;
    elena
        .fill("Nota", "El proveedor envió la versión corregida.")
        .await;
    elena.finish("Recibir del proveedor").await;
    //
    elena.gone(Text("En trámite con proveedor")).await;
    stage
        .post
        .take(HUGO.email, "El proveedor envió la versión corregida.")
        .await;
    elena.begin("Solucionar").await;
    // No more support is needed for the final answer; the answer from before does not count any more.
    elena.answer(C3, "No").await;
    solved(elena, "Se instaló la versión corregida del complemento.").await;
}

/// Fills in and sends the window of the solution.
async fn solved(seat: &Seat, text: &str) {
    seat.fill("Solución", text).await;
    seat.finish("Solucionar").await;
    seat.stands("Resuelta").await;
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

async fn requester_answers(stage: &Stage, ana: &Browser, hugo: &Seat, code: &str) {
    // Nothing to validate before the requester has answered.
    hugo.at_ticket(code).await;
    hugo.stands("Resuelta").await;
    hugo.begin("Validar y cerrar").await;
    hugo.see("El solicitante todavía no responde la encuesta.")
        .await;
    hugo.leave().await;
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

async fn help_desk_closes(hugo: &Seat, code: &str) {
    hugo.at_ticket(code).await;
    //
    hugo.stands("Resuelta").await;
    hugo.see("Gracias por la pronta respuesta.").await;
    hugo.begin("Validar y cerrar").await;
    hugo.finish("Validar y cerrar").await;
    //
    hugo.stands("Cerrada").await;
}

/// A printer that the help desk mended.
async fn mended(hugo: &Seat, subject: &str) -> String {
    let code = hugo
        .write_down(Told {
            who: DIEGO,
            channel: "Correo",
            kind: "",
            category: ("impresoras atasco", "Impresoras › Atasco de Papel"),
            choices: &[Pick::Card("Impacto", "Baja")],
            subject,
            word: "solicitud",
        })
        .await;
    hugo.begin("Tomar").await;
    hugo.answer(C1, "No").await;
    hugo.finish("Tomar").await;
    hugo.stands("En curso (asignada)").await;
    hugo.begin("Solucionar").await;
    // C2 comes before the solution.
    hugo.find(Answer(C2, "Sí")).await;
    assert!(!hugo.has(Field("Solución")).await);
    hugo.answer(C2, "Sí").await;
    solved(hugo, "Se retiró la hoja.").await;
    code
}

async fn what_is_not_validated_goes_on(stage: &Stage, hugo: &Seat) {
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
    hugo.at_ticket(&code).await;
    assert!(!hugo.offers("Validar y cerrar").await);
    hugo.begin("Devolver la solución").await;
    hugo.fill("Motivo", "Se volvió a trabar esta mañana.").await;
    hugo.finish("Devolver la solución").await;
    hugo.stands("En curso (asignada)").await;
}

async fn design_is_out_of_scope(hugo: &Seat) {
    hugo.write_down(Told {
        who: DIEGO,
        channel: "Correo",
        kind: "",
        category: ("publicacion de contenido", "Publicación de Contenido"),
        choices: &[Pick::Card("Impacto", "Baja")],
        subject: "Cambiar los colores de la portada",
        word: "solicitud",
    })
    .await;
    //
    hugo.begin("Solucionar").await;
    hugo.see("Fuera de alcance").await;
    solved(hugo, "El diseño de la página no se atiende por esta mesa.").await;
}

async fn a_suspicious_mail_is_seen_by_its_group_alone(stage: &Stage, hugo: &Seat, elena: &Seat) {
    let diego = stage.browser("who got a strange mail").await;
    diego.open_form_of(DESK, DIEGO).await;
    diego
        .search_category("correo sospechoso", "Correo Sospechoso")
        .await;
    diego.choose("Impacto", "Alta").await;
    let words = ("Un correo pide mi clave", "Dice venir de la entidad.");
    let code = diego.send_to(DESK, &stage.post, DIEGO, words).await;
    //
    hugo.at_ticket(&code).await;
    hugo.see("Acceso restringido").await;
    elena.open(&format!("/console/tickets/{code}")).await;
    elena.see("No encontramos esta solicitud").await;
}

async fn what_proves_to_be_an_incident_is_handed_over(hugo: &Seat, elena: &Seat) {
    let code = hugo
        .write_down(Told {
            who: DIEGO,
            channel: "Correo",
            kind: "",
            category: ("impresoras atasco", "Impresoras › Atasco de Papel"),
            choices: &[Pick::Card("Impacto", "Alta")],
            subject: "La impresora imprime hojas ajenas",
            word: "solicitud",
        })
        .await;
    hugo.begin("Tomar").await;
    hugo.answer(C1, "Sí").await;
    hugo.finish("Tomar").await;
    hugo.stands("En curso (asignada)").await;
    hugo.begin("Escalar").await;
    hugo.fill("Justificación", "La cola de impresión está en el servidor.")
        .await;
    hugo.select("Agente", ELENA.name).await;
    hugo.finish("Escalar").await;
    hugo.stands("En espera").await;
    elena.at_ticket(&code).await;
    elena
        .choose_step("Marcar como incidente de seguridad")
        .await;
    // who found it out is told where it went, not that it never was.
    elena.find(Heading("Entregada al grupo de seguridad")).await;
    elena.see("Desde ahora ese grupo se hace cargo de esta solicitud, que ya no aparece en sus listas.")
        .await;
    elena.click(Link("Ir a la cola")).await;
    elena.at("/console/queue").await;
    hugo.at_ticket(&code).await;
    hugo.see("Seguridad").await;
}

async fn web_content_after_four_counts_from_the_next_day(
    stage: &Stage,
    ana: &Browser,
    hugo: &Seat,
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
    // a request of high impact takes one business day, which begins on Wednesday at eight and ends a day later.
    hugo.at_ticket(&code).await;
    hugo.click(Button("¿Por qué?")).await;
    hugo.see("Después de la hora de corte").await;
    hugo.leave().await;
    let hand = Hand::of(stage, HUGO).await;
    let due = clock(&hand, &code).await["due_at"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let due: DateTime<Utc> = due
        .parse()
        .unwrap_or_else(|error| panic!("{due:?}: {error}"));
    let wednesday_at_eight = tuesday + TimeDelta::hours(22);
    assert_eq!(due, wednesday_at_eight + TimeDelta::days(1));
}
