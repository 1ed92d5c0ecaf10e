//! What payroll was given: batches, the mappings that their files were written by, and what each gave of whom.
//!
//! A batch *stands* while it isn't cancelled; only standing ones count as given.

mod batches;
mod entries;

use std::collections::BTreeSet;

use lintel_core::chain::Hash;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::Serialize;

use super::{StoreError, Tx, sql, uuid_bytes};
use crate::attendance::{Length, Month};
use crate::payroll::{BatchId, GivenDay};
use crate::reports::payroll::Reconciled;

pub use batches::{find_later, get, get_last, list, list_batch_sites, list_sites_of, list_taken, next};
pub use entries::{GivenRow, create_entries, list_entries, list_given, list_people};

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Batch)]
pub struct BatchRow {
    /// Which.
    #[serde(rename = "batch_id")]
    pub id: BatchId,
    /// Of which site; none for every one that had days.
    #[serde(rename = "site")]
    pub site_id: Option<SiteId>,
    /// The mapping's name.
    #[serde(rename = "mapping")]
    pub mapping_name: String,
    /// SHA-256 of the mapping's text.
    pub mapping_sha256: Hash,
    /// By whom, as in the audit.
    pub exported_by: String,
    /// When.
    pub exported_at: UtcMillis,
    /// Lines of the file, without the head line.
    pub lines: u64,
    /// Of how many people.
    pub people: u64,
    /// SHA-256 of the file.
    pub file_sha256: Hash,
    /// What was written of each pay code, against what was meant.
    pub sums: Reconciled,
    /// Overtime that waited for approval and was not given.
    #[serde(rename = "held_back_ms")]
    pub held_back: Length,
    /// People of it who were erased since.
    pub erased: u64,
    /// That it was taken back.
    pub cancelled: Option<Cancelled>,
}

/// That a batch was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Cancelled {
    /// By whom, as in the audit.
    pub by: String,
    /// When.
    pub at: UtcMillis,
    /// Why.
    pub reason: String,
}

/// A batch that is begun; what it comes to is said by [`update_totals`] in the same transaction.
#[derive(Debug, Clone)]
pub struct NewBatch {
    /// Which.
    pub id: BatchId,
    /// Its place among all batches.
    pub turn: i64,
    /// Of which site; none for every one.
    pub site: Option<SiteId>,
    /// The mapping's name.
    pub mapping_name: String,
    /// SHA-256 of the mapping's text.
    pub mapping_sha256: Hash,
    /// By whom, as in the audit.
    pub by: String,
    /// When.
    pub at: UtcMillis,
}

/// What a batch came to.
#[derive(Debug, Clone)]
pub struct Totals {
    /// Lines of the file.
    pub lines: u64,
    /// Of how many people.
    pub people: u64,
    /// SHA-256 of the file.
    pub file_sha256: Hash,
    /// Sums by pay code.
    pub sums: Reconciled,
    /// Overtime that waits for approval.
    pub held_back: Length,
}

/// What a batch gave of a person at a site, with what the file called them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who.
    pub person_id: PersonId,
    /// Where.
    pub site_id: SiteId,
    /// Their name then.
    pub name: String,
    /// Their staff number then.
    pub staff_no: Option<String>,
    /// Their team then; may be empty.
    pub team: String,
    /// By date; at least one.
    pub days: Vec<GivenDay>,
}

/// Begins a batch of some sites.
///
/// # Errors
/// A unique violation when somebody else took its number.
pub async fn create(tx: &mut Tx, new: &NewBatch, sites: &BTreeSet<SiteId>) -> Result<(), StoreError> {
    let month = new.id.month.to_string();
    sql!(
        &mut *tx,
        execute,
        "INSERT INTO payroll_batch (month, number, turn, site_id, mapping_name, mapping_sha256, exported_by, \
         exported_at, lines, people, file_sha256, sums, held_back_ms, erased) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, '', '', 0, 0)",
        month.as_str(),
        new.id.number,
        new.turn,
        new.site.as_ref().map(SiteId::as_str),
        new.mapping_name.as_str(),
        new.mapping_sha256.to_string(),
        new.by.as_str(),
        new.at.as_i64(),
    )?;
    for site in sites {
        sql!(
            &mut *tx,
            execute,
            "INSERT INTO payroll_batch_site (site_id, month, number) VALUES ($1, $2, $3)",
            site.as_str(),
            month.as_str(),
            new.id.number,
        )?;
    }
    Ok(())
}

/// Says what a batch came to.
///
/// # Errors
/// When the database fails.
pub async fn update_totals(tx: &mut Tx, id: BatchId, totals: &Totals) -> Result<(), StoreError> {
    let column = StoreError::Row { column: "payroll_batch.sums" };
    let sums = serde_json::to_string(&totals.sums).map_err(|_| column)?;
    sql!(
        tx,
        execute,
        "UPDATE payroll_batch SET lines = $1, people = $2, file_sha256 = $3, sums = $4, held_back_ms = $5 \
         WHERE month = $6 AND number = $7",
        super::signed(totals.lines),
        super::signed(totals.people),
        totals.file_sha256.to_string(),
        sums,
        totals.held_back.as_millis(),
        id.month.to_string(),
        id.number,
    )?;
    Ok(())
}

/// Says that a batch was taken back; false when it was already.
///
/// # Errors
/// When the database fails.
pub async fn update_cancelled(
    tx: &mut Tx,
    id: BatchId,
    by: &str,
    at: UtcMillis,
    reason: &str,
) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE payroll_batch SET cancelled_by = $1, cancelled_at = $2, cancel_reason = $3 \
         WHERE month = $4 AND number = $5 AND cancelled_at IS NULL",
        by,
        at.as_i64(),
        reason,
        id.month.to_string(),
        id.number,
    )?;
    Ok(rows > 0)
}

/// Keeps a mapping's text; once is enough.
///
/// # Errors
/// When the database fails.
pub async fn put_mapping(tx: &mut Tx, sha256: Hash, body: &str) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO payroll_mapping (sha256, body) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        sha256.to_string(),
        body
    )?;
    Ok(())
}

/// A mapping's text.
///
/// # Errors
/// When the database fails.
pub async fn get_mapping(tx: &mut Tx, sha256: Hash) -> Result<Option<String>, StoreError> {
    let text = "SELECT body FROM payroll_mapping WHERE sha256 = $1";
    Ok(sql!(tx, fetch_optional as (String,), text, sha256.to_string())?.map(|(body,)| body))
}

/// Takes a person out of every batch; the batches remember that somebody is missing.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    for text in [
        "UPDATE payroll_batch SET erased = erased + 1 WHERE EXISTS (SELECT 1 FROM payroll_entry e \
         WHERE e.person_id = $1 AND e.month = payroll_batch.month AND e.number = payroll_batch.number)",
        "DELETE FROM payroll_entry WHERE person_id = $1",
        "DELETE FROM payroll_name WHERE person_id = $1",
    ] {
        sql!(&mut *tx, execute, text, uuid_bytes!(person))?;
    }
    Ok(())
}

/// A month from a row.
fn month(text: &str) -> Result<Month, StoreError> {
    text.parse().map_err(|_| StoreError::Row { column: "payroll_batch.month" })
}

/// A site from a row.
fn site(text: &str) -> Result<SiteId, StoreError> {
    SiteId::parse(text).map_err(|_| StoreError::Row { column: "payroll_batch.site_id" })
}
