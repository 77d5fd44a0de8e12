//! What happened to a ticket. Events are the truth: the ticket is their sum. They are stored for
//! ever, so names and fields are only ever added.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::sla::hours::Measure;
use crate::sla::policy::ClockKind;

use super::actor::{ActorKind, ActorRef, AgentRef};
use super::command::{Answer, ContactChannel, ContactResult, Decision, Mark};
use super::status::{Channel, Level, RequestType, Status, Visibility};
use super::text::{Body, Reason, Stars, Subject};

/// The person whom a ticket is for, as the ticket keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequesterRef {
    /// Key of the person.
    pub id: i64,
    /// Full name.
    pub name: String,
    /// Whether the person raises the priority at desks that say so.
    #[serde(default)]
    pub vip: bool,
}

/// How the requester's identity was proved when the ticket was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum IdentityProof {
    /// The one-time code sent to the requester's address came back.
    MailCode,
    /// An agent validated a caller by the desk's checklist.
    Vouched {
        /// Who validated.
        by: AgentRef,
        /// Keys of the desk's checklist that were asked and matched.
        checklist: Vec<String>,
        /// How, in words.
        note: Option<Reason>,
        /// When; none where it was not noted apart from the ticket.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
    },
    /// An agent or a token recorded the ticket for the requester.
    RecordedByStaff,
    /// Nothing was proved: a mail that came in.
    Unproved,
}

impl IdentityProof {
    /// What the history says of a caller whose identity an agent validated; `superseded` where another code took the place of
    /// the one that was read out. None for every other proof.
    pub fn vouching(&self, superseded: bool) -> Option<Event> {
        match self {
            IdentityProof::Vouched {
                by,
                checklist,
                note,
                at,
            } => Some(Event::IdentityVouched {
                by: by.clone(),
                checklist: checklist.clone(),
                note: note.clone(),
                at: *at,
                superseded,
            }),
            IdentityProof::MailCode | IdentityProof::RecordedByStaff | IdentityProof::Unproved => {
                None
            }
        }
    }
}

/// What a ticket starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// `new`, `precase` or `draft`.
    pub status: Status,
    /// Incident or request.
    pub request_type: RequestType,
    /// Catalogue key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Priority key.
    pub priority: String,
    /// Whether somebody chose the priority, rather than the desk's default.
    pub prioritised: bool,
    /// Impact key, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<String>,
    /// Urgency key, at desks with a matrix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<String>,
    /// Level that starts.
    pub level: Level,
    /// Group that starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Agent that starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<AgentRef>,
    /// How it came in.
    pub channel: Channel,
    /// For whom.
    pub requester: RequesterRef,
    /// How the requester's identity was proved.
    pub identity: IdentityProof,
    /// The one line that names it.
    pub subject: Subject,
    /// Extra data of the category's form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extra: BTreeMap<String, String>,
    /// Key of the stored first message, which holds the description and its files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<i64>,
    /// Digest of that message with its files, so that the history proves them too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The ticket exists.
    Opened(Box<Opened>),
    /// It moved to another state, or to another reason inside its state.
    StatusChanged {
        /// State before.
        from: Status,
        /// State after.
        to: Status,
        /// Key of the reason chosen from the list of the new state.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// What was written with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Body>,
        /// Who may read the note.
        #[serde(default = "internal")]
        note_visibility: Visibility,
        /// Whether the product moved on by itself.
        #[serde(default)]
        automatic: bool,
    },
    /// Somebody else is in charge.
    Assigned {
        /// Agent before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<AgentRef>,
        /// Agent after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<AgentRef>,
        /// Group before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_group: Option<String>,
        /// Group after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_group: Option<String>,
        /// Key of the reason, where the desk asks one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// Free text for the new person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Reason>,
        /// Whether the product assigned it by itself.
        #[serde(default)]
        automatic: bool,
    },
    /// Another level, group or specialist goes on.
    Escalated {
        /// Level before.
        from_level: Level,
        /// Level after.
        to_level: Level,
        /// Group before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_group: Option<String>,
        /// Group after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_group: Option<String>,
        /// Agent before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_assignee: Option<AgentRef>,
        /// Agent after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to_assignee: Option<AgentRef>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        justification: Option<Reason>,
        /// What was found so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        diagnosis: Option<Body>,
        /// Whether it went to the on-site group.
        #[serde(default)]
        onsite: bool,
    },
    /// A person attends the ticket: its attention clock stops at this level.
    Attended {
        /// Level that attends.
        level: Level,
    },
    /// The priority was corrected.
    PriorityChanged {
        /// Priority key before.
        from: String,
        /// Priority key after.
        to: String,
        /// Impact key after, at desks with a matrix.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        impact: Option<String>,
        /// Urgency key after, at desks with a matrix.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        urgency: Option<String>,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// The category was corrected.
    CategoryChanged {
        /// Catalogue key before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Catalogue key after.
        to: String,
        /// Incident or request after; the catalogue row may set it.
        request_type: RequestType,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// A message or an internal note was written.
    MessageAdded {
        /// Key of the stored message.
        message_id: i64,
        /// Who may read it.
        visibility: Visibility,
        /// What kind of actor wrote it.
        author: ActorKind,
        /// Digest of the message with its files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
    /// A solution was delivered.
    Solved {
        /// What was done.
        solution: Body,
        /// Who solved, where a person did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<AgentRef>,
        /// Level that solved.
        level: Level,
        /// Group of whoever solved; none when they belong to no group of the level.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Which solution of the ticket this is, from 1.
        cycle: u32,
        /// Key of the message that holds its files, where it has some.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<i64>,
        /// Digest of that message with its files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
    },
    /// It was declared that there is no solution.
    DeclaredUnsolvable {
        /// Why there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<Body>,
        /// Who declared it, where a person did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<AgentRef>,
        /// Level that declared it.
        level: Level,
        /// Group of whoever declared it; none when they belong to no group of the level.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Which outcome of the ticket this is, from 1.
        cycle: u32,
    },
    /// The requester accepted the solution (C-07).
    SolutionAccepted {
        /// Which solution.
        cycle: u32,
    },
    /// The requester rejected the solution.
    SolutionRejected {
        /// Which solution.
        cycle: u32,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// The requester rated the service or answered the survey.
    Rated {
        /// Which solution.
        cycle: u32,
        /// 1 to 5.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stars: Option<Stars>,
        /// Free comment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<Reason>,
        /// Answers to the desk's questions.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<Answer>,
        /// What the deciding question says: close it or not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closing: Option<bool>,
        /// Which version of the desk's survey was answered; none where it has no questions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u32>,
    },
    /// Part of the time of a target was used (I-37).
    SlaWarning {
        /// Which clock.
        clock: ClockKind,
        /// How much, in percent.
        percent: u8,
        /// Which run of the clock.
        generation: u32,
        /// When the target ends.
        due_at: DateTime<Utc>,
    },
    /// A target passed unmet.
    SlaBreached {
        /// Which clock.
        clock: ClockKind,
        /// Which run of the clock.
        generation: u32,
        /// When the target ended.
        due_at: DateTime<Utc>,
    },
    /// An agent validated the requester's identity by telephone.
    IdentityVouched {
        /// Who validated.
        by: AgentRef,
        /// Keys of the desk's checklist that were asked and matched.
        checklist: Vec<String>,
        /// How, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Reason>,
        /// When; none where it was not noted apart from the event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
        /// Whether another code took the place of the one that was read out, so that it proved nothing.
        #[serde(default)]
        superseded: bool,
    },
    /// Somebody tried to reach the requester.
    ContactAttempted {
        /// By which way.
        channel: ContactChannel,
        /// What came of it.
        result: ContactResult,
        /// Free text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Reason>,
        /// Key of the message that proves it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<i64>,
    },
    /// When the requester is to be contacted again.
    NextContactSet {
        /// The day, in the desk's time zone.
        date: NaiveDate,
    },
    /// A vendor was asked.
    VendorAsked {
        /// Name of the vendor.
        vendor: String,
    },
    /// The answer to one of the desk's control questions.
    ControlRecorded {
        /// Key of the control point.
        control: String,
        /// Yes or no.
        answer: bool,
        /// Free text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Reason>,
    },
    /// Approvals were asked for.
    ApprovalRequested {
        /// Key of the desk's approval policy.
        policy: String,
        /// Which step of it, from 0.
        step: u32,
        /// Keys of the approver roles that are asked.
        approvers: Vec<String>,
        /// Key of the message that proves the manager's approval.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evidence: Option<i64>,
        /// Keys of further messages that prove it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        also: Vec<i64>,
        /// Keys of the files of those messages that prove it; none where all of them do.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<String>,
    },
    /// An approver decided.
    ApprovalDecided {
        /// Key of the desk's approval policy.
        policy: String,
        /// Which step of it, from 0.
        step: u32,
        /// Key of the approver role.
        approver: String,
        /// Yes or no.
        decision: Decision,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<Reason>,
    },
    /// The ticket was put under a parent.
    ParentLinked {
        /// Key of the parent ticket.
        parent: i64,
    },
    /// The ticket was taken from under its parent.
    ParentUnlinked {
        /// Key of the former parent ticket.
        parent: i64,
    },
    /// Extra data were completed or corrected.
    ExtraChanged {
        /// Field keys with their new values; empty where one was taken out.
        extra: BTreeMap<String, String>,
    },
    /// A mark was put on or taken off.
    Marked {
        /// Which.
        mark: Mark,
        /// On or off.
        on: bool,
    },
    /// The cause was found.
    CauseRecorded {
        /// What it is.
        cause: Body,
    },
    /// A mail of the follow-up series is sent.
    FollowUpSent {
        /// 1 the request, 2 the reminder, 3 the closing notice.
        step: u8,
        /// What was added to the desk's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Reason>,
    },
    /// Whoever has not decided was asked again.
    ApproversReminded {
        /// Key of the desk's approval policy.
        policy: String,
        /// Which step of it, from 0.
        step: u32,
        /// Keys of the approver roles whose word is missing.
        approvers: Vec<String>,
    },
    /// The desk took its request for approval back before everybody had decided: what was said so far counts no more.
    ApprovalWithdrawn {
        /// Key of the desk's approval policy.
        policy: String,
        /// Which step of it, from 0.
        step: u32,
        /// Keys of the approver roles whose word was missing.
        approvers: Vec<String>,
    },
    /// The ticket is a duplicate and goes on as another one; it is closed with this pointer (I-17).
    MergedInto {
        /// Key of the ticket that goes on.
        into: i64,
    },
    /// The ticket was no duplicate after all.
    Unmerged {
        /// Key of the ticket that it was merged into.
        from: i64,
    },
    /// A duplicate was merged into this ticket.
    Absorbed {
        /// Key of the duplicate.
        from: i64,
    },
    /// What was merged into this ticket goes its own way again.
    Released {
        /// Key of the former duplicate.
        from: i64,
    },
    /// From here on another version of the desk's profile holds.
    ProfileChanged {
        /// Version before.
        from: u32,
        /// Version after.
        to: u32,
        /// How time was counted until then, where the new version counts it in another way.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        measure: Option<Box<Measure>>,
    },
}

fn internal() -> Visibility {
    Visibility::Internal
}

impl Event {
    /// Notes in the event the message that was stored with it: its key, and the digest of its content. Events that come
    /// with no message stay as they are.
    pub fn seal(&mut self, stored: Option<i64>, seal: &str) {
        match self {
            Event::Opened(opened) => {
                opened.message_id = stored.or(opened.message_id);
                opened.digest = Some(seal.to_owned());
            }
            Event::MessageAdded { digest, .. } => *digest = Some(seal.to_owned()),
            Event::Solved {
                message_id, digest, ..
            } => {
                *message_id = stored;
                *digest = Some(seal.to_owned());
            }
            _ => {}
        }
    }

    /// Whether the product did this by itself as a consequence of what an actor did.
    pub fn is_automatic(&self) -> bool {
        matches!(
            self,
            Event::StatusChanged {
                automatic: true,
                ..
            } | Event::Assigned {
                automatic: true,
                ..
            }
        )
    }
}

/// An event with its place in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// 1 for the first event of a ticket, then without gaps (I-5).
    pub seq: u32,
    /// When, in UTC; never before the event before it.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: ActorRef,
    /// What.
    pub event: Event,
}
