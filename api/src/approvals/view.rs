//! Approvals in wire form.

use diesel::prelude::*;
use shared::api::portal::{PortalApproval, PortalApprovalRow, PortalDecision};
use shared::api::process::{
    AppointedApprover, ApprovalRow, ApprovalStepView, ApprovalView, ApproverChange, ApproverHolder,
    ApproverRole, ApproverRoles, ApproverView,
};
use shared::api::tickets::{Labelled, PersonRef};
use shared::desk::Desk;
use shared::i18n::Lang;
use shared::ticket::Ticket;
use shared::ticket::actor::Actor;
use shared::ticket::event::Event;
use shared::ticket::status::{Status, Visibility};

use super::commands::decidable;
use super::store::{self, AskRow, AskedTicketRow};
use super::trace::{self, Appointed, Appointment, ChangeRow};
use crate::attachments::store::{AttachmentRow, list_for_messages};
use crate::db::schema::{events, users};
use crate::db::{DbConnection, DbError};
use crate::desks::registry::InstalledDesk;
use crate::desks::view::{approver_role, approver_roles};
use crate::tickets::process_view::extra;
use crate::tickets::store::{TicketRecord, first_message, requester_by_id};
use crate::tickets::view::{attachment, file_name};

/// Every role of a desk with its holders, and the version of the list.
pub fn roles(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    lang: Lang,
) -> QueryResult<ApproverRoles> {
    let version = trace::version(conn, desk.id)?;
    let rows = store::listed(conn, desk.id)?;
    let traced = trace::roles(conn, desk.id)?;
    let holders_of = |role: &str| {
        rows.iter()
            .filter(|row| row.role == role)
            .map(|row| ApproverHolder {
                email: row.email.clone(),
                full_name: Some(row.full_name.clone()),
                deputy: row.deputy,
                shut_out: !row.active,
            })
            .collect()
    };
    let items = approver_roles(&desk.profile, lang)
        .into_iter()
        .map(|role| {
            let holders: Vec<ApproverHolder> = holders_of(&role.id);
            ApproverRole {
                untraced: !holders.is_empty() && !traced.contains(&role.id),
                holders,
                role,
            }
        })
        .collect();
    Ok(ApproverRoles { items, version })
}

/// Changes of a desk's approvers.
///
/// # Errors
/// When what is stored is no change.
pub fn changes(
    rows: Vec<ChangeRow>,
    desk: &Desk,
    lang: Lang,
) -> Result<Vec<ApproverChange>, DbError> {
    let people = |list: Vec<Appointed>| {
        list.into_iter()
            .map(|one| AppointedApprover {
                full_name: one.name,
                deputy: one.deputy,
            })
            .collect()
    };
    rows.into_iter()
        .map(|row| {
            let Appointment {
                role,
                before,
                after,
            } = row.appointment()?;
            Ok(ApproverChange {
                number: row.seq,
                at: row.at.get(),
                by: row.actor_name,
                role: approver_role(desk, &role, lang),
                before: people(before),
                after: people(after),
            })
        })
        .collect()
}

/// A row of the console's inbox.
pub fn row(row: AskRow, desk: &InstalledDesk, lang: Lang) -> ApprovalRow {
    ApprovalRow {
        code: row.code,
        desk: desk.slug.clone(),
        subject: row.subject,
        requester: PersonRef {
            id: row.requester.0,
            name: row.requester.1,
        },
        category: category(Some(&row.category), &desk.profile, lang),
        role: approver_role(&desk.profile, &row.role, lang),
        asked_at: row.asked_at.get(),
        version: row.version,
    }
}

/// A row of the portal's inbox: a ticket with the roles in which it waits.
pub fn portal_row(
    row: AskedTicketRow,
    roles: &[(i64, String)],
    desk: &InstalledDesk,
    lang: Lang,
) -> PortalApprovalRow {
    let own = roles.iter().filter(|(ticket, _)| *ticket == row.ticket_id);
    PortalApprovalRow {
        roles: own
            .map(|(_, role)| approver_role(&desk.profile, role, lang))
            .collect(),
        code: row.code,
        subject: row.subject,
        requester: row.requester,
        asked_at: row.asked_at.get(),
    }
}

/// A ticket as an approver sees it in the portal: what is asked, by whom, and the proof. No notes of the desk beyond the
/// one that was written to the approvers.
pub fn portal(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: &TicketRecord,
    roles: Vec<String>,
    lang: Lang,
) -> Result<PortalApproval, DbError> {
    let ticket = &record.state;
    let first = first_message(conn, record.id)?;
    let requester = requester_by_id(conn, ticket.requester.id)?;
    let note = note_of_request(conn, record.id)?;
    let files = visible_files(conn, record)?;
    let state = ticket.approval.as_ref();
    let asked_at = state
        .and_then(|state| state.asked_at)
        .unwrap_or(ticket.status_since);
    Ok(PortalApproval {
        code: record.code.clone(),
        version: record.version,
        subject: ticket.subject.to_string(),
        description: first.map_or_else(String::new, |first| first.body),
        category: category(ticket.category.as_deref(), &desk.profile, lang),
        extra: extra(ticket, &desk.profile, lang, &|_, key| {
            file_name(&files, key)
        }),
        requester: requester.full_name,
        entity: requester.entity,
        roles: roles
            .iter()
            .map(|role| approver_role(&desk.profile, role, lang))
            .collect(),
        decided: state
            .into_iter()
            .flat_map(|state| &state.decisions)
            .map(|decision| PortalDecision {
                role: approver_role(&desk.profile, &decision.approver, lang),
                decision: decision.decision,
                at: decision.at,
            })
            .collect(),
        note,
        attachments: files.iter().map(attachment).collect(),
        asked_at,
    })
}

/// The files that an approver sees: those of the description, and the proof that came with the request.
pub fn visible_files(
    conn: &mut DbConnection,
    record: &TicketRecord,
) -> Result<Vec<AttachmentRow>, DbError> {
    let first = first_message(conn, record.id)?.map(|first| first.id);
    let request = request_of(conn, record.id)?;
    let mut messages: Vec<i64> = first
        .into_iter()
        .chain(request.messages.iter().copied())
        .collect();
    messages.sort_unstable();
    messages.dedup();
    let files = list_for_messages(conn, &messages)?;
    let described = |file: &AttachmentRow| {
        file.message_id == first && file.visibility.as_deref() == Some(Visibility::Public.as_str())
    };
    let shown = |file: &AttachmentRow| request.is_proof(file) || described(file);
    Ok(files.into_iter().filter(shown).collect())
}

/// What the desk wrote with its last request for approval.
pub fn note_of_request(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Option<String>> {
    Ok(request_of(conn, ticket_id)?.note)
}

/// What the desk sent with a request for approval.
#[derive(Debug, Default)]
struct Request {
    note: Option<String>,
    /// The messages with the proof.
    messages: Vec<i64>,
    /// The files of them that prove it; none where all do.
    files: Vec<String>,
}

impl Request {
    fn is_proof(&self, file: &AttachmentRow) -> bool {
        let written = |message: i64| self.messages.contains(&message);
        let chosen = self.files.is_empty() || self.files.contains(&file.id.0.to_string());
        chosen && file.message_id.is_some_and(written)
    }

    /// The files that prove it.
    fn proof(&self, conn: &mut DbConnection) -> Result<Vec<AttachmentRow>, DbError> {
        let mut files = list_for_messages(conn, &self.messages)?;
        files.retain(|file| self.is_proof(file));
        Ok(files)
    }
}

/// The last request for approval.
fn request_of(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Request> {
    let rows: Vec<(i32, String)> = events::table
        .filter(events::ticket_id.eq(ticket_id))
        .filter(events::kind.eq_any(["approval_requested", "status_changed"]))
        .order(events::seq.desc())
        .limit(50)
        .select((events::seq, events::data))
        .load(conn)?;
    let parsed = |data: &str| serde_json::from_str::<Event>(data).ok();
    // Later steps of the same request carry no proof of their own.
    let asked = rows.iter().find_map(|(seq, data)| match parsed(data) {
        Some(Event::ApprovalRequested {
            step: 0,
            evidence,
            also,
            files,
            ..
        }) => Some((*seq, evidence.into_iter().chain(also).collect(), files)),
        _ => None,
    });
    let Some((seq, messages, files)) = asked else {
        return Ok(Request::default());
    };
    let note = rows
        .iter()
        .filter(|(moved, _)| *moved < seq && *moved + 2 >= seq)
        .find_map(|(_, data)| match parsed(data) {
            Some(Event::StatusChanged {
                to: Status::AwaitingApproval,
                note,
                ..
            }) => note.map(|note| note.to_string()),
            _ => None,
        });
    Ok(Request {
        note,
        messages,
        files,
    })
}

/// How the approvals of a ticket stand; none where its category demands none and none were asked.
pub fn of_ticket(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    ticket_id: i64,
    ticket: &Ticket,
    actor: &Actor,
    lang: Lang,
) -> Result<Option<ApprovalView>, DbError> {
    let profile = &desk.profile;
    let state = ticket.approval.as_ref();
    let demanded = profile.approval_of(ticket.category.as_deref());
    let policy = state
        .and_then(|state| {
            profile
                .approvals
                .iter()
                .find(|policy| policy.key == state.policy)
        })
        .or(demanded);
    let Some(policy) = policy else {
        return Ok(None);
    };
    let rows = store::holders(conn, desk.id)?;
    let mine = match actor {
        Actor::Agent {
            user_id, groups, ..
        } if state.is_some() => decidable_by_agent(conn, desk, ticket, *user_id, groups)?,
        _ => Vec::new(),
    };
    let files = match state {
        Some(_) => request_of(conn, ticket_id)?.proof(conn)?,
        None => Vec::new(),
    };
    let present = state.map(|state| state.step);
    let steps = (0_u32..).zip(&policy.steps).map(|(number, step)| {
        let approver = |role: &String| {
            let decision = state.and_then(|state| {
                state
                    .decisions
                    .iter()
                    .find(|known| known.step == number && known.approver == *role)
            });
            ApproverView {
                role: approver_role(profile, role, lang),
                people: rows
                    .iter()
                    .filter(|row| row.role == *role)
                    .map(|row| row.full_name.clone())
                    .collect(),
                decision: decision.map(|known| known.decision),
                decided_by: decision.map(|known| known.by.name.clone()),
                comment: decision
                    .and_then(|known| known.comment.as_ref())
                    .map(ToString::to_string),
                at: decision.map(|known| known.at),
                mine: present == Some(number) && mine.contains(role),
            }
        };
        ApprovalStepView {
            approvers: step.all_of.iter().map(approver).collect(),
            current: present == Some(number) && ticket.status == Status::AwaitingApproval,
        }
    });
    Ok(Some(ApprovalView {
        policy: Labelled {
            id: policy.key.clone(),
            label: policy.name.get(lang).to_owned(),
        },
        needs_evidence: policy.evidence,
        requested: state.is_some(),
        steps: steps.collect(),
        evidence: files.iter().map(attachment).collect(),
    }))
}

/// The roles of the ticket that an agent may decide, as the person with the same address and by their groups.
fn decidable_by_agent(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    ticket: &Ticket,
    user_id: i64,
    groups: &[String],
) -> Result<Vec<String>, DbError> {
    let email: Option<String> = users::table
        .filter(users::id.eq(user_id))
        .select(users::email)
        .first(conn)
        .optional()?;
    let mut held = groups.to_vec();
    if let Some(email) = email
        && let Some((person_id, _, active)) = store::anybody_at(conn, desk.id, &email)?
    {
        if person_id == ticket.requester.id {
            return Ok(Vec::new());
        }
        if active {
            held.extend(store::roles_of(conn, person_id)?);
        }
    }
    Ok(decidable(ticket, &desk.profile, &held))
}

fn category(key: Option<&str>, desk: &Desk, lang: Lang) -> Vec<String> {
    key.and_then(|key| desk.catalog.get(key))
        .map_or_else(Vec::new, |entry| entry.labels(lang).to_vec())
}
