//! Days of a calendar: `20261225`, or a midnight that stands for one.

use jiff::ToSpan;
use jiff::civil::Date;

/// The day that a value names, and where its midnight is if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) day: Date,
    /// `None` for a day of its own, else the zone's name, empty where it is local everywhere.
    pub(super) midnight: Option<String>,
}

impl Moment {
    /// A DATE, or a DATE-TIME at midnight that isn't in UTC.
    pub(super) fn parse(value: &str, zone: &str) -> Result<Self, String> {
        let Some((day, time)) = value.split_once('T') else {
            let day = day(value).ok_or_else(|| no_day(value))?;
            return Ok(Self { day, midnight: None });
        };
        let day = self::day(day).ok_or_else(|| no_day(value))?;
        match time {
            "000000" => Ok(Self { day, midnight: Some(zone.to_owned()) }),
            time if time.ends_with('Z') => {
                Err(format!("has a time in UTC ({value}), which is another day elsewhere: write VALUE=DATE"))
            }
            _ => Err(format!("has a time of day ({value}): a holiday is of whole days, write VALUE=DATE")),
        }
    }

    /// The day of an `UNTIL`, which may be a day or an instant.
    pub(super) fn last_day(value: &str) -> Option<Date> {
        let (day, time) = value.split_once('T').unwrap_or((value, "000000"));
        let time = time.strip_suffix('Z').unwrap_or(time);
        let whole = time.len() == 6 && time.bytes().all(|byte| byte.is_ascii_digit());
        if whole { self::day(day) } else { None }
    }
}

fn no_day(value: &str) -> String {
    format!("has {value}, which is no day between 1900 and 2199: write it as 20261225")
}

fn day(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (1900..=2199).contains(&date.year()).then_some(date)
}

/// The day after a DURATION of whole days (`P1D`, `P2W`).
pub(super) fn after(first: Date, duration: &str) -> Option<Date> {
    let (count, days) = match duration.strip_prefix('P')? {
        text if text.ends_with('D') => (text.strip_suffix('D')?, 1),
        text => (text.strip_suffix('W')?, 7),
    };
    if count.is_empty() || count.len() > 3 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let days = count.parse::<i64>().ok()? * days;
    if days == 0 { None } else { first.checked_add(days.days()).ok() }
}
