//! A batch's events by their place in the stream, judged, before anything is read from the database.

use std::collections::BTreeSet;

use lintel_core::ack::RejectReason;
use lintel_core::ids::{DeviceId, StreamId};
use lintel_core::time::UtcMillis;

use super::validate::{self, Bad, Good, Sent};
use crate::store::streams::StreamState;

/// A batch by place, judged.
pub(super) struct Places<'a> {
    pub(super) good: Vec<Good<'a>>,
    pub(super) bad: Vec<(Sent<'a>, Bad)>,
    /// The same event twice in one batch.
    pub(super) duplicate: BTreeSet<u64>,
}

impl<'a> Places<'a> {
    pub(super) fn sort(device: &DeviceId, stream: StreamId, sent: &[Sent<'a>], now: UtcMillis) -> Self {
        let mut in_order: Vec<Sent<'a>> = sent.to_vec();
        // Stable, so that of two at one place the first sent is the first judged.
        in_order.sort_by_key(|event| event.seq);
        let mut places =
            Self { good: Vec::with_capacity(sent.len()), bad: Vec::new(), duplicate: BTreeSet::new() };
        for event in in_order {
            match validate::check(device, stream, event, now) {
                Ok(good) => places.place(good),
                Err(bad) => places.bad.push((event, bad)),
            }
        }
        places
    }

    fn place(&mut self, good: Good<'a>) {
        match self.good.last().filter(|last| last.sent.seq == good.sent.seq) {
            None => self.good.push(good),
            Some(first) if first.sent.hash == good.sent.hash => {
                self.duplicate.insert(good.sent.seq);
            }
            Some(_) => {
                let bad = Bad { id: Some(good.skeleton.id), reason: RejectReason::Conflict };
                self.bad.push((good.sent, bad));
            }
        }
    }

    /// The first and last place that is claimed.
    pub(super) fn range(&self) -> Option<(u64, u64)> {
        let bad = self.bad.iter().map(|(sent, _)| sent.seq);
        let all =
            self.good.iter().map(|good| good.sent.seq).chain(bad).filter(|seq| validate::is_place(*seq));
        all.fold(None, |range, seq| match range {
            None => Some((seq, seq)),
            Some((first, last)) => Some((seq.min(first), seq.max(last))),
        })
    }

    /// Claimed hashes by place, when they continue the stream without a gap, overlap or repetition.
    pub(super) fn continues(&self, state: &StreamState) -> bool {
        let Some((first, last)) = self.range() else { return false };
        let count = self.good.len() + self.bad.len();
        state.through_seq == state.max_seq
            && first == state.through_seq + 1
            && last - first + 1 == u64::try_from(count).unwrap_or(u64::MAX)
            && self
                .bad
                .iter()
                .all(|(sent, bad)| validate::is_place(sent.seq) && bad.reason != RejectReason::Conflict)
    }
}
