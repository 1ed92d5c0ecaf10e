//! Shifts.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{Done, Paging, done, id, limit, page, paged, pair};
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::ShiftIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::attendance::shift::ShiftTemplate;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::RosterError;
use crate::rosters::shifts::{self, ShiftRow};

page! {
    /// A page of shifts.
    ShiftPage { shifts: ShiftRow }
}

/// Shifts with every version of each.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/shifts", tag = "rosters", params(Paging), responses((status = 200, body = ShiftPage)))]
pub async fn list_shifts(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Paging>,
) -> Result<Json<ShiftPage>, Problem> {
    let (rows, after) = (limit(query.limit)?, pair(query.after.as_deref())?);
    let shifts = shifts::list(state.db(), &permit, after.as_ref(), rows).await?;
    Ok(paged(shifts, rows, |row| format!("{}@{}", row.shift_id, row.from)))
}

/// `?on=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OnDate {
    /// The date; today without it.
    on: Option<Date>,
}

/// A shift as it is on a date.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/shifts/{id}", tag = "rosters", params(("id" = ShiftIdForm, Path), OnDate),
    responses((status = 200, body = ShiftRow)), extensions(("x-refusals" = json!(["404 unknown_shift"]))),
)]
pub async fn get_shift(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Path(shift): Path<String>,
    Params(query): Params<OnDate>,
) -> Result<Json<ShiftRow>, Problem> {
    let on = query.on.unwrap_or_else(|| state.clock().now().date_in(&TimeZone::UTC));
    let found = shifts::get(state.db(), &permit, &id(&shift)?, on).await;
    let row = found.map_err(|error| match error {
        // Here the address names it.
        RosterError::UnknownShift(_) => Problem { status: StatusCode::NOT_FOUND, ..error.into() },
        error => error.into(),
    })?;
    Ok(Json(row))
}

/// A version of a shift.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewShift)]
#[serde(deny_unknown_fields)]
pub struct ShiftBody {
    /// The first day on which it is so.
    from: Date,
    /// The zone that its times are in, where it isn't the site's.
    zone: Option<String>,
    /// What it says.
    template: ShiftTemplate,
}

/// Stores a shift as it is from a date on; the version before stays for the days before.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    put, path = "/api/v1/shifts/{id}", tag = "rosters", params(("id" = ShiftIdForm, Path)),
    request_body = ShiftBody, responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!([
        "409 period_locked", "422 bad_pattern", "422 bad_range", "422 bad_shift", "422 bad_text", "422 unknown_zone",
    ]))),
)]
pub async fn put_shift(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(shift): Path<String>,
    Body(body): Body<ShiftBody>,
) -> Result<Json<Done>, Problem> {
    let ShiftBody { from, zone, template } = body;
    let row = ShiftRow { shift_id: id(&shift)?, from, zone, template };
    Ok(done(shifts::put(state.db(), &permit, state.clock(), row).await?))
}
