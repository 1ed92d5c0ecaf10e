//! Looking whether a backup would come back: every byte of it, and what the database says to the copy.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use lintel_core::seal::FernetRing;

use super::file;
use super::manifest::{Manifest, Part, Trailer};
use super::postgres::{Running, Tools};
use super::{BackupError, Progress, shelf, working_folder};
use crate::config::CentralSettings;
use crate::store::DbOptions;
use crate::store::copies::{self, Half};

/// What a verified backup holds.
#[derive(Debug)]
pub struct Verified {
    /// What it says about itself.
    pub manifest: Manifest,
    /// Size and hash of the copy.
    pub trailer: Trailer,
    /// The file of the people's keys that would be used with it; None when none fits.
    pub vault: Option<PathBuf>,
}

/// Verifies a backup and the vault that goes with it.
///
/// # Errors
/// [`BackupError`] says what is wrong; nothing is changed in any case.
pub async fn verify(
    settings: &CentralSettings,
    ring: &FernetRing,
    path: &Path,
    progress: &Progress,
) -> Result<Verified, BackupError> {
    let manifest = file::open(path, ring)?.manifest().clone();
    if manifest.part == Part::Vault {
        let trailer = content(settings, ring, path, &manifest, progress).await?;
        return Ok(Verified { manifest, trailer, vault: None });
    }
    let trailer = content(settings, ring, path, &manifest, progress).await?;
    let vault = vault_of(path, &manifest, ring)?;
    if let Some(vault) = &vault {
        let of_vault = file::open(vault, ring)?.manifest().clone();
        content(settings, ring, vault, &of_vault, progress).await?;
    }
    Ok(Verified { manifest, trailer, vault })
}

/// The newest vault beside a backup that is not older than it and fits its tables.
///
/// # Errors
/// When none fits and one can't be read.
pub(super) fn vault_of(
    path: &Path,
    manifest: &Manifest,
    ring: &FernetRing,
) -> Result<Option<PathBuf>, BackupError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fits = |found: &Manifest| {
        found.part == Part::Vault
            && found.engine == manifest.engine
            && found.vault_version == manifest.vault_version
            && found.created_at >= manifest.created_at
    };
    let mut unreadable = None;
    for entry in shelf::list(folder, Part::Vault, ring)?.into_iter().rev() {
        match entry.manifest {
            Ok(found) if fits(&found) => return Ok(Some(entry.path)),
            Ok(_) => {}
            Err(error) => unreadable = unreadable.or(Some(error)),
        }
    }
    // A damaged one may be the one: say so, rather than that there is none.
    unreadable.map_or(Ok(None), Err)
}

async fn content(
    settings: &CentralSettings,
    ring: &FernetRing,
    path: &Path,
    manifest: &Manifest,
    progress: &Progress,
) -> Result<Trailer, BackupError> {
    let (ring, from, progress) = (ring.clone(), path.to_owned(), progress.clone());
    if manifest.engine == "postgres" {
        // Any server's version does: nothing is asked of a server.
        let tools = Tools::new(&DbOptions::for_url(""), "public", 0);
        return tokio::task::spawn_blocking(move || {
            let mut check = tools.check()?;
            let input = check.stdin();
            pour(&from, &ring, input, check, &progress)
        })
        .await?;
    }
    let working = working_folder(settings)?;
    let copy = working.path().join("copy.db");
    let trailer = {
        let copy = copy.clone();
        tokio::task::spawn_blocking(move || unpack_to(&from, &ring, &copy, &progress)).await??
    };
    let half = if manifest.part == Part::Vault { Half::Vault } else { Half::Main };
    copies::check_sqlite(&copy, half).await?;
    Ok(trailer)
}

/// Unpacks a backup into a program's input and waits for its judgement.
pub(super) fn pour(
    from: &Path,
    ring: &FernetRing,
    mut input: impl Write,
    program: Running,
    progress: &Progress,
) -> Result<Trailer, BackupError> {
    let poured = file::open(from, ring).and_then(|opened| opened.unpack(&mut input, progress));
    drop(input);
    match poured {
        Ok(trailer) => program.end().map(|()| trailer),
        // The pipe broke because the program ended: its words say more.
        Err(BackupError::Copy(source)) => match program.cut_off() {
            said if said.is_empty() => Err(BackupError::Copy(source)),
            said => Err(BackupError::ToolFailed { program: "pg_restore".to_owned(), said }),
        },
        Err(error) => {
            // Damage is what matters, not what the program made of half a copy.
            drop(program.cut_off());
            Err(error)
        }
    }
}

/// Unpacks a backup into a new file for its owner only.
pub(super) fn unpack_to(
    from: &Path,
    ring: &FernetRing,
    to: &Path,
    progress: &Progress,
) -> Result<Trailer, BackupError> {
    let failed = |source| BackupError::File { act: "write", path: to.to_owned(), source };
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to).map_err(failed)?;
    let trailer = file::open(from, ring)?.unpack(&mut out, progress)?;
    out.sync_all().map_err(failed)?;
    Ok(trailer)
}
