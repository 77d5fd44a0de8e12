//! The endpoints of approvals in the console.

use std::sync::Arc;

use actix_web::{get, post, put, web};
use chrono::{DateTime, Utc};
use shared::api::page::Page;
use shared::api::process::{
    ApprovalRow, ApproverChange, ApproverHolders, ApproverRoles, NewApprovalDecision,
};
use shared::api::tickets::TicketChanged;
use shared::ticket::actor::Privilege;

use super::commands::{self, Asked, Word, approver_at};
use super::params::PageParams;
use super::{store, trace, view};
use crate::app::AppState;
use crate::auth::{AgentCaller, AgentInPerson};
use crate::db::DbConnection;
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::etag::IfMatch;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, Query, Versioned, problems};

/// The approvals that wait for the caller.
///
/// For agents who hold approver roles: by their address as people of the desk, or as members of a group that is a role. Their
/// own requests are never among them.
#[utoipa::path(
    tag = "approvals",
    operation_id = "list_approvals",
    security(("console" = [])),
    responses(
        (status = 200, description = "What waits, longest first.", body = Page<ApprovalRow>),
        problems::Unauthorized, problems::RateLimited,
    ),
)]
#[get("/approvals")]
pub async fn list_approvals(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Language(lang): Language,
) -> Result<Json<Page<ApprovalRow>>, ApiError> {
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let read = move |conn: &mut DbConnection| -> Result<Vec<ApprovalRow>, ApiError> {
        let mut held: Vec<(i64, i64, Vec<String>)> = Vec::new();
        for desk in desks.all(conn, now)? {
            if desk.profile.approvals.is_empty() {
                continue;
            }
            let (actor, roles) = approver_at(conn, desk.id, &caller)?;
            let person_id = match actor {
                shared::ticket::actor::Actor::Approver { person_id, .. } => person_id,
                _ => 0,
            };
            if !roles.is_empty() {
                held.push((desk.id, person_id, roles));
            }
        }
        let places: Vec<i64> = held.iter().map(|(desk, _, _)| *desk).collect();
        let rows = store::asks(conn, &places)?;
        let holder = |desk_id: i64| {
            held.iter()
                .find(|(desk, _, _)| *desk == desk_id)
                .map(|(_, person, roles)| (*person, roles.clone()))
        };
        let found = view::waiting(conn, &desks, rows, &holder)?;
        Ok(found
            .into_iter()
            .map(|(row, desk)| view::row(row, &desk, lang))
            .collect())
    };
    Ok(Json(Page {
        items: state.db.read(read).await?,
        next: None,
    }))
}

/// Lists who holds the approver roles of a desk
///
/// For whoever administers the desk.
#[utoipa::path(
    tag = "approvals",
    operation_id = "list_approvers",
    params(("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60)),
    security(("console" = [])),
    responses(
        (status = 200, description = "The roles.", body = ApproverRoles, headers(("ETag" = String, description = "Version of the list"))),
        (status = 304, description = "The caller has this version already (`If-None-Match`)."),
        problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/desks/{desk}/approvers")]
pub async fn list_approvers(
    state: web::Data<AppState>,
    caller: AgentInPerson,
    Path(slug): Path<String>,
    Language(lang): Language,
) -> Result<Versioned<ApproverRoles>, ApiError> {
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = administered(conn, &desks, &caller, &slug, now)?;
        Ok(view::roles(conn, &desk, lang)?)
    };
    let roles = state.db.read_snapshot(read).await?;
    Ok(Versioned::in_language(roles.version, lang, roles))
}

/// Says who holds an approver role of a desk
///
/// The list takes the place of the one before, and the change is kept with its author. For whoever administers the desk, never
/// for an API token. Holders are registered people of the desk; deputies are told with the first reminder.
#[utoipa::path(
    tag = "approvals",
    operation_id = "replace_approvers",
    params(
        ("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60),
        ("role" = String, Path, description = "Key of the role", example = "risk_office", max_length = 60),
        ("If-Match" = String, Header, description = "Version of the list that was seen", example = "\"3\""),
    ),
    request_body = ApproverHolders,
    security(("console" = [])),
    responses(
        (status = 200, description = "The roles after it.", body = ApproverRoles, headers(("ETag" = String, description = "Version of the list"))),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::VersionMismatch,
        problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[put("/desks/{desk}/approvers/{role}")]
pub async fn replace_approvers(
    state: web::Data<AppState>,
    caller: AgentInPerson,
    seen: IfMatch,
    Path((slug, role)): Path<(String, String)>,
    Language(lang): Language,
    Json(new): Json<ApproverHolders>,
) -> Result<Versioned<ApproverRoles>, ApiError> {
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let write = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = administered(conn, &desks, &caller, &slug, now)?;
        let author = caller.actor_at(desk.id).reference();
        commands::replace_holders(conn, &desk, &author, &role, &new, &seen, now)?;
        Ok(view::roles(conn, &desk, lang)?)
    };
    let roles = state.db.write(write).await?;
    Ok(Versioned::in_language(roles.version, lang, roles))
}

/// Lists who changed the approvers of a desk
///
/// Each change with its author, who held the role before and who after, newest first. For whoever administers the desk.
#[utoipa::path(
    tag = "approvals",
    operation_id = "list_approver_changes",
    params(
        ("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60),
        PageParams,
    ),
    security(("console" = [])),
    responses(
        (status = 200, description = "A page of changes.", body = Page<ApproverChange>),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/desks/{desk}/approver-changes")]
pub async fn list_approver_changes(
    state: web::Data<AppState>,
    caller: AgentInPerson,
    Path(slug): Path<String>,
    Query(params): Query<PageParams>,
    Language(lang): Language,
) -> Result<Json<Page<ApproverChange>>, ApiError> {
    let (desks, now, limit) = (state.desks.clone(), state.clock.now(), params.limit);
    let fingerprint = format!("approver-changes:{}:{slug}", caller.user_id());
    let before = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<i32>(&fingerprint, cursor))
        .transpose()?;
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = administered(conn, &desks, &caller, &slug, now)?;
        let rows = trace::list(conn, desk.id, before, limit.with_one_more())?;
        Ok(view::changes(rows, &desk.profile, lang)?)
    };
    let changes = state.db.read(read).await?;
    let place = |change: &ApproverChange| change.number;
    let page = state
        .cursors
        .page(&fingerprint, limit, changes, place, |change| change)?;
    Ok(Json(page))
}

/// A desk of which the caller may appoint the approvers.
fn administered(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    caller: &AgentInPerson,
    slug: &str,
    now: DateTime<Utc>,
) -> Result<Arc<InstalledDesk>, ApiError> {
    let desk = desks
        .by_slug(conn, slug, now)?
        .ok_or_else(ApiError::not_found)?;
    caller.require(desk.id, Privilege::DeskAdmin)?;
    Ok(desk)
}

/// Decides an approval
///
/// For agents who hold the role that is asked; an API token never decides. A refusal needs a comment and ends the request.
#[utoipa::path(
    tag = "approvals",
    operation_id = "decide_approval",
    params(
        ("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40),
        ("If-Match" = String, Header, description = "Version that was seen", example = "\"3\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255),
    ),
    request_body = NewApprovalDecision,
    security(("console" = [])),
    responses(
        (status = 200, description = "Decided.", body = TicketChanged, headers(("ETag" = String, description = "Version of the ticket"))),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::VersionMismatch,
        problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[post("/tickets/{code}/approval-decisions")]
pub async fn decide_approval(
    state: web::Data<AppState>,
    caller: AgentInPerson,
    seen: IfMatch,
    key: OptionalIdempotencyKey,
    Path(code): Path<String>,
    Json(new): Json<NewApprovalDecision>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(
        caller.idempotency_actor(),
        &format!("decide_approval:{code}"),
        &new,
    )?;
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let work = move |conn: &mut DbConnection| {
        // Before a kept answer is given again: whoever is asked nothing any more is told nothing.
        let Asked {
            record,
            desk,
            actor,
        } = commands::load(conn, &desks, &caller, &code)?;
        once(conn, guard.as_ref(), now, |conn| {
            let word = Word::parse(&new)?;
            let matches = |version: i32| seen.check(i64::from(version)).is_ok();
            let changed = commands::decide(conn, &desk, record, &actor, word, Some(&matches), now)?;
            let answer = TicketChanged {
                code: changed.code.clone(),
                version: changed.version,
                status: changed.ticket.status,
            };
            Ok(StoredAnswer::ok(&answer)?.version(i64::from(changed.version)))
        })
    };
    let answer = state.db.write(work).await?;
    state.wake.wake();
    Ok(answer)
}
