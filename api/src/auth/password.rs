//! Agents' passwords: Argon2id, never on a request thread, and never more than two at a time (19 MiB each).

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::http::{ApiError, Fault};

/// Memory in KiB, passes and lanes (OWASP's first choice).
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const AT_ONCE: usize = 2;
/// What an unknown account's password is checked against, so that it takes as long as a known one's. No password gives it.
const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LCBubyBkb29yLg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct Passwords {
    permits: Arc<Semaphore>,
}

/// A failure of the hashing itself.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl Default for Passwords {
    fn default() -> Self {
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Passwords {
    /// The hash to store.
    ///
    /// # Errors
    /// When hashing fails.
    pub async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.run(move || hash_blocking(&password))
            .await?
            .map_err(ApiError::internal)
    }

    /// Whether the password belongs to the stored hash. Give `None` for an unknown account: it takes as long and is wrong.
    ///
    /// # Errors
    /// When the server is shutting down.
    pub async fn verify(&self, stored: Option<String>, password: String) -> Result<bool, ApiError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| DUMMY.to_owned());
        let matches = self
            .run(move || verify_blocking(&stored, &password))
            .await?;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(ApiError::unavailable)?;
        let work = move || {
            let result = work();
            drop(permit);
            result
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(ApiError::internal)
    }
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params =
        Params::new(MEMORY, PASSES, LANES, None).map_err(|error| HashError(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash to store, for the command line; blocks.
///
/// # Errors
/// When hashing fails.
pub fn hash_blocking(password: &str) -> Result<String, HashError> {
    argon2()?
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| HashError(error.to_string()))
}

fn verify_blocking(stored: &str, password: &str) -> bool {
    let Ok(hash) = PasswordHash::new(stored) else {
        return false;
    };
    argon2().is_ok_and(|argon2| argon2.verify_password(password.as_bytes(), &hash).is_ok())
}

/// What is wrong with a new password, as field faults at `pointer`: 12 to 128 characters, no control characters, not one
/// of the usual ones, not the person's own name or address.
pub fn faults(pointer: &str, password: &str, email: &str, full_name: &str) -> Vec<Fault> {
    let length = password.chars().count();
    if length < 12 {
        return vec![Fault::new(
            pointer,
            "too_short",
            "Use al menos 12 caracteres.",
            "Use at least 12 characters.",
        )];
    }
    if length > 128 {
        return vec![Fault::new(
            pointer,
            "too_long",
            "Use 128 caracteres a lo sumo.",
            "Use 128 characters at most.",
        )];
    }
    if password.chars().any(char::is_control) {
        return vec![Fault::new(
            pointer,
            "control_character",
            "Quite los caracteres de control.",
            "Remove the control characters.",
        )];
    }
    if is_guessable(password, email, full_name) {
        return vec![Fault::new(
            pointer,
            "guessable",
            "Es fácil de adivinar. Use una frase larga y propia.",
            "It is easy to guess. Use a long phrase of your own.",
        )];
    }
    Vec::new()
}

/// Beginnings of the passwords that attackers try first, long enough to reach twelve characters with a suffix.
const USUAL: [&str; 16] = [
    "123456",
    "password",
    "contrasena",
    "contraseña",
    "qwerty",
    "abc123",
    "111111",
    "administrador",
    "administrator",
    "iloveyou",
    "teamo",
    "colombia",
    "bienvenido",
    "welcome",
    "letmein",
    "atiende",
];

fn is_guessable(password: &str, email: &str, full_name: &str) -> bool {
    let lower = password.to_lowercase();
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5 {
        return true;
    }
    // What remains besides a guessable word must itself be long enough.
    let mut words: Vec<String> = USUAL.iter().map(|word| (*word).to_owned()).collect();
    words.extend(
        email
            .split(['@', '.'])
            .chain(full_name.split_whitespace())
            .map(str::to_lowercase)
            .filter(|word| word.chars().count() >= 4),
    );
    let mut rest = lower.clone();
    for word in words {
        rest = rest.replace(&word, "");
    }
    rest.len() < lower.len() && rest.chars().count() < 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(password: &str) -> Option<String> {
        faults("/password", password, "ana.rojas@example.org", "Ana Rojas")
            .first()
            .map(|fault| fault.code.to_string())
    }

    #[test]
    fn passwords_are_long_and_not_the_usual_ones() {
        assert_eq!(code("corto"), Some("too_short".to_owned()));
        assert_eq!(code(&"á".repeat(129)), Some("too_long".to_owned()));
        assert_eq!(
            code("una frase\0larga"),
            Some("control_character".to_owned())
        );
        for guessable in [
            "password1234",
            "Contraseña2026",
            "aaaaaaaaaaaa",
            "colombia2026!",
            "Rojas1234567",
        ] {
            assert_eq!(code(guessable), Some("guessable".to_owned()), "{guessable}");
        }
        assert_eq!(code("tres gatos miran la luna"), None);
        assert_eq!(code(&"áéíóúñ".repeat(21)), None);
    }

    #[test]
    fn an_unknown_account_takes_the_work_of_a_known_one() {
        let costs = |stored: &str| {
            let hash = PasswordHash::new(stored).unwrap();
            let size = hash.hash.as_ref().map(|hash| hash.as_bytes().len());
            (
                hash.algorithm.to_string(),
                hash.version,
                hash.params.to_string(),
                size,
            )
        };
        let real = hash_blocking("tres gatos miran la luna").unwrap();
        assert_eq!(costs(DUMMY), costs(&real));
    }

    #[tokio::test]
    async fn only_the_whole_password_matches() {
        let passwords = Passwords::default();
        let long = format!("{}x", "ñ".repeat(127));
        let stored = passwords.hash(long.clone()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify(Some(stored.clone()), long).await.unwrap());
        assert!(
            !passwords
                .verify(Some(stored.clone()), format!("{}y", "ñ".repeat(127)))
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(Some(stored.clone()), stored)
                .await
                .unwrap()
        );
        assert!(
            !passwords
                .verify(None, "an account that does not exist".to_owned())
                .await
                .unwrap()
        );
    }
}
