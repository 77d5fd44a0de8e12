//! Receiving a file from a form and giving it out again.

use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt};
use shared::api::problem::ProblemType;
use tokio::time::timeout;

use super::name::{self, NulInName};
use super::storage::{Files, Incoming, Received, StorageError};
use super::store::{self, AttachmentRow};
use crate::auth::token::hex;
use crate::db::{Db, DbError, Uid};
use crate::http::{ApiError, etag};

/// A client that sends nothing for so long has gone away.
const IDLE: Duration = Duration::from_secs(20);
/// Nobody holds an upload open longer than this.
const WHOLE: Duration = Duration::from_secs(20 * 60);

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Full(_) => Self::new(ProblemType::StorageFull).caused_by(error),
            StorageError::Setup(_) | StorageError::Missing(_) => Self::internal(error),
            StorageError::Failed(_) => Self::unavailable(error),
        }
    }
}

/// Reads a form with one part named `file` and streams it into the store; gives the cleaned name and what was stored.
///
/// # Errors
/// `too_large` as soon as the limit is passed, `validation` for an empty file or another form, `malformed` for a broken
/// one, `timeout` when the client stops sending. Nothing is left in the store then.
pub async fn receive(
    files: &Files,
    mut form: Multipart,
    limit: u64,
) -> Result<(String, Received), ApiError> {
    let mut incoming = files.receive();
    let outcome = timeout(WHOLE, read_form(&mut form, &mut incoming, limit)).await;
    match outcome.unwrap_or_else(|_| Err(ApiError::new(ProblemType::Timeout))) {
        Ok(name) => Ok((name, incoming.finish().await?)),
        Err(error) => {
            incoming.abort().await;
            Err(error)
        }
    }
}

async fn read_form(
    form: &mut Multipart,
    incoming: &mut Incoming,
    limit: u64,
) -> Result<String, ApiError> {
    let Some(mut part) = next_part(form).await? else {
        return Err(no_file());
    };
    if part.name() != Some("file") {
        return Err(no_file());
    }
    let name = cleaned_name(&part)?;
    while let Some(chunk) = next_chunk(&mut part).await? {
        if incoming.size() + chunk.len() as u64 > limit {
            return Err(too_large(limit));
        }
        incoming.write(&chunk).await?;
    }
    drop(part);
    if next_part(form).await?.is_some() {
        return Err(ApiError::field(
            "/file",
            "one_file",
            "Envíe un solo archivo a la vez.",
            "Send one file at a time.",
        ));
    }
    if incoming.size() == 0 {
        return Err(ApiError::field(
            "/file",
            "required",
            "El archivo está vacío. Elija otro.",
            "The file is empty. Choose another.",
        ));
    }
    Ok(name)
}

async fn next_part(form: &mut Multipart) -> Result<Option<Field>, ApiError> {
    timeout(IDLE, form.next())
        .await
        .map_err(|_| ApiError::new(ProblemType::Timeout))?
        .transpose()
        .map_err(broken_form)
}

async fn next_chunk(part: &mut Field) -> Result<Option<bytes::Bytes>, ApiError> {
    timeout(IDLE, part.next())
        .await
        .map_err(|_| ApiError::new(ProblemType::Timeout))?
        .transpose()
        .map_err(broken_form)
}

fn cleaned_name(part: &Field) -> Result<String, ApiError> {
    let given = part
        .content_disposition()
        .and_then(|disposition| disposition.get_filename())
        .unwrap_or_default();
    name::clean(given).map_err(|NulInName| {
        ApiError::field(
            "/file",
            "control_characters",
            "El nombre del archivo contiene un carácter nulo.",
            "The file name holds a null character.",
        )
    })
}

fn no_file() -> ApiError {
    ApiError::field(
        "/file",
        "required",
        "Envíe el archivo en una parte llamada file.",
        "Send the file in a part named file.",
    )
}

fn too_large(limit: u64) -> ApiError {
    let megabytes = limit / (1024 * 1024);
    ApiError::new(ProblemType::TooLarge).detail(
        format!("El archivo pesa demasiado: el máximo es {megabytes} MB."),
        format!("The file is too large: at most {megabytes} MB."),
    )
}

fn broken_form(error: MultipartError) -> ApiError {
    let malformed = |error| {
        ApiError::malformed(
            "El formulario con el archivo no se pudo leer.",
            "The form with the file could not be read.",
        )
        .caused_by(Broken(error))
    };
    match error {
        MultipartError::ContentTypeMissing | MultipartError::ContentTypeIncompatible => {
            ApiError::new(ProblemType::UnsupportedMediaType).detail(
                "Envíe el archivo como multipart/form-data.",
                "Send the file as multipart/form-data.",
            )
        }
        MultipartError::Payload(PayloadError::Overflow) => ApiError::new(ProblemType::TooLarge),
        other => malformed(other.to_string()),
    }
}

/// What was wrong with a form, for the log.
#[derive(Debug, thiserror::Error)]
#[error("the multipart form is broken: {0}")]
struct Broken(String);

/// Answers with a file as a download that no browser shows in place: not its own type, sandboxed, not sniffed.
///
/// # Errors
/// When the store fails; a file that is missing there is our fault, not the client's.
pub async fn download(
    files: &Files,
    row: AttachmentRow,
    request: &HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let tag = format!("\"{}\"", hex(&row.sha256));
    if etag::is_known(request, &tag) {
        return Ok(HttpResponse::NotModified()
            .insert_header((ETAG, tag))
            .finish());
    }
    let content = files.read(&row.storage_key).await?;
    let size = u64::try_from(row.size).unwrap_or(0);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/octet-stream"))
        .insert_header((CONTENT_DISPOSITION, name::content_disposition(&row.name)))
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CACHE_CONTROL, "private, no-cache"))
        .insert_header((ACCEPT_RANGES, "none"))
        .insert_header((ETAG, tag))
        .no_chunking(size)
        .streaming(content))
}

/// Removes uploads that nobody bound within a day, and those of expired drafts: first from their owners, then their
/// bytes, then their rows, so that a crash in between only leaves work for the next run. The worker calls it.
///
/// # Errors
/// When the database fails. A file that cannot be removed is logged and tried again next time.
pub async fn cleanup(db: &Db, files: &Files, now: DateTime<Utc>) -> Result<usize, DbError> {
    let discarded = db
        .write(move |conn| store::discard_expired(conn, now))
        .await?;
    let mut gone: Vec<Uid> = Vec::with_capacity(discarded.len());
    for (id, storage_key) in discarded {
        match files.remove(&storage_key).await {
            Ok(()) => gone.push(id),
            Err(error) => {
                tracing::warn!(error = %error, attachment.id = %id.0, "an unused upload could not be removed")
            }
        }
    }
    let count = gone.len();
    db.write(move |conn| store::delete(conn, &gone)).await?;
    Ok(count)
}

/// Files that are compared with their rows at once.
const COMPARED: usize = 500;

/// Removes files that no row knows: those whose process ended after the file was whole and before its row was written.
/// Only files older than a day that bear a name of ours are looked at, so that one whose row is on its way, or somebody
/// else's in the same bucket, stays. Gives how many were removed. The worker calls it.
///
/// # Errors
/// When the store cannot be listed or the database fails. A file that cannot be removed is logged and tried again next
/// time.
pub async fn remove_strays(
    db: &Db,
    files: &Files,
    now: DateTime<Utc>,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let before = now - TimeDelta::hours(store::UNBOUND_HOURS);
    let old = files
        .list()
        .try_filter(|file| std::future::ready(file.last_modified < before))
        .map_ok(|file| file.location.to_string())
        .try_filter(|key| std::future::ready(is_ours(key)));
    let mut chunks = std::pin::pin!(old.try_chunks(COMPARED));
    let mut count = 0;
    while let Some(keys) = chunks.try_next().await? {
        let asked = keys.clone();
        let known = db
            .read(move |conn| store::known_files(conn, &asked))
            .await?;
        for key in keys.iter().filter(|key| !known.contains(*key)) {
            match files.remove(key).await {
                Ok(()) => count += 1,
                Err(error) => {
                    tracing::warn!(error = %error, "a file without a row could not be removed")
                }
            }
        }
    }
    Ok(count)
}

/// Whether a name is one that [`Files::receive`] gives.
fn is_ours(key: &str) -> bool {
    let letters = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    key.split_once('/').is_some_and(|(folder, name)| {
        folder.len() == 2 && name.len() == 32 && name.starts_with(folder) && letters(name)
    })
}
