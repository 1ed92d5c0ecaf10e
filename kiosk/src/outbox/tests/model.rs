//! Random lives of an outbox beside a slow and obvious model of it: two lists and three numbers.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<What>),
    Pending { after: u64, events: usize },
    Ack(AckKind),
    Purge,
    Reopen,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Punch,
    Unknown,
    Bare,
    TooLarge,
}

#[derive(Debug, Clone, Copy)]
enum AckKind {
    /// The share of the waiting events, in eighths.
    Right(u64),
    Old,
    WrongHash,
    OtherStream,
    OtherDevice,
    BeyondTheHead,
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        4 => Just(What::Punch), 2 => Just(What::Unknown), 2 => Just(What::Bare), 1 => Just(What::TooLarge),
    ];
    let ack = prop_oneof![
        4 => (0..=8_u64).prop_map(AckKind::Right),
        1 => Just(AckKind::Old),
        1 => Just(AckKind::WrongHash),
        1 => Just(AckKind::OtherStream),
        1 => Just(AckKind::OtherDevice),
        1 => Just(AckKind::BeyondTheHead),
    ];
    prop_oneof![
        5 => proptest::collection::vec(what, 1..5).prop_map(Step::Append),
        2 => (0..12_u64, 0..6_usize).prop_map(|(after, events)| Step::Pending { after, events }),
        4 => ack.prop_map(Step::Ack),
        1 => Just(Step::Purge),
        1 => Just(Step::Reopen),
    ]
}

/// Everything that was ever kept, in order: its id and, since it was first read, its hash.
#[derive(Default)]
struct Model {
    ids: Vec<EventId>,
    hashes: Vec<Hash>,
    acked: usize,
    purged: usize,
    others: u32,
}

const OTHERS: u32 = 6;

impl Model {
    fn append(&mut self, outbox: &mut Outbox, group: &[What]) {
        let drafts: Vec<_> = group
            .iter()
            .map(|what| match what {
                What::Punch => punch(),
                What::Unknown => draft(EventKind::Unknown),
                What::Bare => EventDraft { personal: None, ..draft(EventKind::Badge) },
                What::TooLarge => too_large(),
            })
            .collect();
        for (what, answer) in group.iter().zip(outbox.append_all(&drafts, at(0))) {
            match what {
                What::TooLarge => assert!(matches!(answer, Err(AppendError::Outbox(OutboxError::Event(_))))),
                What::Unknown if self.others == OTHERS => {
                    assert!(matches!(answer, Err(AppendError::RateLimited { .. })));
                }
                What::Punch | What::Unknown | What::Bare => {
                    self.others += u32::from(matches!(what, What::Unknown));
                    let appended = answer.unwrap();
                    self.ids.push(appended.event_id);
                    assert_eq!(appended.seq, self.ids.len() as u64, "no gap");
                }
            }
        }
    }

    fn ack(&mut self, outbox: &mut Outbox, kind: AckKind) {
        let waiting = self.ids.len() - self.acked;
        let right = match kind {
            AckKind::Right(eighths) => self.acked + waiting * eighths as usize / 8,
            AckKind::Old => self.acked / 2,
            _ => self.ids.len(),
        };
        let mut body = AckBody {
            head_hash: right.checked_sub(1).map_or(Hash::GENESIS, |last| self.hashes[last]),
            ..super::ack(outbox, right as u64)
        };
        match kind {
            AckKind::Right(_) => {
                let acked = outbox.apply_ack(&body, at(0)).unwrap();
                assert_eq!(acked.newly_acked, (right - self.acked) as u64);
                self.acked = right;
                return;
            }
            // Nothing new can be marked by it, whatever it says.
            AckKind::Old => {
                assert_eq!(outbox.apply_ack(&body, at(0)).unwrap().newly_acked, 0);
                return;
            }
            AckKind::WrongHash if waiting == 0 => return,
            AckKind::WrongHash => body.head_hash = Hash::of(b"another"),
            AckKind::OtherStream => body.stream = lintel_core::ids::StreamId::new(at(1), &[7; 10]),
            AckKind::OtherDevice => body.device_id = DeviceId::parse("door-2").unwrap(),
            AckKind::BeyondTheHead => body.through_seq += 1,
        }
        assert!(matches!(outbox.apply_ack(&body, at(0)), Err(OutboxError::AckMismatch(_))));
    }

    /// What is in the outbox is what the model says, no more and no less.
    fn compare(&mut self, outbox: &Outbox) {
        let events = waiting(outbox);
        let ids: Vec<EventId> = events
            .iter()
            .map(|event| serde_json::from_str::<EventSkeleton>(event.payload.get()).unwrap().id)
            .collect();
        assert_eq!(ids, self.ids[self.acked..], "everything that waits, in order");
        let before = self.acked.checked_sub(1).map_or(Hash::GENESIS, |last| self.hashes[last]);
        assert_chain(outbox, &events, (self.acked as u64, before));
        self.hashes.truncate(self.acked);
        self.hashes.extend(events.iter().map(|event| event.hash));
        let status = outbox.status().unwrap();
        let numbers = (status.last_seq, status.acked_through, status.backlog);
        assert_eq!(numbers, (self.ids.len() as u64, self.acked as u64, events.len() as u64));
        let bytes: usize = events
            .iter()
            .map(|event| {
                let part = event.personal.as_ref().map_or(0, |personal| personal.part.get().len());
                event.payload.get().len() + part + 200
            })
            .sum();
        assert_eq!(status.backlog_bytes, bytes as u64);
        let mut listed: Vec<_> =
            outbox.list(u32::MAX).unwrap().into_iter().map(|event| (event.event_id, event.acked)).collect();
        listed.reverse();
        let all = self.ids.iter().enumerate().skip(self.purged);
        let expected: Vec<_> = all.map(|(place, id)| (id.to_string(), place < self.acked)).collect();
        assert_eq!(listed, expected, "nothing is deleted but by a purge, nothing marked but by an ack");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_nothing_is_lost_and_nothing_marked_without_a_right_ack(
        steps in proptest::collection::vec(step(), 1..24),
    ) {
        let room = Room::new(Limits { max_bytes: 1 << 24, other_per_minute: OTHERS });
        let (mut outbox, mut model) = (room.open(), Model::default());
        for step in steps {
            match step {
                Step::Append(group) => model.append(&mut outbox, &group),
                Step::Pending { after, events } => {
                    let pending = outbox.pending(after, events, usize::MAX).unwrap();
                    let first = (after as usize).max(model.acked).min(model.ids.len());
                    let expected: Vec<u64> =
                        (first..model.ids.len()).take(events).map(|place| place as u64 + 1).collect();
                    let seqs: Vec<u64> = pending.batch.iter().flat_map(|batch| &batch.events)
                        .map(|event| event.seq).collect();
                    prop_assert_eq!(pending.last_seq_in_batch, seqs.last().copied().unwrap_or(0));
                    prop_assert_eq!(seqs, expected);
                }
                Step::Ack(kind) => model.ack(&mut outbox, kind),
                Step::Purge => {
                    let gone = outbox.purge(at(1)).unwrap();
                    prop_assert_eq!(gone, (model.acked - model.purged) as u64);
                    model.purged = model.acked;
                }
                Step::Reopen => {
                    drop(outbox);
                    outbox = room.open();
                    // Only what was counted in memory begins anew.
                    model.others = 0;
                }
            }
            model.compare(&outbox);
        }
    }
}
