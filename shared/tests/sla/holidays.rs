//! Colombian holidays against a second computation: Gauss's rule for Easter, and moving days one at a time.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use shared::sla::holidays::{colombian_holidays, is_colombian_holiday};

/// The holidays of a year from 1900 to 2099, written independently of the engine.
pub(crate) fn independent_holidays(year: i32) -> Vec<NaiveDate> {
    let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a date");
    let easter = easter_by_gauss(year);
    let mut holidays = vec![
        day(1, 1),
        day(5, 1),
        day(7, 20),
        day(8, 7),
        day(12, 8),
        day(12, 25),
    ];
    holidays.extend(
        [
            (1, 6),
            (3, 19),
            (6, 29),
            (8, 15),
            (10, 12),
            (11, 1),
            (11, 11),
        ]
        .map(|(m, d)| monday_from(day(m, d))),
    );
    holidays.extend([easter - Days::new(3), easter - Days::new(2)]);
    // Ascension on the 40th day counting Easter, Corpus Christi 60 days and the Sacred Heart 68 days after it.
    holidays.extend([39, 60, 68].map(|days| monday_from(easter + Days::new(days))));
    holidays
}

fn monday_from(mut date: NaiveDate) -> NaiveDate {
    while date.weekday() != Weekday::Mon {
        date = date.succ_opt().expect("a next day");
    }
    date
}

/// Gauss's rule with the constants for 1900 to 2099.
fn easter_by_gauss(year: i32) -> NaiveDate {
    assert!((1900..2100).contains(&year));
    let (a, b, c) = (year % 19, year % 4, year % 7);
    let d = (19 * a + 24) % 30;
    let e = (2 * b + 4 * c + 6 * d + 5) % 7;
    let after_22_march = match (d, e) {
        (29, 6) => 28,
        (28, 6) if a > 10 => 27,
        _ => d + e,
    };
    NaiveDate::from_ymd_opt(year, 3, 22).expect("a date") + Days::new(after_22_march as u64)
}

fn dates(year: i32) -> Vec<NaiveDate> {
    colombian_holidays(year)
        .iter()
        .map(|holiday| holiday.date)
        .collect()
}

#[test]
fn every_year_agrees_with_an_independent_computation() {
    for year in 1984..2100 {
        let mut expected = independent_holidays(year);
        expected.sort();
        assert_eq!(dates(year), expected, "{year}");
    }
}

///
#[test]
fn each_day_of_2000_to_2076_is_a_holiday_exactly_when_it_is_listed() {
    for year in 2000..=2076 {
        let listed: BTreeSet<NaiveDate> = independent_holidays(year).into_iter().collect();
        let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("a date");
        for date in first.iter_days().take_while(|date| date.year() == year) {
            assert_eq!(is_colombian_holiday(date), listed.contains(&date), "{date}");
        }
    }
}

#[test]
fn known_years_have_their_published_days() {
    let check = |year: i32, days: &str| {
        let listed: Vec<String> = dates(year)
            .iter()
            .map(|date| date.format("%m-%d").to_string())
            .collect();
        assert_eq!(listed.join(" "), days, "{year}");
    };
    check(
        2011,
        "01-01 01-10 03-21 04-21 04-22 05-01 06-06 06-27 07-04 07-04 07-20 08-07 08-15 10-17 11-07 11-14 12-08 12-25",
    );
    check(
        2024,
        "01-01 01-08 03-25 03-28 03-29 05-01 05-13 06-03 06-10 07-01 07-20 08-07 08-19 10-14 11-04 11-11 12-08 12-25",
    );
    check(
        2025,
        "01-01 01-06 03-24 04-17 04-18 05-01 06-02 06-23 06-30 06-30 07-20 08-07 08-18 10-13 11-03 11-17 12-08 12-25",
    );
    check(
        2026,
        "01-01 01-12 03-23 04-02 04-03 05-01 05-18 06-08 06-15 06-29 07-20 08-07 08-17 10-12 11-02 11-16 12-08 12-25",
    );
}
