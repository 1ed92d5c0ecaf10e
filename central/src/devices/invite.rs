//! Inviting a door: a one-time code that a person carries there.
//!
//! Only the token's hash is kept; the code is shown once and stands in no log and no audit row. A door that
//! exists already may be invited again, after a reinstallation or a revocation: it joins anew under its old id,
//! and what it had before ends then.

use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};
use lintel_core::join::{AddressError, JoinCode, JoinToken};
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::{ClockError, random_bytes};
use lintel_runtime::secrets::SecretString;

pub use crate::store::invites::Invite;

use super::DoorTrust;
use crate::auth::permit::{ManageDevices, ReadDevices};
use crate::auth::{Permit, credential};
use crate::store::{Db, StoreError, audit, devices, invites, sites};

/// How long a code can be used when nothing is said, ms.
pub const USUAL_VALIDITY_MS: i64 = 24 * 3_600_000;
/// Longest validity, ms.
pub const LONGEST_VALIDITY_MS: i64 = 30 * 24 * 3_600_000;

/// Which door, and where it stands. For a door that exists, what is None stays as it was.
#[derive(Debug, Clone)]
pub struct InviteRequest {
    /// Its id.
    pub device_id: DeviceId,
    /// The site.
    pub site_id: Option<SiteId>,
    /// The door's name for people.
    pub door: Option<String>,
    /// Which way people go through it.
    pub direction: Option<DirectionHint>,
    /// How long the code can be used, ms.
    pub valid_ms: i64,
    /// Refuses an id that is a door's already: whoever adds a door and picks a taken id must not move another.
    pub only_new: bool,
}

/// A code that was made. It is seen this once.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The door.
    pub device_id: DeviceId,
    /// The code, in groups.
    pub code: SecretString,
    /// Until when it can be used.
    pub expires_at: UtcMillis,
}

/// Why a door can't be invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// A new door without a place.
    #[error("{0} is a new door: say where it stands (--site, --door)")]
    NeedsPlace(DeviceId),
    /// The id is another door's.
    #[error("there is a door {0} already: choose another id, or invite that one again")]
    Taken(DeviceId),
    /// No code of this door waits to be used.
    #[error("no join code of {0} waits to be used")]
    NoInvite(DeviceId),
    /// No such site.
    #[error("there is no site {0}: add it with `site add {0} --zone ZONE`")]
    UnknownSite(SiteId),
    /// Too long or in the past.
    #[error("a join code is valid for 1 minute to 30 days: write for example --valid 24h")]
    Validity,
    /// The centre has no address that a code can carry.
    #[error("devices.url can't stand in a join code")]
    Address(#[from] AddressError),
    /// The door's name.
    #[error(transparent)]
    Name(#[from] crate::people::names::NameError),
    /// No randomness for a token.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a code for a door. The door's earlier code is worthless from then on.
///
/// # Errors
/// [`InviteError`].
pub async fn invite(
    db: &Db,
    trust: &DoorTrust,
    permit: &Permit<ManageDevices>,
    clock: &dyn Clock,
    request: InviteRequest,
) -> Result<Invitation, InviteError> {
    if !(60_000..=LONGEST_VALIDITY_MS).contains(&request.valid_ms) {
        return Err(InviteError::Validity);
    }
    let address = trust.address()?;
    let door = request.door.as_deref().map(crate::people::names::clean_name).transpose()?;
    let now = clock.now();
    let token = JoinToken::from_bytes(random_bytes()?);
    let mut tx = db.write().await?;
    let known = devices::get(&mut tx, &request.device_id).await?;
    if request.only_new && known.is_some() {
        return Err(InviteError::Taken(request.device_id));
    }
    let (site_id, door, direction) = match (known, request.site_id, door) {
        (Some(known), site, door) => (
            site.unwrap_or(known.site_id),
            door.unwrap_or(known.door),
            request.direction.unwrap_or(known.direction),
        ),
        (None, Some(site), Some(door)) => (site, door, request.direction.unwrap_or_default()),
        (None, ..) => return Err(InviteError::NeedsPlace(request.device_id)),
    };
    if sites::get(&mut tx, &site_id).await?.is_none() {
        return Err(InviteError::UnknownSite(site_id));
    }
    let invite = Invite {
        device_id: request.device_id,
        site_id,
        door,
        direction,
        expires_at: now.plus_millis(request.valid_ms),
        used_at: None,
        used_key: None,
    };
    invites::upsert(&mut tx, &invite, &credential::hash(&token.to_text()), now).await?;
    let fields = "site_id,door,direction,expires_at";
    audit::create(&mut tx, now, permit.actor(), "device.invite", invite.device_id.as_str(), fields).await?;
    tx.commit().await?;
    let code = JoinCode { token, ca: trust.ca().root(), issued_at: now, address };
    Ok(Invitation {
        device_id: invite.device_id,
        code: SecretString::new(code.to_text()),
        expires_at: invite.expires_at,
    })
}

/// Takes back a code that nobody has used yet.
///
/// # Errors
/// [`InviteError::NoInvite`] when there is none: it was used, it has expired, or there never was one.
pub async fn withdraw_invite(
    db: &Db,
    permit: &Permit<ManageDevices>,
    clock: &dyn Clock,
    id: &DeviceId,
) -> Result<(), InviteError> {
    let now = clock.now();
    let mut tx = db.write().await?;
    if !invites::delete_open(&mut tx, id, now).await? {
        return Err(InviteError::NoInvite(id.clone()));
    }
    audit::create(&mut tx, now, permit.actor(), "device.invite_withdraw", id.as_str(), "expires_at").await?;
    Ok(tx.commit().await?)
}

/// Invitations that wait to be used, by door.
///
/// # Errors
/// When the database fails.
pub async fn list_invites(
    db: &Db,
    _permit: &Permit<ReadDevices>,
    clock: &dyn Clock,
) -> Result<Vec<Invite>, StoreError> {
    invites::list_open(&mut db.read().await?, clock.now()).await
}
