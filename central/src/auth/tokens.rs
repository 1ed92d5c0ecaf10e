//! API tokens, one-time links and the sessions they open.

use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::ClockError;
use lintel_runtime::secrets::SecretString;

use super::permit::{ManageTokens, Permit};
use super::{Actor, Role, credential};
use crate::store::{Db, StoreError, access, audit};

/// How long a link waits to be opened.
pub const LINK_MS: i64 = 15 * 60 * 1000;
/// How long a session lasts without a request.
pub const SESSION_IDLE_MS: i64 = 1800 * 1000;
/// A session is written again at most this often, so that a live page doesn't write at each request.
const TOUCH_EVERY_MS: i64 = 60 * 1000;

/// What can go wrong with tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The name is taken, or was.
    #[error("there is or was a token named {0:?}: choose another name")]
    Exists(String),
    /// No such token.
    #[error("no token named {0:?} stands; names are in the audit")]
    Unknown(String),
    /// Not a name.
    #[error("a token's name has 1 to 64 printable characters")]
    Name,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes an API token; the only time that it is seen.
///
/// # Errors
/// [`TokenError::Exists`] for a name that was used before.
pub async fn create(
    db: &Db,
    clock: &dyn Clock,
    permit: &Permit<ManageTokens>,
    name: &str,
    role: Role,
) -> Result<SecretString, TokenError> {
    if name.is_empty() || name.chars().count() > 64 || name.chars().any(char::is_control) {
        return Err(TokenError::Name);
    }
    let token = credential::generate("lintel_api_")?;
    let now = clock.now();
    let mut tx = db.write().await?;
    access::create_token(&mut tx, name, role.as_str(), &credential::hash(token.expose()), now)
        .await
        .map_err(|error| match error {
            error if error.is_unique_violation() => TokenError::Exists(name.to_owned()),
            error => error.into(),
        })?;
    audit::create(&mut tx, now, permit.actor(), "token.create", name, "role").await?;
    tx.commit().await?;
    Ok(token)
}

/// Makes a token worthless.
///
/// # Errors
/// [`TokenError::Unknown`].
pub async fn revoke(
    db: &Db,
    clock: &dyn Clock,
    permit: &Permit<ManageTokens>,
    name: &str,
) -> Result<(), TokenError> {
    let now = clock.now();
    let mut tx = db.write().await?;
    if !access::revoke_token(&mut tx, name, now).await? {
        return Err(TokenError::Unknown(name.to_owned()));
    }
    audit::create(&mut tx, now, permit.actor(), "token.revoke", name, "").await?;
    tx.commit().await?;
    Ok(())
}

/// Makes a link that opens one session; the secret at its end.
///
/// # Errors
/// [`TokenError`].
pub async fn create_link(
    db: &Db,
    clock: &dyn Clock,
    permit: &Permit<ManageTokens>,
    role: Role,
) -> Result<SecretString, TokenError> {
    let link = credential::generate("lintel_link_")?;
    let now = clock.now();
    let mut tx = db.write().await?;
    access::delete_expired(&mut tx, now).await?;
    let hash = credential::hash(link.expose());
    access::create_link(&mut tx, &hash, role.as_str(), now, now.plus_millis(LINK_MS)).await?;
    audit::create(&mut tx, now, permit.actor(), "link.create", role.as_str(), "").await?;
    tx.commit().await?;
    Ok(link)
}

/// Turns a link into a session, once. None when it is unknown, used or too old.
///
/// # Errors
/// [`TokenError`].
pub async fn open_session(db: &Db, now: UtcMillis, link: &str) -> Result<Option<SecretString>, TokenError> {
    let mut tx = db.write().await?;
    let Some(role) = access::take_link(&mut tx, &credential::hash(link), now).await? else {
        return Ok(None);
    };
    let session = credential::generate("lintel_session_")?;
    let hash = credential::hash(session.expose());
    access::create_session(&mut tx, &hash, &role, now, now.plus_millis(SESSION_IDLE_MS)).await?;
    audit::create(&mut tx, now, "link", "session.open", &role, "").await?;
    tx.commit().await?;
    Ok(Some(session))
}

/// Ends a session.
///
/// # Errors
/// When the database fails.
pub async fn close_session(db: &Db, session: &str) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    access::delete_session(&mut tx, &credential::hash(session)).await?;
    tx.commit().await
}

/// Who a token stands for. A role that this version doesn't know may do nothing.
///
/// # Errors
/// When the database fails.
pub async fn actor_of_token(db: &Db, token: &str) -> Result<Option<Actor>, StoreError> {
    let mut tx = db.read().await?;
    let row = access::get_token_by_hash(&mut tx, &credential::hash(token)).await?;
    Ok(row.and_then(|(name, role)| Some(Actor::new(&format!("token:{name}"), Role::parse(&role)?))))
}

/// Who a session stands for, and its idle time starts again.
///
/// # Errors
/// When the database fails.
pub async fn actor_of_session(db: &Db, now: UtcMillis, session: &str) -> Result<Option<Actor>, StoreError> {
    let hash = credential::hash(session);
    let mut tx = db.read().await?;
    let Some((role, expires_at)) = access::get_session(&mut tx, &hash, now).await? else { return Ok(None) };
    // Given back before the write: a pool of one connection must not wait for itself.
    tx.commit().await?;
    let until = now.plus_millis(SESSION_IDLE_MS);
    if until.millis_since(expires_at) >= TOUCH_EVERY_MS {
        let mut tx = db.write().await?;
        access::touch_session(&mut tx, &hash, until).await?;
        tx.commit().await?;
    }
    Ok(Role::parse(&role).map(|role| Actor::new("session", role)))
}
