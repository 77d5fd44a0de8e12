//! Rows of the queue that are given again: as they are, whatever became of their tickets.

use std::path::Path;
use std::sync::Arc;

use api::auth::session::Audience;
use api::db::schema::{people, tickets, users};
use api::db::{DbConnection, Ts};
use api::desks::registry::DeskRegistry;
use api::http::ApiError;
use api::people::names::Names;
use api::tickets::list::{ListFilter, Position};
use api::tickets::queue::{QueuePage, Wanted};
use api::tickets::sight::Visible;
use api::tickets::store::set_desk_version;
use api::tickets::written::WrittenRows;
use api::{desks, sla};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::{Value, json};
use shared::api::portal::RequesterTicket;
use shared::api::tickets::{OTHERS_MAX, Sort, TicketView, View};
use shared::desk::load::load;
use shared::i18n::Lang;

use crate::harness::{Agent, TestApp};
use crate::stage::{self, ANA, BEN, DESK};
use crate::tickets::member;

const ORDERS: [Sort; 8] = [
    Sort::Due,
    Sort::DueDesc,
    Sort::Created,
    Sort::CreatedDesc,
    Sort::Updated,
    Sort::UpdatedDesc,
    Sort::Priority,
    Sort::PriorityDesc,
];

/// Reads pages with what is kept and without.
#[derive(Clone)]
struct Reader {
    desk: i64,
    kept: Arc<WrittenRows>,
    names: Arc<Names>,
}

impl Reader {
    fn new(desk: i64, bytes: usize) -> Self {
        Self {
            desk,
            kept: Arc::new(WrittenRows::new(bytes)),
            names: Arc::default(),
        }
    }

    fn filter(&self, now: DateTime<Utc>) -> ListFilter {
        ListFilter {
            desks: vec![self.desk],
            view: View::All,
            user_id: 0,
            group_ids: Vec::new(),
            statuses: Vec::new(),
            priorities: Vec::new(),
            request_type: None,
            level: None,
            group_id: None,
            assignee: None,
            requester: None,
            found: None,
            visible: Visible::All,
            now,
            due_before: now,
        }
    }

    fn page(
        &self,
        conn: &mut DbConnection,
        sort: Sort,
        after: Option<&Position>,
        lang: Lang,
    ) -> Result<Arc<QueuePage>, ApiError> {
        let filter = self.filter(DateTime::UNIX_EPOCH);
        let wanted = Wanted {
            filter: &filter,
            sort,
            after,
            limit: 2,
            lang,
        };
        let desks = DeskRegistry::default();
        QueuePage::read(conn, &desks, &self.names, &self.kept, &wanted)
    }

    /// Everything in every order and language, page by page.
    fn everything(&self, conn: &mut DbConnection) -> Result<Vec<Arc<QueuePage>>, ApiError> {
        let mut pages = Vec::new();
        for sort in ORDERS {
            for lang in [Lang::Es, Lang::En] {
                let mut after = None;
                loop {
                    let page = self.page(conn, sort, after.as_ref(), lang)?;
                    after = page.next.clone();
                    pages.push(page);
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
        Ok(pages)
    }
}

/// What is kept gives what is read by somebody who keeps nothing; said with what was done before.
async fn assert_same(app: &TestApp, reader: &Reader, done: &str) {
    // With room for everything, for a page at a time, and for less than a row.
    let readers = [
        reader.clone(),
        Reader::new(reader.desk, 2_000),
        Reader::new(reader.desk, 1),
    ];
    let fresh = Reader::new(reader.desk, 0);
    let (fresh, kept) = app
        .seed(move |conn| {
            let kept = readers.map(|reader| reader.everything(conn));
            Ok::<_, ApiError>((fresh.everything(conn)?, kept))
        })
        .await;
    assert!(fresh.len() >= 16, "{done}: {} pages", fresh.len());
    for kept in kept {
        assert_eq!(kept.unwrap(), fresh, "{done}");
    }
}

pub async fn record(app: &TestApp, by: &Agent, email: &str, subject: &str) -> String {
    let body = json!({
        "desk": DESK, "requester_email": email, "channel": "phone", "request_type": "incident", "category": "eset",
        "priority": "p3", "subject": subject, "message": "Detalle."
    });
    let made = app
        .post("/api/v1/tickets")
        .by(by)
        .json(&body)
        .send()
        .await
        .expect(201);
    made.json::<Value>()["code"].as_str().unwrap().to_owned()
}

pub async fn act(app: &TestApp, by: &Agent, code: &str, deed: &str, body: Value, status: u16) {
    let path = format!("/api/v1/tickets/{code}");
    let ticket: TicketView = app.get(&path).by(by).send().await.expect(200).json();
    app.post(&format!("{path}/{deed}"))
        .by(by)
        .if_match(ticket.version)
        .json(&body)
        .send()
        .await
        .expect(status);
}

/// The desk's files, with another word for open tickets.
fn other_words() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("desks")
        .join(DESK);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let desk = read("desk.toml").replace("\"Abierto\"", "\"Recibido\"");
    assert!(desk.contains("\"Recibido\""));
    vec![
        ("desk.toml".to_owned(), desk),
        ("catalog.csv".to_owned(), read("catalog.csv")),
    ]
}

both! {
    async fn rows_that_are_kept_are_as_those_that_are_read_whatever_is_done(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = member(&app, &stage, "Laura", "mesa").await;
        let reader = Reader::new(stage.desk, 1_000_000);
        let mut codes = Vec::new();
        for (email, subject) in [(ANA, "Uno"), (BEN, "Dos"), (ANA, "Tres \"con\" comillas")] {
            codes.push(record(&app, &laura, email, subject).await);
            app.advance(TimeDelta::minutes(1));
        }
        assert_same(&app, &reader, "three tickets").await;
        let (first, second) = (&codes[0], &codes[1]);
        let deeds = [
            (first, "assignments", json!({ "assignee": laura.id }), 200),
            (first, "messages", json!({ "visibility": "public", "body": "Estamos en ello." }), 201),
            (first, "messages", json!({ "visibility": "internal", "body": "Es del proxy." }), 201),
            (second, "priority-changes", json!({ "priority": "p1", "reason": "Afecta a todos." }), 200),
            (first, "escalations", json!({ "level": 2, "group": "endpoint", "justification": "Del nivel 2." }), 200),
        ];
        for (code, deed, body, status) in deeds {
            app.advance(TimeDelta::minutes(1));
            act(&app, &laura, code, deed, body, status).await;
            assert_same(&app, &reader, deed).await;
        }
        let token = app.sign_in(Audience::Portal, stage.ana, Some(stage.desk)).await;
        let path = format!("/api/v1/portal/tickets/{first}");
        let mine: RequesterTicket = app.get(&path).bearer(&token).send().await.expect(200).json();
        let message = json!({ "body": "También en otro equipo." });
        app.post(&format!("{path}/messages")).bearer(&token).if_match(mine.version).json(&message).send().await.expect(201);
        assert_same(&app, &reader, "the requester wrote").await;
        let late = record(&app, &laura, BEN, "Cuatro").await;
        assert_same(&app, &reader, "one more ticket").await;
        app.advance(TimeDelta::hours(4));
        sla::sweeper::run_once(&app.state.db, &app.state.desks, app.clock.now()).await.unwrap();
        assert_same(&app, &reader, "targets were missed").await;
        let (ana, agent) = (stage.ana, laura.id);
        app.seed(move |conn| Ok(diesel::update(people::table.find(ana)).set(people::full_name.eq("Ana Rojas")).execute(conn)?)).await;
        assert_same(&app, &reader, "a requester was renamed").await;
        app.seed(move |conn| Ok(diesel::update(users::table.find(agent)).set(users::full_name.eq("Laura Vega")).execute(conn)?)).await;
        assert_same(&app, &reader, "an agent was renamed").await;
        let now = app.clock.now();
        app.seed(move |conn| {
            let files = other_words();
            let (profile, _) = load(&files).unwrap_or_else(|errors| panic!("{errors:?}"));
            let (_, version) = desks::store::install(conn, &profile, &files, "story", now)?;
            let id: i64 = tickets::table.filter(tickets::code.eq(late)).select(tickets::id).first(conn)?;
            Ok::<_, ApiError>(set_desk_version(conn, id, version)?)
        }).await;
        assert_same(&app, &reader, "a ticket goes by another version of the desk").await;
    }

    async fn a_row_is_given_again_as_long_as_its_version_stays_and_other_rows_of_its_page_are_read(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = member(&app, &stage, "Laura", "mesa").await;
        let reader = Reader::new(stage.desk, 1_000_000);
        let mut codes = Vec::new();
        for (email, subject) in [(ANA, "Uno"), (BEN, "Dos")] {
            codes.push(record(&app, &laura, email, subject).await);
        }
        let look = async || {
            let reader = reader.clone();
            let page = app.seed(move |conn| reader.page(conn, Sort::Created, None, Lang::Es)).await;
            let rows: Vec<Value> = serde_json::from_slice(page.rows.text()).unwrap();
            rows.iter().map(|row| row["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(look().await, ["Uno", "Dos"]);
        // Behind this program's back, and so behind what it keeps: nothing here changes a ticket without a new version.
        app.seed(|conn| Ok(diesel::update(tickets::table).set(tickets::subject.eq("Otro")).execute(conn)?)).await;
        assert_eq!(look().await, ["Uno", "Dos"], "the rows were read once more");
        act(&app, &laura, &codes[1], "assignments", json!({ "assignee": laura.id }), 200).await;
        assert_eq!(look().await, ["Uno", "Otro"], "only the changed one is read");
        let first = codes.swap_remove(0);
        app.seed(move |conn| Ok(diesel::update(tickets::table.filter(tickets::code.eq(first))).set(tickets::updated_at.eq(Ts::new(DateTime::UNIX_EPOCH))).execute(conn)?)).await;
        assert_eq!(look().await, ["Otro", "Otro"], "a restored database has other moments under the same versions");
    }

    async fn no_more_than_a_hundred_other_tickets_of_a_requester_are_counted(app: TestApp) {
        let stage = stage::set(&app).await;
        let laura = member(&app, &stage, "Laura", "mesa").await;
        let others = async |code: &str| {
            let path = format!("/api/v1/tickets/{code}");
            let ticket: TicketView = app.get(&path).by(&laura).send().await.expect(200).json();
            ticket.requester.other_open_tickets
        };
        let code = record(&app, &laura, ANA, "Uno").await;
        record(&app, &laura, BEN, "De otra persona").await;
        assert_eq!(others(&code).await, 0);
        record(&app, &laura, ANA, "Dos").await;
        assert_eq!(others(&code).await, 1);
        for number in 3..=101 {
            record(&app, &laura, ANA, &format!("Alarma {number}")).await;
        }
        assert_eq!(others(&code).await, OTHERS_MAX);
        record(&app, &laura, ANA, "Una más").await;
        assert_eq!(others(&code).await, OTHERS_MAX);
    }
}
