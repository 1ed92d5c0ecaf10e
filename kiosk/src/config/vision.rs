//! `[vision]`: the library and the model pack that look at the frames.

use std::path::PathBuf;

use lintel_vision::LicencePolicy;
use serde::{Deserialize, Serialize};

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
    /// libonnxruntime's file; the usual places when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub onnxruntime: Option<PathBuf>,
    /// Folder of packs; the usual places when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packs_dir: Option<PathBuf>,
    /// Name or folder of the pack; the best that is installed when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// Faces are looked for in a picture made this wide, px.
    pub detect_width: u32,
    /// Inference threads.
    pub threads: usize,
    /// SPDX names.
    pub licences: Vec<String>,
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            onnxruntime: None,
            packs_dir: None,
            pack: None,
            detect_width: 320,
            threads: 1,
            licences: LicencePolicy::default().allowed,
        }
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("vision", "What looks at the frames. Central must use the same model pack."),
    ("vision.onnxruntime", "Path of libonnxruntime.so; looked for in the usual places when not set."),
    ("vision.packs_dir", "Folder with model packs; looked for in the usual places when not set."),
    ("vision.pack", "Name or folder of the model pack; the best that is installed when not set."),
    (
        "vision.detect_width",
        "Faces are looked for in a picture made this wide, in pixels; 640 finds people farther away and takes four times as long.",
    ),
    (
        "vision.threads",
        "Inference threads; `lintel-kiosk bench` measures what this box gains from a second one.",
    ),
    ("vision.licences", "Licences (SPDX names) that the pack's files may have; others are refused."),
];
