//! Accounts of the console. The password's hash leaves this file only to be compared.

use lintel_core::ids::{AccountId, PersonId};
use lintel_core::time::UtcMillis;
use serde::Serialize;

use super::{StoreError, Tx, sql, uuid, uuid_bytes};

/// An account, without its password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Which.
    pub account_id: AccountId,
    /// What its owner types.
    pub name: String,
    /// What pages call them.
    pub display_name: String,
    /// What it may do; a name that this version may not know.
    pub role: String,
    /// The person whose record is theirs.
    pub person_id: Option<PersonId>,
    /// Whether a new password comes first at the next log-in.
    pub must_change: bool,
    /// When it was made.
    pub created_at: UtcMillis,
    /// When its password was set.
    pub password_at: UtcMillis,
    /// Since when nobody can log in with it.
    pub disabled_at: Option<UtcMillis>,
}

type Row = (Vec<u8>, String, String, String, Option<Vec<u8>>, i64, i64, i64, Option<i64>, String);

const SELECT: &str = "SELECT account_id, name, display_name, role, person_id, must_change, created_at, \
    password_at, disabled_at, password_hash FROM account ";

/// [`SELECT`] with a condition, joined from constants only.
fn select(rest: &'static str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe([SELECT, rest].concat())
}

fn account(row: Row) -> Result<(Account, String), StoreError> {
    let (id, name, display_name, role, person, must_change, created_at, password_at, disabled_at, hash) = row;
    let person_id = match person {
        Some(id) => Some(uuid(&id, "account.person_id")?.into()),
        None => None,
    };
    let account = Account {
        account_id: uuid(&id, "account.account_id")?.into(),
        name,
        display_name,
        role,
        person_id,
        must_change: must_change != 0,
        created_at: UtcMillis::from_i64(created_at),
        password_at: UtcMillis::from_i64(password_at),
        disabled_at: disabled_at.map(UtcMillis::from_i64),
    };
    Ok((account, hash))
}

/// A new row of `account`.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// Which.
    pub account_id: AccountId,
    /// What its owner types.
    pub name: &'a str,
    /// The name as it is searched.
    pub folded_name: &'a str,
    /// What pages call them.
    pub display_name: &'a str,
    /// PHC string.
    pub password_hash: &'a str,
    /// What it may do.
    pub role: &'a str,
    /// The person whose record is theirs.
    pub person_id: Option<PersonId>,
    /// Whether a new password comes first at the next log-in.
    pub must_change: bool,
    /// When.
    pub created_at: UtcMillis,
}

/// Adds an account.
///
/// # Errors
/// A unique violation when the name is taken or the person has an account.
pub async fn create(tx: &mut Tx, row: NewRow<'_>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO account (account_id, name, folded_name, display_name, password_hash, role, person_id, \
         must_change, created_at, password_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        uuid_bytes!(row.account_id),
        row.name,
        row.folded_name,
        row.display_name,
        row.password_hash,
        row.role,
        row.person_id.as_ref().map(|id| uuid_bytes!(id)),
        i64::from(row.must_change),
        row.created_at.as_i64(),
    )?;
    Ok(())
}

/// An account by id, with its password's hash.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: AccountId) -> Result<Option<(Account, String)>, StoreError> {
    let text = select("WHERE account_id = $1");
    sql!(tx, fetch_optional as Row, text, uuid_bytes!(id))?.map(account).transpose()
}

/// An account by its folded name, with its password's hash.
///
/// # Errors
/// When the database fails.
pub async fn get_by_name(tx: &mut Tx, folded_name: &str) -> Result<Option<(Account, String)>, StoreError> {
    let text = select("WHERE folded_name = $1");
    sql!(tx, fetch_optional as Row, text, folded_name)?.map(account).transpose()
}

/// The account of a person.
///
/// # Errors
/// When the database fails.
pub async fn get_by_person(tx: &mut Tx, person: PersonId) -> Result<Option<Account>, StoreError> {
    let text = select("WHERE person_id = $1");
    let row = sql!(tx, fetch_optional as Row, text, uuid_bytes!(person))?.map(account).transpose()?;
    Ok(row.map(|(account, _)| account))
}

/// All accounts by name.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Account>, StoreError> {
    let text = select("ORDER BY folded_name");
    let rows = sql!(tx, fetch_all as Row, text)?;
    rows.into_iter().map(|row| account(row).map(|(account, _)| account)).collect()
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM account")?.0)
}

/// Sets a password's hash.
///
/// # Errors
/// When the database fails.
pub async fn update_password(
    tx: &mut Tx,
    id: AccountId,
    password_hash: &str,
    must_change: bool,
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE account SET password_hash = $1, must_change = $2, password_at = $3 WHERE account_id = $4",
        password_hash,
        i64::from(must_change),
        at.as_i64(),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// Sets what an account may do and whose record is its own.
///
/// # Errors
/// A unique violation when the person has another account.
pub async fn update_role(
    tx: &mut Tx,
    id: AccountId,
    role: &str,
    person: Option<PersonId>,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE account SET role = $1, person_id = $2 WHERE account_id = $3",
        role,
        person.as_ref().map(|id| uuid_bytes!(id)),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// How many accounts of a role can log in. Holds their rows until the transaction ends, so that two of them
/// can't be closed at the same time by two who each saw the other one.
///
/// # Errors
/// When the database fails.
pub async fn hold_of_role(tx: &mut Tx, role: &str) -> Result<u64, StoreError> {
    sql!(tx, execute, "UPDATE account SET role = role WHERE role = $1 AND disabled_at IS NULL", role)
}

/// Disables an account at an instant, or enables it again.
///
/// # Errors
/// When the database fails.
pub async fn update_disabled(tx: &mut Tx, id: AccountId, at: Option<UtcMillis>) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "UPDATE account SET disabled_at = $1 WHERE account_id = $2",
        at.map(UtcMillis::as_i64),
        uuid_bytes!(id)
    )?;
    Ok(())
}

/// Deletes an account; its sessions go first.
///
/// # Errors
/// When something still refers to it.
pub async fn delete(tx: &mut Tx, id: AccountId) -> Result<(), StoreError> {
    sql!(tx, execute, "DELETE FROM account WHERE account_id = $1", uuid_bytes!(id))?;
    Ok(())
}
