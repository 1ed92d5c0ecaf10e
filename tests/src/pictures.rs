//! The photographs that tests may use: fetched by `make setup`, never part of the project.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};

/// A clip of people walking past a door, and other pictures of them to enrol.
#[derive(Debug, Clone)]
pub struct Pictures {
    /// Motion-JPEG clip; the truth beside it in `walk_past.json`.
    pub clip: PathBuf,
    /// Name → folder of pictures, none of which the clip shows.
    pub enrol: BTreeMap<String, PathBuf>,
    /// Pictures of somebody who is never enrolled.
    pub strangers: PathBuf,
}

/// The folder that `make setup` fills.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/lintel");
    std::env::var_os("LINTEL_CACHE").map_or_else(home, PathBuf::from)
}

impl Pictures {
    /// Those that were fetched.
    ///
    /// # Errors
    /// When they are missing.
    pub fn fetched() -> Result<Self> {
        let dir = cache_dir().join("pictures");
        let mut enrol = BTreeMap::new();
        let folders = std::fs::read_dir(dir.join("enrol"))
            .with_context(|| format!("no pictures in {}: run `make setup`", dir.display()))?;
        for folder in folders {
            let folder = folder?;
            enrol.insert(folder.file_name().to_string_lossy().into_owned(), folder.path());
        }
        let pictures = Self { clip: dir.join("walk_past.avi"), enrol, strangers: dir.join("strangers") };
        ensure!(
            pictures.clip.is_file() && pictures.enrol.len() >= 2,
            "pictures incomplete: run `make setup`"
        );
        Ok(pictures)
    }

    /// The pictures of a part of the clip, as they are in its file: `from` and `to` in frames.
    ///
    /// # Errors
    /// When the clip can't be read or is shorter.
    pub fn frames(&self, from: usize, to: usize) -> Result<Vec<Vec<u8>>> {
        let clip = std::fs::read(&self.clip)?;
        let mut frames = Vec::new();
        let mut rest = clip.as_slice();
        // Motion-JPEG in an AVI: each picture is a chunk `00dc` with its length.
        while let Some(at) = rest.windows(4).position(|window| window == b"00dc") {
            let Some((length, body)) = rest.get(at + 4..).and_then(<[u8]>::split_first_chunk) else { break };
            let length = usize::try_from(u32::from_le_bytes(*length))?;
            // The index at the end has such chunks too, of its own kind.
            let Some(picture) = body.get(..length).filter(|body| body.starts_with(&[0xff, 0xd8])) else {
                break;
            };
            frames.push(picture.to_vec());
            rest = body.get(length..).unwrap_or_default();
        }
        let part = frames.get(from..to).with_context(|| format!("the clip has {} pictures", frames.len()))?;
        Ok(part.to_vec())
    }

    /// The clip as a camera source.
    #[must_use]
    pub fn source(&self) -> String {
        format!("clip:{}", self.clip.display())
    }
}
