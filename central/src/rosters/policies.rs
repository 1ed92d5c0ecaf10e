//! Policies: published in revisions that never change, each with a reason.

use jiff::civil::Date;
use lintel_core::ids::{PolicyId, SiteId};
use lintel_core::time::Clock;

pub use crate::store::rosters::policies::PolicyRow;

use super::locks::{expect_open, spans};
use super::{
    RosterError, Touched, all_sites, day_before, expect_date, expect_reason, expect_site, limit, touched,
};
use crate::attendance::Length;
use crate::attendance::calendar::VersionedPolicy;
use crate::attendance::policy::Policy;
use crate::auth::Permit;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::store::rosters::{policies, shifts};
use crate::store::{Db, StoreError, Tx, audit};

/// A revision to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPolicy {
    /// Of which policy; a new one begins with its first revision.
    pub policy_id: PolicyId,
    /// For which site; none is for all that have none of their own.
    pub site: Option<SiteId>,
    /// From when.
    pub from: Date,
    /// What it says.
    pub policy: Policy,
    /// Why.
    pub reason: String,
}

/// Publishes a revision; its number.
///
/// # Errors
/// [`RosterError::Locked`] names the month that it would change.
pub async fn publish(
    db: &Db,
    permit: &Permit<ManageRosters>,
    clock: &dyn Clock,
    new: NewPolicy,
) -> Result<(i64, Touched), RosterError> {
    expect_date(new.from)?;
    let reason = expect_reason(&new.reason)?.to_owned();
    new.policy.check()?;
    let mut tx = db.write().await?;
    if let Some(site) = &new.site {
        expect_site(&mut tx, site).await?;
    }
    expect_default_shift(&mut tx, &new.policy).await?;
    let revision = next_revision(&mut tx, &new).await?;
    let known = policies::list_all(&mut tx).await?;
    let sites = sites_under(&mut tx, &known, &new).await?;
    let next = known.iter().filter(|row| row.site_id == new.site && row.from > new.from);
    let to = next.map(|row| day_before(row.from)).min();
    expect_open(&mut tx, &spans(&sites, new.from, to)).await?;
    let at = clock.now();
    let row = PolicyRow {
        policy_id: new.policy_id,
        revision,
        site_id: new.site,
        from: new.from,
        policy: new.policy,
        reason,
        created_by: permit.actor().to_owned(),
        created_at: at,
    };
    match policies::create(&mut tx, &row).await {
        Err(error) if error.is_unique_violation() => return Err(RosterError::PolicyRaced(row.policy_id)),
        other => other?,
    }
    let subject = format!("{}@{revision}", row.policy_id);
    audit::create(&mut tx, at, permit.actor(), "policy.publish", &subject, "site_id,valid_from,body,reason")
        .await?;
    let touches = Touched::of_sites(sites, new.from, to);
    touched(&mut tx, &touches).await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok((revision, touches))
}

async fn expect_default_shift(tx: &mut Tx, policy: &Policy) -> Result<(), RosterError> {
    match &policy.default_shift {
        Some(shift) if shifts::list_by_id(tx, shift).await?.is_empty() => {
            Err(RosterError::UnknownShift(shift.clone()))
        }
        _ => Ok(()),
    }
}

async fn next_revision(tx: &mut Tx, new: &NewPolicy) -> Result<i64, RosterError> {
    match policies::get_newest(tx, &new.policy_id).await? {
        Some(newest) if newest.site_id != new.site => Err(RosterError::PolicyElsewhere {
            policy: new.policy_id.clone(),
            elsewhere: newest.site_id.map_or_else(|| "all sites".to_owned(), String::from),
        }),
        Some(newest) => Ok(newest.revision + 1),
        None => Ok(1),
    }
}

/// The sites whose days it counts for: its own, or all that have no policy of their own by then.
async fn sites_under(tx: &mut Tx, known: &[PolicyRow], new: &NewPolicy) -> Result<Vec<SiteId>, StoreError> {
    if let Some(site) = &new.site {
        return Ok(vec![site.clone()]);
    }
    let mut sites = all_sites(tx).await?;
    let has_own =
        |site: &SiteId| known.iter().any(|row| row.site_id.as_ref() == Some(site) && row.from <= new.from);
    sites.retain(|site| !has_own(site));
    Ok(sites)
}

/// Revisions by policy and number, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    after: Option<&(PolicyId, i64)>,
    rows: u32,
) -> Result<Vec<PolicyRow>, StoreError> {
    let after = after.map_or(("", 0), |(id, revision)| (id.as_str(), *revision));
    policies::list(&mut db.read().await?, after, limit(rows)).await
}

/// The policy that counts at a site on a date; `min_gap` is the setting for places without one.
///
/// # Errors
/// [`RosterError::UnknownSite`].
pub async fn get(
    db: &Db,
    _permit: &Permit<ReadRosters>,
    site: &SiteId,
    on: Date,
    min_gap: Length,
) -> Result<VersionedPolicy, RosterError> {
    let mut tx = db.read().await?;
    expect_site(&mut tx, site).await?;
    let rows = policies::list_all(&mut tx).await?;
    let found = policies::of_site(&rows, site, min_gap).on(on).cloned();
    found.ok_or_else(|| RosterError::UnknownSite(site.clone()))
}
