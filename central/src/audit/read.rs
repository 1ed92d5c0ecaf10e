//! Reading the audit page by page, and how far it is sealed.

use lintel_core::time::UtcMillis;

use crate::auth::Permit;
use crate::auth::permit::ReadAudit;
use crate::store::audit::{self, AuditFilter, AuditRow};
use crate::store::{Db, StoreError};

/// How far the chain reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Rows in the chain.
    pub sealed: i64,
    /// Rows that the sealer has not reached.
    pub unsealed: i64,
    /// The last signed place and when it was signed.
    pub signed: Option<(i64, UtcMillis)>,
}

/// At most `limit` rows that a filter lets through, newest first, below a row's number; and whether there are
/// older ones.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &Db,
    _permit: &Permit<ReadAudit>,
    filter: &AuditFilter,
    below: Option<i64>,
    limit: usize,
) -> Result<(Vec<AuditRow>, bool), StoreError> {
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let below = below.unwrap_or(i64::MAX);
    let mut rows = audit::list_below(&mut db.read().await?, filter, below, one_more).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok((rows, more))
}

/// How far the chain reaches, without reading it.
///
/// # Errors
/// When the database fails.
pub async fn seal_state(db: &Db, _permit: &Permit<ReadAudit>) -> Result<Seal, StoreError> {
    let mut tx = db.read().await?;
    Ok(Seal {
        sealed: audit::newest_seal(&mut tx).await?.map_or(0, |(seal_no, _)| seal_no),
        unsealed: audit::count_unsealed(&mut tx).await?,
        signed: audit::newest_head(&mut tx).await?,
    })
}
