//! Frame → observations: decode, detect, judge, align, embed, each stage timed.
//!
//! One pipeline belongs to one thread and keeps its buffers from frame to frame. It reports what it sees;
//! who that is, and whether to believe it, is decided elsewhere. Detection and embedding can be called apart,
//! so that a tracker skips the dear part for a face it already knows.

use std::time::{Duration, Instant};

use crate::decode::{self, BgrImage};
use crate::detector::{Detector, Face};
use crate::embedder::Embedder;
use crate::error::PipelineError;
use crate::frame::{Frame, PixelFormat, Rect, Region};
use crate::grey::GreyImage;
use crate::liveness::Liveness;
use crate::motion::{self, SmallGrey};
use crate::pack::ModelPack;
use crate::quality::{self, Gate, Quality, QualityLimits, QualityReason};
use crate::self_test;
use crate::sessions::{Interrupter, Runtime};

/// How a pipeline works.
#[derive(Debug, Clone, PartialEq)]
pub struct PipelineOptions {
    /// faces are looked for in the picture made this wide, px
    pub detect_width: u32,
    /// narrower faces are refused as too small, px in the source picture
    pub min_face_px: f32,
    /// faces with their centre outside are refused; `None`: the whole picture
    pub region: Option<Region>,
    /// whether `observe` asks the liveness networks (when the pack has them)
    pub liveness: bool,
    /// where refusal begins
    pub quality: QualityLimits,
    /// at most this many faces of a frame are looked at, the largest first
    pub max_faces: usize,
    /// `is_still` says so for at most this many frames in a row
    pub still_frames: u32,
}

impl Default for PipelineOptions {
    fn default() -> PipelineOptions {
        PipelineOptions {
            detect_width: 320,
            min_face_px: 40.0,
            region: None,
            liveness: true,
            quality: QualityLimits::default(),
            max_faces: 8,
            still_frames: 5,
        }
    }
}

/// How long each stage took; all faces of a frame together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTimes {
    /// bytes → pixels
    pub decode: Duration,
    /// shrink, network, decoding of its output
    pub detect: Duration,
    /// measuring and judging
    pub quality: Duration,
    /// warp
    pub align: Duration,
    /// network
    pub embed: Duration,
    /// networks and their crops
    pub liveness: Duration,
}

impl StageTimes {
    /// All stages together.
    pub fn total(&self) -> Duration {
        self.decode + self.detect + self.quality + self.align + self.embed + self.liveness
    }
}

/// One face in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// px in the source picture
    pub face: Rect,
    /// subject's right eye, left eye, nose tip, right mouth corner, left mouth corner; px
    pub landmarks: [[f32; 2]; 5],
    /// of the detector, 0 to 1
    pub score: f32,
    /// what was measured
    pub quality: Quality,
    /// why it was not embedded; empty when it was
    pub refusals: Vec<QualityReason>,
    /// L2-normalised template; `None` when refused
    pub embedding: Option<Vec<f32>>,
    /// mean probability of a live face; `None` when refused, switched off or not in the pack
    pub liveness: Option<f32>,
}

/// One face before it is embedded.
#[derive(Debug, Clone, PartialEq)]
pub struct DetectedFace {
    /// px in the source picture
    pub face: Rect,
    /// as in [`Observation`]
    pub landmarks: [[f32; 2]; 5],
    /// of the detector, 0 to 1
    pub score: f32,
    /// what was measured
    pub quality: Quality,
    /// why it should not be embedded; empty when it may
    pub refusals: Vec<QualityReason>,
}

/// The faces of one frame, the largest first. The pixels stay in the pipeline until the next frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected {
    /// of the decoded picture, px
    pub width: u32,
    /// of the decoded picture, px
    pub height: u32,
    /// what was found
    pub faces: Vec<DetectedFace>,
    /// decode, detect and quality
    pub times: StageTimes,
    serial: u64,
}

/// A template and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    /// L2-normalised
    pub embedding: Vec<f32>,
    /// align and embed
    pub times: StageTimes,
}

/// Everything that runs on one thread's frames.
#[derive(Debug)]
pub struct Pipeline {
    pack: ModelPack,
    options: PipelineOptions,
    detector: Detector,
    embedder: Embedder,
    liveness: Liveness,
    image: BgrImage,
    /// the frame whose pixels are in `image`
    image_of: Option<u64>,
    reference: Option<SmallGrey>,
    still_for: u32,
    interrupter: Interrupter,
}

impl Pipeline {
    /// Loads a pack's networks, runs its self-tests and warms everything up, so that the first frame is as
    /// quick as the next.
    ///
    /// # Errors
    /// [`PipelineError::Pack`] when a self-test fails or a file changed, [`PipelineError::Runtime`] when ONNX
    /// Runtime refuses a network.
    pub fn open(
        runtime: &Runtime,
        pack: &ModelPack,
        options: PipelineOptions,
    ) -> Result<Pipeline, PipelineError> {
        let mut detector = Detector::open(runtime, pack)?;
        let mut embedder = Embedder::open(runtime, pack)?;
        let mut liveness = Liveness::open(runtime, pack)?;
        self_test::run(pack, &mut detector, &mut embedder, &mut liveness)?;
        let mut pipeline = Pipeline {
            pack: pack.clone(),
            options,
            detector,
            embedder,
            liveness,
            image: BgrImage::default(),
            image_of: None,
            reference: None,
            still_for: 0,
            interrupter: runtime.interrupter(),
        };
        pipeline.warm_up()?;
        log::info!(
            "pack.name" = pack.name(),
            "pack.version" = pack.version(),
            "pack.trial_only" = pack.trial_only(),
            "threads" = runtime.intra_threads();
            "model pack passed its self-tests"
        );
        Ok(pipeline)
    }

    /// One detection at the working width for the commonest camera mode: sizes ONNX Runtime's memory.
    fn warm_up(&mut self) -> Result<(), PipelineError> {
        self.image = BgrImage::filled(640, 480, 0);
        for _ in 0..2 {
            self.detector.detect(&self.image, self.options.detect_width)?;
        }
        Ok(())
    }

    /// The pack that runs.
    pub fn pack(&self) -> &ModelPack {
        &self.pack
    }

    /// What ends its networks from another thread, for good.
    pub fn interrupter(&self) -> Interrupter {
        self.interrupter.clone()
    }

    /// How it works.
    pub fn options(&self) -> &PipelineOptions {
        &self.options
    }

    /// Changes how it works from the next frame on.
    pub fn set_options(&mut self, options: PipelineOptions) {
        self.options = options;
    }

    /// Everything about one frame: finds faces, judges them, embeds those that may be, largest first.
    ///
    /// # Errors
    /// [`PipelineError`]; the next frame can be tried as if nothing had happened.
    pub fn observe(&mut self, frame: &Frame) -> Result<(Vec<Observation>, StageTimes), PipelineError> {
        let detected = self.detect(frame)?;
        let mut times = detected.times;
        let mut observations = Vec::with_capacity(detected.faces.len());
        for (at, face) in detected.faces.iter().enumerate() {
            let (mut embedding, mut live) = (None, None);
            if face.refusals.is_empty() {
                let embedded = self.embed(&detected, at)?;
                times.align += embedded.times.align;
                times.embed += embedded.times.embed;
                embedding = Some(embedded.embedding);
                if self.options.liveness {
                    let started = Instant::now();
                    live = self.liveness(&detected, at)?;
                    times.liveness += started.elapsed();
                }
            }
            observations.push(Observation {
                face: face.face,
                landmarks: face.landmarks,
                score: face.score,
                quality: face.quality,
                refusals: face.refusals.clone(),
                embedding,
                liveness: live,
            });
        }
        Ok((observations, times))
    }

    /// Finds and judges the faces of a frame without embedding them.
    ///
    /// # Errors
    /// [`PipelineError`].
    pub fn detect(&mut self, frame: &Frame) -> Result<Detected, PipelineError> {
        let width = self.options.detect_width;
        self.detect_at(frame, width)
    }

    /// [`Pipeline::detect`] at another width than the options say, px.
    ///
    /// # Errors
    /// [`PipelineError`].
    pub fn detect_at(&mut self, frame: &Frame, detect_width: u32) -> Result<Detected, PipelineError> {
        let mut times = StageTimes { decode: self.decode(frame)?, ..StageTimes::default() };
        let started = Instant::now();
        let mut found = self.detector.detect(&self.image, detect_width)?;
        times.detect = started.elapsed();
        let started = Instant::now();
        found.sort_by(|a, b| b.rect.area().total_cmp(&a.rect.area()));
        found.truncate(self.options.max_faces);
        let faces = self.judge(&found)?;
        times.quality = started.elapsed();
        let (width, height) = (self.image.width, self.image.height);
        Ok(Detected { width, height, faces, times, serial: frame.serial() })
    }

    fn judge(&self, found: &[Face]) -> Result<Vec<DetectedFace>, PipelineError> {
        let gate = Gate {
            min_face_px: self.options.min_face_px,
            region: self.options.region,
            limits: &self.options.quality,
        };
        let mut faces = Vec::with_capacity(found.len());
        for face in found {
            let (quality, refusals) = quality::measure(&self.image, face, &gate)?;
            faces.push(DetectedFace {
                face: face.rect,
                landmarks: face.landmarks,
                score: face.score,
                quality,
                refusals,
            });
        }
        Ok(faces)
    }

    /// The template of one detected face, whether or not the gate would refuse it.
    ///
    /// # Errors
    /// [`PipelineError::Stale`] when another frame was taken since.
    pub fn embed(&mut self, detected: &Detected, at: usize) -> Result<Embedded, PipelineError> {
        let face = self.current(detected, at)?.landmarks;
        let mut times = StageTimes::default();
        let started = Instant::now();
        self.embedder.align(&self.image, &face)?;
        times.align = started.elapsed();
        let started = Instant::now();
        let embedding = self.embedder.embed()?;
        times.embed = started.elapsed();
        Ok(Embedded { embedding, times })
    }

    /// The pixels of the newest frame, for tools that show it.
    pub fn picture(&self) -> &BgrImage {
        &self.image
    }

    /// The upright picture that [`Pipeline::embed`] looked at last, for tests and for tools that show it.
    pub fn aligned(&self) -> &BgrImage {
        self.embedder.aligned()
    }

    /// Mean probability that a detected face is live; `None` when the pack has no such network or the face
    /// has no usable surroundings.
    ///
    /// # Errors
    /// [`PipelineError::Stale`] when another frame was taken since.
    pub fn liveness(&mut self, detected: &Detected, at: usize) -> Result<Option<f32>, PipelineError> {
        let face = self.current(detected, at)?.face;
        if self.liveness.is_empty() {
            return Ok(None);
        }
        self.liveness.live(&self.image, &face)
    }

    /// Whether nothing has moved since the last frame that was not still, so that detection may be skipped.
    /// Says no at least every [`PipelineOptions::still_frames`] frames, because people stand still too; don't
    /// skip while a track is alive. The decoded picture is kept: `detect` on the same frame starts from it.
    ///
    /// # Errors
    /// [`PipelineError::Decode`].
    pub fn is_still(&mut self, frame: &Frame) -> Result<bool, PipelineError> {
        self.decode(frame)?;
        let now = SmallGrey::of(&self.image);
        let moved = self.reference.as_ref().is_none_or(|before| motion::changed(before, &now));
        if moved || self.still_for >= self.options.still_frames {
            self.reference = Some(now);
            self.still_for = 0;
            return Ok(false);
        }
        self.still_for += 1;
        Ok(true)
    }

    /// The brightness of a frame, for reading codes; decodes it only when it isn't the one at hand.
    ///
    /// # Errors
    /// [`PipelineError::Decode`].
    pub fn grey(&mut self, frame: &Frame) -> Result<GreyImage, PipelineError> {
        self.decode(frame)?;
        Ok(GreyImage::of(&self.image)?)
    }

    /// Decodes unless this very frame is already in the buffer.
    fn decode(&mut self, frame: &Frame) -> Result<Duration, PipelineError> {
        if self.image_of == Some(frame.serial()) {
            return Ok(Duration::ZERO);
        }
        let started = Instant::now();
        self.image_of = None;
        decode::decode_into(frame, &mut self.image)?;
        self.image_of = Some(frame.serial());
        Ok(started.elapsed())
    }

    fn current<'d>(&self, detected: &'d Detected, at: usize) -> Result<&'d DetectedFace, PipelineError> {
        if self.image_of != Some(detected.serial) {
            return Err(PipelineError::Stale);
        }
        detected.faces.get(at).ok_or(PipelineError::Stale)
    }
}

/// Formats that a pipeline takes, in the order in which a camera should be asked for them: compressed frames
/// first, because they leave room on the USB bus for more of them.
pub const PREFERRED_FORMATS: [PixelFormat; 3] = [PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Grey];
