//! Calendars as they are exported, and as nobody should write them.

use std::ops::RangeInclusive;

use super::super::ics::{self, CalendarError};
use super::super::limits::{LIMITS, Limits};
use super::super::{HolidayRow, ImportError, Parsed, read_calendar};

const YEARS: RangeInclusive<i16> = 2026..=2028;

fn calendar(events: &str) -> Vec<u8> {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n").replace('\n', "\r\n").into_bytes()
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:u1\nSUMMARY:Feast\n{lines}\nEND:VEVENT\n")
}

fn read(events: &str) -> Parsed<HolidayRow> {
    read_calendar(&calendar(events), "holidays.ics", YEARS).unwrap()
}

/// The days of one event.
fn days(lines: &str) -> Vec<String> {
    let parsed = read(&event(lines));
    assert!(parsed.errors.is_empty(), "{:?}", parsed.errors);
    parsed.rows.iter().map(|(_, row)| row.date.to_string()).collect()
}

/// Why one event is refused.
fn reason(lines: &str) -> String {
    let parsed = read(&event(lines));
    assert!(parsed.rows.is_empty(), "{:?}", parsed.rows);
    parsed.errors.listed()[0].to_string()
}

fn refusal(bytes: &[u8], limits: &Limits) -> CalendarError {
    match ics::read_within(bytes, "holidays.ics", &YEARS, limits) {
        Err(ImportError::Calendar(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_day_has_a_name_and_the_line_where_it_begins() {
    let parsed = read(
        "PRODID:-//x\nBEGIN:VTIMEZONE\nTZID:X\nEND:VTIMEZONE\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\n\
         SUMMARY:Christmas\\, the \n first\\; day\\nof two\nBEGIN:VALARM\nSUMMARY:ring\nEND:VALARM\nUID:c1\nEND:VEVENT\n",
    );
    let (line, row) = &parsed.rows[0];
    assert_eq!((*line, row.name.as_str()), (7, "Christmas, the first; day of two"));
    assert_eq!((row.date.to_string().as_str(), &row.site), ("2026-12-25", &None));
    assert_eq!(parsed.source, "holidays.ics");
}

#[test]
fn the_end_is_the_day_after_the_last() {
    assert_eq!(days("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227"), ["2026-12-25", "2026-12-26"]);
    assert_eq!(days("DTSTART;VALUE=DATE:20261225\nDURATION:P1W").len(), 7);
    assert!(reason("DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225").contains("day after the last"));
    assert_eq!(days("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260302").len(), 60);
    assert!(reason("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260303").contains("lasts 61 days"));
}

#[test]
fn midnights_stand_for_whole_days_and_other_times_do_not() {
    assert_eq!(days("DTSTART:20261225T000000\nDTEND:20261226T000000"), ["2026-12-25"]);
    let zone = "DTSTART;TZID=Europe/Berlin:20261225T000000\nDTEND;TZID=Europe/Berlin:20261227T000000";
    assert_eq!(days(zone).len(), 2);
    assert!(reason("DTSTART:20261225T120000\nDTEND:20261226T000000").contains("has a time of day"));
    assert!(reason("DTSTART:20261225T000000Z\nDTEND:20261226T000000Z").contains("in UTC"));
    assert!(reason("DTSTART:20261225T000000").contains("no end"));
    assert!(
        reason("DTSTART;TZID=A:20261225T000000\nDTEND;TZID=B:20261226T000000").contains("different zones")
    );
}

#[test]
fn a_yearly_event_is_written_out_for_the_years_asked_for() {
    let yearly = |rule: &str| days(&format!("DTSTART;VALUE=DATE:20201225\nRRULE:{rule}"));
    assert_eq!(yearly("FREQ=YEARLY"), ["2026-12-25", "2027-12-25", "2028-12-25"]);
    assert_eq!(yearly("FREQ=YEARLY;INTERVAL=2"), ["2026-12-25", "2028-12-25"]);
    assert_eq!(yearly("FREQ=YEARLY;COUNT=7"), ["2026-12-25"]);
    assert_eq!(yearly("FREQ=YEARLY;COUNT=6"), [""; 0]);
    assert_eq!(yearly("FREQ=YEARLY;UNTIL=20271225"), ["2026-12-25", "2027-12-25"]);
    assert_eq!(yearly("FREQ=YEARLY;UNTIL=20271224T235959Z"), ["2026-12-25"]);
}

#[test]
fn days_that_are_left_out_still_count() {
    let lines = "DTSTART;VALUE=DATE:20251225\nRRULE:FREQ=YEARLY;COUNT=3\nEXDATE;VALUE=DATE:20261225,20301225";
    assert_eq!(days(lines), ["2027-12-25"]);
}

#[test]
fn a_leap_day_comes_every_fourth_year() {
    assert_eq!(days("DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;COUNT=2"), ["2028-02-29"]);
}

#[test]
fn a_yearly_event_over_new_year_is_cut_at_the_years_asked_for() {
    let lines = "DTSTART;VALUE=DATE:20201231\nDTEND;VALUE=DATE:20210102\nRRULE:FREQ=YEARLY";
    let days = days(lines);
    assert_eq!((days.first().unwrap().as_str(), days.last().unwrap().as_str()), ("2026-01-01", "2028-12-31"));
    assert_eq!(days.len(), 6);
}

#[test]
fn other_rules_are_refused_by_the_events_name() {
    for rule in [
        "FREQ=MONTHLY",
        "FREQ=YEARLY;BYDAY=4TH",
        "FREQ=YEARLY;COUNT=1;UNTIL=20270101",
        "FREQ=YEARLY;FREQ=YEARLY",
        "INTERVAL=1",
        "FREQ=YEARLY;INTERVAL=0",
        "FREQ=YEARLY;COUNT=x",
        "",
    ] {
        let error = reason(&format!("DTSTART;VALUE=DATE:20261225\nRRULE:{rule}"));
        assert!(error.starts_with("row 3, event \"Feast (u1)\": repeats by a rule"), "{error}");
    }
    for line in ["RDATE;VALUE=DATE:20270101", "RECURRENCE-ID;VALUE=DATE:20261225"] {
        assert!(reason(&format!("DTSTART;VALUE=DATE:20261225\n{line}")).contains("isn't followed"));
    }
}

#[test]
fn events_that_cannot_be_holidays_say_why() {
    for (lines, why) in [
        ("DTSTAMP:20260101T000000Z", "has no DTSTART"),
        ("DTSTART;VALUE=DATE:20261301", "no day between 1900 and 2199"),
        ("DTSTART;VALUE=DATE:18991231", "no day between 1900 and 2199"),
        ("DTSTART;VALUE=DATE:22000101", "no day between 1900 and 2199"),
        ("DTSTART;VALUE=DATE:20261225\nDTSTART;VALUE=DATE:20261226", "DTSTART twice"),
        ("DTSTART;VALUE=DATE:20261225\nSUMMARY:", "no SUMMARY"),
        ("DTSTART;VALUE=DATE:20261225\nSUMMARY;ENCODING=QUOTED-PRINTABLE:=C3=84", "old encoding"),
        ("DTSTART;VALUE=DATE:20261225\nDURATION:PT24H", "isn't whole days"),
        ("DTSTART;VALUE=DATE:20261225\nDURATION:P1D\nDTEND;VALUE=DATE:20261226", "both DTEND and DURATION"),
        ("DTSTART;VALUE=DATE:20261225\nEXDATE;VALUE=DATE:20261225", "EXDATE without RRULE"),
    ] {
        let said = reason(lines);
        assert!(said.contains(why), "{lines}: {said}");
    }
}

#[test]
fn cancelled_events_are_skipped_whatever_else_they_say() {
    let parsed = read(&event("DTSTART:20261225T120000\nSTATUS:CANCELLED"));
    assert!(parsed.rows.is_empty() && parsed.errors.is_empty());
}

#[test]
fn the_same_day_twice_names_both_events() {
    let one = event("DTSTART;VALUE=DATE:20261225");
    let parsed = read(&format!("{one}{one}"));
    assert_eq!(
        parsed.errors.listed()[0].to_string(),
        "row 8 \"every site\": overlaps row 3 (2026-12-25): keep one of the two"
    );
    assert_eq!(parsed.rows.len(), 1);
}

#[test]
fn other_files_and_encodings_are_refused() {
    let one = event("DTSTART;VALUE=DATE:20261225");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(calendar(&one)).collect();
    assert_eq!(refusal(&utf16, &LIMITS), CalendarError::NotUtf8 { line: 1 });
    let latin: Vec<u8> =
        calendar(&one.replace("Feast", "F?st")).iter().map(|b| if *b == b'?' { 0xEA } else { *b }).collect();
    assert_eq!(refusal(&latin, &LIMITS), CalendarError::NotUtf8 { line: 5 });
    assert_eq!(refusal(b"date,name\n", &LIMITS), CalendarError::NoCalendar);
    assert_eq!(refusal(b"", &LIMITS), CalendarError::NoEvents);
    assert_eq!(refusal(&calendar(""), &LIMITS), CalendarError::NoEvents);
    assert_eq!(refusal(b"BEGIN:VCARD\nEND:VCARD\n", &LIMITS), CalendarError::NoCalendar);
    assert_eq!(
        refusal(b"BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n", &LIMITS),
        CalendarError::Version("1.0".to_owned())
    );
    assert_eq!(refusal(b"BEGIN:VCALENDAR\nX:a\x07\n", &LIMITS), CalendarError::Control { line: 2 });
}

#[test]
fn a_character_that_folding_cuts_in_two_is_whole_again() {
    let mut bytes = calendar(&event("DTSTART;VALUE=DATE:20261225"));
    let at = bytes.windows(5).position(|window| window == b"Feast").unwrap();
    bytes.splice(at..at + 5, b"Fe\xC3\r\n \xA4st".iter().copied());
    let parsed = read_calendar(&bytes, "holidays.ics", YEARS).unwrap();
    assert_eq!(parsed.rows[0].1.name, "Feäst");
}

#[test]
fn nesting_and_loose_ends_are_refused_without_descending() {
    let deep = format!("BEGIN:VCALENDAR\n{}", "BEGIN:VEVENT\n".repeat(19_000));
    assert!(matches!(refusal(deep.as_bytes(), &LIMITS), CalendarError::Unbalanced { line: 5, .. }));
    let open = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n";
    assert!(matches!(refusal(open, &LIMITS), CalendarError::Unbalanced { line: 3, .. }));
    let unclosed = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\n";
    assert!(matches!(refusal(unclosed, &LIMITS), CalendarError::Unbalanced { .. }));
}

#[test]
fn each_ceiling_holds_one_above_and_not_at_it() {
    let one = event("DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY");
    let file = calendar(&one);
    let ok = |limits: Limits| ics::read_within(&file, "h", &YEARS, &limits).is_ok();
    let no = |limits: Limits| refusal(&file, &limits);
    let (bytes, lines) = (file.len(), file.iter().filter(|byte| **byte == b'\n').count());
    assert!(ok(Limits { calendar_bytes: bytes, ..LIMITS }));
    let limit = bytes - 1;
    assert_eq!(no(Limits { calendar_bytes: limit, ..LIMITS }), CalendarError::TooLarge { bytes, limit });
    assert!(ok(Limits { calendar_lines: lines, ..LIMITS }));
    assert_eq!(no(Limits { calendar_lines: lines - 1, ..LIMITS }), CalendarError::TooManyLines(lines - 1));
    assert!(ok(Limits { calendar_line_bytes: 27, ..LIMITS }));
    assert_eq!(
        no(Limits { calendar_line_bytes: 26, ..LIMITS }),
        CalendarError::LineTooLong { line: 6, limit: 26 }
    );
    assert!(ok(Limits { calendar_events: 1, ..LIMITS }));
    assert_eq!(no(Limits { calendar_events: 0, ..LIMITS }), CalendarError::TooManyEvents(0));
    assert!(ok(Limits { calendar_days: 3, ..LIMITS }));
    assert_eq!(no(Limits { calendar_days: 2, ..LIMITS }), CalendarError::TooManyDays(2));
}

#[test]
fn a_folded_line_is_measured_as_a_whole() {
    let folded = |pieces: usize| {
        calendar(&event(&format!("DTSTART;VALUE=DATE:20261225\nX:{}", "\n 0123456789".repeat(pieces))))
    };
    assert!(read_calendar(&folded(999), "h", YEARS).is_ok());
    assert_eq!(refusal(&folded(1000), &LIMITS), CalendarError::LineTooLong { line: 7, limit: 10_000 });
}
