//! Every page, looked at: axe-core by day, by night and on a phone; pictures; nothing that sticks out at 360 or at 1920 pixels;
//! and all of it by keyboard.

use std::rc::Rc;

use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::people::{ANA, DESK, JULIAN, SILVIA};
use e2e::portal::Form;
use e2e::seek::Target::{Button, Field, Heading, Link, LinkWith, Tick};
use e2e::shots::Inspector;
use e2e::stage::{Stage, play, play_without_mail};
use serde_json::json;

#[test]
fn the_portal_is_accessible_and_fits() {
    play("pages-portal", Engine::Sqlite, portal);
}

async fn portal(stage: Rc<Stage>) {
    let browser = stage.browser("requester").await;
    let inspect = Inspector::new(&browser, "portal");
    browser.open(&format!("/{DESK}")).await;
    browser.find(Heading("¿En qué le podemos ayudar?")).await;
    inspect.look("home").await;
    browser.click(Button("EN: English")).await;
    browser.find(Heading("How can we help you?")).await;
    inspect.look("home-english").await;
    browser.click(Button("ES: Español")).await;
    browser.find(Heading("¿En qué le podemos ayudar?")).await;

    browser.open_form().await;
    browser.click(Button("Crear ticket")).await;
    browser.see("Revise estos datos").await;
    inspect.look("form-with-errors").await;
    browser
        .answer(&Form::of(
            SILVIA.email,
            "El cliente de la VPN pide un certificado nuevo",
        ))
        .await;
    let (note, large) = (
        stage.file("nota.txt", b"vpn\n"),
        stage.large_file("grabación de la falla.mp4", 31 * 1024 * 1024),
    );
    browser.attach("Anexos (opcional)", &[&note, &large]).await;
    browser.see("Adjuntado ·").await;
    browser.reload().await;
    browser.see("Recuperamos lo que había escrito").await;
    browser.attach("Anexos (opcional)", &[&large]).await;
    browser.see("el máximo es 30 MB").await;
    inspect.look("form").await;
    browser
        .click(Button("Quitar grabación de la falla.mp4"))
        .await;
    browser.send_form().await;
    let code = stage.post.code(SILVIA.email).await;
    inspect.look("code").await;
    browser.fill("Código de verificación", "AAAA-AAAA").await;
    browser.click(Button("Confirmar y crear el ticket")).await;
    browser.see("le quedan 4 intentos").await;
    inspect.look("code-wrong").await;
    browser.confirm(&code).await;
    inspect.look("created").await;

    browser.click(Link("Ver mi lista de tickets")).await;
    browser.find(Heading("Mis tickets")).await;
    browser.see(SILVIA.email).await;
    inspect.look("tickets").await;
    browser
        .click(LinkWith("Bloqueo del puerto de la impresora fiscal"))
        .await;
    browser.find(Heading("¿Quedó resuelto?")).await;
    inspect.look("ticket-solved").await;
    browser.click(Button("Rechazar solución")).await;
    browser.find(Field("Motivo")).await;
    browser.click(Button("Rechazar solución")).await;
    browser.see("Escriba el motivo del rechazo.").await;
    inspect.look("reject").await;
    browser.press("\u{E00C}").await;
    browser.click(Button("Aceptar solución")).await;
    browser.find(Heading("Califique el servicio")).await;
    browser.tick(Tick("3 de 5 estrellas: Regular")).await;
    inspect.look("rate").await;
    browser.click(Button("Enviar calificación")).await;
    browser.find(Heading("Gracias por su calificación")).await;
    inspect.look("rated").await;
    browser.click(Link("Ver el ticket")).await;
    browser.see("Este ticket está cerrado.").await;
    inspect.look("ticket-closed").await;
    browser.open(&format!("/{DESK}/tickets/INF-999999")).await;
    browser
        .find(Heading(
            "No encontramos el ticket INF-999999 entre los suyos",
        ))
        .await;
    inspect.look("ticket-unknown").await;
    browser.click(Button("Entrar con otro correo")).await;
    browser.find(Field("Código del ticket")).await;
    inspect.look("lookup").await;

    browser.open(&format!("/{DESK}/access")).await;
    browser.find(Heading("Solicitar acceso")).await;
    inspect.look("access").await;
    browser
        .ask_for_access("Nadia Quintero", "nadia.quintero@example.org")
        .await;
    inspect.look("access-sent").await;
    browser.open("/help/accessibility").await;
    browser.find(Heading("Declaración de accesibilidad")).await;
    inspect.look("accessibility").await;
    browser.open(&format!("/{DESK}/nothing/here")).await;
    browser.find(Heading("Esta página no existe")).await;
    inspect.look("not-found").await;
    browser
        .open(&format!(
            "/{DESK}/verify/00000000-0000-4000-8000-000000000000"
        ))
        .await;
    browser
        .find(Heading("Esta verificación ya no está disponible"))
        .await;
    inspect.look("code-gone").await;
    browser.open("/").await;
    browser
        .find(Heading("¿Con qué mesa necesita hablar?"))
        .await;
    inspect.look("desks").await;
    inspect.finish();
}

#[test]
fn the_mailbox_and_the_page_of_the_api_are_accessible() {
    play_without_mail("pages-mailbox", mailbox);
}

async fn mailbox(stage: Rc<Stage>) {
    let browser = stage.browser("mailbox").await;
    browser.open_form().await;
    browser
        .answer(&Form::of(ANA.email, "No puedo abrir mi correo"))
        .await;
    browser.send_form().await;

    let inspect = Inspector::new(&browser, "mailbox");
    let mail = LinkWith("Código de verificación");
    browser.open("/mailbox").await;
    browser.find(Heading("Buzón local")).await;
    browser.find(mail).await;
    // The list loads itself again every few seconds, in the middle of an inspection too; a copy of it stands still.
    let list = reqwest::get(format!("{}/mailbox", stage.server.base))
        .await
        .expect("the server answers");
    let list = list.text().await.expect("a page is text");
    browser.open("about:blank").await;
    let write = "document.open(); document.write(arguments[0]); document.close();";
    browser.script(write, vec![json!(list)]).await;
    browser.find(mail).await;
    inspect.look("list").await;

    browser.open("/mailbox").await;
    browser.click(mail).await;
    browser.at("/mailbox/").await;
    browser.see("Parte de texto").await;
    inspect.look("mail").await;

    browser.open("/api/docs/").await;
    browser.see("Lists the caller's desks").await;
    inspect.look_by_day("api").await;
    inspect.finish();
}

#[test]
fn the_console_is_accessible_and_fits() {
    play("pages-console", Engine::Sqlite, console);
}

async fn console(stage: Rc<Stage>) {
    let browser = stage.browser("coordinator").await;
    // A caller's draft and an access request, to have something to decide.
    browser.open_form().await;
    browser
        .answer(&Form::of(ANA.email, "No puedo abrir mi correo"))
        .await;
    browser.send_form().await;
    let reference = browser.line_after("Referencia de su solicitud").await;
    browser.open(&format!("/{DESK}/access")).await;
    browser
        .ask_for_access("Nadia Quintero", "nadia.quintero@example.org")
        .await;

    let inspect = Inspector::new(&browser, "console");
    browser.open("/console/login").await;
    browser.fill("Correo", JULIAN.email).await;
    browser.fill("Contraseña", "no es esta").await;
    browser.click(Button("Iniciar sesión")).await;
    browser.find(Heading("Iniciar sesión")).await;
    inspect.look("sign-in").await;
    browser.sign_in(JULIAN).await;
    browser.see("No hay tickets aquí").await;
    inspect.look("queue-empty").await;
    browser.open_view("Todos").await;
    browser
        .find(LinkWith("Cambio de responsable de la consola"))
        .await;
    inspect.look("queue").await;
    browser.click(Button("Filtros")).await;
    browser.select("Gravedad", "P1").await;
    browser
        .gone(LinkWith("Cambio de responsable de la consola"))
        .await;
    inspect.look("queue-filtered").await;

    browser.open_view("Todos").await;
    browser
        .click(LinkWith("La consola de antivirus no abre"))
        .await;
    browser
        .find(Heading("La consola de antivirus no abre desde esta mañana"))
        .await;
    browser
        .note("Verificar el respaldo antes de reiniciar.")
        .await;
    inspect.look("ticket").await;
    for (button, field, name) in [
        ("Asignar", "Agente", "assign"),
        ("Escalar", "Justificación", "escalate"),
        ("Solucionar", "Solución", "solve"),
    ] {
        browser.click(Button(button)).await;
        browser.find(Field(field)).await;
        inspect.look(name).await;
        browser.press("\u{E00C}").await;
        browser.gone(Field(field)).await;
    }
    browser.click(Button("Más acciones")).await;
    browser.find(Button("Crear relación")).await;
    inspect.look("more-actions").await;
    browser.press("\u{E00C}").await;
    for (button, field, name) in [
        ("Cambiar gravedad", "Motivo", "priority"),
        (
            "Cambiar grupo de ticket",
            "Nuevo grupo de ticket",
            "category",
        ),
        ("Registrar intento de contacto", "Medio", "attempt"),
        ("Crear relación", "Buscar tickets", "relate"),
        ("Unir duplicado", "Buscar tickets", "merge"),
    ] {
        browser.click(Button("Más acciones")).await;
        browser.click(Button(button)).await;
        if name == "relate" {
            browser
                .choose("¿De qué tipo es lo que va a relacionar?", "Requerimiento")
                .await;
        }
        browser.find(Field(field)).await;
        if field == "Nuevo grupo de ticket" {
            // The catalogue opens under the field, and is searched without accents.
            browser.fill(field, "perimetro").await;
        }
        if field == "Buscar tickets" {
            browser.fill(field, "inf").await;
            browser.see("Cambio de responsable de la consola").await;
        }
        inspect.look(name).await;
        browser.press("\u{E00C}").await;
        if matches!(field, "Nuevo grupo de ticket" | "Buscar tickets") {
            // The first Escape closes the catalogue, or empties the search field, alone.
            browser.press("\u{E00C}").await;
        }
        browser.gone(Field(field)).await;
    }
    browser.click(Button("Gestión")).await;
    browser.find(Heading("Contacto con el solicitante")).await;
    inspect.look("panel-process").await;
    browser.click(Button("Relaciones")).await;
    browser.see("No hay tickets relacionados.").await;
    inspect.look("panel-relations").await;
    browser.click(Button("Datos")).await;
    browser.click(Button("¿Por qué?")).await;
    browser.see("Total contado").await;
    inspect.look("sla-why").await;
    browser.press("\u{E00C}").await;
    browser.open_view("Cerrados").await;
    browser
        .click(LinkWith("Un usuario quedó sin acceso a la VPN"))
        .await;
    browser.see("No hay acciones disponibles").await;
    inspect.look("ticket-closed").await;
    browser.open("/console/tickets/INF-999999").await;
    browser.see("No encontramos este ticket").await;
    inspect.look("ticket-unknown").await;

    browser.open("/console/tickets/new").await;
    browser.fill("Solicitante", "ana").await;
    browser.find(Button(ANA.name)).await;
    browser.click(Button("Crear ticket")).await;
    browser.see("Revise estos datos").await;
    inspect.look("new-ticket").await;
    browser.open("/console/approvals").await;
    browser.see("Nada espera su decisión").await;
    inspect.look("approvals").await;
    browser.open("/console/approvers").await;
    browser.find(Heading("Aprobadores")).await;
    inspect.look("approvers").await;
    browser.open("/console/queue?view=due_contact").await;
    browser.find(Heading("Para contactar hoy")).await;
    inspect.look("queue-contact").await;
    browser.open_view("Personas").await;
    browser.find(Button(ANA.name)).await;
    inspect.look("people").await;
    browser.click(Button("Registrar persona")).await;
    browser.click(Button("Registrar")).await;
    browser.see("Revise estos datos").await;
    inspect.look("register-person").await;
    browser.press("\u{E00C}").await;
    browser.click(Button(ANA.name)).await;
    browser.find(Heading(ANA.name)).await;
    inspect.look("person").await;
    browser.press("\u{E00C}").await;

    browser.open_view("Solicitudes de acceso").await;
    browser.find(Button("Nadia Quintero")).await;
    inspect.look("access-requests").await;
    browser.click(Button("Nadia Quintero")).await;
    browser.find(Button("Aprobar")).await;
    inspect.look("access-request").await;
    browser.click(Button("Rechazar…")).await;
    browser.find(Field("Motivo")).await;
    inspect.look("access-refusal").await;
    browser.press("\u{E00C}").await;

    browser.open_view("Validar llamada").await;
    browser
        .fill("Referencia que dicta la persona", &reference)
        .await;
    browser.click(Button("Buscar")).await;
    browser.find(Heading("No puedo abrir mi correo")).await;
    inspect.look("vouching").await;
    for point in [
        "Nombre completo, como está registrado",
        "Correo electrónico registrado",
        "Número de contacto registrado",
    ] {
        browser.tick(Tick(point)).await;
    }
    for point in [
        "Entidad a la que pertenece",
        "Se le devolvió la llamada al número registrado",
    ] {
        browser.tick(Tick(point)).await;
    }
    browser
        .fill("Cómo se validó la identidad", "Confirmó los cuatro datos.")
        .await;
    browser.click(Button("Validar identidad")).await;
    browser.find(Heading("Lea este código a la persona")).await;
    inspect.look("vouching-code").await;

    browser.open_view("Mis tickets").await;
    browser.click(Button(JULIAN.name)).await;
    browser.find(Button("Preferencias")).await;
    inspect.look("menu").await;
    browser.click(Button("Preferencias")).await;
    browser.find(Heading("Preferencias")).await;
    inspect.look("preferences").await;
    browser.click(Button("Cómoda")).await;
    browser.press("\u{E00C}").await;
    browser.gone(Heading("Preferencias")).await;
    browser.open("/console/nothing").await;
    browser.find(Heading("Esta página no existe")).await;
    inspect.look("not-found").await;
    browser.open("/console/queue?view=all").await;
    browser
        .find(LinkWith("Cambio de responsable de la consola"))
        .await;
    inspect.look("queue-comfortable").await;
    inspect.finish();
}

#[test]
fn everything_works_by_keyboard() {
    play("keyboard", Engine::Sqlite, keyboard);
}

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";

async fn keyboard(stage: Rc<Stage>) {
    let browser = stage.browser("keyboard").await;
    // The portal: past the header, into the form, through it and out of it.
    browser.open(&format!("/{DESK}")).await;
    browser.find(Heading("¿En qué le podemos ayudar?")).await;
    browser.press(TAB).await;
    browser.focused("Ir al contenido").await;
    browser.press(ENTER).await;
    browser.press(TAB).await;
    browser.focused("Crear un ticket").await;
    browser.press(ENTER).await;
    browser.find(Heading("Crear un ticket")).await;
    // A navigation tells where one is.
    browser.focused("Crear un ticket").await;
    browser.tab_to("Correo").await;
    browser.press(ANA.email).await;
    browser.tab_to("Requerimiento").await;
    browser.press(" ").await;
    browser.tab_to("Grupo de ticket").await;
    browser.press("Sophos").await;
    browser.tab_to("P1-Crítico").await;
    browser.press(" ").await;
    browser.press("\u{E015}").await;
    browser.tab_to("Tema").await;
    browser.press("Todo con el teclado").await;
    browser.tab_to("Mensaje").await;
    browser.press("Sin ratón.").await;
    browser.tab_to("Anexos").await;
    browser.tab_to("Crear ticket").await;
    browser.press(ENTER).await;
    browser.at_code_window().await;
    let code = stage.post.code(ANA.email).await;
    browser.tab_to("Código de verificación").await;
    browser.press(&code).await;
    browser.press(ENTER).await;
    let ticket = browser.created().await;
    let row = "category = 'sophos-perimetro' AND priority = 'p2' AND request_type = 'request'";
    assert_eq!(
        stage.count("tickets", &format!("code = '{ticket}' AND {row}")),
        1,
        "the keyboard chose something else"
    );

    // A window: the focus goes in, stays in, and comes back.
    let solved = Form::of(SILVIA.email, "Otra");
    let silvia = stage.browser("silvia").await;
    silvia.create_ticket(&stage.post, &solved).await;
    silvia.open(&format!("/{DESK}/tickets")).await;
    silvia
        .click(LinkWith("Bloqueo del puerto de la impresora fiscal"))
        .await;
    silvia.find(Heading("¿Quedó resuelto?")).await;
    silvia.tab_to("Rechazar solución").await;
    silvia.press(ENTER).await;
    silvia.find(Field("Motivo")).await;
    silvia.tab_to("Motivo").await;
    silvia.press("Aún no funciona").await;
    stays_inside(&silvia).await;
    silvia.press(ESCAPE).await;
    silvia.gone(Field("Motivo")).await;
    silvia.focused("Rechazar solución").await;
    silvia.press(ENTER).await;
    // What was typed is still there.
    silvia.holds("Motivo", "Aún no funciona").await;
    silvia.press(ESCAPE).await;

    // The console: sign in, list, ticket, window, menu.
    browser.open("/console/").await;
    browser.find(Heading("Iniciar sesión")).await;
    browser.focused("Correo").await;
    browser.press(JULIAN.email).await;
    browser.press(TAB).await;
    browser.press(e2e::people::PASSWORD).await;
    browser.press(ENTER).await;
    browser.find(Button(JULIAN.name)).await;
    browser.reload().await;
    browser.find(Button(JULIAN.name)).await;
    browser.press(TAB).await;
    browser.focused("Ir al contenido").await;
    browser.press("ga").await;
    browser.find(Heading("Todos")).await;
    browser
        .find(LinkWith("Cambio de responsable de la consola"))
        .await;
    browser.press("j").await;
    browser.press("j").await;
    browser.press(ENTER).await;
    browser.at("/console/tickets/INF-").await;
    browser.find(Button("Asignar")).await;
    browser.tab_to("Asignar").await;
    browser.press(ENTER).await;
    browser.find(Field("Agente")).await;
    stays_inside(&browser).await;
    browser.press(ESCAPE).await;
    browser.gone(Field("Agente")).await;
    browser.focused("Asignar").await;
    browser.press("?").await;
    browser.find(Heading("Atajos de teclado")).await;
    browser.press(ESCAPE).await;
    browser.gone(Heading("Atajos de teclado")).await;
    browser.tab_to(JULIAN.name).await;
    browser.press(ENTER).await;
    browser.focused("Preferencias").await;
    browser.press(ESCAPE).await;
    browser.focused(JULIAN.name).await;
}

/// Fails if Tab leaves the open window for the page under it.
async fn stays_inside(browser: &Browser) {
    for _ in 0..15 {
        browser.press(TAB).await;
        let outside = "const one = document.activeElement; return one !== document.body && !one.closest('dialog[open]');";
        let left = browser.script(outside, vec![]).await;
        assert_eq!(
            left,
            false,
            "the focus left the window for {:?}",
            browser.focus().await
        );
    }
}
