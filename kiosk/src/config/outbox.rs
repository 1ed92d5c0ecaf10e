//! `[outbox]`: how much the door keeps while central can't be reached.

use serde::{Deserialize, Serialize};

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutboxConfig {
    /// Bound of what waits for central's ack.
    pub max_bytes: u64,
    /// Acked events stay this long.
    pub retain_acked_days: u32,
    /// Events other than attendance that are kept in a minute.
    pub other_per_minute: u32,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        // 256 MiB hold some 250,000 events of about 1,000 bytes.
        Self { max_bytes: 256 * 1024 * 1024, retain_acked_days: 7, other_per_minute: 30 }
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("outbox", "How much the door keeps while central can't be reached."),
    (
        "outbox.max_bytes",
        "Bytes of events that wait for central; past it the door refuses aloud. A quarter is kept for punches and badges.",
    ),
    (
        "outbox.retain_acked_days",
        "Events stay on the door for so many days after central has signed for them.",
    ),
    (
        "outbox.other_per_minute",
        "Most events other than punches and badges that are kept in a minute; the rest is only counted.",
    ),
];
