//! What a correction does: as it is asked for, and as it is answered.

use jiff::civil::Date;
use lintel_core::ids::{EventId, PersonId, SiteId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::attendance::correction::Change;
use crate::attendance::punch::Direction;
use crate::corrections::WishedChange;

/// What shall be otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Change)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ChangeBody {
    /// A punch that no door recorded.
    Add {
        /// Where.
        site: SiteId,
        /// When.
        at: UtcMillis,
        /// Which way, where it is known.
        direction: Option<Way>,
    },
    /// A punch that shall not count.
    Void {
        /// Which.
        punch: EventId,
    },
    /// A punch that was somebody else's.
    Move {
        /// Which.
        punch: EventId,
        /// Whose.
        to: PersonId,
    },
    /// Which way a punch was.
    Direct {
        /// Which.
        punch: EventId,
        /// Which way.
        direction: Way,
    },
    /// An event in which nobody was recognised for sure.
    Assign {
        /// Which.
        event: EventId,
    },
    /// A day on which they didn't have to come.
    Excuse {
        /// Which.
        date: Date,
        /// Whether its hours are credited.
        #[serde(default)]
        paid: bool,
    },
    /// Overtime of a day that counts.
    ApproveOvertime {
        /// Which.
        date: Date,
    },
}

/// `in` or `out`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// An arrival.
    In,
    /// A departure.
    Out,
}

impl From<Way> for Direction {
    fn from(way: Way) -> Self {
        match way {
            Way::In => Self::In,
            Way::Out => Self::Out,
        }
    }
}

impl From<Direction> for Way {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::In => Self::In,
            Direction::Out => Self::Out,
        }
    }
}

impl From<ChangeBody> for WishedChange {
    fn from(body: ChangeBody) -> Self {
        match body {
            ChangeBody::Add { site, at, direction } => {
                Self::Add { site, at, direction: direction.map(Direction::from) }
            }
            ChangeBody::Void { punch } => Self::Void { punch },
            ChangeBody::Move { punch, to } => Self::Move { punch, to },
            ChangeBody::Direct { punch, direction } => Self::Direct { punch, direction: direction.into() },
            ChangeBody::Assign { event } => Self::Assign { event },
            ChangeBody::Excuse { date, paid } => Self::Excuse { date, paid },
            ChangeBody::ApproveOvertime { date } => Self::ApproveOvertime { date },
        }
    }
}

/// What a correction does, in the form of [`ChangeBody`] but for the site, which the correction has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Changed)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ShownChange {
    /// A punch that no door recorded.
    Add {
        /// When.
        at: UtcMillis,
        /// Which way.
        direction: Option<Way>,
    },
    /// A punch that doesn't count.
    Void {
        /// Which.
        punch: EventId,
    },
    /// A punch that was somebody else's; null once they were erased.
    Move {
        /// Which.
        punch: EventId,
        /// Whose.
        to: Option<PersonId>,
    },
    /// Which way a punch was.
    Direct {
        /// Which.
        punch: EventId,
        /// Which way.
        direction: Way,
    },
    /// An event in which nobody was recognised for sure.
    Assign {
        /// Which.
        event: EventId,
    },
    /// A day on which they didn't have to come.
    Excuse {
        /// Which.
        date: Date,
        /// Whether its hours are credited.
        paid: bool,
    },
    /// Overtime of a day that counts.
    ApproveOvertime {
        /// Which.
        date: Date,
    },
}

impl From<Change> for ShownChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Add { at, direction } => Self::Add { at, direction: direction.map(Way::from) },
            Change::Void { punch } => Self::Void { punch },
            Change::Move { punch, to } => Self::Move { punch, to },
            Change::Direct { punch, direction } => Self::Direct { punch, direction: direction.into() },
            Change::Assign { event } => Self::Assign { event },
            Change::Excuse { date, paid } => Self::Excuse { date, paid },
            Change::ApproveOvertime { date } => Self::ApproveOvertime { date },
        }
    }
}
