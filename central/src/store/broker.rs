//! What the broker has to know: which devices may connect with which password, and their galleries.

use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql};

/// Keeps a device's sealed token; a new one replaces the old one.
///
/// # Errors
/// When the database fails.
pub async fn upsert(tx: &mut Tx, id: &DeviceId, token_sealed: &str, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO broker_client (device_id, token_sealed, updated_at) VALUES ($1, $2, $3) \
         ON CONFLICT (device_id) DO UPDATE SET token_sealed = excluded.token_sealed, \
         updated_at = excluded.updated_at",
        id.as_str(),
        token_sealed,
        at.as_i64()
    )?;
    Ok(())
}

/// Forgets a device's token; a revoked one has no use for it.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &DeviceId) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM broker_client WHERE device_id = $1", id.as_str())?;
    Ok(())
}

/// The devices that may connect, with their sealed tokens.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<(DeviceId, String)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String),
        "SELECT b.device_id, b.token_sealed FROM broker_client b JOIN device d ON d.device_id = b.device_id \
         WHERE d.revoked_at IS NULL ORDER BY b.device_id"
    )?;
    rows.into_iter().map(|(id, sealed)| Ok((device(&id)?, sealed))).collect()
}

/// The newest gallery revision of each device that may connect.
///
/// # Errors
/// When the database fails.
pub async fn list_revisions(tx: &mut Tx) -> Result<Vec<(DeviceId, i64)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT d.device_id, g.revision FROM device d JOIN gallery_scope g ON g.site_id = d.site_id \
         WHERE d.revoked_at IS NULL ORDER BY d.device_id"
    )?;
    rows.into_iter().map(|(id, revision)| Ok((device(&id)?, revision))).collect()
}

/// Notes that a device was heard of.
///
/// # Errors
/// When the database fails.
pub async fn update_seen(tx: &mut Tx, id: &DeviceId, at: UtcMillis) -> Result<(), StoreError> {
    sql!(tx, execute, "UPDATE device SET last_seen = $1 WHERE device_id = $2", at.as_i64(), id.as_str())?;
    Ok(())
}

fn device(id: &str) -> Result<DeviceId, StoreError> {
    DeviceId::parse(id).map_err(|_| StoreError::Row { column: "broker_client.device_id" })
}
