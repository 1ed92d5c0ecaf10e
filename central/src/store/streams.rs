//! Streams: how far each outbox has been taken in.

use lintel_core::chain::Hash;
use lintel_core::ids::{DeviceId, StreamId};
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, hash, signed, sql, unsigned, uuid_bytes};

/// How far a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamState {
    /// Its number in this database.
    pub stream_no: i64,
    /// Highest place up to which everything is settled.
    pub through_seq: u64,
    /// The hash there.
    pub head_hash: Hash,
    /// Highest place that was ever seen.
    pub max_seq: u64,
}

/// A device's stream.
///
/// # Errors
/// When the database fails.
pub async fn get(
    tx: &mut Tx,
    device: &DeviceId,
    stream: StreamId,
) -> Result<Option<StreamState>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64, i64, Vec<u8>, i64),
        "SELECT stream_no, through_seq, head_hash, max_seq FROM stream WHERE device_id = $1 AND stream = $2",
        device.as_str(),
        uuid_bytes!(stream)
    )?;
    row.map(|(stream_no, through, head, max)| {
        Ok(StreamState {
            stream_no,
            through_seq: unsigned(through, "stream.through_seq")?,
            head_hash: hash(&head, "stream.head_hash")?,
            max_seq: unsigned(max, "stream.max_seq")?,
        })
    })
    .transpose()
}

/// Adds a stream at its beginning.
///
/// # Errors
/// When the database fails.
pub async fn create(
    tx: &mut Tx,
    device: &DeviceId,
    stream: StreamId,
    predecessor: Option<&str>,
    at: UtcMillis,
) -> Result<StreamState, StoreError> {
    let (stream_no,) = sql!(
        tx,
        fetch_one as (i64,),
        "INSERT INTO stream (device_id, stream, through_seq, head_hash, max_seq, predecessor, first_seen) \
         VALUES ($1, $2, 0, $3, 0, $4, $5) RETURNING stream_no",
        device.as_str(),
        uuid_bytes!(stream),
        Hash::GENESIS.as_bytes().as_slice(),
        predecessor,
        at.as_i64()
    )?;
    Ok(StreamState { stream_no, through_seq: 0, head_hash: Hash::GENESIS, max_seq: 0 })
}

/// Stores how far a stream is.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, state: &StreamState) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE stream SET through_seq = $1, head_hash = $2, max_seq = $3 WHERE stream_no = $4",
        signed(state.through_seq),
        state.head_hash.as_bytes().as_slice(),
        signed(state.max_seq),
        state.stream_no
    )?;
    Ok(())
}
