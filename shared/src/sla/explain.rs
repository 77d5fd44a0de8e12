//! Where a figure comes from: the history of a clock cut into segments that follow each other without a gap and whose
//! counted parts add up to the time used.

use chrono::{DateTime, NaiveDate, Utc};

use super::business_time::BusinessTime;
use super::calendar::{Calendar, DayKind};
use super::clock::ClockInput;
use super::hours::Hours;
use super::policy::{ClockKind, CountsFrom, Target, TargetRow};
use super::replay::{self, Counting, Replay, Step};

/// The figure of one clock with everything that it follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Which clock.
    pub kind: ClockKind,
    /// Which start of it; the current one.
    pub generation: u32,
    /// The target in force, or the one in force when the clock ended; `None` is "no committed time".
    pub target: Option<Target>,
    /// Which rule gave the target, and from when it counts.
    pub rule: Rule,
    /// From creation or arrival until the clock ended, or until now; contiguous, and empty only if no time has passed.
    pub segments: Vec<Segment>,
    /// Business time used: the sum of what the segments count.
    pub used: BusinessTime,
    /// As in [`super::clock::ClockState::due_at`].
    pub due_at: Option<DateTime<Utc>>,
    /// The version of the calendar that it is measured with now; stretches before a change of the hours are counted by the one
    /// of then.
    pub calendar_version: u32,
    /// The time zone of windows and dates. Where its clock is put back, the hour that repeats counts once, in the window
    /// that is open at the change.
    pub zone: String,
}

/// The rule that a target comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The row of the table that matched and its place from 0; `None` when no row did.
    pub row: Option<(usize, TargetRow)>,
    /// What the clock counts from.
    pub counts_from: CountsFrom,
    /// The level of the ticket that the row was looked up for; `None` for a ticket without spans.
    pub level: Option<u8>,
    /// From when it counts.
    pub started_at: DateTime<Utc>,
}

/// A stretch of time of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First instant.
    pub from: DateTime<Utc>,
    /// The instant after the last one; where the next segment begins.
    pub to: DateTime<Utc>,
    /// Why it counts or does not.
    pub kind: SegmentKind,
    /// What it adds to the time used.
    pub counted: BusinessTime,
}

/// Why a stretch of time counts or does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentKind {
    /// The clock ran in business hours.
    Ran,
    /// The ticket waited, in and out of business hours.
    Paused {
        /// The key of the reason.
        reason: String,
        /// Who paused it; `None` for the system.
        by: Option<String>,
    },
    /// The clock ran outside business hours: evening, night, or a weekday without windows.
    OffHours,
    /// A public holiday.
    Holiday {
        /// Its name in Spanish.
        name_es: String,
        /// Its name in English.
        name_en: String,
    },
    /// The free time of a day with its own hours.
    Override {
        /// The name that the desk gave to the day.
        name: String,
    },
    /// Solved and later reopened; counts only if the policy says so.
    Solved,
    /// Until the next business day, because the request came after the intake cut-off of the category that it had then
    ///
    AfterCutoff,
}

/// Explains the current generation of a clock at `now`.
pub fn explain(input: &ClockInput<'_>, kind: ClockKind, now: DateTime<Utc>) -> Explanation {
    let replay = replay::generations(input, kind, now).current;
    let row = replay.deciding.and_then(|span| input.policy.row_for(span));
    Explanation {
        kind,
        generation: replay.generation,
        target: replay.target,
        rule: Rule {
            row: row.map(|(index, row)| (index, row.clone())),
            counts_from: match kind {
                ClockKind::Attention if replay.generation == 1 => CountsFrom::Creation,
                ClockKind::Attention => CountsFrom::ArrivalAtLevel,
                ClockKind::Solution => input.policy.solution_counts_from,
            },
            level: replay.deciding.map(|span| span.level),
            started_at: replay.started_at,
        },
        segments: segments(input.hours(), &replay),
        used: replay.used,
        due_at: replay.due_at(),
        calendar_version: input.calendar.version,
        zone: input.calendar.zone.name.clone(),
    }
}

fn segments(hours: Hours<'_>, replay: &Replay<'_>) -> Vec<Segment> {
    let mut segments = Segments(Vec::new());
    let waits_until = replay.started_at.min(replay.until);
    segments.push(
        replay.arrived_at,
        waits_until,
        SegmentKind::AfterCutoff,
        BusinessTime::ZERO,
    );
    for step in &replay.steps {
        match step.counting {
            Counting::Ran => push_days(&mut segments, hours.at(step.from), step),
            Counting::Waited => {
                let kind = SegmentKind::Paused {
                    reason: step.span.label.clone(),
                    by: step.span.actor.clone(),
                };
                segments.push(step.from, step.to, kind, BusinessTime::ZERO);
            }
            Counting::Held => segments.push(
                step.from,
                step.to.min(replay.until),
                SegmentKind::AfterCutoff,
                BusinessTime::ZERO,
            ),
            Counting::SolvedCounted => {
                segments.push(step.from, step.to, SegmentKind::Solved, step.length)
            }
            Counting::SolvedFree => {
                segments.push(step.from, step.to, SegmentKind::Solved, BusinessTime::ZERO)
            }
        }
    }
    segments.0
}

/// A growing list in which neighbours of the same kind are one.
struct Segments(Vec<Segment>);

impl Segments {
    fn push(
        &mut self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        kind: SegmentKind,
        counted: BusinessTime,
    ) {
        if from >= to {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.kind == kind && last.to == from => {
                last.to = to;
                last.counted = last.counted.saturating_add(counted);
            }
            _ => self.0.push(Segment {
                from,
                to,
                kind,
                counted,
            }),
        }
    }
}

fn push_days(segments: &mut Segments, calendar: &Calendar, step: &Step<'_>) {
    let mut from = step.from;
    let mut date = calendar.zone.local_date(from);
    while from < step.to {
        let next_date = date.and_then(|date| date.succ_opt());
        let day_end = next_date
            .and_then(|next| calendar.zone.instant_of(next, 0))
            .map_or(step.to, |midnight| midnight.clamp(from, step.to));
        match date {
            Some(date) => push_day(segments, calendar, date, from, day_end),
            None => segments.push(from, day_end, SegmentKind::OffHours, BusinessTime::ZERO),
        }
        (from, date) = (day_end, next_date);
    }
}

fn push_day(
    segments: &mut Segments,
    calendar: &Calendar,
    date: NaiveDate,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) {
    let (windows, day) = calendar.windows_on(date);
    let free = match day {
        DayKind::Working | DayKind::NoWindow => SegmentKind::OffHours,
        DayKind::Holiday { name_es, name_en } => SegmentKind::Holiday { name_es, name_en },
        DayKind::Override { name } => SegmentKind::Override { name },
    };
    let mut reached = from;
    for window in windows {
        let at = |minute| {
            calendar
                .zone
                .instant_of(date, minute)
                .map_or(to, |instant| instant.clamp(reached, to))
        };
        let (opens, closes) = (at(window.start_minute), at(window.end_minute));
        segments.push(reached, opens, free.clone(), BusinessTime::ZERO);
        let length = closes
            .signed_duration_since(opens)
            .num_microseconds()
            .unwrap_or(0);
        segments.push(
            opens,
            closes,
            SegmentKind::Ran,
            BusinessTime::from_micros(length),
        );
        reached = closes.max(opens);
    }
    segments.push(reached, to, free, BusinessTime::ZERO);
}
