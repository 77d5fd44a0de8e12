//! Where file bytes live: a folder or an S3-compatible bucket, behind one type. Keys are random and ours; nothing that
//! a stranger wrote becomes part of one.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};

use super::media_type::{self, HEAD_BYTES};
use super::slots::Slots;
use crate::auth::token::hex;
use crate::config::{StorageSettings, create_private_folder, random_bytes};

/// Bytes that travel at once to the store; S3 wants at least 5 MiB in every part but the last.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// The store failed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The folder or bucket cannot be used at all.
    #[error("the attachment store cannot be opened")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No room is left.
    #[error("the attachment store is full")]
    Full(#[source] object_store::Error),
    /// The file is gone.
    #[error("the file is not in the attachment store")]
    Missing(#[source] object_store::Error),
    /// Anything else.
    #[error("the attachment store failed")]
    Failed(#[source] object_store::Error),
}

impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing(error),
            _ if says_full(&error) => Self::Full(error),
            _ => Self::Failed(error),
        }
    }
}

fn says_full(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| {
            matches!(
                io.kind(),
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded
            )
        }) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The attachment store, cheap to clone.
#[derive(Clone, Debug)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// Uploads under way.
    pub slots: Slots,
}

/// What is known of a file once all of it has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Key in the store.
    pub storage_key: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// What the content seems to be.
    pub media_type: &'static str,
}

impl Files {
    /// Opens the store, making the folder when it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or the bucket's settings make no sense. A bucket is not contacted yet.
    pub fn open(settings: &StorageSettings) -> Result<Self, StorageError> {
        let store: Arc<dyn ObjectStore> = match settings {
            StorageSettings::Local(folder) => {
                create_private_folder(folder).map_err(|error| StorageError::Setup(error.into()))?;
                let local = LocalFileSystem::new_with_prefix(folder)
                    .map_err(|error| StorageError::Setup(error.into()))?;
                // An answered upload must outlive a power cut.
                Arc::new(local.with_fsync(true))
            }
            StorageSettings::S3 {
                endpoint,
                bucket,
                region,
                access_key,
                secret_key,
            } => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(bucket)
                    .with_region(region)
                    .with_access_key_id(access_key)
                    .with_secret_access_key(secret_key.expose());
                if let Some(endpoint) = endpoint {
                    builder = builder
                        .with_endpoint(endpoint)
                        .with_allow_http(endpoint.starts_with("http://"));
                }
                Arc::new(
                    builder
                        .build()
                        .map_err(|error| StorageError::Setup(error.into()))?,
                )
            }
        };
        Ok(Self {
            store,
            slots: Slots::default(),
        })
    }

    /// Begins to receive a file. Nothing can be read of it before [`Incoming::finish`].
    pub fn receive(&self) -> Incoming {
        let key = hex(&random_bytes::<16>());
        Incoming {
            store: Arc::clone(&self.store),
            // Two letters of folder keep folders small.
            path: Path::from(format!("{}/{key}", &key[..2])),
            upload: None,
            buffer: BytesMut::new(),
            head: Vec::new(),
            digest: Sha256::new(),
            size: 0,
        }
    }

    /// The bytes of a file, as they come from the store.
    ///
    /// # Errors
    /// [`StorageError`]; a failure in the middle is an error of the stream.
    pub async fn read(
        &self,
        storage_key: &str,
    ) -> Result<BoxStream<'static, Result<Bytes, object_store::Error>>, StorageError> {
        Ok(self
            .store
            .get(&Path::from(storage_key))
            .await?
            .into_stream())
    }

    /// Removes a file; one that is gone already is no failure.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn remove(&self, storage_key: &str) -> Result<(), StorageError> {
        match self
            .store
            .delete(&Path::from(storage_key))
            .await
            .map_err(StorageError::from)
        {
            Err(StorageError::Missing(_)) => Ok(()),
            other => other,
        }
    }

    /// Keys and sizes of everything stored, for backups and tests.
    pub fn list(
        &self,
    ) -> impl Stream<Item = Result<object_store::ObjectMeta, object_store::Error>> + Send + 'static
    {
        self.store.list(None)
    }
}

/// A file that is arriving. Small ones are written in one go; large ones part by part, so that memory stays flat.
#[derive(Debug)]
pub struct Incoming {
    store: Arc<dyn ObjectStore>,
    path: Path,
    upload: Option<Box<dyn MultipartUpload>>,
    buffer: BytesMut,
    head: Vec<u8>,
    digest: Sha256,
    size: u64,
}

impl Incoming {
    /// Bytes so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`StorageError`]; call [`Incoming::abort`] then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.size += bytes.len() as u64;
        self.digest.update(bytes);
        let wanted = HEAD_BYTES.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..wanted]);
        self.buffer.extend_from_slice(bytes);
        while self.buffer.len() > PART_BYTES {
            let part = self.buffer.split_to(PART_BYTES).freeze();
            self.send_part(part).await?;
        }
        Ok(())
    }

    /// Ends the file; from here on it can be read.
    ///
    /// # Errors
    /// [`StorageError`]; nothing is left in the store then.
    pub async fn finish(mut self) -> Result<Received, StorageError> {
        if let Err(error) = self.publish().await {
            self.abort().await;
            return Err(error);
        }
        let size = i64::try_from(self.size).unwrap_or(i64::MAX);
        let media_type = media_type::sniff(&self.head);
        Ok(Received {
            storage_key: self.path.to_string(),
            size,
            sha256: self.digest.finalize().into(),
            media_type,
        })
    }

    /// Gives up: nothing of the file stays.
    pub async fn abort(mut self) {
        if let Some(mut upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(error = %error, "an interrupted upload could not be removed from the store");
        }
    }

    async fn publish(&mut self) -> Result<(), StorageError> {
        let rest = self.buffer.split().freeze();
        if self.upload.is_none() {
            self.store.put(&self.path, rest.into()).await?;
            return Ok(());
        }
        self.send_part(rest).await?;
        if let Some(upload) = &mut self.upload {
            upload.complete().await?;
        }
        self.upload = None;
        Ok(())
    }

    async fn send_part(&mut self, part: Bytes) -> Result<(), StorageError> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self
                .upload
                .insert(self.store.put_multipart(&self.path).await?),
        };
        upload.put_part(part.into()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn stored(files: &Files) -> usize {
        files
            .list()
            .try_fold(0, |count, _| async move { Ok(count + 1) })
            .await
            .unwrap()
    }

    fn folder() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("atiende-files-{}", hex(&random_bytes::<8>())))
    }

    fn leftovers(folder: &std::path::Path) -> usize {
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            count += if path.is_dir() { leftovers(&path) } else { 1 };
        }
        count
    }

    #[tokio::test]
    async fn a_file_of_several_parts_comes_back_byte_by_byte() {
        let folder = folder();
        let files = Files::open(&StorageSettings::Local(folder.clone())).unwrap();
        let content: Vec<u8> = (0..PART_BYTES * 2 + 17).map(|i| (i % 251) as u8).collect();
        let mut incoming = files.receive();
        for chunk in content.chunks(1_000_003) {
            incoming.write(chunk).await.unwrap();
        }
        let received = incoming.finish().await.unwrap();
        assert_eq!(received.size as usize, content.len());
        assert_eq!(received.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
        let back: Vec<u8> = files
            .read(&received.storage_key)
            .await
            .unwrap()
            .try_fold(Vec::new(), |mut all, bytes| async move {
                all.extend_from_slice(&bytes);
                Ok(all)
            })
            .await
            .unwrap();
        assert!(back == content);
        files.remove(&received.storage_key).await.unwrap();
        files.remove(&received.storage_key).await.unwrap();
        assert_eq!(stored(&files).await, 0);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn an_aborted_file_leaves_nothing() {
        let folder = folder();
        let files = Files::open(&StorageSettings::Local(folder.clone())).unwrap();
        let mut incoming = files.receive();
        incoming.write(&vec![7; PART_BYTES * 2]).await.unwrap();
        incoming.abort().await;
        assert_eq!(leftovers(&folder), 0);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
