//! The people's own keys: each template is sealed under its person's key, which the face ring wraps.
//!
//! Destroying that one key erases the templates wherever a copy of them lies. Keys are opened for one use
//! and wiped; nothing here may log or return one as plain text.

mod keys;
pub mod recovery;
pub mod sheet;

use lintel_core::embedding::Embedding;
use lintel_core::ids::{DeviceId, PersonId};
use lintel_core::seal::{FernetRing, SealError};
use lintel_core::time::UtcMillis;

pub use keys::CentralKeys;

use crate::store::{Db, StoreError, Tx, broker, vault};

/// Why a template can't be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The face ring doesn't open the person's key.
    #[error(
        "FACE_DATA_ENCRYPTION_KEY doesn't open the key of person {person}: put back the key that this database was made with"
    )]
    Key {
        /// Whose.
        person: PersonId,
        /// What the ring said.
        #[source]
        source: SealError,
    },
    /// The data ring doesn't open a door's token.
    #[error(
        "DATA_ENCRYPTION_KEY doesn't open the token of device {device}: put back the key that this database was made with"
    )]
    Token {
        /// Whose.
        device: DeviceId,
        /// What the ring said.
        #[source]
        source: SealError,
    },
    /// The template doesn't open with the person's key.
    #[error("a template of person {person} can't be opened: it was damaged; enrol the person again")]
    Template {
        /// Whose.
        person: PersonId,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sealed rows that are tried: one damaged row must not pass for a wrong key.
const TRIED: usize = 3;

/// Whether the keys are those that the database was made with: one person's key and one door's token open
/// with them, where there are any. Keys of the right form and of another centre are noticed nowhere else until
/// somebody needs what they don't open.
///
/// # Errors
/// [`VaultError::Key`] or [`VaultError::Token`], which say what to do.
pub async fn expect_fitting(db: &Db, keys: &CentralKeys) -> Result<(), VaultError> {
    let mut tx = db.read().await?;
    let people = vault::list_some(&mut tx, TRIED).await?;
    let doors = broker::list(&mut tx).await?;
    drop(tx);
    let people =
        people.into_iter().map(|(person, wrapped)| PersonKey::unwrap(person, &wrapped, &keys.face).map(drop));
    one_opens(people)?;
    let doors = doors.into_iter().take(TRIED).map(|(device, sealed)| match keys.data.open(&sealed) {
        Ok(_) => Ok(()),
        Err(source) => Err(VaultError::Token { device, source }),
    });
    one_opens(doors)
}

/// The first refusal, unless something opened or nothing was tried.
fn one_opens(tried: impl Iterator<Item = Result<(), VaultError>>) -> Result<(), VaultError> {
    let mut refused = Ok(());
    for one in tried {
        match one {
            Ok(()) => return Ok(()),
            Err(error) if refused.is_ok() => refused = Err(error),
            Err(_) => {}
        }
    }
    refused
}

/// A person's key, open.
pub(crate) struct PersonKey {
    person: PersonId,
    ring: FernetRing,
}

impl PersonKey {
    /// Unwraps a stored key.
    pub(crate) fn unwrap(person: PersonId, wrapped: &str, face: &FernetRing) -> Result<Self, VaultError> {
        let open = || {
            let bytes = face.open(wrapped)?;
            FernetRing::parse(std::str::from_utf8(&bytes).unwrap_or_default())
        };
        open().map(|ring| Self { person, ring }).map_err(|source| VaultError::Key { person, source })
    }

    /// Makes the person's key durable before anything is sealed under it: on SQLite it lies in a file of its
    /// own, and a machine that went down in the middle of one commit over both files could keep a template
    /// that nothing opens. A key that then seals nothing is swept.
    pub(crate) async fn make_durable(
        db: &Db,
        person: PersonId,
        face: &FernetRing,
        at: UtcMillis,
    ) -> Result<(), VaultError> {
        let mut tx = db.read().await?;
        let is_there = vault::get(&mut tx, person).await?.is_some();
        // Given back before the write: a pool of one connection must not wait for itself.
        tx.commit().await?;
        if !is_there {
            let mut tx = db.write().await?;
            Self::get_or_create(&mut tx, person, face, at).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// The person's key; made and stored when there is none.
    pub(crate) async fn get_or_create(
        tx: &mut Tx,
        person: PersonId,
        face: &FernetRing,
        at: UtcMillis,
    ) -> Result<Self, VaultError> {
        let wrapped = match vault::get(tx, person).await? {
            Some(wrapped) => wrapped,
            None => {
                let fresh = face.seal(FernetRing::generate_key().as_bytes());
                vault::create(tx, person, &fresh, at).await?;
                // Read again: another enrolment may have been first.
                vault::get(tx, person).await?.unwrap_or(fresh)
            }
        };
        Self::unwrap(person, &wrapped, face)
    }

    /// Seals an embedding.
    pub(crate) fn seal(&self, embedding: &Embedding) -> String {
        self.ring.seal(&zeroize::Zeroizing::new(embedding.to_bytes()))
    }

    /// Opens an embedding.
    pub(crate) fn open(&self, token: &str) -> Result<Embedding, VaultError> {
        let failed = || VaultError::Template { person: self.person };
        let bytes = self.ring.open(token).map_err(|_| failed())?;
        Embedding::from_bytes(&bytes).map_err(|_| failed())
    }
}
