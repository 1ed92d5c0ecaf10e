//! Gives a month to payroll: one transaction with its batch, its lines and its audit row.

use lintel_core::chain::Hash;
use lintel_core::ids::SiteId;
use lintel_core::time::Clock;

use super::gather::{Gathered, gather};
use super::read::Written;
use super::scope::Scope;
use super::{BatchError, BatchId, BatchRow, MAX_MAPPING_BYTES};
use crate::attendance::{Length, Month};
use crate::audit::{self, View};
use crate::auth::Permit;
use crate::auth::permit::ExportPayroll;
use crate::reports::payroll::{self as form, Mapping, Reconciled};
use crate::store::payroll::NewBatch;
use crate::store::{Db, Tx, audit as audit_rows, payroll};

/// How often a number is taken from under us before we say so.
const ATTEMPTS: usize = 4;
/// What stands for the batch's name in a file that is no batch's.
const TRIAL: &str = "trial";

/// What is to be given.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Which month.
    pub month: Month,
    /// Of which site; of every one that has days in it without.
    pub site: Option<SiteId>,
    /// The mapping's text.
    pub mapping: String,
}

/// What was given, or would be.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The batch; none for a look.
    pub batch: Option<BatchRow>,
    /// The file.
    pub file: Written,
    /// Lines in it, without the head line.
    pub lines: u64,
    /// Of how many people.
    pub people: u64,
    /// Sums by pay code.
    pub sums: Reconciled,
    /// Overtime that waits for approval and is not in it.
    pub held_back: Length,
}

/// Gives a month to payroll. The first time all of it, afterwards what differs from what was given.
///
/// # Errors
/// [`BatchError`]; nothing is given then.
pub async fn export(
    db: &Db,
    permit: &Permit<ExportPayroll>,
    clock: &dyn Clock,
    wish: &Wish,
) -> Result<Exported, BatchError> {
    let mapping = mapping_of(wish)?;
    for _ in 0..ATTEMPTS {
        match export_once(db, permit, clock, wish, &mapping).await {
            // Somebody exports at the same time and took the number; what they gave is seen now.
            Err(BatchError::Store(error)) if error.is_unique_violation() => {}
            done => return done,
        }
    }
    Err(BatchError::Raced(wish.month))
}

/// The file as an export would write it now, without a batch; of a month that is open too.
///
/// # Errors
/// [`BatchError`].
pub async fn look(
    db: &Db,
    permit: &Permit<ExportPayroll>,
    clock: &dyn Clock,
    wish: &Wish,
) -> Result<Exported, BatchError> {
    let mapping = mapping_of(wish)?;
    let subject = wish.site.as_ref().map_or("all", SiteId::as_str);
    audit::viewed(db, permit.actor(), clock, View::Payroll, subject).await?;
    let mut tx = db.read().await?;
    let scope = Scope::read(&mut tx, wish, false).await?;
    let found = gather(&mut tx, &scope, &mapping, None).await?;
    written(None, TRIAL, wish.month, &mapping, found)
}

fn mapping_of(wish: &Wish) -> Result<Mapping, BatchError> {
    if wish.mapping.len() > MAX_MAPPING_BYTES {
        return Err(BatchError::MappingTooLong);
    }
    Ok(Mapping::parse(&wish.mapping)?)
}

async fn export_once(
    db: &Db,
    permit: &Permit<ExportPayroll>,
    clock: &dyn Clock,
    wish: &Wish,
    mapping: &Mapping,
) -> Result<Exported, BatchError> {
    let mut tx = db.write().await?;
    let scope = Scope::read(&mut tx, wish, true).await?;
    scope.expect_locked()?;
    let new = new_batch(&mut tx, permit, clock, wish, mapping).await?;
    payroll::create(&mut tx, &new, &scope.sites).await?;
    let found = gather(&mut tx, &scope, mapping, Some(new.id)).await?;
    if found.people == 0 && scope.is_again() {
        return Err(already(&mut tx, &scope, new.id).await?);
    }
    let mut done = written(Some(new.id), &new.id.to_string(), wish.month, mapping, found)?;
    let totals = payroll::Totals {
        lines: done.lines,
        people: done.people,
        file_sha256: Hash::of(&done.file.bytes),
        sums: done.sums.clone(),
        held_back: done.held_back,
    };
    payroll::update_totals(&mut tx, new.id, &totals).await?;
    audit_rows::create(&mut tx, new.at, permit.actor(), "payroll.export", &new.id.to_string(), "lines")
        .await?;
    done.batch = payroll::get(&mut tx, new.id).await?;
    tx.commit().await?;
    Ok(done)
}

async fn new_batch(
    tx: &mut Tx,
    permit: &Permit<ExportPayroll>,
    clock: &dyn Clock,
    wish: &Wish,
    mapping: &Mapping,
) -> Result<NewBatch, BatchError> {
    let (number, turn) = payroll::next(tx, wish.month).await?;
    let sha256 = Hash::of(wish.mapping.as_bytes());
    payroll::put_mapping(tx, sha256, &wish.mapping).await?;
    Ok(NewBatch {
        id: BatchId { month: wish.month, number },
        turn,
        site: wish.site.clone(),
        mapping_name: mapping.name().to_owned(),
        mapping_sha256: sha256,
        by: permit.actor().to_owned(),
        at: clock.now(),
    })
}

/// Who gave what there is to give. The batch that was begun is not committed, and not meant.
async fn already(tx: &mut Tx, scope: &Scope, begun: BatchId) -> Result<BatchError, BatchError> {
    let last = payroll::get_last(tx, scope.month, scope.site.as_ref(), begun).await?;
    Ok(match last {
        Some(row) => BatchError::AlreadyExported {
            month: scope.month,
            batch: row.id,
            at: row.exported_at,
            by: row.exported_by,
        },
        None => BatchError::NoDays(scope.month),
    })
}

fn written(
    id: Option<BatchId>,
    name: &str,
    month: Month,
    mapping: &Mapping,
    found: Gathered,
) -> Result<Exported, BatchError> {
    let Gathered { lines, people, held_back } = found;
    let file = form::export(mapping, name, &lines)?;
    let stem = id.map_or_else(|| format!("{month}-{name}"), |id| id.to_string());
    Ok(Exported {
        batch: None,
        file: Written {
            name: format!("payroll-{stem}.csv"),
            charset: mapping.encoding().charset(),
            bytes: file.bytes,
            erased: 0,
        },
        lines: file.lines,
        people,
        sums: file.reconciled,
        held_back,
    })
}
