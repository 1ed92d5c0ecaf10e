//! Making a backup: the database first, then the keys, so that the keys are never the older of the two.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use lintel_core::time::UtcMillis;

use super::file::{self, Unfinished};
use super::manifest::{FORMAT, Manifest, Part, Trailer};
use super::postgres::Tools;
use super::{BackupError, Desk, Progress, WORKING, shelf, working_folder};
use crate::auth::Permit;
use crate::auth::permit::ManageBackups;
use crate::revocation;
use crate::store::copies::{self, Half};
use crate::store::housekeeping::{self, Duty};
use crate::store::{VAULT_VERSION, audit};

/// A backup that was made.
#[derive(Debug)]
pub struct Created {
    /// Its file.
    pub central: PathBuf,
    /// The file of the people's keys.
    pub vault: PathBuf,
    /// What it says about itself.
    pub manifest: Manifest,
    /// Size and hash of the copy.
    pub trailer: Trailer,
}

/// Makes a backup in a folder, with the vault's and both ledgers beside it.
///
/// # Errors
/// [`BackupError`]; no half of a backup is left.
pub async fn create(
    desk: &Desk,
    permit: &Permit<ManageBackups>,
    folder: &Path,
    progress: &Progress,
) -> Result<Created, BackupError> {
    shelf::make(folder)?;
    sweep_working_folders(desk);
    let at = desk.clock.now();
    let vault_name = shelf::name(Part::Vault, at)?;
    let mut manifest = manifest(desk, Part::Central, at).await?;
    manifest.vault = Some(vault_name.clone());
    let central = part(desk, &manifest, folder.join(shelf::name(Part::Central, at)?), progress).await?;
    let of_vault = Manifest { part: Part::Vault, vault: None, ..manifest.clone() };
    let vault = part(desk, &of_vault, folder.join(vault_name), progress).await?;
    desk.ledger.copy_to(folder)?;
    revocation::keep(&desk.db, &desk.revocations).await?;
    desk.revocations.copy_to(folder)?;
    let trailer = central.trailer;
    let (vault, central) = (vault.publish()?, central.publish()?);
    shelf::prune(folder, usize::MAX, &[&central, &vault], &desk.keys.data)?;

    let name = central.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut tx = desk.db.write().await?;
    housekeeping::put(&mut tx, Duty::Backup, at, &name).await?;
    audit::create(&mut tx, at, permit.actor(), "backup.create", &name, "").await?;
    tx.commit().await?;
    Ok(Created { central, vault, manifest, trailer })
}

/// After an erasure: a new copy of the people's keys in the usual folder, and the older ones wiped. Does
/// nothing where no backup was made yet; says whether there was something to do.
///
/// # Errors
/// [`BackupError`].
pub async fn renew_vault(desk: &Desk) -> Result<bool, BackupError> {
    let folder = desk.folder();
    if shelf::files(&folder, Part::Vault)?.is_empty() {
        return Ok(false);
    }
    let at = desk.clock.now();
    let manifest = manifest(desk, Part::Vault, at).await?;
    let silent: Progress = std::sync::Arc::new(|_| ());
    let newest =
        part(desk, &manifest, folder.join(shelf::name(Part::Vault, at)?), &silent).await?.publish()?;
    shelf::keep_only_vault(&folder, &newest)?;
    desk.ledger.copy_to(&folder)?;
    Ok(true)
}

async fn manifest(desk: &Desk, part: Part, at: UtcMillis) -> Result<Manifest, BackupError> {
    let engine = desk.db.engine();
    let schema = match engine {
        "postgres" => Some(copies::postgres_facts(&mut desk.db.read().await?).await?.0),
        _ => None,
    };
    Ok(Manifest {
        format: FORMAT,
        part,
        engine: engine.to_owned(),
        schema_version: desk.db.schema_version().await?,
        vault_version: VAULT_VERSION,
        schema,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: at,
        erasures: desk.ledger.read()?.head,
        vault: None,
    })
}

async fn part(
    desk: &Desk,
    manifest: &Manifest,
    path: PathBuf,
    progress: &Progress,
) -> Result<Unfinished, BackupError> {
    let half = match manifest.part {
        Part::Central => Half::Main,
        Part::Vault => Half::Vault,
    };
    let (manifest, progress, ring) = (manifest.clone(), progress.clone(), desk.keys.data.clone());
    let write = move |copy: &mut dyn Read| file::write(&path, &manifest, copy, &ring, &progress);
    if desk.db.engine() == "postgres" {
        let (schema, server, _) = copies::postgres_facts(&mut desk.db.read().await?).await?;
        let tools = Tools::new(&desk.options(), &schema, server);
        return tokio::task::spawn_blocking(move || {
            let mut dump = tools.dump(half)?;
            match write(&mut dump.stdout()) {
                Ok(written) => dump.end().map(|()| written),
                Err(error) => Err(error),
            }
        })
        .await?;
    }
    let working = working_folder(&desk.settings)?;
    let copy = working.path().join("copy.db");
    desk.db.copy_sqlite(half, &copy).await?;
    tokio::task::spawn_blocking(move || {
        let mut from = File::open(&copy).map_err(|source| BackupError::File {
            act: "open",
            path: copy.clone(),
            source,
        })?;
        let written = write(&mut from);
        drop(working);
        written
    })
    .await?
}

/// A machine that went down in the middle of a backup leaves a copy in the clear.
fn sweep_working_folders(desk: &Desk) {
    let Ok(entries) = fs::read_dir(&desk.settings.storage.data_dir) else { return };
    for entry in entries.filter_map(Result::ok) {
        let is_old = entry
            .metadata()
            .and_then(|meta| meta.modified())
            .is_ok_and(|at| at.elapsed().is_ok_and(|age| age > std::time::Duration::from_secs(24 * 3600)));
        if is_old && entry.file_name().to_string_lossy().starts_with(WORKING) {
            // The next one tries again.
            fs::remove_dir_all(entry.path()).ok();
        }
    }
}
