//! Computations over a time that somebody ordered, with what each changed.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, RecomputeId};
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, dialect, sql, uuid, uuid_bytes};

/// Rows per statement.
const ROWS: usize = 500;

/// A computation that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecomputeRow {
    /// Which.
    pub recompute_id: RecomputeId,
    /// First date.
    pub from: Date,
    /// Last date.
    pub to: Date,
    /// Who ordered it, as in the audit.
    pub applied_by: String,
    /// When.
    pub applied_at: UtcMillis,
    /// When it was undone.
    pub undone_at: Option<UtcMillis>,
}

/// What it changed on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRow {
    /// Whose day.
    pub person_id: PersonId,
    /// Which date.
    pub date: Date,
    /// Canonical record before; none where there was none.
    pub before: Option<String>,
    /// Canonical record after; none where nothing is left.
    pub after: Option<String>,
}

/// Stores a computation.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, row: &RecomputeRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO recompute (recompute_id, first_date, last_date, applied_by, applied_at) \
         VALUES ($1, $2, $3, $4, $5)",
        uuid_bytes!(row.recompute_id),
        row.from.to_string(),
        row.to.to_string(),
        row.applied_by.as_str(),
        row.applied_at.as_i64()
    )?;
    Ok(())
}

/// Stores what a computation changed.
///
/// # Errors
/// When the database fails.
pub async fn create_changes(tx: &mut Tx, id: RecomputeId, rows: &[ChangeRow]) -> Result<(), StoreError> {
    for some in rows.chunks(ROWS) {
        let text = format!(
            "INSERT INTO recompute_change (recompute_id, person_id, local_date, before, after) VALUES {}",
            dialect::values(tx, some.len(), 5)
        );
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                for row in some {
                    query = query
                        .bind(uuid_bytes!(id))
                        .bind(uuid_bytes!(row.person_id))
                        .bind(row.date.to_string())
                        .bind(row.before.as_deref())
                        .bind(row.after.as_deref());
                }
                query.execute(&mut **$c).await.map(drop)?
            }};
        }
        match tx {
            Tx::Sqlite(c) => run!(c),
            Tx::Postgres(c) => run!(c),
        }
    }
    Ok(())
}

type Row = (Vec<u8>, String, String, String, i64, Option<i64>);

fn recompute((id, from, to, by, at, undone): Row) -> Result<RecomputeRow, StoreError> {
    let column = |column| StoreError::Row { column };
    Ok(RecomputeRow {
        recompute_id: uuid(&id, "recompute.recompute_id")?.into(),
        from: from.parse().map_err(|_| column("recompute.first_date"))?,
        to: to.parse().map_err(|_| column("recompute.last_date"))?,
        applied_by: by,
        applied_at: UtcMillis::from_i64(at),
        undone_at: undone.map(UtcMillis::from_i64),
    })
}

/// A computation.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: RecomputeId) -> Result<Option<RecomputeRow>, StoreError> {
    sql!(
        tx,
        fetch_optional as Row,
        "SELECT recompute_id, first_date, last_date, applied_by, applied_at, undone_at FROM recompute \
         WHERE recompute_id = $1",
        uuid_bytes!(id)
    )?
    .map(recompute)
    .transpose()
}

/// The newest computations, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, limit: i64) -> Result<Vec<RecomputeRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT recompute_id, first_date, last_date, applied_by, applied_at, undone_at FROM recompute \
         ORDER BY recompute_id DESC LIMIT $1",
        limit
    )?
    .into_iter()
    .map(recompute)
    .collect()
}

/// What a computation changed, by person and date.
///
/// # Errors
/// When the database fails.
pub async fn list_changes(tx: &mut Tx, id: RecomputeId) -> Result<Vec<ChangeRow>, StoreError> {
    sql!(
        tx,
        fetch_all as (Vec<u8>, String, Option<String>, Option<String>),
        "SELECT person_id, local_date, before, after FROM recompute_change WHERE recompute_id = $1 \
         ORDER BY person_id, local_date",
        uuid_bytes!(id)
    )?
    .into_iter()
    .map(|(person, date, before, after)| {
        Ok(ChangeRow {
            person_id: uuid(&person, "recompute_change.person_id")?.into(),
            date: date.parse().map_err(|_| StoreError::Row { column: "recompute_change.local_date" })?,
            before,
            after,
        })
    })
    .collect()
}

/// Says that a computation was undone; false when it was already.
///
/// # Errors
/// When the database fails.
pub async fn update_undone(
    tx: &mut Tx,
    id: RecomputeId,
    by: &str,
    at: UtcMillis,
) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE recompute SET undone_by = $1, undone_at = $2 WHERE recompute_id = $3 AND undone_at IS NULL",
        by,
        at.as_i64(),
        uuid_bytes!(id)
    )?;
    Ok(rows > 0)
}
