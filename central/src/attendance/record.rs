//! A day's record: what one person's day came to, and why.
//!
//! Times as they were recorded stand beside the hours that they came to. A record holds everything that pages,
//! reports and payrolls show, so that none of them computes hours again.

use jiff::civil::Date;
use lintel_core::chain::Hash;
use lintel_core::ids::{DeviceId, LeaveKind, PersonId, ShiftId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::exception::Exception;
use super::overtime::OvertimeLine;
use super::proof::Provisional;
use super::{Interval, Length};

/// What one person's day came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRecord {
    /// Who.
    pub person: PersonId,
    /// Which date; a night shift belongs to the one on which it starts.
    pub date: Date,
    /// Where they belonged.
    pub site: SiteId,
    /// What the day was.
    pub status: Status,
    /// What it is made of.
    pub hours: Hours,
    /// Planned and unplanned stretches, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stretches: Vec<Stretch>,
    /// Which of the paid hours are overtime.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overtime: Vec<OvertimeLine>,
    /// Punches that count.
    pub punches: u32,
    /// Punches that repeat one that counts.
    pub repeats: u32,
    /// What somebody should look at, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// Why it may still change; none when it is proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisional: Option<Provisional>,
    /// Doors that could have seen them and were out of service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out_of_service: Vec<DeviceId>,
    /// The holiday's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holiday: Option<String>,
    /// Kinds of leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave: Vec<LeaveKind>,
    /// The version of the policy that it was computed under.
    pub policy_version: String,
}

/// What a day was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DayStatus)]
pub enum Status {
    /// Nothing is known yet: not over, or a door hasn't said all it knows.
    Pending,
    /// They were there.
    Present,
    /// They were there for less than half a day's hours.
    HalfDay,
    /// They weren't there, proven.
    Absent,
    /// They weren't there, and that was excused.
    Excused,
    /// On leave.
    Leave,
    /// A holiday.
    Holiday,
    /// A day off of somebody who has shifts.
    RestDay,
    /// Nothing was planned, and nothing happened.
    Free,
    /// Before the first or after the last day.
    NotEmployed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Present,
        Self::HalfDay,
        Self::Absent,
        Self::Excused,
        Self::Leave,
        Self::Holiday,
        Self::RestDay,
        Self::Free,
        Self::NotEmployed,
    ];

    /// The name in the database, in reports and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Present => "present",
            Self::HalfDay => "half_day",
            Self::Absent => "absent",
            Self::Excused => "excused",
            Self::Leave => "leave",
            Self::Holiday => "holiday",
            Self::RestDay => "rest_day",
            Self::Free => "free",
            Self::NotEmployed => "not_employed",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// What a day's hours are made of. All in real time, so that a night when clocks change has the hours it had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hours {
    /// Planned, without breaks; nothing on a day of unpaid leave.
    pub scheduled: Length,
    /// Planned and not to be worked: paid leave, holidays, paid excuses.
    pub credited: Length,
    /// From arrivals to departures, breaks that weren't punched included.
    pub presence: Length,
    /// Presence that counts, without breaks.
    pub worked: Length,
    /// Punched breaks.
    pub break_punched: Length,
    /// Deducted breaks.
    pub break_deducted: Length,
    /// What is paid: rounded work and paid breaks, without what waits for a decision.
    pub payable: Length,
    /// What rounding gave; negative where it took.
    pub rounding: Length,
    /// How late they came, grace or not.
    pub late: Length,
    /// How early they left, grace or not.
    pub early: Length,
    /// How many of the hours may be wrong because clocks were.
    pub doubtful: Length,
}

/// A stretch of a day: a part of a shift, or what lies outside all shifts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Which shift; none outside all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift: Option<ShiftId>,
    /// Counted from zero within the shift.
    #[serde(default)]
    pub part: usize,
    /// Planned start and end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<Interval>,
    /// Arrivals and departures as they were recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presence: Vec<Interval>,
    /// An arrival without a departure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_since: Option<UtcMillis>,
    /// When the system closed it, because nobody left by then. It adds no hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<UtcMillis>,
}

impl Stretch {
    /// The first arrival.
    #[must_use]
    pub fn first_in(&self) -> Option<UtcMillis> {
        self.presence.first().map(|presence| presence.start()).or(self.open_since)
    }

    /// The last departure, when nothing is open after it.
    #[must_use]
    pub fn last_out(&self) -> Option<UtcMillis> {
        self.open_since.is_none().then(|| self.presence.last().map(|presence| presence.end())).flatten()
    }
}

impl DayRecord {
    /// A day with nothing in it.
    #[must_use]
    pub fn blank(person: PersonId, date: Date, site: SiteId, status: Status) -> Self {
        Self {
            person,
            date,
            site,
            status,
            hours: Hours::default(),
            stretches: Vec::new(),
            overtime: Vec::new(),
            punches: 0,
            repeats: 0,
            exceptions: Vec::new(),
            provisional: None,
            out_of_service: Vec::new(),
            holiday: None,
            leave: Vec::new(),
            policy_version: String::new(),
        }
    }

    /// The day's first arrival.
    #[must_use]
    pub fn first_in(&self) -> Option<UtcMillis> {
        self.stretches.iter().filter_map(Stretch::first_in).min()
    }

    /// The day's last departure; none while a stretch is open.
    #[must_use]
    pub fn last_out(&self) -> Option<UtcMillis> {
        if self.stretches.iter().any(|stretch| stretch.open_since.is_some()) {
            return None;
        }
        self.stretches.iter().filter_map(Stretch::last_out).max()
    }

    /// Whether there is nothing in it that anybody would look at.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self.status, Status::Free | Status::NotEmployed) && self.punches == 0
    }

    /// Paid hours beyond the usual.
    #[must_use]
    pub fn overtime_total(&self) -> Length {
        self.overtime.iter().map(|line| line.length).sum()
    }

    /// What is missing from the schedule, or beyond it.
    #[must_use]
    pub fn balance(&self) -> Length {
        self.hours.worked + self.hours.credited - self.hours.scheduled
    }

    /// The same bytes for the same day on every machine: numbers and names only, fields in one order.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        // Integers, ids and lists of them always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// SHA-256 over the canonical bytes of days, in order of person and date, whatever order they come in.
#[must_use]
pub fn ledger_hash<'a>(days: impl IntoIterator<Item = &'a DayRecord>) -> Hash {
    let mut days: Vec<&DayRecord> = days.into_iter().filter(|day| !day.is_blank()).collect();
    days.sort_by_key(|day| (*day.person.as_uuid(), day.date));
    let mut bytes = Vec::new();
    for day in days {
        bytes.extend_from_slice(&day.canonical());
        bytes.push(b'\n');
    }
    Hash::of(&bytes)
}
