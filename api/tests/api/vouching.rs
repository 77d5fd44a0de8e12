//! The support line's help for callers without access to their mail.

use api::db::schema::{challenges, events, tickets, vouchings};
use api::db::{JsonText, Ts};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use shared::api::portal::{Challenge, Verified};
use shared::api::problem::ProblemType;
use shared::api::vouching::{PendingDraft, VouchedCode};
use shared::ticket::Ticket;
use shared::ticket::actor::Privilege;
use shared::ticket::event::{Event, IdentityProof};

use crate::harness::{Agent, TestApp};
use crate::stage::{self, ANA, NOBODY, Stage, ask, draft, last_code, mails, prove, ticket_count};

async fn support_line(app: &TestApp, stage: &Stage) -> Agent {
    app.agent("Laura", &[(stage.desk, &[Privilege::IdentityVouch])])
        .await
}

fn drafts(reference: &str) -> String {
    format!("/api/v1/vouching/drafts?desk=infortec&reference={reference}")
}

fn statement() -> Value {
    json!({"verified": ["full_name", "mail_on_file", "phone_on_file", "entity"], "note": "Confirmó sus datos; se devolvió la llamada."})
}

async fn vouch(app: &TestApp, agent: &Agent, challenge: &Challenge) -> VouchedCode {
    app.post(&format!("/api/v1/vouching/drafts/{}/codes", challenge.id))
        .by(agent)
        .json(&statement())
        .send()
        .await
        .expect(201)
        .json()
}

/// A row of what is kept of vouchings: for which address, by whom, when, how, and which ticket came of it.
type Kept = (String, String, Ts, JsonText<IdentityProof>, Option<i64>);

async fn kept(app: &TestApp) -> Vec<Kept> {
    app.seed(|conn| {
        let columns = (
            vouchings::email,
            vouchings::agent_name,
            vouchings::at,
            vouchings::proof,
            vouchings::ticket_id,
        );
        let rows = vouchings::table.order(vouchings::id).select(columns);
        Ok(rows.load(conn)?)
    })
    .await
}

/// Who vouched, when, and whether another code took its place; as the history of the only ticket tells it.
type Vouched = (String, Option<DateTime<Utc>>, bool);

/// The vouchings in the history of the only ticket, and the proof that counts.
async fn told(app: &TestApp) -> (Vec<Vouched>, IdentityProof) {
    let (history, state) = app
        .seed(|conn| {
            let history: Vec<String> = events::table
                .order(events::seq)
                .select(events::data)
                .load(conn)?;
            let state: JsonText<Ticket> = tickets::table.select(tickets::state).first(conn)?;
            Ok((history, state))
        })
        .await;
    let vouched = |data: String| match serde_json::from_str::<Event>(&data).unwrap() {
        Event::IdentityVouched {
            by, at, superseded, ..
        } => Some((by.name, at, superseded)),
        _ => None,
    };
    let vouchings = history.into_iter().filter_map(vouched).collect();
    (vouchings, state.0.identity)
}

both! {
    //
    async fn a_caller_gets_the_code_read_out_and_the_ticket_says_so(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let reference = challenge.reference.clone().unwrap();
        let found: PendingDraft = app.get(&drafts(&reference.to_lowercase())).by(&laura).send().await.expect(200).json();
        assert_eq!((found.id.as_str(), found.person_name.as_str()), (challenge.id.as_str(), "Ana María Rojas"));
        assert_eq!(found.person_phone, "601 555 0134");
        assert!(!serde_json::to_string(&found).unwrap().contains(ANA));
        assert_eq!(found.checklist.iter().filter(|item| item.required).count(), 4);

        let mailed = last_code(&app, ANA).await;
        let vouched = vouch(&app, &laura, &challenge).await;
        assert_eq!(vouched.expires_at, app.clock.now() + TimeDelta::minutes(10));
        prove(&browser, &challenge, &mailed).await.problem(ProblemType::CodeWrong);
        prove(&app.browser(), &challenge, &vouched.code).await.problem(ProblemType::CodeDead);
        let verified: Verified = prove(&browser, &challenge, &vouched.code).await.expect(200).json();
        assert_eq!(verified.ticket_code.as_deref(), Some("INF-1"));
        assert_eq!((verified.access_token.as_str(), verified.expires_in), ("", 0));
        browser.post("/api/v1/portal/session/refresh").send().await.problem(ProblemType::Unauthorized);

        let templates: Vec<_> = mails(&app, ANA).await.iter().map(|mail| mail.template()).collect();
        assert_eq!(templates, ["code", "identity_vouched", "ticket_created"]);
        let history: Vec<(String, String)> = app.seed(|conn| Ok(events::table.order(events::seq).select((events::kind, events::data)).load(conn)?)).await;
        let kinds: Vec<_> = history.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["opened", "identity_vouched"]);
        assert!(history[1].1.contains("Laura") && history[1].1.contains("Confirmó sus datos"));
        let (vouchings, counts) = told(&app).await;
        assert_eq!(vouchings, [("Laura".to_owned(), Some(app.clock.now()), false)]);
        assert!(matches!(counts, IdentityProof::Vouched { by, .. } if by.id == laura.id));
        let record = kept(&app).await;
        assert_eq!(record.len(), 1);
        assert!(record[0].4.is_some(), "the record names the ticket");
        prove(&browser, &challenge, &vouched.code).await.problem(ProblemType::CodeDead);
    }

    async fn only_open_drafts_of_registered_people_are_found(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let browser = app.browser();
        let (known, unknown) = (ask(&browser, &draft(ANA)).await, ask(&browser, &draft(NOBODY)).await);
        let reference = |challenge: &Challenge| challenge.reference.clone().unwrap();
        for missing in [reference(&unknown).as_str(), "ZZZZZ", "%25", "-"] {
            app.get(&drafts(missing)).by(&laura).send().await.problem(ProblemType::NotFound);
        }
        let path = format!("/api/v1/vouching/drafts/{}/codes", unknown.id);
        app.post(&path).by(&laura).json(&statement()).send().await.problem(ProblemType::NotFound);
        app.get(&drafts(&reference(&known))).by(&laura).send().await.expect(200);
        app.advance(TimeDelta::minutes(61));
        let laura = Agent { id: laura.id, token: app.sign_in(api::auth::Audience::Console, laura.id, None).await };
        app.get(&drafts(&reference(&known))).by(&laura).send().await.problem(ProblemType::NotFound);
    }

    async fn a_code_needs_every_required_check_a_note_and_the_right(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let worker = app.agent("Ben", &[(stage.desk, &[Privilege::TicketRead, Privilege::TicketWork])]).await;
        let stranger = app.agent("Otra", &[]).await;
        let challenge = ask(&app.browser(), &draft(ANA)).await;
        let reference = challenge.reference.clone().unwrap();
        let path = format!("/api/v1/vouching/drafts/{}/codes", challenge.id);
        app.get(&drafts(&reference)).send().await.problem(ProblemType::Unauthorized);
        app.get(&drafts(&reference)).by(&worker).send().await.problem(ProblemType::Forbidden);
        app.get(&drafts(&reference)).by(&stranger).send().await.problem(ProblemType::NotFound);
        app.post(&path).json(&statement()).send().await.problem(ProblemType::Unauthorized);
        app.post(&path).by(&worker).json(&statement()).send().await.problem(ProblemType::Forbidden);
        for (wrong, pointers) in [
            (json!({"verified": ["full_name"], "note": "ok"}), vec!["/verified"]),
            (json!({"verified": [], "note": " "}), vec!["/verified", "/note"]),
            (json!({"verified": ["full_name", "mail_on_file", "phone_on_file", "entity", "shoe_size"], "note": "ok"}), vec!["/verified/4"]),
        ] {
            let problem = app.post(&path).by(&laura).json(&wrong).send().await.problem(ProblemType::Validation);
            assert_eq!(problem.errors.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(), pointers);
        }
        assert_eq!(mails(&app, ANA).await.len(), 1);
    }

    async fn a_repeated_request_leaves_the_code_that_was_read_out(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let path = format!("/api/v1/vouching/drafts/{}/codes", challenge.id);
        let send = || app.post(&path).by(&laura).header("idempotency-key", "call-1").json(&statement()).send();
        let code: VouchedCode = send().await.expect(201).json();
        send().await.problem(ProblemType::Conflict);
        prove(&browser, &challenge, &code.code).await.expect(200);
    }

    async fn asking_for_another_code_by_mail_takes_the_vouching_back(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        app.advance(TimeDelta::seconds(60));
        let (vouched, at) = (vouch(&app, &laura, &challenge).await, app.clock.now());
        app.advance(TimeDelta::seconds(5));
        browser.post(&format!("/api/v1/portal/challenges/{}/resend", challenge.id)).send().await.expect(202);
        prove(&browser, &challenge, &vouched.code).await.problem(ProblemType::CodeWrong);
        let verified: Verified = prove(&browser, &challenge, &last_code(&app, ANA).await).await.expect(200).json();
        assert!(!verified.access_token.is_empty());
        let kinds: Vec<String> = app.seed(|conn| Ok(events::table.order(events::seq).select(events::kind).load(conn)?)).await;
        assert_eq!(kinds, ["opened", "identity_vouched"]);
        assert_eq!(told(&app).await, (vec![("Laura".to_owned(), Some(at), true)], IdentityProof::MailCode));
        assert_eq!(ticket_count(&app).await, 1);
    }

    //
    async fn the_history_tells_every_vouching_and_the_last_one_counts(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let nora = app.agent("Nora", &[(stage.desk, &[Privilege::IdentityVouch])]).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        let first = app.clock.now();
        vouch(&app, &laura, &challenge).await;
        app.advance(TimeDelta::seconds(90));
        let second = app.clock.now();
        let vouched = vouch(&app, &nora, &challenge).await;
        prove(&browser, &challenge, &vouched.code).await.expect(200);
        let (vouchings, counts) = told(&app).await;
        assert_eq!(vouchings, [("Laura".to_owned(), Some(first), true), ("Nora".to_owned(), Some(second), false)]);
        assert!(matches!(counts, IdentityProof::Vouched { by, .. } if by.id == nora.id));
        let record = kept(&app).await;
        assert_eq!(record.len(), 2);
        assert!(record.iter().all(|row| row.4.is_some() && row.4 == record[0].4));
    }

    //
    async fn a_vouching_is_kept_when_its_code_is_replaced_and_its_draft_removed(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = support_line(&app, &stage).await;
        let browser = app.browser();
        let challenge = ask(&browser, &draft(ANA)).await;
        app.advance(TimeDelta::seconds(60));
        let at = app.clock.now();
        vouch(&app, &laura, &challenge).await;
        browser.post(&format!("/api/v1/portal/challenges/{}/resend", challenge.id)).send().await.expect(202);
        app.advance(TimeDelta::hours(3));
        let now = app.clock.now();
        assert_eq!(app.seed(move |conn| Ok(api::portal::commands::cleanup(conn, now)?)).await, 1);
        let drafts: i64 = app.seed(|conn| Ok(challenges::table.count().get_result(conn)?)).await;
        assert_eq!(drafts, 0);

        let record = kept(&app).await;
        assert_eq!(record.len(), 1);
        let (email, agent, when, how, ticket) = record[0].clone();
        assert_eq!((email.as_str(), agent.as_str(), when.get(), ticket), (ANA, "Laura", at, None));
        let IdentityProof::Vouched { by, checklist, note, .. } = how.0 else { panic!("another proof was kept") };
        assert_eq!((by.id, checklist.len()), (laura.id, 4));
        assert!(note.unwrap().to_string().contains("Confirmó sus datos"));

        // Nobody takes it away or rewrites it, not even at the database.
        let refused = app.seed(|conn| {
            let cut = conn.transaction(|conn| diesel::delete(vouchings::table).execute(conn)).is_err();
            Ok(cut && conn.transaction(|conn| diesel::update(vouchings::table).set(vouchings::agent_name.eq("Nadie")).execute(conn)).is_err())
        });
        assert!(refused.await, "what is kept could be changed");
        assert_eq!(kept(&app).await, record);
    }
}
