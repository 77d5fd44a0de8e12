//! Laws of the two clocks (I-27, I-28, I-30 to I-37, I-40), for every history.

use chrono::{DateTime, Duration, TimeDelta, Utc};
use proptest::prelude::*;
use shared::sla::business_time::BusinessTime;
use shared::sla::calendar::Calendar;
use shared::sla::clock::{self, ClockInput, ClockState, ClockStatus, DueWhat, Span};
use shared::sla::hours::{Era, Measure};
use shared::sla::policy::{ClockEffect, ClockKind, CountsFrom, SlaPolicy, Target, TargetRow};

use crate::arbitrary::{dated, desk, history, policy};
use crate::config;
use crate::oracle::{Desk, MINUTE, Minutes, walk};

const BOTH: [ClockKind; 2] = [ClockKind::Attention, ClockKind::Solution];

fn state(input: &ClockInput<'_>, kind: ClockKind, now: DateTime<Utc>) -> ClockState {
    match kind {
        ClockKind::Attention => clock::attention(input, now),
        ClockKind::Solution => clock::solution(input, now),
    }
}

/// A policy with one solution target for all.
fn promise(minutes: i64) -> SlaPolicy {
    let solution = Some(Target::Minutes(
        shared::sla::business_time::BusinessMinutes(minutes),
    ));
    SlaPolicy {
        targets: vec![TargetRow {
            solution,
            ..TargetRow::default()
        }],
        ..SlaPolicy::default()
    }
}

/// A history that only runs and pauses at one level.
fn pauses(at: DateTime<Utc>, gaps: &[i64]) -> Vec<Span> {
    let mut minutes = 0;
    let mut spans = Vec::new();
    for (index, gap) in [0].iter().chain(gaps).enumerate() {
        minutes += gap;
        let effect = if index % 2 == 0 {
            ClockEffect::Runs
        } else {
            ClockEffect::Paused
        };
        spans.push(Span {
            at: at + Duration::minutes(minutes),
            effect,
            label: String::new(),
            level: 1,
            request_type: None,
            priority: None,
            category: None,
            group: None,
            attended: false,
            actor: None,
        });
    }
    spans
}

fn paused_time(calendar: &Calendar, spans: &[Span], now: DateTime<Utc>) -> BusinessTime {
    let ends = spans.iter().skip(1).map(|span| span.at).chain([now]);
    let waits = spans
        .iter()
        .zip(ends)
        .filter(|(span, _)| span.effect == ClockEffect::Paused);
    waits.fold(BusinessTime::ZERO, |sum, (span, end)| {
        sum.saturating_add(calendar.elapsed(span.at, end))
    })
}

/// The engine says of both clocks what the walk says.
fn agrees(minutes: &Minutes, input: &ClockInput<'_>, after: usize) -> Result<(), TestCaseError> {
    let begin = minutes.begin;
    let now = begin + Duration::minutes(after as i64);
    let effects = clock::due_effects(input, now);
    for kind in BOTH {
        let expected = walk(minutes, input, kind, 0, after);
        let found = state(input, kind, now);
        let instant = |minute: usize| minutes.at(minute);
        prop_assert_eq!(found.generation, expected.generation, "{:?}", kind);
        prop_assert_eq!(found.used.micros(), expected.used, "{:?}", kind);
        prop_assert_eq!(found.met_at, expected.met_at.map(instant), "{:?}", kind);
        prop_assert_eq!(
            found.breached_at,
            expected.breached_at.map(instant),
            "{:?}",
            kind
        );
        prop_assert_eq!(found.status, expected.status, "{:?}", kind);
        match (found.due_at, expected.due) {
            (Some(found), None) => prop_assert!(
                found >= minutes.at(minutes.len() - 1),
                "{:?} due {}",
                kind,
                found
            ),
            (found, expected) => prop_assert_eq!(
                found,
                expected.map(|due| begin + Duration::microseconds(due)),
                "{:?}",
                kind
            ),
        }
        let of_this_clock: Vec<_> = effects
            .iter()
            .filter(|effect| effect.clock == kind)
            .map(|effect| (effect.generation, effect.what, effect.at))
            .collect();
        let expected_effects: Vec<_> = expected
            .effects
            .iter()
            .map(|(generation, what, at)| (*generation, *what, begin + Duration::microseconds(*at)))
            .collect();
        prop_assert_eq!(of_this_clock, expected_effects, "{:?}", kind);
        if let (Some(Target::Minutes(promised)), Some(remaining)) = (found.target, found.remaining)
        {
            prop_assert_eq!(remaining.saturating_add(found.used), promised.into());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// I-30 for clocks: figures, breaches, due times and effects agree with a walk over minutes.
    #[test]
    fn both_clocks_agree_with_the_oracle((desk, begin) in desk(), policy in policy(), history in history(), after in 0i64..6000) {
        const ROW: usize = 11 * 1440;
        let calendar = desk.calendar(begin);
        let minutes = Minutes::of(&desk, begin, ROW);
        let spans = dated(&history, begin);
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        prop_assume!(policy.intake_cutoffs.is_empty() || minutes.next_working(3 * 1440).is_some());
        agrees(&minutes, &input, after as usize)?;
    }

    /// I-35: hours that change while a ticket is open count from then on; what was used stays used.
    #[test]
    fn new_hours_count_from_when_they_hold((desk, begin) in desk(), others in prop::collection::vec((desk(), policy(), 0i64..4000), 1..3), policy in policy(), history in history(), after in 0i64..6000) {
        const ROW: usize = 11 * 1440;
        let calendar = desk.calendar(begin);
        let mut earlier: Vec<_> = others.into_iter().map(|((other, _), policy, until)| (Desk { place: desk.place, ..other }, policy, until)).collect();
        earlier.sort_by_key(|(_, _, until)| *until);
        let eras: Vec<Era> = earlier.iter().map(|(desk, policy, until)| Era { until: begin + Duration::minutes(*until), measure: Measure::new(&desk.calendar(begin), policy) }).collect();
        let rows: Vec<(usize, &Desk)> = earlier.iter().map(|(desk, _, until)| (*until as usize, desk)).chain([(usize::MAX, &desk)]).collect();
        let minutes = Minutes::changing(&rows, begin, ROW);
        let spans = dated(&history, begin);
        prop_assume!(minutes.next_working(3 * 1440).is_some());
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &eras };
        agrees(&minutes, &input, after as usize)?;
        // At the very moment of the change nothing changes but what is promised.
        let last = eras.last().expect("one at least");
        let before_policy = SlaPolicy { intake_cutoffs: last.measure.intake_cutoffs.clone(), waiting_in_solved_counts: last.measure.waiting_in_solved_counts, ..policy.clone() };
        let before = ClockInput { calendar: &last.measure.calendar, policy: &before_policy, eras: &eras[..eras.len() - 1], ..input };
        for kind in BOTH {
            prop_assert_eq!(state(&input, kind, last.until).used, state(&before, kind, last.until).used);
        }
    }

    /// I-37, I-40: each effect once, in order; a sweeper that looks often finds the same as one that comes late.
    #[test]
    fn effects_come_once_and_in_order_however_late_the_sweeper((desk, begin) in desk(), policy in policy(), history in history(), moments in [0i64..8000, 0i64..8000]) {
        let calendar = desk.calendar(begin);
        let spans = dated(&history, begin);
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let [early, late] = [moments[0].min(moments[1]), moments[0].max(moments[1])].map(|minutes| begin + Duration::minutes(minutes));
        let (first, all) = (clock::due_effects(&input, early), clock::due_effects(&input, late));
        for (index, effect) in all.iter().enumerate() {
            prop_assert!(effect.at <= late);
            let same = |other: &&clock::DueEffect| (other.clock, other.generation, other.what) == (effect.clock, effect.generation, effect.what);
            prop_assert_eq!(all.iter().filter(same).count(), 1);
            let is_lower = |other: &clock::DueEffect| (other.clock, other.generation) == (effect.clock, effect.generation) && other.what < effect.what;
            prop_assert!(!all[index..].iter().any(is_lower), "levels rise");
        }
        prop_assert!(first.iter().all(|effect| all.contains(effect)), "what became due stays due");
        prop_assert!(all.iter().filter(|effect| effect.at < early).all(|effect| first.contains(effect)), "nothing becomes due in the past");
    }

    /// What the sweeper is told to wait for is what comes next.
    #[test]
    fn the_next_effect_is_the_next_to_become_due((desk, begin) in desk(), policy in policy(), history in history(), after in 0i64..6000) {
        let calendar = desk.calendar(begin);
        let now = begin + Duration::minutes(after);
        let spans: Vec<Span> = dated(&history, begin).into_iter().filter(|span| span.at <= now).collect();
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let known = clock::due_effects(&input, now);
        match clock::next_effect(&input, now) {
            Some(next) => {
                prop_assert!(next.at >= now && !known.contains(&next));
                let before = clock::due_effects(&input, (next.at - TimeDelta::microseconds(1)).max(now));
                prop_assert_eq!(&before, &known);
                let then = clock::due_effects(&input, next.at + TimeDelta::microseconds(1));
                prop_assert!(then.contains(&next));
            }
            None => prop_assert_eq!(clock::due_effects(&input, now + TimeDelta::days(60)), known),
        }
    }

    /// I-28: each pause moves the due time by its business time, and nothing else does.
    #[test]
    fn the_due_time_is_the_target_plus_the_pauses((desk, begin) in desk(), minutes in 1i64..6000, gaps in prop::collection::vec(0i64..900, 0..8), after in 0i64..2000) {
        let calendar = desk.calendar(begin);
        let policy = promise(minutes);
        let spans = pauses(begin, &gaps);
        let now = spans.last().expect("never empty").at + Duration::minutes(after);
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let found = clock::solution(&input, now);
        let paused = paused_time(&calendar, &spans, now);
        prop_assert_eq!(found.used.checked_add(paused), Some(calendar.elapsed(begin, now)));
        if found.breached_at.is_none() {
            let due = calendar.deadline(begin, BusinessTime::from_minutes(minutes).saturating_add(paused));
            match found.effect {
                ClockEffect::Runs => prop_assert_eq!(found.due_at, due),
                ClockEffect::Paused | ClockEffect::Stopped => prop_assert!(found.due_at.is_none() || found.due_at == due),
            }
        }
    }

    /// I-27: a pause never shortens a deadline, and one without business time changes nothing.
    #[test]
    fn a_pause_never_makes_the_due_time_earlier((desk, begin) in desk(), minutes in 1i64..6000, pause_at in 0i64..3000, length in 0i64..2000, days in prop::option::of(1u32..4)) {
        let calendar = desk.calendar(begin);
        let mut policy = promise(minutes);
        if let Some(days) = days {
            policy.targets[0].solution = Some(Target::BusinessDays(days));
        }
        let (plain, paused) = (pauses(begin, &[]), pauses(begin, &[pause_at, length]));
        let now = paused[2].at;
        let due = |spans: &[Span]| clock::solution(&ClockInput { created_at: begin, spans, calendar: &calendar, policy: &policy, eras: &[] }, now).due_at;
        prop_assert!(due(&plain) <= due(&paused));
        if calendar.elapsed(paused[1].at, paused[2].at) == BusinessTime::ZERO {
            prop_assert_eq!(due(&plain), due(&paused));
        }
    }

    /// I-27: to resume and suspend at one instant is no change; two pauses in a row are one.
    #[test]
    fn resuming_and_suspending_at_one_instant_changes_nothing((desk, begin) in desk(), policy in policy(), gaps in [1i64..2000, 0i64..2000, 0i64..2000], after in 0i64..3000) {
        let calendar = desk.calendar(begin);
        let (one, touching) = (pauses(begin, &[gaps[0], gaps[1] + gaps[2]]), pauses(begin, &[gaps[0], gaps[1], 0, gaps[2]]));
        let mut continued = touching.clone();
        continued.remove(2);
        let now = one[2].at + Duration::minutes(after);
        let figure = |spans: &[Span], kind| state(&ClockInput { created_at: begin, spans, calendar: &calendar, policy: &policy, eras: &[] }, kind, now);
        for kind in BOTH {
            prop_assert_eq!(figure(&one, kind), figure(&touching, kind));
            prop_assert_eq!(figure(&one, kind), figure(&continued, kind));
        }
    }

    /// I-35: a new target counts from the same start with the pauses kept, and a breach is written once.
    #[test]
    fn a_new_target_counts_from_the_same_start((desk, begin) in desk(), targets in [1i64..3000, 1i64..3000], gaps in [1i64..800, 0i64..800], change_after in 0i64..800) {
        let calendar = desk.calendar(begin);
        let mut policy = promise(targets[1]);
        let mut first = promise(targets[0]).targets.remove(0);
        first.priority = Some("first".into());
        policy.targets.insert(0, first);
        let mut spans = pauses(begin, &gaps);
        let mut changed = spans[2].clone();
        spans.iter_mut().for_each(|span| span.priority = Some("first".into()));
        changed.at += Duration::minutes(change_after);
        let now = changed.at;
        spans.push(changed);
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let found = clock::solution(&input, now);
        let whole = BusinessTime::from_minutes(targets[1]);
        if found.used < whole {
            prop_assert_eq!(found.due_at, calendar.deadline(begin, whole.saturating_add(paused_time(&calendar, &spans, now))));
        } else {
            prop_assert!(found.due_at <= Some(now));
            prop_assert!(found.used == whole || found.breached_at.is_some());
        }
        let much_later = now + Duration::days(60);
        let breaches = clock::due_effects(&input, much_later).into_iter().filter(|effect| effect.what == DueWhat::Breach).count();
        prop_assert_eq!(breaches, 1);
    }

    /// I-34, I-36, R-128: the clocks do not know of each other, time used never shrinks within a generation, and a breach stays.
    #[test]
    fn time_used_never_shrinks_and_a_breach_stays((desk, begin) in desk(), policy in policy(), history in history(), moments in [0i64..8000, 0i64..8000]) {
        let calendar = desk.calendar(begin);
        let spans = dated(&history, begin);
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let [early, late] = [moments[0].min(moments[1]), moments[0].max(moments[1])].map(|minutes| begin + Duration::minutes(minutes));
        for kind in BOTH {
            let (before, later) = (state(&input, kind, early), state(&input, kind, late));
            // Whoever comes back to a level comes back to its clock.
            let by_level = kind == ClockKind::Solution && policy.solution_counts_from == CountsFrom::ArrivalAtLevel;
            prop_assert!(by_level || before.generation <= later.generation);
            if before.generation == later.generation {
                prop_assert!(before.used <= later.used);
                if before.breached_at.is_some() {
                    prop_assert_eq!(before.breached_at, later.breached_at);
                }
            }
            if before.first_breached_at.is_some() {
                prop_assert_eq!(before.first_breached_at, later.first_breached_at);
            }
            prop_assert!(later.used <= calendar.elapsed(later.started_at, late.max(later.started_at)));
            prop_assert!(later.started_at >= begin, "I-32: never earlier than creation");
        }
        let never_attended: Vec<Span> = spans.iter().map(|span| Span { attended: false, ..span.clone() }).collect();
        let other = ClockInput { spans: &never_attended, ..input };
        prop_assert_eq!(clock::solution(&input, late), clock::solution(&other, late));
    }

    /// I-36: time in solved counts exactly when the policy says so.
    #[test]
    fn reopening_resumes_the_time_used((desk, begin) in desk(), minutes in 1i64..3000, gaps in [1i64..900, 1i64..3000], after in 0i64..900, waiting_counts in any::<bool>()) {
        let calendar = desk.calendar(begin);
        let policy = SlaPolicy { waiting_in_solved_counts: waiting_counts, ..promise(minutes) };
        let mut spans = pauses(begin, &gaps);
        spans[1].effect = ClockEffect::Stopped;
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let now = spans[2].at + Duration::minutes(after);
        let solved = clock::solution(&input, spans[2].at - TimeDelta::microseconds(1));
        let reopened = clock::solution(&input, now);
        let waiting = calendar.elapsed(spans[1].at, spans[2].at);
        let ran = calendar.elapsed(begin, spans[1].at).saturating_add(calendar.elapsed(spans[2].at, now));
        prop_assert_eq!(solved.used, calendar.elapsed(begin, spans[1].at));
        prop_assert_eq!(reopened.used, if waiting_counts { ran.saturating_add(waiting) } else { ran });
        prop_assert!(solved.status == ClockStatus::Met || solved.breached_at.is_some_and(|at| at < spans[1].at));
        prop_assert_eq!(solved.met_at, Some(spans[1].at));
    }

    /// without a target there is nothing to breach, and nothing becomes due.
    #[test]
    fn without_a_target_nothing_becomes_due((desk, begin) in desk(), history in history(), after in 0i64..8000) {
        let calendar = desk.calendar(begin);
        let policy = SlaPolicy { warn_at_percent: vec![50, 90], ..SlaPolicy::default() };
        let spans = dated(&history, begin);
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &[] };
        let now = begin + Duration::minutes(after);
        for kind in BOTH {
            prop_assert_eq!(state(&input, kind, now).status, ClockStatus::NoTarget);
        }
        prop_assert_eq!(clock::due_effects(&input, now), vec![]);
        prop_assert_eq!(clock::next_effect(&input, now), None);
    }
}

/// The oracle counts in minutes; the engine must not depend on that.
#[test]
fn figures_are_exact_below_the_minute() {
    let calendar = Calendar::office_hours();
    let policy = promise(1);
    let at = |text: &str| {
        DateTime::parse_from_rfc3339(text)
            .expect("an instant")
            .to_utc()
    };
    let mut spans = pauses(at("2026-03-02T08:00:00.250001-05:00"), &[0, 0]);
    spans[1].at = at("2026-03-02T08:00:10.5-05:00");
    spans[2].at = at("2026-03-02T08:00:20.75-05:00");
    let input = ClockInput {
        created_at: spans[0].at,
        spans: &spans,
        calendar: &calendar,
        policy: &policy,
        eras: &[],
    };
    let state = clock::solution(&input, at("2026-03-02T08:00:30-05:00"));
    assert_eq!(state.used.micros(), 10_249_999 + 9_250_000);
    assert_eq!(state.due_at, Some(at("2026-03-02T08:01:10.500001-05:00")));
    assert_eq!(
        state.remaining.map(BusinessTime::micros),
        Some(MINUTE - 19_499_999)
    );
}
