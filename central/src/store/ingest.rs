//! The statements of `ingest::accept`: many rows in each, because this is the path that must be fast.
//!
//! The text of a multi-row insert depends only on the number of rows, so that the driver's statement
//! cache finds it again.

use lintel_core::chain::{ChainState, Hash};
use lintel_core::ids::{EventId, PersonId};
use lintel_core::time::UtcMillis;
use sqlx::AssertSqlSafe;

use super::{StoreError, Tx, dialect, hash, signed, sql, unsigned, uuid_bytes};

/// Rows per statement: SQLite takes 32,766 parameters.
const ROWS: usize = 1_000;

/// A row of `event`.
#[derive(Debug, Clone)]
pub struct EventRow<'a> {
    /// Its place in the one order that all replicas see.
    pub ingest_no: i64,
    /// Its id.
    pub event_id: EventId,
    /// Its place in the stream.
    pub seq: u64,
    /// Hash of the event before it.
    pub prev_hash: Hash,
    /// Its hash.
    pub hash: Hash,
    /// What happened.
    pub kind: &'a str,
    /// By the door's clock.
    pub captured_at: UtcMillis,
    /// By the centre's, as far as the door knows the difference.
    pub corrected_at: UtcMillis,
    /// Whether the door's clock could be believed.
    pub clock_synced: bool,
    /// How far the true time may lie from that, to either side, ms.
    pub clock_error_ms: i64,
    /// What the door knows about the direction.
    pub direction_hint: &'static str,
    /// What was hashed, byte for byte.
    pub payload: &'a str,
    /// `accepted` or `quarantined`.
    pub status: &'static str,
    /// Why it is quarantined.
    pub reason: Option<&'static str>,
    /// Whether it links to the event before it.
    pub chain_state: ChainState,
}

/// A row of `event_person`.
#[derive(Debug, Clone, Copy)]
pub struct PersonalRow<'a> {
    /// The event.
    pub ingest_no: i64,
    /// Who, when somebody was identified.
    pub person_id: Option<PersonId>,
    /// When, as in the event.
    pub corrected_at: UtcMillis,
    /// The salt of the digest.
    pub salt: Hash,
    /// What was digested, byte for byte.
    pub part: &'a str,
}

/// A row of `rejected_event`.
#[derive(Debug, Clone, Copy)]
pub struct RejectedRow<'a> {
    /// The place that it claimed.
    pub seq: u64,
    /// The hash that it claimed.
    pub hash: Hash,
    /// Its id, when it could be read.
    pub event_id: Option<EventId>,
    /// Why, as a code.
    pub reason: &'static str,
    /// What was sent.
    pub payload: &'a str,
    /// The personal part that was sent.
    pub personal: Option<&'a str>,
}

/// Where the rows of one batch belong and how they came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// The stream.
    pub stream_no: i64,
    /// When.
    pub at: UtcMillis,
    /// Over which road.
    pub road: &'static str,
}

/// Takes `count` ingest numbers and holds the counter until the transaction ends, which puts all accepts
/// in one order; the first number.
///
/// # Errors
/// When the database fails.
pub async fn take_numbers(tx: &mut Tx, count: usize) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let (last,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE counter SET value = value + $1 WHERE name = 'ingest_no' RETURNING value",
        count
    )?;
    Ok(last - count + 1)
}

/// Stores events; those whose id or place is taken are left out. How many were stored.
///
/// # Errors
/// When the database fails.
pub async fn create_events(tx: &mut Tx, arrival: Arrival, rows: &[EventRow<'_>]) -> Result<u64, StoreError> {
    let mut stored = 0;
    for some in rows.chunks(ROWS) {
        let text = format!(
            "INSERT INTO event (ingest_no, event_id, stream_no, seq, prev_hash, hash, kind, captured_at, \
             corrected_at, clock_synced, clock_error_ms, direction_hint, payload, received_at, road, status, \
             reason, chain_state) VALUES {} ON CONFLICT DO NOTHING",
            dialect::values(tx, some.len(), 18)
        );
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(AssertSqlSafe(text));
                for row in some {
                    query = query
                        .bind(row.ingest_no)
                        .bind(uuid_bytes!(row.event_id))
                        .bind(arrival.stream_no)
                        .bind(signed(row.seq))
                        .bind(row.prev_hash.as_bytes().as_slice())
                        .bind(row.hash.as_bytes().as_slice())
                        .bind(row.kind)
                        .bind(row.captured_at.as_i64())
                        .bind(row.corrected_at.as_i64())
                        .bind(i64::from(row.clock_synced))
                        .bind(row.clock_error_ms)
                        .bind(row.direction_hint)
                        .bind(row.payload.as_bytes())
                        .bind(arrival.at.as_i64())
                        .bind(arrival.road)
                        .bind(row.status)
                        .bind(row.reason)
                        .bind(row.chain_state.as_str());
                }
                query.execute(&mut **$c).await?.rows_affected()
            }};
        }
        stored += match tx {
            Tx::Sqlite(c) => run!(c),
            Tx::Postgres(c) => run!(c),
        };
    }
    Ok(stored)
}

/// Which ingest numbers of a range hold an event.
///
/// # Errors
/// When the database fails.
pub async fn list_numbers(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<i64>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (i64,),
        "SELECT ingest_no FROM event WHERE ingest_no >= $1 AND ingest_no <= $2 ORDER BY ingest_no",
        from,
        to
    )?;
    Ok(rows.into_iter().map(|(number,)| number).collect())
}

/// Stores personal parts.
///
/// # Errors
/// When the database fails.
pub async fn create_personal(tx: &mut Tx, rows: &[PersonalRow<'_>]) -> Result<(), StoreError> {
    for some in rows.chunks(ROWS) {
        let text = format!(
            "INSERT INTO event_person (ingest_no, person_id, corrected_at, salt, part) VALUES {}",
            dialect::values(tx, some.len(), 5)
        );
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(AssertSqlSafe(text));
                for row in some {
                    query = query
                        .bind(row.ingest_no)
                        .bind(row.person_id.as_ref().map(|id| uuid_bytes!(id)))
                        .bind(row.corrected_at.as_i64())
                        .bind(row.salt.as_bytes().as_slice())
                        .bind(row.part.as_bytes());
                }
                query.execute(&mut **$c).await.map(drop)?
            }};
        }
        match tx {
            Tx::Sqlite(c) => run!(c),
            Tx::Postgres(c) => run!(c),
        }
    }
    Ok(())
}

/// Keeps what was rejected; the same rejected again is one row.
///
/// # Errors
/// When the database fails.
pub async fn create_rejected(tx: &mut Tx, arrival: Arrival, row: &RejectedRow<'_>) -> Result<(), StoreError> {
    let sent = [row.payload, "\0", row.personal.unwrap_or_default()].concat();
    sql!(
        tx,
        execute,
        "INSERT INTO rejected_event (stream_no, seq, sent_hash, hash, event_id, reason, payload, personal, \
         received_at, road) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
        arrival.stream_no,
        signed(row.seq),
        Hash::of(sent.as_bytes()).as_bytes().as_slice(),
        row.hash.as_bytes().as_slice(),
        row.event_id.as_ref().map(|id| uuid_bytes!(id)),
        row.reason,
        row.payload.as_bytes(),
        row.personal.map(str::as_bytes),
        arrival.at.as_i64(),
        arrival.road
    )?;
    Ok(())
}

/// The events of a range of places: place and hash.
///
/// # Errors
/// When the database fails.
pub async fn list_places(
    tx: &mut Tx,
    stream_no: i64,
    from: u64,
    to: u64,
) -> Result<Vec<(u64, Hash)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (i64, Vec<u8>),
        "SELECT seq, hash FROM event WHERE stream_no = $1 AND seq >= $2 AND seq <= $3",
        stream_no,
        signed(from),
        signed(to)
    )?;
    rows.into_iter()
        .map(|(seq, bytes)| Ok((unsigned(seq, "event.seq")?, hash(&bytes, "event.hash")?)))
        .collect()
}

/// One settled place of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its place.
    pub seq: u64,
    /// The hash that it links to; None for one that was rejected.
    pub prev_hash: Option<Hash>,
    /// Its hash, as claimed.
    pub hash: Hash,
}

/// Settled places behind `after`, in order; where a place holds an event and something rejected too, the
/// event comes first.
///
/// # Errors
/// When the database fails.
pub async fn list_links(
    tx: &mut Tx,
    stream_no: i64,
    after: u64,
    limit: i64,
) -> Result<Vec<Link>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (i64, Option<Vec<u8>>, Vec<u8>, i64),
        "SELECT seq, prev_hash, hash, CAST(0 AS BIGINT) AS place_rank FROM event WHERE stream_no = $1 AND seq > $2 \
         UNION ALL SELECT seq, NULL, hash, CAST(1 AS BIGINT) AS place_rank FROM rejected_event WHERE stream_no = $1 AND seq > $2 \
         ORDER BY seq, place_rank, hash LIMIT $3",
        stream_no,
        signed(after),
        limit
    )?;
    rows.into_iter()
        .map(|(seq, prev, bytes, _)| {
            Ok(Link {
                seq: unsigned(seq, "event.seq")?,
                prev_hash: prev.map(|bytes| hash(&bytes, "event.prev_hash")).transpose()?,
                hash: hash(&bytes, "event.hash")?,
            })
        })
        .collect()
}

/// Says whether a range of places links.
///
/// # Errors
/// When the database fails.
pub async fn update_chain(
    tx: &mut Tx,
    stream_no: i64,
    from: u64,
    to: u64,
    state: ChainState,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE event SET chain_state = $1 WHERE stream_no = $2 AND seq >= $3 AND seq <= $4 \
         AND chain_state = 'pending'",
        state.as_str(),
        stream_no,
        signed(from),
        signed(to)
    )?;
    Ok(())
}

/// Takes the judgement of all events from a place on back, to judge them again.
///
/// # Errors
/// When the database fails.
pub async fn reset_chain(tx: &mut Tx, stream_no: i64, from: u64) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE event SET chain_state = 'pending' WHERE stream_no = $1 AND seq >= $2",
        stream_no,
        signed(from)
    )?;
    Ok(())
}
