//! What must not get in, and what is kept of it.

use lintel_central::ingest::AcceptError;
use lintel_central::store::events;
use lintel_core::ack::RejectReason;
use lintel_core::event::EventKind;
use lintel_core::limits::{MAX_BATCH_EVENTS, MAX_PACKET_BYTES};
use lintel_core::wire::WireEvent;
use serde_json::value::RawValue;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World};

fn altered(event: &WireEvent) -> WireEvent {
    let payload = event.payload.get().replace("lintel-1", "lintel-2");
    WireEvent { payload: RawValue::from_string(payload).unwrap(), ..event.clone() }
}

on_both! {
    async fn an_altered_payload_is_rejected_and_kept(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let first = altered(&door.event(EventKind::Unknown, None, MORNING));
        let second = door.event(EventKind::Unknown, None, MORNING);
        let done = world.take(&device, &door, &[first.clone(), second]).await;
        assert_eq!(done.body.rejected[0].reason, RejectReason::BadHash);
        // The door must be able to go on.
        assert_eq!((done.body.through_seq, done.body.head_hash), (2, door.head()));
        let mut tx = world.db.read().await.unwrap();
        let kept = events::list_rejected(&mut tx, &device.device_id).await.unwrap();
        assert_eq!(kept[0].payload, first.payload.get().as_bytes());
        assert_eq!(events::count(&mut tx).await.unwrap(), 1);
        drop(tx);
        // Sent again it is rejected again, and kept once.
        let again = world.take(&device, &door, &[first]).await;
        assert_eq!(again.body.rejected.len(), 1);
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(events::list_rejected(&mut tx, &device.device_id).await.unwrap().len(), 1);
    }

    async fn the_right_event_after_an_altered_one_takes_its_place(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let right = door.event(EventKind::Unknown, None, MORNING);
        let next = door.event(EventKind::Unknown, None, MORNING);
        world.take(&device, &door, &[altered(&right), next]).await;
        let done = world.take(&device, &door, &[right]).await;
        assert_eq!((done.stored, done.body.through_seq, done.body.head_hash), (1, 2, door.head()));
        let rows = events::ledger(&mut world.db.read().await.unwrap(), &device.device_id).await.unwrap();
        assert!(rows.iter().all(|row| row.chain_state == "ok"));
    }

    async fn a_future_clock_is_quarantined_and_acked(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let ahead = door.event(EventKind::Punch, Some(uuid::Uuid::nil().into()), MORNING.plus_millis(25 * 3_600_000));
        let behind = door.event(EventKind::Punch, None, MORNING.plus_millis(-400 * 86_400_000));
        let done = world.take(&device, &door, &[ahead, behind]).await;
        assert_eq!((done.stored, done.quarantined, done.body.through_seq), (2, 2, 2));
        let rows = events::ledger(&mut world.db.read().await.unwrap(), &device.device_id).await.unwrap();
        assert_eq!(rows[0].reason.as_deref(), Some("clock_ahead"));
        assert_eq!(rows[1].reason.as_deref(), Some("clock_behind"));
        assert!(rows.iter().all(|row| row.status == "quarantined"));
    }

    async fn an_unknown_kind_is_stored(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let event = door.event(EventKind::Other("drone_landed".into()), None, MORNING);
        assert_eq!(world.take(&device, &door, &[event]).await.stored, 1);
        let seen = events::list_newest(&mut world.db.read().await.unwrap(), 5).await.unwrap();
        assert_eq!(seen[0].kind, EventKind::Other("drone_landed".into()));
    }

    async fn another_event_at_a_taken_place_or_with_a_taken_id_is_a_conflict(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let first = door.event(EventKind::Unknown, None, MORNING);
        world.take(&device, &door, std::slice::from_ref(&first)).await;
        let mut twin = Door::new(&device.device_id);
        twin.stream = door.stream;
        let other = twin.event(EventKind::Unknown, None, MORNING);
        let done = world.take(&device, &twin, &[other]).await;
        assert_eq!(done.body.rejected[0].reason, RejectReason::Conflict);
        assert_eq!((done.body.through_seq, done.body.head_hash), (1, first.hash));

        let skeleton: serde_json::Value = serde_json::from_str(first.payload.get()).unwrap();
        let copy = door.link(&skeleton);
        let done = world.take(&device, &door, &[copy]).await;
        assert_eq!(done.body.rejected[0].reason, RejectReason::Conflict);
        assert_eq!(done.body.through_seq, 2);
    }

    async fn a_swapped_personal_part_and_a_shapeless_payload_are_rejected(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let mut swapped = door.punch(uuid::Uuid::nil().into(), MORNING);
        let donor = Door::new(&device.device_id).punch(uuid::Uuid::max().into(), MORNING);
        swapped.personal = donor.personal;
        let shapeless = door.link(&serde_json::json!({"hello": "world"}));
        let big = door.link(&serde_json::json!({"x": "y".repeat(9_000)}));
        let done = world.take(&device, &door, &[swapped, shapeless, big]).await;
        let reasons: Vec<RejectReason> = done.body.rejected.iter().map(|rejection| rejection.reason).collect();
        assert_eq!(reasons, [RejectReason::PersonalMismatch, RejectReason::Malformed, RejectReason::TooLarge]);
        assert_eq!(done.body.through_seq, 3);
    }

    async fn an_unreadable_batch_is_refused_with_what_is_wrong(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let event = door.event(EventKind::Unknown, None, MORNING);
        let refused = async |bytes: &[u8]| world.accept(&device, bytes).await.unwrap_err();
        assert!(matches!(refused(b"not json").await, AcceptError::Malformed(_)));
        assert!(matches!(refused(b"").await, AcceptError::Malformed(_)));
        let huge = vec![b' '; MAX_PACKET_BYTES + 1];
        assert!(matches!(refused(&huge).await, AcceptError::TooLarge { .. }));
        let many = vec![event.clone(); MAX_BATCH_EVENTS + 1];
        let bytes = door.batch(&many);
        assert!(matches!(refused(&bytes).await, AcceptError::TooMany { .. } | AcceptError::TooLarge { .. }));
        let other = world.device("door-2", "berlin").await;
        let claimed = world.accept(&other, &door.batch(&[event])).await.unwrap_err();
        assert!(matches!(claimed, AcceptError::DeviceMismatch { .. }), "{claimed}");
        assert_eq!(events::count(&mut world.db.read().await.unwrap()).await.unwrap(), 0);
    }
}
