//! A desk with a longer process: extra data, a matrix, reasons for each state, suspension with a day of contact, and a case
//! that cannot be ended before three attempts.

use std::rc::Rc;

use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::hands::Hand;
use e2e::people::{ADMIN, ANA, FELIPE, GLORIA, PASSWORD, Person};
use e2e::seek::Target::{Button, Fact, Field, Heading, Link, LinkWith, Tick};
use e2e::shots::Inspector;
use e2e::stage::{Stage, play};
use serde_json::json;

/// Level 1 of the desk.
const PILAR: Person = Person {
    email: "pilar.gomez@example.org",
    name: "Pilar Gómez",
};

/// Works for the vendor.
const ROSA: Person = Person {
    email: "rosa.leal@example.org",
    name: "Rosa Leal",
};

#[test]
fn a_case_goes_through_its_process() {
    play("process", Engine::Sqlite, process);
}

async fn process(stage: Rc<Stage>) {
    let browser = stage.browser("pilar").await;
    let inspect = Inspector::new(&browser, "process");
    browser.sign_in(PILAR).await;
    browser.find(Link("Nuevo caso")).await;
    record(&browser, &inspect).await;

    // Attention begins with a reason of the desk's list.
    browser.click(Button("Iniciar atención")).await;
    browser.find(Field("Motivo")).await;
    browser.click(Button("Iniciar atención")).await;
    browser.see("Elija el motivo.").await;
    inspect.look("start").await;
    let reason = "const one = document.querySelector('dialog[open] #reason'); one.selectedIndex = 1; one.dispatchEvent(new Event('change', { bubbles: true }));";
    browser.script(reason, vec![]).await;
    browser.click(Button("Iniciar atención")).await;
    browser.see("Cambio guardado").await;
    browser.see("En proceso").await;

    suspend(&browser, &inspect).await;
    wait_for_attempts(&browser, &inspect).await;

    inspect.finish();

    // the vendor's people work on what is theirs; there is nothing to record or to keep.
    let vendor = stage.browser("rosa").await;
    let inspect = Inspector::new(&vendor, "process-vendor");
    vendor.sign_in(ROSA).await;
    for link in ["Nuevo caso", "Personas", "Aprobadores"] {
        assert!(
            !vendor.has(Link(link)).await,
            "{link:?} is offered to a vendor"
        );
    }
    inspect.look("queue").await;
    inspect.finish();
}

/// Records a case whose category asks for extra data.
async fn record(browser: &Browser, inspect: &Inspector<'_>) {
    browser.open("/console/tickets/new").await;
    browser.fill("Solicitante", "ana").await;
    browser.click(Button(ANA.name)).await;
    browser.fill("Categoría", "sin conexion").await;
    inspect.look("catalogue").await;
    browser.press("\u{E007}").await;
    browser
        .see("Infraestructura › Conectividad › Sin conexión")
        .await;
    browser.click(Button("Crear caso")).await;
    browser.see("Este dato es obligatorio.").await;
    browser.fill("Sede", "Centro").await;
    browser.fill("Área", "Atención").await;
    browser.select("Impacto", "Medio").await;
    browser.select("Urgencia", "Alta").await;
    browser.see("ALTO").await;
    browser.fill("Asunto", "Sin red en el segundo piso").await;
    browser
        .fill("Descripción", "Ningún equipo navega desde las 9.")
        .await;
    inspect.look("new-ticket").await;
    browser.click(Button("Crear caso")).await;
    browser.find(Heading("Sin red en el segundo piso")).await;
    browser.find(Fact("Sede")).await;
    // where nothing was promised, that is what it says.
    browser.see("Sin tiempo comprometido.").await;
    inspect.look("ticket").await;
}

/// Puts the case on hold until a day, with the note that the product prepares.
async fn suspend(browser: &Browser, inspect: &Inspector<'_>) {
    browser.click(Button("Pasar a Suspendido")).await;
    browser.select("Motivo", "Usuario no disponible").await;
    let note =
        "SUSP: usuario no se encuentra disponible en el momento, se contacta nuevamente el día";
    browser
        .holds("Justificación", &format!("{note} dd/mm/aa"))
        .await;
    let day = "const one = document.querySelector('#next_contact'); const day = new Date(Date.now() + 3 * 864e5); one.value = day.toISOString().slice(0, 10); one.dispatchEvent(new Event('input', { bubbles: true }));";
    browser.script(day, vec![]).await;
    inspect.look("suspend").await;
    browser.click(Button("Pasar a Suspendido")).await;
    browser.see("Cambio guardado").await;
    browser.see("Próximo contacto:").await;
    // the justification stands in the section of the solution, with its reason.
    browser.find(Heading("Solución")).await;
    browser.see("Suspendido: Usuario no disponible").await;
    inspect.look("suspended").await;
}

/// Ending for lack of an answer says what is missing and leads there.
async fn wait_for_attempts(browser: &Browser, inspect: &Inspector<'_>) {
    browser.click(Button("Más acciones")).await;
    inspect.look("more-actions").await;
    browser.click(Button("Pasar a No gestionado")).await;
    browser.see("Faltan 3 intentos de contacto").await;
    inspect.look("blocked").await;
    browser.click(Button("Ver los intentos")).await;
    browser.find(Heading("Contacto con el solicitante")).await;
    browser.see("0 de 3 intentos").await;
    browser.click(Button("Correo de seguimiento")).await;
    browser.find(Field("Texto del correo")).await;
    inspect.look("follow-up").await;
    // Whether it may leave today depends on the calendar; the attempt by telephone never does.
    browser.press("\u{E00C}").await;
    browser.gone(Field("Texto del correo")).await;
    browser.click(Button("Registrar intento")).await;
    browser.tick(Tick("Sin respuesta")).await;
    inspect.look("attempt").await;
    browser.click(Button("Guardar")).await;
    browser.see("Intento registrado").await;
    inspect.look("panel").await;
}

///
#[test]
fn approvals_are_decided_from_the_mails_link_and_approvers_are_appointed() {
    play("approvals", Engine::Sqlite, approvals);
}

async fn approvals(stage: Rc<Stage>) {
    let felipe = Hand::of(&stage, FELIPE).await;
    let waiting = felipe.get("/approvals").await;
    let code = waiting["items"][0]["code"]
        .as_str()
        .expect("the sample has something to approve")
        .to_owned();
    let subject = waiting["items"][0]["subject"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    decide_from_the_mail(&stage, &code, &subject).await;
    appoint(&stage).await;
    stage.server.run(&["audit", "verify"]);
}

/// The link of a mail goes on after signing in, opens its decision, and says afterwards that it was given.
async fn decide_from_the_mail(stage: &Stage, code: &str, subject: &str) {
    let browser = stage.browser("felipe").await;
    let inspect = Inspector::new(&browser, "approvals");
    let link = format!("/console/approvals?code={code}");
    browser.open(&link).await;
    browser.fill("Correo", FELIPE.email).await;
    browser.fill("Contraseña", PASSWORD).await;
    browser.click(Button("Iniciar sesión")).await;
    browser
        .find(Heading(&format!("Decidir la aprobación · {code}")))
        .await;
    inspect.look("decision").await;
    // The list is behind it, and its address can be read again.
    browser.press("\u{E00C}").await;
    browser.find(LinkWith(code)).await;
    assert_eq!(browser.path().await, "/console/approvals");
    browser.see(subject).await;
    inspect.look("inbox").await;

    browser.click(Button(&format!("Decidir {code}"))).await;
    browser.tick(Tick("Negar")).await;
    browser.click(Button("Enviar decisión")).await;
    browser.see("Revise estos datos").await;
    inspect.look("decision-incomplete").await;
    browser.tick(Tick("Aprobar")).await;
    browser
        .fill("Comentario", "De acuerdo, con el disco de la oficina.")
        .await;
    browser.click(Button("Enviar decisión")).await;
    browser.see("Decisión guardada").await;
    browser.see("Nada espera su decisión").await;

    browser.open(&link).await;
    browser.see("Esta aprobación ya se decidió el").await;
    inspect.look("late").await;
    browser.open("/console/approvals?code=TI-99999").await;
    browser
        .see("TI-99999 no espera ninguna decisión suya.")
        .await;
    inspect.finish();
}

/// A list is kept while somebody else saves another one, and who changed it is told.
async fn appoint(stage: &Stage) {
    let coordinator = stage.browser("gloria").await;
    coordinator.sign_in(GLORIA).await;
    assert!(
        !coordinator.has(Link("Aprobadores")).await,
        "a coordinator is offered to appoint approvers"
    );
    coordinator.open("/console/approvers").await;
    coordinator
        .see("Solo quien administra la mesa nombra aprobadores")
        .await;

    let browser = stage.browser("admin").await;
    let inspect = Inspector::new(&browser, "approvers");
    browser.sign_in(ADMIN).await;
    browser
        .select("Elegir mesa", "Soporte a Servicios TI")
        .await;
    browser.open_view("Aprobadores").await;
    browser.find(Heading("Oficina de riesgos")).await;
    browser.see("Oficina de riesgos: de nadie a").await;
    inspect.look("list").await;
    browser.click(Button("Quitar a Silvia Pardo")).await;
    browser.see("Hay cambios sin guardar.").await;

    let other = Hand::of(stage, ADMIN).await;
    let list = "/desks/icetex/approvers";
    let seen = other.get(list).await["version"].clone();
    let holders = json!({ "holders": [{ "email": ANA.email, "deputy": false }] });
    other
        .put(&format!("{list}/oficina_riesgos"), &seen, holders)
        .await;

    browser.click(Button("Guardar este rol")).await;
    browser
        .see("Alguien cambió los aprobadores mientras tanto.")
        .await;
    browser.see("Hay cambios sin guardar.").await;
    inspect.look("conflict").await;
    browser.click(Button("Guardar este rol")).await;
    browser.see("Aprobadores guardados").await;
    browser.gone(Button("Guardar este rol")).await;
    browser.see("de Ana María Rojas a Óscar Tovar").await;
    inspect.look("saved").await;

    // Who is shut out of the portal stays on the list, marked.
    let found = other.get("/people?desk=icetex&q=oscar.tovar").await;
    let person = &found["items"][0];
    assert_eq!(person["full_name"], "Óscar Tovar");
    let path = format!("/people/{}", person["id"]);
    let shut_out = json!({ "active": false });
    other.patch(&path, &person["version"], shut_out).await;
    browser.open("/console/approvers").await;
    browser
        .see("Sin acceso al portal: por ahora no decide.")
        .await;
    inspect.look("shut-out").await;
    inspect.finish();
    let kept = other.get(list).await;
    let names: Vec<_> = kept["items"][0]["holders"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| one["full_name"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        names,
        ["Óscar Tovar", "Tomás Vera"],
        "what was typed is kept"
    );
}
