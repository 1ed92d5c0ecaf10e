//! The badge: what is printed as a QR code and shown to the camera instead of a face.
//!
//! `LB1` and base45 (RFC 9285) of 96 bytes: key id (8), badge id (16), last instant (8, big-endian UTC
//! milliseconds), Ed25519 signature (64) under [`Purpose::Badge`]. All of it stays in the QR code's
//! alphanumeric alphabet, so that a card needs few and large modules. A badge never holds a person id, a
//! name or a staff number: whoever photographs one learns nothing about its holder. Whether it is still
//! good is said by the door's list, not by the card; the version and the key id are there so that keys can
//! change without reprinting a workforce.

use std::fmt;

use crate::ids::BadgeId;
use crate::sign::{Purpose, SIGNATURE_BYTES, SigningKey, VerifyingKey};
use crate::time::UtcMillis;

/// What every badge of this version begins with.
pub const PREFIX: &str = "LB1";

const KEY_ID_BYTES: usize = 8;
const BADGE_ID_BYTES: usize = 16;
const BODY_BYTES: usize = KEY_ID_BYTES + BADGE_ID_BYTES + 8;
/// Three characters for two bytes.
const TEXT_CHARS: usize = PREFIX.len() + (BODY_BYTES + SIGNATURE_BYTES) / 2 * 3;

/// Why a text is not a badge that may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadgeError {
    /// Some other text: a poster, a boarding pass, a web address.
    #[error("it is no badge of this system")]
    NotABadge,
    /// It begins like one and goes on otherwise.
    #[error("the badge is damaged or made up")]
    Malformed,
    /// Signed by a key that isn't known.
    #[error("the badge was signed by a key that is not known here")]
    UnknownKey,
    /// Altered, or signed by somebody else.
    #[error("the badge's signature does not match")]
    WrongSignature,
    /// Its last instant is over.
    #[error("the badge has expired")]
    Expired,
}

impl BadgeError {
    /// The name in reports, feedback and logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotABadge => "not_a_badge",
            Self::Malformed => "badge_malformed",
            Self::UnknownKey => "badge_unknown_key",
            Self::WrongSignature => "badge_wrong_signature",
            Self::Expired => "badge_expired",
        }
    }
}

/// A short name of a badge-signing key: the first 8 bytes of the SHA-256 of its public half.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BadgeKeyId([u8; KEY_ID_BYTES]);

impl BadgeKeyId {
    /// The id of a key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        Self(key.key_id_bytes())
    }
}

impl fmt::Display for BadgeKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BadgeKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a badge says once it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    /// Which card.
    pub badge_id: BadgeId,
    /// From this instant on it is worth nothing.
    pub not_after: UtcMillis,
}

impl Badge {
    /// The text for the QR code. The same badge and key give the same text, so that nobody has to keep it.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> String {
        let body = [
            BadgeKeyId::of(&key.verifying_key()).0.as_slice(),
            self.badge_id.as_uuid().as_bytes(),
            &self.not_after.as_i64().to_be_bytes(),
        ]
        .concat();
        let signature = key.sign_bytes(Purpose::Badge, &body);
        format!("{PREFIX}{}", base45::encode([body.as_slice(), &signature].concat()))
    }
}

/// A badge as it was read: nothing of it may be believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBadge {
    key_id: BadgeKeyId,
    badge: Badge,
    body: [u8; BODY_BYTES],
    signature: [u8; SIGNATURE_BYTES],
}

impl ReadBadge {
    /// Reads the text of a QR code, whoever wrote it.
    ///
    /// # Errors
    /// [`BadgeError::NotABadge`] or [`BadgeError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, BadgeError> {
        let Some(coded) = text.strip_prefix(PREFIX) else { return Err(BadgeError::NotABadge) };
        // The one length there is, before anything is decoded.
        if text.len() != TEXT_CHARS {
            return Err(BadgeError::Malformed);
        }
        let bytes = base45::decode(coded).map_err(|_| BadgeError::Malformed)?;
        // One spelling for one badge, whatever the decoder forgives.
        if base45::encode(&bytes) != coded {
            return Err(BadgeError::Malformed);
        }
        Self::of_bytes(&bytes).ok_or(BadgeError::Malformed)
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, signature) = bytes.split_first_chunk::<BODY_BYTES>()?;
        let (key_id, rest) = body.split_first_chunk::<KEY_ID_BYTES>()?;
        let (badge_id, not_after) = rest.split_first_chunk::<BADGE_ID_BYTES>()?;
        let not_after = UtcMillis::from_i64(i64::from_be_bytes(not_after.try_into().ok()?));
        Some(Self {
            key_id: BadgeKeyId(*key_id),
            badge: Badge { badge_id: uuid::Uuid::from_bytes(*badge_id).into(), not_after },
            body: *body,
            signature: signature.try_into().ok()?,
        })
    }

    /// The key that it claims to be signed by.
    #[must_use]
    pub fn key_id(&self) -> BadgeKeyId {
        self.key_id
    }

    /// Believes it, when the key signed it and its time isn't over.
    ///
    /// # Errors
    /// [`BadgeError::UnknownKey`] when it names another key, otherwise [`BadgeError::WrongSignature`] or
    /// [`BadgeError::Expired`].
    pub fn verify(&self, key: &VerifyingKey, now: UtcMillis) -> Result<Badge, BadgeError> {
        if BadgeKeyId::of(key) != self.key_id {
            return Err(BadgeError::UnknownKey);
        }
        key.verify_bytes(Purpose::Badge, &self.body, &self.signature)
            .map_err(|_| BadgeError::WrongSignature)?;
        if self.badge.not_after <= now {
            return Err(BadgeError::Expired);
        }
        Ok(self.badge)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);
    const GOLDEN: &str = concat!(
        "LB1%7WWP59 ULW952ESQ5/H9A-8FLJDP3L*7HJB000C90UFV4365Y8UGD0ZV:-GN3BS0R 6R7:G+%73ZE3IIM-G+.1E",
        "QUTSI$YFIPQKU13CG9GCP+LS%EB*S$PQ6OJ%IR/0HH8ORL5W6SB9RYHC",
    );

    fn key() -> SigningKey {
        SigningKey::from_seed(&[7; 32])
    }

    fn badge() -> Badge {
        let badge_id = BadgeId::parse("6f1d2c3b-4a59-4687-9a0b-1c2d3e4f5a6b").unwrap();
        Badge { badge_id, not_after: NOW.plus_millis(1) }
    }

    fn read(text: &str) -> Result<Badge, BadgeError> {
        ReadBadge::parse(text)?.verify(&key().verifying_key(), NOW)
    }

    #[test]
    fn the_text_of_a_badge_is_fixed_for_ever_because_it_is_printed() {
        assert_eq!(badge().sign(&key()), GOLDEN);
        assert_eq!(read(GOLDEN), Ok(badge()));
        assert_eq!(GOLDEN.len(), TEXT_CHARS);
        let alphanumeric = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || " $%*+-./:".contains(c);
        assert!(GOLDEN.chars().all(alphanumeric), "it would need a larger code");
    }

    #[test]
    fn each_fault_has_its_own_reason() {
        let text = badge().sign(&key());
        let late = ReadBadge::parse(&text).unwrap().verify(&key().verifying_key(), NOW.plus_millis(1));
        assert_eq!(late, Err(BadgeError::Expired));
        let other = SigningKey::from_seed(&[8; 32]);
        assert_eq!(read(&badge().sign(&other)), Err(BadgeError::UnknownKey));
        assert_eq!(read("https://example.org/"), Err(BadgeError::NotABadge));
        for text in ["LB1", "LB1\0\u{7}", &"LB1A".repeat(2560), &text[..text.len() - 1], &format!("{text}A")]
        {
            assert_eq!(read(text), Err(BadgeError::Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_signature_for_another_purpose_is_no_badge() {
        let bytes = base45::decode(&badge().sign(&key())[PREFIX.len()..]).unwrap();
        let body = &bytes[..BODY_BYTES];
        let forged = [body, &key().sign_bytes(Purpose::Ack, body)].concat();
        let text = format!("{PREFIX}{}", base45::encode(forged));
        assert_eq!(read(&text), Err(BadgeError::WrongSignature));
    }

    proptest! {
        #[test]
        fn any_badge_is_read_as_it_was_written(id: [u8; 16], ms in NOW.as_i64() + 1..) {
            let badge = Badge {
                badge_id: uuid::Uuid::from_bytes(id).into(),
                not_after: UtcMillis::from_i64(ms),
            };
            prop_assert_eq!(read(&badge.sign(&key())), Ok(badge));
        }

        #[test]
        fn a_badge_with_any_byte_changed_is_refused(at: prop::sample::Index, to: u8) {
            let mut bytes = badge().sign(&key()).into_bytes();
            let at = at.index(bytes.len());
            prop_assume!(bytes[at] != to);
            bytes[at] = to;
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert!(read(&text).is_err(), "{text}");
            }
        }

        #[test]
        fn a_badge_with_any_bit_of_its_bytes_flipped_is_refused(at in 0..BODY_BYTES + SIGNATURE_BYTES, bit in 0..8) {
            let mut bytes = base45::decode(&badge().sign(&key())[PREFIX.len()..]).unwrap();
            bytes[at] ^= 1u8 << bit;
            let text = format!("{PREFIX}{}", base45::encode(bytes));
            prop_assert!(read(&text).is_err(), "{text}");
        }

        #[test]
        fn arbitrary_text_is_refused_and_never_panics(text in any::<String>(), tail in "[0-9A-Z $%*+./:-]{0,300}") {
            prop_assert!(read(&text).is_err());
            let begins_well = [PREFIX, &tail].concat();
            prop_assert!(read(&begins_well).is_err());
        }
    }
}
