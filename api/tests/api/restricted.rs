//! Restricted tickets: for most they do not exist, wherever they look, and a few see them.

use api::auth::session::Audience;
use api::db::DbConnection;
use api::db::schema::{group_members, outbox, tickets};
use api::http::ApiError;
use api::sla;
use chrono::TimeDelta;
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::people::Person;
use shared::api::portal::{RequesterTicket, RequesterTicketRow};
use shared::api::problem::ProblemType;
use shared::api::tickets::{TicketRow, ViewCounts};
use shared::ticket::actor::Privilege;

use crate::harness::{Agent, TestApp};
use crate::process::{Place, act, agent, email_of, fresh, place, record, session, view};
use crate::stage::{self, ANA};

/// Words of the restricted ticket that nobody else uses.
const SECRET: &str = "Phishing al director";

async fn get(app: &TestApp, who: &Agent, path: &str) -> crate::harness::Answer {
    app.get(path).by(&fresh(app, who).await).send().await
}

/// The codes of a list.
async fn listed(app: &TestApp, who: &Agent, query: &str) -> Vec<String> {
    let path = format!("/api/v1/tickets?{query}");
    let page: Page<TicketRow> = get(app, who, &path).await.expect(200).json();
    page.items.into_iter().map(|row| row.code).collect()
}

async fn counts(app: &TestApp, who: &Agent) -> ViewCounts {
    get(app, who, "/api/v1/tickets/counts")
        .await
        .expect(200)
        .json()
}

/// Who got mails about a ticket.
async fn told(app: &TestApp, code: &str, template: &'static str) -> Vec<String> {
    let code = code.to_owned();
    app.seed(move |conn| {
        let rows = outbox::table
            .inner_join(tickets::table.on(outbox::ticket_id.eq(tickets::id.nullable())))
            .filter(tickets::code.eq(code))
            .filter(outbox::template.eq(template))
            .order(outbox::recipient)
            .select(outbox::recipient)
            .load(conn)?;
        Ok::<Vec<String>, ApiError>(rows)
    })
    .await
}

async fn leave_groups(app: &TestApp, who: &Agent) {
    let user = who.id;
    app.seed(move |conn: &mut DbConnection| {
        diesel::delete(group_members::table.filter(group_members::user_id.eq(user)))
            .execute(conn)?;
        Ok(())
    })
    .await;
}

/// A security incident by its category, in the hands of its group.
async fn incident(app: &TestApp, place: &Place, by: &Agent) -> String {
    let more = json!({
        "category": "correo-electronico-correo-sospechoso", "request_type": "incident", "priority": "high", "subject": SECRET
    });
    record(app, place, by, more).await
}

/// An ordinary ticket at Infortec's desk.
async fn ordinary(app: &TestApp, place: &Place, by: &Agent) -> String {
    let more = json!({ "category": "eset", "request_type": "incident", "priority": "p3", "channel": "phone" });
    record(app, place, by, more).await
}

both! {
    ///
    async fn a_restricted_ticket_is_nowhere_for_who_may_not_see_it_and_everywhere_for_who_may(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let sofia = agent(&app, &place, "Sofia", "seguridad").await;
        let carla = app.agent("Carla", &[(place.desk, Privilege::ALL)]).await;
        let admin = app.admin("Admin").await;
        let code = incident(&app, &place, &laura).await;
        let path = format!("/api/v1/tickets/{code}");
        let file = {
            let id = crate::process::upload(&app, &sofia).await;
            let note = json!({ "visibility": "public", "body": "Va el correo.", "attachments": [id] });
            act(&app, &sofia, &code, "messages", note).await.expect(201);
            format!("{path}/attachments/{id}")
        };

        let lists = [
            "view=all".to_owned(), "view=group".to_owned(), "view=unassigned".to_owned(), "view=due_soon".to_owned(), "desk=uspec".to_owned(),
            format!("q={code}"), "q=phishing".to_owned(), "q=rojas".to_owned(), format!("requester={}", place.ana), "status=new".to_owned(),
            "group=seguridad".to_owned(), "sort=-updated".to_owned(), "priority=high".to_owned(),
        ];
        for query in &lists {
            assert!(listed(&app, &laura, query).await.is_empty(), "{query}");
        }
        assert_eq!(counts(&app, &laura).await, ViewCounts::default());
        for address in [path.clone(), format!("{path}/timeline"), format!("{path}/sla"), format!("{path}/follow-ups"), file.clone()] {
            get(&app, &laura, &address).await.problem(ProblemType::NotFound);
        }
        for (deed, body) in [
            ("messages", json!({ "visibility": "internal", "body": "Hola." })),
            ("assignments", json!({ "assignee": laura.id })),
            ("escalations", json!({ "assignee": laura.id, "justification": "Prueba." })),
            ("priority-changes", json!({ "priority": "low", "reason": "Prueba." })),
            ("solutions", json!({ "solution": "Listo.", "reason": "solution_given" })),
            ("transitions", json!({ "command": "start" })),
            ("category-changes", json!({ "category": "licenciamiento-licencia-office" })),
            ("contact-attempts", json!({ "channel": "phone", "result": "no_answer" })),
            ("control-answers", json!({ "control": "c1", "answer": true })),
            ("follow-ups", json!({ "step": "first", "text": "¿Sigue ahí?" })),
            ("extra", json!({ "extra": {} })),
            ("marks", json!({ "mark": "problem", "on": true })),
            ("causes", json!({ "cause": "Un enlace." })),
            ("relations", json!({ "children": ["USP-1"] })),
            ("merge", json!({ "into": "USP-1" })),
            ("approval-decisions", json!({ "role": "nadie", "decision": "approved" })),
        ] {
            let answer = act(&app, &laura, &code, deed, body).await;
            assert_eq!(answer.status, 404, "{deed}: {}", answer.text());
        }
        for gone in [format!("{path}/relations/USP-1"), format!("{path}/merge")] {
            app.call(Method::DELETE, &gone).by(&fresh(&app, &laura).await).if_match(1).send().await.expect(404);
        }
        // Nor is it told by way of another ticket, or of its people.
        let more = json!({ "category": "licenciamiento-licencia-office", "priority": "medium" });
        let other = record(&app, &place, &laura, more).await;
        act(&app, &laura, &other, "relations", json!({ "children": [code] })).await.problem(ProblemType::Validation);
        act(&app, &laura, &other, "merge", json!({ "into": code })).await.problem(ProblemType::Validation);
        assert_eq!(view(&app, &laura, &other).await.requester.other_open_tickets, 0);
        assert_eq!(view(&app, &carla, &other).await.requester.other_open_tickets, 1);
        let open = async |who: &Agent| get(&app, who, &format!("/api/v1/people/{}", place.ana)).await.expect(200).json::<Person>().open_tickets;
        assert_eq!((open(&laura).await, open(&carla).await), (1, 2));
        act(&app, &carla, &other, "relations", json!({ "children": [code] })).await.expect(200);
        assert!(view(&app, &laura, &other).await.relations.is_empty());
        assert_eq!(view(&app, &carla, &other).await.relations.len(), 1);
        assert_eq!(listed(&app, &laura, "view=all").await, std::slice::from_ref(&other));

        // A program sees nothing of it either, whosever it is.
        let token = json!({ "name": "Monitoreo", "scopes": ["tickets:read", "tickets:write"], "expires_in_days": 30 });
        let token: Value = app.post("/api/v1/tokens").by(&fresh(&app, &carla).await).json(&token).send().await.expect(201).json();
        let token = token["secret"].as_str().unwrap();
        app.get(&path).bearer(token).send().await.expect(404);
        let page: Page<TicketRow> = app.get("/api/v1/tickets").bearer(token).send().await.expect(200).json();
        assert_eq!(page.items.len(), 1);

        // Its group, those with the right, and who administers everything see it everywhere.
        for who in [&sofia, &carla, &admin] {
            assert!(view(&app, who, &code).await.restricted);
            for address in [path.clone(), format!("{path}/timeline"), format!("{path}/sla"), format!("{path}/follow-ups"), file.clone()] {
                get(&app, who, &address).await.expect(200);
            }
            for query in lists.iter().filter(|query| *query != "view=group" && *query != "view=due_soon") {
                assert!(listed(&app, who, query).await.contains(&code), "{query}");
            }
            let counted = counts(&app, who).await;
            assert_eq!((counted.all, counted.unassigned), (2, 2));
        }
        assert_eq!(listed(&app, &sofia, "view=group").await, std::slice::from_ref(&code));
        assert_eq!(counts(&app, &sofia).await.group, 1);
        act(&app, &carla, &code, "messages", json!({ "visibility": "internal", "body": "Lo veo." })).await.expect(201);

        // Whoever asked sees their own in the portal, and nobody else there.
        let (ana, ben) = (session(&app, &place, place.ana).await, session(&app, &place, place.ben).await);
        let mine = format!("/api/v1/portal/tickets/{code}");
        let own: RequesterTicket = app.get(&mine).bearer(&ana).send().await.expect(200).json();
        assert_eq!(own.subject, SECRET);
        app.get(&mine).bearer(&ben).send().await.expect(404);
        let rows: Page<RequesterTicketRow> = app.get("/api/v1/portal/tickets").bearer(&ana).send().await.expect(200).json();
        assert_eq!(rows.items.len(), 2);
    }

    ///
    async fn whoever_is_in_charge_sees_a_restricted_ticket_as_long_as_they_are(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let nora = agent(&app, &place, "Nora", "mesa").await;
        let code = ordinary(&app, &place, &laura).await;
        act(&app, &nora, &code, "assignments", json!({ "assignee": nora.id })).await.expect(200);
        act(&app, &nora, &code, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        leave_groups(&app, &nora).await;
        leave_groups(&app, &laura).await;
        let path = format!("/api/v1/tickets/{code}");
        assert!(view(&app, &nora, &code).await.restricted, "the assignee");
        assert_eq!(listed(&app, &nora, "view=mine").await, std::slice::from_ref(&code));
        assert_eq!((counts(&app, &nora).await.mine, counts(&app, &nora).await.all), (1, 1));
        get(&app, &laura, &path).await.expect(404);
        assert_eq!(counts(&app, &laura).await.all, 0);
        stage::join_group(&app, &laura, place.desk, "mesa").await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        get(&app, &nora, &path).await.expect(404);
        assert_eq!(counts(&app, &nora).await.all, 0);
    }

    ///
    async fn the_right_counts_at_the_desk_where_it_is_held(app: TestApp) {
        let (uspec, infortec) = (place(&app, "uspec").await, place(&app, "infortec").await);
        let laura = agent(&app, &uspec, "Laura", "mesa").await;
        let nora = agent(&app, &infortec, "Nora", "mesa").await;
        let here = incident(&app, &uspec, &laura).await;
        let there = ordinary(&app, &infortec, &nora).await;
        act(&app, &nora, &there, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        let read = [Privilege::TicketRead];
        let both = app.agent("Berta", &[(uspec.desk, &[Privilege::TicketRead, Privilege::RestrictedRead]), (infortec.desk, &read)]).await;
        assert_eq!(listed(&app, &both, "view=all").await, std::slice::from_ref(&here));
        assert_eq!(counts(&app, &both).await.all, 1);
        assert!(listed(&app, &both, "desk=infortec").await.is_empty());
        assert_eq!(listed(&app, &both, "desk=uspec").await, std::slice::from_ref(&here));
        get(&app, &both, &format!("/api/v1/tickets/{here}")).await.expect(200);
        get(&app, &both, &format!("/api/v1/tickets/{there}")).await.expect(404);
    }

    ///
    async fn an_answer_that_was_kept_is_not_given_once_the_ticket_is_restricted(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pablo = agent(&app, &place, "Pablo", "endpoint").await;
        let code = ordinary(&app, &place, &laura).await;
        let note = json!({ "visibility": "internal", "body": "Nota." });
        let path = format!("/api/v1/tickets/{code}/messages");
        let send = async || {
            let pablo = Agent { id: pablo.id, token: app.sign_in(Audience::Console, pablo.id, None).await };
            app.post(&path).by(&pablo).header("idempotency-key", "nota-1").json(&note).send().await
        };
        send().await.expect(201);
        assert_eq!(send().await.expect(201).header("idempotency-replayed"), Some("true"));
        act(&app, &laura, &code, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        send().await.problem(ProblemType::NotFound);
    }

    /// what one agent was given is kept for those who see the same, and for nobody else.
    async fn a_kept_page_is_given_to_nobody_who_sees_less(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pablo = agent(&app, &place, "Pablo", "endpoint").await;
        let carla = app.agent("Carla", &[(place.desk, Privilege::ALL)]).await;
        let diana = app.agent("Diana", &[(place.desk, Privilege::ALL)]).await;
        let open = ordinary(&app, &place, &laura).await;
        let held = ordinary(&app, &place, &laura).await;
        act(&app, &laura, &held, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &held, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        // Signing in writes; from here on nobody does, so that whatever is kept is given.
        let mut agents = Vec::new();
        for agent in [&carla, &diana, &pablo, &laura] {
            agents.push(fresh(&app, agent).await);
        }
        let ask = async |who: &Agent, path: &str| app.get(path).by(who).send().await.expect(200);
        let all = "/api/v1/tickets?desk=infortec&sort=created";
        let codes = async |who: &Agent, path: &str| {
            let page: Page<TicketRow> = ask(who, path).await.json();
            page.items.into_iter().map(|row| row.code).collect::<Vec<_>>()
        };
        for _ in 0..2 {
            for (agent, wanted) in agents.iter().zip([&[&open, &held][..], &[&open, &held], &[&open], &[&open, &held]]) {
                assert_eq!(codes(agent, all).await.iter().collect::<Vec<_>>(), wanted);
            }
            let mine = "/api/v1/tickets?desk=infortec&view=mine";
            assert!(codes(&agents[0], mine).await.is_empty());
            assert_eq!(codes(&agents[3], mine).await, [held.as_str()]);
            for (agent, mine) in [(&agents[0], 0), (&agents[2], 0), (&agents[3], 1)] {
                assert_eq!(ask(agent, "/api/v1/tickets/counts").await.json::<ViewCounts>().mine, mine);
            }
            let label = async |lang: &str| {
                let page: Value = app.get(all).by(&agents[0]).header("accept-language", lang).send().await.expect(200).json();
                page["items"][0]["status_label"].as_str().unwrap().to_owned()
            };
            assert_ne!(label("es").await, label("en").await);
        }
        // Both who see everything share a page, in two languages; the two others and "mine" have their own. On PostgreSQL
        // whatever else is written to the cluster ends them.
        if !app.state.db.is_postgres() {
            assert_eq!((app.state.kept.pages.count(), app.state.kept.counts.count()), (6, 3));
        }
    }

    ///
    async fn mails_loads_and_open_children_tell_nothing_of_a_restricted_ticket(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let pablo = agent(&app, &place, "Pablo", "endpoint").await;
        let carla = app.agent("Carla", &[(place.desk, Privilege::ALL)]).await;
        let parent = ordinary(&app, &place, &laura).await;
        let child = ordinary(&app, &place, &laura).await;
        act(&app, &laura, &parent, "relations", json!({ "children": [child] })).await.expect(200);
        act(&app, &laura, &child, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        act(&app, &laura, &child, "marks", json!({ "mark": "security", "on": true })).await.expect(200);
        let load = async |who: &Agent| {
            let list: Value = get(&app, who, "/api/v1/desks/infortec/agents").await.expect(200).json();
            let rows = list["items"].as_array().unwrap().clone();
            rows.iter().find(|row| row["id"] == laura.id).unwrap()["open_tickets"].as_i64()
        };
        assert_eq!((load(&pablo).await, load(&carla).await, load(&laura).await), (Some(0), Some(1), Some(1)));

        act(&app, &laura, &parent, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let up = json!({ "level": 2, "group": "endpoint", "assignee": pablo.id, "justification": "Requiere la consola." });
        act(&app, &laura, &parent, "escalations", up).await.expect(200);
        assert!(view(&app, &pablo, &parent).await.relations.is_empty());

        // Both breach; who coordinates without the right reads of one of them only.
        app.advance(TimeDelta::days(9));
        sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        let (of_parent, of_child) = (told(&app, &parent, "sla_breached").await, told(&app, &child, "sla_breached").await);
        assert!(of_parent.contains(&email_of("Pablo")) && of_parent.contains(&email_of("Carla")), "{of_parent:?}");
        assert!(!of_child.contains(&email_of("Pablo")), "{of_child:?}");
        assert!(of_child.contains(&email_of("Carla")) && of_child.contains(&email_of("Laura")), "{of_child:?}");
        assert!(told(&app, &child, "ticket_created").await.contains(&ANA.to_owned()));

        act(&app, &pablo, &parent, "solutions", json!({ "solution": "Listo." })).await.expect(200);
    }
}
