//! The camera thread: keeps a source open, plays recordings at their pace, and fills the slot.
//!
//! A camera that fails is opened again with growing pauses, for ever: a door must heal when the cable is put
//! back. Every wait can be ended at once by the stop flag. It never blocks on whoever takes the frames. It
//! beats for each frame and each attempt, so that a driver which never returns starves the watchdog.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lintel_core::time::Clock;
use lintel_runtime::Beat;
use lintel_runtime::backoff::Backoff;
use lintel_runtime::clock::jitter;
use lintel_runtime::systemd;
use tokio::sync::watch;

use super::slot::{FrameSlot, TimedFrame};
use super::{FrameSource, Next, SourceError, open};
use crate::config::camera::{CameraConfig, SourceSpec};

/// The longest pause between attempts to open a camera.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Pauses between attempts to open a camera.
const REOPEN: Backoff = Backoff::new(Duration::from_millis(500), LONGEST_PAUSE);
/// What a slow driver may take to open a camera or to let go of one.
const DRIVER: Duration = Duration::from_secs(30);

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

/// Whether there are pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CameraState {
    /// Being opened for the first time.
    #[default]
    Opening,
    /// Frames come.
    Playing,
    /// It can't be opened, or gives no frames; it is tried again.
    Failed,
    /// A recording is over.
    Ended,
}

/// A running camera thread.
#[derive(Debug)]
pub struct CameraThread {
    /// Where its frames are.
    pub slot: FrameSlot,
    /// What it has done.
    pub counts: Arc<CameraCounts>,
    /// Whether there are pictures now.
    pub state_rx: watch::Receiver<CameraState>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

type Opener = Box<dyn Fn(&SourceSpec, &CameraConfig) -> Result<Box<dyn FrameSource>, SourceError> + Send>;

struct Player {
    spec: SourceSpec,
    config: CameraConfig,
    clock: Arc<dyn Clock>,
    slot: FrameSlot,
    counts: Arc<CameraCounts>,
    // Overflow: overwritten; only the present state counts.
    state_tx: watch::Sender<CameraState>,
    stop: Stop,
    beat: Beat,
    opener: Opener,
}

/// The longest time for which a camera thread that works may be silent: the promise behind its beat.
#[must_use]
pub fn max_silence(config: &CameraConfig) -> Duration {
    Duration::from_millis(config.frame_timeout_ms) + LONGEST_PAUSE + DRIVER
}

impl CameraThread {
    /// Starts the thread. A recording that ends leaves the slot closed, with the message "source ended".
    /// `beat` is beaten at least every [`max_silence`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        spec: SourceSpec,
        config: &CameraConfig,
        clock: Arc<dyn Clock>,
        beat: Beat,
    ) -> std::io::Result<Self> {
        Self::start_with(Box::new(open), spec, config, clock, beat)
    }

    fn start_with(
        opener: Opener,
        spec: SourceSpec,
        config: &CameraConfig,
        clock: Arc<dyn Clock>,
        beat: Beat,
    ) -> std::io::Result<Self> {
        let (slot, counts, stop) = (FrameSlot::new(), Arc::new(CameraCounts::default()), Stop::default());
        let (state_tx, state_rx) = watch::channel(CameraState::default());
        let player = Player {
            spec,
            config: config.clone(),
            clock,
            slot: slot.clone(),
            counts: Arc::clone(&counts),
            state_tx,
            stop: stop.clone(),
            beat,
            opener,
        };
        let thread = std::thread::Builder::new().name("camera".to_owned()).spawn(move || player.run())?;
        Ok(Self { slot, counts, state_rx, stop, thread: Some(thread) })
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
            self.beat.beat();
            match self.open_and_play_contained(&mut failures) {
                Ok(()) if self.stop.is_stopped() => return,
                Ok(()) if self.config.repeat => {}
                Ok(()) => {
                    self.is_now(CameraState::Ended);
                    log::info!("source" = self.spec.to_string().as_str(); "source ended");
                    systemd::status("the recording has ended");
                    self.beat.rest();
                    return;
                }
                Err(error) => {
                    self.is_now(CameraState::Failed);
                    failures += 1;
                    let pause = REOPEN.delay(failures, jitter());
                    self.failed(&error, pause);
                    if self.stop.wait(pause) {
                        return;
                    }
                }
            }
        }
    }

    fn failed(&self, error: &SourceError, pause: Duration) {
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        let (source, error) = (self.spec.to_string(), chain(error));
        log::warn!(
            "source" = source.as_str(), "error" = error.as_str(),
            "retry.in_ms" = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            "camera failed and will be opened again"
        );
        systemd::status(&format!("no picture: {error}"));
    }

    /// The crate `v4l` panics while it lets go of a camera whose driver answers the stop with anything but
    /// ENODEV; a panic of a source is therefore one more failure, not the end of the door's sight. Should the
    /// buffers be refused as well the process aborts (a panic within a panic) and systemd starts it again.
    fn open_and_play_contained(&self, failures: &mut u32) -> Result<(), SourceError> {
        let played = catch_unwind(AssertUnwindSafe(|| self.open_and_play(failures)));
        played.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let reason = text.unwrap_or_else(|| "without a message".to_owned());
            Err(SourceError::Panicked { source_spec: self.spec.to_string(), reason })
        })
    }

    fn is_now(&self, state: CameraState) {
        self.state_tx.send_if_modified(|now| std::mem::replace(now, state) != state);
    }

    fn open_and_play(&self, failures: &mut u32) -> Result<(), SourceError> {
        let mut source = (self.opener)(&self.spec, &self.config)?;
        self.counts.opened.fetch_add(1, Ordering::Relaxed);
        log::info!("source" = source.describe().as_str(); "camera opened");
        self.play(source.as_mut(), failures)
    }

    fn play(&self, source: &mut dyn FrameSource, failures: &mut u32) -> Result<(), SourceError> {
        let started = Instant::now();
        let mut seen = false;
        while !self.stop.is_stopped() {
            self.beat.beat();
            match source.next_frame()? {
                Next::Frame(frame) => {
                    let due = started + Duration::from_millis(frame.captured_ms());
                    let early = due.saturating_duration_since(Instant::now());
                    if !source.is_live() && self.stop.wait(early) {
                        return Ok(());
                    }
                    if !std::mem::replace(&mut seen, true) {
                        systemd::status(&format!("watching {}", source.describe()));
                    }
                    *failures = 0;
                    self.is_now(CameraState::Playing);
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
    use lintel_runtime::Heartbeats;
    use lintel_runtime::clock::SystemClock;
    use lintel_vision::{Frame, PixelFormat};

    use super::super::slot::Taken;
    use super::*;

    fn beat() -> Beat {
        Heartbeats::new(Arc::new(SystemClock)).unwatched()
    }

    fn start(spec: SourceSpec) -> CameraThread {
        CameraThread::start(spec, &CameraConfig::default(), Arc::new(SystemClock), beat()).unwrap()
    }

    #[test]
    fn a_recording_that_ends_closes_the_slot() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.jpg"), b"").unwrap();
        let camera = start(SourceSpec::Images(folder.path().to_owned()));
        assert!(matches!(camera.slot.take(Duration::from_secs(20)), Taken::Closed));
        assert_eq!(*camera.state_rx.borrow(), CameraState::Ended);
        assert_eq!(camera.counts.skipped.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_camera_that_is_not_there_is_tried_again_and_stops_at_once_when_told() {
        let camera = start(SourceSpec::V4l2("/dev/video-not-there".into()));
        let deadline = Instant::now() + Duration::from_secs(20);
        while camera.counts.failed.load(Ordering::Relaxed) == 0 && Instant::now() < deadline {
            std::thread::yield_now();
        }
        while *camera.state_rx.borrow() != CameraState::Failed && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(*camera.state_rx.borrow(), CameraState::Failed);
        let before = Instant::now();
        drop(camera);
        assert!(before.elapsed() < Duration::from_secs(5));
    }

    /// Gives one frame, then fails; panics when it is let go of, as the crate `v4l` may.
    struct Dying(bool);

    impl FrameSource for Dying {
        fn next_frame(&mut self) -> Result<Next, SourceError> {
            let pixels = Frame::new(1, 1, PixelFormat::Grey, vec![0], 0)?;
            if std::mem::replace(&mut self.0, true) {
                let (device, source) = ("dying".to_owned(), std::io::Error::from_raw_os_error(5));
                return Err(SourceError::Device { device, act: "taking a frame", source });
            }
            Ok(Next::Frame(pixels))
        }

        fn describe(&self) -> String {
            "a dying camera".to_owned()
        }

        fn is_live(&self) -> bool {
            true
        }
    }

    impl Drop for Dying {
        fn drop(&mut self) {
            panic!("the driver answered the stop with EINVAL");
        }
    }

    #[test]
    fn a_source_that_panics_when_it_is_let_go_of_is_opened_again() {
        let camera = CameraThread::start_with(
            Box::new(|_, _| Ok(Box::new(Dying(false)))),
            SourceSpec::V4l2("/dev/video0".into()),
            &CameraConfig::default(),
            Arc::new(SystemClock),
            beat(),
        )
        .unwrap();
        for _ in 0..2 {
            assert!(matches!(camera.slot.take(Duration::from_secs(20)), Taken::Frame(_)));
        }
        assert_eq!(camera.counts.opened.load(Ordering::Relaxed), 2);
        assert!(camera.counts.failed.load(Ordering::Relaxed) >= 1);
    }

    #[test]
    fn the_promise_is_longer_than_a_stall_and_the_pause_behind_it() {
        let config = CameraConfig { frame_timeout_ms: 600_000, ..CameraConfig::default() };
        assert!(max_silence(&config) > Duration::from_secs(630));
    }
}
