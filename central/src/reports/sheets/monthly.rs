//! The monthly timesheet of a team: one row a person, with what is booked in the month of locked ones.

use std::ops::{Add, AddAssign, Sub};

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_runtime::catalogue::Words;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::documents::{Cell, Column, Kind};
use super::{Line, Place, Saying, columns, name_cell, place, text_or_empty};
use crate::attendance::exception::{Exception, Severity};
use crate::attendance::record::{DayRecord, Status};
use crate::store::adjustments::Adjustment;
use crate::store::{StoreError, people::Named};

/// What a day or a month is made of, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct Hours {
    /// Planned.
    pub scheduled_ms: i64,
    /// Worked, without breaks.
    pub worked_ms: i64,
    /// Planned and not to be worked.
    pub credited_ms: i64,
    /// Paid.
    pub payable_ms: i64,
    /// Paid beyond the usual.
    pub overtime_ms: i64,
    /// Worked and credited, without what was planned.
    pub balance_ms: i64,
}

impl Hours {
    /// Those of a day.
    #[must_use]
    pub fn of(day: &DayRecord) -> Self {
        Self {
            scheduled_ms: day.hours.scheduled.as_millis(),
            worked_ms: day.hours.worked.as_millis(),
            credited_ms: day.hours.credited.as_millis(),
            payable_ms: day.hours.payable.as_millis(),
            overtime_ms: day.overtime_total().as_millis(),
            balance_ms: day.balance().as_millis(),
        }
    }

    fn each(self, other: Self, join: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            scheduled_ms: join(self.scheduled_ms, other.scheduled_ms),
            worked_ms: join(self.worked_ms, other.worked_ms),
            credited_ms: join(self.credited_ms, other.credited_ms),
            payable_ms: join(self.payable_ms, other.payable_ms),
            overtime_ms: join(self.overtime_ms, other.overtime_ms),
            balance_ms: join(self.balance_ms, other.balance_ms),
        }
    }

    /// In the order of [`columns::hours`].
    pub(super) fn cells<'a>(self) -> [Cell<'a>; 6] {
        [
            Cell::Duration(self.scheduled_ms),
            Cell::Duration(self.worked_ms),
            Cell::Duration(self.credited_ms),
            Cell::Duration(self.payable_ms),
            Cell::Duration(self.overtime_ms),
            Cell::Duration(self.balance_ms),
        ]
    }
}

impl Add for Hours {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.each(other, i64::saturating_add)
    }
}

impl AddAssign for Hours {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Hours {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.each(other, i64::saturating_sub)
    }
}

/// What came to a day of a locked month later, and is booked in this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// Whose.
    pub person: PersonId,
    /// Of which day.
    pub date: Date,
    /// What it adds; negative where it takes back.
    pub hours: Hours,
    /// The day as it is now; none where nothing is left of it.
    pub now: Option<DayRecord>,
}

impl Adjusted {
    /// What an adjustment comes to.
    ///
    /// # Errors
    /// [`StoreError::Row`] for a record that nobody wrote.
    pub fn of(row: &Adjustment) -> Result<Self, StoreError> {
        let (before, now) = row.records()?;
        let hours = |record: &Option<DayRecord>| record.as_ref().map(Hours::of).unwrap_or_default();
        Ok(Self { person: row.person_id, date: row.date, hours: hours(&now) - hours(&before), now })
    }
}

/// A person's month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Timesheet)]
pub struct Sums {
    /// Who.
    #[serde(rename = "person_id")]
    pub person: PersonId,
    /// Their name; empty once they are erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// Where they belonged on the first of these days.
    pub site: Option<SiteId>,
    /// Days on which they were there, half ones too.
    #[serde(rename = "days_present")]
    pub present: i64,
    /// Days on which they weren't, proven.
    #[serde(rename = "days_absent")]
    pub absent: i64,
    /// Days of leave.
    #[serde(rename = "days_leave")]
    pub leave: i64,
    /// What the days are made of.
    pub hours: Hours,
    /// Final days with something that somebody should look at.
    #[serde(rename = "days_to_look_at")]
    pub to_look_at: i64,
    /// Days that may still change.
    #[serde(rename = "days_provisional")]
    pub provisional: i64,
    /// What is booked in this month of locked ones.
    #[serde(rename = "adjustments")]
    pub adjusted: Hours,
    /// Of how many days.
    pub days_adjusted: i64,
}

impl Sums {
    /// Somebody's month before its days.
    #[must_use]
    pub fn of(person: PersonId, named: Option<Named>) -> Self {
        let Named { name, staff_no } = named.unwrap_or_default();
        Self {
            person,
            name,
            staff_no,
            site: None,
            present: 0,
            absent: 0,
            leave: 0,
            hours: Hours::default(),
            to_look_at: 0,
            provisional: 0,
            adjusted: Hours::default(),
            days_adjusted: 0,
        }
    }

    /// Adds a day.
    pub fn add(&mut self, day: &DayRecord) {
        self.site.get_or_insert_with(|| day.site.clone());
        match day.status {
            Status::Present | Status::HalfDay => self.present += 1,
            Status::Absent => self.absent += 1,
            Status::Leave => self.leave += 1,
            _ => {}
        }
        self.hours += Hours::of(day);
        self.to_look_at += i64::from(needs_a_look(day));
        self.provisional += i64::from(day.provisional.is_some());
    }

    /// Adds what is booked of a locked month.
    pub fn adjust(&mut self, adjusted: &Adjusted) {
        self.adjusted += adjusted.hours;
        self.days_adjusted += 1;
    }

    /// The place among others.
    pub(crate) fn place(&self) -> Place {
        place(&self.name, self.person)
    }
}

/// Whether somebody should look at a day: it is final, and something about it is worth it.
pub(crate) fn needs_a_look(day: &DayRecord) -> bool {
    let worth = |exception: &Exception| exception.code.severity() >= Severity::Notice;
    day.provisional.is_none() && day.exceptions.iter().any(worth)
}

impl Line for Sums {
    fn columns(words: Words<'_>) -> Vec<Column> {
        let number = |key, heading: &str| Column::new(key, heading, Kind::Number).summed();
        let mut all = vec![
            columns::name(words),
            columns::staff_no(words),
            columns::site(words),
            number("days_present", &words.say("reports-days-present")),
            number("days_absent", &words.say("reports-days-absent")),
            number("days_leave", &words.say("reports-days-leave")),
        ];
        all.extend(columns::hours(words, Kind::Duration));
        all.push(number("to_look_at", &words.say("reports-to-look-at")));
        all.push(number("provisional", &words.say("reports-provisional-days")));
        all.push(Column::new("adjustments", words.say("reports-adjustments"), Kind::Balance).summed());
        all
    }

    fn notes() -> &'static [&'static str] {
        &["reports-note-adjustments", "reports-note-provisional"]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        let mut cells = vec![
            name_cell(saying.words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            text_or_empty(self.site.as_ref().map(SiteId::as_str)),
            Cell::Number(self.present),
            Cell::Number(self.absent),
            Cell::Number(self.leave),
        ];
        cells.extend(self.hours.cells());
        cells.push(Cell::Number(self.to_look_at));
        cells.push(Cell::Number(self.provisional));
        cells.push(Cell::or_empty(
            (self.days_adjusted > 0).then_some(self.adjusted.payable_ms),
            Cell::Duration,
        ));
        cells
    }
}
