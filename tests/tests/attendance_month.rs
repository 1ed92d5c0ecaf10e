//! A month of two hundred people at three doors that lose the network and have wrong clocks, on both databases:
//! whatever comes in whatever order and however late, in the end every day is as the oracle counts it, who saw
//! everything at once.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]
#![expect(clippy::expect_used, reason = "tests say what is missing")]
#![allow(unreachable_pub, dead_code, reason = "the store's tests use the rest of what is shared with them")]

#[path = "../../central/tests/store/door.rs"]
mod door;
#[path = "../../central/tests/support/postgres.rs"]
mod postgres;
#[path = "../../central/tests/store/world.rs"]
mod world;

#[path = "attendance_month/company.rs"]
mod company;
#[path = "attendance_month/kiosk.rs"]
mod kiosk;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use lintel_central::attendance::calendar::Roster;
use lintel_central::attendance::punch::Punch;
use lintel_central::attendance::{Length, Status};
use lintel_central::auth::Actor;
use lintel_central::corrections::{self, Wish, WishedChange};
use lintel_central::store::days::{self, DayRow};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId, PersonId};
use lintel_core::time::{Clock as _, UtcMillis};
use lintel_tests::attendance::case;
use lintel_tests::attendance::oracle::{self, Day};
use lintel_tests::attendance::worlds::Dice;

use company::{Worker, hire, live, plan, roster};
use kiosk::{Kiosk, MINUTE};
use world::{World, may, site};

const PEOPLE: usize = 200;
const FIRST: Date = date(2026, 12, 1);
const LAST: Date = date(2026, 12, 31);
const HOUR: i64 = 3_600_000;
/// When everybody is hired and every door has its gallery: 2026-11-29T00:00Z.
const BEGIN: UtcMillis = UtcMillis::from_i64(1_795_910_400_000);

fn hours(after: i64) -> UtcMillis {
    BEGIN.plus_millis(after * HOUR)
}

async fn stored(world: &World) -> BTreeMap<(PersonId, Date), DayRow> {
    let mut tx = world.db.read().await.unwrap();
    let rows = days::list(&mut tx, FIRST, LAST, None).await.unwrap();
    rows.into_iter().map(|row| ((row.record.person, row.record.date), row)).collect()
}

/// The days that differ.
fn changed(
    before: &BTreeMap<(PersonId, Date), DayRow>,
    after: &BTreeMap<(PersonId, Date), DayRow>,
) -> BTreeSet<(PersonId, Date)> {
    let days: BTreeSet<_> = before.keys().chain(after.keys()).copied().collect();
    days.into_iter().filter(|day| before.get(day) != after.get(day)).collect()
}

fn expect_oracle(
    workers: &[Worker],
    roster: &Roster,
    now: UtcMillis,
    found: &BTreeMap<(PersonId, Date), DayRow>,
) {
    let mut absences = 0;
    for worker in workers {
        let world = case::World {
            roster: roster.clone(),
            calendar: worker.calendar.clone(),
            punches: worker.punches.clone(),
            doors: Vec::new(),
            now,
        };
        for expected in oracle::days(&world, FIRST, LAST) {
            let row = found.get(&(worker.id, expected.date));
            if expected.status == "free" && expected.punches.0 == 0 {
                assert!(row.is_none(), "{} {}", worker.id, expected.date);
                continue;
            }
            let row = row.unwrap_or_else(|| panic!("{} has no {}", worker.id, expected.date));
            assert_eq!(Day::of(&row.record), expected, "{}", row.name);
            absences += usize::from(row.record.status == Status::Absent);
        }
    }
    assert!(absences > PEOPLE / 2, "only {absences} absences: the month shows nothing");
}

async fn a_month(world: World) {
    world.clock.set(BEGIN);
    let roster = roster();
    let mut dice = Dice::new(20_261_201);
    plan(&world, &roster).await;
    let mut workers = Vec::new();
    for number in 0..PEOPLE {
        workers.push(hire(&world, number, &mut dice).await);
    }
    // The hall loses the network for a week; the quay every few days; their clocks are wrong by minutes and hours.
    let nights: Vec<(i64, i64)> = (1..10).map(|n| (n * 80, n * 80 + 30)).collect();
    let week = (8 * 24, 15 * 24 + 18);
    let mut kiosks = vec![
        Kiosk::join(&world, "gate", "berlin", 0, &[]).await,
        Kiosk::join(&world, "hall", "berlin", -7 * MINUTE, &[week]).await,
        Kiosk::join(&world, "quay", "lisbon", 3 * HOUR, &nights).await,
    ];
    for worker in &mut workers {
        live(worker, &roster, &mut kiosks, &mut dice);
    }
    for kiosk in &mut kiosks {
        kiosk.ahead_of_it.sort_by_key(|(at, ..)| *at);
    }
    // A clock that can't be: the event is kept, and is nobody's punch.
    let far = world.clock.now().plus_millis(90 * 24 * HOUR);
    let lost = kiosks[0].door.punch(workers[0].id, far);
    kiosks[0].waiting.push(lost);
    kiosks[0].recorded += 1;

    let mut absent = BTreeSet::new();
    let mut step = 12;
    while hours(step) <= hours(36 * 24) {
        world.clock.set(hours(step));
        let before = if step == week.1 { Some(stored(&world).await) } else { None };
        let backlog: BTreeSet<PersonId> = kiosks[1]
            .ahead_of_it
            .iter()
            .filter(|(at, ..)| *at < hours(step))
            .map(|(_, who, _)| *who)
            .collect();
        let waiting = kiosks[1].waiting.len();
        for kiosk in &mut kiosks {
            kiosk.live(&world).await;
        }
        world.work_off().await;
        let now = stored(&world).await;
        if let Some(before) = before {
            expect_only_the_backlog(&before, &now, waiting, &backlog, &kiosks);
        }
        let claimed = now.iter().filter(|(_, row)| row.record.status == Status::Absent);
        absent.extend(claimed.map(|(day, _)| *day));
        step += 6;
    }

    let end = stored(&world).await;
    for day in &absent {
        assert_eq!(end[day].record.status, Status::Absent, "an absence was taken back: {day:?}");
    }
    let now = world.clock.now();
    expect_oracle(&workers, &roster, now, &end);
    correct_one_day(&world, &mut workers, &end).await;
    expect_oracle(&workers, &roster, now, &stored(&world).await);
}

/// What a week's backlog changes: days that waited for its door, and days around what it brought.
fn expect_only_the_backlog(
    before: &BTreeMap<(PersonId, Date), DayRow>,
    after: &BTreeMap<(PersonId, Date), DayRow>,
    waiting: usize,
    fresh: &BTreeSet<PersonId>,
    kiosks: &[Kiosk],
) {
    assert!(waiting > 300, "the backlog of a week has {waiting} events");
    let hall: &DeviceId = &kiosks[1].device.device_id;
    let quay: &DeviceId = &kiosks[2].device.device_id;
    let touched = changed(before, after);
    let waited =
        |day: &(PersonId, Date)| before.get(day).and_then(|row| row.record.provisional.as_ref()).is_some();
    assert!(!touched.is_empty());
    for day in &touched {
        let near = day.1 >= date(2026, 11, 30) && day.1 <= date(2026, 12, 22);
        assert!(waited(day) || near || fresh.contains(&day.0), "{day:?} changed and had no reason to");
    }
    // Days that are over; of the others every door still has something to say.
    let still = after.values().filter_map(|row| row.record.provisional.as_ref()).filter(|why| !why.not_over);
    let blockers: BTreeSet<&DeviceId> = still.flat_map(|why| &why.blocked_by).collect();
    assert!(!blockers.contains(hall), "{blockers:?}");
    assert!(blockers.iter().all(|door| *door == quay), "{blockers:?}");
    // Nobody of the other site was looked at anew.
    let lisbon =
        touched.iter().filter(|day| after.get(day).is_some_and(|row| row.record.site == site("lisbon")));
    assert!(lisbon.clone().all(|day| waited(day) || day.1 >= date(2026, 12, 12)), "Lisbon has its own doors");
}

/// A correction changes its day, and at most the week's others.
async fn correct_one_day(world: &World, workers: &mut [Worker], before: &BTreeMap<(PersonId, Date), DayRow>) {
    let (day, row) = before
        .iter()
        .find(|(day, row)| {
            let left_open = row.record.stretches.iter().any(|stretch| stretch.open_since.is_some());
            left_open && day.1 > date(2026, 12, 14)
        })
        .expect("somebody forgot to check out");
    let planned = row.record.stretches.iter().find_map(|stretch| stretch.planned).unwrap();
    let at = planned.end();
    let home = row.record.site.clone();
    let wish = Wish {
        change: WishedChange::Add { site: home, at, direction: None },
        reason: "forgot to check out".into(),
    };
    let id =
        corrections::change(&world.db, &may(), &Actor::local(), &*world.clock, day.0, &wish).await.unwrap();
    world.work_off().await;
    let touched = changed(before, &stored(world).await);
    assert!(touched.contains(day));
    for other in &touched {
        assert_eq!(other.0, day.0, "somebody else's day changed");
        assert!((other.1 - day.1).get_days().abs() <= 7, "{other:?} for a correction of {day:?}");
    }
    let worker = workers.iter_mut().find(|worker| worker.id == day.0).unwrap();
    worker.punches.push(Punch {
        event_id: EventId::from(*id.as_uuid()),
        at,
        error: Length::ZERO,
        hint: DirectionHint::None,
        said: None,
        door: None,
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_two_hundred_people_is_as_the_oracle_counts_it_on_sqlite() {
    a_month(World::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_of_two_hundred_people_is_as_the_oracle_counts_it_on_postgres() {
    a_month(World::postgres().await).await;
}
