//! What requesters send and receive. No type here has a field for internal data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::desks::{
    CategoryView, FormView, PrioritisationView, PriorityView, QuestionView, TypeView,
};
use super::tickets::{ExtraView, Labelled, SurveyAnswerView};
use super::uploads::Attachment;
use crate::desk::profile::AcceptanceMode;
use crate::i18n::Lang;
use crate::ticket::command::{Answer, Decision};
use crate::ticket::status::{RequestType, Status};

/// A desk in the portal's list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortalDeskRow {
    /// Address part.
    pub slug: String,
    /// Name in the caller's language.
    pub name: String,
}

/// Who may open tickets at a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// Registered people only; others ask for access.
    Registered,
    /// Addresses of listed domains.
    Domains,
    /// Anyone who proves the address.
    Anyone,
}

/// All that the portal needs to know of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortalDesk {
    /// Address part.
    pub slug: String,
    /// Name in the caller's language.
    pub name: String,
    /// What the desk calls a ticket, e.g. `ticket` or `caso`.
    pub ticket_word: String,
    /// Who may open tickets.
    pub admission: Admission,
    /// Types of ticket with their help (R-005…R-007).
    pub types: Vec<TypeView>,
    /// Severities with their help and promise, highest first (R-076…R-081).
    pub priorities: Vec<PriorityView>,
    /// How a priority is found; where requesters choose nothing, the desk prioritises.
    #[serde(default)]
    pub prioritisation: PrioritisationView,
    /// Selectable categories.
    pub categories: Vec<CategoryView>,
    /// Forms with extra data that categories name.
    #[serde(default)]
    pub forms: Vec<FormView>,
    /// How requesters have their say on a solution.
    #[serde(default = "accept_and_rate")]
    pub acceptance: AcceptanceMode,
    /// The desk's word for category, e.g. `Grupo de ticket`.
    pub category_word: String,
    /// The desk's word for priority, e.g. `Gravedad`.
    pub priority_word: String,
    /// Example of a ticket code, e.g. `INF-1042`.
    pub code_example: String,
    /// Number of the support line.
    pub support_line: Option<String>,
    /// When the desk attends, in words.
    pub hours: String,
    /// How to ask for access, in words.
    pub access_help: Option<String>,
    /// Label of the third choice of the home page, which leads to the console.
    pub team_label: String,
    /// Largest attachment in bytes.
    pub max_attachment_bytes: i64,
    /// Largest number of attachments of one message.
    pub max_attachments: u32,
    /// Most bytes of all attachments of one ticket together, of every message and note of it.
    pub max_ticket_attachment_bytes: i64,
    /// Accent colour of the desk as `#rrggbb`.
    pub accent: Option<String>,
    /// IANA time zone in which the desk works.
    #[cfg_attr(feature = "schema", schema(example = "America/Bogota"))]
    pub time_zone: String,
}

fn accept_and_rate() -> AcceptanceMode {
    AcceptanceMode::AcceptAndRate
}

/// The new ticket form. Kept until the mailed code is proved, then it becomes a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDraft {
    /// The desk's address part.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub desk: String,
    /// The requester's mail address; the code goes there.
    #[cfg_attr(
        feature = "schema",
        schema(example = "ana.rojas@example.org", max_length = 254)
    )]
    pub email: String,
    /// Request or incident.
    pub request_type: RequestType,
    /// Key of a category.
    #[cfg_attr(feature = "schema", schema(example = "endpoint"))]
    pub category: String,
    /// Key of a priority, where requesters choose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = "p3"))]
    pub priority: Option<String>,
    /// Key of an impact, where requesters choose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// Key of an urgency, where requesters choose it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Answers to the form of the category, by the key of the field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
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
    /// Keys of uploads made in the same browser.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// Language of the mails about it.
    #[serde(default)]
    pub language: Lang,
}

/// Asks to see one's tickets: the code of any of them and the mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLookup {
    /// The desk's address part.
    #[cfg_attr(feature = "schema", schema(example = "soporte"))]
    pub desk: String,
    /// Code of any ticket of the requester.
    #[cfg_attr(feature = "schema", schema(example = "INF-1042", max_length = 40))]
    pub ticket_code: String,
    /// The requester's mail address.
    #[cfg_attr(
        feature = "schema",
        schema(example = "ana.rojas@example.org", max_length = 254)
    )]
    pub email: String,
    /// Language of the mail with the code.
    #[serde(default)]
    pub language: Lang,
}

/// What a mailed code will prove the address for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To create the ticket of a draft.
    Draft,
    /// To see one's tickets.
    Lookup,
}

/// A question for the code that was mailed. The same for registered and unknown addresses: a code
/// comes only to registered ones. Bound to the browser that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// Random key.
    pub id: String,
    /// What the code is for.
    pub purpose: Purpose,
    /// The desk's address part.
    pub desk: String,
    /// The address that was typed, shown back to the same browser.
    pub email: String,
    /// Short reference to read out to the support line (drafts).
    #[cfg_attr(feature = "schema", schema(example = "R4TD"))]
    pub reference: Option<String>,
    /// When the code expires.
    pub expires_at: DateTime<Utc>,
    /// From when another code can be asked for.
    pub resend_at: DateTime<Utc>,
    /// Tries left with this code.
    #[cfg_attr(feature = "schema", schema(example = 5))]
    pub tries_left: u8,
    /// The server's time, to count down without trusting the browser's clock.
    pub now: DateTime<Utc>,
}

/// The code as the person typed it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeProof {
    /// Eight letters and digits; case, spaces and the dash do not matter.
    #[cfg_attr(
        feature = "schema",
        schema(example = "K7QM-2XWD", min_length = 1, max_length = 32)
    )]
    pub code: String,
}

/// A proved address: a portal session begins, and a draft became a ticket.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Verified {
    /// Send it as `Authorization: Bearer <access_token>`; keep it in memory only. Empty when the code was read out on the
    /// phone: such a code creates its ticket and opens no session.
    pub access_token: String,
    /// Seconds until it expires; 0 without a token.
    pub expires_in: u32,
    /// Code of the created ticket (drafts), or of the ticket that was asked for (lookups).
    pub ticket_code: Option<String>,
}

/// The requester of a portal session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortalSession {
    /// The desk's address part.
    pub desk: String,
    /// Full name.
    pub full_name: String,
    /// The proved address.
    pub email: String,
}

/// A state as requesters see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StatusLabel {
    /// Canonical state.
    pub id: Status,
    /// The desk's label in the caller's language.
    pub label: String,
}

/// What the desk promises about a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Promise {
    /// When somebody will have attended to it; absent once it was, or when nothing is committed.
    pub attention_due_at: Option<DateTime<Utc>>,
    /// When it will be solved; absent once it was, while paused, or when nothing is committed.
    pub solution_due_at: Option<DateTime<Utc>>,
    /// Whether a solution time is committed at all.
    pub solution_committed: bool,
    /// Whether the clock is paused now.
    pub paused: bool,
}

/// One of the requester's tickets in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RequesterTicketRow {
    /// The ticket's code.
    #[cfg_attr(feature = "schema", schema(example = "INF-1042"))]
    pub code: String,
    /// Brief description.
    pub subject: String,
    /// Current state.
    pub status: StatusLabel,
    /// Label of the priority.
    pub priority: String,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Last movement.
    pub updated_at: DateTime<Utc>,
    /// What the desk promises.
    pub promise: Promise,
}

/// Who wrote or did something, as requesters see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The requester.
    Requester,
    /// The support team.
    Support,
    /// The product itself.
    System,
}

/// A public message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PublicMessage {
    /// Key within the ticket.
    pub id: i64,
    /// Which side wrote it.
    pub side: Side,
    /// Name of the author.
    pub author: String,
    /// Plain text.
    pub body: String,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// One public event of the ticket's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PublicEvent {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Which side caused it.
    pub side: Side,
    /// What happened, in the caller's language.
    pub text: String,
}

/// What the requester may do now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub struct RequesterActions {
    /// Add a message.
    pub message: bool,
    /// Accept the solution.
    pub accept: bool,
    /// Reject the solution with a reason.
    pub reject: bool,
    /// Rate the service, or answer the survey.
    pub rate: bool,
    /// Give the information that is missing: a message brings the ticket back to the desk.
    #[serde(default)]
    pub complete: bool,
}

/// The solution that support gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PublicSolution {
    /// Plain text.
    pub text: String,
    /// When it was given.
    pub at: DateTime<Utc>,
    /// When the requester accepted it.
    pub accepted_at: Option<DateTime<Utc>>,
    /// Files given with it.
    pub attachments: Vec<Attachment>,
}

/// The rating that the requester gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PublicRating {
    /// 1 (lowest) to 5 (highest), where the desk asks for stars.
    #[serde(default)]
    pub stars: Option<u8>,
    /// Answers to the survey.
    #[serde(default)]
    pub answers: Vec<SurveyAnswerView>,
    /// Which version of the desk's questions they answer; none where it asks none.
    #[serde(default)]
    pub version: Option<u32>,
    /// Optional comment.
    pub comment: Option<String>,
    /// When it was given.
    pub at: DateTime<Utc>,
}

/// A ticket as its requester sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RequesterTicket {
    /// The ticket's code.
    pub code: String,
    /// Version for `If-Match`.
    pub version: i32,
    /// Brief description.
    pub subject: String,
    /// Detailed description.
    pub description: String,
    /// Files of the description.
    pub attachments: Vec<Attachment>,
    /// Label of the type.
    pub request_type: String,
    /// Labels of the category, root to leaf.
    pub category: Vec<String>,
    /// Label of the priority.
    pub priority: String,
    /// Answers to the form of the category.
    #[serde(default)]
    pub extra: Vec<ExtraView>,
    /// Current state.
    pub status: StatusLabel,
    /// Label of the state's reason, where the requester is told it.
    #[serde(default)]
    pub reason: Option<String>,
    /// What is missing, in the desk's words, while the ticket waits for the requester.
    #[serde(default)]
    pub missing: Option<String>,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// Last movement.
    pub updated_at: DateTime<Utc>,
    /// What the desk promises.
    pub promise: Promise,
    /// The survey to answer now; empty where only stars are asked, or nothing is.
    #[serde(default)]
    pub survey: Vec<QuestionView>,
    /// Code of the ticket that goes on with this one, when it was merged.
    #[serde(default)]
    pub merged_into: Option<String>,
    /// The solution that waits for an answer or was accepted.
    pub solution: Option<PublicSolution>,
    /// The rating, once given.
    pub rating: Option<PublicRating>,
    /// Public messages after the description, oldest first.
    pub messages: Vec<PublicMessage>,
    /// History of events, oldest first.
    pub history: Vec<PublicEvent>,
    /// What the requester may do now.
    pub actions: RequesterActions,
}

/// A message to the support team (R-255…R-257).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPublicMessage {
    /// Plain text, at most 65 536 bytes.
    #[cfg_attr(
        feature = "schema",
        schema(example = "Adjunto la captura del error.", min_length = 1)
    )]
    pub body: String,
    /// Keys of uploads made by the same requester.
    #[serde(default)]
    pub attachments: Vec<String>,
}

/// Acceptance of the solution; the rating follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Acceptance {}

/// Rejection of the solution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rejection {
    /// Why, 1 to 2000 characters.
    #[cfg_attr(
        feature = "schema",
        schema(
            example = "Dos equipos siguen sin actualizar.",
            min_length = 1,
            max_length = 2000
        )
    )]
    pub reason: String,
}

/// The rating that closes the ticket (R-304…R-306).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSurvey {
    /// 1 (lowest) to 5 (highest), where the desk asks for stars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(example = 5, minimum = 1, maximum = 5))]
    pub stars: Option<u8>,
    /// Answers to the survey, where the desk asks questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answer>,
    /// Optional comment, at most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(example = "Muy buena atención.", max_length = 2000)
    )]
    pub comment: Option<String>,
}

/// A ticket that waits for the approval of the person of the session, with what an approver must see and no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortalApproval {
    /// The ticket's code.
    pub code: String,
    /// Version for `If-Match`.
    pub version: i32,
    /// Brief description.
    pub subject: String,
    /// Detailed description.
    pub description: String,
    /// Labels of the category, root to leaf.
    pub category: Vec<String>,
    /// Answers to the form of the category.
    pub extra: Vec<ExtraView>,
    /// Full name of the requester.
    pub requester: String,
    /// The requester's entity.
    pub entity: Option<String>,
    /// The roles in which the person is asked; each is decided on its own.
    pub roles: Vec<Labelled>,
    /// What others have decided so far.
    pub decided: Vec<PortalDecision>,
    /// What the desk wrote to the approvers.
    pub note: Option<String>,
    /// Files of the description and the manager's approval.
    pub attachments: Vec<Attachment>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
}

/// What another approver decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortalDecision {
    /// The role.
    pub role: Labelled,
    /// Yes or no.
    pub decision: Decision,
    /// When.
    pub at: DateTime<Utc>,
}

/// A row of the approvals that wait for the person of the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortalApprovalRow {
    /// The ticket's code.
    pub code: String,
    /// Brief description.
    pub subject: String,
    /// Full name of the requester.
    pub requester: String,
    /// The roles in which the person is asked.
    pub roles: Vec<Labelled>,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
}
