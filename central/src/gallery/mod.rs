//! Which faces and badges a door may know, and the step from the revision that it has to the newest one.
//!
//! A site's gallery holds its own people and named exceptions who are active: their templates where consent
//! stands, their badge in any case. A revision is raised in the transaction of its cause; a delta is computed from the present state for
//! everybody who changed since, so it never grows with history and is never too old. Templates leave
//! here only sealed to the device that asked.

use std::collections::{BTreeMap, BTreeSet};

use lintel_core::gallery::{GalleryBadge, GalleryDelta, GalleryPerson, GalleryTemplate, SealedDelta};
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::seal::{SealError, seal_to_device};
use lintel_core::sign::Purpose;
use lintel_core::time::day_bounds;
use zeroize::Zeroizing;

use crate::devices::Device;
use crate::jobs::PublishGallery;
use crate::store::{Db, StoreError, Tx, badges, gallery, people};
use crate::vault::{CentralKeys, PersonKey, VaultError};

/// Why a gallery can't be given out.
#[derive(Debug, thiserror::Error)]
pub enum GalleryError {
    /// The device hasn't said its key.
    #[error("device {0} has not sent a heartbeat yet, so there is no key to seal its gallery to")]
    NoDeviceKey(String),
    /// It can't be sealed.
    #[error("can't seal the gallery to the device's key")]
    Seal(#[from] SealError),
    /// It can't be written as JSON.
    #[error("can't write the gallery as JSON")]
    Json(#[from] serde_json::Error),
    /// A person's key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Raises the revision of every site whose doors know a person, and queues the notices.
pub(crate) async fn bump_all(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    for site in people::list_sites(tx, person).await? {
        gallery::bump(tx, &site, person).await?;
        PublishGallery { site_id: site }.queue(tx).await?;
    }
    Ok(())
}

/// Lets every door of a site fetch everything anew: something changed that is the whole site's.
pub(crate) async fn renew(tx: &mut Tx, site: &SiteId) -> Result<(), StoreError> {
    gallery::renew(tx, site).await?;
    PublishGallery { site_id: site.clone() }.queue(tx).await
}

/// Who changed for which sites, told together at the end of a larger change: the revision is one row, and
/// raising it once for each of ten thousand people takes a minute.
#[derive(Debug, Default)]
pub(crate) struct Bumps(BTreeMap<SiteId, BTreeSet<PersonId>>);

impl Bumps {
    /// Notes the sites whose doors know a person now.
    pub(crate) async fn note(&mut self, tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
        for site in people::list_sites(tx, person).await? {
            self.0.entry(site).or_default().insert(person);
        }
        Ok(())
    }

    /// Raises the revision of each site once, and queues the notices.
    pub(crate) async fn publish(self, tx: &mut Tx) -> Result<(), StoreError> {
        for (site_id, people) in self.0 {
            gallery::bump_many(tx, &site_id, people).await?;
            PublishGallery { site_id }.queue(tx).await?;
        }
        Ok(())
    }
}

/// The newest revision of a site's gallery.
///
/// # Errors
/// When the database fails.
pub async fn revision(db: &Db, site: &SiteId) -> Result<i64, StoreError> {
    gallery::revision(&mut db.read().await?, site).await
}

/// The step from `since` to the newest revision of the device's site, for a model pack. None when there
/// is nothing newer. A `since` of 0, past the newest, or from before the database was restored, gives
/// everything.
///
/// # Errors
/// [`GalleryError`]. A person whose key was destroyed is left out, as erased.
pub async fn delta_for(
    db: &Db,
    keys: &CentralKeys,
    device: &Device,
    since: i64,
    model_pack: &str,
) -> Result<Option<GalleryDelta>, GalleryError> {
    let mut tx = db.read().await?;
    let (revision, floor) = gallery::revision_and_floor(&mut tx, &device.site_id).await?;
    // Revision 0 is the empty gallery that every door starts with.
    if since == revision {
        return Ok(None);
    }
    let since = if (floor..revision).contains(&since) { since } else { 0 };
    let members = gallery::list_members(&mut tx, &device.site_id, model_pack, since).await?;
    let cards = badges::list_members(&mut tx, &device.site_id, since).await?;
    let changed = gallery::list_changed(&mut tx, &device.site_id, since).await?;
    drop(tx);

    let zone = lintel_core::time::zone(&device.zone).ok();
    let mut upsert: BTreeMap<PersonId, GalleryPerson> = BTreeMap::new();
    let mut key: Option<(PersonId, PersonKey)> = None;
    for row in members {
        let person = row.person_id;
        let Some(wrapped) = row.wrapped else { continue };
        if key.as_ref().is_none_or(|(whose, _)| *whose != person) {
            key = Some((person, PersonKey::unwrap(person, &wrapped, &keys.face)?));
        }
        let Some((_, open)) = &key else { continue };
        let embedding = open.open(&row.token)?;
        upsert
            .entry(person)
            .or_insert_with(|| GalleryPerson {
                // A door without a network forgets by its own clock.
                not_after: row.leaves_on.and_then(|day| Some(day_bounds(day, zone.as_ref()?).1)),
                ..nothing_of(person, row.name)
            })
            .templates
            .push(GalleryTemplate { template_id: row.template_id, embedding });
    }
    for card in cards {
        let person = upsert.entry(card.person_id).or_insert_with(|| nothing_of(card.person_id, card.name));
        person.badges.push(GalleryBadge { badge_id: card.badge_id, not_after: card.not_after });
    }
    let here: BTreeSet<PersonId> = upsert.keys().copied().collect();
    // From nothing there is nobody to take out.
    let remove =
        if since == 0 { Vec::new() } else { changed.into_iter().filter(|id| !here.contains(id)).collect() };
    Ok(Some(GalleryDelta {
        since,
        revision,
        model_pack: model_pack.to_owned(),
        zone: device.zone.clone(),
        upsert: upsert.into_values().collect(),
        remove,
        badge_keys: keys.badge.public_texts(),
    }))
}

fn nothing_of(person_id: PersonId, display_name: String) -> GalleryPerson {
    GalleryPerson { person_id, display_name, not_after: None, templates: Vec::new(), badges: Vec::new() }
}

/// [`delta_for`], sealed to the device and signed by the centre.
///
/// # Errors
/// [`GalleryError`].
pub async fn sealed_delta_for(
    db: &Db,
    keys: &CentralKeys,
    device: &Device,
    since: i64,
    model_pack: &str,
) -> Result<Option<SealedDelta>, GalleryError> {
    let Some(public) = &device.gallery_public_key else {
        return Err(GalleryError::NoDeviceKey(device.device_id.to_string()));
    };
    let Some(delta) = delta_for(db, keys, device, since, model_pack).await? else { return Ok(None) };
    let json = Zeroizing::new(serde_json::to_vec(&delta)?);
    let sealed = seal_to_device(public, &json, device.device_id.as_str().as_bytes())?;
    let sig = keys.ack.sign(Purpose::Gallery, sealed.as_bytes());
    Ok(Some(SealedDelta { revision: delta.revision, sealed, sig }))
}
