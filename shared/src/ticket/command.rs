//! What somebody wants to happen to a ticket: the complete set, for every desk.
//! Which of them a ticket takes is decided by the desk's table of moves, not here.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::sla::policy::ClockKind;

use super::actor::Assignee;
use super::status::{Level, Visibility};
use super::text::{Body, Reason, Stars};
use super::words::words;

/// What somebody wants to happen. Optional data are those that only some desks ask for;
/// the guards of the desk's move say which (`Need`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Command {
    /// The mail address of a draft was proved: it becomes a ticket.
    Confirm,
    /// An agent completes a pre-case.
    Complete {
        /// Catalogue key.
        category: Option<String>,
        /// Priority key, for desks with one dimension.
        priority: Option<String>,
        /// Impact key, for desks with a matrix.
        impact: Option<String>,
        /// Urgency key, for desks with a matrix.
        urgency: Option<String>,
        /// Group key.
        group: Option<String>,
    },
    /// The actor takes the ticket.
    Take,
    /// The ticket is given to a group, a person or both.
    Assign {
        /// Group key; none keeps the group.
        group: Option<String>,
        /// The agent; none leaves it to the group.
        assignee: Option<Assignee>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// Free text for the new person.
        note: Option<Reason>,
    },
    /// The person in charge starts attention.
    Start {
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// Diagnosis, where the desk asks it.
        diagnosis: Option<Body>,
    },
    /// To another level, group or specialist; up or down.
    Escalate {
        /// Target level; none keeps the level.
        level: Option<Level>,
        /// Target group.
        group: Option<String>,
        /// Target agent.
        assignee: Option<Assignee>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// Why it is escalated.
        justification: Option<Reason>,
        /// What was found so far.
        diagnosis: Option<Body>,
    },
    /// To the on-site group.
    EscalateOnsite {
        /// Target group, one of the level's on-site groups.
        group: Option<String>,
        /// Target agent.
        assignee: Option<Assignee>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// Why it is escalated.
        justification: Option<Reason>,
        /// What was found so far.
        diagnosis: Option<Body>,
    },
    /// Progress stops for a reason.
    Suspend {
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// Why; the requester reads it where the desk says so (C-62).
        justification: Option<Reason>,
        /// When the requester is contacted again.
        next_contact: Option<NaiveDate>,
    },
    /// The suspension ends and the ticket goes back.
    Resume {
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// The information received or the instruction given.
        note: Option<Reason>,
    },
    /// To a specialist of the vendor.
    SendToVendor {
        /// Target group, a vendor's.
        group: Option<String>,
        /// Target agent of the vendor.
        assignee: Option<Assignee>,
        /// Name of the vendor.
        vendor: Option<String>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// What is asked of the vendor.
        justification: Option<Reason>,
    },
    /// The vendor gives it back.
    ReturnFromVendor {
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// What the vendor did.
        note: Option<Reason>,
    },
    /// The approvals that the category demands are asked for.
    RequestApproval {
        /// What the approvers should know.
        note: Option<Reason>,
        /// Keys of the messages that prove the manager's approval; none without proof.
        evidence: Vec<i64>,
        /// Keys of the files of those messages that prove it; none where all of them do.
        files: Vec<String>,
    },
    /// An approver decides their step.
    DecideApproval {
        /// Key of the approver role that decides.
        approver: String,
        /// Yes or no.
        decision: Decision,
        /// Why; mandatory when refused.
        comment: Option<Reason>,
    },
    /// Correct the priority.
    ChangePriority {
        /// New priority key, for desks with one dimension or to override the matrix.
        priority: Option<String>,
        /// New impact key, for desks with a matrix.
        impact: Option<String>,
        /// New urgency key, for desks with a matrix.
        urgency: Option<String>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Correct the category.
    ChangeCategory {
        /// New catalogue key.
        category: String,
        /// Why.
        reason: Option<Reason>,
    },
    /// Deliver a solution.
    Solve {
        /// What was done, in words that the requester understands.
        solution: Option<Body>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
    },
    /// Declare that there is no solution.
    MarkUnsolvable {
        /// Why there is none.
        description: Option<Body>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
    },
    /// End without attention: no answer or out of scope.
    MarkNotManaged {
        /// Why it ends.
        description: Option<Body>,
        /// Key of one of the desk's reasons.
        reason: Option<String>,
    },
    /// The requester accepts the solution.
    Accept,
    /// The requester, or the desk for them, rejects the solution.
    Reject {
        /// Why.
        reason: Option<Reason>,
    },
    /// The requester rates the service or answers the survey.
    Rate {
        /// 1 to 5.
        stars: Option<Stars>,
        /// Free comment.
        comment: Option<Reason>,
        /// Answers to the desk's questions.
        answers: Vec<Answer>,
    },
    /// The desk validates and closes.
    CloseByDesk {
        /// Key of one of the desk's reasons.
        reason: Option<String>,
        /// Free text.
        note: Option<Reason>,
    },
    /// The term for an answer ran out. The system only.
    CloseBySilence,
    /// Attention goes on by itself after a reopening (C-06). The system only.
    Continue,
    /// A message or an internal note was written.
    AddMessage {
        /// Key of the stored message.
        message_id: i64,
        /// Who may read it.
        visibility: Visibility,
    },
    /// An attempt to reach the requester.
    RecordContactAttempt {
        /// By which way.
        channel: ContactChannel,
        /// What came of it.
        result: ContactResult,
        /// Free text.
        note: Option<Reason>,
        /// Key of the message that proves it, such as the mail sent.
        evidence: Option<i64>,
        /// When to try again.
        next_contact: Option<NaiveDate>,
    },
    /// The answer to one of the desk's control questions.
    RecordControl {
        /// Key of the control point.
        control: String,
        /// Yes or no.
        answer: bool,
        /// Free text.
        note: Option<Reason>,
    },
    /// Part of the time of a target has been used. The system only.
    RecordWarning {
        /// Which clock.
        clock: ClockKind,
        /// How much of the target, in percent.
        percent: u8,
        /// Which run of the clock; a new target starts a new one.
        generation: u32,
        /// When the target ends.
        due_at: DateTime<Utc>,
    },
    /// A target has passed unmet. The system only.
    RecordBreach {
        /// Which clock.
        clock: ClockKind,
        /// Which run of the clock.
        generation: u32,
        /// When the target ended.
        due_at: DateTime<Utc>,
    },
    /// Put the ticket under a parent. The server has checked that no cycle arises (I-16).
    LinkParent {
        /// Key of the parent ticket.
        parent: i64,
    },
    /// Take the ticket from under its parent.
    UnlinkParent,
    /// Complete or correct the extra data of the category's form.
    SetExtra {
        /// Field keys with their values; what is not named stays, an empty value takes one out.
        extra: BTreeMap<String, String>,
    },
    /// Put a mark on the ticket or take it off (C-50).
    SetMark {
        /// Which.
        mark: Mark,
        /// On or off.
        on: bool,
    },
    /// The cause was found.
    RecordCause {
        /// What it is.
        cause: Option<Body>,
    },
    /// Send the next mail of the follow-up series: request, reminder, closing notice.
    SendFollowUp {
        /// What is added to the desk's words.
        note: Option<Reason>,
    },
    /// Whoever has not decided an approval is asked again. The system only.
    RemindApprovers,
    /// The ticket is a duplicate of another one. The server has checked that it is another one of the same
    /// desk, and gives [`Command::Absorb`] to that one in the same transaction (I-17).
    MergeInto {
        /// Key of the ticket that goes on.
        into: i64,
    },
    /// The ticket was no duplicate: it goes back to where it was.
    Unmerge,
    /// Another ticket was merged into this one. The system only.
    Absorb {
        /// Key of the duplicate.
        from: i64,
    },
    /// A ticket that was merged into this one goes its own way again. The system only.
    Release {
        /// Key of the former duplicate.
        from: i64,
    },
}

words! {
    /// What a ticket can be marked as, besides its type.
    pub enum Mark {
        /// The unknown cause of one or more incidents (C-50).
        Problem = "problem",
        /// A security incident, with a procedure of its own.
        Security = "security",
    }
}

words! {
    /// The name of a command: what `allowed_commands` lists and a desk's moves name.
    pub enum CommandKind {
        /// See [`Command::Confirm`].
        Confirm = "confirm",
        /// See [`Command::Complete`].
        Complete = "complete",
        /// See [`Command::Take`].
        Take = "take",
        /// See [`Command::Assign`].
        Assign = "assign",
        /// See [`Command::Start`].
        Start = "start",
        /// See [`Command::Escalate`].
        Escalate = "escalate",
        /// See [`Command::EscalateOnsite`].
        EscalateOnsite = "escalate_onsite",
        /// See [`Command::Suspend`].
        Suspend = "suspend",
        /// See [`Command::Resume`].
        Resume = "resume",
        /// See [`Command::SendToVendor`].
        SendToVendor = "send_to_vendor",
        /// See [`Command::ReturnFromVendor`].
        ReturnFromVendor = "return_from_vendor",
        /// See [`Command::RequestApproval`].
        RequestApproval = "request_approval",
        /// See [`Command::DecideApproval`].
        DecideApproval = "decide_approval",
        /// See [`Command::ChangePriority`].
        ChangePriority = "change_priority",
        /// See [`Command::ChangeCategory`].
        ChangeCategory = "change_category",
        /// See [`Command::Solve`].
        Solve = "solve",
        /// See [`Command::MarkUnsolvable`].
        MarkUnsolvable = "mark_unsolvable",
        /// See [`Command::MarkNotManaged`].
        MarkNotManaged = "mark_not_managed",
        /// See [`Command::Accept`].
        Accept = "accept",
        /// See [`Command::Reject`].
        Reject = "reject",
        /// See [`Command::Rate`].
        Rate = "rate",
        /// See [`Command::CloseByDesk`].
        CloseByDesk = "close_by_desk",
        /// See [`Command::CloseBySilence`].
        CloseBySilence = "close_by_silence",
        /// See [`Command::Continue`].
        Continue = "continue",
        /// See [`Command::AddMessage`].
        AddMessage = "add_message",
        /// See [`Command::RecordContactAttempt`].
        RecordContactAttempt = "record_contact_attempt",
        /// See [`Command::RecordControl`].
        RecordControl = "record_control",
        /// See [`Command::RecordWarning`].
        RecordWarning = "record_warning",
        /// See [`Command::RecordBreach`].
        RecordBreach = "record_breach",
        /// See [`Command::LinkParent`].
        LinkParent = "link_parent",
        /// See [`Command::UnlinkParent`].
        UnlinkParent = "unlink_parent",
        /// See [`Command::SetExtra`].
        SetExtra = "set_extra",
        /// See [`Command::SetMark`].
        SetMark = "set_mark",
        /// See [`Command::RecordCause`].
        RecordCause = "record_cause",
        /// See [`Command::SendFollowUp`].
        SendFollowUp = "send_follow_up",
        /// See [`Command::RemindApprovers`].
        RemindApprovers = "remind_approvers",
        /// See [`Command::MergeInto`].
        MergeInto = "merge_into",
        /// See [`Command::Unmerge`].
        Unmerge = "unmerge",
        /// See [`Command::Absorb`].
        Absorb = "absorb",
        /// See [`Command::Release`].
        Release = "release",
    }
}

impl Command {
    /// The name of the command.
    pub fn kind(&self) -> CommandKind {
        match self {
            Command::Confirm => CommandKind::Confirm,
            Command::Complete { .. } => CommandKind::Complete,
            Command::Take => CommandKind::Take,
            Command::Assign { .. } => CommandKind::Assign,
            Command::Start { .. } => CommandKind::Start,
            Command::Escalate { .. } => CommandKind::Escalate,
            Command::EscalateOnsite { .. } => CommandKind::EscalateOnsite,
            Command::Suspend { .. } => CommandKind::Suspend,
            Command::Resume { .. } => CommandKind::Resume,
            Command::SendToVendor { .. } => CommandKind::SendToVendor,
            Command::ReturnFromVendor { .. } => CommandKind::ReturnFromVendor,
            Command::RequestApproval { .. } => CommandKind::RequestApproval,
            Command::DecideApproval { .. } => CommandKind::DecideApproval,
            Command::ChangePriority { .. } => CommandKind::ChangePriority,
            Command::ChangeCategory { .. } => CommandKind::ChangeCategory,
            Command::Solve { .. } => CommandKind::Solve,
            Command::MarkUnsolvable { .. } => CommandKind::MarkUnsolvable,
            Command::MarkNotManaged { .. } => CommandKind::MarkNotManaged,
            Command::Accept => CommandKind::Accept,
            Command::Reject { .. } => CommandKind::Reject,
            Command::Rate { .. } => CommandKind::Rate,
            Command::CloseByDesk { .. } => CommandKind::CloseByDesk,
            Command::CloseBySilence => CommandKind::CloseBySilence,
            Command::Continue => CommandKind::Continue,
            Command::AddMessage { .. } => CommandKind::AddMessage,
            Command::RecordContactAttempt { .. } => CommandKind::RecordContactAttempt,
            Command::RecordControl { .. } => CommandKind::RecordControl,
            Command::RecordWarning { .. } => CommandKind::RecordWarning,
            Command::RecordBreach { .. } => CommandKind::RecordBreach,
            Command::LinkParent { .. } => CommandKind::LinkParent,
            Command::UnlinkParent => CommandKind::UnlinkParent,
            Command::SetExtra { .. } => CommandKind::SetExtra,
            Command::SetMark { .. } => CommandKind::SetMark,
            Command::RecordCause { .. } => CommandKind::RecordCause,
            Command::SendFollowUp { .. } => CommandKind::SendFollowUp,
            Command::RemindApprovers => CommandKind::RemindApprovers,
            Command::MergeInto { .. } => CommandKind::MergeInto,
            Command::Unmerge => CommandKind::Unmerge,
            Command::Absorb { .. } => CommandKind::Absorb,
            Command::Release { .. } => CommandKind::Release,
        }
    }
}

words! {
    /// What an approver says.
    pub enum Decision {
        /// Go ahead.
        Approved = "approved",
        /// Do not.
        Refused = "refused",
    }
}

words! {
    /// How somebody tried to reach the requester.
    pub enum ContactChannel {
        /// By chat.
        Chat = "chat",
        /// By telephone.
        Phone = "phone",
        /// By mail.
        Mail = "mail",
        /// In person.
        InPerson = "in_person",
    }
}

words! {
    /// What came of an attempt to reach the requester.
    pub enum ContactResult {
        /// The person answered; the series ends.
        Reached = "reached",
        /// Nobody answered, or the answer is still to come.
        NoAnswer = "no_answer",
        /// The number or address does not work.
        WrongContact = "wrong_contact",
    }
}

/// The answer to one survey question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Answer {
    /// Key of the question.
    pub question: String,
    /// What was answered.
    pub value: AnswerValue,
}

/// What was answered, by the kind of question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerValue {
    /// 1 to 5.
    Stars(Stars),
    /// Yes or no.
    YesNo(bool),
    /// Key of the chosen option.
    Choice(String),
    /// Free text.
    Text(Reason),
}
