//! A request by the procedure of ICETEX: incomplete, completed, approved, escalated, its cost looked into, solved, not
//! accepted, solved again and closed by silence; and the ends without solution. Requester and approvers use the portal, the
//! desk uses the console, each at a computer of their own.

use std::rc::Rc;

use chrono::TimeDelta;
use e2e::browser::Browser;
use e2e::console::{Pick, Seat, Told};
use e2e::database::Engine;
use e2e::desks::{ICETEX as DESK, quiet_tuesday};
use e2e::hands::Hand;
use e2e::people::{ADMIN, ANA, DIEGO, FELIPE, GLORIA, NORA, OSCAR, Person, TOMAS};
use e2e::seek::Target::{Answer, Button, Choice, Fact, Field, Heading, Tick};
use e2e::stage::{Stage, play};
use serde_json::json;

const SATISFIED: &str = "¿Está satisfecho con la solución de su solicitud?";

#[test]
fn a_request_goes_from_incomplete_to_closed_by_silence_on_sqlite() {
    play("icetex-sqlite", Engine::Sqlite, journey);
}

#[test]
fn a_request_goes_from_incomplete_to_closed_by_silence_on_postgresql() {
    play("icetex-postgresql", Engine::Postgres, journey);
}

struct Team {
    nora: Seat,
    felipe: Seat,
    gloria: Seat,
}

async fn journey(stage: Rc<Stage>) {
    stage.server.let_it_be(quiet_tuesday(stage.server.now()));
    let team = Team {
        nora: Seat::of(&stage, NORA).await,
        felipe: Seat::of(&stage, FELIPE).await,
        gloria: Seat::of(&stage, GLORIA).await,
    };
    appoint_approvers(&stage).await;
    let ana = stage.browser("requester").await;
    let code = requester_asks_without_the_managers_mail(&stage, &ana).await;
    desk_asks_for_it(&stage, &team.nora, &code).await;
    requester_completes(&stage, &ana, &code).await;
    desk_asks_for_approval(&team.nora, &code).await;
    approver_decides(&stage, &code, OSCAR).await;
    approver_decides(&stage, &code, TOMAS).await;
    level_1_escalates(&stage, &team.nora, &code).await;
    level_2_looks_into_the_cost(&stage, &team, &code).await;
    requester_is_not_satisfied(&stage, &ana, &team.felipe, &code).await;
    silence_closes(&stage, &team.nora, &code).await;
    the_cost_is_necessary(&stage, &team).await;
    there_is_no_solution(&team.nora).await;
    nobody_answers_three_times(&stage, &team.nora).await;
    an_approver_refuses(&stage, &team.nora).await;
    stage.server.run(&["audit", "verify"]);
}

async fn appoint_approvers(stage: &Stage) {
    let admin = Hand::of(stage, ADMIN).await;
    for (role, who) in [
        ("oficina_riesgos", OSCAR),
        ("coordinacion_infraestructura", TOMAS),
    ] {
        let holders = json!({ "holders": [{ "email": who.email, "deputy": false }] });
        let list = "/desks/icetex/approvers";
        let seen = admin.get(list).await["version"].clone();
        admin.put(&format!("{list}/{role}"), &seen, holders).await;
    }
}

async fn requester_asks_without_the_managers_mail(stage: &Stage, ana: &Browser) -> String {
    ana.open("/").await;
    ana.find(Heading("¿Con qué mesa necesita hablar?")).await;
    ana.open_form_of(DESK, ANA).await;
    ana.search_category(
        "instalacion APLICATIVO",
        "Req. Solicitud Instalación Aplicativo",
    )
    .await;
    ana.see("Se registra como: Petición").await;
    // whoever asks sees from the kind whether the manager must approve.
    ana.see("Necesita la autorización de su jefe").await;
    // The desk prioritises, so requesters are not asked.
    assert!(
        !ana.has(Field("Prioridad")).await,
        "who asks chooses no priority here"
    );
    ana.fill("Tema", "Instalar el programa de firma digital")
        .await;
    ana.fill("Mensaje", "Lo necesitan tres personas de jurídica.")
        .await;
    ana.click(Button("Crear solicitud")).await;
    // Not without a file; whether it is the right one, the desk sees.
    ana.see("Adjunte el correo en que su jefe la aprueba.")
        .await;
    let file = stage.file("borrador.txt", b"Mi pedido.");
    ana.attach_to("Anexos", &[&file]).await;
    let words = (
        "Instalar el programa de firma digital",
        "Lo necesitan tres personas de jurídica.",
    );
    let code = ana.send_to(DESK, &stage.post, ANA, words).await;
    assert!(code.starts_with("TI-"), "{code}");
    code
}

const COMPLETE: &str = "¿La información y los soportes de la solicitud están completos?";
const COSTS: &str = "¿La solución implica análisis de costos (compra de hardware o software)?";
const VALIDATED: &str = "¿La solución se validó con el usuario?";

async fn desk_asks_for_it(stage: &Stage, nora: &Seat, code: &str) {
    nora.from_list("Sin asignar", code, "Instalar el programa de firma digital")
        .await;
    nora.stands("Registrado").await;
    // the file is not the manager's mail, so it is incomplete.
    nora.begin("Tomar").await;
    nora.answer(COMPLETE, "No").await;
    nora.see("Con esta respuesta todavía no se puede.").await;
    nora.see("Falta la aprobación que pide la categoría.").await;
    nora.leave().await;
    // whoever asks tried to reach the person first.
    nora.begin("Pasar a Suspendido").await;
    nora.see("Primero intente contactar al solicitante").await;
    nora.click(Button("Registrar el intento")).await;
    nora.attempt("Correo", "Sin respuesta").await;
    nora.begin("Pasar a Suspendido").await;
    nora.find(Field("Justificación")).await;
    nora.click(Button("Pasar a Suspendido")).await;
    nora.see("Escriba la justificación.").await;
    nora.fill(
        "Justificación",
        "Falta el correo en que su jefe aprueba la instalación.",
    )
    .await;
    nora.finish("Pasar a Suspendido").await;
    nora.stands("Suspendido").await;
    nora.see("Información incompleta").await;
    stage
        .post
        .take(ANA.email, "Falta el correo en que su jefe")
        .await
        .says(&[code]);
}

async fn requester_completes(stage: &Stage, ana: &Browser, code: &str) {
    ana.open(&format!("/icetex/tickets/{code}")).await;
    ana.find(Heading("Falta información")).await;
    ana.see("Falta el correo en que su jefe aprueba la instalación.")
        .await;
    ana.click(Button("Completar la información")).await;
    ana.fill("Mensaje", "Adjunto la aprobación de mi jefe.")
        .await;
    let file = stage.file("aprobacion.txt", b"Apruebo la instalacion.");
    ana.attach_and_wait(&[&file]).await;
    ana.click(Button("Enviar mensaje")).await;
    ana.see("Información enviada").await;
    //
    ana.find(Fact("Estado")).await;
    ana.see("Registrado").await;
}

async fn desk_asks_for_approval(nora: &Seat, code: &str) {
    nora.at_ticket(code).await;
    nora.stands("Registrado").await;
    nora.begin("Cambiar prioridad").await;
    nora.select("Impacto", "Medio").await;
    nora.select("Urgencia", "Media").await;
    nora.fill("Motivo", "Afecta a un área.").await;
    nora.finish("Cambiar").await;
    nora.see("Prioridad cambiada").await;
    // what was incomplete is asked anew; no work begins before the approval that the category demands.
    nora.begin("Tomar").await;
    nora.answer(COMPLETE, "Sí").await;
    nora.gone(Answer(COMPLETE, "Sí")).await;
    nora.see("Falta la aprobación que pide la categoría.").await;
    nora.click(Button("Ver las aprobaciones")).await;
    nora.see("primero adjunte el visto bueno del jefe").await;
    nora.begin("Pedir aprobación").await;
    nora.find(Tick("aprobacion.txt")).await;
    nora.click(Button("Pedir aprobación")).await;
    nora.see("Adjunte el archivo que lo prueba.").await;
    // the file that came last is the manager's mail.
    nora.tick(Tick("aprobacion.txt")).await;
    nora.finish("Pedir aprobación").await;
    nora.stands("En aprobación").await;
}

/// The page that the mail to an approver leads to.
async fn asked(stage: &Stage, code: &str, who: Person) -> Browser {
    // each office is asked, and decides for itself.
    let mail = stage.post.take(who.email, code).await;
    let link = mail.link("/approvals/");
    let page = link
        .split_once("/icetex/")
        .map(|(_, page)| page.to_owned())
        .unwrap_or_else(|| panic!("{link:?} leads to another desk"));
    let browser = stage.browser(who.name).await;
    browser.prove_for(DESK, &stage.post, who, &page).await;
    browser
}

async fn approver_decides(stage: &Stage, code: &str, who: Person) {
    let browser = asked(stage, code, who).await;
    browser
        .find(Heading("Instalar el programa de firma digital"))
        .await;
    browser.see("aprobacion.txt").await;
    browser.choose("¿Da su visto bueno?", "Apruebo").await;
    browser.click(Button("Enviar decisión")).await;
    browser.see("Su decisión quedó registrada.").await;
    browser.find(Heading("Por aprobar")).await;
}

async fn level_1_escalates(stage: &Stage, nora: &Seat, code: &str) {
    nora.at_ticket(code).await;
    nora.stands("En proceso").await;
    nora.take().await;
    escalate(nora).await;
    stage.post.take(FELIPE.email, code).await;
}

/// From the ticket on the screen to a professional of level 2.
async fn escalate(nora: &Seat) {
    nora.begin("Escalar").await;
    nora.find(Field("Diagnóstico")).await;
    nora.click(Button("Escalar")).await;
    nora.see_all(&["Elija el grupo.", "Escriba el diagnóstico."])
        .await;
    nora.select("Grupo", "Profesionales especializados").await;
    nora.select("Agente", FELIPE.name).await;
    nora.fill("Diagnóstico", "El instalador pide permisos del dominio.")
        .await;
    nora.fill("Justificación", "Está fuera del alcance del nivel 1.")
        .await;
    nora.finish("Escalar").await;
    nora.see("Solicitud escalada").await;
    nora.stands("Escalado a nivel 2").await;
}

/// Level 2 says that it implies costs, and asks the coordination.
async fn asks_about_the_cost(felipe: &Seat, code: &str, why: &str) {
    felipe.at_ticket(code).await;
    felipe.begin("Pasar a Suspendido").await;
    //
    felipe.answer(COSTS, "Sí").await;
    felipe.fill("Justificación", why).await;
    felipe.finish("Pasar a Suspendido").await;
    felipe.stands("Suspendido").await;
    felipe.see("Escalado a coordinador").await;
}

/// Solves what is on the screen: the questions that stand before it are answered in its window.
async fn solve(seat: &Seat, questions: &[(&str, &str)], text: &str) {
    seat.begin("Solucionar").await;
    for (question, answer) in questions {
        seat.answer(question, answer).await;
    }
    seat.select("Motivo", "Solución brindada y validada").await;
    seat.fill("Solución", text).await;
    seat.finish("Solucionar").await;
    seat.stands("Solucionado").await;
}

async fn level_2_looks_into_the_cost(stage: &Stage, team: &Team, code: &str) {
    asks_about_the_cost(&team.felipe, code, "Requiere comprar licencias.").await;
    stage.post.take(GLORIA.email, code).await;
    // Only the coordination says how to go on.
    team.nora.at_ticket(code).await;
    team.nora.stands("Suspendido").await;
    assert!(!team.nora.offers("Retomar").await);
    team.gloria.at_ticket(code).await;
    team.gloria.begin("Retomar").await;
    team.gloria
        .fill("Nota", "Hay licencias libres: instale una de ellas.")
        .await;
    team.gloria.finish("Retomar").await;
    team.gloria.stands("Escalado a nivel 2").await;
    team.felipe.at_ticket(code).await;
    team.felipe
        .see("Hay licencias libres: instale una de ellas.")
        .await;
    let questions = [(COSTS, "No"), (VALIDATED, "Sí")];
    solve(
        &team.felipe,
        &questions,
        "Se instaló con una licencia libre.",
    )
    .await;
}

async fn requester_is_not_satisfied(stage: &Stage, ana: &Browser, felipe: &Seat, code: &str) {
    ana.open_survey(DESK, code).await;
    // Nothing is chosen for the person.
    ana.click(Button("Enviar respuestas")).await;
    ana.see(&format!("Responda «{SATISFIED}»")).await;
    ana.choose(SATISFIED, "No").await;
    ana.click(Button("Enviar respuestas")).await;
    ana.find(Heading("Gracias por responder")).await;
    stage.post.take(FELIPE.email, "Solución rechazada").await;
    // level 2 had solved it, so it is back at its analysis.
    felipe.at_ticket(code).await;
    felipe.stands("Escalado a nivel 2").await;
    let questions = [(COSTS, "No"), (VALIDATED, "Sí")];
    solve(felipe, &questions, "Se agregó el complemento que faltaba.").await;
}

async fn silence_closes(stage: &Stage, nora: &Seat, code: &str) {
    stage.server.pass(TimeDelta::days(2));
    nora.at_ticket(code).await;
    nora.stands("Solucionado").await;
    stage.server.pass(TimeDelta::days(2));
    // nobody has to answer; three business days close it.
    nora.comes_to(code, "Cerrado").await;
    nora.see("No hay acciones disponibles").await;
    // From Saturday to Monday: attempts on a day off would not count.
    stage.server.pass(TimeDelta::days(2));
}

/// A fault that level 1 works on.
async fn fault(nora: &Seat, subject: &str) -> String {
    let code = nora
        .write_down(Told {
            who: DIEGO,
            channel: "Teléfono",
            kind: "Incidente",
            category: ("falla de un servicio", "Inc. Falla de un servicio de TI"),
            choices: &[
                Pick::List("Impacto", "Bajo"),
                Pick::List("Urgencia", "Baja"),
            ],
            subject,
            word: "solicitud",
        })
        .await;
    nora.begin("Tomar").await;
    nora.answer(COMPLETE, "Sí").await;
    nora.finish("Tomar").await;
    nora.stands("En proceso").await;
    code
}

async fn the_cost_is_necessary(stage: &Stage, team: &Team) {
    let code = fault(&team.nora, "El servidor de impresión no enciende").await;
    escalate(&team.nora).await;
    asks_about_the_cost(&team.felipe, &code, "Hay que comprar una fuente.").await;
    //
    team.gloria.at_ticket(&code).await;
    team.gloria.begin("Pasar a Sin Solución").await;
    team.gloria
        .fill("Descripción", "Se incluye en el plan de compras del año.")
        .await;
    team.gloria.finish("Pasar a Sin Solución").await;
    team.gloria.stands("Sin Solución").await;
    let diego = stage.browser("who waits for a purchase").await;
    diego
        .prove_for(DESK, &stage.post, DIEGO, &format!("tickets/{code}"))
        .await;
    diego.see("No fue posible dar una solución").await;
    diego.see("Remitida al Plan Anual de Adquisiciones").await;
    diego.open_survey(DESK, &code).await;
    diego.choose(SATISFIED, "Sí").await;
    diego.click(Button("Enviar respuestas")).await;
    diego.find(Heading("Gracias por responder")).await;
    team.gloria.at_ticket(&code).await;
    team.gloria.stands("Cerrado").await;
}

async fn there_is_no_solution(nora: &Seat) {
    fault(nora, "El programa antiguo no abre en el equipo nuevo").await;
    nora.begin("Pasar a Sin Solución").await;
    nora.find(Field("Descripción")).await;
    nora.click(Button("Pasar a Sin Solución")).await;
    nora.see("Escriba la descripción.").await;
    nora.fill("Descripción", "El fabricante retiró el programa.")
        .await;
    nora.finish("Pasar a Sin Solución").await;
    //
    nora.stands("Sin Solución").await;
}

async fn nobody_answers_three_times(stage: &Stage, nora: &Seat) {
    let code = fault(nora, "Pide ayuda y no contesta").await;
    nora.panel("Gestión").await;
    for (channel, done) in [("Teléfono", 1), ("Correo", 2), ("Chat", 3)] {
        nora.click(Button("Registrar intento")).await;
        nora.attempt(channel, "Sin respuesta").await;
        nora.see(&format!("{done} de 3 intentos")).await;
    }
    // Three on one day are not enough.
    no_contact(nora).await;
    nora.see("deben ser en 2 días hábiles distintos").await;
    nora.leave().await;
    stage.server.pass(TimeDelta::days(1));
    nora.at_ticket(&code).await;
    nora.begin("Registrar intento de contacto").await;
    nora.attempt("Teléfono", "Sin respuesta").await;
    //
    no_contact(nora).await;
    nora.fill("Solución", "No fue posible contactar a la persona.")
        .await;
    nora.finish("Solucionar").await;
    nora.stands("Solucionado").await;
}

/// Begins to solve for the reason that nobody could be reached.
async fn no_contact(nora: &Seat) {
    nora.begin("Solucionar").await;
    nora.select("Motivo", "Sin contacto después de 3 intentos")
        .await;
}

async fn an_approver_refuses(stage: &Stage, nora: &Seat) {
    let diego = stage.browser("who asks for a licence").await;
    diego.open_form_of(DESK, DIEGO).await;
    diego
        .search_category("licencias activacion", "Req. Activación de Licencias")
        .await;
    let file = stage.file("jefe.txt", b"De acuerdo.");
    diego.attach_to("Anexos", &[&file]).await;
    let code = diego
        .send_to(
            DESK,
            &stage.post,
            DIEGO,
            ("Activar una licencia", "Para el equipo nuevo."),
        )
        .await;
    nora.at_ticket(&code).await;
    nora.begin("Cambiar prioridad").await;
    nora.select("Impacto", "Bajo").await;
    nora.select("Urgencia", "Baja").await;
    nora.fill("Motivo", "Una persona.").await;
    nora.finish("Cambiar").await;
    nora.begin("Pedir aprobación").await;
    nora.answer(COMPLETE, "Sí").await;
    nora.tick(Tick("jefe.txt")).await;
    nora.finish("Pedir aprobación").await;
    nora.stands("En aprobación").await;
    let oscar = asked(stage, &code, OSCAR).await;
    oscar
        .tick(Choice("¿Da su visto bueno?", "No apruebo"))
        .await;
    oscar.click(Button("Enviar decisión")).await;
    oscar.see("Escriba por qué no aprueba.").await;
    oscar
        .fill(
            "Motivo o comentario",
            "La licencia no está en el plan de la oficina.",
        )
        .await;
    oscar.click(Button("Enviar decisión")).await;
    oscar.see("Su decisión quedó registrada.").await;
    //
    nora.at_ticket(&code).await;
    nora.stands("Sin Solución").await;
    nora.see("La licencia no está en el plan de la oficina.")
        .await;
}
