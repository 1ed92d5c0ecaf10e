//! The markup of a workbook, looked through before the spreadsheet reader gets it.
//!
//! That reader trusts some numbers: it reserves memory for the count of texts that a file claims, adds up the
//! digits of an address without a bound, and copies fonts for each style. Each of these is refused here. Both
//! sides read the same bytes with the same XML library, so they see the same.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::super::limits::{Counters, Limits};
use super::super::shown::shown;
use super::error::ArchiveError;
use super::part::Part;

/// Rows and columns of a sheet (ECMA-376; also Excel's own ceiling).
const SHEET_ROWS: u32 = 1_048_576;
const SHEET_COLUMNS: u32 = 16_384;
/// Longest attribute in the styles: a font's name, a number's format.
const STYLE_ATTRIBUTE_BYTES: usize = 1_024;
/// Most brackets in a number's format; the reader counts them in a byte.
const FORMAT_BRACKETS: usize = 200;

/// Elements that cost memory, and how many there may be in one part.
const COUNTED: [(&str, &str, usize); 9] = [
    ("si", "shared texts", super::super::limits::MAX_CELLS),
    ("xf", "styles", 131_072),
    ("font", "fonts", 65_536),
    ("fill", "fills", 65_536),
    ("border", "borders", 65_536),
    ("numFmt", "number formats", 10_000),
    ("Relationship", "relationships", 10_000),
    ("definedName", "names", 10_000),
    ("mergeCell", "merged cells", 1_000_000),
];

/// Reads a part to its end and gives its checksum.
pub(super) fn look_through(
    mut part: Part<'_>,
    limits: &Limits,
    counters: &mut Counters,
) -> Result<u32, ArchiveError> {
    expect_utf8(&mut part)?;
    let mut reader = Reader::from_reader(part);
    let config = reader.config_mut();
    // As the spreadsheet reader has it.
    config.check_end_names = false;
    config.expand_empty_elements = true;
    let mut look = Look::new(reader.get_ref(), limits);
    let mut piece = Vec::new();
    let outcome = loop {
        piece.clear();
        reader.get_mut().next_piece();
        let done = match reader.read_event_into(&mut piece) {
            Ok(Event::Eof) => break Ok(()),
            Ok(event) => look.event(&event, counters),
            Err(error) => {
                let what = || format!("markup that can't be read ({})", shown(&error.to_string()));
                let fault = reader.get_mut().take_fault();
                Err(fault.unwrap_or_else(|| look.fault(what())))
            }
        };
        if done.is_err() {
            break done;
        }
    };
    reader.get_ref().count(counters);
    outcome.and_then(|()| reader.get_ref().finish())
}

/// UTF-16 begins with a mark, or has a NUL among its first letters.
fn expect_utf8(part: &mut Part<'_>) -> Result<(), ArchiveError> {
    let start = part.fill_buf().map(|bytes| bytes.iter().take(4).copied().collect::<Vec<u8>>());
    match start {
        Err(_) => Err(part.take_fault().unwrap_or_else(|| ArchiveError::Damaged(part.name()))),
        Ok(start)
            if start.contains(&0) || start.starts_with(b"\xFF\xFE") || start.starts_with(b"\xFE\xFF") =>
        {
            Err(ArchiveError::NotUtf8(part.name()))
        }
        Ok(_) => Ok(()),
    }
}

/// What was seen of a part so far.
struct Look<'a> {
    name: String,
    styles: bool,
    sheets: usize,
    counts: [usize; COUNTED.len()],
    limits: &'a Limits,
}

impl<'a> Look<'a> {
    fn new(part: &Part<'_>, limits: &'a Limits) -> Self {
        let styles = part.file_name() == "styles.xml";
        Self { name: part.name(), styles, sheets: 0, counts: [0; COUNTED.len()], limits }
    }

    fn fault(&self, what: String) -> ArchiveError {
        ArchiveError::Markup { name: self.name.clone(), what }
    }

    fn event(&mut self, event: &Event<'_>, counters: &mut Counters) -> Result<(), ArchiveError> {
        match event {
            Event::DocType(_) => Err(ArchiveError::Doctype(self.name.clone())),
            Event::Decl(declaration) => match declaration.encoding() {
                Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => {
                    Err(ArchiveError::NotUtf8(self.name.clone()))
                }
                _ => Ok(()),
            },
            Event::Start(element) | Event::Empty(element) => self.element(element, counters),
            _ => Ok(()),
        }
    }

    fn element(&mut self, element: &BytesStart<'_>, counters: &mut Counters) -> Result<(), ArchiveError> {
        let local = element.local_name();
        let local = local.as_ref();
        match local {
            "c" => {
                counters.marked_cells += 1;
                if counters.marked_cells > self.limits.cells {
                    return Err(self.too_many("cells", self.limits.cells));
                }
                self.attribute(element, "r", |value| address(value).is_some())
            }
            "row" => self.attribute(element, "r", |value| number(value, SHEET_ROWS).is_some()),
            "dimension" | "f" => self.attribute(element, "ref", is_range),
            "sst" => {
                let most = u32::try_from(self.limits.cells).unwrap_or(u32::MAX);
                self.attribute(element, "uniqueCount", |value| number(value, most).is_some() || value == "0")
            }
            "sheet" => {
                self.sheets += 1;
                if self.sheets > self.limits.sheets {
                    return Err(self.too_many("sheets", self.limits.sheets));
                }
                Ok(())
            }
            _ => {
                self.count(local)?;
                if local == "numFmt" {
                    let few = |value: &str| value.matches('[').count() <= FORMAT_BRACKETS;
                    self.attribute(element, "formatCode", few)?;
                }
                if self.styles { self.style(element) } else { Ok(()) }
            }
        }
    }

    fn count(&mut self, local: &str) -> Result<(), ArchiveError> {
        for (seen, (name, what, most)) in self.counts.iter_mut().zip(COUNTED) {
            if name == local {
                *seen += 1;
                if *seen > most {
                    return Err(self.too_many(what, most));
                }
                break;
            }
        }
        Ok(())
    }

    fn too_many(&self, what: &'static str, limit: usize) -> ArchiveError {
        ArchiveError::TooMany { name: self.name.clone(), what, limit }
    }

    /// Refuses the element if one of its attributes of that name isn't `right`.
    fn attribute(
        &self,
        element: &BytesStart<'_>,
        name: &str,
        right: impl Fn(&str) -> bool,
    ) -> Result<(), ArchiveError> {
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| self.fault("a damaged attribute".to_owned()))?;
            if attribute.key.as_ref() == name && !right(&attribute.value) {
                let element = element.local_name();
                let what = format!("{}=\"{}\" in {}", name, shown(&attribute.value), element.as_ref());
                return Err(self.fault(what));
            }
        }
        Ok(())
    }

    fn style(&self, element: &BytesStart<'_>) -> Result<(), ArchiveError> {
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| self.fault("a damaged attribute".to_owned()))?;
            if attribute.value.len() > STYLE_ATTRIBUTE_BYTES {
                return Err(self.fault(format!("a style of more than {STYLE_ATTRIBUTE_BYTES} bytes")));
            }
        }
        Ok(())
    }
}

/// A whole number from 1 to `most`.
fn number(text: &str, most: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if digits { text.parse().ok()? } else { return None };
    (1..=most).contains(&value).then_some(value)
}

/// Column and row, from 1, of an address such as `B7`.
fn address(text: &str) -> Option<(u32, u32)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (column, row) = text.split_at_checked(letters)?;
    if !(1..=3).contains(&letters) {
        return None;
    }
    let digit = |letter: u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = column.bytes().fold(0, |sum, letter| sum * 26 + digit(letter));
    (column <= SHEET_COLUMNS).then_some((column, number(row, SHEET_ROWS)?))
}

/// An address, or two of which the first lies above and to the left.
fn is_range(text: &str) -> bool {
    let (first, last) = text.split_once(':').unwrap_or((text, text));
    match (address(first), address(last)) {
        (Some(first), Some(last)) => first.0 <= last.0 && first.1 <= last.1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_end_where_a_sheet_ends() {
        assert_eq!(address("B7"), Some((2, 7)));
        assert_eq!(address("XFD1048576"), Some((SHEET_COLUMNS, SHEET_ROWS)));
        for outside in ["XFE1", "A0", "A1048577", "AAAA1", "A", "7", "", "A-1", "A99999999999", "Ä1"] {
            assert_eq!(address(outside), None, "{outside}");
        }
        assert!(is_range("A1:XFD1048576") && is_range("B2"));
        assert!(!is_range("B2:A1") && !is_range("A1:B2:C3") && !is_range("A:C"));
    }
}
