//! The checked columns of a document, and their sums as the rows go by.

use super::cell::check;
use super::{Cell, Column, Document, DocumentError, Kind};

/// Columns with what was seen of them.
#[derive(Debug)]
pub(super) struct Totals {
    columns: Vec<Column>,
    sums: Vec<i64>,
    rows: u64,
}

impl Totals {
    pub(super) fn of(document: &Document) -> Self {
        Self { columns: document.columns.clone(), sums: vec![0; document.columns.len()], rows: 0 }
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Checks a row against the columns and adds it up.
    pub(super) fn add(&mut self, cells: &[Cell<'_>]) -> Result<(), DocumentError> {
        self.rows += 1;
        check(&self.columns, cells, self.rows)?;
        for ((column, sum), cell) in self.columns.iter().zip(&mut self.sums).zip(cells) {
            if let (true, Cell::Duration(value) | Cell::Number(value)) = (column.summed, cell) {
                *sum = sum.checked_add(*value).ok_or(DocumentError::Sum { column: column.key })?;
            }
        }
        Ok(())
    }

    /// The sums as a row, empty where there is none; nothing when no column is summed.
    pub(super) fn row(&self) -> Option<Vec<Cell<'static>>> {
        if !self.columns.iter().any(is_summed) {
            return None;
        }
        let cell = |(column, sum): (&Column, &i64)| match column.kind {
            Kind::Number if column.summed => Cell::Number(*sum),
            Kind::Duration | Kind::Balance if column.summed => Cell::Duration(*sum),
            _ => Cell::Empty,
        };
        Some(self.columns.iter().zip(&self.sums).map(cell).collect())
    }
}

fn is_summed(column: &Column) -> bool {
    column.summed && column.kind.is_amount()
}
