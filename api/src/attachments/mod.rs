//! Files: received as a stream, kept in a folder or bucket, bound once to a message, given out as downloads.
//!
//! The cast: an **upload** is a file that waits, owned by whoever sent it: a browser, a requester or an agent
//! (`store::Owner`). Binding it to a message makes it an **attachment** of that message's ticket, with the message's
//! visibility. `storage` knows where the bytes are; `name` makes a stranger's file name harmless.
//!
//! The guarantees: bytes are reached only through ticket and message, with the caller's scope in the query; a file is
//! bound once, by its owner only; nothing bigger than the limit is ever stored; what is not bound within a day, or
//! belonged to a draft that expired, is removed. Files are never opened, shown or unpacked here.

use crate::http::mount::ServiceConfig;

pub mod commands;
pub mod handlers;
pub mod media_type;
pub mod name;
pub mod params;
pub mod slots;
pub mod storage;
pub mod store;
pub mod view;

/// The slice's operations.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(handlers::upload_portal_file)
        .service(handlers::delete_portal_upload)
        .service(handlers::upload_console_file)
        .service(handlers::delete_console_upload)
        .service(handlers::download_my_attachment)
        .service(handlers::download_attachment);
}
