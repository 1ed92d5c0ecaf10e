//! Sites: where doors stand, and the zone in which their days are counted.
//!
//! An id never changes. A name may; a zone may as long as nothing of the site was given to payroll, because every day is
//! counted in it, also those long past.

use jiff::civil::Date;
use lintel_core::ids::SiteId;
use lintel_core::time::{Clock, UnknownZone, zone};

pub use crate::store::sites::Site;

use crate::attendance::Month;
use crate::auth::Permit;
use crate::auth::permit::{ManageSites, ReadDevices};
use crate::gallery;
use crate::jobs::CloseDay;
use crate::people::names::{NameError, clean_name};
use crate::rosters::{Touched, touched};
use crate::store::rosters::{hold_site, periods};
use crate::store::{Db, StoreError, Tx, audit, sites};

/// Why a site isn't added or changed.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The zone isn't known.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// The id is taken.
    #[error("there is a site {0} already: `site list` shows it")]
    Exists(SiteId),
    /// No such site.
    #[error("there is no site {0}: `site list` shows them")]
    Unknown(SiteId),
    /// Days were given to payroll.
    #[error(
        "{month} of {site} was given to payroll, and another zone would change its days: open it with `period \
         unlock` first, or add another site"
    )]
    Locked {
        /// Whose.
        site: SiteId,
        /// The first month that is locked.
        month: Month,
    },
    /// The name can't be shown.
    #[error(transparent)]
    Name(#[from] NameError),
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
    zone_name: &str,
    name: Option<&str>,
) -> Result<Site, SiteError> {
    let known = zone(zone_name)?;
    let name = clean_name(name.unwrap_or(id.as_str()))?;
    let site = Site { site_id: id.clone(), name, zone: zone_name.to_owned() };
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

/// What shall be otherwise about a site; nothing stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Its name.
    pub name: Option<String>,
    /// Its zone.
    pub zone: Option<String>,
}

/// Gives a site another name or zone; the site as it is now, and the days that another zone touches.
///
/// # Errors
/// [`SiteError::Locked`] names the month that another zone would change.
pub async fn change(
    db: &Db,
    permit: &Permit<ManageSites>,
    clock: &dyn Clock,
    id: &SiteId,
    changes: Changes,
) -> Result<(Site, Option<Touched>), SiteError> {
    changes.zone.as_deref().map(zone).transpose()?;
    let name = changes.name.as_deref().map(clean_name).transpose()?;
    let mut tx = db.write().await?;
    // Nobody locks a month of it meanwhile.
    hold_site(&mut tx, id).await?;
    let before = sites::get(&mut tx, id).await?.ok_or_else(|| SiteError::Unknown(id.clone()))?;
    let site = Site {
        site_id: before.site_id.clone(),
        name: name.unwrap_or_else(|| before.name.clone()),
        zone: changes.zone.unwrap_or_else(|| before.zone.clone()),
    };
    let (renamed, moved) = (site.name != before.name, site.zone != before.zone);
    let fields = match (renamed, moved) {
        (false, false) => return Ok((before, None)),
        (true, false) => "name",
        (false, true) => "zone",
        (true, true) => "name,zone",
    };
    sites::update(&mut tx, &site).await?;
    audit::create(&mut tx, clock.now(), permit.actor(), "site.change", id.as_str(), fields).await?;
    let touches = if moved { Some(count_anew(&mut tx, id).await?) } else { None };
    tx.commit().await?;
    db.wake_jobs();
    Ok((site, touches))
}

/// Has every day of a site counted in its new zone. Its doors are told too: by it they know when somebody's last day
/// has ended.
async fn count_anew(tx: &mut Tx, id: &SiteId) -> Result<Touched, SiteError> {
    let locked = periods::list(tx, Some(id), ("", ""), 1).await?;
    if let Some(lock) = locked.into_iter().next() {
        return Err(SiteError::Locked { site: id.clone(), month: lock.month });
    }
    gallery::renew(tx, id).await?;
    CloseDay { site_id: id.clone() }.queue(tx).await?;
    let touches = Touched::of_sites(vec![id.clone()], Date::MIN, None);
    touched(tx, &touches).await?;
    Ok(touches)
}

/// A site.
///
/// # Errors
/// [`SiteError::Unknown`].
pub async fn get(db: &Db, _permit: &Permit<ReadDevices>, id: &SiteId) -> Result<Site, SiteError> {
    let found = sites::get(&mut db.read().await?, id).await?;
    found.ok_or_else(|| SiteError::Unknown(id.clone()))
}

/// All sites by id.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, _permit: &Permit<ReadDevices>) -> Result<Vec<Site>, StoreError> {
    sites::list(&mut db.read().await?).await
}

/// Some sites by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &Db,
    _permit: &Permit<ReadDevices>,
    after: Option<&SiteId>,
    rows: u32,
) -> Result<Vec<Site>, StoreError> {
    sites::page(&mut db.read().await?, after.map_or("", SiteId::as_str), rows.into()).await
}
