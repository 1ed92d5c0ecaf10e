//! One day of the oracle: its stays counted minute by minute, and what it was.
#![allow(clippy::indexing_slicing, reason = "a model for tests: a wrong place must fail loudly")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_central::attendance::breaks::Breaks;
use lintel_central::attendance::calendar::DayPart;
use lintel_central::attendance::interval::Interval;
use lintel_central::attendance::length::Length;
use lintel_central::attendance::policy::{DirectionPolicy, Policy, Treatment, Unscheduled};
use lintel_central::attendance::punch::Direction;
use lintel_central::attendance::rounding::Favour;

use super::count::{Off, planned_minutes, rounded, settled, walked};
use super::{Day, Model, Part, Pass, instant, minute, minutes};

/// A day but for what needs other days.
pub(super) struct Draft {
    pub(super) day: Day,
    /// Presence as it was recorded.
    pub(super) there: Vec<(i64, i64)>,
    /// Instants at which the person is known to have been at work last.
    pub(super) seen: Vec<i64>,
    pub(super) came: Option<i64>,
    pub(super) rest_day: bool,
    pub(super) holiday: bool,
}

struct Stay {
    there: Vec<(i64, i64)>,
    open: Option<i64>,
}

impl Draft {
    pub(super) fn of(model: &Model<'_>, date: Date) -> Self {
        let policy = model.policy(date);
        let employed = model.world.calendar.employed_on(date);
        let has_shifts = model.shifts(date).is_some();
        let parts: Vec<&Part<'_>> = model.parts.iter().filter(|part| part.date == date).collect();
        let loose = model.loose.get(&date).cloned().unwrap_or_default();
        let passes = || parts.iter().flat_map(|part| &part.passes).chain(&loose);
        let holiday = model.place(date).holidays.get(&date).map(|holiday| holiday.part);
        let off = Off::of(model, date, holiday);
        let mut draft = Self {
            day: Day {
                date,
                status: "free",
                figures: [0; 9],
                codes: BTreeSet::new(),
                overtime: BTreeMap::new(),
                provisional: Vec::new(),
                punches: (
                    u32::try_from(passes().count()).unwrap_or(0),
                    passes().map(|pass| pass.repeats).sum(),
                ),
            },
            there: Vec::new(),
            seen: Vec::new(),
            came: None,
            rest_day: employed && has_shifts && parts.is_empty(),
            holiday: employed && holiday == Some(DayPart::Full),
        };
        let mut span = model.civil(date);
        for part in &parts {
            span = (span.0.min(part.window.0), span.1.max(part.closes()));
        }
        draft.prove(model, span);
        if employed {
            draft.schedule(&parts, policy, &off);
        }
        let (mut absent, mut incomplete) = (false, false);
        for part in &parts {
            let breaks = part.template.breaks.as_ref().unwrap_or(&policy.breaks);
            let grace = part.template.grace.unwrap_or(policy.grace);
            let stay = draft.stay(&part.passes, part.planned, policy, part.closes(), model);
            let zone = &model.place(date).zone;
            draft.count(&stay, part.planned.map(|planned| planned.0), breaks, policy, zone, true);
            let due = part.planned.and_then(|planned| off.expected(planned));
            if let Some((start, end)) = due {
                let came = stay.there.first().map(|(from, _)| *from).or(stay.open);
                let left = stay.there.last().map(|(_, to)| *to).filter(|_| stay.open.is_none());
                let late = came.map_or(0, |came| (came - start).max(0));
                let early = left.map_or(0, |left| (end - left).max(0));
                draft.day.figures[7] += late;
                draft.day.figures[8] += early;
                draft.flag("late_in", late > minutes(grace.late));
                draft.flag("early_out", early > minutes(grace.early));
                let net = walked((planned_minutes(part.planned)).collect::<Vec<_>>().len(), 0, breaks).0;
                absent |= came.is_none() && net > 0;
            }
            incomplete |= stay.open.is_some();
        }
        if !loose.is_empty() {
            let stay = draft.stay(&loose, None, policy, model.civil(date).1, model);
            let flagged = employed && has_shifts;
            let pays = employed && (!flagged || policy.unscheduled == Unscheduled::Count);
            draft.count(&stay, None, &policy.breaks, policy, &model.place(date).zone, pays);
            draft.flag("unscheduled", flagged && !parts.is_empty());
            incomplete |= stay.open.is_some();
        }
        draft.judge(policy, &off, employed, has_shifts && parts.is_empty(), absent, incomplete);
        draft
    }

    fn flag(&mut self, code: &'static str, is: bool) {
        if is {
            self.day.codes.insert(code);
        }
    }

    /// Each minute of the span at each door: known, excused, or not.
    fn prove(&mut self, model: &Model<'_>, span: (i64, i64)) {
        if minute(model.world.now) < span.1 {
            self.day.provisional.push("not over".into());
        }
        let mut blocked = Vec::new();
        let mut excused = false;
        for door in &model.world.doors {
            let within = |intervals: &[Interval], at: i64| intervals.iter().any(|i| i.contains(instant(at)));
            let could: Vec<i64> = (span.0..span.1).filter(|at| within(&door.could_see, *at)).collect();
            let out = |at: &i64| within(&door.out_of_service, *at);
            excused |= could.iter().any(out);
            if could.iter().any(|at| *at >= minute(door.known_through) && !out(at)) {
                blocked.push(door.device.to_string());
            }
        }
        blocked.sort();
        self.day.provisional.extend(blocked);
        self.flag("door_out_of_service", excused);
    }

    fn schedule(&mut self, parts: &[&Part<'_>], policy: &Policy, off: &Off) {
        let mut planned = 0;
        for part in parts {
            let breaks = part.template.breaks.as_ref().unwrap_or(&policy.breaks);
            planned += match part.planned {
                Some((start, end)) => walked(usize::try_from(end - start).unwrap_or(0), 0, breaks).0,
                None => minutes(part.template.expected.unwrap_or_default()),
            };
        }
        let share = |part: DayPart| if part == DayPart::Full { planned } else { planned / 2 };
        let (mut scheduled, mut credited) = (planned, 0);
        credited += off.holiday.map_or(0, share);
        if off.holiday != Some(DayPart::Full) {
            for (part, paid) in &off.leave {
                if *paid { credited += share(*part) } else { scheduled -= share(*part) }
            }
        }
        match off.excused {
            Some(true) if !off.all() => credited = planned,
            Some(false) if !off.all() => scheduled = credited,
            _ => {}
        }
        self.day.figures[0] = scheduled.max(0);
        self.day.figures[1] = credited.min(planned);
    }

    fn stay(
        &mut self,
        passes: &[Pass],
        planned: Option<(i64, i64)>,
        policy: &Policy,
        closes: i64,
        model: &Model<'_>,
    ) -> Stay {
        let mut stay = Stay { there: Vec::new(), open: None };
        let ways: Vec<(i64, Option<Direction>)> = passes
            .iter()
            .map(|pass| {
                let near = match (policy.direction, planned) {
                    (DirectionPolicy::ScheduleNearest, Some((start, end))) => {
                        let first = 2 * pass.at <= start + end;
                        Some(if first { Direction::In } else { Direction::Out })
                    }
                    _ => None,
                };
                (pass.at, pass.way.or(near))
            })
            .collect();
        let whole =
            matches!(policy.direction, DirectionPolicy::FirstInLastOut | DirectionPolicy::ScheduleNearest);
        if whole {
            let arrival = ways.iter().position(|(_, way)| *way != Some(Direction::Out));
            let departure = ways.iter().rposition(|(_, way)| *way != Some(Direction::In));
            let at = |index: usize| ways[index].0;
            self.flag("missing_in", !ways.is_empty() && arrival != Some(0));
            match (arrival, departure) {
                (Some(came), Some(left)) if left > came => {
                    stay.there.push((at(came), at(left)));
                    stay.open = ways.get(left + 1..).and_then(<[_]>::last).map(|(at, _)| *at);
                }
                (came, _) => stay.open = came.map(at),
            }
        } else {
            for (at, way) in ways {
                let inside = stay.open.is_some();
                let turn = if inside { Direction::Out } else { Direction::In };
                let way = match (way, policy.direction) {
                    (Some(way), _) => way,
                    (None, DirectionPolicy::Alternate) => turn,
                    (None, _) => {
                        self.flag("direction_unknown", true);
                        continue;
                    }
                };
                if way == Direction::In {
                    self.flag("missing_out", inside);
                    stay.open = Some(at);
                } else if let Some(came) = stay.open.take() {
                    stay.there.push((came, at));
                } else {
                    self.flag("missing_in", true);
                }
            }
        }
        self.flag("missing_out", stay.open.is_some() && closes <= minute(model.world.now));
        self.there.extend(&stay.there);
        self.seen.extend(stay.there.last().map(|(_, left)| *left));
        self.seen.extend(stay.open);
        let came = stay.there.first().map(|(came, _)| *came).or(stay.open);
        self.came = self.came.into_iter().chain(came).min();
        stay
    }

    /// Counts the minutes of a stay, as recorded and as paid.
    fn count(
        &mut self,
        stay: &Stay,
        starts: Option<i64>,
        breaks: &Breaks,
        policy: &Policy,
        zone: &TimeZone,
        pays: bool,
    ) {
        let from = starts.filter(|_| !policy.overtime.before_shift).unwrap_or(i64::MIN);
        let present: BTreeSet<i64> = stay.there.iter().flat_map(|(came, left)| *came..*left).collect();
        self.day.figures[2] += i64::try_from(present.len()).unwrap_or(0);
        let counted = settled(present.range(from..).copied(), breaks);
        self.day.figures[3] += counted.worked;
        self.day.figures[5] += counted.punched;
        self.day.figures[6] += counted.deducted;
        self.flag("short_break", counted.short);
        self.flag("long_break", counted.long);
        if pays {
            let paid: BTreeSet<i64> = stay
                .there
                .iter()
                .flat_map(|(came, left)| {
                    let (down, up) = match policy.rounding.favour {
                        Favour::Nearest => (None, None),
                        Favour::Employee => (Some(false), Some(true)),
                        Favour::Employer => (Some(true), Some(false)),
                    };
                    rounded(*came, policy.rounding.step, down, zone)
                        ..rounded(*left, policy.rounding.step, up, zone)
                })
                .collect();
            let paid = settled(paid.range(from..).copied(), breaks);
            let paid_deduction = if breaks.deducted_is_paid { paid.deducted } else { 0 };
            self.day.figures[4] += paid.worked + paid.punched.min(minutes(breaks.paid)) + paid_deduction;
        }
    }

    fn judge(
        &mut self,
        policy: &Policy,
        off: &Off,
        employed: bool,
        rest_day: bool,
        part_absent: bool,
        incomplete: bool,
    ) {
        let present = self.day.punches.0 > 0;
        let legal = &policy.legal;
        if !employed {
            self.day.status = "not_employed";
            self.day.codes.remove("door_out_of_service");
            self.flag("not_employed", present);
            return;
        }
        let worked = self.day.figures[3];
        if present {
            let unpaid = |treatment| treatment == Treatment::Exception;
            if off.holiday == Some(DayPart::Full) {
                self.flag("on_holiday", true);
                self.day.figures[4] *= i64::from(!unpaid(policy.on_holiday));
            } else if off.all() {
                self.flag("on_leave", true);
                self.day.figures[4] *= i64::from(!unpaid(policy.on_leave));
            } else {
                self.flag("on_rest_day", rest_day);
            }
            let rested = self.day.figures[5] + self.day.figures[6];
            let short = |rule: &lintel_central::attendance::breaks::Deduction| {
                worked > minutes(rule.after) && rested < minutes(rule.length)
            };
            self.flag("legal_break", legal.breaks.iter().any(short));
            self.flag("over_daily", legal.daily_work.is_some_and(|most| worked > minutes(most)));
        }
        let due = self.day.figures[0] > 0 && !off.all() && off.excused.is_none();
        let proven = self.day.provisional.is_empty();
        self.day.status = match (present, due) {
            (true, false) => "present",
            (true, true) => {
                self.flag("part_absent", proven && part_absent);
                let whole = proven && !incomplete && off.nothing();
                let below =
                    |least: Option<Length>| whole && least.is_some_and(|least| worked < minutes(least));
                if below(policy.absent_below) {
                    self.flag("below_absence", true);
                    "absent"
                } else if below(policy.half_day_below) {
                    self.flag("below_half_day", true);
                    "half_day"
                } else {
                    "present"
                }
            }
            (false, true) if !proven => "pending",
            (false, true) => {
                self.flag("absent", true);
                "absent"
            }
            (false, false) if off.holiday == Some(DayPart::Full) => "holiday",
            (false, false) if off.all() && off.leave.is_empty() => "holiday",
            (false, false) if off.all() => "leave",
            (false, false) if off.excused.is_some() => "excused",
            (false, false) if rest_day => "rest_day",
            (false, false) => "free",
        };
        if !present && !due {
            self.day.codes.remove("door_out_of_service");
        }
    }
}
