//! Instants in lists, as they are sent. They read the same as chrono writes them, but take no memory of their own and are handed
//! over in one piece: a list of rows is a good part instants, and chrono hands them over letter by letter.

use chrono::{DateTime, Datelike, SecondsFormat, Timelike, Utc};
use serde::Serializer;

/// Letters of `2026-11-20T13:00:00`.
const SECONDS: usize = 19;

/// An instant, such as `2026-11-20T13:00:00Z`.
///
/// # Errors
/// Those of the serialiser.
pub fn write<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut place = [0; SECONDS + 8];
    match usual(at, &mut place).and_then(|text| std::str::from_utf8(text).ok()) {
        Some(text) => serializer.serialize_str(text),
        None => serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
    }
}

/// Writes an instant of a year of four digits, to the microsecond; not one in a leap second, nor one that is finer.
fn usual<'a>(at: &DateTime<Utc>, place: &'a mut [u8; SECONDS + 8]) -> Option<&'a [u8]> {
    let year = u32::try_from(at.year())
        .ok()
        .filter(|year| *year < 10_000)?;
    let micros = at.nanosecond() / 1_000;
    if !at.nanosecond().is_multiple_of(1_000) || micros >= 1_000_000 {
        return None;
    }
    *place = *b"0000-00-00T00:00:00.000000Z";
    digits(&mut place[..4], year);
    digits(&mut place[5..7], at.month());
    digits(&mut place[8..10], at.day());
    digits(&mut place[11..13], at.hour());
    digits(&mut place[14..16], at.minute());
    digits(&mut place[17..19], at.second());
    let end = if micros == 0 {
        SECONDS
    } else if micros.is_multiple_of(1_000) {
        digits(&mut place[20..23], micros / 1_000);
        23
    } else {
        digits(&mut place[20..26], micros);
        26
    };
    place[end] = b'Z';
    Some(&place[..=end])
}

fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

/// An instant that may be missing.
///
/// # Errors
/// Those of the serialiser.
pub fn write_some<S: Serializer>(
    at: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => write(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Written {
        #[serde(serialize_with = "super::write")]
        at: DateTime<Utc>,
        #[serde(serialize_with = "super::write_some")]
        some: Option<DateTime<Utc>>,
    }

    #[test]
    fn instants_are_written_as_chrono_writes_them() {
        for micros in [
            0,
            1_763_643_600_000_000,
            1_763_643_600_000_001,
            1_763_643_600_120_000,
            1_763_643_599_999_999,
            -1,
            253_402_214_400_000_000,
            // Years of fewer digits; the first microsecond of the year 10 000, the last before the year 0.
            -62_135_596_800_000_000,
            -30_000_000_000_000_000,
            253_402_300_800_000_000,
            -62_167_219_200_000_001,
        ] {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            for some in [None, Some(at)] {
                let plain = serde_json::json!({ "at": at, "some": some });
                let written = serde_json::to_value(Written { at, some }).unwrap();
                assert_eq!(written, plain);
                let read: Written = serde_json::from_value(written).unwrap();
                assert_eq!((read.at, read.some), (at, some));
            }
        }
    }

    #[test]
    fn what_is_finer_or_in_a_leap_second_is_not_cut() {
        for nanos in [1, 120_000_001, 999_999_999, 1_000_000_000, 1_999_999_000] {
            // The last second of a minute, where a leap second has its place.
            let at = DateTime::<Utc>::from_timestamp(1_483_228_799, nanos).unwrap();
            let written = serde_json::to_value(Written { at, some: None }).unwrap();
            assert_eq!(written, serde_json::json!({ "at": at, "some": null }));
        }
    }
}
