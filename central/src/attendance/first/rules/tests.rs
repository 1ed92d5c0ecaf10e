//! Days of one person in words, and properties against any punches.

use jiff::civil::{Date, date};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId, PersonId, SiteId};
use lintel_core::time::zone;
use proptest::prelude::*;

use super::*;
use crate::attendance::first::Policy;

const DAY_START: i64 = 1_794_870_000_000; // 2026-11-17T00:00 in Berlin
const DAY_MS: i64 = 86_400_000;

fn day() -> Date {
    date(2026, 11, 17)
}

fn punch(number: u64, at: i64) -> Punch {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    Punch {
        event_id: EventId::new(UtcMillis::from_i64(at), &[0, 0, a, b, c, d, e, f, g, h]),
        at: UtcMillis::from_i64(at),
        direction_hint: DirectionHint::None,
        door: Some(DeviceId::parse("door-1").unwrap()),
        site: SiteId::parse("berlin").unwrap(),
        clock_synced: true,
    }
}

fn at_minutes(minutes: &[i64]) -> Vec<Punch> {
    minutes.iter().zip(0..).map(|(minute, number)| punch(number, DAY_START + minute * 60_000)).collect()
}

fn compute_on(date: Date, punches: &[Punch]) -> DayResult {
    compute_day(&DayInput {
        person: PersonId::new(UtcMillis::from_i64(0), &[0; 10]),
        date,
        zone: &zone("Europe/Berlin").unwrap(),
        punches,
        policy: &Policy::default(),
        as_of: UtcMillis::from_i64(DAY_START + 30 * DAY_MS),
    })
}

fn compute(punches: &[Punch]) -> DayResult {
    compute_on(day(), punches)
}

#[test]
fn the_day_starts_where_the_tests_say() {
    assert_eq!(day_bounds(day(), &zone("Europe/Berlin").unwrap()).0.as_i64(), DAY_START);
}

#[test]
fn work_lasts_from_the_first_punch_to_the_last() {
    let result = compute(&at_minutes(&[480, 720, 750, 1020]));
    assert_eq!(result.worked_ms, 9 * 3_600_000);
    assert_eq!((result.punches_counted, result.punches_ignored), (4, 0));
    assert_eq!(result.exceptions, []);
    assert!(!result.provisional);
}

#[test]
fn a_single_punch_gives_no_hours_and_a_missing_check_out() {
    let result = compute(&at_minutes(&[480]));
    assert_eq!((result.worked_ms, result.last_out), (0, None));
    assert!(result.first_in.is_some());
    assert_eq!(result.exceptions, [Code::MissingCheckOut]);
}

#[test]
fn a_day_without_punches_is_empty_and_no_exception() {
    let result = compute(&[]);
    assert_eq!((result.first_in, result.last_out, result.worked_ms), (None, None, 0));
    assert_eq!(result.exceptions, []);
}

#[test]
fn two_doors_within_two_minutes_count_once() {
    let mut punches = at_minutes(&[480, 481, 1020]);
    punches[1].door = Some(DeviceId::parse("door-2").unwrap());
    let result = compute(&punches);
    assert_eq!((result.punches_counted, result.punches_ignored), (2, 1));
}

#[test]
fn exactly_two_minutes_apart_counts_twice() {
    assert_eq!(compute(&at_minutes(&[480, 482])).punches_counted, 2);
}

#[test]
fn a_long_row_of_quick_repeats_is_measured_from_the_counted_one() {
    // 0, 1 → repeat of 0; 2 → counted; 3 → repeat of 2: otherwise a crowd would swallow a whole hour.
    assert_eq!(compute(&at_minutes(&[480, 481, 482, 483])).punches_counted, 2);
}

#[test]
fn midnight_belongs_to_the_day_that_begins() {
    let punches = at_minutes(&[0, 24 * 60]);
    assert_eq!(compute(&punches).punches_counted, 1);
    assert_eq!(compute_on(date(2026, 11, 18), &punches).punches_counted, 1);
}

#[test]
fn a_shift_over_the_lost_hour_is_an_hour_shorter() {
    // 2026-03-29: 00:30 to 04:30 on the wall, three hours in truth.
    let start = day_bounds(date(2026, 3, 29), &zone("Europe/Berlin").unwrap()).0.as_i64();
    let punches = [punch(0, start + 30 * 60_000), punch(1, start + 210 * 60_000)];
    let result = compute_on(date(2026, 3, 29), &punches);
    assert_eq!(result.worked_ms, 3 * 3_600_000);
    let zone = zone("Europe/Berlin").unwrap();
    assert_eq!(result.last_out.unwrap().hour_minute_in(&zone), "04:30");
}

#[test]
fn the_twenty_fifth_hour_still_belongs_to_the_day() {
    let start = day_bounds(date(2026, 10, 25), &zone("Europe/Berlin").unwrap()).0.as_i64();
    let punches = [punch(0, start), punch(1, start + 25 * 3_600_000 - 1)];
    assert_eq!(compute_on(date(2026, 10, 25), &punches).worked_ms, 25 * 3_600_000 - 1);
}

#[test]
fn a_day_that_is_not_over_is_provisional() {
    let punches = at_minutes(&[480]);
    let result = compute_day(&DayInput {
        person: PersonId::new(UtcMillis::from_i64(0), &[0; 10]),
        date: day(),
        zone: &zone("Europe/Berlin").unwrap(),
        punches: &punches,
        policy: &Policy::default(),
        as_of: UtcMillis::from_i64(DAY_START + DAY_MS - 1),
    });
    assert!(result.provisional);
}

#[test]
fn an_unsynchronised_clock_is_an_exception_once() {
    let mut punches = at_minutes(&[480, 1020]);
    punches[0].clock_synced = false;
    punches[1].clock_synced = false;
    assert_eq!(compute(&punches).exceptions, [Code::ClockUnsynced]);
}

fn any_punches() -> impl Strategy<Value = Vec<Punch>> {
    prop::collection::vec((DAY_START - DAY_MS..DAY_START + 2 * DAY_MS, any::<bool>()), 0..40).prop_map(
        |instants| {
            instants
                .into_iter()
                .zip(0..)
                .map(|((at, synced), number)| Punch { clock_synced: synced, ..punch(number, at) })
                .collect()
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_arrival_never_matters(
        (punches, shuffled) in any_punches().prop_flat_map(|p| (Just(p.clone()), Just(p).prop_shuffle()))
    ) {
        prop_assert_eq!(compute(&punches), compute(&shuffled));
    }

    #[test]
    fn delivery_twice_changes_nothing(punches in any_punches()) {
        let twice = [punches.clone(), punches.clone()].concat();
        prop_assert_eq!(compute(&punches), compute(&twice));
    }

    #[test]
    fn hours_are_never_negative_and_never_longer_than_the_day(punches in any_punches()) {
        let result = compute(&punches);
        prop_assert!((0..=DAY_MS).contains(&result.worked_ms));
        let of_day = punches.iter().filter(|p| (DAY_START..DAY_START + DAY_MS).contains(&p.at.as_i64()));
        prop_assert_eq!((result.punches_counted + result.punches_ignored) as usize, of_day.count());
    }

    #[test]
    fn the_sum_over_days_never_passes_the_span_of_the_punches(punches in any_punches()) {
        let sum: i64 = (16..=18).map(|d| compute_on(date(2026, 11, d), &punches).worked_ms).sum();
        let first = punches.iter().map(|p| p.at.as_i64()).min().unwrap_or(0);
        let last = punches.iter().map(|p| p.at.as_i64()).max().unwrap_or(0);
        prop_assert!(sum <= last - first);
    }

    #[test]
    fn every_punch_lies_in_exactly_one_day(at in DAY_START - DAY_MS..DAY_START + 2 * DAY_MS) {
        let punches = [punch(0, at)];
        let counted: u32 = (16..=18).map(|d| compute_on(date(2026, 11, d), &punches).punches_counted).sum();
        prop_assert_eq!(counted, 1);
    }
}
