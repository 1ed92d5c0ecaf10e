//! The runner: takes due jobs under a lease, runs them, and puts off what failed.
//!
//! Woken by this process after a commit, and by a short poll for what other replicas queued. A job that
//! keeps failing is tried ever more rarely, with its error in the table, and never given up silently.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::random_bytes;
use lintel_runtime::supervisor::TaskContext;

use super::{
    ForgetFormer, GalleryNotices, KeepRevocations, PublishGallery, RecomputeDay, Retention, ScrubErased,
    SealAudit,
};
use crate::attendance::Policy;
use crate::backup::Desk;
use crate::store::jobs::ClaimedJob;
use crate::store::{Db, Tx, jobs};
use crate::vault::CentralKeys;

/// How often the table is looked at without being woken.
const POLL: Duration = Duration::from_secs(1);
/// Jobs taken at once.
const TAKE: i64 = 64;
/// Longer than any job; a runner that died gives its jobs back after this.
const LEASE_MS: i64 = 120_000;
const RETENTION_EVERY_MS: i64 = 3_600_000;
/// A failing job's longest wait.
const MAX_WAIT_MS: i64 = 600_000;

/// What jobs need.
#[derive(Clone)]
pub struct Jobs {
    /// The database.
    pub db: Db,
    /// The centre's keys.
    pub keys: Arc<CentralKeys>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// The attendance policy.
    pub policy: Policy,
    /// What backups are made with.
    pub desk: Desk,
    /// Where gallery notices go; None where there is no broker.
    pub notices: Option<Arc<dyn GalleryNotices>>,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jobs({:?})", self.policy)
    }
}

/// Runs jobs until the daemon stops; the task for the supervisor.
///
/// # Errors
/// When the database can't be reached; the supervisor starts it again.
pub async fn run(jobs: Jobs, task: TaskContext) -> anyhow::Result<()> {
    let mut swept = None;
    loop {
        while jobs.run_due().await? > 0 {
            task.beat.beat();
            if task.token.is_cancelled() {
                return Ok(());
            }
        }
        SealAudit.run(&jobs).await.context("sealing the audit")?;
        let now = jobs.clock.now();
        if swept.is_none_or(|at: UtcMillis| now.millis_since(at) >= RETENTION_EVERY_MS) {
            Retention.run(&jobs.desk).await.context("deleting what has had its time")?;
            swept = Some(now);
        }
        task.beat.beat();
        tokio::select! {
            () = task.token.cancelled() => return Ok(()),
            () = jobs.db.jobs_woken() => {}
            () = tokio::time::sleep(POLL) => {}
        }
    }
}

impl Jobs {
    /// Takes what is due and runs it; how many jobs that were.
    ///
    /// # Errors
    /// When the database fails; a job's own failure is noted in the table instead.
    pub async fn run_due(&self) -> anyhow::Result<usize> {
        let now = self.clock.now();
        // Looked at without the writer's lock first: an idle server must not write every second.
        let due = jobs::next_due(&mut self.db.read().await?).await?;
        if due.is_none_or(|at| at > now) {
            return Ok(0);
        }
        let lease = random_bytes::<16>()?;
        let mut tx = self.db.write().await?;
        let taken = jobs::claim(&mut tx, &lease, now, now.plus_millis(LEASE_MS), TAKE).await?;
        tx.commit().await?;
        for job in &taken {
            if let Err(error) = self.run_one(job, &lease).await {
                log::warn!("job.kind" = job.kind.as_str(), "job.attempts" = job.attempts, error = format!("{error:#}").as_str(); "job failed, will be tried again");
                let later = now.plus_millis(wait_ms(job.attempts));
                let mut tx = self.db.write().await?;
                jobs::release(&mut tx, job, &lease, later, Some(&format!("{error:#}"))).await?;
                tx.commit().await?;
            }
        }
        Ok(taken.len())
    }

    async fn run_one(&self, job: &ClaimedJob, lease: &[u8; 16]) -> anyhow::Result<()> {
        match job.kind.as_str() {
            RecomputeDay::KIND => {
                let work: RecomputeDay = serde_json::from_str(&job.payload).context("reading the job")?;
                let mut tx = self.db.write().await?;
                let again = work.run(&mut tx, &*self.clock, &self.policy).await?;
                finish(tx, job, lease, again.map(|at| (work.to_new_job(), at))).await
            }
            PublishGallery::KIND => {
                let work: PublishGallery = serde_json::from_str(&job.payload).context("reading the job")?;
                work.run(&self.db, self.notices.as_deref()).await?;
                finish(self.db.write().await?, job, lease, None).await
            }
            ScrubErased::KIND => {
                ScrubErased.run(&self.desk).await?;
                finish(self.db.write().await?, job, lease, None).await
            }
            ForgetFormer::KIND => {
                let work: ForgetFormer = serde_json::from_str(&job.payload).context("reading the job")?;
                work.run(&self.desk).await?;
                finish(self.db.write().await?, job, lease, None).await
            }
            KeepRevocations::KIND => {
                KeepRevocations.run(&self.desk).await?;
                finish(self.db.write().await?, job, lease, None).await
            }
            other => anyhow::bail!("this version knows no job {other:?}"),
        }
    }
}

/// Takes the job out, and queues it for later when it must run again, in the transaction of its result.
async fn finish(
    mut tx: Tx,
    job: &ClaimedJob,
    lease: &[u8; 16],
    again: Option<(jobs::NewJob, UtcMillis)>,
) -> anyhow::Result<()> {
    jobs::delete(&mut tx, job, lease).await?;
    if let Some((next, at)) = again {
        jobs::create(&mut tx, &[next], at).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn wait_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    (1_000_i64 << doublings).min(MAX_WAIT_MS)
}
