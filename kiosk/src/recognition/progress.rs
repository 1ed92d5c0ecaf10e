//! How far the door has come: the instant up to which everything it saw is decided and stored.
//!
//! Central calls nobody absent before every door that could have seen them has got past the day's end, so this
//! must never run ahead: not of a frame that nobody has looked at, not of a presence that is still being
//! decided about, not of a decision that waits for the disk or was refused by it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lintel_core::time::UtcMillis;

#[derive(Debug)]
struct State {
    /// Frames up to this one were looked at; None when there will be no more.
    looked: Option<UtcMillis>,
    /// When the presence that was seen least lately, and is not decided about, was last seen.
    undecided: Option<UtcMillis>,
    /// When the decisions that are not stored yet were made, in their order.
    queued: VecDeque<UtcMillis>,
    /// The first decision that the outbox refused and that nothing was stored after.
    refused: Option<UtcMillis>,
}

/// Shared by recognition, which decides, the recorder, which stores, and the heartbeat, which tells.
#[derive(Debug, Clone)]
pub struct Progress(Arc<Mutex<State>>);

impl Progress {
    /// A door that was started at an instant and has seen nothing since.
    #[must_use]
    pub fn since(start: UtcMillis) -> Self {
        Self(Arc::new(Mutex::new(State {
            looked: Some(start),
            undecided: None,
            queued: VecDeque::new(),
            refused: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock, so a panic elsewhere doesn't spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A decision is about to be handed on. Said before the frame that it came from counts as looked at.
    pub fn queued(&self, captured_at: UtcMillis) {
        self.state().queued.push_back(captured_at);
    }

    /// A frame was looked at and its decisions handed on; `undecided` is when the presence that was seen least
    /// lately, and is still being decided about, was last seen.
    pub fn looked(&self, through: UtcMillis, undecided: Option<UtcMillis>) {
        let mut state = self.state();
        (state.looked, state.undecided) = (Some(through), undecided);
    }

    /// The source has ended and every presence is decided about.
    pub fn ended(&self) {
        let mut state = self.state();
        (state.looked, state.undecided) = (None, None);
    }

    /// The oldest queued decision is on the disk.
    pub fn stored(&self) {
        let mut state = self.state();
        state.queued.pop_front();
        state.refused = None;
    }

    /// The oldest queued decision was not to be stored: a repeat, or one of too many strangers.
    pub fn counted(&self) {
        self.state().queued.pop_front();
    }

    /// The outbox refused the oldest queued decision. The door stays at it until something can be stored again.
    pub fn refused(&self) {
        let mut state = self.state();
        let at = state.queued.pop_front();
        state.refused = state.refused.or(at);
    }

    /// The instant up to which the outbox holds everything that was decided about what the door saw.
    #[must_use]
    pub fn recorded_through(&self, now: UtcMillis) -> UtcMillis {
        let state = self.state();
        let bounds = [state.looked, state.undecided, state.refused].into_iter().flatten();
        // Decisions are queued in the order of their making, which is not quite that of their frames.
        bounds.chain(state.queued.iter().copied()).fold(now, Ord::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> UtcMillis {
        UtcMillis::from_i64(ms)
    }

    #[test]
    fn a_door_that_has_seen_no_frame_is_where_it_was_started() {
        assert_eq!(Progress::since(at(5)).recorded_through(at(100)), at(5));
    }

    #[test]
    fn frames_that_nobody_looked_at_hold_it_back_and_an_ended_source_does_not() {
        let progress = Progress::since(at(5));
        progress.looked(at(40), None);
        assert_eq!(progress.recorded_through(at(100)), at(40));
        progress.looked(at(120), None);
        assert_eq!(progress.recorded_through(at(100)), at(100), "a clock that was set back");
        progress.ended();
        assert_eq!(progress.recorded_through(at(200)), at(200));
    }

    #[test]
    fn a_presence_holds_it_back_from_its_first_frame_until_its_decision_is_stored() {
        let progress = Progress::since(at(0));
        progress.looked(at(40), Some(at(38)));
        assert_eq!(progress.recorded_through(at(100)), at(38));
        progress.queued(at(38));
        progress.looked(at(50), None);
        assert_eq!(progress.recorded_through(at(100)), at(38), "decided, and waits for the disk");
        progress.stored();
        assert_eq!(progress.recorded_through(at(100)), at(50));
    }

    #[test]
    fn a_refused_decision_holds_it_back_until_something_can_be_stored_again() {
        let progress = Progress::since(at(0));
        for captured_at in [10, 20, 30, 40] {
            progress.queued(at(captured_at));
        }
        progress.ended();
        progress.refused();
        progress.refused();
        progress.counted();
        assert_eq!(progress.recorded_through(at(100)), at(10));
        progress.stored();
        assert_eq!(progress.recorded_through(at(100)), at(100));
    }
}
