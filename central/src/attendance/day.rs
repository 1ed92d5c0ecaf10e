//! One day put together from its stretches: hours, status, and what somebody should look at.

use jiff::civil::{Date, Time};
use lintel_core::ids::{LeaveKind, SiteId};
use lintel_core::time::UtcMillis;

use super::breaks::{Breaks, Settled, settle};
use super::calendar::{DayPart, Place, VersionedPolicy};
use super::exception::{Code, Exception};
use super::interval::since;
use super::overtime::DayKind;
use super::policy::{Policy, Treatment, Unscheduled};
use super::proof::prove;
use super::punch::Counted;
use super::record::{DayRecord, Hours, Status};
use super::shift::{PlannedPart, instant};
use super::stretch::{Given, Outcome, closes, outcome};
use super::{Input, Interval, Length};

/// What is planned on a date.
pub(super) struct DayPlan<'a> {
    pub(super) date: Date,
    pub(super) place: &'a Place,
    pub(super) site: &'a SiteId,
    pub(super) version: &'a VersionedPolicy,
    pub(super) employed: bool,
    /// Whether the person has shifts at all on this date, so that a date without one is a day off.
    pub(super) has_shifts: bool,
    pub(super) parts: Vec<Planned<'a>>,
    /// The civil day, from where days without a shift begin.
    pub(super) civil: Interval,
    /// Local midnight.
    pub(super) midnight: UtcMillis,
}

/// A planned part with what its template says.
pub(super) struct Planned<'a> {
    pub(super) part: PlannedPart,
    pub(super) template: &'a super::shift::ShiftTemplate,
}

/// What is off on a date.
#[derive(Default)]
struct Off {
    holiday: Option<(String, DayPart)>,
    leave: Vec<(LeaveKind, DayPart, bool)>,
    excused: Option<bool>,
}

impl Off {
    fn parts(&self) -> impl Iterator<Item = DayPart> {
        let leave = self.leave.iter().map(|(_, part, _)| *part);
        self.holiday.iter().map(|(_, part)| *part).chain(leave)
    }

    fn full(&self) -> bool {
        let has = |wanted| self.parts().any(|part| part == wanted);
        has(DayPart::Full) || (has(DayPart::FirstHalf) && has(DayPart::SecondHalf))
    }

    fn holiday_full(&self) -> bool {
        self.holiday.as_ref().is_some_and(|(_, part)| *part == DayPart::Full)
    }
}

impl<'a> DayPlan<'a> {
    pub(super) fn policy(&self) -> &'a Policy {
        &self.version.policy
    }

    /// A date with nothing planned yet.
    pub(super) fn new(
        date: Date,
        site: &'a SiteId,
        place: &'a Place,
        version: &'a VersionedPolicy,
        employed: bool,
    ) -> Self {
        let start = version.policy.day_start;
        let next = date.tomorrow().unwrap_or(date);
        let civil = Interval::new(instant(date, start, &place.zone), instant(next, start, &place.zone));
        let midnight = if start == Time::midnight() {
            civil.start()
        } else {
            instant(date, Time::midnight(), &place.zone)
        };
        Self { date, place, site, version, employed, has_shifts: false, parts: Vec::new(), civil, midnight }
    }

    /// All that a punch of this date may lie in.
    fn span(&self) -> Interval {
        let mut span = self.civil;
        for planned in &self.parts {
            let end = closes(&planned.part, self.policy().tolerance);
            span = Interval::new(span.start().min(planned.part.window.start()), span.end().max(end));
        }
        span
    }

    pub(super) fn kind(&self) -> DayKind {
        let holiday = self.place.holidays.get(&self.date);
        DayKind {
            rest_day: self.employed && self.has_shifts && self.parts.is_empty(),
            // Of a half holiday nobody knows which hours were the holiday's.
            holiday: self.employed && holiday.is_some_and(|holiday| holiday.part == DayPart::Full),
        }
    }

    fn off(&self, input: &Input<'_>) -> Off {
        let holiday = self.place.holidays.get(&self.date);
        let leaves = input.calendar.leaves_on(self.date);
        Off {
            holiday: holiday.map(|holiday| (holiday.name.clone(), holiday.part)),
            leave: leaves.map(|leave| (leave.kind.clone(), leave.part, leave.paid)).collect(),
            excused: input.calendar.excused_on(self.date).map(|excuse| excuse.paid),
        }
    }

    /// The day's record but for what needs the days around it.
    pub(super) fn record(
        &self,
        input: &Input<'_>,
        claimed: Vec<Vec<Counted<'_>>>,
        unscheduled: Vec<Counted<'_>>,
    ) -> DayRecord {
        let off = self.off(input);
        let counted = || claimed.iter().flatten().chain(&unscheduled);
        let punches = counted().count();
        let repeats = counted().map(|punch| punch.repeats).sum();
        let proof = prove(self.span(), input.doors, input.as_of);
        let mut day = DayRecord {
            person: input.person,
            date: self.date,
            site: self.site.clone(),
            status: Status::Free,
            hours: self.planned_hours(&off),
            stretches: Vec::new(),
            overtime: Vec::new(),
            punches: u32::try_from(punches).unwrap_or(u32::MAX),
            repeats,
            exceptions: Vec::new(),
            provisional: proof.provisional,
            out_of_service: proof.out_of_service,
            holiday: off.holiday.as_ref().map(|(name, _)| name.clone()),
            leave: off.leave.iter().map(|(kind, _, _)| kind.clone()).collect(),
            policy_version: self.version.version.clone(),
        };
        let mut breaks = Length::ZERO;
        for (planned, punches) in self.parts.iter().zip(claimed) {
            let outcome = self.planned_outcome(input, planned, punches, &off);
            breaks += add(&mut day, outcome, Pays::Yes);
        }
        if !unscheduled.is_empty() {
            let flagged = self.employed && self.has_shifts;
            let pays = self.employed && (!flagged || self.policy().unscheduled == Unscheduled::Count);
            let outcome = self.unscheduled_outcome(input, unscheduled);
            breaks += add(&mut day, outcome, if pays { Pays::Yes } else { Pays::No });
            if flagged && !self.parts.is_empty() {
                day.exceptions.push(Exception::of(Code::Unscheduled));
            }
        }
        self.judge(&mut day, &off, breaks);
        day
    }

    fn planned_outcome(
        &self,
        input: &Input<'_>,
        planned: &Planned<'_>,
        punches: Vec<Counted<'_>>,
        off: &Off,
    ) -> Outcome {
        let policy = self.policy();
        outcome(&Given {
            punches,
            part: Some(&planned.part),
            expected: planned.part.planned.and_then(|whole| expected(whole, off)),
            closes: closes(&planned.part, policy.tolerance),
            breaks: planned.template.breaks.as_ref().unwrap_or(&policy.breaks),
            grace: planned.template.grace.unwrap_or(policy.grace),
            policy,
            zone: &self.place.zone,
            as_of: input.as_of,
        })
    }

    fn unscheduled_outcome(&self, input: &Input<'_>, punches: Vec<Counted<'_>>) -> Outcome {
        let policy = self.policy();
        outcome(&Given {
            punches,
            part: None,
            expected: None,
            closes: self.civil.end(),
            breaks: &policy.breaks,
            grace: policy.grace,
            policy,
            zone: &self.place.zone,
            as_of: input.as_of,
        })
    }

    fn planned_hours(&self, off: &Off) -> Hours {
        if !self.employed {
            return Hours::default();
        }
        let planned: Length = self.parts.iter().map(|planned| self.net(planned)).sum();
        let mut hours = Hours { scheduled: planned, ..Hours::default() };
        if let Some((_, part)) = &off.holiday {
            hours.credited += part.share(planned);
        }
        // A holiday is no day of leave: whoever is on leave then gets the holiday.
        for (_, part, paid) in off.leave.iter().filter(|_| !off.holiday_full()) {
            let share = part.share(planned);
            if *paid { hours.credited += share } else { hours.scheduled -= share }
        }
        if let Some(paid) = off.excused
            && !off.full()
        {
            if paid { hours.credited = planned } else { hours.scheduled = hours.credited }
        }
        hours.scheduled = hours.scheduled.at_least_zero();
        hours.credited = hours.credited.min(planned);
        hours
    }

    /// What a planned part comes to without breaks.
    fn net(&self, planned: &Planned<'_>) -> Length {
        let breaks: &Breaks = planned.template.breaks.as_ref().unwrap_or(&self.policy().breaks);
        match planned.part.planned {
            Some(whole) => settle(&[whole], breaks).worked,
            None => planned.template.expected.unwrap_or_default(),
        }
    }

    fn judge(&self, day: &mut DayRecord, off: &Off, breaks: Length) {
        let policy = self.policy();
        let present = day.punches > 0;
        if !self.employed {
            day.status = Status::NotEmployed;
            if present {
                day.exceptions.push(Exception::of(Code::NotEmployed));
            }
            return;
        }
        let rest_day = self.has_shifts && self.parts.is_empty();
        if present {
            self.flag_day_off(day, off, rest_day);
            if policy.legal.break_too_short(day.hours.worked, breaks) {
                day.exceptions.push(Exception::of(Code::LegalBreak));
            }
            if let Some(most) = policy.legal.daily_work
                && day.hours.worked > most
            {
                day.exceptions.push(Exception::of(Code::OverDaily).by(day.hours.worked - most));
            }
        }
        let due = !day.hours.scheduled.is_zero() && !off.full() && off.excused.is_none();
        day.status = match (present, due) {
            (true, true) => {
                self.flag_absent_parts(day, off);
                self.measured(day, off)
            }
            (true, false) => Status::Present,
            (false, true) if day.provisional.is_some() => Status::Pending,
            (false, true) => {
                day.exceptions.push(Exception::of(Code::Absent));
                Status::Absent
            }
            (false, false) if off.holiday_full() => Status::Holiday,
            (false, false) if off.full() => {
                if off.leave.is_empty() {
                    Status::Holiday
                } else {
                    Status::Leave
                }
            }
            (false, false) if off.excused.is_some() => Status::Excused,
            (false, false) if rest_day => Status::RestDay,
            (false, false) => Status::Free,
        };
        if !day.out_of_service.is_empty() && (present || due) {
            day.exceptions.push(Exception::of(Code::DoorOutOfService));
        }
    }

    fn flag_day_off(&self, day: &mut DayRecord, off: &Off, rest_day: bool) {
        let policy = self.policy();
        let unpaid = |treatment| treatment == Treatment::Exception;
        if off.holiday_full() {
            day.exceptions.push(Exception::of(Code::OnHoliday));
            if unpaid(policy.on_holiday) {
                day.hours.payable = Length::ZERO;
            }
        } else if off.full() {
            day.exceptions.push(Exception::of(Code::OnLeave));
            if unpaid(policy.on_leave) {
                day.hours.payable = Length::ZERO;
            }
        } else if rest_day {
            day.exceptions.push(Exception::of(Code::OnRestDay));
        }
    }

    /// Flags the parts that nobody came to, once that is proven.
    fn flag_absent_parts(&self, day: &mut DayRecord, off: &Off) {
        if day.provisional.is_some() {
            return;
        }
        let nobody = |planned: &&Planned<'_>| {
            let whole = planned.part.planned.and_then(|whole| expected(whole, off));
            let of_part = |s: &&super::record::Stretch| {
                s.shift.as_ref() == Some(&planned.part.shift) && s.part == planned.part.part
            };
            whole.is_some() && day.stretches.iter().find(of_part).is_none_or(|s| s.first_in().is_none())
        };
        let absent: Length = self.parts.iter().filter(nobody).map(|planned| self.net(planned)).sum();
        if !absent.is_zero() {
            day.exceptions.push(Exception::of(Code::PartAbsent).by(absent));
        }
    }

    /// Whether the hours make a day. Only once nothing can be added to them.
    fn measured(&self, day: &mut DayRecord, off: &Off) -> Status {
        let incomplete = day.stretches.iter().any(|stretch| stretch.open_since.is_some());
        if day.provisional.is_some() || incomplete || off.parts().next().is_some() {
            return Status::Present;
        }
        let policy = self.policy();
        let worked = day.hours.worked;
        if policy.absent_below.is_some_and(|least| worked < least) {
            day.exceptions.push(Exception::of(Code::BelowAbsence).by(worked));
            Status::Absent
        } else if policy.half_day_below.is_some_and(|least| worked < least) {
            day.exceptions.push(Exception::of(Code::BelowHalfDay).by(worked));
            Status::HalfDay
        } else {
            Status::Present
        }
    }
}

/// What is expected of a part when a half of it is off; nothing when all is.
fn expected(whole: Interval, off: &Off) -> Option<Interval> {
    if off.full() || off.excused.is_some() {
        return None;
    }
    off.parts().try_fold(whole, |left, part| match part {
        DayPart::Full => None,
        DayPart::FirstHalf => Some(left.from(whole.middle())),
        DayPart::SecondHalf => Some(Interval::new(left.start(), whole.middle())),
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pays {
    Yes,
    No,
}

/// Adds a stretch to its day; how long its breaks were.
fn add(day: &mut DayRecord, outcome: Outcome, pays: Pays) -> Length {
    let Settled { worked, punched, deducted, .. } = outcome.settled;
    let hours = &mut day.hours;
    hours.presence += outcome.presence;
    hours.worked += worked;
    hours.break_punched += punched;
    hours.break_deducted += deducted;
    hours.late += outcome.late;
    hours.early += outcome.early;
    hours.doubtful += outcome.doubtful;
    if pays == Pays::Yes {
        hours.payable += outcome.payable;
        hours.rounding += outcome.rounding;
    }
    day.exceptions.extend(outcome.exceptions);
    day.stretches.extend(outcome.stretch);
    punched + deducted
}

/// How much rest is missing before `first`, when the last work before it ended at `last`.
pub(super) fn missing_rest(policy: &Policy, last: UtcMillis, first: UtcMillis) -> Option<Length> {
    let least = policy.legal.daily_rest?;
    let rest = since(first, last);
    (rest < least).then(|| least - rest)
}
