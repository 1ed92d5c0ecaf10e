//! `[device]`: who this door is and where it keeps its files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceConfig {
    /// What `lintel-central device add` wrote, for a door that didn't join by a code.
    pub join_file: PathBuf,
    /// Keys, outbox and gallery.
    pub data_dir: PathBuf,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { join_file: "/etc/lintel/join.toml".into(), data_dir: "/var/lib/lintel-kiosk".into() }
    }
}

impl DeviceConfig {
    /// Where a running door is asked by whoever aims its camera.
    #[must_use]
    pub fn aim_socket(&self) -> PathBuf {
        self.data_dir.join("aim.sock")
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("device", "Who this door is, and where it keeps its files."),
    (
        "device.join_file",
        "What `lintel-central device add` wrote, for a door that didn't join by a code. It holds the door's token: chmod 600.",
    ),
    ("device.data_dir", "Folder for keys, outbox and gallery; made with 0700 when absent."),
];
