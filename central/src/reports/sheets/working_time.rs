//! How much somebody works in an average week, beside what a law allows; whoever is over it stands first.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::super::words::code_in_words;
use super::{Line, Place, Saying, columns, name_cell, place, text_or_empty};
use crate::attendance::Length;
use crate::attendance::exception::Code;
use crate::attendance::working_time::WorkingTime;

/// Somebody's work over their reference period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkingTimeRow {
    /// Who.
    pub person: PersonId,
    /// Their name; empty once they are erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Where they belong at its end.
    pub site: SiteId,
    /// The period, both dates included.
    pub period: (Date, Date),
    /// What they worked in it.
    pub time: WorkingTime,
    /// What an average week may have; none where the policy has no limit.
    pub most: Option<Length>,
    /// By how much it has more.
    pub beyond: Option<Length>,
}

impl WorkingTimeRow {
    pub(crate) fn place(&self) -> (bool, Place) {
        (self.beyond.is_none(), place(&self.name, self.person))
    }
}

impl Line for WorkingTimeRow {
    fn columns(words: Words<'_>) -> Vec<Column> {
        vec![
            columns::name(words),
            columns::staff_no(words),
            columns::site(words),
            Column::new("from", words.say("reports-from"), Kind::Date),
            Column::new("to", words.say("reports-to"), Kind::Date),
            Column::new("days", words.say("reports-days-counted"), Kind::Number),
            Column::new("worked", words.say("reports-worked"), Kind::Duration),
            Column::new("weekly", words.say("reports-weekly"), Kind::Duration),
            Column::new("most", words.say("reports-weekly-most"), Kind::Duration),
            Column::new("beyond", words.say("reports-weekly-beyond"), Kind::Duration),
            columns::exceptions(words),
            Column::new("provisional", words.say("reports-provisional-days"), Kind::Number),
        ]
    }

    fn notes() -> &'static [&'static str] {
        &["reports-note-working-time", "reports-note-provisional"]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        let length = |length: Option<Length>| Cell::or_empty(length.map(Length::as_millis), Cell::Duration);
        let code = Code::AverageWeek;
        let coded = |_| Coded { code: code.as_str(), words: code_in_words(saying.words, code) };
        vec![
            name_cell(saying.words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            Cell::text(self.site.as_str()),
            Cell::Date(self.period.0),
            Cell::Date(self.period.1),
            Cell::Number(self.time.half_days / 2),
            Cell::Duration(self.time.worked.as_millis()),
            length(self.time.weekly()),
            length(self.most),
            length(self.beyond),
            columns::codes(self.beyond.map(coded)),
            Cell::Number(self.time.provisional),
        ]
    }
}
