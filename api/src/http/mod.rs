//! HTTP plumbing: strict extractors, problem answers, limits, and what every answer carries.
//!
//! Handlers of the slices take these extractors as parameters ([`json::Json`], [`query::Query`], [`path::Path`],
//! [`etag::IfMatch`], [`idempotency::IdempotencyKey`], [`lang::Language`]) and return `Result<_, ApiError>`. Status codes
//! are chosen here and in the problem catalogue, nowhere else. Nothing here knows a slice.

pub mod answer;
pub mod context;
pub mod describe;
pub mod error;
pub mod etag;
pub mod faults;
pub mod idempotency;
pub mod json;
pub mod lang;
pub mod middleware;
pub mod mount;
pub mod order;
pub mod page;
pub mod path;
pub mod pointer;
pub mod problem;
pub mod problems;
pub mod query;
pub mod rate;
pub mod routes;
pub mod site;
pub mod target;

pub use answer::{Accepted, Created, NoContent, Versioned};
pub use error::{ApiError, Fault, Text};
pub use json::Json;
pub use lang::Language;
pub use path::Path;
pub use query::Query;
