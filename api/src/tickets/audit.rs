//! `atiende audit verify`: whether every history is whole, unchanged, and gives the stored ticket.

use diesel::prelude::*;
use shared::ticket::actor::{ActorKind, ActorRef};
use shared::ticket::event::{Event, Recorded};
use shared::ticket::{Ticket, fold};

use super::pipeline::chain;
use super::store;
use crate::db::schema::tickets;
use crate::db::{DbConnection, DbError, JsonText};
use crate::desks::registry::DeskRegistry;

/// What a verification found.
#[derive(Debug, Default)]
pub struct Report {
    /// Tickets looked at.
    pub tickets: usize,
    /// Events looked at.
    pub events: usize,
    /// What is wrong, a sentence each.
    pub faults: Vec<String>,
}

/// Checks every ticket: event numbers without gaps, times that never go back, hashes, and that the fold of the history
/// is the stored ticket (I-4, I-5).
pub fn verify(conn: &mut DbConnection, desks: &DeskRegistry) -> Result<Report, DbError> {
    let mut report = Report::default();
    let mut after = 0_i64;
    loop {
        type Row = (i64, i64, i32, String, Vec<u8>, JsonText<Ticket>);
        let rows: Vec<Row> = tickets::table
            .filter(tickets::id.gt(after))
            .order(tickets::id)
            .limit(200)
            .select((
                tickets::id,
                tickets::desk_id,
                tickets::desk_version,
                tickets::code,
                tickets::head_hash,
                tickets::state,
            ))
            .load(conn)?;
        let Some(last) = rows.last() else {
            return Ok(report);
        };
        after = last.0;
        for (id, desk_id, version, code, head, state) in rows {
            let desk = desks.version(conn, desk_id, version)?;
            let history = store::whole_history(conn, id)?;
            report.tickets += 1;
            report.events += history.len();
            let mut previous: Vec<u8> = Vec::new();
            let mut recorded: Vec<Recorded> = Vec::with_capacity(history.len());
            for (place, (row, hash)) in history.into_iter().enumerate() {
                let seq = u32::try_from(row.seq).unwrap_or(0);
                let kind: ActorKind = row.actor_kind.parse().unwrap_or(ActorKind::System);
                let actor = ActorRef {
                    kind,
                    id: row.actor_id,
                    name: row.actor_name,
                };
                let at = row.at.get();
                previous = chain(&previous, seq, at, &actor, &row.data);
                if previous != hash {
                    report
                        .faults
                        .push(format!("{code}: event {seq} was changed"));
                }
                if usize::try_from(seq).ok() != Some(place + 1) {
                    report
                        .faults
                        .push(format!("{code}: event {seq} stands at place {}", place + 1));
                }
                if recorded.last().is_some_and(|before| before.at > at) {
                    report.faults.push(format!(
                        "{code}: event {seq} is older than the one before it"
                    ));
                }
                match serde_json::from_str::<Event>(&row.data) {
                    Ok(event) => recorded.push(Recorded {
                        seq,
                        at,
                        actor,
                        event,
                    }),
                    Err(error) => report
                        .faults
                        .push(format!("{code}: event {seq} cannot be read: {error}")),
                }
            }
            if previous != head {
                report.faults.push(format!(
                    "{code}: the history does not end where the ticket says"
                ));
            }
            if fold(&desk.profile, &recorded).as_ref() != Some(&state.0) {
                report.faults.push(format!(
                    "{code}: the history gives another ticket than the stored one"
                ));
            }
        }
    }
}
