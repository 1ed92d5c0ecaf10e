//! Legal minima as data: what is flagged because a law asks for it. Never deducted, never invented.
//!
//! The defaults are those of Directive 2003/88/EC: eleven hours of rest a day (article 3), twenty-four a week
//! (article 5; with the daily rest of article 3 they are thirty-five in a row), forty-eight hours of work a week
//! on average over four months (articles 6 and 16). A country's own go into the policy.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::length::{Written, written_or_none};
use super::{Interval, Length, breaks::Deduction, interval::since};

/// What is flagged; none of a rule is never.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LegalMinima {
    /// Rest between one day's work and the next's.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub daily_rest: Option<Length>,
    /// The longest rest of a week, at least.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub weekly_rest: Option<Length>,
    /// Work of a day, at most.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub daily_work: Option<Length>,
    /// Work of a week, at most.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub weekly_work: Option<Length>,
    /// Work of a week on average over `average_weeks`, at most.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub average_work: Option<Length>,
    /// Over how many weeks the average is taken.
    pub average_weeks: u16,
    /// Breaks that are due after so many hours of work.
    pub breaks: Vec<Deduction>,
}

impl Default for LegalMinima {
    fn default() -> Self {
        Self {
            daily_rest: Some(Length::from_hours(11)),
            weekly_rest: Some(Length::from_hours(24)),
            daily_work: None,
            weekly_work: None,
            average_work: Some(Length::from_hours(48)),
            average_weeks: 17,
            breaks: Vec::new(),
        }
    }
}

impl LegalMinima {
    /// Whether somebody who worked so long should have had a longer break.
    #[must_use]
    pub fn break_too_short(&self, worked: Length, breaks: Length) -> bool {
        self.breaks.iter().any(|rule| worked > rule.after && breaks < rule.length)
    }

    /// Whether a week had no rest that was long enough. `presence` in order, within `week` or around it.
    #[must_use]
    pub fn no_weekly_rest(&self, week: Interval, presence: &[Interval]) -> bool {
        let Some(least) = self.weekly_rest else { return false };
        let mut free_since = week.start();
        for interval in presence.iter().filter_map(|interval| interval.overlap(week)) {
            if since(interval.start(), free_since) >= least {
                return false;
            }
            free_since = free_since.max(interval.end());
        }
        since(week.end(), free_since) < least
    }

    /// By how much an average week has more work than it may.
    #[must_use]
    pub fn beyond_average(&self, weekly: Length) -> Option<Length> {
        let most = self.average_work?;
        (weekly > most).then(|| weekly - most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_core::time::UtcMillis;

    fn hours(start: i64, end: i64) -> Interval {
        let at = |hour: i64| UtcMillis::from_i64(hour * 3_600_000);
        Interval::new(at(start), at(end))
    }

    #[test]
    fn a_week_needs_one_whole_day_of_rest_in_a_row() {
        let week = hours(0, 168);
        let all = |from: i64| -> Vec<Interval> {
            (0..7).map(|day| hours(day * 24 + from, day * 24 + from + 8)).collect()
        };
        let legal = LegalMinima::default();
        assert!(legal.no_weekly_rest(week, &all(8)));
        assert!(!legal.no_weekly_rest(week, &all(8)[..6]));
        assert!(!legal.no_weekly_rest(week, &[]));
        // Exactly a day is enough.
        assert!(!legal.no_weekly_rest(week, &[hours(0, 144)]));
        assert!(legal.no_weekly_rest(week, &[hours(0, 145)]));
    }

    #[test]
    fn forty_eight_hours_are_as_much_as_a_week_may_have_on_average() {
        let legal = LegalMinima::default();
        assert_eq!(legal.beyond_average(Length::from_hours(48)), None);
        assert_eq!(legal.beyond_average(Length::from_minutes(48 * 60 + 1)), Some(Length::from_minutes(1)));
        let none = LegalMinima { average_work: None, ..legal };
        assert_eq!(none.beyond_average(Length::from_hours(100)), None);
    }
}
