//! The local mailbox of a first run without SMTP.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A mail in the local mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LocalMailRow {
    /// Key.
    pub id: i64,
    /// Recipient.
    pub to: String,
    /// Subject line.
    pub subject: String,
    /// When it was delivered here.
    pub sent_at: DateTime<Utc>,
}

/// A mail with its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LocalMail {
    /// The listed data.
    #[serde(flatten)]
    pub row: LocalMailRow,
    /// Sender.
    pub from: String,
    /// The plain text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}
