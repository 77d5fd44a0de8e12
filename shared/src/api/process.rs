//! The steps of a ticket's process beyond writing, assigning and solving: moves between states, contact attempts,
//! control questions, approvals, relations and merging, as agents and API clients see them.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::tickets::{Labelled, PersonRef};
use super::uploads::Attachment;
use crate::ticket::command::{CommandKind, ContactChannel, ContactResult, Decision, Mark};
use crate::ticket::status::{RequestType, Status};

/// A command that moves a ticket and has no endpoint of its own. `allowed_commands` of the ticket says which of them the
/// caller may give now, and what each needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TransitionCommand {
    /// Complete a pre-case.
    Complete,
    /// Start attention.
    Start,
    /// Hand over to the on-site group.
    EscalateOnsite,
    /// Stop progress for a reason.
    Suspend,
    /// End the suspension.
    Resume,
    /// Hand over to a specialist of the vendor.
    SendToVendor,
    /// Take it back from the vendor.
    ReturnFromVendor,
    /// Ask for the approvals that the category demands.
    RequestApproval,
    /// Declare that there is no solution.
    MarkUnsolvable,
    /// End it without attention: no answer or out of scope.
    MarkNotManaged,
    /// Take the solution back for the requester who does not validate it.
    Reject,
    /// Validate and close.
    CloseByDesk,
}

/// A move of a ticket with the data that the desk asks for it. What a command does not take is refused if it is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTransition {
    /// The command.
    pub command: TransitionCommand,
    /// Key of one of the reasons that `allowed_commands` lists; for `reject` why, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "schema",
        schema(example = "user_unavailable", max_length = 2000)
    )]
    pub reason: Option<String>,
    /// Why, 1 to 2000 characters. The requester reads the justification of a suspension where the desk says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub justification: Option<String>,
    /// Information received, instruction given or what the vendor did, 1 to 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub note: Option<String>,
    /// What was found so far, at most 65 536 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<String>,
    /// Why there is no solution or no attention, at most 65 536 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Key of the target group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Key of the target agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<i64>,
    /// Name of the vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 200))]
    pub vendor: Option<String>,
    /// When the requester is contacted again; a day in the desk's time zone, not past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_contact: Option<NaiveDate>,
    /// Key of a category, to complete a pre-case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Key of a priority, at desks with one dimension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// Key of an impact, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// Key of an urgency, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Keys of uploads made by the caller; evidence where the move asks for it. They become an internal note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<String>,
    /// Whether the caller knows that children of the ticket are open; asked of `mark_unsolvable` and `mark_not_managed`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm_open_children: bool,
}

/// Corrects the category. Type, form, approvals and targets follow; time already used stays used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCategoryChange {
    /// Key of a category.
    #[cfg_attr(feature = "schema", schema(example = "red-conectividad"))]
    pub category: String,
    /// Why, 1 to 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub reason: Option<String>,
}

/// An attempt to reach the requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewContactAttempt {
    /// By which way.
    pub channel: ContactChannel,
    /// What came of it.
    pub result: ContactResult,
    /// What was said, at most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub note: Option<String>,
    /// When to try again; a day in the desk's time zone, not past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_contact: Option<NaiveDate>,
}

/// An attempt as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContactAttemptView {
    /// By which way.
    pub channel: ContactChannel,
    /// What came of it.
    pub result: ContactResult,
    /// When.
    pub at: DateTime<Utc>,
    /// Who tried.
    pub by: String,
    /// Whether it counts for what the desk asks.
    pub counts: bool,
}

/// How the attempts to reach the requester stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ContactView {
    /// Every attempt, oldest first.
    pub attempts: Vec<ContactAttemptView>,
    /// Attempts of the present series that count.
    pub counted: u8,
    /// Attempts that the desk asks for.
    pub needed: u8,
    /// On how many different business days at least.
    pub business_days: u8,
    /// Ways that count.
    pub channels: Vec<ContactChannel>,
    /// Whether the desk's terms are met.
    pub complete: bool,
    /// When the requester is to be contacted again.
    pub next_contact: Option<NaiveDate>,
}

/// Which mail of the follow-up series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FollowUpStep {
    /// Asks for the information.
    First,
    /// The desk still waits for it.
    Second,
    /// Announces the closing for lack of response.
    Closing,
}

/// The next mail of the follow-up series, prepared by the product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FollowUpDraft {
    /// Which of the three; absent once all were sent.
    pub step: Option<FollowUpStep>,
    /// The text to start from.
    pub text: String,
    /// From which day it may be sent: at most one on a business day.
    pub from: Option<NaiveDate>,
    /// Whether it may be sent now.
    pub ready: bool,
}

/// Sends the next mail of the follow-up series and records it as an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewFollowUp {
    /// Which of the three, so that a second press does not send the next one.
    pub step: FollowUpStep,
    /// The text, 1 to 2000 characters.
    #[cfg_attr(feature = "schema", schema(min_length = 1, max_length = 2000))]
    pub text: String,
}

/// Completes or corrects the answers to the form of the category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewExtra {
    /// Answers by the key of the field; what is not named stays, an empty one is taken out.
    pub extra: BTreeMap<String, String>,
}

/// Marks the ticket, or takes the mark off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMark {
    /// Which mark.
    pub mark: Mark,
    /// On or off.
    pub on: bool,
}

/// The cause that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCause {
    /// What it is, at most 65 536 bytes.
    pub cause: String,
}

/// A control question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ControlView {
    /// Key within the desk.
    pub id: String,
    /// The question.
    pub question: String,
    /// The last answer.
    pub answer: Option<bool>,
    /// When it was answered.
    pub at: Option<DateTime<Utc>>,
    /// Whether the answer was given before the ticket came to its present state, so that it is asked anew.
    #[serde(default)]
    pub stale: bool,
    /// Whether a command that the ticket allows now waits for it.
    pub due: bool,
    /// The commands that wait for it.
    #[serde(default)]
    pub before: Vec<CommandKind>,
}

/// The answer to a control question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewControlAnswer {
    /// Key of the control question.
    #[cfg_attr(feature = "schema", schema(example = "c1"))]
    pub control: String,
    /// Yes or no.
    pub answer: bool,
    /// At most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub note: Option<String>,
}

/// An approver role of a step and its word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApproverView {
    /// The role.
    pub role: Labelled,
    /// Who holds it now; their deputies follow.
    pub people: Vec<String>,
    /// The decision; absent while it is missing.
    pub decision: Option<Decision>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Why.
    pub comment: Option<String>,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// Whether the caller may decide it.
    pub mine: bool,
}

/// A step of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovalStepView {
    /// Its roles; all must say yes.
    pub approvers: Vec<ApproverView>,
    /// Whether it is asked now.
    pub current: bool,
}

/// How the approvals of a ticket stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovalView {
    /// The desk's policy.
    pub policy: Labelled,
    /// Whether the manager's mail or another proof must come first.
    pub needs_evidence: bool,
    /// Whether it was asked for.
    pub requested: bool,
    /// Its steps in their order.
    pub steps: Vec<ApprovalStepView>,
    /// Files that prove the manager's approval.
    pub evidence: Vec<Attachment>,
}

/// A ticket that waits for the caller's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApprovalRow {
    /// The ticket's code.
    pub code: String,
    /// Address part of its desk.
    pub desk: String,
    /// Brief description.
    pub subject: String,
    /// For whom.
    pub requester: PersonRef,
    /// Labels of the category, root to leaf.
    pub category: Vec<String>,
    /// The role in which the caller is asked.
    pub role: Labelled,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// Version for `If-Match`.
    pub version: i32,
}

/// A decision on an approval. Who asks for a service never approves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApprovalDecision {
    /// Key of the approver role.
    #[cfg_attr(feature = "schema", schema(example = "risk_office"))]
    pub role: String,
    /// Yes or no.
    pub decision: Decision,
    /// Why, at most 2000 characters; mandatory to refuse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub comment: Option<String>,
}

/// Who holds an approver role at a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApproverRole {
    /// The role as the desk's file names it.
    pub role: Labelled,
    /// Who decides.
    pub holders: Vec<ApproverHolder>,
    /// Whether no kept change gives these holders: the list is older than the changes. Saving it as it is keeps one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untraced: bool,
}

/// The approver roles of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApproverRoles {
    /// In the order of the desk's policies.
    pub items: Vec<ApproverRole>,
    /// Version of the list, for `If-Match`.
    #[serde(default)]
    pub version: i32,
}

/// A change of who holds an approver role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApproverChange {
    /// Its number at the desk: the version of the list that it gave.
    pub number: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// Name of whoever made it.
    pub by: String,
    /// The role.
    pub role: Labelled,
    /// Who held it before.
    pub before: Vec<AppointedApprover>,
    /// Who holds it since.
    pub after: Vec<AppointedApprover>,
}

/// Somebody in a change of the approvers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AppointedApprover {
    /// Their name at the time.
    pub full_name: String,
    /// Whether they decide only for the others.
    pub deputy: bool,
}

/// Somebody who holds an approver role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ApproverHolder {
    /// Mail address of a registered person of the desk.
    #[cfg_attr(feature = "schema", schema(example = "ana.rojas@example.org"))]
    pub email: String,
    /// Their name; ignored when it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// Whether they decide only for the others: a deputy is told with the first reminder, or at once where nobody else could be.
    #[serde(default)]
    pub deputy: bool,
    /// Whether they may not use the desk at present, and so decide nothing; ignored when it is sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shut_out: bool,
}

/// The holders of an approver role, replacing those before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApproverHolders {
    /// Who decides.
    pub holders: Vec<ApproverHolder>,
}

/// What a related ticket is to the one on view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// It is the parent.
    Parent,
    /// It is a child.
    Child,
    /// The one on view was merged into it.
    MergedInto,
    /// It was merged into the one on view.
    Duplicate,
}

/// A related ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RelationView {
    /// What it is to the one on view.
    pub kind: RelationKind,
    /// Its code.
    pub code: String,
    /// Its brief description.
    pub subject: String,
    /// Its type.
    pub request_type: RequestType,
    /// Its canonical state.
    pub status: Status,
    /// The desk's label of the state.
    pub status_label: String,
    /// Its requester.
    pub requester: String,
}

/// Puts existing tickets under the one on view as its children.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRelation {
    /// Codes of the children, 1 to 50, of the same desk.
    #[cfg_attr(feature = "schema", schema(example = json!(["INF-1043"])))]
    pub children: Vec<String>,
}

/// Merges the ticket into another of the same desk: it closes, and its code leads to the other one. It can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewMerge {
    /// Code of the ticket that stays.
    #[cfg_attr(feature = "schema", schema(example = "INF-1042"))]
    pub into: String,
    /// Why, at most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(max_length = 2000))]
    pub reason: Option<String>,
}
