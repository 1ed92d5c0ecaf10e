//! Opening the door's pipeline from its settings: library, pack, licence policy, networks.

use anyhow::Context as _;
use lintel_vision::{LicencePolicy, ModelPack, Pipeline, PipelineOptions, Region, Runtime, locate};

use crate::config::recognition::RecognitionConfig;
use crate::config::vision::VisionConfig;

/// Loads library and pack, proves the pack by its self-tests, and warms the networks up.
///
/// # Errors
/// What is missing or refused, and what to do.
pub fn pipeline(vision: &VisionConfig, recognition: &RecognitionConfig) -> anyhow::Result<Pipeline> {
    let library = locate::onnxruntime(vision.onnxruntime.as_deref())?;
    let packs = vision.packs_dir.as_deref();
    let folder = match &vision.pack {
        Some(name) => locate::pack(packs, name)?,
        None => locate::best_pack(packs)?,
    };
    let refused = || format!("model pack {} is refused", folder.display());
    let policy = LicencePolicy { allowed: vision.licences.clone() };
    let pack = ModelPack::load(&folder, &policy).with_context(refused)?;
    let runtime = Runtime::open(&library, vision.threads.max(1))?;
    Pipeline::open(&runtime, &pack, options(vision, recognition)).with_context(refused)
}

/// How the door's pipeline works.
#[must_use]
pub fn options(vision: &VisionConfig, recognition: &RecognitionConfig) -> PipelineOptions {
    let [left, top, right, bottom] = recognition.region;
    let whole = [0.0, 0.0, 1.0, 1.0];
    PipelineOptions {
        detect_width: vision.detect_width,
        min_face_px: recognition.min_face_px,
        region: (recognition.region != whole).then_some(Region { left, top, right, bottom }),
        // The recogniser asks for it by itself, for a few frames of a face.
        liveness: false,
        ..PipelineOptions::default()
    }
}
