//! How far a stream is settled, and which of its events link to the one before.
//!
//! A rejected event settles its place by the hash that it claimed: the door's own chain runs through it,
//! and the ack has to name the door's head. What follows it is judged against that hash.

use std::collections::{BTreeMap, HashMap};

use lintel_core::chain::{ChainState, Hash};

use super::validate::{Bad, Good, Sent, is_place};
use crate::store::ingest::{self, Link};
use crate::store::streams::StreamState;
use crate::store::{StoreError, Tx};

/// Places per read while a gap is closed.
const STEP: i64 = 2_000;

/// Chain states of a batch that continues the stream without a gap, computed from its head alone.
pub(super) fn link(
    state: &StreamState,
    good: &[Good<'_>],
    bad: &[(Sent<'_>, Bad)],
) -> HashMap<u64, ChainState> {
    let claimed: BTreeMap<u64, &Sent<'_>> = good
        .iter()
        .map(|event| (event.sent.seq, &event.sent))
        .chain(bad.iter().map(|(sent, _)| (sent.seq, sent)))
        .collect();
    let mut head = state.head_hash;
    claimed
        .into_iter()
        .map(|(seq, sent)| {
            let linked = judged(head, sent.prev_hash);
            head = sent.hash;
            (seq, linked)
        })
        .collect()
}

/// The hash at the batch's last place.
pub(super) fn head(good: &[(i64, Good<'_>)], bad: &[(Sent<'_>, Bad)]) -> Option<Hash> {
    let good = good.iter().map(|(_, event)| &event.sent);
    good.chain(bad.iter().map(|(sent, _)| sent))
        .filter(|sent| is_place(sent.seq))
        .max_by_key(|sent| sent.seq)
        .map(|sent| sent.hash)
}

/// Moves the watermark over everything that is settled now, and judges what it passes.
///
/// An event that comes late to a place that only something rejected had settled changes what follows it;
/// the stream is then walked again from there.
pub(super) async fn settle(
    tx: &mut Tx,
    state: &mut StreamState,
    lowest_new: Option<u64>,
) -> Result<(), StoreError> {
    if let Some(seq) = lowest_new.filter(|seq| *seq <= state.through_seq) {
        state.through_seq = seq - 1;
        state.head_hash = match seq {
            1 => Hash::GENESIS,
            _ => {
                let before = ingest::list_links(tx, state.stream_no, seq - 2, 1).await?;
                before.first().map_or(Hash::GENESIS, |link| link.hash)
            }
        };
        ingest::reset_chain(tx, state.stream_no, seq).await?;
    }
    loop {
        let links = ingest::list_links(tx, state.stream_no, state.through_seq, STEP).await?;
        let full = links.len() == usize::try_from(STEP).unwrap_or(usize::MAX);
        let before = state.through_seq;
        for run in walk(state, &links) {
            ingest::update_chain(tx, state.stream_no, run.from, run.to, run.state).await?;
        }
        if !full || state.through_seq == before {
            return Ok(());
        }
    }
}

/// Neighbouring places with the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    from: u64,
    to: u64,
    state: ChainState,
}

/// Moves the watermark along settled places until one is missing.
fn walk(state: &mut StreamState, links: &[Link]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for link in links {
        if link.seq == state.through_seq {
            // Something rejected at a place that an event holds.
            continue;
        }
        if link.seq != state.through_seq + 1 {
            break;
        }
        if let Some(prev) = link.prev_hash {
            let judged = judged(state.head_hash, prev);
            match runs.last_mut().filter(|run| run.state == judged) {
                Some(run) => run.to = link.seq,
                None => runs.push(Run { from: link.seq, to: link.seq, state: judged }),
            }
        }
        state.through_seq = link.seq;
        state.head_hash = link.hash;
    }
    runs
}

fn judged(head: Hash, prev: Hash) -> ChainState {
    if head == prev { ChainState::Ok } else { ChainState::Broken }
}
