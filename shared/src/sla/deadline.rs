//! Arithmetic on a [`Calendar`]: how much business time lies between two instants, and when an amount of it is over.
//!
//! Everything is counted in microseconds, the precision of stored instants; finer parts are cut off. A walk goes from day to
//! day, never from minute to minute: it knows the holidays of the year as a set, the next override, and the range of local
//! time in which the offset of the zone does not change, so a full day costs one subtraction and nothing is allocated.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::business_time::BusinessTime;
use super::calendar::{Calendar, HolidayRule, MICROS_PER_DAY, MICROS_PER_MINUTE, Reach, Window};
use super::holidays::HolidayYear;

/// How far a search looks for business time: 20 years of days.
const HORIZON_DAYS: i64 = 7305;

impl Calendar {
    /// The business time between two instants; none when `to` is not after `from`.
    pub fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> BusinessTime {
        let (from, to) = (from.timestamp_micros(), to.timestamp_micros());
        if to <= from {
            return BusinessTime::ZERO;
        }
        let mut walk = Walk::starting_at(self, from);
        let last_day = self.zone.local_micros(to).div_euclid(MICROS_PER_DAY);
        let mut total = walk.length_within(from, to);
        while walk.day < last_day {
            walk.advance();
            total += if walk.day < last_day {
                walk.length()
            } else {
                walk.length_within(from, to)
            };
        }
        BusinessTime::from_micros(total)
    }

    /// The least instant, not before `start`, at which `amount` of business time has passed since `start`; `start` itself
    /// when the amount is not positive. `None` when that takes more than 20 years.
    pub fn deadline(&self, start: DateTime<Utc>, amount: BusinessTime) -> Option<DateTime<Utc>> {
        if amount <= BusinessTime::ZERO {
            return Some(start);
        }
        let begin = start.timestamp_micros();
        let mut missing = amount.micros();
        let mut walk = Walk::starting_at(self, begin);
        let end = walk.day + HORIZON_DAYS;
        while walk.day <= end {
            if let Some(length) = walk.plain_length(begin)
                && length < missing
            {
                missing -= length;
            } else {
                for window in walk.windows() {
                    let (from, to) = walk.interval(window);
                    let from = from.max(begin);
                    if to - from >= missing {
                        return DateTime::from_timestamp_micros(from + missing);
                    }
                    missing -= (to - from).max(0);
                }
            }
            walk.advance();
        }
        None
    }

    /// The first instant, not before `at`, that lies in a window; `None` when there is none within 20 years.
    pub fn next_business_moment(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let begin = at.timestamp_micros();
        let mut walk = Walk::starting_at(self, begin);
        let moment = walk.first_moment(begin)?;
        if moment == begin {
            Some(at)
        } else {
            DateTime::from_timestamp_micros(moment)
        }
    }

    /// The same clock time `days` business days later. A start outside business time first moves to the next
    /// business moment. `None` when that takes more than 20 years.
    pub fn add_business_days(&self, start: DateTime<Utc>, days: u32) -> Option<DateTime<Utc>> {
        let begin = start.timestamp_micros();
        let mut walk = Walk::starting_at(self, begin);
        let moment = walk.first_moment(begin)?;
        if days == 0 {
            return if moment == begin {
                Some(start)
            } else {
                DateTime::from_timestamp_micros(moment)
            };
        }
        let clock_time = self.zone.local_micros(moment) - walk.day * MICROS_PER_DAY;
        for _ in 0..days {
            walk.advance_to_business_day()?;
        }
        DateTime::from_timestamp_micros(walk.instant_of(walk.day * MICROS_PER_DAY + clock_time))
    }

    /// The first business moment of the first business day after a local date; `None` when there is none within 20 years.
    pub fn opening_after(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        let next_day = (i64::from(date.to_epoch_days()) + 1) * MICROS_PER_DAY;
        let begin = self.zone.first_reach(next_day);
        DateTime::from_timestamp_micros(Walk::starting_at(self, begin).first_moment(begin)?)
    }
}

/// A place in a calendar that moves forward day by day; days are counted from the epoch on the local clock.
struct Walk<'a> {
    calendar: &'a Calendar,
    day: i64,
    /// Monday is 0.
    weekday: usize,
    /// Last day for which the walk may look forward.
    end: i64,
    week_lengths: [i64; 7],
    year: Year,
    next_override: Option<(i64, &'a [Window])>,
    reach: Reach,
}

/// The holidays around a day.
struct Year {
    first_day: i64,
    last_day: i64,
    holidays: HolidayYear,
}

impl<'a> Walk<'a> {
    fn starting_at(calendar: &'a Calendar, at: i64) -> Self {
        let local = calendar.zone.local_micros(at);
        let day = local.div_euclid(MICROS_PER_DAY);
        Self {
            calendar,
            day,
            // The epoch was a Thursday.
            weekday: (day + 3).rem_euclid(7) as usize,
            end: day + HORIZON_DAYS,
            week_lengths: std::array::from_fn(|weekday| local_length(&calendar.week[weekday])),
            year: Year::around(calendar.holidays, day),
            next_override: next_override(calendar, day),
            reach: calendar.zone.reach(local),
        }
    }

    fn advance(&mut self) {
        self.day += 1;
        self.weekday = if self.weekday == 6 {
            0
        } else {
            self.weekday + 1
        };
        if self.day > self.year.last_day {
            self.year = Year::around(self.calendar.holidays, self.day);
        }
        if self.next_override.is_some_and(|(day, _)| day < self.day) {
            self.next_override = next_override(self.calendar, self.day);
        }
        if self.day * MICROS_PER_DAY > self.reach.local_to {
            self.reach = self.calendar.zone.reach(self.day * MICROS_PER_DAY);
        }
    }

    /// Moves to the next day with windows; `None` when there is none before the end of the search.
    fn advance_to_business_day(&mut self) -> Option<()> {
        loop {
            self.advance();
            if !self.windows().is_empty() {
                return Some(());
            }
            if self.day > self.end {
                return None;
            }
        }
    }

    /// Moves to the day of the first business moment that is not before `begin`, and gives that moment.
    fn first_moment(&mut self, begin: i64) -> Option<i64> {
        while self.day <= self.end {
            for window in self.windows() {
                let (from, to) = self.interval(window);
                if from.max(begin) < to {
                    return Some(from.max(begin));
                }
            }
            self.advance();
        }
        None
    }

    fn windows(&self) -> &'a [Window] {
        match self.next_override {
            Some((day, windows)) if day == self.day => windows,
            _ if self.year.is_holiday(self.day) => &[],
            _ => &self.calendar.week[self.weekday],
        }
    }

    /// The instants at which a window of the day opens and closes; equal when the clock skips it.
    fn interval(&self, window: &Window) -> (i64, i64) {
        let midnight = self.day * MICROS_PER_DAY;
        let start = midnight + i64::from(window.start_minute) * MICROS_PER_MINUTE;
        let end = midnight + i64::from(window.end_minute) * MICROS_PER_MINUTE;
        (self.instant_of(start), self.instant_of(end))
    }

    fn instant_of(&self, local: i64) -> i64 {
        if self.reach.local_from < local && local <= self.reach.local_to {
            return local - self.reach.offset;
        }
        self.calendar.zone.first_reach(local)
    }

    /// The length of the day when its clock does not change and it begins after `begin`; the quick answer for most days.
    fn plain_length(&self, begin: i64) -> Option<i64> {
        let midnight = self.day * MICROS_PER_DAY;
        let is_plain = self.reach.local_from < midnight
            && midnight + MICROS_PER_DAY <= self.reach.local_to
            && begin <= midnight - self.reach.offset;
        is_plain.then(|| match self.next_override {
            Some((day, windows)) if day == self.day => local_length(windows),
            _ if self.year.is_holiday(self.day) => 0,
            _ => self.week_lengths[self.weekday],
        })
    }

    fn length(&self) -> i64 {
        self.plain_length(i64::MIN)
            .unwrap_or_else(|| self.length_within(i64::MIN, i64::MAX))
    }

    fn length_within(&self, from: i64, to: i64) -> i64 {
        let clipped = |window| {
            let (start, end) = self.interval(window);
            (end.min(to) - start.max(from)).max(0)
        };
        self.windows().iter().map(clipped).sum()
    }
}

impl Year {
    fn around(rule: HolidayRule, day: i64) -> Self {
        let first_of_year = |year: i32| {
            NaiveDate::from_ymd_opt(year, 1, 1).map(|date| i64::from(date.to_epoch_days()))
        };
        match (rule, date_of(day)) {
            (HolidayRule::Colombia, Some(date)) => Self {
                first_day: day - i64::from(date.ordinal0()),
                last_day: first_of_year(date.year() + 1).map_or(i64::MAX, |next| next - 1),
                holidays: HolidayYear::colombia(date.year()),
            },
            (HolidayRule::Colombia, None) | (HolidayRule::None, _) => Self {
                first_day: day,
                last_day: i64::MAX,
                holidays: HolidayYear::EMPTY,
            },
        }
    }

    fn is_holiday(&self, day: i64) -> bool {
        self.holidays.contains(day - self.first_day)
    }
}

/// The earliest override on or after a day. They may be in any order; a scan of them all happens only once per override that
/// is passed, and compares dates as they are.
fn next_override(calendar: &Calendar, day: i64) -> Option<(i64, &[Window])> {
    if calendar.overrides.is_empty() {
        return None;
    }
    let today = date_of(day)?;
    let next = calendar
        .overrides
        .iter()
        .filter(|over| over.date >= today)
        .min_by_key(|over| over.date)?;
    Some((
        i64::from(next.date.to_epoch_days()),
        next.windows.as_slice(),
    ))
}

fn date_of(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(day).ok()?)
}

fn local_length(windows: &[Window]) -> i64 {
    windows
        .iter()
        .map(|window| i64::from(window.minutes()) * MICROS_PER_MINUTE)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(&format!("{text}-05:00"))
            .expect("an instant")
            .to_utc()
    }

    fn hours(hours: i64) -> BusinessTime {
        BusinessTime::from_minutes(hours * 60)
    }

    #[test]
    fn office_hours_count_across_the_night_the_weekend_and_a_holiday() {
        let calendar = Calendar::office_hours();
        let check = |from: &str, to: &str, expected: i64| {
            assert_eq!(
                calendar.elapsed(at(from), at(to)),
                hours(expected),
                "{from} {to}"
            )
        };
        check("2026-03-02T08:00:00", "2026-03-02T17:00:00", 9);
        check("2026-03-02T16:00:00", "2026-03-03T09:00:00", 2);
        check("2026-03-06T16:00:00", "2026-03-09T09:00:00", 2);
        // 23 March is Saint Joseph's Day.
        check("2026-03-20T16:00:00", "2026-03-24T09:00:00", 2);
        check("2026-03-02T09:00:00", "2026-03-02T09:00:00", 0);
        check("2026-03-03T09:00:00", "2026-03-02T09:00:00", 0);
    }

    #[test]
    fn a_deadline_is_the_earliest_moment_and_may_be_closing_time() {
        let calendar = Calendar::office_hours();
        let check = |start: &str, amount: i64, expected: &str| {
            assert_eq!(
                calendar.deadline(at(start), hours(amount)),
                Some(at(expected)),
                "{start}"
            )
        };
        check("2026-03-06T13:00:00", 4, "2026-03-06T17:00:00");
        check("2026-03-06T13:00:00", 5, "2026-03-09T09:00:00");
        check("2026-03-07T12:00:00", 0, "2026-03-07T12:00:00");
        check("2026-03-20T16:00:00", 2, "2026-03-24T09:00:00");
    }

    #[test]
    fn a_business_day_later_is_the_same_clock_time() {
        let calendar = Calendar::office_hours();
        let check = |start: &str, days: u32, expected: &str| {
            assert_eq!(
                calendar.add_business_days(at(start), days),
                Some(at(expected)),
                "{start}"
            )
        };
        check("2026-03-02T10:30:00", 1, "2026-03-03T10:30:00");
        check("2026-03-06T10:30:00", 1, "2026-03-09T10:30:00");
        check("2026-03-20T10:30:00", 3, "2026-03-26T10:30:00");
        // Saturday moves to Monday 08:00 first.
        check("2026-03-07T10:30:00", 1, "2026-03-10T08:00:00");
        check("2026-03-07T10:30:00", 0, "2026-03-09T08:00:00");
        check("2026-03-02T17:00:00", 1, "2026-03-04T08:00:00");
    }

    #[test]
    fn a_calendar_without_time_has_no_deadline() {
        let mut calendar = Calendar::office_hours();
        calendar.week = Default::default();
        assert_eq!(calendar.deadline(at("2026-03-02T10:30:00"), hours(1)), None);
        assert_eq!(
            calendar.next_business_moment(at("2026-03-02T10:30:00")),
            None
        );
        assert_eq!(
            calendar.add_business_days(at("2026-03-02T10:30:00"), 1),
            None
        );
        assert_eq!(
            calendar.elapsed(at("2026-03-02T10:30:00"), at("2027-03-02T10:30:00")),
            BusinessTime::ZERO
        );
    }

    #[test]
    fn extreme_instants_and_amounts_do_not_panic() {
        let calendar = Calendar::office_hours();
        assert_eq!(calendar.deadline(DateTime::<Utc>::MAX_UTC, hours(1)), None);
        assert!(
            calendar
                .deadline(DateTime::<Utc>::MIN_UTC, hours(1))
                .is_some()
        );
        assert_eq!(
            calendar.deadline(
                at("2026-03-02T10:30:00"),
                BusinessTime::from_micros(i64::MAX)
            ),
            None
        );
        assert_eq!(
            calendar.add_business_days(at("2026-03-02T10:30:00"), u32::MAX),
            None
        );
        assert_eq!(
            calendar.elapsed(DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MAX_UTC),
            BusinessTime::ZERO
        );
    }
}
