//! CSV: which encoding, which separator, then the rows.
//!
//! The text is looked over once before the CSV reader sees it, so that a single line of millions of separators
//! or a quotation mark that never closes is refused by its row instead of being read as one giant record.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::errors::ImportError;
use super::limits::{Counters, Limits};
use super::shown::shown;
use super::table::{Builder, Cell, CellFault, Table, cell_text, letters};

const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

pub(super) fn read(
    bytes: &[u8],
    name: &str,
    limits: &Limits,
    counters: &mut Counters,
) -> Result<Table, ImportError> {
    let text = decoded(bytes)?;
    // The CSV reader takes a mark for itself; more than one would make it count otherwise than the survey.
    let text = text.trim_start_matches('\u{FEFF}');
    if let Some(at) = text.find('\0') {
        return Err(ImportError::Nul { row: row_at(text.as_bytes(), at) });
    }
    let separator = separator(text.as_bytes());
    let mut numbers = survey(text.as_bytes(), separator, limits)?.into_iter();
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut builder = Builder::new(&shown(name), limits, counters);
    let mut record = ::csv::StringRecord::new();
    let mut width = None;
    let mut last = 0;
    while reader.read_record(&mut record).map_err(|_| ImportError::NotUtf8 { row: last + 1 })? {
        // Both count alike; were they not, rows must not get lost in silence.
        let number = numbers.next().ok_or(ImportError::OpenQuote { row: last })?;
        last = number;
        let blank = record.iter().all(|field| field.trim().is_empty());
        match width {
            _ if blank => {}
            Some(width) if width != record.len() => {
                let reason = format!("has {} fields, the header has {width}", record.len());
                builder.fault(number, record.get(0).unwrap_or_default(), reason)?;
            }
            _ => {
                width = Some(record.len());
                builder.row(number, cells(&record, number, limits))?;
            }
        }
    }
    builder.finish(name)
}

fn cells(record: &::csv::StringRecord, row: usize, limits: &Limits) -> Vec<Cell> {
    let cell = |(column, field): (usize, &str)| {
        if field.trim_start().starts_with('=') {
            let reason = format!("{}{row} is a formula: paste it as a value", letters(column));
            return Err(CellFault { value: field.chars().take(80).collect(), reason });
        }
        cell_text(field, limits)
    };
    record.iter().enumerate().map(cell).collect()
}

/// The text: UTF-8 with or without a mark, UTF-16 with one.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    let utf16 = match bytes {
        [0xFF, 0xFE, text @ ..] => Some((UTF_16LE, text)),
        [0xFE, 0xFF, text @ ..] => Some((UTF_16BE, text)),
        _ => None,
    };
    if let Some((encoding, text)) = utf16 {
        return encoding
            .decode_without_bom_handling_and_without_replacement(text)
            .ok_or(ImportError::NotUtf16);
    }
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    std::str::from_utf8(text)
        .map(Cow::Borrowed)
        .map_err(|error| ImportError::NotUtf8 { row: row_at(text, error.valid_up_to()) })
}

/// The row, from 1, in which byte `at` stands, quoted line breaks counted too.
fn row_at(text: &[u8], at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    let returns = before.iter().filter(|byte| **byte == b'\r').count();
    let lone_feeds = before.iter().enumerate().filter(|(place, byte)| {
        **byte == b'\n' && place.checked_sub(1).and_then(|place| before.get(place)) != Some(&b'\r')
    });
    1 + returns + lone_feeds.count()
}

/// The separator that the first line with content has most of, outside quotation marks; a comma if it has none.
fn separator(text: &[u8]) -> u8 {
    let start = text.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    let mut counts = [0_usize; SEPARATORS.len()];
    let mut quoted = false;
    for byte in text.get(start..).unwrap_or_default() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if !quoted => {
                for (count, _) in counts.iter_mut().zip(SEPARATORS).filter(|(_, known)| known == byte) {
                    *count += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.iter().zip(SEPARATORS).find(|(count, _)| **count == most).map_or(b',', |(_, known)| known)
}

/// Where the reader stands in a record; the same steps as those of the CSV reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Line,
    Field,
    Plain,
    Quoted,
    QuoteInQuoted,
}

/// The number of each row that isn't a blank line, after counting rows, columns and cells.
fn survey(text: &[u8], separator: u8, limits: &Limits) -> Result<Vec<usize>, ImportError> {
    let mut rows = Vec::new();
    let (mut at, mut row, mut fields, mut cells, mut opened) = (At::Line, 1, 1, 0, 1);
    let mut before = 0;
    for &byte in text {
        let continued = byte == b'\n' && before == b'\r';
        before = byte;
        at = match (at, byte) {
            (At::Quoted, b'"') => At::QuoteInQuoted,
            (At::Quoted, _) => At::Quoted,
            (At::QuoteInQuoted, b'"') => At::Quoted,
            (At::Line, b'\n') if continued => At::Line,
            (_, b'\r' | b'\n') => {
                if at != At::Line {
                    rows.push(row);
                }
                row += 1;
                At::Line
            }
            (At::Line | At::Field, b'"') => {
                opened = row;
                At::Quoted
            }
            (_, byte) if byte == separator => At::Field,
            _ => At::Plain,
        };
        if at == At::Line {
            fields = 1;
        } else if at == At::Field {
            fields += 1;
            cells += 1;
            if fields > limits.columns {
                return Err(ImportError::TooManyColumns { row, limit: limits.columns });
            }
        }
        if cells + rows.len() > limits.cells {
            return Err(ImportError::TooManyCells(limits.cells));
        }
    }
    match at {
        At::Quoted => return Err(ImportError::OpenQuote { row: opened }),
        At::Line => {}
        _ => rows.push(row),
    }
    Ok(rows)
}
