//! Laws of business time (I-22 to I-33), for every calendar.

use chrono::{DateTime, Duration, TimeDelta, Utc};
use proptest::prelude::*;
use shared::sla::business_time::BusinessTime;
use shared::sla::calendar::{Calendar, DateOverride};

use crate::arbitrary::desk;
use crate::config;
use crate::oracle::{MINUTE, Minutes};

const ROW: usize = 8 * 1440;
const ROW_MICROS: i64 = ROW as i64 * MINUTE;

fn after(begin: DateTime<Utc>, micros: i64) -> DateTime<Utc> {
    begin + Duration::microseconds(micros)
}

fn micros(amount: i64) -> BusinessTime {
    BusinessTime::from_micros(amount)
}

/// Moments in microseconds, half of them on full minutes where windows begin and end, some within the first hours.
fn moment(below: i64) -> impl Strategy<Value = i64> {
    let first_hours = below.min(300 * MINUTE);
    prop_oneof![
        2 => 0..below,
        2 => (0..below / MINUTE).prop_map(|minute| minute * MINUTE),
        1 => 0..first_hours,
    ]
}

fn sorted_moments() -> impl Strategy<Value = [i64; 3]> {
    [
        moment(60 * ROW_MICROS),
        moment(ROW_MICROS),
        moment(ROW_MICROS),
    ]
    .prop_map(|mut moments| {
        moments.sort_unstable();
        moments
    })
}

proptest! {
    #![proptest_config(config())]

    /// I-30 for calendars: both directions agree with the walk over minutes.
    #[test]
    fn counting_agrees_with_the_oracle((desk, begin) in desk(), starts in prop::collection::vec(moment(ROW_MICROS), 4), amounts in prop::collection::vec(moment(20 * 60 * MINUTE), 4)) {
        let calendar = desk.calendar(begin);
        let minutes = Minutes::of(&desk, begin, ROW);
        for (index, start) in starts.iter().copied().enumerate() {
            let at = after(begin, start);
            for end in starts.iter().copied().filter(|end| *end >= start) {
                prop_assert_eq!(calendar.elapsed(at, after(begin, end)).micros(), minutes.elapsed(start, end), "{} to {}", at, after(begin, end));
            }
            let due = calendar.deadline(at, micros(amounts[index]));
            match minutes.deadline(start, amounts[index]) {
                Some(expected) => prop_assert_eq!(due, Some(after(begin, expected)), "from {}", at),
                None => prop_assert!(due.is_none_or(|due| due > after(begin, ROW_MICROS)), "{:?} from {}", due, at),
            }
            let minute = (start / MINUTE) as usize;
            let next = calendar.next_business_moment(minutes.at(minute));
            match minutes.next_working(minute) {
                Some(expected) => prop_assert_eq!(next, Some(minutes.at(expected))),
                None => prop_assert!(next.is_none_or(|next| next >= minutes.at(ROW))),
            }
        }
    }

    /// R-130 against the oracle: the same clock time on the n-th next day that has working time.
    #[test]
    fn business_days_agree_with_the_oracle((desk, begin) in desk(), start in prop_oneof![0..ROW / 2, 0..300usize], days in 0u32..5) {
        let calendar = desk.calendar(begin);
        let minutes = Minutes::of(&desk, begin, ROW);
        let found = calendar.add_business_days(minutes.at(start), days);
        match minutes.business_days_later(start, days) {
            Some(expected) => prop_assert_eq!(found, Some(minutes.at(expected)), "{} days from {}", days, minutes.at(start)),
            None => prop_assert!(found.is_none_or(|found| found >= minutes.at(ROW - 1)), "{:?}", found),
        }
    }

    /// I-22, I-23, I-24.
    #[test]
    fn elapsed_time_is_additive_monotone_and_no_more_than_real_time((desk, begin) in desk(), moments in sorted_moments()) {
        let calendar = desk.calendar(begin);
        let [a, b, c] = moments.map(|moment| after(begin, moment));
        let (ab, bc, ac) = (calendar.elapsed(a, b), calendar.elapsed(b, c), calendar.elapsed(a, c));
        prop_assert_eq!(ab.checked_add(bc), Some(ac));
        prop_assert!(BusinessTime::ZERO <= ab && ab <= ac);
        prop_assert!(ac.micros() <= (c - a).num_microseconds().expect("fits"));
        prop_assert_eq!(calendar.elapsed(b, a), BusinessTime::ZERO);
    }

    /// I-23: around the clock, business time is real time, also where clocks change.
    #[test]
    fn around_the_clock_business_time_is_real_time((desk, begin) in desk(), moments in sorted_moments(), split in 1u16..1440) {
        let mut calendar = Calendar::around_the_clock(desk.place.zone_around(begin));
        if split % 2 == 0 {
            let halves = ["00:00".to_owned(), format!("{:02}:{:02}", split / 60, split % 60), "24:00".to_owned()];
            let windows: Vec<_> = halves.windows(2).map(|pair| pair.join("-").parse().expect("a window")).collect();
            calendar.week = std::array::from_fn(|_| windows.clone());
        }
        let [a, _, c] = moments.map(|moment| after(begin, moment));
        let real = c - a;
        prop_assert_eq!(calendar.elapsed(a, c).micros(), real.num_microseconds().expect("fits"));
        prop_assert_eq!(calendar.deadline(a, calendar.elapsed(a, c)), Some(c));
    }

    /// I-25: the deadline is the least moment by which the amount has passed.
    #[test]
    fn deadline_and_elapsed_are_a_galois_pair((desk, begin) in desk(), start in moment(ROW_MICROS), amount in moment(300 * 60 * MINUTE), probe in moment(90 * 1440 * MINUTE)) {
        let calendar = desk.calendar(begin);
        let (start, amount) = (after(begin, start), micros(amount));
        let due = calendar.deadline(start, amount).expect("every test calendar works some time");
        prop_assert!(due >= start);
        prop_assert_eq!(calendar.elapsed(start, due), amount);
        if due > start {
            prop_assert!(calendar.elapsed(start, due - TimeDelta::microseconds(1)) < amount);
        }
        let other = after(start, probe);
        prop_assert_eq!(due <= other, amount <= calendar.elapsed(start, other));
    }

    /// I-26.
    #[test]
    fn deadlines_are_monotone((desk, begin) in desk(), starts in [moment(ROW_MICROS), moment(ROW_MICROS)], amounts in [moment(60 * 60 * MINUTE), moment(60 * 60 * MINUTE)]) {
        let calendar = desk.calendar(begin);
        let early = after(begin, starts[0].min(starts[1]));
        let late = after(begin, starts[0].max(starts[1]));
        let (less, more) = (micros(amounts[0].min(amounts[1])), micros(amounts[0].max(amounts[1])));
        let due = |start, amount| calendar.deadline(start, amount).expect("every test calendar works some time");
        prop_assert!(due(early, less) <= due(early, more));
        prop_assert!(due(early, more) <= due(late, more));
        if less < more {
            prop_assert!(due(early, less) < due(early, more), "strict in the amount");
        }
        if calendar.elapsed(early, late) > BusinessTime::ZERO && more > BusinessTime::ZERO {
            prop_assert!(due(early, more) < due(late, more), "strict in the start across business time");
        }
        let day_later = |start| calendar.add_business_days(start, 2).expect("every test calendar works some time");
        prop_assert!(day_later(early) <= day_later(late));
    }

    /// I-29: one more day off never brings a deadline forward.
    #[test]
    fn a_day_off_never_makes_a_deadline_earlier((desk, begin) in desk(), start in moment(ROW_MICROS), amount in moment(60 * 60 * MINUTE), day in 0u64..40, days in 0u32..6) {
        let calendar = desk.calendar(begin);
        let date = desk.place.local(begin).date() + chrono::Days::new(day);
        let mut with_day_off = calendar.clone();
        with_day_off.overrides.retain(|over| over.date != date);
        with_day_off.overrides.push(DateOverride { date, windows: Vec::new(), name: "day off".into() });
        let (start, amount) = (after(begin, start), micros(amount));
        prop_assert!(calendar.deadline(start, amount) <= with_day_off.deadline(start, amount));
        prop_assert!(with_day_off.elapsed(start, after(start, amount.micros())) <= calendar.elapsed(start, after(start, amount.micros())));
        // Business days keep the clock time of the start, so only a start that does not move can be compared.
        if calendar.next_business_moment(start) == with_day_off.next_business_moment(start) {
            prop_assert!(calendar.add_business_days(start, days) <= with_day_off.add_business_days(start, days));
        }
    }

    /// The next business moment is where business time begins to pass.
    #[test]
    fn nothing_counts_before_the_next_business_moment((desk, begin) in desk(), start in moment(ROW_MICROS)) {
        let calendar = desk.calendar(begin);
        let start = after(begin, start);
        let next = calendar.next_business_moment(start).expect("every test calendar works some time");
        prop_assert!(next >= start);
        prop_assert_eq!(calendar.elapsed(start, next), BusinessTime::ZERO);
        let a_moment_later = next + TimeDelta::microseconds(1);
        prop_assert_eq!(calendar.elapsed(next, a_moment_later), micros(1));
        prop_assert_eq!(calendar.next_business_moment(next), Some(next));
        prop_assert_eq!(calendar.add_business_days(start, 0), Some(next));
    }

    /// A calendar survives its JSON.
    #[test]
    fn a_calendar_reads_back_from_json((desk, begin) in desk()) {
        let calendar = desk.calendar(begin);
        let json = serde_json::to_string(&calendar).expect("serializes");
        prop_assert_eq!(serde_json::from_str::<Calendar>(&json).expect("reads back"), calendar);
    }
}
