//! What is known, and up to when: nobody is absent until every door that could have seen them has said all it
//! knows.
//!
//! Each door reports up to which instant everything that it recorded has reached the centre: its watermark. A day
//! is provisional while a watermark of such a door lies within it. A door that is dead or stolen can be declared
//! out of service; it then holds nobody up, and its days say so.

use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use super::Interval;

/// What is known of one door, for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorKnowledge {
    /// Which door.
    pub device: DeviceId,
    /// When it could have recorded the person: its gallery or its list of badges held them. In order.
    pub could_see: Vec<Interval>,
    /// Everything that it recorded before this has arrived.
    pub known_through: UtcMillis,
    /// When it was declared out of service.
    pub out_of_service: Vec<Interval>,
}

/// Why a day may still change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Provisional {
    /// When it is over, and what doors recorded from then on can't change it.
    #[serde(default)]
    pub until: UtcMillis,
    /// It isn't over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_over: bool,
    /// The doors that haven't said all they know of it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<DeviceId>,
}

/// What the doors say about a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Why it may still change; none when it is proven.
    pub provisional: Option<Provisional>,
    /// Doors that could have seen the person in it, and were out of service instead.
    pub out_of_service: Vec<DeviceId>,
}

/// What is proven of `span` at `as_of`.
#[must_use]
pub fn prove(span: Interval, doors: &[DoorKnowledge], as_of: UtcMillis) -> Proof {
    let mut provisional =
        Provisional { until: span.end(), not_over: as_of < span.end(), blocked_by: Vec::new() };
    let mut out_of_service = Vec::new();
    for door in doors {
        let mut blocks = false;
        let mut excused = false;
        for seen in door.could_see.iter().filter_map(|could| could.overlap(span)) {
            let unknown = seen.from(door.known_through);
            excused |= door.out_of_service.iter().any(|out| out.overlap(seen).is_some());
            blocks |= !covered(unknown, &door.out_of_service);
        }
        if blocks {
            provisional.blocked_by.push(door.device.clone());
        }
        if excused {
            out_of_service.push(door.device.clone());
        }
    }
    provisional.blocked_by.sort_unstable();
    out_of_service.sort_unstable();
    let proven = !provisional.not_over && provisional.blocked_by.is_empty();
    Proof { provisional: (!proven).then_some(provisional), out_of_service }
}

/// Whether some intervals, in any order, cover all of one.
fn covered(whole: Interval, by: &[Interval]) -> bool {
    let mut through = whole.start();
    while through < whole.end() {
        let reaches = by.iter().filter(|one| one.contains(through)).map(|one| one.end()).max();
        let Some(reaches) = reaches else { return false };
        through = reaches;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(start: i64, end: i64) -> Interval {
        Interval::new(hour(start), hour(end))
    }

    fn hour(hour: i64) -> UtcMillis {
        UtcMillis::from_i64(hour * 3_600_000)
    }

    fn door(name: &str, could_see: (i64, i64), through: i64, out: &[(i64, i64)]) -> DoorKnowledge {
        DoorKnowledge {
            device: DeviceId::parse(name).unwrap(),
            could_see: vec![hours(could_see.0, could_see.1)],
            known_through: hour(through),
            out_of_service: out.iter().map(|(start, end)| hours(*start, *end)).collect(),
        }
    }

    fn blocked(doors: &[DoorKnowledge]) -> Vec<String> {
        let proof = prove(hours(8, 18), doors, hour(100));
        proof.provisional.map(|p| p.blocked_by.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn every_door_that_could_have_seen_them_must_have_passed_the_end() {
        assert_eq!(blocked(&[door("a", (0, 100), 18, &[]), door("b", (0, 100), 17, &[])]), ["b"]);
        assert_eq!(blocked(&[door("a", (0, 100), 0, &[]), door("b", (0, 100), 17, &[])]), ["a", "b"]);
        assert!(blocked(&[door("a", (0, 100), 18, &[])]).is_empty());
    }

    #[test]
    fn a_door_that_never_held_them_blocks_nothing() {
        assert!(blocked(&[door("a", (18, 100), 0, &[]), door("b", (0, 8), 0, &[])]).is_empty());
        // It held them for the morning, and its morning is known.
        assert!(blocked(&[door("a", (0, 12), 12, &[])]).is_empty());
        assert_eq!(blocked(&[door("a", (0, 12), 11, &[])]), ["a"]);
    }

    #[test]
    fn a_door_out_of_service_is_said_and_does_not_block() {
        let dead = door("a", (0, 100), 10, &[(10, 14), (14, 50)]);
        let proof = prove(hours(8, 18), &[dead], hour(100));
        assert_eq!(proof.provisional, None);
        assert_eq!(proof.out_of_service.len(), 1);
        // From eleven only: the hour before that is still unknown.
        assert_eq!(blocked(&[door("a", (0, 100), 10, &[(11, 50)])]), ["a"]);
    }

    #[test]
    fn a_day_that_is_not_over_is_provisional_whatever_doors_say() {
        let proof = prove(hours(8, 18), &[], hour(17));
        let expected = Provisional { until: hour(18), not_over: true, blocked_by: Vec::new() };
        assert_eq!(proof.provisional, Some(expected));
        assert_eq!(prove(hours(8, 18), &[], hour(18)).provisional, None);
    }
}
