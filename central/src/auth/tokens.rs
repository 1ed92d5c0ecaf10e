//! API tokens, for programs.

use lintel_core::time::Clock;
use lintel_runtime::clock::ClockError;
use lintel_runtime::secrets::SecretString;

pub use crate::store::tokens::ApiToken;

use super::permit::{ManageTokens, Permit};
use super::{Actor, Role, credential};
use crate::revocation;
use crate::store::{Db, StoreError, audit, tokens};

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
    /// A role that is about somebody's own record.
    #[error("a token is nobody's record, so it can't have the role {0}")]
    NeedsPerson(Role),
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
    if role.needs_person() {
        return Err(TokenError::NeedsPerson(role));
    }
    let token = credential::generate("lintel_api_")?;
    let now = clock.now();
    let mut tx = db.write().await?;
    tokens::create(&mut tx, name, role.as_str(), &credential::hash(token.expose()), now).await.map_err(
        |error| match error {
            error if error.is_unique_violation() => TokenError::Exists(name.to_owned()),
            error => error.into(),
        },
    )?;
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
    if !tokens::revoke(&mut tx, name, now).await? {
        return Err(TokenError::Unknown(name.to_owned()));
    }
    revocation::end_token(&mut tx, name, now).await?;
    audit::create(&mut tx, now, permit.actor(), "token.revoke", name, "").await?;
    tx.commit().await?;
    db.wake_jobs();
    Ok(())
}

/// All tokens by name, revoked ones too; never what was handed out.
///
/// # Errors
/// When the database fails.
pub async fn list(db: &Db, _permit: &Permit<ManageTokens>) -> Result<Vec<ApiToken>, StoreError> {
    tokens::list(&mut db.read().await?).await
}

/// Who a token stands for. A role that this version doesn't know may do nothing.
///
/// # Errors
/// When the database fails.
pub async fn actor_of_token(db: &Db, token: &str) -> Result<Option<Actor>, StoreError> {
    let mut tx = db.read().await?;
    let row = tokens::get_by_hash(&mut tx, &credential::hash(token)).await?;
    Ok(row.and_then(|(name, role)| Some(Actor::new(&format!("token:{name}"), Role::parse(&role)?))))
}
