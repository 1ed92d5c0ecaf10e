//! Policies: revisions that never change, of a site or of all that have none of their own.

use jiff::civil::Date;
use lintel_core::ids::{PolicyId, SiteId};
use lintel_core::time::UtcMillis;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::{StoreError, Tx, sql};
use super::{parsed, parsed_or_none, read_body, write_body};
use crate::attendance::Length;
use crate::attendance::calendar::{VersionedPolicy, Versions};
use crate::attendance::policy::Policy;

/// A revision of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PolicyRevision)]
pub struct PolicyRow {
    /// Which policy.
    pub policy_id: PolicyId,
    /// Which revision, from 1.
    pub revision: i64,
    /// Of which site; none is of all that have none of their own.
    pub site_id: Option<SiteId>,
    /// From when.
    pub from: Date,
    /// What it says.
    pub policy: Policy,
    /// Why it was made.
    pub reason: String,
    /// By whom, as in the audit.
    pub created_by: String,
    /// When.
    pub created_at: UtcMillis,
}

impl PolicyRow {
    /// As the rules read it.
    #[must_use]
    pub fn versioned(&self) -> VersionedPolicy {
        VersionedPolicy {
            policy: self.policy.clone(),
            version: Policy::version(self.policy_id.as_str(), self.revision),
        }
    }
}

type Row = (String, i64, Option<String>, String, String, String, String, i64);

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!(
        "SELECT policy_id, revision, site_id, valid_from, body, reason, created_by, created_at FROM policy {rest}"
    ))
}

fn policy((id, revision, site, from, body, reason, created_by, at): Row) -> Result<PolicyRow, StoreError> {
    Ok(PolicyRow {
        policy_id: parsed(&id, "policy.policy_id")?,
        revision,
        site_id: parsed_or_none(site.as_deref(), "policy.site_id")?,
        from: parsed(&from, "policy.valid_from")?,
        policy: read_body(&body, "policy.body")?,
        reason,
        created_by,
        created_at: UtcMillis::from_i64(at),
    })
}

/// Stores a revision.
///
/// # Errors
/// A unique violation when somebody was faster.
pub async fn create(tx: &mut Tx, row: &PolicyRow) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO policy (policy_id, revision, site_id, valid_from, body, reason, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.policy_id.as_str(),
        row.revision,
        row.site_id.as_ref().map(SiteId::as_str),
        row.from.to_string(),
        write_body(&row.policy, "policy.body")?,
        row.reason.as_str(),
        row.created_by.as_str(),
        row.created_at.as_i64(),
    )?;
    Ok(())
}

/// The newest revision of a policy.
///
/// # Errors
/// When the database fails.
pub async fn get_newest(tx: &mut Tx, id: &PolicyId) -> Result<Option<PolicyRow>, StoreError> {
    let text = select("WHERE policy_id = $1 ORDER BY revision DESC LIMIT 1");
    sql!(tx, fetch_optional as Row, text, id.as_str())?.map(policy).transpose()
}

/// Revisions by id and number, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, after: (&str, i64), limit: i64) -> Result<Vec<PolicyRow>, StoreError> {
    let text = select("WHERE (policy_id, revision) > ($1, $2) ORDER BY policy_id, revision LIMIT $3");
    sql!(tx, fetch_all as Row, text, after.0, after.1, limit)?.into_iter().map(policy).collect()
}

/// All revisions in the order in which they were published.
///
/// # Errors
/// When the database fails.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<PolicyRow>, StoreError> {
    let text = select("ORDER BY created_at, policy_id, revision");
    sql!(tx, fetch_all as Row, text)?.into_iter().map(policy).collect()
}

/// A site's own revisions; before the first of them those for all; before the first of these what counts
/// without any. So a revision never changes a day before its own date.
#[must_use]
pub fn of_site(rows: &[PolicyRow], site: &SiteId, min_gap: Length) -> Versions<VersionedPolicy> {
    let own = || rows.iter().filter(|row| row.site_id.as_ref() == Some(site));
    let first_own = own().map(|row| row.from).min();
    let shared =
        rows.iter().filter(|row| row.site_id.is_none() && first_own.is_none_or(|first| row.from < first));
    let without = VersionedPolicy {
        policy: Policy { min_gap, ..Policy::default() },
        version: Policy::version("default", 0),
    };
    let known = shared.chain(own()).map(|row| (row.from, row.versioned()));
    Versions::of(std::iter::once((Date::MIN, without)).chain(known))
}
