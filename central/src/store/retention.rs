//! Deleting by age, and finding who has left.

use jiff::civil::Date;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql, uuid};

/// Takes the personal part off events that identified nobody for certain and happened, or came, before an
/// instant; at most `limit`. How many.
///
/// # Errors
/// When the database fails.
pub async fn delete_unidentified(tx: &mut Tx, before: UtcMillis, limit: i64) -> Result<u64, StoreError> {
    // Written out in this order so that the partial index `event_unidentified` serves it.
    sql!(
        tx,
        execute,
        "DELETE FROM event_person WHERE ingest_no IN (SELECT e.ingest_no FROM event e \
           JOIN event_person p ON p.ingest_no = e.ingest_no \
           WHERE e.kind IN ('unknown', 'ambiguous', 'low_quality', 'spoof') \
             AND (e.corrected_at < $1 OR e.received_at < $1) LIMIT $2)",
        before.as_i64(),
        limit
    )
}

/// Takes the personal part off rejected events that came before an instant. How many.
///
/// # Errors
/// When the database fails.
pub async fn delete_rejected(tx: &mut Tx, before: UtcMillis) -> Result<u64, StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE rejected_event SET personal = NULL WHERE personal IS NOT NULL AND received_at < $1",
        before.as_i64()
    )
}

/// A person with a last day, and their site's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    /// Who.
    pub person_id: PersonId,
    /// The last day at work.
    pub last_day: Date,
    /// The site's zone.
    pub zone: String,
}

/// Active people whose last day is set and lies before a date.
///
/// # Errors
/// When the database fails.
pub async fn list_leavers(tx: &mut Tx, before: Date) -> Result<Vec<Leaver>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, String, String),
        "SELECT p.person_id, p.leaves_on, s.zone FROM person p JOIN site s ON s.site_id = p.site_id \
         WHERE p.active = 1 AND p.leaves_on IS NOT NULL AND p.leaves_on < $1 ORDER BY p.person_id",
        before.to_string()
    )?;
    rows.into_iter()
        .map(|(id, day, zone)| {
            Ok(Leaver {
                person_id: uuid(&id, "person.person_id")?.into(),
                last_day: day.parse().map_err(|_| StoreError::Row { column: "person.leaves_on" })?,
                zone,
            })
        })
        .collect()
}
