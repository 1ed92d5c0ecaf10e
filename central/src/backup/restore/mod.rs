//! Putting a backup back: everything is proven before anything is touched.
//!
//! First the whole file is read and checked, then the new database is made beside the old one, brought to
//! this version's tables, and rid of everybody who was erased and every credential that was revoked since.
//! Only then it takes the old one's place, which is kept aside. A failure before that leaves the old one as
//! it was.

mod plan;
mod postgres;
mod sqlite;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lintel_core::time::Clock;

pub use plan::Settled;

use self::plan::Plan;
use super::manifest::{Manifest, Part};
use super::serving::ServingLock;
use super::{BackupError, Progress, file, verify};
use crate::auth::Permit;
use crate::auth::permit::ManageBackups;
use crate::config::CentralSettings;
use crate::erasure::ErasureLedger;
use crate::ledger::{Entry, Ledger, LedgerError, Lines};
use crate::revocation::{self, RevocationLedger};
use crate::store::{Db, DbOptions, copies, newest_version};
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
    /// What was done again.
    pub settled: Settled,
    /// Whether this machine's own ledger of revocations was there, or its database told some. Without, what
    /// was revoked after the newest copy that was found is valid again, and somebody must look.
    pub knows_revocations: bool,
    /// Where what was there before is kept; None when there was nothing.
    pub former: Option<String>,
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
    let lines = ledgers(&ledger, settings, path, consent.erasures.as_deref())?;
    let revocations = RevocationLedger::of(settings, Arc::clone(keys));
    let revoked = ledgers(&revocations, settings, path, None)?;
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
    take_in(&ledger, lines)?;
    let had_ledger = revocations.path().exists();
    take_in(&revocations, revoked)?;
    let knows_revocations = learn(&options, &revocations).await > 0 || had_ledger;
    let plan = Plan {
        ring: ring.clone(),
        ledger,
        revocations,
        clock: Arc::clone(clock),
        actor: permit.actor().to_owned(),
        path: path.to_owned(),
        vault,
        manifest,
        yes: consent.yes,
        progress: progress.clone(),
    };
    let (settled, former) = match plan.manifest.engine.as_str() {
        "postgres" => postgres::run(&plan, &options).await?,
        _ => sqlite::run(&plan, &options).await?,
    };
    Ok(Restored { manifest: plan.manifest, vault: plan.vault, settled, knows_revocations, former })
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

/// Every copy of a ledger that is at hand: this centre's own, the one beside the backup, the one beside the
/// usual backups, and the one that was named, which must be there.
fn ledgers<E: Entry>(
    ledger: &Ledger<E>,
    settings: &CentralSettings,
    path: &Path,
    named: Option<&Path>,
) -> Result<Vec<Lines<E>>, BackupError> {
    let usual = settings.backup.dir_or_default(&settings.storage.data_dir);
    let beside = path.parent().map(|folder| folder.join(E::FILE_NAME)).unwrap_or_else(|| E::FILE_NAME.into());
    let mut places = vec![ledger.path().to_owned(), beside, usual.join(E::FILE_NAME)];
    places.extend(named.map(Path::to_owned));
    places.sort();
    places.dedup();
    let mut found = Vec::new();
    for place in places {
        if place.exists() || named == Some(&*place) {
            found.push(ledger.read_at(&place)?);
        }
    }
    Ok(found)
}

/// Writes what other copies say into this centre's own.
fn take_in<E: Entry>(ledger: &Ledger<E>, found: Vec<Lines<E>>) -> Result<(), LedgerError> {
    let entries: Vec<E> = found.into_iter().flat_map(|lines| lines.entries).collect();
    if !entries.is_empty() {
        ledger.append(&entries)?;
    }
    Ok(())
}

/// Asks the database that is about to be replaced what was revoked: with the server stopped, nobody else has
/// written the newest into the ledger. It may be the very thing that is broken, so it may fail. How many lines
/// were new.
async fn learn(options: &DbOptions, ledger: &RevocationLedger) -> usize {
    if options.sqlite_file().is_some_and(|file| !file.exists()) {
        return 0;
    }
    let asked = async {
        let db = Db::open(options).await?;
        db.closing(async |db| {
            db.check_migrations().await?;
            revocation::keep(db, ledger).await.map_err(BackupError::from)
        })
        .await
    };
    asked.await.unwrap_or_else(|error| {
        let text = lintel_runtime::exit::chain(&error.into());
        log::info!("error" = text.as_str(); "the database that is replaced tells nothing of revocations");
        0
    })
}
