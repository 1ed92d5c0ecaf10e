//! Sessions of the console: what a cookie stands for, how long it does, and the one-time links that open
//! one without an account.
//!
//! A session ends after a time without use, after twelve hours in any case, and at once when its account is
//! disabled or gets a new password. Nothing here trusts what a session was when it began: role and person
//! are read from the account at each request.

use lintel_core::ids::AccountId;
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::ClockError;
use lintel_runtime::secrets::SecretString;

use super::permit::{ManageTokens, Permit};
use super::{Actor, CsrfToken, Role, credential};
use crate::store::{Db, StoreError, Tx, audit, sessions};

/// How long a link waits to be opened.
pub const LINK_MS: i64 = 15 * 60 * 1000;
/// Longest life of a session, whatever its use.
pub const LONGEST_MS: i64 = 12 * 60 * 60 * 1000;
/// A session is written again at most this often, so that a live page doesn't write at each request.
const TOUCH_EVERY_MS: i64 = 60 * 1000;

/// What can go wrong with sessions.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A session's place in the database, kept by what outlives a request. Not the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// What the audit calls whoever came by a link, such as `session:3f9a0c5e71d2`: enough of the hash to tell
    /// sessions apart, and of no use to get in with.
    fn name(&self) -> String {
        let start: String = self.0.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("session:{start}")
    }
}

/// Who a cookie stands for.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Who.
    pub actor: Actor,
    /// Which session.
    pub key: SessionKey,
    /// Whether a new password comes before everything else.
    pub must_change: bool,
}

/// Makes a link that opens one session; the secret at its end.
///
/// # Errors
/// [`SessionError`].
pub async fn create_link(
    db: &Db,
    clock: &dyn Clock,
    permit: &Permit<ManageTokens>,
    role: Role,
) -> Result<SecretString, SessionError> {
    let link = credential::generate("lintel_link_")?;
    let now = clock.now();
    let mut tx = db.write().await?;
    sessions::delete_expired(&mut tx, now).await?;
    let hash = credential::hash(link.expose());
    sessions::create_link(&mut tx, &hash, role.as_str(), now, now.plus_millis(LINK_MS)).await?;
    audit::create(&mut tx, now, permit.actor(), "link.create", role.as_str(), "").await?;
    tx.commit().await?;
    Ok(link)
}

/// Turns a link into a session, once. None when it is unknown, used or too old.
///
/// # Errors
/// [`SessionError`].
pub async fn open_by_link(
    db: &Db,
    now: UtcMillis,
    idle_ms: i64,
    link: &str,
) -> Result<Option<SecretString>, SessionError> {
    let mut tx = db.write().await?;
    let Some(role) = sessions::take_link(&mut tx, &credential::hash(link), now).await? else {
        return Ok(None);
    };
    let session = open(&mut tx, now, idle_ms, None, &role).await?;
    audit::create(&mut tx, now, "link", "session.open", &role, "").await?;
    tx.commit().await?;
    Ok(Some(session))
}

/// Opens a session in the transaction that found out whose; the secret for the cookie.
///
/// # Errors
/// [`SessionError`].
pub async fn open(
    tx: &mut Tx,
    now: UtcMillis,
    idle_ms: i64,
    account_id: Option<AccountId>,
    role: &str,
) -> Result<SecretString, SessionError> {
    let session = credential::generate("lintel_session_")?;
    let row = sessions::NewSession {
        session_hash: &credential::hash(session.expose()),
        account_id,
        role,
        created_at: now,
        expires_at: end(now, now, idle_ms),
    };
    sessions::delete_expired(tx, now).await?;
    sessions::create(tx, row).await?;
    Ok(session)
}

fn end(created_at: UtcMillis, now: UtcMillis, idle_ms: i64) -> UtcMillis {
    now.plus_millis(idle_ms).min(created_at.plus_millis(LONGEST_MS))
}

/// Ends a session, on its owner's word.
///
/// # Errors
/// When the database fails.
pub async fn close(db: &Db, now: UtcMillis, standing: &Standing) -> Result<(), StoreError> {
    let mut tx = db.write().await?;
    if sessions::delete(&mut tx, &standing.key.0).await? {
        let subject = standing.actor.account_id().map(|id| id.to_string()).unwrap_or_default();
        audit::create(&mut tx, now, standing.actor.name(), "session.close", &subject, "").await?;
    }
    tx.commit().await
}

/// Who a cookie's secret stands for. With `counts` its idle time starts again.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &Db,
    now: UtcMillis,
    idle_ms: i64,
    secret: &str,
    counts: bool,
) -> Result<Option<Standing>, StoreError> {
    let key = SessionKey(credential::hash(secret));
    let mut tx = db.read().await?;
    let Some(session) = sessions::get(&mut tx, &key.0, now).await? else { return Ok(None) };
    // Given back before the write: a pool of one connection must not wait for itself.
    tx.commit().await?;
    let until = end(session.created_at, now, idle_ms);
    if counts && until.millis_since(session.expires_at) >= TOUCH_EVERY_MS {
        let mut tx = db.write().await?;
        sessions::update_end(&mut tx, &key.0, until).await?;
        tx.commit().await?;
    }
    // A role that this version doesn't know may do nothing.
    let Some(role) = Role::parse(&session.role) else { return Ok(None) };
    let (actor, must_change) = match session.account {
        Some(account) => {
            let actor = Actor::of_account(account.account_id, &account.display_name, role);
            let actor = account.person_id.into_iter().fold(actor, Actor::about);
            (actor, account.must_change)
        }
        // Without an account the session is all that tells one reader from another.
        None => (Actor::new(&key.name(), role), false),
    };
    Ok(Some(Standing { actor: actor.within(CsrfToken::of_session(secret)), key, must_change }))
}

/// Whether a session still stands, for what stays open longer than a request.
///
/// # Errors
/// When the database fails.
pub async fn stands(tx: &mut Tx, now: UtcMillis, key: SessionKey) -> Result<bool, StoreError> {
    Ok(sessions::get(tx, &key.0, now).await?.is_some())
}
