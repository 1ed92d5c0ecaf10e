//! Who this door is: what joining wrote, or the join file that central wrote for a door with a token.
//!
//! It may hold the device's token, so it is never printed and should be readable by its owner only. The
//! tokens travel in clear to loopback addresses only; any other road must be TLS. The private key of a
//! certificate is not in it but with the door's other keys.

mod address;
pub(crate) mod certificate;
mod store;
mod watch;

use std::path::{Path, PathBuf};

use lintel_core::event::DirectionHint;
use lintel_core::ids::DeviceId;
use lintel_core::sign::VerifyingKey;
use lintel_core::time::{self, UtcMillis};
use lintel_runtime::secrets::{self, SecretError, SecretString};
use serde::{Deserialize, Serialize};

pub use address::MqttAddress;
pub use certificate::{CertificateError, DoorCertificate, new_key_name, signing_request};
pub use store::{IdentityStore, IdentityStoreError};
pub use watch::IdentityWatch;

use crate::config::device::DeviceConfig;

/// The door's identity, ready for use.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Its id, also its user name at the broker.
    pub device_id: DeviceId,
    /// Its password at the broker, and its credential at central when it has no certificate.
    pub token: Option<SecretString>,
    /// What it proves itself with at central.
    pub certificate: Option<DoorCertificate>,
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

/// The file, as written by `lintel-kiosk join` and by `lintel-central device add`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityFile {
    /// The door's id.
    pub device_id: String,
    /// A token, for a door without a certificate and for the broker.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub token: String,
    /// `https://HOST:PORT`.
    pub central_url: String,
    /// IANA name.
    pub zone: String,
    /// `in`, `out` or `none`.
    #[serde(default, alias = "direction_hint")]
    pub direction: DirectionHint,
    /// Base64.
    pub ack_public_key: String,
    /// `mqtts://HOST:PORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mqtt_url: Option<String>,
    /// PEM.
    pub ca_pem: String,
    /// When the door joined by a code: by this a running door sees that it has joined anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<UtcMillis>,
    /// The door's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<DoorCertificate>,
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file can't be read.
    #[error(
        "this door hasn't joined: get a code with `lintel-central device invite` and run `lintel-kiosk join CODE`"
    )]
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
    /// What joining wrote into the data folder; otherwise the join file that the settings name.
    ///
    /// # Errors
    /// [`IdentityError`] names the field and says what to do.
    pub fn find(device: &DeviceConfig) -> Result<Self, IdentityError> {
        let joined = IdentityStore::new(&device.data_dir).path();
        Self::load(if joined.exists() { &joined } else { &device.join_file })
    }

    /// Reads an identity from a file.
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
        let join: IdentityFile = toml::from_str(text).map_err(|error| IdentityError::Malformed {
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
        if join.token.len() > 512 || !printable {
            return Err(wrong("token", "expected 1 to 512 printable characters".into()));
        }
        let token = Some(join.token).filter(|token| !token.is_empty()).map(SecretString::new);
        if let Some(certificate) = &join.certificate {
            certificate.check().map_err(|error| wrong("certificate", error.to_string()))?;
        } else if token.is_none() {
            return Err(wrong("token", "expected a token, or a certificate".into()));
        }
        let central_url =
            address::central_url(&join.central_url).map_err(|message| wrong("central_url", message))?;
        if central_url.starts_with("https:") {
            lintel_runtime::tls::roots_from_pem(join.ca_pem.as_bytes(), "ca_pem")
                .map_err(|error| wrong("ca_pem", error.to_string()))?;
        }
        let ack_public_key = VerifyingKey::parse(&join.ack_public_key)
            .map_err(|error| wrong("ack_public_key", error.to_string()))?;
        // Without a password the broker lets nobody in.
        let mqtt_url = join.mqtt_url.as_deref().filter(|url| !url.is_empty() && token.is_some());
        let mqtt = match mqtt_url {
            Some(url) => Some(address::mqtt_address(url).map_err(|message| wrong("mqtt_url", message))?),
            None => None,
        };
        time::zone(&join.zone).map_err(|error| wrong("zone", error.to_string()))?;
        Ok(Self {
            device_id,
            token,
            certificate: join.certificate,
            central_url,
            ca_pem: join.ca_pem,
            ack_public_key,
            mqtt,
            zone: join.zone,
            direction: join.direction,
        })
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
    fn without_token_and_certificate_there_is_no_identity() {
        let error = parse(&text("http://127.0.0.1", "").replace("s3cret-token", "")).unwrap_err();
        assert!(error.to_string().contains("certificate"), "{error}");
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
