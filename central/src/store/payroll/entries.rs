//! What batches gave of whom.

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};

use super::super::{
    PEOPLE, StoreError, Tx, insert_rows, person_and_date, rows_of_people, sql, uuid, uuid_bytes,
};
use super::{Entry, month, site};
use crate::attendance::Month;
use crate::payroll::{BatchId, GivenDay};

/// Rows per statement; with seven columns well under what either database takes.
const ROWS: usize = 500;

/// An entry as its two rows have it.
struct Written<'a> {
    entry: &'a Entry,
    first: String,
    last: String,
    days: String,
}

impl<'a> Written<'a> {
    fn of(entry: &'a Entry) -> Result<Self, StoreError> {
        let column = |column| StoreError::Row { column };
        let (Some(first), Some(last)) = (entry.days.first(), entry.days.last()) else {
            return Err(column("payroll_entry.days"));
        };
        let (first, last) = (first.date.to_string(), last.date.to_string());
        let days = serde_json::to_string(&entry.days).map_err(|_| column("payroll_entry.days"))?;
        Ok(Self { entry, first, last, days })
    }
}

/// Adds what a batch gave.
///
/// # Errors
/// When the database fails.
pub async fn create_entries(tx: &mut Tx, batch: BatchId, entries: &[Entry]) -> Result<(), StoreError> {
    let month = batch.month.to_string();
    for some in entries.chunks(ROWS) {
        let rows = some.iter().map(Written::of).collect::<Result<Vec<_>, _>>()?;
        insert_rows!(
            tx,
            "INSERT INTO payroll_entry (person_id, month, number, site_id, first_date, last_date, days)",
            7,
            &rows,
            row => uuid_bytes!(row.entry.person_id),
            month.as_str(),
            batch.number,
            row.entry.site_id.as_str(),
            row.first.as_str(),
            row.last.as_str(),
            row.days.as_str(),
        )?;
        insert_rows!(
            tx,
            "INSERT INTO payroll_name (person_id, month, number, site_id, name, staff_no, team)",
            7,
            some,
            entry => uuid_bytes!(entry.person_id),
            month.as_str(),
            batch.number,
            entry.site_id.as_str(),
            entry.name.as_str(),
            entry.staff_no.as_deref(),
            entry.team.as_str(),
        )?;
    }
    Ok(())
}

fn read_days(text: &str) -> Result<Vec<GivenDay>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Row { column: "payroll_entry.days" })
}

type EntryRow = (Vec<u8>, String, String, Option<String>, String, String);

/// A page of what a batch gave by person and site, behind one of them.
///
/// # Errors
/// When the database fails.
pub async fn list_entries(
    tx: &mut Tx,
    batch: BatchId,
    after: Option<&(PersonId, SiteId)>,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let (person, at) = after
        .map_or_else(|| (Vec::new(), ""), |(person, site)| (uuid_bytes!(person).to_vec(), site.as_str()));
    sql!(
        tx,
        fetch_all as EntryRow,
        "SELECT e.person_id, e.site_id, n.name, n.staff_no, n.team, e.days FROM payroll_entry e \
         JOIN payroll_name n ON n.person_id = e.person_id AND n.month = e.month AND n.number = e.number \
         AND n.site_id = e.site_id WHERE e.month = $1 AND e.number = $2 AND (e.person_id, e.site_id) > ($3, $4) \
         ORDER BY e.person_id, e.site_id LIMIT $5",
        batch.month.to_string(),
        batch.number,
        person,
        at,
        limit
    )?
    .into_iter()
    .map(|(person, at, name, staff_no, team, days)| {
        let person_id = uuid(&person, "payroll_entry.person_id")?.into();
        Ok(Entry { person_id, site_id: site(&at)?, name, staff_no, team, days: read_days(&days)? })
    })
    .collect()
}

/// What one standing batch gave of somebody at a site.
pub type GivenRow = (PersonId, BatchId, SiteId, Vec<GivenDay>);

/// What standing batches gave of some people, where it has to do with a time; both dates are in it.
///
/// # Errors
/// When the database fails.
pub async fn list_given(
    tx: &mut Tx,
    people: &[PersonId],
    from: Date,
    to: Date,
) -> Result<Vec<GivenRow>, StoreError> {
    let mut all = Vec::new();
    for some in people.chunks(PEOPLE) {
        let text = "SELECT e.person_id, e.month, e.number, e.site_id, e.days FROM payroll_entry e \
            JOIN payroll_batch b ON b.month = e.month AND b.number = e.number AND b.cancelled_at IS NULL \
            WHERE e.person_id IN (VALUES {people}) AND e.last_date >= {1} AND e.first_date <= {2}";
        type Row = (Vec<u8>, String, i64, String, String);
        for (person, of, number, at, days) in
            rows_of_people!(tx, Row, some, text, from.to_string(), to.to_string())?
        {
            let person = uuid(&person, "payroll_entry.person_id")?.into();
            all.push((person, BatchId { month: month(&of)?, number }, site(&at)?, read_days(&days)?));
        }
    }
    Ok(all)
}

/// Of whom standing batches of a month gave something, or later ones of days in it, and the first day of that;
/// at a site or at any.
///
/// # Errors
/// When the database fails.
pub async fn list_people(
    tx: &mut Tx,
    month: Month,
    site: Option<&SiteId>,
) -> Result<Vec<(PersonId, Date)>, StoreError> {
    sql!(
        tx,
        fetch_all as (Vec<u8>, String),
        "SELECT e.person_id, MIN(CASE WHEN e.month = $1 THEN e.first_date ELSE $2 END) FROM payroll_entry e \
         JOIN payroll_batch b ON b.month = e.month AND b.number = e.number AND b.cancelled_at IS NULL \
         WHERE (e.month = $1 OR (e.month > $1 AND e.first_date <= $3)) AND ($4 = '' OR e.site_id = $4) \
         GROUP BY e.person_id ORDER BY e.person_id",
        month.to_string(),
        month.first().to_string(),
        month.last().to_string(),
        site.map_or("", SiteId::as_str)
    )?
    .into_iter()
    .map(|row| person_and_date(row, "payroll_entry.first_date"))
    .collect()
}
