//! Holidays.

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use serde::Deserialize;

use super::{cursor, done, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::calendar::DayPart;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::holidays::{self, HolidayRow};

/// `?site=&year=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    site: SiteId,
    year: i16,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/holidays?site=&year=`: `{"holidays": […], "next": …}`.
///
/// # Errors
/// [`Problem`].
pub async fn list_holidays(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let holidays = holidays::list(state.db(), &permit, &query.site, query.year, after, rows).await?;
    Ok(page("holidays", &holidays, rows, |row| row.date.to_string()))
}

/// A holiday; a whole day unless it says which half.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolidayBody {
    site: SiteId,
    date: Date,
    name: String,
    #[serde(default)]
    part: DayPart,
}

/// `PUT /api/v1/holidays`: in place of one on the same day; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn put_holiday(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<HolidayBody>,
) -> Result<Response, Problem> {
    let HolidayBody { site, date, name, part } = body;
    let row = HolidayRow { site_id: site, date, name, part };
    Ok(done(&holidays::put(state.db(), &permit, state.clock(), row).await?))
}

/// `?site=&date=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Day {
    site: SiteId,
    date: Date,
}

/// `DELETE /api/v1/holidays?site=&date=`; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn delete_holiday(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Params(day): Params<Day>,
) -> Result<Response, Problem> {
    Ok(done(&holidays::delete(state.db(), &permit, state.clock(), &day.site, day.date).await?))
}
