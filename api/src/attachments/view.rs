//! Files as clients see them: never where they are stored or what they claim to be.

use shared::api::uploads::{Attachment, Upload};

use super::store::AttachmentRow;
use crate::auth::token::hex;

/// A file that waits to be bound.
pub fn upload(row: AttachmentRow) -> Upload {
    Upload {
        id: row.id.0.to_string(),
        name: row.name,
        size: row.size,
        sha256: hex(&row.sha256),
    }
}

/// A file of a message.
pub fn attachment(row: AttachmentRow) -> Attachment {
    Attachment {
        id: row.id.0.to_string(),
        name: row.name,
        size: row.size,
        sha256: hex(&row.sha256),
        created_at: row.created_at.get(),
    }
}
