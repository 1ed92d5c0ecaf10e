//! Work that follows from a change: queued in the change's transaction, done once it is committed.
//!
//! Jobs are idempotent: each looks at the present state, so that one asked for twice is done once and one
//! cut off half-way is simply done again. Nothing here may decide what the change itself should have.

mod keep_revocations;
mod runner;

use anyhow::Context as _;
use jiff::civil::Date;
use lintel_core::ids::{DeviceId, PersonId, SiteId};
use lintel_core::time::{Clock, UtcMillis, day_bounds};
use lintel_core::wire::GalleryNotice;
use serde::{Deserialize, Serialize};

pub use keep_revocations::KeepRevocations;
pub use runner::{Jobs, run};

use crate::attendance::correction::corrected;
use crate::attendance::{DayInput, Policy, compute_day};
use crate::backup::Desk;
use crate::store::jobs::NewJob;
use crate::store::{Db, Scrubbed, StoreError, Tx, corrections, days, jobs, sessions, sites, vault};

/// Tells devices that their gallery has a newer revision; the MQTT side implements it. Without one the
/// next heartbeat's answer says it.
pub trait GalleryNotices: Send + Sync {
    /// Publishes the retained notice of one device.
    fn publish<'a>(
        &'a self,
        device: &'a DeviceId,
        notice: GalleryNotice,
    ) -> futures_util::future::BoxFuture<'a, anyhow::Result<()>>;
}

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

    /// Computes and stores; gives when it must run again, because the day isn't over.
    pub(crate) async fn run(
        &self,
        tx: &mut Tx,
        clock: &dyn Clock,
        policy: &Policy,
    ) -> anyhow::Result<Option<UtcMillis>> {
        // A site can't be deleted, so this is a job of a database that was edited by hand: let it go.
        let Some(site) = sites::get(tx, &self.site_id).await? else { return Ok(None) };
        let zone = lintel_core::time::zone(&site.zone)?;
        let (start, end) = day_bounds(self.date, &zone);
        let recorded = days::list_punches(tx, self.person_id, &self.site_id, start, end).await?;
        let approved = corrections::list_approved(tx, self.person_id, &self.site_id, start, end).await?;
        let punches = corrected(recorded, &self.site_id, &approved);
        if punches.is_empty() {
            days::delete(tx, self.person_id, &self.site_id, self.date).await?;
            return Ok(None);
        }
        let now = clock.now();
        let day = compute_day(&DayInput {
            person: self.person_id,
            date: self.date,
            zone: &zone,
            punches: &punches,
            policy,
            as_of: now,
        });
        days::put(tx, &self.site_id, &day, now).await?;
        Ok(day.provisional.then_some(end))
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

    pub(crate) async fn run(&self, db: &Db, notices: Option<&dyn GalleryNotices>) -> anyhow::Result<()> {
        let Some(notices) = notices else { return Ok(()) };
        let mut tx = db.read().await?;
        let revision = crate::store::gallery::revision(&mut tx, &self.site_id).await?;
        let devices = crate::store::devices::list(&mut tx).await?;
        drop(tx);
        for state in devices {
            if state.device.site_id == self.site_id && state.device.revoked_at.is_none() {
                notices.publish(&state.device.device_id, GalleryNotice { revision }).await?;
            }
        }
        Ok(())
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

    /// Erases what a computation brought back meanwhile, rewrites the database's files, and renews the
    /// copies of the people's keys.
    ///
    /// # Errors
    /// When somebody reads an older state just now; it is tried again.
    pub async fn run(self, desk: &Desk) -> anyhow::Result<()> {
        self.rewrite(&desk.db, &*desk.clock).await?;
        crate::backup::renew_vault(desk).await.context("renewing the backup of the people's keys")?;
        Ok(())
    }

    /// The database's part of it; false when a reader held the old files.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn rewrite(self, db: &Db, clock: &dyn Clock) -> Result<(), StoreError> {
        crate::erasure::forget_remaining(db, clock).await?;
        match db.scrub().await? {
            Scrubbed::Whole => Ok(()),
            Scrubbed::CellsOnly => {
                log::info!("the database is too large to be rewritten at once: erased cells are overwritten");
                Ok(())
            }
            Scrubbed::Busy => Err(StoreError::Busy),
        }
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

    pub(crate) async fn run(&self, desk: &Desk) -> anyhow::Result<()> {
        crate::backup::forget_former(desk, self.before).await?;
        Ok(())
    }
}

/// Chains audit rows; see [`crate::audit::seal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealAudit;

impl SealAudit {
    pub(crate) async fn run(self, jobs: &Jobs) -> anyhow::Result<()> {
        while crate::audit::seal(&jobs.db, &jobs.keys, &*jobs.clock).await? > 0 {}
        Ok(())
    }
}

/// Deletes what has had its time: links and sessions that ended, keys that seal nothing, faces that were
/// nobody's, templates of people who left, former databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention;

impl Retention {
    pub(crate) async fn run(self, desk: &Desk) -> anyhow::Result<()> {
        let now = desk.clock.now();
        let mut tx = desk.db.write().await?;
        sessions::delete_expired(&mut tx, now).await?;
        // An enrolment makes the key before the template; an hour is more than it takes.
        vault::delete_unused(&mut tx, now.plus_millis(-3_600_000)).await?;
        tx.commit().await?;
        crate::retention::run(&desk.db, &desk.settings.retention, &*desk.clock).await?;
        crate::backup::forget_former(desk, now.plus_millis(-crate::backup::FORMER_KEEP_MS)).await?;
        // What other replicas on this database wrote into their ledgers.
        KeepRevocations.run(desk).await?;
        Ok(())
    }
}

fn new_job<T: Serialize>(kind: &'static str, key: String, job: &T) -> NewJob {
    // Ids and dates always serialise; an empty payload would fail when it is read, with the job's name.
    NewJob { kind, key, payload: serde_json::to_string(job).unwrap_or_default() }
}
