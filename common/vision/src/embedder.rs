//! From an upright face to a template: a row of numbers whose angles tell people apart.
//!
//! The template leaves here L2-normalised, so that a dot product is the cosine everywhere else. A template is
//! biometric data: nothing here logs it or keeps it.

use crate::align;
use crate::decode::BgrImage;
use crate::error::PipelineError;
use crate::pack::{EmbedderSettings, ModelPack};
use crate::sessions::{Model, Runtime};
use crate::tensor;

/// A loaded recogniser with its alignment.
#[derive(Debug)]
pub(crate) struct Embedder {
    settings: EmbedderSettings,
    model: Model,
    aligned: BgrImage,
}

impl Embedder {
    pub(crate) fn open(runtime: &Runtime, pack: &ModelPack) -> Result<Embedder, PipelineError> {
        let settings = pack.embedder().clone();
        let bytes = pack.read_model(&settings.file)?;
        let model = Model::open(runtime, &settings.file, &bytes, Some(&settings.input))?;
        let [width, height] = settings.input_size;
        Ok(Embedder { settings, model, aligned: BgrImage::filled(width, height, 0) })
    }

    /// Warps the face upright, once, to the network's input size.
    pub(crate) fn align(&mut self, image: &BgrImage, landmarks: &align::Points) -> Result<(), PipelineError> {
        let similarity =
            align::umeyama(landmarks, &self.settings.template).ok_or(PipelineError::Landmarks)?;
        let matrix = align::stretched(&similarity, self.settings.template_size, self.settings.input_size);
        align::warp(image, &matrix, &mut self.aligned)?;
        Ok(())
    }

    /// The aligned face of the last [`Embedder::align`].
    pub(crate) fn aligned(&self) -> &BgrImage {
        &self.aligned
    }

    /// The network's raw output for a picture of exactly its input size.
    pub(crate) fn raw(&mut self, picture: &BgrImage) -> Result<Vec<f32>, PipelineError> {
        write_input(&mut self.model, &self.settings, picture)?;
        Ok(self.output()?.to_vec())
    }

    /// The template of the face that was aligned last: L2-normalised, `width` numbers.
    pub(crate) fn embed(&mut self) -> Result<Vec<f32>, PipelineError> {
        write_input(&mut self.model, &self.settings, &self.aligned)?;
        normalised(self.output()?).ok_or_else(|| {
            let reason = "the template is all zero or not finite".to_owned();
            PipelineError::Runtime(self.model.failed(reason))
        })
    }

    fn output(&mut self) -> Result<Vec<f32>, PipelineError> {
        let outputs = self.model.run()?;
        Ok(outputs.numbers(&self.settings.output, self.settings.width)?.to_vec())
    }

    pub(crate) fn settings(&self) -> &EmbedderSettings {
        &self.settings
    }
}

fn write_input(
    model: &mut Model,
    settings: &EmbedderSettings,
    picture: &BgrImage,
) -> Result<(), PipelineError> {
    let [width, height] = settings.input_size.map(|side| side as usize);
    let input = model.input_mut(width, height)?;
    tensor::pack(picture, &settings.normalise(), width, height, input);
    Ok(())
}

/// Divides by the L2 norm; `None` when there is no direction to keep.
pub(crate) fn normalised(mut values: Vec<f32>) -> Option<Vec<f32>> {
    let norm = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt() as f32;
    if !norm.is_finite() || norm <= 1e-6 {
        return None;
    }
    for value in &mut values {
        *value /= norm;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn a_template_has_length_one_and_no_direction_is_no_template() {
        assert_eq!(normalised(vec![3.0, 4.0]), Some(vec![0.6, 0.8]));
        assert_eq!(normalised(vec![0.0, 0.0]), None);
        assert_eq!(normalised(vec![f32::NAN, 1.0]), None);
        assert_eq!(normalised(vec![f32::INFINITY, 1.0]), None);
    }
}
