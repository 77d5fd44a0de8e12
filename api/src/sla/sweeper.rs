//! Writes the timed effects that became due.

use chrono::{DateTime, Utc};
use shared::sla::clock::DueWhat;
use shared::ticket::command::Command;
use shared::ticket::{Ticket, approval_reminder_at, closes_by_silence_at, waits_for_children};

use crate::db::{Db, DbConnection};
use crate::desks::registry::{DeskRegistry, InstalledDesk};
use crate::tickets::commands::run_system;
use crate::tickets::error::TicketError;
use crate::tickets::pipeline::{FAMILY_GLANCE, next_effect_at, unwritten_effect};
use crate::tickets::relations::has_open_children;
use crate::tickets::store;

/// Tickets of one round; the next round follows at once when it was full.
pub const BATCH: usize = 200;

/// Writes everything that became due up to `now`; gives the number of tickets looked at.
///
/// Each ticket is a transaction of its own, so that one bad ticket does not hold up the others; it is looked at again after
/// a wait that doubles, so that a batch of them does not hold up the others either. Two workers that meet at
/// one ticket wait for each other and the second finds nothing left to do.
pub async fn run_once(
    db: &Db,
    desks: &DeskRegistry,
    now: DateTime<Utc>,
) -> Result<usize, TicketError> {
    let due = db
        .read(move |conn: &mut DbConnection| {
            store::due_for_effects(conn, now, BATCH as i64).map_err(TicketError::from)
        })
        .await?;
    for id in &due {
        let (id, desks) = (*id, desks.clone());
        let done: Result<(), TicketError> =
            db.write(move |conn| sweep(conn, &desks, id, now)).await;
        if let Err(error) = done {
            let put_off = db
                .write(move |conn| store::put_off_effects(conn, id, now).map_err(TicketError::from))
                .await;
            let next = put_off.map_or_else(
                |error| format!("unknown: {error}"),
                |next| next.to_rfc3339(),
            );
            tracing::error!(ticket.id = id, error = %error, next_try = %next, "a timed effect could not be written");
        }
    }
    Ok(due.len())
}

fn sweep(
    conn: &mut DbConnection,
    desks: &DeskRegistry,
    id: i64,
    now: DateTime<Utc>,
) -> Result<(), TicketError> {
    // A bound on what one visit may write: every effect of both clocks in every start is far below it.
    for _ in 0..64 {
        let Some(record) = store::load_by_id(conn, id)? else {
            return Ok(());
        };
        let desk = desks.version(conn, record.desk_id, record.desk_version)?;
        let closing = closing_command(&record.state, &desk, now);
        let held = closing.is_some() && has_open_children(conn, id)?;
        let command = next_command(&record.state, &desk, now).or_else(|| closing.filter(|_| !held));
        let Some(command) = command else {
            // Nothing to write, e.g. because somebody else did: look again when the next effect is due, and at what only waits for
            // those under it to end before long.
            let next = next_effect_at(&record.state, &desk, now).filter(|at| *at > now);
            let again = held.then(|| now + FAMILY_GLANCE);
            let next = [next, again].into_iter().flatten().min();
            store::set_next_effect(conn, id, next)?;
            return Ok(());
        };
        run_system(conn, &desk, record, &command, now)?;
    }
    Ok(())
}

/// The earliest effect that is due and not written yet, but for the end of the ticket.
fn next_command(ticket: &Ticket, desk: &InstalledDesk, now: DateTime<Utc>) -> Option<Command> {
    let unwritten = unwritten_effect(ticket, desk, now);
    if let Some(effect) = unwritten {
        let clock = effect.clock;
        return Some(match effect.what {
            DueWhat::Warning(percent) => Command::RecordWarning {
                clock,
                percent,
                generation: effect.generation,
                due_at: effect.at,
            },
            DueWhat::Breach => Command::RecordBreach {
                clock,
                generation: effect.generation,
                due_at: effect.at,
            },
        });
    }
    approval_reminder_at(ticket, &desk.profile)
        .filter(|at| *at <= now)
        .map(|_| Command::RemindApprovers)
}

/// What closes the ticket by itself, unless tickets under it are open.
fn closing_command(ticket: &Ticket, desk: &InstalledDesk, now: DateTime<Utc>) -> Option<Command> {
    if waits_for_children(ticket, &desk.profile) {
        return Some(Command::Continue);
    }
    closes_by_silence_at(ticket, &desk.profile)
        .filter(|at| *at <= now)
        .map(|_| Command::CloseBySilence)
}
