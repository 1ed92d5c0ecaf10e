//! The people's keys, wrapped: the only statements on the vault.

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql, uuid, uuid_bytes};

/// A person's wrapped key.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: PersonId) -> Result<Option<String>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String,),
        "SELECT wrapped FROM vault.person_key WHERE person_id = $1",
        uuid_bytes!(id)
    )?;
    Ok(row.map(|(wrapped,)| wrapped))
}

/// A few of the wrapped keys, with whose they are.
///
/// # Errors
/// When the database fails.
pub async fn list_some(tx: &mut Tx, count: usize) -> Result<Vec<(PersonId, String)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, String),
        "SELECT person_id, wrapped FROM vault.person_key ORDER BY person_id LIMIT $1",
        i64::try_from(count).unwrap_or(i64::MAX)
    )?;
    rows.into_iter().map(|(id, wrapped)| Ok((uuid(&id, "person_key.person_id")?.into(), wrapped))).collect()
}

/// Stores a person's key, unless there is one; two enrolments at once must not make two.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, id: PersonId, wrapped: &str, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO vault.person_key (person_id, wrapped, created_at) VALUES ($1, $2, $3) \
         ON CONFLICT DO NOTHING",
        uuid_bytes!(id),
        wrapped,
        at.as_i64(),
    )?;
    Ok(())
}

/// Destroys a person's key; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: PersonId) -> Result<bool, StoreError> {
    let rows = sql!(tx, execute, "DELETE FROM vault.person_key WHERE person_id = $1", uuid_bytes!(id))?;
    Ok(rows > 0)
}

/// Destroys keys that seal nothing any more, older than an instant; how many. A machine that went down
/// in the middle of an erasure may have kept the key and lost the template.
///
/// # Errors
/// When the database fails.
pub async fn delete_unused(tx: &mut Tx, older_than: UtcMillis) -> Result<u64, StoreError> {
    sql!(
        tx,
        execute,
        "DELETE FROM vault.person_key WHERE created_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM template t WHERE t.person_id = vault.person_key.person_id)",
        older_than.as_i64()
    )
}
