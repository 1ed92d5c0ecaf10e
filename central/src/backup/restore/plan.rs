//! A restore whose files were all checked, and what is done to every database that it fills.

use std::path::PathBuf;
use std::sync::Arc;

use lintel_core::seal::FernetRing;
use lintel_core::time::Clock;

use crate::backup::manifest::Manifest;
use crate::backup::{BackupError, Progress};
use crate::erasure::{self, ErasureLedger};
use crate::jobs::{PublishGallery, ScrubErased};
use crate::revocation::{self, RevocationLedger};
use crate::store::{Db, audit, gallery, invites, sessions, sites};

/// What the ledgers had to say about a restored database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// People who were erased again.
    pub erased: usize,
    /// Credentials that were revoked again.
    pub revoked: usize,
}

/// A restore whose files were all checked.
pub(super) struct Plan {
    pub(super) ring: FernetRing,
    pub(super) ledger: ErasureLedger,
    pub(super) revocations: RevocationLedger,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) actor: String,
    pub(super) path: PathBuf,
    pub(super) vault: Option<PathBuf>,
    pub(super) manifest: Manifest,
    pub(super) yes: bool,
    pub(super) progress: Progress,
}

impl Plan {
    /// Makes a database that was just filled fit to be served.
    pub(super) async fn settle(&self, db: &Db) -> Result<Settled, BackupError> {
        if self.vault.is_none() {
            db.make_vault().await?;
        }
        db.migrate(&*self.clock).await?;
        let erased = erasure::replay(db, &self.ledger, &*self.clock).await?.erased;
        let revoked = revocation::replay(db, &self.revocations, &*self.clock).await?.ended;
        let at = self.clock.now();
        let mut tx = db.write().await?;
        // The doors' revisions are of a past that this database doesn't know: each gets everything anew.
        gallery::start_over(&mut tx).await?;
        for site in sites::list(&mut tx).await? {
            PublishGallery { site_id: site.site_id }.queue(&mut tx).await?;
        }
        // Whoever logged out since must not be logged in again, and no code may let a door in twice.
        sessions::delete_all(&mut tx).await?;
        invites::delete_all(&mut tx).await?;
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        audit::create(&mut tx, at, &self.actor, "backup.restore", &name, "").await?;
        tx.commit().await?;
        ScrubErased.rewrite(db, &*self.clock).await?;
        Ok(Settled { erased, revoked })
    }
}
