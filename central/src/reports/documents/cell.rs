//! What may stand in a cell, and which cell may stand in which column.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::time::UtcMillis;

use super::{Column, DocumentError};
use crate::reports::local_with_offset;

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Free text, typed by people or not.
    Text,
    /// A civil date.
    Date,
    /// An instant, shown in a zone.
    LocalTime,
    /// A span that is never negative where all is well, such as hours worked.
    Duration,
    /// A span that may well be negative, such as overtime or a reversal. The same as a duration everywhere
    /// but in a workbook: Excel shows each negative time as `####`, so there it is a decimal number of hours.
    Balance,
    /// A whole number.
    Number,
    /// Yes or no.
    Bool,
    /// Codes with their words.
    Codes,
}

impl Kind {
    /// The kind's name for programs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Date => "date",
            Self::LocalTime => "local_time",
            Self::Duration => "duration",
            Self::Balance => "balance",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Codes => "codes",
        }
    }

    /// Whether it stands at the right edge, so that digits stand below digits.
    pub(crate) const fn is_amount(self) -> bool {
        matches!(self, Self::Duration | Self::Balance | Self::Number)
    }
}

/// A code for programs, with its words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coded {
    /// Never translated, never changed.
    pub code: &'static str,
    /// From the catalogue.
    pub words: String,
}

/// What stands in a cell.
#[derive(Debug, Clone)]
pub enum Cell<'a> {
    /// Free text.
    Text(Cow<'a, str>),
    /// A civil date.
    Date(Date),
    /// An instant in a zone.
    LocalTime {
        /// The instant.
        at: UtcMillis,
        /// The zone in which it is shown, always with its offset.
        zone: &'a TimeZone,
        /// The day that the row is about, if it is about one: a page then leaves out the date where it is the
        /// same. Files always say it.
        day: Option<Date>,
    },
    /// A span in milliseconds, of either sign.
    Duration(i64),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// Codes, possibly none.
    Codes(Cow<'a, [Coded]>),
    /// Nothing, in a column of any kind.
    Empty,
}

impl<'a> Cell<'a> {
    /// Text, borrowed or not.
    #[must_use]
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// What there is, or an empty cell.
    #[must_use]
    pub fn or_empty<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Empty, cell)
    }

    const fn kind_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Date(_) => "date",
            Self::LocalTime { .. } => "local_time",
            Self::Duration(_) => "duration",
            Self::Number(_) => "number",
            Self::Bool(_) => "bool",
            Self::Codes(_) => "codes",
            Self::Empty => "empty",
        }
    }

    const fn suits(&self, kind: Kind) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(_) => matches!(kind, Kind::Text),
            Self::Date(_) => matches!(kind, Kind::Date),
            Self::LocalTime { .. } => matches!(kind, Kind::LocalTime),
            Self::Duration(_) => matches!(kind, Kind::Duration | Kind::Balance),
            Self::Number(_) => matches!(kind, Kind::Number),
            Self::Bool(_) => matches!(kind, Kind::Bool),
            Self::Codes(_) => matches!(kind, Kind::Codes),
        }
    }
}

/// `2026-11-20T08:03:11+01:00`.
pub(super) fn rfc_3339(at: UtcMillis, zone: &TimeZone) -> String {
    local_with_offset(at, zone)
}

/// `+01:00`, the offset of an instant in a zone.
pub(super) fn offset(at: UtcMillis, zone: &TimeZone) -> String {
    at.timestamp().to_zoned(zone.clone()).strftime("%:z").to_string()
}

/// Pairs the cells of a row with the columns.
///
/// # Errors
/// [`DocumentError::CellCount`] and [`DocumentError::CellKind`].
pub(super) fn check(columns: &[Column], cells: &[Cell<'_>], row: u64) -> Result<(), DocumentError> {
    if cells.len() != columns.len() {
        return Err(DocumentError::CellCount { row, found: cells.len(), expected: columns.len() });
    }
    for (column, cell) in columns.iter().zip(cells) {
        if !cell.suits(column.kind) {
            let (found, expected) = (cell.kind_name(), column.kind.as_str());
            return Err(DocumentError::CellKind { row, column: column.key, found, expected });
        }
    }
    Ok(())
}
