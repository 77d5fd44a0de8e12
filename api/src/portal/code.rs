//! One-time codes: eight characters without look-alikes, shown as `XXXX-XXXX`, stored only as a keyed hash.
//!
//! Eight of 32 letters are 40 bits: with five tries a code and five codes an hour, guessing is hopeless even when it is
//! spread over many addresses.

use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::config::{SecretKeys, hmac_sha256, random_bytes};

/// The 32 letters and digits: no I, O, 0 or 1.
const ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Characters of a code.
const LENGTH: usize = 8;

/// Makes and checks codes with a key of this server.
#[derive(Clone)]
pub struct Codes {
    key: [u8; 32],
}

/// A code in the form in which it is compared: eight letters of the alphabet when it is well-formed.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Codes {
    /// Takes the key from the server's keys.
    pub fn new(keys: &SecretKeys) -> Self {
        Self {
            key: keys.derive("one-time-code"),
        }
    }

    /// What is stored of a code: HMAC-SHA256 over the challenge and the code.
    pub fn hash(&self, challenge: Uuid, code: &Code) -> [u8; 32] {
        hmac_sha256(&self.key, &[challenge.as_bytes(), code.0.as_bytes()])
    }

    /// Whether a code is the one whose hash was stored; takes the same time for all.
    pub fn matches(&self, challenge: Uuid, code: &Code, stored: &[u8]) -> bool {
        self.hash(challenge, code).ct_eq(stored).into()
    }

    /// The short reference of whoever asks for access: the same for the same address, so that it tells nothing about
    /// who is registered or has asked before.
    pub fn access_reference(&self, desk_id: i64, email: &str) -> String {
        let digest = hmac_sha256(
            &self.key,
            &[b"access", &desk_id.to_be_bytes(), email.as_bytes()],
        );
        group(
            &digest
                .iter()
                .take(LENGTH)
                .map(|byte| letter(*byte))
                .collect::<String>(),
        )
    }
}

impl Code {
    /// A fresh code.
    pub fn random() -> Self {
        Self(random_letters::<LENGTH>())
    }

    /// What a person typed: case, blanks, dashes and the width of the letters do not matter.
    pub fn typed(text: &str) -> Self {
        let canonical = text
            .chars()
            .filter(|c| !c.is_whitespace() && !is_dash(*c))
            .map(narrow)
            .flat_map(char::to_uppercase);
        Self(canonical.collect())
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The code as people read it, `XXXX-XXXX`.
    pub fn shown(&self) -> String {
        group(&self.0)
    }
}

/// A short reference to read out on the phone, such as `R4TD`. It opens nothing.
pub fn short_reference() -> String {
    random_letters::<4>()
}

fn random_letters<const N: usize>() -> String {
    // 256 is a multiple of 32, so every letter is equally likely.
    random_bytes::<N>()
        .iter()
        .map(|byte| letter(*byte))
        .collect()
}

fn letter(byte: u8) -> char {
    char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])
}

fn group(letters: &str) -> String {
    match letters.split_at_checked(LENGTH / 2) {
        Some((first, second)) => format!("{first}-{second}"),
        None => letters.to_owned(),
    }
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF0D}')
}

/// Full-width letters and digits of some keyboards as plain ones.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_alphabet_has_32_different_letters_without_look_alikes() {
        let letters: HashSet<u8> = ALPHABET.iter().copied().collect();
        assert_eq!(letters.len(), 32);
        assert!(b"IO01".iter().all(|c| !letters.contains(c)));
    }

    #[test]
    fn a_code_is_shown_in_two_groups_and_understood_however_it_is_typed() {
        let code = Code::random();
        let shown = code.shown();
        assert_eq!((shown.len(), shown.chars().nth(4)), (9, Some('-')));
        for typed in [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            format!("  {} ", shown.replace('-', " – ")),
        ] {
            assert!(Code::typed(&typed) == code, "{typed}");
        }
        assert!(Code::typed("\u{FF37}\u{FF32}") == Code::typed("wr"));
        assert!(Code::typed(" - ").is_empty());
    }

    #[test]
    fn a_code_counts_only_for_its_challenge_and_its_key() {
        let codes = Codes::new(&SecretKeys::random());
        let (code, challenge) = (Code::random(), Uuid::new_v4());
        let stored = codes.hash(challenge, &code);
        assert!(codes.matches(challenge, &code, &stored));
        assert!(!codes.matches(Uuid::new_v4(), &code, &stored));
        assert!(!codes.matches(challenge, &Code::typed("22222222"), &stored));
        assert!(!Codes::new(&SecretKeys::random()).matches(challenge, &code, &stored));
        assert!(!codes.matches(challenge, &code, &[]));
    }

    #[test]
    fn an_access_reference_depends_on_desk_and_address_only() {
        let codes = Codes::new(&SecretKeys::random());
        assert_eq!(
            codes.access_reference(1, "ana@example.org"),
            codes.access_reference(1, "ana@example.org")
        );
        assert_ne!(
            codes.access_reference(1, "ana@example.org"),
            codes.access_reference(2, "ana@example.org")
        );
    }
}
