//! Doors' certificates: which were given, and which still stand.

use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql};

/// A certificate that was given to a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCertificate {
    /// Whose.
    pub device_id: DeviceId,
    /// Last instant of its life.
    pub expires_at: UtcMillis,
    /// When it was first shown.
    pub proven_at: Option<UtcMillis>,
    /// Since when it is worthless.
    pub revoked_at: Option<UtcMillis>,
}

/// Notes a certificate.
///
/// # Errors
/// When the database fails.
pub async fn create(
    tx: &mut Tx,
    id: &DeviceId,
    fingerprint: &[u8; 32],
    issued_at: UtcMillis,
    expires_at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO device_certificate (fingerprint, device_id, issued_at, expires_at) \
         VALUES ($1, $2, $3, $4)",
        fingerprint.as_slice(),
        id.as_str(),
        issued_at.as_i64(),
        expires_at.as_i64()
    )?;
    Ok(())
}

/// A certificate by the SHA-256 of its DER, revoked and expired ones too.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, fingerprint: &[u8; 32]) -> Result<Option<DeviceCertificate>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String, i64, Option<i64>, Option<i64>),
        "SELECT device_id, expires_at, proven_at, revoked_at FROM device_certificate WHERE fingerprint = $1",
        fingerprint.as_slice()
    )?;
    row.map(|(id, expires_at, proven_at, revoked_at)| {
        Ok(DeviceCertificate {
            device_id: DeviceId::parse(&id)
                .map_err(|_| StoreError::Row { column: "device_certificate.device_id" })?,
            expires_at: UtcMillis::from_i64(expires_at),
            proven_at: proven_at.map(UtcMillis::from_i64),
            revoked_at: revoked_at.map(UtcMillis::from_i64),
        })
    })
    .transpose()
}

/// Notes the first use of a certificate; says whether it was the first.
///
/// # Errors
/// When the database fails.
pub async fn update_proven(tx: &mut Tx, fingerprint: &[u8; 32], at: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE device_certificate SET proven_at = $1 \
         WHERE fingerprint = $2 AND proven_at IS NULL AND revoked_at IS NULL",
        at.as_i64(),
        fingerprint.as_slice()
    )?;
    Ok(rows > 0)
}

/// Makes all certificates of a door worthless, but for one.
///
/// # Errors
/// When the database fails.
pub async fn revoke_others(
    tx: &mut Tx,
    id: &DeviceId,
    but: &[u8; 32],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE device_certificate SET revoked_at = $1 \
         WHERE device_id = $2 AND fingerprint <> $3 AND revoked_at IS NULL",
        at.as_i64(),
        id.as_str(),
        but.as_slice()
    )?;
    Ok(())
}

/// Makes the certificates worthless that a door was given and never showed: their answer got lost.
///
/// # Errors
/// When the database fails.
pub async fn revoke_unproven(tx: &mut Tx, id: &DeviceId, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE device_certificate SET revoked_at = $1 \
         WHERE device_id = $2 AND proven_at IS NULL AND revoked_at IS NULL",
        at.as_i64(),
        id.as_str()
    )?;
    Ok(())
}

/// Makes all certificates of a door worthless.
///
/// # Errors
/// When the database fails.
pub async fn revoke_all(tx: &mut Tx, id: &DeviceId, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE device_certificate SET revoked_at = $1 WHERE device_id = $2 AND revoked_at IS NULL",
        at.as_i64(),
        id.as_str()
    )?;
    Ok(())
}

/// When the newest standing certificate of each door ends.
///
/// # Errors
/// When the database fails.
pub async fn list_expiries(tx: &mut Tx) -> Result<Vec<(DeviceId, UtcMillis)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT device_id, MAX(expires_at) FROM device_certificate WHERE revoked_at IS NULL GROUP BY device_id"
    )?;
    let column = "device_certificate.device_id";
    rows.into_iter()
        .map(|(id, until)| {
            let id = DeviceId::parse(&id).map_err(|_| StoreError::Row { column })?;
            Ok((id, UtcMillis::from_i64(until)))
        })
        .collect()
}

/// Whether a door has a standing certificate: it then has no use for a token.
///
/// # Errors
/// When the database fails.
pub async fn has_standing(tx: &mut Tx, id: &DeviceId) -> Result<bool, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT CAST(1 AS BIGINT) FROM device_certificate WHERE device_id = $1 AND revoked_at IS NULL LIMIT 1",
        id.as_str()
    )?;
    Ok(row.is_some())
}
