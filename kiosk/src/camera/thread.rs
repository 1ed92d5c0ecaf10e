//! The camera thread: keeps a source open, plays recordings at their pace, and fills the slot.
//!
//! A camera that fails is opened again with growing pauses, for ever: a door must heal when the cable is put
//! back. Every wait can be ended at once by the stop flag. It never blocks on whoever takes the frames.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lintel_core::time::Clock;
use lintel_runtime::backoff::Backoff;
use lintel_runtime::clock::jitter;

use super::slot::{FrameSlot, TimedFrame};
use super::{FrameSource, Next, SourceError, open};
use crate::config::camera::{CameraConfig, SourceSpec};

/// Pauses between attempts to open a camera.
const REOPEN: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));

/// Tells a thread to stop, and wakes it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<(Mutex<bool>, Condvar)>);

impl Stop {
    /// Stops whoever holds a clone.
    pub fn stop(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits this long; true when stopped meanwhile.
    #[must_use]
    pub fn wait(&self, pause: Duration) -> bool {
        let guard = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(guard, pause, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What the thread has done, for health and `doctor`.
#[derive(Debug, Default)]
pub struct CameraCounts {
    /// Frames put into the slot.
    pub frames: AtomicU64,
    /// Frames that couldn't be used.
    pub skipped: AtomicU64,
    /// Times that the source was opened.
    pub opened: AtomicU64,
    /// Times that it failed, opening included.
    pub failed: AtomicU64,
}

/// A running camera thread.
#[derive(Debug)]
pub struct CameraThread {
    /// Where its frames are.
    pub slot: FrameSlot,
    /// What it has done.
    pub counts: Arc<CameraCounts>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

struct Player {
    spec: SourceSpec,
    config: CameraConfig,
    clock: Arc<dyn Clock>,
    slot: FrameSlot,
    counts: Arc<CameraCounts>,
    stop: Stop,
}

impl CameraThread {
    /// Starts the thread. A recording that ends leaves the slot closed, with the message "source ended".
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(spec: SourceSpec, config: &CameraConfig, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (slot, counts, stop) = (FrameSlot::new(), Arc::new(CameraCounts::default()), Stop::default());
        let player = Player {
            spec,
            config: config.clone(),
            clock,
            slot: slot.clone(),
            counts: Arc::clone(&counts),
            stop: stop.clone(),
        };
        let thread = std::thread::Builder::new().name("camera".to_owned()).spawn(move || player.run())?;
        Ok(Self { slot, counts, stop, thread: Some(thread) })
    }
}

impl Drop for CameraThread {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the camera thread had panicked");
        }
    }
}

/// Closes the slot when the thread ends, however it ends.
struct CloseAtEnd(FrameSlot);

impl Drop for CloseAtEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Player {
    fn run(&self) {
        let _close = CloseAtEnd(self.slot.clone());
        let mut failures = 0;
        while !self.stop.is_stopped() {
            match self.open_and_play(&mut failures) {
                Ok(()) if self.stop.is_stopped() => return,
                Ok(()) if self.config.repeat => {}
                Ok(()) => {
                    log::info!("source" = self.spec.to_string().as_str(); "source ended");
                    return;
                }
                Err(error) => {
                    self.counts.failed.fetch_add(1, Ordering::Relaxed);
                    failures += 1;
                    let pause = REOPEN.delay(failures, jitter());
                    log::warn!(
                        "source" = self.spec.to_string().as_str(), "error" = chain(&error).as_str(),
                        "retry.in_ms" = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                        "camera failed and will be opened again"
                    );
                    if self.stop.wait(pause) {
                        return;
                    }
                }
            }
        }
    }

    fn open_and_play(&self, failures: &mut u32) -> Result<(), SourceError> {
        let mut source = open(&self.spec, &self.config)?;
        self.counts.opened.fetch_add(1, Ordering::Relaxed);
        log::info!("source" = source.describe().as_str(); "camera opened");
        self.play(source.as_mut(), failures)
    }

    fn play(&self, source: &mut dyn FrameSource, failures: &mut u32) -> Result<(), SourceError> {
        let started = Instant::now();
        while !self.stop.is_stopped() {
            match source.next_frame()? {
                Next::Frame(frame) => {
                    let due = started + Duration::from_millis(frame.captured_ms());
                    let early = due.saturating_duration_since(Instant::now());
                    if !source.is_live() && self.stop.wait(early) {
                        return Ok(());
                    }
                    *failures = 0;
                    self.counts.frames.fetch_add(1, Ordering::Relaxed);
                    let (wall, monotonic_ms) = (self.clock.now(), self.clock.monotonic_ms());
                    self.slot.put(TimedFrame { frame, wall, monotonic_ms });
                }
                Next::Skipped(why) => {
                    self.counts.skipped.fetch_add(1, Ordering::Relaxed);
                    log::debug!("reason" = why.as_str(); "frame skipped");
                }
                Next::Ended => return Ok(()),
            }
        }
        Ok(())
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use lintel_runtime::clock::SystemClock;

    use super::super::slot::Taken;
    use super::*;

    #[test]
    fn a_recording_that_ends_closes_the_slot() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.jpg"), b"").unwrap();
        let spec = SourceSpec::Images(folder.path().to_owned());
        let camera = CameraThread::start(spec, &CameraConfig::default(), Arc::new(SystemClock)).unwrap();
        assert!(matches!(camera.slot.take(Duration::from_secs(20)), Taken::Closed));
        assert_eq!(camera.counts.skipped.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_camera_that_is_not_there_is_tried_again_and_stops_at_once_when_told() {
        let spec = SourceSpec::V4l2("/dev/video-not-there".into());
        let camera = CameraThread::start(spec, &CameraConfig::default(), Arc::new(SystemClock)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while camera.counts.failed.load(Ordering::Relaxed) == 0 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let before = Instant::now();
        drop(camera);
        assert!(before.elapsed() < Duration::from_secs(5));
    }
}
