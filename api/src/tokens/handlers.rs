//! The endpoints of API tokens.

use actix_web::{delete, get, post, web};
use chrono::TimeDelta;
use serde::Serialize;
use shared::api::problem::Problem;
use shared::api::tokens::{CreatedToken, NewToken, Token};

use super::store::{self, NewRow, TokenRow};
use crate::app::AppState;
use crate::auth::AgentCaller;
use crate::auth::token::NewApiToken;
use crate::db::{DbConnection, Ts};
use crate::http::faults::text_fault;
use crate::http::{ApiError, Created, Json, NoContent, Path};

/// The caller's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TokenList {
    /// Newest first.
    pub items: Vec<Token>,
}

fn view(row: TokenRow) -> Token {
    Token {
        id: row.id,
        name: row.name,
        prefix: row.prefix,
        scopes: row.scopes.0,
        created_at: row.created_at.get(),
        expires_at: row.expires_at.get(),
        last_used_at: row.last_used_at.map(Ts::get),
    }
}

/// A token must not make, list or revoke tokens.
fn signed_in(caller: &AgentCaller) -> Result<i64, ApiError> {
    if caller.token_id().is_none() {
        Ok(caller.user_id())
    } else {
        Err(ApiError::forbidden())
    }
}

/// Lists the caller's tokens.
#[utoipa::path(
    operation_id = "list_tokens", tag = "tokens",
    summary = "Lists the caller's API tokens",
    responses(
        (status = 200, description = "The tokens", body = TokenList),
        (status = 403, description = "Not with an API token", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[get("")]
pub async fn list_tokens(
    state: web::Data<AppState>,
    caller: AgentCaller,
) -> Result<Json<TokenList>, ApiError> {
    let user_id = signed_in(&caller)?;
    let rows = state
        .db
        .read(move |conn: &mut DbConnection| store::list(conn, user_id).map_err(ApiError::from))
        .await?;
    Ok(Json(TokenList {
        items: rows.into_iter().map(view).collect(),
    }))
}

/// Makes a token.
#[utoipa::path(
    operation_id = "create_token", tag = "tokens",
    summary = "Makes an API token",
    description = "The whole token is in this answer only. Takes no `Idempotency-Key`, because no secret is kept to be answered again: when the answer was lost, revoke what the list shows and make another.",
    request_body = NewToken,
    responses(
        (status = 201, description = "The token with its secret", body = CreatedToken),
        (status = 403, description = "Not with an API token", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some data must be corrected", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[post("")]
pub async fn create_token(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Json(new): Json<NewToken>,
) -> Result<Created<CreatedToken>, ApiError> {
    let user_id = signed_in(&caller)?;
    let mut faults = Vec::new();
    let name = shared::ticket::text::Subject::parse(&new.name)
        .map_err(|error| faults.push(text_fault("/name", error)))
        .ok();
    if new.name.chars().count() > 100 {
        faults.push(text_fault(
            "/name",
            shared::ticket::text::TextError::TooLong { max: 100 },
        ));
    }
    let mut scopes = new.scopes;
    scopes.dedup();
    if scopes.is_empty() {
        faults.push(text_fault(
            "/scopes",
            shared::ticket::text::TextError::Empty,
        ));
    }
    if !(1..=366).contains(&new.expires_in_days) {
        faults.push(text_fault(
            "/expires_in_days",
            shared::ticket::text::TextError::OutOfRange,
        ));
    }
    let (Some(name), true) = (name, faults.is_empty()) else {
        return Err(ApiError::validation(faults));
    };
    let now = state.clock.now();
    let expires_at = now + TimeDelta::days(i64::from(new.expires_in_days));
    let made = NewApiToken::random();
    let (prefix, hash, secret) = (made.prefix, made.hash, made.secret);
    let insert = move |conn: &mut DbConnection| {
        let row = NewRow {
            user_id,
            name: name.as_str(),
            prefix: &prefix,
            secret_hash: &hash,
            scopes,
            expires_at,
        };
        store::insert(conn, row, now).map_err(ApiError::from)
    };
    let token = view(state.db.write(insert).await?);
    Ok(Created::new(CreatedToken { token, secret }))
}

/// Revokes a token.
#[utoipa::path(
    operation_id = "revoke_token", tag = "tokens",
    summary = "Revokes an API token",
    description = "It is refused within a second.",
    params(("id" = i64, Path, description = "Key of the token", example = 3)),
    responses(
        (status = 204, description = "Revoked"),
        (status = 403, description = "Not with an API token", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such token of the caller", body = Problem, content_type = "application/problem+json"),
    ),
    security(("console" = []))
)]
#[delete("/{id}")]
pub async fn revoke_token(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(id): Path<i64>,
) -> Result<NoContent, ApiError> {
    let user_id = signed_in(&caller)?;
    let now = state.clock.now();
    let revoked = state
        .db
        .write(move |conn| store::revoke(conn, user_id, id, now).map_err(ApiError::from))
        .await?;
    state.access.clear();
    if revoked {
        Ok(NoContent)
    } else {
        Err(ApiError::not_found())
    }
}
