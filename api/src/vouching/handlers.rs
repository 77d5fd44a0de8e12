//! Finding a caller's draft and giving its code.

use actix_web::{get, post, web};
use shared::api::vouching::{NewVouchedCode, PendingDraft, VouchedCode};
use shared::ticket::actor::{AgentRef, Privilege};

use super::commands;
use super::params::DraftParams;
use crate::app::AppState;
use crate::auth::AgentCaller;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
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
    params(
        ("id" = String, Path, description = "Key of the draft."),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request. A repetition of one that was answered is refused with `conflict` and leaves the code that was read out as it is; the code itself is not kept.", max_length = 255),
    ),
    request_body = NewVouchedCode,
    security(("console" = [])),
    responses(
        (status = 201, description = "The code.", body = VouchedCode),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::TooLarge,
        problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/vouching/drafts/{id}/codes")]
pub async fn create_vouched_code(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Path(id): Path<String>,
    Json(new): Json<NewVouchedCode>,
) -> Result<Created<VouchedCode>, ApiError> {
    throttle(&state, &caller)?;
    let guard = key.guard(
        caller.idempotency_actor(),
        "create_vouched_code",
        &(&id, &new),
    )?;
    let (ctx, app) = (context(&state), state.clone());
    let write = state.db.write(move |conn| {
        let desks = scope(conn, &app, &caller, Privilege::IdentityVouch, None)?;
        let agent = AgentRef {
            id: caller.user_id(),
            name: caller.name().to_owned(),
        };
        let mut issued = None;
        once(conn, guard.as_ref(), ctx.now, |conn| {
            let code = commands::issue_code(conn, &ctx, &desks, agent, &id, &new)?;
            // Only that it was answered is kept: the code is stored nowhere but as a hash.
            let kept = StoredAnswer::created(&code.expires_at)?;
            issued = Some(code);
            Ok(kept)
        })?;
        issued.ok_or_else(|| {
            ApiError::conflict(
                "Este código ya se dio y no se muestra dos veces. Si no lo recibió, pida otro.",
                "This code was given already and is not shown twice. If you did not get it, ask for another.",
            )
        })
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
