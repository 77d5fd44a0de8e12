//! What a person downloads at the first visit, and how much that and each later piece may be.

use std::{fs, path::Path};

use serde::Deserialize;

use crate::{
    App, Mode,
    bundle::Bundle,
    compress::with_suffix,
    failure::{Failure, Result},
};

/// Most bytes after brotli (`web/budget.json`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    /// First load of the portal.
    portal: u64,
    /// First load of the console.
    console: u64,
    /// A piece that is loaded later.
    piece: u64,
}

impl Budget {
    fn of(&self, app: App) -> u64 {
        match app {
            App::Portal => self.portal,
            App::Console => self.console,
        }
    }
}

/// Whether the first load of every app is small enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Within,
    Over,
}

/// Prints the sizes and compares them with the budget (only in release mode: the others do not compress as well).
pub fn check(root: &Path, staged: &Path, bundles: &[Bundle], mode: Mode) -> Result<Verdict> {
    let path = root.join("web/budget.json");
    let text = fs::read_to_string(&path).map_err(|e| Failure::io(&path, e))?;
    let budget: Budget = serde_json::from_str(&text)
        .map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
    let mut verdict = Verdict::Within;
    let mut hold = |what: &str, size: u64, allowed: u64| {
        println!("bundler: {what}: {size} of {allowed} bytes (brotli)");
        if size > allowed && mode == Mode::Release {
            eprintln!(
                "bundler: {what} is {} bytes over its budget",
                size - allowed
            );
            verdict = Verdict::Over;
        }
    };
    for bundle in bundles {
        let name = bundle.app.name();
        let mut total = 0;
        for file in &bundle.first_load {
            let size = compressed(staged, file)?;
            if let Some(file) = file.file_name().filter(|_| size >= 1000) {
                println!(
                    "bundler:   {:<18} {:>7} bytes",
                    file.to_string_lossy(),
                    size
                );
            }
            total += size;
        }
        hold(&format!("{name}: first load"), total, budget.of(bundle.app));
        for file in &bundle.later {
            let piece = file.file_name().unwrap_or_default().to_string_lossy();
            hold(
                &format!("{name}: later {piece}"),
                compressed(staged, file)?,
                budget.piece,
            );
        }
    }
    Ok(verdict)
}

/// Bytes of a file after brotli.
fn compressed(staged: &Path, file: &Path) -> Result<u64> {
    let path = with_suffix(&staged.join(file), "br");
    let data = fs::metadata(&path).map_err(|e| Failure::io(&path, e))?;
    Ok(data.len())
}
