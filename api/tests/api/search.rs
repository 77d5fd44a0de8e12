//! Searching the queue: by code, subject, requester and entity, however they are written, and only in what one may see.

use api::http::ApiError;
use api::people::store::{PersonData, find_or_insert_organization, register};
use diesel::connection::SimpleConnection;
use serde_json::json;
use shared::api::page::Page;
use shared::api::people::Person;
use shared::api::tickets::{TicketChanged, TicketRow};
use shared::i18n::Lang;
use shared::ticket::actor::Privilege;

use crate::harness::{Agent, TestApp};
use crate::stage::{self, ANA, DESK};

/// Somebody of another entity than Ana's.
const OSCAR: &str = "oscar.pena@example.net";

/// A desk with Ana, and with Óscar of a hospital.
async fn desk(app: &TestApp) -> (i64, i64) {
    let stage = stage::set(app).await;
    let (desk, now) = (stage.desk, app.clock.now());
    let oscar = app
        .seed(move |conn| {
            let ((organization, ..), _) =
                find_or_insert_organization(conn, desk, "Hospital El Encinó", now)?;
            let data = PersonData {
                full_name: "Óscar Iván Peña".to_owned(),
                email: OSCAR.to_owned(),
                phone: "601 555 0135".to_owned(),
                organization_id: Some(organization),
                language: Lang::Es,
                place: Default::default(),
            };
            Ok::<_, ApiError>(register(conn, desk, &data, now)?.0)
        })
        .await;
    (desk, oscar)
}

async fn record(app: &TestApp, by: &Agent, email: &str, subject: &str) -> String {
    let body = json!({
        "desk": DESK, "requester_email": email, "channel": "phone", "request_type": "incident", "category": "eset",
        "priority": "p3", "subject": subject, "message": "Detalle."
    });
    let made: TicketChanged = app
        .post("/api/v1/tickets")
        .by(by)
        .json(&body)
        .send()
        .await
        .expect(201)
        .json();
    made.code
}

/// The codes that a search finds, in their order.
async fn found(app: &TestApp, by: &Agent, text: &str) -> Vec<String> {
    let text: String = reqwest::Url::parse_with_params("http://x/", [("q", text)])
        .unwrap()
        .query()
        .unwrap()
        .to_owned();
    let path = format!("/api/v1/tickets?sort=created&{text}");
    let page: Page<TicketRow> = app.get(&path).by(by).send().await.expect(200).json();
    page.items.into_iter().map(|row| row.code).collect()
}

both! {
    /// what the window of relations asks.
    async fn a_search_finds_code_subject_requester_and_entity_however_they_are_written(app: TestApp) {
        let (desk, oscar) = desk(&app).await;
        let laura = app.agent("Laura", &[(desk, Privilege::ALL)]).await;
        let ana = record(&app, &laura, ANA, "La impresora no enciende").await;
        let other = record(&app, &laura, OSCAR, "Configuración del 100%_ del equipo").await;
        let all = [ana.clone(), other.clone()];
        for (text, wanted) in [
            (ana.as_str(), &all[..1]),
            (ana.to_lowercase().as_str(), &all[..1]),
            ("IMPRESORA", &all[..1]),
            ("configuracion", &all[1..]),
            ("CONFIGURACIÓN del", &all[1..]),
            ("rojas", &all[..1]),
            ("Rójas ANA", &all[..1]),
            ("oscar peña", &all[1..]),
            ("Óscar PENA", &all[1..]),
            ("oscar.pena@", &all[1..]),
            ("example.", &all[..]),
            ("ENCINO", &all[1..]),
            ("encinó hospital", &all[1..]),
            ("alcaldia san roque", &all[..1]),
            // Words of the ticket and of its requester together.
            ("impresora rojas", &all[..1]),
            ("impresora oscar", &all[..0]),
            // What stands for anything elsewhere is only itself here.
            ("%", &all[1..]),
            ("_", &all[1..]),
            ("100%_", &all[1..]),
            ("\\", &all[..0]),
            ("'", &all[..0]),
            ("impresora%enciende", &all[..0]),
            ("nada de esto", &all[..0]),
            ("la impresora no enciende en la oficina de ana maria rojas", &all[..0]),
            // Nothing but an accent is no text.
            ("\u{301}", &all[..]),
        ] {
            assert_eq!(found(&app, &laura, text).await, wanted, "{text}");
        }

        // Whoever changes the name is found by the new one, in tickets that were there before.
        let path = format!("/api/v1/people/{oscar}");
        let person: Person = app.get(&path).by(&laura).send().await.expect(200).json();
        let name = json!({ "full_name": "Óscar Iván Cárdenas" });
        app.patch(&path).by(&laura).if_match(person.version).json(&name).send().await.expect(200);
        assert_eq!(found(&app, &laura, "cardenas").await, [other]);

        // Other desks are not searched.
        let (elsewhere, _) = stage::set_second(&app).await;
        let foreign = app.agent("Foreign", &[(elsewhere, Privilege::ALL)]).await;
        assert!(found(&app, &foreign, "impresora").await.is_empty());
        assert!(found(&app, &foreign, "rojas").await.is_empty());
    }

    async fn a_search_that_finds_thousands_pages_through_all_of_them(app: TestApp) {
        let (desk, _) = desk(&app).await;
        let laura = app.agent("Laura", &[(desk, Privilege::ALL)]).await;
        let first = record(&app, &laura, ANA, "La impresora no enciende").await;
        record(&app, &laura, OSCAR, "Otro asunto").await;
        app.seed(move |conn| {
            let copies = format!(
                "INSERT INTO tickets (desk_id, number, code, desk_version, request_type, category, priority, priority_rank, level, group_id, \
                 requester_id, channel, subject, search_key, status, open, version, last_seq, created_at, updated_at, due_at, due_sort, due_clock, \
                 clock_status, awaits_reply, state, head_hash) \
                 WITH RECURSIVE series(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM series WHERE g < 1200) \
                 SELECT desk_id, 50000 + g, 'C-' || g, desk_version, request_type, category, priority, priority_rank, level, group_id, \
                 requester_id, channel, subject, search_key, status, open, version, last_seq, created_at, updated_at, due_at, due_sort, due_clock, \
                 clock_status, awaits_reply, state, head_hash FROM tickets CROSS JOIN series WHERE code = '{first}'"
            );
            Ok(conn.batch_execute(&copies)?)
        })
        .await;
        for (text, wanted) in [("impresora", 1201), ("rojas", 1201), ("alcaldia impresora", 1201), ("otro", 1)] {
            let mut codes = std::collections::BTreeSet::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/api/v1/tickets?limit=100&sort=updated&q={text}{cursor}");
                let page: Page<TicketRow> = app.get(&path).by(&laura).send().await.expect(200).json();
                for row in page.items {
                    assert!(codes.insert(row.code), "{text}: twice");
                }
                match page.next {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(codes.len(), wanted, "{text}");
        }
    }
}
