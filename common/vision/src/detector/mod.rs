//! Where faces are: two detectors behind one call, each with its own decoding.
//!
//! The picture is made small first (a width such as 320 px is enough for faces at a door), and everything
//! found is given in pixels of the source picture. It never judges whether a face is good enough: that is
//! `quality`.

pub mod centerface;
pub mod nms;
pub mod yunet;

use opencv::core::Size;
use opencv::imgproc;

use crate::align::Points;
use crate::decode::BgrImage;
use crate::error::PipelineError;
use crate::frame::Rect;
use crate::pack::{DetectorKind, ModelPack};
use crate::sessions::{Model, Runtime};
use crate::tensor::{self, Normalise};

/// One detection in pixels of the source picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// the face's box
    pub rect: Rect,
    /// subject's right eye, left eye, nose tip, right mouth corner, left mouth corner
    pub landmarks: Points,
    /// 0 to 1
    pub score: f32,
}

impl Face {
    /// The same face in a picture that is `sx`, `sy` times as large.
    fn scaled(mut self, sx: f32, sy: f32) -> Face {
        self.rect.x *= sx;
        self.rect.width *= sx;
        self.rect.y *= sy;
        self.rect.height *= sy;
        for point in &mut self.landmarks {
            point[0] *= sx;
            point[1] *= sy;
        }
        self
    }
}

/// A loaded detector of either kind.
#[derive(Debug)]
pub(crate) struct Detector {
    kind: DetectorKind,
    model: Model,
    score_threshold: f32,
    nms_iou: f32,
    multiple: usize,
    small: BgrImage,
}

impl Detector {
    pub(crate) fn open(runtime: &Runtime, pack: &ModelPack) -> Result<Detector, PipelineError> {
        let settings = pack.detector();
        let bytes = pack.read_model(&settings.file)?;
        Ok(Detector {
            kind: settings.kind,
            model: Model::open(runtime, &settings.file, &bytes, None)?,
            score_threshold: settings.score_threshold,
            nms_iou: settings.nms_iou,
            multiple: settings.stride_multiple as usize,
            small: BgrImage::default(),
        })
    }

    pub(crate) fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Finds faces, looking at the picture made `detect_width` px wide (never enlarged), best first.
    pub(crate) fn detect(&mut self, image: &BgrImage, detect_width: u32) -> Result<Vec<Face>, PipelineError> {
        let shrink = (f64::from(detect_width.max(1)) / f64::from(image.width.max(1))).min(1.0);
        let wanted = |side: u32| ((f64::from(side) * shrink).round() as u32).max(1);
        let (mut width, mut height) = (wanted(image.width), wanted(image.height));
        let up = |side: u32| (side as usize).div_ceil(self.multiple) * self.multiple;
        let (input_width, input_height) = (up(width), up(height));
        // YuNet was trained with padding, CenterFace is fed the picture stretched to the multiple.
        if self.kind == DetectorKind::CenterFace {
            (width, height) = (input_width as u32, input_height as u32);
        }
        let view = if (width, height) == (image.width, image.height) {
            image
        } else {
            self.small.set_size(width, height);
            resize(image, &mut self.small)?;
            &self.small
        };
        let input = self.model.input_mut(input_width, input_height)?;
        tensor::pack(view, &Normalise::RAW_BGR, input_width, input_height, input);
        let outputs = self.model.run()?;
        let found = match self.kind {
            DetectorKind::YuNet => yunet::decode(&outputs, input_width, input_height, self.score_threshold)?,
            DetectorKind::CenterFace => {
                centerface::decode(&outputs, input_width, input_height, self.score_threshold)?
            }
        };
        let sx = image.width as f32 / width as f32;
        let sy = image.height as f32 / height as f32;
        let faces = nms::suppress(found, self.nms_iou);
        Ok(faces.into_iter().map(|face| face.scaled(sx, sy)).collect())
    }
}

/// Resizes to `out`'s size. Area averaging where much is thrown away, so that edges don't turn to noise.
pub(crate) fn resize(image: &BgrImage, out: &mut BgrImage) -> Result<(), opencv::Error> {
    let size = Size::new(out.width as i32, out.height as i32);
    let whole =
        image.width.is_multiple_of(out.width.max(1)) && image.height.is_multiple_of(out.height.max(1));
    let much = image.width > out.width.saturating_mul(2);
    let how = if whole || much { imgproc::INTER_AREA } else { imgproc::INTER_LINEAR };
    imgproc::resize(&image.mat()?, &mut out.mat_mut()?, size, 0.0, 0.0, how)
}
