//! What somebody whose face can't be compared yet is told to do.
//!
//! One hint at a time, and the one that helps most: a face that is too small is also blurred, and coming
//! closer mends both. It never says why in the recogniser's words.

use lintel_vision::QualityReason;

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The face is too small.
    ComeCloser,
    /// The face is cut by the picture's edge.
    MoveToMiddle,
    /// There is not enough light on the face.
    TooDark,
    /// The face is washed out by light.
    TooBright,
    /// The face is turned away or tilted.
    LookAtCamera,
    /// The face is blurred, or good but not yet compared often enough.
    HoldStill,
}

impl Hint {
    /// What helps most against these reasons; nothing against a face that is fine, which needs a moment more.
    #[must_use]
    pub fn against(refusals: &[QualityReason]) -> Self {
        let order = [
            (QualityReason::TooSmall, Self::ComeCloser),
            (QualityReason::PartlyOutside, Self::MoveToMiddle),
            (QualityReason::OutsideRegion, Self::MoveToMiddle),
            (QualityReason::TooDark, Self::TooDark),
            (QualityReason::TooBright, Self::TooBright),
            (QualityReason::Turned, Self::LookAtCamera),
            (QualityReason::Tilted, Self::LookAtCamera),
        ];
        let found = order.into_iter().find(|(reason, _)| refusals.contains(reason));
        found.map_or(Self::HoldStill, |(_, hint)| hint)
    }

    /// The hint behind the codes of a decision that was never good enough to compare: the most frequent code
    /// that somebody can do something about.
    #[must_use]
    pub fn behind(codes: &[String]) -> Self {
        let known = [
            QualityReason::TooSmall,
            QualityReason::PartlyOutside,
            QualityReason::OutsideRegion,
            QualityReason::TooDark,
            QualityReason::TooBright,
            QualityReason::Turned,
            QualityReason::Tilted,
            QualityReason::Blurred,
        ];
        let named = codes.iter().find_map(|code| known.into_iter().find(|reason| reason.code() == code));
        // Without any, the person walked through too quickly.
        named.map_or(Self::ComeCloser, |reason| Self::against(&[reason]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_blurred_dark_face_is_asked_to_come_closer_first() {
        use QualityReason::{Blurred, TooDark, TooSmall, Turned};
        assert_eq!(Hint::against(&[Blurred, TooDark, TooSmall]), Hint::ComeCloser);
        assert_eq!(Hint::against(&[Turned, TooDark]), Hint::TooDark);
        assert_eq!(Hint::against(&[Blurred]), Hint::HoldStill);
        assert_eq!(Hint::against(&[]), Hint::HoldStill);
    }

    #[test]
    fn the_most_frequent_reason_of_a_decision_is_the_one_that_is_answered() {
        let codes = |codes: &[&str]| Hint::behind(&codes.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
        assert_eq!(codes(&["too_dark", "too_small", "too_few_usable_frames"]), Hint::TooDark);
        assert_eq!(codes(&["too_few_usable_frames"]), Hint::ComeCloser);
    }
}
