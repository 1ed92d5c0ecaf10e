//! The recovery export: every master key of this centre in one file, under a passphrase.
//!
//! Without it a backup can't be opened on another machine, and with it and a backup everything can: it
//! belongs on paper or a stick in a safe. It is an age file (age-encryption.org/v1, scrypt), so that it opens
//! with any program of that format too. People's own keys are not in it; they lie in the vault's backups.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Component, Path, PathBuf};

use age_core::secrecy::SecretString as AgeSecret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use lintel_core::chain::Hash;
use lintel_core::time::UtcMillis;
use lintel_runtime::atomic_file::{self, WriteError};
use lintel_runtime::secrets::{self, MAX_SECRET_FILE_BYTES, SecretError, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

/// Shorter passphrases are refused: the file may be copied and tried for years.
pub const MIN_PASSPHRASE_CHARS: usize = 12;
/// 2^17 rounds, 128 MiB: about a second on a small machine.
const WORK_FACTOR: u8 = 17;
/// What a file from elsewhere may ask of this machine: a gigabyte.
const MAX_WORK_FACTOR: u8 = 20;
const MAX_FILES: usize = 200;
const MAX_BYTES: u64 = 4 << 20;
const VERSION: u32 = 1;
/// Certificates of the server itself are made anew by the CA; a change of them changes no key.
const REMADE: &[&str] = &["tls/server.pem", "tls/server.key"];

/// Why keys can't be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// A folder or file can't be used.
    #[error("can't {act} {}", path.display())]
    File {
        /// What was tried.
        act: &'static str,
        /// The place.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A key file can't be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A key file can't be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Nothing to export.
    #[error("there are no keys in {}: run `lintel-central keys init`", dir.display())]
    NoKeys {
        /// The folder.
        dir: PathBuf,
    },
    /// Too many or too large.
    #[error("{} holds more than keys: take other files out of it", dir.display())]
    TooMuch {
        /// The folder.
        dir: PathBuf,
    },
    /// Too short.
    #[error("the passphrase has fewer than {MIN_PASSPHRASE_CHARS} characters: write a sentence")]
    WeakPassphrase,
    /// It doesn't open.
    #[error("the passphrase is wrong, or the recovery export is damaged")]
    Passphrase(#[source] age::DecryptError),
    /// It opens and holds something else.
    #[error("this is no recovery export of lintel-central, or of a newer version")]
    Content,
    /// It couldn't be sealed.
    #[error("can't seal the recovery export")]
    Seal(#[source] io::Error),
    /// Other keys are there.
    #[error(
        "other keys are there already ({}): --replace puts them aside. Whatever they sealed needs them again",
        names.join(", ")
    )]
    Different {
        /// Which.
        names: Vec<String>,
    },
}

/// One key file.
#[derive(Clone, Serialize, Deserialize)]
pub struct KeyFile {
    /// Its path below the keys' folder, such as `tls/ca.key`.
    pub path: String,
    /// Its permission bits.
    mode: u32,
    /// Base64 of its content.
    content: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.content.zeroize();
    }
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyFile({})", self.path)
    }
}

/// All master keys of a centre.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bundle {
    v: u32,
    /// When they were exported.
    pub created_at: UtcMillis,
    /// The files.
    pub files: Vec<KeyFile>,
}

impl Bundle {
    /// Takes every file of the keys' folder. `given` are keys that come from the settings instead of a file;
    /// they take the place of the file of that name.
    ///
    /// # Errors
    /// [`RecoveryError`].
    pub fn collect(
        dir: &Path,
        given: &[(&str, SecretString)],
        created_at: UtcMillis,
    ) -> Result<Self, RecoveryError> {
        let mut paths = Vec::new();
        walk(dir, dir, &mut paths)?;
        let mut files = Vec::new();
        for path in paths {
            if given.iter().any(|(name, _)| *name == path) {
                continue;
            }
            let full = dir.join(&path);
            let mode = fs::metadata(&full).map_or(0o600, |meta| meta.mode() & 0o644);
            let secret = secrets::read(&full)?;
            files.push(KeyFile { path, mode, content: STANDARD.encode(secret.bytes.expose()) });
        }
        for (name, secret) in given {
            let text = Zeroizing::new(format!("{}\n", secret.expose()));
            let content = STANDARD.encode(text.as_bytes());
            files.push(KeyFile { path: (*name).to_owned(), mode: 0o600, content });
        }
        if files.is_empty() {
            return Err(RecoveryError::NoKeys { dir: dir.to_owned() });
        }
        files.sort_by(|one, two| one.path.cmp(&two.path));
        Ok(Self { v: VERSION, created_at, files })
    }

    /// A hash by which `doctor` sees that keys were added or changed since the export. Says nothing about them.
    #[must_use]
    pub fn fingerprint(&self) -> Hash {
        let mut text = Zeroizing::new(String::new());
        for file in self.files.iter().filter(|file| !REMADE.contains(&file.path.as_str())) {
            text.push_str(&file.path);
            text.push('\n');
            text.push_str(&file.content);
            text.push('\n');
        }
        Hash::of(Hash::of(text.as_bytes()).as_bytes())
    }

    /// Seals them under a passphrase.
    ///
    /// # Errors
    /// [`RecoveryError::WeakPassphrase`] above all.
    pub fn seal(&self, passphrase: &SecretString) -> Result<Vec<u8>, RecoveryError> {
        if passphrase.expose().chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(RecoveryError::WeakPassphrase);
        }
        let json =
            Zeroizing::new(serde_json::to_vec(self).map_err(|error| RecoveryError::Seal(error.into()))?);
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        let packed = packed.write_all(&json).and_then(|()| packed.finish()).map_err(RecoveryError::Seal)?;
        let packed = Zeroizing::new(packed);
        let mut recipient = age::scrypt::Recipient::new(AgeSecret::from(passphrase.expose().to_owned()));
        recipient.set_work_factor(WORK_FACTOR);
        let sealing = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
            .map_err(|error| RecoveryError::Seal(io::Error::other(error)))?;
        let mut sealed = Vec::new();
        let mut to = sealing.wrap_output(&mut sealed).map_err(RecoveryError::Seal)?;
        to.write_all(&packed).and_then(|()| to.finish()).map_err(RecoveryError::Seal)?;
        Ok(sealed)
    }

    /// Opens an export.
    ///
    /// # Errors
    /// [`RecoveryError::Passphrase`] or [`RecoveryError::Content`].
    pub fn open(sealed: &[u8], passphrase: &SecretString) -> Result<Self, RecoveryError> {
        let mut identity = age::scrypt::Identity::new(AgeSecret::from(passphrase.expose().to_owned()));
        identity.set_max_work_factor(MAX_WORK_FACTOR);
        let packed = age::Decryptor::new(sealed)
            .and_then(|opening| opening.decrypt(std::iter::once(&identity as &dyn age::Identity)))
            .map_err(RecoveryError::Passphrase)?;
        let mut json = Zeroizing::new(Vec::new());
        GzDecoder::new(packed)
            .take(MAX_BYTES)
            .read_to_end(&mut json)
            .map_err(|error| RecoveryError::Passphrase(error.into()))?;
        let bundle: Self = serde_json::from_slice(&json).map_err(|_| RecoveryError::Content)?;
        let sound = |file: &KeyFile| is_plain(&file.path) && STANDARD.decode(&file.content).is_ok();
        if bundle.v != VERSION || bundle.files.len() > MAX_FILES || !bundle.files.iter().all(sound) {
            return Err(RecoveryError::Content);
        }
        Ok(bundle)
    }

    /// Writes the files that are missing; names of those that were written. Where other keys are, nothing is
    /// written unless `aside` names the folder that takes the present ones.
    ///
    /// # Errors
    /// [`RecoveryError::Different`].
    pub fn put(&self, dir: &Path, aside: Option<&Path>) -> Result<Vec<String>, RecoveryError> {
        let contents = self
            .files
            .iter()
            .map(|file| STANDARD.decode(&file.content).map(Zeroizing::new))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| RecoveryError::Content)?;
        let same = |file: &KeyFile, content: &[u8]| {
            fs::read(dir.join(&file.path)).is_ok_and(|there| there == content)
        };
        let mut different = Vec::new();
        for (file, content) in self.files.iter().zip(&contents) {
            if dir.join(&file.path).exists() && !same(file, content) {
                different.push(file.path.clone());
            }
        }
        match aside {
            _ if different.is_empty() => {}
            None => return Err(RecoveryError::Different { names: different }),
            Some(aside) => fs::rename(dir, aside).map_err(|source| RecoveryError::File {
                act: "put aside",
                path: dir.to_owned(),
                source,
            })?,
        }
        let mut written = Vec::new();
        for (file, content) in self.files.iter().zip(&contents) {
            let path = dir.join(&file.path);
            if same(file, content) {
                continue;
            }
            let folder = path.parent().unwrap_or(dir);
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|source| {
                RecoveryError::File { act: "make the folder", path: folder.to_owned(), source }
            })?;
            let mode = if file.mode & 0o044 == 0 { 0o600 } else { 0o644 };
            atomic_file::write(&path, content, mode)?;
            written.push(file.path.clone());
        }
        Ok(written)
    }
}

/// Relative, of plain names: an export from elsewhere must not write outside of the keys' folder.
fn is_plain(path: &str) -> bool {
    let plain = |name: &str| {
        !name.starts_with('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let parts: Vec<Component<'_>> = Path::new(path).components().collect();
    (1..=3).contains(&parts.len())
        && parts
            .iter()
            .all(|part| matches!(part, Component::Normal(name) if name.to_str().is_some_and(plain)))
}

fn walk(root: &Path, dir: &Path, found: &mut Vec<String>) -> Result<(), RecoveryError> {
    let failed = |source| RecoveryError::File { act: "read", path: dir.to_owned(), source };
    let too_much = || RecoveryError::TooMuch { dir: root.to_owned() };
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let relative = path.strip_prefix(root).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(root, &path, found)?;
        } else if is_plain(&relative) && !relative.ends_with(".tmp") {
            if fs::metadata(&path).map_err(failed)?.len() > MAX_SECRET_FILE_BYTES {
                return Err(too_much());
            }
            found.push(relative);
        }
        if found.len() > MAX_FILES {
            return Err(too_much());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passphrase() -> SecretString {
        SecretString::new("correct horse battery".into())
    }

    fn keys(dir: &Path) {
        fs::create_dir_all(dir.join("tls")).unwrap();
        secrets::write_private(&dir.join("data.key"), b"data\n").unwrap();
        secrets::write_private(&dir.join("face.key"), b"face\n").unwrap();
        secrets::write_private(&dir.join("tls/ca.key"), b"ca\n").unwrap();
        atomic_file::write(&dir.join("tls/ca.pem"), b"pem\n", 0o644).unwrap();
        secrets::write_private(&dir.join("tls/server.key"), b"server\n").unwrap();
    }

    fn collected(dir: &Path) -> Bundle {
        Bundle::collect(dir, &[], UtcMillis::from_i64(5)).unwrap()
    }

    #[test]
    fn what_was_exported_stands_on_a_bare_machine_with_its_permissions() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        keys(old.path());
        let sealed = collected(old.path()).seal(&passphrase()).unwrap();
        let bundle = Bundle::open(&sealed, &passphrase()).unwrap();
        let target = new.path().join("keys");
        assert_eq!(bundle.put(&target, None).unwrap().len(), 5);
        assert_eq!(fs::read(target.join("tls/ca.key")).unwrap(), b"ca\n");
        assert_eq!(fs::metadata(target.join("data.key")).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(target.join("tls/ca.pem")).unwrap().mode() & 0o777, 0o644);
        assert_eq!(bundle.fingerprint(), collected(&target).fingerprint());
        assert!(bundle.put(&target, None).unwrap().is_empty(), "again changes nothing");
    }

    #[test]
    fn a_key_from_the_settings_takes_the_place_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        keys(dir.path());
        let given = [("data.key", SecretString::new("from the environment".into()))];
        let bundle = Bundle::collect(dir.path(), &given, UtcMillis::from_i64(5)).unwrap();
        let target = dir.path().join("new");
        bundle.put(&target, None).unwrap();
        assert_eq!(fs::read(target.join("data.key")).unwrap(), b"from the environment\n");
    }

    #[test]
    fn other_keys_are_neither_overwritten_nor_mixed_and_can_be_put_aside() {
        let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        keys(old.path());
        let target = new.path().join("keys");
        keys(&target);
        fs::write(target.join("data.key"), "another\n").unwrap();
        fs::remove_file(target.join("face.key")).unwrap();
        let bundle = collected(old.path());
        let refused = bundle.put(&target, None).unwrap_err().to_string();
        assert!(refused.contains("data.key") && refused.contains("--replace"), "{refused}");
        assert!(!target.join("face.key").exists(), "nothing was written");
        let aside = new.path().join("keys.former");
        bundle.put(&target, Some(&aside)).unwrap();
        assert_eq!(fs::read(target.join("data.key")).unwrap(), b"data\n");
        assert_eq!(fs::read(aside.join("data.key")).unwrap(), b"another\n");
    }

    #[test]
    fn a_wrong_passphrase_a_flipped_bit_and_a_short_passphrase_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        keys(dir.path());
        let bundle = collected(dir.path());
        assert!(matches!(
            bundle.seal(&SecretString::new("short".into())),
            Err(RecoveryError::WeakPassphrase)
        ));
        let sealed = bundle.seal(&passphrase()).unwrap();
        let wrong = SecretString::new("correct horse bakery".into());
        assert!(matches!(Bundle::open(&sealed, &wrong), Err(RecoveryError::Passphrase(_))));
        for at in [30, sealed.len() / 2, sealed.len() - 1] {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert!(Bundle::open(&flipped, &passphrase()).is_err(), "{at}");
        }
        assert!(!sealed.windows(4).any(|window| window == b"face"));
    }

    #[test]
    fn an_export_can_not_write_outside_of_the_keys_folder() {
        for path in ["../x", "/etc/x", "a/../../x", ".ssh/x", "a/b/c/d", "", "a b", "a\0"] {
            assert!(!is_plain(path), "{path:?}");
        }
        assert!(is_plain("tls/ca.key") && is_plain("data.key"));
    }

    #[test]
    fn a_new_key_changes_the_fingerprint_and_a_new_server_certificate_does_not() {
        let dir = tempfile::tempdir().unwrap();
        keys(dir.path());
        let before = collected(dir.path()).fingerprint();
        fs::write(dir.path().join("tls/server.key"), "renewed\n").unwrap();
        assert_eq!(collected(dir.path()).fingerprint(), before);
        fs::write(dir.path().join("badge.key"), "badge\n").unwrap();
        assert_ne!(collected(dir.path()).fingerprint(), before);
    }
}
