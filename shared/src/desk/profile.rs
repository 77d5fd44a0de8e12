//! The profile of a desk as types: everything that differs from desk to desk, and nothing else.

use serde::{Deserialize, Serialize};

use super::catalog::{Catalog, Entry};
use crate::i18n::Lang;
use crate::sla::calendar::Calendar;
use crate::sla::policy::{ClockEffect, SlaPolicy, Target};
use crate::ticket::command::{CommandKind, ContactChannel};
use crate::ticket::status::{Channel, Level, RequestType, Status};
use crate::ticket::words::words;

/// A word or sentence in the product's languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// In Spanish; always there.
    pub es: String,
    /// In English; Spanish is shown where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Text {
    /// A text that reads the same in every language, such as a product's name.
    pub fn same(text: &str) -> Text {
        Text {
            es: text.to_owned(),
            en: Some(text.to_owned()),
        }
    }

    /// The text in a language, or else in Spanish.
    pub fn get(&self, lang: Lang) -> &str {
        match (lang, &self.en) {
            (Lang::En, Some(en)) => en,
            (Lang::En, None) | (Lang::Es, _) => &self.es,
        }
    }
}

/// A desk: its words, its rules and its promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desk {
    /// Part of the address; never read by logic.
    pub slug: String,
    /// Installed version; the server counts it up with each one applied.
    pub version: u32,
    /// Name as people know the desk.
    pub name: Text,
    /// What the desk calls things.
    pub words: Words,
    /// How ticket codes are written.
    pub code: CodeFormat,
    /// How the desk addresses people.
    pub address: FormOfAddress,
    /// Colours of the desk.
    pub theme: Theme,
    /// Where people call who cannot reach their mail (R-049).
    #[serde(default)]
    pub support: Option<SupportLine>,
    /// When the desk works, and its time zone.
    pub calendar: Calendar,
    /// Who may ask, how, and with what.
    pub intake: Intake,
    /// What an agent asks a caller before vouching for them (R-050).
    #[serde(default)]
    pub vouching: Vec<ChecklistItem>,
    /// The states in use, in the order of a ticket's life.
    pub states: Vec<StateProfile>,
    /// The moves that the desk allows; for each situation the first that fits decides.
    pub moves: Vec<Move>,
    /// Support levels, lowest first.
    pub levels: Vec<LevelProfile>,
    /// Support groups.
    pub groups: Vec<GroupProfile>,
    /// Request types in use.
    pub types: Vec<TypeProfile>,
    /// Priorities and how one is found.
    pub priority: PriorityScheme,
    /// What is promised and how it is measured.
    pub sla: SlaPolicy,
    /// Approval policies that categories name.
    #[serde(default)]
    pub approvals: Vec<ApprovalPolicy>,
    /// Forms with extra data that categories name.
    #[serde(default)]
    pub forms: Vec<Form>,
    /// Control questions (R-375).
    #[serde(default)]
    pub controls: Vec<Control>,
    /// What unlocks `three_contact_attempts`.
    #[serde(default)]
    pub contact_attempts: Option<ContactPolicy>,
    /// What ends a settled ticket.
    pub acceptance: Acceptance,
    /// What requesters are asked at the end.
    #[serde(default)]
    pub survey: Survey,
    /// Which mails go to whom.
    pub notifications: Vec<Notification>,
    /// Limits of attached files.
    pub attachments: AttachmentLimits,
    /// How reports count.
    #[serde(default)]
    pub reports: ReportRules,
    /// The categories.
    pub catalog: Catalog,
    /// Articles that the desk publishes.
    #[serde(default)]
    pub knowledge: Vec<Article>,
}

/// What a desk calls things.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// A ticket: "ticket", "caso", "solicitud".
    pub ticket: Text,
    /// The category of a ticket: "Grupo de ticket".
    pub category: Text,
    /// The priority of a ticket: "Gravedad".
    pub priority: Text,
    /// The third choice of the home page, which leads to the console (C-09).
    pub team: Text,
}

/// How ticket codes are written: text with `{number}` in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeFormat(pub String);

impl CodeFormat {
    /// The place of the number.
    pub const NUMBER: &str = "{number}";

    /// The code of a number.
    pub fn code(&self, number: i64) -> String {
        self.0.replace(Self::NUMBER, &number.to_string())
    }

    /// An example of a code for people, such as `INF-1042`.
    pub fn example(&self) -> String {
        self.code(1042)
    }

    /// The number of a code as people type it: any case, spaces around it.
    pub fn number(&self, code: &str) -> Option<i64> {
        let code = code.trim().to_uppercase();
        let (before, after) = self.0.split_once(Self::NUMBER)?;
        let digits = code
            .strip_prefix(&before.to_uppercase())?
            .strip_suffix(&after.to_uppercase())?;
        let plain = !digits.is_empty()
            && digits.len() <= 18
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if plain { digits.parse().ok() } else { None }
    }
}

words! {
    /// How a desk addresses people in Spanish.
    pub enum FormOfAddress {
        /// Formal.
        Usted = "usted",
        /// Familiar.
        Tu = "tu",
    }
}

/// Colours of a desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Theme {
    /// Accent as `#rrggbb`; none is the product's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
}

/// The telephone line of a desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportLine {
    /// The number as people dial it.
    pub phone: String,
    /// When somebody answers, in words.
    pub hours: Text,
}

/// Who may ask, how, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intake {
    /// Who may ask.
    pub who: Admission,
    /// Ways in which tickets come in.
    pub channels: Vec<Channel>,
    /// Whether only the last level of the catalogue can be chosen (R-069).
    pub leaf_only: bool,
    /// Whether a ticket needs a category from the start.
    pub category_required: bool,
    /// Whether a ticket needs a priority from the start, rather than the default one.
    pub priority_required: bool,
    /// How somebody gets access who has none (R-041).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Text>,
    /// What the mail reader makes of mails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<MailIntake>,
}

/// Who may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "domains", rename_all = "snake_case")]
pub enum Admission {
    /// Registered people only; others ask for access.
    Registered,
    /// Addresses of these domains, in lower case.
    Domains(Vec<String>),
    /// Anyone who proves the address.
    Anyone,
}

/// What the mail reader makes of mails (R-355).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailIntake {
    /// Words of which one must be in the subject; none takes every mail.
    pub keywords: Vec<String>,
    /// `precase` or `new`.
    pub creates: Status,
}

/// A question of the identity check on the telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItem {
    /// Key that the history keeps.
    pub id: String,
    /// What the agent asks.
    pub label: Text,
    /// Whether the identity cannot be vouched for without it.
    pub required: bool,
}

/// A state in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateProfile {
    /// Which of the fourteen.
    pub is: Status,
    /// What the desk calls it.
    pub label: Text,
    /// What it means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
    /// What it does to the clocks.
    pub clock: ClockRule,
    /// Reasons to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonProfile>,
}

words! {
    /// What a state does to the clocks.
    pub enum ClockRule {
        /// Business time counts.
        Runs = "runs",
        /// It does not count for now.
        Paused = "paused",
        /// The clocks have ended, unless the ticket is reopened.
        Stopped = "stopped",
        /// Each reason says whether it pauses (C-82).
        ByReason = "by_reason",
    }
}

/// A reason of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonProfile {
    /// Key that tickets carry.
    pub id: String,
    /// What the desk calls it.
    pub label: Text,
    /// Whether the clocks pause; only where the state's clock goes by reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pauses: Option<bool>,
    /// A note to start from; `{next_contact}` stands for the date (R-196).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note_script: Option<Text>,
    /// Whether the requester's message brings a suspended ticket back by itself (R-019).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub answer_returns: bool,
}

/// A move that a desk allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// From which states.
    pub from: Vec<Status>,
    /// To which state.
    pub to: MoveTo,
    /// By which commands.
    pub on: Vec<CommandKind>,
    /// By whom.
    pub by: Vec<Who>,
    /// In which situations only.
    #[serde(default, skip_serializing_if = "When::is_always")]
    pub when: When,
    /// The reason that the move sets by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The level that the move hands the ticket to, whatever the person names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Reasons of the new state that this move takes; empty takes all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// What it cannot do without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// What may be given with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Need>,
    /// Mails that follow beyond those of every desk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tells: Vec<Tell>,
}

/// Where a move leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MoveTo {
    /// To a state.
    State(Status),
    /// To the state that the ticket was suspended from.
    Back(BackWord),
}

impl MoveTo {
    /// To the state that the ticket was suspended from.
    pub const BACK: MoveTo = MoveTo::Back(BackWord::Back);
}

words! {
    /// The word for "where it came from".
    pub enum BackWord {
        /// Where it came from.
        Back = "back",
    }
}

words! {
    /// Who may make a move, besides holding the privilege that its command asks for.
    pub enum Who {
        /// The requester of the ticket, nobody else (R-397).
        Requester = "requester",
        /// The agent in charge.
        Assignee = "assignee",
        /// A member of the group in charge.
        Group = "group",
        /// Any agent of the desk.
        Agent = "agent",
        /// An agent with the privilege to coordinate.
        Coordinator = "coordinator",
        /// A member of a group of level 1, whoever is in charge.
        FirstLevel = "first_level",
        /// A member of the vendor's group in charge.
        Vendor = "vendor",
        /// Somebody who holds an approver role that is asked.
        Approver = "approver",
        /// The product itself.
        System = "system",
    }
}

/// The situations in which a move applies; what is left open fits any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct When {
    /// The reason that the ticket is in its state for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reason: Vec<String>,
    /// The level in charge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub level: Vec<Level>,
    /// The level that solved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub solved_by_level: Vec<Level>,
    /// The state that the ticket was suspended from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub came_from: Vec<Status>,
    /// The request type.
    #[serde(rename = "type", skip_serializing_if = "Vec::is_empty")]
    pub request_type: Vec<RequestType>,
    /// The category.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category: Vec<String>,
    /// The approval policy that the category demands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policy: Vec<String>,
    /// What the deciding question of the survey says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survey: Option<Verdict>,
    /// How the approvals ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalOutcome>,
}

impl When {
    /// Whether the move applies in every situation.
    pub fn is_always(&self) -> bool {
        *self == When::default()
    }
}

words! {
    /// What the deciding question of a survey says.
    pub enum Verdict {
        /// It may be closed.
        Positive = "positive",
        /// It may not.
        Negative = "negative",
    }
}

impl Verdict {
    /// The word of an answer to the deciding question.
    pub fn of(closing: bool) -> Verdict {
        if closing {
            Verdict::Positive
        } else {
            Verdict::Negative
        }
    }
}

words! {
    /// How the approvals of a ticket ended.
    pub enum ApprovalOutcome {
        /// All were given.
        Granted = "granted",
        /// One was refused.
        Refused = "refused",
    }
}

words! {
    /// A named guard: what a move cannot do without, with a test and a sentence each.
    pub enum Need {
        /// A reason from the list of the new state, or for a rejection in words.
        Reason = "reason",
        /// Why, in words.
        Justification = "justification",
        /// A justification that the requester reads too (I-6).
        PublicNote = "public_note",
        /// What was found so far (R-171).
        Diagnosis = "diagnosis",
        /// What was done (I-7).
        Solution = "solution",
        /// Why it ends without a solution or attention.
        Description = "description",
        /// Words that go with it, such as an instruction or an approver's comment.
        Note = "note",
        /// A target level.
        Level = "level",
        /// A target group.
        Group = "group",
        /// A target agent.
        Assignee = "assignee",
        /// A target group, a target agent, or both.
        GroupOrAssignee = "group_or_assignee",
        /// The name of the vendor.
        Vendor = "vendor",
        /// When the requester is contacted again.
        NextContactDate = "next_contact_date",
        /// A file or message that proves it.
        Evidence = "evidence",
        /// 1 to 5 stars.
        Stars = "stars",
        /// Answers to every mandatory question.
        SurveyAnswers = "survey_answers",
        /// The attempts to reach the requester that the desk asks for (R-326).
        ThreeContactAttempts = "three_contact_attempts",
        /// No approval is missing or refused (I-12).
        NoPendingApproval = "no_pending_approval",
        /// The ticket has a category, of the last level where the desk says so.
        LeafCategory = "leaf_category",
        /// Somebody chose the priority.
        PrioritySet = "priority_set",
        /// Somebody is in charge.
        ResponsiblePerson = "responsible_person",
        /// The extra data of the category's form are complete (R-036).
        MandatoryExtraData = "mandatory_extra_data",
        /// The requester answered the survey of this solution.
        SurveyAnswered = "survey_answered",
        /// The requester accepted this solution.
        SolutionAccepted = "solution_accepted",
        /// The control questions of this command are answered (R-375).
        Controls = "controls",
        /// Who rates is not who solved.
        NotOwnRating = "not_own_rating",
        /// Somebody tried to reach the requester since they were last heard (R-018).
        ContactAttempted = "contact_attempted",
        /// The cause was recorded (R-178).
        Cause = "cause",
    }
}

impl Need {
    /// Whether it is about the ticket as it stands, rather than data that come with the command.
    pub fn is_condition(self) -> bool {
        match self {
            Need::ThreeContactAttempts
            | Need::NoPendingApproval
            | Need::LeafCategory
            | Need::PrioritySet
            | Need::ResponsiblePerson
            | Need::MandatoryExtraData
            | Need::SurveyAnswered
            | Need::SolutionAccepted
            | Need::Controls
            | Need::NotOwnRating
            | Need::ContactAttempted
            | Need::Cause => true,
            Need::Reason
            | Need::Justification
            | Need::PublicNote
            | Need::Diagnosis
            | Need::Solution
            | Need::Description
            | Need::Note
            | Need::Level
            | Need::Group
            | Need::Assignee
            | Need::GroupOrAssignee
            | Need::Vendor
            | Need::NextContactDate
            | Need::Evidence
            | Need::Stars
            | Need::SurveyAnswers => false,
        }
    }
}

/// A mail that follows a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tell {
    /// To whom.
    pub who: Recipient,
    /// The group that is told instead of the one in charge; only where `who` is `group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Which mail.
    pub template: Notice,
}

/// A support level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelProfile {
    /// 1 to 3.
    pub level: Level,
    /// What the desk calls it.
    pub name: Text,
    /// Keys of the groups that work at it, the usual one first.
    pub groups: Vec<String>,
    /// Keys of those that go on site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub onsite: Vec<String>,
}

/// A support group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupProfile {
    /// Key that tickets carry.
    pub key: String,
    /// What the desk calls it.
    pub name: Text,
    /// Whether it belongs to a vendor (R-203).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vendor: bool,
    /// Whether security incidents go to it, and are seen by nobody else (C-58); at most one of a desk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub security: bool,
}

/// A request type in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeProfile {
    /// Which of the two.
    pub is: RequestType,
    /// What the desk calls it (C-17).
    pub label: Text,
    /// When to choose it (R-006, R-007).
    pub help: Text,
}

/// Priorities and how one is found (R-095).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityScheme {
    /// The priorities, most urgent first.
    pub items: Vec<PriorityProfile>,
    /// The one of a ticket for which nobody has chosen.
    pub default: String,
    /// Whether requesters choose it (C-15).
    pub chosen_by_requester: bool,
    /// By how many ranks a VIP requester raises it (R-082).
    #[serde(default)]
    pub vip_bump: u8,
    /// Impact by urgency; none is a desk with one dimension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Matrix>,
}

/// A priority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriorityProfile {
    /// Key that tickets carry.
    pub key: String,
    /// 1 is the most urgent.
    pub rank: u8,
    /// What the desk calls it.
    pub label: Text,
    /// When to choose it (R-077 to R-080).
    pub help: Text,
}

/// The priority of each impact and urgency (I-21).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// Impacts, worst first: the rows.
    pub impact: Vec<Choice>,
    /// Urgencies, worst first: the columns.
    pub urgency: Vec<Choice>,
    /// Priority keys, a row for each impact.
    pub cells: Vec<Vec<String>>,
    /// The impact of a ticket for which only the urgency is given (R-092).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_impact: Option<String>,
}

/// A value to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Key that tickets carry.
    pub id: String,
    /// What the desk calls it.
    pub label: Text,
}

impl Matrix {
    /// The priority key of an impact and an urgency.
    pub fn priority(&self, impact: &str, urgency: &str) -> Option<&str> {
        let row = self.impact.iter().position(|choice| choice.id == impact)?;
        let column = self
            .urgency
            .iter()
            .position(|choice| choice.id == urgency)?;
        self.cells.get(row)?.get(column).map(String::as_str)
    }
}

impl PriorityScheme {
    /// The priority of a key.
    pub fn get(&self, key: &str) -> Option<&PriorityProfile> {
        self.items.iter().find(|item| item.key == key)
    }

    /// The priority key after the bump of a VIP requester.
    pub fn bumped(&self, key: &str, vip: bool) -> String {
        let place = self.items.iter().position(|item| item.key == key);
        match place {
            Some(place) if vip => self.items[place.saturating_sub(usize::from(self.vip_bump))]
                .key
                .clone(),
            Some(_) | None => key.to_owned(),
        }
    }
}

/// Which approvals a category demands, step after step (R-216 to R-219).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalPolicy {
    /// Key that categories name.
    pub key: String,
    /// What the desk calls it.
    pub name: Text,
    /// Whether a proof, such as the manager's mail, must come with the request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub evidence: bool,
    /// The steps, one after the other; none where the proof alone is asked (R-220 to R-227).
    pub steps: Vec<ApprovalStep>,
    /// What people call the roles; one that is left out bears the name of the group with its key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Choice>,
    /// Who decides where an approver cannot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deputies: Vec<Deputy>,
    /// After how long whoever has not decided is reminded; none is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_after: Option<Target>,
}

/// Stand-ins for an approver role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deputy {
    /// Key of the approver role.
    pub of: String,
    /// Keys of the roles that may decide in its place.
    pub roles: Vec<String>,
}

impl ApprovalPolicy {
    /// The roles that may decide for a role: itself, then its deputies.
    pub fn deciders<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a str> {
        let deputies = self.deputies.iter().filter(move |deputy| deputy.of == role);
        std::iter::once(role)
            .chain(deputies.flat_map(|deputy| deputy.roles.iter().map(String::as_str)))
    }
}

/// A step of an approval: all its approvers must say yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalStep {
    /// Keys of approver roles; they are asked at the same time.
    pub all_of: Vec<String>,
}

/// Extra data that a category asks for (R-035).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Key that categories name.
    pub key: String,
    /// The fields.
    pub fields: Vec<FormField>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// Key that tickets carry.
    pub id: String,
    /// What the desk calls it.
    pub label: Text,
    /// Whether a ticket cannot be saved without it (R-036).
    pub required: bool,
    /// What it takes; with options, one of them.
    #[serde(default, skip_serializing_if = "FieldKind::is_text")]
    pub kind: FieldKind,
    /// Values to choose from; none is what `kind` says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// The answer to another field of the form with which it is asked; none is always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_when: Option<ShownWhen>,
}

words! {
    /// What a field of a form takes.
    pub enum FieldKind {
        /// Free text.
        Text = "text",
        /// A whole number.
        Number = "number",
        /// A date such as 2026-12-24.
        Date = "date",
        /// `yes` or `no`.
        YesNo = "yes_no",
        /// Key of an uploaded file.
        File = "file",
        /// Key of a person in the directory.
        Person = "person",
    }
}

impl Default for FieldKind {
    /// Free text.
    fn default() -> Self {
        FieldKind::Text
    }
}

impl FieldKind {
    /// Whether it is free text.
    pub fn is_text(&self) -> bool {
        *self == FieldKind::Text
    }

    /// Whether a value that was given is one of this kind.
    pub fn takes(self, value: &str) -> bool {
        match self {
            FieldKind::Text => true,
            FieldKind::Number => value.parse::<i64>().is_ok(),
            FieldKind::Date => value.parse::<chrono::NaiveDate>().is_ok(),
            FieldKind::YesNo => matches!(value, "yes" | "no"),
            FieldKind::File | FieldKind::Person => {
                !value.is_empty()
                    && value
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            }
        }
    }
}

/// With which answer to another field a field is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownWhen {
    /// Key of the other field, an earlier one of the same form.
    pub field: String,
    /// Answers of which one must be given.
    pub is: Vec<String>,
}

impl FormField {
    /// Whether the field is asked, given the answers so far.
    pub fn is_shown(&self, answers: &std::collections::BTreeMap<String, String>) -> bool {
        self.shown_when.as_ref().is_none_or(|when| {
            let given = answers.get(&when.field).map(|answer| answer.trim());
            given.is_some_and(|given| when.is.iter().any(|wanted| wanted == given))
        })
    }
}

impl Form {
    /// The answers to fields of a kind, each with the key of its field, in the order of the form. An answer to a field that is
    /// not asked counts, too: it is kept.
    pub fn answers_of<'a>(
        &'a self,
        kind: FieldKind,
        answers: &'a std::collections::BTreeMap<String, String>,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let fields = self.fields.iter().filter(move |field| field.kind == kind);
        fields.filter_map(|field| {
            let given = answers.get(&field.id)?.trim();
            (!given.is_empty()).then_some((field.id.as_str(), given))
        })
    }
}

/// A control question that agents answer with yes or no (R-375).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// Key that the history keeps.
    pub id: String,
    /// The question.
    pub question: Text,
    /// Commands before which it must be answered where a move needs `controls`.
    pub before: Vec<CommandKind>,
    /// The answer without which they are refused; none takes either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<bool>,
    /// Commands before which it must be answered the other way; only where there is an `answer`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub otherwise_before: Vec<CommandKind>,
    /// The level that answers it; none asks it at every level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether an answer counts only for the stay in a state in which it was given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fresh: bool,
}

impl Control {
    /// Whether it must be answered before a command at a level.
    pub fn stands_before(&self, kind: CommandKind, level: Level) -> bool {
        let named = self.before.contains(&kind) || self.otherwise_before.contains(&kind);
        named && self.level.is_none_or(|asked| asked == level)
    }

    /// The answer without which a command is refused; none takes either.
    pub fn wanted(&self, kind: CommandKind) -> Option<bool> {
        let otherwise = self.otherwise_before.contains(&kind);
        self.answer.map(|answer| answer != otherwise)
    }
}

/// What counts as enough attempts to reach a requester.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPolicy {
    /// How many attempts without an answer.
    pub count: u8,
    /// On how many different business days at least (I-10).
    pub business_days: u8,
    /// By which ways; an attempt by another way does not count.
    pub channels: Vec<ContactChannel>,
    /// Whether the product writes the mails of the series: a request, a reminder and a closing notice (R-327).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub series: bool,
}

/// What ends a settled ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// How requesters have their say.
    pub mode: AcceptanceMode,
    /// How long a settled ticket waits for an answer until it closes; none is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Target>,
    /// To whom a reopened ticket goes.
    pub reopens_to: ReopensTo,
}

words! {
    /// How requesters have their say on a solution.
    pub enum AcceptanceMode {
        /// Accept and rate, which closes; or reject with a reason.
        AcceptAndRate = "accept_and_rate",
        /// Answer a survey whose deciding question closes or reopens.
        Survey = "survey",
        /// Answer a survey; the desk validates and closes.
        DeskValidates = "desk_validates",
    }
}

words! {
    /// To whom a reopened ticket goes.
    pub enum ReopensTo {
        /// To whoever solved it.
        WhoeverSolved = "whoever_solved",
        /// To the group that solved it, without an agent.
        Group = "group",
    }
}

/// What requesters are asked at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Rises when the questions change; answers keep it.
    pub version: u32,
    /// The questions.
    pub questions: Vec<Question>,
}

impl Survey {
    /// The version that answers keep; none where nothing is asked.
    pub fn answered_version(&self) -> Option<u32> {
        (!self.questions.is_empty()).then_some(self.version)
    }

    /// The question whose answer decides closing (R-315).
    pub fn deciding(&self) -> Option<&Question> {
        self.questions
            .iter()
            .find(|question| question.decides_closing)
    }
}

/// A survey question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Key that answers carry.
    pub id: String,
    /// The question.
    pub text: Text,
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// Whether it must be answered.
    pub required: bool,
    /// Whether its answer decides closing; of kind `yes_no` then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decides_closing: bool,
    /// Values to choose from, for kind `choice`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
}

words! {
    /// What kind of answer a question takes.
    pub enum QuestionKind {
        /// 1 to 5 stars.
        Stars = "stars",
        /// Yes or no.
        YesNo = "yes_no",
        /// One of the options.
        Choice = "choice",
        /// Free text.
        Text = "text",
    }
}

/// A mail that the desk sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// Which mail.
    pub notice: Notice,
    /// To whom.
    pub to: Vec<Recipient>,
    /// Categories whose tickets it is for; empty is any (R-290).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only_for: Vec<String>,
    /// Categories whose tickets it is not for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_for: Vec<String>,
    /// The desk's own subject; none is the product's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Text>,
    /// The desk's own words in the body; none are the product's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
}

impl Notification {
    /// Whether it is for tickets of a category.
    pub fn fits(&self, category: Option<&str>) -> bool {
        let among = |keys: &[String]| category.is_some_and(|key| keys.iter().any(|one| one == key));
        (self.only_for.is_empty() || among(&self.only_for)) && !among(&self.not_for)
    }
}

words! {
    /// The mails that the product knows.
    pub enum Notice {
        /// The one-time code (R-267).
        VerificationCode = "verification_code",
        /// The ticket exists: its code to the requester (R-268), the news to the team (R-278).
        TicketCreated = "ticket_created",
        /// A mail became a pre-case; its code.
        PrecaseReceived = "precase_received",
        /// A message was added (R-269).
        MessageAdded = "message_added",
        /// The requester wrote: the message to the team, a receipt to the requester (R-270, C-10).
        RequesterWrote = "requester_wrote",
        /// A ticket was assigned (R-284).
        Assigned = "assigned",
        /// A ticket was escalated.
        Escalated = "escalated",
        /// The ticket was suspended (R-287).
        Suspended = "suspended",
        /// Something is missing (R-277).
        MissingInformation = "missing_information",
        /// The ticket goes on.
        Resumed = "resumed",
        /// A vendor is asked (R-279).
        VendorAsked = "vendor_asked",
        /// The vendor has answered (R-280).
        VendorAnswered = "vendor_answered",
        /// The solution implies costs (R-275).
        CostImplication = "cost_implication",
        /// An instruction is asked for (R-276).
        InstructionRequested = "instruction_requested",
        /// An approval is asked for.
        ApprovalRequested = "approval_requested",
        /// An approval is still missing.
        ApprovalReminder = "approval_reminder",
        /// The approvals ended.
        ApprovalDecided = "approval_decided",
        /// A solution was delivered; link to the ticket (R-271).
        Solved = "solved",
        /// It was declared that there is no solution.
        Unsolvable = "unsolvable",
        /// The survey waits (R-273).
        Survey = "survey",
        /// The survey was answered (R-283).
        SurveyAnswered = "survey_answered",
        /// The requester rejected the solution.
        SolutionRejected = "solution_rejected",
        /// The ticket was reopened.
        Reopened = "reopened",
        /// The ticket was closed.
        Closed = "closed",
        /// The ticket ended without attention (R-288).
        NotManaged = "not_managed",
        /// The ticket goes on under the code of another one of its requester (I-17).
        Merged = "merged",
        /// The ticket goes its own way again (I-17).
        Unmerged = "unmerged",
        /// First request of a follow-up series (R-288).
        FollowUpFirst = "follow_up_first",
        /// Second reminder.
        FollowUpSecond = "follow_up_second",
        /// Closing notice.
        FollowUpClosing = "follow_up_closing",
        /// Identity was validated on the telephone; tells the address on file.
        IdentityVouched = "identity_vouched",
        /// Somebody asks for access (R-042).
        AccessRequested = "access_requested",
        /// Access was granted or refused.
        AccessDecided = "access_decided",
        /// A target is near.
        SlaWarning = "sla_warning",
        /// A target passed.
        SlaBreached = "sla_breached",
    }
}

words! {
    /// To whom a mail goes.
    pub enum Recipient {
        /// The requester.
        Requester = "requester",
        /// The agent in charge, or else the members of the group in charge.
        Assignee = "assignee",
        /// The members of the group in charge.
        Group = "group",
        /// Whoever solved.
        Solver = "solver",
        /// Agents who coordinate.
        Coordinators = "coordinators",
        /// Agents who decide access.
        AccessDeciders = "access_deciders",
        /// The approvers that are asked.
        Approvers = "approvers",
        /// The vendor's group.
        Vendor = "vendor",
    }
}

/// Limits of attached files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachmentLimits {
    /// Largest file in bytes (R-353).
    pub max_bytes: u64,
    /// Most files with one message; a ticket takes any number of messages (R-352).
    pub max_files: u32,
}

impl Default for AttachmentLimits {
    /// 30 MiB for a file, 20 files with a message (C-18).
    fn default() -> Self {
        AttachmentLimits {
            max_bytes: 30 * 1024 * 1024,
            max_files: 20,
        }
    }
}

/// How reports count states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRules {
    /// States that count as an outcome of support (R-378).
    #[serde(rename = "final")]
    pub final_states: Vec<Status>,
    /// States on a line of their own (R-379).
    pub apart: Vec<Status>,
}

/// An article that the desk publishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// File name without its ending; part of the address.
    pub slug: String,
    /// Language of the article.
    pub lang: Lang,
    /// First heading.
    pub title: String,
    /// Markdown after the first heading.
    pub body: String,
}

impl Desk {
    /// The profile under another version number, as the server installs it.
    #[must_use]
    pub fn with_version(mut self, version: u32) -> Desk {
        self.version = version;
        self.calendar.version = version;
        self
    }

    /// The profile of a state, if the desk uses it.
    pub fn state(&self, status: Status) -> Option<&StateProfile> {
        self.states.iter().find(|state| state.is == status)
    }

    /// The desk's label of a state; the canonical word for a state that it does not use.
    pub fn status_label(&self, status: Status, lang: Lang) -> &str {
        self.state(status)
            .map_or(status.as_str(), |state| state.label.get(lang))
    }

    /// A reason of a state.
    pub fn reason(&self, status: Status, id: &str) -> Option<&ReasonProfile> {
        self.state(status)?
            .reasons
            .iter()
            .find(|reason| reason.id == id)
    }

    /// What a state, with its reason, does to the clocks.
    pub fn clock_effect(&self, status: Status, reason: Option<&str>) -> ClockEffect {
        match self.state(status).map(|state| state.clock) {
            Some(ClockRule::Runs) => ClockEffect::Runs,
            Some(ClockRule::Paused) => ClockEffect::Paused,
            Some(ClockRule::Stopped) => ClockEffect::Stopped,
            Some(ClockRule::ByReason) => {
                let pauses = reason
                    .and_then(|id| self.reason(status, id))
                    .and_then(|reason| reason.pauses);
                if pauses == Some(true) {
                    ClockEffect::Paused
                } else {
                    ClockEffect::Runs
                }
            }
            None if status.is_open() => ClockEffect::Runs,
            None => ClockEffect::Stopped,
        }
    }

    /// A support level.
    pub fn level(&self, level: Level) -> Option<&LevelProfile> {
        self.levels.iter().find(|profile| profile.level == level)
    }

    /// A support group.
    pub fn group(&self, key: &str) -> Option<&GroupProfile> {
        self.groups.iter().find(|group| group.key == key)
    }

    /// The group that tickets marked as security incidents go to (C-58).
    pub fn security_group(&self) -> Option<&GroupProfile> {
        self.groups.iter().find(|group| group.security)
    }

    /// The lowest level that a group works at.
    pub fn level_of(&self, group: &str) -> Option<Level> {
        let works = |level: &&LevelProfile| {
            let mut keys = level.groups.iter().chain(&level.onsite);
            keys.any(|key| key == group)
        };
        let levels = self.levels.iter().filter(works);
        levels.map(|profile| profile.level).min()
    }

    /// A request type in use.
    pub fn request_type(&self, request_type: RequestType) -> Option<&TypeProfile> {
        self.types.iter().find(|profile| profile.is == request_type)
    }

    /// The approval policy that a category demands.
    pub fn approval_of(&self, category: Option<&str>) -> Option<&ApprovalPolicy> {
        let key = self.catalog.get(category?)?.approval.as_deref()?;
        self.approvals.iter().find(|policy| policy.key == key)
    }

    /// The form of a category.
    pub fn form_of(&self, category: Option<&str>) -> Option<&Form> {
        let key = self.catalog.get(category?)?.form.as_deref()?;
        self.forms.iter().find(|form| form.key == key)
    }

    /// A category that may be chosen now.
    pub fn selectable_category(&self, key: &str) -> Option<&Entry> {
        let entry = self.catalog.get(key)?;
        let allowed = !entry.retired && (!self.intake.leaf_only || self.catalog.is_leaf(entry));
        allowed.then_some(entry)
    }

    /// The group that the escalation matrix proposes for a category at a level, or else the usual one of the level (R-173).
    pub fn proposed_group(&self, category: Option<&str>, level: Level) -> Option<&str> {
        let entry = category.and_then(|key| self.catalog.get(key));
        let proposed = entry.and_then(|entry| entry.group_at(level));
        let usual = || self.level(level)?.groups.first().map(String::as_str);
        proposed.or_else(usual)
    }

    /// Whether tickets of a category are rated (C-44).
    pub fn surveys(&self, category: Option<&str>) -> bool {
        let entry = category.and_then(|key| self.catalog.get(key));
        entry.is_none_or(|entry| !entry.unsurveyed)
    }

    /// A mail of the desk that is about no category, if it sends it.
    pub fn notification(&self, notice: Notice) -> Option<&Notification> {
        self.notification_for(notice, None)
    }

    /// A mail of the desk about a ticket of a category: the first row that fits, if it sends it there (R-290).
    pub fn notification_for(
        &self,
        notice: Notice,
        category: Option<&str>,
    ) -> Option<&Notification> {
        self.notifications
            .iter()
            .find(|notification| notification.notice == notice && notification.fits(category))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_back_as_people_type_it() {
        let format = CodeFormat("INF-{number}".into());
        assert_eq!(format.code(1042), "INF-1042");
        assert_eq!(format.number(" inf-1042 "), Some(1042));
        for other in [
            "1042",
            "INF-",
            "INF-10x",
            "UV-1042",
            "INF--1",
            "INF-99999999999999999999",
        ] {
            assert_eq!(format.number(other), None, "{other}");
        }
    }

    #[test]
    fn english_falls_back_to_spanish() {
        let text = Text {
            es: "Abierto".into(),
            en: None,
        };
        assert_eq!(text.get(Lang::En), "Abierto");
        assert_eq!(Text::same("Eset").get(Lang::En), "Eset");
    }

    #[test]
    fn a_move_leads_to_a_state_or_back() {
        assert_eq!(serde_json::to_string(&MoveTo::BACK).unwrap(), r#""back""#);
        assert_eq!(
            serde_json::from_str::<MoveTo>(r#""back""#).unwrap(),
            MoveTo::BACK
        );
        assert_eq!(
            serde_json::from_str::<MoveTo>(r#""solved""#).unwrap(),
            MoveTo::State(Status::Solved)
        );
    }

    #[test]
    fn a_vip_raises_the_priority_but_not_above_the_first() {
        let item = |key: &str, rank| PriorityProfile {
            key: key.into(),
            rank,
            label: Text::default(),
            help: Text::default(),
        };
        let scheme = PriorityScheme {
            items: vec![item("p1", 1), item("p2", 2), item("p3", 3)],
            default: "p3".into(),
            chosen_by_requester: false,
            vip_bump: 1,
            matrix: None,
        };
        assert_eq!(scheme.bumped("p3", true), "p2");
        assert_eq!(scheme.bumped("p1", true), "p1");
        assert_eq!(scheme.bumped("p3", false), "p3");
    }
}
