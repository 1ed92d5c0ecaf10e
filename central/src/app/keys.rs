//! The centre's keys from the settings or from the files of `keys init`.

use std::path::{Path, PathBuf};

use lintel_core::seal::{FernetRing, SealError};
use lintel_core::sign::{SignError, SigningKey};
use lintel_runtime::secrets::{self, SecretError, SecretString};

use crate::badges::BadgeKeys;
use crate::config::CentralSettings;
use crate::vault::CentralKeys;

/// Where `keys init` puts things.
#[derive(Debug, Clone)]
pub struct KeyPaths {
    /// The folder.
    pub dir: PathBuf,
}

impl KeyPaths {
    /// The paths of some settings.
    #[must_use]
    pub fn of(settings: &CentralSettings) -> Self {
        Self { dir: settings.storage.keys_dir() }
    }

    /// Fernet keys for personal fields.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.join("data.key")
    }

    /// Fernet keys that wrap the people's keys.
    #[must_use]
    pub fn face(&self) -> PathBuf {
        self.dir.join("face.key")
    }

    /// The Ed25519 seed that signs acks.
    #[must_use]
    pub fn ack(&self) -> PathBuf {
        self.dir.join("ack.key")
    }

    /// The Ed25519 seeds that sign badges, newest first.
    #[must_use]
    pub fn badge(&self) -> PathBuf {
        self.dir.join("badge.key")
    }

    /// The centre's password at the broker.
    #[must_use]
    pub fn mqtt_password(&self) -> PathBuf {
        self.dir.join("mqtt.password")
    }

    /// A file of the TLS folder.
    #[must_use]
    pub fn tls(&self, name: &str) -> PathBuf {
        self.dir.join("tls").join(name)
    }
}

/// A key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file isn't there or can't be read.
    #[error("{what}: run `lintel-central keys init`, or set {setting}")]
    Missing {
        /// Which key.
        what: &'static str,
        /// The setting that can name it.
        setting: &'static str,
        /// Why.
        #[source]
        source: SecretError,
    },
    /// Not Fernet keys.
    #[error("{setting}")]
    Fernet {
        /// The setting.
        setting: &'static str,
        /// Why.
        #[source]
        source: SealError,
    },
    /// Not a signing key.
    #[error("{} holds no signing key", path.display())]
    Signing {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: SignError,
    },
}

/// Loads all keys.
///
/// # Errors
/// [`KeyError`] names the setting or file, never the key.
pub fn load_keys(settings: &CentralSettings) -> Result<CentralKeys, KeyError> {
    let paths = KeyPaths::of(settings);
    let keys = &settings.keys;
    let data = load_data_ring(settings)?;
    let face = ring(
        "FACE_DATA_ENCRYPTION_KEY",
        "the face key is missing",
        &keys.face_data_encryption_key,
        &paths.face(),
    )?;
    let path = paths.ack();
    let text = read("the ack key is missing", "storage.data_dir", &path)?;
    let ack = SigningKey::parse(text.expose()).map_err(|source| KeyError::Signing { path, source })?;
    // Not made at start: every replica must sign with the same one.
    let path = paths.badge();
    let text = read("the badge key is missing", "storage.data_dir", &path)?;
    let badge = BadgeKeys::parse(text.expose()).map_err(|source| KeyError::Signing { path, source })?;
    Ok(CentralKeys { ack, badge, face, data })
}

/// Keys that come from the settings or the environment instead of a file, by the file that they stand for.
#[must_use]
pub fn given_keys(settings: &CentralSettings) -> Vec<(&'static str, SecretString)> {
    let keys = &settings.keys;
    [("data.key", &keys.data_encryption_key), ("face.key", &keys.face_data_encryption_key)]
        .into_iter()
        .filter_map(|(name, key)| Some((name, key.clone().filter(|key| !key.is_empty())?)))
        .collect()
}

/// Loads the ring that personal fields and the CA's keys are sealed under.
///
/// # Errors
/// [`KeyError`].
pub fn load_data_ring(settings: &CentralSettings) -> Result<FernetRing, KeyError> {
    let given = &settings.keys.data_encryption_key;
    ring("DATA_ENCRYPTION_KEY", "the data key is missing", given, &KeyPaths::of(settings).data())
}

fn ring(
    setting: &'static str,
    what: &'static str,
    given: &Option<SecretString>,
    path: &Path,
) -> Result<FernetRing, KeyError> {
    let text = match given.as_ref().filter(|key| !key.is_empty()) {
        Some(given) => given.clone(),
        None => read(what, setting, path)?,
    };
    FernetRing::parse(text.expose()).map_err(|source| KeyError::Fernet { setting, source })
}

fn read(what: &'static str, setting: &'static str, path: &Path) -> Result<SecretString, KeyError> {
    let missing = |source| KeyError::Missing { what, setting, source };
    let file = secrets::read(path).map_err(missing)?;
    if let Some(warning) = &file.warning {
        log::warn!("{warning}");
    }
    file.text(path).map_err(missing)
}
