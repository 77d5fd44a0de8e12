//! The support line's help for callers who cannot reach their mail.
//!
//! The cast: the caller has a draft waiting in the code window and reads out its short reference. An agent with the
//! right to vouch finds it, asks what the desk's checklist demands, and presses *validate identity*: the mailed code
//! dies and a fresh one is shown, once, to be read out. The caller types it in the same browser.
//!
//! The guarantees: the code completes that draft only and opens no session; only drafts of registered people are found;
//! the address on file is told; who vouched, when, how and for what is kept in a record that only grows (`vouchings`), even
//! when the code is never used, and every vouching for a draft that becomes a ticket stands in the ticket's history.

use crate::http::mount::ServiceConfig;

pub mod commands;
pub mod handlers;
pub mod params;
pub mod store;
pub mod view;

/// The slice's operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::find_pending_draft)
        .service(handlers::create_vouched_code);
}
