//! Overtime: which of the paid hours are paid at a higher rate, and how much higher.
//!
//! An hour may be overtime for several reasons at once: the ninth of a Sunday in a full week. The reasons of
//! each hour are kept together, so that the rate can be their highest or their sum, and no hour is counted
//! twice.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Length;
use super::length::{Written, written_or_none};

/// What is paid beyond the usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Overtime {
    /// Paid hours of a day beyond this; none is never.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub daily_after: Option<Length>,
    /// Paid hours of a week beyond this; none is never.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub weekly_after: Option<Length>,
    /// Time before the shift's start is worked and paid; otherwise the shift's start is when pay begins.
    pub before_shift: bool,
    /// What each reason adds to the hour's pay, in per cent.
    pub premium: Premium,
    /// What an hour gets that has several reasons.
    pub combine: Combine,
    /// Somebody has to approve it before it is exported.
    pub needs_approval: bool,
}

impl Default for Overtime {
    fn default() -> Self {
        Self {
            daily_after: None,
            weekly_after: None,
            before_shift: false,
            premium: Premium::default(),
            combine: Combine::Highest,
            needs_approval: true,
        }
    }
}

/// What each reason adds, in per cent of the usual pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Premium {
    /// Beyond the day's hours.
    pub daily: u16,
    /// Beyond the week's hours.
    pub weekly: u16,
    /// On a day off.
    pub rest_day: u16,
    /// On a holiday.
    pub holiday: u16,
}

impl Default for Premium {
    fn default() -> Self {
        Self { daily: 25, weekly: 25, rest_day: 50, holiday: 100 }
    }
}

/// What an hour gets that has several reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// The highest of them.
    Highest,
    /// All of them.
    Sum,
}

/// Why an hour is overtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Beyond the day's hours.
    Daily,
    /// Beyond the week's hours.
    Weekly,
    /// On a day off.
    RestDay,
    /// On a holiday.
    Holiday,
}

/// Hours of a day that are paid at one rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OvertimeLine {
    /// Why, in rising order.
    pub reasons: Vec<Reason>,
    /// How long.
    pub length: Length,
    /// What is added, in per cent.
    pub premium: u16,
}

/// What is special about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DayKind {
    /// It is a day off.
    pub rest_day: bool,
    /// It is a holiday.
    pub holiday: bool,
}

/// Why a rule can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OvertimeError {
    /// More than there is.
    #[error("{name} is {value}, but there are only {most}")]
    TooLong {
        /// Which setting.
        name: &'static str,
        /// What it is.
        value: Length,
        /// How many hours there are.
        most: Length,
    },
    /// A premium that looks like a whole rate times ten.
    #[error(
        "a premium of {0} %: it says what is added, so time and a half is 50, and at most 400 makes sense"
    )]
    Premium(u16),
}

impl Overtime {
    /// Checks what the types can't.
    ///
    /// # Errors
    /// [`OvertimeError`].
    pub fn check(&self) -> Result<(), OvertimeError> {
        for (name, value, most) in
            [("daily_after", self.daily_after, 24), ("weekly_after", self.weekly_after, 168)]
        {
            let most = Length::from_hours(most);
            if let Some(value) = value
                && value > most
            {
                return Err(OvertimeError::TooLong { name, value, most });
            }
        }
        let Premium { daily, weekly, rest_day, holiday } = self.premium;
        match [daily, weekly, rest_day, holiday].into_iter().find(|premium| *premium > 400) {
            Some(premium) => Err(OvertimeError::Premium(premium)),
            None => Ok(()),
        }
    }

    /// The overtime of a day with `paid` hours, after `paid_before` in the same week.
    ///
    /// The hours beyond a day's and a week's limit are the last of the day; those of a day off and a holiday
    /// are all of it. What is no overtime isn't listed.
    #[must_use]
    pub fn of_day(&self, paid: Length, paid_before: Length, kind: DayKind) -> Vec<OvertimeLine> {
        let beyond = |limit: Option<Length>, before: Length| {
            limit.map_or(Length::ZERO, |limit| (before + paid - limit).at_least_zero().min(paid))
        };
        let daily = beyond(self.daily_after, Length::ZERO);
        let weekly = beyond(self.weekly_after, paid_before);
        // Counted from the day's end: up to where each reason reaches.
        let mut lines = Vec::new();
        let mut from = Length::ZERO;
        let mut reaches = [daily, weekly, paid];
        reaches.sort_unstable();
        for reach in reaches {
            let length = reach - from;
            if length <= Length::ZERO {
                continue;
            }
            let reasons: Vec<Reason> = [
                (Reason::Daily, daily >= reach),
                (Reason::Weekly, weekly >= reach),
                (Reason::RestDay, kind.rest_day),
                (Reason::Holiday, kind.holiday),
            ]
            .into_iter()
            .filter_map(|(reason, is)| is.then_some(reason))
            .collect();
            from = reach;
            if !reasons.is_empty() {
                let premium = self.premium(&reasons);
                lines.push(OvertimeLine { reasons, length, premium });
            }
        }
        lines
    }

    fn premium(&self, reasons: &[Reason]) -> u16 {
        let each = reasons.iter().map(|reason| match reason {
            Reason::Daily => self.premium.daily,
            Reason::Weekly => self.premium.weekly,
            Reason::RestDay => self.premium.rest_day,
            Reason::Holiday => self.premium.holiday,
        });
        match self.combine {
            Combine::Highest => each.max().unwrap_or(0),
            Combine::Sum => each.fold(0, u16::saturating_add),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: fn(i64) -> Length = Length::from_hours;

    fn rules(combine: Combine) -> Overtime {
        Overtime { daily_after: Some(HOUR(8)), weekly_after: Some(HOUR(40)), combine, ..Overtime::default() }
    }

    fn lines(overtime: &Overtime, paid: i64, before: i64, kind: DayKind) -> Vec<(Vec<Reason>, Length, u16)> {
        let lines = overtime.of_day(HOUR(paid), HOUR(before), kind);
        lines.into_iter().map(|line| (line.reasons, line.length, line.premium)).collect()
    }

    #[test]
    fn the_ninth_hour_is_daily_overtime_and_the_forty_first_weekly() {
        let rules = rules(Combine::Highest);
        let usual = DayKind::default();
        assert_eq!(lines(&rules, 8, 0, usual), []);
        assert_eq!(lines(&rules, 10, 0, usual), [(vec![Reason::Daily], HOUR(2), 25)]);
        assert_eq!(lines(&rules, 8, 36, usual), [(vec![Reason::Weekly], HOUR(4), 25)]);
        assert_eq!(
            lines(&rules, 10, 35, usual),
            [(vec![Reason::Daily, Reason::Weekly], HOUR(2), 25), (vec![Reason::Weekly], HOUR(3), 25)]
        );
    }

    #[test]
    fn a_holiday_on_a_day_off_counts_each_hour_once() {
        let kind = DayKind { rest_day: true, holiday: true };
        let all = vec![Reason::RestDay, Reason::Holiday];
        assert_eq!(lines(&rules(Combine::Highest), 6, 0, kind), [(all.clone(), HOUR(6), 100)]);
        assert_eq!(lines(&rules(Combine::Sum), 6, 0, kind), [(all, HOUR(6), 150)]);
        let total: Length =
            rules(Combine::Sum).of_day(HOUR(10), HOUR(38), kind).iter().map(|line| line.length).sum();
        assert_eq!(total, HOUR(10));
    }

    #[test]
    fn without_limits_there_is_no_overtime() {
        assert_eq!(lines(&Overtime::default(), 16, 100, DayKind::default()), []);
    }

    #[test]
    fn a_rate_instead_of_a_premium_is_refused() {
        let rate = Overtime { premium: Premium { daily: 1250, ..Premium::default() }, ..Overtime::default() };
        assert!(rate.check().unwrap_err().to_string().contains("50"));
    }
}
