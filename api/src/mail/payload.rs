//! What a mail is about: everything its text needs, fixed when the change is committed, so that a later change of the
//! ticket or of the desk cannot alter a mail that waits.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use shared::desk::own_words::{Placeholder, fill};
use shared::desk::profile::{Notification, Recipient};
use shared::i18n::Lang;
use shared::sla::policy::ClockKind;
use shared::ticket::status::RequestType;

use super::layout::one_line;

/// How a desk speaks: the part of every mail that belongs to the desk and not to the occasion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeskVoice {
    /// Address part, for links into the portal.
    pub slug: String,
    /// Name in the mail's language; also the sender's name.
    pub name: String,
    /// How the desk addresses people in Spanish.
    pub tone: Tone,
    /// What the desk calls a ticket in the mail's language, e.g. `ticket` or `caso`.
    pub ticket_word: String,
    /// What the desk calls the category in the mail's language, e.g. `Grupo de ticket`; empty in mails that an earlier
    /// version put into the outbox, which then say the product's word.
    #[serde(default)]
    pub category_word: String,
    /// What the desk calls the priority in the mail's language, e.g. `Gravedad`; empty as above.
    #[serde(default)]
    pub priority_word: String,
    /// Accent colour as `#rrggbb`; the product's own when absent or not of that form.
    pub accent: Option<String>,
    /// Where answers by mail go; none sets no `Reply-To`.
    pub reply_to: Option<String>,
    /// Number of the support line, shown at the foot.
    pub support_line: Option<String>,
    /// IANA time zone in which instants are written; UTC when unknown.
    pub time_zone: String,
}

/// How Spanish texts address the reader. English has one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Usted.
    #[default]
    Usted,
    /// Tú.
    Tu,
}

/// The ticket that a mail speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRef {
    /// Its code, e.g. `INF-1042`.
    pub code: String,
    /// Its subject.
    pub subject: String,
}

/// What the support side is told about a ticket, as far as it is known. Never mailed to a requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketFacts {
    /// Incident or request.
    pub request_type: RequestType,
    /// The desk's word for that type, e.g. `Requerimiento`.
    pub type_label: String,
    /// Full name of the requester.
    pub requester: String,
    /// Mail address of the requester.
    pub requester_email: Option<String>,
    /// Telephone of the requester.
    pub requester_phone: Option<String>,
    /// Telephone extension of the requester.
    #[serde(default)]
    pub extension: Option<String>,
    /// Organization (entidad) of the requester.
    pub organization: Option<String>,
    /// Site (sede) of the requester.
    pub site: Option<String>,
    /// Department (dependencia) of the requester.
    pub department: Option<String>,
    /// Category path as the desk writes it.
    pub category: String,
    /// The desk's label of the state.
    pub status: String,
    /// The desk's label of the priority.
    pub priority: String,
    /// When the ticket was opened.
    pub opened_at: DateTime<Utc>,
    /// When the attention falls due, if it is promised and still open.
    pub attention_due_at: Option<DateTime<Utc>>,
    /// When the solution falls due, if it is promised.
    pub solution_due_at: Option<DateTime<Utc>>,
    /// The latest note or message.
    pub last_note: Option<String>,
    /// The requester's description.
    pub detail: String,
}

/// What a mailed one-time code opens. Only these words are mailed: never text that the asker chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodePurpose {
    /// Opening the ticket that was just filled in.
    NewTicket,
    /// Seeing one's tickets.
    Lookup,
}

/// A step of a desk's process that the support side is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TeamNews {
    /// The ticket goes on after a suspension.
    Resumed,
    /// A vendor is asked.
    VendorAsked,
    /// The vendor has answered.
    VendorAnswered,
    /// The solution implies costs.
    CostImplication,
    /// An instruction is asked for.
    InstructionRequested,
    /// Every approval was given.
    ApprovalGranted,
    /// An approval was refused.
    ApprovalRefused,
    /// The ticket goes on under the code of another one (I-17).
    Merged,
    /// The ticket goes its own way again (I-17).
    Unmerged,
}

/// The occasion of a mail and what only that occasion needs. The word of each variant is stored as `outbox.template`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", rename_all = "snake_case")]
pub enum Content {
    /// A one-time code. It is not sent after it expired, and is wiped from the outbox once it was sent.
    Code {
        /// The code as shown, `XXXX-XXXX`.
        code: String,
        /// What it opens.
        purpose: CodePurpose,
        /// Until when it works.
        expires_at: DateTime<Utc>,
        /// How long it works from when it was asked for, in minutes.
        valid_minutes: u32,
    },
    /// To the requester: the ticket was created.
    TicketCreated {
        /// The desk's word for the type.
        type_label: String,
        /// Category path.
        category: String,
        /// The desk's label of the priority.
        priority: String,
        /// The promise in the desk's words, e.g. `Atención en 2 horas hábiles`.
        promise: Option<String>,
        /// The requester's description.
        summary: String,
        /// Names of the attached files.
        attachments: Vec<String>,
    },
    /// To the requester: an agent wrote.
    MessageToRequester {
        /// Who wrote.
        author: String,
        /// What was written.
        message: String,
        /// Names of the attached files.
        attachments: Vec<String>,
    },
    /// To the support side: the requester wrote.
    MessageToTeam {
        /// Who wrote.
        author: String,
        /// What was written.
        message: String,
        /// Names of the attached files.
        attachments: Vec<String>,
    },
    /// To the requester: his message arrived (C-10).
    MessageReceived {
        /// What he wrote.
        message: String,
        /// Names of the attached files.
        attachments: Vec<String>,
    },
    /// To an agent: the ticket is now his (R-284…R-286).
    Assigned {
        /// The case.
        facts: TicketFacts,
        /// Who assigned it; none when a rule did.
        assigned_by: Option<String>,
    },
    /// To the members of a group: there is a new ticket.
    NewTicketToGroup {
        /// The case.
        facts: TicketFacts,
        /// The group's name.
        group: String,
        /// Who attends it already; it waits for somebody without.
        #[serde(default)]
        assignee: Option<String>,
    },
    /// To the members of a group, or to the new assignee: a ticket was escalated to their level.
    Escalated {
        /// The case.
        facts: TicketFacts,
        /// The new level, 1 to 3.
        level: u8,
        /// The new group's name.
        group: Option<String>,
        /// Who escalated.
        escalated_by: String,
        /// Why.
        justification: String,
    },
    /// To the requester: a solution was delivered; he accepts or rejects it.
    Solved {
        /// The solution.
        solution: String,
        /// Names of the attached files.
        attachments: Vec<String>,
        /// When silence will close the ticket, where the desk does that.
        closes_at: Option<DateTime<Utc>>,
        /// Whether a survey asks for the requester's word, rather than acceptance and stars.
        #[serde(default)]
        by_survey: bool,
    },
    /// To the requester: the ticket is suspended.
    Suspended {
        /// The desk's label of the reason.
        reason: Option<String>,
        /// Why, as the agent wrote it.
        note: String,
        /// When the requester is contacted again.
        next_contact: Option<NaiveDate>,
    },
    /// To the requester: something is missing; answering brings the ticket back.
    MissingInformation {
        /// What, as the agent wrote it.
        note: String,
    },
    /// To the requester: the ticket goes on.
    Resumed {
        /// What was received or decided.
        note: String,
    },
    /// To the requester: there is no solution.
    Unsolvable {
        /// Why.
        description: String,
        /// When silence will close the ticket, where the desk does that.
        closes_at: Option<DateTime<Utc>>,
    },
    /// To the requester: the survey waits.
    Survey {
        /// How many questions it has.
        questions: u32,
        /// When silence will close the ticket, where the desk does that.
        closes_at: Option<DateTime<Utc>>,
    },
    /// To the requester: a mail of the follow-up series.
    FollowUp {
        /// 1 the request, 2 the reminder, 3 the closing notice.
        step: u8,
        /// What the desk writes.
        text: String,
    },
    /// To the requester: the ticket ended without attention.
    NotManaged {
        /// Why.
        description: String,
    },
    /// To the requester: the ticket goes on under another code of theirs, which the solution will come with (I-17).
    Merged {
        /// The ticket that goes on.
        into: TicketRef,
    },
    /// To the requester: the ticket goes its own way again (I-17).
    Unmerged,
    /// To whoever wrote a mail that became a pre-case: its code.
    PrecaseReceived {
        /// What was written.
        summary: String,
    },
    /// To an approver: a decision is asked, or still missing.
    ApprovalRequested {
        /// Who asks for the service.
        requester: String,
        /// Their entity.
        organization: Option<String>,
        /// Category path.
        category: String,
        /// What is asked for.
        detail: String,
        /// Name of the desk's policy.
        policy: String,
        /// What the desk writes to the approvers.
        note: Option<String>,
        /// Whether it was asked before.
        reminder: bool,
        /// Whether the reader decides in the console; the others decide in the portal.
        in_console: bool,
    },
    /// To the support side: a step of the process.
    TeamNotice {
        /// What happened.
        news: TeamNews,
        /// The case.
        facts: TicketFacts,
        /// Who did it.
        author: String,
        /// What they wrote.
        note: String,
        /// Names of the attached files, such as a vendor's evidence.
        #[serde(default)]
        attachments: Vec<String>,
        /// Name of the vendor, where one was asked.
        vendor: Option<String>,
    },
    /// To the support side: the survey was answered.
    SurveyAnswered {
        /// Who answered.
        author: String,
        /// Questions and answers.
        answers: Vec<(String, String)>,
        /// Free comment.
        comment: Option<String>,
        /// What the deciding question says: close it or not.
        closing: Option<bool>,
    },
    /// To the support side: the requester rejected the solution.
    RejectedToTeam {
        /// Who rejected.
        author: String,
        /// Why.
        reason: String,
    },
    /// To the requester: the ticket is open again.
    Reopened {
        /// Why, as the requester or the desk wrote it.
        reason: String,
    },
    /// To the requester: the ticket is closed.
    Closed {
        /// The desk's label of the final state, e.g. `Resuelto`.
        status: String,
        /// Stars that were given, 1 to 5.
        rating: Option<u8>,
        /// Whether silence closed it.
        by_silence: bool,
    },
    /// To the support side: a good part of a target's time is used (I-37).
    SlaWarning {
        /// The case.
        facts: TicketFacts,
        /// Which target.
        clock: ClockKind,
        /// How much of it is used, in percent.
        percent: u8,
        /// When it is over; none while that depends on when a pause ends.
        due_at: Option<DateTime<Utc>>,
    },
    /// To the support side: a target passed unmet.
    SlaBreached {
        /// The case.
        facts: TicketFacts,
        /// Which target.
        clock: ClockKind,
        /// When it was over.
        due_at: DateTime<Utc>,
    },
    /// To those who decide: somebody asks for access.
    AccessRequested {
        /// Full name.
        name: String,
        /// Mail address; not proved.
        email: String,
        /// Contact number.
        phone: String,
        /// Entity.
        organization: String,
        /// What was told to whoever asked.
        reference: String,
    },
    /// To a person whose access request was granted.
    AccessApproved {
        /// Full name.
        name: String,
        /// Organization that the person was registered with.
        organization: Option<String>,
    },
    /// To a person whose access request an agent refused.
    AccessRefused {
        /// Full name.
        name: String,
        /// What the agent wrote.
        reason: String,
    },
    /// To the address on file: a code for a new ticket was given by phone.
    IdentityVouched {
        /// When the code was read out.
        at: DateTime<Utc>,
    },
}

impl Content {
    /// The stored word of the occasion, also the first part of the Message-ID.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Code { .. } => "code",
            Self::TicketCreated { .. } => "ticket_created",
            Self::MessageToRequester { .. } => "message_to_requester",
            Self::MessageToTeam { .. } => "message_to_team",
            Self::MessageReceived { .. } => "message_received",
            Self::Assigned { .. } => "assigned",
            Self::NewTicketToGroup { .. } => "new_ticket_to_group",
            Self::Escalated { .. } => "escalated",
            Self::Solved { .. } => "solved",
            Self::Suspended { .. } => "suspended",
            Self::MissingInformation { .. } => "missing_information",
            Self::Resumed { .. } => "resumed",
            Self::Unsolvable { .. } => "unsolvable",
            Self::Survey { .. } => "survey",
            Self::FollowUp { step: 0 | 1, .. } => "follow_up_first",
            Self::FollowUp { step: 2, .. } => "follow_up_second",
            Self::FollowUp { .. } => "follow_up_closing",
            Self::NotManaged { .. } => "not_managed",
            Self::Merged { .. } => "merged",
            Self::Unmerged => "unmerged",
            Self::PrecaseReceived { .. } => "precase_received",
            Self::ApprovalRequested {
                reminder: false, ..
            } => "approval_requested",
            Self::ApprovalRequested { reminder: true, .. } => "approval_reminder",
            Self::TeamNotice { news, .. } => match news {
                TeamNews::Resumed => "resumed_to_team",
                TeamNews::VendorAsked => "vendor_asked",
                TeamNews::VendorAnswered => "vendor_answered",
                TeamNews::CostImplication => "cost_implication",
                TeamNews::InstructionRequested => "instruction_requested",
                TeamNews::Merged => "merged_to_team",
                TeamNews::Unmerged => "unmerged_to_team",
                TeamNews::ApprovalGranted | TeamNews::ApprovalRefused => "approval_decided",
            },
            Self::SurveyAnswered { .. } => "survey_answered",
            Self::RejectedToTeam { .. } => "rejected_to_team",
            Self::Reopened { .. } => "reopened",
            Self::Closed { .. } => "closed",
            Self::SlaWarning { .. } => "sla_warning",
            Self::SlaBreached { .. } => "sla_breached",
            Self::AccessRequested { .. } => "access_requested",
            Self::AccessApproved { .. } => "access_approved",
            Self::AccessRefused { .. } => "access_refused",
            Self::IdentityVouched { .. } => "identity_vouched",
        }
    }

    /// The instant after which sending makes no sense any more.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Code { expires_at, .. } => Some(*expires_at),
            _ => None,
        }
    }

    /// The content without what must not outlive the sending.
    pub fn without_secrets(mut self) -> Self {
        if let Self::Code { code, .. } = &mut self {
            code.clear();
        }
        self
    }

    /// Whether its heading and first sentences tell what happened, or until when: a desk's own words do not take their
    /// place, they follow them.
    pub fn keeps_its_opening(&self) -> bool {
        matches!(
            self,
            Self::IdentityVouched { .. }
                | Self::AccessRequested { .. }
                | Self::AccessApproved { .. }
                | Self::AccessRefused { .. }
                | Self::TeamNotice {
                    news: TeamNews::ApprovalGranted | TeamNews::ApprovalRefused,
                    ..
                }
                | Self::SurveyAnswered { .. }
                | Self::Closed { .. }
                | Self::Merged { .. }
                | Self::SlaWarning { .. }
                | Self::SlaBreached { .. }
        )
    }

    /// Whether the reader works at the desk: links then lead to the console.
    pub fn is_for_team(&self) -> bool {
        matches!(
            self,
            Self::MessageToTeam { .. }
                | Self::Assigned { .. }
                | Self::NewTicketToGroup { .. }
                | Self::Escalated { .. }
                | Self::RejectedToTeam { .. }
                | Self::SlaWarning { .. }
                | Self::SlaBreached { .. }
                | Self::AccessRequested { .. }
                | Self::TeamNotice { .. }
                | Self::SurveyAnswered { .. }
                | Self::ApprovalRequested {
                    in_console: true,
                    ..
                }
        )
    }
}

/// What the desk says in its own words, filled in when the change was committed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnWords {
    /// Subject line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// First sentences, a paragraph a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl OwnWords {
    /// What a desk says to a recipient; none where it leaves the words to the product.
    pub fn of(
        notification: Option<&Notification>,
        recipient: Recipient,
        lang: Lang,
        value: impl Fn(Placeholder) -> String,
    ) -> Option<Self> {
        let notification = notification.filter(|mail| mail.speaks_to(recipient))?;
        if notification.subject.is_none() && notification.text.is_none() {
            return None;
        }
        let filled = |template: &str| fill(template, |placeholder| one_line(&value(placeholder)));
        let subject = notification.subject.as_ref();
        let text = notification.text.as_ref();
        Some(Self {
            subject: subject.map(|subject| filled(subject.get(lang))),
            text: text.map(|text| filled(text.get(lang))),
        })
    }
}

/// Everything that the text of one mail needs; stored as `outbox.payload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailPayload {
    /// The desk that speaks.
    pub desk: DeskVoice,
    /// The ticket, where there is one.
    pub ticket: Option<TicketRef>,
    /// The desk's own words, where it has some for this occasion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnWords>,
    /// The occasion.
    pub content: Content,
}
