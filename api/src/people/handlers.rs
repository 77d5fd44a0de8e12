//! People and organizations, for agents who keep them.

use actix_web::{get, patch, post, web};
use shared::api::page::Page;
use shared::api::people::{NewOrganization, NewPerson, Organization, Person, PersonPatch};
use shared::ticket::actor::Privilege;

use super::params::{OrganizationParams, PeopleParams};
use super::store::PersonPosition;
use super::{commands, store, view};
use crate::app::AppState;
use crate::auth::AgentCaller;
use crate::db::DbConnection;
use crate::http::etag::IfMatch;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::rate::RateClass;
use crate::http::{ApiError, Json, Path, Query, Versioned, problems};
use crate::tickets::sight::Visible;

/// Fewest characters that are searched for.
const SEARCH_MIN: usize = 3;

/// Keys of the desks at which the caller holds a right, narrowed to one when it is named.
///
/// # Errors
/// `forbidden` when the caller holds the right nowhere, or not at the desk named; `not_found` for a desk that the caller
/// may not even see.
pub fn scope(
    conn: &mut DbConnection,
    state: &AppState,
    caller: &AgentCaller,
    privilege: Privilege,
    desk: Option<&str>,
) -> Result<Vec<i64>, ApiError> {
    scope_of_any(conn, state, caller, &[privilege], desk)
}

/// Who may look people up: whoever keeps them, and whoever records tickets for them.
const READERS: [Privilege; 2] = [Privilege::PeopleManage, Privilege::TicketCreate];

/// Like [`scope`], where each of several rights is enough.
fn scope_of_any(
    conn: &mut DbConnection,
    state: &AppState,
    caller: &AgentCaller,
    privileges: &[Privilege],
    desk: Option<&str>,
) -> Result<Vec<i64>, ApiError> {
    let may = |desk_id: i64| {
        privileges
            .iter()
            .any(|privilege| caller.may(desk_id, *privilege))
    };
    if let Some(slug) = desk {
        let desk = state
            .desks
            .by_slug(conn, slug, state.clock.now())?
            .ok_or_else(ApiError::not_found)?;
        return if may(desk.id) {
            Ok(vec![desk.id])
        } else if caller.sees_desk(desk.id) {
            Err(ApiError::forbidden())
        } else {
            Err(ApiError::not_found())
        };
    }
    let all = state.desks.all(conn, state.clock.now())?;
    let desks: Vec<i64> = all
        .iter()
        .map(|desk| desk.id)
        .filter(|id| may(*id))
        .collect();
    if desks.is_empty() {
        Err(ApiError::forbidden())
    } else {
        Ok(desks)
    }
}

/// Lists people of the caller's desks, by name
///
/// For whoever keeps the people or records tickets for them. Somebody registered at two of the desks stands there twice.
#[utoipa::path(
    tag = "people",
    operation_id = "list_people",
    params(PeopleParams),
    security(("console" = [])),
    responses(
        (status = 200, description = "A page of people.", body = Page<Person>),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Invalid, problems::RateLimited,
    ),
)]
#[get("/people")]
pub async fn list_people(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Query(params): Query<PeopleParams>,
) -> Result<Json<Page<Person>>, ApiError> {
    let text = search_text(params.q.as_deref())?;
    if text.is_some() {
        state
            .limits
            .check(RateClass::Search, caller.idempotency_actor())?;
    }
    let fingerprint = format!("people:{}:{:?}:{:?}", caller.user_id(), params.desk, text);
    let after = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<PersonPosition>(&fingerprint, cursor))
        .transpose()?;
    let (app, limit) = (state.clone(), params.limit);
    let (rows, people) = state
        .db
        .read(move |conn| {
            let desks = scope_of_any(conn, &app, &caller, &READERS, params.desk.as_deref())?;
            let rows = store::list(
                conn,
                &desks,
                text.as_deref(),
                after.as_ref(),
                limit.with_one_more(),
            )?;
            let visible = Visible::to(&caller, Some(&desks));
            let people = view::people(conn, &app.desks, rows.clone(), &visible, app.clock.now())?;
            Ok::<_, ApiError>((rows, people))
        })
        .await?;
    let position = |(row, _): &(store::PersonRow, Person)| PersonPosition {
        search_key: row.search_key.clone(),
        id: row.id,
    };
    let rows = rows.into_iter().zip(people).collect();
    Ok(Json(state.cursors.page(
        &fingerprint,
        limit,
        rows,
        position,
        |(_, person)| person,
    )?))
}

/// Registers a person at a desk
///
/// Each desk keeps its own record: whether another desk knows the address changes nothing and does not show.
#[utoipa::path(
    tag = "people",
    operation_id = "create_person",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer.")),
    request_body = NewPerson,
    security(("console" = [])),
    responses(
        (status = 201, description = "The person.", body = Person),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::TooLarge,
        problems::UnsupportedMediaType, problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/people")]
pub async fn create_person(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Json(new): Json<NewPerson>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(caller.idempotency_actor(), "create_person", &new)?;
    let (app, now) = (state.clone(), state.clock.now());
    let answer = state.db.write(move |conn| {
        let desk = app
            .desks
            .by_slug(conn, &new.desk, now)?
            .ok_or_else(|| ApiError::validation(vec![commands::unknown_desk("/desk")]))?;
        caller.require(desk.id, Privilege::PeopleManage)?;
        once(conn, guard.as_ref(), now, |conn| {
            let row = commands::register_person(conn, &desk, &new, now)?;
            let person = view::person(conn, &app.desks, row, &Visible::to(&caller, None), now)?;
            Ok(StoredAnswer::created(&person)?
                .at(format!("/api/v1/people/{}", person.id))
                .version(person.version))
        })
    });
    answer.await
}

/// Gets a person
///
/// For whoever keeps the people of that desk or records tickets for them.
#[utoipa::path(
    tag = "people",
    operation_id = "get_person",
    params(("id" = i64, Path, description = "Key of the person.")),
    security(("console" = [])),
    responses(
        (status = 200, description = "The person; `ETag` is the version.", body = Person),
        (status = 304, description = "The version is the one named by `If-None-Match`."),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/people/{id}")]
pub async fn get_person(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(id): Path<i64>,
) -> Result<Versioned<Person>, ApiError> {
    let (app, now) = (state.clone(), state.clock.now());
    let read = state.db.read(move |conn| {
        let desks = scope_of_any(conn, &app, &caller, &READERS, None)?;
        let row = store::find(conn, &desks, id)?.ok_or_else(ApiError::not_found)?;
        Ok::<_, ApiError>(view::person(
            conn,
            &app.desks,
            row,
            &Visible::to(&caller, None),
            now,
        )?)
    });
    let person = read.await?;
    Ok(Versioned::new(person.version, person))
}

/// Changes a person; shutting them out ends their portal sessions
///
/// Only the record of that desk changes, and `active` counts there only.
#[utoipa::path(
    tag = "people",
    operation_id = "update_person",
    params(
        ("id" = i64, Path, description = "Key of the person."),
        ("If-Match" = String, Header, description = "The version that was seen (`ETag`).", example = "\"1\""),
    ),
    request_body = PersonPatch,
    security(("console" = [])),
    responses(
        (status = 200, description = "The person after it.", body = Person),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::VersionMismatch, problems::TooLarge,
        problems::UnsupportedMediaType, problems::Invalid, problems::PreconditionRequired, problems::RateLimited,
    ),
)]
#[patch("/people/{id}")]
pub async fn update_person(
    state: web::Data<AppState>,
    caller: AgentCaller,
    seen: IfMatch,
    Path(id): Path<i64>,
    Json(patch): Json<PersonPatch>,
) -> Result<Versioned<Person>, ApiError> {
    let (app, now) = (state.clone(), state.clock.now());
    let write = state.db.write(move |conn| {
        let desks = scope(conn, &app, &caller, Privilege::PeopleManage, None)?;
        let row = commands::change_person(conn, &desks, id, &seen, &patch, now)?;
        Ok::<_, ApiError>(view::person(
            conn,
            &app.desks,
            row,
            &Visible::to(&caller, None),
            now,
        )?)
    });
    let person = write.await?;
    // Who was shut out is out at once, at least in this process; elsewhere within a second.
    state.access.clear();
    Ok(Versioned::new(person.version, person))
}

/// Lists organizations of the caller's desks, by name
#[utoipa::path(
    tag = "people",
    operation_id = "list_organizations",
    params(OrganizationParams),
    security(("console" = [])),
    responses(
        (status = 200, description = "A page of organizations.", body = Page<Organization>),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Invalid, problems::RateLimited,
    ),
)]
#[get("/organizations")]
pub async fn list_organizations(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Query(params): Query<OrganizationParams>,
) -> Result<Json<Page<Organization>>, ApiError> {
    let fingerprint = format!(
        "organizations:{}:{:?}:{:?}",
        caller.user_id(),
        params.desk,
        params.q
    );
    let after = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<(String, i64)>(&fingerprint, cursor))
        .transpose()?;
    if params
        .q
        .as_deref()
        .is_some_and(|text| !text.trim().is_empty())
    {
        state
            .limits
            .check(RateClass::Search, caller.idempotency_actor())?;
    }
    let (app, limit) = (state.clone(), params.limit);
    let read = state.db.read(move |conn| {
        let desks = scope(
            conn,
            &app,
            &caller,
            Privilege::PeopleManage,
            params.desk.as_deref(),
        )?;
        let rows = store::list_organizations(
            conn,
            &desks,
            params.q.as_deref(),
            after.as_ref(),
            limit.with_one_more(),
        )?;
        rows.into_iter()
            .map(|row| {
                let position = (row.2.clone(), row.0);
                let seen = view::organization(conn, &app.desks, row, app.clock.now())?;
                Ok((position, seen))
            })
            .collect::<Result<Vec<_>, ApiError>>()
    });
    let rows = read.await?;
    Ok(Json(state.cursors.page(
        &fingerprint,
        limit,
        rows,
        |(position, _)| position.clone(),
        |(_, organization)| organization,
    )?))
}

/// Makes an organization at a desk
#[utoipa::path(
    tag = "people",
    operation_id = "create_organization",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names this request; a repetition within a day gets the same answer.")),
    request_body = NewOrganization,
    security(("console" = [])),
    responses(
        (status = 201, description = "The organization.", body = Organization),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Conflict, problems::TooLarge, problems::UnsupportedMediaType,
        problems::Invalid, problems::RateLimited,
    ),
)]
#[post("/organizations")]
pub async fn create_organization(
    state: web::Data<AppState>,
    caller: AgentCaller,
    key: OptionalIdempotencyKey,
    Json(new): Json<NewOrganization>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(caller.idempotency_actor(), "create_organization", &new)?;
    let (app, now) = (state.clone(), state.clock.now());
    let answer = state.db.write(move |conn| {
        let desk = app
            .desks
            .by_slug(conn, &new.desk, now)?
            .ok_or_else(|| ApiError::validation(vec![commands::unknown_desk("/desk")]))?;
        caller.require(desk.id, Privilege::PeopleManage)?;
        once(conn, guard.as_ref(), now, |conn| {
            let row = commands::create_organization(conn, desk.id, &new, now)?;
            StoredAnswer::created(&view::organization(conn, &app.desks, row, now)?)
        })
    });
    answer.await
}

/// What is searched for; none when nothing was written.
fn search_text(q: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(text) = q.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let length = text.chars().count();
    if length < SEARCH_MIN {
        return Err(ApiError::field(
            "?q",
            "too_short",
            "Escriba al menos 3 caracteres.",
            "Write at least 3 characters.",
        ));
    }
    if length > 100 {
        return Err(ApiError::field(
            "?q",
            "too_long",
            "Escriba 100 caracteres a lo sumo.",
            "Write 100 characters at most.",
        ));
    }
    Ok(Some(text.to_owned()))
}
