//! From what happened to the bytes that are hashed, stored and sent.

use lintel_core::chain::{Hash, event_hash};
use lintel_core::event::{
    ClockReading, DirectionHint, EVENT_VERSION, EventKind, EventSkeleton, PersonalPart, personal_digest,
};
use lintel_core::ids::{DeviceId, EventId, StreamId};
use lintel_core::limits::{MAX_EVENT_BYTES, MAX_PERSONAL_BYTES};
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::random_bytes;

use super::OutboxError;

/// An event before it has a place.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDraft {
    /// What happened.
    pub kind: EventKind,
    /// What the door knows about the direction.
    pub direction_hint: DirectionHint,
    /// The door's wall clock.
    pub captured_at: UtcMillis,
    /// How far that clock can be believed.
    pub clock: ClockReading,
    /// The pack that decided.
    pub model_pack: String,
    /// The gallery that was compared against.
    pub gallery_revision: i64,
    /// Repeats since this person's last event.
    pub suppressed: u32,
    /// Who, and how sure.
    pub personal: Option<PersonalPart>,
}

/// An event with its place and hash, as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) seq: u64,
    pub(super) event_id: EventId,
    pub(super) kind: EventKind,
    pub(super) prev: Hash,
    pub(super) hash: Hash,
    pub(super) payload: String,
    pub(super) personal: Option<(Hash, String)>,
}

/// What a row takes of the bound beside its texts: hashes, numbers and the page's own frame, in bytes.
pub(super) const ROW_OVERHEAD_BYTES: u64 = 200;

impl Row {
    /// Bytes that this row takes of the bound.
    pub(super) fn size(&self) -> u64 {
        let part = self.personal.as_ref().map_or(0, |(_, part)| part.len());
        u64::try_from(self.payload.len() + part).unwrap_or(u64::MAX).saturating_add(ROW_OVERHEAD_BYTES)
    }
}

impl EventDraft {
    /// Writes the event for its place. The salt and the id are drawn here.
    pub(super) fn place(
        &self,
        device: &DeviceId,
        stream: StreamId,
        seq: u64,
        prev: Hash,
    ) -> Result<Row, OutboxError> {
        let personal = match &self.personal {
            Some(part) => Some((Hash::from_bytes(random_bytes()?), json(part)?)),
            None => None,
        };
        if personal.as_ref().is_some_and(|(_, part)| part.len() > MAX_PERSONAL_BYTES) {
            return Err(OutboxError::Event(format!("its personal part is over {MAX_PERSONAL_BYTES} bytes")));
        }
        let event_id = EventId::new(self.captured_at, &random_bytes()?);
        let digest = personal.as_ref().map(|(salt, part)| {
            Hash::from_bytes(personal_digest(salt.as_bytes(), part.as_bytes())).to_string()
        });
        let payload = json(&EventSkeleton {
            v: EVENT_VERSION,
            id: event_id,
            kind: self.kind.clone(),
            direction_hint: self.direction_hint,
            captured_at: self.captured_at,
            clock: self.clock.clone(),
            model_pack: self.model_pack.clone(),
            gallery_revision: self.gallery_revision,
            suppressed: self.suppressed,
            personal_digest: digest,
        })?;
        if payload.len() + MAX_PERSONAL_BYTES > MAX_EVENT_BYTES {
            return Err(OutboxError::Event(format!("it is over {MAX_EVENT_BYTES} bytes")));
        }
        let hash = event_hash(device, stream, seq, &prev, payload.as_bytes());
        Ok(Row { seq, event_id, kind: self.kind.clone(), prev, hash, payload, personal })
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, OutboxError> {
    serde_json::to_string(value).map_err(|error| OutboxError::Event(error.to_string()))
}
