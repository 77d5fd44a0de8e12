//! The local mailbox: where mail goes on a first run without a mail server, so that a newcomer can finish the whole
//! journey. It holds one-time codes of everybody, so only two may look: whoever sits at the machine itself and
//! administrators. Sitting at the machine means: the installation is a trial, reached at a loopback address by everybody
//! (a proxy on the same machine connects from the loopback too, and need not say for whom); the connection comes from the
//! loopback and no proxy forwarded it; and it was asked for under a loopback name, not under one that a stranger's page
//! made point here. With a mail server configured the mailbox does not exist.

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;

use crate::http::mount::ServiceConfig;
use actix_web::dev::Payload;
use actix_web::http::header::{FORWARDED, HeaderName, VIA};
use actix_web::{FromRequest, HttpRequest, get, web};
use serde::Deserialize;
use shared::api::mailbox::{LocalMail, LocalMailRow};
use shared::api::page::Page;

use super::store;
use crate::app::AppState;
use crate::auth::Administrator;
use crate::http::page::Limit;
use crate::http::target::names_this_machine;
use crate::http::{ApiError, Json, Path, Query, problems};

/// Mounts the endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_mailbox_messages)
        .service(read_mailbox_message);
}

/// Somebody who may look into the local mailbox; 404 for everybody when mail goes to a server.
#[derive(Clone, Copy, Debug)]
pub struct MailboxReader(());

impl FromRequest for MailboxReader {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let settings = request
            .app_data::<web::Data<AppState>>()
            .map(|state| &state.settings)
            .filter(|settings| settings.smtp.is_none());
        let Some(settings) = settings else {
            return Box::pin(async { Err(ApiError::not_found()) });
        };
        if settings.public_url.is_loopback() && is_at_the_machine(request) {
            return Box::pin(async { Ok(Self(())) });
        }
        let administrator = Administrator::from_request(request, payload);
        Box::pin(async move { administrator.await.map(|_| Self(())) })
    }
}

/// Whether the connection comes from this machine, asks for this machine, and no proxy says that it forwards for somebody
/// else.
fn is_at_the_machine(request: &HttpRequest) -> bool {
    const FORWARDING: [HeaderName; 5] = [
        FORWARDED,
        VIA,
        HeaderName::from_static("x-forwarded-for"),
        HeaderName::from_static("x-forwarded-host"),
        HeaderName::from_static("x-real-ip"),
    ];
    let forwarded = FORWARDING
        .iter()
        .any(|name| request.headers().contains_key(name));
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    !forwarded
        && names_this_machine(request.head())
        && request
            .peer_addr()
            .is_some_and(|peer| is_loopback(peer.ip()))
}

/// Which part of the list is wanted.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MailboxParams {
    /// Where the page begins: `next` of the page before.
    pub cursor: Option<String>,
    /// Rows of a page, 1 to 100; 25 unless given.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 100)]
    pub limit: Limit,
}

/// Lists the mails of the local mailbox, newest first
#[utoipa::path(
    tag = "mailbox",
    operation_id = "list_mailbox_messages",
    description = "Exists only while no mail server is configured. For administrators; and without any sign-in from the server's own machine, as long as the public address is a loopback one.",
    params(MailboxParams),
    security((), ("console" = [])),
    responses(
        (status = 200, description = "A page of mails.", body = Page<LocalMailRow>),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::Invalid, problems::RateLimited,
    ),
)]
#[get("/mailbox/messages")]
pub async fn list_mailbox_messages(
    state: web::Data<AppState>,
    _reader: MailboxReader,
    Query(params): Query<MailboxParams>,
) -> Result<Json<Page<LocalMailRow>>, ApiError> {
    const FINGERPRINT: &str = "mailbox";
    let limit = params.limit;
    let before = params
        .cursor
        .as_deref()
        .map(|cursor| state.cursors.decode::<i64>(FINGERPRINT, cursor))
        .transpose()?;
    let rows = state
        .db
        .read(move |conn| Ok::<_, ApiError>(store::list(conn, before, limit.with_one_more())?))
        .await?;
    Ok(Json(state.cursors.page(
        FINGERPRINT,
        limit,
        rows,
        |row| row.id,
        |row| row,
    )?))
}

/// Reads a mail of the local mailbox
#[utoipa::path(
    tag = "mailbox",
    operation_id = "read_mailbox_message",
    description = "Exists only while no mail server is configured. For administrators; and without any sign-in from the server's own machine, as long as the public address is a loopback one.",
    params(("id" = i64, Path, description = "Key of the mail.")),
    security((), ("console" = [])),
    responses(
        (status = 200, description = "The mail with both its parts.", body = LocalMail),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited,
    ),
)]
#[get("/mailbox/messages/{id}")]
pub async fn read_mailbox_message(
    state: web::Data<AppState>,
    _reader: MailboxReader,
    Path(id): Path<i64>,
) -> Result<Json<LocalMail>, ApiError> {
    load(&state, id).await.map(Json)
}

/// A mail, or 404.
pub(super) async fn load(state: &AppState, id: i64) -> Result<LocalMail, ApiError> {
    let found = state
        .db
        .read(move |conn| Ok::<_, ApiError>(store::find(conn, id)?))
        .await?;
    found.ok_or_else(ApiError::not_found)
}
