//! Columns that several reports share, so that the same thing has the same name in each.

use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::super::words::{code_in_words, status_in_words};
use crate::attendance::exception::Exception;
use crate::attendance::record::{DayRecord, Status};

pub(super) fn site(words: Words<'_>) -> Column {
    Column::new("site", words.say("reports-site"), Kind::Text)
}

pub(super) fn staff_no(words: Words<'_>) -> Column {
    Column::new("staff_no", words.say("reports-staff-no"), Kind::Text)
}

pub(super) fn name(words: Words<'_>) -> Column {
    Column::new("name", words.say("reports-name"), Kind::Text)
}

pub(super) fn date(words: Words<'_>) -> Column {
    Column::new("date", words.say("reports-date"), Kind::Date)
}

pub(super) fn status(words: Words<'_>) -> Column {
    Column::new("status", words.say("reports-status"), Kind::Codes)
}

pub(super) fn first_in(words: Words<'_>) -> Column {
    Column::new("first_in", words.say("reports-first-in"), Kind::LocalTime)
}

pub(super) fn last_out(words: Words<'_>) -> Column {
    Column::new("last_out", words.say("reports-last-out"), Kind::LocalTime)
}

pub(super) fn exceptions(words: Words<'_>) -> Column {
    Column::new("exceptions", words.say("reports-to-look-at"), Kind::Codes)
}

pub(super) fn provisional(words: Words<'_>) -> Column {
    Column::new("provisional", words.say("reports-provisional"), Kind::Bool)
}

/// What a day or a month is made of, each summed up. The balance may be below nothing anywhere; the others
/// only where an adjustment can take back.
pub(super) fn hours(words: Words<'_>, kind: Kind) -> [Column; 6] {
    [
        Column::new("scheduled", words.say("reports-scheduled"), kind).summed(),
        Column::new("worked", words.say("reports-worked"), kind).summed(),
        Column::new("credited", words.say("reports-credited"), kind).summed(),
        Column::new("payable", words.say("reports-payable"), kind).summed(),
        Column::new("overtime", words.say("reports-overtime-hours"), kind).summed(),
        Column::new("balance", words.say("reports-balance"), Kind::Balance).summed(),
    ]
}

pub(super) fn status_cell<'a>(words: Words<'_>, status: Status) -> Cell<'a> {
    codes([Coded { code: status.as_str(), words: status_in_words(words, status) }])
}

pub(super) fn exceptions_cell<'a>(words: Words<'_>, record: &DayRecord) -> Cell<'a> {
    let coded = |exception: &Exception| Coded {
        code: exception.code.as_str(),
        words: code_in_words(words, exception.code),
    };
    codes(record.exceptions.iter().map(coded))
}

pub(super) fn codes<'a>(all: impl IntoIterator<Item = Coded>) -> Cell<'a> {
    Cell::Codes(all.into_iter().collect::<Vec<_>>().into())
}
