//! The replay of a ticket's spans on one clock: the one place where the rules of [`super::clock`] are carried out.
//!
//! A replay is a list of steps, one per span, each with the business time used and waited before it. Breach, warnings, due
//! time and explanation are all read from these steps.

use std::ops::Range;

use chrono::{DateTime, SubsecRound, Utc};

use super::business_time::BusinessTime;
use super::calendar::{MICROS_PER_DAY, MICROS_PER_MINUTE};
use super::clock::{ClockInput, ClockState, ClockStatus, DueEffect, DueWhat, Span};
use super::policy::{ClockEffect, ClockKind, CountsFrom, Target, cutoff_of};

/// The generations of a clock up to an instant.
pub(super) struct Generations<'a> {
    pub(super) earlier: Vec<Replay<'a>>,
    pub(super) current: Replay<'a>,
}

impl<'a> Generations<'a> {
    pub(super) fn into_iter(self) -> impl Iterator<Item = Replay<'a>> {
        self.earlier.into_iter().chain([self.current])
    }
}

/// One generation of one clock.
pub(super) struct Replay<'a> {
    input: ClockInput<'a>,
    kind: ClockKind,
    pub(super) generation: u32,
    /// The level whose targets are looked at; none where those of every level are.
    level: Option<u8>,
    /// Creation, or arrival at the level.
    pub(super) arrived_at: DateTime<Utc>,
    /// The arrival, or later while the intake cut-off holds.
    pub(super) started_at: DateTime<Utc>,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) used: BusinessTime,
    waited: BusinessTime,
    /// Where the replay ends: the end of the clock, or the present.
    pub(super) until: DateTime<Utc>,
    /// The span whose target is in force, or was when the clock ended.
    pub(super) deciding: Option<&'a Span>,
    pub(super) target: Option<Target>,
    pub(super) end: Option<End>,
    pub(super) breached_at: Option<DateTime<Utc>>,
    warnings: Vec<(u8, DateTime<Utc>)>,
}

/// What one span does to the clock. Before `started_at` a step has no length.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) span: &'a Span,
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    /// The last span of a clock that has not ended: `to` is the present.
    open: bool,
    pub(super) counting: Counting,
    used_before: BusinessTime,
    waited_before: BusinessTime,
    /// Business time from `from` to `to`, counted or not.
    pub(super) length: BusinessTime,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    Ran,
    Waited,
    /// The category has an intake cut-off, and the business day after it has not begun.
    Held,
    /// Solved, later reopened, and the policy counts that time.
    SolvedCounted,
    /// Solved, later reopened, and the time in between is free.
    SolvedFree,
}

#[derive(Clone, Copy)]
pub(super) struct End {
    at: DateTime<Utc>,
    by: EndedBy,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EndedBy {
    /// What the clock waits for.
    Fulfilment,
    /// The ticket was solved before anybody attended it.
    Stop,
    /// The clock started anew at another level.
    NextGeneration,
}

/// A moment at which the target was over while the clock ran on.
struct Passed {
    due_at: DateTime<Utc>,
    used_then: BusinessTime,
}

#[derive(Clone, Copy)]
struct Piece<'a> {
    span: &'a Span,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// Replays a clock up to `now`, one replay per generation.
pub(super) fn generations<'a>(
    input: &ClockInput<'a>,
    kind: ClockKind,
    now: DateTime<Utc>,
) -> Generations<'a> {
    let pieces = pieces(input, now.trunc_subsecs(6));
    let ranges = match (kind, input.policy.solution_counts_from) {
        (ClockKind::Attention, CountsFrom::Creation | CountsFrom::ArrivalAtLevel) => stays(&pieces),
        (ClockKind::Solution, CountsFrom::ArrivalAtLevel) => levels(&pieces),
        (ClockKind::Solution, CountsFrom::Creation) => std::iter::once(0..pieces.len()).collect(),
    };
    let mut earlier = Vec::new();
    let mut current = None;
    for (range, generation) in ranges.into_iter().zip(1..) {
        let is_current = range.end == pieces.len();
        let superseded = (!is_current).then_some(EndedBy::NextGeneration);
        let replay = Replay::run(input, kind, generation, &pieces[range], superseded);
        if is_current {
            current = Some(replay);
        } else {
            earlier.push(replay);
        }
    }
    let current = current.unwrap_or_else(|| Replay::run(input, kind, 1, &[], None));
    Generations { earlier, current }
}

/// Each stay at a level: from one change of level to the next.
fn stays(pieces: &[Piece<'_>]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let goes_on =
            |range: &&mut Range<usize>| pieces[range.start].span.level == piece.span.level;
        match ranges.last_mut().filter(goes_on) {
            Some(range) => range.end = index + 1,
            None => ranges.push(index..index + 1),
        }
    }
    ranges
}

/// From the first arrival at each level to the last moment there. Coming back resets nothing (C-64): what was used before
/// and elsewhere in between has been used.
fn levels(pieces: &[Piece<'_>]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (index, piece) in pieces.iter().enumerate() {
        let is_its = |range: &&mut Range<usize>| pieces[range.start].span.level == piece.span.level;
        match ranges.iter_mut().find(is_its) {
            Some(range) => range.end = index + 1,
            None => ranges.push(index..index + 1),
        }
    }
    ranges
}

/// The spans up to `now`, each with the instant at which it ends; one during which the hours changed is two.
fn pieces<'a>(input: &ClockInput<'a>, now: DateTime<Utc>) -> Vec<Piece<'a>> {
    let created_at = input.created_at.trunc_subsecs(6);
    let mut pieces: Vec<Piece<'a>> = Vec::with_capacity(input.spans.len());
    for (index, span) in input.spans.iter().enumerate() {
        let at = span.at.trunc_subsecs(6);
        if index > 0 && at > now {
            break;
        }
        let from = match pieces.last_mut() {
            Some(before) => {
                before.to = at.max(before.from);
                before.to
            }
            None => created_at,
        };
        pieces.push(Piece {
            span,
            from,
            to: now.max(from),
        });
    }
    for era in input.eras {
        let within = |piece: &Piece<'_>| piece.from < era.until() && era.until() < piece.to;
        if let Some(index) = pieces.iter().position(within) {
            let mut later = pieces[index];
            later.from = era.until();
            pieces[index].to = era.until();
            pieces.insert(index + 1, later);
        }
    }
    pieces
}

impl<'a> Replay<'a> {
    fn run(
        input: &ClockInput<'a>,
        kind: ClockKind,
        generation: u32,
        pieces: &[Piece<'a>],
        superseded: Option<EndedBy>,
    ) -> Self {
        let arrived_at = pieces.first().map_or(input.created_at, |piece| piece.from);
        let (counted, end) = until_the_end(kind, pieces, superseded);
        let by_level = kind == ClockKind::Solution
            && input.policy.solution_counts_from == CountsFrom::ArrivalAtLevel;
        let mut replay = Self {
            input: *input,
            kind,
            generation,
            level: pieces
                .first()
                .map(|piece| piece.span.level)
                .filter(|_| by_level),
            arrived_at,
            started_at: first_instant(input, pieces).unwrap_or(arrived_at),
            steps: Vec::with_capacity(counted.len()),
            used: BusinessTime::ZERO,
            waited: BusinessTime::ZERO,
            until: end
                .map(|end| end.at)
                .or(pieces.last().map(|piece| piece.to))
                .unwrap_or(arrived_at),
            deciding: None,
            target: None,
            end,
            breached_at: None,
            warnings: Vec::new(),
        };
        replay.decide_by(pieces.first().map(|piece| piece.span));
        for (index, piece) in counted.iter().enumerate() {
            let open = end.is_none() && index + 1 == counted.len();
            replay.step(piece, open);
        }
        replay
    }

    fn decide_by(&mut self, span: Option<&'a Span>) {
        self.deciding = span;
        self.target = span.and_then(|span| self.input.policy.target_for(self.kind, span));
    }

    fn step(&mut self, piece: &Piece<'a>, open: bool) {
        // At another level time goes on, but it is that level's clock that warns or is breached.
        let elsewhere = self.level.is_some_and(|level| level != piece.span.level);
        if piece.span.effect != ClockEffect::Stopped && !elsewhere {
            self.decide_by(Some(piece.span));
        }
        let from = piece.from.max(self.started_at);
        let to = piece.to.max(from);
        let counting = match piece.span.effect {
            ClockEffect::Runs => {
                // A category with a cut-off came after the clock had begun: it waits for the next business day, too.
                let opens = held_until(&self.input, piece).map_or(from, |at| at.max(from));
                // What is held to the present is held on, if nothing happens to the ticket.
                let resumes = if open { opens } else { opens.min(to) };
                if from < resumes {
                    self.count(piece.span, Counting::Held, from, resumes, false, elsewhere);
                }
                return self.count(
                    piece.span,
                    Counting::Ran,
                    resumes,
                    to.max(resumes),
                    open,
                    elsewhere,
                );
            }
            ClockEffect::Paused => Counting::Waited,
            ClockEffect::Stopped
                if self.kind == ClockKind::Solution && waiting_counts(&self.input, piece.from) =>
            {
                Counting::SolvedCounted
            }
            ClockEffect::Stopped => Counting::SolvedFree,
        };
        self.count(piece.span, counting, from, to, open, elsewhere);
    }

    fn count(
        &mut self,
        span: &'a Span,
        counting: Counting,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        open: bool,
        elsewhere: bool,
    ) {
        let length = self.input.hours().elapsed(from, to);
        let step = Step {
            span,
            from,
            to,
            open,
            counting,
            used_before: self.used,
            waited_before: self.waited,
            length,
        };
        self.steps.push(step);
        match counting {
            Counting::Ran | Counting::SolvedCounted => self.used = self.used.saturating_add(length),
            Counting::Waited | Counting::Held | Counting::SolvedFree => {
                self.waited = self.waited.saturating_add(length)
            }
        }
        if self.breached_at.is_none() && !elsewhere {
            self.breached_at = self.breach_in(&step);
            self.warn_in(&step);
        }
    }

    /// The moment in this step from which the target in force is breached.
    fn breach_in(&self, step: &Step<'a>) -> Option<DateTime<Utc>> {
        let may_breach = match step.counting {
            Counting::Ran | Counting::Waited | Counting::Held => step.from < step.to || step.open,
            Counting::SolvedCounted | Counting::SolvedFree => false,
        };
        if !may_breach {
            return None;
        }
        let passed = self.passed(self.target?)?;
        let runs_on = step.counting == Counting::Ran && step.from < step.to;
        (runs_on || self.used > passed.used_then).then(|| passed.due_at.max(step.from))
    }

    fn warn_in(&mut self, step: &Step<'a>) {
        if step.counting != Counting::Ran {
            return;
        }
        for (percent, at) in self.warnings_from(step) {
            let still_runs = at < step.to || (step.open && at <= step.to && at <= self.until);
            if still_runs && self.breached_at.is_none_or(|breach| at < breach) {
                self.warnings.push((percent, at));
            }
        }
    }

    /// The warnings not yet given, if the clock runs on from this step.
    fn warnings_from(&self, step: &Step<'a>) -> Vec<(u8, DateTime<Utc>)> {
        let Some(whole) = self.target.and_then(|target| self.amount(target)) else {
            return Vec::new();
        };
        let mut levels: Vec<u8> = self
            .input
            .policy
            .warn_at_percent
            .iter()
            .copied()
            .filter(|level| (1..100).contains(level))
            .collect();
        levels.sort_unstable();
        levels.dedup();
        levels.retain(|level| self.warnings.iter().all(|(given, _)| given != level));
        let instant = |level: u8| {
            let missing = whole.percent(level).saturating_sub(step.used_before);
            Some((level, self.input.hours().deadline(step.from, missing)?))
        };
        levels.into_iter().filter_map(instant).collect()
    }

    /// The business time that a target stands for.
    fn amount(&self, target: Target) -> Option<BusinessTime> {
        match target {
            Target::Minutes(minutes) => Some(minutes.into()),
            Target::BusinessDays(days) => {
                let due_at = self
                    .input
                    .hours()
                    .add_business_days(self.started_at, days)?;
                Some(self.input.hours().elapsed(self.started_at, due_at))
            }
        }
    }

    /// When a target is over if the clock runs from `from` on, with this much used and waited before.
    fn due_running(
        &self,
        target: Target,
        from: DateTime<Utc>,
        used: BusinessTime,
        waited: BusinessTime,
    ) -> Option<DateTime<Utc>> {
        let hours = self.input.hours();
        match target {
            Target::Minutes(minutes) => {
                let whole = BusinessTime::from(minutes);
                if whole > used {
                    return hours.deadline(from, whole.saturating_sub(used));
                }
                // Used up exactly when it began to wait: the same instant as below, which counts from the start.
                hours.deadline(self.started_at, whole.saturating_add(waited))
            }
            Target::BusinessDays(days) => {
                hours.deadline(hours.add_business_days(self.started_at, days)?, waited)
            }
        }
    }

    /// The first moment at which a target was over while the clock ran on past it.
    fn passed(&self, target: Target) -> Option<Passed> {
        let counted = |step: &&Step<'a>| match step.counting {
            Counting::Ran | Counting::SolvedCounted => step.from < step.to,
            Counting::Waited | Counting::Held | Counting::SolvedFree => false,
        };
        let may_pass = |step: &&Step<'a>| match target {
            Target::Minutes(minutes) => {
                step.used_before.saturating_add(step.length) >= minutes.into()
            }
            Target::BusinessDays(_) => true,
        };
        self.steps
            .iter()
            .filter(counted)
            .filter(may_pass)
            .find_map(|step| {
                let due_at =
                    self.due_running(target, step.from, step.used_before, step.waited_before)?;
                let used_then = step
                    .used_before
                    .saturating_add(self.input.hours().elapsed(step.from, due_at));
                (due_at < step.to).then_some(Passed { due_at, used_then })
            })
    }

    /// How the clock stands at the end of the replay.
    pub(super) fn state(&self, first_breached_at: Option<DateTime<Utc>>) -> ClockState {
        ClockState {
            kind: self.kind,
            generation: self.generation,
            status: self.status(),
            effect: self.effect(),
            target: self.target,
            started_at: self.started_at,
            used: self.used,
            remaining: self.target.and_then(|target| self.remaining(target)),
            due_at: self.due_at(),
            met_at: self
                .end
                .filter(|end| end.by == EndedBy::Fulfilment)
                .map(|end| end.at),
            breached_at: self.breached_at,
            first_breached_at,
        }
    }

    fn status(&self) -> ClockStatus {
        if self.breached_at.is_some() {
            return ClockStatus::Breached;
        }
        if self.target.is_none() {
            return ClockStatus::NoTarget;
        }
        match (self.end.map(|end| end.by), self.effect()) {
            (Some(EndedBy::Fulfilment), _) => ClockStatus::Met,
            (Some(EndedBy::Stop | EndedBy::NextGeneration), _) | (None, ClockEffect::Stopped) => {
                ClockStatus::Stopped
            }
            (None, ClockEffect::Runs) => ClockStatus::Running,
            (None, ClockEffect::Paused) => ClockStatus::Paused,
        }
    }

    fn effect(&self) -> ClockEffect {
        match (&self.end, self.steps.last()) {
            (Some(_), _) => ClockEffect::Stopped,
            (None, Some(step)) => step.span.effect,
            (None, None) => ClockEffect::Runs,
        }
    }

    pub(super) fn due_at(&self) -> Option<DateTime<Utc>> {
        let target = self.target?;
        if let Some(passed) = self.passed(target) {
            return Some(passed.due_at);
        }
        match self.effect() {
            ClockEffect::Paused => None,
            ClockEffect::Runs | ClockEffect::Stopped => self.due_if_running(target),
        }
    }

    /// When a target that has not passed is over, if the clock runs on from where the replay ends.
    fn due_if_running(&self, target: Target) -> Option<DateTime<Utc>> {
        self.due_running(target, self.goes_on_from(), self.used, self.waited)
    }

    /// Where the replay ends, or the end of what holds the clock then.
    fn goes_on_from(&self) -> DateTime<Utc> {
        let held = self.steps.last().filter(|step| step.open);
        let at = self.until.max(self.started_at);
        held.map_or(at, |step| step.to.max(at))
    }

    fn remaining(&self, target: Target) -> Option<BusinessTime> {
        match (target, self.passed(target)) {
            (Target::Minutes(minutes), _) => {
                Some(BusinessTime::from(minutes).saturating_sub(self.used))
            }
            (Target::BusinessDays(_), Some(passed)) => {
                Some(passed.used_then.saturating_sub(self.used))
            }
            (Target::BusinessDays(_), None) => Some(
                self.input
                    .hours()
                    .elapsed(self.goes_on_from(), self.due_if_running(target)?),
            ),
        }
    }

    /// What became due in this generation.
    pub(super) fn effects(self) -> impl Iterator<Item = DueEffect> {
        let effect = move |what, at| DueEffect {
            clock: self.kind,
            generation: self.generation,
            what,
            at,
        };
        let warnings = self
            .warnings
            .into_iter()
            .map(move |(percent, at)| effect(DueWhat::Warning(percent), at));
        warnings.chain(self.breached_at.map(|at| effect(DueWhat::Breach, at)))
    }

    /// What becomes due next if the clock runs on.
    pub(super) fn next_effect(&self) -> Option<DueEffect> {
        let step = self
            .steps
            .last()
            .filter(|step| step.open && step.counting == Counting::Ran)?;
        if self.breached_at.is_some() {
            return None;
        }
        let due_at = self.due_at().map(|at| (DueWhat::Breach, at.max(step.from)));
        let warnings = self
            .warnings_from(step)
            .into_iter()
            .map(|(percent, at)| (DueWhat::Warning(percent), at));
        let (what, at) = warnings
            .chain(due_at)
            .min_by_key(|(what, at)| (*at, *what))?;
        Some(DueEffect {
            clock: self.kind,
            generation: self.generation,
            what,
            at,
        })
    }
}

/// The pieces in which a clock counts or waits, and what ended it. Stopped spans at the end are not replayed; those in the
/// middle are, because the ticket was reopened after them.
fn until_the_end<'p, 'a>(
    kind: ClockKind,
    pieces: &'p [Piece<'a>],
    superseded: Option<EndedBy>,
) -> (&'p [Piece<'a>], Option<End>) {
    let stopped_for_good = pieces
        .iter()
        .rev()
        .take_while(|piece| piece.span.effect == ClockEffect::Stopped)
        .count();
    let stop = pieces.len() - stopped_for_good;
    let (cut, by) = match kind {
        ClockKind::Solution => (stop, EndedBy::Fulfilment),
        ClockKind::Attention => match pieces.iter().position(|piece| piece.span.attended) {
            Some(attended) => (attended, EndedBy::Fulfilment),
            None => (stop, EndedBy::Stop),
        },
    };
    let superseded = || {
        Some(End {
            at: pieces.last()?.to,
            by: superseded?,
        })
    };
    match pieces.get(cut) {
        Some(piece) => (&pieces[..cut], Some(End { at: piece.from, by })),
        None => (pieces, superseded()),
    }
}

/// From when a generation counts: the first instant at which nothing holds it.
fn first_instant(input: &ClockInput<'_>, pieces: &[Piece<'_>]) -> Option<DateTime<Utc>> {
    let last = pieces.len().checked_sub(1)?;
    pieces.iter().enumerate().find_map(|(index, piece)| {
        let at = held_until(input, piece).map_or(piece.from, |opens| opens.max(piece.from));
        (at < piece.to || index == last).then_some(at)
    })
}

/// Until when nothing counts while the ticket is of a span's category: a request that is received on a business day after
/// the category's cut-off is attended from the opening of the next business day on.
///
/// When it was received does not change; its category may be corrected, which re-evaluates its times. So each span
/// follows its own category: one with a cut-off holds the clock to that opening, also when the ticket gets it only later,
/// and one without lets it run from the correction on. What was counted before stays counted, and what was held stays free.
fn held_until(input: &ClockInput<'_>, piece: &Piece<'_>) -> Option<DateTime<Utc>> {
    let category = piece.span.category.as_deref();
    let minute = match input.era_at(piece.from) {
        Some(era) => cutoff_of(&era.intake_cutoffs, category),
        None => input.policy.intake_cutoff(category),
    }?;
    let created_at = input.created_at.trunc_subsecs(6);
    let calendar = input.hours().at(created_at);
    let time_of_day = calendar
        .zone
        .local_micros(created_at.timestamp_micros())
        .rem_euclid(MICROS_PER_DAY);
    let date = calendar.zone.local_date(created_at)?;
    let is_late =
        time_of_day > i64::from(minute) * MICROS_PER_MINUTE && calendar.is_business_day(date);
    if is_late {
        input.hours().opening_after(calendar, date)
    } else {
        None
    }
}

/// Whether time in solved counted at an instant.
fn waiting_counts(input: &ClockInput<'_>, at: DateTime<Utc>) -> bool {
    input
        .era_at(at)
        .map_or(input.policy.waiting_in_solved_counts, |era| {
            era.waiting_in_solved_counts
        })
}
