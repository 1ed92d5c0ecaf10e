//! How many hours a week were agreed with a person, from which day.

use std::collections::HashMap;

use jiff::civil::Date;

use super::columns::{Column, Headings, Line, STAFF_NO, read_rows};
use super::errors::{ImportError, Parsed};
use super::fields;
use super::table::Table;

/// The columns of a file of agreed hours.
pub(super) const COLUMNS: &[Column] = &[
    STAFF_NO,
    Column { name: "valid_from", also: &["from", "start", "start date"], needed: true },
    Column {
        name: "weekly_hours",
        also: &["hours", "hours per week", "hours a week", "contract hours"],
        needed: true,
    },
];

/// Agreed hours; they hold until the same person's next row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractHoursRow {
    /// Whose.
    pub staff_no: String,
    /// The first day.
    pub valid_from: Date,
    /// Minutes a week, 0 to 10,080.
    pub weekly_minutes: u32,
}

/// The agreed hours of a table: of one person one row a day.
///
/// # Errors
/// [`ImportError`] when a column is unknown or missing.
pub(super) fn rows(table: &Table) -> Result<Parsed<ContractHoursRow>, ImportError> {
    let headings = Headings::of(table, COLUMNS)?;
    let mut seen: HashMap<(String, Date), usize> = HashMap::new();
    Ok(read_rows(table, &headings, |line| {
        let hours = hours(line)?;
        if let Some(first) = seen.insert((hours.staff_no.clone(), hours.valid_from), line.number()) {
            let reason = format!("begins on the same day as row {first}: keep one of the two");
            line.fault(Some("valid_from"), &hours.valid_from.to_string(), reason);
            return None;
        }
        Some(hours)
    }))
}

fn hours(line: &mut Line<'_>) -> Option<ContractHoursRow> {
    let staff_no = line.needed("staff_no", fields::staff_no);
    let valid_from = line.needed("valid_from", fields::date);
    let weekly_minutes = line.needed("weekly_hours", fields::weekly_minutes);
    Some(ContractHoursRow { staff_no: staff_no?, valid_from: valid_from?, weekly_minutes: weekly_minutes? })
}
