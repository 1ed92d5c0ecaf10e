//! API tokens: hashes only, never what was handed out.

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
pub async fn create(
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
pub async fn get_by_hash(tx: &mut Tx, token_hash: &[u8; 32]) -> Result<Option<(String, String)>, StoreError> {
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
pub async fn revoke(tx: &mut Tx, name: &str, at: UtcMillis) -> Result<bool, StoreError> {
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
pub async fn list(tx: &mut Tx) -> Result<Vec<ApiToken>, StoreError> {
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
