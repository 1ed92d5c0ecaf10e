//! Shift templates, each with the date from which it is valid.

use jiff::civil::Date;
use lintel_core::ids::ShiftId;
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql};
use super::{parsed, read_body, write_body};
use crate::attendance::shift::ShiftTemplate;

/// A template as it is valid from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Shift)]
pub struct ShiftRow {
    /// Which shift.
    pub shift_id: ShiftId,
    /// From when.
    pub from: Date,
    /// The zone that its times are in, where it isn't the site's.
    pub zone: Option<String>,
    /// What it says.
    pub template: ShiftTemplate,
}

type Row = (String, String, Option<String>, String);

fn shift((id, from, zone, body): Row) -> Result<ShiftRow, StoreError> {
    Ok(ShiftRow {
        shift_id: parsed(&id, "shift.shift_id")?,
        from: parsed(&from, "shift.valid_from")?,
        zone,
        template: read_body(&body, "shift.body")?,
    })
}

/// Stores a version, in place of one that begins on the same day.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, row: &ShiftRow, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO shift (shift_id, valid_from, zone, body, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (shift_id, valid_from) DO UPDATE SET zone = excluded.zone, body = excluded.body, \
         created_at = excluded.created_at",
        row.shift_id.as_str(),
        row.from.to_string(),
        row.zone.as_deref(),
        write_body(&row.template, "shift.body")?,
        at.as_i64(),
    )?;
    Ok(())
}

/// The versions of a shift in order.
///
/// # Errors
/// When the database fails.
pub async fn list_by_id(tx: &mut Tx, id: &ShiftId) -> Result<Vec<ShiftRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT shift_id, valid_from, zone, body FROM shift WHERE shift_id = $1 ORDER BY valid_from",
        id.as_str()
    )?
    .into_iter()
    .map(shift)
    .collect()
}

/// Versions of all shifts by id and date, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, after: (&str, &str), limit: i64) -> Result<Vec<ShiftRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT shift_id, valid_from, zone, body FROM shift WHERE (shift_id, valid_from) > ($1, $2) \
         ORDER BY shift_id, valid_from LIMIT $3",
        after.0,
        after.1,
        limit
    )?
    .into_iter()
    .map(shift)
    .collect()
}

/// Every version of every shift; an organisation has dozens.
///
/// # Errors
/// When the database fails.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<ShiftRow>, StoreError> {
    list(tx, ("", ""), i64::MAX).await
}
