//! One hash over everything that was recorded and computed, so that two databases can be compared.
//!
//! The order and the bytes are the same on both databases. Left out is what differs between two databases
//! that hold the same records: numbers given on arrival, the road, and when a day was computed.

use lintel_core::chain::Hash;
use sha2::{Digest as _, Sha256};

use super::{StoreError, Tx, sql};

const TAG: &[u8] = b"lintel.ledger.v1\0";
const ROWS: i64 = 5_000;

/// What was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LedgerSum {
    /// The hash.
    pub hash: Hash,
    /// Accepted events.
    pub events: u64,
    /// Day records.
    pub days: u64,
}

/// Fields with their length before them, so that no two rows have the same bytes.
struct Sum(Sha256);

impl Sum {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
    }

    fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }
}

/// Hashes all accepted events by door, stream and place, and all day records by person, site and date.
///
/// # Errors
/// When the database fails.
pub async fn sum(tx: &mut Tx) -> Result<LedgerSum, StoreError> {
    let mut sum = Sum(Sha256::new());
    sum.0.update(TAG);
    let streams = sql!(
        &mut *tx,
        fetch_all as (i64, String, Vec<u8>),
        "SELECT stream_no, device_id, stream FROM stream ORDER BY device_id, stream"
    )?;
    let mut events = 0;
    for (stream_no, device, stream) in streams {
        sum.bytes(device.as_bytes());
        sum.bytes(&stream);
        events += events_of(tx, &mut sum, stream_no).await?;
    }
    let days = all_days(tx, &mut sum).await?;
    Ok(LedgerSum { hash: Hash::from_bytes(sum.0.finalize().into()), events, days })
}

async fn events_of(tx: &mut Tx, sum: &mut Sum, stream_no: i64) -> Result<u64, StoreError> {
    let (mut after, mut count) = (0, 0);
    loop {
        let rows = sql!(
            &mut *tx,
            fetch_all as (i64, Vec<u8>, Vec<u8>, String, i64, Option<Vec<u8>>),
            "SELECT e.seq, e.event_id, e.hash, e.kind, e.corrected_at, p.person_id FROM event e \
             LEFT JOIN event_person p ON p.ingest_no = e.ingest_no \
             WHERE e.stream_no = $1 AND e.seq > $2 AND e.status = 'accepted' ORDER BY e.seq LIMIT $3",
            stream_no,
            after,
            ROWS
        )?;
        if rows.is_empty() {
            return Ok(count);
        }
        for (seq, id, hash, kind, at, person) in rows {
            sum.number(seq);
            sum.bytes(&id);
            sum.bytes(&hash);
            sum.bytes(kind.as_bytes());
            sum.number(at);
            sum.bytes(person.as_deref().unwrap_or_default());
            (after, count) = (seq, count + 1);
        }
    }
}

async fn all_days(tx: &mut Tx, sum: &mut Sum) -> Result<u64, StoreError> {
    let mut after: (Vec<u8>, String) = Default::default();
    let mut count = 0;
    loop {
        let rows = sql!(
            &mut *tx,
            fetch_all as (Vec<u8>, String, String),
            "SELECT person_id, local_date, record FROM day_record WHERE (person_id, local_date) > ($1, $2) \
             ORDER BY person_id, local_date LIMIT $3",
            after.0.clone(),
            after.1.clone(),
            ROWS
        )?;
        if rows.is_empty() {
            return Ok(count);
        }
        for (person, date, record) in rows {
            sum.bytes(&person);
            sum.bytes(date.as_bytes());
            sum.bytes(record.as_bytes());
            (after, count) = ((person, date), count + 1);
        }
    }
}
