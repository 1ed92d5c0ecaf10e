//! The monthly timesheet of one person: a row a day, and a row for each day of a locked month that came to
//! something else since and is booked here.

use lintel_runtime::catalogue::Words;

use super::super::documents::{Cell, Coded, Column, Kind};
use super::monthly::{Adjusted, Hours};
use super::{Saying, Sheet, columns, document, time};
use crate::store::days::DayRow;

/// The zone's name in which a day that has none any more is said.
const NO_ZONE: &str = "UTC";

pub(super) fn sheet<'a>(days: &'a [DayRow], adjusted: &'a [Adjusted], saying: &Saying<'a>) -> Sheet<'a> {
    let (of_days, of_adjusted) = (saying.clone(), saying.clone());
    let zone = days.first().map_or(NO_ZONE, |row| row.zone.as_str());
    let rows = days
        .iter()
        .map(move |row| day(row, &of_days))
        .chain(adjusted.iter().map(move |one| adjustment(one, zone, &of_adjusted)));
    let notes: &[&str] =
        if adjusted.is_empty() { &["reports-note-provisional"] } else { &["reports-note-adjusted-days"] };
    Sheet { document: document(saying, columns_of(saying.words), notes), rows: Box::new(rows) }
}

fn columns_of(words: Words<'_>) -> Vec<Column> {
    let mut all = vec![
        columns::date(words),
        columns::status(words),
        columns::site(words),
        columns::first_in(words),
        columns::last_out(words),
    ];
    // A decimal number in a workbook: an adjustment may take hours back, and Excel shows no negative time.
    all.extend(columns::hours(words, Kind::Balance));
    all.push(columns::exceptions(words));
    all.push(columns::provisional(words));
    all
}

fn day<'a>(row: &'a DayRow, saying: &Saying<'a>) -> Vec<Cell<'a>> {
    let (words, day) = (saying.words, &row.record);
    let zone = saying.zones.get(&row.zone);
    let mut cells = vec![
        Cell::Date(day.date),
        columns::status_cell(words, day.status),
        Cell::text(day.site.as_str()),
        time(day.first_in(), zone, day.date),
        time(day.last_out(), zone, day.date),
    ];
    cells.extend(Hours::of(day).cells());
    cells.push(columns::exceptions_cell(words, day));
    cells.push(Cell::Bool(day.provisional.is_some()));
    cells
}

fn adjustment<'a>(one: &'a Adjusted, zone: &'a str, saying: &Saying<'a>) -> Vec<Cell<'a>> {
    let (words, zone) = (saying.words, saying.zones.get(zone));
    let now = one.now.as_ref();
    let mut cells = vec![
        Cell::Date(one.date),
        columns::codes([Coded { code: "adjustment", words: words.say("reports-adjustment") }]),
        Cell::or_empty(now, |day| Cell::text(day.site.as_str())),
        time(now.and_then(|day| day.first_in()), zone, one.date),
        time(now.and_then(|day| day.last_out()), zone, one.date),
    ];
    cells.extend(one.hours.cells());
    cells.push(now.map_or(Cell::Empty, |day| columns::exceptions_cell(words, day)));
    cells.push(Cell::Bool(now.is_some_and(|day| day.provisional.is_some())));
    cells
}
