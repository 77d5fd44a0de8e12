//! The steps of a desk's process beyond writing, assigning and solving: moves, corrections, attempts to reach the
//! requester, control questions, follow-ups, families and duplicates. Each runs in the caller's write transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use shared::api::process::{FollowUpStep, TransitionCommand};
use shared::desk::own_words::fill;
use shared::desk::profile::Notice;
use shared::ticket::actor::Actor;
use shared::ticket::command::{Command, ContactChannel, ContactResult, Decision, Mark};
use shared::ticket::event::Event;
use shared::ticket::refusal::Conflict;
use shared::ticket::status::Visibility;
use shared::ticket::text::{Body, Reason};
use shared::ticket::{Refusal, Ticket, decide, next_follow_up};

use super::commands::{Files, find_assignee, run, write};
use super::error::{TicketError, fault};
use super::extra;
use super::pipeline::Changed;
use super::relations;
use super::sight::Visible;
use super::store::{self, TicketRecord};
use crate::attachments::store as attachments;
use crate::db::DbConnection;
use crate::desks::registry::InstalledDesk;
use crate::events::subscriptions::{TicketWords, Written};

/// A move with the data that came for it, parsed.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Which move.
    pub command: TransitionCommand,
    /// Key of a reason.
    pub reason: Option<String>,
    /// Why it is rejected, in words.
    pub words: Option<Reason>,
    /// Why.
    pub justification: Option<Reason>,
    /// Information, instruction or what the vendor did.
    pub note: Option<Reason>,
    /// What was found.
    pub diagnosis: Option<Body>,
    /// Why it ends.
    pub description: Option<Body>,
    /// Key of the target group.
    pub group: Option<String>,
    /// Key of the target agent.
    pub assignee: Option<i64>,
    /// Name of the vendor.
    pub vendor: Option<String>,
    /// When the requester is contacted again.
    pub next_contact: Option<NaiveDate>,
    /// Key of a category.
    pub category: Option<String>,
    /// Key of a priority.
    pub priority: Option<String>,
    /// Key of an impact.
    pub impact: Option<String>,
    /// Key of an urgency.
    pub urgency: Option<String>,
    /// Uploads of the caller, and files of the ticket that prove something.
    pub files: Files,
    /// Whether the caller knows that children are open.
    pub despite_children: bool,
}

/// A step of the process.
#[derive(Clone, Debug)]
pub enum Step {
    /// A move of the desk's table.
    Transition(Box<Transition>),
    /// Correct the category.
    ChangeCategory {
        /// Key of the category.
        category: String,
        /// Why.
        reason: Option<Reason>,
    },
    /// An attempt to reach the requester.
    Attempt {
        /// By which way.
        channel: ContactChannel,
        /// What came of it.
        result: ContactResult,
        /// What was said.
        note: Option<Reason>,
        /// When to try again.
        next_contact: Option<NaiveDate>,
    },
    /// The answer to a control question.
    Control {
        /// Key of the question.
        control: String,
        /// Yes or no.
        answer: bool,
        /// Free text.
        note: Option<Reason>,
    },
    /// The next mail of the follow-up series.
    FollowUp {
        /// Which one the caller means.
        step: FollowUpStep,
        /// Its text.
        text: Reason,
    },
    /// Complete or correct the extra data.
    Extra {
        /// The answers.
        answers: BTreeMap<String, String>,
        /// Whose uploads they may name.
        files: Files,
    },
    /// Put a mark on or take it off.
    Mark {
        /// Which.
        mark: Mark,
        /// On or off.
        on: bool,
    },
    /// The cause was found.
    Cause(Body),
    /// Decide an approval.
    Decide {
        /// Key of the approver role.
        role: String,
        /// Yes or no.
        decision: Decision,
        /// Why.
        comment: Option<Reason>,
    },
    /// Put tickets under this one.
    Relate {
        /// Codes of the children.
        children: Vec<String>,
    },
    /// Take a ticket from under this one.
    Unrelate {
        /// Code of the child.
        child: String,
    },
    /// Merge this ticket into another one.
    Merge {
        /// Code of the ticket that goes on.
        into: String,
    },
    /// Undo the merging.
    Unmerge,
}

impl Step {
    /// Whether it changes what other tickets of the desk are to this one.
    pub fn touches_families(&self) -> bool {
        match self {
            Step::Relate { .. } | Step::Unrelate { .. } | Step::Merge { .. } | Step::Unmerge => {
                true
            }
            Step::Transition(_)
            | Step::ChangeCategory { .. }
            | Step::Attempt { .. }
            | Step::Control { .. }
            | Step::FollowUp { .. }
            | Step::Extra { .. }
            | Step::Mark { .. }
            | Step::Cause(_)
            | Step::Decide { .. } => false,
        }
    }
}

/// Carries a step out on a loaded ticket.
///
/// # Errors
/// [`TicketError::Refused`] with what is possible or which fields are wrong, [`TicketError::NotFound`] for tickets that the
/// step names and the actor may not see.
pub fn carry_out(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    step: Step,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let command = match step {
        Step::Transition(transition) => {
            return self::transition(conn, desk, record, actor, *transition, now);
        }
        Step::FollowUp { step, text } => {
            return follow_up(conn, desk, record, actor, step, text, now);
        }
        Step::Relate { children } => {
            return relations::relate(conn, desk, record, actor, &children, now);
        }
        Step::Unrelate { child } => {
            return relations::unrelate(conn, desk, record, actor, &child, now);
        }
        Step::Merge { into } => return relations::merge(conn, desk, record, actor, &into, now),
        Step::Unmerge => return relations::unmerge(conn, desk, record, actor, now),
        Step::ChangeCategory { category, reason } => Command::ChangeCategory { category, reason },
        Step::Attempt {
            channel,
            result,
            note,
            next_contact,
        } => Command::RecordContactAttempt {
            channel,
            result,
            note,
            evidence: None,
            next_contact,
        },
        Step::Control {
            control,
            answer,
            note,
        } => Command::RecordControl {
            control,
            answer,
            note,
        },
        Step::Extra { answers, files } => {
            return extra::complete(conn, desk, record, actor, answers, files, now);
        }
        Step::Mark { mark, on } => Command::SetMark { mark, on },
        Step::Cause(cause) => Command::RecordCause { cause: Some(cause) },
        Step::Decide {
            role,
            decision,
            comment,
        } => {
            let written = Written {
                text: comment
                    .as_ref()
                    .map_or_else(String::new, ToString::to_string),
                ..Written::default()
            };
            let command = Command::DecideApproval {
                approver: role,
                decision,
                comment,
            };
            return run(conn, desk, record, actor, &command, written, now);
        }
    };
    run(conn, desk, record, actor, &command, Written::default(), now)
}

/// A move. Files come first, as an internal note: what the move says may rest on them.
fn transition(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    asked: Transition,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let (mut proofs, uploads) = split_files(conn, &record, &asked.files.ids)?;
    let files = Files {
        ids: uploads,
        ..asked.files.clone()
    };
    // The rules look only at whether there is evidence, so they are asked before anything is stored.
    let planned_proofs = match (proofs.messages.is_empty(), files.ids.is_empty()) {
        (true, false) => Proofs {
            messages: vec![0],
            files: Vec::new(),
        },
        _ => proofs.clone(),
    };
    let text = [&asked.justification, &asked.note]
        .into_iter()
        .flatten()
        .next()
        .map(ToString::to_string)
        .or_else(|| asked.description.as_ref().map(ToString::to_string))
        .unwrap_or_default();
    let planned = command_of(conn, desk, &asked, planned_proofs)?;
    decide(&record.state, &desk.profile, actor, &planned, now)?;
    if let TransitionCommand::MarkUnsolvable | TransitionCommand::MarkNotManaged = asked.command {
        let visible = Visible::to_actor(actor);
        check_children(conn, &record, &visible, asked.despite_children)?;
    }
    let mut record = record;
    let mut attachments = Vec::new();
    if !files.ids.is_empty() {
        let note;
        (record, note) = note_first(
            conn,
            desk,
            record,
            actor,
            note_with_files(&asked),
            files,
            now,
        )?;
        if let Some(message_id) = note {
            // What was there already proves it no less than what comes with the request.
            let written = attachments::list_for_messages(conn, &[message_id])?;
            proofs.messages.insert(0, message_id);
            proofs
                .files
                .extend(written.iter().map(|file| file.id.0.to_string()));
            attachments = written.into_iter().map(|file| file.name).collect();
        }
    }
    let command = command_of(conn, desk, &asked, proofs)?;
    let written = Written {
        text,
        attachments,
        seal: None,
    };
    run(conn, desk, record, actor, &command, written, now)
}

/// Keeps the files of a step as an internal note before it; gives the ticket after that, and the key of the note.
pub(super) fn note_first(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    body: Body,
    files: Files,
    now: DateTime<Utc>,
) -> Result<(TicketRecord, Option<i64>), TicketError> {
    let id = record.id;
    let internal = Visibility::Internal;
    let noted = write(conn, desk, record, actor, internal, body, files, now)?;
    let note = noted.recorded.iter().find_map(|entry| match &entry.event {
        Event::MessageAdded { message_id, .. } => Some(*message_id),
        _ => None,
    });
    let record = store::load_by_id(conn, id)?.ok_or(TicketError::NotFound)?;
    Ok((record, note))
}

/// What the files are a note to.
fn note_with_files(asked: &Transition) -> Body {
    let words = [&asked.note, &asked.justification]
        .into_iter()
        .flatten()
        .next()
        .cloned()
        .map(Body::from);
    words
        .or_else(|| asked.description.clone())
        .unwrap_or_else(|| Body::parse("Soportes adjuntos.").expect("the sentence is a body"))
}

/// Files that prove what is asked.
#[derive(Clone, Debug)]
struct Proofs {
    /// Keys of the messages that they came with.
    messages: Vec<i64>,
    /// Their own keys: what else came with those messages proves nothing, and is shown to nobody for it.
    files: Vec<String>,
}

/// The files that the ticket has already, and the keys that are uploads of the caller.
fn split_files(
    conn: &mut DbConnection,
    record: &TicketRecord,
    ids: &[String],
) -> Result<(Proofs, Vec<String>), TicketError> {
    let present = attachments::of_ticket(conn, record.id, ids)?;
    let mut messages: Vec<i64> = present.iter().filter_map(|file| file.message_id).collect();
    messages.sort_unstable();
    messages.dedup();
    let written = present.iter().filter(|file| file.message_id.is_some());
    let files = written.map(|file| file.id.0.to_string()).collect();
    let known: Vec<String> = present.iter().map(|file| file.id.0.to_string()).collect();
    let uploads = ids.iter().filter(|id| !known.contains(id)).cloned();
    let proofs = Proofs { messages, files };
    Ok((proofs, uploads.collect()))
}

fn command_of(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    asked: &Transition,
    proofs: Proofs,
) -> Result<Command, TicketError> {
    let assignee = find_assignee(conn, desk, asked.assignee)?;
    let asked = asked.clone();
    let reason = asked.reason;
    Ok(match asked.command {
        TransitionCommand::Complete => Command::Complete {
            category: asked.category,
            priority: asked.priority,
            impact: asked.impact,
            urgency: asked.urgency,
            group: asked.group,
        },
        TransitionCommand::Start => Command::Start {
            reason,
            diagnosis: asked.diagnosis,
        },
        TransitionCommand::EscalateOnsite => Command::EscalateOnsite {
            group: asked.group,
            assignee,
            reason,
            justification: asked.justification,
            diagnosis: asked.diagnosis,
        },
        TransitionCommand::Suspend => Command::Suspend {
            reason,
            justification: asked.justification,
            next_contact: asked.next_contact,
        },
        TransitionCommand::Resume => Command::Resume {
            reason,
            note: asked.note,
        },
        TransitionCommand::SendToVendor => Command::SendToVendor {
            group: asked.group,
            assignee,
            vendor: asked.vendor,
            reason,
            justification: asked.justification,
        },
        TransitionCommand::ReturnFromVendor => Command::ReturnFromVendor {
            reason,
            note: asked.note,
        },
        TransitionCommand::RequestApproval => Command::RequestApproval {
            note: asked.note,
            evidence: proofs.messages,
            files: proofs.files,
        },
        TransitionCommand::MarkUnsolvable => Command::MarkUnsolvable {
            description: asked.description,
            reason,
        },
        TransitionCommand::MarkNotManaged => Command::MarkNotManaged {
            description: asked.description,
            reason,
        },
        TransitionCommand::Reject => Command::Reject {
            reason: asked.words,
        },
        TransitionCommand::CloseByDesk => Command::CloseByDesk {
            reason,
            note: asked.note,
        },
    })
}

/// Sends the next mail of the series and records it.
fn follow_up(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    step: FollowUpStep,
    text: Reason,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let next = next_follow_up(&record.state, &desk.profile, now);
    if next.is_some_and(|next| follow_up_step(next.step) != step) {
        return Err(TicketError::Refused(Refusal::Conflict {
            what: Conflict::AlreadyRecorded,
        }));
    }
    let written = Written {
        text: text.to_string(),
        ..Written::default()
    };
    let command = Command::SendFollowUp { note: Some(text) };
    run(conn, desk, record, actor, &command, written, now)
}

/// Which mail of the series a number is.
pub fn follow_up_step(number: u8) -> FollowUpStep {
    match number {
        0 | 1 => FollowUpStep::First,
        2 => FollowUpStep::Second,
        _ => FollowUpStep::Closing,
    }
}

/// The text that the product prepares for a mail of the series: the desk's own words, or the product's.
pub fn follow_up_text(notice: Notice, words: &TicketWords<'_>) -> String {
    use shared::i18n::Lang;
    let own = words
        .desk
        .notification_for(notice, words.ticket.category.as_deref())
        .and_then(|notification| notification.text.as_ref());
    if let Some(text) = own {
        return fill(text.get(words.lang), |what| words.value(what));
    }
    let text = match (notice, words.lang) {
        (Notice::FollowUpFirst, Lang::Es) => {
            "Para continuar necesitamos la información que le solicitamos."
        }
        (Notice::FollowUpFirst, Lang::En) => {
            "To go on we need the information that we asked you for."
        }
        (Notice::FollowUpSecond, Lang::Es) => {
            "Seguimos a la espera de la información que le solicitamos."
        }
        (Notice::FollowUpSecond, Lang::En) => {
            "We are still waiting for the information that we asked you for."
        }
        (_, Lang::Es) => {
            "Cerramos su solicitud porque no recibimos respuesta. Quedamos atentos si vuelve a necesitarnos."
        }
        (_, Lang::En) => {
            "We are closing your request because we received no answer. We are here if you need us again."
        }
    };
    text.to_owned()
}

/// Refuses an outcome to a ticket with open children unless the caller knows of them; those that they may not see
/// are not named, and stand in nobody's way.
pub fn check_children(
    conn: &mut DbConnection,
    record: &TicketRecord,
    visible: &Visible,
    confirmed: bool,
) -> Result<(), TicketError> {
    if confirmed {
        return Ok(());
    }
    let open = relations::open_children(conn, record.id, visible)?;
    if open.is_empty() {
        Ok(())
    } else {
        Err(TicketError::OpenChildren(open))
    }
}

/// Whether the ticket is one that the actor may act on at all: for others a restricted one does not exist. The queries have
/// said so already (see `sight`); this is the rule itself, asked before anything is shown or done.
pub fn must_see(ticket: &Ticket, desk: &InstalledDesk, actor: &Actor) -> Result<(), TicketError> {
    if shared::ticket::may_see(ticket, &desk.profile, actor) {
        Ok(())
    } else {
        Err(TicketError::NotFound)
    }
}

/// One wrong field.
pub fn wrong(pointer: &str, code: &'static str) -> TicketError {
    TicketError::Invalid(vec![fault(pointer, code)])
}
