//! A case by the manual of the Unidad para las Víctimas: on site, suspended with a note and a date, at the vendor, parent of
//! two, solved, not authorised in question 6, solved again and closed; and a case that nobody answers. Requesters use the
//! portal, specialists and vendor use the console, each at a computer of their own.

use std::rc::Rc;

use chrono::TimeDelta;
use e2e::browser::Browser;
use e2e::console::{Pick, Seat, Told};
use e2e::database::Engine;
use e2e::desks::{Desk, quiet_tuesday};
use e2e::hands::Hand;
use e2e::people::{ANA, DIEGO, IVAN, PILAR, ROSA};
use e2e::seek::Target::{
    Button, Choice, Fact, Field, Heading, Link, LinkWith, Text, Tick, TickWith,
};
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
    pilar: Seat,
    ivan: Seat,
    rosa: Seat,
}

async fn journey(stage: Rc<Stage>) {
    stage.server.let_it_be(quiet_tuesday(stage.server.now()));
    let team = Team {
        pilar: Seat::of(&stage, PILAR).await,
        ivan: Seat::of(&stage, IVAN).await,
        rosa: Seat::of(&stage, ROSA).await,
    };
    let ana = stage.browser("requester").await;
    let code = user_asks(&stage, &ana).await;
    goes_on_site(&stage, &team, &code).await;
    is_suspended(&stage, &team.ivan, &ana, &code).await;
    vendor_returns(&stage, &team, &code).await;
    let child = is_parent_of_two(&stage, &team, &code).await;
    user_does_not_authorise(&stage, &ana, &team.ivan, &code).await;
    user_authorises(&stage, &ana, &team.ivan, &code, &child).await;
    vendor_solves(&stage, &team).await;
    nobody_answers(&stage, &team.pilar).await;
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

const SUBJECT: &str = "Sin red en la oficina";
const REPAIR: &str = "Se cambió el conmutador y los seis puestos navegan.";

/// Begins attention to the case on the screen.
async fn starts(seat: &Seat, reason: &str) {
    seat.begin("Iniciar atención").await;
    seat.select("Motivo", reason).await;
    seat.finish("Iniciar atención").await;
    seat.stands("En proceso").await;
}

async fn goes_on_site(stage: &Stage, team: &Team, code: &str) {
    let pilar = &team.pilar;
    pilar.from_list("Sin asignar", code, SUBJECT).await;
    pilar.take().await;
    pilar.stands("Registrado").await;
    // a state needs its reason.
    pilar.begin("Iniciar atención").await;
    pilar.find(Field("Motivo")).await;
    pilar.click(Button("Iniciar atención")).await;
    pilar.see("Elija el motivo.").await;
    pilar.leave().await;
    starts(pilar, "Inicia la atención").await;
    pilar.begin("Pasar a Escalado a soporte en sitio").await;
    pilar
        .select("Motivo", "Requiere visita al puesto de trabajo")
        .await;
    pilar.select("Agente", IVAN.name).await;
    pilar.finish("Pasar a Escalado a soporte en sitio").await;
    //
    pilar.stands("Escalado a soporte en sitio").await;
    stage.post.take(IVAN.email, code).await;
    let ivan = &team.ivan;
    ivan.from_list("Mis casos", code, SUBJECT).await;
    ivan.see("Soporte de hardware y software").await;
    starts(ivan, "Inicia la atención").await;
}

async fn is_suspended(stage: &Stage, ivan: &Seat, ana: &Browser, code: &str) {
    ivan.begin("Pasar a Suspendido").await;
    ivan.select("Motivo", "Requiere información adicional")
        .await;
    ivan.click(Button("Pasar a Suspendido")).await;
    //
    ivan.see("Escriba la justificación.").await;
    ivan.select("Motivo", "Usuario no disponible").await;
    let day = (stage.server.now() + TimeDelta::days(1)).date_naive();
    ivan.set_day("Próximo contacto", day).await;
    let note =
        "SUSP: usuario no se encuentra disponible en el momento, se contacta nuevamente el día";
    ivan.holds(
        "Justificación",
        &format!("{note} {}", day.format("%d/%m/%y")),
    )
    .await;
    ivan.finish("Pasar a Suspendido").await;
    ivan.stands("Suspendido").await;
    ivan.see("Próximo contacto:").await;
    //
    stage.post.take(ANA.email, note).await;
    ana.open(&format!("/victimas/tickets/{code}")).await;
    //
    ana.see("Suspendido").await;
    stage.server.pass(TimeDelta::days(1));
    ivan.from_list("Para contactar hoy", code, SUBJECT).await;
    ivan.begin("Retomar").await;
    ivan.select("Motivo", "Llegó la fecha de contacto").await;
    ivan.finish("Retomar").await;
    ivan.stands("En proceso").await;
}

/// Hands the case on the screen to the specialist of the vendor.
async fn to_vendor(seat: &Seat) {
    seat.begin("Pasar a Activo proveedor").await;
    seat.select("Grupo", "Proveedor de la dotación").await;
    seat.click(Button("Pasar a Activo proveedor")).await;
    seat.see("Elija la persona.").await;
    seat.select("Agente", ROSA.name).await;
    seat.finish("Pasar a Activo proveedor").await;
    //
    seat.stands("Activo proveedor").await;
}

async fn vendor_returns(stage: &Stage, team: &Team, code: &str) {
    to_vendor(&team.ivan).await;
    stage.post.take(ROSA.email, code).await;
    let rosa = &team.rosa;
    rosa.from_list("Mis casos", code, SUBJECT).await;
    rosa.begin("Recibir del proveedor").await;
    rosa.select("Motivo", "El proveedor devolvió el caso").await;
    rosa.fill("Nota", "El conmutador quedó cambiado.").await;
    rosa.finish("Recibir del proveedor").await;
    // What is no longer with the vendor, the vendor's people no longer see.
    rosa.find(Heading("Usted ya no ve este caso")).await;
    // It is back with whoever had sent it.
    team.ivan.at_ticket(code).await;
    team.ivan.stands("En proceso").await;
    team.ivan.see("El conmutador quedó cambiado.").await;
}

/// A case that the desk writes down.
async fn recorded(pilar: &Seat, subject: &str) -> String {
    pilar
        .write_down(Told {
            who: DIEGO,
            channel: "Teléfono",
            kind: "Incidente",
            category: (
                "herramientas colaboracion falla",
                "Servicios de TI › Herramientas de colaboración › Falla",
            ),
            choices: &[
                Pick::List("Impacto", "Bajo"),
                Pick::List("Urgencia", "Baja"),
            ],
            subject,
            word: "caso",
        })
        .await
}

/// Gives the code of the child that stays open.
async fn is_parent_of_two(stage: &Stage, team: &Team, code: &str) -> String {
    let first = recorded(&team.pilar, "El puesto 3 no navega").await;
    // One of them goes to a specialist by name; group and level follow from the person.
    team.pilar.take().await;
    starts(&team.pilar, "Inicia la atención").await;
    team.pilar.begin("Escalar").await;
    team.pilar
        .select("Motivo", "Requiere otro especialista")
        .await;
    team.pilar.click(Button("Escalar")).await;
    team.pilar.see("Elija un grupo o una persona.").await;
    team.pilar.select("Agente", IVAN.name).await;
    team.pilar.finish("Escalar").await;
    team.pilar.see("Caso escalado").await;
    team.pilar.stands("Escalado Especialista").await;
    stage.post.take(IVAN.email, &first).await;
    let second = recorded(&team.pilar, "El puesto 4 no navega").await;
    relate(&team.ivan, code, [&first, &second]).await;
    // One is solved first, the other is still open.
    team.pilar.at_ticket(&second).await;
    team.pilar.take().await;
    starts(&team.pilar, "Inicia la atención").await;
    solves(&team.pilar, "Soporte remoto", REPAIR).await;
    let ivan = &team.ivan;
    ivan.at_ticket(code).await;
    ivan.begin("Solucionar").await;
    ivan.see(&format!("Sigue abierto {first}, que depende de este caso."))
        .await;
    ivan.select("Motivo", "Soporte en sitio").await;
    ivan.fill("Solución", REPAIR).await;
    // a parent with open children is not solved by the way.
    ivan.click(Button("Solucionar")).await;
    ivan.see("Confirme que quiere continuar").await;
    ivan.tick(Tick("Continuar aunque siga abierto")).await;
    ivan.finish("Solucionar").await;
    ivan.stands("Solucionado").await;
    first
}

/// Solves the case on the screen.
async fn solves(seat: &Seat, reason: &str, text: &str) {
    seat.begin("Solucionar").await;
    seat.select("Motivo", reason).await;
    seat.fill("Solución", text).await;
    seat.finish("Solucionar").await;
    seat.stands("Solucionado").await;
}

/// Chooses the cases of the desk in the window of relations.
async fn relate(ivan: &Seat, code: &str, children: [&str; 2]) {
    ivan.at_ticket(code).await;
    // the tab lists the relations, and offers to create one.
    ivan.panel("Relaciones").await;
    ivan.see("No hay casos relacionados.").await;
    ivan.click(Button("Crear relación")).await;
    // the type comes first, and only that one is found.
    assert!(!ivan.has(Field("Buscar casos")).await);
    let which = "¿De qué tipo es lo que va a relacionar?";
    ivan.choose(which, "Requerimiento").await;
    ivan.fill("Buscar casos", "puesto").await;
    ivan.see("No hay casos que coincidan").await;
    ivan.choose(which, "Incidente").await;
    for child in children {
        ivan.find(TickWith(child)).await;
        ivan.tick(TickWith(child)).await;
    }
    //
    ivan.finish("Relacionar").await;
    // shown at once, each with what it is to the one on view.: the one on view is the parent, of as
    // many as were chosen.
    ivan.find(Text("Hijos")).await;
    for child in children {
        ivan.find(Link(child)).await;
    }
    // not twice, and not with itself.
    ivan.click(Button("Crear relación")).await;
    ivan.choose(which, "Incidente").await;
    ivan.fill("Buscar casos", "no navega").await;
    ivan.see("No hay casos que coincidan").await;
    ivan.fill("Buscar casos", code).await;
    ivan.see("No hay casos que coincidan").await;
    ivan.press("\u{E00C}").await;
    ivan.leave().await;
    ivan.click(Link(children[0])).await;
    ivan.find(Heading("El puesto 3 no navega")).await;
    // The tab counts them.
    ivan.panel("Relaciones1").await;
    ivan.find(Text("Padre")).await;
    ivan.find(Link(code)).await;
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

async fn user_does_not_authorise(stage: &Stage, ana: &Browser, ivan: &Seat, code: &str) {
    // A day has passed, so the address is proved again; then the link of the mail goes on to the survey.
    ana.prove_for(DESK, &stage.post, ANA, &format!("tickets/{code}/rate"))
        .await;
    // Five stars do not outweigh question 6.
    answer(ana, "No").await;
    ana.see("continúa en atención").await;
    //
    ivan.at_ticket(code).await;
    ivan.stands("Reabierto").await;
    ivan.see("Usuario no autorizó el cierre").await;
    //
    starts(ivan, "Continúa la atención").await;
    ivan.begin("Solucionar").await;
    ivan.tick(Tick("Continuar aunque siga abierto")).await;
    ivan.select("Motivo", "Soporte en sitio").await;
    ivan.fill("Solución", REPAIR).await;
    ivan.finish("Solucionar").await;
    ivan.stands("Solucionado").await;
}

async fn user_authorises(stage: &Stage, ana: &Browser, ivan: &Seat, code: &str, child: &str) {
    ana.open_survey(DESK, code).await;
    answer(ana, "Sí").await;
    ana.see("cerrará el caso").await;
    // What is open under it keeps it open; it closes by itself once that is done.
    ivan.at_ticket(code).await;
    ivan.stands("Solucionado").await;
    ivan.at_ticket(child).await;
    starts(ivan, "Inicia la atención").await;
    solves(ivan, "Soporte remoto", REPAIR).await;
    stage.server.pass(TimeDelta::hours(1));
    //
    ivan.comes_to(code, "Cerrado").await;
    // Looked for in a view where it is no more, it is found among all.
    ivan.open("/console/queue").await;
    ivan.find(Heading("Mis casos")).await;
    ivan.fill("Buscar por código o asunto", code).await;
    ivan.click(Button("Buscar en todos, también cerrados"))
        .await;
    ivan.find(LinkWith(code)).await;
    ana.prove_for(DESK, &stage.post, ANA, &format!("tickets/{code}"))
        .await;
    ana.see("Este caso está cerrado.").await;
    ana.gone(Tick("5 de 5 estrellas: Muy buena")).await;
}

async fn vendor_solves(stage: &Stage, team: &Team) {
    let pilar = &team.pilar;
    let (before, after) = (
        stage.file("antes.jpg", b"\xff\xd8\xff\xe0borrosa"),
        stage.file("despues.jpg", b"\xff\xd8\xff\xe0clara"),
    );
    let video = stage.large_file("video.mp4", 31 * 1024 * 1024);
    let photograph = "Evidencia fotográfica";
    let code = pilar
        .write_down(Told {
            who: DIEGO,
            channel: "Teléfono",
            kind: "Incidente",
            category: ("equipo falla", "Hardware y software › Equipo › Falla"),
            choices: &[
                Pick::Text("Serial del equipo", "SN-4471"),
                Pick::Text("Sede", "Centro"),
                Pick::Text("Área", "Atención"),
                Pick::Text("Piso", "2"),
                Pick::Text("Puesto", "7"),
                Pick::Card("¿Adjunta evidencia fotográfica?", "Sí"),
                Pick::File(photograph, &before),
                Pick::List("Impacto", "Bajo"),
                Pick::List("Urgencia", "Baja"),
            ],
            subject: "El equipo en garantía no enciende",
            word: "caso",
        })
        .await;
    // a file of the form shows by its name, and gives way to a better one.
    pilar.find(Fact(photograph)).await;
    pilar.begin("Completar datos de la solicitud").await;
    pilar.find(Button("Quitar antes.jpg")).await;
    // What a colleague completes meanwhile comes by itself where nothing was typed.
    pilar.fill("Puesto", "8").await;
    let colleague = Hand::of(stage, PILAR).await;
    let photo = colleague.upload("otra.jpg", b"\xff\xd8\xff\xe0otra").await;
    let answers = json!({ "floor": "3", "workstation": "9", "photo": photo });
    complete(&colleague, &code, answers).await;
    pilar
        .see("Alguien cambió estos datos mientras tanto.")
        .await;
    pilar.holds("Piso", "3").await;
    pilar.holds("Puesto", "8").await;
    pilar.find(Button("Quitar otra.jpg")).await;
    pilar.gone(Button("Quitar antes.jpg")).await;
    pilar.finish("Guardar").await;
    assert_eq!(
        given(&colleague, &code, ["floor", "workstation"]).await,
        ["3", "8"]
    );
    pilar.find(Button("otra.jpg")).await;
    pilar.begin("Completar datos de la solicitud").await;
    pilar.find(Button("Quitar otra.jpg")).await;
    // what is refused takes nothing away, and nothing is saved over it unseen.
    pilar.attach(photograph, &[&video]).await;
    pilar.see("Este archivo pesa 31 MB").await;
    pilar.find(Button("Quitar otra.jpg")).await;
    pilar.click(Button("Guardar")).await;
    pilar
        .find(Link(
            "Hay archivos que no se adjuntaron: quítelos o intente de nuevo.",
        ))
        .await;
    // Another choice takes the place of the refused one.
    pilar.attach_to(photograph, &[&after]).await;
    pilar.gone(Button("Quitar video.mp4")).await;
    pilar.gone(Button("Quitar otra.jpg")).await;
    // only what was changed is sent, so what a colleague has just changed stays, seen or not.
    complete(&colleague, &code, json!({ "floor": "4" })).await;
    pilar.finish_at_last("Guardar").await;
    assert_eq!(
        given(&colleague, &code, ["floor", "workstation"]).await,
        ["4", "8"]
    );
    pilar.find(Button("despues.jpg")).await;
    team.pilar.take().await;
    starts(&team.pilar, "Inicia la atención").await;
    to_vendor(&team.pilar).await;
    assert!(
        !team.pilar.offers("Solucionar").await,
        "only the vendor solves what is at the vendor"
    );
    team.rosa.at_ticket(&code).await;
    //
    solves(&team.rosa, "Soporte del proveedor", "Se cambió la tarjeta.").await;
}

/// A colleague completes the answers to the form of the category.
async fn complete(colleague: &Hand, code: &str, answers: Value) {
    let version = &colleague.ticket(code).await["version"];
    let extra = format!("/tickets/{code}/extra");
    colleague
        .post(&extra, version, json!({ "extra": answers }))
        .await;
}

/// The answers that the ticket has.
async fn given<const N: usize>(agent: &Hand, code: &str, fields: [&str; N]) -> [Value; N] {
    let ticket = agent.ticket(code).await;
    let answers = ticket["extra"].as_array().cloned().unwrap_or_default();
    fields.map(|field| {
        let answer = answers.iter().find(|answer| answer["id"] == field);
        answer.map_or(Value::Null, |answer| answer["given"].clone())
    })
}

/// Begins to end the case on the screen because nobody answers.
async fn no_answer(pilar: &Seat) {
    pilar.begin("Pasar a No gestionado").await;
    pilar
        .select("Motivo", "Falta de respuesta del usuario")
        .await;
}

async fn nobody_answers(stage: &Stage, pilar: &Seat) {
    let code = recorded(pilar, "No abre el calendario").await;
    pilar.take().await;
    starts(pilar, "Inicia la atención").await;
    //
    for missing in ["Faltan 3 intentos", "Faltan 2 intentos", "Falta 1 intento"] {
        no_answer(pilar).await;
        pilar.see(missing).await;
        pilar.click(Button("Ver los intentos")).await;
        pilar.click(Button("Correo de seguimiento")).await;
        let text = format!("{missing}: seguimos a la espera de su respuesta.");
        pilar.fill("Texto del correo", &text).await;
        pilar.finish("Enviar correo").await;
        stage.post.take(DIEGO.email, &text).await;
        stage.server.pass(TimeDelta::days(1));
        pilar.at_ticket(&code).await;
    }
    no_answer(pilar).await;
    pilar
        .fill("Descripción", "Se cierra por falta de respuesta.")
        .await;
    pilar.finish("Pasar a No gestionado").await;
    //
    pilar.stands("No gestionado").await;
    let diego = stage.browser("who did not answer").await;
    diego
        .prove_for(DESK, &stage.post, DIEGO, &format!("tickets/{code}"))
        .await;
    diego.see("El caso terminó sin gestión").await;
    diego.see("Falta de respuesta del usuario").await;
}
