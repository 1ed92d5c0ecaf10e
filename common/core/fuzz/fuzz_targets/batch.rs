//! What comes over the wire: batches, events within them, acks, galleries, heartbeats. Read or refused; what
//! was read is written and read again to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintel_core::ack::SignedAck;
use lintel_core::event::{EventSkeleton, PersonalPart};
use lintel_core::gallery::{GalleryDelta, SealedDelta};
use lintel_core::join::{JoinAnswer, JoinRequest};
use lintel_core::sign::SigningKey;
use lintel_core::wire::{EventBatch, GalleryConfirmation, GalleryNotice, Heartbeat, HeartbeatAnswer};
use serde_json::from_slice;

fuzz_target!(|data: &[u8]| {
    if let Ok(batch) = from_slice::<EventBatch>(data) {
        for event in &batch.events {
            drop(serde_json::from_str::<EventSkeleton>(event.payload.get()));
            if let Some(personal) = &event.personal {
                drop(serde_json::from_str::<PersonalPart>(personal.part.get()));
            }
        }
        let written = serde_json::to_vec(&batch).expect("what was read can be written");
        let again: EventBatch = from_slice(&written).expect("what was written can be read");
        assert_eq!(serde_json::to_vec(&again).expect("again"), written);
    }
    if let Ok(skeleton) = from_slice::<EventSkeleton>(data) {
        let written = serde_json::to_vec(&skeleton).expect("what was read can be written");
        assert!(from_slice::<EventSkeleton>(&written).is_ok());
    }
    if let Ok(ack) = from_slice::<SignedAck>(data) {
        let key = SigningKey::from_seed(&[7; 32]).verifying_key();
        assert!(ack.verify(&key).is_err(), "an ack is believed without the key");
    }
    drop(from_slice::<PersonalPart>(data));
    drop(from_slice::<GalleryDelta>(data));
    drop(from_slice::<SealedDelta>(data));
    drop(from_slice::<JoinRequest>(data));
    drop(from_slice::<JoinAnswer>(data));
    drop(from_slice::<Heartbeat>(data));
    drop(from_slice::<HeartbeatAnswer>(data));
    drop(from_slice::<GalleryConfirmation>(data));
    drop(from_slice::<GalleryNotice>(data));
});
