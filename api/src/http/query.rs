//! Query parameters, read strictly: a repeated one is 400, an unknown or unsuitable one 422 with its name.

use std::collections::HashSet;
use std::future::ready;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

use super::error::ApiError;
use super::json::shape_fault;
use super::order::{Extraction, after_caller};
use super::pointer;

/// The query of a request. Give the type `#[serde(deny_unknown_fields)]`; a list is written with commas (`a,b`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query<T>(pub T);

impl<T> Query<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Query<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Extraction<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        after_caller(request, ready(parse(request.query_string()).map(Self)))
    }
}

/// Reads a query string.
///
/// # Errors
/// 400 for a repeated parameter, 422 for an unknown or unsuitable one.
pub fn parse<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = web::Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_| {
            ApiError::malformed(
                "No se pudieron leer los parámetros.",
                "The parameters could not be read.",
            )
        })?
        .into_inner();
    let mut seen = HashSet::new();
    for (name, _) in &pairs {
        if !seen.insert(name.as_str()) || name.contains(['[', ']']) {
            let shown: String = name.chars().take(40).collect();
            return Err(ApiError::malformed(
                format!("El parámetro {shown} se repite."),
                format!("The parameter {shown} is repeated."),
            ));
        }
    }
    let entries = pairs.into_iter().map(|(name, value)| (name, Word(value)));
    serde_path_to_error::deserialize(MapDeserializer::new(entries)).map_err(
        |error: serde_path_to_error::Error<serde::de::value::Error>| {
            let at = pointer::from_path(error.path());
            let fault = shape_fault(at, &error.into_inner().to_string());
            in_query_form(fault)
        },
    )
}

/// A fault of the query points with `?name` instead of a JSON pointer.
fn in_query_form(error: ApiError) -> ApiError {
    let mut faults = error.faults().to_vec();
    for fault in &mut faults {
        let name = fault
            .pointer
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        fault.pointer = format!("?{name}");
    }
    ApiError::validation(faults)
}

/// The text of one parameter, which turns into whatever its field wants.
struct Word(String);

impl<'de> IntoDeserializer<'de> for Word {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parse_numbers {
    ($($method:ident $visit:ident $kind:ty),+ $(,)?) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.0.parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(serde::de::Error::custom("not of this kind")),
            }
        }
    )+ };
}

impl<'de> Deserializer<'de> for Word {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_string(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let words: Vec<Word> = self
            .0
            .split(',')
            .filter(|word| !word.is_empty())
            .map(|word| Word(word.to_owned()))
            .collect();
        visitor.visit_seq(SeqDeserializer::new(words.into_iter()))
    }

    parse_numbers! {
        deserialize_bool visit_bool bool,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use shared::api::problem::ProblemType;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Sort {
        #[default]
        DueAt,
        Code,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        limit: Option<u16>,
        #[serde(default)]
        sort: Sort,
        #[serde(default)]
        status: Vec<Sort>,
        q: Option<String>,
        open: Option<bool>,
    }

    #[test]
    fn parameters_become_what_their_fields_want() {
        let sample: Sample =
            parse("limit=25&sort=code&status=code,due_at&q=impresora+da%C3%B1ada&open=true")
                .unwrap();
        let wanted = Sample {
            limit: Some(25),
            sort: Sort::Code,
            status: vec![Sort::Code, Sort::DueAt],
            q: Some("impresora dañada".to_owned()),
            open: Some(true),
        };
        assert_eq!(sample, wanted);
        assert!(parse::<Sample>("").is_ok());
    }

    #[test]
    fn repeated_unknown_and_unsuitable_parameters_are_refused() {
        let cases = [
            ("limit=1&limit=2", ProblemType::Malformed, None),
            ("limit[]=1", ProblemType::Malformed, None),
            ("limit=x", ProblemType::Validation, Some("?limit")),
            ("limit=-1", ProblemType::Validation, Some("?limit")),
            ("limit=99999999999", ProblemType::Validation, Some("?limit")),
            ("sort=password_hash", ProblemType::Validation, Some("?sort")),
            ("status=code,nope", ProblemType::Validation, Some("?status")),
            ("fields=*", ProblemType::Validation, Some("?fields")),
        ];
        for (query, kind, pointer) in cases {
            let error = parse::<Sample>(query).unwrap_err();
            assert_eq!(error.kind(), kind, "{query}");
            assert_eq!(
                error.faults().first().map(|fault| fault.pointer.as_str()),
                pointer,
                "{query}"
            );
        }
    }
}
