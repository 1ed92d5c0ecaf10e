//! The hash chain of a stream: what makes a missing, altered or reordered event provable.
//!
//! `hash = SHA-256(tag ‖ len(device_id) ‖ device_id ‖ stream ‖ seq ‖ prev_hash ‖ SHA-256(payload))`,
//! numbers big-endian, `len` one byte. The payload is hashed as sent, never re-serialised.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{DeviceId, StreamId};

const TAG: &[u8] = b"lintel.event.v1\0";

/// A SHA-256 value; 64 hexadecimal digits on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The previous hash of a stream's first event.
    pub const GENESIS: Self = Self([0; 32]);

    /// From 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From a slice, when it has 32 bytes (as read from a database).
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// SHA-256 of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse_hex(text: &str) -> Option<Self> {
        let mut out = [0_u8; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return None };
            let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            *byte = (digit(*high)? << 4) | digit(*low)?;
        }
        Some(Self(out))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse_hex(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// The hash of one event, from its place and the bytes of its payload.
#[must_use]
pub fn event_hash(device: &DeviceId, stream: StreamId, seq: u64, prev: &Hash, payload: &[u8]) -> Hash {
    let name = device.as_str().as_bytes();
    // Device ids have at most 64 bytes, so the length always fits.
    let len = u8::try_from(name.len()).unwrap_or(u8::MAX);
    let digest = Sha256::new()
        .chain_update(TAG)
        .chain_update([len])
        .chain_update(name)
        .chain_update(stream.as_uuid().as_bytes())
        .chain_update(seq.to_be_bytes())
        .chain_update(prev.as_bytes())
        .chain_update(Sha256::digest(payload))
        .finalize();
    Hash(digest.into())
}

/// Whether a stream's stored events form an unbroken chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChainState {
    /// An earlier event has not arrived yet.
    Pending,
    /// Linked to everything before it.
    Ok,
    /// Does not link to the event before it: something was altered or lost.
    Broken,
}

impl ChainState {
    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ok => "ok",
            Self::Broken => "broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn device(name: &str) -> DeviceId {
        DeviceId::parse(name).unwrap()
    }

    #[test]
    fn the_hash_of_the_first_event_is_fixed_for_ever() {
        let stream = StreamId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let hash = event_hash(&device("door-1"), stream, 1, &Hash::GENESIS, b"{}");
        insta::assert_snapshot!(hash);
    }

    #[test]
    fn every_part_of_the_place_changes_the_hash() {
        let stream = StreamId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        let other = StreamId::parse("01890a5d-ac96-774b-bcce-b302099a8058").unwrap();
        let base = event_hash(&device("door-1"), stream, 1, &Hash::GENESIS, b"{}");
        let prev = Hash::of(b"x");
        for changed in [
            event_hash(&device("door-2"), stream, 1, &Hash::GENESIS, b"{}"),
            event_hash(&device("door-1"), other, 1, &Hash::GENESIS, b"{}"),
            event_hash(&device("door-1"), stream, 2, &Hash::GENESIS, b"{}"),
            event_hash(&device("door-1"), stream, 1, &prev, b"{}"),
            event_hash(&device("door-1"), stream, 1, &Hash::GENESIS, b"{ }"),
        ] {
            assert_ne!(base, changed);
        }
    }

    proptest! {
        #[test]
        fn hex_reads_back(bytes in any::<[u8; 32]>()) {
            let hash = Hash::from_bytes(bytes);
            prop_assert_eq!(Hash::parse_hex(&hash.to_string()), Some(hash));
        }

        #[test]
        fn other_text_is_refused(text in "\\PC{0,70}") {
            prop_assume!(text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()));
            prop_assert_eq!(Hash::parse_hex(&text), None);
        }
    }
}
