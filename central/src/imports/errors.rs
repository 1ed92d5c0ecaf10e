//! Why a file or one of its rows isn't taken, in words that say what to change.

use super::archive::error::ArchiveError;
use super::ics::error::CalendarError;
use super::limits::MAX_ROW_ERRORS;
use super::shown::shown;

/// Why a file as a whole isn't read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Over [`super::limits::MAX_FILE_BYTES`].
    #[error("{name} has {bytes} bytes, {limit} at most: split it into several files")]
    TooLarge {
        /// The file's name, shortened.
        name: String,
        /// Its size in bytes.
        bytes: usize,
        /// The ceiling in bytes.
        limit: usize,
    },
    /// Nothing in it.
    #[error("{0} is empty: give a file with a row of headings and rows below it")]
    Empty(String),
    /// A compound file: `.xls`, or any workbook behind a password.
    #[error("{0} is an old .xls or has a password: save it as .xlsx without one, or as CSV UTF-8")]
    OldOrLocked(String),
    /// The archive of a workbook.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The workbook's own markup.
    #[error(
        "the workbook can't be read ({0}): open it in the spreadsheet program and save it again as .xlsx"
    )]
    Workbook(String),
    /// No sheet of that name.
    #[error("there is no sheet {wanted:?}: the file has {there}")]
    NoSheet {
        /// What was asked for.
        wanted: String,
        /// The names of the visible sheets.
        there: String,
    },
    /// Rows that don't ascend, or a cell twice.
    #[error("cell {0} stands out of order: open the file in the spreadsheet program and save it again")]
    OutOfOrder(String),
    /// Over [`super::limits::MAX_COLUMNS`].
    #[error("row {row} reaches past column {limit}: delete what stands to the right of the table")]
    TooManyColumns {
        /// The row.
        row: usize,
        /// The ceiling.
        limit: usize,
    },
    /// Over [`super::limits::MAX_ROWS`].
    #[error("the sheet has more than {0} rows: split it into several files")]
    TooManyRows(usize),
    /// Over [`super::limits::MAX_CELLS`].
    #[error("the file has more than {0} cells: delete empty rows that carry a format, or split it")]
    TooManyCells(usize),
    /// Over [`super::limits::MAX_TEXT_BYTES`].
    #[error("the sheet holds more than {0} bytes of text: split it into several files")]
    TooMuchText(usize),
    /// Text in another encoding.
    #[error("row {row} isn't UTF-8: save it as UTF-8 (in Excel: \"CSV UTF-8\")")]
    NotUtf8 {
        /// The first row with a byte that isn't.
        row: usize,
    },
    /// UTF-16 that breaks off or has half a character.
    #[error("the file says that it is UTF-16 and isn't: save it as UTF-8 (in Excel: \"CSV UTF-8\")")]
    NotUtf16,
    /// A NUL.
    #[error("row {row} has a NUL character, so the file isn't text: save it as UTF-8 or as .xlsx")]
    Nul {
        /// The first row with one.
        row: usize,
    },
    /// A quotation mark that never closes.
    #[error("the quotation mark that opens in row {row} never closes: close it, or double it if it is text")]
    OpenQuote {
        /// Where it opens.
        row: usize,
    },
    /// The header itself.
    #[error("heading {place}: {reason}")]
    Heading {
        /// The cell's address or the column's number.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Headings that nobody knows.
    #[error("unknown column {unknown}: the columns are {known}")]
    UnknownColumns {
        /// The headings, shortened.
        unknown: String,
        /// The columns that there are.
        known: String,
    },
    /// Columns that must be there.
    #[error("column {missing} is missing: the columns are {known}")]
    MissingColumns {
        /// Their names.
        missing: String,
        /// The columns that there are.
        known: String,
    },
    /// One column under two headings.
    #[error("column {column} is there twice, as {first} and {second}: delete one")]
    ColumnTwice {
        /// The column's name.
        column: &'static str,
        /// The first heading, shortened.
        first: String,
        /// The second heading, shortened.
        second: String,
    },
    /// A calendar.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
}

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The row as the spreadsheet program numbers it; for a calendar the line where the event begins.
    pub row: usize,
    /// The column's name or letter, where it is one cell's fault.
    pub column: Option<String>,
    /// What stands there, cut to 40 characters and with invisible characters written out.
    pub value: String,
    /// What is wrong and what to write.
    pub reason: String,
}

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        if !self.value.is_empty() {
            write!(f, " \"{}\"", self.value)?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Row errors up to [`MAX_ROW_ERRORS`], and how many more there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowErrors {
    listed: Vec<RowError>,
    more: usize,
}

impl RowErrors {
    pub(super) fn push(&mut self, row: usize, column: Option<&str>, value: &str, reason: impl Into<String>) {
        if self.listed.len() < MAX_ROW_ERRORS {
            let column = column.map(shown);
            self.listed.push(RowError { row, column, value: shown(value), reason: reason.into() });
        } else {
            self.more += 1;
        }
    }

    /// The errors that are listed, by row.
    pub(super) fn sort(&mut self) {
        self.listed.sort_by_key(|error| error.row);
    }

    /// The first errors, at most [`MAX_ROW_ERRORS`].
    #[must_use]
    pub fn listed(&self) -> &[RowError] {
        &self.listed
    }

    /// How many more there are.
    #[must_use]
    pub fn more(&self) -> usize {
        self.more
    }

    /// How many there are in all.
    #[must_use]
    pub fn count(&self) -> usize {
        self.listed.len() + self.more
    }

    /// Whether every row was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// What a file came to: its rows, and the rows that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<Row> {
    /// The sheet's name, or the file's where it has no sheets.
    pub source: String,
    /// The rows that can be read, each with its number, in the order of the file.
    pub rows: Vec<(usize, Row)>,
    /// The others.
    pub errors: RowErrors,
}
