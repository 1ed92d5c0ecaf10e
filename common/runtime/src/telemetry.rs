//! Logging: the journal under systemd, JSON lines on request, readable text otherwise.
//!
//! One backend for the `log` facade, with the key-values of every record in all three forms. Field names
//! are listed in docs/LOGGING.md. A record must never fail, block for long, or draw a second line.

mod filter;
mod render;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use lintel_core::time::Clock;
use log::{Log, Metadata, Record};
use serde::{Deserialize, Serialize};
use systemd_journal_logger::{JournalLog, connected_to_journal};

pub use filter::{Filter, FilterError};

/// The section `[log]`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LogSettings {
    /// What is logged.
    pub level: Filter,
    /// In which form.
    pub format: LogFormat,
}

impl LogSettings {
    /// The texts of the section for a template.
    #[must_use]
    pub fn describe() -> Vec<(&'static str, &'static str)> {
        vec![
            ("log", "What the program says, and how."),
            (
                "log.level",
                "off, error, warn, info, debug or trace; single modules behind it: \"info,lintel_kiosk=debug\".",
            ),
            (
                "log.format",
                "auto (journal under systemd, text otherwise), journal, json (one object a line, on standard error) or text.",
            ),
        ]
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// The journal when standard error is connected to it, text otherwise.
    #[default]
    Auto,
    /// systemd's journal, with its fields.
    Journal,
    /// One JSON object a line, on standard error.
    Json,
    /// For people, on standard error; coloured on a terminal unless `NO_COLOR` is set.
    Text,
}

/// Starts logging. Call it once, right after the settings are loaded.
///
/// # Errors
/// [`TelemetryError`] when the journal was asked for and can't be reached, or logging was started before.
pub fn init(settings: &LogSettings, clock: Arc<dyn Clock>) -> Result<(), TelemetryError> {
    let sink = match settings.format {
        LogFormat::Auto if connected_to_journal() => journal()?,
        LogFormat::Journal => journal()?,
        LogFormat::Json => Sink::Json,
        LogFormat::Auto | LogFormat::Text => Sink::Text { colour: colour_wanted() },
    };
    let filter = settings.level.clone();
    log::set_max_level(filter.most());
    log::set_boxed_logger(Box::new(Logger { filter, sink, clock })).map_err(|_| TelemetryError::Twice)
}

/// Whether standard error is a terminal that wants colour (see no-color.org).
#[must_use]
pub fn colour_wanted() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn journal() -> Result<Sink, TelemetryError> {
    JournalLog::new().map(Sink::Journal).map_err(|source| TelemetryError::Journal { source })
}

enum Sink {
    Journal(JournalLog),
    Json,
    Text { colour: bool },
}

struct Logger {
    filter: Filter,
    sink: Sink,
    clock: Arc<dyn Clock>,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.allows(metadata.target(), metadata.level())
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = match &self.sink {
            Sink::Journal(journal) => return journal.log(record),
            Sink::Json => render::json(record, self.clock.now()),
            Sink::Text { colour } => render::text(record, self.clock.now(), *colour),
        };
        // One write for the whole line; where standard error is gone there is nobody to tell.
        std::io::stderr().lock().write_all(line.as_bytes()).ok();
    }

    fn flush(&self) {}
}

/// Logging can't be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The journal's socket can't be reached.
    #[error("can't reach systemd's journal: set log.format = \"text\" or \"json\"")]
    Journal {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is a logger already.
    #[error("logging was started twice")]
    Twice,
}
