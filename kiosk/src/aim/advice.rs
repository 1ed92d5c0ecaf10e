//! What to do about what is measured, as a technician would say it.
//!
//! Pure. Sides are said from where the technician stands: in front of the camera, facing it. The camera's
//! picture is not mirrored, so what is on its left is on the technician's right.

use lintel_runtime::catalogue::Words;
use lintel_vision::{QualityLimits, QualityReason};
use serde::{Deserialize, Serialize};

use super::measure::{Aim, FaceAim};

/// Below it a door works, but people must stand still for longer, frames a second.
const SLOW: f32 = 5.0;
/// A face should have so many times the pixels that are needed: people stop short, and turn.
const RESERVE: f32 = 1.5;
/// A face whose middle is nearer to an edge than this leaves no room for taller or shorter people.
const EDGE: f32 = 0.3;
/// Degrees at which the camera, not the person, is askew.
const ASKEW: f32 = 20.0;
/// The same for leaning: nobody leans their head for a second and a half.
const LEANS: f32 = 15.0;

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Hardly any frame has a face.
    NoFace,
    /// The camera gives too few frames.
    SlowCamera,
    /// The face is smaller than what is compared.
    TooFar,
    /// The face is large enough, with nothing to spare.
    LittleReserve,
    /// The face is near the picture's left edge.
    TurnRight,
    /// The face is near the picture's right edge.
    TurnLeft,
    /// The face is near the top.
    TurnUp,
    /// The face is near the bottom.
    TurnDown,
    /// The region that is looked at leaves the face out.
    OutsideRegion,
    /// The face is cut by the picture's edge.
    CutOff,
    /// There is too little light on the face.
    MoreLight,
    /// There is too much.
    LessLight,
    /// There is no fine detail.
    Focus,
    /// People look past the camera, to the picture's right.
    MoveLeft,
    /// People look past the camera, to the picture's left.
    MoveRight,
    /// The camera looks down on people.
    MoveDown,
    /// The camera looks up at people.
    MoveUp,
    /// The camera leans.
    Upright,
    /// Nothing: faces can be compared here.
    Good,
}

/// What to do, the most important first; at most three things, because more are not done.
#[must_use]
pub(super) fn on(aim: &Aim) -> Vec<Advice> {
    let mut advice = Vec::new();
    if aim.frames_per_s > 0.0 && aim.frames_per_s < SLOW {
        advice.push(Advice::SlowCamera);
    }
    match &aim.face {
        None => advice.insert(0, Advice::NoFace),
        Some(face) => advice.extend(on_face(face, aim)),
    }
    if advice.is_empty() {
        advice.push(Advice::Good);
    }
    advice.truncate(3);
    advice
}

fn on_face(face: &FaceAim, aim: &Aim) -> Vec<Advice> {
    let limits = QualityLimits::default();
    let refuses =
        |gate| aim.refusing.iter().any(|refusing| refusing.gate == gate && refusing.percent >= 50.0);
    let needed = aim.needed_px;
    let checks = [
        (refuses(QualityReason::OutsideRegion), Advice::OutsideRegion),
        (face.px < needed, Advice::TooFar),
        (refuses(QualityReason::PartlyOutside), Advice::CutOff),
        (face.x < EDGE, Advice::TurnRight),
        (face.x > 1.0 - EDGE, Advice::TurnLeft),
        (face.y < EDGE * 0.7, Advice::TurnUp),
        (face.y > 1.0 - EDGE * 0.7, Advice::TurnDown),
        (face.light < limits.min_exposure * 2.0, Advice::MoreLight),
        (face.light > limits.max_exposure * 0.95, Advice::LessLight),
        (face.sharpness < limits.min_sharpness * 1.2, Advice::Focus),
        (face.roll.abs() > LEANS, Advice::Upright),
        (face.pitch < -ASKEW, Advice::MoveDown),
        (face.pitch > ASKEW, Advice::MoveUp),
        (face.yaw > ASKEW, Advice::MoveLeft),
        (face.yaw < -ASKEW, Advice::MoveRight),
        (face.px >= needed && face.px < needed * RESERVE, Advice::LittleReserve),
    ];
    checks.into_iter().filter_map(|(is, advice)| is.then_some(advice)).collect()
}

impl Advice {
    /// The advice in words.
    #[must_use]
    pub fn in_words(self, words: Words<'_>) -> String {
        words.say(match self {
            Self::NoFace => "aim-no-face",
            Self::SlowCamera => "aim-slow-camera",
            Self::TooFar => "aim-too-far",
            Self::LittleReserve => "aim-little-reserve",
            Self::TurnRight => "aim-turn-right",
            Self::TurnLeft => "aim-turn-left",
            Self::TurnUp => "aim-turn-up",
            Self::TurnDown => "aim-turn-down",
            Self::OutsideRegion => "aim-outside-region",
            Self::CutOff => "aim-cut-off",
            Self::MoreLight => "aim-more-light",
            Self::LessLight => "aim-less-light",
            Self::Focus => "aim-focus",
            Self::MoveLeft => "aim-move-left",
            Self::MoveRight => "aim-move-right",
            Self::MoveDown => "aim-move-down",
            Self::MoveUp => "aim-move-up",
            Self::Upright => "aim-upright",
            Self::Good => "aim-good",
        })
    }
}

#[cfg(test)]
mod tests {
    use lintel_vision::{Quality, Rect};

    use super::super::measure::tests::{face, window};
    use super::super::measure::{Reading, SeenFace, Window};
    use super::*;

    fn advice(seen: SeenFace) -> Vec<Advice> {
        window(8, |_| vec![seen.clone()]).aim().unwrap().advice
    }

    fn at(x: f32, y: f32) -> SeenFace {
        SeenFace { face: Rect { x: x - 40.0, y: y - 40.0, width: 80.0, height: 80.0 }, ..face(80.0) }
    }

    fn with(change: impl Fn(&mut Quality)) -> SeenFace {
        let mut seen = face(96.0);
        change(&mut seen.quality);
        seen
    }

    #[test]
    fn a_good_place_is_called_good() {
        assert_eq!(advice(face(96.0)), [Advice::Good]);
        assert_eq!(advice(face(40.0)), [Advice::LittleReserve]);
        assert_eq!(advice(face(30.0)), [Advice::TooFar]);
        assert_eq!(window(8, |_| Vec::new()).aim().unwrap().advice, [Advice::NoFace]);
    }

    #[test]
    fn a_face_at_the_pictures_left_is_to_the_right_of_whoever_faces_the_camera() {
        assert_eq!(advice(at(100.0, 240.0)), [Advice::TurnRight]);
        assert_eq!(advice(at(560.0, 240.0)), [Advice::TurnLeft]);
        assert_eq!(advice(at(320.0, 60.0)), [Advice::TurnUp]);
        assert_eq!(advice(at(320.0, 430.0)), [Advice::TurnDown]);
    }

    #[test]
    fn each_defect_has_its_own_advice() {
        assert_eq!(advice(with(|q| q.exposure = 0.1)), [Advice::MoreLight]);
        assert_eq!(advice(with(|q| q.exposure = 0.95)), [Advice::LessLight]);
        assert_eq!(advice(with(|q| q.sharpness = 0.1)), [Advice::Focus]);
        assert_eq!(advice(with(|q| q.roll = -20.0)), [Advice::Upright]);
        assert_eq!(advice(with(|q| q.pitch = -30.0)), [Advice::MoveDown]);
        assert_eq!(advice(with(|q| q.pitch = 30.0)), [Advice::MoveUp]);
        assert_eq!(advice(with(|q| q.yaw = 30.0)), [Advice::MoveLeft]);
        assert_eq!(advice(with(|q| q.yaw = -30.0)), [Advice::MoveRight]);
        let outside = SeenFace { refusals: vec![QualityReason::OutsideRegion], ..face(96.0) };
        assert_eq!(advice(outside), [Advice::OutsideRegion]);
        let cut = SeenFace { refusals: vec![QualityReason::PartlyOutside], ..face(470.0) };
        assert_eq!(advice(cut), [Advice::CutOff]);
    }

    #[test]
    fn a_slow_camera_is_named_and_no_more_than_three_things_are_asked_for() {
        let mut window = Window::new(32.0);
        for n in 0..4u32 {
            let mut seen = at(100.0, 60.0);
            seen.quality.exposure = 0.1;
            seen.quality.sharpness = 0.05;
            let (at_ms, frames) = (i64::from(n) * 500, u64::from(n));
            window.take(Reading { at_ms, frames, width: 640, height: 480, faces: vec![seen] });
        }
        assert_eq!(window.aim().unwrap().advice, [Advice::SlowCamera, Advice::TurnRight, Advice::TurnUp]);
    }
}
