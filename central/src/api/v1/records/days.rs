//! Day records, page by page.

use axum::Json;
use axum::extract::{Path, State};
use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::person_id;
use super::super::rosters::{limit, page, paged, pair};
use super::expect_range;
use crate::api::input::Params;
use crate::api::openapi::forms::PersonIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Status;
use crate::attendance::exception::Severity;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::people::PeopleError;
use crate::reports::{self, Day, Days, ReportError};
use crate::store::{days, people};

/// `?from=&to=&site=&status=&severity=&limit=&after=`; both ends count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// The first date.
    pub(super) from: Date,
    /// The last date, at most 400 days on.
    pub(super) to: Date,
    /// Only days of this site.
    pub(super) site: Option<SiteId>,
    /// Only days that were this.
    pub(super) status: Option<Status>,
    /// Only what is at least as grave.
    pub(super) severity: Option<Severity>,
    /// At most so many days; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

impl Query {
    /// The days of a page, by date and person.
    pub(super) async fn page(
        &self,
        state: &AppState,
        actor: &str,
        least: Option<Severity>,
    ) -> Result<(Vec<days::DayRow>, u32), Problem> {
        expect_range(self.from, self.to)?;
        let (rows, after) = (limit(self.limit)?, pair::<Date, PersonId>(self.after.as_deref())?);
        let subject = self.site.as_ref().map_or("all", SiteId::as_str);
        audit::viewed(state.db(), actor, state.clock(), View::Days, subject).await?;
        let filter = days::Filter {
            // The index begins where the page does, and not with the range.
            from: after.map_or(self.from, |(date, _)| date.max(self.from)),
            to: self.to,
            site: self.site.as_ref(),
            status: self.status,
            severity: least.map_or(0, column),
        };
        let found = days::page(&mut state.db().read().await?, &filter, after, rows.into()).await?;
        Ok((found, rows))
    }
}

/// A severity as the column of days has it, where nothing is 0.
const fn column(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 1,
        Severity::Notice => 2,
        Severity::Warning => 3,
        Severity::Error => 4,
    }
}

page! {
    /// A page of days.
    DayPage { days: Day }
}

/// Days by date and person.
///
/// With `severity`, only those with an exception at least as grave.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/days", tag = "record", params(Query), responses((status = 200, body = DayPage)),
    extensions(("x-refusals" = json!(["400 bad_range"]))),
)]
pub async fn list_days(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(query): Params<Query>,
) -> Result<Json<DayPage>, Problem> {
    let (found, rows) = query.page(&state, permit.actor(), query.severity).await?;
    let found: Vec<_> = found.iter().map(reports::day).collect::<Result<_, ReportError>>()?;
    Ok(paged(found, rows, Day::place))
}

/// `?from=&to=`; both ends count.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first date.
    from: Date,
    /// The last date, at most 400 days on.
    to: Date,
}

/// Days of one person by date.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/people/{id}/days", tag = "record", params(("id" = PersonIdForm, Path), Range),
    responses((status = 200, body = Days)), extensions(("x-refusals" = json!(["400 bad_range", "404 unknown_person"]))),
)]
pub async fn list_days_of_person(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Path(id): Path<String>,
    Params(range): Params<Range>,
) -> Result<Json<Days>, Problem> {
    let person = person_id(&id)?;
    expect_range(range.from, range.to)?;
    let found = people::get(&mut state.db().read().await?, person).await?;
    found.ok_or_else(|| PeopleError::Unknown(person.to_string()))?;
    audit::viewed(state.db(), permit.actor(), state.clock(), View::Month, &person.to_string()).await?;
    let mut tx = state.db().read().await?;
    let rows = days::list_by_person(&mut tx, person, range.from, range.to).await?;
    Ok(Json(reports::days(&rows)?))
}
