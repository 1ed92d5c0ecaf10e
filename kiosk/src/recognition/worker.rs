//! The recognition thread: owns the networks, takes the newest frame, hands on decisions by face and badge.
//!
//! An empty doorway must cost next to nothing, so a frame in which nothing moved is decoded and no more,
//! but at least once a second it looks properly. Badges are read by a thread of their own, from a picture
//! now and then, after the faces in it were served. Frames may be lost; decisions never are: where the outbox
//! is slow, this thread waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lintel_core::ids::PersonId;
use lintel_vision::{Interrupter, Pipeline};
use tokio::sync::{mpsc, watch};

use super::{Decision, FrameTime, Progress, Recogniser, Undecided, eye};
use crate::aim::tap::Tap;
use crate::badge::reader::Reader;
use crate::camera::slot::{FrameSlot, Taken, TimedFrame};
use crate::camera::thread::Stop;
use crate::gallery::index::SharedGallery;

/// At least this often a still scene is looked at properly, ms.
const LOOK_EVERY_MS: i64 = 900;
/// Codes are looked for at most this often, ms: in every third picture at 15 a second.
pub(crate) const READ_EVERY_MS: i64 = 150;
/// Without a frame the thread looks at the stop flag this often.
const PATIENCE: Duration = Duration::from_millis(250);
/// Punches that couldn't be stored and wait to be taken back.
const TAKE_BACK: usize = 64;

/// What the thread has done, for health and metrics.
#[derive(Debug, Default)]
pub struct WorkerCounts {
    /// Frames taken from the slot.
    pub frames: AtomicU64,
    /// Of these, frames in which nothing moved and nobody was followed.
    pub still: AtomicU64,
    /// Frames that couldn't be decoded or that a network failed on.
    pub failed: AtomicU64,
    /// Faces embedded.
    pub embedded: AtomicU64,
    /// Decisions handed on.
    pub decisions: AtomicU64,
}

/// A running recognition thread.
#[derive(Debug)]
pub struct WorkerHandle {
    /// What it has done.
    pub counts: Arc<WorkerCounts>,
    /// The faces of the newest frame that wait for a decision.
    pub undecided_rx: watch::Receiver<Vec<Undecided>>,
    take_back: SyncSender<PersonId>,
    interrupter: Interrupter,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// Called for each sign of progress: the watchdog is fed by it.
pub type Beat = Box<dyn Fn() + Send>;

struct Worker {
    pipeline: Pipeline,
    recogniser: Recogniser,
    reader: Reader,
    slot: FrameSlot,
    gallery: SharedGallery,
    decisions: mpsc::Sender<Decision>,
    progress: Progress,
    undecided_tx: watch::Sender<Vec<Undecided>>,
    /// For a technician who aims the camera.
    tap: Tap,
    take_back: Receiver<PersonId>,
    counts: Arc<WorkerCounts>,
    stop: Stop,
    beat: Beat,
    looked_ms: Option<i64>,
    read_ms: Option<i64>,
}

impl WorkerHandle {
    /// Starts the thread. `decisions` is bounded and awaited; when its receiver is gone, the thread ends.
    ///
    /// # Errors
    /// When the system gives no thread.
    #[expect(
        clippy::too_many_arguments,
        reason = "the two ends of each channel; a struct would only rename them"
    )]
    pub fn start(
        pipeline: Pipeline,
        recogniser: Recogniser,
        slot: FrameSlot,
        gallery: SharedGallery,
        decisions: mpsc::Sender<Decision>,
        progress: Progress,
        tap: Tap,
        beat: Beat,
    ) -> std::io::Result<Self> {
        // Overflow: refused and logged; the person can try again after the cool-down.
        let (take_back_tx, take_back_rx) = sync_channel(TAKE_BACK);
        // Overflow: overwritten; a hint is about the newest frame only.
        let (undecided_tx, undecided_rx) = watch::channel(Vec::new());
        let (counts, stop) = (Arc::new(WorkerCounts::default()), Stop::default());
        let reader = Reader::start(slot.clone())?;
        let interrupter = pipeline.interrupter();
        let worker = Worker {
            pipeline,
            recogniser,
            reader,
            slot,
            gallery,
            decisions,
            progress,
            undecided_tx,
            tap,
            take_back: take_back_rx,
            counts: Arc::clone(&counts),
            stop: stop.clone(),
            beat,
            looked_ms: None,
            read_ms: None,
        };
        let thread =
            std::thread::Builder::new().name("recognition".to_owned()).spawn(move || worker.run())?;
        Ok(Self { counts, undecided_rx, take_back: take_back_tx, interrupter, stop, thread: Some(thread) })
    }

    /// A punch couldn't be stored: the person may try again at once.
    pub fn not_stored(&self, person: PersonId) {
        match self.take_back.try_send(person) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => log::warn!("too many punches to take back at once"),
        }
    }

    /// Asks the thread to end the presences it follows and stop; dropping the handle waits for it.
    pub fn stop(&self) {
        self.stop.stop();
    }

    /// Asks the same of a thread that is in the middle of a frame, and gives that frame up. What was decided
    /// before is still handed on.
    pub fn interrupt(&self) {
        self.stop.stop();
        self.interrupter.interrupt();
    }

    /// Whether the thread has ended, by itself or because it was told to.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for WorkerHandle {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the recognition thread had panicked");
        }
    }
}

impl Worker {
    fn run(mut self) {
        loop {
            (self.beat)();
            if self.stop.is_stopped() {
                break;
            }
            while let Ok(person) = self.take_back.try_recv() {
                self.recogniser.not_stored(person);
            }
            if !self.take_badges() {
                return;
            }
            match self.slot.take(PATIENCE) {
                Taken::Frame(frame) => {
                    if !self.take(&frame) {
                        return;
                    }
                }
                Taken::Nothing => {}
                Taken::Closed => {
                    if !self.finish() {
                        return;
                    }
                    self.progress.ended();
                    if self.stop.wait(PATIENCE) {
                        return;
                    }
                }
            }
        }
        self.finish();
    }

    /// Looks at a frame; false when nobody takes decisions any more.
    fn take(&mut self, timed: &TimedFrame) -> bool {
        let dequeued = Instant::now();
        self.counts.frames.fetch_add(1, Ordering::Relaxed);
        let due = self.looked_ms.is_none_or(|last| timed.monotonic_ms.saturating_sub(last) >= LOOK_EVERY_MS);
        if self.recogniser.is_idle() && !due && !self.tap.is_wanted() {
            match self.pipeline.is_still(&timed.frame) {
                Ok(true) => {
                    self.counts.still.fetch_add(1, Ordering::Relaxed);
                    self.progress.looked(timed.wall, None);
                    return true;
                }
                Ok(false) => {}
                Err(error) => return self.failed(&error),
            }
        }
        self.looked_ms = Some(timed.monotonic_ms);
        let at = FrameTime { monotonic_ms: timed.monotonic_ms, wall: timed.wall, dequeued };
        let gallery = self.gallery.load();
        let looked = eye::look(&mut self.pipeline, &mut self.recogniser, &timed.frame, at, gallery.as_ref());
        drop(gallery);
        let goes_on = match looked {
            Ok(looked) => {
                self.counts.embedded.fetch_add(looked.embedded as u64, Ordering::Relaxed);
                self.show(self.recogniser.undecided(at));
                self.tap.take(&self.pipeline, &looked.detected, timed.monotonic_ms, self.slot.counts().0);
                let handed_on = self.hand_on(looked.decisions);
                self.progress.looked(timed.wall, self.recogniser.oldest_undecided());
                handed_on
            }
            Err(error) => self.failed(&error),
        };
        self.offer_to_reader(timed, at);
        goes_on
    }

    /// Hands the picture at hand to the reader of badges, when it is time again.
    fn offer_to_reader(&mut self, timed: &TimedFrame, at: FrameTime) {
        if self.read_ms.is_some_and(|last| at.monotonic_ms.saturating_sub(last) < READ_EVERY_MS) {
            return;
        }
        self.read_ms = Some(at.monotonic_ms);
        // A frame that can't be decoded was counted already.
        if let Ok(grey) = self.pipeline.grey(&timed.frame) {
            self.reader.offer(grey, at);
        }
    }

    /// Takes what the reader has found; false when nobody takes decisions any more.
    fn take_badges(&mut self) -> bool {
        while let Some(reading) = self.reader.reading() {
            let gallery = self.gallery.load();
            let (book, revision) = (gallery.badges(), gallery.revision());
            let decisions = self.recogniser.show(reading.at, &reading.codes, book, revision);
            drop(gallery);
            if !self.hand_on(decisions) {
                return false;
            }
        }
        true
    }

    /// Each frame with somebody in it counts, even one like the frame before: time passes.
    fn show(&self, undecided: Vec<Undecided>) {
        if !undecided.is_empty() || !self.undecided_tx.borrow().is_empty() {
            self.undecided_tx.send_replace(undecided);
        }
    }

    fn failed(&self, error: &lintel_vision::PipelineError) -> bool {
        if self.stop.is_stopped() {
            return true;
        }
        let failed = self.counts.failed.fetch_add(1, Ordering::Relaxed) + 1;
        // The first, then each hundredth: a broken camera gives fifteen a second.
        if failed % 100 == 1 {
            log::warn!("error" = error.to_string().as_str(), "frames.failed" = failed; "a frame couldn't be used");
        }
        true
    }

    fn finish(&mut self) -> bool {
        self.show(Vec::new());
        let gallery = self.gallery.load();
        let decisions = self.recogniser.finish(gallery.as_ref());
        drop(gallery);
        self.hand_on(decisions)
    }

    fn hand_on(&self, decisions: Vec<Decision>) -> bool {
        for decision in decisions {
            self.counts.decisions.fetch_add(1, Ordering::Relaxed);
            self.progress.queued(decision.captured_at);
            if self.decisions.blocking_send(decision).is_err() {
                return false;
            }
        }
        true
    }
}
