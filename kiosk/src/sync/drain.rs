//! The drain: from the outbox to central, one method for each state.
//!
//! It takes the oldest events that central has not signed for, sends them by the road that works, and gives
//! the verified ack to the outbox. It keeps nothing of its own: after a crash it starts from the outbox.

use std::sync::Arc;
use std::time::Duration;

use lintel_core::limits::{MAX_PACKET_BYTES, PACKET_OVERHEAD_BYTES};
use lintel_core::road::Road;
use lintel_core::sign::VerifyingKey;
use lintel_core::time::Clock;
use lintel_runtime::backoff::Backoff;
use lintel_runtime::clock::jitter;
use lintel_runtime::supervisor::TaskContext;
use tokio_util::sync::CancellationToken;

use super::roads::Roads;
use super::{SendError, Transport};
use crate::faults;
use crate::outbox::{OutboxError, OutboxHandle};

const RETRY: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));
/// At the end: how long the last decisions may take to be stored, and how long the last batches may take.
const LAST_DECISIONS: Duration = Duration::from_millis(1_500);
const LAST_BATCHES: Duration = Duration::from_millis(2_000);

/// What the drain is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Everything is delivered; waits for the next event.
    Live,
    /// Events wait; sends batch after batch.
    Backfill,
    /// No road delivers; waits longer and longer.
    Offline {
        /// Failures in a row.
        failures: u32,
    },
    /// The daemon ends; one last try.
    Stopping,
}

impl State {
    /// The name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Backfill => "backfill",
            Self::Offline { .. } => "offline",
            Self::Stopping => "stopping",
        }
    }
}

/// What became of one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Nothing,
    Done { backlog: u64 },
    Failed,
}

/// How the drain works.
#[derive(Debug, Clone)]
pub struct DrainSettings {
    /// Waiting events are looked for at least this often.
    pub interval: Duration,
    /// Most events in a batch.
    pub batch_events: usize,
    /// The key pinned at joining.
    pub ack_key: VerifyingKey,
}

/// The state machine.
pub struct Drain<T> {
    transport: T,
    outbox: OutboxHandle,
    roads: Roads,
    settings: DrainSettings,
    clock: Arc<dyn Clock>,
    // Fewer after central has refused a whole batch, so that one bad event can't hold up the rest for ever.
    batch_events: usize,
    /// Cancelled when the recorder has stored its last decision.
    recorded: CancellationToken,
}

impl<T: Transport> Drain<T> {
    /// A drain over `transport`. `recorded` is cancelled when nothing more will be appended.
    #[must_use]
    pub fn new(
        transport: T,
        outbox: OutboxHandle,
        roads: Roads,
        settings: DrainSettings,
        clock: Arc<dyn Clock>,
        recorded: CancellationToken,
    ) -> Self {
        let batch_events = settings.batch_events;
        Self { transport, outbox, roads, settings, clock, batch_events, recorded }
    }

    /// Runs until the token is cancelled and the last try is made.
    ///
    /// # Errors
    /// When the outbox can't be read.
    pub async fn run(mut self, context: &TaskContext) -> Result<(), OutboxError> {
        let mut state = State::Backfill;
        loop {
            context.beat.beat();
            let next = match state {
                State::Live => self.live(&context.token).await?,
                State::Backfill => self.backfill(&context.token).await?,
                State::Offline { failures } => self.offline(failures, &context.token).await?,
                State::Stopping => return self.stopping().await,
            };
            if next.as_str() != state.as_str() {
                log::info!("link.state" = next.as_str(); "delivery changed its state");
            }
            state = next;
        }
    }

    async fn live(&mut self, token: &CancellationToken) -> Result<State, OutboxError> {
        let mut appended = self.outbox.appended();
        appended.borrow_and_update();
        // Looked at after the mark was taken: what came in between is not waited for.
        if self.outbox.status().await?.backlog == 0 {
            tokio::select! {
                () = token.cancelled() => return Ok(State::Stopping),
                _ = appended.changed() => {}
                () = tokio::time::sleep(self.settings.interval) => {}
            }
        }
        Ok(Self::after(self.deliver_or_stop(token).await?, 0))
    }

    async fn backfill(&mut self, token: &CancellationToken) -> Result<State, OutboxError> {
        Ok(Self::after(self.deliver_or_stop(token).await?, 0))
    }

    async fn offline(&mut self, failures: u32, token: &CancellationToken) -> Result<State, OutboxError> {
        tokio::select! {
            () = token.cancelled() => return Ok(State::Stopping),
            () = tokio::time::sleep(RETRY.delay(failures, jitter())) => {}
        }
        Ok(Self::after(self.deliver_or_stop(token).await?, failures))
    }

    async fn stopping(&mut self) -> Result<(), OutboxError> {
        // Both may run out: what is not delivered now is in the outbox and goes at the next start.
        drop(tokio::time::timeout(LAST_DECISIONS, self.recorded.cancelled()).await);
        let last = async {
            while let Delivery::Done { backlog: 1.. } = self.deliver().await? {}
            Ok(())
        };
        tokio::time::timeout(LAST_BATCHES, last).await.unwrap_or(Ok(()))
    }

    fn after(delivery: Option<Delivery>, failures: u32) -> State {
        match delivery {
            None => State::Stopping,
            Some(Delivery::Nothing | Delivery::Done { backlog: 0 }) => State::Live,
            Some(Delivery::Done { .. }) => State::Backfill,
            Some(Delivery::Failed) => State::Offline { failures: failures.saturating_add(1) },
        }
    }

    /// None: the daemon ends. A batch that is on its way then is sent again, which central recognises.
    async fn deliver_or_stop(&mut self, token: &CancellationToken) -> Result<Option<Delivery>, OutboxError> {
        tokio::select! {
            biased;
            () = token.cancelled() => Ok(None),
            delivery = self.deliver() => delivery.map(Some),
        }
    }

    async fn deliver(&mut self) -> Result<Delivery, OutboxError> {
        let most = MAX_PACKET_BYTES - PACKET_OVERHEAD_BYTES;
        let pending = self.outbox.pending(0, self.batch_events, most).await?;
        let Some(batch) = pending.batch else { return Ok(Delivery::Nothing) };
        let up = self.transport.is_up(Road::Mqtt);
        let Some(road) = self.roads.choose(up, self.clock.monotonic_ms()) else {
            return Ok(Delivery::Failed);
        };
        faults::point("send.before");
        let sent = self.transport.send(road, &batch, pending.last_seq_in_batch).await;
        if sent.is_ok() {
            faults::point("ack.received");
        }
        let delivery = match sent {
            Ok(ack) => match ack.verify(&self.settings.ack_key) {
                Ok(body) => self.apply(body).await?,
                Err(error) => {
                    log::error!("link.road" = road.as_str(), "error" = error.to_string().as_str();
                        "an ack is not believed");
                    Delivery::Failed
                }
            },
            Err(error) => {
                self.refused(&error);
                log::warn!("link.road" = road.as_str(), "error" = error.to_string().as_str(),
                    "outbox.pending" = pending.backlog; "a batch was not delivered");
                Delivery::Failed
            }
        };
        let delivered = matches!(delivery, Delivery::Done { .. });
        self.roads.note(road, delivered);
        if delivered {
            self.batch_events = self.settings.batch_events;
            log::info!("link.road" = road.as_str(), "batch.len" = batch.events.len(); "events delivered");
        }
        Ok(delivery)
    }

    fn refused(&mut self, error: &SendError) {
        if matches!(error, SendError::Refused { status: 400 | 413 | 422, .. }) {
            self.batch_events = (self.batch_events / 2).max(1);
        }
    }

    async fn apply(&self, body: lintel_core::ack::AckBody) -> Result<Delivery, OutboxError> {
        for rejection in &body.rejected {
            log::error!("event.seq" = rejection.seq, "reason" = rejection.reason.as_str();
                "central refused an event for good; it is kept as a dead letter");
        }
        match self.outbox.apply_ack(body).await {
            Ok(acked) if acked.taken_back > 0 => {
                log::warn!("outbox.pending" = acked.backlog;
                    "central was restored from a backup; {} events are sent again", acked.taken_back);
                Ok(Delivery::Done { backlog: acked.backlog })
            }
            Ok(acked) if acked.newly_acked == 0 => Ok(Delivery::Failed),
            Ok(acked) => Ok(Delivery::Done { backlog: acked.backlog }),
            Err(OutboxError::AckMismatch(why)) => {
                log::error!("error" = why.as_str(); "central's ack doesn't fit this outbox");
                Ok(Delivery::Failed)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
#[path = "drain_tests.rs"]
mod tests;
