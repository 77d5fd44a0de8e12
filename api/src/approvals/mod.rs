//! Approvals: who holds the roles that a desk asks, what waits for them, and their word.
//!
//! The cast: an **approver role** is a word of the desk's file; its **holders** are registered people of the desk, with
//! deputies who are told with the first reminder. A ticket in approval has an **ask** for each role whose word is missing
//! (kept by `tickets::pipeline`). Holders with an agent account decide in the console, others in the portal, after the
//! proof of their address that every portal session is.
//!
//! Whoever administers the desk appoints the holders, in person; each change is kept with its author (see [`trace`]).
//!
//! The guarantees: nobody decides their own request, an approver sees of a ticket only what the decision needs, and a
//! decision is an event like any other.

use crate::http::mount::ServiceConfig;

pub mod commands;
pub mod handlers;
pub mod params;
pub mod portal;
pub mod store;
pub mod trace;
pub mod view;

/// The slice's operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_approvals)
        .service(handlers::get_approval)
        .service(handlers::list_approvers)
        .service(handlers::replace_approvers)
        .service(handlers::list_approver_changes)
        .service(handlers::decide_approval)
        .service(portal::list_my_approvals)
        .service(portal::get_my_approval)
        .service(portal::decide_my_approval)
        .service(portal::download_approval_attachment);
}
