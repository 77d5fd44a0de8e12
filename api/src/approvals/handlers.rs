//! The endpoints of approvals in the console.

use actix_web::{get, post, put, web};
use serde::{Deserialize, Serialize};
use shared::api::page::Page;
use shared::api::process::{ApprovalRow, ApproverHolders, ApproverRole, NewApprovalDecision};
use shared::api::tickets::TicketChanged;
use shared::ticket::actor::Privilege;

use super::commands::{self, Asked, Word, approver_at};
use super::{store, view};
use crate::app::AppState;
use crate::auth::{AgentCaller, AgentInPerson};
use crate::db::DbConnection;
use crate::http::etag::IfMatch;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, problems};

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

/// The approver roles of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApproverRoles {
    /// In the order of the desk's policies.
    pub items: Vec<ApproverRole>,
}

/// Lists who holds the approver roles of a desk
///
/// For whoever administers the desk or coordinates there.
#[utoipa::path(
    tag = "approvals",
    operation_id = "list_approvers",
    params(("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60)),
    security(("console" = [])),
    responses(
        (status = 200, description = "The roles.", body = ApproverRoles),
        problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/desks/{desk}/approvers")]
pub async fn list_approvers(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(slug): Path<String>,
    Language(lang): Language,
) -> Result<Json<ApproverRoles>, ApiError> {
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = desks
            .by_slug(conn, &slug, now)?
            .ok_or_else(ApiError::not_found)?;
        require_keeper(&caller, desk.id)?;
        let rows = store::holders(conn, desk.id)?;
        Ok(view::roles(rows, &desk.profile, lang))
    };
    Ok(Json(ApproverRoles {
        items: state.db.read(read).await?,
    }))
}

/// Says who holds an approver role of a desk
///
/// The list takes the place of the one before. Holders are registered people of the desk; deputies are told with the first
/// reminder.
#[utoipa::path(
    tag = "approvals",
    operation_id = "replace_approvers",
    params(
        ("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60),
        ("role" = String, Path, description = "Key of the role", example = "risk_office", max_length = 60),
    ),
    request_body = ApproverHolders,
    security(("console" = [])),
    responses(
        (status = 200, description = "The roles after it.", body = ApproverRoles),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::TooLarge,
        problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[put("/desks/{desk}/approvers/{role}")]
pub async fn replace_approvers(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path((slug, role)): Path<(String, String)>,
    Language(lang): Language,
    Json(new): Json<ApproverHolders>,
) -> Result<Json<ApproverRoles>, ApiError> {
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let write = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = desks
            .by_slug(conn, &slug, now)?
            .ok_or_else(ApiError::not_found)?;
        require_keeper(&caller, desk.id)?;
        commands::replace_holders(conn, &desk, &role, &new)?;
        let rows = store::holders(conn, desk.id)?;
        Ok(view::roles(rows, &desk.profile, lang))
    };
    Ok(Json(ApproverRoles {
        items: state.db.write(write).await?,
    }))
}

fn require_keeper(caller: &AgentCaller, desk_id: i64) -> Result<(), ApiError> {
    if caller.may(desk_id, Privilege::TicketCoordinate) {
        return Ok(());
    }
    caller.require(desk_id, Privilege::DeskAdmin)
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
