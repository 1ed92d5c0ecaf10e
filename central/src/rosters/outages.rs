//! Doors out of service: declared by one, approved by another. Until then it counts for nothing, or
//! whoever wants nobody to be absent would only have to say so.

use lintel_core::ids::{DeviceId, OutageId};
use lintel_core::time::{Clock, UtcMillis, zone};

pub use crate::store::rosters::outages::OutageRow;

use super::locks::{expect_open, spans};
use super::{RosterError, Touched, expect_date, expect_reason, limit, touched};
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::devices::Device;
use crate::store::rosters::outages;
use crate::store::{Db, StoreError, Tx, audit, devices, door_people};

/// A time to declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOutage {
    /// Which door.
    pub device_id: DeviceId,
    /// From when.
    pub from: UtcMillis,
    /// Until when; none while it goes on.
    pub to: Option<UtcMillis>,
    /// Why.
    pub reason: String,
}

/// Declares a door out of service. It touches no day before somebody else has approved it.
///
/// # Errors
/// [`RosterError`].
pub async fn declare(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    new: NewOutage,
) -> Result<OutageId, RosterError> {
    let reason = expect_reason(&new.reason)?.to_owned();
    if new.to.is_some_and(|to| to <= new.from) {
        return Err(RosterError::OutageEnd);
    }
    let at = clock.now();
    let outage_id = OutageId::new(at, &lintel_runtime::clock::random_bytes()?);
    let row = OutageRow {
        outage_id,
        device_id: new.device_id,
        from: new.from,
        to: new.to,
        reason,
        declared_by: permit.actor().to_owned(),
        declared_at: at,
        approved_by: None,
        approved_at: None,
    };
    let mut tx = db.write().await?;
    days_of(&mut tx, &row).await?;
    outages::create(&mut tx, &row).await?;
    let fields = "device_id,from_at,to_at,reason";
    audit::create(&mut tx, at, permit.actor(), "outage.declare", &outage_id.to_string(), fields).await?;
    tx.commit().await?;
    Ok(outage_id)
}

/// Approves what somebody else declared.
///
/// # Errors
/// [`RosterError::Own`] above all.
pub async fn approve(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    id: OutageId,
) -> Result<Touched, RosterError> {
    let mut tx = db.write().await?;
    let found = outages::get(&mut tx, id).await?.ok_or(RosterError::UnknownOutage(id))?;
    if found.declared_by == permit.actor() {
        return Err(RosterError::Own);
    }
    let touches = days_of(&mut tx, &found).await?;
    if !outages::update_approved(&mut tx, id, permit.actor(), clock.now()).await? {
        return Err(RosterError::Decided);
    }
    let subject = id.to_string();
    audit::create(&mut tx, clock.now(), permit.actor(), "outage.approve", &subject, "approved_by").await?;
    touched(&mut tx, &touches).await?;
    touch_guests(&mut tx, &found.device_id, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// Ends an outage, now when no instant is given; never later than was approved.
///
/// # Errors
/// [`RosterError::OutageEnd`].
pub async fn end(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    id: OutageId,
    at: Option<UtcMillis>,
) -> Result<Touched, RosterError> {
    let now = clock.now();
    let to = at.unwrap_or(now);
    let mut tx = db.write().await?;
    let found = outages::get(&mut tx, id).await?.ok_or(RosterError::UnknownOutage(id))?;
    let is_longer = found.to.is_some_and(|before| to > before);
    if to <= found.from || (is_longer && found.approved_by.is_some()) {
        return Err(RosterError::OutageEnd);
    }
    // What differs lies behind the new end.
    let touches = days_of(&mut tx, &OutageRow { from: to, ..found.clone() }).await?;
    outages::update_end(&mut tx, id, to).await?;
    audit::create(&mut tx, now, permit.actor(), "outage.end", &id.to_string(), "to_at").await?;
    if found.approved_by.is_some() {
        touched(&mut tx, &touches).await?;
        touch_guests(&mut tx, &found.device_id, &touches).await?;
    }
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// The days of an outage at its door's site, none of them in a locked month.
async fn days_of(tx: &mut Tx, row: &OutageRow) -> Result<Touched, RosterError> {
    let door: Option<Device> = devices::get(tx, &row.device_id).await?;
    let door = door.ok_or_else(|| RosterError::UnknownDevice(row.device_id.clone()))?;
    let zone = zone(&door.zone)?;
    let (from, to) = (row.from.date_in(&zone), row.to.map(|to| to.date_in(&zone)));
    expect_date(from)?;
    to.map(expect_date).transpose()?;
    let sites = vec![door.site_id];
    expect_open(tx, &spans(&sites, from, to)).await?;
    Ok(Touched::of_sites(sites, from, to))
}

/// Queues the same days of people of other sites whom the door could see too. Their months stay as they are locked:
/// what differs there becomes an adjustment.
async fn touch_guests(tx: &mut Tx, device: &DeviceId, touches: &Touched) -> Result<(), StoreError> {
    let guests = door_people::list_guests(tx, device).await?;
    let Touched { from, to, .. } = *touches;
    touched(tx, &Touched { people: Some(guests), sites: Vec::new(), from, to }).await
}

/// Outages of one door or of all by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    device: Option<&DeviceId>,
    after: Option<OutageId>,
    rows: u32,
) -> Result<Vec<OutageRow>, StoreError> {
    outages::list(&mut db.read().await?, device, after, limit(rows)).await
}
