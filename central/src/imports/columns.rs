//! Headings: which column of a file is which field.
//!
//! Headings are compared without case, spaces, underscores, hyphens and dots, so that `Staff No.` and `staff_no`
//! are one. An unknown heading is refused instead of skipped: a column that nobody reads would look imported.

use super::errors::{ImportError, Parsed, RowErrors};
use super::shown::shown;
use super::table::{Row, Table};

/// A column that a kind of file may have.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, as errors and examples write it.
    pub name: &'static str,
    /// Other headings that mean the same.
    pub also: &'static [&'static str],
    /// Whether the file must have it.
    pub needed: bool,
}

/// What is looked for in a file.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The columns: of several sheets the first that has all that are needed is read.
    pub columns: &'a [Column],
    /// The name of a sheet; it is read whatever its header is.
    pub sheet: Option<&'a str>,
}

/// The staff number, which every file but that of holidays begins with.
pub(super) const STAFF_NO: Column = Column {
    name: "staff_no",
    also: &[
        "staff number",
        "personnel no",
        "personnel number",
        "employee id",
        "employee no",
        "employee number",
    ],
    needed: true,
};

/// `columns` by name, for messages.
pub(super) fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

fn folded(heading: &str) -> String {
    heading
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-' | '.'))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Which of `columns` a heading means.
fn meaning(columns: &[Column], heading: &str) -> Option<usize> {
    let heading = folded(heading);
    columns.iter().position(|column| {
        folded(column.name) == heading || column.also.iter().any(|also| folded(also) == heading)
    })
}

/// How well a header fits `columns`: how many it knows, and whether it has all that are needed.
pub(super) fn fit(columns: &[Column], header: &[String]) -> (usize, bool) {
    let known: Vec<usize> = header.iter().filter_map(|heading| meaning(columns, heading)).collect();
    let complete = columns.iter().enumerate().all(|(place, column)| !column.needed || known.contains(&place));
    (known.len(), complete)
}

/// Where each column of a kind stands in a table.
#[derive(Debug)]
pub(super) struct Headings {
    columns: &'static [Column],
    places: Vec<Option<usize>>,
}

impl Headings {
    /// # Errors
    /// [`ImportError`] when a heading is unknown, twice there or missing.
    pub(super) fn of(table: &Table, columns: &'static [Column]) -> Result<Self, ImportError> {
        let mut places: Vec<Option<usize>> = vec![None; columns.len()];
        let mut unknown = Vec::new();
        for (place, heading) in table.header().iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
            let Some(column) = meaning(columns, heading) else {
                unknown.push(format!("\"{}\"", shown(heading)));
                continue;
            };
            let name = columns.get(column).map_or("", |column| column.name);
            match places.get_mut(column) {
                Some(slot @ None) => *slot = Some(place),
                _ => {
                    let first = places.get(column).copied().flatten();
                    let first = first.and_then(|place| table.header().get(place));
                    return Err(ImportError::ColumnTwice {
                        column: name,
                        first: shown(first.map_or("", String::as_str)),
                        second: shown(heading),
                    });
                }
            }
        }
        if !unknown.is_empty() {
            unknown.truncate(8);
            return Err(ImportError::UnknownColumns { unknown: unknown.join(", "), known: names(columns) });
        }
        let missing: Vec<&str> = columns
            .iter()
            .zip(&places)
            .filter(|(column, place)| column.needed && place.is_none())
            .map(|(column, _)| column.name)
            .collect();
        if missing.is_empty() {
            Ok(Self { columns, places })
        } else {
            Err(ImportError::MissingColumns { missing: missing.join(", "), known: names(columns) })
        }
    }

    /// Whether the table has the column of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().zip(&self.places).any(|(column, place)| column.name == name && place.is_some())
    }
}

/// One row on its way to its fields. What is wrong is noted, and the next field is still read.
pub(super) struct Line<'a> {
    headings: &'a Headings,
    row: &'a Row,
    errors: &'a mut RowErrors,
}

impl Line<'_> {
    /// The row's number.
    pub(super) fn number(&self) -> usize {
        self.row.number
    }

    /// The text below a heading, trimmed; empty where the file has no such column.
    fn text(&self, name: &str) -> &str {
        let place = self.headings.columns.iter().position(|column| column.name == name);
        let place = place.and_then(|place| self.headings.places.get(place).copied().flatten());
        place.and_then(|place| self.row.cells.get(place)).map_or("", |cell| cell.trim())
    }

    /// A field that must be there. `None` after an error was noted.
    pub(super) fn needed<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.text(name).is_empty() {
            self.fault(Some(name), "", "is empty: every row needs it");
            return None;
        }
        self.optional(name, read).flatten()
    }

    /// A field that may be empty. `None` after an error was noted.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Option<T>> {
        let text = self.text(name);
        if text.is_empty() {
            return Some(None);
        }
        match read(text) {
            Ok(value) => Some(Some(value)),
            Err(reason) => {
                let text = text.to_owned();
                self.fault(Some(name), &text, reason);
                None
            }
        }
    }

    /// Notes what is wrong.
    pub(super) fn fault(&mut self, column: Option<&str>, value: &str, reason: impl Into<String>) {
        self.errors.push(self.row.number, column, value, reason);
    }
}

/// The rows of a table, each read by `read`, which notes errors on the line and then gives nothing.
pub(super) fn read_rows<T>(
    table: &Table,
    headings: &Headings,
    mut read: impl FnMut(&mut Line<'_>) -> Option<T>,
) -> Parsed<T> {
    let mut errors = table.errors().clone();
    let mut rows = Vec::with_capacity(table.rows().len());
    for row in table.rows() {
        let mut line = Line { headings, row, errors: &mut errors };
        if let Some(value) = read(&mut line) {
            rows.push((row.number, value));
        }
    }
    Parsed { source: table.source().to_owned(), rows, errors }
}
