//! What has ended stays ended: revoked doors, badges, API tokens and passwords, also on a database that was
//! restored from the time before.
//!
//! A credential is remembered by what can't come again (the hash of a random token, the id of a badge), so
//! that a line is true for ever: whoever joined anew has another credential. The row is written in the
//! transaction of the revocation; a job then brings it into a ledger apart from the database. Nothing here
//! decides what ends.

mod ledger;
mod replay;

use lintel_core::chain::Hash;
use lintel_core::ids::{AccountId, DeviceId, PersonId};
use lintel_core::time::UtcMillis;

pub use crate::store::revocations::CredentialKind;
pub use ledger::{RevocationLedger, Revoked};
pub use replay::{Replayed, replay};

use crate::jobs::KeepRevocations;
use crate::ledger::LedgerError;
use crate::store::{Db, StoreError, Tx, revocations as rows};

/// Why revocations can't be kept or repeated.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A door's membership ends: revoked, reset, or replaced by its joining anew. Call it before the change.
///
/// # Errors
/// When the database fails.
pub async fn end_device(tx: &mut Tx, id: &DeviceId, at: UtcMillis) -> Result<(), StoreError> {
    match rows::of_device(tx, id).await? {
        Some(hash) => end(tx, CredentialKind::Device, &hash, at).await,
        None => Ok(()),
    }
}

/// An API token ends. Call it before or after the change.
///
/// # Errors
/// When the database fails.
pub async fn end_token(tx: &mut Tx, name: &str, at: UtcMillis) -> Result<(), StoreError> {
    match rows::of_token(tx, name).await? {
        Some(hash) => end(tx, CredentialKind::Token, &hash, at).await,
        None => Ok(()),
    }
}

/// A person's standing badge ends, if there is one. Call it before the change.
///
/// # Errors
/// When the database fails.
pub async fn end_badge(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    match rows::of_person(tx, person).await? {
        Some(badge) => end(tx, CredentialKind::Badge, &rows::badge_bytes(badge), at).await,
        None => Ok(()),
    }
}

/// An account's present password opens nothing any more. Call it before the change.
///
/// # Errors
/// When the database fails.
pub async fn end_password(tx: &mut Tx, id: AccountId, at: UtcMillis) -> Result<(), StoreError> {
    match rows::of_account(tx, id).await? {
        Some(hash) => end(tx, CredentialKind::Account, &password_digest(&hash), at).await,
        None => Ok(()),
    }
}

async fn end(tx: &mut Tx, kind: CredentialKind, credential: &[u8], at: UtcMillis) -> Result<(), StoreError> {
    rows::create(tx, kind, credential, at).await?;
    KeepRevocations.queue(tx).await
}

/// What a password is remembered by. The salted hash has a salt of its own, so this gives nobody anything to
/// guess at.
fn password_digest(password_hash: &str) -> [u8; 32] {
    *Hash::of(password_hash.as_bytes()).as_bytes()
}

/// Writes what the database knows and the ledger doesn't; how many lines.
///
/// # Errors
/// [`RevocationError`].
pub async fn keep(db: &Db, ledger: &RevocationLedger) -> Result<usize, RevocationError> {
    let rows = rows::list(&mut db.read().await?).await?;
    let written: std::collections::HashSet<_> = ledger.entries().await?.into_iter().collect();
    let unwritten: Vec<Revoked> =
        rows.into_iter().map(Revoked::from).filter(|row| !written.contains(row)).collect();
    let count = unwritten.len();
    if count > 0 {
        ledger.add(unwritten).await?;
    }
    Ok(count)
}
