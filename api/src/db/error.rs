//! What can go wrong below a store function.

use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

/// A failure of the database or of the way to it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement failed.
    #[error("a database statement failed")]
    Query(#[source] DieselError),
    /// The connection broke; what a write did is unknown only if this came from its commit.
    #[error("the connection to the database was lost")]
    ConnectionLost(#[source] DieselError),
    /// The group that the write belonged to was not committed; nothing of it is stored.
    #[error("the write was not committed")]
    NotCommitted(#[source] Arc<DieselError>),
    /// No connection became free in time, or none can be made.
    #[error("no database connection is available: {0}")]
    NoConnection(String),
    /// More writes are waiting than can be served; try again later.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The server is shutting down.
    #[error("the database is closed")]
    Closed,
    /// The closure panicked; its work was rolled back.
    #[error("a database closure panicked")]
    Panicked,
    /// The database cannot be opened or migrated.
    #[error("{0}")]
    Setup(String),
}

impl From<DieselError> for DbError {
    fn from(error: DieselError) -> Self {
        if is_lost_connection(&error) {
            Self::ConnectionLost(error)
        } else {
            Self::Query(error)
        }
    }
}

impl DbError {
    /// Whether the caller may simply try again later.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::ConnectionLost(_) | Self::NoConnection(_) | Self::Overloaded | Self::Closed => {
                true
            }
            Self::Query(error) => is_contention(error),
            Self::NotCommitted(error) => is_contention(error) || is_lost_connection(error),
            Self::Panicked | Self::Setup(_) => false,
        }
    }

    /// Whether the disk under the database is full.
    pub fn is_storage_full(&self) -> bool {
        match self {
            Self::Query(error) => is_storage_full(error),
            Self::NotCommitted(error) => is_storage_full(error),
            _ => false,
        }
    }
}

/// Whether the error says that the server closed the connection.
pub fn is_lost_connection(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, _)
        | DieselError::BrokenTransactionManager => true,
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let text = info.message();
            text.contains("terminating connection")
                || text.contains("terminando la conexi")
                || text.contains("server closed the connection")
                || text.contains("no connection to the server")
        }
        DieselError::DatabaseError(DatabaseErrorKind::UnableToSendCommand, _) => true,
        _ => false,
    }
}

/// Whether another transaction was in the way and a retry may succeed.
pub fn is_contention(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            tells_of_contention(info.message())
        }
        _ => false,
    }
}

/// The driver gives no SQLSTATE, and only an owner of the server may ask for its messages in English, so they are known by
/// words that stand in the translations, too: "deadlock" in most of them, the timeouts in Spanish, Portuguese and English.
fn tells_of_contention(message: &str) -> bool {
    let text = message.to_lowercase();
    const WORDS: [&str; 6] = [
        "deadlock",
        "lock timeout",
        "statement timeout",
        "database is locked",
        "tiempo de espera",
        "tempo de espera",
    ];
    WORDS.iter().any(|word| text.contains(word))
}

fn is_storage_full(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let text = info.message();
            text.contains("disk is full")
                || text.contains("No space left on device")
                || text.contains("disk I/O error")
        }
        _ => false,
    }
}
