//! Hours through time: a desk that changes its office hours changes them from then on, and what a ticket has used before
//! stays used.

use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use super::business_time::BusinessTime;
use super::calendar::{Calendar, MICROS_PER_DAY};
use super::clock::ClockInput;
use super::policy::{IntakeCutoff, SlaPolicy};

/// How far a search looks for business days: 20 years.
const HORIZON_DAYS: u32 = 7305;

/// What decides how much of a stretch of time counts, whatever is promised for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// When the desk worked.
    pub calendar: Calendar,
    /// Hours after which a request counted from the next business day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intake_cutoffs: Vec<IntakeCutoff>,
    /// Whether the time that a ticket waited as solved counted once it was reopened.
    #[serde(default)]
    pub waiting_in_solved_counts: bool,
}

impl Measure {
    /// The measure of a calendar and a policy.
    pub fn new(calendar: &Calendar, policy: &SlaPolicy) -> Self {
        Self {
            calendar: calendar.clone(),
            intake_cutoffs: policy.intake_cutoffs.clone(),
            waiting_in_solved_counts: policy.waiting_in_solved_counts,
        }
    }

    /// Whether another one counts every stretch alike; only its number may differ.
    pub fn counts_like(&self, other: &Self) -> bool {
        let mut numbered = other.clone();
        numbered.calendar.version = self.calendar.version;
        *self == numbered
    }
}

/// What counted up to an instant, before the desk changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Era {
    /// The first instant that counts by what came after.
    pub until: DateTime<Utc>,
    /// How time was counted before.
    pub measure: Measure,
}

impl Era {
    pub(super) fn until(&self) -> DateTime<Utc> {
        self.until.trunc_subsecs(6)
    }
}

/// The calendars of a ticket, each for its time. The arithmetic is that of [`Calendar`], which is asked alone where the hours
/// never changed.
#[derive(Clone, Copy)]
pub(super) struct Hours<'a> {
    eras: &'a [Era],
    last: &'a Calendar,
}

impl<'a> ClockInput<'a> {
    pub(super) fn hours(&self) -> Hours<'a> {
        Hours {
            eras: self.eras,
            last: self.calendar,
        }
    }

    /// What counted at an instant, if it was changed since.
    pub(super) fn era_at(&self, at: DateTime<Utc>) -> Option<&'a Measure> {
        let era = self.eras.iter().find(|era| at < era.until());
        era.map(|era| &era.measure)
    }
}

impl<'a> Hours<'a> {
    /// The calendar that is in force at an instant.
    pub(super) fn at(&self, at: DateTime<Utc>) -> &'a Calendar {
        let era = self.eras.iter().find(|era| at < era.until());
        era.map_or(self.last, |era| &era.measure.calendar)
    }

    /// The calendars in force from an instant on, each with the instant at which it ends.
    fn from(
        &self,
        at: DateTime<Utc>,
    ) -> impl Iterator<Item = (&'a Calendar, Option<DateTime<Utc>>)> + use<'a> {
        let eras = self.eras.iter().filter(move |era| at < era.until());
        eras.map(|era| (&era.measure.calendar, Some(era.until())))
            .chain([(self.last, None)])
    }

    /// See [`Calendar::elapsed`].
    pub(super) fn elapsed(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> BusinessTime {
        let mut reached = from;
        let mut total = BusinessTime::ZERO;
        for (calendar, until) in self.from(from) {
            let end = until.map_or(to, |until| until.min(to));
            total = total.saturating_add(calendar.elapsed(reached, end));
            reached = end.max(reached);
        }
        total
    }

    /// See [`Calendar::deadline`].
    pub(super) fn deadline(
        &self,
        start: DateTime<Utc>,
        amount: BusinessTime,
    ) -> Option<DateTime<Utc>> {
        let (mut reached, mut missing) = (start, amount);
        for (calendar, until) in self.from(start) {
            let Some(until) = until else {
                return calendar.deadline(reached, missing);
            };
            let there = calendar.elapsed(reached, until);
            if there >= missing {
                return calendar.deadline(reached, missing);
            }
            missing = missing.saturating_sub(there);
            reached = until;
        }
        None
    }

    fn next_business_moment(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut reached = at;
        for (calendar, until) in self.from(at) {
            let moment = calendar.next_business_moment(reached);
            match until {
                None => return moment,
                Some(until) if moment.is_some_and(|moment| moment < until) => return moment,
                Some(until) => reached = until,
            }
        }
        None
    }

    /// See [`Calendar::add_business_days`]. Each day is a business day by the calendar that is in force when its clock time
    /// comes.
    pub(super) fn add_business_days(
        &self,
        start: DateTime<Utc>,
        days: u32,
    ) -> Option<DateTime<Utc>> {
        if self.eras.iter().all(|era| era.until() <= start) {
            return self.last.add_business_days(start, days);
        }
        let moment = self.next_business_moment(start)?;
        if days == 0 {
            return Some(moment);
        }
        let zone = &self.at(moment).zone;
        let clock_time = zone
            .local_micros(moment.timestamp_micros())
            .rem_euclid(MICROS_PER_DAY);
        let mut date = zone.local_date(moment)?;
        let mut missing = days;
        for _ in 0..HORIZON_DAYS {
            date = date.succ_opt()?;
            let (calendar, at) = self.on(date, clock_time)?;
            missing -= u32::from(calendar.is_business_day(date));
            if missing == 0 {
                return Some(at);
            }
        }
        None
    }

    /// The instant of a local time on a date, and the calendar that is in force then.
    fn on(&self, date: NaiveDate, clock_time: i64) -> Option<(&'a Calendar, DateTime<Utc>)> {
        let local = i64::from(date.to_epoch_days()) * MICROS_PER_DAY + clock_time;
        let instant =
            |calendar: &Calendar| DateTime::from_timestamp_micros(calendar.zone.first_reach(local));
        for era in self.eras {
            let at = instant(&era.measure.calendar)?;
            if at < era.until() {
                return Some((&era.measure.calendar, at));
            }
        }
        Some((self.last, instant(self.last)?))
    }

    /// See [`Calendar::opening_after`].
    pub(super) fn opening_after(
        &self,
        calendar: &Calendar,
        date: NaiveDate,
    ) -> Option<DateTime<Utc>> {
        let next_day = (i64::from(date.to_epoch_days()) + 1) * MICROS_PER_DAY;
        let begin = calendar.zone.first_reach(next_day);
        self.next_business_moment(DateTime::from_timestamp_micros(begin)?)
    }
}
