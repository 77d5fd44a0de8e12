//! Calendars with real dates.

use chrono::{DateTime, Duration, NaiveDate, Offset, TimeZone, Utc};
use shared::sla::business_time::BusinessTime;
use shared::sla::calendar::{
    Calendar, CalendarDay, CalendarError, DateOverride, DayKind, HolidayRule, Window, WindowError,
    Zone,
};

fn bogota(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00-05:00"))
        .expect("an instant")
        .to_utc()
}

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn window(text: &str) -> Window {
    Window::parse(text).expect("a window")
}

fn hours(hours: i64) -> BusinessTime {
    BusinessTime::from_minutes(hours * 60)
}

fn split_day() -> Calendar {
    let mut calendar = Calendar::office_hours();
    for windows in &mut calendar.week[..5] {
        *windows = vec![window("08:00-12:00"), window("13:00-17:00")];
    }
    calendar
}

fn new_york(windows: &[&str]) -> Calendar {
    let zone = chrono_tz::America::New_York;
    let offset = |at: DateTime<Utc>| {
        zone.offset_from_utc_datetime(&at.naive_utc())
            .fix()
            .local_minus_utc()
            / 60
    };
    let from = bogota("2025-01-01T00:00");
    let mut calendar = Calendar::around_the_clock(Zone::from_offsets(
        "America/New_York",
        from,
        from + Duration::days(1000),
        offset,
    ));
    calendar.week = std::array::from_fn(|_| windows.iter().map(|text| window(text)).collect());
    calendar
}

#[test]
fn the_table_of_a_zone_has_its_clock_changes_to_the_second() {
    let calendar = new_york(&["00:00-24:00"]);
    let changes: Vec<(String, i32)> = calendar
        .zone
        .transitions
        .iter()
        .map(|change| (change.at.to_rfc3339(), change.offset_minutes))
        .collect();
    assert_eq!(calendar.zone.first_offset_minutes, -300);
    assert_eq!(
        changes[..3],
        [
            ("2025-03-09T07:00:00+00:00".to_owned(), -240),
            ("2025-11-02T06:00:00+00:00".to_owned(), -300),
            ("2026-03-08T07:00:00+00:00".to_owned(), -240),
        ]
    );
}

#[test]
fn a_window_in_the_skipped_hour_has_no_length() {
    // On 8 March 2026 the clock of New York goes from 02:00 to 03:00.
    let from = bogota("2026-03-08T00:00");
    let to = from + Duration::hours(23);
    assert_eq!(
        new_york(&["02:00-03:00"]).elapsed(from, to),
        BusinessTime::ZERO
    );
    assert_eq!(
        new_york(&["02:15-02:45"]).elapsed(from, to),
        BusinessTime::ZERO
    );
    assert_eq!(new_york(&["01:30-03:30"]).elapsed(from, to), hours(1));
    assert_eq!(new_york(&["00:00-24:00"]).elapsed(from, to), hours(23));
}

#[test]
fn the_repeated_hour_opens_no_window_twice() {
    // On 1 November 2026 the clock of New York goes from 02:00 back to 01:00.
    let from = bogota("2026-11-01T00:00") - Duration::hours(1);
    let to = from + Duration::hours(25);
    assert_eq!(new_york(&["01:00-02:00"]).elapsed(from, to), hours(1));
    assert_eq!(
        new_york(&["01:15-01:45"]).elapsed(from, to),
        BusinessTime::from_minutes(30)
    );
    // The extra hour belongs to the window that is open when the clock changes, so the whole day has its 25 hours.
    assert_eq!(
        new_york(&["01:30-03:00"]).elapsed(from, to),
        BusinessTime::from_minutes(150)
    );
    assert_eq!(
        new_york(&["00:00-02:00", "02:00-24:00"]).elapsed(from, to),
        hours(25)
    );
}

#[test]
fn the_local_clock_is_read_at_the_moment_of_a_change() {
    let calendar = new_york(&["00:00-24:00"]);
    let utc = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
    let (forward, back) = (utc("2026-03-08T07:00:00Z"), utc("2026-11-01T06:00:00Z"));
    assert_eq!(
        calendar.zone.instant_of(date("2026-03-08"), 150),
        Some(forward)
    );
    assert_eq!(
        calendar.zone.instant_of(date("2026-11-01"), 120),
        Some(back)
    );
    assert_eq!(
        calendar.zone.instant_of(date("2026-11-01"), 121),
        Some(utc("2026-11-01T07:01:00Z"))
    );
    // The clock shows 03:00 at once, and in the repeated hour it is held at 02:00.
    assert_eq!(
        calendar.add_business_days(forward, 1),
        Some(utc("2026-03-09T07:00:00Z"))
    );
    assert_eq!(
        calendar.add_business_days(back + Duration::minutes(30), 1),
        Some(utc("2026-11-02T07:00:00Z"))
    );
}

#[test]
fn a_zone_without_clock_changes_is_known_by_name() {
    assert_eq!(Zone::known("America/Bogota"), Some(Zone::bogota()));
    assert_eq!(Zone::known("America/New_York"), None);
    assert_eq!(
        Zone::bogota().local_date(bogota("2026-03-02T23:59")),
        Some(date("2026-03-02"))
    );
    assert_eq!(
        Zone::bogota().instant_of(date("2026-03-02"), 480),
        Some(bogota("2026-03-02T08:00"))
    );
}

#[test]
fn a_lunch_break_does_not_count() {
    let calendar = split_day();
    assert_eq!(
        calendar.elapsed(bogota("2026-03-02T11:00"), bogota("2026-03-02T14:00")),
        hours(2)
    );
    assert_eq!(
        calendar.deadline(bogota("2026-03-02T11:00"), hours(1)),
        Some(bogota("2026-03-02T12:00"))
    );
    assert_eq!(
        calendar.next_business_moment(bogota("2026-03-02T12:00")),
        Some(bogota("2026-03-02T13:00"))
    );
}

///
#[test]
fn an_override_wins_over_weekday_and_holiday() {
    let mut calendar = split_day();
    let special = |date, windows: &[&str], name: &str| DateOverride {
        date,
        windows: windows.iter().map(|text| window(text)).collect(),
        name: name.into(),
    };
    calendar.overrides = vec![
        special(date("2026-12-25"), &["09:00-10:00"], "Guardia de Navidad"),
        special(date("2026-12-24"), &["08:00-12:00"], "Jornada especial"),
        special(date("2026-12-23"), &[], "Día de la familia"),
        special(date("2026-12-26"), &["08:00-09:00"], "Sábado laborado"),
    ];
    assert_eq!(calendar.validate(), Ok(()));
    assert_eq!(
        calendar.elapsed(bogota("2026-12-22T17:00"), bogota("2026-12-28T08:00")),
        hours(6)
    );
    assert_eq!(
        calendar.deadline(bogota("2026-12-22T16:00"), hours(6)),
        Some(bogota("2026-12-25T10:00"))
    );
    assert!(calendar.is_business_day(date("2026-12-25")));
    assert!(!calendar.is_business_day(date("2026-12-23")));
    // The same clock time, also on a day that closes earlier.
    assert_eq!(
        calendar.add_business_days(bogota("2026-12-22T15:00"), 1),
        Some(bogota("2026-12-24T15:00"))
    );
}

#[test]
fn each_day_says_why_it_has_its_windows() {
    let mut calendar = split_day();
    calendar.overrides = vec![DateOverride {
        date: date("2026-12-24"),
        windows: vec![window("08:00-12:00")],
        name: "Jornada especial".into(),
    }];
    let kind = |text: &str| calendar.windows_on(date(text)).1;
    assert_eq!(
        calendar.windows_on(date("2026-03-02")),
        (
            vec![window("08:00-12:00"), window("13:00-17:00")],
            DayKind::Working
        )
    );
    assert_eq!(kind("2026-03-01"), DayKind::NoWindow);
    assert_eq!(
        kind("2026-12-24"),
        DayKind::Override {
            name: "Jornada especial".into()
        }
    );
    assert_eq!(
        kind("2026-12-25"),
        DayKind::Holiday {
            name_es: "Navidad".into(),
            name_en: "Christmas Day".into()
        }
    );
    assert_eq!(
        kind("2011-07-04"),
        DayKind::Holiday {
            name_es: "Sagrado Corazón de Jesús / San Pedro y San Pablo".into(),
            name_en: "Sacred Heart / Saints Peter and Paul".into(),
        }
    );
    calendar.holidays = HolidayRule::None;
    assert_eq!(calendar.windows_on(date("2026-12-25")).1, DayKind::Working);
}

#[test]
fn a_wrong_calendar_names_everything_that_is_wrong() {
    let mut calendar = split_day();
    let upside_down = Window {
        start_minute: 720,
        end_minute: 480,
    };
    calendar.week[0] = vec![upside_down];
    calendar.week[1] = vec![window("08:00-12:00"), window("11:00-13:00")];
    calendar.week[2] = vec![window("13:00-17:00"), window("08:00-12:00")];
    let day = |windows| DateOverride {
        date: date("2026-12-24"),
        windows,
        name: String::new(),
    };
    calendar.overrides = vec![
        day(Vec::new()),
        day(vec![Window {
            start_minute: 0,
            end_minute: 1441,
        }]),
    ];
    let errors = calendar.validate().expect_err("much is wrong");
    assert_eq!(
        errors,
        [
            CalendarError::BadWindow {
                day: CalendarDay::Weekday(0),
                window: upside_down
            },
            CalendarError::Overlap {
                day: CalendarDay::Weekday(1),
                first: window("08:00-12:00"),
                second: window("11:00-13:00")
            },
            CalendarError::OutOfOrder {
                day: CalendarDay::Weekday(2),
                first: window("13:00-17:00"),
                second: window("08:00-12:00")
            },
            CalendarError::BadWindow {
                day: CalendarDay::Date(date("2026-12-24")),
                window: Window {
                    start_minute: 0,
                    end_minute: 1441
                }
            },
            CalendarError::DuplicateOverride(date("2026-12-24")),
        ]
    );
    assert_eq!(
        errors[1].to_string(),
        "the windows 08:00-12:00 and 11:00-13:00 of tuesday overlap"
    );

    calendar = Calendar {
        week: Default::default(),
        overrides: Vec::new(),
        ..calendar
    };
    assert_eq!(calendar.validate(), Err(vec![CalendarError::NoWindow]));
    calendar = new_york(&["08:00-17:00"]);
    calendar.zone.transitions.reverse();
    assert_eq!(
        calendar.validate(),
        Err(vec![CalendarError::BadZone("America/New_York".into())])
    );
}

#[test]
fn windows_are_read_as_people_write_them() {
    assert_eq!(
        Window::parse("08:00-12:00"),
        Ok(Window {
            start_minute: 480,
            end_minute: 720
        })
    );
    assert_eq!(
        Window::parse("8:00 - 24:00"),
        Ok(Window {
            start_minute: 480,
            end_minute: 1440
        })
    );
    assert_eq!(window("8:00-9:05").to_string(), "08:00-09:05");
    for text in [
        "",
        "08:00",
        "8-12",
        "08:60-12:00",
        "24:01-24:02",
        "08:00-25:00",
        "+8:00-12:00",
        "08:0-12:00",
        "008:00-12:00",
    ] {
        assert_eq!(
            Window::parse(text),
            Err(WindowError::Syntax(text.into())),
            "{text}"
        );
    }
    for text in ["12:00-08:00", "08:00-08:00", "22:00-06:00"] {
        assert_eq!(
            Window::parse(text),
            Err(WindowError::EndNotAfterStart(text.into())),
            "{text}"
        );
    }
}
