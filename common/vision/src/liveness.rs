//! Whether a face is a person or a picture of one, as far as one frame can tell.
//!
//! MiniFASNet (Minivision's Silent-Face-Anti-Spoofing): one network per crop scale, their probabilities are
//! averaged. The crop must hold real surroundings of the face; on tight pictures it refuses many live people.
//! It is one signal among several and decides nothing here.

use opencv::core::{Mat, Rect as CvRect, Size};
use opencv::imgproc;

use crate::decode::BgrImage;
use crate::error::PipelineError;
use crate::frame::Rect;
use crate::pack::{LivenessSettings, ModelPack};
use crate::sessions::{Model, Runtime};
use crate::tensor::{self, Normalise};

/// All of a pack's liveness networks; may be none.
#[derive(Debug)]
pub(crate) struct Liveness {
    models: Vec<(LivenessSettings, Model)>,
    crop: BgrImage,
}

/// Left, top, right, bottom in px, all inclusive.
pub type Crop = [i32; 4];

/// The part of a `width` × `height` picture that a network of this scale looks at: the face box enlarged
/// about its centre as far as the picture allows, then pushed back inside. Follows Minivision's own code,
/// whole numbers included, because the networks were trained on exactly these crops.
pub fn crop(face: &Rect, width: u32, height: u32, scale: f32) -> Option<Crop> {
    let (x, y) = (face.x.trunc(), face.y.trunc());
    let (w, h) = (face.width.trunc(), face.height.trunc());
    if !(w >= 1.0 && h >= 1.0 && x.is_finite() && y.is_finite()) || width < 2 || height < 2 {
        return None;
    }
    let (last_x, last_y) = (width as f32 - 1.0, height as f32 - 1.0);
    let scale = (last_y / h).min(last_x / w).min(scale);
    let (half_w, half_h) = (w * scale / 2.0, h * scale / 2.0);
    let (centre_x, centre_y) = (x + w / 2.0, y + h / 2.0);
    let (mut left, mut right) = (centre_x - half_w, centre_x + half_w);
    let (mut top, mut bottom) = (centre_y - half_h, centre_y + half_h);
    if left < 0.0 {
        right -= left;
        left = 0.0;
    }
    if top < 0.0 {
        bottom -= top;
        top = 0.0;
    }
    if right > last_x {
        left -= right - last_x;
        right = last_x;
    }
    if bottom > last_y {
        top -= bottom - last_y;
        bottom = last_y;
    }
    // A box far outside could still stick out on the other side by rounding.
    Some([left.max(0.0), top.max(0.0), right.min(last_x), bottom.min(last_y)].map(|v| v as i32))
        .filter(|[left, top, right, bottom]| left <= right && top <= bottom)
}

impl Liveness {
    pub(crate) fn open(runtime: &Runtime, pack: &ModelPack) -> Result<Liveness, PipelineError> {
        let mut models = Vec::new();
        for settings in pack.liveness() {
            let bytes = pack.read_model(&settings.file)?;
            let model = Model::open(runtime, &settings.file, &bytes, Some(&settings.input))?;
            models.push((settings.clone(), model));
        }
        Ok(Liveness { models, crop: BgrImage::default() })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.models.is_empty()
    }

    /// Mean probability of a live face, 0 to 1; `None` without a network or a usable crop.
    pub(crate) fn live(&mut self, image: &BgrImage, face: &Rect) -> Result<Option<f32>, PipelineError> {
        let mut sum = 0.0;
        for (settings, model) in &mut self.models {
            let Some([left, top, right, bottom]) = crop(face, image.width, image.height, settings.crop_scale)
            else {
                return Ok(None);
            };
            let side = settings.input_size;
            self.crop.set_size(side, side);
            let whole = image.mat()?;
            let area = CvRect::new(left, top, right - left + 1, bottom - top + 1);
            let part = Mat::roi(&whole, area)?;
            let size = Size::new(side as i32, side as i32);
            let mut target = self.crop.mat_mut()?;
            imgproc::resize(&part, &mut target, size, 0.0, 0.0, imgproc::INTER_LINEAR)?;
            drop(target);
            let probabilities = run(settings, model, &self.crop)?;
            sum += probabilities.get(settings.live_index).copied().unwrap_or(0.0);
        }
        let count = self.models.len() as f32;
        Ok((count > 0.0).then(|| sum / count))
    }

    /// One network's raw output for a picture of exactly its input size (the self-test's way in).
    pub(crate) fn raw(&mut self, at: usize, picture: &BgrImage) -> Result<Vec<f32>, PipelineError> {
        let Some((settings, model)) = self.models.get_mut(at) else {
            return Ok(Vec::new());
        };
        run(settings, model, picture)
    }
}

fn run(
    settings: &LivenessSettings,
    model: &mut Model,
    picture: &BgrImage,
) -> Result<Vec<f32>, PipelineError> {
    let side = settings.input_size as usize;
    let input = model.input_mut(side, side)?;
    tensor::pack(picture, &Normalise::RAW_BGR, side, side, input);
    let outputs = model.run()?;
    Ok(outputs.tensor(&settings.output)?.1.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tall_face_is_enlarged_only_as_far_as_the_picture_goes() {
        let face = Rect { x: 75.953, y: 62.376, width: 88.285, height: 122.768 };
        assert_eq!(crop(&face, 250, 250, 2.7), Some([29, 0, 208, 249]));
    }

    #[test]
    fn an_empty_or_broken_box_has_no_crop() {
        for bad in [0.0, -3.0, f32::NAN, f32::INFINITY] {
            let face = Rect { x: 1.0, y: 1.0, width: bad, height: 5.0 };
            if bad != f32::INFINITY {
                assert_eq!(crop(&face, 100, 100, 2.7), None);
            }
            assert_eq!(crop(&Rect { x: bad / 0.0, width: 9.0, ..face }, 100, 100, 2.7), None);
        }
    }

    proptest! {
        #[test]
        fn the_crop_always_lies_inside_the_picture(
            x in -900.0f32..900.0, y in -900.0f32..900.0, w in 0.1f32..900.0, h in 0.1f32..900.0,
            width in 1u32..700, height in 1u32..700, scale in 1.0f32..4.5
        ) {
            let face = Rect { x, y, width: w, height: h };
            if let Some([left, top, right, bottom]) = crop(&face, width, height, scale) {
                prop_assert!(0 <= left && left <= right && right < width as i32);
                prop_assert!(0 <= top && top <= bottom && bottom < height as i32);
            }
        }
    }
}
