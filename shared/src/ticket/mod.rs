//! The life of a ticket as pure rules: who may do what, when, with which data, and what follows.
//!
//! The cast: a [`Ticket`] is the sum of its history; an [`actor::Actor`] gives a [`command::Command`];
//! [`decide`] answers with the events that follow or with a [`Refusal`] that says why not; [`evolve`]
//! adds one recorded event to the ticket. [`open`] starts a ticket, [`record`] gives events their place
//! in the history, and [`permission::allowed_commands`] tells a screen what it may offer, by the same
//! table that `decide` follows: the moves of the desk ([`crate::desk::Desk::moves`]).
//!
//! The guarantee: nothing here reads a clock, a database or a label. The same history gives the same
//! ticket on the server, in the browser and in a test.

pub mod actor;
pub mod command;
pub mod event;
pub mod status;
pub mod text;
pub(crate) mod words;

pub use words::UnknownWord;
