//! Audit rows: appended by each change in its own transaction, chained later.

use lintel_core::chain::Hash;
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, hash, sql};

/// One audit row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AuditRow {
    /// Its number; not the order of commits.
    pub audit_no: i64,
    /// When.
    pub at: UtcMillis,
    /// Who did it.
    pub actor: String,
    /// What was done, such as `person.move`.
    pub action: String,
    /// The id that it was done to.
    pub subject: String,
    /// Names of the fields that changed, separated by commas.
    pub fields: String,
}

/// An audit row with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// The row.
    pub row: AuditRow,
    /// Its place, from 1.
    pub seal_no: i64,
    /// Its hash, over the hash before it and the row.
    pub hash: Hash,
}

/// A signed head of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The place that was signed.
    pub seal_no: i64,
    /// Its hash.
    pub hash: Hash,
    /// When.
    pub at: UtcMillis,
    /// The key.
    pub key_id: String,
    /// The signature.
    pub sig: String,
}

type Row = (i64, i64, String, String, String, String);

fn audit_row((audit_no, at, actor, action, subject, fields): Row) -> AuditRow {
    AuditRow { audit_no, at: UtcMillis::from_i64(at), actor, action, subject, fields }
}

/// Appends a row, unchained.
///
/// # Errors
/// When the database fails.
pub async fn create(
    tx: &mut Tx,
    at: UtcMillis,
    actor: &str,
    action: &str,
    subject: &str,
    fields: &str,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO audit (at, actor, action, subject, fields) VALUES ($1, $2, $3, $4, $5)",
        at.as_i64(),
        actor,
        action,
        subject,
        fields,
    )?;
    Ok(())
}

/// Rows that are not chained yet, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_unsealed(tx: &mut Tx, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as Row,
        "SELECT audit_no, at, actor, action, subject, fields FROM audit WHERE seal_no IS NULL \
         ORDER BY audit_no LIMIT $1",
        limit
    )?;
    Ok(rows.into_iter().map(audit_row).collect())
}

/// How many rows are not chained yet.
///
/// # Errors
/// When the database fails.
pub async fn count_unsealed(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM audit WHERE seal_no IS NULL")?.0)
}

/// Chains a row.
///
/// # Errors
/// When the database fails.
pub async fn update_seal(tx: &mut Tx, audit_no: i64, seal_no: i64, hash: &Hash) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE audit SET seal_no = $1, hash = $2 WHERE audit_no = $3",
        seal_no,
        hash.as_bytes().as_slice(),
        audit_no
    )?;
    Ok(())
}

/// The last place of the chain and its hash.
///
/// # Errors
/// When the database fails.
pub async fn newest_seal(tx: &mut Tx) -> Result<Option<(i64, Hash)>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64, Vec<u8>),
        "SELECT seal_no, hash FROM audit WHERE seal_no IS NOT NULL ORDER BY seal_no DESC LIMIT 1"
    )?;
    row.map(|(seal_no, bytes)| Ok((seal_no, hash(&bytes, "audit.hash")?))).transpose()
}

/// Chained rows behind a place, in order.
///
/// # Errors
/// When the database fails.
pub async fn list_sealed(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<SealedRow>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (i64, i64, String, String, String, String, i64, Vec<u8>),
        "SELECT audit_no, at, actor, action, subject, fields, seal_no, hash FROM audit \
         WHERE seal_no > $1 ORDER BY seal_no LIMIT $2",
        after,
        limit
    )?;
    rows.into_iter()
        .map(|(no, at, actor, action, subject, fields, seal_no, bytes)| {
            let row = audit_row((no, at, actor, action, subject, fields));
            Ok(SealedRow { row, seal_no, hash: hash(&bytes, "audit.hash")? })
        })
        .collect()
}

/// Stores a signed head.
///
/// # Errors
/// When the database fails.
pub async fn create_head(tx: &mut Tx, head: &AuditHead) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO audit_head (seal_no, hash, at, key_id, sig) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT DO NOTHING",
        head.seal_no,
        head.hash.as_bytes().as_slice(),
        head.at.as_i64(),
        head.key_id.as_str(),
        head.sig.as_str(),
    )?;
    Ok(())
}

/// Signed heads, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_heads(tx: &mut Tx) -> Result<Vec<AuditHead>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (i64, Vec<u8>, i64, String, String),
        "SELECT seal_no, hash, at, key_id, sig FROM audit_head ORDER BY seal_no"
    )?;
    rows.into_iter()
        .map(|(seal_no, bytes, at, key_id, sig)| {
            let at = UtcMillis::from_i64(at);
            Ok(AuditHead { seal_no, hash: hash(&bytes, "audit_head.hash")?, at, key_id, sig })
        })
        .collect()
}

/// The newest signed head.
///
/// # Errors
/// When the database fails.
pub async fn newest_head(tx: &mut Tx) -> Result<Option<(i64, UtcMillis)>, StoreError> {
    let text = "SELECT seal_no, at FROM audit_head ORDER BY seal_no DESC LIMIT 1";
    let row = sql!(tx, fetch_optional as (i64, i64), text)?;
    Ok(row.map(|(seal_no, at)| (seal_no, UtcMillis::from_i64(at))))
}

/// Adds to the counter of places and holds it until the transaction ends; its value.
///
/// # Errors
/// When the database fails.
pub async fn take_seals(tx: &mut Tx, count: usize) -> Result<i64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let (last,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE counter SET value = value + $1 WHERE name = 'seal_no' RETURNING value",
        count
    )?;
    Ok(last)
}

/// Rows about a subject, or all, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list_newest(tx: &mut Tx, about: Option<&str>, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
    let rows = match about {
        Some(subject) => sql!(
            tx,
            fetch_all as Row,
            "SELECT audit_no, at, actor, action, subject, fields FROM audit WHERE subject = $1 \
             ORDER BY at DESC, audit_no DESC LIMIT $2",
            subject,
            limit
        )?,
        None => sql!(
            tx,
            fetch_all as Row,
            "SELECT audit_no, at, actor, action, subject, fields FROM audit ORDER BY audit_no DESC LIMIT $1",
            limit
        )?,
    };
    Ok(rows.into_iter().map(audit_row).collect())
}

/// Which rows are wanted; an empty text asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The id that it was done to.
    pub subject: String,
    /// Since when.
    pub from: Option<UtcMillis>,
    /// Before when.
    pub until: Option<UtcMillis>,
}

/// Rows below a number, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list_below(
    tx: &mut Tx,
    filter: &AuditFilter,
    below: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as Row,
        "SELECT audit_no, at, actor, action, subject, fields FROM audit \
         WHERE audit_no < $1 AND ($2 = '' OR actor = $2) AND ($3 = '' OR action = $3) \
           AND ($4 = '' OR subject = $4) AND at >= $5 AND at < $6 ORDER BY audit_no DESC LIMIT $7",
        below,
        filter.actor.as_str(),
        filter.action.as_str(),
        filter.subject.as_str(),
        filter.from.map_or(i64::MIN, UtcMillis::as_i64),
        filter.until.map_or(i64::MAX, UtcMillis::as_i64),
        limit
    )?;
    Ok(rows.into_iter().map(audit_row).collect())
}

/// When something was last done to a subject.
///
/// # Errors
/// When the database fails.
pub async fn newest_of(tx: &mut Tx, subject: &str, action: &str) -> Result<Option<UtcMillis>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT at FROM audit WHERE subject = $1 AND action = $2 ORDER BY at DESC LIMIT 1",
        subject,
        action
    )?;
    Ok(row.map(|(at,)| UtcMillis::from_i64(at)))
}

/// Whether the same actor did the same to a subject since an instant.
///
/// # Errors
/// When the database fails.
pub async fn exists_since(
    tx: &mut Tx,
    actor: &str,
    action: &str,
    subject: &str,
    since: UtcMillis,
) -> Result<bool, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT audit_no FROM audit WHERE subject = $1 AND at > $2 AND actor = $3 AND action = $4 LIMIT 1",
        subject,
        since.as_i64(),
        actor,
        action
    )?;
    Ok(row.is_some())
}
