//! Workbooks, read back by a reader that did not write them.

use std::io::{Cursor, Read};

use calamine::{Data, DataType, Range, Reader, Xlsx as Workbook};

use super::*;

fn open(bytes: &[u8]) -> Workbook<Cursor<&[u8]>> {
    Workbook::new(Cursor::new(bytes)).unwrap()
}

fn sheet(bytes: &[u8], name: &str) -> Range<Data> {
    open(bytes).worksheet_range(name).unwrap()
}

/// A part of the file, as XML.
fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn of(document: &Document, rows_a_sheet: u32, count: i64) -> Vec<u8> {
    let rows = (0..count).map(|number| vec![Cell::text(format!("p{number}")), Cell::Number(number)]);
    let mut out = Vec::new();
    Xlsx::begin_with(document, &making(), rows_a_sheet, &mut out).unwrap().all(rows).unwrap();
    out
}

fn two_columns() -> Document {
    Document {
        title: "t".into(),
        subtitle: String::new(),
        columns: vec![
            Column::new("name", "Name", Kind::Text),
            Column::new("number", "Number", Kind::Number).summed(),
        ],
        notes: vec![],
    }
}

#[test]
fn a_workbook_reads_back_as_what_was_written() {
    let bytes = written(FileKind::Xlsx);
    let rows: Vec<String> = sheet(&bytes, "Rows").rows().map(|row| format!("{row:?}")).collect();
    insta::assert_snapshot!(rows.join("\n"));
    let about: Vec<String> = sheet(&bytes, "About").rows().map(|row| row[0].to_string()).collect();
    insta::assert_snapshot!(about.join("\n"));
}

#[test]
fn dates_and_spans_are_numbers_with_their_format_and_text_is_never_a_formula() {
    let bytes = written(FileKind::Xlsx);
    let rows = sheet(&bytes, "Rows");
    let date = rows.get((1, 1)).unwrap();
    assert_eq!(date.get_datetime().unwrap().as_f64(), 46_346.0);
    // 08:03:11 in Berlin, whatever the offset.
    let at = rows.get((1, 2)).unwrap().get_datetime().unwrap().as_f64();
    assert!((at - 46_346.0 - 28_991.0 / 86_400.0).abs() < 1e-9);
    assert_eq!(rows.get((2, 0)).unwrap(), &Data::String("=cmd|' /C calc'!A0".into()));
    assert!(open(&bytes).worksheet_formula("Rows").unwrap().is_empty());
    let styles = part(&bytes, "xl/styles.xml");
    assert!(styles.contains("[h]:mm;-[h]:mm") && styles.contains("yyyy-mm-dd hh:mm &quot;+01:00&quot;"));
}

#[test]
fn a_span_that_may_be_negative_is_hours_since_excel_shows_no_negative_time() {
    let bytes = written(FileKind::Xlsx);
    let rows = sheet(&bytes, "Rows");
    assert_eq!(rows.get((0, 4)).unwrap().to_string(), "Balance (h)");
    assert_eq!(rows.get((2, 4)).unwrap(), &Data::Float(-0.5));
}

#[test]
fn a_sheet_is_frozen_filtered_and_printed_with_its_head_line() {
    let bytes = written(FileKind::Xlsx);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(xml.contains("state=\"frozen\"") && xml.contains("<autoFilter ref=\"A1:H5\"/>"), "{xml}");
    assert!(xml.contains("orientation=\"landscape\"") && xml.contains("fitToHeight=\"0\""));
    assert!(xml.contains("Berlin &amp;&amp; &lt;Hamburg&gt;"), "{xml}");
    let workbook = part(&bytes, "xl/workbook.xml");
    assert!(workbook.contains("_xlnm.Print_Titles") && workbook.contains("Rows!$1:$1"));
}

#[test]
fn properties_say_the_moment_that_was_passed_in_and_no_other() {
    let core = part(&written(FileKind::Xlsx), "docProps/core.xml");
    assert!(core.contains("Hours, November 2026") && core.contains("Lintel"));
    assert_eq!(core.matches("2026-11-20T23:00:00Z").count(), 2, "{core}");
}

#[test]
fn a_full_sheet_goes_on_in_the_next_and_the_sum_is_of_both() {
    let bytes = of(&two_columns(), 4, 7);
    assert_eq!(open(&bytes).sheet_names(), ["Rows", "Rows 2", "Rows 3", "About"]);
    let lines = |name: &str| -> Vec<String> {
        sheet(&bytes, name).rows().map(|row| format!("{} {}", row[0], row[1])).collect()
    };
    assert_eq!(lines("Rows"), ["Name Number", "p0 0", "p1 1", "p2 2"]);
    assert_eq!(lines("Rows 2"), ["Name Number", "p3 3", "p4 4", "p5 5"]);
    assert_eq!(lines("Rows 3"), ["Name Number", "p6 6", "Total 21"]);
}

#[test]
fn sums_that_no_longer_fit_stand_on_a_sheet_of_their_own() {
    let bytes = of(&two_columns(), 4, 3);
    let last: Vec<String> =
        sheet(&bytes, "Rows 2").rows().map(|row| format!("{} {}", row[0], row[1])).collect();
    assert_eq!(last, ["Name Number", "Total 3"]);
    assert!(part(&bytes, "xl/worksheets/sheet2.xml").contains("<autoFilter ref=\"A1:B1\"/>"));
}

#[test]
fn text_that_no_cell_can_hold_is_cut_and_odd_characters_are_shown_as_missing() {
    let document = two_columns();
    let mut out = Vec::new();
    let rows = ["x".repeat(40_000), "a\u{0}b\u{b}c\u{ffff}".into(), "_x0041_".into()];
    let rows = rows.iter().map(|text| vec![Cell::text(text.as_str()), Cell::Empty]);
    Xlsx::begin(&document, &making(), &mut out).unwrap().all(rows).unwrap();
    let rows = sheet(&out, "Rows");
    assert_eq!(rows.get((1, 0)).unwrap().to_string().len(), 32_767);
    assert_eq!(rows.get((2, 0)).unwrap().to_string(), "a\u{fffd}b\u{fffd}c\u{fffd}");
    assert_eq!(rows.get((3, 0)).unwrap().to_string(), "_x0041_");
}
