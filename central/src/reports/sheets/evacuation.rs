//! The evacuation list: who is inside, where they were last seen, and room for a tick.

use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::{Inside, Saying, Sheet, columns, document, name_cell, text_or_empty};

pub(super) fn sheet<'a>(people: &'a [Inside], saying: &Saying<'a>) -> Sheet<'a> {
    let said = saying.clone();
    Sheet {
        document: document(saying, columns_of(saying.words), &["reports-note-evacuation"]),
        rows: Box::new(people.iter().map(move |one| cells(one, &said))),
    }
}

fn columns_of(words: Words<'_>) -> Vec<Column> {
    vec![
        columns::name(words),
        columns::staff_no(words),
        columns::site(words),
        Column::new("presence", words.say("reports-presence"), Kind::Codes),
        Column::new("door", words.say("reports-last-door"), Kind::Text),
        Column::new("seen_at", words.say("reports-last-seen"), Kind::LocalTime),
        Column::new("found", words.say("reports-found"), Kind::Text),
    ]
}

fn cells<'a>(one: &'a Inside, saying: &Saying<'a>) -> Vec<Cell<'a>> {
    let words = saying.words;
    let presence = if one.sure {
        Coded { code: "inside", words: words.say("reports-inside") }
    } else {
        Coded { code: "perhaps", words: words.say("reports-perhaps-inside") }
    };
    vec![
        name_cell(words, &one.name),
        text_or_empty(one.staff_no.as_deref()),
        Cell::text(one.site.as_str()),
        columns::codes([presence]),
        Cell::or_empty((!one.door.is_empty()).then_some(one.door.as_str()), Cell::text),
        one.at(one.seen_at, saying),
        // Filled in by hand.
        Cell::Empty,
    ]
}
