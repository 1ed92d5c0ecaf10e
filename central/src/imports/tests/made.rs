//! Files for tests: an archive written by hand, with a lie wherever a test wants one.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use super::super::limits::{Counters, LIMITS, Limits};
use super::super::sheet::read_within;
use super::super::{Column, ImportError, Table, Wanted};

/// Columns of any two names.
pub(super) const COLUMNS: &[Column] =
    &[Column { name: "staff_no", also: &[], needed: true }, Column { name: "name", also: &[], needed: true }];

pub(super) const WANTED: Wanted<'_> = Wanted { columns: COLUMNS, sheet: None };

pub(super) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    read_by(bytes, &LIMITS)
}

pub(super) fn read_by(bytes: &[u8], limits: &Limits) -> Result<Table, ImportError> {
    read_within(bytes, "upload", WANTED, limits, &mut Counters::default())
}

/// The words of the error, which there must be.
pub(super) fn refusal(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

/// A part of an archive, and what is said of it instead of the truth.
#[derive(Clone)]
pub(super) struct PartOf {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) stored: bool,
    pub(super) flags: u16,
    pub(super) method: Option<u16>,
    pub(super) declared: Option<u32>,
    pub(super) crc: Option<u32>,
    pub(super) local: Option<u32>,
}

pub(super) fn part(name: &str, bytes: impl AsRef<[u8]>) -> PartOf {
    PartOf {
        name: name.to_owned(),
        bytes: bytes.as_ref().to_vec(),
        stored: false,
        flags: 0,
        method: None,
        declared: None,
        crc: None,
        local: None,
    }
}

pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive of the parts, as they say that they are.
pub(super) fn zip(parts: &[PartOf]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        let packed = if part.stored { part.bytes.clone() } else { deflated(&part.bytes) };
        let mut crc = flate2::Crc::new();
        crc.update(&part.bytes);
        let mut facts = Vec::new();
        facts.extend(20_u16.to_le_bytes());
        facts.extend(part.flags.to_le_bytes());
        facts.extend(part.method.unwrap_or(if part.stored { 0 } else { 8 }).to_le_bytes());
        facts.extend([0; 4]);
        facts.extend(part.crc.unwrap_or_else(|| crc.sum()).to_le_bytes());
        facts.extend(u32::try_from(packed.len()).unwrap().to_le_bytes());
        let declared = part.declared.unwrap_or_else(|| u32::try_from(part.bytes.len()).unwrap());
        facts.extend(declared.to_le_bytes());
        facts.extend(u16::try_from(part.name.len()).unwrap().to_le_bytes());
        let local = part.local.unwrap_or_else(|| u32::try_from(archive.len()).unwrap());
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend([0; 2]);
        archive.extend(part.name.as_bytes());
        archive.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        directory.extend([0; 12]);
        directory.extend(local.to_le_bytes());
        directory.extend(part.name.as_bytes());
    }
    let (start, size) = (archive.len(), directory.len());
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(parts.len()).unwrap().to_le_bytes();
    archive.extend(count);
    archive.extend(count);
    archive.extend(u32::try_from(size).unwrap().to_le_bytes());
    archive.extend(u32::try_from(start).unwrap().to_le_bytes());
    archive.extend([0; 2]);
    archive
}

/// The markup of a sheet whose data is `rows`.
pub(super) fn sheet(rows: &str) -> String {
    format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
}

/// A text cell.
pub(super) fn cell(address: &str, text: &str) -> String {
    format!("<c r=\"{address}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

/// The header of [`COLUMNS`] in row 1.
pub(super) fn header() -> String {
    format!("<row r=\"1\">{}{}</row>", cell("A1", "staff_no"), cell("B1", "name"))
}

/// A workbook of sheets of that markup, as parts that a test may still spoil.
pub(super) fn parts(sheets: &[&str]) -> Vec<PartOf> {
    let list = |each: &dyn Fn(usize) -> String| (1..=sheets.len()).map(each).collect::<String>();
    let mut parts = vec![
        part(
            "_rels/.rels",
            "<Relationships><Relationship Id=\"r1\" Type=\"http://x/relationships/officeDocument\" \
             Target=\"xl/workbook.xml\"/></Relationships>",
        ),
        part(
            "xl/workbook.xml",
            format!(
                "<workbook><sheets>{}</sheets></workbook>",
                list(&|n| format!("<sheet name=\"S{n}\" sheetId=\"{n}\" r:id=\"s{n}\"/>"))
            ),
        ),
        part(
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships>{}</Relationships>",
                list(&|n| format!(
                    "<Relationship Id=\"s{n}\" Type=\"http://x/relationships/worksheet\" \
                     Target=\"worksheets/sheet{n}.xml\"/>"
                ))
            ),
        ),
    ];
    parts.extend((1..).zip(sheets).map(|(n, text)| part(&format!("xl/worksheets/sheet{n}.xml"), text)));
    parts
}

/// A workbook of one sheet with the header of [`COLUMNS`] and these rows.
pub(super) fn workbook(rows: &str) -> Vec<u8> {
    zip(&parts(&[&sheet(&format!("{}{rows}", header()))]))
}
