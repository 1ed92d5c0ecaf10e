//! Logging in with a name and a password, and changing one's own password.
//!
//! An unknown name, a wrong password and a disabled account are answered alike and after the same work.
//! The log and the audit say which account, never what was typed: people type passwords into the wrong
//! field.

use std::net::IpAddr;
use std::time::Duration;

use lintel_core::seal::FernetRing;
use lintel_core::time::Clock;
use lintel_runtime::clock::ClockError;
use lintel_runtime::secrets::SecretString;

use super::backoff::{self, BackoffError, Begun};
use super::password::{Password, PasswordError, Passwords, Weakness};
use super::sessions::{self, SessionError, Standing};
use super::{AccountName, Role, credential};
use crate::store::sessions as rows;
use crate::store::{Db, StoreError, accounts, audit};

/// What logging in needs.
#[derive(Clone, Copy)]
pub struct LogInDesk<'a> {
    /// The database.
    pub db: &'a Db,
    /// Seals the day's key of the back-off.
    pub ring: &'a FernetRing,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Computes hashes.
    pub passwords: &'a Passwords,
    /// How long a session lasts without use, ms.
    pub idle_ms: i64,
}

/// What was typed, and from where.
#[derive(Debug)]
pub struct LogIn<'a> {
    /// The name as typed.
    pub name: &'a str,
    /// The password as typed.
    pub password: &'a str,
    /// Where from; None when it can't be told.
    pub address: Option<IpAddr>,
    /// The secret of the session that the browser had before, which ends.
    pub previous: Option<&'a str>,
}

/// What came of it.
#[derive(Debug)]
pub enum LoggedIn {
    /// A session; its secret for the cookie.
    Welcome {
        /// The secret.
        session: SecretString,
        /// What they may do.
        role: Role,
        /// Whether a new password comes first.
        must_change: bool,
    },
    /// No.
    Refused,
    /// Not now.
    Wait(Duration),
}

/// Logging in failed for no fault of the person's.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The back-off couldn't be looked up.
    #[error(transparent)]
    Backoff(#[from] BackoffError),
    /// The hash couldn't be computed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SessionError> for LogInError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Random(error) => Self::Random(error),
            SessionError::Store(error) => Self::Store(error),
        }
    }
}

/// Logs in.
///
/// # Errors
/// [`LogInError`]; that somebody is refused is none.
pub async fn log_in(desk: LogInDesk<'_>, typed: &LogIn<'_>) -> Result<LoggedIn, LogInError> {
    let now = desk.clock.now();
    let folded = folded(typed.name);
    let attempt = match backoff::begin(desk.db, desk.ring, now, &folded, typed.address).await? {
        Begun::Wait(wait) => return Ok(LoggedIn::Wait(wait)),
        Begun::Attempt(attempt) => attempt,
    };
    let found = accounts::get_by_name(&mut desk.db.read().await?, &folded).await?;
    let stored = found.as_ref().map(|(_, hash)| hash.as_str());
    let right = desk.passwords.verify(&Password::typed(typed.password), stored).await?;

    let mut tx = desk.db.write().await?;
    // Once more, because hashing took time: the account may be disabled or have another password now.
    let current = accounts::get_by_name(&mut tx, &folded).await?;
    let id = current.as_ref().map(|(account, _)| account.account_id);
    let subject = id.map(|id| id.to_string()).unwrap_or_default();
    let welcome = match current {
        Some((account, hash)) if right && stored == Some(hash.as_str()) && account.disabled_at.is_none() => {
            Role::parse(&account.role).map(|role| (account, role))
        }
        _ => None,
    };
    let Some((account, role)) = welcome else {
        audit::create(&mut tx, now, "login", "session.refuse", &subject, "").await?;
        tx.commit().await?;
        log::info!("account.id" = subject.as_str(); "a log-in was refused");
        return Ok(LoggedIn::Refused);
    };
    backoff::forgive(&mut tx, &attempt).await?;
    if let Some(previous) = typed.previous {
        rows::delete(&mut tx, &credential::hash(previous)).await?;
    }
    let session = sessions::open(&mut tx, now, desk.idle_ms, id, role.as_str()).await?;
    audit::create(&mut tx, now, &format!("account:{subject}"), "session.open", &subject, "").await?;
    tx.commit().await?;
    Ok(LoggedIn::Welcome { session, role, must_change: account.must_change })
}

/// What the back-off and the database are asked for. What can't be a name is asked for too, so that it is
/// answered like any other; the length is bounded because it is anybody's text.
fn folded(typed: &str) -> String {
    match AccountName::parse(typed) {
        Ok(name) => name.folded().to_owned(),
        // No account's folded name has a space.
        Err(_) => format!(" {}", typed.chars().take(100).filter(|c| !c.is_control()).collect::<String>()),
    }
}

/// What came of changing one's own password.
#[derive(Debug)]
pub enum PasswordChanged {
    /// Done; the secret of the session that goes on. All others have ended.
    Done(SecretString),
    /// The present password isn't that.
    Refused,
    /// Not now.
    Wait(Duration),
    /// The new one is refused.
    Weak(Weakness),
    /// The new one is the old one.
    Same,
}

/// Changes the password of the account of a session.
///
/// # Errors
/// [`LogInError`]; a session without an account is refused like a wrong password.
pub async fn change_password(
    desk: LogInDesk<'_>,
    standing: &Standing,
    present: &str,
    new: &str,
    address: Option<IpAddr>,
) -> Result<PasswordChanged, LogInError> {
    let now = desk.clock.now();
    let Some(id) = standing.actor.account_id() else { return Ok(PasswordChanged::Refused) };
    let found = accounts::get(&mut desk.db.read().await?, id).await?;
    let Some((account, stored)) = found else { return Ok(PasswordChanged::Refused) };
    let chosen = match Password::chosen(new, &account.name) {
        Ok(chosen) => chosen,
        Err(weakness) => return Ok(PasswordChanged::Weak(weakness)),
    };
    let attempt = match backoff::begin(desk.db, desk.ring, now, &folded(&account.name), address).await? {
        Begun::Wait(wait) => return Ok(PasswordChanged::Wait(wait)),
        Begun::Attempt(attempt) => attempt,
    };
    let present = Password::typed(present);
    if !desk.passwords.verify(&present, Some(&stored)).await? {
        return Ok(PasswordChanged::Refused);
    }
    if desk.passwords.verify(&chosen, Some(&stored)).await? {
        backoff::forgive_alone(desk.db, &attempt).await?;
        return Ok(PasswordChanged::Same);
    }
    let hash = desk.passwords.hash(&chosen).await?;
    let mut tx = desk.db.write().await?;
    let unchanged = accounts::get(&mut tx, id)
        .await?
        .is_some_and(|(account, hash)| hash == stored && account.disabled_at.is_none());
    if !unchanged {
        return Ok(PasswordChanged::Refused);
    }
    backoff::forgive(&mut tx, &attempt).await?;
    crate::revocation::end_password(&mut tx, id, now).await?;
    accounts::update_password(&mut tx, id, &hash, false, now).await?;
    rows::delete_by_account(&mut tx, id).await?;
    let session =
        sessions::open(&mut tx, now, desk.idle_ms, Some(id), standing.actor.role().as_str()).await?;
    let (actor, subject) = (standing.actor.name(), id.to_string());
    audit::create(&mut tx, now, actor, "account.password", &subject, "password,must_change,sessions").await?;
    tx.commit().await?;
    desk.db.wake_jobs();
    Ok(PasswordChanged::Done(session))
}
