//! Some days of the week, as people write them: `mon-fri`, `sat,sun`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Some days of the week, Monday first; never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Weekdays(pub(crate) [bool; 7]);

/// Not weekdays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} are no weekdays: write them as in mon-fri, or mon,wed,sat")]
pub struct NotWeekdays(String);

impl Weekdays {
    /// From the bits of a row: bit 0 is Monday.
    #[must_use]
    pub fn from_bits(bits: i64) -> Option<Self> {
        if !(1..128).contains(&bits) {
            return None;
        }
        let mut days = [false; 7];
        for (number, day) in days.iter_mut().enumerate() {
            *day = bits >> number & 1 == 1;
        }
        Some(Self(days))
    }

    /// The bits for a row.
    #[must_use]
    pub fn bits(self) -> i64 {
        self.0.iter().rev().fold(0, |bits, day| bits << 1 | i64::from(*day))
    }
}

fn number(name: &str) -> Option<usize> {
    NAMES.iter().position(|day| *day == name)
}

impl FromStr for Weekdays {
    type Err = NotWeekdays;

    fn from_str(text: &str) -> Result<Self, NotWeekdays> {
        let wrong = || NotWeekdays(text.chars().take(40).collect());
        let mut bits = 0;
        for part in text.to_ascii_lowercase().split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = number(first.trim()).zip(number(last.trim())).ok_or_else(wrong)?;
            if first > last {
                return Err(wrong());
            }
            bits |= (first..=last).fold(0, |bits, day| bits | 1 << day);
        }
        Self::from_bits(bits).ok_or_else(wrong)
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days: Vec<_> =
            NAMES.iter().zip(self.0).filter_map(|(name, works)| works.then_some(*name)).collect();
        f.write_str(&days.join(","))
    }
}

impl TryFrom<String> for Weekdays {
    type Error = NotWeekdays;

    fn try_from(text: String) -> Result<Self, NotWeekdays> {
        text.parse()
    }
}

impl From<Weekdays> for String {
    fn from(days: Weekdays) -> Self {
        days.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_read_as_people_write_them_and_go_through_a_row() {
        for (text, bits, shown) in [
            ("mon-fri", 31, "mon,tue,wed,thu,fri"),
            ("Sat, Sun", 96, "sat,sun"),
            ("wed", 4, "wed"),
            ("mon-tue,sun", 67, "mon,tue,sun"),
        ] {
            let days: Weekdays = text.parse().unwrap();
            assert_eq!((days.bits(), days.to_string().as_str()), (bits, shown));
            assert_eq!(Weekdays::from_bits(bits), Some(days));
        }
    }

    #[test]
    fn no_day_at_all_and_a_week_backwards_are_refused() {
        for wrong in ["", "fri-mon", "monday", "mon,,tue", "mon;tue", "-"] {
            assert!(wrong.parse::<Weekdays>().is_err(), "{wrong}");
        }
        assert_eq!((Weekdays::from_bits(0), Weekdays::from_bits(128)), (None, None));
    }
}
