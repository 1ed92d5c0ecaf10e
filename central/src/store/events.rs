//! Reading what the doors reported, and erasing who it was.

use lintel_core::chain::Hash;
use lintel_core::event::EventKind;
use lintel_core::ids::{DeviceId, EventId, PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::{PEOPLE, StoreError, Tx, hash, rows_of_people, sql, unsigned, uuid, uuid_bytes};

/// An event as a live feed or a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventView {
    /// Its place in the one order of all events.
    pub ingest_no: i64,
    /// Its id.
    pub event_id: EventId,
    /// The door.
    pub device_id: DeviceId,
    /// The door's name.
    pub door: String,
    /// The door's site.
    pub site_id: SiteId,
    /// The site's zone.
    pub zone: String,
    /// What happened.
    pub kind: EventKind,
    /// When, as the centre corrected it.
    pub corrected_at: UtcMillis,
    /// When it came.
    pub received_at: UtcMillis,
    /// `mqtt` or `https`.
    pub road: String,
    /// `accepted` or `quarantined`.
    pub status: String,
    /// Who, until it is erased.
    pub person_id: Option<PersonId>,
    /// Their name.
    pub person_name: Option<String>,
}

type Row = (
    i64,
    Vec<u8>,
    String,
    String,
    String,
    String,
    String,
    i64,
    i64,
    String,
    String,
    Option<Vec<u8>>,
    Option<String>,
);

const SELECT: &str = "SELECT e.ingest_no, e.event_id, t.device_id, d.door, d.site_id, s.zone, e.kind, \
    e.corrected_at, e.received_at, e.road, e.status, p.person_id, n.name FROM event e \
    JOIN stream t ON t.stream_no = e.stream_no JOIN device d ON d.device_id = t.device_id \
    JOIN site s ON s.site_id = d.site_id LEFT JOIN event_person p ON p.ingest_no = e.ingest_no \
    LEFT JOIN person n ON n.person_id = p.person_id ";

fn view(row: Row) -> Result<EventView, StoreError> {
    let (ingest_no, id, device, door, site, zone, kind, corrected, received, road, status, person, name) =
        row;
    Ok(EventView {
        ingest_no,
        event_id: uuid(&id, "event.event_id")?.into(),
        device_id: DeviceId::parse(&device).map_err(|_| StoreError::Row { column: "stream.device_id" })?,
        door,
        site_id: SiteId::parse(&site).map_err(|_| StoreError::Row { column: "device.site_id" })?,
        zone,
        kind: EventKind::from(kind.as_str()),
        corrected_at: UtcMillis::from_i64(corrected),
        received_at: UtcMillis::from_i64(received),
        road,
        status,
        person_id: person.map(|id| uuid(&id, "event_person.person_id").map(PersonId::from)).transpose()?,
        person_name: name,
    })
}

/// The newest ingest number; 0 when there is none.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx) -> Result<i64, StoreError> {
    let (newest,) = sql!(tx, fetch_one as (Option<i64>,), "SELECT MAX(ingest_no) FROM event")?;
    Ok(newest.unwrap_or(0))
}

/// Events behind an ingest number, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_after(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<EventView>, StoreError> {
    let text = sqlx::AssertSqlSafe([SELECT, "WHERE e.ingest_no > $1 ORDER BY e.ingest_no LIMIT $2"].concat());
    sql!(tx, fetch_all as Row, text, after, limit)?.into_iter().map(view).collect()
}

/// The newest events, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list_newest(tx: &mut Tx, limit: i64) -> Result<Vec<EventView>, StoreError> {
    let text = sqlx::AssertSqlSafe([SELECT, "ORDER BY e.ingest_no DESC LIMIT $1"].concat());
    sql!(tx, fetch_all as Row, text, limit)?.into_iter().map(view).collect()
}

/// A person's punches in `[from, to)`, by instant, quarantined ones included.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(
    tx: &mut Tx,
    person: PersonId,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<EventView>, StoreError> {
    let text = sqlx::AssertSqlSafe(
        [
            SELECT,
            "WHERE p.person_id = $1 AND p.corrected_at >= $2 AND p.corrected_at < $3 \
          ORDER BY p.corrected_at, e.event_id",
        ]
        .concat(),
    );
    let rows = sql!(tx, fetch_all as Row, text, uuid_bytes!(person), from.as_i64(), to.as_i64())?;
    rows.into_iter().map(view).collect()
}

/// Events at the doors of one site or of all with an instant in `[from, to)`, quarantined ones too, in the order
/// in which they came.
///
/// # Errors
/// When the database fails.
pub async fn list_between(
    tx: &mut Tx,
    (from, to): (UtcMillis, UtcMillis),
    site: Option<&SiteId>,
    limit: i64,
) -> Result<Vec<EventView>, StoreError> {
    let text = sqlx::AssertSqlSafe(
        [
            SELECT,
            "WHERE e.corrected_at >= $1 AND e.corrected_at < $2 AND ($3 = '' OR d.site_id = $3) \
             ORDER BY e.ingest_no LIMIT $4",
        ]
        .concat(),
    );
    let site = site.map_or("", SiteId::as_str);
    let rows = sql!(tx, fetch_all as Row, text, from.as_i64(), to.as_i64(), site, limit)?;
    rows.into_iter().map(view).collect()
}

/// What doors recorded of some people since an instant, accepted, oldest first of each.
///
/// # Errors
/// When the database fails.
pub async fn list_of_people(
    tx: &mut Tx,
    people: &[PersonId],
    since: UtcMillis,
) -> Result<Vec<EventView>, StoreError> {
    let text = format!(
        "{SELECT} WHERE p.person_id IN (VALUES {{people}}) AND p.corrected_at >= {{1}} \
         AND e.status = 'accepted' AND e.kind IN ('badge', 'punch') ORDER BY p.person_id, p.corrected_at"
    );
    let mut all = Vec::new();
    for some in people.chunks(PEOPLE) {
        for row in rows_of_people!(tx, Row, some, &text, since.as_i64())? {
            all.push(view(row)?);
        }
    }
    Ok(all)
}

/// How many events are stored, quarantined ones included.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM event")?.0)
}

/// One place of a stream, everything that decides about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// The door.
    pub device_id: String,
    /// Its place.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// What was hashed.
    pub payload: Vec<u8>,
    /// `accepted` or `quarantined`.
    pub status: String,
    /// Why it is quarantined.
    pub reason: Option<String>,
    /// `pending`, `ok` or `broken`.
    pub chain_state: String,
    /// Who, until it is erased.
    pub person_id: Option<PersonId>,
}

/// All events of a device by stream and place, for an audit of its chain.
///
/// # Errors
/// When the database fails.
pub async fn ledger(tx: &mut Tx, device: &DeviceId) -> Result<Vec<LedgerRow>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, i64, Vec<u8>, Vec<u8>, String, Option<String>, String, Option<Vec<u8>>),
        "SELECT t.device_id, e.seq, e.hash, e.payload, e.status, e.reason, e.chain_state, p.person_id \
         FROM event e JOIN stream t ON t.stream_no = e.stream_no \
         LEFT JOIN event_person p ON p.ingest_no = e.ingest_no \
         WHERE t.device_id = $1 ORDER BY t.stream, e.seq",
        device.as_str()
    )?;
    rows.into_iter()
        .map(|(device_id, seq, sum, payload, status, reason, chain_state, person)| {
            Ok(LedgerRow {
                device_id,
                seq: unsigned(seq, "event.seq")?,
                hash: hash(&sum, "event.hash")?,
                payload,
                status,
                reason,
                chain_state,
                person_id: person
                    .map(|id| uuid(&id, "event_person.person_id").map(PersonId::from))
                    .transpose()?,
            })
        })
        .collect()
}

/// A rejected event as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedView {
    /// The place that it claimed.
    pub seq: u64,
    /// Why, as a code.
    pub reason: String,
    /// What was sent.
    pub payload: Vec<u8>,
}

/// What was rejected of a device, by place.
///
/// # Errors
/// When the database fails.
pub async fn list_rejected(tx: &mut Tx, device: &DeviceId) -> Result<Vec<RejectedView>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (i64, String, Vec<u8>),
        "SELECT r.seq, r.reason, r.payload FROM rejected_event r \
         JOIN stream t ON t.stream_no = r.stream_no WHERE t.device_id = $1 ORDER BY r.seq, r.sent_hash",
        device.as_str()
    )?;
    rows.into_iter()
        .map(|(seq, reason, payload)| {
            Ok(RejectedView { seq: unsigned(seq, "rejected_event.seq")?, reason, payload })
        })
        .collect()
}

/// Erases a person's part of all their events; the skeletons stay, and with them the chain. How many.
///
/// # Errors
/// When the database fails.
pub async fn delete_personal(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM event_person WHERE person_id = $1", uuid_bytes!(person))
}
