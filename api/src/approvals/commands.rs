//! Who may decide, and deciding: each command inside the caller's write transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use shared::api::process::{ApproverHolder, ApproverHolders};
use shared::desk::Desk;
use shared::desk::profile::ApprovalPolicy;
use shared::i18n::Lang;
use shared::ticket::actor::{Actor, ActorRef, Privilege};
use shared::ticket::command::Decision;
use shared::ticket::status::Status;
use shared::ticket::text::{EmailAddress, Reason};
use shared::ticket::{ApprovalDecision, ApprovalState, Ticket};

use super::store::{self, HolderRow, Inbox};
use super::trace::{self, Appointed, Appointment};
use crate::auth::{AgentCaller, AgentInPerson};
use crate::db::dialect::lock_name;
use crate::db::{DbConnection, DbError};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::desks::view::approver_role;
use crate::http::etag::IfMatch;
use crate::http::faults::Faults;
use crate::http::{ApiError, Fault};
use crate::mail::dates::written_day;
use crate::tickets::commands::{Change, Expected, change};
use crate::tickets::error::{TicketError, fault};
use crate::tickets::pipeline::Changed;
use crate::tickets::sight::Sight;
use crate::tickets::steps::{Step, must_see};
use crate::tickets::store::{
    TicketRecord, group_agents, load_in_sight, read_in_sight, requester_by_id,
};

/// Most holders of a role.
const HOLDERS_MAX: usize = 20;

/// The roles of a ticket that wait for somebody who holds these roles: theirs, and those that they stand in for.
pub fn decidable(ticket: &Ticket, desk: &Desk, held: &[String]) -> Vec<String> {
    let waits = |_: &&ApprovalState| ticket.status == Status::AwaitingApproval;
    let Some(state) = ticket.approval.as_ref().filter(waits) else {
        return Vec::new();
    };
    let may = |role: &&String| stands_for(state, desk, held, role);
    state.pending.iter().filter(may).cloned().collect()
}

/// Whether the ticket asks or asked something of somebody who holds these roles, so that they may be told of it.
pub fn is_concerned(ticket: &Ticket, desk: &Desk, held: &[String]) -> bool {
    ticket.approval.as_ref().is_some_and(|state| {
        let decided = state.decisions.iter().map(|decision| &decision.approver);
        // A refusal leaves nobody pending, and the others were asked all the same.
        let mut policies = desk.approvals.iter();
        let policy = policies.find(|policy| policy.key == state.policy);
        let begun = usize::try_from(state.step).unwrap_or(usize::MAX);
        let steps = policy.into_iter().flat_map(|policy| &policy.steps);
        let of_steps = steps
            .take(begun.saturating_add(1))
            .flat_map(|step| &step.all_of);
        let mut asked = state.pending.iter().chain(decided).chain(of_steps);
        asked.any(|role| stands_for(state, desk, held, role))
    })
}

/// Whether a ticket of a desk asks or asked something of a person.
///
/// # Errors
/// When the database does not answer.
pub fn concerns(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    desk_id: i64,
    person_id: i64,
    code: &str,
) -> Result<bool, DbError> {
    let held = store::roles_of(conn, person_id)?;
    let place = Sight::whole(Some(vec![desk_id]));
    let Some(record) = read_in_sight(conn, code, &place)? else {
        return Ok(false);
    };
    let desk = desks.version(conn, record.desk_id, record.desk_version)?;
    let own = record.state.requester.id == person_id;
    Ok(!own && is_concerned(&record.state, &desk.profile, &held))
}

/// What somebody who comes too late to an approval that concerns them is told: on which day it was decided. Nothing where it
/// was taken back undecided.
pub fn too_late(ticket: &Ticket, desk: &Desk, held: &[String]) -> ApiError {
    let Some(state) = &ticket.approval else {
        return ApiError::not_found();
    };
    let own = |decision: &&ApprovalDecision| stands_for(state, desk, held, &decision.approver);
    let ended = ticket.status != Status::AwaitingApproval;
    let mut decisions = state.decisions.iter().rev();
    let theirs = decisions.clone().find(own);
    let Some(last) = theirs.or_else(|| decisions.next().filter(|_| ended)) else {
        return ApiError::not_found();
    };
    let day = desk
        .calendar
        .zone
        .local_date(last.at)
        .unwrap_or(last.at.date_naive());
    let (es, en) = (written_day(day, Lang::Es), written_day(day, Lang::En));
    ApiError::conflict(
        format!("Esta aprobación ya se decidió el {es}. No hace falta que responda."),
        format!("This approval was already decided on {en}. You need not answer."),
    )
}

/// The inbox at a desk of somebody with these roles.
pub fn inbox(desk: &InstalledDesk, person_id: i64, held: Vec<String>) -> Inbox {
    let mut stands_in = Vec::new();
    for policy in &desk.profile.approvals {
        let mut roles: Vec<&String> = policy.steps.iter().flat_map(|step| &step.all_of).collect();
        roles.sort_unstable();
        roles.dedup();
        for role in roles {
            let own = held.contains(role);
            if !own
                && policy
                    .deciders(role)
                    .any(|key| held.iter().any(|held| held == key))
            {
                stands_in.push((policy.key.clone(), role.clone()));
            }
        }
    }
    Inbox {
        desk_id: desk.id,
        person_id,
        held,
        stands_in,
    }
}

/// The roles that the ticket's category demands, or is asked about, in which nobody could decide: neither by the desk's list
/// nor by the group of that name, nor anybody who stands in; never its requester (I-12).
///
/// # Errors
/// When the database does not answer.
pub fn unmanned(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    ticket: &Ticket,
) -> Result<Vec<String>, DbError> {
    let profile = &desk.profile;
    let asked = ticket.approval.as_ref().map(|state| &state.policy);
    let asked = profile
        .approvals
        .iter()
        .find(|policy| Some(&policy.key) == asked);
    let demanded = profile.approval_of(ticket.category.as_deref());
    let policies: Vec<_> = asked.into_iter().chain(demanded).collect();
    if policies.is_empty() {
        return Ok(Vec::new());
    }
    let holders = store::holders(conn, desk.id)?;
    let requester = requester_by_id(conn, ticket.requester.id)?;
    let mut nobody: Vec<String> = Vec::new();
    for policy in policies {
        for role in policy.steps.iter().flat_map(|step| &step.all_of) {
            let requester = (requester.id, requester.email.as_str());
            if !is_manned(conn, desk, (policy, role), &holders, requester)? {
                nobody.push(role.clone());
            }
        }
    }
    Ok(nobody)
}

/// Whether anybody but the requester, who is a key and an address, could decide in a role of a policy.
fn is_manned(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    (policy, role): (&ApprovalPolicy, &str),
    holders: &[HolderRow],
    (requester, email): (i64, &str),
) -> Result<bool, DbError> {
    for decider in policy.deciders(role) {
        let mut listed = holders.iter().filter(|holder| holder.role == decider);
        if listed.any(|holder| holder.person_id != requester) {
            return Ok(true);
        }
        if let Some(group) = desk.group_id(decider) {
            let agents = group_agents(conn, desk.id, group)?;
            if agents.iter().any(|agent| agent.email != email) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Refuses a change that leaves a request to nobody who could decide it, where somebody could before.
fn check_requests(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    before: &[HolderRow],
) -> Result<(), ApiError> {
    let after = store::holders(conn, desk.id)?;
    for waiting in store::waiting(conn, desk.id)? {
        let mut policies = desk.profile.approvals.iter();
        let Some(policy) = policies.find(|policy| policy.key == waiting.policy) else {
            continue;
        };
        let asked = (policy, waiting.role.as_str());
        let requester = (waiting.requester.0, waiting.requester.1.as_str());
        if !is_manned(conn, desk, asked, &after, requester)?
            && is_manned(conn, desk, asked, before, requester)?
        {
            let label = |lang| approver_role(&desk.profile, &waiting.role, lang).label;
            let code = &waiting.code;
            return Err(ApiError::conflict(
                format!(
                    "{code} espera la decisión de «{}» y nadie más podría darla. Nombre antes a otra persona.",
                    label(Lang::Es)
                ),
                format!(
                    "{code} waits for the decision of “{}”, and nobody else could give it. Appoint somebody else first.",
                    label(Lang::En)
                ),
            ));
        }
    }
    Ok(())
}

/// What waits for an agent at a desk; none where nothing could.
pub fn inbox_of(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    caller: &AgentCaller,
) -> Result<Option<Inbox>, ApiError> {
    if desk.profile.approvals.is_empty() {
        return Ok(None);
    }
    let (actor, held) = approver_at(conn, desk.id, caller)?;
    let person_id = match actor {
        Actor::Approver { person_id, .. } => person_id,
        _ => 0,
    };
    Ok((!held.is_empty()).then(|| inbox(desk, person_id, held)))
}

/// Whether one of the roles held is the one that is asked, or stands in for it.
fn stands_for(state: &ApprovalState, desk: &Desk, held: &[String], role: &str) -> bool {
    let mut policies = desk.approvals.iter();
    match policies.find(|policy| policy.key == state.policy) {
        Some(policy) => policy
            .deciders(role)
            .any(|decider| held.iter().any(|held| held == decider)),
        None => held.iter().any(|held| held == role),
    }
}

/// The caller of the console as an approver at a desk: the person with the same address, with the roles that they hold and
/// the groups that are roles too. Without such a person, the agent with their groups.
pub fn approver_at(
    conn: &mut DbConnection,
    desk_id: i64,
    caller: &AgentCaller,
) -> Result<(Actor, Vec<String>), ApiError> {
    let agent = caller.actor_at(desk_id);
    let groups = match &agent {
        Actor::Agent { groups, .. } => groups.clone(),
        _ => Vec::new(),
    };
    // Who is shut out of the portal is still the person who asked, and nobody decides their own request (I-12).
    let found = store::anybody_at(conn, desk_id, caller.email())?;
    let Some((person_id, name, active)) = found else {
        return Ok((agent, groups));
    };
    let mut roles = if active {
        store::roles_of(conn, person_id)?
    } else {
        Vec::new()
    };
    roles.extend(groups);
    let actor = Actor::Approver {
        person_id,
        name,
        roles: roles.clone(),
    };
    Ok((actor, roles))
}

/// A word on an approval.
#[derive(Clone, Debug)]
pub struct Word {
    /// Key of the role.
    pub role: String,
    /// Yes or no.
    pub decision: Decision,
    /// Why.
    pub comment: Option<Reason>,
}

impl Word {
    /// Reads what was sent.
    ///
    /// # Errors
    /// `validation`.
    pub fn parse(new: &shared::api::process::NewApprovalDecision) -> Result<Self, ApiError> {
        let mut faults = Faults::new();
        let comment = faults.take_optional(
            "/comment",
            new.comment
                .as_deref()
                .filter(|text| !text.trim().is_empty()),
            Reason::parse,
        );
        if new.decision == Decision::Refused && comment.is_none() && faults.is_empty() {
            faults.add(fault("/comment", "required"));
        }
        faults.check()?;
        Ok(Self {
            role: new.role.clone(),
            decision: new.decision,
            comment,
        })
    }
}

/// A ticket that somebody of the console may decide on.
pub struct Asked {
    /// The ticket, locked.
    pub record: TicketRecord,
    /// The desk's profile that it is measured with.
    pub desk: Arc<InstalledDesk>,
    /// The caller as whoever decides.
    pub actor: Actor,
}

/// Loads the ticket of a decision. Whoever is concerned finds it wherever they work; whoever is not must see it as an
/// agent, and then may not decide what others are asked.
///
/// # Errors
/// `not_found`, or `forbidden`.
pub fn load(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    caller: &AgentInPerson,
    code: &str,
) -> Result<Asked, ApiError> {
    let record = load_in_sight(conn, code, &Sight::whole(None))?.ok_or_else(ApiError::not_found)?;
    let desk = desks.version(conn, record.desk_id, record.desk_version)?;
    let (actor, held) = approver_at(conn, desk.id, caller)?;
    if !is_concerned(&record.state, &desk.profile, &held) {
        if !caller.may(desk.id, Privilege::TicketRead) {
            return Err(ApiError::not_found());
        }
        must_see(&record.state, &desk, &caller.actor_at(desk.id))?;
        if record.state.approval.is_some() {
            return Err(ApiError::forbidden());
        }
    }
    Ok(Asked {
        record,
        desk,
        actor,
    })
}

/// Gives the word.
pub fn decide(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    record: TicketRecord,
    actor: &Actor,
    word: Word,
    seen: Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let step = Step::Decide {
        role: word.role,
        decision: word.decision,
        comment: word.comment,
    };
    change(conn, desk, record, actor, Change::Step(step), seen, now)
}

/// Replaces the holders of a role of a desk, and keeps who did. What changes nothing leaves no trace, but for a list that has
/// none yet.
///
/// # Errors
/// `version_mismatch` when somebody changed the desk's list meanwhile, `validation` for a role that the desk does not ask, and
/// for addresses of nobody, `conflict` when a request waits that only those left out could decide.
pub fn replace_holders(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    author: &ActorRef,
    role: &str,
    new: &ApproverHolders,
    seen: &IfMatch,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    // Two who save at once: the second sees what the first left.
    lock_name(conn, &format!("approvers of {}", desk.id))?;
    seen.check(trace::version(conn, desk.id)?)?;
    let after = find_holders(conn, desk, role, new)?;
    let before = store::holders(conn, desk.id)?;
    appoint(conn, desk, author, role, after, now)?;
    check_requests(conn, desk, &before)
}

/// Appoints the holders of a role, whoever held it before.
///
/// # Errors
/// When the database does not answer.
pub fn appoint(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    author: &ActorRef,
    role: &str,
    after: Vec<Appointed>,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let before = store::appointed(conn, desk.id)?
        .remove(role)
        .unwrap_or_default();
    let keys = |list: &[Appointed]| list.iter().map(Appointed::key).collect::<Vec<_>>();
    let same = keys(&before) == keys(&after);
    // A list from before changes were kept gets its trace from whoever saves it as it is.
    if same && (after.is_empty() || trace::roles(conn, desk.id)?.contains(role)) {
        return Ok(());
    }
    if !same {
        store::replace(conn, desk.id, role, &keys(&after))?;
    }
    let appointment = Appointment {
        role: role.to_owned(),
        before,
        after,
    };
    trace::add(conn, (desk.id, &desk.slug), author, &appointment, now)?;
    Ok(())
}

fn find_holders(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    role: &str,
    new: &ApproverHolders,
) -> Result<Vec<Appointed>, ApiError> {
    let asks = |policy: &ApprovalPolicy| {
        policy
            .steps
            .iter()
            .flat_map(|step| &step.all_of)
            .any(|known| policy.deciders(known).any(|decider| decider == role))
    };
    let mut faults = Faults::new();
    if !desk.profile.approvals.iter().any(asks) {
        faults.add(Fault::new(
            "/role",
            "unknown",
            "La mesa no pide aprobaciones a ese rol.",
            "The desk asks no approvals of that role.",
        ));
    }
    if new.holders.len() > HOLDERS_MAX {
        faults.add(fault("/holders", "out_of_range"));
    }
    let present = store::appointed(conn, desk.id)?
        .remove(role)
        .unwrap_or_default();
    let mut holders: Vec<Appointed> = Vec::new();
    for (place, holder) in new.holders.iter().take(HOLDERS_MAX).enumerate() {
        let pointer = format!("/holders/{place}/email");
        match find_person(conn, desk.id, holder, &present)? {
            Some((id, _)) if holders.iter().any(|known| known.person == id) => {
                faults.add(fault(&pointer, "duplicate"));
            }
            Some((person, name)) => holders.push(Appointed {
                person,
                name,
                deputy: holder.deputy,
            }),
            None => faults.add(fault(&pointer, "unknown_requester")),
        }
    }
    faults.check()?;
    Ok(holders)
}

fn find_person(
    conn: &mut DbConnection,
    desk_id: i64,
    holder: &ApproverHolder,
    present: &[Appointed],
) -> Result<Option<(i64, String)>, ApiError> {
    let Ok(email) = EmailAddress::parse(&holder.email) else {
        return Ok(None);
    };
    let found = store::anybody_at(conn, desk_id, &email.canonical())?;
    // Who is shut out keeps the place that they have, and gets none.
    let may = |id: i64, active: bool| active || present.iter().any(|known| known.person == id);
    Ok(found
        .filter(|(id, _, active)| may(*id, *active))
        .map(|(id, name, _)| (id, name)))
}
