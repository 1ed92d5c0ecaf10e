//! Exceptions: what somebody should look at, the gravest first, in words that the employee understands.

use std::cmp::Reverse;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::super::words::{code_in_words, severity_in_words};
use super::{Line, Place, Saying, columns, name_cell, place, text_or_empty, time};
use crate::attendance::exception::{Exception, Severity};
use crate::store::days::DayRow;

/// One exception of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionLine {
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
    /// The site's zone.
    pub zone: String,
    /// What it is.
    pub exception: Exception,
    /// Whether it may still go away.
    pub provisional: bool,
}

impl ExceptionLine {
    /// The exceptions of a day that are grave enough.
    pub fn of(row: &DayRow, least: Severity) -> impl Iterator<Item = Self> {
        let grave = row.record.exceptions.iter().filter(move |one| one.code.severity() >= least);
        grave.map(|exception| Self {
            person: row.record.person,
            name: row.name.clone(),
            staff_no: row.staff_no.clone(),
            date: row.record.date,
            site: row.record.site.clone(),
            zone: row.zone.clone(),
            exception: *exception,
            provisional: row.record.provisional.is_some(),
        })
    }

    /// The gravest first; then by day and person.
    pub(crate) fn order(&self) -> (Reverse<Severity>, Date, Place, Exception) {
        let severity = self.exception.code.severity();
        (Reverse(severity), self.date, place(&self.name, self.person), self.exception)
    }
}

impl Line for ExceptionLine {
    fn columns(words: Words<'_>) -> Vec<Column> {
        vec![
            columns::name(words),
            columns::staff_no(words),
            columns::site(words),
            columns::date(words),
            Column::new("severity", words.say("reports-severity"), Kind::Codes),
            Column::new("exception", words.say("reports-what"), Kind::Codes),
            Column::new("by", words.say("reports-by"), Kind::Duration),
            Column::new("at", words.say("reports-at"), Kind::LocalTime),
            columns::provisional(words),
        ]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        let (words, code) = (saying.words, self.exception.code);
        let severity = code.severity();
        vec![
            name_cell(words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            Cell::text(self.site.as_str()),
            Cell::Date(self.date),
            columns::codes([Coded { code: severity.as_str(), words: severity_in_words(words, severity) }]),
            columns::codes([Coded { code: code.as_str(), words: code_in_words(words, code) }]),
            Cell::or_empty(self.exception.length, |by| Cell::Duration(by.as_millis())),
            time(self.exception.at, saying.zones.get(&self.zone), self.date),
            Cell::Bool(self.provisional),
        ]
    }
}
