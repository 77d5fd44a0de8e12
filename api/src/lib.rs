//! The Atiende server: REST API, workers and command line.
//!
//! `http`, `db`, `auth`, `config`, `clock` and `telemetry` are plumbing and know no slice. Every other folder is a slice:
//! a capability of the service desk with its handlers, commands and store. `app` mounts the slices.

pub mod agents;
pub mod app;
pub mod approvals;
pub mod attachments;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod desks;
pub mod events;
pub mod http;
pub mod mail;
pub mod outbox;
pub mod people;
pub mod portal;
pub mod sla;
pub mod telemetry;
pub mod tickets;
pub mod tokens;
pub mod vouching;
pub mod workers;
