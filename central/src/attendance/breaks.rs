//! Breaks: deducted after some hours, or punched; and what a stretch of presence comes to without them.
//!
//! Nothing is invented: a deduction never takes more than what lies beyond the hours that it is for, so one
//! more minute of presence never means less pay. What the law asks for beyond that is flagged, not deducted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::interval::since;
use super::length::{Written, written, written_or_none};
use super::{Interval, Length};

/// How breaks are treated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Breaks {
    /// Deducted from presence, whatever was punched counting towards it. In rising order of `after`.
    pub deducted: Vec<Deduction>,
    /// The deducted breaks are paid: they are shown and cost nothing.
    pub deducted_is_paid: bool,
    /// A punched break shorter than this is no break but work (29 CFR 785.18 says so below 20 minutes).
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub shortest: Length,
    /// A punched break longer than this is flagged; none never is.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub longest: Option<Length>,
    /// How much of the punched breaks of a stretch is paid.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub paid: Length,
}

/// So much break is due once so many hours are exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deduction {
    /// Hours of presence that it begins after.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub after: Length,
    /// How long it is in all, those of fewer hours included.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub length: Length,
}

/// What stretches of presence come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Worked: presence without breaks.
    pub worked: Length,
    /// Breaks that were punched.
    pub punched: Length,
    /// Breaks that were deducted, paid or not.
    pub deducted: Length,
    /// How much of both kinds of break is paid.
    pub paid_break: Length,
    /// A punched pause was too short to be a break.
    pub too_short: bool,
    /// A punched break was too long.
    pub too_long: bool,
}

/// Settles one stretch of presence: intervals in order that don't overlap.
#[must_use]
pub fn settle(presence: &[Interval], breaks: &Breaks) -> Settled {
    let mut settled = Settled::default();
    let mut present = Length::ZERO;
    let mut before: Option<Interval> = None;
    for interval in presence {
        if let Some(before) = before {
            let pause = since(interval.start(), before.end()).at_least_zero();
            if pause < breaks.shortest {
                present += pause;
                settled.too_short |= !pause.is_zero();
            } else {
                settled.punched += pause;
                settled.too_long |= breaks.longest.is_some_and(|longest| pause > longest);
            }
        }
        present += interval.length();
        before = Some(*interval);
    }
    settled.deducted = deduction(present, settled.punched, &breaks.deducted);
    settled.paid_break = settled.punched.min(breaks.paid);
    settled.worked = present - settled.deducted;
    if breaks.deducted_is_paid {
        settled.paid_break += settled.deducted;
    }
    settled
}

/// What is still to be deducted: the longest that any rule asks for, each never more than what exceeds its
/// hours, less what was punched.
fn deduction(present: Length, punched: Length, rules: &[Deduction]) -> Length {
    let span = present + punched;
    let due = rules.iter().map(|rule| rule.length.min(span - rule.after)).max().unwrap_or_default();
    (due - punched).at_least_zero().min(present)
}

/// Why breaks can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BreaksError {
    /// Rules out of order.
    #[error("the break after {0} must come after those of fewer hours, and be no shorter")]
    Order(Length),
    /// Longer than the hours that it is for.
    #[error("a break of {length} after {after} leaves nothing to work")]
    Length {
        /// After which hours.
        after: Length,
        /// How long.
        length: Length,
    },
}

impl Breaks {
    /// Checks what the types can't.
    ///
    /// # Errors
    /// [`BreaksError`].
    pub fn check(&self) -> Result<(), BreaksError> {
        for pair in self.deducted.windows(2) {
            if let [few, many] = pair
                && (many.after <= few.after || many.length < few.length)
            {
                return Err(BreaksError::Order(many.after));
            }
        }
        match self.deducted.iter().find(|rule| rule.length > rule.after.max(Length::from_hours(1))) {
            Some(rule) => Err(BreaksError::Length { after: rule.after, length: rule.length }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_core::time::UtcMillis;

    fn presence(minutes: &[(i64, i64)]) -> Vec<Interval> {
        let at = |minute: i64| UtcMillis::from_i64(minute * 60_000);
        minutes.iter().map(|(start, end)| Interval::new(at(*start), at(*end))).collect()
    }

    fn german() -> Breaks {
        let rule = |after, length| Deduction {
            after: Length::from_hours(after),
            length: Length::from_minutes(length),
        };
        Breaks { deducted: vec![rule(6, 30), rule(9, 45)], ..Breaks::default() }
    }

    fn worked(minutes: &[(i64, i64)], breaks: &Breaks) -> i64 {
        settle(&presence(minutes), breaks).worked.as_millis() / 60_000
    }

    #[test]
    fn one_more_minute_of_presence_never_means_less_work() {
        let hours: Vec<i64> = (0..720).map(|end| worked(&[(0, end)], &german())).collect();
        assert!(hours.is_sorted());
        assert_eq!((hours[360], hours[361], hours[390], hours[391]), (360, 360, 360, 361));
        assert_eq!((hours[570], hours[571], hours[585], hours[600]), (540, 540, 540, 555));
    }

    #[test]
    fn a_punched_break_counts_towards_what_is_deducted() {
        assert_eq!(worked(&[(0, 240), (260, 510)], &german()), 480, "20 of 30 minutes were punched");
        assert_eq!(
            worked(&[(0, 240), (300, 540)], &german()),
            480,
            "an hour was punched: nothing is deducted"
        );
    }

    #[test]
    fn a_pause_that_is_too_short_is_work_and_a_long_one_is_flagged() {
        let breaks = Breaks {
            shortest: Length::from_minutes(20),
            longest: Some(Length::from_minutes(45)),
            ..Breaks::default()
        };
        let short = settle(&presence(&[(0, 240), (255, 480)]), &breaks);
        assert_eq!(
            (short.worked, short.punched, short.too_short),
            (Length::from_hours(8), Length::ZERO, true)
        );
        let long = settle(&presence(&[(0, 240), (300, 480)]), &breaks);
        assert!(long.too_long && !long.too_short);
        assert_eq!(long.worked, Length::from_hours(7));
    }

    #[test]
    fn paid_breaks_are_said_apart_from_work() {
        let breaks = Breaks { paid: Length::from_minutes(15), ..Breaks::default() };
        let settled = settle(&presence(&[(0, 240), (300, 480)]), &breaks);
        assert_eq!((settled.worked, settled.paid_break), (Length::from_hours(7), Length::from_minutes(15)));
        let paid = Breaks { deducted_is_paid: true, ..german() };
        let settled = settle(&presence(&[(0, 480)]), &paid);
        assert_eq!(settled.worked + settled.paid_break, Length::from_hours(8));
    }

    #[test]
    fn rules_in_the_wrong_order_are_refused() {
        let mut breaks = german();
        breaks.deducted.reverse();
        assert_eq!(breaks.check(), Err(BreaksError::Order(Length::from_hours(6))));
        assert_eq!(german().check(), Ok(()));
    }
}
