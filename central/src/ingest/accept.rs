//! The one door for events: what comes in by MQTT and by HTTPS is committed here, then acked.
//!
//! One transaction per batch: the counter row is taken first, so that all accepts stand in one order and
//! nothing read after it can change. The usual case, everything new and in order, reads one row and writes
//! a few long statements; only what overlaps, lacks or repeats something takes the longer way.

use lintel_core::ack::{AckBody, SignedAck};
use lintel_core::road::Road;
use lintel_core::sign::SigningKey;
use lintel_core::time::Clock;

use super::days::Days;
use super::error::AcceptError;
use super::intake::Intake;
use super::places::Places;
use super::validate;
use crate::devices::{Device, known_through};
use crate::store::Db;

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
    let days =
        Days::new(device).map_err(|source| AcceptError::Zone { device: device.device_id.clone(), source })?;

    let mut tx = db.write().await?;
    let mut intake = Intake::begin(&mut tx, device, &batch, places.good.len(), road, now).await?;
    let settled = intake.store(&mut tx, places).await?;
    intake.queue(&mut tx, &settled, days).await?;
    // The heartbeat that says how far the door is may have come before what it speaks of.
    known_through(&mut tx, &device.device_id, now).await?;
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
