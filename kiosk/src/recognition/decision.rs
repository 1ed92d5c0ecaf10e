//! What recognition concludes about one presence, with the evidence for it.
//!
//! A decision is a value: it is made once for a track, stored by the outbox, and only then shown. It never
//! holds pixels or an embedding.

use std::time::Instant;

use lintel_core::event::{EventKind, Evidence};
use lintel_core::ids::PersonId;
use lintel_core::time::UtcMillis;
use lintel_vision::Rect;

/// When a frame was taken, by three clocks. Made by whoever runs recognition; nothing in here reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameTime {
    /// The machine's monotonic time at capture, ms; in a replay the time within the clip.
    pub monotonic_ms: i64,
    /// The wall clock at capture.
    pub wall: UtcMillis,
    /// When the frame left the source's queue, for measuring latency to the commit.
    pub dequeued: Instant,
}

/// A number that no other track of this process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u64);

impl std::fmt::Display for TrackId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// How a presence ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// One person, with enough evidence.
    Punch,
    /// Nobody of the gallery.
    Unknown,
    /// Two people of the gallery who can't be told apart.
    Ambiguous,
    /// Never good enough to compare.
    LowQuality,
    /// One person, by their badge.
    Badge,
    /// A code that records nobody.
    BadgeRefused,
}

impl Outcome {
    /// The name on the wire and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Punch => "punch",
            Self::Unknown => "unknown",
            Self::Ambiguous => "ambiguous",
            Self::LowQuality => "low_quality",
            Self::Badge => "badge",
            Self::BadgeRefused => "badge_refused",
        }
    }

    /// Whether it records somebody.
    #[must_use]
    pub const fn is_attendance(self) -> bool {
        matches!(self, Self::Punch | Self::Badge)
    }

    /// The kind of event that records it; none for what is only told.
    #[must_use]
    pub const fn event_kind(self) -> Option<EventKind> {
        match self {
            Self::Punch => Some(EventKind::Punch),
            Self::Unknown => Some(EventKind::Unknown),
            Self::Ambiguous => Some(EventKind::Ambiguous),
            Self::LowQuality => Some(EventKind::LowQuality),
            Self::Badge => Some(EventKind::Badge),
            Self::BadgeRefused => None,
        }
    }
}

/// One conclusion.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// How it ended up.
    pub outcome: Outcome,
    /// Who; only with [`Outcome::Punch`] and [`Outcome::Badge`].
    pub person: Option<PersonId>,
    /// True for a punch or badge within the cool-down of the person's last one: shown as "already recorded" and never
    /// stored. The person's next stored punch carries the count in [`Decision::suppressed`].
    pub repeat: bool,
    /// How sure; absent for a badge, which is either signed or not.
    pub evidence: Option<Evidence>,
    /// Codes that explain an outcome that records nobody, the most frequent first.
    pub reasons: Vec<String>,
    /// Wall clock of the frame that decided.
    pub captured_at: UtcMillis,
    /// Monotonic time of that frame, ms.
    pub monotonic_ms: i64,
    /// Repeats of this person since their last stored punch.
    pub suppressed: u32,
    /// Revision of the gallery that was compared against.
    pub gallery_revision: i64,
    /// The face, or the badge, in the frame that decided, px.
    pub face: Rect,
    /// The presence that this is about.
    pub track_id: TrackId,
    /// When the frame that completed the evidence left the source's queue.
    pub completed_frame: Instant,
}
