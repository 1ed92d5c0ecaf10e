//! A model pack: a folder with `pack.toml` that says which networks run, on what terms, and how to prove them.
//!
//! A skipped alignment step or a damaged weight file ruins recognition without any error message, so a pack is
//! believed only when every file has the hash it should have, every licence is one that the policy allows, and
//! (in [`crate::Pipeline::open`]) every network gives the numbers that its maker recorded. It never fetches.

mod manifest;

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

pub use manifest::{
    Colour, DetectorKind, DetectorSettings, EmbedderSettings, LivenessSettings, SelfTest, TensorSamples,
    Thresholds,
};

/// The manifest's name in the folder.
pub const MANIFEST: &str = "pack.toml";
const MAX_MANIFEST_BYTES: u64 = 1024 * 1024;
const MAX_MODEL_BYTES: u64 = 512 * 1024 * 1024;

/// Which licences (SPDX identifiers) a model file may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicencePolicy {
    /// compared exactly
    pub allowed: Vec<String>,
}

impl Default for LicencePolicy {
    fn default() -> LicencePolicy {
        let allowed = ["Apache-2.0", "MIT", "CC0-1.0", "BSD-3-Clause"];
        LicencePolicy { allowed: allowed.map(str::to_owned).to_vec() }
    }
}

/// Why a pack is refused.
#[derive(Debug, Error)]
pub enum PackError {
    /// A file can't be opened or read.
    #[error("{path} can't be read ({source}): run `make setup`, or give the folder of a model pack")]
    Read {
        /// the file
        path: PathBuf,
        /// the system's reason
        source: std::io::Error,
    },
    /// Beyond what any pack needs.
    #[error("{path} is larger than {limit} bytes and is not read")]
    TooLarge {
        /// the file
        path: PathBuf,
        /// bytes
        limit: u64,
    },
    /// Not TOML, an unknown key, a missing one, or a value out of range.
    #[error("{path} is not a usable pack: {reason}")]
    Manifest {
        /// the manifest
        path: PathBuf,
        /// which key and what is wrong
        reason: String,
    },
    /// A kind of model that this version does not run.
    #[error(
        "pack {pack} has a {section} of the unknown kind {kind:?} (this version knows {known}): update Lintel or choose another pack"
    )]
    UnknownKind {
        /// pack's name
        pack: String,
        /// detector, embedder or liveness
        section: &'static str,
        /// what the manifest says
        kind: String,
        /// what would be understood
        known: &'static str,
    },
    /// A licence outside the policy.
    #[error("pack {pack}: {file} has the licence {licence:?}, allowed are {}: choose another pack or change the policy", .allowed.join(", "))]
    Licence {
        /// pack's name
        pack: String,
        /// file within it
        file: String,
        /// its licence
        licence: String,
        /// the policy
        allowed: Vec<String>,
    },
    /// The file is not the one that was packed.
    #[error(
        "pack {pack}: {file} has sha256 {found}, the manifest says {expected}: the file is damaged or was changed; build or fetch the pack again"
    )]
    WrongHash {
        /// pack's name
        pack: String,
        /// file within it
        file: String,
        /// as in the manifest
        expected: String,
        /// of the file
        found: String,
    },
    /// A network does not give the numbers that were recorded.
    #[error(
        "pack {pack}: the self-test of {model} failed: {reason}; build or fetch the pack again, and check the ONNX Runtime version"
    )]
    SelfTest {
        /// pack's name
        pack: String,
        /// detector, embedder or liveness:n
        model: String,
        /// which number, and by how much
        reason: String,
    },
}

/// A pack whose manifest, licences and hashes are in order.
#[derive(Debug, Clone)]
pub struct ModelPack {
    folder: PathBuf,
    manifest: manifest::Manifest,
    detector: DetectorSettings,
    embedder: EmbedderSettings,
    liveness: Vec<LivenessSettings>,
}

impl ModelPack {
    /// Reads a pack's folder and checks manifest, kinds, licences and the hash of every file. The self-tests
    /// need ONNX Runtime and run in [`crate::Pipeline::open`].
    ///
    /// # Errors
    /// [`PackError`] with the first reason found.
    pub fn load(folder: &Path, policy: &LicencePolicy) -> Result<ModelPack, PackError> {
        let path = folder.join(MANIFEST);
        let bytes = read_limited(&path, MAX_MANIFEST_BYTES)?;
        let wrong = |reason: String| PackError::Manifest { path: path.clone(), reason };
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8 text".into()))?;
        let manifest: manifest::Manifest = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        manifest.check().map_err(wrong)?;
        let (detector, embedder, liveness) = manifest.settings()?;
        for file in &manifest.files {
            if !policy.allowed.contains(&file.licence) {
                return Err(PackError::Licence {
                    pack: manifest.pack.name.clone(),
                    file: file.path.clone(),
                    licence: file.licence.clone(),
                    allowed: policy.allowed.clone(),
                });
            }
        }
        let folder = folder.to_owned();
        let pack = ModelPack { folder, manifest, detector, embedder, liveness };
        for file in &pack.manifest.files {
            pack.read_model(&file.path)?;
        }
        Ok(pack)
    }

    /// The pack's name, as events and templates name it.
    pub fn name(&self) -> &str {
        &self.manifest.pack.name
    }

    /// The pack's version.
    pub fn version(&self) -> u32 {
        self.manifest.pack.version
    }

    /// One line for people.
    pub fn summary(&self) -> &str {
        &self.manifest.pack.summary
    }

    /// Whether this pack is for trying Lintel only; everything that runs on it has to say so.
    pub fn trial_only(&self) -> bool {
        self.manifest.pack.trial_only
    }

    /// Numbers in a template.
    pub fn embedding_width(&self) -> usize {
        self.embedder.width
    }

    /// Operating points measured for this pack.
    pub fn thresholds(&self) -> &Thresholds {
        &self.manifest.thresholds
    }

    /// The detector's settings.
    pub fn detector(&self) -> &DetectorSettings {
        &self.detector
    }

    /// The embedder's settings.
    pub fn embedder(&self) -> &EmbedderSettings {
        &self.embedder
    }

    /// The liveness networks' settings; empty when the pack has none.
    pub fn liveness(&self) -> &[LivenessSettings] {
        &self.liveness
    }

    /// The recorded checks.
    pub fn self_tests(&self) -> &[SelfTest] {
        &self.manifest.self_tests
    }

    /// Each file with its licence and where it comes from: (path, SPDX, source).
    pub fn files(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let files = self.manifest.files.iter();
        files.map(|f| (f.path.as_str(), f.licence.as_str(), f.source.as_str()))
    }

    /// A model's bytes, checked against the manifest's hash each time they are read, so that what runs is
    /// what was checked.
    pub(crate) fn read_model(&self, path: &str) -> Result<Vec<u8>, PackError> {
        let expected = self.manifest.files.iter().find(|f| f.path == path);
        let expected = expected.map(|f| f.sha256.to_ascii_lowercase()).unwrap_or_default();
        let bytes = read_limited(&self.folder.join(path), MAX_MODEL_BYTES)?;
        let found: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        if found == expected {
            return Ok(bytes);
        }
        let (pack, file) = (self.name().to_owned(), path.to_owned());
        Err(PackError::WrongHash { pack, file, expected, found })
    }
}

fn read_limited(path: &Path, limit: u64) -> Result<Vec<u8>, PackError> {
    let fail = |source| PackError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > limit {
        return Err(PackError::TooLarge { path: path.to_owned(), limit });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
