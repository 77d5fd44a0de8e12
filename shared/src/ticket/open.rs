//! Opening a ticket: what must be given, and what the catalogue and the desk fill in.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::actor::{Actor, Assignee, Privilege};
use super::event::{Event, IdentityProof, Opened, RequesterRef};
use super::refusal::{Denial, FieldCode, FieldRefusal, Refusal};
use super::status::{Channel, Level, RequestType, Status};
use super::text::Subject;
use crate::desk::profile::{Choice, LevelProfile};
use crate::desk::{Desk, Entry};

/// What somebody gives to open a ticket; the rest comes from the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTicket {
    /// `new`, or `precase` and `draft` where the desk uses them.
    pub status: Status,
    /// Incident or request; the catalogue row may set it.
    pub request_type: RequestType,
    /// Catalogue key.
    pub category: Option<String>,
    /// Priority key, at desks with one dimension.
    pub priority: Option<String>,
    /// Impact key, at desks with a matrix.
    pub impact: Option<String>,
    /// Urgency key, at desks with a matrix.
    pub urgency: Option<String>,
    /// How it came in.
    pub channel: Channel,
    /// For whom.
    pub requester: RequesterRef,
    /// How the requester's identity was proved.
    pub identity: IdentityProof,
    /// The one line that names it.
    pub subject: Subject,
    /// Key of the stored first message.
    pub message_id: Option<i64>,
    /// How many files come with it.
    pub files: usize,
    /// Group that starts, where the actor chooses it.
    pub group: Option<String>,
    /// Agent that starts, where the actor chooses one.
    pub assignee: Option<Assignee>,
    /// Extra data of the category's form.
    pub extra: BTreeMap<String, String>,
}

/// The events that open a ticket. `now` is taken for the sake of rules that depend on the moment; the
/// events get their time from [`super::record`].
///
/// # Errors
/// [`Refusal::NotPermitted`] when the actor may not open tickets for this requester, and
/// [`Refusal::Invalid`] with every wrong field at once.
pub fn open(
    desk: &Desk,
    new: NewTicket,
    actor: &Actor,
    _now: DateTime<Utc>,
) -> Result<Vec<Event>, Refusal> {
    check_permission(&new, actor)?;
    let mut errors = Vec::new();
    check_start(desk, &new, &mut errors);
    // What the mail reader records is completed by the agent who reads it (C-48).
    let by_reader = *actor == Actor::System && new.channel == Channel::Mail;
    let complete = new.status != Status::Precase && !by_reader;
    let category = chosen_category(desk, &new, complete, &mut errors);
    check_extra(desk, &new, complete, &mut errors);
    let wants_evidence = category.is_some_and(|entry| entry.evidence);
    if wants_evidence && complete && new.files == 0 && !is_taken_down(&new, actor) {
        errors.push(FieldRefusal::new("/attachments", FieldCode::Required));
    }
    let request_type = category
        .and_then(|entry| entry.request_type)
        .unwrap_or(new.request_type);
    if desk.request_type(request_type).is_none() {
        errors.push(FieldRefusal::new("/request_type", FieldCode::NotTaken));
    }
    let chooses = actor.is_staff() || desk.priority.chosen_by_requester;
    let priority = chosen_priority(desk, &new, category, complete && chooses, &mut errors);
    let level = starting_level(desk, category);
    let group = starting_group(desk, &new, category, level, &mut errors);
    if !errors.is_empty() {
        return Err(Refusal::Invalid { errors });
    }
    let (priority, prioritised) =
        priority.unwrap_or_else(|| (desk.priority.default.clone(), false));
    let matrix = desk.priority.matrix.as_ref();
    let default_impact = matrix.and_then(|matrix| matrix.default_impact.clone());
    let vouched = new.identity.vouching(false);
    let opened = Opened {
        status: new.status,
        request_type,
        category: new.category,
        priority,
        prioritised,
        impact: new
            .impact
            .or_else(|| default_impact.filter(|_| new.urgency.is_some())),
        urgency: new.urgency,
        level: level.map_or(Level::ONE, |profile| profile.level),
        group,
        assignee: new.assignee.as_ref().map(Assignee::reference),
        channel: new.channel,
        requester: new.requester,
        identity: new.identity,
        subject: new.subject,
        extra: new.extra,
        message_id: new.message_id,
        digest: None,
    };
    let mut events = vec![Event::Opened(Box::new(opened))];
    events.extend(vouched);
    Ok(events)
}

/// Whether an agent takes down what somebody says or wrote elsewhere. What is missing then is completed in the
/// ticket.
fn is_taken_down(new: &NewTicket, actor: &Actor) -> bool {
    let said = match new.channel {
        Channel::Phone | Channel::Mail | Channel::Chat | Channel::InPerson => true,
        Channel::Portal | Channel::Api => false,
    };
    said && matches!(actor, Actor::Agent { .. })
}

/// Requesters open their own tickets, staff need the privilege, the mail reader is the system.
fn check_permission(new: &NewTicket, actor: &Actor) -> Result<(), Refusal> {
    let why = match actor {
        Actor::Requester { person_id, .. } if *person_id == new.requester.id => return Ok(()),
        Actor::Agent { .. } | Actor::ApiClient { .. } if actor.may(Privilege::TicketCreate) => {
            return Ok(());
        }
        Actor::System => return Ok(()),
        Actor::Requester { .. } => Denial::NotTheRequester,
        Actor::Agent { .. } | Actor::ApiClient { .. } | Actor::Approver { .. } => {
            Denial::MissingPrivilege
        }
    };
    Err(Refusal::NotPermitted { why })
}

fn check_start(desk: &Desk, new: &NewTicket, errors: &mut Vec<FieldRefusal>) {
    let begins = matches!(new.status, Status::New | Status::Precase | Status::Draft);
    if !begins || desk.state(new.status).is_none() {
        errors.push(FieldRefusal::new("/status", FieldCode::NotTaken));
    }
    if !desk.intake.channels.contains(&new.channel) {
        errors.push(FieldRefusal::new("/channel", FieldCode::NotTaken));
    }
}

fn chosen_category<'a>(
    desk: &'a Desk,
    new: &NewTicket,
    complete: bool,
    errors: &mut Vec<FieldRefusal>,
) -> Option<&'a Entry> {
    match new.category.as_deref().map(|key| category_of(desk, key)) {
        Some(Ok(entry)) => return Some(entry),
        Some(Err(error)) => errors.push(error),
        None if complete && desk.intake.category_required => {
            errors.push(FieldRefusal::new("/category", FieldCode::Required));
        }
        None => {}
    }
    None
}

/// A category that may be chosen now.
pub(super) fn category_of<'a>(desk: &'a Desk, key: &str) -> Result<&'a Entry, FieldRefusal> {
    let wrong = |code| Err(FieldRefusal::new("/category", code));
    match desk.catalog.get(key) {
        None => wrong(FieldCode::Unknown),
        Some(entry) if entry.retired => wrong(FieldCode::Retired),
        Some(entry) if desk.intake.leaf_only && !desk.catalog.is_leaf(entry) => {
            wrong(FieldCode::NotALeaf)
        }
        Some(entry) => Ok(entry),
    }
}

/// The priority that a choice gives: the one named, or the matrix with the bump of a VIP (R-095, I-21).
pub(super) fn priority_of(
    desk: &Desk,
    (priority, impact, urgency): (Option<&str>, Option<&str>, Option<&str>),
    vip: bool,
) -> Result<String, Vec<FieldRefusal>> {
    let scheme = &desk.priority;
    if let Some(key) = priority {
        return match scheme.get(key) {
            Some(_) => Ok(key.to_owned()),
            None => Err(vec![FieldRefusal::new("/priority", FieldCode::Unknown)]),
        };
    }
    let Some(matrix) = &scheme.matrix else {
        return Err(vec![FieldRefusal::new("/priority", FieldCode::Required)]);
    };
    let check = |pointer: &str, key: Option<&str>, known: &[Choice]| match key {
        None => Some(FieldRefusal::new(pointer, FieldCode::Required)),
        Some(key) if known.iter().any(|choice| choice.id == key) => None,
        Some(_) => Some(FieldRefusal::new(pointer, FieldCode::Unknown)),
    };
    let impact = impact.or(urgency.and(matrix.default_impact.as_deref()));
    let wrong = [
        check("/impact", impact, &matrix.impact),
        check("/urgency", urgency, &matrix.urgency),
    ];
    let found = impact
        .zip(urgency)
        .and_then(|(impact, urgency)| matrix.priority(impact, urgency));
    match found {
        Some(key) => Ok(scheme.bumped(key, vip)),
        None => Err(wrong.into_iter().flatten().collect()),
    }
}

fn chosen_priority(
    desk: &Desk,
    new: &NewTicket,
    category: Option<&Entry>,
    complete: bool,
    errors: &mut Vec<FieldRefusal>,
) -> Option<(String, bool)> {
    let choice = (
        new.priority.as_deref(),
        new.impact.as_deref(),
        new.urgency.as_deref(),
    );
    let from_category = category.and_then(|entry| entry.priority.as_deref());
    if choice == (None, None, None) {
        if let Some(key) = from_category {
            return Some((desk.priority.bumped(key, new.requester.vip), true));
        }
        if !(complete && desk.intake.priority_required) {
            let key = desk
                .priority
                .bumped(&desk.priority.default, new.requester.vip);
            return Some((key, false));
        }
    }
    match priority_of(desk, choice, new.requester.vip) {
        Ok(key) => Some((key, true)),
        Err(mut wrong) => {
            errors.append(&mut wrong);
            None
        }
    }
}

fn check_extra(desk: &Desk, new: &NewTicket, complete: bool, errors: &mut Vec<FieldRefusal>) {
    let fields = desk
        .form_of(new.category.as_deref())
        .map_or(&[][..], |form| &form.fields);
    for field in fields {
        let value = new
            .extra
            .get(&field.id)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty());
        let known = |value: &str| {
            if field.options.is_empty() {
                return field.kind.takes(value);
            }
            field.options.iter().any(|option| option.id == value)
        };
        let shown = field.is_shown(&new.extra);
        let code = match value {
            None if complete && field.required && shown => Some(FieldCode::Required),
            Some(value) if !known(value) && field.options.is_empty() => Some(FieldCode::WrongKind),
            Some(value) if !known(value) => Some(FieldCode::Unknown),
            None | Some(_) => None,
        };
        errors.extend(code.map(|code| FieldRefusal::new(&format!("/extra/{}", field.id), code)));
    }
    let unknown = new
        .extra
        .keys()
        .filter(|key| !fields.iter().any(|field| field.id == **key));
    errors
        .extend(unknown.map(|key| FieldRefusal::new(&format!("/extra/{key}"), FieldCode::Unknown)));
}

fn starting_level<'a>(desk: &'a Desk, category: Option<&Entry>) -> Option<&'a LevelProfile> {
    let wanted = category
        .and_then(|entry| entry.level)
        .and_then(|level| desk.level(level));
    wanted.or_else(|| desk.levels.iter().min_by_key(|profile| profile.level))
}

fn starting_group(
    desk: &Desk,
    new: &NewTicket,
    category: Option<&Entry>,
    level: Option<&LevelProfile>,
    errors: &mut Vec<FieldRefusal>,
) -> Option<String> {
    let groups: Vec<&String> = level
        .into_iter()
        .flat_map(|level| level.groups.iter().chain(&level.onsite))
        .collect();
    let usual = category
        .and_then(|entry| entry.group.as_ref())
        .or(groups.first().copied());
    let of_assignee = new
        .assignee
        .iter()
        .flat_map(|agent| &agent.groups)
        .find(|group| groups.contains(group));
    let group = new.group.as_ref().or(of_assignee).or(usual);
    if let Some(group) = &new.group
        && !groups.contains(&group)
    {
        let code = if desk.group(group).is_none() {
            FieldCode::Unknown
        } else {
            FieldCode::NotInLevel
        };
        errors.push(FieldRefusal::new("/group", code));
    }
    if let (Some(agent), Some(group)) = (&new.assignee, group)
        && !agent.groups.contains(group)
    {
        errors.push(FieldRefusal::new("/assignee", FieldCode::NotInGroup));
    }
    group.cloned()
}
