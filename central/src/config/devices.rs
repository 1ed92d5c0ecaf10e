//! `[devices]`: where the doors reach the centre. Always TLS.

use std::net::SocketAddr;

use lintel_runtime::config::{ConfigError, Loaded};
use serde::{Deserialize, Serialize};

use super::CentralSettings;

/// The doors' listener.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeviceSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Names and addresses in the server's certificate, besides localhost and 127.0.0.1.
    pub names: Vec<String>,
    /// The address that join files carry; made from the first name and the port when absent.
    pub url: Option<String>,
    /// A door not heard from for this long counts as offline.
    pub offline_after_s: u32,
    /// Days of life of a door's certificate.
    pub certificate_days: u16,
    /// Whether doors of `device add` are let in by their token.
    pub allow_tokens: bool,
}

impl Default for DeviceSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8443)),
            names: Vec::new(),
            url: None,
            offline_after_s: 120,
            certificate_days: 90,
            allow_tokens: false,
        }
    }
}

impl DeviceSettings {
    /// How long a door may be silent before pages say so, ms.
    #[must_use]
    pub fn offline_after_ms(&self) -> i64 {
        i64::from(self.offline_after_s) * 1000
    }

    /// The address that doors are told, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let host = self.names.first().map_or("127.0.0.1", String::as_str);
                format!("https://{host}:{}", self.listen.port())
            }
        }
    }
}

/// A life that makes sense.
pub(super) fn check(loaded: &Loaded<CentralSettings>) -> Result<(), ConfigError> {
    match loaded.value.devices.certificate_days {
        1..=825 => Ok(()),
        other => {
            Err(loaded.wrong("devices.certificate_days", format!("{other} is out of range: write 1 to 825")))
        }
    }
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("devices", "Where the doors reach this server, over TLS with the certificate of `keys init`."),
        ("devices.listen", "Address and port."),
        (
            "devices.names",
            "Host names and addresses that doors use; they go into the certificate. localhost and 127.0.0.1 always do.",
        ),
        (
            "devices.url",
            "The address in join files, such as https://lintel.example.org:8443; made from the first name when absent.",
        ),
        (
            "devices.offline_after_s",
            "A door that was not heard from for this many seconds is shown as offline.",
        ),
        (
            "devices.certificate_days",
            "Days of life of a door's certificate, 1 to 825; a door renews it from a third of that on.",
        ),
        (
            "devices.allow_tokens",
            "Also let doors in that have a join file with a token (`device add`) in place of a certificate. For trying Lintel and for MQTT; leave it off elsewhere.",
        ),
    ]
}
