//! The daily sheet: who was there on a date, from when to when, and what it came to.

use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Column, Kind};
use super::{Line, Saying, columns, name_cell, text_or_empty, time};
use crate::store::days::DayRow;

impl Line for DayRow {
    fn columns(words: Words<'_>) -> Vec<Column> {
        let mut all = vec![
            columns::name(words),
            columns::staff_no(words),
            columns::site(words),
            columns::date(words),
            columns::status(words),
            columns::first_in(words),
            columns::last_out(words),
        ];
        all.extend(columns::hours(words, Kind::Duration));
        all.push(columns::exceptions(words));
        all.push(columns::provisional(words));
        all.push(Column::new("waits_for", words.say("reports-waits-for"), Kind::Text));
        all
    }

    fn notes() -> &'static [&'static str] {
        &["reports-note-provisional"]
    }

    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>> {
        let (words, day) = (saying.words, &self.record);
        let zone = saying.zones.get(&self.zone);
        let mut cells = vec![
            name_cell(words, &self.name),
            text_or_empty(self.staff_no.as_deref()),
            Cell::text(day.site.as_str()),
            Cell::Date(day.date),
            columns::status_cell(words, day.status),
            time(day.first_in(), zone, day.date),
            time(day.last_out(), zone, day.date),
        ];
        cells.extend(super::monthly::Hours::of(day).cells());
        cells.push(columns::exceptions_cell(words, day));
        cells.push(Cell::Bool(day.provisional.is_some()));
        let doors = day.provisional.iter().flat_map(|why| &why.blocked_by);
        let doors: Vec<&str> = doors.map(|door| door.as_str()).collect();
        cells.push(if doors.is_empty() { Cell::Empty } else { Cell::text(doors.join(" ")) });
        cells
    }
}
