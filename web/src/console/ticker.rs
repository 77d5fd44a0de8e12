//! One clock for every countdown on the screen, so that fifty chips do not mean fifty timers.

use chrono::{DateTime, Utc};
use leptos::prelude::*;

use crate::components::use_ui;

const SLOW_MS: f64 = 15_000.0;

/// The present, in two paces: what is close to its end follows `fast`, the rest `slow`.
#[derive(Clone, Copy)]
pub struct Ticker {
    now: RwSignal<f64>,
    slow: Memo<i64>,
}

impl Ticker {
    /// Follows the clock of the interface.
    pub fn start() -> Self {
        let now = use_ui().now;
        Self {
            now,
            slow: Memo::new(move |_| (now.get() / SLOW_MS) as i64),
        }
    }

    /// The present to the second; the caller is run again every second.
    pub fn fast(self) -> DateTime<Utc> {
        at(self.now.get())
    }

    /// The present; the caller is run again every quarter of a minute.
    pub fn slow(self) -> DateTime<Utc> {
        self.slow.track();
        at(self.now.get_untracked())
    }
}

fn at(ms: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms as i64).unwrap_or_default()
}

/// The clock of the console.
pub fn ticker() -> Ticker {
    expect_context::<Ticker>()
}
