//! Failed log-ins and the wait that follows from them. Subjects are keyed hashes; no name, no address.

use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql};

/// What a subject has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The attempt was counted; failures so far, this one included.
    Attempt(i64),
    /// It was not: the subject has to wait until then.
    WaitUntil(UtcMillis),
}

/// The sealed key of a day. The one that is offered is stored when there is none yet; keys of other days and
/// everything counted under them go then.
///
/// # Errors
/// When the database fails.
pub async fn get_or_create_key(tx: &mut Tx, day: i64, offered: &str) -> Result<String, StoreError> {
    let rows = sql!(
        &mut *tx,
        execute,
        "INSERT INTO login_key (day, key_sealed) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING",
        day,
        offered
    )?;
    if rows > 0 {
        sql!(&mut *tx, execute, "DELETE FROM login_key WHERE day <> $1", day)?;
        sql!(&mut *tx, execute, "DELETE FROM login_failure")?;
    }
    Ok(sql!(tx, fetch_one as (String,), "SELECT key_sealed FROM login_key WHERE day = $1", day)?.0)
}

/// Puts another key in the place of a day's, with which everything counted under the old one goes.
///
/// # Errors
/// When the database fails.
pub async fn replace_key(tx: &mut Tx, day: i64, sealed: &str) -> Result<(), StoreError> {
    sql!(&mut *tx, execute, "UPDATE login_key SET key_sealed = $1 WHERE day = $2", sealed, day)?;
    sql!(tx, execute, "DELETE FROM login_failure")?;
    Ok(())
}

/// The sealed key of a day.
///
/// # Errors
/// When the database fails.
pub async fn get_key(tx: &mut Tx, day: i64) -> Result<Option<String>, StoreError> {
    let row = sql!(tx, fetch_optional as (String,), "SELECT key_sealed FROM login_key WHERE day = $1", day)?;
    Ok(row.map(|(sealed,)| sealed))
}

/// Counts an attempt of a subject as failed, unless it has to wait; failures before `forgotten` don't count
/// any more. A wait beyond `longest` comes from a clock that was set back, and holds nobody up. One
/// statement, so that attempts at the same time are all counted.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut Tx,
    subject: &[u8; 32],
    now: UtcMillis,
    forgotten: UtcMillis,
    longest: UtcMillis,
) -> Result<Counted, StoreError> {
    let row = sql!(
        &mut *tx,
        fetch_optional as (i64,),
        "INSERT INTO login_failure (subject, failures, last_at, wait_until) VALUES ($1, 1, $2, 0) \
         ON CONFLICT (subject) DO UPDATE SET last_at = excluded.last_at, \
           failures = CASE WHEN login_failure.last_at < $3 THEN 1 ELSE login_failure.failures + 1 END \
         WHERE login_failure.wait_until <= excluded.last_at OR login_failure.wait_until > $4 \
         RETURNING failures",
        subject.as_slice(),
        now.as_i64(),
        forgotten.as_i64(),
        longest.as_i64()
    )?;
    if let Some((failures,)) = row {
        return Ok(Counted::Attempt(failures));
    }
    let (until,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT wait_until FROM login_failure WHERE subject = $1",
        subject.as_slice()
    )?;
    Ok(Counted::WaitUntil(UtcMillis::from_i64(until)))
}

/// Sets until when a subject has to wait.
///
/// # Errors
/// When the database fails.
pub async fn update_wait(tx: &mut Tx, subject: &[u8; 32], until: UtcMillis) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE login_failure SET wait_until = $1 WHERE subject = $2",
        until.as_i64(),
        subject.as_slice()
    )?;
    Ok(())
}

/// Forgets a subject's failures; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, subject: &[u8; 32]) -> Result<i64, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "DELETE FROM login_failure WHERE subject = $1 RETURNING failures",
        subject.as_slice()
    )?;
    Ok(row.map_or(0, |(failures,)| failures))
}

/// Takes failures back; a subject left with fewer than `free` has nothing to wait for.
///
/// # Errors
/// When the database fails.
pub async fn take_back(tx: &mut Tx, subject: &[u8; 32], failures: i64, free: i64) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE login_failure SET \
           wait_until = CASE WHEN failures - $1 < $2 THEN 0 ELSE wait_until END, \
           failures = CASE WHEN failures > $1 THEN failures - $1 ELSE 0 END WHERE subject = $3",
        failures,
        free,
        subject.as_slice()
    )?;
    Ok(())
}
