//! Photographs of a person who consents become sealed templates; each photograph gets an answer.
//!
//! Consent is asked before a photograph is even looked at. A face that already belongs to somebody else is
//! refused with that person's id: two people under one face would punch for each other. Photographs are
//! never stored and never logged.

mod folder;
mod worker;

use lintel_core::embedding::Embedding;
use lintel_core::ids::{PersonId, TemplateId};
use lintel_core::time::Clock;
use lintel_vision::{EnrolOptions, EnrolledFace};
use serde::Serialize;
use utoipa::ToSchema;

pub use folder::{FolderError, photos_in};
pub use worker::{EnrolHandle, PackFacts, TemplateMaker, VisionError};

use crate::auth::Permit;
use crate::auth::permit::ManagePeople;
use crate::people::{self, PeopleError};
use crate::store::{Db, StoreError, people as people_store, templates};
use crate::vault::{CentralKeys, PersonKey, VaultError};

/// The same photograph again: the networks give the same numbers but for rounding.
const SAME_PHOTO: f32 = 0.999;

/// A photograph as it was given.
#[derive(Clone)]
pub struct Photo {
    /// The file's name, for the answer.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Photo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Photo({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

/// What became of one photograph.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PhotoAnswer {
    /// The file's name.
    pub photo: String,
    /// Whether the person is enrolled with it, now or before.
    pub accepted: bool,
    /// `enrolled`, `already_enrolled`, `other_person`, or a code of the picture's fault.
    pub code: &'static str,
    /// The same in words, with what to do.
    pub text: String,
    /// What speaks against a face that isn't good enough, as codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<&'static str>,
    /// The new template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// Who else has this face.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_person: Option<PersonId>,
    /// Similarity to that person (cosine).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f32>,
}

/// What became of all of them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Enrolment {
    /// Who.
    pub person_id: PersonId,
    /// The pack that the templates are of.
    pub model_pack: String,
    /// Whether that pack is for trying only.
    pub trial_only: bool,
    /// New templates.
    pub enrolled: usize,
    /// One answer per photograph, in their order.
    pub photos: Vec<PhotoAnswer>,
}

/// Why nobody can be enrolled; a photograph's own fault is in its answer instead.
#[derive(Debug, thiserror::Error)]
pub enum EnrolmentError {
    /// The person: unknown, gone, without consent, or the database.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// The networks.
    #[error(transparent)]
    Vision(#[from] VisionError),
    /// A key or a stored template.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What enrolment works with.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The records.
    pub db: &'a Db,
    /// The keys.
    pub keys: &'a CentralKeys,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// The networks.
    pub vision: &'a EnrolHandle,
}

/// How photographs are judged.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choice {
    /// Take the face in the middle when there are several.
    pub pick_central: bool,
    /// Enrol although the face is somebody else's (twins), knowing that doors may confuse them.
    pub force: bool,
}

/// Enrols a person with photographs.
///
/// # Errors
/// [`EnrolmentError`]; above all [`PeopleError::NoConsent`], before any photograph is looked at.
pub async fn enrol(
    desk: Desk<'_>,
    permit: &Permit<ManagePeople>,
    person: PersonId,
    photos: Vec<Photo>,
    choice: Choice,
) -> Result<Enrolment, EnrolmentError> {
    expect_consent(desk.db, person).await?;
    let mut known = known_faces(desk).await?;
    let options = EnrolOptions { pick_central: choice.pick_central, ..EnrolOptions::default() };
    let pack = desk.vision.pack();
    let mut answers = Vec::with_capacity(photos.len());
    for photo in photos {
        let answer = match desk.vision.template(photo.bytes, options).await? {
            Err(fault) => PhotoAnswer {
                reasons: fault.reasons().iter().map(|reason| reason.code()).collect(),
                ..refused(photo.name, fault.code(), fault.to_string())
            },
            Ok(face) => take(desk, permit, person, photo.name, face, &mut known, choice.force).await?,
        };
        answers.push(answer);
    }
    Ok(Enrolment {
        person_id: person,
        model_pack: pack.name.clone(),
        trial_only: pack.trial_only,
        enrolled: answers.iter().filter(|answer| answer.template_id.is_some()).count(),
        photos: answers,
    })
}

async fn expect_consent(db: &Db, person: PersonId) -> Result<(), EnrolmentError> {
    let found = people_store::get(&mut db.read().await?, person).await?;
    let found = found.ok_or_else(|| PeopleError::Unknown(person.to_string()))?;
    if !found.active {
        return Err(PeopleError::Left(person).into());
    }
    match found.consent {
        Some(_) => Ok(()),
        None => Err(PeopleError::NoConsent(person).into()),
    }
}

/// Faces that are enrolled already, with whose they are. Only for the time of one enrolment.
type Known = Vec<(PersonId, Embedding)>;

async fn known_faces(desk: Desk<'_>) -> Result<Known, EnrolmentError> {
    let rows = templates::list(&mut desk.db.read().await?, &desk.vision.pack().name).await?;
    let mut key: Option<(PersonId, PersonKey)> = None;
    let mut known = Vec::with_capacity(rows.len());
    for row in rows {
        let person = row.person_id;
        if key.as_ref().is_none_or(|(whose, _)| *whose != person) {
            key = Some((person, PersonKey::unwrap(person, &row.wrapped, &desk.keys.face)?));
        }
        if let Some((_, open)) = &key {
            known.push((person, open.open(&row.token)?));
        }
    }
    Ok(known)
}

async fn take(
    desk: Desk<'_>,
    permit: &Permit<ManagePeople>,
    person: PersonId,
    photo: String,
    face: EnrolledFace,
    known: &mut Known,
    force: bool,
) -> Result<PhotoAnswer, EnrolmentError> {
    let Ok(embedding) = Embedding::normalise(face.embedding) else {
        let text = "the face could not be measured: choose another photo".to_owned();
        return Ok(refused(photo, "recognition_failed", text));
    };
    if known.iter().any(|(who, one)| *who == person && one.cosine(&embedding) >= SAME_PHOTO) {
        let text = "this photo is enrolled already".to_owned();
        return Ok(PhotoAnswer { accepted: true, ..refused(photo, "already_enrolled", text) });
    }
    let pack = desk.vision.pack();
    if let Some((other, score)) = nearest_other(known, person, &embedding)
        && score >= pack.match_score
        && !force
    {
        let text = format!(
            "the face is that of person {other} (similarity {score:.2}): if they are one person, use that \
             record; if they are two, enrol with --force and expect doors to ask for a badge"
        );
        let answer = refused(photo, "other_person", text);
        return Ok(PhotoAnswer { other_person: Some(other), score: Some(score), ..answer });
    }
    let quality = f64::from(face.score.clamp(0.0, 1.0));
    let (db, keys, clock) = (desk.db, desk.keys, desk.clock);
    let id = people::store_template(db, permit, keys, clock, person, &pack.name, &embedding, quality).await?;
    known.push((person, embedding));
    let answer = refused(photo, "enrolled", "enrolled".to_owned());
    Ok(PhotoAnswer { accepted: true, template_id: Some(id), ..answer })
}

fn nearest_other(known: &Known, person: PersonId, face: &Embedding) -> Option<(PersonId, f32)> {
    known
        .iter()
        .filter(|(who, _)| *who != person)
        .map(|(who, one)| (*who, one.cosine(face)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
}

fn refused(photo: String, code: &'static str, text: String) -> PhotoAnswer {
    PhotoAnswer {
        photo,
        accepted: false,
        code,
        text,
        reasons: Vec::new(),
        template_id: None,
        other_person: None,
        score: None,
    }
}

#[cfg(test)]
mod tests;
