//! `[vision]`: the library and the model pack that make templates from photographs.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Which models, from where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VisionSettings {
    /// libonnxruntime's file; found in the usual places when absent.
    pub onnxruntime: Option<PathBuf>,
    /// The folder that holds packs; found in the usual places when absent.
    pub packs_dir: Option<PathBuf>,
    /// Name or folder of the pack; the best that is installed when absent.
    pub pack: Option<String>,
    /// SPDX names of licences that a pack's files may have.
    pub licences: Vec<String>,
}

impl Default for VisionSettings {
    fn default() -> Self {
        Self {
            onnxruntime: None,
            packs_dir: None,
            pack: None,
            licences: ["Apache-2.0", "MIT", "CC0-1.0", "BSD-3-Clause"].map(String::from).to_vec(),
        }
    }
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("vision", "What makes face templates from photographs. Doors must use the same pack."),
        ("vision.onnxruntime", "Path of libonnxruntime.so; looked for in the usual places when absent."),
        ("vision.packs_dir", "Folder with model packs; looked for in the usual places when absent."),
        ("vision.pack", "Name or folder of the model pack; the best that is installed when absent."),
        ("vision.licences", "Licences (SPDX names) that the pack's files may have; others are refused."),
    ]
}
