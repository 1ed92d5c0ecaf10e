//! Doors and sites, for reading.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::ReadDevices;
use crate::store::{devices, sites};

/// `GET /api/v1/devices`: `{"devices": […]}`, never a token.
///
/// # Errors
/// [`Problem`].
pub async fn list_devices(
    State(state): State<AppState>,
    May(_permit): May<ReadDevices>,
) -> Result<Response, Problem> {
    let devices = devices::list(&mut state.db().read().await?).await?;
    Ok(Json(json!({ "devices": devices })).into_response())
}

/// `GET /api/v1/sites`: `{"sites": […]}`.
///
/// # Errors
/// [`Problem`].
pub async fn list_sites(
    State(state): State<AppState>,
    May(_permit): May<ReadDevices>,
) -> Result<Response, Problem> {
    let sites = sites::list(&mut state.db().read().await?).await?;
    Ok(Json(json!({ "sites": sites })).into_response())
}
