//! Holidays, of one site or of all.

use jiff::civil::Date;
use lintel_core::ids::SiteId;

use super::columns::{Column, Headings, Line, read_rows};
use super::errors::{ImportError, Parsed};
use super::fields;
use super::spans::{Span, refuse_overlaps};
use super::table::Table;
use crate::attendance::calendar::DayPart;

/// The columns of a file of holidays.
pub(super) const COLUMNS: &[Column] = &[
    Column { name: "date", also: &["day", "holiday date"], needed: true },
    Column { name: "name", also: &["holiday", "holiday name", "description"], needed: true },
    Column { name: "half", also: &["part", "half day", "part of day"], needed: false },
    Column { name: "site", also: &["site id", "location"], needed: false },
];

/// A holiday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HolidayRow {
    /// The day.
    pub date: Date,
    /// Its name.
    pub name: String,
    /// Which part of the day.
    pub half: DayPart,
    /// Where; `None` is everywhere.
    pub site: Option<SiteId>,
}

/// The holidays of a table. A day may be one holiday per site; two halves are two.
///
/// # Errors
/// [`ImportError`] when a column is unknown or missing.
pub(super) fn rows(table: &Table) -> Result<Parsed<HolidayRow>, ImportError> {
    let headings = Headings::of(table, COLUMNS)?;
    let mut parsed = read_rows(table, &headings, holiday);
    leave_same_days_out(&mut parsed);
    Ok(parsed)
}

/// Notes each holiday whose day and site another row has already, and leaves it out.
pub(super) fn leave_same_days_out(parsed: &mut Parsed<HolidayRow>) {
    let spans = parsed.rows.iter().map(|(row, holiday)| Span {
        key: holiday.site.as_ref().map_or("every site", SiteId::as_str),
        from: holiday.date,
        to: holiday.date,
        bits: holiday.half.halves(),
        row: *row,
    });
    let out = refuse_overlaps(spans, &mut parsed.errors);
    parsed.rows.retain(|(row, _)| !out.contains(row));
}

fn holiday(line: &mut Line<'_>) -> Option<HolidayRow> {
    let date = line.needed("date", fields::date);
    let name = line.needed("name", fields::name);
    let half = line.optional("half", fields::day_part);
    let site = line.optional("site", fields::site);
    Some(HolidayRow { date: date?, name: name?, half: half?.unwrap_or_default(), site: site? })
}
