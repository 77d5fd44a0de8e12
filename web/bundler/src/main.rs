//! Builds what the browser downloads: `web/dist`, from the crate `web`, `web/style` and `web/assets`.
//!
//! The way of one run: nothing changed since the last one → done. Else cargo compiles both apps for wasm32, the console is cut into what
//! comes at once and what comes later, and wasm-bindgen writes their glue (`wasm`); both lose weight (`shrink`), and styles, icons and
//! start-up scripts join them in a folder named by its hash (`bundle`). Pages, service worker and manifest are written around it,
//! everything is compressed ahead of time (`compress`), and the first load and every later piece are held against `web/budget.json`
//! (`budget`). The folder names make assets cacheable for ever; only the few files outside them must be asked for again.
//!
//! `cargo run -p bundler -- [--fast | --dev]`: `--fast` compresses quickly, `--dev` also compiles without optimisation and keeps names.

mod budget;
mod bundle;
mod compress;
mod failure;
mod shrink;
mod stamp;
mod wasm;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use budget::Verdict;
use failure::{Failure, Result};

/// How much time a build may take for the sake of size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// For people: smallest transfer, budget enforced.
    Release,
    /// For trying things out: optimised, quickly compressed, no budget.
    Fast,
    /// For debugging in the browser: not optimised, names kept, no budget.
    Dev,
}

impl Mode {
    fn from_arguments(arguments: impl Iterator<Item = String>) -> Result<Mode> {
        let mut mode = Mode::Release;
        for argument in arguments {
            mode = match argument.as_str() {
                "--fast" => Mode::Fast,
                "--dev" => Mode::Dev,
                _ => {
                    return Err(Failure::new(format!(
                        "unknown argument {argument}; use --fast or --dev"
                    )));
                }
            };
        }
        Ok(mode)
    }
}

/// One of the two apps: same steps, different files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum App {
    Portal,
    Console,
}

impl App {
    const ALL: [App; 2] = [App::Portal, App::Console];

    fn name(self) -> &'static str {
        match self {
            App::Portal => "portal",
            App::Console => "console",
        }
    }

    /// Where its address space begins; ends with a slash.
    fn base(self) -> &'static str {
        match self {
            App::Portal => "/",
            App::Console => "/console/",
        }
    }
}

/// Exit code when the bundles are there but too big: a check fails on it, a server can still serve them.
const OVER_BUDGET: u8 = 3;

fn main() -> ExitCode {
    match run() {
        Ok(Verdict::Within) => ExitCode::SUCCESS,
        Ok(Verdict::Over) => ExitCode::from(OVER_BUDGET),
        Err(failure) => {
            eprintln!("bundler: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Verdict> {
    let started = Instant::now();
    let mode = Mode::from_arguments(std::env::args().skip(1))?;
    let root = workspace_root()?;
    let _alone = lock(&root)?;
    let stamp = stamp::of_inputs(&root, mode)?;
    if stamp::is_current(&root, &stamp) {
        println!("bundler: web/dist is up to date");
        return Ok(Verdict::Within);
    }

    let compiled = wasm::compile(&root, mode)?;
    let staged = root.join("web/dist/.next");
    bundle::start_afresh(&staged)?;
    let mut bundles = Vec::new();
    for app in App::ALL {
        bundles.push(bundle::build(&root, &staged, &compiled, app, mode)?);
    }
    compress::tree(&staged, mode)?;
    let verdict = budget::check(&root, &staged, &bundles, mode)?;
    bundle::publish(&root, &staged)?;
    if verdict == Verdict::Within {
        stamp::write(&root, &stamp)?;
    }
    println!(
        "bundler: web/dist is ready ({:.1} s)",
        started.elapsed().as_secs_f32()
    );
    Ok(verdict)
}

/// Two runs at once would pull the staging folder from under each other: the second one waits, and then mostly has nothing to do.
fn lock(root: &Path) -> Result<File> {
    let dist = root.join("web/dist");
    fs::create_dir_all(&dist).map_err(|e| Failure::io(&dist, e))?;
    let path = dist.join(bundle::LOCK);
    let file = File::create(&path).map_err(|e| Failure::io(&path, e))?;
    file.lock().map_err(|e| Failure::io(&path, e))?;
    Ok(file)
}

/// The folder with the workspace's Cargo.toml. `cargo run` says where this crate lies; a binary started by hand looks upwards.
fn workspace_root() -> Result<PathBuf> {
    let start = match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => std::env::current_dir().map_err(|e| Failure::io("current folder", e))?,
    };
    start
        .ancestors()
        .find(|folder| folder.join("web/style/tokens.css").is_file())
        .map(PathBuf::from)
        .ok_or_else(|| {
            Failure::new("start it inside the workspace: web/style/tokens.css not found")
        })
}
