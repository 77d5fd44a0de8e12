//! Who is in charge: taking, assigning, escalating, sending on site and to the vendor.

use super::Ticket;
use super::actor::{Actor, AgentRef, Assignee};
use super::command::{Command, CommandKind};
use super::decide::Step;
use super::event::Event;
use super::guard::Details;
use super::moves::{Case, Facts, Looking, restricted_to};

use super::refusal::{Conflict, Denial, FieldCode, Refusal};
use super::status::{Level, Status};
use crate::desk::profile::{Move, Need, ReopensTo};

/// Where a ticket goes.
struct Place {
    level: Level,
    group: Option<String>,
    assignee: Option<AgentRef>,
}

impl Case<'_> {
    /// The actor becomes the agent in charge, within a group of theirs at the level (I-18).
    pub(super) fn take(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let Some(me) = self.as_assignee() else {
            return Err(Refusal::NotPermitted {
                why: Denial::NotAMember,
            });
        };
        let group = self.group_of(&me, self.ticket.level);
        if group.is_none() && !self.level_groups(self.ticket.level).is_empty() {
            return Err(Refusal::NotPermitted {
                why: Denial::NotAMember,
            });
        }
        let place = Place {
            level: self.ticket.level,
            group,
            assignee: Some(me.reference()),
        };
        let mut events: Vec<_> = self.assigned(&place, None).into_iter().collect();
        events.extend(self.moved(&step, None, None));
        // Where work begins by a move of its own, taking it is not attending it yet.
        if attends_in(step.to) {
            events.extend(self.attended());
        }
        if events.is_empty() {
            Err(Refusal::Conflict {
                what: Conflict::AlreadyYours,
            })
        } else {
            Ok(events)
        }
    }

    /// The ticket is given to a group or a person of its level.
    pub(super) fn assign(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let place = self.place(self.ticket.level, details.group, details.assignee)?;
        let Some(mut assigned) = self.assigned(&place, details.reason) else {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        };
        if let Event::Assigned { note, .. } = &mut assigned {
            *note = details.note.cloned();
        }
        let moved = self.moved(&step, details.reason, None);
        let enters_attention =
            step.to == Status::InProgress && self.ticket.status != Status::InProgress;
        let to_self = self.actor.as_agent().is_some() && self.actor.as_agent() == place.assignee;
        let mut events = vec![assigned];
        events.extend(moved);
        if enters_attention || (to_self && attends_in(step.to)) {
            events.extend(self.attended());
        }
        Ok(events)
    }

    /// The ticket goes to another level, group or specialist, up or down.
    pub(super) fn escalate(
        &self,
        command: &Command,
        level: Option<Level>,
    ) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let level = step.row.level.or(level);
        let level = level.unwrap_or_else(|| self.level_meant(&details));
        if self.desk.level(level).is_none() {
            return Err(Refusal::field("/level", FieldCode::Unknown));
        }
        let mut place = match (details.group, details.assignee) {
            (None, None) if level == self.ticket.level => {
                return Err(Refusal::Conflict {
                    what: Conflict::NothingToChange,
                });
            }
            (None, None) => {
                let category = self.ticket.category.as_deref();
                let group = self.desk.proposed_group(category, level);
                Place {
                    level,
                    group: group.map(str::to_owned),
                    assignee: None,
                }
            }
            (group, assignee) => self.place(level, group, assignee)?,
        };
        if step.row.needs.contains(&Need::ResponsiblePerson) && place.assignee.is_none() {
            place = self
                .held_at(level)
                .filter(|held| details.group.is_none() || held.group == place.group)
                .ok_or_else(|| Refusal::field("/assignee", FieldCode::Required))?;
        }
        self.escalated(&step, &details, place, false)
    }

    /// The level that an escalation means which names none: that of the group, or of the agent, who is looked for at
    /// the other levels first.
    fn level_meant(&self, details: &Details<'_>) -> Level {
        let present = self.ticket.level;
        let levels = || self.desk.levels.iter().map(|profile| profile.level);
        let meant = match (details.group, details.assignee) {
            (Some(group), _) if self.level_groups(present).contains(&group) => None,
            (Some(group), _) => levels().find(|level| self.level_groups(*level).contains(&group)),
            (None, Some(agent)) => {
                levels().find(|level| *level != present && self.group_of(agent, *level).is_some())
            }
            (None, None) => None,
        };
        meant.unwrap_or(present)
    }

    /// The ticket goes to a group that visits the requester.
    pub(super) fn escalate_onsite(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let goes_onsite = |group: &str| {
            self.desk
                .levels
                .iter()
                .find(|level| level.onsite.iter().any(|key| key == group))
        };
        let of_assignee = details
            .assignee
            .iter()
            .flat_map(|assignee| &assignee.groups)
            .map(String::as_str);
        let first = self
            .desk
            .levels
            .iter()
            .flat_map(|level| &level.onsite)
            .map(String::as_str)
            .next();
        let group = details
            .group
            .or_else(|| {
                of_assignee
                    .into_iter()
                    .find(|group| goes_onsite(group).is_some())
            })
            .or(first);
        let Some(group) = group else {
            return Err(Refusal::field("/group", FieldCode::Required));
        };
        let Some(level) = goes_onsite(group) else {
            return Err(Refusal::field("/group", FieldCode::NotOnsite));
        };
        let place = self.place(level.level, Some(group), details.assignee)?;
        self.escalated(&step, &details, place, true)
    }

    /// The ticket goes to a specialist of the vendor.
    pub(super) fn send_to_vendor(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let step = self.follow(command, Facts::default())?;
        let details = Details::of(command);
        let is_vendor = |group: &str| self.desk.group(group).is_some_and(|group| group.vendor);
        let of_assignee = details
            .assignee
            .iter()
            .flat_map(|assignee| &assignee.groups)
            .map(String::as_str);
        let first = self
            .desk
            .groups
            .iter()
            .find(|group| group.vendor)
            .map(|group| group.key.as_str());
        let group = details
            .group
            .or_else(|| of_assignee.into_iter().find(|group| is_vendor(group)))
            .or(first);
        let mut events = Vec::new();
        // Where the ticket only waits for the vendor, whoever asked stays in charge.
        if let Some(group) = group.filter(|_| step.to == Status::WithVendor) {
            if !is_vendor(group) {
                return Err(Refusal::field("/group", FieldCode::NotAVendor));
            }
            let level = self
                .desk
                .levels
                .iter()
                .find(|level| level.groups.iter().any(|key| key == group));
            let place = self.place(
                level.map_or(self.ticket.level, |level| level.level),
                Some(group),
                details.assignee,
            )?;
            events.extend(self.relocated(&details, place, false));
        }
        events.extend(details.vendor.map(|vendor| Event::VendorAsked {
            vendor: vendor.trim().to_owned(),
        }));
        events.extend(self.moved(&step, details.reason, None));
        if events.is_empty() {
            Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            })
        } else {
            Ok(events)
        }
    }

    /// The vendor gives the ticket back to whoever sent it.
    pub(super) fn return_from_vendor(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        let mut events = Vec::new();
        let answer = self.go_on(command)?;
        if self.ticket.status == Status::WithVendor
            && let Some(holder) = self.ticket.previous.clone()
        {
            let place = Place {
                level: holder.level,
                group: holder.group,
                assignee: holder
                    .assignee
                    .filter(|agent| !self.given.gone.contains(&agent.id)),
            };
            events.extend(self.relocated(&Details::default(), place, false));
        }
        events.extend(answer);
        Ok(events)
    }

    /// The ticket goes back to the usual group of a lower level. Where somebody must be responsible there, whoever had it
    /// last at that level is, or else whoever sends it back.
    pub(super) fn down_to(&self, level: Level, row: &Move) -> Option<Event> {
        let responsible = row.needs.contains(&Need::ResponsiblePerson);
        let held = || self.held_at(level).or_else(|| self.own_place(level));
        let place = responsible.then(held).flatten().unwrap_or_else(|| {
            let category = self.ticket.category.as_deref();
            let group = self.desk.proposed_group(category, level);
            Place {
                level,
                group: group.map(str::to_owned),
                assignee: None,
            }
        });
        self.relocated(&Details::default(), place, false)
    }

    /// The agent who had the ticket last at a level, with their group, if both are still to be had.
    fn held_at(&self, level: Level) -> Option<Place> {
        let held = self.ticket.held_at(level)?;
        let group = held.group.clone()?;
        let works = self.level_groups(level).contains(&group.as_str());
        let stays = |agent: &&AgentRef| works && !self.given.gone.contains(&agent.id);
        let agent = held.assignee.as_ref().filter(stays)?;
        Some(Place {
            level,
            group: Some(group),
            assignee: Some(agent.clone()),
        })
    }

    /// Whoever sends back what has nobody in charge takes it.
    pub(super) fn taken_back(&self) -> Option<Event> {
        let nobody = self.ticket.assignee.is_none();
        let place = self.own_place(self.ticket.level).filter(|_| nobody)?;
        self.assigned(&place, None)
    }

    /// The actor, at a level that they work at.
    fn own_place(&self, level: Level) -> Option<Place> {
        let me = self.as_assignee()?;
        Some(Place {
            level,
            group: Some(self.group_of(&me, level)?),
            assignee: Some(me.reference()),
        })
    }

    /// The actor as somebody who can be given a ticket.
    fn as_assignee(&self) -> Option<Assignee> {
        match self.actor {
            Actor::Agent {
                user_id,
                name,
                groups,
                ..
            } => Some(Assignee {
                id: *user_id,
                name: name.clone(),
                groups: groups.clone(),
            }),
            Actor::Requester { .. }
            | Actor::ApiClient { .. }
            | Actor::Approver { .. }
            | Actor::System => None,
        }
    }

    /// Where a corrected category sends the ticket: a restricted one to its group whatever its state, any other by its rule.
    pub(super) fn routed(&self, category: &str) -> Option<Event> {
        let after = Ticket {
            category: Some(category.to_owned()),
            ..self.ticket.clone()
        };
        match restricted_to(&after, self.desk) {
            // What is not recorded whole yet goes there once it is.
            Some(_) if self.ticket.status == Status::Precase => None,
            Some(group) => self.handed_to(group),
            None => self.reassigned(category),
        }
    }

    /// The ticket goes to the queue of the group that alone may see it from now on (C-58): at its level if the group works
    /// there, else at the group's lowest.
    pub(super) fn handed_to(&self, group: &str) -> Option<Event> {
        let ticket = self.ticket;
        if ticket.group.as_deref() == Some(group) {
            return None;
        }
        let level = if self.level_groups(ticket.level).contains(&group) {
            ticket.level
        } else {
            self.desk.level_of(group)?
        };
        let stays = self.is_assignee() && self.actor.is_member_of(group);
        let place = Place {
            level,
            group: Some(group.to_owned()),
            assignee: ticket.assignee.clone().filter(|_| stays),
        };
        if level != ticket.level {
            return self.relocated(&Details::default(), place, false);
        }
        let mut event = self.assigned(&place, None)?;
        if let Event::Assigned { automatic, .. } = &mut event {
            *automatic = true;
        }
        Some(event)
    }

    /// After a change of category the assignment rule of the new one is looked at again: while nobody works on
    /// it, and later as long as the ticket is where the rule of the old one had put it. Where somebody sent it on purpose it
    /// stays. Whoever is in charge and belongs to the new group stays so.
    pub(super) fn reassigned(&self, category: &str) -> Option<Event> {
        let entry = self.desk.catalog.get(category)?;
        let group = entry.group.clone()?;
        let level = entry.level.unwrap_or(Level::ONE);
        let same = level == self.ticket.level && Some(&group) == self.ticket.group.as_ref();
        if same || !(self.is_waiting() || self.is_where_its_rule_put_it()) {
            return None;
        }
        let stays = self.is_assignee() && self.actor.is_member_of(&group);
        let place = Place {
            level,
            group: Some(group),
            assignee: self.ticket.assignee.clone().filter(|_| stays),
        };
        if level == self.ticket.level {
            let mut event = self.assigned(&place, None)?;
            if let Event::Assigned { automatic, .. } = &mut event {
                *automatic = true;
            }
            Some(event)
        } else {
            self.relocated(&Details::default(), place, false)
        }
    }

    /// Whether nobody works on it yet.
    fn is_waiting(&self) -> bool {
        matches!(self.ticket.status, Status::New | Status::Precase)
    }

    /// Whether it is at work in the group and at the level with which its category begins.
    fn is_where_its_rule_put_it(&self) -> bool {
        let category = self.ticket.category.as_deref();
        let rule = category.and_then(|key| self.desk.catalog.get(key));
        let at_work = self.ticket.status == Status::InProgress;
        at_work
            && rule.is_some_and(|entry| {
                entry.group.is_some()
                    && entry.group == self.ticket.group
                    && entry.level.unwrap_or(Level::ONE) == self.ticket.level
            })
    }

    /// After a rejection the ticket goes to whoever solved, where the desk says so and it is not theirs already; to the
    /// queue of their group when they cannot be given it any more.
    pub(super) fn back_to_solver(&self) -> Option<Event> {
        let solution = self.ticket.solution.as_ref()?;
        let (by, group) = (solution.by.clone(), solution.group.clone());
        let (assignee, group) = match (self.desk.acceptance.reopens_to, by, group) {
            (ReopensTo::WhoeverSolved, Some(by), Some(group)) => (Some(by), Some(group)),
            (ReopensTo::Group, _, Some(group)) => (None, Some(group)),
            // There is nobody to give it back to: it stays where it is.
            (_, _, _) => (self.ticket.assignee.clone(), self.ticket.group.clone()),
        };
        let assignee = assignee.filter(|agent| !self.given.gone.contains(&agent.id));
        let mut event = self.assigned(
            &Place {
                level: self.ticket.level,
                group,
                assignee,
            },
            None,
        )?;
        if let Event::Assigned { automatic, .. } = &mut event {
            *automatic = true;
        }
        Some(event)
    }

    /// The group that an agent belongs to at a level: the present one if they do, else that which the escalation matrix
    /// proposes, else the first.
    pub(super) fn group_of(&self, agent: &Assignee, level: Level) -> Option<String> {
        let belongs = |group: &&str| agent.groups.iter().any(|key| key == group);
        let groups = self.level_groups(level);
        let present = self
            .ticket
            .group
            .as_deref()
            .filter(|group| groups.contains(group));
        let category = self.ticket.category.as_deref();
        let proposed = self.desk.proposed_group(category, level);
        present
            .filter(belongs)
            .or_else(|| proposed.filter(|group| groups.contains(group) && belongs(group)))
            .or_else(|| groups.into_iter().find(belongs))
            .map(str::to_owned)
    }

    /// The groups that work at a level, the usual one first.
    pub(super) fn level_groups(&self, level: Level) -> Vec<&str> {
        let profile = self.desk.level(level);
        profile
            .into_iter()
            .flat_map(|level| level.groups.iter().chain(&level.onsite))
            .map(String::as_str)
            .collect()
    }

    /// Checks a group and an agent against a level, and finds the group of an agent who comes without one.
    fn place(
        &self,
        level: Level,
        group: Option<&str>,
        agent: Option<&Assignee>,
    ) -> Result<Place, Refusal> {
        let present = if level == self.ticket.level {
            self.ticket.group.clone()
        } else {
            None
        };
        let group = match (group, agent) {
            (Some(group), _) if self.desk.group(group).is_none() => {
                return Err(Refusal::field("/group", FieldCode::Unknown));
            }
            (Some(group), _) if !self.level_groups(level).contains(&group) => {
                return Err(Refusal::field("/group", FieldCode::NotInLevel));
            }
            (Some(group), Some(agent)) if !agent.groups.iter().any(|key| key == group) => {
                return Err(Refusal::field("/assignee", FieldCode::NotInGroup));
            }
            (Some(group), _) => Some(group.to_owned()),
            (None, Some(agent)) => match self.group_of(agent, level) {
                None => return Err(Refusal::field("/assignee", FieldCode::NotInGroup)),
                found => found,
            },
            (None, None) => present,
        };
        Ok(Place {
            level,
            group,
            assignee: agent.map(Assignee::reference),
        })
    }

    fn escalated(
        &self,
        step: &Step<'_>,
        details: &Details<'_>,
        place: Place,
        onsite: bool,
    ) -> Result<Vec<Event>, Refusal> {
        let mut events: Vec<_> = self.relocated(details, place, onsite).into_iter().collect();
        events.extend(self.moved(step, details.reason, None));
        if events.is_empty() {
            Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            })
        } else {
            Ok(events)
        }
    }

    fn relocated(&self, details: &Details<'_>, place: Place, onsite: bool) -> Option<Event> {
        let ticket = self.ticket;
        let same = place.level == ticket.level
            && place.group == ticket.group
            && place.assignee == ticket.assignee;
        (!same).then(|| Event::Escalated {
            from_level: ticket.level,
            to_level: place.level,
            from_group: ticket.group.clone(),
            to_group: place.group,
            from_assignee: ticket.assignee.clone(),
            to_assignee: place.assignee,
            justification: details.justification.cloned(),
            diagnosis: details.diagnosis.cloned(),
            onsite,
        })
    }

    fn assigned(&self, place: &Place, reason: Option<&str>) -> Option<Event> {
        let ticket = self.ticket;
        let same = place.group == ticket.group && place.assignee == ticket.assignee;
        (!same).then(|| Event::Assigned {
            from: ticket.assignee.clone(),
            to: place.assignee.clone(),
            from_group: ticket.group.clone(),
            to_group: place.group.clone(),
            reason: reason.map(str::to_owned),
            note: None,
            automatic: false,
        })
    }

    /// Whether taking the ticket would change anything for the actor.
    pub(super) fn can_take(&self) -> bool {
        let attended = self.ticket.attended || !attends_in(self.ticket.status);
        let mine = self.is_assignee() && attended;
        let stays = |row: &Move| self.target(row) == self.ticket.status;
        !mine || !self.moves(CommandKind::Take, Looking::Ahead).all(stays)
    }
}

/// Whether somebody who holds a ticket in this state works on it.
fn attends_in(status: Status) -> bool {
    !matches!(
        status,
        Status::New | Status::Precase | Status::Escalated | Status::EscalatedOnsite
    )
}
