//! Devices and what they last reported.

use std::collections::HashMap;

use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId, StreamId};
use lintel_core::time::UtcMillis;
use lintel_core::wire::{CameraHealth, Heartbeat};
use serde::Serialize;
use utoipa::ToSchema;

use super::{StoreError, Tx, certificates, gallery, signed, sql, unsigned, uuid, uuid_bytes};

/// A door device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Device {
    /// Which.
    pub device_id: DeviceId,
    /// Where it stands.
    pub site_id: SiteId,
    /// The site's zone.
    pub zone: String,
    /// The door's name.
    pub door: String,
    /// Which way people go through it.
    pub direction: DirectionHint,
    /// What galleries are sealed to, once it has said so.
    pub gallery_public_key: Option<String>,
    /// Since when it may not connect.
    pub revoked_at: Option<UtcMillis>,
}

/// A device with what it last reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeviceState {
    /// The device.
    #[serde(flatten)]
    pub device: Device,
    /// When it was last heard of.
    pub last_seen: Option<UtcMillis>,
    /// Its present stream.
    pub stream: Option<StreamId>,
    /// Appended there, not acked.
    pub backlog: Option<u64>,
    /// Up to when it has recorded everything it saw.
    pub recorded_through: Option<UtcMillis>,
    /// The gallery revision that it says it uses.
    pub gallery_revision: Option<i64>,
    /// The revision that it confirmed.
    pub confirmed_revision: Option<i64>,
    /// The newest revision of its site.
    pub newest_revision: i64,
    /// Model pack in use.
    pub model_pack: Option<String>,
    /// Program version.
    pub version: Option<String>,
    /// Whether it sees anything.
    pub camera: Option<CameraHealth>,
    /// Whether the events of its present stream link up: ok, pending (one is missing) or broken.
    pub chain_state: Option<String>,
    /// When its certificate's life ends; None for a door with a token.
    pub certificate_expires_at: Option<UtcMillis>,
}

type Row = (String, String, String, String, String, Option<String>, Option<i64>);

const COLUMNS: &str =
    "d.device_id, d.site_id, s.zone, d.door, d.direction, d.gallery_public_key, d.revoked_at";

fn select(columns: &str, rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS}{columns} FROM device d JOIN site s ON s.site_id = d.site_id {rest}"
    ))
}

fn device(
    (id, site, zone, door, direction, gallery_public_key, revoked_at): Row,
) -> Result<Device, StoreError> {
    Ok(Device {
        device_id: DeviceId::parse(&id).map_err(|_| StoreError::Row { column: "device.device_id" })?,
        site_id: SiteId::parse(&site).map_err(|_| StoreError::Row { column: "device.site_id" })?,
        zone,
        door,
        direction: direction_named(&direction),
        gallery_public_key,
        revoked_at: revoked_at.map(UtcMillis::from_i64),
    })
}

/// A direction from its name in a row.
pub(super) fn direction_named(name: &str) -> DirectionHint {
    match name {
        "in" => DirectionHint::In,
        "out" => DirectionHint::Out,
        _ => DirectionHint::None,
    }
}

fn camera_named(name: &str) -> Option<CameraHealth> {
    [CameraHealth::Well, CameraHealth::Failed, CameraHealth::Ended]
        .into_iter()
        .find(|one| one.as_str() == name)
}

/// Adds a device.
///
/// # Errors
/// A unique violation when it exists.
pub async fn create(
    tx: &mut Tx,
    device: &Device,
    token_hash: &[u8; 32],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO device (device_id, site_id, door, direction, token_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        device.device_id.as_str(),
        device.site_id.as_str(),
        device.door.as_str(),
        device.direction.as_str(),
        token_hash.as_slice(),
        at.as_i64(),
    )?;
    Ok(())
}

/// Makes a device that has joined by a code, or makes it anew: it isn't revoked any more, has another token,
/// and the gallery key of its next heartbeat is trusted.
///
/// # Errors
/// When the database fails.
pub async fn upsert_joined(
    tx: &mut Tx,
    device: &Device,
    token_hash: &[u8; 32],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO device (device_id, site_id, door, direction, token_hash, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (device_id) DO UPDATE SET site_id = excluded.site_id, door = excluded.door, \
           direction = excluded.direction, token_hash = excluded.token_hash, revoked_at = NULL, \
           gallery_public_key = NULL, confirmed_revision = NULL",
        device.device_id.as_str(),
        device.site_id.as_str(),
        device.door.as_str(),
        device.direction.as_str(),
        token_hash.as_slice(),
        at.as_i64(),
    )?;
    Ok(())
}

/// A device by id, revoked or not.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &DeviceId) -> Result<Option<Device>, StoreError> {
    let text = select("", "WHERE d.device_id = $1");
    sql!(tx, fetch_optional as Row, text, id.as_str())?.map(device).transpose()
}

/// A device by the hash of its token, revoked or not.
///
/// # Errors
/// When the database fails.
pub async fn get_by_token_hash(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<Device>, StoreError> {
    let text = select("", "WHERE d.token_hash = $1");
    sql!(tx, fetch_optional as Row, text, token_hash.as_slice())?.map(device).transpose()
}

type StateRow = (
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// All devices by id.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<DeviceState>, StoreError> {
    let columns = ", d.last_seen, d.stream, d.backlog, d.recorded_through, d.gallery_revision, \
        d.confirmed_revision, d.model_pack, d.version, \
        (SELECT CASE WHEN EXISTS (SELECT 1 FROM event e WHERE e.stream_no = t.stream_no \
                                  AND e.chain_state = 'broken') THEN 'broken' \
                     WHEN t.through_seq < t.max_seq THEN 'pending' ELSE 'ok' END \
         FROM stream t WHERE t.device_id = d.device_id AND t.stream = d.stream)";
    let text = select(columns, "ORDER BY d.device_id");
    let rows = sql!(tx, fetch_all as StateRow, text)?;
    // A tuple has no more room than the columns above take.
    let expiries: HashMap<_, _> = certificates::list_expiries(tx).await?.into_iter().collect();
    let revisions: HashMap<_, _> = gallery::list_revisions(tx).await?.into_iter().collect();
    let cameras = "SELECT device_id, camera FROM device WHERE camera IS NOT NULL";
    let cameras: HashMap<_, _> = sql!(tx, fetch_all as (String, String), cameras)?.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let mut state = state(row)?;
            state.camera = cameras.get(state.device.device_id.as_str()).and_then(|name| camera_named(name));
            state.certificate_expires_at = expiries.get(&state.device.device_id).copied();
            state.newest_revision = revisions.get(&state.device.site_id).copied().unwrap_or_default();
            Ok(state)
        })
        .collect()
}

fn state(row: StateRow) -> Result<DeviceState, StoreError> {
    let (
        id,
        site,
        zone,
        door,
        direction,
        key,
        revoked_at,
        seen,
        stream,
        backlog,
        through,
        used,
        confirmed,
        pack,
        version,
        chain_state,
    ) = row;
    Ok(DeviceState {
        device: device((id, site, zone, door, direction, key, revoked_at))?,
        last_seen: seen.map(UtcMillis::from_i64),
        stream: stream.map(|bytes| uuid(&bytes, "device.stream").map(StreamId::from)).transpose()?,
        backlog: backlog.map(|count| unsigned(count, "device.backlog")).transpose()?,
        recorded_through: through.map(UtcMillis::from_i64),
        gallery_revision: used,
        confirmed_revision: confirmed,
        newest_revision: 0,
        model_pack: pack,
        version,
        camera: None,
        chain_state,
        certificate_expires_at: None,
    })
}

/// Takes the right to connect away; says whether it stood.
///
/// # Errors
/// When the database fails.
pub async fn revoke(tx: &mut Tx, id: &DeviceId, at: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE device SET revoked_at = $1 WHERE device_id = $2 AND revoked_at IS NULL",
        at.as_i64(),
        id.as_str()
    )?;
    Ok(rows > 0)
}

/// Gives a device a new token and forgets its gallery key, so that the next heartbeat's is trusted; says
/// whether there is such a device that isn't revoked.
///
/// # Errors
/// When the database fails.
pub async fn reset(tx: &mut Tx, id: &DeviceId, token_hash: &[u8; 32]) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE device SET token_hash = $1, gallery_public_key = NULL, confirmed_revision = NULL \
         WHERE device_id = $2 AND revoked_at IS NULL",
        token_hash.as_slice(),
        id.as_str()
    )?;
    Ok(rows > 0)
}

/// Pins the gallery key, unless another one is pinned; says whether the given one is now.
///
/// # Errors
/// When the database fails.
pub async fn pin_gallery_key(tx: &mut Tx, id: &DeviceId, key: &str) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE device SET gallery_public_key = $1 WHERE device_id = $2 \
         AND (gallery_public_key IS NULL OR gallery_public_key = $1)",
        key,
        id.as_str()
    )?;
    Ok(rows > 0)
}

/// Stores what a heartbeat says.
///
/// # Errors
/// When the database fails.
pub async fn update_heartbeat(tx: &mut Tx, beat: &Heartbeat, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE device SET last_seen = $1, stream = $2, last_seq = $3, backlog = $4, recorded_through = $5, \
         sent_at = $6, gallery_revision = $7, model_pack = $8, version = $9, camera = $10 WHERE device_id = $11",
        at.as_i64(),
        uuid_bytes!(beat.stream),
        signed(beat.last_seq),
        signed(beat.backlog),
        beat.recorded_through.as_i64(),
        beat.sent_at.as_i64(),
        beat.gallery_revision,
        beat.model_pack.as_str(),
        beat.version.as_str(),
        beat.camera.map(CameraHealth::as_str),
        beat.device_id.as_str(),
    )?;
    Ok(())
}

/// The gallery revision that a device confirmed last.
///
/// # Errors
/// When the database fails.
pub async fn confirmed_revision(tx: &mut Tx, id: &DeviceId) -> Result<Option<i64>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (Option<i64>,),
        "SELECT confirmed_revision FROM device WHERE device_id = $1",
        id.as_str()
    )?;
    Ok(row.and_then(|(revision,)| revision))
}

/// Stores which gallery a device has confirmed.
///
/// # Errors
/// When the database fails.
pub async fn update_confirmed(
    tx: &mut Tx,
    id: &DeviceId,
    revision: i64,
    templates: u64,
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE device SET confirmed_revision = $1, confirmed_templates = $2, confirmed_at = $3 \
         WHERE device_id = $4",
        revision,
        signed(templates),
        at.as_i64(),
        id.as_str()
    )?;
    Ok(())
}
