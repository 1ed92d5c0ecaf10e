//! A document as a workbook: real dates, times and spans, so that people can sort, filter and add up.
//!
//! Rows go to an unnamed file in the scratch folder as they come, so that memory does not grow with them; no
//! name ever leads to that file and it is gone with the writer. A sheet is full at 1,048,576 rows and the next
//! one goes on, with its own head line. The last sheet says what the document is.
//!
//! Text is always written as text: nothing typed by people becomes a formula or a link. What stands in the
//! properties comes from the caller, also the moment, so that the same rows give the same bytes.

use std::io::Write;

use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

use super::cell::{offset, rfc_3339};
use super::totals::Totals;
use super::{Cell, Coded, Document, DocumentError, Kind, Making, Rows};
use crate::reports::hours::HOUR_MS;

mod formats;

use formats::{Formats, Weight};

/// Rows of a sheet, by the format (ECMA-376; Excel's "specifications and limits").
const SHEET_ROWS: u32 = 1_048_576;
/// UTF-16 units in a cell, by the same source.
const CELL_UNITS: usize = 32_767;
/// Characters that the widest column shows; longer text goes on below its neighbour.
const WIDEST: usize = 48;

/// A workbook that is being written.
pub struct Xlsx<W: Write + Send> {
    workbook: Workbook,
    sheet: Worksheet,
    /// Head line of each sheet, with the unit where it is not that of the cells.
    head: Vec<String>,
    formats: Formats,
    widths: Vec<usize>,
    totals: Totals,
    /// The row that is written next, counted from 0.
    next: u32,
    sheets: u32,
    rows_a_sheet: u32,
    texts: Texts,
    out: W,
}

/// The words that the rest of the workbook needs when the catalogue is no longer there.
struct Texts {
    sheet: String,
    about: String,
    total: String,
    title: String,
    subtitle: String,
    made: String,
    notes: Vec<String>,
}

impl<W: Write + Send> std::fmt::Debug for Xlsx<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Xlsx").field("title", &self.texts.title).field("rows", &self.totals.rows()).finish()
    }
}

impl<W: Write + Send> Xlsx<W> {
    /// Opens the first sheet.
    ///
    /// # Errors
    /// [`DocumentError`], also when no file can be made in the scratch folder.
    pub fn begin(document: &Document, making: &Making<'_>, out: W) -> Result<Self, DocumentError> {
        Self::begin_with(document, making, SHEET_ROWS, out)
    }

    pub(super) fn begin_with(
        document: &Document,
        making: &Making<'_>,
        rows_a_sheet: u32,
        out: W,
    ) -> Result<Self, DocumentError> {
        let mut workbook = Workbook::new();
        workbook.set_tempdir(making.scratch)?;
        workbook.set_properties(&properties(document, making)?);
        let words = making.words;
        let head: Vec<String> = document
            .columns
            .iter()
            .map(|column| match column.kind {
                Kind::Balance => {
                    words.say_with("document-in-hours", &[("heading", column.heading.as_str().into())])
                }
                _ => column.heading.clone(),
            })
            .collect();
        let texts = Texts {
            sheet: words.say("document-sheet"),
            about: words.say("document-about"),
            total: words.say("document-total"),
            title: document.title.clone(),
            subtitle: document.subtitle.clone(),
            made: making.said_made(),
            notes: document.notes.clone(),
        };
        let sheet = workbook.new_worksheet_with_constant_memory()?;
        let mut this = Self {
            sheet,
            workbook,
            widths: document.columns.iter().map(|column| least_width(column.kind)).collect(),
            head,
            formats: Formats::new(),
            totals: Totals::of(document),
            next: 0,
            sheets: 0,
            rows_a_sheet: rows_a_sheet.max(2),
            texts,
            out,
        };
        this.open_sheet()?;
        Ok(this)
    }

    /// Names the sheet in hand and writes its head line.
    fn open_sheet(&mut self) -> Result<(), DocumentError> {
        self.sheets += 1;
        let name = match self.sheets {
            1 => self.texts.sheet.clone(),
            number => format!("{} {number}", self.texts.sheet),
        };
        self.sheet.set_name(name)?;
        for (column, heading) in (0_u16..).zip(&self.head) {
            self.sheet.write_string_with_format(0, column, fitting(heading), &self.formats.head)?;
        }
        for (width, heading) in self.widths.iter_mut().zip(&self.head) {
            // The arrow of the filter covers two characters.
            *width = (*width).max(heading.chars().count() + 2);
        }
        self.next = 1;
        Ok(())
    }

    /// Sets what a sheet needs to know of all of its rows, and puts it into the workbook.
    fn close_sheet(&mut self, last_data_row: u32, following: Worksheet) -> Result<(), DocumentError> {
        let mut sheet = std::mem::replace(&mut self.sheet, following);
        if let Some(last) = u16::try_from(self.head.len()).ok().and_then(|count| count.checked_sub(1)) {
            sheet.autofilter(0, 0, last_data_row, last)?;
        }
        for (column, width) in (0_u16..).zip(&self.widths) {
            let width = u32::try_from((*width).min(WIDEST)).unwrap_or(8);
            sheet.set_column_width(column, f64::from(width) + 1.0)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        let (title, subtitle) = (printed(&self.texts.title), printed(&self.texts.subtitle));
        sheet.set_header(format!("&L{title}&R{subtitle}"));
        sheet.set_footer(format!("&L{}&R&P / &N", printed(&self.texts.made)));
        self.workbook.push_worksheet(sheet);
        Ok(())
    }

    /// Makes room for a row: a full sheet is closed and the next begun.
    fn make_room(&mut self) -> Result<(), DocumentError> {
        if self.next < self.rows_a_sheet {
            return Ok(());
        }
        let following = self.workbook.new_worksheet_with_constant_memory()?;
        self.close_sheet(self.next - 1, following)?;
        self.open_sheet()
    }

    fn write_row(&mut self, cells: &[Cell<'_>], weight: Weight) -> Result<(), DocumentError> {
        let row = self.next;
        for (place, cell) in (0_u16..).zip(cells) {
            let kind = self.totals.columns().get(usize::from(place)).map_or(Kind::Text, |one| one.kind);
            let wide = write_cell(&mut self.sheet, &mut self.formats, (row, place), kind, cell, weight)?;
            if let Some(width) = self.widths.get_mut(usize::from(place)) {
                *width = (*width).max(wide);
            }
        }
        self.next += 1;
        Ok(())
    }

    /// The sums below the last row; the word for them stands in the first column if that has no sum.
    fn write_totals(&mut self) -> Result<(), DocumentError> {
        let Some(cells) = self.totals.row() else { return Ok(()) };
        self.make_room()?;
        if matches!(cells.first(), Some(Cell::Empty)) {
            self.sheet.write_string_with_format(self.next, 0, &self.texts.total, &self.formats.total)?;
        }
        self.write_row(&cells, Weight::Total)
    }

    /// The last sheet: what this is, when it was made, and what a reader has to know.
    fn write_about(&mut self) -> Result<(), DocumentError> {
        let texts = &self.texts;
        let lines = [&texts.title, &texts.subtitle, &texts.made].into_iter().chain(&texts.notes);
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(texts.about.as_str())?;
        sheet.set_column_width(0, 100)?;
        for (row, line) in (0_u32..).zip(lines.filter(|line| !line.is_empty())) {
            let format = if row == 0 { &self.formats.total } else { &self.formats.wrapped };
            sheet.write_string_with_format(row, 0, fitting(line), format)?;
        }
        Ok(())
    }
}

impl<W: Write + Send> Rows for Xlsx<W> {
    type Done = W;

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), DocumentError> {
        self.totals.add(cells)?;
        self.make_room()?;
        self.write_row(cells, Weight::Row)
    }

    fn finish(mut self) -> Result<W, DocumentError> {
        let data_end = self.next - 1;
        let before = self.sheets;
        self.write_totals()?;
        // Sums that stand on a sheet of their own have no rows above them to filter.
        let last = if self.sheets == before { data_end } else { 0 };
        self.close_sheet(last, Worksheet::new())?;
        self.write_about()?;
        self.workbook.save_to_writer(&mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn properties(document: &Document, making: &Making<'_>) -> Result<DocProperties, DocumentError> {
    let utc = making.at.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    let (year, month, day) = (utc.year(), utc.month(), utc.day());
    let unsigned = |value: i8| u8::try_from(value).unwrap_or(1);
    let hour = u16::try_from(utc.hour()).unwrap_or(0);
    let (minute, second) = (unsigned(utc.minute()), unsigned(utc.second()));
    let made = ExcelDateTime::from_ymd(u16::try_from(year).unwrap_or(1900), unsigned(month), unsigned(day))?
        .and_hms(hour, minute, second)?;
    Ok(DocProperties::new()
        .set_title(printable(&document.title))
        .set_subject(printable(&document.subtitle))
        .set_author("Lintel")
        .set_creation_datetime(&made))
}

/// Writes a cell and says how many characters wide it is.
fn write_cell(
    sheet: &mut Worksheet,
    formats: &mut Formats,
    (row, column): (u32, u16),
    kind: Kind,
    cell: &Cell<'_>,
    weight: Weight,
) -> Result<usize, DocumentError> {
    let text_width = |text: &str| text.chars().count();
    match cell {
        Cell::Text(text) => {
            sheet.write_string(row, column, fitting(text))?;
            return Ok(text_width(text));
        }
        Cell::Codes(codes) => {
            let text = in_words(codes);
            if !text.is_empty() {
                sheet.write_string(row, column, fitting(&text))?;
            }
            return Ok(text_width(&text));
        }
        Cell::Date(date) => match serial(*date) {
            Some(days) => sheet.write_number_with_format(row, column, days, &formats.date)?,
            None => sheet.write_string(row, column, date.to_string())?,
        },
        Cell::LocalTime { at, zone, .. } => {
            let local = at.timestamp().to_zoned((*zone).clone()).datetime();
            match serial(local.date()) {
                Some(days) => {
                    let since_midnight = local.time().duration_since(jiff::civil::Time::MIN).as_millis();
                    let millis = i64::try_from(since_midnight).unwrap_or(0);
                    let format = formats.local_time(&offset(*at, zone));
                    sheet.write_number_with_format(row, column, days + in_days(millis), format)?
                }
                None => sheet.write_string(row, column, rfc_3339(*at, zone))?,
            }
        }
        Cell::Duration(millis) => {
            let (value, format) = match kind {
                Kind::Balance => (in_hours(*millis), formats.balance(weight)),
                _ => (in_days(*millis), formats.duration(weight)),
            };
            sheet.write_number_with_format(row, column, value, format)?
        }
        Cell::Number(number) => {
            #[expect(clippy::cast_precision_loss, reason = "a workbook's numbers are doubles: exact to 2^53")]
            let number = *number as f64;
            sheet.write_number_with_format(row, column, number, formats.number(weight))?
        }
        Cell::Bool(yes) => sheet.write_boolean(row, column, *yes)?,
        Cell::Empty => return Ok(0),
    };
    Ok(least_width(kind))
}

/// Days since 1899-12-30, which is how a workbook counts. Nothing before March 1900: Excel counts a
/// 29 February in that year, which there never was.
fn serial(date: Date) -> Option<f64> {
    let first = jiff::civil::date(1900, 3, 1);
    let days = i32::try_from(date.duration_since(first).as_hours() / 24).ok()?;
    (days >= 0).then(|| f64::from(days + 61))
}

/// A workbook knows a span of time only as a fraction of a day in a double. This is the one place where a
/// time becomes a floating point number, on its way out: nothing is computed from it here, and a millisecond
/// is 500 times larger than the error of a double at a thousand days.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 ms, which is 285,000 years")]
fn in_days(millis: i64) -> f64 {
    millis as f64 / (24.0 * f64::from(HOUR_MS))
}

/// The same for a decimal number of hours.
#[expect(clippy::cast_precision_loss, reason = "exact below 2^53 ms, which is 285,000 years")]
fn in_hours(millis: i64) -> f64 {
    millis as f64 / f64::from(HOUR_MS)
}

fn in_words(codes: &[Coded]) -> String {
    let words: Vec<&str> = codes.iter().map(|one| one.words.as_str()).collect();
    words.join(", ")
}

/// What of a text fits into a cell.
fn fitting(text: &str) -> String {
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units <= CELL_UNITS
    };
    text.chars().map(printed_char).take_while(fits).collect()
}

/// Characters that XML 1.0 has no way to write are shown as missing.
fn printed_char(c: char) -> char {
    if matches!(c, '\u{fffe}' | '\u{ffff}') || (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        '\u{fffd}'
    } else {
        c
    }
}

fn printable(text: &str) -> String {
    text.chars().map(printed_char).collect()
}

/// Text for the margin of a printed page, where `&` begins a command and 255 characters are all there is.
fn printed(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { printed_char(c) });
    line.take(60).collect::<String>().replace('&', "&&")
}

/// Characters that a cell of a kind needs at least.
fn least_width(kind: Kind) -> usize {
    match kind {
        Kind::LocalTime => 24,
        Kind::Date => 10,
        _ => 7,
    }
}
