//! Who is told what at a desk, and in whose words.

use api::outbox::worker::Worker;
use serde_json::json;
use shared::api::mailbox::{LocalMail, LocalMailRow};
use shared::api::page::Page;

use crate::harness::TestApp;
use crate::process::{Place, act, agent, email_of, mailed, place_of, record};
use crate::stage::{ANA, BEN};

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
}
