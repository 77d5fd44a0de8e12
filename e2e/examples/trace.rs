//! `cargo run -p e2e --example trace -- [--html FILE] [LOG…]`: which test stands for which requirement, and how it went.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use e2e::trace::Trace;

fn main() -> ExitCode {
    match run() {
        Ok(faults) if faults.is_empty() => ExitCode::SUCCESS,
        Ok(faults) => {
            for fault in faults {
                eprintln!("{fault}");
            }
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Vec<String>, String> {
    let (mut page, mut logs) = (None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--html" {
            page = Some(PathBuf::from(
                arguments.next().ok_or("--html needs the name of a file")?,
            ));
        } else {
            logs.push(PathBuf::from(argument));
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("the crate lies in the repository")?;
    let trace = Trace::read(root, &logs)?;
    print!("{}", trace.text());
    if let Some(page) = page {
        std::fs::write(&page, trace.html())
            .map_err(|error| format!("{}: {error}", page.display()))?;
    }
    Ok(trace.faults())
}
