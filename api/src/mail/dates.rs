//! Instants as people of a desk read them.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;
use shared::i18n::Lang;

const WEEKDAYS_ES: [&str; 7] = [
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
];
const WEEKDAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Day and time in a time zone: `viernes 20 de noviembre de 2026, 3:40 p. m.`. An unknown zone is read as UTC.
pub(super) fn day_and_time(at: DateTime<Utc>, zone: &str, lang: Lang) -> String {
    let local = at.with_timezone(&zone_of(zone));
    let weekday = local.weekday().num_days_from_monday() as usize;
    let month = local.month0() as usize;
    let (day, year, time) = (local.day(), local.year(), time(at, zone, lang));
    match lang {
        Lang::Es => format!(
            "{} {day} de {} de {year}, {time}",
            WEEKDAYS_ES[weekday], MONTHS_ES[month]
        ),
        Lang::En => format!(
            "{} {day} {} {year}, {time}",
            WEEKDAYS_EN[weekday], MONTHS_EN[month]
        ),
    }
}

/// A day as people write it: `20 de noviembre de 2026`, `20 November 2026`.
pub fn written_day(day: NaiveDate, lang: Lang) -> String {
    let (number, month, year) = (day.day(), day.month0() as usize, day.year());
    match lang {
        Lang::Es => format!("{number} de {} de {year}", MONTHS_ES[month]),
        Lang::En => format!("{number} {} {year}", MONTHS_EN[month]),
    }
}

/// Time of day in a time zone: `3:40 p. m.`.
pub(super) fn time(at: DateTime<Utc>, zone: &str, lang: Lang) -> String {
    let local = at.with_timezone(&zone_of(zone));
    let (is_afternoon, hour) = local.hour12();
    let half = match (lang, is_afternoon) {
        (Lang::Es, false) => "a.\u{a0}m.",
        (Lang::Es, true) => "p.\u{a0}m.",
        (Lang::En, false) => "a.m.",
        (Lang::En, true) => "p.m.",
    };
    format!("{hour}:{:02}\u{a0}{half}", local.minute())
}

fn zone_of(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_written_in_the_desks_zone_and_the_readers_language() {
        let at = DateTime::parse_from_rfc3339("2026-11-20T20:40:00Z")
            .unwrap()
            .to_utc();
        let plain = |text: String| text.replace('\u{a0}', " ");
        assert_eq!(
            plain(day_and_time(at, "America/Bogota", Lang::Es)),
            "viernes 20 de noviembre de 2026, 3:40 p. m."
        );
        assert_eq!(
            plain(day_and_time(at, "America/Bogota", Lang::En)),
            "Friday 20 November 2026, 3:40 p.m."
        );
        assert_eq!(plain(time(at, "Nowhere/At_All", Lang::Es)), "8:40 p. m.");
        let midnight = DateTime::parse_from_rfc3339("2026-11-20T05:00:00Z")
            .unwrap()
            .to_utc();
        assert_eq!(
            plain(time(midnight, "America/Bogota", Lang::Es)),
            "12:00 a. m."
        );
    }
}
