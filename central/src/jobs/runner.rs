//! The runner: takes due jobs under a lease, runs them, and puts off what failed.
//!
//! Woken by this process after a commit, and by a short poll for what other replicas queued. A job that
//! keeps failing is tried ever more rarely, with its error in the table, and never given up silently.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::random_bytes;
use lintel_runtime::supervisor::TaskContext;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::attendance::{self, Next};
use super::{
    CloseDay, DeviceOverdue, ForgetFormer, GalleryNotices, KeepRevocations, PublishGallery, RecomputeDay,
    RecomputeSite, Retention, ScrubErased, SealAudit,
};
use crate::attendance::Length;
use crate::backup::Desk;
use crate::store::jobs::{ClaimedJob, NewJob};
use crate::store::{Db, Tx, jobs};
use crate::vault::CentralKeys;

/// How often the table is looked at without being woken.
const POLL: Duration = Duration::from_secs(1);
/// Jobs taken at once.
const TAKE: i64 = 250;
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
    /// Punches closer together than this count once, at sites without a policy.
    pub min_gap: Length,
    /// What backups are made with.
    pub desk: Desk,
    /// Where gallery notices go; None where there is no broker.
    pub notices: Option<Arc<dyn GalleryNotices>>,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jobs({})", self.db.engine())
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
        let (days, others): (Vec<_>, Vec<_>) = taken.iter().partition(|job| job.kind == RecomputeDay::KIND);
        // Days are computed many at a time; where that fails, one by one, so that one holds up no other.
        let days = match self.run_days(&days, &lease).await {
            Ok(()) => Vec::new(),
            Err(error) => {
                log::warn!(error = format!("{error:#}").as_str(); "days are computed one by one");
                days
            }
        };
        // Tasks of their own, so that two that compute have a core each.
        let mut tasks = JoinSet::new();
        for job in days.into_iter().chain(others) {
            if tasks.len() >= self.db.writers()
                && let Some(done) = tasks.join_next().await
            {
                done.context("running a job")??;
            }
            let (jobs, job) = (self.clone(), job.clone());
            tasks.spawn(async move { jobs.run_or_put_off(&job, &lease, now).await });
        }
        while let Some(done) = tasks.join_next().await {
            done.context("running a job")??;
        }
        Ok(taken.len())
    }

    async fn run_or_put_off(&self, job: &ClaimedJob, lease: &[u8; 16], now: UtcMillis) -> anyhow::Result<()> {
        let Err(error) = self.run_one(job, lease).await else { return Ok(()) };
        log::warn!("job.kind" = job.kind.as_str(), "job.attempts" = job.attempts, error = format!("{error:#}").as_str(); "job failed, will be tried again");
        let later = now.plus_millis(wait_ms(job.attempts));
        let mut tx = self.db.write().await?;
        jobs::release(&mut tx, job, lease, later, Some(&format!("{error:#}"))).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn run_days(&self, taken: &[&ClaimedJob], lease: &[u8; 16]) -> anyhow::Result<()> {
        if taken.is_empty() {
            return Ok(());
        }
        let work: Vec<RecomputeDay> = taken.iter().map(|job| read(job)).collect::<anyhow::Result<_>>()?;
        let mut tx = self.db.write().await?;
        let next = attendance::recompute(&mut tx, &work, self.min_gap, self.clock.now()).await?;
        // In the order of their keys, as a batch of events queues them: who takes locks in one order waits for
        // nobody in a circle.
        let done: BTreeMap<&str, &ClaimedJob> = taken.iter().map(|job| (job.key.as_str(), *job)).collect();
        let next: BTreeMap<&str, &(NewJob, UtcMillis)> =
            next.iter().map(|next| (next.0.key.as_str(), next)).collect();
        let keys: BTreeSet<&str> = done.keys().chain(next.keys()).copied().collect();
        for key in keys {
            if let Some(job) = done.get(key) {
                jobs::delete(&mut tx, job, lease).await?;
            }
            if let Some((job, at)) = next.get(key) {
                jobs::create(&mut tx, std::slice::from_ref(job), *at).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn run_one(&self, job: &ClaimedJob, lease: &[u8; 16]) -> anyhow::Result<()> {
        match job.kind.as_str() {
            RecomputeDay::KIND => self.run_days(&[job], lease).await,
            RecomputeSite::KIND => {
                let work: RecomputeSite = read(job)?;
                let mut tx = self.db.write().await?;
                let next = work.run(&mut tx, self.min_gap, self.clock.now()).await?;
                finish(tx, job, lease, next).await
            }
            CloseDay::KIND => {
                let work: CloseDay = read(job)?;
                let mut tx = self.db.write().await?;
                let next = work.run(&mut tx, self.clock.now()).await?;
                finish(tx, job, lease, next).await
            }
            DeviceOverdue::KIND => {
                let work: DeviceOverdue = read(job)?;
                let mut tx = self.db.write().await?;
                let next = work.run(&mut tx, self.clock.now()).await?;
                finish(tx, job, lease, next).await
            }
            PublishGallery::KIND => {
                let work: PublishGallery = read(job)?;
                work.run(&self.db, self.notices.as_deref()).await?;
                finish(self.db.write().await?, job, lease, Next::new()).await
            }
            ScrubErased::KIND => {
                ScrubErased.run(&self.desk).await?;
                finish(self.db.write().await?, job, lease, Next::new()).await
            }
            ForgetFormer::KIND => {
                let work: ForgetFormer = read(job)?;
                work.run(&self.desk).await?;
                finish(self.db.write().await?, job, lease, Next::new()).await
            }
            KeepRevocations::KIND => {
                KeepRevocations.run(&self.desk).await?;
                finish(self.db.write().await?, job, lease, Next::new()).await
            }
            other => anyhow::bail!("this version knows no job {other:?}"),
        }
    }
}

/// Takes the job out and queues what follows from it, in the transaction of its result.
async fn finish(mut tx: Tx, job: &ClaimedJob, lease: &[u8; 16], next: Next) -> anyhow::Result<()> {
    jobs::delete(&mut tx, job, lease).await?;
    queue(&mut tx, next).await?;
    tx.commit().await?;
    Ok(())
}

async fn queue(tx: &mut Tx, mut next: Next) -> anyhow::Result<()> {
    next.sort_by_key(|(_, at)| *at);
    for due in next.chunk_by(|one, other| one.1 == other.1) {
        let Some((_, at)) = due.first() else { continue };
        let some: Vec<_> = due.iter().map(|(job, _)| job.clone()).collect();
        jobs::create(tx, &some, *at).await?;
    }
    Ok(())
}

fn read<T: DeserializeOwned>(job: &ClaimedJob) -> anyhow::Result<T> {
    serde_json::from_str(&job.payload).context("reading the job")
}

fn wait_ms(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    (1_000_i64 << doublings).min(MAX_WAIT_MS)
}
