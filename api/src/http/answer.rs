//! What handlers answer when all went well.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use shared::i18n::Lang;

use super::etag;

fn json(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    HttpResponse::build(status).json(body)
}

/// 201 with the new thing, its address and, where it has one, its version.
#[derive(Debug)]
pub struct Created<T> {
    body: T,
    location: Option<String>,
    version: Option<i64>,
}

impl<T> Created<T> {
    /// A new thing.
    pub fn new(body: T) -> Self {
        Self {
            body,
            location: None,
            version: None,
        }
    }

    /// Where to find it, beginning with a slash.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.location = Some(location.into());
        self
    }

    /// Its version, for the `ETag` header.
    #[must_use]
    pub fn version(mut self, version: impl Into<i64>) -> Self {
        self.version = Some(version.into());
        self
    }
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = json(StatusCode::CREATED, &self.body);
        if let Some(location) = self.location.and_then(|text| text.parse().ok()) {
            response.headers_mut().insert(LOCATION, location);
        }
        if let Some(version) = self.version {
            response.headers_mut().insert(ETAG, etag::header(version));
        }
        response
    }
}

/// 202: taken on, to be finished by the caller or by a worker.
#[derive(Debug)]
pub struct Accepted<T>(pub T);

impl<T: Serialize> Responder for Accepted<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        json(StatusCode::ACCEPTED, &self.0)
    }
}

/// 204: done, nothing to say.
#[derive(Clone, Copy, Debug)]
pub struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

/// 200 with a version in `ETag`, or 304 when `If-None-Match` names that version.
#[derive(Debug)]
pub struct Versioned<T> {
    content: Content<T>,
    etag: String,
}

/// What is sent: a thing that still has to be written, or what was written to know its version.
#[derive(Debug)]
enum Content<T> {
    Thing(T),
    Json(Vec<u8>),
}

impl<T> Versioned<T> {
    /// A thing with its version number.
    pub fn new(version: impl Into<i64>, body: T) -> Self {
        Self {
            content: Content::Thing(body),
            etag: format!("\"{}\"", version.into()),
        }
    }

    /// A thing with its version number that says some of it in the caller's language: in the other language it is known by
    /// another tag. `If-Match` looks at the number alone.
    pub fn in_language(version: impl Into<i64>, lang: Lang, body: T) -> Self {
        Self {
            content: Content::Thing(body),
            etag: format!("\"{}.{}\"", version.into(), lang.as_str()),
        }
    }
}

impl<T: Serialize> Versioned<T> {
    /// A thing without a version, such as a page of a list: its content is its version.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn by_content(body: T) -> Result<Self, super::ApiError> {
        let text = serde_json::to_vec(&body).map_err(super::ApiError::internal)?;
        let hash = crate::auth::token::sha256(&text);
        let hex: String = hash
            .iter()
            .take(12)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            content: Content::Json(text),
            etag: format!("\"c{hex}\""),
        })
    }
}

impl<T: Serialize> Responder for Versioned<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if etag::is_known(request, &self.etag) {
            return HttpResponse::NotModified()
                .insert_header((ETAG, self.etag))
                .finish();
        }
        let mut response = match self.content {
            Content::Thing(thing) => json(StatusCode::OK, &thing),
            Content::Json(text) => HttpResponse::Ok()
                .content_type("application/json")
                .body(text),
        };
        if let Ok(value) = self.etag.parse() {
            response.headers_mut().insert(ETAG, value);
        }
        response
    }
}
