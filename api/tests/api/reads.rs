//! Tickets that are read together: to each what it would be given alone.

use api::db::DbConnection;
use api::db::loader::Ask;
use api::http::ApiError;
use api::tickets::sight::{Sight, Visible};
use api::tickets::view::TicketAsk;
use serde_json::json;
use shared::api::tickets::TicketView;
use shared::ticket::actor::{Actor, PrivilegeSet};

use crate::queue::{act, record};
use crate::stage::{self, ANA, BEN};
use crate::tickets::member;

both! {
    async fn tickets_that_are_read_together_are_as_those_that_are_read_alone(app: TestApp) {
        let stage = stage::set(&app).await;
        let (elsewhere, _) = stage::set_second(&app).await;
        let laura = member(&app, &stage, "Laura", "mesa").await;
        let mut codes = Vec::new();
        for (email, subject) in [(ANA, "Uno"), (BEN, "Dos"), (ANA, "Tres \"con\" comillas"), (ANA, "Cuatro")] {
            codes.push(record(&app, &laura, email, subject).await);
        }
        for body in ["Estamos en ello.", "Sigue igual."] {
            act(&app, &laura, &codes[0], "messages", json!({ "visibility": "public", "body": body }), 201).await;
            act(&app, &laura, &codes[2], "messages", json!({ "visibility": "internal", "body": body }), 201).await;
        }
        act(&app, &laura, &codes[2], "assignments", json!({ "assignee": laura.id }), 200).await;
        act(&app, &laura, &codes[2], "escalations", json!({ "level": 2, "group": "endpoint", "justification": "Del nivel 2." }), 200).await;
        // More happened to this one than is read for a page.
        for turn in 0..45 {
            let priority = if turn % 2 == 0 { "p1" } else { "p2" };
            act(&app, &laura, &codes[3], "priority-changes", json!({ "priority": priority, "reason": "Afecta a todos." }), 200).await;
            act(&app, &laura, &codes[3], "messages", json!({ "visibility": "internal", "body": "Otra vez." }), 201).await;
        }
        // One of them is read twice at once, and one that is not there.
        codes.extend([codes[0].clone(), "INF-999999".to_owned()]);
        let program = Actor::ApiClient { token_id: 1, name: String::new(), privileges: PrivilegeSet::default() };
        let own = stage.desk;
        let alone = [
            Sight::whole(Some(vec![elsewhere, own])),
            Sight::whole(Some(Vec::new())),
            Sight { desks: Some(vec![own]), visible: Visible::to_actor(&program) },
            Sight { desks: None, visible: Visible::to_actor(&program) },
        ];
        for sight in alone {
            let ask = TicketAsk { code: codes[0].clone(), sight };
            assert!(ask.is_alone(), "{ask:?}");
        }
        let sights = [Sight::whole(Some(vec![own])), Sight::whole(None), Sight::whole(Some(vec![elsewhere]))];
        let asks: Vec<TicketAsk> = codes.iter().flat_map(|code| sights.iter().map(|sight| TicketAsk { code: code.clone(), sight: sight.clone() })).collect();
        assert!(asks.iter().all(|ask| !ask.is_alone()));
        let number = asks.len();
        let (alone, together) = app.seed(move |conn: &mut DbConnection| {
            let mut alone = Vec::new();
            for ask in &asks {
                alone.push(format!("{:?}", ask.one(conn)?));
            }
            let all: Vec<&TicketAsk> = asks.iter().collect();
            let together = TicketAsk::all(&all, conn)?;
            Ok::<_, ApiError>((alone, together.iter().map(|found| format!("{found:?}")).collect::<Vec<_>>()))
        }).await;
        assert_eq!(alone.len(), number);
        for (alone, together) in alone.iter().zip(&together) {
            assert_eq!(alone, together);
        }
        assert_eq!(together.len(), number);
        let found = alone.iter().filter(|found| found.as_str() != "None").count();
        assert_eq!(found, 5 * 2, "five codes that are there, in the two sights that have their desk");
    }

    async fn many_who_ask_at_once_are_each_given_their_own_ticket(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = member(&app, &stage, "Laura", "mesa").await;
        let mut asked = Vec::new();
        for number in 0..12 {
            let subject = format!("Caso {number}");
            let code = record(&app, &laura, ANA, &subject).await;
            asked.push((code, Some(subject)));
        }
        asked.push(("INF-999999".to_owned(), None));
        let mut calls = Vec::new();
        for (code, subject) in asked.iter().cycle().take(52).cloned() {
            let call = app.get(&format!("/api/v1/tickets/{code}")).by(&laura);
            calls.push(tokio::spawn(async move { (call.send().await, code, subject) }));
        }
        for call in calls {
            let (answer, code, subject) = call.await.unwrap();
            match subject {
                Some(subject) => {
                    let ticket: TicketView = answer.expect(200).json();
                    assert_eq!((ticket.code, ticket.subject), (code, subject));
                }
                None => drop(answer.expect(404)),
            }
        }
    }
}
