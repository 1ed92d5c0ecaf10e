//! Doors, for reading.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::ReadDevices;
use crate::store::devices::{self, DeviceState};

/// Doors.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceList {
    devices: Vec<DeviceState>,
}

/// Doors with what they last reported; never a token.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/devices", tag = "doors", responses((status = 200, body = DeviceList)))]
pub async fn list_devices(
    State(state): State<AppState>,
    May(_permit): May<ReadDevices>,
) -> Result<Json<DeviceList>, Problem> {
    let devices = devices::list(&mut state.db().read().await?).await?;
    Ok(Json(DeviceList { devices }))
}
