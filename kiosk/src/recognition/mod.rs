//! From faces and badges in frames to decisions: track → evidence over frames → decision → cool-down.
//!
//! Pure code: time comes in with each frame, faces are embedded and compared through two small traits, and
//! nothing here does I/O or reads a clock. That is what lets a property test play a year of a door in a
//! second. It never keeps the embedding of a face longer than its track lives.

mod badges;
pub mod cooldown;
pub mod decision;
pub mod evidence;
pub mod eye;
pub mod open;
pub mod progress;
mod recogniser;
mod tracker;
pub mod worker;

#[cfg(test)]
mod tests;

use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_vision::{QualityReason, Rect};
use zeroize::Zeroizing;

pub use decision::{Decision, FrameTime, Outcome, TrackId};
pub use progress::Progress;
pub use recogniser::Recogniser;

use crate::config::recognition::{LivenessUse, RecognitionConfig};

/// What decides, with units. [`Params::new`] gives the defaults that were measured on real clips.
#[derive(Debug, Clone, PartialEq)]
pub struct Params {
    /// Independent frames that must agree.
    pub frames: u32,
    /// Least cosine similarity.
    pub match_score: f32,
    /// Least lead over the next person.
    pub margin: f32,
    /// Below `match_score` by less than this, a face isn't called unknown while it is still there.
    pub doubt: f32,
    /// A person recorded less than this ago isn't recorded again, ms.
    pub cooldown_ms: i64,
    /// A face that isn't seen for this long has left, ms (or two and a half frame intervals, if longer).
    pub lost_after_ms: i64,
    /// Samples older than this don't count, ms (or twice the frames that are needed, if longer).
    pub window_ms: i64,
    /// Nobody is called unknown earlier than this after the first usable frame while still there, ms.
    pub unknown_after_ms: i64,
    /// A decided track is compared again this often, in case somebody else stepped into its place, ms.
    pub recheck_ms: i64,
    /// Frames of a face that the liveness networks are asked about. One less than decide, so that the frame
    /// that completes the evidence takes no longer for it.
    pub liveness_frames: u32,
    /// A face that resembles a track's samples less than this is somebody else.
    pub other_face: f32,
    /// A face that resembles a track's samples at least this much is the same person, wherever it is.
    pub same_face: f32,
}

impl Params {
    /// The defaults around a pack's thresholds.
    #[must_use]
    pub fn new(match_score: f32, margin: f32) -> Self {
        // Similarities of one pack crowd together where another's spread out, so distances are in units of
        // what the pack itself leaves between its threshold and a perfect match.
        let room = 1.0 - match_score;
        Self {
            frames: 3,
            match_score,
            margin,
            doubt: room * 0.16,
            cooldown_ms: 60_000,
            lost_after_ms: 2_000,
            window_ms: 5_000,
            unknown_after_ms: 3_000,
            recheck_ms: 1_000,
            liveness_frames: 0,
            other_face: 1.0 - room * 1.6,
            same_face: 1.0 - room * 1.1,
        }
    }

    /// The section's values, with the pack's thresholds where it has none.
    #[must_use]
    pub fn from_config(config: &RecognitionConfig, pack_match_score: f32, pack_margin: f32) -> Self {
        Self {
            frames: config.frames,
            cooldown_ms: i64::from(config.cooldown_s) * 1000,
            liveness_frames: match config.liveness {
                LivenessUse::Off => 0,
                LivenessUse::Log => config.frames.saturating_sub(1),
            },
            ..Self::new(config.match_score.unwrap_or(pack_match_score), config.margin.unwrap_or(pack_margin))
        }
    }
}

/// One face in one frame, before it is embedded.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// px in the source picture.
    pub face: Rect,
    /// The five points, px; with `face` they tell a repeated frame from a new one.
    pub landmarks: [[f32; 2]; 5],
    /// How good the face is, 0 to 1.
    pub quality: f32,
    /// Why it must not be compared; empty when it may.
    pub refusals: Vec<QualityReason>,
}

/// Somebody of the gallery and how similar they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Who.
    pub person: PersonId,
    /// Cosine similarity of their best template.
    pub score: f32,
}

/// The two nearest people.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GalleryMatch {
    /// The nearest.
    pub best: Option<Nearest>,
    /// The nearest of all others.
    pub next_person: Option<Nearest>,
}

impl GalleryMatch {
    /// Lead of the best over the next person; over nobody it is the score itself above zero.
    #[must_use]
    pub fn margin(&self) -> f32 {
        let best = self.best.map_or(0.0, |nearest| nearest.score);
        best - self.next_person.map_or(0.0, |nearest| nearest.score)
    }
}

/// A face that is there and not decided yet: what the person in front of it can be helped with.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// The presence that it belongs to.
    pub track_id: TrackId,
    /// px in the newest picture.
    pub face: Rect,
    /// Why it can't be compared; empty when it is being compared.
    pub refusals: Vec<QualityReason>,
}

/// Who a face may be compared with.
pub trait Gallery {
    /// Revision that is compared against.
    fn revision(&self) -> i64;
    /// The two nearest people to an L2-normalised embedding.
    fn nearest(&self, probe: &[f32], now: UtcMillis) -> GalleryMatch;
}

/// Embeds a face of the frame at hand, when it is asked to: the dear part of a frame.
pub trait Embed {
    /// The L2-normalised embedding of sighting `at`; `None` when it can't be made.
    fn embed(&mut self, at: usize) -> Option<Zeroizing<Vec<f32>>>;

    /// Probability that sighting `at` is a live face, 0 to 1; `None` where nothing can tell.
    fn live(&mut self, _at: usize) -> Option<f32> {
        None
    }
}
