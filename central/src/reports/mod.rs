//! Rows in, document out: the day's report as table, CSV and JSON; tables of any kind as files; the file for
//! payroll; and plots.
//!
//! Pure: no database, no clock. Times are shown in the zone of their site, always with the date they
//! belong to. What a spreadsheet could take for a formula is neutralised here, once.

mod csv;
pub mod documents;
pub mod formula;
pub mod hours;
mod json;
pub mod payroll;
pub mod plots;
pub mod sheets;
mod table;
mod words;

use clap::ValueEnum;
use jiff::tz::TimeZone;
use lintel_core::time::UtcMillis;

use crate::store::days::DayRow;

pub use json::{Day, Days, day, days};
pub use words::{
    code_in_words, exception_in_words, exceptions_in_words, hours_minutes, status_in_words, whole_hours,
};

/// How a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Table,
    /// For a spreadsheet.
    Csv,
    /// For programs; the same as the API's.
    Json,
}

/// A report can't be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A site's zone is not in the time zone database.
    #[error(transparent)]
    Zone(#[from] lintel_core::time::UnknownZone),
    /// The CSV writer failed.
    #[error("write the report as CSV")]
    Csv(#[from] ::csv::Error),
    /// The JSON writer failed.
    #[error("write the report as JSON")]
    Json(#[from] serde_json::Error),
}

/// The day report as a document that ends with a line break.
///
/// # Errors
/// [`ReportError`].
pub fn daily(rows: &[DayRow], format: Format) -> Result<String, ReportError> {
    match format {
        Format::Table => table::daily(rows),
        Format::Csv => csv::daily(rows),
        Format::Json => {
            let mut text = serde_json::to_string_pretty(&days(rows)?)?;
            text.push('\n');
            Ok(text)
        }
    }
}

/// An instant as `2026-11-20T08:03:11+01:00`: readable without knowing the zone.
fn local_with_offset(at: UtcMillis, zone: &TimeZone) -> String {
    at.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests;
