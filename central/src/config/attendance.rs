//! `[attendance]`: the numbers of the attendance policy.

use lintel_runtime::config::{ConfigError, Loaded};
use serde::{Deserialize, Serialize};

use super::CentralSettings;
use crate::attendance::Length;

/// What holds where no policy says otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AttendanceSettings {
    /// Punches of one person closer together than this count once, whichever doors they were at.
    pub min_gap_s: u32,
}

impl Default for AttendanceSettings {
    fn default() -> Self {
        Self { min_gap_s: 120 }
    }
}

impl AttendanceSettings {
    /// [`Self::min_gap_s`] as the rules take it.
    #[must_use]
    pub fn min_gap(&self) -> Length {
        Length::from_millis(i64::from(self.min_gap_s) * 1000)
    }
}

pub(super) fn check(loaded: &Loaded<CentralSettings>) -> Result<(), ConfigError> {
    if loaded.value.attendance.min_gap_s > 3_600 {
        return Err(loaded.wrong("attendance.min_gap_s", "write 0 to 3600 seconds"));
    }
    Ok(())
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("attendance", "How punches become a day's attendance."),
        (
            "attendance.min_gap_s",
            "Punches of one person closer together than this many seconds count once, across doors too.",
        ),
    ]
}
