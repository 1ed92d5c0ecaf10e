//! Which road to take: the broker while it delivers, HTTPS otherwise, and no flapping between them.
//!
//! Pure: the time comes in. A road that comes and goes would otherwise double every batch.

use lintel_core::road::Road;

/// Failures in a row on the broker's road before HTTPS is taken.
const LEAVE_AFTER: u32 = 2;
/// The broker must have been up for this long before it is taken again, ms.
const RETURN_AFTER_MS: i64 = 15_000;

/// The choice, with what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roads {
    mqtt: bool,
    https: bool,
    on_https: bool,
    failures: u32,
    up_since_ms: Option<i64>,
    started: bool,
}

impl Roads {
    /// Roads that are configured. One of them at least should be.
    #[must_use]
    pub const fn new(mqtt: bool, https: bool) -> Self {
        Self { mqtt, https, on_https: false, failures: 0, up_since_ms: None, started: false }
    }

    /// The road for the next batch, from whether the broker is connected at this moment.
    pub fn choose(&mut self, mqtt_is_up: bool, now_ms: i64) -> Option<Road> {
        match (mqtt_is_up, self.up_since_ms) {
            (true, None) => self.up_since_ms = Some(now_ms),
            (false, Some(_)) => self.up_since_ms = None,
            _ => {}
        }
        let road = match (self.mqtt, self.https) {
            (true, true) => Some(self.of_two(mqtt_is_up, now_ms)),
            (true, false) => mqtt_is_up.then_some(Road::Mqtt),
            (false, true) => Some(Road::Https),
            (false, false) => None,
        };
        self.started |= road.is_some();
        road
    }

    fn of_two(&mut self, mqtt_is_up: bool, now_ms: i64) -> Road {
        let stable = self.up_since_ms.is_some_and(|since| now_ms.saturating_sub(since) >= RETURN_AFTER_MS);
        if self.on_https && stable {
            (self.on_https, self.failures) = (false, 0);
        }
        // Nothing to leave: a door that starts without its broker doesn't wait for two failures.
        if !mqtt_is_up {
            self.on_https = self.on_https || self.started || self.failures >= LEAVE_AFTER;
            return Road::Https;
        }
        if self.on_https { Road::Https } else { Road::Mqtt }
    }

    /// What became of a batch.
    pub fn note(&mut self, road: Road, delivered: bool) {
        match (road, delivered) {
            (Road::Mqtt, true) => self.failures = 0,
            (Road::Mqtt, false) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= LEAVE_AFTER && self.https {
                    self.on_https = true;
                    // It has to prove itself anew: a broker that takes batches and never answers is up too.
                    self.up_since_ms = None;
                }
            }
            (Road::Https, _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_broker_is_preferred_and_left_after_two_failures() {
        let mut roads = Roads::new(true, true);
        assert_eq!(roads.choose(true, 0), Some(Road::Mqtt));
        roads.note(Road::Mqtt, false);
        assert_eq!(roads.choose(true, 1), Some(Road::Mqtt), "one failure is not a pattern");
        roads.note(Road::Mqtt, false);
        assert_eq!(roads.choose(true, 2), Some(Road::Https));
        assert_eq!(roads.choose(true, 2 + RETURN_AFTER_MS - 1), Some(Road::Https));
        assert_eq!(roads.choose(true, 2 + RETURN_AFTER_MS), Some(Road::Mqtt));
    }

    #[test]
    fn a_broker_that_comes_back_must_stay_up_before_it_is_taken() {
        let mut roads = Roads::new(true, true);
        assert_eq!(roads.choose(true, 0), Some(Road::Mqtt));
        assert_eq!(roads.choose(false, 1_000), Some(Road::Https));
        assert_eq!(roads.choose(true, 2_000), Some(Road::Https));
        assert_eq!(roads.choose(false, 9_000), Some(Road::Https));
        assert_eq!(roads.choose(true, 10_000), Some(Road::Https));
        assert_eq!(roads.choose(true, 24_999), Some(Road::Https), "the count began anew");
        assert_eq!(roads.choose(true, 25_000), Some(Road::Mqtt));
    }

    #[test]
    fn a_door_with_one_road_takes_that_one_or_none() {
        assert_eq!(Roads::new(false, true).choose(false, 0), Some(Road::Https));
        assert_eq!(Roads::new(true, false).choose(false, 0), None);
        assert_eq!(Roads::new(true, false).choose(true, 0), Some(Road::Mqtt));
    }

    proptest! {
        #[test]
        fn the_road_changes_back_at_most_once_in_the_settling_time(
            steps in prop::collection::vec((any::<bool>(), any::<bool>(), 1_i64..3_000), 1..200),
        ) {
            let (mut roads, mut now, mut last, mut left_at) = (Roads::new(true, true), 0, None, None);
            for (up, delivered, pause) in steps {
                now += pause;
                let Some(road) = roads.choose(up, now) else { continue };
                if last == Some(Road::Mqtt) && road == Road::Https {
                    left_at = Some(now);
                }
                if last == Some(Road::Https) && road == Road::Mqtt && let Some(left) = left_at {
                    prop_assert!(now - left >= RETURN_AFTER_MS, "back after {}", now - left);
                }
                roads.note(road, delivered);
                last = Some(road);
            }
        }
    }
}
