//! Rows in, document out: the day's report as table, CSV and JSON.
//!
//! Pure: no database, no clock. What a spreadsheet could take for a formula is neutralised here, once.

use clap::ValueEnum;

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
