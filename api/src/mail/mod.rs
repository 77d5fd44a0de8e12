//! Mail that leaves: what it says, how it looks and how it is handed over.
//!
//! A slice describes the occasion as a [`MailPayload`] and gives it to [`crate::outbox::store`] in the same
//! transaction as the change. Later `outbox::worker` turns the row into a message by [`render`] and hands it to
//! [`transport`]: to an SMTP server, or to the local mailbox (see [`mailbox`]) as long as none is configured.
//! Nothing else sends mail.

mod colour;
pub mod dates;
mod html;
mod layout;
pub mod mailbox;
pub mod mailbox_page;
pub mod payload;
pub mod render;
pub mod store;
mod templates;
pub mod transport;

pub use payload::{
    CodePurpose, Content, DeskVoice, MailPayload, OwnWords, TeamNews, TicketFacts, TicketRef, Tone,
};

/// Why no mail can be made of an outbox row; trying again does not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The occasion is about a ticket and none was given.
    #[error("the mail names no ticket")]
    NoTicket,
    /// An address that the mail library does not take.
    #[error("an address of the mail cannot be used")]
    Address,
}
