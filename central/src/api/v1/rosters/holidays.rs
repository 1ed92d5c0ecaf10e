//! Holidays.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Done, cursor, done, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::calendar::DayPart;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::holidays::{self, HolidayRow};

/// `?site=&year=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Of which site.
    site: SiteId,
    /// Of which year.
    year: i16,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

page! {
    /// A page of holidays.
    HolidayPage { holidays: HolidayRow }
}

/// Holidays of a site in a year.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/holidays", tag = "rosters", params(Query), responses((status = 200, body = HolidayPage)),
    extensions(("x-refusals" = json!(["422 unknown_site"]))),
)]
pub async fn list_holidays(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Json<HolidayPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let holidays = holidays::list(state.db(), &permit, &query.site, query.year, after, rows).await?;
    Ok(paged(holidays, rows, |row| row.date.to_string()))
}

/// A holiday; a whole day unless it says which half.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewHoliday)]
#[serde(deny_unknown_fields)]
pub struct HolidayBody {
    /// Where.
    site: SiteId,
    /// When.
    date: Date,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// How much of the day.
    #[serde(default)]
    part: DayPart,
}

/// Stores a holiday, in place of one on the same day.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    put, path = "/api/v1/holidays", tag = "rosters", request_body = HolidayBody,
    responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!(["409 period_locked", "422 bad_range", "422 bad_text", "422 unknown_site"]))),
)]
pub async fn put_holiday(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<HolidayBody>,
) -> Result<Json<Done>, Problem> {
    let HolidayBody { site, date, name, part } = body;
    let row = HolidayRow { site_id: site, date, name, part };
    Ok(done(holidays::put(state.db(), &permit, state.clock(), row).await?))
}

/// `?site=&date=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Day {
    /// Where.
    site: SiteId,
    /// When.
    date: Date,
}

/// Takes a holiday away.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    delete, path = "/api/v1/holidays", tag = "rosters", params(Day), responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!(["404 unknown_holiday", "409 period_locked", "422 bad_range", "422 unknown_site"]))),
)]
pub async fn delete_holiday(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Params(day): Params<Day>,
) -> Result<Json<Done>, Problem> {
    Ok(done(holidays::delete(state.db(), &permit, state.clock(), &day.site, day.date).await?))
}
