//! A desk as agents see it: the words and choices of its profile.

use serde::{Deserialize, Serialize};

use crate::sla::calendar::Calendar;
use crate::ticket::actor::Privilege;
use crate::ticket::status::{RequestType, Status};

/// A desk in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeskRow {
    /// Address part.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub slug: String,
    /// Name in the caller's language.
    pub name: String,
}

/// A desk's profile for the console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeskView {
    /// Address part.
    pub slug: String,
    /// Name in the caller's language.
    pub name: String,
    /// Installed version of the profile.
    pub version: u32,
    /// What the desk calls a ticket.
    pub ticket_word: String,
    /// States in use, in the order of a ticket's life.
    pub states: Vec<StateView>,
    /// Types of ticket.
    pub types: Vec<TypeView>,
    /// Priorities, highest first.
    pub priorities: Vec<PriorityView>,
    /// Selectable leaves of the catalogue.
    pub categories: Vec<CategoryView>,
    /// Levels and their groups.
    pub levels: Vec<LevelView>,
    /// Largest attachment in bytes.
    pub max_attachment_bytes: i64,
    /// Largest number of attachments of one message.
    pub max_attachments: u32,
    /// The working calendar, so that a client can count down business time itself.
    #[cfg_attr(feature = "schema", schema(value_type = Object))]
    pub calendar: Calendar,
    /// What the caller may do at this desk.
    pub privileges: Vec<Privilege>,
    /// Accent colour of the desk as `#rrggbb`.
    pub accent: Option<String>,
}

/// A state with the desk's label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StateView {
    /// Canonical state.
    pub id: Status,
    /// The desk's label in the caller's language.
    pub label: String,
}

/// A type of ticket with the desk's label and help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TypeView {
    /// Canonical type.
    pub id: RequestType,
    /// The desk's label.
    pub label: String,
    /// When to choose it.
    pub help: String,
}

/// A priority (severity) with the desk's label and help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PriorityView {
    /// Key within the desk.
    #[cfg_attr(feature = "schema", schema(example = "p1"))]
    pub id: String,
    /// The desk's label.
    pub label: String,
    /// What impact it stands for.
    pub help: String,
    /// 1 is the most urgent.
    pub rank: u8,
    /// What the desk promises at level 1, in words; absent when nothing is committed.
    pub promise: Option<String>,
}

/// A selectable leaf of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CategoryView {
    /// Key within the desk.
    pub id: String,
    /// Labels from the root to the leaf.
    pub path: Vec<String>,
    /// The type that the leaf fixes, if it does.
    pub request_type: Option<RequestType>,
}

/// A support level and its groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LevelView {
    /// 1 to 3.
    pub level: u8,
    /// The desk's name of the level.
    pub label: String,
    /// Groups that work at it.
    pub groups: Vec<GroupView>,
}

/// A support group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct GroupView {
    /// Key within the desk.
    pub id: String,
    /// The desk's name of the group.
    pub label: String,
}

/// An agent that tickets can be assigned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeskAgent {
    /// Key.
    pub id: i64,
    /// Name.
    pub full_name: String,
    /// Keys of the agent's groups at this desk.
    pub groups: Vec<String>,
    /// Tickets assigned to the agent that are not solved or closed.
    pub open_tickets: i64,
}
