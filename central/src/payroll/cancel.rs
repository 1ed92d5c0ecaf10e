//! Takes a batch back that payroll never took in, such as one under a wrong mapping.

use lintel_core::time::Clock;

use super::{BatchError, BatchId};
use crate::auth::Permit;
use crate::auth::permit::ExportPayroll;
use crate::rosters::expect_reason;
use crate::store::rosters::hold_site;
use crate::store::{Db, audit, payroll};

/// Takes a batch back: its hours count as not given, and the next export gives them. Only when no later batch
/// counts on it.
///
/// # Errors
/// [`BatchError`].
pub async fn cancel(
    db: &Db,
    permit: &Permit<ExportPayroll>,
    clock: &dyn Clock,
    id: BatchId,
    reason: &str,
) -> Result<(), BatchError> {
    let reason = expect_reason(reason).map_err(|_| BatchError::Reason)?;
    let mut tx = db.write().await?;
    for site in payroll::list_batch_sites(&mut tx, id).await? {
        hold_site(&mut tx, &site).await?;
    }
    let batch = payroll::get(&mut tx, id).await?.ok_or(BatchError::UnknownBatch(id))?;
    if batch.cancelled.is_some() {
        return Err(BatchError::CancelledAlready(id));
    }
    if let Some(later) = payroll::find_later(&mut tx, id).await? {
        return Err(BatchError::NotLatest { batch: id, later });
    }
    let at = clock.now();
    if !payroll::update_cancelled(&mut tx, id, permit.actor(), at, reason).await? {
        return Err(BatchError::CancelledAlready(id));
    }
    audit::create(&mut tx, at, permit.actor(), "payroll.cancel", &id.to_string(), "cancel_reason").await?;
    tx.commit().await?;
    Ok(())
}
