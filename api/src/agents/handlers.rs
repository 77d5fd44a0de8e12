//! The endpoints of signing in and of agent accounts.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use serde::Deserialize;
use shared::api::agents::{Agent, AgentMembership, AgentPatch, NewAgent};
use shared::api::page::Page;
use shared::api::problem::{Problem, ProblemType};
use shared::api::session::{AccessToken, Login, Me, Membership};
use shared::i18n::Lang;
use shared::ticket::text::{EmailAddress, PersonName};

use super::commands::{self, NewAccount};
use super::store::{self, UserRow};
use crate::app::AppState;
use crate::auth::cookie::{self, CookieName};
use crate::auth::jwt::{ACCESS_SECONDS, Holder};
use crate::auth::session::{self, Audience, Grant, Refreshed, Subject};
use crate::auth::{Administrator, AgentCaller, AgentInPerson, password};
use crate::db::DbConnection;
use crate::http::context::RequestContext;
use crate::http::faults::Faults;
use crate::http::idempotency::{OptionalIdempotencyKey, StoredAnswer, once};
use crate::http::{ApiError, Created, Json, Language, NoContent, Path, Query};

/// Signs an agent in.
#[utoipa::path(
    operation_id = "create_session", tag = "session",
    summary = "Signs in",
    description = "Unknown address, wrong password and disabled account get the same answer. The refresh token is set as an HttpOnly cookie.",
    request_body = Login,
    responses(
        (status = 201, description = "Signed in", body = AccessToken, headers(("Set-Cookie" = String, description = "Refresh token"))),
        (status = 401, description = "Wrong address or password", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/session")]
pub async fn create_session(
    state: web::Data<AppState>,
    request: HttpRequest,
    context: RequestContext,
    Json(login): Json<Login>,
) -> Result<Created<AccessToken>, ApiError> {
    let canonical = EmailAddress::parse(&login.email)
        .map(|email| email.canonical())
        .unwrap_or_default();
    let attempt = state.sign_ins.begin(context.client_prefix(), &canonical)?;
    if !attempt.wait.is_zero() {
        tokio::time::sleep(attempt.wait).await;
    }
    let find = move |conn: &mut DbConnection| {
        store::user_for_login(conn, &canonical).map_err(ApiError::from)
    };
    let found = state.db.read(find).await?;
    let failed = || ApiError::new(ProblemType::LoginFailed);
    // A hash is compared even when there is no account, so that the time tells nothing.
    let too_long = login.password.len() > 512;
    let password = if too_long {
        String::new()
    } else {
        login.password
    };
    let proved = state
        .passwords
        .verify(found.as_ref().map(|(_, hash)| hash.clone()), password)
        .await?
        && !too_long;
    let Some((user, _)) = found.filter(|(user, _)| proved && user.active) else {
        tracing::warn!(client = %context.client, "a sign-in failed");
        return Err(failed());
    };
    attempt.succeeded();
    let now = state.clock.now();
    let subject = Subject {
        audience: Audience::Console,
        subject_id: user.id,
        desk_id: None,
    };
    let grant = state
        .db
        .write(move |conn| session::start(conn, subject, now).map_err(ApiError::from))
        .await?;
    tracing::info!(user.id = user.id, "an agent signed in");
    Ok(Created::new(access_token(
        &state, &request, &grant, user.epoch,
    )?))
}

fn access_token(
    state: &AppState,
    request: &HttpRequest,
    grant: &Grant,
    epoch: i32,
) -> Result<AccessToken, ApiError> {
    let now = state.clock.now();
    let holder = Holder {
        audience: Audience::Console,
        subject_id: grant.subject.subject_id,
        session: grant.family,
        epoch,
        desk_id: None,
    };
    let access_token = state.tokens.sign(holder, now).map_err(ApiError::internal)?;
    let seconds = grant.cookie_seconds(now);
    cookie::attach(
        request,
        cookie::set(
            CookieName::ConsoleRefresh,
            &grant.refresh_token,
            Some(seconds),
            &state.settings.public_url,
        ),
    );
    Ok(AccessToken {
        access_token,
        expires_in: ACCESS_SECONDS,
    })
}

/// Renews the access token.
#[utoipa::path(
    operation_id = "refresh_session", tag = "session",
    summary = "Renews the access token",
    description = "By the refresh cookie, which is replaced. A refresh token that comes again ends its whole session, unless its answer seems to have been lost: within 90 seconds, as long as nobody came with what replaced it.",
    responses(
        (status = 200, description = "Renewed", body = AccessToken, headers(("Set-Cookie" = String, description = "The next refresh token"))),
        (status = 401, description = "No session, or it has ended", body = Problem, content_type = "application/problem+json"),
    )
)]
#[post("/session/refresh")]
pub async fn refresh_session(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<Json<AccessToken>, ApiError> {
    let public_url = &state.settings.public_url;
    let token = cookie::read(&request, CookieName::ConsoleRefresh, public_url)
        .ok_or_else(ApiError::unauthorized)?;
    let now = state.clock.now();
    let renew = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let refreshed = session::refresh(conn, Audience::Console, &token, now)?;
        let Refreshed::Granted(grant) = refreshed else {
            return Ok(None);
        };
        let user = store::user(conn, grant.subject.subject_id)?;
        Ok(user
            .filter(|user| user.active)
            .map(|user| (grant, user.epoch)))
    };
    match state.db.write(renew).await? {
        Some((grant, epoch)) => Ok(Json(access_token(&state, &request, &grant, epoch)?)),
        None => {
            cookie::attach(
                &request,
                cookie::clear(CookieName::ConsoleRefresh, public_url),
            );
            Err(ApiError::unauthorized())
        }
    }
}

/// Signs out.
#[utoipa::path(
    operation_id = "delete_session", tag = "session",
    summary = "Signs out",
    description = "Ends the session of the refresh cookie; harmless without one.",
    responses((status = 204, description = "Signed out"))
)]
#[delete("/session")]
pub async fn delete_session(
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let public_url = &state.settings.public_url;
    if let Some(token) = cookie::read(&request, CookieName::ConsoleRefresh, public_url) {
        let now = state.clock.now();
        let end = move |conn: &mut DbConnection| -> Result<(), ApiError> {
            if let Some(family) = session::find_by_token(conn, Audience::Console, &token)? {
                session::end_family(conn, family, now)?;
            }
            Ok(())
        };
        state.db.write(end).await?;
        state.access.clear();
    }
    cookie::attach(
        &request,
        cookie::clear(CookieName::ConsoleRefresh, public_url),
    );
    Ok(HttpResponse::NoContent()
        .insert_header(("Clear-Site-Data", "\"cache\", \"storage\""))
        .finish())
}

/// Who is signed in.
#[utoipa::path(
    operation_id = "read_me", tag = "session",
    summary = "Reads who is signed in",
    responses((status = 200, description = "The agent", body = Me)),
    security(("console" = []))
)]
#[get("/me")]
pub async fn read_me(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Language(lang): Language,
) -> Result<Json<Me>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let all = state
        .db
        .read(move |conn: &mut DbConnection| desks.all(conn, now).map_err(ApiError::from))
        .await?;
    let memberships: Vec<_> = caller.memberships().collect();
    let seen = all.iter().filter(|desk| caller.sees_desk(desk.id));
    let membership = |desk: &std::sync::Arc<crate::desks::registry::InstalledDesk>| Membership {
        desk: desk.slug.clone(),
        desk_name: desk.profile.name.get(lang).to_owned(),
        privileges: caller.privileges_at(desk.id).iter().collect(),
        groups: memberships
            .iter()
            .find(|place| place.desk_id == desk.id)
            .map(|place| place.groups.clone())
            .unwrap_or_default(),
    };
    Ok(Json(Me {
        id: caller.user_id(),
        full_name: caller.name().to_owned(),
        email: caller.email().to_owned(),
        language: caller.language(),
        is_admin: caller.is_admin(),
        desks: seen.map(membership).collect(),
    }))
}

fn view(conn: &mut DbConnection, user: UserRow) -> Result<Agent, ApiError> {
    let places = store::places(conn, user.id)?;
    let membership = |place: store::PlaceRow| AgentMembership {
        desk: place.desk,
        privileges: place.privileges.iter().collect(),
        groups: place.groups,
    };
    Ok(Agent {
        id: user.id,
        full_name: user.full_name,
        email: user.email,
        language: Lang::parse(&user.language).unwrap_or_default(),
        active: user.active,
        is_admin: user.is_admin,
        memberships: places.into_iter().map(membership).collect(),
    })
}

/// Query of the accounts.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AgentQuery {
    /// Rows of a page, 1 to 100.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    pub limit: Option<crate::http::page::Limit>,
    /// Cursor of the page, from `next`.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Lists agent accounts.
#[utoipa::path(
    operation_id = "list_agents", tag = "agents",
    summary = "Lists agent accounts",
    params(AgentQuery),
    responses(
        (status = 200, description = "A page of accounts", body = Page<Agent>),
        (status = 403, description = "Administrators only", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("/agents")]
pub async fn list_agents(
    state: web::Data<AppState>,
    caller: Administrator,
    Query(asked): Query<AgentQuery>,
) -> Result<Json<Page<Agent>>, ApiError> {
    let fingerprint = format!("agents:{}", caller.user_id());
    let limit = asked.limit.unwrap_or_default();
    let after: i64 = asked
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode(&fingerprint, cursor))
        .transpose()?
        .unwrap_or(0);
    let read = move |conn: &mut DbConnection| -> Result<Vec<Agent>, ApiError> {
        let users = store::list(conn, after, limit.with_one_more())?;
        users.into_iter().map(|user| view(conn, user)).collect()
    };
    let agents = state.db.read(read).await?;
    Ok(Json(state.cursors.page(
        &fingerprint,
        limit,
        agents,
        |agent| agent.id,
        |agent| agent,
    )?))
}

/// Makes an agent account.
#[utoipa::path(
    operation_id = "create_agent", tag = "agents",
    summary = "Makes an agent account",
    request_body = NewAgent,
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the request", max_length = 255)),
    responses(
        (status = 201, description = "The account", body = Agent),
        (status = 403, description = "Administrators only", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same key is being worked on", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("/agents")]
pub async fn create_agent(
    state: web::Data<AppState>,
    caller: Administrator,
    key: OptionalIdempotencyKey,
    Json(new): Json<NewAgent>,
) -> Result<StoredAnswer, ApiError> {
    let guard = key.guard(caller.idempotency_actor(), "create_agent", &new)?;
    let mut faults = Faults::new();
    let email = faults.take("/email", EmailAddress::parse(&new.email));
    let full_name = faults.take("/full_name", PersonName::parse(&new.full_name));
    for fault in password::faults("/password", &new.password, &new.email, &new.full_name) {
        faults.add(fault);
    }
    let (Some(email), Some(full_name), true) = (email, full_name, faults.is_empty()) else {
        return Err(faults.into_error());
    };
    let password_hash = state.passwords.hash(new.password).await?;
    let account = NewAccount {
        email,
        full_name,
        language: new.language,
        is_admin: false,
        password_hash,
        memberships: new.memberships,
    };
    let now = state.clock.now();
    let desks = state.desks.clone();
    let work = move |conn: &mut DbConnection| {
        once(conn, guard.as_ref(), now, |conn| {
            let id = commands::create(conn, &desks, account, now)?;
            let user = store::user(conn, id)?.ok_or_else(ApiError::not_found)?;
            StoredAnswer::created(&view(conn, user)?)
        })
    };
    state.db.write(work).await
}

/// Changes an agent account.
#[utoipa::path(
    operation_id = "update_agent", tag = "agents",
    summary = "Changes an agent account",
    description = "Forbidding an agent to sign in ends every session within a second.",
    request_body = AgentPatch,
    params(("id" = i64, Path, description = "Key of the agent", example = 7)),
    responses(
        (status = 200, description = "The account", body = Agent),
        (status = 403, description = "Administrators only", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such account", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is the last administrator", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[patch("/agents/{id}")]
pub async fn update_agent(
    state: web::Data<AppState>,
    _caller: Administrator,
    Path(id): Path<i64>,
    Json(patch): Json<AgentPatch>,
) -> Result<Json<Agent>, ApiError> {
    let now = state.clock.now();
    let desks = state.desks.clone();
    let work = move |conn: &mut DbConnection| -> Result<Agent, ApiError> {
        commands::change(conn, &desks, id, &patch, now)?;
        let user = store::user(conn, id)?.ok_or_else(ApiError::not_found)?;
        view(conn, user)
    };
    let agent = state.db.write(work).await?;
    state.access.clear();
    Ok(Json(agent))
}

/// What ends all sessions of the signed-in agent, for a lost device.
#[utoipa::path(
    operation_id = "delete_all_sessions", tag = "session",
    summary = "Signs out everywhere",
    responses(
        (status = 204, description = "Every session of the agent has ended"),
        (status = 403, description = "Not with an API token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[delete("/sessions")]
pub async fn delete_all_sessions(
    state: web::Data<AppState>,
    caller: AgentInPerson,
) -> Result<NoContent, ApiError> {
    let (user_id, now) = (caller.user_id(), state.clock.now());
    let end = move |conn: &mut DbConnection| -> Result<(), ApiError> {
        session::end_all(conn, Audience::Console, user_id, now)?;
        Ok(store::raise_epoch(conn, user_id)?)
    };
    state.db.write(end).await?;
    state.access.clear();
    Ok(NoContent)
}
