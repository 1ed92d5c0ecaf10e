//! A week of one person, computed as a whole.
//!
//! The week is the unit: weekly overtime and weekly rest need it, and a punch after midnight may belong to the day
//! before. A week is always computed from the same punches, those of its days and of [`CONTEXT_DAYS`] around
//! them, so a day comes out the same whether it was asked for alone, with its month, or after everything arrived
//! in another order.

use jiff::ToSpan as _;
use jiff::civil::{Date, Time};
use lintel_core::ids::{PersonId, ShiftId};
use lintel_core::time::UtcMillis;

use super::attribution::{Candidate, attribute};
use super::calendar::{Calendar, Roster};
use super::day::{DayPlan, Planned, missing_rest};
use super::exception::{Code, Exception};
use super::policy::DirectionPolicy;
use super::proof::DoorKnowledge;
use super::punch::{Counted, Punch, counted};
use super::record::DayRecord;
use super::shift::{instant, plan};
use super::{Interval, Length};

/// How many days before and after a week its computation looks at.
pub const CONTEXT_DAYS: i64 = 2;

/// Everything that a person's days depend on.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// Who.
    pub person: PersonId,
    /// What everybody shares.
    pub roster: &'a Roster,
    /// What concerns them alone.
    pub calendar: &'a Calendar,
    /// Their punches in any order, at least those of [`reach`]; others are not looked at.
    pub punches: &'a [Punch],
    /// The doors that could have seen them.
    pub doors: &'a [DoorKnowledge],
    /// The present.
    pub as_of: UtcMillis,
}

/// The records of some days, both ends included. A date of no known site has none.
#[must_use]
pub fn compute(input: &Input<'_>, from: Date, to: Date) -> Vec<DayRecord> {
    let (first, last) = reach(from, to);
    // Planned once for all weeks: what is planned on a date depends on nothing around it.
    let plans: Vec<DayPlan<'_>> = first
        .series(1.day())
        .take_while(|date| *date <= last)
        .filter_map(|date| planned_day(input, date))
        .collect();
    let mut records = Vec::new();
    let mut date = from;
    while date <= to {
        let Some(first) = week_of(&plans, date) else {
            date = date.saturating_add(1.day());
            continue;
        };
        // A policy that moves the week's start may make weeks overlap: each date has its own.
        let mine = |date: Date| week_of(&plans, date) == Some(first);
        let week = week(input, &plans, first, first.saturating_add(6.days()));
        records.extend(week.into_iter().filter(|day| date <= day.date && day.date <= to && mine(day.date)));
        while date <= to && mine(date) {
            let Ok(next) = date.tomorrow() else { return records };
            date = next;
        }
    }
    records
}

/// The dates whose records an event at `at` may change, for somebody whose dates are those of `zone`: from the
/// week of the day before to that of the day after, both ends included.
#[must_use]
pub fn touched(date: Date) -> (Date, Date) {
    (date.saturating_sub(1.day()), date.saturating_add(1.day()))
}

/// The civil dates whose punches are needed to compute some days, both ends included.
#[must_use]
pub fn reach(from: Date, to: Date) -> (Date, Date) {
    let more = 6 + CONTEXT_DAYS;
    (from.saturating_sub(more.days()), to.saturating_add(more.days()))
}

/// The first day of a date's week, by the policy of the date.
fn week_of(plans: &[DayPlan<'_>], date: Date) -> Option<Date> {
    let place = plans.binary_search_by_key(&date, |plan| plan.date).ok()?;
    let starts = plans.get(place)?.policy().week_starts.weekday();
    let passed = starts.until(date.weekday());
    Some(date.saturating_sub(i64::from(passed).days()))
}

fn planned_day<'a>(input: &Input<'a>, date: Date) -> Option<DayPlan<'a>> {
    let site = input.calendar.site_on(date)?;
    let place = input.roster.places.get(site)?;
    let version = place.policy.on(date)?;
    let mut day = DayPlan::new(date, site, place, version, input.calendar.employed_on(date));
    let default: &[ShiftId] = day.version.policy.default_shift.as_slice();
    let shifts = input.calendar.assigned_on(date).unwrap_or(default);
    day.has_shifts = input.calendar.assigned_on(date).is_some() || !default.is_empty();
    // A date that the zone left out, as Samoa did 30 December 2011, has no shift.
    if !day.employed || day.civil.is_empty() {
        return Some(day);
    }
    for id in shifts {
        let Some(shift) = input.roster.shifts.get(id).and_then(|versions| versions.on(date)) else {
            continue;
        };
        let zone = shift.zone.as_ref().unwrap_or(&day.place.zone);
        let parts = plan(id, &shift.template, date, zone);
        day.parts.extend(parts.into_iter().map(|part| Planned { part, template: &shift.template }));
    }
    day.parts.sort_by_key(|planned| planned.part.window.start());
    Some(day)
}

fn week(input: &Input<'_>, plans: &[DayPlan<'_>], first: Date, last: Date) -> Vec<DayRecord> {
    let from = first.saturating_sub(CONTEXT_DAYS.days());
    let to = last.saturating_add(CONTEXT_DAYS.days());
    let begin = plans.partition_point(|plan| plan.date < from);
    let end = plans.partition_point(|plan| plan.date <= to);
    let days = plans.get(begin..end).unwrap_or_default();
    let punches = punches_of(input, days);
    let (claimed, unclaimed) = shared_out(&punches, days);

    let mut records: Vec<DayRecord> = Vec::with_capacity(days.len());
    for ((day, claimed), unclaimed) in days.iter().zip(claimed).zip(unclaimed) {
        records.push(day.record(input, claimed, unclaimed));
    }
    flag_rest(days, &mut records);
    let of_week = |date: Date| first <= date && date <= last;
    pay_overtime(input.calendar, days, &mut records, of_week);
    if let Some(day) = days.iter().find(|day| day.date == last) {
        flag_weekly_rest(input, day, first, &mut records);
    }
    for record in &mut records {
        record.exceptions.sort_unstable();
        record.exceptions.dedup();
    }
    records.retain(|record| of_week(record.date));
    records
}

/// The counted punches of the days, in order of time.
fn punches_of<'a>(input: &Input<'a>, days: &[DayPlan<'a>]) -> Vec<Counted<'a>> {
    let Some((first, last)) = days.first().zip(days.last()) else { return Vec::new() };
    // From midnight to midnight, wherever a policy lets days begin.
    let next = last.date.saturating_add(1.day());
    let span = Interval::new(first.midnight, instant(next, Time::midnight(), &last.place.zone));
    let all = input.punches.iter().filter(|punch| span.contains(punch.at));
    counted(all, |at| {
        let later = days.partition_point(|day| day.midnight <= at);
        days.get(later.saturating_sub(1)).map(DayPlan::policy)
    })
}

type Shares<'a> = (Vec<Vec<Vec<Counted<'a>>>>, Vec<Vec<Counted<'a>>>);

/// The punches of each part of each day, and those of no part by their civil day.
fn shared_out<'a>(punches: &[Counted<'a>], days: &[DayPlan<'_>]) -> Shares<'a> {
    let mut parts: Vec<(usize, usize, Candidate)> = Vec::new();
    for (number, day) in days.iter().enumerate() {
        let policy = day.policy();
        let first_and_last =
            matches!(policy.direction, DirectionPolicy::FirstInLastOut | DirectionPolicy::ScheduleNearest);
        for (part, planned) in day.parts.iter().enumerate() {
            let candidate = Candidate::new(planned.part.clone(), policy.tolerance, first_and_last);
            parts.push((number, part, candidate));
        }
    }
    parts.sort_by_key(|(day, part, candidate)| (candidate.part.window.start(), *day, *part));
    let (places, mut candidates): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|(day, part, candidate)| ((day, part), candidate)).unzip();
    let left = attribute(punches, &mut candidates);

    let take = |index: &usize| punches.get(*index).copied();
    let mut claimed: Vec<Vec<Vec<Counted<'a>>>> =
        days.iter().map(|day| vec![Vec::new(); day.parts.len()]).collect();
    for ((day, part), candidate) in places.into_iter().zip(candidates) {
        if let Some(place) = claimed.get_mut(day).and_then(|day| day.get_mut(part)) {
            *place = candidate.punches.iter().filter_map(take).collect();
        }
    }
    let mut unclaimed = vec![Vec::new(); days.len()];
    for punch in left.iter().filter_map(take) {
        let later = days.partition_point(|day| day.civil.start() <= punch.at());
        // What lies before the first day's start belongs to a day that isn't looked at.
        if let Some(day) = later.checked_sub(1).and_then(|day| unclaimed.get_mut(day)) {
            day.push(punch);
        }
    }
    (claimed, unclaimed)
}

/// Flags days that began too soon after the one before had ended.
fn flag_rest(days: &[DayPlan<'_>], records: &mut [DayRecord]) {
    let mut last: Option<UtcMillis> = None;
    for (day, record) in days.iter().zip(records) {
        if let (Some(last), Some(first)) = (last, record.first_in())
            && let Some(missing) = missing_rest(day.policy(), last, first)
        {
            record.exceptions.push(Exception::of(Code::DailyRest).by(missing).at(first));
        }
        // Somebody who came and of whom no departure is known was at work at least until then.
        let known = record.stretches.iter().flat_map(|stretch| {
            stretch.presence.last().map(|presence| presence.end()).into_iter().chain(stretch.open_since)
        });
        last = known.chain(last).max();
    }
}

/// Overtime, and more work in the week than a law allows.
fn pay_overtime(
    calendar: &Calendar,
    days: &[DayPlan<'_>],
    records: &mut [DayRecord],
    of_week: impl Fn(Date) -> bool,
) {
    let (mut paid, mut worked) = (Length::ZERO, Length::ZERO);
    for (day, record) in days.iter().zip(records) {
        if !of_week(record.date) {
            continue;
        }
        let policy = day.policy();
        record.overtime = policy.overtime.of_day(record.hours.payable, paid, day.kind());
        let waits = policy.overtime.needs_approval && !calendar.overtime_approved_on(record.date);
        if !record.overtime.is_empty() && waits {
            record.exceptions.push(Exception::of(Code::OvertimeUnapproved).by(record.overtime_total()));
        }
        paid += record.hours.payable;
        let before = worked;
        worked += record.hours.worked;
        if let Some(most) = policy.legal.weekly_work
            && worked > most
            && !record.hours.worked.is_zero()
        {
            record.exceptions.push(Exception::of(Code::OverWeekly).by(worked - most.max(before)));
        }
    }
}

/// Flags the last day of a week that is over and had no long rest.
fn flag_weekly_rest(input: &Input<'_>, last: &DayPlan<'_>, first: Date, records: &mut [DayRecord]) {
    let end = last.civil.end();
    let start = instant(first, last.policy().day_start, &last.place.zone);
    let mut presence: Vec<Interval> = records
        .iter()
        .flat_map(|record| &record.stretches)
        .flat_map(|s| s.presence.iter().copied())
        .collect();
    presence.sort_by_key(|interval| interval.start());
    let none =
        !presence.is_empty() && last.policy().legal.no_weekly_rest(Interval::new(start, end), &presence);
    if none
        && input.as_of >= end
        && let Some(record) = records.iter_mut().find(|record| record.date == last.date)
    {
        record.exceptions.push(Exception::of(Code::WeeklyRest));
    }
}
