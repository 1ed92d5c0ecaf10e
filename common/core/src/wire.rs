//! Messages between door and centre, version 1. The same bodies travel over MQTT and HTTPS.
//!
//! | road | message | answer |
//! |---|---|---|
//! | `POST /device/v1/events` or topic `events` | [`EventBatch`] | [`crate::ack::SignedAck`] (topic `acks`) |
//! | `POST /device/v1/heartbeat` | [`Heartbeat`] | [`HeartbeatAnswer`] |
//! | `GET /device/v1/gallery?since=N` | | [`crate::gallery::SealedDelta`], or 204 when nothing is newer |
//! | `POST /device/v1/gallery/confirm` | [`GalleryConfirmation`] | 204 |
//!
//! HTTPS requests carry `Authorization: Bearer <device token>`; the device id in a body must be the
//! token's. Errors are RFC 9457 problem documents. Unknown fields are ignored on both sides.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::chain::Hash;
use crate::ids::{DeviceId, StreamId};
use crate::time::UtcMillis;

/// Events of one stream, in ascending order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventBatch {
    /// Version of this shape: 1.
    pub v: u32,
    /// Whose.
    pub device_id: DeviceId,
    /// Which outbox.
    pub stream: StreamId,
    /// What came before this stream; said until the first ack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<Predecessor>,
    /// The oldest place that the outbox still holds, said when the batch begins with it and older ones were
    /// purged: a centre that lacks those, because it was restored, must not wait for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<u64>,
    /// The events; at most [`crate::limits::MAX_BATCH_EVENTS`].
    pub events: Vec<WireEvent>,
}

/// What came before a stream on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Predecessor {
    /// Nothing: the device is new.
    None,
    /// An outbox that was closed in good order.
    Stream {
        /// Its id.
        stream: StreamId,
        /// Its last sequence number.
        last_seq: u64,
        /// Its last hash.
        last_hash: Hash,
    },
    /// An outbox that can't be read any more.
    Lost,
}

/// One event with its place in the stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WireEvent {
    /// Its place, from 1 without a gap.
    pub seq: u64,
    /// Hash of the event before it.
    pub prev_hash: Hash,
    /// [`crate::chain::event_hash`] of this event.
    pub hash: Hash,
    /// [`crate::event::EventSkeleton`] as JSON, byte for byte what was hashed.
    pub payload: Box<RawValue>,
    /// The personal part, until it is erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<WirePersonal>,
}

/// A personal part with the salt of its digest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WirePersonal {
    /// 32 random bytes, hexadecimal.
    pub salt: Hash,
    /// [`crate::event::PersonalPart`] as JSON, byte for byte what was digested.
    pub part: Box<RawValue>,
}

/// How a device is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Whose.
    pub device_id: DeviceId,
    /// Its present outbox.
    pub stream: StreamId,
    /// Highest sequence number appended.
    pub last_seq: u64,
    /// Appended, not yet acked.
    pub backlog: u64,
    /// Instant up to which the door has recorded everything it saw.
    pub recorded_through: UtcMillis,
    /// The door's wall clock when it sent this.
    pub sent_at: UtcMillis,
    /// Gallery revision in use.
    pub gallery_revision: i64,
    /// Model pack in use.
    pub model_pack: String,
    /// The public key that galleries are sealed to (X25519, base64).
    pub gallery_public_key: String,
    /// Program version.
    pub version: String,
    /// Whether it sees anything; older doors don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraHealth>,
}

/// What a door says of its camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraHealth {
    /// Pictures come, or it is being opened for the first time.
    Well,
    /// It can't be opened or gives no pictures; the door tries again and again.
    Failed,
    /// A recording in its place is over.
    Ended,
}

impl CameraHealth {
    /// The name in messages and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Failed => "failed",
            Self::Ended => "ended",
        }
    }
}

/// The centre's answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// The centre's clock, and its signature by the ack key over the decimal digits.
    pub central_time: UtcMillis,
    /// Signature of `central_time`.
    pub central_time_sig: String,
    /// Newest gallery revision of this device's scope.
    pub gallery_revision: i64,
}

/// A device says which gallery it now matches against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryConfirmation {
    /// Whose.
    pub device_id: DeviceId,
    /// The revision in use.
    pub revision: i64,
    /// Templates in use.
    pub templates: u64,
}

/// Retained on the gallery topic: pull when this is newer than what you have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryNotice {
    /// Newest revision of the device's scope.
    pub revision: i64,
}

/// Retained on the status topic; `online: false` is the last will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatus {
    /// Whether the device is connected.
    pub online: bool,
    /// Program version.
    pub version: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WIRE: &str = concat!(
        r#"{"v":1,"device_id":"door-1","stream":"01890a5d-ac96-774b-bcce-b302099a8057","predecessor":{"kind":"lost"},"#,
        r#""events":[{"seq":1,"prev_hash":"0000000000000000000000000000000000000000000000000000000000000000","#,
        r#""hash":"0000000000000000000000000000000000000000000000000000000000000001","payload":{ "b" : 1.50,"a":"\u00e4"},"#,
        r#""personal":{"salt":"0000000000000000000000000000000000000000000000000000000000000002","part":{"x":1e3}}}]}"#,
    );

    #[test]
    fn a_batch_keeps_the_payload_byte_for_byte() {
        let batch: EventBatch = serde_json::from_str(WIRE).unwrap();
        assert_eq!(batch.events[0].payload.get(), r#"{ "b" : 1.50,"a":"\u00e4"}"#);
        assert_eq!(serde_json::to_string(&batch).unwrap(), WIRE);
    }

    /// Whatever is read can be written, and reads the same again.
    fn settles(bytes: &[u8]) -> bool {
        let Ok(batch) = serde_json::from_slice::<EventBatch>(bytes) else { return true };
        let written = serde_json::to_vec(&batch).unwrap();
        let again: EventBatch = serde_json::from_slice(&written).unwrap();
        serde_json::to_vec(&again).unwrap() == written
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_or_read_and_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
            cut in any::<prop::sample::Index>(),
        ) {
            prop_assert!(settles(&bytes));
            let mut near = WIRE.as_bytes().to_vec();
            for (at, to) in flips {
                let at = at.index(near.len());
                near[at] = to;
            }
            prop_assert!(settles(&near));
            let half = &WIRE.as_bytes()[..cut.index(WIRE.len())];
            prop_assert!(serde_json::from_slice::<EventBatch>(half).is_err(), "half a batch was read");
        }

        #[test]
        fn deep_and_wide_nonsense_does_not_take_the_stack(depth in 0_usize..20_000, open in "[\\[{]") {
            let payload = open.repeat(depth);
            let text = WIRE.replacen(r#"{ "b" : 1.50,"a":"\u00e4"}"#, &payload, 1);
            prop_assert!(serde_json::from_str::<EventBatch>(&text).is_err());
        }
    }
}
