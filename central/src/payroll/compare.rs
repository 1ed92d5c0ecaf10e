//! What payroll has of some people's days against what they are now. Pure.
//!
//! A day is one of three things to a month's export. Its own: the day lies in the month, or is booked in it, or
//! was given with it. Another month's: it is booked in a later month that was exported, which says what it is. Or
//! nobody's yet: its month is open again, and says what it is once it is locked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use lintel_core::chain::Hash;
use lintel_core::ids::{PersonId, SiteId};

use super::pay::{Amounts, Pay};
use super::scope::Scope;
use super::{BatchError, GivenDay, GivenLine};
use crate::attendance::{Length, Month};
use crate::reports::payroll::{Category, LineKind};

/// A day of somebody at a site.
pub(super) type Key = (PersonId, SiteId, Date);

/// What a day is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) pay: Pay,
    /// Of the record.
    pub(super) record: Option<Hash>,
}

/// What is booked of a day in a later month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Booking {
    pub(super) month: Month,
    pub(super) due: Due,
}

/// What payroll has of a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) amounts: Amounts,
    /// Whether a batch of the month that is exported gave some of it.
    pub(super) with_this_month: bool,
}

/// Everything that is known of some people's days.
#[derive(Debug, Default)]
pub(super) struct Days {
    /// As they are stored.
    pub(super) recorded: BTreeMap<Key, Due>,
    /// By month.
    pub(super) booked: BTreeMap<Key, Vec<Booking>>,
    pub(super) given: BTreeMap<Key, Given>,
}

/// What is given of some people.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Differences {
    /// By person and site, each with at least one day.
    pub(super) days: BTreeMap<(PersonId, SiteId), Vec<GivenDay>>,
    /// Overtime that waits for approval.
    pub(super) held_back: Length,
}

impl Days {
    /// The days that differ from what payroll has, where the month that is exported has a say.
    ///
    /// A day that differs in anything is taken back as a whole and given as a whole: what the file rounded
    /// together then leaves it together.
    pub(super) fn differences(
        &self,
        scope: &Scope,
        ignores: impl Fn(&Category) -> bool,
    ) -> Result<Differences, BatchError> {
        let mut all = Differences::default();
        for key in self.candidates(scope) {
            let Some(due) = self.due(scope, key)? else { continue };
            all.held_back += due.pay.held_back;
            let of_interest = |amounts: &Amounts| -> Amounts {
                let kept = amounts.iter().filter(|((category, _), ms)| **ms != 0 && !ignores(category));
                kept.map(|(key, ms)| (key.clone(), *ms)).collect()
            };
            let now = of_interest(&due.pay.amounts);
            let before = self.given.get(key).map(|given| of_interest(&given.amounts)).unwrap_or_default();
            if now == before {
                continue;
            }
            let (person, site, date) = key;
            let first_time = Month::of(*date) == scope.month && !scope.is_taken(site, scope.month);
            let kind =
                if first_time && before.is_empty() { LineKind::Original } else { LineKind::Adjustment };
            let back = before.into_iter().map(|(of, ms)| line(LineKind::Reversal, of, ms.saturating_neg()));
            let lines = back.chain(now.into_iter().map(|(of, ms)| line(kind, of, ms))).collect();
            let day = GivenDay { date: *date, record: due.record, lines };
            all.days.entry((*person, site.clone())).or_default().push(day);
        }
        Ok(all)
    }

    /// The days that the month may have a say in.
    fn candidates(&self, scope: &Scope) -> BTreeSet<&Key> {
        let in_month = |date: Date| Month::of(date) == scope.month;
        let recorded = self.recorded.keys().filter(|(_, _, date)| in_month(*date));
        let booked =
            self.booked.iter().filter(|(_, bookings)| bookings.iter().any(|one| one.month == scope.month));
        let given =
            self.given.iter().filter(|((_, _, date), given)| given.with_this_month || in_month(*date));
        let all = recorded.chain(booked.map(|(key, _)| key)).chain(given.map(|(key, _)| key));
        all.filter(|(_, site, _)| scope.sites.contains(site)).collect()
    }

    /// What a day is now; none where the month has no say in it.
    fn due<'a>(&'a self, scope: &Scope, key: &Key) -> Result<Option<&'a Due>, BatchError> {
        static NOTHING: Due = Due { pay: Pay::NOTHING, record: None };
        let (_, site, date) = key;
        let (own, month) = (Month::of(*date), scope.month);
        let bookings = self.booked.get(key).map_or(&[][..], Vec::as_slice);
        let counts = |one: &&Booking| one.month == month || scope.is_taken(site, one.month);
        match bookings.iter().rfind(counts) {
            Some(booking) if booking.month > month => Ok(None),
            Some(booking) if booking.month == month => {
                if !scope.is_taken(site, own) {
                    return Err(BatchError::NotExported { site: site.clone(), earlier: own, month });
                }
                Ok(Some(&booking.due))
            }
            // What this month gave is booked in it no more; the month before it has the word.
            Some(booking) => Ok(scope.is_locked(site, booking.month).then_some(&booking.due)),
            None if own == month || scope.is_locked(site, own) => {
                Ok(Some(self.recorded.get(key).unwrap_or(&NOTHING)))
            }
            None => Ok(None),
        }
    }
}

fn line(kind: LineKind, (category, rate_percent): (Category, Option<u16>), ms: i64) -> GivenLine {
    GivenLine { kind, category, rate_percent, ms }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const NOVEMBER: &str = "2026-11";
    const DECEMBER: &str = "2026-12";

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn key() -> Key {
        let person = PersonId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        (person, SiteId::parse("berlin").unwrap(), date(2026, 11, 20))
    }

    fn amounts(all: &[(Category, i64)]) -> Amounts {
        all.iter().map(|(category, ms)| ((category.clone(), None), *ms)).collect()
    }

    fn due(all: &[(Category, i64)]) -> Due {
        Due { pay: Pay { amounts: amounts(all), ..Pay::NOTHING }, record: None }
    }

    fn scope(of: &str, taken: &[&str], locked: &[&str]) -> Scope {
        let site = key().1;
        let months = |all: &[&str]| all.iter().map(|text| (site.clone(), month(text))).collect();
        let (taken, locked) = (months(taken), months(locked));
        Scope { month: month(of), site: None, sites: [site.clone()].into(), taken, locked }
    }

    /// A day of November as it is recorded, booked in December, and given.
    fn day(recorded: i64, booked: Option<i64>, given: &[(Category, i64)], with_this_month: bool) -> Days {
        let worked = |ms| due(&[(Category::Worked, ms)]);
        let booking = booked.map(|ms| (key(), vec![Booking { month: month(DECEMBER), due: worked(ms) }]));
        Days {
            recorded: [(key(), worked(recorded))].into(),
            booked: booking.into_iter().collect(),
            given: [(key(), Given { amounts: amounts(given), with_this_month })].into(),
        }
    }

    fn lines(days: &Days, scope: &Scope) -> Vec<(LineKind, String, i64)> {
        let found = days.differences(scope, |_| false).unwrap();
        let lines = found.days.into_values().flatten().flat_map(|day| day.lines);
        lines.map(|line| (line.kind, line.category.to_string(), line.ms)).collect()
    }

    #[test]
    fn a_day_that_differs_in_anything_is_taken_back_whole() {
        let given = [(Category::Worked, 8), (Category::OvertimeDaily, 1)];
        let worked = "worked".to_owned();
        assert_eq!(
            lines(&day(8, None, &given, true), &scope(NOVEMBER, &[NOVEMBER], &[NOVEMBER])),
            [
                (LineKind::Reversal, worked.clone(), -8),
                (LineKind::Reversal, "overtime_daily".to_owned(), -1),
                (LineKind::Adjustment, worked, 8),
            ]
        );
        assert!(
            lines(&day(8, None, &given[..1], true), &scope(NOVEMBER, &[NOVEMBER], &[NOVEMBER])).is_empty()
        );
    }

    #[test]
    fn a_day_that_is_booked_in_a_later_exported_month_is_that_months() {
        let given = [(Category::Worked, 6)];
        let both = [NOVEMBER, DECEMBER];
        assert!(lines(&day(8, Some(6), &given, true), &scope(NOVEMBER, &both, &both)).is_empty());
        // Before December was exported November says what it has.
        assert_eq!(lines(&day(8, Some(6), &given, true), &scope(NOVEMBER, &both[..1], &both)).len(), 2);
        assert_eq!(lines(&day(8, Some(7), &given, true), &scope(DECEMBER, &both, &both)).len(), 2);
        let refused = day(8, Some(7), &[], false).differences(&scope(DECEMBER, &[], &both), |_| false);
        assert!(matches!(refused, Err(BatchError::NotExported { .. })));
    }

    #[test]
    fn what_a_month_gave_of_another_that_is_open_again_waits_for_that_one() {
        let days = day(8, None, &[(Category::Worked, 6)], true);
        let both = [NOVEMBER, DECEMBER];
        assert!(lines(&days, &scope(DECEMBER, &both, &[DECEMBER])).is_empty());
        assert_eq!(lines(&days, &scope(DECEMBER, &both, &both)).len(), 2);
    }
}
