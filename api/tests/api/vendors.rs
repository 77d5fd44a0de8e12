//! A vendor's people see and do what was given to them, and nothing else.

use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::tickets::{TicketRow, TimelineBody};
use shared::ticket::actor::Privilege;
use shared::ticket::command::CommandKind;
use shared::ticket::status::Status;

use crate::harness::{Agent, TestApp};
use crate::process::{act, agent, fresh, place, record, upload, view};

async fn listed(app: &TestApp, who: &Agent, query: &str) -> Vec<String> {
    let who = fresh(app, who).await;
    let page: Page<TicketRow> = app
        .get(&format!("/api/v1/tickets?{query}"))
        .by(&who)
        .send()
        .await
        .expect(200)
        .json();
    page.items.into_iter().map(|row| row.code).collect()
}

both! {
    ///
    async fn a_vendors_people_see_only_what_they_were_given(app: TestApp) {
        let place = place(&app, "victimas").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let rosa = agent(&app, &place, "Rosa", "proveedor").await;
        let more = json!({ "category": "informacion", "urgency": "low" });
        let other = record(&app, &place, &laura, more.clone()).await;
        let code = record(&app, &place, &laura, more).await;
        let note = upload(&app, &laura).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &code, "messages", json!({ "visibility": "internal", "body": "La clave es 1234.", "attachments": [note] })).await.expect(201);
        act(&app, &laura, &code, "transitions", json!({ "command": "start", "reason": "attention_begins" })).await.expect(200);
        assert_eq!(listed(&app, &rosa, "view=all").await, Vec::<String>::new());
        let path = format!("/api/v1/tickets/{code}");
        for address in [path.clone(), format!("{path}/timeline"), format!("{path}/sla"), format!("{path}/follow-ups"), format!("{path}/attachments/{note}")] {
            app.get(&address).by(&fresh(&app, &rosa).await).send().await.expect(404);
        }
        act(&app, &rosa, &code, "messages", json!({ "visibility": "internal", "body": "Hola." })).await.expect(404);
        let end = json!({ "command": "mark_not_managed", "reason": "out_of_scope", "description": "No." });
        act(&app, &rosa, &other, "transitions", end).await.expect(404);

        app.advance(chrono::TimeDelta::minutes(5));
        act(&app, &laura, &code, "transitions", json!({ "command": "send_to_vendor", "assignee": rosa.id, "group": "proveedor" })).await.expect(200);
        assert_eq!(listed(&app, &rosa, "view=all").await, [code.as_str()]);
        assert_eq!(listed(&app, &rosa, "view=all&desk=victimas").await, [code.as_str()]);
        let counts: Value = app.get("/api/v1/tickets/counts").by(&fresh(&app, &rosa).await).send().await.expect(200).json();
        assert_eq!((counts["all"].as_i64(), counts["mine"].as_i64()), (Some(1), Some(1)));
        let seen = view(&app, &rosa, &code).await;
        assert_eq!(seen.status, Status::WithVendor);
        let read = seen.timeline.iter().any(|entry| matches!(&entry.body, TimelineBody::Message { body, .. } if body.contains("1234")));
        assert!(!read && seen.attachments.is_empty(), "the vendor reads what was written before the hand-over");
        app.get(&format!("{path}/attachments/{note}")).by(&fresh(&app, &rosa).await).send().await.expect(404);
        app.get(&format!("{path}/attachments/{note}")).by(&fresh(&app, &laura).await).send().await.expect(200);
        let offered: Vec<CommandKind> = seen.allowed_commands.iter().map(|row| row.command).collect();
        assert!(offered.contains(&CommandKind::Solve) && offered.contains(&CommandKind::ReturnFromVendor), "{offered:?}");
        assert!(!offered.contains(&CommandKind::Suspend) && !offered.contains(&CommandKind::Escalate), "{offered:?}");
        app.get(&format!("/api/v1/tickets/{other}")).by(&fresh(&app, &rosa).await).send().await.expect(404);

        // A program of theirs has no group, and so nothing at all.
        let token = json!({ "name": "Monitoreo", "scopes": ["tickets:read"], "expires_in_days": 30 });
        let token: Value = app.post("/api/v1/tokens").by(&fresh(&app, &rosa).await).json(&token).send().await.expect(201).json();
        let secret = token["secret"].as_str().or(token["token"].as_str()).unwrap().to_owned();
        let page = app.get("/api/v1/tickets?view=all").bearer(&secret).send().await;
        assert!(page.status != 200 || page.json::<Page<TicketRow>>().items.is_empty());

        act(&app, &rosa, &code, "transitions", json!({ "command": "return_from_vendor", "reason": "vendor_returned" })).await.expect(200);
        assert_eq!(listed(&app, &rosa, "view=all").await, Vec::<String>::new());
        app.get(&path).by(&fresh(&app, &rosa).await).send().await.expect(404);
        // Somebody who is in a group of the desk, too, is no stranger.
        let mia = agent(&app, &place, "Mia", "proveedor").await;
        crate::stage::join_group(&app, &mia, place.desk, "mesa").await;
        assert_eq!(listed(&app, &mia, "view=all").await.len(), 2);
        let _ = Privilege::ALL;
    }
}
