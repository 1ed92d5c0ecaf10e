//! Months that were given to payroll.

use jiff::civil::Date;
use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql};
use super::parsed;
use crate::attendance::Month;

/// A month of a site that is locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LockedMonth)]
pub struct LockRow {
    /// Of which site.
    pub site_id: SiteId,
    /// Which month.
    #[serde(serialize_with = "as_text")]
    pub month: Month,
    /// By whom, as in the audit.
    pub locked_by: String,
    /// When.
    pub locked_at: UtcMillis,
    /// Why.
    pub reason: String,
}

fn as_text<S: serde::Serializer>(month: &Month, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(month)
}

type Row = (String, String, String, i64, String);

fn lock((site, month, locked_by, at, reason): Row) -> Result<LockRow, StoreError> {
    Ok(LockRow {
        site_id: parsed(&site, "period_lock.site_id")?,
        month: parsed(&month, "period_lock.month")?,
        locked_by,
        locked_at: UtcMillis::from_i64(at),
        reason,
    })
}

/// Locks a month.
///
/// # Errors
/// A unique violation when it is locked.
pub async fn create(tx: &mut Tx, row: &LockRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO period_lock (site_id, month, locked_by, locked_at, reason) VALUES ($1, $2, $3, $4, $5)",
        row.site_id.as_str(),
        row.month.to_string(),
        row.locked_by.as_str(),
        row.locked_at.as_i64(),
        row.reason.as_str(),
    )?;
    Ok(())
}

/// Opens a month again; says whether it was locked.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, site: &SiteId, month: Month) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "DELETE FROM period_lock WHERE site_id = $1 AND month = $2",
        site.as_str(),
        month.to_string()
    )?;
    Ok(rows > 0)
}

/// Locks by site and month, behind one of them; of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    site: Option<&SiteId>,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<LockRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT site_id, month, locked_by, locked_at, reason FROM period_lock \
         WHERE ($1 = '' OR site_id = $1) AND (site_id, month) > ($2, $3) ORDER BY site_id, month LIMIT $4",
        site.map_or("", SiteId::as_str),
        after.0,
        after.1,
        limit
    )?
    .into_iter()
    .map(lock)
    .collect()
}

/// The locked months of all sites that have a day from one date to another; without another, to the end.
///
/// # Errors
/// When the database fails.
pub async fn list_between(tx: &mut Tx, from: Date, to: Option<Date>) -> Result<Vec<LockRow>, StoreError> {
    // A month that can be locked lies between 2000 and 2199; any other date is before or behind them all.
    let of = |date: Date| match date.year() {
        ..2000 => "0".to_owned(),
        2200.. => "9".to_owned(),
        _ => Month::of(date).to_string(),
    };
    sql!(
        tx,
        fetch_all as Row,
        "SELECT site_id, month, locked_by, locked_at, reason FROM period_lock \
         WHERE month >= $1 AND month <= $2 ORDER BY month, site_id",
        of(from),
        to.map_or_else(|| "9".to_owned(), of)
    )?
    .into_iter()
    .map(lock)
    .collect()
}
