//! Which shift or rotation a person works, from when to when.

use jiff::civil::Date;

use super::columns::{Column, Headings, Line, STAFF_NO, names, read_rows};
use super::errors::{ImportError, Parsed};
use super::fields::{self, Weekdays};
use super::spans::{Span, refuse_overlaps};
use super::table::Table;

/// The columns of a file of assignments; it needs one of `shift` and `pattern`.
pub(super) const COLUMNS: &[Column] = &[
    STAFF_NO,
    Column { name: "shift", also: &["shift id", "shift name"], needed: false },
    Column { name: "pattern", also: &["pattern id", "rotation", "rota"], needed: false },
    Column { name: "valid_from", also: &["from", "start", "start date"], needed: true },
    Column { name: "valid_to", also: &["to", "until", "end", "end date", "valid until"], needed: false },
    Column { name: "weekdays", also: &["days", "days of week"], needed: false },
];

/// What somebody is assigned to, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// One shift on every day.
    Shift(String),
    /// A rotation of shifts.
    Pattern(String),
}

/// An assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShiftAssignmentRow {
    /// Whose.
    pub staff_no: String,
    /// To what.
    pub plan: Plan,
    /// The first day.
    pub valid_from: Date,
    /// The last day, never before the first; `None` is until further notice.
    pub valid_to: Option<Date>,
    /// On which days of the week; `None` leaves it to the shift or pattern.
    pub weekdays: Option<Weekdays>,
}

/// The assignments of a table. One person's may not overlap, unless on different days of the week.
///
/// # Errors
/// [`ImportError`] when a column is unknown or missing.
pub(super) fn rows(table: &Table) -> Result<Parsed<ShiftAssignmentRow>, ImportError> {
    let headings = Headings::of(table, COLUMNS)?;
    if !headings.has("shift") && !headings.has("pattern") {
        return Err(ImportError::MissingColumns {
            missing: "shift or pattern".to_owned(),
            known: names(COLUMNS),
        });
    }
    let mut parsed = read_rows(table, &headings, assignment);
    let spans = parsed.rows.iter().map(|(row, assignment)| Span {
        key: assignment.staff_no.as_str(),
        from: assignment.valid_from,
        to: assignment.valid_to.unwrap_or(Date::MAX),
        bits: assignment.weekdays.unwrap_or(Weekdays::ALL).bits(),
        row: *row,
    });
    let out = refuse_overlaps(spans, &mut parsed.errors);
    parsed.rows.retain(|(row, _)| !out.contains(row));
    Ok(parsed)
}

fn assignment(line: &mut Line<'_>) -> Option<ShiftAssignmentRow> {
    let staff_no = line.needed("staff_no", fields::staff_no);
    let shift = line.optional("shift", fields::id);
    let pattern = line.optional("pattern", fields::id);
    let from = line.needed("valid_from", fields::date);
    let to = line.optional("valid_to", fields::date);
    let weekdays = line.optional("weekdays", fields::weekdays);
    let plan = match (shift?, pattern?) {
        (Some(shift), None) => Some(Plan::Shift(shift)),
        (None, Some(pattern)) => Some(Plan::Pattern(pattern)),
        (Some(_), Some(pattern)) => {
            line.fault(Some("pattern"), &pattern, "stands beside a shift: write one of the two");
            None
        }
        (None, None) => {
            line.fault(Some("shift"), "", "is empty, and so is pattern: write one of the two");
            None
        }
    };
    if let (Some(from), Some(Some(to))) = (from, to)
        && to < from
    {
        line.fault(Some("valid_to"), &to.to_string(), format!("is before valid_from, {from}"));
        return None;
    }
    Some(ShiftAssignmentRow {
        staff_no: staff_no?,
        plan: plan?,
        valid_from: from?,
        valid_to: to?,
        weekdays: weekdays?,
    })
}
