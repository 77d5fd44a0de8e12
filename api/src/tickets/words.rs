//! Columns of a ticket's row that hold one of a closed set of words.

use shared::api::tickets::{ClockName, ClockStatus};
use shared::ticket::status::{RequestType, Status};

use crate::text_enum;

text_enum!(
    /// The state.
    pub StatusWord(Status), |status: Status| status.as_str(), |word: &str| word.parse().ok()
);
text_enum!(
    /// Incident or request.
    pub RequestTypeWord(RequestType), |kind: RequestType| kind.as_str(), |word: &str| word.parse().ok()
);
text_enum!(
    /// The clock that leads.
    pub ClockNameWord(ClockName), clock_name, clock_name_of
);
text_enum!(
    /// What a clock does.
    pub ClockStatusWord(ClockStatus), clock_status, clock_status_of
);

/// The word of a clock.
pub fn clock_name(clock: ClockName) -> &'static str {
    match clock {
        ClockName::Attention => "attention",
        ClockName::Solution => "solution",
    }
}

fn clock_name_of(word: &str) -> Option<ClockName> {
    let all = [ClockName::Attention, ClockName::Solution];
    all.into_iter().find(|clock| clock_name(*clock) == word)
}

/// The word of what a clock does.
pub fn clock_status(status: ClockStatus) -> &'static str {
    match status {
        ClockStatus::Running => "running",
        ClockStatus::Paused => "paused",
        ClockStatus::Met => "met",
        ClockStatus::Breached => "breached",
        ClockStatus::None => "none",
    }
}

fn clock_status_of(word: &str) -> Option<ClockStatus> {
    let all = [
        ClockStatus::Running,
        ClockStatus::Paused,
        ClockStatus::Met,
        ClockStatus::Breached,
        ClockStatus::None,
    ];
    all.into_iter().find(|status| clock_status(*status) == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_what_it_was_written_for() {
        for clock in [ClockName::Attention, ClockName::Solution] {
            assert_eq!(clock_name_of(clock_name(clock)), Some(clock));
        }
        for word in ["running", "paused", "met", "breached", "none"] {
            assert_eq!(clock_status_of(word).map(clock_status), Some(word));
        }
        assert_eq!(clock_name_of("solved"), None);
        assert_eq!(clock_status_of(""), None);
    }
}
