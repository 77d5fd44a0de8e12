//! Who is told about what happened to a ticket.
//!
//! After a command recorded its events, [`subscriptions::tell`] asks the desk's notifications which of them are mailed and
//! to whom, and puts one row per event and recipient into the outbox, in the same transaction. Nobody is told of their
//! own doing, except the requester, whom the desk acknowledges what was received (C-10).

mod process;
pub mod subscriptions;
