//! Inquiries into the record: what is asked is checked, who asked is remembered, and what the report is made of
//! is read. The same for the command line, the API and the console.
//!
//! Nothing here computes hours or lays out a table: days come as the rules left them, and `reports` says them.

mod gather;
mod timesheets;
mod working_time;

use std::io::Write;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::{Clock, UnknownZone, UtcMillis};
use lintel_runtime::catalogue::Words;
use serde::Deserialize;
use utoipa::IntoParams;

pub use timesheets::page as timesheets;

use crate::attendance::Month;
use crate::audit::{self, View};
use crate::auth::Permit;
use crate::auth::permit::ReadAttendance;
use crate::reports::documents::{self, DocumentError, FileKind, Making, Page, Picture, Rows as _, Style};
use crate::reports::plots::PlotError;
use crate::reports::sheets::{Material, Name, Saying, Zones};
use crate::store::sites::Site;
use crate::store::{Db, StoreError, people, sites};

/// Longest range of a report, in days.
pub const MAX_DAYS: i32 = 100;
/// The same for events, of which a day has many.
const MAX_RAW_DAYS: i32 = 31;
/// People whose days are in memory at once.
const AT_ONCE: usize = 500;
/// More lines than anybody reads, and about as many as fit into the memory that a small machine has to spare.
const MOST_LINES: usize = 300_000;

/// What somebody asks for, as they said it.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// A whole month.
    pub month: Option<Month>,
    /// One date.
    pub date: Option<Date>,
    /// The first date.
    pub from: Option<Date>,
    /// The last date.
    pub to: Option<Date>,
    /// Only this site.
    pub site: Option<SiteId>,
    /// Only this person.
    pub person: Option<PersonId>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum InquiryError {
    /// Nobody said of when.
    #[error("{report} needs {needs}")]
    When {
        /// Which report.
        report: &'static str,
        /// What has to be said.
        needs: &'static str,
    },
    /// Something was said that the report can't take into account.
    #[error("{report} takes no {what}: leave it out")]
    NotTaken {
        /// Which report.
        report: &'static str,
        /// What was said.
        what: &'static str,
    },
    /// The range's end lies before its start, or too far behind it.
    #[error("from must not lie behind to, and at most {most} days can be asked for at once")]
    Range {
        /// How many days it may have.
        most: i32,
    },
    /// More lines than one report has.
    #[error("there are more than {MOST_LINES} lines: ask for fewer days, or for one site")]
    TooMany,
    /// No such site.
    #[error("there is no site {0}: `site list` shows them")]
    UnknownSite(SiteId),
    /// No such person.
    #[error("there is no person {0}: the record may have been erased")]
    UnknownPerson(PersonId),
    /// A site's zone.
    #[error(transparent)]
    Zone(#[from] UnknownZone),
    /// The document can't be written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The plot can't be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl InquiryError {
    /// Whether whoever asked can do something about it.
    #[must_use]
    pub const fn is_mistake(&self) -> bool {
        !matches!(self, Self::Zone(_) | Self::Document(_) | Self::Plot(_) | Self::Store(_))
    }
}

/// A question that has an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    name: Name,
    when: When,
    site: Option<SiteId>,
    person: Option<PersonId>,
}

/// Of when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Month(Month),
    Days(Date, Date),
    Now,
}

impl When {
    /// The month, or that in which the range begins.
    fn month(self) -> Month {
        Month::of(self.span().0)
    }

    /// Both ends count.
    fn span(self) -> (Date, Date) {
        match self {
            Self::Month(month) => (month.first(), month.last()),
            Self::Days(from, to) => (from, to),
            Self::Now => (Date::MIN, Date::MAX),
        }
    }
}

impl Question {
    /// Checks what was asked for.
    ///
    /// # Errors
    /// [`InquiryError`] says what to ask for instead.
    pub fn of(name: Name, asked: Asked) -> Result<Self, InquiryError> {
        let Asked { month, date, from, to, site, person } = asked;
        let report = name.as_str();
        let range = from.is_some() || to.is_some();
        let not_taken =
            |said: bool, what| if said { Err(InquiryError::NotTaken { report, what }) } else { Ok(()) };
        let needs = |needs| InquiryError::When { report, needs };
        let when = match name {
            Name::Daily => {
                not_taken(month.is_some(), "month")?;
                not_taken(range, "range")?;
                let date = date.ok_or(needs("a date, such as 2026-11-20"))?;
                When::Days(date, date)
            }
            Name::Monthly | Name::Rounding | Name::WorkingTime => {
                not_taken(date.is_some(), "date")?;
                not_taken(range, "range")?;
                When::Month(month.ok_or(needs("a month, such as 2026-11"))?)
            }
            Name::Exceptions | Name::Overtime | Name::Raw => match (month, date, from, to) {
                (Some(month), None, None, None) => When::Month(month),
                (None, Some(date), None, None) => When::Days(date, date),
                (None, None, Some(from), Some(to)) => When::Days(from, to),
                _ => return Err(needs("one of a month, a date, and a range with its first and last date")),
            },
            Name::OnSite | Name::Evacuation => {
                not_taken(month.is_some() || date.is_some() || range, "time: it is about now")?;
                not_taken(person.is_some(), "person")?;
                When::Now
            }
        };
        let most = if name == Name::Raw { MAX_RAW_DAYS } else { MAX_DAYS };
        if let When::Days(from, to) = when {
            expect_range(from, to, most)?;
        }
        Ok(Self { name, when, site, person })
    }

    /// Which report.
    #[must_use]
    pub const fn name(&self) -> Name {
        self.name
    }

    /// What a file of the answer is called, without its ending.
    #[must_use]
    pub fn file_name(&self) -> String {
        let name = self.name.as_str();
        match self.when {
            When::Month(month) => format!("{name}-{month}"),
            When::Days(from, to) if from == to => format!("{name}-{from}"),
            When::Days(from, to) => format!("{name}-{from}-{to}"),
            When::Now => name.to_owned(),
        }
    }
}

/// Checks a range of dates, both ends included.
///
/// # Errors
/// [`InquiryError::Range`].
pub fn expect_range(from: Date, to: Date, most: i32) -> Result<(), InquiryError> {
    if (0..most).contains(&(to - from).get_days()) { Ok(()) } else { Err(InquiryError::Range { most }) }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What the report is made of.
    pub material: Material,
    /// The zones of all sites.
    pub zones: Zones,
    question: Question,
    /// Of whom and where.
    of: Option<String>,
    made_at: UtcMillis,
    zone: TimeZone,
}

/// Reads the answer; who asked is in the audit before they have it.
///
/// # Errors
/// [`InquiryError`].
pub async fn ask(
    db: &Db,
    permit: &Permit<ReadAttendance>,
    clock: &dyn Clock,
    question: Question,
) -> Result<Answer, InquiryError> {
    let mut tx = db.read().await?;
    let all = sites::list(&mut tx).await?;
    let here = site_of(&all, question.site.as_ref())?;
    let person = match question.person {
        Some(id) => Some(people::get(&mut tx, id).await?.ok_or(InquiryError::UnknownPerson(id))?),
        None => None,
    };
    drop(tx);
    remember(db, permit, clock, &question).await?;
    let made_at = clock.now();
    let zones = Zones::of(all.iter().map(|site| site.zone.as_str()))?;
    let mut tx = db.read().await?;
    let material = gather::material(&mut tx, &question, &all, &zones, made_at).await?;
    let home = person.as_ref().and_then(|person| all.iter().find(|site| site.site_id == person.site_id));
    let zone = here.or(home).or(all.first()).map_or(TimeZone::UTC, |site| zones.get(&site.zone).clone());
    let of = person.map(|person| person.name).or_else(|| here.map(|site| site.name.clone()));
    Ok(Answer { material, zones, question, of, made_at, zone })
}

/// A mistyped site must not look like one at which nobody was.
fn site_of<'s>(all: &'s [Site], site: Option<&SiteId>) -> Result<Option<&'s Site>, InquiryError> {
    let Some(id) = site else { return Ok(None) };
    let found = all.iter().find(|site| site.site_id == *id);
    found.map(Some).ok_or_else(|| InquiryError::UnknownSite(id.clone()))
}

async fn remember(
    db: &Db,
    permit: &Permit<ReadAttendance>,
    clock: &dyn Clock,
    question: &Question,
) -> Result<(), StoreError> {
    let place = || question.site.as_ref().map_or("all", SiteId::as_str).to_owned();
    let (view, subject) = match (question.person, question.name) {
        (Some(person), _) => (View::Month, person.to_string()),
        (None, Name::OnSite | Name::Evacuation) => (View::Today, place()),
        (None, _) => (View::Days, place()),
    };
    audit::viewed(db, permit.actor(), clock, view, &subject).await
}

/// Where a page takes its styles from.
#[derive(Debug, Clone)]
pub struct Look {
    /// The table's.
    pub document: Style,
    /// The plot's.
    pub plots: Style,
}

impl Look {
    /// For a page that is a file of its own.
    pub const INSIDE: Self = Self { document: Style::Inside, plots: Style::Inside };
}

impl Answer {
    /// What the report says beside its rows.
    #[must_use]
    pub fn saying<'a>(&'a self, words: Words<'a>) -> Saying<'a> {
        let when = match self.question.when {
            When::Month(month) => Some(month.to_string()),
            When::Days(from, to) if from == to => Some(from.to_string()),
            When::Days(from, to) => {
                let values = [("from", from.to_string().into()), ("to", to.to_string().into())];
                Some(words.say_with("reports-span", &values))
            }
            When::Now => None,
        };
        let of = self.of.clone().unwrap_or_else(|| words.say("reports-everybody"));
        let subtitle = [when, Some(of)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        Saying { words, zones: &self.zones, name: self.question.name, subtitle }
    }

    fn making<'a>(&self, words: Words<'a>, scratch: &'a Path) -> Making<'a> {
        Making { at: self.made_at, zone: self.zone.clone(), words, scratch }
    }

    /// Writes the answer as a file.
    ///
    /// # Errors
    /// [`InquiryError`].
    pub fn write(
        &self,
        kind: FileKind,
        look: &Look,
        words: Words<'_>,
        scratch: &Path,
        out: impl Write + Send,
    ) -> Result<(), InquiryError> {
        let saying = self.saying(words);
        let sheet = self.material.sheet(&saying);
        let making = self.making(words, scratch);
        if kind != FileKind::Page {
            return Ok(documents::write(kind, &sheet.document, &making, sheet.rows, out)?);
        }
        let svg = self.material.picture(words, &self.zones)?;
        let picture = svg.map(|svg| Picture { svg, style: look.plots.clone() });
        Page::with_picture(&sheet.document, &making, &look.document, picture, out)?.all(sheet.rows)?;
        Ok(())
    }

    /// The answer for a terminal.
    ///
    /// # Errors
    /// [`InquiryError`].
    pub fn table(&self, words: Words<'_>) -> Result<String, InquiryError> {
        let saying = self.saying(words);
        let sheet = self.material.sheet(&saying);
        Ok(documents::terminal(&sheet.document, words, sheet.rows)?)
    }
}
