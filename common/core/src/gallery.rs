//! What a door compares faces and badges against, and how it travels.
//!
//! A gallery has a scope: the people of the door's site and named exceptions. It changes by revision; a
//! delta says who came (with their templates and their badge), and who went. Somebody who is here without
//! a face is here with a badge only. The delta is sealed to the one device that asked, so that neither the
//! broker nor a proxy ever holds a template in clear, or learns whose a badge is.

use serde::{Deserialize, Serialize};

use crate::embedding::Embedding;
use crate::ids::{BadgeId, PersonId, TemplateId};
use crate::time::UtcMillis;

/// A person as a door knows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GalleryPerson {
    /// Who.
    pub person_id: PersonId,
    /// What the door may show on recognising them; empty where the site wants no name shown.
    #[serde(default)]
    pub display_name: String,
    /// Past this instant the door must not match them any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<UtcMillis>,
    /// All their templates of the delta's pack; replaces what the door had. None without consent.
    pub templates: Vec<GalleryTemplate>,
    /// Their badges that are not revoked; replaces what the door had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<GalleryBadge>,
}

/// One badge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GalleryBadge {
    /// What the card says.
    pub badge_id: BadgeId,
    /// From this instant on it is worth nothing.
    pub not_after: UtcMillis,
}

/// One template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GalleryTemplate {
    /// Which.
    pub template_id: TemplateId,
    /// The face.
    pub embedding: Embedding,
}

/// The step from one revision of a scope to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GalleryDelta {
    /// The revision that this step starts from; 0 means from nothing, so everything else goes.
    pub since: i64,
    /// The revision that it leads to.
    pub revision: i64,
    /// The model pack that made the embeddings.
    pub model_pack: String,
    /// Zone of the site, for the times that the door shows.
    pub zone: String,
    /// People to put in or replace.
    #[serde(default)]
    pub upsert: Vec<GalleryPerson>,
    /// People to take out: left, moved, erased, or withdrawn and without a badge.
    #[serde(default)]
    pub remove: Vec<PersonId>,
    /// Public halves of all keys that sign badges, base64; replaces what the door had.
    #[serde(default)]
    pub badge_keys: Vec<String>,
}

/// A delta as it travels: JSON of [`GalleryDelta`], sealed by [`crate::seal::seal_to_device`] with the
/// device id as associated data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedDelta {
    /// The revision that it leads to.
    pub revision: i64,
    /// Encapsulated key and ciphertext, base64.
    pub sealed: String,
    /// Signature of `sealed`'s text by the centre's key, so that nobody else can plant a face.
    pub sig: String,
}
