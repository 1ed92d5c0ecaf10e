//! The slot between camera and recognition: it holds the newest frame.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lintel_core::time::UtcMillis;
use lintel_vision::Frame;

/// A frame with the time at which it was taken.
#[derive(Debug)]
pub struct TimedFrame {
    /// The picture.
    pub frame: Frame,
    /// Wall clock at capture.
    pub wall: UtcMillis,
    /// The machine's monotonic clock at capture, ms.
    pub monotonic_ms: i64,
}

#[derive(Debug, Default)]
struct State {
    frame: Option<TimedFrame>,
    put: u64,
    overwritten: u64,
    closed: bool,
    nudged: bool,
}

/// What came of a wait.
#[derive(Debug)]
pub enum Taken {
    /// A frame.
    Frame(Box<TimedFrame>),
    /// None in this time.
    Nothing,
    /// The camera thread has ended; there will be no more.
    Closed,
}

/// Both ends of the slot.
// Overflow: a slot of one, overwritten; frames may be dropped, and are counted.
#[derive(Debug, Clone, Default)]
pub struct FrameSlot(Arc<(Mutex<State>, Condvar)>);

impl FrameSlot {
    /// An empty slot.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock, so a panic elsewhere doesn't spoil it.
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a frame, over an older one that nobody took.
    pub fn put(&self, frame: TimedFrame) {
        let mut state = self.state();
        state.put += 1;
        if state.frame.replace(frame).is_some() {
            state.overwritten += 1;
        }
        self.0.1.notify_one();
    }

    /// Ends a wait at once, without a frame: there is something else to look at.
    pub fn nudge(&self) {
        self.state().nudged = true;
        self.0.1.notify_one();
    }

    /// No more frames will come. One that waits can still be taken.
    pub fn close(&self) {
        self.state().closed = true;
        self.0.1.notify_all();
    }

    /// Takes the newest frame, waiting for one at most this long, or until it is nudged.
    #[must_use]
    pub fn take(&self, patience: Duration) -> Taken {
        let waiting = |state: &mut State| state.frame.is_none() && !state.closed && !state.nudged;
        let waited = self.0.1.wait_timeout_while(self.state(), patience, waiting);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.nudged = false;
        match state.frame.take() {
            Some(frame) => Taken::Frame(Box::new(frame)),
            None if state.closed => Taken::Closed,
            None => Taken::Nothing,
        }
    }

    /// Frames put so far, and how many of them nobody took in time.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        let state = self.state();
        (state.put, state.overwritten)
    }
}

#[cfg(test)]
mod tests {
    use lintel_vision::PixelFormat;

    use super::*;

    fn frame(ms: i64) -> TimedFrame {
        let frame = Frame::new(1, 1, PixelFormat::Grey, vec![0], 0).unwrap();
        TimedFrame { frame, wall: UtcMillis::from_i64(ms), monotonic_ms: ms }
    }

    #[test]
    fn the_newest_frame_wins_and_the_lost_one_is_counted() {
        let slot = FrameSlot::new();
        slot.put(frame(1));
        slot.put(frame(2));
        let Taken::Frame(taken) = slot.take(Duration::ZERO) else { panic!("nothing taken") };
        assert_eq!((taken.monotonic_ms, slot.counts()), (2, (2, 1)));
        assert!(matches!(slot.take(Duration::ZERO), Taken::Nothing));
    }

    #[test]
    fn a_nudge_ends_one_wait_and_takes_no_frame_away() {
        let slot = FrameSlot::new();
        slot.nudge();
        assert!(matches!(slot.take(Duration::from_secs(60)), Taken::Nothing));
        slot.put(frame(1));
        slot.nudge();
        assert!(matches!(slot.take(Duration::from_secs(60)), Taken::Frame(_)));
        assert!(matches!(slot.take(Duration::ZERO), Taken::Nothing));
    }

    #[test]
    fn the_last_frame_is_taken_before_the_end_is_told() {
        let slot = FrameSlot::new();
        slot.put(frame(1));
        slot.close();
        assert!(matches!(slot.take(Duration::ZERO), Taken::Frame(_)));
        assert!(matches!(slot.take(Duration::from_secs(60)), Taken::Closed));
    }
}
