//! The summary of what is measured, and what to do about it, as a technician would say it.
//!
//! Pure. Sides are said from where the technician stands: in front of the camera, facing it. The camera's
//! picture is not mirrored, so what is on its left is on the technician's right.

use lintel_runtime::catalogue::Words;
use lintel_vision::{QualityLimits, QualityReason};
use serde::{Deserialize, Serialize};

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

/// The nearest face, in medians.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FaceAim {
    /// Its width, px.
    pub px: f32,
    /// Its width in hundredths of what is needed.
    pub percent_of_needed: f32,
    /// Its brightness, 0 to 1.
    pub light: f32,
    /// Its finest detail, as in [`lintel_vision::Quality::sharpness`].
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
