//! `[sync]`: how the door talks to central.

use serde::{Deserialize, Serialize};

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncConfig {
    /// Whether the broker is used where the join file names one.
    pub mqtt: bool,
    /// Whether events may go over HTTPS.
    pub https: bool,
    /// Waiting events are looked for at least this often, ms.
    pub interval_ms: u64,
    /// Most events in a batch.
    pub batch_events: usize,
}

impl Default for SyncConfig {
    fn default() -> Self {
        Self { mqtt: true, https: true, interval_ms: 5_000, batch_events: 200 }
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("sync", "How the door talks to central."),
    ("sync.mqtt", "Send events through the broker that the join file names."),
    (
        "sync.https",
        "Send events straight to central when there is no broker or it doesn't deliver. Galleries and heartbeats go this way always.",
    ),
    (
        "sync.interval_ms",
        "Waiting events are looked for at least this often, in milliseconds; a new event is sent at once.",
    ),
    ("sync.batch_events", "Most events that are sent together."),
];
