//! What somebody should look at: stable codes with a severity. Never a sentence: pages and reports have the words.

use std::fmt;

use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Length;

/// What somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exception {
    /// What it is.
    pub code: Code,
    /// By how much, where that can be said: how late, how much too little rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Length>,
    /// When, where that can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UtcMillis>,
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For whoever wonders.
    Info,
    /// Worth a look.
    Notice,
    /// Somebody should act.
    Warning,
    /// Hours are missing until somebody acts.
    Error,
}

impl Severity {
    /// The name in reports and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:tt, $severity:ident;)*) => {
        /// The catalogue of exceptions. Names are for ever: payrolls and scripts read them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[schema(as = ExceptionCode)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name in the database, in reports and on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How much it matters.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }
        }
    };
}

codes! {
    /// Nobody knows when they came.
    MissingIn = "missing_in", Error;
    /// Nobody knows when they left.
    MissingOut = "missing_out", Error;
    /// They weren't there, and every door that could have seen them has said so.
    Absent = "absent", Error;
    /// They weren't there for one part of a split shift, proven.
    PartAbsent = "part_absent", Warning;
    /// Work before the first or after the last day.
    NotEmployed = "not_employed", Error;
    /// Less than the policy's least hours: the day counts as absence.
    BelowAbsence = "below_absence", Warning;
    /// Less than half a day's hours.
    BelowHalfDay = "below_half_day", Notice;
    /// They came after the start and the grace.
    LateIn = "late_in", Notice;
    /// They left before the end and the grace.
    EarlyOut = "early_out", Notice;
    /// Work outside every shift.
    Unscheduled = "unscheduled", Warning;
    /// Work on a day off.
    OnRestDay = "on_rest_day", Notice;
    /// Work on a holiday.
    OnHoliday = "on_holiday", Notice;
    /// Work on a day of leave.
    OnLeave = "on_leave", Warning;
    /// A pause so short that it is work.
    ShortBreak = "short_break", Info;
    /// A break longer than it may be.
    LongBreak = "long_break", Notice;
    /// Less break than a law asks for.
    LegalBreak = "legal_break", Warning;
    /// More work on a day than a law allows.
    OverDaily = "over_daily", Warning;
    /// More work in a week than a law allows.
    OverWeekly = "over_weekly", Warning;
    /// Less rest between two days than a law asks for.
    DailyRest = "daily_rest", Warning;
    /// No rest in the week that is as long as a law asks for.
    WeeklyRest = "weekly_rest", Warning;
    /// More work a week on average than a law allows.
    AverageWeek = "average_week", Warning;
    /// A clock that may have been wrong by more than the policy accepts.
    ClockDoubtful = "clock_doubtful", Warning;
    /// A punch whose direction nobody said, where somebody has to.
    DirectionUnknown = "direction_unknown", Notice;
    /// A door that could have seen them was out of service.
    DoorOutOfService = "door_out_of_service", Info;
    /// Hours beyond the usual wait for somebody's approval.
    OvertimeUnapproved = "overtime_unapproved", Info;
}

impl Code {
    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Exception {
    /// Just that it is so.
    #[must_use]
    pub const fn of(code: Code) -> Self {
        Self { code, length: None, at: None }
    }

    /// By how much.
    #[must_use]
    pub const fn by(self, length: Length) -> Self {
        Self { length: Some(length), ..self }
    }

    /// When.
    #[must_use]
    pub const fn at(self, at: UtcMillis) -> Self {
        Self { at: Some(at), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_by_its_name_in_text_and_json() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(*code));
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
        }
        assert_eq!(Code::parse("missing"), None);
    }

    #[test]
    fn hours_that_are_missing_are_the_gravest() {
        assert_eq!(Code::MissingOut.severity(), Severity::Error);
        assert!(Severity::Error > Severity::Warning && Severity::Notice > Severity::Info);
    }
}
