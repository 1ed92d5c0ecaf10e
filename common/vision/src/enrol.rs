//! From a photograph to a template worth keeping: exactly one usable face, judged harder than at the door.
//!
//! A bad enrolment spoils every later comparison, so a photo with several faces, or one that is too small,
//! blurred, dark or turned, is refused with the reason. It never chooses silently: the middle face is taken
//! only when the caller says so.

use thiserror::Error;

use crate::error::PipelineError;
use crate::frame::{Frame, Rect};
use crate::pipeline::{Detected, DetectedFace, Pipeline};
use crate::quality::{Quality, QualityReason};
use crate::upload::{UploadError, UploadLimits, decode_upload};

/// Widths at which a photograph is looked at, until one shows a face, px: close portraits need a small
/// picture, distant people a large one (the detectors see faces of 10 to 300 px best).
const LOOK_AT: [u32; 3] = [640, 320, 1280];

/// How a photograph is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnrolOptions {
    /// take the face in the middle when there are several
    pub pick_central: bool,
    /// narrower faces are refused, px in the photograph
    pub min_face_px: f32,
    /// greatest turn to a side or up and down, degrees
    pub max_turn: f32,
    /// least sharpness, see [`Quality::sharpness`]
    pub min_sharpness: f32,
    /// of the file
    pub limits: UploadLimits,
}

impl Default for EnrolOptions {
    fn default() -> EnrolOptions {
        EnrolOptions {
            pick_central: false,
            min_face_px: 48.0,
            max_turn: 40.0,
            min_sharpness: 0.18,
            limits: UploadLimits::default(),
        }
    }
}

/// A template with what it was made from. The photograph itself is not kept.
#[derive(Debug, Clone, PartialEq)]
pub struct EnrolledFace {
    /// L2-normalised, as wide as the pack says
    pub embedding: Vec<f32>,
    /// px in the upright photograph
    pub face: Rect,
    /// of the detector, 0 to 1
    pub score: f32,
    /// what was measured
    pub quality: Quality,
    /// of the upright photograph, px
    pub width: u32,
    /// of the upright photograph, px
    pub height: u32,
}

/// Why a photograph gives no template.
#[derive(Debug, Error)]
pub enum EnrolError {
    /// Not a usable file.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// Nobody in it.
    #[error("there is no face in the photo: choose one that shows the person from the front")]
    NoFace,
    /// More than one face, and nobody said which.
    #[error("there are {0} faces in the photo: choose one with this person alone, or crop it")]
    SeveralFaces(usize),
    /// A face, but not one to compare with later.
    #[error("the face in the photo can't be used ({}): choose a sharp, well-lit photo from the front, at least {min_face_px:.0} px across the face", codes(.reasons))]
    Quality {
        /// all that speaks against it
        reasons: Vec<QualityReason>,
        /// the limit for `too_small`
        min_face_px: f32,
    },
    /// The networks failed.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
}

fn codes(reasons: &[QualityReason]) -> String {
    reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(", ")
}

impl EnrolError {
    /// A stable code for programs; the text is for people.
    pub fn code(&self) -> &'static str {
        match self {
            EnrolError::Upload(error) => error.code(),
            EnrolError::NoFace => "no_face",
            EnrolError::SeveralFaces(_) => "several_faces",
            EnrolError::Quality { .. } => "poor_quality",
            EnrolError::Pipeline(_) => "recognition_failed",
        }
    }

    /// All that speaks against a face that was found; empty for other faults.
    pub fn reasons(&self) -> &[QualityReason] {
        match self {
            EnrolError::Quality { reasons, .. } => reasons,
            _ => &[],
        }
    }
}

/// Makes a template from the bytes of a photograph.
///
/// # Errors
/// [`EnrolError`]; every variant says what to do.
pub fn enrolment_template(
    pipeline: &mut Pipeline,
    bytes: &[u8],
    options: &EnrolOptions,
) -> Result<EnrolledFace, EnrolError> {
    let frame = decode_upload(bytes, options.limits)?;
    let before = pipeline.options().clone();
    let mut strict = before.clone();
    strict.min_face_px = options.min_face_px;
    strict.region = None;
    strict.max_faces = 64;
    strict.quality.min_sharpness = options.min_sharpness;
    strict.quality.max_yaw = options.max_turn;
    strict.quality.max_pitch = options.max_turn;
    pipeline.set_options(strict);
    let result = template_of(pipeline, &frame, options);
    pipeline.set_options(before);
    result
}

fn template_of(
    pipeline: &mut Pipeline,
    frame: &Frame,
    options: &EnrolOptions,
) -> Result<EnrolledFace, EnrolError> {
    let mut detected = None;
    for width in LOOK_AT {
        let found = pipeline.detect_at(frame, width)?;
        if !found.faces.is_empty() {
            detected = Some(found);
            break;
        }
    }
    let detected = detected.ok_or(EnrolError::NoFace)?;
    if detected.faces.len() > 1 && !options.pick_central {
        return Err(EnrolError::SeveralFaces(detected.faces.len()));
    }
    let (at, face) = central(&detected).ok_or(EnrolError::NoFace)?;
    if !face.refusals.is_empty() {
        let reasons = face.refusals.clone();
        return Err(EnrolError::Quality { reasons, min_face_px: options.min_face_px });
    }
    let embedding = pipeline.embed(&detected, at)?.embedding;
    Ok(EnrolledFace {
        embedding,
        face: face.face,
        score: face.score,
        quality: face.quality,
        width: detected.width,
        height: detected.height,
    })
}

/// The face that is large and in the middle: the greatest area − 2·d², d being the distance (px) of its
/// centre from the picture's (the rule by which labelled photographs with bystanders are usually read).
fn central(detected: &Detected) -> Option<(usize, &DetectedFace)> {
    let middle = [detected.width as f32 / 2.0, detected.height as f32 / 2.0];
    let weight = |face: &DetectedFace| {
        let [x, y] = face.face.centre();
        let distance_squared = (x - middle[0]).powi(2) + (y - middle[1]).powi(2);
        face.face.area() - 2.0 * distance_squared
    };
    detected.faces.iter().enumerate().max_by(|(_, a), (_, b)| weight(a).total_cmp(&weight(b)))
}
