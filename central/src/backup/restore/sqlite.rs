//! A restore into SQLite: the new files are made in a folder beside the old ones and change places with
//! them by renaming.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::plan::{Plan, Settled};
use crate::backup::former::{FORMER, stamp_of};
use crate::backup::{BackupError, verify};
use crate::store::copies::{self, Half};
use crate::store::{Db, DbOptions};

/// Restores; gives what was done again and where the former files are.
pub(super) async fn run(plan: &Plan, options: &DbOptions) -> Result<(Settled, Option<String>), BackupError> {
    let Some((main, vault)) = copies::sqlite_files(options.url.expose()) else {
        return Err(BackupError::Engine { backup: "sqlite".to_owned(), here: "postgres" });
    };
    let empty = !main.exists() || is_empty(options).await?;
    if !empty && !plan.yes {
        return Err(BackupError::NotEmpty);
    }
    let home = main.parent().unwrap_or(Path::new(".")).to_owned();
    let failed = |source| BackupError::File { act: "work in", path: home.clone(), source };
    let staging = tempfile::Builder::new().prefix("restore-").tempdir_in(&home).map_err(failed)?;
    let (new_main, new_vault) = (staging.path().join("central.db"), staging.path().join("vault.db"));
    unpack(plan, &plan.path, &new_main).await?;
    if let Some(from) = &plan.vault {
        unpack(plan, from, &new_vault).await?;
    }
    let db = Db::open(&DbOptions::for_url(&format!("sqlite://{}", new_main.display()))).await?;
    let settled = db.closing(async |db| plan.settle(db).await).await?;
    copies::check_sqlite(&new_main, Half::Main).await?;
    copies::check_sqlite(&new_vault, Half::Vault).await?;

    let stamp = stamp_of(plan.clock.now());
    let former = home.join(format!("{FORMER}{stamp}"));
    change_places(&former, &[(&main, &new_main), (&vault, &new_vault)])?;
    if empty {
        // Nobody misses it; left over it would only be found and wondered about.
        fs::remove_dir_all(&former).map_err(failed)?;
        return Ok((settled, None));
    }
    Ok((settled, Some(former.display().to_string())))
}

async fn is_empty(options: &DbOptions) -> Result<bool, BackupError> {
    let db = Db::open(options).await?;
    let empty = db.closing(async |db| db.is_empty().await).await;
    // What can't be read is not nothing: it is put aside like everything else, and only with consent.
    Ok(empty.unwrap_or(false))
}

async fn unpack(plan: &Plan, from: &Path, to: &Path) -> Result<(), BackupError> {
    let (from, to, ring) = (from.to_owned(), to.to_owned(), plan.ring.clone());
    let progress = plan.progress.clone();
    tokio::task::spawn_blocking(move || verify::unpack_to(&from, &ring, &to, &progress)).await??;
    Ok(())
}

/// Moves each old file with its log into a folder, and the new one into its place. What fails half-way is
/// taken back.
fn change_places(former: &Path, pairs: &[(&PathBuf, &PathBuf)]) -> Result<(), BackupError> {
    let failed = |act, path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { act, path, source }
    };
    fs::DirBuilder::new().mode(0o700).create(former).map_err(failed("make the folder", former))?;
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut step = |from: &Path, to: &Path| -> Result<(), BackupError> {
        if let Err(source) = fs::rename(from, to) {
            for (from, to) in moved.iter().rev() {
                if let Err(error) = fs::rename(to, from) {
                    log::error!("file" = to.display().to_string().as_str(), "error" = error.to_string().as_str();
                        "a file could not be put back to {}", from.display());
                }
            }
            return Err(BackupError::File { act: "move", path: from.to_owned(), source });
        }
        moved.push((from.to_owned(), to.to_owned()));
        Ok(())
    };
    for (old, new) in pairs {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = OsString::from(old.as_os_str());
            name.push(suffix);
            let path = PathBuf::from(name);
            if path.exists() {
                step(&path, &former.join(path.file_name().unwrap_or_default()))?;
            }
        }
        step(new, old)?;
    }
    if let Some(home) = former.parent() {
        File::open(home).and_then(|folder| folder.sync_all()).map_err(failed("keep", home))?;
    }
    Ok(())
}
