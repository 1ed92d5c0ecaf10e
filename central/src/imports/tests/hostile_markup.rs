//! Markup that would make a trusting reader expand, allocate or add without end.

use super::super::limits::{Counters, LIMITS, Limits};
use super::super::sheet::read_within;
use super::made::{PartOf, WANTED, cell, header, part, parts, read, read_by, refusal, sheet, workbook, zip};

fn with_part(extra: PartOf) -> Vec<u8> {
    let mut parts = parts(&[&sheet(&header())]);
    parts.retain(|part| part.name != extra.name);
    parts.push(extra);
    zip(&parts)
}

const BOMB: &str = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>";

#[test]
fn a_document_type_is_refused_in_any_part() {
    let sst = format!("{BOMB}<sst><si><t>&b;</t></si></sst>");
    let lower = BOMB.replace("DOCTYPE", "doctype");
    for (name, text) in [
        ("xl/sharedStrings.xml", sst),
        ("xl/workbook.xml", format!("{BOMB}<workbook/>")),
        ("docProps/core.xml", format!("{BOMB}<x/>")),
        ("customXml/item1.xml", format!("{}{lower}<x/>", " ".repeat(16 * 1024 - 5))),
    ] {
        let error = refusal(&with_part(part(name, text)));
        assert!(error.contains("DOCTYPE") && error.contains(name), "{name}: {error}");
    }
}

#[test]
fn markup_that_is_not_utf8_is_refused() {
    let utf16: Vec<u8> = "<sst/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xFF\xFE".as_slice(), &utf16].concat();
    let declared = b"<?xml version=\"1.0\" encoding=\"UTF-7\"?><sst/>".to_vec();
    for text in [utf16, marked, declared] {
        assert!(refusal(&with_part(part("xl/sharedStrings.xml", text))).contains("isn't UTF-8"));
    }
}

#[test]
fn a_claimed_size_of_the_sheet_allocates_nothing() {
    let text = format!(
        "<worksheet><dimension ref=\"A1:XFD1048576\"/><sheetData>{}</sheetData></worksheet>",
        header()
    );
    let mut counters = Counters::default();
    read_within(&zip(&parts(&[&text])), "upload", WANTED, &LIMITS, &mut counters).unwrap();
    assert_eq!((counters.marked_cells, counters.cells), (2, 0));
}

#[test]
fn a_claimed_count_of_texts_is_refused() {
    for count in ["5000001", "18446744073709551615", "99999999999999999999"] {
        let text = format!("<sst uniqueCount=\"{count}\"><si><t>a</t></si></sst>");
        let error = refusal(&with_part(part("xl/sharedStrings.xml", text)));
        assert!(error.contains("uniqueCount"), "{error}");
    }
    for count in ["0", "1", "5000000"] {
        let text = format!("<sst uniqueCount=\"{count}\"><si><t>a</t></si></sst>");
        read(&with_part(part("xl/sharedStrings.xml", text))).unwrap();
    }
}

#[test]
fn addresses_that_no_sheet_has_are_refused() {
    for row in [
        "<row r=\"99999999999\"><c r=\"A2\"/></row>",
        "<row r=\"0\"><c r=\"A2\"/></row>",
        "<row r=\"2\"><c r=\"AAAAAAAAAAAAAAAAAAAAAAAAA2\"/></row>",
        "<row r=\"2\"><c r=\"XFE2\"/></row>",
        "<row r=\"2\"><c r=\"A1\" r=\"ZZZZZZZ1\"/></row>",
        "<row r=\"2\"><c r=\"A2\"><f t=\"shared\" si=\"0\" ref=\"B2:A1\">1</f></c></row>",
    ] {
        let error = refusal(&workbook(row));
        assert!(error.contains("xl/worksheets/sheet1.xml"), "{row}: {error}");
    }
}

#[test]
fn a_shared_formula_of_a_huge_index_allocates_nothing_and_is_a_formula() {
    let row = format!(
        "<row r=\"2\"><c r=\"A2\"><f t=\"shared\" si=\"9999999999\" ref=\"A2\">1+1</f><v>2</v></c>{}</row>",
        cell("B2", "Ada")
    );
    let table = read(&workbook(&row)).unwrap();
    assert_eq!(table.errors().listed()[0].reason, "A2 is a formula: paste it as a value");
}

#[test]
fn cells_of_the_file_have_a_ceiling_one_cell_wide() {
    let at = |cells: usize| Limits { cells, ..LIMITS };
    // The header's two and three empty ones.
    let file = workbook("<row r=\"2\"><c r=\"A2\"/><c r=\"B2\"/><c r=\"C2\"/></row>");
    read_by(&file, &at(5)).unwrap();
    let error = read_by(&file, &at(4)).unwrap_err().to_string();
    assert!(error.contains("more than 4 cells"), "{error}");
}

#[test]
fn sheets_have_a_ceiling() {
    let one = sheet(&header());
    read(&zip(&parts(&[one.as_str(); 10]))).unwrap();
    let error = refusal(&zip(&parts(&[one.as_str(); 11])));
    assert!(error.contains("more than 10 sheets"), "{error}");
}

#[test]
fn one_piece_of_markup_has_a_ceiling_one_byte_wide() {
    let file = workbook(&format!("<row r=\"2\">{}</row>", cell("A2", &"x".repeat(900))));
    let read_at = |markup_bytes: usize| {
        let mut counters = Counters::default();
        let limits = Limits { markup_bytes, ..LIMITS };
        let outcome = read_within(&file, "upload", WANTED, &limits, &mut counters);
        (outcome.map_err(|error| error.to_string()), counters.largest_markup_bytes)
    };
    let (outcome, largest) = read_at(LIMITS.markup_bytes);
    assert!(outcome.is_ok() && (900..910).contains(&largest), "{largest}");
    assert!(read_at(largest).0.is_ok());
    let (outcome, held) = read_at(largest - 1);
    let error = outcome.unwrap_err();
    assert!(error.contains(&format!("a piece of markup of more than {} bytes", largest - 1)), "{error}");
    assert_eq!(held, largest);
}

#[test]
fn a_quotation_mark_that_hides_megabytes_stops_at_the_ceiling() {
    let hidden = format!("{}<row r=\"2\" x=\"{}\"/>", header(), "><".repeat(600_000));
    let mut parts = parts(&[&sheet(&hidden)]);
    parts.iter_mut().for_each(|part| part.stored = true);
    let mut counters = Counters::default();
    let error = read_within(&zip(&parts), "upload", WANTED, &LIMITS, &mut counters).unwrap_err().to_string();
    assert!(error.contains("a piece of markup"), "{error}");
    assert_eq!(counters.largest_markup_bytes, LIMITS.markup_bytes + 1);
}

#[test]
fn styles_that_multiply_are_refused() {
    let brackets = format!(
        "<styleSheet><numFmts><numFmt numFmtId=\"200\" formatCode=\"{}\"/></numFmts></styleSheet>",
        "[".repeat(300)
    );
    let font =
        format!("<styleSheet><fonts><font><name val=\"{}\"/></font></fonts></styleSheet>", "x".repeat(2000));
    for styles in [brackets, font] {
        assert!(refusal(&with_part(part("xl/styles.xml", styles))).contains("xl/styles.xml"));
    }
    let many = format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(131_073));
    let error = refusal(&with_part(part("xl/styles.xml", many)));
    assert!(error.contains("more than 131072 styles"), "{error}");
}

#[test]
fn broken_markup_is_refused_by_its_part() {
    for text in ["<worksheet><sheetData><row", "", "<worksheet/>", "no markup", "<a b=c><sheetData>"] {
        let error = refusal(&zip(&parts(&[text])));
        assert!(error.contains("save it") || error.contains("save the file"), "{text}: {error}");
    }
}
