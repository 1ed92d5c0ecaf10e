//! Which punches of a stretch are arrivals and which are departures, and what presence they make.
//!
//! Decided here and not at the door, so that the same punches can be read under another policy later.

use super::Interval;
use super::policy::DirectionPolicy;
use super::punch::{Counted, Direction};

/// What the punches of one stretch make. Numbers are places among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Resolved {
    /// Arrival and departure of each time of presence, in order.
    pub(super) presence: Vec<(usize, usize)>,
    /// The arrival that no departure followed by the end.
    pub(super) open: Option<usize>,
    /// A departure that no arrival came before.
    pub(super) missing_in: bool,
    /// An arrival that another arrival followed: nobody knows when they left between.
    pub(super) missing_out: bool,
    /// A punch that has no direction where it needs one.
    pub(super) unknown: bool,
}

/// Resolves one stretch's punches, in order of time.
pub(super) fn resolve(
    punches: &[Counted<'_>],
    policy: DirectionPolicy,
    planned: Option<Interval>,
) -> Resolved {
    let fixed: Vec<Option<Direction>> = punches.iter().map(|punch| punch.fixed).collect();
    match (policy, planned) {
        (DirectionPolicy::ScheduleNearest, Some(planned)) => {
            let nearest = |punch: &Counted<'_>| {
                let way = if punch.at() <= planned.middle() { Direction::In } else { Direction::Out };
                Some(punch.fixed.unwrap_or(way))
            };
            first_and_last(&punches.iter().map(nearest).collect::<Vec<_>>())
        }
        (DirectionPolicy::FirstInLastOut | DirectionPolicy::ScheduleNearest, _) => first_and_last(&fixed),
        (DirectionPolicy::Alternate, _) => in_turns(&fixed, true),
        (DirectionPolicy::Explicit | DirectionPolicy::FixedIn | DirectionPolicy::FixedOut, _) => {
            in_turns(&fixed, false)
        }
    }
}

fn first_and_last(ways: &[Option<Direction>]) -> Resolved {
    let Some(arrival) = ways.iter().position(|way| *way != Some(Direction::Out)) else {
        return Resolved { missing_in: !ways.is_empty(), ..Resolved::default() };
    };
    let departure = ways.iter().rposition(|way| *way != Some(Direction::In)).filter(|last| *last > arrival);
    let (presence, open) = match departure {
        None => (Vec::new(), Some(arrival)),
        // Whatever comes after the last possible departure is an arrival.
        Some(last) if last + 1 < ways.len() => (vec![(arrival, last)], Some(ways.len() - 1)),
        Some(last) => (vec![(arrival, last)], None),
    };
    Resolved { presence, open, missing_in: arrival > 0, ..Resolved::default() }
}

fn in_turns(ways: &[Option<Direction>], turns: bool) -> Resolved {
    let mut resolved = Resolved::default();
    for (index, way) in ways.iter().enumerate() {
        let turn = if resolved.open.is_some() { Direction::Out } else { Direction::In };
        let Some(way) = way.or_else(|| turns.then_some(turn)) else {
            resolved.unknown = true;
            continue;
        };
        match (way, resolved.open) {
            (Direction::In, before) => {
                resolved.missing_out |= before.is_some();
                resolved.open = Some(index);
            }
            (Direction::Out, Some(arrival)) => {
                resolved.presence.push((arrival, index));
                resolved.open = None;
            }
            (Direction::Out, None) => resolved.missing_in = true,
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN: Option<Direction> = Some(Direction::In);
    const OUT: Option<Direction> = Some(Direction::Out);

    #[test]
    fn the_first_is_the_arrival_and_the_last_the_departure() {
        assert_eq!(first_and_last(&[None, None, None]).presence, [(0, 2)]);
        let one = first_and_last(&[None]);
        assert_eq!((one.presence.len(), one.open, one.missing_in), (0, Some(0), false));
        let out_first = first_and_last(&[OUT, None, None]);
        assert_eq!((out_first.presence, out_first.missing_in), (vec![(1, 2)], true));
        assert!(first_and_last(&[OUT]).missing_in);
        assert_eq!(first_and_last(&[]), Resolved::default());
    }

    #[test]
    fn who_came_back_through_an_entrance_has_not_left() {
        let back = first_and_last(&[None, None, IN]);
        assert_eq!((back.presence, back.open), (vec![(0, 1)], Some(2)));
        assert_eq!(first_and_last(&[IN, IN]).open, Some(0));
    }

    #[test]
    fn in_turns_an_arrival_after_an_arrival_leaves_the_time_between_unknown() {
        let resolved = in_turns(&[IN, IN, OUT], true);
        assert_eq!((resolved.presence, resolved.missing_out, resolved.open), (vec![(1, 2)], true, None));
        assert!(in_turns(&[OUT, None, None], true).missing_in);
        assert_eq!(in_turns(&[None, None, None, None], true).presence, [(0, 1), (2, 3)]);
    }

    #[test]
    fn where_somebody_has_to_say_it_silence_is_no_direction() {
        let resolved = in_turns(&[IN, None, OUT], false);
        assert_eq!((resolved.presence, resolved.unknown), (vec![(0, 2)], true));
    }
}
