//! Secrets in memory and on disk: never printed, wiped when dropped, written for their owner only.
//!
//! The types exist so that a secret can't reach a log line or `config show` by accident; nothing here
//! may implement `Display`.

use std::fmt;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize, Zeroizing};

use crate::atomic_file;

/// What stands in the place of a secret wherever settings or values are shown.
pub const REDACTED: &str = "(redacted)";

/// A file with a secret is a key or a password, not a database: more than this is a wrong path.
pub const MAX_SECRET_FILE_BYTES: u64 = 64 * 1024;

/// The serde name by which the configuration recognises a secret.
pub(crate) const SERDE_NAME: &str = "LintelSecret";

/// Text that must not be shown: a password, a token, a URL with a password in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself; the name makes each use visible in review.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "(empty)" } else { REDACTED })
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl Serialize for SecretString {
    /// Writes [`REDACTED`], never the text; an empty secret stays empty, so that defaults round-trip.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_empty() { "" } else { REDACTED })
    }
}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "LintelSecret")]
        struct LintelSecret(String);
        LintelSecret::deserialize(deserializer).map(|secret| Self::new(secret.0))
    }
}

/// Bytes that must not be shown: a key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves; the name makes each use visible in review.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{REDACTED} {} bytes", self.0.len())
    }
}

/// A secret read from a file, and whether others could have read it too.
#[derive(Debug)]
pub struct SecretFile {
    /// The file's bytes, as they are.
    pub bytes: SecretBytes,
    /// One sentence to warn with when group or others may read the file.
    pub warning: Option<String>,
}

impl SecretFile {
    /// The file as text without the line break that editors put at its end.
    ///
    /// # Errors
    /// [`SecretError::NotText`] when it isn't UTF-8.
    pub fn text(&self, path: &Path) -> Result<SecretString, SecretError> {
        let text = std::str::from_utf8(self.bytes.expose())
            .map_err(|_| SecretError::NotText { path: path.to_owned() })?;
        Ok(SecretString::new(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// Reads a secret.
///
/// # Errors
/// [`SecretError::Read`] when the file can't be read, [`SecretError::TooLarge`] past 64 KiB.
pub fn read(path: &Path) -> Result<SecretFile, SecretError> {
    let failed = |source| SecretError::Read { path: path.to_owned(), source };
    let meta = fs::metadata(path).map_err(failed)?;
    if meta.len() > MAX_SECRET_FILE_BYTES {
        return Err(SecretError::TooLarge { path: path.to_owned(), size_bytes: meta.len() });
    }
    // Again while reading: a pipe has no size.
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MAX_SECRET_FILE_BYTES + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    let bytes = SecretBytes::new(bytes);
    let size_bytes = bytes.expose().len() as u64;
    if size_bytes > MAX_SECRET_FILE_BYTES {
        return Err(SecretError::TooLarge { path: path.to_owned(), size_bytes });
    }
    let open_bits = meta.mode() & 0o077;
    let warning = (open_bits & 0o044 != 0).then(|| {
        let path = path.display();
        format!(
            "{path} holds a secret and others may read it (mode {:03o}): chmod 600 {path}",
            meta.mode() & 0o777
        )
    });
    Ok(SecretFile { bytes, warning })
}

/// Writes a secret for the owner only (0600), whole or not at all.
///
/// # Errors
/// [`atomic_file::WriteError`] with the act that failed.
pub fn write_private(path: &Path, secret: &[u8]) -> Result<(), atomic_file::WriteError> {
    atomic_file::write(path, secret, 0o600)
}

/// [`write_private`], but only when nothing is there; says whether it did.
///
/// # Errors
/// [`atomic_file::WriteError`] with the act that failed.
pub fn create_private(path: &Path, secret: &[u8]) -> Result<bool, atomic_file::WriteError> {
    atomic_file::create(path, secret, 0o600)
}

/// Overwrites a buffer that held a secret.
pub fn wipe(buffer: &mut Vec<u8>) {
    buffer.zeroize();
}

/// A secret couldn't be read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file couldn't be read.
    #[error("can't read the secret in {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is too large to be a secret.
    #[error("{} has {size_bytes} bytes, too many for a secret (at most {MAX_SECRET_FILE_BYTES}): is the path right?", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size_bytes: u64,
    },
    /// The file isn't text.
    #[error("{} isn't text: it must hold the secret as UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_secret_is_printed_neither_by_debug_nor_by_serde() {
        let secret = SecretString::new("hunter2".into());
        assert_eq!(format!("{secret:?}"), REDACTED);
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"(redacted)\"");
        assert!(!format!("{:?}", SecretBytes::new(b"hunter2".to_vec())).contains("104"));
    }

    #[test]
    fn a_written_secret_is_for_its_owner_and_comes_back_without_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_private(&path, b"s3cret\n").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let file = read(&path).unwrap();
        assert_eq!(file.warning, None);
        assert_eq!(file.text(&path).unwrap().expose(), "s3cret");
    }

    #[test]
    fn a_secret_that_others_may_read_warns_with_the_command_to_type() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(read(&path).unwrap().warning.unwrap().contains("chmod 600"));
    }

    #[test]
    fn a_film_is_not_taken_for_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("film");
        fs::write(&path, vec![0; 70_000]).unwrap();
        assert!(matches!(read(&path), Err(SecretError::TooLarge { size_bytes: 70_000, .. })));
    }
}
