//! From events to mails: the desk says which occasions are mailed and to whom, this file knows who that is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use shared::desk::Desk;
use shared::desk::own_words::Placeholder;
use shared::desk::profile::{AcceptanceMode, FormOfAddress, Notice, Recipient, Tell};
use shared::i18n::Lang;
use shared::sla::clock::ClockStatus;
use shared::sla::policy::ClockKind;
use shared::ticket::actor::{ActorKind, ActorRef, Privilege};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::status::{Status, Visibility};
use shared::ticket::text::EmailAddress;
use shared::ticket::{Ticket, is_limited, is_restricted, may_see};

use super::process;
use crate::db::DbConnection;
use crate::desks::registry::InstalledDesk;
use crate::mail::{Content, DeskVoice, MailPayload, OwnWords, TicketFacts, TicketRef, Tone};
use crate::outbox::store::{MailRow, NewMail, enqueue, insert_all};
use crate::tickets::pipeline::{Changed, clocks};
use crate::tickets::seal::Seal;
use crate::tickets::store::{self, AgentRow, MessageRow, RequesterRow};

/// What was written with a command, for the mails about it.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The text.
    pub text: String,
    /// Names of the files.
    pub attachments: Vec<String>,
    /// Key and digest of the message that was stored with it, for the history.
    pub seal: Option<Seal>,
}

/// A person who is written to.
#[derive(Clone, Debug)]
pub(super) struct Addressee {
    pub(super) email: String,
    pub(super) language: Lang,
    /// Whether they are of a vendor, and read no internal notes in mails.
    pub(super) limited: bool,
    /// Whether they sign in to the console.
    pub(super) in_console: bool,
}

/// Puts the mails about a change into the outbox.
pub fn tell(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    subject: &str,
    changed: &Changed,
    written: &Written,
    told: &[Tell],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let known = Known::default();
    let mails = mails_about(conn, desk, subject, changed, known, written, told, now)?;
    insert_all(conn, &mails)
}

/// What was read before a change and need not be read again for its mails.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Who asked.
    pub requester: Option<RequesterRow>,
    /// Members of the group in charge.
    pub members: Option<Vec<AgentRow>>,
}

/// The mails about a change, to be put into the outbox.
pub fn mails_about(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    subject: &str,
    changed: &Changed,
    known: Known,
    written: &Written,
    told: &[Tell],
    now: DateTime<Utc>,
) -> QueryResult<Vec<MailRow>> {
    // The text of a ticket that is just opened is its description; it need not be read back.
    let is_new = changed
        .recorded
        .iter()
        .any(|recorded| matches!(recorded.event, Event::Opened(_)));
    let mut teller = Teller {
        desk,
        subject,
        changed,
        written,
        now,
        known,
        sent: Vec::new(),
        mails: Vec::new(),
        texts: is_new.then(|| Texts {
            description: written.text.clone(),
            ..Texts::default()
        }),
    };
    let concluded = changed
        .recorded
        .iter()
        .any(|recorded| matches!(recorded.event, Event::StatusChanged { .. }));
    let category = changed.ticket.category.as_deref();
    for recorded in &changed.recorded {
        let known = notice_of(&recorded.event);
        let notice = known.or_else(|| process::notice_of(&recorded.event, concluded));
        // Whoever is in charge from the start hears of that first.
        for notice in assigned_from_the_start(&recorded.event)
            .into_iter()
            .chain(notice)
        {
            let recipients = desk
                .profile
                .notification_for(notice, category)
                .map_or(process::usual(notice), |notification| &notification.to);
            for recipient in recipients {
                teller.send(conn, notice, *recipient, None, recorded)?;
            }
        }
    }
    // What the move says beyond that; its mails hang on the change of state.
    let moved = changed
        .recorded
        .iter()
        .rfind(|recorded| matches!(recorded.event, Event::StatusChanged { .. }))
        .or(changed.recorded.last());
    for tell in told {
        let is_for = desk.profile.notification_for(tell.template, category);
        if let Some(recorded) = moved.filter(|_| is_for.is_some()) {
            teller.send(
                conn,
                tell.template,
                tell.who,
                tell.group.as_deref(),
                recorded,
            )?;
        }
    }
    Ok(teller.mails)
}

/// What counts as the same mail: an escalation to somebody tells them all that an assignment would, and whoever is in charge
/// need not hear that there is a new ticket.
fn occasion(notice: Notice, recipient: Recipient) -> Notice {
    match notice {
        Notice::Escalated => Notice::Assigned,
        Notice::TicketCreated if recipient != Recipient::Requester => Notice::Assigned,
        other => other,
    }
}

/// A ticket that was opened for somebody is assigned by that.
fn assigned_from_the_start(event: &Event) -> Option<Notice> {
    match event {
        Event::Opened(opened) if opened.status == Status::New => {
            opened.assignee.as_ref().map(|_| Notice::Assigned)
        }
        _ => None,
    }
}

/// The occasion that an event is, if it is one.
fn notice_of(event: &Event) -> Option<Notice> {
    match event {
        Event::Opened(opened) if opened.status == Status::New => Some(Notice::TicketCreated),
        Event::MessageAdded {
            visibility: Visibility::Public,
            author: ActorKind::Requester,
            ..
        } => Some(Notice::RequesterWrote),
        Event::MessageAdded {
            visibility: Visibility::Public,
            ..
        } => Some(Notice::MessageAdded),
        Event::Assigned { to: Some(_), .. } => Some(Notice::Assigned),
        Event::Escalated { .. } => Some(Notice::Escalated),
        Event::Solved { .. } => Some(Notice::Solved),
        Event::SolutionRejected { .. } => Some(Notice::SolutionRejected),
        Event::StatusChanged {
            to: Status::Closed, ..
        } => Some(Notice::Closed),
        Event::StatusChanged {
            to: Status::Reopened,
            ..
        } => Some(Notice::Reopened),
        Event::SlaWarning { .. } => Some(Notice::SlaWarning),
        Event::SlaBreached { .. } => Some(Notice::SlaBreached),
        _ => None,
    }
}

pub(super) struct Teller<'a> {
    pub(super) desk: &'a InstalledDesk,
    subject: &'a str,
    pub(super) changed: &'a Changed,
    pub(super) written: &'a Written,
    now: DateTime<Utc>,
    known: Known,
    /// Which mails this command has sent already: a desk may name one both for the event and for the move.
    sent: Vec<(Notice, String)>,
    /// The mails themselves.
    mails: Vec<MailRow>,
    texts: Option<Texts>,
}

/// What is quoted of a ticket's conversation, read once for all its mails.
#[derive(Clone, Debug, Default)]
struct Texts {
    description: String,
    /// The last message or note after the description.
    last: Option<String>,
    /// The last public message after the description.
    last_public: Option<String>,
}

impl Teller<'_> {
    /// Sends a mail to whoever the recipient is, each once.
    fn send(
        &mut self,
        conn: &mut DbConnection,
        notice: Notice,
        recipient: Recipient,
        group: Option<&str>,
        recorded: &Recorded,
    ) -> QueryResult<()> {
        for addressee in self.addressees(conn, notice, recipient, group, recorded)? {
            let mail = (occasion(notice, recipient), addressee.email.clone());
            if !self.sent.contains(&mail) {
                self.mail(conn, notice, recipient, &addressee, recorded)?;
                self.sent.push(mail);
            }
        }
        Ok(())
    }

    pub(super) fn ticket(&self) -> &Ticket {
        &self.changed.ticket
    }

    pub(super) fn requester(&mut self, conn: &mut DbConnection) -> QueryResult<RequesterRow> {
        if let Some(requester) = &self.known.requester {
            return Ok(requester.clone());
        }
        let requester = store::requester_by_id(conn, self.changed.ticket.requester.id)?;
        self.known.requester = Some(requester.clone());
        Ok(requester)
    }

    fn addressees(
        &mut self,
        conn: &mut DbConnection,
        notice: Notice,
        recipient: Recipient,
        group: Option<&str>,
        recorded: &Recorded,
    ) -> QueryResult<Vec<Addressee>> {
        let found = match recipient {
            Recipient::Requester => {
                let requester = self.requester(conn)?;
                // Whoever was shut out of the desk reads nothing of it any more, by mail either.
                if !requester.active {
                    return Ok(Vec::new());
                }
                return Ok(vec![Addressee {
                    email: requester.email,
                    language: language(&requester.language),
                    limited: false,
                    in_console: false,
                }]);
            }
            Recipient::Assignee => {
                let assignee = self.ticket().assignee.as_ref();
                self.agent_or_stand_in(conn, assignee.map(|agent| agent.id))?
            }
            Recipient::Group => match group {
                Some(key) => self.members(conn, Some(key))?,
                // Where the desk closes by hand, the answer goes to those who close: the group of the category.
                None if self.closes_by_hand(notice) => {
                    let category = self.ticket().category.as_deref();
                    let entry = category.and_then(|key| self.desk.profile.catalog.get(key));
                    let group = entry.and_then(|entry| entry.group.clone());
                    self.members(conn, group.as_deref())?
                }
                None => self.group_members(conn)?,
            },
            Recipient::Solver => {
                let solution = self.ticket().solution.as_ref();
                let solver = solution.and_then(|solution| solution.by.as_ref());
                self.agent_or_stand_in(conn, solver.map(|agent| agent.id))?
            }
            Recipient::Coordinators => {
                store::agents_with(conn, self.desk.id, Privilege::TicketCoordinate)?
            }
            Recipient::AccessDeciders => {
                store::agents_with(conn, self.desk.id, Privilege::AccessDecide)?
            }
            Recipient::Vendor => self.vendors(conn)?,
            Recipient::Approvers => {
                let mut approvers = self.approvers(conn, notice == Notice::ApprovalReminder)?;
                approvers.sort_by(|a, b| a.email.cmp(&b.email));
                approvers.dedup_by(|a, b| a.email == b.email);
                return Ok(approvers);
            }
        };
        let did_it = |agent: &AgentRow| {
            recorded.actor.kind == ActorKind::Agent && recorded.actor.id == Some(agent.id)
        };
        let mut unique: HashMap<String, Addressee> = HashMap::new();
        for agent in found {
            if did_it(&agent) || unique.contains_key(&agent.email) {
                continue;
            }
            if let Some(addressee) = self.may_be_told(conn, agent, recipient)? {
                unique.insert(addressee.email.clone(), addressee);
            }
        }
        let mut list: Vec<Addressee> = unique.into_values().collect();
        list.sort_by(|a, b| a.email.cmp(&b.email));
        Ok(list)
    }

    /// The agent as an addressee; none where the ticket does not exist for them: a mail tells all that the console would
    /// . The vendor's people are told what the desk asks of them, whoever it stays with.
    fn may_be_told(
        &self,
        conn: &mut DbConnection,
        agent: AgentRow,
        recipient: Recipient,
    ) -> QueryResult<Option<Addressee>> {
        let (ticket, profile) = (self.ticket(), &self.desk.profile);
        let restricted = is_restricted(ticket, profile);
        let mut limited = false;
        // Most desks and tickets need no look at the groups.
        if restricted || profile.groups.iter().any(|group| group.vendor) {
            let actor = store::as_actor(conn, self.desk.id, &agent)?;
            limited = is_limited(profile, &actor);
            let asked = recipient == Recipient::Vendor && !restricted;
            if !asked && !may_see(ticket, profile, &actor) {
                return Ok(None);
            }
        }
        Ok(Some(Addressee {
            email: agent.email,
            language: language(&agent.language),
            limited,
            in_console: true,
        }))
    }

    /// An agent who works at the desk; for one who does not any more, or for nobody, the members of the group in charge; and
    /// where there are none either, those who coordinate.
    fn agent_or_stand_in(
        &self,
        conn: &mut DbConnection,
        id: Option<i64>,
    ) -> QueryResult<Vec<AgentRow>> {
        if let Some(id) = id
            && let Some((agent, _)) = store::desk_agent(conn, self.desk.id, id)?
        {
            return Ok(vec![agent]);
        }
        let members = self.group_members(conn)?;
        if members.is_empty() {
            store::agents_with(conn, self.desk.id, Privilege::TicketCoordinate)
        } else {
            Ok(members)
        }
    }

    fn group_members(&self, conn: &mut DbConnection) -> QueryResult<Vec<AgentRow>> {
        match &self.known.members {
            Some(members) => Ok(members.clone()),
            None => self.members(conn, self.ticket().group.as_deref()),
        }
    }

    /// The vendor's people: the group in charge if it is a vendor's, or else every vendor's group of the desk.
    fn vendors(&self, conn: &mut DbConnection) -> QueryResult<Vec<AgentRow>> {
        let profile = &self.desk.profile;
        let is_vendor = |key: &str| profile.group(key).is_some_and(|group| group.vendor);
        if let Some(key) = self.ticket().group.as_deref().filter(|key| is_vendor(key)) {
            return self.members(conn, Some(key));
        }
        let mut found = Vec::new();
        for group in profile.groups.iter().filter(|group| group.vendor) {
            found.extend(self.members(conn, Some(&group.key))?);
        }
        Ok(found)
    }

    fn closes_by_hand(&self, notice: Notice) -> bool {
        notice == Notice::SurveyAnswered
            && self.desk.profile.acceptance.mode == AcceptanceMode::DeskValidates
    }

    fn members(&self, conn: &mut DbConnection, group: Option<&str>) -> QueryResult<Vec<AgentRow>> {
        match group.and_then(|slug| self.desk.group_id(slug)) {
            Some(group_id) => store::group_agents(conn, self.desk.id, group_id),
            None => Ok(Vec::new()),
        }
    }

    fn mail(
        &mut self,
        conn: &mut DbConnection,
        notice: Notice,
        recipient: Recipient,
        to: &Addressee,
        recorded: &Recorded,
    ) -> QueryResult<()> {
        let Some(content) = self.content(conn, notice, recipient, to, recorded)? else {
            return Ok(());
        };
        // An address that was good when it was stored is good now; a bad one must not stop the ticket.
        let Ok(email) = EmailAddress::parse(&to.email) else {
            return Ok(());
        };
        let own = self.own_words(conn, notice, recipient, to.language, recorded)?;
        let mail = NewMail {
            desk_id: self.desk.id,
            ticket_id: Some(self.changed.ticket_id),
            event_seq: i32::try_from(recorded.seq).ok(),
            recipient: email,
            language: to.language,
            payload: MailPayload {
                desk: voice(&self.desk.profile, to.language),
                ticket: Some(TicketRef {
                    code: self.changed.code.clone(),
                    subject: self.subject.to_owned(),
                }),
                own,
                content,
            },
            cause: format!("ticket:{}:event:{}", self.changed.ticket_id, recorded.seq),
        };
        self.mails.push(MailRow::of(mail, self.now));
        Ok(())
    }

    /// What the desk says in its own words.
    fn own_words(
        &mut self,
        conn: &mut DbConnection,
        notice: Notice,
        recipient: Recipient,
        lang: Lang,
        recorded: &Recorded,
    ) -> QueryResult<Option<OwnWords>> {
        let desk = self.desk;
        let category = self.ticket().category.as_deref();
        let notification = desk.profile.notification_for(notice, category);
        if notification.is_none_or(|mail| mail.subject.is_none() && mail.text.is_none()) {
            return Ok(None);
        }
        let requester = self.requester(conn)?;
        let words = TicketWords {
            desk: &desk.profile,
            ticket: self.ticket(),
            code: &self.changed.code,
            subject: self.subject,
            requester: &requester.full_name,
            author: by_somebody(&recorded.actor),
            lang,
        };
        let own = OwnWords::of(notification, recipient, lang, |what| words.value(what));
        Ok(own.map(|own| match notice {
            // Its text is what the agent started to write from; the mail holds what was made of it.
            Notice::FollowUpFirst | Notice::FollowUpSecond | Notice::FollowUpClosing => {
                OwnWords { text: None, ..own }
            }
            _ => own,
        }))
    }

    fn content(
        &mut self,
        conn: &mut DbConnection,
        notice: Notice,
        recipient: Recipient,
        to: &Addressee,
        recorded: &Recorded,
    ) -> QueryResult<Option<Content>> {
        let lang = to.language;
        let text = self.written.text.clone();
        let attachments = self.written.attachments.clone();
        let author = recorded.actor.name.clone();
        let to_requester = recipient == Recipient::Requester;
        Ok(Some(match (notice, &recorded.event) {
            (Notice::TicketCreated, _) if to_requester => {
                let profile = &self.desk.profile;
                let ticket = self.ticket();
                Content::TicketCreated {
                    type_label: profile
                        .request_type(ticket.request_type)
                        .map_or_else(String::new, |kind| kind.label.get(lang).to_owned()),
                    category: category(profile, ticket, lang),
                    priority: priority(profile, ticket, lang),
                    promise: self.promise(lang),
                    summary: text,
                    attachments,
                }
            }
            (Notice::TicketCreated, _) => {
                let group = self.group_name(lang);
                let assignee = self.ticket().assignee.as_ref();
                Content::NewTicketToGroup {
                    assignee: assignee.map(|agent| agent.name.clone()),
                    facts: self.facts(conn, to)?,
                    group,
                }
            }
            (Notice::RequesterWrote, _) if to_requester => Content::MessageReceived {
                message: text,
                attachments,
            },
            (Notice::RequesterWrote, _) => Content::MessageToTeam {
                author,
                message: text,
                attachments,
            },
            (Notice::MessageAdded, _) if to_requester => Content::MessageToRequester {
                author,
                message: text,
                attachments,
            },
            (Notice::Assigned, _) => {
                let assigned_by = by_somebody(&recorded.actor);
                Content::Assigned {
                    facts: self.facts(conn, to)?,
                    assigned_by,
                }
            }
            (
                Notice::Escalated,
                Event::Escalated {
                    to_level,
                    justification,
                    ..
                },
            ) => {
                let group = self.ticket().group.is_some().then(|| self.group_name(lang));
                let justification = justification
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string);
                Content::Escalated {
                    facts: self.facts(conn, to)?,
                    level: to_level.number(),
                    group,
                    escalated_by: author,
                    justification,
                }
            }
            // Back to whoever it was escalated to before: the move hands over what nobody escalates anew.
            (Notice::Escalated, _) => Content::Assigned {
                facts: self.facts(conn, to)?,
                assigned_by: by_somebody(&recorded.actor),
            },
            (Notice::Solved, Event::Solved { solution, .. }) => Content::Solved {
                solution: solution.to_string(),
                attachments,
                closes_at: shared::ticket::closes_by_silence_at(self.ticket(), &self.desk.profile),
                by_survey: self.desk.profile.acceptance.mode != AcceptanceMode::AcceptAndRate,
            },
            (Notice::SolutionRejected, Event::SolutionRejected { reason, .. }) => {
                let reason = reason
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string);
                if to_requester {
                    Content::Reopened { reason }
                } else {
                    Content::RejectedToTeam { author, reason }
                }
            }
            (Notice::Reopened, _) if to_requester => Content::Reopened { reason: text },
            (Notice::Closed, Event::StatusChanged { to, .. }) => Content::Closed {
                status: self.desk.profile.status_label(*to, lang).to_owned(),
                rating: self
                    .ticket()
                    .rating
                    .as_ref()
                    .and_then(|rating| rating.stars)
                    .map(|stars| stars.number()),
                by_silence: recorded.actor.kind == ActorKind::System
                    && self.ticket().rating.is_none(),
            },
            (
                Notice::SlaWarning,
                Event::SlaWarning {
                    clock,
                    percent,
                    generation,
                    ..
                },
            ) => {
                let (attention, solution) = clocks(self.ticket(), self.desk, self.now);
                let state = match clock {
                    ClockKind::Attention => attention,
                    ClockKind::Solution => solution,
                };
                // Noticed too late to warn of anything: the clock was met, began anew, or is over.
                if state.generation != *generation || state.status != ClockStatus::Running {
                    return Ok(None);
                }
                Content::SlaWarning {
                    facts: self.facts(conn, to)?,
                    clock: *clock,
                    percent: *percent,
                    due_at: state.due_at,
                }
            }
            (Notice::SlaBreached, Event::SlaBreached { clock, due_at, .. }) => {
                Content::SlaBreached {
                    facts: self.facts(conn, to)?,
                    clock: *clock,
                    due_at: *due_at,
                }
            }
            _ => return self.process_content(conn, notice, to, recipient, recorded),
        }))
    }

    fn group_name(&self, lang: Lang) -> String {
        let group = self
            .ticket()
            .group
            .as_deref()
            .and_then(|key| self.desk.profile.group(key));
        group.map_or_else(String::new, |group| group.name.get(lang).to_owned())
    }

    /// What was promised when the ticket was created, in words.
    fn promise(&self, lang: Lang) -> Option<String> {
        let (attention, solution) = clocks(self.ticket(), self.desk, self.now);
        let words =
            |target: Option<_>| target.map(|target| crate::desks::view::target_words(target, lang));
        match (words(attention.target), words(solution.target), lang) {
            (Some(attention), Some(solution), Lang::Es) => {
                Some(format!("Atención en {attention}, solución en {solution}"))
            }
            (Some(attention), Some(solution), Lang::En) => {
                Some(format!("Attention in {attention}, solution in {solution}"))
            }
            (Some(attention), None, Lang::Es) => Some(format!("Atención en {attention}")),
            (Some(attention), None, Lang::En) => Some(format!("Attention in {attention}")),
            (None, Some(solution), Lang::Es) => Some(format!("Solución en {solution}")),
            (None, Some(solution), Lang::En) => Some(format!("Solution in {solution}")),
            (None, None, _) => None,
        }
    }

    pub(super) fn facts(
        &mut self,
        conn: &mut DbConnection,
        to: &Addressee,
    ) -> QueryResult<TicketFacts> {
        let lang = to.language;
        let requester = self.requester(conn)?;
        let texts = self.texts(conn)?;
        let last_note = if to.limited {
            texts.last_public
        } else {
            texts.last
        };
        let detail = texts.description;
        let profile = &self.desk.profile;
        let ticket = self.ticket();
        let (attention, solution) = clocks(ticket, self.desk, self.now);
        Ok(TicketFacts {
            request_type: ticket.request_type,
            type_label: profile
                .request_type(ticket.request_type)
                .map_or_else(String::new, |kind| kind.label.get(lang).to_owned()),
            requester: requester.full_name,
            requester_email: Some(requester.email),
            requester_phone: Some(requester.phone).filter(|phone| !phone.is_empty()),
            extension: requester.place.extension,
            organization: requester.entity,
            site: requester.place.site,
            department: requester.place.department,
            category: category(profile, ticket, lang),
            status: profile.status_label(ticket.status, lang).to_owned(),
            priority: priority(profile, ticket, lang),
            opened_at: ticket.created_at,
            attention_due_at: if attention.met_at.is_none() {
                attention.due_at
            } else {
                None
            },
            solution_due_at: solution.due_at,
            last_note,
            detail,
        })
    }

    /// The description and what was written last.
    fn texts(&mut self, conn: &mut DbConnection) -> QueryResult<Texts> {
        if let Some(texts) = &self.texts {
            return Ok(texts.clone());
        }
        let id = self.changed.ticket_id;
        let first = store::first_message(conn, id)?;
        let known = first.as_ref().map(|first| first.id);
        let later = |last: Option<MessageRow>| {
            last.filter(|last| Some(last.id) != known)
                .map(|last| last.body)
        };
        let texts = Texts {
            last: later(store::last_message(conn, id, false)?),
            last_public: later(store::last_message(conn, id, true)?),
            description: first.map_or_else(String::new, |first| first.body),
        };
        Ok(self.texts.insert(texts).clone())
    }
}

/// What a desk's own words about a ticket are filled in with.
pub struct TicketWords<'a> {
    /// The desk.
    pub desk: &'a Desk,
    /// The ticket.
    pub ticket: &'a Ticket,
    /// Its code.
    pub code: &'a str,
    /// Its subject.
    pub subject: &'a str,
    /// Full name of the requester.
    pub requester: &'a str,
    /// Who did what the mail tells of; none when the product did.
    pub author: Option<String>,
    /// Language of the mail.
    pub lang: Lang,
}

impl TicketWords<'_> {
    /// The value of a placeholder; a dash where the ticket has none.
    pub fn value(&self, placeholder: Placeholder) -> String {
        let (desk, ticket, lang) = (self.desk, self.ticket, self.lang);
        let value = match placeholder {
            Placeholder::Desk => desk.name.get(lang).to_owned(),
            Placeholder::Number => self.code.to_owned(),
            Placeholder::Subject => self.subject.to_owned(),
            Placeholder::Type => desk
                .request_type(ticket.request_type)
                .map_or_else(String::new, |kind| kind.label.get(lang).to_lowercase()),
            Placeholder::Category => category(desk, ticket, lang),
            Placeholder::Priority => priority(desk, ticket, lang),
            Placeholder::Status => desk.status_label(ticket.status, lang).to_owned(),
            Placeholder::Requester => self.requester.to_owned(),
            Placeholder::Author => self
                .author
                .clone()
                .unwrap_or_else(|| desk.name.get(lang).to_owned()),
            Placeholder::Group => ticket
                .group
                .as_deref()
                .and_then(|key| desk.group(key))
                .map_or_else(String::new, |group| group.name.get(lang).to_owned()),
            Placeholder::Assignee => ticket
                .assignee
                .as_ref()
                .map_or_else(String::new, |agent| agent.name.clone()),
            Placeholder::Level => ticket.level.number().to_string(),
        };
        if value.is_empty() {
            "—".to_owned()
        } else {
            value
        }
    }
}

/// Somebody who asks for access to a desk.
#[derive(Clone, Debug)]
pub struct AccessAsked<'a> {
    /// Key of the request.
    pub id: i64,
    /// What was told to whoever asked.
    pub reference: &'a str,
    /// Full name.
    pub full_name: &'a str,
    /// Mail address.
    pub email: &'a str,
    /// Contact number.
    pub phone: &'a str,
    /// Entity.
    pub entity: &'a str,
}

/// Tells those whom the desk names that somebody asks for access, once each.
pub fn tell_access_requested(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    asked: &AccessAsked<'_>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(notification) = desk.profile.notification(Notice::AccessRequested) else {
        return Ok(());
    };
    for to in &notification.to {
        let privilege = match to {
            Recipient::AccessDeciders => Privilege::AccessDecide,
            Recipient::Coordinators => Privilege::TicketCoordinate,
            // There is no ticket that the others would be found by; whoever asks is answered when it is decided.
            Recipient::Requester
            | Recipient::Assignee
            | Recipient::Group
            | Recipient::Solver
            | Recipient::Approvers
            | Recipient::Vendor => continue,
        };
        for agent in store::agents_with(conn, desk.id, privilege)? {
            let Ok(recipient) = EmailAddress::parse(&agent.email) else {
                continue;
            };
            let lang = language(&agent.language);
            let own = OwnWords::of(Some(notification), *to, lang, |placeholder| {
                if placeholder == Placeholder::Requester {
                    asked.full_name.to_owned()
                } else {
                    desk.profile.name.get(lang).to_owned()
                }
            });
            let mail = NewMail {
                desk_id: desk.id,
                ticket_id: None,
                event_seq: None,
                recipient,
                language: lang,
                payload: MailPayload {
                    desk: voice(&desk.profile, lang),
                    ticket: None,
                    own,
                    content: Content::AccessRequested {
                        name: asked.full_name.to_owned(),
                        email: asked.email.to_owned(),
                        phone: asked.phone.to_owned(),
                        organization: asked.entity.to_owned(),
                        reference: asked.reference.to_owned(),
                    },
                },
                cause: format!("access:{}", asked.id),
            };
            enqueue(conn, now, mail)?;
        }
    }
    Ok(())
}

/// How a desk speaks in its mails.
pub fn voice(desk: &Desk, lang: Lang) -> DeskVoice {
    DeskVoice {
        slug: desk.slug.clone(),
        name: desk.name.get(lang).to_owned(),
        tone: match desk.address {
            FormOfAddress::Usted => Tone::Usted,
            FormOfAddress::Tu => Tone::Tu,
        },
        ticket_word: desk.words.ticket.get(lang).to_owned(),
        category_word: desk.words.category.get(lang).to_owned(),
        priority_word: desk.words.priority.get(lang).to_owned(),
        accent: desk.theme.accent.clone(),
        reply_to: None,
        support_line: desk.support.as_ref().map(|line| line.phone.clone()),
        time_zone: desk.calendar.zone.name.clone(),
    }
}

fn category(desk: &Desk, ticket: &Ticket, lang: Lang) -> String {
    ticket
        .category
        .as_deref()
        .and_then(|key| desk.catalog.get(key))
        .map_or_else(String::new, |entry| entry.path_label(lang))
}

fn priority(desk: &Desk, ticket: &Ticket, lang: Lang) -> String {
    desk.priority.get(&ticket.priority).map_or_else(
        || ticket.priority.clone(),
        |priority| priority.label.get(lang).to_owned(),
    )
}

fn by_somebody(actor: &ActorRef) -> Option<String> {
    (actor.kind != ActorKind::System).then(|| actor.name.clone())
}

pub(super) fn language(code: &str) -> Lang {
    Lang::parse(code).unwrap_or_default()
}
