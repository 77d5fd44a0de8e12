//! People and access requests as the console sees them.

use chrono::{DateTime, Utc};
use shared::api::people::{AccessRequest, AccessRequestStatus, Organization, Person};

use super::store::{self, AccessRequestRow, OrganizationRow, PersonRow};
use crate::db::{DbConnection, DbError};
use crate::desks::registry::DeskRegistry;
use crate::tickets::sight::Visible;

/// Records of people with what those of their tickets add that the caller sees.
pub fn people(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    rows: Vec<PersonRow>,
    visible: &Visible,
    now: DateTime<Utc>,
) -> Result<Vec<Person>, DbError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let open = store::open_tickets(conn, &ids, visible)?;
    let mut people = Vec::with_capacity(rows.len());
    for row in rows {
        let desk = registry.by_id(conn, row.desk_id, now)?.slug.clone();
        people.push(Person {
            id: row.id,
            organization: row.organization.map(|(id, name)| Organization {
                id,
                name,
                desk: desk.clone(),
            }),
            desk,
            active: row.active,
            vip: row.vip,
            open_tickets: open
                .iter()
                .find(|(id, _)| *id == row.id)
                .map_or(0, |(_, count)| *count),
            full_name: row.full_name,
            email: row.email,
            phone: row.phone,
            site: row.place.site,
            department: row.place.department,
            extension: row.place.extension,
            language: row.language.0,
            created_at: row.created_at.get(),
            version: row.version,
        });
    }
    Ok(people)
}

/// One person, like [`people`].
pub fn person(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    row: PersonRow,
    visible: &Visible,
    now: DateTime<Utc>,
) -> Result<Person, DbError> {
    people(conn, registry, vec![row], visible, now)?
        .pop()
        .ok_or_else(|| diesel::result::Error::NotFound.into())
}

/// An organization.
pub fn organization(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    (id, name, _, desk_id): OrganizationRow,
    now: DateTime<Utc>,
) -> Result<Organization, DbError> {
    let desk = registry.by_id(conn, desk_id, now)?.slug.clone();
    Ok(Organization { id, name, desk })
}

/// Requests for access, with whether their addresses are registered already.
pub fn access_requests(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    rows: Vec<AccessRequestRow>,
    now: DateTime<Utc>,
) -> Result<Vec<AccessRequest>, DbError> {
    let emails: Vec<String> = rows.iter().map(|row| row.email.clone()).collect();
    let desks: Vec<i64> = rows.iter().map(|row| row.desk_id).collect();
    let registered = store::registered_among(conn, &desks, &emails)?;
    let pending = store::pending_of(conn, &desks, &emails)?;
    let others = |row: &AccessRequestRow| {
        let own = i64::from(row.status.0 == AccessRequestStatus::Pending);
        pending
            .iter()
            .find(|(desk, email, _)| *desk == row.desk_id && *email == row.email)
            .map_or(0, |(_, _, count)| count - own)
    };
    rows.into_iter()
        .map(|row| {
            Ok(AccessRequest {
                id: row.id,
                desk: registry.by_id(conn, row.desk_id, now)?.slug.clone(),
                others_waiting: others(&row),
                already_registered: registered
                    .iter()
                    .any(|(desk, email)| *desk == row.desk_id && *email == row.email),
                reference: row.reference,
                full_name: row.full_name,
                phone: row.phone,
                email: row.email,
                entity: row.entity,
                status: row.status.0,
                created_at: row.created_at.get(),
                decided_by: row.decided_by,
                decided_at: row.decided_at.map(crate::db::Ts::get),
                reason: row.reason,
            })
        })
        .collect()
}

/// One request for access, like [`access_requests`].
pub fn access_request(
    conn: &mut DbConnection,
    registry: &DeskRegistry,
    row: AccessRequestRow,
    now: DateTime<Utc>,
) -> Result<AccessRequest, DbError> {
    access_requests(conn, registry, vec![row], now)?
        .pop()
        .ok_or_else(|| diesel::result::Error::NotFound.into())
}
