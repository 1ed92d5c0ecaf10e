//! Half-open stretches of real time: `[start, end)`.
//!
//! Half-open, so that a punch at the very end of one window belongs to the next one and to no other
//! (odoo#283226).

use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use super::Length;

/// `[start, end)` in real time; never ends before it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    start: UtcMillis,
    end: UtcMillis,
}

impl Interval {
    /// From start to end; empty at the start where the end lies before it.
    #[must_use]
    pub fn new(start: UtcMillis, end: UtcMillis) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Its first instant.
    #[must_use]
    pub const fn start(self) -> UtcMillis {
        self.start
    }

    /// The first instant after it.
    #[must_use]
    pub const fn end(self) -> UtcMillis {
        self.end
    }

    /// How long it is in real time: seven hours in the night when clocks go forward, nine when they go back.
    #[must_use]
    pub fn length(self) -> Length {
        since(self.end, self.start)
    }

    /// Whether nothing lies in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Whether an instant lies in it; its end doesn't.
    #[must_use]
    pub fn contains(self, at: UtcMillis) -> bool {
        self.start <= at && at < self.end
    }

    /// What both have in common.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// The same, beginning no earlier than `at`.
    #[must_use]
    pub fn from(self, at: UtcMillis) -> Self {
        Self::new(self.start.max(at).min(self.end), self.end)
    }

    /// The instant half-way.
    #[must_use]
    pub fn middle(self) -> UtcMillis {
        plus(self.start, self.length().half())
    }
}

/// From one instant to a later one; negative when it is the earlier.
#[must_use]
pub fn since(later: UtcMillis, earlier: UtcMillis) -> Length {
    Length::from_millis(later.millis_since(earlier))
}

/// An instant moved by a length.
#[must_use]
pub const fn plus(at: UtcMillis, length: Length) -> UtcMillis {
    at.plus_millis(length.as_millis())
}

/// An instant moved back by a length.
#[must_use]
pub const fn minus(at: UtcMillis, length: Length) -> UtcMillis {
    at.plus_millis(length.as_millis().saturating_neg())
}

/// How far two instants lie apart.
#[must_use]
pub fn apart(one: UtcMillis, other: UtcMillis) -> Length {
    since(one.max(other), one.min(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: i64, end: i64) -> Interval {
        Interval::new(UtcMillis::from_i64(start), UtcMillis::from_i64(end))
    }

    #[test]
    fn touching_intervals_share_no_instant() {
        let (one, two) = (interval(0, 10), interval(10, 20));
        assert_eq!(one.overlap(two), None);
        assert!(!one.contains(two.start()) && two.contains(one.end()));
    }

    #[test]
    fn an_end_before_the_start_is_nothing_and_not_a_negative_length() {
        assert!(interval(10, 5).is_empty());
        assert_eq!(interval(10, 5).length(), Length::ZERO);
        assert_eq!(interval(0, 10).from(UtcMillis::from_i64(20)), interval(10, 10));
    }
}
