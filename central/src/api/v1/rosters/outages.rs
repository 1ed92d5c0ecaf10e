//! Doors out of service. Instants are milliseconds since 1970 UTC, as everywhere in the API.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use serde::Deserialize;
use serde_json::json;

use super::{cursor, done, id, limit, page};
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::{ManageRosters, ReadRosters};
use crate::rosters::outages::{self, NewOutage};

/// `?device=&limit=&after=`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    device: Option<DeviceId>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /api/v1/out-of-service`: `{"out_of_service": […], "next": …}`, of one door or of all.
///
/// # Errors
/// [`Problem`].
pub async fn list_outages(
    State(state): State<AppState>,
    May(permit): May<ReadRosters>,
    Params(query): Params<Query>,
) -> Result<Response, Problem> {
    let (rows, after) = (limit(query.limit)?, cursor(query.after.as_deref())?);
    let outages = outages::list(state.db(), &permit, query.device.as_ref(), after, rows).await?;
    Ok(page("out_of_service", &outages, rows, |row| row.outage_id.to_string()))
}

/// A time in which a door was, or is, out of service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageBody {
    device: DeviceId,
    from: UtcMillis,
    to: Option<UtcMillis>,
    reason: String,
}

/// `POST /api/v1/out-of-service`: 201 with its id; it counts once somebody else approves it.
///
/// # Errors
/// [`Problem`].
pub async fn declare_outage(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Body(body): Body<OutageBody>,
) -> Result<Response, Problem> {
    let OutageBody { device, from, to, reason } = body;
    let new = NewOutage { device_id: device, from, to, reason };
    let id = outages::declare(state.db(), &permit, state.clock(), new).await?;
    Ok((StatusCode::CREATED, Json(json!({ "outage_id": id }))).into_response())
}

/// `POST /api/v1/out-of-service/{id}/approve`: by somebody else; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn approve_outage(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(outage): Path<String>,
) -> Result<Response, Problem> {
    Ok(done(&outages::approve(state.db(), &permit, state.clock(), id(&outage)?).await?))
}

/// When it ended; now when it isn't said.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndBody {
    at: Option<UtcMillis>,
}

/// `POST /api/v1/out-of-service/{id}/end`; says which days it touches.
///
/// # Errors
/// [`Problem`].
pub async fn end_outage(
    State(state): State<AppState>,
    May(permit): May<ManageRosters>,
    Path(outage): Path<String>,
    Body(body): Body<EndBody>,
) -> Result<Response, Problem> {
    Ok(done(&outages::end(state.db(), &permit, state.clock(), id(&outage)?, body.at).await?))
}
