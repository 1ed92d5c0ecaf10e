//! Ending again what the ledger says has ended, on a database that doesn't know it: it is a restored one.
//!
//! Runs before anything is answered. It goes the other way too: what the database knows is written into the
//! ledger, so that replicas on one database all come to have the whole of it.

use std::collections::HashSet;

use lintel_core::ids::DeviceId;
use lintel_core::time::{Clock, UtcMillis};

use super::{CredentialKind, RevocationError, RevocationLedger, Revoked, keep, password_digest};
use crate::store::{
    Db, StoreError, Tx, accounts, audit, badges, devices as door_rows, revocations as rows, sessions, tokens,
};
use crate::{devices, gallery};

/// Who the audit says it was.
const ACTOR: &str = "revocation-ledger";

/// What a replay found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Credentials that stood and were ended again.
    pub ended: usize,
    /// Lines that the ledger didn't have.
    pub learnt: usize,
}

/// Ends what the ledger names and the database still honours.
///
/// # Errors
/// [`RevocationError`]; nothing may be served then.
pub async fn replay(
    db: &Db,
    ledger: &RevocationLedger,
    clock: &dyn Clock,
) -> Result<Replayed, RevocationError> {
    let lines = ledger.entries().await?;
    let known: HashSet<Revoked> =
        rows::list(&mut db.read().await?).await?.into_iter().map(Revoked::from).collect();
    let pending: Vec<&Revoked> = lines.iter().filter(|line| !known.contains(line)).collect();
    let mut ended = 0;
    if !pending.is_empty() {
        let now = clock.now();
        let mut tx = db.write().await?;
        let passwords = standing_passwords(&mut tx).await?;
        for line in pending {
            let subject = match line.kind {
                CredentialKind::Device => end_device(&mut tx, line, now).await?,
                CredentialKind::Token => end_token(&mut tx, line, now).await?,
                CredentialKind::Badge => end_badge(&mut tx, line, now).await?,
                CredentialKind::Account => end_account(&mut tx, line, &passwords, now).await?,
            };
            rows::create(&mut tx, line.kind, &line.credential, line.at).await?;
            if let Some((action, subject)) = subject {
                audit::create(&mut tx, now, ACTOR, action, &subject, "again").await?;
                ended += 1;
            }
        }
        tx.commit().await?;
        db.wake_jobs();
    }
    Ok(Replayed { ended, learnt: keep(db, ledger).await? })
}

/// What the audit calls it, and whose it was; None where it stood no more.
type Ended = Option<(&'static str, String)>;

async fn end_device(tx: &mut Tx, line: &Revoked, now: UtcMillis) -> Result<Ended, StoreError> {
    let Ok(hash) = <[u8; 32]>::try_from(line.credential.as_slice()) else { return Ok(None) };
    let found = door_rows::get_by_token_hash(tx, &hash).await?;
    let Some(device) = found.filter(|device| device.revoked_at.is_none()) else { return Ok(None) };
    let id: &DeviceId = &device.device_id;
    door_rows::revoke(tx, id, now).await?;
    devices::end_every_way_in(tx, now, id).await?;
    Ok(Some(("device.revoke", id.to_string())))
}

async fn end_token(tx: &mut Tx, line: &Revoked, now: UtcMillis) -> Result<Ended, StoreError> {
    let Ok(hash) = <[u8; 32]>::try_from(line.credential.as_slice()) else { return Ok(None) };
    let Some((name, _)) = tokens::get_by_hash(tx, &hash).await? else { return Ok(None) };
    tokens::revoke(tx, &name, now).await?;
    Ok(Some(("token.revoke", name)))
}

async fn end_badge(tx: &mut Tx, line: &Revoked, now: UtcMillis) -> Result<Ended, StoreError> {
    let Some(person) = rows::holder_of(tx, &line.credential).await? else { return Ok(None) };
    badges::revoke(tx, person, now).await?;
    gallery::bump_all(tx, person).await?;
    Ok(Some(("badge.revoke", person.to_string())))
}

type Passwords = Vec<(lintel_core::ids::AccountId, [u8; 32])>;

async fn standing_passwords(tx: &mut Tx) -> Result<Passwords, StoreError> {
    let found = rows::list_accounts(tx).await?;
    Ok(found.into_iter().map(|(id, hash)| (id, password_digest(&hash))).collect())
}

async fn end_account(
    tx: &mut Tx,
    line: &Revoked,
    passwords: &Passwords,
    now: UtcMillis,
) -> Result<Ended, StoreError> {
    let found = passwords.iter().find(|(_, digest)| digest.as_slice() == line.credential);
    let Some((id, _)) = found else { return Ok(None) };
    accounts::update_disabled(tx, *id, Some(now)).await?;
    sessions::delete_by_account(tx, *id).await?;
    Ok(Some(("account.disable", id.to_string())))
}
