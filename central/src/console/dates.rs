//! Dates, months and spans as a page says them. Pure; the words come from the catalogue.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;

fn weekday(words: Words<'_>, date: Date) -> String {
    words.say(match date.weekday() {
        Weekday::Monday => "date-monday",
        Weekday::Tuesday => "date-tuesday",
        Weekday::Wednesday => "date-wednesday",
        Weekday::Thursday => "date-thursday",
        Weekday::Friday => "date-friday",
        Weekday::Saturday => "date-saturday",
        Weekday::Sunday => "date-sunday",
    })
}

fn month(words: Words<'_>, month: i8) -> String {
    words.say(match month {
        1 => "date-january",
        2 => "date-february",
        3 => "date-march",
        4 => "date-april",
        5 => "date-may",
        6 => "date-june",
        7 => "date-july",
        8 => "date-august",
        9 => "date-september",
        10 => "date-october",
        11 => "date-november",
        _ => "date-december",
    })
}

/// `Saturday, 21 November 2026`.
pub(super) fn long(words: Words<'_>, date: Date) -> String {
    let values = [
        ("weekday", weekday(words, date).into()),
        ("day", i64::from(date.day()).into()),
        ("month", month(words, date.month()).into()),
        ("year", date.year().to_string().into()),
    ];
    words.say_with("date-long", &values)
}

/// `Saturday, 21 November 2026, 15:04`.
pub(super) fn moment(words: Words<'_>, at: UtcMillis, zone: &TimeZone) -> String {
    let values = [("date", long(words, at.date_in(zone)).into()), ("time", at.hour_minute_in(zone).into())];
    words.say_with("date-moment", &values)
}

/// `Saturday 21`.
pub(super) fn day_of_month(words: Words<'_>, date: Date) -> String {
    let values = [("weekday", weekday(words, date).into()), ("day", i64::from(date.day()).into())];
    words.say_with("date-day", &values)
}

/// `November 2026`.
pub(super) fn month_and_year(words: Words<'_>, first: Date) -> String {
    let values = [("month", month(words, first.month()).into()), ("year", first.year().to_string().into())];
    words.say_with("date-month", &values)
}

/// `2 minutes ago`, for an age in ms; in whole units, the largest that fits.
pub(super) fn ago(words: Words<'_>, age_ms: i64) -> String {
    let minutes = age_ms.max(0) / 60_000;
    match minutes {
        0 => words.say("date-now"),
        1..60 => words.say_with("date-minutes-ago", &[("count", minutes.into())]),
        60..1440 => words.say_with("date-hours-ago", &[("count", (minutes / 60).into())]),
        _ => words.say_with("date-days-ago", &[("count", (minutes / 1440).into())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_in;
    use jiff::civil::date;

    #[test]
    fn dates_are_said_in_words() {
        let words = words_in("en");
        assert_eq!(long(words, date(2026, 11, 21)), "Saturday, 21 November 2026");
        assert_eq!(day_of_month(words, date(2026, 11, 2)), "Monday 2");
        let at = UtcMillis::from_i64(1_795_161_600_000);
        assert_eq!(moment(words, at, &TimeZone::UTC), "Friday, 20 November 2026, 08:00");
        assert_eq!(month_and_year(words, date(2026, 3, 1)), "March 2026");
    }

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        let words = words_in("en");
        let said = |ms| ago(words, ms);
        assert_eq!(said(-5), "just now");
        assert_eq!(said(60_000), "1 minute ago");
        assert_eq!(said(7_200_000), "2 hours ago");
        assert_eq!(said(86_400_000 * 3), "3 days ago");
    }
}
