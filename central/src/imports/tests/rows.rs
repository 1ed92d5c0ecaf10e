//! Rows of each kind: what is read, and what is said of what can't be.

use jiff::civil::{Weekday, date};
use lintel_core::ids::SiteId;

use super::super::*;
use crate::attendance::calendar::DayPart;

fn said<Row>(parsed: &Parsed<Row>) -> Vec<String> {
    parsed.errors.listed().iter().map(ToString::to_string).collect()
}

fn people(text: &str) -> Parsed<PersonRow> {
    read_people(text.as_bytes(), "people.csv", None).unwrap()
}

fn assignments(text: &str) -> Parsed<ShiftAssignmentRow> {
    let text = format!("staff_no;shift;pattern;valid_from;valid_to;weekdays\n{text}");
    read_shift_assignments(text.as_bytes(), "shifts.csv", None).unwrap()
}

fn leave(text: &str) -> Parsed<LeaveRow> {
    let text = format!("staff_no;from;to;part;kind;note\n{text}");
    read_leave(text.as_bytes(), "leave.csv", None).unwrap()
}

fn holidays(text: &str) -> Parsed<HolidayRow> {
    read_holidays(format!("date;name;half;site\n{text}").as_bytes(), "holidays.csv", None).unwrap()
}

#[test]
fn people_are_read_under_any_of_their_headings() {
    let parsed = people(
        "Personnel Number;FULL-NAME;Site ID;team;Start date;Last day;Hours per week\n\
         007;Ada  Lovelace;berlin;Analysts;2026-01-05;31.12.2027;38,5\n8;Grace;;;;;\n",
    );
    assert_eq!(said(&parsed), [""; 0]);
    let ada = PersonRow {
        staff_no: "007".to_owned(),
        name: "Ada Lovelace".to_owned(),
        site: Some(SiteId::parse("berlin").unwrap()),
        team: Some("Analysts".to_owned()),
        joined: Some(date(2026, 1, 5)),
        left: Some(date(2027, 12, 31)),
        weekly_minutes: Some(2310),
    };
    assert_eq!(parsed.rows[0], (2, ada));
    assert_eq!((parsed.rows[1].1.site.as_ref(), parsed.rows[1].1.weekly_minutes), (None, None));
}

#[test]
fn unknown_missing_and_doubled_columns_name_the_known_ones() {
    let refused = |text: &str| read_people(text.as_bytes(), "p", None).unwrap_err().to_string();
    let known = "the columns are staff_no, name, site, team, joined, left, weekly_hours";
    assert_eq!(refused("staff_no,name,shoe size\n"), format!("unknown column \"shoe size\": {known}"));
    assert_eq!(refused("staff_no,site\n"), format!("column name is missing: {known}"));
    assert_eq!(
        refused("staff_no,name,Employee ID\n"),
        "column staff_no is there twice, as staff_no and Employee ID: delete one"
    );
    let error = read_shift_assignments(b"staff_no,valid_from\n", "s", None).unwrap_err().to_string();
    assert!(error.starts_with("column shift or pattern is missing"), "{error}");
}

#[test]
fn every_fault_of_a_row_is_said_with_what_to_write() {
    let parsed = people(
        "staff_no,name,site,joined,left,weekly_hours\n\
         ,,Berlin,11/20/2026,3/4/2026,169\n\
         1,Ada,berlin,2026-02-30,2026-11-20T08:00,38:60\n\
         2,Ada,berlin,46346,soon,-1\n\
         3,Ada,berlin,2026-02-02,2026-02-01,\n\
         4,Ada,,,,\n4,Eve,,,,\n",
    );
    insta::assert_snapshot!(said(&parsed).join("\n"), @r#"
    row 2, staff_no: is empty: every row needs it
    row 2, name: is empty: every row needs it
    row 2, site "Berlin": is no site id: write 1 to 64 of a-z, 0-9 and '-', such as berlin
    row 2, joined "11/20/2026": has day and month in an order that differs by country: write 2026-11-20
    row 2, left "3/4/2026": can be read in two ways: write 2026-03-04 or 2026-04-03
    row 2, weekly_hours "169": is no time from 0 to 168 hours: write 38:30 or 38.5
    row 3, joined "2026-02-30": is no day of the calendar between 1900 and 2199: write it as 2026-11-20
    row 3, left "2026-11-20T08:00": has a time of day: write the date alone, such as 2026-11-20
    row 3, weekly_hours "38:60": is no time from 0 to 168 hours: write 38:30 or 38.5
    row 4, joined "46346": is a number and no date: give the cell a date's format, or write 2026-11-20
    row 4, left "soon": is no date: write it as 2026-11-20
    row 4, weekly_hours "-1": is no time from 0 to 168 hours: write 38:30 or 38.5
    row 5, left "2026-02-01": is before joined, 2026-02-02
    row 7, staff_no "4": is in row 6 too: a staff number is one person's
    "#);
    assert_eq!(parsed.rows.len(), 1);
}

#[test]
fn a_staff_number_has_up_to_64_characters() {
    let of = |length: usize| people(&format!("staff_no,name\n{},Ada\n", "9".repeat(length)));
    assert_eq!(of(64).rows.len(), 1);
    assert_eq!(of(65).errors.listed()[0].reason, "is longer than 64 characters");
}

#[test]
fn years_run_from_1900_to_2199() {
    let of = |day: &str| holidays(&format!("{day};New Year;;\n")).rows.len();
    assert_eq!(["1899-12-31", "1900-01-01", "2199-12-31", "2200-01-01"].map(of), [0, 1, 1, 0]);
    assert_eq!(["1.5.2026", "01.05.2026", "2026-5-1", "1.5.26", "2026-05-01 "].map(of), [1, 1, 0, 0, 1]);
}

#[test]
fn weekly_hours_are_whole_minutes() {
    let of = |text: &str| {
        let text = format!("staff_no;valid_from;weekly_hours\n1;2026-01-01;{text}\n");
        let parsed = read_contract_hours(text.as_bytes(), "hours.csv", None).unwrap();
        parsed.rows.first().map(|(_, row)| row.weekly_minutes)
    };
    for (text, minutes) in [
        ("0", 0),
        ("168", 10_080),
        ("168:00", 10_080),
        ("38:30", 2310),
        ("38.5", 2310),
        ("38,5", 2310),
        ("38.7", 2322),
        ("38.699999999999996", 2322),
        ("38.33", 2300),
        ("7:05", 425),
        ("0.01", 1),
    ] {
        assert_eq!(of(text), Some(minutes), "{text}");
    }
    for text in
        ["168:01", "168.01", "38:5", "38:", ":30", ".5", "38.", "1e3", "+1", "38.5.1", "38h", "999:00", "٣٨"]
    {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn agreed_hours_begin_once_a_day() {
    let text = b"staff_no;valid_from;weekly_hours\n1;2026-01-01;38\n2;2026-01-01;20\n1;01.01.2026;20\n";
    let parsed = read_contract_hours(text, "hours.csv", None).unwrap();
    assert_eq!(
        said(&parsed),
        ["row 4, valid_from \"2026-01-01\": begins on the same day as row 2: keep one of the two"]
    );
    assert_eq!(parsed.rows.len(), 2);
}

#[test]
fn an_assignment_is_to_a_shift_or_to_a_pattern() {
    let parsed = assignments(
        "1;early;;2026-01-01;2026-01-31;Mon-Fri\n2;;rota-a;2026-01-01;;\n3;early;rota-a;2026-01-01;;\n\
         4;;;2026-01-01;;\n5;early;;2026-01-02;2026-01-01;\n6;early;;2026-01-02;;Moonday\n",
    );
    let (_, first) = &parsed.rows[0];
    assert_eq!(first.plan, Plan::Shift("early".to_owned()));
    let days = first.weekdays.unwrap();
    assert!(
        days.contains(Weekday::Monday) && days.contains(Weekday::Friday) && !days.contains(Weekday::Sunday)
    );
    assert_eq!(parsed.rows[1].1.plan, Plan::Pattern("rota-a".to_owned()));
    assert_eq!((parsed.rows[1].1.valid_to, parsed.rows[1].1.weekdays), (None, None));
    insta::assert_snapshot!(said(&parsed).join("\n"), @r#"
    row 4, pattern "rota-a": stands beside a shift: write one of the two
    row 5, shift: is empty, and so is pattern: write one of the two
    row 6, valid_to "2026-01-01": is before valid_from, 2026-01-02
    row 7, weekdays "Moonday": names no days of the week: write Mon-Fri or Mon Wed Sat
    "#);
}

#[test]
fn weekdays_are_ranges_and_lists() {
    let of = |text: &str| {
        let parsed = assignments(&format!("1;early;;2026-01-01;;\"{text}\"\n"));
        parsed.rows.first().and_then(|(_, row)| row.weekdays).map(|days| {
            let all = Weekday::Monday.cycle_forward().take(7);
            all.map(|day| if days.contains(day) { 'x' } else { '.' }).collect::<String>()
        })
    };
    for (text, days) in [
        ("Mon-Fri", "xxxxx.."),
        ("mon – fri", "xxxxx.."),
        ("Monday to Wednesday, Sat", "xxx..x."),
        ("Mon Wed Sat", "x.x..x."),
        ("Sat/Sun", ".....xx"),
        ("Fri-Mon", "x...xxx"),
        ("Thurs", "...x..."),
    ] {
        assert_eq!(of(text).as_deref(), Some(days), "{text}");
    }
    for text in ["M", "Mo-Fr", "Mon-", "-", "1-5", "Mon-Tue-Wed"] {
        assert_eq!(of(text), None, "{text}");
    }
}

#[test]
fn assignments_overlap_only_on_days_that_they_share() {
    let parsed = assignments(
        "1;early;;2026-01-01;;Mon-Wed\n1;late;;2026-02-01;;Thu Fri\n1;night;;2026-03-01;2026-03-31;Wed\n\
         2;early;;2026-01-01;2026-01-31;\n2;late;;2026-02-01;;\n3;early;;2026-01-01;;\n",
    );
    assert_eq!(said(&parsed), ["row 4 \"1\": overlaps row 2 (from 2026-01-01 on): keep one of the two"]);
    assert_eq!(parsed.rows.len(), 5);
}

#[test]
fn leave_may_be_two_halves_of_a_day_and_not_one_day_twice() {
    let parsed = leave(
        "1;2026-05-04;2026-05-08;;annual;beach\n1;2026-05-11;2026-05-11;first half;annual;\n\
         1;2026-05-11;2026-05-11;Second Half;sick;\n1;2026-05-08;2026-05-09;full;annual;\n\
         1;2026-05-11;2026-05-12;second_half;sick;\n2;2026-05-08;2026-05-07;;annual;\n3;2026-05-08;2026-05-08;some;;\n",
    );
    assert_eq!(parsed.rows.len(), 3);
    assert_eq!(parsed.rows[0].1.note.as_deref(), Some("beach"));
    assert_eq!(parsed.rows[2].1.part, DayPart::SecondHalf);
    insta::assert_snapshot!(said(&parsed).join("\n"), @r#"
    row 5 "1": overlaps row 2 (2026-05-04 to 2026-05-08): keep one of the two
    row 6 "1": overlaps row 4 (2026-05-11): keep one of the two
    row 7, to "2026-05-07": is before from, 2026-05-08
    row 8, part "some": is no part of a day: write full, first half or second half
    row 8, kind: is empty: every row needs it
    "#);
}

#[test]
fn a_day_is_one_holiday_per_site() {
    let parsed = holidays(
        "2026-12-24;Christmas Eve;second half;\n2026-12-24;Morning off;first half;\n24.12.2026;Christmas Eve;;berlin\n\
         2026-12-24;Again;;berlin\n",
    );
    assert_eq!(said(&parsed), ["row 5 \"berlin\": overlaps row 4 (2026-12-24): keep one of the two"]);
    assert_eq!(parsed.rows.len(), 3);
}
