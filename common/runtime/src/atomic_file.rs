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
    put(path, contents, mode, "rename onto", |beside| fs::rename(beside, path))
}

/// Writes `path` only when nothing is there; says whether it did. Of several processes that try at once
/// one succeeds, and the others find its whole file.
///
/// # Errors
/// [`WriteError`] with the act that failed.
pub fn create(path: &Path, contents: &[u8], mode: u32) -> Result<bool, WriteError> {
    // A link, unlike a rename, refuses to take the place of what is there.
    let link = |beside: &Path| fs::hard_link(beside, path).and_then(|()| fs::remove_file(beside));
    match put(path, contents, mode, "create", link) {
        Ok(()) => Ok(true),
        Err(failed) if failed.source.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(failed) => Err(failed),
    }
}

fn put(
    path: &Path,
    contents: &[u8],
    mode: u32,
    last_act: &'static str,
    last: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), WriteError> {
    let error = |act: &'static str, source: io::Error| WriteError { path: path.to_owned(), act, source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let beside = name_beside(path).map_err(|source| error("name a temporary file for", source))?;
    let written = fill(&beside, contents, mode)
        .map_err(|source| error("write", source))
        .and_then(|()| last(&beside).map_err(|source| error(last_act, source)));
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
    fn of_several_writers_at_once_one_creates_and_all_find_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let created: Vec<bool> = std::thread::scope(|scope| {
            let write = |n: u8| {
                let path = &path;
                scope.spawn(move || create(path, &[n; 64], 0o600).unwrap())
            };
            let writers: Vec<_> = (0..8).map(write).collect();
            writers.into_iter().map(|writer| writer.join().unwrap()).collect()
        });
        assert_eq!(created.iter().filter(|made| **made).count(), 1);
        let kept = fs::read(&path).unwrap();
        assert_eq!(kept, [kept[0]; 64], "a mixture");
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
