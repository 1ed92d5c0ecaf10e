//! Backups: encrypted copies of the database, the people's keys apart from them, and the way back.
//!
//! Two files go together: `central-….backup` holds everything but the people's keys, `vault-….backup` holds
//! those. The vault's are kept in the newest two only, and an erasure makes a new one and wipes the older,
//! so that an older `central-…` gives away no face of somebody who was erased. The ledgers of what was erased
//! and revoked lie beside them in the clear and are in none of them. Master keys are in no backup: they are
//! exported on their own (`keys export`).

mod create;
mod error;
pub mod file;
mod former;
pub mod manifest;
mod postgres;
mod restore;
mod seal;
pub mod serving;
pub mod shelf;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use lintel_core::time::Clock;

pub use create::{Created, create, renew_vault};
pub use error::BackupError;
pub use former::{KEEP_MS as FORMER_KEEP_MS, forget_former};
pub use restore::{Consent, Restored, Settled, restore};
pub use verify::{Verified, verify};

use crate::config::CentralSettings;
use crate::erasure::ErasureLedger;
use crate::revocation::RevocationLedger;
use crate::store::{Db, DbOptions};
use crate::vault::CentralKeys;

/// Told how many bytes were just handled.
pub type Progress = Arc<dyn Fn(u64) + Send + Sync>;

/// What backups are made with.
#[derive(Clone)]
pub struct Desk {
    /// The settings.
    pub settings: Arc<CentralSettings>,
    /// The database.
    pub db: Db,
    /// The keys.
    pub keys: Arc<CentralKeys>,
    /// Who was erased.
    pub ledger: ErasureLedger,
    /// What was revoked.
    pub revocations: RevocationLedger,
    /// The present.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

impl Desk {
    /// The folder of the settings.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.settings.backup.dir_or_default(&self.settings.storage.data_dir)
    }

    fn options(&self) -> DbOptions {
        DbOptions::from_settings(&self.settings.database, &self.settings.storage.data_dir)
    }
}

/// A folder beside the database for copies in the clear, gone when the value goes.
fn working_folder(settings: &CentralSettings) -> Result<tempfile::TempDir, BackupError> {
    let data = &settings.storage.data_dir;
    tempfile::Builder::new().prefix(WORKING).tempdir_in(data).map_err(|source| BackupError::File {
        act: "work in",
        path: data.clone(),
        source,
    })
}

/// What the name of a working folder begins with; one that a power cut left is removed by the next backup.
const WORKING: &str = "backup-work-";
