//! CSV as it comes out of spreadsheet programs, in all their encodings.

use super::super::ImportError;
use super::super::limits::{LIMITS, Limits};
use super::made::{read, read_by, refusal};

fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    read(bytes).unwrap().rows().iter().map(|row| row.cells.clone()).collect()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let bytes = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    format!("\u{FEFF}{text}").encode_utf16().flat_map(bytes).collect()
}

#[test]
fn utf8_with_and_without_a_mark_and_utf16_with_one_are_read() {
    let text = "staff_no,name\n7,Zoë\n";
    for bytes in [
        text.as_bytes().to_vec(),
        format!("\u{FEFF}{text}").into_bytes(),
        utf16(text, false),
        utf16(text, true),
    ] {
        assert_eq!(cells(&bytes), [["7", "Zoë"]]);
    }
}

#[test]
fn another_encoding_is_refused_with_its_first_row() {
    let error = refusal(b"staff_no,name\n7,Ada\n8,Zo\xEB\n");
    assert_eq!(error, "row 3 isn't UTF-8: save it as UTF-8 (in Excel: \"CSV UTF-8\")");
    let mut half = utf16("staff_no,name\n7,Ada\n", false);
    half.pop();
    assert!(matches!(read(&half), Err(ImportError::NotUtf16)));
    // UTF-16 without a mark is full of NULs.
    assert!(refusal(&utf16("staff_no,name", false)[2..]).contains("row 1 has a NUL"));
}

#[test]
fn a_nul_is_refused_with_its_row() {
    assert!(refusal(b"staff_no,name\r\n7,A\0da\r\n").contains("row 2 has a NUL"));
}

#[test]
fn the_separator_is_what_the_header_has_most_of() {
    for separator in [",", ";", "\t"] {
        let text = format!("\n\"staff_no\"{separator}name\n7{separator}\"a,b;c\td\"\n");
        assert_eq!(cells(text.as_bytes()), [["7", "a,b;c\td"]]);
    }
    assert_eq!(cells(b"\"staff,;;;no\",name\n7,Ada\n").len(), 1);
}

#[test]
fn quoted_line_breaks_belong_to_the_cell_and_do_not_move_row_numbers() {
    let table = read(b"staff_no,name\r\n7,\"Ada\r\nL.\"\r\n\r\n8,\"a \"\"b\"\"\"\r\n").unwrap();
    let rows: Vec<(usize, &str)> =
        table.rows().iter().map(|row| (row.number, row.cells[1].as_str())).collect();
    assert_eq!(rows, [(2, "Ada\nL."), (4, "a \"b\"")]);
}

#[test]
fn lone_returns_end_rows_too() {
    let table = read(b"staff_no,name\r7,Ada\r\r8,Grace").unwrap();
    assert_eq!(table.rows().iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
}

#[test]
fn a_row_with_more_or_fewer_fields_than_the_header_is_left_out() {
    let table = read(b"staff_no,name\n7\n8,Ada,x\n9,Grace\n,,,,\n").unwrap();
    let errors: Vec<String> = table.errors().listed().iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        ["row 2 \"7\": has 1 fields, the header has 2", "row 3 \"8\": has 3 fields, the header has 2"]
    );
    assert_eq!(table.rows().len(), 1);
}

#[test]
fn a_formula_is_refused_with_its_cell() {
    let table = read(b"staff_no,name\n7,=HYPERLINK(\"x\")\n").unwrap();
    assert_eq!(table.errors().listed()[0].reason, "B2 is a formula: paste it as a value");
}

#[test]
fn a_quotation_mark_that_never_closes_is_refused_where_it_opens() {
    let error = refusal(b"staff_no,name\n7,Ada\n8,\"Grace\n9,Joan\n");
    assert!(error.contains("opens in row 3 never closes"), "{error}");
}

#[test]
fn invisible_characters_are_written_out_in_errors() {
    let table = read("staff_no,name\n\u{202E}7,Ada,\n".as_bytes()).unwrap();
    assert_eq!(table.errors().listed()[0].value, "\\u{202e}7");
}

#[test]
fn columns_have_a_ceiling_before_a_line_is_read() {
    let wide = |columns: usize| format!("staff_no,name{}\n", ",x".repeat(columns - 2));
    read(wide(64).as_bytes()).unwrap();
    let error = refusal(wide(65).as_bytes());
    assert_eq!(error, "row 1 reaches past column 64: delete what stands to the right of the table");
}

#[test]
fn a_hundred_thousand_rows_are_read_and_not_one_more() {
    let of = |rows: usize| format!("staff_no,name\n{}", "1,a\n".repeat(rows));
    assert_eq!(read(of(100_000).as_bytes()).unwrap().rows().len(), 100_000);
    assert!(matches!(read(of(100_001).as_bytes()), Err(ImportError::TooManyRows(100_000))));
}

#[test]
fn cells_have_a_ceiling() {
    let at = |cells: usize| Limits { cells, ..LIMITS };
    let text = b"staff_no,name\n1,a\n2,b\n";
    read_by(text, &at(6)).unwrap();
    assert!(matches!(read_by(text, &at(5)), Err(ImportError::TooManyCells(5))));
}
