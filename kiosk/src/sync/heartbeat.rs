//! How the door is, told to central every half minute; central's signed clock in return.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use lintel_core::sign::Purpose;
use lintel_core::time::{Clock, UtcMillis};
use lintel_core::wire::{CameraHealth, Heartbeat};
use lintel_runtime::exit::chain;
use lintel_runtime::supervisor::TaskContext;
use lintel_runtime::{atomic_file, tls::FlooredTime};
use tokio::sync::watch;

use super::https::CentralApi;
use crate::camera::thread::CameraState;
use crate::gallery::index::SharedGallery;
use crate::health::ClockWatch;
use crate::identity::Identity;
use crate::outbox::OutboxHandle;
use crate::recognition::Progress;

/// Between heartbeats.
const EVERY: Duration = Duration::from_secs(30);
/// After one that failed: a door that has just been started wants its gallery soon.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Central's time is written down this often, ms: it is for a box that boots in 2000, and flash wears out.
const PERSIST_EVERY_MS: i64 = 3_600_000;
/// No door existed before this instant (2026-11-01): the floor of certificate times without a file.
const FLOOR_MS: i64 = 1_793_491_200_000;

/// What is needed to tell.
pub struct HeartbeatTask {
    /// Central.
    pub api: CentralApi,
    /// This door.
    pub identity: Arc<Identity>,
    /// What waits.
    pub outbox: OutboxHandle,
    /// How far everything that was seen is stored.
    pub progress: Progress,
    /// What is searched.
    pub shared: SharedGallery,
    /// The pack that runs here.
    pub pack: String,
    /// The public half of the key that galleries are sealed to.
    pub gallery_public_key: String,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Learns central's clock.
    pub watch: ClockWatch,
    /// Certificates are checked against this.
    pub tls_time: Arc<FlooredTime>,
    /// Where central's last time is kept.
    pub time_file: PathBuf,
    /// Whether central can be reached; shown to the person at the door.
    pub online: Arc<AtomicBool>,
    /// How the camera is.
    pub camera_rx: watch::Receiver<CameraState>,
    /// Told about newer galleries.
    pub wanted_tx: Arc<watch::Sender<i64>>,
}

/// The floor of certificate times: the last that was written down, or the program's own.
#[must_use]
pub fn time_floor(file: &Path) -> UtcMillis {
    let kept = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
    UtcMillis::from_i64(kept.unwrap_or(0).max(FLOOR_MS))
}

impl HeartbeatTask {
    /// Runs until the token is cancelled.
    ///
    /// # Errors
    /// Never for central's or the network's failures.
    pub async fn run(&self, context: &TaskContext) -> anyhow::Result<()> {
        let (mut failures, mut persisted) = (0_u32, None);
        let mut camera_rx = self.camera_rx.clone();
        loop {
            context.beat.beat();
            let wait = match self.tell().await {
                Ok(central) => {
                    failures = 0;
                    self.persist(central, &mut persisted);
                    EVERY
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    // The first of a row: central may be away for a week.
                    let level = if failures == 1 { log::Level::Warn } else { log::Level::Debug };
                    log::log!(level, "attempt" = failures, "error" = chain(&error).as_str(); "no heartbeat");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                () = tokio::time::sleep(wait) => {}
                // That a door sees nothing any more is said at once.
                Ok(()) = camera_rx.changed() => {}
            }
        }
    }

    async fn tell(&self) -> anyhow::Result<UtcMillis> {
        // Before the outbox is asked: whatever counts as recorded has a place up to its last one.
        let recorded_through = self.progress.recorded_through(self.clock.now());
        let status = self.outbox.status().await?;
        let (sent_at, started_ms) = (self.clock.now(), self.clock.monotonic_ms());
        let beat = Heartbeat {
            device_id: self.identity.device_id.clone(),
            stream: status.stream,
            last_seq: status.last_seq,
            backlog: status.backlog,
            recorded_through,
            sent_at,
            gallery_revision: self.shared.load().revision(),
            model_pack: self.pack.clone(),
            gallery_public_key: self.gallery_public_key.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            camera: Some(health_of(*self.camera_rx.borrow())),
        };
        let answer = self.api.heartbeat(&beat).await?;
        let round_trip_ms = self.clock.monotonic_ms().saturating_sub(started_ms);
        let digits = answer.central_time.as_i64().to_string();
        self.identity
            .ack_public_key
            .verify(Purpose::CentralTime, digits.as_bytes(), &answer.central_time_sig)
            .context("central's time is not signed by the central that this door joined")?;
        self.online.store(true, Ordering::Relaxed);
        self.watch.hear(answer.central_time, sent_at, round_trip_ms);
        self.tls_time.raise(answer.central_time);
        self.wanted_tx.send_replace(answer.gallery_revision);
        Ok(answer.central_time)
    }

    fn persist(&self, central: UtcMillis, persisted: &mut Option<UtcMillis>) {
        if persisted.is_some_and(|last| central.millis_since(last) < PERSIST_EVERY_MS) {
            return;
        }
        match atomic_file::write(&self.time_file, central.as_i64().to_string().as_bytes(), 0o600) {
            Ok(()) => *persisted = Some(central),
            Err(error) => {
                log::warn!("error" = chain(&error.into()).as_str(); "central's time can't be written down");
            }
        }
    }
}

fn health_of(camera: CameraState) -> CameraHealth {
    match camera {
        CameraState::Opening | CameraState::Playing => CameraHealth::Well,
        CameraState::Failed => CameraHealth::Failed,
        CameraState::Ended => CameraHealth::Ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_of_time_is_the_programs_own_until_a_later_one_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("central-time");
        assert_eq!(time_floor(&file).as_i64(), FLOOR_MS);
        std::fs::write(&file, "1893456000000\n").unwrap();
        assert_eq!(time_floor(&file).as_i64(), 1_893_456_000_000);
        std::fs::write(&file, "12").unwrap();
        assert_eq!(time_floor(&file).as_i64(), FLOOR_MS);
    }
}
