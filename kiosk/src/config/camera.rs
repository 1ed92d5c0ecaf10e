//! `[camera]`: where frames come from and when a silent camera counts as broken.
//!
//! A clip or a folder of pictures is the same kind of source as a camera, so that everything behind it can
//! be tried without one. Nothing here opens anything; [`CameraConfig::source`] only reads the text.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The section, as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CameraConfig {
    /// `v4l2:/dev/video0`, `clip:FILE` or `images:FOLDER`.
    pub source: String,
    /// Wanted width, px.
    pub width: u32,
    /// Wanted height, px.
    pub height: u32,
    /// Wanted frames a second; also the pace of a folder of pictures.
    pub fps: u32,
    /// Start a clip or folder again when it ends.
    #[serde(rename = "loop")]
    pub repeat: bool,
    /// Without a frame for this long the camera is opened again, ms.
    pub frame_timeout_ms: u64,
}

impl Default for CameraConfig {
    fn default() -> Self {
        Self {
            source: "v4l2:/dev/video0".to_owned(),
            width: 640,
            height: 480,
            fps: 15,
            repeat: false,
            frame_timeout_ms: 3_000,
        }
    }
}

/// Texts of the section and its settings, for the template.
pub const DESCRIPTIONS: &[(&str, &str)] = &[
    ("camera", "Where frames come from."),
    (
        "camera.source",
        "\"v4l2:/dev/video0\" for a camera, \"clip:FILE\" for a Motion-JPEG AVI (other video through ffmpeg where it is installed), \"images:FOLDER\" for pictures.",
    ),
    ("camera.width", "Wanted width in pixels; the camera's nearest mode is taken."),
    ("camera.height", "Wanted height in pixels."),
    ("camera.fps", "Wanted frames a second, and the pace of a folder of pictures."),
    ("camera.loop", "Start a clip or folder again when it ends."),
    (
        "camera.frame_timeout_ms",
        "Without a frame for this long the camera is taken for stalled and opened again, in milliseconds.",
    ),
];

/// The source, as understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceSpec {
    /// A camera device file.
    V4l2(PathBuf),
    /// A video file.
    Clip(PathBuf),
    /// A folder of pictures, taken in the order of their names.
    Images(PathBuf),
}

/// A setting of the section that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CameraConfigError {
    /// The setting's dotted name.
    pub key: &'static str,
    /// What is wrong, and what to write.
    pub message: String,
}

impl CameraConfig {
    /// The source, read from its text.
    ///
    /// # Errors
    /// [`CameraConfigError`] when the text names no kind of source.
    pub fn source(&self) -> Result<SourceSpec, CameraConfigError> {
        SourceSpec::parse(&self.source)
    }

    /// Checks what a type can't say.
    ///
    /// # Errors
    /// [`CameraConfigError`] for the first setting out of its range.
    pub fn check(&self) -> Result<(), CameraConfigError> {
        self.source()?;
        let ranges = [
            ("camera.width", u64::from(self.width), 64, 8192),
            ("camera.height", u64::from(self.height), 64, 8192),
            ("camera.fps", u64::from(self.fps), 1, 240),
            ("camera.frame_timeout_ms", self.frame_timeout_ms, 200, 600_000),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let message = format!("{value} is out of range: write {least} to {most}");
                return Err(CameraConfigError { key, message });
            }
        }
        Ok(())
    }
}

impl SourceSpec {
    /// Reads `kind:path`. A bare path of a device, a folder or a file is understood as well.
    ///
    /// # Errors
    /// [`CameraConfigError`] says what to write.
    pub fn parse(text: &str) -> Result<Self, CameraConfigError> {
        let wrong = |message: String| CameraConfigError { key: "camera.source", message };
        let (kind, path) = match text.split_once(':') {
            Some((kind @ ("v4l2" | "clip" | "images"), path)) => (kind, path),
            Some((kind, _)) if !kind.contains('/') => {
                return Err(wrong(format!(
                    "{kind:?} is no kind of source: write v4l2:/dev/video0, clip:FILE or images:FOLDER"
                )));
            }
            _ if text.starts_with("/dev/") => ("v4l2", text),
            _ => {
                return Err(wrong(format!(
                    "{text:?} doesn't say what it is: write v4l2:{text}, clip:{text} or images:{text}"
                )));
            }
        };
        if path.is_empty() {
            return Err(wrong(format!("{kind}: needs a path behind it, such as v4l2:/dev/video0")));
        }
        let path = PathBuf::from(path);
        Ok(match kind {
            "v4l2" => Self::V4l2(path),
            "clip" => Self::Clip(path),
            _ => Self::Images(path),
        })
    }
}

impl std::fmt::Display for SourceSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::V4l2(path) => write!(f, "v4l2:{}", path.display()),
            Self::Clip(path) => write!(f, "clip:{}", path.display()),
            Self::Images(path) => write!(f, "images:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_source_is_understood() {
        assert_eq!(SourceSpec::parse("v4l2:/dev/video2").unwrap(), SourceSpec::V4l2("/dev/video2".into()));
        assert_eq!(SourceSpec::parse("/dev/video2").unwrap(), SourceSpec::V4l2("/dev/video2".into()));
        assert_eq!(SourceSpec::parse("clip:a:b.avi").unwrap(), SourceSpec::Clip("a:b.avi".into()));
        assert_eq!(SourceSpec::parse("images:pics").unwrap(), SourceSpec::Images("pics".into()));
    }

    #[test]
    fn a_source_that_is_none_says_what_to_write() {
        for bad in ["", "rtsp://camera", "clip:", "walk.avi", "file:walk.avi"] {
            let error = SourceSpec::parse(bad).unwrap_err().to_string();
            assert!(error.contains("v4l2:"), "{bad}: {error}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let config = CameraConfig { fps: 0, ..CameraConfig::default() };
        assert_eq!(config.check().unwrap_err().key, "camera.fps");
        assert_eq!(CameraConfig::default().check(), Ok(()));
    }
}
