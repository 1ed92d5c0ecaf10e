//! Days on which nobody has to work, of each site.

use jiff::civil::Date;
use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql};
use super::parsed;
use crate::attendance::calendar::DayPart;

/// A holiday of a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Holiday)]
pub struct HolidayRow {
    /// Where.
    pub site_id: SiteId,
    /// When.
    pub date: Date,
    /// What it is called.
    pub name: String,
    /// How much of the day.
    pub part: DayPart,
}

type Row = (String, String, String, String);

fn holiday((site, date, name, part): Row) -> Result<HolidayRow, StoreError> {
    Ok(HolidayRow {
        site_id: parsed(&site, "holiday.site_id")?,
        date: parsed(&date, "holiday.local_date")?,
        name,
        part: DayPart::parse(&part).ok_or(StoreError::Row { column: "holiday.part" })?,
    })
}

/// Stores a holiday, in place of one on the same day.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, row: &HolidayRow, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO holiday (site_id, local_date, name, part, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (site_id, local_date) DO UPDATE SET name = excluded.name, part = excluded.part, \
         created_at = excluded.created_at",
        row.site_id.as_str(),
        row.date.to_string(),
        row.name.as_str(),
        row.part.as_str(),
        at.as_i64(),
    )?;
    Ok(())
}

/// Deletes a holiday; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, site: &SiteId, date: Date) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "DELETE FROM holiday WHERE site_id = $1 AND local_date = $2",
        site.as_str(),
        date.to_string()
    )?;
    Ok(rows > 0)
}

/// The holidays of a site in order; both dates count.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    site: &SiteId,
    from: Date,
    to: Date,
    limit: i64,
) -> Result<Vec<HolidayRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT site_id, local_date, name, part FROM holiday \
         WHERE site_id = $1 AND local_date >= $2 AND local_date <= $3 ORDER BY local_date LIMIT $4",
        site.as_str(),
        from.to_string(),
        to.to_string(),
        limit
    )?
    .into_iter()
    .map(holiday)
    .collect()
}

/// The holidays of all sites; both dates count.
///
/// # Errors
/// When the database fails.
pub async fn list_all(tx: &mut Tx, from: Date, to: Date) -> Result<Vec<HolidayRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT site_id, local_date, name, part FROM holiday \
         WHERE local_date >= $1 AND local_date <= $2 ORDER BY site_id, local_date",
        from.to_string(),
        to.to_string()
    )?
    .into_iter()
    .map(holiday)
    .collect()
}
