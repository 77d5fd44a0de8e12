//! The wire types of the REST API, one file per slice, used by the server and by the client.
//!
//! Instants are UTC (RFC 3339). Labels arrive in the caller's language (`Accept-Language`), so a
//! client shows them as they are and never derives rules from them. Request types refuse unknown
//! fields. Everything a requester receives lives in `portal` and has no field for internal data.

pub mod agents;
pub mod desks;
mod instant;
pub mod mailbox;
pub mod page;
pub mod people;
pub mod portal;
pub mod problem;
pub mod process;
pub mod session;
pub mod tickets;
pub mod tokens;
pub mod uploads;
pub mod vouching;
