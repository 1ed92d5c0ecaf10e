//! The revocation ledger: which credentials have ended, in a file that no restore replaces.

use std::fmt::Write as _;

use lintel_core::sign::Purpose;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ledger::{Entry, Ledger};
use crate::store::revocations::{CredentialKind, Row};

/// Longest credential, in bytes.
const MAX_BYTES: usize = 64;

/// The ledger of what has ended.
pub type RevocationLedger = Ledger<Revoked>;

/// One credential that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Revoked {
    /// Of which kind.
    pub kind: CredentialKind,
    /// Which: a hash or an id that opens nothing.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub credential: Vec<u8>,
    /// When it ended. An account may be closed, opened and closed again: each is a line.
    pub at: UtcMillis,
}

impl From<Row> for Revoked {
    fn from((kind, credential, at): Row) -> Self {
        Self { kind, credential, at }
    }
}

impl Entry for Revoked {
    const FILE_NAME: &'static str = "revocations.log";
    const WHAT: &'static str = "revocation ledger";
    const PURPOSE: Purpose = Purpose::Revocation;
    const TAG: &'static [u8] = b"lintel.revocation.v1\0";
    type Key = Self;

    fn key(&self) -> Self {
        self.clone()
    }

    fn hashed(&self) -> Vec<u8> {
        // The kind ends with a zero and the time has eight bytes: what is between is the credential.
        let kind = self.kind.as_str().as_bytes();
        [kind, b"\0", &self.credential, &self.at.as_i64().to_be_bytes()].concat()
    }
}

fn to_hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").map_err(serde::ser::Error::custom)?;
    }
    serializer.serialize_str(&text)
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some((digit(high)? << 4) | digit(low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
    bytes.filter(|bytes| bytes.len() <= MAX_BYTES).ok_or_else(|| de::Error::custom("not a credential in hex"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_as_it_was_written_and_half_a_digit_is_refused() {
        let revoked = Revoked {
            kind: CredentialKind::Token,
            credential: (0..32).collect(),
            at: UtcMillis::from_i64(1_795_161_600_000),
        };
        let text = serde_json::to_string(&revoked).unwrap();
        assert!(text.starts_with(r#"{"kind":"token","credential":"000102"#), "{text}");
        assert_eq!(serde_json::from_str::<Revoked>(&text).unwrap(), revoked);
        for wrong in ["0", "0g", &"00".repeat(65)] {
            let text = format!(r#"{{"kind":"token","credential":"{wrong}","at":1}}"#);
            assert!(serde_json::from_str::<Revoked>(&text).is_err(), "{wrong}");
        }
    }
}
