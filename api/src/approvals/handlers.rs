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

use super::commands::{self, Asked, Word};
use super::params::PageParams;
use super::store::{self, AskPosition, AskRow};
use super::{trace, view};
use crate::app::AppState;
use crate::auth::AgentInPerson;
use crate::db::DbConnection;
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::etag::IfMatch;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, Query, Versioned, problems};
use crate::tickets::sight::Sight;
use crate::tickets::store::read_in_sight;

/// Lists the approvals that wait for the caller
///
/// For agents who hold approver roles: by their address as people of the desk, or as members of a group that is a role. Their
/// own requests are never among them. An API token decides nothing, so nothing waits for it.
#[utoipa::path(
    tag = "approvals",
    operation_id = "list_approvals",
    params(PageParams),
    security(("console" = [])),
    responses(
        (status = 200, description = "A page of what waits, longest first.", body = Page<ApprovalRow>),
        (status = 304, description = "The page is the one named by `If-None-Match`."),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::RateLimited,
    ),
)]
#[get("/approvals")]
pub async fn list_approvals(
    state: web::Data<AppState>,
    caller: AgentInPerson,
    Query(params): Query<PageParams>,
    Language(lang): Language,
) -> Result<Versioned<Page<ApprovalRow>>, ApiError> {
    let (desks, now, limit) = (state.desks.clone(), state.clock.now(), params.limit);
    let fingerprint = format!("approvals:{}", caller.user_id());
    let after = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<AskPosition>(&fingerprint, cursor))
        .transpose()?;
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let mut found: Vec<(AskRow, Arc<InstalledDesk>)> = Vec::new();
        for desk in desks.all(conn, now)? {
            let Some(inbox) = commands::inbox_of(conn, &desk, &caller)? else {
                continue;
            };
            let rows = store::asks(conn, &inbox, None, after.as_ref(), limit.with_one_more())?;
            found.extend(rows.into_iter().map(|row| (row, Arc::clone(&desk))));
        }
        // Each desk gave its first rows, so the first of them all are among them.
        found.sort_by_cached_key(|(row, _)| row.position());
        Ok(found)
    };
    let found = state.db.read(read).await?;
    let place = |(row, _): &(AskRow, _)| row.position();
    let view = |(row, desk): (AskRow, Arc<InstalledDesk>)| view::row(row, &desk, lang);
    let page = state
        .cursors
        .page(&fingerprint, limit, found, place, view)?;
    Versioned::by_content(page)
}

/// Gets what one ticket asks of the caller
///
/// A row for each role in which they are asked. Whoever comes after the decision is told when it was given (409).
#[utoipa::path(
    tag = "approvals",
    operation_id = "get_approval",
    params(("code" = String, Path, description = "Code of the ticket", example = "INF-1042", max_length = 40)),
    security(("console" = [])),
    responses(
        (status = 200, description = "What waits.", body = Page<ApprovalRow>),
        problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::RateLimited,
    ),
)]
#[get("/approvals/{code}")]
pub async fn get_approval(
    state: web::Data<AppState>,
    caller: AgentInPerson,
    Path(code): Path<String>,
    Language(lang): Language,
) -> Result<Json<Page<ApprovalRow>>, ApiError> {
    let desks = state.desks.clone();
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let record =
            read_in_sight(conn, &code, &Sight::whole(None))?.ok_or_else(ApiError::not_found)?;
        let desk = desks.version(conn, record.desk_id, record.desk_version)?;
        let inbox = commands::inbox_of(conn, &desk, &caller)?.ok_or_else(ApiError::not_found)?;
        let ticket = &record.state;
        let own = ticket.requester.id == inbox.person_id;
        if own || !commands::is_concerned(ticket, &desk.profile, &inbox.held) {
            return Err(ApiError::not_found());
        }
        let rows = store::asks(conn, &inbox, Some(&code), None, ROLES_MAX)?;
        if rows.is_empty() {
            return Err(commands::too_late(ticket, &desk.profile, &inbox.held));
        }
        let view = |row| view::row(row, &desk, lang);
        Ok(rows.into_iter().map(view).collect())
    };
    Ok(Json(Page {
        items: state.db.read_snapshot(read).await?,
        next: None,
    }))
}

/// Most roles of a ticket that one person is asked in.
const ROLES_MAX: i64 = 100;

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
/// for an API token. Holders are registered people of the desk; who is shut out stays only where they are sent again. Deputies
/// are told with the first reminder, or at once where nobody else could be. A list that leaves a waiting request to nobody is
/// refused (409).
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
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::VersionMismatch,
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
