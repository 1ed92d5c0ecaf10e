//! Codes of the rules and the doors as a page says them.

use lintel_core::event::EventKind;
use lintel_runtime::catalogue::Words;

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
