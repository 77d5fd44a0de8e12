//! `atiende audit verify`.

use crate::app::StartError;
use crate::attachments::storage::Files;
use crate::config::Settings;
use crate::db::{Db, DbConnection};
use crate::desks::registry::DeskRegistry;
use crate::tickets::audit::{self, FileReport};

/// What to check.
#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Check that every ticket's history is whole, unchanged, and gives the stored ticket, and so the changes of approvers.
    Verify {
        /// Also read every stored file and compare its bytes with the recorded checksum.
        #[arg(long)]
        files: bool,
    },
}

pub(super) fn run(settings: &Settings, action: &Action) -> Result<(), StartError> {
    let Action::Verify { files } = action;
    let db = Db::open(&settings.database)?;
    // Rows and histories of the same moment: the service may be at work meanwhile.
    let report = db.read_snapshot_blocking(|conn: &mut DbConnection| {
        audit::verify(conn, &DeskRegistry::default()).map_err(StartError::from)
    })?;
    println!(
        "{} tickets, {} events, {} changes of approvers",
        report.tickets, report.events, report.appointments
    );
    let mut faults = report.faults;
    if *files {
        let FileReport {
            files,
            faults: of_files,
        } = read_files(settings, &db)?;
        println!("{files} files read");
        faults.extend(of_files);
    }
    if faults.is_empty() {
        println!("every history is whole and gives what is stored");
        return Ok(());
    }
    Err(StartError::Other(format!(
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    )))
}

fn read_files(settings: &Settings, db: &Db) -> Result<FileReport, StartError> {
    let store = Files::open(&settings.storage)?;
    actix_web::rt::System::new()
        .block_on(audit::verify_files(db, &store))
        .map_err(StartError::from)
}
