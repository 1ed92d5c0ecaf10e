//! The thread that looks for codes, so that reading them never delays a face.
//!
//! Recognition hands over the brightness of a picture now and then; what is read comes back to it. Either
//! way is bounded and nobody waits: a picture that finds the reader busy is dropped, and the next one comes
//! in a moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use lintel_vision::GreyImage;
use lintel_vision::qr::{self, Code};

use crate::camera::slot::FrameSlot;
use crate::recognition::FrameTime;

/// Readings that wait for recognition.
const READINGS: usize = 8;

/// The codes of one picture.
#[derive(Debug)]
pub struct Reading {
    /// When the picture was taken.
    pub at: FrameTime,
    /// What is in it; never empty.
    pub codes: Vec<Code>,
}

/// What the reader has done, for health and metrics.
#[derive(Debug, Default)]
pub struct ReaderCounts {
    /// Pictures looked at.
    pub pictures: AtomicU64,
    /// Pictures and readings that found the other side busy.
    pub dropped: AtomicU64,
    /// Codes found.
    pub codes: AtomicU64,
}

/// A running reader. Dropping it ends the thread.
#[derive(Debug)]
pub struct Reader {
    /// What it has done.
    pub counts: Arc<ReaderCounts>,
    pictures_tx: Option<SyncSender<(GreyImage, FrameTime)>>,
    readings_rx: Receiver<Reading>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts the thread. `slot` is nudged when there is a reading, so that recognition takes it at once.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(slot: FrameSlot) -> std::io::Result<Self> {
        // Overflow: dropped and counted. One picture waits at most.
        let (pictures_tx, pictures_rx) = sync_channel::<(GreyImage, FrameTime)>(1);
        // Overflow: dropped and counted; a badge is still there in the next picture.
        let (readings_tx, readings_rx) = sync_channel(READINGS);
        let counts = Arc::new(ReaderCounts::default());
        let count = Arc::clone(&counts);
        let thread = std::thread::Builder::new().name("badges".to_owned()).spawn(move || {
            while let Ok((image, at)) = pictures_rx.recv() {
                count.pictures.fetch_add(1, Ordering::Relaxed);
                let codes = qr::read(&image);
                if codes.is_empty() {
                    continue;
                }
                count.codes.fetch_add(codes.len() as u64, Ordering::Relaxed);
                match readings_tx.try_send(Reading { at, codes }) {
                    Ok(()) => slot.nudge(),
                    Err(TrySendError::Full(_)) => drop(count.dropped.fetch_add(1, Ordering::Relaxed)),
                    Err(TrySendError::Disconnected(_)) => return,
                }
            }
        })?;
        Ok(Self { counts, pictures_tx: Some(pictures_tx), readings_rx, thread: Some(thread) })
    }

    /// Hands a picture over, unless the reader is busy. Never waits.
    pub fn offer(&self, image: GreyImage, at: FrameTime) {
        let Some(pictures_tx) = &self.pictures_tx else { return };
        match pictures_tx.try_send((image, at)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => drop(self.counts.dropped.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// A reading, when there is one.
    #[must_use]
    pub fn reading(&self) -> Option<Reading> {
        self.readings_rx.try_recv().ok()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // Its end of the channel closed is how the thread is told.
        self.pictures_tx = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread that reads badges had panicked");
        }
    }
}
