//! `[retention]`: for how many days what names nobody is kept.

use lintel_runtime::config::{ConfigError, Loaded};
use serde::{Deserialize, Serialize};

use super::CentralSettings;

/// What is deleted by age.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RetentionSettings {
    /// Days after which the personal part of unknown, spoof, low-quality and ambiguous events goes.
    pub unidentified_days: u32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self { unidentified_days: 30 }
    }
}

pub(super) fn check(loaded: &Loaded<CentralSettings>) -> Result<(), ConfigError> {
    if !(1..=365).contains(&loaded.value.retention.unidentified_days) {
        return Err(loaded.wrong("retention.unidentified_days", "write 1 to 365 days"));
    }
    Ok(())
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("retention", "For how long things are kept that nobody needs for long."),
        (
            "retention.unidentified_days",
            "Days after which what a door said about a face that it didn't take for anybody is deleted; that there was an event stays.",
        ),
    ]
}
