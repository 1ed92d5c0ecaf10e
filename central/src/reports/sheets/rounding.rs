//! Whether rounding is neutral: what it gave and took of each person in a month, and on an average day.
//!
//! Rounding to the nearest may not favour one side in the long run; who reads this sees whether it does.

use std::num::NonZeroU32;

use lintel_core::ids::PersonId;
use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Column, Kind};
use super::super::hours::rounded;
use super::{Line, Place, Saying, columns, name_cell, place, text_or_empty};
use crate::store::days::DayRow;

/// What rounding gave and took of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundingSums {
    /// Who.
    pub person: PersonId,
    /// Their name; empty once they are erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Days on which they worked.
    pub days: u32,
    /// What it gave.
    pub given_ms: i64,
    /// What it took, never positive.
    pub taken_ms: i64,
}

impl RoundingSums {
    /// Somebody before their first day.
    #[must_use]
    pub fn of(row: &DayRow) -> Self {
        let (person, name, staff_no) = (row.record.person, row.name.clone(), row.staff_no.clone());
        Self { person, name, staff_no, days: 0, given_ms: 0, taken_ms: 0 }
    }

    /// Adds a day; one without work was not rounded.
    pub fn add(&mut self, row: &DayRow) {
        let hours = &row.record.hours;
        if hours.worked.is_zero() && hours.rounding.is_zero() {
            return;
        }
        self.days += 1;
        let millis = hours.rounding.as_millis();
        *(if millis < 0 { &mut self.taken_ms } else { &mut self.given_ms }) += millis;
    }

    /// What it came to.
    #[must_use]
    pub fn sum_ms(&self) -> i64 {
        self.given_ms + self.taken_ms
    }

    /// Whole seconds on an average day.
    fn seconds_a_day(&self) -> Option<i64> {
        let unit = self.days.checked_mul(1_000).and_then(NonZeroU32::new)?;
        Some(rounded(self.sum_ms(), unit))
    }

    pub(crate) fn place(&self) -> Place {
        place(&self.name, self.person)
    }
}

impl Line for RoundingSums {
    fn columns(words: Words<'_>) -> Vec<Column> {
        vec![
            columns::name(words),
            columns::staff_no(words),
            Column::new("days", words.say("reports-days-worked"), Kind::Number).summed(),
            Column::new("given", words.say("reports-rounding-given"), Kind::Balance).summed(),
            Column::new("taken", words.say("reports-rounding-taken"), Kind::Balance).summed(),
            Column::new("sum", words.say("reports-rounding-sum"), Kind::Balance).summed(),
            Column::new("seconds_a_day", words.say("reports-rounding-a-day"), Kind::Number),
        ]
    }

    fn notes() -> &'static [&'static str] {
        &["reports-note-rounding"]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        vec![
            name_cell(saying.words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            Cell::Number(self.days.into()),
            Cell::Duration(self.given_ms),
            Cell::Duration(self.taken_ms),
            Cell::Duration(self.sum_ms()),
            Cell::or_empty(self.seconds_a_day(), Cell::Number),
        ]
    }
}
