//! Join codes: what a person carries from the centre to a door, and the messages of joining.
//!
//! A code is text that can be typed, pasted, or shown as a QR code: `LJ1-`, then groups of five characters
//! of Crockford's base 32 (no I, L, O, U; lower case and look-alikes are understood). Inside:
//!
//! | bytes | what |
//! |---|---|
//! | 16 | the one-time token; the centre stores its hash only |
//! | 16 | [`CaFingerprint`]: the only CA that may vouch for the centre's certificate |
//! | 3 | minutes from 2024-01-01 to the invitation, big endian: the earliest time that a box without a clock may believe |
//! | 2 | the centre's TCP port, big endian |
//! | 1 to 100 | its host name or address |
//!
//! and behind them 40 bits of SHA-256 as a checksum, by which one wrong character or two swapped neighbours
//! are not only noticed but pointed at. The centre's address travels inside so that a door believes neither
//! the network nor a name server. A code holds a secret: it may never be logged.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::event::DirectionHint;
use crate::time::UtcMillis;

mod address;
mod code32;

pub use address::{AddressError, DoorAddress};

/// What every code of this version begins with.
pub const PREFIX: &str = "LJ1";
/// Longest text that is looked at, in bytes.
pub const MAX_CODE_BYTES: usize = 512;
/// Longest certificate signing request, in bytes of PEM.
pub const MAX_CSR_BYTES: usize = 2048;
/// 2024-01-01T00:00:00Z, the start of a code's minutes.
const EPOCH_MS: i64 = 1_704_067_200_000;
const MINUTE_MS: i64 = 60_000;
const TOKEN_BYTES: usize = 16;

/// The first 16 bytes of the SHA-256 of a CA's certificate (DER): 128 bits against a second certificate
/// with the same ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CaFingerprint([u8; 16]);

impl CaFingerprint {
    /// Of a certificate in DER.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let digest: [u8; 32] = Sha256::digest(der).into();
        Self(digest.first_chunk().copied().unwrap_or_default())
    }
}

impl fmt::Display for CaFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A one-time token. It has 128 random bits, so it can't be guessed, and no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken([u8; TOKEN_BYTES]);

impl JoinToken {
    /// From random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; TOKEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// As it travels in [`JoinRequest`]: 32 hexadecimal digits.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinToken(…)")
    }
}

/// What a code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// Proves the invitation, once.
    pub token: JoinToken,
    /// Whom to believe.
    pub ca: CaFingerprint,
    /// When it was made, to the minute: it is later than that now.
    pub issued_at: UtcMillis,
    /// Where the centre is.
    pub address: DoorAddress,
}

/// Why a text is no code. Places count groups from 1 behind `LJ1`, and characters from 1 in a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinCodeError {
    /// It doesn't begin like one.
    #[error("this is no join code: one begins with LJ1-; `lintel-central device invite` makes it")]
    NotACode,
    /// Of another version.
    #[error("this join code is of another version of Lintel: this one reads LJ1-… only")]
    Version,
    /// Too long to be looked at.
    #[error("this is too long for a join code: give only the code, from LJ1- to its last group")]
    TooLong,
    /// Not all of it.
    #[error("the join code breaks off: {groups} groups are there; copy it whole, to its last group")]
    TooShort {
        /// Whole groups that are there.
        groups: usize,
    },
    /// A character that no code has.
    #[error("the join code has {found:?} in group {group}, which no code has: letters and digits without U")]
    Character {
        /// Which group.
        group: usize,
        /// The character.
        found: char,
    },
    /// Exactly one character is wrong.
    #[error("one character of the join code is wrong: number {position} of group {group}")]
    Mistyped {
        /// Which group.
        group: usize,
        /// Which character in it.
        position: usize,
    },
    /// Two neighbours are swapped.
    #[error(
        "two neighbouring characters of the join code are swapped: from number {position} of group {group}"
    )]
    Swapped {
        /// Which group.
        group: usize,
        /// The first of the two.
        position: usize,
    },
    /// More than that is wrong.
    #[error(
        "the join code's checksum doesn't fit: more than one character is wrong or missing; copy it again"
    )]
    Checksum,
    /// A good checksum over nonsense.
    #[error("the join code names no usable address")]
    Address(#[from] AddressError),
}

impl JoinCode {
    /// The text, in groups.
    #[must_use]
    pub fn to_text(&self) -> String {
        let minutes = (self.issued_at.as_i64() - EPOCH_MS).div_euclid(MINUTE_MS).clamp(0, 0xff_ffff);
        let [.., high, middle, low] = minutes.to_be_bytes();
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&self.token.0);
        bytes.extend_from_slice(&self.ca.0);
        bytes.extend_from_slice(&[high, middle, low]);
        bytes.extend_from_slice(&self.address.port().to_be_bytes());
        bytes.extend_from_slice(self.address.host().as_bytes());
        code32::write(PREFIX, &bytes)
    }

    /// Reads a text as typed, pasted or scanned: case, hyphens, white space and look-alikes don't matter.
    ///
    /// # Errors
    /// [`JoinCodeError`] says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, JoinCodeError> {
        let bytes = code32::read(PREFIX, text)?;
        let short = || JoinCodeError::Checksum;
        let (token, rest) = bytes.split_first_chunk::<TOKEN_BYTES>().ok_or_else(short)?;
        let (ca, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let ([high, middle, low], rest) = rest.split_first_chunk::<3>().ok_or_else(short)?;
        let (port, host) = rest.split_first_chunk::<2>().ok_or_else(short)?;
        let minutes = i64::from(u32::from_be_bytes([0, *high, *middle, *low]));
        let host = std::str::from_utf8(host).map_err(|_| AddressError::Host)?;
        Ok(Self {
            token: JoinToken(*token),
            ca: CaFingerprint(*ca),
            issued_at: UtcMillis::from_i64(EPOCH_MS + minutes * MINUTE_MS),
            address: DoorAddress::new(host, u16::from_be_bytes(*port))?,
        })
    }
}

/// `POST /device/v1/join`: a door proves its invitation and asks for a certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The code's token, [`JoinToken::to_text`].
    pub token: String,
    /// Signing request for the door's own TLS key, PEM.
    pub csr: String,
}

/// The answer: who the door is, and whom it believes from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JoinAnswer {
    /// The door's id.
    pub device_id: String,
    /// Its certificate and the CA between it and the root, PEM.
    pub certificate_pem: String,
    /// First instant of the certificate's life.
    pub valid_from: UtcMillis,
    /// Last instant of the certificate's life.
    pub valid_until: UtcMillis,
    /// The root that signs the centre's own certificate, PEM.
    pub ca_pem: String,
    /// The key of acks, galleries and the centre's clock.
    pub ack_public_key: String,
    /// IANA name of the site's zone.
    pub zone: String,
    /// Which way people go through the door.
    pub direction: DirectionHint,
    /// The broker, where the site has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broker: Option<JoinBroker>,
}

/// How a door reaches the broker.
#[derive(Clone, Serialize, Deserialize)]
pub struct JoinBroker {
    /// `mqtts://host:port`.
    pub url: String,
    /// The door's password there.
    pub token: String,
}

impl fmt::Debug for JoinBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinBroker").field("url", &self.url).finish_non_exhaustive()
    }
}

/// `POST /device/v1/renew`, with the old certificate.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewRequest {
    /// Signing request for a new key, PEM.
    pub csr: String,
}

/// The new certificate; the old one is good until this one is used.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenewAnswer {
    /// Certificate and the CA between it and the root, PEM.
    pub certificate_pem: String,
    /// First instant of the certificate's life.
    pub valid_from: UtcMillis,
    /// Last instant of the certificate's life.
    pub valid_until: UtcMillis,
}

#[cfg(test)]
mod tests;
