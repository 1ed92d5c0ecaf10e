//! The one door for events: what comes in by MQTT and by HTTPS is committed here, then acked.
//!
//! One transaction per batch: the counter row is taken first, so that all accepts stand in one order and
//! nothing read after it can change. The usual case, everything new and in order, reads one row and writes
//! a few long statements; only what overlaps, lacks or repeats something takes the longer way.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use lintel_core::ack::{AckBody, RejectReason, Rejection, SignedAck};
use lintel_core::chain::{ChainState, Hash};
use lintel_core::ids::{DeviceId, PersonId, StreamId};
use lintel_core::road::Road;
use lintel_core::sign::SigningKey;
use lintel_core::time::{Clock, UtcMillis, day_bounds};

use super::chain;
use super::validate::{self, Bad, Good, Sent};
use crate::devices::Device;
use crate::jobs::RecomputeDay;
use crate::store::ingest::{Arrival, EventRow, PersonalRow, RejectedRow};
use crate::store::streams::StreamState;
use crate::store::{Db, StoreError, Tx, erasures, ingest, jobs, streams};

/// Why a whole batch is refused; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// Over the limit, so it wasn't even parsed.
    #[error("the batch has {size_bytes} bytes; at most {} are read", lintel_core::limits::MAX_PACKET_BYTES)]
    TooLarge {
        /// Its size.
        size_bytes: usize,
    },
    /// Not JSON of a batch.
    #[error("this is not an event batch: {0}")]
    Malformed(#[source] serde_json::Error),
    /// A version that isn't known.
    #[error("event batches of version {0} are not understood here, only version 1")]
    Version(u32),
    /// Too many events.
    #[error("the batch has {count} events; at most {} are taken", lintel_core::limits::MAX_BATCH_EVENTS)]
    TooMany {
        /// How many.
        count: usize,
    },
    /// It says that it is from another device.
    #[error("the batch says that it is from {claimed}, but the credential is {authenticated}'s")]
    DeviceMismatch {
        /// What the batch says.
        claimed: DeviceId,
        /// Whose credential it is.
        authenticated: DeviceId,
    },
    /// The ack couldn't be written.
    #[error("can't write the ack")]
    Ack(#[source] serde_json::Error),
    /// The site's zone isn't in this version's database.
    #[error("the site of device {device} has a zone that this version doesn't know")]
    Zone {
        /// The device.
        device: DeviceId,
        /// Which zone.
        #[source]
        source: lintel_core::time::UnknownZone,
    },
    /// The database failed; nothing was stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a batch.
#[derive(Debug)]
pub struct Accepted {
    /// What the device gets.
    pub ack: SignedAck,
    /// The same, readable.
    pub body: AckBody,
    /// Events stored now.
    pub stored: usize,
    /// Those of them that are quarantined.
    pub quarantined: usize,
}

/// Takes a batch in: everything that is new is durable when this returns, and only then acked.
///
/// # Errors
/// [`AcceptError`]; nothing was stored then and the batch may be sent again.
pub async fn accept(
    db: &Db,
    key: &SigningKey,
    clock: &dyn Clock,
    road: Road,
    device: &Device,
    bytes: &[u8],
) -> Result<Accepted, AcceptError> {
    let batch = validate::read(bytes, &device.device_id)?;
    let now = clock.now();
    let places = Places::sort(&device.device_id, batch.stream, &batch.events, now);
    let jobs = Days::new(device)?;

    let mut tx = db.write().await?;
    let mut intake = Intake::begin(&mut tx, device, &batch, places.good.len(), road, now).await?;
    let settled = intake.store(&mut tx, places).await?;
    intake.queue(&mut tx, &settled, jobs).await?;
    tx.commit().await?;

    if settled.stored > 0 {
        db.announce_ingested(intake.last_number);
        db.wake_jobs();
    }
    let body = AckBody {
        device_id: device.device_id.clone(),
        stream: batch.stream,
        through_seq: intake.state.through_seq,
        head_hash: intake.state.head_hash,
        duplicate: settled.duplicate.into_iter().collect(),
        rejected: settled.rejected,
        at: clock.now(),
    };
    let ack = SignedAck::sign(&body, key).map_err(AcceptError::Ack)?;
    Ok(Accepted { ack, body, stored: settled.stored, quarantined: settled.quarantined })
}

/// A batch by place, judged.
struct Places<'a> {
    good: Vec<Good<'a>>,
    bad: Vec<(Sent<'a>, Bad)>,
    /// The same event twice in one batch.
    duplicate: BTreeSet<u64>,
}

impl<'a> Places<'a> {
    fn sort(device: &DeviceId, stream: StreamId, sent: &[Sent<'a>], now: UtcMillis) -> Self {
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
    fn range(&self) -> Option<(u64, u64)> {
        let bad = self.bad.iter().map(|(sent, _)| sent.seq);
        let all =
            self.good.iter().map(|good| good.sent.seq).chain(bad).filter(|seq| validate::is_place(*seq));
        all.fold(None, |range, seq| match range {
            None => Some((seq, seq)),
            Some((first, last)) => Some((seq.min(first), seq.max(last))),
        })
    }

    /// Claimed hashes by place, when they continue the stream without a gap, overlap or repetition.
    fn continues(&self, state: &StreamState) -> bool {
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

/// One batch being stored.
struct Intake {
    arrival: Arrival,
    state: StreamState,
    first_number: i64,
    last_number: i64,
}

/// What became of the batch's events.
#[derive(Default)]
struct Settled {
    stored: usize,
    quarantined: usize,
    duplicate: BTreeSet<u64>,
    rejected: Vec<Rejection>,
    /// Whose attendance changed, and when.
    punches: Vec<(PersonId, UtcMillis)>,
}

impl Intake {
    async fn begin(
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

    async fn store(&mut self, tx: &mut Tx, places: Places<'_>) -> Result<Settled, StoreError> {
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

    async fn queue(&self, tx: &mut Tx, settled: &Settled, mut days: Days<'_>) -> Result<(), StoreError> {
        let wanted: BTreeMap<(PersonId, Date), ()> =
            settled.punches.iter().map(|(person, at)| ((*person, days.date_of(*at)), ())).collect();
        let jobs: Vec<_> = wanted
            .into_keys()
            .map(|(person_id, date)| {
                RecomputeDay { person_id, site_id: days.device.site_id.clone(), date }.to_new_job()
            })
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
        direction_hint: event.skeleton.direction_hint.as_str(),
        payload: event.sent.payload.get(),
        status: if event.quarantine.is_some() { "quarantined" } else { "accepted" },
        reason: event.quarantine.map(validate::Quarantine::as_str),
        chain_state,
    }
}

/// Local days of a device's site; neighbouring events mostly share one, so the last one is kept.
struct Days<'a> {
    device: &'a Device,
    zone: jiff::tz::TimeZone,
    last: Option<(UtcMillis, UtcMillis, Date)>,
}

impl<'a> Days<'a> {
    fn new(device: &'a Device) -> Result<Self, AcceptError> {
        let zone = lintel_core::time::zone(&device.zone)
            .map_err(|source| AcceptError::Zone { device: device.device_id.clone(), source })?;
        Ok(Self { device, zone, last: None })
    }

    fn date_of(&mut self, at: UtcMillis) -> Date {
        if let Some((start, end, date)) = self.last
            && start <= at
            && at < end
        {
            return date;
        }
        let date = at.date_in(&self.zone);
        let (start, end) = day_bounds(date, &self.zone);
        self.last = Some((start, end, date));
        date
    }
}
