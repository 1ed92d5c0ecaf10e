//! Where joining keeps the identity, and how one certificate follows another without a moment without any.
//!
//! `identity.toml` is who the door is. A renewed certificate waits in `certificate-next.toml` until a real
//! connection has proved it; then `identity.toml` is replaced in one step. Keys are written before what names
//! them and removed after.

use std::path::{Path, PathBuf};

use lintel_runtime::atomic_file::WriteError;
use lintel_runtime::secrets::{self, write_private};

use super::{DoorCertificate, IdentityFile};

/// The files of a door's identity.
#[derive(Debug, Clone)]
pub struct IdentityStore {
    data_dir: PathBuf,
}

/// An identity's file can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IdentityStoreError {
    /// Reading.
    #[error(transparent)]
    Read(#[from] secrets::SecretError),
    /// Writing.
    #[error("can't keep the door's identity")]
    Write(#[from] WriteError),
    /// Not what was written here.
    #[error("{} is damaged: join this door again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// It can't be put into a file.
    #[error("can't write the door's identity down")]
    Text(#[from] toml::ser::Error),
    /// It can't be removed.
    #[error("can't remove {}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl IdentityStore {
    /// Below the data folder.
    #[must_use]
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned() }
    }

    /// The identity's file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.data_dir.join("identity.toml")
    }

    fn next_path(&self) -> PathBuf {
        self.data_dir.join("certificate-next.toml")
    }

    /// Replaces the identity.
    ///
    /// # Errors
    /// When it can't be written; the old one stands then.
    pub fn write(&self, identity: &IdentityFile) -> Result<(), IdentityStoreError> {
        let text = format!(
            "# Who this door is, written by `lintel-kiosk join`. Keep it secret.\n{}",
            toml::to_string_pretty(identity)?
        );
        Ok(write_private(&self.path(), text.as_bytes())?)
    }

    /// The certificate that waits for its proof.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn next(&self) -> Result<Option<DoorCertificate>, IdentityStoreError> {
        let path = self.next_path();
        if !path.exists() {
            return Ok(None);
        }
        let text = secrets::read(&path)?.text(&path)?;
        let next = toml::from_str(text.expose()).map_err(|_| IdentityStoreError::Malformed { path })?;
        Ok(Some(next))
    }

    /// Keeps a certificate until it is proved.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_next(&self, next: &DoorCertificate) -> Result<(), IdentityStoreError> {
        Ok(write_private(&self.next_path(), toml::to_string_pretty(next)?.as_bytes())?)
    }

    /// Forgets the certificate that waited.
    ///
    /// # Errors
    /// When the file can't be removed.
    pub fn drop_next(&self) -> Result<(), IdentityStoreError> {
        let path = self.next_path();
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(IdentityStoreError::Remove { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Makes the proved certificate the door's own.
    ///
    /// # Errors
    /// When a file can't be read or written; the old one stands then.
    pub fn promote(&self, next: &DoorCertificate) -> Result<(), IdentityStoreError> {
        let path = self.path();
        let text = secrets::read(&path)?.text(&path)?;
        let mut identity: IdentityFile =
            toml::from_str(text.expose()).map_err(|_| IdentityStoreError::Malformed { path })?;
        identity.certificate = Some(next.clone());
        self.write(&identity)?;
        self.drop_next()
    }
}
