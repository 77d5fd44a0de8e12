//! What handlers answer when all went well.

use actix_web::body::BoxBody;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, Responder, ResponseError};
use serde::Serialize;
use shared::api::page::Page;
use shared::i18n::Lang;
use xxhash_rust::xxh3::xxh3_128;

use super::etag;
use crate::auth::token::hex;

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

/// 200 with a version in `ETag`, or 304 when a `GET` names that version in `If-None-Match`. A change is answered in full:
/// "not modified" would be the wrong word for what was just done.
#[derive(Debug)]
pub struct Versioned<T> {
    content: Content<T>,
    tag: Tag,
}

/// What an answer is known by.
#[derive(Debug)]
enum Tag {
    /// As it stands.
    Whole(String),
    /// To be followed by a short hash of the content.
    WithContent(String),
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
            tag: Tag::Whole(format!("\"{}\"", version.into())),
        }
    }

    /// A thing with its version number that says some of it in the caller's language, and some that changes without a new
    /// version, such as the time used or what the caller may do: its tag names the language and a short hash of the
    /// content, such as `"3.es.ab12cd34"`. `If-Match` looks at the number alone.
    pub fn in_language(version: impl Into<i64>, lang: Lang, body: T) -> Self {
        Self {
            content: Content::Thing(body),
            tag: Tag::WithContent(format!("{}.{}", version.into(), lang.as_str())),
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
        let etag = format!("\"c{}\"", short_hash(&text, 12));
        Ok(Self {
            content: Content::Json(text),
            tag: Tag::Whole(etag),
        })
    }
}

/// Bytes that most things stay under, such as a ticket with its history.
const USUAL_THING: usize = 8 * 1024;
/// Bytes that most rows of lists stay under, so that a page seldom outgrows its place.
const USUAL_ROW: usize = 768;

/// The rows of a page as they are sent, with the hash of them, so that they can be kept and sent again.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows {
    text: Vec<u8>,
    hash: String,
}

/// Rows that are being written.
#[derive(Debug)]
pub struct RowsWriter {
    text: Vec<u8>,
}

impl RowsWriter {
    /// Writes one row more, and gives what it wrote.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn push<T: Serialize>(&mut self, item: &T) -> Result<&[u8], super::ApiError> {
        if self.text.len() > 1 {
            self.text.push(b',');
        }
        let start = self.text.len();
        serde_json::to_writer(&mut self.text, item).map_err(super::ApiError::internal)?;
        Ok(&self.text[start..])
    }

    /// Writes one row more that is JSON already.
    pub fn push_written(&mut self, row: &[u8]) {
        if self.text.len() > 1 {
            self.text.push(b',');
        }
        self.text.extend_from_slice(row);
    }

    /// The rows.
    pub fn finish(mut self) -> Rows {
        self.text.push(b']');
        let hash = short_hash(&self.text, 12);
        Rows {
            text: self.text,
            hash,
        }
    }
}

impl Rows {
    /// Begins a page that is to hold so many rows.
    pub fn with_room_for(items: usize) -> RowsWriter {
        let mut text = Vec::with_capacity(items * USUAL_ROW + 2);
        text.push(b'[');
        RowsWriter { text }
    }

    /// The rows as a list in JSON.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Bytes that the rows take.
    pub fn bytes(&self) -> usize {
        self.text.capacity()
    }
}

impl<T: Serialize> Versioned<Page<T>> {
    /// A page of rows that are written already.
    pub fn of_rows(rows: &Rows, next: Option<&str>) -> Self {
        let mut text = Vec::with_capacity(rows.text.len() + 256);
        text.extend_from_slice(b"{\"items\":");
        text.extend_from_slice(&rows.text);
        let mut tag = rows.hash.clone();
        if let Some(next) = next {
            // A cursor is made of letters, digits, `-` and `_`.
            text.extend_from_slice(b",\"next\":\"");
            text.extend_from_slice(next.as_bytes());
            text.push(b'"');
            tag.push_str(&short_hash(next.as_bytes(), 4));
        }
        text.push(b'}');
        Self {
            content: Content::Json(text),
            tag: Tag::Whole(format!("\"c{tag}\"")),
        }
    }
}

impl<T: Serialize> Responder for Versioned<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let text = match self.content {
            Content::Json(text) => text,
            Content::Thing(thing) => {
                let mut text = Vec::with_capacity(USUAL_THING);
                match serde_json::to_writer(&mut text, &thing) {
                    Ok(()) => text,
                    Err(error) => return super::ApiError::internal(error).error_response(),
                }
            }
        };
        let etag = match self.tag {
            Tag::Whole(etag) => etag,
            Tag::WithContent(start) => format!("\"{start}.{}\"", short_hash(&text, 4)),
        };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if reads && etag::is_known(request, &etag) {
            return HttpResponse::NotModified()
                .insert_header((ETAG, etag))
                .finish();
        }
        HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((ETAG, etag))
            .body(text)
    }
}

/// The first bytes of a hash of some text, as hexadecimal letters. It tells contents apart that differ by chance; it is no
/// proof of anything.
fn short_hash(text: &[u8], bytes: usize) -> String {
    hex(&xxh3_128(text).to_be_bytes()[..bytes])
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;

    use super::*;

    async fn sent(answer: Versioned<Page<u32>>) -> (Vec<u8>, String) {
        let response = answer.respond_to(&TestRequest::get().to_http_request());
        let tag = response.headers().get(ETAG).unwrap();
        let tag = tag.to_str().unwrap().to_owned();
        (to_bytes(response.into_body()).await.unwrap().to_vec(), tag)
    }

    fn written(items: &[u32]) -> Rows {
        let mut rows = Rows::with_room_for(items.len());
        for item in items {
            rows.push(item).unwrap();
        }
        rows.finish()
    }

    #[actix_web::test]
    async fn a_page_of_written_rows_is_sent_like_any_page() {
        let rows = written(&[1, 2]);
        let mut tags = Vec::new();
        for next in [None, Some("eyJ2_-9"), Some("other")] {
            let page = Page {
                items: vec![1_u32, 2],
                next: next.map(str::to_owned),
            };
            let (text, tag) = sent(Versioned::of_rows(&rows, next)).await;
            assert_eq!(text, serde_json::to_vec(&page).unwrap());
            tags.push(tag);
        }
        tags.push(sent(Versioned::of_rows(&written(&[1]), None)).await.1);
        let count = tags.len();
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), count, "{tags:?}");
    }
}
