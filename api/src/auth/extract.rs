//! The callers that handlers name in their signature.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use shared::api::tokens::Scope;
use shared::i18n::Lang;
use shared::ticket::actor::{Actor, Privilege, PrivilegeSet};
use uuid::Uuid;

pub use super::access::DeskMembership;
use super::access::{self, AgentFacts, PersonFacts, TokenFacts};
use super::cookie::{self, CookieName};
use super::jwt::Holder;
use super::session::Audience;
use super::token::{hex, looks_like_api_token, sha256};
use crate::app::AppState;
use crate::config::random_bytes;
use crate::db::DbConnection;
use crate::http::ApiError;
use crate::http::order::{self, Extraction};
use crate::http::rate::RateClass;

/// A signed-in agent, or a program with an agent's API token.
#[derive(Clone, Debug)]
pub struct AgentCaller {
    facts: Arc<AgentFacts>,
    proof: Proof,
}

#[derive(Clone, Debug)]
enum Proof {
    Session(Uuid),
    Token(Arc<TokenFacts>),
}

impl AgentCaller {
    /// Key of the agent (the owner, for an API token).
    pub fn user_id(&self) -> i64 {
        self.facts.user_id
    }

    /// Full name of the agent.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Mail address of the agent.
    pub fn email(&self) -> &str {
        &self.facts.email
    }

    /// Preferred language of the agent.
    pub fn language(&self) -> Lang {
        self.facts.language
    }

    /// May administer the installation; never through an API token.
    pub fn is_admin(&self) -> bool {
        self.facts.is_admin && self.token_id().is_none()
    }

    /// The session, when there is one.
    pub fn session(&self) -> Option<Uuid> {
        match &self.proof {
            Proof::Session(family) => Some(*family),
            Proof::Token(_) => None,
        }
    }

    /// Key of the API token, when one was used.
    pub fn token_id(&self) -> Option<i64> {
        match &self.proof {
            Proof::Session(_) => None,
            Proof::Token(token) => Some(token.token_id),
        }
    }

    /// What the API token may be used for; `None` for a signed-in agent, who needs no scope.
    pub fn scopes(&self) -> Option<&[Scope]> {
        match &self.proof {
            Proof::Session(_) => None,
            Proof::Token(token) => Some(&token.scopes),
        }
    }

    /// The desks that the agent works at, with the rights there already narrowed by the token's scopes.
    pub fn memberships(&self) -> impl Iterator<Item = DeskMembership> + '_ {
        self.facts.memberships.iter().map(|place| DeskMembership {
            privileges: self.narrow(place.privileges),
            ..place.clone()
        })
    }

    /// The rights at a desk; none where the agent does not work. An administrator has all rights everywhere.
    pub fn privileges_at(&self, desk_id: i64) -> PrivilegeSet {
        if self.is_admin() {
            return PrivilegeSet::all();
        }
        self.place(desk_id)
            .map_or(PrivilegeSet::NONE, |place| self.rights_of(place))
    }

    /// Whether the agent holds a right at a desk.
    pub fn may(&self, desk_id: i64, privilege: Privilege) -> bool {
        self.privileges_at(desk_id).has(privilege)
    }

    /// Refuses unless the agent holds a right at a desk: 404 where the agent may not even see the desk, else 403.
    ///
    /// # Errors
    /// `not_found` or `forbidden`.
    pub fn require(&self, desk_id: i64, privilege: Privilege) -> Result<(), ApiError> {
        if self.may(desk_id, privilege) {
            Ok(())
        } else if self.sees_desk(desk_id) {
            Err(ApiError::forbidden())
        } else {
            Err(ApiError::not_found())
        }
    }

    /// Whether the agent may know of a desk's inner life at all.
    pub fn sees_desk(&self, desk_id: i64) -> bool {
        self.is_admin() || self.place(desk_id).is_some()
    }

    /// Keys of the desks where the agent holds a right; for the `WHERE` of lists. `None` means every desk.
    pub fn desks_with(&self, privilege: Privilege) -> Option<Vec<i64>> {
        if self.is_admin() {
            return None;
        }
        let places = self
            .facts
            .memberships
            .iter()
            .filter(|place| self.rights_of(place).has(privilege));
        Some(places.map(|place| place.desk_id).collect())
    }

    /// Keys of the agent's groups at a desk.
    pub fn group_ids_at(&self, desk_id: i64) -> &[i64] {
        self.place(desk_id).map_or(&[], |place| &place.group_ids)
    }

    /// The agent as the rules of tickets see it at a desk.
    pub fn actor_at(&self, desk_id: i64) -> Actor {
        let privileges = self.privileges_at(desk_id);
        match &self.proof {
            Proof::Session(_) => Actor::Agent {
                user_id: self.user_id(),
                name: self.name().to_owned(),
                privileges,
                groups: self
                    .place(desk_id)
                    .map(|place| place.groups.clone())
                    .unwrap_or_default(),
            },
            Proof::Token(token) => Actor::ApiClient {
                token_id: token.token_id,
                name: token.name.clone(),
                privileges,
            },
        }
    }

    /// Tells callers apart for idempotency keys.
    pub fn idempotency_actor(&self) -> String {
        match self.token_id() {
            Some(token_id) => format!("token:{token_id}"),
            None => format!("agent:{}", self.user_id()),
        }
    }

    fn place(&self, desk_id: i64) -> Option<&DeskMembership> {
        self.facts
            .memberships
            .iter()
            .find(|place| place.desk_id == desk_id)
    }

    /// Keys of the desks where the agent is one of a vendor's people.
    pub fn limited_at(&self) -> Vec<i64> {
        let places = self.facts.memberships.iter();
        places
            .filter(|place| place.limited)
            .map(|place| place.desk_id)
            .collect()
    }

    /// The rights of a place. A program has no group, so a vendor's has nothing.
    fn rights_of(&self, place: &DeskMembership) -> PrivilegeSet {
        if place.limited && self.token_id().is_some() {
            return PrivilegeSet::NONE;
        }
        self.narrow(place.privileges)
    }

    fn narrow(&self, privileges: PrivilegeSet) -> PrivilegeSet {
        match self.scopes() {
            Some(scopes) => privileges.intersection(access::scope_privileges(scopes)),
            None => privileges,
        }
    }
}

/// A signed-in agent who may administer the installation; 403 for other agents. API tokens never count.
#[derive(Clone, Debug)]
pub struct Administrator(AgentCaller);

impl Deref for Administrator {
    type Target = AgentCaller;

    fn deref(&self) -> &AgentCaller {
        &self.0
    }
}

/// A signed-in agent, for what nobody does through a program; 403 for API tokens.
#[derive(Clone, Debug)]
pub struct AgentInPerson(AgentCaller);

impl Deref for AgentInPerson {
    type Target = AgentCaller;

    fn deref(&self) -> &AgentCaller {
        &self.0
    }
}

/// A requester who proved a mail address at a desk.
#[derive(Clone, Debug)]
pub struct RequesterCaller {
    facts: Arc<PersonFacts>,
    desk_id: i64,
    session: Uuid,
}

impl RequesterCaller {
    /// Key of the person.
    pub fn person_id(&self) -> i64 {
        self.facts.person_id
    }

    /// The desk of the session; others are not visible.
    pub fn desk_id(&self) -> i64 {
        self.desk_id
    }

    /// Full name.
    pub fn name(&self) -> &str {
        &self.facts.name
    }

    /// Mail address.
    pub fn email(&self) -> &str {
        &self.facts.email
    }

    /// Preferred language.
    pub fn language(&self) -> Lang {
        self.facts.language
    }

    /// The session.
    pub fn session(&self) -> Uuid {
        self.session
    }

    /// The requester as the rules of tickets see it; `also_agent` is the agent account with the same address, if any.
    pub fn actor(&self, also_agent: Option<i64>) -> Actor {
        Actor::Requester {
            person_id: self.person_id(),
            name: self.name().to_owned(),
            also_agent,
        }
    }

    /// Tells callers apart for idempotency keys.
    pub fn idempotency_actor(&self) -> String {
        format!("person:{}", self.person_id())
    }
}

/// The browser that asks, by a cookie that is made when missing: 128 random bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserKey(String);

impl BrowserKey {
    /// What is stored to recognise the browser.
    pub fn hash(&self) -> Vec<u8> {
        sha256(self.0.as_bytes()).to_vec()
    }

    /// The same, as text for keys.
    pub fn hash_text(&self) -> String {
        hex(&self.hash())
    }

    /// Tells callers apart for idempotency keys.
    pub fn idempotency_actor(&self) -> String {
        format!("browser:{}", self.hash_text())
    }

    /// How long the browser keeps the cookie.
    const SECONDS: i64 = 24 * 3600;
}

fn state(request: &HttpRequest) -> Result<web::Data<AppState>, ApiError> {
    request
        .app_data::<web::Data<AppState>>()
        .cloned()
        .ok_or_else(|| ApiError::internal("the application state is missing"))
}

/// The bearer value of the one `Authorization` header.
fn bearer(request: &HttpRequest) -> Result<String, ApiError> {
    let mut values = request.headers().get_all(AUTHORIZATION);
    let value = values.next().ok_or_else(ApiError::unauthorized)?;
    let doubled = || {
        ApiError::malformed(
            "La cabecera Authorization está mal escrita o repetida.",
            "The Authorization header is malformed or repeated.",
        )
    };
    if values.next().is_some() {
        return Err(doubled());
    }
    let text = value.to_str().map_err(|_| doubled())?;
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    match (words.next(), words.next(), words.next()) {
        (Some(scheme), Some(token), None)
            if scheme.eq_ignore_ascii_case("bearer") && !token.eq_ignore_ascii_case("bearer") =>
        {
            Ok(token.to_owned())
        }
        (Some(scheme), _, _) if scheme.eq_ignore_ascii_case("bearer") => Err(doubled()),
        _ => Err(ApiError::unauthorized()),
    }
}

/// Whom the access token is for; the middleware has mostly verified it already.
fn holder(
    request: &HttpRequest,
    state: &AppState,
    token: &str,
    audience: Audience,
) -> Result<Holder, ApiError> {
    let known = request.extensions().get::<Holder>().copied();
    match known.filter(|holder| holder.audience == audience) {
        Some(holder) => Ok(holder),
        None => state
            .tokens
            .verify(token, audience, state.clock.now())
            .map_err(|_| ApiError::unauthorized()),
    }
}

async fn agent(request: HttpRequest) -> Result<AgentCaller, ApiError> {
    let state = state(&request)?;
    let bearer = bearer(&request)?;
    if looks_like_api_token(&bearer) {
        return token_caller(&state, &request, bearer).await;
    }
    let holder = holder(&request, &state, &bearer, Audience::Console)?;
    let facts = agent_facts(&state, holder).await?;
    if facts.epoch != holder.epoch || facts.user_id != holder.subject_id {
        return Err(ApiError::unauthorized());
    }
    Ok(AgentCaller {
        facts,
        proof: Proof::Session(holder.session),
    })
}

async fn agent_facts(state: &AppState, holder: Holder) -> Result<Arc<AgentFacts>, ApiError> {
    if let Some(facts) = state.access.agent(holder.session) {
        return Ok(facts);
    }
    let now = state.clock.now();
    let desks = state.desks.clone();
    let load = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let found = access::load_agent_session(conn, holder.session, holder.subject_id, now)?;
        let Some(mut facts) = found else {
            return Ok(None);
        };
        access::note_limits(conn, &desks, &mut facts, now)?;
        Ok(Some(facts))
    };
    let facts = state
        .db
        .read(load)
        .await?
        .ok_or_else(ApiError::unauthorized)?;
    Ok(state.access.keep_agent(holder.session, facts))
}

async fn token_caller(
    state: &AppState,
    request: &HttpRequest,
    token: String,
) -> Result<AgentCaller, ApiError> {
    let facts = token_facts(state, token).await?;
    state.limits.check(RateClass::Token, facts.token_id)?;
    let writes = facts.scopes.iter().any(|scope| match scope {
        Scope::TicketsWrite | Scope::PeopleWrite => true,
        Scope::TicketsRead => false,
    });
    if !request.method().is_safe() && !writes {
        return Err(ApiError::forbidden().detail(
            "El token solo permite leer.",
            "The token only allows reading.",
        ));
    }
    Ok(AgentCaller {
        facts: Arc::clone(&facts.owner),
        proof: Proof::Token(facts),
    })
}

async fn token_facts(state: &AppState, token: String) -> Result<Arc<TokenFacts>, ApiError> {
    let now = state.clock.now();
    let hash = sha256(token.as_bytes());
    if let Some(facts) = state
        .access
        .token(hash)
        .filter(|facts| facts.expires_at > now)
    {
        return Ok(facts);
    }
    let desks = state.desks.clone();
    let load = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let Some(mut facts) = access::load_api_token(conn, &token, now)? else {
            return Ok(None);
        };
        access::note_limits(conn, &desks, Arc::make_mut(&mut facts.owner), now)?;
        Ok(Some(facts))
    };
    let facts = state
        .db
        .read(load)
        .await?
        .ok_or_else(ApiError::unauthorized)?;
    if facts
        .last_used_at
        .is_none_or(|used| used + chrono::TimeDelta::minutes(1) <= now)
    {
        let token_id = facts.token_id;
        state
            .db
            .write(move |conn| access::touch_api_token(conn, token_id, now).map_err(ApiError::from))
            .await?;
    }
    Ok(state.access.keep_token(hash, facts))
}

async fn requester(request: HttpRequest) -> Result<RequesterCaller, ApiError> {
    let state = state(&request)?;
    let holder = holder(&request, &state, &bearer(&request)?, Audience::Portal)?;
    let desk_id = holder.desk_id.ok_or_else(ApiError::unauthorized)?;
    let facts = match state.access.person(holder.session) {
        Some(facts) => facts,
        None => {
            let now = state.clock.now();
            let load = move |conn: &mut DbConnection| {
                access::load_person_session(conn, holder.session, holder.subject_id, desk_id, now)
                    .map_err(ApiError::from)
            };
            let facts = state
                .db
                .read(load)
                .await?
                .ok_or_else(ApiError::unauthorized)?;
            state.access.keep_person(holder.session, facts)
        }
    };
    if facts.epoch != holder.epoch || facts.person_id != holder.subject_id {
        return Err(ApiError::unauthorized());
    }
    Ok(RequesterCaller {
        facts,
        desk_id,
        session: holder.session,
    })
}

impl FromRequest for AgentCaller {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        order::caller(request, agent(request.clone()))
    }
}

impl FromRequest for Administrator {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = agent(request.clone());
        let administrator = async move {
            let caller = caller.await?;
            if caller.is_admin() {
                Ok(Self(caller))
            } else {
                Err(ApiError::forbidden())
            }
        };
        order::caller(request, administrator)
    }
}

impl FromRequest for AgentInPerson {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = agent(request.clone());
        let in_person = async move {
            let caller = caller.await?;
            match caller.token_id() {
                None => Ok(Self(caller)),
                Some(_) => Err(ApiError::forbidden()),
            }
        };
        order::caller(request, in_person)
    }
}

impl FromRequest for RequesterCaller {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        order::caller(request, requester(request.clone()))
    }
}

impl FromRequest for BrowserKey {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(browser_key(request))
    }
}

fn browser_key(request: &HttpRequest) -> Result<BrowserKey, ApiError> {
    let state = state(request)?;
    let public_url = &state.settings.public_url;
    let sent = cookie::read(request, CookieName::Browser, public_url);
    let is_ours =
        |value: &String| value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(key) = sent.filter(is_ours) {
        return Ok(BrowserKey(key));
    }
    let key = hex(&random_bytes::<16>());
    cookie::attach(
        request,
        cookie::set(
            CookieName::Browser,
            &key,
            Some(BrowserKey::SECONDS),
            public_url,
        ),
    );
    Ok(BrowserKey(key))
}
