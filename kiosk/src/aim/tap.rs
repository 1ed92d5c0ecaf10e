//! Where the running recognition gives what aiming needs, while somebody wants it and not otherwise.
//!
//! Nothing is measured, and above all no picture is made, without a reader that asked; the picture's own
//! end is set when it is asked for, and what was made is overwritten then.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lintel_vision::{Detected, Pipeline, preview};
use tokio::sync::watch;

use super::advice::Aim;
use super::measure::{Reading, SeenFace, Window};

/// Measurements a second at most are five: faster than anybody turns a screw.
const EVERY_MS: i64 = 200;
/// Longest side of a picture, px.
const MAX_SIDE: u32 = 640;

/// What was measured last.
#[derive(Debug, Clone, PartialEq)]
pub struct Sight {
    /// Rises with each.
    pub number: u64,
    /// The summary.
    pub aim: Aim,
    /// The faces of the newest frame, for drawing.
    pub faces: Vec<SeenFace>,
    /// The newest frame as JPEG; only while a picture is wanted.
    pub picture: Option<Arc<[u8]>>,
}

#[derive(Debug)]
struct Shared {
    readers: AtomicUsize,
    /// Monotonic, ms; a picture is wanted before it.
    picture_until_ms: AtomicI64,
    measuring: Mutex<Measuring>,
    // Overflow: overwritten; only what the camera sees now helps to turn it.
    sight_tx: watch::Sender<Option<Arc<Sight>>>,
}

#[derive(Debug, Default)]
struct Measuring {
    window: Option<Window>,
    last_ms: Option<i64>,
    number: u64,
}

/// Both ends.
#[derive(Debug, Clone)]
pub struct Tap(Arc<Shared>);

impl Default for Tap {
    fn default() -> Self {
        let (sight_tx, _) = watch::channel(None);
        Self(Arc::new(Shared {
            readers: AtomicUsize::new(0),
            picture_until_ms: AtomicI64::new(i64::MIN),
            measuring: Mutex::default(),
            sight_tx,
        }))
    }
}

/// Somebody who wants measurements; they end with the value.
#[derive(Debug)]
pub struct Listener {
    tap: Tap,
    /// What was measured last.
    pub sight_rx: watch::Receiver<Option<Arc<Sight>>>,
    with_picture: bool,
}

impl Tap {
    /// Wants measurements, and until `picture_until_ms` (monotonic) pictures too.
    #[must_use]
    pub fn listen(&self, picture_until_ms: Option<i64>) -> Listener {
        self.0.readers.fetch_add(1, Ordering::Relaxed);
        if let Some(until_ms) = picture_until_ms {
            self.0.picture_until_ms.store(until_ms, Ordering::Relaxed);
        }
        let sight_rx = self.0.sight_tx.subscribe();
        Listener { tap: self.clone(), sight_rx, with_picture: picture_until_ms.is_some() }
    }

    /// Whether anybody wants measurements: then a still scene is looked at too.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.0.readers.load(Ordering::Relaxed) > 0
    }

    /// Whether pictures are wanted at this monotonic time.
    #[must_use]
    pub fn shows_picture(&self, now_ms: i64) -> bool {
        self.is_wanted() && now_ms < self.0.picture_until_ms.load(Ordering::Relaxed)
    }

    /// What was measured last, for those who only look on.
    #[must_use]
    pub fn look_on(&self) -> watch::Receiver<Option<Arc<Sight>>> {
        self.0.sight_tx.subscribe()
    }

    /// Takes a frame that was just looked at; `frames` were given by the camera so far.
    pub fn take(&self, pipeline: &Pipeline, detected: &Detected, at_ms: i64, frames: u64) {
        if !self.is_wanted() {
            return;
        }
        let mut measuring = self.0.measuring.lock().unwrap_or_else(PoisonError::into_inner);
        // A clip that starts again goes back in time.
        let since = measuring.last_ms.map_or(i64::MAX, |last| at_ms.saturating_sub(last));
        if (0..EVERY_MS).contains(&since) {
            return;
        }
        measuring.last_ms = Some(at_ms);
        measuring.number += 1;
        let number = measuring.number;
        let needed_px = pipeline.options().min_face_px;
        let reading = Reading::of(detected, at_ms, frames);
        let faces = reading.faces.clone();
        let window = measuring.window.get_or_insert_with(|| Window::new(needed_px));
        window.take(reading);
        let Some(aim) = window.aim() else { return };
        drop(measuring);
        let picture = self.shows_picture(at_ms).then(|| preview::jpeg(pipeline.picture(), MAX_SIDE));
        let picture = picture.and_then(|made| {
            made.inspect_err(|error| log::warn!("error" = error.to_string().as_str(); "no picture to aim by"))
                .ok()
        });
        let sight = Sight { number, aim, faces, picture: picture.map(Arc::from) };
        self.0.sight_tx.send_replace(Some(Arc::new(sight)));
    }

    fn forget_picture(&self) {
        self.0.picture_until_ms.store(i64::MIN, Ordering::Relaxed);
        self.0.sight_tx.send_if_modified(|sight| {
            let had = sight.as_ref().is_some_and(|sight| sight.picture.is_some());
            if had {
                *sight = None;
            }
            had
        });
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let left = self.tap.0.readers.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
        if self.with_picture || left == 0 {
            self.tap.forget_picture();
        }
        if left == 0 {
            *self.tap.0.measuring.lock().unwrap_or_else(PoisonError::into_inner) = Measuring::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_wanted_only_after_somebody_asked_until_its_end_and_while_they_listen() {
        let tap = Tap::default();
        assert!(!tap.is_wanted() && !tap.shows_picture(0));
        let plain = tap.listen(None);
        assert!(tap.is_wanted() && !tap.shows_picture(0));
        let asking = tap.listen(Some(600_000));
        assert!(tap.shows_picture(599_999) && !tap.shows_picture(600_000));
        drop(asking);
        assert!(!tap.shows_picture(0), "it ends with whoever asked, though another still listens");
        drop(plain);
        assert!(!tap.is_wanted());
    }
}
