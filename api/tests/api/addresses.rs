//! What the server does with addresses, methods, hosts and headers before any handler runs (B-3 to B-12).

use std::io::{Read, Write};
use std::net::TcpStream;

use api::auth::session::Audience;
use api::config::Budget;
use reqwest::Method;
use shared::api::problem::ProblemType;
use uuid::Uuid;

use crate::harness::{Answer, TestApp};

/// Sends bytes as they are and gives the status of the answer and its text.
fn raw(app: &TestApp, request: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(app.url.trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // The server may close at once after a bad request; what came until then counts.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    (status, answer)
}

fn raw_get(app: &TestApp, target: &str, headers: &str) -> (u16, String) {
    raw(
        app,
        &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"),
    )
}

both! {
    async fn the_server_tells_that_it_works(app: TestApp) {
        app.get("/health/live").send().await.expect(200);
        app.get("/health/ready").send().await.expect(200);
    }

    async fn an_unknown_address_is_a_problem_in_the_callers_language(app: TestApp) {
        let problem = app.get("/api/v1/nothing").send().await.problem(ProblemType::NotFound);
        assert_eq!(problem.title, "No encontrado");
        let problem = app.get("/api/v1/nothing").header("accept-language", "en-US,es;q=0.5").send().await.problem(ProblemType::NotFound);
        assert_eq!(problem.title, "Not found");
        app.post("/api/v1/nothing").send().await.problem(ProblemType::NotFound);
        app.get("/api/nothing").send().await.problem(ProblemType::NotFound);
        app.get("/problems/nothing").send().await.problem(ProblemType::NotFound);
    }
}

#[tokio::test]
async fn a_known_address_names_its_methods() {
    let app = TestApp::sqlite().await;
    let answer = app.call(Method::PUT, "/api/v1/me").send().await;
    answer.problem(ProblemType::MethodNotAllowed);
    assert_eq!(answer.header("allow"), Some("GET"));
    for method in ["TRACE", "PROPFIND"] {
        let answer = app
            .call(Method::from_bytes(method.as_bytes()).unwrap(), "/api/v1/me")
            .send()
            .await;
        answer.problem(ProblemType::MethodNotAllowed);
        assert!(answer.header("allow").is_some());
    }
    app.call(Method::TRACE, "/")
        .send()
        .await
        .problem(ProblemType::MethodNotAllowed);
    app.get("/api/v1/me")
        .header("x-http-method-override", "DELETE")
        .send()
        .await
        .problem(ProblemType::Unauthorized);
}

#[tokio::test]
async fn addresses_that_hide_something_are_refused() {
    let app = TestApp::sqlite().await;
    for target in [
        "/%00",
        "/a%0d%0ab",
        "/api/%c0%af",
        "/%zz",
        "/..%2fetc",
        "/%252e%252e/",
        "/api/v1/me?q=%00",
        "/api/v1/me?q=%zz",
        "/api/v1/me?q=%c0%af",
    ] {
        let (status, text) = raw_get(&app, target, "");
        assert_eq!(status, 400, "{target}: {text}");
        assert!(text.contains("application/problem+json"), "{target}");
    }
    for target in [
        "/api/v1/me;x=1",
        "/api/v1//me",
        "/api/v1/me.",
        "/API/v1/me",
        "/api/v1/%2e%2e/v1/me",
    ] {
        let (status, text) = raw_get(&app, target, "");
        assert!(matches!(status, 400 | 404), "{target}: {text}");
    }
    assert_eq!(
        raw_get(&app, &format!("/{}", "a".repeat(16 * 1024)), "").0,
        414
    );
}

#[tokio::test]
async fn only_our_own_host_is_served() {
    let app = TestApp::sqlite().await;
    let status = |request: &str| raw(&app, request).0;
    assert_eq!(
        status("GET /health/live HTTP/1.1\r\nHost: localhost:1234\r\nConnection: close\r\n\r\n"),
        200
    );
    assert_eq!(
        status("GET /health/live HTTP/1.1\r\nHost: evil.example.net\r\nConnection: close\r\n\r\n"),
        421
    );
    assert_eq!(
        status(
            "GET http://evil.example.net/health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ),
        421
    );
    assert_eq!(
        status("GET /health/live HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"),
        400
    );
}

#[tokio::test]
async fn broken_framing_and_endless_headers_are_refused() {
    let app = TestApp::sqlite().await;
    let post = |headers: &str, body: &str| {
        raw(&app, &format!("POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n{body}")).0
    };
    assert_eq!(
        post(
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
            "0\r\n\r\n"
        ),
        400
    );
    assert_eq!(
        post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"),
        400
    );
    assert_eq!(post("Content-Length: +2\r\n", "{}"), 400);
    let many: String = (0..200).map(|index| format!("X-{index}: 1\r\n")).collect();
    assert_eq!(raw_get(&app, "/health/live", &many).0, 431);
    assert_eq!(
        raw_get(
            &app,
            "/health/live",
            &format!("X-Long: {}\r\n", "a".repeat(256 * 1024))
        )
        .0,
        431
    );
}

#[tokio::test]
async fn forwarded_headers_of_strangers_are_ignored() {
    let app = TestApp::sqlite().await;
    let answer = app
        .get("/health/live")
        .header("x-forwarded-for", "10.0.0.1")
        .header("x-forwarded-host", "evil.example.net")
        .header("forwarded", "host=evil.example.net")
        .header("x-original-url", "/api/v1/me")
        .header("x-remote-user", "admin@example.org")
        .header("x-request-id", "chosen-by-a-stranger")
        .send()
        .await
        .expect(200);
    assert_ne!(answer.header("x-request-id"), Some("chosen-by-a-stranger"));
}

#[tokio::test]
async fn json_addresses_speak_and_hear_only_json() {
    let app = TestApp::sqlite().await;
    app.get("/api/v1/me")
        .header("accept", "image/png")
        .send()
        .await
        .problem(ProblemType::NotAcceptable);
    app.get("/api/v1/me")
        .header("accept", "text/html, */*;q=0.1")
        .send()
        .await
        .problem(ProblemType::Unauthorized);
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
    ] {
        app.post("/api/v1/session")
            .raw(content_type, "{}")
            .send()
            .await
            .problem(ProblemType::UnsupportedMediaType);
    }
    app.post("/api/v1/session")
        .send()
        .await
        .problem(ProblemType::UnsupportedMediaType);
    app.post("/api/v1/session")
        .raw("application/json", "")
        .send()
        .await
        .problem(ProblemType::Malformed);
    app.post("/api/v1/session")
        .raw("application/json", "[]")
        .send()
        .await
        .problem(ProblemType::Validation);
    let twice = r#"{"email":"a@example.org","email":"b@example.org","password":"x"}"#;
    app.post("/api/v1/session")
        .raw("application/json", twice)
        .send()
        .await
        .problem(ProblemType::Malformed);
    let large = format!("{{\"email\":\"{}\"}}", "a".repeat(1024 * 1024));
    app.post("/api/v1/session")
        .raw("application/json", large)
        .send()
        .await
        .problem(ProblemType::TooLarge);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_write() {
    let app = TestApp::sqlite().await;
    let body = r#"{"email":"a@example.org","password":"x"}"#;
    let answer = app
        .post("/api/v1/session")
        .header("origin", "https://evil.example.net")
        .raw("application/json", body)
        .send()
        .await;
    answer.problem(ProblemType::Forbidden);
    let answer = app
        .post("/api/v1/session")
        .header("origin", &app.url)
        .raw("application/json", body)
        .send()
        .await;
    answer.problem(ProblemType::LoginFailed);
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let app = TestApp::with_settings(|settings| settings.limits.read.count = 5).await;
    let answer = app.get("/health/live").send().await.expect(200);
    assert_eq!(answer.header("ratelimit-policy"), Some("\"read\";q=5;w=1"));
    let mut refused = 0;
    for _ in 0..20 {
        let answer = app.get("/health/live").send().await;
        if answer.status == 429 {
            refused += 1;
            answer.problem(ProblemType::RateLimited);
        }
    }
    assert!(refused > 0);
}

async fn me(app: &TestApp, token: &str) -> Answer {
    app.get("/api/v1/me").bearer(token).send().await
}

#[tokio::test]
async fn every_caller_behind_an_address_has_a_budget() {
    let app = TestApp::with_settings(|settings| {
        settings.limits.read = Budget {
            count: 3,
            seconds: 3600,
        };
    })
    .await;
    let ana = app.agent("Ana", &[]).await;
    let ben = app.agent("Ben", &[]).await;
    for _ in 0..3 {
        me(&app, &ana.token).await.expect(200);
    }
    me(&app, &ana.token).await.problem(ProblemType::RateLimited);
    // Who signs in once more is still the same caller.
    let again = app.sign_in(Audience::Console, ana.id, None).await;
    me(&app, &again).await.problem(ProblemType::RateLimited);
    me(&app, &ben.token).await.expect(200);

    // What proves nobody is charged to the network, whatever it looks like.
    let (body, signature) = ben.token.rsplit_once('.').unwrap();
    let letters: String = signature.chars().rev().collect();
    let forged = format!("{body}.{letters}");
    let of_the_portal = app.sign_in(Audience::Portal, ben.id, Some(1)).await;
    let api_token = format!("atk_{}_{}", "a".repeat(10), "b".repeat(72));
    for token in [&forged, &of_the_portal, &api_token] {
        me(&app, token).await.problem(ProblemType::Unauthorized);
    }
    for token in [&forged, &of_the_portal, &api_token] {
        me(&app, token).await.problem(ProblemType::RateLimited);
    }
    app.get("/health/live")
        .by(&ben)
        .send()
        .await
        .problem(ProblemType::RateLimited);
    me(&app, &ben.token).await.expect(200);
}

#[tokio::test]
async fn the_files_of_the_client_are_not_charged() {
    let client = std::env::temp_dir().join(format!("atiende-client-{}", Uuid::new_v4()));
    std::fs::create_dir_all(client.join("assets/abc")).unwrap();
    std::fs::write(client.join("assets/abc/portal.js"), "plain").unwrap();
    std::fs::write(client.join("index.html"), "portal").unwrap();
    let web_dir = client.clone();
    let app = TestApp::with_settings(move |settings| {
        settings.web_dir = Some(web_dir);
        settings.limits.read = Budget {
            count: 2,
            seconds: 3600,
        };
    })
    .await;
    for _ in 0..2 {
        app.get("/").send().await.expect(200);
    }
    app.get("/").send().await.problem(ProblemType::RateLimited);
    for _ in 0..3 {
        let file = app.get("/assets/abc/portal.js").send().await.expect(200);
        assert_eq!(file.header("ratelimit"), None);
    }
    app.get("/assets/abc/missing.js")
        .send()
        .await
        .problem(ProblemType::NotFound);
    std::fs::remove_dir_all(client).unwrap();
}

#[tokio::test]
async fn the_description_is_openapi_3_1_with_names_of_their_own() {
    let app = TestApp::sqlite().await;
    let document: serde_json::Value = app.get("/api/openapi.json").send().await.expect(200).json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with("/api/v1/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"]
                .as_str()
                .unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            assert!(!names.iter().any(|known| known == name), "{name} twice");
            names.push(name.to_owned());
        }
    }
}

#[tokio::test]
async fn the_documentation_page_loads_nothing_from_elsewhere() {
    let app = TestApp::sqlite().await;
    let page = app.get("/api/docs/").send().await.expect(200);
    let text = page.text();
    assert!(text.contains("swagger-ui"));
    assert!(
        !text.contains("https://") && !text.contains("//unpkg"),
        "{text}"
    );
    assert!(
        !page
            .header("content-security-policy")
            .unwrap()
            .contains("script-src 'self' 'unsafe-inline'")
    );
    app.get("/api/docs").send().await.expect(200);
    // Our colours come after the page's own, and so hold.
    let (own, ours) = (text.find("swagger-ui.css"), text.find("index.css"));
    assert!(own.is_some() && own < ours, "{text}");
    let colours = app.get("/api/docs/index.css").send().await.expect(200);
    assert_eq!(
        colours.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert!(colours.text().contains(".opblock-summary-method"));
}
