//! Files: sending, binding, downloading (R-344 to R-353, B-67 to B-78).

use std::path::Path;

use api::attachments::commands::{cleanup, remove_strays};
use api::attachments::slots::UPLOADS_AT_ONCE;
use api::attachments::store::{self, Owner, Place, Quota, Sender};
use api::config::{Budget, Network};
use api::db::schema::{attachments, messages};
use api::db::{DbConnection, Uid};
use api::http::ApiError;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde_json::json;
use shared::api::desks::DeskView;
use shared::api::portal::{NewDraft, PortalDesk, RequesterTicket};
use shared::api::problem::ProblemType;
use shared::api::uploads::Upload;
use shared::ticket::actor::Privilege;
use shared::ticket::status::Visibility;
use uuid::Uuid;

use crate::harness::{Answer, Browser, TestApp};
use crate::stage::{self, ANA, BEN, ask, draft, last_code, open_ticket, prove};

const BOUNDARY: &str = "----story";

/// A form with one part as raw bytes, so that a client library cannot mend it.
fn raw_form(name: &str, file_name: Option<&str>, content: &[u8]) -> Vec<u8> {
    let file_name = file_name
        .map(|file_name| format!("; filename=\"{file_name}\""))
        .unwrap_or_default();
    let mut body = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file_name}\r\nContent-Type: text/html\r\n\r\n").into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

async fn send(browser: &Browser, file_name: &str, content: &[u8]) -> Answer {
    browser
        .post("/api/v1/portal/uploads")
        .raw(&content_type(), raw_form("file", Some(file_name), content))
        .send()
        .await
}

async fn upload(browser: &Browser, file_name: &str, content: &[u8]) -> Upload {
    send(browser, file_name, content).await.expect(201).json()
}

fn with_files(email: &str, uploads: &[&Upload]) -> NewDraft {
    NewDraft {
        attachments: uploads.iter().map(|upload| upload.id.clone()).collect(),
        ..draft(email)
    }
}

/// Files in the attachment store, half-written ones too.
fn stored_files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            if path.is_dir() {
                stored_files(&path)
            } else {
                1
            }
        })
        .sum()
}

fn files_of(app: &TestApp) -> usize {
    stored_files(&app.folder().join("files"))
}

both! {
    //
    async fn a_file_goes_with_its_draft_and_comes_back_as_a_download(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let sent = upload(&browser, "captura año.png", b"<script>alert(1)</script>").await;
        assert_eq!((sent.name.as_str(), sent.size), ("captura año.png", 25));
        let token = open_ticket(&app, &browser, &with_files(ANA, &[&sent])).await.access_token;
        let ticket: RequesterTicket = app.get("/api/v1/portal/tickets/INF-1").bearer(&token).send().await.expect(200).json();
        assert_eq!(ticket.attachments.len(), 1);
        assert_eq!((ticket.attachments[0].name.as_str(), ticket.attachments[0].sha256.as_str()), ("captura año.png", sent.sha256.as_str()));

        let path = format!("/api/v1/portal/tickets/INF-1/attachments/{}", ticket.attachments[0].id);
        let download = app.get(&path).bearer(&token).send().await.expect(200);
        assert_eq!(download.body, b"<script>alert(1)</script>");
        assert_eq!(download.header("content-type"), Some("application/octet-stream"));
        assert_eq!(download.header("content-length"), Some("25"));
        let disposition = download.header("content-disposition").unwrap();
        assert_eq!(disposition, "attachment; filename=\"captura a_o.png\"; filename*=UTF-8''captura%20a%C3%B1o.png");
        assert!(download.header("content-security-policy").unwrap().contains("sandbox"));
        let etag = download.header("etag").unwrap().to_owned();
        assert_eq!(etag, format!("\"{}\"", sent.sha256));
        app.get(&path).bearer(&token).header("if-none-match", &etag).send().await.expect(304);
        let ranges = format!("bytes={}", vec!["0-"; 1000].join(","));
        app.get(&path).bearer(&token).header("range", &ranges).send().await.expect(200);

        app.get(&path).send().await.problem(ProblemType::Unauthorized);
        let other = open_ticket(&app, &app.browser(), &draft(BEN)).await.access_token;
        app.get(&path).bearer(&other).send().await.problem(ProblemType::NotFound);
        let elsewhere = path.replace("INF-1", "INF-2");
        for token in [&token, &other] {
            app.get(&elsewhere).bearer(token).send().await.problem(ProblemType::NotFound);
        }
        app.get("/api/v1/portal/tickets/INF-1/attachments/nonsense").bearer(&token).send().await.problem(ProblemType::NotFound);
    }

    async fn hostile_names_are_cleaned_and_never_become_paths(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        for (given, cleaned) in [
            ("../../x", "x"),
            ("/etc/passwd", "passwd"),
            ("C:\\\\x", "x"),
            ("CON", "_CON"),
            (".htaccess", "htaccess"),
            ("\u{200B}.htaccess", "htaccess"),
            ("factura\u{202E}fdp.exe", "facturafdp.exe"),
            ("...", "file"),
            ("", "file"),
            ("informe.pdf", "informe.pdf"),
        ] {
            assert_eq!(upload(&browser, given, b"x").await.name, cleaned, "{given:?}");
        }
        assert_eq!(upload(&browser, &"n".repeat(1000), b"x").await.name.len(), 150);
        let nameless = browser.post("/api/v1/portal/uploads").raw(&content_type(), raw_form("file", None, b"x")).send().await.expect(201);
        assert_eq!(nameless.json::<Upload>().name, "file");
        let nul = send(&browser, "a\0b", b"x").await;
        assert!(nul.status == 400 || nul.status == 422, "{}", nul.status);
        let keys: Vec<String> = app.seed(|conn| Ok(attachments::table.select(attachments::storage_key).load(conn)?)).await;
        assert!(keys.iter().all(|key| key.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'/')), "{keys:?}");
    }

    async fn broken_forms_are_refused_and_leave_nothing(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let post = |content_type: &str, body: Vec<u8>| browser.post("/api/v1/portal/uploads").raw(content_type, body).send();
        send(&browser, "empty.txt", b"").await.problem(ProblemType::Validation);
        post(&content_type(), raw_form("other", Some("a.txt"), b"x")).await.problem(ProblemType::Validation);
        let mut two = raw_form("file", Some("a.txt"), b"x");
        two.truncate(two.len() - 4);
        two.extend_from_slice(b"\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.txt\"\r\n\r\nx\r\n------story--\r\n");
        post(&content_type(), two).await.problem(ProblemType::Validation);
        post("multipart/form-data", raw_form("file", Some("a.txt"), b"x")).await.problem(ProblemType::Malformed);
        post(&format!("multipart/form-data; boundary={}", "b".repeat(1000)), raw_form("file", Some("a.txt"), b"x")).await.problem(ProblemType::Malformed);
        post("application/json", b"{}".to_vec()).await.problem(ProblemType::UnsupportedMediaType);
        post(&content_type(), raw_form("file", Some("a.txt"), b"x")[..60].to_vec()).await.problem(ProblemType::Malformed);
        assert_eq!(files_of(&app), 0);
    }

    async fn a_file_is_bound_once_and_only_by_whoever_sent_it(app: TestApp) {
        stage::set(&app).await;
        let (browser, other) = (app.browser(), app.browser());
        let file = upload(&browser, "a.txt", b"x").await;
        let wrong = |browser: &Browser, draft: NewDraft| browser.post("/api/v1/portal/drafts").with_key().json(&draft).send();
        let foreign = wrong(&other, with_files(BEN, &[&file])).await.problem(ProblemType::Validation);
        let absent = wrong(&other, NewDraft { attachments: vec![Uuid::new_v4().to_string()], ..draft(BEN) }).await.problem(ProblemType::Validation);
        assert_eq!(foreign.errors, absent.errors);
        assert_eq!(foreign.errors[0].pointer, "/attachments/0");
        let twice = wrong(&browser, with_files(ANA, &[&file, &file])).await.problem(ProblemType::Validation);
        assert_eq!(twice.errors[0].pointer, "/attachments/1");

        let token = open_ticket(&app, &browser, &with_files(ANA, &[&file])).await.access_token;
        let used = wrong(&browser, with_files(ANA, &[&file])).await.problem(ProblemType::Validation);
        assert_eq!(used.errors[0].code, "used_upload");
        let message = json!({"body": "otra vez", "attachments": [file.id]});
        app.post("/api/v1/portal/tickets/INF-1/messages").bearer(&token).json(&message).send().await.problem(ProblemType::Validation);
        browser.call(reqwest::Method::DELETE, &format!("/api/v1/portal/uploads/{}", file.id)).send().await.problem(ProblemType::NotFound);
    }

    async fn a_wrong_code_keeps_the_files_and_another_draft_may_name_them(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let file = upload(&browser, "a.txt", b"x").await;
        let first = ask(&browser, &with_files(ANA, &[&file])).await;
        prove(&browser, &first, "2222-2222").await.problem(ProblemType::CodeWrong);
        let second = ask(&browser, &with_files(ANA, &[&file])).await;
        prove(&browser, &second, &last_code(&app, ANA).await).await.expect(200);
    }

    //
    async fn a_message_takes_twenty_files(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let mut uploads = Vec::new();
        for number in 0..21 {
            uploads.push(upload(&browser, &format!("{number}.txt"), b"x").await);
        }
        let all: Vec<&Upload> = uploads.iter().collect();
        let problem = browser.post("/api/v1/portal/drafts").with_key().json(&with_files(ANA, &all)).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors[0].pointer, "/attachments");
        ask(&browser, &with_files(ANA, &all[..20])).await;
    }

    async fn with_a_session_a_file_is_the_requesters_own(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let token = open_ticket(&app, &browser, &draft(ANA)).await.access_token;
        let post = |token: String| app.post("/api/v1/portal/uploads").bearer(&token).raw(&content_type(), raw_form("file", Some("a.txt"), b"hola"));
        let part = reqwest::multipart::Part::bytes(b"hola".to_vec()).file_name("a.txt");
        let form = reqwest::multipart::Form::new().part("file", part);
        let file: Upload = app.post("/api/v1/portal/uploads").bearer(&token).form(form).send().await.expect(201).json();
        post("wrong".to_owned()).send().await.problem(ProblemType::Unauthorized);
        let message = json!({"body": "va el archivo", "attachments": [file.id]});
        let other = open_ticket(&app, &app.browser(), &draft(BEN)).await.access_token;
        app.post("/api/v1/portal/tickets/INF-2/messages").bearer(&other).json(&message).send().await.problem(ProblemType::Validation);
        let ticket: RequesterTicket =
            app.post("/api/v1/portal/tickets/INF-1/messages").bearer(&token).json(&message).send().await.expect(201).json();
        let attached = &ticket.messages[0].attachments[0];
        let path = format!("/api/v1/portal/tickets/INF-1/attachments/{}", attached.id);
        assert_eq!(app.get(&path).bearer(&token).send().await.expect(200).body, b"hola");
    }

    async fn a_file_of_an_internal_note_is_the_desks_alone(app: TestApp) {
        let stage = stage::set(&app).await;
        let rights: &[Privilege] = &[Privilege::TicketRead, Privilege::TicketWork, Privilege::TicketAssign];
        let (agent, stranger) = (app.agent("Laura", &[(stage.desk, rights)]).await, app.agent("Otra", &[]).await);
        let token = open_ticket(&app, &app.browser(), &draft(ANA)).await.access_token;
        let file: Upload =
            app.post("/api/v1/uploads?desk=infortec").by(&agent).raw(&content_type(), raw_form("file", Some("interno.txt"), b"secreto")).send().await.expect(201).json();
        app.post("/api/v1/uploads").raw(&content_type(), raw_form("file", Some("a.txt"), b"x")).send().await.problem(ProblemType::Unauthorized);
        let note = json!({"visibility": "internal", "body": "solo nosotros", "attachments": [file.id]});
        app.post("/api/v1/tickets/INF-1/messages").by(&agent).with_key().json(&note).send().await.expect(201);
        let path = format!("/tickets/INF-1/attachments/{}", file.id);
        assert_eq!(app.get(&format!("/api/v1{path}")).by(&agent).send().await.expect(200).body, b"secreto");
        app.get(&format!("/api/v1{path}")).by(&stranger).send().await.problem(ProblemType::NotFound);
        app.get(&format!("/api/v1{path}")).bearer(&token).send().await.problem(ProblemType::Unauthorized);
        app.get(&format!("/api/v1/portal{path}")).bearer(&token).send().await.problem(ProblemType::NotFound);
        let ticket = app.get("/api/v1/portal/tickets/INF-1").bearer(&token).send().await.expect(200).text();
        assert!(!ticket.contains("interno.txt") && !ticket.contains("solo nosotros"));
    }

    async fn an_upload_can_be_taken_back_by_its_owner(app: TestApp) {
        stage::set(&app).await;
        let (browser, other) = (app.browser(), app.browser());
        let file = upload(&browser, "a.txt", b"x").await;
        let path = format!("/api/v1/portal/uploads/{}", file.id);
        app.delete(&path).send().await.problem(ProblemType::NotFound);
        let delete = |browser: &Browser| browser.call(reqwest::Method::DELETE, &path).send();
        delete(&other).await.problem(ProblemType::NotFound);
        assert_eq!(files_of(&app), 1);
        delete(&browser).await.expect(204);
        assert_eq!(files_of(&app), 0);
        delete(&browser).await.problem(ProblemType::NotFound);
        browser.post("/api/v1/portal/drafts").with_key().json(&with_files(ANA, &[&file])).send().await.problem(ProblemType::Validation);
    }

    async fn an_upload_waits_a_day_and_is_then_removed(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let (bound, waiting) = (upload(&browser, "a.txt", b"x").await, upload(&browser, "b.txt", b"y").await);
        open_ticket(&app, &browser, &with_files(ANA, &[&bound])).await;
        let clean = async || cleanup(&app.state.db, &app.state.files, app.clock.now()).await.unwrap();
        app.advance(TimeDelta::hours(24));
        let problem = browser.post("/api/v1/portal/drafts").with_key().json(&with_files(ANA, &[&waiting])).send().await.problem(ProblemType::Validation);
        assert_eq!(problem.errors[0].code, "unknown_upload");
        assert_eq!(clean().await, 0);
        app.advance(TimeDelta::seconds(1));
        assert_eq!(clean().await, 1);
        assert_eq!((clean().await, files_of(&app)), (0, 1));
    }

    async fn a_file_that_waited_for_too_long_is_named_to_its_owner_while_it_is_known(app: TestApp) {
        stage::set(&app).await;
        let (browser, stranger) = (app.browser(), app.browser());
        let old = upload(&browser, "informe de ayer.txt", b"x").await;
        app.advance(TimeDelta::hours(24));
        let fresh = upload(&browser, "hoy.txt", b"y").await;
        let refused = async |browser: &Browser, language: &str, files: &[&Upload]| {
            let call = browser.post("/api/v1/portal/drafts").with_key().header("accept-language", language);
            let problem = call.json(&with_files(ANA, files)).send().await.problem(ProblemType::Validation);
            let [fault] = <[_; 1]>::try_from(problem.errors).unwrap();
            assert_eq!(fault.code, "unknown_upload");
            (fault.pointer, fault.detail)
        };
        for (language, words) in [("es", "«informe de ayer.txt»"), ("en", "“informe de ayer.txt”")] {
            let (pointer, detail) = refused(&browser, language, &[&fresh, &old]).await;
            assert_eq!(pointer, "/attachments/1");
            assert!(detail.contains(words), "{detail}");
        }
        let (_, detail) = refused(&stranger, "es", &[&old]).await;
        assert!(!detail.contains("informe"), "nobody else learns the name: {detail}");
        app.advance(TimeDelta::seconds(1));
        assert_eq!(cleanup(&app.state.db, &app.state.files, app.clock.now()).await.unwrap(), 1);
        let (pointer, detail) = refused(&browser, "es", &[&fresh, &old]).await;
        assert_eq!((pointer.as_str(), detail.contains("informe")), ("/attachments/1", false), "{detail}");
    }

    //
    async fn files_of_a_draft_that_was_never_proved_go_with_it(app: TestApp) {
        stage::set(&app).await;
        let browser = app.browser();
        let file = upload(&browser, "a.txt", b"x").await;
        ask(&browser, &with_files(ANA, &[&file])).await;
        app.advance(TimeDelta::minutes(121));
        let now = app.clock.now();
        app.seed(move |conn| Ok(api::portal::commands::cleanup(conn, now)?)).await;
        assert_eq!(cleanup(&app.state.db, &app.state.files, now).await.unwrap(), 1);
        assert_eq!(files_of(&app), 0);
    }

    async fn a_fifth_upload_at_once_is_refused(app: TestApp) {
        let stage = stage::set(&app).await;
        let token = open_ticket(&app, &app.browser(), &draft(ANA)).await.access_token;
        let (owner, client) = (Owner::Person(stage.ana), format!("person:{}", stage.ana));
        let sender = Sender { owner: &owner, client: &client };
        let under_way: Vec<_> = (0..UPLOADS_AT_ONCE).map(|_| app.state.files.slots.take(sender).unwrap()).collect();
        let post = || app.post("/api/v1/portal/uploads").bearer(&token).raw(&content_type(), raw_form("file", Some("a.txt"), b"x")).send();
        post().await.problem(ProblemType::RateLimited);
        upload(&app.browser(), "b.txt", b"x").await;
        drop(under_way);
        post().await.expect(201);
    }

    async fn of_many_bindings_at_once_one_wins(app: TestApp) {
        let stage = stage::set(&app).await;
        let token = open_ticket(&app, &app.browser(), &draft(ANA)).await.access_token;
        let file: Upload =
            app.post("/api/v1/portal/uploads").bearer(&token).raw(&content_type(), raw_form("file", Some("a.txt"), b"x")).send().await.expect(201).json();
        let message = json!({"body": "va", "attachments": [file.id]});
        let posts = (0..20).map(|_| app.post("/api/v1/portal/tickets/INF-1/messages").bearer(&token).json(&message).send());
        let answers = futures_util::future::join_all(posts).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
        let (id, desk, ana) = (Uuid::parse_str(&file.id).unwrap(), stage.desk, stage.ana);
        let found = app.seed(move |conn| Ok(store::find_for_requester(conn, desk, ana, "INF-1", id.into())?)).await;
        assert!(found.is_some());
    }
}

/// An upload of Ana's, and what it takes to bind it to a message of her ticket.
async fn waiting_file(app: &TestApp) -> (Uid, Owner, Place) {
    let stage = stage::set(app).await;
    let token = open_ticket(app, &app.browser(), &draft(ANA))
        .await
        .access_token;
    let file: Upload = app
        .post("/api/v1/portal/uploads")
        .bearer(&token)
        .raw(&content_type(), raw_form("file", Some("a.txt"), b"x"))
        .send()
        .await
        .expect(201)
        .json();
    let (ticket_id, message_id) = app
        .seed(|conn| {
            let message = messages::table.select((messages::ticket_id, messages::id));
            Ok(message.first::<(i64, i64)>(conn)?)
        })
        .await;
    let place = Place {
        desk_id: stage.desk,
        ticket_id,
        message_id,
        visibility: Visibility::Public,
    };
    let id = Uid(Uuid::parse_str(&file.id).unwrap());
    (id, Owner::Person(stage.ana), place)
}

fn bind(
    (id, owner, place): (Uid, Owner, Place),
    now: DateTime<Utc>,
) -> impl FnOnce(&mut DbConnection) -> Result<bool, ApiError> {
    let quota = Quota {
        files_per_message: 20,
        file_bytes: 1000,
        ticket_bytes: 1000,
    };
    move |conn| Ok(store::bind(conn, &owner, &[id.0.to_string()], place, quota, now).is_ok())
}

both! {
    async fn a_file_that_a_message_is_taking_cannot_be_taken_back(app: TestApp) {
        let file = waiting_file(&app).await;
        let (id, owner, now) = (file.0, file.1.clone(), app.clock.now());
        let (bound, taken) = app.overlapping(bind(file, now), move |conn| Ok(store::discard_own(conn, &owner, id)?)).await;
        assert_eq!((bound.unwrap(), taken.unwrap()), (true, None));
    }

    async fn a_file_that_is_being_taken_back_cannot_be_bound(app: TestApp) {
        let file = waiting_file(&app).await;
        let (id, owner, now) = (file.0, file.1.clone(), app.clock.now());
        let (taken, bound) = app.overlapping(move |conn| Ok(store::discard_own(conn, &owner, id)?), bind(file, now)).await;
        assert!(taken.unwrap().is_some() && !bound.unwrap());
    }

    async fn the_clean_up_leaves_what_a_message_is_taking(app: TestApp) {
        let file = waiting_file(&app).await;
        let now = app.clock.now();
        let later = now + TimeDelta::hours(25);
        let (bound, discarded) = app.overlapping(bind(file, now), move |conn| Ok(store::discard_expired(conn, later)?)).await;
        assert!(bound.unwrap() && discarded.unwrap().is_empty());
    }
}

#[tokio::test]
async fn another_cookie_or_a_near_address_gives_no_more_uploads() {
    let app = TestApp::with_settings(|settings| {
        settings.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        settings.limits.upload_per_prefix = Budget {
            count: 2,
            seconds: 3600,
        };
    })
    .await;
    stage::set(&app).await;
    let post = |from: &str| {
        app.browser()
            .post("/api/v1/portal/uploads")
            .header("x-forwarded-for", from)
            .raw(&content_type(), raw_form("file", Some("a.txt"), b"x"))
            .send()
    };
    post("2001:db8:1:200::1").await.expect(201);
    post("2001:db8:1:201::2").await.expect(201);
    post("2001:db8:1:2ff::3")
        .await
        .problem(ProblemType::RateLimited);
    post("2001:db8:2::1").await.expect(201);
}

#[tokio::test]
async fn what_waits_for_its_message_has_a_limit_for_each_client_and_for_all() {
    let app = TestApp::with_settings(|settings| {
        settings.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        settings.limits.waiting_bytes_per_client = 10;
        settings.limits.waiting_bytes = 15;
    })
    .await;
    let stage = stage::set(&app).await;
    let browser = app.browser();
    let post = |browser: &Browser, from: &str, content: &[u8]| {
        browser
            .post("/api/v1/portal/uploads")
            .header("x-forwarded-for", from)
            .raw(&content_type(), raw_form("file", Some("a.txt"), content))
            .send()
    };
    let first: Upload = post(&browser, "203.0.113.1", b"123456")
        .await
        .expect(201)
        .json();
    post(&app.browser(), "203.0.113.2", b"12345")
        .await
        .problem(ProblemType::RateLimited);
    post(&app.browser(), "198.51.100.1", b"123456789")
        .await
        .expect(201);
    post(&app.browser(), "192.0.2.1", b"1")
        .await
        .problem(ProblemType::StorageFull);
    assert_eq!(files_of(&app), 2);
    // Strangers do not take the room of those who are known.
    let agent = app
        .agent("Laura", &[(stage.desk, &[Privilege::TicketRead])])
        .await;
    app.post("/api/v1/uploads")
        .by(&agent)
        .raw(&content_type(), raw_form("file", Some("a.txt"), b"123"))
        .send()
        .await
        .expect(201);
    // What is bound waits no more.
    open_ticket(&app, &browser, &with_files(ANA, &[&first])).await;
    post(&app.browser(), "203.0.113.2", b"12345")
        .await
        .expect(201);
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_while_it_arrives_and_leaves_nothing() {
    let app = TestApp::sqlite().await;
    stage::set(&app).await;
    let browser = app.browser();
    let limit = 30 * 1024 * 1024;
    let whole = upload(&browser, "justo.bin", &vec![7; limit]).await;
    assert_eq!(whole.size, limit as i64);
    assert_eq!(files_of(&app), 1);
    send(&browser, "grande.bin", &vec![7; limit + 1])
        .await
        .problem(ProblemType::TooLarge);
    assert_eq!(files_of(&app), 1);
}

#[tokio::test]
async fn all_files_of_a_ticket_together_have_a_limit_too() {
    let app = TestApp::with_settings(|settings| settings.limits.ticket_bytes = 10).await;
    let stage = stage::set(&app).await;
    let browser = app.browser();
    let told: PortalDesk = browser
        .get("/api/v1/portal/desks/infortec")
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(told.max_ticket_attachment_bytes, 10);
    let agent = app
        .agent("Laura", &[(stage.desk, &[Privilege::TicketRead])])
        .await;
    let told: DeskView = app
        .get("/api/v1/desks/infortec")
        .by(&agent)
        .send()
        .await
        .expect(200)
        .json();
    assert_eq!(told.max_ticket_attachment_bytes, 10);
    let (six, five) = (
        upload(&browser, "a.txt", b"123456").await,
        upload(&browser, "b.txt", b"12345").await,
    );
    let problem = browser
        .post("/api/v1/portal/drafts")
        .with_key()
        .json(&with_files(ANA, &[&six, &five]))
        .send()
        .await
        .problem(ProblemType::Validation);
    assert_eq!(problem.errors[0].code, "quota");
    let token = open_ticket(&app, &browser, &with_files(ANA, &[&six]))
        .await
        .access_token;
    let more: Upload = app
        .post("/api/v1/portal/uploads")
        .bearer(&token)
        .raw(&content_type(), raw_form("file", Some("c.txt"), b"12345"))
        .send()
        .await
        .expect(201)
        .json();
    let message = json!({"body": "otro", "attachments": [more.id]});
    let problem = app
        .post("/api/v1/portal/tickets/INF-1/messages")
        .bearer(&token)
        .json(&message)
        .send()
        .await
        .problem(ProblemType::Validation);
    assert_eq!(problem.errors[0].code, "quota");
}

#[tokio::test]
async fn a_message_takes_no_more_files_than_the_installation() {
    let app = TestApp::with_settings(|settings| settings.limits.files_per_message = 1).await;
    stage::set(&app).await;
    let browser = app.browser();
    let first = upload(&browser, "a.txt", b"a").await;
    let second = upload(&browser, "b.txt", b"b").await;
    let send = |draft: NewDraft| {
        browser
            .post("/api/v1/portal/drafts")
            .with_key()
            .json(&draft)
            .send()
    };
    send(with_files(ANA, &[&first, &second]))
        .await
        .problem(ProblemType::Validation);
    send(with_files(ANA, &[&first])).await.expect(202);
}

#[tokio::test]
async fn a_file_that_is_too_large_for_the_desk_is_not_bound_however_it_was_sent() {
    let app = TestApp::with_settings(|settings| settings.limits.file_bytes = 10).await;
    let stage = stage::set(&app).await;
    let browser = app.browser();
    let small = upload(&browser, "a.txt", b"0123456789").await;
    // It was sent for no desk, and weighs more than this one takes.
    let id = Uid(Uuid::parse_str(&small.id).unwrap());
    app.seed(move |conn| {
        diesel::update(attachments::table.find(id))
            .set(attachments::size.eq(11))
            .execute(conn)?;
        Ok(())
    })
    .await;
    let refused = browser
        .post("/api/v1/portal/drafts")
        .with_key()
        .json(&with_files(ANA, &[&small]))
        .send()
        .await
        .problem(ProblemType::Validation);
    assert_eq!(refused.errors[0].pointer, "/attachments/0");
    let token = open_ticket(&app, &app.browser(), &draft(ANA))
        .await
        .access_token;
    app.seed(move |conn| {
        diesel::update(attachments::table.find(id))
            .set((
                attachments::owner_kind.eq("person"),
                attachments::owner_key.eq(stage.ana.to_string()),
            ))
            .execute(conn)?;
        Ok(())
    })
    .await;
    app.post("/api/v1/portal/tickets/INF-1/messages")
        .bearer(&token)
        .json(&json!({"body": "Con archivo.", "attachments": [small.id]}))
        .send()
        .await
        .problem(ProblemType::Validation);
}

both! {
    async fn a_file_without_a_row_is_removed_after_a_day(app: TestApp) {
        stage::set(&app).await;
        upload(&app.browser(), "a.txt", b"known").await;
        // The process ended between the last byte and the row.
        let mut incoming = app.state.files.receive();
        incoming.write(b"stray").await.unwrap();
        incoming.finish().await.unwrap();
        let foreign = app.folder().join("files").join("notes.txt");
        std::fs::write(&foreign, b"not ours").unwrap();
        let stray = async |now: DateTime<Utc>| remove_strays(&app.state.db, &app.state.files, now).await.unwrap();
        // Files bear the time of the machine, whatever the story's clock says.
        let now = api::clock::Clock::system().now();
        assert_eq!(stray(now + TimeDelta::hours(23)).await, 0);
        assert_eq!(stray(now + TimeDelta::hours(25)).await, 1);
        assert!(foreign.exists());
        assert_eq!(files_of(&app), 2);
    }
}
