//! Who has the database: a server that runs, or a restore that replaces it; never both.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::BackupError;

const FILE: &str = "serve.lock";

/// Held for as long as the value lives; the system lets go of it when the process ends.
#[derive(Debug)]
pub struct ServingLock {
    _file: File,
}

impl ServingLock {
    /// A server's hold, which others may share.
    ///
    /// # Errors
    /// [`BackupError::Serving`] while a restore runs.
    pub fn shared(data_dir: &Path) -> Result<Self, BackupError> {
        Self::take(data_dir, File::try_lock_shared)
    }

    /// A restore's hold, which nobody shares.
    ///
    /// # Errors
    /// [`BackupError::Serving`] while a server runs.
    pub fn alone(data_dir: &Path) -> Result<Self, BackupError> {
        Self::take(data_dir, File::try_lock)
    }

    fn take(data_dir: &Path, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Self, BackupError> {
        let path = data_dir.join(FILE);
        let failed = |source| BackupError::File { act: "lock", path: path.clone(), source };
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match lock(&file) {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(BackupError::Serving),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_share_and_a_restore_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (ServingLock::shared(dir.path()).unwrap(), ServingLock::shared(dir.path()).unwrap());
        assert!(matches!(ServingLock::alone(dir.path()), Err(BackupError::Serving)));
        drop((one, two));
        let _alone = ServingLock::alone(dir.path()).unwrap();
        assert!(matches!(ServingLock::shared(dir.path()), Err(BackupError::Serving)));
    }
}
