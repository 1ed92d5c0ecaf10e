//! Times in which a door was out of service.

use lintel_core::ids::{DeviceId, OutageId};
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql, uuid, uuid_bytes};
use super::parsed;

/// A time in which a door was out of service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Outage)]
pub struct OutageRow {
    /// Which.
    pub outage_id: OutageId,
    /// Which door.
    pub device_id: DeviceId,
    /// From when.
    pub from: UtcMillis,
    /// Until when; none while it goes on.
    pub to: Option<UtcMillis>,
    /// Why.
    pub reason: String,
    /// Who said so, as in the audit.
    pub declared_by: String,
    /// When.
    pub declared_at: UtcMillis,
    /// Who agreed; without, it counts for nothing.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<UtcMillis>,
}

type Row = (Vec<u8>, String, i64, Option<i64>, String, String, i64, Option<String>, Option<i64>);

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT outage_id, device_id, from_at, to_at, reason, declared_by, declared_at, approved_by, \
         approved_at FROM out_of_service {rest}"
    ))
}

fn outage(row: Row) -> Result<OutageRow, StoreError> {
    let (id, device, from, to, reason, declared_by, declared_at, approved_by, approved_at) = row;
    Ok(OutageRow {
        outage_id: uuid(&id, "out_of_service.outage_id")?.into(),
        device_id: parsed(&device, "out_of_service.device_id")?,
        from: UtcMillis::from_i64(from),
        to: to.map(UtcMillis::from_i64),
        reason,
        declared_by,
        declared_at: UtcMillis::from_i64(declared_at),
        approved_by,
        approved_at: approved_at.map(UtcMillis::from_i64),
    })
}

/// Stores what was declared.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, row: &OutageRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO out_of_service (outage_id, device_id, from_at, to_at, reason, declared_by, declared_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        uuid_bytes!(row.outage_id),
        row.device_id.as_str(),
        row.from.as_i64(),
        row.to.map(UtcMillis::as_i64),
        row.reason.as_str(),
        row.declared_by.as_str(),
        row.declared_at.as_i64(),
    )?;
    Ok(())
}

/// Approves it; false when somebody has already.
///
/// # Errors
/// When the database fails.
pub async fn update_approved(tx: &mut Tx, id: OutageId, by: &str, at: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE out_of_service SET approved_by = $1, approved_at = $2 \
         WHERE outage_id = $3 AND approved_by IS NULL",
        by,
        at.as_i64(),
        uuid_bytes!(id)
    )?;
    Ok(rows > 0)
}

/// Sets its end.
///
/// # Errors
/// When the database fails.
pub async fn update_end(tx: &mut Tx, id: OutageId, to: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE out_of_service SET to_at = $1 WHERE outage_id = $2",
        to.as_i64(),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// One by its id.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: OutageId) -> Result<Option<OutageRow>, StoreError> {
    let text = select("WHERE outage_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(id))?.map(outage).transpose()
}

/// Those of one door or of all by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    device: Option<&DeviceId>,
    after: Option<OutageId>,
    limit: i64,
) -> Result<Vec<OutageRow>, StoreError> {
    let after = after.map_or_else(Vec::new, |id| uuid_bytes!(id).to_vec());
    let text = select("WHERE ($1 = '' OR device_id = $1) AND outage_id > $2 ORDER BY outage_id LIMIT $3");
    sql!(tx, fetch_all as Row, text, device.map_or("", DeviceId::as_str), after, limit)?
        .into_iter()
        .map(outage)
        .collect()
}

/// The approved ones of a door that have an instant of `[from, to)`, as the proof of absence reads them.
///
/// # Errors
/// When the database fails.
pub async fn list_approved(
    tx: &mut Tx,
    device: &DeviceId,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<OutageRow>, StoreError> {
    let text = select(
        "WHERE device_id = $1 AND approved_by IS NOT NULL AND from_at < $2 \
         AND (to_at IS NULL OR to_at > $3) ORDER BY from_at, outage_id",
    );
    sql!(tx, fetch_all as Row, text, device.as_str(), to.as_i64(), from.as_i64())?
        .into_iter()
        .map(outage)
        .collect()
}
