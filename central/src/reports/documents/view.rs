//! The beginning of a document for a page that shows it among other things: some rows, and the sums of all.

use lintel_runtime::catalogue::Words;

use super::page::{class_of, said};
use super::totals::Totals;
use super::{Cell, Column, Document, DocumentError};

/// A cell, said.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) heading: String,
    pub(crate) text: String,
    /// What stands small behind it.
    pub(crate) behind: String,
    /// The style's: `none`, `amount`, `when` or nothing.
    pub(crate) class: &'static str,
}

/// A row, said.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) cells: Vec<Shown>,
}

/// What is shown of a document.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) rows: Vec<Row>,
    pub(crate) totals: Option<Row>,
    /// Rows that there are, shown or not.
    pub(crate) count: u64,
}

/// At most `most` rows of a document, and the sums of all.
///
/// # Errors
/// [`DocumentError`].
pub(crate) fn view<'r>(
    document: &Document,
    words: Words<'_>,
    rows: impl IntoIterator<Item = Vec<Cell<'r>>>,
    most: usize,
) -> Result<View, DocumentError> {
    let mut totals = Totals::of(document);
    let mut shown = Vec::new();
    for row in rows {
        totals.add(&row)?;
        if shown.len() < most {
            shown.push(of_row(words, &document.columns, &row));
        }
    }
    let sums = totals.row().filter(|_| totals.rows() > 0).map(|sums| {
        let mut row = of_row(words, &document.columns, &sums);
        if let Some(first) = row.cells.first_mut().filter(|first| first.text.is_empty()) {
            first.text = words.say("document-total");
        }
        row
    });
    Ok(View { rows: shown, totals: sums, count: totals.rows() })
}

fn of_row(words: Words<'_>, columns: &[Column], cells: &[Cell<'_>]) -> Row {
    let one = |(column, cell): (&Column, &Cell<'_>)| {
        let (text, behind) = said(words, cell);
        // What the console calls empty is a page without anything yet.
        let class = if text.is_empty() { "none" } else { class_of(column.kind, &text) };
        Shown { heading: column.heading.clone(), text, behind, class }
    };
    Row { cells: columns.iter().zip(cells).map(one).collect() }
}
