//! `[recognition]`: how much evidence a decision needs, and who is looked at.
//!
//! `match_score` and `margin` belong to a model pack, so they are taken from it unless they are set here.
//! Nothing here decides anything.

use serde::{Deserialize, Serialize};

/// What the door does with how alive a face looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LivenessUse {
    /// It isn't asked.
    Off,
    /// It stands in the evidence of each event and decides nothing.
    #[default]
    Log,
}

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RecognitionConfig {
    /// Independent frames that must agree.
    pub frames: u32,
    /// Least cosine similarity; the model pack's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_score: Option<f32>,
    /// Least distance to the next person; the model pack's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f32>,
    /// A person recorded less than this ago isn't recorded again, s.
    pub cooldown_s: u32,
    /// Part of the picture that is looked at: left, top, right, bottom as fractions.
    pub region: [f32; 4],
    /// Narrower faces are not compared, px in the camera's picture.
    pub min_face_px: f32,
    /// What is done with how alive a face looks.
    pub liveness: LivenessUse,
}

impl Default for RecognitionConfig {
    fn default() -> Self {
        Self {
            frames: 3,
            match_score: None,
            margin: None,
            cooldown_s: 60,
            region: [0.0, 0.0, 1.0, 1.0],
            min_face_px: 32.0,
            liveness: LivenessUse::default(),
        }
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("recognition", "How much evidence a decision needs, and who is looked at."),
    ("recognition.frames", "Independent frames that must agree before somebody is recorded (2 to 20)."),
    (
        "recognition.match_score",
        "Least similarity to a person's template, -1 to 1. The model pack's own when not set.",
    ),
    (
        "recognition.margin",
        "Least lead over the next most similar person, 0 to 1; below it nobody is recorded. The model pack's own when not set.",
    ),
    (
        "recognition.cooldown_s",
        "Somebody recorded less than this many seconds ago isn't recorded again; the repeats are counted.",
    ),
    (
        "recognition.region",
        "Part of the picture that is looked at: left, top, right, bottom as fractions of its width and height.",
    ),
    ("recognition.min_face_px", "Narrower faces are not compared, in pixels of the camera's picture."),
    (
        "recognition.liveness",
        "Whether a face looks like a person or a picture of one: off (not asked) or log (kept with the event's evidence). Nobody is refused for it yet.",
    ),
];

/// A setting of the section that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RecognitionConfigError {
    /// The setting's dotted name.
    pub key: &'static str,
    /// What is wrong, and what to write.
    pub message: String,
}

impl RecognitionConfig {
    /// Checks what a type can't say.
    ///
    /// # Errors
    /// [`RecognitionConfigError`] for the first setting out of its range.
    pub fn check(&self) -> Result<(), RecognitionConfigError> {
        let wrong = |key, message: &str| Err(RecognitionConfigError { key, message: message.to_owned() });
        if !(2..=20).contains(&self.frames) {
            return wrong("recognition.frames", "one frame never decides: write 2 to 20");
        }
        if self.match_score.is_some_and(|score| !(0.1..=0.99).contains(&score)) {
            return wrong("recognition.match_score", "write 0.1 to 0.99");
        }
        if self.margin.is_some_and(|margin| !(0.0..=0.9).contains(&margin)) {
            return wrong("recognition.margin", "write 0 to 0.9");
        }
        if self.cooldown_s > 86_400 {
            return wrong("recognition.cooldown_s", "write at most 86400, a day");
        }
        let [left, top, right, bottom] = self.region;
        let inside = self.region.iter().all(|edge| (0.0..=1.0).contains(edge));
        if !inside || left >= right || top >= bottom {
            return wrong(
                "recognition.region",
                "write left, top, right, bottom from 0 to 1, such as [0.1, 0.0, 0.9, 1.0]",
            );
        }
        if !(10.0..=4096.0).contains(&self.min_face_px) {
            return wrong("recognition.min_face_px", "write 10 to 4096");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_usable_and_one_frame_is_not() {
        assert_eq!(RecognitionConfig::default().check(), Ok(()));
        let config = RecognitionConfig { frames: 1, ..RecognitionConfig::default() };
        assert_eq!(config.check().unwrap_err().key, "recognition.frames");
    }

    #[test]
    fn a_region_inside_out_or_not_a_number_is_refused() {
        for region in [[0.5, 0.0, 0.5, 1.0], [0.0, 0.0, 1.5, 1.0], [f32::NAN, 0.0, 1.0, 1.0]] {
            let config = RecognitionConfig { region, ..RecognitionConfig::default() };
            assert_eq!(config.check().unwrap_err().key, "recognition.region");
        }
    }
}
