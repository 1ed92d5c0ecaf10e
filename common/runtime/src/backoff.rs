//! How long to wait before trying again: exponential back-off with full jitter.
//!
//! Pure: the random number is an argument. Full jitter (a uniform draw between nothing and the ceiling)
//! spreads a fleet that lost the same broker at the same instant better than "equal" or no jitter does
//! (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).

use std::time::Duration;

/// The ceiling of the first wait, and the ceiling that no wait passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first wait.
    pub base: Duration,
    /// Ceiling of every wait.
    pub cap: Duration,
}

impl Backoff {
    /// Waits that start below `base`, double, and never pass `cap`.
    #[must_use]
    pub const fn new(base: Duration, cap: Duration) -> Self {
        Self { base, cap }
    }

    /// The longest that the wait after `failures` failures in a row can be. `failures` counts from 1;
    /// 0 is read as 1.
    #[must_use]
    pub fn ceiling(&self, failures: u32) -> Duration {
        let doubled = 1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.base.saturating_mul(doubled).min(self.cap)
    }

    /// The wait after `failures` failures in a row: `random` spread evenly over nothing to
    /// [`Backoff::ceiling`]. Any `u64` will do; [`crate::clock::jitter`] gives one.
    #[must_use]
    pub fn delay(&self, failures: u32, random: u64) -> Duration {
        let ceiling_us = self.ceiling(failures).as_micros();
        // 64 × 64 bits multiplied in 128, then the top: an even spread without a division's bias.
        let ceiling_us = u64::try_from(ceiling_us).unwrap_or(u64::MAX);
        let drawn = (u128::from(ceiling_us) * u128::from(random)) >> 64;
        Duration::from_micros(u64::try_from(drawn).unwrap_or(ceiling_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USUAL: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

    #[test]
    fn the_ceiling_doubles_and_stops_at_the_cap() {
        let seconds: Vec<u64> = (1..=8).map(|n| USUAL.ceiling(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(USUAL.ceiling(0), USUAL.ceiling(1));
        assert_eq!(USUAL.ceiling(u32::MAX), USUAL.cap);
    }

    #[test]
    fn the_jitter_is_full() {
        assert_eq!(USUAL.delay(3, 0), Duration::ZERO);
        assert_eq!(USUAL.delay(3, u64::MAX / 2).as_millis(), 1999);
        assert!(USUAL.delay(3, u64::MAX) > Duration::from_millis(3999));
    }

    proptest! {
        #[test]
        fn no_wait_passes_its_ceiling_or_the_cap(
            base_ms in 0_u64..100_000, cap_ms in 0_u64..10_000_000, failures: u32, random: u64
        ) {
            let backoff = Backoff::new(Duration::from_millis(base_ms), Duration::from_millis(cap_ms));
            let delay = backoff.delay(failures, random);
            prop_assert!(delay <= backoff.ceiling(failures));
            prop_assert!(delay <= backoff.cap);
        }

        #[test]
        fn ceilings_never_shrink(failures in 0_u32..100) {
            prop_assert!(USUAL.ceiling(failures) <= USUAL.ceiling(failures + 1));
        }
    }
}
