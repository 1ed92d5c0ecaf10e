//! What a correction may be about: a punch of somebody, or an event of nobody.

use lintel_core::event::EventKind;
use lintel_core::ids::{EventId, PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::parsed_site;
use crate::store::{StoreError, Tx, sql, uuid_bytes};

/// A person's punch by its id, recorded, given or added: its site and instant.
///
/// # Errors
/// When the database fails.
pub async fn find_punch(
    tx: &mut Tx,
    person: PersonId,
    punch: EventId,
) -> Result<Option<(SiteId, UtcMillis)>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String, i64),
        "SELECT d.site_id, e.corrected_at FROM event e JOIN event_person p ON p.ingest_no = e.ingest_no \
         JOIN stream t ON t.stream_no = e.stream_no JOIN device d ON d.device_id = t.device_id \
         WHERE p.person_id = $1 AND e.event_id = $2 AND e.status = 'accepted' \
         UNION ALL SELECT site_id, at FROM correction \
         WHERE person_id = $1 AND correction_id = $2 AND kind = 'add' AND state = 'approved' \
         UNION ALL SELECT site_id, at FROM correction \
         WHERE to_person = $1 AND punch_id = $2 AND kind IN ('move', 'assign') AND state = 'approved' LIMIT 1",
        uuid_bytes!(person),
        uuid_bytes!(punch)
    )?;
    row.map(|(site, at)| Ok((parsed_site(&site)?, UtcMillis::from_i64(at)))).transpose()
}

/// An event by its id: the door's site, the instant, and its kind; where it was accepted and given to nobody.
///
/// # Errors
/// When the database fails.
pub async fn find_event(
    tx: &mut Tx,
    event: EventId,
) -> Result<Option<(SiteId, UtcMillis, EventKind)>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String, i64, String),
        "SELECT d.site_id, e.corrected_at, e.kind FROM event e JOIN stream t ON t.stream_no = e.stream_no \
         JOIN device d ON d.device_id = t.device_id WHERE e.event_id = $1 AND e.status = 'accepted' \
         AND NOT EXISTS (SELECT 1 FROM correction c WHERE c.punch_id = e.event_id \
           AND c.kind = 'assign' AND c.state = 'approved')",
        uuid_bytes!(event)
    )?;
    row.map(|(site, at, kind)| {
        Ok((parsed_site(&site)?, UtcMillis::from_i64(at), EventKind::from(kind.as_str())))
    })
    .transpose()
}
