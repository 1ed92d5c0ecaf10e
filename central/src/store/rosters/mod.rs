//! What people's days are measured against: contracts, shifts, rotations, holidays, leave, policies, locks.
//!
//! One file per table, and [`load`] for the rules, which reads everything at once. Templates, cycles and
//! policies are stored as the JSON of their types, dates as ISO 8601 so that they sort. Nothing here
//! decides whether something may be changed: `crate::rosters` does, and says what a change touches.

pub mod assignments;
pub mod employments;
pub mod holidays;
pub mod leave;
mod load;
pub mod outages;
pub mod patterns;
pub mod periods;
pub mod policies;
pub mod shifts;

use std::str::FromStr;

use lintel_core::ids::{PersonId, SiteId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{PEOPLE, StoreError, Tx, dialect, rows_of_people, sql, uuid_bytes};

pub use load::load;

/// Deletes what was planned for a person.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    for text in [
        "DELETE FROM employment WHERE person_id = $1",
        "DELETE FROM assignment WHERE person_id = $1",
        "DELETE FROM leave WHERE person_id = $1",
    ] {
        sql!(&mut *tx, execute, text, uuid_bytes!(person))?;
    }
    Ok(())
}

/// Makes everybody else who plans for this person wait until the transaction ends, so that two plans that
/// overlap can't both find nothing in their way.
///
/// # Errors
/// When the database fails.
pub async fn hold_person(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    sql!(tx, execute, "UPDATE person SET active = active WHERE person_id = $1", uuid_bytes!(person))?;
    Ok(())
}

/// The same for several people, whose days are to be computed. Those who aren't there any more are passed over.
///
/// # Errors
/// When the database fails.
pub async fn hold_people(tx: &mut Tx, people: &[PersonId]) -> Result<(), StoreError> {
    // The other database has one writer at a time.
    if dialect::has_one_writer(tx) {
        return Ok(());
    }
    for some in people.chunks(PEOPLE) {
        let text = "SELECT 1 FROM person WHERE person_id IN (VALUES {people}) ORDER BY person_id FOR UPDATE";
        rows_of_people!(&mut *tx, (i32,), some, text)?;
    }
    Ok(())
}

/// The same for a site and the locks of its months.
///
/// # Errors
/// When the database fails.
pub async fn hold_site(tx: &mut Tx, site: &SiteId) -> Result<(), StoreError> {
    sql!(tx, execute, "UPDATE site SET name = name WHERE site_id = $1", site.as_str())?;
    Ok(())
}

/// Both for every person and every site: what is planned for many at a time would otherwise ask for each.
///
/// # Errors
/// When the database fails.
pub async fn hold_everything(tx: &mut Tx) -> Result<(), StoreError> {
    // People first, as every single plan does, so that the two never wait for each other.
    for &text in dialect::hold_everything(tx) {
        sql!(&mut *tx, execute, text)?;
    }
    Ok(())
}

/// A date, a month or a slug from a row.
fn parsed<T: FromStr>(text: &str, column: &'static str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Row { column })
}

/// The same where there may be none.
fn parsed_or_none<T: FromStr>(text: Option<&str>, column: &'static str) -> Result<Option<T>, StoreError> {
    text.map(|text| parsed(text, column)).transpose()
}

/// A template, cycle or policy from a row.
fn read_body<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row { column })
}

/// A template, cycle or policy for a row.
fn write_body(value: &impl Serialize, column: &'static str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Row { column })
}
