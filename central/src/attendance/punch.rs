//! Punches as the rules read them, and which of them count.

use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId};
use lintel_core::time::UtcMillis;

use super::Length;
use super::interval::since;
use super::policy::{DirectionPolicy, DoorDirection, Policy};

/// One recorded pass of a person by a door, or one that a correction added.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Punch {
    /// The event it comes from; orders punches of the same instant.
    pub event_id: EventId,
    /// When, by the door's clock as the centre corrected it.
    pub at: UtcMillis,
    /// How far the true time may lie from that, to either side.
    pub error: Length,
    /// Which way the door leads, by its own word.
    pub hint: DirectionHint,
    /// Which way it was, as a correction says; it stands above doors and policies.
    pub said: Option<Direction>,
    /// The door; none for a punch that a correction added.
    pub door: Option<DeviceId>,
}

/// Which way somebody went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// An arrival.
    In,
    /// A departure.
    Out,
}

impl Direction {
    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::In, Self::Out].into_iter().find(|direction| direction.as_str() == name)
    }
}

impl Punch {
    /// Its direction where it is known before anything is resolved: said, or fixed by the door.
    #[must_use]
    pub fn fixed(&self, policy: &Policy) -> Option<Direction> {
        let hinted = match self.hint {
            DirectionHint::In => Some(Direction::In),
            DirectionHint::Out => Some(Direction::Out),
            DirectionHint::None => None,
        };
        let by_door = match self.door.as_ref().and_then(|door| policy.doors.get(door)) {
            Some(DoorDirection::FixedIn) => Some(Direction::In),
            Some(DoorDirection::FixedOut) => Some(Direction::Out),
            Some(DoorDirection::Unfixed) => None,
            None => hinted,
        };
        let by_policy = match policy.direction {
            DirectionPolicy::FixedIn => Some(Direction::In),
            DirectionPolicy::FixedOut => Some(Direction::Out),
            _ => None,
        };
        self.said.or(by_door).or(by_policy)
    }
}

/// A punch that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) punch: &'a Punch,
    pub(super) fixed: Option<Direction>,
    /// Later ones within the gap that count as the same.
    pub(super) repeats: u32,
}

impl Counted<'_> {
    pub(super) fn at(&self) -> UtcMillis {
        self.punch.at
    }
}

/// The punches that count, in order of time: each at least the gap after the one counted before it, unless both
/// have directions that differ. `policy` gives the policy of an instant.
pub(super) fn counted<'a>(
    punches: impl Iterator<Item = &'a Punch>,
    policy: impl Fn(UtcMillis) -> Option<&'a Policy>,
) -> Vec<Counted<'a>> {
    let mut sorted: Vec<&Punch> = punches.collect();
    sorted.sort_unstable_by_key(|punch| (punch.at, punch.event_id));
    // The same event handed in twice is still one event.
    sorted.dedup_by_key(|punch| punch.event_id);
    let mut counted: Vec<Counted<'a>> = Vec::with_capacity(sorted.len());
    for punch in sorted {
        let Some(policy) = policy(punch.at) else { continue };
        let fixed = punch.fixed(policy);
        let same = |last: &Counted<'_>| {
            let differ = last.fixed.zip(fixed).is_some_and(|(before, now)| before != now);
            since(punch.at, last.at()) < policy.min_gap && !differ
        };
        match counted.last_mut() {
            Some(last) if same(last) => last.repeats += 1,
            _ => counted.push(Counted { punch, fixed, repeats: 0 }),
        }
    }
    counted
}
