//! Files before and after they belong to a message.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A file that was received and waits to be bound to a message, for 24 hours at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Upload {
    /// Random key; name it in the `attachments` of a message. Binds once, to its uploader.
    #[cfg_attr(
        feature = "schema",
        schema(example = "0197f2a6-3c1d-7c52-9a3e-1f1f1f1f1f1f")
    )]
    pub id: String,
    /// The cleaned file name.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
}

/// A file of a message; downloads only, never shown in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Key within its ticket.
    pub id: String,
    /// The cleaned file name.
    pub name: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: String,
    /// When it was received.
    pub created_at: DateTime<Utc>,
}

/// A file as a multipart form: one part named `file`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct UploadForm {
    /// The file, 1 byte to the desk's limit (30 MB by default).
    #[cfg_attr(feature = "schema", schema(value_type = String, format = Binary))]
    pub file: Vec<u8>,
}
