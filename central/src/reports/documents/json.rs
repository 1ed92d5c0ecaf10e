//! A document as JSON: one object with the columns, the rows, one a line, and the sums.
//!
//! Names are the columns' keys. A span stands twice, as exact milliseconds under `<key>_ms` and as people read
//! it under `<key>`; an instant as RFC 3339 with its offset, and as milliseconds since 1970 under `<key>_ms`.
//! An empty cell is `null`, so that each row has the same names.

use std::io::Write;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::json;

use super::cell::rfc_3339;
use super::totals::Totals;
use super::{Cell, Column, Document, DocumentError, Kind, Making, Rows};
use crate::reports::hours::h_mm;

/// A JSON file that is being written.
#[derive(Debug)]
pub struct Json<W: Write> {
    out: W,
    totals: Totals,
    notes: Vec<String>,
}

impl<W: Write> Json<W> {
    /// Writes all that stands before the rows.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn begin(document: &Document, making: &Making<'_>, mut out: W) -> Result<Self, DocumentError> {
        let column = |column: &Column| json!({"key": column.key, "heading": column.heading, "kind": column.kind.as_str()});
        let columns: Vec<_> = document.columns.iter().map(column).collect();
        out.write_all(b"{\n\"title\": ")?;
        serde_json::to_writer(&mut out, &document.title)?;
        out.write_all(b",\n\"subtitle\": ")?;
        serde_json::to_writer(&mut out, &document.subtitle)?;
        out.write_all(b",\n\"made_at\": ")?;
        serde_json::to_writer(&mut out, &making.rfc_3339())?;
        out.write_all(b",\n\"columns\": ")?;
        serde_json::to_writer(&mut out, &columns)?;
        out.write_all(b",\n\"rows\": [")?;
        Ok(Self { out, totals: Totals::of(document), notes: document.notes.clone() })
    }
}

impl<W: Write> Rows for Json<W> {
    type Done = W;

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), DocumentError> {
        self.totals.add(cells)?;
        self.out.write_all(if self.totals.rows() == 1 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut self.out, &Row { columns: self.totals.columns(), cells })?;
        Ok(())
    }

    fn finish(mut self) -> Result<W, DocumentError> {
        self.out.write_all(b"\n],\n\"totals\": ")?;
        match self.totals.row() {
            Some(cells) => {
                let summed = |(column, _): &(&Column, &Cell<'_>)| column.summed;
                let pairs = self.totals.columns().iter().zip(&cells).filter(summed);
                let (columns, cells): (Vec<Column>, Vec<Cell<'_>>) =
                    pairs.map(|(column, cell)| (column.clone(), cell.clone())).unzip();
                serde_json::to_writer(&mut self.out, &Row { columns: &columns, cells: &cells })?;
            }
            None => self.out.write_all(b"{}")?,
        }
        self.out.write_all(b",\n\"notes\": ")?;
        serde_json::to_writer(&mut self.out, &self.notes)?;
        self.out.write_all(b"\n}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

struct Row<'a> {
    columns: &'a [Column],
    cells: &'a [Cell<'a>],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, cell) in self.columns.iter().zip(self.cells) {
            match cell {
                Cell::Text(text) => map.serialize_entry(column.key, text)?,
                Cell::Date(date) => map.serialize_entry(column.key, date)?,
                Cell::LocalTime { at, zone, .. } => {
                    map.serialize_entry(column.key, &rfc_3339(*at, zone))?;
                    map.serialize_entry(&format!("{}_ms", column.key), at)?;
                }
                Cell::Duration(millis) => {
                    map.serialize_entry(column.key, &h_mm(*millis))?;
                    map.serialize_entry(&format!("{}_ms", column.key), millis)?;
                }
                Cell::Number(number) => map.serialize_entry(column.key, number)?,
                Cell::Bool(yes) => map.serialize_entry(column.key, yes)?,
                Cell::Codes(codes) => {
                    let codes: Vec<&str> = codes.iter().map(|one| one.code).collect();
                    map.serialize_entry(column.key, &codes)?;
                }
                Cell::Empty => {
                    map.serialize_entry(column.key, &())?;
                    if matches!(column.kind, Kind::Duration | Kind::Balance | Kind::LocalTime) {
                        map.serialize_entry(&format!("{}_ms", column.key), &())?;
                    }
                }
            }
        }
        map.end()
    }
}
