//! Joining and renewing: a code or an old certificate in, a new certificate out.
//!
//! A certificate opens nothing by itself. It is looked up by its fingerprint at each request, so that
//! revoking is a row in the database and works at once; and the first use of a new one ends the older ones,
//! so that a door can't lose its last way in by an answer that got lost.

use lintel_core::ids::DeviceId;
use lintel_core::join::{JoinAnswer, JoinBroker, RenewAnswer};
use lintel_core::time::Clock;
use lintel_runtime::clock::ClockError;
use lintel_runtime::secrets::SecretString;

use super::{Device, DoorTrust, admit_at_broker};
use crate::auth::credential;
use crate::ca::{CaError, CsrError, DoorRequest};
use crate::revocation;
use crate::store::{Db, StoreError, Tx, audit, broker, certificates, devices, invites, sites};
use crate::vault::CentralKeys;

/// Longest token that is looked up, in bytes.
const MAX_TOKEN_BYTES: usize = 64;

/// Why a door doesn't get a certificate.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// No such code.
    #[error(
        "this join code isn't known here, or a newer one was made: ask for a new one (`lintel-central device invite`)"
    )]
    Unknown,
    /// It was used.
    #[error("this join code was used already: ask for a new one (`lintel-central device invite`)")]
    Used,
    /// It is too old.
    #[error("this join code has expired: ask for a new one (`lintel-central device invite`)")]
    Expired,
    /// The signing request.
    #[error(transparent)]
    Csr(#[from] CsrError),
    /// The site was removed meanwhile.
    #[error("the site of this invitation is gone: invite the door again")]
    NoSite,
    /// The CA failed.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a certificate doesn't let a door in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not given here, revoked, or replaced by a newer one.
    #[error(
        "this door's certificate isn't valid here any more: it was revoked or replaced; invite the door again"
    )]
    Revoked,
    /// Its life is over; it may still be renewed.
    #[error("this door's certificate has expired: it can only be renewed")]
    Expired,
}

/// Turns an invitation into a certificate, once. The same key may ask again until the code expires: its
/// first answer may have got lost.
///
/// # Errors
/// [`JoinError`]; the code is not used up then.
pub async fn join(
    db: &Db,
    keys: &CentralKeys,
    trust: &DoorTrust,
    clock: &dyn Clock,
    broker_url: Option<&str>,
    token: &str,
    csr: &str,
) -> Result<JoinAnswer, JoinError> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JoinError::Unknown);
    }
    let now = clock.now();
    let mut tx = db.write().await?;
    let invite =
        invites::get_by_token_hash(&mut tx, &credential::hash(token)).await?.ok_or(JoinError::Unknown)?;
    if invite.expires_at <= now {
        return Err(if invite.used_at.is_some() { JoinError::Used } else { JoinError::Expired });
    }
    let id = &invite.device_id;
    let request = DoorRequest::parse(csr, id)?;
    let key = request.key_hash();
    if invite.used_at.is_some() && invite.used_key.as_deref() != Some(key.as_slice()) {
        return Err(JoinError::Used);
    }
    let place = sites::get(&mut tx, &invite.site_id).await?.ok_or(JoinError::NoSite)?;
    let issued = trust.ca().issue(&request, id, now, trust.certificate_days())?;

    // Also where no broker is: the column wants one, and nobody has seen this one.
    let password = credential::generate("lintel_device_")?;
    let device = Device {
        device_id: id.clone(),
        site_id: invite.site_id.clone(),
        zone: place.zone.clone(),
        door: invite.door.clone(),
        direction: invite.direction,
        gallery_public_key: None,
        revoked_at: None,
    };
    // The membership that it had before, if any, ends here.
    revocation::end_device(&mut tx, id, now).await?;
    devices::upsert_joined(&mut tx, &device, &credential::hash(password.expose()), now).await?;
    certificates::create(&mut tx, id, &issued.fingerprint, now, issued.valid_until).await?;
    certificates::revoke_others(&mut tx, id, &issued.fingerprint, now).await?;
    invites::update_used(&mut tx, id, &key, now).await?;
    let broker = admit(&mut tx, keys, clock, id, broker_url, &password).await?;
    let fields = "site_id,door,direction,certificate,revoked_at,gallery_public_key";
    audit::create(&mut tx, now, &actor(id), "device.join", id.as_str(), fields).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(JoinAnswer {
        device_id: id.to_string(),
        certificate_pem: issued.chain_pem,
        valid_from: issued.valid_from,
        valid_until: issued.valid_until,
        ca_pem: trust.ca().root_pem().to_owned(),
        ack_public_key: keys.ack.verifying_key().to_text(),
        zone: place.zone,
        direction: device.direction,
        broker,
    })
}

/// Gives a door that is let in a new certificate. The old one is good until the new one is used.
///
/// # Errors
/// [`JoinError`].
pub async fn renew(
    db: &Db,
    trust: &DoorTrust,
    clock: &dyn Clock,
    device: &Device,
    csr: &str,
) -> Result<RenewAnswer, JoinError> {
    let (id, now) = (&device.device_id, clock.now());
    let request = DoorRequest::parse(csr, id)?;
    let issued = trust.ca().issue(&request, id, now, trust.certificate_days())?;
    let mut tx = db.write().await?;
    certificates::revoke_unproven(&mut tx, id, now).await?;
    certificates::create(&mut tx, id, &issued.fingerprint, now, issued.valid_until).await?;
    audit::create(&mut tx, now, &actor(id), "device.renew", id.as_str(), "certificate").await?;
    tx.commit().await?;
    Ok(RenewAnswer {
        certificate_pem: issued.chain_pem,
        valid_from: issued.valid_from,
        valid_until: issued.valid_until,
    })
}

/// What the holder of a certificate wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Anything that doors do.
    Work,
    /// A new certificate: also with an expired one.
    Renewal,
}

/// The door of a certificate that TLS has checked. The first use of a new one ends the older ones.
///
/// # Errors
/// When the database fails; the inner [`Refusal`] when the certificate is worthless.
pub async fn authenticate_certificate(
    db: &Db,
    clock: &dyn Clock,
    fingerprint: &[u8; 32],
    errand: Errand,
) -> Result<Result<Device, Refusal>, StoreError> {
    let now = clock.now();
    let mut tx = db.read().await?;
    let Some(certificate) = certificates::get(&mut tx, fingerprint).await? else {
        return Ok(Err(Refusal::Revoked));
    };
    let device = devices::get(&mut tx, &certificate.device_id).await?;
    // Given back before the write: a pool of one connection must not wait for itself.
    tx.commit().await?;
    let standing = device.filter(|device| device.revoked_at.is_none() && certificate.revoked_at.is_none());
    let Some(device) = standing else { return Ok(Err(Refusal::Revoked)) };
    if errand == Errand::Work && certificate.expires_at < now {
        return Ok(Err(Refusal::Expired));
    }
    if certificate.proven_at.is_none() {
        let mut tx = db.write().await?;
        let id = &device.device_id;
        if certificates::update_proven(&mut tx, fingerprint, now).await? {
            certificates::revoke_others(&mut tx, id, fingerprint, now).await?;
            audit::create(&mut tx, now, &actor(id), "device.certificate_proven", id.as_str(), "proven_at")
                .await?;
        }
        tx.commit().await?;
    }
    Ok(Ok(device))
}

async fn admit(
    tx: &mut Tx,
    keys: &CentralKeys,
    clock: &dyn Clock,
    id: &DeviceId,
    broker_url: Option<&str>,
    password: &SecretString,
) -> Result<Option<JoinBroker>, StoreError> {
    let Some(url) = broker_url else {
        broker::delete(tx, id).await?;
        return Ok(None);
    };
    admit_at_broker(tx, keys, clock, id, password).await?;
    Ok(Some(JoinBroker { url: url.to_owned(), token: password.expose().to_owned() }))
}

/// The name of a door's own acts in the audit.
fn actor(id: &DeviceId) -> String {
    format!("device:{id}")
}
