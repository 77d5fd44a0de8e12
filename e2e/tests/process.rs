//! A desk with a longer process: extra data, a matrix, reasons for each state, suspension with a day of contact, and a case
//! that cannot be ended before three attempts.

use std::rc::Rc;

use e2e::browser::Browser;
use e2e::database::Engine;
use e2e::people::{ANA, Person};
use e2e::seek::Target::{Button, Fact, Field, Heading, Link, Tick};
use e2e::shots::Inspector;
use e2e::stage::{Stage, play};

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
    browser.find(Link("Nuevo ticket")).await;
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
    for link in ["Nuevo ticket", "Personas", "Aprobadores"] {
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
    browser.click(Button("Crear ticket")).await;
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
    browser.click(Button("Crear ticket")).await;
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
