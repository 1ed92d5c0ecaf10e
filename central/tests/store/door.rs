//! A door as the centre sees it: events with a right chain, in batches.

use lintel_core::chain::{Hash, event_hash};
use lintel_core::event::{
    ClockReading, DirectionHint, EVENT_VERSION, EventKind, EventSkeleton, PersonalPart, personal_digest,
};
use lintel_core::ids::{DeviceId, EventId, PersonId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::{EventBatch, Predecessor, WireEvent, WirePersonal};
use serde_json::value::to_raw_value;

/// One outbox.
pub struct Door {
    /// Whose.
    pub device_id: DeviceId,
    /// Which.
    pub stream: StreamId,
    head: Hash,
    seq: u64,
}

impl Door {
    /// A new outbox of a device.
    pub fn new(device_id: &DeviceId) -> Self {
        let stream = StreamId::from(uuid::Uuid::new_v4());
        Self { device_id: device_id.clone(), stream, head: Hash::GENESIS, seq: 0 }
    }

    /// The newest hash.
    pub fn head(&self) -> Hash {
        self.head
    }

    /// A punch of a person.
    pub fn punch(&mut self, person: PersonId, at: UtcMillis) -> WireEvent {
        self.event(EventKind::Punch, Some(person), at)
    }

    /// A punch of a person by a clock of which this is known.
    pub fn punch_by(&mut self, person: PersonId, at: UtcMillis, clock: ClockReading) -> WireEvent {
        self.punch_with(EventId::from(uuid::Uuid::new_v4()), person, at, clock)
    }

    /// The same with an id that is known.
    pub fn punch_with(
        &mut self,
        id: EventId,
        person: PersonId,
        at: UtcMillis,
        clock: ClockReading,
    ) -> WireEvent {
        self.event_by(id, EventKind::Punch, Some(person), at, clock)
    }

    /// An event of any kind.
    pub fn event(&mut self, kind: EventKind, person: Option<PersonId>, at: UtcMillis) -> WireEvent {
        let clock = ClockReading {
            synced: true,
            boot_id: "b".into(),
            monotonic_ms: 1,
            offset_estimate_ms: 0,
            error_ms: 5,
        };
        self.event_by(EventId::from(uuid::Uuid::new_v4()), kind, person, at, clock)
    }

    fn event_by(
        &mut self,
        id: EventId,
        kind: EventKind,
        person: Option<PersonId>,
        at: UtcMillis,
        clock: ClockReading,
    ) -> WireEvent {
        let part = PersonalPart { person_id: person, evidence: None, reasons: Vec::new() };
        let part = to_raw_value(&part).unwrap();
        let salt = Hash::of(uuid::Uuid::new_v4().as_bytes());
        let digest = personal_digest(salt.as_bytes(), part.get().as_bytes());
        let skeleton = EventSkeleton {
            v: EVENT_VERSION,
            id,
            kind,
            direction_hint: DirectionHint::None,
            captured_at: at,
            clock,
            model_pack: "lintel-1".into(),
            gallery_revision: 1,
            suppressed: 0,
            personal_digest: Some(Hash::from_bytes(digest).to_string()),
        };
        let mut event = self.link(&skeleton);
        event.personal = Some(WirePersonal { salt, part });
        event
    }

    /// Any skeleton at the next place, without a personal part.
    pub fn link(&mut self, skeleton: &impl serde::Serialize) -> WireEvent {
        let payload = to_raw_value(skeleton).unwrap();
        self.seq += 1;
        let prev_hash = self.head;
        self.head = event_hash(&self.device_id, self.stream, self.seq, &prev_hash, payload.get().as_bytes());
        WireEvent { seq: self.seq, prev_hash, hash: self.head, payload, personal: None }
    }

    /// A batch as bytes.
    pub fn batch(&self, events: &[WireEvent]) -> Vec<u8> {
        let batch = EventBatch {
            v: 1,
            device_id: self.device_id.clone(),
            stream: self.stream,
            predecessor: Some(Predecessor::None),
            oldest: None,
            events: events.to_vec(),
        };
        serde_json::to_vec(&batch).unwrap()
    }
}
