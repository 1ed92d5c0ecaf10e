//! Photographs of a person, as multipart; each gets an answer.

use axum::Json;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use utoipa::ToSchema;

use super::person_id;
use crate::api::openapi::forms::PersonIdForm;
use crate::api::problem::Problem;
use crate::app::AppState;
use crate::auth::permit::{ManagePeople, ReadPeople};
use crate::auth::{CSRF_FIELD, May};
use crate::enrolment::{self, Choice, Desk, Enrolment, EnrolmentError, Photo};
use crate::people::{self, PeopleError};

/// Photographs in one request.
const MAX_PHOTOS: usize = 20;

/// Photographs, for the document: whatever a part is called, its file is one.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the body is read part by part")]
struct Photos {
    /// JPEG, PNG or WebP; at most 20.
    #[schema(value_type = Vec<String>, format = Binary)]
    photo: (),
}

/// Makes templates from photographs of a person who consents; each photograph gets an answer.
///
/// # Errors
/// [`Problem`]; without consent before anything of the body is read.
#[utoipa::path(
    post, path = "/api/v1/people/{id}/photos", tag = "people", params(("id" = PersonIdForm, Path)),
    request_body(content = Photos, content_type = "multipart/form-data"),
    responses((status = 200, body = Enrolment)),
    extensions(("x-refusals" = json!([
        "400 bad_multipart", "400 no_photos", "404 unknown_person", "409 no_consent", "409 person_left",
        "413 too_many", "503 no_models",
    ]))),
)]
pub async fn add_photos(
    State(state): State<AppState>,
    May(permit): May<ManagePeople>,
    May(read): May<ReadPeople>,
    Path(id): Path<String>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<Enrolment>, Problem> {
    let id = person_id(&id)?;
    let person = people::find(state.db(), &read, &id.to_string()).await?;
    if person.consent.is_none() {
        return Err(PeopleError::NoConsent(id).into());
    }
    let photos = photos_of(form).await?;
    let vision = state.vision().ok_or_else(no_models)?;
    let desk = Desk { db: state.db(), keys: state.keys(), clock: state.clock(), vision };
    let enrolment = enrolment::enrol(desk, &permit, id, photos, Choice::default()).await?;
    Ok(Json(enrolment))
}

pub(crate) fn no_models() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "no_models",
        "this server has no model pack, so it can't make templates: `lintel-central doctor` says what is missing",
    )
}

/// The photographs of a multipart body, counted before they are read.
pub(crate) async fn photos_of(form: Result<Multipart, MultipartRejection>) -> Result<Vec<Photo>, Problem> {
    let mut form = form.map_err(|_| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send photographs as multipart/form-data, one part per file",
        )
    })?;
    let mut photos = Vec::new();
    while let Some(field) = form.next_field().await? {
        // A page's form begins with its token, which the guard has read already.
        if field.name() == Some(CSRF_FIELD) {
            continue;
        }
        if photos.len() == MAX_PHOTOS {
            let text = format!("at most {MAX_PHOTOS} photographs are taken at once");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many", text));
        }
        let name = field.file_name().or(field.name()).unwrap_or("photo");
        let name = name.chars().filter(|c| !c.is_control()).take(120).collect();
        photos.push(Photo { name, bytes: field.bytes().await?.to_vec() });
    }
    if photos.is_empty() {
        return Err(Problem::bad_request("no_photos", "there is no file in the request"));
    }
    Ok(photos)
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let text = "the photographs are over the limit together: send fewer or smaller ones";
            Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
        } else {
            Self::bad_request("bad_multipart", "the multipart body can't be read or ended early")
        }
    }
}

impl From<EnrolmentError> for Problem {
    fn from(error: EnrolmentError) -> Self {
        match error {
            EnrolmentError::People(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}
