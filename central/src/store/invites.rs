//! Invitations to join: at most one for each door, known by the hash of its token.

use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};
use lintel_core::time::UtcMillis;
use serde::Serialize;

use super::devices::direction_named;
use super::{StoreError, Tx, sql};

/// An invitation, without its token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invite {
    /// Which door.
    pub device_id: DeviceId,
    /// Where it will stand.
    pub site_id: SiteId,
    /// The door's name.
    pub door: String,
    /// Which way people go through it.
    pub direction: DirectionHint,
    /// Until when it can be used.
    pub expires_at: UtcMillis,
    /// When it was used.
    pub used_at: Option<UtcMillis>,
    /// SHA-256 of the key that joined.
    #[serde(skip)]
    pub used_key: Option<Vec<u8>>,
}

type Row = (String, String, String, String, i64, Option<i64>, Option<Vec<u8>>);

const COLUMNS: &str = "device_id, site_id, door, direction, expires_at, used_at, used_key";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM device_invite {rest}"))
}

fn invite((id, site, door, direction, expires_at, used_at, used_key): Row) -> Result<Invite, StoreError> {
    Ok(Invite {
        device_id: DeviceId::parse(&id).map_err(|_| StoreError::Row { column: "device_invite.device_id" })?,
        site_id: SiteId::parse(&site).map_err(|_| StoreError::Row { column: "device_invite.site_id" })?,
        door,
        direction: direction_named(&direction),
        expires_at: UtcMillis::from_i64(expires_at),
        used_at: used_at.map(UtcMillis::from_i64),
        used_key,
    })
}

/// Keeps an invitation; the door's earlier one is worthless from then on.
///
/// # Errors
/// When the database fails.
pub async fn upsert(
    tx: &mut Tx,
    invite: &Invite,
    token_hash: &[u8; 32],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO device_invite \
           (device_id, token_hash, site_id, door, direction, created_at, expires_at, used_at, used_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, NULL) \
         ON CONFLICT (device_id) DO UPDATE SET token_hash = excluded.token_hash, \
           site_id = excluded.site_id, door = excluded.door, direction = excluded.direction, \
           created_at = excluded.created_at, expires_at = excluded.expires_at, \
           used_at = NULL, used_key = NULL",
        invite.device_id.as_str(),
        token_hash.as_slice(),
        invite.site_id.as_str(),
        invite.door.as_str(),
        invite.direction.as_str(),
        at.as_i64(),
        invite.expires_at.as_i64(),
    )?;
    Ok(())
}

/// The invitation of a token, used and expired ones too.
///
/// # Errors
/// When the database fails.
pub async fn get_by_token_hash(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Invite>, StoreError> {
    let text = select("WHERE token_hash = $1");
    sql!(tx, fetch_optional as Row, text, token_hash.as_slice())?.map(invite).transpose()
}

/// Invitations that can still be used, by door.
///
/// # Errors
/// When the database fails.
pub async fn list_open(tx: &mut Tx, now: UtcMillis) -> Result<Vec<Invite>, StoreError> {
    let text = select("WHERE used_at IS NULL AND expires_at > $1 ORDER BY device_id");
    sql!(tx, fetch_all as Row, text, now.as_i64())?.into_iter().map(invite).collect()
}

/// Notes that an invitation was used, and by which key.
///
/// # Errors
/// When the database fails.
pub async fn update_used(
    tx: &mut Tx,
    id: &DeviceId,
    key: &[u8; 32],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE device_invite SET used_at = $1, used_key = $2 WHERE device_id = $3",
        at.as_i64(),
        key.as_slice(),
        id.as_str()
    )?;
    Ok(())
}

/// Takes every invitation back, also the traces of those that were used.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM device_invite")?;
    Ok(())
}

/// Takes a door's invitation back while nobody has used it; says whether there was one. One that was used
/// stays: the door that did may still ask again for an answer that got lost.
///
/// # Errors
/// When the database fails.
pub async fn delete_open(tx: &mut Tx, id: &DeviceId, now: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "DELETE FROM device_invite WHERE device_id = $1 AND used_at IS NULL AND expires_at > $2",
        id.as_str(),
        now.as_i64()
    )?;
    Ok(rows > 0)
}

/// Ends a door's invitation, used or not.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &DeviceId) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM device_invite WHERE device_id = $1", id.as_str())?;
    Ok(())
}
