//! Reading batches.

use lintel_core::chain::Hash;
use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;

use super::super::{StoreError, Tx, sql, unsigned};
use super::{BatchRow, Cancelled, month, site};
use crate::attendance::{Length, Month};
use crate::payroll::BatchId;

type Row = (
    String,
    i64,
    Option<String>,
    String,
    String,
    String,
    i64,
    i64,
    i64,
    String,
    String,
    i64,
    i64,
    Option<String>,
    Option<i64>,
    Option<String>,
);

const SELECT: &str = "SELECT month, number, site_id, mapping_name, mapping_sha256, exported_by, exported_at, \
    lines, people, file_sha256, sums, held_back_ms, erased, cancelled_by, cancelled_at, cancel_reason \
    FROM payroll_batch b ";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

fn batch(row: Row) -> Result<BatchRow, StoreError> {
    let (of, number, at, mapping_name, mapping, exported_by, exported_at, lines, people, file, sums, ..) =
        &row;
    let (.., held_back, erased, by, cancelled_at, reason) = &row;
    let column = |column| StoreError::Row { column };
    let cancelled = match (by, cancelled_at, reason) {
        (Some(by), Some(at), Some(reason)) => {
            Some(Cancelled { by: by.clone(), at: UtcMillis::from_i64(*at), reason: reason.clone() })
        }
        _ => None,
    };
    Ok(BatchRow {
        id: BatchId { month: month(of)?, number: *number },
        site_id: at.as_deref().map(site).transpose()?,
        mapping_name: mapping_name.clone(),
        mapping_sha256: Hash::parse_hex(mapping).ok_or(column("payroll_batch.mapping_sha256"))?,
        exported_by: exported_by.clone(),
        exported_at: UtcMillis::from_i64(*exported_at),
        lines: unsigned(*lines, "payroll_batch.lines")?,
        people: unsigned(*people, "payroll_batch.people")?,
        file_sha256: Hash::parse_hex(file).ok_or(column("payroll_batch.file_sha256"))?,
        sums: serde_json::from_str(sums).map_err(|_| column("payroll_batch.sums"))?,
        held_back: Length::from_millis(*held_back),
        erased: unsigned(*erased, "payroll_batch.erased")?,
        cancelled,
    })
}

/// The next number of a month, and the next place among all batches.
///
/// # Errors
/// When the database fails.
pub async fn next(tx: &mut Tx, month: Month) -> Result<(i64, i64), StoreError> {
    sql!(
        tx,
        fetch_one as (i64, i64),
        "SELECT COALESCE((SELECT MAX(number) FROM payroll_batch WHERE month = $1), 0) + 1, \
         COALESCE((SELECT MAX(turn) FROM payroll_batch), 0) + 1",
        month.to_string()
    )
}

/// A batch.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: BatchId) -> Result<Option<BatchRow>, StoreError> {
    let text = select("WHERE month = $1 AND number = $2");
    sql!(tx, fetch_optional as Row, text, id.month.to_string(), id.number)?.map(batch).transpose()
}

/// The last standing batch of a month, of a site or of any; another than this one.
///
/// # Errors
/// When the database fails.
pub async fn get_last(
    tx: &mut Tx,
    month: Month,
    site: Option<&SiteId>,
    but: BatchId,
) -> Result<Option<BatchRow>, StoreError> {
    let text = select(
        "WHERE month = $1 AND number <> $2 AND cancelled_at IS NULL AND ($3 = '' OR EXISTS (SELECT 1 FROM \
         payroll_batch_site s WHERE s.month = b.month AND s.number = b.number AND s.site_id = $3)) \
         ORDER BY turn DESC LIMIT 1",
    );
    let site = site.map_or("", SiteId::as_str);
    sql!(tx, fetch_optional as Row, text, month.to_string(), but.number, site)?.map(batch).transpose()
}

/// Batches, the newest month and in it the newest first, behind one of them; of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    site: Option<&SiteId>,
    after: Option<BatchId>,
    limit: i64,
) -> Result<Vec<BatchRow>, StoreError> {
    let (month, number) = after.map_or_else(|| ("9".to_owned(), 0), |id| (id.month.to_string(), id.number));
    let text = select(
        "WHERE ($1 = '' OR EXISTS (SELECT 1 FROM payroll_batch_site s WHERE s.month = b.month \
         AND s.number = b.number AND s.site_id = $1)) AND (month, number) < ($2, $3) \
         ORDER BY month DESC, number DESC LIMIT $4",
    );
    let site = site.map_or("", SiteId::as_str);
    sql!(tx, fetch_all as Row, text, site, month, number, limit)?.into_iter().map(batch).collect()
}

/// The sites that have something in a month: days, what is booked in it, or a batch of it.
///
/// # Errors
/// When the database fails.
pub async fn list_sites_of(tx: &mut Tx, month: Month) -> Result<Vec<SiteId>, StoreError> {
    sql!(
        tx,
        fetch_all as (String,),
        "SELECT s.site_id FROM site s WHERE EXISTS (SELECT 1 FROM day_record r WHERE r.site_id = s.site_id \
           AND r.local_date >= $1 AND r.local_date <= $2) \
         OR EXISTS (SELECT 1 FROM adjustment a WHERE a.site_id = s.site_id AND a.month = $3) \
         OR EXISTS (SELECT 1 FROM payroll_batch_site b WHERE b.site_id = s.site_id AND b.month = $3) \
         ORDER BY s.site_id",
        month.first().to_string(),
        month.last().to_string(),
        month.to_string()
    )?
    .into_iter()
    .map(|(id,)| site(&id))
    .collect()
}

/// The sites that a batch is of, in order.
///
/// # Errors
/// When the database fails.
pub async fn list_batch_sites(tx: &mut Tx, id: BatchId) -> Result<Vec<SiteId>, StoreError> {
    sql!(
        tx,
        fetch_all as (String,),
        "SELECT site_id FROM payroll_batch_site WHERE month = $1 AND number = $2 ORDER BY site_id",
        id.month.to_string(),
        id.number
    )?
    .into_iter()
    .map(|(id,)| site(&id))
    .collect()
}

/// The months of sites that a standing batch is of.
///
/// # Errors
/// When the database fails.
pub async fn list_taken(tx: &mut Tx) -> Result<Vec<(SiteId, Month)>, StoreError> {
    sql!(
        tx,
        fetch_all as (String, String),
        "SELECT DISTINCT s.site_id, s.month FROM payroll_batch_site s JOIN payroll_batch b \
         ON b.month = s.month AND b.number = s.number WHERE b.cancelled_at IS NULL"
    )?
    .into_iter()
    .map(|(id, text)| Ok((site(&id)?, month(&text)?)))
    .collect()
}

/// A standing batch that came after this one and counts on it: of the same month and a site of its, or with days
/// of the same people in the same time.
///
/// # Errors
/// When the database fails.
pub async fn find_later(tx: &mut Tx, id: BatchId) -> Result<Option<BatchId>, StoreError> {
    sql!(
        tx,
        fetch_optional as (String, i64),
        "SELECT l.month, l.number FROM payroll_batch b JOIN payroll_batch l ON l.turn > b.turn \
         WHERE b.month = $1 AND b.number = $2 AND l.cancelled_at IS NULL AND ( \
           (l.month = b.month AND EXISTS (SELECT 1 FROM payroll_batch_site mine JOIN payroll_batch_site theirs \
             ON theirs.site_id = mine.site_id WHERE mine.month = b.month AND mine.number = b.number \
             AND theirs.month = l.month AND theirs.number = l.number)) \
           OR EXISTS (SELECT 1 FROM payroll_entry mine JOIN payroll_entry theirs \
             ON theirs.person_id = mine.person_id AND theirs.site_id = mine.site_id \
             WHERE mine.month = b.month AND mine.number = b.number \
             AND theirs.month = l.month AND theirs.number = l.number \
             AND theirs.first_date <= mine.last_date AND theirs.last_date >= mine.first_date)) \
         ORDER BY l.turn DESC LIMIT 1",
        id.month.to_string(),
        id.number
    )?
    .map(|(text, number)| Ok(BatchId { month: month(&text)?, number }))
    .transpose()
}
