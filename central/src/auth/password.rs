//! Passwords: what is refused when one is chosen, and how one is compared.
//!
//! Argon2id with OWASP's parameters costs 19 MiB of memory and some 30 ms; two at once are let through, so
//! that a crowd of log-ins costs time and not the server's memory. Nothing here stores, logs or returns a
//! password.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::{self, PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use lintel_runtime::clock::{ClockError, random_bytes};
use lintel_runtime::secrets::SecretString;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use unicode_normalization::UnicodeNormalization as _;

/// Fewest characters of a chosen password.
pub const MIN_CHARS: usize = 10;
/// Most characters of a chosen password.
pub const MAX_CHARS: usize = 200;
/// Hashes computed at once.
const AT_ONCE: usize = 2;
/// How long a log-in waits for its turn; with a hash of 30 ms that is a queue of some 600.
const PATIENCE: Duration = Duration::from_secs(10);
/// Memory in KiB, passes, lanes: OWASP Password Storage Cheat Sheet, 2024.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// Compared with where there is no account, so that an unknown name takes as long as a wrong password. Of
/// the same cost as real ones (tested); its password is nobody's.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bGludGVsLW5vYm9keS0wMQ$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Passwords that everybody tries first, ten characters and longer.
static DENIED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("denied_passwords.txt").lines().collect());

/// Why a password can't be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Too few characters.
    #[error("the password needs at least {MIN_CHARS} characters")]
    TooShort,
    /// Too many characters.
    #[error("the password may have at most {MAX_CHARS} characters")]
    TooLong,
    /// One of those that are tried first.
    #[error("this password is among the first that are guessed: choose another")]
    Common,
    /// Made of the account's name.
    #[error("the password must not be the account's name with something around it")]
    Name,
}

/// A hash couldn't be computed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many at once.
    #[error("too many log-ins at once: try again in a moment")]
    Busy,
    /// Argon2 refused its parameters or its memory.
    #[error("the password's hash can't be computed: {0}")]
    Hash(password_hash::Error),
    /// What is stored is no hash.
    #[error("the database holds a password hash that can't be read ({0}): set the password again")]
    Stored(password_hash::Error),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The computing thread ended.
    #[error("the password's hash was not finished")]
    Thread,
}

/// A password as typed, in the one form that every keyboard's "é" becomes.
#[derive(Debug, Clone)]
pub struct Password(SecretString);

impl Password {
    /// A password to compare.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(SecretString::new(text.nfkc().collect()))
    }

    /// A password to set for an account of some name.
    ///
    /// # Errors
    /// [`Weakness`].
    pub fn chosen(text: &str, account_name: &str) -> Result<Self, Weakness> {
        let password = Self::typed(text);
        let chars = password.0.expose().chars().count();
        if chars < MIN_CHARS {
            return Err(Weakness::TooShort);
        }
        if chars > MAX_CHARS {
            return Err(Weakness::TooLong);
        }
        let folded = password.0.expose().to_lowercase();
        let mut distinct: Vec<char> = folded.chars().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if DENIED.contains(folded.as_str()) || distinct.len() < 4 {
            return Err(Weakness::Common);
        }
        let name = account_name.to_lowercase();
        let around = folded.replacen(&name, "", 1);
        if !name.is_empty() && around.len() < folded.len() && around.chars().count() < MIN_CHARS / 2 {
            return Err(Weakness::Name);
        }
        Ok(password)
    }
}

/// The place where hashes are computed, a few at a time. Clones share the places.
#[derive(Debug, Clone)]
pub struct Passwords {
    gate: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { gate: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The PHC string to store.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &Password) -> Result<String, PasswordError> {
        let salt = SaltString::encode_b64(&random_bytes::<16>()?).map_err(PasswordError::Hash)?;
        let password = password.clone();
        self.compute(move || {
            let hash = argon2()?.hash_password(password.0.expose().as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(PasswordError::Hash)
        })
        .await
    }

    /// Whether a password is the stored one; without a stored one it takes as long and says no.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn verify(&self, password: &Password, stored: Option<&str>) -> Result<bool, PasswordError> {
        let (password, known) = (password.clone(), stored.is_some());
        let stored = stored.unwrap_or(NOBODY).to_owned();
        self.compute(move || {
            let hash = PasswordHash::new(&stored).map_err(PasswordError::Stored)?;
            match argon2()?.verify_password(password.0.expose().as_bytes(), &hash) {
                Ok(()) => Ok(known),
                Err(password_hash::Error::Password) => Ok(false),
                Err(error) => Err(PasswordError::Stored(error)),
            }
        })
        .await
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place = timeout(PATIENCE, Arc::clone(&self.gate).acquire_owned()).await;
        let Ok(Ok(place)) = place else { return Err(PasswordError::Busy) };
        let done = tokio::task::spawn_blocking(move || {
            // Held by the thread, not by the request: one that is cancelled still uses the memory.
            let _place = place;
            work()
        });
        done.await.map_err(|_| PasswordError::Thread)?
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let (memory_kib, passes, lanes) = COST;
    let params =
        Params::new(memory_kib, passes, lanes, None).map_err(|error| PasswordError::Hash(error.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_however_its_letters_were_typed() {
        let passwords = Passwords::default();
        let composed = Password::chosen("caf\u{e9} au lait", "ada").unwrap();
        let hash = passwords.hash(&composed).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let decomposed = Password::typed("cafe\u{301} au lait");
        assert!(passwords.verify(&decomposed, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Password::typed("cafe au lait"), Some(&hash)).await.unwrap());
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let (passwords, password) = (Passwords::default(), Password::typed("correct horse"));
        assert_ne!(passwords.hash(&password).await.unwrap(), passwords.hash(&password).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_password_costs_as_much_as_a_real_one_and_is_never_right() {
        let stored = PasswordHash::new(NOBODY).unwrap();
        let params = Params::try_from(&stored).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), COST);
        assert_eq!(stored.hash.unwrap().len(), 32);
        assert!(!Passwords::default().verify(&Password::typed(""), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_stored_text_that_is_no_hash_is_an_error_and_not_a_refusal() {
        let refused = Passwords::default().verify(&Password::typed("x"), Some("plain text")).await;
        assert!(matches!(refused, Err(PasswordError::Stored(_))));
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        for (text, weakness) in [
            ("short", Weakness::TooShort),
            ("ein zwei", Weakness::TooShort),
            ("Password123", Weakness::Common),
            ("1234567890", Weakness::Common),
            ("aaaaaaaaaaaa", Weakness::Common),
            ("ada.lovelace1", Weakness::Name),
            ("Ada.Lovelace", Weakness::Name),
        ] {
            assert_eq!(Password::chosen(text, "ada.lovelace").unwrap_err(), weakness, "{text}");
        }
        assert_eq!(Password::chosen(&"ab cd".repeat(41), "ada").unwrap_err(), Weakness::TooLong);
        Password::chosen("ada likes long looms", "ada").unwrap();
    }

    #[test]
    fn the_deny_list_holds_only_what_the_length_does_not_refuse_already() {
        for line in include_str!("denied_passwords.txt").lines() {
            assert!(line.chars().count() >= MIN_CHARS, "{line:?} is refused for its length");
            assert_eq!(line, line.to_lowercase(), "the list is compared in lower case");
        }
    }

    #[test]
    fn a_password_is_not_shown_by_debug() {
        assert!(!format!("{:?}", Password::typed("hunter2hunter2")).contains("hunter2"));
    }
}
