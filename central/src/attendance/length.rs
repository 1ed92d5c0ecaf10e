//! Lengths of time in whole milliseconds: exact, signed, and never a float.
//!
//! A day's hours are sums and differences of instants, which are milliseconds; so is everything here. People
//! write and read lengths as hours and minutes, `8:05`, and so do policies.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A length of time in milliseconds; negative where a difference may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Length(i64);

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Not a length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no length of time: write hours and minutes as in 7:30, or 0:00:30 with seconds")]
pub struct NotALength(String);

impl Length {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From whole minutes.
    #[must_use]
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(MINUTE_MS))
    }

    /// From whole hours.
    #[must_use]
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours.saturating_mul(HOUR_MS))
    }

    /// In milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// This, or zero where it is negative.
    #[must_use]
    pub fn at_least_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// Half of it, the odd millisecond dropped.
    #[must_use]
    pub const fn half(self) -> Self {
        Self(self.0 / 2)
    }
}

impl Add for Length {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Length {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl SubAssign for Length {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Neg for Length {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Length {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::ZERO, Add::add)
    }
}

/// `8:05`, `-0:30`, and `0:00:30` only where there are seconds. Thousandths are not shown.
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, seconds) = (if self.0 <= -SECOND_MS { "-" } else { "" }, self.0.unsigned_abs() / 1000);
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{sign}{hours}:{minutes:02}")?;
        if seconds > 0 { write!(f, ":{seconds:02}") } else { Ok(()) }
    }
}

impl FromStr for Length {
    type Err = NotALength;

    fn from_str(text: &str) -> Result<Self, NotALength> {
        let wrong = || NotALength(text.chars().take(40).collect());
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let mut parts = digits.split(':');
        let mut next = |longest: usize| {
            let part = parts.next()?;
            let fits = (1..=longest).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse::<i64>().ok()).flatten()
        };
        let (hours, minutes) = next(5).zip(next(2)).ok_or_else(wrong)?;
        let seconds = match digits.matches(':').count() {
            1 => 0,
            2 => next(2).ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        if minutes > 59 || seconds > 59 {
            return Err(wrong());
        }
        let millis = hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS;
        Ok(Self(if negative { -millis } else { millis }))
    }
}

/// Stands for a length as people write it in what describes policies and shifts.
#[derive(Debug, Clone, Copy)]
pub struct Written;

/// A length as people write it, for policies and shifts: `#[serde(with = "length::written")]`.
pub mod written {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::Length;

    /// Writes `7:30`.
    ///
    /// # Errors
    /// The serialiser's own.
    pub fn serialize<S: Serializer>(length: &Length, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(length)
    }

    /// Reads `7:30`.
    ///
    /// # Errors
    /// [`super::NotALength`], and where it is negative.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        let text = String::deserialize(deserializer)?;
        let length: Length = text.parse().map_err(D::Error::custom)?;
        if length < Length::ZERO {
            return Err(D::Error::custom(format_args!("{text:?} is negative: a rule counts forwards")));
        }
        Ok(length)
    }
}

/// The same where there may be none.
pub mod written_or_none {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

    use super::Length;

    /// Writes `7:30` or nothing.
    ///
    /// # Errors
    /// The serialiser's own.
    pub fn serialize<S: Serializer>(length: &Option<Length>, serializer: S) -> Result<S::Ok, S::Error> {
        length.map(|length| length.to_string()).serialize(serializer)
    }

    /// Reads `7:30` or nothing.
    ///
    /// # Errors
    /// [`super::NotALength`], and where it is negative.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Length>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let length: Length = text.parse().map_err(D::Error::custom)?;
        if length < Length::ZERO {
            return Err(D::Error::custom(format_args!("{text:?} is negative: a rule counts forwards")));
        }
        Ok(Some(length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_reads_back_as_it_is_written() {
        for text in ["0:00", "7:30", "-0:30", "0:00:30", "168:00", "-12:05:09"] {
            assert_eq!(text.parse::<Length>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_length_is_refused_with_an_example() {
        for text in
            ["", "8", "8:5:", "8:60", "1:00:60", "+1:00", "1.5", "999999:00", "1:2:3:4", "--1:00", "8: 5"]
        {
            let error = text.parse::<Length>().map(|l| l.to_string()).unwrap_err();
            assert!(error.to_string().contains("7:30"), "{text}: {error}");
        }
    }

    #[test]
    fn less_than_a_second_short_of_nothing_has_no_sign() {
        assert_eq!(Length::from_millis(-999).to_string(), "0:00");
        assert_eq!(Length::from_millis(59_999).to_string(), "0:00:59");
    }
}
