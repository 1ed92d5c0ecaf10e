//! Accounts: who may log in to the console, made and closed by somebody who may manage them.
//!
//! Disabling an account or setting its password ends its sessions in the same transaction. A password is
//! hashed before the transaction begins: nobody waits for Argon2 with the database locked.

mod changes;

use lintel_core::ids::{AccountId, PersonId};
use lintel_core::time::{Clock, UtcMillis};
use lintel_runtime::clock::{ClockError, random_bytes};

use crate::auth::password::{Password, PasswordError, Passwords, Weakness};
use crate::auth::permit::ManageAccounts;
use crate::auth::{AccountName, AccountNameError, Permit, Role};
use crate::people::names::{NameError, clean_name};
use crate::revocation;
use crate::store::{Db, StoreError, Tx, accounts, audit, people, sessions};

pub use crate::store::accounts::Account;
pub use changes::{change_role, disable, enable, end_sessions, get, last_log_ins, set_password};

/// What can go wrong with accounts.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not a name.
    #[error(transparent)]
    Name(#[from] AccountNameError),
    /// Not a name for people to read.
    #[error("the display name: {0}")]
    DisplayName(#[from] NameError),
    /// The name is taken.
    #[error("there is an account named {0} already: choose another name")]
    Exists(String),
    /// No such account.
    #[error("there is no account named {0}: `lintel-central user list` shows them")]
    Unknown(String),
    /// A role that is about one's own record.
    #[error("the role {0} needs a person: say --person STAFF_NO_OR_ID")]
    NeedsPerson(Role),
    /// The person has one.
    #[error("this person has an account already: `lintel-central user list` shows it")]
    PersonTaken,
    /// The account is somebody's already.
    #[error("this account is about another person already: make a new one")]
    HasPerson,
    /// Nobody does that to their own account.
    #[error("this is your own account: another admin has to do that")]
    Oneself,
    /// Nobody else could manage accounts then.
    #[error("{0} is the last admin who can log in: make another one first")]
    LastAdmin(String),
    /// No such person, or one who left.
    #[error("there is no such person, or they have left: `lintel-central people list` shows them")]
    UnknownPerson,
    /// The password is refused.
    #[error(transparent)]
    Weak(#[from] Weakness),
    /// The password couldn't be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An account to make.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What its owner types.
    pub name: AccountName,
    /// What pages call them; the name when absent.
    pub display_name: Option<String>,
    /// What it may do.
    pub role: Role,
    /// The person whose record is theirs.
    pub person_id: Option<PersonId>,
    /// The first password.
    pub password: Password,
    /// Whether its owner must choose another at the first log-in.
    pub must_change: bool,
}

/// Makes an account.
///
/// # Errors
/// [`AccountError`].
pub async fn create(
    db: &Db,
    passwords: &Passwords,
    permit: &Permit<ManageAccounts>,
    clock: &dyn Clock,
    new: &NewAccount,
) -> Result<Account, AccountError> {
    if new.role.needs_person() && new.person_id.is_none() {
        return Err(AccountError::NeedsPerson(new.role));
    }
    let display_name = clean_name(new.display_name.as_deref().unwrap_or(new.name.as_str()))?;
    let password_hash = passwords.hash(&new.password).await?;
    let now = clock.now();
    let account_id = AccountId::new(now, &random_bytes()?);
    let mut tx = db.write().await?;
    if accounts::get_by_name(&mut tx, new.name.folded()).await?.is_some() {
        return Err(AccountError::Exists(new.name.to_string()));
    }
    if let Some(person) = new.person_id {
        expect_free(&mut tx, person).await?;
    }
    let row = accounts::NewRow {
        account_id,
        name: new.name.as_str(),
        folded_name: new.name.folded(),
        display_name: &display_name,
        password_hash: &password_hash,
        role: new.role.as_str(),
        person_id: new.person_id,
        must_change: new.must_change,
        created_at: now,
    };
    match accounts::create(&mut tx, row).await {
        // Another replica was quicker.
        Err(error) if error.is_unique_violation() => return Err(AccountError::Exists(new.name.to_string())),
        other => other?,
    }
    let fields = "name,display_name,role,person_id,password";
    audit::create(&mut tx, now, permit.actor(), "account.create", &account_id.to_string(), fields).await?;
    let account = expect(&mut tx, &new.name).await?;
    tx.commit().await?;
    Ok(account)
}

async fn expect_free(tx: &mut Tx, person: PersonId) -> Result<(), AccountError> {
    people::get(tx, person).await?.filter(|person| person.active).ok_or(AccountError::UnknownPerson)?;
    match accounts::get_by_person(tx, person).await? {
        Some(_) => Err(AccountError::PersonTaken),
        None => Ok(()),
    }
}

async fn expect(tx: &mut Tx, name: &AccountName) -> Result<Account, AccountError> {
    let found = accounts::get_by_name(tx, name.folded()).await?;
    found.map(|(account, _)| account).ok_or_else(|| AccountError::Unknown(name.to_string()))
}

/// All accounts by name.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, _permit: &Permit<ManageAccounts>) -> Result<Vec<Account>, StoreError> {
    accounts::list(&mut db.read().await?).await
}

/// Closes the account of a person who leaves, in the transaction of their leaving.
///
/// # Errors
/// When the database fails.
pub async fn close_of_person(tx: &mut Tx, person: PersonId, at: UtcMillis) -> Result<(), StoreError> {
    if let Some(account) = accounts::get_by_person(tx, person).await? {
        revocation::end_password(tx, account.account_id, at).await?;
        accounts::update_disabled(tx, account.account_id, Some(account.disabled_at.unwrap_or(at))).await?;
        sessions::delete_by_account(tx, account.account_id).await?;
    }
    Ok(())
}

/// Deletes the account of a person who is erased, in the transaction of their erasure: its name says who
/// they were.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_person(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    if let Some(account) = accounts::get_by_person(tx, person).await? {
        sessions::delete_by_account(tx, account.account_id).await?;
        accounts::delete(tx, account.account_id).await?;
    }
    Ok(())
}
