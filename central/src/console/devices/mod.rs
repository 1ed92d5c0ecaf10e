//! The doors: which there are, how they are, and taking one's right away.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use lintel_core::event::DirectionHint;
use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;

use super::shell::{Shell, Tab, Visit, said};
use super::{dates, page};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::{ManageDevices, ReadDevices};
use crate::devices::{self, DeviceError, DeviceState};

/// A door that is silent for longer is shown as one to look at: three heartbeats of a minute.
const SILENT_MS: i64 = 180_000;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    shell: Shell,
    rows: Vec<Door>,
    may_manage: bool,
}

/// A door with its health in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Door {
    pub(super) id: String,
    pub(super) door: String,
    pub(super) site: String,
    pub(super) direction: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) seen: String,
    pub(super) backlog: String,
    pub(super) version: String,
    pub(super) gone: bool,
}

/// A door as pages show it.
pub(super) fn door(words: Words<'_>, state: &DeviceState, now: UtcMillis) -> Door {
    let device = &state.device;
    let silent = state.last_seen.is_none_or(|seen| now.millis_since(seen) > SILENT_MS);
    let broken = state.chain_state.as_deref() == Some("broken");
    let (text, class, mark) = if device.revoked_at.is_some() {
        ("devices-revoked", "off", "–")
    } else if state.last_seen.is_none() {
        ("devices-never", "wait", "→")
    } else if broken {
        ("devices-broken", "look", "!")
    } else if silent {
        ("devices-silent", "look", "!")
    } else {
        ("devices-well", "good", "✓")
    };
    let seen = state.last_seen.map(|seen| dates::ago(words, now.millis_since(seen)));
    Door {
        id: device.device_id.to_string(),
        door: device.door.clone(),
        site: device.site_id.to_string(),
        direction: words.say(match device.direction {
            DirectionHint::In => "devices-in",
            DirectionHint::Out => "devices-out",
            DirectionHint::None => "devices-both",
        }),
        state: words.say(text),
        class,
        mark,
        seen: seen.unwrap_or_else(|| "–".to_owned()),
        backlog: state.backlog.map_or_else(|| "–".to_owned(), |backlog| backlog.to_string()),
        version: state.version.clone().unwrap_or_default(),
        gone: device.revoked_at.is_some(),
    }
}

/// `GET /console/devices`.
///
/// # Errors
/// [`Problem`].
pub async fn list_devices(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ReadDevices>,
) -> Result<Html<String>, Problem> {
    let found = devices::list(state.db(), &permit).await?;
    let now = state.clock().now();
    let mut rows: Vec<Door> = found.iter().map(|one| door(visit.words, one, now)).collect();
    rows.sort_by_key(|row| row.gone);
    page(&DevicesPage {
        shell: visit.shell(&state, Tab::Devices),
        rows,
        may_manage: visit.actor.permit::<ManageDevices>().is_ok(),
    })
}

/// `POST /console/devices/{id}/revoke`.
///
/// # Errors
/// [`Problem`].
pub async fn revoke_device(
    State(state): State<AppState>,
    May(permit): May<ManageDevices>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let list = "/console/devices";
    let Ok(id) = DeviceId::parse(&id) else { return Ok(said(list, "refused-device-unknown")) };
    match devices::revoke(state.db(), &permit, state.clock(), &id).await {
        Ok(()) => Ok(said(list, "said-device-revoked")),
        Err(DeviceError::Unknown(_)) => Ok(said(list, "refused-device-unknown")),
        Err(error) => Err(Problem::internal(&error)),
    }
}
