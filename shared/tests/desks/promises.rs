//! What no step of any desk may break, whoever takes it: who sees what is restricted, what an approval was given for, when a
//! case is given up, and who is responsible.

use std::collections::BTreeSet;

use shared::desk::Desk;
use shared::desk::profile::Need;
use shared::ticket::actor::{Actor, Privilege};
use shared::ticket::command::{Command, CommandKind, Decision, Mark};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::status::Status;
use shared::ticket::{Ticket, allowed_commands, is_restricted, may_see};

/// Looks at one step; `history` is what had happened before it.
pub fn check(
    desk: &Desk,
    people: &[Actor],
    history: &[Recorded],
    (before, command, actor): (&Ticket, &Command, &Actor),
    events: &[Event],
    after: &Ticket,
) {
    let kind = command.kind();
    may_do_it(desk, people, before, kind, actor);
    somebody_sees_it(desk, people, after, kind);
    let every = || {
        let known = history.iter().map(|one| &one.event);
        known.chain(events)
    };
    for event in events {
        match event {
            Event::Solved { .. } if !before.was_sought_enough(desk) => {
                let approved = every().fold(BTreeSet::new(), approved);
                let missing: Vec<_> = demanded(desk, before)
                    .filter(|role| !approved.contains(*role))
                    .collect();
                assert!(missing.is_empty(), "solved by {kind} without {missing:?}");
            }
            Event::StatusChanged {
                to: Status::NotManaged,
                reason,
                ..
            } if reason.as_deref() == Some("no_answer") => {
                let policy = desk.contact_attempts.as_ref().unwrap();
                let mails = every()
                    .filter(|event| matches!(event, Event::FollowUpSent { .. }))
                    .count();
                assert!(
                    !policy.series || mails >= usize::from(policy.count),
                    "given up after {mails} mails"
                );
            }
            _ => {}
        }
    }
    let begins = after.status == Status::InProgress && before.status != Status::InProgress;
    let responsible = desk.moves.iter().any(|row| {
        row.on.contains(&kind)
            && row.from.contains(&before.status)
            && row.needs.contains(&Need::ResponsiblePerson)
    });
    assert!(
        !(begins && responsible) || after.assignee.is_some(),
        "{kind} leaves nobody responsible"
    );
}

/// The roles whose yes stands: a corrected category takes back what was given for another one.
fn approved(mut roles: BTreeSet<String>, event: &Event) -> BTreeSet<String> {
    match event {
        Event::CategoryChanged { .. } => roles.clear(),
        Event::ApprovalDecided {
            approver,
            decision: Decision::Approved,
            ..
        } => {
            roles.insert(approver.clone());
        }
        Event::ApprovalDecided {
            approver,
            decision: Decision::Refused,
            ..
        } => {
            roles.remove(approver);
        }
        _ => {}
    }
    roles
}

/// The roles whose yes the ticket's category demands.
fn demanded<'a>(desk: &'a Desk, ticket: &Ticket) -> impl Iterator<Item = &'a String> {
    let policy = desk.approval_of(ticket.category.as_deref());
    let steps = policy.into_iter().flat_map(|policy| &policy.steps);
    steps.flat_map(|step| &step.all_of)
}

/// What staff do, they hold the right for; whoever reads only does nothing at all.
fn may_do_it(desk: &Desk, people: &[Actor], before: &Ticket, kind: CommandKind, actor: &Actor) {
    let Actor::Agent {
        user_id,
        privileges,
        ..
    } = actor
    else {
        return;
    };
    assert!(privileges.has(Privilege::TicketWork), "{kind} by a reader");
    if privileges.has(Privilege::TicketCoordinate) {
        return;
    }
    assert!(
        !matches!(
            kind,
            CommandKind::Assign
                | CommandKind::Escalate
                | CommandKind::EscalateOnsite
                | CommandKind::SendToVendor
                | CommandKind::ChangePriority
                | CommandKind::ChangeCategory
        ),
        "{kind} by somebody without the right"
    );
    // The same person with every right may do it, too.
    let full = people.iter().find(|other| {
        matches!(other, Actor::Agent { user_id: id, privileges, .. }
            if id == user_id && privileges.has(Privilege::TicketCoordinate))
    });
    let offers = allowed_commands(before, desk, full.unwrap());
    assert!(offers.iter().any(|offer| offer.command == kind));
}

/// C-58: a restricted ticket has somebody who may work on it, and a security incident is the security group's.
fn somebody_sees_it(desk: &Desk, people: &[Actor], after: &Ticket, kind: CommandKind) {
    if !is_restricted(after, desk) || after.status.is_final() {
        return;
    }
    let sees = |actor: &&Actor| {
        matches!(actor, Actor::Agent { privileges, .. } if privileges.has(Privilege::TicketCoordinate))
            && may_see(after, desk, actor)
    };
    assert!(people.iter().any(|actor| sees(&actor)), "{kind} hides it");
    if let Some(group) = desk.security_group()
        && after.marks.contains(&Mark::Security)
    {
        let theirs = |actor: &&Actor| actor.is_member_of(&group.key);
        assert!(
            people.iter().filter(theirs).any(|actor| sees(&actor)),
            "{kind} hides an incident from {}",
            group.key
        );
    }
}
