//! The portal: what people who ask for help can do, without a password.
//!
//! The cast: a **challenge** is a question for a mailed code, bound to the browser that asked for it (`code`, `store`).
//! A **draft** challenge carries the whole ticket form; the right code makes it a ticket. A **lookup** challenge names a
//! ticket and an address; the right code opens the person's list. Either opens a portal session, with which the person
//! reads and answers tickets (`tickets`). A code that an agent read out on the phone (see `vouching`) completes its
//! draft and opens no session.
//!
//! The guarantees: no answer tells whether an address is registered or a ticket exists; a code is good once, for ten
//! minutes and five tries, and every wrong try counts, in parallel too; a ticket is created completely or not at all.

use crate::http::mount::ServiceConfig;

use crate::app::AppState;

pub mod code;
pub mod commands;
pub mod handlers;
pub mod mails;
pub mod params;
pub mod session;
pub mod store;
pub mod tickets;
pub mod view;

/// The slice's operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_portal_desks)
        .service(handlers::get_portal_desk)
        .service(handlers::create_draft)
        .service(handlers::create_lookup)
        .service(handlers::get_challenge)
        .service(handlers::resend_code)
        .service(session::verify_code)
        .service(session::refresh_portal_session)
        .service(session::get_portal_session)
        .service(session::end_portal_session)
        .service(tickets::list_my_tickets)
        .service(tickets::get_my_ticket)
        .service(tickets::add_my_message)
        .service(tickets::accept_my_solution)
        .service(tickets::reject_my_solution)
        .service(tickets::rate_my_ticket);
}

/// What the slice's commands need to know of the application.
pub fn context(state: &AppState) -> commands::Context {
    commands::Context {
        codes: state.codes.clone(),
        desks: state.desks.clone(),
        limits: state.settings.limits.clone(),
        now: state.clock.now(),
    }
}
