//! What happens inside a state: corrections, messages, attempts, controls, SLA effects and links.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::Ticket;
use super::actor::Actor;
use super::command::{Command, CommandKind, ContactChannel, ContactResult, Mark};
use super::event::Event;
use super::guard;
use super::moves::{Case, Facts, Looking, privilege_for, restricted_to};
use super::refusal::{Conflict, Denial, FieldCode, FieldRefusal, Refusal};
use super::status::{Status, Visibility};
use super::text::{Body, Reason};
use crate::desk::Desk;
use crate::desk::profile::{Control, Need, Notice, Who};
use crate::sla::policy::ClockKind;

/// The next mail of a follow-up series, as a screen offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// 1 the request, 2 the reminder, 3 the closing notice.
    pub step: u8,
    /// The mail.
    pub notice: Notice,
    /// When it may be sent: at once, or with the next business day.
    pub from: DateTime<Utc>,
}

/// The next mail of the series to a requester who does not answer; none where the desk writes
/// no series, the ticket is not at work, or the last one was sent.
pub fn next_follow_up(ticket: &Ticket, desk: &Desk, now: DateTime<Utc>) -> Option<FollowUp> {
    let at_work = ticket.status.is_open() && ticket.status != Status::Draft;
    let step = next_step(ticket, desk).filter(|_| at_work)?;
    let notice = match step {
        1 => Notice::FollowUpFirst,
        2 => Notice::FollowUpSecond,
        _ => Notice::FollowUpClosing,
    };
    let today = desk.calendar.zone.local_date(now)?;
    let last = ticket
        .attempts
        .iter()
        .filter(|attempt| attempt.channel == ContactChannel::Mail)
        .filter(|attempt| ticket.heard_at.is_none_or(|heard| attempt.at > heard))
        .filter_map(|attempt| desk.calendar.zone.local_date(attempt.at))
        .next_back();
    let free = last != Some(today) && desk.calendar.is_business_day(today);
    let from = if free {
        now
    } else {
        desk.calendar.opening_after(today)?
    };
    Some(FollowUp { step, notice, from })
}

/// The number of the next mail of the series, if the desk writes one and it has not ended.
pub(super) fn next_step(ticket: &Ticket, desk: &Desk) -> Option<u8> {
    let policy = desk
        .contact_attempts
        .as_ref()
        .filter(|policy| policy.series)?;
    (ticket.follow_ups < policy.count).then_some(ticket.follow_ups + 1)
}

/// Priority, impact and urgency as somebody chose them.
pub(super) type PriorityChoice<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

impl Case<'_> {
    /// An agent completes a pre-case. The guards look at the ticket as it is then.
    pub(super) fn complete(
        &self,
        command: &Command,
        category: Option<&str>,
        choice: PriorityChoice<'_>,
        group: Option<&str>,
    ) -> Result<Vec<Event>, Refusal> {
        self.find(command, Facts::default())?;
        let mut events = Vec::new();
        let mut errors = Vec::new();
        if let Some(category) = category.filter(|key| self.ticket.category.as_deref() != Some(*key))
        {
            match self.category_event(category, None) {
                Ok(event) => {
                    events.push(event);
                    if group.is_none() {
                        events.extend(self.routed(category));
                    }
                }
                Err(error) => errors.push(error),
            }
        }
        if choice != (None, None, None) {
            match self.priority_event(choice, None) {
                Ok(event) => events.push(event),
                Err(mut wrong) => errors.append(&mut wrong),
            }
        }
        match group {
            Some(group) if self.desk.group(group).is_none() => {
                errors.push(FieldRefusal::new("/group", FieldCode::Unknown));
            }
            Some(group) if !self.level_groups(self.ticket.level).contains(&group) => {
                errors.push(FieldRefusal::new("/group", FieldCode::NotInLevel));
            }
            Some(group) => events.push(Event::Assigned {
                from: self.ticket.assignee.clone(),
                to: None,
                from_group: self.ticket.group.clone(),
                to_group: Some(group.to_owned()),
                reason: None,
                note: None,
                automatic: false,
            }),
            None => {}
        }
        if !errors.is_empty() {
            return Err(Refusal::Invalid { errors });
        }
        let after = self.after(&events);
        let case = Case {
            ticket: &after,
            ..*self
        };
        let step = case.follow(command, Facts::default())?;
        events.extend(case.moved(&step, None, None));
        let restricted = restricted_to(case.ticket, self.desk);
        events.extend(restricted.and_then(|group| case.handed_to(group)));
        Ok(events)
    }

    /// The priority is corrected, with a reason.
    pub(super) fn change_priority(
        &self,
        choice: PriorityChoice<'_>,
        reason: Option<&Reason>,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_correct(CommandKind::ChangePriority)?;
        let mut errors = Vec::new();
        let event = match self.priority_event(choice, reason) {
            Ok(event) => Some(event),
            Err(mut wrong) => {
                errors.append(&mut wrong);
                None
            }
        };
        if reason.is_none() {
            errors.push(FieldRefusal::new("/reason", FieldCode::Required));
        }
        match event {
            Some(event) if errors.is_empty() => {
                if self.ticket.prioritised && self.keeps_priority(&event) {
                    return Err(Refusal::Conflict {
                        what: Conflict::NothingToChange,
                    });
                }
                Ok(vec![event])
            }
            Some(_) | None => Err(Refusal::Invalid { errors }),
        }
    }

    /// The category is corrected.
    pub(super) fn change_category(
        &self,
        category: &str,
        reason: Option<&Reason>,
    ) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::ChangeCategory;
        self.may_correct(kind)?;
        if !self.can_change_category() {
            return Err(self.not_allowed(kind));
        }
        if self.ticket.category.as_deref() == Some(category) {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        }
        match self.category_event(category, reason) {
            Ok(event) => {
                let mut events = vec![event];
                events.extend(self.routed(category));
                Ok(events)
            }
            Err(error) => Err(Refusal::Invalid {
                errors: vec![error],
            }),
        }
    }

    /// What approvers are asked about stays what they were asked about.
    pub(super) fn can_change_category(&self) -> bool {
        self.ticket.status != Status::AwaitingApproval
    }

    /// A message or an internal note, in every state but the final ones.
    pub(super) fn add_message(
        &self,
        message_id: i64,
        visibility: Visibility,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_write()?;
        if self.is_own_requester() && visibility == Visibility::Internal {
            return Err(Refusal::NotPermitted {
                why: Denial::InternalNote,
            });
        }
        let author = self.actor.reference().kind;
        let mut events = vec![Event::MessageAdded {
            message_id,
            visibility,
            author,
            digest: None,
        }];
        if visibility == Visibility::Public {
            events.extend(self.attended());
        }
        events.extend(self.brought_back());
        Ok(events)
    }

    /// The requester's word brings back what waits for it.
    fn brought_back(&self) -> Option<Event> {
        let ticket = self.ticket;
        if ticket.status != Status::Suspended || !self.is_own_requester() {
            return None;
        }
        let reason = ticket.reason.as_deref()?;
        let profile = self.desk.reason(ticket.status, reason)?;
        let row = self
            .moves(CommandKind::Resume, Looking::At(Facts::default()))
            .find(|row| profile.answer_returns && row.by.contains(&Who::Requester))?;
        let to = self.target(row);
        Some(Event::StatusChanged {
            from: ticket.status,
            to,
            reason: row.reason.clone(),
            note: None,
            note_visibility: Visibility::Internal,
            automatic: true,
        })
    }

    fn may_write(&self) -> Result<(), Refusal> {
        if self.is_own_requester() {
            Ok(())
        } else {
            self.check_privilege(CommandKind::AddMessage)
        }
    }

    /// An attempt to reach the requester; of a series that is spread over days, one a day. That they were reached is
    /// written whenever it is so: it ends the series.
    pub(super) fn record_attempt(
        &self,
        event: Event,
        channel: ContactChannel,
        next_contact: Option<NaiveDate>,
    ) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::RecordContactAttempt;
        self.check_open(kind)?;
        self.check_privilege(kind)?;
        self.check_not_past(next_contact)?;
        let reached = matches!(
            event,
            Event::ContactAttempted {
                result: ContactResult::Reached,
                ..
            }
        );
        if !reached && self.is_one_a_day(channel) && self.tried_today(channel) {
            return Err(Refusal::Conflict {
                what: Conflict::AlreadyToday,
            });
        }
        let mut events = vec![event];
        events.extend(next_contact.map(|date| Event::NextContactSet { date }));
        Ok(events)
    }

    fn is_one_a_day(&self, channel: ContactChannel) -> bool {
        self.desk.contact_attempts.as_ref().is_some_and(|policy| {
            policy.business_days >= policy.count && policy.channels.contains(&channel)
        })
    }

    fn tried_today(&self, channel: ContactChannel) -> bool {
        let day = |at: DateTime<Utc>| self.desk.calendar.zone.local_date(at);
        self.ticket
            .attempts
            .iter()
            .filter(|attempt| self.ticket.heard_at.is_none_or(|heard| attempt.at > heard))
            .any(|attempt| attempt.channel == channel && day(attempt.at) == day(self.now))
    }

    /// The answer to a control question.
    pub(super) fn record_control(
        &self,
        control: &str,
        answer: bool,
        note: Option<&Reason>,
    ) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::RecordControl;
        self.check_open(kind)?;
        self.check_privilege(kind)?;
        let known = self.desk.controls.iter().find(|known| known.id == control);
        let Some(asked) = known else {
            return Err(Refusal::field("/control", FieldCode::Unknown));
        };
        if !self.may_answer(asked) {
            return Err(Refusal::NotPermitted {
                why: Denial::NotAMember,
            });
        }
        Ok(vec![Event::ControlRecorded {
            control: control.to_owned(),
            answer,
            note: note.cloned(),
        }])
    }

    /// A question of a level is answered there, by those who work at it.
    pub(super) fn may_answer(&self, control: &Control) -> bool {
        control.level.is_none_or(|level| {
            let groups = self.level_groups(level);
            let member = |key: &&str| self.actor.is_member_of(key);
            level == self.ticket.level && groups.iter().any(member)
        })
    }

    /// A warning or a breach, once for each run of a clock (I-37).
    pub(super) fn record_effect(
        &self,
        kind: CommandKind,
        clock: ClockKind,
        generation: u32,
        percent: Option<u8>,
        due_at: DateTime<Utc>,
    ) -> Result<Vec<Event>, Refusal> {
        if *self.actor != Actor::System {
            return Err(Refusal::NotPermitted {
                why: Denial::SystemOnly,
            });
        }
        if percent.is_some() && !self.ticket.status.is_open() {
            return Err(self.not_allowed(kind));
        }
        if self.ticket.has_fired(clock, generation, percent) {
            return Err(Refusal::Conflict {
                what: Conflict::AlreadyRecorded,
            });
        }
        Ok(vec![match percent {
            Some(percent) => Event::SlaWarning {
                clock,
                percent,
                generation,
                due_at,
            },
            None => Event::SlaBreached {
                clock,
                generation,
                due_at,
            },
        }])
    }

    /// Extra data are completed or corrected; each value fits its field.
    pub(super) fn set_extra(
        &self,
        extra: &BTreeMap<String, String>,
    ) -> Result<Vec<Event>, Refusal> {
        self.may_correct(CommandKind::SetExtra)?;
        let fields = self
            .desk
            .form_of(self.ticket.category.as_deref())
            .map_or(&[][..], |form| &form.fields);
        let trimmed: BTreeMap<String, String> = extra
            .iter()
            .map(|(key, value)| (key.clone(), value.trim().to_owned()))
            .collect();
        let wrong = trimmed.iter().filter_map(|(key, value)| {
            let pointer = format!("/extra/{key}");
            let Some(field) = fields.iter().find(|field| field.id == *key) else {
                return Some(FieldRefusal::new(&pointer, FieldCode::Unknown));
            };
            let listed = field.options.iter().any(|option| option.id == *value);
            let code = if value.is_empty() {
                None
            } else if field.options.is_empty() {
                (!field.kind.takes(value)).then_some(FieldCode::WrongKind)
            } else {
                (!listed).then_some(FieldCode::Unknown)
            };
            code.map(|code| FieldRefusal::new(&pointer, code))
        });
        let errors: Vec<_> = wrong.collect();
        if !errors.is_empty() {
            return Err(Refusal::Invalid { errors });
        }
        let changed: BTreeMap<String, String> = trimmed
            .into_iter()
            .filter(|(key, value)| {
                self.ticket.extra.get(key).map_or("", String::as_str) != value.as_str()
            })
            .collect();
        if changed.is_empty() {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        }
        let errors = self.emptied_by(&changed);
        if !errors.is_empty() {
            return Err(Refusal::Invalid { errors });
        }
        Ok(vec![Event::ExtraChanged { extra: changed }])
    }

    /// Mandatory fields that were there or not asked, and would be missing: a ticket is not saved so. What was
    /// missing before may be completed step by step.
    fn emptied_by(&self, changed: &BTreeMap<String, String>) -> Vec<FieldRefusal> {
        let (desk, category) = (self.desk, self.ticket.category.as_deref());
        let mut after = self.ticket.extra.clone();
        after.extend(changed.clone());
        let before: Vec<_> = guard::missing_fields(category, desk, &self.ticket.extra).collect();
        guard::missing_fields(category, desk, &after)
            .filter(|id| !before.contains(id))
            .map(|id| FieldRefusal::new(&format!("/extra/{id}"), FieldCode::Required))
            .collect()
    }

    /// A mark is put on or taken off (C-50, C-58). A security incident goes to the desk's group for them, which alone sees it.
    pub(super) fn set_mark(&self, mark: Mark, on: bool) -> Result<Vec<Event>, Refusal> {
        self.may_correct(CommandKind::SetMark)?;
        if self.ticket.marks.contains(&mark) == on {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        }
        let mut events = vec![Event::Marked { mark, on }];
        // What is not recorded whole yet goes there once it is.
        let recorded = self.ticket.status != Status::Precase;
        if mark == Mark::Security && on && recorded {
            let group = self.desk.security_group();
            events.extend(group.and_then(|group| self.handed_to(&group.key)));
        }
        Ok(events)
    }

    /// The cause was found; a later one takes its place.
    pub(super) fn record_cause(&self, cause: Option<&Body>) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::RecordCause;
        self.may_correct(kind)?;
        if !self.asks_cause() {
            return Err(self.not_allowed(kind));
        }
        let Some(cause) = cause else {
            return Err(Refusal::field("/cause", FieldCode::Required));
        };
        Ok(vec![Event::CauseRecorded {
            cause: cause.clone(),
        }])
    }

    /// Whether some move of the desk cannot do without the cause.
    pub(super) fn asks_cause(&self) -> bool {
        let moves = self.desk.moves.iter();
        moves
            .into_iter()
            .any(|row| row.needs.contains(&Need::Cause))
    }

    /// The next mail of the series, at most one a business day whatever else the desk asks.
    pub(super) fn send_follow_up(&self, note: Option<&Reason>) -> Result<Vec<Event>, Refusal> {
        let kind = CommandKind::SendFollowUp;
        self.may_correct(kind)?;
        let writes = self.desk.contact_attempts.as_ref();
        if !writes.is_some_and(|policy| policy.series) {
            return Err(self.not_allowed(kind));
        }
        let Some(step) = next_step(self.ticket, self.desk) else {
            return Err(Refusal::Conflict {
                what: Conflict::SeriesEnded,
            });
        };
        let today = self.desk.calendar.zone.local_date(self.now);
        if today.is_none_or(|today| !self.desk.calendar.is_business_day(today)) {
            return Err(Refusal::Conflict {
                what: Conflict::NotDueYet,
            });
        }
        if self.tried_today(ContactChannel::Mail) {
            return Err(Refusal::Conflict {
                what: Conflict::AlreadyToday,
            });
        }
        Ok(vec![Event::FollowUpSent {
            step,
            note: note.cloned(),
        }])
    }

    /// A duplicate goes on as another ticket (I-17).
    pub(super) fn merge_into(&self, into: i64) -> Result<Vec<Event>, Refusal> {
        self.may_correct(CommandKind::MergeInto)?;
        if !self.can_merge() {
            return Err(Refusal::Conflict {
                what: Conflict::Merged,
            });
        }
        Ok(vec![Event::MergedInto { into }])
    }

    /// What took in duplicates stays where they find it.
    pub(super) fn can_merge(&self) -> bool {
        self.ticket.absorbed.is_empty() && self.desk.state(Status::Closed).is_some()
    }

    pub(super) fn unmerge(&self) -> Result<Vec<Event>, Refusal> {
        self.check_privilege(CommandKind::Unmerge)?;
        match &self.ticket.merged {
            Some(merged) => Ok(vec![Event::Unmerged { from: merged.into }]),
            None => Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            }),
        }
    }

    pub(super) fn absorb(&self, from: i64) -> Result<Vec<Event>, Refusal> {
        self.only_system()?;
        if self.ticket.absorbed.contains(&from) {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        }
        Ok(vec![Event::Absorbed { from }])
    }

    pub(super) fn release(&self, from: i64) -> Result<Vec<Event>, Refusal> {
        self.only_system()?;
        if !self.ticket.absorbed.contains(&from) {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        }
        Ok(vec![Event::Released { from }])
    }

    fn only_system(&self) -> Result<(), Refusal> {
        if *self.actor == Actor::System {
            Ok(())
        } else {
            Err(Refusal::NotPermitted {
                why: Denial::SystemOnly,
            })
        }
    }

    pub(super) fn link_parent(&self, parent: i64) -> Result<Vec<Event>, Refusal> {
        self.check_privilege(CommandKind::LinkParent)?;
        if self.ticket.parent == Some(parent) {
            return Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            });
        }
        Ok(vec![Event::ParentLinked { parent }])
    }

    pub(super) fn unlink_parent(&self) -> Result<Vec<Event>, Refusal> {
        self.check_privilege(CommandKind::UnlinkParent)?;
        match self.ticket.parent {
            Some(parent) => Ok(vec![Event::ParentUnlinked { parent }]),
            None => Err(Refusal::Conflict {
                what: Conflict::NothingToChange,
            }),
        }
    }

    /// Corrections are for tickets that the support side still owes something.
    fn may_correct(&self, kind: CommandKind) -> Result<(), Refusal> {
        self.check_open(kind)?;
        self.check_privilege(kind)
    }

    fn check_open(&self, kind: CommandKind) -> Result<(), Refusal> {
        if self.is_at_work() {
            Ok(())
        } else {
            Err(self.not_allowed(kind))
        }
    }

    fn check_privilege(&self, kind: CommandKind) -> Result<(), Refusal> {
        if self.is_privileged(kind) {
            Ok(())
        } else {
            Err(Refusal::NotPermitted {
                why: Denial::MissingPrivilege,
            })
        }
    }

    /// Whether the support side still owes something.
    pub(super) fn is_at_work(&self) -> bool {
        self.ticket.status.is_open() && self.ticket.status != Status::Draft
    }

    /// Whether the actor holds the right that a command asks of staff.
    pub(super) fn is_privileged(&self, kind: CommandKind) -> bool {
        privilege_for(kind).is_some_and(|privilege| self.actor.may(privilege))
    }

    fn keeps_priority(&self, event: &Event) -> bool {
        match event {
            Event::PriorityChanged {
                from,
                to,
                impact,
                urgency,
                ..
            } => {
                let same = |new: &Option<String>, old: &Option<String>| new.is_none() || new == old;
                from == to
                    && same(impact, &self.ticket.impact)
                    && same(urgency, &self.ticket.urgency)
            }
            _ => false,
        }
    }

    fn priority_event(
        &self,
        choice: PriorityChoice<'_>,
        reason: Option<&Reason>,
    ) -> Result<Event, Vec<FieldRefusal>> {
        let present = (
            self.ticket.impact.as_deref(),
            self.ticket.urgency.as_deref(),
        );
        let (given, impact, urgency) = choice;
        let both = (given, impact.or(present.0), urgency.or(present.1));
        let to = super::open::priority_of(self.desk, both, self.ticket.requester.vip)?;
        Ok(Event::PriorityChanged {
            from: self.ticket.priority.clone(),
            to,
            impact: both.1.map(str::to_owned),
            urgency: both.2.map(str::to_owned),
            reason: reason.cloned(),
        })
    }

    fn category_event(
        &self,
        category: &str,
        reason: Option<&Reason>,
    ) -> Result<Event, FieldRefusal> {
        let entry = super::open::category_of(self.desk, category)?;
        Ok(Event::CategoryChanged {
            from: self.ticket.category.clone(),
            to: category.to_owned(),
            request_type: entry.request_type.unwrap_or(self.ticket.request_type),
            reason: reason.cloned(),
        })
    }
}
