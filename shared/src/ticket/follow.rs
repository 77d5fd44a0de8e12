//! Whether an open ticket can go on by another version of its desk.

use crate::desk::profile::Desk;
use crate::sla::hours::Measure;

use super::Ticket;
use super::event::Event;

/// That a ticket goes on by another version of its desk. Where that one counts time in another way, the event keeps the old
/// one: what was used until then stays used (I-35).
pub fn profile_changed(before: &Desk, from: u32, after: &Desk, to: u32) -> Event {
    let [old, new] = [before, after].map(|desk| Measure::new(&desk.calendar, &desk.sla));
    let measure = (!new.counts_like(&old)).then(|| Box::new(old));
    Event::ProfileChanged { from, to, measure }
}

/// Something that a ticket stands on and another version of its desk does not have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    /// What kind of thing, as the desk's folder calls it.
    pub what: &'static str,
    /// Its key.
    pub key: String,
}

/// What an open ticket would stand on without having it: a profile that drops these would leave the ticket where nobody could
/// work it. Categories and the like are retired instead of dropped.
pub fn missing(ticket: &Ticket, desk: &Desk) -> Vec<Missing> {
    let mut found = Vec::new();
    let mut lacks = |what, key: &str| {
        found.push(Missing {
            what,
            key: key.to_owned(),
        });
    };
    let is = ticket.status;
    if desk.state(is).is_none() {
        lacks("state", is.as_str());
    } else if let Some(reason) = &ticket.reason
        && desk.reason(is, reason).is_none()
    {
        lacks("reason", reason);
    }
    if let Some(before) = ticket.came_from
        && desk.state(before).is_none()
    {
        lacks("state", before.as_str());
    }
    if desk.request_type(ticket.request_type).is_none() {
        lacks("type", ticket.request_type.as_str());
    }
    if let Some(category) = &ticket.category
        && desk.catalog.get(category).is_none()
    {
        lacks("category", category);
    }
    if desk.priority.get(&ticket.priority).is_none() {
        lacks("priority", &ticket.priority);
    }
    if desk.level(ticket.level).is_none() {
        lacks("level", &ticket.level.number().to_string());
    }
    let former = ticket.previous.iter().chain(&ticket.held);
    let groups = former.filter_map(|holder| holder.group.as_deref());
    for group in ticket.group.as_deref().into_iter().chain(groups) {
        if desk.group(group).is_none() {
            lacks("group", group);
        }
    }
    if let Some(approval) = &ticket.approval
        && !desk
            .approvals
            .iter()
            .any(|policy| policy.key == approval.policy)
    {
        lacks("approval", &approval.policy);
    }
    found.sort();
    found.dedup();
    found
}
