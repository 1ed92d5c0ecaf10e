//! Cycles of shifts. A cycle never changes: another one is another pattern.

use lintel_core::ids::PatternId;
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql};
use super::{parsed, read_body, write_body};
use crate::attendance::pattern::Pattern;

/// A pattern with its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PatternNamed)]
pub struct PatternRow {
    /// Which.
    pub pattern_id: PatternId,
    /// Its cycle.
    pub pattern: Pattern,
}

type Row = (String, String);

fn pattern((id, body): Row) -> Result<PatternRow, StoreError> {
    Ok(PatternRow {
        pattern_id: parsed(&id, "pattern.pattern_id")?,
        pattern: read_body(&body, "pattern.body")?,
    })
}

/// Adds a pattern.
///
/// # Errors
/// A unique violation when it exists.
pub async fn create(tx: &mut Tx, row: &PatternRow, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO pattern (pattern_id, body, created_at) VALUES ($1, $2, $3)",
        row.pattern_id.as_str(),
        write_body(&row.pattern, "pattern.body")?,
        at.as_i64(),
    )?;
    Ok(())
}

/// A pattern.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &PatternId) -> Result<Option<PatternRow>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as Row,
        "SELECT pattern_id, body FROM pattern WHERE pattern_id = $1",
        id.as_str()
    )?;
    row.map(pattern).transpose()
}

/// Patterns by id, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, after: &str, limit: i64) -> Result<Vec<PatternRow>, StoreError> {
    sql!(
        tx,
        fetch_all as Row,
        "SELECT pattern_id, body FROM pattern WHERE pattern_id > $1 ORDER BY pattern_id LIMIT $2",
        after,
        limit
    )?
    .into_iter()
    .map(pattern)
    .collect()
}

/// All patterns by id.
///
/// # Errors
/// When the database fails.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<PatternRow>, StoreError> {
    list(tx, "", i64::MAX).await
}
