//! A workbook's sheet, cell by cell.
//!
//! calamine reads it, and only after `archive` has looked through every part and packed it anew. Cells are taken
//! as a stream: nothing is allocated for the size that a sheet claims to have.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::archive;
use super::columns::{Wanted, fit};
use super::errors::ImportError;
use super::limits::{Counters, Limits};
use super::serial;
use super::shown::shown;
use super::table::{Builder, Cell, CellFault, Table, cell_text, letters};

type Workbook = Xlsx<Cursor<Vec<u8>>>;

pub(super) fn read(
    bytes: &[u8],
    name: &str,
    wanted: Wanted<'_>,
    limits: &Limits,
    counters: &mut Counters,
) -> Result<Table, ImportError> {
    let checked = archive::checked(bytes, limits, counters)?;
    // What could panic in the reader is refused before; should something be left, it costs one file.
    catch_unwind(AssertUnwindSafe(|| from_workbook(checked, name, wanted, limits, counters)))
        .unwrap_or_else(|_| Err(ImportError::Workbook("the reader gave up".to_owned())))
}

fn from_workbook(
    checked: Vec<u8>,
    name: &str,
    wanted: Wanted<'_>,
    limits: &Limits,
    counters: &mut Counters,
) -> Result<Table, ImportError> {
    let mut workbook: Workbook = Xlsx::new(Cursor::new(checked)).map_err(|error| unreadable(&error))?;
    let sheet = choose(&mut workbook, name, wanted, limits)?;
    let from_1904 = workbook.has_1904_epoch();
    let mut builder = Builder::new(&shown(&sheet), limits, counters);
    each_row(&mut workbook, &sheet, from_1904, limits, |row, cells| {
        builder.row(row, cells)?;
        Ok(true)
    })?;
    builder.finish(&sheet)
}

/// The sheet that was asked for, else the first visible one whose header has every needed column, else the one
/// that knows most headings.
fn choose(
    workbook: &mut Workbook,
    name: &str,
    wanted: Wanted<'_>,
    limits: &Limits,
) -> Result<String, ImportError> {
    let sheets: Vec<String> = workbook
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    if let Some(wanted) = wanted.sheet {
        let same = |sheet: &&String| sheet.trim().to_lowercase() == wanted.trim().to_lowercase();
        return sheets.iter().find(same).cloned().ok_or_else(|| ImportError::NoSheet {
            wanted: shown(wanted),
            there: sheets.iter().map(|sheet| shown(sheet)).collect::<Vec<_>>().join(", "),
        });
    }
    let mut best: Option<(usize, String)> = None;
    for sheet in sheets {
        let mut header = None;
        let looked = each_row(workbook, &sheet, false, limits, |_, cells| {
            let texts: Vec<String> =
                cells.into_iter().map(|cell| cell.unwrap_or_else(|fault| fault.value)).collect();
            if texts.iter().all(|text| text.trim().is_empty()) {
                return Ok(true);
            }
            header = Some(texts);
            Ok(false)
        });
        match looked {
            // A sheet of another kind, such as a wide plan, is none of ours.
            Err(ImportError::TooManyColumns { .. }) => continue,
            looked => looked?,
        }
        let Some(header) = header else { continue };
        let (known, complete) = fit(wanted.columns, &header);
        if complete {
            return Ok(sheet);
        }
        if best.as_ref().is_none_or(|(most, _)| known > *most) {
            best = Some((known, sheet));
        }
    }
    best.map(|(_, sheet)| sheet).ok_or_else(|| ImportError::Empty(shown(name)))
}

/// Gives each row that has cells to `take`, until it has enough.
fn each_row(
    workbook: &mut Workbook,
    sheet: &str,
    from_1904: bool,
    limits: &Limits,
    mut take: impl FnMut(usize, Vec<Cell>) -> Result<bool, ImportError>,
) -> Result<(), ImportError> {
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|error| unreadable(&error))?;
    let mut cells: Vec<Cell> = Vec::new();
    let mut row = 0;
    while let Some(record) = reader.next_cell_with_formula_metadata().map_err(|error| unreadable(&error))? {
        let (at, column) = (record.pos.0 as usize + 1, record.pos.1 as usize);
        if at != row {
            if !cells.is_empty() && !take(row, std::mem::take(&mut cells))? {
                return Ok(());
            }
            if at < row {
                return Err(ImportError::OutOfOrder(format!("{}{at}", letters(column))));
            }
            row = at;
        }
        let cell = if record.formula.is_some() {
            let reason = format!("{}{at} is a formula: paste it as a value", letters(column));
            Err(CellFault { value: text(&record.value, from_1904).unwrap_or_default(), reason })
        } else {
            text(&record.value, from_1904)
                .map_err(|reason| CellFault { value: raw(&record.value), reason })
                .and_then(|text| cell_text(&text, limits))
        };
        if matches!(&cell, Ok(text) if text.is_empty()) {
            continue;
        }
        if column >= limits.columns {
            return Err(ImportError::TooManyColumns { row: at, limit: limits.columns });
        }
        if column < cells.len() {
            return Err(ImportError::OutOfOrder(format!("{}{at}", letters(column))));
        }
        cells.resize_with(column, || Ok(String::new()));
        cells.push(cell);
    }
    if !cells.is_empty() {
        take(row, cells)?;
    }
    Ok(())
}

/// A cell's value as a person would type it.
fn text(value: &DataRef<'_>, from_1904: bool) -> Result<String, String> {
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) => serial::number(*number),
        DataRef::String(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Bool(value) => Ok(value.to_string()),
        DataRef::DateTime(at) if at.is_duration() => serial::duration(at.as_f64()),
        DataRef::DateTime(at) => serial::moment(at.as_f64(), from_1904),
        DataRef::DateTimeIso(text) => {
            let text = text.trim_end_matches('Z').trim_end_matches(".000");
            Ok(text.strip_suffix("T00:00:00").unwrap_or(text).to_owned())
        }
        DataRef::DurationIso(text) => Ok(text.clone()),
        DataRef::Error(error) => Err(format!("holds the error {error}: correct it in the sheet")),
    }
}

/// The value for an error message.
fn raw(value: &DataRef<'_>) -> String {
    match value {
        DataRef::DateTime(at) => at.as_f64().to_string(),
        DataRef::Float(number) => number.to_string(),
        _ => String::new(),
    }
}

/// calamine's own words, shortened: they may repeat what stands in the file.
fn unreadable(error: &XlsxError) -> ImportError {
    ImportError::Workbook(shown(&error.to_string()))
}
