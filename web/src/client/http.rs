//! Calls to the API: bearer token, refresh, idempotency, versions, problems.
//!
//! ```ignore
//! let client = use_client();
//! let ticket: TicketView = client.send(Request::get("/tickets/INF-1042")).await?;
//! let changed: TicketChanged = client
//!     .send(Request::post("/tickets/INF-1042/solutions").json(&solution).if_match(ticket.version).key(&key))
//!     .await?;
//! ```
//!
//! The access token lives in memory only. When it is missing, about to expire or refused, the
//! client asks for a new one with the HttpOnly refresh cookie: once at a time in this tab, and one
//! tab after the other (Web Locks), because a refresh token that comes twice may end the session.

use js_sys::{Function, Promise};
use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::problem::{FieldError, Problem};
use shared::api::session::AccessToken;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Headers, RequestCredentials, RequestInit, Response};

use crate::browser;
use crate::i18n::{self, t};

/// Where the API answers.
pub const BASE: &str = "/api/v1";

/// The access token is renewed this long before it expires, in milliseconds.
const EARLY: f64 = 20_000.0;
/// After so many milliseconds without an answer a call has failed.
const CALL_MS: u32 = 30_000;

crate::messages! {
    enum Words {
        Offline = "No hay conexión con el servidor. Revise su red e intente de nuevo; lo que escribió se conserva.",
            "The server cannot be reached. Check your network and try again; what you typed is kept.";
        Unreadable = "El servidor respondió algo que no se pudo leer. Recargue la página e intente de nuevo.",
            "The server's answer could not be read. Reload the page and try again.";
        Failed = "El servidor no pudo responder. Intente de nuevo en unos minutos.",
            "The server could not answer. Try again in a few minutes.";
    }
}

/// Which of the two apps is asking; it decides where the session is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Requesters: `/portal/session`.
    Portal,
    /// Agents: `/session`.
    Console,
}

impl Audience {
    fn session(self) -> &'static str {
        match self {
            Self::Portal => "/portal/session",
            Self::Console => "/session",
        }
    }

    /// Key of the mark that a session probably exists, so that a visitor without one causes no
    /// refused call. It holds no secret.
    fn mark(self) -> &'static str {
        match self {
            Self::Portal => "atiende.portal.session",
            Self::Console => "atiende.console.session",
        }
    }
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// The server could not be reached.
    Offline,
    /// The server refused, and says why.
    Problem(Box<Problem>),
    /// The server refused and says how many seconds to wait (`Retry-After`).
    Wait(Box<Problem>, u32),
    /// An error answer without a problem document.
    Status(u16),
    /// A successful answer that could not be read.
    Decode(String),
}

impl ApiError {
    /// The problem document, if the server sent one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) | Self::Wait(problem, _) => Some(problem),
            Self::Offline | Self::Status(_) | Self::Decode(_) => None,
        }
    }

    /// Stable code of the problem type such as `validation`; empty if there is none.
    pub fn code(&self) -> &str {
        self.problem().map_or("", |problem| &problem.code)
    }

    /// HTTP status code; 0 when there was no answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Problem(problem) | Self::Wait(problem, _) => problem.status,
            Self::Status(status) => *status,
            Self::Offline | Self::Decode(_) => 0,
        }
    }

    /// What to tell the person, in the current language.
    pub fn detail(&self) -> String {
        match self {
            Self::Offline => t(Words::Offline).to_owned(),
            Self::Problem(problem) | Self::Wait(problem, _) => problem.detail.clone(),
            Self::Status(_) => t(Words::Failed).to_owned(),
            Self::Decode(_) => t(Words::Unreadable).to_owned(),
        }
    }

    /// The same with the code of the ticket that it is about, for whoever is at another one by now.
    pub fn about(&self, code: &str) -> String {
        [code, ": ", &self.detail()].concat()
    }

    /// The wrong fields, if the content was at fault.
    pub fn fields(&self) -> &[FieldError] {
        self.problem().map_or(&[], |problem| &problem.errors)
    }

    /// Whether the person has to sign in (again).
    pub fn is_signed_out(&self) -> bool {
        self.code() == "unauthorized"
    }
}

/// An answer to a conditional request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fetched<T> {
    /// Nothing changed since the given `ETag`.
    Same,
    /// A new state, with its `ETag` if the server gave one.
    New(T, Option<String>),
}

/// One call, before it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    body: Option<String>,
    key: Option<String>,
    if_match: Option<i32>,
    if_none_match: Option<String>,
    public: bool,
    file: bool,
}

impl Request {
    fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            body: None,
            key: None,
            if_match: None,
            if_none_match: None,
            public: false,
            file: false,
        }
    }

    /// Reads; `path` is behind [`BASE`], e.g. `/tickets/INF-1042`.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// Creates or acts; a fresh `Idempotency-Key` is added unless [`Request::key`] gives one.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    /// Changes fields.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new("PATCH", path)
    }

    /// Replaces.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new("PUT", path)
    }

    /// Removes.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path)
    }

    /// Sets the JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        // The wire types have string keys only, so writing them cannot fail.
        self.body = serde_json::to_string(body).ok();
        self
    }

    /// Names the `Idempotency-Key`. A form keeps one key per filled-in content, so that sending it
    /// again after a lost answer does nothing twice.
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Demands this version of the resource (`If-Match`); 412 if somebody changed it.
    pub fn if_match(mut self, version: i32) -> Self {
        self.if_match = Some(version);
        self
    }

    /// Asks for news only, see [`Client::poll`].
    pub fn if_none_match(mut self, etag: Option<String>) -> Self {
        self.if_none_match = etag;
        self
    }

    /// Marks a call whose answer is a file, which may take its time.
    fn file(mut self) -> Self {
        self.file = true;
        self
    }

    /// Marks a call that needs no session: it never waits for a renewal.
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }
}

/// An answer as it came.
struct Reply {
    status: u16,
    body: String,
    etag: Option<String>,
}

#[derive(Clone)]
struct Token {
    bearer: String,
    until: f64,
}

/// The API as seen by one app. Cheap to copy; get it with [`use_client`].
#[derive(Clone, Copy)]
pub struct Client {
    audience: Audience,
    token: RwSignal<Option<Token>>,
    renewal: StoredValue<Option<Promise>, LocalStorage>,
}

/// Provides the [`Client`] to everything below.
pub fn provide_client(audience: Audience) {
    provide_context(Client {
        audience,
        token: RwSignal::new(None),
        renewal: StoredValue::new_local(None),
    });
}

/// The app's [`Client`].
pub fn use_client() -> Client {
    expect_context()
}

impl Client {
    /// Sends a call and reads its JSON answer.
    ///
    /// # Errors
    /// [`ApiError`]; `unauthorized` only after renewing the session failed too.
    pub async fn send<T: DeserializeOwned>(self, request: Request) -> Result<T, ApiError> {
        let reply = self.reply(request).await?;
        decode(&reply.body)
    }

    /// Sends a call whose answer has no body or is of no interest.
    ///
    /// # Errors
    /// [`ApiError`], as [`Client::send`].
    pub async fn run(self, request: Request) -> Result<(), ApiError> {
        self.reply(request).await.map(|_| ())
    }

    /// Reads only if something changed since `etag`.
    ///
    /// # Errors
    /// [`ApiError`], as [`Client::send`].
    pub async fn poll<T: DeserializeOwned>(
        self,
        path: String,
        etag: Option<String>,
    ) -> Result<Fetched<T>, ApiError> {
        let reply = self.reply(Request::get(path).if_none_match(etag)).await?;
        if reply.status == 304 {
            return Ok(Fetched::Same);
        }
        Ok(Fetched::New(decode(&reply.body)?, reply.etag))
    }

    /// Fetches a file with the session's token and hands it to the browser as a download.
    ///
    /// # Errors
    /// [`ApiError`], as [`Client::send`].
    pub async fn download(self, path: String, file_name: String) -> Result<(), ApiError> {
        let response = self.respond(&Request::get(path).file()).await?;
        let blob = response.blob().map_err(offline)?;
        let blob: web_sys::Blob = JsFuture::from(blob)
            .await
            .map_err(offline)?
            .unchecked_into();
        let address = web_sys::Url::create_object_url_with_blob(&blob).map_err(offline)?;
        if let Ok(link) = document().create_element("a") {
            let link: web_sys::HtmlAnchorElement = link.unchecked_into();
            link.set_href(&address);
            link.set_download(&file_name);
            link.click();
        }
        set_timeout(
            move || {
                let _ = web_sys::Url::revoke_object_url(&address);
            },
            std::time::Duration::from_secs(60),
        );
        Ok(())
    }

    /// Begins a session with a token that a sign-in or a proved code gave.
    pub fn sign_in(self, token: AccessToken) {
        browser::store(self.audience.mark(), Some("1"));
        self.token.set(Some(Token {
            until: browser::now_ms() + f64::from(token.expires_in) * 1000.0,
            bearer: token.access_token,
        }));
    }

    /// Ends the session here and on the server.
    pub async fn sign_out(self) {
        let ending = self.run(Request::delete(self.audience.session())).await;
        // Signing out must work without a network, too: the token dies with this page anyway.
        drop(ending);
        self.forget();
    }

    /// Whether there is a session, renewing it from the cookie if there may be one. Call it when
    /// the app starts and before pages that need a session.
    pub async fn resume(self) -> bool {
        self.fresh() || (self.may_have_session() && self.renew().await)
    }

    /// Whether a token is in memory; follows changes when read in a reactive place.
    pub fn is_signed_in(self) -> bool {
        self.token.with(Option::is_some)
    }

    /// Whether asking for the session makes sense at all.
    pub fn may_have_session(self) -> bool {
        browser::stored(self.audience.mark()).is_some()
    }

    /// The token for a request that is not made by [`Client::send`], renewed if need be.
    pub(super) async fn bearer(self) -> Option<String> {
        if !self.fresh() && self.may_have_session() {
            self.renew().await;
        }
        self.token
            .with_untracked(|token| token.as_ref().map(|token| token.bearer.clone()))
    }

    fn fresh(self) -> bool {
        self.token.with_untracked(|token| {
            token
                .as_ref()
                .is_some_and(|token| token.until - EARLY > browser::now_ms())
        })
    }

    fn forget(self) {
        browser::store(self.audience.mark(), None);
        self.token.set(None);
    }

    /// Sends, reads the text, renews the session once on 401, and turns refusals into errors.
    async fn reply(self, request: Request) -> Result<Reply, ApiError> {
        let response = self.respond(&request).await?;
        let status = response.status();
        let etag = response.headers().get("ETag").ok().flatten();
        Ok(Reply {
            status,
            body: text_of(&response).await?,
            etag,
        })
    }

    async fn respond(self, request: &Request) -> Result<Response, ApiError> {
        let key = match (&request.key, request.method) {
            (Some(key), _) => Some(key.clone()),
            (None, "POST") => Some(browser::random_key()),
            (None, _) => None,
        };
        let mut renewed = false;
        loop {
            let bearer = if request.public {
                None
            } else {
                self.bearer().await
            };
            let response = fetch(request, key.as_deref(), bearer.as_deref()).await?;
            if response.ok() || response.status() == 304 {
                return Ok(response);
            }
            let error = refusal(&response).await;
            if error.is_signed_out() && bearer.is_some() && !renewed {
                renewed = true;
                if self.renew().await {
                    continue;
                }
            }
            return Err(error);
        }
    }

    /// Asks for a new access token, once at a time; `false` if the session is over.
    pub(super) async fn renew(self) -> bool {
        let running = self.renewal.with_value(Option::clone);
        let promise = running.unwrap_or_else(|| {
            let promise = one_tab_at_a_time(self);
            self.renewal.set_value(Some(promise.clone()));
            promise
        });
        let outcome = JsFuture::from(promise).await;
        self.renewal.set_value(None);
        outcome.is_ok_and(|renewed| renewed.is_truthy())
    }

    async fn renew_now(self) -> bool {
        let path = [self.audience.session(), "/refresh"].concat();
        match fetch(&Request::post(path), None, None).await {
            Ok(response) if response.ok() => {
                let text = text_of(&response).await.unwrap_or_default();
                match decode::<AccessToken>(&text) {
                    Ok(token) => self.sign_in(token),
                    Err(_) => return false,
                }
                true
            }
            Ok(response) if response.status() == 401 || response.status() == 403 => {
                self.forget();
                false
            }
            // Without a network the session may still be good.
            Ok(_) | Err(_) => false,
        }
    }
}

/// Runs the renewal under a lock that all tabs of this browser share, where the browser has one.
fn one_tab_at_a_time(client: Client) -> Promise {
    let renew = move || future_to_promise(async move { Ok(client.renew_now().await.into()) });
    let navigator: JsValue = window().navigator().into();
    let Some(locks) = browser::get(&navigator, "locks") else {
        return renew();
    };
    let Some(request) = browser::get(&locks, "request") else {
        return renew();
    };
    let request: Function = request.unchecked_into();
    let task = Closure::once_into_js(renew);
    request
        .call2(&locks, &client.audience.mark().into(), &task)
        .map_or_else(|_| renew(), JsCast::unchecked_into)
}

async fn fetch(
    request: &Request,
    key: Option<&str>,
    bearer: Option<&str>,
) -> Result<Response, ApiError> {
    let headers = Headers::new().map_err(offline)?;
    let set = |name: &str, value: &str| headers.set(name, value).map_err(offline);
    set("Accept", "application/json")?;
    set("Accept-Language", i18n::locale())?;
    if let Some(bearer) = bearer {
        set("Authorization", &["Bearer ", bearer].concat())?;
    }
    if let Some(key) = key {
        set("Idempotency-Key", key)?;
    }
    if let Some(version) = request.if_match {
        set("If-Match", &["\"", &version.to_string(), "\""].concat())?;
    }
    if let Some(etag) = &request.if_none_match {
        set("If-None-Match", etag)?;
    }
    let init = RequestInit::new();
    init.set_method(request.method);
    init.set_credentials(RequestCredentials::SameOrigin);
    if let Some(body) = &request.body {
        set("Content-Type", "application/json")?;
        init.set_body(&body.into());
    }
    init.set_headers(&headers);
    if !request.file
        && let Some(limit) = time_limit()
    {
        let _ = js_sys::Reflect::set(&init, &"signal".into(), &limit);
    }
    let address = [BASE, &request.path].concat();
    let response = JsFuture::from(window().fetch_with_str_and_init(&address, &init)).await;
    response.map(JsCast::unchecked_into).map_err(offline)
}

/// Ends a call that nobody answers; a browser that knows no such limit waits as long as it likes.
fn time_limit() -> Option<JsValue> {
    let signals = browser::get(&window().into(), "AbortSignal")?;
    let limit: Function = browser::get(&signals, "timeout")?.unchecked_into();
    limit.call1(&signals, &CALL_MS.into()).ok()
}

fn offline(_: JsValue) -> ApiError {
    ApiError::Offline
}

async fn text_of(response: &Response) -> Result<String, ApiError> {
    let text = JsFuture::from(response.text().map_err(offline)?)
        .await
        .map_err(offline)?;
    Ok(text.as_string().unwrap_or_default())
}

/// Reads a refusal: a problem document where there is one.
async fn refusal(response: &Response) -> ApiError {
    let wait = response.headers().get("Retry-After").ok().flatten();
    match text_of(response).await {
        Ok(text) => problem(response.status(), &text, wait.as_deref()),
        Err(error) => error,
    }
}

pub(super) fn problem(status: u16, text: &str, retry_after: Option<&str>) -> ApiError {
    match (read(text), retry_after.and_then(|wait| wait.parse().ok())) {
        (Ok(problem), Some(seconds)) => ApiError::Wait(problem, seconds),
        (Ok(problem), None) => ApiError::Problem(problem),
        (Err(_), _) => ApiError::Status(status),
    }
}

pub(super) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    read(text).map_err(|error| ApiError::Decode(error.to_string()))
}

/// By way of a tree: each type is then read by a small reader of its own, not by its own copy of the JSON parser, which made the
/// download some 10 KB larger.
fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let tree: serde_json::Value = serde_json::from_str(text)?;
    T::deserialize(&tree)
}

/// Makes a text safe as one segment of a path or as a query value.
pub fn encode(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// A path from its parts, each encoded: `path(&["tickets", code])` is `/tickets/INF-1042`.
pub fn path(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        path.push('/');
        path.push_str(&encode(part));
    }
    path
}

/// The multipart form of one file, as the API takes it.
pub(super) fn form_with_file(file: &web_sys::File) -> Option<web_sys::FormData> {
    let form = web_sys::FormData::new().ok()?;
    form.append_with_blob_and_filename("file", file, &file.name())
        .ok()?;
    Some(form)
}
