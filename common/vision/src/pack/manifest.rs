//! `pack.toml` as it is written, and what is made of it.
//!
//! Every key is named here; an unknown one is refused, because a misspelt `mean` would be a quietly wrong
//! recogniser. Numbers are checked for range before anything is sized by them.

use std::path::Path;

use serde::Deserialize;

use super::PackError;
pub use crate::tensor::Colour;
use crate::tensor::Normalise;

/// The manifest as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) pack: Head,
    #[serde(rename = "file")]
    pub(super) files: Vec<File>,
    detector: RawDetector,
    embedder: RawEmbedder,
    #[serde(default)]
    liveness: Vec<RawLiveness>,
    pub(super) thresholds: Thresholds,
    #[serde(rename = "self_test", default)]
    pub(super) self_tests: Vec<SelfTest>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) version: u32,
    pub(super) summary: String,
    pub(super) trial_only: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) sha256: String,
    pub(super) licence: String,
    pub(super) source: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDetector {
    kind: String,
    file: String,
    score_threshold: f32,
    nms_iou: f32,
    stride_multiple: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEmbedder {
    kind: String,
    file: String,
    input: String,
    output: String,
    input_size: [u32; 2],
    width: usize,
    colour: Colour,
    mean: [f32; 3],
    scale: [f32; 3],
    template_size: [f32; 2],
    template: [[f32; 2]; 5],
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLiveness {
    kind: String,
    file: String,
    crop_scale: f32,
    input_size: u32,
    live_index: usize,
    #[serde(default = "default_input")]
    input: String,
    #[serde(default = "default_prob")]
    output: String,
}

fn default_input() -> String {
    "input".to_owned()
}

fn default_prob() -> String {
    "prob".to_owned()
}

/// Which decoding a detector needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetectorKind {
    /// three strides, boxes and points per cell
    YuNet,
    /// heat maps at a quarter of the size
    CenterFace,
}

/// What the detector section says.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectorSettings {
    /// how its outputs are decoded
    pub kind: DetectorKind,
    /// name in the pack's folder
    pub file: String,
    /// least score of a face, 0 to 1
    pub score_threshold: f32,
    /// most overlap of two faces, 0 to 1
    pub nms_iou: f32,
    /// both sides of the input are multiples of this, px
    pub stride_multiple: u32,
}

/// What the embedder section says.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbedderSettings {
    /// name in the pack's folder
    pub file: String,
    /// input tensor
    pub input: String,
    /// output tensor
    pub output: String,
    /// width, height, px
    pub input_size: [u32; 2],
    /// numbers in a template
    pub width: usize,
    /// channel order of the input
    pub colour: Colour,
    /// taken off each channel, 0 to 255
    pub mean: [f32; 3],
    /// factor afterwards
    pub scale: [f32; 3],
    /// frame in which `template` lives: width, height
    pub template_size: [f32; 2],
    /// where the five points of a face go
    pub template: [[f32; 2]; 5],
}

impl EmbedderSettings {
    pub(crate) fn normalise(&self) -> Normalise {
        Normalise { colour: self.colour, mean: self.mean, scale: self.scale }
    }
}

/// What one liveness section says.
#[derive(Debug, Clone, PartialEq)]
pub struct LivenessSettings {
    /// name in the pack's folder
    pub file: String,
    /// input tensor
    pub input: String,
    /// output tensor (probabilities)
    pub output: String,
    /// how many times the face box the crop is
    pub crop_scale: f32,
    /// side of the square input, px
    pub input_size: u32,
    /// which probability means a live face
    pub live_index: usize,
}

/// Operating points, and where they come from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// cosine at or above which two templates are the same person
    pub match_score: f32,
    /// least lead over the best other person
    pub margin: f32,
    /// where and how these were measured
    pub measured: String,
}

/// A generated picture and the numbers a network has to give for it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    /// `detector`, `embedder` or `liveness:n`
    pub model: String,
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// of the generator
    pub seed: u32,
    /// largest absolute difference
    pub tolerance: f32,
    /// what is compared
    pub outputs: Vec<TensorSamples>,
}

/// Some numbers of one output tensor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TensorSamples {
    /// its name
    pub tensor: String,
    /// flat index and value
    pub samples: Vec<(usize, f32)>,
}

type Settings = (DetectorSettings, EmbedderSettings, Vec<LivenessSettings>);

impl Manifest {
    /// Checks names and ranges; the error says which key.
    pub(super) fn check(&self) -> Result<(), String> {
        for file in &self.files {
            let plain = Path::new(&file.path).file_name().and_then(|n| n.to_str());
            ensure(plain == Some(file.path.as_str()), || {
                format!("file path {:?} must be a plain name in the pack's folder", file.path)
            })?;
            let hex = file.sha256.len() == 64 && file.sha256.chars().all(|c| c.is_ascii_hexdigit());
            ensure(hex, || format!("the sha256 of {:?} is not 64 hex digits", file.path))?;
        }
        let used = [&self.detector.file, &self.embedder.file];
        for file in used.into_iter().chain(self.liveness.iter().map(|l| &l.file)) {
            let listed = self.files.iter().any(|f| &f.path == file);
            ensure(listed, || format!("{file:?} is used but has no [[file]] with its hash and licence"))?;
        }
        self.check_ranges()?;
        for model in self.models() {
            let test = self.self_tests.iter().find(|test| test.model == model);
            let numbers = test.map_or(0, |t| t.outputs.iter().map(|o| o.samples.len()).sum());
            ensure(numbers > 0, || format!("there is no self_test for {model}"))?;
        }
        for test in &self.self_tests {
            let known = self.models().contains(&test.model);
            ensure(known, || format!("self_test for {:?}, which the pack does not have", test.model))?;
            let sized = (1..=4096).contains(&test.width) && (1..=4096).contains(&test.height);
            ensure(sized, || format!("self_test {:?}: width and height must be 1 to 4096", test.model))?;
            let tolerant = test.tolerance > 0.0 && test.tolerance < 1.0;
            ensure(tolerant, || format!("self_test {:?}: tolerance must be 0 to 1", test.model))?;
        }
        Ok(())
    }

    fn models(&self) -> Vec<String> {
        let liveness = (0..self.liveness.len()).map(|n| format!("liveness:{n}"));
        ["detector".to_owned(), "embedder".to_owned()].into_iter().chain(liveness).collect()
    }

    fn check_ranges(&self) -> Result<(), String> {
        let (detector, embedder) = (&self.detector, &self.embedder);
        let fraction = |v: f32| v > 0.0 && v < 1.0;
        ensure(fraction(detector.score_threshold), || "detector.score_threshold must be 0 to 1".into())?;
        ensure(fraction(detector.nms_iou), || "detector.nms_iou must be 0 to 1".into())?;
        let multiple = (1..=256).contains(&detector.stride_multiple);
        ensure(multiple, || "detector.stride_multiple must be 1 to 256".into())?;
        let sides = embedder.input_size.iter().all(|s| (16..=1024).contains(s));
        ensure(sides, || "embedder.input_size must be 16 to 1024 px".into())?;
        ensure((1..=4096).contains(&embedder.width), || "embedder.width must be 1 to 4096".into())?;
        let frame = embedder.template_size.iter().all(|s| *s >= 1.0 && *s <= 4096.0);
        ensure(frame, || "embedder.template_size must be 1 to 4096".into())?;
        let numbers = embedder.template.as_flattened().iter().chain(&embedder.mean);
        let finite = numbers.chain(&embedder.scale).all(|v| v.is_finite());
        ensure(finite, || "embedder.template, mean and scale must be finite".into())?;
        for liveness in &self.liveness {
            let scale = liveness.crop_scale >= 1.0 && liveness.crop_scale <= 16.0;
            ensure(scale, || "liveness.crop_scale must be 1 to 16".into())?;
            let side = (16..=1024).contains(&liveness.input_size);
            ensure(side, || "liveness.input_size must be 16 to 1024 px".into())?;
        }
        let thresholds = &self.thresholds;
        ensure(fraction(thresholds.match_score), || "thresholds.match_score must be 0 to 1".into())?;
        let margin = thresholds.margin >= 0.0 && thresholds.margin < 1.0;
        ensure(margin, || "thresholds.margin must be 0 to 1".into())
    }

    /// The sections as what will run; an unknown kind is refused here.
    pub(super) fn settings(&self) -> Result<Settings, PackError> {
        let unknown = |section, kind: &str, known| PackError::UnknownKind {
            pack: self.pack.name.clone(),
            section,
            kind: kind.to_owned(),
            known,
        };
        let raw = &self.detector;
        let kind = match raw.kind.as_str() {
            "yunet" => DetectorKind::YuNet,
            "centerface" => DetectorKind::CenterFace,
            other => return Err(unknown("detector", other, "yunet, centerface")),
        };
        let detector = DetectorSettings {
            kind,
            file: raw.file.clone(),
            score_threshold: raw.score_threshold,
            nms_iou: raw.nms_iou,
            stride_multiple: raw.stride_multiple,
        };
        let raw = self.embedder.clone();
        if raw.kind != "face-5-point" {
            return Err(unknown("embedder", &raw.kind, "face-5-point"));
        }
        let embedder = EmbedderSettings {
            file: raw.file,
            input: raw.input,
            output: raw.output,
            input_size: raw.input_size,
            width: raw.width,
            colour: raw.colour,
            mean: raw.mean,
            scale: raw.scale,
            template_size: raw.template_size,
            template: raw.template,
        };
        let mut liveness = Vec::new();
        for raw in self.liveness.iter().cloned() {
            if raw.kind != "minifasnet" {
                return Err(unknown("liveness", &raw.kind, "minifasnet"));
            }
            liveness.push(LivenessSettings {
                file: raw.file,
                input: raw.input,
                output: raw.output,
                crop_scale: raw.crop_scale,
                input_size: raw.input_size,
                live_index: raw.live_index,
            });
        }
        Ok((detector, embedder, liveness))
    }
}

fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(reason()) }
}
