//! How far each door is known: up to which instant everything that it recorded has come.

use jiff::civil::Date;
use lintel_core::ids::{DeviceId, PersonId};
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql, uuid};

/// Moves a door's watermark to what its last heartbeat said, once everything up to there has come. The new
/// watermark, when it moved.
///
/// The door's own clock may be wrong by anything, so what counts is how long before the heartbeat it had
/// recorded everything: its `sent_at` and `recorded_through` are by the same clock, `last_seen` is by ours.
///
/// # Errors
/// When the database fails.
pub async fn advance(tx: &mut Tx, device: &DeviceId) -> Result<Option<UtcMillis>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE device SET known_through = last_seen - (sent_at - recorded_through) \
         WHERE device_id = $1 AND recorded_through <= sent_at \
           AND last_seen - (sent_at - recorded_through) > COALESCE(known_through, 0) \
           AND (last_seq = 0 OR EXISTS (SELECT 1 FROM stream s WHERE s.device_id = device.device_id \
             AND s.stream = device.stream AND s.through_seq >= device.last_seq)) \
         RETURNING known_through",
        device.as_str()
    )?;
    Ok(row.map(|(through,)| UtcMillis::from_i64(through)))
}

/// A day that a door doesn't hold up any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Released {
    /// Whose.
    pub person: PersonId,
    /// Which date.
    pub date: Date,
    /// Whether another door still does.
    pub still_held: bool,
}

/// Takes out what a door held up until its watermark; which days those were.
///
/// # Errors
/// When the database fails.
pub async fn release(
    tx: &mut Tx,
    device: &DeviceId,
    through: UtcMillis,
) -> Result<Vec<Released>, StoreError> {
    let rows = sql!(
        &mut *tx,
        fetch_all as (Vec<u8>, String, i64),
        "SELECT person_id, local_date, CAST(CASE WHEN EXISTS (SELECT 1 FROM day_block o \
           WHERE o.person_id = b.person_id AND o.local_date = b.local_date AND o.device_id <> b.device_id) \
           THEN 1 ELSE 0 END AS BIGINT) FROM day_block b WHERE device_id = $1 AND until_at <= $2",
        device.as_str(),
        through.as_i64()
    )?;
    sql!(
        tx,
        execute,
        "DELETE FROM day_block WHERE device_id = $1 AND until_at <= $2",
        device.as_str(),
        through.as_i64()
    )?;
    rows.into_iter()
        .map(|(person, date, others)| {
            let date = date.parse().map_err(|_| StoreError::Row { column: "day_block.local_date" })?;
            let person = uuid(&person, "day_block.person_id")?.into();
            Ok(Released { person, date, still_held: others != 0 })
        })
        .collect()
}

/// How many days of people each door holds up, most first.
///
/// # Errors
/// When the database fails.
pub async fn list_blocking(tx: &mut Tx) -> Result<Vec<(DeviceId, i64)>, StoreError> {
    sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT device_id, COUNT(*) AS held FROM day_block GROUP BY device_id ORDER BY held DESC, device_id"
    )?
    .into_iter()
    .map(|(device, held)| {
        let device =
            DeviceId::parse(&device).map_err(|_| StoreError::Row { column: "day_block.device_id" })?;
        Ok((device, held))
    })
    .collect()
}

/// When a door was last heard of; none when it never was, or when it may not connect any more.
///
/// # Errors
/// When the database fails.
pub async fn last_seen(tx: &mut Tx, device: &DeviceId) -> Result<Option<UtcMillis>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (Option<i64>,),
        "SELECT last_seen FROM device WHERE device_id = $1 AND revoked_at IS NULL",
        device.as_str()
    )?;
    Ok(row.and_then(|(seen,)| seen).map(UtcMillis::from_i64))
}

/// Says since when nothing was heard of a door; none that it is there again. False when that was said before.
///
/// # Errors
/// When the database fails.
pub async fn update_overdue(
    tx: &mut Tx,
    device: &DeviceId,
    since: Option<UtcMillis>,
) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE device SET overdue_since = $1 WHERE device_id = $2 \
         AND COALESCE(overdue_since, 0) <> COALESCE($1, 0)",
        since.map(UtcMillis::as_i64),
        device.as_str()
    )?;
    Ok(rows > 0)
}
