//! Golden documents of one made-up day.

use jiff::civil::date;
use lintel_core::ids::{PersonId, SiteId};

use super::*;
use crate::attendance::{Code, DayResult};

fn row(number: u8, name: &str, first: Option<i64>, last: Option<i64>) -> DayRow {
    let day_start = 1_795_129_200_000_i64; // 2026-11-20T00:00 in Berlin
    let at = |minutes: i64| UtcMillis::from_i64(day_start + minutes * 60_000);
    DayRow {
        name: name.into(),
        staff_no: (number == 1).then(|| "E-17".into()),
        site_id: SiteId::parse("berlin").unwrap(),
        zone: "Europe/Berlin".into(),
        day: DayResult {
            person: PersonId::new(UtcMillis::from_i64(1), &[number; 10]),
            date: date(2026, 11, 20),
            first_in: first.map(at),
            last_out: last.map(at),
            worked_ms: first.zip(last).map_or(0, |(first, last)| (last - first) * 60_000),
            punches_counted: u32::from(first.is_some()) + u32::from(last.is_some()),
            punches_ignored: 1,
            exceptions: if last.is_none() { vec![Code::MissingCheckOut] } else { vec![] },
            provisional: number == 3,
            policy_version: "first-in-last-out/1".into(),
        },
        computed_at: UtcMillis::from_i64(day_start),
    }
}

fn rows() -> Vec<DayRow> {
    vec![
        row(1, "Ada Lovelace", Some(483), Some(1031)),
        row(2, "=cmd|' /C calc'!A0, \"Bob\"", Some(500), None),
        row(3, "", Some(510), None),
    ]
}

#[test]
fn the_table_is_this_one() {
    insta::assert_snapshot!(daily(&rows(), Format::Table).unwrap());
}

#[test]
fn the_csv_is_this_one() {
    insta::assert_snapshot!(daily(&rows(), Format::Csv).unwrap());
}

#[test]
fn the_json_is_this_one() {
    insta::assert_snapshot!(daily(&rows(), Format::Json).unwrap());
}

#[test]
fn a_day_with_nobody_says_so() {
    assert_eq!(daily(&[], Format::Table).unwrap(), "Nobody was recorded on this day.\n");
}

#[test]
fn a_name_with_control_characters_cannot_steer_the_terminal() {
    let table = daily(&[row(1, "Eve\x1b[2J", Some(1), None)], Format::Table).unwrap();
    assert!(!table.contains('\x1b'));
}

#[test]
fn hours_are_whole_minutes_and_never_negative() {
    assert_eq!(hours_minutes(8 * 3_600_000 + 5 * 60_000 + 59_999), "8:05");
    assert_eq!(hours_minutes(-1), "0:00");
}
