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

    /// The current instant.
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.source {
            #[allow(
                clippy::disallowed_methods,
                reason = "the one place that reads the time"
            )]
            Source::System => Utc::now().timestamp_micros(),
            Source::Fixed(micros) => micros.load(Ordering::SeqCst),
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
    fn the_system_clock_gives_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1000, 0);
    }
}
