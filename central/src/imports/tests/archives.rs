//! Archives that lie, hide or grow.

use super::super::limits::{Counters, LIMITS, Limits};
use super::super::sheet::read_within;
use super::made::{
    PartOf, WANTED, cell, deflated, header, part, parts, read, read_by, refusal, sheet, workbook, zip,
};

fn honest() -> Vec<PartOf> {
    let row = format!("<row r=\"2\">{}{}</row>", cell("A2", "7"), cell("B2", "Ada"));
    parts(&[&sheet(&format!("{}{row}", header()))])
}

fn with(extra: PartOf) -> Vec<u8> {
    let mut parts = honest();
    parts.push(extra);
    zip(&parts)
}

#[test]
fn a_workbook_written_by_hand_is_read() {
    let table = read(&zip(&honest())).unwrap();
    assert_eq!(table.header(), ["staff_no", "name"]);
    assert_eq!(table.rows()[0].cells, ["7", "Ada"]);
    assert_eq!((table.rows()[0].number, table.source()), (2, "S1"));
}

#[test]
fn an_archive_without_a_workbook_is_refused() {
    assert!(refusal(&zip(&[part("content.xml", "<x/>")])).contains("no xl/workbook.xml"));
    assert!(refusal(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0").contains("no xl/workbook.xml"));
}

#[test]
fn a_cut_off_archive_is_refused() {
    let whole = zip(&honest());
    for length in [4, 30, 100, whole.len() - 23, whole.len() - 1] {
        assert!(refusal(&whole[..length]).contains("cut off or damaged"), "{length}");
    }
}

#[test]
fn a_part_that_declares_two_gigabytes_is_refused_before_it_is_unpacked() {
    let mut bomb = part("xl/media/a.bin", vec![0; 1000]);
    bomb.declared = Some(2_000_000_000);
    let mut counters = Counters::default();
    let error = read_within(&with(bomb), "upload", WANTED, &LIMITS, &mut counters).unwrap_err();
    assert!(error.to_string().contains("unpack to more than 536870912 bytes"), "{error}");
    assert_eq!(counters.unpacked_bytes, 0);
}

#[test]
fn a_part_that_gives_more_than_it_declared_is_caught_at_the_first_chunk_too_many() {
    let mut liar = part("xl/media/a.bin", vec![0; 4_000_000]);
    liar.declared = Some(1000);
    let mut counters = Counters::default();
    let error = read_within(&with(liar), "upload", WANTED, &LIMITS, &mut counters).unwrap_err();
    assert!(error.to_string().contains("isn't as long as the archive says"), "{error}");
    assert!(counters.unpacked_bytes < 64 * 1024, "{counters:?}");
}

#[test]
fn a_part_that_gives_less_than_it_declared_is_refused() {
    let mut liar = part("xl/media/a.bin", vec![0; 1000]);
    liar.declared = Some(1001);
    assert!(refusal(&with(liar)).contains("isn't as long as"));
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mut part = part("xl/worksheets/other.xml", "<worksheet/>");
    part.crc = Some(1);
    assert!(refusal(&with(part)).contains("damaged"));
}

#[test]
fn the_ratio_has_a_ceiling_for_each_part_and_for_all() {
    let blanks = vec![b' '; 200_000];
    let ratio = 200_000 / deflated(&blanks).len() as u64;
    let at = |ratio: u64, free: u64| Limits { ratio, ratio_free_bytes: free, ..LIMITS };
    let file = with(part("xl/media/a.bin", &blanks));
    read_by(&file, &at(ratio + 1, 0)).unwrap();
    let error = read_by(&file, &at(ratio - 1, 0)).unwrap_err().to_string();
    assert!(error.contains("\"xl/media/a.bin\" would unpack to more than"), "{error}");
    // Two parts, each small enough not to be looked at, together are.
    let mut parts = honest();
    parts.extend([part("xl/media/a.bin", &blanks), part("xl/media/b.bin", &blanks)]);
    let error = read_by(&zip(&parts), &at(20, 300_000)).unwrap_err().to_string();
    assert!(error.contains("\"all parts\" would unpack"), "{error}");
    read_by(&zip(&parts), &at(20, 500_000)).unwrap();
}

#[test]
fn unpacked_bytes_have_a_ceiling_one_byte_wide() {
    let total: usize = honest().iter().map(|part| part.bytes.len()).sum();
    let at = |unpacked_bytes: usize| Limits { unpacked_bytes: unpacked_bytes as u64, ..LIMITS };
    read_by(&zip(&honest()), &at(total)).unwrap();
    assert!(read_by(&zip(&honest()), &at(total - 1)).is_err());
}

#[test]
fn parts_have_a_ceiling() {
    let at = |parts: usize| Limits { parts, ..LIMITS };
    let file = zip(&honest());
    read_by(&file, &at(honest().len())).unwrap();
    let error = read_by(&file, &at(honest().len() - 1)).unwrap_err().to_string();
    assert!(error.contains("has 4 parts, 3 at most"), "{error}");
}

#[test]
fn two_parts_of_one_name_are_refused_also_when_they_differ_in_case() {
    for name in ["xl/workbook.xml", "XL/Workbook.XML", "xl\\workbook.xml"] {
        assert!(refusal(&with(part(name, "<workbook/>"))).contains("twice"), "{name}");
    }
}

#[test]
fn parts_that_share_bytes_are_refused() {
    let mut parts = honest();
    // The directory lists one more part that lies inside the last one (as in a quine or a layered bomb).
    let mut inner = Vec::new();
    inner.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
    inner.extend([0; 8]);
    inner.extend(5_u16.to_le_bytes());
    inner.extend([0; 2]);
    inner.extend(b"a.bin");
    let mut outer = part("outer.bin", &inner);
    outer.stored = true;
    let before = zip(&parts);
    let directory = u32::from_le_bytes(before[before.len() - 6..before.len() - 2].try_into().unwrap());
    let mut twin = part("a.bin", []);
    twin.stored = true;
    twin.local = Some(directory + 30 + 9);
    parts.extend([outer, twin]);
    let error = refusal(&zip(&parts));
    assert!(error.contains("overlap"), "{error}");
}

#[test]
fn a_file_inside_the_file_is_refused() {
    let error = refusal(&with(part("xl/embeddings/a.docx", zip(&honest()))));
    assert!(error.contains("a file inside the file"), "{error}");
}

#[test]
fn encrypted_parts_and_files_are_refused() {
    let mut locked = part("xl/media/a.bin", "secret");
    locked.flags = 1;
    assert!(refusal(&with(locked)).contains("encrypted"));
    let error = refusal(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and so on");
    assert!(error.contains("old .xls or has a password"), "{error}");
}

#[test]
fn another_packing_method_is_refused_by_its_number() {
    let mut part = part("xl/media/a.bin", "x");
    part.method = Some(12);
    assert!(refusal(&with(part)).contains("method 12"));
}

#[test]
fn the_form_for_huge_archives_is_refused() {
    let mut part = part("xl/media/a.bin", "x");
    part.declared = Some(u32::MAX);
    assert!(refusal(&with(part)).contains("very large files"));
}

#[test]
fn a_header_that_contradicts_the_directory_is_refused() {
    let mut file = zip(&honest());
    // The first part's own name.
    file[30] = b'X';
    assert!(refusal(&file).contains("damaged"));
}

#[test]
fn what_stands_before_or_behind_the_archive_is_not_looked_into() {
    let mut file = workbook("");
    file.extend(b"more");
    assert!(refusal(&file).contains("cut off or damaged"));
}
