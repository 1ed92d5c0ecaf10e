//! Rows of text with the numbers that the spreadsheet program shows.
//!
//! A cell is text that a person could have typed: formulas, errors and control characters are that row's fault,
//! and the row is left out instead of half read.

use super::errors::{ImportError, RowErrors};
use super::limits::{Counters, Limits};
use super::shown::shown;

/// A row of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file, from 1, counted as spreadsheet programs do.
    pub number: usize,
    /// One cell per heading.
    pub cells: Vec<String>,
}

/// A sheet, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    source: String,
    header: Vec<String>,
    rows: Vec<Row>,
    errors: RowErrors,
}

impl Table {
    /// The sheet's name, or the file's where it has no sheets.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The first row with content. A heading may be empty while its column is.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The rows below the header that have content and no fault.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows that are left out.
    #[must_use]
    pub fn errors(&self) -> &RowErrors {
        &self.errors
    }
}

/// A cell that can't be taken.
#[derive(Debug)]
pub(super) struct CellFault {
    pub(super) value: String,
    pub(super) reason: String,
}

/// What one cell comes to.
pub(super) type Cell = Result<String, CellFault>;

/// The text of a cell, with line breaks as `\n`.
pub(super) fn cell_text(text: &str, limits: &Limits) -> Cell {
    let fault = |reason: String| Err(CellFault { value: text.chars().take(80).collect(), reason });
    if text.len() > limits.cell_chars && text.chars().count() > limits.cell_chars {
        return fault(format!("is longer than {} characters", limits.cell_chars));
    }
    if text.contains('\r') {
        return cell_text(&text.replace("\r\n", "\n").replace('\r', "\n"), limits);
    }
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\t')) {
        return fault("has a control character: type the text anew".to_owned());
    }
    Ok(text.to_owned())
}

/// `A` to `XFD` of a column, counted from 0.
pub(super) fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// Puts rows together and counts them.
pub(super) struct Builder<'a> {
    table: Option<Table>,
    source: String,
    limits: &'a Limits,
    counters: &'a mut Counters,
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &str, limits: &'a Limits, counters: &'a mut Counters) -> Self {
        Self { table: None, source: source.to_owned(), limits, counters }
    }

    /// Takes the next row. One without content is skipped; the first with content is the header.
    pub(super) fn row(&mut self, number: usize, cells: Vec<Cell>) -> Result<(), ImportError> {
        if cells.iter().all(|cell| cell.as_ref().is_ok_and(|text| text.trim().is_empty())) {
            return Ok(());
        }
        match &mut self.table {
            None => {
                let header = header(number, cells)?;
                let source = std::mem::take(&mut self.source);
                self.table = Some(Table { source, header, rows: Vec::new(), errors: RowErrors::default() });
                Ok(())
            }
            Some(table) => {
                self.counters.rows += 1;
                if self.counters.rows > self.limits.rows {
                    return Err(ImportError::TooManyRows(self.limits.rows));
                }
                body(table, number, cells, self.limits, self.counters)
            }
        }
    }

    /// Notes a row that doesn't fit; before the header it is the file's fault.
    pub(super) fn fault(&mut self, row: usize, value: &str, reason: String) -> Result<(), ImportError> {
        match &mut self.table {
            None => Err(ImportError::Heading { place: format!("in row {row}"), reason }),
            Some(table) => {
                self.counters.rows += 1;
                if self.counters.rows > self.limits.rows {
                    return Err(ImportError::TooManyRows(self.limits.rows));
                }
                table.errors.push(row, None, value, reason);
                Ok(())
            }
        }
    }

    pub(super) fn finish(self, name: &str) -> Result<Table, ImportError> {
        self.table.ok_or_else(|| ImportError::Empty(shown(name)))
    }
}

fn header(number: usize, cells: Vec<Cell>) -> Result<Vec<String>, ImportError> {
    let mut header = Vec::with_capacity(cells.len());
    for (column, cell) in cells.into_iter().enumerate() {
        let place = || format!("{}{number}", letters(column));
        header.push(match cell {
            Ok(text) => text.trim().to_owned(),
            Err(fault) => return Err(ImportError::Heading { place: place(), reason: fault.reason }),
        });
    }
    while header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    Ok(header)
}

fn body(
    table: &mut Table,
    number: usize,
    cells: Vec<Cell>,
    limits: &Limits,
    counters: &mut Counters,
) -> Result<(), ImportError> {
    let width = table.header.len();
    let mut texts = Vec::with_capacity(width);
    let mut whole = true;
    for (column, cell) in cells.into_iter().enumerate() {
        let heading = table.header.get(column).filter(|heading| !heading.is_empty());
        let fault = match (cell, heading) {
            (Ok(text), Some(_)) => {
                texts.push(text);
                continue;
            }
            (Ok(text), None) if text.trim().is_empty() => {
                texts.push(String::new());
                continue;
            }
            (Ok(text), None) => CellFault { value: text, reason: "stands below no heading".to_owned() },
            (Err(fault), _) => fault,
        };
        whole = false;
        let column = heading.cloned().unwrap_or_else(|| letters(column));
        table.errors.push(number, Some(&column), &fault.value, fault.reason);
    }
    if !whole {
        return Ok(());
    }
    texts.resize(width, String::new());
    counters.cells += width;
    if counters.cells > limits.cells {
        return Err(ImportError::TooManyCells(limits.cells));
    }
    counters.text_bytes += texts.iter().map(String::len).sum::<usize>();
    if counters.text_bytes > limits.text_bytes {
        return Err(ImportError::TooMuchText(limits.text_bytes));
    }
    table.rows.push(Row { number, cells: texts });
    Ok(())
}
