//! `[mqtt]`: the broker between the doors and the centre. Optional: HTTPS alone is enough.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// How the broker is reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MqttSettings {
    /// Whether events are also taken from a broker.
    pub enabled: bool,
    /// `mqtt://host:port`, or `mqtts://host:port` with TLS.
    pub url: String,
    /// The address that doors are told; the same when absent.
    pub device_url: Option<String>,
    /// The centre's own user at the broker.
    pub username: String,
    /// A file with its password; `keys/mqtt.password` when absent.
    pub password_file: Option<PathBuf>,
    /// The CA (PEM) of the broker's certificate; the centre's own CA when absent.
    pub ca_file: Option<PathBuf>,
}

impl Default for MqttSettings {
    fn default() -> Self {
        Self {
            enabled: false,
            url: "mqtt://127.0.0.1:1883".into(),
            device_url: None,
            username: "lintel-central".into(),
            password_file: None,
            ca_file: None,
        }
    }
}

impl MqttSettings {
    /// The password's file, with the default filled in.
    #[must_use]
    pub fn password_path(&self, keys_dir: &Path) -> PathBuf {
        self.password_file.clone().unwrap_or_else(|| keys_dir.join("mqtt.password"))
    }

    /// The CA's file, with the default filled in.
    #[must_use]
    pub fn ca_path(&self, keys_dir: &Path) -> PathBuf {
        self.ca_file.clone().unwrap_or_else(|| keys_dir.join("tls/ca.pem"))
    }

    /// The address that join files carry; None when there is no broker.
    #[must_use]
    pub fn url_for_devices(&self) -> Option<&str> {
        self.enabled.then(|| self.device_url.as_deref().unwrap_or(&self.url))
    }
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("mqtt", "The MQTT broker, when there is one. `mqtt config` writes a configuration for Mosquitto."),
        ("mqtt.enabled", "Whether events are taken from the broker as well as over HTTPS."),
        ("mqtt.url", "mqtt://host:1883, or mqtts://host:8883 with TLS."),
        ("mqtt.device_url", "The address in join files, when doors reach the broker by another one."),
        ("mqtt.username", "The user of this server at the broker."),
        ("mqtt.password_file", "A file with its password; keys/mqtt.password in data_dir when absent."),
        (
            "mqtt.ca_file",
            "The CA that the broker's certificate is checked against; keys/tls/ca.pem when absent.",
        ),
    ]
}
