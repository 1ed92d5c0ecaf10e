//! The cool-down: one presence is one event, and repeats are counted instead of lost.
//!
//! It runs from the last punch that was *stored*, not from the last sighting: somebody who works in front of
//! the door all day is recorded again and again, and so never loses the punch that ends their day.

use std::collections::HashMap;

use lintel_core::ids::PersonId;

/// What to do with a punch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Store it; so many repeats were counted since the last one.
    Store {
        /// Repeats since the person's last stored punch.
        suppressed: u32,
    },
    /// Count it only; the count so far, with this one.
    Repeat {
        /// Repeats since the person's last stored punch.
        suppressed: u32,
    },
}

#[derive(Debug, Clone, Copy)]
struct Last {
    stored_ms: i64,
    suppressed: u32,
}

/// Who was recorded lately.
#[derive(Debug, Default)]
pub struct Cooldown {
    period_ms: i64,
    last: HashMap<PersonId, Last>,
}

/// People are forgotten (and their counts with them) when the table reaches this size and their cool-down is
/// over: a bound for memory, far above the people of one site.
const FORGET_ABOVE: usize = 50_000;

impl Cooldown {
    /// A cool-down of this length; 0 switches it off.
    #[must_use]
    pub fn new(period_ms: i64) -> Self {
        Self { period_ms, last: HashMap::new() }
    }

    /// Whether a punch of `person` at `now_ms` (monotonic) is stored.
    pub fn admit(&mut self, person: PersonId, now_ms: i64) -> Admission {
        if self.last.len() >= FORGET_ABOVE {
            let period_ms = self.period_ms;
            self.last.retain(|_, last| now_ms.saturating_sub(last.stored_ms) < period_ms);
        }
        let suppressed = match self.last.get_mut(&person) {
            Some(last) if now_ms.saturating_sub(last.stored_ms) < self.period_ms => {
                last.suppressed = last.suppressed.saturating_add(1);
                return Admission::Repeat { suppressed: last.suppressed };
            }
            Some(last) => last.suppressed,
            None => 0,
        };
        self.last.insert(person, Last { stored_ms: now_ms, suppressed: 0 });
        Admission::Store { suppressed }
    }

    /// Takes up the last punch of a person that was stored before this process began.
    pub fn recall(&mut self, person: PersonId, stored_ms: i64) {
        let last = self.last.entry(person).or_insert(Last { stored_ms, suppressed: 0 });
        last.stored_ms = last.stored_ms.max(stored_ms);
    }

    /// Takes back the last punch of a person that could not be stored, so that they can try again at once.
    pub fn forget(&mut self, person: PersonId) {
        self.last.remove(&person);
    }
}

#[cfg(test)]
mod tests {
    use lintel_core::time::UtcMillis;
    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> PersonId {
        PersonId::new(UtcMillis::from_i64(1), &[n; 10])
    }

    #[test]
    fn a_second_punch_within_the_cooldown_is_counted_not_stored() {
        let mut cooldown = Cooldown::new(60_000);
        assert_eq!(cooldown.admit(id(1), 0), Admission::Store { suppressed: 0 });
        assert_eq!(cooldown.admit(id(1), 59_999), Admission::Repeat { suppressed: 1 });
        assert_eq!(cooldown.admit(id(2), 59_999), Admission::Store { suppressed: 0 });
        assert_eq!(cooldown.admit(id(1), 60_000), Admission::Store { suppressed: 1 });
        assert_eq!(cooldown.admit(id(1), 120_000), Admission::Store { suppressed: 0 });
    }

    #[test]
    fn a_punch_that_was_not_stored_does_not_start_a_cooldown() {
        let mut cooldown = Cooldown::new(60_000);
        cooldown.admit(id(1), 0);
        cooldown.forget(id(1));
        assert_eq!(cooldown.admit(id(1), 1), Admission::Store { suppressed: 0 });
    }

    #[test]
    fn a_punch_from_before_a_restart_still_starts_its_cooldown_and_the_latest_counts() {
        let mut cooldown = Cooldown::new(60_000);
        cooldown.recall(id(1), -10_000);
        cooldown.recall(id(1), -50_000);
        assert_eq!(cooldown.admit(id(1), 49_999), Admission::Repeat { suppressed: 1 });
        assert_eq!(cooldown.admit(id(1), 50_000), Admission::Store { suppressed: 1 });
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_list_of_all_stored_punches(
            steps in prop::collection::vec((0u8..3, 0i64..40_000), 1..60), period in 0i64..90_000,
        ) {
            let mut cooldown = Cooldown::new(period);
            let mut stored: Vec<(u8, i64)> = Vec::new();
            let mut counted: Vec<(u8, i64)> = Vec::new();
            let mut now = 0;
            for (person, pause) in steps {
                now += pause;
                let last = stored.iter().rev().find(|(who, _)| *who == person).map(|(_, at)| *at);
                let repeats =
                    counted.iter().filter(|(who, at)| *who == person && last.is_some_and(|l| *at >= l)).count();
                let repeats = u32::try_from(repeats).unwrap();
                let expected = if last.is_some_and(|at| now - at < period) {
                    counted.push((person, now));
                    Admission::Repeat { suppressed: repeats + 1 }
                } else {
                    stored.push((person, now));
                    Admission::Store { suppressed: repeats }
                };
                prop_assert_eq!(cooldown.admit(id(person), now), expected);
            }
        }
    }
}
