//! What is logged: `info,lintel_kiosk=debug,hyper=off`.
//!
//! Pure. The longest module name that fits a record's target decides.

use std::fmt;
use std::str::FromStr;

use log::{Level, LevelFilter};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A parsed filter. By default everything from `info` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    usual: LevelFilter,
    modules: Vec<(String, LevelFilter)>,
}

impl Default for Filter {
    fn default() -> Self {
        Self { usual: LevelFilter::Info, modules: Vec::new() }
    }
}

impl Filter {
    /// Whether a record is logged.
    #[must_use]
    pub fn allows(&self, target: &str, level: Level) -> bool {
        let named = self
            .modules
            .iter()
            .filter(|(module, _)| {
                target
                    .strip_prefix(module.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            })
            .max_by_key(|(module, _)| module.len());
        level <= named.map_or(self.usual, |(_, level)| *level)
    }

    /// The most talkative level that any module has.
    #[must_use]
    pub fn most(&self) -> LevelFilter {
        self.modules.iter().map(|(_, level)| *level).fold(self.usual, Ord::max)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (module, level) = match part.split_once('=') {
                Some((module, level)) => (Some(module.trim()), level.trim()),
                None => (None, part),
            };
            let wrong = || FilterError { part: part.chars().take(60).collect() };
            let level: LevelFilter = level.parse().map_err(|_| wrong())?;
            match module {
                Some("") => return Err(wrong()),
                // Crates are named with dashes and logged with underscores; both are understood.
                Some(module) => filter.modules.push((module.replace('-', "_"), level)),
                None => filter.usual = level,
            }
        }
        Ok(filter)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.usual.as_str().to_ascii_lowercase())?;
        for (module, level) in &self.modules {
            write!(f, ",{module}={}", level.as_str().to_ascii_lowercase())?;
        }
        Ok(())
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A part that isn't a level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected off, error, warn, info, debug, trace or module=level, got {part:?}")]
pub struct FilterError {
    /// As written.
    pub part: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_module_decides() {
        let filter: Filter = "warn, lintel-kiosk=debug,lintel_kiosk::outbox=off".parse().unwrap();
        assert!(filter.allows("lintel_kiosk::camera", Level::Debug));
        assert!(!filter.allows("lintel_kiosk::outbox::drain", Level::Error));
        assert!(!filter.allows("lintel_kiosk2", Level::Info), "a longer crate name is another crate");
        assert!(filter.allows("hyper", Level::Warn));
        assert_eq!(filter.most(), LevelFilter::Debug);
    }

    #[test]
    fn a_wrong_level_is_quoted_with_what_to_write() {
        let error = "info,lintel=loud".parse::<Filter>().unwrap_err().to_string();
        assert!(error.contains("lintel=loud") && error.contains("debug"), "{error}");
        assert!("=info".parse::<Filter>().is_err());
    }

    proptest! {
        #[test]
        fn a_filter_reads_back_from_its_text(
            usual in prop::sample::select(vec!["off", "error", "warn", "info", "debug", "trace"]),
            modules in prop::collection::vec(("[a-z_]{1,8}", prop::sample::select(vec!["off", "info", "trace"])), 0..4)
        ) {
            let parts = modules.iter().map(|(module, level)| format!(",{module}={level}"));
            let filter: Filter = format!("{usual}{}", parts.collect::<String>()).parse().unwrap();
            prop_assert_eq!(filter.to_string().parse::<Filter>().unwrap(), filter);
        }
    }
}
