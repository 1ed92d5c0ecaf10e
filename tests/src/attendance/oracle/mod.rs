//! The attendance rules once more: slow, minute by minute, and all at once.
//!
//! It shares the rules' arguments and nothing of how they compute. Hours are counted, never subtracted: a minute
//! is present, worked or paid, or it isn't. A local time is found by trying every offset. All punches of all days
//! are looked at together, so that whatever the rules lose by looking at one week at a time shows as a difference.
//! Only whole minutes, and only dates since 2000, when every zone's offset is a multiple of a quarter of an hour.
#![allow(clippy::indexing_slicing, reason = "a model for tests: a wrong place must fail loudly")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use lintel_central::attendance::calendar::Place;
use lintel_central::attendance::length::Length;
use lintel_central::attendance::overtime::{Combine, Reason};
use lintel_central::attendance::policy::{DirectionPolicy, Policy};
use lintel_central::attendance::punch::Direction;
use lintel_central::attendance::record::DayRecord;
use lintel_central::attendance::shift::ShiftTemplate;
use lintel_core::ids::ShiftId;
use lintel_core::time::UtcMillis;

use super::case::World;

mod count;
mod draft;

use draft::Draft;

/// What a day comes to, in minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub date: Date,
    /// The status' name.
    pub status: &'static str,
    /// Scheduled, credited, presence, worked, payable, punched and deducted breaks, late, early.
    pub figures: [i64; 9],
    /// Codes of exceptions.
    pub codes: BTreeSet<&'static str>,
    /// Overtime by its reasons, with its premium.
    pub overtime: BTreeMap<Vec<Reason>, (i64, u16)>,
    /// Not over, and the doors that block.
    pub provisional: Vec<String>,
    /// Punches and repeats.
    pub punches: (u32, u32),
}

impl Day {
    /// What the rules made of it, in the same form.
    #[must_use]
    pub fn of(record: &DayRecord) -> Self {
        let hours = &record.hours;
        let provisional = record.provisional.iter().flat_map(|provisional| {
            let not_over = provisional.not_over.then(|| "not over".to_owned());
            not_over.into_iter().chain(provisional.blocked_by.iter().map(ToString::to_string))
        });
        let mut overtime: BTreeMap<Vec<Reason>, (i64, u16)> = BTreeMap::new();
        for line in &record.overtime {
            overtime.insert(line.reasons.clone(), (minutes(line.length), line.premium));
        }
        Self {
            date: record.date,
            status: record.status.as_str(),
            figures: [
                hours.scheduled,
                hours.credited,
                hours.presence,
                hours.worked,
                hours.payable,
                hours.break_punched,
                hours.break_deducted,
                hours.late,
                hours.early,
            ]
            .map(minutes),
            codes: record.exceptions.iter().map(|exception| exception.code.as_str()).collect(),
            overtime,
            provisional: provisional.collect(),
            punches: (record.punches, record.repeats),
        }
    }
}

fn minutes(length: Length) -> i64 {
    length.as_millis() / 60_000
}

fn minute(at: UtcMillis) -> i64 {
    at.as_i64().div_euclid(60_000)
}

fn instant(minute: i64) -> UtcMillis {
    UtcMillis::from_i64(minute.saturating_mul(60_000))
}

fn offset(zone: &TimeZone, at: i64) -> i64 {
    i64::from(zone.to_offset(instant(at).timestamp()).seconds()) / 60
}

/// The minute of a local time: the earliest whose clock shows it, or as far after the gap as it is into it.
fn minute_of(local: DateTime, zone: &TimeZone) -> i64 {
    let shown = |at: i64| zone.to_datetime(instant(at).timestamp());
    let as_utc = Offset::UTC.to_timestamp(local).map_or(0, |at| minute(at.into()));
    let found = (-60..=60).map(|quarters| as_utc - quarters * 15).filter(|at| shown(*at) == local).min();
    // In the gap the clock still counts by the offset before it.
    found.unwrap_or_else(|| as_utc - offset(zone, as_utc - 36 * 60))
}

#[derive(Debug, Clone, Copy)]
struct Pass {
    at: i64,
    way: Option<Direction>,
    repeats: u32,
}

struct Part<'a> {
    date: Date,
    template: &'a ShiftTemplate,
    planned: Option<(i64, i64)>,
    window: (i64, i64),
    tolerance: i64,
    policy: &'a Policy,
    passes: Vec<Pass>,
}

impl Part<'_> {
    fn open(&self) -> bool {
        self.passes.iter().fold(false, |open, pass| match pass.way {
            Some(way) => way == Direction::In,
            None => !open,
        })
    }

    fn begun(&self) -> bool {
        !self.passes.is_empty()
    }

    fn far(&self, pass: Pass) -> i64 {
        let (start, end) = self.planned.unwrap_or(self.window);
        match (pass.way, self.begun()) {
            (Some(Direction::Out), _) => (pass.at - end).abs(),
            (_, false) => (pass.at - start).abs(),
            (_, true) if start <= pass.at && pass.at < end => 0,
            (_, true) => (pass.at - end).abs(),
        }
    }

    fn closes(&self) -> i64 {
        self.planned.map_or(self.window.1, |(_, end)| (end + self.tolerance).max(self.window.1))
    }
}

/// The days of a world, both ends included.
#[must_use]
pub fn days(world: &World, from: Date, to: Date) -> Vec<Day> {
    Model::of(world, from, to).days(from, to)
}

struct Model<'a> {
    world: &'a World,
    dates: Vec<Date>,
    parts: Vec<Part<'a>>,
    loose: BTreeMap<Date, Vec<Pass>>,
}

impl<'a> Model<'a> {
    fn of(world: &'a World, from: Date, to: Date) -> Self {
        let first = from.saturating_sub(12.days());
        let last = to.saturating_add(12.days());
        let dates: Vec<Date> = first.series(1.day()).take_while(|date| *date <= last).collect();
        let mut model = Self { world, dates, parts: Vec::new(), loose: BTreeMap::new() };
        model.plan();
        model.share_out();
        model
    }

    fn place(&self, date: Date) -> &'a Place {
        let site = self.world.calendar.site_on(date);
        site.and_then(|site| self.world.roster.places.get(site))
            .unwrap_or_else(|| unreachable!("a known site"))
    }

    fn policy(&self, date: Date) -> &'a Policy {
        let policy = self.place(date).policy.on(date);
        policy.map_or_else(|| unreachable!("a policy"), |versioned| &versioned.policy)
    }

    fn shifts(&self, date: Date) -> Option<Vec<ShiftId>> {
        let assigned = self.world.calendar.assigned_on(date).map(<[ShiftId]>::to_vec);
        assigned.or_else(|| self.policy(date).default_shift.clone().map(|shift| vec![shift]))
    }

    fn civil(&self, date: Date) -> (i64, i64) {
        let (start, zone) = (self.policy(date).day_start, &self.place(date).zone);
        let next = date.saturating_add(1.day());
        (minute_of(date.to_datetime(start), zone), minute_of(next.to_datetime(start), zone))
    }

    fn plan(&mut self) {
        for date in self.dates.clone() {
            let civil = self.civil(date);
            if !self.world.calendar.employed_on(date) || civil.0 >= civil.1 {
                continue;
            }
            for id in self.shifts(date).unwrap_or_default() {
                let Some(shift) = self.world.roster.shifts.get(&id).and_then(|shift| shift.on(date)) else {
                    continue;
                };
                let zone = shift.zone.as_ref().unwrap_or(&self.place(date).zone);
                let policy = self.policy(date);
                let part = |planned: Option<(i64, i64)>, window| Part {
                    date,
                    template: &shift.template,
                    planned,
                    window,
                    tolerance: minutes(policy.tolerance),
                    policy,
                    passes: Vec::new(),
                };
                if shift.template.parts.is_empty() {
                    let next = date.saturating_add(1.day());
                    let at = |day: Date| minute_of(day.to_datetime(shift.template.day_start), zone);
                    self.parts.push(part(None, (at(date), at(next))));
                }
                let (mut day, mut latest) = (date, Time::midnight());
                for written in &shift.template.parts {
                    if written.start < latest {
                        day = day.saturating_add(1.day());
                    }
                    let start = minute_of(day.to_datetime(written.start), zone);
                    if written.end <= written.start {
                        day = day.saturating_add(1.day());
                    }
                    latest = written.end;
                    let end = minute_of(day.to_datetime(written.end), zone).max(start);
                    let (before, after) =
                        (minutes(shift.template.window_before), minutes(shift.template.window_after));
                    self.parts.push(part(Some((start, end)), (start - before, end + after)));
                }
            }
        }
        self.parts.sort_by_key(|part| part.window.0);
    }

    fn date_of(&self, at: i64) -> Date {
        let midnight = |date: &&Date| minute_of(date.to_datetime(Time::midnight()), &self.place(**date).zone);
        self.dates.iter().rfind(|date| midnight(date) <= at).copied().unwrap_or(Date::MIN)
    }

    /// The punches that count, and whose they are.
    fn share_out(&mut self) {
        let mut punches: Vec<_> = self.world.punches.iter().collect();
        punches.sort_by_key(|punch| (punch.at, punch.event_id));
        let mut seen = BTreeSet::new();
        let mut passes: Vec<Pass> = Vec::new();
        for punch in punches {
            let date = self.date_of(minute(punch.at));
            if date == Date::MIN || !seen.insert(*punch.event_id.as_uuid()) {
                continue;
            }
            let policy = self.policy(date);
            let pass = Pass { at: minute(punch.at), way: punch.fixed(policy), repeats: 0 };
            if let Some(last) = passes.last_mut() {
                let turned = last.way.is_some() && pass.way.is_some() && last.way != pass.way;
                if pass.at < last.at + minutes(policy.min_gap) && !turned {
                    last.repeats += 1;
                    continue;
                }
            }
            passes.push(pass);
        }
        // A repeat may come after the pass has been given away, so passes are complete before they are.
        for pass in passes {
            match self.owner(pass) {
                Some(part) => {
                    if let Some(part) = self.parts.get_mut(part) {
                        part.passes.push(pass);
                    }
                }
                None => {
                    let day = self.dates.iter().rfind(|date| self.civil(**date).0 <= pass.at).copied();
                    if let Some(day) = day {
                        self.loose.entry(day).or_default().push(pass);
                    }
                }
            }
        }
    }

    fn owner(&self, pass: Pass) -> Option<usize> {
        let all = || self.parts.iter().enumerate();
        let mut inside: Vec<(usize, &Part<'_>)> =
            all().filter(|(_, part)| part.window.0 <= pass.at && pass.at < part.window.1).collect();
        if inside.is_empty() {
            let stays = |part: &Part<'_>| match part.policy.direction {
                DirectionPolicy::FirstInLastOut | DirectionPolicy::ScheduleNearest => {
                    part.passes.last().is_some_and(|last| last.way != Some(Direction::Out))
                }
                _ => part.open(),
            };
            let late = all().rfind(|(_, part)| {
                part.planned.is_some() && part.window.1 <= pass.at && pass.at < part.closes() && stays(part)
            });
            let early = all().find(|(_, part)| {
                let reaches = part.planned.is_some_and(|(start, _)| start - part.tolerance <= pass.at);
                !part.begun() && pass.at < part.window.0 && reaches
            });
            let late = late.filter(|_| pass.way != Some(Direction::In));
            return late.or(early.filter(|_| pass.way != Some(Direction::Out))).map(|(index, _)| index);
        }
        if pass.way != Some(Direction::In) && inside.iter().any(|(_, part)| part.open()) {
            inside.retain(|(_, part)| part.open());
        }
        let nearest = inside.iter().map(|(_, part)| part.far(pass)).min()?;
        inside.retain(|(_, part)| part.far(pass) == nearest);
        if inside.iter().any(|(_, part)| !part.begun()) {
            inside.retain(|(_, part)| !part.begun());
        }
        inside.first().map(|(index, _)| *index)
    }

    fn days(&self, from: Date, to: Date) -> Vec<Day> {
        let drafts: Vec<Draft> = self.dates.iter().map(|date| self.draft(*date)).collect();
        let mut days = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            if from <= draft.day.date && draft.day.date <= to {
                let mut day = draft.day.clone();
                self.beside(&drafts, index, &mut day);
                days.push(day);
            }
        }
        days
    }

    fn draft(&self, date: Date) -> Draft {
        Draft::of(self, date)
    }

    /// What needs other days.
    fn beside(&self, drafts: &[Draft], index: usize, day: &mut Day) {
        let policy = self.policy(day.date);
        let starts = policy.week_starts.weekday();
        let mut first = day.date;
        while first.weekday() != starts {
            first = first.saturating_sub(1.day());
        }
        let week = |date: Date| first <= date && date < first.saturating_add(7.days());
        let before = || drafts.iter().take(index).filter(|draft| week(draft.day.date));
        let paid: i64 = before().map(|draft| draft.day.figures[4]).sum();
        let worked: i64 = before().map(|draft| draft.day.figures[3]).sum();
        let draft = &drafts[index];
        self.count_overtime(draft, paid, day);
        let legal = &policy.legal;
        if legal.weekly_work.is_some_and(|most| worked + day.figures[3] > minutes(most)) && day.figures[3] > 0
        {
            day.codes.insert("over_weekly");
        }
        let earlier = drafts.iter().take(index).flat_map(|draft| draft.seen.iter().copied()).max();
        if let (Some(rest), Some(last), Some(came)) = (legal.daily_rest, earlier, draft.came)
            && came - last < minutes(rest)
        {
            day.codes.insert("daily_rest");
        }
        let (start, end) = (self.civil(first).0, self.civil(first.saturating_add(6.days())).1);
        if let Some(rest) = legal.weekly_rest
            && first.saturating_add(6.days()) == day.date
            && minute(self.world.now) >= end
        {
            let near = |draft: &&Draft| {
                let days = first.saturating_sub(2.days())..=first.saturating_add(8.days());
                days.contains(&draft.day.date)
            };
            let there: Vec<(i64, i64)> =
                drafts.iter().filter(near).flat_map(|draft| draft.there.clone()).collect();
            let mut longest = 0;
            let mut free = 0;
            for at in start..end {
                free = if there.iter().any(|(from, to)| *from <= at && at < *to) { 0 } else { free + 1 };
                longest = longest.max(free);
            }
            if !there.is_empty() && longest < minutes(rest) {
                day.codes.insert("weekly_rest");
            }
        }
    }

    /// Overtime, one paid minute after the other.
    fn count_overtime(&self, draft: &Draft, paid_before: i64, day: &mut Day) {
        let overtime = &self.policy(day.date).overtime;
        let mut found: BTreeMap<Vec<Reason>, i64> = BTreeMap::new();
        for minute in 0..day.figures[4] {
            let mut reasons = Vec::new();
            if overtime.daily_after.is_some_and(|limit| minute >= minutes(limit)) {
                reasons.push(Reason::Daily);
            }
            if overtime.weekly_after.is_some_and(|limit| paid_before + minute >= minutes(limit)) {
                reasons.push(Reason::Weekly);
            }
            if draft.rest_day {
                reasons.push(Reason::RestDay);
            }
            if draft.holiday {
                reasons.push(Reason::Holiday);
            }
            if !reasons.is_empty() {
                *found.entry(reasons).or_default() += 1;
            }
        }
        if !found.is_empty() && overtime.needs_approval {
            day.codes.insert("overtime_unapproved");
        }
        for (reasons, count) in found {
            let premiums = reasons.iter().map(|reason| match reason {
                Reason::Daily => overtime.premium.daily,
                Reason::Weekly => overtime.premium.weekly,
                Reason::RestDay => overtime.premium.rest_day,
                Reason::Holiday => overtime.premium.holiday,
            });
            let premium =
                if overtime.combine == Combine::Sum { premiums.sum() } else { premiums.max().unwrap_or(0) };
            day.overtime.insert(reasons, (count, premium));
        }
    }
}
