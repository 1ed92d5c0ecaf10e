//! A case of the golden corpus: a small file with punches, rules and calendar, and the days expected of them.
//!
//! `tests/attendance/README.md` says how one is written. A new case needs no Rust.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use lintel_central::attendance::calendar::{
    Assignment, Calendar, DayPart, Employment, Excuse, Holiday, Leave, Pattern, Place, Roster, Shift,
    VersionedPolicy, Versions,
};
use lintel_central::attendance::interval::Interval;
use lintel_central::attendance::length::Length;
use lintel_central::attendance::policy::Policy;
use lintel_central::attendance::proof::DoorKnowledge;
use lintel_central::attendance::punch::{Direction, Punch};
use lintel_central::attendance::record::DayRecord;
use lintel_central::attendance::shift::ShiftTemplate;
use lintel_central::attendance::week::{Input, compute};
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId, LeaveKind, PersonId, ShiftId, SiteId};
use lintel_core::time::{UtcMillis, zone};
use serde::Deserialize;

use super::expected::Expected;

/// A case as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Which rule it is about: the corpus has at least three for each.
    pub rule: String,
    /// The public thread, law or sentence that it comes from.
    pub source: String,
    zone: String,
    now: String,
    #[serde(default)]
    policy: Policy,
    /// Policies that begin later, by date.
    #[serde(default)]
    policy_from: BTreeMap<String, Policy>,
    #[serde(default)]
    shifts: BTreeMap<ShiftId, WrittenShift>,
    /// First and, where there is one, last day.
    #[serde(default)]
    employed: Vec<String>,
    #[serde(default)]
    assign: Vec<WrittenAssignment>,
    #[serde(default)]
    holiday: Vec<WrittenHoliday>,
    #[serde(default)]
    leave: Vec<WrittenLeave>,
    #[serde(default)]
    excuse: Vec<WrittenExcuse>,
    #[serde(default)]
    door: Vec<WrittenDoor>,
    /// One a line.
    #[serde(default)]
    punches: String,
    day: Vec<Expected>,
}

#[derive(Debug, Deserialize)]
struct WrittenShift {
    #[serde(default)]
    zone: Option<String>,
    #[serde(flatten)]
    template: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAssignment {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    to: Option<String>,
    /// One shift on some weekdays, such as `mon-fri`.
    #[serde(default)]
    shift: Option<ShiftId>,
    #[serde(default)]
    weekdays: Option<String>,
    #[serde(default)]
    pattern: Option<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHoliday {
    date: String,
    name: String,
    #[serde(default)]
    part: DayPart,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLeave {
    from: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    part: DayPart,
    kind: LeaveKind,
    #[serde(default)]
    paid: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExcuse {
    date: String,
    #[serde(default)]
    paid: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDoor {
    id: DeviceId,
    /// Everything before this has arrived; the present, unless it says something else.
    #[serde(default)]
    known: Option<String>,
    /// When it held the person, as pairs; always, unless it says something else.
    #[serde(default)]
    could_see: Vec<[String; 2]>,
    #[serde(default)]
    out_of_service: Vec<[String; 2]>,
    #[serde(default)]
    leads: Option<String>,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// When it isn't one.
    pub fn read(path: &Path) -> Result<Self> {
        Ok(toml::from_str(&std::fs::read_to_string(path)?)?)
    }

    /// What the rules make of it: the records of the expected days and all between.
    ///
    /// # Errors
    /// When something in it can't be read.
    pub fn computed(&self) -> Result<Vec<DayRecord>> {
        let mut dates = Vec::new();
        for day in &self.day {
            dates.push(date(&day.date)?);
        }
        let (first, last) = dates.iter().min().zip(dates.iter().max()).context("no day is expected")?;
        let world = self.world()?;
        Ok(compute(&world.input(), *first, *last))
    }

    /// Everything that differs from what is expected, a line each.
    ///
    /// # Errors
    /// When something in it can't be read.
    pub fn differences(&self) -> Result<Vec<String>> {
        let records = self.computed()?;
        let zone = zone(&self.zone)?;
        let mut differences = Vec::new();
        for expected in &self.day {
            let date = date(&expected.date)?;
            let record = records.iter().find(|record| record.date == date).context("a day is missing")?;
            for (name, expected, is) in expected.compare(record, &zone)? {
                if expected != is {
                    differences.push(format!("{date} {name}: expected {expected}, but it is {is}"));
                }
            }
        }
        Ok(differences)
    }

    /// The case as the rules take it.
    ///
    /// # Errors
    /// When something in it can't be read.
    pub fn world(&self) -> Result<World> {
        let zone = zone(&self.zone)?;
        let site = SiteId::parse("site")?;
        let mut policies = vec![(Date::MIN, versioned(self.policy.clone(), 1)?)];
        for (revision, (from, policy)) in (2..).zip(&self.policy_from) {
            policies.push((date(from)?, versioned(policy.clone(), revision)?));
        }
        let mut shifts = BTreeMap::new();
        for (id, written) in &self.shifts {
            let template: ShiftTemplate = toml::Value::Table(written.template.clone()).try_into()?;
            template.check().with_context(|| format!("shift {id}"))?;
            let zone = written.zone.as_deref().map(lintel_core::time::zone).transpose()?;
            shifts.insert(id.clone(), Versions::always(Shift { template, zone }));
        }
        let mut holidays = BTreeMap::new();
        for holiday in &self.holiday {
            let named = Holiday { name: holiday.name.clone(), part: holiday.part };
            holidays.insert(date(&holiday.date)?, named);
        }
        let place = Place { zone: zone.clone(), policy: Versions::of(policies), holidays };
        let now = instant(&self.now, &zone)?;
        let doors = self.door.iter().map(|door| door.knowledge(&zone, now)).collect::<Result<_>>()?;
        Ok(World {
            roster: Roster { places: BTreeMap::from([(site.clone(), place)]), shifts },
            calendar: self.calendar(&site)?,
            punches: self.parse_punches(&zone)?,
            doors,
            now,
        })
    }

    fn calendar(&self, site: &SiteId) -> Result<Calendar> {
        let from = self.employed.first().map_or(Ok(Date::constant(2000, 1, 1)), |from| date(from))?;
        let to = self.employed.get(1).map(|to| date(to)).transpose()?;
        let mut calendar = Calendar {
            employments: vec![Employment { from, to, site: site.clone() }],
            ..Calendar::default()
        };
        for written in &self.assign {
            let pattern = match (&written.pattern, &written.shift) {
                (Some(pattern), None) => pattern.clone(),
                (None, Some(shift)) => {
                    Pattern::weekly(shift, weekdays(written.weekdays.as_deref().unwrap_or("mon-fri"))?)
                }
                _ => bail!("an assignment names a shift or a pattern"),
            };
            let find = |id: &ShiftId| self.shifts.contains_key(id);
            ensure!(pattern.days.iter().flatten().all(find), "an assignment names a shift that isn't there");
            calendar.assignments.push(Assignment {
                from: written.from.as_deref().map_or(Ok(Date::constant(2000, 1, 1)), date)?,
                to: written.to.as_deref().map(date).transpose()?,
                pattern: Arc::new(pattern),
            });
        }
        for leave in &self.leave {
            calendar.leaves.push(Leave {
                from: date(&leave.from)?,
                to: date(leave.to.as_ref().unwrap_or(&leave.from))?,
                part: leave.part,
                kind: leave.kind.clone(),
                paid: leave.paid,
            });
        }
        for excuse in &self.excuse {
            calendar.excuses.push(Excuse { date: date(&excuse.date)?, paid: excuse.paid });
        }
        Ok(calendar)
    }

    fn parse_punches(&self, zone: &TimeZone) -> Result<Vec<Punch>> {
        let hints: BTreeMap<&DeviceId, DirectionHint> = self
            .door
            .iter()
            .map(|door| {
                let hint = match door.leads.as_deref() {
                    Some("in") => DirectionHint::In,
                    Some("out") => DirectionHint::Out,
                    _ => DirectionHint::None,
                };
                (&door.id, hint)
            })
            .collect();
        let lines = self.punches.lines().map(str::trim).filter(|line| !line.is_empty());
        (1_u8..)
            .zip(lines)
            .map(|(number, line)| {
                let mut words = line.split_whitespace();
                let (day, time) = words.next().zip(words.next()).context("date and time")?;
                let mut punch = Punch {
                    event_id: EventId::new(UtcMillis::from_i64(0), &[number; 10]),
                    at: instant(&format!("{day} {time}"), zone)?,
                    error: Length::ZERO,
                    hint: DirectionHint::None,
                    said: None,
                    door: None,
                };
                for word in words {
                    match word {
                        "in" => punch.said = Some(Direction::In),
                        "out" => punch.said = Some(Direction::Out),
                        "again" => punch.event_id = EventId::new(UtcMillis::from_i64(0), &[number - 1; 10]),
                        _ => match (word.strip_prefix('@'), word.strip_prefix('±')) {
                            (Some(door), _) => {
                                let door = DeviceId::parse(door)?;
                                punch.hint = hints.get(&door).copied().unwrap_or_default();
                                punch.door = Some(door);
                            }
                            (_, Some(error)) => punch.error = error.parse()?,
                            _ => bail!("{word:?}: in, out, again, @door or ±0:01"),
                        },
                    }
                }
                Ok(punch)
            })
            .map(|punch| punch.with_context(|| "a punch is written as 2026-11-20 08:00 in @door-1 ±0:00:30"))
            .collect()
    }
}

/// A case as the rules take it.
#[derive(Debug)]
pub struct World {
    /// What everybody shares.
    pub roster: Roster,
    /// What concerns the person alone.
    pub calendar: Calendar,
    /// Their punches.
    pub punches: Vec<Punch>,
    /// The doors.
    pub doors: Vec<DoorKnowledge>,
    /// The present.
    pub now: UtcMillis,
}

impl World {
    /// The rules' argument.
    #[must_use]
    pub fn input(&self) -> Input<'_> {
        Input {
            person: PersonId::new(UtcMillis::from_i64(0), &[7; 10]),
            roster: &self.roster,
            calendar: &self.calendar,
            punches: &self.punches,
            doors: &self.doors,
            as_of: self.now,
        }
    }
}

impl WrittenDoor {
    fn knowledge(&self, zone: &TimeZone, now: UtcMillis) -> Result<DoorKnowledge> {
        let intervals = |pairs: &[[String; 2]]| -> Result<Vec<Interval>> {
            pairs
                .iter()
                .map(|[from, to]| Ok(Interval::new(instant(from, zone)?, instant(to, zone)?)))
                .collect()
        };
        let mut could_see = intervals(&self.could_see)?;
        if could_see.is_empty() {
            could_see.push(Interval::new(UtcMillis::from_i64(0), UtcMillis::from_i64(i64::MAX)));
        }
        Ok(DoorKnowledge {
            device: self.id.clone(),
            could_see,
            known_through: self.known.as_deref().map_or(Ok(now), |known| instant(known, zone))?,
            out_of_service: intervals(&self.out_of_service)?,
        })
    }
}

fn versioned(policy: Policy, revision: i64) -> Result<VersionedPolicy> {
    policy.check()?;
    Ok(VersionedPolicy { version: Policy::version("case", revision), policy })
}

fn date(text: &str) -> Result<Date> {
    text.parse().with_context(|| format!("{text:?} is no date"))
}

/// `2026-10-25 02:30+01:00`, the offset only where a local time exists twice.
fn instant(text: &str, zone: &TimeZone) -> Result<UtcMillis> {
    let (local, offset) = match text.get(10..).and_then(|time| time.find(['+', '-'])) {
        Some(place) => text.split_at(10 + place),
        None => (text, ""),
    };
    let local: DateTime = local.replace(' ', "T").parse().with_context(|| format!("{text:?} is no time"))?;
    if offset.is_empty() {
        return Ok(zone.to_ambiguous_timestamp(local).compatible()?.into());
    }
    let (hours, minutes) = offset.split_at(1).1.split_once(':').context("an offset is written as +01:00")?;
    let seconds = hours.parse::<i32>()? * 3600 + minutes.parse::<i32>()? * 60;
    let offset = Offset::from_seconds(if offset.starts_with('-') { -seconds } else { seconds })?;
    Ok(offset.to_timestamp(local)?.into())
}

fn weekdays(text: &str) -> Result<[bool; 7]> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let place = |name: &str| NAMES.iter().position(|one| *one == name).with_context(|| format!("{name:?}"));
    let mut days = [false; 7];
    for word in text.split(' ') {
        let (first, last) = word.split_once('-').unwrap_or((word, word));
        for (day, works) in days.iter_mut().enumerate() {
            *works |= (place(first)?..=place(last)?).contains(&day);
        }
    }
    Ok(days)
}
