//! Who appoints approvers and what is kept of it, what waits for whom, and what becomes of an approval that nobody can give.

use api::db::schema::{approval_asks, approver_changes, approvers, people, tickets};
use api::db::{DbConnection, Ts};
use api::desks::registry::DeskRegistry;
use api::tickets::audit;
use chrono::TimeDelta;
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::people::Person;
use shared::api::portal::{PortalApproval, PortalApprovalRow};
use shared::api::problem::ProblemType;
use shared::api::process::{ApprovalRow, ApproverChange, ApproverRoles};
use shared::ticket::actor::Privilege;
use shared::ticket::status::Status;

use crate::harness::{Agent, TestApp};
use crate::process::{
    Place, act, agent, appoint, fresh, mailed, place, place_with, record, session, status, upload,
    view,
};
use crate::stage;

const ROLE: &str = "oficina_riesgos";

async fn person(app: &TestApp, place: &Place, name: &'static str, email: &'static str) -> i64 {
    let (desk, now) = (place.desk, app.clock.now());
    app.seed(move |conn| stage::add_person(conn, desk, name, email, now))
        .await
}

/// The code of a ticket of Ana's that is ready to be asked about.
async fn reviewed(app: &TestApp, place: &Place, laura: &Agent) -> String {
    let kind = json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" });
    let code = record(app, place, laura, kind).await;
    let complete = json!({ "control": "complete", "answer": true });
    act(app, laura, &code, "control-answers", complete)
        .await
        .expect(200);
    code
}

/// The code of a ticket of Ana's that waits for both roles.
async fn asked(app: &TestApp, place: &Place, laura: &Agent) -> String {
    let code = reviewed(app, place, laura).await;
    let proof = upload(app, laura).await;
    let ask = json!({ "command": "request_approval", "attachments": [proof] });
    act(app, laura, &code, "transitions", ask).await.expect(200);
    code
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

/// Lets changes of approvers be changed, as whoever owns the database can.
async fn open_the_trace(app: &TestApp) {
    app.seed(|conn| {
        match conn {
            DbConnection::Pg(pg) => {
                diesel::sql_query("ALTER TABLE approver_changes DISABLE TRIGGER USER")
                    .execute(pg)?;
            }
            DbConnection::Sqlite(sqlite) => {
                for event in ["update", "delete"] {
                    diesel::sql_query(format!("DROP TRIGGER approver_changes_no_{event}"))
                        .execute(sqlite)?;
                }
            }
        }
        Ok(())
    })
    .await;
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

    /// nobody of the installation has to be asked for what changes from day to day.
    async fn the_help_desk_administers_its_own_desk(app: TestApp) {
        let place = place(&app, "uspec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let helper = app.agent("Pedro", &[(place.desk, &[Privilege::TicketRead, Privilege::TicketWork])]).await;
        let person = json!({ "desk": "uspec", "full_name": "Óscar Peña", "email": "oscar@example.org", "phone": "601 555 0188", "entity": "Sede Norte" });
        for (address, body) in [("/api/v1/people", &person), ("/api/v1/organizations", &json!({ "desk": "uspec", "name": "Sede Sur" }))] {
            app.post(address).by(&helper).json(body).send().await.problem(ProblemType::Forbidden);
            app.post(address).by(&laura).json(body).send().await.expect(201);
        }
        let found: Page<Person> = app.get("/api/v1/people?q=oscar").by(&laura).send().await.expect(200).json();
        let path = format!("/api/v1/people/{}", found.items[0].id);
        let shut = json!({ "active": false });
        app.patch(&path).by(&helper).if_match(1).json(&shut).send().await.problem(ProblemType::Forbidden);
        let shut: Person = app.patch(&path).by(&laura).if_match(1).json(&shut).send().await.expect(200).json();
        assert!(!shut.active);
        app.get("/api/v1/desks/uspec/approvers").by(&helper).send().await.problem(ProblemType::Forbidden);
        app.get("/api/v1/desks/uspec/approvers").by(&laura).send().await.expect(200);
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

        // Nothing of it is changed or taken away, not even at the database, but by who owns it.
        let refused = app.seed(|conn| {
            let last = || approver_changes::table.filter(approver_changes::seq.eq(4));
            let cut = conn.transaction(|conn| diesel::delete(last()).execute(conn)).is_err();
            Ok(cut && conn.transaction(|conn| diesel::update(last()).set(approver_changes::actor_name.eq("Laura")).execute(conn)).is_err())
        });
        assert!(refused.await, "a kept change could be changed");
        assert!(faults(&app).await.is_empty());
        open_the_trace(&app).await;

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

    ///
    async fn an_inbox_has_pages_of_its_own_and_nothing_of_others(app: TestApp) {
        let place = place_with(&app, "icetex", |text| {
            let policy = "[approvals.flow]\n";
            assert!(text.contains(policy));
            text.replace(policy, &format!("{policy}deputies = [{{ of = \"oficina_riesgos\", roles = [\"suplencia\"] }}]\n"))
        })
        .await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let delia = person(&app, &place, "Delia Ruiz", "delia@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        appoint(&app, &laura, "icetex", "suplencia", &json!([{ "email": "delia@example.org" }])).await.expect(200);
        let mut codes = Vec::new();
        for _ in 0..5 {
            app.advance(TimeDelta::minutes(1));
            codes.push(asked(&app, &place, &laura).await);
        }
        // 600 asks of other roles and of another policy are older than all of them.
        let first = codes[0].clone();
        app.seed(move |conn| {
            let (ticket, at): (i64, Ts) = approval_asks::table.inner_join(tickets::table.on(tickets::id.eq(approval_asks::ticket_id)))
                .filter(tickets::code.eq(first)).select((approval_asks::ticket_id, approval_asks::asked_at)).first(conn)?;
            let before = Ts::new(at.get() - TimeDelta::days(1));
            for number in 0..600 {
                let row = (approval_asks::ticket_id.eq(ticket), approval_asks::role.eq(format!("ajeno_{number}")), approval_asks::desk_id.eq(place.desk), approval_asks::asked_seq.eq(1), approval_asks::asked_at.eq(before), approval_asks::policy.eq("flow"));
                diesel::insert_into(approval_asks::table).values(row).execute(conn)?;
            }
            // Of the last ticket the risk office is asked by a policy in which nobody stands in for it.
            let last: i64 = approval_asks::table.select(diesel::dsl::max(approval_asks::ticket_id).assume_not_null()).first(conn)?;
            diesel::update(approval_asks::table.filter(approval_asks::ticket_id.eq(last))).set(approval_asks::policy.eq("manager")).execute(conn)?;
            Ok(())
        })
        .await;

        let carlos = fresh(&app, &carlos).await;
        let list = async |query: &str| app.get(&format!("/api/v1/approvals{query}")).by(&carlos).send().await.expect(200).json::<Page<ApprovalRow>>();
        let whole = list("").await;
        assert_eq!(whole.items.iter().map(|row| row.code.clone()).collect::<Vec<_>>(), codes);
        assert_eq!(whole.next, None);
        let (mut found, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = list(&query).await;
            assert!(page.items.len() <= 2);
            found.extend(page.items);
            let Some(next) = page.next else { break };
            query = format!("?limit=2&cursor={next}");
        }
        assert_eq!(found, whole.items);
        assert_eq!((found[0].role.id.as_str(), found[0].requester.name.as_str(), found[0].category.last().is_some()), ("coordinacion_infraestructura", "Ana María Rojas", true));
        let laura = fresh(&app, &laura).await;
        let nothing: Page<ApprovalRow> = app.get("/api/v1/approvals").by(&laura).send().await.expect(200).json();
        assert!(nothing.items.is_empty());
        let other = app.get(&query).by(&laura).send().await;
        assert!(other.status >= 400, "a cursor of somebody else was taken");

        // In the portal a ticket is one row, with the roles; whoever stands in sees what their policy lets them.
        let mine = async |person: i64| {
            let token = session(&app, &place, person).await;
            let (mut found, mut query) = (Vec::new(), "?limit=2".to_owned());
            loop {
                let page: Page<PortalApprovalRow> = app.get(&format!("/api/v1/portal/approvals{query}")).bearer(&token).send().await.expect(200).json();
                found.extend(page.items.into_iter().map(|row| (row.code, row.roles.len())));
                let Some(next) = page.next else { break };
                query = format!("?limit=2&cursor={next}");
            }
            found
        };
        let rows = |codes: &[String]| codes.iter().map(|code| (code.clone(), 1)).collect::<Vec<_>>();
        assert_eq!(mine(rita).await, rows(&codes));
        assert_eq!(mine(delia).await, rows(&codes[..4]));
        assert!(mine(place.ana).await.is_empty());
        appoint(&app, &laura, "icetex", "coordinacion_infraestructura", &json!([{ "email": "rita@example.org" }])).await.expect(200);
        assert_eq!(mine(rita).await, codes.iter().map(|code| (code.clone(), 2)).collect::<Vec<_>>());
    }

    ///
    async fn an_api_token_reads_no_approvals(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        person(&app, &place, "Rita Pardo", "rita@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let code = asked(&app, &place, &laura).await;
        let carlos = fresh(&app, &carlos).await;
        let token = json!({ "name": "Personal", "scopes": ["tickets:read", "tickets:write", "people:write"], "expires_in_days": 30 });
        let token: Value = app.post("/api/v1/tokens").by(&carlos).json(&token).send().await.expect(201).json();
        for address in ["/api/v1/approvals".to_owned(), format!("/api/v1/approvals/{code}")] {
            app.get(&address).bearer(token["secret"].as_str().unwrap()).send().await.problem(ProblemType::Forbidden);
            app.get(&address).by(&carlos).send().await.expect(200);
        }
    }

    ///
    async fn who_comes_late_is_told_that_it_was_decided_and_strangers_are_told_nothing(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let teo = person(&app, &place, "Teo Vera", "teo@example.org").await;
        person(&app, &place, "Carlos", "carlos@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }, { "email": "teo@example.org", "deputy": true }])).await.expect(200);
        let code = asked(&app, &place, &laura).await;
        let path = format!("/api/v1/portal/approvals/{code}");
        let read = async |person: i64| {
            let token = session(&app, &place, person).await;
            app.get(&path).bearer(&token).send().await
        };
        read(rita).await.expect(200);
        let seen = view(&app, &laura, &code).await.version;
        let token = session(&app, &place, rita).await;
        let no = json!({ "role": ROLE, "decision": "refused", "comment": "Falta el análisis." });
        app.post(&format!("{path}/decisions")).bearer(&token).if_match(seen).json(&no).send().await.expect(200);

        // The one who decided, the deputy, and the other role, whose word nobody wants any more.
        let day = "Esta aprobación ya se decidió el 18 de noviembre de 2026. No hace falta que responda.";
        for late in [read(rita).await, read(teo).await] {
            let problem = late.problem(ProblemType::Conflict);
            assert_eq!(problem.detail, day);
        }
        let carlos = fresh(&app, &carlos).await;
        let late = app.get(&format!("/api/v1/approvals/{code}")).by(&carlos).send().await.problem(ProblemType::Conflict);
        assert_eq!(late.detail, day);
        let again = session(&app, &place, teo).await;
        let yes = json!({ "role": ROLE, "decision": "approved" });
        app.post(&format!("{path}/decisions")).bearer(&again).if_match(seen).json(&yes).send().await.problem(ProblemType::Conflict);
        read(place.ana).await.problem(ProblemType::NotFound);
        read(place.ben).await.problem(ProblemType::NotFound);
        for who in [&laura] {
            app.get(&format!("/api/v1/approvals/{code}")).by(&fresh(&app, who).await).send().await.problem(ProblemType::NotFound);
        }

        // The mailed code still lets the late one in, and nobody else: the answer is the same for all.
        let mailed_codes = async |email: &str| stage::codes(&app, email).await.len();
        for (email, codes) in [("teo@example.org", 1), ("rita@example.org", 1), (stage::BEN, 0), (stage::NOBODY, 0)] {
            let asked = json!({ "desk": "icetex", "ticket_code": code, "email": email, "language": "es" });
            app.browser().post("/api/v1/portal/lookups").json(&asked).send().await.expect(202);
            assert_eq!(mailed_codes(email).await, codes, "{email}");
        }
    }

    /// I-12
    async fn nothing_is_asked_of_a_role_that_nobody_could_decide_in(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let code = reviewed(&app, &place, &laura).await;
        let ask = async || {
            let proof = upload(&app, &laura).await;
            act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await
        };
        let refused = ask().await.problem(ProblemType::Conflict);
        assert!(refused.detail.contains("«Oficina de riesgos»") && refused.detail.contains("Aprobadores"), "{}", refused.detail);
        assert_eq!(status(&app, &laura, &code).await, Status::New);
        assert!(view(&app, &laura, &code).await.attachments.is_empty(), "the proof of a refused request stayed");
        // The requester alone is nobody, and so is who is shut out of the portal.
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": stage::ANA }])).await.expect(200);
        ask().await.problem(ProblemType::Conflict);
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": stage::ANA }, { "email": "rita@example.org", "deputy": true }])).await.expect(200);
        let access = async |active: bool| app.seed(move |conn| {
            diesel::update(people::table.find(rita)).set(people::active.eq(active)).execute(conn)?;
            Ok(())
        }).await;
        access(false).await;
        ask().await.problem(ProblemType::Conflict);
        access(true).await;
        ask().await.expect(200);
        assert_eq!(status(&app, &laura, &code).await, Status::AwaitingApproval);
    }

    ///
    async fn a_step_is_not_finished_when_nobody_could_decide_the_next(app: TestApp) {
        let place = place_with(&app, "icetex", |text| {
            let steps = "steps = [{ all_of = [\"oficina_riesgos\", \"coordinacion_infraestructura\"] }]";
            assert!(text.contains(steps));
            text.replace(steps, "steps = [{ all_of = [\"coordinacion_infraestructura\"] }, { all_of = [\"oficina_riesgos\"] }]")
        })
        .await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let rita = json!([{ "email": "rita@example.org" }]);
        appoint(&app, &laura, "icetex", ROLE, &rita).await.expect(200);
        let code = asked(&app, &place, &laura).await;
        appoint(&app, &laura, "icetex", ROLE, &json!([])).await.expect(200);
        let yes = json!({ "role": "coordinacion_infraestructura", "decision": "approved" });
        let refused = act(&app, &carlos, &code, "approval-decisions", yes.clone()).await.problem(ProblemType::Conflict);
        assert!(refused.detail.contains("«Oficina de riesgos»"), "{}", refused.detail);
        appoint(&app, &laura, "icetex", ROLE, &rita).await.expect(200);
        act(&app, &carlos, &code, "approval-decisions", yes).await.expect(200);
    }

    ///
    async fn the_desk_takes_a_request_back_and_nobody_is_asked_or_told_any_more(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let code = asked(&app, &place, &laura).await;
        act(&app, &carlos, &code, "approval-decisions", json!({ "role": "coordinacion_infraestructura", "decision": "approved" })).await.expect(200);
        let before = (mailed(&app, "rita@example.org").await, mailed(&app, stage::ANA).await);
        act(&app, &laura, &code, "transitions", json!({ "command": "resume" })).await.problem(ProblemType::Validation);
        act(&app, &laura, &code, "transitions", json!({ "command": "resume", "note": "Riesgos pide otro formato." })).await.expect(200);
        let seen = view(&app, &laura, &code).await;
        assert_eq!((seen.status, seen.approval.map(|approval| approval.requested)), (Status::New, Some(false)));

        let token = session(&app, &place, rita).await;
        let list: Page<PortalApprovalRow> = app.get("/api/v1/portal/approvals").bearer(&token).send().await.expect(200).json();
        assert!(list.items.is_empty());
        app.get(&format!("/api/v1/portal/approvals/{code}")).bearer(&token).send().await.problem(ProblemType::NotFound);
        app.advance(TimeDelta::days(5));
        api::sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        assert_eq!((mailed(&app, "rita@example.org").await, mailed(&app, stage::ANA).await), before, "somebody was told of a request that is gone");
        // What was said counts no more: both are asked anew.
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);
        let approval = view(&app, &laura, &code).await.approval.unwrap();
        assert!(approval.steps[0].approvers.iter().all(|role| role.decision.is_none()));
        assert!(faults(&app).await.is_empty());
    }

    ///
    async fn a_file_that_was_there_and_one_that_comes_with_the_request_are_both_proof(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let code = reviewed(&app, &place, &laura).await;
        let mut files = Vec::new();
        for _ in 0..2 {
            let file = upload(&app, &laura).await;
            let note = json!({ "visibility": "internal", "body": "Llegó por correo.", "attachments": [file] });
            app.post(&format!("/api/v1/tickets/{code}/messages")).by(&fresh(&app, &laura).await).json(&note).send().await.expect(201);
            files.push(file);
        }
        files.push(upload(&app, &laura).await);
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": files })).await.expect(200);
        let sorted = |mut ids: Vec<String>| { ids.sort(); ids };
        let seen = view(&app, &laura, &code).await.approval.unwrap();
        assert_eq!(sorted(seen.evidence.into_iter().map(|file| file.id).collect()), sorted(files.clone()));
        let token = session(&app, &place, rita).await;
        let shown: PortalApproval = app.get(&format!("/api/v1/portal/approvals/{code}")).bearer(&token).send().await.expect(200).json();
        assert_eq!(sorted(shown.attachments.into_iter().map(|file| file.id).collect()), sorted(files));
    }

    ///
    async fn a_list_from_before_gets_its_trace_from_whoever_saves_it_as_it_is(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let (desk, ben) = (place.desk, place.ben);
        app.seed(move |conn| {
            diesel::insert_into(approvers::table).values((approvers::desk_id.eq(desk), approvers::role.eq(ROLE), approvers::person_id.eq(ben), approvers::deputy.eq(false), approvers::place.eq(0))).execute(conn)?;
            Ok(())
        })
        .await;
        let found = roles(&app, &laura).await;
        assert_eq!(found.items.iter().map(|role| role.untraced).collect::<Vec<_>>(), found.items.iter().map(|role| role.role.id == ROLE).collect::<Vec<_>>());
        assert_eq!(faults(&app).await, ["approvers of icetex: no change appoints the holders of `oficina_riesgos`"]);
        let same = json!([{ "email": stage::BEN }]);
        for _ in 0..2 {
            appoint(&app, &laura, "icetex", ROLE, &same).await.expect(200);
            assert!(faults(&app).await.is_empty());
        }
        let after = roles(&app, &laura).await;
        assert_eq!((after.version, after.items.iter().any(|role| role.untraced)), (1, false));
        let laura = fresh(&app, &laura).await;
        let kept: Page<ApproverChange> = app.get("/api/v1/desks/icetex/approver-changes").by(&laura).send().await.expect(200).json();
        assert_eq!((kept.items[0].by.as_str(), &kept.items[0].before), ("Laura", &kept.items[0].after));
    }

    ///
    async fn who_is_shut_out_keeps_their_place_until_somebody_takes_it(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        let teo = person(&app, &place, "Teo Vera", "teo@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }, { "email": stage::BEN }])).await.expect(200);
        app.seed(move |conn| {
            diesel::update(people::table.filter(people::id.eq_any([rita, teo]))).set(people::active.eq(false)).execute(conn)?;
            Ok(())
        })
        .await;
        let listed = async || {
            let items = roles(&app, &laura).await.items;
            let role = items.into_iter().find(|role| role.role.id == ROLE).unwrap();
            role.holders
        };
        let shown = listed().await;
        assert_eq!(shown.iter().map(|one| (one.email.as_str(), one.shut_out)).collect::<Vec<_>>(), [("rita@example.org", true), (stage::BEN, false)]);
        // What is shown and sent back with one more loses nobody.
        let ana = json!({ "email": stage::ANA });
        let more: Vec<Value> = shown.iter().map(|one| json!(one)).chain([ana.clone()]).collect();
        appoint(&app, &laura, "icetex", ROLE, &json!(more)).await.expect(200);
        assert_eq!(listed().await.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), ["rita@example.org", stage::BEN, stage::ANA]);
        // Nobody who is shut out is appointed, and whoever is left out has the role no more.
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "teo@example.org" }])).await.problem(ProblemType::Validation);
        appoint(&app, &laura, "icetex", ROLE, &json!([ana])).await.expect(200);
        assert_eq!(listed().await.len(), 1);
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.problem(ProblemType::Validation);
        assert!(faults(&app).await.is_empty());
    }

    ///
    async fn only_the_files_that_were_chosen_are_shown_of_an_internal_note(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let code = reviewed(&app, &place, &laura).await;
        let (proof, other) = (upload(&app, &laura).await, upload(&app, &laura).await);
        let note = json!({ "visibility": "internal", "body": "Llegó por correo.", "attachments": [proof, other] });
        app.post(&format!("/api/v1/tickets/{code}/messages")).by(&fresh(&app, &laura).await).json(&note).send().await.expect(201);
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);

        let seen = view(&app, &laura, &code).await.approval.unwrap();
        assert_eq!(seen.evidence.into_iter().map(|file| file.id).collect::<Vec<_>>(), std::slice::from_ref(&proof));
        let path = format!("/api/v1/portal/approvals/{code}");
        let token = session(&app, &place, rita).await;
        let shown: PortalApproval = app.get(&path).bearer(&token).send().await.expect(200).json();
        assert_eq!(shown.attachments.into_iter().map(|file| file.id).collect::<Vec<_>>(), std::slice::from_ref(&proof));
        app.get(&format!("{path}/attachments/{proof}")).bearer(&token).send().await.expect(200);
        app.get(&format!("{path}/attachments/{other}")).bearer(&token).send().await.problem(ProblemType::NotFound);
    }

    /// R-219, I-12
    async fn deputies_are_told_at_once_where_the_requester_is_the_only_holder(app: TestApp) {
        let place = place_with(&app, "icetex", |text| {
            let policy = "[approvals.flow]\n";
            assert!(text.contains(policy));
            text.replace(policy, &format!("{policy}deputies = [{{ of = \"oficina_riesgos\", roles = [\"suplencia\"] }}]\n"))
        })
        .await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        for (name, email) in [("Teo Vera", "teo@example.org"), ("Delia Ruiz", "delia@example.org"), ("Rita Pardo", "rita@example.org")] {
            person(&app, &place, name, email).await;
        }
        let (ana, teo) = (json!({ "email": stage::ANA }), json!({ "email": "teo@example.org", "deputy": true }));
        appoint(&app, &laura, "icetex", "suplencia", &json!([{ "email": "delia@example.org" }])).await.expect(200);
        let told = async |email: &str| mailed(&app, email).await.into_iter().filter(|mail| *mail == "approval_requested").count();
        appoint(&app, &laura, "icetex", ROLE, &json!([ana, { "email": "rita@example.org" }, teo])).await.expect(200);
        asked(&app, &place, &laura).await;
        let counts = async || [told("rita@example.org").await, told("teo@example.org").await, told("delia@example.org").await, told(stage::ANA).await];
        assert_eq!(counts().await, [1, 0, 0, 0], "deputies wait while somebody else can decide");
        appoint(&app, &laura, "icetex", ROLE, &json!([ana, teo])).await.expect(200);
        asked(&app, &place, &laura).await;
        assert_eq!(counts().await, [1, 1, 1, 0]);
        assert_eq!(told("carlos@example.org").await, 2, "the other role is asked of its group as ever");
    }

    ///
    async fn the_last_who_could_decide_stays_while_a_request_waits(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let rita = person(&app, &place, "Rita Pardo", "rita@example.org").await;
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        let code = asked(&app, &place, &laura).await;
        // Nobody and the requester are the same here.
        for left in [json!([]), json!([{ "email": stage::ANA }])] {
            let refused = appoint(&app, &laura, "icetex", ROLE, &left).await.problem(ProblemType::Conflict);
            assert!(refused.detail.contains(&code) && refused.detail.contains("«Oficina de riesgos»"), "{}", refused.detail);
        }
        let kept = roles(&app, &laura).await;
        assert_eq!((kept.version, kept.items.iter().any(|role| role.holders.iter().any(|one| one.email == "rita@example.org"))), (1, true), "a refused list was kept");
        // What the agents of the group decide needs no list.
        appoint(&app, &laura, "icetex", "coordinacion_infraestructura", &json!([{ "email": stage::BEN }])).await.expect(200);
        appoint(&app, &laura, "icetex", "coordinacion_infraestructura", &json!([])).await.expect(200);
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": stage::BEN, "deputy": true }])).await.expect(200);
        appoint(&app, &laura, "icetex", ROLE, &json!([{ "email": "rita@example.org" }])).await.expect(200);
        // Decided, nothing waits any more.
        let seen = view(&app, &laura, &code).await.version;
        let token = session(&app, &place, rita).await;
        let no = json!({ "role": ROLE, "decision": "refused", "comment": "Falta el análisis." });
        app.post(&format!("/api/v1/portal/approvals/{code}/decisions")).bearer(&token).if_match(seen).json(&no).send().await.expect(200);
        appoint(&app, &laura, "icetex", ROLE, &json!([])).await.expect(200);
        assert!(faults(&app).await.is_empty());
    }
}
