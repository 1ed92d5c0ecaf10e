//! What was given: batches, and the file of each as it was.

use lintel_core::chain::Hash;
use lintel_core::ids::SiteId;
use lintel_core::time::Clock;

use super::given::pay_lines;
use super::{BatchError, BatchId, BatchRow};
use crate::audit::{self, View};
use crate::auth::Permit;
use crate::auth::permit::ReadPayroll;
use crate::reports::payroll::{self as form, Mapping};
use crate::rosters::limit;
use crate::store::{Db, StoreError, payroll};

/// Entries that are read at once.
const AT_ONCE: i64 = 1_000;

/// A payroll file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What it is called.
    pub name: String,
    /// The name of its character set.
    pub charset: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
    /// People who were in it and are erased. It is the file that was given only without any.
    pub erased: u64,
}

/// Batches, the newest month and in it the newest first, behind one of them; of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadPayroll>,
    site: Option<&SiteId>,
    after: Option<BatchId>,
    rows: u32,
) -> Result<Vec<BatchRow>, StoreError> {
    payroll::list(&mut db.read().await?, site, after, limit(rows)).await
}

/// A batch.
///
/// # Errors
/// [`BatchError::UnknownBatch`].
pub async fn get(db: &Db, _permit: &Permit<ReadPayroll>, id: BatchId) -> Result<BatchRow, BatchError> {
    let found = payroll::get(&mut db.read().await?, id).await?;
    found.ok_or(BatchError::UnknownBatch(id))
}

/// A batch's file, byte for byte as it was given, but for people who were erased since.
///
/// # Errors
/// [`BatchError`]; [`BatchError::Differs`] rather than another file.
pub async fn file(
    db: &Db,
    permit: &Permit<ReadPayroll>,
    clock: &dyn Clock,
    id: BatchId,
) -> Result<Written, BatchError> {
    let batch = get(db, permit, id).await?;
    audit::viewed(db, permit.actor(), clock, View::Payroll, &id.to_string()).await?;
    let mut tx = db.read().await?;
    let text = payroll::get_mapping(&mut tx, batch.mapping_sha256).await?;
    let mapping = Mapping::parse(&text.ok_or(BatchError::Differs(id))?)?;
    let (mut lines, mut after) = (Vec::new(), None);
    loop {
        let entries = payroll::list_entries(&mut tx, id, after.as_ref(), AT_ONCE).await?;
        lines.extend(entries.iter().flat_map(|entry| pay_lines(entry, mapping.is_by_day())));
        let Some(last) = entries.into_iter().next_back() else { break };
        after = Some((last.person_id, last.site_id));
    }
    let bytes = form::export(&mapping, &id.to_string(), &lines)?.bytes;
    if batch.erased == 0 && Hash::of(&bytes) != batch.file_sha256 {
        return Err(BatchError::Differs(id));
    }
    let less = if batch.erased == 0 { String::new() } else { format!("-without-{}-erased", batch.erased) };
    let name = format!("payroll-{id}{less}.csv");
    Ok(Written { name, charset: mapping.encoding().charset(), bytes, erased: batch.erased })
}
