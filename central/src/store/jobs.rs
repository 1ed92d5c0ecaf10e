//! The job table: what is still to be done, once per kind and key.

use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, dialect, sql};

/// A job to queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NewJob {
    /// Which job.
    pub kind: &'static str,
    /// What it is about; the same asked for twice is done once.
    pub key: String,
    /// Its arguments as JSON.
    pub payload: String,
}

/// A job that this process has taken.
#[derive(Debug, Clone)]
pub struct ClaimedJob {
    /// Which job.
    pub kind: String,
    /// What it is about.
    pub key: String,
    /// Its arguments as JSON.
    pub payload: String,
    /// How often it was tried, this time included.
    pub attempts: i64,
    /// Raised when it is asked for again meanwhile.
    pub generation: i64,
}

const COLUMNS: usize = 6;
/// Rows per statement: PostgreSQL takes 65,535 parameters, SQLite 32,766.
const ROWS: usize = 500;

/// Queues jobs; one that is queued already is asked for again.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, jobs: &[NewJob], run_after: UtcMillis) -> Result<(), StoreError> {
    for some in jobs.chunks(ROWS) {
        let text = format!(
            "INSERT INTO job (kind, key, payload, run_after, attempts, generation) VALUES {} \
             ON CONFLICT (kind, key) DO UPDATE SET generation = job.generation + 1, \
             run_after = CASE WHEN excluded.run_after < job.run_after THEN excluded.run_after \
             ELSE job.run_after END",
            dialect::values(tx, some.len(), COLUMNS)
        );
        macro_rules! run {
            ($c:expr) => {{
                let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                for job in some {
                    query = query
                        .bind(job.kind)
                        .bind(job.key.as_str())
                        .bind(job.payload.as_str())
                        .bind(run_after.as_i64())
                        .bind(0_i64)
                        .bind(0_i64);
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

/// Queues a job unless it is queued already.
///
/// # Errors
/// When the database fails.
pub async fn create_once(tx: &mut Tx, job: &NewJob, run_after: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO job (kind, key, payload, run_after, attempts, generation) VALUES ($1, $2, $3, $4, 0, 0) \
         ON CONFLICT (kind, key) DO NOTHING",
        job.kind,
        job.key.as_str(),
        job.payload.as_str(),
        run_after.as_i64()
    )?;
    Ok(())
}

/// Takes due jobs under a lease; another runner passes over them until it ends.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut Tx,
    lease: &[u8; 16],
    now: UtcMillis,
    lease_until: UtcMillis,
    limit: i64,
) -> Result<Vec<ClaimedJob>, StoreError> {
    let text = dialect::claim_job(tx);
    let rows = sql!(
        tx,
        fetch_all as (String, String, String, i64, i64),
        text,
        lease.as_slice(),
        lease_until.as_i64(),
        now.as_i64(),
        limit
    )?;
    Ok(rows
        .into_iter()
        .map(|(kind, key, payload, attempts, generation)| ClaimedJob {
            kind,
            key,
            payload,
            attempts,
            generation,
        })
        .collect())
}

/// Takes a finished job out; one that was asked for again meanwhile stays and runs once more.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, job: &ClaimedJob, lease: &[u8; 16]) -> Result<(), StoreError> {
    let gone = sql!(
        &mut *tx,
        execute,
        "DELETE FROM job WHERE kind = $1 AND key = $2 AND lease = $3 AND generation = $4",
        job.kind.as_str(),
        job.key.as_str(),
        lease.as_slice(),
        job.generation
    )?;
    if gone == 0 {
        sql!(
            tx,
            execute,
            "UPDATE job SET lease = NULL, lease_until = NULL, attempts = 0 \
             WHERE kind = $1 AND key = $2 AND lease = $3",
            job.kind.as_str(),
            job.key.as_str(),
            lease.as_slice()
        )?;
    }
    Ok(())
}

/// Gives a job back for later, with what went wrong.
///
/// # Errors
/// When the database fails.
pub async fn release(
    tx: &mut Tx,
    job: &ClaimedJob,
    lease: &[u8; 16],
    run_after: UtcMillis,
    error: Option<&str>,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE job SET lease = NULL, lease_until = NULL, run_after = $1, last_error = $2, attempts = $3 \
         WHERE kind = $4 AND key = $5 AND lease = $6",
        run_after.as_i64(),
        error,
        if error.is_some() { job.attempts } else { 0 },
        job.kind.as_str(),
        job.key.as_str(),
        lease.as_slice()
    )?;
    Ok(())
}

/// How many jobs wait or run.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM job")?.0)
}

/// The earliest instant at which a job is due and not taken.
///
/// # Errors
/// When the database fails.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UtcMillis>, StoreError> {
    let (due,) = sql!(
        tx,
        fetch_one as (Option<i64>,),
        "SELECT MIN(CASE WHEN lease_until > run_after THEN lease_until ELSE run_after END) FROM job"
    )?;
    Ok(due.map(UtcMillis::from_i64))
}
