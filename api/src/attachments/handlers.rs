//! Sending a file, taking it back, and downloading one.

use actix_multipart::Multipart;
use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use shared::api::problem::ProblemType;
use shared::api::uploads::{Upload, UploadForm};
use shared::ticket::handed_over_at;
use uuid::Uuid;

use super::params::UploadParams;
use super::store::{KeepError, Owner, Room, Sender};
use super::{commands, store, view};
use crate::app::AppState;
use crate::auth::{AgentCaller, BrowserKey, RequesterCaller};
use crate::db::{DbConnection, Uid};
use crate::http::context::RequestContext;
use crate::http::rate::RateClass;
use crate::http::{ApiError, Created, NoContent, Path, Query, problems};
use crate::tickets;

/// The key of a file, as one parameter of the path.
fn parse_id(id: &str) -> Result<Uid, ApiError> {
    Uuid::try_parse(id)
        .map(Uid)
        .map_err(|_| ApiError::not_found())
}

/// Sends a file, to be named in a draft or a message
///
/// With a portal session it belongs to the requester, otherwise to the browser. It waits 24 hours. Takes no
/// `Idempotency-Key`: a repetition only stores the file again, and what no message names is removed.
#[utoipa::path(
    tag = "portal",
    operation_id = "upload_portal_file",
    params(UploadParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security((), ("portal" = [])),
    responses(
        (status = 201, description = "The file arrived whole.", body = Upload),
        problems::Malformed, problems::Unauthorized, problems::Timeout, problems::TooLarge, problems::UnsupportedMediaType, problems::Invalid,
        problems::RateLimited, problems::Unavailable,
    ),
)]
#[post("/portal/uploads")]
pub async fn upload_portal_file(
    state: web::Data<AppState>,
    request_context: RequestContext,
    browser: BrowserKey,
    caller: PortalUploader,
    Query(params): Query<UploadParams>,
    form: Multipart,
) -> Result<Created<Upload>, ApiError> {
    receive(
        &state,
        &request_context,
        caller.owner(&browser),
        params,
        form,
    )
    .await
}

/// Takes back a file that was not bound yet
#[utoipa::path(
    tag = "portal",
    operation_id = "delete_portal_upload",
    params(("id" = String, Path, description = "Key of the upload.")),
    security((), ("portal" = [])),
    responses((status = 204, description = "It is gone."), problems::Unauthorized, problems::NotFound, problems::RateLimited),
)]
#[delete("/portal/uploads/{id}")]
pub async fn delete_portal_upload(
    state: web::Data<AppState>,
    browser: BrowserKey,
    caller: PortalUploader,
    Path(id): Path<String>,
) -> Result<NoContent, ApiError> {
    remove(&state, caller.owner(&browser), &id).await
}

/// Sends a file, to be named in a message or a solution
///
/// It waits 24 hours. Takes no `Idempotency-Key`: a repetition only stores the file again, and what no message names is
/// removed.
#[utoipa::path(
    tag = "tickets",
    operation_id = "upload_file",
    params(UploadParams),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    security(("console" = [])),
    responses(
        (status = 201, description = "The file arrived whole.", body = Upload),
        problems::Malformed, problems::Unauthorized, problems::Forbidden, problems::Timeout, problems::TooLarge, problems::UnsupportedMediaType,
        problems::Invalid, problems::RateLimited, problems::Unavailable,
    ),
)]
#[post("/uploads")]
pub async fn upload_console_file(
    state: web::Data<AppState>,
    request_context: RequestContext,
    caller: AgentCaller,
    Query(params): Query<UploadParams>,
    form: Multipart,
) -> Result<Created<Upload>, ApiError> {
    receive(
        &state,
        &request_context,
        Owner::User(caller.user_id()),
        params,
        form,
    )
    .await
}

/// Takes back a file that was not bound yet
#[utoipa::path(
    tag = "tickets",
    operation_id = "delete_upload",
    params(("id" = String, Path, description = "Key of the upload.")),
    security(("console" = [])),
    responses((status = 204, description = "It is gone."), problems::Unauthorized, problems::Forbidden, problems::NotFound, problems::RateLimited),
)]
#[delete("/uploads/{id}")]
pub async fn delete_console_upload(
    state: web::Data<AppState>,
    caller: AgentCaller,
    Path(id): Path<String>,
) -> Result<NoContent, ApiError> {
    remove(&state, Owner::User(caller.user_id()), &id).await
}

/// Downloads a file of one of the requester's tickets
///
/// Always as a download of unknown type, whole, whatever the file is.
#[utoipa::path(
    tag = "portal",
    operation_id = "download_my_attachment",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("id" = String, Path, description = "Key of the file."),
    ),
    security(("portal" = [])),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has this content already (`If-None-Match`)."),
        problems::Unauthorized, problems::NotFound, problems::RateLimited, problems::Unavailable,
    ),
)]
#[get("/portal/tickets/{code}/attachments/{id}")]
pub async fn download_my_attachment(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: RequesterCaller,
    Path((code, id)): Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&id)?;
    let (desk_id, person_id) = (caller.desk_id(), caller.person_id());
    let row = state
        .db
        .read(move |conn| store::find_for_requester(conn, desk_id, person_id, &code, id))
        .await?;
    commands::download(&state.files, row.ok_or_else(ApiError::not_found)?, &request).await
}

/// Downloads a file of a ticket
///
/// Always as a download of unknown type, whole, whatever the file is.
#[utoipa::path(
    tag = "tickets",
    operation_id = "download_attachment",
    params(
        ("code" = String, Path, description = "The ticket's code.", example = "INF-1042"),
        ("id" = String, Path, description = "Key of the file."),
    ),
    security(("console" = [])),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 304, description = "The caller has this content already (`If-None-Match`)."),
        problems::Unauthorized, problems::NotFound, problems::RateLimited, problems::Unavailable,
    ),
)]
#[get("/tickets/{code}/attachments/{id}")]
pub async fn download_attachment(
    state: web::Data<AppState>,
    request: HttpRequest,
    caller: AgentCaller,
    Path((code, id)): Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let id = parse_id(&id)?;
    let registry = state.desks.clone();
    let read = move |conn: &mut DbConnection| -> Result<_, ApiError> {
        let sight = tickets::sight::Sight::of(&caller);
        let record =
            tickets::store::read_in_sight(conn, &code, &sight)?.ok_or_else(ApiError::not_found)?;
        let desk = registry.version(conn, record.desk_id, record.desk_version)?;
        let actor = caller.actor_at(desk.id);
        tickets::steps::must_see(&record.state, &desk, &actor)?;
        let found = store::find_for_agent(conn, &sight, &code, id)?;
        let hidden = match handed_over_at(&record.state, &desk.profile, &actor) {
            Some(since) => tickets::store::notes_before(conn, record.id, since)?,
            None => Vec::new(),
        };
        Ok(found.filter(|file| !file.message_id.is_some_and(|note| hidden.contains(&note))))
    };
    let row = state.db.read(read).await?;
    commands::download(&state.files, row.ok_or_else(ApiError::not_found)?, &request).await
}

async fn receive(
    state: &AppState,
    context: &RequestContext,
    owner: Owner,
    params: UploadParams,
    form: Multipart,
) -> Result<Created<Upload>, ApiError> {
    let (class, client) = match &owner {
        // A browser without a session can forget its cookie, and change its address, but not its network.
        Owner::Browser(_) => (RateClass::UploadPrefix, context.client_prefix().to_string()),
        Owner::Person(_) | Owner::User(_) => (
            RateClass::Upload,
            format!("{}:{}", owner.kind(), owner.key()),
        ),
    };
    state.limits.check(class, &client)?;
    let sender = Sender {
        owner: &owner,
        client: &client,
    };
    let _slot = state.files.slots.take(sender).ok_or_else(|| {
        ApiError::rate_limited(5).detail(
            "Espere a que terminen los archivos que está enviando.",
            "Wait until the files that you are sending have arrived.",
        )
    })?;
    let room = room(state);
    check_room(state, owner.clone(), client.clone(), room).await?;
    let limit = limit(state, params).await?;
    let (name, received) = commands::receive(&state.files, form, limit).await?;
    let now = state.clock.now();
    let storage_key = received.storage_key.clone();
    match state
        .db
        .write(move |conn| {
            let sender = Sender {
                owner: &owner,
                client: &client,
            };
            store::insert(conn, sender, &name, &received, room, now)
        })
        .await
    {
        Ok(row) => Ok(Created::new(view::upload(row))),
        Err(error) => {
            // Without its row nobody would ever remove the file.
            if let Err(error) = state.files.remove(&storage_key).await {
                tracing::warn!(error = %error, "a file without a row could not be removed");
            }
            Err(error.into())
        }
    }
}

fn room(state: &AppState) -> Room {
    let bytes = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    Room {
        client_bytes: bytes(state.settings.limits.waiting_bytes_per_client),
        strangers_bytes: bytes(state.settings.limits.waiting_bytes),
    }
}

/// Refuses before anything is received when there is no room left at all.
async fn check_room(
    state: &AppState,
    owner: Owner,
    client: String,
    room: Room,
) -> Result<(), ApiError> {
    let check = move |conn: &mut DbConnection| {
        let sender = Sender {
            owner: &owner,
            client: &client,
        };
        store::check_room(conn, sender, 1, room)
    };
    Ok(state.db.read(check).await?)
}

impl From<KeepError> for ApiError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::ClientFull => Self::rate_limited(WAIT_FOR_ROOM).detail(
                "Hay demasiados archivos suyos a la espera de un mensaje. Envíe el mensaje o quite archivos.",
                "Too many of your files wait for their message. Send the message or remove files.",
            ),
            KeepError::Full => Self::new(ProblemType::StorageFull).caused_by(error),
            KeepError::Db(error) => error.into(),
        }
    }
}

/// When there may be room again after messages were sent or files removed, in seconds.
const WAIT_FOR_ROOM: u64 = 600;

/// Most bytes of a file: the product's limit, or the desk's where that is smaller.
async fn limit(state: &AppState, params: UploadParams) -> Result<u64, ApiError> {
    let most = state.settings.limits.file_bytes;
    let Some(slug) = params.desk else {
        return Ok(most);
    };
    let (desks, now) = (state.desks.clone(), state.clock.now());
    let desk = state
        .db
        .read(move |conn| Ok::<_, ApiError>(desks.by_slug(conn, &slug, now)?))
        .await?;
    let desk = desk.ok_or_else(|| {
        ApiError::field(
            "?desk",
            "unknown",
            "Esta mesa no existe.",
            "There is no such desk.",
        )
    })?;
    Ok(most.min(desk.profile.attachments.max_bytes))
}

async fn remove(state: &AppState, owner: Owner, id: &str) -> Result<NoContent, ApiError> {
    let id = parse_id(id)?;
    let storage_key = state
        .db
        .write(move |conn| store::discard_own(conn, &owner, id))
        .await?;
    let storage_key = storage_key.ok_or_else(ApiError::not_found)?;
    state.files.remove(&storage_key).await?;
    state
        .db
        .write(move |conn| store::delete(conn, &[id]))
        .await?;
    Ok(NoContent)
}

/// Whoever sends files through the portal: the requester of a session, or else only a browser.
#[derive(Debug)]
pub struct PortalUploader(Option<RequesterCaller>);

impl PortalUploader {
    /// To whom a new file belongs.
    fn owner(&self, browser: &BrowserKey) -> Owner {
        match &self.0 {
            Some(caller) => Owner::Person(caller.person_id()),
            None => Owner::Browser(browser.hash()),
        }
    }

    /// Whose files a draft may name.
    pub fn owners(&self, browser: &BrowserKey) -> Vec<Owner> {
        let person = self
            .0
            .as_ref()
            .map(|caller| Owner::Person(caller.person_id()));
        std::iter::once(Owner::Browser(browser.hash()))
            .chain(person)
            .collect()
    }
}

impl actix_web::FromRequest for PortalUploader {
    type Error = ApiError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        if !request
            .headers()
            .contains_key(actix_web::http::header::AUTHORIZATION)
        {
            return Box::pin(std::future::ready(Ok(Self(None))));
        }
        let caller = RequesterCaller::from_request(request, payload);
        // A proof that is wrong is refused, not taken for none.
        Box::pin(async move { Ok(Self(Some(caller.await?))) })
    }
}
