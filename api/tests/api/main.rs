//! Stories over HTTP: the real server on a free port, a database of its own per story, a clock that stands still.
//!
//! `both!` runs a story on SQLite, and on PostgreSQL when `ATIENDE_TEST_POSTGRES_URL` names a server where databases may
//! be created.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on may panic, in its helpers too"
)]

#[macro_use]
mod harness;
mod stage;

mod access;
mod addresses;
mod approvals;
mod attachments;
mod desks;
mod forms;
mod identity;
mod intake;
mod mail;
mod notices;
mod once;
mod openapi;
mod people;
mod portal;
mod process;
mod queue;
mod reads;
mod restricted;
mod search;
mod smtp_sink;
mod tickets;
mod timers;
mod told;
mod vendors;
mod vouching;
