//! How long the attendance rules take for one person's month, on one core, without a database.
//!
//! The months are those of a company with a bit of everything: early, late and night shifts in a rotation, office
//! hours, four punches a day with a forgotten one now and then, breaks, rounding, overtime, and three doors.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId, IdError, PersonId, ShiftId, SiteId};
use lintel_core::time::{UnknownZone, UtcMillis, zone};
use serde::Serialize;

use crate::attendance::breaks::{Breaks, Deduction};
use crate::attendance::calendar::{
    Assignment, Calendar, Employment, Holiday, Pattern, Place, Roster, Shift, VersionedPolicy, Versions,
};
use crate::attendance::overtime::Overtime;
use crate::attendance::policy::Policy;
use crate::attendance::proof::DoorKnowledge;
use crate::attendance::punch::Punch;
use crate::attendance::rounding::{Favour, Rounding, Step};
use crate::attendance::shift::ShiftTemplate;
use crate::attendance::week::{CONTEXT_DAYS, Input, compute};
use crate::attendance::{Interval, Length};

pub(super) const FIRST: Date = Date::constant(2026, 10, 1);
pub(super) const LAST: Date = Date::constant(2026, 10, 31);

/// Why the months can't be made.
#[derive(Debug, thiserror::Error)]
pub enum MonthsError {
    /// A fixed name was refused.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A fixed zone isn't there.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
}

/// What the rules take.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RulesFigure {
    /// People whose month was computed, in each round.
    pub people: u32,
    /// Days that came of them in all.
    pub days: usize,
    /// A person's month in µs: median, least and most of the rounds.
    pub month_us: [f64; 3],
}

pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) calendar: Calendar,
    pub(super) punches: Vec<Punch>,
}

/// Computes the month of so many people in some rounds.
///
/// # Errors
/// [`MonthsError`], which would be a mistake of this file.
pub fn measure_rules(people: u32, rounds: usize) -> Result<RulesFigure, MonthsError> {
    let roster = roster()?;
    let doors = doors()?;
    let company: Vec<Person> = (0..people).map(|number| person(number, &roster)).collect::<Result<_, _>>()?;
    let as_of = UtcMillis::from_i64(1_800_000_000_000);
    let mut took = Vec::with_capacity(rounds);
    let mut days = 0;
    for _ in 0..rounds.max(1) {
        let begun = Instant::now();
        days = 0;
        for person in &company {
            let input = Input {
                person: person.id,
                roster: &roster,
                calendar: &person.calendar,
                punches: &person.punches,
                doors: &doors,
                as_of,
            };
            days += std::hint::black_box(compute(&input, FIRST, LAST)).len();
        }
        took.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(people.max(1)));
    }
    took.sort_by(f64::total_cmp);
    let at = |index: usize| took.get(index).copied().unwrap_or_default();
    Ok(RulesFigure { people, days, month_us: [at(took.len() / 2), at(0), at(took.len() - 1)] })
}

pub(super) fn roster() -> Result<Roster, MonthsError> {
    let policy = Policy {
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
    };
    let version = Policy::version("bench", 1);
    let holiday = Holiday { name: "Unity Day".into(), part: crate::attendance::calendar::DayPart::Full };
    let place = Place {
        zone: zone("Europe/Berlin")?,
        policy: Versions::always(VersionedPolicy { policy, version }),
        holidays: BTreeMap::from([(Date::constant(2026, 10, 3), holiday)]),
    };
    let mut shifts = BTreeMap::new();
    for (name, start, end) in [("early", 6, 14), ("late", 14, 22), ("night", 22, 6), ("office", 9, 17)] {
        let time = |hour| Time::constant(hour, 0, 0, 0);
        let shift = Shift { template: ShiftTemplate::of(time(start), time(end)), zone: None };
        shifts.insert(ShiftId::parse(name)?, Versions::always(shift));
    }
    Ok(Roster { places: BTreeMap::from([(SiteId::parse("berlin")?, place)]), shifts })
}

fn doors() -> Result<Vec<DoorKnowledge>, MonthsError> {
    let always = Interval::new(UtcMillis::from_i64(0), UtcMillis::from_i64(i64::MAX));
    ["gate", "hall", "yard"]
        .into_iter()
        .map(|name| {
            Ok(DoorKnowledge {
                device: DeviceId::parse(name)?,
                could_see: vec![always],
                known_through: UtcMillis::from_i64(1_800_000_000_000),
                out_of_service: Vec::new(),
            })
        })
        .collect()
}

/// A person with their shifts and four punches on each day of work.
pub(super) fn person(number: u32, roster: &Roster) -> Result<Person, MonthsError> {
    let shift = |name: &str| ShiftId::parse(name);
    let week = |name: &str| -> Result<Vec<Vec<ShiftId>>, IdError> {
        let mut days = vec![vec![shift(name)?]; 5];
        days.extend([Vec::new(), Vec::new()]);
        Ok(days)
    };
    let rotates = number.is_multiple_of(2);
    let names: &[&str] = if rotates { &["early", "late", "night"] } else { &["office"] };
    let mut days = Vec::new();
    for name in names {
        days.extend(week(name)?);
    }
    let pattern = Pattern { name: String::new(), anchor: Date::constant(2026, 9, 28), days };
    let site = SiteId::parse("berlin")?;
    let mut punches = Vec::new();
    if let Some(place) = roster.places.get(&site) {
        let more = (CONTEXT_DAYS + 7).days();
        let last = LAST.saturating_add(more);
        for date in FIRST.saturating_sub(more).series(1.day()).take_while(|date| *date <= last) {
            for id in pattern.shifts_on(date) {
                let Some(shift) = roster.shifts.get(id).and_then(|shift| shift.on(date)) else { continue };
                for planned in shift.template.planned_parts(date, &place.zone) {
                    four_punches(&mut punches, number, planned);
                }
            }
        }
    }
    Ok(Person {
        id: PersonId::new(UtcMillis::from_i64(i64::from(number)), &[0; 10]),
        calendar: Calendar {
            employments: vec![Employment { from: Date::constant(2020, 1, 1), to: None, site }],
            assignments: vec![Assignment {
                from: Date::constant(2020, 1, 1),
                to: None,
                pattern: Arc::new(pattern),
            }],
            ..Calendar::default()
        },
        punches,
    })
}

/// In, to lunch, from lunch, out: each some minutes off, the last one forgotten now and then.
fn four_punches(punches: &mut Vec<Punch>, person: u32, planned: Interval) {
    let hours = |hours: i64| planned.start().plus_millis(hours * 3_600_000);
    for (place, at) in
        (0_i64..).zip([planned.start(), hours(4), hours(4).plus_millis(1_800_000), planned.end()])
    {
        let number = i64::try_from(punches.len()).unwrap_or(0);
        // Spread without chance: the same months on every machine.
        let spread = (i64::from(person) * 7 + number * 13) % 23 - 11;
        if place == 3 && (i64::from(person) + number) % 40 == 0 {
            continue;
        }
        let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
        punches.push(Punch {
            event_id: EventId::new(at, &[a, b, c, d, e, f, g, h, 0, 0]),
            at: at.plus_millis(spread * 60_000),
            error: Length::from_millis(20),
            hint: DirectionHint::None,
            said: None,
            door: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_months_are_whole_and_somebody_worked_in_them() {
        let figure = measure_rules(4, 1).unwrap();
        assert_eq!(figure.days, 4 * 31);
        let roster = roster().unwrap();
        let person = person(0, &roster).unwrap();
        let doors = doors().unwrap();
        let input = Input {
            person: person.id,
            roster: &roster,
            calendar: &person.calendar,
            punches: &person.punches,
            doors: &doors,
            as_of: UtcMillis::from_i64(1_800_000_000_000),
        };
        let worked: Length = compute(&input, FIRST, LAST).iter().map(|day| day.hours.worked).sum();
        assert!(worked > Length::from_hours(140) && worked < Length::from_hours(180), "{worked}");
    }
}
