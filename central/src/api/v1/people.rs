//! People and their consent.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use lintel_core::ids::SiteId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::person_id;
use crate::api::input::{Body, Params};
use crate::api::openapi::forms::PersonIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::audit::{self, View};
use crate::auth::May;
use crate::auth::permit::{ManagePeople, ReadPeople};
use crate::people::{self, NewPerson, Person};

/// `?site=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SiteFilter {
    /// Only people of this site.
    site: Option<SiteId>,
}

/// People.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeopleList {
    people: Vec<Person>,
}

/// People by name, of a site or of all.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(SiteFilter), responses((status = 200, body = PeopleList)))]
pub async fn list_people(
    State(state): State<AppState>,
    May(permit): May<ReadPeople>,
    Params(filter): Params<SiteFilter>,
) -> Result<Json<PeopleList>, Problem> {
    let subject = filter.site.as_ref().map_or("all", SiteId::as_str);
    audit::viewed(state.db(), permit.actor(), state.clock(), View::People, subject).await?;
    let people = people::list(state.db(), &permit, filter.site.as_ref()).await?;
    Ok(Json(PeopleList { people }))
}

/// A person to add.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewPerson)]
#[serde(deny_unknown_fields)]
pub struct NewPersonBody {
    /// Up to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Where they belong.
    site: SiteId,
    /// Their staff number.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200)]
    staff_no: Option<String>,
    /// The first day at work; without one they have always been there.
    #[serde(default)]
    joined: Option<Date>,
}

/// Adds a person.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/people", tag = "people", request_body = NewPersonBody,
    responses((status = 201, body = Person)),
    extensions(("x-refusals" = json!(["409 staff_no_taken", "422 bad_text", "422 unknown_site", "422 unlikely_date"]))),
)]
pub async fn create_person(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Body(body): Body<NewPersonBody>,
) -> Result<(StatusCode, Json<Person>), Problem> {
    let new = NewPerson { name: body.name, site_id: body.site, staff_no: body.staff_no };
    let person = people::add_joined(state.db(), &permit, state.clock(), &new, body.joined).await?;
    Ok((StatusCode::CREATED, Json(person)))
}

/// Removes a person who leaves: the doors forget the face, the record stays.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    delete, path = "/api/v1/people/{id}", tag = "people", params(("id" = PersonIdForm, Path)),
    responses((status = 204)), extensions(("x-refusals" = json!(["404 unknown_person", "409 person_left"]))),
)]
pub async fn remove_person(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    people::remove(state.db(), &permit, state.clock(), person_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A consent to face recognition.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Consent)]
#[serde(deny_unknown_fields)]
pub struct ConsentBody {
    /// The version of the notice that was signed.
    #[schema(min_length = 1, max_length = 200)]
    notice_version: String,
}

/// Records a person's consent to face recognition.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    post, path = "/api/v1/people/{id}/consent", tag = "people", params(("id" = PersonIdForm, Path)),
    request_body = ConsentBody, responses((status = 204)),
    extensions(("x-refusals" = json!(["404 unknown_person", "409 person_left", "422 bad_text"]))),
)]
pub async fn record_consent(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
    Body(body): Body<ConsentBody>,
) -> Result<StatusCode, Problem> {
    let id = person_id(&id)?;
    people::consent(state.db(), &permit, state.clock(), id, &body.notice_version, "api").await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Withdraws a consent: templates and key are destroyed, here and at the doors.
///
/// # Errors
/// [`Problem`].
#[utoipa::path(
    delete, path = "/api/v1/people/{id}/consent", tag = "people", params(("id" = PersonIdForm, Path)),
    responses((status = 204)),
    extensions(("x-refusals" = json!(["404 unknown_person", "409 no_consent", "409 person_left"]))),
)]
pub async fn withdraw_consent(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    people::withdraw(state.db(), &permit, state.clock(), person_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
