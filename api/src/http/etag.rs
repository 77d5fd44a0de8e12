//! Versions as entity tags: `ETag`, `If-Match`, `If-None-Match`.

use std::future::ready;

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};
use shared::api::problem::ProblemType;
use shared::i18n::Lang;

use super::ApiError;
use super::order::{Extraction, after_caller};

/// The `ETag` of a version.
pub fn header(version: i64) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\""))
        .unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// Whether `If-None-Match` names this tag, so that 304 is enough.
pub fn is_known(request: &HttpRequest, etag: &str) -> bool {
    list(request, IF_NONE_MATCH)
        .iter()
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == etag)
}

fn list(request: &HttpRequest, name: HeaderName) -> Vec<String> {
    let values = request
        .headers()
        .get_all(name)
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect()
}

/// The version that the caller has seen. Required: a missing header or `*` is answered with 428.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch {
    versions: Vec<i64>,
}

impl IfMatch {
    /// Refuses (412) unless the caller has seen this version.
    ///
    /// # Errors
    /// `version_mismatch`.
    pub fn check(&self, current: impl Into<i64>) -> Result<(), ApiError> {
        if self.versions.contains(&current.into()) {
            Ok(())
        } else {
            Err(ApiError::new(ProblemType::VersionMismatch))
        }
    }

    fn read(request: &HttpRequest) -> Result<Self, ApiError> {
        let tags = list(request, IF_MATCH);
        if tags.is_empty() || tags.iter().any(|tag| tag == "*") {
            return Err(ApiError::new(ProblemType::PreconditionRequired));
        }
        // A tag that is not one of ours matches no version.
        let versions = tags.iter().filter_map(|tag| version_of(tag)).collect();
        Ok(Self { versions })
    }
}

/// The version in a tag: `"7"`, or `"7.es"` of an answer in one language, or `"7.es.ab12cd34"` of one with content that
/// changes without the version. What is changed is the same in all.
fn version_of(tag: &str) -> Option<i64> {
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    match tag.split_once('.') {
        Some((version, tail)) => {
            let lang = match tail.split_once('.') {
                Some((lang, hash)) => {
                    let letters = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
                    (hash.len() == 8 && letters).then_some(lang)?
                }
                None => tail,
            };
            Lang::parse(lang).filter(|known| known.as_str() == lang)?;
            version.parse().ok()
        }
        None => tag.parse().ok(),
    }
}

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        after_caller(request, ready(Self::read(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(value: Option<&str>) -> Result<IfMatch, ProblemType> {
        let mut request = TestRequest::default();
        if let Some(value) = value {
            request = request.insert_header((IF_MATCH, value));
        }
        IfMatch::read(&request.to_http_request()).map_err(|error| error.kind())
    }

    #[test]
    fn a_change_needs_the_version_that_was_seen() {
        assert_eq!(read(None), Err(ProblemType::PreconditionRequired));
        assert_eq!(read(Some("*")), Err(ProblemType::PreconditionRequired));
        let seen = read(Some("\"7\"")).unwrap();
        assert!(seen.check(7).is_ok());
        assert_eq!(
            seen.check(8).unwrap_err().kind(),
            ProblemType::VersionMismatch
        );
        for other in ["7", "W/\"7\"", "\"x\"", "\"7"] {
            assert!(read(Some(other)).unwrap().check(7).is_err(), "{other}");
        }
        assert!(read(Some("\"6\", \"7\"")).unwrap().check(7).is_ok());
        // The version counts, in whatever language it was read.
        assert!(read(Some("\"7.es\"")).unwrap().check(7).is_ok());
        assert!(read(Some("\"7.en\"")).unwrap().check(7).is_ok());
        assert!(read(Some("\"7.es.ab12cd34\"")).unwrap().check(7).is_ok());
        for other in [
            "\"7.es.\"",
            "\"7.es.ab12\"",
            "\"7.es.ab12cd3z\"",
            "\"7.",
            "\"8.es.ab12cd34\"",
        ] {
            assert!(read(Some(other)).unwrap().check(7).is_err(), "{other}");
        }
        for other in ["\"7.\"", "\"7.fr\"", "\".es\"", "\"8.es\""] {
            assert!(read(Some(other)).unwrap().check(7).is_err(), "{other}");
        }
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let request = |value: &str| {
            TestRequest::default()
                .insert_header((IF_NONE_MATCH, value))
                .to_http_request()
        };
        assert!(is_known(&request("\"7\""), "\"7\""));
        assert!(is_known(&request("W/\"7\""), "\"7\""));
        assert!(is_known(&request("\"1\", \"7\""), "\"7\""));
        assert!(!is_known(&request("\"8\""), "\"7\""));
    }
}
