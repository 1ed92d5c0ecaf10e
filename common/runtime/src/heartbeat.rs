//! Who has made progress, and when: the truth behind the watchdog.
//!
//! A beat means that a unit of work was done or rightly awaited, never that a timer fired in another task;
//! otherwise a stuck camera would look alive.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lintel_core::time::Clock;

/// No beat is expected: the task hasn't started, waits for its restart, or has ended.
const RESTING: i64 = i64::MIN;

/// All tasks that promise to beat.
#[derive(Clone)]
pub struct Heartbeats {
    clock: Arc<dyn Clock>,
    promises: Arc<Mutex<Vec<Promise>>>,
}

impl fmt::Debug for Heartbeats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heartbeats").finish_non_exhaustive()
    }
}

struct Promise {
    name: String,
    max_silence: Duration,
    last_ms: Arc<AtomicI64>,
}

/// A task that has been silent for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Its name.
    pub name: String,
    /// How long it has been silent.
    pub silent_for: Duration,
}

impl Heartbeats {
    /// Nobody has promised anything yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, promises: Arc::default() }
    }

    /// A promise to beat at least every `max_silence` once the first beat was given.
    #[must_use]
    pub fn promise(&self, name: &str, max_silence: Duration) -> Beat {
        let last_ms = Arc::new(AtomicI64::new(RESTING));
        let promise = Promise { name: name.to_owned(), max_silence, last_ms: Arc::clone(&last_ms) };
        self.promises.lock().unwrap_or_else(PoisonError::into_inner).push(promise);
        Beat { clock: Arc::clone(&self.clock), last_ms }
    }

    /// A beat that nobody watches, for tasks without a promise.
    #[must_use]
    pub fn unwatched(&self) -> Beat {
        Beat { clock: Arc::clone(&self.clock), last_ms: Arc::new(AtomicI64::new(RESTING)) }
    }

    /// Every task whose promise is broken at this moment.
    #[must_use]
    pub fn stale(&self) -> Vec<Stale> {
        let now = self.clock.monotonic_ms();
        let promises = self.promises.lock().unwrap_or_else(PoisonError::into_inner);
        let silent = promises.iter().filter_map(|promise| {
            let last = promise.last_ms.load(Ordering::Relaxed);
            let silent_ms = u64::try_from(now.saturating_sub(last)).unwrap_or(0);
            let silent_for = Duration::from_millis(silent_ms);
            (last != RESTING && silent_for > promise.max_silence)
                .then(|| Stale { name: promise.name.clone(), silent_for })
        });
        silent.collect()
    }
}

/// One task's handle; clones beat for the same task.
#[derive(Clone)]
pub struct Beat {
    clock: Arc<dyn Clock>,
    last_ms: Arc<AtomicI64>,
}

impl fmt::Debug for Beat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beat").finish_non_exhaustive()
    }
}

impl Beat {
    /// Progress was made. Cheap enough for every frame.
    pub fn beat(&self) {
        self.last_ms.store(self.clock.monotonic_ms(), Ordering::Relaxed);
    }

    /// No beat is expected until the next one.
    pub fn rest(&self) {
        self.last_ms.store(RESTING, Ordering::Relaxed);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lintel_core::time::UtcMillis;

    #[derive(Default)]
    pub(crate) struct HandClock(pub(crate) AtomicI64);

    impl Clock for HandClock {
        fn now(&self) -> UtcMillis {
            UtcMillis::from_i64(self.0.load(Ordering::Relaxed))
        }
        fn monotonic_ms(&self) -> i64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn silence_is_noticed_only_past_the_promise_and_only_after_the_first_beat() {
        let clock = Arc::new(HandClock::default());
        let beats = Heartbeats::new(clock.clone());
        let camera = beats.promise("camera", Duration::from_secs(5));
        clock.0.store(60_000, Ordering::Relaxed);
        assert_eq!(beats.stale(), [], "it hasn't started");
        camera.beat();
        clock.0.store(65_000, Ordering::Relaxed);
        assert_eq!(beats.stale(), []);
        clock.0.store(65_001, Ordering::Relaxed);
        let silent_for = Duration::from_millis(5001);
        assert_eq!(beats.stale(), [Stale { name: "camera".into(), silent_for }]);
        camera.rest();
        assert_eq!(beats.stale(), [], "a resting task owes nothing");
    }
}
