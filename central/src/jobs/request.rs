//! What can be asked for: one imperative struct a job, queued in the transaction of its cause.
//!
//! What it does when its turn comes stands in `work`; whoever asks needs to know nothing of that.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use crate::store::jobs::NewJob;
use crate::store::{StoreError, Tx, jobs};

/// Computes one person's day at one site again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecomputeDay {
    /// Who.
    pub person_id: PersonId,
    /// Where.
    pub site_id: SiteId,
    /// Which civil date of the site's zone.
    pub date: Date,
}

impl RecomputeDay {
    pub(crate) const KIND: &'static str = "recompute_day";

    pub(crate) fn to_new_job(&self) -> NewJob {
        let Self { person_id, site_id, date } = self;
        new_job(Self::KIND, format!("{person_id}/{site_id}/{date}"), self)
    }

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[self.to_new_job()], UtcMillis::default()).await
    }
}

/// Tells the devices of a site that their gallery changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishGallery {
    /// Which site.
    pub site_id: SiteId,
}

impl PublishGallery {
    pub(crate) const KIND: &'static str = "publish_gallery";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let job = new_job(Self::KIND, self.site_id.to_string(), self);
        jobs::create(tx, &[job], UtcMillis::default()).await
    }
}

/// Rewrites what may still hold erased people; see [`crate::erasure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubErased;

impl ScrubErased {
    pub(crate) const KIND: &'static str = "scrub_erased";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[new_job(Self::KIND, "all".to_owned(), self)], UtcMillis::default()).await
    }
}

/// Drops the databases that a restore put aside: somebody was erased who is still in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetFormer {
    /// Those that were put aside before.
    pub before: UtcMillis,
}

impl ForgetFormer {
    pub(crate) const KIND: &'static str = "forget_former";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let job = new_job(Self::KIND, self.before.as_i64().to_string(), self);
        jobs::create(tx, &[job], UtcMillis::default()).await
    }
}

/// Brings what was revoked into the ledger apart from the database; see [`crate::revocation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepRevocations;

impl KeepRevocations {
    pub(crate) const KIND: &'static str = "keep_revocations";

    /// Queues it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn queue(&self, tx: &mut Tx) -> Result<(), StoreError> {
        jobs::create(tx, &[new_job(Self::KIND, "all".to_owned(), self)], UtcMillis::default()).await
    }
}

fn new_job<T: Serialize>(kind: &'static str, key: String, job: &T) -> NewJob {
    // Ids and dates always serialise; an empty payload would fail when it is read, with the job's name.
    NewJob { kind, key, payload: serde_json::to_string(job).unwrap_or_default() }
}
