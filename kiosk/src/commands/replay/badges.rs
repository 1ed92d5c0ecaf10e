//! The badges that are good in a replay, from the list that central prints.

use std::path::Path;

use anyhow::{Context as _, bail};
use lintel_core::gallery::{GalleryBadge, GalleryPerson};
use lintel_core::ids::{BadgeId, PersonId};
use lintel_core::time::UtcMillis;
use serde::Deserialize;

/// A list is at most this large, in bytes: some hundred thousand badges.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A list of badges.
#[derive(Debug, Default, Deserialize)]
pub struct Badges {
    /// Public keys that sign them, base64.
    pub keys: Vec<String>,
    badges: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    badge_id: BadgeId,
    person_id: PersonId,
    name: String,
    not_after: UtcMillis,
}

impl Badges {
    /// Reads `lintel-central badge list --json`.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let size = std::fs::metadata(path).with_context(|| format!("can't read {}", path.display()))?.len();
        if size > MAX_BYTES {
            bail!("{} has {size} bytes, more than {MAX_BYTES}", path.display());
        }
        let text = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| {
            format!("{} is no list of badges: write it by `lintel-central badge list --json`", path.display())
        })
    }

    /// Their holders, known by badge only.
    #[must_use]
    pub fn people(&self) -> Vec<GalleryPerson> {
        let person = |listed: &Listed| GalleryPerson {
            person_id: listed.person_id,
            display_name: listed.name.clone(),
            not_after: None,
            templates: Vec::new(),
            badges: vec![GalleryBadge { badge_id: listed.badge_id, not_after: listed.not_after }],
        };
        self.badges.iter().map(person).collect()
    }
}
