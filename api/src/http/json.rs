//! JSON bodies, read strictly.
//!
//! 415 when it is not `application/json`, 413 above the limit, 408 when it comes too slowly, 400 when it is not JSON (or
//! is nested too deeply, or says a name twice), 422 when it is JSON of another shape or contains a NUL character, which
//! PostgreSQL could not store.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, web};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};
use serde_json::{Map, Number, Value};
use shared::api::problem::ProblemType;

use super::error::{ApiError, Fault};
use super::order::{Extraction, after_caller};
use super::pointer;
use crate::app::AppState;

/// Deeper nesting than this is refused.
const MAX_DEPTH: usize = 32;
/// A body must have arrived whole after this long.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// The limit where no settings are at hand (tests of extractors).
const DEFAULT_LIMIT: usize = 1024 * 1024;

/// A JSON body of a request, or of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T> Json<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize> Responder for Json<T> {
    type Body = actix_web::body::BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().json(&self.0)
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        let owned = request.clone();
        let read = async move {
            let request = owned;
            check_content_type(&request)?;
            let limit = request
                .app_data::<web::Data<AppState>>()
                .map_or(DEFAULT_LIMIT, |state| state.settings.limits.json_bytes);
            let body = read_body(payload, limit).await?;
            parse(&body).map(Self)
        };
        after_caller(request, read)
    }
}

fn check_content_type(request: &HttpRequest) -> Result<(), ApiError> {
    let unsupported = || ApiError::new(ProblemType::UnsupportedMediaType);
    let value = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(unsupported)?;
    let mut parts = value.split(';').map(str::trim);
    let is_json = parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(unsupported())
    }
}

async fn read_body(mut payload: Payload, limit: usize) -> Result<Vec<u8>, ApiError> {
    let collect = async {
        let mut body = Vec::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| {
                ApiError::malformed(
                    "El cuerpo llegó incompleto.",
                    "The body arrived incomplete.",
                )
                .caused_by(error)
            })?;
            if body.len() + chunk.len() > limit {
                return Err(too_large(limit));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    tokio::time::timeout(BODY_TIMEOUT, collect)
        .await
        .map_err(|_| ApiError::new(ProblemType::Timeout))?
}

fn too_large(limit: usize) -> ApiError {
    let kib = limit / 1024;
    ApiError::new(ProblemType::TooLarge).detail(
        format!("El cuerpo puede tener {kib} KiB a lo sumo."),
        format!("The body may have {kib} KiB at most."),
    )
}

/// Reads a body that is already at hand, with the same strictness.
///
/// # Errors
/// 400 or 422 as told at the top.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let value = parse_strict(body)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let at = pointer::from_path(error.path());
        shape_fault(at, &error.into_inner().to_string())
    })
}

/// A 422 for what serde says about a value of the wrong shape.
pub(super) fn shape_fault(pointer: String, message: &str) -> ApiError {
    // Serde's words name our types now and then; the client gets ours.
    if let Some(name) = quoted_after(message, "unknown field ") {
        let at = if pointer.ends_with(&pointer::join("", name)) {
            pointer
        } else {
            pointer::join(&pointer, name)
        };
        return ApiError::field(
            at,
            "unknown_field",
            "Este campo no existe aquí.",
            "This field does not exist here.",
        );
    }
    if let Some(name) = quoted_after(message, "missing field ") {
        let at = pointer::join(&pointer, name);
        return ApiError::field(at, "missing", "Falta este campo.", "This field is missing.");
    }
    if message.starts_with("unknown variant ") {
        return ApiError::field(
            pointer,
            "unknown_value",
            "No es uno de los valores posibles.",
            "It is not one of the possible values.",
        );
    }
    ApiError::field(
        pointer,
        "invalid",
        "El valor no tiene la forma esperada.",
        "The value does not have the expected form.",
    )
}

fn quoted_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message
        .strip_prefix(start)?
        .strip_prefix('`')?
        .split('`')
        .next()
}

fn parse_strict(body: &[u8]) -> Result<Value, ApiError> {
    let findings = Findings::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = StrictValue {
        findings: &findings,
        depth: 0,
        at: String::new(),
    };
    let parsed = seed
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    let findings = findings.into_inner();
    let value = parsed.map_err(|error| match findings.fatal {
        Some(Fatal::DuplicateName(name)) => ApiError::malformed(
            format!("El campo {name} aparece dos veces."),
            format!("The field {name} appears twice."),
        ),
        Some(Fatal::TooDeep) => ApiError::malformed(
            "El JSON tiene demasiados niveles.",
            "The JSON is nested too deeply.",
        ),
        None => ApiError::malformed(
            format!(
                "No es JSON válido (línea {}, columna {}).",
                error.line(),
                error.column()
            ),
            format!(
                "It is not valid JSON (line {}, column {}).",
                error.line(),
                error.column()
            ),
        ),
    })?;
    if findings.nul.is_empty() {
        return Ok(value);
    }
    let faults = findings.nul.into_iter().map(|at| {
        Fault::new(
            at,
            "control_character",
            "El texto contiene un carácter nulo; quítelo.",
            "The text contains a null character; remove it.",
        )
    });
    Err(ApiError::validation(faults.collect()))
}

/// What the strict reader met on its way.
#[derive(Default)]
struct FoundThings {
    fatal: Option<Fatal>,
    nul: Vec<String>,
}

type Findings = RefCell<FoundThings>;

enum Fatal {
    DuplicateName(String),
    TooDeep,
}

struct StrictValue<'a> {
    findings: &'a Findings,
    depth: usize,
    at: String,
}

impl StrictValue<'_> {
    fn child(&self, step: &str) -> StrictValue<'_> {
        StrictValue {
            findings: self.findings,
            depth: self.depth + 1,
            at: pointer::join(&self.at, step),
        }
    }

    fn note_nul(&self, text: &str) {
        if text.contains('\0') {
            self.findings.borrow_mut().nul.push(self.at.clone());
        }
    }

    fn check_depth<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.depth < MAX_DEPTH {
            return Ok(());
        }
        self.findings.borrow_mut().fatal = Some(Fatal::TooDeep);
        Err(E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for StrictValue<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictValue<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        self.note_nul(value);
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.child(&list.len().to_string()))? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.check_depth()?;
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let child = self.child(&name);
            child.note_nul(&name);
            let value = entries.next_value_seed(child)?;
            if map.insert(name.clone(), value).is_some() {
                self.findings.borrow_mut().fatal = Some(Fatal::DuplicateName(name));
                return Err(A::Error::custom("duplicate name"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        subject: String,
        #[serde(default)]
        items: Vec<Item>,
        #[serde(default)]
        count: Option<u8>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Item {
        id: i64,
    }

    fn refusal(body: &[u8]) -> (ProblemType, Vec<String>) {
        let error = parse::<Sample>(body).unwrap_err();
        (
            error.kind(),
            error
                .faults()
                .iter()
                .map(|fault| format!("{} {}", fault.pointer, fault.code))
                .collect(),
        )
    }

    #[test]
    fn a_body_is_read_strictly() {
        use ProblemType::{Malformed, Validation};
        let deep = "[".repeat(10_000);
        let nested = format!("{}1{}", "[".repeat(40), "]".repeat(40));
        let cases: &[(&[u8], ProblemType, &[&str])] = &[
            (b"", Malformed, &[]),
            (b"{", Malformed, &[]),
            (b"{} x", Malformed, &[]),
            (b"\xef\xbb\xbf{\"subject\":\"a\"}", Malformed, &[]),
            (b"{\"subject\":\"\\ud800\"}", Malformed, &[]),
            (b"{\"subject\":\"\xff\"}", Malformed, &[]),
            (b"{\"subject\":NaN}", Malformed, &[]),
            (b"{\"subject\":\"a\",\"count\":1e400}", Malformed, &[]),
            (b"{\"subject\":\"a\",\"subject\":\"b\"}", Malformed, &[]),
            (
                b"{\"subject\":\"a\",\"items\":[{\"id\":1,\"id\":2}]}",
                Malformed,
                &[],
            ),
            (deep.as_bytes(), Malformed, &[]),
            (nested.as_bytes(), Malformed, &[]),
            (b"null", Validation, &[" invalid"]),
            (b"[]", Validation, &[" invalid"]),
            (b"\"x\"", Validation, &[" invalid"]),
            (b"{}", Validation, &["/subject missing"]),
            (b"{\"subject\":5}", Validation, &["/subject invalid"]),
            (
                b"{\"subject\":\"a\",\"is_admin\":true}",
                Validation,
                &["/is_admin unknown_field"],
            ),
            (
                b"{\"subject\":\"a\",\"items\":[{\"id\":\"7\"}]}",
                Validation,
                &["/items/0/id invalid"],
            ),
            (
                b"{\"subject\":\"a\",\"items\":[{\"id\":1.5}]}",
                Validation,
                &["/items/0/id invalid"],
            ),
            (
                b"{\"subject\":\"a\",\"items\":[{\"id\":9223372036854775808}]}",
                Validation,
                &["/items/0/id invalid"],
            ),
            (
                b"{\"subject\":\"a\",\"items\":[{\"x/y\":1}]}",
                Validation,
                &["/items/0/x~1y unknown_field"],
            ),
            (
                b"{\"subject\":\"a\",\"count\":-1}",
                Validation,
                &["/count invalid"],
            ),
            (
                b"{\"subject\":\"a\\u0000b\"}",
                Validation,
                &["/subject control_character"],
            ),
            (
                b"{\"subject\":\"a\",\"\\u0000\":1}",
                Validation,
                &["/\0 control_character"],
            ),
        ];
        for (body, kind, faults) in cases {
            let wanted: Vec<String> = faults.iter().map(|fault| (*fault).to_owned()).collect();
            assert_eq!(
                refusal(body),
                (*kind, wanted),
                "{}",
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
        }
    }

    #[test]
    fn a_good_body_is_read() {
        let sample: Sample =
            parse("{\"subject\":\"Impresora dañada\",\"items\":[{\"id\":1}]}".as_bytes()).unwrap();
        assert_eq!(
            sample,
            Sample {
                subject: "Impresora dañada".to_owned(),
                items: vec![Item { id: 1 }],
                count: None
            }
        );
    }

    #[test]
    fn only_json_in_utf_8_is_a_json_body() {
        let check = |value: Option<&str>| {
            let mut request = TestRequest::default();
            if let Some(value) = value {
                request = request.insert_header((CONTENT_TYPE, value));
            }
            check_content_type(&request.to_http_request()).is_ok()
        };
        assert!(check(Some("application/json")));
        assert!(check(Some("Application/JSON; charset=UTF-8")));
        assert!(!check(Some("application/json; charset=utf-16")));
        assert!(!check(Some("text/plain")));
        assert!(!check(Some("application/x-www-form-urlencoded")));
        assert!(!check(None));
    }
}
