//! What people count on without a thought: what they typed is there after a reload and gone once it was sent, what did not
//! come can be asked for again, and what others did appears by itself.

use std::rc::Rc;

use e2e::browser::{Browser, DESKTOP, PHONE};
use e2e::database::Engine;
use e2e::desks::ICETEX;
use e2e::people::{ANA, DESK, DIEGO, JULIAN, LAURA, OSCAR, SILVIA};
use e2e::seek::Target::{Button, Choice, Field, Heading, Link, LinkWith, Text, Tick};
use e2e::stage::{Stage, play};
use e2e::until;
use serde_json::json;

/// A ticket of the sample with a solution that its requester, Silvia, has to answer.
const SOLVED: &str = "Bloqueo del puerto de la impresora fiscal";
/// A request of the sample that waits for Óscar's approval.
const TO_APPROVE: &str = "Licencia de ofimática para la persona nueva de contratación";
/// Two tickets of the sample that have a word in common, and one without it.
const CONSOLE: &str = "La consola de antivirus no abre desde esta mañana";
const OWNER: &str = "Cambio de responsable de la consola";
const OTHER: &str = "Tres equipos no reciben firmas nuevas";

/// Where the console asks for tickets and counts.
const TICKETS: &str = "*/api/v1/tickets*";

#[test]
fn answers_outlive_a_reload_until_they_are_sent_and_stay_at_their_desk() {
    play("kept-answers", Engine::Sqlite, answers);
}

async fn answers(stage: Rc<Stage>) {
    let code = code_of(&stage, SOLVED);
    let to_approve = code_of(&stage, TO_APPROVE);
    let silvia = stage.browser("requester").await;
    silvia.look_up(&stage.post, &code, SILVIA).await;
    requester_comes_back_to_a_ticket(&silvia, &code).await;
    requester_rejects(&silvia, &code).await;
    agent_solves_again(&stage, &code).await;
    requester_rates(&silvia, &code).await;
    nobody_is_known_at_another_desk(&silvia, &to_approve).await;
    approver_refuses(&stage, &to_approve).await;
}

async fn requester_comes_back_to_a_ticket(silvia: &Browser, code: &str) {
    silvia.open_from_list(code).await;
    silvia.find(Heading(SOLVED)).await;
    silvia.click(Link("Mis tickets")).await;
    silvia.find(Heading("Mis tickets")).await;
    silvia.click(LinkWith(code)).await;
    silvia.find(Heading(SOLVED)).await;
    silvia.find(Heading("¿Quedó resuelto?")).await;
}

async fn requester_rejects(silvia: &Browser, code: &str) {
    let why = "En la caja 3 sigue bloqueado.";
    silvia.click(Button("Rechazar solución")).await;
    silvia.fill("Motivo", why).await;
    silvia.holds("Motivo", why).await;
    silvia.reload().await;
    silvia.click(Button("Rechazar solución")).await;
    silvia.holds("Motivo", why).await;
    assert_ne!(kept_for(silvia, code).await, "", "nothing is kept");
    silvia.click(Button("Rechazar solución")).await;
    silvia
        .see("Rechazó la solución. El ticket se reabrió.")
        .await;
    nothing_is_kept_for(silvia, code).await;
}

async fn agent_solves_again(stage: &Stage, code: &str) {
    let laura = stage.browser("agent").await;
    laura.sign_in(LAURA).await;
    laura.open_ticket(code, SOLVED).await;
    laura.solve("Se agregó la caja 3 a la política.").await;
}

async fn requester_rates(silvia: &Browser, code: &str) {
    let (comment, stars) = ("Muy atentos.", Tick("4 de 5 estrellas: Buena"));
    silvia.reload().await;
    silvia.see("Se agregó la caja 3 a la política.").await;
    // The former reason is not offered for the new solution.
    silvia.click(Button("Rechazar solución")).await;
    silvia.holds("Motivo", "").await;
    silvia.press("\u{E00C}").await;
    silvia.no_window().await;
    silvia.click(Button("Aceptar solución")).await;
    silvia.find(Heading("Califique el servicio")).await;
    silvia.tick(stars).await;
    silvia.fill("Comentario", comment).await;
    silvia.holds("Comentario", comment).await;
    silvia.reload().await;
    silvia.find(Heading("Califique el servicio")).await;
    silvia.holds("Comentario", comment).await;
    assert!(silvia.is_ticked(stars).await, "the stars are lost");
    assert_ne!(kept_for(silvia, code).await, "", "nothing is kept");
    silvia.click(Button("Enviar calificación")).await;
    silvia.find(Heading("Gracias por su calificación")).await;
    nothing_is_kept_for(silvia, code).await;
    silvia.click(Link("Ver el ticket")).await;
    silvia.see(comment).await;
}

/// A session is of one desk: at another one its owner is asked to prove the address there.
async fn nobody_is_known_at_another_desk(silvia: &Browser, code_there: &str) {
    let ticket = format!("tickets/{code_there}");
    let title = format!("Ver la solicitud {code_there}");
    let pages = [
        ("tickets", "Ver mi lista de solicitudes"),
        ("my", "Ver mi lista de solicitudes"),
        ("approvals", "Ver lo que espera su aprobación"),
        (ticket.as_str(), title.as_str()),
    ];
    for (page, title) in pages {
        silvia.open(&format!("/{}/{page}", ICETEX.slug)).await;
        silvia.find(Heading(title)).await;
        silvia.holds("Correo", "").await;
        silvia.never(SILVIA.email).await;
        silvia.never(SOLVED).await;
    }
    // Nor did that end it.
    silvia.open(&format!("/{DESK}/tickets")).await;
    silvia.see_all(&[SILVIA.email, SOLVED]).await;
}

async fn approver_refuses(stage: &Stage, code: &str) {
    let question = "¿Da su visto bueno?";
    let why = "La licencia no está en el plan.";
    let oscar = stage.browser("approver").await;
    oscar
        .prove_for(ICETEX, &stage.post, OSCAR, &format!("approvals/{code}"))
        .await;
    oscar.find(Heading(TO_APPROVE)).await;
    oscar.choose(question, "No apruebo").await;
    oscar.fill("Motivo o comentario", why).await;
    oscar.holds("Motivo o comentario", why).await;
    oscar.reload().await;
    oscar.find(Heading(TO_APPROVE)).await;
    oscar.holds("Motivo o comentario", why).await;
    // Words are kept; what one decides is said anew.
    for choice in ["Apruebo", "No apruebo"] {
        assert!(
            !oscar.is_ticked(Choice(question, choice)).await,
            "{choice:?} was chosen for the approver"
        );
    }
    assert_ne!(kept_for(&oscar, code).await, "", "nothing is kept");
    oscar.choose(question, "No apruebo").await;
    oscar.click(Button("Enviar decisión")).await;
    oscar.see("Su decisión quedó registrada.").await;
    nothing_is_kept_for(&oscar, code).await;
}

#[test]
fn the_console_keeps_what_is_typed_and_asks_again_for_what_did_not_come() {
    play("kept-console", Engine::Sqlite, console);
}

async fn console(stage: Rc<Stage>) {
    let julian = stage.browser("coordinator").await;
    profile_is_asked_for_again(&julian).await;
    form_outlives_a_reload(&stage, &julian).await;
    agents_are_asked_for_again(&julian).await;
    list_comes_although_nothing_changed(&julian).await;
    search_fields_keep_their_blanks(&julian).await;
    requests_for_access_come_by_themselves(&stage, &julian).await;
}

/// Signs in while the profile of the desk does not come, and leaves the form of a new ticket open.
async fn profile_is_asked_for_again(julian: &Browser) {
    julian.open("/console/").await;
    julian.cut_off(&["*/api/v1/desks/infortec*", TICKETS]).await;
    julian.sign_in(JULIAN).await;
    julian.open("/console/tickets/new").await;
    julian.see("No se pudo cargar").await;
    // Without tickets and counts no news come, which would bring the profile along.
    julian.cut_off(&[TICKETS]).await;
    julian.click(Button("Reintentar")).await;
    julian.find(Field("Solicitante")).await;
    julian.cut_off(&[]).await;
}

async fn form_outlives_a_reload(stage: &Stage, julian: &Browser) {
    let subject = "Pide activar la licencia de su portátil";
    let note = stage.file("nota.txt", b"CT-114\n");
    let severity = Choice("Gravedad", "P3-Medio");
    julian.fill("Solicitante", "ana").await;
    julian.click(Button(ANA.name)).await;
    julian.select("Canal", "Correo").await;
    julian.choose("Tipo", "Incidencia").await;
    julian.fill("Grupo de ticket", "eset").await;
    julian.press("\u{E007}").await;
    julian.find(Text("Eset")).await;
    julian.tick(severity).await;
    julian.fill("Asunto", subject).await;
    julian.attach_to("Archivos (opcional)", &[&note]).await;
    julian.reload().await;
    julian.see(ANA.email).await;
    julian.find(Text("Eset")).await;
    julian.holds("Asunto", subject).await;
    julian.find(Button("Quitar nota.txt")).await;
    assert_eq!(julian.selected("Canal").await, "Correo");
    assert!(julian.is_ticked(Choice("Tipo", "Incidencia")).await);
    assert!(julian.is_ticked(severity).await);

    julian
        .fill("Descripción", "Llegó ayer y no se activa.")
        .await;
    julian.click(Button("Crear ticket")).await;
    julian.find(Heading(subject)).await;
    julian.see("nota.txt").await;
    // What became a ticket is typed no more.
    julian.open("/console/tickets/new").await;
    julian.find(Field("Solicitante")).await;
    julian.find(Field("Grupo de ticket")).await;
    julian.holds("Asunto", "").await;
    julian.holds("Descripción", "").await;
    assert_eq!(julian.selected("Canal").await, "Teléfono");
    assert!(!julian.is_ticked(severity).await);
    assert!(!julian.has(Button("Quitar nota.txt")).await);
}

async fn agents_are_asked_for_again(julian: &Browser) {
    let agents = ["*/api/v1/desks/infortec/agents*"];
    let not_loaded = Text("No se pudo cargar la lista de agentes");
    // In the window that gives a ticket to somebody.
    julian.open_view("Todos").await;
    julian.click(LinkWith(CONSOLE)).await;
    julian.find(Heading(CONSOLE)).await;
    julian.cut_off(&agents).await;
    julian.click(Button("Asignar")).await;
    julian.find(not_loaded).await;
    julian.cut_off(&[]).await;
    julian.click(Button("Reintentar")).await;
    julian.gone(not_loaded).await;
    julian.select("Agente", LAURA.name).await;
    julian.press("\u{E00C}").await;
    julian.no_window().await;

    // Among the filters of the list, which ask once more when they are opened again.
    let offered = "return [...document.querySelectorAll('#filters option')].some(one => one.textContent === arguments[0]);";
    julian.open_view("Todos").await;
    julian.cut_off(&agents).await;
    julian.click(Button("Filtros")).await;
    // The names that were cut off would stand among these.
    until("the filters are open", async || {
        let open = "const filters = document.querySelector('#filters'); return filters !== null && !filters.hidden;";
        if julian.script(open, vec![]).await == json!(true) {
            return Ok(());
        }
        Err("they are not".to_owned())
    })
    .await;
    let names = julian.script(offered, vec![json!(LAURA.name)]).await;
    assert_eq!(names, json!(false), "the names came all the same");
    julian.cut_off(&[]).await;
    until("the agents among the filters", async || {
        if julian.script(offered, vec![json!(LAURA.name)]).await == json!(true) {
            return Ok(());
        }
        julian.click(Button("Filtros")).await;
        Err("their names have not come".to_owned())
    })
    .await;
}

/// An answer that nothing changed is no answer for a list that shows nothing.
async fn list_comes_although_nothing_changed(julian: &Browser) {
    julian.open_view("Todos").await;
    julian.find(LinkWith(OWNER)).await;
    // After a failure.
    julian.cut_off(&[TICKETS]).await;
    julian.open_view("Mis tickets").await;
    julian.see("No se pudo cargar").await;
    julian.open_view("Todos").await;
    julian.see("No se pudo cargar").await;
    julian.cut_off(&[]).await;
    julian.come_back().await;
    julian.find(LinkWith(OWNER)).await;
    // While the list is still awaited: whoever comes back to the window asks for news, which overtakes it.
    julian.slow_down(1000).await;
    julian.click(Link("Mis tickets")).await;
    julian.gone(LinkWith(OWNER)).await;
    julian.click(Link("Todos")).await;
    julian.come_back().await;
    julian.find(LinkWith(OWNER)).await;
    julian.slow_down(0).await;
    // After a ticket that took the place of the list.
    julian.resize(PHONE).await;
    for _ in 0..2 {
        julian.click(LinkWith(OWNER)).await;
        julian.find(Heading(OWNER)).await;
        julian.back().await;
        julian.find(LinkWith(OWNER)).await;
    }
    julian.resize(DESKTOP).await;
}

async fn search_fields_keep_their_blanks(julian: &Browser) {
    let tickets = "Buscar por código o asunto";
    julian.open_view("Todos").await;
    julian.find(LinkWith(OTHER)).await;
    julian.fill(tickets, "consola ").await;
    // The list was asked for; another word follows.
    julian.gone(LinkWith(OTHER)).await;
    julian.find(LinkWith(OWNER)).await;
    julian.holds(tickets, "consola ").await;
    julian.press("de antivirus").await;
    julian.gone(LinkWith(OWNER)).await;
    julian.find(LinkWith(CONSOLE)).await;
    julian.holds(tickets, "consola de antivirus").await;

    let people = "Buscar personas";
    julian.open_view("Personas").await;
    julian.find(Button(DIEGO.name)).await;
    julian.fill(people, "ana maría ").await;
    julian.gone(Button(DIEGO.name)).await;
    julian.find(Button(ANA.name)).await;
    julian.holds(people, "ana maría ").await;
    julian.press("rojas").await;
    julian.holds(people, "ana maría rojas").await;
    julian.find(Button(ANA.name)).await;
}

async fn requests_for_access_come_by_themselves(stage: &Stage, julian: &Browser) {
    let name = "Nadia Quintero";
    julian.open_view("Solicitudes de acceso").await;
    julian.see("No hay solicitudes aquí").await;
    let stranger = stage.browser("stranger").await;
    stranger.open(&format!("/{DESK}/access")).await;
    stranger
        .ask_for_access(name, "nadia.quintero@example.org")
        .await;
    julian.come_back().await;
    julian.find(Button(name)).await;
}

/// The code of a ticket of the sample.
fn code_of(stage: &Stage, subject: &str) -> String {
    stage.server.database.ask(&format!(
        "SELECT code FROM tickets WHERE subject = '{subject}'"
    ))
}

/// Under which names the browser keeps something of a ticket.
async fn kept_for(browser: &Browser, code: &str) -> String {
    let names =
        "return Object.keys(localStorage).filter(name => name.includes(arguments[0])).join();";
    let names = browser.script(names, vec![json!(code)]).await;
    names.as_str().unwrap_or_default().to_owned()
}

/// Waits until the browser keeps nothing of a ticket.
async fn nothing_is_kept_for(browser: &Browser, code: &str) {
    let what = format!("{}: nothing kept of {code}", browser.who);
    until(&what, async || match kept_for(browser, code).await {
        names if names.is_empty() => Ok(()),
        names => Err(names),
    })
    .await;
}
