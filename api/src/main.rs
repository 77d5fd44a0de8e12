//! The program `atiende`.

use std::process::ExitCode;

/// Answers are made of many small pieces, and this allocator is quicker with them than that of the C library.
#[cfg(not(target_env = "msvc"))]
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
