//! Codes of the rules and the doors as a page says them.

use lintel_core::event::EventKind;
use lintel_runtime::catalogue::Words;

use crate::attendance::Code;

/// What an exception means. While the day runs a missing check-out is no mistake yet.
pub(super) fn exception(words: Words<'_>, code: Code, provisional: bool) -> String {
    words.say(match code {
        Code::MissingCheckOut if provisional => "exception-not-out-yet",
        Code::MissingCheckOut => "exception-missing-out",
        Code::ClockUnsynced => "exception-clock",
    })
}

/// What a door recorded, where no name is to be said.
pub(super) fn event(words: Words<'_>, kind: &EventKind) -> String {
    words.say(match kind {
        EventKind::Punch | EventKind::Badge => "today-removed",
        EventKind::Unknown => "event-unknown",
        EventKind::Ambiguous => "event-ambiguous",
        EventKind::Spoof => "event-spoof",
        EventKind::LowQuality => "event-low-quality",
        EventKind::Tamper => "event-tamper",
        EventKind::Health => "event-health",
        EventKind::Other(name) => return words.say_with("event-other", &[("name", name.as_str().into())]),
    })
}
