//! What the camera sees of the nearest face, over the last second and a half.
//!
//! Pure. One frame says little: a blink is dark, a step is blurred. So each number is the median of a
//! window, and a gate refuses as often as it refused in that window.

use std::collections::{BTreeMap, VecDeque};

use lintel_vision::{Detected, Quality, QualityReason, Rect};
use serde::{Deserialize, Serialize};

use super::advice::{self, Aim, FaceAim, Refusing};

/// What a summary is made of, ms.
pub const WINDOW_MS: i64 = 1_500;
/// Measurements in a window at most.
const MAX_KEPT: usize = 64;

/// One face of one frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenFace {
    /// px in the camera's picture
    pub face: Rect,
    /// What was measured.
    pub quality: Quality,
    /// Which gates refuse it.
    pub refusals: Vec<QualityReason>,
}

/// One frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Monotonic time of the frame, ms.
    pub at_ms: i64,
    /// Frames that the camera has given since it was opened.
    pub frames: u64,
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// All faces, the largest first.
    pub faces: Vec<SeenFace>,
}

impl Reading {
    /// The reading of a detection.
    #[must_use]
    pub fn of(detected: &Detected, at_ms: i64, frames: u64) -> Self {
        let faces = detected.faces.iter().map(|face| SeenFace {
            face: face.face,
            quality: face.quality,
            refusals: face.refusals.clone(),
        });
        Self { at_ms, frames, width: detected.width, height: detected.height, faces: faces.collect() }
    }
}

/// The last readings.
#[derive(Debug)]
pub struct Window {
    needed_px: f32,
    kept: VecDeque<Reading>,
}

impl Window {
    /// Nothing measured yet; `needed_px` is `recognition.min_face_px`.
    #[must_use]
    pub fn new(needed_px: f32) -> Self {
        Self { needed_px, kept: VecDeque::new() }
    }

    /// Takes a reading. One that lies before the last begins anew: a clip was started again.
    pub fn take(&mut self, reading: Reading) {
        if self.kept.back().is_some_and(|last| last.at_ms > reading.at_ms) {
            self.kept.clear();
        }
        let oldest = reading.at_ms.saturating_sub(WINDOW_MS);
        self.kept.push_back(reading);
        while self.kept.len() > MAX_KEPT || self.kept.front().is_some_and(|first| first.at_ms < oldest) {
            self.kept.pop_front();
        }
    }

    /// Whether it holds a whole window of a face.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let span = self.kept.front().zip(self.kept.back()).map_or(0, |(a, b)| b.at_ms - a.at_ms);
        span >= WINDOW_MS * 3 / 4 && self.with_face() * 4 >= self.kept.len() * 3
    }

    fn with_face(&self) -> usize {
        self.kept.iter().filter(|reading| !reading.faces.is_empty()).count()
    }

    /// The summary; `None` before the first reading.
    #[must_use]
    pub fn aim(&self) -> Option<Aim> {
        let newest = self.kept.back()?;
        let (measured, with_face) = (self.kept.len(), self.with_face());
        // A face in a third of the frames is somebody; one in twenty is wallpaper.
        let face = (with_face * 3 >= measured && with_face > 0).then(|| self.face());
        let mut aim = Aim {
            width: newest.width,
            height: newest.height,
            frames_per_s: self.frames_per_s(),
            measured: number(measured),
            with_face: number(with_face),
            needed_px: self.needed_px,
            refusing: if face.is_some() { self.refusing(with_face) } else { Vec::new() },
            face,
            advice: Vec::new(),
        };
        aim.advice = advice::on(&aim);
        Some(aim)
    }

    fn frames_per_s(&self) -> f32 {
        let Some((first, last)) = self.kept.front().zip(self.kept.back()) else { return 0.0 };
        let (frames, millis) = (last.frames.saturating_sub(first.frames), last.at_ms - first.at_ms);
        if millis <= 0 { 0.0 } else { lossy(frames) * 1000.0 / lossy(u64::try_from(millis).unwrap_or(1)) }
    }

    fn face(&self) -> FaceAim {
        let nearest = || self.kept.iter().filter_map(|reading| Some((reading, reading.faces.first()?)));
        let median = |of: fn(&Reading, &SeenFace) -> f32| {
            let mut all: Vec<f32> = nearest().map(|(reading, face)| of(reading, face)).collect();
            all.sort_by(f32::total_cmp);
            all.get(all.len() / 2).copied().unwrap_or(0.0)
        };
        let px = median(|_, seen| seen.face.width);
        FaceAim {
            px,
            percent_of_needed: px * 100.0 / self.needed_px.max(1.0),
            light: median(|_, seen| seen.quality.exposure),
            sharpness: median(|_, seen| seen.quality.sharpness),
            yaw: median(|_, seen| seen.quality.yaw),
            pitch: median(|_, seen| seen.quality.pitch),
            roll: median(|_, seen| seen.quality.roll),
            x: median(|reading, seen| {
                seen.face.x.midpoint(seen.face.x + seen.face.width) / lossy(reading.width.into())
            }),
            y: median(|reading, seen| {
                seen.face.y.midpoint(seen.face.y + seen.face.height) / lossy(reading.height.into())
            }),
        }
    }

    fn refusing(&self, with_face: usize) -> Vec<Refusing> {
        let mut counts: BTreeMap<QualityReason, u64> = BTreeMap::new();
        for reason in
            self.kept.iter().filter_map(|reading| reading.faces.first()).flat_map(|face| &face.refusals)
        {
            *counts.entry(*reason).or_default() += 1;
        }
        let percent = |count: u64| lossy(count) * 100.0 / lossy(with_face.max(1) as u64);
        let mut refusing: Vec<Refusing> =
            counts.into_iter().map(|(gate, count)| Refusing { gate, percent: percent(count) }).collect();
        refusing.sort_by(|a, b| b.percent.total_cmp(&a.percent));
        refusing
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "pixels, milliseconds of a window and its frames are small")]
fn lossy(count: u64) -> f32 {
    count as f32
}
