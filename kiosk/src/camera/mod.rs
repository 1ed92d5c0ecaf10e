//! Where frames come from: a camera, a clip or a folder of pictures behind one trait.
//!
//! A source gives one frame after another with the time at which each was taken. It may lose frames (a door
//! needs the newest picture, not every one), but it never makes one up, and it never looks at pixels.

pub mod avi;
pub mod clip;
pub mod ffmpeg;
pub mod images;
pub mod jpeg;
pub mod slot;
pub mod thread;
pub mod v4l;

use std::path::{Path, PathBuf};
use std::time::Duration;

use lintel_vision::{Frame, FrameError};

use crate::config::camera::{CameraConfig, SourceSpec};

/// What a source gives next.
#[derive(Debug)]
pub enum Next {
    /// A frame. Its `captured_ms` counts from the source's own start.
    Frame(Frame),
    /// A frame that can't be used; the next one may be. Says why.
    Skipped(String),
    /// There are no more: a clip or folder has ended.
    Ended,
}

/// One source of frames.
pub trait FrameSource: Send {
    /// Waits for the next frame.
    ///
    /// # Errors
    /// When the source has to be opened again, or never can be.
    fn next_frame(&mut self) -> Result<Next, SourceError>;

    /// What it is, for logs and `doctor`: device or file, format, size, pace.
    fn describe(&self) -> String;

    /// True for a live camera, which sets its own pace; false for a recording, which is played.
    fn is_live(&self) -> bool {
        false
    }

    /// How many frames it has, where that is known.
    fn frames(&self) -> Option<u64> {
        None
    }
}

/// Why a source gives no frames.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file, folder or device can't be opened.
    #[error("can't open {}: {advice}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// What to do.
        advice: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The recording isn't one that can be played.
    #[error("{}: {reason}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The camera has no format that can be read.
    #[error("{device} offers {offered}, and none of MJPEG, YUYV and GREY: use another camera")]
    NoFormat {
        /// The device file.
        device: String,
        /// What it has.
        offered: String,
    },
    /// No frame came in time.
    #[error("{device} gave no frame for {} ms: check cable and power", waited.as_millis())]
    Stalled {
        /// The device file.
        device: String,
        /// For how long.
        waited: Duration,
    },
    /// The device is gone or refuses.
    #[error("{device}: {act} failed")]
    Device {
        /// The device file.
        device: String,
        /// What was tried.
        act: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The code that reads it gave up in a way that it shouldn't.
    #[error("{source_spec}: its reader panicked: {reason}")]
    Panicked {
        /// Which source.
        source_spec: String,
        /// The panic's words.
        reason: String,
    },
    /// Bytes that are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl SourceError {
    /// An open error with advice by kind.
    #[must_use]
    pub fn open(path: &Path, source: std::io::Error) -> Self {
        let advice = match source.kind() {
            std::io::ErrorKind::NotFound => "there is nothing of that name",
            std::io::ErrorKind::PermissionDenied => {
                "permission denied (a camera needs membership in the group `video`)"
            }
            _ => "it can't be read",
        };
        Self::Open { path: path.to_owned(), advice: advice.to_owned(), source }
    }
}

/// Opens what the section names.
///
/// # Errors
/// [`SourceError`] says what to do.
pub fn open(spec: &SourceSpec, config: &CameraConfig) -> Result<Box<dyn FrameSource>, SourceError> {
    Ok(match spec {
        SourceSpec::V4l2(device) => Box::new(v4l::Camera::open(device, config)?),
        SourceSpec::Clip(file) => clip::open(file)?,
        SourceSpec::Images(folder) => Box::new(images::Folder::open(folder, config.fps)?),
    })
}
