//! The one rule of repetition that holidays need: the same day every so many years (RFC 5545, 3.3.10).
//!
//! A rule that says more is refused instead of half followed: a movable feast computed wrongly is a working day
//! on which nobody comes.

use std::ops::RangeInclusive;

use jiff::civil::Date;

use super::when::Moment;

/// `FREQ=YEARLY`, with `INTERVAL`, and `COUNT` or `UNTIL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Yearly {
    interval: i16,
    count: Option<usize>,
    until: Option<Date>,
}

impl Yearly {
    pub(super) fn parse(rule: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "repeats by a rule ({rule}) that isn't followed: write its days one by one, or FREQ=YEARLY"
            )
        };
        let mut yearly = Self { interval: 1, count: None, until: None };
        let mut seen: Vec<String> = Vec::new();
        for part in rule.split(';').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').ok_or_else(refused)?;
            let key = key.to_ascii_uppercase();
            match key.as_str() {
                "FREQ" if value.eq_ignore_ascii_case("YEARLY") => {}
                "INTERVAL" => yearly.interval = whole(value, 300).ok_or_else(refused)?,
                "COUNT" => yearly.count = Some(whole(value, 10_000).ok_or_else(refused)?),
                "UNTIL" => yearly.until = Some(Moment::last_day(value).ok_or_else(refused)?),
                _ => return Err(refused()),
            }
            if seen.contains(&key) {
                return Err(refused());
            }
            seen.push(key);
        }
        let both = yearly.count.is_some() && yearly.until.is_some();
        if both || !seen.iter().any(|key| key == "FREQ") { Err(refused()) } else { Ok(yearly) }
    }

    /// The first days of the repetitions that begin in `years`. A 29 February is skipped in other years and not
    /// counted, as the standard has it.
    pub(super) fn days(&self, first: Date, years: &RangeInclusive<i16>) -> Vec<Date> {
        let mut days = Vec::new();
        let mut counted = 0;
        let mut year = first.year();
        while year <= *years.end() && self.count.is_none_or(|count| counted < count) {
            if let Ok(day) = Date::new(year, first.month(), first.day()) {
                if self.until.is_some_and(|until| day > until) {
                    break;
                }
                counted += 1;
                if years.contains(&year) {
                    days.push(day);
                }
            }
            year = year.saturating_add(self.interval);
        }
        days
    }
}

/// A whole number from 1 to `most`.
fn whole<T: std::str::FromStr + PartialOrd + From<u8>>(text: &str, most: T) -> Option<T> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| *value >= T::from(1) && *value <= most)
}
