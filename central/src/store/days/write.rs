//! Storing days: many rows in each statement, as each database reads them fastest.

use jiff::civil::Date;
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;

use super::super::{StoreError, Tx, dialect, uuid_bytes};
use crate::attendance::DayRecord;

/// Rows per statement; with eight columns well under what either database takes.
const ROWS: usize = 500;

/// A record to store.
#[derive(Debug, Clone, Copy)]
pub struct NewDay<'a> {
    /// The record.
    pub record: &'a DayRecord,
    /// Its canonical text.
    pub text: &'a str,
}

/// Stores computed days, in place of what was there, with the doors that hold up their proof.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, days: &[NewDay<'_>], at: UtcMillis) -> Result<(), StoreError> {
    for some in days.chunks(ROWS) {
        match tx {
            Tx::Sqlite(_) => put_values(tx, some, at).await?,
            Tx::Postgres(_) => put_arrays(tx, some, at).await?,
        }
    }
    put_blocks(tx, days).await
}

const UPSERT: &str = "ON CONFLICT (person_id, local_date) DO UPDATE SET \
    site_id = excluded.site_id, status = excluded.status, provisional = excluded.provisional, \
    severity = excluded.severity, record = excluded.record, computed_at = excluded.computed_at";
const INSERT: &str = "INSERT INTO day_record (person_id, local_date, site_id, status, provisional, severity, \
    record, computed_at)";

async fn put_values(tx: &mut Tx, days: &[NewDay<'_>], at: UtcMillis) -> Result<(), StoreError> {
    let text = format!("{INSERT} VALUES {} {UPSERT}", dialect::values(tx, days.len(), 8));
    let Tx::Sqlite(c) = tx else { return Ok(()) };
    let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
    for day in days {
        query = query
            .bind(uuid_bytes!(day.record.person))
            .bind(day.record.date.to_string())
            .bind(day.record.site.as_str())
            .bind(day.record.status.as_str())
            .bind(i64::from(day.record.provisional.is_some()))
            .bind(severity(day.record))
            .bind(day.text)
            .bind(at.as_i64());
    }
    query.execute(&mut **c).await?;
    Ok(())
}

/// The same with one array for each column, which PostgreSQL reads in a fraction of the time.
async fn put_arrays(tx: &mut Tx, days: &[NewDay<'_>], at: UtcMillis) -> Result<(), StoreError> {
    let Tx::Postgres(c) = tx else { return Ok(()) };
    fn column<'a, T>(days: &[NewDay<'a>], of: impl Fn(&NewDay<'a>) -> T) -> Vec<T> {
        days.iter().map(of).collect()
    }
    let text = format!(
        "{INSERT} SELECT d.*, $8 FROM UNNEST($1::BYTEA[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[], \
         $6::BIGINT[], $7::TEXT[]) AS d {UPSERT}"
    );
    sqlx::query(sqlx::AssertSqlSafe(text))
        .bind(column(days, |day| day.record.person.as_uuid().as_bytes().to_vec()))
        .bind(column(days, |day| day.record.date.to_string()))
        .bind(column(days, |day| day.record.site.as_str().to_owned()))
        .bind(column(days, |day| day.record.status.as_str().to_owned()))
        .bind(column(days, |day| i64::from(day.record.provisional.is_some())))
        .bind(column(days, |day| severity(day.record)))
        .bind(column(days, |day| day.text.to_owned()))
        .bind(at.as_i64())
        .execute(&mut **c)
        .await?;
    Ok(())
}

/// The gravest exception as its column has it.
fn severity(record: &DayRecord) -> i64 {
    use crate::attendance::exception::Severity;
    let gravest = record.exceptions.iter().map(|exception| exception.code.severity()).max();
    match gravest {
        None => 0,
        Some(Severity::Info) => 1,
        Some(Severity::Notice) => 2,
        Some(Severity::Warning) => 3,
        Some(Severity::Error) => 4,
    }
}

async fn put_blocks(tx: &mut Tx, days: &[NewDay<'_>]) -> Result<(), StoreError> {
    let blocks: Vec<_> = days
        .iter()
        .filter_map(|day| day.record.provisional.as_ref().map(|why| (day.record, why)))
        .flat_map(|(record, why)| why.blocked_by.iter().map(move |door| (record, door, why.until)))
        .collect();
    for some in blocks.chunks(ROWS) {
        let text = format!(
            "INSERT INTO day_block (person_id, local_date, device_id, until_at) VALUES {} \
             ON CONFLICT (person_id, local_date, device_id) DO UPDATE SET until_at = excluded.until_at",
            dialect::values(tx, some.len(), 4)
        );
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                for (record, door, until) in some {
                    query = query
                        .bind(uuid_bytes!(record.person))
                        .bind(record.date.to_string())
                        .bind(door.as_str())
                        .bind(until.as_i64());
                }
                query.execute(&mut **$c).await.map(drop)?
            }};
        }
        match tx {
            Tx::Sqlite(c) => run!(c),
            Tx::Postgres(c) => run!(c),
        }
    }
    Ok(())
}

/// Takes out what holds up the days of people from one date to another.
///
/// # Errors
/// When the database fails.
pub async fn delete_blocks(tx: &mut Tx, days: &[(PersonId, Date)]) -> Result<(), StoreError> {
    delete_among(tx, "day_block", days).await
}

/// Takes days out of which nothing is left.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, days: &[(PersonId, Date)]) -> Result<(), StoreError> {
    delete_among(tx, "day_record", days).await
}

async fn delete_among(tx: &mut Tx, table: &'static str, days: &[(PersonId, Date)]) -> Result<(), StoreError> {
    for some in days.chunks(ROWS) {
        let list = dialect::values(tx, some.len(), 2);
        let text = format!("DELETE FROM {table} WHERE (person_id, local_date) IN (VALUES {list})");
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                for (person, date) in some {
                    query = query.bind(uuid_bytes!(person)).bind(date.to_string());
                }
                query.execute(&mut **$c).await.map(drop)?
            }};
        }
        match tx {
            Tx::Sqlite(c) => run!(c),
            Tx::Postgres(c) => run!(c),
        }
    }
    Ok(())
}
