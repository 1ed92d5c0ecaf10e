//! Day records as the rules gave them, and the doors that hold up their proof.

mod write;

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::{PEOPLE, StoreError, Tx, rows_of_people, sql, uuid, uuid_bytes};
use crate::attendance::{DayRecord, Status};

pub use write::{NewDay, delete, delete_blocks, put};

/// `2026-11-20`.
const DATE_BYTES: usize = 10;

/// One person's day, with the names that a report shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    /// Their name; empty once the person is erased.
    pub name: String,
    /// Their staff number.
    pub staff_no: Option<String>,
    /// The zone of the site where they belonged, which the date and the times are meant in.
    pub zone: String,
    /// What was computed.
    pub record: DayRecord,
    /// When.
    pub computed_at: UtcMillis,
}

/// The stored records of some people from one date to another, as their canonical texts.
///
/// # Errors
/// When the database fails.
pub async fn texts_of_people(
    tx: &mut Tx,
    people: &[PersonId],
    from: Date,
    to: Date,
) -> Result<BTreeMap<(PersonId, Date), String>, StoreError> {
    let mut texts = BTreeMap::new();
    for some in people.chunks(PEOPLE) {
        // One row for a person: a record has no line break, and rows take longer than their texts. Added up where
        // they are found: one of the databases would sort the texts of everybody to group them.
        let text = "WITH v AS (VALUES {people}) SELECT v.column1, (SELECT string_agg(r.local_date || r.record, '\n') \
            FROM day_record r WHERE r.person_id = v.column1 AND r.local_date >= {1} AND r.local_date <= {2}) FROM v";
        type Row = (Vec<u8>, Option<String>);
        for (person, days) in rows_of_people!(tx, Row, some, text, from.to_string(), to.to_string())? {
            let Some(days) = days else { continue };
            let person: PersonId = uuid(&person, "day_record.person_id")?.into();
            for day in days.split('\n') {
                let column = StoreError::Row { column: "day_record.local_date" };
                let (date, record) = day.split_at_checked(DATE_BYTES).ok_or(column)?;
                let date = date.parse().map_err(|_| StoreError::Row { column: "day_record.local_date" })?;
                texts.insert((person, date), record.to_owned());
            }
        }
    }
    Ok(texts)
}

/// A record from its canonical text.
///
/// # Errors
/// [`StoreError::Row`] for one that nobody wrote.
pub fn record(text: &str) -> Result<DayRecord, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row { column: "day_record.record" })
}

/// Deletes all days of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    sql!(&mut *tx, execute, "DELETE FROM recompute_change WHERE person_id = $1", uuid_bytes!(person))?;
    sql!(tx, execute, "DELETE FROM day_record WHERE person_id = $1", uuid_bytes!(person))
}

type Row = (Option<String>, Option<String>, String, String, i64);

const SELECT: &str = "SELECT p.name, p.staff_no, s.zone, r.record, r.computed_at FROM day_record r \
    JOIN site s ON s.site_id = r.site_id LEFT JOIN person p ON p.person_id = r.person_id ";

fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

fn day_row((name, staff_no, zone, text, at): Row) -> Result<DayRow, StoreError> {
    Ok(DayRow {
        name: name.unwrap_or_default(),
        staff_no,
        zone,
        record: record(&text)?,
        computed_at: UtcMillis::from_i64(at),
    })
}

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

/// One person's days of a date range (both ends included) by date.
///
/// # Errors
/// When the database fails.
pub async fn list_by_person(
    tx: &mut Tx,
    person: PersonId,
    from: Date,
    to: Date,
) -> Result<Vec<DayRow>, StoreError> {
    let text =
        select("WHERE r.person_id = $1 AND r.local_date >= $2 AND r.local_date <= $3 ORDER BY r.local_date");
    let rows = sql!(tx, fetch_all as Row, text, uuid_bytes!(person), from.to_string(), to.to_string())?;
    rows.into_iter().map(day_row).collect()
}

/// Who has a day in a date range (both ends included) at a site or at any, by id behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list_people(
    tx: &mut Tx,
    (from, to): (Date, Date),
    site: Option<&SiteId>,
    after: Option<PersonId>,
    limit: i64,
) -> Result<Vec<PersonId>, StoreError> {
    let after = after.map_or_else(Vec::new, |person| uuid_bytes!(person).to_vec());
    sql!(
        tx,
        fetch_all as (Vec<u8>,),
        "SELECT DISTINCT person_id FROM day_record WHERE local_date >= $1 AND local_date <= $2 \
         AND ($3 = '' OR site_id = $3) AND person_id > $4 ORDER BY person_id LIMIT $5",
        from.to_string(),
        to.to_string(),
        site.map_or("", SiteId::as_str),
        after,
        limit
    )?
    .into_iter()
    .map(|(person,)| Ok(uuid(&person, "day_record.person_id")?.into()))
    .collect()
}

/// The days of some people in a date range (both ends included), at a site or at any, by person and date.
///
/// # Errors
/// When the database fails.
pub async fn list_of_people(
    tx: &mut Tx,
    people: &[PersonId],
    (from, to): (Date, Date),
    site: Option<&SiteId>,
) -> Result<Vec<DayRow>, StoreError> {
    let site = site.map_or("", SiteId::as_str);
    let text = format!(
        "{SELECT} WHERE r.person_id IN (VALUES {{people}}) AND r.local_date >= {{1}} \
         AND r.local_date <= {{2}} AND ({{3}} = '' OR r.site_id = {{4}}) ORDER BY r.person_id, r.local_date"
    );
    let mut all = Vec::new();
    for some in people.chunks(PEOPLE) {
        let (from, to) = (from.to_string(), to.to_string());
        for row in rows_of_people!(tx, Row, some, &text, from, to, site, site)? {
            all.push(day_row(row)?);
        }
    }
    Ok(all)
}

/// What a list of days shows.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    /// First date.
    pub from: Date,
    /// Last date.
    pub to: Date,
    /// Of one site.
    pub site: Option<&'a SiteId>,
    /// Of one status.
    pub status: Option<Status>,
    /// With an exception at least as grave as this column value.
    pub severity: i64,
}

/// A page of days by date and person, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn page(
    tx: &mut Tx,
    filter: &Filter<'_>,
    after: Option<(Date, PersonId)>,
    limit: i64,
) -> Result<Vec<DayRow>, StoreError> {
    let (date, person) = after.map_or_else(
        || (String::new(), Vec::new()),
        |(date, person)| (date.to_string(), uuid_bytes!(person).to_vec()),
    );
    let text = select(
        "WHERE r.local_date >= $1 AND r.local_date <= $2 AND ($3 = '' OR r.site_id = $3) \
         AND ($4 = '' OR r.status = $4) AND r.severity >= $5 AND (r.local_date, r.person_id) > ($6, $7) \
         ORDER BY r.local_date, r.person_id LIMIT $8",
    );
    let rows = sql!(
        tx,
        fetch_all as Row,
        text,
        filter.from.to_string(),
        filter.to.to_string(),
        filter.site.map_or("", SiteId::as_str),
        filter.status.map_or("", Status::as_str),
        filter.severity,
        date,
        person,
        limit
    )?;
    rows.into_iter().map(day_row).collect()
}

/// How many days of a site's month may still change; a lock has to wait for them.
///
/// # Errors
/// When the database fails.
pub async fn count_provisional(tx: &mut Tx, site: &SiteId, from: Date, to: Date) -> Result<i64, StoreError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM day_record WHERE local_date >= $1 AND local_date <= $2 AND site_id = $3 \
         AND provisional = 1",
        from.to_string(),
        to.to_string(),
        site.as_str()
    )?;
    Ok(count)
}

/// The doors that hold up days of a site from one date to another, by id.
///
/// # Errors
/// When the database fails.
pub async fn list_blocking(
    tx: &mut Tx,
    site: &SiteId,
    from: Date,
    to: Date,
) -> Result<Vec<String>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String,),
        "SELECT DISTINCT b.device_id FROM day_block b JOIN day_record r ON r.person_id = b.person_id \
         AND r.local_date = b.local_date WHERE r.site_id = $1 AND b.local_date >= $2 AND b.local_date <= $3 \
         ORDER BY b.device_id",
        site.as_str(),
        from.to_string(),
        to.to_string()
    )?;
    Ok(rows.into_iter().map(|(device,)| device).collect())
}
