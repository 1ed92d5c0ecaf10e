//! Codes and durations as people read them.

use lintel_core::event::EventKind;
use lintel_runtime::catalogue::Words;

use crate::attendance::Length;
use crate::attendance::exception::{Code, Exception, Severity};
use crate::attendance::overtime::Reason;
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

/// How much an exception matters.
#[must_use]
pub(super) fn severity_in_words(words: Words<'_>, severity: Severity) -> String {
    words.say(match severity {
        Severity::Info => "reports-info",
        Severity::Notice => "reports-notice",
        Severity::Warning => "reports-warning",
        Severity::Error => "reports-error",
    })
}

/// Why an hour is overtime, for programs.
#[must_use]
pub(super) const fn reason_code(reason: Reason) -> &'static str {
    match reason {
        Reason::Daily => "daily",
        Reason::Weekly => "weekly",
        Reason::RestDay => "rest_day",
        Reason::Holiday => "holiday",
    }
}

/// The same for people.
#[must_use]
pub(super) fn reason_in_words(words: Words<'_>, reason: Reason) -> String {
    words.say(match reason {
        Reason::Daily => "reports-beyond-day",
        Reason::Weekly => "reports-beyond-week",
        Reason::RestDay => "exception-on-rest-day",
        Reason::Holiday => "exception-on-holiday",
    })
}

/// What a door recorded, with the name of a kind that this version doesn't know.
#[must_use]
pub(super) fn event_in_words(words: Words<'_>, kind: &EventKind) -> String {
    words.say(match kind {
        EventKind::Punch => "record-by-face",
        EventKind::Badge => "record-by-badge",
        EventKind::Unknown => "event-unknown",
        EventKind::Ambiguous => "event-ambiguous",
        EventKind::Spoof => "event-spoof",
        EventKind::LowQuality => "event-low-quality",
        EventKind::Tamper => "event-tamper",
        EventKind::Health => "event-health",
        EventKind::Other(name) => return words.say_with("event-other", &[("name", name.as_str().into())]),
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
