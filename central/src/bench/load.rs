//! The events that the bench sends: real chains of real events, and the same rows for the bare insert.
//!
//! Made before any clock runs. Skeleton and personal part are what a door writes for a punch; nothing is
//! made smaller or more alike than it is in use.

use lintel_core::chain::{ChainState, Hash, event_hash};
use lintel_core::event::{
    ClockReading, DirectionHint, EVENT_VERSION, EventKind, EventSkeleton, Evidence, PersonalPart,
    personal_digest,
};
use lintel_core::ids::{DeviceId, EventId, PersonId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::{EventBatch, Predecessor, WireEvent, WirePersonal};
use lintel_runtime::clock::{ClockError, random_bytes};

use crate::store::ingest::{EventRow, PersonalRow};

/// People who punch: a middling site.
const PEOPLE: usize = 500;
/// A door that is never quiet: one event every four seconds.
const EVERY_MS: i64 = 4_000;

/// Why no events could be made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// An event that can't be written.
    #[error("can't write an event as JSON")]
    Json(#[from] serde_json::Error),
}

/// A stream of events in batches.
#[derive(Debug)]
pub struct Load {
    /// The device that they are from.
    pub device: DeviceId,
    /// Its outbox.
    pub stream: StreamId,
    /// The events of each batch.
    batches: Vec<Vec<Made>>,
}

#[derive(Debug)]
struct Made {
    skeleton: EventSkeleton,
    wire: WireEvent,
    person: PersonId,
}

impl Load {
    /// Makes `events` events that end at `now`, `per_batch` to a batch.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn make(device: &DeviceId, now: UtcMillis, events: u32, per_batch: u32) -> Result<Self, LoadError> {
        let stream = StreamId::new(now, &random_bytes()?);
        let people: Vec<PersonId> = (0..PEOPLE)
            .map(|_| Ok(PersonId::new(now, &random_bytes()?)))
            .collect::<Result<_, ClockError>>()?;
        let boot_id = uuid::Uuid::from_bytes(random_bytes()?).to_string();
        let begin = now.plus_millis(-i64::from(events) * EVERY_MS);
        let mut prev = Hash::GENESIS;
        let mut all = Vec::with_capacity(usize::try_from(events).unwrap_or(0));
        for (seq, person) in (1..=events).zip(people.iter().cycle()) {
            let at = begin.plus_millis(i64::from(seq) * EVERY_MS);
            let made = make_one(device, stream, u64::from(seq), prev, at, *person, &boot_id)?;
            prev = made.wire.hash;
            all.push(made);
        }
        let per_batch = usize::try_from(per_batch.max(1)).unwrap_or(1);
        let mut batches = Vec::new();
        while !all.is_empty() {
            let rest = all.split_off(per_batch.min(all.len()));
            batches.push(std::mem::replace(&mut all, rest));
        }
        Ok(Self { device: device.clone(), stream, batches })
    }

    /// Mean bytes of payload and personal part of an event.
    #[must_use]
    pub fn mean_body_bytes(&self) -> usize {
        let sizes = self.batches.iter().flatten().map(|made| {
            made.wire.payload.get().len() + made.wire.personal.as_ref().map_or(0, |p| p.part.get().len())
        });
        let (count, sum) = sizes.fold((0, 0), |(count, sum), size| (count + 1, sum + size));
        sum / count.max(1)
    }

    /// The batches as a door sends them.
    ///
    /// # Errors
    /// [`LoadError::Json`].
    pub fn bodies(&self) -> Result<Vec<Vec<u8>>, LoadError> {
        let write = |made: &Vec<Made>| {
            let batch = EventBatch {
                v: 1,
                device_id: self.device.clone(),
                stream: self.stream,
                predecessor: Some(Predecessor::None),
                oldest: None,
                events: made.iter().map(|made| made.wire.clone()).collect(),
            };
            Ok(serde_json::to_vec(&batch)?)
        };
        self.batches.iter().map(write).collect()
    }

    /// The same as rows, batch by batch, numbered from `first_number`.
    #[must_use]
    pub fn rows(&self, first_number: i64) -> Vec<(Vec<EventRow<'_>>, Vec<PersonalRow<'_>>)> {
        let mut number = first_number;
        self.batches
            .iter()
            .map(|batch| {
                let rows = batch.iter().zip(number..);
                number += i64::try_from(batch.len()).unwrap_or(0);
                rows.map(|(made, ingest_no)| made.rows(ingest_no)).unzip()
            })
            .map(|(events, personal): (Vec<_>, Vec<Option<_>>)| {
                (events, personal.into_iter().flatten().collect())
            })
            .collect()
    }
}

impl Made {
    fn rows(&self, ingest_no: i64) -> (EventRow<'_>, Option<PersonalRow<'_>>) {
        let at = self.skeleton.captured_at;
        let event = EventRow {
            ingest_no,
            event_id: self.skeleton.id,
            seq: self.wire.seq,
            prev_hash: self.wire.prev_hash,
            hash: self.wire.hash,
            kind: self.skeleton.kind.as_str(),
            captured_at: at,
            corrected_at: at,
            clock_synced: true,
            clock_error_ms: 0,
            direction_hint: self.skeleton.direction_hint.as_str(),
            payload: self.wire.payload.get(),
            status: "accepted",
            reason: None,
            chain_state: ChainState::Ok,
        };
        let personal = self.wire.personal.as_ref().map(|personal| PersonalRow {
            ingest_no,
            person_id: Some(self.person),
            corrected_at: at,
            salt: personal.salt,
            part: personal.part.get(),
        });
        (event, personal)
    }
}

fn make_one(
    device: &DeviceId,
    stream: StreamId,
    seq: u64,
    prev_hash: Hash,
    at: UtcMillis,
    person: PersonId,
    boot_id: &str,
) -> Result<Made, LoadError> {
    let part = PersonalPart {
        person_id: Some(person),
        evidence: Some(Evidence {
            score: 0.731,
            margin: 0.312,
            frames: 4,
            liveness: Some(0.97),
            quality: 0.84,
        }),
        reasons: Vec::new(),
    };
    let part = serde_json::value::to_raw_value(&part)?;
    let salt: [u8; 32] = random_bytes()?;
    let digest = Hash::from_bytes(personal_digest(&salt, part.get().as_bytes()));
    let skeleton = EventSkeleton {
        v: EVENT_VERSION,
        id: EventId::new(at, &random_bytes()?),
        kind: EventKind::Punch,
        direction_hint: DirectionHint::None,
        captured_at: at,
        clock: ClockReading {
            synced: true,
            boot_id: boot_id.to_owned(),
            monotonic_ms: i64::try_from(seq).unwrap_or(0) * EVERY_MS,
            offset_estimate_ms: 0,
            error_ms: 20,
        },
        model_pack: "lintel-1".into(),
        gallery_revision: 12,
        suppressed: 0,
        personal_digest: Some(digest.to_string()),
    };
    let payload = serde_json::value::to_raw_value(&skeleton)?;
    let hash = event_hash(device, stream, seq, &prev_hash, payload.get().as_bytes());
    let personal = Some(WirePersonal { salt: Hash::from_bytes(salt), part });
    Ok(Made { skeleton, wire: WireEvent { seq, prev_hash, hash, payload, personal }, person })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_in_one_batch_and_links_to_the_one_before() {
        let device = DeviceId::parse("door-1").unwrap();
        let load = Load::make(&device, UtcMillis::from_i64(1_790_000_000_000), 450, 200).unwrap();
        let bodies = load.bodies().unwrap();
        let mut prev = Hash::GENESIS;
        let mut seq = 0;
        for body in &bodies {
            let batch: EventBatch = serde_json::from_slice(body).unwrap();
            for event in batch.events {
                seq += 1;
                assert_eq!((event.seq, event.prev_hash), (seq, prev));
                prev = event.hash;
            }
        }
        assert_eq!((bodies.len(), seq), (3, 450));
        let rows = load.rows(1);
        assert_eq!(rows.iter().map(|(events, _)| events.len()).collect::<Vec<_>>(), [200, 200, 50]);
        assert_eq!(rows[2].0[49].ingest_no, 450);
        assert_eq!(rows.iter().map(|(_, personal)| personal.len()).sum::<usize>(), 450);
    }
}
