//! Door devices: joining, proving who they are, reporting, and losing the right to.
//!
//! A door joins by a one-time code and gets a certificate (`invite`, `join`); where `devices.allow_tokens` is
//! on, one may also have a join file with a token (`add`). A token is handed out once and kept as a hash. The first heartbeat's gallery key is trusted; another
//! one later is refused until an administrator resets the device, because whoever holds that key opens
//! the gallery.

mod gate;
pub mod invite;
pub mod join;
pub mod qr;
mod trust;

use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};
use lintel_core::sign::Purpose;
use lintel_core::time::{Clock, UtcMillis};
use lintel_core::wire::{GalleryConfirmation, Heartbeat, HeartbeatAnswer};
use lintel_runtime::secrets::SecretString;

pub use crate::store::devices::{Device, DeviceState};
pub use gate::JoinGate;
pub use invite::{Invitation, InviteError, InviteRequest, invite, list_invites, withdraw_invite};
pub use trust::DoorTrust;

use crate::auth::Permit;
use crate::auth::credential;
use crate::auth::permit::{ManageDevices, ReadDevices};
use crate::jobs::{DeviceOverdue, RecomputeDay};
use crate::revocation;
use crate::store::watermarks::Released;
use crate::store::{
    Db, StoreError, Tx, audit, broker, certificates, devices, door_people, gallery, invites, jobs, sites,
    watermarks,
};
use crate::vault::CentralKeys;

/// Why a device is refused.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No such token, or the device was revoked; the same answer for both.
    #[error("this device is not known here: invite it with `device invite`")]
    Refused,
    /// The body names another device than the credential.
    #[error("the message says that it is from {claimed}, but the credential is {authenticated}'s")]
    Mismatch {
        /// What the body says.
        claimed: DeviceId,
        /// Whose credential it is.
        authenticated: DeviceId,
    },
    /// Another gallery key than the trusted one.
    #[error(
        "device {0} offers another gallery key than before: if it was reinstalled, run `device reset {0}`"
    )]
    OtherGalleryKey(DeviceId),
    /// The gallery key is none.
    #[error("the gallery key is not an X25519 key in base64")]
    GalleryKey,
    /// A value in a heartbeat is out of range.
    #[error("the heartbeat's {0} is longer than 64 characters or holds control characters")]
    Field(&'static str),
    /// The id is taken.
    #[error("there is a device {0} already: choose another id, or `device reset {0}`")]
    Exists(DeviceId),
    /// No such device.
    #[error("there is no device {0} that isn't revoked: `device list` shows them")]
    Unknown(DeviceId),
    /// No such site.
    #[error("there is no site {0}: add it with `site add {0} --zone ZONE`")]
    UnknownSite(SiteId),
    /// The door's name.
    #[error(transparent)]
    Name(#[from] crate::people::names::NameError),
    /// No randomness for a token.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A device that was added, with the token that is shown this once.
#[derive(Debug)]
pub struct Joined {
    /// The device.
    pub device: Device,
    /// Its token.
    pub token: SecretString,
}

/// Adds a device.
///
/// # Errors
/// [`DeviceError`] when the id is taken or the site unknown.
#[expect(clippy::too_many_arguments, reason = "each is a different thing; a struct would only rename them")]
pub async fn add(
    db: &Db,
    keys: &CentralKeys,
    permit: &Permit<ManageDevices>,
    clock: &dyn Clock,
    id: &DeviceId,
    site: &SiteId,
    door: &str,
    direction: DirectionHint,
) -> Result<Joined, DeviceError> {
    let door = crate::people::names::clean_name(door)?;
    let token = credential::generate("lintel_device_")?;
    let mut tx = db.write().await?;
    let Some(place) = sites::get(&mut tx, site).await? else {
        return Err(DeviceError::UnknownSite(site.clone()));
    };
    let device = Device {
        device_id: id.clone(),
        site_id: site.clone(),
        zone: place.zone,
        door,
        direction,
        gallery_public_key: None,
        revoked_at: None,
    };
    match devices::create(&mut tx, &device, &credential::hash(token.expose()), clock.now()).await {
        Err(error) if error.is_unique_violation() => return Err(DeviceError::Exists(id.clone())),
        other => other?,
    }
    admit_at_broker(&mut tx, keys, clock, id, &token).await?;
    let fields = "site_id,door,direction,token";
    audit::create(&mut tx, clock.now(), permit.actor(), "device.add", id.as_str(), fields).await?;
    tx.commit().await?;
    Ok(Joined { device, token })
}

/// All devices by id, with what they last reported.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, _permit: &Permit<ReadDevices>) -> Result<Vec<DeviceState>, StoreError> {
    devices::list(&mut db.read().await?).await
}

/// How many days of people each door holds up, most first; see [`crate::attendance::proof`].
///
/// # Errors
/// When the database fails.
pub async fn list_holding_up(
    db: &Db,
    _permit: &Permit<ReadDevices>,
) -> Result<Vec<(DeviceId, i64)>, StoreError> {
    watermarks::list_blocking(&mut db.read().await?).await
}

/// The device of a token. The token is looked up by its SHA-256, so the time it takes says nothing about
/// how much of a guess was right. A door that has a certificate has no use for a token here.
///
/// # Errors
/// [`DeviceError::Refused`] for an unknown token and for a revoked device alike.
pub async fn authenticate(db: &Db, token: &str) -> Result<Device, DeviceError> {
    let mut tx = db.read().await?;
    let found = devices::get_by_token_hash(&mut tx, &credential::hash(token)).await?;
    let device = found.filter(|device| device.revoked_at.is_none()).ok_or(DeviceError::Refused)?;
    if certificates::has_standing(&mut tx, &device.device_id).await? {
        return Err(DeviceError::Refused);
    }
    Ok(device)
}

/// The device of an id that the broker has authenticated.
///
/// # Errors
/// [`DeviceError::Refused`] when it is unknown or revoked.
pub async fn authenticated_by_broker(db: &Db, id: &DeviceId) -> Result<Device, DeviceError> {
    let found = devices::get(&mut db.read().await?, id).await?;
    found.filter(|device| device.revoked_at.is_none()).ok_or(DeviceError::Refused)
}

/// Takes a device's right to connect away.
///
/// # Errors
/// [`DeviceError::Unknown`].
pub async fn revoke(
    db: &Db,
    permit: &Permit<ManageDevices>,
    clock: &dyn Clock,
    id: &DeviceId,
) -> Result<(), DeviceError> {
    let mut tx = db.write().await?;
    let now = clock.now();
    revocation::end_device(&mut tx, id, now).await?;
    if !devices::revoke(&mut tx, id, now).await? {
        return Err(DeviceError::Unknown(id.clone()));
    }
    end_every_way_in(&mut tx, now, id).await?;
    door_people::end(&mut tx, id, now).await?;
    audit::create(&mut tx, now, permit.actor(), "device.revoke", id.as_str(), "revoked_at").await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}

/// Gives a device a new token and trusts the gallery key of its next heartbeat.
///
/// # Errors
/// [`DeviceError::Unknown`].
pub async fn reset(
    db: &Db,
    keys: &CentralKeys,
    permit: &Permit<ManageDevices>,
    clock: &dyn Clock,
    id: &DeviceId,
) -> Result<Joined, DeviceError> {
    let token = credential::generate("lintel_device_")?;
    let now = clock.now();
    let mut tx = db.write().await?;
    revocation::end_device(&mut tx, id, now).await?;
    if !devices::reset(&mut tx, id, &credential::hash(token.expose())).await? {
        return Err(DeviceError::Unknown(id.clone()));
    }
    let device = devices::get(&mut tx, id).await?.ok_or_else(|| DeviceError::Unknown(id.clone()))?;
    end_every_way_in(&mut tx, now, id).await?;
    admit_at_broker(&mut tx, keys, clock, id, &token).await?;
    let fields = "token,gallery_public_key";
    audit::create(&mut tx, now, permit.actor(), "device.reset", id.as_str(), fields).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(Joined { device, token })
}

/// Takes a heartbeat in: pins the gallery key, stores the report, answers with the signed time and the
/// newest gallery revision.
///
/// # Errors
/// [`DeviceError`] when the body isn't the device's or offers another gallery key.
pub async fn heartbeat(
    db: &Db,
    keys: &CentralKeys,
    clock: &dyn Clock,
    device: &Device,
    beat: &Heartbeat,
) -> Result<HeartbeatAnswer, DeviceError> {
    expect_own(device, &beat.device_id)?;
    let key = beat.gallery_public_key.trim();
    // An attempt at sealing is the only check of a key that the sealing library offers.
    lintel_core::seal::seal_to_device(key, b"", b"").map_err(|_| DeviceError::GalleryKey)?;
    for (field, text) in [("model_pack", &beat.model_pack), ("version", &beat.version)] {
        if text.len() > 64 || text.chars().any(char::is_control) {
            return Err(DeviceError::Field(field));
        }
    }
    let mut tx = db.write().await?;
    if !devices::pin_gallery_key(&mut tx, &device.device_id, key).await? {
        return Err(DeviceError::OtherGalleryKey(device.device_id.clone()));
    }
    let now = clock.now();
    devices::update_heartbeat(&mut tx, beat, now).await?;
    let released = known_through(&mut tx, &device.device_id, now).await?;
    if watermarks::update_overdue(&mut tx, &device.device_id, None).await? {
        log::info!("device.id" = device.device_id.as_str(); "the door is heard of again");
    }
    DeviceOverdue { device_id: device.device_id.clone() }.queue(&mut tx, now).await?;
    let gallery_revision = gallery::revision(&mut tx, &device.site_id).await?;
    tx.commit().await?;
    if released > 0 {
        db.wake_jobs();
    }
    let central_time = clock.now();
    let central_time_sig = keys.ack.sign(Purpose::CentralTime, central_time.as_i64().to_string().as_bytes());
    Ok(HeartbeatAnswer { central_time, central_time_sig, gallery_revision })
}

/// Stores which gallery a device now matches against.
///
/// # Errors
/// [`DeviceError::Mismatch`].
pub async fn confirm_gallery(
    db: &Db,
    clock: &dyn Clock,
    device: &Device,
    confirmation: &GalleryConfirmation,
) -> Result<(), DeviceError> {
    expect_own(device, &confirmation.device_id)?;
    let mut tx = db.write().await?;
    let GalleryConfirmation { revision, templates, .. } = *confirmation;
    let now = clock.now();
    let before = devices::confirmed_revision(&mut tx, &device.device_id).await?;
    devices::update_confirmed(&mut tx, &device.device_id, revision, templates, now).await?;
    // A door that starts from an older revision than before may hold anybody.
    let before = before.filter(|before| *before <= revision);
    door_people::confirmed(&mut tx, &device.device_id, &device.site_id, before, revision, now).await?;
    tx.commit().await?;
    Ok(())
}

/// When a day that other doors still hold up stops naming this one: most pass within a heartbeat of each other,
/// and a day is not computed once for each of them.
const NAMES_OTHERS_AFTER_MS: i64 = 120_000;

/// Moves a door's watermark as far as is known, and queues the days that it held up; how many nothing else holds.
///
/// # Errors
/// When the database fails.
pub(crate) async fn known_through(
    tx: &mut Tx,
    device: &DeviceId,
    now: UtcMillis,
) -> Result<usize, StoreError> {
    let Some(through) = watermarks::advance(tx, device).await? else { return Ok(0) };
    let (held, free): (Vec<Released>, Vec<Released>) =
        watermarks::release(tx, device, through).await?.into_iter().partition(|day| day.still_held);
    for (days, at) in [(&free, UtcMillis::default()), (&held, now.plus_millis(NAMES_OTHERS_AFTER_MS))] {
        let job = |day: &Released| RecomputeDay::of(day.person, day.date, day.date).to_new_job();
        jobs::create(tx, &days.iter().map(job).collect::<Vec<_>>(), at).await?;
    }
    Ok(free.len())
}

/// Ends certificates, the broker's account and the code: one that was used within its validity could
/// otherwise be used once more.
pub(crate) async fn end_every_way_in(tx: &mut Tx, at: UtcMillis, id: &DeviceId) -> Result<(), StoreError> {
    certificates::revoke_all(tx, id, at).await?;
    broker::delete(tx, id).await?;
    invites::delete(tx, id).await
}

/// Keeps the token for the broker too, which takes passwords in plain only; sealed under the data ring.
async fn admit_at_broker(
    tx: &mut Tx,
    keys: &CentralKeys,
    clock: &dyn Clock,
    id: &DeviceId,
    token: &SecretString,
) -> Result<(), StoreError> {
    broker::upsert(tx, id, &keys.data.seal(token.expose().as_bytes()), clock.now()).await
}

fn expect_own(device: &Device, claimed: &DeviceId) -> Result<(), DeviceError> {
    if device.device_id == *claimed {
        Ok(())
    } else {
        Err(DeviceError::Mismatch { claimed: claimed.clone(), authenticated: device.device_id.clone() })
    }
}
