//! What people's days are measured against: contracts, assignments, leave.

use lintel_core::ids::PersonId;

use super::{StoreError, Tx, sql, uuid_bytes};

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
