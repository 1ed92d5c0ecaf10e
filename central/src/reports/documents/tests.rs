//! Golden documents of one made-up month, and what each kind of file promises.

use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::civil::date;
use lintel_core::time::zone;
use proptest::prelude::*;

use super::*;
use crate::words::words_in;

mod workbook;

/// 2026-11-20T00:00 in Berlin.
const DAY: i64 = 1_795_129_200_000;
const MINUTE: i64 = 60_000;
static SCRATCH: LazyLock<PathBuf> = LazyLock::new(std::env::temp_dir);

fn document() -> Document {
    Document {
        title: "Hours, November 2026".into(),
        subtitle: "Berlin & <Hamburg>".into(),
        columns: vec![
            Column::new("name", "Name", Kind::Text),
            Column::new("date", "Date", Kind::Date),
            Column::new("first_in", "First in", Kind::LocalTime),
            Column::new("worked", "Worked", Kind::Duration).summed(),
            Column::new("balance", "Balance", Kind::Balance).summed(),
            Column::new("punches", "Punches", Kind::Number).summed(),
            Column::new("provisional", "Still running", Kind::Bool),
            Column::new("exceptions", "To look at", Kind::Codes),
        ],
        notes: vec!["Hours are rounded to the minute & nothing else.".into()],
    }
}

fn making<'a>() -> Making<'a> {
    Making {
        at: UtcMillis::from_i64(DAY + 86_400_000),
        zone: zone("Europe/Berlin").unwrap(),
        words: words_in("en"),
        scratch: &SCRATCH,
    }
}

fn coded() -> Vec<Coded> {
    vec![
        Coded { code: "missing_check_out", words: "missing check-out".into() },
        Coded { code: "clock_unsynced", words: "door clock not synchronised".into() },
    ]
}

fn row<'a>(name: &'a str, zone: &'a TimeZone, worked_ms: i64, balance_ms: i64) -> Vec<Cell<'a>> {
    let day = date(2026, 11, 20);
    vec![
        Cell::text(name),
        Cell::Date(day),
        Cell::LocalTime { at: UtcMillis::from_i64(DAY + 483 * MINUTE + 11_000), zone, day: Some(day) },
        Cell::Duration(worked_ms),
        Cell::Duration(balance_ms),
        Cell::Number(2),
        Cell::Bool(false),
        Cell::Codes(coded().into()),
    ]
}

fn rows(zone: &TimeZone) -> Vec<Vec<Cell<'_>>> {
    let mut nothing: Vec<Cell<'_>> = vec![Cell::Empty; 8];
    nothing[0] = Cell::text("Grace \"The\" Hopper,\nRear Admiral");
    nothing[2] =
        Cell::LocalTime { at: UtcMillis::from_i64(DAY - MINUTE), zone, day: Some(date(2026, 11, 20)) };
    nothing[6] = Cell::Bool(true);
    vec![
        row("Ada Lovelace", zone, 548 * MINUTE, 68 * MINUTE),
        row("=cmd|' /C calc'!A0", zone, 8 * 60 * MINUTE, -30 * MINUTE),
        row("<b>Ågren</b>", zone, 0, 0),
        nothing,
    ]
}

fn written(kind: FileKind) -> Vec<u8> {
    let berlin = zone("Europe/Berlin").unwrap();
    let mut out = Vec::new();
    write(kind, &document(), &making(), rows(&berlin), &mut out).unwrap();
    out
}

fn text(kind: FileKind) -> String {
    String::from_utf8(written(kind)).unwrap()
}

#[test]
fn the_csv_is_this_one() {
    insta::assert_snapshot!(text(FileKind::Csv));
}

#[test]
fn the_json_is_this_one_and_is_json() {
    let text = text(FileKind::Json);
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["rows"][1]["balance_ms"], -1_800_000);
    assert_eq!(read["totals"]["worked_ms"], (548 + 480) * MINUTE);
    insta::assert_snapshot!(text);
}

#[test]
fn the_page_is_this_one() {
    let page = text(FileKind::Page);
    let (before, rest) = page.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    insta::assert_snapshot!(format!("{before}<style>…</style>{after}"));
}

#[test]
fn a_page_of_the_console_has_no_style_inside() {
    let berlin = zone("Europe/Berlin").unwrap();
    let style = Style::Linked("/assets/document.css".into());
    let page = Page::begin(&document(), &making(), &style, Vec::new()).unwrap();
    let page = String::from_utf8(page.all(rows(&berlin)).unwrap()).unwrap();
    assert!(page.contains("<link rel=\"stylesheet\" href=\"/assets/document.css\">"));
    assert!(!page.contains("<style") && !page.contains("style=") && !page.contains("<script"));
}

#[test]
fn names_cannot_put_anything_into_a_page() {
    let page = text(FileKind::Page);
    assert!(page.contains("&#60;b&#62;Ågren") && !page.contains("<b>") && !page.contains("<Hamburg>"));
}

#[test]
fn a_marked_csv_is_the_same_behind_its_mark() {
    let marked = text(FileKind::CsvMarked);
    assert_eq!(marked.strip_prefix('\u{feff}').unwrap(), text(FileKind::Csv));
}

#[test]
fn a_document_without_rows_is_whole() {
    for kind in [FileKind::Csv, FileKind::Json, FileKind::Page, FileKind::Xlsx] {
        let mut out = Vec::new();
        write(kind, &document(), &making(), [], &mut out).unwrap();
        assert!(!out.is_empty(), "{kind:?}");
    }
    let mut json = Vec::new();
    write(FileKind::Json, &document(), &making(), [], &mut json).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(read["rows"], serde_json::json!([]));
}

#[test]
fn the_same_rows_twice_give_the_same_bytes() {
    for kind in [FileKind::Csv, FileKind::CsvMarked, FileKind::Json, FileKind::Page, FileKind::Xlsx] {
        assert_eq!(written(kind), written(kind), "{kind:?}");
    }
}

#[test]
fn a_row_that_does_not_suit_its_columns_is_refused_with_its_place() {
    let said = |row: &[Cell<'_>]| {
        let mut csv = Csv::begin(&document(), Mark::Without, Vec::new()).unwrap();
        csv.row(row).unwrap_err().to_string()
    };
    assert_eq!(
        said(&[Cell::Empty]),
        "row 1 has 1 cells and the document 8 columns: give one cell for each column"
    );
    let mut row = vec![Cell::Empty; 8];
    row[3] = Cell::Number(3);
    assert_eq!(
        said(&row),
        "row 1, column worked: found number, expected duration: give a cell of the column's kind"
    );
}

#[test]
fn a_sum_that_is_too_large_is_refused_and_not_wrong() {
    let mut csv = Csv::begin(&document(), Mark::Without, Vec::new()).unwrap();
    let mut row = vec![Cell::Empty; 8];
    row[5] = Cell::Number(i64::MAX);
    csv.row(&row).unwrap();
    assert!(csv.row(&row).unwrap_err().to_string().contains("the sum of column punches"));
}

proptest! {
    #[test]
    fn a_written_csv_reads_back(
        rows in prop::collection::vec((any::<String>(), any::<i64>(), any::<bool>()), 0..20),
    ) {
        let columns = vec![
            Column::new("text", "T", Kind::Text),
            Column::new("number", "N", Kind::Number),
            Column::new("bool", "B", Kind::Bool),
        ];
        let document = Document { title: "t".into(), subtitle: String::new(), columns, notes: vec![] };
        let cells = rows.iter().map(|(text, number, yes)| {
            vec![Cell::text(text), Cell::Number(*number), Cell::Bool(*yes)]
        });
        let csv = Csv::begin(&document, Mark::Without, Vec::new()).unwrap().all(cells).unwrap();
        let read: Vec<(String, i64, bool)> =
            ::csv::Reader::from_reader(csv.as_slice()).deserialize().map(Result::unwrap).collect();
        let expected: Vec<(String, i64, bool)> = rows
            .into_iter()
            .map(|(text, number, yes)| (crate::reports::formula::harmless(&text).into_owned(), number, yes))
            .collect();
        prop_assert_eq!(read, expected);
    }
}
