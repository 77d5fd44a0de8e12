//! A desk as agents see it: the words and choices of its profile.

use serde::{Deserialize, Serialize};

use super::tickets::Labelled;
use crate::desk::profile::{AcceptanceMode, QuestionKind};
use crate::sla::calendar::Calendar;
use crate::ticket::actor::Privilege;
use crate::ticket::status::{Channel, RequestType, Status};

/// A desk in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct DeskRow {
    /// Address part.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub slug: String,
    /// Name in the caller's language.
    pub name: String,
    /// What the desk calls a ticket.
    #[cfg_attr(feature = "schema", schema(example = "solicitud"))]
    pub ticket_word: String,
    /// What the desk calls the category.
    #[cfg_attr(feature = "schema", schema(example = "Tema"))]
    pub category_word: String,
    /// What the desk calls the priority.
    #[cfg_attr(feature = "schema", schema(example = "Gravedad"))]
    pub priority_word: String,
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
    /// How a priority is found.
    #[serde(default)]
    pub prioritisation: PrioritisationView,
    /// Categories that can be chosen, in the order of the catalogue.
    pub categories: Vec<CategoryView>,
    /// Forms with extra data that categories name.
    #[serde(default)]
    pub forms: Vec<FormView>,
    /// Ways in which tickets come in.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// What ends a settled ticket.
    #[serde(default = "accept_and_rate")]
    pub acceptance: AcceptanceMode,
    /// What requesters are asked at the end; empty where they only give stars.
    #[serde(default)]
    pub survey: Vec<QuestionView>,
    /// Control questions that agents answer.
    #[serde(default)]
    pub controls: Vec<Labelled>,
    /// Roles that approvals ask.
    #[serde(default)]
    pub approver_roles: Vec<Labelled>,
    /// Levels and their groups.
    pub levels: Vec<LevelView>,
    /// Largest attachment in bytes.
    pub max_attachment_bytes: i64,
    /// Largest number of attachments of one message.
    pub max_attachments: u32,
    /// Most bytes of all attachments of one ticket together, of every message and note of it.
    pub max_ticket_attachment_bytes: i64,
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

/// A category that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CategoryView {
    /// Key within the desk.
    pub id: String,
    /// Labels from the root to the leaf.
    pub path: Vec<String>,
    /// The type that it fixes, if it does.
    pub request_type: Option<RequestType>,
    /// Whether it can be chosen; a row above others may be there only for its name.
    #[serde(default = "yes")]
    pub selectable: bool,
    /// Key of the form with the extra data that it asks.
    #[serde(default)]
    pub form: Option<String>,
    /// Name of the approval that it demands.
    #[serde(default)]
    pub approval: Option<String>,
    /// Whether the manager's approval or another file must come with it.
    #[serde(default)]
    pub evidence: bool,
    /// The priority that it sets, where nobody chooses one.
    #[serde(default)]
    pub priority: Option<String>,
    /// Time of day, as `16:00`, after which it counts from the next business day.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schema(example = "16:00"))]
    pub cutoff: Option<String>,
    /// Whether only its group and whoever is in charge see its tickets.
    #[serde(default)]
    pub restricted: bool,
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
    /// Whether it goes on site.
    #[serde(default)]
    pub onsite: bool,
    /// Whether it belongs to a vendor.
    #[serde(default)]
    pub vendor: bool,
}

fn yes() -> bool {
    true
}

fn accept_and_rate() -> AcceptanceMode {
    AcceptanceMode::AcceptAndRate
}

/// How a priority is found: chosen by somebody, or from impact and urgency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PrioritisationView {
    /// Whether requesters choose it, or impact and urgency.
    pub by_requester: bool,
    /// Whether a ticket needs it from the start.
    pub required: bool,
    /// Impact by urgency; absent at desks with one dimension.
    pub matrix: Option<MatrixView>,
}

/// The priority of each impact and urgency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MatrixView {
    /// Impacts, worst first: the rows.
    pub impact: Vec<Labelled>,
    /// Urgencies, worst first: the columns.
    pub urgency: Vec<Labelled>,
    /// Keys of priorities, a row for each impact.
    pub cells: Vec<Vec<String>>,
}

/// Extra data that a category asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FormView {
    /// Key that categories name.
    pub id: String,
    /// Its fields, in their order.
    pub fields: Vec<FieldView>,
}

/// What a field of a form takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldInput {
    /// Free text.
    Text,
    /// One of the options, by its key.
    Choice,
    /// A whole number.
    Number,
    /// A day, as `2026-11-23`.
    Date,
    /// `yes` or `no`.
    YesNo,
    /// Key of an upload.
    File,
    /// Key of a person.
    Person,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldView {
    /// Key to send.
    pub id: String,
    /// What the desk calls it.
    pub label: String,
    /// What it takes.
    pub kind: FieldInput,
    /// Whether a ticket cannot be saved without it, while it is shown.
    pub required: bool,
    /// Values to choose from.
    pub options: Vec<Labelled>,
    /// With which answer to another field it is shown; absent is always.
    pub shown_when: Option<ShownWhenView>,
}

/// With which answer to another field a field is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ShownWhenView {
    /// Key of the other field.
    pub field: String,
    /// Answers of which one must be given.
    pub is: Vec<String>,
}

/// A question of the survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct QuestionView {
    /// Key that answers carry.
    pub id: String,
    /// The question.
    pub text: String,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether its answer closes the ticket or reopens it.
    pub decides_closing: bool,
    /// Values to choose from.
    pub options: Vec<Labelled>,
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
