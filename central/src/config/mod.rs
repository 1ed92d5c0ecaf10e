//! The settings of the centre: one file per section, and how they are read.
//!
//! Values here are as typed by people; what they mean together (which key file, which listener may be
//! plain) is resolved where it is used. No secret may have a default.

pub mod attendance;
pub mod backup;
pub mod database;
pub mod devices;
pub mod keys;
pub mod mqtt;
pub mod retention;
pub mod server;
pub mod storage;
pub mod vision;

use lintel_runtime::config::{ConfigArgs, ConfigError, Loaded, Loader, Settings};
use lintel_runtime::telemetry::LogSettings;
use serde::{Deserialize, Serialize};

pub use attendance::AttendanceSettings;
pub use backup::BackupSettings;
pub use database::DatabaseSettings;
pub use devices::DeviceSettings;
pub use keys::KeySettings;
pub use mqtt::MqttSettings;
pub use retention::RetentionSettings;
pub use server::ServerSettings;
pub use storage::StorageSettings;
pub use vision::VisionSettings;

/// Where the settings are looked for when `--config` names no file.
pub const USUAL_FILE: &str = "/etc/lintel/central.toml";

/// All settings of `lintel-central`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CentralSettings {
    /// `[server]`.
    pub server: ServerSettings,
    /// `[devices]`.
    pub devices: DeviceSettings,
    /// `[storage]`.
    pub storage: StorageSettings,
    /// `[database]`.
    pub database: DatabaseSettings,
    /// `[keys]`.
    pub keys: KeySettings,
    /// `[mqtt]`.
    pub mqtt: MqttSettings,
    /// `[vision]`.
    pub vision: VisionSettings,
    /// `[attendance]`.
    pub attendance: AttendanceSettings,
    /// `[retention]`.
    pub retention: RetentionSettings,
    /// `[backup]`.
    pub backup: BackupSettings,
    /// `[log]`.
    pub log: LogSettings,
}

impl Settings for CentralSettings {
    fn describe() -> Vec<(&'static str, &'static str)> {
        [
            server::describe(),
            devices::describe(),
            storage::describe(),
            database::describe(),
            keys::describe(),
            mqtt::describe(),
            vision::describe(),
            attendance::describe(),
            retention::describe(),
            backup::describe(),
            LogSettings::describe(),
        ]
        .concat()
    }
}

/// The layers of the centre's settings, ready to load.
#[must_use]
pub fn loader(args: &ConfigArgs) -> Loader {
    Loader::new("LINTEL_CENTRAL")
        .args(args, USUAL_FILE)
        .alias("DATABASE_URL", "database.url")
        .alias("DATABASE_CONN_MAX_AGE", "database.conn_max_age_s")
        .alias("DATABASE_SSL_REQUIRE", "database.ssl_require")
        .alias("DB_SSLROOTCERT", "database.ssl_root_cert")
        .alias("DATA_ENCRYPTION_KEY", "keys.data_encryption_key")
        .alias("FACE_DATA_ENCRYPTION_KEY", "keys.face_data_encryption_key")
}

/// Loads and checks the settings.
///
/// # Errors
/// [`ConfigError`] names the value, where it came from and what to write.
pub fn load(args: &ConfigArgs) -> Result<Loaded<CentralSettings>, ConfigError> {
    let loaded = loader(args).load::<CentralSettings>()?;
    server::check(&loaded)?;
    devices::check(&loaded)?;
    attendance::check(&loaded)?;
    retention::check(&loaded)?;
    Ok(loaded)
}

#[cfg(test)]
mod tests;
