//! Where things go wrong: wrong and old codes, unknown addresses, empty fields, files that are too large, reloads and
//! double clicks. Nothing that was typed is ever lost, and nothing happens twice.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::people::{ANA, DESK, DIEGO, LAURA, MARTA, SILVIA};
use e2e::portal::Form;
use e2e::seek::Target::{Button, Field, Heading, Link, Text, Tick};
use e2e::stage::{Stage, play};

///
#[test]
fn a_wrong_code_costs_a_try_and_nothing_else() {
    play("wrong-code", Engine::Sqlite, wrong_code);
}

#[test]
fn a_wrong_code_costs_a_try_and_nothing_else_on_postgres() {
    play("wrong-code-postgres", Engine::Postgres, wrong_code);
}

async fn wrong_code(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    let form = Form::of(ANA.email, "El agente no inicia en dos equipos");
    ana.open_form().await;
    ana.answer(&form).await;
    let note = stage.file("nota.txt", b"CT-114\n");
    ana.attach_and_wait(&[&note]).await;
    ana.send_form().await;
    let code = stage.post.code(ANA.email).await;
    ana.click(Button("Confirmar y crear el ticket")).await;
    ana.see("Escriba los ocho caracteres del código.").await;
    try_code(&ana, &another(&code), "le quedan 4 intentos").await;
    assert_eq!(
        stage.count("tickets", "subject = 'El agente no inicia en dos equipos'"),
        0
    );

    ana.click(Link("Corregir los datos")).await;
    ana.find(Heading("Crear un ticket")).await;
    ana.form_holds(&form).await;
    ana.find(Button("Quitar nota.txt")).await;

    ana.back().await;
    ana.at_code_window().await;
    // As people type: small letters, and a blank for the dash.
    let ticket = ana.confirm(&code.to_lowercase().replace('-', " ")).await;
    assert_eq!(
        stage.count(
            "tickets",
            &format!("code = '{ticket}' AND subject = 'El agente no inicia en dos equipos'")
        ),
        1
    );
    ana.click(Link("Ver mi ticket")).await;
    ana.see("nota.txt").await;
}

///
#[test]
fn five_wrong_codes_kill_a_code_and_another_is_sent() {
    play("dead-code", Engine::Sqlite, dead_code);
}

async fn dead_code(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    let form = Form::of(ANA.email, "Alertas repetidas en el servidor de archivos");
    ana.open_form().await;
    ana.answer(&form).await;
    ana.send_form().await;
    let first = stage.post.code(ANA.email).await;
    let wrong = another(&first);
    for left in [
        "le quedan 4 intentos",
        "le quedan 3 intentos",
        "le quedan 2 intentos",
        "Le queda un intento.",
    ] {
        try_code(&ana, &wrong, left).await;
    }
    try_code(&ana, &wrong, "Este código ya no sirve").await;
    ana.see("lo que escribió se conserva").await;
    // The right one is dead, too.
    ana.fill("Código de verificación", &first).await;
    ana.click(Button("Confirmar y crear el ticket")).await;
    ana.see("Este código ya no sirve").await;
    assert!(
        !ana.has(Button("Enviar otro código")).await,
        "another code at once would help who guesses"
    );

    stage.challenges_age(61);
    ana.reload().await;
    ana.see("Este código ya no sirve").await;
    ana.click(Button("Enviar otro código")).await;
    ana.see("Enviamos un código nuevo. El anterior ya no sirve.")
        .await;
    let second = stage.post.code(ANA.email).await;
    assert_ne!(first, second);
    try_code(&ana, &first, "le quedan 4 intentos").await;
    ana.confirm(&second).await;
}

#[test]
fn an_expired_code_says_so_and_another_works() {
    play("expired-code", Engine::Sqlite, expired_code);
}

#[test]
fn an_expired_code_says_so_and_another_works_on_postgres() {
    play("expired-code-postgres", Engine::Postgres, expired_code);
}

async fn expired_code(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    let form = Form::of(ANA.email, "El perímetro bloquea la página de nómina");
    ana.open_form().await;
    ana.answer(&form).await;
    ana.send_form().await;
    let old = stage.post.code(ANA.email).await;
    stage.challenges_age(10 * 60 + 1);
    // The page's own clock does not know yet; the server does.
    ana.fill("Código de verificación", &old).await;
    ana.click(Button("Confirmar y crear el ticket")).await;
    ana.see("Este código ya no sirve").await;
    ana.reload().await;
    ana.see("El código venció. Pida otro.").await;
    ana.click(Button("Enviar otro código")).await;
    ana.see("Enviamos un código nuevo.").await;
    let fresh = stage.post.code(ANA.email).await;
    ana.click(Link("Corregir los datos")).await;
    ana.form_holds(&form).await;
    ana.back().await;
    ana.at_code_window().await;
    ana.confirm(&fresh).await;
    assert_eq!(
        stage.count(
            "tickets",
            "subject = 'El perímetro bloquea la página de nómina'"
        ),
        1
    );
}

///
#[test]
fn an_unknown_address_sees_the_same_window_and_may_ask_for_access() {
    play("unknown-address", Engine::Sqlite, unknown_address);
}

async fn unknown_address(stage: Rc<Stage>) {
    let (email, name) = ("nadia.quintero@example.org", "Nadia Quintero");
    let browser = stage.browser("requester").await;
    let known = Form::of(DIEGO.email, "Solicitud de prueba");
    browser.open_form().await;
    browser.answer(&known).await;
    browser.send_form().await;
    stage.post.code(DIEGO.email).await;
    let usual = window_words(&browser, DIEGO.email).await;
    let unknown = Form { email, ..known };
    browser.open_form().await;
    browser.answer(&unknown).await;
    browser.send_form().await;
    assert_eq!(
        window_words(&browser, email).await,
        usual,
        "the window tells who is registered"
    );
    assert_eq!(
        stage.count(
            "outbox",
            &format!("recipient = '{email}' AND status <> 'withheld'")
        ),
        0,
        "a stranger was mailed"
    );
    try_code(&browser, "ABCD-EFGH", "le quedan 4 intentos").await;

    browser.click(Link("Solicitar acceso")).await;
    browser.find(Heading("Solicitar acceso")).await;
    browser.click(Button("Enviar solicitud")).await;
    let missing = [
        "Escriba su nombre completo.",
        "Escriba su número de contacto.",
        "Escriba su correo.",
        "Escriba la entidad a la que pertenece.",
    ];
    browser.see("Revise estos datos").await;
    for text in missing {
        browser.find(Link(text)).await;
    }
    let reference = browser.ask_for_access(name, email).await;

    let marta = stage.browser("assistant").await;
    marta.sign_in(MARTA).await;
    marta.open_view("Solicitudes de acceso").await;
    marta
        .see_all(&[name, email, &reference, "601 555 0142"])
        .await;
    marta.click(Button(name)).await;
    marta.find(Heading(&format!("Solicitud {reference}"))).await;
    marta.fill("Teléfono", "601 555 0143").await;
    marta.click(Button("Aprobar")).await;
    marta
        .see("Solicitud aprobada: la persona quedó registrada")
        .await;
    marta.see("No hay solicitudes aquí").await;
    stage
        .post
        .take(email, "Ya tiene acceso")
        .await
        .says(&[name, "Alcaldía de San Roque"]);

    // What was typed before is still there.
    browser.open_form().await;
    browser
        .see("Recuperamos lo que había escrito en este equipo.")
        .await;
    browser.form_holds(&unknown).await;
    browser.send_form().await;
    let code = stage.post.code(email).await;
    let ticket = browser.confirm(&code).await;
    stage
        .post
        .take(email, "Recibimos su ticket")
        .await
        .says(&[&ticket]);
}

///
#[test]
fn empty_fields_are_listed_with_links_to_them_and_no_code_is_sent() {
    play("empty-fields", Engine::Sqlite, empty_fields);
}

async fn empty_fields(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    ana.open_form().await;
    ana.click(Button("Crear ticket")).await;
    ana.see("Revise estos datos").await;
    let faults = [
        ("Escriba su correo.", "Correo"),
        ("Elija el tipo de solicitud.", "Requerimiento"),
        ("Elija una opción en «Grupo de ticket».", "Grupo de ticket"),
        ("Elija una opción en «Gravedad».", "P1-Crítico"),
        ("Escriba el tema.", "Tema"),
        ("Escriba el mensaje.", "Mensaje"),
    ];
    for (fault, field) in faults {
        ana.click(Link(fault)).await;
        ana.focused(field).await;
        // Once in the summary, once beside the field.
        ana.see_times(fault, 2).await;
    }
    ana.answer(&Form::of("ana.rojas@example", "Tema")).await;
    ana.fill("Correo", "ana.rojas").await;
    ana.click(Button("Crear ticket")).await;
    ana.find(Link("Escriba un correo completo, como nombre@ejemplo.org."))
        .await;
    ana.see_times("Escriba el tema.", 0).await;
    assert_eq!(
        stage.count("challenges", "1 = 1"),
        0,
        "a code was made for a form that is not complete"
    );
    assert_eq!(
        stage.count("outbox", "status = 'pending'"),
        0,
        "somebody was mailed"
    );
    ana.fill("Correo", ANA.email).await;
    ana.send_form().await;
}

///
#[test]
fn a_file_over_the_limit_is_refused_by_name_and_can_be_removed() {
    play("large-file", Engine::Sqlite, large_file);
}

async fn large_file(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    let form = Form::of(ANA.email, "El video de la falla no cabe");
    let (video, small) = (
        stage.large_file("video.mp4", 31 * 1024 * 1024),
        stage.file("resumen.txt", b"Un resumen.\n"),
    );
    ana.open_form().await;
    ana.answer(&form).await;
    // choosing a file attaches it, and the screen says so.
    ana.attach("Anexos (opcional)", &[&video, &small]).await;
    ana.see("Este archivo pesa 31 MB y el máximo es 30 MB.")
        .await;
    ana.see("Adjuntado · 12 B").await;
    ana.click(Button("Crear ticket")).await;
    ana.find(Link(
        "Hay archivos que no se adjuntaron: quítelos o intente de nuevo.",
    ))
    .await;
    assert_eq!(
        stage.count("challenges", "1 = 1"),
        0,
        "the form went without its file"
    );
    ana.click(Button("Quitar video.mp4")).await;
    ana.gone(Button("Quitar video.mp4")).await;
    ana.find(Button("Quitar resumen.txt")).await;
    ana.send_form().await;
    let code = stage.post.code(ANA.email).await;
    ana.confirm(&code).await;
    stage
        .post
        .take(ANA.email, "Recibimos su ticket")
        .await
        .says(&["resumen.txt"]);
    too_much_together(&stage, &ana).await;
}

/// Files of which each is small enough, but which are too large for one ticket together.
async fn too_much_together(stage: &Stage, ana: &Browser) {
    let parts: Vec<PathBuf> = (1..=7)
        .map(|part| stage.large_file(&format!("parte-{part}.mp4"), 29 * 1024 * 1024))
        .collect();
    let parts: Vec<&Path> = parts.iter().map(PathBuf::as_path).collect();
    let (too_much, said) = (parts[6], "se pasaría de 200 MB en total");
    ana.open_form().await;
    ana.see("de hasta 30 MB cada uno y 200 MB en total").await;
    // What does not arrive counts all the same, and nobody has to wait for it here.
    ana.cut_off(&["*/portal/uploads*"]).await;
    ana.attach("Anexos (opcional)", &parts).await;
    ana.see_times(said, 1).await;
    for file in ["parte-7.mp4", "parte-1.mp4"] {
        let remove = format!("Quitar {file}");
        ana.click(Button(&remove)).await;
        ana.gone(Button(&remove)).await;
    }
    // In the place of one of the others it goes.
    ana.attach("Anexos (opcional)", &[too_much]).await;
    ana.find(Button("Quitar parte-7.mp4")).await;
    ana.see_times(said, 0).await;
    ana.cut_off(&[]).await;
}

#[test]
fn a_reload_keeps_the_form_its_files_and_the_code_window() {
    play("reload", Engine::Sqlite, reload);
}

#[test]
fn a_reload_keeps_the_form_its_files_and_the_code_window_on_postgres() {
    play("reload-postgres", Engine::Postgres, reload);
}

async fn reload(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    let form = Form::of(ANA.email, "Licencias por vencer en la sede norte");
    ana.open_form().await;
    ana.answer(&form).await;
    let (first, second) = (
        stage.file("equipos.csv", b"CT-114\n"),
        stage.file("oficio.txt", b"Oficio 12\n"),
    );
    ana.attach_and_wait(&[&first, &second]).await;
    ana.reload().await;
    ana.see("Recuperamos lo que había escrito en este equipo.")
        .await;
    ana.form_holds(&form).await;
    ana.see_all(&["equipos.csv", "oficio.txt"]).await;
    ana.send_form().await;
    let code = stage.post.code(ANA.email).await;
    let reference = ana.line_after("Referencia de su solicitud").await;
    ana.reload().await;
    ana.at_code_window().await;
    ana.see(ANA.email).await;
    assert_eq!(
        ana.line_after("Referencia de su solicitud").await,
        reference
    );
    ana.confirm(&code).await;
    stage
        .post
        .take(ANA.email, "Recibimos su ticket")
        .await
        .says(&["equipos.csv", "oficio.txt"]);
    // What became a ticket is typed no more.
    ana.open_form().await;
    ana.holds("Tema", "").await;
    assert!(
        !ana.has(Button("Quitar equipos.csv")).await,
        "the files of the ticket are in the next form"
    );
}

#[test]
fn double_clicks_make_one_draft_and_one_ticket() {
    play("double-click", Engine::Sqlite, double_click);
}

#[test]
fn double_clicks_make_one_draft_and_one_ticket_on_postgres() {
    play("double-click-postgres", Engine::Postgres, double_click);
}

async fn double_click(stage: Rc<Stage>) {
    let ana = stage.browser("requester").await;
    ana.open_form().await;
    ana.answer(&Form::of(ANA.email, "Doble clic")).await;
    ana.double_click(Button("Crear ticket")).await;
    ana.at_code_window().await;
    assert_eq!(
        stage.count("challenges", "1 = 1"),
        1,
        "a double click asked for two codes"
    );
    let code = stage.post.code(ANA.email).await;
    ana.fill("Código de verificación", &code).await;
    ana.double_click(Button("Confirmar y crear el ticket"))
        .await;
    let ticket = ana.created().await;
    assert_eq!(
        stage.count("tickets", "subject = 'Doble clic'"),
        1,
        "a double click made two tickets"
    );
    let told = format!(
        "recipient = '{}' AND ticket_id = (SELECT id FROM tickets WHERE code = '{ticket}')",
        ANA.email
    );
    assert_eq!(
        stage.count("outbox", &told),
        1,
        "a double click was told twice"
    );
}

///
#[test]
fn my_tickets_open_by_code_address_and_mailed_code_together() {
    play("my-tickets", Engine::Sqlite, my_tickets);
}

async fn my_tickets(stage: Rc<Stage>) {
    let mine = "La consola de antivirus no abre desde esta mañana";
    let code = stage.server.database.ask(&format!(
        "SELECT code FROM tickets WHERE subject = '{mine}'"
    ));
    // Somebody else's address with this code: the same window, no mail, no way in.
    let browser = stage.browser("requester").await;
    browser.open(&format!("/{DESK}/my")).await;
    browser.fill("Código del ticket", &code).await;
    browser.fill("Correo", DIEGO.email).await;
    browser.click(Button("Continuar")).await;
    browser.at_code_window().await;
    assert_eq!(
        stage.count(
            "outbox",
            &format!("recipient = '{}' AND status = 'pending'", DIEGO.email)
        ),
        0,
        "the wrong person was mailed"
    );
    browser.fill("Código de verificación", "ABCD-EFGH").await;
    browser.click(Button("Confirmar y ver mis tickets")).await;
    browser.see("le quedan 4 intentos").await;

    // A link from a mail asks for the address, and leads to the ticket.
    browser.open(&format!("/{DESK}/tickets/{code}")).await;
    browser
        .find(Heading(&format!("Ver el ticket {code}")))
        .await;
    browser.holds("Código del ticket", &code).await;
    browser.fill("Correo", ANA.email).await;
    browser.click(Button("Continuar")).await;
    browser.at_code_window().await;
    let proof = stage.post.code(ANA.email).await;
    browser.fill("Código de verificación", &proof).await;
    browser.click(Button("Confirmar y ver mis tickets")).await;
    browser.find(Heading(mine)).await;
    browser.click(Link("Mis tickets")).await;
    browser.find(Heading("Mis tickets")).await;
    browser
        .see_all(&[&code, mine, ANA.email, "Último movimiento"])
        .await;
    browser.never("Tres equipos no reciben firmas nuevas").await;
    // A reload stays signed in; signing out ends it.
    browser.reload().await;
    browser.see(mine).await;
    browser.click(Button("Cerrar sesión")).await;
    browser.find(Heading("¿En qué le podemos ayudar?")).await;
    browser.open(&format!("/{DESK}/tickets/{code}")).await;
    browser
        .find(Heading(&format!("Ver el ticket {code}")))
        .await;
    browser.never(mine).await;
}

#[test]
fn open_pages_show_news_by_themselves_and_leave_typing_alone() {
    play("news", Engine::Sqlite, news);
}

async fn news(stage: Rc<Stage>) {
    let subject = "La actualización quedó a medias";
    let (ana, code) = requester_with_ticket(&stage, subject).await;
    ana.fill("Mensaje", "Se me olvidó decir que").await;
    let laura = agent_who_took(&stage, &code, subject).await;
    laura.reply("¿En cuántos equipos?").await;
    // The requester's page shows it, and keeps the half sentence.
    ana.see_all(&["¿En cuántos equipos?", "En atención"]).await;
    ana.holds("Mensaje", "Se me olvidó decir que").await;

    laura.click(Button("Escalar")).await;
    laura
        .choose("¿A qué nivel?", "Nivel 2: especialistas")
        .await;
    laura.fill("Justificación", "Se revisó la consola;").await;
    ana.fill("Mensaje", "En los ocho de la sede norte.").await;
    ana.click(Button("Enviar mensaje")).await;
    ana.see("Mensaje enviado.").await;
    // The message comes in under the agent's open window, which stays as it is and still works.
    laura.holds_somewhere("En los ocho de la sede norte.").await;
    laura.holds("Justificación", "Se revisó la consola;").await;
    laura
        .fill("Justificación", "Se revisó la consola; falta el nivel 2.")
        .await;
    laura.click(Button("Escalar")).await;
    laura.see("Ticket escalado").await;
    // nobody was named, so it is with the group that the desk has planned for that level.
    laura.see("Especialistas en protección de equipos").await;
}

#[test]
fn what_was_typed_outlives_reloads_closed_windows_and_other_tickets() {
    play("typed", Engine::Sqlite, typed);
}

async fn typed(stage: Rc<Stage>) {
    let subject = "El agente se cierra solo en la sede norte";
    let (ana, code) = requester_with_ticket(&stage, subject).await;
    // The same words again are another message.
    for times in 1..=2 {
        ana.fill("Mensaje", "Sigue fallando.").await;
        ana.click(Button("Enviar mensaje")).await;
        ana.see_times("Sigue fallando.", times).await;
        ana.holds("Mensaje", "").await;
    }
    assert_eq!(stage.count("messages", "body = 'Sigue fallando.'"), 2);
    let note = stage.file("nota.txt", b"CT-114\n");
    ana.fill("Mensaje", "Adjunto lo que muestra.").await;
    ana.attach_and_wait(&[&note]).await;
    ana.reload().await;
    ana.holds("Mensaje", "Adjunto lo que muestra.").await;
    ana.find(Button("Quitar nota.txt")).await;
    ana.click(Button("Enviar mensaje")).await;
    ana.see("Mensaje enviado.").await;
    assert_eq!(stage.count("attachments", "message_id IS NOT NULL"), 1);

    let laura = agent_who_took(&stage, &code, subject).await;
    laura.tick(Tick("Respuesta pública")).await;
    laura
        .fill("Respuesta pública", "¿Qué versión tienen?")
        .await;
    laura.click(Button("Escalar")).await;
    laura.fill("Justificación", "Se revisó la consola.").await;
    laura.press("\u{E00C}").await;
    laura.no_window().await;
    laura.open("/console/queue").await;
    laura.find(Heading("Mis tickets")).await;
    laura.open_ticket(&code, subject).await;
    assert!(
        laura.is_ticked(Tick("Respuesta pública")).await,
        "a reply came back as a note"
    );
    laura
        .holds("Respuesta pública", "¿Qué versión tienen?")
        .await;
    laura.click(Button("Escalar")).await;
    laura.holds("Justificación", "Se revisó la consola.").await;
    laura
        .choose("¿A qué nivel?", "Nivel 2: especialistas")
        .await;
    laura.click(Button("Escalar")).await;
    laura.see("Ticket escalado").await;
    laura.click(Button("Enviar respuesta")).await;
    ana.see("¿Qué versión tienen?").await;
}

#[test]
fn the_console_says_when_it_shows_what_may_be_old() {
    play("stale", Engine::Sqlite, stale);
}

async fn stale(stage: Rc<Stage>) {
    let laura = stage.browser("agent").await;
    laura.sign_in(LAURA).await;
    let says = "puede estar desactualizado";
    laura.never(says).await;
    laura.cut_off(&["*/api/v1/*"]).await;
    laura.see(says).await;
    laura.cut_off(&[]).await;
    laura
        .gone(Text(
            "Sin conexión con el servidor: lo que ve puede estar desactualizado.",
        ))
        .await;
}

///
#[test]
fn the_support_line_helps_a_caller_who_cannot_read_mail() {
    play("vouching", Engine::Sqlite, vouching);
}

async fn vouching(stage: Rc<Stage>) {
    let subject = "No puedo abrir mi correo desde ayer";
    let caller = stage.browser("caller").await;
    caller.open_form().await;
    caller.answer(&Form::of(SILVIA.email, subject)).await;
    caller.send_form().await;
    let mailed = stage.post.code(SILVIA.email).await;
    caller.see("¿No tiene acceso a su correo?").await;
    caller.see("601 555 0100").await;
    let reference = caller.line_after("Referencia de su solicitud").await;

    // It takes long until somebody takes the call.
    stage.challenges_age(601);
    caller.see("El código venció. Pida otro.").await;

    let laura = stage.browser("support line").await;
    laura.sign_in(LAURA).await;
    laura.open_view("Validar llamada").await;
    laura.fill("Referencia que dicta la persona", "ZZZZ").await;
    laura.click(Button("Buscar")).await;
    laura.see("No hay un borrador con esa referencia").await;
    laura
        .fill("Referencia que dicta la persona", &reference.to_lowercase())
        .await;
    laura.click(Button("Buscar")).await;
    laura.find(Heading(subject)).await;
    laura
        .see_all(&[SILVIA.name, "602 555 0102", "Universidad del Valle Alto"])
        .await;
    laura.click(Button("Validar identidad")).await;
    laura
        .find(Link("Verifique y marque los puntos obligatorios."))
        .await;
    laura.find(Link("Escriba cómo validó la identidad.")).await;
    let checklist = [
        "Nombre completo, como está registrado",
        "Correo electrónico registrado",
        "Número de contacto registrado",
        "Entidad a la que pertenece",
        "Se le devolvió la llamada al número registrado",
    ];
    for point in checklist {
        laura.tick(Tick(point)).await;
    }
    laura
        .fill(
            "Cómo se validó la identidad",
            "Confirmó los cuatro datos; se le llamó al número registrado.",
        )
        .await;
    laura.click(Button("Validar identidad")).await;
    laura.find(Heading("Lea este código a la persona")).await;
    let code = laura.line_after("Lea este código a la persona").await;
    assert_ne!(code, mailed);
    laura.see("El código se muestra solo esta vez").await;
    laura.click(Button("Atender otra llamada")).await;
    laura.never(&code).await;
    laura.reload().await;
    laura.find(Field("Referencia que dicta la persona")).await;
    laura.never(&code).await;

    caller.see("El código vence en").await;
    // The one that was mailed is dead; the one that was read out works, in the caller's browser.
    try_code(&caller, &mailed, "no es correcto").await;
    let ticket = caller.confirm(&code).await;
    stage
        .post
        .take(SILVIA.email, "Validamos su identidad por teléfono")
        .await
        .says(&["¿No fue usted?", "601 555 0100"]);
    // It completed that draft only: her tickets stay closed to this browser.
    caller
        .click(Link("Verificar mi correo y ver el ticket"))
        .await;
    caller
        .find(Heading(&format!("Ver el ticket {ticket}")))
        .await;

    laura.open_ticket(&ticket, subject).await;
    laura
        .see_all(&[
            "Validada por teléfono",
            "Confirmó los cuatro datos; se le llamó al número registrado.",
        ])
        .await;
}

/// A requester in front of the ticket that they have just created, and its code.
async fn requester_with_ticket(stage: &Stage, subject: &str) -> (Browser, String) {
    let ana = stage.browser("requester").await;
    let code = ana
        .create_ticket(&stage.post, &Form::of(ANA.email, subject))
        .await;
    ana.click(Link("Ver mi ticket")).await;
    ana.find(Heading(subject)).await;
    (ana, code)
}

/// An agent in front of a ticket that they have just taken.
async fn agent_who_took(stage: &Stage, code: &str, subject: &str) -> Browser {
    let laura = stage.browser("agent").await;
    laura.sign_in(LAURA).await;
    laura.open_ticket(code, subject).await;
    laura.click(Button("Tomar")).await;
    laura.see("Ahora el ticket está a su cargo").await;
    laura
}

/// Types a code and waits for what the window says to it.
async fn try_code(browser: &Browser, code: &str, answer: &str) {
    browser.fill("Código de verificación", code).await;
    browser.click(Button("Confirmar y crear el ticket")).await;
    browser.see(answer).await;
}

/// A code that is certainly another one.
fn another(code: &str) -> String {
    code.chars()
        .map(|letter| {
            if letter == '-' || letter == 'A' {
                letter
            } else {
                'A'
            }
        })
        .collect::<String>()
        .replace(
            "AAAA-AAAA",
            if code == "AAAA-AAAA" {
                "BBBB-BBBB"
            } else {
                "AAAA-AAAA"
            },
        )
}

/// What the code window says, without what differs by address and time.
async fn window_words(browser: &Browser, email: &str) -> String {
    let reference = browser.line_after("Referencia de su solicitud").await;
    browser.find(Text("¿No recibió el código?")).await;
    let text = browser
        .text()
        .await
        .replace(email, "(address)")
        .replace(&reference, "(reference)");
    text.chars()
        .map(|sign| if sign.is_ascii_digit() { '0' } else { sign })
        .collect()
}
