//! The raw log: events as the doors recorded them, none left out. Of the personal part just the name.

use lintel_core::event::EventKind;
use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::super::words::event_in_words;
use super::{Line, Saying, columns};
use crate::store::events::EventView;

impl Line for EventView {
    fn columns(words: Words<'_>) -> Vec<Column> {
        vec![
            Column::new("at", words.say("reports-at"), Kind::LocalTime),
            columns::site(words),
            Column::new("device_id", words.say("reports-device"), Kind::Text),
            Column::new("door", words.say("reports-door"), Kind::Text),
            Column::new("kind", words.say("reports-event"), Kind::Codes),
            columns::name(words),
            Column::new("status", words.say("reports-event-status"), Kind::Codes),
            Column::new("road", words.say("reports-road"), Kind::Text),
            Column::new("received_at", words.say("reports-received"), Kind::LocalTime),
            Column::new("ingest_no", words.say("reports-ingest-no"), Kind::Number),
        ]
    }

    fn notes() -> &'static [&'static str] {
        &["reports-note-raw"]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        let words = saying.words;
        let zone = saying.zones.get(&self.zone);
        let instant = |at| Cell::LocalTime { at, zone, day: None };
        vec![
            instant(self.corrected_at),
            Cell::text(self.site_id.as_str()),
            Cell::text(self.device_id.as_str()),
            Cell::text(self.door.as_str()),
            columns::codes([Coded { code: code(&self.kind), words: event_in_words(words, &self.kind) }]),
            Cell::or_empty(self.person_name.as_deref(), Cell::text),
            columns::codes([status(words, &self.status)]),
            Cell::text(self.road.as_str()),
            instant(self.received_at),
            Cell::Number(self.ingest_no),
        ]
    }
}

/// A kind that this version doesn't know has its name in the words.
const fn code(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::Punch => "punch",
        EventKind::Unknown => "unknown",
        EventKind::Ambiguous => "ambiguous",
        EventKind::Spoof => "spoof",
        EventKind::LowQuality => "low_quality",
        EventKind::Badge => "badge",
        EventKind::Tamper => "tamper",
        EventKind::Health => "health",
        EventKind::Other(_) => "other",
    }
}

fn status(words: Words<'_>, status: &str) -> Coded {
    if status == "accepted" {
        Coded { code: "accepted", words: words.say("reports-accepted") }
    } else {
        Coded { code: "quarantined", words: words.say("record-held-back") }
    }
}
