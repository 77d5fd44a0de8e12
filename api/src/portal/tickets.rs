//! The requester's own tickets. The desk and the person of the session are in every query: whatever is not theirs does
//! not exist for them.

use actix_web::{get, post, web};
use serde::Serialize;
use shared::api::page::Page;
use shared::api::portal::{
    Acceptance, NewPublicMessage, NewSurvey, Rejection, RequesterTicket, RequesterTicketRow,
};
use shared::i18n::Lang;
use shared::ticket::status::Visibility;
use shared::ticket::text::{Body, Reason, Stars};

use super::commands::{Context, ticket_bytes};
use super::context;
use super::params::ListParams;
use crate::app::AppState;
use crate::attachments::store::Owner;
use crate::auth::RequesterCaller;
use crate::db::DbConnection;
use crate::http::etag::IfMatch;
use crate::http::faults::Faults;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, Query, Versioned, problems};
use crate::tickets::commands::{Change, Files, Scope, change, load};
use crate::tickets::portal_view::{self, RowPosition};
use crate::tickets::store::agent_with_email;

/// Lists the requester's tickets at the desk of the session, last moved first
#[utoipa::path(
    tag = "portal",
    operation_id = "list_my_tickets",
    params(ListParams),
    security(("portal" = [])),
    responses(
        (status = 200, description = "A page of tickets.", body = Page<RequesterTicketRow>),
        (status = 304, description = "The page is the one named by `If-None-Match`."),
        problems::Malformed, problems::Unauthorized, problems::Invalid, problems::RateLimited,
    ),
)]
#[get("/portal/tickets")]
pub async fn list_my_tickets(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    Query(params): Query<ListParams>,
    Language(lang): Language,
) -> Result<Versioned<Page<RequesterTicketRow>>, ApiError> {
    let ctx = context(&state);
    let (desk_id, person_id) = (caller.desk_id(), caller.person_id());
    let fingerprint = format!("my_tickets:{desk_id}:{person_id}");
    let after = params
        .cursor
        .map(|cursor| state.cursors.decode::<RowPosition>(&fingerprint, &cursor))
        .transpose()?;
    let limit = params.limit.get();
    let rows = state
        .db
        .read(move |conn| {
            Ok::<_, ApiError>(portal_view::list(
                conn,
                &ctx.desks,
                desk_id,
                person_id,
                after.as_ref(),
                limit,
                lang,
                ctx.now,
            )?)
        })
        .await?;
    let page = state.cursors.page(
        &fingerprint,
        params.limit,
        rows,
        |row| row.position.clone(),
        |row| row.row,
    )?;
    Versioned::by_content(page)
}

/// Gets one of the requester's tickets with its messages and history
#[utoipa::path(
    tag = "portal",
    operation_id = "get_my_ticket",
    params(("code" = String, Path, description = "The ticket's code.", example = "INF-1042")),
    security(("portal" = [])),
    responses(
        (status = 200, description = "The ticket; `ETag` is its version, the language of the answer and a hash of the rest.", body = RequesterTicket),
        (status = 304, description = "The answer is the one named by `If-None-Match`."),
        problems::Unauthorized, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/portal/tickets/{code}")]
pub async fn get_my_ticket(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    Path(code): Path<String>,
    Language(lang): Language,
) -> Result<Versioned<RequesterTicket>, ApiError> {
    let ctx = context(&state);
    let ticket = state
        .db
        .read_snapshot(move |conn| show(conn, &ctx, &caller, &code, lang))
        .await?;
    Ok(Versioned::in_language(ticket.version, lang, ticket))
}

/// Writes a message to the support team
#[utoipa::path(
    tag = "portal",
    operation_id = "add_my_message",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = NewPublicMessage,
    security(("portal" = [])),
    responses(
        (status = 201, description = "The ticket with the message.", body = RequesterTicket),
        problems::Malformed, problems::Unauthorized, problems::NotFound, problems::Conflict, problems::TooLarge, problems::UnsupportedMediaType,
        problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/portal/tickets/{code}/messages")]
pub async fn add_my_message(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Language(lang): Language,
    Json(new): Json<NewPublicMessage>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let Some(body) = faults.take("/body", Body::parse(&new.body)) else {
        return Err(faults.into_error());
    };
    let files = Files {
        owner: Owner::Person(caller.person_id()),
        ids: new.attachments.clone(),
        of_form: Vec::new(),
        ticket_bytes: ticket_bytes(&state.settings.limits),
    };
    let write = Change::Write {
        visibility: Visibility::Public,
        body,
        files,
    };
    run(
        &state,
        caller,
        key,
        Asked {
            route: "add_my_message",
            code,
            body: new,
            seen: None,
            lang,
        },
        write,
    )
    .await
}

/// Accepts the solution
#[utoipa::path(
    tag = "portal",
    operation_id = "accept_my_solution",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("If-Match" = String, Header, description = "The version that was seen (`ETag`).", example = "\"4\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = Acceptance,
    security(("portal" = [])),
    responses(
        (status = 200, description = "The ticket after it.", body = RequesterTicket),
        problems::Malformed, problems::Unauthorized, problems::NotFound, problems::Conflict, problems::VersionMismatch, problems::Invalid,
        problems::UnsupportedMediaType, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[post("/portal/tickets/{code}/acceptances")]
pub async fn accept_my_solution(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    key: OptionalIdempotencyKey,
    seen: IfMatch,
    Path(code): Path<String>,
    Language(lang): Language,
    Json(acceptance): Json<Acceptance>,
) -> Result<StoredAnswer, ApiError> {
    run(
        &state,
        caller,
        key,
        Asked {
            route: "accept_my_solution",
            code,
            body: acceptance,
            seen: Some(seen),
            lang,
        },
        Change::Accept,
    )
    .await
}

/// Rejects the solution with a reason; the ticket is worked on again
#[utoipa::path(
    tag = "portal",
    operation_id = "reject_my_solution",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("If-Match" = String, Header, description = "The version that was seen (`ETag`).", example = "\"4\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = Rejection,
    security(("portal" = [])),
    responses(
        (status = 200, description = "The ticket after it.", body = RequesterTicket),
        problems::Malformed, problems::Unauthorized, problems::NotFound, problems::Conflict, problems::VersionMismatch, problems::Invalid,
        problems::UnsupportedMediaType, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[post("/portal/tickets/{code}/rejections")]
pub async fn reject_my_solution(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    key: OptionalIdempotencyKey,
    seen: IfMatch,
    Path(code): Path<String>,
    Language(lang): Language,
    Json(rejection): Json<Rejection>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let Some(reason) = faults.take("/reason", Reason::parse(&rejection.reason)) else {
        return Err(faults.into_error());
    };
    let reject = Change::Reject {
        reason: Some(reason),
    };
    run(
        &state,
        caller,
        key,
        Asked {
            route: "reject_my_solution",
            code,
            body: rejection,
            seen: Some(seen),
            lang,
        },
        reject,
    )
    .await
}

/// Rates the service; where the desk says so, this closes the ticket
#[utoipa::path(
    tag = "portal",
    operation_id = "rate_my_ticket",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("If-Match" = String, Header, description = "The version that was seen (`ETag`).", example = "\"4\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = NewSurvey,
    security(("portal" = [])),
    responses(
        (status = 200, description = "The ticket after it.", body = RequesterTicket),
        problems::Malformed, problems::Unauthorized, problems::NotFound, problems::Conflict, problems::VersionMismatch, problems::Invalid,
        problems::UnsupportedMediaType, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[post("/portal/tickets/{code}/surveys")]
pub async fn rate_my_ticket(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    key: OptionalIdempotencyKey,
    seen: IfMatch,
    Path(code): Path<String>,
    Language(lang): Language,
    Json(survey): Json<NewSurvey>,
) -> Result<StoredAnswer, ApiError> {
    let mut faults = Faults::new();
    let stars = survey
        .stars
        .and_then(|stars| faults.take("/stars", Stars::parse(stars)));
    // An empty comment is no comment.
    let comment = faults.take_optional(
        "/comment",
        survey
            .comment
            .as_deref()
            .filter(|text| !text.trim().is_empty()),
        Reason::parse,
    );
    faults.check()?;
    let rate = Change::Rate {
        stars,
        comment,
        answers: survey.answers.clone(),
    };
    run(
        &state,
        caller,
        key,
        Asked {
            route: "rate_my_ticket",
            code,
            body: survey,
            seen: Some(seen),
            lang,
        },
        rate,
    )
    .await
}

/// A change that the requester asked for.
struct Asked<B> {
    route: &'static str,
    code: String,
    body: B,
    seen: Option<IfMatch>,
    lang: Lang,
}

async fn run<B: Serialize>(
    state: &AppState,
    caller: RequesterCaller,
    key: OptionalIdempotencyKey,
    asked: Asked<B>,
    wanted: Change,
) -> Result<StoredAnswer, ApiError> {
    let Asked {
        route,
        code,
        body,
        seen,
        lang,
    } = asked;
    let guard = key.guard(caller.idempotency_actor(), route, &(&code, &body))?;
    let ctx = context(state);
    let adds = matches!(wanted, Change::Write { .. });
    let answer = state.db.write(move |conn| {
        once(conn, guard.as_ref(), ctx.now, |conn| {
            let scope = Scope::Requester {
                desk_id: caller.desk_id(),
                person_id: caller.person_id(),
            };
            let (record, desk) = load(conn, &ctx.desks, &scope, &code)?;
            let actor = caller.actor(agent_with_email(conn, caller.email())?);
            let matches =
                |version: i32| seen.as_ref().is_none_or(|seen| seen.check(version).is_ok());
            change(conn, &desk, record, &actor, wanted, Some(&matches), ctx.now)?;
            let ticket = show(conn, &ctx, &caller, &code, lang)?;
            let answer = if adds {
                StoredAnswer::created(&ticket)?
            } else {
                StoredAnswer::ok(&ticket)?
            };
            Ok(answer.version(ticket.version))
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}

fn show(
    conn: &mut DbConnection,
    ctx: &Context,
    caller: &RequesterCaller,
    code: &str,
    lang: Lang,
) -> Result<RequesterTicket, ApiError> {
    let actor = caller.actor(agent_with_email(conn, caller.email())?);
    Ok(portal_view::detail(
        conn,
        &ctx.desks,
        caller.desk_id(),
        code,
        &actor,
        caller.person_id(),
        lang,
        ctx.now,
    )?)
}
