//! Keeping agent accounts, for administrators and the command line.

use chrono::{DateTime, Utc};
use shared::api::agents::{AgentMembership, AgentPatch};
use shared::i18n::Lang;
use shared::ticket::actor::PrivilegeSet;
use shared::ticket::text::{EmailAddress, PersonName};

use super::store;
use crate::auth::session::{self, Audience};
use crate::db::DbConnection;
use crate::db::dialect::{is_any_unique_violation, lock_name};
use crate::desks::registry::DeskRegistry;
use crate::http::{ApiError, Fault};
use crate::outbox::store::withdraw;

/// An account to be made, parsed, with the password hashed already.
#[derive(Clone)]
pub struct NewAccount {
    /// Mail address.
    pub email: EmailAddress,
    /// Name.
    pub full_name: PersonName,
    /// Language.
    pub language: Lang,
    /// May administer the installation.
    pub is_admin: bool,
    /// Hash of the password.
    pub password_hash: String,
    /// Places at desks.
    pub memberships: Vec<AgentMembership>,
}

/// Makes an account; gives its key.
///
/// # Errors
/// 422 for a taken address and for unknown desks or groups.
pub fn create(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    new: NewAccount,
    now: DateTime<Utc>,
) -> Result<i64, ApiError> {
    let inserted = store::insert(
        conn,
        &new.email.canonical(),
        new.full_name.as_str(),
        new.language,
        new.is_admin,
        &new.password_hash,
        now,
    );
    let id = inserted.map_err(|error| {
        if is_any_unique_violation(&error) {
            ApiError::field(
                "/email",
                "taken",
                "Ya hay una cuenta con este correo.",
                "There is an account with this address already.",
            )
        } else {
            error.into()
        }
    })?;
    replace_places(conn, desks, id, &new.memberships, now)?;
    Ok(id)
}

/// Changes an account. Forbidding it to sign in, or changing its places, ends its sessions; no mail that waits for
/// one of a team they are no longer of leaves.
///
/// # Errors
/// 404 for an unknown account, 409 for the last administrator, 422 for unknown desks or groups.
pub fn change(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    id: i64,
    patch: &AgentPatch,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    if patch.active == Some(false) {
        // Two administrators who shut each other out at once must not both count the other.
        lock_name(conn, "administrators")?;
    }
    let user = store::user(conn, id)?.ok_or_else(ApiError::not_found)?;
    if let Some(active) = patch.active {
        if !active && user.is_admin && user.active && store::active_admins(conn)? <= 1 {
            return Err(ApiError::conflict(
                "Es la última cuenta de administración.",
                "It is the last administrator's account.",
            ));
        }
        store::set_active(conn, id, active)?;
        if !active {
            session::end_all(conn, Audience::Console, id, now)?;
            // What waits for them as one of a team leaves no more; as a requester they are as they were.
            withdraw(conn, &user.email, |_, content| content.is_for_team())?;
        }
    }
    if let Some(memberships) = &patch.memberships {
        let left = replace_places(conn, desks, id, memberships, now)?;
        store::raise_epoch(conn, id)?;
        withdraw(conn, &user.email, |desk, content| {
            left.contains(&desk) && content.is_for_team()
        })?;
    }
    Ok(())
}

/// Gives an agent these places instead of those before; gives the desks that are left.
fn replace_places(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    user_id: i64,
    memberships: &[AgentMembership],
    now: DateTime<Utc>,
) -> Result<Vec<i64>, ApiError> {
    let mut left = Vec::new();
    for place in store::places(conn, user_id)? {
        store::remove_place(conn, user_id, place.desk_id)?;
        left.push(place.desk_id);
    }
    let mut faults = Vec::new();
    for (index, membership) in memberships.iter().enumerate() {
        let Some(desk) = desks.by_slug(conn, &membership.desk, now)? else {
            faults.push(Fault::new(
                format!("/memberships/{index}/desk"),
                "unknown",
                "No existe esa mesa.",
                "There is no such desk.",
            ));
            continue;
        };
        let mut groups = Vec::new();
        for (place, slug) in membership.groups.iter().enumerate() {
            match desk.group_id(slug) {
                Some(id) if !groups.contains(&id) => groups.push(id),
                Some(_) => {}
                None => {
                    let pointer = format!("/memberships/{index}/groups/{place}");
                    faults.push(Fault::new(
                        pointer,
                        "unknown",
                        "La mesa no tiene ese grupo.",
                        "The desk has no such group.",
                    ));
                }
            }
        }
        let privileges: PrivilegeSet = membership.privileges.iter().copied().collect();
        store::set_place(conn, user_id, desk.id, privileges, &groups)?;
        left.retain(|id| *id != desk.id);
    }
    if faults.is_empty() {
        Ok(left)
    } else {
        Err(ApiError::validation(faults))
    }
}
