//! The SLA engine against stories with real dates, laws that must hold for every calendar and history, and an oracle that
//! walks minute by minute. `PROPTEST_CASES` sets how many random cases each law is tried on.

mod arbitrary;
mod calendar_laws;
mod calendar_stories;
mod clock_laws;
mod clock_stories;
mod explanations;
mod holidays;
mod infortec;
mod oracle;
#[cfg(feature = "desk-files")]
mod shipped;

/// 256 cases for each law unless `PROPTEST_CASES` says otherwise; found failures are not written to files.
fn config() -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    }
}
