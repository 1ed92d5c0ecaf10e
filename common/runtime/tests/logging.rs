//! Logging is started once in a process, so this needs a process of its own.

use std::sync::Arc;

use lintel_runtime::clock::SystemClock;
use lintel_runtime::telemetry::{LogFormat, LogSettings, TelemetryError, init};

#[test]
fn logging_starts_once_and_a_second_start_is_refused() {
    let settings = LogSettings { level: "warn,lintel_kiosk=debug".parse().unwrap(), format: LogFormat::Json };
    init(&settings, Arc::new(SystemClock)).unwrap();
    assert_eq!(log::max_level(), log::LevelFilter::Debug);
    assert!(!log::log_enabled!(target: "hyper", log::Level::Info));
    assert!(log::log_enabled!(target: "lintel_kiosk::camera", log::Level::Debug));
    log::warn!("device.id" = "d1", "batch.len" = 3; "a line on standard error");
    assert!(matches!(init(&settings, Arc::new(SystemClock)), Err(TelemetryError::Twice)));
}
