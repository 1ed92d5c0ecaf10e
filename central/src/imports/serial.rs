//! Numbers of a spreadsheet as text: dates and times as ISO 8601, others without a trailing `.0`.
//!
//! Spreadsheets count days from 1900 or 1904 (ECMA-376 part 1, 18.17.4). The count from 1900 has a 29 February
//! 1900 that never was: it is refused, and the days before it are moved by one.

use jiff::ToSpan;
use jiff::civil::{Date, date};

const DAY_SECONDS: i64 = 86_400;
/// 9999-12-31 as a day from 1900.
const LAST_DAY: i64 = 2_958_465;

/// A date, a time (below one day) or both, to the second: `2026-11-20`, `08:30`, `2026-11-20T08:30:15`.
pub(super) fn moment(days: f64, from_1904: bool) -> Result<String, String> {
    let seconds = seconds(days).filter(|seconds| *seconds >= 0).ok_or_else(no_date)?;
    let (day, rest) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    if day == 0 {
        return Ok(clock(rest, 2));
    }
    let date = on(day, from_1904).ok_or_else(no_date)?;
    Ok(if rest == 0 { date.to_string() } else { format!("{date}T{}", clock(rest, 2)) })
}

/// A length of time, to the second: `38:30`, `-1:15`, `0:00:20`.
pub(super) fn duration(days: f64) -> Result<String, String> {
    let seconds = seconds(days).ok_or_else(|| "is no length of time: write 38:30".to_owned())?;
    let sign = if seconds < 0 { "-" } else { "" };
    Ok(format!("{sign}{}", clock(seconds.abs(), 1)))
}

/// A number as people type it.
pub(super) fn number(value: f64) -> Result<String, String> {
    if !value.is_finite() {
        return Err("is no number".to_owned());
    }
    // Zero has a sign in floating point and none on a sheet.
    Ok(if value == 0.0 { "0".to_owned() } else { value.to_string() })
}

fn no_date() -> String {
    "is no date: write it as 2026-11-20".to_owned()
}

fn seconds(days: f64) -> Option<i64> {
    // The range is checked first, so the cast neither saturates nor loses more than the fraction of a second.
    let most = (LAST_DAY + 1) as f64;
    (days.is_finite() && days.abs() < most).then(|| (days * DAY_SECONDS as f64).round() as i64)
}

fn on(day: i64, from_1904: bool) -> Option<Date> {
    let start = match (from_1904, day) {
        (true, _) => date(1904, 1, 1),
        (false, 60) => return None,
        (false, ..60) => date(1899, 12, 31),
        (false, _) => date(1899, 12, 30),
    };
    start.checked_add(day.days()).ok()
}

fn clock(seconds: i64, hour_digits: usize) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if seconds == 0 {
        format!("{hours:0hour_digits$}:{minutes:02}")
    } else {
        format!("{hours:0hour_digits$}:{minutes:02}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1900_around_the_leap_day_that_never_was() {
        assert_eq!(moment(1.0, false).unwrap(), "1900-01-01");
        assert_eq!(moment(59.0, false).unwrap(), "1900-02-28");
        assert!(moment(60.0, false).is_err());
        assert_eq!(moment(61.0, false).unwrap(), "1900-03-01");
        assert_eq!(moment(46_346.0, false).unwrap(), "2026-11-20");
        assert_eq!(moment(44_884.0, true).unwrap(), "2026-11-20");
        assert_eq!(moment(2_958_465.0, false).unwrap(), "9999-12-31");
        assert!(moment(2_958_466.0, false).is_err());
        assert!(moment(-1.0, false).is_err());
    }

    #[test]
    fn times_are_read_to_the_second() {
        assert_eq!(moment(0.0, false).unwrap(), "00:00");
        assert_eq!(moment(8.5 / 24.0, false).unwrap(), "08:30");
        assert_eq!(moment(46_346.0 + 8.5 / 24.0, false).unwrap(), "2026-11-20T08:30");
        assert_eq!(moment(1.0 / 86_400.0, true).unwrap(), "00:00:01");
        assert_eq!(duration(38.5 / 24.0).unwrap(), "38:30");
        assert_eq!(duration(-1.25 / 24.0).unwrap(), "-1:15");
        assert_eq!(duration(20.0 / 86_400.0).unwrap(), "0:00:20");
        for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!(moment(odd, false).is_err() && duration(odd).is_err());
        }
    }

    #[test]
    fn numbers_are_written_as_they_are_typed() {
        for (value, text) in
            [(7.0, "7"), (38.5, "38.5"), (-0.0, "0"), (1e15, "1000000000000000"), (0.1, "0.1")]
        {
            assert_eq!(number(value).unwrap(), text);
        }
        assert!(number(f64::NAN).is_err());
    }
}
