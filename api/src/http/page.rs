//! Cursor pages: opaque, signed, and bound to the query that they continue.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use shared::api::page::Page;
use shared::api::problem::ProblemType;
use subtle::ConstantTimeEq;

use super::ApiError;
use crate::config::{SecretKeys, hmac_sha256};

/// How many rows a page has: 1 to 100, 25 unless asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The number of rows.
    pub fn get(self) -> i64 {
        self.0.into()
    }

    /// How many rows to load so that one more tells whether there is a next page.
    pub fn with_one_more(self) -> i64 {
        self.get() + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(25)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = u16::deserialize(deserializer)?;
        if (1..=100).contains(&rows) {
            Ok(Self(rows))
        } else {
            Err(serde::de::Error::custom("out of range"))
        }
    }
}

/// Signs cursors and checks that they come back unchanged.
#[derive(Clone)]
pub struct Cursors {
    key: [u8; 32],
}

impl Cursors {
    /// The signer of this installation.
    pub fn new(keys: &SecretKeys) -> Self {
        Self {
            key: keys.derive("cursor"),
        }
    }

    /// Writes a cursor for the position `position` in the list that `fingerprint` describes.
    ///
    /// The fingerprint is everything that makes the list what it is: filter, sort and caller, in any stable text form.
    ///
    /// # Errors
    /// When the position cannot be written as JSON.
    pub fn encode<P: Serialize>(
        &self,
        fingerprint: &str,
        position: &P,
    ) -> Result<String, ApiError> {
        let text = serde_json::to_vec(position).map_err(ApiError::internal)?;
        let mut bytes = self.tag(fingerprint, &text).to_vec();
        bytes.extend_from_slice(&text);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads a cursor of the same list.
    ///
    /// # Errors
    /// `bad_cursor` when it was forged, or made for another filter or caller.
    pub fn decode<P: DeserializeOwned>(
        &self,
        fingerprint: &str,
        cursor: &str,
    ) -> Result<P, ApiError> {
        let bad = || ApiError::new(ProblemType::BadCursor);
        if cursor.len() > 2048 {
            return Err(bad());
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
        let (tag, text) = bytes.split_at_checked(TAG_LENGTH).ok_or_else(bad)?;
        if !bool::from(self.tag(fingerprint, text).ct_eq(tag)) {
            return Err(bad());
        }
        serde_json::from_slice(text).map_err(|_| bad())
    }

    /// Makes a page of rows loaded with [`Limit::with_one_more`]: drops the extra row and writes the cursor of the last kept.
    ///
    /// # Errors
    /// When the position cannot be written as JSON.
    pub fn page<R, T, P: Serialize>(
        &self,
        fingerprint: &str,
        limit: Limit,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> P,
        view: impl FnMut(R) -> T,
    ) -> Result<Page<T>, ApiError> {
        let wanted = usize::from(limit.0);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let next = match rows.last() {
            Some(last) if more => Some(self.encode(fingerprint, &position(last))?),
            _ => None,
        };
        Ok(Page {
            items: rows.into_iter().map(view).collect(),
            next,
        })
    }

    fn tag(&self, fingerprint: &str, text: &[u8]) -> [u8; TAG_LENGTH] {
        let whole = hmac_sha256(&self.key, &[fingerprint.as_bytes(), text]);
        let mut tag = [0; TAG_LENGTH];
        tag.copy_from_slice(&whole[..TAG_LENGTH]);
        tag
    }
}

/// 128 bits of the signature are kept: enough against forgery, short in the address.
const TAG_LENGTH: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_only_unchanged_and_for_the_same_list() {
        let cursors = Cursors::new(&SecretKeys::random());
        let cursor = cursors.encode("desk=1&user=7", &(42_i64, "x")).unwrap();
        assert_eq!(
            cursors
                .decode::<(i64, String)>("desk=1&user=7", &cursor)
                .unwrap(),
            (42, "x".to_owned())
        );
        let refused = |fingerprint: &str, cursor: &str| {
            cursors
                .decode::<(i64, String)>(fingerprint, cursor)
                .unwrap_err()
                .kind()
                == ProblemType::BadCursor
        };
        assert!(refused("desk=2&user=7", &cursor));
        assert!(refused("desk=1&user=8", &cursor));
        assert!(refused("desk=1&user=7", ""));
        assert!(refused("desk=1&user=7", "!!"));
        assert!(refused("desk=1&user=7", &"A".repeat(5000)));
        let other = Cursors::new(&SecretKeys::random());
        assert!(refused(
            "desk=1&user=7",
            &other.encode("desk=1&user=7", &(42_i64, "x")).unwrap()
        ));
        for index in 0..cursor.len() {
            let mut forged = cursor.clone().into_bytes();
            forged[index] = if forged[index] == b'A' { b'B' } else { b'A' };
            assert!(
                refused("desk=1&user=7", std::str::from_utf8(&forged).unwrap()),
                "byte {index}"
            );
        }
    }

    #[test]
    fn the_last_page_has_no_next() {
        let cursors = Cursors::new(&SecretKeys::random());
        let page = |rows: Vec<i64>| {
            cursors
                .page("f", Limit(2), rows, |row| *row, |row| row)
                .unwrap()
        };
        assert_eq!(page(vec![1, 2]).next, None);
        let first = page(vec![1, 2, 3]);
        assert_eq!(first.items, [1, 2]);
        assert_eq!(cursors.decode::<i64>("f", &first.next.unwrap()).unwrap(), 2);
    }

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        #[derive(Deserialize)]
        struct Sample {
            limit: Option<Limit>,
        }
        for bad in ["0", "-1", "101", "1000000000", "x", "2.5"] {
            assert!(
                super::super::query::parse::<Sample>(&format!("limit={bad}")).is_err(),
                "{bad}"
            );
        }
        let sample: Sample = super::super::query::parse("limit=100").unwrap();
        assert_eq!(sample.limit.unwrap().get(), 100);
        assert_eq!(Limit::default().with_one_more(), 26);
    }
}
