//! A calendar month, as it is asked for: `2026-11`.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Month(Date);

/// Not a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written as in 2026-11, between 2000-01 and 2199-12")]
pub struct NotAMonth;

impl Month {
    /// The month of a date.
    #[must_use]
    pub fn of(date: Date) -> Self {
        Self(date.first_of_month())
    }

    /// Its first day.
    #[must_use]
    pub fn first(self) -> Date {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> Date {
        self.0.last_of_month()
    }

    /// The month before; the same at the end of the calendar.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1.month()))
    }

    /// The month after; the same at the end of the calendar.
    #[must_use]
    pub fn after(self) -> Self {
        Self(self.0.saturating_add(1.month()))
    }

    /// Its days in order.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.0.series(1.day()).take(usize::try_from(self.0.days_in_month()).unwrap_or(0))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        let digits = |text: &str, len: usize| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(NotAMonth);
        }
        let (year, month): (i16, i8) =
            (year.parse().map_err(|_| NotAMonth)?, month.parse().map_err(|_| NotAMonth)?);
        if !(2000..2200).contains(&year) {
            return Err(NotAMonth);
        }
        Date::new(year, month, 1).map(Self).map_err(|_| NotAMonth)
    }
}

impl TryFrom<String> for Month {
    type Error = NotAMonth;

    fn try_from(text: String) -> Result<Self, NotAMonth> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_month_has_its_own_days_and_no_others() {
        let month: Month = "2028-02".parse().unwrap();
        assert_eq!(month.days().count(), 29);
        assert_eq!((month.first(), month.last()), (date(2028, 2, 1), date(2028, 2, 29)));
        assert_eq!(month.before().to_string(), "2028-01");
        assert_eq!("2028-12".parse::<Month>().unwrap().after().to_string(), "2029-01");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["", "2026", "2026-13", "2026-00", "26-01", "2026-1", "+026-01", "9999-12", "2026-11-01"]
        {
            assert_eq!(text.parse::<Month>(), Err(NotAMonth), "{text}");
        }
    }
}
