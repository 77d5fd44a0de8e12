//! Who is believed: access tokens, sessions and API tokens (B-23 to B-32).

use api::agents;
use api::auth::access;
use api::auth::session::{self, Audience, Refreshed, Subject};
use api::auth::token::NewApiToken;
use api::config::{Budget, Network};
use api::db::schema::{api_tokens, users};
use api::db::{DbConnection, JsonText, Ts};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use shared::api::agents::AgentPatch;
use shared::api::problem::ProblemType;
use shared::api::session::Me;
use shared::api::tokens::Scope;
use uuid::Uuid;

use crate::harness::TestApp;

async fn api_token(app: &TestApp, user_id: i64, scopes: &[Scope]) -> NewApiToken {
    let token = NewApiToken::random();
    let now = app.clock.now();
    let (prefix, hash, scopes) = (token.prefix.clone(), token.hash.to_vec(), scopes.to_vec());
    app.seed(move |conn| {
        let row = (
            api_tokens::user_id.eq(user_id),
            api_tokens::name.eq("monitoreo"),
            api_tokens::prefix.eq(prefix),
            api_tokens::secret_hash.eq(hash),
            api_tokens::scopes.eq(JsonText(scopes)),
            api_tokens::created_at.eq(Ts::new(now)),
            api_tokens::expires_at.eq(Ts::new(now + TimeDelta::days(30))),
        );
        diesel::insert_into(api_tokens::table)
            .values(row)
            .execute(conn)?;
        Ok(())
    })
    .await;
    token
}

/// A session of an agent, refreshed so many seconds after its start.
struct Family<'a> {
    app: &'a TestApp,
    subject: Subject,
    start: DateTime<Utc>,
    family: Uuid,
    token: String,
}

impl<'a> Family<'a> {
    async fn start(app: &'a TestApp) -> Self {
        let ana = app.agent("Ana", &[]).await;
        let start = app.clock.now();
        let subject = Subject {
            audience: Audience::Console,
            subject_id: ana.id,
            desk_id: None,
        };
        let grant = app
            .seed(move |conn| Ok(session::start(conn, subject, start)?))
            .await;
        Self {
            app,
            subject,
            start,
            family: grant.family,
            token: grant.refresh_token,
        }
    }

    async fn refresh(&self, token: &str, second: i64) -> Refreshed {
        let (token, at) = (token.to_owned(), self.start + TimeDelta::seconds(second));
        self.app
            .seed(move |conn| Ok(session::refresh(conn, Audience::Console, &token, at)?))
            .await
    }

    /// The token after this one.
    async fn granted(&self, token: &str, second: i64) -> String {
        let Refreshed::Granted(grant) = self.refresh(token, second).await else {
            panic!("the token is taken in second {second}")
        };
        assert_eq!(grant.family, self.family);
        grant.refresh_token
    }
}

both! {
    async fn an_access_token_proves_an_agent_for_ten_minutes(app: TestApp) {
        let ana = app.agent("Ana", &[]).await;
        let me: Me = app.get("/api/v1/me").by(&ana).send().await.expect(200).json();
        assert_eq!((me.id, me.full_name.as_str()), (ana.id, "Ana"));
        app.get("/api/v1/me").header("authorization", &format!("bearer {}", ana.token)).send().await.expect(200);
        app.get("/api/v1/me").send().await.problem(ProblemType::Unauthorized);
        app.get(&format!("/api/v1/me?access_token={}", ana.token)).send().await.problem(ProblemType::Unauthorized);
        app.get("/api/v1/me").bearer(&ana.token).bearer(&ana.token).send().await.problem(ProblemType::Malformed);
        app.get("/api/v1/me").header("authorization", &format!("Bearer Bearer {}", ana.token)).send().await.problem(ProblemType::Malformed);
        app.get("/api/v1/me").header("authorization", "Basic YTpi").send().await.problem(ProblemType::Unauthorized);
        app.advance(TimeDelta::seconds(631));
        app.get("/api/v1/me").by(&ana).send().await.problem(ProblemType::Unauthorized);
    }

    async fn who_asks_is_checked_before_what_is_asked(app: TestApp) {
        let ana = app.agent("Ana", &[]).await;
        let other = NewApiToken::random();
        let broken = |token: Option<&str>| {
            let call = app.post("/api/v1/tickets?x=1&x=2").raw("application/json", "{");
            match token {
                Some(token) => call.bearer(token),
                None => call,
            }
        };
        broken(None).send().await.problem(ProblemType::Unauthorized);
        broken(Some("x.y.z")).send().await.problem(ProblemType::Unauthorized);
        broken(Some(&other.secret)).send().await.problem(ProblemType::Unauthorized);
        assert_eq!(broken(Some(&ana.token)).send().await.status, 400);
    }

    async fn a_requesters_token_opens_no_console(app: TestApp) {
        let ana = app.agent("Ana", &[]).await;
        let portal = app.sign_in(Audience::Portal, ana.id, Some(1)).await;
        app.get("/api/v1/me").bearer(&portal).send().await.problem(ProblemType::Unauthorized);
        app.get("/api/v1/portal/session").by(&ana).send().await.problem(ProblemType::Unauthorized);
    }

    async fn who_was_disabled_or_signed_out_is_refused(app: TestApp) {
        let (ana, ben, eva) = (app.agent("Ana", &[]).await, app.agent("Ben", &[]).await, app.agent("Eva", &[]).await);
        let now = app.clock.now();
        app.seed(move |conn| {
            diesel::update(users::table.find(ana.id)).set(users::active.eq(false)).execute(conn)?;
            diesel::update(users::table.find(ben.id)).set(users::epoch.eq(1)).execute(conn)?;
            session::end_all(conn, Audience::Console, eva.id, now)?;
            Ok(())
        })
        .await;
        for token in [ana.token, ben.token, eva.token] {
            app.get("/api/v1/me").bearer(&token).send().await.problem(ProblemType::Unauthorized);
        }
    }

    async fn a_refresh_token_that_comes_twice_ends_its_family(app: TestApp) {
        let family = Family::start(&app).await;
        let second = family.granted(&family.token, 0).await;
        assert_ne!(second, family.token);
        assert!(matches!(family.refresh(&family.token, 91).await, Refreshed::Reused(reused) if reused == family.subject));
        assert!(matches!(family.refresh(&second, 92).await, Refreshed::Refused));
        assert!(matches!(family.refresh("unknown", 92).await, Refreshed::Refused));
    }

    async fn a_refresh_whose_answer_was_lost_can_be_repeated_for_a_while(app: TestApp) {
        let family = Family::start(&app).await;
        // Three reloads, of which nothing came back; the last answer arrives.
        for second in [0, 5, 31] {
            family.granted(&family.token, second).await;
        }
        let arrived = family.granted(&family.token, 90).await;
        let next = family.granted(&arrived, 600).await;
        family.granted(&next, 1200).await;
    }

    async fn a_repeated_refresh_ends_the_family_once_its_answer_was_seen(app: TestApp) {
        let family = Family::start(&app).await;
        let second = family.granted(&family.token, 0).await;
        let third = family.granted(&second, 5).await;
        assert!(matches!(family.refresh(&family.token, 10).await, Refreshed::Reused(_)));
        assert!(matches!(family.refresh(&third, 11).await, Refreshed::Refused));
    }

    async fn whoever_comes_with_an_answer_that_counted_as_lost_ends_the_family(app: TestApp) {
        let family = Family::start(&app).await;
        let owners = family.granted(&family.token, 0).await;
        let copied = family.granted(&family.token, 10).await;
        assert!(matches!(family.refresh(&owners, 600).await, Refreshed::Reused(_)));
        assert!(matches!(family.refresh(&copied, 601).await, Refreshed::Refused));
    }

    async fn a_session_ends_when_unused_and_in_any_case_after_half_a_day(app: TestApp) {
        let ana = app.agent("Ana", &[]).await;
        let subject = Subject { audience: Audience::Console, subject_id: ana.id, desk_id: None };
        let now = app.clock.now();
        let start = async || app.seed(move |conn| Ok(session::start(conn, subject, now)?)).await.refresh_token;
        let refresh = async |token: String, after: TimeDelta| {
            let at = now + after;
            match app.seed(move |conn| Ok(session::refresh(conn, Audience::Console, &token, at)?)).await {
                Refreshed::Granted(grant) => Some(grant.refresh_token),
                Refreshed::Refused | Refreshed::Reused(_) => None,
            }
        };
        assert!(refresh(start().await, TimeDelta::minutes(31)).await.is_none());
        let mut token = start().await;
        for round in 1..=28 {
            token = refresh(token, TimeDelta::minutes(25 * round)).await.unwrap();
        }
        assert!(refresh(token, TimeDelta::hours(12)).await.is_none());
    }

    async fn an_api_token_works_within_its_scopes_until_it_is_revoked(app: TestApp) {
        let ana = app.agent("Ana", &[]).await;
        let token = api_token(&app, ana.id, &[Scope::TicketsRead]).await;
        app.get("/api/v1/me").bearer(&token.secret).send().await.expect(200);
        app.post("/api/v1/tickets").bearer(&token.secret).with_key().json(&serde_json::json!({})).send().await.problem(ProblemType::Forbidden);
        let mut damaged = token.secret.clone();
        damaged.replace_range(20..21, if &damaged[20..21] == "a" { "b" } else { "a" });
        app.get("/api/v1/me").bearer(&damaged).send().await.problem(ProblemType::Unauthorized);
        let other = NewApiToken::random();
        app.get("/api/v1/me").bearer(&other.secret).send().await.problem(ProblemType::Unauthorized);
        app.advance(TimeDelta::days(31));
        app.get("/api/v1/me").bearer(&token.secret).send().await.problem(ProblemType::Unauthorized);
        let token = api_token(&app, ana.id, &[Scope::TicketsRead]).await;
        let now = app.clock.now();
        app.seed(move |conn| {
            diesel::update(api_tokens::table).set(api_tokens::revoked_at.eq(Some(Ts::new(now)))).execute(conn)?;
            Ok(())
        })
        .await;
        app.get("/api/v1/me").bearer(&token.secret).send().await.problem(ProblemType::Unauthorized);
    }

    async fn the_use_of_an_api_token_is_written_down_once_a_minute(app: TestApp) {
        let ana = app.agent("Ana", &[]).await;
        let token = api_token(&app, ana.id, &[Scope::TicketsRead]).await;
        let started = app.clock.now();
        let used = async || {
            app.seed(|conn| Ok(api_tokens::table.select(api_tokens::last_used_at).first::<Option<Ts>>(conn)?)).await.map(Ts::get)
        };
        assert_eq!(used().await, None);
        app.get("/api/v1/me").bearer(&token.secret).send().await.expect(200);
        assert_eq!(used().await, Some(started));
        app.advance(TimeDelta::seconds(30));
        app.get("/api/v1/me").bearer(&token.secret).send().await.expect(200);
        assert_eq!(used().await, Some(started));
        app.advance(TimeDelta::seconds(31));
        app.get("/api/v1/me").bearer(&token.secret).send().await.expect(200);
        assert_eq!(used().await, Some(started + TimeDelta::seconds(61)));
    }
}

both! {
    async fn of_two_administrators_who_shut_each_other_out_one_stays(app: TestApp) {
        let (ada, eva) = (app.admin("Ada").await, app.admin("Eva").await);
        let now = app.clock.now();
        let shut_out = |id: i64| {
            let desks = app.state.desks.clone();
            let patch = AgentPatch { active: Some(false), ..AgentPatch::default() };
            move |conn: &mut DbConnection| agents::commands::change(conn, &desks, id, &patch, now)
        };
        let (first, second) = app.overlapping(shut_out(ada.id), shut_out(eva.id)).await;
        assert!(first.is_ok());
        assert_eq!(second.unwrap_err().kind(), ProblemType::Conflict);
        let left = app.seed(|conn| Ok(agents::store::active_admins(conn)?)).await;
        assert_eq!(left, 1);
    }
}

#[tokio::test]
async fn nobody_locks_another_agents_account_from_elsewhere() {
    let app = TestApp::with_settings(|settings| {
        settings.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
        settings.limits.login_per_account = Budget {
            count: 3,
            seconds: 900,
        };
    })
    .await;
    let ada = app.admin("Ada").await;
    let laura = serde_json::json!({ "email": "laura@example.org", "full_name": "Laura", "password": "una frase larga de paso 9", "language": "es", "memberships": [] });
    app.post("/api/v1/agents")
        .by(&ada)
        .json(&laura)
        .send()
        .await
        .expect(201);
    let sign_in = |from: &str, password: &str| {
        app.post("/api/v1/session")
            .header("x-forwarded-for", from)
            .json(&serde_json::json!({ "email": "Laura@example.org", "password": password }))
            .send()
    };
    for last in 1..=3 {
        sign_in(&format!("198.51.100.{last}"), "no es")
            .await
            .problem(ProblemType::LoginFailed);
    }
    sign_in("198.51.100.9", "una frase larga de paso 9")
        .await
        .problem(ProblemType::RateLimited);
    // More sign-ins than failures would be allowed: only failures count.
    for _ in 0..5 {
        sign_in("203.0.113.7", "una frase larga de paso 9")
            .await
            .expect(201);
    }
}

#[test]
fn no_scope_gives_the_right_to_vouch_or_administer() {
    use shared::ticket::actor::Privilege;
    let all =
        access::scope_privileges(&[Scope::TicketsRead, Scope::TicketsWrite, Scope::PeopleWrite]);
    for never in [
        Privilege::IdentityVouch,
        Privilege::AgentManage,
        Privilege::TokenManage,
        Privilege::DeskAdmin,
    ] {
        assert!(!all.has(never), "{never:?}");
    }
}
