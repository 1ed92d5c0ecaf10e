//! Changes of an account that stands: role and person, password, closing and opening, ending its sessions.
//!
//! Nobody closes or demotes their own account, and the last admin who can log in stays one: otherwise only the
//! server's command line could let anybody in again. Each change takes effect at the account's next request.

use std::collections::HashMap;

use lintel_core::ids::{AccountId, PersonId};
use lintel_core::time::{Clock, UtcMillis};

use super::{Account, AccountError, expect, expect_free};
use crate::auth::password::{Password, Passwords};
use crate::auth::permit::ManageAccounts;
use crate::auth::{AccountName, Actor, Permit, Role};
use crate::revocation;
use crate::store::{Db, StoreError, Tx, accounts, audit, people, sessions};

/// An account.
///
/// # Errors
/// When the database fails.
pub async fn get(
    db: &Db,
    _permit: &Permit<ManageAccounts>,
    id: AccountId,
) -> Result<Option<Account>, StoreError> {
    Ok(accounts::get(&mut db.read().await?, id).await?.map(|(account, _)| account))
}

/// When each of some accounts last logged in. Those who never did are missing.
///
/// # Errors
/// When the database fails.
pub async fn last_log_ins(
    db: &Db,
    _permit: &Permit<ManageAccounts>,
    of: &[AccountId],
) -> Result<HashMap<AccountId, UtcMillis>, StoreError> {
    let mut tx = db.read().await?;
    let mut found = HashMap::new();
    for id in of {
        if let Some(at) = audit::newest_of(&mut tx, &id.to_string(), "session.open").await? {
            found.insert(*id, at);
        }
    }
    Ok(found)
}

/// Sets what an account may do, and whose record is its own where that isn't said yet. Its sessions end: a
/// page that stays open would go on showing what the former role opened.
///
/// # Errors
/// [`AccountError`].
pub async fn change_role(
    db: &Db,
    permit: &Permit<ManageAccounts>,
    clock: &dyn Clock,
    name: &AccountName,
    role: Role,
    person: Option<PersonId>,
) -> Result<(), AccountError> {
    let mut tx = db.write().await?;
    let account = expect_other(&mut tx, permit, name).await?;
    if role != Role::Admin {
        expect_another_admin(&mut tx, &account).await?;
    }
    let person = match (account.person_id, person) {
        (Some(present), Some(wanted)) if present != wanted => return Err(AccountError::HasPerson),
        (None, Some(wanted)) => {
            expect_free(&mut tx, wanted).await?;
            Some(wanted)
        }
        (present, _) => present,
    };
    if role.needs_person() && person.is_none() {
        return Err(AccountError::NeedsPerson(role));
    }
    accounts::update_role(&mut tx, account.account_id, role.as_str(), person).await?;
    sessions::delete_by_account(&mut tx, account.account_id).await?;
    let (subject, fields) = (account.account_id.to_string(), "role,person_id,sessions");
    audit::create(&mut tx, clock.now(), permit.actor(), "account.role", &subject, fields).await?;
    Ok(tx.commit().await?)
}

/// Ends every session of an account, such as one left open on a lost telephone.
///
/// # Errors
/// [`AccountError::Unknown`].
pub async fn end_sessions(
    db: &Db,
    permit: &Permit<ManageAccounts>,
    clock: &dyn Clock,
    name: &AccountName,
) -> Result<(), AccountError> {
    let mut tx = db.write().await?;
    let account = expect(&mut tx, name).await?;
    sessions::delete_by_account(&mut tx, account.account_id).await?;
    let subject = account.account_id.to_string();
    audit::create(&mut tx, clock.now(), permit.actor(), "account.sessions", &subject, "sessions").await?;
    Ok(tx.commit().await?)
}

/// Closes an account: nobody logs in with it, and its sessions end now.
///
/// # Errors
/// [`AccountError`].
pub async fn disable(
    db: &Db,
    permit: &Permit<ManageAccounts>,
    clock: &dyn Clock,
    name: &AccountName,
) -> Result<(), AccountError> {
    let now = clock.now();
    let mut tx = db.write().await?;
    let account = expect_other(&mut tx, permit, name).await?;
    expect_another_admin(&mut tx, &account).await?;
    // Twice keeps the first instant.
    let since = account.disabled_at.unwrap_or(now);
    if account.disabled_at.is_none() {
        revocation::end_password(&mut tx, account.account_id, now).await?;
    }
    accounts::update_disabled(&mut tx, account.account_id, Some(since)).await?;
    sessions::delete_by_account(&mut tx, account.account_id).await?;
    let (subject, fields) = (account.account_id.to_string(), "disabled_at,sessions");
    audit::create(&mut tx, now, permit.actor(), "account.disable", &subject, fields).await?;
    Ok(tx.commit().await?)
}

/// Opens an account again.
///
/// # Errors
/// [`AccountError::Unknown`]; [`AccountError::UnknownPerson`] when its person has left meanwhile.
pub async fn enable(
    db: &Db,
    permit: &Permit<ManageAccounts>,
    clock: &dyn Clock,
    name: &AccountName,
) -> Result<(), AccountError> {
    let mut tx = db.write().await?;
    let account = expect(&mut tx, name).await?;
    if let Some(person) = account.person_id {
        people::get(&mut tx, person)
            .await?
            .filter(|person| person.active)
            .ok_or(AccountError::UnknownPerson)?;
    }
    accounts::update_disabled(&mut tx, account.account_id, None).await?;
    let subject = account.account_id.to_string();
    audit::create(&mut tx, clock.now(), permit.actor(), "account.enable", &subject, "disabled_at").await?;
    Ok(tx.commit().await?)
}

/// Sets somebody's password; their sessions end now. One's own is changed with the present one
/// (`login::change_password`), so that a console left open is no way to take an account over.
///
/// # Errors
/// [`AccountError`].
pub async fn set_password(
    db: &Db,
    passwords: &Passwords,
    permit: &Permit<ManageAccounts>,
    clock: &dyn Clock,
    name: &AccountName,
    password: &Password,
    must_change: bool,
) -> Result<(), AccountError> {
    // Before the hash is computed, so that a slip in the name is said at once.
    let account = expect(&mut db.read().await?, name).await?;
    expect_somebody_else(permit, &account)?;
    let hash = passwords.hash(password).await?;
    let now = clock.now();
    let mut tx = db.write().await?;
    let account = expect(&mut tx, name).await?;
    revocation::end_password(&mut tx, account.account_id, now).await?;
    accounts::update_password(&mut tx, account.account_id, &hash, must_change, now).await?;
    sessions::delete_by_account(&mut tx, account.account_id).await?;
    let (subject, fields) = (account.account_id.to_string(), "password,must_change,sessions");
    audit::create(&mut tx, now, permit.actor(), "account.password", &subject, fields).await?;
    Ok(tx.commit().await?)
}

/// Somebody else's account. The admins' rows are held first and read afterwards: what was read before would
/// be what they were.
async fn expect_other(
    tx: &mut Tx,
    permit: &Permit<ManageAccounts>,
    name: &AccountName,
) -> Result<Account, AccountError> {
    accounts::hold_of_role(tx, Role::Admin.as_str()).await?;
    let account = expect(tx, name).await?;
    expect_somebody_else(permit, &account)?;
    Ok(account)
}

fn expect_somebody_else(permit: &Permit<ManageAccounts>, account: &Account) -> Result<(), AccountError> {
    let own = Actor::of_account(account.account_id, &account.display_name, Role::Admin);
    if permit.actor() == own.name() { Err(AccountError::Oneself) } else { Ok(()) }
}

async fn expect_another_admin(tx: &mut Tx, account: &Account) -> Result<(), AccountError> {
    let admin = Role::Admin.as_str();
    let is_one = account.role == admin && account.disabled_at.is_none();
    if is_one && accounts::hold_of_role(tx, admin).await? <= 1 {
        return Err(AccountError::LastAdmin(account.name.clone()));
    }
    Ok(())
}
