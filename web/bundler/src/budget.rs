//! What a person downloads at the first visit, and how much that may be.

use std::{fs, path::Path};

use serde::Deserialize;

use crate::{
    App, Mode,
    bundle::Bundle,
    compress::with_suffix,
    failure::{Failure, Result},
};

/// Most bytes of the first load after brotli, per app (`web/budget.json`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Budget {
    portal: u64,
    console: u64,
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
    for bundle in bundles {
        let name = bundle.app.name();
        let allowed = budget.of(bundle.app);
        let mut total = 0;
        for file in &bundle.first_load {
            let compressed = with_suffix(&staged.join(file), "br");
            let size = fs::metadata(&compressed)
                .map_err(|e| Failure::io(&compressed, e))?
                .len();
            if let Some(file) = file.file_name().filter(|_| size >= 1000) {
                println!(
                    "bundler:   {:<18} {:>7} bytes",
                    file.to_string_lossy(),
                    size
                );
            }
            total += size;
        }
        println!("bundler: {name}: first load {total} of {allowed} bytes (brotli)");
        if total > allowed && mode == Mode::Release {
            eprintln!(
                "bundler: {name} is {} bytes over its budget",
                total - allowed
            );
            verdict = Verdict::Over;
        }
    }
    Ok(verdict)
}
