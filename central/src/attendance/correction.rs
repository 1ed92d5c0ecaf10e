//! Corrections: punches that somebody adds or voids, laid over those that the doors recorded.
//!
//! The recorded punch is never altered: what counts is computed from both, each time. Pure.

use std::collections::HashSet;

use lintel_core::event::DirectionHint;
use lintel_core::ids::{CorrectionId, EventId, SiteId};
use lintel_core::time::UtcMillis;

use super::Punch;

/// What an approved correction does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A punch that no door recorded.
    Add {
        /// When.
        at: UtcMillis,
    },
    /// A punch that doesn't count.
    Void {
        /// Which: an event, or the correction that added it.
        punch: EventId,
    },
}

/// A correction that was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved {
    /// Which; the punch that it adds has this id too.
    pub id: CorrectionId,
    /// What it does.
    pub change: Change,
}

/// The punches that count at a site: those recorded and those added, without those voided.
#[must_use]
pub fn corrected(recorded: Vec<Punch>, site: &SiteId, corrections: &[Approved]) -> Vec<Punch> {
    let voided: HashSet<EventId> = corrections
        .iter()
        .filter_map(|correction| match correction.change {
            Change::Void { punch } => Some(punch),
            Change::Add { .. } => None,
        })
        .collect();
    let added = corrections.iter().filter_map(|correction| match correction.change {
        Change::Add { at } => Some(Punch {
            event_id: EventId::from(*correction.id.as_uuid()),
            at,
            direction_hint: DirectionHint::None,
            door: None,
            site: site.clone(),
            // A person said when; no clock is in doubt.
            clock_synced: true,
        }),
        Change::Void { .. } => None,
    });
    let mut punches: Vec<Punch> =
        recorded.into_iter().chain(added).filter(|punch| !voided.contains(&punch.event_id)).collect();
    punches.sort_by_key(|punch| (punch.at, punch.event_id));
    punches
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_core::ids::DeviceId;
    use uuid::Uuid;

    fn punch(id: u128, at: i64) -> Punch {
        Punch {
            event_id: EventId::from(Uuid::from_u128(id)),
            at: UtcMillis::from_i64(at),
            direction_hint: DirectionHint::None,
            door: Some(DeviceId::parse("door-1").unwrap()),
            site: SiteId::parse("berlin").unwrap(),
            clock_synced: true,
        }
    }

    fn approved(id: u128, change: Change) -> Approved {
        Approved { id: CorrectionId::from(Uuid::from_u128(id)), change }
    }

    fn instants(punches: &[Punch]) -> Vec<i64> {
        punches.iter().map(|punch| punch.at.as_i64()).collect()
    }

    #[test]
    fn an_added_punch_takes_its_place_in_time() {
        let site = SiteId::parse("berlin").unwrap();
        let add = approved(9, Change::Add { at: UtcMillis::from_i64(150) });
        let punches = corrected(vec![punch(1, 100), punch(2, 200)], &site, &[add]);
        assert_eq!(instants(&punches), [100, 150, 200]);
        assert_eq!(punches[1].door, None);
    }

    #[test]
    fn a_voided_punch_does_not_count_and_neither_does_a_voided_addition() {
        let site = SiteId::parse("berlin").unwrap();
        let void = |id, of| approved(id, Change::Void { punch: EventId::from(Uuid::from_u128(of)) });
        let add = approved(9, Change::Add { at: UtcMillis::from_i64(150) });
        let recorded = vec![punch(1, 100), punch(2, 200)];
        assert_eq!(instants(&corrected(recorded.clone(), &site, &[void(7, 2), add])), [100, 150]);
        assert_eq!(instants(&corrected(recorded, &site, &[add, void(8, 9)])), [100, 200]);
    }

    #[test]
    fn the_order_of_corrections_changes_nothing() {
        let site = SiteId::parse("berlin").unwrap();
        let all = [
            approved(9, Change::Add { at: UtcMillis::from_i64(150) }),
            approved(8, Change::Void { punch: EventId::from(Uuid::from_u128(1)) }),
            approved(7, Change::Add { at: UtcMillis::from_i64(50) }),
        ];
        let mut turned = all;
        turned.reverse();
        let recorded = vec![punch(1, 100)];
        assert_eq!(corrected(recorded.clone(), &site, &all), corrected(recorded, &site, &turned));
    }
}
