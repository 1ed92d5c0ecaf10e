//! Whatever the bytes: no panic, and never more than the ceilings allow.

use proptest::prelude::*;
use rust_xlsxwriter::Workbook;

use super::super::limits::{Counters, LIMITS, Limits};
use super::super::sheet::read_within;
use super::super::{read_calendar, read_leave, read_people, read_shift_assignments};
use super::made::{WANTED, cell, header, part, parts, sheet, zip};

/// Small enough that a file of a few kilobytes meets them.
const SMALL: Limits = Limits {
    unpacked_bytes: 20_000,
    ratio: 20,
    ratio_free_bytes: 2_000,
    markup_bytes: 600,
    rows: 20,
    columns: 8,
    cells: 60,
    text_bytes: 400,
    ..LIMITS
};

/// Reads with small ceilings and checks that what was counted stayed below them, refused or not.
fn expect_within(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut counters = Counters::default();
    let outcome = read_within(bytes, "upload", WANTED, &SMALL, &mut counters);
    prop_assert!(counters.unpacked_bytes <= SMALL.unpacked_bytes + 16 * 1024, "{:?}", counters);
    prop_assert!(counters.largest_markup_bytes <= SMALL.markup_bytes + 1, "{:?}", counters);
    prop_assert!(counters.marked_cells <= SMALL.cells + 1 && counters.rows <= SMALL.rows + 1);
    // A panic of the spreadsheet reader is caught, and shows that something wasn't refused before.
    let gave_up = outcome.as_ref().is_err_and(|error| error.to_string().contains("gave up"));
    prop_assert!(!gave_up);
    if let Ok(table) = outcome {
        prop_assert!(table.rows().len() <= SMALL.rows && table.header().len() <= SMALL.columns);
        prop_assert!(table.rows().iter().all(|row| row.cells.len() == table.header().len()));
        let text: usize = table.rows().iter().flat_map(|row| &row.cells).map(String::len).sum();
        prop_assert!(text <= SMALL.text_bytes && counters.text_bytes == text);
    }
    Ok(())
}

fn honest() -> Vec<u8> {
    let row = format!("<row r=\"2\">{}<c r=\"B2\" t=\"s\"><v>0</v></c></row>", cell("A2", "7"));
    let mut parts = parts(&[&sheet(&format!("{}{row}", header()))]);
    parts.push(part("xl/sharedStrings.xml", "<sst uniqueCount=\"1\"><si><t>Ada</t></si></sst>"));
    parts.push(part("xl/styles.xml", "<styleSheet><cellXfs><xf numFmtId=\"14\"/></cellXfs></styleSheet>"));
    parts.iter_mut().for_each(|part| part.stored = true);
    zip(&parts)
}

/// Markup made of the words that readers look for.
fn markup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "<row r=\"2\">",
        "<row>",
        "</row>",
        "<c r=\"A2\">",
        "<c r=\"B9\" t=\"s\">",
        "<c t=\"e\">",
        "<c s=\"7\">",
        "</c>",
        "<v>",
        "</v>",
        "0",
        "1e308",
        "NaN",
        "-1",
        "<f>",
        "<f t=\"shared\" si=\"3\"/>",
        "</f>",
        "<is>",
        "</is>",
        "<t>",
        "</t>",
        "&amp;",
        "&x;",
        "&#0;",
        "&#x1F600;",
        "<![CDATA[x]]>",
        "<!-- c -->",
        "_x0007_",
        "x",
        "</sheetData>",
        "<r>",
        "<rPh>",
        "<sst uniqueCount=\"9\">",
        "<si>",
        "</si>",
        "<xf numFmtId=\"46\"/>",
        "<cellXfs>",
        "<numFmt/>",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat())
}

/// Words of a CSV.
fn text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "staff_no",
        "name",
        ",",
        ";",
        "\t",
        "\"",
        "\"\"",
        "\n",
        "\r",
        "\r\n",
        "7",
        "Ada",
        "=1",
        "ä",
        " ",
        "\u{FEFF}",
        "2026-01-01",
        "Mon-Fri",
        "38:30",
        "from",
        "to",
        "kind",
        "shift",
        "valid_from",
    ]);
    prop::collection::vec(words, 0..80).prop_map(|words| words.concat())
}

fn calendar_text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "BEGIN:VEVENT\n",
        "END:VEVENT\n",
        "BEGIN:VALARM\n",
        "END:VALARM\n",
        "SUMMARY:a\\,b\n",
        "DTSTART;VALUE=DATE:20261225\n",
        "DTEND;VALUE=DATE:20261226\n",
        "RRULE:FREQ=YEARLY;COUNT=9999\n",
        "DTSTART:",
        "T000000",
        ";",
        ":",
        "=",
        "\"",
        "\n ",
        "é",
        "EXDATE:20261225,",
        "DURATION:P3D\n",
        "\r\n",
        "\\",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|words| {
        format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}\nEND:VEVENT\nEND:VCALENDAR\n", words.concat())
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        expect_within(&bytes)?;
        drop(read_calendar(&bytes, "c", 2020..=2030));
        let archive = [b"PK\x03\x04".as_slice(), &bytes].concat();
        expect_within(&archive)?;
    }

    #[test]
    fn a_workbook_with_changed_bytes_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut file = honest();
        for (place, byte) in changes {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if let Some(cut) = cut {
            file.truncate(cut.index(file.len()));
        }
        expect_within(&file)?;
    }

    #[test]
    fn a_workbook_of_any_markup_is_read_or_refused(
        data in markup(), strings in markup(), styles in markup(), book in markup(),
    ) {
        let mut parts = parts(&[&sheet(&format!("{}{data}", header()))]);
        parts.push(part("xl/sharedStrings.xml", format!("<sst>{strings}</sst>")));
        parts.push(part("xl/styles.xml", format!("<styleSheet>{styles}</styleSheet>")));
        expect_within(&zip(&parts))?;
        parts[1].bytes.extend(book.as_bytes());
        expect_within(&zip(&parts))?;
    }

    #[test]
    fn any_text_is_read_or_refused_as_any_kind(text in text()) {
        expect_within(text.as_bytes())?;
        drop(read_people(text.as_bytes(), "p", None));
        drop(read_leave(text.as_bytes(), "l", None));
        drop(read_shift_assignments(text.as_bytes(), "s", None));
    }

    #[test]
    fn any_calendar_is_read_or_refused(text in calendar_text()) {
        if let Ok(parsed) = read_calendar(text.as_bytes(), "c", 2000..=2199) {
            prop_assert!(parsed.rows.len() <= LIMITS.calendar_days);
        }
    }

    #[test]
    fn a_table_written_as_csv_or_workbook_reads_back_equal(
        rows in prop::collection::vec(
            prop::array::uniform2("[a-zäß0-9 ,;\"<&'\\t\u{1F600}-][a-z0-9 ,;\"<&'\\n-]{0,12}"), 0..12,
        ),
    ) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["staff_no", "name"]).unwrap();
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        sheet.write_row(0, 0, ["staff_no", "name"]).unwrap();
        for (number, row) in (1..).zip(&rows) {
            writer.write_record(row).unwrap();
            sheet.write_row(number, 0, row.each_ref().map(String::as_str)).unwrap();
        }
        let blank = |row: &&[String; 2]| row.iter().all(|cell| cell.trim().is_empty());
        let kept: Vec<Vec<String>> = rows.iter().filter(|row| !blank(row)).map(|row| row.to_vec()).collect();
        for file in [writer.into_inner().unwrap(), workbook.save_to_buffer().unwrap()] {
            let table = read_within(&file, "t", WANTED, &LIMITS, &mut Counters::default()).unwrap();
            let cells: Vec<Vec<String>> = table.rows().iter().map(|row| row.cells.clone()).collect();
            prop_assert_eq!(&cells, &kept);
        }
    }
}
