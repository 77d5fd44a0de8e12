//! The state machine as a whole: every command by everybody in every state gives events or a named
//! refusal, every ticket can end, and a ticket is always the sum of its history.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

use chrono::Duration;
use desks::story::{Story, cast, commands, groups_of, new_ticket, requester};
use proptest::prelude::*;
use shared::desk::Desk;
use shared::ticket::actor::{Actor, AgentRef};
use shared::ticket::command::{Command, CommandKind};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::status::{Status, Visibility};
use shared::ticket::{NewTicket, Refusal, Ticket, allowed_commands, decide, evolve, fold, record};

static INFORTEC: LazyLock<Desk> = LazyLock::new(desks::infortec);
static FULL: LazyLock<Desk> = LazyLock::new(desks::full);

/// Tickets from every beginning that a desk knows.
fn beginnings(desk: &Desk) -> Vec<Story> {
    let starts = [Status::New, Status::Precase, Status::Draft];
    let statuses = starts
        .into_iter()
        .filter(|status| desk.state(*status).is_some());
    let categories: Vec<_> = desk
        .catalog
        .selectable(true)
        .filter(|entry| entry.form.is_none())
        .collect();
    let mut stories = Vec::new();
    for status in statuses {
        for entry in &categories {
            let priority = desk.priority.matrix.is_none().then_some("p2");
            let new = NewTicket {
                status,
                ..new_ticket(&entry.key, priority)
            };
            let actor = if status == Status::Precase {
                Actor::System
            } else {
                requester()
            };
            stories.push(Story::open(desk, new, &actor));
        }
    }
    stories
}

/// What tells one situation from another for the rules of both desks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Situation {
    status: Status,
    reason: Option<String>,
    came_from: Option<Status>,
    level: u8,
    accepted: bool,
    prioritised: bool,
    controlled: bool,
    solved_by: u8,
    attempts: usize,
    approvals: Option<usize>,
}

fn situation(ticket: &Ticket, desk: &Desk) -> Situation {
    let series = ticket
        .attempts
        .iter()
        .filter(|attempt| ticket.heard_at.is_none_or(|heard| attempt.at > heard));
    let at_work = matches!(
        ticket.status,
        Status::InProgress | Status::Escalated | Status::Suspended
    );
    let demanded = desk.approval_of(ticket.category.as_deref());
    let solved_by = ticket
        .solution
        .as_ref()
        .map_or(0, |solution| solution.level.number());
    Situation {
        status: ticket.status,
        reason: ticket.reason.clone(),
        came_from: ticket.came_from,
        level: ticket.level.number(),
        accepted: ticket.accepted_at.is_some(),
        prioritised: ticket.prioritised,
        controlled: ticket.status == Status::New && !ticket.controls.is_empty(),
        solved_by: if ticket.status == Status::Reopened {
            solved_by
        } else {
            0
        },
        attempts: if at_work { series.count().min(3) } else { 0 },
        approvals: demanded.map(|_| {
            ticket
                .approval
                .as_ref()
                .map_or(0, |state| 1 + state.decisions.len())
        }),
    }
}

/// The situations that a desk can come to, each with a ticket, and which one leads to which.
struct Explored {
    tickets: BTreeMap<Situation, Ticket>,
    leads_to: BTreeMap<Situation, BTreeSet<Situation>>,
}

/// Walks through everything that somebody may do, a day later each time. The people are few, as the
/// others differ in nothing that a situation knows.
fn explore(desk: &Desk) -> Explored {
    let people: Vec<Actor> = cast().into_iter().filter(walks).collect();
    // A merged ticket waits for its way back, wherever that is; `ticket_merge` follows it.
    let merges = [CommandKind::MergeInto, CommandKind::Unmerge];
    let commands: Vec<Command> = commands()
        .into_iter()
        .filter(|command| !merges.contains(&command.kind()))
        .collect();
    let mut explored = Explored {
        tickets: BTreeMap::new(),
        leads_to: BTreeMap::new(),
    };
    let mut next: VecDeque<Ticket> = beginnings(desk)
        .into_iter()
        .map(|story| story.ticket)
        .collect();
    while let Some(ticket) = next.pop_front() {
        let here = situation(&ticket, desk);
        if explored.tickets.contains_key(&here) {
            continue;
        }
        let now = ticket.updated_at + Duration::days(1);
        for actor in &people {
            let possible = allowed_commands(&ticket, desk, actor);
            for command in &commands {
                let offered = *actor == Actor::System
                    || possible.iter().any(|offer| offer.command == command.kind());
                if !offered {
                    continue;
                }
                let Ok(events) = decide(&ticket, desk, actor, command, now) else {
                    continue;
                };
                let recorded = record(Some(&ticket), events, actor, now);
                let after = recorded.iter().fold(ticket.clone(), |ticket, one| {
                    evolve(Some(ticket), desk, one)
                });
                let there = situation(&after, desk);
                if !explored.tickets.contains_key(&there) && there != here {
                    next.push_back(after);
                }
                explored
                    .leads_to
                    .entry(here.clone())
                    .or_default()
                    .insert(there);
            }
        }
        explored.tickets.insert(here, ticket);
    }
    explored
}

fn walks(actor: &Actor) -> bool {
    match actor {
        Actor::Requester {
            person_id,
            also_agent,
            ..
        } => *person_id == 1 && also_agent.is_none(),
        Actor::Agent { user_id, .. } => *user_id != 19,
        Actor::Approver { person_id, .. } => *person_id != 1,
        Actor::System => true,
        Actor::ApiClient { .. } => false,
    }
}

fn check_that_everything_can_end(explored: &Explored) {
    let mut ends: BTreeSet<&Situation> = explored
        .tickets
        .keys()
        .filter(|here| here.status.is_final())
        .collect();
    loop {
        let more: Vec<_> = explored
            .leads_to
            .iter()
            .filter(|(here, there)| {
                !ends.contains(here) && there.iter().any(|there| ends.contains(there))
            })
            .map(|(here, _)| here)
            .collect();
        if more.is_empty() {
            break;
        }
        ends.extend(more);
    }
    let stuck: Vec<_> = explored
        .tickets
        .keys()
        .filter(|here| !ends.contains(here))
        .collect();
    assert!(
        stuck.is_empty(),
        "{} situations cannot end, such as {:?}",
        stuck.len(),
        stuck.first()
    );
}

fn check_that_final_states_stay(explored: &Explored) {
    for (here, there) in &explored.leads_to {
        if here.status.is_final() {
            assert!(
                there.iter().all(|there| there.status == here.status),
                "{here:?} leads to {there:?}"
            );
        }
    }
}

/// Every command by everybody in every state: taken only if offered, and refused by name.
fn check_totality(desk: &Desk, explored: &Explored) -> usize {
    let mut seen: BTreeMap<Status, &Ticket> = BTreeMap::new();
    for ticket in explored.tickets.values() {
        seen.entry(ticket.status).or_insert(ticket);
    }
    let commands = commands();
    for ticket in seen.values() {
        for actor in cast() {
            let possible: Vec<CommandKind> = allowed_commands(ticket, desk, &actor)
                .iter()
                .map(|offer| offer.command)
                .collect();
            for command in &commands {
                let kind = command.kind();
                let answer = decide(ticket, desk, &actor, command, ticket.updated_at);
                if let Err(Refusal::NotAllowedInState {
                    command,
                    status,
                    allowed,
                }) = &answer
                {
                    assert_eq!((*command, *status), (kind, ticket.status));
                    assert!(allowed.iter().all(|kind| possible.contains(kind)));
                }
                let offered = possible.contains(&kind) || actor == Actor::System;
                assert!(
                    offered || answer.is_err(),
                    "{kind} by {actor:?} in {} is taken but not offered",
                    ticket.status
                );
                assert!(
                    answer.is_err() || !answer.is_ok_and(|events| events.is_empty()),
                    "{kind} gave nothing"
                );
            }
        }
    }
    seen.len()
}

#[test]
fn the_shipped_desk_is_total_and_every_ticket_can_end() {
    let desk = desks::infortec();
    let explored = explore(&desk);
    assert_eq!(
        check_totality(&desk, &explored),
        5,
        "reopened goes on at once, so no ticket rests there"
    );
    check_that_everything_can_end(&explored);
    check_that_final_states_stay(&explored);
}

#[test]
fn a_desk_with_all_states_is_total_and_every_ticket_can_end() {
    let desk = desks::full();
    let explored = explore(&desk);
    assert_eq!(check_totality(&desk, &explored), 14);
    check_that_everything_can_end(&explored);
    check_that_final_states_stay(&explored);
}

#[test]
fn any_event_on_any_ticket_gives_a_ticket() {
    let desk = desks::full();
    let histories: Vec<Vec<Recorded>> = explore_some(&desk);
    let events: Vec<Recorded> = histories.into_iter().flatten().collect();
    for recorded in &events {
        let alone = evolve(None, &desk, recorded);
        for other in events.iter().step_by(7) {
            let _ = evolve(Some(alone.clone()), &desk, other);
        }
    }
}

fn explore_some(desk: &Desk) -> Vec<Vec<Recorded>> {
    let mut histories = Vec::new();
    for mut story in beginnings(desk) {
        for command in commands() {
            for actor in cast() {
                let _ = story.give(&actor, command.clone());
            }
        }
        histories.push(story.history);
    }
    histories
}

/// What must hold after whatever happened.
fn check_invariants(desk: &Desk, story: &Story) {
    let ticket = &story.ticket;
    check_assignment(desk, ticket);
    check_suspension(desk, story);
    check_outcomes(story);
    check_spans(desk, ticket);
    check_priority(desk, story);
    if let Some(policy) = desk.approval_of(ticket.category.as_deref()) {
        let never_approved = ticket
            .approval
            .as_ref()
            .is_none_or(|state| state.policy != policy.key);
        let began_with_it = story
            .history
            .iter()
            .all(|recorded| !matches!(recorded.event, Event::CategoryChanged { .. }));
        assert!(
            !(began_with_it && never_approved && ticket.status == Status::InProgress),
            "work before approval"
        );
    }
}

/// Numbers without gaps, times that never decrease, and each prefix gives what it gave then.
fn check_history(desk: &Desk, story: &Story) {
    let mut before: Option<Ticket> = None;
    for (recorded, seq) in story.history.iter().zip(1..) {
        assert_eq!(recorded.seq, seq);
        assert!(
            before
                .as_ref()
                .is_none_or(|ticket| ticket.updated_at <= recorded.at)
        );
        before = Some(evolve(before, desk, recorded));
    }
    assert_eq!(before.as_ref(), Some(&story.ticket));
    let json = serde_json::to_string(&story.history).unwrap();
    let read: Vec<Recorded> = serde_json::from_str(&json).unwrap();
    assert_eq!(fold(desk, &read).as_ref(), Some(&story.ticket));
    let state = serde_json::to_string(&story.ticket).unwrap();
    assert_eq!(
        serde_json::from_str::<Ticket>(&state).unwrap(),
        story.ticket
    );
}

/// The agent in charge belongs to the group in charge, and the group works at the level (I-18).
fn check_assignment(desk: &Desk, ticket: &Ticket) {
    if let (Some(agent), Some(group)) = (&ticket.assignee, &ticket.group) {
        assert!(
            groups_of(agent).contains(group),
            "{agent:?} is not in {group}"
        );
    }
    if let Some(group) = &ticket.group {
        let level = desk.level(ticket.level).unwrap();
        assert!(
            level.groups.contains(group) || level.onsite.contains(group),
            "{group} is not at level {}",
            ticket.level
        );
    }
}

/// A suspended ticket says why, and the requester has read it (I-6).
fn check_suspension(desk: &Desk, story: &Story) {
    if story.ticket.status != Status::Suspended {
        return;
    }
    assert!(
        story
            .ticket
            .reason
            .as_deref()
            .is_some_and(|id| desk.reason(Status::Suspended, id).is_some())
    );
    let public = story.history.iter().any(|recorded| {
        matches!(
            &recorded.event,
            Event::StatusChanged {
                to: Status::Suspended,
                note: Some(_),
                note_visibility: Visibility::Public,
                ..
            }
        )
    });
    assert!(public, "nothing that the requester can read");
}

/// Outcomes have texts, rejections reopen once each, and there is one rating for each outcome at most.
fn check_outcomes(story: &Story) {
    let events = || story.history.iter().map(|recorded| &recorded.event);
    let reopenings = events().filter(|event| matches!(event, Event::StatusChanged { from, to, .. } if from.is_settled() && to.is_open())).count();
    assert_eq!(story.ticket.reopen_count as usize, reopenings);
    let rejections = events()
        .filter(|event| matches!(event, Event::SolutionRejected { .. }))
        .count();
    assert!(rejections <= reopenings);
    let mut rated = BTreeSet::new();
    let mut cycles = 0;
    for event in events() {
        match event {
            Event::Solved { cycle, .. } | Event::DeclaredUnsolvable { cycle, .. } => {
                cycles += 1;
                assert_eq!(*cycle, cycles);
            }
            Event::Rated { cycle, .. } => {
                assert_eq!(*cycle, cycles, "only the present outcome is rated");
                assert!(*cycle > 0 && rated.insert(*cycle), "rated twice");
            }
            _ => {}
        }
    }
    assert!(!story.ticket.status.is_settled() || story.ticket.solution.is_some());
}

/// Spans are in order, and the last one says what holds now.
fn check_spans(desk: &Desk, ticket: &Ticket) {
    assert!(ticket.spans.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let last = ticket.spans.last().unwrap();
    assert_eq!(
        last.effect,
        desk.clock_effect(ticket.status, ticket.reason.as_deref())
    );
    assert_eq!(
        (last.level, last.attended),
        (ticket.level.number(), ticket.attended)
    );
    assert_eq!(last.priority.as_deref(), Some(ticket.priority.as_str()));
    assert_eq!(ticket.spans[0].at, ticket.created_at);
}

/// The matrix gives the priority unless somebody overrode it with a reason (I-21).
fn check_priority(desk: &Desk, story: &Story) {
    for recorded in &story.history {
        let Event::PriorityChanged {
            to,
            impact: Some(impact),
            urgency: Some(urgency),
            reason,
            ..
        } = &recorded.event
        else {
            continue;
        };
        if let Some(matrix) = &desk.priority.matrix {
            assert!(matrix.priority(impact, urgency) == Some(to) || reason.is_some());
        }
    }
    assert!(desk.priority.get(&story.ticket.priority).is_some());
}

/// One step of a random story: who, what, and how many minutes later.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, u16)>> {
    let step = (0..cast().len(), 0..commands().len(), 0..3000_u16);
    prop::collection::vec(step, 1..120)
}

fn play(desk: &Desk, beginning: usize, steps: &[(usize, usize, u16)]) {
    let beginnings = beginnings(desk);
    let mut story = beginnings[beginning % beginnings.len()].clone();
    let (cast, commands) = (cast(), commands());
    for (who, what, minutes) in steps {
        story.passes(Duration::minutes(i64::from(*minutes)));
        let actor = &cast[*who];
        // Half of the steps do something that is possible, so that stories go somewhere.
        let possible = allowed_commands(&story.ticket, desk, actor);
        let fitting: Vec<&Command> = commands
            .iter()
            .filter(|command| possible.iter().any(|offer| offer.command == command.kind()))
            .collect();
        let command = if what % 2 == 0 || fitting.is_empty() {
            &commands[*what]
        } else {
            fitting[what % fitting.len()]
        };
        let was_final = story.ticket.status.is_final();
        let status = story.ticket.status;
        let taken = story.give(actor, command.clone()).is_ok();
        let leaves = command.kind() != CommandKind::Unmerge;
        assert!(!(was_final && leaves && story.ticket.status != status));
        if taken {
            check_invariants(desk, &story);
        }
    }
    check_history(desk, &story);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn random_stories_of_the_shipped_desk_keep_every_promise(beginning in 0..8_usize, steps in steps()) {
        play(&INFORTEC, beginning, &steps);
    }

    #[test]
    fn random_stories_of_a_desk_with_all_states_keep_every_promise(beginning in 0..12_usize, steps in steps()) {
        play(&FULL, beginning, &steps);
    }

    #[test]
    fn a_number_has_one_code_and_a_code_one_number(first in 0..i64::MAX / 10, second in 0..i64::MAX / 10) {
        let code = INFORTEC.code.clone();
        prop_assert_eq!(code.number(&code.code(first)), Some(first));
        prop_assert_eq!(code.code(first) == code.code(second), first == second);
    }
}

#[test]
fn whoever_is_in_charge_is_somebody_of_the_cast() {
    let ben = AgentRef {
        id: 10,
        name: "Ben Ruiz".into(),
    };
    assert_eq!(groups_of(&ben), ["mesa"]);
}
