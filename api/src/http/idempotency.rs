//! Doing a request once, however often it is sent.
//!
//! A client names its request with `Idempotency-Key`. The name is written in the same transaction as the effect, with
//! the answer; a repetition within a day gets that answer (marked `Idempotency-Replayed: true`) and changes nothing. The
//! same name with other content is refused. A request that failed leaves no trace and may be repeated. The content itself
//! is not kept, only its HMAC with a key of this installation: some requests carry passwords, and a plain hash would let
//! whoever reads the database try them out.

use std::future::ready;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, web};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use shared::api::problem::ProblemType;

use super::order::{Extraction, after_caller};
use super::{ApiError, etag};
use crate::app::AppState;
use crate::config::hmac_sha256;
use crate::db::bulk::Bulk;
use crate::db::dialect::is_unique_violation;
use crate::db::schema::idempotency;
use crate::db::{DbConnection, DbError, Ts};
use crate::each;

/// Name of the header.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// The name that the client gave its request; required where a handler takes this type (400 otherwise).
#[derive(Clone)]
pub struct IdempotencyKey {
    name: String,
    /// What content is told apart with.
    hash_key: [u8; 32],
}

/// The name that the client may have given its request.
#[derive(Clone)]
pub struct OptionalIdempotencyKey(Option<IdempotencyKey>);

impl IdempotencyKey {
    /// Binds the name to who asks, for what, with which content.
    ///
    /// `actor` tells callers apart (`agent:7`, `browser:…`); `route` is the operation's name; `body` its parsed content.
    ///
    /// # Errors
    /// When the content cannot be written as JSON.
    pub fn guard(
        self,
        actor: impl Into<String>,
        route: &str,
        body: &impl Serialize,
    ) -> Result<Guard, ApiError> {
        let text = serde_json::to_vec(body).map_err(ApiError::internal)?;
        Ok(Guard {
            actor: actor.into(),
            route: route.to_owned(),
            key: self.name,
            body_hash: hmac_sha256(&self.hash_key, &[&text]).to_vec(),
        })
    }
}

impl OptionalIdempotencyKey {
    /// The same, for callers who must give a key.
    ///
    /// # Errors
    /// `idempotency_key_required`.
    pub fn required(self) -> Result<Self, ApiError> {
        match self.0 {
            Some(_) => Ok(self),
            None => Err(ApiError::new(ProblemType::IdempotencyKeyRequired)),
        }
    }

    /// Like [`IdempotencyKey::guard`], when there is a key.
    ///
    /// # Errors
    /// When the content cannot be written as JSON.
    pub fn guard(
        self,
        actor: impl Into<String>,
        route: &str,
        body: &impl Serialize,
    ) -> Result<Option<Guard>, ApiError> {
        self.0.map(|key| key.guard(actor, route, body)).transpose()
    }
}

fn read_name(request: &HttpRequest) -> Result<Option<String>, ApiError> {
    let bad = || ApiError::new(ProblemType::IdempotencyKeyRequired);
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(bad());
    }
    let key = value.to_str().map_err(|_| bad())?;
    let sane = (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if sane {
        Ok(Some(key.to_owned()))
    } else {
        Err(bad())
    }
}

fn read(request: &HttpRequest) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(name) = read_name(request)? else {
        return Ok(None);
    };
    let state = request
        .app_data::<web::Data<AppState>>()
        .ok_or_else(|| ApiError::internal("the application state is missing"))?;
    Ok(Some(IdempotencyKey {
        name,
        hash_key: state.keys.derive("idempotency"),
    }))
}

impl FromRequest for IdempotencyKey {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = read(request)
            .and_then(|key| key.ok_or_else(|| ApiError::new(ProblemType::IdempotencyKeyRequired)));
        after_caller(request, ready(key))
    }
}

impl FromRequest for OptionalIdempotencyKey {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        after_caller(request, ready(read(request).map(Self)))
    }
}

/// A named request: caller, operation, key and content.
#[derive(Clone, Debug)]
pub struct Guard {
    actor: String,
    route: String,
    key: String,
    body_hash: Vec<u8>,
}

/// An answer that can be kept and given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    #[serde(skip)]
    status: u16,
    body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    #[serde(skip)]
    replayed: bool,
}

impl StoredAnswer {
    fn new(status: StatusCode, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(ApiError::internal)?;
        Ok(Self {
            status: status.as_u16(),
            body,
            location: None,
            version: None,
            replayed: false,
        })
    }

    /// 200.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::new(StatusCode::OK, body)
    }

    /// 201.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn created(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::new(StatusCode::CREATED, body)
    }

    /// 202.
    ///
    /// # Errors
    /// When the body cannot be written as JSON.
    pub fn accepted(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::new(StatusCode::ACCEPTED, body)
    }

    /// Adds the address of what was made.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Adds the version for `ETag`.
    #[must_use]
    pub fn version(mut self, version: impl Into<i64>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Whether this is the answer of an earlier request.
    pub fn is_replay(&self) -> bool {
        self.replayed
    }
}

impl Responder for StoredAnswer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK);
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/json"));
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(version) = self.version {
            response.insert_header((ETAG, etag::header(version)));
        }
        if self.replayed {
            response.insert_header((REPLAYED, "true"));
        }
        response.body(self.body)
    }
}

/// Does the work once, inside the caller's write transaction: runs it and keeps its answer, or gives the kept answer.
///
/// On PostgreSQL a second request with the same name waits for the first to end; on SQLite writes follow each other.
///
/// # Errors
/// `idempotency_mismatch` for other content, `idempotency_in_progress` when the first has not ended, and the work's own.
pub fn once(
    conn: &mut DbConnection,
    guard: Option<&Guard>,
    now: DateTime<Utc>,
    work: impl FnOnce(&mut DbConnection) -> Result<StoredAnswer, ApiError>,
) -> Result<StoredAnswer, ApiError> {
    let Some(guard) = guard else {
        return work(conn);
    };
    if let Begin::Replay(answer) = begin(conn, guard, now)? {
        return Ok(answer);
    }
    let answer = work(conn)?;
    finish(conn, guard, &answer)?;
    Ok(answer)
}

/// The kept answer of a request that was done before, for work that keeps its answer itself in the statement that does all
/// else ([`Guard::kept`]). Of two at once the later one is refused by that statement as `idempotency_in_progress`, and finds
/// the answer of the other here when it asks again.
///
/// # Errors
/// `idempotency_mismatch` for other content, `idempotency_in_progress` when the first has not ended.
pub fn replay(
    conn: &mut DbConnection,
    guard: Option<&Guard>,
    now: DateTime<Utc>,
) -> Result<Option<StoredAnswer>, ApiError> {
    let Some(guard) = guard else { return Ok(None) };
    let found = find(conn, guard, now)?;
    answer_of(conn, found, guard, now)
}

/// The same as [`replay`], of what was found under the name of the request ([`Guard::name`]) together with something else.
///
/// # Errors
/// Those of [`replay`].
pub fn replay_of(
    conn: &mut DbConnection,
    found: Option<KeptRow>,
    guard: &Guard,
    now: DateTime<Utc>,
) -> Result<Option<StoredAnswer>, ApiError> {
    let found = judge(found, guard, now)?;
    answer_of(conn, found, guard, now)
}

fn answer_of(
    conn: &mut DbConnection,
    found: Found,
    guard: &Guard,
    now: DateTime<Utc>,
) -> Result<Option<StoredAnswer>, ApiError> {
    match found {
        Found::Nothing => Ok(None),
        Found::Expired => {
            forget(conn, guard, now)?;
            Ok(None)
        }
        Found::Answer(answer) => Ok(Some(answer)),
    }
}

/// Whether the error says that the name of a request was taken meanwhile, by a repetition of it.
pub fn is_taken(error: &DbError) -> bool {
    matches!(error, DbError::Query(error) if is_unique_violation(error, "idempotency_pkey", "idempotency", &["actor", "route", "key"]))
}

enum Begin {
    Fresh,
    Replay(StoredAnswer),
}

#[derive(Insertable)]
#[diesel(table_name = idempotency, treat_none_as_default_value = false)]
struct NewRow<'a> {
    actor: &'a str,
    route: &'a str,
    key: &'a str,
    body_hash: &'a [u8],
    created_at: Ts,
}

fn begin(conn: &mut DbConnection, guard: &Guard, now: DateTime<Utc>) -> Result<Begin, ApiError> {
    let row = NewRow {
        actor: &guard.actor,
        route: &guard.route,
        key: &guard.key,
        body_hash: &guard.body_hash,
        created_at: now.into(),
    };
    let inserted = each!(conn, c => diesel::insert_into(idempotency::table).values(&row).on_conflict_do_nothing().execute(c));
    match inserted {
        Ok(1) => return Ok(Begin::Fresh),
        Ok(_) => {}
        Err(error) if crate::db::is_contention(&error) => return Err(in_progress()),
        Err(error) => return Err(error.into()),
    }
    match find(conn, guard, now)? {
        Found::Nothing => Err(in_progress()),
        Found::Expired => {
            restart(conn, guard, now)?;
            Ok(Begin::Fresh)
        }
        Found::Answer(answer) => Ok(Begin::Replay(answer)),
    }
}

enum Found {
    Nothing,
    /// Of a request of the same name that no longer counts.
    Expired,
    Answer(StoredAnswer),
}

/// What is stored of a request: the hash of its content, the status and the content of its answer, and when it was made.
pub type KeptRow = (Vec<u8>, Option<i32>, Option<String>, Ts);

/// What is read of a request; the order is that of [`KeptRow`].
pub const KEPT_COLUMNS: (
    idempotency::body_hash,
    idempotency::status,
    idempotency::answer,
    idempotency::created_at,
) = (
    idempotency::body_hash,
    idempotency::status,
    idempotency::answer,
    idempotency::created_at,
);

fn find(conn: &mut DbConnection, guard: &Guard, now: DateTime<Utc>) -> Result<Found, ApiError> {
    let query = idempotency::table
        .find((&guard.actor, &guard.route, &guard.key))
        .select(KEPT_COLUMNS);
    let found = each!(conn, inner => query.first::<KeptRow>(inner)).optional()?;
    judge(found, guard, now)
}

fn judge(found: Option<KeptRow>, guard: &Guard, now: DateTime<Utc>) -> Result<Found, ApiError> {
    let Some((body_hash, status, answer, created_at)) = found else {
        return Ok(Found::Nothing);
    };
    if created_at.get() + KEPT <= now {
        return Ok(Found::Expired);
    }
    if body_hash != guard.body_hash {
        return Err(ApiError::new(ProblemType::IdempotencyMismatch));
    }
    let (Some(status), Some(answer)) = (status, answer) else {
        return Err(in_progress());
    };
    let mut answer: StoredAnswer = serde_json::from_str(&answer).map_err(ApiError::internal)?;
    answer.status = u16::try_from(status).map_err(ApiError::internal)?;
    answer.replayed = true;
    Ok(Found::Answer(answer))
}

/// What a repetition is told whose first request has not ended.
pub fn in_progress() -> ApiError {
    ApiError::new(ProblemType::IdempotencyInProgress).retry_in(1)
}

fn restart(conn: &mut DbConnection, guard: &Guard, now: DateTime<Utc>) -> QueryResult<usize> {
    let row = idempotency::table.find((&guard.actor, &guard.route, &guard.key));
    diesel::update(row)
        .set((
            idempotency::body_hash.eq(&guard.body_hash),
            idempotency::created_at.eq(Ts::new(now)),
        ))
        .execute(conn)
}

fn forget(conn: &mut DbConnection, guard: &Guard, now: DateTime<Utc>) -> QueryResult<usize> {
    let row = idempotency::table.find((&guard.actor, &guard.route, &guard.key));
    diesel::delete(row.filter(idempotency::created_at.le(Ts::new(now - KEPT)))).execute(conn)
}

fn finish(conn: &mut DbConnection, guard: &Guard, answer: &StoredAnswer) -> Result<(), ApiError> {
    let row = idempotency::table.find((&guard.actor, &guard.route, &guard.key));
    diesel::update(row)
        .set((
            idempotency::status.eq(i32::from(answer.status)),
            idempotency::answer.eq(text_of(answer)?),
        ))
        .execute(conn)?;
    Ok(())
}

fn text_of(answer: &StoredAnswer) -> Result<String, ApiError> {
    serde_json::to_string(answer).map_err(ApiError::internal)
}

/// An answer with the name of its request, as a row that was not there before.
#[derive(Insertable, Debug)]
#[diesel(table_name = idempotency, treat_none_as_default_value = false)]
pub struct KeptAnswer {
    actor: String,
    route: String,
    key: String,
    body_hash: Vec<u8>,
    status: i32,
    answer: String,
    created_at: Ts,
}

impl KeptAnswer {
    /// Many of them in one statement. Two statements with the same names wait for each other in the same order.
    pub fn of_many<'a>(rows: impl Iterator<Item = &'a Self>) -> Bulk<'a, Self> {
        let mut rows: Vec<_> = rows.collect();
        rows.sort_unstable_by_key(|row| (&row.actor, &row.route, &row.key));
        Bulk::new("idempotency", rows)
            .set(idempotency::actor, |row| &row.actor)
            .set(idempotency::route, |row| &row.route)
            .set(idempotency::key, |row| &row.key)
            .set(idempotency::body_hash, |row| &row.body_hash)
            .set(idempotency::status, |row| Some(row.status))
            .set(idempotency::answer, |row| Some(&row.answer))
            .set(idempotency::created_at, |row| row.created_at)
    }
}

impl Guard {
    /// What it is known by: who asks, for which operation, under which key.
    pub fn name(&self) -> (&str, &str, &str) {
        (&self.actor, &self.route, &self.key)
    }

    /// An answer as it is to be kept (see [`replay`]).
    ///
    /// # Errors
    /// When the answer cannot be written as JSON.
    pub fn kept(self, answer: &StoredAnswer, now: DateTime<Utc>) -> Result<KeptAnswer, ApiError> {
        Ok(KeptAnswer {
            actor: self.actor,
            route: self.route,
            key: self.key,
            body_hash: self.body_hash,
            status: answer.status.into(),
            answer: text_of(answer)?,
            created_at: now.into(),
        })
    }
}

/// Forgets answers older than a day; a worker calls it.
pub fn forget_old(conn: &mut DbConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(idempotency::table.filter(idempotency::created_at.le(Ts::new(now - KEPT))))
        .execute(conn)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_key_is_one_header_of_visible_characters() {
        let read_keys = |values: &[&[u8]]| {
            let mut request = TestRequest::default();
            for value in values {
                request = request.append_header((
                    IDEMPOTENCY_KEY,
                    actix_web::http::header::HeaderValue::from_bytes(value).unwrap(),
                ));
            }
            read_name(&request.to_http_request()).map_err(|error| error.kind())
        };
        let refused = Err(ProblemType::IdempotencyKeyRequired);
        assert_eq!(read_keys(&[]), Ok(None));
        assert_eq!(read_keys(&[b"abc-1"]), Ok(Some("abc-1".to_owned())));
        assert!(read_keys(&["k".repeat(255).as_bytes()]).is_ok());
        assert_eq!(read_keys(&["k".repeat(256).as_bytes()]), refused);
        assert_eq!(read_keys(&[b""]), refused);
        assert_eq!(read_keys(&[b"a b"]), refused);
        assert_eq!(read_keys(&[b"a\tb"]), refused);
        assert_eq!(read_keys(&["clé".as_bytes()]), refused);
        assert_eq!(read_keys(&[b"a", b"b"]), refused);
    }
}
