//! The badge on a person's page and on one's own: issued, printed, replaced, taken away.
//!
//! The picture of a badge is the badge: it is shown to whoever may issue it, and each time is in the audit.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use lintel_core::ids::PersonId;
use lintel_core::time::zone;

use super::dates;
use super::people::{person_id, refusal};
use super::shell::{Shell, Visit, said};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::permit::{IssueOwnBadge, ManageBadges, ReadPeople};
use crate::auth::{May, Own};
use crate::badges::{self, BadgeError, Card, IssuedBadge, VALID_DAYS};

#[derive(Template)]
#[template(path = "badge_part.html")]
struct BadgePart {
    shell: Shell,
    /// Until when it is good.
    valid: Option<String>,
    /// Where its picture is, and where its forms go.
    address: String,
    may_issue: bool,
    may_revoke: bool,
}

impl BadgePart {
    fn html(self) -> Result<String, Problem> {
        self.render().map_err(|error| Problem::internal(&error))
    }
}

fn valid(visit: &Visit, badge: &IssuedBadge) -> Option<String> {
    let zone = zone("UTC").ok()?;
    let date = dates::long(visit.words, badge.not_after.date_in(&zone));
    Some(visit.words.say_with("badge-valid", &[("date", date.into())]))
}

/// The card on a person's page.
pub(super) async fn card_of(
    state: &AppState,
    visit: &Visit,
    shell: &Shell,
    person: PersonId,
) -> Result<String, Problem> {
    let badge = badges::of_person(state.db(), &visit.actor.permit::<ReadPeople>()?, person).await?;
    let may = visit.actor.permit::<ManageBadges>().is_ok();
    BadgePart {
        shell: shell.clone(),
        valid: badge.as_ref().and_then(|badge| valid(visit, badge)),
        address: format!("/console/people/{person}/badge"),
        may_issue: may,
        may_revoke: may,
    }
    .html()
}

/// The card on one's own page.
pub(super) async fn own_card(state: &AppState, visit: &Visit, shell: &Shell) -> Result<String, Problem> {
    let badge = badges::own(state.db(), &visit.actor.own::<IssueOwnBadge>()?).await?;
    BadgePart {
        shell: shell.clone(),
        valid: badge.as_ref().and_then(|badge| valid(visit, badge)),
        address: "/console/me/badge".to_owned(),
        may_issue: true,
        may_revoke: false,
    }
    .html()
}

fn picture(visit: &Visit, card: &Card) -> Result<Response, Problem> {
    let svg = badges::card_svg(visit.words, card).map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

fn back<T>(address: &str, done: Result<T, BadgeError>, said_id: &str) -> Result<Redirect, Problem> {
    match done {
        Ok(_) => Ok(said(address, said_id)),
        Err(BadgeError::None(_)) => Ok(said(address, "refused-no-badge")),
        Err(BadgeError::Person(error)) => {
            refusal(&error).map(|id| said(address, id)).ok_or_else(|| error.into())
        }
        Err(error) => Err(Problem::internal(&error)),
    }
}

fn problem(error: BadgeError) -> Problem {
    match error {
        BadgeError::None(_) | BadgeError::KeyGone { .. } => Problem::not_found(error.to_string()),
        error => Problem::internal(&error),
    }
}

/// `GET /console/people/{id}/badge.svg`.
///
/// # Errors
/// [`Problem`].
pub async fn show_badge(
    State(state): State<AppState>,
    visit: Visit,
    May(permit): May<ManageBadges>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (db, keys) = (state.db(), &state.keys().badge);
    let card = badges::print(db, keys, &permit, state.clock(), person_id(&id)?).await.map_err(problem)?;
    picture(&visit, &card)
}

/// `POST /console/people/{id}/badge`.
///
/// # Errors
/// [`Problem`].
pub async fn issue_badge(
    State(state): State<AppState>,
    May(permit): May<ManageBadges>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let id = person_id(&id)?;
    let (db, keys) = (state.db(), &state.keys().badge);
    let done = badges::issue(db, keys, &permit, state.clock(), id, VALID_DAYS).await;
    back(&format!("/console/people/{id}"), done, "said-badge-issued")
}

/// `POST /console/people/{id}/badge/revoke`.
///
/// # Errors
/// [`Problem`].
pub async fn revoke_badge(
    State(state): State<AppState>,
    May(permit): May<ManageBadges>,
    Path(id): Path<String>,
) -> Result<Redirect, Problem> {
    let id = person_id(&id)?;
    let done = badges::revoke(state.db(), &permit, state.clock(), id).await;
    back(&format!("/console/people/{id}"), done, "said-badge-revoked")
}

/// `GET /console/me/badge.svg`.
///
/// # Errors
/// [`Problem`].
pub async fn show_own_badge(
    State(state): State<AppState>,
    visit: Visit,
    Own(permit): Own<IssueOwnBadge>,
) -> Result<Response, Problem> {
    let (db, keys) = (state.db(), &state.keys().badge);
    let card = badges::print_own(db, keys, &permit, state.clock()).await.map_err(problem)?;
    picture(&visit, &card)
}

/// `POST /console/me/badge`.
///
/// # Errors
/// [`Problem`].
pub async fn issue_own_badge(
    State(state): State<AppState>,
    Own(permit): Own<IssueOwnBadge>,
) -> Result<Redirect, Problem> {
    let (db, keys) = (state.db(), &state.keys().badge);
    back("/console/me", badges::issue_own(db, keys, &permit, state.clock()).await, "said-badge-issued")
}
