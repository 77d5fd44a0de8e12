//! `atiende audit verify`.

use crate::app::StartError;
use crate::config::Settings;
use crate::db::{Db, DbConnection};
use crate::desks::registry::DeskRegistry;
use crate::tickets::audit;

/// What to check.
#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Check that every ticket's history is whole, unchanged, and gives the stored ticket.
    Verify,
}

pub(super) fn run(settings: &Settings, action: &Action) -> Result<(), StartError> {
    let Action::Verify = action;
    let db = Db::open(&settings.database)?;
    let report = db.read_blocking(|conn: &mut DbConnection| {
        audit::verify(conn, &DeskRegistry::default()).map_err(StartError::from)
    })?;
    println!("{} tickets, {} events", report.tickets, report.events);
    if report.faults.is_empty() {
        println!("every history is whole and unchanged");
        return Ok(());
    }
    Err(StartError::Other(format!(
        "{} faults\n{}",
        report.faults.len(),
        report.faults.join("\n")
    )))
}
