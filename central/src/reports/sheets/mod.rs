//! What each report says: from rows to a titled table, the same for a page, a workbook, a CSV and a program.
//!
//! A report is read first ([`Material`]) and laid out afterwards ([`Sheet`]), so that one reading serves the
//! table, its plot and its files. Pure: no database and no clock. It must never decide who may see a row, and
//! never round but by [`super::hours`].

mod columns;
mod daily;
mod evacuation;
mod exceptions;
mod inside;
mod monthly;
mod overtime;
mod person;
mod pictures;
mod raw;
mod rounding;
mod working_time;
mod zones;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;

use super::documents::{Cell, Column, Document};
use crate::store::days::DayRow;
use crate::store::events::EventView;

pub use exceptions::ExceptionLine;
pub use inside::{Inside, LastSeen, inside};
pub(crate) use monthly::needs_a_look;
pub use monthly::{Adjusted, Hours, Sums};
pub use overtime::OvertimeRow;
pub use rounding::RoundingSums;
pub use working_time::WorkingTimeRow;
pub use zones::Zones;

/// A report, by the name under which it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// One day, one row a person.
    Daily,
    /// A month: one row a person, or one row a day of one person.
    Monthly,
    /// What somebody should look at.
    Exceptions,
    /// Paid hours beyond the usual.
    Overtime,
    /// Events as the doors recorded them.
    Raw,
    /// Who is there now.
    OnSite,
    /// Who has to be looked for when the building is left in a hurry.
    Evacuation,
    /// What rounding gave or took.
    Rounding,
    /// Work of an average week.
    WorkingTime,
}

impl Name {
    /// All of them, in the order in which a page offers them.
    pub const ALL: [Self; 9] = [
        Self::Daily,
        Self::Monthly,
        Self::Exceptions,
        Self::Overtime,
        Self::Raw,
        Self::OnSite,
        Self::Evacuation,
        Self::Rounding,
        Self::WorkingTime,
    ];

    /// The name in addresses and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Monthly => "monthly",
            Self::Exceptions => "exceptions",
            Self::Overtime => "overtime",
            Self::Raw => "raw",
            Self::OnSite => "on-site",
            Self::Evacuation => "evacuation",
            Self::Rounding => "rounding",
            Self::WorkingTime => "working-time",
        }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// What it is called.
    #[must_use]
    pub fn in_words(self, words: Words<'_>) -> String {
        words.say(match self {
            Self::Daily => "reports-daily",
            Self::Monthly => "reports-monthly",
            Self::Exceptions => "reports-exceptions",
            Self::Overtime => "reports-overtime",
            Self::Raw => "reports-raw",
            Self::OnSite => "reports-on-site",
            Self::Evacuation => "reports-evacuation",
            Self::Rounding => "reports-rounding",
            Self::WorkingTime => "reports-working-time",
        })
    }
}

/// What a report is made of, already read.
#[derive(Debug, Clone)]
pub enum Material {
    /// The days of one date.
    Daily(Vec<DayRow>),
    /// A month of everybody.
    Team(Vec<Sums>),
    /// A month of one person, with what is booked in it of locked months.
    Person(Vec<DayRow>, Vec<Adjusted>),
    /// What somebody should look at.
    Exceptions(Vec<ExceptionLine>),
    /// Paid hours beyond the usual.
    Overtime(Vec<OvertimeRow>),
    /// Events.
    Raw(Vec<EventView>),
    /// Who is there now.
    OnSite(Vec<Inside>),
    /// The same, and whoever may be.
    Evacuation(Vec<Inside>),
    /// What rounding gave or took.
    Rounding(Vec<RoundingSums>),
    /// Work of an average week.
    WorkingTime(Vec<WorkingTimeRow>),
}

/// What a report says beside its rows.
#[derive(Debug, Clone)]
pub struct Saying<'a> {
    /// The words of its readers.
    pub words: Words<'a>,
    /// The zones of all sites.
    pub zones: &'a Zones,
    /// Which report it is.
    pub name: Name,
    /// Of when and whom, such as `November 2026 · Berlin`.
    pub subtitle: String,
}

/// A report, laid out.
pub struct Sheet<'a> {
    /// Its title and columns.
    pub document: Document,
    /// Its rows, as they are asked for.
    pub rows: Box<dyn Iterator<Item = Vec<Cell<'a>>> + Send + 'a>,
}

/// One line of a report.
trait Line: Sync {
    /// The columns of all lines of this kind.
    fn columns(words: Words<'_>) -> Vec<Column>;
    /// What a reader has to know about the numbers, as ids of the catalogue.
    fn notes() -> &'static [&'static str] {
        &[]
    }
    /// The cells of this line.
    fn cells<'a>(&'a self, saying: &Saying<'a>) -> Vec<Cell<'a>>;
}

impl Material {
    /// The report.
    #[must_use]
    pub fn sheet<'a>(&'a self, saying: &Saying<'a>) -> Sheet<'a> {
        match self {
            Self::Daily(rows) => sheet(rows, saying),
            Self::Team(rows) => sheet(rows, saying),
            Self::Person(days, adjusted) => person::sheet(days, adjusted, saying),
            Self::Exceptions(rows) => sheet(rows, saying),
            Self::Overtime(rows) => sheet(rows, saying),
            Self::Raw(rows) => sheet(rows, saying),
            Self::OnSite(rows) => sheet(rows, saying),
            Self::Evacuation(rows) => evacuation::sheet(rows, saying),
            Self::Rounding(rows) => sheet(rows, saying),
            Self::WorkingTime(rows) => sheet(rows, saying),
        }
    }
}

fn sheet<'a, L: Line>(lines: &'a [L], saying: &Saying<'a>) -> Sheet<'a> {
    let said = saying.clone();
    Sheet {
        document: document(saying, L::columns(saying.words), L::notes()),
        rows: Box::new(lines.iter().map(move |line| line.cells(&said))),
    }
}

fn document(saying: &Saying<'_>, columns: Vec<Column>, notes: &[&str]) -> Document {
    Document {
        title: saying.name.in_words(saying.words),
        subtitle: saying.subtitle.clone(),
        columns,
        notes: notes.iter().map(|note| saying.words.say(note)).collect(),
    }
}

/// What people stand by: their name as it is sorted, then their id. Whoever has no name any more comes last.
type Place = (bool, String, PersonId);

fn place(name: &str, person: PersonId) -> Place {
    (name.is_empty(), crate::people::folded(name), person)
}

/// A person's name as a cell.
fn name_cell<'a>(words: Words<'_>, name: &'a str) -> Cell<'a> {
    if name.is_empty() { Cell::text(words.say("today-removed")) } else { Cell::text(name) }
}

fn text_or_empty(text: Option<&str>) -> Cell<'_> {
    Cell::or_empty(text, Cell::text)
}

/// An instant that a row about a day names.
fn time<'a>(at: Option<UtcMillis>, zone: &'a TimeZone, day: Date) -> Cell<'a> {
    Cell::or_empty(at, |at| Cell::LocalTime { at, zone, day: Some(day) })
}

#[cfg(test)]
mod tests;
