//! The only place that reads the time; everything else is told what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time in UTC, in whole microseconds: the system's, or one that a test sets.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Microseconds since 1970, shared by all clones.
    Fixed(Arc<AtomicI64>),
    /// The machine's, moved by the seconds that a file holds. Only for tests of the whole program.
    #[cfg(debug_assertions)]
    Moved(Arc<std::path::PathBuf>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self {
            source: Source::System,
        }
    }

    /// A clock that stands at `at` until it is moved; for tests and sample data.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self {
            source: Source::Fixed(Arc::new(AtomicI64::new(at.timestamp_micros()))),
        }
    }

    /// The machine's clock, moved by as many seconds as a file says, so that a test of the whole program can let days pass.
    /// A release build has no such clock.
    #[cfg(debug_assertions)]
    pub fn moved_by(file: std::path::PathBuf) -> Self {
        Self {
            source: Source::Moved(Arc::new(file)),
        }
    }

    /// The current instant.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.source {
            Source::System => system_micros(),
            Source::Fixed(micros) => micros.load(Ordering::SeqCst),
            #[cfg(debug_assertions)]
            Source::Moved(file) => {
                let seconds = std::fs::read_to_string(file.as_path())
                    .ok()
                    .and_then(|text| text.trim().parse::<i64>().ok())
                    .unwrap_or(0);
                system_micros().saturating_add(seconds.saturating_mul(1_000_000))
            }
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a fixed clock to an instant. A system clock does not move.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Fixed(micros) = &self.source {
            micros.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }

    /// Moves a fixed clock by a time span. A system clock does not move.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Fixed(micros) = &self.source {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Whether tests set this clock.
    pub fn is_fixed(&self) -> bool {
        matches!(self.source, Source::Fixed(_))
    }
}

fn system_micros() -> i64 {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the time"
    )]
    Utc::now().timestamp_micros()
}

/// A moment for measuring how long something takes; never goes back and means nothing as a date.
pub fn monotonic() -> Instant {
    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that reads the time"
    )]
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_for_all_clones() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = Clock::fixed(start);
        let clone = clock.clone();
        assert_eq!(clone.now(), start);
        clock.advance(TimeDelta::minutes(10));
        assert_eq!(clone.now(), start + TimeDelta::minutes(10));
        clone.set(start);
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn a_moved_clock_follows_its_file() {
        let file = std::env::temp_dir().join(format!("atiende-clock-{}", std::process::id()));
        let clock = Clock::moved_by(file.clone());
        let plain = Clock::system().now();
        assert!(clock.now() - plain < TimeDelta::minutes(1));
        std::fs::write(&file, "86400").unwrap();
        assert!(clock.now() - plain >= TimeDelta::days(1));
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn the_system_clock_gives_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1000, 0);
    }
}
