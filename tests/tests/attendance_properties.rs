//! The attendance rules against the oracle, in made-up worlds.
//!
//! `LINTEL_PROPERTY_CASES=200000` looks longer; a failing world's number is printed, and is all it takes to make
//! it again.

use std::process::Command;

use jiff::civil::Date;
use lintel_central::attendance::record::ledger_hash;
use lintel_central::attendance::week::{compute, reach};
use lintel_central::attendance::{DayRecord, Status};
use lintel_core::chain::Hash;
use lintel_core::time::UtcMillis;
use lintel_tests::attendance::case::World;
use lintel_tests::attendance::oracle::{self, Day};
use lintel_tests::attendance::worlds::{Dice, world};

/// How many worlds each property looks at.
fn cases(usual: u64) -> u64 {
    let wanted = std::env::var("LINTEL_PROPERTY_CASES").ok().and_then(|cases| cases.parse().ok());
    wanted.map_or(usual, |wanted: u64| wanted.max(1) * usual / 10_000)
}

/// Each test has worlds of its own.
fn seeds(family: u64, usual: u64) -> impl Iterator<Item = u64> {
    (0..cases(usual)).map(move |number| family.wrapping_mul(0x1_0000_0000) + number)
}

fn computed(world: &World, first: Date, last: Date) -> Vec<DayRecord> {
    compute(&world.input(), first, last)
}

fn equal_to_the_oracle(family: u64) {
    for seed in seeds(family, 5_000) {
        let (world, first, last) = world(seed);
        let days: Vec<Day> = computed(&world, first, last).iter().map(Day::of).collect();
        let expected = oracle::days(&world, first, last);
        for (day, expected) in days.iter().zip(&expected) {
            assert_eq!(day, expected, "world {seed}");
        }
        assert_eq!(days.len(), expected.len(), "world {seed}");
    }
}

#[test]
fn every_day_comes_out_as_the_oracle_counts_it() {
    equal_to_the_oracle(1);
}

#[test]
fn every_other_day_comes_out_as_the_oracle_counts_it() {
    equal_to_the_oracle(2);
}

/// The order in which punches arrive, and how often, is nothing to a day; neither is which days are asked for with
/// it.
#[test]
fn the_ledger_is_the_same_in_every_order_of_arrival_and_for_every_range() {
    for seed in seeds(3, 5_000) {
        let (mut world, first, last) = world(seed);
        let expected = computed(&world, first, last);
        let mut dice = Dice::new(seed ^ 1);
        for place in (1..world.punches.len()).rev() {
            let other = usize::try_from(dice.below(place as u64 + 1)).unwrap();
            world.punches.swap(place, other);
        }
        let again: Vec<_> = world.punches.iter().filter(|_| dice.once_in(3)).cloned().collect();
        world.punches.extend(again);
        let shuffled = computed(&world, first, last);
        assert_eq!(ledger_hash(&expected), ledger_hash(&shuffled), "world {seed}");

        let alone: Vec<DayRecord> =
            expected.iter().flat_map(|day| computed(&world, day.date, day.date)).collect();
        assert_eq!(expected, alone, "world {seed}");
        // Nothing outside the reach is looked at.
        let (from, to) = reach(first, last);
        let zone = &world.roster.places.values().next().unwrap().zone;
        world.punches.retain(|punch| (from..=to).contains(&punch.at.date_in(zone)));
        assert_eq!(expected, computed(&world, first, last), "world {seed}");
    }
}

/// Doors deliver when they can. Nobody is absent before every door has passed the day, no absence is ever taken
/// back, and in the end everything is as if it had all been there from the start.
#[test]
fn absence_is_never_claimed_too_early_and_never_taken_back() {
    let mut absences = 0;
    for seed in seeds(4, 5_000) {
        let (mut world, first, last) = world(seed);
        // The present is fixed; what is known of the doors grows.
        world.now = world.now.plus_millis(30 * 86_400_000);
        for door in &mut world.doors {
            door.known_through = world.now;
        }
        let whole = computed(&world, first, last);
        let everything = world.punches.clone();
        let mut dice = Dice::new(seed ^ 2);
        let starts = everything.iter().map(|punch| punch.at).min().unwrap_or_default();
        let mut claimed: Vec<Date> = Vec::new();
        let doors = world.doors.clone();
        let mut through: Vec<UtcMillis> = vec![starts.plus_millis(-1); doors.len()];
        for step in 0..4 {
            for (door, through) in world.doors.iter_mut().zip(&mut through) {
                *through = if step == 3 {
                    world.now
                } else {
                    through.plus_millis(dice.between(0, 4 * 1440) * 60_000).min(world.now)
                };
                door.known_through = *through;
            }
            let known = |punch: &&lintel_central::attendance::punch::Punch| {
                let of = doors.iter().position(|door| Some(&door.device) == punch.door.as_ref());
                of.is_none_or(|door| punch.at < through[door])
            };
            world.punches = everything.iter().filter(known).cloned().collect();
            let days = computed(&world, first, last);
            for day in &days {
                let absent = day.status == Status::Absent;
                assert!(!(absent && day.provisional.is_some()), "world {seed} {}", day.date);
                // A door that is out of service, or never held them, may still know more than it said.
                let complete = doors
                    .iter()
                    .all(|d| d.out_of_service.is_empty() && d.could_see[0].start() == UtcMillis::from_i64(0));
                if complete {
                    assert!(absent || !claimed.contains(&day.date), "world {seed}: {} taken back", day.date);
                }
                if absent && complete {
                    claimed.push(day.date);
                    absences += 1;
                }
            }
            if step == 3 {
                assert_eq!(ledger_hash(&days), ledger_hash(&whole), "world {seed}");
            }
        }
    }
    assert!(absences > 100, "only {absences} absences: the property looks at nothing");
}

fn hash_of_many() -> Hash {
    let days: Vec<DayRecord> = seeds(5, 500)
        .flat_map(|seed| {
            let (world, first, last) = world(seed);
            computed(&world, first, last)
        })
        .collect();
    ledger_hash(&days)
}

#[test]
fn hours_do_not_depend_on_the_zone_of_the_server() {
    const NAME: &str = "hours_do_not_depend_on_the_zone_of_the_server";
    let hash = hash_of_many();
    if std::env::var_os("LINTEL_HASH_ONLY").is_some() {
        println!("hash {hash}");
        return;
    }
    for zone in ["Pacific/Apia", "America/St_Johns"] {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", NAME, "--nocapture"]).env("TZ", zone).env("LINTEL_HASH_ONLY", "1");
        let said = String::from_utf8(again.output().unwrap().stdout).unwrap();
        assert!(said.contains(&format!("hash {hash}")), "{zone}: {said}");
    }
}
