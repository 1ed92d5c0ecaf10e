//! What a door reports: one event, its evidence, and the clock it was made by.
//!
//! An event has two parts. The *skeleton* is what the hash chain covers and what is kept; the *personal
//! part* says who it was and how sure the door is. The skeleton holds only a salted digest of the
//! personal part, so that erasing a person leaves every chain verifiable. No pixels and no embedding
//! ever enter either.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{EventId, PersonId};
use crate::time::UtcMillis;

/// Version of the event's shape.
pub const EVENT_VERSION: u32 = 1;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A person was recognised and is recorded.
    Punch,
    /// A face that matches nobody in the gallery.
    Unknown,
    /// Two people match too closely to tell them apart; nobody is recorded.
    Ambiguous,
    /// A presentation attack was suspected.
    Spoof,
    /// A face was there, but never good enough to compare.
    LowQuality,
    /// A person identified themself with a badge.
    Badge,
    /// The device was touched in a way it should not be.
    Tamper,
    /// The device reports on itself.
    Health,
    /// A kind that this version does not know: kept and shown, never dropped.
    Other(String),
}

impl EventKind {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Punch => "punch",
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
            Self::Spoof => "spoof",
            Self::LowQuality => "low_quality",
            Self::Badge => "badge",
            Self::Tamper => "tamper",
            Self::Health => "health",
            Self::Other(name) => name,
        }
    }

    /// Whether this kind records a person's attendance; such events keep a reserved part of the outbox.
    #[must_use]
    pub fn is_attendance(&self) -> bool {
        matches!(self, Self::Punch | Self::Badge)
    }
}

impl From<&str> for EventKind {
    fn from(name: &str) -> Self {
        match name {
            "punch" => Self::Punch,
            "unknown" => Self::Unknown,
            "ambiguous" => Self::Ambiguous,
            "spoof" => Self::Spoof,
            "low_quality" => Self::LowQuality,
            "badge" => Self::Badge,
            "tamper" => Self::Tamper,
            "health" => Self::Health,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Serialize for EventKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        if name.is_empty() || name.len() > 32 || !name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            return Err(serde::de::Error::custom("event kind must be 1 to 32 of a-z and '_'"));
        }
        Ok(Self::from(&*name))
    }
}

/// What the door knows about the direction. The centre decides, so that a changed policy can be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum DirectionHint {
    /// The door is an entrance.
    In,
    /// The door is an exit.
    Out,
    /// The door does not know.
    #[default]
    #[serde(other)]
    None,
}

impl DirectionHint {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::None => "none",
        }
    }
}

/// The clock an event was made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Whether the system says that its clock is synchronised.
    pub synced: bool,
    /// Identifies the boot that `monotonic_ms` counts from.
    pub boot_id: String,
    /// Milliseconds since boot, suspended time included.
    pub monotonic_ms: i64,
    /// Centre's clock minus the door's at the last exchange, in ms.
    pub offset_estimate_ms: i64,
    /// Half-width of the interval that the true time lies in, in ms.
    pub error_ms: i64,
}

/// The part that is kept for ever: signed for by the hash chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSkeleton {
    /// Version of this shape.
    pub v: u32,
    /// Unique for ever; the first key of idempotency.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// What the door knows about the direction.
    #[serde(default)]
    pub direction_hint: DirectionHint,
    /// The door's wall clock.
    pub captured_at: UtcMillis,
    /// How far that clock can be believed.
    pub clock: ClockReading,
    /// Name of the model pack that decided.
    pub model_pack: String,
    /// Gallery revision that was compared against.
    pub gallery_revision: i64,
    /// Repeats within the cool-down since this person's last event, counted instead of stored.
    #[serde(default)]
    pub suppressed: u32,
    /// Hex of [`personal_digest`] of the personal part, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_digest: Option<String>,
}

/// How sure the door was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Pooled similarity to the best person (cosine, −1 to 1).
    pub score: f32,
    /// Best person's score minus the next person's.
    pub margin: f32,
    /// Independent frames that agreed.
    pub frames: u32,
    /// Probability of a live presentation (0 to 1), where it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<f32>,
    /// Best face quality over the track (0 to 1).
    pub quality: f32,
}

/// The part that says who: it can be erased on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalPart {
    /// Who, when somebody was identified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// How sure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Why a face was refused, as codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// SHA-256(salt ‖ part). The salt keeps a short part from being guessed from its digest once the part is
/// erased.
#[must_use]
pub fn personal_digest(salt: &[u8; 32], part: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(part).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_survives_and_a_hostile_one_does_not() {
        let kind: EventKind = serde_json::from_str("\"drone_landed\"").unwrap();
        assert_eq!(kind, EventKind::Other("drone_landed".into()));
        assert_eq!(serde_json::to_string(&kind).unwrap(), "\"drone_landed\"");
        for bad in ["\"\"", "\"A\"", "\"a b\"", "\"<script>\"", "7", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""]
        {
            assert!(serde_json::from_str::<EventKind>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn unknown_fields_are_ignored_so_that_a_newer_door_can_talk() {
        let json = serde_json::json!({
            "v": 1, "id": "01890a5d-ac96-774b-bcce-b302099a8057", "kind": "punch", "captured_at": 5,
            "direction_hint": "sideways", "model_pack": "p", "gallery_revision": 3, "new_field": {"x": 1},
            "clock": {"synced": true, "boot_id": "b", "monotonic_ms": 1, "offset_estimate_ms": 0, "error_ms": 9, "n": 0},
        });
        let event: EventSkeleton = serde_json::from_value(json).unwrap();
        assert_eq!(event.direction_hint, DirectionHint::None);
        assert_eq!(event.personal_digest, None);
    }

    #[test]
    fn the_digest_depends_on_salt_and_part() {
        let one = personal_digest(&[0; 32], b"a");
        assert_ne!(one, personal_digest(&[1; 32], b"a"));
        assert_ne!(one, personal_digest(&[0; 32], b"b"));
    }
}
