//! Locked months: what was given to payroll stays as it was given.

use lintel_core::ids::SiteId;
use lintel_core::time::{Clock, zone};

pub use crate::store::rosters::periods::LockRow;

use super::{RosterError, Touched, expect_reason, expect_site, limit, touched};
use crate::attendance::Month;
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::store::rosters::{self, periods};
use crate::store::{Db, StoreError, audit, days};

/// Locks a month of a site that has begun. It touches no day: it keeps them.
///
/// # Errors
/// [`RosterError`].
pub async fn lock(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    site: &SiteId,
    month: Month,
    reason: &str,
) -> Result<(), RosterError> {
    let reason = expect_reason(reason)?.to_owned();
    let at = clock.now();
    let mut tx = db.write().await?;
    let found = expect_site(&mut tx, site).await?;
    if month.first() > at.date_in(&zone(&found.zone)?) {
        return Err(RosterError::NotBegun(month));
    }
    rosters::hold_site(&mut tx, site).await?;
    let days = days::count_provisional(&mut tx, site, month.first(), month.last()).await?;
    if days > 0 {
        let doors = days::list_blocking(&mut tx, site, month.first(), month.last()).await?;
        return Err(RosterError::Provisional { site: site.clone(), month, days, doors: doors.join(", ") });
    }
    let row =
        LockRow { site_id: site.clone(), month, locked_by: permit.actor().to_owned(), locked_at: at, reason };
    match periods::create(&mut tx, &row).await {
        Err(error) if error.is_unique_violation() => {
            return Err(RosterError::LockedAlready { site: site.clone(), month });
        }
        other => other?,
    }
    audit::create(&mut tx, at, permit.actor(), "period.lock", &format!("{site}@{month}"), "reason").await?;
    tx.commit().await?;
    Ok(())
}

/// Opens a month again. The reason goes to the server's log: the row that held one is gone.
///
/// # Errors
/// [`RosterError::NotLocked`].
pub async fn unlock(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    site: &SiteId,
    month: Month,
    reason: &str,
) -> Result<Touched, RosterError> {
    let reason = expect_reason(reason)?;
    let mut tx = db.write().await?;
    expect_site(&mut tx, site).await?;
    rosters::hold_site(&mut tx, site).await?;
    if !periods::delete(&mut tx, site, month).await? {
        return Err(RosterError::NotLocked { site: site.clone(), month });
    }
    let subject = format!("{site}@{month}");
    audit::create(&mut tx, clock.now(), permit.actor(), "period.unlock", &subject, "locked_at").await?;
    let touches = Touched::of_sites(vec![site.clone()], month.first(), Some(month.last()));
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    log::info!("site.id" = site.as_str(), "reason" = reason; "{month} is open again");
    db.wake_jobs();
    Ok(touches)
}

/// Locks of one site or of all by site and month, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    site: Option<&SiteId>,
    after: Option<&(SiteId, Month)>,
    rows: u32,
) -> Result<Vec<LockRow>, StoreError> {
    let (id, month) = after.map_or_else(Default::default, |(site, month)| (site.as_str(), month.to_string()));
    periods::list(&mut db.read().await?, site, (id, &month), limit(rows)).await
}
