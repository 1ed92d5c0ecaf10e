//! What a person's days are measured against: where they work, on which shifts, and when they are off.
//!
//! The roster is shared by everybody of a centre; a calendar is one person's. Both come in as data with the dates
//! from which they are valid, so that a past day is computed as it was planned.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::{LeaveKind, ShiftId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Length;
pub use super::pattern::Pattern;
use super::policy::Policy;
use super::shift::ShiftTemplate;

/// Values with the dates from which each is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions<T>(Vec<(Date, T)>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Versions<T> {
    /// One that has always been valid.
    #[must_use]
    pub fn always(value: T) -> Self {
        Self(vec![(Date::MIN, value)])
    }

    /// In any order; of several that begin on the same date the last counts.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = (Date, T)>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_key(|(from, _)| *from);
        Self(values)
    }

    /// What is valid on a date. Before the first one the first counts: a past without rules has none other.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&T> {
        let later = self.0.partition_point(|(from, _)| *from <= date);
        self.0.get(later.saturating_sub(1)).map(|(_, value)| value)
    }
}

/// A policy and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedPolicy {
    /// What it says.
    pub policy: Policy,
    /// [`Policy::version`].
    pub version: String,
}

/// A shift template in its zone.
#[derive(Debug, Clone)]
pub struct Shift {
    /// What HR wrote down.
    pub template: ShiftTemplate,
    /// The zone that its times are in, where it isn't the site's.
    pub zone: Option<TimeZone>,
}

/// A place as the rules see it.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its zone.
    pub zone: TimeZone,
    /// Its policy.
    pub policy: Versions<VersionedPolicy>,
    /// Its holidays.
    pub holidays: BTreeMap<Date, Holiday>,
}

/// Everything that is shared by everybody.
#[derive(Debug, Clone, Default)]
pub struct Roster {
    /// Sites.
    pub places: BTreeMap<SiteId, Place>,
    /// Shifts.
    pub shifts: BTreeMap<ShiftId, Versions<Shift>>,
}

/// How much of a day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default, ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DayPart {
    /// All of it.
    #[default]
    Full,
    /// Until half of the shift is over.
    FirstHalf,
    /// From when half of the shift is over.
    SecondHalf,
}

impl DayPart {
    /// The name in the database, in files and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FirstHalf => "first-half",
            Self::SecondHalf => "second-half",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Full, Self::FirstHalf, Self::SecondHalf].into_iter().find(|part| part.as_str() == name)
    }
}

/// A day on which nobody has to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// What it is called.
    pub name: String,
    /// How much of it.
    pub part: DayPart,
}

/// A time at one site with one contract. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employment {
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    pub to: Option<Date>,
    /// Where they belong.
    pub site: SiteId,
}

/// Who works on which pattern, and when. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// First day.
    pub from: Date,
    /// Last day; none while it goes on.
    pub to: Option<Date>,
    /// On which pattern.
    pub pattern: Arc<Pattern>,
}

/// Leave that was approved. Both dates are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leave {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// How much of each day.
    pub part: DayPart,
    /// Which kind.
    pub kind: LeaveKind,
    /// Whether its hours are credited.
    pub paid: bool,
}

/// A day whose absence was excused by a correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Excuse {
    /// Which day.
    pub date: Date,
    /// Whether its hours are credited.
    pub paid: bool,
}

/// What concerns one person alone.
#[derive(Debug, Clone, Default)]
pub struct Calendar {
    /// Where they belonged when; in order, none overlapping another.
    pub employments: Vec<Employment>,
    /// Their shifts; none overlapping another.
    pub assignments: Vec<Assignment>,
    /// Their leave; none overlapping another but in different halves of a day.
    pub leaves: Vec<Leave>,
    /// Their excused days.
    pub excuses: Vec<Excuse>,
    /// Days whose overtime somebody approved.
    pub overtime_approved: Vec<Date>,
}

impl Calendar {
    /// Whether they work for the organisation on a date.
    #[must_use]
    pub fn employed_on(&self, date: Date) -> bool {
        self.employments.iter().any(|e| within(e.from, e.to, date))
    }

    /// Where they belong on a date; outside every employment, where they belonged before, or will first.
    #[must_use]
    pub fn site_on(&self, date: Date) -> Option<&SiteId> {
        let begun = self.employments.iter().rev().find(|e| e.from <= date);
        begun.or(self.employments.first()).map(|e| &e.site)
    }

    /// The shifts that they are assigned to on a date; none without an assignment.
    #[must_use]
    pub fn assigned_on(&self, date: Date) -> Option<&[ShiftId]> {
        let assignment = self.assignments.iter().find(|a| within(a.from, a.to, date))?;
        Some(assignment.pattern.shifts_on(date))
    }

    /// Leave of a date.
    pub fn leaves_on(&self, date: Date) -> impl Iterator<Item = &Leave> {
        self.leaves.iter().filter(move |leave| within(leave.from, Some(leave.to), date))
    }

    /// Whether a date's overtime was approved.
    #[must_use]
    pub fn overtime_approved_on(&self, date: Date) -> bool {
        self.overtime_approved.contains(&date)
    }

    /// The excuse of a date.
    #[must_use]
    pub fn excused_on(&self, date: Date) -> Option<Excuse> {
        self.excuses.iter().copied().find(|excuse| excuse.date == date)
    }
}

fn within(from: Date, to: Option<Date>, date: Date) -> bool {
    from <= date && to.is_none_or(|to| date <= to)
}

impl DayPart {
    /// The halves that it takes, as bits: two that share none don't overlap.
    #[must_use]
    pub const fn halves(self) -> u8 {
        match self {
            Self::Full => 0b11,
            Self::FirstHalf => 0b01,
            Self::SecondHalf => 0b10,
        }
    }

    /// How much of a length is off.
    #[must_use]
    pub fn share(self, length: Length) -> Length {
        match self {
            Self::Full => length,
            Self::FirstHalf | Self::SecondHalf => length.half(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_value_counts_from_its_date_on() {
        let versions = Versions::of([(date(2026, 7, 1), "b"), (date(2026, 1, 1), "a")]);
        assert_eq!(versions.on(date(2026, 6, 30)), Some(&"a"));
        assert_eq!(versions.on(date(2026, 7, 1)), Some(&"b"));
        assert_eq!(versions.on(date(2025, 1, 1)), Some(&"a"));
        assert_eq!(Versions::<i32>::default().on(date(2026, 1, 1)), None);
    }
}
