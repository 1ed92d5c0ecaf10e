//! Everybody's templates of one pack, for the check that a face isn't enrolled as somebody else.

use lintel_core::ids::PersonId;

use super::{StoreError, Tx, sql, uuid};

/// A sealed template with its person's wrapped key.
#[derive(Debug, Clone)]
pub struct SealedTemplate {
    /// Whose.
    pub person_id: PersonId,
    /// The sealed embedding.
    pub token: String,
    /// The person's key, sealed by the face ring.
    pub wrapped: String,
}

/// All templates of a pack whose key still exists, by person.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx, model_pack: &str) -> Result<Vec<SealedTemplate>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, String, String),
        "SELECT t.person_id, t.token, k.wrapped FROM template t \
         JOIN vault.person_key k ON k.person_id = t.person_id WHERE t.model_pack = $1 ORDER BY t.person_id",
        model_pack
    )?;
    rows.into_iter()
        .map(|(person, token, wrapped)| {
            Ok(SealedTemplate { person_id: uuid(&person, "template.person_id")?.into(), token, wrapped })
        })
        .collect()
}
