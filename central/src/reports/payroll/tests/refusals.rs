//! What a mapping or a line is refused for, and what the refusal says.

use super::*;

fn refused(mapping: &str) -> String {
    Mapping::parse(mapping).unwrap_err().to_string()
}

/// A sample with one thing changed below its comment.
fn changed(sample: &str, from: &str, to: &str) -> String {
    let (comment, settings) = sample.split_at(sample.find("\nname = ").unwrap());
    assert!(settings.contains(from), "the sample has no {from:?} any more");
    format!("{comment}{}", settings.replacen(from, to, 1))
}

fn not_exported(mapping: &str, lines: &[PayLine]) -> String {
    export(&Mapping::parse(mapping).unwrap(), "b", lines).unwrap_err().to_string()
}

#[test]
fn unknown_names_are_refused_with_the_line_the_name_and_the_known_ones() {
    let line_of = |needle: &str| LONG[..LONG.find(needle).unwrap()].matches('\n').count() + 1;

    let said = refused(&changed(LONG, "from = \"staff_no\"\n\n", "from = \"staff_number\"\n\n"));
    assert!(said.contains("staff_number") && said.contains("`rate_percent`"), "{said}");
    assert!(said.contains(&format!("line {}", line_of("from = \"staff_no\"\n\n"))), "{said}");

    let said = refused(&changed(LONG, "delimiter =", "delimeter ="));
    assert!(said.contains("delimeter") && said.contains("`line_ending`"), "{said}");

    let said = refused(&changed(LONG, "overtime_rest_day = ", "overtime_restday = "));
    let place = format!("line {}: unknown category \"overtime_restday\"", line_of("overtime_rest_day = "));
    assert!(said.contains(&place) && said.contains("leave:<kind>"), "{said}");

    let said = refused(&changed(LONG, "encoding = \"utf-8\"", "encoding = \"latin1\""));
    assert!(said.contains("latin1") && said.contains("windows-1252"), "{said}");

    let said = refused(&changed(LONG, "%Y-%m-%d", "%Y-%B-%d"));
    assert!(said.contains(&format!("line {}", line_of("%Y-%m-%d"))) && said.contains("%B"), "{said}");
}

#[test]
fn contradictions_are_refused() {
    let cases = [
        (changed(LONG, "digits = 2", "digits = 5"), "digits = 2, 3 or 4"),
        (changed(LONG, "style = \"decimal\"", "style = \"h:mm\""), "other styles take neither"),
        (changed(LONG, "ignore = []", "ignore = [\"worked\"]"), "second time"),
        (changed(LONG, "holiday = \"HOLIDAY\"", "\"holiday@x\" = \"H\""), "no rate"),
        (changed(LONG, "from = \"name\"", "from = \"name\"\ntext = \"x\""), "needs one of"),
        (changed(LONG, "from = \"name\"", "from = \"name\"\nformat = \"%Y\""), "no use for format"),
        (changed(LONG, "from = \"name\"", "from = \"date\""), "period_start"),
        (changed(LONG, "from = \"hours\"", "from = \"hours\"\npay_code = \"SICK\""), "remove pay_code"),
        (changed(LONG, "from = \"hours\"", "from = \"days\""), "length = \"8:00\""),
        (changed(LONG, "from = \"hours\"", "from = \"site\""), "no column has an amount"),
        (changed(WIDE, "pay_code = \"SICK\"", ""), "add pay_code"),
        (changed(WIDE, "pay_code = \"SICK\"", "pay_code = \"ILL\""), "known are NORMAL, OT,"),
        (changed(WIDE, "from = \"name\"", "from = \"rate_percent\""), "layout = \"long\""),
        (
            changed(WIDE, "pay_code = \"HOLIDAY\"", "pay_code = \"SICK\""),
            "pay code \"HOLIDAY\" has no column",
        ),
        (changed(WIDE, "length = \"8:00\"", "length = \"25:00\""), "\"25:00\" days can't be counted"),
    ];
    for (mapping, expected) in cases {
        let said = refused(&mapping);
        assert!(said.contains("line ") && said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_category_without_a_code_is_refused_and_an_ignored_one_is_left_out() {
    let parental = [line(7, "x", "leave:parental", day(2), 60)];
    assert_eq!(
        not_exported(LONG, &parental),
        "staff no 00007 has hours of the category leave:parental, which has no pay code: \
         add \"leave:parental\" = \"…\" to [pay_codes], or name it in ignore = […]"
    );
    let ignoring = changed(LONG, "ignore = []", "ignore = [\"leave:parental\"]");
    assert_eq!(exported(&ignoring, &parental).lines, 0);
}

#[test]
fn rates_that_one_code_cannot_tell_apart_are_refused() {
    let at = |rate| PayLine { rate_percent: Some(rate), ..line(1, "x", "overtime_daily", day(2), 60) };
    let said = not_exported(WIDE, &[at(125), at(150)]);
    assert!(said.contains("125 %") && said.contains("150 %") && said.contains("overtime_daily@"), "{said}");
    assert_eq!(exported(LONG, &[at(125), at(150)]).lines, 2);
    let file = exported(GERMAN, &[at(125), at(150)]);
    let codes: Vec<&str> = file.reconciled.codes.iter().map(|code| code.pay_code.as_str()).collect();
    assert_eq!(codes, ["1125", "1150"]);
}

#[test]
fn a_letter_that_the_character_set_lacks_is_named_with_its_line() {
    let two = [line(1, "Ada", "worked", day(2), 60), line(2, "Dvořák", "worked", day(2), 60)];
    let said = not_exported(GERMAN, &two);
    assert!(
        said.starts_with("line 3 of the file, column \"Name\": 'ř' does not exist in windows-1252"),
        "{said}"
    );
}

#[test]
fn text_that_breaks_an_unquoted_line_is_refused() {
    let never = changed(LONG, "where_needed\"\nenc", "never\"\nenc");
    let said = not_exported(&never, &[line(1, "Lovelace, Ada", "worked", day(2), 60)]);
    assert!(said.starts_with("line 2 of the file, column \"name\""), "{said}");
}

#[test]
fn somebody_without_a_staff_number_is_refused_where_it_is_shown() {
    let nobody = [PayLine { staff_no: None, ..line(1, "x", "worked", day(2), 60) }];
    assert!(not_exported(LONG, &nobody).contains("person p1 has no staff number"));
}

#[test]
fn hours_beyond_all_numbers_are_refused() {
    let huge = PayLine { duration_ms: i64::MAX, ..line(1, "x", "worked", day(2), 0) };
    assert!(not_exported(LONG, &[huge.clone(), huge]).contains("too many"));
}
