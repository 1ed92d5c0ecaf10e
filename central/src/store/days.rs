//! Day records: what the attendance rules computed, and the punches that they read.

use jiff::civil::Date;
use lintel_core::ids::{DeviceId, PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, devices::direction_named, sql, uuid, uuid_bytes};
use crate::attendance::{Code, DayResult, Punch};

/// One person's day, with the names that a report shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// Their name; empty once the person is erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// The site whose doors they passed.
    pub site_id: SiteId,
    /// The site's zone, which the date and the times are meant in.
    pub zone: String,
    /// What was computed.
    pub day: DayResult,
    /// When.
    pub computed_at: UtcMillis,
}

/// A person's accepted punches at the doors of a site in `[from, to)`. A punch by face counts only where
/// some consent stood at its instant: given by then, and not withdrawn yet. Otherwise the event is kept and
/// not used.
///
/// # Errors
/// When the database fails.
pub async fn list_punches(
    tx: &mut Tx,
    person: PersonId,
    site: &SiteId,
    from: UtcMillis,
    to: UtcMillis,
) -> Result<Vec<Punch>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, i64, String, String, i64),
        "SELECT e.event_id, e.corrected_at, e.direction_hint, s.device_id, e.clock_synced \
         FROM event_person p JOIN event e ON e.ingest_no = p.ingest_no \
         JOIN stream s ON s.stream_no = e.stream_no JOIN device d ON d.device_id = s.device_id \
         WHERE p.person_id = $1 AND p.corrected_at >= $2 AND p.corrected_at < $3 AND d.site_id = $4 \
           AND e.status = 'accepted' AND (e.kind = 'badge' OR (e.kind = 'punch' AND EXISTS ( \
             SELECT 1 FROM consent c WHERE c.person_id = p.person_id AND c.purpose = 'face' \
               AND c.given_at <= e.corrected_at AND (c.withdrawn_at IS NULL OR c.withdrawn_at > e.corrected_at)))) \
         ORDER BY e.corrected_at, e.event_id",
        uuid_bytes!(person),
        from.as_i64(),
        to.as_i64(),
        site.as_str()
    )?;
    rows.into_iter()
        .map(|(id, at, direction, door, synced)| {
            Ok(Punch {
                event_id: uuid(&id, "event.event_id")?.into(),
                at: UtcMillis::from_i64(at),
                direction_hint: direction_named(&direction),
                door: Some(
                    DeviceId::parse(&door).map_err(|_| StoreError::Row { column: "stream.device_id" })?,
                ),
                site: site.clone(),
                clock_synced: synced != 0,
            })
        })
        .collect()
}

/// Stores a computed day, in place of what was there.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, site: &SiteId, day: &DayResult, at: UtcMillis) -> Result<(), StoreError> {
    let exceptions: Vec<&str> = day.exceptions.iter().map(|code| code.as_str()).collect();
    sql!(
        tx,
        execute,
        "INSERT INTO day_record (person_id, site_id, local_date, first_in, last_out, worked_ms, punches, \
         punches_ignored, exceptions, provisional, policy_version, computed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
         ON CONFLICT (person_id, site_id, local_date) DO UPDATE SET first_in = excluded.first_in, \
         last_out = excluded.last_out, worked_ms = excluded.worked_ms, punches = excluded.punches, \
         punches_ignored = excluded.punches_ignored, exceptions = excluded.exceptions, \
         provisional = excluded.provisional, policy_version = excluded.policy_version, \
         computed_at = excluded.computed_at",
        uuid_bytes!(day.person),
        site.as_str(),
        day.date.to_string(),
        day.first_in.map(UtcMillis::as_i64),
        day.last_out.map(UtcMillis::as_i64),
        day.worked_ms,
        i64::from(day.punches_counted),
        i64::from(day.punches_ignored),
        exceptions.join(","),
        i64::from(day.provisional),
        day.policy_version.as_str(),
        at.as_i64(),
    )?;
    Ok(())
}

/// Takes a day out that has no punch any more.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, person: PersonId, site: &SiteId, date: Date) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "DELETE FROM day_record WHERE person_id = $1 AND site_id = $2 AND local_date = $3",
        uuid_bytes!(person),
        site.as_str(),
        date.to_string()
    )?;
    Ok(())
}

/// Deletes all days of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM day_record WHERE person_id = $1", uuid_bytes!(person))
}

const SELECT: &str = "SELECT r.person_id, p.name, p.staff_no, r.site_id, s.zone, r.first_in, r.last_out, \
    r.worked_ms, r.punches, r.punches_ignored, r.exceptions, r.provisional, r.policy_version, r.computed_at, \
    r.local_date FROM day_record r JOIN site s ON s.site_id = r.site_id \
    LEFT JOIN person p ON p.person_id = r.person_id ";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

type Row = (
    Vec<u8>,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
    i64,
    String,
    i64,
    String,
    i64,
    String,
);

/// The days of a date range (both ends included) by date, site and name; of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut Tx,
    from: Date,
    to: Date,
    site: Option<&SiteId>,
) -> Result<Vec<DayRow>, StoreError> {
    let text = select(
        "WHERE r.local_date >= $1 AND r.local_date <= $2 AND ($3 = '' OR r.site_id = $3) \
         ORDER BY r.local_date, r.site_id, p.folded_name NULLS LAST, r.person_id",
    );
    let site = site.map_or("", SiteId::as_str);
    let rows = sql!(tx, fetch_all as Row, text, from.to_string(), to.to_string(), site)?;
    rows.into_iter().map(day_row).collect()
}

/// One person's days of a date range (both ends included) by date and site.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(
    tx: &mut Tx,
    person: PersonId,
    from: Date,
    to: Date,
) -> Result<Vec<DayRow>, StoreError> {
    let text = select(
        "WHERE r.person_id = $1 AND r.local_date >= $2 AND r.local_date <= $3 ORDER BY r.local_date, r.site_id",
    );
    let rows = sql!(tx, fetch_all as Row, text, uuid_bytes!(person), from.to_string(), to.to_string())?;
    rows.into_iter().map(day_row).collect()
}

fn day_row(row: Row) -> Result<DayRow, StoreError> {
    let (
        id,
        name,
        staff_no,
        site,
        zone,
        first,
        last,
        worked_ms,
        counted,
        ignored,
        codes,
        provisional,
        policy,
        at,
        date,
    ) = row;
    let count = |value: i64| u32::try_from(value).unwrap_or(0);
    Ok(DayRow {
        name: name.unwrap_or_default(),
        staff_no,
        site_id: SiteId::parse(&site).map_err(|_| StoreError::Row { column: "day_record.site_id" })?,
        zone,
        day: DayResult {
            person: uuid(&id, "day_record.person_id")?.into(),
            date: date.parse().map_err(|_| StoreError::Row { column: "day_record.local_date" })?,
            first_in: first.map(UtcMillis::from_i64),
            last_out: last.map(UtcMillis::from_i64),
            worked_ms,
            punches_counted: count(counted),
            punches_ignored: count(ignored),
            exceptions: codes.split(',').filter_map(Code::parse).collect(),
            provisional: provisional != 0,
            policy_version: policy,
        },
        computed_at: UtcMillis::from_i64(at),
    })
}
