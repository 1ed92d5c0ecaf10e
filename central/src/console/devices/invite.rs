//! Inviting a door: a form, and a page that shows the code once.
//!
//! The code is in the answer to the form and nowhere else: no address, no log and no audit row holds it. Who
//! loads the page again asks for a new one, which makes the one before it worthless.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::tz::TimeZone;
use lintel_core::event::DirectionHint;
use lintel_core::ids::{DeviceId, SiteId};
use lintel_core::time::zone;
use lintel_runtime::catalogue::Words;
use serde::Deserialize;

use super::super::shell::{Shell, Tab, Visit, said};
use super::super::{dates, page};
use super::direction;
use crate::api::input::Fields;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::May;
use crate::auth::permit::{ManageDevices, ReadDevices};
use crate::devices::invite::{Invite, USUAL_VALIDITY_MS};
use crate::devices::{self, InviteError, InviteRequest, qr};
use crate::store::sites::Site;

/// Where the doors are listed.
const LIST: &str = "/console/devices";

#[derive(Template)]
#[template(path = "invite.html")]
struct InvitePage {
    shell: Shell,
    title: String,
    /// The code in groups, and as a picture.
    code: String,
    qr: String,
    until: String,
}

/// An invitation that waits to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenInvite {
    pub(super) id: String,
    pub(super) door: String,
    pub(super) site: String,
    pub(super) direction: String,
    pub(super) until: String,
}

fn zone_of(sites: &[Site], id: &SiteId) -> TimeZone {
    let site = sites.iter().find(|site| site.site_id == *id);
    zone(site.map_or("UTC", |site| site.zone.as_str())).unwrap_or(TimeZone::UTC)
}

/// An invitation as the list shows it.
pub(super) fn open_invite(words: Words<'_>, invite: &Invite, sites: &[Site]) -> OpenInvite {
    OpenInvite {
        id: invite.device_id.to_string(),
        door: invite.door.clone(),
        site: invite.site_id.to_string(),
        direction: direction(words, invite.direction),
        until: dates::moment(words, invite.expires_at, &zone_of(sites, &invite.site_id)),
    }
}

/// The form that invites a door. For one that is there already only its id is sent.
#[derive(Debug, Deserialize)]
pub struct InviteFields {
    id: String,
    site: Option<String>,
    door: Option<String>,
    direction: Option<String>,
}

impl InviteFields {
    /// What is asked for; where an id can't be one, the refusal.
    fn request(self) -> Result<InviteRequest, &'static str> {
        let device_id = DeviceId::parse(self.id.trim()).map_err(|_| "refused-device-id")?;
        let site_id = match &self.site {
            Some(site) => Some(SiteId::parse(site).map_err(|_| "refused-site-unknown")?),
            None => None,
        };
        Ok(InviteRequest {
            device_id,
            only_new: site_id.is_some(),
            site_id,
            door: self.door,
            direction: self.direction.map(|direction| match direction.as_str() {
                "in" => DirectionHint::In,
                "out" => DirectionHint::Out,
                _ => DirectionHint::None,
            }),
            valid_ms: USUAL_VALIDITY_MS,
        })
    }
}

fn refusal(error: &InviteError) -> Option<&'static str> {
    Some(match error {
        InviteError::NeedsPlace(_) => "refused-device-place",
        InviteError::Taken(_) => "refused-device-taken",
        InviteError::NoInvite(_) => "refused-no-invite",
        InviteError::UnknownSite(_) => "refused-site-unknown",
        InviteError::Address(_) => "refused-device-address",
        InviteError::Name(_) => "refused-name",
        InviteError::Validity | InviteError::Random(_) | InviteError::Store(_) => return None,
    })
}

fn back(error: InviteError) -> Result<Redirect, Problem> {
    refusal(&error).map(|id| said(LIST, id)).ok_or_else(|| Problem::internal(&error))
}

/// `POST /console/devices`: the code, this once.
///
/// # Errors
/// [`Problem`].
pub async fn invite_device(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageDevices>,
    Fields(fields): Fields<InviteFields>,
) -> Result<Response, Problem> {
    let request = match fields.request() {
        Ok(request) => request,
        Err(refused) => return Ok(said(LIST, refused).into_response()),
    };
    let id = request.device_id.clone();
    let made = match devices::invite(state.db(), state.trust(), &permit, state.clock(), request).await {
        Ok(made) => made,
        Err(error) => return back(error).map(IntoResponse::into_response),
    };
    let may_read = visit.actor.permit::<ReadDevices>()?;
    let sites = crate::sites::list(state.db(), &may_read).await?;
    let open = devices::list_invites(state.db(), &may_read, state.clock()).await?;
    let place = open.iter().find(|invite| invite.device_id == id);
    let zone = place.map_or(TimeZone::UTC, |invite| zone_of(&sites, &invite.site_id));
    let door = place.map_or_else(|| id.to_string(), |invite| invite.door.clone());
    let until = dates::moment(visit.words, made.expires_at, &zone);
    page(&InvitePage {
        title: visit.words.say_with("invite-title", &[("door", door.into())]),
        until: visit.words.say_with("invite-until", &[("until", until.into())]),
        qr: qr::svg(made.code.expose()).map_err(|error| Problem::internal(&error))?,
        code: made.code.expose().to_owned(),
        shell: visit.shell(&state, Tab::Devices),
    })
    .map(IntoResponse::into_response)
}

/// `POST /console/devices/{id}/withdraw`.
///
/// # Errors
/// [`Problem`].
pub async fn withdraw_invite(
    State(state): State<AppState>,
    May(permit): May<ManageDevices>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let Ok(id) = DeviceId::parse(&id) else { return Ok(said(LIST, "refused-no-invite")) };
    match devices::withdraw_invite(state.db(), &permit, state.clock(), &id).await {
        Ok(()) => Ok(said(LIST, "said-invite-withdrawn")),
        Err(error) => back(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(id: &str, site: Option<&str>) -> InviteFields {
        let (site, door) = (site.map(str::to_owned), Some("Main entrance".to_owned()));
        InviteFields { id: id.into(), site, door, direction: Some("out".into()) }
    }

    #[test]
    fn a_form_with_a_site_is_for_a_new_door_and_one_without_for_the_door_that_it_names() {
        let new = fields(" door-1 ", Some("berlin")).request().unwrap();
        assert!(new.only_new && new.direction == Some(DirectionHint::Out));
        assert_eq!(new.device_id.as_str(), "door-1");
        assert!(!fields("door-1", None).request().unwrap().only_new);
        assert_eq!(fields("Door 1", Some("berlin")).request().unwrap_err(), "refused-device-id");
        assert_eq!(fields("door-1", Some("Berlin!")).request().unwrap_err(), "refused-site-unknown");
    }
}
