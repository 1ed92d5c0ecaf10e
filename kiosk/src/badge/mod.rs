//! The way without a face: a signed QR badge, shown to the same camera.
//!
//! `reader` looks for codes beside recognition, `book` knows which badges are good, `presence` makes one
//! conclusion of a badge that is held up for a while. A code is hostile until its signature says otherwise;
//! one frame with a good signature is enough, because no lucky reading can have one. What a badge leads to
//! (cool-down, event, feedback) is the same as for a face and is decided in `recognition`.

pub mod book;
pub mod presence;
pub mod reader;

use lintel_core::badge::BadgeError;

pub use book::BadgeBook;
pub use presence::{Presences, Shown};

/// Why a code records nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// It isn't signed as a badge that is good now.
    #[error(transparent)]
    Badge(#[from] BadgeError),
    /// It was signed by the centre, but this door's list hasn't got it.
    #[error("the badge was revoked or replaced, or belongs to another site")]
    NotListed,
}

impl Refusal {
    /// The name in feedback and reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Badge(error) => error.code(),
            Self::NotListed => "badge_not_listed",
        }
    }
}
