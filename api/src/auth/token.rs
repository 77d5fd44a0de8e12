//! Random tokens and their hashes: refresh tokens, and API tokens for third parties.
//!
//! An API token reads `atk_<id>_<secret><checksum>`: 40 random bits to find it by, 256 that prove it, and 32 that let a
//! secret scanner, and us, tell a token from noise without asking the database. Only the SHA-256 of it is stored.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::random_bytes;

/// SHA-256, for values that are random enough not to need a slow hash.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Compares two hashes without telling where they differ.
pub fn same_hash(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |place: u8| char::from(DIGITS[usize::from(place)]);
    let both = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(both).collect()
}

/// A new refresh token: 256 random bits in hexadecimal.
pub fn new_refresh_token() -> String {
    hex(&random_bytes::<32>())
}

const SCHEME: &str = "atk";
const ID_LENGTH: usize = 10;
const SECRET_LENGTH: usize = 64;
const CHECKSUM_LENGTH: usize = 8;

/// A new API token, shown once.
pub struct NewApiToken {
    /// The whole token.
    pub secret: String,
    /// Its beginning (`atk_<id>`), by which it is found and recognised.
    pub prefix: String,
    /// What is stored.
    pub hash: [u8; 32],
}

impl NewApiToken {
    /// Makes a random token.
    pub fn random() -> Self {
        let prefix = format!("{SCHEME}_{}", hex(&random_bytes::<5>()));
        let body = format!("{prefix}_{}", hex(&random_bytes::<32>()));
        let secret = format!("{body}{}", checksum(&body));
        Self {
            hash: sha256(secret.as_bytes()),
            prefix,
            secret,
        }
    }
}

fn checksum(body: &str) -> String {
    hex(&sha256(body.as_bytes())[..CHECKSUM_LENGTH / 2])
}

/// Whether a bearer value means to be an API token.
pub fn looks_like_api_token(bearer: &str) -> bool {
    bearer.starts_with("atk_")
}

/// The prefix of a well-formed API token; nothing when its form or checksum is wrong.
pub fn api_token_prefix(token: &str) -> Option<&str> {
    let (body, given) = token.split_at_checked(token.len().checked_sub(CHECKSUM_LENGTH)?)?;
    let (prefix, secret) = body.rsplit_once('_')?;
    let (scheme, id) = prefix.split_once('_')?;
    let is_hex = |text: &str, length: usize| {
        text.len() == length
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let well_formed = scheme == SCHEME
        && is_hex(id, ID_LENGTH)
        && is_hex(secret, SECRET_LENGTH)
        && checksum(body) == given;
    well_formed.then_some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_token_is_recognised_and_a_damaged_one_is_not() {
        let token = NewApiToken::random();
        assert!(looks_like_api_token(&token.secret));
        assert_eq!(api_token_prefix(&token.secret), Some(token.prefix.as_str()));
        assert!(same_hash(&token.hash, &sha256(token.secret.as_bytes())));
        let mut damaged = token.secret.clone();
        let last = damaged.pop().unwrap();
        damaged.push(if last == '0' { '1' } else { '0' });
        assert_eq!(api_token_prefix(&damaged), None);
        for bad in ["", "atk_", "atk_x_y", "é", "atk_0123456789_00"] {
            assert_eq!(api_token_prefix(bad), None, "{bad}");
        }
        assert_ne!(NewApiToken::random().secret, token.secret);
    }
}
