//! What an account may do, read from the database and kept for at most a second.
//!
//! Every request with a token asks here. The second is the promise of the product: who was disabled, signed out or had
//! a token revoked is refused within it, on every replica.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use shared::api::tokens::Scope;
use shared::i18n::Lang;
use shared::ticket::actor::{Privilege, PrivilegeSet};
use uuid::Uuid;

use super::session;
use super::token::{api_token_prefix, same_hash, sha256};
use crate::clock;
use crate::db::schema::{api_tokens, desks, group_members, groups, memberships, people, users};
use crate::db::{DbConnection, DbError, JsonText, Ts};
use crate::desks::registry::DeskRegistry;

/// An agent's place at a desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskMembership {
    /// Key of the desk.
    pub desk_id: i64,
    /// The desk's address part.
    pub desk: String,
    /// What the agent may do there.
    pub privileges: PrivilegeSet,
    /// Keys of the active groups that the agent belongs to.
    pub group_ids: Vec<i64>,
    /// The same groups by name.
    pub groups: Vec<String>,
    /// Whether all of them are vendors': what is given to the agent or these groups is all that exists then.
    pub limited: bool,
}

/// What is known about an agent.
#[derive(Clone, Debug)]
pub struct AgentFacts {
    /// Key of the account.
    pub user_id: i64,
    /// Full name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Preferred language.
    pub language: Lang,
    /// May administer the installation.
    pub is_admin: bool,
    /// Raised when all tokens of the account must end.
    pub epoch: i32,
    /// Places at desks, by desk key.
    pub memberships: Vec<DeskMembership>,
}

/// What is known about an API token and its owner.
#[derive(Clone, Debug)]
pub struct TokenFacts {
    /// Key of the token.
    pub token_id: i64,
    /// The name given to it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// When its use was last written down.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Whose it is.
    pub owner: Arc<AgentFacts>,
}

/// What is known about a requester with a session.
#[derive(Clone, Debug)]
pub struct PersonFacts {
    /// Key of the person.
    pub person_id: i64,
    /// Full name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Preferred language.
    pub language: Lang,
    /// Raised when all sessions of the person must end.
    pub epoch: i32,
}

/// Loads an active agent.
pub fn load_agent(conn: &mut DbConnection, user_id: i64) -> QueryResult<Option<AgentFacts>> {
    type UserRow = (String, String, String, bool, i32);
    let user = users::table
        .find(user_id)
        .filter(users::active.eq(true))
        .select((
            users::full_name,
            users::email,
            users::language,
            users::is_admin,
            users::epoch,
        ))
        .first::<UserRow>(conn)
        .optional()?;
    let Some((name, email, language, is_admin, epoch)) = user else {
        return Ok(None);
    };
    let memberships = load_memberships(conn, user_id)?;
    Ok(Some(AgentFacts {
        user_id,
        name,
        email,
        language: Lang::parse(&language).unwrap_or_default(),
        is_admin,
        epoch,
        memberships,
    }))
}

fn load_memberships(conn: &mut DbConnection, user_id: i64) -> QueryResult<Vec<DeskMembership>> {
    let rows = memberships::table
        .inner_join(desks::table.on(desks::id.eq(memberships::desk_id)))
        .filter(memberships::user_id.eq(user_id))
        .order(memberships::desk_id)
        .select((memberships::desk_id, desks::slug, memberships::privileges))
        .load::<(i64, String, JsonText<PrivilegeSet>)>(conn)?;
    let group_rows = group_members::table
        .inner_join(groups::table.on(groups::id.eq(group_members::group_id)))
        .filter(group_members::user_id.eq(user_id))
        .filter(groups::active.eq(true))
        .order(groups::id)
        .select((group_members::desk_id, groups::id, groups::slug))
        .load::<(i64, i64, String)>(conn)?;
    let membership = |(desk_id, desk, privileges): (i64, String, JsonText<PrivilegeSet>)| {
        let of_desk = group_rows.iter().filter(|(desk, _, _)| *desk == desk_id);
        let (group_ids, groups) = of_desk.map(|(_, id, slug)| (*id, slug.clone())).unzip();
        DeskMembership {
            desk_id,
            desk,
            privileges: privileges.0,
            group_ids,
            groups,
            limited: false,
        }
    };
    Ok(rows.into_iter().map(membership).collect())
}

/// Notes where an agent is one of a vendor's people, as the desks say now.
pub fn note_limits(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    facts: &mut AgentFacts,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    for place in &mut facts.memberships {
        if place.groups.is_empty() {
            continue;
        }
        let desk = desks.by_id(conn, place.desk_id, now)?;
        let of_vendor = |key: &String| desk.profile.group(key).is_some_and(|group| group.vendor);
        place.limited = place.groups.iter().all(of_vendor);
    }
    Ok(())
}

/// Loads the agent of a console session that is still alive.
pub fn load_agent_session(
    conn: &mut DbConnection,
    family: Uuid,
    user_id: i64,
    now: DateTime<Utc>,
) -> QueryResult<Option<AgentFacts>> {
    if session::is_live(conn, family, now)? {
        load_agent(conn, user_id)
    } else {
        Ok(None)
    }
}

/// Loads the requester of a portal session that is still alive, if the desk still knows the person.
pub fn load_person_session(
    conn: &mut DbConnection,
    family: Uuid,
    person_id: i64,
    desk_id: i64,
    now: DateTime<Utc>,
) -> QueryResult<Option<PersonFacts>> {
    if !session::is_live(conn, family, now)? {
        return Ok(None);
    }
    let row = people::table
        .find(person_id)
        .filter(people::desk_id.eq(desk_id))
        .filter(people::active.eq(true))
        .select((
            people::full_name,
            people::email,
            people::language,
            people::epoch,
        ))
        .first::<(String, String, String, i32)>(conn)
        .optional()?;
    Ok(row.map(|(name, email, language, epoch)| PersonFacts {
        person_id,
        name,
        email,
        language: Lang::parse(&language).unwrap_or_default(),
        epoch,
    }))
}

/// Loads an API token that is neither revoked nor expired, with its active owner.
pub fn load_api_token(
    conn: &mut DbConnection,
    token: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<TokenFacts>> {
    type TokenRow = (
        i64,
        i64,
        String,
        Vec<u8>,
        JsonText<Vec<Scope>>,
        Ts,
        Option<Ts>,
    );
    let Some(prefix) = api_token_prefix(token) else {
        return Ok(None);
    };
    let row = api_tokens::table
        .filter(api_tokens::prefix.eq(prefix))
        .filter(api_tokens::revoked_at.is_null())
        .filter(api_tokens::expires_at.gt(Ts::new(now)))
        .select((
            api_tokens::id,
            api_tokens::user_id,
            api_tokens::name,
            api_tokens::secret_hash,
            api_tokens::scopes,
            api_tokens::expires_at,
            api_tokens::last_used_at,
        ))
        .first::<TokenRow>(conn)
        .optional()?;
    let Some((token_id, user_id, name, hash, scopes, expires_at, last_used_at)) = row else {
        return Ok(None);
    };
    if !same_hash(&hash, &sha256(token.as_bytes())) {
        return Ok(None);
    }
    let owner = load_agent(conn, user_id)?;
    Ok(owner.map(|owner| TokenFacts {
        token_id,
        name,
        scopes: scopes.0,
        expires_at: expires_at.get(),
        last_used_at: last_used_at.map(Ts::get),
        owner: Arc::new(owner),
    }))
}

/// Writes down that a token was used, unless that was done within the last minute.
pub fn touch_api_token(
    conn: &mut DbConnection,
    token_id: i64,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let before = Ts::new(now - TimeDelta::minutes(1));
    let stale = api_tokens::table.find(token_id).filter(
        api_tokens::last_used_at
            .is_null()
            .or(api_tokens::last_used_at.lt(before)),
    );
    diesel::update(stale)
        .set(api_tokens::last_used_at.eq(Some(Ts::new(now))))
        .execute(conn)
}

/// The rights that a token's scopes let through; its owner's rights narrow them further.
pub fn scope_privileges(scopes: &[Scope]) -> PrivilegeSet {
    let of_scope = |scope: &Scope| -> &[Privilege] {
        match scope {
            Scope::TicketsRead => &[Privilege::TicketRead, Privilege::ReportRead],
            Scope::TicketsWrite => &[
                Privilege::TicketRead,
                Privilege::TicketWork,
                Privilege::TicketAssign,
                Privilege::TicketEscalate,
                Privilege::TicketCoordinate,
                Privilege::PriorityChange,
                Privilege::TicketCreate,
            ],
            Scope::PeopleWrite => &[Privilege::PeopleManage, Privilege::AccessDecide],
        }
    };
    scopes.iter().flat_map(of_scope).copied().collect()
}

/// Facts by session or token, kept for a moment.
pub struct AccessCache {
    keep: Duration,
    agents: Kept<Uuid, AgentFacts>,
    people: Kept<Uuid, PersonFacts>,
    tokens: Kept<[u8; 32], TokenFacts>,
}

/// Values with the moment they were read.
type Kept<K, V> = Mutex<HashMap<K, (Instant, Arc<V>)>>;

/// Beyond this many entries, old ones are cleared out.
const CROWDED: usize = 4096;

impl AccessCache {
    /// Keeps facts for so long; nothing at all with zero, for tests that set the clock.
    pub fn new(keep: Duration) -> Self {
        Self {
            keep,
            agents: Mutex::default(),
            people: Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    /// Forgets everything, so that a change made by this process counts at once.
    pub fn clear(&self) {
        lock(&self.agents).clear();
        lock(&self.people).clear();
        lock(&self.tokens).clear();
    }

    pub(super) fn agent(&self, family: Uuid) -> Option<Arc<AgentFacts>> {
        self.get(&self.agents, &family)
    }

    pub(super) fn keep_agent(&self, family: Uuid, facts: AgentFacts) -> Arc<AgentFacts> {
        self.put(&self.agents, family, facts)
    }

    pub(super) fn person(&self, family: Uuid) -> Option<Arc<PersonFacts>> {
        self.get(&self.people, &family)
    }

    pub(super) fn keep_person(&self, family: Uuid, facts: PersonFacts) -> Arc<PersonFacts> {
        self.put(&self.people, family, facts)
    }

    pub(super) fn token(&self, hash: [u8; 32]) -> Option<Arc<TokenFacts>> {
        self.get(&self.tokens, &hash)
    }

    pub(super) fn keep_token(&self, hash: [u8; 32], facts: TokenFacts) -> Arc<TokenFacts> {
        self.put(&self.tokens, hash, facts)
    }

    fn get<K: std::hash::Hash + Eq, V>(&self, kept: &Kept<K, V>, key: &K) -> Option<Arc<V>> {
        let kept = lock(kept);
        let (read_at, value) = kept.get(key)?;
        (read_at.elapsed() < self.keep).then(|| Arc::clone(value))
    }

    fn put<K: std::hash::Hash + Eq, V>(&self, kept: &Kept<K, V>, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        if self.keep.is_zero() {
            return value;
        }
        let mut kept = lock(kept);
        if kept.len() >= CROWDED {
            kept.retain(|_, (read_at, _)| read_at.elapsed() < self.keep);
        }
        kept.insert(key, (clock::monotonic(), Arc::clone(&value)));
        value
    }
}

/// A panic while holding the lock cannot leave the map half-changed in a way that matters.
fn lock<K, V>(kept: &Kept<K, V>) -> std::sync::MutexGuard<'_, HashMap<K, (Instant, Arc<V>)>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
