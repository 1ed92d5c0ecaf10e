//! Doors out of service. Instants are milliseconds since 1970 UTC, as everywhere in the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use lintel_core::ids::{DeviceId, OutageId};
use lintel_core::time::UtcMillis;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Done, cursor, done, id, limit, page, paged};
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::OutageIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::outages::{self, NewOutage, OutageRow};

/// `?device=&limit=&after=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only those of this door.
    device: Option<DeviceId>,
    /// At most so many rows; 100 without it.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

page! {
    /// A page of times in which doors were out of service.
    OutagePage { out_of_service: OutageRow }
}

/// Times in which a door, or any, was out of service.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    get, path = "/api/v1/out-of-service", tag = "rosters", params(Query), responses((status = 200, body = OutagePage)),
)]
pub async fn list_outages(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Json<OutagePage>, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let outages = outages::list(state.db(), &permit, query.device.as_ref(), after, rows).await?;
    Ok(paged(outages, rows, |row| row.outage_id.to_string()))
}

/// A time in which a door was, or is, out of service.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewOutage)]
#[serde(deny_unknown_fields)]
pub struct OutageBody {
    /// Which door.
    device: DeviceId,
    /// From when.
    from: UtcMillis,
    /// Until when; it goes on without one.
    to: Option<UtcMillis>,
    /// Why, in 3 to 500 characters.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// A time out of service that was declared.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutageDeclared {
    outage_id: OutageId,
}

/// Declares a door out of service; it counts once somebody else approves it.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/out-of-service", tag = "rosters", request_body = OutageBody,
    responses((status = 201, body = OutageDeclared)),
    extensions(("x-refusals" = json!([
        "409 period_locked", "422 bad_range", "422 outage_end", "422 reason_needed", "422 unknown_device",
    ]))),
)]
pub async fn declare_outage(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<OutageBody>,
) -> Result<(StatusCode, Json<OutageDeclared>), Problem> {
    let OutageBody { device, from, to, reason } = body;
    let new = NewOutage { device_id: device, from, to, reason };
    let outage_id = outages::declare(state.db(), &permit, state.clock(), new).await?;
    Ok((StatusCode::CREATED, Json(OutageDeclared { outage_id })))
}

/// Approves what somebody else declared.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/out-of-service/{id}/approve", tag = "rosters", params(("id" = OutageIdForm, Path)),
    responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!([
        "403 own_record", "404 unknown_outage", "409 decided_already", "409 period_locked", "422 bad_range",
        "422 unknown_device",
    ]))),
)]
pub async fn approve_outage(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(outage): Path<String>,
) -> Result<Json<Done>, Problem> {
    Ok(done(outages::approve(state.db(), &permit, state.clock(), id(&outage)?).await?))
}

/// When it ended; now when it isn't said.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OutageEnd)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    /// Since which instant the door is back.
    at: Option<UtcMillis>,
}

/// Says that a door is back.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/out-of-service/{id}/end", tag = "rosters", params(("id" = OutageIdForm, Path)),
    request_body = EndBody, responses((status = 200, body = Done)),
    extensions(("x-refusals" = json!([
        "404 unknown_outage", "409 period_locked", "422 bad_range", "422 outage_end", "422 unknown_device",
    ]))),
)]
pub async fn end_outage(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(outage): Path<String>,
    Body(body): Body<EndBody>,
) -> Result<Json<Done>, Problem> {
    Ok(done(outages::end(state.db(), &permit, state.clock(), id(&outage)?, body.at).await?))
}
