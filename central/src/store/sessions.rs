//! Sessions of the console and the one-time links that open one: hashes only, never what was handed out.

use lintel_core::ids::{AccountId, PersonId};
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, sql, uuid, uuid_bytes};

/// Stores a one-time link's hash.
///
/// # Errors
/// When the database fails.
pub async fn create_link(
    tx: &mut Tx,
    link_hash: &[u8; 32],
    role: &str,
    at: UtcMillis,
    expires_at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO page_link (link_hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        link_hash.as_slice(),
        role,
        at.as_i64(),
        expires_at.as_i64(),
    )?;
    Ok(())
}

/// Uses a link up: its role, when it had not expired. A second use finds nothing.
///
/// # Errors
/// When the database fails.
pub async fn take_link(
    tx: &mut Tx,
    link_hash: &[u8; 32],
    now: UtcMillis,
) -> Result<Option<String>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String,),
        "DELETE FROM page_link WHERE link_hash = $1 AND expires_at > $2 RETURNING role",
        link_hash.as_slice(),
        now.as_i64()
    )?;
    Ok(row.map(|(role,)| role))
}

/// A new row of `session`.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// Hash of its secret.
    pub session_hash: &'a [u8; 32],
    /// Whose; None for a link's.
    pub account_id: Option<AccountId>,
    /// What a link's session may do; an account's role is read from the account.
    pub role: &'a str,
    /// When it begins.
    pub created_at: UtcMillis,
    /// When it ends unless it is used.
    pub expires_at: UtcMillis,
}

/// Stores a session.
///
/// # Errors
/// When the database fails.
pub async fn create(tx: &mut Tx, row: NewSession<'_>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO session (session_hash, account_id, role, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5)",
        row.session_hash.as_slice(),
        row.account_id.as_ref().map(|id| uuid_bytes!(id)),
        row.role,
        row.created_at.as_i64(),
        row.expires_at.as_i64(),
    )?;
    Ok(())
}

/// A session that has not ended, with what its account allows now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// When it began.
    pub created_at: UtcMillis,
    /// When it ends unless it is used.
    pub expires_at: UtcMillis,
    /// What it may do; a name that this version may not know.
    pub role: String,
    /// Whose; None for a link's.
    pub account: Option<SessionAccount>,
}

/// The account of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionAccount {
    /// Which.
    pub account_id: AccountId,
    /// What pages call them.
    pub display_name: String,
    /// The person whose record is theirs.
    pub person_id: Option<PersonId>,
    /// Whether a new password comes first.
    pub must_change: bool,
}

type Row = (i64, i64, String, Option<Vec<u8>>, Option<String>, Option<Vec<u8>>, Option<i64>);

/// A session that has not ended and whose account, if it has one, is not disabled.
///
/// # Errors
/// When the database fails.
pub async fn get(
    tx: &mut Tx,
    session_hash: &[u8; 32],
    now: UtcMillis,
) -> Result<Option<Session>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as Row,
        "SELECT s.created_at, s.expires_at, COALESCE(a.role, s.role), a.account_id, a.display_name, \
         a.person_id, a.must_change FROM session s LEFT JOIN account a ON a.account_id = s.account_id \
         WHERE s.session_hash = $1 AND s.expires_at > $2 AND a.disabled_at IS NULL",
        session_hash.as_slice(),
        now.as_i64()
    )?;
    row.map(session).transpose()
}

fn session(row: Row) -> Result<Session, StoreError> {
    let (created_at, expires_at, role, account_id, display_name, person_id, must_change) = row;
    let account = match account_id {
        Some(id) => Some(SessionAccount {
            account_id: uuid(&id, "account.account_id")?.into(),
            display_name: display_name.unwrap_or_default(),
            person_id: match person_id {
                Some(id) => Some(uuid(&id, "account.person_id")?.into()),
                None => None,
            },
            must_change: must_change.unwrap_or(0) != 0,
        }),
        None => None,
    };
    Ok(Session {
        created_at: UtcMillis::from_i64(created_at),
        expires_at: UtcMillis::from_i64(expires_at),
        role,
        account,
    })
}

/// Puts a session's end off; call it once a minute at most, each call is a write.
///
/// # Errors
/// When the database fails.
pub async fn update_end(
    tx: &mut Tx,
    session_hash: &[u8; 32],
    expires_at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE session SET expires_at = $1 WHERE session_hash = $2",
        expires_at.as_i64(),
        session_hash.as_slice()
    )?;
    Ok(())
}

/// Ends a session; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, session_hash: &[u8; 32]) -> Result<bool, StoreError> {
    let rows = sql!(tx, execute, "DELETE FROM session WHERE session_hash = $1", session_hash.as_slice())?;
    Ok(rows > 0)
}

/// Ends all sessions of an account; how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_account(tx: &mut Tx, id: AccountId) -> Result<u64, StoreError> {
    sql!(tx, execute, "DELETE FROM session WHERE account_id = $1", uuid_bytes!(id))
}

/// Deletes links and sessions that have ended; how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &mut Tx, now: UtcMillis) -> Result<u64, StoreError> {
    let links = sql!(&mut *tx, execute, "DELETE FROM page_link WHERE expires_at <= $1", now.as_i64())?;
    let sessions = sql!(tx, execute, "DELETE FROM session WHERE expires_at <= $1", now.as_i64())?;
    Ok(links + sessions)
}

/// Ends everybody's session and every link.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx) -> Result<(), StoreError> {
    sql!(&mut *tx, execute, "DELETE FROM session")?;
    sql!(tx, execute, "DELETE FROM page_link")?;
    Ok(())
}
