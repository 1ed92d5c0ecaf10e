//! Settings, one file for each section.
//!
//! Each section knows its defaults and its texts; here they are put together and checked for what a type
//! can't say. Nothing here opens anything.

pub mod camera;
pub mod device;
pub mod feedback;
pub mod outbox;
pub mod recognition;
pub mod sync;
pub mod vision;

use lintel_core::limits::MAX_BATCH_EVENTS;
use lintel_runtime::config::{ConfigArgs, ConfigError, Loaded, Loader, Settings};
use lintel_runtime::telemetry::LogSettings;
use serde::{Deserialize, Serialize};

/// Where the settings are when nothing else is said.
pub const USUAL_FILE: &str = "/etc/lintel/kiosk.toml";
/// Prefix of settings in the environment.
pub const PREFIX: &str = "LINTEL_KIOSK";

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KioskConfig {
    /// `[device]`.
    pub device: device::DeviceConfig,
    /// `[camera]`.
    pub camera: camera::CameraConfig,
    /// `[recognition]`.
    pub recognition: recognition::RecognitionConfig,
    /// `[vision]`.
    pub vision: vision::VisionConfig,
    /// `[outbox]`.
    pub outbox: outbox::OutboxConfig,
    /// `[sync]`.
    pub sync: sync::SyncConfig,
    /// `[feedback]`.
    pub feedback: feedback::FeedbackConfig,
    /// `[log]`.
    pub log: LogSettings,
}

impl Settings for KioskConfig {
    fn describe() -> Vec<(&'static str, &'static str)> {
        [
            device::DESCRIPTIONS,
            camera::DESCRIPTIONS,
            recognition::DESCRIPTIONS,
            vision::DESCRIPTIONS,
            outbox::DESCRIPTIONS,
            sync::DESCRIPTIONS,
            feedback::DESCRIPTIONS,
        ]
        .into_iter()
        .flatten()
        .copied()
        .chain(LogSettings::describe())
        .collect()
    }
}

/// The loader for a command line; `log` is the value of `--log`.
#[must_use]
pub fn loader(args: &ConfigArgs, log: Option<&str>) -> Loader {
    Loader::new(PREFIX).args(args, USUAL_FILE).set(log.map(|level| format!("log.level={level}")))
}

/// Loads and checks the settings.
///
/// # Errors
/// [`ConfigError`] names the value and its origin.
pub fn load(loader: Loader) -> Result<Loaded<KioskConfig>, ConfigError> {
    let loaded = loader.load::<KioskConfig>()?;
    check(&loaded)?;
    Ok(loaded)
}

fn check(loaded: &Loaded<KioskConfig>) -> Result<(), ConfigError> {
    let config = &loaded.value;
    config.camera.check().map_err(|error| loaded.wrong(error.key, error.message.clone()))?;
    config.recognition.check().map_err(|error| loaded.wrong(error.key, error.message.clone()))?;
    config
        .feedback
        .page_address()
        .map_err(|error| loaded.wrong("feedback.page_listen", error.to_string()))?;
    let ranges = [
        ("vision.detect_width", u64::from(config.vision.detect_width), 64, 4096),
        ("vision.threads", config.vision.threads as u64, 1, 64),
        ("outbox.max_bytes", config.outbox.max_bytes, 64 * 1024, 1 << 50),
        ("outbox.retain_acked_days", u64::from(config.outbox.retain_acked_days), 0, 3650),
        ("outbox.other_per_minute", u64::from(config.outbox.other_per_minute), 1, 100_000),
        ("sync.interval_ms", config.sync.interval_ms, 50, 600_000),
        ("sync.batch_events", config.sync.batch_events as u64, 1, MAX_BATCH_EVENTS as u64),
    ];
    for (key, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return Err(loaded.wrong(key, format!("{value} is out of range: write {least} to {most}")));
        }
    }
    if !config.sync.mqtt && !config.sync.https {
        return Err(
            loaded.wrong("sync.https", "with mqtt and https both off nothing could ever leave this door")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_runtime::config::{template, undescribed};

    fn with(set: &str) -> Result<Loaded<KioskConfig>, ConfigError> {
        load(Loader::new(PREFIX).environment::<&str, &str>([]).set([set]))
    }

    #[test]
    fn every_setting_has_a_text_and_the_template_is_this_one() {
        assert_eq!(undescribed::<KioskConfig>().unwrap(), Vec::<String>::new());
        insta::assert_snapshot!(template::<KioskConfig>("Settings of lintel-kiosk.").unwrap());
    }

    #[test]
    fn a_value_out_of_range_names_itself_and_the_range() {
        for (set, says) in [
            ("sync.batch_events=0", "1 to 500"),
            ("outbox.max_bytes=1", "outbox.max_bytes"),
            ("camera.source=webcam", "v4l2:"),
            ("recognition.frames=1", "one frame never decides"),
            ("feedback.page_listen=0.0.0.0:8470", "only a screen at this machine"),
            ("feedback.names=nickname", "initials"),
        ] {
            let error = with(set).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("--set"), "{error}");
        }
    }

    #[test]
    fn an_unknown_name_is_a_warning_that_check_refuses() {
        let loaded = with("camera.wdith=5").unwrap();
        assert!(loaded.refuse_unknown().unwrap_err().to_string().contains("camera.width"));
    }
}
