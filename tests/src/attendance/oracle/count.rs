//! Counting minutes: what is off, what breaks take, and where a rounded time lies.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_central::attendance::breaks::Breaks;
use lintel_central::attendance::calendar::DayPart;
use lintel_central::attendance::rounding::Step;

use super::{Model, minutes, offset};

/// What is off on a day.
pub(super) struct Off {
    pub(super) holiday: Option<DayPart>,
    pub(super) leave: Vec<(DayPart, bool)>,
    pub(super) excused: Option<bool>,
}

impl Off {
    pub(super) fn of(model: &Model<'_>, date: Date, holiday: Option<DayPart>) -> Self {
        let calendar = &model.world.calendar;
        Self {
            holiday,
            leave: calendar.leaves_on(date).map(|leave| (leave.part, leave.paid)).collect(),
            excused: calendar.excused_on(date).map(|excuse| excuse.paid),
        }
    }

    fn halves(&self) -> (bool, bool) {
        let all = || self.holiday.into_iter().chain(self.leave.iter().map(|(part, _)| *part));
        (all().any(|part| part != DayPart::SecondHalf), all().any(|part| part != DayPart::FirstHalf))
    }

    pub(super) fn all(&self) -> bool {
        self.halves() == (true, true)
    }

    pub(super) fn nothing(&self) -> bool {
        self.halves() == (false, false)
    }

    pub(super) fn expected(&self, (start, end): (i64, i64)) -> Option<(i64, i64)> {
        let middle = start + (end - start) / 2;
        match (self.halves(), self.excused) {
            ((true, true), _) | (_, Some(_)) => None,
            ((true, false), _) => Some((middle, end)),
            ((false, true), _) => Some((start, middle)),
            ((false, false), _) => Some((start, end)),
        }
    }
}

pub(super) struct Count {
    pub(super) worked: i64,
    pub(super) punched: i64,
    pub(super) deducted: i64,
    pub(super) short: bool,
    pub(super) long: bool,
}

/// Walks over the present minutes and the gaps between them.
pub(super) fn settled(present: impl Iterator<Item = i64>, breaks: &Breaks) -> Count {
    let mut count = Count { worked: 0, punched: 0, deducted: 0, short: false, long: false };
    let mut before: Option<i64> = None;
    let mut there = 0_usize;
    for at in present {
        let gap = before.map_or(0, |before| at - before - 1);
        if gap > 0 && gap < minutes(breaks.shortest) {
            there += usize::try_from(gap).unwrap_or(0);
            count.short = true;
        } else if gap > 0 {
            count.punched += gap;
            count.long |= breaks.longest.is_some_and(|longest| gap > minutes(longest));
        }
        there += 1;
        before = Some(at);
    }
    (count.worked, count.deducted) = walked(there, count.punched, breaks);
    count
}

/// Works minute after minute; each either counts or is taken for a break that has become due.
pub(super) fn walked(present: usize, punched: i64, breaks: &Breaks) -> (i64, i64) {
    let present = i64::try_from(present).unwrap_or(0);
    let mut due = 0;
    for so_far in 1..=present + punched {
        for rule in &breaks.deducted {
            let beyond = so_far - minutes(rule.after);
            due = due.max(beyond.clamp(0, minutes(rule.length)));
        }
    }
    let deducted = (due - punched).clamp(0, present);
    (present - deducted, deducted)
}

pub(super) fn planned_minutes(planned: Option<(i64, i64)>) -> impl Iterator<Item = i64> {
    planned.map_or(0..0, |(start, end)| start..end)
}

/// The local multiple of the step, looked for minute by minute.
pub(super) fn rounded(at: i64, step: Step, up: Option<bool>, zone: &TimeZone) -> i64 {
    let step = match step {
        Step::None => return at,
        Step::FiveMinutes => 5,
        Step::SixMinutes => 6,
        Step::QuarterHour => 15,
    };
    let fits = |minute: i64| (minute + offset(zone, at)).rem_euclid(step) == 0;
    let above = (at..at + step).find(|minute| fits(*minute)).unwrap_or(at);
    let below = (at - step + 1..=at).rfind(|minute| fits(*minute)).unwrap_or(at);
    match up {
        Some(true) => above,
        Some(false) => below,
        None if above - at <= at - below => above,
        None => below,
    }
}
