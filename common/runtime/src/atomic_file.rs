//! Files that are either the old or the new one, whatever happens in between.
//!
//! Write beside, fsync, rename, fsync the folder. A power cut leaves one whole file; it must never leave
//! half of one, because the files written here are keys, certificates and settings.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::clock::random_bytes;

/// Replaces `path` by `contents` with the permission bits `mode` (such as `0o644`).
///
/// # Errors
/// [`WriteError`] with the act that failed; the old file is then untouched.
pub fn write(path: &Path, contents: &[u8], mode: u32) -> Result<(), WriteError> {
    let error = |act: &'static str, source: io::Error| WriteError { path: path.to_owned(), act, source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let beside = name_beside(path).map_err(|source| error("name a temporary file for", source))?;
    let written = fill(&beside, contents, mode)
        .map_err(|source| error("write", source))
        .and_then(|()| fs::rename(&beside, path).map_err(|source| error("rename onto", source)));
    if let Err(failed) = written {
        // The write's error matters, not the tidying's.
        fs::remove_file(&beside).ok();
        return Err(failed);
    }
    // Without this the rename itself may be lost by a power cut.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| error("sync the folder of", source))
}

fn name_beside(path: &Path) -> io::Result<PathBuf> {
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no file name"));
    };
    let random = random_bytes::<8>().map_err(io::Error::other)?;
    let mut beside = name.to_owned();
    beside.push(format!(".{:016x}.tmp", u64::from_le_bytes(random)));
    Ok(path.with_file_name(beside))
}

fn fill(beside: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    // create_new: a link laid in our way by somebody else is refused, not followed.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(beside)?;
    file.write_all(contents)?;
    // Set apart from the open, because the umask would take bits away.
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}

/// A file couldn't be replaced.
#[derive(Debug, thiserror::Error)]
#[error("can't {act} {}", path.display())]
pub struct WriteError {
    /// The file that should have been replaced.
    pub path: PathBuf,
    /// The step that failed, as a verb.
    pub act: &'static str,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        write(&path, b"old, and longer than the new one", 0o644).unwrap();
        write(&path, b"new", 0o640).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("occupied");
        fs::create_dir(&path).unwrap();
        let error = write(&path, b"x", 0o600).unwrap_err();
        assert!(error.to_string().contains("occupied"), "{error}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named_in_the_error() {
        let error = write(Path::new("/nonexistent/folder/key"), b"x", 0o600).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/folder/key"), "{error}");
    }
}
