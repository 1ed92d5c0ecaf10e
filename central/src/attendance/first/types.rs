//! What the rules read and what they answer.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, EventId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};

use super::Policy;

/// One recorded pass of a person by a door.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Punch {
    /// The event it comes from; orders punches of the same instant.
    pub event_id: EventId,
    /// When, by the door's clock as the centre corrected it.
    pub at: UtcMillis,
    /// Which way the door leads.
    pub direction_hint: DirectionHint,
    /// The door; None for a punch that a correction added.
    pub door: Option<DeviceId>,
    /// The door's site.
    pub site: SiteId,
    /// Whether the door's clock could be believed.
    pub clock_synced: bool,
}

/// Everything that one person's day depends on.
#[derive(Debug, Clone)]
pub struct DayInput<'a> {
    /// Who.
    pub person: PersonId,
    /// The civil date.
    pub date: Date,
    /// The zone that the date is meant in: the site's.
    pub zone: &'a TimeZone,
    /// Their punches, in any order. Those outside the day are not looked at.
    pub punches: &'a [Punch],
    /// The policy.
    pub policy: &'a Policy,
    /// Up to when the punches are known; the day stays provisional until its end lies before this.
    pub as_of: UtcMillis,
}

/// What the day comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayResult {
    /// Who.
    pub person: PersonId,
    /// The civil date.
    pub date: Date,
    /// First punch of the day.
    pub first_in: Option<UtcMillis>,
    /// Last punch of the day, when it is another one than the first.
    pub last_out: Option<UtcMillis>,
    /// From first in to last out in ms; 0 when either is missing.
    pub worked_ms: i64,
    /// Punches of the day that count.
    pub punches_counted: u32,
    /// Punches of the day that repeat another one within the policy's gap.
    pub punches_ignored: u32,
    /// What somebody should look at, sorted.
    pub exceptions: Vec<Code>,
    /// The day isn't over yet, so more punches may come.
    pub provisional: bool,
    /// [`Policy::version`] that it was computed under.
    pub policy_version: String,
}

/// What somebody should look at. A code, never a sentence: pages and reports have the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// One punch only: nobody knows when they left.
    MissingCheckOut,
    /// A counted punch was made by a clock that wasn't synchronised.
    ClockUnsynced,
}

impl Code {
    /// All codes.
    pub const ALL: [Self; 2] = [Self::MissingCheckOut, Self::ClockUnsynced];

    /// The name in the database and on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingCheckOut => "missing_check_out",
            Self::ClockUnsynced => "clock_unsynced",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
