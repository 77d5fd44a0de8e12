//! Who appoints approvers and what is kept of it, what waits for whom, and what becomes of an approval that nobody can give.

use api::db::schema::{approver_changes, approvers};
use api::desks::registry::DeskRegistry;
use api::tickets::audit;
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::problem::ProblemType;
use shared::api::process::{ApproverChange, ApproverRoles};
use shared::ticket::actor::Privilege;

use crate::harness::{Agent, TestApp};
use crate::process::{Place, agent, appoint, fresh, place};
use crate::stage;

const ROLE: &str = "oficina_riesgos";

async fn person(app: &TestApp, place: &Place, name: &'static str, email: &'static str) -> i64 {
    let (desk, now) = (place.desk, app.clock.now());
    app.seed(move |conn| stage::add_person(conn, desk, name, email, now))
        .await
}

async fn roles(app: &TestApp, by: &Agent) -> ApproverRoles {
    let by = fresh(app, by).await;
    app.get("/api/v1/desks/icetex/approvers")
        .by(&by)
        .send()
        .await
        .expect(200)
        .json()
}

async fn faults(app: &TestApp) -> Vec<String> {
    app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?.faults))
        .await
}

both! {
    ///
    async fn only_the_administration_of_the_desk_appoints_approvers_and_never_a_program(app: TestApp) {
        let place = place(&app, "icetex").await;
        person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let rights = |without: Privilege| Privilege::ALL.iter().copied().filter(|right| *right != without).collect::<Vec<_>>();
        let carlos = app.agent("Carlos", &[(place.desk, &rights(Privilege::DeskAdmin))]).await;
        let paula = app.agent("Paula", &[(place.desk, &[Privilege::DeskAdmin])]).await;
        let path = format!("/api/v1/desks/icetex/approvers/{ROLE}");
        let body = json!({ "holders": [{ "email": "rita@example.org" }] });
        // Whoever coordinates does not make himself the risk office.
        for address in ["/api/v1/desks/icetex/approvers", "/api/v1/desks/icetex/approver-changes"] {
            app.get(address).by(&carlos).send().await.problem(ProblemType::Forbidden);
        }
        app.call(Method::PUT, &path).by(&carlos).if_match(0).json(&body).send().await.problem(ProblemType::Forbidden);

        let token = json!({ "name": "Monitoreo", "scopes": ["tickets:read", "tickets:write", "people:write"], "expires_in_days": 30 });
        let token: Value = app.post("/api/v1/tokens").by(&paula).json(&token).send().await.expect(201).json();
        let secret = token["secret"].as_str().unwrap();
        for address in ["/api/v1/desks/icetex/approvers", "/api/v1/desks/icetex/approver-changes"] {
            app.get(address).bearer(secret).send().await.problem(ProblemType::Forbidden);
        }
        app.call(Method::PUT, &path).bearer(secret).if_match(0).json(&body).send().await.problem(ProblemType::Forbidden);
        assert!(roles(&app, &paula).await.items.iter().all(|role| role.holders.is_empty()));
        app.call(Method::PUT, &path).by(&paula).if_match(0).json(&body).send().await.expect(200);
        assert_eq!(roles(&app, &paula).await.items[0].holders[0].email, "rita@example.org");
    }

    ///
    async fn two_who_appoint_at_once_do_not_overwrite_each_other(app: TestApp) {
        let place = place(&app, "icetex").await;
        person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let paula = app.agent("Paula", &[(place.desk, &[Privilege::DeskAdmin])]).await;
        let path = format!("/api/v1/desks/icetex/approvers/{ROLE}");
        let put = |body: Value| app.call(Method::PUT, &path).by(&paula).json(&body);
        let rita = json!({ "holders": [{ "email": "rita@example.org" }] });
        let ben = json!({ "holders": [{ "email": stage::BEN, "deputy": true }] });
        put(rita.clone()).send().await.problem(ProblemType::PreconditionRequired);
        let first = put(rita.clone()).if_match(0).send().await.expect(200);
        assert!(first.header("etag").is_some_and(|tag| tag.starts_with("\"1.")), "{:?}", first.header("etag"));
        put(ben.clone()).if_match(0).send().await.problem(ProblemType::VersionMismatch);
        assert_eq!(roles(&app, &paula).await.items[0].holders[0].full_name.as_deref(), Some("Rita Pardo"));
        // The same list again is no change.
        let same: ApproverRoles = put(rita).if_match(1).send().await.expect(200).json();
        assert_eq!(same.version, 1);

        // Of many who saw the same list one is heard.
        let calls = (0..6).map(|_| put(ben.clone()).if_match(1).send());
        let answers = futures_util::future::join_all(calls).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.status == 412).count(), 5);
        assert_eq!(roles(&app, &paula).await.version, 2);
        assert!(faults(&app).await.is_empty());
    }

    ///
    async fn who_appointed_whom_is_kept_and_a_change_behind_it_is_found(app: TestApp) {
        let place = place(&app, "icetex").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let paula = app.agent("Paula", &[(place.desk, &[Privilege::DeskAdmin])]).await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        appoint(&app, &paula, "icetex", ROLE, &json!([{ "email": stage::BEN }, { "email": "rita@example.org", "deputy": true }])).await.expect(200);
        appoint(&app, &laura, "icetex", ROLE, &json!([])).await.expect(200);
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);

        let first: Page<ApproverChange> = app.get("/api/v1/desks/icetex/approver-changes?limit=3").by(&paula).send().await.expect(200).json();
        let next = first.next.unwrap();
        let rest: Page<ApproverChange> = app.get(&format!("/api/v1/desks/icetex/approver-changes?limit=3&cursor={next}")).by(&paula).send().await.expect(200).json();
        assert_eq!(rest.next, None);
        app.get(&format!("/api/v1/desks/icetex/approver-changes?cursor={next}")).by(&laura).send().await.problem(ProblemType::BadCursor);
        let told: Vec<_> = first.items.into_iter().chain(rest.items).map(|change| {
            let names = |list: Vec<shared::api::process::AppointedApprover>| {
                list.into_iter().map(|one| format!("{}{}", one.full_name, if one.deputy { "*" } else { "" })).collect::<Vec<_>>().join(", ")
            };
            assert_eq!(change.role.label, "Oficina de riesgos");
            assert_eq!(change.at, app.clock.now());
            (change.number, change.by, names(change.before), names(change.after))
        }).collect();
        let row = |number: i32, by: &str, before: &str, after: &str| (number, by.to_owned(), before.to_owned(), after.to_owned());
        assert_eq!(told, [
            row(4, "Laura", "", "Rita Pardo"),
            row(3, "Laura", "Ben Luna, Rita Pardo*", ""),
            row(2, "Paula", "Rita Pardo", "Ben Luna, Rita Pardo*"),
            row(1, "Laura", "", "Rita Pardo"),
        ]);
        assert!(faults(&app).await.is_empty());

        // Somebody at the database: a deputy made a holder, another author, another name in the text, a role without a trace.
        let (desk, ben) = (place.desk, place.ben);
        let spoil = |what: &'static str| app.seed(move |conn| {
            let of = |seq: i32| approver_changes::table.filter(approver_changes::seq.eq(seq));
            match what {
                "holder" => diesel::update(approvers::table.filter(approvers::person_id.eq(rita))).set(approvers::person_id.eq(ben)).execute(conn)?,
                "back" => diesel::update(approvers::table.filter(approvers::person_id.eq(ben))).set(approvers::person_id.eq(rita)).execute(conn)?,
                "author" => diesel::update(of(2)).set(approver_changes::actor_name.eq("Laura")).execute(conn)?,
                "undo" => diesel::update(of(2)).set(approver_changes::actor_name.eq("Paula")).execute(conn)?,
                "gone" => diesel::delete(of(4)).execute(conn)?,
                _ => diesel::insert_into(approvers::table).values((approvers::desk_id.eq(desk), approvers::role.eq("coordinacion_infraestructura"), approvers::person_id.eq(ben), approvers::deputy.eq(false), approvers::place.eq(0))).execute(conn)?,
            };
            Ok(())
        });
        spoil("holder").await;
        assert_eq!(faults(&app).await, ["approvers of icetex: `oficina_riesgos` has other holders than its last change"]);
        spoil("back").await;
        spoil("author").await;
        // The hash of each change covers those before it.
        assert_eq!(faults(&app).await[0], "approvers of icetex: change 2 was changed");
        spoil("undo").await;
        assert!(faults(&app).await.is_empty());
        spoil("gone").await;
        assert_eq!(faults(&app).await, ["approvers of icetex: `oficina_riesgos` has other holders than its last change"]);
        spoil("slip in").await;
        assert!(faults(&app).await.contains(&"approvers of icetex: no change appoints the holders of `coordinacion_infraestructura`".to_owned()));
    }
}
