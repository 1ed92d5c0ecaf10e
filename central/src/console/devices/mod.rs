//! The doors: which there are, how they are, inviting one, and taking one's right away.

mod invite;

pub use invite::{invite_device, withdraw_invite};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Html, Redirect};
use lintel_core::event::DirectionHint;
use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use lintel_core::wire::CameraHealth;
use lintel_runtime::catalogue::Words;

use self::invite::OpenInvite;
use super::shell::{Shell, Tab, Visit, said};
use super::{Choice, dates, page, site_choices};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::{ManageDevices, ReadDevices};
use crate::devices::{self, DeviceError, DeviceState};
use crate::store::erasures::{self, Unconfirmed};

const DAY_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "devices.html")]
struct DevicesPage {
    shell: Shell,
    rows: Vec<Door>,
    invites: Vec<OpenInvite>,
    sites: Vec<Choice>,
    /// Doors that haven't confirmed yet that they forgot people who were erased.
    erasures: Vec<String>,
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
    /// Which gallery it has, against the site's newest.
    pub(super) gallery: String,
    pub(super) certificate: String,
    pub(super) version: String,
    /// Whose days it holds up; empty where nobody's.
    pub(super) held: String,
    pub(super) gone: bool,
}

/// A door as pages show it; one that is silent for longer than `silent_ms` is one to look at.
pub(super) fn door(words: Words<'_>, state: &DeviceState, now: UtcMillis, silent_ms: i64) -> Door {
    let device = &state.device;
    let silent = state.last_seen.is_none_or(|seen| now.millis_since(seen) > silent_ms);
    let broken = state.chain_state.as_deref() == Some("broken");
    let (text, class, mark) = if device.revoked_at.is_some() {
        ("devices-revoked", "off", "–")
    } else if state.last_seen.is_none() {
        ("devices-never", "wait", "→")
    } else if broken {
        ("devices-broken", "look", "!")
    } else if silent {
        ("devices-silent", "look", "!")
    } else if state.camera == Some(CameraHealth::Failed) {
        ("devices-blind", "look", "!")
    } else {
        ("devices-well", "good", "✓")
    };
    let seen = state.last_seen.map(|seen| dates::ago(words, now.millis_since(seen)));
    Door {
        id: device.device_id.to_string(),
        door: device.door.clone(),
        site: device.site_id.to_string(),
        direction: direction(words, device.direction),
        state: words.say(text),
        class,
        mark,
        seen: seen.unwrap_or_else(|| "–".to_owned()),
        backlog: state.backlog.map_or_else(|| "–".to_owned(), |backlog| backlog.to_string()),
        gallery: gallery(words, state),
        certificate: certificate(words, state, now),
        version: state.version.clone().unwrap_or_default(),
        held: String::new(),
        gone: device.revoked_at.is_some(),
    }
}

fn direction(words: Words<'_>, direction: DirectionHint) -> String {
    words.say(match direction {
        DirectionHint::In => "devices-in",
        DirectionHint::Out => "devices-out",
        DirectionHint::None => "devices-both",
    })
}

fn gallery(words: Words<'_>, state: &DeviceState) -> String {
    let newest = state.newest_revision;
    match state.confirmed_revision {
        None => words.say("devices-gallery-none"),
        Some(confirmed) if confirmed >= newest => {
            words.say_with("devices-gallery-confirmed", &[("revision", confirmed.to_string().into())])
        }
        Some(confirmed) => {
            let values = [("revision", confirmed.to_string().into()), ("newest", newest.to_string().into())];
            words.say_with("devices-gallery-behind", &values)
        }
    }
}

fn certificate(words: Words<'_>, state: &DeviceState, now: UtcMillis) -> String {
    match state.certificate_expires_at.map(|until| until.millis_since(now)) {
        None => words.say("devices-certificate-none"),
        Some(left) if left <= 0 => words.say("devices-certificate-ended"),
        Some(left) => words.say_with("devices-certificate-left", &[("days", (left / DAY_MS).into())]),
    }
}

/// What is left to be confirmed of erasures, without a name.
fn unconfirmed(words: Words<'_>, one: &Unconfirmed) -> String {
    let id = if one.revoked { "devices-erasures-revoked" } else { "devices-erasures-wait" };
    let values = [
        ("door", one.door.as_str().into()),
        ("site", one.site_id.as_str().into()),
        ("people", one.people.into()),
    ];
    words.say_with(id, &values)
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
    let silent_ms = state.settings().devices.offline_after_ms();
    let mut rows: Vec<Door> = found.iter().map(|one| door(visit.words, one, now, silent_ms)).collect();
    for (door, days) in devices::list_holding_up(state.db(), &permit).await? {
        if let Some(row) = rows.iter_mut().find(|row| row.id == door.as_str()) {
            row.held = visit.words.say_with("devices-held-days", &[("days", days.into())]);
        }
    }
    rows.sort_by_key(|row| row.gone);
    let sites = crate::sites::list(state.db(), &permit).await?;
    let open = devices::list_invites(state.db(), &permit, state.clock()).await?;
    let waiting = erasures::list_unconfirmed(&mut state.db().read().await?).await?;
    page(&DevicesPage {
        shell: visit.shell(&state, Tab::Devices),
        rows,
        invites: open.iter().map(|one| invite::open_invite(visit.words, one, &sites)).collect(),
        sites: site_choices(&sites, None),
        erasures: waiting.iter().map(|one| unconfirmed(visit.words, one)).collect(),
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
