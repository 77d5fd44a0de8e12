//! What the portal shows of challenges.

use chrono::{DateTime, Utc};
use shared::api::portal::Challenge;

use super::store::{ChallengeRow, MAX_ATTEMPTS};

/// A challenge as its browser sees it; nothing in it depends on whether the address is known.
pub fn challenge(row: ChallengeRow, desk: &str, now: DateTime<Utc>) -> Challenge {
    Challenge {
        id: row.id.0.to_string(),
        purpose: row.purpose.0,
        desk: desk.to_owned(),
        resend_at: row.resend_at(),
        expires_at: row.expires_at.get(),
        tries_left: u8::try_from((MAX_ATTEMPTS - row.attempts).max(0)).unwrap_or(0),
        email: row.email,
        reference: row.reference,
        now,
    }
}
