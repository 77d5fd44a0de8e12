//! When a desk works: windows of local time for each weekday, computed holidays, dated overrides, in one time zone.
//!
//! Windows are minutes of the local clock. Where clocks change, the rule is: *the local clock never goes back*. When it is
//! put forward, the skipped minutes have no length. When it is put back, the time already reached is held until the clock
//! passes it again, so each local minute opens once, and the extra hour belongs to the window that is open at the moment of
//! the change. So a desk that works around the clock works every real minute, and no window opens twice in one night.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::holidays;

pub(super) const MICROS_PER_MINUTE: i64 = 60_000_000;
pub(super) const MICROS_PER_DAY: i64 = 1440 * MICROS_PER_MINUTE;

/// The working time of a desk; versioned, so that a figure can say what it was measured with.
///
/// The arithmetic on it (`elapsed`, `deadline`, business days) is in [`super::deadline`]. It expects a calendar for which
/// [`Calendar::validate`] finds nothing; with another it still ends and never panics, but the figures mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Rises with each change of the calendar.
    pub version: u32,
    /// The local clock that windows and dates are read on.
    pub zone: Zone,
    /// Windows of each weekday, Monday first; in order and without overlap.
    pub week: [Vec<Window>; 7],
    /// Which public holidays are free of work.
    #[serde(default)]
    pub holidays: HolidayRule,
    /// Single days that differ; they win over the weekday and over a holiday. In any order, one per date.
    #[serde(default)]
    pub overrides: Vec<DateOverride>,
}

/// A stretch of the working day in minutes from local midnight: `start_minute` belongs to it, `end_minute` (at most 1440) does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    /// First minute, 0 to 1439.
    pub start_minute: u16,
    /// Minute after the last one, 1 to 1440.
    pub end_minute: u16,
}

/// Which public holidays a calendar leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HolidayRule {
    /// None: every weekday counts.
    #[default]
    None,
    /// Those of Ley 51 de 1983, computed for any year.
    Colombia,
}

/// A day with its own windows: a special working day, or with no windows a day off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateOverride {
    /// The local date.
    pub date: NaiveDate,
    /// The windows of that day instead of those of its weekday.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// What the day is called where a figure is explained.
    pub name: String,
}

/// Why a day has the windows that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayKind {
    /// An ordinary weekday with windows.
    Working,
    /// A weekday without windows, such as a Sunday.
    NoWindow,
    /// A public holiday; two that share a day are both named.
    Holiday {
        /// Its name in Spanish.
        name_es: String,
        /// Its name in English.
        name_en: String,
    },
    /// A dated override, by its name; it may have windows.
    Override {
        /// The name that the desk gave.
        name: String,
    },
}

/// What makes a calendar unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// A window ends before it starts, is empty, or ends after midnight.
    #[error("the window {window:?} of {day} must end after it starts and not after 24:00")]
    BadWindow {
        /// Where it stands.
        day: CalendarDay,
        /// The window as written.
        window: Window,
    },
    /// Two windows of a day share time.
    #[error("the windows {first} and {second} of {day} overlap")]
    Overlap {
        /// Where they stand.
        day: CalendarDay,
        /// The one written first.
        first: Window,
        /// The one written after it.
        second: Window,
    },
    /// The windows of a day are not written from early to late.
    #[error("the window {second} of {day} must be written before {first}")]
    OutOfOrder {
        /// Where they stand.
        day: CalendarDay,
        /// The one written first.
        first: Window,
        /// The one written after it.
        second: Window,
    },
    /// No weekday has any window, so no clock would ever move.
    #[error("no weekday has a window")]
    NoWindow,
    /// Two overrides claim one date.
    #[error("{0} has more than one override")]
    DuplicateOverride(NaiveDate),
    /// The transitions of the zone are not in order, or an offset is a day or more.
    #[error("the clock changes of the zone {0} are not in order")]
    BadZone(String),
}

/// A place in a calendar that an error points to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarDay {
    /// A weekday, Monday is 0.
    Weekday(usize),
    /// A dated override.
    Date(NaiveDate),
}

impl fmt::Display for CalendarDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 7] = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        match self {
            Self::Weekday(index) => {
                f.write_str(NAMES.get(*index).copied().unwrap_or("an unknown weekday"))
            }
            Self::Date(date) => date.fmt(f),
        }
    }
}

impl Calendar {
    /// The default hours until a desk sets its own: Monday to Friday 08:00-17:00 in Bogotá, Colombian holidays free.
    pub fn office_hours() -> Self {
        let day = Window {
            start_minute: 8 * 60,
            end_minute: 17 * 60,
        };
        Self {
            version: 1,
            zone: Zone::bogota(),
            week: std::array::from_fn(|weekday| if weekday < 5 { vec![day] } else { Vec::new() }),
            holidays: HolidayRule::Colombia,
            overrides: Vec::new(),
        }
    }

    /// A calendar that works around the clock, every day.
    pub fn around_the_clock(zone: Zone) -> Self {
        Self {
            version: 1,
            zone,
            week: std::array::from_fn(|_| vec![Window::WHOLE_DAY]),
            holidays: HolidayRule::None,
            overrides: Vec::new(),
        }
    }

    /// Says whether the calendar can be measured with.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once: windows that end before they start, overlap or are out of order, no window in the
    /// whole week, two overrides for one date, a zone out of order.
    pub fn validate(&self) -> Result<(), Vec<CalendarError>> {
        let mut errors = Vec::new();
        for (weekday, windows) in self.week.iter().enumerate() {
            check_windows(CalendarDay::Weekday(weekday), windows, &mut errors);
        }
        if self.week.iter().all(Vec::is_empty) {
            errors.push(CalendarError::NoWindow);
        }
        for (index, day) in self.overrides.iter().enumerate() {
            check_windows(CalendarDay::Date(day.date), &day.windows, &mut errors);
            if self.overrides[..index]
                .iter()
                .any(|earlier| earlier.date == day.date)
            {
                errors.push(CalendarError::DuplicateOverride(day.date));
            }
        }
        if !self.zone.is_in_order() {
            errors.push(CalendarError::BadZone(self.zone.name.clone()));
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    /// The windows of a local date and why it has them.
    pub fn windows_on(&self, date: NaiveDate) -> (Vec<Window>, DayKind) {
        if let Some(day) = self.overrides.iter().find(|day| day.date == date) {
            return (
                day.windows.clone(),
                DayKind::Override {
                    name: day.name.clone(),
                },
            );
        }
        if let Some(holiday) = self.holiday_on(date) {
            return (Vec::new(), holiday);
        }
        let windows = &self.week[date.weekday().num_days_from_monday() as usize];
        let kind = if windows.is_empty() {
            DayKind::NoWindow
        } else {
            DayKind::Working
        };
        (windows.clone(), kind)
    }

    /// Whether a local date has any working time (a "día hábil").
    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        if let Some(day) = self.overrides.iter().find(|day| day.date == date) {
            return !day.windows.is_empty();
        }
        let free = match self.holidays {
            HolidayRule::None => false,
            HolidayRule::Colombia => holidays::is_colombian_holiday(date),
        };
        !free && !self.week[date.weekday().num_days_from_monday() as usize].is_empty()
    }

    fn holiday_on(&self, date: NaiveDate) -> Option<DayKind> {
        match self.holidays {
            HolidayRule::None => None,
            HolidayRule::Colombia if !holidays::is_colombian_holiday(date) => None,
            HolidayRule::Colombia => {
                let year = holidays::colombian_holidays(date.year());
                let of_the_day = || year.iter().filter(|holiday| holiday.date == date);
                Some(DayKind::Holiday {
                    name_es: of_the_day()
                        .map(|holiday| holiday.name_es)
                        .collect::<Vec<_>>()
                        .join(" / "),
                    name_en: of_the_day()
                        .map(|holiday| holiday.name_en)
                        .collect::<Vec<_>>()
                        .join(" / "),
                })
            }
        }
    }
}

fn check_windows(day: CalendarDay, windows: &[Window], errors: &mut Vec<CalendarError>) {
    for window in windows {
        if !window.is_sound() {
            errors.push(CalendarError::BadWindow {
                day,
                window: *window,
            });
        }
    }
    for pair in windows.windows(2) {
        let (first, second) = (pair[0], pair[1]);
        if second.end_minute <= first.start_minute {
            errors.push(CalendarError::OutOfOrder { day, first, second });
        } else if second.start_minute < first.end_minute {
            errors.push(CalendarError::Overlap { day, first, second });
        }
    }
}

/// What makes a text no window.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WindowError {
    /// Not two times of day with a dash between.
    #[error("`{0}` is not a window; write it as 08:00-12:00")]
    Syntax(String),
    /// The end is not after the start.
    #[error("the window `{0}` must end after it starts; split one that crosses midnight at 24:00")]
    EndNotAfterStart(String),
}

impl Window {
    /// From local midnight to local midnight.
    pub const WHOLE_DAY: Self = Self {
        start_minute: 0,
        end_minute: 1440,
    };

    /// Reads `08:00-12:00`; the end may be `24:00`.
    ///
    /// # Errors
    ///
    /// [`WindowError::Syntax`] for a text of another form, [`WindowError::EndNotAfterStart`] for an empty or backward window.
    pub fn parse(text: &str) -> Result<Self, WindowError> {
        let syntax = || WindowError::Syntax(text.to_owned());
        let (start, end) = text.split_once('-').ok_or_else(syntax)?;
        let start_minute = minute_of_day(start.trim()).ok_or_else(syntax)?;
        let end_minute = minute_of_day(end.trim()).ok_or_else(syntax)?;
        let window = Self {
            start_minute,
            end_minute,
        };
        if window.is_sound() {
            Ok(window)
        } else {
            Err(WindowError::EndNotAfterStart(text.to_owned()))
        }
    }

    /// The length in minutes of the local clock.
    pub fn minutes(self) -> u16 {
        self.end_minute.saturating_sub(self.start_minute)
    }

    fn is_sound(self) -> bool {
        self.start_minute < self.end_minute && self.end_minute <= 1440
    }
}

/// Minutes from midnight of a time written `HH:MM`, up to `24:00`; `None` for anything else.
pub fn minute_of_day(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let is_number = |part: &str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_number(hours) || !is_number(minutes) || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60 && hours * 60 + minutes <= 1440).then_some(hours * 60 + minutes)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, end) = (self.start_minute, self.end_minute);
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02}",
            start / 60,
            start % 60,
            end / 60,
            end % 60
        )
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Window {
    type Error = WindowError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

/// A time zone as data: what the local clock showed from when on. Needs no time zone database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The IANA name, for people.
    pub name: String,
    /// Minutes east of UTC before the first transition; -300 in Bogotá.
    pub first_offset_minutes: i32,
    /// Changes of the clock, in order; empty for a zone without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transitions: Vec<Transition>,
}

/// A change of the local clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// The first instant with the new offset.
    pub at: DateTime<Utc>,
    /// Minutes east of UTC from then on.
    pub offset_minutes: i32,
}

impl Zone {
    /// A zone whose clock never changes.
    pub fn fixed(name: &str, offset_minutes: i32) -> Self {
        Self {
            name: name.to_owned(),
            first_offset_minutes: offset_minutes,
            transitions: Vec::new(),
        }
    }

    /// Colombia: five hours behind UTC, without daylight saving since 1993.
    pub fn bogota() -> Self {
        Self::fixed("America/Bogota", -300)
    }

    /// A zone without clock changes by its IANA name; `None` for every zone that needs a table of transitions.
    pub fn known(name: &str) -> Option<Self> {
        let offset_minutes = match name {
            "America/Bogota" | "America/Lima" | "America/Panama" | "America/Guayaquil" => -300,
            "Etc/UTC" | "UTC" => 0,
            _ => return None,
        };
        Some(Self::fixed(name, offset_minutes))
    }

    /// Builds the table of a zone between two instants from anything that knows the offset at an instant, in minutes east
    /// of UTC (on the server, a time zone database). Two changes within one day are not told apart.
    pub fn from_offsets(
        name: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        offset_minutes_at: impl Fn(DateTime<Utc>) -> i32,
    ) -> Self {
        let mut zone = Self::fixed(name, offset_minutes_at(from));
        let (mut known, mut offset) = (from, zone.first_offset_minutes);
        while known < to {
            let Some(next) = known.checked_add_signed(Duration::days(1)) else {
                break;
            };
            let next_offset = offset_minutes_at(next);
            if next_offset != offset {
                let at = first_instant_with(next_offset, known, next, &offset_minutes_at);
                zone.transitions.push(Transition {
                    at,
                    offset_minutes: next_offset,
                });
            }
            (known, offset) = (next, next_offset);
        }
        zone
    }

    /// The local date on which an instant falls.
    pub fn local_date(&self, at: DateTime<Utc>) -> Option<NaiveDate> {
        let day = self
            .local_micros(at.timestamp_micros())
            .div_euclid(MICROS_PER_DAY);
        NaiveDate::from_epoch_days(i32::try_from(day).ok()?)
    }

    /// The instant at which the local clock first reaches a minute of a date; where that minute is skipped, the instant of
    /// the skip.
    pub fn instant_of(&self, date: NaiveDate, minute: u16) -> Option<DateTime<Utc>> {
        let local = i64::from(date.to_epoch_days()) * MICROS_PER_DAY
            + i64::from(minute) * MICROS_PER_MINUTE;
        DateTime::from_timestamp_micros(self.first_reach(local))
    }

    /// The local clock (microseconds since the local epoch) at an instant; held, not set back, when clocks are put back.
    pub(super) fn local_micros(&self, at: i64) -> i64 {
        let (index, offset) = self.stretch_at(at);
        let shown = at.saturating_add(offset);
        match index.checked_sub(1) {
            Some(before) => shown.max(self.local_end(before)),
            None => shown,
        }
    }

    /// The first instant at which the local clock has reached `local`; the inverse of [`Zone::local_micros`].
    pub(super) fn first_reach(&self, local: i64) -> i64 {
        self.reach(local).at
    }

    /// As `first_reach`, with the range of local time for which the same offset gives the answer.
    pub(super) fn reach(&self, local: i64) -> Reach {
        // Ends of stretches rise on the local clock (checked by `is_in_order`), so the first one not before `local` is found by halving.
        let index = self.ends_before(local);
        let offset = self.offset(index);
        let begin = index.checked_sub(1).map_or(i64::MIN, |before| {
            self.begin(index)
                .saturating_add(offset)
                .max(self.local_end(before))
        });
        let end = if index < self.transitions.len() {
            self.local_end(index)
        } else {
            i64::MAX
        };
        let at = local.saturating_sub(offset).max(self.begin(index));
        Reach {
            at,
            offset,
            local_from: begin,
            local_to: end,
        }
    }

    /// How many stretches end before `local` on the local clock.
    fn ends_before(&self, local: i64) -> usize {
        let (mut low, mut high) = (0, self.transitions.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.local_end(middle) < local {
                low = middle + 1
            } else {
                high = middle
            }
        }
        low
    }

    fn stretch_at(&self, at: i64) -> (usize, i64) {
        let index = self
            .transitions
            .partition_point(|transition| transition.at.timestamp_micros() <= at);
        (index, self.offset(index))
    }

    /// Offset of a stretch in microseconds; stretch 0 lies before the first transition.
    fn offset(&self, index: usize) -> i64 {
        let minutes = match index.checked_sub(1) {
            Some(transition) => self.transitions[transition].offset_minutes,
            None => self.first_offset_minutes,
        };
        i64::from(minutes) * MICROS_PER_MINUTE
    }

    /// The instant at which a stretch begins.
    fn begin(&self, index: usize) -> i64 {
        index.checked_sub(1).map_or(i64::MIN, |transition| {
            self.transitions[transition].at.timestamp_micros()
        })
    }

    /// What the local clock shows when a stretch, not the last one, ends.
    fn local_end(&self, index: usize) -> i64 {
        self.transitions[index]
            .at
            .timestamp_micros()
            .saturating_add(self.offset(index))
    }

    fn is_in_order(&self) -> bool {
        let ordered = self
            .transitions
            .windows(2)
            .all(|pair| pair[0].at < pair[1].at);
        let rising = (1..self.transitions.len())
            .all(|index| self.local_end(index - 1) < self.local_end(index));
        let offsets = self
            .transitions
            .iter()
            .map(|transition| transition.offset_minutes);
        let sane = offsets
            .chain([self.first_offset_minutes])
            .all(|minutes| minutes.abs() < 1440);
        ordered && rising && sane
    }
}

/// An answer of [`Zone::reach`].
#[derive(Clone, Copy)]
pub(super) struct Reach {
    /// The instant.
    pub(super) at: i64,
    /// Local time less instant, in the range below.
    pub(super) offset: i64,
    /// Local time from which `local - offset` is the answer.
    pub(super) local_from: i64,
    /// Local time up to which, inclusive, `local - offset` is the answer.
    pub(super) local_to: i64,
}

/// Halves `(known, next]` down to the second at which the offset becomes `wanted`.
fn first_instant_with(
    wanted: i32,
    known: DateTime<Utc>,
    next: DateTime<Utc>,
    offset_minutes_at: &impl Fn(DateTime<Utc>) -> i32,
) -> DateTime<Utc> {
    let (mut before, mut reached) = (known.timestamp(), next.timestamp());
    while reached - before > 1 {
        let middle = before + (reached - before) / 2;
        match DateTime::from_timestamp(middle, 0) {
            Some(at) if offset_minutes_at(at) != wanted => before = middle,
            _ => reached = middle,
        }
    }
    DateTime::from_timestamp(reached, 0).unwrap_or(next)
}
