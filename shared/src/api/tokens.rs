//! API tokens for third parties.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a token may be used for; never more than its owner may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Scope {
    /// Read tickets, desks and people.
    #[serde(rename = "tickets:read")]
    TicketsRead,
    /// Create and change tickets.
    #[serde(rename = "tickets:write")]
    TicketsWrite,
    /// Read and write people and access requests.
    #[serde(rename = "people:write")]
    PeopleWrite,
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for, 1 to 100 characters.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Monitoreo de red", min_length = 1, max_length = 100)
    )]
    pub name: String,
    /// At least one scope.
    #[cfg_attr(feature = "schema", schema(min_items = 1))]
    pub scopes: Vec<Scope>,
    /// Days until it expires, 1 to 366.
    #[cfg_attr(feature = "schema", schema(example = 90, minimum = 1, maximum = 366))]
    pub expires_in_days: u16,
}

/// A token as listed; the secret is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Token {
    /// Key.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// Its first characters, to recognise it.
    pub prefix: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// Last use, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A new token with its secret, shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CreatedToken {
    /// The listed data.
    #[serde(flatten)]
    pub token: Token,
    /// The whole token; store it safely.
    pub secret: String,
}
