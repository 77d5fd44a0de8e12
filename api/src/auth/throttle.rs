//! Budgets of the ways to sign in, charged before anything costly happens.

use crate::http::ApiError;
use crate::http::context::RequestContext;
use crate::http::rate::{RateClass, RateLimits};

/// Charges a sign-in to the account named and to the client's network.
///
/// # Errors
/// `rate_limited`. Unknown accounts are counted alike, so that the answer does not tell them apart.
pub fn login(limits: &RateLimits, context: &RequestContext, email: &str) -> Result<(), ApiError> {
    limits.check(RateClass::LoginPrefix, context.client_prefix())?;
    limits.check(RateClass::LoginAccount, email.trim().to_lowercase())?;
    Ok(())
}

/// Charges the request of a one-time code to the client's network. The budget per address is kept in the database and
/// has no answer of its own.
///
/// # Errors
/// `rate_limited`.
pub fn code_ask(limits: &RateLimits, context: &RequestContext) -> Result<(), ApiError> {
    limits
        .check(RateClass::CodeAsk, context.client_prefix())
        .map(drop)
}

/// Charges the try of a one-time code to the client's network.
///
/// # Errors
/// `rate_limited`.
pub fn code_try(limits: &RateLimits, context: &RequestContext) -> Result<(), ApiError> {
    limits
        .check(RateClass::CodeTry, context.client_prefix())
        .map(drop)
}

/// Charges an access request to the client's network.
///
/// # Errors
/// `rate_limited`.
pub fn access_request(limits: &RateLimits, context: &RequestContext) -> Result<(), ApiError> {
    limits
        .check(RateClass::AccessRequest, context.client_prefix())
        .map(drop)
}
