//! A document for a terminal: words as on the page, sums below the last row.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell as TableCell, CellAlignment, Table};
use lintel_runtime::catalogue::Words;

use super::view::view;
use super::{Cell, Document, DocumentError};

/// The whole table as text that ends with a line break.
///
/// # Errors
/// [`DocumentError`].
pub fn terminal<'r>(
    document: &Document,
    words: Words<'_>,
    rows: impl IntoIterator<Item = Vec<Cell<'r>>>,
) -> Result<String, DocumentError> {
    let view = view(document, words, rows, usize::MAX)?;
    let mut text = format!("{}\n", printable(&document.title));
    if !document.subtitle.is_empty() {
        text = format!("{} · {}\n", printable(&document.title), printable(&document.subtitle));
    }
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    table.set_header(document.columns.iter().map(|column| printable(&column.heading)));
    for row in view.rows.iter().chain(view.totals.as_ref()) {
        let cells = row.cells.iter().zip(&document.columns).map(|(cell, column)| {
            let cell = TableCell::new(printable(&cell.text));
            if column.kind.is_amount() { cell.set_alignment(CellAlignment::Right) } else { cell }
        });
        table.add_row(cells);
    }
    if view.count > 0 {
        text.push_str(&table.trim_fmt());
        text.push('\n');
    }
    let count = i64::try_from(view.count).unwrap_or(i64::MAX);
    text.push_str(&words.say_with("document-count", &[("count", count.into())]));
    text.push('\n');
    Ok(text)
}

/// A name must not be able to move the cursor or colour the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
