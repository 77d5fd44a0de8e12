//! Instants, spans and sizes in words, by the browser's `Intl`, in the desk's time zone.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use wasm_bindgen::JsValue;

use super::{Lang, lang, locale, t, t_with};

crate::messages! {
    enum Words {
        Now = "hace un momento", "just now";
        Ago = "hace {0}", "{0} ago";
        In = "en {0}", "in {0}";
        Minutes = "{0} min", "{0} min";
        Hours = "{0} h", "{0} h";
        HoursMinutes = "{0} h {1} min", "{0} h {1} min";
        Day = "{0} día", "{0} day";
        Days = "{0} días", "{0} days";
        DayHours = "{0} d {1} h", "{0} d {1} h";
    }
}

/// The time zone used where a desk names none.
pub const DEFAULT_ZONE: &str = "America/Bogota";

/// How much of an instant to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `12 mar 2026, 10:42 a. m.`
    Full,
    /// `12 mar, 10:42 a. m.`, without the year.
    Short,
    /// `jueves, 12 de marzo, 10:42 a. m.`, for promises.
    Long,
    /// `12 mar 2026`.
    Date,
    /// `10:42 a. m.`
    Time,
}

/// An instant in words, in an IANA time zone such as `America/Bogota`.
pub fn instant(at: DateTime<Utc>, zone: &str, style: Style) -> String {
    let options = js_sys::Object::new();
    let set = |name: &str, value: &str| {
        // Setting a property of a fresh plain object cannot fail.
        let _ = js_sys::Reflect::set(&options, &name.into(), &value.into());
    };
    set("timeZone", zone);
    let (day, clock) = match style {
        Style::Full | Style::Short | Style::Long => (true, true),
        Style::Date => (true, false),
        Style::Time => (false, true),
    };
    if day {
        set("day", "numeric");
        set(
            "month",
            if style == Style::Long {
                "long"
            } else {
                "short"
            },
        );
    }
    if matches!(style, Style::Full | Style::Date) {
        set("year", "numeric");
    }
    if style == Style::Long {
        set("weekday", "long");
    }
    if clock {
        set("hour", "numeric");
        set("minute", "2-digit");
    }
    js_date(at)
        .to_locale_string(locale(), &options.into())
        .as_string()
        .unwrap_or_default()
}

/// A day as people here write it in notes, `09/03/26` for 9 March 2026.
pub fn short_day(day: NaiveDate) -> String {
    let two = |number: u32| {
        let digits = (number % 100).to_string();
        if digits.len() == 1 {
            ["0", &digits].concat()
        } else {
            digits
        }
    };
    let year = day.year_ce().1;
    [&two(day.day()), "/", &two(day.month()), "/", &two(year)].concat()
}

/// An instant for the `datetime` attribute of `<time>`.
pub fn iso(at: DateTime<Utc>) -> String {
    js_date(at).to_iso_string().into()
}

fn js_date(at: DateTime<Utc>) -> js_sys::Date {
    js_sys::Date::new(&JsValue::from_f64(ms(at)))
}

/// Milliseconds since 1970.
pub fn ms(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64
}

/// How long ago or until then, e.g. `hace 5 min`, `en 2 h`; `now` in milliseconds since 1970.
pub fn relative(at: DateTime<Utc>, now: f64) -> String {
    let minutes = ((ms(at) - now) / 60_000.0).round() as i64;
    match minutes {
        0 => t(Words::Now).to_owned(),
        1.. => t_with(Words::In, &[&span(minutes)]),
        _ => t_with(Words::Ago, &[&span(-minutes)]),
    }
}

/// A span of whole minutes, e.g. `45 min`, `1 h 20 min`, `3 días`.
pub fn span(minutes: i64) -> String {
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    let text = |n: i64| n.to_string();
    match (days, hours, rest) {
        (0, 0, m) => t_with(Words::Minutes, &[&text(m)]),
        (0, h, 0) => t_with(Words::Hours, &[&text(h)]),
        (0, h, m) => t_with(Words::HoursMinutes, &[&text(h), &text(m)]),
        (1, 0, _) => t_with(Words::Day, &["1"]),
        (d, h, _) if d < 3 && h > 0 => t_with(Words::DayHours, &[&text(d), &text(h)]),
        (d, _, _) => t_with(Words::Days, &[&text(d)]),
    }
}

/// Minutes and seconds of a countdown, e.g. `9:41`; never negative.
pub fn countdown(left_ms: f64) -> String {
    let seconds = (left_ms / 1000.0).ceil().max(0.0) as u32;
    let rest = (seconds % 60).to_string();
    let zero = if rest.len() == 1 { "0" } else { "" };
    [&(seconds / 60).to_string(), ":", zero, &rest].concat()
}

/// A file size, e.g. `320 kB`, `1,2 MB` (1 kB is 1024 bytes, as desktops show it).
pub fn size(bytes: i64) -> String {
    const KB: i64 = 1024;
    const MB: i64 = KB * KB;
    let (tenths, unit) = match bytes {
        ..KB => return [&bytes.to_string(), " B"].concat(),
        KB..MB => return [&(bytes / KB).to_string(), " kB"].concat(),
        _ => (bytes * 10 / MB, " MB"),
    };
    let (whole, tenth) = (tenths / 10, tenths % 10);
    if tenth == 0 {
        return [&whole.to_string(), unit].concat();
    }
    let point = if lang() == Lang::Es { "," } else { "." };
    [&whole.to_string(), point, &tenth.to_string(), unit].concat()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::{countdown, short_day, size, span};

    ///
    #[test]
    fn a_day_in_a_note_has_two_digits_for_each_part() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 9).expect("it is a day of the calendar");
        assert_eq!(short_day(day), "09/03/26");
    }

    #[test]
    fn sizes_read_as_on_a_desktop() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 kB"),
            (1_300_000, "1,2 MB"),
            (30 << 20, "30 MB"),
        ];
        for (bytes, text) in cases {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn a_countdown_has_two_digits_of_seconds_and_never_goes_below_zero() {
        assert_eq!(countdown(600_000.0), "10:00");
        assert_eq!(countdown(61_000.0), "1:01");
        assert_eq!(countdown(-5_000.0), "0:00");
    }

    #[test]
    fn spans_use_the_units_that_matter() {
        let cases = [
            (5, "5 min"),
            (60, "1 h"),
            (80, "1 h 20 min"),
            (1440, "1 día"),
            (3000, "2 d 2 h"),
            (7200, "5 días"),
        ];
        for (minutes, text) in cases {
            assert_eq!(span(minutes), text);
        }
    }
}
