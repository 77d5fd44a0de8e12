//! The journey that the product is for: from "something fails" to a rated solution, on both databases.

use std::rc::Rc;

use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::people::{ANA, ANDRES, DESK, LAURA};
use e2e::portal::Form;
use e2e::seek::Target::{Button, Choice, Fact, Field, Heading, Link, Text, Tick};
use e2e::stage::{Stage, play};

#[test]
fn a_ticket_goes_from_the_form_to_the_rating_on_sqlite() {
    play("journey-sqlite", Engine::Sqlite, journey);
}

#[test]
fn a_ticket_goes_from_the_form_to_the_rating_on_postgresql() {
    play("journey-postgresql", Engine::Postgres, journey);
}

const SUBJECT: &str = "La consola <b>central</b> no actualiza firmas & políticas";
const MESSAGE: &str =
    "Desde las 7:40 a. m. ningún equipo recibe firmas nuevas.\n\nAfecta a las tres sedes.";
const REPLY: &str = "Tomamos su caso. ¿Nos confirma la versión de la consola?";
const SECRET: &str = "El contrato venció ayer; no decirlo aún al solicitante.";
const ANSWER: &str = "Es la versión 14.2; adjunto el registro del servicio.";
const WHY_UP: &str = "Requiere cambios en la política central del nivel 2.";
const WHY_DOWN: &str = "Falta confirmar con la sede qué equipos siguen sin firmas.";
const WHY_P3: &str = "Dos de las tres sedes ya reciben firmas.";
const WHY_UP_AGAIN: &str = "Confirmado: falta solo la política de la sede norte.";
const FIRST_TRY: &str = "Se reinició el servicio de distribución de firmas.";
const REASON: &str = "La sede norte sigue sin firmas desde ayer.";
const SECOND_TRY: &str = "Se corrigió la política de la sede norte y se verificó con un equipo.";
const COMMENT: &str = "Rápidos y claros, gracias.";

async fn journey(stage: Rc<Stage>) {
    let code = requester_creates_the_ticket(&stage).await;
    // Two computers from here on: one at the requester's, one at the desk.
    let ana = stage.browser("requester").await;
    let desk = stage.browser("desk").await;
    ana.look_up(&stage.post, &code, ANA).await;
    level_1_takes_and_answers(&stage, &desk, &code).await;
    requester_answers_with_a_file(&stage, &ana, &code).await;
    level_1_escalates(&stage, &desk, &code).await;
    specialist_gives_it_back(&stage, &desk, &code).await;
    level_1_corrects_the_severity(&stage, &desk, &code).await;
    specialist_solves(&stage, &desk, &code).await;
    requester_rejects(&stage, &ana, &code).await;
    specialist_solves_again(&stage, &desk, &code).await;
    requester_accepts_and_rates(&stage, &ana, &code).await;
    everything_is_told_and_nothing_is_offered(&ana, &desk, &code).await;
    every_mail_went_to_the_address_of_the_form(&stage, &code);
    stage.server.run(&["audit", "verify"]);
}

async fn requester_creates_the_ticket(stage: &Stage) -> String {
    let ana = stage.browser("requester's first computer").await;
    ana.open("/").await;
    ana.find(Heading("¿Con qué mesa necesita hablar?")).await;
    ana.click(Link("Mesa de Servicio Infortec")).await;
    // the address that the organisation's button leads to needs no sign-in.
    ana.at(&format!("/{DESK}")).await;
    ana.find(Heading("¿En qué le podemos ayudar?")).await;
    // three buttons; what else is there is a link in a text.
    ana.see_all(&[
        "Crear un ticket",
        "Ver mi lista de tickets",
        "Soy del equipo de soporte",
    ])
    .await;
    let buttons = "return [document.querySelectorAll('main .doors > li > a').length, document.querySelectorAll('main button, main .btn').length].join()";
    assert_eq!(ana.script(buttons, vec![]).await, "3,0");
    ana.click(Link("Crear un ticket")).await;
    let form = Form {
        email: ANA.email,
        kind: "Incidencia",
        category: "Kaspersky Endpoint",
        severity: "P2-Alto",
        subject: SUBJECT,
        message: MESSAGE,
    };
    ana.find(Heading("Crear un ticket")).await;
    //
    for field in ["Correo", "Grupo de ticket", "Tema", "Mensaje"] {
        ana.find(Field(field)).await;
    }
    ana.find(Choice("Tipo de solicitud", "Incidencia")).await;
    ana.find(Choice("Gravedad", "P1-Crítico")).await;
    ana.see("Anexos (opcional)").await;
    //
    ana.see_all(&[
        "Solicitud de un servicio o recurso, sin que haya una falla.",
        "Falla o error en el funcionamiento de un sistema o equipo.",
    ])
    .await;
    // R-077…R-080
    ana.see_all(&[
        "impacta de forma crítica el entorno productivo y no hay solución alterna",
        "equipo deteriorado, funcionando, pero impactado",
        "el sistema productivo no está afectado y existe una solución alterna",
        "incluye servicios complementarios como consultas, actualizaciones y mejoras",
    ])
    .await;
    //
    ana.see_all(&[
        "Una frase que resuma lo que pasa.",
        "Qué pasa, desde cuándo, a quién afecta y qué ha intentado.",
    ])
    .await;
    // by the impact, among the levels of the agreement.
    ana.see("Elija según lo que se ve afectado. De esto depende el tiempo de respuesta.")
        .await;
    ana.answer(&form).await;
    let (shot, log) = (
        stage.file("captura de pantalla.png", PIXEL),
        stage.file("registro.txt", b"07:40 ERROR distribuidor\n"),
    );
    ana.attach_and_wait(&[&shot, &log]).await;
    ana.send_form().await;
    // the window asks for the code, and says where it went.
    ana.see(ANA.email).await;

    let mail = stage.post.take(ANA.email, "Código de verificación").await;
    mail.says(&[
        "Su código de verificación",
        "10 minutos",
        "sirve una sola vez",
    ]);
    // The mail goes to an address that is not proved yet, so it repeats nothing of the form.
    assert!(
        !mail.text.contains("firmas"),
        "a code mail repeats what was typed"
    );
    assert_eq!(
        stage.count("tickets", "subject LIKE 'La consola <b>%'"),
        0,
        "there is a ticket before the proof"
    );

    // pasted in one go.
    let paste = "const field = document.querySelector('#code'); field.focus(); const allowed = field.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true })); return allowed && document.execCommand('insertText', false, arguments[0])";
    let pasted = ana.script(paste, vec![mail.code().into()]).await;
    assert_eq!(pasted, true, "the window takes no paste");
    ana.click(Button("Confirmar y crear el ticket")).await;
    //
    let code = ana.created().await;
    assert!(code.starts_with("INF-"), "{code:?}");
    let mail = stage.post.take(ANA.email, "Recibimos su ticket").await;
    mail.says(&[
        &code,
        SUBJECT,
        "Kaspersky Endpoint",
        "P2-Alto",
        "Atención en 2 horas",
        "captura de pantalla.png",
        "registro.txt",
    ]);
    assert_eq!(
        mail.link("/tickets/"),
        format!("{}/{DESK}/tickets/{code}", stage.server.base)
    );
    stage
        .post
        .take(LAURA.email, &code)
        .await
        .says(&["Nuevo en la cola de Mesa de servicio", SUBJECT]);

    ana.click(Link("Ver mi ticket")).await;
    ana.find(Heading(SUBJECT)).await;
    ana.see_all(&[
        "Afecta a las tres sedes.",
        "captura de pantalla.png",
        "registro.txt",
    ])
    .await;
    ana.find(Fact("Estado")).await;
    //
    ana.see_all(&[
        "Abierto",
        "Kaspersky Endpoint",
        "P2-Alto",
        "Incidencia",
        "Se creó el ticket",
    ])
    .await;
    code
}

async fn level_1_takes_and_answers(stage: &Stage, desk: &Browser, code: &str) {
    desk.sign_in(LAURA).await;
    desk.open_view("Sin asignar").await;
    desk.open_row(code, SUBJECT).await;
    desk.see_all(&[
        ANA.name,
        "Alcaldía de San Roque",
        "Código por correo",
        "Afecta a las tres sedes.",
    ])
    .await;
    // two clocks; each with its target, when it ends, the time used and the time left.
    desk.see_all(&["Compromiso: 2 horas", "Compromiso: 8 horas"])
        .await;
    desk.see("Vence ").await;
    desk.see_times("Usado: ", 2).await;
    desk.see_times(" · Queda: ", 2).await;
    desk.click(Button("Tomar")).await;
    desk.see("Ahora el ticket está a su cargo").await;
    desk.see("En atención").await;
    //
    desk.see("Estado: de Abierto a En atención").await;
    desk.reply(REPLY).await;
    //
    let mail = stage.post.take(ANA.email, REPLY).await;
    mail.says(&[code, "Laura Niño le escribió"]);
    desk.note(SECRET).await;
    desk.see(SECRET).await;
}

async fn requester_answers_with_a_file(stage: &Stage, ana: &Browser, code: &str) {
    //
    ana.open_from_list(code).await;
    ana.see_all(&[REPLY, "Laura Niño", "En atención"]).await;
    ana.never(SECRET).await;
    // Nothing to send yet: the field says so, nobody is mailed.
    //
    ana.click(Button("Enviar mensaje")).await;
    ana.see("Escriba el mensaje.").await;
    ana.fill("Mensaje", ANSWER).await;
    let log = stage.file("servicio.log", b"14.2\n");
    ana.attach_and_wait(&[&log]).await;
    ana.click(Button("Enviar mensaje")).await;
    ana.see("Mensaje enviado.").await;
    ana.holds("Mensaje", "").await;
    //
    ana.see_all(&[ANSWER, "servicio.log"]).await;
    //
    stage.post.take(LAURA.email, ANSWER).await.says(&[
        code,
        ANA.name,
        "servicio.log",
        "Abrir en la consola",
    ]);
}

async fn level_1_escalates(stage: &Stage, desk: &Browser, code: &str) {
    desk.reload().await;
    desk.find(Heading(SUBJECT)).await;
    desk.see_all(&[ANSWER, "servicio.log"]).await;
    desk.click(Button("Escalar")).await;
    desk.click(Button("Escalar")).await;
    desk.see("Elija el nivel.").await;
    desk.choose("¿A qué nivel?", "Nivel 2: especialistas").await;
    desk.select("Grupo", "Especialistas en protección de equipos")
        .await;
    desk.select("Agente", ANDRES.name).await;
    desk.click(Button("Escalar")).await;
    desk.see("Escriba la justificación.").await;
    desk.fill("Justificación", WHY_UP).await;
    desk.click(Button("Escalar")).await;
    desk.see("Ticket escalado").await;
    stage.post.take(ANDRES.email, WHY_UP).await.says(&[
        code,
        "Escalamiento al nivel 2",
        "Justificación de Laura Niño",
        ANA.name,
    ]);
    desk.sign_out(LAURA).await;
}

async fn specialist_gives_it_back(stage: &Stage, desk: &Browser, code: &str) {
    desk.sign_in(ANDRES).await;
    desk.open_view("Mis tickets").await;
    desk.open_row(code, SUBJECT).await;
    desk.find(Text("Nivel 2: especialistas")).await;
    desk.click(Button("Escalar")).await;
    desk.choose("¿A qué nivel?", "Nivel 1: mesa de servicio")
        .await;
    desk.see("Vuelve a este nivel").await;
    desk.select("Agente", LAURA.name).await;
    desk.fill("Justificación", WHY_DOWN).await;
    desk.click(Button("Escalar")).await;
    desk.no_window().await;
    desk.see_all(&["Devuelto del nivel 2 al nivel 1", WHY_DOWN])
        .await;
    desk.find(Text("Nivel 1: mesa de servicio")).await;
    desk.gone(Text("Nivel 2: especialistas")).await;
    assert_eq!(
        stage.count("tickets", &format!("code = '{code}' AND level = 1")),
        1,
        "the page says level 1, the database does not"
    );
    stage.post.take(LAURA.email, WHY_DOWN).await.says(&[code]);
    desk.sign_out(ANDRES).await;
}

async fn level_1_corrects_the_severity(stage: &Stage, desk: &Browser, code: &str) {
    desk.sign_in(LAURA).await;
    desk.open_view("Mis tickets").await;
    desk.open_row(code, SUBJECT).await;
    desk.find(Text("P2-Alto")).await;
    desk.click(Button("Más acciones")).await;
    desk.click(Button("Cambiar gravedad")).await;
    desk.tick(Tick("P3-Medio")).await;
    // not without a reason.
    desk.click(Button("Cambiar")).await;
    desk.see("Escriba el motivo.").await;
    desk.fill("Motivo", WHY_P3).await;
    desk.click(Button("Cambiar")).await;
    desk.no_window().await;
    desk.see_all(&["Gravedad: de P2-Alto a P3-Medio", WHY_P3])
        .await;
    desk.find(Text("P3-Medio")).await;
    desk.gone(Text("P2-Alto")).await;
    assert_eq!(
        stage.count("tickets", &format!("code = '{code}' AND priority = 'p3'")),
        1,
        "the page says P3, the database does not"
    );

    desk.click(Button("Escalar")).await;
    desk.choose("¿A qué nivel?", "Nivel 2: especialistas").await;
    desk.select("Grupo", "Especialistas en protección de equipos")
        .await;
    desk.select("Agente", ANDRES.name).await;
    desk.fill("Justificación", WHY_UP_AGAIN).await;
    desk.click(Button("Escalar")).await;
    desk.no_window().await;
    desk.find(Text("Nivel 2: especialistas")).await;
    stage
        .post
        .take(ANDRES.email, WHY_UP_AGAIN)
        .await
        .says(&[code]);
    desk.sign_out(LAURA).await;
}

async fn specialist_solves(stage: &Stage, desk: &Browser, code: &str) {
    desk.sign_in(ANDRES).await;
    desk.open_view("Mis tickets").await;
    desk.open_row(code, SUBJECT).await;
    desk.see_all(&[SECRET, WHY_UP]).await;
    desk.solve(FIRST_TRY).await;
    desk.see("Solucionado").await;
    stage
        .post
        .take(ANA.email, "Resolvimos su ticket")
        .await
        .says(&[code, FIRST_TRY, "Acéptela", "Rechácela"]);
}

async fn requester_rejects(stage: &Stage, ana: &Browser, code: &str) {
    // as the mail's link leads there.
    ana.open(&format!("{}/{DESK}/tickets/{code}", stage.server.base))
        .await;
    ana.find(Heading("¿Quedó resuelto?")).await;
    ana.see_all(&[FIRST_TRY, "Solucionado"]).await;
    ana.never(SECRET).await;
    ana.never(WHY_UP).await;
    // both are offered.
    ana.find(Button("Aceptar solución")).await;
    //
    ana.click(Button("Rechazar solución")).await;
    ana.find(Field("Motivo")).await;
    ana.click(Button("Rechazar solución")).await;
    ana.see("Escriba el motivo del rechazo.").await;
    assert_eq!(
        stage.count("tickets", &format!("code = '{code}' AND status = 'solved'")),
        1,
        "an empty reason moved the ticket"
    );
    ana.fill("Motivo", REASON).await;
    ana.click(Button("Rechazar solución")).await;
    ana.see("Rechazó la solución. El ticket se reabrió.").await;
    ana.gone(Heading("¿Quedó resuelto?")).await;
    //
    ana.see_all(&["En atención", &format!("Solución rechazada: {REASON}")])
        .await;
    stage
        .post
        .take(ANDRES.email, "rechazó la solución")
        .await
        .says(&[code, REASON]);
}

async fn specialist_solves_again(stage: &Stage, desk: &Browser, code: &str) {
    desk.reload().await;
    desk.find(Heading(SUBJECT)).await;
    desk.see_all(&["En atención", REASON]).await;
    desk.find(Fact("Reabierto")).await;
    desk.solve(SECOND_TRY).await;
    stage
        .post
        .take(ANA.email, SECOND_TRY)
        .await
        .says(&[code, "Resolvimos su ticket"]);
}

async fn requester_accepts_and_rates(stage: &Stage, ana: &Browser, code: &str) {
    ana.reload().await;
    ana.see(SECOND_TRY).await;
    ana.click(Button("Aceptar solución")).await;
    ana.at(&format!("/{DESK}/tickets/{code}/rate")).await;
    //
    ana.find(Heading("Califique el servicio")).await;
    assert_eq!(
        stage.count("tickets", &format!("code = '{code}' AND status = 'solved'")),
        1,
        "accepting alone closed the ticket"
    );
    // By keyboard only: without stars it is refused, then four, a comment, and sent.
    ana.tab_to("Enviar calificación").await;
    ana.press("\u{E007}").await;
    ana.see("Elija de 1 a 5 estrellas.").await;
    ana.tab_to("1 de 5 estrellas: Muy mala").await;
    ana.press(" ").await;
    for _ in 0..3 {
        ana.press("\u{E014}").await;
    }
    assert!(
        ana.is_ticked(Tick("4 de 5 estrellas: Buena")).await,
        "the arrow keys do not move the stars"
    );
    ana.tab_to("Comentario").await;
    ana.press(COMMENT).await;
    ana.tab_to("Enviar calificación").await;
    ana.press("\u{E007}").await;
    ana.find(Heading("Gracias por su calificación")).await;
    //
    ana.see_all(&["Resuelto", code]).await;
    stage
        .post
        .take(ANA.email, "Cerramos su ticket")
        .await
        .says(&[code, "Resuelto", "4 de 5"]);
}

async fn everything_is_told_and_nothing_is_offered(ana: &Browser, desk: &Browser, code: &str) {
    ana.click(Link("Ver el ticket")).await;
    ana.find(Heading(SUBJECT)).await;
    let told = [
        "Se creó el ticket",
        "Pasó a En atención",
        "Mensaje de soporte recibido",
        "Mensaje enviado a soporte",
        "Lo atiende el nivel 2 de soporte",
        "Lo atiende el nivel 1 de soporte",
        "Gravedad: P3-Medio",
        "Soporte entregó una solución",
        &format!("Solución rechazada: {REASON}"),
        "Pasó a Reabierto",
        "Solución aceptada",
        "Calificación del servicio: 4 de 5",
        "Pasó a Resuelto",
        COMMENT,
        SECOND_TRY,
    ];
    ana.see_all(&told).await;
    ana.never(SECRET).await;
    //
    ana.find(Text(
        "Este ticket está cerrado. Si necesita algo más, cree un ticket nuevo.",
    ))
    .await;
    for action in ["Aceptar solución", "Rechazar solución", "Enviar mensaje"] {
        assert!(
            !ana.has(Button(action)).await,
            "{action:?} is offered for a closed ticket"
        );
    }
    assert!(!ana.has(Link("Calificar")).await, "rating is offered twice");
    ana.open(&format!("/{DESK}/tickets/{code}/rate")).await;
    ana.find(Heading("Gracias por su calificación")).await;
    assert!(
        !ana.has(Button("Enviar calificación")).await,
        "rating is offered twice"
    );

    desk.reload().await;
    desk.find(Heading(SUBJECT)).await;
    desk.see_all(&[
        "Resuelto",
        "No hay acciones disponibles para usted en este estado.",
        COMMENT,
        SECRET,
        REASON,
        WHY_UP,
    ])
    .await;
    desk.see("Este ticket terminó y no admite más mensajes.")
        .await;
    for action in [
        "Tomar",
        "Asignar",
        "Escalar",
        "Cambiar gravedad",
        "Solucionar",
        "Enviar respuesta",
        "Guardar nota",
    ] {
        assert!(
            !desk.has(Button(action)).await,
            "{action:?} is offered for a closed ticket"
        );
    }
}

/// what concerns the requester went to the address that the form named, and to no other.
fn every_mail_went_to_the_address_of_the_form(stage: &Stage, code: &str) {
    let told = format!(
        "ticket_id = (SELECT id FROM tickets WHERE code = '{code}') AND template IN ('ticket_created', 'message_to_requester', 'message_received', 'solved', 'closed')"
    );
    assert_eq!(
        stage.count(
            "outbox",
            &format!("{told} AND recipient <> '{}'", ANA.email)
        ),
        0
    );
    let to_ana = format!("{told} AND recipient = '{}'", ANA.email);
    assert!(stage.count("outbox", &to_ana) >= 6);
}

/// A picture of one pixel.
const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0,
    0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 12, b'I', b'D', b'A', b'T',
    8, 0xd7, 0x63, 0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0x18, 0xdd, 0x8d, 0xb0, 0, 0, 0, 0, b'I',
    b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];
