//! Days on which a person is away.

use jiff::civil::Date;

use super::columns::{Column, Headings, Line, STAFF_NO, read_rows};
use super::errors::{ImportError, Parsed};
use super::fields;
use super::spans::{Span, refuse_overlaps};
use super::table::Table;
use crate::attendance::calendar::DayPart;

/// The columns of a file of leave.
pub(super) const COLUMNS: &[Column] = &[
    STAFF_NO,
    Column { name: "from", also: &["start", "start date", "first day"], needed: true },
    Column { name: "to", also: &["until", "end", "end date", "last day"], needed: true },
    Column { name: "part", also: &["part of day", "half", "half day"], needed: false },
    Column { name: "kind", also: &["type", "leave type", "kind of leave"], needed: true },
    Column { name: "note", also: &["remark", "comment"], needed: false },
];

/// Leave, both days included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaveRow {
    /// Whose.
    pub staff_no: String,
    /// The first day.
    pub from: Date,
    /// The last day, never before the first.
    pub to: Date,
    /// Which part of each of these days.
    pub part: DayPart,
    /// The kind's id.
    pub kind: String,
    /// What was written beside it.
    pub note: Option<String>,
}

/// The leave of a table. One person's may not overlap; two halves of a day don't.
///
/// # Errors
/// [`ImportError`] when a column is unknown or missing.
pub(super) fn rows(table: &Table) -> Result<Parsed<LeaveRow>, ImportError> {
    let headings = Headings::of(table, COLUMNS)?;
    let mut parsed = read_rows(table, &headings, leave);
    let spans = parsed.rows.iter().map(|(row, leave)| Span {
        key: leave.staff_no.as_str(),
        from: leave.from,
        to: leave.to,
        bits: leave.part.halves(),
        row: *row,
    });
    let out = refuse_overlaps(spans, &mut parsed.errors);
    parsed.rows.retain(|(row, _)| !out.contains(row));
    Ok(parsed)
}

fn leave(line: &mut Line<'_>) -> Option<LeaveRow> {
    let staff_no = line.needed("staff_no", fields::staff_no);
    let from = line.needed("from", fields::date);
    let to = line.needed("to", fields::date);
    let part = line.optional("part", fields::day_part);
    let kind = line.needed("kind", fields::id);
    let note = line.optional("note", fields::note);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        line.fault(Some("to"), &to.to_string(), format!("is before from, {from}"));
        return None;
    }
    Some(LeaveRow {
        staff_no: staff_no?,
        from: from?,
        to: to?,
        part: part?.unwrap_or_default(),
        kind: kind?,
        note: note?,
    })
}
