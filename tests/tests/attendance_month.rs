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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, date};
use lintel_central::attendance::breaks::{Breaks, Deduction};
use lintel_central::attendance::calendar::{
    Assignment, Calendar, DayPart, Employment, Holiday, Leave, Pattern, Place, Roster, Shift,
    VersionedPolicy, Versions,
};
use lintel_central::attendance::overtime::Overtime;
use lintel_central::attendance::policy::Policy;
use lintel_central::attendance::punch::Punch;
use lintel_central::attendance::rounding::{Favour, Rounding, Step};
use lintel_central::attendance::shift::ShiftTemplate;
use lintel_central::attendance::{Length, Status};
use lintel_central::auth::Actor;
use lintel_central::corrections::{self, Wish, WishedChange};
use lintel_central::devices::{self, Device};
use lintel_central::rosters::assignments::{self, NewAssignment};
use lintel_central::rosters::holidays::{self, HolidayRow};
use lintel_central::rosters::leave;
use lintel_central::rosters::patterns::{self, PatternRow};
use lintel_central::rosters::policies::{self, NewPolicy};
use lintel_central::rosters::shifts::{self, ShiftRow};
use lintel_central::store::days::{self, DayRow};
use lintel_central::store::rosters::assignments::Works;
use lintel_core::event::{ClockReading, DirectionHint};
use lintel_core::ids::{DeviceId, EventId, PersonId};
use lintel_core::time::{Clock as _, UtcMillis, zone};
use lintel_core::wire::{GalleryConfirmation, Heartbeat, WireEvent};
use lintel_tests::attendance::case;
use lintel_tests::attendance::oracle::{self, Day};
use lintel_tests::attendance::worlds::Dice;

use door::Door;
use world::{World, may, site};

const PEOPLE: usize = 200;
const FIRST: Date = date(2026, 12, 1);
const LAST: Date = date(2026, 12, 31);
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const CHRISTMAS: Date = date(2026, 12, 25);
/// When everybody is hired and every door has its gallery: 2026-11-29T00:00Z.
const BEGIN: UtcMillis = UtcMillis::from_i64(1_795_910_400_000);

/// Somebody, as the test knows them; the centre is told the same by its use cases.
struct Worker {
    id: PersonId,
    home: &'static str,
    calendar: Calendar,
    punches: Vec<Punch>,
}

/// A door that records, and delivers when it can.
struct Kiosk {
    device: Device,
    door: Door,
    /// How far its clock is ahead, ms.
    ahead: i64,
    /// From when until when it has no network.
    offline: Vec<(UtcMillis, UtcMillis)>,
    /// What it will record, by instant.
    ahead_of_it: Vec<(UtcMillis, PersonId, EventId)>,
    waiting: Vec<WireEvent>,
    recorded: u64,
}

fn hours(after: i64) -> UtcMillis {
    BEGIN.plus_millis(after * HOUR)
}

fn policy() -> Policy {
    Policy {
        rounding: Rounding { step: Step::FiveMinutes, favour: Favour::Nearest },
        breaks: Breaks {
            deducted: vec![Deduction { after: Length::from_hours(6), length: Length::from_minutes(30) }],
            ..Breaks::default()
        },
        overtime: Overtime {
            daily_after: Some(Length::from_hours(8)),
            weekly_after: Some(Length::from_hours(40)),
            ..Overtime::default()
        },
        ..Policy::default()
    }
}

/// What everybody's days are measured against.
fn roster() -> Roster {
    let mut roster = Roster::default();
    for (id, name) in [("berlin", "Europe/Berlin"), ("lisbon", "Europe/Lisbon")] {
        let version = VersionedPolicy { policy: policy(), version: String::new() };
        let holiday = Holiday { name: "Christmas".into(), part: DayPart::Full };
        let place = Place {
            zone: zone(name).unwrap(),
            policy: Versions::always(version),
            holidays: BTreeMap::from([(CHRISTMAS, holiday)]),
        };
        roster.places.insert(site(id), place);
    }
    for (id, start, end) in [("early", 6, 14), ("late", 14, 22), ("night", 22, 6), ("office", 9, 17)] {
        let hour = |hour| Time::constant(hour, 0, 0, 0);
        let shift = Shift { template: ShiftTemplate::of(hour(start), hour(end)), zone: None };
        roster.shifts.insert(id.parse().unwrap(), Versions::always(shift));
    }
    roster
}

fn pattern(names: &[&str]) -> Pattern {
    let mut days = Vec::new();
    for name in names {
        days.extend(vec![vec![name.parse().unwrap()]; 5]);
        days.extend([Vec::new(), Vec::new()]);
    }
    Pattern { name: String::new(), anchor: date(2026, 11, 30), days }
}

/// Tells the centre what the roster says.
async fn plan(world: &World, roster: &Roster) {
    let (db, clock) = (&world.db, &*world.clock);
    let from = date(2026, 1, 1);
    for (id, versions) in &roster.shifts {
        let template = versions.on(from).unwrap().template.clone();
        shifts::put(db, &may(), clock, ShiftRow { shift_id: id.clone(), from, zone: None, template })
            .await
            .unwrap();
    }
    for (id, names) in [("rotation", &["early", "late", "night"][..]), ("office-week", &["office"][..])] {
        let row = PatternRow { pattern_id: id.parse().unwrap(), pattern: pattern(names) };
        patterns::create(db, &may(), clock, row).await.unwrap();
    }
    let reason = "the works council agreed".to_owned();
    let new = NewPolicy { policy_id: "all".parse().unwrap(), site: None, from, policy: policy(), reason };
    policies::publish(db, &may(), clock, new).await.unwrap();
    for id in ["berlin", "lisbon"] {
        let row =
            HolidayRow { site_id: site(id), date: CHRISTMAS, name: "Christmas".into(), part: DayPart::Full };
        holidays::put(db, &may(), clock, row).await.unwrap();
    }
}

/// Hires somebody: one in four in Lisbon, half of all on the rotation, one in ten without any shift.
async fn hire(world: &World, number: usize, dice: &mut Dice) -> Worker {
    let home = if number.is_multiple_of(4) { "lisbon" } else { "berlin" };
    let id = world.enrolled(&format!("Worker {number:03}"), home).await;
    // As people are hired: nobody knows when those began who were there before.
    let employment = Employment { from: date(2000, 1, 1), to: None, site: site(home) };
    let mut calendar = Calendar { employments: vec![employment], ..Calendar::default() };
    if number % 10 != 9 {
        let (name, names) = if number.is_multiple_of(2) {
            ("rotation", &["early", "late", "night"][..])
        } else {
            ("office-week", &["office"][..])
        };
        let from = date(2026, 11, 1);
        let works = Works::Pattern { pattern: name.parse().unwrap() };
        let new = NewAssignment { person_id: id, works, from, to: None };
        assignments::create(&world.db, &may(), &*world.clock, new).await.unwrap();
        calendar.assignments.push(Assignment { from, to: None, pattern: Arc::new(pattern(names)) });
    }
    if dice.once_in(6) {
        let from = FIRST.saturating_add(dice.between(0, 20).days());
        let to = from.saturating_add(dice.between(0, 6).days());
        let part = dice.one(&[DayPart::Full, DayPart::Full, DayPart::FirstHalf]);
        let wish = leave::Wish { kind: "annual".parse().unwrap(), from, to, part, note: String::new() };
        leave::record(&world.db, &may(), &Actor::local(), &*world.clock, id, &wish).await.unwrap();
        calendar.leaves.push(Leave { from, to, part, kind: "annual".parse().unwrap(), paid: true });
    }
    Worker { id, home, calendar, punches: Vec::new() }
}

/// What somebody does in the month: mostly their shifts, sometimes nothing, sometimes without leaving.
fn live(worker: &mut Worker, roster: &Roster, kiosks: &mut [Kiosk], dice: &mut Dice) {
    let place = &roster.places[&site(worker.home)];
    let doors: Vec<usize> =
        (0..kiosks.len()).filter(|door| kiosks[*door].device.site_id == site(worker.home)).collect();
    for day in date(2026, 11, 30).series(1.day()).take_while(|day| *day <= date(2027, 1, 2)) {
        let planned: Vec<_> = match worker.calendar.assigned_on(day) {
            Some(shifts) => shifts
                .iter()
                .flat_map(|id| roster.shifts[id].on(day).unwrap().template.planned_parts(day, &place.zone))
                .collect(),
            None => Vec::new(),
        };
        for whole in planned {
            if dice.once_in(15) {
                continue;
            }
            let near = |at: UtcMillis, dice: &mut Dice, least, most| {
                at.plus_millis(dice.between(least, most) * MINUTE)
            };
            let mut passes = vec![near(whole.start(), dice, -20, 25)];
            if dice.once_in(3) {
                passes.push(near(whole.start(), dice, 200, 260));
                passes.push(near(whole.start(), dice, 261, 300));
            }
            if !dice.once_in(20) {
                passes.push(near(whole.end(), dice, -25, 50));
            }
            if dice.once_in(5) {
                // The other door, a minute later: the same arrival.
                passes.push(passes[0].plus_millis(MINUTE));
            }
            for at in passes {
                record(worker, kiosks, dice.one(&doors), at);
            }
        }
        if worker.calendar.assigned_on(day).is_none() && dice.once_in(3) {
            let noon = day.at(12, 0, 0, 0).to_zoned(place.zone.clone()).unwrap().timestamp();
            let noon = UtcMillis::from_i64(noon.as_millisecond());
            record(worker, kiosks, dice.one(&doors), noon);
            record(worker, kiosks, dice.one(&doors), noon.plus_millis(dice.between(60, 200) * MINUTE));
        }
    }
}

fn record(worker: &mut Worker, kiosks: &mut [Kiosk], door: usize, at: UtcMillis) {
    let kiosk = &mut kiosks[door];
    let event_id = EventId::from(uuid::Uuid::new_v4());
    kiosk.ahead_of_it.push((at, worker.id, event_id));
    worker.punches.push(Punch {
        event_id,
        at,
        error: Length::ZERO,
        hint: DirectionHint::None,
        said: None,
        door: Some(kiosk.device.device_id.clone()),
    });
}

impl Kiosk {
    async fn join(world: &World, id: &str, at: &str, ahead: i64, offline: &[(i64, i64)]) -> Self {
        let device = world.device(id, at).await;
        let revision = lintel_central::gallery::revision(&world.db, &device.site_id).await.unwrap();
        let said = GalleryConfirmation { device_id: device.device_id.clone(), revision, templates: 1 };
        devices::confirm_gallery(&world.db, &*world.clock, &device, &said).await.unwrap();
        let offline = offline.iter().map(|(from, to)| (hours(*from), hours(*to))).collect();
        let door = Door::new(&device.device_id);
        Self { device, door, ahead, offline, ahead_of_it: Vec::new(), waiting: Vec::new(), recorded: 0 }
    }

    /// Lives until now: records what passed, and delivers it with a heartbeat when there is a network.
    async fn live(&mut self, world: &World) {
        let now = world.clock.now();
        let later = self.ahead_of_it.split_off(self.ahead_of_it.partition_point(|(at, ..)| *at < now));
        for (at, person, id) in std::mem::replace(&mut self.ahead_of_it, later) {
            let clock = ClockReading {
                synced: self.ahead == 0,
                boot_id: "b".into(),
                monotonic_ms: 1,
                offset_estimate_ms: -self.ahead,
                error_ms: 20_000,
            };
            let event = self.door.punch_with(id, person, at.plus_millis(self.ahead), clock);
            self.waiting.push(event);
            self.recorded += 1;
        }
        if self.offline.iter().any(|(from, to)| *from <= now && now < *to) {
            return;
        }
        // The heartbeat comes first, as it may: nothing of what it speaks of is there yet.
        let own = now.plus_millis(self.ahead);
        let beat = Heartbeat {
            stream: self.door.stream,
            last_seq: self.recorded,
            recorded_through: own,
            sent_at: own,
            ..world.beat(&self.device.device_id, 1)
        };
        devices::heartbeat(&world.db, &world.keys, &*world.clock, &self.device, &beat).await.unwrap();
        for batch in self.waiting.chunks(200) {
            world.take(&self.device, &self.door, batch).await;
        }
        self.waiting.clear();
    }
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
