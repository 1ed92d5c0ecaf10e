//! Cycles of shifts, such as a week of early and a week of late ones.
//!
//! A cycle has any number of days and no beginning: the anchor only says on which date its first day falls.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::ShiftId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shift::{ShiftTemplate, plan};

/// A cycle of days with the shifts of each, such as a week of early and a week of late shifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// The date of the cycle's first day.
    pub anchor: Date,
    /// The shifts of each day of the cycle; none is a day off.
    pub days: Vec<Vec<ShiftId>>,
}

impl Pattern {
    /// The shifts of a date.
    #[must_use]
    pub fn shifts_on(&self, date: Date) -> &[ShiftId] {
        let Ok(length) = i64::try_from(self.days.len()) else { return &[] };
        if length == 0 {
            return &[];
        }
        let passed = days_from(self.anchor, date).rem_euclid(length);
        usize::try_from(passed).ok().and_then(|day| self.days.get(day)).map_or(&[], Vec::as_slice)
    }

    /// One shift on some weekdays, Monday first.
    #[must_use]
    pub fn weekly(shift: &ShiftId, weekdays: [bool; 7]) -> Self {
        let days =
            weekdays.iter().map(|works| if *works { vec![shift.clone()] } else { Vec::new() }).collect();
        // A Monday.
        Self { name: String::new(), anchor: Date::constant(2024, 1, 1), days }
    }
}

/// Days from one date to another; negative backwards.
#[must_use]
pub(crate) fn days_from(from: Date, to: Date) -> i64 {
    // Dates alone can't overflow a span of days.
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Why two shifts of a pattern can't both be worked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing in it.
    #[error("a pattern has at least one day")]
    Empty,
    /// Too long a cycle.
    #[error("a pattern has at most {MAX_CYCLE} days")]
    TooLong,
    /// A shift that isn't there.
    #[error("day {day} names the shift {shift}, which doesn't exist")]
    UnknownShift {
        /// Counted from one.
        day: usize,
        /// Which.
        shift: ShiftId,
    },
    /// Two at once.
    #[error("{second} on day {second_day} begins before {first} on day {first_day} has ended")]
    Overlap {
        /// The earlier.
        first: ShiftId,
        /// Its day, counted from one.
        first_day: usize,
        /// The later.
        second: ShiftId,
        /// Its day, counted from one.
        second_day: usize,
    },
}

/// The longest cycle: a year and a day.
pub const MAX_CYCLE: usize = 367;

impl Pattern {
    /// Checks that its shifts exist and that nobody has to work two at once, in local time and across the end
    /// of the cycle.
    ///
    /// # Errors
    /// [`PatternError`].
    pub fn check<'a>(
        &self,
        template: impl Fn(&ShiftId) -> Option<&'a ShiftTemplate>,
    ) -> Result<(), PatternError> {
        match self.days.len() {
            0 => return Err(PatternError::Empty),
            days if days > MAX_CYCLE => return Err(PatternError::TooLong),
            _ => {}
        }
        let mut planned = Vec::new();
        // Two cycles, so that the last day meets the first.
        let mut date = Date::constant(2026, 1, 5);
        for (day, shifts) in (1..).zip(&self.days).chain((1..).zip(&self.days)) {
            for id in shifts {
                let found =
                    template(id).ok_or_else(|| PatternError::UnknownShift { day, shift: id.clone() })?;
                for part in plan(id, found, date, &TimeZone::UTC) {
                    planned.push((part.planned.unwrap_or(part.window), id, day));
                }
            }
            date = date.tomorrow().unwrap_or(date);
        }
        planned.sort_by_key(|(interval, _, _)| interval.start());
        for pair in planned.windows(2) {
            if let [(before, first, first_day), (after, second, second_day)] = pair
                && after.start() < before.end()
            {
                return Err(PatternError::Overlap {
                    first: (*first).clone(),
                    first_day: *first_day,
                    second: (*second).clone(),
                    second_day: *second_day,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use jiff::civil::{date, time};

    fn id(name: &str) -> ShiftId {
        ShiftId::parse(name).unwrap()
    }

    #[test]
    fn a_cycle_goes_on_before_and_after_its_anchor() {
        let days = vec![vec![id("early")], vec![id("late")], Vec::new()];
        let pattern = Pattern { name: String::new(), anchor: date(2026, 11, 20), days };
        assert_eq!(pattern.shifts_on(date(2026, 11, 20)), [id("early")]);
        assert_eq!(pattern.shifts_on(date(2026, 11, 24)), [id("late")]);
        assert_eq!(pattern.shifts_on(date(2026, 11, 19)), []);
        assert_eq!(
            pattern.shifts_on(date(2025, 11, 20)),
            pattern.shifts_on(date(2026, 11, 20) - 365_i64.days())
        );
    }

    #[test]
    fn shifts_that_nobody_can_work_both_are_refused_across_the_cycle_too() {
        let night = ShiftTemplate::of(time(22, 0, 0, 0), time(7, 0, 0, 0));
        let early = ShiftTemplate::of(time(6, 0, 0, 0), time(14, 0, 0, 0));
        let find = |shift: &ShiftId| match shift.as_str() {
            "night" => Some(&night),
            "early" => Some(&early),
            _ => None,
        };
        let of = |days: &[&[&str]]| Pattern {
            name: String::new(),
            anchor: date(2026, 1, 5),
            days: days.iter().map(|day| day.iter().map(|name| id(name)).collect()).collect(),
        };
        assert_eq!(of(&[&["early"], &["night"], &[]]).check(find), Ok(()));
        let error = of(&[&["early"], &["night"]]).check(find).unwrap_err();
        assert_eq!(error.to_string(), "early on day 1 begins before night on day 2 has ended");
        assert!(matches!(of(&[&["late"]]).check(find), Err(PatternError::UnknownShift { day: 1, .. })));
        assert_eq!(of(&[]).check(find), Err(PatternError::Empty));
    }
}
