//! `atiende desk check | diff | apply | export | list`.

use std::path::{Path, PathBuf};

use shared::desk::Desk;
use shared::desk::load::{DeskError, Warning, load};

use crate::app::StartError;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Db, DbConnection};
use crate::desks::apply::{self, ApplyError, apply};
use crate::desks::registry::DeskRegistry;
use crate::desks::store;

/// What to do with a desk's folder.
#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Check the files of a folder; every error with its file and line.
    Check {
        /// The desk's folder.
        folder: PathBuf,
    },
    /// Tell what applying a folder would change.
    Diff {
        /// The desk's folder.
        folder: PathBuf,
    },
    /// Install a folder as a new version of its desk.
    Apply {
        /// The desk's folder.
        folder: PathBuf,
        /// Who applies it, for the record.
        #[arg(long, default_value = "command line")]
        author: String,
    },
    /// Write the files of an installed desk into a folder.
    Export {
        /// The desk's address part.
        slug: String,
        /// The folder; made when missing.
        folder: PathBuf,
    },
    /// List the installed desks.
    List,
}

impl From<ApplyError> for StartError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Db(error) => Self::Db(error),
            other => Self::Other(other.to_string()),
        }
    }
}

/// The files of a desk folder: path inside the folder, text.
pub(super) type Files = Vec<(String, String)>;

pub(super) fn run(settings: &Settings, action: Action) -> Result<(), StartError> {
    match action {
        Action::Check { folder } => {
            let (desk, _, warnings) = read(&folder)?;
            tell(&warnings);
            println!(
                "{}: no errors; {} states, {} moves, {} categories.",
                folder.display(),
                desk.states.len(),
                desk.moves.len(),
                desk.catalog.entries.len()
            );
            Ok(())
        }
        Action::Diff { folder } => {
            let (desk, _, warnings) = read(&folder)?;
            tell(&warnings);
            diff(settings, &desk)
        }
        Action::Apply { folder, author } => {
            let (desk, files, warnings) = read(&folder)?;
            tell(&warnings);
            let db = Db::open(&settings.database)?;
            db.migrate()?;
            let now = Clock::system().now();
            let slug = desk.slug.clone();
            let applied = db.write_blocking(move |conn| {
                apply(conn, &desk, &files, &author, now).map_err(StartError::from)
            })?;
            let done = if applied.installed {
                format!("version {} is installed", applied.version)
            } else {
                format!(
                    "no differences from version {}, nothing was installed",
                    applied.version
                )
            };
            println!(
                "{slug}: {done}; {} open tickets go on by it.",
                applied.followed
            );
            Ok(())
        }
        Action::Export { slug, folder } => export(settings, &slug, &folder),
        Action::List => list(settings),
    }
}

/// Reads and checks a desk folder.
pub(super) fn read(folder: &Path) -> Result<(Desk, Files, Vec<Warning>), StartError> {
    let files = read_files(folder)?;
    match load(&files) {
        Ok((desk, warnings)) => Ok((desk, files, warnings)),
        Err(errors) => {
            let lines: Vec<String> = errors.iter().map(|error| line(folder, error)).collect();
            Err(StartError::Other(format!(
                "{} errors in {}\n{}",
                errors.len(),
                folder.display(),
                lines.join("\n")
            )))
        }
    }
}

fn line(folder: &Path, finding: &DeskError) -> String {
    let place = folder.join(&finding.file);
    let hint = if finding.hint.is_empty() {
        String::new()
    } else {
        format!("\n    {}", finding.hint)
    };
    format!(
        "{}:{}:{}: {}{hint}",
        place.display(),
        finding.line,
        finding.column,
        finding.message
    )
}

fn tell(warnings: &[Warning]) {
    for warning in warnings {
        eprintln!(
            "warning: {}:{}: {}",
            warning.file, warning.line, warning.message
        );
    }
}

fn read_files(folder: &Path) -> Result<Files, StartError> {
    if !folder.is_dir() {
        return Err(StartError::Other(format!(
            "{} is not a folder",
            folder.display()
        )));
    }
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(current) = open.pop() {
        for entry in std::fs::read_dir(&current)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            if name.ends_with(".toml") || name.ends_with(".csv") || name.ends_with(".md") {
                files.push((name, std::fs::read_to_string(&path)?));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn installed(settings: &Settings, slug: &str) -> Result<Option<(Desk, Files)>, StartError> {
    let db = Db::open(&settings.database)?;
    let slug = slug.to_owned();
    let read = move |conn: &mut DbConnection| -> Result<_, StartError> {
        let Some(desk) = DeskRegistry::default().by_slug(conn, &slug, Clock::system().now())?
        else {
            return Ok(None);
        };
        let files = store::load_files(conn, desk.id, desk.version)?;
        Ok(Some((desk.profile.clone(), files)))
    };
    db.read_blocking(read)
}

fn diff(settings: &Settings, new: &Desk) -> Result<(), StartError> {
    let Some((old, _)) = installed(settings, &new.slug)? else {
        println!(
            "{}: not installed yet; applying would install version 1.",
            new.slug
        );
        return Ok(());
    };
    let changes = shared::desk::diff::diff(&old, new);
    if changes.is_empty() {
        println!("{}: no differences from version {}.", new.slug, old.version);
    }
    for change in changes {
        println!("{change}");
    }
    let db = Db::open(&settings.database)?;
    let profile = new.clone();
    let stranded = db.read_blocking(move |conn: &mut DbConnection| {
        apply::stranded(conn, &profile).map_err(StartError::from)
    })?;
    if !stranded.is_empty() {
        println!("{}", apply::told(&stranded));
    }
    Ok(())
}

fn export(settings: &Settings, slug: &str, folder: &Path) -> Result<(), StartError> {
    let (_, files) = installed(settings, slug)?
        .ok_or_else(|| StartError::Other(format!("there is no desk {slug}")))?;
    for (name, text) in &files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(&path, text)?;
    }
    println!(
        "{slug}: {} files written to {}.",
        files.len(),
        folder.display()
    );
    Ok(())
}

fn list(settings: &Settings) -> Result<(), StartError> {
    let db = Db::open(&settings.database)?;
    let desks = db.read_blocking(|conn: &mut DbConnection| {
        store::active_versions(conn).map_err(StartError::from)
    })?;
    for (_, slug, version) in desks {
        println!("{slug}\tversion {version}");
    }
    Ok(())
}
