//! Tickets as agents and API clients see them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::desks::{FieldInput, LevelView, StateView};
use super::process::{ApprovalView, ContactView, ControlView, RelationView};
use super::uploads::Attachment;
use crate::desk::profile::Need;
use crate::ticket::command::{AnswerValue, CommandKind, Mark};
use crate::ticket::status::{Channel, RequestType, Status, Visibility};

/// A named key: something with a stable key and a label in the caller's language.
//
// The words of this and of what follows are borrowed where it is only written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Labelled<Text = String> {
    /// Stable key.
    #[cfg_attr(feature = "schema", schema(example = "p2", value_type = String))]
    pub id: Text,
    /// Label in the caller's language.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub label: Text,
}

/// A person by key and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PersonRef<Text = String> {
    /// Key.
    pub id: i64,
    /// Name.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub name: Text,
}

/// The views of the queue: `mine`, open tickets assigned to the caller; `group`, those of the caller's groups; `all` that are not
/// closed; `unassigned`; `due_soon`, whose next target falls due within four business hours or has passed; `due_contact`, whose
/// requester is to be contacted today or was to be before; `solved`, which wait for the requester; `closed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Open tickets assigned to the caller.
    Mine,
    /// Open tickets of the caller's groups.
    Group,
    /// Every ticket that is not closed.
    #[default]
    All,
    /// Open tickets without assignee.
    Unassigned,
    /// Open tickets whose next target falls due within four business hours, or has passed.
    DueSoon,
    /// Open tickets whose requester is to be contacted again today or was to be before.
    DueContact,
    /// Solved tickets that wait for the requester.
    Solved,
    /// Closed tickets.
    Closed,
}

/// What a list of tickets is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Sort {
    /// Next due date, soonest first; tickets without one come last.
    #[default]
    #[serde(rename = "due")]
    Due,
    /// Next due date, latest first.
    #[serde(rename = "-due")]
    DueDesc,
    /// Creation, oldest first.
    #[serde(rename = "created")]
    Created,
    /// Creation, newest first.
    #[serde(rename = "-created")]
    CreatedDesc,
    /// Last movement, oldest first.
    #[serde(rename = "updated")]
    Updated,
    /// Last movement, newest first.
    #[serde(rename = "-updated")]
    UpdatedDesc,
    /// Priority, most urgent first.
    #[serde(rename = "priority")]
    Priority,
    /// Priority, least urgent first.
    #[serde(rename = "-priority")]
    PriorityDesc,
}

/// Query of the ticket list. All conditions must hold; lists are comma-separated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "schema", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct TicketQuery {
    /// Address part of a desk; without it every desk of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
    /// Which view.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<View>,
    /// Canonical states, comma-separated; replaces the view's own choice of states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Keys of priorities, comma-separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Level, 1 to 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", param(minimum = 1, maximum = 3))]
    pub level: Option<u8>,
    /// Type of ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_type: Option<RequestType>,
    /// Key of a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Key of an assignee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<i64>,
    /// Key of a requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<i64>,
    /// Words that must all be found in the code, the subject, or the name, address or entity of the requester; accents and
    /// case do not matter. At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", param(max_length = 100))]
    pub q: Option<String>,
    /// Order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// Rows of a page, 1 to 100; 25 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", param(minimum = 1, maximum = 100))]
    pub limit: Option<u16>,
    /// Cursor of the page, from `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// How many tickets each view holds, for the rail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ViewCounts {
    /// Open tickets assigned to the caller.
    pub mine: i64,
    /// Open tickets of the caller's groups.
    pub group: i64,
    /// Every ticket that is not closed.
    pub all: i64,
    /// Open tickets without assignee.
    pub unassigned: i64,
    /// Open tickets whose next target falls due within four business hours, or has passed.
    pub due_soon: i64,
    /// Open tickets whose requester is to be contacted today or was to be before.
    #[serde(default)]
    pub due_contact: i64,
    /// Solved tickets that wait for the requester.
    pub solved: i64,
    /// Requests for access that wait, when the caller may decide them.
    pub access_requests: i64,
}

/// Which of the two clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockName {
    /// Until somebody attends to it.
    Attention,
    /// Until it is solved.
    Solution,
}

/// What a clock does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClockStatus {
    /// It runs towards its target.
    Running,
    /// It is paused by state or reason.
    Paused,
    /// The target was met.
    Met,
    /// The target has passed; stays so for ever.
    Breached,
    /// No time is committed.
    None,
}

/// A clock in a list: enough to count down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SlaChip {
    /// Which clock is due next.
    pub clock: ClockName,
    /// What it does.
    pub status: ClockStatus,
    /// When its target falls due; absent while paused or without target.
    #[serde(serialize_with = "super::instant::write_some")]
    pub due_at: Option<DateTime<Utc>>,
}

/// A row of the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TicketRow<Text = String> {
    /// The ticket's code.
    #[cfg_attr(feature = "schema", schema(example = "INF-1042", value_type = String))]
    pub code: Text,
    /// Address part of its desk.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub desk: Text,
    /// Brief description.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub subject: Text,
    /// Canonical state.
    pub status: Status,
    /// The desk's label of the state.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub status_label: Text,
    /// Type.
    pub request_type: RequestType,
    /// Priority.
    #[cfg_attr(feature = "schema", schema(value_type = Labelled))]
    pub priority: Labelled<Text>,
    /// 1 is the most urgent.
    pub priority_rank: u8,
    /// Level in charge.
    pub level: u8,
    /// Group in charge.
    #[cfg_attr(feature = "schema", schema(value_type = Option<Labelled>))]
    pub group: Option<Labelled<Text>>,
    /// Agent in charge.
    #[cfg_attr(feature = "schema", schema(value_type = Option<PersonRef>))]
    pub assignee: Option<PersonRef<Text>>,
    /// Requester.
    #[cfg_attr(feature = "schema", schema(value_type = PersonRef))]
    pub requester: PersonRef<Text>,
    /// The requester's entity.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub requester_entity: Option<Text>,
    /// Whether the requester wrote last.
    pub awaits_reply: bool,
    /// The clock that is due next.
    pub sla: SlaChip,
    /// When it was created.
    #[serde(serialize_with = "super::instant::write")]
    pub created_at: DateTime<Utc>,
    /// Last movement.
    #[serde(serialize_with = "super::instant::write")]
    pub updated_at: DateTime<Utc>,
    /// Version for `If-Match`.
    pub version: i32,
}

/// A ticket recorded by an agent or an API client for a registered person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// The desk's address part.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub desk: String,
    /// Mail address of a registered person.
    #[cfg_attr(
        feature = "schema",
        schema(example = "ana.rojas@example.org", max_length = 254)
    )]
    pub requester_email: String,
    /// Channel through which the request came.
    pub channel: Channel,
    /// Request or incident.
    pub request_type: RequestType,
    /// Key of a category.
    #[cfg_attr(feature = "schema", schema(example = "endpoint"))]
    pub category: String,
    /// Key of a priority, at desks with one dimension; without it the category's or the desk's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "p3"))]
    pub priority: Option<String>,
    /// Key of an impact, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// Key of an urgency, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Answers to the form of the category, by the key of the field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
    /// Key of the group that starts; without it the category's or the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Key of the agent that starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<i64>,
    /// Brief description, 1 to 200 characters.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "La consola no actualiza las firmas",
            min_length = 1,
            max_length = 200
        )
    )]
    pub subject: String,
    /// Detailed description, at most 65 536 bytes.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Desde ayer tres equipos no reciben firmas nuevas.",
            min_length = 1
        )
    )]
    pub message: String,
    /// Keys of uploads made by the caller.
    #[serde(default)]
    pub attachments: Vec<String>,
}

/// What creating or changing a ticket answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TicketChanged {
    /// The ticket's code.
    #[cfg_attr(feature = "schema", schema(example = "INF-1042"))]
    pub code: String,
    /// Its new version, also the `ETag`.
    pub version: i32,
    /// Canonical state after the change.
    pub status: Status,
}

/// How the requester's identity was proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityProof {
    /// By a code sent to the address on file.
    MailCode,
    /// By the support line, on the telephone.
    Phone,
    /// An agent or API client recorded the ticket.
    Agent,
}

/// The requester in the right-hand panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RequesterPanel {
    /// Key.
    pub id: i64,
    /// Full name.
    pub name: String,
    /// Mail address.
    pub email: String,
    /// Contact number.
    pub phone: String,
    /// Entity.
    pub entity: Option<String>,
    /// Site where the person works.
    #[serde(default)]
    pub site: Option<String>,
    /// Department.
    #[serde(default)]
    pub department: Option<String>,
    /// Telephone extension.
    #[serde(default)]
    pub extension: Option<String>,
    /// Whether the person raises the priority at desks that say so.
    #[serde(default)]
    pub vip: bool,
    /// Other open tickets of this person that the caller sees; no more than 100 are counted.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 100))]
    pub other_open_tickets: i64,
}

/// Most other open tickets of a requester that are counted.
pub const OTHERS_MAX: i64 = 100;

/// One clock with all its figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ClockView {
    /// Which clock.
    pub clock: ClockName,
    /// What it does.
    pub status: ClockStatus,
    /// The target in words, e.g. `4 horas hábiles`; absent when nothing is committed.
    pub target: Option<String>,
    /// Minutes of business time used.
    pub used_minutes: i64,
    /// Minutes of business time left, negative past the target; absent without target.
    pub remaining_minutes: Option<i64>,
    /// When the target falls due; absent while paused, once met, or without target.
    #[serde(serialize_with = "super::instant::write_some")]
    pub due_at: Option<DateTime<Utc>>,
    /// When the clock's goal was reached.
    #[serde(serialize_with = "super::instant::write_some")]
    pub met_at: Option<DateTime<Utc>>,
    /// When the target passed; kept even if it was reached later.
    #[serde(serialize_with = "super::instant::write_some")]
    pub breached_at: Option<DateTime<Utc>>,
    /// Why it is paused, in the desk's words.
    pub paused_by: Option<String>,
}

/// Kind of a stretch of time in an SLA explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    /// Business time that counts.
    Ran,
    /// The clock was paused by state or reason.
    Paused,
    /// Outside the desk's hours.
    OffHours,
    /// A public holiday.
    Holiday,
    /// A dated exception of the calendar.
    Exception,
    /// Waiting in a solved state.
    Solved,
    /// Before the start, because the request came after the desk's intake hour.
    AfterCutoff,
}

/// A stretch of time in an SLA explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SlaSegment {
    /// Beginning.
    pub from: DateTime<Utc>,
    /// End.
    pub to: DateTime<Utc>,
    /// What it was.
    pub kind: SegmentKind,
    /// Name of the holiday or exception, or who paused and why.
    pub note: Option<String>,
    /// Seconds of business time that counted.
    pub counted_seconds: i64,
}

/// How a clock's figure comes about; the counted seconds add up to `used_seconds`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SlaExplanation {
    /// The clock explained.
    pub clock: ClockView,
    /// Which rule gave the target and from when it counts, in words.
    pub rule: String,
    /// Version of the calendar.
    pub calendar_version: u32,
    /// Stretches from the start until now or until the clock stopped, without gaps.
    pub segments: Vec<SlaSegment>,
    /// Sum of the counted seconds.
    pub used_seconds: i64,
}

/// A reason to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReasonView {
    /// Key to send.
    #[cfg_attr(feature = "schema", schema(example = "user_unavailable"))]
    pub id: String,
    /// Label in the caller's language.
    pub label: String,
    /// A note to start from; `{next_contact}` stands for the day of the next contact as dd/mm/yy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_script: Option<String>,
}

/// A command that the ticket allows the caller now. A command that may lead to several states is listed once for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AllowedCommand {
    /// The command.
    pub command: CommandKind,
    /// The state it leads to, when it changes the state.
    pub to: Option<Status>,
    /// Data that must come with it.
    pub needs: Vec<Need>,
    /// Data that may come with it.
    #[serde(default)]
    pub offers: Vec<Need>,
    /// Conditions that do not hold yet: the command is refused until they do.
    #[serde(default)]
    pub blocked_by: Vec<Need>,
    /// Reasons to choose from, when the desk lists them.
    pub reasons: Vec<ReasonView>,
    /// Levels to choose from, each with its groups.
    pub levels: Vec<LevelView>,
}

/// An answer to the form of the category, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ExtraView {
    /// Key of the field.
    pub id: String,
    /// What the desk calls the field.
    pub label: String,
    /// What the field takes.
    pub kind: FieldInput,
    /// What was given, as people read it: the option's label, the file's name, the day as it is written.
    pub value: String,
    /// What was given, as the form takes it: the option's key, the attachment's key, the day as `2026-11-23`.
    pub given: String,
}

/// An answer to a question of the survey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SurveyAnswerView {
    /// Key of the question.
    pub id: String,
    /// The question.
    pub question: String,
    /// The answer as it was given.
    pub value: AnswerValue,
    /// The answer as people read it.
    pub text: String,
}

/// A ticket as an agent sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TicketView {
    /// The ticket's code.
    pub code: String,
    /// Address part of its desk.
    pub desk: String,
    /// Version for `If-Match`, also the `ETag`.
    pub version: i32,
    /// Brief description.
    pub subject: String,
    /// Canonical state.
    pub status: Status,
    /// The desk's label of the state.
    pub status_label: String,
    /// Label of the state's reason.
    pub reason: Option<String>,
    /// Key of the state's reason.
    #[serde(default)]
    pub reason_id: Option<String>,
    /// The state that it was suspended from, while it is.
    #[serde(default)]
    pub came_from: Option<StateView>,
    /// Type with the desk's label.
    pub request_type: RequestType,
    /// The desk's label of the type.
    pub request_type_label: String,
    /// Category, root to leaf.
    pub category: Vec<String>,
    /// Key of the category.
    #[serde(default)]
    pub category_id: Option<String>,
    /// Whether only its group and whoever is in charge see it.
    #[serde(default)]
    pub restricted: bool,
    /// Priority.
    pub priority: Labelled,
    /// 1 is the most urgent.
    pub priority_rank: u8,
    /// Impact, at desks with a matrix.
    #[serde(default)]
    pub impact: Option<Labelled>,
    /// Urgency, at desks with a matrix.
    #[serde(default)]
    pub urgency: Option<Labelled>,
    /// Answers to the form of the category.
    #[serde(default)]
    pub extra: Vec<ExtraView>,
    /// Level in charge.
    pub level: u8,
    /// Group in charge.
    pub group: Option<Labelled>,
    /// Agent in charge.
    pub assignee: Option<PersonRef>,
    /// Name of the vendor that was asked.
    #[serde(default)]
    pub vendor: Option<String>,
    /// Requester.
    pub requester: RequesterPanel,
    /// Channel through which it came.
    pub channel: Channel,
    /// How identity was proved.
    pub identity: IdentityProof,
    /// When it was created.
    #[serde(serialize_with = "super::instant::write")]
    pub created_at: DateTime<Utc>,
    /// Last movement.
    #[serde(serialize_with = "super::instant::write")]
    pub updated_at: DateTime<Utc>,
    /// How often a solution was rejected.
    pub reopen_count: u32,
    /// The last solution.
    pub solution: Option<String>,
    /// What was done and decided about it, oldest first: justifications of suspensions, solutions, and why there is none
    ///
    #[serde(default)]
    pub solution_log: Vec<SolutionEntry>,
    /// Rating by the requester, 1 to 5.
    pub stars: Option<u8>,
    /// Comment of the rating or survey.
    #[serde(default)]
    pub comment: Option<String>,
    /// Answers to the survey of the last outcome that was rated.
    #[serde(default)]
    pub survey: Vec<SurveyAnswerView>,
    /// Which version of the desk's questions they answer; none where it asks none.
    #[serde(default)]
    pub survey_version: Option<u32>,
    /// How the attempts to reach the requester stand, where the desk counts them.
    #[serde(default)]
    pub contact: Option<ContactView>,
    /// When the requester is to be contacted again.
    #[serde(default)]
    pub next_contact: Option<NaiveDate>,
    /// Minutes of business time that it was suspended in all.
    #[serde(default)]
    pub suspended_minutes: i64,
    /// The desk's control questions.
    #[serde(default)]
    pub controls: Vec<ControlView>,
    /// How its approvals stand, where its category demands them.
    #[serde(default)]
    pub approval: Option<ApprovalView>,
    /// Its parent, its children, and what it was merged with.
    #[serde(default)]
    pub relations: Vec<RelationView>,
    /// Code of the ticket that goes on in its place, when it was merged: look there.
    #[serde(default)]
    pub merged_into: Option<String>,
    /// What it is marked as.
    #[serde(default)]
    pub marks: Vec<Mark>,
    /// The cause that was found.
    #[serde(default)]
    pub cause: Option<String>,
    /// Both clocks.
    pub clocks: Vec<ClockView>,
    /// Every file of the ticket.
    pub attachments: Vec<Attachment>,
    /// What the caller may do now.
    pub allowed_commands: Vec<AllowedCommand>,
    /// The newest entries of the timeline, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Cursor to older entries, for `GET /tickets/{code}/timeline`.
    pub older: Option<String>,
}

/// Kind of actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The requester.
    Requester,
    /// An agent.
    Agent,
    /// A third party's program.
    ApiClient,
    /// The product itself.
    System,
}

/// An entry of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TimelineEntry {
    /// Place in the ticket's history, without gaps per kind of entry.
    pub seq: i64,
    /// When.
    #[serde(serialize_with = "super::instant::write")]
    pub at: DateTime<Utc>,
    /// Kind of actor.
    pub actor: ActorKind,
    /// Name of the actor.
    pub actor_name: String,
    /// What.
    pub body: TimelineBody,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TimelineBody {
    /// A public reply or an internal note.
    Message {
        /// Key within the ticket.
        id: i64,
        /// Who may read it.
        visibility: Visibility,
        /// Plain text.
        body: String,
        /// Its files.
        attachments: Vec<Attachment>,
    },
    /// Anything that changed the ticket, told in words in the caller's language.
    Event {
        /// Stable name of the event.
        #[serde(rename = "event")]
        name: String,
        /// What happened, in words.
        text: String,
        /// Reason, justification, diagnosis, solution or comment, as written.
        note: Option<String>,
    },
    /// A mail about the ticket.
    Mail {
        /// Which mail.
        template: String,
        /// Its name in words.
        text: String,
        /// To whom.
        recipient: String,
        /// Whether it left.
        status: MailStatus,
    },
}

/// Whether a mail left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// Waits for its (next) try.
    Pending,
    /// The mail server took it.
    Sent,
    /// Given up after its tries, or refused.
    Failed,
    /// Called back before it was sent, because its recipient was shut out.
    Withdrawn,
}

/// A public reply or an internal note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// Who may read it; a public one is mailed to the requester.
    pub visibility: Visibility,
    /// Plain text, at most 65 536 bytes.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Ya estamos revisando el servidor de firmas.",
            min_length = 1
        )
    )]
    pub body: String,
    /// Keys of uploads made by the caller.
    #[serde(default)]
    pub attachments: Vec<String>,
}

/// Puts an agent, a group or nobody in charge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewAssignment {
    /// Key of a reason, where the desk asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Key of an active agent of the group; the caller's own key takes the ticket; absent leaves it to the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<i64>,
    /// Key of a group; absent keeps the present one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Moves the ticket to another level, up or down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schema",
    derive(utoipa::ToSchema),
    schema(example = json!({ "level": 2, "group": "n2", "justification": "Requiere acceso al servidor de administración." }))
)]
#[serde(deny_unknown_fields)]
pub struct NewEscalation {
    /// Target level, 1 to 3; without it that of the group or agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 2, minimum = 1, maximum = 3))]
    pub level: Option<u8>,
    /// Key of a reason, where the desk asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Key of a group of that level; without it the agent's, or the one that the desk proposes there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "n2"))]
    pub group: Option<String>,
    /// Key of an active agent of that group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<i64>,
    /// Why, 1 to 2000 characters, where the desk asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Requiere acceso al servidor de administración.",
            min_length = 1,
            max_length = 2000
        )
    )]
    pub justification: Option<String>,
    /// Basic diagnosis, where the desk asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<String>,
}

/// Corrects the priority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPriorityChange {
    /// Key of a priority, at desks with one dimension or to override the matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "p2"))]
    pub priority: Option<String>,
    /// Key of an impact, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// Key of an urgency, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Why, 1 to 2000 characters.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Afecta a un grupo de usuarios.",
            min_length = 1,
            max_length = 2000
        )
    )]
    pub reason: String,
}

/// What somebody wrote about the solution of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SolutionEntry {
    /// Where it led the ticket.
    pub status: Status,
    /// That state in the desk's words.
    #[cfg_attr(feature = "schema", schema(example = "Suspendido"))]
    pub status_label: String,
    /// The reason that was chosen, in words.
    #[serde(default)]
    pub reason: Option<String>,
    /// The justification, the solution, or why there is none.
    pub text: String,
    /// Who wrote it.
    pub author: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The solution given to the requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSolution {
    /// What was done, in words the requester understands; at most 65 536 bytes.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Se renovó el certificado y las firmas se actualizan de nuevo.",
            min_length = 1
        )
    )]
    pub solution: String,
    /// Key of a reason, where the desk asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Keys of uploads made by the caller.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// Solves although children are open; without it a ticket with open children is refused, naming them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm_open_children: bool,
}
