//! `/device/v1`: what doors send and fetch over HTTPS. The messages are those of the broker's road.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use lintel_core::road::Road;
use lintel_core::wire::{GalleryConfirmation, Heartbeat};
use serde::Deserialize;

use super::input::{Body, Params, read};
use super::problem::Problem;
use crate::app::AppState;
use crate::devices::{self, Device, DeviceError};
use crate::gallery::{self, GalleryError};
use crate::ingest::{AcceptError, accept};

/// `POST /device/v1/events`: an event batch; the signed ack of what is durable.
///
/// # Errors
/// [`Problem`]; nothing of the batch was stored then.
pub async fn send_events(
    State(state): State<AppState>,
    Extension(device): Extension<Device>,
    request: Request,
) -> Result<Response, Problem> {
    // The bytes themselves: what was hashed must not pass through another serialiser.
    let bytes = read(request, &state).await?;
    let accepted = accept(state.db(), &state.keys().ack, state.clock(), Road::Https, &device, &bytes).await?;
    state.metrics().events.accepted(Road::Https, &accepted);
    let body = serde_json::to_vec(&accepted.ack).map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// `GET /device/v1/hello`: 204 to a door that is let in.
pub async fn hello() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// `POST /device/v1/heartbeat`.
///
/// # Errors
/// [`Problem`].
pub async fn heartbeat(
    State(state): State<AppState>,
    Extension(device): Extension<Device>,
    Body(beat): Body<Heartbeat>,
) -> Result<Response, Problem> {
    let answer = devices::heartbeat(state.db(), state.keys(), state.clock(), &device, &beat).await?;
    Ok(Json(answer).into_response())
}

/// `?since=&pack=`: the revision that the door has, and the pack that it matches with.
#[derive(Debug, Deserialize)]
pub struct SinceRevision {
    #[serde(default)]
    since: i64,
    pack: String,
}

/// `GET /device/v1/gallery?since=`: the sealed step to the newest revision, or 204.
///
/// # Errors
/// [`Problem`].
pub async fn get_gallery(
    State(state): State<AppState>,
    Extension(device): Extension<Device>,
    Params(wanted): Params<SinceRevision>,
) -> Result<Response, Problem> {
    let SinceRevision { since, pack } = wanted;
    let delta = gallery::sealed_delta_for(state.db(), state.keys(), &device, since, &pack).await?;
    Ok(match delta {
        Some(delta) => Json(delta).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// `POST /device/v1/gallery/confirm`: 204.
///
/// # Errors
/// [`Problem`].
pub async fn confirm_gallery(
    State(state): State<AppState>,
    Extension(device): Extension<Device>,
    Body(confirmation): Body<GalleryConfirmation>,
) -> Result<Response, Problem> {
    devices::confirm_gallery(state.db(), state.clock(), &device, &confirmation).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        use StatusCode as S;
        let (status, code) = match &error {
            AcceptError::TooLarge { .. } | AcceptError::TooMany { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
            AcceptError::Malformed(_) => (S::BAD_REQUEST, "not_a_batch"),
            AcceptError::Version(_) => (S::UNPROCESSABLE_ENTITY, "unknown_version"),
            AcceptError::DeviceMismatch { .. } => (S::FORBIDDEN, "other_device"),
            AcceptError::Ack(_) | AcceptError::Zone { .. } | AcceptError::Store(_) => {
                return Self::internal(&error);
            }
        };
        let text: String = error.to_string().chars().filter(|c| !c.is_control()).take(300).collect();
        Self::new(status, code, text)
    }
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        use StatusCode as S;
        let (status, code) = match &error {
            DeviceError::Refused => return Self::unauthorised(),
            DeviceError::Mismatch { .. } => (S::FORBIDDEN, "other_device"),
            DeviceError::OtherGalleryKey(_) => (S::CONFLICT, "other_gallery_key"),
            DeviceError::GalleryKey | DeviceError::Field(_) | DeviceError::Name(_) => {
                (S::UNPROCESSABLE_ENTITY, "bad_value")
            }
            DeviceError::Exists(_) => (S::CONFLICT, "device_exists"),
            DeviceError::Unknown(_) => (S::NOT_FOUND, "unknown_device"),
            DeviceError::UnknownSite(_) => (S::UNPROCESSABLE_ENTITY, "unknown_site"),
            DeviceError::Random(_) | DeviceError::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<GalleryError> for Problem {
    fn from(error: GalleryError) -> Self {
        match &error {
            GalleryError::NoDeviceKey(_) => {
                Self::new(StatusCode::CONFLICT, "heartbeat_first", error.to_string())
            }
            _ => Self::internal(&error),
        }
    }
}
