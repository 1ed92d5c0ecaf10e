//! One batch being stored, inside one transaction.
//!
//! The usual case, everything new and in order, reads one row and writes a few long statements; only what
//! overlaps, lacks or repeats something takes the longer way.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use lintel_core::ack::{RejectReason, Rejection};
use lintel_core::chain::{ChainState, Hash};
use lintel_core::ids::PersonId;
use lintel_core::road::Road;
use lintel_core::time::UtcMillis;

use super::chain;
use super::days::Days;
use super::error::AcceptError;
use super::places::Places;
use super::validate::{self, Bad, Good, Sent};
use crate::devices::Device;
use crate::jobs::RecomputeDay;
use crate::store::ingest::{Arrival, EventRow, PersonalRow, RejectedRow};
use crate::store::streams::StreamState;
use crate::store::{StoreError, Tx, erasures, ingest, jobs, streams};

/// One batch being stored.
pub(super) struct Intake {
    arrival: Arrival,
    pub(super) state: StreamState,
    first_number: i64,
    pub(super) last_number: i64,
}

/// What became of the batch's events.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) stored: usize,
    pub(super) quarantined: usize,
    pub(super) duplicate: BTreeSet<u64>,
    pub(super) rejected: Vec<Rejection>,
    /// Whose attendance changed, and when.
    punches: Vec<(PersonId, UtcMillis)>,
}

impl Intake {
    pub(super) async fn begin(
        tx: &mut Tx,
        device: &Device,
        batch: &validate::Batch<'_>,
        count: usize,
        road: Road,
        now: UtcMillis,
    ) -> Result<Self, AcceptError> {
        // First of all: from here on this transaction is alone with the ledger.
        let first_number = ingest::take_numbers(tx, count).await?;
        let mut state = match streams::get(tx, &device.device_id, batch.stream).await? {
            Some(state) => state,
            None => {
                let before = batch.predecessor.as_ref().map(serde_json::to_string).transpose();
                let before = before.map_err(AcceptError::Malformed)?;
                streams::create(tx, &device.device_id, batch.stream, before.as_deref(), now).await?
            }
        };
        let first = batch.events.iter().map(|event| event.seq).min();
        if let Some(oldest) =
            batch.oldest.filter(|oldest| Some(*oldest) == first && *oldest > state.through_seq + 1)
            && validate::is_place(oldest)
        {
            // This database was restored, and the door has no longer what it lost. The hash of the place before
            // the gap stays, so that the first event behind it is shown as not linking.
            log::error!("device.id" = device.device_id.as_str(), "event.seq" = oldest;
                "events {} to {} of this door are lost: the backup was older than what the door keeps",
                state.through_seq + 1, oldest - 1);
            state.through_seq = oldest - 1;
            state.max_seq = state.max_seq.max(state.through_seq);
        }
        let arrival = Arrival { stream_no: state.stream_no, at: now, road: road.as_str() };
        let last_number = first_number + i64::try_from(count).unwrap_or(0) - 1;
        Ok(Self { arrival, state, first_number, last_number })
    }

    pub(super) async fn store(&mut self, tx: &mut Tx, places: Places<'_>) -> Result<Settled, StoreError> {
        let Some((first, last)) = places.range() else {
            return self.store_placeless(tx, places).await;
        };
        let continues = places.continues(&self.state);
        let states =
            if continues { chain::link(&self.state, &places.good, &places.bad) } else { HashMap::new() };
        let known = if first > self.state.max_seq {
            HashMap::new()
        } else {
            ingest::list_places(tx, self.arrival.stream_no, first, last).await?.into_iter().collect()
        };
        let Places { good, mut bad, duplicate } = places;
        let mut settled = Settled { duplicate, ..Settled::default() };
        let good = new_ones(good, &known, &mut bad, &mut settled.duplicate);
        let good = self.insert(tx, good, &mut bad, &states).await?;
        self.insert_personal(tx, &good).await?;
        // A door that was away still reports people who were erased meanwhile.
        if good.iter().any(|(_, event)| event.person.is_some()) {
            erasures::delete_late(tx, self.first_number, self.last_number).await?;
        }
        for (_, event) in &good {
            settled.stored += 1;
            settled.quarantined += usize::from(event.quarantine.is_some());
            if event.quarantine.is_none() && event.skeleton.kind.is_attendance() {
                settled.punches.extend(event.person.map(|person| (person, event.corrected_at)));
            }
        }
        self.reject(tx, &bad, &mut settled).await?;

        let head = chain::head(&good, &bad);
        let lowest_new = good.first().map(|(_, event)| event.sent.seq);
        self.state.max_seq = self.state.max_seq.max(last);
        match head.filter(|_| continues) {
            Some(head_hash) => {
                self.state.through_seq = last;
                self.state.head_hash = head_hash;
            }
            None => chain::settle(tx, &mut self.state, lowest_new).await?,
        }
        streams::update(tx, &self.state).await?;
        Ok(settled)
    }

    /// A batch without a single usable place: empty, which asks for the watermark, or hostile.
    async fn store_placeless(&self, tx: &mut Tx, places: Places<'_>) -> Result<Settled, StoreError> {
        let mut settled = Settled::default();
        self.reject(tx, &places.bad, &mut settled).await?;
        Ok(settled)
    }

    /// Stores events; those whose id belongs to another event become bad ones.
    async fn insert<'a>(
        &self,
        tx: &mut Tx,
        good: Vec<Good<'a>>,
        bad: &mut Vec<(Sent<'a>, Bad)>,
        states: &HashMap<u64, ChainState>,
    ) -> Result<Vec<(i64, Good<'a>)>, StoreError> {
        let numbered: Vec<(i64, Good<'a>)> = (self.first_number..).zip(good).collect();
        let rows: Vec<EventRow<'_>> = numbered
            .iter()
            .map(|(number, event)| {
                let state = states.get(&event.sent.seq).copied().unwrap_or(ChainState::Pending);
                event_row(*number, event, state)
            })
            .collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let stored = ingest::create_events(tx, self.arrival, &rows).await?;
        if usize::try_from(stored).is_ok_and(|stored| stored == rows.len()) {
            return Ok(numbered);
        }
        let there: HashSet<i64> =
            ingest::list_numbers(tx, self.first_number, self.last_number).await?.into_iter().collect();
        let (new, taken): (Vec<_>, Vec<_>) =
            numbered.into_iter().partition(|(number, _)| there.contains(number));
        bad.extend(taken.into_iter().map(|(_, event)| {
            (event.sent, Bad { id: Some(event.skeleton.id), reason: RejectReason::Conflict })
        }));
        Ok(new)
    }

    async fn insert_personal(&self, tx: &mut Tx, good: &[(i64, Good<'_>)]) -> Result<(), StoreError> {
        let rows: Vec<PersonalRow<'_>> = good
            .iter()
            .filter_map(|(number, event)| {
                event.sent.personal.map(|personal| PersonalRow {
                    ingest_no: *number,
                    person_id: event.person,
                    corrected_at: event.corrected_at,
                    salt: personal.salt,
                    part: personal.part.get(),
                })
            })
            .collect();
        ingest::create_personal(tx, &rows).await
    }

    async fn reject(
        &self,
        tx: &mut Tx,
        bad: &[(Sent<'_>, Bad)],
        settled: &mut Settled,
    ) -> Result<(), StoreError> {
        for (sent, Bad { id, reason }) in bad {
            let row = RejectedRow {
                seq: sent.seq,
                hash: sent.hash,
                event_id: *id,
                reason: reason.as_str(),
                payload: sent.payload.get(),
                personal: sent.personal.map(|personal| personal.part.get()),
            };
            ingest::create_rejected(tx, self.arrival, &row).await?;
            settled.rejected.push(Rejection { seq: sent.seq, id: *id, reason: *reason });
        }
        settled.rejected.sort_by_key(|rejection| rejection.seq);
        Ok(())
    }

    pub(super) async fn queue(
        &self,
        tx: &mut Tx,
        settled: &Settled,
        mut days: Days,
    ) -> Result<(), StoreError> {
        let wanted: BTreeMap<(PersonId, Date), ()> =
            settled.punches.iter().map(|(person, at)| ((*person, days.date_of(*at)), ())).collect();
        let jobs: Vec<_> = wanted
            .into_keys()
            .map(|(person_id, date)| RecomputeDay::around(person_id, date).to_new_job())
            .collect();
        jobs::create(tx, &jobs, UtcMillis::default()).await
    }
}

/// Leaves out what is known; another event at a known place becomes a bad one.
fn new_ones<'a>(
    good: Vec<Good<'a>>,
    known: &HashMap<u64, Hash>,
    bad: &mut Vec<(Sent<'a>, Bad)>,
    duplicate: &mut BTreeSet<u64>,
) -> Vec<Good<'a>> {
    let mut new = Vec::with_capacity(good.len());
    for event in good {
        match known.get(&event.sent.seq) {
            None => new.push(event),
            Some(hash) if *hash == event.sent.hash => {
                duplicate.insert(event.sent.seq);
            }
            Some(_) => {
                let conflict = Bad { id: Some(event.skeleton.id), reason: RejectReason::Conflict };
                bad.push((event.sent, conflict));
            }
        }
    }
    new
}

fn event_row<'a>(ingest_no: i64, event: &'a Good<'_>, chain_state: ChainState) -> EventRow<'a> {
    EventRow {
        ingest_no,
        event_id: event.skeleton.id,
        seq: event.sent.seq,
        prev_hash: event.sent.prev_hash,
        hash: event.sent.hash,
        kind: event.skeleton.kind.as_str(),
        captured_at: event.skeleton.captured_at,
        corrected_at: event.corrected_at,
        clock_synced: validate::clock_is_known(&event.skeleton),
        clock_error_ms: validate::clock_error_ms(&event.skeleton),
        direction_hint: event.skeleton.direction_hint.as_str(),
        payload: event.sent.payload.get(),
        status: if event.quarantine.is_some() { "quarantined" } else { "accepted" },
        reason: event.quarantine.map(validate::Quarantine::as_str),
        chain_state,
    }
}
