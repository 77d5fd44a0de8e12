//! Instants in lists, as they are sent. They read the same as chrono writes them, but are handed over in one piece: a list of rows is a
//! good part instants, and chrono hands them over letter by letter.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serializer;

/// An instant, such as `2026-11-20T13:00:00Z`.
///
/// # Errors
/// Those of the serialiser.
pub fn write<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
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
            -1,
            253_402_214_400_000_000,
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
}
