//! Why a roster isn't changed.

use jiff::civil::Date;
use lintel_core::ids::{
    AssignmentId, DeviceId, LeaveId, LeaveKind, OutageId, PatternId, PersonId, PolicyId, ShiftId, SiteId,
};
use lintel_core::time::UnknownZone;

use super::MAX_REASON;
use crate::attendance::Month;
use crate::attendance::pattern::PatternError;
use crate::attendance::policy::PolicyError;
use crate::attendance::shift::ShiftError;
use crate::store::StoreError;

/// Why a roster isn't changed.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// No such person.
    #[error("there is no person {0}: `people list` shows ids and staff numbers")]
    UnknownPerson(PersonId),
    /// No such site.
    #[error("there is no site {0}: `site list` shows them")]
    UnknownSite(SiteId),
    /// No such shift.
    #[error(
        "there is no shift {0}: `shift list` shows them, `shift put {0} --from DATE --file FILE` adds it"
    )]
    UnknownShift(ShiftId),
    /// No such pattern.
    #[error("there is no pattern {0}: `pattern list` shows them, `pattern add {0} --file FILE` adds it")]
    UnknownPattern(PatternId),
    /// No such kind of leave.
    #[error("there is no kind of leave {kind}: write one of {known}")]
    UnknownKind {
        /// What was asked for.
        kind: LeaveKind,
        /// Those that there are.
        known: String,
    },
    /// No such door.
    #[error("there is no door {0}: `device list` shows them")]
    UnknownDevice(DeviceId),
    /// No such assignment.
    #[error("there is no assignment {0}: `assignment list` shows them")]
    UnknownAssignment(AssignmentId),
    /// No such leave.
    #[error("there is no leave {0}: `leave list` shows them; the record may have been erased")]
    UnknownLeave(LeaveId),
    /// No such outage.
    #[error("there is no outage {0}: `device out-of-service list` shows them")]
    UnknownOutage(OutageId),
    /// Days of the month may still change.
    #[error(
        "{days} days of {month} at {site} may still change{held}: wait until they are over, or declare a dead \
         door out of service with `device out-of-service declare`", held = held(doors)
    )]
    Provisional {
        /// Where.
        site: SiteId,
        /// Which month.
        month: Month,
        /// How many.
        days: i64,
        /// The doors that hold them up, with commas; empty where none does.
        doors: String,
    },
    /// No such holiday.
    #[error("{site} has no holiday on {date}: `holiday list --site {site} --year {year}` shows them", year = date.year())]
    UnknownHoliday {
        /// Where.
        site: SiteId,
        /// When.
        date: Date,
    },
    /// Nobody works there on that day.
    #[error("person {person} is not employed on {date}")]
    NotEmployed {
        /// Who.
        person: PersonId,
        /// When.
        date: Date,
    },
    /// A cycle never changes.
    #[error("there is a pattern {0} already, and a cycle never changes: add this one under another id")]
    PatternExists(PatternId),
    /// A policy stays where it is.
    #[error("policy {policy} is for {elsewhere}: publish this one under another id")]
    PolicyElsewhere {
        /// Which.
        policy: PolicyId,
        /// A site, or all.
        elsewhere: String,
    },
    /// Somebody published at the same time.
    #[error("somebody published a revision of {0} at the same time: look at it and publish again")]
    PolicyRaced(PolicyId),
    /// A year that nobody means.
    #[error("{0} is no date for a roster: write one between 2000-01-01 and 2199-12-31")]
    Date(Date),
    /// Backwards.
    #[error("the end {to} lies before the start {from}: give an end on or behind it")]
    EndBeforeStart {
        /// Start.
        from: Date,
        /// End.
        to: Date,
    },
    /// Two plans at once.
    #[error(
        "this overlaps assignment {other} ({from} to {until}): end it the day before with `assignment end {other} --on DATE`",
        until = to.map_or_else(|| "further notice".to_owned(), |to| to.to_string())
    )]
    Overlap {
        /// The other.
        other: AssignmentId,
        /// Its first day.
        from: Date,
        /// Its last.
        to: Option<Date>,
    },
    /// Two leaves at once.
    #[error(
        "this overlaps leave {other} ({kind}, {from} to {to}): take that back first, or choose other days"
    )]
    LeaveOverlap {
        /// The other.
        other: LeaveId,
        /// Its kind.
        kind: LeaveKind,
        /// Its first day.
        from: Date,
        /// Its last.
        to: Date,
    },
    /// Given to payroll.
    #[error("{month} of {site} is locked: begin in a month that is open, or open it with `period unlock`")]
    Locked {
        /// Whose.
        site: SiteId,
        /// Which month.
        month: Month,
    },
    /// Locked twice.
    #[error("{month} of {site} is locked already")]
    LockedAlready {
        /// Whose.
        site: SiteId,
        /// Which month.
        month: Month,
    },
    /// Not locked.
    #[error("{month} of {site} is not locked: `period list` shows what is")]
    NotLocked {
        /// Whose.
        site: SiteId,
        /// Which month.
        month: Month,
    },
    /// Too early.
    #[error("{0} hasn't begun: a month is locked when it is given to payroll")]
    NotBegun(Month),
    /// Nobody decides about themselves.
    #[error("nobody decides about what is their own or what they asked for: somebody else has to")]
    Own,
    /// Somebody was faster.
    #[error("this was decided already")]
    Decided,
    /// An end that makes an approved outage longer, or none of it.
    #[error("an outage ends after it began, and sooner than was approved: declare another one for the rest")]
    OutageEnd,
    /// No reason, or no text.
    #[error("say why, in 3 to {MAX_REASON} characters: whoever reads it later wants to know")]
    Reason,
    /// A cursor that isn't one.
    #[error("{0:?} is no place in this list: give `after` the `next` of the page before")]
    Cursor(String),
    /// A name.
    #[error(transparent)]
    Name(#[from] crate::people::NameError),
    /// A template.
    #[error(transparent)]
    Shift(#[from] ShiftError),
    /// A zone.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// A cycle.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A cycle that this shift is in.
    #[error("pattern {pattern} can't be worked with it: {source}")]
    PatternOf {
        /// Which.
        pattern: PatternId,
        /// Why.
        source: PatternError,
    },
    /// A policy.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// No randomness for an id.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RosterError {
    /// Stable code for programs, such as `unknown_site`; none when the fault isn't the asker's.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::UnknownPerson(_) => "unknown_person",
            Self::UnknownSite(_) => "unknown_site",
            Self::UnknownShift(_) => "unknown_shift",
            Self::UnknownPattern(_) => "unknown_pattern",
            Self::UnknownKind { .. } => "unknown_leave_kind",
            Self::UnknownDevice(_) => "unknown_device",
            Self::UnknownAssignment(_) => "unknown_assignment",
            Self::UnknownLeave(_) => "unknown_leave",
            Self::UnknownOutage(_) => "unknown_outage",
            Self::UnknownHoliday { .. } => "unknown_holiday",
            Self::NotEmployed { .. } => "not_employed",
            Self::PatternExists(_) => "pattern_exists",
            Self::PolicyElsewhere { .. } => "policy_elsewhere",
            Self::PolicyRaced(_) => "policy_raced",
            Self::Date(_) | Self::EndBeforeStart { .. } => "bad_range",
            Self::Overlap { .. } => "assignment_overlaps",
            Self::LeaveOverlap { .. } => "leave_overlaps",
            Self::Locked { .. } => "period_locked",
            Self::LockedAlready { .. } => "locked_already",
            Self::Provisional { .. } => "period_provisional",
            Self::NotLocked { .. } => "not_locked",
            Self::NotBegun(_) => "period_not_begun",
            Self::Own => "own_record",
            Self::Decided => "decided_already",
            Self::OutageEnd => "outage_end",
            Self::Reason => "reason_needed",
            Self::Cursor(_) => "bad_query",
            Self::Name(_) => "bad_text",
            Self::Shift(_) => "bad_shift",
            Self::Zone(_) => "unknown_zone",
            Self::Pattern(_) | Self::PatternOf { .. } => "bad_pattern",
            Self::Policy(_) => "bad_policy",
            Self::Random(_) | Self::Store(_) => return None,
        })
    }
}

fn held(doors: &str) -> String {
    if doors.is_empty() { String::new() } else { format!("; they wait for {doors}") }
}
