//! Desks, drafts, lookups and their challenges.

use actix_web::{get, post, web};
use shared::api::portal::{Challenge, NewDraft, NewLookup, PortalDesk, PortalDeskRow};
use shared::ticket::text::EmailAddress;

use super::{commands, context};
use crate::app::AppState;
use crate::attachments::handlers::PortalUploader;
use crate::auth::{BrowserKey, throttle};
use crate::desks;
use crate::http::context::RequestContext;
use crate::http::idempotency::{IdempotencyKey, OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, problems};

/// Lists the desks that take requests through the portal
#[utoipa::path(
    tag = "portal",
    operation_id = "list_portal_desks",
    responses((status = 200, description = "The desks, by address part.", body = Vec<PortalDeskRow>), problems::RateLimited),
)]
#[get("/portal/desks")]
pub async fn list_portal_desks(
    state: web::Data<AppState>,
    Language(lang): Language,
) -> Result<Json<Vec<PortalDeskRow>>, ApiError> {
    let ctx = context(&state);
    let all = state
        .db
        .read(move |conn| Ok::<_, ApiError>(ctx.desks.all(conn, ctx.now)?))
        .await?;
    let row = |desk: &std::sync::Arc<desks::registry::InstalledDesk>| PortalDeskRow {
        slug: desk.slug.clone(),
        name: desk.profile.name.get(lang).to_owned(),
    };
    Ok(Json(
        all.iter()
            .filter(|desk| commands::takes_requests(desk))
            .map(row)
            .collect(),
    ))
}

/// Gets all that the portal needs to know of a desk
#[utoipa::path(
    tag = "portal",
    operation_id = "get_portal_desk",
    params(("desk" = String, Path, description = "The desk's address part.", example = "soporte")),
    responses((status = 200, description = "The desk, in the caller's language.", body = PortalDesk), problems::NotFound, problems::RateLimited),
)]
#[get("/portal/desks/{desk}")]
pub async fn get_portal_desk(
    state: web::Data<AppState>,
    // Every page asks for its desk first, so the browser is known before it sends several files at once; each of those
    // would otherwise be answered with another cookie, and all but the last file would belong to nobody.
    _browser: BrowserKey,
    Path(slug): Path<String>,
    Language(lang): Language,
) -> Result<Json<PortalDesk>, ApiError> {
    let ctx = context(&state);
    let desk = state
        .db
        .read(move |conn| Ok::<_, ApiError>(ctx.desks.by_slug(conn, &slug, ctx.now)?))
        .await?;
    let desk = desk
        .filter(|desk| commands::takes_requests(desk))
        .ok_or_else(ApiError::not_found)?;
    let limits = &state.settings.limits;
    let mut view = desks::view::portal(&desk.profile, lang, commands::ticket_bytes(limits));
    view.max_attachment_bytes = view
        .max_attachment_bytes
        .min(i64::try_from(limits.file_bytes).unwrap_or(i64::MAX));
    Ok(Json(view))
}

/// Sends a complete ticket form; its code is mailed if the address may use the desk
///
/// The answer is the same for every address. Nothing is created before the code is proved. With wrong data no code is
/// sent. The browser is recognised by a cookie that this answer sets.
#[utoipa::path(
    tag = "portal",
    operation_id = "create_draft",
    params(("Idempotency-Key" = String, Header, description = "Names this request; a repetition within a day gets the same answer.")),
    request_body = NewDraft,
    security((), ("portal" = [])),
    responses(
        (status = 202, description = "The question for the code.", body = Challenge),
        problems::Malformed, problems::Unauthorized, problems::Conflict, problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/portal/drafts")]
pub async fn create_draft(
    state: web::Data<AppState>,
    request_context: RequestContext,
    browser: BrowserKey,
    uploader: PortalUploader,
    key: IdempotencyKey,
    Json(new): Json<NewDraft>,
) -> Result<StoredAnswer, ApiError> {
    throttle::code_ask(&state.limits, &request_context)?;
    if let Ok(email) = EmailAddress::parse(&new.email) {
        throttle::draft(&state.limits, &request_context, &email)?;
    }
    let guard = key.guard(browser.idempotency_actor(), "create_draft", &new)?;
    let ctx = context(&state);
    let answer = state.db.write(move |conn| {
        once(conn, Some(&guard), ctx.now, |conn| {
            StoredAnswer::accepted(&commands::send_draft(
                conn,
                &ctx,
                &browser.hash(),
                &uploader.owners(&browser),
                &new,
            )?)
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}

/// Asks to see one's tickets; a code is mailed if the ticket is of that address at that desk
///
/// The answer is the same whether it is or not.
#[utoipa::path(
    tag = "portal",
    operation_id = "create_lookup",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer.")),
    request_body = NewLookup,
    responses(
        (status = 202, description = "The question for the code.", body = Challenge),
        problems::Malformed, problems::Conflict, problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/portal/lookups")]
pub async fn create_lookup(
    state: web::Data<AppState>,
    request_context: RequestContext,
    browser: BrowserKey,
    key: OptionalIdempotencyKey,
    Json(new): Json<NewLookup>,
) -> Result<StoredAnswer, ApiError> {
    throttle::code_ask(&state.limits, &request_context)?;
    let guard = key.guard(browser.idempotency_actor(), "create_lookup", &new)?;
    let ctx = context(&state);
    let answer = state.db.write(move |conn| {
        once(conn, guard.as_ref(), ctx.now, |conn| {
            StoredAnswer::accepted(&commands::send_lookup(conn, &ctx, &browser.hash(), &new)?)
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}

/// Gets an open challenge again, in the browser that asked for it
#[utoipa::path(
    tag = "portal",
    operation_id = "get_challenge",
    params(("id" = String, Path, description = "Key of the challenge.")),
    responses((status = 200, description = "The question for the code.", body = Challenge), problems::NotFound, problems::RateLimited),
)]
#[get("/portal/challenges/{id}")]
pub async fn get_challenge(
    state: web::Data<AppState>,
    browser: BrowserKey,
    Path(id): Path<String>,
) -> Result<Json<Challenge>, ApiError> {
    let ctx = context(&state);
    let challenge = state
        .db
        .read(move |conn| commands::find_challenge(conn, &ctx, &id, &browser.hash()))
        .await?;
    Ok(Json(challenge))
}

/// Asks for a new code; the old one stops working
///
/// At most once a minute and five times in all, so a repetition is refused; no `Idempotency-Key` is needed.
#[utoipa::path(
    tag = "portal",
    operation_id = "resend_code",
    params(("id" = String, Path, description = "Key of the challenge.")),
    responses((status = 202, description = "The question for the new code.", body = Challenge), problems::NotFound, problems::RateLimited),
)]
#[post("/portal/challenges/{id}/resend")]
pub async fn resend_code(
    state: web::Data<AppState>,
    request_context: RequestContext,
    browser: BrowserKey,
    Path(id): Path<String>,
) -> Result<crate::http::Accepted<Challenge>, ApiError> {
    throttle::code_ask(&state.limits, &request_context)?;
    let ctx = context(&state);
    let challenge = state
        .db
        .write(move |conn| commands::resend(conn, &ctx, &id, &browser.hash()))
        .await?;
    state.wake.wake();
    Ok(crate::http::Accepted(challenge))
}
