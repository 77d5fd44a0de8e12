//! Digests of messages: the events of a history carry them, so that its hash chain proves texts and files too.

use diesel::prelude::*;
use sha2::{Digest, Sha256};
use shared::ticket::actor::ActorRef;
use shared::ticket::status::Visibility;

use crate::attachments::store::AttachmentRow;
use crate::auth::token::hex;
use crate::db::schema::attachments;
use crate::db::{DbConnection, Ts, Uid};

/// The message that was stored with a command.
#[derive(Clone, Debug)]
pub struct Seal {
    /// Its key; none as long as it has none, because its ticket is only being opened.
    pub message_id: Option<i64>,
    /// Its digest.
    pub digest: String,
}

/// What a digest covers besides the files.
#[derive(Clone, Copy, Debug)]
pub struct Sealed<'a> {
    /// Kind of author.
    pub author_kind: &'a str,
    /// Key of the author.
    pub author_id: Option<i64>,
    /// Name of the author at the time.
    pub author_name: &'a str,
    /// Who may read it.
    pub visibility: &'a str,
    /// Plain text.
    pub body: &'a str,
    /// When it was written.
    pub at: Ts,
}

impl<'a> Sealed<'a> {
    /// A message that is about to be stored.
    pub fn new(author: &'a ActorRef, visibility: Visibility, body: &'a str, at: Ts) -> Self {
        Self {
            author_kind: author.kind.as_str(),
            author_id: author.id,
            author_name: &author.name,
            visibility: visibility.as_str(),
            body,
            at,
        }
    }

    /// SHA-256 over the message and its files, in hexadecimal. Of each file: key, name, size, who may read it, and the
    /// SHA-256 of its content; a file that is not bound yet counts with the visibility of the message, which it inherits.
    pub fn digest(&self, files: &[AttachmentRow]) -> String {
        let mut hash = Sha256::new();
        // Each part is preceded by its length, so that nothing can be shifted from one to the next.
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(self.author_kind.as_bytes());
        part(&self.author_id.unwrap_or(0).to_be_bytes());
        part(self.author_name.as_bytes());
        part(self.visibility.as_bytes());
        part(&self.at.get().timestamp_micros().to_be_bytes());
        part(self.body.as_bytes());
        let mut files: Vec<&AttachmentRow> = files.iter().collect();
        files.sort_by_key(|file| file.id.0);
        for file in files {
            part(file.id.0.as_bytes());
            part(file.name.as_bytes());
            part(&file.size.to_be_bytes());
            let visibility = file.visibility.as_deref().unwrap_or(self.visibility);
            part(visibility.as_bytes());
            part(&file.sha256);
        }
        hex(&hash.finalize())
    }
}

/// Uploads by their keys, lowest key first, whoever sent them; whether they may be bound is asked when they are.
pub fn uploads(conn: &mut DbConnection, ids: &[String]) -> QueryResult<Vec<AttachmentRow>> {
    let ids: Vec<Uid> = ids
        .iter()
        .filter_map(|id| uuid::Uuid::try_parse(id).ok().map(Uid))
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    attachments::table
        .filter(attachments::id.eq_any(ids))
        .order(attachments::id)
        .select(AttachmentRow::as_select())
        .load(conn)
}
