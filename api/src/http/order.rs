//! Who asks comes before what is asked.
//!
//! The framework reads all parameters of a handler side by side, so a wrong body could be answered before a wrong proof
//! of identity, and tell a stranger about the shape of things. A caller extractor opens a gate on the request; the
//! extractors of path, query, headers and body wait until it let the caller through.

use std::future::Future;
use std::pin::Pin;

use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::watch;

use super::ApiError;

/// The way an extractor of ours answers.
pub type Extraction<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

#[derive(Clone)]
struct Gate(watch::Receiver<bool>);

/// Runs the check of a caller; whatever is read from the same request waits for its success.
pub fn caller<T: 'static>(
    request: &HttpRequest,
    check: impl Future<Output = Result<T, ApiError>> + 'static,
) -> Extraction<T> {
    let (open, gate) = watch::channel(false);
    request.extensions_mut().insert(Gate(gate));
    Box::pin(async move {
        let caller = check.await?;
        // Nobody may be waiting.
        let _ = open.send(true);
        Ok(caller)
    })
}

/// Runs the reading of something else after the caller of the request, if it has one, was let through.
///
/// A handler's caller must be its first parameter for this to have an effect.
pub fn after_caller<T: 'static>(
    request: &HttpRequest,
    read: impl Future<Output = Result<T, ApiError>> + 'static,
) -> Extraction<T> {
    let gate = request.extensions().get::<Gate>().cloned();
    Box::pin(async move {
        if let Some(Gate(mut gate)) = gate {
            // The check ended without success: its own answer is the one that counts.
            gate.wait_for(|open| *open)
                .await
                .map_err(|_| ApiError::unauthorized())?;
        }
        read.await
    })
}
