//! Finding a caller's draft and giving its code.

use actix_web::{get, post, web};
use shared::api::vouching::{NewVouchedCode, PendingDraft, VouchedCode};
use shared::ticket::actor::{AgentRef, Privilege};

use super::commands;
use super::params::DraftParams;
use crate::app::AppState;
use crate::auth::AgentCaller;
use crate::http::rate::RateClass;
use crate::http::{ApiError, Created, Json, Language, Path, Query, problems};
use crate::people::handlers::scope;
use crate::portal::context;

/// Finds the draft of a caller by its reference
#[utoipa::path(
    tag = "vouching",
    operation_id = "find_pending_draft",
    params(DraftParams),
    security(("console" = [])),
    responses(
        (status = 200, description = "The draft, and what to verify with the caller.", body = PendingDraft),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Invalid, problems::RateLimited,
    ),
)]
#[get("/vouching/drafts")]
pub async fn find_pending_draft(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Query(params): Query<DraftParams>,
    Language(lang): Language,
) -> Result<Json<PendingDraft>, ApiError> {
    throttle(&state, &caller)?;
    let ctx = context(&state);
    let read = state.db.read(move |conn| {
        let desk = ctx
            .desks
            .by_slug(conn, &params.desk, ctx.now)?
            .ok_or_else(ApiError::not_found)?;
        caller.require(desk.id, Privilege::IdentityVouch)?;
        commands::find_draft(conn, &desk, &params.reference, lang, ctx.now)
    });
    Ok(Json(read.await?))
}

/// Validates a caller's identity: gives a fresh one-time code to be read out
///
/// The code is shown this once, replaces the mailed one, and completes that draft only, in the caller's own browser. The
/// address on file is told.
#[utoipa::path(
    tag = "vouching",
    operation_id = "create_vouched_code",
    params(("id" = String, Path, description = "Key of the draft.")),
    request_body = NewVouchedCode,
    security(("console" = [])),
    responses(
        (status = 201, description = "The code.", body = VouchedCode),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::TooLarge, problems::UnsupportedMediaType,
        problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/vouching/drafts/{id}/codes")]
pub async fn create_vouched_code(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(id): Path<String>,
    Json(new): Json<NewVouchedCode>,
) -> Result<Created<VouchedCode>, ApiError> {
    throttle(&state, &caller)?;
    let (ctx, app) = (context(&state), state.clone());
    let write = state.db.write(move |conn| {
        let desks = scope(conn, &app, &caller, Privilege::IdentityVouch, None)?;
        let agent = AgentRef {
            id: caller.user_id(),
            name: caller.name().to_owned(),
        };
        commands::issue_code(conn, &ctx, &desks, agent, &id, &new)
    });
    let code = write.await?;
    state.wake.wake();
    Ok(Created::new(code))
}

/// References are short: an agent who tries many is stopped.
fn throttle(state: &AppState, caller: &AgentCaller) -> Result<(), ApiError> {
    state
        .limits
        .check(RateClass::CodeTry, format!("vouching:{}", caller.user_id()))
        .map(drop)
}
