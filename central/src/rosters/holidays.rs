//! Holidays of each site.

use jiff::civil::Date;
use lintel_core::ids::SiteId;
use lintel_core::time::{Clock, UtcMillis};

pub use crate::store::rosters::holidays::HolidayRow;

use super::locks::{expect_open, spans};
use super::{RosterError, Touched, day_after, expect_date, expect_site, limit, touched};
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::people::names::clean_name;
use crate::store::rosters::holidays;
use crate::store::{Db, StoreError, Tx, audit};

/// Stores a holiday, in place of one on the same day.
///
/// # Errors
/// [`RosterError`].
pub async fn put(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    mut row: HolidayRow,
) -> Result<Touched, RosterError> {
    row.name = clean_name(&row.name)?;
    let mut tx = db.write().await?;
    expect_day(&mut tx, &row.site_id, row.date).await?;
    insert(&mut tx, permit.actor(), clock.now(), &row).await?;
    finish(db, tx, &row.site_id, row.date).await
}

/// Writes one that was judged.
pub(crate) async fn insert(
    tx: &mut Tx,
    actor: &str,
    at: UtcMillis,
    row: &HolidayRow,
) -> Result<(), StoreError> {
    holidays::put(tx, row, at).await?;
    audit::create(tx, at, actor, "holiday.put", &subject(&row.site_id, row.date), "name,part").await
}

fn subject(site: &SiteId, date: Date) -> String {
    format!("{site}@{date}")
}

/// Takes a holiday away.
///
/// # Errors
/// [`RosterError::UnknownHoliday`].
pub async fn delete(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    site: &SiteId,
    date: Date,
) -> Result<Touched, RosterError> {
    let mut tx = db.write().await?;
    expect_day(&mut tx, site, date).await?;
    if !holidays::delete(&mut tx, site, date).await? {
        return Err(RosterError::UnknownHoliday { site: site.clone(), date });
    }
    let (at, subject) = (clock.now(), subject(site, date));
    audit::create(&mut tx, at, permit.actor(), "holiday.delete", &subject, "name,part").await?;
    finish(db, tx, site, date).await
}

async fn expect_day(tx: &mut Tx, site: &SiteId, date: Date) -> Result<(), RosterError> {
    expect_date(date)?;
    expect_site(tx, site).await?;
    expect_open(tx, &spans(std::slice::from_ref(site), date, Some(date))).await
}

async fn finish(db: &Db, mut tx: Tx, site: &SiteId, date: Date) -> Result<Touched, RosterError> {
    let touches = Touched::of_sites(vec![site.clone()], date, Some(date));
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(touches)
}

/// The holidays of a site in a year, behind a date.
///
/// # Errors
/// [`RosterError::UnknownSite`]: a mistyped site must not look like a year of work.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    site: &SiteId,
    year: i16,
    after: Option<Date>,
    rows: u32,
) -> Result<Vec<HolidayRow>, RosterError> {
    let mut tx = db.read().await?;
    expect_site(&mut tx, site).await?;
    let Ok(first) = Date::new(year, 1, 1) else { return Ok(Vec::new()) };
    let from = after.map_or(first, day_after).max(first);
    let found: Result<_, StoreError> =
        holidays::list(&mut tx, site, from, first.last_of_year(), limit(rows)).await;
    Ok(found?)
}
