//! `[feedback]`: where the person in front of the door is answered.
//!
//! For now a log line and a local event stream. Nothing here is sent anywhere else.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct FeedbackConfig {
    /// Socket of the local event stream; `feedback.sock` in the data folder when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("feedback", "How the person in front of the door is answered."),
    (
        "feedback.socket",
        "Unix socket that sends one JSON line for each feedback, for a light, a tone or a screen. \"feedback.sock\" in device.data_dir when not set.",
    ),
];

impl FeedbackConfig {
    /// The socket's path.
    #[must_use]
    pub fn socket_in(&self, data_dir: &Path) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| data_dir.join("feedback.sock"))
    }
}
