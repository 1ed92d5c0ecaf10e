//! A document as CSV, RFC 4180: a head line of keys, then a line a row.
//!
//! For programs first: keys and codes instead of words, instants in RFC 3339, and beside each span of time,
//! which a person reads as `8:05`, its whole minutes. No title and no sums, which a program would take for rows.

use std::io::Write;

use super::cell::rfc_3339;
use super::totals::Totals;
use super::{Cell, Document, DocumentError, Kind, Rows};
use crate::reports::formula::harmless;
use crate::reports::hours::{h_mm, whole_minutes};

/// Whether the file begins with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// None, as RFC 4180 has it.
    Without,
    /// That of UTF-8: Excel takes a file without one for the machine's old character set.
    Utf8,
}

/// A CSV file that is being written.
#[derive(Debug)]
pub struct Csv<W: Write> {
    writer: ::csv::Writer<W>,
    totals: Totals,
}

impl<W: Write> Csv<W> {
    /// Writes the head line.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn begin(document: &Document, mark: Mark, mut out: W) -> Result<Self, DocumentError> {
        if mark == Mark::Utf8 {
            out.write_all("\u{feff}".as_bytes())?;
        }
        let terminator = ::csv::Terminator::CRLF;
        let mut writer = ::csv::WriterBuilder::new().terminator(terminator).from_writer(out);
        for column in &document.columns {
            writer.write_field(column.key)?;
            if matches!(column.kind, Kind::Duration | Kind::Balance) {
                writer.write_field(format!("{}_minutes", column.key))?;
            }
        }
        writer.write_record(None::<&[u8]>)?;
        Ok(Self { writer, totals: Totals::of(document) })
    }
}

impl<W: Write> Rows for Csv<W> {
    type Done = W;

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), DocumentError> {
        self.totals.add(cells)?;
        for (column, cell) in self.totals.columns().iter().zip(cells) {
            match cell {
                Cell::Text(text) => self.writer.write_field(harmless(text).as_bytes())?,
                Cell::Date(date) => self.writer.write_field(date.to_string())?,
                Cell::LocalTime { at, zone, .. } => self.writer.write_field(rfc_3339(*at, zone))?,
                Cell::Duration(millis) => {
                    self.writer.write_field(h_mm(*millis))?;
                    self.writer.write_field(whole_minutes(*millis).to_string())?;
                }
                Cell::Number(number) => self.writer.write_field(number.to_string())?,
                Cell::Bool(yes) => self.writer.write_field(yes.to_string())?,
                Cell::Codes(codes) => {
                    let codes: Vec<&str> = codes.iter().map(|one| one.code).collect();
                    self.writer.write_field(codes.join(" "))?;
                }
                Cell::Empty => {
                    self.writer.write_field("")?;
                    if matches!(column.kind, Kind::Duration | Kind::Balance) {
                        self.writer.write_field("")?;
                    }
                }
            }
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }

    fn finish(self) -> Result<W, DocumentError> {
        self.writer.into_inner().map_err(|error| DocumentError::Write(error.into_error()))
    }
}
