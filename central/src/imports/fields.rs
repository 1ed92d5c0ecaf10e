//! The fields of a row: dates, hours, names and ids as people type them.
//!
//! Each reader gives the value or the sentence that tells what to write instead. Hours are counted in whole
//! numbers only: a week of 38.7 hours must not become one of 38.699999.

use jiff::civil::{Date, Weekday};
use lintel_core::ids::SiteId;

use crate::attendance::calendar::DayPart;
use crate::people::names::clean_name;

/// Longest id or staff number, in characters.
const MAX_ID_CHARS: usize = 64;
/// Minutes of a whole week.
const WEEK_MINUTES: u32 = 168 * 60;

/// Days of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// All seven.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `day` is among them.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.to_monday_zero_offset()) != 0
    }

    /// Monday to Sunday as bits, Monday the lowest.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }
}

/// A staff number: up to 64 characters, as the people of the centre have them.
pub(super) fn staff_no(text: &str) -> Result<String, String> {
    let text = clean_name(text).map_err(|error| error.to_string())?;
    within(text)
}

/// A name, kept as written.
pub(super) fn name(text: &str) -> Result<String, String> {
    clean_name(text).map_err(|error| error.to_string())
}

/// The id of a shift, pattern or kind of leave, or a team's name.
pub(super) fn id(text: &str) -> Result<String, String> {
    staff_no(text)
}

fn within(text: String) -> Result<String, String> {
    if text.chars().count() > MAX_ID_CHARS {
        return Err(format!("is longer than {MAX_ID_CHARS} characters"));
    }
    Ok(text)
}

/// A site's id.
pub(super) fn site(text: &str) -> Result<SiteId, String> {
    SiteId::parse(text)
        .map_err(|_| "is no site id: write 1 to 64 of a-z, 0-9 and '-', such as berlin".to_owned())
}

/// A remark of any text.
pub(super) fn note(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

/// A date: `2026-11-20` or `20.11.2026`, in the years 1900 to 2199.
pub(super) fn date(text: &str) -> Result<Date, String> {
    let parts = |separator: char| -> Option<[&str; 3]> {
        let parts: Vec<&str> = text.split(separator).map(str::trim).collect();
        let digits =
            |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if parts.iter().all(digits) { parts.try_into().ok() } else { None }
    };
    if let Some([first, second, year]) = parts('/') {
        return Err(ambiguous(first, second, year));
    }
    let (year, month, day) = if let Some([year, month, day]) =
        parts('-').filter(|[year, month, day]| year.len() == 4 && month.len() == 2 && day.len() == 2)
    {
        (year, month, day)
    } else if let Some([day, month, year]) =
        parts('.').filter(|[day, month, year]| year.len() == 4 && month.len() <= 2 && day.len() <= 2)
    {
        (year, month, day)
    } else if text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is a number and no date: give the cell a date's format, or write 2026-11-20".to_owned());
    } else if text.contains('T') && text.contains(':') {
        return Err("has a time of day: write the date alone, such as 2026-11-20".to_owned());
    } else {
        return Err("is no date: write it as 2026-11-20".to_owned());
    };
    civil(year, month, day)
        .ok_or_else(|| "is no day of the calendar between 1900 and 2199: write it as 2026-11-20".to_owned())
}

fn civil(year: &str, month: &str, day: &str) -> Option<Date> {
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    (1900..=2199).contains(&date.year()).then_some(date)
}

/// `11/20/2026` is November in one country and nothing in the next.
fn ambiguous(first: &str, second: &str, year: &str) -> String {
    let year = if year.len() == 4 { year } else { "" };
    let readings = (civil(year, first, second), civil(year, second, first));
    match readings {
        (Some(one), Some(other)) if one != other => {
            format!("can be read in two ways: write {one} or {other}")
        }
        (Some(date), _) | (_, Some(date)) => {
            format!("has day and month in an order that differs by country: write {date}")
        }
        (None, None) => {
            "has day and month in an order that differs by country: write it as 2026-11-20".to_owned()
        }
    }
}

/// Hours a week in minutes, 0 to 168 hours: `38:30`, `38.5`, `38,5` or `38`.
///
/// Decimals are rounded to the nearest minute.
pub(super) fn weekly_minutes(text: &str) -> Result<u32, String> {
    const REASON: &str = "is no time from 0 to 168 hours: write 38:30 or 38.5";
    let minutes = match text.split_once(':') {
        Some((hours, minutes)) => clock_minutes(hours, minutes),
        None => decimal_minutes(text),
    };
    minutes.filter(|minutes| *minutes <= WEEK_MINUTES).ok_or_else(|| REASON.to_owned())
}

fn digits(text: &str, most: usize) -> Option<u32> {
    if text.is_empty() || text.len() > most || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn clock_minutes(hours: &str, minutes: &str) -> Option<u32> {
    let minutes = if minutes.len() == 2 { digits(minutes, 2)? } else { return None };
    if minutes > 59 {
        return None;
    }
    Some(digits(hours, 3)? * 60 + minutes)
}

/// Nanohours are enough: what a spreadsheet's floating point adds beyond them is noise.
const PLACES: usize = 9;

fn decimal_minutes(text: &str) -> Option<u32> {
    let (hours, part) = match text.split_once(['.', ',']) {
        Some((hours, part)) if !part.is_empty() => (hours, part),
        Some(_) => return None,
        None => (text, "0"),
    };
    if part.len() > 20 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept: String = part.chars().chain(std::iter::repeat('0')).take(PLACES).collect();
    let nanohours = u64::from(digits(hours, 3)?) * 1_000_000_000 + kept.parse::<u64>().ok()?;
    if nanohours > u64::from(WEEK_MINUTES / 60) * 1_000_000_000 {
        return None;
    }
    u32::try_from((nanohours * 60 + 500_000_000) / 1_000_000_000).ok()
}

/// `full`, `first half` or `second half`.
pub(super) fn day_part(text: &str) -> Result<DayPart, String> {
    let folded: String =
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    match folded.as_str() {
        "full" | "fullday" | "no" => Ok(DayPart::Full),
        "firsthalf" | "1sthalf" | "morning" => Ok(DayPart::FirstHalf),
        "secondhalf" | "2ndhalf" | "afternoon" => Ok(DayPart::SecondHalf),
        _ => Err("is no part of a day: write full, first half or second half".to_owned()),
    }
}

/// Days such as `Mon-Fri`, `Mon Wed Sat` or `Sat, Sun`; a range may pass over Sunday.
pub(super) fn weekdays(text: &str) -> Result<Weekdays, String> {
    const REASON: &str = "names no days of the week: write Mon-Fri or Mon Wed Sat";
    let joined = text.replace(['–', '—'], "-").replace(" - ", "-").replace(" to ", "-");
    let mut bits = 0;
    let words = joined.split([' ', ',', ';', '/', '+']).filter(|word| !word.is_empty());
    for word in words {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        let (first, last) = (weekday(first).ok_or(REASON)?, weekday(last).ok_or(REASON)?);
        let mut day = first;
        loop {
            bits |= 1 << day;
            if day == last {
                break;
            }
            day = (day + 1) % 7;
        }
    }
    if bits == 0 { Err(REASON.to_owned()) } else { Ok(Weekdays(bits)) }
}

/// Monday is 0. The first three letters or more of the English name.
fn weekday(word: &str) -> Option<u8> {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let word = word.trim().to_lowercase();
    if word.len() < 3 {
        return None;
    }
    NAMES.iter().zip(0..).find(|(name, _)| name.starts_with(&word)).map(|(_, day)| day)
}
