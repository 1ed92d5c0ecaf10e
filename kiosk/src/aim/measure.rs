//! What the camera sees of the nearest face, over the last second and a half.
//!
//! Pure. One frame says little: a blink is dark, a step is blurred. So each number is the median of a
//! window, and a gate refuses as often as it refused in that window.

use std::collections::{BTreeMap, VecDeque};

use lintel_vision::{Detected, Quality, QualityReason, Rect};
use serde::{Deserialize, Serialize};

use super::advice::{self, Advice};

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

/// The nearest face, in medians.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaceAim {
    /// Its width, px.
    pub px: f32,
    /// Its width in hundredths of what is needed.
    pub percent_of_needed: f32,
    /// Its brightness, 0 to 1.
    pub light: f32,
    /// Its finest detail, as in [`Quality::sharpness`].
    pub sharpness: f32,
    /// Degrees, positive to the right of the picture.
    pub yaw: f32,
    /// Degrees, positive when looking up.
    pub pitch: f32,
    /// Degrees, positive when leaning clockwise.
    pub roll: f32,
    /// Its middle, 0 (left edge of the picture) to 1 (right).
    pub x: f32,
    /// Its middle, 0 (top) to 1 (bottom).
    pub y: f32,
}

/// How often a gate refuses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Refusing {
    /// Which.
    pub gate: QualityReason,
    /// Of a hundred frames with a face.
    pub percent: f32,
}

/// A summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Aim {
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// What the camera gives; 0 until two frames have come.
    pub frames_per_s: f32,
    /// Frames that were measured.
    pub measured: u32,
    /// Of these, frames with a face.
    pub with_face: u32,
    /// The narrowest face that is compared, px.
    pub needed_px: f32,
    /// The nearest face; `None` where hardly any frame has one.
    pub face: Option<FaceAim>,
    /// The gates that refuse it, the most frequent first.
    pub refusing: Vec<Refusing>,
    /// What to do, the most important first.
    pub advice: Vec<Advice>,
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn face(px: f32) -> SeenFace {
        let face = Rect { x: 320.0 - px / 2.0, y: 240.0 - px / 2.0, width: px, height: px };
        let quality =
            Quality { face_px: px, sharpness: 0.5, exposure: 0.5, yaw: 1.0, pitch: -2.0, roll: 0.0 };
        SeenFace { face, quality, refusals: Vec::new() }
    }

    pub(crate) fn window(readings: u32, each: impl Fn(u32) -> Vec<SeenFace>) -> Window {
        let mut window = Window::new(32.0);
        for n in 0..readings {
            let at_ms = i64::from(n) * 200;
            let frames = u64::from(n) * 3;
            window.take(Reading { at_ms, frames, width: 640, height: 480, faces: each(n) });
        }
        window
    }

    #[test]
    fn a_face_in_the_middle_is_summed_up_in_medians_of_the_last_moments() {
        let aim = window(20, |n| vec![face(if n % 5 == 0 { 20.0 } else { 96.0 }), face(10.0)]).aim().unwrap();
        let seen = aim.face.unwrap();
        assert_eq!((seen.px, seen.percent_of_needed), (96.0, 300.0));
        assert!((seen.x - 0.5).abs() < 0.01 && (seen.y - 0.5).abs() < 0.01, "{seen:?}");
        assert!((aim.frames_per_s - 15.0).abs() < 0.1, "{}", aim.frames_per_s);
        assert_eq!((aim.measured, aim.with_face), (8, 8));
    }

    #[test]
    fn a_face_in_the_wallpaper_is_nobody() {
        let window = window(20, |n| if n % 8 == 0 { vec![face(96.0)] } else { Vec::new() });
        assert_eq!(window.aim().unwrap().face, None);
        assert!(!window.is_settled());
        assert_eq!(Window::new(32.0).aim(), None);
    }

    #[test]
    fn the_gates_that_refuse_are_named_with_how_often() {
        let aim = window(8, |n| {
            let mut refusals = vec![QualityReason::TooDark];
            refusals.extend((n % 2 == 0).then_some(QualityReason::Blurred));
            vec![SeenFace { refusals, ..face(96.0) }]
        });
        let refusing: Vec<_> = aim.aim().unwrap().refusing.iter().map(|r| (r.gate, r.percent)).collect();
        assert_eq!(refusing, [(QualityReason::TooDark, 100.0), (QualityReason::Blurred, 50.0)]);
    }

    #[test]
    fn a_clip_that_starts_again_starts_a_new_window() {
        let mut window = window(10, |_| vec![face(96.0)]);
        assert!(window.is_settled());
        window.take(Reading { at_ms: 0, frames: 0, width: 640, height: 480, faces: Vec::new() });
        assert_eq!(window.aim().unwrap().measured, 1);
    }
}
