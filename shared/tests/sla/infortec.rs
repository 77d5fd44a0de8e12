//! Every cell of the times table of the Infortec desk, on the default hours 08:00-17:00 (C-03).

use chrono::{DateTime, Utc};
use shared::sla::business_time::BusinessMinutes;
use shared::sla::calendar::{Calendar, Zone};
use shared::sla::clock::{self, ClockInput, ClockStatus, Span};
use shared::sla::policy::{ClockEffect, SlaPolicy, Target, TargetRow};

use crate::clock_stories::at;

/// Priority, level, hours to attention, hours to solution.
const TABLE: [(&str, u8, i64, Option<i64>); 12] = [
    ("P1-Crítico", 1, 1, Some(4)),
    ("P1-Crítico", 2, 1, Some(8)),
    ("P1-Crítico", 3, 1, None),
    ("P2-Alto", 1, 2, Some(8)),
    ("P2-Alto", 2, 2, Some(16)),
    ("P2-Alto", 3, 2, None),
    ("P3-Medio", 1, 4, Some(12)),
    ("P3-Medio", 2, 4, Some(24)),
    ("P3-Medio", 3, 4, None),
    ("P4-Bajo", 1, 8, Some(16)),
    ("P4-Bajo", 2, 8, Some(32)),
    ("P4-Bajo", 3, 8, None),
];

/// When so many business hours are over that begin on Monday 2 March 2026 at 08:00; nine fit into a day.
fn monday_morning_plus(hours: i64) -> DateTime<Utc> {
    at(match hours {
        1 => "2 09:00",
        2 => "2 10:00",
        4 => "2 12:00",
        8 => "2 16:00",
        12 => "3 11:00",
        16 => "3 15:00",
        24 => "4 14:00",
        32 => "5 13:00",
        _ => unreachable!("not in the table"),
    })
}

fn policy() -> SlaPolicy {
    let target = |hours: i64| Target::Minutes(BusinessMinutes(hours * 60));
    let row = |&(priority, level, attention, solution): &(&str, u8, i64, Option<i64>)| TargetRow {
        priority: Some(priority.into()),
        level: Some(level),
        attention: Some(target(attention)),
        solution: solution.map(target),
        ..TargetRow::default()
    };
    SlaPolicy {
        targets: TABLE.iter().map(row).collect(),
        ..SlaPolicy::default()
    }
}

fn span(day_and_time: &str, priority: &str, level: u8) -> Span {
    Span {
        at: at(day_and_time),
        effect: ClockEffect::Runs,
        label: "en_atencion".into(),
        level,
        request_type: None,
        priority: Some(priority.into()),
        category: None,
        group: None,
        attended: false,
        actor: None,
    }
}

/// R-097…
#[test]
fn every_cell_gives_its_due_time_on_the_default_calendar() {
    let (calendar, policy) = (Calendar::office_hours(), policy());
    for (priority, level, attention, solution) in TABLE {
        let spans = [span("2 08:00", priority, level)];
        let input = ClockInput {
            created_at: spans[0].at,
            spans: &spans,
            calendar: &calendar,
            policy: &policy,
            eras: &[],
        };
        let now = at("2 08:30");
        assert_eq!(
            clock::attention(&input, now).due_at,
            Some(monday_morning_plus(attention)),
            "{priority} {level}"
        );
        let state = clock::solution(&input, now);
        assert_eq!(
            state.due_at,
            solution.map(monday_morning_plus),
            "{priority} {level}"
        );
        let expected = if solution.is_some() {
            ClockStatus::Running
        } else {
            ClockStatus::NoTarget
        };
        assert_eq!(state.status, expected, "{priority} {level}");
    }
}

#[test]
fn every_cell_counts_plain_hours_around_the_clock() {
    let (calendar, policy) = (Calendar::around_the_clock(Zone::bogota()), policy());
    for (priority, level, attention, solution) in TABLE {
        let spans = [span("1 03:00", priority, level)];
        let input = ClockInput {
            created_at: spans[0].at,
            spans: &spans,
            calendar: &calendar,
            policy: &policy,
            eras: &[],
        };
        let due_in = |hours| spans[0].at + chrono::Duration::hours(hours);
        assert_eq!(
            clock::attention(&input, spans[0].at).due_at,
            Some(due_in(attention))
        );
        assert_eq!(
            clock::solution(&input, spans[0].at).due_at,
            solution.map(due_in)
        );
    }
}

///
#[test]
fn after_an_escalation_the_solution_counts_from_creation_and_attention_from_arrival() {
    let (calendar, policy) = (Calendar::office_hours(), policy());
    for (priority, level, attention, solution) in TABLE.into_iter().filter(|row| row.1 > 1) {
        let mut spans = vec![
            span("2 08:00", priority, 1),
            span("2 08:30", priority, 1),
            span("3 08:00", priority, level),
        ];
        spans[1].attended = true;
        let input = ClockInput {
            created_at: spans[0].at,
            spans: &spans,
            calendar: &calendar,
            policy: &policy,
            eras: &[],
        };
        let state = clock::attention(&input, at("3 08:00"));
        let a_day_later = monday_morning_plus(attention) + chrono::Duration::days(1);
        assert_eq!(
            (state.generation, state.due_at),
            (2, Some(a_day_later)),
            "{priority} {level}"
        );
        assert_eq!(
            clock::solution(&input, at("3 08:00")).due_at,
            solution.map(monday_morning_plus),
            "{priority} {level}"
        );
    }
}
