//! Credentials that have ended, by what can't be one again: the hash of a token, the id of a badge.

use lintel_core::ids::{AccountId, BadgeId, DeviceId, PersonId};
use lintel_core::time::UtcMillis;

use super::{StoreError, Tx, accounts, badges, sql, uuid, uuid_bytes};

/// What opened something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialKind {
    /// A door's membership, by the hash of the token that it got at joining. With it end its certificates.
    Device,
    /// An API token, by its hash.
    Token,
    /// A badge, by its id.
    Badge,
    /// An account's password, by a hash over its salted hash.
    Account,
}

impl CredentialKind {
    /// As it stands in a row.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Token => "token",
            Self::Badge => "badge",
            Self::Account => "account",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Device, Self::Token, Self::Badge, Self::Account].into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A row: which credential, and when it ended.
pub type Row = (CredentialKind, Vec<u8>, UtcMillis);

/// Remembers that a credential has ended; once is enough.
///
/// # Errors
/// When the database fails.
pub async fn create(
    tx: &mut Tx,
    kind: CredentialKind,
    credential: &[u8],
    at: UtcMillis,
) -> Result<(), StoreError> {
    sql!(
        tx,
        execute,
        "INSERT INTO revocation (kind, credential, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        kind.as_str(),
        credential,
        at.as_i64()
    )?;
    Ok(())
}

/// Everything that has ended, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Row>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (String, Vec<u8>, i64),
        "SELECT kind, credential, at FROM revocation ORDER BY at, kind, credential"
    )?;
    rows.into_iter()
        .map(|(kind, credential, at)| {
            let kind = CredentialKind::named(&kind).ok_or(StoreError::Row { column: "revocation.kind" })?;
            Ok((kind, credential, UtcMillis::from_i64(at)))
        })
        .collect()
}

/// The hash of a door's token, revoked or not.
///
/// # Errors
/// When the database fails.
pub async fn of_device(tx: &mut Tx, id: &DeviceId) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (Vec<u8>,),
        "SELECT token_hash FROM device WHERE device_id = $1",
        id.as_str()
    )?;
    Ok(row.map(|(hash,)| hash))
}

/// The hash of an API token.
///
/// # Errors
/// When the database fails.
pub async fn of_token(tx: &mut Tx, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row =
        sql!(tx, fetch_optional as (Vec<u8>,), "SELECT token_hash FROM api_token WHERE name = $1", name)?;
    Ok(row.map(|(hash,)| hash))
}

/// The badge of a person that is not revoked.
///
/// # Errors
/// When the database fails.
pub async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Option<BadgeId>, StoreError> {
    Ok(badges::get_by_person(tx, person).await?.map(|badge| badge.badge_id))
}

/// The salted hash of an account's password.
///
/// # Errors
/// When the database fails.
pub async fn of_account(tx: &mut Tx, id: AccountId) -> Result<Option<String>, StoreError> {
    Ok(accounts::get(tx, id).await?.map(|(_, password_hash)| password_hash))
}

/// The holder of a badge that is not revoked.
///
/// # Errors
/// When the database fails.
pub async fn holder_of(tx: &mut Tx, badge: &[u8]) -> Result<Option<PersonId>, StoreError> {
    let row = sql!(
        tx,
        fetch_optional as (Vec<u8>,),
        "SELECT person_id FROM badge WHERE badge_id = $1 AND revoked_at IS NULL",
        badge
    )?;
    row.map(|(person,)| Ok(uuid(&person, "badge.person_id")?.into())).transpose()
}

/// Accounts that may log in, with the salted hashes of their passwords.
///
/// # Errors
/// When the database fails.
pub async fn list_accounts(tx: &mut Tx) -> Result<Vec<(AccountId, String)>, StoreError> {
    let rows = sql!(
        tx,
        fetch_all as (Vec<u8>, String),
        "SELECT account_id, password_hash FROM account WHERE disabled_at IS NULL"
    )?;
    rows.into_iter().map(|(id, hash)| Ok((uuid(&id, "account.account_id")?.into(), hash))).collect()
}

/// The id of a badge as rows hold it.
#[must_use]
pub fn badge_bytes(id: BadgeId) -> Vec<u8> {
    uuid_bytes!(id).to_vec()
}
