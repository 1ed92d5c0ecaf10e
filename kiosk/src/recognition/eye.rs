//! The pipeline as recognition sees it: sightings out of a detection, embeddings when asked.
//!
//! The only place in recognition that touches the networks. It decides nothing.

use std::time::{Duration, Instant};

use lintel_vision::{
    Detected, DetectedFace, Frame, Pipeline, PipelineError, Quality, QualityReason, StageTimes,
};
use zeroize::Zeroizing;

use super::{Decision, Embed, FrameTime, Gallery, GalleryMatch, Recogniser, Sighting};

/// A face this wide has all the detail that the embedder takes in, px.
const FULL_FACE_PX: f32 = 96.0;

/// How good a face is for comparing, 0 to 1: the product of how large, sharp and frontal it is, none of which
/// can make up for another.
#[must_use]
pub fn quality_of(quality: &Quality) -> f32 {
    let size = (quality.face_px / FULL_FACE_PX).clamp(0.1, 1.0).sqrt();
    let sharp = (quality.sharpness / 0.5).clamp(0.2, 1.0).sqrt();
    let turn = quality.yaw.abs().max(quality.pitch.abs());
    let frontal = (1.0 - turn / 90.0).clamp(0.1, 1.0);
    size * sharp * frontal
}

/// The faces that recognition should follow, with their place in the detection. Those outside the region and
/// those far too small are people who pass by in the background: they are nobody's business.
#[must_use]
pub fn sightings(detected: &Detected, min_face_px: f32) -> (Vec<Sighting>, Vec<usize>) {
    let concerns = |face: &DetectedFace| {
        !face.refusals.contains(&QualityReason::OutsideRegion) && face.face.width >= min_face_px * 0.5
    };
    let sighting = |face: &DetectedFace| Sighting {
        face: face.face,
        landmarks: face.landmarks,
        quality: quality_of(&face.quality),
        refusals: face.refusals.clone(),
    };
    let kept = detected.faces.iter().enumerate().filter(|(_, face)| concerns(face));
    kept.map(|(at, face)| (sighting(face), at)).unzip()
}

/// What one frame took and gave.
#[derive(Debug)]
pub struct Looked {
    /// Conclusions that this frame completed.
    pub decisions: Vec<Decision>,
    /// Time of each stage.
    pub times: StageTimes,
    /// Time of all comparisons with the gallery.
    pub matching: Duration,
    /// Faces that were followed.
    pub faces: usize,
    /// Faces that were embedded.
    pub embedded: usize,
    /// All that was found, with the faces in the background.
    pub detected: Detected,
}

struct Eye<'p> {
    pipeline: &'p mut Pipeline,
    detected: &'p Detected,
    place: &'p [usize],
    times: StageTimes,
    embedded: usize,
    error: Option<PipelineError>,
}

impl Embed for Eye<'_> {
    fn embed(&mut self, at: usize) -> Option<Zeroizing<Vec<f32>>> {
        match self.pipeline.embed(self.detected, *self.place.get(at)?) {
            Ok(done) => {
                self.times.align += done.times.align;
                self.times.embed += done.times.embed;
                self.embedded += 1;
                Some(Zeroizing::new(done.embedding))
            }
            Err(error) => {
                self.error = Some(error);
                None
            }
        }
    }

    fn live(&mut self, at: usize) -> Option<f32> {
        let started = Instant::now();
        let live = self.pipeline.liveness(self.detected, *self.place.get(at)?);
        self.times.liveness += started.elapsed();
        // It decides nothing, so that its failure must not cost anybody their punch.
        live.inspect_err(
            |error| log::warn!("error" = error.to_string().as_str(); "liveness could not be asked"),
        )
        .ok()
        .flatten()
    }
}

/// A gallery that measures its searches.
struct Measured<'g, G> {
    gallery: &'g G,
    spent: std::cell::Cell<Duration>,
}

impl<G: Gallery> Gallery for Measured<'_, G> {
    fn revision(&self) -> i64 {
        self.gallery.revision()
    }
    fn nearest(&self, probe: &[f32], now: lintel_core::time::UtcMillis) -> GalleryMatch {
        let started = Instant::now();
        let found = self.gallery.nearest(probe, now);
        self.spent.set(self.spent.get() + started.elapsed());
        found
    }
}

/// Looks at one frame: detect, then recognise, which embeds what it needs. The same for `run` and `replay`.
///
/// # Errors
/// [`PipelineError`] when the frame can't be decoded or a network fails; the next frame can be tried.
pub fn look(
    pipeline: &mut Pipeline,
    recogniser: &mut Recogniser,
    frame: &Frame,
    at: FrameTime,
    gallery: &impl Gallery,
) -> Result<Looked, PipelineError> {
    let detected = pipeline.detect(frame)?;
    let (sightings, place) = sightings(&detected, pipeline.options().min_face_px);
    let gallery = Measured { gallery, spent: std::cell::Cell::default() };
    let mut eye =
        Eye { pipeline, detected: &detected, place: &place, times: detected.times, embedded: 0, error: None };
    let decisions = recogniser.step(at, &sightings, &mut eye, &gallery);
    if let Some(error) = eye.error.filter(|_| decisions.is_empty()) {
        return Err(error);
    }
    let matching = gallery.spent.get();
    let (times, faces, embedded) = (eye.times, sightings.len(), eye.embedded);
    Ok(Looked { decisions, times, matching, faces, embedded, detected })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quality_falls_with_size_blur_and_turn_and_stays_between_0_and_1() {
        let best = Quality { face_px: 200.0, sharpness: 0.9, exposure: 0.5, yaw: 0.0, pitch: 0.0, roll: 0.0 };
        assert!((quality_of(&best) - 1.0).abs() < 1e-6);
        for worse in [
            Quality { face_px: 40.0, ..best },
            Quality { sharpness: 0.1, ..best },
            Quality { yaw: -40.0, ..best },
            Quality { pitch: 40.0, ..best },
        ] {
            let value = quality_of(&worse);
            assert!(value > 0.0 && value < 0.8, "{worse:?}: {value}");
        }
    }
}
