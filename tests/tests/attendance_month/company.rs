//! Two hundred people on rotating and office shifts, and what they do: as the test knows them, and as the centre is
//! told by its use cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, date};
use lintel_central::attendance::Length;
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
use lintel_central::auth::Actor;
use lintel_central::rosters::assignments::{self, NewAssignment};
use lintel_central::rosters::holidays::{self, HolidayRow};
use lintel_central::rosters::leave;
use lintel_central::rosters::patterns::{self, PatternRow};
use lintel_central::rosters::policies::{self, NewPolicy};
use lintel_central::rosters::shifts::{self, ShiftRow};
use lintel_central::store::rosters::assignments::Works;
use lintel_core::ids::PersonId;
use lintel_core::time::{UtcMillis, zone};
use lintel_tests::attendance::worlds::Dice;

use crate::FIRST;
use crate::kiosk::{Kiosk, MINUTE, record};
use crate::world::{World, may, site};

const CHRISTMAS: Date = date(2026, 12, 25);

/// Somebody, as the test knows them; the centre is told the same by its use cases.
pub struct Worker {
    pub id: PersonId,
    pub home: &'static str,
    pub calendar: Calendar,
    pub punches: Vec<Punch>,
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
pub fn roster() -> Roster {
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
pub async fn plan(world: &World, roster: &Roster) {
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
pub async fn hire(world: &World, number: usize, dice: &mut Dice) -> Worker {
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
pub fn live(worker: &mut Worker, roster: &Roster, kiosks: &mut [Kiosk], dice: &mut Dice) {
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
