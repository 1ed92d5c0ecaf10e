//! Why a calendar as a whole isn't read.

/// Why a calendar as a whole isn't read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Over [`super::super::limits::MAX_CALENDAR_BYTES`].
    #[error("the calendar has {bytes} bytes, {limit} at most: export fewer years")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The ceiling in bytes.
        limit: usize,
    },
    /// Over [`super::super::limits::MAX_CALENDAR_LINES`].
    #[error("the calendar has more than {0} lines: export fewer years")]
    TooManyLines(usize),
    /// Over [`super::super::limits::MAX_CALENDAR_LINE_BYTES`].
    #[error("line {line} has more than {limit} bytes once unfolded: leave attachments and long notes out")]
    LineTooLong {
        /// Where it begins.
        line: usize,
        /// The ceiling in bytes.
        limit: usize,
    },
    /// Over [`super::super::limits::MAX_CALENDAR_EVENTS`].
    #[error("the calendar has more than {0} events: export fewer years")]
    TooManyEvents(usize),
    /// Over [`super::super::limits::MAX_CALENDAR_DAYS`].
    #[error("the events come to more than {0} days: ask for fewer years")]
    TooManyDays(usize),
    /// Another encoding.
    #[error("line {line} isn't UTF-8: export the calendar as UTF-8")]
    NotUtf8 {
        /// The line.
        line: usize,
    },
    /// A control character.
    #[error("line {line} has a control character, so the file isn't a calendar")]
    Control {
        /// The line.
        line: usize,
    },
    /// Something else.
    #[error("the file isn't a calendar: its first line must be BEGIN:VCALENDAR")]
    NoCalendar,
    /// vCalendar 1.0 or the future.
    #[error("the calendar is of version {0}: export it as iCalendar 2.0 (.ics)")]
    Version(String),
    /// `BEGIN` and `END` don't match.
    #[error("line {line}: {text} doesn't match what is open there: export the calendar again")]
    Unbalanced {
        /// The line; 0 at the end of the file.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Nothing in it.
    #[error("the calendar has no events: export one with the holidays in it")]
    NoEvents,
}
