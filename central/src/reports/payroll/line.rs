//! What payroll gets: a person's time of one category on one day or in one period.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a stretch of time is paid as.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Category {
    /// Hours within the schedule.
    Worked,
    /// Beyond the day's limit.
    OvertimeDaily,
    /// Beyond the week's limit.
    OvertimeWeekly,
    /// Worked on a day of rest.
    OvertimeRestDay,
    /// Worked on a public holiday.
    OvertimeHoliday,
    /// Absent with leave of a kind, such as `annual`.
    Leave(String),
    /// A public holiday that is paid and was not worked.
    Holiday,
    /// Set by hand.
    Adjustment,
}

/// The categories with a fixed name.
const NAMED: [(&str, Category); 7] = [
    ("worked", Category::Worked),
    ("overtime_daily", Category::OvertimeDaily),
    ("overtime_weekly", Category::OvertimeWeekly),
    ("overtime_rest_day", Category::OvertimeRestDay),
    ("overtime_holiday", Category::OvertimeHoliday),
    ("holiday", Category::Holiday),
    ("adjustment", Category::Adjustment),
];

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leave(kind) => write!(f, "leave:{kind}"),
            named => f.write_str(NAMED.iter().find(|(_, one)| one == named).map_or("", |(name, _)| name)),
        }
    }
}

impl From<Category> for String {
    fn from(category: Category) -> Self {
        category.to_string()
    }
}

impl TryFrom<String> for Category {
    type Error = NotACategory;

    fn try_from(name: String) -> Result<Self, NotACategory> {
        name.parse()
    }
}

/// No category of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown category {name:?}: write worked, overtime_daily, overtime_weekly, overtime_rest_day, \
     overtime_holiday, leave:<kind>, holiday or adjustment"
)]
pub struct NotACategory {
    /// What was written.
    pub name: String,
}

impl FromStr for Category {
    type Err = NotACategory;

    fn from_str(name: &str) -> Result<Self, NotACategory> {
        if let Some(kind) = name.strip_prefix("leave:") {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if !kind.is_empty() && kind.chars().all(plain) {
                return Ok(Self::Leave(kind.to_owned()));
            }
        }
        let found = NAMED.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, category)| category.clone())
            .ok_or_else(|| NotACategory { name: name.chars().take(80).collect() })
    }
}

/// A period of pay, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// When the time was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// On a day of a period.
    Day {
        /// The day.
        date: Date,
        /// The period it is paid with. That of a reversal is the period it takes back from.
        period: Period,
    },
    /// In a period as a whole, such as weekly overtime or an adjustment.
    Period(Period),
}

impl When {
    /// The period.
    #[must_use]
    pub const fn period(self) -> Period {
        match self {
            Self::Day { period, .. } | Self::Period(period) => period,
        }
    }

    /// The day; of a period as a whole its last.
    #[must_use]
    pub const fn date(self) -> Date {
        match self {
            Self::Day { date, .. } => date,
            Self::Period(period) => period.last,
        }
    }
}

/// Why a line is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Sent for the first time.
    Original,
    /// Takes back what was sent before; its duration is negative.
    Reversal,
    /// What stands in place of what was taken back.
    Adjustment,
}

/// A line for payroll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayLine {
    /// Names the person, whatever their staff number is.
    pub person: String,
    /// The staff number, if they have one. A file with a column for it refuses those who have none.
    pub staff_no: Option<String>,
    /// The person's name.
    pub name: String,
    /// The site.
    pub site: String,
    /// The team; may be empty.
    pub team: String,
    /// What it is paid as.
    pub category: Category,
    /// When it was.
    pub when: When,
    /// Milliseconds; negative in a reversal.
    pub duration_ms: i64,
    /// Percent of the hourly pay: 150 for time and a half. Nothing where the category has no rate.
    pub rate_percent: Option<u16>,
    /// Why it is there.
    pub kind: LineKind,
}
