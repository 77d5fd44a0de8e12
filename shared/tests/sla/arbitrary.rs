//! Random desks, places, instants and histories.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use shared::sla::business_time::BusinessMinutes;
use shared::sla::clock::Span;
use shared::sla::policy::{ClockEffect, CountsFrom, IntakeCutoff, SlaPolicy, Target, TargetRow};

use crate::oracle::{Desk, Place};

/// One to four windows, some touching, some up to midnight; or none.
fn windows() -> impl Strategy<Value = Vec<(u16, u16)>> {
    let points = btree_set(
        prop_oneof![1 => Just(0u16), 1 => Just(1440), 12 => 0u16..=1440],
        2..=8,
    );
    let drawn = (points, vec(any::<bool>(), 8)).prop_map(|(points, taken)| {
        let points: Vec<u16> = points.into_iter().collect();
        let pairs = points.windows(2).zip(taken).filter(|(_, taken)| *taken);
        pairs.map(|(pair, _)| (pair[0], pair[1])).take(4).collect()
    });
    prop_oneof![
        1 => Just(Vec::new()),
        2 => Just(vec![(480, 720), (780, 1020)]),
        1 => Just(vec![(0, 360), (1320, 1440)]),
        4 => drawn,
    ]
}

fn place() -> impl Strategy<Value = Place> {
    use chrono_tz::{America, Australia, Europe};
    prop_oneof![
        3 => Just(Place::Bogota),
        1 => prop_oneof![
            Just(America::New_York),
            Just(America::Santiago),
            Just(America::Havana),
            Just(Europe::Madrid),
            Just(Australia::Lord_Howe),
        ].prop_map(Place::Changing),
    ]
}

/// A minute between 1999 and 2097. In a zone with clock changes usually before one, by hours or by minutes.
fn begin(place: Place) -> impl Strategy<Value = DateTime<Utc>> {
    let first = NaiveDate::from_ymd_opt(1999, 1, 3)
        .expect("a date")
        .and_time(Default::default())
        .and_utc();
    (0i64..98 * 365 * 1440, 0usize..6).prop_map(move |(minutes, pick)| {
        let at = first + Duration::minutes(minutes);
        let changes = place.zone_around(at).transitions;
        match changes.get(pick) {
            Some(change) => {
                change.at
                    - Duration::minutes(if minutes % 2 == 0 {
                        minutes % 180
                    } else {
                        minutes % 2880
                    })
            }
            None => at,
        }
    })
}

/// A desk and a minute to begin at, with special days around it.
pub(crate) fn desk() -> impl Strategy<Value = (Desk, DateTime<Utc>)> {
    let week = [(); 7].map(|()| windows());
    let drawn = (
        week,
        any::<bool>(),
        place().prop_flat_map(|place| (Just(place), begin(place))),
        btree_map(0u64..28, windows(), 0..=4),
    );
    drawn.prop_map(|(mut week, colombian, (place, begin), special)| {
        if week.iter().all(Vec::is_empty) {
            week[0] = vec![(480, 720)];
        }
        let date = place.local(begin).date();
        let special: BTreeMap<NaiveDate, Vec<(u16, u16)>> = special
            .into_iter()
            .map(|(days, windows)| (date + Days::new(days), windows))
            .collect();
        (
            Desk {
                week,
                colombian,
                special,
                place,
            },
            begin,
        )
    })
}

/// At least one minute; often full hours, so that targets are met and changes happen to the minute.
fn minutes(below_hours: i64) -> impl Strategy<Value = i64> {
    prop_oneof![1 => 1..below_hours * 60, 1 => (1..below_hours).prop_map(|hours| hours * 60)]
}

fn target() -> impl Strategy<Value = Option<Target>> {
    prop_oneof![
        2 => Just(None),
        6 => minutes(15).prop_map(|minutes| Some(Target::Minutes(BusinessMinutes(minutes)))),
        2 => (1u32..3).prop_map(|days| Some(Target::BusinessDays(days))),
    ]
}

/// A policy over three levels and two priorities, with and without the optional rules.
pub(crate) fn policy() -> impl Strategy<Value = SlaPolicy> {
    let row = (
        proptest::option::of(0u8..2),
        proptest::option::of(1u8..=3),
        target(),
        target(),
    )
        .prop_map(|(priority, level, attention, solution)| TargetRow {
            priority: priority.map(priority_key),
            level,
            attention,
            solution,
            ..TargetRow::default()
        });
    let warnings = proptest::sample::subsequence(vec![90, 50, 75], 0..=3);
    let cutoff = proptest::option::weighted(0.3, 600u16..1080);
    (
        vec(row, 1..5),
        any::<bool>(),
        any::<bool>(),
        warnings,
        cutoff,
    )
        .prop_map(
            |(targets, arrival, waiting, warn_at_percent, cutoff)| SlaPolicy {
                targets,
                solution_counts_from: if arrival {
                    CountsFrom::ArrivalAtLevel
                } else {
                    CountsFrom::Creation
                },
                waiting_in_solved_counts: waiting,
                warn_at_percent,
                intake_cutoffs: cutoff
                    .map(|minute| IntakeCutoff {
                        // Half of them for the one category that tickets may come to have.
                        category: (minute % 2 == 0).then(|| "web".into()),
                        minute,
                    })
                    .into_iter()
                    .collect(),
            },
        )
}

fn priority_key(priority: u8) -> String {
    format!("p{priority}")
}

/// A history of minutes from creation with what changes at each; some changes fall on one instant.
pub(crate) fn history() -> impl Strategy<Value = Vec<(i64, Span)>> {
    let effect = prop_oneof![4 => Just(ClockEffect::Runs), 3 => Just(ClockEffect::Paused), 2 => Just(ClockEffect::Stopped)];
    let gap = prop_oneof![2 => Just(0i64), 4 => minutes(4), 3 => minutes(30)];
    let change = (
        gap,
        effect,
        prop_oneof![5 => Just(None), 1 => (1u8..=3).prop_map(Some)],
        prop_oneof![3 => Just(None), 1 => (0u8..2).prop_map(Some)],
        proptest::bool::weighted(0.15),
        prop_oneof![2 => Just(None), 1 => any::<bool>().prop_map(Some)],
    );
    (1u8..=3, vec(change, 1..9)).prop_map(|(first_level, changes)| {
        let (mut at, mut level, mut priority) = (0, first_level, 0);
        let mut spans = Vec::new();
        let mut is_web = false;
        for (index, (gap, effect, new_level, new_priority, attended, new_category)) in
            changes.into_iter().enumerate()
        {
            at += if index == 0 { 0 } else { gap };
            level = new_level.unwrap_or(level);
            priority = new_priority.unwrap_or(priority);
            is_web = new_category.unwrap_or(is_web);
            let span = span(effect, level, priority, attended, index);
            let category = Some(if is_web { "web" } else { "network" }.into());
            spans.push((at, Span { category, ..span }));
        }
        spans
    })
}

fn span(effect: ClockEffect, level: u8, priority: u8, attended: bool, index: usize) -> Span {
    Span {
        at: DateTime::UNIX_EPOCH,
        effect,
        label: format!("reason_{index}"),
        level,
        request_type: Some("incident".into()),
        priority: Some(priority_key(priority)),
        category: Some("network".into()),
        group: None,
        attended,
        actor: Some("ana".into()),
    }
}

/// The spans of a history that begins at an instant.
pub(crate) fn dated(history: &[(i64, Span)], created_at: DateTime<Utc>) -> Vec<Span> {
    history
        .iter()
        .map(|(minutes, span)| Span {
            at: created_at + Duration::minutes(*minutes),
            ..span.clone()
        })
        .collect()
}
