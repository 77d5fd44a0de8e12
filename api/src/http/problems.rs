//! The problem answers in the API description: an operation names those it can give in its `responses(…)`.

use std::collections::BTreeMap;

use shared::api::problem::ProblemType;
use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::problem::PROBLEM_JSON;

macro_rules! problem_answers {
    ($($(#[$doc:meta])* $name:ident = $kind:ident, $description:literal;)+) => { $(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                answer(ProblemType::$kind, $description)
            }
        }
    )+ };
}

problem_answers! {
    /// 400.
    Malformed = Malformed, "`malformed`: the request cannot be read: broken JSON, path, query, header or cursor.";
    /// 401.
    Unauthorized = Unauthorized, "`unauthorized`: no proof of identity, a wrong one or an expired one.";
    /// 401 for one-time codes.
    CodeRefused = CodeWrong, "`code_wrong` with `tries_left`, or `code_dead`: the code was used, replaced, tried too often, has expired, or belongs to another browser.";
    /// 403.
    Forbidden = Forbidden, "`forbidden`: the caller may know that this exists but may not do it.";
    /// 404.
    NotFound = NotFound, "`not_found`: absent, or not the caller's to know.";
    /// 408.
    Timeout = Timeout, "`timeout`: the body took too long to arrive.";
    /// 409.
    Conflict = Conflict, "`conflict`, `state_conflict` or `idempotency_in_progress`: it exists, was done, or the state does not allow it.";
    /// 412.
    VersionMismatch = VersionMismatch, "`version_mismatch`: somebody changed it meanwhile; load it again.";
    /// 413.
    TooLarge = TooLarge, "`too_large`: the body or the file is too large.";
    /// 415.
    UnsupportedMediaType = UnsupportedMediaType, "`unsupported_media_type`: the body's content type is not supported.";
    /// 422.
    Invalid = Validation, "`validation`: understood but not acceptable; `errors` names every wrong field. Or `idempotency_mismatch`.";
    /// 428.
    PreconditionRequired = PreconditionRequired, "`precondition_required`: `If-Match` with the version is required.";
    /// 429.
    RateLimited = RateLimited, "`rate_limited`: too many requests; `Retry-After` tells when to try again.";
    /// 503.
    Unavailable = Unavailable, "`unavailable`: the service or a part of it is not available now.";
}

fn answer(kind: ProblemType, description: &str) -> BTreeMap<String, RefOr<Response>> {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, content)
        .build();
    BTreeMap::from([(kind.status().to_string(), RefOr::T(response))])
}
