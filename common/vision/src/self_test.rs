//! Proof that a pack's networks compute on this machine what they computed where the pack was made.
//!
//! A generated picture goes through each network's own preprocessing; a few numbers of its raw output are
//! compared. It catches a wrong colour order, a wrong scale, a broken build of ONNX Runtime, and a file that
//! was repacked with its hash but not with its meaning.

use crate::decode::BgrImage;
use crate::detector::Detector;
use crate::embedder::Embedder;
use crate::error::PipelineError;
use crate::liveness::Liveness;
use crate::pack::{ModelPack, PackError, SelfTest, TensorSamples};
use crate::tensor::{self, Normalise};

/// The reference picture: bytes of a linear congruential generator (Numerical Recipes' constants), the top
/// eight bits after each step, row by row, blue, green, red.
pub(crate) fn reference_picture(width: u32, height: u32, seed: u32) -> BgrImage {
    let mut image = BgrImage::filled(width, height, 0);
    let mut x = seed;
    for byte in &mut image.data {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (x >> 24) as u8;
    }
    image
}

/// Runs every recorded check of a pack.
pub(crate) fn run(
    pack: &ModelPack,
    detector: &mut Detector,
    embedder: &mut Embedder,
    liveness: &mut Liveness,
) -> Result<(), PipelineError> {
    for test in pack.self_tests() {
        let picture = reference_picture(test.width, test.height, test.seed);
        let fail =
            |reason| PackError::SelfTest { pack: pack.name().to_owned(), model: test.model.clone(), reason };
        match test.model.as_str() {
            "detector" => detector_test(detector, test, &picture, &fail)?,
            "embedder" => {
                let size = embedder.settings().input_size;
                sized(test, size).map_err(&fail)?;
                let output = embedder.settings().output.clone();
                let found = embedder.raw(&picture)?;
                for samples in &test.outputs {
                    named(samples, &output).map_err(&fail)?;
                    compare(samples, &found, test.tolerance).map_err(&fail)?;
                }
            }
            other => {
                let at = other.strip_prefix("liveness:").and_then(|n| n.parse::<usize>().ok());
                let settings = at.and_then(|at| pack.liveness().get(at).map(|s| (at, s)));
                let Some((at, settings)) = settings else {
                    return Err(fail("the pack has no such model".to_owned()).into());
                };
                sized(test, [settings.input_size; 2]).map_err(&fail)?;
                let found = liveness.raw(at, &picture)?;
                for samples in &test.outputs {
                    named(samples, &settings.output).map_err(&fail)?;
                    compare(samples, &found, test.tolerance).map_err(&fail)?;
                }
            }
        }
    }
    Ok(())
}

fn detector_test(
    detector: &mut Detector,
    test: &SelfTest,
    picture: &BgrImage,
    fail: &impl Fn(String) -> PackError,
) -> Result<(), PipelineError> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let model = detector.model_mut();
    let input = model.input_mut(width, height)?;
    tensor::pack(picture, &Normalise::RAW_BGR, width, height, input);
    let outputs = model.run()?;
    for samples in &test.outputs {
        let (_, found) = outputs.tensor(&samples.tensor)?;
        compare(samples, found, test.tolerance).map_err(fail)?;
    }
    Ok(())
}

fn sized(test: &SelfTest, size: [u32; 2]) -> Result<(), String> {
    if [test.width, test.height] == size {
        return Ok(());
    }
    Err(format!("the picture is {}x{} px, the input {}x{}", test.width, test.height, size[0], size[1]))
}

fn named(samples: &TensorSamples, output: &str) -> Result<(), String> {
    if samples.tensor == output {
        return Ok(());
    }
    Err(format!("it names the tensor {:?}, the model's output is {output:?}", samples.tensor))
}

fn compare(samples: &TensorSamples, found: &[f32], tolerance: f32) -> Result<(), String> {
    for (index, expected) in &samples.samples {
        let place = format!("{}[{index}]", samples.tensor);
        let value = found.get(*index).ok_or_else(|| format!("{place} does not exist"))?;
        let off = (value - expected).abs();
        // NaN is not within any tolerance.
        if off > tolerance || off.is_nan() {
            return Err(format!("{place} is {value}, expected {expected} within {tolerance}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_picture_is_the_same_everywhere() {
        // first steps from seed 1: 1015568748, 1586005467, 2165703038, 3027450565
        let image = reference_picture(2, 1, 1);
        assert_eq!(image.data[..4], [60, 94, 129, 180]);
    }

    #[test]
    fn a_number_that_is_off_missing_or_not_a_number_fails_with_its_place() {
        let samples = TensorSamples { tensor: "t".into(), samples: vec![(1, 0.5)] };
        assert_eq!(compare(&samples, &[0.0, 0.5001], 0.001), Ok(()));
        let off = compare(&samples, &[0.0, 0.6], 0.001).unwrap_err();
        assert_eq!(off, "t[1] is 0.6, expected 0.5 within 0.001");
        assert_eq!(compare(&samples, &[0.0], 0.001).unwrap_err(), "t[1] does not exist");
        assert!(compare(&samples, &[0.0, f32::NAN], 0.001).is_err());
    }
}
