//! API tokens, one-time links and sessions: hashes only, never what was handed out.

use lintel_core::time::UtcMillis;
use serde::Serialize;

use super::{StoreError, Tx, sql};

/// An API token, without the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// What it is for.
    pub name: String,
    /// What it may do; a name that this version may not know.
    pub role: String,
    /// When it was made.
    pub created_at: UtcMillis,
    /// Since when it is worthless.
    pub revoked_at: Option<UtcMillis>,
}

/// Stores a token's hash.
///
/// # Errors
/// A unique violation when the name is taken.
pub async fn create_token(
    tx: &mut Tx,
    name: &str,
    role: &str,
    token_hash: &[u8; 32],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO api_token (name, role, token_hash, created_at) VALUES ($1, $2, $3, $4)",
        name,
        role,
        token_hash.as_slice(),
        at.as_i64(),
    )?;
    Ok(())
}

/// The name and role of a token that is not revoked.
///
/// # Errors
/// When the database fails.
pub async fn get_token_by_hash(
    tx: &mut Tx,
    token_hash: &[u8; 32],
) -> Result<Option<(String, String)>, StoreError> {
    sql!(
        tx,
        fetch_optional as (String, String),
        "SELECT name, role FROM api_token WHERE token_hash = $1 AND revoked_at IS NULL",
        token_hash.as_slice()
    )
}

/// Revokes a token; says whether it stood.
///
/// # Errors
/// When the database fails.
pub async fn revoke_token(tx: &mut Tx, name: &str, at: UtcMillis) -> Result<bool, StoreError> {
    let rows = sql!(
        tx,
        execute,
        "UPDATE api_token SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL",
        at.as_i64(),
        name
    )?;
    Ok(rows > 0)
}

/// All tokens by name.
///
/// # Errors
/// When the database fails.
pub async fn list_tokens(tx: &mut Tx) -> Result<Vec<ApiToken>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, String, i64, Option<i64>),
        "SELECT name, role, created_at, revoked_at FROM api_token ORDER BY name"
    )?;
    Ok(rows
        .into_iter()
        .map(|(name, role, created_at, revoked_at)| ApiToken {
            name,
            role,
            created_at: UtcMillis::from_i64(created_at),
            revoked_at: revoked_at.map(UtcMillis::from_i64),
        })
        .collect())
}

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

/// Stores a session's hash.
///
/// # Errors
/// When the database fails.
pub async fn create_session(
    tx: &mut Tx,
    session_hash: &[u8; 32],
    role: &str,
    at: UtcMillis,
    expires_at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO session (session_hash, role, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        session_hash.as_slice(),
        role,
        at.as_i64(),
        expires_at.as_i64(),
    )?;
    Ok(())
}

/// The role and end of a session that has not ended.
///
/// # Errors
/// When the database fails.
pub async fn get_session(
    tx: &mut Tx,
    session_hash: &[u8; 32],
    now: UtcMillis,
) -> Result<Option<(String, UtcMillis)>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (String, i64),
        "SELECT role, expires_at FROM session WHERE session_hash = $1 AND expires_at > $2",
        session_hash.as_slice(),
        now.as_i64()
    )?;
    Ok(row.map(|(role, expires_at)| (role, UtcMillis::from_i64(expires_at))))
}

/// Puts a session's end off; call it once a minute at most, each call is a write.
///
/// # Errors
/// When the database fails.
pub async fn touch_session(
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

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub async fn delete_session(tx: &mut Tx, session_hash: &[u8; 32]) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM session WHERE session_hash = $1", session_hash.as_slice())?;
    Ok(())
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
