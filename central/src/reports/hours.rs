//! Durations as people and programs read them: `7:30`, `7.50`, 450 minutes.
//!
//! A duration is whole milliseconds. It is rounded here only, in whole numbers, and never through a floating
//! point number: what is paid by it must not depend on how a fraction is kept in binary.
//!
//! The rule: to the nearest unit, and a half goes away from zero. So a correction that takes an amount back
//! takes back what was written before, to the digit: `-x` is always written as the negative of `x`.

use std::num::NonZeroU32;

/// Milliseconds in an hour.
pub const HOUR_MS: u32 = 3_600_000;
/// Milliseconds in a minute, the unit of `h:mm`.
pub const MINUTE_MS: NonZeroU32 = NonZeroU32::new(60_000).unwrap();

/// Whole units of `unit_ms` milliseconds in a duration, halves away from zero.
#[must_use]
pub fn rounded(millis: i64, unit_ms: NonZeroU32) -> i64 {
    let unit = u64::from(unit_ms.get());
    // For an odd unit there is no exact half, so half the unit may be cut off.
    let units = (millis.unsigned_abs() + unit / 2) / unit;
    let units = i64::try_from(units).unwrap_or(i64::MAX);
    if millis < 0 { -units } else { units }
}

/// Whole minutes of a duration in milliseconds, halves away from zero.
#[must_use]
pub fn whole_minutes(millis: i64) -> i64 {
    rounded(millis, MINUTE_MS)
}

/// `8:05`, `-0:30` or `173:20` for a duration in milliseconds, to the nearest minute.
#[must_use]
pub fn h_mm(millis: i64) -> String {
    let minutes = whole_minutes(millis);
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}

/// Digits behind the point of a decimal number of hours: 0 to 4.
///
/// With four digits a unit is 360 ms and with fewer a multiple of it, so each unit is whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digits(u8);

impl Digits {
    /// The number of digits, or nothing above 4.
    #[must_use]
    pub const fn new(digits: u8) -> Option<Self> {
        if digits <= 4 { Some(Self(digits)) } else { None }
    }

    /// What one at the last digit is worth when `whole_ms` milliseconds are a one before the point, in
    /// milliseconds; nothing when that is not a whole number of them.
    #[must_use]
    pub fn unit_of(self, whole_ms: u32) -> Option<NonZeroU32> {
        let parts = 10_u32.pow(u32::from(self.0));
        if whole_ms.is_multiple_of(parts) { NonZeroU32::new(whole_ms / parts) } else { None }
    }

    /// A number of units with its point: 750 and two digits are `7.50`.
    #[must_use]
    pub fn written(self, units: i64, separator: char) -> String {
        let sign = if units < 0 { "-" } else { "" };
        if self.0 == 0 {
            return format!("{sign}{}", units.unsigned_abs());
        }
        let parts = 10_u64.pow(u32::from(self.0));
        let (whole, rest) = (units.unsigned_abs() / parts, units.unsigned_abs() % parts);
        format!("{sign}{whole}{separator}{rest:0width$}", width = usize::from(self.0))
    }
}

/// `7.50` for seven hours and a half, to the nearest last digit.
#[must_use]
pub fn decimal_hours(millis: i64, digits: Digits, separator: char) -> String {
    let unit = digits.unit_of(HOUR_MS).unwrap_or(NonZeroU32::MIN);
    digits.written(rounded(millis, unit), separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TWO: Digits = Digits::new(2).unwrap();

    /// Counts units up from zero until the next is farther away: slow, and plain.
    fn slowly(millis: i64, unit: i64) -> i64 {
        let mut units = 0;
        while (units + 1) * unit - millis.abs() <= millis.abs() - units * unit {
            units += 1;
        }
        units * millis.signum()
    }

    #[test]
    fn durations_are_said_to_the_nearest_minute_with_their_sign() {
        let said: Vec<String> =
            [0, 29_999, 30_000, -29_999, -30_000, -1_800_000, 29_159_999, 360_000_000].map(h_mm).to_vec();
        assert_eq!(said, ["0:00", "0:00", "0:01", "0:00", "-0:01", "-0:30", "8:06", "100:00"]);
    }

    #[test]
    fn hours_are_decimals_to_the_nearest_digit_with_their_sign() {
        assert_eq!(decimal_hours(27_000_000, TWO, '.'), "7.50");
        assert_eq!(decimal_hours(-1_800_000, TWO, ','), "-0,50");
        assert_eq!(decimal_hours(18_000, TWO, '.'), "0.01");
        assert_eq!(decimal_hours(17_999, TWO, '.'), "0.00");
        assert_eq!(decimal_hours(-17_999, TWO, '.'), "0.00");
        assert_eq!(decimal_hours(1_200_000, Digits::new(4).unwrap(), '.'), "0.3333");
        assert_eq!(decimal_hours(5_400_000, Digits::new(0).unwrap(), '.'), "2");
    }

    #[test]
    fn the_ends_of_the_range_are_rounded_too() {
        assert_eq!(rounded(i64::MIN, NonZeroU32::MIN), -i64::MAX);
        assert_eq!(rounded(i64::MAX, NonZeroU32::MIN), i64::MAX);
        assert!(h_mm(i64::MIN).starts_with('-'));
    }

    #[test]
    fn a_day_of_seven_hours_and_a_half_has_whole_hundredths() {
        assert_eq!(TWO.unit_of(27_000_000).unwrap().get(), 270_000);
        assert_eq!(TWO.unit_of(1), None);
        assert_eq!(Digits::new(5), None);
    }

    proptest! {
        #[test]
        fn rounding_is_that_of_a_slow_model(millis in -90_000_000_i64..90_000_000, digits in 0_u8..=3) {
            let unit = Digits::new(digits).unwrap().unit_of(HOUR_MS).unwrap();
            prop_assert_eq!(rounded(millis, unit), slowly(millis, i64::from(unit.get())));
            prop_assert_eq!(whole_minutes(millis), slowly(millis, 60_000));
        }

        #[test]
        fn what_is_taken_back_is_what_was_given(millis in any::<i64>(), digits in 0_u8..=4) {
            let digits = Digits::new(digits).unwrap();
            let unit = digits.unit_of(HOUR_MS).unwrap();
            prop_assume!(millis != i64::MIN);
            prop_assert_eq!(rounded(-millis, unit), -rounded(millis, unit));
            let there = decimal_hours(millis.abs(), digits, '.');
            let back = decimal_hours(-millis.abs(), digits, '.');
            let nothing = rounded(millis, unit) == 0;
            prop_assert_eq!(back, if nothing { there } else { format!("-{}", there) });
        }

        #[test]
        fn what_is_written_reads_back(units in any::<i32>(), digits in 0_u8..=4) {
            let text = Digits::new(digits).unwrap().written(units.into(), ',');
            let read: i64 = text.replace(',', "").parse().unwrap();
            prop_assert_eq!(read, i64::from(units));
        }

        #[test]
        fn h_mm_reads_back_as_the_minutes(millis in -1_000_000_000_000_i64..1_000_000_000_000) {
            let text = h_mm(millis);
            let (hours, minutes) = text.trim_start_matches('-').split_once(':').unwrap();
            let read = hours.parse::<i64>().unwrap() * 60 + minutes.parse::<i64>().unwrap();
            prop_assert_eq!(if text.starts_with('-') { -read } else { read }, whole_minutes(millis));
        }
    }
}
