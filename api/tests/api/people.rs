//! Requesters, organizations and access requests.

use api::db::JsonText;
use api::people::store::{self, PersonData, Place, Registered};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::people::{
    AccessRequest, AccessRequestReceived, AccessRequestStatus, Organization, Person,
};
use shared::api::portal::PortalSession;
use shared::api::problem::ProblemType;
use shared::i18n::Lang;
use shared::ticket::actor::{Privilege, PrivilegeSet};

use crate::harness::{Agent, TestApp};
use crate::stage::{
    self, ANA, BEN, CARO, DESK, NOBODY, SECOND_DESK, Stage, codes, draft, draft_at, mails,
    open_ticket,
};

async fn keeper(app: &TestApp, stage: &Stage) -> Agent {
    app.agent(
        "Marta",
        &[(
            stage.desk,
            &[Privilege::PeopleManage, Privilege::AccessDecide],
        )],
    )
    .await
}

fn new_person(email: &str) -> Value {
    json!({"desk": DESK, "full_name": "Óscar Peña", "email": email, "phone": "601 555 0188", "entity": "Hospital El Encino"})
}

fn access_request(email: &str) -> Value {
    json!({"desk": DESK, "full_name": "Nadia Díaz", "email": email, "phone": "601 555 0199", "entity": "Alcaldía de San Roque"})
}

async fn ask_access(app: &TestApp, email: &str) -> String {
    let received: AccessRequestReceived = app
        .post("/api/v1/portal/access-requests")
        .json(&access_request(email))
        .send()
        .await
        .expect(202)
        .json();
    received.reference
}

/// A desk that the keeper does not work at, with a person.
async fn other_desk(app: &TestApp) -> i64 {
    let now = app.clock.now();
    app.seed(move |conn| {
        use api::db::schema::{desk_versions, desks};
        let row = (
            desks::slug.eq("otra"),
            desks::active_version.eq(1),
            desks::created_at.eq(api::db::Ts::new(now)),
        );
        let desk: i64 = diesel::insert_into(desks::table)
            .values(row)
            .returning(desks::id)
            .get_result(conn)?;
        // The same profile: what the desk is like does not matter here.
        let profile: String = desk_versions::table
            .select(desk_versions::profile)
            .first(conn)?;
        let version = (
            desk_versions::desk_id.eq(desk),
            desk_versions::version.eq(1),
            desk_versions::profile.eq(profile),
            desk_versions::files.eq("[]"),
            desk_versions::author.eq("story"),
            desk_versions::applied_at.eq(api::db::Ts::new(now)),
        );
        diesel::insert_into(desk_versions::table)
            .values(version)
            .execute(conn)?;
        stage::add_person(conn, desk, "Zoe Lejana", "zoe@example.org", now)
    })
    .await
}

both! {
    async fn a_person_is_registered_found_and_changed(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let made = app.post("/api/v1/people").by(&marta).json(&new_person(" Oscar.Pena@Example.org ")).send().await.expect(201);
        let person: Person = made.json();
        assert_eq!((person.email.as_str(), person.active, person.open_tickets), ("oscar.pena@example.org", true, 0));
        assert_eq!(made.header("location"), Some(format!("/api/v1/people/{}", person.id).as_str()));
        app.post("/api/v1/people").by(&marta).json(&new_person("OSCAR.PENA@example.org")).send().await.problem(ProblemType::Conflict);

        let find = async |q: &str| app.get(&format!("/api/v1/people?q={q}")).by(&marta).send().await.expect(200).json::<Page<Person>>().items;
        for q in ["pena", "PE%C3%91A", "oscar%20pe", "oscar.pena@"] {
            assert_eq!(find(q).await.iter().map(|found| found.id).collect::<Vec<_>>(), [person.id], "{q}");
        }
        for q in ["%25%25%25", "___", "o'o", "nobody"] {
            assert!(find(q).await.is_empty(), "{q}");
        }
        let problem = app.get("/api/v1/people?q=pe").by(&marta).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors[0].pointer, "?q");

        let path = format!("/api/v1/people/{}", person.id);
        let patch = json!({"full_name": "Óscar Peña Ruiz", "entity": "hospital el encino"});
        app.patch(&path).by(&marta).json(&patch).send().await.problem(ProblemType::PreconditionRequired);
        app.patch(&path).by(&marta).if_match(9).json(&patch).send().await.problem(ProblemType::VersionMismatch);
        let changed: Person = app.patch(&path).by(&marta).if_match(person.version).json(&patch).send().await.expect(200).json();
        assert_eq!((changed.full_name.as_str(), changed.version), ("Óscar Peña Ruiz", person.version + 1));
        assert_eq!(changed.organization, person.organization);
        let shown = app.get(&path).by(&marta).send().await.expect(200);
        assert_eq!(shown.header("etag"), Some(format!("\"{}\"", changed.version).as_str()));
        let problem = app.patch(&path).by(&marta).if_match(changed.version).json(&json!({"full_name": " ", "phone": "x"})).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors.len(), 2);
    }

    ///
    async fn a_desk_keeps_where_a_person_works_and_can_take_it_out(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let mut new = new_person("oscar.pena@example.org");
        new.as_object_mut().unwrap().extend(json!({"site": " Sede Centro ", "department": "Hacienda", "extension": ""}).as_object().unwrap().clone());
        let person: Person = app.post("/api/v1/people").by(&marta).json(&new).send().await.expect(201).json();
        let place = |person: &Person| (person.site.clone(), person.department.clone(), person.extension.clone());
        assert_eq!(place(&person), (Some("Sede Centro".to_owned()), Some("Hacienda".to_owned()), None));

        let path = format!("/api/v1/people/{}", person.id);
        let change = async |version: i32, patch: Value| app.patch(&path).by(&marta).if_match(version).json(&patch).send().await;
        let changed: Person = change(1, json!({"extension": "4512", "department": " "})).await.expect(200).json();
        assert_eq!(place(&changed), (Some("Sede Centro".to_owned()), None, Some("4512".to_owned())));
        let same: Person = change(2, json!({"phone": "601 555 0101"})).await.expect(200).json();
        assert_eq!(place(&same), place(&changed));
        let long = "x".repeat(121);
        let problem = change(3, json!({"site": long, "department": "a\nb", "extension": "1".repeat(21)})).await.problem(ProblemType::Validation);
        assert_eq!(problem.errors.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/site", "/department", "/extension"]);
        new["site"] = json!(long);
        new["phone"] = json!("x");
        let problem = app.post("/api/v1/people").by(&marta).json(&new).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/phone", "/site"]);
    }

    async fn wrong_data_of_a_person_is_told_all_at_once(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let wrong = json!({"desk": DESK, "full_name": "", "email": "x", "phone": "nada", "entity": "\u{200B}"});
        let problem = app.post("/api/v1/people").by(&marta).json(&wrong).send().await.problem(ProblemType::Validation);
        let pointers: Vec<_> = problem.errors.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/full_name", "/email", "/phone", "/entity"]);
        let problem = app.post("/api/v1/portal/access-requests").json(&wrong).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors.len(), 4);
    }

    async fn people_of_other_desks_do_not_exist_for_an_agent(app: TestApp) {
        let stage = stage::set(&app).await;
        let zoe = other_desk(&app).await;
        let (marta, reader, admin) = (keeper(&app, &stage).await, app.agent("Laura", &[(stage.desk, &[Privilege::TicketRead])]).await, app.admin("Root").await);
        let path = format!("/api/v1/people/{zoe}");
        app.get(&path).by(&marta).send().await.problem(ProblemType::NotFound);
        app.patch(&path).by(&marta).if_match(1).json(&json!({"phone": "601 555 0101"})).send().await.problem(ProblemType::NotFound);
        app.get("/api/v1/people?desk=otra").by(&marta).send().await.problem(ProblemType::NotFound);
        app.get("/api/v1/people?desk=none").by(&marta).send().await.problem(ProblemType::NotFound);
        app.get("/api/v1/people/999999").by(&marta).send().await.problem(ProblemType::NotFound);
        app.get("/api/v1/people/x").by(&marta).send().await.problem(ProblemType::Malformed);
        let all: Page<Person> = app.get("/api/v1/people").by(&marta).send().await.expect(200).json();
        assert_eq!(all.items.iter().map(|person| person.email.as_str()).collect::<Vec<_>>(), [ANA, BEN]);
        let everybody: Page<Person> = app.get("/api/v1/people").by(&admin).send().await.expect(200).json();
        assert_eq!(everybody.items.len(), 3);
        for path in ["/api/v1/people", "/api/v1/access-requests", "/api/v1/organizations"] {
            app.get(path).by(&reader).send().await.problem(ProblemType::Forbidden);
            app.get(path).send().await.problem(ProblemType::Unauthorized);
        }
    }

    async fn each_desk_keeps_its_own_record_of_a_person(app: TestApp) {
        let stage = stage::set(&app).await;
        let (second, caro) = stage::set_second(&app).await;
        let marta = keeper(&app, &stage).await;
        let foreign = app.agent("Ester", &[(second, &[Privilege::PeopleManage])]).await;
        let both = app.agent("Rita", &[(stage.desk, &[Privilege::PeopleManage]), (second, &[Privilege::PeopleManage])]).await;
        let get = async |id: i64, agent: &Agent| app.get(&format!("/api/v1/people/{id}")).by(agent).send().await;
        let before: Person = get(caro, &foreign).await.expect(200).json();

        // Nothing of what the other desk keeps comes back: only what was typed.
        let own: Person = app.post("/api/v1/people").by(&marta).json(&new_person(CARO)).send().await.expect(201).json();
        assert_ne!(own.id, caro);
        assert_eq!((own.desk.as_str(), own.full_name.as_str(), own.phone.as_str(), own.version), (DESK, "Óscar Peña", "601 555 0188", 1));
        assert_eq!(own.organization.as_ref().map(|entity| entity.name.as_str()), Some("Hospital El Encino"));

        let patch = json!({"full_name": "Otro Nombre", "phone": "601 555 0000", "entity": "Otra Entidad", "language": "en", "active": false});
        app.patch(&format!("/api/v1/people/{caro}")).by(&marta).if_match(1).json(&patch).send().await.problem(ProblemType::NotFound);
        app.patch(&format!("/api/v1/people/{}", own.id)).by(&marta).if_match(1).json(&patch).send().await.expect(200);
        assert_eq!(get(caro, &foreign).await.expect(200).json::<Person>(), before);
        get(own.id, &foreign).await.problem(ProblemType::NotFound);

        let mut seen: Vec<(String, String)> = app.get("/api/v1/people?q=caro.vega").by(&both).send().await.expect(200).json::<Page<Person>>()
            .items.into_iter().map(|person| (person.desk, person.full_name)).collect();
        seen.sort();
        assert_eq!(seen, [(DESK.to_owned(), "Otro Nombre".to_owned()), (SECOND_DESK.to_owned(), "Caro Vega".to_owned())]);
        let opened = open_ticket(&app, &app.browser(), &draft_at(SECOND_DESK, CARO)).await;
        let session: PortalSession = app.get("/api/v1/portal/session").bearer(&opened.access_token).send().await.expect(200).json();
        assert_eq!(session.full_name, "Caro Vega");
    }

    async fn who_records_tickets_may_look_people_up_and_nothing_more(app: TestApp) {
        let stage = stage::set(&app).await;
        let (second, caro) = stage::set_second(&app).await;
        let first = app.agent("Laura", &[(stage.desk, &[Privilege::TicketCreate]), (second, &[Privilege::TicketRead])]).await;
        let found: Page<Person> = app.get("/api/v1/people?q=rojas").by(&first).send().await.expect(200).json();
        assert_eq!(found.items.iter().map(|person| person.id).collect::<Vec<_>>(), [stage.ana]);
        app.get(&format!("/api/v1/people?desk={DESK}")).by(&first).send().await.expect(200);
        let path = format!("/api/v1/people/{}", stage.ana);
        app.get(&path).by(&first).send().await.expect(200);
        app.get(&format!("/api/v1/people?desk={SECOND_DESK}")).by(&first).send().await.problem(ProblemType::Forbidden);
        app.get(&format!("/api/v1/people/{caro}")).by(&first).send().await.problem(ProblemType::NotFound);
        app.patch(&path).by(&first).if_match(1).json(&json!({"phone": "601 555 0101"})).send().await.problem(ProblemType::Forbidden);
        app.post("/api/v1/people").by(&first).json(&new_person(NOBODY)).send().await.problem(ProblemType::Forbidden);
        app.get("/api/v1/organizations").by(&first).send().await.problem(ProblemType::Forbidden);
        app.get("/api/v1/access-requests").by(&first).send().await.problem(ProblemType::Forbidden);
    }

    async fn of_two_registrations_at_once_one_finds_the_other(app: TestApp) {
        let stage = stage::set(&app).await;
        let (desk, now) = (stage.desk, app.clock.now());
        let data = PersonData { full_name: "Nadia Díaz".into(), email: NOBODY.into(), phone: String::new(), organization_id: None, place: Place::default(), language: Lang::Es };
        let again = data.clone();
        let (first, second) = app
            .overlapping(
                move |conn| Ok(store::register(conn, desk, &data, now)?),
                move |conn| Ok(store::register(conn, desk, &again, now)?),
            )
            .await;
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((first.0, first.1, second.1), (second.0, Registered::New, Registered::Already));
    }

    async fn people_come_in_pages(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let now = app.clock.now();
        app.seed(move |conn| {
            for number in 0..5 {
                stage::add_person(conn, stage.desk, &format!("Persona {number}"), &format!("p{number}@example.org"), now)?;
            }
            Ok(())
        })
        .await;
        let (mut names, mut path) = (Vec::new(), "/api/v1/people?limit=3".to_owned());
        loop {
            let page: Page<Person> = app.get(&path).by(&marta).send().await.expect(200).json();
            names.extend(page.items.into_iter().map(|person| person.full_name));
            let Some(next) = page.next else { break };
            path = format!("/api/v1/people?limit=3&cursor={next}");
        }
        assert_eq!(names, ["Ana María Rojas", "Ben Luna", "Persona 0", "Persona 1", "Persona 2", "Persona 3", "Persona 4"]);
        app.get(&path.replace("limit=3&", "limit=3&q=persona&")).by(&marta).send().await.problem(ProblemType::BadCursor);
        app.get("/api/v1/people?limit=0").by(&marta).send().await.problem(ProblemType::Validation);
    }

    async fn shutting_a_person_out_ends_their_session(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let browser = app.browser();
        let token = open_ticket(&app, &browser, &draft(ANA)).await.access_token;
        let path = format!("/api/v1/people/{}", stage.ana);
        let person: Person = app.get(&path).by(&marta).send().await.expect(200).json();
        assert_eq!(person.open_tickets, 1);
        let out: Person = app.patch(&path).by(&marta).if_match(person.version).json(&json!({"active": false})).send().await.expect(200).json();
        assert!(!out.active);
        browser.get("/api/v1/portal/session").bearer(&token).send().await.problem(ProblemType::Unauthorized);
        browser.post("/api/v1/portal/session/refresh").send().await.problem(ProblemType::Unauthorized);
        let before = codes(&app, ANA).await.len();
        stage::ask(&browser, &draft(ANA)).await;
        assert_eq!(codes(&app, ANA).await.len(), before);
        app.patch(&path).by(&marta).if_match(out.version).json(&json!({"active": true})).send().await.expect(200);
        open_ticket(&app, &browser, &draft(ANA)).await;
    }

    async fn shutting_a_person_out_of_one_desk_leaves_the_other_desks_session(app: TestApp) {
        let stage = stage::set(&app).await;
        let (second, _) = stage::set_second(&app).await;
        let now = app.clock.now();
        app.seed(move |conn| stage::add_person(conn, second, "Ana Rojas", ANA, now)).await;
        let marta = keeper(&app, &stage).await;
        let (here, elsewhere) = (app.browser(), app.browser());
        let out = open_ticket(&app, &here, &draft(ANA)).await.access_token;
        let stays = open_ticket(&app, &elsewhere, &draft_at(SECOND_DESK, ANA)).await.access_token;
        app.patch(&format!("/api/v1/people/{}", stage.ana)).by(&marta).if_match(1).json(&json!({"active": false})).send().await.expect(200);
        here.get("/api/v1/portal/session").bearer(&out).send().await.problem(ProblemType::Unauthorized);
        here.post("/api/v1/portal/session/refresh").send().await.problem(ProblemType::Unauthorized);
        elsewhere.get("/api/v1/portal/session").bearer(&stays).send().await.expect(200);
        elsewhere.post("/api/v1/portal/session/refresh").send().await.expect(200);
    }

    async fn organizations_are_unique_whatever_their_case_and_accents(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let post = |name: &str| app.post("/api/v1/organizations").by(&marta).json(&json!({"desk": DESK, "name": name})).send();
        let made: Organization = post("Hospital El Encino").await.expect(201).json();
        post("hospital el éncino").await.problem(ProblemType::Conflict);
        post("").await.problem(ProblemType::Validation);
        let found: Page<Organization> = app.get("/api/v1/organizations?q=encino").by(&marta).send().await.expect(200).json();
        assert_eq!(found.items, [made]);
    }

    //
    async fn an_access_request_is_answered_alike_and_mails_nobody_who_asks(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let stranger = ask_access(&app, NOBODY).await;
        assert_eq!(stranger.len(), 9);
        // Again, from a registered person, and again: nothing tells them apart.
        assert_eq!(ask_access(&app, "NADIE@example.org").await, stranger);
        assert_ne!(ask_access(&app, ANA).await, stranger);
        for email in [NOBODY, ANA] {
            assert!(mails(&app, email).await.is_empty());
        }
        let page: Page<AccessRequest> = app.get("/api/v1/access-requests?desk=infortec&status=pending").by(&marta).send().await.expect(200).json();
        let found: Vec<_> = page.items.iter().map(|request| (request.email.as_str(), request.already_registered)).collect();
        assert_eq!(found, [(ANA, true), (NOBODY, false)]);
        assert_eq!(page.items[1].reference, stranger);
    }

    async fn a_later_request_leaves_the_one_that_waits_as_it_is(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        stage::set_second(&app).await;
        let reference = ask_access(&app, NOBODY).await;
        // Anybody can write the same address with a telephone of their own.
        let another = json!({"desk": DESK, "full_name": "Nadia Díaz Mora", "email": "Nadie@example.org", "phone": "601 555 0111", "entity": "Hospital El Encino"});
        let elsewhere = json!({"desk": SECOND_DESK, "full_name": "N. Díaz", "email": NOBODY, "phone": "601 555 0122", "entity": "Otra"});
        for request in [&another, &another, &elsewhere] {
            app.post("/api/v1/portal/access-requests").json(request).send().await.expect(202);
        }
        let list = async || {
            let page: Page<AccessRequest> = app.get("/api/v1/access-requests").by(&marta).send().await.expect(200).json();
            page.items
        };
        let found: Vec<_> = list().await.into_iter().map(|request| (request.reference, request.phone, request.others_waiting)).collect();
        assert_eq!(found, [(reference.clone(), "601 555 0111".to_owned(), 1), (reference, "601 555 0199".to_owned(), 1)]);
        let first = list().await.pop().unwrap();
        assert_eq!(mails(&app, "marta@example.org").await.len(), 1);
        app.post(&format!("/api/v1/access-requests/{}/approval", first.id)).by(&marta).json(&json!({})).send().await.expect(200);
        let people: Page<Person> = app.get("/api/v1/people?q=nadia").by(&marta).send().await.expect(200).json();
        assert_eq!(people.items[0].phone, "601 555 0199");
        let left: Vec<_> = list().await.into_iter().map(|request| (request.status, request.already_registered, request.others_waiting)).collect();
        assert_eq!(left, [(AccessRequestStatus::Pending, true, 0), (AccessRequestStatus::Approved, true, 1)]);
    }

    async fn a_kept_answer_is_not_given_to_whoever_may_no_longer_decide(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        ask_access(&app, NOBODY).await;
        let page: Page<AccessRequest> = app.get("/api/v1/access-requests").by(&marta).send().await.expect(200).json();
        let path = format!("/api/v1/access-requests/{}/approval", page.items[0].id);
        let approve = || app.post(&path).by(&marta).header("idempotency-key", "approve-1").json(&json!({})).send();
        approve().await.expect(200);
        approve().await.expect(200);
        let desk = stage.desk;
        let only = |rights: &'static [Privilege]| {
            app.seed(move |conn| {
                use api::db::schema::memberships;
                let rights: PrivilegeSet = rights.iter().copied().collect();
                diesel::update(memberships::table.filter(memberships::desk_id.eq(desk)))
                    .set(memberships::privileges.eq(JsonText(rights)))
                    .execute(conn)?;
                Ok(())
            })
        };
        only(&[Privilege::PeopleManage]).await;
        approve().await.problem(ProblemType::Forbidden);
    }

    async fn each_desk_keeps_its_own_organizations(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let (second, _) = stage::set_second(&app).await;
        let other = app.agent("Otto", &[(second, &[Privilege::PeopleManage])]).await;
        let post = |agent: &Agent, desk: &str| {
            app.post("/api/v1/organizations").by(agent).json(&json!({"desk": desk, "name": "Hospital El Encino"})).send()
        };
        post(&marta, DESK).await.expect(201);
        post(&marta, SECOND_DESK).await.problem(ProblemType::NotFound);
        let list = async |agent: &Agent, query: &str| {
            let page: Page<Organization> = app.get(&format!("/api/v1/organizations?q=encino{query}")).by(agent).send().await.expect(200).json();
            page.items.into_iter().map(|organization| organization.desk).collect::<Vec<_>>()
        };
        assert_eq!(list(&other, "").await, Vec::<String>::new());
        post(&other, SECOND_DESK).await.expect(201);
        assert_eq!(list(&other, "").await, [SECOND_DESK]);
        assert_eq!(list(&marta, "").await, [DESK]);
        app.get(&format!("/api/v1/organizations?desk={SECOND_DESK}")).by(&marta).send().await.problem(ProblemType::NotFound);
    }

    async fn a_change_is_answered_in_full_whatever_the_client_knows(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        let path = format!("/api/v1/people/{}", stage.ana);
        app.get(&path).by(&marta).header("if-none-match", "\"1\"").send().await.expect(304);
        let changed: Person = app.patch(&path).by(&marta).if_match(1).header("if-none-match", "\"2\"").json(&json!({"phone": "601 555 0177"})).send().await.expect(200).json();
        assert_eq!((changed.version, changed.phone.as_str()), (2, "601 555 0177"));
    }

    async fn those_who_decide_are_told_once_of_a_request(app: TestApp) {
        let stage = stage::set(&app).await;
        keeper(&app, &stage).await;
        let gone = app.agent("Lola", &[(stage.desk, &[Privilege::AccessDecide])]).await;
        app.seed(move |conn| Ok(api::agents::store::set_active(conn, gone.id, false)?)).await;
        app.agent("Laura", &[(stage.desk, &[Privilege::TicketRead])]).await;
        for _ in 0..2 {
            ask_access(&app, NOBODY).await;
        }
        let told = mails(&app, "marta@example.org").await;
        assert_eq!(told.iter().map(|mail| mail.template()).collect::<Vec<_>>(), ["access_requested"]);
        let api::mail::Content::AccessRequested { name, email, .. } = &told[0] else { panic!("{told:?}") };
        assert_eq!((name.as_str(), email.as_str()), ("Nadia Díaz", NOBODY));
        for other in ["lola@example.org", "laura@example.org", NOBODY] {
            assert!(mails(&app, other).await.is_empty(), "{other}");
        }
    }

    //
    async fn an_approved_request_registers_the_person_who_may_then_ask(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        ask_access(&app, NOBODY).await;
        let page: Page<AccessRequest> = app.get("/api/v1/access-requests").by(&marta).send().await.expect(200).json();
        let path = format!("/api/v1/access-requests/{}", page.items[0].id);
        let outsider = app.agent("Fuera", &[]).await;
        app.post(&format!("{path}/approval")).by(&outsider).json(&json!({})).send().await.problem(ProblemType::Forbidden);
        app.post(&format!("{path}/approval")).by(&marta).json(&json!({"full_name": " "})).send().await.problem(ProblemType::Validation);
        let approved: AccessRequest =
            app.post(&format!("{path}/approval")).by(&marta).json(&json!({"full_name": "Nadia Díaz Mora"})).send().await.expect(200).json();
        assert_eq!((approved.status, approved.decided_by.as_deref()), (AccessRequestStatus::Approved, Some("Marta")));
        assert!(approved.already_registered);
        app.post(&format!("{path}/approval")).by(&marta).json(&json!({})).send().await.problem(ProblemType::Conflict);
        app.post(&format!("{path}/refusal")).by(&marta).json(&json!({"reason": "x"})).send().await.problem(ProblemType::Conflict);
        assert_eq!(mails(&app, NOBODY).await.iter().map(|mail| mail.template()).collect::<Vec<_>>(), ["access_approved"]);
        let people: Page<Person> = app.get("/api/v1/people?q=nadia").by(&marta).send().await.expect(200).json();
        assert_eq!(people.items[0].full_name, "Nadia Díaz Mora");
        open_ticket(&app, &app.browser(), &draft(NOBODY)).await;
    }

    async fn a_refused_request_registers_nobody_and_tells_why(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        ask_access(&app, NOBODY).await;
        let page: Page<AccessRequest> = app.get("/api/v1/access-requests").by(&marta).send().await.expect(200).json();
        let path = format!("/api/v1/access-requests/{}", page.items[0].id);
        app.post(&format!("{path}/refusal")).by(&marta).json(&json!({"reason": " "})).send().await.problem(ProblemType::Validation);
        let refusal = json!({"reason": "No pertenece a la entidad indicada."});
        app.post(&format!("{path}/refusal")).by(&marta).json(&refusal).send().await.expect(200);
        let refused: AccessRequest = app.get(&path).by(&marta).send().await.expect(200).json();
        assert_eq!((refused.status, refused.reason.as_deref()), (AccessRequestStatus::Refused, Some("No pertenece a la entidad indicada.")));
        assert_eq!(mails(&app, NOBODY).await.iter().map(|mail| mail.template()).collect::<Vec<_>>(), ["access_refused"]);
        stage::ask(&app.browser(), &draft(NOBODY)).await;
        assert!(codes(&app, NOBODY).await.is_empty());
        // A decided request does not stand in the way of a new one.
        app.advance(TimeDelta::days(1));
        ask_access(&app, NOBODY).await;
        let marta = keeper_again(&app, &marta).await;
        let page: Page<AccessRequest> = app.get("/api/v1/access-requests").by(&marta).send().await.expect(200).json();
        assert_eq!(page.items.len(), 2);
    }

    async fn of_two_decisions_at_once_one_counts(app: TestApp) {
        let stage = stage::set(&app).await;
        let marta = keeper(&app, &stage).await;
        ask_access(&app, NOBODY).await;
        let approvals = (0..8).map(|_| app.post("/api/v1/access-requests/1/approval").by(&marta).json(&json!({})).send());
        let answers = futures_util::future::join_all(approvals).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        assert_eq!(mails(&app, NOBODY).await.len(), 1);
    }
}

/// The same agent with a fresh token, after the clock moved.
async fn keeper_again(app: &TestApp, agent: &Agent) -> Agent {
    Agent {
        id: agent.id,
        token: app
            .sign_in(api::auth::Audience::Console, agent.id, None)
            .await,
    }
}
