//! A table out of a file. What a file is, its first bytes say, never its name.

use super::columns::Wanted;
use super::errors::ImportError;
use super::limits::{Counters, LIMITS, Limits};
use super::shown::shown;
use super::table::Table;
use super::{csv, xlsx};

/// Reads a file: a workbook (XLSX) by its first bytes, otherwise CSV.
///
/// # Errors
/// [`ImportError`] when the file as a whole can't be read. A row that can't is in [`Table::errors`].
pub fn read(bytes: &[u8], name: &str, wanted: Wanted<'_>) -> Result<Table, ImportError> {
    read_within(bytes, name, wanted, &LIMITS, &mut Counters::default())
}

pub(super) fn read_within(
    bytes: &[u8],
    name: &str,
    wanted: Wanted<'_>,
    limits: &Limits,
    counters: &mut Counters,
) -> Result<Table, ImportError> {
    if bytes.is_empty() {
        return Err(ImportError::Empty(shown(name)));
    }
    if bytes.len() > limits.file_bytes {
        let (bytes, limit) = (bytes.len(), limits.file_bytes);
        return Err(ImportError::TooLarge { name: shown(name), bytes, limit });
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Err(ImportError::OldOrLocked(shown(name)));
    }
    let archive = [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"];
    if archive.iter().any(|magic| bytes.starts_with(magic.as_slice())) {
        xlsx::read(bytes, name, wanted, limits, counters)
    } else {
        csv::read(bytes, name, limits, counters)
    }
}
