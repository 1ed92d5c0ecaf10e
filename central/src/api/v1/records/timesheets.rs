//! Timesheets: sums of a month by person.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use lintel_core::ids::SiteId;
use serde::Deserialize;
use serde_json::json;

use super::super::rosters::{cursor, limit};
use crate::api::input::Params;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::Month;
use crate::auth::May;
use crate::auth::permit::ReadAttendance;
use crate::inquiries;

/// `?month=&site=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    month: Month,
    site: Option<SiteId>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/timesheets`: `{"month": …, "timesheets": […], "next": …}`, by person. `hours` are those of the
/// month's days; `adjustments` is what is booked in it of locked months, and is part of no other number.
///
/// # Errors
/// [`Problem`].
pub async fn list_timesheets(
    State(state): State<AppState>,
    May(permit): May<ReadAttendance>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let (month, site) = (query.month, query.site.as_ref());
    let sums = inquiries::timesheets(state.db(), &permit, state.clock(), month, site, (after, rows)).await?;
    let is_full = u32::try_from(sums.len()).is_ok_and(|count| count >= rows);
    let next = sums.last().filter(|_| is_full).map(|sums| sums.person);
    Ok(Json(json!({ "month": month.to_string(), "timesheets": sums, "next": next })).into_response())
}
