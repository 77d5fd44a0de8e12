//! The two clocks, story by story. Office hours are 08:00-17:00 in Bogotá; 2 March 2026 is a Monday.

use chrono::{DateTime, Duration, Utc};
use shared::sla::business_time::{BusinessMinutes, BusinessTime};
use shared::sla::calendar::Calendar;
use shared::sla::clock::{self, ClockInput, ClockState, ClockStatus, DueEffect, DueWhat, Span};
use shared::sla::policy::{
    ClockEffect, ClockKind, CountsFrom, IntakeCutoff, SlaPolicy, Target, TargetRow,
};

/// A day of March 2026 and a time.
pub(crate) fn at(day_and_time: &str) -> DateTime<Utc> {
    let (day, time) = day_and_time.split_once(' ').expect("a day and a time");
    DateTime::parse_from_rfc3339(&format!("2026-03-{:0>2}T{time}:00-05:00", day))
        .expect("an instant")
        .to_utc()
}

pub(crate) fn hours(hours: i64) -> Option<Target> {
    Some(Target::Minutes(BusinessMinutes(hours * 60)))
}

fn used(hours: i64) -> BusinessTime {
    BusinessTime::from_minutes(hours * 60)
}

fn row(
    priority: &str,
    level: u8,
    attention: Option<Target>,
    solution: Option<Target>,
) -> TargetRow {
    TargetRow {
        priority: Some(priority.into()),
        level: Some(level),
        attention,
        solution,
        ..TargetRow::default()
    }
}

/// A ticket that is told as a row of changes.
#[derive(Clone)]
pub(crate) struct Ticket {
    pub(crate) calendar: Calendar,
    pub(crate) policy: SlaPolicy,
    pub(crate) spans: Vec<Span>,
}

impl Ticket {
    pub(crate) fn created(day_and_time: &str) -> Self {
        let policy = SlaPolicy {
            targets: vec![
                row("high", 1, hours(1), hours(4)),
                row("high", 2, hours(1), hours(8)),
                row("high", 3, hours(1), None),
                row("low", 1, hours(8), hours(16)),
                row("days", 1, None, Some(Target::BusinessDays(2))),
            ],
            warn_at_percent: vec![75, 50],
            ..SlaPolicy::default()
        };
        let span = Span {
            at: at(day_and_time),
            effect: ClockEffect::Runs,
            label: "new".into(),
            level: 1,
            request_type: None,
            priority: Some("high".into()),
            category: None,
            group: None,
            attended: false,
            actor: None,
        };
        Self {
            calendar: Calendar::office_hours(),
            policy,
            spans: vec![span],
        }
    }

    pub(crate) fn then(mut self, day_and_time: &str, change: impl FnOnce(&mut Span)) -> Self {
        let mut span = self.spans.last().expect("it was created").clone();
        span.at = at(day_and_time);
        change(&mut span);
        self.spans.push(span);
        self
    }

    pub(crate) fn with_policy(mut self, change: impl FnOnce(&mut SlaPolicy)) -> Self {
        change(&mut self.policy);
        self
    }

    fn priority(mut self, priority: &str) -> Self {
        self.spans[0].priority = Some(priority.into());
        self
    }

    pub(crate) fn input(&self) -> ClockInput<'_> {
        ClockInput {
            created_at: self.spans[0].at,
            spans: &self.spans,
            calendar: &self.calendar,
            policy: &self.policy,
            eras: &[],
        }
    }

    fn attention(&self, now: &str) -> ClockState {
        clock::attention(&self.input(), at(now))
    }

    fn solution(&self, now: &str) -> ClockState {
        clock::solution(&self.input(), at(now))
    }

    fn effects(&self, now: &str) -> Vec<(ClockKind, u32, DueWhat, DateTime<Utc>)> {
        let tuple = |effect: DueEffect| (effect.clock, effect.generation, effect.what, effect.at);
        clock::due_effects(&self.input(), at(now))
            .into_iter()
            .map(tuple)
            .collect()
    }
}

pub(crate) fn pause(span: &mut Span) {
    (span.effect, span.label) = (ClockEffect::Paused, "user_unavailable".into());
}

pub(crate) fn resume(span: &mut Span) {
    (span.effect, span.label) = (ClockEffect::Runs, "in_progress".into());
}

pub(crate) fn solve(span: &mut Span) {
    (span.effect, span.label) = (ClockEffect::Stopped, "solved".into());
}

fn escalate(span: &mut Span) {
    (span.level, span.attended) = (span.level + 1, false);
}

fn attend(span: &mut Span) {
    span.attended = true;
}

///
#[test]
fn an_open_ticket_shows_due_time_time_used_and_time_left() {
    let ticket = Ticket::created("2 14:00");
    let state = ticket.solution("2 16:00");
    assert_eq!(
        (state.status, state.target, state.generation),
        (ClockStatus::Running, hours(4), 1)
    );
    assert_eq!((state.used, state.remaining), (used(2), Some(used(2))));
    assert_eq!(state.due_at, Some(at("3 09:00")));
    assert_eq!((state.met_at, state.breached_at), (None, None));
    assert_eq!(ticket.attention("2 14:30").due_at, Some(at("2 15:00")));
}

///
#[test]
fn the_first_attention_ends_the_attention_clock_and_not_the_other() {
    let ticket = Ticket::created("2 08:00").then("2 08:40", attend);
    let attention = ticket.attention("6 12:00");
    assert_eq!(
        (attention.status, attention.met_at),
        (ClockStatus::Met, Some(at("2 08:40")))
    );
    assert_eq!(
        (attention.used, attention.due_at),
        (BusinessTime::from_minutes(40), Some(at("2 09:00")))
    );
    assert_eq!(ticket.solution("2 09:00").status, ClockStatus::Running);
}

///
#[test]
fn attention_that_comes_late_stays_a_breach() {
    let ticket = Ticket::created("2 08:00").then("2 10:00", attend);
    let attention = ticket.attention("2 12:00");
    assert_eq!(
        (attention.status, attention.breached_at, attention.met_at),
        (
            ClockStatus::Breached,
            Some(at("2 09:00")),
            Some(at("2 10:00"))
        )
    );
    assert_eq!(attention.remaining, Some(BusinessTime::from_minutes(-60)));
}

///
#[test]
fn a_ticket_solved_exactly_at_its_due_time_is_not_a_breach() {
    assert_eq!(
        Ticket::created("2 08:00")
            .then("2 12:00", solve)
            .solution("9 08:00")
            .status,
        ClockStatus::Met
    );
    let late = Ticket::created("2 08:00")
        .then("2 12:01", solve)
        .solution("9 08:00");
    assert_eq!(
        (late.status, late.breached_at, late.effect),
        (
            ClockStatus::Breached,
            Some(at("2 12:00")),
            ClockEffect::Stopped
        )
    );
}

#[test]
fn a_clock_that_runs_on_after_closing_time_is_past_its_due_time() {
    let ticket = Ticket::created("6 13:00").then("7 10:00", solve);
    let state = ticket.solution("9 08:00");
    assert_eq!(
        (state.used, state.due_at, state.breached_at),
        (used(4), Some(at("6 17:00")), Some(at("6 17:00")))
    );
}

#[test]
fn paused_time_does_not_count_and_has_no_due_time() {
    let ticket = Ticket::created("2 08:00").then("2 10:00", pause);
    let paused = ticket.solution("3 15:00");
    assert_eq!(
        (paused.status, paused.effect),
        (ClockStatus::Paused, ClockEffect::Paused)
    );
    assert_eq!(
        (paused.used, paused.remaining, paused.due_at),
        (used(2), Some(used(2)), None)
    );
    let resumed = ticket.then("3 15:00", resume).solution("3 16:00");
    assert_eq!(
        (resumed.used, resumed.due_at),
        (used(3), Some(at("3 17:00")))
    );
}

#[test]
fn a_pause_without_business_time_changes_nothing() {
    let plain = Ticket::created("2 14:00");
    let paused = Ticket::created("2 14:00")
        .then("2 18:00", pause)
        .then("3 07:30", resume);
    assert_eq!(plain.solution("3 08:30"), paused.solution("3 08:30"));
}

#[test]
fn an_escalation_keeps_the_solution_time_and_starts_attention_anew() {
    let ticket = Ticket::created("2 08:00")
        .then("2 08:30", attend)
        .then("2 11:00", escalate);
    let attention = ticket.attention("2 11:30");
    assert_eq!(
        (attention.generation, attention.started_at, attention.due_at),
        (2, at("2 11:00"), Some(at("2 12:00")))
    );
    assert_eq!(attention.used, BusinessTime::from_minutes(30));
    let solution = ticket.solution("2 11:30");
    assert_eq!(
        (solution.generation, solution.target, solution.due_at),
        (1, hours(8), Some(at("2 16:00")))
    );
}

#[test]
fn where_the_desk_says_so_the_solution_counts_from_the_arrival_at_the_level() {
    let ticket = Ticket::created("2 08:00")
        .then("2 11:00", escalate)
        .with_policy(|policy| policy.solution_counts_from = CountsFrom::ArrivalAtLevel);
    let solution = ticket.solution("2 12:00");
    assert_eq!(
        (solution.generation, solution.used, solution.due_at),
        (2, used(1), Some(at("3 10:00")))
    );
}

/// 6 hours were used, and a minute at another level gives none of them back.
#[test]
fn coming_back_to_a_level_goes_on_with_its_time() {
    let ticket = Ticket::created("2 08:00")
        .with_policy(|policy| policy.solution_counts_from = CountsFrom::ArrivalAtLevel)
        .then("2 09:00", escalate)
        .then("2 15:00", escalate)
        .then("2 15:01", |span| span.level = 2);
    let solution = ticket.solution("2 16:00");
    assert_eq!((solution.generation, solution.used), (2, used(7)));
    assert_eq!(solution.started_at, at("2 09:00"));
    // Level 3 again counts from the first arrival there, and level 1 from creation.
    let again = ticket.clone().then("2 16:00", escalate);
    assert_eq!(again.solution("2 17:00").used, used(2));
    assert_eq!(again.solution("2 17:00").generation, 3);
    let down = ticket.then("2 16:00", |span| span.level = 1);
    let solution = down.solution("2 17:00");
    assert_eq!((solution.generation, solution.used), (1, used(9)));
}

#[test]
fn a_breach_at_an_earlier_level_is_remembered() {
    let ticket = Ticket::created("2 08:00")
        .then("2 10:00", escalate)
        .then("2 10:30", attend);
    let attention = ticket.attention("2 12:00");
    assert_eq!(
        (attention.status, attention.breached_at),
        (ClockStatus::Met, None)
    );
    assert_eq!(attention.first_breached_at, Some(at("2 09:00")));
    let both = clock::generations(&ticket.input(), ClockKind::Attention, at("2 12:00"));
    assert_eq!(
        both.iter().map(|state| state.status).collect::<Vec<_>>(),
        [ClockStatus::Breached, ClockStatus::Met]
    );
}

#[test]
fn a_level_without_a_target_has_no_committed_time_and_no_breach() {
    let ticket = Ticket::created("2 08:00").then("2 09:00", |span| span.level = 3);
    let solution = ticket.solution("20 12:00");
    assert_eq!(
        (
            solution.status,
            solution.target,
            solution.due_at,
            solution.remaining
        ),
        (ClockStatus::NoTarget, None, None, None)
    );
    assert_eq!((solution.breached_at, solution.generation), (None, 1));
    assert!(solution.used > used(100), "kept for information");
    assert_eq!(ticket.attention("20 12:00").status, ClockStatus::Breached);
    let solution_effects = ticket
        .effects("20 12:00")
        .into_iter()
        .filter(|effect| effect.0 == ClockKind::Solution)
        .count();
    assert_eq!(solution_effects, 0);
}

#[test]
fn an_escalation_to_a_level_without_a_target_does_not_wash_away_a_breach() {
    let ticket = Ticket::created("2 08:00").then("2 13:00", |span| span.level = 3);
    let solution = ticket.solution("2 14:00");
    assert_eq!(
        (solution.status, solution.target, solution.breached_at),
        (ClockStatus::Breached, None, Some(at("2 12:00")))
    );
}

#[test]
fn a_shorter_target_may_breach_at_once_and_only_once() {
    let ticket = Ticket::created("2 08:00")
        .priority("low")
        .then("2 14:00", |span| span.priority = Some("high".into()));
    let state = ticket.solution("2 14:00");
    assert_eq!(
        (state.status, state.breached_at, state.due_at),
        (
            ClockStatus::Breached,
            Some(at("2 14:00")),
            Some(at("2 12:00"))
        )
    );
    let solution = |now: &str| {
        let mut effects = ticket.effects(now);
        effects.retain(|effect| effect.0 == ClockKind::Solution);
        effects
    };
    let breach_alone = [(ClockKind::Solution, 1, DueWhat::Breach, at("2 14:00"))];
    assert_eq!(
        solution("2 14:00"),
        breach_alone,
        "warnings would come too late"
    );
    assert_eq!(solution("9 14:00"), breach_alone);
}

#[test]
fn a_breach_stays_when_the_target_becomes_longer() {
    let ticket =
        Ticket::created("2 08:00").then("2 13:00", |span| span.priority = Some("low".into()));
    let state = ticket.solution("2 14:00");
    assert_eq!(
        (state.status, state.breached_at),
        (ClockStatus::Breached, Some(at("2 12:00")))
    );
    assert_eq!((state.target, state.remaining), (hours(16), Some(used(10))));
}

#[test]
fn a_target_that_is_put_right_in_the_same_instant_was_never_in_force() {
    let ticket = Ticket::created("2 08:00")
        .priority("low")
        .then("2 14:00", |span| span.priority = Some("high".into()))
        .then("2 14:00", |span| span.priority = Some("low".into()));
    assert_eq!(ticket.solution("2 15:00").breached_at, None);
}

#[test]
fn a_paused_clock_whose_time_is_used_up_exactly_breaches_when_it_resumes() {
    let shorter_and_paused = |span: &mut Span| {
        span.priority = Some("high".into());
        pause(span);
    };
    let ticket = Ticket::created("6 13:00")
        .priority("low")
        .then("7 10:00", shorter_and_paused);
    let paused = ticket.solution("8 10:00");
    assert_eq!(
        (paused.status, paused.remaining),
        (ClockStatus::Paused, Some(BusinessTime::ZERO))
    );
    let resumed = ticket.then("8 10:00", resume).solution("9 08:00");
    assert_eq!(
        (resumed.breached_at, resumed.due_at),
        (Some(at("8 10:00")), Some(at("6 17:00")))
    );
}

#[test]
fn a_pause_at_the_very_due_time_holds_the_breach_until_it_ends() {
    let ticket = Ticket::created("6 13:00")
        .then("6 17:00", pause)
        .then("8 10:00", resume);
    assert_eq!(ticket.solution("8 09:00").status, ClockStatus::Paused);
    // No business time was paused, so the due time did not move (I-28).
    let resumed = ticket.solution("8 10:00");
    assert_eq!(
        (resumed.status, resumed.due_at),
        (ClockStatus::Running, Some(at("6 17:00")))
    );
    let state = ticket.solution("8 10:01");
    assert_eq!(
        (state.breached_at, state.due_at),
        (Some(at("8 10:00")), Some(at("6 17:00")))
    );
}

#[test]
fn a_changed_target_counts_from_the_same_start() {
    let ticket = Ticket::created("2 08:00")
        .priority("low")
        .then("2 10:00", |span| span.priority = Some("high".into()));
    assert_eq!(ticket.solution("2 10:00").due_at, Some(at("2 12:00")));
}

#[test]
fn reopening_resumes_and_never_resets() {
    let ticket = || {
        Ticket::created("2 08:00")
            .then("2 10:00", solve)
            .then("4 10:00", resume)
    };
    let state = ticket().solution("4 11:00");
    assert_eq!(
        (state.status, state.used, state.due_at, state.met_at),
        (ClockStatus::Running, used(3), Some(at("4 12:00")), None)
    );
    let counting = ticket().with_policy(|policy| policy.waiting_in_solved_counts = true);
    let state = counting.solution("4 11:00");
    assert_eq!(
        (state.used, state.breached_at, state.due_at),
        (used(21), Some(at("4 10:00")), Some(at("2 12:00")))
    );
    assert_eq!(counting.solution("4 09:00").breached_at, None);
}

///
#[test]
fn a_solved_ticket_never_breaches_while_it_waits() {
    let ticket = Ticket::created("2 08:00")
        .then("2 10:00", solve)
        .then("5 10:00", |span| span.label = "closed".into());
    let state = ticket.solution("30 10:00");
    assert_eq!(
        (state.status, state.met_at, state.due_at),
        (ClockStatus::Met, Some(at("2 10:00")), Some(at("2 12:00")))
    );
    assert_eq!(
        ticket.attention("30 10:00").breached_at,
        Some(at("2 09:00"))
    );
}

#[test]
fn a_ticket_solved_before_anybody_attended_it_stops_the_attention_clock() {
    let ticket = Ticket::created("2 08:00").then("2 08:30", solve);
    let state = ticket.attention("3 10:00");
    assert_eq!(
        (state.status, state.met_at, state.used),
        (ClockStatus::Stopped, None, BusinessTime::from_minutes(30))
    );
    let reopened = ticket.then("3 10:00", resume);
    assert_eq!(reopened.attention("3 10:10").due_at, Some(at("3 10:30")));
}

#[test]
fn a_target_in_days_is_due_at_the_same_clock_time_and_moves_by_the_pauses() {
    let ticket = || Ticket::created("2 10:00").priority("days");
    assert_eq!(ticket().solution("2 12:00").due_at, Some(at("4 10:00")));
    let paused = ticket().then("3 09:00", pause).then("3 11:00", resume);
    let state = paused.solution("3 12:00");
    assert_eq!(
        (state.due_at, state.used, state.remaining),
        (Some(at("4 12:00")), used(9), Some(used(9)))
    );
    assert_eq!(paused.solution("4 12:00").breached_at, None);
    assert_eq!(paused.solution("4 12:01").breached_at, Some(at("4 12:00")));
    let late = paused.then("4 14:00", solve).solution("9 10:00");
    assert_eq!(
        (late.status, late.remaining),
        (ClockStatus::Breached, Some(used(-2)))
    );
}

#[test]
fn a_pause_after_the_due_time_does_not_move_it() {
    let ticket = Ticket::created("2 08:00")
        .then("2 13:00", pause)
        .then("2 15:00", resume);
    assert_eq!(ticket.solution("2 16:00").due_at, Some(at("2 12:00")));
    let days = Ticket::created("2 10:00")
        .priority("days")
        .then("4 11:00", pause);
    let state = days.solution("5 10:00");
    assert_eq!(
        (state.due_at, state.status),
        (Some(at("4 10:00")), ClockStatus::Breached)
    );
}

#[test]
fn after_the_intake_cutoff_a_request_counts_from_the_next_business_day() {
    let check = |created: &str, category: &str, starts: &str| {
        let mut ticket = Ticket::created(created).with_policy(|policy| {
            policy.intake_cutoffs = vec![IntakeCutoff {
                category: Some("website".into()),
                minute: 16 * 60,
            }];
        });
        ticket.spans[0].category = Some(category.into());
        let now = at(created) + Duration::minutes(5);
        assert_eq!(
            clock::solution(&ticket.input(), now).started_at,
            at(starts),
            "{created} {category}"
        );
        assert_eq!(
            clock::attention(&ticket.input(), now).started_at,
            at(starts),
            "{created} {category}"
        );
    };
    check("2 15:59", "website", "2 15:59");
    check("2 16:00", "website", "2 16:00");
    check("2 16:01", "website", "3 08:00");
    check("2 20:00", "website", "3 08:00");
    check("2 16:01", "network", "2 16:01");
    // Friday evening before a weekend and a holiday on Monday.
    check("20 16:30", "website", "24 08:00");
    // Saturday is no business day: the clock waits for Monday by itself.
    check("7 18:00", "website", "7 18:00");
}

///
#[test]
fn a_corrected_category_gains_or_loses_the_cutoff_and_keeps_the_time_used() {
    let minutes = BusinessTime::from_minutes;
    let story = |first: &str, corrected_at: &str, then: &str| {
        let mut ticket = Ticket::created("2 16:10").with_policy(|policy| {
            policy.intake_cutoffs = vec![IntakeCutoff {
                category: Some("website".into()),
                minute: 16 * 60,
            }];
        });
        ticket.spans[0].category = Some(first.into());
        ticket.then(corrected_at, |span| span.category = Some(then.into()))
    };
    let gains = story("network", "2 16:30", "website");
    for now in ["2 16:45", "2 23:00", "3 08:00"] {
        let state = gains.solution(now);
        assert_eq!(
            (state.used, state.due_at, state.status),
            (minutes(20), Some(at("3 11:40")), ClockStatus::Running),
            "{now}"
        );
    }
    assert_eq!(gains.solution("3 09:00").used, minutes(80));
    let next = clock::next_effect(&gains.input(), at("2 18:00")).expect("a warning");
    assert_eq!(
        (next.clock, next.what, next.at),
        (ClockKind::Attention, DueWhat::Warning(50), at("3 08:10"))
    );

    let loses = story("website", "2 16:30", "network");
    let state = loses.solution("3 09:00");
    assert_eq!(
        (state.started_at, state.used, state.due_at),
        (at("2 16:30"), minutes(90), Some(at("3 11:30")))
    );
    assert_eq!(loses.solution("2 16:20").started_at, at("3 08:00"));

    // The next business day it is too late for both: what was counted stays counted, and what was free stays free.
    let late = story("network", "3 10:00", "website").solution("3 11:00");
    assert_eq!(
        (late.started_at, late.used),
        (at("2 16:10"), minutes(50 + 180))
    );
    let late = story("website", "3 10:00", "network").solution("3 11:00");
    assert_eq!((late.started_at, late.used), (at("3 08:00"), minutes(180)));
}

#[test]
fn the_sweeper_learns_of_warnings_and_the_breach_in_order_and_once() {
    let ticket = Ticket::created("2 13:00").then("2 13:10", attend);
    let solution = |what, at_text: &str| (ClockKind::Solution, 1, what, at(at_text));
    assert_eq!(ticket.effects("2 14:59"), []);
    assert_eq!(
        ticket.effects("2 15:00"),
        [solution(DueWhat::Warning(50), "2 15:00")]
    );
    let all = [
        solution(DueWhat::Warning(50), "2 15:00"),
        solution(DueWhat::Warning(75), "2 16:00"),
        solution(DueWhat::Breach, "2 17:00"),
    ];
    assert_eq!(ticket.effects("2 18:00"), all);
    assert_eq!(
        ticket.effects("30 18:00"),
        all,
        "a late sweeper finds the same"
    );
    let next = |now: &str| {
        clock::next_effect(&ticket.input(), at(now))
            .map(|effect| (effect.clock, effect.generation, effect.what, effect.at))
    };
    assert_eq!(next("2 13:30"), Some(all[0]));
    assert_eq!(next("2 15:30"), Some(all[1]));
    assert_eq!(next("2 16:30"), Some(all[2]));
    assert_eq!(next("2 18:00"), None);
}

#[test]
fn a_warning_reached_at_the_moment_of_a_pause_waits_for_the_resumption() {
    let ticket = Ticket::created("2 13:00")
        .then("2 13:10", attend)
        .then("2 15:00", pause)
        .then("2 16:00", resume);
    assert_eq!(ticket.effects("2 15:30"), []);
    assert_eq!(
        ticket.effects("2 16:00"),
        [(ClockKind::Solution, 1, DueWhat::Warning(50), at("2 16:00"))]
    );
    let solved = Ticket::created("2 13:00")
        .then("2 13:10", attend)
        .then("2 15:00", solve);
    assert_eq!(solved.effects("30 15:00"), []);
}

#[test]
fn nothing_becomes_due_after_the_clock_stopped() {
    let ticket = Ticket::created("2 13:00")
        .then("2 13:10", attend)
        .then("2 15:30", solve);
    assert_eq!(
        ticket.effects("30 18:00"),
        [(ClockKind::Solution, 1, DueWhat::Warning(50), at("2 15:00"))]
    );
    assert_eq!(clock::next_effect(&ticket.input(), at("2 16:00")), None);
}

#[test]
fn a_ticket_without_changes_has_no_promise() {
    let ticket = Ticket::created("2 13:00");
    let input = ClockInput {
        spans: &[],
        ..ticket.input()
    };
    let state = clock::solution(&input, at("3 13:00"));
    assert_eq!(
        (state.status, state.used),
        (ClockStatus::NoTarget, BusinessTime::ZERO)
    );
    assert_eq!(clock::due_effects(&input, at("3 13:00")), []);
}

#[test]
fn a_moment_before_creation_counts_as_creation() {
    let state = Ticket::created("2 13:00").solution("1 13:00");
    assert_eq!(
        (state.status, state.used, state.due_at),
        (
            ClockStatus::Running,
            BusinessTime::ZERO,
            Some(at("2 17:00"))
        )
    );
}
