//! The SQL of installed desks, their versions and groups.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::desk::Desk;

use crate::db::dialect::create_ticket_counter;
use crate::db::schema::{desk_versions, desks, group_members, groups, memberships, tickets, users};
use crate::db::{DbConnection, JsonText, Ts};
use crate::tickets::sight::Visible;

/// Key, address part and active version of each desk.
pub fn active_versions(conn: &mut DbConnection) -> QueryResult<Vec<(i64, String, i32)>> {
    desks::table
        .order(desks::slug)
        .select((desks::id, desks::slug, desks::active_version))
        .load(conn)
}

/// Address part and profile of one version.
pub fn load_version(conn: &mut DbConnection, id: i64, version: i32) -> QueryResult<(String, Desk)> {
    let (slug, profile): (String, JsonText<Desk>) = desk_versions::table
        .inner_join(desks::table.on(desks::id.eq(desk_versions::desk_id)))
        .filter(desk_versions::desk_id.eq(id))
        .filter(desk_versions::version.eq(version))
        .select((desks::slug, desk_versions::profile))
        .first(conn)?;
    Ok((slug, profile.0))
}

/// The files that a version was made from.
pub fn load_files(
    conn: &mut DbConnection,
    id: i64,
    version: i32,
) -> QueryResult<Vec<(String, String)>> {
    let files: JsonText<Vec<(String, String)>> = desk_versions::table
        .filter(desk_versions::desk_id.eq(id))
        .filter(desk_versions::version.eq(version))
        .select(desk_versions::files)
        .first(conn)?;
    Ok(files.0)
}

/// Keys of a desk's groups by slug.
pub fn group_ids(conn: &mut DbConnection, desk_id: i64) -> QueryResult<Vec<(String, i64)>> {
    groups::table
        .filter(groups::desk_id.eq(desk_id))
        .select((groups::slug, groups::id))
        .load(conn)
}

/// Key and active version of a desk that says the same already: the same rules, from the same files.
pub fn same_installed(
    conn: &mut DbConnection,
    profile: &Desk,
    files: &[(String, String)],
) -> QueryResult<Option<(i64, i32)>> {
    let active: Option<(i64, i32)> = desks::table
        .filter(desks::slug.eq(&profile.slug))
        .select((desks::id, desks::active_version))
        .first(conn)
        .optional()?;
    let Some((id, version)) = active else {
        return Ok(None);
    };
    let (_, installed) = load_version(conn, id, version)?;
    let mut known = load_files(conn, id, version)?;
    known.sort();
    let mut given = files.to_vec();
    given.sort();
    let same = known == given && shared::desk::diff::diff(&installed, profile).is_empty();
    Ok(same.then_some((id, version)))
}

/// Stores a new version of a desk and makes it the active one; gives key and version.
pub fn install(
    conn: &mut DbConnection,
    profile: &Desk,
    files: &[(String, String)],
    author: &str,
    now: DateTime<Utc>,
) -> QueryResult<(i64, i32)> {
    let existing: Option<(i64, i32)> = desks::table
        .filter(desks::slug.eq(&profile.slug))
        .select((desks::id, desks::active_version))
        .first(conn)
        .optional()?;
    let (desk_id, version) = match existing {
        Some((id, active)) => {
            diesel::update(desks::table.filter(desks::id.eq(id)))
                .set(desks::active_version.eq(active + 1))
                .execute(conn)?;
            (id, active + 1)
        }
        None => {
            let row = (
                desks::slug.eq(&profile.slug),
                desks::active_version.eq(1),
                desks::created_at.eq(Ts::new(now)),
            );
            let id = diesel::insert_into(desks::table)
                .values(row)
                .returning(desks::id)
                .get_result(conn)?;
            create_ticket_counter(conn, id, 1)?;
            (id, 1)
        }
    };
    diesel::insert_into(desk_versions::table)
        .values((
            desk_versions::desk_id.eq(desk_id),
            desk_versions::version.eq(version),
            desk_versions::profile.eq(JsonText(
                profile.clone().with_version(version.unsigned_abs()),
            )),
            desk_versions::files.eq(JsonText(files.to_vec())),
            desk_versions::author.eq(author),
            desk_versions::applied_at.eq(Ts::new(now)),
        ))
        .execute(conn)?;
    install_groups(conn, desk_id, profile)?;
    Ok((desk_id, version))
}

/// Groups are rows of their own, so that people can belong to them; one that left the profile is kept but not active.
fn install_groups(conn: &mut DbConnection, desk_id: i64, profile: &Desk) -> QueryResult<()> {
    let known = group_ids(conn, desk_id)?;
    diesel::update(groups::table.filter(groups::desk_id.eq(desk_id)))
        .set(groups::active.eq(false))
        .execute(conn)?;
    for group in &profile.groups {
        let level = profile
            .levels
            .iter()
            .find(|level| level.groups.contains(&group.key))
            .map_or(1, |level| i32::from(level.level.number()));
        match known.iter().find(|(slug, _)| *slug == group.key) {
            Some((_, id)) => {
                diesel::update(groups::table.filter(groups::id.eq(id)))
                    .set((groups::active.eq(true), groups::level.eq(level)))
                    .execute(conn)?;
            }
            None => {
                let row = (
                    groups::desk_id.eq(desk_id),
                    groups::slug.eq(&group.key),
                    groups::level.eq(level),
                    groups::active.eq(true),
                );
                diesel::insert_into(groups::table)
                    .values(row)
                    .execute(conn)?;
            }
        }
    }
    Ok(())
}

/// An active agent of a desk with the groups and the number of open tickets.
#[derive(Debug)]
pub struct DeskAgentRow {
    /// Key.
    pub id: i64,
    /// Name.
    pub full_name: String,
    /// Keys of the groups.
    pub groups: Vec<String>,
    /// Open tickets in their hands.
    pub open_tickets: i64,
}

/// The active agents of a desk by name, with the open tickets that somebody sees in their hands.
pub fn desk_agents(
    conn: &mut DbConnection,
    desk_id: i64,
    visible: &Visible,
) -> QueryResult<Vec<DeskAgentRow>> {
    let agents: Vec<(i64, String)> = users::table
        .inner_join(memberships::table.on(memberships::user_id.eq(users::id)))
        .filter(memberships::desk_id.eq(desk_id))
        .filter(users::active.eq(true))
        .order((users::full_name, users::id))
        .select((users::id, users::full_name))
        .load(conn)?;
    let members: Vec<(i64, String)> = group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(groups::desk_id.eq(desk_id))
        .filter(groups::active.eq(true))
        .order(groups::slug)
        .select((group_members::user_id, groups::slug))
        .load(conn)?;
    let loads: Vec<(Option<i64>, i64)> = tickets::table
        .filter(tickets::desk_id.eq(desk_id))
        .filter(tickets::open.eq(true))
        .filter(tickets::assignee_id.is_not_null())
        .filter(visible.clone().at_once())
        .group_by(tickets::assignee_id)
        .select((tickets::assignee_id, diesel::dsl::count_star()))
        .load(conn)?;
    let of = |id: i64| {
        members
            .iter()
            .filter(move |(user, _)| *user == id)
            .map(|(_, slug)| slug.clone())
            .collect()
    };
    let load = |id: i64| {
        loads
            .iter()
            .find(|(user, _)| *user == Some(id))
            .map_or(0, |(_, count)| *count)
    };
    Ok(agents
        .into_iter()
        .map(|(id, full_name)| DeskAgentRow {
            id,
            full_name,
            groups: of(id),
            open_tickets: load(id),
        })
        .collect())
}
