//! What the product does by itself when time passes: warnings, breaches and reminders, each once, however many workers look.

use api::config::DatabaseSettings;
use api::db::schema::{events, outbox, tickets};
use api::db::{Db, JsonText};
use api::desks::registry::DeskRegistry;
use api::mail::{Content, MailPayload};
use api::{http::ApiError, sla};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::json;
use shared::api::tickets::ClockName;
use shared::ticket::status::Status;

use crate::harness::TestApp;
use crate::process::{act, agent, appoint, email_of, fresh, place, record, upload, view};
use crate::stage;

/// Two workers sweep at the same moment, three rounds each; on PostgreSQL each with connections of its own, as two processes.
async fn two_sweep(app: &TestApp) {
    let other = if app.state.db.is_postgres() {
        let settings: DatabaseSettings = app.state.settings.database.clone();
        tokio::task::spawn_blocking(move || Db::open(&settings).unwrap())
            .await
            .unwrap()
    } else {
        // An SQLite file has the workers of one process only.
        app.state.db.clone()
    };
    let now = app.clock.now();
    let worker = |db: Db, desks: DeskRegistry| {
        tokio::spawn(async move {
            for _ in 0..3 {
                sla::sweeper::run_once(&db, &desks, now).await.unwrap();
            }
        })
    };
    let one = worker(app.state.db.clone(), app.state.desks.clone());
    let two = worker(other, DeskRegistry::default());
    one.await.unwrap();
    two.await.unwrap();
}

/// How many events of a kind were written since, for each ticket that has any.
async fn written(app: &TestApp, kind: &'static str) -> Vec<(String, i64)> {
    app.seed(move |conn| {
        let rows = events::table
            .inner_join(tickets::table.on(tickets::id.eq(events::ticket_id)))
            .filter(events::kind.eq(kind))
            .group_by(tickets::code)
            .select((tickets::code, diesel::dsl::count_star()))
            .order(tickets::code)
            .load(conn)?;
        Ok::<_, ApiError>(rows)
    })
    .await
}

/// The percents that an address was warned of, and 100 for a breach, by ticket in the order of the mails.
async fn warned(app: &TestApp, email: &str) -> Vec<(String, u8)> {
    let email = email.to_owned();
    let mails: Vec<(String, JsonText<MailPayload>)> = app
        .seed(move |conn| {
            let rows = outbox::table
                .inner_join(tickets::table.on(outbox::ticket_id.eq(tickets::id.nullable())))
                .filter(outbox::recipient.eq(email))
                .order((tickets::code, outbox::id))
                .select((tickets::code, outbox::payload))
                .load(conn)?;
            Ok::<_, ApiError>(rows)
        })
        .await;
    mails
        .into_iter()
        .filter_map(|(code, mail)| match mail.0.content {
            Content::SlaWarning { percent, .. } => Some((code, percent)),
            Content::SlaBreached { .. } => Some((code, 100)),
            _ => None,
        })
        .collect()
}

fn each(codes: &[String], percents: &[u8]) -> Vec<(String, u8)> {
    let mut all: Vec<(String, u8)> = codes
        .iter()
        .flat_map(|code| percents.iter().map(|percent| (code.clone(), *percent)))
        .collect();
    all.sort();
    all
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Moves the clock to an instant of the story.
fn wait_until(app: &TestApp, at: &str) {
    app.advance(utc(at) - app.clock.now());
}

both! {
    ///
    async fn two_workers_at_once_warn_before_and_tell_of_the_breach_once_each(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let mut codes = Vec::new();
        for _ in 0..6 {
            let code = record(&app, &place, &laura, json!({ "category": "eset", "request_type": "incident", "priority": "p3", "channel": "phone" })).await;
            act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
            codes.push(code);
        }
        codes.sort();
        let email = email_of("Laura");
        // Twelve business hours from Wednesday at 9:00 in Bogotá, with the desk open to 17:00: Thursday at 12:00.
        wait_until(&app, "2026-11-18T21:59:00Z");
        two_sweep(&app).await;
        assert_eq!(warned(&app, &email).await, Vec::<(String, u8)>::new(), "before 75 percent nobody is warned");
        wait_until(&app, "2026-11-19T15:55:00Z");
        two_sweep(&app).await;
        two_sweep(&app).await;
        let first = warned(&app, &email).await;
        assert_eq!(first.iter().map(|(code, _)| code.clone()).collect::<std::collections::BTreeSet<_>>().len(), 6);
        assert!(first.iter().all(|(_, percent)| *percent < 100), "{first:?}");
        wait_until(&app, "2026-11-20T14:00:00Z");
        two_sweep(&app).await;
        two_sweep(&app).await;
        assert_eq!(warned(&app, &email).await, each(&codes, &[75, 90, 100]));
        let once = |count: i64| codes.iter().map(|code| (code.clone(), count)).collect::<Vec<_>>();
        assert_eq!(written(&app, "sla_breached").await, once(1));
        assert_eq!(written(&app, "sla_warning").await, once(2));
        for code in &codes {
            let clocks = view(&app, &laura, code).await.clocks;
            let solution = clocks.iter().find(|clock| clock.clock == ClockName::Solution).unwrap();
            assert!(solution.breached_at.is_some());
        }
    }

    async fn approvers_are_reminded_once_in_each_term_and_not_after_their_word(app: TestApp) {
        let place = place(&app, "icetex").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let carlos = agent(&app, &place, "Carlos", "coordinacion_infraestructura").await;
        let (desk, now) = (place.desk, app.clock.now());
        app.seed(move |conn| {
            stage::add_person(conn, desk, "Rita Pardo", "rita@example.org", now)?;
            stage::add_person(conn, desk, "Delia Ruiz", "delia@example.org", now)
        })
        .await;
        let holders = json!([{ "email": "rita@example.org" }, { "email": "delia@example.org", "deputy": true }]);
        appoint(&app, &laura, "icetex", "oficina_riesgos", &holders).await.expect(200);
        let code = record(&app, &place, &laura, json!({ "category": "backup-carpetas", "impact": "low", "urgency": "low" })).await;
        act(&app, &laura, &code, "control-answers", json!({ "control": "complete", "answer": true })).await.expect(200);
        let proof = upload(&app, &laura).await;
        act(&app, &laura, &code, "transitions", json!({ "command": "request_approval", "attachments": [proof] })).await.expect(200);

        let asked = async |email: &str| {
            let mails = stage::mails(&app, email).await;
            mails.into_iter().filter_map(|mail| match mail { Content::ApprovalRequested { reminder, .. } => Some(reminder), _ => None }).collect::<Vec<_>>()
        };
        let everybody = async || {
            let carlos = email_of("Carlos");
            (asked("rita@example.org").await, asked("delia@example.org").await, asked(&carlos).await)
        };
        let nobody = Vec::<bool>::new;
        // Asked on Wednesday at 9:00; the term is over on Thursday at the same hour.
        wait_until(&app, "2026-11-19T13:59:00Z");
        two_sweep(&app).await;
        assert_eq!(everybody().await, (vec![false], nobody(), vec![false]), "a minute too early");
        wait_until(&app, "2026-11-19T14:00:00Z");
        two_sweep(&app).await;
        two_sweep(&app).await;
        assert_eq!(everybody().await, (vec![false, true], vec![true], vec![false, true]), "once, with the deputy");
        wait_until(&app, "2026-11-20T13:59:00Z");
        two_sweep(&app).await;
        assert_eq!(everybody().await.0.len(), 2, "a new term began with the reminder");
        let word = json!({ "role": "coordinacion_infraestructura", "decision": "approved" });
        act(&app, &carlos, &code, "approval-decisions", word).await.expect(200);
        // A weekend later two terms are over; a sweep that comes late reminds once.
        wait_until(&app, "2026-11-24T14:00:00Z");
        two_sweep(&app).await;
        assert_eq!(everybody().await, (vec![false, true, true], vec![true, true], vec![false, true]), "not who has given their word");
        let rita = place_session(&app, desk, "rita@example.org").await;
        let shown: shared::api::portal::PortalApproval = app.get(&format!("/api/v1/portal/approvals/{code}")).bearer(&rita).send().await.expect(200).json();
        let word = json!({ "role": "oficina_riesgos", "decision": "approved" });
        let decide = app.post(&format!("/api/v1/portal/approvals/{code}/decisions")).bearer(&rita).if_match(shown.version);
        decide.json(&word).send().await.expect(200);
        wait_until(&app, "2026-12-04T14:00:00Z");
        two_sweep(&app).await;
        assert_eq!(everybody().await.0.len(), 3, "nobody is asked any more");
        assert_eq!(view(&app, &laura, &code).await.status, Status::InProgress);
        assert_eq!(written(&app, "approvers_reminded").await, [(code, 2)]);
    }

    ///
    async fn a_corrected_category_keeps_the_time_already_used(app: TestApp) {
        let place = place(&app, "infortec").await;
        let laura = agent(&app, &place, "Laura", "mesa").await;
        let code = record(&app, &place, &laura, json!({ "category": "eset", "request_type": "incident", "priority": "p3", "channel": "phone" })).await;
        act(&app, &laura, &code, "assignments", json!({ "assignee": laura.id })).await.expect(200);
        let used = async || {
            let ticket = view(&app, &laura, &code).await;
            let solution = ticket.clocks.iter().find(|clock| clock.clock == ClockName::Solution).unwrap().clone();
            (ticket.category_id, solution.used_minutes, solution.remaining_minutes, solution.due_at)
        };
        app.advance(TimeDelta::minutes(150));
        let before = used().await;
        assert_eq!((before.0.as_deref(), before.1, before.2), (Some("eset"), 150, Some(570)));
        let change = json!({ "category": "sophos-perimetro", "reason": "Es del perímetro." });
        act(&app, &laura, &code, "category-changes", change.clone()).await.expect(200);
        let after = used().await;
        assert_eq!((after.0.as_deref(), after.1, after.2, after.3), (Some("sophos-perimetro"), before.1, before.2, before.3));
        let again = act(&app, &laura, &code, "category-changes", change).await;
        assert_eq!(again.status, 409, "{}", again.text());
        app.advance(TimeDelta::minutes(30));
        assert_eq!(used().await.1, 180);
        let path = format!("/api/v1/tickets/{code}/sla");
        let explained: serde_json::Value = app.get(&path).by(&fresh(&app, &laura).await).send().await.expect(200).json();
        assert_eq!(explained["clocks"][1]["used_seconds"], 180 * 60);
    }
}

async fn place_session(app: &TestApp, desk: i64, email: &'static str) -> String {
    use api::db::schema::people;
    let person: i64 = app
        .seed(move |conn| {
            let row = people::table
                .filter(people::desk_id.eq(desk))
                .filter(people::email.eq(email));
            Ok(row.select(people::id).first(conn)?)
        })
        .await;
    app.sign_in(api::auth::session::Audience::Portal, person, Some(desk))
        .await
}
