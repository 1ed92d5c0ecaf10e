//! Passwords as Mosquitto's dynamic-security plugin keeps them.
//!
//! PBKDF2 with HMAC-SHA-512, 64 bytes out, a 12-byte salt (mosquitto 2.0,
//! `plugins/dynamic_security/auth.c` and `dynamic_security.h`). Only the centre's own client is written
//! this way, into the first file; everybody else's password goes to the plugin, which salts it itself.
//! A password must never be logged or put into an error.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Bytes of a hash.
const HASH_BYTES: usize = 64;
/// Bytes of a salt: the plugin of mosquitto 2.0 refuses a file with another length.
pub const SALT_BYTES: usize = 12;
/// The plugin's own figure is 101. The centre's password is 32 random bytes, which no number of rounds
/// protects better, and the broker repeats them at every connection.
const ITERATIONS: u32 = 101;

/// A salted password with its parameters, named as in the plugin's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HashedPassword {
    /// The hash, base64.
    pub password: String,
    /// The salt, base64.
    pub salt: String,
    /// PBKDF2's rounds.
    pub iterations: u32,
}

impl HashedPassword {
    /// Salts a password.
    #[must_use]
    pub fn new(password: &str, salt: &[u8; SALT_BYTES]) -> Self {
        let mut hash = [0_u8; HASH_BYTES];
        let rounds = NonZeroU32::new(ITERATIONS).unwrap_or(NonZeroU32::MIN);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, rounds, salt, password.as_bytes(), &mut hash);
        Self { password: STANDARD.encode(hash), salt: STANDARD.encode(salt), iterations: rounds.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_salted_as_mosquitto_2_0_11_salts_it() {
        // Written by `mosquitto_ctrl dynsec init` of Debian's mosquitto 2.0.11 for the password "secretpw".
        let salt: [u8; SALT_BYTES] = STANDARD.decode("g2dInS/sLUsEXgk7").unwrap().try_into().unwrap();
        let hashed = HashedPassword::new("secretpw", &salt);
        assert_eq!(
            hashed.password,
            "8ywEYMuxodic+1cRL3FSQdaZFMyrwzwi9ZAO4ol47tuM+0MfzaUNp8V5HOSkmnwM1F1ChYkU+ozIYVNeItlCcA=="
        );
        assert_eq!(hashed.iterations, 101);
    }

    #[test]
    fn another_salt_gives_another_hash() {
        assert_ne!(HashedPassword::new("a", &[0; 12]), HashedPassword::new("a", &[1; 12]));
    }
}
