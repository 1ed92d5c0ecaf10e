//! What each job does when its turn comes.

use anyhow::Context as _;
use lintel_core::ids::DeviceId;
use lintel_core::time::Clock;
use lintel_core::wire::GalleryNotice;

use super::request::{ForgetFormer, KeepRevocations, PublishGallery, ScrubErased};
use super::runner::Jobs;
use crate::backup::Desk;
use crate::store::{Db, Scrubbed, StoreError, sessions, vault};

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

impl PublishGallery {
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

impl ScrubErased {
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

impl ForgetFormer {
    pub(crate) async fn run(&self, desk: &Desk) -> anyhow::Result<()> {
        crate::backup::forget_former(desk, self.before).await?;
        Ok(())
    }
}

impl KeepRevocations {
    pub(crate) async fn run(self, desk: &Desk) -> anyhow::Result<()> {
        crate::revocation::keep(&desk.db, &desk.revocations).await?;
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
        desk.db.tend_statistics().await?;
        // What other replicas on this database wrote into their ledgers.
        KeepRevocations.run(desk).await?;
        Ok(())
    }
}
