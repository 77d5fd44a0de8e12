//! A named request is done once, however often and however fast it comes (B-48).

use api::db::schema::organizations;
use api::db::{DbConnection, Ts};
use api::http::idempotency::{self, Guard, OptionalIdempotencyKey, StoredAnswer};
use api::http::{ApiError, etag};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use shared::api::problem::ProblemType;

use crate::harness::TestApp;

/// A request of that name, by that caller, with that content.
pub async fn guard(app: &TestApp, key: &str, actor: &str, body: &str) -> Guard {
    use actix_web::FromRequest;
    let request = actix_web::test::TestRequest::default()
        .insert_header(("idempotency-key", key))
        .app_data(actix_web::web::Data::new(app.state.clone()))
        .to_http_request();
    let key = OptionalIdempotencyKey::extract(&request).await.unwrap();
    key.guard(actor, "create_organization", &body)
        .unwrap()
        .unwrap()
}

/// The desk of the story, made when it is not there.
fn desk(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<i64, ApiError> {
    use api::db::schema::desks;
    if let Some(id) = desks::table.select(desks::id).first(conn).optional()? {
        return Ok(id);
    }
    let row = (
        desks::slug.eq("soporte"),
        desks::active_version.eq(1),
        desks::created_at.eq(Ts::new(now)),
    );
    Ok(diesel::insert_into(desks::table)
        .values(row)
        .returning(desks::id)
        .get_result(conn)?)
}

/// A piece of work that can be seen to have happened.
fn found(
    conn: &mut DbConnection,
    name: &str,
    now: DateTime<Utc>,
) -> Result<StoredAnswer, ApiError> {
    let desk = desk(conn, now)?;
    let row = (
        organizations::desk_id.eq(desk),
        organizations::name.eq(name),
        organizations::name_key.eq(uuid::Uuid::new_v4().to_string()),
        organizations::created_at.eq(Ts::new(now)),
    );
    diesel::insert_into(organizations::table)
        .values(row)
        .execute(conn)?;
    StoredAnswer::created(&serde_json::json!({ "name": name }))
        .map(|answer| answer.at("/api/v1/organizations/1").version(3))
}

async fn attempt(app: &TestApp, guard: Guard) -> Result<StoredAnswer, ApiError> {
    let now = app.clock.now();
    app.state
        .db
        .write(move |conn| {
            idempotency::once(conn, Some(&guard), now, |conn| found(conn, "Centro", now))
        })
        .await
}

async fn count(app: &TestApp) -> i64 {
    app.seed(|conn| Ok(organizations::table.count().get_result(conn)?))
        .await
}

both! {
    async fn a_repetition_gets_the_first_answer_and_changes_nothing(app: TestApp) {
        let first = attempt(&app, guard(&app, "k1", "agent:1", "a").await).await.unwrap();
        let again = attempt(&app, guard(&app, "k1", "agent:1", "a").await).await.unwrap();
        assert!(!first.is_replay() && again.is_replay());
        assert_eq!(count(&app).await, 1);
        use actix_web::Responder;
        let response = again.respond_to(&actix_web::test::TestRequest::default().to_http_request());
        assert_eq!(response.status().as_u16(), 201);
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("idempotency-replayed"), Some("true".to_owned()));
        assert_eq!(header("location"), Some("/api/v1/organizations/1".to_owned()));
        assert_eq!(header("etag").as_deref(), etag::header(3).to_str().ok());
    }

    async fn other_content_is_refused_and_other_callers_are_independent(app: TestApp) {
        attempt(&app, guard(&app, "k1", "agent:1", "a").await).await.unwrap();
        let error = attempt(&app, guard(&app, "k1", "agent:1", "b").await).await.unwrap_err();
        assert_eq!(error.kind(), ProblemType::IdempotencyMismatch);
        assert!(!attempt(&app, guard(&app, "k1", "agent:2", "a").await).await.unwrap().is_replay());
        assert_eq!(count(&app).await, 2);
    }

    async fn a_failed_request_leaves_no_trace_of_its_name(app: TestApp) {
        let now = app.clock.now();
        let named = guard(&app, "k1", "agent:1", "a").await;
        let failed = app
            .state
            .db
            .write(move |conn| {
                idempotency::once(conn, Some(&named), now, |conn| {
                    found(conn, "Centro", now)?;
                    Err(ApiError::forbidden())
                })
            })
            .await;
        assert_eq!(failed.unwrap_err().kind(), ProblemType::Forbidden);
        assert_eq!(count(&app).await, 0);
        assert!(!attempt(&app, guard(&app, "k1", "agent:1", "a").await).await.unwrap().is_replay());
    }

    async fn of_many_at_once_one_does_the_work(app: TestApp) {
        let named = guard(&app, "k1", "agent:1", "a").await;
        let attempts = (0..40).map(|_| attempt(&app, named.clone()));
        let outcomes = futures_util::future::join_all(attempts).await;
        let fresh = outcomes.iter().filter(|outcome| outcome.as_ref().is_ok_and(|answer| !answer.is_replay())).count();
        assert_eq!(fresh, 1);
        for outcome in outcomes {
            if let Err(error) = outcome {
                assert_eq!(error.kind(), ProblemType::IdempotencyInProgress);
            }
        }
        assert_eq!(count(&app).await, 1);
    }

    async fn a_name_may_be_used_again_after_a_day(app: TestApp) {
        attempt(&app, guard(&app, "k1", "agent:1", "a").await).await.unwrap();
        app.advance(TimeDelta::hours(24));
        assert!(!attempt(&app, guard(&app, "k1", "agent:1", "b").await).await.unwrap().is_replay());
        assert!(attempt(&app, guard(&app, "k1", "agent:1", "b").await).await.unwrap().is_replay());
        assert_eq!(count(&app).await, 2);
        app.advance(TimeDelta::hours(25));
        let now = app.clock.now();
        assert_eq!(app.seed(move |conn| Ok(idempotency::forget_old(conn, now)?)).await, 1);
    }
}
