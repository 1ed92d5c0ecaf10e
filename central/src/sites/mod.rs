//! Sites: where doors stand, and the zone in which their days are counted.

use lintel_core::ids::SiteId;
use lintel_core::time::Clock;

pub use crate::store::sites::Site;

use crate::auth::Permit;
use crate::auth::permit::{ManageSites, ReadDevices};
use crate::jobs::CloseDay;
use crate::store::{Db, StoreError, audit, sites};

/// Why a site can't be added.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The zone isn't known.
    #[error(transparent)]
    Zone(#[from] lintel_core::time::UnknownZone),
    /// The id is taken.
    #[error("there is a site {0} already: `site list` shows it")]
    Exists(SiteId),
    /// The name can't be shown.
    #[error(transparent)]
    Name(#[from] crate::people::names::NameError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a site. `name` is the id when absent.
///
/// # Errors
/// [`SiteError`] says what to write instead.
pub async fn add(
    db: &Db,
    permit: &Permit<ManageSites>,
    clock: &dyn Clock,
    id: &SiteId,
    zone: &str,
    name: Option<&str>,
) -> Result<Site, SiteError> {
    let known = lintel_core::time::zone(zone)?;
    let name = crate::people::names::clean_name(name.unwrap_or(id.as_str()))?;
    let site = Site { site_id: id.clone(), name, zone: zone.to_owned() };
    let mut tx = db.write().await?;
    let today = clock.now().date_in(&known);
    match sites::create(&mut tx, &site, today, clock.now()).await {
        Err(error) if error.is_unique_violation() => return Err(SiteError::Exists(id.clone())),
        other => other?,
    }
    CloseDay { site_id: id.clone() }.queue(&mut tx).await?;
    audit::create(&mut tx, clock.now(), permit.actor(), "site.add", id.as_str(), "name,zone").await?;
    tx.commit().await?;
    Ok(site)
}

/// All sites by id.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, _permit: &Permit<ReadDevices>) -> Result<Vec<Site>, StoreError> {
    sites::list(&mut db.read().await?).await
}
