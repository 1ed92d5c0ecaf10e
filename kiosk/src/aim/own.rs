//! Aiming without a running door: this program opens the camera itself.
//!
//! A camera or a recording behind the same trait as at the door, measured by the same code. It recognises
//! nobody, stores nothing and sends nothing.

use std::time::{Duration, Instant};

use lintel_vision::Pipeline;

use super::tap::Tap;
use crate::camera::{FrameSource, Next, SourceError};

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Go {
    /// With the next frame.
    On,
    /// No more.
    Stop,
}

/// Measures frame after frame until the source ends or `each` says stop. A recording is played at its own
/// pace, or as fast as the machine can.
///
/// # Errors
/// [`SourceError`] when the source fails.
pub fn watch(
    source: &mut dyn FrameSource,
    pipeline: &mut Pipeline,
    tap: &Tap,
    at_own_pace: bool,
    mut each: impl FnMut() -> Go,
) -> Result<(), SourceError> {
    let (started, mut frames) = (Instant::now(), 0_u64);
    loop {
        let frame = match source.next_frame()? {
            Next::Frame(frame) => frame,
            Next::Skipped(_) => continue,
            Next::Ended => return Ok(()),
        };
        frames += 1;
        if at_own_pace && !source.is_live() {
            let due = started + Duration::from_millis(frame.captured_ms());
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let at_ms = i64::try_from(frame.captured_ms()).unwrap_or(i64::MAX);
        match pipeline.detect(&frame) {
            Ok(detected) => tap.take(pipeline, &detected, at_ms, frames),
            Err(error) => log::debug!("error" = error.to_string().as_str(); "a frame couldn't be used"),
        }
        if each() == Go::Stop {
            return Ok(());
        }
    }
}
