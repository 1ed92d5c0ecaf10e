//! Codes and durations as people read them.

use crate::attendance::Code;

/// `8:05` for 8 hours and 5 minutes, whole minutes begun not counted.
#[must_use]
pub fn hours_minutes(millis: i64) -> String {
    let minutes = millis.max(0) / 60_000;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// What an exception means. While the day runs a missing check-out is no mistake yet.
#[must_use]
pub fn exception_in_words(code: Code, provisional: bool) -> &'static str {
    match code {
        Code::MissingCheckOut if provisional => "not checked out yet",
        Code::MissingCheckOut => "missing check-out",
        Code::ClockUnsynced => "door clock not synchronised",
    }
}
