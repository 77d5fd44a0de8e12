//! The one error type of handlers.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use shared::api::problem::ProblemType;
use shared::desk::profile::Need;
use shared::i18n::Lang;
use shared::ticket::command::CommandKind;

use super::{idempotency, problem};
use crate::db::DbError;

/// Everything a handler can answer instead of success: a problem type, words for this occurrence, and the cause for the log.
#[derive(Debug)]
pub struct ApiError {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: ProblemType,
    detail: Option<Text>,
    faults: Vec<Fault>,
    allowed_commands: Vec<CommandKind>,
    tries_left: Option<u8>,
    unmet: Vec<Need>,
    open_children: Vec<String>,
    retry_after: Option<u64>,
    allow: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A sentence in both languages, or one that is put together once the language is known.
#[derive(Clone)]
pub enum Text {
    /// Both languages written out.
    Both {
        /// Spanish.
        es: Cow<'static, str>,
        /// English.
        en: Cow<'static, str>,
    },
    /// Made on demand, such as a refusal of the domain.
    Made(Arc<dyn Fn(Lang) -> String + Send + Sync>),
}

impl Text {
    /// A sentence in Spanish and English.
    pub fn new(es: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::Both {
            es: es.into(),
            en: en.into(),
        }
    }

    /// A sentence that a function writes in the language asked for.
    pub fn made(write: impl Fn(Lang) -> String + Send + Sync + 'static) -> Self {
        Self::Made(Arc::new(write))
    }

    /// The sentence in one language.
    pub fn in_lang(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Both { es, .. }, Lang::Es) => es.to_string(),
            (Self::Both { en, .. }, Lang::En) => en.to_string(),
            (Self::Made(write), lang) => write(lang),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.in_lang(Lang::En))
    }
}

/// One wrong field.
#[derive(Clone, Debug)]
pub struct Fault {
    /// JSON pointer into the body, or `?name` for a query parameter.
    pub pointer: String,
    /// Stable code.
    pub code: Cow<'static, str>,
    /// What is wrong and how to mend it.
    pub detail: Text,
}

impl Fault {
    /// A fault at a pointer.
    pub fn new(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        es: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.into(),
            detail: Text::new(es, en),
        }
    }
}

impl ApiError {
    /// An error of a type, with its usual words.
    pub fn new(kind: ProblemType) -> Self {
        let inner = Inner {
            kind,
            detail: None,
            faults: Vec::new(),
            allowed_commands: Vec::new(),
            tries_left: None,
            unmet: Vec::new(),
            open_children: Vec::new(),
            retry_after: None,
            allow: None,
            source: None,
        };
        Self {
            inner: Box::new(inner),
        }
    }

    /// Cannot be read at all (400).
    pub fn malformed(es: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemType::Malformed).detail(es, en)
    }

    /// No valid proof of identity (401).
    pub fn unauthorized() -> Self {
        Self::new(ProblemType::Unauthorized)
    }

    /// The caller may see it but not do this (403).
    pub fn forbidden() -> Self {
        Self::new(ProblemType::Forbidden)
    }

    /// Absent, or not the caller's to know (404).
    pub fn not_found() -> Self {
        Self::new(ProblemType::NotFound)
    }

    /// It already exists or was already done (409).
    pub fn conflict(es: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemType::Conflict).detail(es, en)
    }

    /// Understood but not acceptable, with every wrong field (422).
    pub fn validation(faults: Vec<Fault>) -> Self {
        let mut error = Self::new(ProblemType::Validation);
        error.inner.faults = faults;
        error
    }

    /// One wrong field (422).
    pub fn field(
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        es: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::validation(vec![Fault::new(pointer, code, es, en)])
    }

    /// Too many requests; come back after so many seconds (429).
    pub fn rate_limited(seconds: u64) -> Self {
        Self::new(ProblemType::RateLimited).retry_in(seconds.max(1))
    }

    /// Our fault (500): the cause is logged, the client is told only the request id.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ProblemType::Internal).caused_by(cause)
    }

    /// A part of the service does not answer now (503).
    pub fn unavailable(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ProblemType::Unavailable)
            .retry_in(2)
            .caused_by(cause)
    }

    /// Says what happened this time and what to do next.
    #[must_use]
    pub fn detail(
        self,
        es: impl Into<Cow<'static, str>>,
        en: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.detail_text(Text::new(es, en))
    }

    /// Like [`ApiError::detail`], for words that come from elsewhere.
    #[must_use]
    pub fn detail_text(mut self, text: Text) -> Self {
        self.inner.detail = Some(text);
        self
    }

    /// Tells what the ticket allows the caller now (with `state_conflict`).
    #[must_use]
    pub fn allowing(mut self, commands: Vec<CommandKind>) -> Self {
        self.inner.allowed_commands = commands;
        self
    }

    /// Tells how many tries of a code are left (with `code_wrong`).
    #[must_use]
    pub fn with_tries_left(mut self, tries: u8) -> Self {
        self.inner.tries_left = Some(tries);
        self
    }

    /// Tells which conditions the ticket does not meet (with `state_conflict`).
    #[must_use]
    pub fn lacking(mut self, needs: Vec<Need>) -> Self {
        self.inner.unmet = needs;
        self
    }

    /// Names the children that are open (with `open_children`).
    #[must_use]
    pub fn with_open_children(mut self, codes: Vec<String>) -> Self {
        self.inner.open_children = codes;
        self
    }

    /// Tells when to try again, in seconds.
    #[must_use]
    pub fn retry_in(mut self, seconds: u64) -> Self {
        self.inner.retry_after = Some(seconds);
        self
    }

    /// The methods that the address does know (with `method_not_allowed`).
    #[must_use]
    pub fn with_allow(mut self, methods: impl Into<String>) -> Self {
        self.inner.allow = Some(methods.into());
        self
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(cause.into());
        self
    }

    /// The problem type.
    pub fn kind(&self) -> ProblemType {
        self.inner.kind
    }

    /// The wrong fields.
    pub fn faults(&self) -> &[Fault] {
        &self.inner.faults
    }

    /// The words of this occurrence.
    pub(super) fn detail_in(&self, lang: Lang) -> String {
        match &self.inner.detail {
            Some(text) => text.in_lang(lang),
            None => problem::usual_detail(self.inner.kind, lang).to_owned(),
        }
    }

    pub(super) fn allowed_commands(&self) -> &[CommandKind] {
        &self.inner.allowed_commands
    }

    pub(super) fn tries_left(&self) -> Option<u8> {
        self.inner.tries_left
    }

    pub(super) fn unmet(&self) -> &[Need] {
        &self.inner.unmet
    }

    pub(super) fn open_children(&self) -> &[String] {
        &self.inner.open_children
    }

    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.inner.retry_after
    }

    pub(super) fn allow(&self) -> Option<&str> {
        self.inner.allow.as_deref()
    }

    /// The chain of causes in one line, for the log.
    pub fn chain(&self) -> String {
        let mut line = String::new();
        let mut next: Option<&(dyn StdError + 'static)> =
            self.inner.source.as_deref().map(|source| source as _);
        while let Some(error) = next {
            if !line.is_empty() {
                line.push_str(": ");
            }
            // Causes come from elsewhere and may span lines; a log event may not.
            line.push_str(&error.to_string().replace(char::is_control, " "));
            next = error.source();
        }
        line
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.inner.kind.title(Lang::En))
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        problem::status_of(self.inner.kind)
    }

    /// The plain form; the middleware writes it again in the caller's language with the request id.
    fn error_response(&self) -> HttpResponse {
        problem::response(self, Lang::default(), "")
    }
}

impl From<DbError> for ApiError {
    fn from(error: DbError) -> Self {
        if error.is_storage_full() {
            return Self::new(ProblemType::StorageFull).caused_by(error);
        }
        if idempotency::is_taken(&error) {
            return idempotency::in_progress();
        }
        if error.is_temporary() {
            Self::unavailable(error)
        } else {
            Self::internal(error)
        }
    }
}

/// A row that must be there and is not is "not found"; where it means more, use `.optional()` and say it.
impl From<diesel::result::Error> for ApiError {
    fn from(error: diesel::result::Error) -> Self {
        match error {
            diesel::result::Error::NotFound => Self::not_found(),
            other => DbError::from(other).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_type_has_words_in_both_languages() {
        for kind in ProblemType::ALL {
            for lang in [Lang::Es, Lang::En] {
                assert!(!problem::usual_detail(*kind, lang).is_empty());
            }
            let document = problem::document(&ApiError::new(*kind), Lang::En, "r1");
            assert_eq!(document.status, kind.status());
            assert_eq!(
                document.problem_type,
                format!("/problems/{}", document.code)
            );
        }
    }

    #[test]
    fn the_cause_goes_to_the_log_and_not_to_the_client() {
        let cause = diesel::result::Error::QueryBuilderError("secret cause".into());
        let error = ApiError::from(cause);
        assert_eq!(error.kind(), ProblemType::Internal);
        assert!(error.chain().contains("secret cause"));
        let body = serde_json::to_string(&problem::document(&error, Lang::En, "r1")).unwrap();
        assert!(!body.contains("secret cause"));
    }
}
