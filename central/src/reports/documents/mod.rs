//! A table with a title as a file: CSV, XLSX, JSON, or a page to print.
//!
//! One typed table stands before all of them, so that the same month says the same in each. Writers take one
//! row after the other and keep none (an XLSX keeps its rows in an unnamed temporary file until its end):
//! a month of ten thousand people is never in memory twice. Pure: no clock, no database; the same rows at the
//! same passed-in moment give the same bytes.
//!
//! It must never decide who may see a row, and never round but by [`super::hours`].

mod cell;
mod csv;
mod json;
mod page;
mod terminal;
mod totals;
mod view;
mod xlsx;

use std::io::Write;
use std::path::Path;

use jiff::tz::TimeZone;
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;

pub use cell::{Cell, Coded, Kind};
pub use csv::{Csv, Mark};
pub use json::Json;
pub use page::{Page, Picture, Style};
pub use terminal::terminal;
pub(crate) use view::{View, view};
pub use xlsx::Xlsx;

/// What a table is called and which columns it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is, such as `Hours, November 2026`.
    pub title: String,
    /// Of whom or where; may be empty.
    pub subtitle: String,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// What a reader has to know about the numbers, one sentence each.
    pub notes: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name for programs: never translated, never changed.
    pub key: &'static str,
    /// The name for people, from the catalogue.
    pub heading: String,
    /// What stands in it.
    pub kind: Kind,
    /// Whether it is summed up below the last row. Only durations, balances and numbers are.
    pub summed: bool,
}

impl Column {
    /// A column without a sum.
    #[must_use]
    pub fn new(key: &'static str, heading: impl Into<String>, kind: Kind) -> Self {
        Self { key, heading: heading.into(), kind, summed: false }
    }

    /// The same with a sum.
    #[must_use]
    pub fn summed(mut self) -> Self {
        self.summed = true;
        self
    }
}

/// What a document is made with, all of it passed in: nothing here reads a clock or chooses a folder.
#[derive(Debug, Clone)]
pub struct Making<'a> {
    /// When it is made.
    pub at: UtcMillis,
    /// The zone in which that is said.
    pub zone: TimeZone,
    /// The words of its readers.
    pub words: Words<'a>,
    /// Where a workbook keeps its rows until it is whole, in a file without a name. On a disk: in memory, as
    /// `/tmp` often is, nothing would be saved.
    pub scratch: &'a Path,
}

impl Making<'_> {
    fn rfc_3339(&self) -> String {
        super::local_with_offset(self.at, &self.zone)
    }

    /// `Made on 2026-12-01 09:00 +01:00`.
    fn said_made(&self) -> String {
        let time = self.at.timestamp().to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string();
        self.words.say_with("document-made", &[("time", time.into())])
    }
}

/// Which file a document becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// CSV in UTF-8 without a mark, for programs.
    Csv,
    /// CSV in UTF-8 with a byte order mark, without which Excel reads it as something else.
    CsvMarked,
    /// A workbook.
    Xlsx,
    /// JSON.
    Json,
    /// A page to print, with its style inside.
    Page,
}

impl FileKind {
    /// For the header `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvMarked => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json",
            Self::Page => "text/html; charset=utf-8",
        }
    }

    /// How a file's name ends, without the point.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv | Self::CsvMarked => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::Page => "html",
        }
    }
}

/// A document can't be written.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The caller's rows and columns don't belong together.
    #[error("row {row} has {found} cells and the document {expected} columns: give one cell for each column")]
    CellCount {
        /// Counted from 1.
        row: u64,
        /// Cells in the row.
        found: usize,
        /// Columns in the document.
        expected: usize,
    },
    /// A cell of the wrong kind.
    #[error(
        "row {row}, column {column}: found {found}, expected {expected}: give a cell of the column's kind"
    )]
    CellKind {
        /// Counted from 1.
        row: u64,
        /// The column's key.
        column: &'static str,
        /// The cell's kind.
        found: &'static str,
        /// The column's kind.
        expected: &'static str,
    },
    /// The sum leaves the range of 64 bits.
    #[error("the sum of column {column} is too large: sum up fewer rows")]
    Sum {
        /// The column's key.
        column: &'static str,
    },
    /// The file can't be written to where it goes.
    #[error("write the document")]
    Write(#[from] std::io::Error),
    /// The CSV writer failed.
    #[error("write the document as CSV")]
    Csv(#[from] ::csv::Error),
    /// The JSON writer failed.
    #[error("write the document as JSON")]
    Json(#[from] serde_json::Error),
    /// The XLSX writer failed.
    #[error("write the document as a workbook")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

/// Takes the rows of a document, one after the other.
pub trait Rows: Sized {
    /// What there is at the end.
    type Done;

    /// Writes a row.
    ///
    /// # Errors
    /// [`DocumentError`].
    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), DocumentError>;

    /// Writes what comes after the last row. Without it the file is not whole.
    ///
    /// # Errors
    /// [`DocumentError`].
    fn finish(self) -> Result<Self::Done, DocumentError>;

    /// Writes all rows, and what comes after.
    ///
    /// # Errors
    /// [`DocumentError`].
    fn all<'r>(mut self, rows: impl IntoIterator<Item = Vec<Cell<'r>>>) -> Result<Self::Done, DocumentError> {
        for row in rows {
            self.row(&row)?;
        }
        self.finish()
    }
}

/// A whole document from its rows, as they come.
///
/// # Errors
/// [`DocumentError`].
pub fn write<'r>(
    kind: FileKind,
    document: &Document,
    making: &Making<'_>,
    rows: impl IntoIterator<Item = Vec<Cell<'r>>>,
    out: impl Write + Send,
) -> Result<(), DocumentError> {
    match kind {
        FileKind::Csv => Csv::begin(document, Mark::Without, out)?.all(rows).map(drop),
        FileKind::CsvMarked => Csv::begin(document, Mark::Utf8, out)?.all(rows).map(drop),
        FileKind::Xlsx => Xlsx::begin(document, making, out)?.all(rows).map(drop),
        FileKind::Json => Json::begin(document, making, out)?.all(rows).map(drop),
        FileKind::Page => Page::begin(document, making, &Style::Inside, out)?.all(rows).map(drop),
    }
}

#[cfg(test)]
mod tests;
