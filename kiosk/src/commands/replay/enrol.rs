//! Enrolling a folder for a replay: one sub-folder a person, each picture's outcome told.
//!
//! The same function as at the centre makes the templates. Of several faces in a picture the one in the
//! middle is taken, because such folders hold press pictures and snapshots.

use std::path::Path;

use anyhow::{Context as _, bail};
use lintel_core::embedding::Embedding;
use lintel_core::gallery::{GalleryPerson, GalleryTemplate};
use lintel_core::ids::{PersonId, TemplateId};
use lintel_core::time::UtcMillis;
use lintel_vision::{EnrolOptions, ModelPack, Pipeline, enrolment_template};

use super::badges::Badges;
use crate::camera::images::{pictures_in, read_limited};
use crate::gallery::index::{GalleryHead, GalleryView};

/// A folder holds at most this many people.
const MAX_PEOPLE: usize = 100_000;

/// What became of one picture.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PictureOutcome {
    /// The file's name.
    pub file: String,
    /// Why it gave no template; absent when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The same as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

/// One person of the folder.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolledPerson {
    /// The sub-folder's name.
    pub name: String,
    /// Each picture.
    pub pictures: Vec<PictureOutcome>,
    /// Of the pictures that could be used.
    pub templates: Vec<Vec<f32>>,
}

/// Everybody of the folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Enrolled {
    /// By name.
    pub people: Vec<EnrolledPerson>,
}

/// Enrols a folder's sub-folders.
///
/// # Errors
/// When the folder can't be read or gives not a single template.
pub fn folder(pipeline: &mut Pipeline, folder: &Path) -> anyhow::Result<Enrolled> {
    let reading = || format!("can't read the folder {} to enrol from", folder.display());
    let mut people = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        if path.is_dir() {
            people.push(path);
        }
    }
    people.sort();
    if people.is_empty() {
        bail!("{} has no sub-folders: make one for each person, with their pictures in it", folder.display());
    }
    if people.len() > MAX_PEOPLE {
        bail!("{} has more than {MAX_PEOPLE} sub-folders", folder.display());
    }
    let people = people.iter().map(|path| person(pipeline, path)).collect::<anyhow::Result<Vec<_>>>()?;
    if people.iter().all(|person| person.templates.is_empty()) {
        let why = people.iter().flat_map(|p| &p.pictures).find_map(|p| p.refused.clone());
        bail!(
            "no picture in {} could be used: {}",
            folder.display(),
            why.unwrap_or_else(|| "there is none (jpg, png or webp)".to_owned())
        );
    }
    Ok(Enrolled { people })
}

fn person(pipeline: &mut Pipeline, folder: &Path) -> anyhow::Result<EnrolledPerson> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let options = EnrolOptions { pick_central: true, ..EnrolOptions::default() };
    let mut enrolled = EnrolledPerson { name, pictures: Vec::new(), templates: Vec::new() };
    for path in pictures_in(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes =
            read_limited(&path, options.limits).with_context(|| format!("can't read {}", path.display()))?;
        let (refused, code) = match enrolment_template(pipeline, &bytes, &options) {
            Ok(face) => {
                enrolled.templates.push(face.embedding);
                (None, None)
            }
            Err(error) => (Some(error.to_string()), Some(error.code())),
        };
        enrolled.pictures.push(PictureOutcome { file, refused, code });
    }
    Ok(enrolled)
}

impl Enrolled {
    /// Pictures that gave a template.
    #[must_use]
    pub fn templates(&self) -> usize {
        self.people.iter().map(|person| person.templates.len()).sum()
    }

    /// The gallery of these people, and of those with a badge. Ids are made from their place, so that two runs are equal.
    ///
    /// # Errors
    /// When a template isn't one of the pack's.
    pub fn gallery(&self, pack: &ModelPack, badges: &Badges) -> anyhow::Result<GalleryView> {
        let mut people = badges.people();
        for (n, person) in self.people.iter().enumerate() {
            let mut number = [0; 10];
            for (to, from) in number.iter_mut().rev().zip(n.to_le_bytes()) {
                *to = from;
            }
            let mut templates = Vec::new();
            for raw in &person.templates {
                let embedding = Embedding::normalise(raw.clone())?.expect_width(pack.embedding_width())?;
                let template_id = TemplateId::new(UtcMillis::from_i64(0), &number);
                templates.push(GalleryTemplate { template_id, embedding });
            }
            people.push(GalleryPerson {
                person_id: PersonId::new(UtcMillis::from_i64(0), &number),
                display_name: person.name.clone(),
                not_after: None,
                templates,
                badges: Vec::new(),
            });
        }
        let head = GalleryHead {
            revision: 1,
            model_pack: pack.name().to_owned(),
            zone: "UTC".to_owned(),
            width: pack.embedding_width(),
        };
        Ok(GalleryView::build(head, &people, &badges.keys, UtcMillis::from_i64(0))?)
    }
}
