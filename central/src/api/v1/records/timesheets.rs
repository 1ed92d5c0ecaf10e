//! Timesheets: sums of a month by person.

use axum::Json;
use axum::extract::State;
use lintel_core::ids::SiteId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::rosters::{cursor, limit, next};
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::inquiries;
use crate::reports::sheets::Sums;

/// `?month=&site=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Of which month.
    month: Month,
    /// Only people of this site.
    site: Option<SiteId>,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of timesheets.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimesheetPage {
    #[schema(value_type = Month)]
    month: String,
    timesheets: Vec<Sums>,
    /// The `after` of the next page; null on the last.
    next: Option<String>,
}

/// Sums of a month by person.
///
/// `hours` are those of the month's days; `adjustments` is what is booked in it of locked months, and is part of no
/// other number.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/timesheets", tag = "record", params(Query), responses((status = 200, body = TimesheetPage)),
    extensions(("x-refusals" = json!(["422 unknown_site"]))),
)]
pub async fn list_timesheets(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(query): Params<Query>,
) -> Result<Json<TimesheetPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let (month, site) = (query.month, query.site.as_ref());
    let sums = inquiries::timesheets(state.db(), &permit, state.clock(), month, site, (after, rows)).await?;
    let next = next(&sums, rows, |sums| sums.person.to_string());
    Ok(Json(TimesheetPage { month: month.to_string(), timesheets: sums, next }))
}
