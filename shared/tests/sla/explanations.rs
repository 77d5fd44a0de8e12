//! An explanation accounts for every moment and adds up to the figure.

use chrono::Duration;
use proptest::prelude::*;
use shared::sla::business_time::BusinessTime;
use shared::sla::calendar::{DateOverride, Window};
use shared::sla::clock::{self, ClockInput};
use shared::sla::explain::{SegmentKind, explain};
use shared::sla::hours::{Era, Measure};
use shared::sla::policy::{ClockKind, CountsFrom, IntakeCutoff};

use crate::arbitrary::{dated, desk, history, policy};
use crate::clock_stories::{Ticket, at, hours, pause, resume, solve};
use crate::config;
use crate::oracle::Desk;

#[test]
fn a_figure_is_explained_segment_by_segment() {
    let mut ticket = Ticket::created("20 15:00")
        .then("20 16:00", pause)
        .then("24 09:00", resume)
        .then("24 10:00", solve)
        .then("25 09:00", resume);
    ticket.spans[1].actor = Some("ana".into());
    ticket.calendar.overrides.push(DateOverride {
        date: "2026-03-26".parse().expect("a date"),
        windows: vec![Window::parse("10:00-12:00").expect("a window")],
        name: "Jornada especial".into(),
    });
    let explanation = explain(&ticket.input(), ClockKind::Solution, at("26 11:00"));
    let segments: Vec<_> = explanation
        .segments
        .iter()
        .map(|segment| {
            (
                segment.from,
                segment.kind.clone(),
                segment.counted.whole_minutes().0,
            )
        })
        .collect();
    let special = SegmentKind::Override {
        name: "Jornada especial".into(),
    };
    assert_eq!(
        segments,
        [
            (at("20 15:00"), SegmentKind::Ran, 60),
            (
                at("20 16:00"),
                SegmentKind::Paused {
                    reason: "user_unavailable".into(),
                    by: Some("ana".into())
                },
                0
            ),
            (at("24 09:00"), SegmentKind::Ran, 60),
            (at("24 10:00"), SegmentKind::Solved, 0),
            (at("25 09:00"), SegmentKind::Ran, 480),
            (at("25 17:00"), SegmentKind::OffHours, 0),
            (at("26 00:00"), special, 0),
            (at("26 10:00"), SegmentKind::Ran, 60),
        ]
    );
    assert_eq!(
        (
            explanation.target,
            explanation.calendar_version,
            explanation.zone.as_str()
        ),
        (hours(4), 1, "America/Bogota")
    );
    let (index, row) = explanation.rule.row.expect("a row matched");
    assert_eq!(
        (index, row.level, explanation.rule.counts_from),
        (0, Some(1), CountsFrom::Creation)
    );
    assert_eq!(explanation.due_at, Some(at("25 11:00")));
}

#[test]
fn a_holiday_is_named_between_the_free_evenings() {
    let ticket = Ticket::created("20 16:00");
    let explanation = explain(&ticket.input(), ClockKind::Solution, at("24 09:00"));
    let kinds: Vec<_> = explanation
        .segments
        .into_iter()
        .map(|segment| segment.kind)
        .collect();
    let holiday = SegmentKind::Holiday {
        name_es: "Día de San José".into(),
        name_en: "Saint Joseph's Day".into(),
    };
    assert_eq!(
        kinds,
        [
            SegmentKind::Ran,
            SegmentKind::OffHours,
            holiday,
            SegmentKind::OffHours,
            SegmentKind::Ran
        ]
    );
}

#[test]
fn the_time_before_a_late_request_counts_is_explained() {
    let ticket = Ticket::created("2 16:30").with_policy(|policy| {
        policy.intake_cutoffs = vec![IntakeCutoff {
            category: None,
            minute: 960,
        }]
    });
    let kinds = |now: &str| {
        explain(&ticket.input(), ClockKind::Solution, at(now))
            .segments
            .into_iter()
            .map(|segment| (segment.to, segment.kind))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        kinds("2 17:30"),
        [(at("2 17:30"), SegmentKind::AfterCutoff)]
    );
    assert_eq!(
        kinds("3 09:00"),
        [
            (at("3 08:00"), SegmentKind::AfterCutoff),
            (at("3 09:00"), SegmentKind::Ran)
        ]
    );
}

///
#[test]
fn a_cutoff_that_comes_with_a_corrected_category_is_explained_up_to_now() {
    let ticket = Ticket::created("2 16:30")
        .with_policy(|policy| {
            policy.intake_cutoffs = vec![IntakeCutoff {
                category: Some("website".into()),
                minute: 960,
            }]
        })
        .then("2 16:40", |span| span.category = Some("website".into()));
    let explanation = explain(&ticket.input(), ClockKind::Solution, at("2 16:50"));
    let found: Vec<_> = explanation
        .segments
        .iter()
        .map(|segment| (segment.to, segment.kind.clone()))
        .collect();
    assert_eq!(
        found,
        [
            (at("2 16:40"), SegmentKind::Ran),
            (at("2 16:50"), SegmentKind::AfterCutoff)
        ]
    );
    assert_eq!(explanation.used, BusinessTime::from_minutes(10));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn segments_follow_each_other_and_add_up((desk, begin) in desk(), before in prop::option::of((desk(), 0i64..4000)), policy in policy(), history in history(), after in 0i64..4000) {
        let calendar = desk.calendar(begin);
        let spans = dated(&history, begin);
        let era = |((other, _), until): ((Desk, _), i64)| Era { until: begin + Duration::minutes(until), measure: Measure::new(&Desk { place: desk.place, ..other }.calendar(begin), &policy) };
        let eras: Vec<Era> = before.into_iter().map(era).collect();
        let input = ClockInput { created_at: begin, spans: &spans, calendar: &calendar, policy: &policy, eras: &eras };
        let now = begin + Duration::minutes(after);
        for kind in [ClockKind::Attention, ClockKind::Solution] {
            let states = clock::generations(&input, kind, now);
            let state = states.last().expect("never empty");
            let explanation = explain(&input, kind, now);
            prop_assert_eq!(explanation.used, state.used);
            prop_assert_eq!(explanation.due_at, state.due_at);
            prop_assert_eq!(explanation.target, state.target);
            for pair in explanation.segments.windows(2) {
                prop_assert_eq!(pair[0].to, pair[1].from);
                prop_assert_ne!(&pair[0].kind, &pair[1].kind);
            }
            let mut sum = BusinessTime::ZERO;
            for segment in &explanation.segments {
                prop_assert!(segment.from < segment.to);
                let real = BusinessTime::from_micros((segment.to - segment.from).num_microseconds().expect("fits"));
                match &segment.kind {
                    SegmentKind::Ran => prop_assert_eq!(segment.counted, real),
                    SegmentKind::Solved => prop_assert!(segment.counted <= real),
                    _ => prop_assert_eq!(segment.counted, BusinessTime::ZERO),
                }
                sum = sum.saturating_add(segment.counted);
            }
            prop_assert_eq!(sum, state.used);
            let covers = explanation.segments.first().zip(explanation.segments.last()).map(|(first, last)| (first.from, last.to));
            if let Some((from, to)) = covers {
                prop_assert!(from <= state.started_at && from >= begin);
                prop_assert!(to <= now);
                if state.generation == 1 {
                    prop_assert_eq!(from, begin);
                }
                if state.effect != shared::sla::policy::ClockEffect::Stopped {
                    prop_assert_eq!(to, now);
                }
            }
        }
    }
}
