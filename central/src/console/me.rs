//! Me: one's own month, a correction to propose, consent, and the badge.
//!
//! Whose record it is comes from the session, never from the address: there is no id to guess.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use lintel_core::time::zone;

use super::record::page::{Chosen, Record, WishFields, answer, read};
use super::shell::{Shell, Tab, Visit, said};
use super::{badge, dates, page};
use crate::api::input::{Fields, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::Own;
use crate::auth::permit::{ManageOwnConsent, ProposeCorrection, ReadOwnRecord};
use crate::corrections;
use crate::people::{self, PeopleError};
use crate::store::{people as people_store, sites};

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    own: bool,
    name: String,
    record: Record,
    action: String,
    may_change: bool,
    consent: Option<String>,
    badge_card: String,
}

/// `GET /console/me`.
///
/// # Errors
/// [`Problem`].
pub async fn show_me(
    State(state): State<AppState>,
    visit: Visit,
    Own(permit): Own<ReadOwnRecord>,
    Params(chosen): Params<Chosen>,
) -> Result<Html<String>, Problem> {
    let id = permit.person();
    let shell = visit.shell(&state, Tab::Me);
    let badge_card = badge::own_card(&state, &visit, &shell).await?;
    let mut tx = state.db().read().await?;
    let person = people_store::get(&mut tx, id).await?.ok_or_else(|| PeopleError::Unknown(id.to_string()))?;
    let record = read(&state, &visit, &mut tx, &person, chosen.month).await?;
    let standing = people_store::get_consent(&mut tx, id).await?;
    let site = sites::get(&mut tx, &person.site_id).await?;
    let zone = zone(site.as_ref().map_or("UTC", |site| site.zone.as_str()))
        .map_err(|error| Problem::internal(&error))?;
    let consent = person.consent.as_ref().zip(standing).map(|(notice, (at, _))| {
        let date = dates::long(visit.words, at.date_in(&zone));
        visit.words.say_with("me-consent", &[("notice", notice.as_str().into()), ("date", date.into())])
    });
    page(&MePage {
        shell,
        own: true,
        name: person.name,
        record,
        action: "/console/me/corrections".into(),
        may_change: person.active,
        consent,
        badge_card,
    })
}

/// `POST /console/me/corrections`.
///
/// # Errors
/// [`Problem`].
pub async fn propose_correction(
    State(state): State<AppState>,
    Own(permit): Own<ProposeCorrection>,
    Fields(fields): Fields<WishFields>,
) -> Result<Redirect, Problem> {
    let month = fields.month.map(|month| format!("?month={month}")).unwrap_or_default();
    let address = format!("/console/me{month}");
    let all = sites::list(&mut state.db().read().await?).await?;
    let Some(wish) = fields.wish(&all) else { return Ok(said(&address, "refused-wish")) };
    answer(&address, corrections::propose(state.db(), &permit, state.clock(), &wish).await, "said-proposed")
}

/// `POST /console/me/withdraw`: takes effect at once; nobody has to agree.
///
/// # Errors
/// [`Problem`].
pub async fn withdraw_own_consent(
    State(state): State<AppState>,
    Own(permit): Own<ManageOwnConsent>,
) -> Result<Redirect, Problem> {
    match people::withdraw_own(state.db(), &permit, state.clock()).await {
        Ok(()) => Ok(said("/console/me", "said-own-consent-withdrawn")),
        Err(error) => {
            super::people::refusal(&error).map(|id| said("/console/me", id)).ok_or_else(|| error.into())
        }
    }
}
