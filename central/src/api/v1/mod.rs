//! `/api/v1`: sites, people, consent, photographs, attendance, records, rosters, imports, payroll, doors.
//!
//! Each handler says beside itself what the document (`openapi`) says of it: what it takes, gives and refuses.

pub mod attendance;
pub mod description;
pub mod devices;
pub mod imports;
pub mod payroll;
pub mod people;
pub mod photos;
pub mod records;
pub mod rosters;
pub mod sites;

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
        let Some(code) = error.code() else { return Self::internal(&error) };
        let status = match &error {
            PeopleError::Unknown(_) => S::NOT_FOUND,
            PeopleError::StaffNoTaken(_) | PeopleError::Left(_) | PeopleError::NoConsent(_) => S::CONFLICT,
            _ => S::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, code, error.to_string())
    }
}

fn person_id(text: &str) -> Result<PersonId, Problem> {
    PersonId::parse(text).map_err(|error| Problem::bad_request("bad_id", error.to_string()))
}
