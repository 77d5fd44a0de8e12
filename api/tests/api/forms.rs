//! Files and people that a form asks for: really there, really theirs, and kept.

use api::attachments::commands::cleanup;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::api::portal::{NewDraft, RequesterTicket};
use shared::api::problem::ProblemType;
use shared::api::tickets::{TicketChanged, TicketView, TimelineBody, TimelineEntry};
use shared::i18n::Lang;
use shared::ticket::status::RequestType;

use crate::harness::{Agent, Answer, Browser, TestApp};
use crate::process::{act, agent, fresh, place, place_with, record, session, upload, view};
use crate::stage::{self, ANA, BEN};

/// The equipment form of the desk, with a photograph.
fn equipment(photo: &str) -> Value {
    json!({ "serial": "SN-1", "site": "Sede norte", "area": "Archivo", "floor": "3", "workstation": "12", "has_photo": "yes", "photo": photo })
}

fn draft(photo: &str) -> NewDraft {
    NewDraft {
        desk: "victimas".to_owned(),
        email: ANA.to_owned(),
        request_type: RequestType::Incident,
        category: "equipo-falla".to_owned(),
        priority: None,
        impact: Some("low".to_owned()),
        urgency: Some("low".to_owned()),
        extra: serde_json::from_value(equipment(photo)).unwrap(),
        subject: "El equipo no enciende".to_owned(),
        message: "Desde ayer no enciende.".to_owned(),
        attachments: Vec::new(),
        language: Lang::Es,
    }
}

async fn photograph(browser: &Browser) -> String {
    let part = reqwest::multipart::Part::bytes(b"una foto".to_vec()).file_name("equipo.jpg");
    let form = reqwest::multipart::Form::new().part("file", part);
    let answer = browser
        .post("/api/v1/portal/uploads")
        .form(form)
        .send()
        .await
        .expect(201);
    answer.json::<Value>()["id"].as_str().unwrap().to_owned()
}

async fn refused_at(answer: Answer) -> Vec<(String, String)> {
    let errors = answer.problem(ProblemType::Validation).errors;
    errors
        .into_iter()
        .map(|error| (error.pointer, error.code))
        .collect()
}

fn photo_of(seen: &TicketView) -> (String, String) {
    let found = seen.extra.iter().find(|answer| answer.id == "photo");
    found
        .map(|photo| (photo.value.clone(), photo.given.clone()))
        .unwrap()
}

async fn downloads(app: &TestApp, who: &Agent, code: &str, file: &str) -> u16 {
    let path = format!("/api/v1/tickets/{code}/attachments/{file}");
    app.get(&path)
        .by(&fresh(app, who).await)
        .send()
        .await
        .status
}

both! {
    ///
    async fn a_file_that_a_form_asks_for_goes_with_the_request_and_stays(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let (browser, other) = (app.browser(), app.browser());
        let strange = photograph(&other).await;
        for wrong in ["x", "00000000-0000-4000-8000-000000000000", strange.as_str()] {
            let answer = browser.post("/api/v1/portal/drafts").with_key().json(&draft(wrong)).send().await;
            assert_eq!(refused_at(answer).await, [("/extra/photo".to_owned(), "unknown_upload".to_owned())], "{wrong}");
        }
        let photo = photograph(&browser).await;
        let opened = stage::open_ticket(&app, &browser, &draft(&photo)).await;
        let code = opened.ticket_code.unwrap();
        let token = session(&app, &place, place.ana).await;
        let mine: RequesterTicket = app.get(&format!("/api/v1/portal/tickets/{code}")).bearer(&token).send().await.expect(200).json();
        let shown = mine.extra.iter().find(|answer| answer.id == "photo").unwrap();
        assert_eq!((shown.value.as_str(), shown.given.as_str()), ("equipo.jpg", photo.as_str()));
        assert_eq!(mine.attachments.iter().map(|file| file.id.as_str()).collect::<Vec<_>>(), [photo.as_str()]);
        app.get(&format!("/api/v1/portal/tickets/{code}/attachments/{photo}")).bearer(&token).send().await.expect(200);
        assert_eq!(photo_of(&view(&app, &laura, &code).await), ("equipo.jpg".to_owned(), photo.clone()));

        app.advance(TimeDelta::hours(30));
        cleanup(&app.state.db, &app.state.files, app.clock.now()).await.unwrap();
        assert_eq!(downloads(&app, &laura, &code, &photo).await, 200);
        let again = browser.post("/api/v1/portal/drafts").with_key().json(&draft(&photo)).send().await;
        assert_eq!(refused_at(again).await, [("/extra/photo".to_owned(), "used_upload".to_owned())]);
    }

    ///
    async fn an_agent_records_and_replaces_the_file_of_a_form(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let omar = agent(&app, &place, "Omar", "mesa").await;
        let foreign = upload(&app, &omar).await;
        let body = |photo: &str| json!({
            "desk": "victimas", "requester_email": ANA, "channel": "phone", "request_type": "incident", "urgency": "low",
            "category": "equipo-falla", "subject": "No enciende", "message": "No enciende.", "extra": equipment(photo)
        });
        let before = stage::ticket_count(&app).await;
        for wrong in ["x", foreign.as_str()] {
            let answer = app.post("/api/v1/tickets").by(&fresh(&app, &laura).await).with_key().json(&body(wrong)).send().await;
            assert_eq!(refused_at(answer).await[0].0, "/extra/photo", "{wrong}");
        }
        assert_eq!(stage::ticket_count(&app).await, before, "a ticket whose file is refused is not there");
        let first = upload(&app, &laura).await;
        // A file may be attached and answer a field as well.
        let mut with_both = body(&first);
        with_both["attachments"] = json!([first]);
        let made: TicketChanged = app.post("/api/v1/tickets").by(&fresh(&app, &laura).await).with_key().json(&with_both).send().await.expect(201).json();
        let code = made.code;
        assert_eq!(photo_of(&view(&app, &laura, &code).await).1, first);

        let foreign_again = act(&app, &laura, &code, "extra", json!({ "extra": { "photo": foreign } })).await;
        assert_eq!(refused_at(foreign_again).await[0].0, "/extra/photo");
        let second = upload(&app, &laura).await;
        act(&app, &laura, &code, "extra", json!({ "extra": { "photo": second } })).await.expect(200);
        let seen = view(&app, &omar, &code).await;
        assert_eq!(photo_of(&seen).1, second);
        // The note that keeps it is what the desk calls the field.
        let is_note = |entry: &TimelineEntry| matches!(&entry.body, TimelineBody::Message { body, .. } if body == "Evidencia fotográfica");
        assert!(seen.timeline.iter().any(is_note), "{:?}", seen.timeline);
        assert_eq!(downloads(&app, &omar, &code, &second).await, 200);
        // Back to one that the ticket has.
        act(&app, &omar, &code, "extra", json!({ "extra": { "photo": first } })).await.expect(200);
        assert_eq!(photo_of(&view(&app, &omar, &code).await).1, first);
    }

    ///
    async fn a_person_that_a_form_asks_for_is_one_of_the_desk(app: TestApp) {
        let asks_person = |text: String| text.replacen("id = \"area\"", "id = \"area\", kind = \"person\"", 1);
        let place = place_with(&app, "victimas", asks_person).await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let mut extra = equipment("x");
        extra["has_photo"] = json!("no");
        extra.as_object_mut().unwrap().remove("photo");
        let mut body = json!({ "desk": "victimas", "requester_email": BEN, "channel": "phone", "request_type": "incident", "urgency": "low", "category": "equipo-falla", "subject": "No enciende", "message": "No enciende." });
        for wrong in ["abc", "999999"] {
            extra["area"] = json!(wrong);
            body["extra"] = extra.clone();
            let answer = app.post("/api/v1/tickets").by(&fresh(&app, &laura).await).with_key().json(&body).send().await;
            assert_eq!(refused_at(answer).await, [("/extra/area".to_owned(), "unknown".to_owned())]);
        }
        extra["area"] = json!(place.ben.to_string());
        let code = record(&app, &place, &laura, json!({ "category": "equipo-falla", "urgency": "low", "extra": extra })).await;
        let seen = view(&app, &laura, &code).await;
        let area = seen.extra.iter().find(|answer| answer.id == "area").unwrap();
        assert_eq!((area.value.as_str(), area.given.clone()), ("Ben Luna", place.ben.to_string()));
        act(&app, &laura, &code, "extra", json!({ "extra": { "area": "999999" } })).await.problem(ProblemType::Validation);
        // Requesters may try any key, so a key tells them nothing.
        let token = session(&app, &place, place.ana).await;
        let mine: RequesterTicket = app.get(&format!("/api/v1/portal/tickets/{code}")).bearer(&token).send().await.expect(200).json();
        assert!(!mine.extra.iter().any(|answer| answer.value.contains("Luna")));
    }
}
