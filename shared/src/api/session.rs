//! Signing in and who is signed in.

use serde::{Deserialize, Serialize};

use crate::i18n::Lang;
use crate::ticket::actor::Privilege;

/// An agent's proof of identity.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The agent's mail address.
    #[cfg_attr(
        feature = "schema",
        schema(example = "agente@example.org", max_length = 254)
    )]
    pub email: String,
    /// The password, 12 to 128 characters.
    #[cfg_attr(feature = "schema", schema(format = Password, example = "una frase larga y propia", max_length = 512))]
    pub password: String,
}

/// A short-lived access token; the refresh token travels in an HttpOnly cookie.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AccessToken {
    /// Send it as `Authorization: Bearer <access_token>`; keep it in memory only.
    pub access_token: String,
    /// Seconds until it expires.
    #[cfg_attr(feature = "schema", schema(example = 600))]
    pub expires_in: u32,
}

/// The signed-in agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Me {
    /// Key of the agent.
    pub id: i64,
    /// Name shown to colleagues and requesters.
    pub full_name: String,
    /// Mail address.
    pub email: String,
    /// Preferred language.
    pub language: Lang,
    /// May administer the whole installation.
    pub is_admin: bool,
    /// The desks the agent works at.
    pub desks: Vec<Membership>,
}

/// An agent's place at one desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Membership {
    /// The desk's address part.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub desk: String,
    /// The desk's name in the caller's language.
    pub desk_name: String,
    /// What the agent may do there.
    pub privileges: Vec<Privilege>,
    /// Keys of the agent's groups.
    pub groups: Vec<String>,
}
