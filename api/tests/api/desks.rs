//! Applying new versions of a desk while its tickets go on.

use std::path::Path;

use api::db::schema::tickets;
use api::desks::apply::{Applied, ApplyError, apply, stranded};
use api::desks::registry::DeskRegistry;
use api::tickets::audit;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::json;
use shared::api::tickets::{
    ClockName, ClockView, SlaExplanation, TicketChanged, TicketView, TimelineBody,
};
use shared::desk::Desk;
use shared::desk::load::load;
use shared::ticket::actor::Privilege;

use crate::harness::{Agent, TestApp};
use crate::stage::{self, ANA, DESK};

type Files = Vec<(String, String)>;

/// The sample desk with other words in its files.
fn changed(edits: &[(&str, &str)]) -> (Desk, Files) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("desks")
        .join(DESK);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut files = ["desk.toml", "catalog.csv"].map(|name| (name.to_owned(), read(name)));
    for (before, after) in edits {
        assert!(
            files.iter().any(|(_, text)| text.contains(before)),
            "{before}"
        );
        for (_, text) in &mut files {
            *text = text.replace(before, after);
        }
    }
    let files = files.to_vec();
    let (profile, _) = load(&files).unwrap_or_else(|errors| panic!("{errors:?}"));
    (profile, files)
}

async fn applied(app: &TestApp, edits: &[(&str, &str)]) -> Result<Applied, ApplyError> {
    let (profile, files) = changed(edits);
    let now = app.clock.now();
    let work = move |conn: &mut api::db::DbConnection| apply(conn, &profile, &files, "story", now);
    app.state.db.write(work).await
}

async fn record(app: &TestApp, by: &Agent) -> String {
    let body = json!({
        "desk": DESK, "requester_email": ANA, "channel": "phone", "request_type": "incident", "category": "eset", "priority": "p2",
        "subject": "No abre", "message": "Desde ayer no abre."
    });
    let sent = app.post("/api/v1/tickets").by(by).with_key().json(&body);
    let made: TicketChanged = sent.send().await.expect(201).json();
    made.code
}

async fn view(app: &TestApp, who: &Agent, code: &str) -> TicketView {
    let path = format!("/api/v1/tickets/{code}");
    app.get(&path).by(who).send().await.expect(200).json()
}

fn solution(view: &TicketView) -> &ClockView {
    let mut clocks = view.clocks.iter();
    clocks.find(|row| row.clock == ClockName::Solution).unwrap()
}

/// Whether the timeline says that another version holds.
fn followed(view: &TicketView) -> bool {
    view.timeline.iter().any(|entry| {
        matches!(&entry.body, TimelineBody::Event { name, .. } if name == "profile_changed")
    })
}

both! {
    /// A new promise and a new free day hold for what is open, with the time that it has used; what has ended stays as it was.
    async fn open_tickets_go_on_by_a_new_version_and_keep_the_time_they_used(app: TestApp) {
        let place = stage::set(&app).await;
        let laura = app.agent("Laura", &[(place.desk, Privilege::ALL)]).await;
        stage::join_group(&app, &laura, place.desk, "mesa").await;
        let (open, ended) = (record(&app, &laura).await, record(&app, &laura).await);
        let into = view(&app, &laura, &ended).await;
        let merged = app.post(&format!("/api/v1/tickets/{ended}/merge")).by(&laura).if_match(into.version).json(&json!({ "into": open })).send().await;
        merged.expect(200);
        app.advance(TimeDelta::hours(1));
        let laura = Agent { id: laura.id, token: app.sign_in(api::auth::session::Audience::Console, laura.id, None).await };
        let before = view(&app, &laura, &open).await;
        assert_eq!((solution(&before).used_minutes, solution(&before).remaining_minutes), (60, Some(420)));

        let edits = [
            ("{ priority = \"p2\", level = 1, attention = \"2h\", solution = \"8h\" }", "{ priority = \"p2\", level = 1, attention = \"2h\", solution = \"16h\" }"),
            ("holidays = \"CO\"", "holidays = \"CO\"\noverrides = [{ date = 2026-11-19, windows = [], name = \"Día de la entidad\" }]"),
        ];
        let new = applied(&app, &edits).await.unwrap();
        assert_eq!((new.version, new.followed), (2, 1));

        let after = view(&app, &laura, &open).await;
        assert_eq!((solution(&after).used_minutes, solution(&after).remaining_minutes), (60, Some(900)));
        // Wednesday from nine: eight hours that day, none on the free Thursday, eight on Friday.
        assert_eq!(solution(&after).due_at, Some("2026-11-20T21:00:00Z".parse().unwrap()));
        assert!(followed(&after));
        assert!(!followed(&view(&app, &laura, &ended).await));
        // Another process may have opened one by the version before, while this one was applied: applying again finds it.
        let late = record(&app, &laura).await;
        let code = late.clone();
        app.seed(move |conn| {
            let row = tickets::table.filter(tickets::code.eq(code));
            Ok(diesel::update(row).set(tickets::desk_version.eq(1)).execute(conn)?)
        }).await;
        let again = applied(&app, &edits).await.unwrap();
        assert_eq!((again.version, again.installed, again.followed), (2, false, 1));
        assert!(followed(&view(&app, &laura, &late).await));
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!((report.tickets, report.faults), (3, Vec::new()));
    }

    /// I-35: office hours change from the moment on at which the version is applied.
    async fn new_office_hours_leave_the_time_that_was_used(app: TestApp) {
        let place = stage::set(&app).await;
        let laura = app.agent("Laura", &[(place.desk, Privilege::ALL)]).await;
        stage::join_group(&app, &laura, place.desk, "mesa").await;
        let code = record(&app, &laura).await;
        // Wednesday from nine to one.
        app.advance(TimeDelta::hours(4));
        let laura = Agent { id: laura.id, token: app.sign_in(api::auth::session::Audience::Console, laura.id, None).await };
        assert_eq!(solution(&view(&app, &laura, &code).await).used_minutes, 240);
        let mornings = [("week = { mon-fri = [\"08:00-17:00\"] }", "week = { mon-fri = [\"08:00-12:00\"] }")];
        assert_eq!(applied(&app, &mornings).await.unwrap().followed, 1);

        let after = view(&app, &laura, &code).await;
        assert_eq!((solution(&after).used_minutes, solution(&after).remaining_minutes), (240, Some(240)));
        // The other four hours are those of Thursday morning.
        assert_eq!(solution(&after).due_at, Some("2026-11-19T17:00:00Z".parse().unwrap()));
        app.advance(TimeDelta::hours(20));
        let laura = Agent { id: laura.id, token: app.sign_in(api::auth::session::Audience::Console, laura.id, None).await };
        let mut said: serde_json::Value = app.get(&format!("/api/v1/tickets/{code}/sla")).by(&laura).send().await.expect(200).json();
        let said: Vec<SlaExplanation> = serde_json::from_value(said["clocks"].take()).unwrap();
        let said = said.into_iter().find(|one| one.clock.clock == ClockName::Solution).unwrap();
        let ran = |from: &str, to: &str| (from.parse().unwrap(), to.parse().unwrap());
        let counted: Vec<(DateTime<Utc>, DateTime<Utc>)> = said.segments.iter().filter(|one| one.counted_seconds > 0).map(|one| (one.from, one.to)).collect();
        assert_eq!(counted, [ran("2026-11-18T14:00:00Z", "2026-11-18T18:00:00Z"), ran("2026-11-19T13:00:00Z", "2026-11-19T14:00:00Z")]);
        assert_eq!((said.used_seconds, said.segments.iter().map(|one| one.counted_seconds).sum::<i64>()), (5 * 3600, 5 * 3600));
        let report = app.seed(|conn| Ok(audit::verify(conn, &DeskRegistry::default())?)).await;
        assert_eq!((report.tickets, report.faults), (1, Vec::new()));
    }

    /// A version that would leave open tickets where nobody could work them is refused, and says which.
    async fn a_version_without_what_open_tickets_stand_on_is_refused(app: TestApp) {
        let place = stage::set(&app).await;
        let laura = app.agent("Laura", &[(place.desk, Privilege::ALL)]).await;
        stage::join_group(&app, &laura, place.desk, "mesa").await;
        let code = record(&app, &laura).await;
        let renamed: &[(&str, &str)] = &[("\"mesa\"", "\"primera\""), ("\nmesa = ", "\nprimera = "), (",mesa,", ",primera,")];
        let (profile, _) = changed(renamed);

        let refused = applied(&app, renamed).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("open tickets could not go on by this version:\n  it has no group `mesa`, which {code} need"));
        let told = app.seed(move |conn| Ok(stranded(conn, &profile)?)).await;
        assert_eq!(told.into_values().collect::<Vec<_>>(), [[code.clone()]]);

        // Nothing of it was kept.
        let seen = view(&app, &laura, &code).await;
        assert!(!followed(&seen));
        let again = applied(&app, &[]).await.unwrap();
        assert_eq!((again.version, again.installed), (1, false));
    }
}
