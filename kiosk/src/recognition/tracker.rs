//! Tracks: which faces of one frame are the faces of the frames before.
//!
//! By position first (cheap, good at camera rates), and by resemblance where position is contested or says
//! nothing: two people crossing, a short loss, or a camera of one frame in three seconds. It keeps what was
//! seen of a face; it never decides who it is.

use std::collections::{BTreeMap, VecDeque};

use lintel_core::ids::PersonId;
use lintel_vision::{QualityReason, Rect};

use super::evidence::Samples;
use super::{FrameTime, Outcome, Sighting, TrackId};

/// One face over time.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) id: TrackId,
    pub(super) face: Rect,
    landmarks: [[f32; 2]; 5],
    /// px a second, smoothed
    velocity: [f32; 2],
    pub(super) last: FrameTime,
    /// independent frames that showed it
    pub(super) seen: u32,
    pub(super) samples: Samples,
    pub(super) refusals: BTreeMap<QualityReason, u32>,
    /// why the newest sighting can't be compared
    pub(super) refused_now: Vec<QualityReason>,
    pub(super) best_quality: f32,
    /// probabilities of a live face, one for each frame that was asked about
    pub(super) live: Vec<f32>,
    pub(super) first_sample_ms: Option<i64>,
    pub(super) last_sample_ms: Option<i64>,
    pub(super) decided: Option<Outcome>,
    /// parted by resemblance alone from a face that had been recognised and never left its place
    pub(super) is_heir: bool,
    /// whose badge was held up beside this face
    pub(super) badge_of: Option<PersonId>,
}

impl Track {
    pub(super) fn new(id: TrackId, sighting: &Sighting, at: FrameTime) -> Self {
        let mut track = Self {
            id,
            face: sighting.face,
            landmarks: sighting.landmarks,
            velocity: [0.0; 2],
            last: at,
            seen: 1,
            samples: Samples::default(),
            refusals: BTreeMap::new(),
            refused_now: Vec::new(),
            best_quality: 0.0,
            live: Vec::new(),
            first_sample_ms: None,
            last_sample_ms: None,
            decided: None,
            is_heir: false,
            badge_of: None,
        };
        track.judge(sighting);
        track
    }

    /// Whether nobody is told when this face turns out to be nobody's: it has been recorded already.
    pub(super) fn is_excused(&self) -> bool {
        self.is_heir || self.badge_of.is_some()
    }

    /// Whether the sighting is the very picture that was seen last (a stalled camera repeats frames).
    pub(super) fn is_repeated_by(&self, sighting: &Sighting) -> bool {
        self.face == sighting.face && self.landmarks == sighting.landmarks
    }

    /// Whether a face must be this one by place: nobody else can stand there so soon.
    pub(super) fn never_left(&self, face: &Rect, at: FrameTime) -> bool {
        seconds_between(self.last, at) <= 0.3 && self.face.iou(face) >= 0.5
    }

    /// Takes a sighting of a new frame.
    pub(super) fn follow(&mut self, sighting: &Sighting, at: FrameTime) {
        let seconds = seconds_between(self.last, at);
        if seconds > 0.0 {
            let ([x0, y0], [x1, y1]) = (self.face.centre(), sighting.face.centre());
            let now = [(x1 - x0) / seconds, (y1 - y0) / seconds];
            let [vx, vy] = self.velocity;
            let [nx, ny] = now;
            // Half old, half new: landmarks jitter by a pixel or two from frame to frame.
            self.velocity = [vx.midpoint(nx), vy.midpoint(ny)];
        }
        self.face = sighting.face;
        self.landmarks = sighting.landmarks;
        self.last = at;
        self.seen = self.seen.saturating_add(1);
        self.judge(sighting);
    }

    fn judge(&mut self, sighting: &Sighting) {
        self.best_quality = self.best_quality.max(sighting.quality);
        for reason in &sighting.refusals {
            *self.refusals.entry(*reason).or_default() += 1;
        }
        self.refused_now.clone_from(&sighting.refusals);
    }

    /// How well a face continues this track: 0 (barely) to 2 (exactly where it was expected); `None` when it
    /// can't be it by position.
    fn affinity(&self, face: &Rect, at: FrameTime) -> Option<f32> {
        let seconds = seconds_between(self.last, at);
        let size = (self.face.width + face.width) / 2.0;
        let ratio = self.face.width.max(face.width) / self.face.width.min(face.width).max(1.0);
        // Somebody walking up to the door grows by at most half in a fifth of a second.
        if size <= 0.0 || ratio > 1.6 + seconds {
            return None;
        }
        // Prediction is trusted for half a second: people stop and turn.
        let ahead = seconds.min(0.5);
        let ([x, y], [vx, vy]) = (self.face.centre(), self.velocity);
        let expected = Rect { x: self.face.x + vx * ahead, y: self.face.y + vy * ahead, ..self.face };
        let [fx, fy] = face.centre();
        let distance = |x: f32, y: f32| (fx - x).hypot(fy - y) / size;
        let off = distance(x + vx * ahead, y + vy * ahead).min(distance(x, y));
        // A face moves at most some 2.5 of its widths a second; half a width is jitter.
        let gate = (0.6 + 2.5 * seconds).min(3.0);
        (off <= gate).then(|| expected.iou(face).max(self.face.iou(face)) + 1.0 - off / gate)
    }
}

fn seconds_between(from: FrameTime, to: FrameTime) -> f32 {
    let millis = to.monotonic_ms.saturating_sub(from.monotonic_ms).clamp(0, 60_000);
    #[expect(clippy::cast_precision_loss, reason = "at most 60,000")]
    let millis = millis as f32;
    millis / 1000.0
}

/// A possible continuation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) track: usize,
    pub(super) sighting: usize,
    pub(super) affinity: f32,
}

/// All continuations that position allows.
pub(super) fn candidates(tracks: &[Track], sightings: &[Sighting], at: FrameTime) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (t, track) in tracks.iter().enumerate() {
        for (s, sighting) in sightings.iter().enumerate() {
            if let Some(affinity) = track.affinity(&sighting.face, at) {
                pairs.push(Pair { track: t, sighting: s, affinity });
            }
        }
    }
    pairs
}

/// Whether position alone can't say whose face this is.
pub(super) fn is_contested(pairs: &[Pair], sighting: usize) -> bool {
    let own: Vec<&Pair> = pairs.iter().filter(|pair| pair.sighting == sighting).collect();
    let rivals = |pair: &Pair| pairs.iter().any(|o| o.track == pair.track && o.sighting != sighting);
    own.len() > 1 || own.iter().any(|pair| rivals(pair) || pair.affinity < 0.7)
}

/// The best pairs first, each track and each sighting at most once: the track of each sighting.
pub(super) fn assign(mut pairs: Vec<Pair>, sightings: usize) -> Vec<Option<usize>> {
    pairs.sort_by(|a, b| b.affinity.total_cmp(&a.affinity).then(a.track.cmp(&b.track)));
    let mut track_of = vec![None; sightings];
    let mut taken = Vec::new();
    for pair in pairs {
        let Some(slot) = track_of.get_mut(pair.sighting) else { continue };
        if slot.is_none() && !taken.contains(&pair.track) {
            *slot = Some(pair.track);
            taken.push(pair.track);
        }
    }
    track_of
}

/// The measured frame interval: windows scale with it, so that a camera of 0.3 frames a second works like
/// one of 30.
#[derive(Debug, Default)]
pub(super) struct Interval {
    last_ms: Option<i64>,
    gaps: VecDeque<i64>,
}

impl Interval {
    /// Takes a frame's time, ms.
    pub(super) fn take(&mut self, at_ms: i64) {
        if let Some(last) = self.last_ms.replace(at_ms) {
            self.gaps.push_back(at_ms.saturating_sub(last).clamp(1, 30_000));
            if self.gaps.len() > 5 {
                self.gaps.pop_front();
            }
        }
    }

    /// Median of the last gaps, ms: one stall doesn't change it.
    pub(super) fn millis(&self) -> i64 {
        let mut sorted: Vec<i64> = self.gaps.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied().unwrap_or(0)
    }
}
