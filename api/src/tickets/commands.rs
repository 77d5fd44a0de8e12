//! What can be done to a ticket, each in the caller's write transaction: load, ask the rules, save, tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::result::Error as DieselError;
use shared::desk::Desk;
use shared::ticket::actor::{Actor, ActorKind, ActorRef, Assignee};
use shared::ticket::command::{Answer, Command};
use shared::ticket::event::{Event, IdentityProof, RequesterRef};
use shared::ticket::refusal::FieldCode;
use shared::ticket::status::{Channel, Level, RequestType, Status, Visibility};
use shared::ticket::text::{Body, Reason, Stars, Subject};
use shared::ticket::{
    Circumstances, NewTicket, Ticket, decide, decide_given, is_limited, open, tells,
};

use super::error::{TicketError, fault};
use super::extra;
use super::opening::{self, OpeningRows};
use super::pipeline::{self, Changed};
use super::relations;
use super::seal::{self, Seal, Sealed};
use super::sight::{Sight, Visible};
use super::steps::{self, Step};
use super::store::{
    self, NewEventRow, NewMessageRow, NewTicketRow, Projection, RequesterRow, TicketRecord, Ties,
};
use crate::approvals;
use crate::attachments::store::{AttachmentRow, BindError, Owner, Place, Quota, bind};
use crate::db::gather::Gathered;
use crate::db::{DbConnection, DbError, JsonText, Ts, together};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::events::subscriptions::{Known, Written, mails_about, tell};
use crate::http::Fault;
use crate::http::idempotency::KeptAnswer;
use crate::outbox::store::MailRow;

/// Who may touch which tickets: the scope that every load carries into its SQL.
#[derive(Clone, Debug)]
pub enum Scope {
    /// What somebody of the console sees.
    Console(Sight),
    /// Tickets of one person at one desk.
    Requester {
        /// The desk.
        desk_id: i64,
        /// The person.
        person_id: i64,
    },
}

/// Files that come with a message.
#[derive(Clone, Debug)]
pub struct Files {
    /// Who sent them.
    pub owner: Owner,
    /// Their keys.
    pub ids: Vec<String>,
    /// Those that answer fields of the category's form.
    pub of_form: Vec<FormFile>,
    /// Most bytes of all files of a ticket.
    pub ticket_bytes: i64,
}

impl Files {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.of_form.is_empty()
    }

    /// The keys of all of them, each once: a file may answer a field and be attached besides.
    pub fn keys(&self) -> Vec<String> {
        let mut keys = self.ids.clone();
        for file in &self.of_form {
            if !keys.contains(&file.id) {
                keys.push(file.id.clone());
            }
        }
        keys
    }

    /// How much may be bound: what a form asks for does not use up what may be attached.
    pub fn quota(&self, desk: &Desk) -> Quota {
        let mut quota = Quota::of(desk, self.ticket_bytes);
        quota.files_per_message += self.keys().len() - self.ids.len();
        quota
    }
}

/// A file that answers a field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFile {
    /// Key of the field.
    pub field: String,
    /// Key of the file.
    pub id: String,
}

/// A ticket to be opened, parsed.
#[derive(Clone, Debug)]
pub struct OpenTicket {
    /// Whom it is for.
    pub requester: RequesterRow,
    /// How it came in.
    pub channel: Channel,
    /// Incident or request.
    pub request_type: RequestType,
    /// Key of the category.
    pub category: String,
    /// Key of the priority; none takes the category's or the desk's default.
    pub priority: Option<String>,
    /// Key of the impact, at desks with a matrix.
    pub impact: Option<String>,
    /// Key of the urgency, at desks with a matrix.
    pub urgency: Option<String>,
    /// Answers to the form of the category.
    pub extra: BTreeMap<String, String>,
    /// Key of the group that starts, where somebody chose it.
    pub group: Option<String>,
    /// Key of the agent that starts, where somebody chose one.
    pub assignee: Option<i64>,
    /// Brief description.
    pub subject: Subject,
    /// Detailed description.
    pub message: Body,
    /// Its files.
    pub files: Files,
    /// How the requester's identity was proved.
    pub identity: IdentityProof,
    /// Proofs that another code took the place of; the history tells them too.
    pub superseded: Vec<IdentityProof>,
}

/// Opens a ticket: number, description with files, first events, and the mails about it.
///
/// # Errors
/// [`TicketError::Refused`] with every wrong field, [`TicketError::Invalid`] for files that cannot be bound.
pub fn open_ticket(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    actor: &Actor,
    new: OpenTicket,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let ticket = prepare_ticket(conn, desk, actor, new, now)?;
    ticket.store(conn, desk, None)?;
    Ok(ticket.changed)
}

/// A ticket that is ready to be stored.
#[derive(Debug)]
pub struct PreparedTicket {
    number: i64,
    channel: Channel,
    subject: Subject,
    search_key: String,
    description: String,
    author: ActorRef,
    files: Files,
    projection: Projection,
    events: Vec<NewEventRow>,
    ties: Ties,
    mails: Vec<MailRow>,
    changed: Changed,
    now: DateTime<Utc>,
}

/// Decides all about a new ticket, under a number drawn for it. It is not there before it is stored.
///
/// # Errors
/// [`TicketError::Refused`] with every wrong field, [`TicketError::Invalid`] for people of its form who are not there.
pub fn prepare_ticket(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    actor: &Actor,
    new: OpenTicket,
    now: DateTime<Utc>,
) -> Result<PreparedTicket, TicketError> {
    let OpenTicket {
        requester,
        channel,
        request_type,
        category,
        priority,
        impact,
        urgency,
        extra,
        group,
        assignee,
        subject,
        message,
        files,
        identity,
        superseded,
    } = new;
    let rules = NewTicket {
        status: Status::New,
        request_type,
        category: Some(category).filter(|key| !key.is_empty()),
        priority,
        impact,
        urgency,
        channel,
        requester: RequesterRef {
            id: requester.id,
            name: requester.full_name.clone(),
            vip: requester.vip,
        },
        identity,
        subject: subject.clone(),
        message_id: None,
        files: files.ids.len(),
        group,
        assignee: find_assignee(conn, desk, assignee)?,
        extra,
    };
    let files = Files {
        of_form: extra::files(&desk.profile, rules.category.as_deref(), &rules.extra),
        ..files
    };
    let wrong = extra::wrong_people(conn, desk, rules.category.as_deref(), &rules.extra)?;
    let mut events = open(&desk.profile, rules, actor, now)?;
    if !wrong.is_empty() {
        return Err(TicketError::Invalid(wrong));
    }
    // In their order: what was given up, then what counts.
    let opening = events.len().min(1);
    let given_up = superseded.iter().filter_map(|proof| proof.vouching(true));
    drop(events.splice(opening..opening, given_up));
    let author = ActorRef {
        kind: ActorKind::Requester,
        id: Some(requester.id),
        name: requester.full_name.clone(),
    };
    let uploads = seal::uploads(conn, &files.keys())?;
    let description = Sealed::new(&author, Visibility::Public, message.as_str(), Ts::new(now));
    let digest = description.digest(&uploads);
    events
        .iter_mut()
        .for_each(|event| event.seal(None, &digest));
    let group = events.iter().find_map(|event| match event {
        Event::Opened(opened) => opened.group.as_deref(),
        _ => None,
    });
    let drawn = store::draw(conn, desk.id, group.and_then(|key| desk.group_id(key)))?;
    let code = desk.profile.code.code(drawn.number);
    let before = pipeline::Before::Nothing { code: &code };
    let folded = pipeline::fold(before, desk, actor, events, now)?;
    let projection = pipeline::project(&folded, desk, now);
    let events = pipeline::event_rows(desk.id, drawn.id, &folded);
    let ties = pipeline::ties(&folded.ticket, desk);
    let changed = Changed {
        ticket_id: drawn.id,
        code,
        version: 1,
        ticket: folded.ticket,
        recorded: folded.recorded,
    };
    let written = Written {
        text: message.into_string(),
        attachments: uploads.into_iter().map(|file| file.name).collect(),
        seal: None,
    };
    let known = Known {
        requester: Some(requester),
        members: drawn.members,
    };
    let mails = mails_about(
        conn,
        desk,
        subject.as_str(),
        &changed,
        known,
        &written,
        &[],
        now,
    )?;
    Ok(PreparedTicket {
        number: drawn.number,
        channel,
        search_key: shared::fold::fold(&format!("{} {subject}", changed.code)),
        subject,
        description: written.text,
        author,
        files,
        projection,
        events,
        ties,
        mails,
        changed,
        now,
    })
}

impl PreparedTicket {
    /// What the ticket will be.
    pub fn changed(&self) -> &Changed {
        &self.changed
    }

    /// Stores it by itself at the desk that it was prepared for: see [`store_tickets`].
    ///
    /// # Errors
    /// [`TicketError::Invalid`] for files that cannot be bound.
    pub fn store(
        &self,
        conn: &mut DbConnection,
        desk: &InstalledDesk,
        answer: Option<&KeptAnswer>,
    ) -> Result<(), TicketError> {
        store_tickets(conn, vec![self.opening(desk, answer)])
    }

    /// Whether it takes more than the statement that opens tickets.
    pub fn has_more(&self) -> bool {
        self.ties != Ties::default() || !self.files.is_empty()
    }

    /// The ticket as it is stored at the desk that it was prepared for, with the answer to whoever asked for it.
    pub fn opening<'a>(
        &'a self,
        desk: &'a InstalledDesk,
        answer: Option<&'a KeptAnswer>,
    ) -> Opening<'a> {
        let place = MessagePlace {
            desk,
            ticket_id: self.changed.ticket_id,
            visibility: Visibility::Public,
        };
        let ticket = NewTicketRow {
            desk_id: desk.id,
            number: self.number,
            code: &self.changed.code,
            desk_version: desk.version,
            requester_id: self.changed.ticket.requester.id,
            channel: self.channel.as_str(),
            subject: self.subject.as_str(),
            search_key: &self.search_key,
            version: 1,
            created_at: Ts::new(self.now),
        };
        let rows = OpeningRows {
            id: self.changed.ticket_id,
            ticket,
            projection: &self.projection,
            events: &self.events,
            description: place.row(&self.author, &self.description, self.now),
            mails: &self.mails,
            answer,
        };
        Opening {
            rows,
            place,
            prepared: self,
        }
    }
}

/// A prepared ticket with all that it is stored by.
pub struct Opening<'a> {
    rows: OpeningRows<'a>,
    place: MessagePlace<'a>,
    prepared: &'a PreparedTicket,
}

/// Stores prepared tickets: in the transaction that is open; else in one statement, or in a transaction of its own where some
/// of them have more.
///
/// # Errors
/// [`TicketError::Invalid`] for files that cannot be bound.
pub fn store_tickets(
    conn: &mut DbConnection,
    openings: Vec<Opening<'_>>,
) -> Result<(), TicketError> {
    let more: Vec<_> = openings
        .iter()
        .filter(|opening| opening.prepared.has_more())
        .map(|opening| (opening.place, opening.prepared))
        .collect();
    let rows: Vec<OpeningRows<'_>> = openings.into_iter().map(|opening| opening.rows).collect();
    if more.is_empty() {
        opening::insert(conn, &rows)?;
        return Ok(());
    }
    together(conn, |conn| {
        let messages = opening::insert(conn, &rows)?;
        for (place, prepared) in more {
            if prepared.ties != Ties::default() {
                store::save_ties(conn, place.ticket_id, &prepared.ties)?;
            }
            let message = messages.iter().find(|(id, _)| *id == place.ticket_id);
            let (_, message_id) = message.ok_or(DieselError::NotFound)?;
            bind_files(conn, place, *message_id, &prepared.files, prepared.now)?;
        }
        Ok(())
    })
}

/// A ticket that somebody waits for, to be stored alone or with others.
#[derive(Debug)]
pub struct Creation {
    /// The desk that it was prepared for.
    pub desk: Arc<InstalledDesk>,
    /// The ticket.
    pub ticket: PreparedTicket,
    /// The answer to whoever waits, where it is to be kept.
    pub answer: Option<KeptAnswer>,
}

impl Gathered for Creation {
    type Error = TicketError;

    fn is_alone(&self) -> bool {
        self.ticket.has_more()
    }

    fn store(all: &[Self], conn: &mut DbConnection) -> Result<(), TicketError> {
        let openings = all
            .iter()
            .map(|new| new.ticket.opening(&new.desk, new.answer.as_ref()));
        store_tickets(conn, openings.collect())
    }

    fn database(error: TicketError) -> Result<DbError, TicketError> {
        match error {
            TicketError::Db(error) => Ok(error),
            other => Err(other),
        }
    }
}

/// A change asked of an existing ticket.
#[derive(Clone, Debug)]
pub enum Change {
    /// Put somebody or some group in charge.
    Assign {
        /// The agent; the caller's own key takes the ticket.
        assignee: Option<i64>,
        /// Key of the group.
        group: Option<String>,
        /// Key of a reason.
        reason: Option<String>,
    },
    /// Move to another level.
    Escalate {
        /// Target level; none is that of the group or agent.
        level: Option<Level>,
        /// Key of the target group; none is the agent's, or the one that the desk proposes.
        group: Option<String>,
        /// The agent.
        assignee: Option<i64>,
        /// Key of a reason.
        reason: Option<String>,
        /// Why.
        justification: Option<Reason>,
        /// What was found so far.
        diagnosis: Option<Body>,
    },
    /// Correct the priority.
    Prioritise {
        /// Key of the priority.
        priority: Option<String>,
        /// Key of the impact.
        impact: Option<String>,
        /// Key of the urgency.
        urgency: Option<String>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Deliver a solution.
    Solve {
        /// What was done.
        solution: Option<Body>,
        /// Key of a reason.
        reason: Option<String>,
        /// Files that go with it.
        files: Files,
        /// Whether the caller knows that children are open.
        despite_children: bool,
    },
    /// A step of the desk's process.
    Step(Step),
    /// Write a message or an internal note.
    Write {
        /// Who may read it.
        visibility: Visibility,
        /// The text.
        body: Body,
        /// Its files.
        files: Files,
    },
    /// Accept the solution.
    Accept,
    /// Reject the solution.
    Reject {
        /// Why.
        reason: Option<Reason>,
    },
    /// Rate the service.
    Rate {
        /// 1 to 5, where the desk asks for stars.
        stars: Option<Stars>,
        /// Free comment.
        comment: Option<Reason>,
        /// Answers to the desk's questions.
        answers: Vec<Answer>,
    },
}

/// The expected version of the ticket; none for what only adds, such as a message.
pub type Expected<'a> = Option<&'a dyn Fn(i32) -> bool>;

/// Loads a ticket within a scope with the profile that it is measured with.
pub fn load(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    scope: &Scope,
    code: &str,
) -> Result<(TicketRecord, Arc<InstalledDesk>), TicketError> {
    let found = match scope {
        Scope::Console(sight) => store::load_in_sight(conn, code, sight)?,
        Scope::Requester { desk_id, person_id } => {
            store::load_for_requester(conn, code, *desk_id, *person_id)?
        }
    };
    let record = found.ok_or(TicketError::NotFound)?;
    let desk = desks.version(conn, record.desk_id, record.desk_version)?;
    Ok((record, desk))
}

/// Applies a change to a loaded ticket.
///
/// # Errors
/// [`TicketError::VersionMismatch`] when the caller has not seen this version, [`TicketError::Refused`] with what is
/// possible or which fields are wrong.
pub fn change(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    change: Change,
    expected: Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    if expected.is_some_and(|seen| !seen(record.version)) {
        return Err(TicketError::VersionMismatch {
            current: record.version,
        });
    }
    match change {
        Change::Assign {
            assignee,
            group,
            reason,
        } => {
            let taken_by_self = assignee.is_some()
                && actor.as_agent().map(|agent| agent.id) == assignee
                && group.is_none();
            let command = if taken_by_self {
                Command::Take
            } else {
                Command::Assign {
                    group,
                    assignee: find_assignee(conn, desk, assignee)?,
                    reason,
                    note: None,
                }
            };
            run(conn, desk, record, actor, &command, Written::default(), now)
        }
        Change::Escalate {
            level,
            group,
            assignee,
            reason,
            justification,
            diagnosis,
        } => {
            let assignee = find_assignee(conn, desk, assignee)?;
            let command = Command::Escalate {
                level,
                group,
                assignee,
                reason,
                justification,
                diagnosis,
            };
            run(conn, desk, record, actor, &command, Written::default(), now)
        }
        Change::Prioritise {
            priority,
            impact,
            urgency,
            reason,
        } => {
            let command = Command::ChangePriority {
                priority,
                impact,
                urgency,
                reason,
            };
            run(conn, desk, record, actor, &command, Written::default(), now)
        }
        Change::Solve {
            solution,
            reason,
            files,
            despite_children,
        } => {
            let mut visible = Visible::to_actor(actor);
            if is_limited(&desk.profile, actor) {
                visible = visible.only_own_at(vec![desk.id]);
            }
            steps::check_children(conn, &record, &visible, despite_children)?;
            solve(conn, desk, record, actor, solution, reason, files, now)
        }
        Change::Step(step) => steps::carry_out(conn, desk, record, actor, step, now),
        Change::Write {
            visibility,
            body,
            files,
        } => write(conn, desk, record, actor, visibility, body, files, now),
        Change::Accept => run(
            conn,
            desk,
            record,
            actor,
            &Command::Accept,
            Written::default(),
            now,
        ),
        Change::Reject { reason } => {
            let text = reason
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            run(
                conn,
                desk,
                record,
                actor,
                &Command::Reject { reason },
                Written {
                    text,
                    ..Written::default()
                },
                now,
            )
        }
        Change::Rate {
            stars,
            comment,
            answers,
        } => rate(conn, desk, record, actor, stars, comment, answers, now),
    }
}

/// Gives one command of the process, without messages or files of its own.
///
/// # Errors
/// [`TicketError::Refused`] with what is possible or which fields are wrong.
pub fn give(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    command: &Command,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    run(conn, desk, record, actor, command, Written::default(), now)
}

pub(super) fn run(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    command: &Command,
    written: Written,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let gone = match command {
        Command::Reject { .. }
        | Command::Rate { .. }
        | Command::Escalate { .. }
        | Command::ReturnFromVendor { .. } => departed(conn, desk, &record.state)?,
        _ => Vec::new(),
    };
    // Only what may close a ticket by itself asks for those under it.
    let open_children = match command {
        Command::Rate { .. } | Command::CloseBySilence | Command::Continue => {
            relations::has_open_children(conn, record.id)?
        }
        _ => false,
    };
    let unmanned = match command {
        Command::RequestApproval { .. } | Command::DecideApproval { .. } => {
            approvals::commands::unmanned(conn, desk, &record.state)?
        }
        _ => Vec::new(),
    };
    let given = Circumstances {
        gone: &gone,
        open_children,
        unmanned: &unmanned,
    };
    let mut events = decide_given(&record.state, &desk.profile, actor, command, given, now)
        .map_err(|refusal| TicketError::of(refusal, desk))?;
    if let Some(seal) = &written.seal {
        events
            .iter_mut()
            .for_each(|event| event.seal(seal.message_id, &seal.digest));
    }
    let subject = record.subject.clone();
    let told = tells(&record.state, &desk.profile, actor, command, &events, now);
    let changed = pipeline::save(conn, desk, record, actor, events, now)?;
    tell(conn, desk, &subject, &changed, &written, &told, now)?;
    Ok(changed)
}

/// Who of those that a ticket might go back to cannot be given it: whoever solved, is in charge or had it before, when the
/// account is closed, the desk or the group did without it (I-18).
fn departed(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    ticket: &Ticket,
) -> Result<Vec<i64>, TicketError> {
    let mut gone = Vec::new();
    for (id, group) in ticket.may_go_back_to() {
        let stays = store::desk_agent(conn, desk.id, id)?.is_some_and(|(_, groups)| {
            group.is_none_or(|group| groups.iter().any(|slug| slug == group))
        });
        if !stays {
            gone.push(id);
        }
    }
    Ok(gone)
}

/// Runs a command of the product itself, such as a breach or the closing by silence.
pub fn run_system(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    command: &Command,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    run(
        conn,
        desk,
        record,
        &Actor::System,
        command,
        Written::default(),
        now,
    )
}

fn solve(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    solution: Option<Body>,
    reason: Option<String>,
    files: Files,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let command = Command::Solve {
        solution: solution.clone(),
        reason,
    };
    // Ask before the message is stored: a refusal must not depend on its files.
    decide(&record.state, &desk.profile, actor, &command, now)?;
    let (mut attachments, mut seal) = (Vec::new(), None);
    if let (false, Some(solution)) = (files.ids.is_empty(), &solution) {
        let place = MessagePlace {
            desk,
            ticket_id: record.id,
            visibility: Visibility::Public,
        };
        let author = actor.reference();
        let stored = write_message(conn, place, &author, solution, files, now)?;
        (seal, attachments) = (Some(stored.0), stored.1);
    }
    run(
        conn,
        desk,
        record,
        actor,
        &command,
        Written {
            text: String::new(),
            attachments,
            seal,
        },
        now,
    )
}

/// Stores a message or an internal note with its files.
pub(super) fn write(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    visibility: Visibility,
    body: Body,
    files: Files,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    // The rules do not look at the message's key, so they can be asked before it exists.
    decide(
        &record.state,
        &desk.profile,
        actor,
        &Command::AddMessage {
            message_id: 0,
            visibility,
        },
        now,
    )?;
    let place = MessagePlace {
        desk,
        ticket_id: record.id,
        visibility,
    };
    let author = actor.reference();
    let (seal, attachments) = write_message(conn, place, &author, &body, files, now)?;
    let message_id = seal.message_id.unwrap_or_default();
    let written = Written {
        text: body.into_string(),
        attachments,
        seal: Some(seal),
    };
    run(
        conn,
        desk,
        record,
        actor,
        &Command::AddMessage {
            message_id,
            visibility,
        },
        written,
        now,
    )
}

fn rate(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    stars: Option<Stars>,
    comment: Option<Reason>,
    answers: Vec<Answer>,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let command = Command::Rate {
        stars,
        comment: comment.clone(),
        answers: answers.clone(),
    };
    let changed = run(conn, desk, record, actor, &command, Written::default(), now)?;
    let cycle = i32::try_from(changed.ticket.cycle()).unwrap_or(i32::MAX);
    let rating = changed.ticket.rating.as_ref();
    let survey = store::NewSurveyRow {
        desk_id: desk.id,
        ticket_id: changed.ticket_id,
        cycle,
        stars: stars.map(|stars| i32::from(stars.number())),
        comment: comment.as_ref().map(Reason::as_str),
        answers: (!answers.is_empty()).then_some(JsonText(answers)),
        closing: rating.and_then(|rating| rating.closing),
        person_id: changed.ticket.requester.id,
        created_at: Ts::new(now),
        version: rating
            .and_then(|rating| rating.version)
            .map(|version| i32::try_from(version).unwrap_or(i32::MAX)),
    };
    store::insert_survey(conn, survey)?;
    Ok(changed)
}

/// An active agent of the desk with their groups; absent, inactive and foreign ones are refused alike (B-57).
pub(super) fn find_assignee(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    id: Option<i64>,
) -> Result<Option<Assignee>, TicketError> {
    let Some(id) = id else { return Ok(None) };
    match store::desk_agent(conn, desk.id, id)? {
        Some((agent, groups)) => Ok(Some(Assignee {
            id: agent.id,
            name: agent.full_name,
            groups,
        })),
        None => Err(TicketError::Invalid(vec![fault(
            "/assignee",
            FieldCode::Unknown.as_str(),
        )])),
    }
}

#[derive(Clone, Copy)]
struct MessagePlace<'a> {
    desk: &'a InstalledDesk,
    ticket_id: i64,
    visibility: Visibility,
}

impl MessagePlace<'_> {
    fn row<'a>(
        &self,
        author: &'a ActorRef,
        body: &'a str,
        now: DateTime<Utc>,
    ) -> NewMessageRow<'a> {
        NewMessageRow {
            desk_id: self.desk.id,
            ticket_id: self.ticket_id,
            author_kind: author.kind.as_str(),
            author_id: author.id,
            author_name: &author.name,
            visibility: self.visibility.as_str(),
            body,
            created_at: Ts::new(now),
        }
    }
}

/// Stores a message and binds its files; gives its key and digest, and the names of the files.
fn write_message(
    conn: &mut DbConnection,
    place: MessagePlace<'_>,
    author: &ActorRef,
    body: &Body,
    files: Files,
    now: DateTime<Utc>,
) -> Result<(Seal, Vec<String>), TicketError> {
    let message_id = store::insert_message(conn, &place.row(author, body.as_str(), now))?;
    let bound = bind_files(conn, place, message_id, &files, now)?;
    let sealed = Sealed::new(author, place.visibility, body.as_str(), Ts::new(now));
    let seal = Seal {
        message_id: Some(message_id),
        digest: sealed.digest(&bound),
    };
    Ok((seal, bound.into_iter().map(|file| file.name).collect()))
}

/// Binds the files of a stored message.
fn bind_files(
    conn: &mut DbConnection,
    place: MessagePlace<'_>,
    message_id: i64,
    files: &Files,
    now: DateTime<Utc>,
) -> Result<Vec<AttachmentRow>, TicketError> {
    let target = Place {
        desk_id: place.desk.id,
        ticket_id: place.ticket_id,
        message_id,
        visibility: place.visibility,
    };
    let quota = files.quota(&place.desk.profile);
    bind(conn, &files.owner, &files.keys(), target, quota, now)
        .map_err(|error| unbound(error, files))
}

/// What to tell of files that cannot be bound, at the place where each was named.
fn unbound(error: BindError, files: &Files) -> TicketError {
    match bind_faults(error, files) {
        Ok(faults) => TicketError::Invalid(faults),
        Err(error) => TicketError::Db(error),
    }
}

/// The faults of files that cannot be bound, or the failure of the database.
///
/// # Errors
/// When it was the database.
pub fn bind_faults(error: BindError, files: &Files) -> Result<Vec<Fault>, DbError> {
    let keys = files.keys();
    let pointer = |position: usize| {
        let key = keys.get(position).filter(|_| position >= files.ids.len());
        let of_form = key.and_then(|key| files.of_form.iter().find(|file| file.id == *key));
        of_form.map_or_else(
            || format!("/attachments/{position}"),
            |file| format!("/extra/{}", file.field),
        )
    };
    let at = |positions: Vec<usize>, code: &'static str| {
        let places = positions.into_iter();
        places
            .map(|position| fault(&pointer(position), code))
            .collect()
    };
    Ok(match error {
        BindError::Unknown(missing) => {
            let told = missing
                .into_iter()
                .map(|file| missing_file(&pointer(file.position), file.name.as_deref()));
            told.collect()
        }
        BindError::Used(positions) => at(positions, "used_upload"),
        BindError::TooLarge(positions) => at(positions, "too_large_file"),
        BindError::TooMany { .. } => vec![fault("/attachments", "too_many_files")],
        BindError::TicketFull { .. } => vec![fault("/attachments", "quota")],
        BindError::Db(error) => return Err(error),
    })
}

/// What to tell of a file that is not there: by its name where that is still known, because a position means little to
/// whoever attached it yesterday.
fn missing_file(pointer: &str, name: Option<&str>) -> Fault {
    let Some(name) = name else {
        return fault(pointer, "unknown_upload");
    };
    Fault::new(
        pointer,
        "unknown_upload",
        format!(
            "El archivo «{name}» esperó más de un día y ya no está disponible. Adjúntelo de nuevo."
        ),
        format!(
            "The file “{name}” waited for more than a day and is no longer available. Attach it again."
        ),
    )
}
