//! The summary as a technician reads it in a terminal.
//!
//! Pure: it makes text. Each number stands beside what it should be, so that nobody needs a manual.

use std::fmt::Write as _;

use lintel_runtime::catalogue::Words;
use lintel_vision::{QualityLimits, QualityReason};

use super::advice::{Aim, FaceAim};

/// The whole view, lines ended by `\n`.
#[must_use]
pub fn view(aim: &Aim, words: Words<'_>) -> String {
    let mut text =
        format!("camera     {} × {} px, {:.1} frames a second\n", aim.width, aim.height, aim.frames_per_s);
    match &aim.face {
        Some(face) => lines_of_face(&mut text, face, aim.needed_px),
        None => text.push_str("face       none\nlight\nsharpness\nplace\npose\n"),
    }
    let refusing: Vec<String> =
        aim.refusing.iter().map(|one| format!("{} ({:.0} %)", in_words(one.gate), one.percent)).collect();
    let refusing = if refusing.is_empty() { "nothing".to_owned() } else { refusing.join(", ") };
    line(&mut text, "refused as", &refusing);
    text.push('\n');
    for advice in &aim.advice {
        line(&mut text, "→", &advice.in_words(words));
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string does not fail.
    let done = writeln!(text, "{name:<10} {value}");
    debug_assert!(done.is_ok());
}

fn lines_of_face(text: &mut String, face: &FaceAim, needed_px: f32) {
    let limits = QualityLimits::default();
    let FaceAim { px, percent_of_needed, light, sharpness, yaw, pitch, roll, x, y } = *face;
    line(
        text,
        "face",
        &format!("{px:.0} px wide, {percent_of_needed:.0} % of the {needed_px:.0} px that are needed"),
    );
    let (dark, bright) = (limits.min_exposure, limits.max_exposure);
    line(text, "light", &format!("{light:.2} ({dark:.2} dark to {bright:.2} bright; 0.3 to 0.7 is good)"));
    line(text, "sharpness", &format!("{sharpness:.2} (from {:.2}; 0.3 is good)", limits.min_sharpness));
    line(text, "place", place(x, y));
    let turned = side(yaw, "right", "left");
    let nods = side(pitch, "up", "down");
    line(text, "pose", &format!("{turned} and {nods} in the picture, leaning {:.0}°", roll.abs()));
}

fn side(degrees: f32, positive: &str, negative: &str) -> String {
    let to = if degrees >= 0.0 { positive } else { negative };
    format!("{:.0}° {to}", degrees.abs())
}

fn place(x: f32, y: f32) -> &'static str {
    let third = |at: f32| {
        if at < 0.36 {
            0
        } else if at <= 0.64 {
            1
        } else {
            2
        }
    };
    match (third(x), third(y)) {
        (0, 0) => "top left of the picture",
        (1, 0) => "top of the picture",
        (2, 0) => "top right of the picture",
        (0, 1) => "left of the picture",
        (1, 1) => "middle of the picture",
        (2, 1) => "right of the picture",
        (0, _) => "bottom left of the picture",
        (1, _) => "bottom of the picture",
        _ => "bottom right of the picture",
    }
}

const fn in_words(gate: QualityReason) -> &'static str {
    match gate {
        QualityReason::TooSmall => "too small",
        QualityReason::Blurred => "blurred",
        QualityReason::TooDark => "too dark",
        QualityReason::TooBright => "too bright",
        QualityReason::Turned => "turned away",
        QualityReason::Tilted => "tilted",
        QualityReason::OutsideRegion => "outside the region",
        QualityReason::PartlyOutside => "cut by the edge",
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::SeenFace;
    use super::super::tests::{face, window};
    use super::*;

    #[test]
    fn every_number_stands_beside_what_it_should_be() {
        let texts = crate::feedback::page::texts().unwrap();
        let refusals = vec![QualityReason::Blurred];
        let some = window(8, |_| vec![SeenFace { refusals: refusals.clone(), ..face(40.0) }]);
        insta::assert_snapshot!(view(&some.aim().unwrap(), texts.words("en")));
        let none = window(8, |_| Vec::new());
        insta::assert_snapshot!(view(&none.aim().unwrap(), texts.words("en")));
    }
}
