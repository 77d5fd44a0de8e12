//! How requests come in at the desks of the procedures and how they are followed: by every channel, under a number, with
//! files and notes in one history.

use api::mail::Content;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::portal::{NewDraft, PortalDeskRow, RequesterTicket};
use shared::api::tickets::{ClockName, TicketRow, TicketView, TimelineBody};
use shared::ticket::status::{Channel, Status, Visibility};

use crate::harness::TestApp;
use crate::process::{
    Place, act, agent, email_of, fresh, mailed, place, record, session, upload, view,
};
use crate::stage::{self, ANA};

/// Who wrote which messages, oldest first.
fn written(seen: &TicketView) -> Vec<(&str, Visibility, &str)> {
    let mut found: Vec<_> = seen
        .timeline
        .iter()
        .filter_map(|entry| match &entry.body {
            TimelineBody::Message {
                id,
                visibility,
                body,
                ..
            } => Some((*id, entry.actor_name.as_str(), *visibility, body.as_str())),
            TimelineBody::Event { .. } | TimelineBody::Mail { .. } => None,
        })
        .collect();
    found.sort_unstable_by_key(|(id, ..)| *id);
    found
        .into_iter()
        .map(|(_, who, visibility, body)| (who, visibility, body))
        .collect()
}

async fn of_requester(app: &TestApp, place: &Place, code: &str) -> RequesterTicket {
    let token = session(app, place, place.ana).await;
    let path = format!("/api/v1/portal/tickets/{code}");
    app.get(&path)
        .bearer(&token)
        .send()
        .await
        .expect(200)
        .json()
}

both! {
    async fn whatever_the_channel_there_is_a_record_whose_time_counts(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        // the portal asks for the project by its name.
        let desks: Vec<PortalDeskRow> = app.get("/api/v1/portal/desks").send().await.expect(200).json();
        assert!(desks.iter().any(|desk| (desk.slug.as_str(), desk.name.as_str()) == ("icetex", "Soporte a Servicios TI")));
        let form = NewDraft {
            category: "otra-solicitud".into(), priority: None, impact: Some("high".into()), urgency: Some("low".into()),
            request_type: shared::ticket::status::RequestType::Request, ..stage::draft_at("icetex", ANA)
        };
        let by_portal = stage::open_ticket(&app, &app.browser(), &form).await.ticket_code.unwrap();
        //
        assert_eq!(view(&app, &laura, &by_portal).await.channel, Channel::Portal);
        let mut codes = vec![by_portal.clone()];
        for channel in ["phone", "mail"] {
            codes.push(record(&app, &place, &laura, json!({ "category": "otra-solicitud", "impact": "high", "urgency": "low", "channel": channel })).await);
        }
        app.advance(TimeDelta::hours(1));
        // each of them exists, and its time is counted.
        for code in &codes {
            let seen = view(&app, &laura, code).await;
            let solution = seen.clocks.iter().find(|row| row.clock == ClockName::Solution).unwrap();
            assert_eq!(solution.used_minutes, 60, "{code}");
        }
        // who asks gives the number, and the answer is in the request.
        let found: Page<TicketRow> = app.get(&format!("/api/v1/tickets?view=all&q={by_portal}")).by(&fresh(&app, &laura).await).send().await.expect(200).json();
        assert_eq!(found.items.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), [by_portal.as_str()]);
        act(&app, &laura, &by_portal, "messages", json!({ "visibility": "public", "body": "Mañana queda lista." })).await.expect(201);
        assert!(of_requester(&app, &place, &by_portal).await.messages.iter().any(|message| message.body == "Mañana queda lista."));
        //
        for channel in ["chat", "phone", "mail", "in_person"] {
            let before = view(&app, &laura, &by_portal).await.version;
            act(&app, &laura, &by_portal, "contact-attempts", json!({ "channel": channel, "result": "reached" })).await.expect(200);
            assert!(view(&app, &laura, &by_portal).await.version > before, "{channel}");
        }
    }

    async fn each_request_is_numbered_told_to_the_help_desk_and_traced(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Lina", "mesa").await;
        let more = json!({ "category": "licenciamiento-licencia-office", "priority": "medium" });
        let codes = [record(&app, &place, &laura, more.clone()).await, record(&app, &place, &laura, more).await];
        //
        assert_eq!(codes, ["HT-1", "HT-2"]);
        // whoever did not record it hears of each.
        assert_eq!(mailed(&app, &email_of("Lina")).await, ["new_ticket_to_group"; 2]);
        act(&app, &laura, "HT-1", "control-answers", json!({ "control": "c1", "answer": true })).await.expect(200);
        act(&app, &laura, "HT-1", "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, "HT-1", "messages", json!({ "visibility": "internal", "body": "Se revisa la licencia." })).await.expect(201);
        let seen = view(&app, &laura, "HT-1").await;
        //
        assert_eq!(written(&seen).last(), Some(&("Laura", Visibility::Internal, "Se revisa la licencia.")));
        // who did what, and when.
        let names: Vec<&str> = seen.timeline.iter().filter_map(|entry| match &entry.body {
            TimelineBody::Event { name, .. } if entry.actor_name == "Laura" => Some(name.as_str()),
            _ => None,
        }).collect();
        for deed in ["opened", "control_recorded", "assigned"] {
            assert!(names.contains(&deed), "{deed} is not in {names:?}");
        }
    }

    async fn a_case_of_any_channel_is_assigned_and_followed_alike(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let omar = agent(&app, &place, "Omar", "mesa").await;
        let mut codes = Vec::new();
        for channel in ["phone", "mail", "chat", "in_person"] {
            let code = record(&app, &place, &laura, json!({ "category": "informacion", "urgency": "low", "channel": channel })).await;
            act(&app, &laura, &code, "assignments", json!({ "assignee": omar.id })).await.expect(200);
            codes.push(code);
        }
        // the same notice, whichever way it came.
        let notices = stage::mails(&app, &email_of("Omar")).await;
        let of_case = |mail: &Content| matches!(mail, Content::Assigned { facts, .. } if facts.detail == "El detalle de la solicitud.");
        assert_eq!(notices.iter().filter(|mail| of_case(mail)).count(), codes.len(), "{notices:?}");

        let code = &codes[0];
        act(&app, &omar, code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        let token = session(&app, &place, place.ana).await;
        let note = json!({ "body": "También falla el otro equipo." });
        app.post(&format!("/api/v1/portal/tickets/{code}/messages")).bearer(&token).with_key().json(&note).send().await.expect(201);
        act(&app, &omar, code, "messages", json!({ "visibility": "internal", "body": "Se prueba con otro cable." })).await.expect(201);
        // the history keeps what the user and the specialist say.
        let seen = view(&app, &laura, code).await;
        let said = written(&seen);
        assert!(said.contains(&("Ana María Rojas", Visibility::Public, "También falla el otro equipo.")), "{said:?}");
        assert!(said.contains(&("Omar", Visibility::Internal, "Se prueba con otro cable.")), "{said:?}");
        // both follow it while it is worked on.
        let mine = of_requester(&app, &place, code).await;
        assert_eq!((seen.status, mine.status.id), (Status::InProgress, Status::InProgress));
        assert!(mine.history.len() > 1, "{:?}", mine.history);
        // one message takes so many; a case takes any number.
        let mut sent = 0;
        for size in [20, 5] {
            let mut files = Vec::new();
            for _ in 0..size {
                files.push(upload(&app, &omar).await);
            }
            act(&app, &omar, code, "messages", json!({ "visibility": "public", "body": "Las evidencias.", "attachments": files })).await.expect(201);
            sent += size;
        }
        assert_eq!(view(&app, &laura, code).await.attachments.len(), sent);
        // evidence comes with the solution, and the user can open it.
        let proof = upload(&app, &omar).await;
        let reason = view(&app, &omar, code).await.allowed_commands.into_iter().find(|row| row.command.as_str() == "solve").unwrap().reasons.first().map(|reason| reason.id.clone());
        let solution = json!({ "solution": "Se cambió el cable.", "reason": reason, "attachments": [proof] });
        act(&app, &omar, code, "solutions", solution).await.expect(200);
        app.get(&format!("/api/v1/portal/tickets/{code}/attachments/{proof}")).bearer(&session(&app, &place, place.ana).await).send().await.expect(200);
        let kept: Value = app.get(&format!("/api/v1/tickets/{code}")).by(&fresh(&app, &laura).await).send().await.expect(200).json();
        assert!(kept["solution_log"].to_string().contains("Se cambió el cable."));
    }
}
