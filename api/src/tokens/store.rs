//! The SQL of API tokens.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::api::tokens::Scope;

use crate::db::schema::api_tokens;
use crate::db::{DbConnection, JsonText, Ts};

/// A token as listed.
#[derive(Queryable, Debug)]
pub struct TokenRow {
    /// Key.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: JsonText<Vec<Scope>>,
    /// When it was made.
    pub created_at: Ts,
    /// When it stops working.
    pub expires_at: Ts,
    /// Last use.
    pub last_used_at: Option<Ts>,
}

const TOKEN: (
    api_tokens::id,
    api_tokens::name,
    api_tokens::prefix,
    api_tokens::scopes,
    api_tokens::created_at,
    api_tokens::expires_at,
    api_tokens::last_used_at,
) = (
    api_tokens::id,
    api_tokens::name,
    api_tokens::prefix,
    api_tokens::scopes,
    api_tokens::created_at,
    api_tokens::expires_at,
    api_tokens::last_used_at,
);

/// An agent's tokens that were not revoked, newest first.
pub fn list(conn: &mut DbConnection, user_id: i64) -> QueryResult<Vec<TokenRow>> {
    api_tokens::table
        .filter(api_tokens::user_id.eq(user_id))
        .filter(api_tokens::revoked_at.is_null())
        .order(api_tokens::id.desc())
        .limit(200)
        .select(TOKEN)
        .load(conn)
}

/// A token to be stored.
pub struct NewRow<'a> {
    /// Its owner.
    pub user_id: i64,
    /// What it is for.
    pub name: &'a str,
    /// Its first characters.
    pub prefix: &'a str,
    /// Hash of the whole token.
    pub secret_hash: &'a [u8],
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
}

/// Stores a token.
pub fn insert(
    conn: &mut DbConnection,
    row: NewRow<'_>,
    now: DateTime<Utc>,
) -> QueryResult<TokenRow> {
    let values = (
        api_tokens::user_id.eq(row.user_id),
        api_tokens::name.eq(row.name),
        api_tokens::prefix.eq(row.prefix),
        api_tokens::secret_hash.eq(row.secret_hash),
        api_tokens::scopes.eq(JsonText(row.scopes)),
        api_tokens::created_at.eq(Ts::new(now)),
        api_tokens::expires_at.eq(Ts::new(row.expires_at)),
    );
    let id: i64 = diesel::insert_into(api_tokens::table)
        .values(values)
        .returning(api_tokens::id)
        .get_result(conn)?;
    api_tokens::table.find(id).select(TOKEN).first(conn)
}

/// Ends a token of an agent; `false` when there is none.
pub fn revoke(
    conn: &mut DbConnection,
    user_id: i64,
    id: i64,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let own = api_tokens::table
        .filter(api_tokens::id.eq(id))
        .filter(api_tokens::user_id.eq(user_id))
        .filter(api_tokens::revoked_at.is_null());
    Ok(diesel::update(own)
        .set(api_tokens::revoked_at.eq(Some(Ts::new(now))))
        .execute(conn)?
        == 1)
}

/// Ends a token whoever owns it, for the command line.
pub fn revoke_any(conn: &mut DbConnection, prefix: &str, now: DateTime<Utc>) -> QueryResult<bool> {
    let live = api_tokens::table
        .filter(api_tokens::prefix.eq(prefix))
        .filter(api_tokens::revoked_at.is_null());
    Ok(diesel::update(live)
        .set(api_tokens::revoked_at.eq(Some(Ts::new(now))))
        .execute(conn)?
        == 1)
}
