//! Golden pictures, and what each of them promises.

use jiff::civil::date;
use lintel_runtime::catalogue::Words;

use super::*;
use crate::words::words_in;

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

fn words() -> Words<'static> {
    words_in("en")
}

fn wide() -> Frame {
    Frame::new("p", Size::Wide)
}

fn a_day() -> Presence {
    let mut present_ms = [0; 24];
    for (hour, people) in (7..19).zip([2, 14, 31, 34, 33, 20, 26, 33, 32, 25, 9, 1]) {
        present_ms[hour] = people * 20 * HOUR + HOUR / 2;
    }
    Presence { days: 20, present_ms }
}

fn november() -> Vec<LateDay> {
    let late = [3, 5, 2, 0, 0, 1, 4, 6, 2, 9, 0, 0, 3, 2, 2, 1, 5, 0, 0, 12, 4, 3, 2, 0, 0, 0, 3, 2, 1, 4];
    (1_i8..)
        .zip(late)
        .map(|(day, late)| LateDay {
            date: date(2026, 11, day),
            late,
            median_ms: (late > 0).then(|| i64::from(late) * 2 * MINUTE + 29_999),
        })
        .collect()
}

fn people() -> Vec<HoursRow> {
    let row = |label: &str, worked: i64, scheduled: i64| HoursRow {
        label: label.into(),
        worked_ms: worked * MINUTE,
        scheduled_ms: scheduled * MINUTE,
    };
    vec![
        row("Ada Lovelace", 9_612, 9_600),
        row("<script>alert('x')</script> & \"Söhne\"\u{0}", 8_790, 9_600),
        row(
            "Maximiliane-Theodora Wolfeschlegelsteinhausenbergerdorff the Younger of Somewhere",
            4_800,
            4_800,
        ),
        row("Nobody", 0, 9_600),
    ]
}

fn all(frame: &Frame) -> [String; 3] {
    [
        presence(words(), &a_day(), frame).unwrap(),
        lateness(words(), &november(), frame).unwrap(),
        worked(words(), &people(), frame).unwrap(),
    ]
}

fn desc(svg: &str) -> &str {
    let (_, rest) = svg.split_once("<desc id=\"p-desc\">").unwrap();
    rest.split_once("</desc>").unwrap().0
}

#[test]
fn the_pictures_are_these() {
    let [presence, lateness, worked] = all(&wide());
    insta::assert_snapshot!("presence", presence);
    insta::assert_snapshot!("lateness", lateness);
    insta::assert_snapshot!("worked", worked);
}

#[test]
fn each_picture_is_named_and_says_its_numbers_in_words() {
    for svg in all(&wide()) {
        assert!(svg.contains("role=\"img\" aria-labelledby=\"p-title p-desc\""));
        assert!(svg.contains("<title id=\"p-title\">"));
    }
    let [presence, lateness, worked] = all(&wide());
    assert!(
        desc(&presence).starts_with(
            "Average of 20 days. Most people are there from 10:00 to 11:00: 34.0. From 7:00: 2.0."
        )
    );
    assert!(
        desc(&lateness).starts_with("76 late arrivals on 30 days. 2026-11-01: 3 late, median 6 minutes.")
    );
    assert!(desc(&worked).starts_with("Ada Lovelace: 160:12 hours worked, 160:00 scheduled."));
}

#[test]
fn nothing_in_a_picture_breaks_the_consoles_policy() {
    for svg in all(&wide()) {
        for forbidden in ["style=", "<style", "<script", "href=", "onload=", "http://x", "<foreignObject"] {
            assert!(!svg.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn hostile_names_stay_text() {
    let [_, _, worked] = all(&wide());
    assert!(
        worked.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;Söhne&quot;\u{fffd}")
    );
    let framed = Frame::new("a\" onload=\"x", Size::Wide);
    assert!(presence(words(), &a_day(), &framed).unwrap().contains("aria-labelledby=\"aonloadx-title"));
}

#[test]
fn series_differ_by_more_than_their_colour() {
    let [_, lateness, worked] = all(&wide());
    assert!(worked.contains("fill=\"url(#p-hatch)\"") && worked.contains("class=\"plot-solid\""));
    assert!(lateness.contains("<circle") && lateness.contains("<rect"));
}

#[test]
fn a_picture_of_nothing_says_so() {
    let nobody = Presence { days: 0, present_ms: [0; 24] };
    let pictures = [
        presence(words(), &nobody, &wide()).unwrap(),
        lateness(words(), &[], &wide()).unwrap(),
        worked(words(), &[], &wide()).unwrap(),
    ];
    for svg in pictures {
        assert_eq!(svg.matches("Nothing was recorded.").count(), 2, "seen and said: {svg}");
    }
}

#[test]
fn a_month_in_which_nobody_was_late_is_a_picture_and_not_nothing() {
    let days = [LateDay { date: date(2026, 11, 2), late: 0, median_ms: None }];
    let svg = lateness(words(), &days, &wide()).unwrap();
    assert_eq!(desc(&svg), "Nobody was late on one day.");
}

#[test]
fn people_who_have_no_place_in_the_picture_are_counted() {
    let rows: Vec<HoursRow> = (0..100)
        .map(|n| HoursRow { label: format!("person {n}"), worked_ms: i64::MAX, scheduled_ms: -HOUR })
        .collect();
    let svg = worked(words(), &rows, &wide()).unwrap();
    assert!(desc(&svg).ends_with("40 more are not shown.") && !svg.contains("person 60"));
}

#[test]
fn both_sizes_stand_on_one_page_without_sharing_an_id() {
    let html = in_both_sizes("who", |frame| presence(words(), &a_day(), frame)).unwrap();
    for id in ["who-wide-title", "who-narrow-title", "who-wide-hatch", "who-narrow-hatch"] {
        assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

#[test]
fn the_same_numbers_twice_give_the_same_picture() {
    assert_eq!(all(&wide()), all(&wide()));
}
