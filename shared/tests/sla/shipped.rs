//! Ten thousand random histories over the four shipped desks: state, reason, level, type, priority, category and group change
//! as those desks know them, and policy and calendar may be other ones than the ticket began with. The clocks agree with the
//! walk over minutes, the time used is kept, and the explanation adds up.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::{DateTime, Duration, Utc};
use proptest::prelude::*;
use proptest::sample::Index;
use shared::desk::Desk as Profile;
use shared::desk::load::load;
use shared::sla::business_time::{BusinessMinutes, BusinessTime};
use shared::sla::clock::{self, ClockInput, Span};
use shared::sla::explain::{SegmentKind, explain};
use shared::sla::policy::{ClockKind, SlaPolicy, Target, TargetRow};

use crate::oracle::{Desk, Minutes, Place, walk};

/// 2 500 for each of the four desks.
const CASES: u32 = 2500;
const ROW: usize = 24 * 1440;

/// The calendar of the four desks in the oracle's own terms.
fn office_hours() -> Desk {
    let week = std::array::from_fn(|day| {
        if day < 5 {
            vec![(480, 1020)]
        } else {
            Vec::new()
        }
    });
    Desk {
        week,
        colombian: true,
        special: [].into(),
        place: Place::Bogota,
    }
}

/// What a desk may change to: a break at noon, short Fridays, Saturdays and a closed day.
fn long_week() -> Desk {
    let mut week: [Vec<(u16, u16)>; 7] = std::array::from_fn(|_| vec![(420, 720), (840, 1140)]);
    week[4] = vec![(420, 900)];
    week[5] = vec![(480, 780)];
    week[6] = Vec::new();
    let closed = "2026-03-05".parse().expect("a date");
    Desk {
        week,
        colombian: true,
        special: [(closed, Vec::new())].into(),
        place: Place::Bogota,
    }
}

/// A Monday of Lent with Saint Joseph's Day in the row, the Holy Week, and the turn of the year.
const BEGINS: [&str; 3] = [
    "2026-03-02T05:00:00Z",
    "2026-03-30T05:00:00Z",
    "2026-12-21T05:00:00Z",
];

static ROWS: LazyLock<Vec<Vec<Minutes>>> = LazyLock::new(|| {
    let calendars = [office_hours(), long_week()];
    let rows = |calendar: &Desk| {
        let row = |begin: &&str| Minutes::of(calendar, begin.parse().expect("an instant"), ROW);
        BEGINS.iter().map(row).collect()
    };
    calendars.iter().map(rows).collect()
});

fn profile(slug: &str) -> Profile {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../api/desks")
        .join(slug);
    let mut files = Vec::new();
    for inside in [PathBuf::new(), PathBuf::from("knowledge")] {
        for entry in std::fs::read_dir(folder.join(&inside)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = inside.join(path.file_name().expect("a name"));
                let text = std::fs::read_to_string(&path).expect("a text");
                files.push((name.to_str().expect("a path").to_owned(), text));
            }
        }
    }
    load(&files).expect("a desk without mistakes").0
}

/// One change of a ticket: minutes later, and which of everything that the desk knows.
#[derive(Clone, Debug)]
struct Change {
    minutes: i64,
    state: Index,
    reason: Index,
    level: Option<Index>,
    priority: Option<Index>,
    category: Option<Index>,
    group: Option<Index>,
    attended: bool,
}

fn change() -> impl Strategy<Value = Change> {
    let rarely = || proptest::option::weighted(0.25, any::<Index>());
    let minutes = prop_oneof![1 => Just(0i64), 3 => 1i64..300, 2 => (1i64..12).prop_map(|hours| hours * 60), 1 => 300i64..1800];
    (
        minutes,
        any::<Index>(),
        any::<Index>(),
        rarely(),
        rarely(),
        rarely(),
        rarely(),
        proptest::bool::weighted(0.2),
    )
        .prop_map(
            |(minutes, state, reason, level, priority, category, group, attended)| Change {
                minutes,
                state,
                reason,
                level,
                priority,
                category,
                group,
                attended,
            },
        )
}

/// A history in the desk's own words; the first change is its creation.
fn spans(desk: &Profile, created: DateTime<Utc>, changes: &[Change]) -> Vec<Span> {
    let entries = &desk.catalog.entries;
    let mut at = created;
    let mut level = desk.levels[0].level;
    let mut priority = desk.priority.default.clone();
    let mut entry = &entries[0];
    let mut group = desk.levels[0].groups[0].clone();
    let mut spans = Vec::new();
    for (place, change) in changes.iter().enumerate() {
        let first = place == 0;
        at += Duration::minutes(if first { 0 } else { change.minutes });
        if let Some(pick) = &change.level {
            level = desk.levels[pick.index(desk.levels.len())].level;
        }
        if let Some(pick) = &change.priority {
            priority = desk.priority.items[pick.index(desk.priority.items.len())]
                .key
                .clone();
        }
        if let Some(pick) = &change.category {
            entry = &entries[pick.index(entries.len())];
        }
        if let Some(pick) = &change.group {
            group = desk.groups[pick.index(desk.groups.len())].key.clone();
        }
        let state = &desk.states[change.state.index(desk.states.len())];
        let reason = (!state.reasons.is_empty())
            .then(|| &state.reasons[change.reason.index(state.reasons.len())]);
        let request_type = entry.request_type.unwrap_or(desk.types[0].is);
        spans.push(Span {
            at,
            effect: desk.clock_effect(state.is, reason.map(|reason| reason.id.as_str())),
            label: reason
                .map_or(state.is.as_str(), |reason| reason.id.as_str())
                .to_owned(),
            level: level.number(),
            request_type: Some(request_type.as_str().to_owned()),
            priority: Some(priority.clone()),
            category: Some(entry.key.clone()),
            group: Some(group.clone()),
            attended: change.attended && !first,
            actor: Some("ana".into()),
        });
    }
    spans
}

/// A policy of the desk's own making: by category, group, type, level and priority, in hours and in days.
fn other_policy(desk: &Profile) -> SlaPolicy {
    let hours = |hours: i64| Some(Target::Minutes(BusinessMinutes(hours * 60)));
    let entry = &desk.catalog.entries[desk.catalog.entries.len() / 2];
    let row = TargetRow::default();
    SlaPolicy {
        targets: vec![
            TargetRow {
                category: Some(entry.key.clone()),
                attention: hours(1),
                solution: hours(3),
                ..row.clone()
            },
            TargetRow {
                group: Some(desk.groups[desk.groups.len() - 1].key.clone()),
                solution: Some(Target::BusinessDays(1)),
                ..row.clone()
            },
            TargetRow {
                priority: Some(desk.priority.items[0].key.clone()),
                level: Some(1),
                attention: hours(1),
                solution: hours(4),
                ..row.clone()
            },
            TargetRow {
                request_type: Some("request".into()),
                attention: Some(Target::BusinessDays(1)),
                solution: Some(Target::BusinessDays(2)),
                ..row.clone()
            },
            TargetRow {
                attention: hours(2),
                solution: hours(9),
                ..row
            },
        ],
        ..desk.sla.clone()
    }
}

fn state(input: &ClockInput<'_>, kind: ClockKind, now: DateTime<Utc>) -> clock::ClockState {
    clock::generations(input, kind, now)
        .pop()
        .expect("never empty")
}

fn check_explanation(
    input: &ClockInput<'_>,
    kind: ClockKind,
    now: DateTime<Utc>,
    used: BusinessTime,
) -> Result<(), TestCaseError> {
    let explanation = explain(input, kind, now);
    let mut sum = BusinessTime::ZERO;
    for pair in explanation.segments.windows(2) {
        prop_assert_eq!(pair[0].to, pair[1].from);
    }
    for segment in &explanation.segments {
        let real = BusinessTime::from_micros(
            (segment.to - segment.from)
                .num_microseconds()
                .expect("fits"),
        );
        match &segment.kind {
            SegmentKind::Ran => prop_assert_eq!(segment.counted, real),
            SegmentKind::Solved => prop_assert!(segment.counted <= real),
            _ => prop_assert_eq!(segment.counted, BusinessTime::ZERO),
        }
        sum = sum.saturating_add(segment.counted);
    }
    prop_assert_eq!(sum, used);
    prop_assert_eq!(explanation.used, used);
    Ok(())
}

/// One history under one calendar and policy, against the walk.
fn check(
    minutes: &Minutes,
    input: &ClockInput<'_>,
    created: usize,
    now: usize,
) -> Result<(), TestCaseError> {
    let at = minutes.at(now);
    let effects = clock::due_effects(input, at);
    for kind in [ClockKind::Attention, ClockKind::Solution] {
        let expected = walk(minutes, input, kind, created, now);
        let found = state(input, kind, at);
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
            (Some(found), None) => {
                prop_assert!(found >= minutes.at(ROW - 1), "{:?} due {}", kind, found)
            }
            (found, expected) => prop_assert_eq!(
                found,
                expected.map(|due| minutes.begin + Duration::microseconds(due)),
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
            .map(|(generation, what, at)| {
                (
                    *generation,
                    *what,
                    minutes.begin + Duration::microseconds(*at),
                )
            })
            .collect();
        prop_assert_eq!(of_this_clock, expected_effects, "{:?}", kind);
        check_explanation(input, kind, at, found.used)?;
    }
    Ok(())
}

/// The desk's own calendar is the one that the oracle walks.
#[test]
fn the_four_desks_work_office_hours() {
    for slug in ["infortec", "icetex", "uspec", "victimas"] {
        let begin = BEGINS[0].parse().expect("an instant");
        let calendar = office_hours().calendar(begin);
        let desk = profile(slug);
        assert_eq!(
            (&desk.calendar.week, desk.calendar.holidays),
            (&calendar.week, calendar.holidays),
            "{slug}"
        );
        assert_eq!(desk.calendar.zone.name, "America/Bogota", "{slug}");
        // Saint Joseph's Day of 2026 was moved to this Monday.
        let holiday = "2026-03-23".parse().expect("a date");
        assert!(!desk.calendar.is_business_day(holiday), "{slug}");
    }
}

fn histories() -> impl Strategy<Value = (usize, i64, Vec<Change>, i64, bool, bool)> {
    let changes = prop::collection::vec(change(), 1..9);
    (
        0..BEGINS.len(),
        0i64..5760,
        changes,
        0i64..2200,
        any::<bool>(),
        any::<bool>(),
    )
}

fn run(desk: &Profile) {
    let own = desk.sla.clone();
    let other = other_policy(desk);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let result = runner.run(
        &histories(),
        |(row, created, changes, after, changed_policy, changed_calendar)| {
            let minutes = &ROWS[usize::from(changed_calendar)][row];
            let begin = minutes.begin;
            let calendar = if changed_calendar {
                long_week()
            } else {
                office_hours()
            }
            .calendar(begin);
            let created_at = begin + Duration::minutes(created);
            let spans = spans(desk, created_at, &changes);
            let policy = if changed_policy { &other } else { &own };
            let input = ClockInput {
                created_at,
                spans: &spans,
                calendar: &calendar,
                policy,
                eras: &[],
            };
            let now = usize::try_from(created + after).expect("not negative");
            check(
                minutes,
                &input,
                usize::try_from(created).expect("not negative"),
                now,
            )?;
            // Another table of targets promises something else; what was used stays used.
            let unchanged = ClockInput {
                policy: if changed_policy { &own } else { &other },
                ..input
            };
            for kind in [ClockKind::Attention, ClockKind::Solution] {
                prop_assert_eq!(
                    state(&input, kind, minutes.at(now)).used,
                    state(&unchanged, kind, minutes.at(now)).used
                );
            }
            Ok(())
        },
    );
    if let Err(error) = result {
        panic!("{}: {error}", desk.slug);
    }
}

#[test]
fn histories_of_infortec_agree_with_the_walk() {
    run(&profile("infortec"));
}

#[test]
fn histories_of_icetex_agree_with_the_walk() {
    run(&profile("icetex"));
}

///
#[test]
fn histories_of_uspec_agree_with_the_walk() {
    run(&profile("uspec"));
}

///
#[test]
fn histories_of_victimas_agree_with_the_walk() {
    run(&profile("victimas"));
}
