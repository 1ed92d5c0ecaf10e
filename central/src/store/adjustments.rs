//! What days of locked months would be by what came after the lock, booked in later months.

use std::collections::BTreeMap;

use jiff::civil::Date;
use lintel_core::ids::{PersonId, SiteId};
use lintel_core::time::UtcMillis;

use super::{PEOPLE, StoreError, Tx, person_and_date, rows_of_people, sql, uuid, uuid_bytes};
use crate::attendance::{DayRecord, Month};

/// One day's adjustment, as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// Whose.
    pub person_id: PersonId,
    /// Of which day.
    pub date: Date,
    /// Whose month it is booked in.
    pub site_id: SiteId,
    /// Which month.
    pub month: Month,
    /// Canonical record as payroll has it; none where it has none.
    pub before: Option<String>,
    /// Canonical record as it is now; none where nothing is left of it.
    pub after: Option<String>,
}

impl Adjustment {
    /// Both records, read.
    ///
    /// # Errors
    /// [`StoreError::Row`] for a record that nobody wrote.
    pub fn records(&self) -> Result<(Option<DayRecord>, Option<DayRecord>), StoreError> {
        let read = |text: &Option<String>| {
            text.as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|_| StoreError::Row { column: "adjustment.before" })
        };
        Ok((read(&self.before)?, read(&self.after)?))
    }
}

type Row = (Vec<u8>, String, String, String, Option<String>, Option<String>);

const COLUMNS: &str = "person_id, local_date, site_id, month, before, after";

fn adjustment((person, date, site, month, before, after): Row) -> Result<Adjustment, StoreError> {
    let column = |column| StoreError::Row { column };
    Ok(Adjustment {
        person_id: uuid(&person, "adjustment.person_id")?.into(),
        date: date.parse().map_err(|_| column("adjustment.local_date"))?,
        site_id: SiteId::parse(&site).map_err(|_| column("adjustment.site_id"))?,
        month: month.parse().map_err(|_| column("adjustment.month"))?,
        before,
        after,
    })
}

/// Writes an adjustment, in place of what was booked for the day in the same month.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, row: &Adjustment, at: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO adjustment (person_id, local_date, site_id, month, before, after, computed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (person_id, local_date, month) \
         DO UPDATE SET site_id = excluded.site_id, before = excluded.before, after = excluded.after, \
         computed_at = excluded.computed_at",
        uuid_bytes!(row.person_id),
        row.date.to_string(),
        row.site_id.as_str(),
        row.month.to_string(),
        row.before.as_deref(),
        row.after.as_deref(),
        at.as_i64()
    )?;
    Ok(())
}

/// Takes out what is booked for a day in a month.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, person: PersonId, date: Date, month: Month) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "DELETE FROM adjustment WHERE person_id = $1 AND local_date = $2 AND month = $3",
        uuid_bytes!(person),
        date.to_string(),
        month.to_string()
    )?;
    Ok(())
}

/// Deletes everything of a person.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_person(tx: &mut Tx, person: PersonId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM adjustment WHERE person_id = $1", uuid_bytes!(person))
}

/// The adjustments of some people's days from one date to another, by day and then by month.
///
/// # Errors
/// When the database fails.
pub async fn of_people(
    tx: &mut Tx,
    people: &[PersonId],
    from: Date,
    to: Date,
) -> Result<BTreeMap<(PersonId, Date), Vec<Adjustment>>, StoreError> {
    let mut all: BTreeMap<(PersonId, Date), Vec<Adjustment>> = BTreeMap::new();
    for some in people.chunks(PEOPLE) {
        let text = format!(
            "SELECT {COLUMNS} FROM adjustment WHERE person_id IN (VALUES {{people}}) \
             AND local_date >= {{1}} AND local_date <= {{2}} ORDER BY person_id, local_date, month"
        );
        for row in rows_of_people!(tx, Row, some, &text, from.to_string(), to.to_string())? {
            let row = adjustment(row)?;
            all.entry((row.person_id, row.date)).or_default().push(row);
        }
    }
    Ok(all)
}

/// Who has something booked in a month, at a site or at any, and the first day that it is of.
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
        "SELECT person_id, MIN(local_date) FROM adjustment WHERE month = $1 AND ($2 = '' OR site_id = $2) \
         GROUP BY person_id ORDER BY person_id",
        month.to_string(),
        site.map_or("", SiteId::as_str)
    )?
    .into_iter()
    .map(|row| person_and_date(row, "adjustment.local_date"))
    .collect()
}

/// What is booked in a month, by person and day; of one site or of all.
///
/// # Errors
/// When the database fails.
pub async fn list_by_month(
    tx: &mut Tx,
    month: Month,
    site: Option<&SiteId>,
) -> Result<Vec<Adjustment>, StoreError> {
    let text = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM adjustment WHERE month = $1 AND ($2 = '' OR site_id = $2) \
         ORDER BY person_id, local_date"
    ));
    sql!(tx, fetch_all as Row, text, month.to_string(), site.map_or("", SiteId::as_str))?
        .into_iter()
        .map(adjustment)
        .collect()
}
