//! How long a deadline takes to compute: at most 1 µs for a target that ends within a month.
//!
//! The calendar is that of a working week with office hours and the Colombian holidays; the starts are spread
//! over two months, so that nights, weekends and the holidays of December are all met.

use std::hint::black_box;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use criterion::{Criterion, criterion_group, criterion_main};
use shared::sla::business_time::{BusinessMinutes, BusinessTime};
use shared::sla::calendar::Calendar;
use shared::sla::clock::{self, ClockInput, Span};
use shared::sla::holidays::{colombian_holidays, is_colombian_holiday};
use shared::sla::policy::{ClockEffect, SlaPolicy, Target, TargetRow};

/// Starts from Monday 2 November 2026, 37 hours and 11 minutes apart.
fn starts() -> Vec<DateTime<Utc>> {
    let first = DateTime::from_timestamp(1_793_624_400, 0).unwrap_or_default();
    (0..40)
        .map(|step| first + TimeDelta::minutes(step * (37 * 60 + 11)))
        .collect()
}

fn deadlines(c: &mut Criterion) {
    let calendar = Calendar::office_hours();
    let starts = starts();
    let mut group = c.benchmark_group("deadline");
    for hours in [1, 4, 12, 40, 160] {
        let target = BusinessTime::from_minutes(hours * 60);
        let mut next = starts.iter().cycle();
        group.bench_function(format!("{hours} h"), |b| {
            b.iter(|| {
                next.next()
                    .map(|start| calendar.deadline(black_box(*start), black_box(target)))
            });
        });
    }
    let mut next = starts.iter().cycle();
    group.bench_function("5 business days", |b| {
        b.iter(|| {
            next.next()
                .map(|start| calendar.add_business_days(black_box(*start), black_box(5)))
        });
    });
    group.finish();
}

/// A ticket that waited three times for its requester.
fn spans(created_at: DateTime<Utc>) -> Vec<Span> {
    let span = |hours: i64, effect, attended| Span {
        at: created_at + TimeDelta::hours(hours),
        effect,
        label: "in_progress".to_owned(),
        level: 1,
        request_type: Some("incident".to_owned()),
        priority: Some("p3".to_owned()),
        category: None,
        group: None,
        attended,
        actor: None,
    };
    vec![
        span(0, ClockEffect::Runs, false),
        span(2, ClockEffect::Runs, true),
        span(5, ClockEffect::Paused, true),
        span(24, ClockEffect::Runs, true),
        span(27, ClockEffect::Paused, true),
        span(50, ClockEffect::Runs, true),
        span(52, ClockEffect::Paused, true),
        span(75, ClockEffect::Runs, true),
    ]
}

fn clocks(c: &mut Criterion) {
    let calendar = Calendar::office_hours();
    let row = TargetRow {
        attention: Some(Target::Minutes(BusinessMinutes(240))),
        solution: Some(Target::Minutes(BusinessMinutes(2400))),
        ..TargetRow::default()
    };
    let policy = SlaPolicy {
        targets: vec![row],
        ..SlaPolicy::default()
    };
    let created_at = starts()[0];
    let now = created_at + TimeDelta::hours(80);
    let fresh = spans(created_at).into_iter().take(1).collect::<Vec<_>>();
    let paused = spans(created_at);
    let mut group = c.benchmark_group("clock");
    for (name, spans) in [("new ticket", &fresh), ("three pauses", &paused)] {
        let input = ClockInput {
            created_at,
            spans,
            calendar: &calendar,
            policy: &policy,
            eras: &[],
        };
        group.bench_function(name, |b| {
            b.iter(|| clock::solution(black_box(&input), black_box(now)))
        });
    }
    group.finish();
}

fn holidays(c: &mut Criterion) {
    let mut group = c.benchmark_group("holidays");
    group.bench_function("one year", |b| {
        b.iter(|| colombian_holidays(black_box(2026)))
    });
    let date = NaiveDate::from_ymd_opt(2026, 11, 16).unwrap_or_default();
    group.bench_function("one date", |b| {
        b.iter(|| is_colombian_holiday(black_box(date)))
    });
    group.finish();
}

criterion_group!(benches, deadlines, clocks, holidays);
criterion_main!(benches);
