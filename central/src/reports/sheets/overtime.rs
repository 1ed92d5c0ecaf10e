//! Overtime: which paid hours are paid at a higher rate, why, and whether somebody approved them.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::super::words::{reason_code, reason_in_words};
use super::{Line, Place, Saying, columns, name_cell, place, text_or_empty};
use crate::attendance::exception::Code;
use crate::attendance::overtime::OvertimeLine;
use crate::store::days::DayRow;

/// Hours of a day that are paid at one rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OvertimeRow {
    /// Whose.
    pub person: PersonId,
    /// Their name; empty once they are erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Of which date.
    pub date: Date,
    /// Where they belonged.
    pub site: SiteId,
    /// The hours.
    pub line: OvertimeLine,
    /// Whether they are exported: approved, or by a policy that asks nobody.
    pub approved: bool,
}

impl OvertimeRow {
    /// The overtime of a day.
    pub fn of(row: &DayRow) -> impl Iterator<Item = Self> {
        let waits = row.record.exceptions.iter().any(|one| one.code == Code::OvertimeUnapproved);
        row.record.overtime.iter().map(move |line| Self {
            person: row.record.person,
            name: row.name.clone(),
            staff_no: row.staff_no.clone(),
            date: row.record.date,
            site: row.record.site.clone(),
            line: line.clone(),
            approved: !waits,
        })
    }

    /// By person, and then by day.
    pub(crate) fn order(&self) -> (Place, Date, u16) {
        (place(&self.name, self.person), self.date, self.line.premium)
    }
}

impl Line for OvertimeRow {
    fn columns(words: Words<'_>) -> Vec<Column> {
        vec![
            columns::name(words),
            columns::staff_no(words),
            columns::site(words),
            columns::date(words),
            Column::new("kinds", words.say("reports-overtime-kinds"), Kind::Codes),
            Column::new("overtime", words.say("reports-overtime-hours"), Kind::Duration).summed(),
            Column::new("premium_percent", words.say("reports-premium"), Kind::Number),
            Column::new("approved", words.say("reports-approved"), Kind::Bool),
        ]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        let words = saying.words;
        let kinds = self.line.reasons.iter();
        let kinds =
            kinds.map(|kind| Coded { code: reason_code(*kind), words: reason_in_words(words, *kind) });
        vec![
            name_cell(words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            Cell::text(self.site.as_str()),
            Cell::Date(self.date),
            columns::codes(kinds),
            Cell::Duration(self.line.length.as_millis()),
            Cell::Number(self.line.premium.into()),
            Cell::Bool(self.approved),
        ]
    }
}
