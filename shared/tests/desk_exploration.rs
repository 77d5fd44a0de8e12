//! Every desk as a whole: whatever anybody may do, to a depth of twelve commands, keeps the promises of the rules; every
//! state is reached, every ticket can end, and what has ended stays so.
#![cfg(feature = "desk-files")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod desks;

use std::collections::BTreeSet;

use chrono::Duration;
use desks::explore::{DEPTH, Explored, Situation, beginnings, categories, explore, people, steps};
use desks::promises;
use desks::story::{agent_with, cast, commands, requester};
use proptest::prelude::*;
use shared::desk::Desk;
use shared::desk::profile::{Move, MoveTo, Need};
use shared::ticket::actor::{Actor, Privilege};
use shared::ticket::command::{Command, CommandKind};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::status::{Level, Status, Visibility};
use shared::ticket::{Refusal, Ticket, allowed_commands, decide, evolve, fold, record};

/// I-3, I-6 to I-12, I-18, I-21 and I-39, for one step.
fn check_step(
    desk: &Desk,
    before: &Ticket,
    command: &Command,
    actor: &Actor,
    events: &[Event],
    after: &Ticket,
) {
    let kind = command.kind();
    assert!(!before.status.is_final(), "{kind} on a final ticket");
    // a state is left by a row of the table or by a merge, and by nothing else.
    let mut here = before.status;
    for event in events {
        if let Event::StatusChanged { from, to, .. } = event {
            assert_eq!(*from, here, "{kind}");
            let leads = |row: &Move| match row.to {
                MoveTo::State(state) => state == *to,
                MoveTo::Back(_) => before.came_from == Some(*to),
            };
            let rows = desk.moves.iter();
            assert!(
                from == to
                    || rows
                        .into_iter()
                        .any(|row| row.from.contains(from) && leads(row)),
                "{kind} moves from {from} to {to}"
            );
            here = *to;
        }
    }
    assert!(
        here == after.status || kind == CommandKind::MergeInto,
        "{kind} leaves the table"
    );
    assert!(before.updated_at <= after.updated_at && before.last_seq < after.last_seq);
    assert!(!events.is_empty());
    if after.status == Status::Suspended && before.status != Status::Suspended {
        assert!(after.reason.is_some(), "{kind} suspends without a reason");
    }
    for event in events {
        match event {
            Event::StatusChanged {
                to: Status::NotManaged,
                reason,
                ..
            } => {
                let silence = desk
                    .reason(Status::NotManaged, reason.as_deref().unwrap_or(""))
                    .is_some_and(|one| one.id == "no_answer");
                let days: BTreeSet<_> = before
                    .attempts
                    .iter()
                    .map(|one| one.at.date_naive())
                    .collect();
                assert!(
                    !silence || (before.attempts.len() >= 3 && days.len() >= 2),
                    "given up too early"
                );
            }
            Event::Solved {
                solution, cycle, ..
            } => {
                assert!(!solution.as_str().trim().is_empty());
                assert_eq!(*cycle, before.cycle() + 1);
            }
            Event::SolutionRejected { reason, .. } => {
                assert!(reason.is_some());
                assert_eq!(after.reopen_count, before.reopen_count + 1);
            }
            Event::Rated { cycle, .. } => {
                assert!(
                    before.status.is_settled() && *cycle == before.cycle() && !before.is_rated()
                );
                assert!(matches!(actor, Actor::Requester { .. }));
            }
            Event::ApprovalDecided { .. } => {
                assert!(matches!(
                    actor,
                    Actor::Approver { .. } | Actor::Agent { .. }
                ));
            }
            Event::Escalated {
                from_level,
                to_level,
                ..
            } => {
                assert!(Level::ALL.contains(to_level) && *from_level == before.level);
            }
            _ => {}
        }
    }
    // A category that is corrected at work asks for its approval before the solution.
    let waited = matches!(
        before.status,
        Status::Draft | Status::Precase | Status::New | Status::AwaitingApproval
    );
    // What was at work before it was asked about goes on where it was when the desk takes its request back.
    let goes_back = before.status == Status::AwaitingApproval
        && before.came_from == Some(Status::InProgress)
        && kind == CommandKind::Resume;
    let begins = after.status == Status::InProgress && waited && !goes_back;
    if let Some(policy) = desk
        .approval_of(after.category.as_deref())
        .filter(|_| begins)
    {
        let state = after
            .approval
            .as_ref()
            .filter(|state| state.policy == policy.key);
        assert!(
            state.is_some_and(|state| state.pending.is_empty()),
            "work before approval by {kind}"
        );
    }
    if let Some(group) = &after.group {
        let level = desk.level(after.level).unwrap();
        assert!(
            level.groups.contains(group) || level.onsite.contains(group),
            "{group} is not at level {}",
            after.level
        );
    }
    assert!(desk.priority.get(&after.priority).is_some());
    assert!(
        desk.state(after.status).is_some(),
        "{} is not used",
        after.status
    );
    let last = after.spans.last().unwrap();
    assert_eq!(
        last.effect,
        desk.clock_effect(after.status, after.reason.as_deref())
    );
    assert_eq!(
        (last.level, last.attended),
        (after.level.number(), after.attended)
    );
}

fn can_end(explored: &Explored) -> BTreeSet<&Situation> {
    let mut ends: BTreeSet<&Situation> = explored
        .reached
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
            return ends;
        }
        ends.extend(more);
    }
}

fn check_desk(desk: &Desk) {
    let mut passed: BTreeSet<Status> = beginnings(desk)
        .iter()
        .map(|(_, ticket)| ticket.status)
        .collect();
    let cast = people(desk);
    let mut tried = BTreeSet::new();
    let explored = explore(desk, |history, before, command, actor, events, after| {
        tried.insert(command.kind());
        promises::check(
            desk,
            &cast,
            history,
            (before, command, actor),
            events,
            after,
        );
        // What was merged is closed, and can come back.
        if before.merged.is_none() {
            check_step(desk, before, command, actor, events, after);
        }
        passed.extend(events.iter().filter_map(|event| match event {
            Event::StatusChanged { to, .. } => Some(*to),
            _ => None,
        }));
    });
    println!(
        "{}: {} situations, complete: {}",
        desk.slug,
        explored.reached.len(),
        explored.complete
    );
    // Every state is reached; what the product leaves at once is passed through.
    let used: BTreeSet<Status> = desk.states.iter().map(|state| state.is).collect();
    assert_eq!(passed, used, "{}", desk.slug);
    // Every ticket that has not come to the last depth can end; one at the last depth has not been asked yet.
    let ends = can_end(&explored);
    for (here, reached) in &explored.reached {
        let asked = reached.depth + 6 <= DEPTH || explored.complete;
        assert!(
            !asked || ends.contains(here),
            "{}: {here:?} cannot end",
            desk.slug
        );
    }
    // What has ended stays so.
    assert!(explored.leads_to.keys().all(|here| !here.status.is_final()));
    for kind in [
        CommandKind::ChangeCategory,
        CommandKind::SetMark,
        CommandKind::MergeInto,
        CommandKind::Unmerge,
        CommandKind::LinkParent,
        CommandKind::Absorb,
    ] {
        let possible = kind != CommandKind::ChangeCategory || categories(desk).len() > 1;
        assert!(!possible || tried.contains(&kind), "{kind} was not tried");
    }
    let reminds = desk
        .approvals
        .iter()
        .any(|policy| policy.remind_after.is_some());
    assert_eq!(tried.contains(&CommandKind::RemindApprovers), reminds);
    // A ticket is the sum of its history, at each of its steps.
    for reached in explored.reached.values().step_by(7) {
        check_history(desk, &reached.history, &reached.ticket);
    }
    check_totality(desk, &explored);
}

/// I-4 and I-5: numbers without gaps, times that never go back, and each prefix read back gives what it gave.
fn check_history(desk: &Desk, history: &[Recorded], ticket: &Ticket) {
    let mut before: Option<Ticket> = None;
    for (recorded, seq) in history.iter().zip(1..) {
        assert_eq!(recorded.seq, seq);
        assert!(
            before
                .as_ref()
                .is_none_or(|ticket| ticket.updated_at <= recorded.at)
        );
        before = Some(evolve(before, desk, recorded));
    }
    assert_eq!(before.as_ref(), Some(ticket));
    let read: Vec<Recorded> =
        serde_json::from_str(&serde_json::to_string(history).unwrap()).unwrap();
    assert_eq!(fold(desk, &read).as_ref(), Some(ticket));
    let state: Ticket = serde_json::from_str(&serde_json::to_string(ticket).unwrap()).unwrap();
    assert_eq!(state, *ticket);
}

/// I-1: every command by everybody in every state gives events that were offered, or a named refusal.
fn check_totality(desk: &Desk, explored: &Explored) {
    let mut seen = BTreeSet::new();
    let people: Vec<Actor> = people(desk).into_iter().chain(cast()).collect();
    let commands = commands();
    for reached in explored.reached.values() {
        let ticket = &reached.ticket;
        if !seen.insert((ticket.status, ticket.reason.clone())) {
            continue;
        }
        for actor in &people {
            let offers = allowed_commands(ticket, desk, actor);
            for command in &commands {
                let answer = decide(ticket, desk, actor, command, ticket.updated_at);
                let offered = offers.iter().any(|offer| offer.command == command.kind());
                assert!(
                    offered || *actor == Actor::System || answer.is_err(),
                    "{} by {actor:?} in {}",
                    command.kind(),
                    ticket.status
                );
                if let Err(Refusal::NotAllowedInState {
                    status,
                    command: kind,
                    ..
                }) = &answer
                {
                    assert_eq!((*status, *kind), (ticket.status, command.kind()));
                }
            }
        }
    }
}

#[test]
fn infortec_is_total_and_every_ticket_can_end() {
    check_desk(&desks::load_folder("infortec").0);
}

///
#[test]
fn icetex_is_total_and_every_ticket_can_end() {
    check_desk(&desks::load_folder("icetex").0);
}

///
#[test]
fn uspec_is_total_and_every_ticket_can_end() {
    check_desk(&desks::load_folder("uspec").0);
}

///
#[test]
fn victimas_is_total_and_every_ticket_can_end() {
    check_desk(&desks::load_folder("victimas").0);
}

#[test]
fn the_library_is_total_and_every_ticket_can_end() {
    check_desk(&desks::library());
}

/// Every data need of every move is asked by every command that follows it: what an offer asks cannot be left out.
#[test]
fn no_offer_is_taken_without_what_it_asks() {
    for desk in desks::all() {
        let people = people(&desk);
        let mut asked = 0;
        for (_, ticket) in beginnings(&desk) {
            for actor in &people {
                for offer in allowed_commands(&ticket, &desk, actor) {
                    let given = steps(&desk, &ticket, std::slice::from_ref(actor));
                    for (_, command, now) in given
                        .iter()
                        .filter(|(_, command, _)| command.kind() == offer.command)
                    {
                        if decide(&ticket, &desk, actor, command, *now).is_err() {
                            continue;
                        }
                        for need in offer
                            .needs
                            .iter()
                            .filter(|need| **need != Need::GroupOrAssignee)
                        {
                            let Some(bare) = desks::table::without(command, *need) else {
                                continue;
                            };
                            let answer = decide(&ticket, &desk, actor, &bare, *now);
                            // Another row of the table may do without it, but then it leads elsewhere or waits.
                            let elsewhere = answer != decide(&ticket, &desk, actor, command, *now);
                            assert!(
                                answer.is_err() || elsewhere,
                                "{} without {need}",
                                offer.command
                            );
                            asked += usize::from(answer.is_err());
                        }
                    }
                }
            }
        }
        assert!(asked > 0 || desk.slug == "infortec", "{}", desk.slug);
    }
}

fn stories() -> impl Strategy<Value = Vec<(usize, u16)>> {
    prop::collection::vec((0..10_000_usize, 0..3000_u16), 1..60)
}

/// A random story by the offers of the desk; each step checked, and its history at the end.
fn play(desk: &Desk, beginning: usize, story: &[(usize, u16)]) {
    let people = people(desk);
    let mut beginnings = beginnings(desk);
    let place = beginning % beginnings.len();
    let (mut history, mut ticket) = beginnings.swap_remove(place);
    for (pick, minutes) in story {
        let possible = steps(desk, &ticket, &people);
        if possible.is_empty() || (ticket.status.is_final() && ticket.merged.is_none()) {
            break;
        }
        let (actor, command, at) = &possible[pick % possible.len()];
        let now = *at + Duration::minutes(i64::from(*minutes));
        let Ok(events) = decide(&ticket, desk, actor, command, now) else {
            continue;
        };
        let recorded = record(Some(&ticket), events.clone(), actor, now);
        let after = recorded.iter().fold(ticket.clone(), |ticket, one| {
            evolve(Some(ticket), desk, one)
        });
        promises::check(
            desk,
            &people,
            &history,
            (&ticket, command, actor),
            &events,
            &after,
        );
        if ticket.merged.is_none() {
            check_step(desk, &ticket, command, actor, &events, &after);
        }
        history.extend(recorded);
        ticket = after;
    }
    check_history(desk, &history, &ticket);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_stories_of_every_desk_keep_every_promise(desk in 0..5_usize, beginning in 0..100_usize, story in stories()) {
        play(&DESKS[desk], beginning, &story);
    }
}

///
#[test]
fn each_desk_has_its_own_catalogue_services_and_times() {
    let desks: Vec<Desk> = desks::SHIPPED
        .iter()
        .map(|slug| desks::load_folder(slug).0)
        .collect();
    for (index, desk) in desks.iter().enumerate() {
        let services: BTreeSet<_> = desk
            .catalog
            .entries
            .iter()
            .map(|one| &one.path[0])
            .collect();
        assert!(!services.is_empty() && !desk.sla.targets.is_empty());
        for other in &desks[index + 1..] {
            let keys = |desk: &Desk| -> BTreeSet<String> {
                desk.catalog
                    .entries
                    .iter()
                    .map(|one| one.key.clone())
                    .collect()
            };
            assert_ne!(keys(desk), keys(other), "{} {}", desk.slug, other.slug);
        }
    }
    // What changes at one desk leaves the others as they are.
    assert_ne!(desks[0].sla.targets, desks[2].sla.targets);
    assert!(desks[1].catalog.get("eset").is_none() && desks[0].catalog.get("eset").is_some());
}

/// a service is the first level of the catalogue, with the categories under it; it belongs to whose group attends it.
#[test]
fn a_service_is_a_set_of_categories_and_belongs_to_a_group() {
    let desk = desks::load_folder("victimas").0;
    let mut services: std::collections::BTreeMap<String, BTreeSet<String>> = Default::default();
    for entry in &desk.catalog.entries {
        assert!(entry.path.len() > 1, "{} is of no service", entry.key);
        let group = entry.group_2.clone().or(entry.group.clone()).unwrap();
        assert!(desk.group(&group).is_some());
        services
            .entry(entry.path[0].clone())
            .or_default()
            .insert(group);
    }
    assert!(services.len() > 3);
    assert_ne!(
        services["Infraestructura"],
        services["Sistemas de información"]
    );
}

static DESKS: std::sync::LazyLock<Vec<Desk>> = std::sync::LazyLock::new(desks::all);

/// R-166; I-9, I-17 and I-38: a merge closes with a pointer and gives everything back, silence never closes what was answered.
#[test]
fn a_duplicate_is_closed_with_a_pointer_and_comes_back_as_it_was() {
    for desk in desks::all() {
        let agents: Vec<Actor> = people(&desk)
            .into_iter()
            .filter(|actor| matches!(actor, Actor::Agent { .. }))
            .collect();
        for (history, before) in beginnings(&desk) {
            let Some(agent) = agents
                .iter()
                .find(|agent| shared::ticket::may_see(&before, &desk, agent))
            else {
                continue;
            };
            if before.status == Status::Draft {
                continue;
            }
            let mut story = desks::story::Story {
                desk: desk.clone(),
                history,
                ticket: before.clone(),
                now: before.updated_at,
            };
            story.passes(Duration::hours(1));
            // It takes the right to work on tickets; nobody else is offered it.
            let groups: Vec<_> = before.group.iter().map(String::as_str).collect();
            for bystander in [
                agent_with(&[Privilege::TicketRead, Privilege::TicketCreate], &groups),
                requester(),
            ] {
                assert!(matches!(
                    story.refuses(&bystander, Command::MergeInto { into: 77 }),
                    Refusal::NotPermitted { .. }
                ));
                let offers = allowed_commands(&story.ticket, &desk, &bystander);
                assert!(
                    offers
                        .iter()
                        .all(|one| one.command != CommandKind::MergeInto)
                );
            }
            story.does(agent, Command::MergeInto { into: 77 });
            assert_eq!(story.ticket.status, Status::Closed);
            assert_eq!(
                story.ticket.merged.as_ref().map(|merged| merged.into),
                Some(77)
            );
            let offers = allowed_commands(&story.ticket, &desk, agent);
            assert_eq!(
                offers.iter().map(|offer| offer.command).collect::<Vec<_>>(),
                [CommandKind::Unmerge]
            );
            let message = Command::AddMessage {
                message_id: 9,
                visibility: Visibility::Public,
            };
            assert!(matches!(
                story.refuses(agent, message),
                Refusal::NotAllowedInState { .. }
            ));
            assert!(matches!(
                story.refuses(&requester(), Command::Unmerge),
                Refusal::NotPermitted { .. }
            ));
            story.passes(Duration::hours(3));
            story.does(agent, Command::Unmerge);
            let after = &story.ticket;
            assert_eq!(
                (
                    after.status,
                    &after.reason,
                    &after.group,
                    after.merged.is_none()
                ),
                (before.status, &before.reason, &before.group, true)
            );
            check_history(&desk, &story.history, &story.ticket);
            // The ticket that goes on knows its duplicates, and is no duplicate itself while it has any.
            let mut target = story.clone();
            target.does(&Actor::System, Command::Absorb { from: 5 });
            assert!(matches!(
                target.refuses(&Actor::System, Command::Absorb { from: 5 }),
                Refusal::Conflict { .. }
            ));
            assert!(matches!(
                target.refuses(agent, Command::Absorb { from: 6 }),
                Refusal::NotPermitted { .. }
            ));
            assert!(matches!(
                target.refuses(agent, Command::MergeInto { into: 77 }),
                Refusal::Conflict { .. }
            ));
            target.does(&Actor::System, Command::Release { from: 5 });
            assert!(target.ticket.absorbed.is_empty());
        }
    }
}
