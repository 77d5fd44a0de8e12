//! The endpoints of desks for agents.

use actix_web::{get, web};
use serde::Serialize;
use shared::api::desks::{DeskAgent, DeskRow, DeskView};
use shared::api::problem::Problem;
use shared::ticket::actor::Privilege;

use super::{store, view};
use crate::app::AppState;
use crate::auth::AgentCaller;
use crate::db::DbConnection;
use crate::http::{ApiError, Json, Language, Path, Versioned};
use crate::portal::commands::ticket_bytes;
use crate::tickets::sight::Visible;

/// The desks of the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeskList {
    /// By address part.
    pub items: Vec<DeskRow>,
}

/// Lists the caller's desks.
#[utoipa::path(
    operation_id = "list_desks", tag = "desks",
    summary = "Lists the caller's desks",
    responses((status = 200, description = "The desks", body = DeskList)),
    security(("console" = []))
)]
#[get("")]
pub async fn list_desks(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Language(lang): Language,
) -> Result<Json<DeskList>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let all = state
        .db
        .read(move |conn: &mut DbConnection| desks.all(conn, now).map_err(ApiError::from))
        .await?;
    let seen = all.iter().filter(|desk| caller.sees_desk(desk.id));
    let items = seen
        .map(|desk| DeskRow {
            slug: desk.slug.clone(),
            name: desk.profile.name.get(lang).to_owned(),
            ticket_word: desk.profile.words.ticket.get(lang).to_owned(),
            category_word: desk.profile.words.category.get(lang).to_owned(),
            priority_word: desk.profile.words.priority.get(lang).to_owned(),
        })
        .collect();
    Ok(Json(DeskList { items }))
}

/// Reads a desk's profile.
#[utoipa::path(
    operation_id = "read_desk", tag = "desks",
    summary = "Reads a desk's profile",
    description = "Labels, choices, limits and the working calendar, in the caller's language.",
    params(("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60)),
    responses(
        (status = 200, description = "The profile", body = DeskView),
        (status = 304, description = "The profile is the one named by `If-None-Match`"),
        (status = 404, description = "No such desk for this caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/{desk}")]
pub async fn read_desk(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(slug): Path<String>,
    Language(lang): Language,
) -> Result<Versioned<DeskView>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let found = state
        .db
        .read(move |conn: &mut DbConnection| {
            desks.by_slug(conn, &slug, now).map_err(ApiError::from)
        })
        .await?;
    let desk = found
        .filter(|desk| caller.sees_desk(desk.id))
        .ok_or_else(ApiError::not_found)?;
    Versioned::by_content(view::console(
        &desk.profile,
        lang,
        caller.privileges_at(desk.id),
        ticket_bytes(&state.settings.limits),
    ))
}

/// The agents of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DeskAgentList {
    /// By name.
    pub items: Vec<DeskAgent>,
}

/// Lists the agents that tickets of a desk can be assigned to.
#[utoipa::path(
    operation_id = "list_desk_agents", tag = "desks",
    summary = "Lists the agents of a desk",
    params(("desk" = String, Path, description = "Address part of the desk", example = "soporte", max_length = 60)),
    responses(
        (status = 200, description = "The agents", body = DeskAgentList),
        (status = 403, description = "The caller may not read tickets there", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such desk for this caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/{desk}/agents")]
pub async fn list_desk_agents(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(slug): Path<String>,
) -> Result<Json<DeskAgentList>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let desk = desks
            .by_slug(conn, &slug, now)?
            .ok_or_else(ApiError::not_found)?;
        caller.require(desk.id, Privilege::TicketRead)?;
        Ok(store::desk_agents(
            conn,
            desk.id,
            &Visible::to(&caller, Some(&[desk.id])),
        )?)
    };
    let rows = state.db.read(read).await?;
    let agent = |row: store::DeskAgentRow| DeskAgent {
        id: row.id,
        full_name: row.full_name,
        groups: row.groups,
        open_tickets: row.open_tickets,
    };
    Ok(Json(DeskAgentList {
        items: rows.into_iter().map(agent).collect(),
    }))
}
