//! Who this door is: the join file that central wrote, read with limits.
//!
//! It holds the device's token, so it is never printed and should be readable by its owner only. The
//! tokens travel in clear to loopback addresses only; any other road must be TLS.

use std::path::{Path, PathBuf};

use lintel_core::event::DirectionHint;
use lintel_core::ids::DeviceId;
use lintel_core::sign::VerifyingKey;
use lintel_core::time;
use lintel_runtime::secrets::{self, SecretError, SecretString};
use rumqttc::Transport;
use serde::Deserialize;

/// The door's identity, ready for use.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its id, also its user name at the broker.
    pub device_id: DeviceId,
    /// Its credential on both roads.
    pub token: SecretString,
    /// Where central's device API is, without a slash at the end.
    pub central_url: String,
    /// The only CA that is believed, as PEM.
    pub ca_pem: String,
    /// The key that acks and galleries must be signed by.
    pub ack_public_key: VerifyingKey,
    /// Where the broker is; None where the site has none.
    pub mqtt: Option<MqttAddress>,
    /// IANA name of the site's zone.
    pub zone: String,
    /// What the door knows about the direction.
    pub direction: DirectionHint,
}

/// A broker's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttAddress {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether TLS is spoken (`mqtts`).
    pub tls: bool,
}

#[derive(Deserialize)]
struct JoinFile {
    device_id: String,
    token: String,
    central_url: String,
    ca_pem: String,
    ack_public_key: String,
    #[serde(default)]
    mqtt_url: Option<String>,
    zone: String,
    #[serde(default, alias = "direction_hint")]
    direction: DirectionHint,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file can't be read.
    #[error("can't read the join file: make one with `lintel-central device add` and set device.join_file")]
    Read {
        /// Why.
        #[source]
        source: SecretError,
    },
    /// Not TOML, or a field is missing.
    #[error("{} is no join file: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong; never the file's own text, which holds the token.
        message: String,
    },
    /// A field can't be used.
    #[error("{}: {field}: {message}", path.display())]
    Field {
        /// The file.
        path: PathBuf,
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
}

impl Identity {
    /// Reads a join file.
    ///
    /// # Errors
    /// [`IdentityError`] names the field and says what to do.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let file = secrets::read(path).map_err(|source| IdentityError::Read { source })?;
        if let Some(warning) = &file.warning {
            log::warn!("{warning}");
        }
        let text = file.text(path).map_err(|source| IdentityError::Read { source })?;
        Self::parse(text.expose(), path)
    }

    /// Reads a join file's text; `path` is for the errors.
    ///
    /// # Errors
    /// As for [`Identity::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, IdentityError> {
        let join: JoinFile = toml::from_str(text).map_err(|error| IdentityError::Malformed {
            path: path.to_owned(),
            message: error.message().to_owned(),
        })?;
        let wrong = |field: &'static str, message: String| IdentityError::Field {
            path: path.to_owned(),
            field,
            message,
        };
        let device_id =
            DeviceId::parse(&join.device_id).map_err(|error| wrong("device_id", error.to_string()))?;
        let printable = join.token.bytes().all(|b| b.is_ascii_graphic());
        if join.token.is_empty() || join.token.len() > 512 || !printable {
            return Err(wrong("token", "expected 1 to 512 printable characters".into()));
        }
        let central_url = central_url(&join.central_url).map_err(|message| wrong("central_url", message))?;
        if central_url.starts_with("https:") {
            lintel_runtime::tls::roots_from_pem(join.ca_pem.as_bytes(), "ca_pem")
                .map_err(|error| wrong("ca_pem", error.to_string()))?;
        }
        let ack_public_key = VerifyingKey::parse(&join.ack_public_key)
            .map_err(|error| wrong("ack_public_key", error.to_string()))?;
        let mqtt = match join.mqtt_url.as_deref().filter(|url| !url.is_empty()) {
            Some(url) => Some(mqtt_address(url).map_err(|message| wrong("mqtt_url", message))?),
            None => None,
        };
        time::zone(&join.zone).map_err(|error| wrong("zone", error.to_string()))?;
        Ok(Self {
            device_id,
            token: SecretString::new(join.token),
            central_url,
            ca_pem: join.ca_pem,
            ack_public_key,
            mqtt,
            zone: join.zone,
            direction: join.direction,
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn central_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}: write https://HOST:PORT"))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        _ if host.is_empty() => Err("no host: write https://HOST:PORT".into()),
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err("no user or password belongs here; the token has a field of its own".into())
        }
        "https" => Ok(url.as_str().trim_end_matches('/').to_owned()),
        "http" if is_loopback(host) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        "http" => Err("plain http would show the token to everybody on the way: write https".into()),
        other => Err(format!("{other} is no road to central: write https://HOST:PORT")),
    }
}

fn mqtt_address(text: &str) -> Result<MqttAddress, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}: write mqtts://HOST:8883"))?;
    let tls = match url.scheme() {
        "mqtts" => true,
        "mqtt" => false,
        other => return Err(format!("{other} is no MQTT address: write mqtts://HOST:8883")),
    };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return Err("no host: write mqtts://HOST:8883".into());
    };
    if !tls && !is_loopback(host) {
        return Err("plain mqtt would show the token to everybody on the way: write mqtts".into());
    }
    let port = url.port().unwrap_or(if tls { 8883 } else { 1883 });
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(MqttAddress { host, port, tls })
}

impl MqttAddress {
    /// The transport of this address, with TLS settings where it is TLS.
    #[must_use]
    pub fn transport(&self, tls: rustls::ClientConfig) -> Transport {
        if self.tls { Transport::tls_with_config(tls.into()) } else { Transport::Tcp }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lintel_core::sign::SigningKey;

    fn text(central: &str, mqtt: &str) -> String {
        let key = SigningKey::from_seed(&[1; 32]).verifying_key().to_text();
        format!(
            "device_id = \"door-1\"\ntoken = \"s3cret-token\"\ncentral_url = \"{central}\"\nca_pem = \"\"\n\
             ack_public_key = \"{key}\"\nmqtt_url = \"{mqtt}\"\nzone = \"Europe/Berlin\"\nlater = 1\n"
        )
    }

    fn parse(text: &str) -> Result<Identity, IdentityError> {
        Identity::parse(text, Path::new("join.toml"))
    }

    #[test]
    fn a_join_file_is_read_and_its_token_never_printed() {
        let identity = parse(&text("http://127.0.0.1:8080/", "mqtt://localhost")).unwrap();
        assert_eq!(identity.central_url, "http://127.0.0.1:8080");
        assert_eq!(identity.mqtt, Some(MqttAddress { host: "localhost".into(), port: 1883, tls: false }));
        assert!(!format!("{identity:?}").contains("s3cret"));
    }

    #[test]
    fn a_token_never_travels_in_clear_to_another_machine() {
        let error = parse(&text("http://central.example", "")).unwrap_err().to_string();
        assert!(error.contains("central_url") && error.contains("https"), "{error}");
        let error = parse(&text("http://127.0.0.1", "mqtt://10.0.0.1")).unwrap_err().to_string();
        assert!(error.contains("mqtt_url") && error.contains("mqtts"), "{error}");
    }

    #[test]
    fn a_broken_join_file_names_the_field_and_not_the_token() {
        let whole = text("http://127.0.0.1", "");
        for (from, to, field) in [
            ("door-1", "Door 1", "device_id"),
            ("Europe/Berlin", "Europe/Berlln", "zone"),
            ("zone", "zoo", "zone"),
            ("ack_public_key = \"", "ack_public_key = \"!", "ack_public_key"),
            ("http://127.0.0.1", "ftp://x", "central_url"),
        ] {
            let error = parse(&whole.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(field) && !error.contains("s3cret"), "{error}");
        }
        assert!(parse("token = \"s3cret\nx").is_err());
    }
}
