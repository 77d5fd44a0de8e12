//! Amounts of business time: what is promised (whole minutes) and what is measured (microseconds).

use std::fmt;

use serde::{Deserialize, Serialize};

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_MINUTE: i64 = 60 * MICROS_PER_SECOND;

/// A promised amount of business time, in whole minutes; the unit of targets.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BusinessMinutes(pub i64);

impl BusinessMinutes {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// An amount given in hours; `None` when it does not fit.
    pub fn from_hours(hours: i64) -> Option<Self> {
        hours.checked_mul(60).map(Self)
    }

    /// The sum; `None` when it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` when it does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

impl fmt::Display for BusinessMinutes {
    /// Hours and minutes, as `4 h`, `4 h 30 min` or `45 min`; the same in both languages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let minutes = self.0.unsigned_abs();
        match (minutes / 60, minutes % 60) {
            (0, rest) => write!(f, "{sign}{rest} min"),
            (hours, 0) => write!(f, "{sign}{hours} h"),
            (hours, rest) => write!(f, "{sign}{hours} h {rest} min"),
        }
    }
}

/// A measured amount of business time, in microseconds; negative only as a remainder that is overdrawn.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct BusinessTime(i64);

impl BusinessTime {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// An amount given in microseconds.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// An amount given in seconds, held at the largest value when it does not fit.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    /// An amount given in minutes, held at the largest value when it does not fit.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(MICROS_PER_MINUTE))
    }

    /// The amount in microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The amount in seconds, rounded down.
    pub const fn whole_seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// The amount in minutes, rounded down: 59 s are 0 minutes, and 1 s overdrawn is -1.
    pub const fn whole_minutes(self) -> BusinessMinutes {
        BusinessMinutes(self.0.div_euclid(MICROS_PER_MINUTE))
    }

    /// The sum; `None` when it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference; `None` when it does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum, held at the largest or smallest value when it does not fit.
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, held at the largest or smallest value when it does not fit.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The least amount that is at least `percent` of this one, for warning levels.
    pub fn percent(self, percent: u8) -> Self {
        let hundredfold = i128::from(self.0) * i128::from(percent);
        let rounded_up = hundredfold.div_euclid(100) + i128::from(hundredfold.rem_euclid(100) != 0);
        Self(i64::try_from(rounded_up).unwrap_or(i64::MAX))
    }

    /// How much of `whole` this is, in percent rounded down; `None` when `whole` is not positive. More than 100 when overdrawn.
    pub fn percent_of(self, whole: Self) -> Option<i64> {
        if whole.0 <= 0 {
            return None;
        }
        i64::try_from((i128::from(self.0) * 100).div_euclid(i128::from(whole.0))).ok()
    }
}

impl From<BusinessMinutes> for BusinessTime {
    fn from(minutes: BusinessMinutes) -> Self {
        Self::from_minutes(minutes.0)
    }
}

impl fmt::Display for BusinessTime {
    /// Whole hours and minutes, cut towards zero, as `4 h 30 min`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        BusinessMinutes(self.0 / MICROS_PER_MINUTE).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_hours_and_minutes() {
        let check =
            |minutes: i64, text: &str| assert_eq!(BusinessMinutes(minutes).to_string(), text);
        check(0, "0 min");
        check(45, "45 min");
        check(240, "4 h");
        check(270, "4 h 30 min");
        check(-90, "-1 h 30 min");
    }

    #[test]
    fn arithmetic_says_when_it_does_not_fit() {
        assert_eq!(
            BusinessMinutes(i64::MAX).checked_add(BusinessMinutes(1)),
            None
        );
        assert_eq!(
            BusinessMinutes(i64::MIN).checked_sub(BusinessMinutes(1)),
            None
        );
        assert_eq!(BusinessMinutes::from_hours(i64::MAX), None);
        assert_eq!(BusinessTime::from_minutes(i64::MAX).micros(), i64::MAX);
        assert_eq!(
            BusinessTime::from_micros(i64::MAX).checked_add(BusinessTime::from_micros(1)),
            None
        );
    }

    #[test]
    fn a_percentage_is_never_reached_too_early() {
        assert_eq!(
            BusinessTime::from_micros(10).percent(75),
            BusinessTime::from_micros(8)
        );
        assert_eq!(
            BusinessTime::from_minutes(240).percent(75),
            BusinessTime::from_minutes(180)
        );
        assert_eq!(
            BusinessTime::from_minutes(181).percent_of(BusinessTime::from_minutes(240)),
            Some(75)
        );
        assert_eq!(BusinessTime::ZERO.percent_of(BusinessTime::ZERO), None);
    }

    #[test]
    fn overdrawn_time_rounds_away_from_zero_in_minutes() {
        assert_eq!(
            BusinessTime::from_seconds(59).whole_minutes(),
            BusinessMinutes(0)
        );
        assert_eq!(
            BusinessTime::from_seconds(-1).whole_minutes(),
            BusinessMinutes(-1)
        );
    }

    #[test]
    fn amounts_are_plain_numbers_in_json() {
        assert_eq!(
            serde_json::to_string(&BusinessMinutes(240)).expect("serializes"),
            "240"
        );
        assert_eq!(
            serde_json::to_string(&BusinessTime::from_seconds(1)).expect("serializes"),
            "1000000"
        );
    }
}
