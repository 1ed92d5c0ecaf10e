//! The door's own keys: made here, kept here, never sent.
//!
//! Each is 32 random bytes in a file for the owner only. Where the unit loads a key-encryption key as the
//! credential `lintel-kiosk.key`, the file holds the key wrapped with it (Fernet). Losing a key never makes a
//! new one over an existing database: the caller decides that.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use lintel_core::seal::{FernetRing, SealError};
use lintel_runtime::clock::{ClockError, random_bytes};
use lintel_runtime::secrets::{self, SecretError};
use zeroize::Zeroizing;

/// Name of the credential with the key-encryption key.
pub const CREDENTIAL: &str = "lintel-kiosk.key";
const WRAPPED: &str = "fernet:";

/// Where the door's keys are, and what wraps them.
#[derive(Debug)]
pub struct KeyStore {
    folder: PathBuf,
    wrap: Option<FernetRing>,
}

/// Why a key can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] SecretError),
    /// It can't be written.
    #[error("can't store a new key")]
    Write(#[from] lintel_runtime::atomic_file::WriteError),
    /// The folder can't be made.
    #[error("can't make {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is wrapped, and the credential isn't there or is another one.
    #[error("{} can't be unwrapped: start the unit with the credential {CREDENTIAL} that it was made with", path.display())]
    Wrapped {
        /// The key's file.
        path: PathBuf,
    },
    /// The credential is no key.
    #[error("the credential {CREDENTIAL} can't be used")]
    Credential(#[source] SealError),
    /// Not 32 bytes.
    #[error("{} holds no key: expected 43 characters of base64; put back the right file", path.display())]
    Malformed {
        /// The key's file.
        path: PathBuf,
    },
    /// No randomness.
    #[error(transparent)]
    Random(#[from] ClockError),
}

impl KeyStore {
    /// The keys below `data_dir/keys`; `credentials` is `$CREDENTIALS_DIRECTORY`. Makes the folder.
    ///
    /// # Errors
    /// When the folder can't be made or the credential is no Fernet key.
    pub fn open(data_dir: &Path, credentials: Option<&Path>) -> Result<Self, KeyError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let keys = Self::look(data_dir, credentials)?;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&keys.folder)
            .map_err(|source| KeyError::Folder { path: keys.folder.clone(), source })?;
        Ok(keys)
    }

    /// The same for looking only: makes nothing, also where there is no folder yet.
    ///
    /// # Errors
    /// When the credential is no Fernet key.
    pub fn look(data_dir: &Path, credentials: Option<&Path>) -> Result<Self, KeyError> {
        let folder = data_dir.join("keys");
        let credential = credentials.map(|folder| folder.join(CREDENTIAL)).filter(|path| path.is_file());
        let wrap = match credential {
            Some(path) => {
                let text = secrets::read(&path)?.text(&path)?;
                Some(FernetRing::parse(text.expose()).map_err(KeyError::Credential)?)
            }
            None => None,
        };
        Ok(Self { folder, wrap })
    }

    /// The file of a key.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether keys are wrapped.
    #[must_use]
    pub fn is_wrapped(&self) -> bool {
        self.wrap.is_some()
    }

    /// The key of that name, if its file is there.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn get(&self, name: &str) -> Result<Option<Zeroizing<[u8; 32]>>, KeyError> {
        let path = self.path(name);
        if !path.exists() {
            return Ok(None);
        }
        let file = secrets::read(&path)?;
        if let Some(warning) = &file.warning {
            log::warn!("{warning}");
        }
        let text = file.text(&path)?;
        let plain = match (text.expose().strip_prefix(WRAPPED), &self.wrap) {
            (Some(token), Some(ring)) => {
                ring.open(token).map_err(|_| KeyError::Wrapped { path: path.clone() })?
            }
            (Some(_), None) => return Err(KeyError::Wrapped { path }),
            (None, _) => Zeroizing::new(text.expose().as_bytes().to_vec()),
        };
        let bytes = STANDARD_NO_PAD.decode(plain.trim_ascii()).ok().map(Zeroizing::new);
        let Some(key) = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()) else {
            return Err(KeyError::Malformed { path });
        };
        let key = Zeroizing::new(key);
        // `join` is typed by a person, outside of the unit and so without its credential.
        if self.wrap.is_some() && !text.expose().starts_with(WRAPPED) {
            self.put(name, &key)?;
        }
        Ok(Some(key))
    }

    /// The key of that name, made when there is none.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn get_or_make(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        if let Some(key) = self.get(name)? {
            return Ok(key);
        }
        let key = Zeroizing::new(random_bytes::<32>()?);
        if secrets::create_private(&self.path(name), self.text_of(&key).as_bytes())? {
            return Ok(key);
        }
        // Another process of this door was quicker: there must be one key only.
        self.get(name)?.ok_or_else(|| KeyError::Malformed { path: self.path(name) })
    }

    /// Keeps a key under a name of its own.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn put(&self, name: &str, key: &[u8; 32]) -> Result<(), KeyError> {
        Ok(secrets::write_private(&self.path(name), self.text_of(key).as_bytes())?)
    }

    /// Forgets a key that nothing names any more. One that can't be removed is only clutter.
    pub fn remove(&self, name: &str) {
        if let Err(error) = std::fs::remove_file(self.path(name)) {
            log::debug!("key.name" = name, "error" = error.to_string().as_str(); "an old key stays");
        }
    }

    /// What is written of a key: wrapped where there is something to wrap it with.
    fn text_of(&self, key: &[u8; 32]) -> Zeroizing<String> {
        let text = Zeroizing::new(STANDARD_NO_PAD.encode(key));
        match &self.wrap {
            Some(ring) => Zeroizing::new(format!("{WRAPPED}{}", ring.seal(text.as_bytes()))),
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_comes_back() {
        let data = tempfile::tempdir().unwrap();
        let keys = KeyStore::open(data.path(), None).unwrap();
        let made = keys.get_or_make("database.key").unwrap();
        assert_eq!(keys.get_or_make("database.key").unwrap(), made);
        std::fs::write(keys.path("database.key"), "").unwrap();
        assert!(matches!(keys.get_or_make("database.key"), Err(KeyError::Malformed { .. })));
    }

    #[test]
    fn looking_for_a_key_makes_nothing() {
        let data = tempfile::tempdir().unwrap();
        let keys = KeyStore::look(&data.path().join("kiosk"), None).unwrap();
        assert_eq!(keys.get("database.key").unwrap(), None);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_key_that_was_made_outside_of_the_unit_is_wrapped_at_its_first_use_inside() {
        let (data, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let outside = KeyStore::open(data.path(), None).unwrap();
        let made = outside.get_or_make("tls-joining.key").unwrap();
        std::fs::write(credentials.path().join(CREDENTIAL), FernetRing::generate_key().as_bytes()).unwrap();
        let inside = KeyStore::open(data.path(), Some(credentials.path())).unwrap();
        assert_eq!(inside.get("tls-joining.key").unwrap(), Some(made));
        let text = std::fs::read_to_string(inside.path("tls-joining.key")).unwrap();
        assert!(text.starts_with(WRAPPED), "{text}");
        inside.remove("tls-joining.key");
        assert_eq!(inside.get("tls-joining.key").unwrap(), None);
    }

    #[test]
    fn a_wrapped_key_needs_its_credential() {
        let (data, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let credential = credentials.path().join(CREDENTIAL);
        std::fs::write(&credential, FernetRing::generate_key().as_bytes()).unwrap();
        let keys = KeyStore::open(data.path(), Some(credentials.path())).unwrap();
        let made = keys.get_or_make("database.key").unwrap();
        let text = std::fs::read_to_string(keys.path("database.key")).unwrap();
        assert!(text.starts_with(WRAPPED), "{text}");
        assert_eq!(keys.get("database.key").unwrap(), Some(made));
        let without = KeyStore::open(data.path(), None).unwrap();
        assert!(matches!(without.get("database.key"), Err(KeyError::Wrapped { .. })));
        std::fs::write(&credential, "not a key").unwrap();
        let wrong = KeyStore::open(data.path(), Some(credentials.path()));
        assert!(matches!(wrong, Err(KeyError::Credential(_))));
    }
}
