//! The portal: codes, drafts, lookups, sessions and a requester's own tickets (R-044 to, B-13 to B-21).

use std::sync::{Arc, Mutex};

use api::auth::session::Audience;
use api::config::Budget;
use api::db::DbConnection;
use api::db::schema::{challenges, outbox, people};
use api::http::ApiError;
use api::outbox::worker::Worker;
use api::portal;
use api::portal::code::Code;
use chrono::TimeDelta;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel::prelude::*;
use serde_json::{Value, json};
use shared::api::page::Page;
use shared::api::people::NewAccessRequest;
use shared::api::portal::{
    Challenge, CodeProof, NewDraft, NewLookup, PortalDesk, PortalDeskRow, PortalSession,
    RequesterTicket, RequesterTicketRow, Verified,
};
use shared::api::problem::ProblemType;
use shared::api::session::AccessToken;
use shared::i18n::Lang;
use shared::ticket::actor::Privilege;
use shared::ticket::status::Status;
use uuid::Uuid;

use crate::harness::{Answer, Browser, TestApp};
use crate::stage::{
    self, ANA, BEN, DESK, NOBODY, ask, codes, draft, last_code, mails, open_ticket, prove,
    ticket_count,
};

fn lookup(ticket_code: &str, email: &str) -> NewLookup {
    NewLookup {
        desk: DESK.to_owned(),
        ticket_code: ticket_code.to_owned(),
        email: email.to_owned(),
        language: Lang::Es,
    }
}

async fn look_up(browser: &Browser, ticket_code: &str, email: &str) -> Challenge {
    browser
        .post("/api/v1/portal/lookups")
        .json(&lookup(ticket_code, email))
        .send()
        .await
        .expect(202)
        .json()
}

/// The answer without what is random or was typed.
fn stripped(challenge: &Challenge) -> Value {
    let mut value = serde_json::to_value(challenge).unwrap();
    for name in ["id", "email"] {
        value[name] = Value::Null;
    }
    if value["reference"].is_string() {
        value["reference"] = json!("XXXX");
    }
    value
}

async fn challenge_count(app: &TestApp) -> i64 {
    app.seed(|conn| Ok(challenges::table.count().get_result(conn)?))
        .await
}

/// A code that is not the right one.
fn other_than(code: &str) -> &'static str {
    if code == "2222-2222" {
        "3333-3333"
    } else {
        "2222-2222"
    }
}

both! {
    async fn the_portal_shows_its_desks_in_the_callers_language(app: TestApp) {
        stage::set(&app).await;
        let rows: Vec<PortalDeskRow> = app.get("/api/v1/portal/desks").send().await.expect(200).json();
        assert_eq!(rows.iter().map(|row| row.slug.as_str()).collect::<Vec<_>>(), [DESK]);
        let es: PortalDesk = app.get("/api/v1/portal/desks/infortec").send().await.expect(200).json();
        let en: PortalDesk = app.get("/api/v1/portal/desks/infortec").header("accept-language", "en").send().await.expect(200).json();
        assert_eq!((es.category_word.as_str(), en.category_word.as_str()), ("Grupo de ticket", "Ticket group"));
        assert_eq!(es.code_example, "INF-1042");
        assert_eq!(es.priorities.len(), 4);
        app.get("/api/v1/portal/desks/none").send().await.problem(ProblemType::NotFound);
    }

    //
    async fn a_proved_code_makes_the_draft_a_ticket_and_begins_a_session(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        assert_eq!(challenge.reference.as_deref().map(str::len), Some(4));
        assert_eq!(challenge.expires_at - challenge.now, TimeDelta::minutes(10));
        assert_eq!(challenge.resend_at - challenge.now, TimeDelta::seconds(60));
        assert_eq!(ticket_count(&app).await, 0);
        let again: Challenge = browser.get(&format!("/api/v1/portal/challenges/{}", challenge.id)).send().await.expect(200).json();
        assert_eq!(again, challenge);

        let verified: Verified = prove(&browser, &challenge, &last_code(&app, ANA).await).await.expect(200).json();
        assert_eq!(verified.ticket_code.as_deref(), Some("INF-1"));
        assert_eq!(ticket_count(&app).await, 1);
        let session: PortalSession = browser.get("/api/v1/portal/session").bearer(&verified.access_token).send().await.expect(200).json();
        assert_eq!(session, PortalSession { desk: DESK.into(), full_name: "Ana María Rojas".into(), email: ANA.into() });
        let page: Page<RequesterTicketRow> = browser.get("/api/v1/portal/tickets").bearer(&verified.access_token).send().await.expect(200).json();
        assert_eq!(page.items.iter().map(|row| row.code.as_str()).collect::<Vec<_>>(), ["INF-1"]);
        let ticket: RequesterTicket = browser.get("/api/v1/portal/tickets/INF-1").bearer(&verified.access_token).send().await.expect(200).json();
        assert_eq!(ticket.description, draft(ANA).message);
        assert_eq!(ticket.status.id, Status::New);
        let templates: Vec<_> = mails(&app, ANA).await.iter().map(|mail| mail.template()).collect();
        assert_eq!(templates, ["code", "ticket_created"]);
    }

    async fn the_language_of_a_proved_form_is_the_persons_from_then_on(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = app.agent("Laura", &[(stage.desk, Privilege::ALL)]).await;
        stage::join_group(&app, &laura, stage.desk, "mesa").await;
        let ana = stage.ana;
        let kept = async || {
            let read = move |conn: &mut DbConnection| -> Result<(String, i32), ApiError> {
                Ok(people::table.find(ana).select((people::language, people::version)).first(conn)?)
            };
            app.seed(read).await
        };
        let browser = app.browser();
        let english = NewDraft { language: Lang::En, ..draft(ANA) };
        let challenge = ask(&browser, &english).await;
        assert_eq!(kept().await, ("es".to_owned(), 1), "who only asks changes nothing");
        prove(&browser, &challenge, &last_code(&app, ANA).await).await.expect(200);
        assert_eq!(kept().await, ("en".to_owned(), 2));

        let deed = |what: &str| format!("/api/v1/tickets/INF-1/{what}");
        app.post(&deed("assignments")).by(&laura).if_match(1).json(&json!({ "assignee": laura.id })).send().await.expect(200);
        let message = json!({ "visibility": "public", "body": "Lo revisamos." });
        app.post(&deed("messages")).by(&laura).if_match(2).json(&message).send().await.expect(201);
        let mailed: Vec<(String, String)> = app.seed(|conn| {
            let to_ana = outbox::table.filter(outbox::recipient.eq(ANA)).order(outbox::id);
            Ok(to_ana.select((outbox::template, outbox::language)).load(conn)?)
        }).await;
        let expected = ["code", "ticket_created", "message_to_requester"].map(|template| (template.to_owned(), "en".to_owned()));
        assert_eq!(mailed, expected, "one ticket, one language");

        open_ticket(&app, &browser, &english).await;
        assert_eq!(kept().await, ("en".to_owned(), 2), "nothing is written where nothing differs");
    }

    async fn a_used_code_works_no_more_except_for_the_same_request_repeated(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let proof = CodeProof { code: last_code(&app, ANA).await };
        let verify = |key: &'static str| browser.post(&format!("/api/v1/portal/challenges/{}/verify", challenge.id)).header("idempotency-key", key).json(&proof);
        verify("one").send().await.expect(200);
        prove(&browser, &challenge, &proof.code).await.problem(ProblemType::CodeDead);
        verify("two").send().await.problem(ProblemType::CodeDead);
        let again: Verified = verify("one").send().await.expect(200).json();
        assert_eq!(again.ticket_code.as_deref(), Some("INF-1"));
        browser.get("/api/v1/portal/session").bearer(&again.access_token).send().await.expect(200);
        assert_eq!(ticket_count(&app).await, 1);
        browser.get(&format!("/api/v1/portal/challenges/{}", challenge.id)).send().await.problem(ProblemType::NotFound);
    }

    //
    async fn after_five_wrong_tries_the_right_code_is_dead_too(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let code = last_code(&app, ANA).await;
        for left in [4, 3, 2, 1] {
            let problem = prove(&browser, &challenge, other_than(&code)).await.problem(ProblemType::CodeWrong);
            assert_eq!(problem.tries_left, Some(left));
        }
        prove(&browser, &challenge, other_than(&code)).await.problem(ProblemType::CodeDead);
        prove(&browser, &challenge, &code).await.problem(ProblemType::CodeDead);
        assert_eq!(ticket_count(&app).await, 0);
    }

    //
    async fn a_code_lives_ten_minutes(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let (first, second) = (ask(&browser, &draft(ANA)).await, ask(&browser, &draft(ANA)).await);
        let codes = codes(&app, ANA).await;
        app.advance(TimeDelta::minutes(10));
        prove(&browser, &first, &codes[0]).await.expect(200);
        app.advance(TimeDelta::seconds(1));
        prove(&browser, &second, &codes[1]).await.problem(ProblemType::CodeDead);
    }

    async fn a_code_works_only_in_the_browser_that_asked(app: TestApp) {
        stage::set(&app).await;
        let (browser, other) = (app.browser(), app.browser());
        let challenge = ask(&browser, &draft(ANA)).await;
        let code = last_code(&app, ANA).await;
        let path = format!("/api/v1/portal/challenges/{}", challenge.id);
        prove(&other, &challenge, &code).await.problem(ProblemType::CodeDead);
        app.post(&format!("{path}/verify")).json(&CodeProof { code: code.clone() }).send().await.problem(ProblemType::CodeDead);
        other.get(&path).send().await.problem(ProblemType::NotFound);
        other.post(&format!("{path}/resend")).send().await.problem(ProblemType::NotFound);
        app.get("/api/v1/portal/challenges/nonsense").send().await.problem(ProblemType::NotFound);
        prove(&browser, &challenge, &code).await.expect(200);
    }

    async fn of_two_hundred_right_codes_at_once_one_makes_the_ticket(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let code = last_code(&app, ANA).await;
        let tries = (0..200).map(|_| prove(&browser, &challenge, &code));
        let answers = futures_util::future::join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.problem(ProblemType::CodeDead);
        }
        assert_eq!(ticket_count(&app).await, 1);
    }

    async fn parallel_wrong_tries_are_all_counted(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let code = last_code(&app, ANA).await;
        let answers = futures_util::future::join_all((0..20).map(|_| prove(&browser, &challenge, other_than(&code)))).await;
        let mut left: Vec<_> = answers.iter().filter_map(|answer| answer.json::<shared::api::problem::Problem>().tries_left).collect();
        left.sort_unstable();
        assert_eq!(left, [1, 2, 3, 4]);
        prove(&browser, &challenge, &code).await.problem(ProblemType::CodeDead);
    }

    //
    async fn an_unknown_address_gets_the_same_answers_and_no_mail(app: TestApp) {
        let stage = stage::set(&app).await;
        app.seed(move |conn| Ok(api::people::store::set_active(conn, stage.ben, false)?)).await;
        let browser = app.browser();
        let (known, unknown, blocked) = (ask(&browser, &draft(ANA)).await, ask(&browser, &draft(NOBODY)).await, ask(&browser, &draft(BEN)).await);
        assert_eq!(stripped(&known), stripped(&unknown));
        assert_eq!(stripped(&known), stripped(&blocked));
        assert_eq!(unknown.email, NOBODY);
        assert_eq!((codes(&app, NOBODY).await.len(), codes(&app, BEN).await.len()), (0, 0));
        for _ in 0..5 {
            let (one, other) = (prove(&browser, &known, "2222-2222").await, prove(&browser, &unknown, "2222-2222").await);
            let strip = |answer: &Answer| {
                let mut value: Value = answer.json();
                value["request_id"] = Value::Null;
                value
            };
            assert_eq!(strip(&one), strip(&other));
        }
        app.advance(TimeDelta::seconds(60));
        let resend = |challenge: &Challenge| browser.post(&format!("/api/v1/portal/challenges/{}/resend", challenge.id));
        let (one, other): (Challenge, Challenge) = (resend(&known).send().await.expect(202).json(), resend(&unknown).send().await.expect(202).json());
        assert_eq!(stripped(&one), stripped(&other));
        assert_eq!(codes(&app, NOBODY).await.len(), 0);
    }

    async fn a_new_code_kills_the_old_one_and_must_be_waited_for(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let path = format!("/api/v1/portal/challenges/{}/resend", challenge.id);
        let too_soon = browser.post(&path).send().await;
        too_soon.problem(ProblemType::RateLimited);
        assert_eq!(too_soon.header("retry-after"), Some("60"));
        let first = last_code(&app, ANA).await;
        prove(&browser, &challenge, other_than(&first)).await.problem(ProblemType::CodeWrong);
        app.advance(TimeDelta::seconds(60));
        let renewed: Challenge = browser.post(&path).send().await.expect(202).json();
        assert_eq!((renewed.tries_left, &renewed.id), (5, &challenge.id));
        prove(&browser, &challenge, &first).await.problem(ProblemType::CodeWrong);
        prove(&browser, &challenge, &last_code(&app, ANA).await).await.expect(200);
        browser.post(&path).send().await.problem(ProblemType::NotFound);
    }

    //
    async fn an_address_gets_five_code_mails_an_hour_and_the_sixth_ask_looks_alike(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let path = format!("/api/v1/portal/challenges/{}/resend", challenge.id);
        for _ in 0..4 {
            app.advance(TimeDelta::seconds(60));
            browser.post(&path).send().await.expect(202);
        }
        app.advance(TimeDelta::seconds(60));
        browser.post(&path).send().await.problem(ProblemType::RateLimited);
        let sixth = ask(&browser, &draft(ANA)).await;
        assert_eq!(stripped(&sixth)["tries_left"], 5);
        assert_eq!(codes(&app, ANA).await.len(), 5);
        app.advance(TimeDelta::minutes(61));
        ask(&browser, &draft(ANA)).await;
        assert_eq!(codes(&app, ANA).await.len(), 6);
    }

    //
    async fn lookups_of_an_address_are_limited_as_well(app: TestApp) {
        stage::set(&app).await;
        open_ticket(&app, &app.browser(), &draft(ANA)).await;
        let browser = app.browser();
        // Whether or not the pair is right, and from whichever browser.
        for ticket in ["INF-1", "INF-999", "INF-1", "INF-2"] {
            look_up(&browser, ticket, ANA).await;
        }
        let before = codes(&app, ANA).await.len();
        for _ in 0..4 {
            look_up(&app.browser(), "INF-1", ANA).await;
        }
        let after = codes(&app, ANA).await.len();
        assert!(after <= 5 && before < after, "{before} and then {after} codes");
        app.advance(TimeDelta::minutes(61));
        look_up(&browser, "INF-1", ANA).await;
        assert_eq!(codes(&app, ANA).await.len(), after + 1);
    }

    //
    async fn wrong_data_is_told_all_at_once_and_sends_no_code(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let mut wrong = draft("ana@@example.org");
        wrong.subject = " \u{200B} ".to_owned();
        wrong.message = String::new();
        wrong.category = "no-such".to_owned();
        wrong.priority = Some(" p1".to_owned());
        wrong.attachments = vec!["nonsense".to_owned(), Uuid::new_v4().to_string()];
        let problem = browser.post("/api/v1/portal/drafts").with_key().json(&wrong).send().await.problem(ProblemType::Validation);
        let mut pointers: Vec<_> = problem.errors.iter().map(|fault| fault.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/attachments/0", "/attachments/1", "/category", "/email", "/message", "/priority", "/subject"]);
        assert_eq!(challenge_count(&app).await, 0);
        let mut elsewhere = draft(ANA);
        elsewhere.desk = "none".to_owned();
        let problem = browser.post("/api/v1/portal/drafts").with_key().json(&elsewhere).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors[0].pointer, "/desk");
        let mut hidden = serde_json::to_value(draft(ANA)).unwrap();
        hidden["requester_id"] = json!(7);
        browser.post("/api/v1/portal/drafts").with_key().json(&hidden).send().await.problem(ProblemType::Validation);
        browser.post("/api/v1/portal/drafts").with_key().raw("application/json", "[]").send().await.problem(ProblemType::Validation);
        for bad in ["a@b", "ana@localhost", "\"a b\"@example.org", "ana@[127.0.0.1]", "ana@example.org\r\nBcc: x@example.org", &format!("{}@example.org", "a".repeat(321))] {
            browser.post("/api/v1/portal/drafts").with_key().json(&draft(bad)).send().await.problem(ProblemType::Validation);
        }
        assert!(mails(&app, ANA).await.is_empty());
    }

    async fn a_draft_needs_a_key_and_is_taken_once_with_it(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        browser.post("/api/v1/portal/drafts").json(&draft(ANA)).send().await.problem(ProblemType::IdempotencyKeyRequired);
        let send = |draft: &NewDraft| browser.post("/api/v1/portal/drafts").header("idempotency-key", "k-1").json(draft);
        // The first answer gives the browser its name.
        let first: Challenge = send(&draft(ANA)).send().await.expect(202).json();
        let again: Challenge = send(&draft(ANA)).send().await.expect(202).json();
        assert_eq!(first, again);
        assert_eq!(codes(&app, ANA).await.len(), 1);
        send(&draft(BEN)).send().await.problem(ProblemType::IdempotencyMismatch);
    }

    async fn a_code_is_understood_however_it_is_typed(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let path = format!("/api/v1/portal/challenges/{}/verify", challenge.id);
        for bad in [json!({"code": 12345678}), json!({"code": null}), json!({"code": []}), json!({"code": ""}), json!({"code": " - "}), json!({}), json!({"code": "x".repeat(33)})] {
            browser.post(&path).json(&bad).send().await.problem(ProblemType::Validation);
        }
        let huge = format!("{{\"code\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
        browser.post(&path).raw("application/json", huge).send().await.problem(ProblemType::TooLarge);
        let typed = format!(" {} ", last_code(&app, ANA).await.to_lowercase().replace('-', " "));
        prove(&browser, &challenge, &typed).await.expect(200);
    }

    //
    async fn a_lookup_never_tells_whether_ticket_or_address_was_wrong(app: TestApp) {
        stage::set(&app).await;
        open_ticket(&app, &app.browser(), &draft(ANA)).await;
        open_ticket(&app, &app.browser(), &draft(BEN)).await;
        let browser = app.browser();
        let right = look_up(&browser, " inf-1 ", "Ana.Rojas@Example.org").await;
        for (ticket, email) in [("INF-2", ANA), ("INF-999", ANA), ("INF-1", NOBODY), ("INF-1", BEN), ("INF-999999999999999999", NOBODY)] {
            assert_eq!(stripped(&look_up(&browser, ticket, email).await), stripped(&right), "{ticket} {email}");
        }
        assert_eq!(codes(&app, ANA).await.len(), 2);
        assert_eq!(codes(&app, BEN).await.len(), 1);
        assert!(codes(&app, NOBODY).await.is_empty());
        let verified: Verified = prove(&browser, &right, &last_code(&app, ANA).await).await.expect(200).json();
        assert_eq!(verified.ticket_code.as_deref(), Some("INF-1"));
        let page: Page<RequesterTicketRow> = browser.get("/api/v1/portal/tickets").bearer(&verified.access_token).send().await.expect(200).json();
        assert_eq!(page.items.len(), 1);
        browser.get("/api/v1/portal/tickets/INF-2").bearer(&verified.access_token).send().await.problem(ProblemType::NotFound);
        browser.get("/api/v1/portal/tickets/INF-999").bearer(&verified.access_token).send().await.problem(ProblemType::NotFound);
        let problem = browser.post("/api/v1/portal/lookups").json(&lookup("¿cuál?", "x")).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), ["/email", "/ticket_code"]);
    }

    async fn who_is_registered_meanwhile_gets_a_code_by_asking_again(app: TestApp) {
        let stage = stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(NOBODY)).await;
        let now = app.clock.now();
        app.seed(move |conn| stage::add_person(conn, stage.desk, "Nadia Díaz", NOBODY, now)).await;
        app.advance(TimeDelta::seconds(60));
        browser.post(&format!("/api/v1/portal/challenges/{}/resend", challenge.id)).send().await.expect(202);
        prove(&browser, &challenge, &last_code(&app, NOBODY).await).await.expect(200);
    }

    async fn who_was_shut_out_meanwhile_proves_nothing(app: TestApp) {
        let stage = stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        app.seed(move |conn| Ok(api::people::store::set_active(conn, stage.ana, false)?)).await;
        prove(&browser, &challenge, &last_code(&app, ANA).await).await.problem(ProblemType::CodeWrong);
        assert_eq!(ticket_count(&app).await, 0);
    }

    async fn a_session_goes_on_by_its_cookie_and_ends_when_told(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let verified = open_ticket(&app, &browser, &draft(ANA)).await;
        app.advance(TimeDelta::minutes(11));
        browser.get("/api/v1/portal/session").bearer(&verified.access_token).send().await.problem(ProblemType::Unauthorized);
        let fresh: AccessToken = browser.post("/api/v1/portal/session/refresh").send().await.expect(200).json();
        browser.get("/api/v1/portal/session").bearer(&fresh.access_token).send().await.expect(200);
        app.post("/api/v1/portal/session/refresh").send().await.problem(ProblemType::Unauthorized);
        browser.call(reqwest::Method::DELETE, "/api/v1/portal/session").send().await.expect(204);
        browser.get("/api/v1/portal/session").bearer(&fresh.access_token).send().await.problem(ProblemType::Unauthorized);
        browser.post("/api/v1/portal/session/refresh").send().await.problem(ProblemType::Unauthorized);
    }

    async fn a_session_ends_after_half_an_hour_without_use(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        open_ticket(&app, &browser, &draft(ANA)).await;
        app.advance(TimeDelta::minutes(31));
        browser.post("/api/v1/portal/session/refresh").send().await.problem(ProblemType::Unauthorized);
    }

    async fn ending_a_persons_epoch_ends_the_session_at_once(app: TestApp) {
        let stage = stage::set(&app).await;
        let browser = app.browser();
        let verified = open_ticket(&app, &browser, &draft(ANA)).await;
        app.seed(move |conn| Ok(diesel::update(people::table.find(stage.ana)).set(people::epoch.eq(people::epoch + 1)).execute(conn)?)).await;
        browser.get("/api/v1/portal/session").bearer(&verified.access_token).send().await.problem(ProblemType::Unauthorized);
    }

    async fn what_was_never_proved_is_removed(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        app.advance(TimeDelta::minutes(61));
        browser.get(&format!("/api/v1/portal/challenges/{}", challenge.id)).send().await.problem(ProblemType::NotFound);
        let clean = async || {
            let now = app.clock.now();
            app.seed(move |conn| Ok(portal::commands::cleanup(conn, now)?)).await
        };
        assert_eq!(clean().await, 0);
        app.advance(TimeDelta::minutes(60));
        assert_eq!(clean().await, 1);
        assert_eq!(challenge_count(&app).await, 0);
    }

    //
    async fn a_requester_answers_rejects_accepts_and_rates(app: TestApp) {
        let stage = stage::set(&app).await;
        let agent = app.agent("Laura", &[(stage.desk, &[Privilege::TicketRead, Privilege::TicketWork, Privilege::TicketAssign])]).await;
        stage::join_group(&app, &agent, stage.desk, "mesa").await;
        let browser = app.browser();
        let token = open_ticket(&app, &browser, &draft(ANA)).await.access_token;
        let show = async || browser.get("/api/v1/portal/tickets/INF-1").bearer(&token).send().await.expect(200).json::<RequesterTicket>();
        let version = async || show().await.version;
        let portal = |what: &str| browser.post(&format!("/api/v1/portal/tickets/INF-1/{what}")).bearer(&token);
        let console = |what: &str| app.post(&format!("/api/v1/tickets/INF-1/{what}")).by(&agent);

        portal("messages").json(&json!({"body": "Adjunto la captura."})).send().await.expect(201);
        portal("messages").json(&json!({"body": " "})).send().await.problem(ProblemType::Validation);
        portal("acceptances").json(&json!({})).send().await.problem(ProblemType::PreconditionRequired);
        portal("acceptances").if_match(version().await).json(&json!({})).send().await.problem(ProblemType::StateConflict);

        console("assignments").if_match(version().await).with_key().json(&json!({"assignee": agent.id})).send().await.expect(200);
        console("solutions").if_match(version().await).with_key().json(&json!({"solution": "Se reinició el servicio."})).send().await.expect(200);
        let solved = show().await;
        assert_eq!(solved.status.id, Status::Solved);
        assert!(solved.actions.accept && solved.actions.reject && !solved.actions.rate);
        assert_eq!(solved.solution.as_ref().map(|solution| solution.text.as_str()), Some("Se reinició el servicio."));

        portal("rejections").if_match(solved.version).json(&json!({"reason": ""})).send().await.problem(ProblemType::Validation);
        portal("rejections").if_match(solved.version - 1).json(&json!({"reason": "Sigue igual."})).send().await.problem(ProblemType::VersionMismatch);
        let reopened: RequesterTicket = portal("rejections").if_match(solved.version).json(&json!({"reason": "Sigue igual."})).send().await.expect(200).json();
        assert_eq!(reopened.status.id, Status::InProgress);

        console("solutions").if_match(reopened.version).with_key().json(&json!({"solution": "Se cambió la licencia."})).send().await.expect(200);
        portal("surveys").if_match(version().await).json(&json!({"stars": 5})).send().await.problem(ProblemType::StateConflict);
        let accepted: RequesterTicket = portal("acceptances").if_match(version().await).json(&json!({})).send().await.expect(200).json();
        assert!(accepted.actions.rate);
        for stars in [json!(0), json!(6), json!(3.5), json!("5")] {
            portal("surveys").if_match(accepted.version).json(&json!({"stars": stars})).send().await.problem(ProblemType::Validation);
        }
        let rated: RequesterTicket = portal("surveys").if_match(accepted.version).json(&json!({"stars": 5, "comment": ""})).send().await.expect(200).json();
        assert_eq!(rated.status.id, Status::Closed);
        assert_eq!(rated.rating.as_ref().and_then(|rating| rating.stars), Some(5));
        portal("messages").json(&json!({"body": "¿Hola?"})).send().await.problem(ProblemType::StateConflict);

        let other = open_ticket(&app, &app.browser(), &draft(BEN)).await.access_token;
        for what in ["messages", "acceptances", "rejections", "surveys"] {
            let body = match what {
                "messages" => json!({"body": "x"}),
                "rejections" => json!({"reason": "x"}),
                "surveys" => json!({"stars": 1}),
                _ => json!({}),
            };
            let path = format!("/api/v1/portal/tickets/INF-1/{what}");
            app.post(&path).bearer(&other).if_match(1).json(&body).send().await.problem(ProblemType::NotFound);
            app.post(&path).if_match(1).json(&body).send().await.problem(ProblemType::Unauthorized);
        }
    }
}

/// The statements of a command, without the values that they bind.
pub async fn statements<T: Send + 'static>(
    app: &TestApp,
    command: impl FnOnce(&mut DbConnection) -> Result<T, ApiError> + Send + 'static,
) -> (T, Vec<String>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let done = app
        .seed(move |conn| {
            conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                if let InstrumentationEvent::StartQuery { query, .. } = event {
                    let text = query.to_string();
                    let statement = text.split(" -- binds").next().unwrap_or_default();
                    noted.lock().unwrap().push(statement.to_owned());
                }
            });
            let done = command(conn);
            conn.set_instrumentation(None::<Box<dyn Instrumentation>>);
            done
        })
        .await;
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    (done, seen)
}

/// Status, headers and body of an answer, without what is random, typed or told to this one request only.
fn shape(answer: &Answer, typed: &str) -> Value {
    let mut body = serde_json::from_slice::<Value>(&answer.body).unwrap_or(Value::Null);
    if let Some(fields) = body.as_object_mut() {
        for (name, value) in fields.iter_mut() {
            if matches!(name.as_str(), "id" | "reference" | "request_id") {
                let text = value.as_str().unwrap_or_default();
                *value = json!(text.len());
            }
        }
    }
    let body = body.to_string().replace(typed, "<typed>");
    let headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id" | "ratelimit"))
        .map(|(name, value)| {
            let value = value.to_str().unwrap();
            let value = if name == "set-cookie" {
                value.split_once(';').map_or(value, |(_, rest)| rest)
            } else {
                value
            };
            (name.to_string(), value.to_owned())
        })
        .collect();
    json!({ "status": answer.status, "headers": headers, "body": body })
}

/// Nobody is registered under this address, which is as long as Ana's.
const EVA: &str = "eva.rojas@example.org";

both! {
    async fn no_answer_tells_a_registered_address_from_another(app: TestApp) {
        stage::set(&app).await;
        open_ticket(&app, &app.browser(), &draft(ANA)).await;
        assert_eq!(ANA.len(), EVA.len());
        let mut told = Vec::new();
        for email in [ANA, EVA] {
            let browser = app.browser();
            let mut answers = Vec::new();
            let drafted = browser.post("/api/v1/portal/drafts").with_key().json(&draft(email)).send().await.expect(202);
            let looked = browser.post("/api/v1/portal/lookups").with_key().json(&lookup("INF-1", email)).send().await.expect(202);
            let challenges: Vec<Challenge> = vec![drafted.json(), looked.json()];
            answers.extend([drafted, looked]);
            app.advance(TimeDelta::seconds(60));
            for challenge in &challenges {
                answers.push(browser.get(&format!("/api/v1/portal/challenges/{}", challenge.id)).send().await.expect(200));
                answers.push(browser.post(&format!("/api/v1/portal/challenges/{}/resend", challenge.id)).send().await.expect(202));
                for _ in 0..6 {
                    answers.push(prove(&browser, challenge, "2222-2222").await);
                }
            }
            let access = json!({"desk": DESK, "full_name": "Eva Rojas", "email": email, "phone": "601 555 0199", "entity": "Alcaldía de San Roque"});
            for _ in 0..2 {
                answers.push(browser.post("/api/v1/portal/access-requests").json(&access).send().await.expect(202));
            }
            // Both begin at the same moment.
            app.advance(TimeDelta::seconds(-60));
            told.push(answers.iter().map(|answer| shape(answer, email)).collect::<Vec<_>>());
        }
        for (known, unknown) in told[0].iter().zip(&told[1]) {
            assert_eq!(known, unknown);
        }
        assert_eq!(told[0].len(), told[1].len());
        assert!(codes(&app, EVA).await.is_empty());
    }

    async fn an_unknown_address_costs_the_same_statements(app: TestApp) {
        stage::set(&app).await;
        open_ticket(&app, &app.browser(), &draft(ANA)).await;
        let mut costs = Vec::new();
        for email in [ANA, EVA] {
            let ctx = portal::context(&app.state);
            let later = portal::commands::Context { now: ctx.now + TimeDelta::seconds(60), ..ctx.clone() };
            let browser = email.as_bytes();
            let run = ctx.clone();
            let (drafted, of_draft) = statements(&app, move |conn| portal::commands::send_draft(conn, &run, browser, &[], &draft(email))).await;
            let run = ctx.clone();
            let (looked, of_lookup) = statements(&app, move |conn| portal::commands::send_lookup(conn, &run, browser, &lookup("INF-1", email))).await;
            let mut cost = vec![of_draft, of_lookup];
            for id in [drafted.id, looked.id] {
                let (run, asked) = (later.clone(), id.clone());
                cost.push(statements(&app, move |conn| portal::commands::resend(conn, &run, &asked, browser)).await.1);
                let run = later.clone();
                let wrong = Code::typed("2222-2222");
                cost.push(statements(&app, move |conn| portal::commands::verify(conn, &run, &id, browser, &wrong)).await.1);
            }
            let request = NewAccessRequest {
                desk: DESK.to_owned(),
                full_name: "Eva Rojas".to_owned(),
                phone: "601 555 0199".to_owned(),
                email: email.to_owned(),
                entity: "Alcaldía de San Roque".to_owned(),
            };
            for _ in 0..2 {
                let (run, request) = (ctx.clone(), request.clone());
                cost.push(
                    statements(&app, move |conn| {
                        let desk = portal::commands::portal_desk(conn, &run, DESK)?;
                        api::people::commands::request_access(conn, &desk, &request, |_| "X".to_owned(), Lang::Es, run.now)
                    })
                    .await
                    .1,
                );
            }
            costs.push(cost);
        }
        assert!(costs[0].iter().all(|cost| !cost.is_empty()), "nothing was counted: {:?}", costs[0]);
        assert_eq!(costs[0], costs[1]);
    }

    async fn a_withheld_mail_never_leaves_and_is_forgotten(app: TestApp) {
        stage::set(&app).await;
        ask(&app.browser(), &draft(NOBODY)).await;
        let count = async || app.seed(|conn| Ok(outbox::table.count().get_result::<i64>(conn)?)).await;
        assert_eq!(count().await, 1);
        let worker = Worker::of(&app.state).unwrap();
        assert_eq!(worker.run_once(app.clock.now()).await.unwrap().sent, 0);
        app.advance(TimeDelta::minutes(121));
        let now = app.clock.now();
        assert_eq!(worker.run_once(now).await.unwrap().sent, 0);
        app.seed(move |conn| Ok(portal::commands::cleanup(conn, now)?)).await;
        assert_eq!(count().await, 0);
    }

    async fn codes_asked_for_with_a_session_are_not_used_up_by_whoever_knows_the_address(app: TestApp) {
        let stage = stage::set(&app).await;
        let mailed = async |email: &'static str| codes(&app, email).await.len();
        for _ in 0..6 {
            ask(&app.browser(), &draft(ANA)).await;
        }
        assert_eq!(mailed(ANA).await, 5);
        let token = app.sign_in(Audience::Portal, stage.ana, Some(stage.desk)).await;
        let signed_in = app.browser();
        let send = async |email: &str| {
            let call = signed_in.post("/api/v1/portal/drafts").with_key().bearer(&token);
            call.json(&draft(email)).send().await.expect(202).json::<Challenge>()
        };
        let first = send(ANA).await;
        assert_eq!(mailed(ANA).await, 6);
        // A new code of it is of the same budget, which ends, too.
        app.advance(TimeDelta::seconds(60));
        signed_in.post(&format!("/api/v1/portal/challenges/{}/resend", first.id)).send().await.expect(202);
        for _ in 0..4 {
            send(ANA).await;
        }
        assert_eq!(mailed(ANA).await, 10);
        // A session of one address is none of another.
        for _ in 0..5 {
            ask(&app.browser(), &draft(BEN)).await;
        }
        send(BEN).await;
        assert_eq!(mailed(BEN).await, 5);
    }

    async fn asks_at_once_do_not_pass_the_budget_of_an_address(app: TestApp) {
        stage::set(&app).await;
        for _ in 0..4 {
            ask(&app.browser(), &draft(ANA)).await;
        }
        let ctx = portal::context(&app.state);
        let ask_again = |browser: &'static [u8]| {
            let ctx = ctx.clone();
            move |conn: &mut DbConnection| portal::commands::send_draft(conn, &ctx, browser, &[], &draft(ANA))
        };
        let (first, second) = app.overlapping(ask_again(b"one"), ask_again(b"two")).await;
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(codes(&app, ANA).await.len(), 5);
    }
}

#[tokio::test]
async fn forms_for_one_requester_have_a_budget() {
    let app = TestApp::with_settings(|settings| {
        settings.limits.create_per_requester = Budget {
            count: 2,
            seconds: 3600,
        };
    })
    .await;
    stage::set(&app).await;
    for _ in 0..2 {
        ask(&app.browser(), &draft(ANA)).await;
    }
    app.browser()
        .post("/api/v1/portal/drafts")
        .with_key()
        .json(&draft("Ana.Rojas@example.org"))
        .send()
        .await
        .problem(ProblemType::RateLimited);
    ask(&app.browser(), &draft(BEN)).await;
}

///
#[tokio::test]
async fn asks_and_tries_are_limited_by_client_network() {
    let app = TestApp::with_settings(|settings| {
        settings.limits.code_ask_per_prefix = Budget {
            count: 2,
            seconds: 3600,
        };
        settings.limits.code_try_per_prefix = Budget {
            count: 3,
            seconds: 3600,
        };
    })
    .await;
    stage::set(&app).await;
    let browser = app.browser();
    let challenge = ask(&browser, &draft(NOBODY)).await;
    ask(&browser, &draft("otra@example.org")).await;
    browser
        .post("/api/v1/portal/drafts")
        .with_key()
        .json(&draft("una.mas@example.org"))
        .send()
        .await
        .problem(ProblemType::RateLimited);
    browser
        .post("/api/v1/portal/lookups")
        .json(&lookup("INF-1", ANA))
        .send()
        .await
        .problem(ProblemType::RateLimited);
    for _ in 0..3 {
        prove(&browser, &challenge, "2222-2222")
            .await
            .problem(ProblemType::CodeWrong);
    }
    prove(&browser, &challenge, "2222-2222")
        .await
        .problem(ProblemType::RateLimited);
}
