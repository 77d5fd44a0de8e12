//! Agents and their places at desks, for administrators.

use serde::{Deserialize, Serialize};

use crate::i18n::Lang;
use crate::ticket::actor::Privilege;

/// An agent as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Agent {
    /// Key.
    pub id: i64,
    /// Name shown to colleagues and requesters.
    pub full_name: String,
    /// Mail address, used to sign in.
    pub email: String,
    /// Preferred language.
    pub language: Lang,
    /// Whether the agent may sign in.
    pub active: bool,
    /// May administer the whole installation.
    pub is_admin: bool,
    /// Places at desks.
    pub memberships: Vec<AgentMembership>,
}

/// What an agent is at one desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentMembership {
    /// The desk's address part.
    pub desk: String,
    /// What the agent may do there.
    pub privileges: Vec<Privilege>,
    /// Keys of the agent's groups.
    pub groups: Vec<String>,
}

/// An agent to be made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAgent {
    /// Name shown to colleagues and requesters.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Laura Niño", min_length = 1, max_length = 120)
    )]
    pub full_name: String,
    /// Mail address, used to sign in.
    #[cfg_attr(
        feature = "schema",
        schema(example = "laura.nino@example.org", max_length = 254)
    )]
    pub email: String,
    /// First password, 12 to 128 characters.
    #[cfg_attr(feature = "schema", schema(format = Password, min_length = 12, max_length = 128))]
    pub password: String,
    /// Preferred language.
    #[serde(default)]
    pub language: Lang,
    /// Places at desks.
    #[serde(default)]
    pub memberships: Vec<AgentMembership>,
}

/// A change to an agent; absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentPatch {
    /// Whether the agent may sign in; `false` ends every session within a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// Replaces all places at desks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memberships: Option<Vec<AgentMembership>>,
}
