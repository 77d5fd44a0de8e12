//! The one place where slices are mounted: the router and the API description both come from here.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Serialize;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::attachments::storage::{Files, StorageError};
use crate::auth::access::AccessCache;
use crate::auth::jwt::AccessTokens;
use crate::auth::password::{HashError, Passwords};
use crate::auth::throttle::SignIns;
use crate::clock::Clock;
use crate::config::{ConfigError, SecretKeys, Settings};
use crate::db::gather::Gathering;
use crate::db::loader::Loader;
use crate::db::{Db, DbError};
use crate::desks::registry::{DeskRegistry, FileCeiling};
use crate::http::describe::CommonProblems;
use crate::http::mount::{self, ServiceConfig, scope};
use crate::http::page::Cursors;
use crate::http::rate::RateLimits;
use crate::http::routes::RouteTable;
use crate::http::{ApiError, middleware, problem, site};
use crate::outbox::Wake;
use crate::people::names::Names;
use crate::portal::code::Codes;
use crate::tickets::commands::Creation;
use crate::tickets::queue::KeptQueue;
use crate::tickets::view::TicketAsk;
use crate::{
    agents, approvals, attachments, desks, mail, people, portal, tickets, tokens, vouching,
};

/// What every handler and worker may need; cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// Tickets that are being stored.
    pub creations: Gathering<Creation>,
    /// Tickets that are being read.
    pub ticket_reads: Loader<TicketAsk>,
    /// The only source of time.
    pub clock: Clock,
    /// The settings.
    pub settings: Arc<Settings>,
    /// The keys of this installation.
    pub keys: SecretKeys,
    /// Signs and verifies access tokens.
    pub tokens: AccessTokens,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Budgets of requests.
    pub limits: Arc<RateLimits>,
    /// Failed sign-ins of agents.
    pub sign_ins: Arc<SignIns>,
    /// Signs page cursors.
    pub cursors: Cursors,
    /// What accounts may do, for a second.
    pub access: Arc<AccessCache>,
    /// Installed desks, parsed.
    pub desks: DeskRegistry,
    /// What was answered last about the queue.
    pub kept: Arc<KeptQueue>,
    /// Names that lists show.
    pub names: Arc<Names>,
    /// Tells the mail worker that something waits.
    pub wake: Wake,
    /// Where attachments are kept.
    pub files: Files,
    /// Makes and checks one-time codes.
    pub codes: Codes,
}

/// Why the application cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings or keys.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The password hashing.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The attachment store.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A socket or file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The mail server.
    #[error(transparent)]
    Mail(#[from] mail::transport::TransportError),
    /// Another part of the product, in its own words.
    #[error("{0}")]
    Other(String),
}

impl From<diesel::result::Error> for StartError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

/// How long what is known about an account is believed.
const ACCESS_KEPT: Duration = Duration::from_secs(1);
/// A request's head must have arrived after this long.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long running requests may take to end when the server stops, in seconds.
const SHUTDOWN_SECONDS: u64 = 20;

impl AppState {
    /// Opens everything that the settings name. The schema is not touched: see [`Db::migrate`].
    ///
    /// # Errors
    /// In words for the person at the terminal.
    pub fn open(settings: Settings, clock: Clock) -> Result<Self, StartError> {
        // One TLS provider for every client; a second install only says that there is one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        crate::config::create_private_folder(&settings.data_dir)?;
        let keys = SecretKeys::load_or_create(&settings.secret_file)?;
        let kept = if clock.is_fixed() {
            Duration::ZERO
        } else {
            ACCESS_KEPT
        };
        let db = Db::open(&settings.database)?;
        Ok(Self {
            creations: Gathering::new(db.clone()),
            ticket_reads: Loader::new(db.clone()),
            db,
            clock,
            tokens: AccessTokens::new(&keys, settings.public_url.as_str()),
            passwords: Passwords::default(),
            limits: Arc::new(RateLimits::new(&settings.limits)),
            sign_ins: Arc::new(SignIns::new(&settings.limits)),
            cursors: Cursors::new(&keys),
            access: Arc::new(AccessCache::new(kept)),
            desks: DeskRegistry::within(FileCeiling {
                files: u32::try_from(settings.limits.files_per_message).unwrap_or(u32::MAX),
                bytes: settings.limits.file_bytes,
            }),
            kept: Arc::new(KeptQueue::new(
                settings.limits.kept_bytes,
                settings.limits.kept_row_bytes,
            )),
            names: Arc::default(),
            wake: Wake::default(),
            files: Files::open(&settings.storage)?,
            codes: Codes::new(&keys),
            keys,
            settings: Arc::new(settings),
        })
    }
}

/// Mounts every slice.
pub fn routes(config: &mut ServiceConfig) {
    config.service(scope("/api/v1").configure(version_1));
}

fn version_1(config: &mut ServiceConfig) {
    // What is asked most is looked for first; of what begins with the path of a ticket, its own addresses come last.
    config
        .configure(approvals::routes)
        .configure(attachments::routes)
        .configure(tickets::routes)
        .configure(agents::routes)
        .configure(desks::routes)
        .configure(mail::mailbox::routes)
        .configure(people::routes)
        .configure(portal::routes)
        .configure(tokens::routes)
        .configure(vouching::routes);
}

/// What the description says besides the operations.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Atiende",
        description = "Service desk for several desks. Errors are problem documents (RFC 9457); lists are cursor pages; \
                       `Idempotency-Key` makes a POST safe to repeat; `ETag` and `If-Match` guard changes. \
                       Agents and API tokens use the bearer scheme `console`, requesters the scheme `portal`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    tags(
        (name = "session", description = "Signing in to the console, and who is signed in"),
        (name = "tickets", description = "Tickets as agents and other systems see them: queue, one ticket, every step of its process, files"),
        (name = "approvals", description = "What waits for an approver's decision, and who holds which role"),
        (name = "people", description = "Requesters, their entities, and requests for access"),
        (name = "vouching", description = "The support line's way for callers without their mail"),
        (name = "desks", description = "The desks of the caller: their words, catalogue, states and agents"),
        (name = "agents", description = "Accounts of agents and their places at desks"),
        (name = "tokens", description = "API tokens of other systems"),
        (name = "portal", description = "What requesters do: forms proved by a mailed code, their own tickets, decisions and ratings"),
        (name = "mailbox", description = "Mails of an installation without a mail server")
    ),
    components(schemas(shared::api::problem::Problem, shared::api::tickets::View, shared::api::tickets::Sort)),
    modifiers(&SecuritySchemes)
)]
struct Description;

struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut Document) {
        let bearer = |format: &str, text: &str| {
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format(format)
                    .description(Some(text))
                    .build(),
            )
        };
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(
            "console",
            bearer(
                "JWT or API token",
                "Access token of an agent (10 minutes), or an API token `atk_…` with scopes.",
            ),
        );
        components.add_security_scheme(
            "portal",
            bearer(
                "JWT",
                "Access token of a requester (10 minutes), given for a proved mail address.",
            ),
        );
    }
}

/// The API description (OpenAPI 3.1), generated from the mounted routes.
pub fn api_document() -> Document {
    let mut document = App::new()
        .into_utoipa_app()
        .openapi(Description::openapi())
        .configure(mount::describe(routes))
        .split_for_parts()
        .1;
    CommonProblems.modify(&mut document);
    document
}

/// Starts serving on a socket; the future ends when the server was told to stop.
///
/// # Errors
/// When the socket cannot be used.
pub fn server(listener: TcpListener, state: AppState) -> Result<Server, StartError> {
    let table =
        RouteTable::read(DESCRIPTION).map_err(|error| StartError::Other(error.to_string()))?;
    let table = web::Data::new(table);
    let threads = state.settings.threads;
    let state = web::Data::new(state);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .app_data(table.clone())
            .wrap(from_fn(middleware::around))
            .configure(mount::serve(routes))
            .configure(outside)
            .default_service(web::route().to(fallback))
    })
    .workers(threads)
    .client_request_timeout(HEAD_TIMEOUT)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .listen(listener)?
    .run();
    Ok(server)
}

/// The checked-in description, which a test holds to the one that the routes give. Generating it takes ten megabytes for the
/// moment, of which a server would keep most.
const DESCRIPTION: &str = include_str!("../../openapi/openapi.json");

/// Routes that are no part of the versioned API.
fn outside(config: &mut web::ServiceConfig) {
    // The bar of the other layout has a field without a name, and links inside the buttons that open an operation cannot be
    // reached by a screen reader.
    let docs = Config::new(["/api/openapi.json"])
        .validator_url("none")
        .use_base_layout()
        .deep_linking(false)
        .persist_authorization(false);
    config
        .route("/health/live", web::get().to(live))
        .route("/health/ready", web::get().to(ready))
        .route("/problems/{slug}", web::get().to(problem::page))
        .configure(mail::mailbox_page::routes)
        .route("/api/openapi.json", web::get().to(description))
        .route("/api/docs", web::get().to(to_docs))
        // Before the page's other files, of which it takes the place of one.
        .route("/api/docs/index.css", web::get().to(docs_colours))
        .service(SwaggerUi::new("/api/docs/{_:.*}").config(docs));
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
}

const HEALTHY: Health = Health {
    status: "ok",
    version: env!("CARGO_PKG_VERSION"),
};

/// The process runs.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(HEALTHY)
}

/// The process can do its work: the database answers.
async fn ready(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    state.db.ping().await.map_err(ApiError::unavailable)?;
    Ok(HttpResponse::Ok().json(HEALTHY))
}

async fn description() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(DESCRIPTION)
}

async fn to_docs() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, "/api/docs/"))
        .finish()
}

/// The style sheet that the documentation page loads last, with colours that can be read.
async fn docs_colours() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/css; charset=utf-8"))
        .body(include_str!("http/docs.css"))
}

/// Everything that no route took: a page of the web client, or a problem.
async fn fallback(
    request: actix_web::HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let is_read = matches!(request.method().as_str(), "GET" | "HEAD");
    if is_read && !request.path().starts_with("/api/") {
        return site::serve(request, state).await;
    }
    middleware::no_route(request).await
}
