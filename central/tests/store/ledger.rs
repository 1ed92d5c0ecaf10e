//! Delivery: twice, out of order, many at once; always the same ledger.

use lintel_central::store::events::{self, LedgerRow};
use lintel_core::event::EventKind;
use lintel_core::wire::WireEvent;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::door::Door;
use crate::on_both;
use crate::world::{MORNING, World};

async fn ledger(world: &World, device: &lintel_central::devices::Device) -> Vec<LedgerRow> {
    events::ledger(&mut world.db.read().await.unwrap(), &device.device_id).await.unwrap()
}

fn punches(door: &mut Door, count: u64) -> Vec<WireEvent> {
    (0..count)
        .map(|n| {
            let person = uuid::Uuid::from_u128(u128::from(n % 3)).into();
            door.punch(person, MORNING.plus_millis(i64::try_from(n).unwrap() * 1000))
        })
        .collect()
}

/// Sends batches and compares with what in-order delivery of all events gives.
async fn delivered_as(world: &World, name: &str, count: u64, order: &[Vec<usize>]) {
    let device = world.device(name, "berlin").await;
    let mut door = Door::new(&device.device_id);
    let events = punches(&mut door, count);
    let mut last = None;
    for batch in order {
        let some: Vec<WireEvent> = batch.iter().map(|at| events[*at].clone()).collect();
        last = Some(world.take(&device, &door, &some).await);
    }
    let rows = ledger(world, &device).await;
    let seqs: Vec<u64> = rows.iter().map(|row| row.seq).collect();
    assert_eq!(seqs, (1..=count).collect::<Vec<_>>());
    for (row, event) in rows.iter().zip(&events) {
        assert_eq!(row.payload, event.payload.get().as_bytes());
        assert_eq!((row.status.as_str(), row.chain_state.as_str()), ("accepted", "ok"), "{}", row.seq);
        assert!(row.person_id.is_some());
    }
    let body = last.unwrap().body;
    assert_eq!((body.through_seq, body.head_hash), (count, door.head()));
    assert!(body.rejected.is_empty());
}

on_both! {
    async fn duplicated_and_reordered_delivery_gives_the_same_ledger(world: World) {
        let turned: Vec<Vec<usize>> = vec![vec![7, 8, 9], vec![4, 4, 3], vec![9, 0], vec![1, 2, 5, 6], vec![0, 9]];
        delivered_as(&world, "door-1", 10, &turned).await;
    }

    async fn a_duplicate_is_acked_again_and_named(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let events = punches(&mut door, 3);
        let first = world.take(&device, &door, &events).await;
        assert_eq!((first.stored, first.body.through_seq), (3, 3));
        let again = world.take(&device, &door, &events).await;
        assert_eq!((again.stored, again.body.through_seq), (0, 3));
        assert_eq!(again.body.duplicate, [1, 2, 3]);
        assert_eq!(again.ack.verify(&world.keys.ack.verifying_key()).unwrap(), again.body);
    }

    async fn the_watermark_waits_for_the_gap_and_then_passes_it(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let events = punches(&mut door, 4);
        assert_eq!(world.take(&device, &door, &events[..1]).await.body.through_seq, 1);
        let late = world.take(&device, &door, &events[2..]).await;
        assert_eq!(late.body.through_seq, 1);
        assert_eq!(late.body.head_hash, events[0].hash);
        assert_eq!(ledger(&world, &device).await[1].chain_state, "pending");
        assert_eq!(world.take(&device, &door, &events[1..2]).await.body.through_seq, 4);
        assert!(ledger(&world, &device).await.iter().all(|row| row.chain_state == "ok"));
    }

    async fn an_empty_batch_asks_for_the_watermark(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let events = punches(&mut door, 2);
        assert_eq!(world.take(&device, &door, &[]).await.body.through_seq, 0);
        world.take(&device, &door, &events).await;
        let asked = world.take(&device, &door, &[]).await.body;
        assert_eq!((asked.through_seq, asked.head_hash), (2, door.head()));
    }

    async fn a_removed_link_shows_as_broken(world: World) {
        let device = world.device("door-1", "berlin").await;
        let mut door = Door::new(&device.device_id);
        let mut events = punches(&mut door, 2);
        // A door that lost its second event and numbered on: the third links to what never came.
        let third = door.event(EventKind::Unknown, None, MORNING);
        let mut forged = Door::new(&device.device_id);
        forged.stream = door.stream;
        punches(&mut forged, 1);
        events[1] = forged.event(EventKind::Unknown, None, MORNING);
        world.take(&device, &door, &events).await;
        world.take(&device, &door, &[third]).await;
        let states: Vec<String> = ledger(&world, &device).await.into_iter().map(|row| row.chain_state).collect();
        assert_eq!(states, ["ok", "broken", "broken"]);
    }

    async fn four_hundred_concurrent_writers_lose_nothing(world: World) {
        let mut writers = tokio::task::JoinSet::new();
        let device = world.device("door-1", "berlin").await;
        for _ in 0..400 {
            let (world, device) = (world.clone(), device.clone());
            writers.spawn(async move {
                let mut door = Door::new(&device.device_id);
                let events = punches(&mut door, 2);
                world.take(&device, &door, &events).await.body.through_seq
            });
        }
        let through = writers.join_all().await;
        assert!(through.iter().all(|seq| *seq == 2));
        let mut tx = world.db.read().await.unwrap();
        assert_eq!(events::count(&mut tx).await.unwrap(), 800);
        assert_eq!(events::newest(&mut tx).await.unwrap(), 800);
    }

    async fn any_order_and_repetition_of_batches_gives_the_same_rows_and_watermark(world: World) {
        let handle = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
            let case = std::cell::Cell::new(0);
            runner
                .run(&orders(), |order| {
                    case.set(case.get() + 1);
                    handle.block_on(delivered_as(&world, &format!("door-{}", case.get()), 12, &order));
                    Ok(())
                })
                .unwrap();
        })
        .await
        .unwrap();
    }
}

/// Twelve events cut into batches, shuffled, some sent twice.
fn orders() -> impl Strategy<Value = Vec<Vec<usize>>> {
    let shuffled = Just((0..12).chain([0, 3, 5, 11]).collect::<Vec<usize>>()).prop_shuffle();
    (shuffled, 1_usize..6).prop_map(|(all, size)| all.chunks(size).map(<[usize]>::to_vec).collect())
}
