//! `[backup]`: where copies go and how many are kept.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Backups of this centre.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BackupSettings {
    /// Their folder; `backups` in the data folder when absent.
    pub dir: Option<PathBuf>,
    /// How many the nightly backup and `backup prune` leave.
    pub keep: u32,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self { dir: None, keep: 14 }
    }
}

impl BackupSettings {
    /// The folder, with the default filled in.
    #[must_use]
    pub fn dir_or_default(&self, data_dir: &Path) -> PathBuf {
        self.dir.clone().unwrap_or_else(|| data_dir.join("backups"))
    }
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("backup", "Encrypted copies of the database; see `lintel-central backup`."),
        (
            "backup.dir",
            "Their folder, best on another disk; backups in data_dir when absent. The ledgers of what was erased and revoked are copied there too.",
        ),
        (
            "backup.keep",
            "How many backups the nightly one and `backup prune` leave; older ones still hold people who were erased since.",
        ),
    ]
}
