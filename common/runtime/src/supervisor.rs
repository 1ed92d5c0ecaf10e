//! Named long-lived tasks: started, restarted with back-off, given up, stopped together.
//!
//! It exists so that a daemon has one list of what runs in it and one answer to each failure. A critical
//! task that ends takes the daemon with it, because systemd restarts a dead process better than anybody
//! repairs half of one. Nothing may be spawned beside it; short-lived work belongs into a task's own
//! `JoinSet`.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::clock::jitter;
use crate::heartbeat::{Beat, Heartbeats};

/// What happens when a task fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Nothing: it has ended.
    Never,
    /// It is started again after a wait.
    OnFailure {
        /// The waits.
        backoff: Backoff,
        /// After this many failures in a row it is given up.
        give_up_after: u32,
        /// A run at least this long wipes the failures before it out.
        settled_after: Duration,
    },
}

/// How a task is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Its end, by success, failure or giving up, ends the daemon.
    pub critical: bool,
    /// It promises to beat at least this often; the watchdog is fed only while it does.
    pub max_silence: Option<Duration>,
    /// What happens when it fails.
    pub restart: Restart,
}

impl Policy {
    /// Ends the daemon when it ends; never restarted inside.
    #[must_use]
    pub const fn critical() -> Self {
        Self { critical: true, max_silence: None, restart: Restart::Never }
    }

    /// Restarted for ever, with waits of up to a minute: for what depends on the world outside.
    #[must_use]
    pub const fn persistent() -> Self {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        let settled_after = Duration::from_secs(120);
        let restart = Restart::OnFailure { backoff, give_up_after: u32::MAX, settled_after };
        Self { critical: false, max_silence: None, restart }
    }

    /// Runs once; its end is noted, no more.
    #[must_use]
    pub const fn once() -> Self {
        Self { critical: false, max_silence: None, restart: Restart::Never }
    }

    /// The same with a promise to beat.
    #[must_use]
    pub const fn beating(mut self, max_silence: Duration) -> Self {
        self.max_silence = Some(max_silence);
        self
    }

    /// The same with another answer to failure.
    #[must_use]
    pub const fn restarting(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }
}

/// What each run of a task is given.
#[derive(Debug, Clone)]
pub struct TaskContext {
    /// Cancelled when the daemon stops: finish what is begun and return.
    pub token: CancellationToken,
    /// To be beaten after each unit of work.
    pub beat: Beat,
}

/// Why [`Supervisor::run`] returned.
#[derive(Debug)]
pub enum Cause {
    /// The token was cancelled.
    Asked,
    /// A critical task ended.
    Critical {
        /// Its name.
        name: String,
        /// Its last error; None when it returned without one.
        error: Option<anyhow::Error>,
    },
}

/// How the tasks came to rest.
#[derive(Debug)]
pub struct Ending {
    /// Why they were stopped.
    pub cause: Cause,
    /// Tasks that didn't return within the grace time and were aborted.
    pub stragglers: Vec<String>,
}

impl Ending {
    /// Fine when it was asked for; stragglers don't make it a failure, they were logged.
    ///
    /// # Errors
    /// The critical task's error, with its name.
    pub fn into_result(self) -> anyhow::Result<()> {
        match self.cause {
            Cause::Asked => Ok(()),
            Cause::Critical { name, error: Some(error) } => Err(error.context(format!("task {name} failed"))),
            Cause::Critical { name, error: None } => Err(anyhow::anyhow!("task {name} ended unasked")),
        }
    }
}

/// Holds all tasks of a daemon. Dropping it aborts them.
#[derive(Debug)]
pub struct Supervisor {
    token: CancellationToken,
    heartbeats: Heartbeats,
    tasks: JoinSet<Option<anyhow::Error>>,
    names: HashMap<Id, (String, bool)>,
}

impl Supervisor {
    /// A supervisor whose tasks stop when `token` is cancelled.
    #[must_use]
    pub fn new(token: CancellationToken, heartbeats: Heartbeats) -> Self {
        Self { token, heartbeats, tasks: JoinSet::new(), names: HashMap::new() }
    }

    /// The token that stops everything.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Starts a task. `factory` makes each run; a panic in it counts as a failure.
    pub fn spawn<F, Fut>(&mut self, name: &str, policy: Policy, factory: F)
    where
        F: FnMut(TaskContext) -> Fut + Send + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let beat = match policy.max_silence {
            Some(max_silence) => self.heartbeats.promise(name, max_silence),
            None => self.heartbeats.unwatched(),
        };
        let context = TaskContext { token: self.token.clone(), beat };
        let handle = self.tasks.spawn(keep(name.to_owned(), policy.restart, context, factory));
        self.names.insert(handle.id(), (name.to_owned(), policy.critical));
    }

    /// Starts a task on a thread of its own, for work that blocks: a camera, an inference session. It must
    /// look at `token` at least every few hundred milliseconds; nobody can abort a thread.
    pub fn spawn_thread<F>(&mut self, name: &str, policy: Policy, work: F)
    where
        F: Fn(TaskContext) -> anyhow::Result<()> + Send + Sync + 'static,
    {
        let work = Arc::new(work);
        let thread_name = name.to_owned();
        self.spawn(name, policy, move |context| on_thread(thread_name.clone(), Arc::clone(&work), context));
    }

    /// Waits until the token is cancelled or a critical task ends; then cancels the token, gives the tasks
    /// `grace` to return and aborts the rest.
    pub async fn run(mut self, grace: Duration) -> Ending {
        let cause = self.wait_for_cause().await;
        self.token.cancel();
        let drained = timeout(grace, async {
            while let Some(joined) = self.tasks.join_next_with_id().await {
                self.names.remove(&joined_id(&joined));
            }
        });
        let mut stragglers = Vec::new();
        if drained.await.is_err() {
            stragglers.extend(self.names.values().map(|(name, _)| name.clone()));
            stragglers.sort();
            for name in &stragglers {
                log::warn!("task.name" = name.as_str(); "the task didn't stop in time and is aborted");
            }
            self.tasks.abort_all();
        }
        Ending { cause, stragglers }
    }

    async fn wait_for_cause(&mut self) -> Cause {
        loop {
            let joined = tokio::select! {
                // A task that stops because it was asked to is not a critical end.
                biased;
                () = self.token.cancelled() => return Cause::Asked,
                joined = self.tasks.join_next_with_id(), if !self.tasks.is_empty() => joined,
            };
            let Some(joined) = joined else { continue };
            let Some((name, critical)) = self.names.remove(&joined_id(&joined)) else { continue };
            let error = joined.map_or_else(|error| Some(panicked(error)), |(_, error)| error);
            if self.token.is_cancelled() {
                return Cause::Asked;
            }
            if critical {
                return Cause::Critical { name, error };
            }
            match error {
                Some(error) => log::error!("task.name" = name.as_str(),
                    "error" = crate::exit::chain(&error).as_str(); "the task has failed for good"),
                None => log::debug!("task.name" = name.as_str(); "the task has finished"),
            }
        }
    }
}

fn joined_id(joined: &Result<(Id, Option<anyhow::Error>), JoinError>) -> Id {
    match joined {
        Ok((id, _)) => *id,
        Err(error) => error.id(),
    }
}

/// Runs a task again and again as its policy says. Returns its last error, if that was the end.
async fn keep<F, Fut>(
    name: String,
    restart: Restart,
    context: TaskContext,
    mut factory: F,
) -> Option<anyhow::Error>
where
    F: FnMut(TaskContext) -> Fut,
    Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let mut failures = 0_u32;
    loop {
        let started = Instant::now();
        context.beat.beat();
        let result = contain(factory(context.clone())).await;
        // While it waits for its restart it owes no beat; giving up is what bounds that.
        context.beat.rest();
        let error = result.err()?;
        let text = crate::exit::chain(&error);
        if context.token.is_cancelled() {
            log::warn!("task.name" = name.as_str(), "error" = text.as_str(); "the task failed while stopping");
            return None;
        }
        let Restart::OnFailure { backoff, give_up_after, settled_after } = restart else {
            return Some(error);
        };
        if started.elapsed() >= settled_after {
            failures = 0;
        }
        failures = failures.saturating_add(1);
        if failures >= give_up_after {
            return Some(error.context(format!("given up after {failures} failures in a row")));
        }
        let delay = backoff.delay(failures, jitter());
        let delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        log::warn!("task.name" = name.as_str(), "task.failures" = failures, "task.delay_ms" = delay_ms,
            "error" = text.as_str(); "the task failed and will be restarted");
        tokio::select! {
            () = context.token.cancelled() => return None,
            () = sleep(delay) => {}
        }
    }
}

/// One run in a tokio task of its own, so that a panic ends the run and not its keeper.
async fn contain(run: impl Future<Output = anyhow::Result<()>> + Send + 'static) -> anyhow::Result<()> {
    let mut alone = JoinSet::new();
    alone.spawn(run);
    match alone.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(panicked(error)),
        None => Ok(()),
    }
}

async fn on_thread<F>(name: String, work: Arc<F>, context: TaskContext) -> anyhow::Result<()>
where
    F: Fn(TaskContext) -> anyhow::Result<()> + Send + Sync + 'static,
{
    // One value, sent once; a panic drops the sender instead.
    let (ended_tx, ended_rx) = oneshot::channel();
    std::thread::Builder::new().name(name).spawn(move || {
        // A receiver that is gone belonged to an aborted task: nobody wants the result.
        ended_tx.send(work(context)).ok();
    })?;
    ended_rx.await.unwrap_or_else(|_| Err(anyhow::anyhow!("the thread panicked")))
}

fn panicked(error: JoinError) -> anyhow::Error {
    match error.try_into_panic() {
        Ok(payload) => {
            let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            anyhow::anyhow!("panicked: {}", text.unwrap_or_else(|| "without a message".into()))
        }
        Err(error) => anyhow::Error::from(error),
    }
}

#[cfg(test)]
mod tests;
