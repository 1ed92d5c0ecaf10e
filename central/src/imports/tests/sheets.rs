//! Workbooks as spreadsheet programs write them.

use rust_xlsxwriter::{Format, Workbook};

use super::super::limits::{LIMITS, Limits, MAX_ROW_ERRORS};
use super::super::{ImportError, Wanted, read};
use super::made::{self, COLUMNS, cell, header, part, parts, read_by, refusal, sheet, workbook, zip};

fn saved(mut workbook: Workbook) -> Vec<u8> {
    workbook.save_to_buffer().unwrap()
}

/// A workbook of one sheet of texts.
fn texts(rows: &[&[&str]]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, text) in (0..).zip(*cells) {
            sheet.write(row, column, *text).unwrap();
        }
    }
    saved(workbook)
}

#[test]
fn a_workbook_is_known_by_its_bytes_whatever_it_is_called() {
    let file = texts(&[&["staff_no", "name"], &["7", "Ada"]]);
    let table = read(&file, "people.csv", made::WANTED).unwrap();
    assert_eq!((table.source(), table.rows().len()), ("Sheet1", 1));
    let table = read(b"staff_no,name\n7,Ada\n", "people.xlsx", made::WANTED).unwrap();
    assert_eq!((table.source(), table.rows().len()), ("people.xlsx", 1));
}

#[test]
fn values_come_out_as_people_type_them() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, heading) in (0..).zip(["staff_no", "name", "c", "d", "e", "f", "g", "h"]) {
        sheet.write(0, column, heading).unwrap();
    }
    let format = |text: &str| Format::new().set_num_format(text);
    sheet.write(1, 0, 7.0).unwrap();
    sheet.write(1, 1, 38.5).unwrap();
    sheet.write_with_format(1, 2, 46_346.0, &format("dd.mm.yyyy")).unwrap();
    sheet.write_with_format(1, 3, 8.5 / 24.0, &format("hh:mm")).unwrap();
    sheet.write_with_format(1, 4, 38.5 / 24.0, &format("[h]:mm")).unwrap();
    sheet.write_with_format(1, 5, 46_346.25, &format("yyyy-mm-dd hh:mm")).unwrap();
    sheet.write(1, 6, true).unwrap();
    sheet.write(1, 7, "<Ä & \"ß\">\nnext").unwrap();
    let table = made::read(&saved(workbook)).unwrap();
    let cells =
        ["7", "38.5", "2026-11-20", "08:30", "38:30", "2026-11-20T06:00", "true", "<Ä & \"ß\">\nnext"];
    assert_eq!(table.rows()[0].cells, cells);
}

#[test]
fn dates_of_a_workbook_that_counts_from_1904_are_read_too() {
    let row = "<row r=\"2\"><c r=\"A2\" s=\"1\"><v>44884</v></c><c r=\"B2\" t=\"d\"><v>2026-11-20T00:00:00</v></c></row>";
    let mut parts = parts(&[&sheet(&format!("{}{row}", header()))]);
    let text = String::from_utf8(parts[1].bytes.clone()).unwrap();
    parts[1].bytes = text.replace("<workbook>", "<workbook><workbookPr date1904=\"1\"/>").into_bytes();
    let styles = "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";
    parts.push(part("xl/styles.xml", styles));
    let table = made::read(&zip(&parts)).unwrap();
    assert_eq!(table.rows()[0].cells, ["2026-11-20", "2026-11-20"]);
}

#[test]
fn a_sheet_with_a_formula_is_refused_with_its_cell() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "staff_no").unwrap();
    sheet.write(0, 1, "name").unwrap();
    sheet.write(6, 0, "7").unwrap();
    sheet.write_formula(6, 1, "=1+1").unwrap();
    sheet.write(7, 0, "8").unwrap();
    let table = made::read(&saved(workbook)).unwrap();
    let error = &table.errors().listed()[0];
    assert_eq!((error.row, error.column.as_deref()), (7, Some("name")));
    assert_eq!(error.reason, "B7 is a formula: paste it as a value");
    assert_eq!(table.rows().len(), 1);
}

#[test]
fn a_formula_as_a_heading_refuses_the_file() {
    let rows = "<row r=\"1\"><c r=\"A1\" t=\"str\"><f>\"staff_no\"</f><v>staff_no</v></c></row>";
    let error = refusal(&zip(&parts(&[&sheet(rows)])));
    assert_eq!(error, "heading A1: A1 is a formula: paste it as a value");
}

#[test]
fn error_cells_and_days_that_never_were_are_that_rows_fault() {
    let row = format!(
        "<row r=\"2\"><c r=\"A2\" t=\"e\"><v>#DIV/0!</v></c>{}</row><row r=\"3\">{}{}</row>",
        cell("B2", "Ada"),
        cell("A3", "8"),
        cell("B3", "Grace"),
    );
    let table = made::read(&workbook(&row)).unwrap();
    assert_eq!(table.errors().listed()[0].reason, "holds the error #DIV/0!: correct it in the sheet");
    assert_eq!(table.rows().len(), 1);
}

#[test]
fn empty_rows_are_passed_over_and_numbers_stay_those_of_the_sheet() {
    let rows = format!(
        "<row r=\"5\">{}{}</row><row r=\"6\"><c r=\"A6\"/></row><row r=\"9\">{}</row>",
        cell("A5", "staff_no"),
        cell("B5", "name"),
        cell("A9", "7"),
    );
    let table = made::read(&zip(&parts(&[&sheet(&rows)]))).unwrap();
    assert_eq!((table.rows().len(), table.rows()[0].number), (1, 9));
    assert_eq!(table.rows()[0].cells, ["7", ""]);
}

#[test]
fn a_cell_below_no_heading_is_that_rows_fault() {
    let table = made::read(&texts(&[&["staff_no", "name"], &["7", "Ada", "x"], &["8", "Grace"]])).unwrap();
    let error = &table.errors().listed()[0];
    assert_eq!(error.to_string(), "row 2, C \"x\": stands below no heading");
    assert_eq!(table.rows().len(), 1);
}

#[test]
fn rows_and_cells_out_of_order_are_refused() {
    for row in [
        "<row r=\"3\"><c r=\"A3\"><v>1</v></c></row><row r=\"2\"><c r=\"A2\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"B2\"><v>1</v></c><c r=\"A2\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"A2\"><v>1</v></c><c r=\"A2\"><v>2</v></c></row>",
    ] {
        assert!(refusal(&workbook(row)).contains("out of order"), "{row}");
    }
}

fn three_sheets() -> Vec<u8> {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Notes").unwrap().write(0, 0, "read me").unwrap();
    let hidden = workbook.add_worksheet().set_name("Old").unwrap().set_hidden(true);
    hidden.write_row(0, 0, ["staff_no", "name"]).unwrap();
    let people = workbook.add_worksheet().set_name("People").unwrap();
    people.write_row(0, 0, ["Staff-No", "NAME"]).unwrap();
    people.write_row(1, 0, ["7", "Ada"]).unwrap();
    workbook.add_worksheet().set_name("More").unwrap().write_row(0, 0, ["staff_no", "name"]).unwrap();
    saved(workbook)
}

#[test]
fn the_first_visible_sheet_with_the_needed_columns_is_read() {
    assert_eq!(made::read(&three_sheets()).unwrap().source(), "People");
}

#[test]
fn a_sheet_can_be_asked_for_by_name() {
    let asked = |sheet| read(&three_sheets(), "upload", Wanted { columns: COLUMNS, sheet: Some(sheet) });
    assert_eq!(asked("more ").unwrap().source(), "More");
    let error = asked("Old").unwrap_err().to_string();
    assert_eq!(error, "there is no sheet \"Old\": the file has Notes, People, More");
}

#[test]
fn a_workbook_without_content_is_empty() {
    assert!(matches!(made::read(&texts(&[])), Err(ImportError::Empty(_))));
    assert!(matches!(made::read(b""), Err(ImportError::Empty(_))));
}

#[test]
fn a_cell_holds_a_thousand_characters_and_no_control_characters() {
    let of = |text: &str| made::read(&texts(&[&["staff_no", "name"], &["7", text]])).unwrap();
    assert_eq!(of(&"ä".repeat(1000)).rows().len(), 1);
    let table = of(&"ä".repeat(1001));
    let error = &table.errors().listed()[0];
    assert_eq!(error.reason, "is longer than 1000 characters");
    assert_eq!(error.value.chars().count(), 41);
    assert!(of("bell\u{7}").errors().listed()[0].reason.contains("control character"));
}

#[test]
fn rows_have_a_ceiling_in_a_workbook() {
    let at = |rows: usize| Limits { rows, ..LIMITS };
    let file = texts(&[&["staff_no", "name"], &["1", "a"], &["2", "b"], &["3", "c"]]);
    assert_eq!(read_by(&file, &at(3)).unwrap().rows().len(), 3);
    assert!(matches!(read_by(&file, &at(2)), Err(ImportError::TooManyRows(2))));
}

#[test]
fn columns_and_text_have_a_ceiling() {
    let file = texts(&[&["staff_no", "name"], &["1", "abcd"]]);
    read_by(&file, &Limits { columns: 2, ..LIMITS }).unwrap();
    assert!(read_by(&file, &Limits { columns: 1, ..LIMITS }).is_err());
    read_by(&file, &Limits { text_bytes: 5, ..LIMITS }).unwrap();
    assert!(matches!(read_by(&file, &Limits { text_bytes: 4, ..LIMITS }), Err(ImportError::TooMuchText(4))));
}

#[test]
fn a_file_may_have_32_mebibytes_and_not_one_more() {
    let limit = LIMITS.file_bytes;
    assert_eq!(limit, 33_554_432);
    assert!(matches!(made::read(&vec![0; limit]), Err(ImportError::Nul { row: 1 })));
    let error = refusal(&vec![0; limit + 1]);
    assert_eq!(error, "upload has 33554433 bytes, 33554432 at most: split it into several files");
}

#[test]
fn row_errors_are_listed_up_to_a_cap_and_then_counted() {
    let rows: String = (2..=MAX_ROW_ERRORS + 6).map(|row| format!("{row},x,y\n")).collect();
    let table = made::read(format!("staff_no,name\n{rows}").as_bytes()).unwrap();
    assert_eq!((table.errors().listed().len(), table.errors().more()), (MAX_ROW_ERRORS, 5));
    assert_eq!(table.errors().count(), MAX_ROW_ERRORS + 5);
}
