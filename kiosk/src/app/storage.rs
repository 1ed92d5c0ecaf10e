//! What lies in the data folder: opening the outbox and the gallery with their keys.
//!
//! A door opens them to work with them and makes what is missing; a command opens them to look and makes
//! nothing. Neither ever makes a new key over an old database.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use lintel_core::ids::DeviceId;
use lintel_core::time::UtcMillis;
use lintel_runtime::secrets::SecretString;

use crate::config::KioskConfig;
use crate::gallery::store::GalleryStore;
use crate::identity::Identity;
use crate::keys::KeyStore;
use crate::outbox::{self, Limits, Outbox, Salvaged};

const DATABASE_KEY: &str = "database.key";
const GALLERY_DATABASE_KEY: &str = "gallery-database.key";

/// `$CREDENTIALS_DIRECTORY`, where systemd puts the unit's credentials.
#[must_use]
pub fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn hex(key: &[u8; 32]) -> SecretString {
    SecretString::new(lintel_core::chain::Hash::from_bytes(*key).to_string())
}

/// Where the outbox is.
#[must_use]
pub fn outbox_path(config: &KioskConfig) -> PathBuf {
    config.device.data_dir.join("outbox.db")
}

fn gallery_path(config: &KioskConfig) -> PathBuf {
    config.device.data_dir.join("gallery.db")
}

/// Opens the outbox with its key. A damaged file has been set aside then, and its new place is returned.
///
/// # Errors
/// When there is an outbox and no key for it, or it can't be opened.
pub fn open_outbox(
    config: &KioskConfig,
    identity: &Identity,
    keys: &KeyStore,
    now: UtcMillis,
) -> anyhow::Result<(Outbox, Option<PathBuf>)> {
    let path = outbox_path(config);
    let hint = keys.path(DATABASE_KEY);
    let key = match keys.get(DATABASE_KEY)? {
        Some(key) => key,
        None if path.exists() => return Err(key_is_gone(&path, &hint)),
        None => keys.get_or_make(DATABASE_KEY)?,
    };
    Ok(Outbox::open(&path, &hex(&key), &hint, &identity.device_id, outbox_limits(config), now)?)
}

/// Opens the outbox for looking; nothing is made or changed. None when there is none yet.
///
/// # Errors
/// When there is an outbox and no key for it, or it can't be read.
pub fn read_outbox(config: &KioskConfig) -> anyhow::Result<Option<Outbox>> {
    let path = outbox_path(config);
    if !path.exists() {
        return Ok(None);
    }
    let (key, hint) = outbox_key(config, &path)?;
    Ok(Outbox::open_read_only(&path, &key, &hint, outbox_limits(config))?)
}

/// Reads what can be read of an outbox that was set aside; nothing of it changes.
///
/// # Errors
/// When it isn't there, is another door's, or gives nothing with this door's key.
pub fn salvage_outbox(config: &KioskConfig, file: &Path, device: &DeviceId) -> anyhow::Result<Salvaged> {
    if !file.is_file() {
        bail!("there is no file {}; `lintel-kiosk outbox status` names what was set aside", file.display());
    }
    let (key, hint) = outbox_key(config, file)?;
    Ok(outbox::salvage(file, &key, &hint, device)?)
}

/// Outboxes that were set aside because they were damaged, oldest first.
#[must_use]
pub fn damaged_outboxes(config: &KioskConfig) -> Vec<PathBuf> {
    // A folder that can't be read is told by whoever opens the outbox in it.
    outbox::set_aside_at(&outbox_path(config)).unwrap_or_default()
}

/// The key of the outbox, and where it was read.
fn outbox_key(config: &KioskConfig, path: &Path) -> anyhow::Result<(SecretString, PathBuf)> {
    let keys = KeyStore::look(&config.device.data_dir, credentials().as_deref())?;
    let hint = keys.path(DATABASE_KEY);
    let key = keys.get(DATABASE_KEY)?.ok_or_else(|| key_is_gone(path, &hint))?;
    Ok((hex(&key), hint))
}

fn outbox_limits(config: &KioskConfig) -> Limits {
    Limits { max_bytes: config.outbox.max_bytes, other_per_minute: config.outbox.other_per_minute }
}

fn key_is_gone(path: &Path, key: &Path) -> anyhow::Error {
    anyhow!(
        "{} is there, but its key {} is not: put the key back; to go on without its events, move the outbox away",
        path.display(),
        key.display()
    )
}

/// Opens the gallery with its key; what can't be read is set aside, because central has it too.
///
/// # Errors
/// When it can't be opened.
pub fn open_gallery(config: &KioskConfig, keys: &KeyStore, now: UtcMillis) -> anyhow::Result<GalleryStore> {
    let key = keys.get_or_make(GALLERY_DATABASE_KEY)?;
    Ok(GalleryStore::open(&gallery_path(config), &hex(&key), now)?)
}

/// Opens the gallery for looking; nothing is made, changed or set aside. None when there is none yet.
///
/// # Errors
/// When there is a gallery and no key for it, or it can't be read.
pub fn read_gallery(config: &KioskConfig) -> anyhow::Result<Option<GalleryStore>> {
    let path = gallery_path(config);
    if !path.exists() {
        return Ok(None);
    }
    let keys = KeyStore::look(&config.device.data_dir, credentials().as_deref())?;
    let hint = keys.path(GALLERY_DATABASE_KEY);
    let key = keys.get(GALLERY_DATABASE_KEY)?.ok_or_else(|| {
        anyhow!(
            "{} is there, but its key {} is not: `run` makes a new key and fetches the gallery anew",
            path.display(),
            hint.display()
        )
    })?;
    Ok(GalleryStore::open_read_only(&path, &hex(&key), &hint)?)
}
