//! Putting a backup back: everything is proven before anything is touched.
//!
//! First the whole file is read and checked, then the new database is made beside the old one, brought to
//! this version's tables, and rid of everybody who was erased since. Only then it takes the old one's place,
//! which is kept aside. A failure before that leaves the old one as it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintel_core::seal::FernetRing;
use lintel_core::time::Clock;

use super::manifest::{Manifest, Part};
use super::serving::ServingLock;
use super::{BackupError, Progress, file, restore_postgres, restore_sqlite, verify};
use crate::auth::Permit;
use crate::auth::permit::ManageBackups;
use crate::config::CentralSettings;
use crate::erasure::ledger::{FILE_NAME, Lines};
use crate::erasure::{self, ErasureLedger};
use crate::jobs::{PublishGallery, ScrubErased};
use crate::store::{Db, DbOptions, audit, copies, gallery, newest_version, sessions, sites};
use crate::vault::CentralKeys;

/// What whoever restores has agreed to.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// Records that are there may be put aside.
    pub yes: bool,
    /// Do without the people's keys: every face is enrolled again.
    pub without_vault: bool,
    /// Nobody was erased since.
    pub without_erasures: bool,
    /// A ledger at another place.
    pub erasures: Option<PathBuf>,
}

/// What was put back.
#[derive(Debug)]
pub struct Restored {
    /// What the backup said about itself.
    pub manifest: Manifest,
    /// The people's keys that were used.
    pub vault: Option<PathBuf>,
    /// People who were erased again.
    pub erased: usize,
    /// Where what was there before is kept; None when there was nothing.
    pub former: Option<String>,
}

/// A restore whose files were all checked.
pub(super) struct Plan {
    pub(super) ring: FernetRing,
    pub(super) ledger: ErasureLedger,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) actor: String,
    pub(super) path: PathBuf,
    pub(super) vault: Option<PathBuf>,
    pub(super) manifest: Manifest,
    pub(super) yes: bool,
    pub(super) progress: Progress,
}

/// Restores a backup.
///
/// # Errors
/// [`BackupError`]; the database is then as it was.
pub async fn restore(
    settings: &CentralSettings,
    keys: &Arc<CentralKeys>,
    clock: &Arc<dyn Clock>,
    permit: &Permit<ManageBackups>,
    path: &Path,
    consent: &Consent,
    progress: &Progress,
) -> Result<Restored, BackupError> {
    let ring = &keys.data;
    let manifest = file::open(path, ring)?.manifest().clone();
    let options = DbOptions::from_settings(&settings.database, &settings.storage.data_dir);
    check(&manifest, path, &options)?;
    let vault = match verify::vault_of(path, &manifest, ring)? {
        _ if consent.without_vault => None,
        None => {
            let vault = manifest.vault.clone().unwrap_or_default();
            return Err(BackupError::NoVault { path: path.to_owned(), vault });
        }
        found => found,
    };
    let ledger = ErasureLedger::of(settings, Arc::clone(keys));
    let lines = ledgers(&ledger, settings, path, consent)?;
    if !consent.without_erasures && !lines.iter().any(|found| found.continues(&manifest.erasures)) {
        return Err(BackupError::NoLedger { path: path.to_owned(), since: manifest.created_at });
    }
    std::fs::create_dir_all(&settings.storage.data_dir).map_err(|source| BackupError::File {
        act: "make the folder",
        path: settings.storage.data_dir.clone(),
        source,
    })?;
    let _alone = ServingLock::alone(&settings.storage.data_dir)?;
    verify::verify(settings, ring, path, progress).await?;

    // From here on nobody who is in any of the ledgers can come back, even if the rest fails.
    let erased: Vec<_> = lines.into_iter().flat_map(|found| found.erased).collect();
    if !erased.is_empty() {
        ledger.append(&erased)?;
    }
    let plan = Plan {
        ring: ring.clone(),
        ledger,
        clock: Arc::clone(clock),
        actor: permit.actor().to_owned(),
        path: path.to_owned(),
        vault,
        manifest,
        yes: consent.yes,
        progress: progress.clone(),
    };
    let (erased, former) = match plan.manifest.engine.as_str() {
        "postgres" => restore_postgres::run(&plan, &options).await?,
        _ => restore_sqlite::run(&plan, &options).await?,
    };
    Ok(Restored { manifest: plan.manifest, vault: plan.vault, erased, former })
}

fn check(manifest: &Manifest, path: &Path, options: &DbOptions) -> Result<(), BackupError> {
    if manifest.part == Part::Vault {
        return Err(BackupError::VaultOnly { path: path.to_owned() });
    }
    let here = if copies::sqlite_files(options.url.expose()).is_some() { "sqlite" } else { "postgres" };
    if manifest.engine != here {
        return Err(BackupError::Engine { backup: manifest.engine.clone(), here });
    }
    if manifest.schema_version > newest_version() {
        return Err(BackupError::Newer { found: manifest.schema_version, known: newest_version() });
    }
    Ok(())
}

/// Every ledger that is at hand: this centre's own, the one beside the backup, the one beside the usual
/// backups, and the one that was named.
fn ledgers(
    ledger: &ErasureLedger,
    settings: &CentralSettings,
    path: &Path,
    consent: &Consent,
) -> Result<Vec<Lines>, BackupError> {
    let usual = settings.backup.dir_or_default(&settings.storage.data_dir);
    let beside = path.parent().map(|folder| folder.join(FILE_NAME)).unwrap_or_else(|| FILE_NAME.into());
    let mut places = vec![ledger.path().to_owned(), beside, usual.join(FILE_NAME)];
    places.extend(consent.erasures.clone());
    places.sort();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        if place.exists() || consent.erasures.as_ref() == Some(&place) {
            found.push(ledger.read_at(&place)?);
        }
    }
    Ok(found)
}

impl Plan {
    /// Makes a database that was just filled fit to be served; how many people were erased again.
    pub(super) async fn settle(&self, db: &Db) -> Result<usize, BackupError> {
        if self.vault.is_none() {
            db.make_vault().await?;
        }
        db.migrate(&*self.clock).await?;
        let erased = erasure::replay(db, &self.ledger, &*self.clock).await?.erased;
        let at = self.clock.now();
        let mut tx = db.write().await?;
        // The doors' revisions are of a past that this database doesn't know: each gets everything anew.
        gallery::start_over(&mut tx).await?;
        for site in sites::list(&mut tx).await? {
            PublishGallery { site_id: site.site_id }.queue(&mut tx).await?;
        }
        // Whoever logged out since must not be logged in again.
        sessions::delete_all(&mut tx).await?;
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        audit::create(&mut tx, at, &self.actor, "backup.restore", &name, "").await?;
        tx.commit().await?;
        ScrubErased.rewrite(db, &*self.clock).await?;
        Ok(erased)
    }
}
