//! How large an upload may be, counted before and while it is read.
//!
//! The sizes that a file declares are only ever a reason to refuse it early. Whatever is taken is counted
//! again as it comes out, so that a file that lies stops at the same place as one that says what it holds.

/// Largest file, in bytes.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;
/// Most parts in a workbook's archive. A workbook of ten sheets has some thirty.
pub const MAX_PARTS: usize = 1_000;
/// Most bytes that all parts of a workbook may be once unpacked.
pub const MAX_UNPACKED_BYTES: u64 = 512 * 1024 * 1024;
/// How many bytes a packed byte may become. Deflate reaches 1,032; sheets of real work stay below 60.
pub const MAX_RATIO: u64 = 200;
/// Below this many unpacked bytes the ratio isn't looked at: a small part of blanks harms nobody.
pub const RATIO_FREE_BYTES: u64 = 1024 * 1024;
/// Largest single piece of markup (a tag with its attributes, a text), in bytes. A cell holds 32,767 characters.
pub const MAX_MARKUP_BYTES: usize = 1024 * 1024;
/// Most sheets in a workbook.
pub const MAX_SHEETS: usize = 10;
/// Most rows with content in the sheet that is read, its header not counted.
pub const MAX_ROWS: usize = 100_000;
/// Most columns.
pub const MAX_COLUMNS: usize = 64;
/// Most cells, over all sheets of a workbook, empty ones that carry a format included.
pub const MAX_CELLS: usize = 5_000_000;
/// Longest text of one cell, in characters.
pub const MAX_CELL_CHARS: usize = 1_000;
/// Most text that a table keeps, in bytes. Many cells can point at one shared text.
pub const MAX_TEXT_BYTES: usize = 64 * 1024 * 1024;
/// Most row errors that are listed; the others are counted.
pub const MAX_ROW_ERRORS: usize = 10_000;
/// Largest calendar file, in bytes.
pub const MAX_CALENDAR_BYTES: usize = 2 * 1024 * 1024;
/// Most lines of a calendar file, as they stand in it.
pub const MAX_CALENDAR_LINES: usize = 20_000;
/// Longest line of a calendar once unfolded, in bytes.
pub const MAX_CALENDAR_LINE_BYTES: usize = 10_000;
/// Most events in a calendar.
pub const MAX_CALENDAR_EVENTS: usize = 5_000;
/// Most days that one event of a calendar may last.
pub const MAX_EVENT_DAYS: usize = 60;
/// Most holidays that a calendar may come to.
pub const MAX_CALENDAR_DAYS: usize = 20_000;

/// The ceilings as a value, so that tests can stand one below and one above without files of gigabytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) file_bytes: usize,
    pub(super) parts: usize,
    pub(super) unpacked_bytes: u64,
    pub(super) ratio: u64,
    pub(super) ratio_free_bytes: u64,
    pub(super) markup_bytes: usize,
    pub(super) sheets: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) cells: usize,
    pub(super) cell_chars: usize,
    pub(super) text_bytes: usize,
    pub(super) calendar_bytes: usize,
    pub(super) calendar_lines: usize,
    pub(super) calendar_line_bytes: usize,
    pub(super) calendar_events: usize,
    pub(super) calendar_days: usize,
}

/// What holds outside tests.
pub(super) const LIMITS: Limits = Limits {
    file_bytes: MAX_FILE_BYTES,
    parts: MAX_PARTS,
    unpacked_bytes: MAX_UNPACKED_BYTES,
    ratio: MAX_RATIO,
    ratio_free_bytes: RATIO_FREE_BYTES,
    markup_bytes: MAX_MARKUP_BYTES,
    sheets: MAX_SHEETS,
    rows: MAX_ROWS,
    columns: MAX_COLUMNS,
    cells: MAX_CELLS,
    cell_chars: MAX_CELL_CHARS,
    text_bytes: MAX_TEXT_BYTES,
    calendar_bytes: MAX_CALENDAR_BYTES,
    calendar_lines: MAX_CALENDAR_LINES,
    calendar_line_bytes: MAX_CALENDAR_LINE_BYTES,
    calendar_events: MAX_CALENDAR_EVENTS,
    calendar_days: MAX_CALENDAR_DAYS,
};

/// What reading one file came to, kept also when it is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// Bytes that came out of the archive.
    pub(super) unpacked_bytes: u64,
    /// Largest piece of markup that was held at once, in bytes.
    pub(super) largest_markup_bytes: usize,
    /// Cells in the markup of all sheets.
    pub(super) marked_cells: usize,
    /// Rows that the table keeps.
    pub(super) rows: usize,
    /// Cells that the table keeps.
    pub(super) cells: usize,
    /// Text that the table keeps, in bytes.
    pub(super) text_bytes: usize,
}
