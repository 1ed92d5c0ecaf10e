//! The month of one person, for HR at `/console/people/{id}/month` and for themselves at `/console/me`.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use lintel_core::ids::{EventId, PersonId, SiteId};
use lintel_core::time::{UtcMillis, day_bounds, zone};
use serde::Deserialize;

use super::super::people::person_id;
use super::super::shell::{Shell, Tab, Visit, said};
use super::super::{Choice, dates, page, site_choices};
use super::{DayLine, Sources, lines};
use crate::api::input::{Fields, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::attendance::punch::Direction;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{DecideCorrections, ReadAttendance};
use crate::corrections::{self, CorrectionError, Wish, WishedChange};
use crate::people::PeopleError;
use crate::store::people::Person;
use crate::store::sites::Site;
use crate::store::{Tx, corrections as corrections_store, days, events, people, sites};

#[derive(Template)]
#[template(path = "month_person.html")]
struct PersonMonth {
    shell: Shell,
    own: bool,
    name: String,
    crumb: String,
    record: Record,
    /// Where the forms go.
    action: String,
    may_change: bool,
}

/// A month of somebody, read and said.
pub(in crate::console) struct Record {
    pub(in crate::console) title: String,
    pub(in crate::console) month: String,
    pub(in crate::console) before: String,
    pub(in crate::console) after: String,
    pub(in crate::console) days: Vec<DayLine>,
    pub(in crate::console) total: String,
    pub(in crate::console) sites: Vec<Choice>,
    pub(in crate::console) today: String,
}

/// `?month=2026-11`; the present one by default.
#[derive(Debug, Default, Deserialize)]
pub struct Chosen {
    pub(in crate::console) month: Option<Month>,
}

/// Reads a person's month in the zone of their site.
pub(in crate::console) async fn read(
    state: &AppState,
    visit: &Visit,
    tx: &mut Tx,
    person: &Person,
    chosen: Option<Month>,
) -> Result<Record, Problem> {
    let all = sites::list(tx).await?;
    let zone = zone_of(&all, &person.site_id)?;
    let today = state.clock().now().date_in(&zone);
    let month = chosen.unwrap_or_else(|| Month::of(today));
    let (from, to) = (day_bounds(month.first(), &zone).0, day_bounds(month.last(), &zone).1);
    let id = person.person_id;
    let days = days::list_by_person(tx, id, month.first(), month.last()).await?;
    let events = events::list_by_person(tx, id, from, to).await?;
    let corrections = corrections_store::list_by_person(tx, id, from, to).await?;
    let sources = Sources { month, today, days: &days, events: &events, corrections: &corrections };
    let (days, total) = lines(visit.words, &sources);
    Ok(Record {
        title: dates::month_and_year(visit.words, month.first()),
        month: month.to_string(),
        before: month.before().to_string(),
        after: month.after().to_string(),
        days,
        total,
        sites: site_choices(&all, Some(&person.site_id)),
        today: today.to_string(),
    })
}

fn zone_of(all: &[Site], site: &SiteId) -> Result<TimeZone, Problem> {
    let name = all.iter().find(|one| one.site_id == *site).map_or("UTC", |one| one.zone.as_str());
    zone(name).map_err(|error| Problem::internal(&error))
}

/// `GET /console/people/{id}/month`.
///
/// # Errors
/// [`Problem`].
pub async fn show_month(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadAttendance>,
    Path(id): Path<String>,
    Params(chosen): Params<Chosen>,
) -> Result<Html<String>, Problem> {
    let id = person_id(&id)?;
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Month, &id.to_string()).await?;
    let mut tx = state.db().read().await?;
    let person = people::get(&mut tx, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    let record = read(&state, &visit, &mut tx, &person, chosen.month).await?;
    let own = visit.actor.person_id() == Some(id);
    page(&PersonMonth {
        shell: visit.shell(&state, Tab::Month),
        own,
        name: person.name,
        crumb: format!("/console/people/{id}"),
        action: format!("/console/people/{id}/corrections"),
        may_change: !own && visit.actor.permit::<DecideCorrections>().is_ok(),
        record,
    })
}

/// What a form of a correction is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    /// A punch: that it doesn't count, or that it is missing.
    #[default]
    Punch,
    /// That it was an arrival.
    In,
    /// That it was a departure.
    Out,
    /// That the day is excused.
    Excuse,
    /// The same, and its hours are credited.
    PaidExcuse,
}

/// The form of a correction: a punch to add (date, time, site), to void or to direct (its id), or a day to excuse
/// (date); and why.
#[derive(Debug, Deserialize)]
pub struct WishFields {
    #[serde(default)]
    what: What,
    pub(in crate::console) month: Option<Month>,
    punch: Option<EventId>,
    site: Option<SiteId>,
    date: Option<Date>,
    time: Option<Time>,
    reason: String,
}

impl WishFields {
    /// What is wished for; None when the form is neither.
    pub(in crate::console) fn wish(self, all: &[Site]) -> Option<Wish> {
        let direction = match self.what {
            What::In => Some(Direction::In),
            What::Out => Some(Direction::Out),
            What::Punch | What::Excuse | What::PaidExcuse => None,
        };
        let excuse = matches!(self.what, What::Excuse | What::PaidExcuse);
        let change = match (self.punch, self.site, self.date, self.time) {
            (None, _, Some(date), _) if excuse => {
                WishedChange::Excuse { date, paid: self.what == What::PaidExcuse }
            }
            _ if excuse => return None,
            (Some(punch), ..) => match direction {
                Some(direction) => WishedChange::Direct { punch, direction },
                None => WishedChange::Void { punch },
            },
            (None, Some(site), Some(date), Some(time)) => {
                let zone = zone(&all.iter().find(|one| one.site_id == site)?.zone).ok()?;
                // An hour that a clock change left out is moved behind the gap, one that came twice is its first.
                let at = date.to_datetime(time).to_zoned(zone).ok()?.timestamp().as_millisecond();
                WishedChange::Add { site, at: UtcMillis::from_i64(at), direction }
            }
            _ => return None,
        };
        Some(Wish { change, reason: self.reason })
    }
}

/// The catalogue's text for a refused correction; None when the server failed.
pub(in crate::console) fn refusal(error: &CorrectionError) -> Option<&'static str> {
    Some(match error {
        CorrectionError::UnknownPerson => "refused-person-unknown",
        CorrectionError::UnknownSite(_) => "refused-site-unknown",
        CorrectionError::UnknownPunch | CorrectionError::Unknown => "refused-punch-unknown",
        CorrectionError::Decided => "refused-decided",
        CorrectionError::Own => "refused-own-record",
        CorrectionError::Others => "refused-others",
        CorrectionError::NotToBeGiven => "refused-not-to-be-given",
        CorrectionError::Theirs => "refused-theirs",
        CorrectionError::Reason => "refused-reason",
        CorrectionError::Instant => "refused-instant",
        CorrectionError::Zone(_) | CorrectionError::Random(_) | CorrectionError::Store(_) => return None,
    })
}

/// Back to a page that says what became of a wish.
pub(in crate::console) fn answer<T>(
    address: &str,
    done: Result<T, CorrectionError>,
    said_id: &str,
) -> Result<Redirect, Problem> {
    match done {
        Ok(_) => Ok(said(address, said_id)),
        Err(error) => refusal(&error).map(|id| said(address, id)).ok_or_else(|| Problem::internal(&error)),
    }
}

/// `POST /console/people/{id}/corrections`: HR changes a record, with a reason.
///
/// # Errors
/// [`Problem`].
pub async fn change_record(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<DecideCorrections>,
    Path(id): Path<String>,
    Fields(fields): Fields<WishFields>,
) -> Result<Redirect, Problem> {
    let id: PersonId = person_id(&id)?;
    let month = fields.month.map(|month| format!("?month={month}")).unwrap_or_default();
    let address = format!("/console/people/{id}/month{month}");
    let all = sites::list(&mut state.db().read().await?).await?;
    let Some(wish) = fields.wish(&all) else { return Ok(said(&address, "refused-wish")) };
    let done = corrections::change(state.db(), &permit, &visit.actor, state.clock(), id, &wish).await;
    answer(&address, done, "said-corrected")
}
