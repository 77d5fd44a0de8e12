//! Requests for access: anybody sends them, the operations assistant decides them.

use actix_web::{get, post, web};
use shared::api::page::Page;
use shared::api::people::{
    AccessApproval, AccessRefusal, AccessRequest, AccessRequestReceived, NewAccessRequest,
};
use shared::ticket::actor::Privilege;

use super::commands::{self, Decider};
use super::handlers::scope;
use super::params::AccessRequestParams;
use super::{store, view};
use crate::app::AppState;
use crate::auth::{AgentCaller, BrowserKey, throttle};
use crate::db::{DbConnection, DbError};
use crate::http::context::RequestContext;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, Query, problems};
use crate::portal;

/// Asks for access to a desk
///
/// The answer is the same whoever asks. Whoever asks is mailed nothing before somebody has decided.
#[utoipa::path(
    tag = "portal",
    operation_id = "create_access_request",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer.")),
    request_body = NewAccessRequest,
    responses(
        (status = 202, description = "It was received.", body = AccessRequestReceived),
        problems::Malformed, problems::Conflict, problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/portal/access-requests")]
pub async fn create_access_request(
    state: web::Data<AppState>,
    request_context: RequestContext,
    browser: BrowserKey,
    key: OptionalIdempotencyKey,
    Language(lang): Language,
    Json(new): Json<NewAccessRequest>,
) -> Result<StoredAnswer, ApiError> {
    throttle::access_request(&state.limits, &request_context)?;
    let guard = key.guard(browser.idempotency_actor(), "create_access_request", &new)?;
    let ctx = portal::context(&state);
    let answer = state.db.write(move |conn| {
        once(conn, guard.as_ref(), ctx.now, |conn| {
            let desk = portal::commands::portal_desk(conn, &ctx, &new.desk)?;
            let reference = |email: &str| ctx.codes.access_reference(desk.id, email);
            let reference = commands::request_access(conn, &desk, &new, reference, lang, ctx.now)?;
            StoredAnswer::accepted(&AccessRequestReceived { reference })
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}

/// Lists requests for access at the caller's desks, newest first
#[utoipa::path(
    tag = "people",
    operation_id = "list_access_requests",
    params(AccessRequestParams),
    security(("console" = [])),
    responses(
        (status = 200, description = "A page of requests.", body = Page<AccessRequest>),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Invalid, problems::RateLimited,
    ),
)]
#[get("/access-requests")]
pub async fn list_access_requests(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Query(params): Query<AccessRequestParams>,
) -> Result<Json<Page<AccessRequest>>, ApiError> {
    let fingerprint = format!(
        "access_requests:{}:{:?}:{:?}",
        caller.user_id(),
        params.desk,
        params.status
    );
    let before = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<i64>(&fingerprint, cursor))
        .transpose()?;
    let (app, limit) = (state.clone(), params.limit);
    let read = state.db.read(move |conn| {
        let desks = scope(
            conn,
            &app,
            &caller,
            Privilege::AccessDecide,
            params.desk.as_deref(),
        )?;
        let rows = store::list_access_requests(
            conn,
            &desks,
            params.status,
            before,
            limit.with_one_more(),
        )?;
        Ok::<_, ApiError>(view::access_requests(
            conn,
            &app.desks,
            rows,
            app.clock.now(),
        )?)
    });
    let rows = read.await?;
    Ok(Json(state.cursors.page(
        &fingerprint,
        limit,
        rows,
        |request| request.id,
        |request| request,
    )?))
}

/// Gets a request for access
#[utoipa::path(
    tag = "people",
    operation_id = "get_access_request",
    params(("id" = i64, Path, description = "Key of the request.")),
    security(("console" = [])),
    responses(
        (status = 200, description = "The request.", body = AccessRequest),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/access-requests/{id}")]
pub async fn get_access_request(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(id): Path<i64>,
) -> Result<Json<AccessRequest>, ApiError> {
    let app = state.clone();
    let read = state.db.read(move |conn| {
        let desks = scope(conn, &app, &caller, Privilege::AccessDecide, None)?;
        let row = store::find_access_request(conn, &desks, id)?.ok_or_else(ApiError::not_found)?;
        Ok::<_, ApiError>(view::access_request(
            conn,
            &app.desks,
            row,
            app.clock.now(),
        )?)
    });
    Ok(Json(read.await?))
}

/// Approves a request for access: the person is registered and told by mail
#[utoipa::path(
    tag = "people",
    operation_id = "approve_access_request",
    params(
        ("id" = i64, Path, description = "Key of the request."),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = AccessApproval,
    security(("console" = [])),
    responses(
        (status = 200, description = "The request after it.", body = AccessRequest),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::TooLarge,
        problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/access-requests/{id}/approval")]
pub async fn approve_access_request(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(id): Path<i64>,
    Json(approval): Json<AccessApproval>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(
        caller.idempotency_actor(),
        "approve_access_request",
        &(id, &approval),
    )?;
    let (app, now) = (state.clone(), state.clock.now());
    let answer = state.db.write(move |conn| {
        // Before a kept answer is given again: whoever may no longer decide this request is told nothing of it.
        let desks = scope(conn, &app, &caller, Privilege::AccessDecide, None)?;
        store::find_access_request(conn, &desks, id)?.ok_or_else(ApiError::not_found)?;
        once(conn, guard.as_ref(), now, |conn| {
            let decider = Decider {
                user_id: caller.user_id(),
                desks: &desks,
            };
            let desk_of = |conn: &mut DbConnection, id: i64| {
                app.desks.by_id(conn, id, now).map_err(DbError::from)
            };
            let row = commands::approve_access(conn, decider, id, &approval, desk_of, now)?;
            StoredAnswer::ok(&view::access_request(conn, &app.desks, row, now)?)
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}

/// Refuses a request for access: the person is told why by mail
#[utoipa::path(
    tag = "people",
    operation_id = "refuse_access_request",
    params(
        ("id" = i64, Path, description = "Key of the request."),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = AccessRefusal,
    security(("console" = [])),
    responses(
        (status = 200, description = "The request after it.", body = AccessRequest),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::TooLarge,
        problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/access-requests/{id}/refusal")]
pub async fn refuse_access_request(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(id): Path<i64>,
    Json(refusal): Json<AccessRefusal>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(
        caller.idempotency_actor(),
        "refuse_access_request",
        &(id, &refusal),
    )?;
    let (app, now) = (state.clone(), state.clock.now());
    let answer = state.db.write(move |conn| {
        // Before a kept answer is given again: whoever may no longer decide this request is told nothing of it.
        let desks = scope(conn, &app, &caller, Privilege::AccessDecide, None)?;
        store::find_access_request(conn, &desks, id)?.ok_or_else(ApiError::not_found)?;
        once(conn, guard.as_ref(), now, |conn| {
            let decider = Decider {
                user_id: caller.user_id(),
                desks: &desks,
            };
            let desk_of = |conn: &mut DbConnection, id: i64| {
                app.desks.by_id(conn, id, now).map_err(DbError::from)
            };
            let row = commands::refuse_access(conn, decider, id, &refusal, desk_of, now)?;
            StoredAnswer::ok(&view::access_request(conn, &app.desks, row, now)?)
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}
