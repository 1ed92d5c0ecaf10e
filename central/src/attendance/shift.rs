//! Shifts as they are planned: templates in local time, and what they come to on a date.
//!
//! A template says civil times; only a date and a zone make instants of them. A night shift belongs to the
//! date on which it starts, and where clocks change it has the seven or nine hours that it really has.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use lintel_core::ids::ShiftId;
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::breaks::Breaks;
use super::interval::{minus, plus, since};
use super::length::{Written, written, written_or_none};
use super::policy::Grace;
use super::{Interval, Length};

/// The most parts that a split shift has.
pub const MAX_PARTS: usize = 6;

/// A shift as HR writes it down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftTemplate {
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// When it is worked. One part as a rule, several for a split shift, none for an open shift, which may be
    /// worked at any time of its day.
    #[serde(default)]
    pub parts: Vec<Part>,
    /// Of an open shift: how long is worked, so that a day without anybody is an absence.
    #[serde(default, with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub expected: Option<Length>,
    /// Of an open shift: when its day begins. Midnight, unless people work through it.
    #[serde(default, skip_serializing_if = "is_midnight")]
    pub day_start: Time,
    /// How long before its start a punch is taken for it.
    #[serde(default = "an_hour", with = "written")]
    #[schema(value_type = Written)]
    pub window_before: Length,
    /// How long after its end a punch is taken for it.
    #[serde(default = "an_hour", with = "written")]
    #[schema(value_type = Written)]
    pub window_after: Length,
    /// Its breaks; without, the policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaks: Option<Breaks>,
    /// Its grace; without, the policy's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace: Option<Grace>,
}

/// One stretch of a shift in local time. An end that isn't after the start lies on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShiftPart)]
pub struct Part {
    /// Local start.
    pub start: Time,
    /// Local end.
    pub end: Time,
}

fn an_hour() -> Length {
    Length::from_hours(1)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_midnight(time: &Time) -> bool {
    *time == Time::midnight()
}

/// Why a template can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShiftError {
    /// Two parts at once, or in the wrong order.
    #[error("part {number} starts at {start}, before the one ahead of it has ended: a person can't do both")]
    Overlap {
        /// Counted from one.
        number: usize,
        /// Its start.
        start: Time,
    },
    /// All parts together last longer than a day.
    #[error("the shift ends more than 24 hours after it starts: give the rest to another day")]
    TooLong,
    /// Too many parts.
    #[error("a shift has at most {MAX_PARTS} parts")]
    TooManyParts,
    /// A window that reaches into other days.
    #[error("a window reaches at most 12 hours beyond the shift: {0} is too long")]
    Window(Length),
    /// Hours of an open shift.
    #[error("{0} is expected of the shift, but a day has 24 hours")]
    Expected(Length),
    /// Hours for a shift that has times.
    #[error("only an open shift says how long is expected: this one has its times")]
    ExpectedWithParts,
}

impl ShiftTemplate {
    /// A shift of one part.
    #[must_use]
    pub fn of(start: Time, end: Time) -> Self {
        Self { parts: vec![Part { start, end }], ..Self::open(None) }
    }

    /// An open shift.
    #[must_use]
    pub fn open(expected: Option<Length>) -> Self {
        Self {
            name: String::new(),
            parts: Vec::new(),
            expected,
            day_start: Time::midnight(),
            window_before: an_hour(),
            window_after: an_hour(),
            breaks: None,
            grace: None,
        }
    }

    /// Checks what the types can't.
    ///
    /// # Errors
    /// [`ShiftError`].
    pub fn check(&self) -> Result<(), ShiftError> {
        if self.parts.len() > MAX_PARTS {
            return Err(ShiftError::TooManyParts);
        }
        for window in [self.window_before, self.window_after] {
            if window > Length::from_hours(12) {
                return Err(ShiftError::Window(window));
            }
        }
        if let Some(expected) = self.expected {
            if expected > Length::from_hours(24) {
                return Err(ShiftError::Expected(expected));
            }
            if !self.parts.is_empty() {
                return Err(ShiftError::ExpectedWithParts);
            }
        }
        // Any date without a change of clocks: local time is what HR wrote down.
        let plan = self.planned_parts(Date::constant(2026, 1, 5), &TimeZone::UTC);
        for (number, pair) in (2..).zip(plan.windows(2)) {
            if let [before, after] = pair
                && after.start() < before.end()
            {
                let start = self.parts.get(number - 1).map_or(Time::midnight(), |part| part.start);
                return Err(ShiftError::Overlap { number, start });
            }
        }
        match (plan.first(), plan.last()) {
            (Some(first), Some(last)) if since(last.end(), first.start()) > Length::from_hours(24) => {
                Err(ShiftError::TooLong)
            }
            _ => Ok(()),
        }
    }

    /// The parts on a date, as instants. Where a local time doesn't exist it is the same time after the gap;
    /// where it exists twice, the earlier (RFC 5545, as jiff's `compatible`).
    #[must_use]
    pub fn planned_parts(&self, date: Date, zone: &TimeZone) -> Vec<Interval> {
        let mut day = date;
        let mut before: Option<Time> = None;
        self.parts
            .iter()
            .map(|part| {
                // A part that starts no later in the day than the one before it starts on the next day.
                if before.is_some_and(|before| part.start < before) {
                    day = next(day);
                }
                let start = instant(day, part.start, zone);
                if part.end <= part.start {
                    day = next(day);
                }
                before = Some(part.end);
                Interval::new(start, instant(day, part.end, zone))
            })
            .collect()
    }
}

fn next(date: Date) -> Date {
    date.saturating_add(1.day())
}

/// A local time on a date as an instant.
pub(crate) fn instant(date: Date, time: Time, zone: &TimeZone) -> UtcMillis {
    let last = if date.year() < 0 { i64::MIN } else { i64::MAX };
    zone.to_ambiguous_timestamp(date.to_datetime(time))
        .compatible()
        .map_or(UtcMillis::from_i64(last), UtcMillis::from)
}

/// One part of a shift on its date, with the time in which punches are taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedPart {
    /// The date that it belongs to: the one on which its shift starts.
    pub date: Date,
    /// Which shift.
    pub shift: ShiftId,
    /// Counted from zero within the shift.
    pub part: usize,
    /// From planned start to planned end; none for an open shift.
    pub planned: Option<Interval>,
    /// In which a punch is taken for it without asking further.
    pub window: Interval,
}

/// The parts of a template on a date.
#[must_use]
pub fn plan(shift: &ShiftId, template: &ShiftTemplate, date: Date, zone: &TimeZone) -> Vec<PlannedPart> {
    let part = |part, planned: Option<Interval>, window| PlannedPart {
        date,
        shift: shift.clone(),
        part,
        planned,
        window,
    };
    if template.parts.is_empty() {
        let day = Interval::new(
            instant(date, template.day_start, zone),
            instant(next(date), template.day_start, zone),
        );
        return vec![part(0, None, day)];
    }
    let windowed = |(number, planned): (usize, Interval)| {
        let start = minus(planned.start(), template.window_before);
        let end = plus(planned.end(), template.window_after);
        part(number, Some(planned), Interval::new(start, end))
    };
    template.planned_parts(date, zone).into_iter().enumerate().map(windowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};
    use lintel_core::time::zone;

    fn night() -> ShiftTemplate {
        ShiftTemplate::of(time(22, 0, 0, 0), time(6, 0, 0, 0))
    }

    #[test]
    fn a_night_shift_lasts_as_long_as_the_night_really_does() {
        let berlin = zone("Europe/Berlin").unwrap();
        let hours = |day| night().planned_parts(day, &berlin)[0].length();
        assert_eq!(hours(date(2026, 11, 20)), Length::from_hours(8));
        assert_eq!(hours(date(2026, 3, 28)), Length::from_hours(7));
        assert_eq!(hours(date(2026, 10, 24)), Length::from_hours(9));
    }

    #[test]
    fn a_split_shift_may_go_on_after_midnight() {
        let parts = vec![
            Part { start: time(18, 0, 0, 0), end: time(22, 0, 0, 0) },
            Part { start: time(1, 0, 0, 0), end: time(5, 0, 0, 0) },
        ];
        let split = ShiftTemplate { parts, ..ShiftTemplate::open(None) };
        split.check().unwrap();
        let plan = split.planned_parts(date(2026, 11, 20), &TimeZone::UTC);
        assert_eq!(since(plan[1].start(), plan[0].end()), Length::from_hours(3));
        assert_eq!(since(plan[1].end(), plan[0].start()), Length::from_hours(11));
    }

    #[test]
    fn parts_that_overlap_and_shifts_that_never_end_are_refused() {
        let of = |parts: &[(i8, i8)]| ShiftTemplate {
            parts: parts
                .iter()
                .map(|(start, end)| Part { start: time(*start, 0, 0, 0), end: time(*end, 0, 0, 0) })
                .collect(),
            ..ShiftTemplate::open(None)
        };
        assert_eq!(of(&[(8, 12), (13, 17)]).check(), Ok(()));
        assert_eq!(of(&[(8, 12), (11, 17)]).check(), Err(ShiftError::TooLong));
        assert_eq!(of(&[(8, 8)]).check(), Ok(()), "a whole day");
        assert_eq!(of(&[(8, 8), (9, 10)]).check(), Err(ShiftError::TooLong));
        assert_eq!(of(&[(1, 2); 7]).check(), Err(ShiftError::TooManyParts));
        let long = ShiftTemplate { window_before: Length::from_hours(13), ..night() };
        assert_eq!(long.check(), Err(ShiftError::Window(Length::from_hours(13))));
        let both = ShiftTemplate { expected: Some(Length::from_hours(8)), ..night() };
        assert_eq!(both.check(), Err(ShiftError::ExpectedWithParts));
    }
}
