//! The machine's clock, its boot id and its randomness: the only file that reads them.
//!
//! Everything else takes a [`Clock`] or a random source as an argument, so that tests can set both by
//! hand. Nothing here may interpret a time; that is `lintel_core::time`'s work.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use lintel_core::time::{Clock, UtcMillis};
use rustix::time::{ClockId, clock_gettime};

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UtcMillis {
        #[expect(clippy::disallowed_methods, reason = "the one place where the wall clock is read")]
        let now = SystemTime::now();
        // A machine without a battery can boot before 1970; a negative instant still orders rightly.
        let millis = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        UtcMillis::from_i64(millis)
    }

    fn monotonic_ms(&self) -> i64 {
        // Not `Instant`: CLOCK_MONOTONIC stands still while the machine is suspended.
        let at = clock_gettime(ClockId::Boottime);
        at.tv_sec.saturating_mul(1000).saturating_add(at.tv_nsec / 1_000_000)
    }
}

/// The kernel's random id of this boot, which says whether two monotonic times may be compared.
///
/// # Errors
/// [`ClockError::BootId`] where `/proc` isn't mounted.
pub fn boot_id() -> Result<String, ClockError> {
    let text = fs::read_to_string(BOOT_ID).map_err(|source| ClockError::BootId { source })?;
    Ok(text.trim().to_owned())
}

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// `N` bytes from the operating system's random generator, fit for keys.
///
/// # Errors
/// [`ClockError::Random`] where the system call is refused; nothing secret can be made then.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], ClockError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|source| ClockError::Random { reason: source.to_string() })?;
    Ok(bytes)
}

/// A random number for jitter. Not for keys: where the system refuses randomness it returns the number
/// in the middle, because a retry without jitter is better than a daemon that can't retry.
#[must_use]
pub fn jitter() -> u64 {
    random_bytes::<8>().map_or(u64::MAX / 2, u64::from_le_bytes)
}

/// The machine doesn't give a time or randomness.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// The boot id couldn't be read.
    #[error("can't read {BOOT_ID}: mount /proc for this process")]
    BootId {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The random generator failed.
    #[error("the system gives no random bytes: {reason}")]
    Random {
        /// What the system said.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_does_not_go_back() {
        let first = SystemClock.monotonic_ms();
        assert!(SystemClock.monotonic_ms() >= first);
        assert!(first > 0);
    }

    #[test]
    fn the_wall_clock_lies_after_the_day_this_was_written() {
        assert!(SystemClock.now() > UtcMillis::from_i64(1_700_000_000_000));
    }

    #[test]
    fn a_boot_id_is_a_uuid_and_stays_the_same() {
        let id = boot_id().unwrap();
        assert_eq!(id.parse::<uuid::Uuid>().unwrap().to_string(), id);
        assert_eq!(boot_id().unwrap(), id);
    }

    #[test]
    fn two_draws_of_random_bytes_differ() {
        assert_ne!(random_bytes::<32>().unwrap(), random_bytes::<32>().unwrap());
    }
}
