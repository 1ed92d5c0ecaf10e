//! Golden documents of one made-up day.

use jiff::civil::date;
use lintel_core::ids::{PersonId, SiteId};

use super::*;
use crate::attendance::exception::{Code, Exception};
use crate::attendance::proof::Provisional;
use crate::attendance::record::{DayRecord, Status, Stretch};
use crate::attendance::{Interval, Length};

fn row(number: u8, name: &str, first: Option<i64>, last: Option<i64>) -> DayRow {
    let day_start = 1_795_129_200_000_i64; // 2026-11-20T00:00 in Berlin
    let at = |minutes: i64| UtcMillis::from_i64(day_start + minutes * 60_000);
    let person = PersonId::new(UtcMillis::from_i64(1), &[number; 10]);
    let site = SiteId::parse("berlin").unwrap();
    let mut record = DayRecord::blank(person, date(2026, 11, 20), site, Status::Present);
    let presence = first.zip(last).map(|(first, last)| Interval::new(at(first), at(last)));
    record.hours.worked = presence.map_or(Length::ZERO, Interval::length);
    record.hours.payable = record.hours.worked;
    record.stretches = vec![Stretch {
        shift: None,
        part: 0,
        planned: None,
        presence: presence.into_iter().collect(),
        open_since: first.filter(|_| last.is_none()).map(at),
        closed_at: None,
    }];
    record.punches = u32::from(first.is_some()) + u32::from(last.is_some());
    record.repeats = 1;
    if number == 3 {
        record.provisional = Some(Provisional { until: at(1440), not_over: true, blocked_by: Vec::new() });
    } else if last.is_none() {
        record.exceptions = vec![Exception::of(Code::MissingOut)];
    }
    record.policy_version = "default/1".into();
    DayRow {
        name: name.into(),
        staff_no: (number == 1).then(|| "E-17".into()),
        zone: "Europe/Berlin".into(),
        record,
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
