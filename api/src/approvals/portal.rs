//! Approvals in the portal, for approvers without the console: the session proves their address, and they see of a ticket
//! only what the decision needs.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use shared::api::page::Page;
use shared::api::portal::{PortalApproval, PortalApprovalRow};
use shared::api::process::NewApprovalDecision;
use shared::api::tickets::TicketChanged;
use shared::ticket::actor::Actor;

use super::commands::{self, Word, decidable, is_concerned};
use super::params::PageParams;
use super::store::{self, AskPosition, AskedTicketRow};
use super::view;
use crate::app::AppState;
use crate::auth::RequesterCaller;
use crate::db::DbConnection;
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::http::etag::IfMatch;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Json, Language, Path, Query, problems};
use crate::tickets::sight::Sight;
use crate::tickets::store::{TicketRecord, load_in_sight, read_in_sight};

/// Lists the approvals that wait for the person of the session
#[utoipa::path(
    tag = "portal",
    operation_id = "list_my_approvals",
    params(PageParams),
    security(("portal" = [])),
    responses(
        (status = 200, description = "A page of tickets that wait, longest first.", body = Page<PortalApprovalRow>),
        problems::Malformed, problems::Unauthorized, problems::RateLimited,
    ),
)]
#[get("/portal/approvals")]
pub async fn list_my_approvals(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    Query(params): Query<PageParams>,
    Language(lang): Language,
) -> Result<Json<Page<PortalApprovalRow>>, ApiError> {
    let (desks, now, limit) = (state.desks.clone(), state.clock.now(), params.limit);
    let fingerprint = format!("my-approvals:{}", caller.person_id());
    let after = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<AskPosition>(&fingerprint, cursor))
        .transpose()?;
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = desks.by_id(conn, caller.desk_id(), now)?;
        let held = store::roles_of(conn, caller.person_id())?;
        let inbox = commands::inbox(&desk, caller.person_id(), held);
        let rows = store::asked_tickets(conn, &inbox, after.as_ref(), limit.with_one_more())?;
        let keys: Vec<i64> = rows.iter().map(|row| row.ticket_id).collect();
        let roles = store::asked_roles(conn, &inbox, &keys)?;
        Ok((rows, roles, desk))
    };
    let (rows, roles, desk) = state.db.read_snapshot(read).await?;
    let place = |row: &AskedTicketRow| row.position();
    let view = |row| view::portal_row(row, &roles, &desk, lang);
    let page = state.cursors.page(&fingerprint, limit, rows, place, view)?;
    Ok(Json(page))
}

/// Gets what the person of the session is asked to approve
///
/// Whoever comes after the decision is told when it was given (409).
#[utoipa::path(
    tag = "portal",
    operation_id = "get_my_approval",
    params(("code" = String, Path, description = "The ticket's code.", example = "INF-1042")),
    security(("portal" = [])),
    responses(
        (status = 200, description = "What is asked.", body = PortalApproval),
        problems::Unauthorized, problems::NotFound, problems::Conflict, problems::RateLimited,
    ),
)]
#[get("/portal/approvals/{code}")]
pub async fn get_my_approval(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    Path(code): Path<String>,
    Language(lang): Language,
) -> Result<Json<PortalApproval>, ApiError> {
    let desks = state.desks.clone();
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let asked = find(conn, &desks, &caller, &code, Wanted::ToRead)?;
        Ok(view::portal(
            conn,
            &asked.desk,
            &asked.record,
            asked.roles,
            lang,
        )?)
    };
    Ok(Json(state.db.read_snapshot(read).await?))
}

/// Decides an approval that the person of the session is asked for
///
/// A refusal needs a comment and ends the request.
#[utoipa::path(
    tag = "portal",
    operation_id = "decide_my_approval",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("If-Match" = String, Header, description = "The version that was seen.", example = "\"4\""),
        ("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer."),
    ),
    request_body = NewApprovalDecision,
    security(("portal" = [])),
    responses(
        (status = 200, description = "Decided.", body = TicketChanged),
        problems::Malformed, problems::Unauthorized, problems::NotFound, problems::Conflict, problems::VersionMismatch, problems::Invalid,
        problems::TooLarge, problems::UnsupportedMediaType, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[post("/portal/approvals/{code}/decisions")]
pub async fn decide_my_approval(
    state: web::Data<AppState>,
    caller: RequesterCaller,
    key: OptionalIdempotencyKey,
    seen: IfMatch,
    Path(code): Path<String>,
    Json(new): Json<NewApprovalDecision>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(
        caller.idempotency_actor(),
        "decide_my_approval",
        &(&code, &new),
    )?;
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let answer = state.db.write(move |conn| {
        // Before a kept answer is given again: whoever holds none of the roles any more is told nothing.
        let asked = find(conn, &desks, &caller, &code, Wanted::ToDecide)?;
        once(conn, guard.as_ref(), now, |conn| {
            if asked.roles.is_empty() {
                let (ticket, desk) = (&asked.record.state, &asked.desk.profile);
                return Err(commands::too_late(ticket, desk, &asked.held));
            }
            let word = Word::parse(&new)?;
            let actor = Actor::Approver {
                person_id: caller.person_id(),
                name: caller.name().to_owned(),
                roles: asked.held,
            };
            let matches = |version: i32| seen.check(version).is_ok();
            let changed = commands::decide(
                conn,
                &asked.desk,
                asked.record,
                &actor,
                word,
                Some(&matches),
                now,
            )?;
            let answer = TicketChanged {
                code: changed.code.clone(),
                version: changed.version,
                status: changed.ticket.status,
            };
            Ok(StoredAnswer::ok(&answer)?.version(changed.version))
        })
    });
    let answer = answer.await?;
    state.wake.wake();
    Ok(answer)
}

/// Downloads a file that an approval rests on
#[utoipa::path(
    tag = "portal",
    operation_id = "download_approval_attachment",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("id" = String, Path, description = "Key of the file."),
    ),
    security(("portal" = [])),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has this content already (`If-None-Match`)."),
        problems::Unauthorized, problems::NotFound, problems::Conflict, problems::RateLimited, problems::Unavailable,
    ),
)]
#[get("/portal/approvals/{code}/attachments/{id}")]
pub async fn download_approval_attachment(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: RequesterCaller,
    Path((code, id)): Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let desks = state.desks.clone();
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let asked = find(conn, &desks, &caller, &code, Wanted::ToRead)?;
        let files = view::visible_files(conn, &asked.record)?;
        files
            .into_iter()
            .find(|file| file.id.0.to_string() == id)
            .ok_or_else(ApiError::not_found)
    };
    let row = state.db.read(read).await?;
    crate::attachments::commands::download(&state.files, row, &request).await
}

/// A ticket that waits for the person of a session, or did.
struct Asked {
    record: TicketRecord,
    desk: std::sync::Arc<InstalledDesk>,
    /// The roles that wait for them; never empty for reading.
    roles: Vec<String>,
    held: Vec<String>,
}

/// What a ticket is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// To show what waits.
    ToRead,
    /// To decide, or to repeat the answer to who has decided already.
    ToDecide,
}

/// Finds it. What never concerned them, or is their own request, does not exist; what was decided meanwhile says so, but for
/// a decision, whose answer may be one to repeat.
fn find(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    caller: &RequesterCaller,
    code: &str,
    wanted: Wanted,
) -> Result<Asked, ApiError> {
    let place = Sight::whole(Some(vec![caller.desk_id()]));
    let record = if wanted == Wanted::ToDecide {
        load_in_sight(conn, code, &place)?
    } else {
        read_in_sight(conn, code, &place)?
    };
    let record = record.ok_or_else(ApiError::not_found)?;
    let desk = desks.version(conn, record.desk_id, record.desk_version)?;
    let held = store::roles_of(conn, caller.person_id())?;
    let roles = decidable(&record.state, &desk.profile, &held);
    let own = record.state.requester.id == caller.person_id();
    if own || !is_concerned(&record.state, &desk.profile, &held) {
        return Err(ApiError::not_found());
    }
    if wanted == Wanted::ToRead && roles.is_empty() {
        return Err(commands::too_late(&record.state, &desk.profile, &held));
    }
    Ok(Asked {
        record,
        desk,
        roles,
        held,
    })
}
