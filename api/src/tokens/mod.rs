//! API tokens: how third parties' programs act with a part of their owner's rights.
//!
//! A token is shown once; only its hash is stored. Its scopes narrow the rights of its owner, it expires, it can be revoked,
//! and the list tells when it was last used. A token never makes tokens.

use crate::http::mount::ServiceConfig;
use crate::http::mount::scope;

pub mod handlers;
pub mod store;

/// Mounts the endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        scope("/tokens")
            .service(handlers::list_tokens)
            .service(handlers::create_token)
            .service(handlers::revoke_token),
    );
}
