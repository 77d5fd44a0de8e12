//! The oracle (I-30): a desk's time as a row of minutes, each asked by itself whether the desk works, and the clocks of a
//! ticket as a walk along that row. Slow, and written without looking at how the engine does it.

use std::collections::{BTreeMap, HashSet};

use chrono::{
    DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike, Utc,
};
use shared::sla::calendar::{Calendar, DateOverride, HolidayRule, Window, Zone};
use shared::sla::clock::{ClockInput, ClockStatus, DueWhat, Span};
use shared::sla::policy::{ClockEffect, ClockKind, CountsFrom, IntakeCutoff, Target};

use crate::holidays::independent_holidays;

pub(crate) const MINUTE: i64 = 60_000_000;

/// A calendar in the oracle's own terms.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) week: [Vec<(u16, u16)>; 7],
    pub(crate) colombian: bool,
    pub(crate) special: BTreeMap<NaiveDate, Vec<(u16, u16)>>,
    pub(crate) place: Place,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Bogota,
    Changing(chrono_tz::Tz),
}

impl Place {
    pub(crate) fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Bogota => at.naive_utc() - Duration::hours(5),
            Self::Changing(zone) => at.with_timezone(&zone).naive_local(),
        }
    }

    /// The zone for the engine; with a table for the years around an instant.
    pub(crate) fn zone_around(self, at: DateTime<Utc>) -> Zone {
        match self {
            Self::Bogota => Zone::bogota(),
            Self::Changing(zone) => {
                let offset = |at: DateTime<Utc>| {
                    zone.offset_from_utc_datetime(&at.naive_utc())
                        .fix()
                        .local_minus_utc()
                        / 60
                };
                Zone::from_offsets(
                    zone.name(),
                    at - Duration::days(400),
                    at + Duration::days(400),
                    offset,
                )
            }
        }
    }
}

impl Desk {
    pub(crate) fn calendar(&self, around: DateTime<Utc>) -> Calendar {
        let windows = |pairs: &Vec<(u16, u16)>| -> Vec<Window> {
            pairs
                .iter()
                .map(|&(start_minute, end_minute)| Window {
                    start_minute,
                    end_minute,
                })
                .collect()
        };
        let calendar = Calendar {
            version: 7,
            zone: self.place.zone_around(around),
            week: std::array::from_fn(|day| windows(&self.week[day])),
            holidays: if self.colombian {
                HolidayRule::Colombia
            } else {
                HolidayRule::None
            },
            overrides: self
                .special
                .iter()
                .map(|(date, pairs)| DateOverride {
                    date: *date,
                    windows: windows(pairs),
                    name: format!("special {date}"),
                })
                .collect(),
        };
        assert_eq!(
            calendar.validate(),
            Ok(()),
            "the test makes only sound calendars"
        );
        calendar
    }

    fn windows(&self, date: NaiveDate) -> &[(u16, u16)] {
        if let Some(pairs) = self.special.get(&date) {
            return pairs;
        }
        if self.colombian && independent_holidays(date.year()).contains(&date) {
            return &[];
        }
        &self.week[date.weekday().num_days_from_monday() as usize]
    }
}

/// A row of minutes from `begin`: what the held local clock shows at each, and whether the desk works.
pub(crate) struct Minutes {
    pub(crate) begin: DateTime<Utc>,
    works: Vec<bool>,
    local: Vec<NaiveDateTime>,
    /// The business days by each of the hours that the desk has one after the other, and which hold at each minute.
    business_days: Vec<HashSet<NaiveDate>>,
    hours: Vec<usize>,
}

impl Minutes {
    pub(crate) fn of(desk: &Desk, begin: DateTime<Utc>, count: usize) -> Self {
        Self::changing(&[(usize::MAX, desk)], begin, count)
    }

    /// The row of a desk that changes its hours: each holds up to a minute, the last one beyond the row.
    pub(crate) fn changing(desks: &[(usize, &Desk)], begin: DateTime<Utc>, count: usize) -> Self {
        assert_eq!(begin.timestamp_micros() % MINUTE, 0);
        let place = desks[0].1.place;
        let minute = Duration::minutes(1);
        let mut business_days = vec![HashSet::new(); desks.len()];
        let mut hours = Vec::with_capacity(count);
        let mut day: Option<(NaiveDate, usize, Vec<bool>)> = None;
        // The held clock is the latest local time seen so far; look back for as long as any clock is put back.
        let mut shown = NaiveDateTime::MIN;
        for back in 1..=240 {
            shown = shown.max(place.local(begin - minute * back) + minute);
        }
        let (mut works, mut local) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut at = begin;
        for index in 0..count {
            let now = place.local(at);
            shown = shown.max(now);
            let holds = |(until, _): &(usize, &Desk)| index < *until;
            let which = desks.iter().position(holds).expect("the last one holds");
            let date = shown.date();
            if day
                .as_ref()
                .is_none_or(|day| (day.0, day.1) != (date, which))
            {
                for (days, (_, desk)) in business_days.iter_mut().zip(desks) {
                    if !desk.windows(date).is_empty() {
                        days.insert(date);
                    }
                }
                let mut row = vec![false; 1440];
                for &(start, end) in desks[which].1.windows(date) {
                    (start..end).for_each(|minute| row[usize::from(minute)] = true);
                }
                day = Some((date, which, row));
            }
            let minute_of_day = (shown.hour() * 60 + shown.minute()) as usize;
            works.push(day.as_ref().is_some_and(|(_, _, row)| row[minute_of_day]));
            hours.push(which);
            local.push(shown);
            shown = shown.max(now + minute);
            at += minute;
        }
        Self {
            begin,
            works,
            local,
            business_days,
            hours,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.works.len()
    }

    pub(crate) fn at(&self, index: usize) -> DateTime<Utc> {
        self.begin + Duration::minutes(index as i64)
    }

    /// Business microseconds between two instants, given in microseconds after `begin`.
    pub(crate) fn elapsed(&self, from: i64, to: i64) -> i64 {
        let minutes = (from / MINUTE)..=(to / MINUTE);
        let within = |minute: i64| ((minute + 1) * MINUTE).min(to) - (minute * MINUTE).max(from);
        minutes
            .filter(|minute| self.works.get(*minute as usize) == Some(&true))
            .map(|minute| within(minute).max(0))
            .sum()
    }

    /// The least moment from `start` by which `amount` business microseconds have passed, both after `begin`; `None` past the row.
    pub(crate) fn deadline(&self, start: i64, amount: i64) -> Option<i64> {
        let mut missing = amount;
        if missing <= 0 {
            return Some(start);
        }
        for minute in (start / MINUTE)..self.works.len() as i64 {
            let from = (minute * MINUTE).max(start);
            let to = (minute + 1) * MINUTE;
            if self.works[minute as usize] {
                if to - from >= missing {
                    return Some(from + missing);
                }
                missing -= to - from;
            }
        }
        None
    }

    /// The first working minute from an index on.
    pub(crate) fn next_working(&self, from: usize) -> Option<usize> {
        (from..self.works.len()).find(|&index| self.works[index])
    }

    /// The same clock time some business days later, as indices of minutes.
    pub(crate) fn business_days_later(&self, start: usize, days: u32) -> Option<usize> {
        let moment = self.next_working(start)?;
        let mut date = self.local[moment].date();
        let time = self.local[moment].time();
        let mut found = moment;
        for _ in 0..days {
            loop {
                date = date.succ_opt().expect("a next day");
                let comes = |index: &usize| self.local[*index] >= date.and_time(time);
                found = (found..self.works.len()).find(comes)?;
                if self.business_days[self.hours[found]].contains(&date) {
                    break;
                }
            }
        }
        Some(found)
    }

    fn is_business_day(&self, index: usize) -> bool {
        self.business_days[self.hours[index]].contains(&self.local[index].date())
    }
}

/// What the walk says about one clock; instants are minutes or microseconds after the begin of the row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) generation: u32,
    pub(crate) status: ClockStatus,
    pub(crate) used: i64,
    pub(crate) met_at: Option<usize>,
    pub(crate) breached_at: Option<usize>,
    /// `None` also when it lies past the row.
    pub(crate) due: Option<i64>,
    pub(crate) effects: Vec<(u32, DueWhat, i64)>,
}

/// How one target would stand, whether it is in force or not.
#[derive(Clone)]
struct Tracker {
    target: Target,
    /// The due time of a target in business days, pushed on by each minute waited.
    pushed_due: Option<usize>,
    /// The business microseconds that it stands for.
    amount: Option<i64>,
    /// Due time and minutes used then, once the clock has run past it.
    passed: Option<(i64, i64)>,
}

struct Walk<'a> {
    minutes: &'a Minutes,
    input: &'a ClockInput<'a>,
    late: Option<Late>,
    kind: ClockKind,
    generation: u32,
    in_force: &'a Span,
    start: usize,
    used: i64,
    waited: i64,
    trackers: Vec<Tracker>,
    stopped: Vec<usize>,
    met_at: Option<usize>,
    breached_at: Option<usize>,
    given: Vec<u8>,
    effects: Vec<(u32, DueWhat, i64)>,
}

/// Walks a ticket whose instants all lie on minutes; creation is `created` minutes after the begin of the row.
pub(crate) fn walk(
    minutes: &Minutes,
    input: &ClockInput<'_>,
    kind: ClockKind,
    created: usize,
    now: usize,
) -> Figure {
    let minute_of = |at: DateTime<Utc>| (at - minutes.begin).num_minutes() as usize;
    let first = &input.spans[0];
    let late = Late::of(minutes, created);
    let span_at = |minute: usize| {
        let later = &input.spans[1..];
        let begun = later
            .iter()
            .take_while(|span| minute_of(span.at) <= minute.min(now));
        begun.last().unwrap_or(first)
    };
    // The first minute from an arrival on at which nothing holds the clock.
    let starts = |arrival: usize| {
        let held =
            |minute: &usize| late.is_some_and(|late| late.holds(input, span_at(*minute), *minute));
        (arrival..)
            .find(|minute| !held(minute))
            .expect("nothing is held for ever")
    };
    let new_walk = |generation: u32, start: usize, in_force| {
        let mut walk = Walk {
            minutes,
            input,
            late,
            kind,
            generation: generation - 1,
            in_force,
            start: 0,
            used: 0,
            waited: 0,
            trackers: Vec::new(),
            stopped: Vec::new(),
            met_at: None,
            breached_at: None,
            given: Vec::new(),
            effects: Vec::new(),
        };
        walk.begin(start);
        walk
    };
    let mut walk = new_walk(1, starts(created), first);
    // Clocks of levels where the ticket was before, when each level has its own.
    let mut others: BTreeMap<u8, Walk<'_>> = BTreeMap::new();
    let mut span = first;
    let mut span_from = created;
    walk.arrive(span, created, kind);
    let mut next = 1;
    for minute in created..=now {
        while next < input.spans.len() && minute_of(input.spans[next].at) <= minute {
            let before = span;
            span = &input.spans[next];
            span_from = minute;
            next += 1;
            if before.level != span.level {
                match (kind, input.policy.solution_counts_from) {
                    (ClockKind::Attention, _) => {
                        walk.begin(starts(minute));
                        walk.in_force = span;
                    }
                    (ClockKind::Solution, CountsFrom::ArrivalAtLevel) => {
                        let started = others.len() as u32 + 1;
                        let known = others.remove(&span.level);
                        let arrived =
                            known.unwrap_or_else(|| new_walk(started + 1, starts(minute), span));
                        others.insert(before.level, std::mem::replace(&mut walk, arrived));
                    }
                    (ClockKind::Solution, CountsFrom::Creation) => {}
                }
            }
            walk.arrive(span, minute, kind);
            if !walk.has_ended(span) {
                walk.in_force = span;
            }
            others
                .values_mut()
                .for_each(|other| other.arrive(span, minute, kind));
        }
        let at_present = minute == now;
        others
            .values_mut()
            .for_each(|other| other.elsewhere(span, minute, at_present));
        if walk.has_ended(span) {
            if walk.met_at.is_none() {
                walk.stopped.push(minute);
            }
            continue;
        }
        if at_present {
            walk.present(span, minute, span_from);
        } else if minute >= walk.start {
            walk.minute(span, minute);
        }
    }
    let of_others = others.into_values().flat_map(|other| other.effects);
    let mut figure = walk.figure(span);
    figure.effects.extend(of_others);
    figure
        .effects
        .sort_by_key(|(generation, what, at)| (*at, *generation, *what));
    figure
}

/// What holds a ticket that comes late in the day: when it came, and when the next business day opens.
#[derive(Clone, Copy)]
struct Late {
    begin: DateTime<Utc>,
    minute_of_day: u32,
    opens: usize,
}

impl Late {
    fn of(minutes: &Minutes, created: usize) -> Option<Self> {
        let local = minutes.local[created];
        let is_next =
            |index: &usize| minutes.local[*index].date() > local.date() && minutes.works[*index];
        minutes.is_business_day(created).then(|| Self {
            begin: minutes.begin,
            minute_of_day: local.hour() * 60 + local.minute(),
            opens: (created..minutes.len())
                .find(is_next)
                .unwrap_or(minutes.len()),
        })
    }

    /// Whether a ticket waits at a minute, by the category that it has then.
    fn holds(self, input: &ClockInput<'_>, span: &Span, minute: usize) -> bool {
        let at = self.begin + Duration::minutes(minute as i64);
        let cutoffs = input
            .eras
            .iter()
            .find(|era| at < era.until)
            .map_or(&input.policy.intake_cutoffs, |era| {
                &era.measure.intake_cutoffs
            });
        let fits =
            |cutoff: &&IntakeCutoff| cutoff.category.is_none() || cutoff.category == span.category;
        let cutoff = cutoffs.iter().find(fits).map(|cutoff| cutoff.minute);
        cutoff.is_some_and(|cutoff| self.minute_of_day > u32::from(cutoff)) && minute < self.opens
    }
}

impl Walk<'_> {
    fn begin(&mut self, start: usize) {
        self.generation += 1;
        (self.start, self.used, self.waited) = (start, 0, 0);
        (self.met_at, self.breached_at) = (None, None);
        self.stopped.clear();
        self.given.clear();
        let rows = self.input.policy.targets.iter();
        self.trackers = rows
            .flat_map(|row| [row.attention, row.solution])
            .flatten()
            .map(|target| self.new_tracker(target))
            .collect();
    }

    fn new_tracker(&self, target: Target) -> Tracker {
        match target {
            Target::Minutes(minutes) => Tracker {
                target,
                pushed_due: None,
                amount: Some(minutes.0 * MINUTE),
                passed: None,
            },
            Target::BusinessDays(days) => {
                let pushed_due = self.minutes.business_days_later(self.start, days);
                let amount = pushed_due.map(|due| {
                    self.minutes
                        .elapsed(self.start as i64 * MINUTE, due as i64 * MINUTE)
                });
                Tracker {
                    target,
                    pushed_due,
                    amount,
                    passed: None,
                }
            }
        }
    }

    fn has_ended(&self, span: &Span) -> bool {
        self.met_at.is_some() || span.effect == ClockEffect::Stopped
    }

    fn arrive(&mut self, span: &Span, minute: usize, kind: ClockKind) {
        if self.met_at.is_some() && kind == ClockKind::Attention {
            return;
        }
        if span.effect != ClockEffect::Stopped {
            self.flush_stopped();
        }
        if kind == ClockKind::Attention && span.attended {
            self.flush_stopped();
            self.met_at = Some(minute);
        }
    }

    fn flush_stopped(&mut self) {
        for minute in std::mem::take(&mut self.stopped) {
            let at = self.minutes.at(minute);
            let era = self.input.eras.iter().find(|era| at < era.until);
            let counts = era.map_or(self.input.policy.waiting_in_solved_counts, |era| {
                era.measure.waiting_in_solved_counts
            });
            let counted = self.kind == ClockKind::Solution && counts;
            if minute < self.start {
                continue;
            }
            if counted {
                self.pass(minute);
                self.used += i64::from(self.minutes.works[minute]);
            } else {
                self.wait(minute);
            }
        }
    }

    fn target(&self, span: &Span) -> Option<Target> {
        let row = self.input.policy.targets.iter().find(|row| {
            let same = |wanted: &Option<String>, found: &Option<String>| {
                wanted
                    .as_ref()
                    .is_none_or(|wanted| Some(wanted) == found.as_ref())
            };
            same(&row.priority, &span.priority)
                && same(&row.request_type, &span.request_type)
                && same(&row.category, &span.category)
                && same(&row.group, &span.group)
                && row.level.is_none_or(|level| level == span.level)
        })?;
        match self.kind {
            ClockKind::Attention => row.attention,
            ClockKind::Solution => row.solution,
        }
    }

    fn tracker(&self, target: Target) -> &Tracker {
        self.trackers
            .iter()
            .find(|tracker| tracker.target == target)
            .expect("every target of the policy has one")
    }

    /// Marks the targets that are over while this minute counts.
    fn pass(&mut self, minute: usize) {
        for index in 0..self.trackers.len() {
            let tracker = &self.trackers[index];
            let is_over = match tracker.target {
                Target::Minutes(minutes) => self.used >= minutes.0,
                Target::BusinessDays(_) => tracker.pushed_due.is_some_and(|due| due <= minute),
            };
            if is_over && tracker.passed.is_none() {
                let due = self.due(tracker).expect("it is over already");
                self.trackers[index].passed = Some((due, self.used));
            }
        }
    }

    fn due(&self, tracker: &Tracker) -> Option<i64> {
        match tracker.target {
            Target::Minutes(minutes) => self.minutes.deadline(
                self.start as i64 * MINUTE,
                (minutes.0 + self.waited) * MINUTE,
            ),
            Target::BusinessDays(_) => tracker.pushed_due.map(|due| due as i64 * MINUTE),
        }
    }

    fn wait(&mut self, minute: usize) {
        if !self.minutes.works[minute] {
            return;
        }
        self.waited += 1;
        for tracker in &mut self.trackers {
            let pushed = |due: usize| self.minutes.next_working(due).map(|working| working + 1);
            tracker.pushed_due = tracker.pushed_due.and_then(pushed);
        }
    }

    fn breach(&mut self, minute: usize) {
        if self.breached_at.is_none() {
            self.breached_at = Some(minute);
            self.effects
                .push((self.generation, DueWhat::Breach, minute as i64 * MINUTE));
        }
    }

    fn minute(&mut self, span: &Span, minute: usize) {
        let target = self.target(span);
        match span.effect {
            ClockEffect::Runs if self.is_held(span, minute) => {
                self.breach_if_overdrawn(target, minute);
                self.wait(minute);
            }
            ClockEffect::Runs => {
                self.pass(minute);
                if target.is_some_and(|target| self.tracker(target).passed.is_some()) {
                    self.breach(minute);
                }
                self.warn(target, minute, MINUTE - 1);
                self.used += i64::from(self.minutes.works[minute]);
            }
            ClockEffect::Paused => {
                self.breach_if_overdrawn(target, minute);
                self.wait(minute);
            }
            ClockEffect::Stopped => unreachable!("a stopped clock does not walk"),
        }
    }

    /// A minute at another level: it counts or waits, and neither warns nor breaches.
    fn elsewhere(&mut self, span: &Span, minute: usize, at_present: bool) {
        match span.effect {
            ClockEffect::Stopped => self.stopped.push(minute),
            _ if at_present || minute < self.start => {}
            ClockEffect::Runs if self.is_held(span, minute) => self.wait(minute),
            ClockEffect::Runs => {
                self.pass(minute);
                self.used += i64::from(self.minutes.works[minute]);
            }
            ClockEffect::Paused => self.wait(minute),
        }
    }

    fn breach_if_overdrawn(&mut self, target: Option<Target>, minute: usize) {
        let passed = target.and_then(|target| self.tracker(target).passed);
        if passed.is_some_and(|(_, used_then)| self.used > used_then) {
            self.breach(minute);
        }
    }

    /// The present is the end of the row so far: nothing counts any more, but what is due by now is due.
    fn present(&mut self, span: &Span, minute: usize, span_from: usize) {
        let target = self.target(span);
        if span_from.max(self.start) >= minute {
            self.breach_if_overdrawn(target, minute.max(self.start));
        }
        if span.effect == ClockEffect::Runs && minute >= self.start {
            if !self.is_held(span, minute) {
                self.warn(target, minute, 0);
            }
            // If nothing happens, it waits on.
            let held = (minute..).take_while(|&later| self.is_held(span, later));
            held.collect::<Vec<_>>()
                .into_iter()
                .for_each(|later| self.wait(later));
        }
    }

    fn is_held(&self, span: &Span, minute: usize) -> bool {
        self.late
            .is_some_and(|late| late.holds(self.input, span, minute))
    }

    /// Gives the warnings that are reached at the begin of this minute, or at most `within` microseconds later.
    fn warn(&mut self, target: Option<Target>, minute: usize, within: i64) {
        let Some(whole) = target.and_then(|target| self.tracker(target).amount) else {
            return;
        };
        let mut levels = self.input.policy.warn_at_percent.clone();
        levels.sort();
        for level in levels {
            let missing = (whole * i64::from(level) + 99) / 100 - self.used * MINUTE;
            let in_this_minute = missing <= 0 || (self.minutes.works[minute] && missing <= within);
            if in_this_minute && self.breached_at.is_none() && !self.given.contains(&level) {
                self.given.push(level);
                let at = minute as i64 * MINUTE + missing.max(0);
                self.effects
                    .push((self.generation, DueWhat::Warning(level), at));
            }
        }
    }

    fn figure(self, span: &Span) -> Figure {
        let target = self.target(self.in_force);
        let stopped_at = self.stopped.first().copied();
        let has_ended = self.has_ended(span);
        let met_at = match self.kind {
            ClockKind::Attention => self.met_at,
            ClockKind::Solution => stopped_at,
        };
        let tracker = target.map(|target| self.tracker(target));
        let due = tracker.and_then(|tracker| match tracker.passed {
            Some((due, _)) => Some(due),
            None if span.effect == ClockEffect::Paused && !has_ended => None,
            None => self.due(tracker),
        });
        let status = match (self.breached_at, target) {
            (Some(_), _) => ClockStatus::Breached,
            (None, None) => ClockStatus::NoTarget,
            (None, Some(_)) if met_at.is_some() => ClockStatus::Met,
            (None, Some(_)) => match span.effect {
                ClockEffect::Runs => ClockStatus::Running,
                ClockEffect::Paused => ClockStatus::Paused,
                ClockEffect::Stopped => ClockStatus::Stopped,
            },
        };
        Figure {
            generation: self.generation,
            status,
            used: self.used * MINUTE,
            met_at,
            breached_at: self.breached_at,
            due,
            effects: self.effects,
        }
    }
}
