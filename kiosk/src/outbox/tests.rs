//! The promises of the outbox, each as a story over a real file. Nothing here may be lost, marked or
//! deleted but in the one way that is allowed.

mod damage;
mod forgetting;
mod kill;
mod model;
mod salvage;

use lintel_core::ack::{AckBody, RejectReason, Rejection};
use lintel_core::chain::{Hash, event_hash};
use lintel_core::event::{
    ClockReading, DirectionHint, EventKind, EventSkeleton, PersonalPart, personal_digest,
};
use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use lintel_core::wire::{Predecessor, WireEvent};
use lintel_runtime::secrets::SecretString;

use super::*;

const ROOMY: Limits = Limits { max_bytes: 1 << 24, other_per_minute: u32::MAX };

/// A folder with an outbox that can be closed and opened again.
struct Room {
    folder: tempfile::TempDir,
    limits: Limits,
}

impl Room {
    fn new(limits: Limits) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), limits }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("outbox.db")
    }

    fn try_open(&self, key: &SecretString, device: &str) -> Result<(Outbox, Option<PathBuf>), OutboxError> {
        let device = DeviceId::parse(device).unwrap();
        Outbox::open(&self.path(), key, &self.folder.path().join("database.key"), &device, self.limits, at(0))
    }

    fn open(&self) -> Outbox {
        let (outbox, aside) = self.try_open(&key("ab"), "door-1").unwrap();
        assert_eq!(aside, None);
        outbox
    }

    fn look(&self) -> Result<Option<Outbox>, OutboxError> {
        Outbox::open_read_only(
            &self.path(),
            &key("ab"),
            &self.folder.path().join("database.key"),
            self.limits,
        )
    }

    /// Every file with its bytes.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }
}

fn key(byte: &str) -> SecretString {
    SecretString::new(byte.repeat(32))
}

fn at(ms: i64) -> UtcMillis {
    UtcMillis::from_i64(1_700_000_040_000 + ms)
}

fn draft(kind: EventKind) -> EventDraft {
    let reasons = vec!["a_reason".to_owned()];
    EventDraft {
        kind,
        direction_hint: DirectionHint::In,
        captured_at: at(0),
        clock: ClockReading {
            synced: true,
            boot_id: "b".into(),
            monotonic_ms: 1,
            offset_estimate_ms: 0,
            error_ms: 1,
        },
        model_pack: "p".into(),
        gallery_revision: 1,
        suppressed: 0,
        personal: Some(PersonalPart { person_id: None, evidence: None, reasons }),
    }
}

fn punch() -> EventDraft {
    draft(EventKind::Punch)
}

fn too_large() -> EventDraft {
    let reasons = vec!["x".repeat(lintel_core::limits::MAX_PERSONAL_BYTES)];
    EventDraft { personal: Some(PersonalPart { person_id: None, evidence: None, reasons }), ..punch() }
}

fn waiting(outbox: &Outbox) -> Vec<WireEvent> {
    outbox.pending(0, usize::MAX, usize::MAX).unwrap().batch.map(|batch| batch.events).unwrap_or_default()
}

fn ack(outbox: &Outbox, through: u64) -> AckBody {
    let head_hash = waiting(outbox).iter().find(|event| event.seq == through).map(|event| event.hash);
    AckBody {
        device_id: outbox.device().clone(),
        stream: outbox.status().unwrap().stream,
        through_seq: through,
        head_hash: head_hash.unwrap_or(Hash::GENESIS),
        duplicate: vec![],
        rejected: vec![],
        at: at(0),
    }
}

fn ack_all(outbox: &mut Outbox) {
    let ack = ack(outbox, outbox.status().unwrap().last_seq);
    outbox.apply_ack(&ack, at(0)).unwrap();
}

/// Every event links to the one before, hashes as it should, and its personal part fits its digest.
fn assert_chain(outbox: &Outbox, events: &[WireEvent], before: (u64, Hash)) {
    let stream = outbox.status().unwrap().stream;
    let (mut seq, mut prev) = before;
    for event in events {
        let payload = event.payload.get();
        assert_eq!((event.seq, event.prev_hash), (seq + 1, prev));
        assert_eq!(event.hash, event_hash(outbox.device(), stream, event.seq, &prev, payload.as_bytes()));
        let skeleton: EventSkeleton = serde_json::from_str(payload).unwrap();
        let digest = event.personal.as_ref().map(|personal| {
            let digest = personal_digest(personal.salt.as_bytes(), personal.part.get().as_bytes());
            Hash::from_bytes(digest).to_string()
        });
        assert_eq!(skeleton.personal_digest, digest);
        (seq, prev) = (event.seq, event.hash);
    }
}

#[test]
fn reopening_after_any_event_loses_nothing_and_the_chain_goes_on() {
    let room = Room::new(ROOMY);
    for seq in 1..=5 {
        assert_eq!(room.open().append(&punch(), at(0)).unwrap().seq, seq);
    }
    let outbox = room.open();
    assert_eq!(waiting(&outbox).len(), 5);
    assert_chain(&outbox, &waiting(&outbox), (0, Hash::GENESIS));
}

#[test]
fn the_chain_goes_on_after_everything_was_purged_and_the_door_restarted() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    outbox.append(&punch(), at(0)).unwrap();
    let last = waiting(&outbox)[1].hash;
    ack_all(&mut outbox);
    assert_eq!(outbox.purge(at(0)).unwrap(), 0, "acked at that instant, not before it");
    assert_eq!(outbox.purge(at(1)).unwrap(), 2);
    let stream = outbox.status().unwrap().stream;
    drop(outbox);
    let mut outbox = room.open();
    assert_eq!(outbox.status().unwrap().stream, stream);
    assert_eq!(outbox.append(&punch(), at(0)).unwrap().seq, 3);
    assert_chain(&outbox, &waiting(&outbox), (2, last));
}

#[test]
fn a_full_outbox_refuses_and_a_quarter_is_kept_for_attendance() {
    let room = Room::new(Limits { max_bytes: 16_000, other_per_minute: u32::MAX });
    let mut outbox = room.open();
    let others = std::iter::from_fn(|| outbox.append(&draft(EventKind::Unknown), at(0)).ok()).count();
    let filled = outbox.status().unwrap().backlog_bytes;
    assert!(others > 0 && filled <= 12_000 && filled > 11_000, "{filled}");
    let refused = outbox.append(&draft(EventKind::Unknown), at(0));
    assert!(matches!(refused, Err(AppendError::Full { limit: 12_000, .. })));

    assert!(outbox.append(&draft(EventKind::Badge), at(0)).is_ok());
    let punches = std::iter::from_fn(|| outbox.append(&punch(), at(0)).ok()).count();
    let filled = outbox.status().unwrap().backlog_bytes;
    assert!(punches > 0 && filled <= 16_000 && filled > 15_000, "{filled}");
    assert!(matches!(outbox.append(&punch(), at(0)), Err(AppendError::Full { limit: 16_000, .. })));
    assert_eq!(outbox.status().unwrap().refused, 4);

    let reopened = {
        drop(outbox);
        room.open()
    };
    assert_eq!(reopened.status().unwrap().backlog_bytes, filled, "the same bytes are counted again");
    assert_chain(&reopened, &waiting(&reopened), (0, Hash::GENESIS));
}

#[test]
fn events_that_central_has_signed_for_take_no_room_of_the_bound() {
    let room = Room::new(Limits { max_bytes: 4_000, other_per_minute: 0 });
    let mut outbox = room.open();
    while outbox.append(&punch(), at(0)).is_ok() {}
    ack_all(&mut outbox);
    assert_eq!(outbox.status().unwrap().backlog_bytes, 0);
    outbox.append(&punch(), at(0)).unwrap();
}

#[test]
fn strangers_are_counted_and_not_kept_beyond_the_rate_and_punches_are_kept() {
    let room = Room::new(Limits { max_bytes: 1 << 20, other_per_minute: 2 });
    let mut outbox = room.open();
    let kinds = [EventKind::Unknown, EventKind::Spoof, EventKind::Unknown, EventKind::Punch];
    let kept: Vec<bool> = kinds.into_iter().map(|kind| outbox.append(&draft(kind), at(0)).is_ok()).collect();
    assert_eq!(kept, [true, true, false, true]);
    assert_eq!(outbox.status().unwrap().rate_limited, 1);
    assert!(outbox.append(&draft(EventKind::Unknown), at(60_000)).is_ok(), "the next minute counts anew");
    assert_chain(&outbox, &waiting(&outbox), (0, Hash::GENESIS));
}

#[test]
fn one_refused_event_of_a_group_costs_the_others_nothing() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    let answers = outbox.append_all(&[punch(), too_large(), punch()], at(0));
    assert_eq!(answers[0].as_ref().unwrap().seq, 1);
    assert!(matches!(&answers[1], Err(AppendError::Outbox(OutboxError::Event(_)))));
    assert_eq!(answers[2].as_ref().unwrap().seq, 2);
    drop(outbox);
    let outbox = room.open();
    assert_eq!(waiting(&outbox).len(), 2);
    assert_chain(&outbox, &waiting(&outbox), (0, Hash::GENESIS));
}

#[test]
fn a_batch_is_cut_by_count_and_by_bytes_and_has_always_one_event() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    for _ in 0..4 {
        outbox.append(&punch(), at(0)).unwrap();
    }
    let last = |after, events, bytes| outbox.pending(after, events, bytes).unwrap().last_seq_in_batch;
    assert_eq!(last(0, 3, usize::MAX), 3);
    assert_eq!(last(1, 2, usize::MAX), 3);
    assert_eq!(last(0, 10, 1), 1);
    assert_eq!(last(4, 10, 1), 0);
    let batch = outbox.pending(0, 10, 2_000).unwrap().batch.unwrap();
    assert!(
        serde_json::to_string(&batch).unwrap().len() <= 2_000 + 200,
        "the frame of the batch comes on top"
    );
}

#[test]
fn a_rejected_event_becomes_a_dead_letter_with_its_reason() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    for _ in 0..3 {
        outbox.append(&punch(), at(0)).unwrap();
    }
    let rejection = |seq| Rejection { seq, id: None, reason: RejectReason::Conflict };
    let answer = AckBody { rejected: vec![rejection(2), rejection(3)], ..ack(&outbox, 2) };
    outbox.apply_ack(&answer, at(0)).unwrap();
    outbox.apply_ack(&answer, at(0)).unwrap();
    let status = outbox.status().unwrap();
    assert_eq!((status.dead_letters, status.backlog), (1, 1), "an ack says nothing beyond its place");
    let listed = outbox.list(10).unwrap();
    assert_eq!(listed[1].rejected.as_deref(), Some("conflict"));
    assert_eq!(listed.iter().map(|event| event.acked).collect::<Vec<_>>(), [false, true, true]);
    outbox.purge(at(1)).unwrap();
    assert_eq!(outbox.status().unwrap().dead_letters, 1, "it outlives its row");
}

#[test]
fn what_came_before_is_said_until_the_first_ack() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    let said = |outbox: &Outbox| outbox.pending(0, 9, 9_999).unwrap().batch.unwrap().predecessor;
    assert_eq!(said(&outbox), Some(Predecessor::None));
    ack_all(&mut outbox);
    outbox.append(&punch(), at(0)).unwrap();
    assert_eq!(said(&outbox), None);
}

#[test]
fn the_punches_of_the_last_minute_are_known_after_a_restart() {
    let room = Room::new(ROOMY);
    let person = |n: u8| lintel_core::ids::PersonId::new(at(0), &[n; 10]);
    let of = |kind, n, seen| EventDraft {
        captured_at: at(seen),
        personal: Some(PersonalPart { person_id: Some(person(n)), evidence: None, reasons: vec![] }),
        ..draft(kind)
    };
    let mut outbox = room.open();
    for (kind, n, stored) in [
        (EventKind::Punch, 1, 0),
        (EventKind::Punch, 2, 60_000),
        (EventKind::Ambiguous, 3, 60_001),
        (EventKind::Unknown, 4, 60_002),
        (EventKind::Badge, 5, 60_003),
    ] {
        outbox.append(&of(kind, n, stored - 7), at(stored)).unwrap();
    }
    outbox.append(&EventDraft { personal: None, ..punch() }, at(60_004)).unwrap();
    ack_all(&mut outbox);
    drop(outbox);
    let recent = |since| room.open().punches_since(at(since)).unwrap();
    assert_eq!(recent(1), [(person(5), at(59_996)), (person(2), at(59_993))]);
    assert_eq!(recent(0).len(), 3);
}

#[test]
fn a_stored_hash_that_is_none_stops_a_purge_and_an_opening_instead_of_starting_a_chain_anew() {
    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    outbox.append(&punch(), at(0)).unwrap();
    ack_all(&mut outbox);
    outbox.db.execute("UPDATE event SET hash = x'0102' WHERE seq = 2", []).unwrap();
    assert!(matches!(outbox.purge(at(1)), Err(OutboxError::Damaged { .. })));
    assert_eq!(outbox.list(9).unwrap().len(), 2);

    let room = Room::new(ROOMY);
    let mut outbox = room.open();
    outbox.append(&punch(), at(0)).unwrap();
    ack_all(&mut outbox);
    outbox.purge(at(1)).unwrap();
    outbox.db.execute("UPDATE meta SET value = 'worn' WHERE key = 'purged_hash'", []).unwrap();
    drop(outbox);
    let (outbox, aside) = room.try_open(&key("ab"), "door-1").unwrap();
    assert!(aside.is_some());
    assert_eq!(outbox.status().unwrap().last_seq, 0);
}

#[test]
fn what_a_restored_central_lost_waits_again_as_far_as_it_is_held() {
    let door = Room::new(ROOMY);
    let mut outbox = door.open();
    for _ in 0..6 {
        outbox.append(&punch(), at(0)).unwrap();
    }
    let all = waiting(&outbox);
    let told = |outbox: &Outbox, through: u64, ms: i64| {
        let hash = through.checked_sub(1).and_then(|place| all.get(usize::try_from(place).unwrap()));
        AckBody {
            at: at(ms),
            head_hash: hash.map_or(Hash::GENESIS, |event| event.hash),
            ..ack(outbox, through)
        }
    };
    outbox.apply_ack(&told(&outbox, 2, 10), at(0)).unwrap();
    outbox.purge(at(1)).unwrap();
    outbox.apply_ack(&told(&outbox, 6, 20), at(5)).unwrap();
    assert!(waiting(&outbox).is_empty());

    let stale = outbox.apply_ack(&told(&outbox, 4, 15), at(6)).unwrap();
    assert_eq!((stale.newly_acked, stale.taken_back), (0, 0), "an ack that was late on its way");
    let back = outbox.apply_ack(&told(&outbox, 4, 30), at(7)).unwrap();
    assert_eq!((back.taken_back, back.backlog), (2, 2));
    assert_eq!(waiting(&outbox).iter().map(|event| event.seq).collect::<Vec<_>>(), [5, 6]);
    // Central lost more than the door holds: it says from where on it can give.
    let back = outbox.apply_ack(&told(&outbox, 1, 40), at(8)).unwrap();
    assert_eq!((back.taken_back, back.backlog), (2, 4));
    let batch = outbox.pending(0, usize::MAX, usize::MAX).unwrap().batch.unwrap();
    assert_eq!((batch.oldest, batch.events.len()), (Some(3), 4));
    let again = outbox.apply_ack(&told(&outbox, 1, 50), at(9)).unwrap();
    assert_eq!((again.newly_acked, again.taken_back), (0, 0), "there is nothing further back");
    drop(outbox);
    let mut outbox = door.open();
    assert_eq!(waiting(&outbox).len(), 4, "also after a restart");
    let done = outbox.apply_ack(&told(&outbox, 6, 60), at(10)).unwrap();
    assert_eq!((done.newly_acked, done.backlog), (4, 0));
}
