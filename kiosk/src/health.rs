//! The door's clock and how far it can be believed.
//!
//! Central's signed time in a heartbeat's answer bounds the error from both sides: it was read between our
//! sending and our receiving (Cristian, "Probabilistic clock synchronization", 1989).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

mod synced;

pub use synced::{SyncProbe, SyncTask};

use lintel_core::event::ClockReading;
use lintel_core::time::{Clock, UtcMillis};

/// A crystal without control drifts by less than this: parts in a million.
const DRIFT_PPM: i64 = 100;
/// Error of a clock that says it is synchronised, without another opinion, ms.
const SYNCED_ERROR_MS: i64 = 1_000;
/// Error of a clock that nobody has set, ms: a year.
const UNKNOWN_ERROR_MS: i64 = 365 * 86_400_000;

#[derive(Debug, Clone, Copy)]
struct Heard {
    offset_ms: i64,
    half_width_ms: i64,
    monotonic_ms: i64,
}

/// What is known about the clock; shared by the recorder and the heartbeat.
#[derive(Clone)]
pub struct ClockWatch {
    clock: Arc<dyn Clock>,
    boot_id: Arc<str>,
    heard: Arc<Mutex<Option<Heard>>>,
    /// Whether something keeps this clock; [`SyncTask`] looks.
    synced: Arc<AtomicBool>,
}

impl ClockWatch {
    /// Nothing was heard from central yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, boot_id: &str) -> Self {
        Self { clock, boot_id: boot_id.into(), heard: Arc::default(), synced: Arc::default() }
    }

    /// Central's clock said `central` at some instant between `sent` and now; `round_trip_ms` by the monotonic
    /// clock.
    pub fn hear(&self, central: UtcMillis, sent: UtcMillis, round_trip_ms: i64) {
        let half_width_ms = round_trip_ms.max(0) / 2 + 1;
        let offset_ms = central.millis_since(sent.plus_millis(round_trip_ms / 2));
        let heard = Heard { offset_ms, half_width_ms, monotonic_ms: self.clock.monotonic_ms() };
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
    }

    /// Takes in whether something keeps the clock.
    pub fn set_synced(&self, synced: bool) {
        self.synced.store(synced, Ordering::Relaxed);
    }

    /// The reading for an event that was captured at a monotonic time.
    #[must_use]
    pub fn reading(&self, monotonic_ms: i64) -> ClockReading {
        let synced = self.synced.load(Ordering::Relaxed);
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let (offset_estimate_ms, error_ms) = match heard {
            Some(heard) => {
                let age_ms = monotonic_ms.saturating_sub(heard.monotonic_ms).max(0);
                let drift_ms = age_ms.saturating_mul(DRIFT_PPM) / 1_000_000;
                (heard.offset_ms, heard.half_width_ms.saturating_add(drift_ms))
            }
            None => (0, if synced { SYNCED_ERROR_MS } else { UNKNOWN_ERROR_MS }),
        };
        ClockReading { synced, boot_id: self.boot_id.to_string(), monotonic_ms, offset_estimate_ms, error_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Still;
    impl Clock for Still {
        fn now(&self) -> UtcMillis {
            UtcMillis::from_i64(1_000_000)
        }
        fn monotonic_ms(&self) -> i64 {
            5_000
        }
    }

    #[test]
    fn central_bounds_the_error_and_drift_widens_it() {
        let watch = ClockWatch::new(Arc::new(Still), "boot");
        assert_eq!(watch.reading(5_000).error_ms, UNKNOWN_ERROR_MS, "nobody has said what time it is");
        watch.set_synced(true);
        assert!(watch.reading(5_000).synced && watch.reading(5_000).error_ms == SYNCED_ERROR_MS);
        watch.hear(UtcMillis::from_i64(1_000_250), UtcMillis::from_i64(1_000_000), 100);
        let reading = watch.reading(5_000);
        assert_eq!((reading.offset_estimate_ms, reading.error_ms), (200, 51));
        assert_eq!(watch.reading(5_000 + 1_000_000).error_ms, 151);
    }
}
