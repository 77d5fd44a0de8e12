//! Desks: installed profiles, their versions and their groups.
//!
//! A desk is a folder of files (`api/desks/<slug>`); `atiende desk apply` checks it and stores it as a new version. The
//! [`registry`] keeps parsed versions in memory, because they never change. Open tickets go on by the newest version; ended ones keep
//! the version they ended with.

use crate::http::mount::ServiceConfig;
use crate::http::mount::scope;

pub mod apply;
pub mod handlers;
pub mod registry;
pub mod store;
pub mod view;

/// Mounts the endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        scope("/desks")
            .service(handlers::list_desks)
            .service(handlers::read_desk)
            .service(handlers::list_desk_agents),
    );
}
