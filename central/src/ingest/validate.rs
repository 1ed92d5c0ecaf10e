//! What a door sent, read without copying and judged event by event.
//!
//! A batch that can't be read at all is an error for its sender; a single bad event is rejected for good
//! and kept, so that it can't hold up those behind it. Pure: the instant comes in as an argument.

use lintel_core::ack::RejectReason;
use lintel_core::chain::{Hash, event_hash};
use lintel_core::event::{EventSkeleton, PersonalPart, personal_digest};
use lintel_core::ids::{DeviceId, EventId, PersonId, StreamId};
use lintel_core::limits::{MAX_BATCH_EVENTS, MAX_EVENT_BYTES, MAX_PACKET_BYTES, MAX_PERSONAL_BYTES};
use lintel_core::time::UtcMillis;
use lintel_core::wire::Predecessor;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::AcceptError;

/// The batch's frame, borrowing from the received bytes; the same shape as
/// [`lintel_core::wire::EventBatch`].
#[derive(Debug, Deserialize)]
pub(super) struct Batch<'a> {
    pub(super) v: u32,
    pub(super) device_id: DeviceId,
    pub(super) stream: StreamId,
    #[serde(default)]
    pub(super) predecessor: Option<Predecessor>,
    #[serde(default)]
    pub(super) oldest: Option<u64>,
    #[serde(borrow)]
    pub(super) events: Vec<Sent<'a>>,
}

/// One event as sent.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Sent<'a> {
    pub(super) seq: u64,
    pub(super) prev_hash: Hash,
    pub(super) hash: Hash,
    #[serde(borrow)]
    pub(super) payload: &'a RawValue,
    #[serde(borrow, default)]
    pub(super) personal: Option<SentPersonal<'a>>,
}

/// The personal part as sent.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct SentPersonal<'a> {
    pub(super) salt: Hash,
    #[serde(borrow)]
    pub(super) part: &'a RawValue,
}

/// An event that can be stored.
#[derive(Debug)]
pub(super) struct Good<'a> {
    pub(super) sent: Sent<'a>,
    pub(super) skeleton: EventSkeleton,
    pub(super) person: Option<PersonId>,
    pub(super) corrected_at: UtcMillis,
    pub(super) quarantine: Option<Quarantine>,
}

/// An event that never can.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bad {
    pub(super) id: Option<EventId>,
    pub(super) reason: RejectReason,
}

/// Why an event is stored but not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quarantine {
    /// It claims to lie in the future.
    ClockAhead,
    /// It claims to be older than this program.
    ClockBehind,
}

impl Quarantine {
    /// The code in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::ClockAhead => "clock_ahead",
            Self::ClockBehind => "clock_behind",
        }
    }
}

/// A door's clock may be ahead by a day: enough for a wrong zone, not for a wrong month.
const MAX_AHEAD_MS: i64 = 24 * 3600 * 1000;
/// 2026-01-01T00:00:00Z: no event is older than the program that made it.
const EARLIEST: UtcMillis = UtcMillis::from_i64(1_767_225_600_000);

/// Reads a batch, limits first.
pub(super) fn read<'a>(bytes: &'a [u8], device: &DeviceId) -> Result<Batch<'a>, AcceptError> {
    if bytes.len() > MAX_PACKET_BYTES {
        return Err(AcceptError::TooLarge { size_bytes: bytes.len() });
    }
    let batch: Batch<'a> = serde_json::from_slice(bytes).map_err(AcceptError::Malformed)?;
    if batch.v != 1 {
        return Err(AcceptError::Version(batch.v));
    }
    if batch.device_id != *device {
        return Err(AcceptError::DeviceMismatch { claimed: batch.device_id, authenticated: device.clone() });
    }
    if batch.events.len() > MAX_BATCH_EVENTS {
        return Err(AcceptError::TooMany { count: batch.events.len() });
    }
    Ok(batch)
}

/// Judges one event.
pub(super) fn check<'a>(
    device: &DeviceId,
    stream: StreamId,
    sent: Sent<'a>,
    now: UtcMillis,
) -> Result<Good<'a>, Bad> {
    let bad = |reason| Bad { id: None, reason };
    let payload = sent.payload.get();
    let part = sent.personal.map_or("", |personal| personal.part.get());
    if payload.len() + part.len() > MAX_EVENT_BYTES || part.len() > MAX_PERSONAL_BYTES {
        return Err(bad(RejectReason::TooLarge));
    }
    if !is_place(sent.seq) {
        return Err(bad(RejectReason::Malformed));
    }
    if event_hash(device, stream, sent.seq, &sent.prev_hash, payload.as_bytes()) != sent.hash {
        return Err(bad(RejectReason::BadHash));
    }
    let skeleton: EventSkeleton = serde_json::from_str(payload).map_err(|_| bad(RejectReason::Malformed))?;
    let person = match person_of(&skeleton, sent.personal) {
        Ok(person) => person,
        Err(reason) => return Err(Bad { id: Some(skeleton.id), reason }),
    };
    let corrected_at = corrected(&skeleton);
    let quarantine = if corrected_at.millis_since(now) > MAX_AHEAD_MS {
        Some(Quarantine::ClockAhead)
    } else if corrected_at < EARLIEST {
        Some(Quarantine::ClockBehind)
    } else {
        None
    };
    Ok(Good { sent, skeleton, person, corrected_at, quarantine })
}

/// Whether a sequence number is a place in a stream: from 1, within the database's range.
pub(super) const fn is_place(seq: u64) -> bool {
    seq >= 1 && seq < i64::MAX as u64
}

/// How wrong a clock may be and still count as set, ms.
const CLOCK_ERROR_MS: i64 = 60_000;

/// Whether the clock is known to within a minute: the system says that it is synchronised, or the door has
/// compared it with central's signed time.
pub(super) fn clock_is_known(skeleton: &EventSkeleton) -> bool {
    skeleton.clock.synced || (0..=CLOCK_ERROR_MS).contains(&skeleton.clock.error_ms)
}

/// The error of a clock that nobody knows, ms: more than a day ahead is quarantined anyway.
const UNKNOWN_CLOCK_MS: i64 = 24 * 3600 * 1000;

/// How far the true time may lie from the corrected one, ms. A synchronised clock is believed.
pub(super) fn clock_error_ms(skeleton: &EventSkeleton) -> i64 {
    match (skeleton.clock.synced, skeleton.clock.error_ms) {
        (true, _) => 0,
        (false, error) if error >= 0 => error.min(UNKNOWN_CLOCK_MS),
        (false, _) => UNKNOWN_CLOCK_MS,
    }
}

/// A synchronised clock is believed; another one is moved by what the door measured at its last exchange.
fn corrected(skeleton: &EventSkeleton) -> UtcMillis {
    if skeleton.clock.synced {
        skeleton.captured_at
    } else {
        skeleton.captured_at.plus_millis(skeleton.clock.offset_estimate_ms)
    }
}

fn person_of(
    skeleton: &EventSkeleton,
    personal: Option<SentPersonal<'_>>,
) -> Result<Option<PersonId>, RejectReason> {
    // A digest without its part is fine: the part was erased at the door.
    let Some(personal) = personal else { return Ok(None) };
    let part = personal.part.get();
    let claimed = skeleton.personal_digest.as_deref().and_then(Hash::parse_hex);
    let digest = Hash::from_bytes(personal_digest(personal.salt.as_bytes(), part.as_bytes()));
    if claimed != Some(digest) {
        return Err(RejectReason::PersonalMismatch);
    }
    let part: PersonalPart = serde_json::from_str(part).map_err(|_| RejectReason::Malformed)?;
    Ok(part.person_id)
}
