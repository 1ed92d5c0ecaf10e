//! `[storage]`: the folder that is the centre's own.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where files are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StorageSettings {
    /// Keys, and the SQLite database unless another one is named.
    pub data_dir: PathBuf,
}

impl Default for StorageSettings {
    fn default() -> Self {
        Self { data_dir: PathBuf::from("/var/lib/lintel-central") }
    }
}

impl StorageSettings {
    /// Where `keys init` puts keys and certificates.
    #[must_use]
    pub fn keys_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("storage", "Files of this server."),
        ("storage.data_dir", "Keys, and the database unless database.url names another place."),
    ]
}
