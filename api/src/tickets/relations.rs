//! Families of tickets and duplicates: parent and children, and merging one ticket into another (I-17).
//!
//! A relation is an event of the child; what the other side shows is read from `ticket_ties`. Whoever relates or merges
//! takes the lock of the desk's families before the row of any ticket (`handlers::apply`) and holds it to the end of the
//! transaction, so that two writers neither close a circle that neither of them sees nor wait for each other's rows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::api::process::{RelationKind, RelationView};
use shared::desk::Desk;
use shared::i18n::Lang;
use shared::ticket::actor::Actor;
use shared::ticket::command::{Command, CommandKind};
use shared::ticket::refusal::Conflict;
use shared::ticket::{Refusal, Ticket, decide};

use super::commands::{run, run_system};
use super::error::{TicketError, fault};
use super::pipeline::Changed;
use super::sight::{Sight, Visible};
use super::steps::must_see;
use super::store::{self, TicketRecord};
use crate::db::schema::{people, ticket_ties, tickets};
use crate::db::{DbConnection, JsonText};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::events::subscriptions::Written;
use crate::http::Fault;

/// Most children that one request relates.
pub const CHILDREN_MAX: usize = 50;
/// Most generations of a family, from the topmost parent to the last child (I-16).
pub const GENERATIONS_MAX: usize = 5;
/// Longest way that is walked up or down; a family is never that deep.
const WALK_MAX: usize = 1_000;

/// Puts tickets of the same desk under this one.
pub fn relate(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    parent: TicketRecord,
    actor: &Actor,
    children: &[String],
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    if children.is_empty() || children.len() > CHILDREN_MAX {
        return Err(TicketError::Invalid(vec![Fault::new(
            "/children",
            "out_of_range",
            format!("Elija de 1 a {CHILDREN_MAX} casos."),
            format!("Choose 1 to {CHILDREN_MAX} tickets."),
        )]));
    }
    // A ticket that has ended is read-only; a child that has ended refuses for itself.
    if parent.state.status.is_final() {
        return Err(TicketError::Refused(Refusal::NotAllowedInState {
            status: parent.state.status,
            command: CommandKind::LinkParent,
            allowed: Vec::new(),
        }));
    }
    let above = ancestors(conn, parent.id)?;
    let mut faults = Vec::new();
    let mut records = Vec::new();
    for (place, code) in children.iter().enumerate() {
        let pointer = format!("/children/{place}");
        match load_child(conn, desk, actor, code)? {
            None => faults.push(fault(&pointer, "unknown")),
            Some(child) if child.id == parent.id || above.contains(&child.id) => {
                faults.push(Fault::new(
                    pointer,
                    "cycle",
                    "Ese código es el de aquí o el de uno de sus padres.",
                    "That code is the one here or that of one of its parents.",
                ));
            }
            Some(child) if child.state.parent.is_some_and(|known| known != parent.id) => {
                faults.push(Fault::new(
                    pointer,
                    "has_parent",
                    "Ya tiene otro padre.",
                    "It has another parent already.",
                ));
            }
            Some(child) if above.len() + 1 + generations(conn, child.id)? > GENERATIONS_MAX => {
                faults.push(Fault::new(
                    pointer,
                    "too_deep",
                    format!("La familia tendría más de {GENERATIONS_MAX} generaciones."),
                    format!("The family would have more than {GENERATIONS_MAX} generations."),
                ));
            }
            Some(child) => records.push(child),
        }
    }
    if !faults.is_empty() {
        return Err(TicketError::Invalid(faults));
    }
    let command = Command::LinkParent { parent: parent.id };
    for child in records {
        run(conn, desk, child, actor, &command, Written::default(), now)?;
    }
    unchanged(conn, parent.id)
}

/// Takes a ticket from under this one.
pub fn unrelate(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    parent: TicketRecord,
    actor: &Actor,
    child: &str,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let child = load_child(conn, desk, actor, child)?
        .filter(|child| child.state.parent == Some(parent.id))
        .ok_or(TicketError::NotFound)?;
    run(
        conn,
        desk,
        child,
        actor,
        &Command::UnlinkParent,
        Written::default(),
        now,
    )?;
    unchanged(conn, parent.id)
}

/// Merges this ticket into another one of the desk; the other one is told in the same transaction.
pub fn merge(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    duplicate: TicketRecord,
    actor: &Actor,
    into: &str,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let target = load_child(conn, desk, actor, into)?
        .filter(|target| target.id != duplicate.id && target.state.merged.is_none())
        .ok_or_else(|| TicketError::Invalid(vec![fault("/into", "unknown")]))?;
    // The requester of the duplicate could not follow it there, nor be told how it ends.
    if target.state.requester.id != duplicate.state.requester.id {
        return Err(TicketError::Invalid(vec![Fault::new(
            "/into",
            "other_requester",
            "Ese código es de otro solicitante. Use una relación de padre e hijo.",
            "That code is another requester's. Relate them as parent and child.",
        )]));
    }
    if target.state.status.is_final() {
        return Err(TicketError::Refused(Refusal::Conflict {
            what: Conflict::OtherEnded,
        }));
    }
    // They would be left under a ticket that has ended.
    if !children_of(conn, &[duplicate.id])?.is_empty() {
        let (own, other) = (&duplicate.code, &target.code);
        return Err(TicketError::Invalid(vec![Fault::new(
            "/into",
            "has_children",
            format!("{own} tiene hijos. Quítelos antes, o una {other} a {own}."),
            format!("{own} has children. Take them away first, or merge {other} into {own}."),
        )]));
    }
    let from = duplicate.id;
    let command = Command::MergeInto { into: target.id };
    decide(&duplicate.state, &desk.profile, actor, &command, now)?;
    let changed = run(
        conn,
        desk,
        duplicate,
        actor,
        &command,
        Written::default(),
        now,
    )?;
    run_system(conn, desk, target, &Command::Absorb { from }, now)?;
    Ok(changed)
}

/// Undoes the merging: the ticket goes back to where it was.
pub fn unmerge(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    duplicate: TicketRecord,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<Changed, TicketError> {
    let (from, target) = (
        duplicate.id,
        duplicate.state.merged.as_ref().map(|merged| merged.into),
    );
    let changed = run(
        conn,
        desk,
        duplicate,
        actor,
        &Command::Unmerge,
        Written::default(),
        now,
    )?;
    if let Some(target) = target
        && let Some(target) = store::load_by_id(conn, target)?
    {
        run_system(conn, desk, target, &Command::Release { from }, now)?;
    }
    Ok(changed)
}

/// A ticket of the same desk that the actor may see, locked.
fn load_child(
    conn: &mut DbConnection,
    desk: &InstalledDesk,
    actor: &Actor,
    code: &str,
) -> Result<Option<TicketRecord>, TicketError> {
    let sight = Sight {
        desks: Some(vec![desk.id]),
        visible: Visible::to_actor(actor),
    };
    let found = store::load_in_sight(conn, code.trim(), &sight)?;
    Ok(found.filter(|record| must_see(&record.state, desk, actor).is_ok()))
}

/// The tickets above one, the nearest first.
fn ancestors(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<Vec<i64>> {
    let mut above = Vec::new();
    let mut next = Some(ticket_id);
    while let Some(id) = next.filter(|_| above.len() < WALK_MAX) {
        next = ticket_ties::table
            .filter(ticket_ties::ticket_id.eq(id))
            .select(ticket_ties::parent_id)
            .first::<Option<i64>>(conn)
            .optional()?
            .flatten();
        above.extend(next);
    }
    Ok(above)
}

/// How many generations a ticket begins, itself among them.
fn generations(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<usize> {
    let mut count = 0;
    let mut generation = vec![ticket_id];
    while !generation.is_empty() && count < WALK_MAX {
        count += 1;
        generation = children_of(conn, &generation)?;
    }
    Ok(count)
}

fn children_of(conn: &mut DbConnection, parents: &[i64]) -> QueryResult<Vec<i64>> {
    ticket_ties::table
        .filter(ticket_ties::parent_id.eq_any(parents.iter().copied().map(Some)))
        .select(ticket_ties::ticket_id)
        .load(conn)
}

/// Codes of the children that are not settled, in the order of their numbers, as far as somebody sees them.
pub fn open_children(
    conn: &mut DbConnection,
    ticket_id: i64,
    visible: &Visible,
) -> QueryResult<Vec<String>> {
    tickets::table
        .inner_join(ticket_ties::table.on(ticket_ties::ticket_id.eq(tickets::id)))
        .filter(ticket_ties::parent_id.eq(ticket_id))
        .filter(tickets::open.eq(true))
        .filter(visible.clone())
        .order(tickets::number)
        .select(tickets::code)
        .load(conn)
}

/// Whether some child is not settled.
pub fn has_open_children(conn: &mut DbConnection, ticket_id: i64) -> QueryResult<bool> {
    let open = tickets::table
        .inner_join(ticket_ties::table.on(ticket_ties::ticket_id.eq(tickets::id)))
        .filter(ticket_ties::parent_id.eq(ticket_id))
        .filter(tickets::open.eq(true));
    diesel::select(diesel::dsl::exists(open)).get_result(conn)
}

/// The ticket on view as it stands: a relation is an event of the other one.
fn unchanged(conn: &mut DbConnection, id: i64) -> Result<Changed, TicketError> {
    let record = store::load_by_id(conn, id)?.ok_or(TicketError::NotFound)?;
    Ok(Changed {
        ticket_id: record.id,
        code: record.code,
        version: record.version,
        ticket: record.state,
        recorded: Vec::new(),
    })
}

/// A ticket whose relatives are asked for.
pub struct Family<'a> {
    /// Key of the ticket.
    pub ticket_id: i64,
    /// The ticket.
    pub ticket: &'a Ticket,
    /// Whether other tickets name it as their parent; most do not, and are not asked for.
    pub has_children: bool,
}

impl Family<'_> {
    /// Parent, children, and what was merged, as the actor may see them.
    pub fn shown_to(
        &self,
        conn: &mut DbConnection,
        desks: &DeskRegistry,
        actor: &Actor,
        lang: Lang,
    ) -> Result<Vec<RelationView>, TicketError> {
        let mut named: Vec<i64> = Vec::new();
        named.extend(self.ticket.parent);
        named.extend(self.ticket.merged.as_ref().map(|merged| merged.into));
        named.extend(&self.ticket.absorbed);
        if self.has_children {
            let children: Vec<i64> = ticket_ties::table
                .filter(ticket_ties::parent_id.eq(self.ticket_id))
                .select(ticket_ties::ticket_id)
                .load(conn)?;
            named.extend(children);
        }
        if named.is_empty() {
            return Ok(Vec::new());
        }
        self.relatives(conn, desks, named, actor, lang)
    }

    fn relatives(
        &self,
        conn: &mut DbConnection,
        desks: &DeskRegistry,
        named: Vec<i64>,
        actor: &Actor,
        lang: Lang,
    ) -> Result<Vec<RelationView>, TicketError> {
        type Row = (i64, i64, i32, String, JsonText<Ticket>, String, Option<i64>);
        let rows: Vec<Row> = tickets::table
            .inner_join(people::table.on(people::id.eq(tickets::requester_id)))
            .left_join(ticket_ties::table.on(ticket_ties::ticket_id.eq(tickets::id)))
            .filter(tickets::id.eq_any(named))
            .filter(Visible::to_actor(actor))
            .order(tickets::number)
            .select((
                tickets::id,
                tickets::desk_id,
                tickets::desk_version,
                tickets::code,
                tickets::state,
                people::full_name,
                ticket_ties::parent_id.nullable(),
            ))
            .load(conn)?;
        let mut views = Vec::with_capacity(rows.len());
        for (id, desk_id, version, code, state, requester, parent) in rows {
            let desk = desks.version(conn, desk_id, version)?;
            let other = state.0;
            if !shared::ticket::may_see(&other, &desk.profile, actor) {
                continue;
            }
            let ticket = self.ticket;
            let kind = if ticket.parent == Some(id) {
                RelationKind::Parent
            } else if ticket
                .merged
                .as_ref()
                .is_some_and(|merged| merged.into == id)
            {
                RelationKind::MergedInto
            } else if parent == Some(self.ticket_id) {
                RelationKind::Child
            } else {
                RelationKind::Duplicate
            };
            views.push(view(kind, code, &other, requester, &desk.profile, lang));
        }
        Ok(views)
    }
}

fn view(
    kind: RelationKind,
    code: String,
    ticket: &Ticket,
    requester: String,
    desk: &Desk,
    lang: Lang,
) -> RelationView {
    RelationView {
        kind,
        code,
        subject: ticket.subject.to_string(),
        request_type: ticket.request_type,
        status: ticket.status,
        status_label: desk.status_label(ticket.status, lang).to_owned(),
        requester,
    }
}

/// Code and subject of the ticket that goes on in the place of a duplicate, if it is the requester's too.
pub fn goes_on_for(
    conn: &mut DbConnection,
    id: i64,
    person_id: i64,
) -> QueryResult<Option<(String, String)>> {
    tickets::table
        .filter(tickets::id.eq(id))
        .filter(tickets::requester_id.eq(person_id))
        .select((tickets::code, tickets::subject))
        .first(conn)
        .optional()
}
