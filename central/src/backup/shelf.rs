//! A folder of backups: which there are, which is the newest, which may go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use lintel_core::seal::FernetRing;
use lintel_core::time::UtcMillis;
use lintel_runtime::clock::random_bytes;

use super::BackupError;
use super::file;
use super::manifest::{Manifest, Part};

/// How many of the vault's are kept.
pub const VAULTS: usize = 2;
const SUFFIX: &str = ".backup";

/// A backup in a folder.
#[derive(Debug)]
pub struct Entry {
    /// The file.
    pub path: PathBuf,
    /// Its size on the disk.
    pub size_bytes: u64,
    /// What it says, or why it can't be opened.
    pub manifest: Result<Manifest, BackupError>,
}

impl Entry {
    /// The file's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// A name that sorts by time: `central-20261120T080000Z-1f2e.backup`.
pub(super) fn name(part: Part, at: UtcMillis) -> Result<String, BackupError> {
    let text: String = at.to_string().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let seconds = text.split('.').next().unwrap_or_default();
    let [a, b] = random_bytes::<2>()?;
    Ok(format!("{}{seconds}Z-{a:02x}{b:02x}{SUFFIX}", part.prefix()))
}

/// Makes the folder, for its owner only.
pub(super) fn make(folder: &Path) -> Result<(), BackupError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| BackupError::File {
        act: "make the folder",
        path: folder.to_owned(),
        source,
    })
}

/// The files of a part, oldest first, by name only.
///
/// # Errors
/// When the folder can't be read; an absent one is empty.
pub fn files(folder: &Path, part: Part) -> Result<Vec<PathBuf>, BackupError> {
    let failed = |source| BackupError::File { act: "read the folder", path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(part.prefix()) && name.ends_with(SUFFIX) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The backups of a folder, oldest first, each opened as far as its manifest.
///
/// # Errors
/// When the folder can't be read; a file that can't be opened is in the list with the reason.
pub fn list(folder: &Path, part: Part, ring: &FernetRing) -> Result<Vec<Entry>, BackupError> {
    let entry = |path: PathBuf| {
        let size_bytes = fs::metadata(&path).map_or(0, |meta| meta.len());
        let manifest = file::open(&path, ring).map(|opened| opened.manifest().clone());
        Entry { path, size_bytes, manifest }
    };
    Ok(files(folder, part)?.into_iter().map(entry).collect())
}

/// Deletes all but the newest backups and vaults, and never the last one that opens; the files that went.
/// What is spared stays whatever its name says: the clock may have been set back since.
///
/// # Errors
/// When a file can't be deleted.
pub fn prune(
    folder: &Path,
    keep: usize,
    spared: &[&Path],
    ring: &FernetRing,
) -> Result<Vec<PathBuf>, BackupError> {
    let mut gone = Vec::new();
    for (part, keep) in [(Part::Central, keep.max(1)), (Part::Vault, VAULTS)] {
        let mut old = files(folder, part)?;
        let kept = old.split_off(old.len().saturating_sub(keep));
        let opens = |path: &PathBuf| file::open(path, ring).is_ok();
        if !old.is_empty() && !kept.iter().any(opens) {
            // What is newest is damaged, or sealed by another key: the newest that isn't stays too.
            let last = old.iter().rposition(opens);
            last.map(|last| old.remove(last));
        }
        for path in old.into_iter().filter(|path| !spared.contains(&path.as_path())) {
            wipe(&path)?;
            gone.push(path);
        }
    }
    Ok(gone)
}

/// Deletes all vaults but one.
pub(super) fn keep_only_vault(folder: &Path, newest: &Path) -> Result<(), BackupError> {
    files(folder, Part::Vault)?.into_iter().filter(|path| path != newest).try_for_each(|path| wipe(&path))
}

/// Overwrites a file before it is deleted. On a disk that writes elsewhere (flash, copy on write) this
/// reaches nothing; there the encryption and the disk's own must do.
fn wipe(path: &Path) -> Result<(), BackupError> {
    let overwrite = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let mut left = file.metadata()?.len();
        file.seek(io::SeekFrom::Start(0))?;
        let zeros = vec![0; 64 * 1024];
        while left > 0 {
            let some = left.min(zeros.len() as u64);
            file.write_all(zeros.get(..usize::try_from(some).unwrap_or(0)).unwrap_or_default())?;
            left -= some;
        }
        file.sync_all()?;
        fs::remove_file(path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    overwrite().map_err(|source| BackupError::File { act: "delete", path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time_and_say_it() {
        let first = name(Part::Central, UtcMillis::from_i64(1_795_161_600_123)).unwrap();
        assert!(first.starts_with("central-20261120T080000Z-") && first.ends_with(".backup"), "{first}");
        assert!(first < name(Part::Central, UtcMillis::from_i64(1_795_161_601_000)).unwrap());
    }

    #[test]
    fn pruning_leaves_the_newest_and_nothing_that_is_no_backup_goes() {
        let dir = tempfile::tempdir().unwrap();
        for n in 1..=4 {
            fs::write(dir.path().join(format!("central-2026112{n}T080000Z-0000.backup")), "x").unwrap();
            fs::write(dir.path().join(format!("vault-2026112{n}T080000Z-0000.backup")), "x").unwrap();
        }
        fs::write(dir.path().join("erasures.log"), "").unwrap();
        fs::write(dir.path().join("central-notes.txt"), "").unwrap();
        let ring = FernetRing::parse(&FernetRing::generate_key()).unwrap();
        let oldest = dir.path().join("vault-20261121T080000Z-0000.backup");
        assert_eq!(prune(dir.path(), 3, &[&oldest], &ring).unwrap().len(), 2);
        assert_eq!(prune(dir.path(), 3, &[], &ring).unwrap(), [oldest]);
        assert_eq!(files(dir.path(), Part::Central).unwrap().len(), 3);
        let vaults = files(dir.path(), Part::Vault).unwrap();
        assert_eq!(vaults.len(), 2);
        assert!(vaults[1].to_string_lossy().contains("24T"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 7);
    }
}
