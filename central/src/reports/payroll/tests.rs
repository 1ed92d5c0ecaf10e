//! Files of one made-up month by each sample mapping, what is refused, and that no hour is lost.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

mod refusals;

const LONG: &str = include_str!("../../../../config/payroll/generic-long.toml");
const WIDE: &str = include_str!("../../../../config/payroll/generic-wide.toml");
const GERMAN: &str = include_str!("../../../../config/payroll/german-semicolon.toml");

const MINUTE: i64 = 60_000;

fn november() -> Period {
    Period { first: date(2026, 11, 1), last: date(2026, 11, 30) }
}

fn day(day: i8) -> When {
    When::Day { date: date(2026, 11, day), period: november() }
}

fn line(number: u32, name: &str, category: &str, when: When, minutes: i64) -> PayLine {
    PayLine {
        person: format!("p{number}"),
        staff_no: Some(format!("{number:05}")),
        name: name.into(),
        site: "Köln".into(),
        team: "Night; shift".into(),
        category: category.parse().unwrap(),
        when,
        duration_ms: minutes * MINUTE,
        rate_percent: None,
        kind: LineKind::Original,
    }
}

fn lines() -> Vec<PayLine> {
    let october = Period { first: date(2026, 10, 1), last: date(2026, 10, 31) };
    let in_october = When::Day { date: date(2026, 10, 30), period: october };
    vec![
        line(2, "=Bob \"B\" Größe", "worked", day(3), 461),
        line(1, "Ada Lovelace", "worked", day(3), 480),
        line(1, "Ada Lovelace", "worked", day(2), 481),
        PayLine { rate_percent: Some(125), ..line(1, "Ada Lovelace", "overtime_daily", day(3), 50) },
        line(1, "Ada Lovelace", "leave:annual", day(4), 240),
        line(2, "=Bob \"B\" Größe", "leave:sick", day(4), 480),
        line(2, "=Bob \"B\" Größe", "overtime_weekly", When::Period(november()), 100),
        PayLine { kind: LineKind::Reversal, ..line(2, "=Bob", "worked", in_october, -455) },
        line(2, "=Bob", "worked", in_october, 425),
        line(2, "=Bob", "holiday", day(1), 0),
    ]
}

fn exported(mapping: &str, lines: &[PayLine]) -> PayFile {
    export(&Mapping::parse(mapping).unwrap(), "2026-11/1", lines).unwrap()
}

fn utf8(file: &PayFile) -> String {
    String::from_utf8(file.bytes.clone()).unwrap()
}

#[test]
fn the_generic_long_file_is_this_one() {
    let file = exported(LONG, &lines());
    assert_eq!((file.lines, file.left_out), (8, 1));
    insta::assert_snapshot!(utf8(&file));
    insta::assert_debug_snapshot!(file.reconciled);
}

#[test]
fn the_generic_wide_file_is_this_one() {
    insta::assert_snapshot!(utf8(&exported(WIDE, &lines())));
}

#[test]
fn the_german_file_is_this_one_in_its_character_set() {
    let bytes = exported(GERMAN, &lines()).bytes;
    assert!(String::from_utf8(bytes.clone()).is_err());
    let (text, _, broken) = encoding_rs::WINDOWS_1252.decode(&bytes);
    assert!(!broken && text.contains("\r\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn the_order_of_the_lines_makes_no_difference() {
    let mut turned = lines();
    turned.reverse();
    // Names are taken from the first line of each person; here they differ by kind of line only.
    for line in &mut turned {
        line.name = line.person.clone();
    }
    let mut straight = turned.clone();
    straight.reverse();
    for mapping in [LONG, WIDE, GERMAN] {
        assert_eq!(exported(mapping, &turned), exported(mapping, &straight));
    }
}

#[test]
fn a_team_that_is_shown_has_its_own_line_and_one_that_is_not_has_none() {
    let mut two = vec![line(1, "Ada", "worked", day(2), 60), line(1, "Ada", "worked", day(3), 60)];
    two[1].team = "Day".into();
    assert_eq!(exported(WIDE, &two).lines, 2);
    assert_eq!(exported(LONG, &two).lines, 1);
}

#[test]
fn a_name_that_must_be_found_again_can_be_kept_as_it_is() {
    let keep = LONG.replace("header = true", "header = false\nformulas = \"keep\"");
    let text = utf8(&exported(&keep, &[line(1, "=Bob", "worked", day(2), 60)]));
    assert!(text.contains(",=Bob,"), "{text}");
}

#[test]
fn what_rounding_takes_is_reported_to_the_millisecond() {
    // Three people with a third of an hour each: 0.33 is written three times, and 36 s are left over.
    let thirds: Vec<PayLine> = (1..=3).map(|n| line(n, "x", "worked", day(2), 20)).collect();
    let total = exported(LONG, &thirds).reconciled.total;
    assert_eq!((total.exact_ms, total.written.as_str(), total.remainder_ms()), (3_600_000, "0.99", 36_000));
}

#[test]
fn leave_in_days_is_a_share_of_the_day() {
    let text = utf8(&exported(WIDE, &[line(1, "x", "leave:annual", day(2), 228)]));
    assert!(text.contains("\"0.5\""), "{text}");
}

#[test]
fn minutes_are_written_with_any_style_of_hours() {
    let minutes = LONG.replace("from = \"hours\"", "from = \"minutes\"");
    assert!(utf8(&exported(&minutes, &[line(1, "x", "worked", day(2), 90)])).contains(",NORMAL,90,"));
}

fn any_line() -> impl Strategy<Value = PayLine> {
    let categories = prop::sample::select(vec!["worked", "overtime_daily", "leave:annual", "holiday"]);
    (1_u32..6, categories, 1_i8..=30, -50_000_000_i64..50_000_000, any::<bool>()).prop_map(
        |(number, category, on, duration_ms, back)| PayLine {
            duration_ms,
            kind: if back { LineKind::Reversal } else { LineKind::Original },
            ..line(number, "x", category, day(on), 0)
        },
    )
}

/// The hundredths in the `hours` column, as payroll would add them up.
fn hundredths(file: &PayFile) -> i64 {
    let mut reader = ::csv::Reader::from_reader(file.bytes.as_slice());
    let of = |record: ::csv::StringRecord| record[7].replace('.', "").parse::<i64>().unwrap();
    reader.records().map(|record| of(record.unwrap())).sum()
}

proptest! {
    #[test]
    fn no_hour_is_lost_between_the_lines_and_the_file(lines in prop::collection::vec(any_line(), 0..60)) {
        let file = exported(LONG, &lines);
        let exact: i64 = lines.iter().map(|line| line.duration_ms).sum();
        let total = &file.reconciled.total;
        prop_assert_eq!(total.exact_ms, exact);
        prop_assert_eq!(hundredths(&file) * 36_000, total.written_ms);
        prop_assert_eq!(total.exact_ms, total.written_ms + total.remainder_ms());
        let most = i64::try_from(total.amounts).unwrap() * 18_000;
        prop_assert!(total.remainder_ms().abs() <= most);
        let of_codes: i64 = file.reconciled.codes.iter().map(|code| code.exact_ms).sum();
        prop_assert_eq!(of_codes, exact);
    }

    #[test]
    fn a_batch_and_its_reversal_cancel_to_the_digit(lines in prop::collection::vec(any_line(), 1..40)) {
        let sent: Vec<PayLine> =
            lines.into_iter().map(|line| PayLine { kind: LineKind::Original, ..line }).collect();
        let back: Vec<PayLine> = sent
            .iter()
            .map(|line| PayLine { kind: LineKind::Reversal, duration_ms: -line.duration_ms, ..line.clone() })
            .collect();
        prop_assert_eq!(hundredths(&exported(LONG, &sent)), -hundredths(&exported(LONG, &back)));
    }
}
