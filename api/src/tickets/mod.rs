//! Tickets: opening, reading, changing.
//!
//! The cast: [`commands`] load a ticket within the caller's scope and ask the rules of `shared::ticket`; [`pipeline`] gives
//! the resulting events their place and hash, folds them into the row and saves both; `events::subscriptions` tells whoever
//! the desk says. [`view`] and [`portal_view`] are what agents and requesters read; [`timeline`] is what happened to one;
//! [`list`] is the queue; [`history`] has the words. [`sight`] is what each agent may know of. [`audit`] proves afterwards
//! that nothing was changed behind the rules' back.
//!
//! The guarantee: a ticket never changes without an event, and event, row and mail are committed together or not at all.

use crate::http::mount::ServiceConfig;
use crate::http::mount::scope;

pub mod audit;
pub mod commands;
pub mod error;
pub mod extra;
pub mod handlers;
pub mod history;
pub mod list;
pub mod opening;
pub mod pipeline;
pub mod portal_view;
pub mod process;
pub mod process_view;
mod query;
pub mod queue;
pub mod relations;
pub mod seal;
pub mod sight;
pub mod steps;
pub mod store;
pub mod timeline;
pub mod view;
pub mod words;
pub mod written;

/// Mounts the endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        scope("/tickets")
            .service(handlers::list_tickets)
            .service(handlers::count_tickets)
            .service(handlers::create_ticket)
            .service(handlers::read_ticket)
            .service(handlers::list_timeline)
            .service(handlers::explain_sla)
            .service(handlers::create_message)
            .service(handlers::assign_ticket)
            .service(handlers::escalate_ticket)
            .service(handlers::change_priority)
            .service(handlers::solve_ticket)
            .service(process::move_ticket)
            .service(process::change_category)
            .service(process::record_contact_attempt)
            .service(process::answer_control)
            .service(process::prepare_follow_up)
            .service(process::send_follow_up)
            .service(process::complete_extra)
            .service(process::mark_ticket)
            .service(process::record_cause)
            .service(process::relate_tickets)
            .service(process::unrelate_ticket)
            .service(process::merge_ticket)
            .service(process::unmerge_ticket),
    );
}
