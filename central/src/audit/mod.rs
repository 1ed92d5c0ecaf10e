//! The audit chain: rows are written by each change, chained here, and signed every hour.
//!
//! A row is part of its cause's transaction and unchained, because a chain in every transaction would be
//! one lock around everything. The sealer puts rows in order afterwards; what it has not reached yet is
//! reported as the unsealed tail, never hidden.

mod read;

use lintel_core::chain::Hash;
use lintel_core::sign::{Purpose, VerifyingKey};
use lintel_core::time::{Clock, UtcMillis};
use serde::Serialize;

use crate::auth::Permit;
use crate::auth::permit::ReadAudit;
use crate::store::audit::{self, AuditHead, AuditRow};
use crate::store::{Db, StoreError};
use crate::vault::CentralKeys;

pub use crate::store::audit::AuditFilter;
pub use read::{Seal, page, seal_state};

/// Rows per sealing transaction.
const SEAL_ROWS: i64 = 500;
/// How often the head is signed.
const HEAD_EVERY_MS: i64 = 3_600_000;
/// A page that is loaded again is not seen twice.
const SAME_SIGHT_MS: i64 = 15 * 60_000;
const TAG: &[u8] = b"lintel.audit.v1\0";

/// What [`verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Rows whose place and content are right.
    pub sealed: i64,
    /// Rows that the sealer has not reached.
    pub unsealed: i64,
    /// The first place that isn't right.
    pub broken_at: Option<i64>,
    /// Signed heads that match.
    pub heads: usize,
    /// Places of signed heads that don't.
    pub bad_heads: Vec<i64>,
}

impl AuditReport {
    /// Whether nothing was found that isn't right.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.broken_at.is_none() && self.bad_heads.is_empty()
    }
}

/// What somebody saw of people. Lists are remembered by what they are a list of, not by everybody in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The people of a site or of all; the subject is the site's id or `all`.
    People,
    /// One person's record; the subject is their id.
    Person,
    /// Days of a site or of all, with names.
    Days,
    /// One person's month.
    Month,
    /// The live page of who comes and goes.
    Today,
    /// What is in the audit; the subject is whom it was asked about, or `all`.
    Audit,
    /// Who works on what; the subject is the person or `all`.
    Assignments,
    /// Leave; the subject is the person or `all`.
    Leave,
    /// The accounts, whose names are people's.
    Accounts,
    /// A payroll file; the subject is the batch, or the site's id or `all` for a trial.
    Payroll,
}

impl View {
    const fn action(self) -> &'static str {
        match self {
            Self::People => "people.view",
            Self::Person => "person.view",
            Self::Days => "days.view",
            Self::Month => "month.view",
            Self::Today => "today.view",
            Self::Audit => "audit.view",
            Self::Assignments => "assignments.view",
            Self::Leave => "leave.view",
            Self::Accounts => "accounts.view",
            Self::Payroll => "payroll.view",
        }
    }
}

/// Remembers that somebody saw personal data. Call it before the data is given out: what can't be
/// remembered must not be shown. The same again within a quarter of an hour is one row.
///
/// # Errors
/// When the database fails.
pub async fn viewed(
    db: &Db,
    actor: &str,
    clock: &dyn Clock,
    view: View,
    subject: &str,
) -> Result<(), StoreError> {
    let now = clock.now();
    let since = now.plus_millis(-SAME_SIGHT_MS);
    if audit::exists_since(&mut db.read().await?, actor, view.action(), subject, since).await? {
        return Ok(());
    }
    let mut tx = db.write().await?;
    audit::create(&mut tx, now, actor, view.action(), subject, "").await?;
    tx.commit().await
}

/// Rows about a subject, or all, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadAudit>,
    about: Option<&str>,
    limit: u32,
) -> Result<Vec<AuditRow>, StoreError> {
    audit::list_newest(&mut db.read().await?, about, limit.into()).await
}

/// Each field with its length before it, so that no two rows have the same bytes.
fn row_hash(prev: &Hash, seal_no: i64, row: &AuditRow) -> Hash {
    let mut bytes = TAG.to_vec();
    bytes.extend_from_slice(prev.as_bytes());
    for number in [seal_no, row.audit_no, row.at.as_i64()] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    for text in [&row.actor, &row.action, &row.subject, &row.fields] {
        bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Hash::of(&bytes)
}

/// Chains what is unchained and signs the head when an hour has passed; how many rows were chained.
///
/// # Errors
/// When the database fails.
pub async fn seal(db: &Db, keys: &CentralKeys, clock: &dyn Clock) -> Result<usize, StoreError> {
    if audit::count_unsealed(&mut db.read().await?).await? == 0 {
        return Ok(0);
    }
    let mut tx = db.write().await?;
    // Holds the counter: two replicas sealing at once would give one place to two rows.
    let mut seal_no = audit::take_seals(&mut tx, 0).await?;
    let newest = audit::newest_seal(&mut tx).await?;
    let mut head = newest.map_or(Hash::GENESIS, |(_, hash)| hash);
    let rows = audit::list_unsealed(&mut tx, SEAL_ROWS).await?;
    for row in &rows {
        seal_no += 1;
        head = row_hash(&head, seal_no, row);
        audit::update_seal(&mut tx, row.audit_no, seal_no, &head).await?;
    }
    audit::take_seals(&mut tx, rows.len()).await?;
    let now = clock.now();
    let last = audit::list_heads(&mut tx).await?.last().map(|head| head.at);
    if last.is_none_or(|at| now.millis_since(at) >= HEAD_EVERY_MS) {
        audit::create_head(&mut tx, &sign_head(keys, seal_no, head, now)).await?;
    }
    tx.commit().await?;
    Ok(rows.len())
}

fn head_message(seal_no: i64, hash: &Hash, at: UtcMillis) -> String {
    format!("{seal_no} {hash} {}", at.as_i64())
}

fn sign_head(keys: &CentralKeys, seal_no: i64, hash: Hash, at: UtcMillis) -> AuditHead {
    let sig = keys.ack.sign(Purpose::AuditHead, head_message(seal_no, &hash, at).as_bytes());
    AuditHead { seal_no, hash, at, key_id: keys.ack.verifying_key().key_id(), sig }
}

/// Reads the whole chain and checks every row and every signed head.
///
/// # Errors
/// When the database fails; a broken chain is a finding, not an error.
pub async fn verify(
    db: &Db,
    _permit: &Permit<ReadAudit>,
    key: &VerifyingKey,
) -> Result<AuditReport, StoreError> {
    let mut tx = db.read().await?;
    let unsealed = audit::count_unsealed(&mut tx).await?;
    let heads = audit::list_heads(&mut tx).await?;
    let mut report = AuditReport { sealed: 0, unsealed, broken_at: None, heads: 0, bad_heads: Vec::new() };
    let mut head = Hash::GENESIS;
    let mut unseen = heads.iter().peekable();
    'rows: loop {
        let rows = audit::list_sealed(&mut tx, report.sealed, SEAL_ROWS).await?;
        if rows.is_empty() {
            break;
        }
        for sealed in rows {
            let expected = report.sealed + 1;
            let right = row_hash(&head, expected, &sealed.row);
            if sealed.seal_no != expected || sealed.hash != right {
                report.broken_at = Some(expected);
                break 'rows;
            }
            head = right;
            report.sealed = expected;
            while let Some(signed) = unseen.next_if(|signed| signed.seal_no == expected) {
                let message = head_message(signed.seal_no, &signed.hash, signed.at);
                let good = signed.hash == head
                    && key.verify(Purpose::AuditHead, message.as_bytes(), &signed.sig).is_ok();
                if good { report.heads += 1 } else { report.bad_heads.push(signed.seal_no) }
            }
        }
    }
    // A head behind the chain's end: rows were taken away.
    report.bad_heads.extend(unseen.map(|signed| signed.seal_no));
    Ok(report)
}
