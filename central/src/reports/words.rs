//! Codes and durations as people read them.

use lintel_runtime::catalogue::Words;

use crate::attendance::Length;
use crate::attendance::exception::{Code, Exception};
use crate::attendance::record::{DayRecord, Status};

/// `7:30`, cut to whole minutes and never negative; for a clock-like look at a running day.
#[must_use]
pub fn hours_minutes(millis: i64) -> String {
    let minutes = millis.max(0) / 60_000;
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

/// `7:30`, to the nearest minute.
#[must_use]
pub fn whole_hours(length: Length) -> String {
    super::hours::h_mm(length.as_millis())
}

/// What an exception means.
#[must_use]
pub fn code_in_words(words: Words<'_>, code: Code) -> String {
    words.say(match code {
        Code::MissingIn => "exception-missing-in",
        Code::MissingOut => "exception-missing-out",
        Code::Absent => "exception-absent",
        Code::PartAbsent => "exception-part-absent",
        Code::NotEmployed => "exception-not-employed",
        Code::BelowAbsence => "exception-below-absence",
        Code::BelowHalfDay => "exception-below-half-day",
        Code::LateIn => "exception-late-in",
        Code::EarlyOut => "exception-early-out",
        Code::Unscheduled => "exception-unscheduled",
        Code::OnRestDay => "exception-on-rest-day",
        Code::OnHoliday => "exception-on-holiday",
        Code::OnLeave => "exception-on-leave",
        Code::ShortBreak => "exception-short-break",
        Code::LongBreak => "exception-long-break",
        Code::LegalBreak => "exception-legal-break",
        Code::OverDaily => "exception-over-daily",
        Code::OverWeekly => "exception-over-weekly",
        Code::DailyRest => "exception-daily-rest",
        Code::WeeklyRest => "exception-weekly-rest",
        Code::AverageWeek => "exception-average-week",
        Code::ClockDoubtful => "exception-clock-doubtful",
        Code::DirectionUnknown => "exception-direction-unknown",
        Code::DoorOutOfService => "exception-door-out-of-service",
        Code::OvertimeUnapproved => "exception-overtime-unapproved",
    })
}

/// The same with by how much, where that is known.
#[must_use]
pub fn exception_in_words(words: Words<'_>, exception: &Exception) -> String {
    let what = code_in_words(words, exception.code);
    match exception.length {
        None => what,
        Some(length) => {
            let length = super::hours::h_mm(length.as_millis());
            words.say_with("exception-by", &[("what", what.into()), ("length", length.into())])
        }
    }
}

/// All exceptions of a day.
#[must_use]
pub fn exceptions_in_words(words: Words<'_>, record: &DayRecord) -> String {
    let all: Vec<String> =
        record.exceptions.iter().map(|exception| exception_in_words(words, exception)).collect();
    all.join(", ")
}

/// What a day was.
#[must_use]
pub fn status_in_words(words: Words<'_>, status: Status) -> String {
    words.say(match status {
        Status::Pending => "status-pending",
        Status::Present => "status-present",
        Status::HalfDay => "status-half-day",
        Status::Absent => "status-absent",
        Status::Excused => "status-excused",
        Status::Leave => "status-leave",
        Status::Holiday => "status-holiday",
        Status::RestDay => "status-rest-day",
        Status::Free => "status-free",
        Status::NotEmployed => "status-not-employed",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_in;

    #[test]
    fn every_code_and_every_status_has_its_words() {
        let words = words_in("en");
        for code in Code::ALL {
            assert!(!code_in_words(words, *code).contains("exception-"), "{code}");
        }
        for status in Status::ALL {
            assert!(!status_in_words(words, status).contains("status-"), "{status:?}");
        }
    }
}
