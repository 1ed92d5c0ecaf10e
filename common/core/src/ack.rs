//! Acks: the only thing that lets evidence leave a door.
//!
//! The centre signs the bytes of the ack's body; the door believes it only when the signature is by the
//! key it pinned at joining and the head hash is the door's own. A broker's confirmation is not an ack.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::chain::Hash;
use crate::ids::{DeviceId, EventId, StreamId};
use crate::sign::{Purpose, SignError, SigningKey, VerifyingKey};
use crate::time::UtcMillis;

/// What the centre has made durable of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AckBody {
    /// Whose stream.
    pub device_id: DeviceId,
    /// Which stream.
    pub stream: StreamId,
    /// Highest sequence number up to which every event is accepted, quarantined or recorded as rejected.
    /// 0: nothing yet.
    pub through_seq: u64,
    /// Hash of the event at `through_seq`; [`Hash::GENESIS`] when it is 0.
    pub head_hash: Hash,
    /// Sequence numbers of the answered batch that were there before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub duplicate: Vec<u64>,
    /// Events of the answered batch that can never be accepted; their payload is kept at the centre.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejection>,
    /// The centre's clock when it signed.
    pub at: UtcMillis,
}

/// One event that the centre refused for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// Its place.
    pub seq: u64,
    /// Its id, when it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<EventId>,
    /// Why, as a code of [`RejectReason`].
    pub reason: RejectReason,
}

/// Why an event was refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectReason {
    /// The payload is not what [`crate::event::EventSkeleton`] says.
    Malformed,
    /// Over a limit of [`crate::limits`].
    TooLarge,
    /// The hash is not the hash of place and payload.
    BadHash,
    /// Another event has this place or this id.
    Conflict,
    /// The personal part does not match its digest.
    PersonalMismatch,
    /// A reason that this version does not know.
    #[serde(other)]
    Unknown,
}

impl RejectReason {
    /// The code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::BadHash => "bad_hash",
            Self::Conflict => "conflict",
            Self::PersonalMismatch => "personal_mismatch",
            Self::Unknown => "unknown",
        }
    }
}

/// An ack as it travels: the body's bytes, and a signature over exactly these bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedAck {
    /// The signed bytes.
    pub body: Box<RawValue>,
    /// Which key signed.
    pub key_id: String,
    /// The signature, base64.
    pub sig: String,
}

/// Why an ack is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AckError {
    /// Not JSON of this shape.
    #[error("not an ack: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Signed by a key that was not pinned at joining.
    #[error("signed by key {found}, but this device trusts {trusted}: was central's key changed? join again")]
    WrongKey {
        /// The pinned key's id.
        trusted: String,
        /// The key id that the ack names.
        found: String,
    },
    /// Altered, or not signed by that key at all.
    #[error("ack: {0}")]
    Signature(#[from] SignError),
}

impl SignedAck {
    /// Signs a body.
    ///
    /// # Errors
    /// Only when the body can't be written as JSON, which its types rule out.
    pub fn sign(body: &AckBody, key: &SigningKey) -> Result<Self, serde_json::Error> {
        let body = serde_json::value::to_raw_value(body)?;
        let sig = key.sign(Purpose::Ack, body.get().as_bytes());
        Ok(Self { body, key_id: key.verifying_key().key_id(), sig })
    }

    /// Reads the body after checking its signature against the pinned key. The caller still has to
    /// compare device, stream and head hash with its own.
    ///
    /// # Errors
    /// [`AckError`] says why it is not believed.
    pub fn verify(&self, trusted: &VerifyingKey) -> Result<AckBody, AckError> {
        if self.key_id != trusted.key_id() {
            return Err(AckError::WrongKey {
                trusted: trusted.key_id(),
                found: self.key_id.chars().take(32).collect(),
            });
        }
        trusted.verify(Purpose::Ack, self.body.get().as_bytes(), &self.sig)?;
        Ok(serde_json::from_str(self.body.get())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> AckBody {
        AckBody {
            device_id: DeviceId::parse("door-1").unwrap(),
            stream: StreamId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap(),
            through_seq: 3,
            head_hash: Hash::of(b"x"),
            duplicate: vec![2],
            rejected: vec![Rejection { seq: 3, id: None, reason: RejectReason::Malformed }],
            at: UtcMillis::from_i64(1),
        }
    }

    #[test]
    fn an_ack_survives_the_wire_and_an_altered_one_does_not() {
        let key = SigningKey::from_seed(&[1; 32]);
        let ack = SignedAck::sign(&body(), &key).unwrap();
        let wire = serde_json::to_string(&ack).unwrap();
        insta::assert_snapshot!(wire);
        let back: SignedAck = serde_json::from_str(&wire).unwrap();
        assert_eq!(back.verify(&key.verifying_key()).unwrap(), body());

        let altered: SignedAck =
            serde_json::from_str(&wire.replace("\"through_seq\":3", "\"through_seq\":9")).unwrap();
        assert!(matches!(altered.verify(&key.verifying_key()), Err(AckError::Signature(_))));
        let other = SigningKey::from_seed(&[2; 32]).verifying_key();
        assert!(matches!(back.verify(&other), Err(AckError::WrongKey { .. })));
    }
}
