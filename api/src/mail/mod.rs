//! Mail that leaves: what it says, how it looks and how it is handed over.
//!
//! A slice describes the occasion as a [`MailPayload`] and gives it to [`crate::outbox::store::enqueue`] in the same
//! transaction as the change. Later `outbox::worker` turns the row into a message by [`render`] and hands it to
//! [`transport`]: to an SMTP server, or to the local mailbox (see [`mailbox`]) as long as none is configured.
//! Nothing else sends mail.

pub mod payload;

pub use payload::{CodePurpose, Content, DeskVoice, MailPayload, TicketFacts, TicketRef, Tone};
