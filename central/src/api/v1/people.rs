//! People and their consent.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use serde::Deserialize;
use serde_json::json;

use super::person_id;
use crate::api::input::{Body, Params};
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{ManagePeople, ReadPeople};
use crate::people::{self, NewPerson};

/// `?site=`.
#[derive(Debug, Deserialize)]
pub struct SiteFilter {
    site: Option<SiteId>,
}

/// `GET /api/v1/people?site=`: `{"people": […]}`.
///
/// # Errors
/// [`Problem`].
pub async fn list_people(
    State(state): State<AppState>,
    May(permit): May<ReadPeople>,
    Params(filter): Params<SiteFilter>,
) -> Result<Response, Problem> {
    let subject = filter.site.as_ref().map_or("all", SiteId::as_str);
    audit::viewed(state.db(), permit.actor(), state.clock(), View::People, subject).await?;
    let people = people::list(state.db(), &permit, filter.site.as_ref()).await?;
    Ok(Json(json!({ "people": people })).into_response())
}

/// A person to add.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPersonBody {
    name: String,
    site: SiteId,
    #[serde(default)]
    staff_no: Option<String>,
    /// The first day at work; without one they have always been there.
    #[serde(default)]
    joined: Option<Date>,
}

/// `POST /api/v1/people`: 201 with the person.
///
/// # Errors
/// [`Problem`].
pub async fn create_person(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Body(body): Body<NewPersonBody>,
) -> Result<Response, Problem> {
    let new = NewPerson { name: body.name, site_id: body.site, staff_no: body.staff_no };
    let person = people::add_joined(state.db(), &permit, state.clock(), &new, body.joined).await?;
    Ok((StatusCode::CREATED, Json(person)).into_response())
}

/// `DELETE /api/v1/people/{id}`: the doors forget the face; 204.
///
/// # Errors
/// [`Problem`].
pub async fn remove_person(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    people::remove(state.db(), &permit, state.clock(), person_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A consent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    notice_version: String,
}

/// `POST /api/v1/people/{id}/consent`: 204.
///
/// # Errors
/// [`Problem`].
pub async fn record_consent(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
    Body(body): Body<ConsentBody>,
) -> Result<Response, Problem> {
    let id = person_id(&id)?;
    people::consent(state.db(), &permit, state.clock(), id, &body.notice_version, "api").await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /api/v1/people/{id}/consent`: templates and key are destroyed; 204.
///
/// # Errors
/// [`Problem`].
pub async fn withdraw_consent(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    people::withdraw(state.db(), &permit, state.clock(), person_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
