//! The SQL of agent accounts and their places at desks.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::i18n::Lang;
use shared::ticket::actor::PrivilegeSet;

use crate::db::schema::{desks, group_members, groups, memberships, user_secrets, users};
use crate::db::{DbConnection, JsonText, Ts};

/// An agent account.
#[derive(Queryable, Debug, Clone)]
pub struct UserRow {
    /// Key.
    pub id: i64,
    /// Mail address.
    pub email: String,
    /// Name.
    pub full_name: String,
    /// Language.
    pub language: String,
    /// May administer the installation.
    pub is_admin: bool,
    /// May sign in.
    pub active: bool,
    /// Rises when every session is to end.
    pub epoch: i32,
}

const USER: (
    users::id,
    users::email,
    users::full_name,
    users::language,
    users::is_admin,
    users::active,
    users::epoch,
) = (
    users::id,
    users::email,
    users::full_name,
    users::language,
    users::is_admin,
    users::active,
    users::epoch,
);

/// The account of a canonical mail address with the hash of its password.
pub fn user_for_login(
    conn: &mut DbConnection,
    email: &str,
) -> QueryResult<Option<(UserRow, String)>> {
    users::table
        .inner_join(user_secrets::table.on(user_secrets::user_id.eq(users::id)))
        .filter(users::email.eq(email))
        .select((USER, user_secrets::password_hash))
        .first(conn)
        .optional()
}

/// An account by key.
pub fn user(conn: &mut DbConnection, id: i64) -> QueryResult<Option<UserRow>> {
    users::table.find(id).select(USER).first(conn).optional()
}

/// An account by canonical mail address.
pub fn user_by_email(conn: &mut DbConnection, email: &str) -> QueryResult<Option<UserRow>> {
    users::table
        .filter(users::email.eq(email))
        .select(USER)
        .first(conn)
        .optional()
}

/// Accounts after a key, in the order of their keys.
pub fn list(conn: &mut DbConnection, after: i64, limit: i64) -> QueryResult<Vec<UserRow>> {
    users::table
        .filter(users::id.gt(after))
        .order(users::id)
        .limit(limit)
        .select(USER)
        .load(conn)
}

/// A place at a desk: address part, privileges, groups.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    /// Key of the desk.
    pub desk_id: i64,
    /// Address part.
    pub desk: String,
    /// Privileges.
    pub privileges: PrivilegeSet,
    /// Keys of the groups.
    pub groups: Vec<String>,
}

/// An agent's places, by desk.
pub fn places(conn: &mut DbConnection, user_id: i64) -> QueryResult<Vec<PlaceRow>> {
    let rows: Vec<(i64, String, JsonText<PrivilegeSet>)> = memberships::table
        .inner_join(desks::table.on(desks::id.eq(memberships::desk_id)))
        .filter(memberships::user_id.eq(user_id))
        .order(desks::slug)
        .select((desks::id, desks::slug, memberships::privileges))
        .load(conn)?;
    let groups: Vec<(i64, String)> = group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(group_members::user_id.eq(user_id))
        .order(groups::slug)
        .select((groups::desk_id, groups::slug))
        .load(conn)?;
    let of = |desk_id: i64| {
        groups
            .iter()
            .filter(move |(desk, _)| *desk == desk_id)
            .map(|(_, slug)| slug.clone())
            .collect()
    };
    Ok(rows
        .into_iter()
        .map(|(desk_id, desk, privileges)| PlaceRow {
            desk_id,
            desk,
            privileges: privileges.0,
            groups: of(desk_id),
        })
        .collect())
}

/// Stores a new account; gives its key. A taken address is a unique violation.
pub fn insert(
    conn: &mut DbConnection,
    email: &str,
    full_name: &str,
    language: Lang,
    is_admin: bool,
    password_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    let row = (
        users::email.eq(email),
        users::full_name.eq(full_name),
        users::language.eq(language.as_str()),
        users::is_admin.eq(is_admin),
        users::active.eq(true),
        users::epoch.eq(1),
        users::created_at.eq(Ts::new(now)),
    );
    let id = diesel::insert_into(users::table)
        .values(row)
        .returning(users::id)
        .get_result(conn)?;
    diesel::insert_into(user_secrets::table)
        .values((
            user_secrets::user_id.eq(id),
            user_secrets::password_hash.eq(password_hash),
        ))
        .execute(conn)?;
    Ok(id)
}

/// Replaces an agent's password.
pub fn set_password(conn: &mut DbConnection, user_id: i64, password_hash: &str) -> QueryResult<()> {
    diesel::update(user_secrets::table.find(user_id))
        .set(user_secrets::password_hash.eq(password_hash))
        .execute(conn)?;
    raise_epoch(conn, user_id)
}

/// Allows or forbids an agent to sign in.
pub fn set_active(conn: &mut DbConnection, user_id: i64, active: bool) -> QueryResult<()> {
    diesel::update(users::table.find(user_id))
        .set(users::active.eq(active))
        .execute(conn)?;
    raise_epoch(conn, user_id)
}

/// Makes every access token of an agent invalid.
pub fn raise_epoch(conn: &mut DbConnection, user_id: i64) -> QueryResult<()> {
    diesel::update(users::table.find(user_id))
        .set(users::epoch.eq(users::epoch + 1))
        .execute(conn)
        .map(drop)
}

/// Replaces an agent's place at one desk.
pub fn set_place(
    conn: &mut DbConnection,
    user_id: i64,
    desk_id: i64,
    privileges: PrivilegeSet,
    group_ids: &[i64],
) -> QueryResult<()> {
    remove_place(conn, user_id, desk_id)?;
    diesel::insert_into(memberships::table)
        .values((
            memberships::desk_id.eq(desk_id),
            memberships::user_id.eq(user_id),
            memberships::privileges.eq(JsonText(privileges)),
        ))
        .execute(conn)?;
    for group_id in group_ids {
        diesel::insert_into(group_members::table)
            .values((
                group_members::desk_id.eq(desk_id),
                group_members::group_id.eq(group_id),
                group_members::user_id.eq(user_id),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Takes an agent from a desk.
pub fn remove_place(conn: &mut DbConnection, user_id: i64, desk_id: i64) -> QueryResult<()> {
    diesel::delete(
        group_members::table
            .filter(group_members::user_id.eq(user_id))
            .filter(group_members::desk_id.eq(desk_id)),
    )
    .execute(conn)?;
    diesel::delete(
        memberships::table
            .filter(memberships::user_id.eq(user_id))
            .filter(memberships::desk_id.eq(desk_id)),
    )
    .execute(conn)?;
    Ok(())
}

/// How many active administrators there are.
pub fn active_admins(conn: &mut DbConnection) -> QueryResult<i64> {
    users::table
        .filter(users::is_admin.eq(true))
        .filter(users::active.eq(true))
        .count()
        .get_result(conn)
}
