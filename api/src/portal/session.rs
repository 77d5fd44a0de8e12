//! Proving a code, and the portal session that begins with it.

use actix_web::{HttpRequest, delete, get, post, web};
use chrono::{DateTime, Utc};
use shared::api::portal::{CodeProof, PortalSession, Verified};
use shared::api::problem::ProblemType;
use shared::api::session::AccessToken;
use uuid::Uuid;

use super::code::Code;
use super::commands::{self, Context, Proved, Tried};
use super::{context, store};
use crate::app::AppState;
use crate::auth::cookie::{self, CookieName};
use crate::auth::jwt::{ACCESS_SECONDS, Holder};
use crate::auth::session::{self, Audience, Grant, Refreshed, Subject};
use crate::auth::{BrowserKey, RequesterCaller, throttle};
use crate::db::DbConnection;
use crate::http::context::RequestContext;
use crate::http::idempotency::{Guard, OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, NoContent, Path, problems};

/// Longest code that is looked at.
const CODE_MAX: usize = 32;

/// A portal session that has begun or goes on.
struct Begun {
    grant: Grant,
    epoch: i32,
}

/// Proves a code: a draft becomes a ticket, and a portal session begins
///
/// A code that was read out on the phone creates the ticket and opens no session: `access_token` is empty then. With
/// the same `Idempotency-Key` a client that lost the answer gets it again; otherwise a code works once.
#[utoipa::path(
    tag = "portal",
    operation_id = "verify_code",
    params(
        ("id" = String, Path, description = "Key of the challenge."),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same ticket and a fresh session."),
    ),
    request_body = CodeProof,
    responses(
        (status = 200, description = "The code was right.", body = Verified),
        problems::Malformed, problems::CodeRefused, problems::Conflict, problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid,
        problems::RateLimited,
    ),
)]
#[post("/portal/challenges/{id}/verify")]
pub async fn verify_code(
    state: web::Data<AppState>,
    request: HttpRequest,
    request_context: RequestContext,
    browser: BrowserKey,
    key: OptionalIdempotencyKey,
    Path(id): Path<String>,
    Json(proof): Json<CodeProof>,
) -> Result<Json<Verified>, ApiError> {
    throttle::code_try(&state.limits, &request_context)?;
    let code = read_code(&proof)?;
    let guard = key.guard(browser.idempotency_actor(), "verify_code", &(&id, &proof))?;
    let ctx = context(&state);
    let now = ctx.now;
    let (proved, begun) = state
        .db
        .write(move |conn| prove(conn, &ctx, &id, &browser.hash(), &code, guard.as_ref()))
        .await?
        .into_result()?;
    state.wake.wake();
    let access_token = match begun {
        Some(begun) => sign_in(&state, &request, &begun, now)?,
        None => String::new(),
    };
    let expires_in = if access_token.is_empty() {
        0
    } else {
        ACCESS_SECONDS
    };
    Ok(Json(Verified {
        access_token,
        expires_in,
        ticket_code: proved.ticket_code,
    }))
}

/// What a try of a code came to, with the session that it began.
enum Outcome {
    Right(Proved, Option<Begun>),
    Wrong(u8),
    Dead,
}

impl Outcome {
    fn into_result(self) -> Result<(Proved, Option<Begun>), ApiError> {
        match self {
            Self::Right(proved, begun) => Ok((proved, begun)),
            Self::Wrong(tries_left) => {
                Err(ApiError::new(ProblemType::CodeWrong).with_tries_left(tries_left))
            }
            Self::Dead => Err(ApiError::new(ProblemType::CodeDead)),
        }
    }
}

fn prove(
    conn: &mut DbConnection,
    ctx: &Context,
    id: &str,
    browser: &[u8],
    code: &Code,
    guard: Option<&Guard>,
) -> Result<Outcome, ApiError> {
    if let (Some(guard), Some(proved)) = (guard, commands::proved_before(conn, id, browser)?) {
        // Only the request that proved it is answered again; to any other the code is dead.
        once(conn, Some(guard), ctx.now, |_| {
            Err(ApiError::new(ProblemType::CodeDead))
        })?;
        let begun = begin(conn, &proved, ctx.now)?;
        return Ok(Outcome::Right(proved, begun));
    }
    match commands::verify(conn, ctx, id, browser, code)? {
        Tried::Proved(proved) => {
            // Kept without any token: the answer to a repetition is made afresh.
            once(conn, guard, ctx.now, |_| {
                StoredAnswer::ok(&proved.ticket_code)
            })?;
            let begun = begin(conn, &proved, ctx.now)?;
            Ok(Outcome::Right(proved, begun))
        }
        Tried::Wrong { tries_left } => Ok(Outcome::Wrong(tries_left)),
        Tried::Dead => Ok(Outcome::Dead),
    }
}

fn begin(
    conn: &mut DbConnection,
    proved: &Proved,
    now: DateTime<Utc>,
) -> Result<Option<Begun>, ApiError> {
    if !proved.opens_session {
        return Ok(None);
    }
    let Some((_, _, epoch)) = store::session_person(conn, proved.desk_id, proved.person_id)? else {
        return Ok(None);
    };
    let subject = Subject {
        audience: Audience::Portal,
        subject_id: proved.person_id,
        desk_id: Some(proved.desk_id),
    };
    Ok(Some(Begun {
        grant: session::start(conn, subject, now)?,
        epoch,
    }))
}

/// Sets the refresh cookie and writes the access token.
fn sign_in(
    state: &AppState,
    request: &HttpRequest,
    begun: &Begun,
    now: DateTime<Utc>,
) -> Result<String, ApiError> {
    let Begun { grant, epoch } = begun;
    let public_url = &state.settings.public_url;
    cookie::attach(
        request,
        cookie::set(
            CookieName::PortalRefresh,
            &grant.refresh_token,
            Some(grant.cookie_seconds(now)),
            public_url,
        ),
    );
    let subject = grant.subject;
    let holder = Holder {
        audience: subject.audience,
        subject_id: subject.subject_id,
        session: grant.family,
        epoch: *epoch,
        desk_id: subject.desk_id,
    };
    state.tokens.sign(holder, now).map_err(ApiError::internal)
}

fn read_code(proof: &CodeProof) -> Result<Code, ApiError> {
    if proof.code.chars().count() > CODE_MAX {
        return Err(ApiError::field(
            "/code",
            "too_long",
            "El código tiene ocho letras y números.",
            "The code has eight letters and digits.",
        ));
    }
    let code = Code::typed(&proof.code);
    if code.is_empty() {
        return Err(ApiError::field(
            "/code",
            "required",
            "Escriba el código que recibió.",
            "Write the code that you received.",
        ));
    }
    Ok(code)
}

/// Continues the portal session: a new access token for the refresh cookie
///
/// A session ends after 30 minutes without this, and after 8 hours in any case.
#[utoipa::path(
    tag = "portal",
    operation_id = "refresh_portal_session",
    responses((status = 200, description = "A fresh access token; the cookie is replaced.", body = AccessToken), problems::Unauthorized, problems::RateLimited),
)]
#[post("/portal/session/refresh")]
pub async fn refresh_portal_session(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<Json<AccessToken>, ApiError> {
    let public_url = &state.settings.public_url;
    let token = cookie::read(&request, CookieName::PortalRefresh, public_url)
        .ok_or_else(ApiError::unauthorized)?;
    let now = state.clock.now();
    let begun = state.db.write(move |conn| go_on(conn, &token, now)).await?;
    let Some(begun) = begun else {
        cookie::attach(
            &request,
            cookie::clear(CookieName::PortalRefresh, public_url),
        );
        return Err(ApiError::unauthorized());
    };
    Ok(Json(AccessToken {
        access_token: sign_in(&state, &request, &begun, now)?,
        expires_in: ACCESS_SECONDS,
    }))
}

/// Every outcome is committed: that a token came twice must be remembered.
fn go_on(
    conn: &mut DbConnection,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<Begun>, ApiError> {
    let Refreshed::Granted(grant) = session::refresh(conn, Audience::Portal, token, now)? else {
        return Ok(None);
    };
    let Some(desk_id) = grant.subject.desk_id else {
        return Ok(None);
    };
    let person = store::session_person(conn, desk_id, grant.subject.subject_id)?;
    Ok(person.map(|(_, _, epoch)| Begun { grant, epoch }))
}

/// Tells whose portal session this is
#[utoipa::path(
    tag = "portal",
    operation_id = "get_portal_session",
    security(("portal" = [])),
    responses((status = 200, description = "The requester.", body = PortalSession), problems::Unauthorized, problems::RateLimited),
)]
#[get("/portal/session")]
pub async fn get_portal_session(
    state: web::Data<AppState>,
    caller: RequesterCaller,
) -> Result<Json<PortalSession>, ApiError> {
    let ctx = context(&state);
    let desk_id = caller.desk_id();
    let desk = state
        .db
        .read(move |conn| Ok::<_, ApiError>(ctx.desks.by_id(conn, desk_id, ctx.now)?))
        .await?;
    Ok(Json(PortalSession {
        desk: desk.slug.clone(),
        full_name: caller.name().to_owned(),
        email: caller.email().to_owned(),
    }))
}

/// Ends the portal session of this browser
#[utoipa::path(
    tag = "portal",
    operation_id = "end_portal_session",
    responses((status = 204, description = "It has ended, or there was none."), problems::RateLimited),
)]
#[delete("/portal/session")]
pub async fn end_portal_session(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<NoContent, ApiError> {
    let public_url = &state.settings.public_url;
    let token = cookie::read(&request, CookieName::PortalRefresh, public_url);
    cookie::attach(
        &request,
        cookie::clear(CookieName::PortalRefresh, public_url),
    );
    let now = state.clock.now();
    if let Some(token) = token {
        state.db.write(move |conn| end(conn, &token, now)).await?;
        state.access.clear();
    }
    Ok(NoContent)
}

fn end(conn: &mut DbConnection, token: &str, now: DateTime<Utc>) -> Result<(), ApiError> {
    let family: Option<Uuid> = session::find_by_token(conn, Audience::Portal, token)?;
    if let Some(family) = family {
        session::end_family(conn, family, now)?;
    }
    Ok(())
}
