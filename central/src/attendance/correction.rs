//! Corrections: what people decided about a record, laid over what the doors recorded.
//!
//! The recorded punch is never altered: what counts is computed from both, each time. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use lintel_core::event::DirectionHint;
use lintel_core::ids::{CorrectionId, EventId, PersonId};
use lintel_core::time::UtcMillis;

use super::Length;
use super::calendar::{Calendar, Excuse};
use super::punch::{Direction, Punch};

/// What a correction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A punch that no door recorded.
    Add {
        /// When.
        at: UtcMillis,
        /// Which way, where they know.
        direction: Option<Direction>,
    },
    /// A punch that doesn't count.
    Void {
        /// Which: an event, or the correction that added it.
        punch: EventId,
    },
    /// A punch that was somebody else's.
    Move {
        /// Which event.
        punch: EventId,
        /// Whose it was. None once they were erased: it counts for nobody then.
        to: Option<PersonId>,
    },
    /// Which way a punch was.
    Direct {
        /// Which: an event, or the correction that added it.
        punch: EventId,
        /// Which way.
        direction: Direction,
    },
    /// An event in which nobody was recognised, or more than one, that was a punch of this person.
    Assign {
        /// Which.
        event: EventId,
    },
    /// A day on which they didn't have to come.
    Excuse {
        /// Which.
        date: Date,
        /// Whether its hours are credited.
        paid: bool,
    },
    /// A day whose overtime is approved.
    ApproveOvertime {
        /// Which.
        date: Date,
    },
}

impl Change {
    /// The name in the database and on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add",
            Self::Void { .. } => "void",
            Self::Move { .. } => "move",
            Self::Direct { .. } => "direct",
            Self::Assign { .. } => "assign",
            Self::Excuse { .. } => "excuse",
            Self::ApproveOvertime { .. } => "approve_overtime",
        }
    }

    /// The punch that it is about, where it is about one that is there.
    #[must_use]
    pub const fn punch(&self) -> Option<EventId> {
        match self {
            Self::Void { punch } | Self::Move { punch, .. } | Self::Direct { punch, .. } => Some(*punch),
            Self::Assign { event } => Some(*event),
            Self::Add { .. } | Self::Excuse { .. } | Self::ApproveOvertime { .. } => None,
        }
    }
}

/// A correction that was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// Which; the punch that it adds has this id too. Later proposals have greater ones.
    pub id: CorrectionId,
    /// What it does.
    pub change: Change,
}

/// A person's punches: those recorded, those given to them and those added, without those that were voided or
/// moved away. `recorded` holds what was moved or assigned to them too.
#[must_use]
pub fn corrected(recorded: Vec<Punch>, corrections: &[Approved]) -> Vec<Punch> {
    let mut gone = BTreeSet::new();
    let mut said: BTreeMap<EventId, (CorrectionId, Direction)> = BTreeMap::new();
    let mut added = Vec::new();
    for correction in corrections {
        match correction.change {
            Change::Void { punch } | Change::Move { punch, .. } => {
                gone.insert(punch);
            }
            Change::Direct { punch, direction } => {
                // Of two that were approved the later proposal counts.
                let newer = said.get(&punch).is_none_or(|(id, _)| *id < correction.id);
                if newer {
                    said.insert(punch, (correction.id, direction));
                }
            }
            Change::Add { at, direction } => added.push(Punch {
                event_id: EventId::from(*correction.id.as_uuid()),
                at,
                // A person said when; no clock is in doubt.
                error: Length::ZERO,
                hint: DirectionHint::None,
                said: direction,
                door: None,
            }),
            Change::Assign { .. } | Change::Excuse { .. } | Change::ApproveOvertime { .. } => {}
        }
    }
    let all = recorded.into_iter().chain(added).filter(|punch| !gone.contains(&punch.event_id));
    let mut punches: Vec<Punch> = all
        .map(|mut punch| {
            punch.said = said.get(&punch.event_id).map(|(_, direction)| *direction).or(punch.said);
            punch
        })
        .collect();
    punches.sort_by_key(|punch| (punch.at, punch.event_id));
    punches
}

/// Puts into a calendar what corrections say about whole days.
pub fn excuse(calendar: &mut Calendar, corrections: &[Approved]) {
    let mut excuses: BTreeMap<Date, (CorrectionId, bool)> = BTreeMap::new();
    for correction in corrections {
        match correction.change {
            Change::Excuse { date, paid } => {
                let said = excuses.entry(date).or_insert((correction.id, paid));
                *said = (correction.id, paid).max(*said);
            }
            Change::ApproveOvertime { date } => calendar.overtime_approved.push(date),
            _ => {}
        }
    }
    calendar.excuses.extend(excuses.into_iter().map(|(date, (_, paid))| Excuse { date, paid }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_core::ids::DeviceId;
    use uuid::Uuid;

    fn event(id: u128) -> EventId {
        EventId::from(Uuid::from_u128(id))
    }

    fn punch(id: u128, at: i64) -> Punch {
        Punch {
            event_id: event(id),
            at: UtcMillis::from_i64(at),
            error: Length::ZERO,
            hint: DirectionHint::None,
            said: None,
            door: Some(DeviceId::parse("door-1").unwrap()),
        }
    }

    fn approved(id: u128, change: Change) -> Approved {
        Approved { id: CorrectionId::from(Uuid::from_u128(id)), change }
    }

    fn add(at: i64) -> Change {
        Change::Add { at: UtcMillis::from_i64(at), direction: None }
    }

    fn instants(punches: &[Punch]) -> Vec<i64> {
        punches.iter().map(|punch| punch.at.as_i64()).collect()
    }

    #[test]
    fn an_added_punch_takes_its_place_in_time() {
        let punches = corrected(vec![punch(1, 100), punch(2, 200)], &[approved(9, add(150))]);
        assert_eq!(instants(&punches), [100, 150, 200]);
        assert_eq!(punches[1].door, None);
    }

    #[test]
    fn a_voided_or_moved_punch_does_not_count_and_neither_does_a_voided_addition() {
        let void = |id, of| approved(id, Change::Void { punch: event(of) });
        let away = approved(6, Change::Move { punch: event(1), to: None });
        let recorded = vec![punch(1, 100), punch(2, 200)];
        assert_eq!(instants(&corrected(recorded.clone(), &[void(7, 2), approved(9, add(150))])), [100, 150]);
        assert_eq!(instants(&corrected(recorded.clone(), &[approved(9, add(150)), void(8, 9)])), [100, 200]);
        assert_eq!(instants(&corrected(recorded, &[away])), [200]);
    }

    #[test]
    fn of_two_directions_the_later_proposal_counts_and_an_added_punch_may_have_one() {
        let direct = |id, direction| approved(id, Change::Direct { punch: event(1), direction });
        let (first, second) = (direct(7, Direction::In), direct(8, Direction::Out));
        for order in [[first, second], [second, first]] {
            assert_eq!(corrected(vec![punch(1, 100)], &order)[0].said, Some(Direction::Out));
        }
        let left = Change::Add { at: UtcMillis::from_i64(5), direction: Some(Direction::Out) };
        assert_eq!(corrected(Vec::new(), &[approved(9, left)])[0].said, Some(Direction::Out));
    }

    #[test]
    fn the_order_of_corrections_changes_nothing() {
        let all =
            [approved(9, add(150)), approved(8, Change::Void { punch: event(1) }), approved(7, add(50))];
        let mut turned = all;
        turned.reverse();
        let recorded = vec![punch(1, 100)];
        assert_eq!(corrected(recorded.clone(), &all), corrected(recorded, &turned));
    }

    #[test]
    fn days_are_excused_once_and_by_the_later_proposal() {
        let date = jiff::civil::date(2026, 11, 20);
        let mut calendar = Calendar::default();
        let unpaid = approved(2, Change::Excuse { date, paid: false });
        let paid = approved(1, Change::Excuse { date, paid: true });
        excuse(&mut calendar, &[unpaid, paid, approved(3, Change::ApproveOvertime { date })]);
        assert_eq!(calendar.excuses, [Excuse { date, paid: false }]);
        assert!(calendar.overtime_approved_on(date));
    }
}
