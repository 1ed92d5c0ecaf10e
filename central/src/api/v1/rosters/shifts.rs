//! Shifts.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{done, id, limit, page, pair};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::shift::ShiftTemplate;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::shifts::{self, ShiftRow};

/// `?limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/shifts`: `{"shifts": […], "next": …}`, every version of each.
///
/// # Errors
/// [`Problem`].
pub async fn list_shifts(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, pair(query.after.as_deref())?);
    let shifts = shifts::list(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(page("shifts", &shifts, rows, |row| format!("{}@{}", row.shift_id, row.from)))
}

/// `?on=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDate {
    on: Option<Date>,
}

/// `GET /api/v1/shifts/{id}?on=`: the version of a date, of today without one.
///
/// # Errors
/// [`Problem`].
pub async fn get_shift(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Path(shift): Path<String>,
    Params(query): Params<OnDate>,
) -> Result<Response, Problem> {
    let on = query.on.unwrap_or_else(|| state.clock().now().date_in(&TimeZone::UTC));
    let row = shifts::get(state.db(), &permit, &id(&shift)?, on).await?;
    Ok(Json(row).into_response())
}

/// A version of a shift.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShiftBody {
    from: Date,
    zone: Option<String>,
    template: ShiftTemplate,
}

/// `PUT /api/v1/shifts/{id}`: the shift as it is from a date on; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn put_shift(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(shift): Path<String>,
    Body(body): Body<ShiftBody>,
) -> Result<Response, Problem> {
    let ShiftBody { from, zone, template } = body;
    let row = ShiftRow { shift_id: id(&shift)?, from, zone, template };
    Ok(done(&shifts::put(state.db(), &permit, state.clock(), row).await?))
}
