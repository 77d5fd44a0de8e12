//! Agents: signing in and out, and their accounts.
//!
//! An agent proves an address and a password (argon2id) and gets an access token of ten minutes plus a rotating refresh
//! token in an HttpOnly cookie. Administrators make accounts, give them places at desks (privileges and groups) and forbid
//! them to sign in, which counts within a second on every replica.

use crate::http::mount::ServiceConfig;

pub mod commands;
pub mod handlers;
pub mod store;

/// Mounts the endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::create_session)
        .service(handlers::refresh_session)
        .service(handlers::delete_session)
        .service(handlers::delete_all_sessions)
        .service(handlers::read_me)
        .service(handlers::list_agents)
        .service(handlers::create_agent)
        .service(handlers::update_agent);
}
