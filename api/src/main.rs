//! The program `atiende`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match api::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("atiende: {error}");
            ExitCode::FAILURE
        }
    }
}
