//! Who is told what at each desk, in whose words, and when it is told again.

use api::mail::Content;
use api::outbox::worker::Worker;
use api::sla;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::api::mailbox::{LocalMail, LocalMailRow};
use shared::api::page::Page;
use shared::api::people::Person;
use shared::api::portal::{PortalApproval, PortalApprovalRow, RequesterTicket};
use shared::api::process::FollowUpDraft;
use shared::api::tickets::{MailStatus, TimelineBody};
use shared::ticket::status::Status;

use crate::harness::TestApp;
use crate::process::{
    Place, act, agent, appoint, email_of, fresh, mailed, place, place_of, record, session, status,
    view,
};
use crate::stage::{self, ANA, BEN};

/// The desk that no rule was written for.
async fn library(app: &TestApp) -> Place {
    place_of(app, "../shared/tests/desks", "library").await
}

/// A mail as its reader has it, with lines joined.
#[derive(Debug)]
struct Letter {
    to: String,
    subject: String,
    text: String,
    html: String,
    from: String,
}

/// Everything that left, oldest first.
async fn delivered(app: &TestApp) -> Vec<Letter> {
    let worker = Worker::of(&app.state).unwrap();
    worker.run_once(app.clock.now()).await.unwrap();
    let path = "/api/v1/mailbox/messages?limit=100";
    let page: Page<LocalMailRow> = app.get(path).send().await.expect(200).json();
    let mut letters = Vec::new();
    for row in page.items {
        let path = format!("/api/v1/mailbox/messages/{}", row.id);
        let mail: LocalMail = app.get(&path).send().await.expect(200).json();
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        letters.push((
            row.id,
            Letter {
                to: row.to,
                subject: row.subject,
                text: flat(&mail.text),
                html: flat(&mail.html),
                from: mail.from,
            },
        ));
    }
    letters.sort_by_key(|(id, _)| *id);
    letters.into_iter().map(|(_, letter)| letter).collect()
}

/// The one mail to an address with these words in its subject.
#[track_caller]
fn letter<'a>(letters: &'a [Letter], to: &str, subject: &str) -> &'a Letter {
    let found: Vec<_> = letters
        .iter()
        .filter(|letter| letter.to == to && letter.subject.contains(subject))
        .collect();
    assert_eq!(found.len(), 1, "{to} {subject:?} in {letters:#?}");
    found[0]
}

async fn add_person(app: &TestApp, place: &Place, name: &'static str, email: &'static str) -> i64 {
    let (desk, now) = (place.desk, app.clock.now());
    app.seed(move |conn| stage::add_person(conn, desk, name, email, now))
        .await
}

async fn sweep(app: &TestApp) {
    sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now())
        .await
        .unwrap();
}

both! {
    async fn a_fifth_desk_speaks_in_its_own_words_and_in_the_products_look(app: TestApp) {
        let place = library(&app).await;
        let laura = agent(&app, &place, "Laura", "mostrador").await;
        let pedro = agent(&app, &place, "Pedro", "mostrador").await;
        let english = json!({ "language": "en", "full_name": "Ben <b>Luna</b>" });
        app.patch(&format!("/api/v1/people/{}", place.ben)).by(&laura).if_match(1).json(&english).send().await.expect(200);
        let code = record(&app, &place, &laura, json!({ "category": "prestamo", "subject": "Renovar {number} <i>ya</i>" })).await;
        let other = record(&app, &place, &laura, json!({ "category": "prestamo", "requester_email": BEN })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": pedro.id })).await.expect(200);
        let letters = delivered(&app).await;

        let ana = letter(&letters, ANA, &code);
        assert_eq!(ana.subject, format!("Recibimos tu petición No. {code}"));
        for piece in [
            "Ana María Rojas, ya tenemos tu petición sobre Préstamo > Renovación.",
            "Si es para una clase, cuéntanos la fecha.",
            "Renovar {number} <i>ya</i>",
            "El detalle de la solicitud.",
            "Mensaje automático de Mesa de ayuda de la biblioteca.",
        ] {
            assert!(ana.text.contains(piece), "{piece:?} in {}", ana.text);
        }
        assert!(!ana.text.contains("Guárdalo"), "{}", ana.text);
        assert!(ana.text.contains(&format!("{}/library/tickets/{code}", app.url)));
        for piece in ["Préstamo &gt; Renovación.</p>", "Renovar {number} &lt;i&gt;ya&lt;/i&gt;", &format!("Recibimos tu petición No. {code}</h1>"), "#7a4b12"] {
            assert!(ana.html.contains(piece), "{piece:?} in {}", ana.html);
        }

        let ben = letter(&letters, BEN, &other);
        assert_eq!(ben.subject, format!("We have your request No. {other}"));
        assert!(ben.text.contains("Ben <b>Luna</b>, we have your request about Lending > Renewal."), "{}", ben.text);
        assert!(ben.html.contains("Ben &lt;b&gt;Luna&lt;/b&gt;, we have your request") && !ben.html.contains("<b>"));

        // What was written for the requester is not said to the team, which has words of its own where the desk wrote some.
        let team = letter(&letters, &email_of("Pedro"), &format!("[{code}] Nuevo en la cola de Mostrador"));
        assert!(!team.text.contains("ya tenemos tu petición"));
        let assigned = letter(&letters, &email_of("Pedro"), "para Pedro");
        assert_eq!(assigned.subject, format!("Petición {code} para Pedro (Mostrador, nivel 1)"));
    }

    async fn category_and_priority_are_called_in_mails_what_the_desk_calls_them(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Nora", "mesa").await;
        let asked = json!({ "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p3" });
        let spanish = record(&app, &place, &laura, asked.clone()).await;
        let english = json!({ "language": "en" });
        app.patch(&format!("/api/v1/people/{}", place.ana)).by(&laura).if_match(1).json(&english).send().await.expect(200);
        let other = record(&app, &place, &laura, asked).await;
        let letters = delivered(&app).await;
        for (to, code, words) in [
            (ANA.to_owned(), &spanish, ["Grupo de ticket: ", "Gravedad: "]),
            (email_of("Nora"), &spanish, ["Grupo de ticket: ", "Gravedad: "]),
            (ANA.to_owned(), &other, ["Ticket group: ", "Severity: "]),
        ] {
            let mail = letter(&letters, &to, code);
            for word in words {
                assert!(mail.text.contains(word), "{word:?} in {}", mail.text);
            }
            assert!(!mail.text.contains("Categoría") && !mail.text.contains("Prioridad"), "{}", mail.text);
        }
        let desks: Value = app.get("/api/v1/desks").by(&fresh(&app, &laura).await).send().await.expect(200).json();
        assert_eq!(desks["items"][0]["category_word"], "Grupo de ticket");
    }

    ///
    async fn a_service_has_its_own_rules_of_mails(app: TestApp) {
        let place = library(&app).await;
        let laura = agent(&app, &place, "Laura", "mostrador").await;
        agent(&app, &place, "Dario", "datos").await;
        record(&app, &place, &laura, json!({ "category": "datos", "request_type": "incident" })).await;
        assert_eq!(mailed(&app, ANA).await, Vec::<&str>::new());
        assert_eq!(mailed(&app, &email_of("Dario")).await, ["new_ticket_to_group"]);
        record(&app, &place, &laura, json!({ "category": "prestamo" })).await;
        assert_eq!(mailed(&app, ANA).await, ["ticket_created"]);
        assert_eq!(mailed(&app, &email_of("Dario")).await, ["new_ticket_to_group"]);
    }

    ///
    async fn an_assignment_holds_all_that_the_specialist_needs(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pedro = agent(&app, &place, "Pedro", "servicios_ti").await;
        let works = json!({ "site": "Sede Centro", "department": "Archivo", "extension": "4512" });
        let ana: Person = app.patch(&format!("/api/v1/people/{}", place.ana)).by(&laura).if_match(1).json(&works).send().await.expect(200).json();
        assert_eq!(ana.extension.as_deref(), Some("4512"));
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low" })).await;
        act(&app, &laura, &code, "messages", json!({ "visibility": "internal", "body": "El equipo es el 1234." })).await.expect(201);
        let panel = view(&app, &laura, &code).await.requester;
        assert_eq!((panel.site.as_deref(), panel.department.as_deref(), panel.extension.as_deref()), (Some("Sede Centro"), Some("Archivo"), Some("4512")));
        let escalate = json!({ "level": 2, "group": "servicios_ti", "assignee": pedro.id, "reason": "other_level", "justification": "Es del nivel 2." });
        act(&app, &laura, &code, "escalations", escalate).await.expect(200);
        let letters = delivered(&app).await;
        let mail = letter(&letters, &email_of("Pedro"), "asignado");
        assert_eq!(mail.subject, format!("Le ha sido asignado el requerimiento No. {code} para su gestión"));
        assert!(mail.from.starts_with("Mesa de Servicios Tecnológicos"), "{}", mail.from);
        for piece in [
            "Apreciado especialista:",
            &format!("Gracias por su gestión. Estos son los datos del caso No. {code}:"),
            "Usuario: Ana María Rojas",
            "Entidad: Alcaldía de San Roque",
            "Sede: Sede Centro",
            "Dependencia: Archivo",
            "Teléfono: 601 555 0134",
            "Correo: ana.rojas@example.org",
            "Extensión: 4512",
            "Categoría: Mesa de servicios > Información general",
            "Estado: Escalado Especialista",
            "Prioridad: ",
            "Última nota: El equipo es el 1234.",
            "El detalle de la solicitud.",
        ] {
            assert!(mail.text.contains(piece), "{piece:?} in {}", mail.text);
        }
        let kept = view(&app, &laura, &code).await.timeline.into_iter().any(|entry| matches!(
            entry.body, TimelineBody::Mail { template, recipient, status: MailStatus::Sent, .. } if template == "escalated" && recipient == email_of("Pedro")
        ));
        assert!(kept, "the history does not hold the mail");
        // What requesters read holds nothing of it.
        assert!(letters.iter().filter(|letter| letter.to == ANA).all(|letter| !letter.text.contains("4512")));
    }

    ///
    async fn specialists_of_a_case_are_told_when_it_is_recorded_handed_over_and_reopened(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pedro = agent(&app, &place, "Pedro", "mesa").await;
        agent(&app, &place, "Nora", "mesa").await;
        let sara = agent(&app, &place, "Sara", "soporte_hw_sw").await;
        let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low", "group": "mesa", "assignee": pedro.id })).await;
        assert_eq!(mailed(&app, &email_of("Pedro")).await, ["assigned"]);
        assert_eq!(mailed(&app, &email_of("Nora")).await, ["new_ticket_to_group"]);
        assert_eq!(mailed(&app, ANA).await, ["ticket_created"]);
        let visit = json!({ "command": "escalate_onsite", "reason": "visit", "group": "soporte_hw_sw", "assignee": sara.id });
        act(&app, &pedro, &code, "transitions", visit).await.expect(200);
        let told = mailed(&app, &email_of("Sara")).await;
        assert!(told == ["escalated"] || told == ["assigned"], "{told:?}");
        // A draft of the follow-up series is the desk's own text.
        act(&app, &sara, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        let draft: FollowUpDraft = app.get(&format!("/api/v1/tickets/{code}/follow-ups")).by(&fresh(&app, &sara).await).send().await.expect(200).json();
        assert_eq!(draft.text, "Para atender su caso necesitamos la información que le pedimos.");
    }

    ///
    async fn level_two_is_told_of_what_comes_back_to_it(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pedro = agent(&app, &place, "Pedro", "profesionales").await;
        let code = record(&app, &place, &laura, json!({ "category": "falla", "request_type": "incident", "impact": "low", "urgency": "low" })).await;
        assert_eq!(mailed(&app, ANA).await, ["ticket_created"]);
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let escalate = json!({ "level": 2, "group": "profesionales", "assignee": pedro.id, "justification": "Es del nivel 2.", "diagnosis": "El servidor no responde." });
        act(&app, &laura, &code, "escalations", escalate).await.expect(200);
        assert_eq!(mailed(&app, &email_of("Pedro")).await, ["escalated"]);
        act(&app, &pedro, &code, "control-answers", json!({ "control": "implies_cost", "answer": false })).await.expect(200);
        act(&app, &pedro, &code, "control-answers", json!({ "control": "validated", "answer": true })).await.expect(200);
        act(&app, &pedro, &code, "solutions", json!({ "solution": "Se reinició.", "reason": "validated_solution" })).await.expect(200);
        assert_eq!(mailed(&app, ANA).await, ["ticket_created", "solved", "survey"]);
        let token = session(&app, &place, place.ana).await;
        let path = format!("/api/v1/portal/tickets/{code}");
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        let no = json!({ "answers": [{ "question": "satisfied", "value": { "yes_no": false } }], "comment": "Sigue igual." });
        app.post(&format!("{path}/surveys")).bearer(&token).if_match(mine.version).json(&no).send().await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::Escalated);
        assert_eq!(mailed(&app, &email_of("Pedro")).await, ["escalated", "rejected_to_team", "assigned"]);
    }

    ///
    async fn the_help_desk_hears_of_everything_but_what_is_restricted(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Nora", "mesa").await;
        let omar = agent(&app, &place, "Omar", "oficina_tecnologia").await;
        agent(&app, &place, "Sofia", "seguridad").await;
        let design = record(&app, &place, &laura, json!({ "category": "pagina-web-uspec-modificaciones-de-paginas", "priority": "medium" })).await;
        assert_eq!(mailed(&app, &email_of("Nora")).await, ["new_ticket_to_group"]);
        let outside = json!({ "solution": "La corrección de estilo no hace parte del servicio.", "reason": "out_of_scope" });
        act(&app, &laura, &design, "solutions", outside).await.expect(200);
        assert_eq!(mailed(&app, ANA).await, ["ticket_created", "solved", "survey"]);

        let office = record(&app, &place, &laura, json!({ "category": "licenciamiento-licencia-office", "priority": "medium" })).await;
        act(&app, &laura, &office, "control-answers", json!({ "control": "c1", "answer": true })).await.expect(200);
        act(&app, &laura, &office, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let escalate = json!({ "level": 2, "group": "oficina_tecnologia", "assignee": omar.id, "justification": "Requiere la consola." });
        act(&app, &laura, &office, "escalations", escalate).await.expect(200);
        assert_eq!(mailed(&app, &email_of("Omar")).await, ["escalated"]);
        act(&app, &omar, &office, "causes", json!({ "cause": "Faltaba la licencia." })).await.expect(200);
        act(&app, &omar, &office, "control-answers", json!({ "control": "c3", "answer": false })).await.expect(200);
        act(&app, &omar, &office, "solutions", json!({ "solution": "Licencia activa.", "reason": "solution_given" })).await.expect(200);
        assert_eq!(mailed(&app, &email_of("Nora")).await, ["new_ticket_to_group", "new_ticket_to_group", "vendor_answered"]);

        record(&app, &place, &laura, json!({ "category": "correo-electronico-correo-sospechoso", "request_type": "incident", "priority": "high" })).await;
        assert_eq!(mailed(&app, &email_of("Sofia")).await, ["new_ticket_to_group"]);
        assert_eq!(mailed(&app, &email_of("Nora")).await.len(), 3, "the help desk was told of a security incident");
    }

    async fn approvers_are_reminded_with_their_deputies_who_then_decide(app: TestApp) {
        let place = library(&app).await;
        let laura = agent(&app, &place, "Laura", "mostrador").await;
        let caro = agent(&app, &place, "Caro", "colecciones").await;
        let (tomas, dora, adela, diana) = ("tomas@example.org", "dora@example.org", "adela@example.org", "diana@example.org");
        add_person(&app, &place, "Tomás Vera", tomas).await;
        let dora_id = add_person(&app, &place, "Dora Paz", dora).await;
        add_person(&app, &place, "Adela Ríos", adela).await;
        let diana_id = add_person(&app, &place, "Diana Soto", diana).await;
        for (role, holders) in [
            ("bibliotecario_tematico", json!([{ "email": tomas }, { "email": dora, "deputy": true }])),
            ("adquisiciones", json!([{ "email": adela }])),
            ("direccion", json!([{ "email": diana }])),
        ] {
            appoint(&app, &laura, "library", role, &holders).await.expect(200);
        }
        let code = record(&app, &place, &laura, json!({ "category": "compra", "extra": { "title": "Cien años de soledad", "for_course": "no" } })).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval" })).await.expect(200);
        let told = async |email: &str| mailed(&app, email).await;
        assert_eq!(told(tomas).await, ["approval_requested"]);
        assert!(told(dora).await.is_empty() && told(adela).await.is_empty() && told(diana).await.is_empty());

        // A business day later, to the minute, whoever has not decided is asked again, and the deputies with them.
        app.advance(TimeDelta::days(1) - TimeDelta::minutes(1));
        sweep(&app).await;
        assert_eq!(told(tomas).await, ["approval_requested"]);
        app.advance(TimeDelta::minutes(1));
        sweep(&app).await;
        sweep(&app).await;
        assert_eq!(told(tomas).await, ["approval_requested", "approval_reminder"]);
        assert_eq!(told(dora).await, ["approval_reminder"]);
        assert!(told(adela).await.is_empty(), "who is not asked yet was reminded");
        let words: Vec<Content> = stage::mails(&app, dora).await;
        assert!(matches!(&words[0], Content::ApprovalRequested { reminder: true, in_console: false, .. }));
        app.advance(TimeDelta::days(1));
        sweep(&app).await;
        assert_eq!(told(tomas).await.len(), 3, "each reminder begins another term");

        // The deputy decides in the portal; the next step asks the next roles, and not their deputies.
        let asked = format!("/api/v1/portal/approvals/{code}");
        let decide = async |person: i64, role: &str| {
            let token = session(&app, &place, person).await;
            let inbox: Page<PortalApprovalRow> = app.get("/api/v1/portal/approvals").bearer(&token).send().await.expect(200).json();
            assert_eq!(inbox.items.len(), 1);
            let shown: PortalApproval = app.get(&asked).bearer(&token).send().await.expect(200).json();
            let word = json!({ "role": role, "decision": "approved" });
            app.post(&format!("{asked}/decisions")).bearer(&token).if_match(shown.version).json(&word).send().await
        };
        decide(dora_id, "bibliotecario_tematico").await.expect(200);
        assert_eq!(told(adela).await, ["approval_requested"]);
        assert!(told(&email_of("Caro")).await.contains(&"approval_requested"));
        assert!(told(diana).await.is_empty());
        app.advance(TimeDelta::days(3));
        sweep(&app).await;
        assert_eq!(told(adela).await, ["approval_requested", "approval_reminder"]);
        assert_eq!(told(diana).await, ["approval_reminder"], "the role that stands in is reminded too");
        assert_eq!(told(tomas).await.len(), 3, "who has decided is left alone");

        // Whoever stands in for one role is not the deputy of another.
        assert_eq!(decide(diana_id, "colecciones").await.status, 403);
        decide(diana_id, "adquisiciones").await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::AwaitingApproval);
        let word: Value = json!({ "role": "colecciones", "decision": "approved" });
        act(&app, &caro, &code, "approval-decisions", word).await.expect(200);
        let done = view(&app, &laura, &code).await;
        assert_eq!(done.status, Status::InProgress);
        let decided: Vec<_> = done.approval.unwrap().steps.into_iter().flat_map(|step| step.approvers).filter_map(|role| role.decided_by).collect();
        assert_eq!(decided, ["Dora Paz", "Diana Soto", "Caro"]);
        app.advance(TimeDelta::days(5));
        sweep(&app).await;
        assert_eq!(told(adela).await.len(), 2, "nothing is asked any more");
    }
}
