//! Requesters, their organizations, and requests for access.
//!
//! The cast: a **person** is what one desk keeps of somebody who may ask it; who asks at two desks has a record at each,
//! with the mail address in common and nothing else. An **organization** is the entity that people belong to. An **access request** is what a
//! stranger sends to be registered; the operations assistant approves it, which registers the person and tells them, or
//! refuses it with a reason (R-041…R-043).
//!
//! The guarantees: agents see only people of desks where they keep them or record tickets for them, and change only those
//! that they keep; no desk learns what another one keeps, nor that it does; the answer to a request for access
//! is the same whoever asks, and nothing is mailed to an address before an agent decided; shutting a person out ends
//! their sessions at that desk; a list shows nobody under a name that was changed before the list was read (see `names`).

use crate::http::mount::ServiceConfig;

pub mod commands;
pub mod handlers;
pub mod names;
pub mod params;
pub mod requests;
pub mod store;
pub mod view;

/// The slice's operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::list_people)
        .service(handlers::create_person)
        .service(handlers::get_person)
        .service(handlers::update_person)
        .service(handlers::list_organizations)
        .service(handlers::create_organization)
        .service(requests::create_access_request)
        .service(requests::list_access_requests)
        .service(requests::get_access_request)
        .service(requests::approve_access_request)
        .service(requests::refuse_access_request);
}
