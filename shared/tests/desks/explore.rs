//! Everything that a desk lets happen, to a given depth: from each beginning, whatever the screen offers to anybody of a
//! small cast, with complete data: one person for each group, one of the first level with the right to work only, one who may
//! only read, and one approver for each role. Situations that the rules cannot tell apart are one. Corrections of category,
//! marks, merges and links are tried early, and what may follow them is walked for some commands more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use shared::desk::Desk;
use shared::desk::profile::{Need, QuestionKind};
use shared::ticket::actor::{Actor, Assignee, Privilege};
use shared::ticket::command::{
    Answer, AnswerValue, Command, CommandKind, ContactChannel, ContactResult, Decision, Mark,
};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::permission::Allowed;
use shared::ticket::status::{Channel, Level, Status, Visibility};
use shared::ticket::text::Stars;
use shared::ticket::{
    NewTicket, Ticket, allowed_commands, approval_reminder_at, closes_by_silence_at, decide,
    evolve, fold, open, record,
};

use super::story::{body, monday, new_ticket, reason, requester, usual};

/// How deep the exploration goes.
pub const DEPTH: usize = 12;

/// After fewer commands than this corrections are tried, too.
const CORRECTED: usize = 3;

/// How deep what follows a correction is walked.
const FOLLOWED: usize = 6;

/// What tells one situation from another for the rules of any desk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Situation {
    pub status: Status,
    pub reason: Option<String>,
    came_from: Option<Status>,
    kind: String,
    level: u8,
    group: Option<String>,
    assignee: Option<i64>,
    attended: bool,
    accepted: bool,
    verdict: Option<Option<bool>>,
    prioritised: bool,
    controls: Vec<(String, bool)>,
    cause: bool,
    solved_by: Option<u8>,
    silent: bool,
    attempts: usize,
    follow_ups: u8,
    approval: Option<(Vec<String>, usize)>,
    extra: bool,
    /// Marked as a security incident.
    marked: bool,
    /// Merged into another one, out of this situation.
    pub merged: bool,
}

/// A situation reached, with the first history that led there.
pub struct Reached {
    pub history: Vec<Recorded>,
    pub ticket: Ticket,
    pub depth: usize,
}

/// The situations that a desk can come to within [`DEPTH`] commands, and which one leads to which.
pub struct Explored {
    pub reached: BTreeMap<Situation, Reached>,
    pub leads_to: BTreeMap<Situation, BTreeSet<Situation>>,
    /// Whether nothing was left to try at the last depth.
    pub complete: bool,
}

thread_local! {
    static KNOWN: RefCell<HashMap<String, String>> = RefCell::default();
}

/// What was found out about a desk already; the profile does not change while it is explored.
fn remembered(name: String, find: impl FnOnce() -> String) -> String {
    if let Some(known) = KNOWN.with_borrow(|known| known.get(&name).cloned()) {
        return known;
    }
    let found = find();
    KNOWN.with_borrow_mut(|known| known.insert(name, found.clone()));
    found
}

/// Groups that the rules treat alike: of the same levels, on site or not, a vendor's or not, asked for approvals or not.
fn group_class(desk: &Desk, key: &str) -> String {
    let at = |onsite: bool| {
        let levels = desk.levels.iter().filter(|level| {
            let keys = if onsite { &level.onsite } else { &level.groups };
            keys.iter().any(|known| known == key)
        });
        levels.map(|level| level.level.number()).collect::<Vec<_>>()
    };
    let vendor = desk.group(key).is_some_and(|group| group.vendor);
    let steps = desk.approvals.iter().flat_map(|policy| &policy.steps);
    let approves = steps
        .into_iter()
        .any(|step| step.all_of.iter().any(|role| role == key));
    let restricted = desk
        .catalog
        .entries
        .iter()
        .any(|entry| entry.restricted && entry.group.as_deref() == Some(key));
    let security = desk.group(key).is_some_and(|group| group.security);
    format!(
        "{:?} {:?} {vendor} {approves} {restricted} {security}",
        at(false),
        at(true)
    )
}

/// One group of each class.
fn groups(desk: &Desk) -> Vec<String> {
    let found = || groups_found(desk).join(" ");
    let found = remembered(format!("{} groups", desk.slug), found);
    found.split(' ').map(str::to_owned).collect()
}

fn groups_found(desk: &Desk) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let keys = desk.groups.iter().map(|group| group.key.clone());
    keys.filter(|key| seen.insert(group_class(desk, key)))
        .collect()
}

/// Reasons that the rules treat alike.
fn reason_class(desk: &Desk, status: Status, id: &str) -> String {
    let name = format!("{} {status} {id}", desk.slug);
    remembered(name, || reason_class_found(desk, status, id))
}

fn reason_class_found(desk: &Desk, status: Status, id: &str) -> String {
    let named = desk.moves.iter().any(|row| {
        let chosen = row.reasons.iter().chain(&row.reason).any(|one| one == id);
        row.when.reason.iter().any(|one| one == id) || (chosen && status != Status::InProgress)
    });
    let profile = desk.reason(status, id);
    let returns = profile.is_some_and(|reason| reason.answer_returns);
    let effect = desk.clock_effect(status, Some(id));
    format!("{} {returns} {effect:?}", if named { id } else { "" })
}

/// Categories that the rules treat alike.
fn class(desk: &Desk, key: Option<&str>) -> String {
    let name = format!("{} {key:?}", desk.slug);
    remembered(name, || class_found(desk, key))
}

fn class_found(desk: &Desk, key: Option<&str>) -> String {
    let Some(entry) = key.and_then(|key| desk.catalog.get(key)) else {
        return String::new();
    };
    let named = desk
        .moves
        .iter()
        .any(|row| row.when.category.contains(&entry.key));
    let group = entry.group.as_deref().map(|key| group_class(desk, key));
    let form = entry.form.as_deref().map(|key| {
        let form = desk.forms.iter().find(|form| form.key == key);
        form.is_some_and(|form| form.fields.iter().any(|field| field.required))
    });
    format!(
        "{:?} {group:?} {form:?} {:?} {} {} {named}",
        entry.level, entry.approval, entry.restricted, entry.unsurveyed
    )
}

/// One category of each class, of those whose groups are looked at.
pub fn categories(desk: &Desk) -> Vec<String> {
    let groups = groups(desk);
    let mut classes = BTreeMap::new();
    for entry in desk.catalog.selectable(desk.intake.leaf_only) {
        if entry
            .group
            .as_ref()
            .is_none_or(|group| groups.contains(group))
        {
            let class = class(desk, Some(&entry.key));
            classes.entry(class).or_insert_with(|| entry.key.clone());
        }
    }
    classes.into_values().collect()
}

fn situation(ticket: &Ticket, desk: &Desk) -> Situation {
    if let Some(merged) = &ticket.merged {
        let before = Ticket {
            status: merged.status,
            reason: merged.reason.clone(),
            came_from: merged.came_from,
            merged: None,
            ..ticket.clone()
        };
        return Situation {
            merged: true,
            ..situation(&before, desk)
        };
    }
    let at_work = ticket.status.is_open();
    let settled = ticket.status.is_settled();
    let heard = |at: DateTime<Utc>| ticket.heard_at.is_none_or(|heard| at > heard);
    let attempts = ticket.attempts.iter().filter(|attempt| heard(attempt.at));
    let counts = |id: &str, at: DateTime<Utc>| {
        let control = desk.controls.iter().find(|control| control.id == id);
        control.is_some_and(|control| {
            !control.fresh || at >= ticket.reason_since.unwrap_or(ticket.status_since)
        })
    };
    let mut controls: Vec<_> = ticket
        .controls
        .iter()
        .filter(|given| at_work && counts(&given.control, given.at))
        .map(|given| (given.control.clone(), given.answer))
        .collect();
    controls.sort();
    let needs_attempts = desk.contact_attempts.is_some() && at_work;
    let in_charge = !ticket.status.is_final();
    Situation {
        status: ticket.status,
        reason: ticket
            .reason
            .as_deref()
            .map(|id| reason_class(desk, ticket.status, id)),
        came_from: ticket.came_from,
        kind: class(desk, ticket.category.as_deref()),
        level: if in_charge { ticket.level.number() } else { 0 },
        group: ticket.group.clone().filter(|_| in_charge),
        assignee: ticket
            .assignee
            .as_ref()
            .map(|agent| agent.id)
            .filter(|_| in_charge),
        attended: ticket.attended && in_charge,
        accepted: ticket.accepted_at.is_some() && settled,
        verdict: ticket
            .rating
            .as_ref()
            .filter(|_| ticket.is_rated() && settled)
            .map(|rating| rating.closing),
        prioritised: ticket.prioritised && at_work,
        controls,
        cause: ticket.cause.is_some() && at_work,
        solved_by: ticket
            .solution
            .as_ref()
            .filter(|_| ticket.status == Status::Reopened)
            .map(|solution| solution.level.number()),
        silent: settled && closes_by_silence_at(ticket, desk).is_some(),
        attempts: if needs_attempts {
            attempts.count().min(3)
        } else {
            0
        },
        follow_ups: if needs_attempts { ticket.follow_ups } else { 0 },
        approval: ticket
            .approval
            .as_ref()
            .filter(|_| in_charge)
            .map(|state| (state.pending.clone(), state.decisions.len())),
        extra: !ticket.extra.is_empty() && at_work,
        marked: ticket.marks.contains(&Mark::Security) && in_charge,
        merged: false,
    }
}

/// One agent for each group, who may do everything but see what is restricted, and two of the first level who may work or read
/// only; the requester, an approver for each role, and the product.
pub fn people(desk: &Desk) -> Vec<Actor> {
    let looked_at = groups(desk);
    let numbered = desk.groups.iter().zip(100..);
    let looked_at = numbered.filter(|(group, _)| looked_at.contains(&group.key));
    let agents = looked_at.map(|(group, user_id)| Actor::Agent {
        user_id,
        name: format!("Persona de {}", group.key),
        privileges: usual(),
        groups: vec![group.key.clone()],
    });
    let mut people: Vec<Actor> = agents.collect();
    let of_first_level = people.iter().find_map(|actor| match actor {
        Actor::Agent {
            user_id,
            name,
            groups,
            ..
        } if desk.level_of(&groups[0]) == Some(Level::ONE) => {
            Some((*user_id, name.clone(), groups.clone()))
        }
        _ => None,
    });
    let limited = |privileges: &[Privilege]| {
        let (user_id, name, groups) = of_first_level.clone()?;
        Some(Actor::Agent {
            user_id,
            name,
            privileges: privileges.iter().copied().collect(),
            groups,
        })
    };
    people.extend(limited(&[Privilege::TicketRead, Privilege::TicketWork]));
    people.extend(limited(&[Privilege::TicketRead]));
    people.push(requester());
    let approver = |(role, person_id): (String, i64)| Actor::Approver {
        person_id,
        name: format!("Aprueba {role}"),
        roles: vec![role],
    };
    people.extend(roles(desk).into_iter().zip(30..).map(approver));
    people.push(Actor::System);
    people
}

/// The approver roles of a desk that no group of agents holds, with those that stand in for them.
fn roles(desk: &Desk) -> BTreeSet<String> {
    let asked = desk.approvals.iter().flat_map(|policy| {
        let of_steps = policy.steps.iter().flat_map(|step| &step.all_of);
        let deputies = policy.deputies.iter().flat_map(|deputy| &deputy.roles);
        of_steps.chain(deputies).cloned()
    });
    asked.filter(|role| desk.group(role).is_none()).collect()
}

/// Whether a command corrects what the ticket is, rather than moving it on.
pub fn corrects(kind: CommandKind) -> bool {
    matches!(
        kind,
        CommandKind::ChangeCategory
            | CommandKind::SetMark
            | CommandKind::MergeInto
            | CommandKind::LinkParent
            | CommandKind::UnlinkParent
            | CommandKind::Absorb
            | CommandKind::Release
    )
}

fn member(desk: &Desk, group: &str) -> Option<Assignee> {
    let place = desk.groups.iter().position(|known| known.key == group)?;
    Some(Assignee {
        id: 100 + i64::try_from(place).unwrap(),
        name: format!("Persona de {group}"),
        groups: vec![group.to_owned()],
    })
}

/// The commands that an offer stands for: each reason, each place, each answer once.
fn commands_of(desk: &Desk, ticket: &Ticket, offer: &Allowed) -> Vec<Command> {
    let text = reason("Porque sí hace falta.");
    let long = body("Lo que se encontró y lo que se hizo.");
    let enters = offer.to.unwrap_or(ticket.status);
    let mut classes = BTreeSet::new();
    let mut reasons: Vec<Option<String>> = offer
        .reasons
        .iter()
        .filter(|one| classes.insert(reason_class(desk, enters, &one.id)))
        .map(|one| Some(one.id.clone()))
        .collect();
    let looked_at = groups(desk);
    if reasons.is_empty() || !offer.needs.contains(&Need::Reason) {
        reasons = vec![None];
    }
    let places: Vec<(Level, String)> = offer
        .levels
        .iter()
        .flat_map(|level| {
            level
                .groups
                .iter()
                .map(|group| (level.level, group.key.clone()))
        })
        .filter(|(_, group)| looked_at.contains(group))
        .collect();
    let named = offer.needs.contains(&Need::Assignee);
    let mut commands = Vec::new();
    for why in reasons {
        let why = || why.clone();
        match offer.command {
            CommandKind::Confirm => commands.push(Command::Confirm),
            CommandKind::Complete => {
                let matrix = desk.priority.matrix.as_ref();
                let first = |choices: &[shared::desk::profile::Choice]| choices[0].id.clone();
                commands.extend(
                    categories(desk)
                        .into_iter()
                        .map(|category| Command::Complete {
                            category: Some(category),
                            priority: matrix.is_none().then(|| desk.priority.default.clone()),
                            impact: matrix.map(|matrix| first(&matrix.impact)),
                            urgency: matrix.map(|matrix| first(&matrix.urgency)),
                            group: ticket.group.clone(),
                        }),
                );
            }
            CommandKind::Take => commands.push(Command::Take),
            CommandKind::Assign => {
                commands.extend(places.iter().map(|(_, group)| Command::Assign {
                    group: Some(group.clone()),
                    assignee: member(desk, group),
                    reason: why(),
                    note: None,
                }))
            }
            CommandKind::Start => commands.push(Command::Start {
                reason: why(),
                diagnosis: long.clone(),
            }),
            CommandKind::Escalate => {
                commands.extend(places.iter().map(|(level, group)| Command::Escalate {
                    level: Some(*level),
                    group: Some(group.clone()),
                    assignee: member(desk, group).filter(|_| named),
                    reason: why(),
                    justification: text.clone(),
                    diagnosis: long.clone(),
                }));
            }
            CommandKind::EscalateOnsite => {
                commands.extend(places.iter().map(|(_, group)| Command::EscalateOnsite {
                    group: Some(group.clone()),
                    assignee: None,
                    reason: why(),
                    justification: text.clone(),
                    diagnosis: None,
                }));
            }
            CommandKind::Suspend => commands.push(Command::Suspend {
                reason: why(),
                justification: text.clone(),
                next_contact: NaiveDate::from_ymd_opt(2060, 1, 2),
            }),
            CommandKind::Resume => commands.push(Command::Resume {
                reason: why(),
                note: text.clone(),
            }),
            CommandKind::SendToVendor => {
                let group = places.first().map(|(_, group)| group.as_str());
                commands.push(Command::SendToVendor {
                    group: None,
                    assignee: group.and_then(|group| member(desk, group)),
                    vendor: Some("Redes Andinas".into()),
                    reason: why(),
                    justification: text.clone(),
                });
            }
            CommandKind::ReturnFromVendor => commands.push(Command::ReturnFromVendor {
                reason: why(),
                note: text.clone(),
            }),
            CommandKind::RequestApproval => commands.push(Command::RequestApproval {
                note: None,
                evidence: vec![7],
                files: Vec::new(),
            }),
            CommandKind::DecideApproval => {
                let pending = ticket
                    .approval
                    .iter()
                    .flat_map(|state| state.pending.clone());
                for approver in pending {
                    for decision in [Decision::Approved, Decision::Refused] {
                        commands.push(Command::DecideApproval {
                            approver: approver.clone(),
                            decision,
                            comment: text.clone(),
                        });
                    }
                }
            }
            CommandKind::ChangePriority => {
                let matrix = desk.priority.matrix.as_ref();
                commands.push(Command::ChangePriority {
                    priority: matrix.is_none().then(|| desk.priority.items[0].key.clone()),
                    impact: matrix.map(|matrix| matrix.impact[0].id.clone()),
                    urgency: matrix.map(|matrix| matrix.urgency[0].id.clone()),
                    reason: text.clone(),
                });
            }
            CommandKind::Solve => commands.push(Command::Solve {
                solution: long.clone(),
                reason: why(),
            }),
            CommandKind::MarkUnsolvable => commands.push(Command::MarkUnsolvable {
                description: long.clone(),
                reason: why(),
            }),
            CommandKind::MarkNotManaged => commands.push(Command::MarkNotManaged {
                description: long.clone(),
                reason: why(),
            }),
            CommandKind::Accept => commands.push(Command::Accept),
            CommandKind::Reject => commands.push(Command::Reject {
                reason: text.clone(),
            }),
            CommandKind::Rate => commands.extend([true, false].map(|word| rating(desk, word))),
            CommandKind::CloseByDesk => commands.push(Command::CloseByDesk {
                reason: why(),
                note: None,
            }),
            CommandKind::AddMessage => commands.push(Command::AddMessage {
                message_id: 200,
                visibility: Visibility::Public,
            }),
            CommandKind::RecordContactAttempt if desk.contact_attempts.is_some() => {
                let policy = desk.contact_attempts.as_ref().unwrap();
                let channel = policy.channels[0];
                // Where the product writes the mails, they are the attempts.
                let results = if policy.series {
                    vec![ContactResult::Reached]
                } else {
                    vec![ContactResult::NoAnswer, ContactResult::Reached]
                };
                for result in results {
                    commands.push(Command::RecordContactAttempt {
                        channel,
                        result,
                        note: None,
                        evidence: None,
                        next_contact: None,
                    });
                }
            }
            CommandKind::RecordContactAttempt => commands.push(Command::RecordContactAttempt {
                channel: ContactChannel::Phone,
                result: ContactResult::NoAnswer,
                note: None,
                evidence: None,
                next_contact: None,
            }),
            CommandKind::RecordControl => {
                for control in &desk.controls {
                    let wanted = control.answer.unwrap_or(true);
                    let both = !control.otherwise_before.is_empty();
                    let answers = [wanted, !wanted].into_iter().take(1 + usize::from(both));
                    commands.extend(answers.map(|answer| Command::RecordControl {
                        control: control.id.clone(),
                        answer,
                        note: None,
                    }));
                }
            }
            CommandKind::SetExtra => {
                let form = desk.form_of(ticket.category.as_deref());
                let fields = form.into_iter().flat_map(|form| &form.fields);
                commands.push(Command::SetExtra {
                    extra: fields
                        .map(|field| (field.id.clone(), answer_of(field)))
                        .collect(),
                });
            }
            CommandKind::RecordCause => commands.push(Command::RecordCause {
                cause: long.clone(),
            }),
            CommandKind::SendFollowUp => commands.push(Command::SendFollowUp { note: None }),
            CommandKind::ChangeCategory => {
                let other = |key: &String| {
                    class(desk, Some(key)) != class(desk, ticket.category.as_deref())
                };
                let others = categories(desk).into_iter().filter(other);
                commands.extend(others.map(|category| Command::ChangeCategory {
                    category,
                    reason: text.clone(),
                }));
            }
            CommandKind::SetMark => {
                commands.extend(
                    [Mark::Security, Mark::Problem].map(|mark| Command::SetMark {
                        mark,
                        on: !ticket.marks.contains(&mark),
                    }),
                )
            }
            CommandKind::LinkParent => commands.push(Command::LinkParent { parent: 77 }),
            CommandKind::UnlinkParent => commands.push(Command::UnlinkParent),
            CommandKind::MergeInto => commands.push(Command::MergeInto { into: 78 }),
            CommandKind::Unmerge => commands.push(Command::Unmerge),
            // What only the product does is not offered; `steps` gives it.
            CommandKind::Absorb
            | CommandKind::Release
            | CommandKind::RemindApprovers
            | CommandKind::CloseBySilence
            | CommandKind::Continue
            | CommandKind::RecordWarning
            | CommandKind::RecordBreach => {}
        }
    }
    commands
}

fn answer_of(field: &shared::desk::profile::FormField) -> String {
    use shared::desk::profile::FieldKind;
    match (field.options.first(), field.kind) {
        (Some(option), _) => option.id.clone(),
        (None, FieldKind::Number) => "2".into(),
        (None, FieldKind::Date) => "2026-03-04".into(),
        (None, FieldKind::YesNo) => "no".into(),
        (None, FieldKind::Text | FieldKind::File | FieldKind::Person) => "A-1".into(),
    }
}

fn rating(desk: &Desk, word: bool) -> Command {
    let answers = desk.survey.questions.iter().map(|question| Answer {
        question: question.id.clone(),
        value: match question.kind {
            QuestionKind::Stars => AnswerValue::Stars(Stars::parse(3).unwrap()),
            QuestionKind::YesNo => AnswerValue::YesNo(word),
            QuestionKind::Choice => AnswerValue::Choice(question.options[0].id.clone()),
            QuestionKind::Text => AnswerValue::Text(reason("Nada más.").unwrap()),
        },
    });
    let stars = desk
        .survey
        .questions
        .is_empty()
        .then(|| Stars::parse(4).unwrap());
    Command::Rate {
        stars,
        comment: None,
        answers: answers.collect(),
    }
}

/// Tickets from every beginning that a desk knows.
pub fn beginnings(desk: &Desk) -> Vec<(Vec<Recorded>, Ticket)> {
    let starts = [Status::New, Status::Precase, Status::Draft];
    let statuses = starts
        .into_iter()
        .filter(|status| desk.state(*status).is_some());
    let mut tickets = Vec::new();
    for status in statuses {
        for key in categories(desk) {
            let form = desk.form_of(Some(&key));
            let fields = form.into_iter().flat_map(|form| &form.fields);
            let precase = status == Status::Precase;
            let new = NewTicket {
                status,
                category: (!precase).then(|| key.clone()),
                channel: if precase {
                    Channel::Mail
                } else {
                    Channel::Portal
                },
                extra: fields
                    .filter(|_| !precase)
                    .map(|field| (field.id.clone(), answer_of(field)))
                    .collect(),
                ..new_ticket(
                    &key,
                    desk.priority
                        .chosen_by_requester
                        .then_some(&*desk.priority.default),
                )
            };
            let actor = if precase { Actor::System } else { requester() };
            let events = open(desk, new, &actor, monday()).unwrap();
            let history = record(None, events, &actor, monday());
            let ticket = fold(desk, &history).unwrap();
            tickets.push((history, ticket));
        }
    }
    tickets
}

/// What everybody may do in a situation, and when they do it: the next business day, or once silence is over.
pub fn steps(
    desk: &Desk,
    ticket: &Ticket,
    people: &[Actor],
) -> Vec<(Actor, Command, DateTime<Utc>)> {
    let calendar = &desk.calendar;
    let tomorrow = ticket.updated_at + Duration::days(1);
    let now = calendar.next_business_moment(tomorrow).unwrap();
    let mut steps = Vec::new();
    for actor in people {
        if *actor == Actor::System {
            let silence = closes_by_silence_at(ticket, desk).map(|due| due.max(now));
            steps.push((
                actor.clone(),
                Command::CloseBySilence,
                silence.unwrap_or(now),
            ));
            if ticket.status == Status::Draft {
                steps.push((actor.clone(), Command::Confirm, now));
            }
            if let Some(due) = approval_reminder_at(ticket, desk) {
                steps.push((actor.clone(), Command::RemindApprovers, due.max(now)));
            }
            if !ticket.status.is_final() {
                steps.push((actor.clone(), Command::Absorb { from: 79 }, now));
                steps.push((actor.clone(), Command::Release { from: 79 }, now));
            }
        }
        for offer in allowed_commands(ticket, desk, actor) {
            let repeats = offer.command == CommandKind::AddMessage
                && ticket.attended
                && matches!(actor, Actor::Agent { .. });
            if !offer.blocked_by.is_empty() || repeats {
                continue;
            }
            let commands = commands_of(desk, ticket, &offer);
            steps.extend(
                commands
                    .into_iter()
                    .map(|command| (actor.clone(), command, now)),
            );
        }
    }
    steps
}

/// Walks through everything to [`DEPTH`], and lets `look` see each step that was taken.
pub fn explore(
    desk: &Desk,
    mut look: impl FnMut(&[Recorded], &Ticket, &Command, &Actor, &[Event], &Ticket),
) -> Explored {
    let people = people(desk);
    let mut explored = Explored {
        reached: BTreeMap::new(),
        leads_to: BTreeMap::new(),
        complete: false,
    };
    let mut layers: Vec<Vec<Situation>> = vec![Vec::new(); DEPTH + 1];
    for (history, ticket) in beginnings(desk) {
        let here = situation(&ticket, desk);
        let depth = 0;
        let new = Reached {
            history,
            ticket,
            depth,
        };
        if !explored.reached.contains_key(&here) {
            explored.reached.insert(here.clone(), new);
            layers[depth].push(here);
        }
    }
    for depth in 0..DEPTH {
        for here in std::mem::take(&mut layers[depth]) {
            let (ticket, history) = {
                let reached = &explored.reached[&here];
                // It was reached on a shorter way meanwhile, and looked at then.
                if reached.depth < depth {
                    continue;
                }
                (reached.ticket.clone(), reached.history.clone())
            };
            for (actor, command, now) in steps(desk, &ticket, &people) {
                let corrects = corrects(command.kind());
                if corrects && depth >= CORRECTED {
                    continue;
                }
                let Ok(events) = decide(&ticket, desk, &actor, &command, now) else {
                    continue;
                };
                let recorded = record(Some(&ticket), events.clone(), &actor, now);
                let after = recorded.iter().fold(ticket.clone(), |ticket, one| {
                    evolve(Some(ticket), desk, one)
                });
                look(&history, &ticket, &command, &actor, &events, &after);
                let there = situation(&after, desk);
                let known = explored.leads_to.entry(here.clone()).or_default();
                known.insert(there.clone());
                let next = if corrects {
                    (DEPTH - FOLLOWED).max(depth + 1)
                } else {
                    depth + 1
                };
                let closer = explored.reached.get(&there);
                if closer.is_none_or(|reached| reached.depth > next) {
                    let reached = Reached {
                        history: history.iter().cloned().chain(recorded).collect(),
                        ticket: after,
                        depth: next,
                    };
                    explored.reached.insert(there.clone(), reached);
                    layers[next].push(there);
                }
            }
        }
    }
    explored.complete = layers[DEPTH].is_empty();
    explored
}
