//! Who was erased, and what an erasure takes out of the tables that belong to nobody else.

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, dialect, sql, uuid, uuid_bytes};

/// Remembers an erasure; once is enough.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO erasure (person_id, erased_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        uuid_bytes!(person),
        at.as_i64()
    )?;
    Ok(())
}

/// Everybody who was erased, oldest first, with when.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<(PersonId, UtcMillis)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, i64),
        "SELECT person_id, erased_at FROM erasure ORDER BY erased_at, person_id"
    )?;
    rows.into_iter()
        .map(|(id, at)| Ok((uuid(&id, "erasure.person_id")?.into(), UtcMillis::from_i64(at))))
        .collect()
}

/// Erased people of whom something is there again: an old copy of one file was put back, or a
/// computation or an export that had begun before wrote after.
///
/// # Errors
/// When the database fails.
pub async fn list_remaining(tx: &mut Tx) -> Result<Vec<PersonId>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT x.person_id FROM erasure x WHERE \
           EXISTS (SELECT 1 FROM person p WHERE p.person_id = x.person_id) \
           OR EXISTS (SELECT 1 FROM vault.person_key k WHERE k.person_id = x.person_id) \
           OR EXISTS (SELECT 1 FROM template t WHERE t.person_id = x.person_id) \
           OR EXISTS (SELECT 1 FROM event_person e WHERE e.person_id = x.person_id) \
           OR EXISTS (SELECT 1 FROM day_record d WHERE d.person_id = x.person_id) \
           OR EXISTS (SELECT 1 FROM payroll_entry y WHERE y.person_id = x.person_id)"
    )?;
    rows.into_iter().map(|(id,)| Ok(uuid(&id, "erasure.person_id")?.into())).collect()
}

/// A door that hasn't confirmed yet that it forgot people who were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The door's name.
    pub door: String,
    /// Its site.
    pub site_id: String,
    /// How many people. Who they were is known nowhere any more.
    pub people: i64,
    /// Its right was taken away, so it will never confirm.
    pub revoked: bool,
}

/// The doors that haven't confirmed an erasure, by site and name. A door that never had a gallery has nothing
/// to forget.
///
/// # Errors
/// When the database fails.
pub async fn list_unconfirmed(tx: &mut Tx) -> Result<Vec<Unconfirmed>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String, i64, i64),
        "SELECT d.door, d.site_id, COUNT(*), \
           CAST(CASE WHEN d.revoked_at IS NULL THEN 0 ELSE 1 END AS BIGINT) \
         FROM erasure x JOIN gallery_change g ON g.person_id = x.person_id \
         JOIN device d ON d.site_id = g.site_id \
         WHERE COALESCE(d.confirmed_revision, d.gallery_revision, 0) > 0 \
           AND COALESCE(d.confirmed_revision, d.gallery_revision, 0) < g.revision \
         GROUP BY d.device_id, d.door, d.site_id, d.revoked_at ORDER BY d.site_id, d.door, d.device_id"
    )?;
    Ok(rows
        .into_iter()
        .map(|(door, site_id, people, revoked)| Unconfirmed { door, site_id, people, revoked: revoked != 0 })
        .collect())
}

/// Takes the personal part off events of a range that are about somebody who was erased: they were on
/// their way when it happened. How many.
///
/// # Errors
/// When the database fails.
pub async fn delete_late(tx: &mut Tx, from: i64, to: i64) -> Result<u64, StoreError> {
    sql!(
        tx,
        execute,
        "DELETE FROM event_person WHERE ingest_no >= $1 AND ingest_no <= $2 \
         AND person_id IN (SELECT person_id FROM erasure)",
        from,
        to
    )
}

/// Takes the personal part off rejected events that mention a person. How many.
///
/// # Errors
/// When the database fails.
pub async fn delete_rejected(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    let text = dialect::clear_rejected(tx);
    sql!(tx, execute, text, person.to_string().into_bytes())
}

/// Takes a person's waiting computations out.
///
/// # Errors
/// When the database fails.
pub async fn delete_jobs(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM job WHERE key LIKE $1", format!("{person}/%"))
}
