//! `/api/v1`: people, consent, photographs, attendance, records, rosters, doors.

pub mod attendance;
pub mod devices;
pub mod people;
pub mod photos;
pub mod records;
pub mod rosters;

use lintel_core::ids::PersonId;

use super::problem::Problem;
use crate::erasure::ErasureError;
use crate::people::PeopleError;

impl From<ErasureError> for Problem {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::People(error) => error.into(),
            error => Self::internal(&error),
        }
    }
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        use axum::http::StatusCode as S;
        let (status, code) = match &error {
            PeopleError::Unknown(_) => (S::NOT_FOUND, "unknown_person"),
            PeopleError::UnknownSite(_) => (S::UNPROCESSABLE_ENTITY, "unknown_site"),
            PeopleError::StaffNoTaken(_) => (S::CONFLICT, "staff_no_taken"),
            PeopleError::Left(_) => (S::CONFLICT, "person_left"),
            PeopleError::NoConsent(_) => (S::CONFLICT, "no_consent"),
            PeopleError::LastDay(_) => (S::UNPROCESSABLE_ENTITY, "unlikely_date"),
            PeopleError::Name(_) => (S::UNPROCESSABLE_ENTITY, "bad_text"),
            PeopleError::Random(_) | PeopleError::Vault(_) | PeopleError::Store(_) => {
                return Self::internal(&error);
            }
        };
        Self::new(status, code, error.to_string())
    }
}

fn person_id(text: &str) -> Result<PersonId, Problem> {
    PersonId::parse(text).map_err(|error| Problem::bad_request("bad_id", error.to_string()))
}
